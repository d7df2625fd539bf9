/* SPDX-License-Identifier: MIT */
/*
 * findings_table: what findings are kept in, and that as bytes.  Never says
 * what they mean.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "findings_priv.h"

#define ABOUTS_MAX 10000000u
#define PARTS_MAX 65536u

static void
make_key(struct buf *b, struct span host, struct span entity, struct span id)
{
	buf_add(b, host.p, host.len);
	buf_addc(b, '\0');
	buf_add(b, entity.p, entity.len);
	buf_addc(b, '\0');
	buf_add(b, id.p, id.len);
}

struct node *
findings_node(struct findings *f, struct span host)
{
	struct node *n = map_get(f->hosts, host);

	if (n == NULL) {
		n = xcalloc(1, sizeof(*n));
		n->seq = -1;
		map_set(f->hosts, host, n);
	}
	return n;
}

struct cover *
node_cover(struct node *n, struct span source)
{
	struct cover **c;

	for (c = &n->covers; *c != NULL; c = &(*c)->next)
		if (span_is(source, (*c)->source))
			return *c;
	*c = xcalloc(1, sizeof(**c));
	(*c)->source = xmemdup0(source.p, source.len);
	return *c;
}

void
cover_clear(struct cover *c)
{
	for (size_t i = 0; i < c->nonly; i++)
		selector_free(c->only[i]);
	free(c->only);
	free(c->only_text);
	c->only = NULL;
	c->only_text = NULL;
	c->nonly = 0;
}

static void
node_free(void *p)
{
	struct node *n = p;
	struct cover *c, *next;

	for (c = n->covers; c != NULL; c = next) {
		next = c->next;
		cover_clear(c);
		free(c->source);
		free(c);
	}
	free(n);
}

struct about *
findings_about(struct findings *f, struct span host, struct span entity,
    struct span id)
{
	struct buf key = {0};
	struct about *a;

	make_key(&key, host, entity, id);
	if ((a = map_get(f->abouts, buf_span(&key))) == NULL) {
		a = xcalloc(1, sizeof(*a));
		map_set(f->abouts, buf_span(&key), a);
	}
	buf_free(&key);
	return a;
}

const struct about *
findings_find(const struct findings *f, const struct subject *s)
{
	struct buf key = {0};
	const struct about *a;

	if (map_count(f->abouts) == 0)
		return NULL;
	make_key(&key, span_of(s->host), span_of(s->entity), span_of(s->id));
	a = map_get(f->abouts, buf_span(&key));
	buf_free(&key);
	return a;
}

struct finding *
about_finding(struct about *a, struct span metric)
{
	for (size_t i = 0; i < a->nfindings; i++)
		if (span_is(metric, a->findings[i].metric))
			return &a->findings[i];
	a->findings = xreallocarray(a->findings, a->nfindings + 1,
	    sizeof(*a->findings));
	a->findings[a->nfindings] = (struct finding){
	    .metric = xmemdup0(metric.p, metric.len)};
	return &a->findings[a->nfindings++];
}

void
about_suspect(struct about *a, struct span incident, double score)
{
	a->suspects = xreallocarray(a->suspects, a->nsuspects + 1,
	    sizeof(*a->suspects));
	a->suspects[a->nsuspects++] =
	    (struct suspect){.incident = xmemdup0(incident.p, incident.len),
		.score = score};
}

void
findings_end_incident(struct findings *f, struct span incident)
{
	uint32_t cursor = 0;
	struct about *a;
	size_t to;
	void *p;

	while (map_next(f->abouts, &cursor, NULL, &p)) {
		a = p;
		to = 0;
		for (size_t i = 0; i < a->nsuspects; i++)
			if (span_is(incident, a->suspects[i].incident))
				free(a->suspects[i].incident);
			else
				a->suspects[to++] = a->suspects[i];
		a->nsuspects = to;
	}
}

static void
about_free(void *p)
{
	struct about *a = p;

	for (size_t i = 0; i < a->nfindings; i++) {
		free(a->findings[i].metric);
		free(a->findings[i].points);
	}
	for (size_t i = 0; i < a->nsuspects; i++)
		free(a->suspects[i].incident);
	free(a->findings);
	free(a->suspects);
	free(a);
}

void
findings_forget(struct findings *f, const struct subject *s)
{
	struct buf key = {0};
	struct about *a;

	if (map_count(f->abouts) == 0)
		return;
	make_key(&key, span_of(s->host), span_of(s->entity), span_of(s->id));
	if ((a = map_delete(f->abouts, buf_span(&key))) != NULL)
		about_free(a);
	buf_free(&key);
}

void
findings_forget_host(struct findings *f, struct span host)
{
	uint32_t cursor = 0;
	struct span key;
	void *a;

	while (map_next(f->abouts, &cursor, &key, &a))
		if (key.len > host.len && key.p[host.len] == '\0' &&
		    memcmp(key.p, host.p, host.len) == 0) {
			map_delete(f->abouts, key);
			about_free(a);
		}
}

struct findings *
findings_new(void)
{
	struct findings *f = xcalloc(1, sizeof(*f));

	f->hosts = map_new(NULL);
	f->abouts = map_new(NULL);
	return f;
}

void
findings_free(struct findings *f)
{
	if (f == NULL)
		return;
	map_free(f->hosts, node_free);
	map_free(f->abouts, about_free);
	free(f);
}

/* --- as bytes ------------------------------------------------------------ */

