/* SPDX-License-Identifier: MIT */
/*
 * intern: short strings (metric names, label names) kept once, known by a
 * small dense number.  Entries live as long as the table; the count is
 * bounded because names come from input.  Lookups use a keyed hash.
 */
#ifndef NC_BASE_INTERN_H
#define NC_BASE_INTERN_H

#include <stdint.h>

#include "base/span.h"

#define INTERN_NONE UINT32_MAX

struct intern;

/* Owned: intern_free().  At most max entries (0: 1,000,000). */
struct intern *intern_new(uint32_t max);
void intern_free(struct intern *it); /* NULL is fine */
/* The number of s, new if need be; INTERN_NONE when the table is full. */
uint32_t intern_id(struct intern *it, struct span s);
/* The number of s, or INTERN_NONE; never adds. */
uint32_t intern_find(const struct intern *it, struct span s);
/* Borrowed, NUL-terminated, valid as long as the table. */
const char *intern_str(const struct intern *it, uint32_t id);
struct span intern_span(const struct intern *it, uint32_t id);
uint32_t intern_count(const struct intern *it);

#endif
