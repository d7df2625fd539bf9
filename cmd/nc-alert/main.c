/* SPDX-License-Identifier: MIT */
/*
 * nc-alert: rules over records, alerts out.  A filter: what comes in goes
 * out, and behind it what it caused.  This file reads options and runs the
 * loop; it is the only one here that looks at a clock, and only for --tick.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
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
#include "check.h"
#include "engine.h"
#include "rules.h"
#include "stream/input.h"

#define DEFINES_MAX 64

enum { OPT_TICK = 256, OPT_STRICT };

static const char *const synopsis[] = {
    "[-eo] [-c FILE] [-D NAME=VALUE] [--tick TIME] [FILE...]",
    "-C [-c FILE] [-D NAME=VALUE]",
    "[-c FILE] [-D NAME=VALUE] test FILE...",
    NULL,
};

static const struct cli_option options[] = {
    {'c', "config", "FILE", "the rules (see nc-rules(5))"},
    {'C', "check", NULL, "check the rules and exit"},
    {'D', "define", "NAME=VALUE", "set a macro of the rules"},
    {'o', "only", NULL, "print alerts only, do not pass records on"},
    {'e', "exit-status", NULL, "status 4 when something fires at the end"},
    {OPT_TICK, "tick", "TIME", "let time pass by the wall clock, each TIME"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "  test FILE...            run tests of rules, see nc-rules(5); a file of",
    "                          records called so is ./test",
    NULL,
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-alert -c /etc/novacron/alert.conf --tick 10s",
    "nc-alert -o -c /etc/novacron/alert.conf recording.ndjson",
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
	const char *config;
	const char *defines[DEFINES_MAX + 1];
	size_t ndefines;
	double tick; /* seconds; 0: none */
	bool check, only, exit_status, strict;
	struct rules rules;
	struct intern *names;
	struct decoder *decoder; /* of our own ticks */
	struct writer *out;
	struct input *in;
	struct frame *alerts, *ticks;
	struct engine *engine;
	struct nc_err e; /* why output failed */
};

/* Our own lines go where the passed ones go. */
static int
put_line(void *arg, const char *line, size_t len)
{
	struct app *a = arg;

	return writer_line(a->out, line, len, &a->e);
}

/* A tick is a record like any other: written, then judged, so that a
 * recording of our output holds all that we went by. */
static int
put_tick(void *arg, const char *line, size_t len)
{
	char padded[FRAME_LINE_MAX + RECORD_PADDING];
	struct app *a = arg;
	struct record r;

	if (put_line(a, line, len) == -1)
		return -1;
	memset(padded, 0, sizeof(padded));
	memcpy(padded, line, len - 1);
	if (decoder_line(a->decoder, padded, len - 1, &r, &a->e) == -1)
		return -1;
	return engine_take(a->engine, &r);
}

static int
tick(struct app *a, double now)
{
	frame_origin(a->ticks, "", "nc-alert");
	frame_clock(a->ticks, now, NAN);
	frame_begin(a->ticks, RECORD_TICK, "", (struct span){NULL, 0});
	return frame_end(a->ticks);
}

/* Until there is input, a signal, or the next tick. */
static void
wait_for(struct app *a, double seconds)
{
	struct pollfd p[2] = {{.fd = input_fd(a->in), .events = POLLIN},
	    {.fd = sig_fd(), .events = POLLIN}};

	poll(p, 2, seconds > 0 ? (int)ceil(seconds * 1000) : 0);
}

/* A line about what was counted, asked for by SIGUSR1. */
static void
show_counts(const struct app *a)
{
	const struct input_counts *in = input_counts(a->in);
	const struct engine_counts *n = engine_counts(a->engine);

	diag_say(a->diag, DIAG_ASKED, NULL,
	    "%llu lines, %llu bad, %llu episodes opened, %llu ended, %llu"
	    " firing",
	    (unsigned long long)in->lines, (unsigned long long)in->bad,
	    (unsigned long long)n->opened, (unsigned long long)n->ended,
	    (unsigned long long)n->firing);
}

/* Signals that do not end us. */
static void
answer(const struct app *a, const struct sig *sig)
{
	while (sig_take() != 0)
		;
	if (sig->report) {
		sig_clear_report();
		show_counts(a);
	}
	if (sig->reload) {
		sig_clear_reload();
		diag_say(a->diag, DIAG_WARN, a->config,
		    "rules are read at the start only");
	}
}

