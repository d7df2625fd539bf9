/* SPDX-License-Identifier: MIT */
/*
 * settings: the meaning of the statements of notify.conf; their grammar is
 * lib/lang's.  Statements of nc-alert in the same file are its business.
 * Every fault is reported, not only the first.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "lang/config.h"
#include "lang/owner.h"

#define TIMEOUT_SECONDS 15.0
#define TTL_SECONDS (72.0 * 3600)
#define NAME_MAX_BYTES 32
#define LIMIT_MAX 1e6

static const char builtin[] = "channel syslog local syslog\n"
			      "match to syslog\n";

struct reading {
	struct settings *s;
	struct diag *diag;
	struct config_options o;
	unsigned faults;
};

static void
report(void *arg, const char *where, const char *what)
{
	struct reading *r = arg;

	r->faults++;
	diag_say(r->diag, DIAG_ERROR, where, "%s", what);
}

static size_t
find_channel(const struct settings *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nchannels; i++)
		if (strcmp(s->channels[i].name, name) == 0)
			break;
	return i;
}

/* --- channels ------------------------------------------------------------- */

/* Names become names of files. */
static bool
is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && n <= NAME_MAX_BYTES && s[n] == '\0' &&
	       strcmp(s, "none") != 0;
}

static const struct channel_option *
find_option(const struct channel_kind *k, const char *name)
{
	const struct channel_option *o = k->options;

	for (; o != NULL && o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static int
read_seconds(struct config_cursor *cur, double least, double *to)
{
	double seconds;

	if (config_duration(cur, "a duration", &seconds) == -1 ||
	    config_end(cur) == -1)
		return -1;
	if (seconds < least)
		return config_error(cur->o, cur->node, 1,
		    "expected %gs or more", least);
	*to = seconds;
	return 0;
}

static void
warn_of_env(struct reading *r, const struct secret *s)
{
	if (s->kind == SECRET_ENV)
		diag_say(r->diag, DIAG_WARN, NULL,
		    "the secret in the variable %s can be seen by other "
		    "programs of this user",
		    s->name);
}

/* N/TIME [burst N] | N/day. */
static int
read_limit(struct reading *r, struct channel *c, struct config_cursor *cur)
{
	struct limit l = {.burst = 1};
	struct span n, per;
	const char *text;
	double burst;

	if (config_text(cur, "a limit, 1/s or 20/day", &text) == -1)
		return -1;
	if (!str_cut(span_of(text), '/', &n, &per) ||
	    parse_number(n, &l.n, NULL) == -1 || l.n <= 0 || l.n > LIMIT_MAX)
		goto bad;
	l.daily = span_is(per, "day");
	l.seconds = span_is(per, "day")                         ? 86400
		    : span_is(per, "hour") || span_is(per, "h") ? 3600
		    : span_is(per, "min") || span_is(per, "m")  ? 60
		    : span_is(per, "s")                         ? 1
								: 0;
	if (l.seconds == 0 && parse_duration(per, &l.seconds, NULL) == -1)
		goto bad;
	if (config_accept(cur, "burst")) {
		if (config_number(cur, "a number of messages", &burst) == -1)
			return -1;
		if (l.daily || burst < 1 || burst > LIMIT_MAX)
			return config_error(&r->o, cur->node, cur->at - 1,
			    "expected a burst from 1, of a limit that is not "
			    "a day's");
		l.burst = burst;
	}
	*(l.daily ? &c->budget : &c->rate) = l;
	return config_end(cur);
bad:
	return config_error(&r->o, cur->node, cur->at - 1,
	    "\"%s\": expected a limit, 1/s or 20/day", text);
}

static int
read_thread(struct reading *r, struct channel *c, struct config_cursor *cur)
{
	if (config_accept(cur, "incident"))
		c->thread = THREAD_INCIDENT;
	else if (config_accept(cur, "episode"))
		c->thread = THREAD_EPISODE;
	else if (config_accept(cur, "none"))
		c->thread = THREAD_NONE;
	else
		return config_error(&r->o, cur->node, cur->at,
		    "expected incident, episode or none");
	return config_end(cur);
}

static int
read_template(struct reading *r, struct config_cursor *cur,
    struct template **to)
{
	const char *text;
	struct nc_err e;

	if (config_text(cur, "a text with {fields}", &text) == -1)
		return -1;
	template_free(*to);
	if ((*to = template_parse(text, &e)) == NULL)
		return config_error(&r->o, cur->node, cur->at - 1, "%s", e.msg);
	return 0;
}

/* What every kind can be told.  1: it is none of these. */
static int
read_common(struct reading *r, struct channel *c, const char *name,
    struct config_cursor *cur)
{
	const char *text;

	if (strcmp(name, "timeout") == 0)
		return read_seconds(cur, 0.1, &c->timeout);
	if (strcmp(name, "ttl") == 0)
		return read_seconds(cur, 1, &c->ttl);
	if (strcmp(name, "limit") == 0)
		return read_limit(r, c, cur);
	if (strcmp(name, "thread") == 0)
		return read_thread(r, c, cur);
	if (strcmp(name, "title") == 0)
		return read_template(r, cur, &c->title) == -1 ? -1
							      : config_end(cur);
	if (strcmp(name, "text") == 0)
		return read_template(r, cur, &c->text) == -1 ? -1
							     : config_end(cur);
	if (strcmp(name, "fallback") != 0)
		return 1;
	if (config_text(cur, "a channel", &text) == -1)
		return -1;
	free(c->fallback);
	c->fallback = xstrdup(text);
	return config_end(cur);
}

static void
value_free(struct channel_value *v)
{
	free(v->text);
	secret_free(&v->secret);
	template_free(v->template);
}

/* One value of an option. */
static int
read_one(struct reading *r, const struct channel_option *o,
    struct config_cursor *cur, struct channel_value *v)
{
	const char *text;

	v->option = o;
	if (o->template)
		return read_template(r, cur, &v->template);
	if (o->flag)
		v->text = xstrdup("");
	else if (!o->secret || o->named) {
		if (config_text(cur, "a value", &text) == -1)
			return -1;
		v->text = xstrdup(text);
	}
	if (!o->secret)
		return 0;
	if ((strcmp(o->name, "secret") != 0 &&
		config_expect(cur, "secret") == -1) ||
	    secret_parse(cur, &v->secret) == -1)
		return -1;
	warn_of_env(r, &v->secret);
	return 0;
}

/* One statement of a channel's block. */
static int
read_value(struct reading *r, struct channel *c, const struct config_node *node)
{
	struct config_cursor cur = {&r->o, node, 0};
	const struct channel_option *o;
	const char *name;
	int rc;

	if (config_text(&cur, "an option", &name) == -1)
		return -1;
	if ((o = find_option(c->kind, name)) == NULL) {
		if ((rc = read_common(r, c, name, &cur)) != 1)
			return rc;
		return config_error(&r->o, node, 0,
		    "unknown option \"%s\" of %s", name, c->kind->name);
	}
	if (!o->many && channel_value(c, name, 0) != NULL)
		return config_error(&r->o, node, 0, "%s is said twice", name);
	do {
		struct channel_value v = {.text = NULL};

		if (read_one(r, o, &cur, &v) == -1) {
			value_free(&v);
			return -1;
		}
		c->values = xreallocarray(c->values, c->nvalues + 1,
		    sizeof(*c->values));
		c->values[c->nvalues++] = v;
		config_accept(&cur, ",");
	} while (o->many && config_peek(&cur) != NULL);
	return config_end(&cur);
}

static int
read_targets(struct reading *r, struct channel *c, struct config_cursor *cur)
{
	const char *text;

	if (c->kind->secret_target && config_accept(cur, "secret")) {
		if (secret_parse(cur, &c->target) == -1)
			return -1;
		warn_of_env(r, &c->target);
	}
	while (config_peek(cur) != NULL) {
		if (config_text(cur, c->kind->targets, &text) == -1)
			return -1;
		c->targets = xreallocarray(c->targets, c->ntargets + 1,
		    sizeof(*c->targets));
		c->targets[c->ntargets++] = xstrdup(text);
	}
	return cur->node->has_block ? config_block(cur) : config_end(cur);
}

static int
unknown_kind(struct reading *r, const struct config_node *node,
    const char *kind)
{
	struct buf b = {0};

	channel_kinds(&b);
	config_error(&r->o, node, 2,
	    "unknown kind of channel \"%s\", expected %s", kind, b.data);
	buf_free(&b);
	return -1;
}

static int
read_channel(struct reading *r, struct config_cursor *cur)
{
	const struct config_node *node = cur->node, *n;
	struct settings *s = r->s;
	struct channel *c;
	const char *name, *kind;
	struct nc_err e = {0};
	int rc = 0;

	if (config_text(cur, "the name of a channel", &name) == -1)
		return -1;
	if (!is_name(name))
		return config_error(&r->o, node, 1,
		    "\"%s\": a channel's name is lower case letters, digits, - "
		    "and _, at most %d, and not none",
		    name, NAME_MAX_BYTES);
	if (find_channel(s, name) != s->nchannels)
		return config_error(&r->o, node, 1,
		    "a channel %s is there already", name);
	if (s->nchannels == ROUTE_CHANNELS_MAX)
		return config_error(&r->o, node, 1, "more than %d channels",
		    ROUTE_CHANNELS_MAX);
	if (config_text(cur, "a kind of channel", &kind) == -1)
		return -1;
	if (channel_kind(kind) == NULL)
		return unknown_kind(r, node, kind);
	s->channels = xreallocarray(s->channels, s->nchannels + 1,
	    sizeof(*s->channels));
	c = &s->channels[s->nchannels++];
	*c = (struct channel){.name = xstrdup(name),
	    .kind = channel_kind(kind),
	    .rate = channel_kind(kind)->rate,
	    .timeout = TIMEOUT_SECONDS,
	    .ttl = TTL_SECONDS};
	if (read_targets(r, c, cur) == -1)
		return -1;
	for (n = node->children; n != NULL; n = n->next)
		if (read_value(r, c, n) == -1)
			rc = -1;
	if (rc == 0 && c->kind->check(c, &e) == -1)
		return config_error(&r->o, node, 2, "%s", e.msg);
	return rc;
}

/* --- rules ---------------------------------------------------------------- */

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

static int
read_to(struct reading *r, struct route_rule *rule, struct config_cursor *cur)
{
	const char *name;
	size_t at, i;

	do {
		at = cur->at;
		if (config_text(cur, "a channel", &name) == -1)
			return -1;
		i = find_channel(r->s, name);
		if (strcmp(name, "none") == 0)
			rule->none = true;
		else if (i == r->s->nchannels)
			return config_error(&r->o, cur->node, at,
			    "no channel %s above", name);
		else
			rule->channels |= (route_set)1 << i;
	} while (config_accept(cur, ","));
	if (rule->none && (rule->block || rule->channels != 0))
		return config_error(&r->o, cur->node, at,
		    "none stands alone, behind match");
	rule->quick = config_accept(cur, "quick");
	return config_end(cur);
}

static int
read_rule(struct reading *r, struct config_cursor *cur, bool block)
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

/* --- the file ------------------------------------------------------------- */

static int
read_statement(struct reading *r, const struct config_node *node)
{
	struct config_cursor cur = {&r->o, node, 0};
	const char *owner;

	if (config_accept(&cur, "channel"))
		return read_channel(r, &cur);
	if (config_accept(&cur, "match"))
		return read_rule(r, &cur, false);
	if (config_accept(&cur, "block"))
		return read_rule(r, &cur, true);
	if ((owner = owner_of(node)) != NULL && strcmp(owner, "nc-notify") != 0)
		return 0; /* its own -C checks it */
	return config_error(&r->o, node, 0,
	    "unknown statement \"%s\", expected channel, match or block",
	    node->tokens[0].text);
}

int
settings_read(const char *path, struct settings *s, struct diag *diag)
{
	struct reading r = {.s = s, .diag = diag};
	const struct config_node *node;
	struct config *tree;

	*s = (struct settings){.nchannels = 0};
	r.o = (struct config_options){.report = report, .arg = &r};
	tree = path != NULL ? config_read(path, &r.o)
			    : config_parse(span_of(builtin), "built in", &r.o);
	for (node = tree != NULL ? config_first(tree) : NULL; node != NULL;
	     node = node->next)
		read_statement(&r, node);
	config_free(tree);
	if (tree != NULL && r.faults == 0 &&
	    !route_covers_crit(s->rules, s->nrules))
		report(&r, path,
		    "a critical alert may reach nobody, expected a match for "
		    "severity = crit without other conditions, or to none");
	return tree == NULL || r.faults != 0 ? -1 : 0;
}

static void
channel_free(struct channel *c)
{
	for (size_t i = 0; i < c->ntargets; i++)
		free(c->targets[i]);
	free(c->targets);
	for (size_t i = 0; i < c->nvalues; i++)
		value_free(&c->values[i]);
	free(c->values);
	template_free(c->title);
	template_free(c->text);
	free(c->fallback);
	secret_free(&c->target);
	free(c->name);
}

void
settings_free(struct settings *s)
{
	for (size_t i = 0; i < s->nchannels; i++)
		channel_free(&s->channels[i]);
	free(s->channels);
	for (size_t i = 0; i < s->nrules; i++)
		route_free(&s->rules[i]);
	free(s->rules);
	*s = (struct settings){.nchannels = 0};
}

const struct channel *
settings_channel(const struct settings *s, struct span name)
{
	for (size_t i = 0; i < s->nchannels; i++)
		if (span_is(name, s->channels[i].name))
			return &s->channels[i];
	return NULL;
}
