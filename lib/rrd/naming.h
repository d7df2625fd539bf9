/* SPDX-License-Identifier: MIT */
/*
 * naming: from entities to file names and from metrics to the names of data
 * sources, which RRDtool limits to 19 of [-a-zA-Z0-9_].  Two different names
 * never meet in one file: not by case, "/", "..", length, or bytes that are
 * no UTF-8.  Pure.
 */
#ifndef NC_RRD_NAMING_H
#define NC_RRD_NAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define NAMING_DS_SIZE 20 /* with its NUL */
#define NAMING_PART_MAX 200 /* bytes of one part of a path */

/*
 * Appends one part of a path.  Lower case letters, digits, "-", "_" and "."
 * (not in front) stand for themselves, every other byte is %xx; what would be
 * longer than NAMING_PART_MAX is cut and ends in "%%" and 32 digits of its
 * SHA-256.
 */
void naming_part(struct span name, struct buf *b);
/* The name a part stands for, appended; false when it was cut or is none. */
bool naming_unpart(struct span part, struct buf *b);
/* HOST/ENTITY/SOURCE/ID.rrd.  Owned. */
char *naming_path(struct span host, struct span entity, struct span source,
    struct span id);
/*
 * A name of at most 19 characters is itself; a longer one, or one with other
 * characters, is 10 of its characters, "-", and 8 digits of its hash; a
 * "salt" beyond 0 gives another, for the day two meet in one file.
 */
void naming_ds(struct span metric, unsigned salt, char out[NAMING_DS_SIZE]);
/* The name of spare source number i: "spare-1". */
void naming_spare(size_t i, char out[NAMING_DS_SIZE]);
/* It stands for itself (no "-" in it). */
bool naming_ds_plain(const char *ds);

#endif
