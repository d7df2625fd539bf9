/* SPDX-License-Identifier: MIT */
/*
 * import_scope: which entity an expression of Prometheus is about.  There a
 * series meets others by equal labels; here everything inside an entity has
 * met already, what contains it is named, and its parts are aggregated.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "import_prom.h"
#include "metric/catalogue.h"

#define RECORDS_DEEP 8

static const char *__attribute__((format(printf, 2, 3)))
refuse(struct prom *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (p->why[0] == '\0')
		vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	return NULL;
}

bool
prom_is_info(const struct prom *p, const struct promql *q)
{
	if (q->kind == PROMQL_SELECTOR)
		return names_is_info(p->names, q->name);
	if (q->kind == PROMQL_AGGREGATE && q->nargs == 1)
		return prom_is_info(p, q->args[0]);
	if (q->kind == PROMQL_CALL && q->nargs > 0 &&
	    (strcmp(q->name, "label_replace") == 0 ||
		strcmp(q->name, "label_join") == 0))
		return prom_is_info(p, q->args[0]);
	if (q->kind == PROMQL_BINARY &&
	    (strcmp(q->name, "*") == 0 || strcmp(q->name, "==") == 0))
		return prom_is_info(p, q->args[0]) &&
		       (prom_is_info(p, q->args[1]) ||
			   q->args[1]->kind == PROMQL_NUMBER);
	return false;
}

static const char *
parent_of(const char *entity)
{
	const struct metric_entity *e = catalogue_entity(span_of(entity));

	return e != NULL ? e->parent : NULL;
}

static bool
contains(const char *outer, const char *inner)
{
	const char *at = inner;

	while ((at = parent_of(at)) != NULL)
		if (strcmp(at, outer) == 0)
			return true;
	return false;
}

static const char *
meet(struct prom *p, const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return NULL;
	if (*a == '\0' || strcmp(a, b) == 0)
		return b;
	if (*b == '\0' || contains(b, a))
		return a;
	if (contains(a, b))
		return b;
	return refuse(p, "joins %s with %s, which do not contain each other", a,
	    b);
}

const char *
prom_label(const struct prom *p, const char *entity, const char *label)
{
	if (names_is_host(p->names, label))
		return "host";
	if (strcmp(entity, PROM_UNKNOWN) == 0)
		return names_label(p->names, entity, label) != NULL
			   ? names_label(p->names, entity, label)
			   : label;
	return names_label(p->names, entity, label);
}

/* One of the labels says which of these entities. */
static bool
tells_apart(const struct prom *p, const struct promql *q, const char *entity)
{
	const char *label;

	for (size_t i = 0; i < q->nlabels; i++) {
		label = prom_label(p, entity, q->labels[i]);
		if (label != NULL && strcmp(label, "host") != 0 &&
		    !names_is_ignored(p->names, q->labels[i]))
			return true;
	}
	return false;
}

/* The entity that stands for a group. */
static const char *
group(struct prom *p, const struct promql *q, const char *entity)
{
	const char *parent = parent_of(entity);
	bool host = false;

	if (*entity == '\0')
		return "";
	if (q->without && strcmp(entity, PROM_UNKNOWN) == 0)
		return refuse(p,
		    "%s without labels over series of unknown"
		    " labels",
		    q->name);
	if (q->without)
		return tells_apart(p, q, entity) && parent != NULL ? parent
								   : entity;
	if (tells_apart(p, q, entity))
		return entity;
	if (parent != NULL && strcmp(parent, "host") != 0 &&
	    tells_apart(p, q, parent))
		return parent;
	for (size_t i = 0; i < q->nlabels; i++)
		host = host || names_is_host(p->names, q->labels[i]);
	if (!host)
		return refuse(p, "%s over all hosts: see nc-analyze aggregate",
		    q->name);
	return "host";
}

static const char *
of_metric(struct prom *p, const struct promql *q)
{
	const struct promql *record = map_get(p->records, span_of(q->name));
	const struct name *row;
	const char *entity;

	if (record != NULL && p->depth < RECORDS_DEEP) {
		p->depth++;
		entity = prom_entity(p, record);
		p->depth--;
		return entity;
	}
	if (q->name[0] == '\0')
		return refuse(p, "a selector without a metric");
	p->family = p->family || names_is_family(p->names, q->name);
	if (names_is_info(p->names, q->name))
		return "";
	row = names_row(p->names, q->name, 0);
	return row != NULL ? row->entity : PROM_UNKNOWN;
}

const char *
prom_entity(struct prom *p, const struct promql *q)
{
	const char *e = "";

	switch (q->kind) {
	case PROMQL_SELECTOR:
		return of_metric(p, q);
	case PROMQL_AGGREGATE:
		e = prom_entity(p, q->args[q->nargs - 1]);
		return e != NULL ? group(p, q, e) : NULL;
	case PROMQL_NUMBER:
	case PROMQL_STRING:
		return "";
	default:
		for (size_t i = 0; e != NULL && i < q->nargs; i++)
			e = meet(p, e, prom_entity(p, q->args[i]));
		return e;
	}
}
