/* SPDX-License-Identifier: MIT */
/*
 * mem: allocation that cannot fail.  Out of memory ends the program with
 * status 3 and one line on standard error: the one exit a library has.
 * Sizes that come from input are bounded by the caller before they get here.
 */
#ifndef NC_BASE_MEM_H
#define NC_BASE_MEM_H

#include <stddef.h>

/* All results are owned by the caller: free(3).  A size of 0 is our bug. */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *p, size_t count, size_t size)
    __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Copies len bytes and puts a NUL behind them. */
char *xmemdup0(const char *p, size_t len)
    __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
