/* SPDX-License-Identifier: MIT */
/*
 * emit: alert records.  Ids are digests of what they name, so that the same
 * input gives the same ids whenever and wherever it is evaluated.
 */
#include "emit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "metric/format.h"

static const char *const change_names[] = {
    [CHANGE_OPENED] = "opened",
    [CHANGE_SEVERITY] = "severity",
    [CHANGE_RESOLVED] = "resolved",
    [CHANGE_REMOVED] = "removed",
    [CHANGE_NODATA] = "nodata",
};

/* The first 64 bits of the digest of some texts, each with its NUL. */
static void
make_id(char id[EMIT_ID_SIZE], const char *const *texts)
{
	unsigned char sum[DIGEST_SHA256];
	struct digest *d = digest_begin();
	struct buf hex = {0};

	for (; *texts != NULL; texts++)
		digest_add(d, (struct span){*texts, strlen(*texts) + 1});
	digest_end(d, sum);
	digest_hex((struct span){(const char *)sum, 8}, &hex);
	memcpy(id, hex.data, EMIT_ID_SIZE);
	buf_free(&hex);
}

static void
put_ids(struct frame *f, const struct emit_change *c)
{
	const struct subject *s = c->subject;
	char print[EMIT_ID_SIZE], episode[EMIT_ID_SIZE], event[EMIT_ID_SIZE];
	char start[40], seq[16];

	snprintf(start, sizeof(start), "%.3f", c->machine->start);
	snprintf(seq, sizeof(seq), "%u", c->machine->seq);
	make_id(print, (const char *const[]){c->rule->name, s->host, s->entity,
			   s->id, NULL});
	make_id(episode, (const char *const[]){print, start, NULL});
	make_id(event,
	    (const char *const[]){episode, seq, change_names[c->change], NULL});
	frame_text(f, "fingerprint", span_of(print));
	frame_text(f, "episode", span_of(episode));
	frame_text(f, "event_id", span_of(event));
	frame_number(f, "seq", c->machine->seq);
}

/* The entity's labels, and over them the rule's. */
static void
put_labels(struct frame *f, const struct rule *rule,
    const struct selector_subject *who)
{
	for (size_t i = 0; i < who->nlabels; i++) {
		const struct record_label *l = &who->labels[i];
		bool ours = false;

		for (size_t k = 0; k < rule->nlabels; k++)
			ours = ours || span_is(l->key, rule->labels[k].key);
		if (!ours)
			frame_label(f, l->key.p, l->value);
	}
	for (size_t k = 0; k < rule->nlabels; k++)
		frame_label(f, rule->labels[k].key,
		    span_of(rule->labels[k].value));
}

/* The level that a record is about: of the severity it has, or had. */
static const struct rule_level *
level_of(const struct emit_change *c)
{
	int8_t s = c->machine->severity;

	if (s == MACHINE_CALM)
		s = c->machine->was;
	if (s == MACHINE_CALM || c->rule->levels[s].when == NULL)
		for (s = SEVERITIES - 1;
		     s > 0 && c->rule->levels[s].when == NULL; s--)
			;
	return &c->rule->levels[s];
}

/* The metric a condition is first of all about, NULL when there is none. */
static const struct expr_input *
main_input(const struct expr *x)
{
	const struct expr_input *in;

	for (size_t i = 0; (in = expr_input(x, i)) != NULL; i++)
		if (in->metric != NULL)
			return in;
	return NULL;
}

static void
put_number(struct frame *f, const char *key, struct expr_value v)
{
	if (expr_known(v))
		frame_number(f, key, v.lo);
}

/* Of what is made of an input; "" when it is none of ours. */
static const char *
unit_of(const struct expr_input *in)
{
	switch (in->function) {
	case EXPR_LEVEL: /* of eta() */
	case EXPR_FULL:
	case EXPR_AGE:
		return metric_unit_name(UNIT_SECONDS);
	case EXPR_COUNT:
	case EXPR_CHANGES:
	case EXPR_RESETS:
	case EXPR_ANOMALY:
	case EXPR_CAUSE:
	case EXPR_PRESENT:
	case EXPR_ABSENT:
		return "";
	default:
		return metric_unit_name(metric_unit_of(span_of(in->metric)));
	}
}

