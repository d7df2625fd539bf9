/* SPDX-License-Identifier: MIT */
/*
 * machine: ok, pending, firing, clearing, and what silence does.  Unknown
 * neither fires nor resolves: it stops the timers, and only the rule's nodata
 * clause acts on it.
 */
#include "machine.h"

#include <math.h>

/* Rounds do not come to the millisecond: a time is full when a twentieth of
 * an interval, at most a second, is missing from it. */
static double
slack(const struct machine_view *v)
{
	return (v->patience < 60 ? v->patience / 60 : 1) + 1e-6;
}

void
machine_init(struct machine *m)
{
	*m = (struct machine){.severity = MACHINE_CALM,
	    .was = MACHINE_CALM,
	    .nodata = MACHINE_CALM};
	for (int i = 0; i < SEVERITIES; i++)
		m->known[i] = NAN;
}

/* moves: time that passes without a sample counts too. */
static void
timer_step(struct machine_timer *t, struct expr_value is, bool moves,
    const struct machine_view *v)
{
	if (expr_is_false(is)) {
		t->running = false;
	} else if (expr_is_true(is) && (moves || v->fresh || !t->running)) {
		if (t->running)
			t->held += v->now - t->last < v->patience
				       ? v->now - t->last
				       : v->patience;
		else
			t->held = 0;
		t->running = true;
		t->last = v->now;
	}
}

static bool
timer_due(const struct machine_timer *t, struct expr_value is, double hold,
    const struct machine_view *v)
{
	return expr_is_true(is) && (hold <= 0 || t->held >= hold - slack(v));
}

static void
count_sample(struct machine_level *s, struct expr_value is)
{
	if (!expr_known(is))
		return;
	s->bits = s->bits << 1 | expr_is_true(is);
	if (s->nbits < 64)
		s->nbits++;
}

static uint64_t
lowest(unsigned n)
{
	return n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Enough of the last samples were true. */
static bool
counted(const struct machine_level *s, const struct rule_level *l)
{
	return (unsigned)__builtin_popcountll(s->bits & lowest(l->of)) >=
	       l->need;
}

/* What ends a level that is on.  N of M ends when N in a row were false: a
 * value that goes to and fro fires once, not all the time. */
static struct expr_value
clearing(const struct machine_level *s, const struct rule_level *l,
    struct expr_value when, struct expr_value until)
{
	double any;

	if (l->until != NULL)
		return until;
	if (l->need == 0)
		return (struct expr_value){1 - when.hi, 1 - when.lo};
	if (!expr_known(when))
		return when;
	any = (s->bits & lowest(l->need)) != 0 ? 1 : 0;
	return (struct expr_value){1 - any, 1 - any};
}

/* Level i at one moment. */
static void
level_step(struct machine *m, const struct rule *rule, int i,
    const struct machine_view *v)
{
	const struct rule_level *l = &rule->levels[i];
	struct machine_level *s = &m->levels[i];
	struct expr_value decides = v->when[i];

	timer_step(&s->hold, v->when[i], l->timed, v);
	if (v->fresh && l->need != 0)
		count_sample(s, v->when[i]);
	if (!m->on[i]) {
		m->on[i] = l->need != 0
			       ? counted(s, l)
			       : timer_due(&s->hold, v->when[i], l->hold, v);
		s->clear.running = false;
	} else {
		decides = clearing(s, l, v->when[i], v->until[i]);
		timer_step(&s->clear, decides, l->timed, v);
		if (timer_due(&s->clear, decides, l->clear_hold, v)) {
			m->on[i] = false;
			*s = (struct machine_level){0};
		}
	}
	if (expr_known(decides))
		m->known[i] = v->now;
}

/* The highest level that is on. */
static int8_t
highest(const struct machine *m)
{
	int8_t top = MACHINE_CALM;

	for (int i = 0; i < SEVERITIES; i++)
		if (m->on[i])
			top = (int8_t)i;
	return top;
}

/*
 * The highest level has just ended.  A lower one whose condition holds now
 * goes on at once: "critical" that eases to "warning" is no all-clear.
 */
static int8_t
eased(struct machine *m, const struct rule *rule, const struct machine_view *v)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when != NULL && rule->levels[i].need == 0 &&
		    i < m->severity && expr_is_true(v->when[i]))
			m->on[i] = true;
	return highest(m);
}

