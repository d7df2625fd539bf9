/* SPDX-License-Identifier: MIT */
/*
 * job: migrations, saves, dumps, backups.  libvirt has no event that one
 * begins, but for the first pass of a migration, and asking costs a call a
 * machine, so each round looks at some of them in turn; a job once found is
 * sampled each second until it is over.
 */
#include "libvirt/live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LOOK_AT 64 /* machines a round */

static const struct {
	const char *field, *name;
	double scale; /* below 0: divided by the opposite; 0: whether any */
} rows[] = {
    {VIR_DOMAIN_JOB_TIME_ELAPSED, "elapsed_seconds", -1e3},
    {VIR_DOMAIN_JOB_TIME_REMAINING, "remaining_seconds", -1e3},
    {VIR_DOMAIN_JOB_DOWNTIME, "downtime_seconds", -1e3},
    {VIR_DOMAIN_JOB_DATA_TOTAL, "data_total_bytes", 1},
    {VIR_DOMAIN_JOB_DATA_PROCESSED, "data_processed_bytes", 1},
    {VIR_DOMAIN_JOB_DATA_REMAINING, "data_remaining_bytes", 1},
    {VIR_DOMAIN_JOB_MEMORY_ITERATION, "iteration", 1},
    {VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE, "throttle_ratio", -1e2},
    {VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS, "postcopy", 0},
};

/* virDomainJobOperation. */
static const char *const operations[] = {"unknown", "start", "save", "restore",
    "migration in", "migration out", "snapshot", "snapshot revert", "dump",
    "backup", "snapshot delete"};

static double
get(const struct call_job *j, const char *field)
{
	double v;

	for (int i = 0; i < j->nparams; i++)
		if (strcmp(j->params[i].field, field) == 0 &&
		    typed_number(&j->params[i], &v))
			return v;
	return (double)NAN;
}

static double
scaled(double v, double scale)
{
	/* Requests for pages come only after the switch. */
	if (scale == 0)
		return v > 0;
	return scale < 0 ? v / -scale : v * scale;
}

static void
put_values(struct frame *f, const struct call_job *j, enum metric_level level)
{
	const struct metric *m;
	double v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = catalogue_find(span_of("vm.job"), span_of(rows[i].name));
		v = get(j, rows[i].field);
		if (m == NULL || m->level > level || !isfinite(v))
			continue;
		frame_value(f, m->name, scaled(v, rows[i].scale));
	}
	/* In pages a second (virsh(1), domjobinfo). */
	frame_value(f, "mem_dirty_bytes_per_second",
	    get(j, VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE) *
		get(j, VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE));
}

static bool
is_running(const struct call_job *j)
{
	return j->type == VIR_DOMAIN_JOB_BOUNDED ||
	       j->type == VIR_DOMAIN_JOB_UNBOUNDED;
}

static int
emit_job(struct hyper *h, const struct domain *d, const struct call_job *j)
{
	double n = get(j, VIR_DOMAIN_JOB_OPERATION);
	struct frame *f = h->live->frame;
	char *id = xasprintf("%s/job", d->identity->id);

	frame_begin(f, RECORD_SAMPLE, "vm.job", span_of(id));
	frame_interval(f, 1);
	frame_label(f, "vm", span_of(d->identity->name));
	if (n >= 0 && n < sizeof(operations) / sizeof(operations[0]))
		frame_label(f, "operation", span_of(operations[(size_t)n]));
	put_values(f, j, h->live->run->level);
	free(id);
	return frame_end(f);
}

void
job_forget(struct hyper *h, struct domain *d)
{
	if (d->job == NULL)
		return;
	virDomainFree(d->job);
	d->job = NULL;
	h->jobs--;
}

void
job_expect(struct hyper *h, virDomainPtr dom)
{
	struct domain *d = hyper_find(h, dom);

	if (d == NULL || d->job != NULL || virDomainRef(dom) == -1)
		return;
	d->job = dom;
	h->jobs++;
	live_arm(h->live);
}

void
job_answer(struct hyper *h, const struct call *c)
{
	struct domain *d;

	if (c->rc == -1) {
		h->no_jobs = true;
		return;
	}
	live_clock(h->live, h, c->ts, c->up);
	for (size_t i = 0; i < c->ndomains; i++) {
		if ((d = hyper_domain(h, c->domains[i])) == NULL)
			continue;
		job_forget(h, d);
		if (!is_running(&c->jobs[i]))
			continue;
		if (virDomainRef(c->domains[i]) == 0) {
			d->job = c->domains[i];
			h->jobs++;
		}
		if (emit_job(h, d, &c->jobs[i]) == -1)
			h->live->over = true;
	}
}

bool
job_ask(struct hyper *h)
{
	const struct call *a = h->answer;
	const struct domain *d;
	struct call *c = NULL;
	size_t i, n = a->nrecords;

	if (h->no_jobs || h->sampling != NULL || n == 0 || h->overdue != 0)
		return false;
	for (i = 0; i < n && (c == NULL || c->ndomains < LOOK_AT); i++) {
		virDomainPtr dom = a->records[(h->turn + i) % n]->dom;

		d = h->guests[(h->turn + i) % n];
		/* A QEMU that does not answer would be waited for. */
		if (d == NULL || d->number == -1 || d->suspect)
			continue;
		if (c == NULL)
			c = call_new(CALL_JOBS, h, h->conn, h->live->pipe[1]);
		call_add(c, dom);
	}
	h->turn = (h->turn + i) % n;
	return c != NULL && live_start(h, c) == 0;
}

void
job_sample(struct hyper *h)
{
	struct call *c = NULL;
	uint32_t cursor = 0;
	const struct domain *d;
	void *value;

	if (h->jobs == 0 || h->sampling != NULL || h->phase == HYPER_JOBS ||
	    h->conn == NULL)
		return;
	while (map_next(h->domains, &cursor, NULL, &value)) {
		d = value;
		if (d->job == NULL)
			continue;
		if (c == NULL)
			c = call_new(CALL_JOBS, h, h->conn, h->live->pipe[1]);
		call_add(c, d->job);
	}
	if (c != NULL && call_start(c, NULL) == 0)
		h->sampling = c;
}
