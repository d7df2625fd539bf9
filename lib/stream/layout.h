/* SPDX-License-Identifier: MIT */
/*
 * layout: sequences of value names seen on lines, each with a number and with
 * the bytes that stand between its values when the line is written without
 * spaces.  Bounded: too many different ones, and all are forgotten.
 */
#ifndef NC_STREAM_LAYOUT_H
#define NC_STREAM_LAYOUT_H

#include "base/intern.h"
#include "stream/record.h"

#define LAYOUT_TEXT 88

/* One value's name: "a": for the first, ,"b": for the others. */
struct layout_cell {
	char text[LAYOUT_TEXT];
	uint32_t len;
	uint32_t name;
};

struct layouts;

/* Borrows names.  Owned: layout_free(). */
struct layouts *layout_new(struct intern *names);
void layout_free(struct layouts *l); /* NULL is fine */
/* The number of the sequence of names of v, learned if need be; 0 when it is
 * not remembered (empty, too long, odd names, no room now). */
uint32_t layout_id(struct layouts *l, const struct record_value *v, size_t n);
/* The cells of a number, until the next layout_id(); NULL: forgotten. */
const struct layout_cell *layout_cells(const struct layouts *l, uint32_t id,
    size_t *n);

#endif
