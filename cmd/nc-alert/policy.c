/* SPDX-License-Identifier: MIT */
/*
 * policy: statements about many rules at once.  Never evaluates.
 */
#include "policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"

#define FLAP_MAX 60 /* changes that are remembered */
#define STORM_MAX 10000

void
policy_init(struct policy *p)
{
	*p = (struct policy){.flap = {.changes = 6,
				 .within = 1800,
				 .clear = 900},
	    .storm = 50,
	    .storm_within = 60,
	    .incident = 600};
}

static void
inhibit_free(struct policy_inhibit *i)
{
	for (size_t k = 0; k < i->nsame; k++)
		free(i->same[k]);
	free(i->same);
	selector_free(i->target);
	selector_free(i->source);
}

static void
maintenance_free(struct policy_maintenance *m)
{
	for (size_t k = 0; k < m->nwhen; k++)
		calendar_free(m->when[k]);
	free(m->when);
	selector_free(m->match);
	free(m->name);
}

void
policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->ninhibits; i++)
		inhibit_free(&p->inhibits[i]);
	for (size_t i = 0; i < p->nmaintenances; i++)
		maintenance_free(&p->maintenances[i]);
	for (size_t i = 0; i < p->nexpected; i++)
		free(p->expected[i]);
	free(p->inhibits);
	free(p->maintenances);
	free(p->expected);
	policy_init(p);
}

/* --- who mutes whom -------------------------------------------------------- */

static bool
is_severity(const char *s)
{
	return strcmp(s, "info") == 0 || strcmp(s, "warn") == 0 ||
	       strcmp(s, "crit") == 0;
}

/* A severity, a rule's name or pattern, or a selector. */
static struct selector *
read_side(struct config_cursor *c)
{
	const struct config_token *t = config_peek(c);
	struct selector *s;
	struct nc_err e = {0};
	struct buf b = {0};

	if (t == NULL || t->kind == LEX_PUNCT) {
		config_error(c->o, c->node, c->at,
		    "expected a severity, a rule or a selector");
		return NULL;
	}
	if (t->kind == LEX_SELECTOR)
		buf_add(&b, t->text, t->len);
	else
		buf_addf(&b, "*{%s=\"%s\"}",
		    is_severity(t->text) ? "severity" : "alert", t->text);
	s = selector_parse(buf_span(&b), &e);
	buf_free(&b);
	if (s == NULL)
		config_error(c->o, c->node, c->at, "%s", e.msg);
	c->at++;
	return s;
}

/* same KEY, KEY ... */
static int
read_same(struct config_cursor *c, struct policy_inhibit *i)
{
	const char *key;

	if (config_expect(c, "same") == -1)
		return -1;
	do {
		if (config_text(c, "a label, host, entity or id", &key) == -1)
			return -1;
		i->same = xreallocarray(i->same, i->nsame + 1,
		    sizeof(*i->same));
		i->same[i->nsame++] = xstrdup(key);
		i->same_host = i->same_host || strcmp(key, "host") == 0;
	} while (config_accept(c, ",") || config_peek(c) != NULL);
	return config_end(c);
}

static int
read_inhibit(struct policy *p, struct config_cursor *c, bool depend)
{
	struct policy_inhibit *i;

	p->inhibits = xreallocarray(p->inhibits, p->ninhibits + 1,
	    sizeof(*p->inhibits));
	i = &p->inhibits[p->ninhibits++];
	*i = (struct policy_inhibit){.depend = depend};
	if ((i->target = read_side(c)) == NULL ||
	    config_expect(c, depend ? "on" : "by") == -1 ||
	    (i->source = read_side(c)) == NULL)
		return -1;
	return read_same(c, i);
}

/* --- when nobody is told --------------------------------------------------- */

/* match LABEL OP VALUE, ... : a selector of any entity. */
static int
read_match(struct config_cursor *c, struct policy_maintenance *m)
{
	static const char *const ops[] = {"=", "!=", "=~", "!~", NULL};
	const char *label, *value;
	struct nc_err e = {0};
	struct buf b = {0};
	size_t at = c->at, op;

	if (m->match != NULL)
		return config_error(c->o, c->node, at, "match twice");
	buf_adds(&b, "*{");
	do {
		if (config_text(c, "a label", &label) == -1)
			goto bad;
		for (op = 0; ops[op] != NULL; op++)
			if (config_accept(c, ops[op]))
				break;
		if (ops[op] == NULL) {
			config_error(c->o, c->node, c->at,
			    "expected =, !=, =~ or !~");
			goto bad;
		}
		if (config_text(c, "a value", &value) == -1)
			goto bad;
		buf_addf(&b, "%s%s%s\"", b.len > 2 ? "," : "", label, ops[op]);
		for (; *value != '\0'; value++) {
			if (*value == '"' || *value == '\\')
				buf_addc(&b, '\\');
			buf_addc(&b, *value);
		}
		buf_addc(&b, '"');
	} while (config_accept(c, ",") || config_accept(c, "and"));
	buf_addc(&b, '}');
	m->match = selector_parse(buf_span(&b), &e);
	buf_free(&b);
	if (m->match == NULL)
		return config_error(c->o, c->node, at, "%s", e.msg);
	return 0;
bad:
	buf_free(&b);
	return -1;
}

