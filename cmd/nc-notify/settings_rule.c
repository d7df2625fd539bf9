/* SPDX-License-Identifier: MIT */
/*
 * settings_rule: the statements of notify.conf that say who is told: match
 * and block, windows, rotas and escalations.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "duty.h"
#include "settings_priv.h"

#define DAY_SECONDS 86400.0
#define REPEATS_MAX 8u /* of an escalation, unless said */
#define BACKOFF_MAX 10.0

/* What stands among the channels and is none. */
static const struct channel_kind kind_rota = {.name = "rota"};
static const struct channel_kind kind_escalation = {.name = "escalation"};

/* --- match and block ------------------------------------------------------ */

static int
read_window_name(struct reading *r, struct route_rule *rule,
    struct config_cursor *cur, bool outside)
{
	const char *name;

	if (config_text(cur, "a window", &name) == -1)
		return -1;
	for (size_t i = 0; i < r->s->nwindows; i++)
		if (strcmp(r->s->windows[i]->name, name) == 0) {
			rule->window = r->s->windows[i];
			rule->outside = outside;
			return 0;
		}
	return config_error(&r->o, cur->node, cur->at - 1, "no window %s above",
	    name);
}

/* FIELD OP VALUE. */
static int
read_condition(struct reading *r, struct route_rule *rule,
    struct config_cursor *cur)
{
	static const struct {
		const char *word;
		enum route_op op;
	} ops[] = {
	    {"=", ROUTE_GLOB},
	    {"!=", ROUTE_NOT_GLOB},
	    {"=~", ROUTE_REGEX},
	    {"!~", ROUTE_NOT_REGEX},
	};
	const char *field, *value;
	struct nc_err e = {0};
	size_t at = cur->at, i;

	if (config_accept(cur, "in"))
		return read_window_name(r, rule, cur, false);
	if (config_accept(cur, "not"))
		return config_expect(cur, "in") == -1
			   ? -1
			   : read_window_name(r, rule, cur, true);
	if (config_text(cur, "a field, or to", &field) == -1)
		return -1;
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (config_accept(cur, ops[i].word))
			break;
	if (i == sizeof(ops) / sizeof(*ops))
		return config_error(&r->o, cur->node, cur->at,
		    "expected =, !=, =~ or !~");
	if (config_text(cur, "a value", &value) == -1)
		return -1;
	if (route_condition(rule, field, ops[i].op, value, &e) == -1)
		return config_error(&r->o, cur->node, at, "%s", e.msg);
	config_accept(cur, ",");
	return 0;
}

/* Channels with commas between them; *none when that is the word. */
static int
read_names(struct reading *r, struct config_cursor *cur, route_set *set,
    bool *none)
{
	const char *name;
	size_t i;

	do {
		if (config_text(cur, "a channel", &name) == -1)
			return -1;
		i = settings_find(r->s, name);
		if (none != NULL && strcmp(name, "none") == 0)
			*none = true;
		else if (i == r->s->nchannels)
			return config_error(&r->o, cur->node, cur->at - 1,
			    "no channel %s above", name);
		else
			*set |= (route_set)1 << i;
	} while (config_accept(cur, ","));
	return 0;
}

/* x2 */
static int
read_factor(struct reading *r, struct config_cursor *cur, double *to)
{
	const char *text;
	double v;

	if (config_text(cur, "a factor, x2", &text) == -1)
		return -1;
	if (*text != 'x' || parse_number(span_of(text + 1), &v, NULL) == -1 ||
	    v < 1 || v > BACKOFF_MAX)
		return config_error(&r->o, cur->node, cur->at - 1,
		    "\"%s\": expected a factor from x1 to x%g", text,
		    BACKOFF_MAX);
	*to = v;
	return 0;
}

