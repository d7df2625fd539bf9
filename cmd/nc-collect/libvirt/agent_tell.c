/* SPDX-License-Identifier: MIT */
/*
 * agent_tell: what a guest agent said, as records: numbers under the VM, its
 * file systems, its processes; names as labels of what is told anyway.  The
 * names of virDomainGetGuestInfo are those of its documentation.
 */
#include "libvirt/agent.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "host/process.h"
#include "keys.h"
#include "scan.h"

#define FIELD_ROOM 128
#define FS_MAX 256
#define NICS_MAX 64
#define PROCESSES_MAX 4096
#define TOP 10 /* by processor time, and by memory */
#define GUEST_HZ 100.0 /* USER_HZ of Linux, whatever the machine */

enum { A_UP, A_TOOK, A_LOAD1, A_LOAD5, A_LOAD15, A_USERS, A_CLOCK, A_COUNT };
static const char *const vm_names[A_COUNT] = {"agent_up", "agent_seconds",
    "guest_load1", "guest_load5", "guest_load15", "guest_users",
    "guest_clock_offset_seconds"};
static const char *const load_fields[3] = {"load.1m", "load.5m", "load.15m"};

enum { FS_SIZE, FS_FREE, FS_USED, FS_COUNT };
static const char *const fs_names[FS_COUNT] = {"size_bytes", "free_bytes",
    "used_ratio"};

enum { P_CPU, P_USER, P_SYSTEM, P_RSS, P_THREADS, P_FAULTS, P_COUNT };
static const char *const process_names[P_COUNT] = {"cpu_seconds_total",
    "cpu_user_seconds_total", "cpu_system_seconds_total", "mem_rss_bytes",
    "threads", "major_faults_total"};

struct process {
	uint64_t pid;
	struct process_stat stat;
	uint64_t rank;
	bool chosen;
};

/* What its one program said. */
struct inside {
	double load[3]; /* NAN: not said */
	double page; /* bytes, NAN: not said */
	struct process *list; /* owned */
	size_t n;
};

struct teller {
	struct hyper *h;
	const struct domain *d;
	const struct talk *t;
	struct frame *f;
};

static double
number(const struct talk *t, const char *field)
{
	double v;

	for (int i = 0; i < t->nparams; i++)
		if (strcmp(t->params[i].field, field) == 0 &&
		    typed_number(&t->params[i], &v))
			return v;
	return (double)NAN;
}

static struct span
text(const struct talk *t, const char *field)
{
	for (int i = 0; i < t->nparams; i++)
		if (strcmp(t->params[i].field, field) == 0 &&
		    t->params[i].type == VIR_TYPED_PARAM_STRING)
			return span_of(t->params[i].value.s);
	return (struct span){NULL, 0};
}

static const char *
indexed(char to[FIELD_ROOM], const char *group, size_t i, const char *field)
{
	snprintf(to, FIELD_ROOM, "%s.%zu.%s", group, i, field);
	return to;
}

/* How many of a group there are, within reason. */
static size_t
count(const struct talk *t, const char *field, double max)
{
	double n = number(t, field);

	return n > 0 ? (size_t)fmin(n, max) : 0;
}

static void
end(const struct teller *t)
{
	if (frame_end(t->f) == -1)
		t->h->live->over = true;
}

/* --- inside --------------------------------------------------------------- */

static void
read_load(const char *p, struct inside *in)
{
	double v[3];

	for (size_t i = 0; i < 3; i++)
		if ((p = scan_real(scan_blank(p), &v[i])) == NULL)
			return;
	memcpy(in->load, v, sizeof(v));
}

static void
read_line(const char *line, struct inside *in)
{
	struct process *p = &in->list[in->n];
	uint64_t kib;

	if (scan_prefix(line, "KernelPageSize:") != NULL) {
		line = scan_blank(scan_prefix(line, "KernelPageSize:"));
		if (scan_u64(line, &kib) != NULL)
			in->page = (double)kib * 1024;
	} else if (strchr(line, '(') == NULL) {
		read_load(line, in);
	} else if (in->n < PROCESSES_MAX && process_parse(line, &p->stat) &&
		   isdigit((unsigned char)*line)) {
		scan_u64(line, &p->pid);
		p->chosen = false;
		in->n++;
	}
}

/* Lines of loadavg, of smaps and of each stat. */
static void
read_inside(const struct talk *t, struct inside *in)
{
	struct span rest = buf_span(&t->said), line;
	struct buf one = {0};

	for (size_t i = 0; i < 3; i++)
		in->load[i] = (double)NAN;
	in->page = (double)NAN;
	in->n = 0;
	in->list = xcalloc(PROCESSES_MAX + 1, sizeof(*in->list));
	while (rest.len != 0 && str_item(&rest, '\n', &line)) {
		buf_clear(&one);
		buf_add(&one, line.p, line.len);
		buf_addc(&one, '\0');
		read_line(one.data, in);
	}
	buf_free(&one);
}

static int
by_rank(const void *a, const void *b)
{
	uint64_t x = ((const struct process *)a)->rank;
	uint64_t y = ((const struct process *)b)->rank;

	return (x < y) - (x > y);
}

static void
choose(struct inside *in, bool memory)
{
	struct process *p;

	for (size_t i = 0; i < in->n; i++) {
		p = &in->list[i];
		p->rank = memory ? p->stat.rss_pages
				 : p->stat.user + p->stat.system;
	}
	qsort(in->list, in->n, sizeof(*in->list), by_rank);
	for (size_t i = 0; i < in->n && i < TOP; i++)
		if (in->list[i].rank != 0)
			in->list[i].chosen = true;
}

