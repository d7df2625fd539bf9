/* SPDX-License-Identifier: MIT */
/* plan: what was not told on the command line may be in the configuration;
 * of what may be repeated, either all of one or all of the other. */
#include "plan.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define MAX_SERIES 1000000
#define SAVE_SECONDS 60
#define SELF_SECONDS 60
#define TICK_LEAST 0.1

void
plan_init(struct plan *p, struct diag *d)
{
	*p = (struct plan){.diag = d,
	    .o = {.save = SAVE_SECONDS, .self = SELF_SECONDS},
	    .flow = {.max_series = MAX_SERIES, .diag = d}};
	p->flow.names = intern_new(0);
	p->flow.edges = &p->edges;
}

/* 0, or -1 and *e. */
static int
add_selector(struct plan *p, const char *text, struct nc_err *e)
{
	struct selector *s = selector_parse(span_of(text), e);

	if (s == NULL)
		return err_where(e, "\"%s\"", text);
	p->flow.only = xreallocarray(p->flow.only, p->flow.nonly + 1,
	    sizeof(struct selector *));
	p->flow.only[p->flow.nonly++] = s;
	return 0;
}

static int
add_limit(struct plan *p, const char *text, struct nc_err *e)
{
	struct limit l;

	if (limit_parse(span_of(text), &l, e) == -1)
		return -1;
	p->flow.limits = xreallocarray(p->flow.limits, p->flow.nlimits + 1,
	    sizeof(l));
	p->flow.limits[p->flow.nlimits++] = l;
	return 0;
}

/* A span of time that is 0 (none) or not too short to be meant. */
static int
parse_period(const char *text, double least, double *out, struct nc_err *e)
{
	double seconds;

	if (parse_duration(span_of(text), &seconds, e) == -1)
		return -1;
	if (seconds != 0 && seconds < least)
		return err_set(e, 0, "\"%s\": expected %g s or more", text,
		    least);
	*out = seconds;
	return 0;
}

static int
take_option(struct plan *p, int letter, char *value, struct nc_err *e)
{
	uint64_t n;

	switch (letter) {
	case 'c':
		p->config = value;
		return 0;
	case 'C':
		p->check = true;
		return 0;
	case 'e':
		p->o.tell_found = true;
		return 0;
	case OPT_LATENESS:
		return parse_period(value, 0, &p->o.lateness, e);
	case 'o':
		p->o.only = true;
		return 0;
	case OPT_STATE:
		p->o.state = value;
		return 0;
	case OPT_SAVE:
		if (parse_period(value, TICK_LEAST, &p->o.save, e) == -1)
			return -1;
		return p->o.save > 0 ? 0 : err_set(e, 0, "not above 0");
	case OPT_FULL:
		return add_limit(p, value, e);
	case OPT_TOPOLOGY:
		p->topology = value;
		return 0;
	case OPT_ALL_PAIRS:
		p->flow.all_pairs = true;
		return 0;
	case OPT_EMIT_SKETCH:
		p->flow.emit_sketch = true;
		return 0;
	case OPT_MERGE:
		p->flow.merge = true;
		return 0;
	case OPT_EXPLAIN:
		p->flow.explain = true;
		return 0;
	case OPT_ONLY_SERIES:
		return add_selector(p, value, e);
	case OPT_MAX_SERIES:
		if (parse_unsigned(span_of(value), 1000000000, &n, e) == -1)
			return -1;
		p->flow.max_series = (size_t)n;
		return 0;
	case OPT_TICK:
		return parse_period(value, TICK_LEAST, &p->o.tick, e);
	case OPT_SELF:
		return parse_period(value, TICK_LEAST, &p->o.self, e);
	case OPT_HOST:
		p->o.host = value;
		return 0;
	default:
		p->o.strict = true;
		return 0;
	}
}

static const struct analysis *
analysis_of(const char *word)
{
	const struct analysis *k;
	struct span name, rest;

	str_cut(span_of(word), ',', &name, &rest);
	for (size_t i = 0; (k = analysis_at(i)) != NULL; i++)
		if (span_is(name, k->name))
			return k;
	return NULL;
}

