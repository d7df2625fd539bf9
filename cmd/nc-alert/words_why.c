/* SPDX-License-Identifier: MIT */
/*
 * words_why: why an alert was told, why it was not, why there is none.  By
 * fingerprint, or by the rule and, where that is not enough, the entity.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "base/str.h"
#include "metric/format.h"
#include "stream/json.h"
#include "words_priv.h"

#define ANSWERS_MAX 100

/* One rule on one entity. */
struct question {
	struct view *v;
	const struct rule *rule;
	const struct target *target;
	const struct watch *watch;
	const struct episode *episode; /* NULL: none is open */
	char fingerprint[EPISODE_ID_SIZE];
	struct json *out; /* of -j; NULL: for people */
	struct json *because;
};

static void because(struct question *q, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One sentence of the answer. */
static void
because(struct question *q, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (q->out != NULL) {
		json_append(q->because, json_new_text(span_of(text)));
	} else {
		fputs("  ", stdout);
		view_text(span_of(text));
		putchar('\n');
	}
}

static char *
time_text(double ts)
{
	struct buf b = {0};

	view_time(&b, ts);
	return buf_take(&b);
}

static const char *
truth(struct expr_value v)
{
	return expr_is_true(v)    ? "true"
	       : expr_is_false(v) ? "false"
				  : "unknown";
}

/* --- the condition ----------------------------------------------------------- */

/* "free_ratio is 7 %, the limit 10 %" */
static void
add_sides(struct question *q, const struct rule_level *l, struct json *level,
    struct buf *b)
{
	const struct expr_env *env = fleet_env(q->v->engine->fleet);
	void *at = (void *)(uintptr_t)q->target->subject;
	const struct expr_input *in = NULL;
	struct expr_value is, limit;
	char text[FORMAT_MAX];

	for (size_t i = 0; (in = expr_input(l->when, i)) != NULL; i++)
		if (in->metric != NULL)
			break;
	if (in == NULL || !expr_sides(l->when, env, at, &is, &limit))
		return;
	buf_adds(b, ": ");
	expr_input_text(in, b);
	if (expr_known(is)) {
		format_metric(text, is.lo, span_of(in->metric));
		buf_addf(b, " is %s", text);
		json_set(level, "value", json_new_number(is.lo));
	} else
		buf_adds(b, " is unknown");
	if (expr_known(limit)) {
		format_metric(text, limit.lo, span_of(in->metric));
		buf_addf(b, ", the limit %s", text);
		json_set(level, "limit", json_new_number(limit.lo));
	}
}

static void
add_level(struct question *q, int i, struct json *levels)
{
	const struct rule_level *l = &q->rule->levels[i];
	const struct machine_level *m = &q->watch->machine.levels[i];
	const struct expr_env *env = fleet_env(q->v->engine->fleet);
	void *at = (void *)(uintptr_t)q->target->subject;
	struct json *level = json_new(JSON_KIND_OBJECT);
	struct expr_value is = expr_eval(l->when, env, at);
	char held[FORMAT_MAX], hold[FORMAT_MAX];
	struct buf b = {0};

	json_set(level, "severity",
	    json_new_text(span_of(severity_name((enum severity)i))));
	json_set(level, "is", json_new_text(span_of(truth(is))));
	json_set(level, "on", json_new_boolean(q->watch->machine.on[i]));
	buf_addf(&b, "%s: the condition is %s", severity_name((enum severity)i),
	    truth(is));
	add_sides(q, l, level, &b);
	if (m->hold.running && l->hold > 0) {
		format_duration(held, m->hold.held);
		format_duration(hold, l->hold);
		buf_addf(&b, "; it was seen true for %s of %s", held, hold);
		json_set(level, "held", json_new_number(m->hold.held));
	}
	if (l->hold > 0)
		json_set(level, "for", json_new_number(l->hold));
	if (l->need != 0) {
		buf_addf(&b, "; in %d of the last %u samples, %u are needed",
		    __builtin_popcountll(
			m->bits & (l->of == 64 ? UINT64_MAX
					       : (UINT64_C(1) << l->of) - 1)),
		    l->of, l->need);
	}
	if (q->rule->gate != NULL)
		buf_addf(&b, "; the gate is %s",
		    truth(expr_eval(q->rule->gate, env, at)));
	because(q, "%s", b.data);
	json_append(levels, level);
	buf_free(&b);
}

/* --- who was told ------------------------------------------------------------- */

static void
add_silence(struct question *q, const char *reason)
{
	const struct engine *g = q->v->engine;
	const char *id = strchr(reason, ':');
	char *until;

	for (size_t i = 0; id != NULL && i < g->nsilences; i++)
		if (strcmp(g->silences[i].id, id + 1) == 0) {
			until = time_text(g->silences[i].expires);
			because(q, "muted by %s of %s until %s: %s", reason,
			    g->silences[i].author, until,
			    g->silences[i].reason);
			free(until);
			return;
		}
	because(q, "muted by %s", reason);
}

static void
add_episode(struct question *q)
{
	const struct episode *ep = q->episode;
	struct json *muted = json_new(JSON_KIND_ARRAY), *acked = NULL;
	char *since = time_text(ep->start), *until;

	because(q, "it fires as %s since %s (episode %s)",
	    severity_name((enum severity)ep->severity), since, ep->id);
	free(since);
	if (ep->nodata)
		because(q, "because nothing is known of it any more");
	for (size_t i = 0; i < ep->nmuted; i++) {
		add_silence(q, ep->muted[i]);
		json_append(muted, json_new_text(span_of(ep->muted[i])));
	}
	if (ep->nmuted == 0 && !ep->flapping)
		because(q, "nothing mutes it here; nc-notify tells, see its"
			   " deliveries");
	if (ep->flapping)
		because(q,
		    "it goes to and fro: told once, and when it is steady");
	if (ep->acked) {
		until = isinf(ep->ack_expires) ? xstrdup("it is over")
					       : time_text(ep->ack_expires);
		because(q, "acked by %s until %s%s%s",
		    ep->ack_author != NULL ? ep->ack_author : "somebody", until,
		    ep->ack_reason != NULL ? ": " : "",
		    ep->ack_reason != NULL ? ep->ack_reason : "");
		free(until);
		acked = json_new(JSON_KIND_OBJECT);
		if (ep->ack_author != NULL)
			json_set(acked, "author",
			    json_new_text(span_of(ep->ack_author)));
		if (ep->ack_reason != NULL)
			json_set(acked, "reason",
			    json_new_text(span_of(ep->ack_reason)));
		if (isfinite(ep->ack_expires))
			json_set(acked, "expires",
			    json_new_number(ep->ack_expires));
	}
	if (strcmp(ep->root, ep->fingerprint) != 0)
		because(q, "folded under %s in incident %s", ep->root,
		    ep->incident);
	if (q->out != NULL) {
		json_set(q->out, "episode", json_new_text(span_of(ep->id)));
		json_set(q->out, "start", json_new_number(ep->start));
		json_set(q->out, "told",
		    json_new_boolean(ep->nmuted == 0 && !ep->flapping));
		json_set(q->out, "muted", muted);
		json_set(q->out, "acked", acked);
		json_set(q->out, "incident",
		    json_new_text(span_of(ep->incident)));
		json_set(q->out, "root", json_new_text(span_of(ep->root)));
	} else {
		json_free(muted);
		json_free(acked);
	}
}

/* --- what was told ------------------------------------------------------------- */

static struct span
field(const struct json *j, const char *key)
{
	return json_text(json_member(j, key), span_of(""));
}

static void
told_line(const struct json *j)
{
	const struct json *muted = json_member(j, "muted"), *m;
	struct buf b = {0};

	view_time(&b, json_number(json_member(j, "ts"), 0));
	buf_addf(&b, "  %-9.*s %-4.*s %.*s on %.*s %.*s",
	    SPAN_ARG(field(j, "change")), SPAN_ARG(field(j, "severity")),
	    SPAN_ARG(field(j, "alert")), SPAN_ARG(field(j, "host")),
	    SPAN_ARG(field(j, "id")));
	for (size_t i = 0; (m = json_at(muted, i, NULL)) != NULL; i++)
		buf_addf(&b, "%s%.*s", i == 0 ? "  muted by " : ", ",
		    SPAN_ARG(json_text(m, span_of(""))));
	view_text(buf_span(&b));
	putchar('\n');
	buf_free(&b);
}

/* The records of late whose fingerprint or episode begins so; to is NULL for
 * standard output. */
static size_t
told(const struct view *v, const char *begins, const char *indent,
    struct json *to)
{
	const struct engine *g = v->engine;
	uint64_t i = g->ntold > TOLD_MAX ? g->ntold - TOLD_MAX : 0;
	struct json *j;
	size_t n = 0;

	for (; i < g->ntold; i++) {
		j = json_parse(span_of(g->told[i % TOLD_MAX]), NULL);
		if (j == NULL ||
		    (!str_starts(field(j, "fingerprint"), begins) &&
			!str_starts(field(j, "episode"), begins))) {
			json_free(j);
			continue;
		}
		n++;
		if (to != NULL) {
			json_append(to, j);
			continue;
		}
		if (v->o->json)
			puts(g->told[i % TOLD_MAX]);
		else {
			fputs(indent, stdout);
			told_line(j);
		}
		json_free(j);
	}
	return n;
}

int
words_history(struct view *v)
{
	int n = v->o->noperands;

	for (int i = 0; i < (n > 0 ? n : 1); i++)
		told(v, n > 0 ? v->o->operands[i] : "", "", NULL);
	return NC_EXIT_OK;
}

/* --- the answer ---------------------------------------------------------------- */

static const char *
state_of(const struct question *q)
{
	if (q->episode != NULL)
		return "firing";
	return machine_pending(&q->watch->machine, q->rule) ? "pending" : "ok";
}

static void
answer(struct question *q)
{
	const struct subject *s = q->target->subject;
	struct json *levels = json_new(JSON_KIND_ARRAY), *past;
	struct buf b = {0};

	fleet_now(q->v->engine->fleet, q->target->host->now,
	    q->target->host->listening);
	if (q->v->o->json) {
		q->out = json_new(JSON_KIND_OBJECT);
		q->because = json_new(JSON_KIND_ARRAY);
		json_set(q->out, "fingerprint",
		    json_new_text(span_of(q->fingerprint)));
		json_set(q->out, "alert",
		    json_new_text(span_of(q->rule->name)));
		json_set(q->out, "host", json_new_text(span_of(s->host)));
		json_set(q->out, "entity", json_new_text(span_of(s->entity)));
		json_set(q->out, "id", json_new_text(span_of(s->id)));
		json_set(q->out, "ts", json_new_number(q->target->host->now));
		json_set(q->out, "state", json_new_text(span_of(state_of(q))));
	} else {
		buf_addf(&b, "%.8s %s on %s %s %s: %s", q->fingerprint,
		    q->rule->name, s->host, s->entity, s->id, state_of(q));
		view_text(buf_span(&b));
		putchar('\n');
	}
	if (q->episode != NULL)
		add_episode(q);
	for (int i = SEVERITIES - 1; i >= 0; i--)
		if (q->rule->levels[i].when != NULL)
			add_level(q, i, levels);
	if (q->watch->flap != NULL)
		because(q,
		    "of its last %d looks, %.0f %% are changes"
		    " (as Nagios weighs them)",
		    FLAP_LOOKS, 100 * flap_share(q->watch->flap));
	if (q->out != NULL) {
		past = json_new(JSON_KIND_ARRAY);
		told(q->v, q->fingerprint, "", past);
		json_set(q->out, "levels", levels);
		json_set(q->out, "because", q->because);
		json_set(q->out, "history", past);
		json_dump(q->out, &b);
		printf("%s\n", b.data);
		json_free(q->out);
	} else {
		json_free(levels);
		if (told(q->v, q->fingerprint, "  ", NULL) == 0)
			puts("  nothing was told of it lately");
	}
	buf_free(&b);
}

/* The rule's name, and its entity if one is asked for: id or selector. */
static bool
is_meant(struct view *v, const struct question *q, const struct selector *who,
    const char *id)
{
	const struct subject *s = q->target->subject;

	if (!glob_match(span_of(v->o->operands[0]), span_of(q->rule->name)))
		return false;
	if (id == NULL || strcmp(id, s->id) == 0 || strcmp(id, s->host) == 0)
		return true;
	return who != NULL &&
	       selector_entity(who, fleet_subject(v->engine->fleet, s));
}

static size_t
ask_target(struct view *v, const struct target *t, const struct selector *who,
    size_t n)
{
	const char *name = v->o->operands[0];
	const char *id = v->o->noperands > 1 ? v->o->operands[1] : NULL;

	for (size_t k = 0; k < t->scope->count; k++) {
		struct question q = {.v = v,
		    .rule = &v->rules.list[t->scope->rules[k]],
		    .target = t,
		    .watch = t->watches[k]};

		if (q.watch == NULL)
			continue;
		episode_fingerprint(q.fingerprint, q.rule, t->subject);
		q.episode = q.watch->episode;
		if (!is_meant(v, &q, who, id) &&
		    (strlen(name) < 4 ||
			(!str_starts(span_of(q.fingerprint), name) &&
			    (q.episode == NULL ||
				!str_starts(span_of(q.episode->id), name)))))
			continue;
		if (n++ < ANSWERS_MAX)
			answer(&q);
	}
	return n;
}

int
words_why(struct view *v)
{
	struct selector *who = NULL;
	uint32_t cursor = 0;
	size_t n = 0;
	void *p;

	if (v->o->noperands < 1 || v->o->noperands > 2) {
		diag_say(v->diag, DIAG_ERROR, NULL,
		    "why: expected a fingerprint, or a rule and an entity");
		return NC_EXIT_USAGE;
	}
	if (v->o->noperands > 1)
		who = selector_parse(span_of(v->o->operands[1]), NULL);
	while (map_next(v->engine->hosts, &cursor, NULL, &p)) {
		const struct host *h = p;

		for (size_t i = 0; i < h->ntargets; i++)
			if (h->targets[i] != NULL)
				n = ask_target(v, h->targets[i], who, n);
	}
	selector_free(who);
	if (n > ANSWERS_MAX)
		diag_say(v->diag, DIAG_WARN, NULL,
		    "%zu more, name the entity too", n - ANSWERS_MAX);
	/* Two operands are a rule and an entity, not the name of an alert. */
	if (n == 0 && (v->o->noperands > 1 ||
			  told(v, v->o->operands[0], "", NULL) == 0)) {
		diag_say(v->diag, DIAG_ERROR, v->o->operands[0],
		    "no rule looks at such an entity, and nothing was told of"
		    " it lately");
		return NC_EXIT_FAILED;
	}
	return NC_EXIT_OK;
}
