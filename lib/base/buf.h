/* SPDX-License-Identifier: MIT */
/* buf: a byte buffer that grows.  Always NUL-terminated once it has bytes. */
#ifndef NC_BASE_BUF_H
#define NC_BASE_BUF_H

#include <stddef.h>

#include "base/span.h"

/* Zero-initialised is a valid, empty buffer. */
struct buf {
	char *data; /* owned */
	size_t len; /* bytes in use, without the NUL */
	size_t cap;
};

void buf_free(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
/* Room for n more bytes and a NUL; returns the place to write them. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Removes n bytes at the front. */
void buf_drop(struct buf *b, size_t n);
/* The bytes, owned by the caller, NUL-terminated; the buffer is empty then. */
char *buf_take(struct buf *b);

static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){b->data, b->len};
}

#endif
