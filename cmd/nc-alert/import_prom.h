/* SPDX-License-Identifier: MIT */
/* import_prom: a condition of Prometheus as one of ours. */
#ifndef NC_ALERT_IMPORT_PROM_H
#define NC_ALERT_IMPORT_PROM_H

#include "base/buf.h"
#include "base/map.h"
#include "names.h"
#include "promql.h"

/* A part of an expression, translated.  Zero-initialised: nothing. */
struct prom_piece {
	struct buf value; /* empty: it has none */
	struct buf cond; /* what must hold for it to be there; empty: nothing */
	struct buf labels; /* the same of labels, LABEL OP "VALUE" a line */
	const char *metric; /* the first one in it, borrowed; NULL: none */
	char entity[32]; /* of that */
};

/* Where metrics are that nobody has a name for: of a scraped service. */
#define PROM_UNKNOWN "service"

struct prom {
	const struct names *names;
	struct map *records; /* recording rules: name to struct promql */
	int depth; /* of recording rules in each other */
	bool family; /* some metric is about hosts or what runs there */
	char scope[32]; /* the entity that is being rendered for */
	char why[200]; /* it could not be done */
	struct buf notes; /* what was taken for granted, a comment a line */
};

/* The entity it is about, "" when none.  NULL and p->why: several. */
const char *prom_entity(struct prom *p, const struct promql *q);
/* Into *out, for an entity p->scope; 0, or -1 and p->why. */
int prom_render(struct prom *p, const struct promql *q, struct prom_piece *out);
void prom_piece_free(struct prom_piece *x);
/* The condition of a piece in full, labels apart. */
void prom_condition(const struct prom_piece *x, struct buf *b);
/* What is always 1, and there to bring labels. */
bool prom_is_info(const struct prom *p, const struct promql *q);
/* What that label is called here, NULL: it has no counterpart. */
const char *prom_label(const struct prom *p, const char *entity,
    const char *label);

#endif