static void
tell_process(const struct teller *t, const struct keys *k,
    const struct inside *in, const struct process *p)
{
	const struct process_stat *s = &p->stat;
	char part[64];

	snprintf(part, sizeof(part), "%llu-%llu", (unsigned long long)p->pid,
	    (unsigned long long)s->start);
	emit_part(&t->h->live->emit, t->d->identity, "vm.process",
	    span_of(part));
	frame_since(t->f, (double)NAN); /* not since the machine's start */
	frame_label(t->f, "name", span_of(s->name));
	keys_real(k, t->f, P_CPU, (double)(s->user + s->system) / GUEST_HZ);
	keys_real(k, t->f, P_USER, (double)s->user / GUEST_HZ);
	keys_real(k, t->f, P_SYSTEM, (double)s->system / GUEST_HZ);
	keys_real(k, t->f, P_RSS, (double)s->rss_pages * in->page);
	keys_u64(k, t->f, P_THREADS, s->threads);
	keys_u64(k, t->f, P_FAULTS, s->major_faults);
	end(t);
}

static void
tell_processes(const struct teller *t, struct inside *in)
{
	struct keys k;

	keys_open(&k, t->h->live->run, "vm.process", process_names, P_COUNT);
	choose(in, true);
	choose(in, false);
	for (size_t i = 0; i < in->n; i++)
		if (in->list[i].chosen)
			tell_process(t, &k, in, &in->list[i]);
}

/* --- what libvirt has a call for ------------------------------------------ */

static void
tell_file_system(const struct teller *t, const struct keys *k, size_t i)
{
	char field[FIELD_ROOM];
	double size = number(t->t, indexed(field, "fs", i, "total-bytes"));
	double used = number(t->t, indexed(field, "fs", i, "used-bytes"));
	struct span mount = text(t->t, indexed(field, "fs", i, "mountpoint"));

	if (mount.len == 0)
		return;
	emit_part(&t->h->live->emit, t->d->identity, "vm.fs", mount);
	frame_label(t->f, "mount", mount);
	frame_label(t->f, "device",
	    text(t->t, indexed(field, "fs", i, "name")));
	frame_label(t->f, "type",
	    text(t->t, indexed(field, "fs", i, "fstype")));
	keys_real(k, t->f, FS_SIZE, size);
	keys_real(k, t->f, FS_FREE, size - used);
	keys_real(k, t->f, FS_USED, size > 0 ? used / size : (double)NAN);
	end(t);
}

/* Addresses of one interface, the first few: "10.0.2.15,fe80::1". */
static void
name_interface(const struct teller *t, size_t i)
{
	char field[FIELD_ROOM], group[32];
	struct span mac = text(t->t, indexed(field, "if", i, "hwaddr")),
		    address;
	struct identity_part *part = NULL;
	struct buf list = {0};
	size_t k, n;

	for (k = 0; k < t->d->identity->nics.n && mac.len != 0; k++)
		if (span_is(mac, t->d->identity->nics.list[k].id))
			part = &t->d->identity->nics.list[k];
	if (part == NULL)
		return;
	identity_label(&part->labels, "guest_name",
	    text(t->t, indexed(field, "if", i, "name")));
	n = count(t->t, indexed(field, "if", i, "addr.count"), 4);
	snprintf(group, sizeof(group), "if.%zu.addr", i);
	for (k = 0; k < n; k++) {
		address = text(t->t, indexed(field, group, k, "addr"));
		if (address.len == 0)
			continue;
		if (list.len != 0)
			buf_addc(&list, ',');
		buf_add(&list, address.p, address.len);
	}
	identity_label(&part->labels, "ip", buf_span(&list));
	buf_free(&list);
}

static void
begin(const struct teller *t)
{
	emit_vm_begin(&t->h->live->emit, t->d->state, t->d->reason,
	    t->d->identity);
}

static void
tell_vm(const struct teller *t, const struct call *c, const struct inside *in)
{
	struct keys k;
	double load;

	keys_open(&k, t->h->live->run, "vm", vm_names, A_COUNT);
	begin(t);
	keys_u64(&k, t->f, A_UP, 1);
	keys_real(&k, t->f, A_TOOK, round(c->took * 1e6) / 1e6);
	for (size_t i = 0; i < 3; i++) {
		load = number(t->t, load_fields[i]);
		keys_real(&k, t->f, A_LOAD1 + i,
		    isfinite(load) ? load : in->load[i]);
	}
	keys_real(&k, t->f, A_USERS, number(t->t, "user.count"));
	keys_real(&k, t->f, A_CLOCK, t->t->clock);
	end(t);
}

void
agent_tell(struct hyper *h, const struct domain *d, const struct call *c)
{
	struct teller t = {h, d, c->talk, h->live->frame};
	struct inside in;
	struct keys k;
	size_t i, n;

	identity_label(&d->identity->labels, "hostname", text(t.t, "hostname"));
	identity_label(&d->identity->labels, "guest_os",
	    text(t.t, "os.pretty-name"));
	n = count(t.t, "if.count", NICS_MAX);
	for (i = 0; i < n; i++)
		name_interface(&t, i);
	read_inside(c->talk, &in);
	tell_vm(&t, c, &in);
	keys_open(&k, h->live->run, "vm.fs", fs_names, FS_COUNT);
	n = count(t.t, "fs.count", FS_MAX);
	for (i = 0; i < n; i++)
		tell_file_system(&t, &k, i);
	tell_processes(&t, &in);
	free(in.list);
}

void
agent_tell_silent(struct hyper *h, const struct domain *d)
{
	struct teller t = {h, d, NULL, h->live->frame};
	struct keys k;

	keys_open(&k, h->live->run, "vm", vm_names, A_COUNT);
	if (!keys_on(&k, A_UP))
		return;
	begin(&t);
	keys_u64(&k, t.f, A_UP, 0);
	end(&t);
}
