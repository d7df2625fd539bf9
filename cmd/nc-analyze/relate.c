/* SPDX-License-Identifier: MIT */
/*
 * relate: the analysis "correlate": which of the series that changed or are
 * anomalous move together, and which first; of whitened series, with the
 * share of false ones among those told controlled.  With --all-pairs of all
 * series, where the input ends.  Never says that one causes the other.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "flow.h"
#include "math/correlate.h"
#include "say.h"
#include "strand.h"

#define EVERY 600.0
#define STEPS 128
#define STEPS_MOST 4096
#define LAG 5
/* Of what is told so many may be false, */
#define FALSE_SHARE 0.1
/* and it is worth telling: it explains a fourth of the other's movement. */
#define WORTH 0.5
/* Those looked at in one go, and told: the most certain. */
#define SERIES_MOST 64
#define ALL_MOST 2000
#define TOLD_MOST 20

/* The state that flow keeps for each series. */
struct thread {
	struct strand *strand; /* owned */
	struct series_entity *entity;
	struct thread *next, *prev; /* of the loom, while it is of interest */
	uint64_t serial; /* order in it; 0: in none */
	double since; /* when it last became of interest */
	double last; /* ts of its last value */
	uint32_t name;
	bool open; /* an anomaly is */
	bool fresh; /* of interest since the last look */
};

/* Where series are laid side by side: a host, or all. */
struct loom {
	struct thread *first, *last;
	double looked; /* when */
	bool begun;
};

struct relate {
	struct flow *flow;
	double every;
	uint64_t steps, lag;
	bool all_hosts;
	struct loom common;
	struct thread **all; /* --all-pairs: as the input ends */
	size_t nall;
	uint64_t serials;
};

static void *
make(struct flow *f)
{
	struct relate *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->every = EVERY;
	a->steps = STEPS;
	a->lag = LAG;
	return a;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	static const char *const scopes[] = {"host", "all", NULL};
	struct relate *a = self;
	int choice;

	if (span_is(key, "every"))
		return parse_duration(value, &a->every, e);
	if (span_is(key, "steps"))
		return parse_unsigned(value, STEPS_MOST, &a->steps, e);
	if (span_is(key, "lag"))
		return parse_unsigned(value, STEPS_MOST, &a->lag, e);
	if (!span_is(key, "scope"))
		return err_set(e, 0,
		    "\"%.*s\": expected every, steps, lag or scope",
		    SPAN_ARG(key));
	if (parse_choice(value, scopes, &choice, e) == -1)
		return -1;
	a->all_hosts = choice == 1;
	return 0;
}

static int
ready(void *self, struct nc_err *e)
{
	struct relate *a = self;

	if (a->steps < CORRELATE_MIN + a->lag)
		return err_set(e, 0,
		    "steps: expected %d more than lag at least", CORRELATE_MIN);
	return 0;
}

/* --- of interest ------------------------------------------------------------------ */

static struct loom *
loom_of(struct relate *a, struct node *n)
{
	if (a->all_hosts)
		return &a->common;
	if (n->loom == NULL)
		n->loom = xcalloc(1, sizeof(struct loom));
	return n->loom;
}

static void
hang(struct loom *l, struct thread *t)
{
	struct thread *before = l->last;

	while (before != NULL && before->serial > t->serial)
		before = before->prev;
	t->prev = before;
	t->next = before != NULL ? before->next : l->first;
	*(t->next != NULL ? &t->next->prev : &l->last) = t;
	*(before != NULL ? &before->next : &l->first) = t;
}

static void
take_off(struct loom *l, struct thread *t)
{
	if (t->serial == 0)
		return;
	*(t->next != NULL ? &t->next->prev : &l->last) = t->prev;
	*(t->prev != NULL ? &t->prev->next : &l->first) = t->next;
	t->next = t->prev = NULL;
	t->serial = 0;
}

static void
value(void *self, const struct point *p, void *state)
{
	struct relate *a = self;
	struct thread *t = state;

	if (t->strand == NULL) {
		if (say_grows_by_itself(
			intern_span(flow_plan(a->flow)->names, p->name)))
			return;
		t->strand = strand_new((uint32_t)a->steps);
		t->entity = p->entity;
		t->name = p->name;
	}
	t->last = p->ts;
	strand_add(t->strand, p->ts, p->value, p->interval);
}