static int
read_by(struct reading *r, struct route_group *g, struct config_cursor *cur)
{
	const char *field;

	if (config_expect(cur, "by") == -1)
		return -1;
	do {
		if (g->nby == ROUTE_GROUP_FIELDS)
			return config_error(&r->o, cur->node, cur->at,
			    "more than %u fields", ROUTE_GROUP_FIELDS);
		if (config_text(cur, "a field", &field) == -1)
			return -1;
		g->by[g->nby++] = xstrdup(field);
	} while (config_accept(cur, ","));
	return 0;
}

/* [group by FIELD,...] [wait T] [update T] [repeat T [backoff xN] [max T]]
 * [quick], in any order. */
static int
read_manner(struct reading *r, struct route_rule *rule,
    struct config_cursor *cur)
{
	struct route_group *g = &rule->group;
	const struct {
		const char *word;
		double *to;
	} times[] = {
	    {"wait", &g->wait},
	    {"update", &g->update},
	    {"repeat", &g->repeat},
	    {"max", &g->max},
	};
	size_t i;

	g->backoff = 1;
	while (config_peek(cur) != NULL) {
		for (i = 0; i < sizeof(times) / sizeof(*times); i++)
			if (config_accept(cur, times[i].word))
				break;
		if (i < sizeof(times) / sizeof(*times)) {
			if (config_duration(cur, "a duration", times[i].to) ==
			    -1)
				return -1;
		} else if (config_accept(cur, "quick")) {
			rule->quick = true;
		} else if (config_accept(cur, "group")) {
			if (read_by(r, g, cur) == -1)
				return -1;
		} else if (config_accept(cur, "backoff")) {
			if (read_factor(r, cur, &g->backoff) == -1)
				return -1;
		} else {
			return config_error(&r->o, cur->node, cur->at,
			    "expected group, wait, update, repeat, backoff, "
			    "max or quick");
		}
	}
	if (g->repeat == 0 && (g->backoff != 1 || g->max != 0))
		return config_error(&r->o, cur->node, cur->at,
		    "backoff and max belong to repeat");
	if (g->repeat != 0 && g->repeat < 1)
		return config_error(&r->o, cur->node, cur->at,
		    "expected a repeat of 1s or more");
	return config_end(cur);
}

static int
read_to(struct reading *r, struct route_rule *rule, struct config_cursor *cur)
{
	size_t at = cur->at;

	if (read_names(r, cur, &rule->channels, &rule->none) == -1)
		return -1;
	for (size_t i = 0; i < r->s->nchannels; i++)
		if ((rule->channels >> i & 1) != 0 &&
		    r->s->channels[i].kind->beats)
			return config_error(&r->o, cur->node, at,
			    "%s is beaten, and told of no alert",
			    r->s->channels[i].name);
	if (rule->none && (rule->block || rule->channels != 0))
		return config_error(&r->o, cur->node, at,
		    "none stands alone, behind match");
	if (rule->block || rule->none) {
		rule->quick = config_accept(cur, "quick");
		return config_end(cur);
	}
	return read_manner(r, rule, cur);
}

int
settings_rule(struct reading *r, struct config_cursor *cur, bool block)
{
	struct settings *s = r->s;
	struct route_rule *rule;
	const struct config_token *t = cur->node->tokens;

	s->rules = xreallocarray(s->rules, s->nrules + 1, sizeof(*s->rules));
	rule = &s->rules[s->nrules++];
	*rule = (struct route_rule){.block = block,
	    .where = xasprintf("%s:%d", t->file, t->line)};
	if (config_accept(cur, "*"))
		return config_expect(cur, "to") == -1 ? -1
						      : read_to(r, rule, cur);
	while (!config_accept(cur, "to"))
		if (read_condition(r, rule, cur) == -1)
			return -1;
	return read_to(r, rule, cur);
}

/* --- windows -------------------------------------------------------------- */

