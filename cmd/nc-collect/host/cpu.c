/* SPDX-License-Identifier: MIT */
/*
 * cpu: time by mode (the guests' taken out of user and nice, so that the
 * modes sum to time), load, run queue, switches, forks, interrupts; each core
 * where the level asks.  Never guesses: a small step back, which the kernel's
 * idle and iowait make, is held; a large one is passed on as the reset it is.
 */
#include "host/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scan.h"

/* A step back of less is accounting noise, of more a CPU that was taken away
 * and put back: its counters start again. */
#define HOLD_TICKS 300
#define CPUS_MAX 8192

enum mode {
	USER,
	NICE,
	SYSTEM,
	IDLE,
	IOWAIT,
	IRQ,
	SOFTIRQ,
	STEAL,
	GUEST,
	GUEST_NICE,
	MODES
};

/* The modes first, in both tables. */
#define MODE_NAMES \
	"cpu_user_seconds_total", "cpu_nice_seconds_total", \
	    "cpu_system_seconds_total", "cpu_idle_seconds_total", \
	    "cpu_iowait_seconds_total", "cpu_irq_seconds_total", \
	    "cpu_softirq_seconds_total", "cpu_steal_seconds_total", \
	    "cpu_guest_seconds_total", "cpu_guest_nice_seconds_total"

enum {
	K_CPUS = MODES,
	K_LOAD1,
	K_LOAD5,
	K_LOAD15,
	K_RUNNING,
	K_BLOCKED,
	K_THREADS,
	K_SWITCHES,
	K_FORKS,
	K_BOOT,
	K_UPTIME,
	K_INTERRUPTS,
	K_SOFTIRQS,
	K_SOFT, /* ten types, in the order of /proc/softirqs */
	K_RUNQUEUE = K_SOFT + 10,
	K_COUNT
};

static const char *const host_names[K_COUNT] = {MODE_NAMES, "cpus", "load1",
    "load5", "load15", "procs_running", "procs_blocked", "threads",
    "context_switches_total", "forks_total", "boot_timestamp_seconds",
    "uptime_seconds", "interrupts_total", "softirqs_total", "softirq_hi_total",
    "softirq_timer_total", "softirq_net_tx_total", "softirq_net_rx_total",
    "softirq_block_total", "softirq_irq_poll_total", "softirq_tasklet_total",
    "softirq_sched_total", "softirq_hrtimer_total", "softirq_rcu_total",
    "cpu_runqueue_seconds_total"};

enum { C_FREQUENCY = MODES, C_THROTTLES, C_RUNQUEUE, C_COUNT };

static const char *const core_names[C_COUNT] = {MODE_NAMES, "frequency_hertz",
    "throttles_total", "cpu_runqueue_seconds_total"};

struct core {
	bool known;
	char id[16], node[12], package[12], core[12];
	uint64_t held[MODES];
	uint64_t runqueue_ns;
	bool has_runqueue;
};

struct cpu {
	struct keys keys, core_keys;
	struct kept stat, loadavg, schedstat;
	uint64_t held[MODES];
	struct core *cores; /* by number */
	size_t ncores;
	/* of the round in hand: the text of /proc/stat is read once */
	size_t online;
	uint64_t (*rows)[MODES];
	uint16_t *numbers;
};

static void *
cpu_open(struct host *h)
{
	struct cpu *c = xcalloc(1, sizeof(*c));

	keys_open(&c->keys, h->run, "host", host_names, K_COUNT);
	keys_open(&c->core_keys, h->run, "host.cpu", core_names, C_COUNT);
	c->stat = KEPT("proc/stat");
	c->loadavg = KEPT("proc/loadavg");
	c->schedstat = KEPT("proc/schedstat");
	return c;
}

static void
cpu_close(void *state)
{
	struct cpu *c = state;

	kept_close(&c->stat);
	kept_close(&c->loadavg);
	kept_close(&c->schedstat);
	free(c->cores);
	free(c->rows);
	free(c->numbers);
	free(c);
}

/*
 * Ten numbers of a cpu line.  user and nice contain guest and guest_nice,
 * which the kernel adds one after the other: so the difference is held, not
 * the parts.  Old kernels print fewer columns: what is missing stays 0 and is
 * not emitted.
 */
