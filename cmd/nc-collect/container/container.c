/* SPDX-License-Identifier: MIT */
/*
 * container: containers of whatever runtime, from their control groups and
 * from their first process: no daemon is asked for a number, no container is
 * entered.
 * Tells what ended with events; never keeps a series of what is gone.
 */
#include "container/container.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/span.h"
#include "container/daemon.h"
#include "container/watch.h"
#include "host/nic.h"
#include "host/process.h"
#include "scan.h"

#define STATES_MAX 8
#define ENDS 16 /* of those that ended, kept to tell none twice */
/* Seconds the only round waits for containerd; others take it as it comes. */
#define ONCE_WAIT 0.3

/* In the order of enum cgroup_number. */
static const char *const names[CG_NUMBERS] = {"cpu_seconds_total",
    "cpu_user_seconds_total", "cpu_system_seconds_total", "cpu_periods_total",
    "throttled_periods_total", "throttled_seconds_total", "cpu_limit",
    "mem_used_bytes", "mem_current_bytes", "mem_peak_bytes", "mem_limit_bytes",
    "mem_high_bytes", "mem_anon_bytes", "mem_file_bytes", "mem_kernel_bytes",
    "mem_shmem_bytes", "mem_slab_bytes", "mem_swap_bytes", "page_faults_total",
    "major_faults_total", "mem_high_events_total", "mem_max_events_total",
    "oom_events_total", "oom_kills_total", "hugetlb_bytes",
    "io_read_bytes_total", "io_written_bytes_total", "io_reads_total",
    "io_writes_total", "pids", "pids_limit", "pids_refused_total",
    "psi_cpu_some_seconds_total", "psi_cpu_full_seconds_total",
    "psi_mem_some_seconds_total", "psi_mem_full_seconds_total",
    "psi_io_some_seconds_total", "psi_io_full_seconds_total"};

static const char *const start_name[1] = {"start_timestamp_seconds"};

/* In the order of NIC_RX_BYTES and so on. */
static const char *const nic_names[8] = {"receive_bytes_total",
    "receive_packets_total", "receive_errors_total", "receive_drops_total",
    "transmit_bytes_total", "transmit_packets_total", "transmit_errors_total",
    "transmit_drops_total"};

struct containers {
	struct tree tree;
	struct cgroups groups;
	struct keys keys, start, nic;
	struct finder *finder;
	struct daemon_ask *daemon; /* NULL: there is none to ask */
	struct watch *watch; /* NULL: there is none to listen to */
	char ends[ENDS][300]; /* "space/id", newest at end_at - 1 */
	size_t end_at;
	const char *state[STATES_MAX + 1];
	struct container **list; /* in order of appearance */
	size_t count;
	struct nics nics; /* of the one in hand */
	char hostnet[40]; /* "" where it is not to be seen */
	const struct source_run *run;
	struct frame *frame;
	bool stop;
};

static void
process_forget(struct container *c)
{
	struct kept *files[] = {&c->stat, &c->net};
	size_t i;

	for (i = 0; i < 2; i++) {
		kept_close(files[i]);
		free((char *)(uintptr_t)files[i]->path);
		*files[i] = KEPT(NULL);
	}
	c->init = 0;
}

static void
container_free(struct container *c)
{
	process_forget(c);
	cgroup_free(c->group);
	free(c->path);
	free(c->id);
	free(c->home);
	free(c->name);
	free(c->image);
	free(c->space);
	free(c->pod);
	free(c->bundle);
	free(c);
}