/* Those that run when none is named. */
static int
add_standard(struct flow *f, struct nc_err *e)
{
	const struct analysis *k;

	for (size_t i = 0; (k = analysis_at(i)) != NULL; i++)
		if (k->standard && flow_add(f, k, span_of(k->name), e) == -1)
			return -1;
	return 0;
}

struct flow *
plan_make(void *arg, struct frame *out, struct nc_err *e)
{
	struct plan *p = arg;
	struct flow *f;
	int rc;

	p->flow.out = out;
	f = flow_new(&p->flow);
	rc = p->nwords == 0 ? add_standard(f, e) : 0;
	for (size_t i = 0; i < p->nwords && rc == 0; i++)
		rc = flow_add(f, analysis_of(p->words[i]), span_of(p->words[i]),
		    e);
	if (rc == 0)
		rc = flow_ready(f, e);
	if (rc == 0)
		return f;
	flow_free(f);
	return NULL;
}

bool
plan_word(struct plan *p, char *word)
{
	if (analysis_of(word) == NULL)
		return false;
	p->words = xreallocarray(p->words, p->nwords + 1, sizeof(char *));
	p->words[p->nwords++] = word;
	return true;
}

int
plan_option(struct plan *p, int letter, char *value, struct nc_err *e)
{
	p->given[letter] = true;
	return take_option(p, letter, value, e);
}

/* What the command line has not said. */
static int
take_settings(struct plan *p, struct nc_err *e)
{
	bool words = p->nwords != 0;
	const struct setting *s;

	for (size_t i = 0; i < p->settings.n; i++) {
		s = &p->settings.list[i];
		if (s->letter == 0 && !words && !plan_word(p, s->value))
			return err_set(e, 0, "%s: \"%s\" is no analysis",
			    p->config, s->value);
		if (s->letter != 0 && !p->given[s->letter] &&
		    take_option(p, s->letter, s->value, e) == -1)
			return err_where(e, "%s", p->config);
	}
	return 0;
}

static bool
is_to_run(const struct plan *p, const struct analysis *a)
{
	for (size_t i = 0; i < p->nwords; i++)
		if (analysis_of(p->words[i]) == a)
			return true;
	return p->nwords == 0 && a->standard;
}

/* An option that only one analysis heeds, without it, is a mistake. */
static int
check_options(const struct plan *p, struct nc_err *e)
{
	const struct {
		bool given;
		const char *name;
		const struct analysis *of;
	} all[] = {
	    {p->flow.merge, "merge", &analysis_aggregate},
	    {p->flow.emit_sketch, "emit-sketch", &analysis_aggregate},
	    {p->flow.all_pairs, "all-pairs", &analysis_correlate},
	    {p->topology != NULL, "topology", &analysis_cause},
	    {p->flow.nlimits != 0, "full", &analysis_full},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].given && !is_to_run(p, all[i].of))
			return err_set(e, 0,
			    "--%s: without %s, which is not to run, it does "
			    "nothing",
			    all[i].name, all[i].of->name);
	return 0;
}

int
plan_ready(struct plan *p, const struct cli_option *options, struct nc_err *e)
{
	struct flow *f;

	*e = (struct nc_err){0};
	if (p->config != NULL &&
	    settings_read(&p->settings, p->config, options, p->diag) == -1)
		return -1;
	if (take_settings(p, e) == -1 || check_options(p, e) == -1)
		return -1;
	if (p->topology != NULL &&
	    edges_read(&p->edges, p->topology, p->diag) == -1)
		return -1;
	if (p->o.host == NULL) {
		gethostname(p->host, sizeof(p->host) - 1);
		p->o.host = p->host;
	}
	/* What is wrong with the words is wrong before anything is done. */
	if ((f = plan_make(p, NULL, e)) == NULL)
		return -1;
	flow_free(f);
	return 0;
}

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->flow.nonly; i++)
		selector_free(p->flow.only[i]);
	free(p->flow.only);
	for (size_t i = 0; i < p->flow.nlimits; i++)
		limit_free(&p->flow.limits[i]);
	free(p->flow.limits);
	free(p->words);
	edges_free(&p->edges);
	settings_free(&p->settings);
	intern_free(p->flow.names);
}
