/* SPDX-License-Identifier: MIT */
/*
 * suspect: the things that an incident is made of, who of them depends on
 * whom, and who is the most likely cause; put into words.  Ranks by
 * lib/math/cause, never remembers.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "edges.h"
#include "incident.h"
#include "match.h"
#include "math/cause.h"
#include "metric/catalogue.h"
#include "metric/format.h"
#include "say.h"

/* Of who comes first, in robust deviations: less is no news. */
#define EVIDENCE 3.0
/* Less is noise: whose is, is no suspect. */
#define OUT 2.0
#define TOLD_MOST 8
/* Bytes of a list of suspects: the line has 4,096, and there is more. */
#define TOLD_BYTES 1500
/* Of an id there, and of one on a path. */
#define ID_BYTES 400
#define STEP_BYTES 120
#define PATH_STEPS 8
/* What it asks for rose about as much as what it suffers: it is at work. */
#define AT_WORK 0.5

/* A subject with all of its clues. */
struct suspect {
	struct subject *subject;
	struct clue *clue; /* with the most evidence */
	double onset, alarm, z;
	double asks, suffers; /* the greatest z of either sort */
	size_t order; /* 0: not out, and so of no account */
	bool is_front;
	bool is_base; /* a guest's part lies on it */
};

struct lineup {
	struct detective *d;
	struct suspect *suspect;
	struct cause_suspect *weight;
	struct cause_edge *edge;
	struct cause_verdict *verdict;
	size_t *part; /* suspects that are parts of hosts */
	size_t n, nedges, room, nparts;
	size_t series; /* that are out */
	uint32_t metric; /* of a symptom that was told, */
	int direction; /* and where it went; 0: none was */
};

/* --- who ------------------------------------------------------------------------- */

struct place *
suspect_place(struct detective *d, struct series_entity *n)
{
	struct place *p = n->subject->user;

	if (p == NULL)
		n->subject->user = p = xcalloc(1, sizeof(*p));
	if (p->matched && p->version == n->version)
		return p;
	p->matched = true;
	p->version = n->version;
	p->nedges = 0;
	for (size_t i = 0; i < d->edges->n; i++) {
		if (!edges_from(d->edges, i, n) && !edges_on(d->edges, i, n))
			continue;
		p->edge = xreallocarray(p->edge, p->nedges + 1,
		    sizeof(*p->edge));
		p->edge[p->nedges++] = (uint32_t)i;
	}
	return p;
}

/* Where the suspect of a subject stands; SIZE_MAX: it is none. */
static size_t
index_of(const struct subject *s)
{
	const struct place *p = s != NULL ? s->user : NULL;

	return p != NULL && p->index != 0 ? p->index - 1 : SIZE_MAX;
}

/* Whether a movement is more work, or suffering; both false: neither. */
static void
sort_out(const struct detective *d, const struct clue *c, int direction,
    bool *asks, bool *suffers)
{
	const struct metric *m = catalogue_find(span_of(
						    c->entity->origin->entity),
	    intern_span(flow_plan(d->flow)->names, c->name));
	unsigned traits = m != NULL ? m->traits : 0;

	*suffers = direction > 0 ? (traits & METRIC_LOW_IS_GOOD) != 0
				 : (traits & METRIC_HIGH_IS_GOOD) != 0;
	*asks = direction > 0 && m != NULL &&
		(traits & (METRIC_LOW_IS_GOOD | METRIC_HIGH_IS_GOOD |
			      METRIC_FILLS)) == 0;
}

static struct suspect *
suspect_of(struct lineup *l, struct clue *c)
{
	struct place *p = suspect_place(l->d, c->entity);
	struct suspect *s;

	if (p->index != 0)
		return &l->suspect[p->index - 1];
	s = &l->suspect[l->n++];
	p->index = (uint32_t)l->n;
	s->subject = c->entity->subject;
	s->onset = INFINITY;
	return s;
}