/* All records, one after the other.  A status, or -1: output failed. */
static int
judge(struct app *a, const struct sig *sig)
{
	enum input_status got;
	struct record r;
	struct nc_err e;
	double next = clock_mono() + a->tick;

	for (;;) {
		if (sig->stop)
			return NC_EXIT_OK;
		if (sig->report || sig->reload)
			answer(a, sig);
		got = input_next(a->in, a->tick <= 0, &r, &e);
		if (got == INPUT_RECORD && engine_take(a->engine, &r) == -1)
			return -1;
		if (got == INPUT_FAILED) {
			diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
			return NC_EXIT_FAILED;
		}
		if (got == INPUT_END)
			return NC_EXIT_OK;
		if (!input_pending(a->in) && writer_flush(a->out, &a->e) == -1)
			return -1;
		if (a->tick > 0 && clock_mono() >= next) {
			next = clock_mono() + a->tick;
			if (tick(a, clock_real()) == -1 ||
			    writer_flush(a->out, &a->e) == -1)
				return -1;
		}
		if (got == INPUT_WAIT)
			wait_for(a, next - clock_mono());
	}
}

static int
finish(struct app *a, int status)
{
	const struct engine_counts *n = engine_counts(a->engine);

	if (writer_close(a->out, status == -1 ? NULL : &a->e) == -1)
		status = -1;
	if (status == -1) {
		diag_say(a->diag, DIAG_ERROR, NULL, "%s", a->e.msg);
		return NC_EXIT_FAILED;
	}
	if (a->rules.needs_ticks && n->ticks == 0)
		diag_say(a->diag, DIAG_WARN, a->config,
		    "rules ask for absence and no tick came: use --tick");
	if (a->rules.needs_analysis && n->analyses == 0)
		diag_say(a->diag, DIAG_WARN, a->config,
		    "rules ask for analyses and none came: put nc-analyze"
		    " before");
	if (status == NC_EXIT_OK && input_counts(a->in)->bad > 0)
		status = NC_EXIT_PARTIAL;
	if (status == NC_EXIT_OK && a->exit_status && n->firing > 0)
		status = NC_EXIT_CONDITION;
	return status;
}

static int
filter(struct app *a, int argc, char **argv)
{
	struct input_options io = {.files = argv + optind,
	    .nfiles = argc - optind,
	    .strict = a->strict,
	    .diag = a->diag};
	const struct sig *sig;
	int status, signo;

	if (io.nfiles == 0 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	sig = sig_install();
	a->names = intern_new(0);
	a->decoder = decoder_new(a->names);
	a->out = writer_open(STDOUT_FILENO, "standard output", WRITER_BATCH);
	a->alerts = frame_new(put_line, a);
	a->ticks = frame_new(put_tick, a);
	a->engine = engine_new(&a->rules, a->names, a->alerts);
	io.names = a->names;
	io.pass = a->only ? NULL : a->out;
	a->in = input_open(&io);
	status = finish(a, judge(a, sig));
	input_close(a->in);
	engine_free(a->engine);
	frame_free(a->ticks);
	frame_free(a->alerts);
	decoder_free(a->decoder);
	intern_free(a->names);
	signo = sig->stop;
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
	case OPT_STRICT:
		a->strict = true;
		break;
	default:
		if (parse_duration(span_of(optarg), &a->tick, &e) == -1)
			return cli_usage(&cli, a->diag, "--tick: %s", e.msg);
	}
	return 0;
}

/* The word "test": all its files. */
static int
test(struct app *a, int argc, char **argv)
{
	struct check_options o = {.rules = a->config,
	    .defines = a->defines,
	    .diag = a->diag};
	struct check_counts n = {0};
	int status = NC_EXIT_OK;

	if (optind + 1 == argc)
		return cli_usage(&cli, a->diag, "test: which files?");
	for (int i = optind + 1; i < argc; i++)
		if (check_file(argv[i], &o, &n) == -1)
			status = NC_EXIT_USAGE;
	printf("%u tests, %u expectations, %u failed\n", n.tests,
	    n.expectations, n.failed);
	if (status == NC_EXIT_OK && n.failed > 0)
		status = NC_EXIT_PARTIAL;
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

static int
run(struct app *a, int argc, char **argv)
{
	char *found = NULL;
	int status;

	if (optind < argc && strcmp(argv[optind], "test") == 0)
		return test(a, argc, argv);
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
	struct app a = {0};
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