/* every ... | from ... | match ... , in one statement or several. */
static int
read_when(const struct config_options *o, const struct config_node *node,
    struct policy_maintenance *m)
{
	struct config_cursor c = {o, node, 0};
	struct calendar *k;

	if (!config_accept(&c, "match")) {
		if ((k = calendar_read(&c)) == NULL)
			return -1;
		m->when = xreallocarray(m->when, m->nwhen + 1,
		    sizeof(struct calendar *));
		m->when[m->nwhen++] = k;
		if (!config_accept(&c, "match"))
			return config_end(&c);
	}
	if (read_match(&c, m) == -1)
		return -1;
	return config_end(&c);
}

static int
read_maintenance(struct policy *p, struct config_cursor *c)
{
	const struct config_node *node;
	struct policy_maintenance *m;
	const char *name;
	int rc = 0;

	if (config_text(c, "a name", &name) == -1 || config_block(c) == -1)
		return -1;
	p->maintenances = xreallocarray(p->maintenances, p->nmaintenances + 1,
	    sizeof(*p->maintenances));
	m = &p->maintenances[p->nmaintenances++];
	*m = (struct policy_maintenance){.name = xstrdup(name)};
	for (node = c->node->children; node != NULL; node = node->next)
		if (read_when(c->o, node, m) == -1)
			rc = -1;
	if (rc == 0 && m->nwhen == 0)
		return config_error(c->o, c->node, 1,
		    "maintenance '%s' never is, expected a line such as: every"
		    " tue 02:00-04:00",
		    name);
	return rc;
}

/* --- the rest --------------------------------------------------------------- */

static int
read_expect(struct policy *p, struct config_cursor *c)
{
	const char *host;

	if (config_expect(c, "host") == -1)
		return -1;
	do {
		if (config_text(c, "the name of a host", &host) == -1)
			return -1;
		p->expected = xreallocarray(p->expected, p->nexpected + 1,
		    sizeof(*p->expected));
		p->expected[p->nexpected++] = xstrdup(host);
		config_accept(c, ",");
	} while (config_peek(c) != NULL);
	return config_end(c);
}

static int
read_count(struct config_cursor *c, unsigned max, unsigned *to)
{
	size_t at = c->at;
	const char *text;
	uint64_t n;

	if (config_text(c, "how many", &text) == -1)
		return -1;
	if (parse_unsigned(span_of(text), max, &n, NULL) == -1 || n == 0)
		return config_error(c->o, c->node, at,
		    "'%s' here, expected 1 to %u", text, max);
	*to = (unsigned)n;
	return 0;
}

int
policy_flap(struct config_cursor *c, struct policy_flap *flap)
{
	flap->set = true;
	if ((flap->off = config_accept(c, "off")))
		return config_end(c);
	if (read_count(c, FLAP_MAX, &flap->changes) == -1 ||
	    config_expect(c, "in") == -1 ||
	    config_duration(c, "a time such as 30m", &flap->within) == -1)
		return -1;
	flap->clear = flap->within / 2;
	if (config_accept(c, "clear") &&
	    config_duration(c, "a time such as 15m", &flap->clear) == -1)
		return -1;
	return config_end(c);
}

static int
read_storm(struct policy *p, struct config_cursor *c)
{
	if (config_accept(c, "off")) {
		p->storm = 0;
		return config_end(c);
	}
	if (read_count(c, STORM_MAX, &p->storm) == -1 ||
	    config_expect(c, "in") == -1 ||
	    config_duration(c, "a time such as 1m", &p->storm_within) == -1)
		return -1;
	return config_end(c);
}

static int
read_seconds(struct config_cursor *c, double *to)
{
	if (config_accept(c, "off"))
		*to = 0;
	else if (config_duration(c, "a time such as 10m, or off", to) == -1)
		return -1;
	return config_end(c);
}

int
policy_statement(struct policy *p, struct config_cursor *c)
{
	int rc;

	if (config_accept(c, "inhibit"))
		rc = read_inhibit(p, c, false);
	else if (config_accept(c, "depend"))
		rc = read_inhibit(p, c, true);
	else if (config_accept(c, "maintenance"))
		rc = read_maintenance(p, c);
	else if (config_accept(c, "expect"))
		rc = read_expect(p, c);
	else if (c->node->ntokens < 2 || !config_accept(c, "set"))
		return 0;
	else if (config_accept(c, "flap"))
		rc = policy_flap(c, &p->flap);
	else if (config_accept(c, "storm"))
		rc = read_storm(p, c);
	else if (config_accept(c, "heartbeat"))
		rc = read_seconds(c, &p->heartbeat);
	else if (config_accept(c, "incident"))
		rc = read_seconds(c, &p->incident);
	else {
		c->at = 0;
		return 0;
	}
	return rc == -1 ? -1 : 1;
}
