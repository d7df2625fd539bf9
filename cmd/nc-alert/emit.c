/* SPDX-License-Identifier: MIT */
/* emit: alert records, from what is known at the moment they are made. */
#include "emit.h"

#include <math.h>
#include <string.h>

#include "metric/format.h"

static void
put_ids(struct frame *f, const struct episode *ep, enum machine_change change)
{
	char event[EPISODE_ID_SIZE];

	episode_event(event, ep, change);
	frame_text(f, "fingerprint", span_of(ep->fingerprint));
	frame_text(f, "episode", span_of(ep->id));
	frame_text(f, "event_id", span_of(event));
	frame_number(f, "seq", ep->seq);
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

/* The level that a record is about: of the severity it has, or had; NULL
 * when the rule is no more. */
static const struct rule_level *
level_of(const struct emit_change *c)
{
	const struct rule *rule = c->episode->rule;
	int8_t s = c->episode->severity;

	if (rule->levels[s].when == NULL)
		for (s = SEVERITIES - 1; s > 0 && rule->levels[s].when == NULL;
		     s--)
			;
	return rule->levels[s].when != NULL ? &rule->levels[s] : NULL;
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
	case EXPR_CONFIDENCE:
	case EXPR_CERTAINTY:
	case EXPR_NOW:
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
	const struct expr_input *in = l != NULL ? expr_side_input(l->when)
						: NULL;
	struct expr_value is, limit, clear;
	void *at = (void *)(uintptr_t)c->subject;

	if (l == NULL || !expr_sides(l->when, env, at, &is, &limit))
		return;
	put_number(f, "value", is);
	if (in != NULL && *unit_of(in) != '\0')
		frame_text(f, "unit", span_of(unit_of(in)));
	put_number(f, "limit", limit);
	if (l->until != NULL && expr_sides(l->until, env, at, &is, &clear))
		put_number(f, "clear", clear);
}

/* A side of a comparison: in the unit of what is compared; a calculation has
 * none that is known. */
static void
format_side(char text[FORMAT_MAX], const struct expr *x, double v)
{
	const struct expr_input *in = expr_side_input(x);

	if (in == NULL || *unit_of(in) == '\0')
		format_value(text, v, UNIT_NONE, false);
	else if (strcmp(unit_of(in), metric_unit_name(UNIT_SECONDS)) == 0)
		format_duration(text, v);
	else
		format_metric(text, v, span_of(in->metric));
}

/* What an operator reads when the rule has no text of its own. */
static void
own_text(struct fleet *fleet, const struct emit_change *c, struct buf *b)
{
	const struct rule_level *l = level_of(c);
	const struct expr_input *in = l != NULL ? main_input(l->when) : NULL;
	const struct subject *s = c->subject;
	const struct expr_input *side;
	struct expr_value is, limit;
	char text[FORMAT_MAX];

	buf_addf(b, "%s: %s", c->episode->rule->name, s->host);
	if (strcmp(s->entity, "host") != 0)
		buf_addf(b, " %s %s", s->entity, s->id);
	if (in == NULL || !expr_sides(l->when, fleet_env(fleet),
			      (void *)(uintptr_t)s, &is, &limit))
		return;
	buf_adds(b, ": ");
	side = expr_side_input(l->when);
	if (side == NULL || side->metric == NULL)
		buf_adds(b, in->metric);
	else if (side->function == EXPR_LEVEL)
		buf_addf(b, "eta(%s)", side->metric);
	else
		expr_input_text(side, b);
	buf_addc(b, ' ');
	if (expr_known(is)) {
		format_side(text, l->when, is.lo);
		buf_adds(b, text);
	} else
		buf_adds(b, "unknown");
	if (expr_known(limit)) {
		format_side(text, l->when, limit.lo);
		buf_addf(b, " (limit %s)", text);
	}
}

static void
put_text(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct rule *rule = c->episode->rule;
	struct buf b = {0};

	if (rule->say != NULL)
		say_render(rule->say, fleet_env(fleet),
		    (void *)(uintptr_t)c->subject, &b);
	else
		own_text(fleet, c, &b);
	if (b.len > 0)
		frame_text(f, "text", buf_span(&b));
	buf_free(&b);
	if (rule->runbook != NULL)
		frame_text(f, "runbook", span_of(rule->runbook));
}

/* The numbers it was decided on, those that are known. */
static void
put_inputs(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct rule_level *l = level_of(c);
	const struct expr_env *env = fleet_env(fleet);
	const struct expr_input *in;
	struct buf b = {0}, name = {0};
	char number[32];
	double v;

	for (size_t i = 0; l != NULL && (in = expr_input(l->when, i)) != NULL;
	     i++) {
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

/* ["a","b"], the strings escaped. */
static void
add_string(struct buf *b, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	buf_addc(b, b->len <= 1 ? '"' : ',');
	if (b->data[b->len - 1] == ',')
		buf_addc(b, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			buf_addf(b, "\\u00%c%c", hex[c >> 4], hex[c & 15]);
		else
			buf_addc(b, (char)c);
	}
	buf_addc(b, '"');
}

static void
put_flags(struct frame *f, const struct emit_change *c)
{
	const struct episode *ep = c->episode;
	const struct {
		bool is;
		const char *word;
	} flags[] = {{ep->nodata, "nodata"}, {ep->flapping, "flapping"},
	    {ep->acked, "acked"}, {ep->stormy, "storm"}};
	struct buf b = {0};

	buf_addc(&b, '[');
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].is)
			add_string(&b, flags[i].word);
	buf_addc(&b, ']');
	frame_raw(f, "flags", buf_span(&b));
	buf_free(&b);
}

/* To and fro is recorded and told once, by the record that says so. */
static bool
is_noise(const struct emit_change *c)
{
	return c->episode->flapping && c->change != CHANGE_FLAPPING &&
	       c->change != CHANGE_REMOVED && c->change != CHANGE_ACKED &&
	       c->change != CHANGE_UNACKED;
}

static void
put_muted(struct frame *f, const struct emit_change *c)
{
	const struct episode *ep = c->episode;
	struct buf b = {0};

	buf_addc(&b, '[');
	for (size_t i = 0; i < ep->nmuted; i++)
		add_string(&b, ep->muted[i]);
	if (is_noise(c))
		add_string(&b, "flapping");
	buf_addc(&b, ']');
	frame_raw(f, "muted", buf_span(&b));
	buf_free(&b);
}

/* The incident, and what a change is to be believed by. */
static void
put_incident(struct frame *f, const struct emit_change *c)
{
	const struct episode *ep = c->episode;

	if (ep->incident[0] == '\0')
		return;
	frame_text(f, "incident", span_of(ep->incident));
	frame_text(f, "root", span_of(ep->root));
	frame_text(f, "role",
	    span_of(strcmp(ep->root, ep->fingerprint) == 0 ? "root" : "child"));
}

static void
evidence_member(struct buf *b, const char *key, const char *text)
{
	struct buf s = {0};

	buf_addc(&s, ' '); /* for add_string: it stands first */
	add_string(&s, text);
	buf_addf(b, "%s\"%s\":%s", b->len > 2 ? "," : "", key, s.data + 1);
	buf_free(&s);
}

static void
evidence_number(struct buf *b, const char *key, double v)
{
	char number[32];

	buf_addf(b, "%s\"%s\":%.*s", b->len > 2 ? "," : "", key,
	    (int)frame_format(v, number), number);
}

static void
put_evidence(struct frame *f, const struct emit_change *c)
{
	const struct episode *ep = c->episode;
	struct buf b = {0};

	buf_adds(&b, "[{");
	if (c->change == CHANGE_ACKED) {
		if (ep->ack_author != NULL)
			evidence_member(&b, "author", ep->ack_author);
		if (ep->ack_reason != NULL)
			evidence_member(&b, "reason", ep->ack_reason);
		if (isfinite(ep->ack_expires))
			evidence_number(&b, "expires", ep->ack_expires);
	} else if (c->change == CHANGE_UNMUTED && ep->unmuted_of != NULL) {
		evidence_member(&b, "over", ep->unmuted_of);
	} else if (c->change == CHANGE_FLAPPING) {
		evidence_number(&b, "flap_ratio", c->flap_share);
	} else if (c->root != NULL && ep->seq == 0) {
		evidence_member(&b, "alert", c->root->rule->name);
		evidence_member(&b, "entity", c->root_subject->entity);
		evidence_member(&b, "id", c->root_subject->id);
		evidence_number(&b, "start", c->root->start);
	}
	if (b.len > 2) {
		buf_adds(&b, "}]");
		frame_raw(f, "evidence", buf_span(&b));
	}
	buf_free(&b);
}

int
emit_alert(struct frame *f, struct fleet *fleet, const struct emit_change *c)
{
	const struct episode *ep = c->episode;
	const struct subject *s = c->subject;
	const char *now = severity_name((enum severity)ep->severity);

	frame_origin(f, s->host, "nc-alert");
	frame_clock(f, c->now, (double)NAN);
	frame_begin(f, RECORD_ALERT, s->entity, span_of(s->id));
	put_labels(f, ep->rule, fleet_subject(fleet, s));
	frame_text(f, "alert", span_of(ep->rule->name));
	put_ids(f, ep, c->change);
	frame_text(f, "state", span_of(ep->over ? "resolved" : "firing"));
	frame_text(f, "change", span_of(episode_change_name(c->change)));
	frame_text(f, "severity", span_of(now));
	if (!ep->over && ep->was != MACHINE_CALM && ep->was != ep->severity &&
	    ep->seq > 0)
		frame_text(f, "was",
		    span_of(severity_name((enum severity)ep->was)));
	frame_number(f, "start", ep->start);
	put_values(f, fleet, c);
	put_text(f, fleet, c);
	put_flags(f, c);
	put_muted(f, c);
	put_incident(f, c);
	put_evidence(f, c);
	put_inputs(f, fleet, c);
	return frame_end(f);
}

int
emit_notice(struct frame *f, const struct emit_notice *n)
{
	struct episode ep = {.start = n->start, .seq = n->seq};

	episode_digest(ep.fingerprint,
	    (const char *const[]){n->alert, n->host, n->entity, n->id, NULL});
	episode_name(&ep);
	frame_origin(f, n->host, "nc-alert");
	frame_clock(f, n->now, (double)NAN);
	frame_begin(f, RECORD_ALERT, n->entity, span_of(n->id));
	frame_text(f, "alert", span_of(n->alert));
	put_ids(f, &ep, n->change);
	frame_text(f, "state", span_of(n->over ? "resolved" : "firing"));
	frame_text(f, "change", span_of(episode_change_name(n->change)));
	frame_text(f, "severity", span_of(severity_name(n->severity)));
	frame_number(f, "start", n->start);
	frame_text(f, "text", span_of(n->text));
	frame_raw(f, "flags", span_of("[]"));
	frame_raw(f, "muted", span_of("[]"));
	if (n->evidence.len > 0)
		frame_raw(f, "evidence", n->evidence);
	return frame_end(f);
}
