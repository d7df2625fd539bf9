/* SPDX-License-Identifier: MIT */
/*
 * frame: a record from its parts to finished lines.  Keeps what it was told
 * until frame_end(), so that keys come out in order and the room that is left
 * on the line is known before anything is cut.  Never drops a measured value
 * of a sample: those that find no room begin another frame.
 */
#include "stream/frame.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "stream/number.h"

/* Bytes as escaped on the line.  Together with the fixed text they leave more
 * than a kilobyte of a line for values and other members. */
#define HOST_MAX 256
#define WORD_MAX 64 /* source, entity */
#define ID_MAX 1024
#define KEY_MAX 64 /* of a label or a member */
#define LABEL_MAX 256
#define LABELS_MAX 1024
#define NAME_MAX_ESCAPED 256 /* of a metric */
#define TEXT_MAX 3072
#define MS_MAX 1e14 /* seconds: their milliseconds are still exact */

struct piece { /* of a record's text buffer */
	size_t at, len;
	size_t key; /* length of the key within */
	bool text; /* a string: may be cut, not only left out */
};

struct list {
	struct piece *items; /* owned */
	size_t n, cap;
};

struct frame {
	frame_sink *sink;
	void *arg;
	struct frame_counts counts;
	struct buf origin, clock; /* as they stand on the line */
	struct buf common; /* labels of every record, escaped */
	struct list common_labels;
	unsigned common_cut;

	/* The record in hand. */
	enum record_kind kind;
	enum record_quality quality;
	double interval, since, age;
	struct buf who; /* entity and id as they stand on the line */
	struct buf text; /* what the pieces point into */
	struct list labels, members, values;
	bool has_entity;
	unsigned cut; /* how many things were cut or left out */
	struct buf head, line; /* being built */
};

struct frame *
frame_new(frame_sink *sink, void *arg)
{
	struct frame *f = xcalloc(1, sizeof(*f));

	f->sink = sink;
	f->arg = arg;
	return f;
}

void
frame_free(struct frame *f)
{
	if (f == NULL)
		return;
	buf_free(&f->origin);
	buf_free(&f->clock);
	buf_free(&f->common);
	buf_free(&f->who);
	buf_free(&f->text);
	buf_free(&f->head);
	buf_free(&f->line);
	free(f->common_labels.items);
	free(f->labels.items);
	free(f->members.items);
	free(f->values.items);
	free(f);
}

static struct piece *
list_add(struct list *l)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->items = xreallocarray(l->items, l->cap, sizeof(*l->items));
	}
	l->items[l->n] = (struct piece){0};
	return &l->items[l->n++];
}

static void
add_ascii(struct buf *b, unsigned char c)
{
	static const char shorts[] = "btn?fr";
	static const char hex[] = "0123456789abcdef";

	if (c == '"' || c == '\\') {
		buf_addc(b, '\\');
		buf_addc(b, (char)c);
	} else if (c >= 0x20) {
		buf_addc(b, (char)c);
	} else if (c >= '\b' && c <= '\r' && c != '\v') {
		buf_addc(b, '\\');
		buf_addc(b, shorts[c - '\b']);
	} else if (c == '\0') { /* refused by readers, escaped or not */
		buf_adds(b, "\xef\xbf\xbd");
	} else {
		buf_adds(b, "\\u00");
		buf_addc(b, hex[c >> 4]);
		buf_addc(b, hex[c & 15]);
	}
}

static size_t
plain_run(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return i;
}

/*
 * Appends s as it stands between quotes, at most max bytes of it and only
 * whole characters.  True when something was cut.
 */
static bool
add_escaped(struct buf *b, struct span s, size_t max)
{
	size_t start = b->len, before, n;
	uint32_t cp;

	n = plain_run(s);
	if (n > max)
		n = max;
	buf_add(b, s.p, n);
	for (s.p += n, s.len -= n; s.len != 0; s.p += n, s.len -= n) {
		before = b->len;
		n = utf8_decode(s, &cp);
		if (cp == UTF8_BAD)
			buf_adds(b, "\xef\xbf\xbd");
		else if (cp < 0x80)
			add_ascii(b, (unsigned char)*s.p);
		else
			buf_add(b, s.p, n);
		if (b->len - start > max) {
			b->len = before;
			b->data[before] = '\0';
			return true;
		}
	}
	return false;
}

