/* SPDX-License-Identifier: MIT */
/*
 * limit: what may not be crossed: told by --full SELECTOR=LIMIT, else by the
 * catalogue, which knows what can fill.  A limit is a number or another
 * metric of the same entity.
 */
#ifndef NC_ANALYZE_LIMIT_H
#define NC_ANALYZE_LIMIT_H

#include "lang/selector.h"
#include "metric/series.h"

struct limit {
	struct selector *selector; /* NULL: the catalogue's */
	const char *metric; /* the limit is its value; NULL: number is */
	char *own; /* owned: metric, where it was told */
	double number;
	bool upwards; /* which way is worse; of a told one: known by value */
	bool told;
};

/* "host.fs:free_bytes=0".  0, or -1 and *e. */
int limit_parse(struct span text, struct limit *l, struct nc_err *e);
void limit_free(struct limit *l);
/* That of a series, name as shown: told ones first.  False: none. */
bool limit_find(const struct limit *told, size_t ntold, struct intern *names,
    const struct series_entity *n, uint32_t name, struct limit *out);

#endif