static int
container_open(const struct source_run *run, void **state, struct nc_err *e)
{
	static const char *const usual[] = {"run/containerd",
	    "run/docker/containerd/daemon", "run/k3s/containerd"};
	struct containers *s = xcalloc(1, sizeof(*s));
	const char *said;
	size_t i, n = 0;

	if (tree_open(&s->tree, run, e) == -1) {
		free(s);
		return -1;
	}
	for (i = 0;
	     n < STATES_MAX && (said = source_get_nth(run, "state", i)) != NULL;
	     i++)
		s->state[n++] = said + strspn(said, "/");
	for (i = 0; n == i && i < 3; i++) /* none was said */
		s->state[n++] = usual[i];
	cgroups_open(&s->groups, &s->tree);
	keys_open(&s->keys, run, "container", names, CG_NUMBERS);
	keys_open(&s->start, run, "container", start_name, 1);
	keys_open(&s->nic, run, "container.nic", nic_names, 8);
	said = source_get(run, "socket");
	/* A recorded tree's daemon is not here. */
	if (said != NULL || *run->root == '\0')
		s->daemon = daemon_new(
		    said != NULL ? said : "/run/containerd/containerd.sock");
	if (s->daemon != NULL && !run->once)
		s->watch = watch_new(
		    said != NULL ? said : "/run/containerd/containerd.sock");
	s->finder = finder_new(&s->tree, &s->groups, s->state);
	if (!tree_link_text(&s->tree, "proc/1/ns/net", s->hostnet,
		sizeof(s->hostnet)))
		s->hostnet[0] = '\0';
	*state = s;
	return 0;
}

static void
container_close(void *state)
{
	struct containers *s = state;
	size_t i;

	for (i = 0; i < s->count; i++)
		container_free(s->list[i]);
	free(s->list);
	free(s->nics.list);
	finder_free(s->finder);
	daemon_free(s->daemon);
	watch_free(s->watch);
	tree_close(&s->tree);
	free(s);
}

static void
see_container(void *arg, const char *path, const struct kind *k,
    const char *bundle, const char *space)
{
	const char *paths[CGT_COUNT];
	struct containers *s = arg;
	struct container *c;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->list[i]->path, path) == 0) {
			s->list[i]->found = true;
			return;
		}
	c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(path);
	c->id = xstrdup(k->id);
	/* A part's id begins with its parent's, up to the first '/'. */
	for (char *p = c->id; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	c->runtime = k->runtime;
	c->name = xstrdup("");
	c->image = xstrdup("");
	c->pod = xstrdup("");
	c->space = xstrdup(space != NULL ? space : "");
	c->home = xstrdup(c->space);
	c->bundle = xstrdup(bundle != NULL ? bundle : "");
	c->stat = c->net = KEPT(NULL);
	c->since = c->oom_kills = NAN;
	c->found = true;
	if (bundle != NULL && strcmp(c->runtime, "oci") == 0)
		c->runtime = "containerd";
	for (i = 0; i < CGT_COUNT; i++)
		paths[i] = path;
	c->group = cgroup_new(&s->groups, &s->tree, paths, s->keys.on);
	s->list = xreallocarray(s->list, s->count + 1,
	    sizeof(struct container *));
	s->list[s->count++] = c;
}

/* What shells of systemd inside containers put between the group and its
 * processes. */
static uint64_t
first_process(struct containers *s, const struct container *c)
{
	static const char *const below[] = {"", "/init.scope", "/container",
	    "/payload", "/payload/init.scope", "/supervisor"};
	const char *mount = s->groups.mount[cgroups_main(&s->groups)];
	const char *p;
	char path[1024];
	uint64_t pid, least;
	size_t i;

	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s%s/cgroup.procs", mount,
		    c->path, below[i]);
		least = 0;
		for (p = tree_slurp(&s->tree, path, true).p;
		     p != NULL && scan_u64(p, &pid) != NULL; p = scan_line(p))
			if (pid != 0 && (least == 0 || pid < least))
				least = pid;
		if (least != 0)
			return least;
	}
	return 0;
}

/* containerd writes the number of the first process into the bundle. */
static uint64_t
init_of(struct containers *s, const struct container *c)
{
	char path[1024];
	uint64_t pid;
	const char *p;

	if (c->bundle[0] != '\0') {
		snprintf(path, sizeof(path), "%s/init.pid", c->bundle);
		p = tree_slurp(&s->tree, path, true).p;
		if (p != NULL && scan_u64(p, &pid) != NULL)
			return pid;
	}
	return first_process(s, c);
}

static bool
read_start(struct containers *s, struct container *c, uint64_t *start)
{
	const char *p = kept_read(&s->tree, &c->stat).p;
	struct process_stat now;

	if (p == NULL || !process_parse(p, &now))
		return false;
	*start = now.start;
	return true;
}

