/* SPDX-License-Identifier: MIT */
/* settings_channel: a channel of notify.conf, its targets and its options. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "duty.h"
#include "settings_priv.h"

#define TIMEOUT_SECONDS 15.0
#define TTL_SECONDS (72.0 * 3600)
#define BEAT_SECONDS 300.0
#define NAME_MAX_BYTES 32
#define LIMIT_MAX 1e6

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

int
settings_seconds(struct config_cursor *cur, double least, double *to)
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
		return settings_seconds(cur, 0.1, &c->timeout);
	if (strcmp(name, "ttl") == 0)
		return settings_seconds(cur, 1, &c->ttl);
	if (strcmp(name, "every") == 0 && c->kind->beats)
		return settings_seconds(cur, 1, &c->every);
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

struct channel *
settings_add(struct reading *r, struct config_cursor *cur)
{
	struct settings *s = r->s;
	const char *name;

	if (config_text(cur, "a name", &name) == -1)
		return NULL;
	if (!is_name(name)) {
		config_error(&r->o, cur->node, 1,
		    "\"%s\": a channel's name is lower case letters, digits, - "
		    "and _, at most %d, and not none",
		    name, NAME_MAX_BYTES);
		return NULL;
	}
	if (settings_find(s, name) != s->nchannels) {
		config_error(&r->o, cur->node, 1,
		    "a channel %s is there already", name);
		return NULL;
	}
	if (s->nchannels == ROUTE_CHANNELS_MAX) {
		config_error(&r->o, cur->node, 1, "more than %d channels",
		    ROUTE_CHANNELS_MAX);
		return NULL;
	}
	s->channels = xreallocarray(s->channels, s->nchannels + 1,
	    sizeof(*s->channels));
	s->channels[s->nchannels] = (struct channel){.name = xstrdup(name),
	    .timeout = TIMEOUT_SECONDS,
	    .ttl = TTL_SECONDS,
	    .every = BEAT_SECONDS};
	return &s->channels[s->nchannels++];
}

int
settings_channel_read(struct reading *r, struct config_cursor *cur)
{
	const struct config_node *node = cur->node, *n;
	struct channel *c = settings_add(r, cur);
	const char *kind;
	struct nc_err e = {0};
	int rc = 0;

	if (c == NULL)
		return -1;
	/* Until its own is known. */
	c->kind = channel_kind("exec");
	if (config_text(cur, "a kind of channel", &kind) == -1)
		return -1;
	if (channel_kind(kind) == NULL)
		return unknown_kind(r, node, kind);
	c->kind = channel_kind(kind);
	c->rate = c->kind->rate;
	if (read_targets(r, c, cur) == -1)
		return -1;
	for (n = node->children; n != NULL; n = n->next)
		if (read_value(r, c, n) == -1)
			rc = -1;
	if (rc == 0 && c->kind->check(c, &e) == -1)
		return config_error(&r->o, node, 2, "%s", e.msg);
	return rc;
}

void
settings_channel_free(struct channel *c)
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
	escalation_free(c->escalation);
	rota_free(c->rota);
	secret_free(&c->target);
	free(c->name);
}
