/* SPDX-License-Identifier: MIT */
/*
 * annals: the log is a ring; a matter is found by what it is about and keeps
 * its last turns.  When there is no more room, the oldest that is over goes
 * first, and is counted.  Reads no clock.
 */
#include "annals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

#define LOG_MAX 4096u
#define LOG_BYTES ((size_t)4 << 20)
#define MATTERS_MAX 4096u
#define MATTER_BYTES ((size_t)8 << 20)
#define TURNS_MAX 32u
/* A prediction that is not made again is no prediction any more. */
#define EXPIRY 1800.0

struct annals {
	struct map *places, *by_key;
	struct matter **matters; /* owned, by appearance */
	size_t nmatters, matters_cap;
	const struct note *log[LOG_MAX]; /* ring, owned */
	size_t first, nlog;
	size_t log_bytes, matter_bytes, forgotten;
	uint32_t serial, version;
};

struct annals *
annals_new(void)
{
	struct annals *a = xcalloc(1, sizeof(*a));

	a->places = map_new(NULL);
	a->by_key = map_new(NULL);
	return a;
}

static void
matter_free(struct matter *m)
{
	for (unsigned i = 0; i < m->count; i++)
		free(m->turns[i]);
	free(m->turns);
	free(m);
}

void
annals_free(struct annals *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->nmatters; i++)
		matter_free(a->matters[i]);
	for (size_t i = 0; i < a->nlog; i++)
		free((void *)(uintptr_t)a->log[(a->first + i) % LOG_MAX]);
	map_free(a->by_key, NULL);
	map_free(a->places, free);
	free(a->matters);
	free(a);
}

/* --- places -------------------------------------------------------------- */

static void
put_part(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.len);
	buf_addc(b, '\0');
}

static struct place *place_get(struct annals *a, struct span host,
    struct span entity, struct span id);

/* What contains it: X.Y of an id before the slash, else the host. */
static struct place *
place_above(struct annals *a, struct span host, struct span entity,
    struct span id)
{
	const char *dot = memchr(entity.p, '.', entity.len);
	const char *slash = id.len != 0 ? memchr(id.p, '/', id.len) : NULL;
	struct span above = span_of("host");

	if (span_is(entity, "host") || host.len == 0)
		return NULL;
	if (dot != NULL)
		above = (struct span){entity.p, (size_t)(dot - entity.p)};
	if (dot == NULL || span_is(above, "host"))
		return place_get(a, host, span_of("host"), host);
	if (slash == NULL)
		return place_get(a, host, span_of("host"), host);
	return place_get(a, host, above,
	    (struct span){id.p, (size_t)(slash - id.p)});
}

static struct place *
place_get(struct annals *a, struct span host, struct span entity,
    struct span id)
{
	struct buf b = {0};
	struct place *p;

	put_part(&b, host);
	put_part(&b, entity);
	put_part(&b, id);
	if ((p = map_get(a->places, buf_span(&b))) == NULL) {
		p = xcalloc(1, sizeof(*p) + b.len);
		memcpy(p->key, b.data, b.len);
		p->key_len = b.len;
		p->host = p->key;
		p->entity = p->host + strlen(p->host) + 1;
		p->id = p->entity + strlen(p->entity) + 1;
		map_set(a->places, buf_span(&b), p);
		a->version++;
		p->up = place_above(a, host, entity, id);
		if (p->up != NULL)
			p->up->parts++;
	}
	buf_free(&b);
	return p;
}

static void
place_drop(struct annals *a, struct place *p)
{
	struct place *up;

	for (; p != NULL && p->matters == NULL && p->parts == 0; p = up) {
		if ((up = p->up) != NULL)
			up->parts--;
		map_delete(a->places, (struct span){p->key, p->key_len});
		free(p);
		a->version++;
	}
}

const struct place *
annals_place(const struct annals *a, const char *host, const char *entity,
    const char *id)
{
	struct buf b = {0};
	const struct place *p;

	put_part(&b, span_of(host));
	put_part(&b, span_of(entity));
	put_part(&b, span_of(id));
	p = map_get(a->places, buf_span(&b));
	buf_free(&b);
	return p;
}

uint32_t
annals_version(const struct annals *a)
{
	return a->version;
}

/* --- matters ------------------------------------------------------------- */

static void
matter_drop(struct annals *a, size_t i)
{
	struct matter *m = a->matters[i], **link;

	for (link = &m->place->matters; *link != m; link = &(*link)->next)
		continue;
	*link = m->next;
	map_delete(a->by_key, (struct span){m->key, m->key_len});
	a->nmatters--;
	memmove(&a->matters[i], &a->matters[i + 1],
	    (a->nmatters - i) * sizeof(struct matter *));
	for (unsigned n = 0; n < m->count; n++)
		a->matter_bytes -= m->turns[n]->size;
	a->forgotten++;
	place_drop(a, m->place);
	matter_free(m);
}

/* Oldest of those that are over; when none is, the oldest. */
static void
make_room(struct annals *a)
{
	const struct note *last;
	size_t worst = 0;
	double least = INFINITY, age;

	for (size_t i = 0; i < a->nmatters; i++) {
		last = a->matters[i]->turns[a->matters[i]->count - 1];
		age = last->state == NOTE_CLOSED ? last->ts - 1e12 : last->ts;
		if (age < least) {
			least = age;
			worst = i;
		}
	}
	matter_drop(a, worst);
}

