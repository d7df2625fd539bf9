/* SPDX-License-Identifier: MIT */
/*
 * decoder_read: one line by the grammar, member by member, in any order.
 * Only collects: a member that comes twice counts as it came last, so nothing
 * is judged before the line has ended.  Allocates nothing a field.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stream/decoder_parts.h"

#define NAME_BYTES 255 /* of a metric */

const char *const decoder_members[M_COUNT] = {"v", "kind", "ts", "up", "host",
    "source", "entity", "id", "labels", "interval", "since", "quality", "age",
    "values"};

/* The length decides nearly always. */
static enum member
member_of(struct span key)
{
	static const unsigned char by_length[9][4] = {
	    {M_OTHER, M_OTHER, M_OTHER, M_OTHER},
	    {M_V, M_OTHER, M_OTHER, M_OTHER},
	    {M_TS, M_ID, M_UP, M_OTHER},
	    {M_AGE, M_OTHER, M_OTHER, M_OTHER},
	    {M_KIND, M_HOST, M_OTHER, M_OTHER},
	    {M_SINCE, M_OTHER, M_OTHER, M_OTHER},
	    {M_SOURCE, M_ENTITY, M_LABELS, M_VALUES},
	    {M_QUALITY, M_OTHER, M_OTHER, M_OTHER},
	    {M_INTERVAL, M_OTHER, M_OTHER, M_OTHER},
	};

	if (key.len > 8)
		return M_OTHER;
	for (int i = 0; i < 4 && by_length[key.len][i] != M_OTHER; i++) {
		unsigned m = by_length[key.len][i];

		if (memcmp(decoder_members[m], key.p, key.len) == 0)
			return (enum member)m;
	}
	return M_OTHER;
}

/* The text of a string.  Unescaped is never longer than escaped, so scratch
 * of the line's length is enough for all of them, and does not move. */
static struct span
text_of(struct decoder *d, struct span raw, bool escaped)
{
	char *to = d->scratch + d->scratch_len;
	size_t len;

	if (!escaped)
		return raw;
	len = scan_unescape(raw, to);
	d->scratch_len += len;
	return (struct span){to, len};
}

static bool
read_string(struct decoder *d, struct scan *s, struct span *text)
{
	struct span raw;
	bool escaped;

	if (!scan_string(s, &raw, &escaped))
		return false;
	*text = text_of(d, raw, escaped);
	return true;
}

static bool
read_key(struct decoder *d, struct scan *s, struct span *key)
{
	if (!scan_char(s, '"'))
		return scan_fail(s, "'\"' expected");
	if (!read_string(d, s, key))
		return false;
	if (!scan_char(s, ':'))
		return scan_fail(s, "':' expected");
	scan_space(s);
	return true;
}

static bool
read_token(struct decoder *d, struct scan *s, struct token *t)
{
	const char *start;

	scan_space(s);
	start = s->p;
	*t = (struct token){.number = (double)NAN};
	if (s->p < s->end && *s->p == '"') {
		t->type = SCAN_STRING;
		s->p++;
		if (!read_string(d, s, &t->text))
			return false;
	} else if (!scan_value(s, 1, &t->type, &t->number)) {
		return false;
	}
	t->raw = (struct span){start, (size_t)(s->p - start)};
	return true;
}

/* Behind the brace of an object: more members, or its end. */
static bool
read_more(struct scan *s, bool *first, bool *more)
{
	if (*first) {
		*first = false;
		*more = !scan_char(s, '}');
		return true;
	}
	*more = scan_char(s, ',');
	if (*more || scan_char(s, '}'))
		return true;
	return scan_fail(s, "',' or '}' expected");
}

static bool
read_labels(struct decoder *d, struct scan *s)
{
	struct token t;
	struct span key;
	bool first = true, more;
	size_t i;

	d->nlabels = 0;
	while (read_more(s, &first, &more) && more) {
		if (!read_key(d, s, &key) || !read_token(d, s, &t))
			return false;
		for (i = 0; i < d->nlabels; i++) {
			if (span_equal(d->labels[i].key, key))
				break;
		}
		if (i == MEMBERS_MAX) {
			d->limit = "more than 256 labels";
			continue;
		}
		d->labels[i] = (struct record_label){key, t.text};
		d->nlabels += i == d->nlabels;
	}
	return s->why == NULL;
}

void
decoder_need_values(struct decoder *d, size_t n)
{
	if (n <= d->values_cap)
		return;
	while (d->values_cap < n)
		d->values_cap = d->values_cap == 0 ? 64 : d->values_cap * 2;
	d->values = xreallocarray(d->values, d->values_cap, sizeof(*d->values));
}

/* The place of a value of that name: a new one, or the one it repeats. */
static struct record_value *
value_place(struct decoder *d, uint32_t name)
{
	uint32_t at;

	if (name >= d->seen_cap) {
		size_t cap = d->seen_cap == 0 ? 256 : d->seen_cap;

		while (cap <= name)
			cap *= 2;
		d->seen = xreallocarray(d->seen, cap, sizeof(*d->seen));
		memset(d->seen + d->seen_cap, 0,
		    (cap - d->seen_cap) * sizeof(*d->seen));
		d->seen_cap = cap;
	}
	at = d->seen[name] - d->turn;
	if (d->seen[name] >= d->turn && at < d->nvalues)
		return &d->values[at];
	decoder_need_values(d, d->nvalues + 1);
	d->seen[name] = d->turn + (uint32_t)d->nvalues;
	return &d->values[d->nvalues++];
}

