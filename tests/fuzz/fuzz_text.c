/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: untrusted text.  Input up to the first LF is a pattern, the
 * rest is text: repaired and escaped text is valid and cannot drive a
 * terminal, a pattern takes a bounded time, order is an order.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/str.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int fact)
{
	if (!fact)
		abort();
}

static void
unicode(struct span s)
{
	struct buf repaired = {0}, escaped = {0};
	struct span cut;
	size_t columns = 0, n;
	uint32_t cp;

	utf8_repair(&repaired, s);
	must(utf8_valid(buf_span(&repaired)));
	if (utf8_valid(s))
		must(span_equal(s, buf_span(&repaired)));
	utf8_escape(&escaped, s);
	must(utf8_valid(buf_span(&escaped)));
	for (size_t i = 0; i < escaped.len; i += n) {
		n = utf8_decode((struct span){escaped.data + i,
				    escaped.len - i},
		    &cp);
		must(cp != UTF8_BAD && utf8_printable(cp));
		columns += (size_t)utf8_width(cp);
	}
	must(utf8_columns(s) == columns);
	cut = utf8_cut(buf_span(&repaired), repaired.len / 2);
	must(utf8_valid(cut) && cut.len <= repaired.len / 2 &&
	     cut.len + 4 > repaired.len / 2);
	buf_free(&repaired);
	buf_free(&escaped);
}

static void
patterns(struct span pattern, struct span s)
{
	struct nc_err e;
	struct span item, rest = s;
	size_t items = 0, separators = 0;
	int order = str_natural(pattern, s), back = str_natural(s, pattern);

	glob_match(pattern, s);
	if (glob_is_literal(pattern))
		must(glob_match(pattern, s) == span_equal(pattern, s) &&
		     glob_check(pattern, &e) == 0);
	must((order < 0) == (back > 0) && (order == 0) == (back == 0));
	must((order == 0) == span_equal(pattern, s));
	while (str_item(&rest, ',', &item))
		items++;
	for (size_t i = 0; i < s.len; i++)
		separators += s.p[i] == ',';
	must(s.p == NULL || items == separators + 1);
}

static void
digests(struct span s)
{
	struct buf there = {0}, back = {0};

	digest_base64(s, &there);
	must(digest_unbase64(buf_span(&there), &back) &&
	     span_equal(buf_span(&back), s));
	buf_clear(&there);
	buf_clear(&back);
	if (digest_unbase64(s, &back)) {
		digest_base64(buf_span(&back), &there);
		must(span_equal(buf_span(&there), s));
	}
	buf_free(&there);
	buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = {(const char *)data, size}, pattern, s;

	if (size > 4096)
		return 0;
	str_cut(in, '\n', &pattern, &s);
	unicode(in);
	patterns(pattern, s);
	digests(in);
	return 0;
}
