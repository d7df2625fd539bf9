/* SPDX-License-Identifier: MIT */
/*
 * nc-collect: reads what this host, its guests and services tell of
 * themselves and prints it as records.  This file turns options and
 * configuration into a plan; it collects nothing itself.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/parse.h"
#include "base/sig.h"
#include "base/zone.h"
#include "describe.h"
#include "doctor.h"
#include "output.h"
#include "plan.h"
#include "supervisor.h"

enum {
	OPT_ROOT = 256,
	OPT_HOST,
	OPT_SELF,
	OPT_DESCRIBE,
	OPT_DOCTOR,
	OPT_FLAT,
	OPT_PROMETHEUS,
	OPT_NOW,
	OPT_SPEED
};

static const char *const synopsis[] = {
    "[-i SECS] [-n N] [-l LEVEL] [-c FILE] [SOURCE...]",
    "--describe | --doctor | -C  [-c FILE] [SOURCE...]",
    NULL,
};

static const struct cli_option options[] = {
    {'i', "interval", "SECS",
	"a round at each multiple of SECS (10, 500ms, 5m)"},
    {'n', "count", "N", "end after N rounds (without -i: one)"},
    {'l', "level", "LEVEL",
	"basic, standard, detailed or diagnostic (standard)"},
    {'c', "config", "FILE", "sources and settings; - is standard input"},
    {'C', "check", NULL, "check the configuration and exit"},
    {'H', "human", NULL, "a table for people"},
    {OPT_FLAT, "flat", NULL, "one metric a line, for grep and awk"},
    {OPT_PROMETHEUS, "prometheus", NULL,
	"one sweep in the Prometheus text format"},
    {OPT_DESCRIBE, "describe", NULL, "all metrics, or the options of SOURCE"},
    {OPT_DOCTOR, "doctor", NULL, "what cannot be seen here, and what mends it"},
    {OPT_SELF, "self", "SECS", "itself as a sample, each SECS (60s; 0: none)"},
    {OPT_HOST, "host", "NAME", "what the records say as host"},
    {OPT_ROOT, "root", "DIR", "read the recorded /proc and /sys below DIR"},
    {OPT_NOW, "now", "TIME", "a clock that starts at TIME, for replay"},
    {OPT_SPEED, "speed", "N", "with --now: N seconds of it a second, or max"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "SOURCE is NAME[:TARGET][,OPTION=VALUE]...; without one, those of the",
    "configuration are collected, else what answers here.  The options of one:",
    "nc-collect --describe -H NAME",
    NULL,
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-store -p | nc-top",
    "nc-collect --flat host | grep -w load1",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-collect",
    .synopsis = synopsis,
    .purpose = "Print what this host and its guests tell, as records.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

struct app {
	struct diag *diag;
	struct intern *names;
	struct wish wish;
	struct plan plan;
	bool check, describe, doctor;
	enum output_form form;
};

/* --- options -------------------------------------------------------------- */

static int
set_form(struct app *a, enum output_form form)
{
	if (a->form != OUTPUT_RECORDS && a->form != form)
		return cli_usage(&cli, a->diag,
		    "-H, --flat and --prometheus exclude each other");
	a->form = form;
	return 0;
}

static int
parse_speed(struct app *a, const char *text, struct nc_err *e)
{
	double v;

	if (strcmp(text, "max") == 0)
		v = INFINITY;
	else if (parse_number(span_of(text), &v, e) == -1)
		return -1;
	if (!(v > 0))
		return err_set(e, 0, "\"%s\": expected more than 0, or max",
		    text);
	a->wish.speed = v;
	return 0;
}

/* Civil times are the operator's, as in every tool. */
static int
parse_now(const char *text, double *now, struct nc_err *e)
{
	struct zone *zone = zone_open(getenv("TZ"), e);
	int rc = -1;

	if (zone != NULL)
		rc = parse_time(span_of(text), clock_real(), zone, now, e);
	zone_free(zone);
	return rc;
}

/* A value of an option.  0, or -1 and *e. */
static int
take_value(struct app *a, int letter, const char *text, struct nc_err *e)
{
	uint64_t n;

	switch (letter) {
	case 'i':
		if (parse_duration(span_of(text), &a->wish.interval, e) == -1)
			return -1;
		if (a->wish.interval < 0.001)
			return err_set(e, 0, "\"%s\": expected 1ms or more",
			    text);
		return 0;
	case 'n':
		if (parse_unsigned(span_of(text), UINT32_MAX, &n, e) == -1)
			return -1;
		if (n == 0)
			return err_set(e, 0, "\"0\": expected 1 or more");
		a->wish.rounds = n;
		return 0;
	case 'l':
		a->wish.has_level = true;
		return wanted_level(text, &a->wish.level, e);
	case OPT_SELF:
		return parse_duration(span_of(text), &a->wish.self, e);
	case OPT_NOW:
		return parse_now(text, &a->wish.now, e);
	case OPT_SPEED:
		return parse_speed(a, text, e);
	default:
		return 0;
	}
}

