/* SPDX-License-Identifier: MIT */
/*
 * decoder_take: what the record format asks of the members it knows, once a
 * line has been read whole.  Knows no grammar.
 */
#include <errno.h>
#include <math.h>

#include "stream/decoder_parts.h"

#define TS_MAX 253402300799.0 /* 9999-12-31: milliseconds are caught here */

/* A valid JSON object that is no record. */
static int
refuse(struct nc_err *e, const char *member, const char *why)
{
	return err_set(e, EPROTO, "not a record: %.80s %s", member, why);
}

static int
take_number(const struct decoder *d, const struct decoder_rule *rule,
    double *to, unsigned *has, struct nc_err *e)
{
	const struct token *t = &d->tokens[rule->member];
	const char *name = decoder_members[rule->member];

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

const struct decoder_rule decoder_moving[FAST_SLOTS] = {
    {M_TS, RECORD_HAS_TS, 0, TS_MAX},
    {M_UP, RECORD_HAS_UP, 0, TS_MAX},
    {M_SINCE, RECORD_HAS_SINCE, -TS_MAX, TS_MAX},
    {M_AGE, RECORD_HAS_AGE, 0, TS_MAX},
};

static int
take_numbers(const struct decoder *d, struct record *r, struct nc_err *e)
{
	static const struct decoder_rule interval = {M_INTERVAL,
	    RECORD_HAS_INTERVAL, 1e-9, TS_MAX};

	if (take_number(d, &decoder_moving[NUMBER_TS], &r->ts, &r->has, e) ==
		-1 ||
	    take_number(d, &decoder_moving[NUMBER_UP], &r->up, &r->has, e) ==
		-1 ||
	    take_number(d, &decoder_moving[NUMBER_SINCE], &r->since, &r->has,
		e) == -1 ||
	    take_number(d, &decoder_moving[NUMBER_AGE], &r->age, &r->has, e) ==
		-1 ||
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
		return refuse(e, decoder_members[m], "is not a string");
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
			return refuse(e, decoder_members[needed[i]],
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

int
decoder_take(const struct decoder *d, struct record *r, struct nc_err *e)
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