static void
add_number(struct buf *b, double v)
{
	b->len += number_format(v, buf_reserve(b, NUMBER_TEXT));
}

/* At most milliseconds: more is noise, and would make every line longer. */
static void
add_seconds(struct buf *b, double v)
{
	add_number(b, fabs(v) < MS_MAX ? round(v * 1000) / 1000 : v);
}

/* ,"key":"text" */
static bool
add_string(struct buf *b, const char *key, struct span s, size_t max)
{
	bool cut;

	buf_adds(b, ",\"");
	buf_adds(b, key);
	buf_adds(b, "\":\"");
	cut = add_escaped(b, s, max);
	buf_addc(b, '"');
	return cut;
}

static void
add_seconds_member(struct buf *b, const char *key, double v)
{
	if (!isfinite(v))
		return;
	buf_adds(b, ",\"");
	buf_adds(b, key);
	buf_adds(b, "\":");
	add_seconds(b, v);
}

void
frame_origin(struct frame *f, const char *host, const char *source)
{
	buf_clear(&f->origin);
	if (host != NULL && *host != '\0')
		add_string(&f->origin, "host", span_of(host), HOST_MAX);
	if (source != NULL && *source != '\0')
		add_string(&f->origin, "source", span_of(source), WORD_MAX);
}

void
frame_clock(struct frame *f, double ts, double up)
{
	assert(isfinite(ts));
	buf_clear(&f->clock);
	add_seconds_member(&f->clock, "ts", ts);
	add_seconds_member(&f->clock, "up", up);
}

/* An id that is too long keeps its beginning and a digest of the whole: two
 * long ids must not become one.  FNV-1a, 64 bits. */
static void
add_long_id(struct buf *b, struct span id)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t start = b->len;

	for (size_t i = 0; i < id.len; i++)
		h = (h ^ (unsigned char)id.p[i]) * UINT64_C(0x100000001b3);
	add_string(b, "id", id, ID_MAX - 17);
	assert(b->len > start);
	b->len--;
	buf_addf(b, "~%016llx\"", (unsigned long long)h);
}

void
frame_begin(struct frame *f, enum record_kind kind, const char *entity,
    struct span id)
{
	size_t start;

	assert(kind < RECORD_UNKNOWN);
	f->kind = kind;
	f->quality = RECORD_GOOD;
	f->interval = f->since = f->age = (double)NAN;
	f->labels.n = f->members.n = f->values.n = 0;
	f->cut = 0;
	buf_clear(&f->text);
	buf_clear(&f->who);
	f->has_entity = entity != NULL && *entity != '\0';
	if (f->has_entity &&
	    add_string(&f->who, "entity", span_of(entity), WORD_MAX))
		f->cut++;
	start = f->who.len;
	if (id.len != 0 && add_string(&f->who, "id", id, ID_MAX)) {
		f->who.len = start;
		add_long_id(&f->who, id);
		f->cut++;
	}
}

/* "key": and what follows, as a piece of b. */
static struct piece *
begin_piece(struct buf *b, struct list *l, struct span key, size_t max)
{
	struct piece *p = list_add(l);

	p->at = b->len;
	buf_addc(b, '"');
	add_escaped(b, key, max);
	buf_adds(b, "\":");
	p->key = b->len - p->at;
	return p;
}

static void
end_piece(struct buf *b, struct piece *p)
{
	p->len = b->len - p->at;
}

static bool
same_key(const char *a, const struct piece *p, const char *b,
    const struct piece *q)
{
	return p->key == q->key && memcmp(a + p->at, b + q->at, p->key) == 0;
}

/* The latest of a key stands where the first stood. */
static void
drop_repeated(struct buf *b, struct list *l)
{
	struct piece *last = &l->items[l->n - 1];

	for (size_t i = 0; i + 1 < l->n; i++) {
		if (!same_key(b->data, &l->items[i], b->data, last))
			continue;
		l->items[i] = *last;
		l->n--;
		return;
	}
}

static bool
add_label(struct buf *b, struct list *l, const char *key, struct span value)
{
	struct piece *p = begin_piece(b, l, span_of(key), KEY_MAX);
	bool cut;

	buf_addc(b, '"');
	cut = add_escaped(b, value, LABEL_MAX);
	buf_addc(b, '"');
	end_piece(b, p);
	drop_repeated(b, l);
	return cut;
}

void
frame_label(struct frame *f, const char *key, struct span value)
{
	f->cut += add_label(&f->text, &f->labels, key, value);
}

