/* SPDX-License-Identifier: MIT */
/* str: small things done to spans.  Never allocates, knows no locale. */
#ifndef NC_BASE_STR_H
#define NC_BASE_STR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

bool str_starts(struct span s, const char *prefix);
bool str_ends(struct span s, const char *suffix);
/* Without blanks and tabs (also CR, LF) at both ends. */
struct span str_trim(struct span s);
/*
 * Cuts s at the first sep: the part before it; *rest is what follows.  false
 * when s has no sep: all of s, and *rest is empty.
 */
bool str_cut(struct span s, char sep, struct span *before, struct span *rest);
/*
 * Walks a list: "a,b,,c" gives a, b, an empty item, c; "" gives one empty
 * item: always one more than there are separators.  Start with *rest the
 * whole; {NULL, 0} gives nothing.
 */
bool str_item(struct span *rest, char sep, struct span *item);
/* The next run of bytes that are not blanks or tabs; false at the end. */
bool str_word(struct span *rest, struct span *word);
/* Bytewise, shorter first. */
int str_compare(struct span a, struct span b);
/* As people sort: digits by their value, so that sda2 < sda10.  Total: equal
 * only when the bytes are. */
int str_natural(struct span a, struct span b);
/* Copies what fits and puts a NUL; false when it was cut. */
bool str_copy(char *to, size_t size, struct span s);

/*
 * Shell-like patterns: * any bytes, ? one character, [a-z] [!a-z] one of a
 * set, \ takes the next literally.  Whole s must match; no byte is special to
 * s ("/", a leading dot).  Time is at most len(pattern) * len(s).
 */
bool glob_match(struct span pattern, struct span s);
/* 0, or -1 with a reason: a set without ], \ at the end. */
int glob_check(struct span pattern, struct nc_err *e);
/* No character of it is special: a plain comparison will do. */
bool glob_is_literal(struct span pattern);

#endif