/* Values of the next line get other turns than those of this one. */
void
decoder_next_turn(struct decoder *d)
{
	if (d->turn > UINT32_MAX / 2) {
		memset(d->seen, 0, d->seen_cap * sizeof(*d->seen));
		d->turn = 0;
	}
	d->turn += (uint32_t)d->nvalues + 1;
	d->nvalues = 0;
}

uint32_t *
decoder_guess(struct decoder *d)
{
	const struct span entity = d->tokens[M_ENTITY].text;
	uint32_t h = 0;

	for (size_t i = 0; i < entity.len; i++)
		h = h * 31 + (unsigned char)entity.p[i];
	return &d->guesses[h % GUESSES];
}

/* As many values as stand there under the names we expect. */
static void
read_expected(struct decoder *d, struct scan *s)
{
	const struct layout_cell *cells;
	const char *p = s->p;
	uint32_t guess;
	size_t n, got;

	d->entry = predict_find(d->predict, &d->shape);
	guess = d->entry != NULL ? d->entry->layout : *decoder_guess(d);
	if ((cells = layout_cells(d->layouts, guess, &n)) == NULL)
		return;
	decoder_need_values(d, n);
	got = d->fast->values(cells, n, &p, s->end, d->values);
	if (got == 0 || p >= s->end)
		return;
	s->p = p;
	if (got == n && *p == '}') {
		d->layout = guess;
		d->nvalues = n;
		return;
	}
	for (size_t i = 0; i < got; i++) {
		struct record_value v = d->values[i];

		*value_place(d, v.name) = v;
	}
}

static bool
read_values(struct decoder *d, struct scan *s)
{
	struct record_value *v;
	struct token t;
	struct span key;
	bool first = true, more;
	uint32_t name;

	decoder_next_turn(d);
	d->layout = 0;
	if (d->regular)
		read_expected(d, s);
	first = d->nvalues == 0;
	while (read_more(s, &first, &more) && more) {
		if (!read_key(d, s, &key) || !read_token(d, s, &t))
			return false;
		if (key.len > NAME_BYTES) {
			d->limit = "a metric name of more than 255 bytes";
			continue;
		}
		if ((name = intern_id(d->names, key)) == INTERN_NONE) {
			d->limit = "too many metric names";
			continue;
		}
		v = value_place(d, name);
		*v = (struct record_value){name, t.number, t.raw};
	}
	return s->why == NULL;
}

static bool
read_other(struct decoder *d, struct scan *s, struct span key)
{
	struct token t;
	size_t i;

	if (!read_token(d, s, &t))
		return false;
	for (i = 0; i < d->nfields; i++) {
		if (span_equal(d->fields[i].key, key))
			break;
	}
	if (i == MEMBERS_MAX) {
		d->limit = "more than 256 unknown members";
		return true;
	}
	d->fields[i] = (struct record_field){key, t.raw, t.text, t.number};
	d->nfields += i == d->nfields;
	return true;
}

/* Numbers that are different on each line. */
static void
note_number(struct decoder *d, enum member m, struct span raw)
{
	enum predict_number what;

	switch (m) {
	case M_TS:
		what = NUMBER_TS;
		break;
	case M_UP:
		what = NUMBER_UP;
		break;
	case M_SINCE:
		what = NUMBER_SINCE;
		break;
	case M_AGE:
		what = NUMBER_AGE;
		break;
	default:
		return;
	}
	if (!d->regular)
		return;
	d->shape.numbers[d->shape.n].what = what;
	d->shape.numbers[d->shape.n++].text = raw;
}

static bool
read_member(struct decoder *d, struct scan *s)
{
	struct span key;
	struct token *t;
	enum member m;

	if (!read_key(d, s, &key))
		return false;
	if ((m = member_of(key)) == M_OTHER) {
		d->regular = false;
		return read_other(d, s, key);
	}
	t = &d->tokens[m];
	if (t->type != SCAN_NONE || d->tokens[M_VALUES].type != SCAN_NONE)
		d->regular = false;
	if ((m == M_LABELS || m == M_VALUES) && s->p < s->end && *s->p == '{') {
		*t = (struct token){.type = SCAN_OBJECT};
		s->p++;
		d->shape.end = s->p;
		return m == M_LABELS ? read_labels(d, s) : read_values(d, s);
	}
	if (!read_token(d, s, t))
		return false;
	note_number(d, m, t->raw);
	return true;
}

bool
decoder_read(struct decoder *d, struct scan *s)
{
	bool first = true, more;

	if (!scan_char(s, '{'))
		return scan_fail(s,
		    s->p >= s->end ? "empty line" : "'{' expected");
	while (read_more(s, &first, &more) && more) {
		if (!read_member(d, s))
			return false;
	}
	if (s->why != NULL)
		return false;
	scan_space(s);
	if (s->p != s->end)
		return scan_fail(s, "more behind the object");
	return true;
}
