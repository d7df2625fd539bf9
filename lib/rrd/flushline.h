/* SPDX-License-Identifier: MIT */
/*
 * flushline: how an entity is named on DIR/flush.sock, by the one who asks
 * and the one who answers: HOST, SOURCE, ENTITY, ID parted by tabs, "%xx" for
 * "%" and bytes below a blank.
 */
#ifndef NC_RRD_FLUSHLINE_H
#define NC_RRD_FLUSHLINE_H

#include "base/buf.h"
#include "metric/store.h"

struct flushline {
	struct store_key key; /* points into text */
	struct buf text[4];
};

/* Appends the line with its LF. */
void flushline_format(const struct store_key *key, struct buf *b);
/* 0, then flushline_free() it; -1 and nothing to free. */
int flushline_parse(struct span line, struct flushline *f);
void flushline_free(struct flushline *f);

#endif
