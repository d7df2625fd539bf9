/* SPDX-License-Identifier: MIT */
/*
 * fault: what goes wrong in the simulated fleet, by a scenario or by chance,
 * and the ground truth about it for whoever judges an analysis.  A scenario:
 *
 *	churn 0				# no usual starts, stops, moves
 *	fault noisy-neighbour { host sim001; vm 3; at 2h; for 30m }
 *	fault disk-fill { host sim002; at 1h; for 6h }
 *	random 5 over 24h
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/parse.h"
#include "lang/config.h"
#include "sim/sim.h"

#define FAULTS_MAX 100000

static const struct {
	const char *name;
	double length, strength; /* when not said */
	bool on_vm;
	const char *entity, *metric; /* where it shows first */
} kinds[FAULT_KINDS] = {
    [FAULT_CPU_HOG] = {"cpu-hog", 1800, 1, true, "vm", "cpu_seconds_total"},
    [FAULT_MEMORY_LEAK] = {"memory-leak", 14400, 1, true, "vm",
	"mem_guest_usable_bytes"},
    [FAULT_DISK_FILL] = {"disk-fill", 21600, 1, false, "host.fs", "free_bytes"},
    [FAULT_NOISY_NEIGHBOUR] = {"noisy-neighbour", 1800, 30, true, "vm.disk",
	"written_bytes_total"},
    [FAULT_PACKET_LOSS] = {"packet-loss", 1200, .08, false, "host.nic",
	"receive_drops_total"},
    [FAULT_SILENT_HOST] = {"silent-host", 600, 1, false, "host", ""},
};

const char *
fault_name(enum sim_fault_kind kind)
{
	return kinds[kind].name;
}

static void
add(struct sim *s, const struct sim_fault *f)
{
	s->faults = xreallocarray(s->faults, s->nfaults + 1,
	    sizeof(*s->faults));
	s->faults[s->nfaults++] = *f;
	if (kinds[f->kind].on_vm)
		s->vms[f->vm].pinned = true;
}

void
fault_draw(struct sim *s, unsigned n, double span)
{
	unsigned per_host = s->nvms / s->nhosts;

	for (unsigned i = 0; i < n; i++) {
		struct sim_fault f = {0};

		f.kind = (enum sim_fault_kind)sim_below(&s->random,
		    FAULT_KINDS);
		/* One after the other: a judge can tell them apart. */
		f.host = (i + sim_below(&s->random, s->nhosts)) % s->nhosts;
		f.length = kinds[f.kind].length *
			   sim_between(&s->random, .7, 1.3);
		f.length = fmin(f.length, span / (2 * n));
		f.at = span * (.15 + .85 * (i + .1) / n);
		f.strength = kinds[f.kind].strength;
		if (kinds[f.kind].on_vm && per_host == 0)
			f.kind = FAULT_PACKET_LOSS;
		else if (kinds[f.kind].on_vm)
			f.vm = f.host * per_host +
			       sim_below(&s->random, per_host);
		add(s, &f);
	}
}

/* "host", "vm", "at", "for", "strength" of a fault's block. */
struct said {
	const char *host;
	double vm, at, length, strength;
};

static int
read_member(struct config_cursor *c, struct said *said)
{
	if (config_accept(c, "host"))
		return config_text(c, "a host's name", &said->host);
	if (config_accept(c, "vm"))
		return config_number(c, "a VM's number on its host", &said->vm);
	if (config_accept(c, "at"))
		return config_duration(c, "a duration", &said->at);
	if (config_accept(c, "for"))
		return config_duration(c, "a duration", &said->length);
	if (config_accept(c, "strength"))
		return config_number(c, "a number", &said->strength);
	return config_error(c->o, c->node, c->at,
	    "'%s' here, expected host, vm, at, for or strength",
	    c->node->tokens[c->at].text);
}