static struct matter *
matter_get(struct annals *a, const struct note *n)
{
	struct buf b = {0};
	struct matter *m;

	buf_addf(&b, "%d", (int)n->kind);
	buf_addc(&b, '\0');
	if (*n->key != '\0') {
		buf_adds(&b, n->key);
	} else {
		put_part(&b, span_of(n->host));
		put_part(&b, span_of(n->entity));
		put_part(&b, span_of(n->id));
		buf_adds(&b, n->kind == RECORD_ALERT ? n->what : n->metric);
	}
	if ((m = map_get(a->by_key, buf_span(&b))) != NULL) {
		buf_free(&b);
		return m;
	}
	if (a->nmatters == MATTERS_MAX)
		make_room(a);
	m = xcalloc(1, sizeof(*m) + b.len);
	memcpy(m->key, b.data, b.len);
	m->key_len = b.len;
	m->serial = ++a->serial;
	m->kind = n->kind;
	m->place = place_get(a, span_of(n->host), span_of(n->entity),
	    span_of(n->id));
	m->next = m->place->matters;
	m->place->matters = m;
	map_set(a->by_key, buf_span(&b), m);
	if (a->nmatters == a->matters_cap) {
		a->matters_cap = a->matters_cap == 0 ? 16 : a->matters_cap * 2;
		a->matters = xreallocarray(a->matters, a->matters_cap,
		    sizeof(struct matter *));
	}
	a->matters[a->nmatters++] = m;
	buf_free(&b);
	return m;
}

static void
turn_drop(struct annals *a, struct matter *m)
{
	a->matter_bytes -= m->turns[0]->size;
	free(m->turns[0]);
	m->count--;
	m->forgotten++;
	memmove(m->turns, m->turns + 1, m->count * sizeof(struct note *));
}

/* A forecast replaces those before it as far as one can look back to. */
static unsigned
turns_max(enum record_kind kind)
{
	return kind == RECORD_FORECAST ? 2 : TURNS_MAX;
}

static void
add_turn(struct annals *a, struct note *n)
{
	struct matter *m = matter_get(a, n);
	unsigned at;

	if (m->count == turns_max(m->kind))
		turn_drop(a, m);
	if (m->count == m->cap) {
		m->cap = m->cap == 0 ? 2 : m->cap * 2;
		m->turns = xreallocarray(m->turns, m->cap,
		    sizeof(struct note *));
	}
	for (at = m->count; at > 0 && m->turns[at - 1]->ts > n->ts; at--)
		m->turns[at] = m->turns[at - 1];
	m->turns[at] = n;
	m->count++;
	a->matter_bytes += n->size;
	while (a->matter_bytes > MATTER_BYTES && a->nmatters > 1)
		make_room(a);
}

static void
add_log(struct annals *a, const struct note *n)
{
	const struct note *old;

	while (a->nlog == LOG_MAX ||
	       (a->log_bytes + n->size > LOG_BYTES && a->nlog != 0)) {
		old = a->log[a->first];
		a->first = (a->first + 1) % LOG_MAX;
		a->nlog--;
		a->log_bytes -= old->size;
		free((void *)(uintptr_t)old);
		a->forgotten++;
	}
	a->log[(a->first + a->nlog++) % LOG_MAX] = n;
	a->log_bytes += n->size;
}

void
annals_take(struct annals *a, const struct record *r)
{
	struct note *n = note_new(r);

	if (n == NULL)
		return;
	if (n->state == NOTE_POINT)
		add_log(a, n);
	else
		add_turn(a, n);
}

/* --- as of a moment ------------------------------------------------------ */

bool
matter_is_open(const struct matter *m)
{
	return m->now != NULL && m->now->state != NOTE_CLOSED;
}

static const struct note *
turn_at(const struct matter *m, double at, double now)
{
	unsigned n = m->count;
	const struct note *t;

	while (n > 0 && m->turns[n - 1]->ts > at)
		n--;
	if (n == 0)
		return NULL;
	t = m->turns[n - 1];
	if ((t->kind == RECORD_FULL || t->kind == RECORD_FORECAST) &&
	    now - t->ts > EXPIRY)
		return NULL;
	return t;
}

static void
count(struct trouble *t, const struct note *n)
{
	if (n->kind == RECORD_ANOMALY)
		t->odd++;
	else if (n->kind == RECORD_FULL)
		t->filling++;
	else if (n->kind != RECORD_ALERT)
		return;
	else if (n->state == NOTE_PENDING)
		t->pending++;
	else if ((n->flags & (NOTE_ACKED | NOTE_MUTED)) != 0)
		t->quiet++;
	else if (n->severity == SEVERITY_CRIT)
		t->crit++;
	else if (n->severity == SEVERITY_WARN)
		t->warn++;
	else
		t->info++;
}

void
annals_settle(struct annals *a, double at, double now)
{
	struct place *p;
	uint32_t cursor = 0;
	void *value;
	double moment = isnan(at) ? (double)INFINITY : at;

	while (map_next(a->places, &cursor, NULL, &value)) {
		p = value;
		p->own = p->all = (struct trouble){0};
	}
	for (size_t i = 0; i < a->nmatters; i++) {
		struct matter *m = a->matters[i];

		m->now = turn_at(m, moment, now);
		if (!matter_is_open(m))
			continue;
		count(&m->place->own, m->now);
		for (p = m->place; p != NULL; p = p->up)
			count(&p->all, m->now);
	}
}

size_t
annals_matters(const struct annals *a, struct matter *const **list)
{
	*list = a->matters;
	return a->nmatters;
}

const struct note *
annals_log(const struct annals *a, size_t i)
{
	return i < a->nlog ? a->log[(a->first + a->nlog - 1 - i) % LOG_MAX]
			   : NULL;
}

size_t
annals_forgotten(const struct annals *a)
{
	return a->forgotten;
}