static void
put_values(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct rule_level *l = level_of(c);
	const struct expr_env *env = fleet_env(fleet);
	const struct expr_input *in = main_input(l->when);
	struct expr_value is, limit, clear;
	void *at = (void *)(uintptr_t)c->subject;

	if (!expr_sides(l->when, env, at, &is, &limit))
		return;
	put_number(f, "value", is);
	if (in != NULL && *unit_of(in) != '\0')
		frame_text(f, "unit", span_of(unit_of(in)));
	put_number(f, "limit", limit);
	if (l->until != NULL && expr_sides(l->until, env, at, &is, &clear))
		put_number(f, "clear", clear);
}

/* What an operator reads when the rule has no text of its own. */
static void
own_text(struct fleet *fleet, const struct emit_change *c, struct buf *b)
{
	const struct rule_level *l = level_of(c);
	const struct expr_input *in = main_input(l->when);
	const struct subject *s = c->subject;
	struct expr_value is, limit;
	char text[FORMAT_MAX];

	buf_addf(b, "%s: %s", c->rule->name, s->host);
	if (strcmp(s->entity, "host") != 0)
		buf_addf(b, " %s %s", s->entity, s->id);
	if (!expr_sides(l->when, fleet_env(fleet), (void *)(uintptr_t)s, &is,
		&limit) ||
	    in == NULL)
		return;
	buf_addf(b, ": %s ", in->metric);
	if (expr_known(is)) {
		format_metric(text, is.lo, span_of(in->metric));
		buf_adds(b, text);
	} else
		buf_adds(b, "unknown");
	if (expr_known(limit)) {
		format_metric(text, limit.lo, span_of(in->metric));
		buf_addf(b, " (limit %s)", text);
	}
}

static void
put_text(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	struct buf b = {0};

	if (c->rule->say != NULL)
		say_render(c->rule->say, fleet_env(fleet),
		    (void *)(uintptr_t)c->subject, &b);
	else
		own_text(fleet, c, &b);
	if (b.len > 0)
		frame_text(f, "text", buf_span(&b));
	buf_free(&b);
	if (c->rule->runbook != NULL)
		frame_text(f, "runbook", span_of(c->rule->runbook));
}

/* The numbers it was decided on, those that are known. */
static void
put_inputs(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct expr *x = level_of(c)->when;
	const struct expr_env *env = fleet_env(fleet);
	const struct expr_input *in;
	struct buf b = {0}, name = {0};
	char number[32];
	double v;

	for (size_t i = 0; (in = expr_input(x, i)) != NULL; i++) {
		if (in->over != NULL ||
		    env->input(env->arg, (void *)(uintptr_t)c->subject, in,
			&v) != EXPR_FOUND ||
		    !isfinite(v)) /* never has no number */
			continue;
		buf_clear(&name);
		buf_addc(&name, '"');
		expr_input_text(in, &name);
		buf_adds(&name, "\":");
		if (b.len > 0 && strstr(b.data, name.data) != NULL)
			continue; /* asked for twice */
		buf_addf(&b, "%c%s%.*s", b.len == 0 ? '{' : ',', name.data,
		    (int)frame_format(v, number), number);
	}
	if (b.len > 0) {
		buf_addc(&b, '}');
		frame_raw(f, "inputs", buf_span(&b));
	}
	buf_free(&name);
	buf_free(&b);
}

int
emit_alert(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct machine *m = c->machine;
	const struct subject *s = c->subject;
	bool firing = m->severity != MACHINE_CALM;
	int8_t severity = firing ? m->severity : m->was;

	frame_origin(f, s->host, "nc-alert");
	frame_clock(f, c->now, (double)NAN);
	frame_begin(f, RECORD_ALERT, s->entity, span_of(s->id));
	put_labels(f, c->rule, fleet_subject(fleet, s));
	frame_text(f, "alert", span_of(c->rule->name));
	put_ids(f, c);
	frame_text(f, "state", span_of(firing ? "firing" : "resolved"));
	frame_text(f, "change", span_of(change_names[c->change]));
	frame_text(f, "severity",
	    span_of(severity_name((enum severity)severity)));
	if (firing && m->was != MACHINE_CALM && m->seq > 0)
		frame_text(f, "was",
		    span_of(severity_name((enum severity)m->was)));
	frame_number(f, "start", m->start);
	put_values(f, fleet, c);
	put_text(f, fleet, c);
	frame_raw(f, "flags",
	    span_of(c->change == CHANGE_NODATA ? "[\"nodata\"]" : "[]"));
	put_inputs(f, fleet, c);
	return frame_end(f);
}