static size_t
cpu_row(const char *p, uint64_t *v)
{
	size_t i, n = scan_row(p, v, MODES);

	for (i = n; i < MODES; i++)
		v[i] = 0;
	v[USER] -= v[GUEST] < v[USER] ? v[GUEST] : v[USER];
	v[NICE] -= v[GUEST_NICE] < v[NICE] ? v[GUEST_NICE] : v[NICE];
	return n;
}

static void
hold(uint64_t *held, uint64_t *v)
{
	size_t i;

	for (i = 0; i < MODES; i++) {
		if (v[i] < held[i] && held[i] - v[i] < HOLD_TICKS)
			v[i] = held[i];
		held[i] = v[i];
	}
}

static void
put_modes(struct host *h, const struct keys *k, const uint64_t *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys_real(k, h->frame, i, (double)v[i] / HOST_HZ);
}

static void
core_room(struct cpu *c, size_t number)
{
	size_t want = (number | 63) + 1;

	if (number < c->ncores)
		return;
	c->cores = xreallocarray(c->cores, want, sizeof(*c->cores));
	c->rows = xreallocarray(c->rows, want, sizeof(*c->rows));
	c->numbers = xreallocarray(c->numbers, want, sizeof(*c->numbers));
	memset(c->cores + c->ncores, 0, (want - c->ncores) * sizeof(*c->cores));
	c->ncores = want;
}

static void
take_core(struct cpu *c, const char *p)
{
	uint64_t number;

	if ((p = scan_u64(p, &number)) == NULL || number >= CPUS_MAX)
		return;
	if (c->core_keys.on != 0) {
		core_room(c, (size_t)number);
		cpu_row(p, c->rows[c->online]);
		hold(c->cores[number].held, c->rows[c->online]);
		c->numbers[c->online] = (uint16_t)number;
	}
	c->online++;
}

static void
put_softirqs(struct host *h, const struct cpu *c, const char *p)
{
	uint64_t v[11];
	size_t i, n = scan_row(p, v, 11);

	for (i = 0; i < n; i++)
		keys_u64(&c->keys, h->frame, K_SOFTIRQS + i, v[i]);
}

/* The lines behind those of the CPUs. */
static void
put_line(struct host *h, const struct cpu *c, const char *p)
{
	static const struct {
		const char *word;
		unsigned key;
	} rows[] = {{"intr ", K_INTERRUPTS}, {"ctxt ", K_SWITCHES},
	    {"btime ", K_BOOT}, {"processes ", K_FORKS},
	    {"procs_running ", K_RUNNING}, {"procs_blocked ", K_BLOCKED}};
	const char *rest;
	uint64_t v;
	size_t i;

	if ((rest = scan_prefix(p, "softirq ")) != NULL) {
		put_softirqs(h, c, rest);
		return;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rest = scan_prefix(p, rows[i].word)) != NULL) {
			if (scan_u64(rest, &v) != NULL)
				keys_u64(&c->keys, h->frame, rows[i].key, v);
			return;
		}
}

static void
read_stat(struct host *h, struct cpu *c)
{
	struct span s = kept_read(&h->tree, &c->stat);
	uint64_t v[MODES];
	const char *p;
	size_t n;

	c->online = 0;
	for (p = s.p; p != NULL && *p != '\0'; p = scan_line(p)) {
		if (strncmp(p, "cpu", 3) != 0) {
			put_line(h, c, p);
		} else if (p[3] == ' ') {
			n = cpu_row(p + 4, v);
			hold(c->held, v);
			put_modes(h, &c->keys, v, n);
		} else {
			take_core(c, p + 3);
		}
	}
	if (c->online > 0)
		keys_u64(&c->keys, h->frame, K_CPUS, c->online);
}

static void
read_loadavg(struct host *h, struct cpu *c)
{
	const char *p = kept_read(&h->tree, &c->loadavg).p;
	uint64_t running, threads;
	double load;
	unsigned i;

	if (p == NULL)
		return;
	for (i = 0; i < 3; i++) {
		if ((p = scan_real(p, &load)) == NULL)
			return;
		keys_real(&c->keys, h->frame, K_LOAD1 + i, load);
	}
	if ((p = scan_u64(p, &running)) != NULL && *p == '/' &&
	    scan_u64(p + 1, &threads) != NULL)
		keys_u64(&c->keys, h->frame, K_THREADS, threads);
}

/* Field 8 of a cpu line: nanoseconds tasks waited to run there
 * (Documentation/scheduler/sched-stats). */
