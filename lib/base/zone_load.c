/* SPDX-License-Identifier: MIT */
/*
 * zone_load: compiled time zone files (TZif, RFC 8536).  The 64-bit block of
 * versions 2 and later is read with its footer; of a version 1 file the
 * 32-bit block.  Leap seconds are passed over: our clocks are POSIX clocks.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/zone_private.h"

#define HEADER 44
#define TYPE_SIZE 6

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static uint32_t
big32(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static int64_t
big_signed(const char *p, size_t size)
{
	if (size == 4)
		return (int32_t)big32(p);
	return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

static int
read_header(struct span s, struct counts *c, char *version)
{
	if (s.len < HEADER || memcmp(s.p, "TZif", 4) != 0)
		return -1;
	*version = s.p[4];
	*c = (struct counts){big32(s.p + 20), big32(s.p + 24), big32(s.p + 28),
	    big32(s.p + 32), big32(s.p + 36), big32(s.p + 40)};
	/* The largest real file has some 240 changes and 20 types. */
	if (c->isut > 256 || c->isstd > 256 || c->leap > 10000 ||
	    c->time > 100000 || c->type == 0 || c->type > 256 ||
	    c->chars > 4096)
		return -1;
	return 0;
}

/* Bytes of the block behind its header. */
static size_t
block_size(const struct counts *c, size_t word)
{
	return c->time * (word + 1) + c->type * TYPE_SIZE + c->chars +
	       c->leap * (word + 4) + c->isstd + c->isut;
}

static int
read_types(const char *p, const struct counts *c, struct zone *z)
{
	const char *names = p + c->type * TYPE_SIZE, *name;
	size_t at;

	for (size_t i = 0; i < c->type; i++, p += TYPE_SIZE) {
		at = (unsigned char)p[5];
		if (at >= c->chars)
			return -1;
		name = names + at;
		z->types[i].offset = (int32_t)big32(p);
		if (abs(z->types[i].offset) > 26 * 3600)
			return -1;
		str_copy(z->types[i].name, sizeof(z->types[i].name),
		    (struct span){name, strnlen(name, c->chars - at)});
	}
	return 0;
}

static int
read_block(const char *p, const struct counts *c, size_t word, struct zone *z)
{
	z->n = c->time;
	z->ntypes = c->type;
	z->at = xcalloc(c->time + 1, sizeof(*z->at));
	z->kind = xcalloc(c->time + 1, 1);
	z->types = xcalloc(c->type, sizeof(*z->types));
	for (size_t i = 0; i < c->time; i++) {
		z->at[i] = big_signed(p + i * word, word);
		if (i != 0 && z->at[i] <= z->at[i - 1])
			return -1;
	}
	p += c->time * word;
	for (size_t i = 0; i < c->time; i++) {
		z->kind[i] = (unsigned char)p[i];
		if (z->kind[i] >= c->type)
			return -1;
	}
	return read_types(p + c->time, c, z);
}

/* "\nTZ\n"; without one, or with one that we cannot read, the last change
 * holds for ever. */
static void
read_footer(struct span s, struct zone *z)
{
	struct span rule, rest;

	if (s.len < 2 || s.p[0] != '\n')
		return;
	s = (struct span){s.p + 1, s.len - 1};
	if (str_cut(s, '\n', &rule, &rest))
		z->has_rule = zone_rule_parse(rule, &z->rule) == 0;
}

int
zone_load(struct span file, struct zone *z)
{
	struct counts c;
	size_t word = 4, size;
	char version;

	if (read_header(file, &c, &version) == -1)
		return -1;
	if (version >= '2') {
		size = HEADER + block_size(&c, 4);
		if (file.len < size)
			return -1;
		file = (struct span){file.p + size, file.len - size};
		if (read_header(file, &c, &version) == -1)
			return -1;
		word = 8;
	}
	size = HEADER + block_size(&c, word);
	if (file.len < size || read_block(file.p + HEADER, &c, word, z) == -1)
		return -1;
	if (word == 8)
		read_footer((struct span){file.p + size, file.len - size}, z);
	return 0;
}
