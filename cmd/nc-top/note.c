/* SPDX-License-Identifier: MIT */
/*
 * note: packs what views show of a record into one block.  Reads what the
 * record says and nothing else; decides nothing.
 */
#include "note.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metric/catalogue.h"

#define BAND_MAX 48u /* points of a forecast, as nc-analyze makes at most */
#define LINE_MAX_KEPT 4096u

struct packer {
	char *at, *end;
};

static const char *
pack(struct packer *p, struct span s)
{
	char *to = p->at;

	if (s.len == 0)
		return "";
	memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	p->at += s.len + 1;
	return to;
}

static struct span
text_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL && f->text.p != NULL ? f->text : (struct span){"", 0};
}

static double
number_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->number : (double)NAN;
}

static struct span
raw_of(const struct record *r, const char *key)
{
	const struct record_field *f = record_field(r, key);

	return f != NULL ? f->raw : (struct span){"", 0};
}

/* The member that names what a kind is about. */
static const char *
what_key(enum record_kind kind)
{
	switch (kind) {
	case RECORD_EVENT:
		return "event";
	case RECORD_GAP:
		return "reason";
	case RECORD_ERROR:
		return "code";
	case RECORD_ANOMALY:
		return "reason";
	case RECORD_CHANGE:
		return "shift";
	case RECORD_CAUSE:
		return "incident";
	case RECORD_ALERT:
		return "alert";
	case RECORD_ACTION:
		return "action";
	case RECORD_DELIVERY:
		return "channel";
	case RECORD_FORECAST:
		return "model";
	default:
		return "";
	}
}

static const char *
text_key(enum record_kind kind)
{
	switch (kind) {
	case RECORD_EVENT:
		return "detail";
	case RECORD_ERROR:
	case RECORD_DELIVERY:
		return "message";
	case RECORD_ALERT:
		return "text";
	case RECORD_ACTION:
		return "reason";
	default:
		return "explain";
	}
}

static bool
is_kept(enum record_kind kind)
{
	switch (kind) {
	case RECORD_SAMPLE:
	case RECORD_SWEEP:
	case RECORD_TICK:
	case RECORD_TREND:
	case RECORD_CORRELATION:
	case RECORD_UNKNOWN:
		return false;
	default:
		return true;
	}
}

/* Numbers of a flat list, as many as fit; what is none ends it. */
static unsigned
numbers(float *to, unsigned max, struct span raw)
{
	const char *p = raw.p, *end = raw.p + raw.len;
	char word[40], *stop;
	unsigned n = 0;
	size_t len;
	double v;

	if (raw.len == 0 || *p != '[')
		return 0;
	for (p++; n < max; p++) {
		for (len = 0; p < end && *p != ',' && *p != ']'; p++)
			if (len < sizeof(word) - 1)
				word[len++] = *p;
		word[len] = '\0';
		v = strtod(word, &stop);
		if (stop == word)
			break;
		if (fabs(v) > (double)FLT_MAX)
			v = copysign((double)FLT_MAX, v);
		to[n++] = (float)v;
		if (p >= end || *p == ']')
			break;
	}
	return n;
}

/* All three lists, as long as the shortest. */
static unsigned
bands(float to[3 * BAND_MAX], const struct record *r)
{
	static const char *const keys[] = {"p50", "low", "high"};
	float list[3][BAND_MAX];
	unsigned least = BAND_MAX, n;

	for (unsigned i = 0; i < 3; i++) {
		n = numbers(list[i], BAND_MAX, raw_of(r, keys[i]));
		least = n < least ? n : least;
	}
	for (unsigned i = 0; i < 3; i++)
		memcpy(to + i * least, list[i], least * sizeof(float));
	return least;
}

static enum severity
severity_of(struct span word)
{
	if (span_is(word, "crit"))
		return SEVERITY_CRIT;
	if (span_is(word, "warn"))
		return SEVERITY_WARN;
	return word.len != 0 ? SEVERITY_INFO : SEVERITY_NONE;
}

static enum note_state
state_of(const struct record *r)
{
	struct span word = text_of(r, "state");

	if (r->kind == RECORD_FULL || r->kind == RECORD_FORECAST)
		return NOTE_OPEN;
	if (r->kind != RECORD_ALERT && r->kind != RECORD_ANOMALY)
		return NOTE_POINT;
	if (span_is(word, "pending"))
		return NOTE_PENDING;
	if (span_is(word, "resolved") || span_is(word, "close"))
		return NOTE_CLOSED;
	/* The score of a normal sample is no matter. */
	return span_is(word, "score") ? NOTE_POINT : NOTE_OPEN;
}