static void
episode(void *self, const struct point *p, void *state, const struct episode *e)
{
	struct relate *a = self;
	struct thread *t = state;

	if (e->told == EPISODE_UPDATE || e->known != NULL || t->strand == NULL)
		return;
	if (e->told != EPISODE_CHANGE)
		t->open = e->told == EPISODE_OPEN;
	if (e->told == EPISODE_CLOSE)
		return;
	t->since = p->ts;
	t->fresh = true;
	if (t->serial == 0) {
		t->serial = ++a->serials;
		hang(loom_of(a, p->node), t);
	}
}

/* --- telling ----------------------------------------------------------------------- */

struct pair {
	struct thread *a, *b; /* b follows a, or at once */
	struct correlation c;
	size_t order; /* as they were compared */
};

static void
put_end(struct relate *a, struct frame *f, const char *key,
    const struct thread *t)
{
	const struct series_origin *o = t->entity->origin;
	struct buf b = {0};

	buf_adds(&b, "{\"host\":");
	frame_quote(&b, span_of(o->host), 256);
	buf_adds(&b, ",\"source\":");
	frame_quote(&b, span_of(o->source), 64);
	buf_addf(&b, ",\"entity\":\"%s\",\"id\":", o->entity);
	frame_quote(&b, span_of(t->entity->id), 512);
	buf_addf(&b, ",\"metric\":\"%s\"}",
	    intern_str(flow_plan(a->flow)->names, t->name));
	frame_raw(f, key, buf_span(&b));
	buf_free(&b);
}

static void
explain(struct relate *a, struct frame *f, const struct pair *x, double lag)
{
	struct intern *names = flow_plan(a->flow)->names;
	struct buf b = {0};

	buf_addf(&b, "%s of ", intern_str(names, x->a->name));
	say_name(x->a->entity, &b);
	buf_addf(&b, " and %s of ", intern_str(names, x->b->name));
	say_name(x->b->entity, &b);
	buf_addf(&b, " move %s (r %.2f over %zu values)",
	    x->c.r > 0 ? "together" : "against each other", x->c.r, x->c.n);
	if (lag > 0)
		buf_addf(&b, ", the first %g s ahead", lag);
	frame_text(f, "explain", buf_span(&b));
	buf_free(&b);
}

static void
tell(struct relate *a, const struct pair *x, double step, double ts)
{
	const struct series_entity *n = x->a->entity;
	const char *key, *label;
	struct frame *f = flow_begin(a->flow,
	    flow_node(a->flow, span_of(n->origin->host)), n->origin->host, ts,
	    RECORD_CORRELATION, n->origin->entity, span_of(n->id));

	for (size_t i = 0; i < n->nlabels; i++) {
		series_label_at(n, i, &key, &label);
		frame_label(f, key, span_of(label));
	}
	put_end(a, f, "a", x->a);
	put_end(a, f, "b", x->b);
	frame_number(f, "r", round(x->c.r * 1e4) / 1e4);
	frame_number(f, "lag", x->c.lag * step);
	frame_number(f, "n", (double)x->c.n);
	frame_number(f, "p", x->c.p);
	if (flow_plan(a->flow)->explain)
		explain(a, f, x, x->c.lag * step);
	flow_end(a->flow);
}

/* --- looking ------------------------------------------------------------------------ */

/* Series that are looked at together, whitened. */
struct cloth {
	struct thread **thread;
	double *white; /* steps of each */
	size_t n;
	double step;
};

static int
by_certainty(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->c.p != y->c.p)
		return x->c.p < y->c.p ? -1 : 1;
	if (fabs(x->c.r) != fabs(y->c.r))
		return fabs(x->c.r) > fabs(y->c.r) ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* The coarsest step among them; where the last one of it ends. */
static double
common_step(struct thread *const *t, size_t n, double *end)
{
	double step = 0, last = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		step = fmax(step, t[i]->strand->step);
		last = fmax(last, t[i]->last);
	}
	*end = step > 0 ? floor(last / step) * step : last;
	return step;
}

static void
weave(const struct relate *a, struct thread *const *t, size_t n,
    struct cloth *c)
{
	double end, *y = xcalloc(a->steps, sizeof(*y));

	c->thread = xcalloc(n + 1, sizeof(struct thread *));
	c->white = xcalloc(n + 1, a->steps * sizeof(*c->white));
	c->step = common_step(t, n, &end);
	for (size_t i = 0; i < n && c->step > 0; i++) {
		if (!strand_take(t[i]->strand, c->step, end, (uint32_t)a->steps,
			y))
			continue;
		correlate_whiten(y, a->steps, c->white + c->n * a->steps);
		c->thread[c->n++] = t[i];
	}
	free(y);
}

