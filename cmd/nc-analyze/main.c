/* SPDX-License-Identifier: MIT */
/*
 * nc-analyze: what a person would see in records.  A filter: what comes in
 * goes out.  This file turns options into a plan.
 */
#include <getopt.h>
#include <signal.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exitcode.h"
#include "base/sig.h"
#include "plan.h"

static const char *const synopsis[] = {
    "[-eo] [-c FILE] [--state FILE] [ANALYSIS...] [FILE...]",
    NULL,
};

static const struct cli_option options[] = {
    {'c', "config", "FILE", "options and analyses from there as well"},
    {'C', "check", NULL, "check these and exit"},
    {'e', "exit-status", NULL, "status 4 when something was found"},
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
    {OPT_LATENESS, "lateness", "TIME", "put in order what is late by no more"},
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
    "ANALYSIS; without one: anomaly change trend forecast full cause",
    "  anomaly    q=1e-7,joint=0,scores=none,refractory=0,memory=1",
    "  change     confidence=0.99",
    "  trend      every=10m",
    "  forecast   horizon=24h,every=10m",
    "  full       horizon=7d,every=10m",
    "  aggregate  by=host+entity,window=5m,slide=5m,stat=avg+min+max",
    "             stat: avg min max sum count p50 p90 p95 p99 rate",
    "  correlate  every=10m,steps=128,lag=5,scope=host",
    "  cause      window=5m,alarm=7,scope=host",
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

static int
start(struct plan *p, int argc, char **argv)
{
	struct nc_err e;
	int status, signo = 0, i = optind;

	while (i < argc && plan_word(p, argv[i]))
		i++;
	p->o.files = argv + i;
	p->o.nfiles = argc - i;
	if (plan_ready(p, options, &e) == -1)
		status = e.msg[0] != '\0'
			     ? cli_usage(&cli, p->diag, "%s", e.msg)
			     : NC_EXIT_USAGE;
	else if (p->check)
		status = NC_EXIT_OK;
	else if (p->o.nfiles == 0 && isatty(STDIN_FILENO))
		status = cli_usage(&cli, p->diag,
		    "standard input is a terminal");
	else
		status = run(&p->o, plan_make, p, p->flow.names, p->diag,
		    &signo);
	diag_flush(p->diag);
	if (signo == SIGINT)
		sig_reraise(signo);
	return status;
}

int
main(int argc, char **argv)
{
	struct diag *d;
	struct plan p;
	struct nc_err e;
	int letter, status = 0;

	cli_start();
	d = diag_new("nc-analyze");
	plan_init(&p, d);
	while (status == 0 &&
	       (letter = cli_next(&cli, d, argc, argv, &status)) != CLI_END) {
		if (letter == CLI_EXIT)
			goto out;
		if (plan_option(&p, letter, optarg, &e) == -1)
			status = cli_usage_value(&cli, d, letter, e.msg);
	}
	if (status == 0)
		status = start(&p, argc, argv);
	status = cli_finish(d, status);
out:
	plan_free(&p);
	diag_free(d);
	return status;
}
