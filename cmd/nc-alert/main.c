/* SPDX-License-Identifier: MIT */
/*
 * nc-alert: rules over records, alerts out.  A filter: what comes in goes
 * out, and behind it what it caused.  This file reads options.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/sig.h"
#include "base/statedir.h"
#include "filter.h"
#include "rules.h"
#include "tools.h"
#include "words.h"

#define DEFINES_MAX 64

enum {
	OPT_TICK = 256,
	OPT_STRICT,
	OPT_STATE,
	OPT_COVERAGE,
	OPT_MUTATE,
	OPT_NAMES,
	OPT_STATS,
	OPT_DIFF,
	OPT_AUTHOR,
	OPT_DRY_RUN,
	OPT_FORCE
};

static const char *const synopsis[] = {
    "[-eo] [-c FILE] [--state DIR] [--tick TIME] [FILE...]",
    "-C [-c FILE] [-D NAME=VALUE]",
    "[-c FILE] [-D NAME=VALUE] [--coverage] [--mutate] test FILE...",
    "[-c FILE] [--stats | --diff OLD] replay [NEW] [FILE...]",
    "[--names FILE] import prometheus|netdata FILE...",
    "[-j] list [SELECTOR] | show FP... | history [FP...] | rules",
    "[-j] why FP|RULE [ID]",
    "[-j] [--dry-run] ack|unack FP... [-t TIME] [-m TEXT]",
    "[-j] [--dry-run] silence|maintenance FP|SELECTOR -t TIME -m TEXT",
    "[-j] unsilence ID",
    NULL,
};

static const struct cli_option options[] = {
    {'c', "config", "FILE", "the rules (see nc-rules(5))"},
    {'C', "check", NULL, "check the rules and exit"},
    {'D', "define", "NAME=VALUE", "set a macro of the rules"},
    {'o', "only", NULL, "print alerts only, do not pass records on"},
    {'e', "exit-status", NULL, "status 4 when something fires at the end"},
    {OPT_TICK, "tick", "TIME", "let time pass by the wall clock, each TIME"},
    {OPT_STATE, "state", "DIR", "where the state is kept; none: nowhere"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {OPT_COVERAGE, "coverage", NULL, "test: which levels fire and clear"},
    {OPT_MUTATE, "mutate", NULL, "test: what could be wrong unnoticed"},
    {OPT_STATS, "stats", NULL, "replay: pages a day, flaps, durations"},
    {OPT_DIFF, "diff", "OLD", "replay: what new rules change about old ones"},
    {OPT_NAMES, "names", "FILE", "import: what others call our metrics"},
    {'j', "json", NULL, "words print records, not text for people"},
    {'t', "for", "TIME", "how long an ack or a silence is to last"},
    {'m', "reason", "TEXT", "why it is done"},
    {OPT_AUTHOR, "author", "NAME", "who does it; whoever is logged in"},
    {OPT_DRY_RUN, "dry-run", NULL, "show what would be muted, write nothing"},
    {OPT_FORCE, "force", NULL, "a silence may be longer than 30 days"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "list shows what fires, why answers also for what does not, ack and silence",
    "are written down for the running nc-alert; test runs tests of rules, replay",
    "the records of the past, import reads rules of others.  A file of records",
    "called like a word is ./test.",
    NULL,
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-alert -c /etc/novacron/alert.conf --tick 10s",
    "nc-alert -c /etc/novacron/alert.conf replay recording.ndjson",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-alert",
    .synopsis = synopsis,
    .purpose = "Judge records by rules; print alerts.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

struct app {
	struct diag *diag;
	const char *config, *state;
	const char *defines[DEFINES_MAX + 1];
	size_t ndefines;
	double tick; /* seconds; 0: none */
	bool check, only, exit_status, strict;
	struct tool_options tool;
	struct words_options words;
	struct rules rules;
};

/* Where the state is; 0 with *dir NULL: none is to be kept. */
static int
find_state(struct app *a, char **dir)
{
	struct nc_err e;

	*dir = NULL;
	if (a->state != NULL && strcmp(a->state, "none") == 0)
		return 0;
	*dir = statedir_find("nc-alert", a->state, "--state DIR", environ, &e);
	if (*dir != NULL)
		return 0;
	diag_say(a->diag, DIAG_ERROR, NULL, "%s, or --state none", e.msg);
	return -1;
}

