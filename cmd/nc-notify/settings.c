/* SPDX-License-Identifier: MIT */
/*
 * settings: the statements of notify.conf; their grammar is lib/lang's.
 * Statements of nc-alert in the same file are its business.  Every fault is
 * reported, not only the first.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "duty.h"
#include "lang/owner.h"
#include "settings_priv.h"

#define STORM_ALERTS 50.0
#define STORM_SECONDS 60.0

static const char builtin[] = "channel syslog local syslog\n"
			      "match to syslog\n";

static void
report(void *arg, const char *where, const char *what)
{
	struct reading *r = arg;

	r->faults++;
	diag_say(r->diag, DIAG_ERROR, where, "%s", what);
}

static void
diag_fault(struct reading *r, const char *path, const char *channel,
    const char *what, const char *name)
{
	r->faults++;
	diag_say(r->diag, DIAG_ERROR, path, "channel %s: %s: %s", channel, what,
	    name);
}

/* set storm 50 in 1m: nc-alert's own, which has a meaning here as well. */
static int
read_storm(struct reading *r, struct config_cursor *cur)
{
	double n, seconds;

	if (config_accept(cur, "off")) {
		r->s->storm_n = 0;
		return config_end(cur);
	}
	if (config_number(cur, "a number of alerts", &n) == -1 ||
	    config_expect(cur, "in") == -1 ||
	    config_duration(cur, "a duration", &seconds) == -1)
		return -1;
	if (n < 2 || seconds < 1)
		return config_error(&r->o, cur->node, 2,
		    "expected two alerts or more in 1s or more");
	r->s->storm_n = n;
	r->s->storm_seconds = seconds;
	return config_end(cur);
}

static int
read_statement(struct reading *r, const struct config_node *node)
{
	struct config_cursor cur = {&r->o, node, 0};
	const char *owner;

	if (config_accept(&cur, "channel"))
		return settings_channel_read(r, &cur);
	if (config_accept(&cur, "match"))
		return settings_rule(r, &cur, false);
	if (config_accept(&cur, "block"))
		return settings_rule(r, &cur, true);
	if (config_accept(&cur, "window"))
		return settings_window(r, &cur);
	if (config_accept(&cur, "rota"))
		return settings_rota(r, &cur);
	if (config_accept(&cur, "escalation"))
		return settings_escalation(r, &cur);
	if (node->ntokens > 1 && strcmp(node->tokens[0].text, "set") == 0 &&
	    strcmp(node->tokens[1].text, "storm") == 0) {
		cur.at = 2;
		return read_storm(r, &cur);
	}
	if ((owner = owner_of(node)) != NULL && strcmp(owner, "nc-notify") != 0)
		return 0; /* its own -C checks it */
	return config_error(&r->o, node, 0,
	    "unknown statement \"%s\", expected channel, "
	    "match, block, window, rota, escalation or set storm",
	    node->tokens[0].text);
}

/* A chain of fallbacks ends, and at a way out. */
static void
check_fallbacks(struct reading *r, const char *path)
{
	const struct settings *s = r->s;

	for (size_t i = 0; i < s->nchannels; i++) {
		const struct channel *c = &s->channels[i];
		size_t hops = 0;

		while (c != NULL && c->fallback != NULL &&
		       hops++ <= s->nchannels) {
			const char *name = c->fallback;

			c = settings_channel(s, span_of(name));
			if (c == NULL || c->rota != NULL ||
			    c->escalation != NULL || c->kind->beats)
				diag_fault(r, path, s->channels[i].name,
				    "no channel of its fallback's name", name);
		}
		if (hops > s->nchannels)
			diag_fault(r, path, s->channels[i].name,
			    "its fallbacks go round in a circle",
			    s->channels[i].fallback);
	}
}