void
frame_common_label(struct frame *f, const char *key, struct span value)
{
	if (key != NULL) {
		f->common_cut += add_label(&f->common, &f->common_labels, key,
		    value);
		return;
	}
	f->common_labels.n = 0;
	f->common_cut = 0;
	buf_clear(&f->common);
}

void
frame_interval(struct frame *f, double seconds)
{
	f->interval = seconds;
}

void
frame_since(struct frame *f, double epoch)
{
	f->since = epoch;
}

void
frame_quality(struct frame *f, enum record_quality q, double age)
{
	f->quality = q;
	f->age = age;
}

void
frame_value(struct frame *f, const char *name, double v)
{
	struct span s = span_of(name);
	struct piece *p;

	if (!isfinite(v))
		return;
	if (s.len + 3 > NAME_MAX_ESCAPED) { /* half a name is another name */
		f->cut++;
		return;
	}
	p = begin_piece(&f->text, &f->values, s, 6 * NAME_MAX_ESCAPED);
	if (p->key > NAME_MAX_ESCAPED) {
		f->values.n--;
		f->cut++;
		return;
	}
	add_number(&f->text, v);
	end_piece(&f->text, p);
}

void
frame_value_u64(struct frame *f, const char *name, uint64_t v)
{
	frame_value(f, name, (double)v);
}

void
frame_text(struct frame *f, const char *key, struct span text)
{
	struct piece *p = begin_piece(&f->text, &f->members, span_of(key),
	    KEY_MAX);

	buf_addc(&f->text, '"');
	f->cut += add_escaped(&f->text, text, TEXT_MAX);
	buf_addc(&f->text, '"');
	end_piece(&f->text, p);
	p->text = true;
	drop_repeated(&f->text, &f->members);
}

void
frame_quote(struct buf *b, struct span text, size_t max)
{
	buf_addc(b, '"');
	add_escaped(b, text, max);
	buf_addc(b, '"');
}

void
frame_raw(struct frame *f, const char *key, struct span json)
{
	struct piece *p = begin_piece(&f->text, &f->members, span_of(key),
	    KEY_MAX);

	buf_add(&f->text, json.p, json.len);
	end_piece(&f->text, p);
	drop_repeated(&f->text, &f->members);
}

void
frame_number(struct frame *f, const char *key, double v)
{
	char text[NUMBER_TEXT];

	if (isfinite(v))
		frame_raw(f, key, (struct span){text, number_format(v, text)});
}

struct frame_counts *
frame_counts(struct frame *f)
{
	return &f->counts;
}

/* One label more, while there is room for it. */
static void
put_label(struct frame *f, struct buf *to, size_t start, const char *text,
    const struct piece *p)
{
	if (to->len - start + p->len + 2 > LABELS_MAX) {
		f->cut++;
		return;
	}
	buf_addc(to, to->len == start ? '{' : ',');
	buf_add(to, text + p->at, p->len);
}

static void
put_labels(struct frame *f, struct buf *to)
{
	static const char open[] = ",\"labels\":";
	const struct list *own = &f->labels, *common = &f->common_labels;
	size_t start, i, k;

	buf_adds(to, open);
	start = to->len;
	for (i = 0; f->has_entity && i < common->n; i++) {
		for (k = 0; k < own->n; k++) {
			if (same_key(f->common.data, &common->items[i],
				f->text.data, &own->items[k]))
				break;
		}
		if (k == own->n)
			put_label(f, to, start, f->common.data,
			    &common->items[i]);
	}
	for (k = 0; k < own->n; k++)
		put_label(f, to, start, f->text.data, &own->items[k]);
	if (to->len == start)
		to->len -= sizeof(open) - 1;
	else
		buf_addc(to, '}');
}

static void
put_head(struct frame *f)
{
	static const char *const qualities[] = {"", "stale", "partial",
	    "estimated"};
	struct buf *to = &f->head;

	buf_clear(to);
	buf_adds(to, "{\"v\":1,\"kind\":\"");
	buf_adds(to, record_kind_name(f->kind));
	buf_addc(to, '"');
	buf_add(to, f->clock.data, f->clock.len);
	buf_add(to, f->origin.data, f->origin.len);
	buf_add(to, f->who.data, f->who.len);
	put_labels(f, to);
	add_seconds_member(to, "interval", f->interval);
	add_seconds_member(to, "since", f->since);
	if (f->quality != RECORD_GOOD) {
		add_string(to, "quality", span_of(qualities[f->quality]),
		    WORD_MAX);
		add_seconds_member(to, "age", f->age);
	}
}