/* An anomaly is what it was at its worst. */
static void
weigh(const struct lineup *l, struct clue *c)
{
	struct cause_evidence e;
	int direction = c->name == l->metric ? l->direction : 0;

	if (!trace_weigh(&c->trace, c->onset, direction, &e))
		return;
	/* Where the begin is known all since then counts. */
	if (isnan(l->d->since) && e.z <= (double)c->z)
		return;
	c->before = (float)e.before;
	c->after = (float)e.after;
	c->z = (float)e.z;
	c->direction = e.direction;
}

/* Of what shows it: others of that metric went wrong the same way, or not. */
static void
look_at_symptom(struct lineup *l, const struct incident *i)
{
	float worst = 0;

	for (struct clue *c = i->clues.first; c != NULL; c = c->next) {
		if (!match_entity(l->d->symptom, c->entity))
			continue;
		weigh(l, c);
		if (c->z <= worst && l->direction != 0)
			continue;
		worst = c->z;
		l->metric = c->name;
		l->direction = c->direction;
		if (l->d->direction != 0)
			l->direction = l->d->direction;
	}
}

static void
add_clue(struct lineup *l, struct clue *c)
{
	struct suspect *s = suspect_of(l, c);
	bool asks, suffers;
	double z;

	weigh(l, c);
	/* Where something is out, noise does not say when it began. */
	if ((double)c->z >= OUT || !isnan(l->d->since))
		s->onset = fmin(s->onset, c->onset);
	s->alarm = fmax(s->alarm, (double)c->alarm);
	if (s->clue == NULL || c->z > s->clue->z)
		s->clue = c;
	if ((z = (double)c->z) <= 0)
		return;
	s->z = fmax(s->z, z);
	sort_out(l->d, c, c->direction, &asks, &suffers);
	if (asks)
		s->asks = fmax(s->asks, z);
	if (suffers)
		s->suffers = fmax(s->suffers, z);
	if (z >= OUT)
		l->series++;
}

/* --- who depends on whom ------------------------------------------------------------ */

static void
add_edge(struct lineup *l, size_t from, size_t on)
{
	if (from == SIZE_MAX || on == SIZE_MAX || from == on)
		return;
	if (l->nedges == l->room) {
		l->room = l->room != 0 ? 2 * l->room : 64;
		l->edge = xreallocarray(l->edge, l->room, sizeof(*l->edge));
	}
	l->edge[l->nedges++] = (struct cause_edge){from, on};
}

static bool
is_at_work(const struct suspect *s)
{
	return s->asks > 0 && s->asks >= AT_WORK * s->suffers;
}

/*
 * What something uses can slow it down; and whoever is at work can wear out
 * what is shared, and is not excused by that.
 */
static void
add_use(struct lineup *l, size_t user, size_t used)
{
	if (user == SIZE_MAX || used == SIZE_MAX)
		return;
	if (is_at_work(&l->suspect[user]))
		add_edge(l, used, user);
	else
		add_edge(l, user, used);
}

static bool
is_guest(const struct subject *s)
{
	return strchr(s->entity, '.') == NULL && strcmp(s->entity, "host") != 0;
}

static void
add_containment(struct lineup *l, size_t i)
{
	struct subject *s = l->suspect[i].subject, *up = s->parent;

	while (up != NULL && index_of(up) == SIZE_MAX)
		up = up->parent;
	if (up == NULL && s->parent == NULL)
		return;
	if (is_guest(s) || (up != NULL && strcmp(up->entity, "host") == 0 &&
			       strncmp(s->entity, "host", 4) != 0))
		add_use(l, i, index_of(up));
	else
		add_edge(l, index_of(up), i);
	if (!is_guest(s))
		return;
	/* A guest uses all parts of its host. */
	for (size_t k = 0; k < l->nparts; k++)
		if (l->suspect[l->part[k]].subject->parent == s->parent)
			add_use(l, i, l->part[k]);
}

static void
add_join(struct lineup *l, size_t i)
{
	struct subject *s = l->suspect[i].subject;
	struct subject *base = topology_base(flow_topology(l->d->flow), s);

	if (base == NULL)
		return;
	if (index_of(base) != SIZE_MAX)
		l->suspect[index_of(base)].is_base = true;
	/* A service is made of its containers; all else lies on its base. */
	if (strcmp(base->entity, "service") == 0)
		add_edge(l, index_of(base), i);
	else
		add_use(l, i, index_of(base));
}

