/* SPDX-License-Identifier: MIT */
/*
 * pack: bytes one after the other, no padding, no alignment.  A reader and a
 * writer agree through the version of the file they stand in.
 */
#include "base/pack.h"

#include <string.h>

void
pack_u64(struct buf *b, uint64_t v)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> 8 * i);
	buf_add(b, bytes, sizeof(bytes));
}

/* Seven bits a byte, lowest first; the eighth says that more follow. */
void
pack_var(struct buf *b, uint64_t v)
{
	while (v >= 0x80) {
		buf_addc(b, (char)(v | 0x80));
		v >>= 7;
	}
	buf_addc(b, (char)v);
}

void
pack_f64(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	pack_u64(b, bits);
}

void
pack_text(struct buf *b, struct span s)
{
	pack_u64(b, s.len);
	buf_add(b, s.p, s.len);
}

void
pack_bytes(struct buf *b, const void *p, size_t len)
{
	buf_add(b, p, len);
}

/* The next len bytes, or NULL. */
static const char *
take(struct pack_in *u, size_t len)
{
	const char *p = u->in.p;

	if (u->failed || len > u->in.len) {
		u->failed = true;
		return NULL;
	}
	u->in.p += len;
	u->in.len -= len;
	return p;
}

uint64_t
pack_get_u64(struct pack_in *u)
{
	const char *p = take(u, 8);
	uint64_t v = 0;

	for (int i = 0; p != NULL && i < 8; i++)
		v |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return v;
}

uint64_t
pack_get_count(struct pack_in *u, uint64_t max)
{
	uint64_t n = pack_get_u64(u);

	if (n <= max)
		return n;
	u->failed = true;
	return 0;
}

uint64_t
pack_get_var(struct pack_in *u, uint64_t max)
{
	const char *p;
	uint64_t v = 0;
	int shift = 0;

	do {
		if ((p = take(u, 1)) == NULL)
			return 0;
		if (shift < 64)
			v |= (uint64_t)((unsigned char)*p & 0x7f) << shift;
		shift += 7;
	} while ((*p & 0x80) != 0);
	if (v <= max && shift <= 70)
		return v;
	u->failed = true;
	return 0;
}

double
pack_get_f64(struct pack_in *u)
{
	uint64_t bits = pack_get_u64(u);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

struct span
pack_get_text(struct pack_in *u)
{
	uint64_t len = pack_get_count(u, u->in.len);
	const char *p = take(u, (size_t)len);

	return p != NULL ? (struct span){p, (size_t)len} : span_of("");
}

void
pack_get_bytes(struct pack_in *u, void *to, size_t len)
{
	const char *p = take(u, len);

	if (p != NULL)
		memcpy(to, p, len);
	else
		memset(to, 0, len);
}
