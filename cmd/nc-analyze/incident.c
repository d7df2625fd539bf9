/* SPDX-License-Identifier: MIT */
/*
 * incident: the analysis "cause": anomalies that began close in time on
 * related things are one incident; who it came from is told when it begins,
 * when another comes first, and when it is over.  Judges nothing itself.
 */
#include "incident.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "edges.h"

/* Anomalies within this of the one that begins an incident are part of it. */
#define WINDOW 300.0
/*
 * How rare the anomaly is that begins one, as -log10 of a probability: every
 * one that is told by default, as those are few.
 */
#define ALARM 7.0

static void *
make(struct flow *f)
{
	struct detective *d = xcalloc(1, sizeof(*d));

	d->flow = f;
	d->edges = flow_plan(f)->edges;
	d->window = WINDOW;
	d->alarm = ALARM;
	d->since = (double)NAN;
	return d;
}

static int
option(void *self, struct span key, struct span value, struct nc_err *e)
{
	static const char *const scopes[] = {"host", "all", NULL};
	static const char *const ways[] = {"up", "down", NULL};
	struct detective *d = self;
	int choice;

	if (span_is(key, "window"))
		return parse_duration(value, &d->window, e);
	if (span_is(key, "alarm")) {
		if (parse_number(value, &d->alarm, e) == -1)
			return -1;
		return d->alarm > 0 ? 0 : err_set(e, 0, "alarm: not above 0");
	}
	if (span_is(key, "since")) {
		if (parse_time(value, (double)NAN, NULL, &d->since, e) == -1)
			return -1;
		return isfinite(d->since)
			   ? 0
			   : err_set(e, 0,
				 "since: expected @1763800000 or "
				 "2026-11-22T14:02, as there is no "
				 "clock here");
	}
	if (span_is(key, "direction")) {
		if (parse_choice(value, ways, &choice, e) == -1)
			return -1;
		d->direction = choice == 0 ? 1 : -1;
		return 0;
	}
	if (span_is(key, "symptom")) {
		selector_free(d->symptom);
		return (d->symptom = selector_parse(value, e)) == NULL ? -1 : 0;
	}
	if (!span_is(key, "scope"))
		return err_set(e, 0,
		    "\"%.*s\": expected window, alarm, since, symptom, direction or "
		    "scope",
		    SPAN_ARG(key));
	if (parse_choice(value, scopes, &choice, e) == -1)
		return -1;
	d->all = choice == 1;
	return 0;
}

/* --- lists ------------------------------------------------------------------- */

struct scene *
incident_scene(struct detective *d, struct node *n)
{
	struct scene *s;

	if (d->all || d->edges->n != 0)
		return &d->common;
	if (n->scene == NULL) {
		n->scene = s = xcalloc(1, sizeof(*s));
		s->node = n;
	}
	return n->scene;
}

/* Behind those that came before it; nearly always the last. */
void
incident_link(struct clue_list *l, struct clue *c)
{
	struct clue *before = l->last;

	while (before != NULL && before->serial > c->serial)
		before = before->prev;
	c->prev = before;
	c->next = before != NULL ? before->next : l->first;
	*(c->next != NULL ? &c->next->prev : &l->last) = c;
	*(before != NULL ? &before->next : &l->first) = c;
}

static void
unlink_clue(struct clue_list *l, struct clue *c)
{
	*(c->next != NULL ? &c->next->prev : &l->last) = c->prev;
	*(c->prev != NULL ? &c->prev->next : &l->first) = c->next;
	c->next = c->prev = NULL;
}

static void
leave(struct scene *s, struct clue *c)
{
	if (c->serial == 0)
		return;
	unlink_clue(c->incident != NULL ? &c->incident->clues : &s->loose, c);
	c->incident = NULL;
	c->serial = 0;
	c->fresh = false;
}

static void
join(struct scene *s, struct incident *i, struct clue *c)
{
	unlink_clue(&s->loose, c);
	c->incident = i;
	c->fresh = false;
	incident_link(&i->clues, c);
	i->dirty = true;
}

static void
forget_texts(struct incident *i)
{
	char **const texts[] = {&i->name, &i->host, &i->entity, &i->id,
	    &i->metric, &i->suspects, &i->explain, &i->top};

	for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
		free(*texts[k]);
		*texts[k] = NULL;
	}
}

static void
free_incident(struct scene *s, struct incident *i)
{
	while (i->clues.first != NULL)
		leave(s, i->clues.first);
	forget_texts(i);
	free(i);
}

/* --- who belongs together ------------------------------------------------------- */

static bool
share_edge(const struct place *a, const struct place *b)
{
	size_t i = 0, k = 0;

	while (i < a->nedges && k < b->nedges) {
		if (a->edge[i] == b->edge[k])
			return true;
		if (a->edge[i] < b->edge[k])
			i++;
		else
			k++;
	}
	return false;
}

static bool
are_related(struct detective *d, struct clue *a, struct clue *b)
{
	if (d->all || a->entity->origin->host == b->entity->origin->host ||
	    strcmp(a->entity->origin->host, b->entity->origin->host) == 0)
		return true;
	return share_edge(suspect_place(d, a->entity),
	    suspect_place(d, b->entity));
}

