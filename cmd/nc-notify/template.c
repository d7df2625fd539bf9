/* SPDX-License-Identifier: MIT */
/*
 * template: pieces of text and fields.  All that can be wrong is found while
 * parsing; expanding cannot fail, only leave a field empty.
 */
#include "template.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "channel.h"
#include "metric/format.h"

#define PIECES_MAX 256u
#define FILTERS_MAX 8u
#define TRUNC_MAX 65536u

enum filter_kind {
	FILTER_UPPER,
	FILTER_LOWER,
	FILTER_TRUNC,
	FILTER_ELSE,
	FILTER_PCT,
	FILTER_BYTES,
	FILTER_DUR,
	FILTER_TS,
	FILTER_JSON,
	FILTER_URL,
	FILTER_LINE
};

static const char *const filter_names[] = {"upper", "lower", "trunc", "else",
    "pct", "bytes", "dur", "ts", "json", "url", "line", NULL};

struct filter {
	enum filter_kind kind;
	size_t n; /* of trunc */
	char *text; /* of else; owned */
};

/* Text, or a field with its filters. */
struct piece {
	char *text; /* or the field's name; owned */
	bool field;
	struct filter filters[FILTERS_MAX];
	size_t nfilters;
};

struct template
{
	struct piece *pieces;
	size_t n;
};

/* --- reading -------------------------------------------------------------- */

static struct piece *
add_piece(struct template *t, char *text, bool field)
{
	t->pieces = xreallocarray(t->pieces, t->n + 1, sizeof(*t->pieces));
	t->pieces[t->n] = (struct piece){.text = text, .field = field};
	return &t->pieces[t->n++];
}

static int
read_argument(struct span s, struct filter *f, struct nc_err *e)
{
	uint64_t n;

	s = str_trim(s);
	if (f->kind == FILTER_TRUNC) {
		if (parse_unsigned(s, TRUNC_MAX, &n, NULL) == -1 || n == 0)
			return err_set(e, 0,
			    "\"trunc %.*s\": expected a number of characters",
			    SPAN_ARG(s));
		f->n = (size_t)n;
		return 0;
	}
	if (f->kind == FILTER_ELSE) {
		if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
		    s.p[s.len - 1] == s.p[0])
			s = (struct span){s.p + 1, s.len - 2};
		f->text = xmemdup0(s.len != 0 ? s.p : "", s.len);
		return 0;
	}
	return s.len == 0 ? 0
			  : err_set(e, 0, "\"%s\" takes no argument",
				filter_names[f->kind]);
}

static int
read_filter(struct span s, struct piece *p, struct nc_err *e)
{
	struct filter *f = &p->filters[p->nfilters];
	struct span word;
	int kind;

	s = str_trim(s);
	if (!str_word(&s, &word))
		return err_set(e, 0, "expected a filter behind |");
	if (p->nfilters == FILTERS_MAX)
		return err_set(e, 0, "more than %u filters", FILTERS_MAX);
	if (parse_choice(word, filter_names, &kind, e) == -1)
		return -1;
	*f = (struct filter){.kind = (enum filter_kind)kind};
	p->nfilters++;
	return read_argument(s, f, e);
}

static int
read_field(struct template *t, struct span s, struct nc_err *e)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	struct piece *p;
	struct span name, rest, one;
	bool more = str_cut(s, '|', &name, &rest);

	name = str_trim(name);
	for (size_t i = 0; i < name.len; i++)
		if (strchr(word, name.p[i]) == NULL)
			return err_set(e, 0, "\"{%.*s}\": expected a field",
			    SPAN_ARG(s));
	if (name.len == 0)
		return err_set(e, 0, "\"{%.*s}\": expected a field",
		    SPAN_ARG(s));
	p = add_piece(t, xmemdup0(name.p, name.len), true);
	while (more && str_item(&rest, '|', &one))
		if (read_filter(one, p, e) == -1)
			return -1;
	return 0;
}

static int
read_all(struct template *t, const char *s, struct nc_err *e)
{
	struct buf text = {0};
	const char *end;
	int rc = 0;

	while (rc == 0 && *s != '\0') {
		if ((*s == '{' || *s == '}') && s[1] == *s) {
			buf_addc(&text, *s);
			s += 2;
		} else if (*s == '}') {
			rc = err_set(e, 0, "} without {, expected }}");
		} else if (*s != '{') {
			buf_addc(&text, *s++);
		} else if ((end = strchr(s, '}')) == NULL) {
			rc = err_set(e, 0, "{ without }, expected {{");
		} else {
			if (text.len != 0)
				add_piece(t, buf_take(&text), false);
			rc = read_field(t,
			    (struct span){s + 1, (size_t)(end - s) - 1}, e);
			s = end + 1;
		}
		if (rc == 0 && t->n > PIECES_MAX)
			rc = err_set(e, 0, "more than %u fields", PIECES_MAX);
	}
	if (rc == 0 && text.len != 0)
		add_piece(t, buf_take(&text), false);
	buf_free(&text);
	return rc;
}

struct template *
template_parse(const char *text, struct nc_err *e)
{
	struct template *t = xcalloc(1, sizeof(*t));

	if (utf8_valid(span_of(text)) ? read_all(t, text, e) == 0
				      : err_set(e, 0, "not UTF-8") == 0)
		return t;
	template_free(t);
	return NULL;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->pieces[i].text);
		for (size_t k = 0; k < t->pieces[i].nfilters; k++)
			free(t->pieces[i].filters[k].text);
	}
	free(t->pieces);
	free(t);
}

