/* SPDX-License-Identifier: MIT */
/*
 * topology: subjects, kept in a keyed map and in the tree of what contains
 * what.  A subject lives while a source describes it or a part of it does.
 */
#include "metric/topology.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "metric/catalogue.h"

/* Intervals after which a reading is not the present any more. */
#define PATIENCE 3.0
#define PATIENCE_UNKNOWN 900.0

/*
 * Who is believed first.  The hypervisor's own account comes before what can
 * be seen of its processes; a name that is not here comes behind those that
 * are, in order of appearance.
 */
static const char *const preference[] = {"host", "libvirt", "qemu", "container",
    NULL};

/* What lies on what: a label of one entity names the id of another. */
static const struct {
	const char *entity, *label, *base;
} joins[] = {
    {"vm.disk", "backing", "host.disk"},
    {"vm.nic", "bridge", "host.nic"},
    {"container", "service", "service"},
};

struct node {
	struct subject s; /* first: a subject is its node */
	struct node *prev; /* of all */
	struct node *prev_sibling;
	struct node *last_child;
	struct series_entity **sources; /* owned */
	size_t room;
	bool kept; /* with or without a source */
	size_t key_len;
	char key[]; /* host NUL entity NUL id NUL */
};

struct topology {
	struct map *nodes;
	struct subject *first;
	struct node *last;
	void (*gone)(struct subject *, void *);
	void *arg;
};

static struct node *
node_of(struct subject *s)
{
	return (struct node *)(void *)s;
}

/* --- subjects ------------------------------------------------------------ */

static void
put_part(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.len);
	buf_addc(b, '\0');
}

static struct buf
key_of(struct span host, struct span entity, struct span id)
{
	struct buf b = {0};

	put_part(&b, host);
	put_part(&b, entity);
	put_part(&b, id);
	return b;
}

struct subject *
topology_find(const struct topology *tp, struct span host, struct span entity,
    struct span id)
{
	struct buf b = key_of(host, entity, id);
	struct node *n = map_get(tp->nodes, buf_span(&b));

	buf_free(&b);
	return n != NULL ? &n->s : NULL;
}

static void
link_child(struct node *parent, struct node *n)
{
	n->s.parent = &parent->s;
	n->prev_sibling = parent->last_child;
	if (parent->last_child != NULL)
		parent->last_child->s.sibling = &n->s;
	else
		parent->s.child = &n->s;
	parent->last_child = n;
}

static void
unlink_child(struct node *parent, struct node *n)
{
	if (n->prev_sibling != NULL)
		n->prev_sibling->s.sibling = n->s.sibling;
	else
		parent->s.child = n->s.sibling;
	if (n->s.sibling != NULL)
		node_of(n->s.sibling)->prev_sibling = n->prev_sibling;
	else
		parent->last_child = n->prev_sibling;
}

static struct node *node_get(struct topology *tp, struct span host,
    struct span entity, struct span id);

static struct span
before(struct span s, char c)
{
	const char *p = s.len != 0 ? memchr(s.p, c, s.len) : NULL;

	return p != NULL ? (struct span){s.p, (size_t)(p - s.p)} : s;
}

/*
 * What contains (entity, id): an entity without a dot is part of its host,
 * host.X too, Y.X is part of the Y named by the id before the first slash.
 */
static struct node *
parent_of(struct topology *tp, struct span host, struct span entity,
    struct span id)
{
	struct span whole = before(entity, '.');
	const struct metric_entity *known = catalogue_entity(entity);

	if (known != NULL && known->parent == NULL)
		return NULL;
	if (whole.len == entity.len || span_is(whole, "host"))
		return node_get(tp, host, span_of("host"), host);
	return node_get(tp, host, whole, before(id, '/'));
}

static struct node *
node_new(struct topology *tp, struct span key)
{
	struct node *n = xcalloc(1, sizeof(*n) + key.len);
	struct span host, entity, id;
	struct node *parent;

	memcpy(n->key, key.p, key.len);
	n->key_len = key.len;
	n->s.host = n->key;
	host = span_of(n->s.host);
	n->s.entity = n->s.host + host.len + 1;
	entity = span_of(n->s.entity);
	n->s.id = n->s.entity + entity.len + 1;
	id = span_of(n->s.id);
	map_set(tp->nodes, key, n);
	n->prev = tp->last;
	if (tp->last != NULL)
		tp->last->s.next = &n->s;
	else
		tp->first = &n->s;
	tp->last = n;
	if ((parent = parent_of(tp, host, entity, id)) != NULL)
		link_child(parent, n);
	return n;
}

static struct node *
node_get(struct topology *tp, struct span host, struct span entity,
    struct span id)
{
	struct buf b = key_of(host, entity, id);
	struct node *n = map_get(tp->nodes, buf_span(&b));

	if (n == NULL)
		n = node_new(tp, buf_span(&b));
	buf_free(&b);
	return n;
}