static bool
belongs(struct detective *d, const struct incident *i, struct clue *c)
{
	if (fabs(c->onset - i->seen) > d->window)
		return false;
	for (struct clue *m = i->clues.first; m != NULL; m = m->next)
		if (are_related(d, m, c))
			return true;
	return false;
}

/* All loose ones that are related to one of it, however many steps away. */
static void
gather(struct detective *d, struct scene *s, struct incident *i)
{
	struct clue *c, *next;
	bool more = true;

	while (more) {
		more = false;
		for (c = s->loose.first; c != NULL; c = next) {
			next = c->next;
			if (!belongs(d, i, c))
				continue;
			join(s, i, c);
			more = true;
		}
	}
}

static void
begin(struct detective *d, struct scene *s, struct clue *c)
{
	struct incident **at = &s->incidents, *i = xcalloc(1, sizeof(*i));

	while (*at != NULL)
		at = &(*at)->next;
	*at = i;
	i->serial = ++d->serials;
	i->seen = c->onset;
	join(s, i, c);
	gather(d, s, i);
}

/* A clue that has just begun, or got worse.  True: others moved with it. */
static bool
place_clue(struct detective *d, struct scene *s, struct clue *c)
{
	c->fresh = false;
	for (struct incident *i = s->incidents; i != NULL; i = i->next) {
		if (belongs(d, i, c)) {
			join(s, i, c);
			gather(d, s, i);
			return true;
		}
	}
	if ((double)c->alarm < d->alarm)
		return false;
	begin(d, s, c);
	return true;
}

/* --- telling --------------------------------------------------------------------- */

static void
tell(struct detective *d, struct node *n, struct incident *i, const char *state)
{
	struct clue *c = i->clues.first;
	const char *key, *label;
	struct frame *f = flow_begin(d->flow, n, i->host, d->now, RECORD_CAUSE,
	    i->entity, span_of(i->id));

	while (
	    c != NULL && (strcmp(c->entity->id, i->id) != 0 ||
			     strcmp(c->entity->origin->entity, i->entity) != 0))
		c = c->next;
	for (size_t k = 0; c != NULL && k < c->entity->nlabels; k++) {
		series_label_at(c->entity, k, &key, &label);
		frame_label(f, key, span_of(label));
	}
	frame_text(f, "metric", span_of(i->metric));
	frame_number(f, "value", i->value);
	frame_number(f, "onset", i->onset);
	frame_text(f, "state", span_of(state));
	frame_text(f, "incident", span_of(i->name));
	frame_number(f, "series", (double)i->series);
	frame_raw(f, "suspects", span_of(i->suspects));
	if (flow_plan(d->flow)->explain)
		frame_text(f, "explain", span_of(i->explain));
	flow_end(d->flow);
	i->told_series = i->series;
}

/* Its name is that of the host where it was noticed, and when. */
static void
name_incident(struct scene *s, struct incident *i)
{
	struct incident *other = s->incidents;
	unsigned same = 1;

	for (; other != i; other = other->next)
		same += other->name != NULL && other->seen == i->seen;
	i->name = same == 1 ? xasprintf("%s@%.0f", i->host, i->seen)
			    : xasprintf("%s@%.0f/%u", i->host, i->seen, same);
}

static bool
is_open(const struct incident *i)
{
	for (const struct clue *c = i->clues.first; c != NULL; c = c->next)
		if (c->open)
			return true;
	return false;
}

/* False: it is over, and told so. */
static bool
look_at(struct detective *d, struct scene *s, struct node *n,
    struct incident *i)
{
	char *top = i->top != NULL ? xasprintf("%s", i->top) : NULL;
	bool open = is_open(i), first = i->name == NULL, ranked;

	/* Later on its evidence is what it was: it does not come back. */
	ranked = (first ||
		     (!isnan(d->since) || d->now - i->seen <= d->window)) &&
		 suspect_rank(d, i);
	if (first && ranked && open)
		name_incident(s, i);
	if (i->name != NULL && first) {
		tell(d, n, i, "open");
		flow_found(d->flow);
	} else if (i->name != NULL && open && ranked &&
		   (strcmp(top, i->top) != 0 ||
		       i->series >= 2 * i->told_series))
		tell(d, n, i, "update");
	if (i->name != NULL && !open)
		tell(d, n, i, "close");
	free(top);
	/* Evidence still comes in while there may be more of it. */
	i->dirty = (!isnan(d->since) || d->now - i->seen <= d->window);
	return open;
}

static void
tidy_loose(struct detective *d, struct scene *s, double now)
{
	struct clue *c, *next;

	for (c = s->loose.first; c != NULL; c = next) {
		next = c->next;
		if (!c->open && c->onset < now - d->window)
			leave(s, c);
	}
}

