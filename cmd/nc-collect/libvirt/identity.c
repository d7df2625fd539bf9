/* SPDX-License-Identifier: MIT */
/* identity: see identity.h.  Keeping and finding; reading is identity_xml. */
#include "identity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PARTS_MAX 4096

struct identity *
identity_new(struct span id, struct span name)
{
	struct identity *i = xcalloc(1, sizeof(*i));

	i->id = xmemdup0(id.p, id.len);
	i->name = xmemdup0(name.p, name.len);
	i->balloon_period = i->since = (double)NAN;
	return i;
}

static void
free_labels(struct identity_labels *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->list[i].key);
		free(l->list[i].value);
	}
}

static void
free_parts(struct identity_parts *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].target);
		free(p->list[i].id);
		free_labels(&p->list[i].labels);
	}
	free(p->list);
}

void
identity_free(struct identity *i)
{
	if (i == NULL)
		return;
	free(i->id);
	free(i->name);
	free_labels(&i->labels);
	free_parts(&i->disks);
	free_parts(&i->nics);
	free(i);
}

void
identity_label(struct identity_labels *l, const char *key, struct span value)
{
	if (value.len == 0)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].key, key) == 0) {
			free(l->list[i].value);
			l->list[i].value = xmemdup0(value.p, value.len);
			return;
		}
	if (l->n == IDENTITY_LABELS)
		return;
	l->list[l->n++] = (struct identity_label){xstrdup(key),
	    xmemdup0(value.p, value.len)};
}

struct identity_part *
identity_part(struct identity_parts *p, struct span target, struct span id)
{
	struct identity_part *part;

	if (p->n == PARTS_MAX)
		return NULL;
	p->list = xreallocarray(p->list, p->n + 1, sizeof(*p->list));
	part = &p->list[p->n++];
	*part = (struct identity_part){xmemdup0(target.p, target.len),
	    xmemdup0(id.p, id.len), {.n = 0}};
	return part;
}

const struct identity_part *
identity_find(const struct identity_parts *p, struct span target)
{
	for (size_t i = 0; i < p->n; i++)
		if (span_is(target, p->list[i].target))
			return &p->list[i];
	return NULL;
}