/* One option: 0, or an exit status above 0. */
static int
take_option(struct app *a, int letter)
{
	struct nc_err e = {0};

	switch (letter) {
	case 'c':
		a->wish.config = optarg;
		return 0;
	case 'C':
		a->check = true;
		return 0;
	case 'H':
		return set_form(a, OUTPUT_TABLE);
	case OPT_FLAT:
		return set_form(a, OUTPUT_FLAT);
	case OPT_PROMETHEUS:
		return set_form(a, OUTPUT_PROMETHEUS);
	case OPT_DESCRIBE:
		a->describe = true;
		return 0;
	case OPT_DOCTOR:
		a->doctor = true;
		return 0;
	case OPT_HOST:
		a->wish.host = optarg;
		return 0;
	case OPT_ROOT:
		a->wish.root = optarg;
		return 0;
	default:
		break;
	}
	if (take_value(a, letter, optarg, &e) == 0)
		return 0;
	return cli_usage_value(&cli, a->diag, letter, e.msg);
}

/* --- what to do ----------------------------------------------------------- */

static int
describe(struct app *a)
{
	const struct wish *w = &a->wish;
	const struct source *s;
	bool human = a->form == OUTPUT_TABLE;
	size_t n;
	int i;

	if (w->noperands == 0)
		describe_metrics(w->has_level ? w->level : LEVEL_DIAGNOSTIC,
		    human);
	for (i = 0; i < w->noperands; i++) {
		n = strcspn(w->operands[i], ":,");
		s = source_find((struct span){w->operands[i], n});
		if (s == NULL)
			return cli_usage(&cli, a->diag,
			    "unknown source \"%.*s\"", (int)n, w->operands[i]);
		describe_source(s, human);
	}
	return NC_EXIT_OK;
}

/* 0, or the status to end with. */
static int
make_plan(struct app *a, struct plan *p)
{
	struct nc_err e = {0};

	switch (plan_make(&a->wish, p, a->diag, &e)) {
	case PLAN_OK:
		return 0;
	case PLAN_CONFIG:
		return NC_EXIT_USAGE;
	default:
		return cli_usage(&cli, a->diag, "%s", e.msg);
	}
}

/* SIGHUP: the file again; when it is wrong, things stay as they are. */
static void
reload(struct app *a)
{
	struct plan p;

	if (make_plan(a, &p) != 0) {
		diag_say(a->diag, DIAG_WARN, NULL,
		    "the configuration stays as it was");
		return;
	}
	plan_free(&a->plan);
	a->plan = p;
}

/*
 * The end is told to whoever waits for us: by the signal that caused it, and
 * for a reader who left by SIGPIPE, after the children were ended.
 */
static int
collect(struct app *a)
{
	struct output_options o = {.fd = STDOUT_FILENO,
	    .form = a->form,
	    .names = a->names,
	    .diag = a->diag};
	struct output *out = output_open(&o);
	struct nc_err e = {0};
	int status, signo, code;

	signal(SIGPIPE, SIG_IGN);
	while ((status = supervisor_run(&a->plan, out, a->names, a->diag,
		    &signo)) != NC_EXIT_FAILED &&
	       signo == SIGHUP && a->plan.configured && output_error(out) == 0)
		reload(a);
	code = output_error(out);
	if (output_close(out, &e) == -1) {
		diag_say(a->diag, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	}
	if (code == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	sig_reraise(signo);
	return status;
}

static int
run(struct app *a)
{
	int status;

	if (a->describe)
		return describe(a);
	if ((status = make_plan(a, &a->plan)) != 0 || a->check)
		return status;
	if (!a->doctor)
		return collect(a);
	return doctor(&a->plan, a->diag) != 0 ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct app a = {
	    .wish = {.interval = NAN, .self = NAN, .now = NAN, .speed = 1}};
	int letter = CLI_END, status = 0;

	cli_start();
	a.diag = diag_new("nc-collect");
	a.names = intern_new(0);
	while (status == 0 &&
	       (letter = cli_next(&cli, a.diag, argc, argv, &status)) > CLI_END)
		status = take_option(&a, letter);
	if (status == 0 && letter == CLI_END) {
		a.wish.operands = argv + optind;
		a.wish.noperands = argc - optind;
		a.wish.single = a.form == OUTPUT_PROMETHEUS;
		status = run(&a);
		if (status != NC_EXIT_USAGE)
			status = cli_finish(a.diag, status);
	}
	diag_free(a.diag);
	intern_free(a.names);
	plan_free(&a.plan);
	return status;
}