static void
find_init(struct containers *s, struct container *c)
{
	uint64_t pid = init_of(s, c);
	char path[48];

	if (pid == 0)
		return;
	c->init = pid;
	c->stat = KEPT(xasprintf("proc/%llu/stat", (unsigned long long)pid));
	c->net = KEPT(xasprintf("proc/%llu/net/dev", (unsigned long long)pid));
	if (!read_start(s, c, &c->start)) {
		process_forget(c);
		return;
	}
	c->exited = c->has_status = false;
	c->waited = 0;
	c->since = round(1e3 * (s->tree.since + (double)c->start / HOST_HZ)) /
		   1e3;
	snprintf(path, sizeof(path), "proc/%llu/ns/net",
	    (unsigned long long)pid);
	if (!tree_link_text(&s->tree, path, c->netns, sizeof(c->netns)))
		c->netns[0] = '\0';
}

/* A pod's containers share a network: it is told once, with the one that
 * holds it, else with the first. */
static void
share_networks(struct containers *s)
{
	struct container *c, *d;
	size_t i, j;

	for (i = 0; i < s->count; i++) {
		c = s->list[i];
		c->own_net = c->init != 0 && c->netns[0] != '\0' &&
			     s->hostnet[0] != '\0' &&
			     strcmp(c->netns, s->hostnet) != 0;
		for (j = 0; j < s->count && c->own_net; j++) {
			d = s->list[j];
			if (d == c || strcmp(c->netns, d->netns) != 0 ||
			    d->init == 0)
				continue;
			if ((d->sandbox && !c->sandbox) ||
			    (d->sandbox == c->sandbox && j < i))
				c->own_net = false;
		}
	}
}

static void
label(struct frame *f, const char *key, const char *text)
{
	if (*text != '\0')
		frame_label(f, key, span_of(text));
}

static void
begin_event(struct containers *s, const struct container *c, const char *event)
{
	frame_begin(s->frame, RECORD_EVENT, "container", span_of(c->id));
	label(s->frame, "name", c->name);
	label(s->frame, "namespace", c->space);
	label(s->frame, "pod", c->pod);
	frame_text(s->frame, "event", span_of(event));
}

static void
end(struct containers *s)
{
	if (frame_end(s->frame) == -1)
		s->stop = true;
}

static void
put_end(struct containers *s, unsigned status, double at)
{
	char detail[64];

	snprintf(detail, sizeof(detail),
	    "its first process ended with status %u", status);
	frame_text(s->frame, "detail", span_of(detail));
	frame_number(s->frame, "exit_status", status);
	frame_number(s->frame, "at", at);
}

static void
note_end(struct containers *s, const char *space, const char *id)
{
	snprintf(s->ends[s->end_at % ENDS], sizeof(s->ends[0]), "%s/%s", space,
	    id);
	s->end_at++;
}

static bool
is_told(const struct containers *s, struct span space, struct span id)
{
	char name[sizeof(s->ends[0])];

	snprintf(name, sizeof(name), "%.*s/%.*s", SPAN_ARG(space),
	    SPAN_ARG(id));
	for (size_t i = 0; i < ENDS; i++)
		if (strcmp(s->ends[i], name) == 0)
			return true;
	return false;
}

static void
tell_exit(struct containers *s, struct container *c)
{
	if (c->exited)
		return;
	c->exited = true;
	begin_event(s, c, "exit");
	if (c->has_status)
		put_end(s, c->status, c->ended);
	else
		frame_text(s->frame, "detail",
		    span_of("its first process ended"));
	end(s);
	note_end(s, c->home, c->id);
}

/* Of one that came and went between two rounds: all that is known. */
static void
tell_brief(struct containers *s, const struct watch_event *e)
{
	if (is_told(s, e->space, e->id))
		return;
	frame_begin(s->frame, RECORD_EVENT, "container", e->id);
	frame_label(s->frame, "name",
	    (struct span){e->id.p, e->id.len == 64 ? 12 : e->id.len});
	frame_label(s->frame, "namespace", e->space);
	frame_text(s->frame, "event",
	    span_of(e->what == WATCH_EXIT ? "exit" : "oom"));
	if (e->what == WATCH_EXIT)
		put_end(s, e->status, e->at);
	else
		frame_number(s->frame, "at", e->at);
	end(s);
}

