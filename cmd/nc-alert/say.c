/* SPDX-License-Identifier: MIT */
/*
 * say: texts in pieces, a literal or something to fill in.  Never fails at
 * the moment of an alert, never shows a number that is not known.
 */
#include "say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "metric/format.h"
#include "stream/frame.h"

enum filter { FILTER_NONE, FILTER_PCT, FILTER_BYTES, FILTER_DUR, FILTER_RAW };

struct piece {
	char *text; /* literal, or what stood in the braces */
	struct expr *value; /* NULL: a literal */
	enum filter filter;
	bool name; /* may be a label */
};

struct say {
	struct piece *pieces;
	size_t count;
};

static struct piece *
add_piece(struct say *s, struct span text)
{
	s->pieces = xreallocarray(s->pieces, s->count + 1, sizeof(*s->pieces));
	s->pieces[s->count] = (struct piece){
	    .text = xmemdup0(text.p, text.len)};
	return &s->pieces[s->count++];
}

static int
parse_filter(struct span word, enum filter *filter, struct nc_err *e)
{
	static const struct {
		const char *name;
		enum filter filter;
	} filters[] = {{"pct", FILTER_PCT}, {"bytes", FILTER_BYTES},
	    {"dur", FILTER_DUR}, {"raw", FILTER_RAW}};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (span_is(word, filters[i].name)) {
			*filter = filters[i].filter;
			return 0;
		}
	return err_set(e, 0,
	    "unknown filter '%.*s', expected pct, bytes, dur"
	    " or raw",
	    SPAN_ARG(word));
}

static bool
is_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '_')
			return false;
	return s.len > 0;
}

/* What stands between braces. */
static int
parse_hole(struct say *s, struct span in, struct nc_err *e)
{
	struct span what, filter;
	struct piece *p;
	enum filter f = FILTER_NONE;

	if (str_cut(in, '|', &what, &filter) &&
	    parse_filter(str_trim(filter), &f, e) == -1)
		return -1;
	what = str_trim(what);
	p = add_piece(s, what);
	p->filter = f;
	p->name = is_name(what);
	p->value = expr_parse(what, EXPR_NUMBER, e);
	if (p->value == NULL)
		return err_where(e, "{%.*s}", SPAN_ARG(what));
	return 0;
}

struct say *
say_parse(const char *text, struct nc_err *e)
{
	struct say *s = xcalloc(1, sizeof(*s));
	struct span rest = span_of(text);
	const char *open, *close;

	while (rest.len > 0) {
		open = memchr(rest.p, '{', rest.len);
		if (open == NULL) {
			add_piece(s, rest);
			return s;
		}
		if (open > rest.p)
			add_piece(s,
			    (struct span){rest.p, (size_t)(open - rest.p)});
		if ((close = strchr(open, '}')) == NULL) {
			err_set(e, 0, "'{' without its '}'");
			goto bad;
		}
		if (parse_hole(s,
			(struct span){open + 1, (size_t)(close - open - 1)},
			e) == -1)
			goto bad;
		rest = span_of(close + 1);
	}
	return s;
bad:
	say_free(s);
	return NULL;
}

void
say_free(struct say *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->pieces[i].text);
		expr_free(s->pieces[i].value);
	}
	free(s->pieces);
	free(s);
}

void
say_each(const struct say *s, void (*each)(struct expr *x, void *arg),
    void *arg)
{
	for (size_t i = 0; s != NULL && i < s->count; i++)
		if (s->pieces[i].value != NULL)
			each(s->pieces[i].value, arg);
}

static bool
add_label(const struct selector_subject *at, const char *name, struct buf *out)
{
	struct span value = {NULL, 0};

	if (strcmp(name, "host") == 0)
		value = at->host;
	else if (strcmp(name, "id") == 0)
		value = at->id;
	else if (strcmp(name, "source") == 0)
		value = at->source;
	else if (strcmp(name, "entity") == 0)
		value = at->entity;
	else
		for (size_t i = 0; i < at->nlabels; i++)
			if (span_is(at->labels[i].key, name))
				value = at->labels[i].value;
	if (value.len == 0)
		return false;
	buf_add(out, value.p, value.len);
	return true;
}

static void
add_value(const struct piece *p, double v, struct buf *out)
{
	char text[FORMAT_MAX];

	if (!isfinite(v)) {
		buf_adds(out, "never");
		return;
	}
	switch (p->filter) {
	case FILTER_PCT:
		format_value(text, v, UNIT_RATIO, false);
		break;
	case FILTER_BYTES:
		format_value(text, v, UNIT_BYTES, false);
		break;
	case FILTER_DUR:
		format_duration(text, v);
		break;
	case FILTER_RAW:
		text[frame_format(v, text)] = '\0';
		break;
	default:
		if (p->name)
			format_metric(text, v, span_of(p->text));
		else
			format_value(text, v, UNIT_NONE, false);
	}
	buf_adds(out, text);
}

void
say_render(const struct say *s, const struct expr_env *env, void *at,
    struct buf *out)
{
	const struct selector_subject *who = env->subject(env->arg, at);
	const struct piece *p;
	struct expr_value v;

	for (p = s->pieces; p < s->pieces + s->count; p++) {
		if (p->value == NULL) {
			buf_adds(out, p->text);
			continue;
		}
		if (p->name && add_label(who, p->text, out))
			continue;
		v = expr_eval(p->value, env, at);
		who = env->subject(env->arg, at);
		if (expr_known(v))
			add_value(p, v.lo, out);
		else
			buf_addf(out, "?%s", p->text);
	}
}