int
settings_window(struct reading *r, struct config_cursor *cur)
{
	struct settings *s = r->s;
	const struct config_node *n;
	struct window *w;
	const char *name;
	int rc = 0;

	if (config_text(cur, "the name of a window", &name) == -1 ||
	    config_block(cur) == -1)
		return -1;
	w = xcalloc(1, sizeof(*w));
	w->name = xstrdup(name);
	s->windows = xreallocarray(s->windows, s->nwindows + 1,
	    sizeof(*s->windows));
	s->windows[s->nwindows++] = w;
	for (n = cur->node->children; n != NULL; n = n->next) {
		struct config_cursor inner = {&r->o, n, 0};

		struct calendar *k = calendar_read(&inner);

		if (k == NULL) {
			rc = -1;
			continue;
		}
		w->when = xreallocarray(w->when, w->n + 1,
		    sizeof(struct calendar *));
		w->when[w->n++] = k;
		if (config_end(&inner) == -1)
			rc = -1;
	}
	if (rc == 0 && w->n == 0)
		return config_error(&r->o, cur->node, 1,
		    "a window without hours, expected every ...");
	return rc;
}

/* --- rotas ---------------------------------------------------------------- */

/* 2026-11-23/7d, the first; 7d, the others, who take the first one's. */
static int
read_turn(struct reading *r, struct rota *x, struct duty_turn *t,
    struct config_cursor *cur)
{
	const char *text;
	struct span start, length;
	double epoch;
	struct nc_err e;

	if (x->nturns != 0)
		t->length = x->turns[0].length;
	else if (config_peek(cur) == NULL)
		return config_error(&r->o, cur->node, cur->at,
		    "expected when the first turn begins, 2026-11-23/7d");
	if (config_peek(cur) == NULL)
		return 0;
	if (config_text(cur, "2026-11-23/7d", &text) == -1)
		return -1;
	if (!str_cut(span_of(text), '/', &start, &length)) {
		length = start;
		start = (struct span){NULL, 0};
	}
	if ((start.len == 0) != (x->nturns != 0))
		return config_error(&r->o, cur->node, cur->at - 1,
		    "\"%s\": expected 2026-11-23/7d for the first, 7d for the "
		    "others",
		    text);
	/* Civil times are read as if they were UTC: so they are compared. */
	if (start.len != 0 && parse_time(start, 0, NULL, &epoch, &e) == -1)
		return config_error(&r->o, cur->node, cur->at - 1, "%s", e.msg);
	if (parse_duration(length, &t->length, &e) == -1 || t->length < 60)
		return config_error(&r->o, cur->node, cur->at - 1,
		    "\"%s\": expected a turn of a minute or more", text);
	if (start.len != 0)
		x->start = epoch;
	return config_end(cur);
}

static int
read_member(struct reading *r, struct rota *x, struct config_cursor *cur)
{
	struct duty_turn t = {.length = DAY_SECONDS};
	const char *name;
	struct nc_err e;

	if (config_accept(cur, "tz")) {
		if (config_text(cur, "a time zone", &name) == -1)
			return -1;
		zone_free(x->zone);
		if ((x->zone = zone_open(name, &e)) == NULL)
			return config_error(&r->o, cur->node, cur->at - 1, "%s",
			    e.msg);
		return config_end(cur);
	}
	if (config_text(cur, "a channel", &name) == -1)
		return -1;
	t.channel = settings_find(r->s, name);
	if (t.channel == r->s->nchannels ||
	    r->s->channels[t.channel].rota != NULL)
		return config_error(&r->o, cur->node, cur->at - 1,
		    "no channel %s above", name);
	if (read_turn(r, x, &t, cur) == -1)
		return -1;
	x->turns = xreallocarray(x->turns, x->nturns + 1, sizeof(*x->turns));
	x->turns[x->nturns++] = t;
	return 0;
}