static struct piece *
longest(struct list *l)
{
	struct piece *most = NULL;

	for (size_t i = 0; i < l->n; i++) {
		if (l->items[i].len != 0 &&
		    (most == NULL || l->items[i].len > most->len))
			most = &l->items[i];
	}
	return most;
}

/* Shortens a member that is a string by at least over bytes, or leaves it
 * out.  It is escaped already: a cut never divides an escape. */
static void
shorten(const char *text, struct piece *p, size_t over)
{
	const char *s = text + p->at + p->key + 1;
	size_t have = p->len - p->key - 2, keep = 0, n;

	if (!p->text || have <= over) {
		p->len = 0;
		return;
	}
	for (;;) {
		n = 1;
		if (s[keep] == '\\')
			n = s[keep + 1] == 'u' ? 6 : 2;
		while (keep + n < have && (s[keep + n] & 0xc0) == 0x80)
			n++;
		if (keep + n > have - over)
			break;
		keep += n;
	}
	p->len = p->key + keep + 2;
}

static size_t
sum(const struct list *l)
{
	size_t all = 0;

	for (size_t i = 0; i < l->n; i++)
		all += l->items[i].len + 1;
	return all;
}

/*
 * Makes the members fit, the longest giving way first.  A sample's values
 * may follow in further frames: one must find room here.  Other records have
 * theirs on this line, and lose the last ones when even that cannot be.
 */
static void
fit(struct frame *f)
{
	static const char fixed[] =
	    ",\"truncated\":4294967295,\"values\":{}}\n";
	size_t room = FRAME_LINE_MAX - sizeof(fixed) - f->head.len;
	size_t values = NAME_MAX_ESCAPED + NUMBER_TEXT, members;
	struct piece *p;

	if (f->kind != RECORD_SAMPLE) {
		for (; (values = sum(&f->values)) > room; f->cut++)
			f->values.n--;
	}
	room -= values;
	members = sum(&f->members);
	while (members > room && (p = longest(&f->members)) != NULL) {
		members -= p->len;
		shorten(f->text.data, p, members + p->len - room);
		members += p->len;
		f->cut++;
	}
}

static void
put_members(struct frame *f, struct buf *to)
{
	for (size_t i = 0; i < f->members.n; i++) {
		struct piece *p = &f->members.items[i];

		if (p->len == 0)
			continue;
		buf_addc(to, ',');
		buf_add(to, f->text.data + p->at, p->len - p->text);
		if (p->text)
			buf_addc(to, '"');
	}
}

/* Values from number at on, as many as find room; returns the next one. */
static size_t
put_values(struct frame *f, struct buf *to, size_t at)
{
	const struct piece *p = f->values.items;
	bool first = true;

	if (f->kind != RECORD_SAMPLE && f->values.n == 0)
		return 0;
	buf_adds(to, ",\"values\":{");
	for (; at < f->values.n; at++) {
		if (to->len + p[at].len + 4 > FRAME_LINE_MAX)
			break;
		if (!first)
			buf_addc(to, ',');
		first = false;
		buf_add(to, f->text.data + p[at].at, p[at].len);
	}
	buf_addc(to, '}');
	return at;
}

int
frame_end(struct frame *f)
{
	size_t at = 0;
	bool sample = f->kind == RECORD_SAMPLE;

	assert(f->clock.len != 0);
	f->cut += f->has_entity ? f->common_cut : 0;
	put_head(f);
	fit(f);
	f->counts.records++;
	f->counts.samples += sample;
	f->counts.values += sample ? f->values.n : 0;
	do {
		struct buf *to = &f->line;

		buf_clear(to);
		buf_add(to, f->head.data, f->head.len);
		if (at == 0)
			put_members(f, to);
		if (at == 0 && f->cut != 0)
			buf_addf(to, ",\"truncated\":%u", f->cut);
		at = put_values(f, to, at);
		buf_adds(to, "}\n");
		assert(to->len <= FRAME_LINE_MAX);
		if (f->sink(f->arg, to->data, to->len) != 0)
			return -1;
	} while (at < f->values.n);
	return 0;
}

size_t
frame_format(double v, char *to)
{
	return number_format(v, to);
}
