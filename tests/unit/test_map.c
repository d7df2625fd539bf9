/* SPDX-License-Identifier: MIT */
/* Unit tests of hash, map and intern. */
#include "base/map.h"

#include <stdlib.h>

#include "base/intern.h"
#include "base/mem.h"
#include "tap.h"

static unsigned freed;

static void
count_free(void *value)
{
	freed++;
	free(value);
}

/* What the authors' reference code gives with c = 1, d = 3, key 00..0f, over
 * the bytes 00..(n-1), n = 0..8. */
static void
test_hash(void)
{
	struct hash_seed a, b;
	struct hash_seed key = {UINT64_C(0x0706050403020100),
	    UINT64_C(0x0f0e0d0c0b0a0908)};
	static const uint64_t want[] = {
	    UINT64_C(0xabac0158050fc4dc),
	    UINT64_C(0xc9f49bf37d57ca93),
	    UINT64_C(0x82cb9b024dc7d44d),
	    UINT64_C(0x8bf80ab8e7ddf7fb),
	    UINT64_C(0xcf75576088d38328),
	    UINT64_C(0xdef9d52f49533b67),
	    UINT64_C(0xc50d2b50c59f22a7),
	    UINT64_C(0xd3927d989bb11140),
	    UINT64_C(0x369095118d299a8e),
	};
	unsigned char bytes[16];
	int good = 1;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	for (size_t n = 0; n < sizeof(want) / sizeof(want[0]); n++)
		good &= hash_bytes(&key, bytes, n) == want[n];
	OK(good, "SipHash-1-3 test vectors");
	a = hash_seed_random();
	b = hash_seed_random();
	OK(a.k0 != b.k0 && a.k1 != b.k1, "two seeds differ");
	OK(hash_bytes(&a, "x", 1) != hash_bytes(&b, "x", 1),
	    "the seed decides the hash");
}

static struct span
number_key(char *to, size_t size, unsigned i)
{
	return (struct span){to, (size_t)snprintf(to, size, "key%u", i)};
}

static void
test_order(void)
{
	struct map *m = map_new(&(struct hash_seed){1, 2});
	struct span key;
	char text[32], order[64] = "";
	uint32_t cursor = 0;
	void *value;
	int a = 1, b = 2, c = 3;

	OK(map_get(m, span_of("a")) == NULL, "empty: nothing found");
	OK(map_delete(m, span_of("a")) == NULL, "empty: nothing deleted");
	OK(map_set(m, span_of("b"), &b) == NULL, "first set: no old value");
	map_set(m, span_of("a"), &a);
	map_set(m, span_of("c"), &c);
	map_set(m, (struct span){NULL, 0}, &a);
	OK(map_set(m, span_of("b"), &c) == &b, "set again: the old value");
	OK(map_get(m, (struct span){"", 0}) == &a, "the empty key is a key");
	while (map_next(m, &cursor, &key, &value)) {
		snprintf(text, sizeof(text), "%.*s,", SPAN_ARG(key));
		strcat(order, text);
	}
	SAME(order, "b,a,c,,", "walked in insertion order");
	OK(map_delete(m, span_of("a")) == &a, "deleted: its value");
	OK(map_get(m, span_of("a")) == NULL && map_count(m) == 3, "gone");
	map_set(m, span_of("a"), &a);
	cursor = 0;
	order[0] = '\0';
	while (map_next(m, &cursor, &key, NULL)) {
		snprintf(text, sizeof(text), "%.*s,", SPAN_ARG(key));
		strcat(order, text);
		map_delete(m, key);
	}
	SAME(order, "b,c,,a,", "deleting the entry in hand");
	OK(map_count(m) == 0, "all deleted");
	map_free(m, NULL);
	map_free(NULL, NULL);
}

/* Every operation against a plain array, with churn, for both the rebuild
 * in place and the growth. */
static void
test_churn(void)
{
	enum { KEYS = 3000, STEPS = 60000 };
	struct map *m = map_new(NULL);
	struct span key;
	static bool in[KEYS];
	static int values[KEYS];
	uint64_t random = 88172645463325252u;
	uint32_t count = 0;
	unsigned k;
	char text[32];
	int good = 1;

	for (int step = 0; step < STEPS; step++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		k = (unsigned)(random % KEYS);
		key = number_key(text, sizeof(text), k);
		good &= map_get(m, key) == (in[k] ? &values[k] : NULL);
		if (in[k]) {
			good &= map_delete(m, key) == &values[k];
			count--;
		} else {
			good &= map_set(m, key, &values[k]) == NULL;
			count++;
		}
		in[k] = !in[k];
		good &= map_count(m) == count;
	}
	OK(good, "60,000 additions and deletions as in a plain array");
	for (k = 0; k < KEYS; k++)
		good &= map_get(m, number_key(text, sizeof(text), k)) ==
			(in[k] ? &values[k] : NULL);
	OK(good, "all that is left is found");
	map_free(m, NULL);

	m = map_new(NULL);
	for (k = 0; k < 100; k++)
		map_set(m, number_key(text, sizeof(text), k), xmalloc(1));
	map_clear(m, count_free);
	OK(freed == 100 && map_count(m) == 0, "cleared values are handed over");
	map_set(m, span_of("x"), xmalloc(1));
	map_free(m, count_free);
	OK(freed == 101, "freed values are handed over");
}

static void
test_intern(void)
{
	struct intern *it = intern_new(0), *small = intern_new(2);
	const char *first;
	char text[32];
	int good = 1;

	OK(intern_id(it, span_of("cpu_seconds_total")) == 0, "first is 0");
	OK(intern_id(it, span_of("mem")) == 1, "second is 1");
	first = intern_str(it, 0);
	for (unsigned i = 0; i < 20000; i++)
		good &= intern_id(it, number_key(text, sizeof(text), i)) ==
			i + 2;
	OK(good, "dense numbers");
	OK(intern_str(it, 0) == first, "strings never move");
	OK(span_is(intern_span(it, 1), "mem"), "span of a number");
	OK(intern_id(it, span_of("mem")) == 1, "found again");
	OK(intern_find(it, span_of("memo")) == INTERN_NONE, "find never adds");
	OK(intern_find(it, (struct span){"a\0b", 3}) == INTERN_NONE,
	    "NUL is a byte");
	OK(intern_count(it) == 20002, "count");
	intern_id(small, span_of("a"));
	intern_id(small, span_of("b"));
	OK(intern_id(small, span_of("c")) == INTERN_NONE, "full");
	OK(intern_id(small, span_of("b")) == 1, "full, yet known ones answer");
	intern_free(small);
	intern_free(it);
	intern_free(NULL);
}

int
main(void)
{
	test_hash();
	test_order();
	test_churn();
	test_intern();
	return tap_done();
}