/* --- fields --------------------------------------------------------------- */

static void
add_number(struct buf *b, double v)
{
	if (isfinite(v))
		buf_addf(b, "%.15g", v);
}

/* Numbers as digits: filters make them fit to read. */
static bool
add_number_field(const struct sending *s, struct span name, struct buf *b)
{
	const struct alert *a = s->alert;
	const struct {
		const char *name;
		double v;
	} numbers[] = {
	    {"value", a->value},
	    {"limit", a->limit},
	    {"ts", a->ts},
	    {"start", a->start},
	    {"seq", a->seq},
	    {"late", s->late},
	    {"count", (double)s->nalerts},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (span_is(name, numbers[i].name)) {
			add_number(b, numbers[i].v);
			return true;
		}
	return false;
}

static void
add_field(const struct sending *s, struct span name, struct buf *b)
{
	const struct alert *a = s->alert;
	const struct {
		const char *name;
		struct span v;
	} texts[] = {
	    {"title", s->title},
	    {"lines", s->text},
	    {"id", a->id},
	    {"message", s->id},
	    {"thread", s->thread},
	    {"text", a->text},
	    {"runbook", a->runbook},
	    {"unit", a->unit},
	    {"incident", a->incident},
	    {"episode", a->episode},
	    {"fingerprint", a->fingerprint},
	    {"event_id", a->event_id},
	    {"flags", a->flags},
	};
	struct span v;

	if (add_number_field(s, name, b))
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (span_is(name, texts[i].name)) {
			buf_add(b, texts[i].v.p, texts[i].v.len);
			return;
		}
	if (str_starts(name, "label.")) {
		name.p += strlen("label.");
		name.len -= strlen("label.");
	}
	v = alert_field(a, name);
	buf_add(b, v.p, v.len);
}

/* --- filters -------------------------------------------------------------- */

/* As many whole characters, the last an ellipsis when something is cut. */
static void
truncate_text(struct span s, size_t n, struct buf *to)
{
	struct span rest = s;
	size_t at = 0, count = 0, step;
	uint32_t cp;

	while (rest.len != 0 && count < n) {
		step = utf8_decode(rest, &cp);
		rest = (struct span){rest.p + step, rest.len - step};
		if (++count < n)
			at = s.len - rest.len;
	}
	if (rest.len == 0) {
		buf_add(to, s.p, s.len);
		return;
	}
	buf_add(to, s.p, at);
	buf_adds(to, "\xe2\x80\xa6");
}

/* What is no number stays as it is. */
static void
show_number(enum filter_kind kind, struct span s, struct buf *to)
{
	char text[FORMAT_MAX];
	double v;
	size_t n;

	if (parse_number(s, &v, NULL) == -1) {
		buf_add(to, s.p, s.len);
		return;
	}
	if (kind == FILTER_TS) {
		zone_format(NULL, v, 0, to);
		return;
	}
	if (kind == FILTER_DUR)
		n = format_duration(text, v);
	else
		n = format_value(text, v,
		    kind == FILTER_PCT ? UNIT_RATIO : UNIT_BYTES, false);
	buf_add(to, text, n);
}

static void
escape_json(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_addf(to, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buf_addf(to, "\\u%04x", c);
		else
			buf_addc(to, (char)c);
	}
}

/* RFC 3986: the unreserved ones stand for themselves. */
static void
escape_url(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_addc(to, (char)c);
		else
			buf_addf(to, "%%%02X", c);
	}
}

static void
each_byte(enum filter_kind kind, struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (kind == FILTER_UPPER && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (kind == FILTER_LOWER && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		else if (kind == FILTER_LINE && (unsigned char)c < ' ')
			c = ' ';
		buf_addc(to, c);
	}
}

static void
apply(const struct filter *f, struct span s, struct buf *to)
{
	switch (f->kind) {
	case FILTER_UPPER:
	case FILTER_LOWER:
	case FILTER_LINE:
		each_byte(f->kind, s, to);
		break;
	case FILTER_TRUNC:
		truncate_text(s, f->n, to);
		break;
	case FILTER_ELSE:
		if (s.len != 0)
			buf_add(to, s.p, s.len);
		else
			buf_adds(to, f->text);
		break;
	case FILTER_JSON:
		escape_json(s, to);
		break;
	case FILTER_URL:
		escape_url(s, to);
		break;
	default:
		show_number(f->kind, s, to);
	}
}

/* --- expanding ------------------------------------------------------------ */

static void
expand_field(const struct piece *p, const struct sending *s,
    template_escape *escape, struct buf *b)
{
	struct buf from = {0}, to = {0}, swap;

	add_field(s, span_of(p->text), &from);
	/* A field may carry anything that a record may; messages are text. */
	utf8_repair(&to, buf_span(&from));
	for (size_t i = 0; i < p->nfilters; i++) {
		swap = from;
		from = to;
		to = swap;
		buf_clear(&to);
		apply(&p->filters[i], buf_span(&from), &to);
	}
	if (escape != NULL)
		escape(b, buf_span(&to));
	else
		buf_add(b, to.data, to.len);
	buf_free(&from);
	buf_free(&to);
}

void
template_expand(const struct template *t, const struct sending *s,
    template_escape *escape, struct buf *b)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->pieces[i].field)
			expand_field(&t->pieces[i], s, escape, b);
		else
			buf_adds(b, t->pieces[i].text);
}

void
template_sample(const struct template *t, struct buf *b)
{
	for (size_t i = 0; i < t->n; i++)
		buf_adds(b, t->pieces[i].field ? "x" : t->pieces[i].text);
}