static int
filter(struct app *a, int argc, char **argv)
{
	struct filter_options o = {.rules = &a->rules,
	    .config = a->config,
	    .defines = a->defines,
	    .files = argv + optind,
	    .nfiles = argc - optind,
	    .tick = a->tick,
	    .only = a->only,
	    .exit_status = a->exit_status,
	    .strict = a->strict};
	int status, signo = 0;
	char *dir;

	if (o.nfiles == 0 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	if (find_state(a, &dir) == -1)
		return NC_EXIT_USAGE;
	o.state = dir;
	status = filter_run(&o, a->diag, &signo);
	free(dir);
	diag_flush(a->diag);
	sig_reraise(signo);
	return status;
}

static int
take_option(struct app *a, int letter)
{
	struct nc_err e;

	switch (letter) {
	case 'c':
		a->config = optarg;
		break;
	case 'C':
		a->check = true;
		break;
	case 'D':
		if (strchr(optarg, '=') == NULL)
			return cli_usage(&cli, a->diag,
			    "-D %s: expected NAME=VALUE", optarg);
		if (a->ndefines == DEFINES_MAX)
			return cli_usage(&cli, a->diag, "too many of -D");
		a->defines[a->ndefines++] = optarg;
		break;
	case 'o':
		a->only = true;
		break;
	case 'e':
		a->exit_status = true;
		break;
	case OPT_STATE:
		a->state = optarg;
		break;
	case 'j':
		a->words.json = true;
		break;
	case 't':
		if (parse_duration(span_of(optarg), &a->words.seconds, &e) ==
		    -1)
			return cli_usage_value(&cli, a->diag, letter, e.msg);
		break;
	case 'm':
		a->words.reason = optarg;
		break;
	case OPT_AUTHOR:
		a->words.author = optarg;
		break;
	case OPT_DRY_RUN:
		a->words.dry_run = true;
		break;
	case OPT_FORCE:
		a->words.force = true;
		break;
	case OPT_STRICT:
		a->strict = true;
		break;
	case OPT_COVERAGE:
		a->tool.coverage = true;
		break;
	case OPT_STATS:
		a->tool.stats = true;
		break;
	case OPT_DIFF:
		a->tool.diff = optarg;
		break;
	case OPT_NAMES:
		a->tool.names = optarg;
		break;
	case OPT_MUTATE:
		a->tool.mutate = true;
		break;
	default:
		if (parse_duration(span_of(optarg), &a->tick, &e) == -1)
			return cli_usage(&cli, a->diag, "--tick: %s", e.msg);
	}
	return 0;
}

/* What operators ask and do by hand. */
static int
by_hand(struct app *a, int argc, char **argv)
{
	struct words_options o = a->words;
	int status;
	char *dir;

	if (find_state(a, &dir) == -1)
		return NC_EXIT_USAGE;
	if (dir == NULL)
		return cli_usage(&cli, a->diag,
		    "%s: --state none knows nothing", argv[optind]);
	o.word = argv[optind];
	o.operands = argv + optind + 1;
	o.noperands = argc - optind - 1;
	o.state = dir;
	o.config = a->config;
	o.defines = a->defines;
	o.now = clock_real();
	status = words_run(&o, a->diag);
	free(dir);
	return status;
}

/* The rules that are meant when none are named: the user's, the system's.
 * Owned. */
static char *
find_config(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (xdg != NULL && *xdg == '/')
		path = xasprintf("%s/novacron/alert.conf", xdg);
	else if (home != NULL && *home == '/')
		path = xasprintf("%s/.config/novacron/alert.conf", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	return xstrdup(NC_SYSCONFDIR "/novacron/alert.conf");
}

/* The words about rules themselves. */
static const struct {
	const char *name;
	int (*run)(const struct tool_options *o);
} tools[] = {
    {"test", tool_test},
    {"import", tool_import},
    {"replay", tool_replay},
};

static int
run(struct app *a, int argc, char **argv)
{
	char *found = NULL;
	int status;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (optind >= argc || strcmp(argv[optind], tools[i].name) != 0)
			continue;
		if (optind + 1 == argc && tools[i].run != tool_replay)
			return cli_usage(&cli, a->diag, "%s: which files?",
			    tools[i].name);
		if (a->config == NULL && tools[i].run == tool_replay)
			a->config = found = find_config();
		a->tool.config = a->config;
		a->tool.defines = a->defines;
		a->tool.diag = a->diag;
		a->tool.operands = argv + optind + 1;
		a->tool.noperands = argc - optind - 1;
		status = tools[i].run(&a->tool);
		free(found);
		return status;
	}
	if (optind < argc && words_is(argv[optind]))
		return by_hand(a, argc, argv);
	if (a->config == NULL)
		a->config = found = find_config();
	if (rules_read(a->config, a->defines, a->diag, &a->rules) == -1)
		status = NC_EXIT_USAGE;
	else if (a->check) {
		rules_doubt(&a->rules, a->diag);
		status = NC_EXIT_OK;
	} else
		status = filter(a, argc, argv);
	rules_free(&a->rules);
	free(found);
	return status;
}

int
main(int argc, char **argv)
{
	struct app a = {.words = {.seconds = NAN}};
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-alert");
	while (status == 0 && (letter = cli_next(&cli, a.diag, argc, argv,
				   &status)) != CLI_END) {
		if (letter == CLI_EXIT)
			goto out;
		status = take_option(&a, letter);
	}
	if (status == 0)
		status = run(&a, argc, argv);
	status = cli_finish(a.diag, status);
out:
	diag_free(a.diag);
	return status;
}
