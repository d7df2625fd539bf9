/* SPDX-License-Identifier: MIT */
/*
 * decoder: one line to one record by a strict single pass.  The grammar comes
 * first (scan), then what the record format asks of the members it knows.
 * A member that comes twice counts as it came last, so nothing is judged
 * before the line has ended.  Builds no tree, allocates nothing a field.
 */
#include "stream/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stream/predict.h"
#include "stream/scan.h"

#define MEMBERS_MAX 256 /* labels, and members that we do not know */
#define NAME_BYTES 255 /* of a metric */
#define TS_MAX 253402300799.0 /* 9999-12-31: milliseconds are caught here */

enum member {
	M_V,
	M_KIND,
	M_TS,
	M_UP,
	M_HOST,
	M_SOURCE,
	M_ENTITY,
	M_ID,
	M_LABELS,
	M_INTERVAL,
	M_SINCE,
	M_QUALITY,
	M_AGE,
	M_VALUES,
	M_COUNT,
	M_OTHER = M_COUNT
};

static const char *const member_names[M_COUNT] = {"v", "kind", "ts", "up",
    "host", "source", "entity", "id", "labels", "interval", "since", "quality",
    "age", "values"};

struct token {
	enum scan_type type;
	struct span raw, text;
	double number;
};

#define GUESSES 16u

struct decoder {
	struct intern *names; /* borrowed */
	const struct fast *fast;
	struct layouts *layouts; /* owned */
	struct predict *predict; /* owned */
	uint32_t guesses[GUESSES]; /* latest layout, by entity */

	/* The line in hand. */
	struct token tokens[M_COUNT];
	struct record_label *labels; /* MEMBERS_MAX; a value {NULL, 0} is bad */
	size_t nlabels;
	struct record_field *fields; /* MEMBERS_MAX */
	size_t nfields;
	struct record_value *values; /* owned; a number NAN is bad */
	size_t nvalues, values_cap;
	uint32_t *seen; /* by name: the number of its value, plus turn */
	size_t seen_cap;
	uint32_t turn;
	char *scratch; /* unescaped text */
	size_t scratch_len, scratch_cap;
	const char *limit; /* a literal: which of our limits the line breaks */
	uint32_t layout; /* of the values, when it is known already */
	/* Its form is one that can be remembered: known members, each once,
	 * the values last. */
	bool regular;
	struct predict_shape shape;
	struct predict_entry *entry; /* borrowed from predict */
};

struct decoder *
decoder_new(struct intern *names)
{
	struct decoder *d = xcalloc(1, sizeof(*d));

	d->names = names;
	d->fast = fast_best();
	d->layouts = layout_new(names);
	d->predict = predict_new();
	d->labels = xcalloc(MEMBERS_MAX, sizeof(*d->labels));
	d->fields = xcalloc(MEMBERS_MAX, sizeof(*d->fields));
	return d;
}

void
decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	layout_free(d->layouts);
	predict_free(d->predict);
	free(d->labels);
	free(d->fields);
	free(d->values);
	free(d->seen);
	free(d->scratch);
	free(d);
}

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

		if (memcmp(member_names[m], key.p, key.len) == 0)
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

static void
need_values(struct decoder *d, size_t n)
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
	need_values(d, d->nvalues + 1);
	d->seen[name] = d->turn + (uint32_t)d->nvalues;
	return &d->values[d->nvalues++];
}

/* Values of the next line get other turns than those of this one. */
static void
next_turn(struct decoder *d)
{
	if (d->turn > UINT32_MAX / 2) {
		memset(d->seen, 0, d->seen_cap * sizeof(*d->seen));
		d->turn = 0;
	}
	d->turn += (uint32_t)d->nvalues + 1;
	d->nvalues = 0;
}

static uint32_t *
guess_of(struct decoder *d)
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
	guess = d->entry != NULL ? d->entry->layout : *guess_of(d);
	if ((cells = layout_cells(d->layouts, guess, &n)) == NULL)
		return;
	need_values(d, n);
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

	next_turn(d);
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

static bool
read_line(struct decoder *d, struct scan *s)
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

/* A valid JSON object that is no record. */
static int
refuse(struct nc_err *e, const char *member, const char *why)
{
	return err_set(e, EPROTO, "not a record: %.80s %s", member, why);
}

struct number_rule {
	enum member member;
	unsigned has;
	double low, high;
};

static int
take_number(const struct decoder *d, const struct number_rule *rule, double *to,
    unsigned *has, struct nc_err *e)
{
	const struct token *t = &d->tokens[rule->member];
	const char *name = member_names[rule->member];

	*to = (double)NAN;
	if (t->type == SCAN_NONE)
		return 0;
	if (t->type != SCAN_NUMBER)
		return refuse(e, name, "is not a number");
	if (t->number < rule->low || t->number > rule->high)
		return refuse(e, name, "is out of range");
	*to = t->number;
	*has |= rule->has;
	return 0;
}