static int
find_host(const struct sim *s, const char *name)
{
	for (unsigned i = 0; i < s->nhosts; i++)
		if (strcmp(s->hosts[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int
read_fault(struct sim *s, struct config_cursor *c)
{
	struct sim_fault f = {0};
	struct said said = {.vm = 1, .at = 0, .length = NAN, .strength = NAN};
	const struct config_node *n;
	unsigned per_host = s->nvms / s->nhosts;
	const char *kind;
	int host, k;

	if (config_text(c, "a fault's name", &kind) == -1)
		return -1;
	for (k = 0; k < FAULT_KINDS && strcmp(kinds[k].name, kind) != 0; k++)
		;
	if (k == FAULT_KINDS)
		return config_error(c->o, c->node, c->at - 1,
		    "'%s' here, expected cpu-hog, memory-leak, disk-fill, "
		    "noisy-neighbour, packet-loss or silent-host",
		    kind);
	if (config_block(c) == -1)
		return -1;
	for (n = c->node->children; n != NULL; n = n->next) {
		struct config_cursor m = {.o = c->o, .node = n};

		if (read_member(&m, &said) == -1 || config_end(&m) == -1)
			return -1;
	}
	host = said.host != NULL ? find_host(s, said.host) : 0;
	if (host == -1)
		return config_error(c->o, c->node, 0,
		    "no host %s, expected one of sim001 to sim%03u", said.host,
		    s->nhosts);
	if (kinds[k].on_vm &&
	    (said.vm < 1 || said.vm > per_host || said.vm != floor(said.vm)))
		return config_error(c->o, c->node, 0,
		    "no such VM, expected a number from 1 to %u", per_host);
	f.kind = (enum sim_fault_kind)k;
	f.host = (unsigned)host;
	if (kinds[k].on_vm)
		f.vm = f.host * per_host + (unsigned)said.vm - 1;
	f.at = said.at;
	f.length = isnan(said.length) ? kinds[k].length : said.length;
	f.strength = isnan(said.strength) ? kinds[k].strength : said.strength;
	add(s, &f);
	return 0;
}

static int
read_random(struct sim *s, struct config_cursor *c)
{
	double n, span;

	if (config_number(c, "how many faults", &n) == -1 ||
	    config_expect(c, "over") == -1 ||
	    config_duration(c, "a duration", &span) == -1 ||
	    config_end(c) == -1)
		return -1;
	if (n < 0 || n > FAULTS_MAX || n != floor(n))
		return config_error(c->o, c->node, 1,
		    "expected a whole number from 0 to %d", FAULTS_MAX);
	fault_draw(s, (unsigned)n, span);
	return 0;
}

static int
read_statement(struct sim *s, struct config_cursor *c)
{
	if (config_accept(c, "fault"))
		return read_fault(s, c);
	if (config_accept(c, "random"))
		return read_random(s, c);
	if (config_accept(c, "churn"))
		return config_number(c, "a factor", &s->churn) == -1
			   ? -1
			   : config_end(c);
	return config_error(c->o, c->node, 0,
	    "'%s' here, expected fault, random or churn",
	    c->node->tokens[0].text);
}

static void
report(void *arg, const char *where, const char *what)
{
	diag_say(arg, DIAG_ERROR, where, "%s", what);
}

int
fault_read(struct sim *s, const char *path, struct diag *d, struct nc_err *e)
{
	const struct config_options o = {.report = report, .arg = d};
	struct config *c = config_read(path, &o);
	const struct config_node *n;
	int rc = c != NULL ? 0 : -1;

	for (n = c != NULL ? config_first(c) : NULL; n != NULL; n = n->next) {
		struct config_cursor u = {.o = &o, .node = n};

		if (read_statement(s, &u) == -1)
			rc = -1;
	}
	config_free(c);
	return rc == 0 ? 0 : err_set(e, 0, "%s: bad scenario", path);
}

/* How much of a fault has passed, 0 to 1, or -1 when it is not its time. */
static double
progress(const struct sim_fault *f, double t)
{
	if (t < f->at || t >= f->at + f->length)
		return -1;
	return f->length > 0 ? (t - f->at) / f->length : 1;
}

static void
fill(struct sim_host *h, double part)
{
	struct sim_fs *fs = &h->fs[SIM_FS - 1];

	if (part < 0) {
		/* Somebody cleaned up. */
		fs->used = fs->before_fault;
		return;
	}
	fs->used = fs->before_fault +
		   (fs->size * .995 - fs->before_fault) * part;
}

static void
apply(struct sim *s, struct sim_fault *f, double part)
{
	struct sim_host *h = &s->hosts[f->host];
	struct sim_vm *v = &s->vms[f->vm];
	bool on = part >= 0;

	switch (f->kind) {
	case FAULT_CPU_HOG:
		v->hog = on ? f->strength : 0;
		break;
	case FAULT_MEMORY_LEAK:
		v->leak = on ? f->strength * part : 0;
		break;
	case FAULT_DISK_FILL:
		if (on && !f->running)
			h->fs[SIM_FS - 1].before_fault = h->fs[SIM_FS - 1].used;
		fill(h, on ? part * f->strength : -1);
		break;
	case FAULT_NOISY_NEIGHBOUR:
		v->io_boost = on ? f->strength : 1;
		break;
	case FAULT_PACKET_LOSS:
		h->loss = on ? f->strength : 0;
		break;
	case FAULT_SILENT_HOST:
		h->silent = on;
		break;
	case FAULT_KINDS:
		break;
	}
	f->running = on;
}

void
fault_apply(struct sim *s, double ts)
{
	for (size_t i = 0; i < s->nfaults; i++) {
		struct sim_fault *f = &s->faults[i];
		double part = progress(f, ts - s->start);

		if (part >= 0 || f->running)
			apply(s, f, part);
	}
}

static int
collect_line(void *arg, const char *line, size_t len)
{
	buf_add(arg, line, len);
	return 0;
}

/* The instance in which a fault shows first. */
static const char *
where(const struct sim *s, const struct sim_fault *f)
{
	switch (f->kind) {
	case FAULT_CPU_HOG:
	case FAULT_MEMORY_LEAK:
		return s->vms[f->vm].uuid;
	case FAULT_NOISY_NEIGHBOUR:
		return s->vms[f->vm].disks[0].id;
	case FAULT_DISK_FILL:
		return s->hosts[f->host].fs[SIM_FS - 1].mount;
	case FAULT_PACKET_LOSS:
		return "eno1";
	default:
		return s->hosts[f->host].name;
	}
}

int
fault_truth(const struct sim *s, const char *path, struct nc_err *e)
{
	struct buf b = {0};
	struct frame *fr = frame_new(collect_line, &b);
	int rc;

	for (size_t i = 0; i < s->nfaults; i++) {
		const struct sim_fault *f = &s->faults[i];

		frame_origin(fr, s->hosts[f->host].name, "sim");
		frame_clock(fr, s->start + f->at, NAN);
		frame_begin(fr, RECORD_EVENT, kinds[f->kind].entity,
		    span_of(where(s, f)));
		if (kinds[f->kind].on_vm)
			frame_label(fr, "vm", span_of(s->vms[f->vm].name));
		frame_text(fr, "event", span_of("fault"));
		frame_text(fr, "detail", span_of(kinds[f->kind].name));
		if (kinds[f->kind].metric[0] != '\0')
			frame_text(fr, "metric",
			    span_of(kinds[f->kind].metric));
		frame_number(fr, "start", s->start + f->at);
		frame_number(fr, "end", s->start + f->at + f->length);
		frame_number(fr, "strength", f->strength);
		frame_end(fr);
	}
	frame_free(fr);
	rc = afile_write(path, buf_span(&b), 0644, e);
	buf_free(&b);
	return rc;
}