static void
read_schedstat(struct host *h, struct cpu *c)
{
	const char *p, *rest;
	uint64_t number, v[9], sum = 0;
	bool any = false;

	p = kept_read(&h->tree, &c->schedstat).p;
	for (; p != NULL && *p != '\0'; p = scan_line(p)) {
		if ((rest = scan_prefix(p, "cpu")) == NULL ||
		    (rest = scan_u64(rest, &number)) == NULL ||
		    scan_row(rest, v, 9) < 8)
			continue;
		any = true;
		sum += v[7];
		if (number < c->ncores) {
			c->cores[number].runqueue_ns = v[7];
			c->cores[number].has_runqueue = true;
		}
	}
	if (any)
		keys_real(&c->keys, h->frame, K_RUNQUEUE, (double)sum / 1e9);
}

static void
cpu_values(struct host *h, void *state)
{
	struct cpu *c = state;

	read_stat(h, c);
	read_loadavg(h, c);
	if (keys_on(&c->keys, K_RUNQUEUE) || keys_on(&c->core_keys, C_RUNQUEUE))
		read_schedstat(h, c);
	if (h->up >= 0)
		keys_real(&c->keys, h->frame, K_UPTIME,
		    round(h->up * 1e3) / 1e3);
}

static void
find_node(struct host *h, const char *name, void *arg)
{
	struct core *core = arg;

	(void)h;
	if (scan_prefix(name, "node") != NULL && name[4] >= '0' &&
	    name[4] <= '9' && strlen(name) < sizeof(core->node))
		snprintf(core->node, sizeof(core->node), "%s", name);
}

static void
core_know(struct host *h, struct core *core, unsigned number)
{
	char path[96];

	core->known = true;
	snprintf(core->id, sizeof(core->id), "cpu%u", number);
	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u", number);
	host_list(h, path, find_node, core);
	snprintf(path, sizeof(path),
	    "sys/devices/system/cpu/cpu%u/topology/physical_package_id",
	    number);
	if (!tree_word(&h->tree, path, core->package, sizeof(core->package)))
		core->package[0] = '\0';
	snprintf(path, sizeof(path),
	    "sys/devices/system/cpu/cpu%u/topology/core_id", number);
	if (!tree_word(&h->tree, path, core->core, sizeof(core->core)))
		core->core[0] = '\0';
}

/* Opened each time: descriptors for hundreds of cores are not ours to hold. */
static void
core_extra(struct host *h, const struct cpu *c, unsigned number)
{
	const char *p;
	char path[96];
	uint64_t v;

	if (keys_on(&c->core_keys, C_FREQUENCY)) {
		snprintf(path, sizeof(path),
		    "sys/devices/system/cpu/cpu%u/"
		    "cpufreq/scaling_cur_freq",
		    number);
		p = tree_slurp(&h->tree, path, true).p;
		if (p != NULL && scan_u64(p, &v) != NULL)
			keys_u64(&c->core_keys, h->frame, C_FREQUENCY,
			    v * 1000);
	}
	if (keys_on(&c->core_keys, C_THROTTLES)) {
		snprintf(path, sizeof(path),
		    "sys/devices/system/cpu/cpu%u/"
		    "thermal_throttle/core_throttle_count",
		    number);
		p = tree_slurp(&h->tree, path, true).p;
		if (p != NULL && scan_u64(p, &v) != NULL)
			keys_u64(&c->core_keys, h->frame, C_THROTTLES, v);
	}
}

static void
cpu_parts(struct host *h, void *state)
{
	struct cpu *c = state;
	struct core *core;
	unsigned number;
	size_t i;

	if (c->core_keys.on == 0)
		return;
	for (i = 0; i < c->online; i++) {
		number = c->numbers[i];
		core = &c->cores[number];
		if (!core->known)
			core_know(h, core, number);
		host_begin(h, "host.cpu", core->id);
		if (core->node[0] != '\0')
			frame_label(h->frame, "node", span_of(core->node));
		if (core->package[0] != '\0')
			frame_label(h->frame, "package",
			    span_of(core->package));
		if (core->core[0] != '\0')
			frame_label(h->frame, "core", span_of(core->core));
		put_modes(h, &c->core_keys, c->rows[i], MODES);
		if (core->has_runqueue)
			keys_real(&c->core_keys, h->frame, C_RUNQUEUE,
			    (double)core->runqueue_ns / 1e9);
		core_extra(h, c, number);
		if (!host_end(h))
			return;
	}
}

const struct host_family host_cpu = {"cpu", cpu_open, cpu_close, cpu_values,
    cpu_parts};