static size_t
compare_all(const struct relate *a, const struct cloth *c, struct pair *pair)
{
	struct thread *x, *y;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = i + 1; k < c->n; k++) {
			x = c->thread[i];
			y = c->thread[k];
			/* Metrics of one thing say nothing of another. */
			if (x->entity == y->entity ||
			    correlate_lagged(c->white + i * a->steps,
				c->white + k * a->steps, a->steps, (int)a->lag,
				&pair[n].c) == -1)
				continue;
			pair[n].a = pair[n].c.lag < 0 ? y : x;
			pair[n].b = pair[n].c.lag < 0 ? x : y;
			pair[n].c.lag = abs(pair[n].c.lag);
			pair[n].order = n;
			n++;
		}
	}
	return n;
}

/* A more certain pair of the same two things stands before it. */
static bool
is_told(const struct pair *pair, size_t n)
{
	const struct series_entity *a = pair[n].a->entity;
	const struct series_entity *b = pair[n].b->entity;

	for (size_t i = 0; i < n; i++)
		if ((pair[i].a->entity == a && pair[i].b->entity == b) ||
		    (pair[i].a->entity == b && pair[i].b->entity == a))
			return true;
	return false;
}

/* Pairs with a fresh one, or all; the most certain of what stands. */
static void
look(struct relate *a, struct thread *const *t, size_t n, double ts,
    size_t most, bool all)
{
	struct cloth c = {0};
	struct pair *pair;
	double *p;
	char *keep;
	size_t pairs, kept = 0, told = 0;

	weave(a, t, n, &c);
	pair = xcalloc(c.n * c.n / 2 + 1, sizeof(*pair));
	pairs = compare_all(a, &c, pair);
	p = xcalloc(pairs + 1, sizeof(*p));
	keep = xcalloc(pairs + 1, 1);
	for (size_t i = 0; i < pairs; i++)
		p[i] = pair[i].c.p;
	correlate_select(p, pairs, FALSE_SHARE, keep);
	for (size_t i = 0; i < pairs; i++)
		if (keep[i] && fabs(pair[i].c.r) >= WORTH &&
		    (all || pair[i].a->fresh || pair[i].b->fresh))
			pair[kept++] = pair[i];
	qsort(pair, kept, sizeof(*pair), by_certainty);
	for (size_t i = 0; i < kept && told < most; i++) {
		if (!all && is_told(pair, i))
			continue;
		tell(a, &pair[i], c.step, ts);
		told++;
	}
	free(keep);
	free(p);
	free(pair);
	free(c.white);
	free(c.thread);
}

/* The youngest of those that are of interest; the others go. */
static size_t
choose(struct relate *a, struct loom *l, double now, struct thread **out)
{
	struct thread *t, *prev;
	size_t n = 0;

	for (t = l->last; t != NULL; t = prev) {
		prev = t->prev;
		if (!t->open &&
		    now - t->since > (double)a->steps * t->strand->step)
			take_off(l, t);
		else if (n < SERIES_MOST)
			out[n++] = t;
	}
	return n;
}

static void
move_time(void *self, struct node *n)
{
	struct relate *a = self;
	struct loom *l = loom_of(a, n);
	struct thread *chosen[SERIES_MOST];
	bool any = false;
	size_t count;

	if (flow_plan(a->flow)->all_pairs)
		return;
	if (!l->begun) {
		l->begun = true;
		l->looked = n->now;
	}
	if (l->first == NULL || n->now - l->looked < a->every)
		return;
	l->looked = n->now;
	for (struct thread *t = l->first; t != NULL; t = t->next)
		any = any || t->fresh;
	count = choose(a, l, n->now, chosen);
	if (any && count > 1)
		look(a, chosen, count, n->now, TOLD_MOST, false);
	for (size_t i = 0; i < count; i++)
		chosen[i]->fresh = false;
}

/* --- all pairs ---------------------------------------------------------------------- */