/*
 * Since when something is unknown that has been known before; now when there
 * is no such thing.  What an entity has never had says nothing.
 */
static double
silent_since(const struct machine *m, double now)
{
	double since = now;

	for (int i = 0; i < SEVERITIES; i++)
		if (m->known[i] < since) /* never so of NAN */
			since = m->known[i];
	return since;
}

/* Silence at a moment when not all is known. */
static enum machine_change
silence(struct machine *m, const struct rule *rule, double seconds,
    const struct machine_view *v)
{
	if (m->silent || rule->nodata == NODATA_KEEP ||
	    seconds < rule->nodata_after - slack(v))
		return CHANGE_NONE;
	m->silent = true;
	if (rule->nodata == NODATA_SEVERITY) {
		m->nodata = (int8_t)rule->nodata_severity;
		return CHANGE_NODATA;
	}
	if (rule->nodata == NODATA_REMOVED)
		return machine_remove(m);
	for (int i = 0; i < SEVERITIES; i++) {
		m->on[i] = false;
		m->levels[i].hold = m->levels[i].clear = (struct machine_timer){
		    .last = NAN};
	}
	return CHANGE_NONE;
}

enum machine_change
machine_remove(struct machine *m)
{
	bool open = m->severity != MACHINE_CALM;
	int8_t was = m->severity;
	double start = m->start, known[SEVERITIES];
	bool silent = m->silent;

	for (int i = 0; i < SEVERITIES; i++)
		known[i] = m->known[i];
	machine_init(m);
	m->silent = silent;
	for (int i = 0; i < SEVERITIES; i++)
		m->known[i] = known[i];
	if (!open)
		return CHANGE_NONE;
	m->was = was;
	m->start = start;
	return CHANGE_REMOVED;
}

/* The severity is top from now on. */
static enum machine_change
settle(struct machine *m, int8_t top, double now, bool nodata)
{
	enum machine_change change = CHANGE_SEVERITY;

	if (top == m->severity)
		return CHANGE_NONE;
	m->was = m->severity;
	m->severity = top;
	if (m->was == MACHINE_CALM) {
		m->start = now;
		change = CHANGE_OPENED;
	} else if (top == MACHINE_CALM)
		change = CHANGE_RESOLVED;
	return nodata && change != CHANGE_RESOLVED ? CHANGE_NODATA : change;
}

/* All there is to see of a quiet machine that stays so. */
static bool
stays_quiet(struct machine *m, const struct rule *rule,
    const struct machine_view *v)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when != NULL &&
		    (!expr_is_false(v->when[i]) || rule->levels[i].need != 0))
			return false;
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when != NULL)
			m->known[i] = v->now;
	return true;
}

static bool
is_quiet(const struct machine *m)
{
	if (m->severity != MACHINE_CALM || m->nodata != MACHINE_CALM ||
	    m->silent)
		return false;
	for (int i = 0; i < SEVERITIES; i++)
		if (m->on[i] || m->levels[i].hold.running ||
		    m->levels[i].clear.running)
			return false;
	return true;
}

enum machine_change
machine_step(struct machine *m, const struct rule *rule,
    const struct machine_view *v)
{
	enum machine_change change = CHANGE_NONE;
	double since;
	int8_t top;

	if (m->quiet && stays_quiet(m, rule, v))
		return CHANGE_NONE;
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when != NULL)
			level_step(m, rule, i, v);
	since = silent_since(m, v->now);
	if (since >= v->now) {
		m->silent = false;
		m->nodata = MACHINE_CALM;
	} else if ((change = silence(m, rule,
			v->now - (since > v->listening ? since : v->listening),
			v)) == CHANGE_REMOVED)
		return change;
	top = highest(m);
	if (top < m->severity && m->nodata == MACHINE_CALM)
		top = eased(m, rule, v);
	if (top < m->nodata)
		top = m->nodata;
	change = settle(m, top, v->now, change == CHANGE_NODATA);
	m->quiet = is_quiet(m);
	return change;
}

bool
machine_pending(const struct machine *m, const struct rule *rule)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (rule->levels[i].when != NULL && m->levels[i].hold.running)
			return true;
	return false;
}