/* By enum predict_number. */
static const struct number_rule moving[] = {
    {M_TS, RECORD_HAS_TS, 0, TS_MAX},
    {M_UP, RECORD_HAS_UP, 0, TS_MAX},
    {M_SINCE, RECORD_HAS_SINCE, -TS_MAX, TS_MAX},
    {M_AGE, RECORD_HAS_AGE, 0, TS_MAX},
};

static int
take_numbers(const struct decoder *d, struct record *r, struct nc_err *e)
{
	static const struct number_rule interval = {M_INTERVAL,
	    RECORD_HAS_INTERVAL, 1e-9, TS_MAX};

	if (take_number(d, &moving[NUMBER_TS], &r->ts, &r->has, e) == -1 ||
	    take_number(d, &moving[NUMBER_UP], &r->up, &r->has, e) == -1 ||
	    take_number(d, &moving[NUMBER_SINCE], &r->since, &r->has, e) ==
		-1 ||
	    take_number(d, &moving[NUMBER_AGE], &r->age, &r->has, e) == -1 ||
	    take_number(d, &interval, &r->interval, &r->has, e) == -1)
		return -1;
	if ((r->has & RECORD_HAS_TS) == 0)
		return refuse(e, "ts", "is missing");
	return 0;
}

static int
take_string(const struct decoder *d, enum member m, struct span *to,
    struct nc_err *e)
{
	const struct token *t = &d->tokens[m];

	if (t->type != SCAN_NONE && t->type != SCAN_STRING)
		return refuse(e, member_names[m], "is not a string");
	*to = t->text;
	return 0;
}

static int
take_strings(const struct decoder *d, struct record *r, struct nc_err *e)
{
	static const char *const names[] = {"stale", "partial", "estimated"};
	struct span quality = {NULL, 0};

	if (take_string(d, M_HOST, &r->host, e) == -1 ||
	    take_string(d, M_SOURCE, &r->source, e) == -1 ||
	    take_string(d, M_ENTITY, &r->entity, e) == -1 ||
	    take_string(d, M_ID, &r->id, e) == -1 ||
	    take_string(d, M_QUALITY, &quality, e) == -1)
		return -1;
	r->quality = RECORD_GOOD;
	if (d->tokens[M_QUALITY].type == SCAN_NONE)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		if (span_is(quality, names[i])) {
			r->quality = (enum record_quality)(i + 1);
			return 0;
		}
	}
	return refuse(e, "quality", "is none we know");
}

static int
take_labels(const struct decoder *d, struct record *r, struct nc_err *e)
{
	enum scan_type type = d->tokens[M_LABELS].type;

	if (type == SCAN_NONE)
		return 0;
	if (type != SCAN_OBJECT)
		return refuse(e, "labels", "is not an object");
	for (size_t i = 0; i < d->nlabels; i++) {
		if (d->labels[i].value.p == NULL)
			return refuse(e, "a label", "is not a string");
	}
	r->labels = d->labels;
	r->nlabels = d->nlabels;
	return 0;
}

static int
take_values(const struct decoder *d, struct record *r, struct nc_err *e)
{
	enum scan_type type = d->tokens[M_VALUES].type;

	if (type == SCAN_NONE)
		return 0;
	if (type != SCAN_OBJECT)
		return refuse(e, "values", "is not an object");
	for (size_t i = 0; i < d->nvalues; i++) {
		if (isnan(d->values[i].number))
			return refuse(e,
			    intern_str(d->names, d->values[i].name),
			    "is not a number");
	}
	r->values = d->values;
	r->nvalues = d->nvalues;
	return 0;
}

/* A sample without identity could be taken for another one. */
static int
check_sample(const struct decoder *d, const struct record *r, struct nc_err *e)
{
	static const enum member needed[] = {M_HOST, M_SOURCE, M_ENTITY, M_ID};

	if (r->kind != RECORD_SAMPLE)
		return 0;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (d->tokens[needed[i]].text.len == 0)
			return refuse(e, member_names[needed[i]],
			    "of a sample is missing");
	}
	if (d->tokens[M_VALUES].type == SCAN_NONE)
		return refuse(e, "values", "of a sample is missing");
	return 0;
}

static int
take_version(const struct decoder *d, struct record *r, struct nc_err *e)
{
	const struct token *v = &d->tokens[M_V];

	if (v->type == SCAN_NONE)
		return refuse(e, "v", "is missing");
	if (v->type != SCAN_NUMBER || v->number < 1 ||
	    v->number != floor(v->number))
		return refuse(e, "v", "is not a version");
	if (v->number > 1)
		r->has |= RECORD_NEWER_VERSION;
	return 0;
}