static void
save_finding(const struct finding *x, struct buf *b)
{
	pack_text(b, span_of(x->metric));
	pack_u64(b, (uint64_t)(x->open | x->full << 1 | x->changed << 2));
	pack_f64(b, x->score);
	pack_f64(b, x->when);
	pack_f64(b, x->probability);
	pack_f64(b, x->onset);
	pack_f64(b, x->delta);
	pack_f64(b, x->confidence);
	pack_f64(b, x->forecast_ts);
	pack_f64(b, x->step);
	pack_f64(b, x->error);
	pack_f64(b, x->gap);
	pack_u64(b, x->npoints);
	for (size_t i = 0; i < x->npoints; i++)
		pack_f64(b, x->points[i]);
}

static void
load_finding(struct about *a, struct pack_in *u)
{
	struct finding *x = about_finding(a, pack_get_text(u));
	uint64_t bits = pack_get_count(u, 7);

	x->open = bits & 1;
	x->full = bits >> 1 & 1;
	x->changed = bits >> 2 & 1;
	x->score = pack_get_f64(u);
	x->when = pack_get_f64(u);
	x->probability = pack_get_f64(u);
	x->onset = pack_get_f64(u);
	x->delta = pack_get_f64(u);
	x->confidence = pack_get_f64(u);
	x->forecast_ts = pack_get_f64(u);
	x->step = pack_get_f64(u);
	x->error = pack_get_f64(u);
	x->gap = pack_get_f64(u);
	x->npoints = (size_t)pack_get_count(u, POINTS_MAX);
	x->points = xreallocarray(x->points, x->npoints + 1, sizeof(double));
	for (size_t i = 0; i < x->npoints; i++)
		x->points[i] = pack_get_f64(u);
}

static void
save_node(const struct node *n, struct buf *b)
{
	const struct cover *c;
	uint64_t count = 0;

	pack_f64(b, n->seq);
	for (c = n->covers; c != NULL; c = c->next)
		count++;
	pack_u64(b, count);
	for (c = n->covers; c != NULL; c = c->next) {
		pack_text(b, span_of(c->source));
		pack_f64(b, c->ts);
		pack_f64(b, c->interval);
		pack_u64(b, c->analyses);
		pack_u64(b, c->only_text != NULL ? c->nonly + 1 : 0);
		pack_text(b, span_of(c->only_text != NULL ? c->only_text : ""));
		for (size_t i = 0; i < c->nonly; i++)
			pack_text(b, span_of(selector_text(c->only[i])));
	}
}

static void
load_cover(struct cover *c, struct pack_in *u)
{
	uint64_t nonly;
	struct span text;

	c->ts = pack_get_f64(u);
	c->interval = pack_get_f64(u);
	c->analyses = (unsigned)pack_get_count(u, 0xffff);
	nonly = pack_get_count(u, PARTS_MAX);
	text = pack_get_text(u);
	if (nonly == 0 || u->failed)
		return;
	c->only_text = xmemdup0(text.p, text.len);
	c->only = xcalloc(nonly, sizeof(struct selector *));
	for (uint64_t i = 0; i + 1 < nonly; i++) {
		c->only[c->nonly] = selector_parse(pack_get_text(u), NULL);
		c->nonly += c->only[c->nonly] != NULL;
	}
}

void
findings_save(const struct findings *f, struct buf *b)
{
	uint32_t cursor = 0;
	struct span key;
	void *p;

	pack_u64(b, map_count(f->hosts));
	while (map_next(f->hosts, &cursor, &key, &p)) {
		pack_text(b, key);
		save_node(p, b);
	}
	pack_u64(b, map_count(f->abouts));
	for (cursor = 0; map_next(f->abouts, &cursor, &key, &p);) {
		const struct about *a = p;

		pack_text(b, key);
		pack_u64(b, a->nfindings);
		for (size_t i = 0; i < a->nfindings; i++)
			save_finding(&a->findings[i], b);
		pack_u64(b, a->nsuspects);
		for (size_t i = 0; i < a->nsuspects; i++) {
			pack_text(b, span_of(a->suspects[i].incident));
			pack_f64(b, a->suspects[i].score);
		}
	}
}

static void
load_about(struct findings *f, struct pack_in *u)
{
	struct span key = pack_get_text(u), incident;
	struct about *a = map_get(f->abouts, key);
	uint64_t n;

	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		map_set(f->abouts, key, a);
	}
	n = pack_get_count(u, PARTS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++)
		load_finding(a, u);
	n = pack_get_count(u, PARTS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++) {
		incident = pack_get_text(u);
		about_suspect(a, incident, pack_get_f64(u));
	}
}

int
findings_load(struct findings *f, struct pack_in *u, struct nc_err *e)
{
	uint64_t hosts = pack_get_count(u, ABOUTS_MAX), covers, abouts;
	struct node *n;

	for (uint64_t i = 0; i < hosts && !u->failed; i++) {
		n = findings_node(f, pack_get_text(u));
		n->seq = pack_get_f64(u);
		covers = pack_get_count(u, PARTS_MAX);
		for (uint64_t k = 0; k < covers && !u->failed; k++)
			load_cover(node_cover(n, pack_get_text(u)), u);
	}
	abouts = pack_get_count(u, ABOUTS_MAX);
	for (uint64_t i = 0; i < abouts && !u->failed; i++)
		load_about(f, u);
	return u->failed ? err_set(e, 0, "findings are damaged") : 0;
}