/* In containerd's name space of that name, as far as is known. */
static bool
is_home(const struct container *c, struct span space)
{
	return c->home[0] == '\0' || span_is(space, c->home);
}

static void
hear(void *arg, const struct watch_event *e)
{
	struct containers *s = arg;
	struct container *c = NULL;
	size_t i;

	for (i = 0; i < s->count && c == NULL; i++)
		if (span_is(e->id, s->list[i]->id) &&
		    is_home(s->list[i], e->space))
			c = s->list[i];
	if (c == NULL) {
		tell_brief(s, e);
	} else if (e->what == WATCH_EXIT) {
		c->has_status = true;
		c->status = e->status;
		c->ended = e->at;
		process_forget(c);
		tell_exit(s, c);
	} else if (isnan(c->oom_kills)) {
		/* Where its group counts none: else that count tells. */
		begin_event(s, c, "oom");
		frame_number(s->frame, "at", e->at);
		end(s);
	}
}

/* containerd may say how it ended a moment after the process is gone. */
static bool
is_to_be_said(struct containers *s, struct container *c)
{
	return c->bundle[0] != '\0' && watch_is_on(s->watch) &&
	       c->waited++ == 0;
}

/* true: the process it began with, or another that took its place. */
static void
check_init(struct containers *s, struct container *c)
{
	uint64_t start;

	if (c->init == 0) {
		if (!c->exited)
			find_init(s, c);
		return;
	}
	if (read_start(s, c, &start) && start == c->start)
		return;
	if (is_to_be_said(s, c))
		return;
	process_forget(c);
	tell_exit(s, c);
}

static void
tell_oom(struct containers *s, struct container *c,
    const struct cgroup_numbers *n)
{
	double before = c->oom_kills, now;
	char detail[80];

	if (!cgroup_has(n, CG_OOM_KILLS))
		return;
	now = n->v[CG_OOM_KILLS];
	c->oom_kills = now;
	if (!(now > before))
		return;
	begin_event(s, c, "oom");
	snprintf(detail, sizeof(detail),
	    "%.0f killed for memory, %.0f since it began", now - before, now);
	frame_text(s->frame, "detail", span_of(detail));
	end(s);
}

static void
begin(struct containers *s, const struct container *c, const char *entity,
    struct span id)
{
	source_begin(s->run, s->frame, entity, id);
	if (isfinite(c->since))
		frame_since(s->frame, c->since);
}

static void
put_nics(struct containers *s, struct container *c)
{
	const struct nic *n;
	const char *text;
	char id[320];
	size_t i, j;

	if (!c->own_net || s->nic.on == 0 ||
	    (text = kept_read(&s->tree, &c->net).p) == NULL)
		return;
	s->nics.count = 0;
	nics_proc(&s->nics, text);
	for (i = 0; i < s->nics.count && !s->stop; i++) {
		n = &s->nics.list[i];
		if (strcmp(n->name, "lo") == 0)
			continue;
		snprintf(id, sizeof(id), "%s/%s", c->id, n->name);
		begin(s, c, "container.nic", span_of(id));
		label(s->frame, "container", c->name);
		label(s->frame, "pod", c->pod);
		for (j = 0; j < 8; j++)
			keys_u64(&s->nic, s->frame, j, n->v[j]);
		end(s);
	}
}

/* false: it is gone. */
static bool
put_container(struct containers *s, struct container *c)
{
	struct cgroup_numbers n;

	if (!cgroup_read(c->group, &n))
		return false;
	check_init(s, c);
	begin(s, c, "container", span_of(c->id));
	label(s->frame, "name", c->name);
	label(s->frame, "image", c->image);
	label(s->frame, "runtime", c->runtime);
	label(s->frame, "namespace", c->space);
	label(s->frame, "pod", c->pod);
	if (c->sandbox)
		label(s->frame, "role", "sandbox");
	keys_real(&s->start, s->frame, 0, c->since);
	cgroup_put(&n, &s->keys, s->frame);
	end(s);
	tell_oom(s, c, &n);
	put_nics(s, c);
	return true;
}

