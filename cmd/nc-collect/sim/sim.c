/* SPDX-License-Identifier: MIT */
/*
 * sim: the source `sim`, a mock fleet: hypervisors with virtual machines whose
 * load follows the hour and the day, who share what their host has, start,
 * stop and move, and to whom things happen (see fault.c).  The same seed,
 * scenario and clock give the same records.  It serves tests, benchmarks and
 * demonstrations, and knows no program's inside.
 */
#include "sim/sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define HOSTS_MAX 10000
#define VMS_MAX 1000
#define FLEET_MAX 200000
#define FAULTS_MAX 10000

static const struct source_option options[] = {
    {"hosts", "N", "10", "hypervisors in the fleet", false},
    {"vms", "N", "20", "virtual machines a host", false},
    {"seed", "N", "1", "another seed is another fleet", false},
    {"scenario", "FILE", NULL, "what goes wrong, and when", false},
    {"faults", "N", "0", "draw N faults by chance", false},
    {"over", "TIME", "24h", "span in which they are drawn", false},
    {"churn", "X", "1",
	"starts, stops and migrations: 1 as in a usual week, 0 none", false},
    {"truth", "FILE", NULL, "write the faults there as event records", false},
    {NULL, NULL, NULL, NULL, false},
};

static int
get_count(const struct source_run *run, const char *name, double max,
    unsigned *n, struct nc_err *e)
{
	double v;

	if (source_get_number(run, name, 0, max, &v, e) == -1)
		return -1;
	if (v != floor(v))
		return err_set(e, 0, "%s=%g: expected a whole number", name, v);
	*n = (unsigned)v;
	return 0;
}

/* What was asked for, as numbers. */
struct wish {
	unsigned hosts, vms, faults;
	double seed, churn, span;
};

static int
read_wish(const struct source_run *run, struct wish *w, struct nc_err *e)
{
	if (get_count(run, "hosts", HOSTS_MAX, &w->hosts, e) == -1 ||
	    get_count(run, "vms", VMS_MAX, &w->vms, e) == -1 ||
	    get_count(run, "faults", FAULTS_MAX, &w->faults, e) == -1 ||
	    source_get_number(run, "seed", 0, 0x1p53, &w->seed, e) == -1 ||
	    source_get_number(run, "churn", 0, 1e6, &w->churn, e) == -1 ||
	    source_get_seconds(run, "over", &w->span, e) == -1)
		return -1;
	if (w->hosts == 0 || w->hosts * w->vms > FLEET_MAX)
		return err_set(e, 0,
		    "hosts=%u,vms=%u: expected at least one "
		    "host and at most %d virtual machines",
		    w->hosts, w->vms, FLEET_MAX);
	return 0;
}

static int
sim_check(const struct source_run *run, struct nc_err *e)
{
	struct wish w;

	return read_wish(run, &w, e);
}

static int
sim_open(const struct source_run *run, void **state, struct nc_err *e)
{
	struct wish w;
	struct sim *s;

	if (read_wish(run, &w, e) == -1)
		return -1;
	*state = s = xcalloc(1, sizeof(*s));
	s->ts = NAN;
	s->seed = (uint64_t)w.seed;
	s->churn = w.churn;
	snprintf(s->run, sizeof(s->run), "sim-%llu",
	    (unsigned long long)s->seed);
	emit_open(s, run->level);
	return 0;
}

static void
sim_close(void *state)
{
	struct sim *s = state;

	fleet_free(s);
	free(s);
}

/* The first round's clock is the fleet's beginning. */
static int
begin(struct sim *s, const struct source_run *run, double ts, struct nc_err *e)
{
	const char *scenario = source_get(run, "scenario");
	const char *truth = source_get(run, "truth");
	struct wish w;

	if (read_wish(run, &w, e) == -1)
		return -1;
	fleet_build(s, w.hosts, w.vms, ts);
	s->start = ts;
	if (scenario != NULL && fault_read(s, scenario, run->diag, e) == -1)
		return -1;
	fault_draw(s, w.faults, w.span);
	if (truth != NULL && fault_truth(s, truth, e) == -1)
		return -1;
	return 0;
}

static int
sim_collect(void *state, const struct source_run *run,
    const struct source_round *round, struct frame *f, struct nc_err *e)
{
	struct sim *s = state;

	if (s->hosts == NULL && begin(s, run, round->ts, e) == -1)
		return -1;
	load_step(s, round->ts);
	for (unsigned i = 0; i < s->nhosts; i++)
		if (emit_host(s, &s->hosts[i], run, round, f) == -1)
			return 0;
	frame_origin(f, run->host, run->name);
	frame_clock(f, round->ts, round->up);
	s->seq++;
	return 0;
}

const struct source source_sim = {
    .name = "sim",
    .help = "a simulated fleet, reproducible, with faults on request",
    .options = options,
    .check = sim_check,
    .open = sim_open,
    .collect = sim_collect,
    .close = sim_close,
};
