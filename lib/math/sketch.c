/* SPDX-License-Identifier: MIT */
/*
 * sketch: a value v > 0 is counted in bucket ceil(log(v) / log(gamma)) with
 * gamma = (1 + error) / (1 - error); negative values in buckets of their own,
 * what is next to 0 in one.  Buckets stand in a dense array that grows; far
 * below the largest values they are put together, which costs exactness of
 * the smallest quantiles only (section 2.2 of the paper).
 */
#include "math/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

/* A side: 1 % over 17 decades; the paper's 2048 over 17.8. */
#define BUCKETS_MAX 2048
/* Smaller magnitudes are 0. */
#define SMALLEST 1e-300

struct side {
	uint32_t *counts; /* owned */
	int32_t first; /* index of counts[0] */
	uint32_t n, room;
};

struct sketch {
	double gamma, scale; /* 1 / log(gamma) */
	double low, high;
	uint64_t count, zeros;
	struct side above, below; /* of 0 */
};

struct sketch *
sketch_new(double error)
{
	struct sketch *s = xcalloc(1, sizeof(*s));

	s->gamma = (1 + error) / (1 - error);
	s->scale = 1 / log(s->gamma);
	return s;
}

void
sketch_free(struct sketch *s)
{
	if (s == NULL)
		return;
	free(s->above.counts);
	free(s->below.counts);
	free(s);
}

void
sketch_clear(struct sketch *s)
{
	s->count = s->zeros = 0;
	s->above.n = s->below.n = 0;
}

/* Makes [first, first + n) the span of the side; what lies below is put
 * together in its first bucket.  It ends where it ended, or later. */
static void
span_side(struct side *d, int32_t first, uint32_t n)
{
	uint32_t shift;

	if (n > d->room) {
		d->room = n + n / 2 < BUCKETS_MAX ? n + n / 2 : BUCKETS_MAX;
		d->counts = xreallocarray(d->counts, d->room,
		    sizeof(*d->counts));
	}
	if (d->n == 0) {
		memset(d->counts, 0, n * sizeof(*d->counts));
	} else if (first <= d->first) {
		shift = (uint32_t)(d->first - first);
		memmove(d->counts + shift, d->counts,
		    d->n * sizeof(*d->counts));
		memset(d->counts, 0, shift * sizeof(*d->counts));
		memset(d->counts + shift + d->n, 0,
		    (n - shift - d->n) * sizeof(*d->counts));
	} else {
		uint64_t lost = 0;
		uint32_t keep;

		shift = (uint32_t)(first - d->first);
		for (uint32_t i = 0; i < shift && i < d->n; i++)
			lost += d->counts[i];
		keep = shift < d->n ? d->n - shift : 0;
		memmove(d->counts, d->counts + (d->n - keep),
		    keep * sizeof(*d->counts));
		memset(d->counts + keep, 0, (n - keep) * sizeof(*d->counts));
		lost += d->counts[0];
		d->counts[0] = lost < UINT32_MAX ? (uint32_t)lost : UINT32_MAX;
	}
	d->first = first;
	d->n = n;
}

static void
count_side(struct side *d, int32_t index, uint32_t n)
{
	int32_t first = d->first, last = d->first + (int32_t)d->n - 1;
	uint32_t *at;

	if (d->n == 0)
		first = last = index;
	if (d->n == 0 || index < first || index > last) {
		first = index < first ? index : first;
		last = index > last ? index : last;
		if (last - first >= BUCKETS_MAX)
			first = last - BUCKETS_MAX + 1;
		if (d->n == 0 || first != d->first || index > d->first)
			span_side(d, first, (uint32_t)(last - first) + 1);
		if (index < first)
			index = first;
	}
	at = &d->counts[index - d->first];
	*at = *at < UINT32_MAX - n ? *at + n : UINT32_MAX;
}

static int32_t
index_of(const struct sketch *s, double magnitude)
{
	return (int32_t)ceil(log(magnitude) * s->scale);
}

void
sketch_add(struct sketch *s, double v)
{
	if (s->count++ == 0)
		s->low = s->high = v;
	s->low = v < s->low ? v : s->low;
	s->high = v > s->high ? v : s->high;
	if (v > SMALLEST)
		count_side(&s->above, index_of(s, v), 1);
	else if (v < -SMALLEST)
		count_side(&s->below, index_of(s, -v), 1);
	else
		s->zeros++;
}

static void
merge_side(struct side *to, const struct side *from)
{
	for (uint32_t i = from->n; i-- > 0;)
		if (from->counts[i] != 0)
			count_side(to, from->first + (int32_t)i,
			    from->counts[i]);
}

void
sketch_merge(struct sketch *to, const struct sketch *from)
{
	if (from->count == 0)
		return;
	if (to->count == 0) {
		to->low = from->low;
		to->high = from->high;
	}
	to->low = fmin(to->low, from->low);
	to->high = fmax(to->high, from->high);
	to->count += from->count;
	to->zeros += from->zeros;
	merge_side(&to->above, &from->above);
	merge_side(&to->below, &from->below);
}

/* What stands for a bucket: within the error of all that is in it. */
static double
middle(const struct sketch *s, const struct side *d, uint32_t i)
{
	double index = (double)d->first + (double)i;

	return 2 * exp(index / s->scale) / (1 + s->gamma);
}