static void
look_around(struct detective *d, struct scene *s, struct node *n, double now)
{
	struct incident **at = &s->incidents, *i;
	struct clue *c, *next;

	if (!s->dirty)
		return;
	d->now = now;
	s->dirty = false;
	for (c = s->loose.first; c != NULL; c = next) {
		next = c->next;
		if (c->fresh && place_clue(d, s, c))
			next = s->loose.first;
	}
	while ((i = *at) != NULL) {
		if (i->dirty && !look_at(d, s, n, i)) {
			*at = i->next;
			free_incident(s, i);
			continue;
		}
		s->dirty = s->dirty || i->dirty;
		at = &i->next;
	}
	tidy_loose(d, s, d->now);
}

static void
move_time(void *self, struct node *n)
{
	look_around(self, incident_scene(self, n), n, n->now);
}

/* --- values ---------------------------------------------------------------------- */

/* It is known when it began: whoever moved since then may be the cause. */
static void
suspect_all(struct detective *d, const struct point *p, struct clue *c)
{
	struct scene *s = incident_scene(d, p->node);

	c->entity = p->entity;
	c->name = p->name;
	c->onset = d->since;
	c->alarm = (float)d->alarm;
	c->z = -1;
	c->open = true;
	trace_open(&c->trace, d->since);
	if (c->serial == 0) {
		c->serial = ++d->serials;
		incident_link(&s->loose, c);
	}
	c->fresh = c->incident == NULL;
	s->dirty = true;
}

/* What is known of open incidents in the end. */
static void
tell_last(struct detective *d, struct scene *s, struct node *n)
{
	for (struct incident *i = s->incidents; i != NULL; i = i->next)
		if (i->name != NULL && suspect_rank(d, i))
			tell(d, n, i, "update");
}

static void
finish(void *self, const struct point *p, void *state)
{
	struct detective *d = self;

	(void)state;
	if (isnan(d->since) || d->finished)
		return;
	d->finished = true;
	d->now = p->ts;
	tell_last(d, &d->common, p->node);
	for (struct node *n = flow_nodes(d->flow); n != NULL; n = n->next)
		if (n->scene != NULL)
			tell_last(d, n->scene, n);
}

static void
value(void *self, const struct point *p, void *state)
{
	struct detective *d = self;
	struct clue *c = state;

	if (p->ts >= d->since && !c->open)
		suspect_all(d, p, c);
	trace_add(&c->trace, p->ts, p->value);
	c->value = p->value;
}

/* The anomaly of a series begins, gets worse, or ends. */
static void
episode(void *self, const struct point *p, void *state, const struct episode *e)
{
	struct detective *d = self;
	struct clue *c = state;
	struct scene *s = incident_scene(d, p->node);

	if (e->told == EPISODE_CHANGE || !isnan(d->since))
		return;
	s->dirty = true;
	c->entity = p->entity;
	c->name = p->name;
	if (e->told == EPISODE_CLOSE) {
		c->open = false;
		trace_close(&c->trace, p->ts);
		if (c->incident != NULL)
			c->incident->dirty = true;
		return;
	}
	if (e->told == EPISODE_OPEN) {
		c->onset = e->onset;
		c->z = -1;
		c->open = true;
		trace_open(&c->trace, e->onset);
		if (c->incident != NULL)
			c->incident->dirty = true;
	}
	c->alarm = (float)e->alarm;
	if (c->serial == 0) {
		c->serial = ++d->serials;
		incident_link(&s->loose, c);
	}
	c->fresh = c->incident == NULL;
	if (e->known == NULL)
		return;
	c->z = (float)e->known->z;
	c->before = (float)e->known->before;
	c->after = (float)e->known->after;
	c->direction = e->known->direction;
	c->value = p->value;
	/* Its own time stands still. */
	look_around(d, s, p->node, p->ts);
}

static void
gone(void *self, void *state)
{
	struct detective *d = self;
	struct clue *c = state;
	struct node *n;

	if (c->serial == 0)
		return;
	n = flow_node(d->flow, span_of(c->entity->origin->host));
	if (c->incident != NULL) {
		c->incident->dirty = true;
		incident_scene(d, n)->dirty = true;
	}
	leave(incident_scene(d, n), c);
}

static void
free_scene(struct scene *s)
{
	struct incident *i, *next;

	for (i = s->incidents; i != NULL; i = next) {
		next = i->next;
		free_incident(s, i);
	}
}

static void
place_gone(struct subject *n)
{
	struct place *p = n->user;

	if (p != NULL)
		free(p->edge);
	free(p);
	n->user = NULL;
}

static void
end(void *self)
{
	struct detective *d = self;

	for (struct node *n = flow_nodes(d->flow); n != NULL; n = n->next) {
		if (n->scene != NULL)
			free_scene(n->scene);
		free(n->scene);
	}
	free_scene(&d->common);
	selector_free(d->symptom);
	free(d);
}

const struct analysis analysis_cause = {
    .name = "cause",
    .standard = true,
    .needs = &analysis_anomaly,
    .series_bytes = sizeof(struct clue),
    .make = make,
    .option = option,
    .value = value,
    .finish = finish,
    .episode = episode,
    .time = move_time,
    .gone = gone,
    .place_gone = place_gone,
    .save = incident_save,
    .load = incident_load,
    .save_series = incident_save_clue,
    .load_series = incident_load_clue,
    .end = end,
};