static void
remove_at(struct containers *s, size_t i)
{
	struct container *c = s->list[i];

	if (c->init != 0)
		tell_exit(s, c);
	begin_event(s, c, "gone");
	frame_text(s->frame, "detail", span_of("its control group is gone"));
	end(s);
	container_free(c);
	s->count--;
	memmove(&s->list[i], &s->list[i + 1],
	    (s->count - i) * sizeof(struct container *));
}

/* From files at once; what only containerd knows, later, and again with the
 * next search when it did not answer. */
static void
ask_names(struct containers *s, struct container *c)
{
	if (!c->named)
		names_ask(c, &s->tree);
	if (s->daemon != NULL && !c->answered && c->bundle[0] != '\0' &&
	    c->image[0] == '\0' && !c->sandbox)
		daemon_want(s->daemon, c->home, c->id);
}

static void
take_names(void *arg, struct span space, struct span id, struct span image,
    struct span name)
{
	struct containers *s = arg;
	struct container *c;
	size_t i;

	for (i = 0; i < s->count; i++) {
		c = s->list[i];
		if (!span_is(id, c->id) || !span_is(space, c->home))
			continue;
		c->answered = true;
		free(c->image);
		c->image = xmemdup0(image.p, image.len);
		if (name.len > 0) {
			free(c->name);
			c->name = xmemdup0(name.p, name.len);
		}
	}
}

static void
search(struct containers *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		s->list[i]->found = false;
	finder_search(s->finder, see_container, s);
	for (i = 0; i < s->count;) {
		if (!s->list[i]->found) {
			remove_at(s, i);
			continue;
		}
		ask_names(s, s->list[i]);
		if (s->list[i]->init == 0 && !s->list[i]->exited)
			find_init(s, s->list[i]);
		i++;
	}
	share_networks(s);
}

static int
container_collect(void *state, const struct source_run *run,
    const struct source_round *r, struct frame *f, struct nc_err *e)
{
	struct containers *s = state;
	size_t i;

	(void)e;
	s->run = run;
	s->frame = f;
	s->stop = false;
	tree_clock(&s->tree, run, r, f);
	if (s->watch != NULL)
		watch_round(s->watch, hear, s);
	if (finder_is_due(s->finder))
		search(s);
	if (s->daemon != NULL)
		daemon_round(s->daemon, run->once ? ONCE_WAIT : 0, take_names,
		    s);
	for (i = 0; i < s->count && !s->stop;)
		if (put_container(s, s->list[i]))
			i++;
		else
			remove_at(s, i);
	if (!s->stop && tree_tell(&s->tree, run, f) == -1)
		s->stop = true;
	return 0;
}

static void
container_doctor(const struct source_run *run, source_tell *tell, void *arg)
{
	struct source_finding f;
	struct containers *s;
	struct nc_err e;
	void *state;

	if (container_open(run, &state, &e) == -1) {
		f = (struct source_finding){"containers", e.msg, NULL};
		tell(arg, &f);
		return;
	}
	s = state;
	if (s->groups.mount[cgroups_main(&s->groups)] == NULL) {
		f = (struct source_finding){"containers",
		    "/sys/fs/cgroup: no control groups are mounted there",
		    "mount -t cgroup2 none /sys/fs/cgroup"};
		tell(arg, &f);
	}
	if (s->hostnet[0] == '\0') {
		f = (struct source_finding){"network of containers",
		    "/proc/1/ns/net may not be read",
		    "setcap cap_sys_ptrace+ep \"$(command -v nc-collect)\""};
		tell(arg, &f);
	}
	container_close(s);
}

static const struct source_option options[] =
    {{"socket", "PATH", NULL,
	 "containerd's, /run/containerd/containerd.sock unless said", false},
	{"state", "DIR", NULL,
	    "a state folder of containerd, /run/containerd unless said", true},
	{NULL, NULL, NULL, NULL, false}};

const struct source source_container = {
    .name = "container",
    .help = "containers of any runtime, from their control groups",
    .options = options,
    .flags = SOURCE_DEFAULT,
    .open = container_open,
    .collect = container_collect,
    .close = container_close,
    .doctor = container_doctor,
};