static double
find_rank(const struct sketch *s, double rank)
{
	double seen = 0;

	for (uint32_t i = s->below.n; i-- > 0;)
		if ((seen += s->below.counts[i]) > rank)
			return -middle(s, &s->below, i);
	if ((seen += (double)s->zeros) > rank)
		return 0;
	for (uint32_t i = 0; i < s->above.n; i++)
		if ((seen += s->above.counts[i]) > rank)
			return middle(s, &s->above, i);
	return s->high;
}

double
sketch_quantile(const struct sketch *s, double q)
{
	if (s->count == 0)
		return (double)NAN;
	return fmin(fmax(find_rank(s, q * (double)(s->count - 1)), s->low),
	    s->high);
}

uint64_t
sketch_count(const struct sketch *s)
{
	return s->count;
}

/* --- as text ----------------------------------------------------------------- */

/* Empty buckets in a row that are cheaper as commas than as a new run. */
#define COMMAS 6
/* No double has a logarithm beyond this, at any error allowed. */
#define INDEX_MOST (INT32_MAX / 2)

static void
put_bucket(char sign, int64_t index, uint32_t n, int64_t *next, struct buf *b)
{
	if (*next == INT64_MIN || index < *next || index - *next > COMMAS) {
		buf_addf(b, "%s%c%lld:%u", b->len != 0 ? " " : "", sign,
		    (long long)index, n);
	} else {
		for (; *next <= index; ++*next)
			buf_addc(b, ',');
		buf_addf(b, "%u", n);
	}
	*next = index + 1;
}

bool
sketch_put(const struct sketch *s, uint32_t *cursor, size_t max, struct buf *b)
{
	const struct side *d;
	int64_t next = INT64_MIN;
	uint32_t at;

	b->len = 0;
	if (*cursor == 0 && s->zeros != 0)
		buf_addf(b, "z%llu", (unsigned long long)s->zeros);
	/* The zeros are the first of all. */
	if (*cursor == 0)
		++*cursor;
	for (; *cursor <= s->above.n + s->below.n && b->len < max; ++*cursor) {
		at = *cursor - 1;
		d = at < s->above.n ? &s->above : &s->below;
		if (d == &s->below)
			at -= s->above.n;
		if (at == 0)
			next = INT64_MIN;
		if (d->counts[at] != 0)
			put_bucket(d == &s->above ? 'p' : 'n',
			    (int64_t)d->first + at, d->counts[at], &next, b);
	}
	return b->len != 0;
}

/* "-12:4,,7" */
static bool
take_run(struct sketch *s, struct side *d, struct span run)
{
	struct span first, rest, item;
	int64_t index;
	uint64_t n;

	if (!str_cut(run, ':', &first, &rest) ||
	    parse_integer(first, -INDEX_MOST, INDEX_MOST, &index, NULL) == -1)
		return false;
	for (; str_item(&rest, ',', &item); index++) {
		if (item.len == 0)
			continue;
		if (parse_unsigned(item, UINT32_MAX, &n, NULL) == -1)
			return false;
		count_side(d, (int32_t)index, (uint32_t)n);
		s->count += n;
	}
	return true;
}

bool
sketch_take(struct sketch *s, struct span text, double low, double high)
{
	struct span word;
	uint64_t n;
	char sort;

	s->low = s->count == 0 ? low : fmin(s->low, low);
	s->high = s->count == 0 ? high : fmax(s->high, high);
	while (str_word(&text, &word)) {
		sort = word.p[0];
		word.p++;
		word.len--;
		if (sort == 'z') {
			if (parse_unsigned(word, UINT64_MAX / 2, &n, NULL) ==
			    -1)
				return false;
			s->zeros += n;
			s->count += n;
		} else if ((sort != 'p' && sort != 'n') ||
			   !take_run(s, sort == 'p' ? &s->above : &s->below,
			       word)) {
			return false;
		}
	}
	return true;
}

/* --- as bytes ---------------------------------------------------------------- */

static void
save_side(const struct side *d, struct buf *b)
{
	pack_u64(b, d->n);
	pack_u64(b, (uint64_t)(int64_t)d->first);
	for (uint32_t i = 0; i < d->n; i++)
		pack_u64(b, d->counts[i]);
}

void
sketch_save(const struct sketch *s, struct buf *b)
{
	pack_u64(b, s->count);
	pack_u64(b, s->zeros);
	pack_f64(b, s->low);
	pack_f64(b, s->high);
	save_side(&s->above, b);
	save_side(&s->below, b);
}

static void
load_side(struct side *d, struct pack_in *u)
{
	uint32_t n = (uint32_t)pack_get_count(u, BUCKETS_MAX);
	int64_t first = (int64_t)pack_get_u64(u);

	if (u->failed || first < -INDEX_MOST || first > INDEX_MOST) {
		u->failed = true;
		return;
	}
	d->n = 0;
	if (n != 0)
		span_side(d, (int32_t)first, n);
	for (uint32_t i = 0; i < n; i++)
		d->counts[i] = (uint32_t)pack_get_count(u, UINT32_MAX);
}

bool
sketch_load(struct sketch *s, struct pack_in *u)
{
	s->count = pack_get_u64(u);
	s->zeros = pack_get_u64(u);
	s->low = pack_get_f64(u);
	s->high = pack_get_f64(u);
	load_side(&s->above, u);
	load_side(&s->below, u);
	return !u->failed;
}
