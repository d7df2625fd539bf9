/* SPDX-License-Identifier: MIT */
/*
 * expr_token: words of the configuration grammar cut into what expressions
 * are made of: numbers with their units, names, operators.  Never allocates.
 */
#include "base/parse.h"
#include "expr_priv.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of the number at the front of s, without its unit. */
static size_t
digits(struct span s)
{
	size_t n = 0, m;

	while (n < s.len && is_digit(s.p[n]))
		n++;
	if (n + 1 < s.len && s.p[n] == '.' && is_digit(s.p[n + 1]))
		for (n++; n < s.len && is_digit(s.p[n]); n++)
			;
	if (n < s.len && (s.p[n] == 'e' || s.p[n] == 'E')) {
		m = n + 1;
		if (m < s.len && (s.p[m] == '+' || s.p[m] == '-'))
			m++;
		if (m < s.len && is_digit(s.p[m]))
			for (n = m; n < s.len && is_digit(s.p[n]); n++)
				;
	}
	return n;
}

/* A number and its unit: 10% 5GiB 250ms 3m 1e6. */
static void
take_number(struct span s, struct expr_token *t)
{
	size_t n = digits(s), m = n;
	uint64_t bytes;

	while (m < s.len && is_letter(s.p[m]))
		m++;
	if (m == n && m < s.len && s.p[m] == '%')
		m++;
	t->text = (struct span){s.p, m};
	t->after = t->offset + m;
	t->kind = TOKEN_NUMBER;
	if (m == n && parse_number(t->text, &t->number, NULL) == 0)
		return;
	if (m == n + 1 && s.p[n] == '%' &&
	    parse_number((struct span){s.p, n}, &t->number, NULL) == 0) {
		t->number /= 100;
		return;
	}
	if (m > n && parse_duration(t->text, &t->number, NULL) == 0) {
		t->time = true;
		return;
	}
	if (m > n && parse_size(t->text, &bytes, NULL) == 0) {
		t->number = (double)bytes;
		return;
	}
	t->kind = TOKEN_BAD;
}

static void
take_word(struct span s, struct expr_token *t)
{
	size_t n = 0;

	if (is_digit(s.p[0])) {
		take_number(s, t);
		return;
	}
	if (is_letter(s.p[0])) {
		while (n < s.len &&
		       (is_letter(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '.'))
			n++;
		t->kind = TOKEN_NAME;
	} else {
		n = 1;
		t->kind = memchr("+-*/%", s.p[0], 5) != NULL ? TOKEN_MARK
							     : TOKEN_BAD;
	}
	t->text = (struct span){s.p, n};
	t->after = t->offset + n;
}

struct expr_token
expr_token_at(const struct config_token *words, size_t n, size_t at,
    size_t offset)
{
	struct expr_token t = {.kind = TOKEN_END, .word = at, .offset = offset};
	const struct config_token *w;

	if (at >= n)
		return t;
	w = &words[at];
	t.text = (struct span){w->text, w->len};
	t.after = w->len;
	switch (w->kind) {
	case LEX_STRING:
		t.kind = TOKEN_STRING;
		break;
	case LEX_SELECTOR:
		t.kind = TOKEN_SELECTOR;
		break;
	case LEX_WORD:
		t.text = (struct span){w->text + offset, w->len - offset};
		take_word(t.text, &t);
		break;
	default:
		t.kind = TOKEN_MARK;
	}
	return t;
}