static void
add_lane(struct settings *s, const struct channel *c, const char *recipient)
{
	unsigned char sum[DIGEST_SHA256];
	struct lane_name *l;
	struct buf name = {0};

	s->lanes = xreallocarray(s->lanes, s->nlanes + 1, sizeof(*s->lanes));
	l = &s->lanes[s->nlanes++];
	buf_adds(&name, c->name);
	if (recipient != NULL) {
		digest_sha256(span_of(recipient), sum);
		buf_addc(&name, '~');
		digest_hex((struct span){(const char *)sum, 4}, &name);
	}
	*l = (struct lane_name){c, recipient, buf_take(&name)};
}

/* The channels stay where they are from here on. */
static void
make_lanes(struct settings *s)
{
	for (size_t i = 0; i < s->nchannels; i++) {
		const struct channel *c = &s->channels[i];
		bool several = false;

		if (c->rota != NULL)
			continue;
		for (size_t k = 0; k < c->nvalues; k++)
			if (c->values[k].option->recipient) {
				add_lane(s, c, c->values[k].text);
				several = true;
			}
		if (!several)
			add_lane(s, c, NULL);
	}
}

/* From a file, or from text when there is one. */
static int
read_settings(const char *path, const struct span *text, struct settings *s,
    struct diag *diag)
{
	struct reading r = {.s = s, .diag = diag};
	const struct config_node *node;
	struct config *tree;

	*s = (struct settings){.storm_n = STORM_ALERTS,
	    .storm_seconds = STORM_SECONDS};
	r.o = (struct config_options){.report = report, .arg = &r};
	tree = text != NULL ? config_parse(*text, path, &r.o)
			    : config_read(path, &r.o);
	for (node = tree != NULL ? config_first(tree) : NULL; node != NULL;
	     node = node->next)
		read_statement(&r, node);
	config_free(tree);
	if (tree != NULL && r.faults == 0)
		check_fallbacks(&r, path);
	make_lanes(s);
	if (tree != NULL && r.faults == 0 &&
	    !route_covers_crit(s->rules, s->nrules))
		report(&r, path,
		    "a critical alert may reach nobody, expected a match for "
		    "severity = crit without other conditions, or to none");
	return tree == NULL || r.faults != 0 ? -1 : 0;
}

int
settings_parse(struct span text, const char *name, struct settings *s,
    struct diag *diag)
{
	return read_settings(name, &text, s, diag);
}

int
settings_read(const char *path, struct settings *s, struct diag *diag)
{
	if (path == NULL)
		return settings_parse(span_of(builtin), "built in", s, diag);
	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";
	return read_settings(path, NULL, s, diag);
}

void
settings_free(struct settings *s)
{
	for (size_t i = 0; i < s->nchannels; i++)
		settings_channel_free(&s->channels[i]);
	free(s->channels);
	for (size_t i = 0; i < s->nlanes; i++)
		free(s->lanes[i].name);
	free(s->lanes);
	for (size_t i = 0; i < s->nrules; i++)
		route_free(&s->rules[i]);
	free(s->rules);
	for (size_t i = 0; i < s->nwindows; i++) {
		for (size_t k = 0; k < s->windows[i]->n; k++)
			calendar_free(s->windows[i]->when[k]);
		free(s->windows[i]->when);
		free(s->windows[i]->name);
		free(s->windows[i]);
	}
	free(s->windows);
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

const struct lane_name *
settings_lane(const struct settings *s, struct span name)
{
	for (size_t i = 0; i < s->nlanes; i++)
		if (span_is(name, s->lanes[i].name))
			return &s->lanes[i];
	return NULL;
}

route_set
settings_on_duty(const struct settings *s, route_set set, double now)
{
	for (size_t i = 0; i < s->nchannels; i++)
		if ((set >> i & 1) != 0 && s->channels[i].rota != NULL) {
			set &= ~((route_set)1 << i);
			set |= (route_set)1
			       << rota_on_duty(s->channels[i].rota, now);
		}
	return set;
}

size_t
settings_find(const struct settings *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->nchannels; i++)
		if (strcmp(s->channels[i].name, name) == 0)
			break;
	return i;
}