int
settings_rota(struct reading *r, struct config_cursor *cur)
{
	struct channel *c = settings_add(r, cur);
	const struct config_node *n;
	struct rota *x;
	size_t at;
	int rc = 0;

	if (c == NULL)
		return -1;
	at = r->s->nchannels - 1;
	c->kind = &kind_rota;
	if (config_block(cur) == -1)
		return -1;
	x = xcalloc(1, sizeof(*x));
	x->zone = zone_open(NULL, NULL);
	for (n = cur->node->children; n != NULL; n = n->next) {
		struct config_cursor inner = {&r->o, n, 0};

		if (read_member(r, x, &inner) == -1)
			rc = -1;
	}
	/* Its own name was not a member's while they were read. */
	r->s->channels[at].rota = x;
	if (rc == 0 && x->nturns == 0)
		return config_error(&r->o, cur->node, 1,
		    "a rota of nobody, expected a channel and 2026-11-23/7d");
	return rc;
}

/* --- escalations ---------------------------------------------------------- */

static int
check_step(struct reading *r, struct config_cursor *cur, route_set to)
{
	for (size_t i = 0; i < r->s->nchannels; i++)
		if ((to >> i & 1) != 0 &&
		    r->s->channels[i].kind == &kind_escalation)
			return config_error(&r->o, cur->node, 0,
			    "%s is an escalation itself",
			    r->s->channels[i].name);
	return 0;
}

static int
read_repeat(struct reading *r, struct escalation *x, struct config_cursor *cur)
{
	double n = REPEATS_MAX;

	if (config_expect(cur, "last") == -1 ||
	    config_duration(cur, "a duration", &x->repeat) == -1)
		return -1;
	if (x->repeat < 1)
		return config_error(&r->o, cur->node, cur->at - 1,
		    "expected 1s or more");
	if (config_accept(cur, "max")) {
		if (config_number(cur, "a number", &n) == -1)
			return -1;
		if (n < 1 || n > 1000 || n != floor(n))
			return config_error(&r->o, cur->node, cur->at - 1,
			    "expected a number from 1 to 1000");
	}
	x->repeats_max = (unsigned)n;
	return config_end(cur);
}

static int
read_step(struct reading *r, struct escalation *x, struct config_cursor *cur)
{
	struct duty_step t = {.after = 0};

	if (x->repeat > 0)
		return config_error(&r->o, cur->node, 0,
		    "nothing comes behind repeat");
	if (config_accept(cur, "repeat"))
		return x->nsteps == 0 ? config_error(&r->o, cur->node, 0,
					    "nothing to repeat yet")
				      : read_repeat(r, x, cur);
	if (config_accept(cur, "after") &&
	    config_duration(cur, "a duration", &t.after) == -1)
		return -1;
	if (config_accept(cur, "unless")) {
		if (config_expect(cur, "acked") == -1)
			return -1;
		t.unless_acked = true;
	}
	if (read_names(r, cur, &t.to, NULL) == -1 || config_end(cur) == -1 ||
	    check_step(r, cur, t.to) == -1)
		return -1;
	if (x->nsteps != 0 && t.after <= x->steps[x->nsteps - 1].after)
		return config_error(&r->o, cur->node, 0,
		    "expected a step that comes after the one above");
	x->steps = xreallocarray(x->steps, x->nsteps + 1, sizeof(*x->steps));
	x->steps[x->nsteps++] = t;
	return 0;
}

int
settings_escalation(struct reading *r, struct config_cursor *cur)
{
	struct channel *c = settings_add(r, cur);
	const struct config_node *n;
	struct escalation *x;
	size_t at;
	int rc = 0;

	if (c == NULL)
		return -1;
	at = r->s->nchannels - 1;
	c->kind = &kind_escalation;
	if (config_block(cur) == -1)
		return -1;
	x = xcalloc(1, sizeof(*x));
	for (n = cur->node->children; n != NULL; n = n->next) {
		struct config_cursor inner = {&r->o, n, 0};

		if (read_step(r, x, &inner) == -1)
			rc = -1;
	}
	r->s->channels[at].escalation = x;
	if (rc == 0 && x->nsteps == 0)
		return config_error(&r->o, cur->node, 1,
		    "an escalation without a step, expected a channel");
	return rc;
}