static int
take_record(const struct decoder *d, struct record *r, struct nc_err *e)
{
	if (take_version(d, r, e) == -1)
		return -1;
	r->ts = r->up = r->interval = r->since = r->age = (double)NAN;
	r->kind = RECORD_UNKNOWN;
	if ((r->has & RECORD_NEWER_VERSION) != 0)
		return 0;
	if (d->limit != NULL)
		return err_set(e, EPROTO, "not a record: %s", d->limit);
	if (take_string(d, M_KIND, &r->kind_name, e) == -1)
		return -1;
	if (r->kind_name.len == 0)
		return refuse(e, "kind", "is missing");
	r->kind = record_kind_of(r->kind_name);
	r->fields = d->fields;
	r->nfields = d->nfields;
	if (take_numbers(d, r, e) == -1 || take_strings(d, r, e) == -1 ||
	    take_labels(d, r, e) == -1 || take_values(d, r, e) == -1)
		return -1;
	return check_sample(d, r, e);
}

static struct span
strip(const char *line, size_t len)
{
	if (len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	if (len != 0 && line[len - 1] == '\r')
		len--;
	return (struct span){line, len};
}

/*
 * The line as it is expected: the bytes of a line that was whole and valid,
 * with other numbers, each of them checked.  Whatever is unexpected says
 * nothing about the line.
 */
static bool
read_predicted(struct decoder *d, struct span line, struct record *r)
{
	const char *p = line.p, *end = p + line.len;
	const struct layout_cell *cells;
	double read[FAST_SLOTS], numbers[FAST_SLOTS] = {(double)NAN,
				     (double)NAN, (double)NAN, (double)NAN};
	struct predict_entry *n;
	size_t nvalues;
	uint32_t layout;

	if ((n = predict_next(d->predict, &layout)) == NULL ||
	    (cells = layout_cells(d->layouts, layout, &nvalues)) == NULL ||
	    (p = d->fast->head(&n->head, p, end, read)) == NULL)
		return false;
	need_values(d, nvalues);
	if (d->fast->values(cells, nvalues, &p, end, d->values) != nvalues ||
	    p + 2 != end || p[0] != '}' || p[1] != '}')
		return false;
	for (unsigned i = 0; i < n->head.slots; i++) {
		const struct number_rule *rule = &moving[n->what[i]];

		if (!(read[i] >= rule->low && read[i] <= rule->high))
			return false;
		numbers[n->what[i]] = read[i];
	}
	predict_hit(d->predict);
	*r = (struct record){
	    .kind = RECORD_SAMPLE,
	    .quality = n->quality,
	    .has = n->has,
	    .ts = numbers[NUMBER_TS],
	    .up = numbers[NUMBER_UP],
	    .interval = n->interval,
	    .since = numbers[NUMBER_SINCE],
	    .age = numbers[NUMBER_AGE],
	    .kind_name = n->kind_name,
	    .host = n->host,
	    .source = n->source,
	    .entity = n->entity,
	    .id = n->id,
	    .labels = n->labels,
	    .nlabels = n->nlabels,
	    .values = d->values,
	    .nvalues = nvalues,
	    .line = line,
	    .layout = layout,
	    .hint = &n->hint,
	};
	return true;
}

/* A sample that came otherwise: what to expect next time. */
static void
remember(struct decoder *d, struct record *r)
{
	struct predict_entry *n;

	if (r->kind != RECORD_SAMPLE)
		return;
	if (d->layout == 0)
		d->layout = layout_id(d->layouts, r->values, r->nvalues);
	r->layout = d->layout;
	if (!d->regular)
		return;
	*guess_of(d) = d->layout;
	n = predict_seen(d->predict, &d->shape, d->entry, r, d->layout);
	if (n != NULL)
		r->hint = &n->hint;
}

static void
reset(struct decoder *d, struct span line)
{
	size_t len = line.len;

	memset(d->tokens, 0, sizeof(d->tokens));
	d->regular = true;
	d->shape.start = line.p;
	d->shape.n = 0;
	d->entry = NULL;
	d->layout = 0;
	d->nlabels = d->nfields = 0;
	next_turn(d);
	d->scratch_len = 0;
	d->limit = NULL;
	if (len > d->scratch_cap) {
		free(d->scratch);
		d->scratch_cap = len < 4096 ? 4096 : len;
		d->scratch = xmalloc(d->scratch_cap);
	}
}

static int
read_strictly(struct decoder *d, const char *line, struct span text,
    struct record *r, struct nc_err *e)
{
	struct record whole = {.line = text};
	struct scan s = {text.p, text.p + text.len, NULL};

	reset(d, text);
	if (!read_line(d, &s))
		return err_set(e, EBADMSG, "not JSON: %s at byte %zu", s.why,
		    (size_t)(s.p - line) + 1);
	if (take_record(d, &whole, e) == -1)
		return -1;
	remember(d, &whole);
	*r = whole;
	return 0;
}

int
decoder_line(struct decoder *d, const char *line, size_t len, struct record *r,
    struct nc_err *e)
{
	struct span text = strip(line, len);

	if (read_predicted(d, text, r))
		return 0;
	return read_strictly(d, line, text, r, e);
}
