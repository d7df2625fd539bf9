/* SPDX-License-Identifier: MIT */
/*
 * nc-analyze: what a person would see in records.  A filter: what comes in
 * goes out.  This file turns options into a plan.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/sig.h"
#include "base/str.h"
#include "run.h"

#define MAX_SERIES 1000000
#define SAVE_SECONDS 60
#define SELF_SECONDS 60
#define TICK_LEAST 0.1

enum {
	OPT_STATE = 256,
	OPT_SAVE,
	OPT_EXPLAIN,
	OPT_FULL,
	OPT_TOPOLOGY,
	OPT_ALL_PAIRS,
	OPT_EMIT_SKETCH,
	OPT_MERGE,
	OPT_ONLY_SERIES,
	OPT_MAX_SERIES,
	OPT_TICK,
	OPT_SELF,
	OPT_HOST,
	OPT_STRICT
};

static const char *const synopsis[] = {
    "[-o] [--state FILE] [ANALYSIS[,KEY=VALUE...]...] [FILE...]",
    NULL,
};

static const struct cli_option options[] = {
    {'o', "only", NULL, "our own records alone"},
    {OPT_STATE, "state", "FILE", "go on from FILE, and keep it up to date"},
    {OPT_SAVE, "save", "TIME", "how often, and at the end (60s)"},
    {OPT_EXPLAIN, "explain", NULL, "say why, in a sentence"},
    {OPT_FULL, "full", "SELECTOR=LIMIT",
	"what may not be crossed; may be repeated"},
    {OPT_TOPOLOGY, "topology", "FILE",
	"who depends on whom, SELECTOR -> SELECTOR a line"},
    {OPT_ALL_PAIRS, "all-pairs", NULL,
	"correlate all series, once, where the input ends"},
    {OPT_EMIT_SKETCH, "emit-sketch", NULL,
	"aggregate tells what --merge can put together"},
    {OPT_MERGE, "merge", NULL, "aggregate takes these instead of samples"},
    {OPT_ONLY_SERIES, "only-series", "SELECTOR",
	"analyse only these; may be repeated"},
    {OPT_MAX_SERIES, "max-series", "N",
	"beyond N forget those silent longest (1000000)"},
    {OPT_TICK, "tick", "TIME", "say each TIME that time passes"},
    {OPT_SELF, "self", "TIME", "itself as a sample, each TIME (60s; 0: none)"},
    {OPT_HOST, "host", "NAME", "what that sample says as host"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "ANALYSIS is one of these; without one: all but aggregate and correlate",
    "  anomaly    alarm=2,scores=none",
    "  change     confidence=0.99",
    "  trend      every=10m",
    "  forecast   horizon=24h,every=10m",
    "  full       horizon=7d,every=10m",
    "  aggregate  by=host+entity,window=5m,slide=5m,stat=avg+min+max",
    "             stat: avg min max sum count p50 p90 p95 p99 rate",
    "  correlate  every=10m,steps=128,lag=5,scope=host",
    "  cause      window=5m,alarm=8,scope=host",
    NULL,
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-analyze aggregate,window=1m,stat=avg+p99",
    "nc-analyze -o aggregate,by=entity,stat=sum recording.ndjson",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-analyze",
    .synopsis = synopsis,
    .purpose = "Add to records what a person would see in them.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

struct app {
	struct diag *diag;
	struct run_options o;
	struct flow_options flow;
	char **words; /* operands that are analyses */
	int nwords;
	const char *topology; /* --topology */
	struct edges edges;
	char host[256];
};

/* 0, or -1 and *e. */
static int
add_selector(struct app *a, const char *text, struct nc_err *e)
{
	struct selector *s = selector_parse(span_of(text), e);

	if (s == NULL)
		return err_where(e, "\"%s\"", text);
	a->flow.only = xreallocarray(a->flow.only, a->flow.nonly + 1,
	    sizeof(struct selector *));
	a->flow.only[a->flow.nonly++] = s;
	return 0;
}