/* Lets go of a subject that nothing describes, and of its parents alike. */
static void
node_release(struct topology *tp, struct node *n)
{
	struct node *parent;

	for (;
	     n != NULL && n->s.nsources == 0 && n->s.child == NULL && !n->kept;
	     n = parent) {
		parent = n->s.parent != NULL ? node_of(n->s.parent) : NULL;
		if (tp->gone != NULL)
			tp->gone(&n->s, tp->arg);
		if (parent != NULL)
			unlink_child(parent, n);
		if (n->prev != NULL)
			n->prev->s.next = n->s.next;
		else
			tp->first = n->s.next;
		if (n->s.next != NULL)
			node_of(n->s.next)->prev = n->prev;
		else
			tp->last = n->prev;
		map_delete(tp->nodes, (struct span){n->key, n->key_len});
		free(n->sources);
		free(n);
	}
}

struct subject *
topology_expect(struct topology *tp, struct span host, struct span entity,
    struct span id)
{
	struct node *n = node_get(tp, host, entity, id);

	n->kept = true;
	return &n->s;
}

/* --- sources ------------------------------------------------------------- */

static size_t
rank(const struct series_entity *n)
{
	size_t i;

	for (i = 0; preference[i] != NULL; i++)
		if (strcmp(preference[i], n->origin->source) == 0)
			break;
	return i;
}

struct subject *
topology_see(struct topology *tp, struct series_entity *e)
{
	struct node *n;
	size_t at;

	if (e->subject != NULL)
		return e->subject;
	n = node_get(tp, span_of(e->origin->host), span_of(e->origin->entity),
	    span_of(e->id));
	if (n->s.nsources == n->room) {
		n->room = n->room != 0 ? n->room * 2 : 1;
		n->sources = xreallocarray(n->sources, n->room,
		    sizeof(struct series_entity *));
	}
	for (at = n->s.nsources; at > 0 && rank(n->sources[at - 1]) > rank(e);
	     at--)
		n->sources[at] = n->sources[at - 1];
	n->sources[at] = e;
	n->s.nsources++;
	n->s.sources = n->sources;
	e->subject = &n->s;
	return &n->s;
}

void
topology_forget(struct topology *tp, struct series_entity *e)
{
	struct node *n;
	size_t at = 0;

	if (e->subject == NULL)
		return;
	n = node_of(e->subject);
	e->subject = NULL;
	while (n->sources[at] != e)
		at++;
	n->s.nsources--;
	memmove(&n->sources[at], &n->sources[at + 1],
	    (n->s.nsources - at) * sizeof(struct series_entity *));
	node_release(tp, n);
}

struct topology *
topology_new(void (*gone)(struct subject *s, void *arg), void *arg)
{
	struct topology *tp = xcalloc(1, sizeof(*tp));

	tp->nodes = map_new(NULL);
	tp->gone = gone;
	tp->arg = arg;
	return tp;
}

void
topology_free(struct topology *tp)
{
	struct subject *s, *next;

	if (tp == NULL)
		return;
	for (s = tp->first; s != NULL; s = next) {
		next = s->next;
		for (size_t i = 0; i < s->nsources; i++)
			s->sources[i]->subject = NULL;
		if (tp->gone != NULL)
			tp->gone(s, tp->arg);
		free(node_of(s)->sources);
		free(node_of(s));
	}
	map_free(tp->nodes, NULL);
	free(tp);
}

struct subject *
topology_first(const struct topology *tp)
{
	return tp->first;
}

/* --- reading ------------------------------------------------------------- */

const char *
topology_label(const struct subject *s, const char *key)
{
	const char *value;

	for (size_t i = 0; i < s->nsources; i++)
		if ((value = series_label(s->sources[i], key)) != NULL)
			return value;
	return NULL;
}

struct subject *
topology_base(const struct topology *tp, const struct subject *s)
{
	const char *id;

	for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++)
		if (strcmp(joins[i].entity, s->entity) == 0 &&
		    (id = topology_label(s, joins[i].label)) != NULL)
			return topology_find(tp, span_of(s->host),
			    span_of(joins[i].base), span_of(id));
	return NULL;
}

double
series_patience(const struct series_stamp *st)
{
	return isnan(st->interval) ? PATIENCE_UNKNOWN
				   : PATIENCE * (double)st->interval;
}

/* One source's account of the metric; false when it has none. */
static bool
read_source(const struct series_table *t, const struct series_entity *n,
    uint32_t name, double now, struct reading *out)
{
	const struct series *s = series_metric(t, n, name);
	const struct series_stamp *st;

	if (s == NULL)
		return false;
	st = series_read(n, s);
	out->entity = n;
	out->series = s;
	out->age = now - st->ts + (double)st->age;
	out->fresh = s->state != SERIES_POOR && out->age <= series_patience(st);
	return true;
}

bool
topology_read(const struct series_table *t, const struct subject *s,
    uint32_t name, double now, struct reading *out)
{
	struct reading found;
	bool any = false, usable, best_usable = false;

	for (size_t i = 0; i < s->nsources; i++) {
		if (!read_source(t, s->sources[i], name, now, &found))
			continue;
		usable = found.fresh && found.series->state == SERIES_VALUE;
		if (!any || (usable && !best_usable) ||
		    (!best_usable && found.fresh && !out->fresh) ||
		    (!out->fresh && !found.fresh && found.age < out->age)) {
			*out = found;
			best_usable = usable;
		}
		any = true;
		if (best_usable)
			break;
	}
	return any;
}