static void
finish(void *self, const struct point *p, void *state)
{
	struct relate *a = self;

	(void)p;
	if (!flow_plan(a->flow)->all_pairs ||
	    ((struct thread *)state)->strand == NULL)
		return;
	if (a->nall < ALL_MOST) {
		a->all = xreallocarray(a->all, a->nall + 1, sizeof(*a->all));
		a->all[a->nall] = state;
	} else {
		diag_limited(flow_plan(a->flow)->diag, DIAG_WARN, "pairs", NULL,
		    "--all-pairs: more than %d series: one is left out",
		    ALL_MOST);
	}
	a->nall += a->nall < ALL_MOST;
}

static void
finished(void *self)
{
	struct relate *a = self;
	double ts = -INFINITY;

	for (size_t i = 0; i < a->nall; i++)
		ts = fmax(ts, a->all[i]->last);
	if (a->nall > 1)
		look(a, a->all, a->nall, ts, SIZE_MAX, true);
	a->nall = 0;
}

/* --- state --------------------------------------------------------------------------- */

static void
gone(void *self, void *state)
{
	struct relate *a = self;
	struct thread *t = state;

	if (t->strand == NULL)
		return;
	take_off(loom_of(a,
		     flow_node(a->flow, span_of(t->entity->origin->host))),
	    t);
	free(t->strand);
	*t = (struct thread){0};
}

static void
end(void *self)
{
	struct relate *a = self;

	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next)
		free(n->loom);
	free(a->all);
	free(a);
}

static void
save_loom(const struct loom *l, struct buf *b)
{
	pack_u64(b, l->begun);
	pack_f64(b, l->looked);
}

static void
load_loom(struct loom *l, struct pack_in *u)
{
	l->begun = pack_get_count(u, 1) != 0;
	l->looked = pack_get_f64(u);
}

static void
save(void *self, struct buf *b)
{
	const struct relate *a = self;

	pack_f64(b, a->every);
	pack_u64(b, a->steps);
	pack_u64(b, a->lag);
	pack_u64(b, a->all_hosts);
	pack_u64(b, a->serials);
	save_loom(&a->common, b);
	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next) {
		pack_u64(b, n->loom != NULL);
		if (n->loom != NULL)
			save_loom(n->loom, b);
	}
}

static int
load(void *self, struct pack_in *u)
{
	struct relate *a = self;
	bool same = pack_get_f64(u) == a->every;

	same = pack_get_u64(u) == a->steps && same;
	same = pack_get_u64(u) == a->lag && same;
	same = pack_get_count(u, 1) == a->all_hosts && same;
	if (!same || u->failed)
		return -1;
	a->serials = pack_get_u64(u);
	load_loom(&a->common, u);
	for (struct node *n = flow_nodes(a->flow); n != NULL; n = n->next)
		if (pack_get_count(u, 1) != 0)
			load_loom(loom_of(a, n), u);
	return u->failed ? -1 : 0;
}

static void
save_series(void *self, const void *state, struct buf *b)
{
	const struct thread *t = state;

	(void)self;
	pack_u64(b, t->strand != NULL);
	if (t->strand == NULL)
		return;
	strand_save(t->strand, b);
	pack_u64(b, t->serial);
	pack_f64(b, t->since);
	pack_f64(b, t->last);
	pack_u64(b, t->open);
	pack_u64(b, t->fresh);
}

static int
load_series(void *self, const struct point *p, void *state, struct pack_in *u)
{
	struct relate *a = self;
	struct thread *t = state;

	if (pack_get_count(u, 1) == 0)
		return u->failed ? -1 : 0;
	t->strand = strand_new((uint32_t)a->steps);
	t->entity = p->entity;
	t->name = p->name;
	if (!strand_load(t->strand, u))
		return -1;
	t->serial = pack_get_u64(u);
	t->since = pack_get_f64(u);
	t->last = pack_get_f64(u);
	t->open = pack_get_count(u, 1) != 0;
	t->fresh = pack_get_count(u, 1) != 0;
	if (u->failed) {
		t->serial = 0;
		return -1;
	}
	if (t->serial != 0)
		hang(loom_of(a, p->node), t);
	return 0;
}

const struct analysis analysis_correlate = {
    .name = "correlate",
    .needs = &analysis_anomaly,
    .series_bytes = sizeof(struct thread),
    .make = make,
    .option = option,
    .ready = ready,
    .value = value,
    .episode = episode,
    .finish = finish,
    .finished = finished,
    .time = move_time,
    .gone = gone,
    .save = save,
    .load = load,
    .save_series = save_series,
    .load_series = load_series,
    .end = end,
};