static bool
is_in(struct span list, const char *word)
{
	size_t len = strlen(word);

	return list.len > len && memmem(list.p, list.len, word, len) != NULL;
}

static unsigned
flags_of(const struct record *r)
{
	struct span muted = raw_of(r, "muted"), flags = raw_of(r, "flags");
	unsigned bits = 0;

	if (muted.len > 2) /* more than an empty list */
		bits |= NOTE_MUTED;
	if (is_in(flags, "\"acked\"") || is_in(muted, "\"ack"))
		bits |= NOTE_ACKED;
	if (span_is(text_of(r, "change"), "acked"))
		bits |= NOTE_ACKED;
	if (span_is(text_of(r, "change"), "nodata") || is_in(flags, "\"nodata"))
		bits |= NOTE_NODATA;
	return bits;
}

static void
fill(struct note *n, const struct record *r)
{
	n->ts = r->ts;
	n->kind = r->kind;
	n->state = state_of(r);
	n->severity = severity_of(text_of(r, "severity"));
	n->flags = flags_of(r);
	n->onset = number_of(r, r->kind == RECORD_ALERT ? "start" : "onset");
	n->value = number_of(r, "value");
	n->limit = number_of(r, "limit");
	n->expected = number_of(r, "expected");
	n->low = number_of(r, "low");
	n->high = number_of(r, "high");
	n->soon = number_of(r, "p10");
	n->likely = number_of(r, "p50");
	n->late = number_of(r, "p90");
	n->probability = number_of(r, "probability");
	n->step = number_of(r, "step");
}

static struct span
name_of(const struct record *r)
{
	static const char *const keys[] = {"name", "vm", "container"};
	struct span s;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if ((s = record_label(r, keys[i])).len != 0)
			return s;
	return r->id.len != 0 ? r->id : r->host;
}

/* The first number an alert asked for, when it is a plain metric. */
static struct span
asked_for(const struct record *r)
{
	struct span raw = raw_of(r, "inputs"), name;
	const char *end;

	if (raw.len < 5 || raw.p[1] != '"')
		return (struct span){"", 0};
	end = memchr(raw.p + 2, '"', raw.len - 2);
	name = (struct span){raw.p + 2,
	    end != NULL ? (size_t)(end - raw.p) - 2 : 0};
	return metric_name_valid(name, NULL) ? name : (struct span){"", 0};
}

static struct note *
make(const struct record *r)
{
	struct span key = text_of(r, "fingerprint");
	struct span what = text_of(r, what_key(r->kind));
	struct span text = text_of(r, text_key(r->kind)), line = r->line;
	struct span metric = text_of(r, "metric"), unit = text_of(r, "unit");
	struct span name = name_of(r);
	float band[3 * BAND_MAX];
	struct packer p;
	struct note *n;
	unsigned nband;
	size_t size;

	nband = r->kind == RECORD_FORECAST ? bands(band, r) : 0;
	if (r->kind == RECORD_ALERT)
		metric = asked_for(r);
	if (line.len > LINE_MAX_KEPT) /* is no record any more: leave it out */
		line.len = 0;
	if (text.len > LINE_MAX_KEPT)
		text.len = LINE_MAX_KEPT;
	size = sizeof(*n) + 3 * nband * sizeof(float) + key.len + what.len +
	       text.len + metric.len + unit.len + name.len + r->host.len +
	       r->source.len + r->entity.len + r->id.len + line.len + 16;
	n = xcalloc(1, size);
	n->size = size;
	fill(n, r);
	n->nband = nband;
	n->band = (const float *)(const void *)(n + 1);
	memcpy(n + 1, band, 3 * nband * sizeof(float));
	p.at = (char *)(n + 1) + 3 * nband * sizeof(float);
	n->host = pack(&p, r->host);
	n->source = pack(&p, r->source);
	n->entity = pack(&p, r->entity);
	n->id = pack(&p, r->id);
	n->name = pack(&p, name);
	n->what = pack(&p, what);
	n->metric = pack(&p, metric);
	n->unit = pack(&p, unit);
	n->text = pack(&p, text);
	n->key = pack(&p, key);
	n->line = pack(&p, line);
	return n;
}

struct note *
note_new(const struct record *r)
{
	if (!is_kept(r->kind) || (r->has & RECORD_HAS_TS) == 0)
		return NULL;
	/* The score of a normal sample. */
	if (r->kind == RECORD_ANOMALY && state_of(r) == NOTE_POINT)
		return NULL;
	return make(r);
}

const char *
severity_letter(enum severity s)
{
	static const char *const letters[] = {".", "i", "W", "C"};

	return letters[s];
}

const char *
severity_name(enum severity s)
{
	static const char *const names[] = {"-", "info", "warn", "crit"};

	return names[s];
}