static int
add_limit(struct app *a, const char *text, struct nc_err *e)
{
	struct limit l;

	if (limit_parse(span_of(text), &l, e) == -1)
		return err_where(e, "--full");
	a->flow.limits = xreallocarray(a->flow.limits, a->flow.nlimits + 1,
	    sizeof(l));
	a->flow.limits[a->flow.nlimits++] = l;
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
take_option(struct app *a, int letter, struct nc_err *e)
{
	uint64_t n;

	switch (letter) {
	case 'o':
		a->o.only = true;
		return 0;
	case OPT_STATE:
		a->o.state = optarg;
		return 0;
	case OPT_SAVE:
		if (parse_period(optarg, TICK_LEAST, &a->o.save, e) == -1)
			return -1;
		return a->o.save > 0 ? 0 : err_set(e, 0, "--save: not above 0");
	case OPT_FULL:
		return add_limit(a, optarg, e);
	case OPT_TOPOLOGY:
		a->topology = optarg;
		return 0;
	case OPT_ALL_PAIRS:
		a->flow.all_pairs = true;
		return 0;
	case OPT_EMIT_SKETCH:
		a->flow.emit_sketch = true;
		return 0;
	case OPT_MERGE:
		a->flow.merge = true;
		return 0;
	case OPT_EXPLAIN:
		a->flow.explain = true;
		return 0;
	case OPT_ONLY_SERIES:
		return add_selector(a, optarg, e);
	case OPT_MAX_SERIES:
		if (parse_unsigned(span_of(optarg), 1000000000, &n, e) == -1)
			return -1;
		a->flow.max_series = (size_t)n;
		return 0;
	case OPT_TICK:
		return parse_period(optarg, TICK_LEAST, &a->o.tick, e);
	case OPT_SELF:
		return parse_period(optarg, TICK_LEAST, &a->o.self, e);
	case OPT_HOST:
		a->o.host = optarg;
		return 0;
	default:
		a->o.strict = true;
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

static struct flow *
make_flow(void *arg, struct frame *out, struct nc_err *e)
{
	struct app *a = arg;
	struct flow *f;

	a->flow.out = out;
	f = flow_new(&a->flow);
	if (a->nwords == 0 && add_standard(f, e) == -1) {
		flow_free(f);
		return NULL;
	}
	for (int i = 0; i < a->nwords; i++) {
		if (flow_add(f, analysis_of(a->words[i]), span_of(a->words[i]),
			e) == -1) {
			flow_free(f);
			return NULL;
		}
	}
	if (flow_ready(f, e) == -1) {
		flow_free(f);
		return NULL;
	}
	return f;
}

/* What is wrong with the words is a matter of usage: nothing is done then. */
static int
check_words(struct app *a, struct nc_err *e)
{
	struct flow *f;

	if ((f = make_flow(a, NULL, e)) == NULL)
		return -1;
	flow_free(f);
	return 0;
}

static int
start(struct app *a, int argc, char **argv)
{
	struct nc_err e;
	int status, signo = 0, i = optind;

	a->words = argv + i;
	while (i < argc && analysis_of(argv[i]) != NULL)
		i++;
	a->nwords = i - optind;
	a->o.files = argv + i;
	a->o.nfiles = argc - i;
	a->flow.names = intern_new(0);
	a->flow.diag = a->diag;
	a->flow.edges = &a->edges;
	if (a->topology != NULL &&
	    edges_read(&a->edges, a->topology, a->diag) == -1)
		status = NC_EXIT_USAGE;
	else if (check_words(a, &e) == -1)
		status = cli_usage(&cli, a->diag, "%s", e.msg);
	else if (a->o.nfiles == 0 && isatty(STDIN_FILENO))
		status = cli_usage(&cli, a->diag,
		    "standard input is a terminal");
	else
		status = run(&a->o, make_flow, a, a->flow.names, a->diag,
		    &signo);
	intern_free(a->flow.names);
	diag_flush(a->diag);
	if (signo == SIGINT)
		sig_reraise(signo);
	return status;
}

int
main(int argc, char **argv)
{
	struct app a = {.o = {.save = SAVE_SECONDS, .self = SELF_SECONDS},
	    .flow = {.max_series = MAX_SERIES}};
	struct nc_err e;
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-analyze");
	while (status == 0 && (letter = cli_next(&cli, a.diag, argc, argv,
				   &status)) != CLI_END) {
		if (letter == CLI_EXIT)
			goto out;
		if (take_option(&a, letter, &e) == -1)
			status = cli_usage(&cli, a.diag, "%s", e.msg);
	}
	if (status == 0 && a.o.host == NULL) {
		gethostname(a.host, sizeof(a.host) - 1);
		a.o.host = a.host;
	}
	if (status == 0)
		status = start(&a, argc, argv);
	status = cli_finish(a.diag, status);
out:
	for (size_t i = 0; i < a.flow.nonly; i++)
		selector_free(a.flow.only[i]);
	free(a.flow.only);
	for (size_t i = 0; i < a.flow.nlimits; i++)
		limit_free(&a.flow.limits[i]);
	free(a.flow.limits);
	edges_free(&a.edges);
	diag_free(a.diag);
	return status;
}
