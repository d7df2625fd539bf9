/* SPDX-License-Identifier: MIT */
/*
 * fast: the two inner loops of a predicted line.  The wide one compares 32
 * bytes at a time and turns up to 15 digits into a number without a branch a
 * digit (the multiply-add ladder is Wojciech Mula's, "SIMD-ized faster parse
 * of IPv4 and integers", 2014).  Neither knows what a line means.
 */
#include "stream/fast.h"

#include <string.h>

#include "stream/number.h"

#if defined(__x86_64__)
#	include <immintrin.h>
#	define FAST_AVX2
#endif

static const char *
read_number(const char *p, const char *end, double *v)
{
	const char *why;

	return p < end ? number_read(p, end, v, &why) : NULL;
}

static const char *
plain_head(const struct fast_head *h, const char *p, const char *end,
    double *numbers)
{
	size_t from = 0, len;

	for (unsigned i = 0;; i++) {
		len = h->end[i] - from;
		if ((size_t)(end - p) < len ||
		    memcmp(p, h->text + from, len) != 0)
			return NULL;
		p += len;
		if (i == h->slots)
			return p;
		from = h->end[i];
		if ((p = read_number(p, end, &numbers[i])) == NULL)
			return NULL;
	}
}

static size_t
plain_values(const struct layout_cell *cells, size_t n, const char **p,
    const char *end, struct record_value *values)
{
	const struct layout_cell *c = cells;
	const char *start, *next;
	size_t i;

	for (i = 0; i < n; i++, c++) {
		if ((size_t)(end - *p) < c->len ||
		    memcmp(*p, c->text, c->len) != 0)
			break;
		start = *p + c->len;
		next = read_number(start, end, &values[i].number);
		if (next == NULL)
			break;
		values[i].name = c->name;
		values[i].text = (struct span){start, (size_t)(next - start)};
		*p = next;
	}
	return i;
}

static const struct fast portable = {"portable", plain_head, plain_values};

const struct fast *
fast_portable(void)
{
	return &portable;
}

#ifdef FAST_AVX2
#	define WIDE __attribute__((target("avx2,bmi,bmi2")))

static const double tens[16] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/*
 * At most 15 digits: below 2^53, so one division rounds correctly.  All else
 * (longer, with an exponent, not a number) is read the other way.
 */
WIDE static inline __attribute__((always_inline)) const char *
wide_number(const char *start, const char *end, double *v)
{
	const __m128i nine = _mm_set1_epi8(9);
	const __m128i iota = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12, 13, 14, 15);
	const char *p = start + (*start == '-');
	__m128i d = _mm_sub_epi8(_mm_loadu_si128(
				     (const __m128i *)(const void *)p),
	    _mm_set1_epi8('0'));
	/* One bit for each byte that is no digit. */
	unsigned stop = ~(unsigned)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(_mm_min_epu8(d, nine), d));
	unsigned whole = _tzcnt_u32(stop), len = whole, fraction = 0;
	int shift = -128; /* digits up to here move right, over the point */
	__m128i index;
	uint64_t pair, w;
	double number;

	if (p[whole] == '.') {
		len = _tzcnt_u32(_blsr_u32(stop));
		fraction = len - whole - 1;
		shift = (int)whole + 1;
	}
	if (len >= 16 || whole == 0 || (whole > 1 && *p == '0') ||
	    p[len - 1] == '.' || (p[len] | 0x20) == 'e' || p + len > end)
		return read_number(start, end, v);
	/* Right-align the digits, zeros before them. */
	index = _mm_add_epi8(iota, _mm_set1_epi8((char)((int)len - 16)));
	index = _mm_add_epi8(index,
	    _mm_cmpgt_epi8(_mm_set1_epi8((char)shift), index));
	d = _mm_shuffle_epi8(d, index);
	d = _mm_maddubs_epi16(d, _mm_set1_epi16(10 | 1 << 8));
	d = _mm_madd_epi16(d, _mm_set1_epi32(100 | 1 << 16));
	d = _mm_packus_epi32(d, d);
	d = _mm_madd_epi16(d, _mm_set1_epi32(10000 | 1 << 16));
	pair = (uint64_t)_mm_cvtsi128_si64(d);
	w = (pair & UINT32_MAX) * 100000000 + (pair >> 32);
	number = (double)(int64_t)w;
	if (fraction != 0)
		number /= tens[fraction];
	*v = p == start ? number : -number;
	return p + len;
}

WIDE static const char *
wide_head(const struct fast_head *h, const char *p, const char *end,
    double *numbers)
{
	size_t from = 0, len;

	for (unsigned i = 0;; i++) {
		len = h->end[i] - from;
		if ((size_t)(end - p) < len ||
		    memcmp(p, h->text + from, len) != 0)
			return NULL;
		p += len;
		if (i == h->slots)
			return p;
		from = h->end[i];
		if (p >= end || (p = wide_number(p, end, &numbers[i])) == NULL)
			return NULL;
	}
}

WIDE static inline bool
wide_same(const char *a, const char *b, uint32_t len)
{
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)a);
	__m256i y = _mm256_loadu_si256((const __m256i *)(const void *)b);
	unsigned differ = ~(unsigned)_mm256_movemask_epi8(
	    _mm256_cmpeq_epi8(x, y));

	return _bzhi_u32(differ, len) == 0;
}

WIDE static size_t
wide_values(const struct layout_cell *cells, size_t n, const char **at,
    const char *end, struct record_value *values)
{
	const struct layout_cell *c = cells;
	const char *p = *at, *start, *next;
	size_t i;

	for (i = 0; i < n; i++, c++) {
		start = p + c->len;
		if (p >= end || !wide_same(p, c->text, c->len) || start >= end)
			break;
		if (c->len > 32 &&
		    memcmp(p + 32, c->text + 32, c->len - 32) != 0)
			break;
		next = wide_number(start, end, &values[i].number);
		if (next == NULL)
			break;
		values[i].name = c->name;
		values[i].text = (struct span){start, (size_t)(next - start)};
		p = next;
	}
	*at = p;
	return i;
}

static const struct fast wide = {"avx2", wide_head, wide_values};
#endif

const struct fast *
fast_best(void)
{
#ifdef FAST_AVX2
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	    __builtin_cpu_supports("bmi2"))
		return &wide;
#endif
	return &portable;
}