static bool
is_port(const struct suspect *s, const struct suspect *bridge)
{
	return !s->is_base && strcmp(s->subject->entity, "host.nic") == 0 &&
	       s->subject->parent == bridge->subject->parent;
}

/*
 * What guests are plugged into is a bridge: it depends on its ports, and so
 * does whoever is plugged in, which counts against them.
 */
static void
add_ports(struct lineup *l, size_t i)
{
	struct suspect *s = &l->suspect[i], *bridge = s;
	struct subject *base;

	if (!s->is_base) {
		base = topology_base(flow_topology(l->d->flow), s->subject);
		if (index_of(base) == SIZE_MAX)
			return;
		bridge = &l->suspect[index_of(base)];
	}
	if (strcmp(bridge->subject->entity, "host.nic") != 0)
		return;
	for (size_t k = 0; k < l->nparts; k++)
		if (is_port(&l->suspect[l->part[k]], bridge))
			add_use(l, i, l->part[k]);
}

static bool
touches(const struct suspect *s, size_t edge)
{
	const struct place *p = s->subject->user;

	for (size_t i = 0; i < p->nedges; i++)
		if (p->edge[i] == edge)
			return true;
	return false;
}

static void
add_written(struct lineup *l)
{
	const struct edges *e = l->d->edges;
	bool *on = xcalloc(l->n + 1, sizeof(*on));

	for (size_t i = 0; i < e->n; i++) {
		for (size_t k = 0; k < l->n; k++)
			on[k] = touches(&l->suspect[k], i) &&
				edges_on(e, i, l->suspect[k].clue->entity);
		for (size_t k = 0; k < l->n; k++) {
			if (!touches(&l->suspect[k], i) ||
			    !edges_from(e, i, l->suspect[k].clue->entity))
				continue;
			for (size_t m = 0; m < l->n; m++)
				if (on[m])
					add_edge(l, k, m);
		}
	}
	free(on);
}

/* --- the line-up ------------------------------------------------------------------- */

static int
by_onset(const void *a, const void *b)
{
	const struct suspect *const *x = a, *const *y = b;

	if ((*x)->onset != (*y)->onset)
		return (*x)->onset < (*y)->onset ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

static bool
is_out(const struct suspect *s)
{
	return s->z >= OUT;
}

/* Who asks when it began wants to know of all that moved. */
static bool
is_told(const struct lineup *l, const struct suspect *s)
{
	return isnan(l->d->since) ? is_out(s) : s->z > 0;
}

/* Who began when: 1, 2, ..., the same for the same moment. */
static void
number_onsets(struct lineup *l)
{
	struct suspect **at = xcalloc(l->n, sizeof(struct suspect *));
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (is_told(l, &l->suspect[i]))
			at[n++] = &l->suspect[i];
	qsort(at, n, sizeof(struct suspect *), by_onset);
	for (size_t i = 0; i < n; i++)
		at[i]->order = i > 0 && at[i]->onset == at[i - 1]->onset
				   ? at[i - 1]->order
				   : i + 1;
	free(at);
}

/* Who shows it most: suffers, else depends on others and none on it. */
static bool
shows_more(const struct suspect *a, const struct suspect *b)
{
	if (is_out(a) != is_out(b))
		return is_out(a);
	if (a->suffers != b->suffers)
		return a->suffers > b->suffers;
	if (a->is_front != b->is_front)
		return a->is_front;
	return a->alarm > b->alarm;
}

static size_t
symptom_of(const struct lineup *l)
{
	size_t best = 0;

	for (size_t i = 0; i < l->nedges; i++)
		l->suspect[l->edge[i].from].is_front = true;
	for (size_t i = 0; i < l->nedges; i++)
		l->suspect[l->edge[i].on].is_front = false;
	for (size_t i = 0; l->d->symptom != NULL && i < l->n; i++)
		if (match_entity(l->d->symptom, l->suspect[i].clue->entity))
			return i;
	for (size_t i = 1; i < l->n; i++)
		if (shows_more(&l->suspect[i], &l->suspect[best]))
			best = i;
	return best;
}

static const struct cause_verdict *
verdict_of(const struct lineup *l, size_t suspect)
{
	size_t i = 0;

	while (l->verdict[i].suspect != suspect)
		i++;
	return &l->verdict[i];
}

/* --- in words ------------------------------------------------------------------------ */

/* "vm:UUID" from the suspect to the symptom; nothing when nothing leads there. */
static void
put_path(const struct lineup *l, const struct cause_verdict *v, struct buf *b)
{
	char step[STEP_BYTES * 2];
	const struct subject *s;

	if (v->towards == CAUSE_NONE)
		return;
	buf_adds(b, ",\"path\":");
	for (int i = 0; i < PATH_STEPS && v != NULL; i++) {
		s = l->suspect[v->suspect].subject;
		snprintf(step, sizeof(step), "%s:%s", s->entity, s->id);
		buf_addc(b, i == 0 ? '[' : ',');
		frame_quote(b, span_of(step), STEP_BYTES);
		v = v->towards != CAUSE_NONE ? verdict_of(l, v->towards) : NULL;
	}
	buf_addc(b, ']');
}

static void
put_suspect(const struct lineup *l, const struct cause_verdict *v, double score,
    struct buf *b)
{
	const struct suspect *s = &l->suspect[v->suspect];

	buf_adds(b, "{\"host\":");
	frame_quote(b, span_of(s->subject->host), ID_BYTES);
	buf_addf(b, ",\"entity\":\"%s\",\"id\":", s->subject->entity);
	frame_quote(b, span_of(s->subject->id), ID_BYTES);
	buf_addf(b, ",\"metric\":\"%s\",\"score\":%.4g,\"onset\":%.15g",
	    intern_str(flow_plan(l->d->flow)->names, s->clue->name), score,
	    round(s->onset * 1e3) / 1e3);
	buf_addf(b, ",\"order\":%zu,\"before\":%.7g,\"after\":%.7g,\"z\":%.4g",
	    s->order, (double)s->clue->before, (double)s->clue->after, s->z);
	put_path(l, v, b);
	buf_addc(b, '}');
}

/* Their scores as shares of the whole, which never rise down the list. */
static char *
tell_suspects(const struct lineup *l)
{
	struct buf b = {0}, one = {0};
	double sum = 0, *share = xcalloc(l->n, sizeof(*share));
	size_t told = 0;

	/* Where the order is the graph's, who comes first is no better. */
	for (size_t i = l->n; i-- > 0;) {
		share[i] = fmax(l->verdict[i].score, 0);
		if (i + 1 < l->n)
			share[i] = fmax(share[i], share[i + 1]);
		sum += share[i];
	}
	buf_addc(&b, '[');
	for (size_t i = 0; i < l->n && told < TOLD_MOST; i++) {
		if (!is_told(l, &l->suspect[l->verdict[i].suspect]))
			continue;
		put_suspect(l, &l->verdict[i], sum > 0 ? share[i] / sum : 0,
		    &one);
		if (told > 0 && b.len + one.len > TOLD_BYTES)
			break;
		if (told++ > 0)
			buf_addc(&b, ',');
		buf_add(&b, one.data, one.len);
		one.len = 0;
	}
	buf_addc(&b, ']');
	buf_free(&one);
	free(share);
	return buf_take(&b);
}

static char *
explain(const struct lineup *l, size_t symptom)
{
	const struct cause_verdict *v = &l->verdict[0];
	const struct suspect *s = &l->suspect[v->suspect];
	struct span metric = intern_span(flow_plan(l->d->flow)->names,
	    s->clue->name);
	char before[FORMAT_MAX], after[FORMAT_MAX];
	struct buf b = {0};
	size_t out = 0;

	before[format_metric(before, (double)s->clue->before, metric)] = '\0';
	after[format_metric(after, (double)s->clue->after, metric)] = '\0';
	say_name(s->clue->entity, &b);
	buf_addf(&b, " on %s: %.*s went from %s to %s", s->subject->host,
	    SPAN_ARG(metric), before, after);
	for (size_t i = 0; i < l->n; i++)
		out += is_out(&l->suspect[i]);
	if (out > 1)
		buf_addf(&b, ", %s of %zu that are not as they were",
		    s->order == 1 ? "among the first" : "not the first", out);
	if (v->suspect != symptom) {
		buf_adds(&b, v->towards != CAUSE_NONE ? "; it leads to "
						      : "; noticed by ");
		say_name(l->suspect[symptom].clue->entity, &b);
		for (int i = 0; i < PATH_STEPS && v->towards != CAUSE_NONE &&
				v->towards != symptom;
		     i++) {
			v = verdict_of(l, v->towards);
			buf_adds(&b, i == 0 ? " through " : ", ");
			say_name(l->suspect[v->suspect].clue->entity, &b);
		}
	}
	return buf_take(&b);
}

static void
replace(char **to, char *text)
{
	free(*to);
	*to = text;
}

static void
put_texts(const struct lineup *l, struct incident *i, size_t symptom)
{
	const struct subject *first = l->suspect[l->verdict[0].suspect].subject;
	const struct suspect *s = &l->suspect[symptom];

	replace(&i->host, xasprintf("%s", s->subject->host));
	replace(&i->entity, xasprintf("%s", s->subject->entity));
	replace(&i->id, xasprintf("%s", s->subject->id));
	replace(&i->metric,
	    xasprintf("%s",
		intern_str(flow_plan(l->d->flow)->names, s->clue->name)));
	i->value = s->clue->value;
	replace(&i->top,
	    xasprintf("%s %s %s %s %s %s", first->host, first->entity,
		first->id, i->host, i->entity, i->id));
	replace(&i->suspects, tell_suspects(l));
	replace(&i->explain, explain(l, symptom));
}

static void
free_lineup(struct lineup *l)
{
	struct place *p;

	for (size_t i = 0; i < l->n; i++) {
		p = l->suspect[i].subject->user;
		p->index = 0;
	}
	free(l->suspect);
	free(l->part);
	free(l->weight);
	free(l->edge);
	free(l->verdict);
}

bool
suspect_rank(struct detective *d, struct incident *i)
{
	struct lineup l = {.d = d};
	size_t clues = 0, symptom;
	bool any;

	for (struct clue *c = i->clues.first; c != NULL; c = c->next)
		clues++;
	if (clues == 0)
		return false;
	l.suspect = xcalloc(clues, sizeof(*l.suspect));
	if (d->symptom != NULL)
		look_at_symptom(&l, i);
	for (struct clue *c = i->clues.first; c != NULL; c = c->next)
		add_clue(&l, c);
	l.part = xcalloc(l.n, sizeof(*l.part));
	for (size_t k = 0; k < l.n; k++)
		if (strncmp(l.suspect[k].subject->entity, "host.", 5) == 0)
			l.part[l.nparts++] = k;
	for (size_t k = 0; k < l.n; k++) {
		add_containment(&l, k);
		add_join(&l, k);
	}
	for (size_t k = 0; k < l.n; k++)
		add_ports(&l, k);
	if (d->edges->n != 0)
		add_written(&l);
	l.weight = xcalloc(l.n, sizeof(*l.weight));
	l.verdict = xcalloc(l.n, sizeof(*l.verdict));
	for (size_t k = 0; k < l.n; k++)
		l.weight[k] = (struct cause_suspect){l.suspect[k].z,
		    l.suspect[k].onset};
	symptom = symptom_of(&l);
	cause_rank(l.weight, l.n, l.edge, l.nedges, symptom, l.verdict);
	number_onsets(&l);
	any = l.suspect[l.verdict[0].suspect].z >= EVIDENCE;
	if (any) {
		i->onset = INFINITY;
		for (size_t k = 0; k < l.n; k++)
			i->onset = fmin(i->onset, l.suspect[k].onset);
		i->series = l.series;
		put_texts(&l, i, symptom);
	}
	free_lineup(&l);
	return any;
}
