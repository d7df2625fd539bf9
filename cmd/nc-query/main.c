/* SPDX-License-Identifier: MIT */
/*
 * nc-query: history out of the store: as records, a table, a chart, a
 * picture.  This file turns options into a question.
 */
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/statedir.h"
#include "base/str.h"
#include "query.h"
#include "stream/record.h"

#define FROM_SECONDS 3600
#define PICTURE_MAX 8000

enum {
	OPT_FROM = 256,
	OPT_TO,
	OPT_STEP,
	OPT_STAT,
	OPT_KIND,
	OPT_CSV,
	OPT_PLOT,
	OPT_SIZE,
	OPT_NOW
};

static const char *const synopsis[] = {
    "[-d DIR] [--from T] [--to T] [--step TIME] [SELECTOR...]",
    "ls [-d DIR] [SELECTOR...]",
    "graph -O FILE.png|FILE.svg [--from T] [--to T] SELECTOR...",
    NULL,
};

static const struct cli_option options[] = {
    {'d', "dir", "DIR", "the folder of the store"},
    {OPT_FROM, "from", "T", "after this time: -7d, 2026-11-22T14:02 (-1h)"},
    {OPT_TO, "to", "T", "up to this time (now)"},
    {OPT_STEP, "step", "TIME", "a point each TIME (as fine as is stored)"},
    {OPT_STAT, "stat", "STAT", "of a step: avg, min, max or last (avg)"},
    {OPT_KIND, "kind", "KIND,...",
	"from the log: alert, event, ...; not samples"},
    {'H', "human", NULL, "a table for people"},
    {OPT_CSV, "csv", NULL, "comma-separated values"},
    {OPT_PLOT, "plot", NULL, "a chart a metric in the terminal"},
    {'O', "output", "FILE", "graph: the picture"},
    {OPT_SIZE, "size", "WxH", "graph: pixels of the canvas (800x250)"},
    {OPT_NOW, "now", "T", "what relative times are relative to"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "SELECTOR is ENTITY[{label=value,...}][:metric,...]: vm{name=web*}:cpu*.",
    "Times are local, as TZ says.",
    NULL,
};

static const char *const examples[] = {
    "nc-query --from -7d 'host.fs{id=/}:free_bytes'",
    "nc-query ls -H vm",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-query",
    .synopsis = synopsis,
    .purpose = "Print what nc-store has kept.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

enum verb { VERB_PRINT, VERB_LIST, VERB_GRAPH };

struct app {
	struct diag *diag;
	struct query_options o;
	const char *dir, *from, *to, *now;
	struct zone *zone;
	enum verb verb;
};

static int
parse_pixels(struct app *a, struct span s, struct nc_err *e)
{
	struct span w, h;
	uint64_t width, height;

	if (!str_cut(s, 'x', &w, &h) ||
	    parse_unsigned(w, PICTURE_MAX, &width, e) == -1 ||
	    parse_unsigned(h, PICTURE_MAX, &height, e) == -1 || width < 50 ||
	    height < 20)
		return err_set(e, 0, "\"%.*s\": expected WxH, as in 800x250",
		    SPAN_ARG(s));
	a->o.width = (unsigned)width;
	a->o.height = (unsigned)height;
	return 0;
}

static int
set_form(struct app *a, enum query_form form, struct nc_err *e)
{
	if (a->o.form != QUERY_RECORDS && a->o.form != form)
		return err_set(e, 0, "one of -H, --csv and --plot");
	a->o.form = form;
	return 0;
}

static int
parse_kinds(struct app *a, const char *text, struct nc_err *e)
{
	struct span rest = span_of(text), kind;

	a->o.kinds = text;
	while (str_item(&rest, ',', &kind)) {
		if (span_is(kind, "sample"))
			return err_set(e, 0,
			    "\"sample\": samples are printed without it");
		/* Others may write kinds of their own; more often it is a
		 * slip, and "no such records" would be believed. */
		if (record_kind_of(kind) == RECORD_UNKNOWN)
			diag_say(a->diag, DIAG_WARN, NULL,
			    "--kind: \"%.*s\" is no kind of nc-record(5)",
			    SPAN_ARG(kind));
	}
	return 0;
}

/* 0, or -1 and *e. */
static int
take_option(struct app *a, int letter, struct nc_err *e)
{
	static const char *const stats[] = {"avg", "min", "max", "last", NULL};
	int choice;

	switch (letter) {
	case 'd':
		a->dir = optarg;
		return 0;
	case OPT_FROM:
		a->from = optarg;
		return 0;
	case OPT_TO:
		a->to = optarg;
		return 0;
	case OPT_NOW:
		a->now = optarg;
		return 0;
	case OPT_STEP:
		if (parse_duration(span_of(optarg), &a->o.range.step, e) == -1)
			return -1;
		return a->o.range.step >= 1
			   ? 0
			   : err_set(e, 0, "\"%s\": expected a second or more",
				 optarg);
	case OPT_STAT:
		if (parse_choice(span_of(optarg), stats, &choice, e) == -1)
			return -1;
		a->o.range.stat = (enum store_stat)choice;
		return 0;
	case OPT_KIND:
		return parse_kinds(a, optarg, e);
	case 'H':
		return set_form(a, QUERY_TABLE, e);
	case OPT_CSV:
		return set_form(a, QUERY_CSV, e);
	case OPT_PLOT:
		return set_form(a, QUERY_PLOT, e);
	case 'O':
		a->o.output = optarg;
		return 0;
	default:
		return parse_pixels(a, span_of(optarg), e);
	}
}

static int
parse_times(struct app *a, struct nc_err *e)
{
	double now = clock_real();

	a->zone = zone_open(getenv("TZ"), e);
	if (a->zone == NULL)
		return -1;
	a->o.zone = a->zone;
	if (a->now != NULL &&
	    parse_time(span_of(a->now), now, a->zone, &now, e) == -1)
		return err_where(e, "--now");
	a->o.now = now;
	a->o.range.since = (double)NAN;
	a->o.range.from = now - FROM_SECONDS;
	a->o.range.to = now;
	if (a->from != NULL && parse_time(span_of(a->from), now, a->zone,
				   &a->o.range.from, e) == -1)
		return err_where(e, "--from");
	if (a->to != NULL &&
	    parse_time(span_of(a->to), now, a->zone, &a->o.range.to, e) == -1)
		return err_where(e, "--to");
	if (a->to != NULL && a->from == NULL)
		a->o.range.from = a->o.range.to - FROM_SECONDS;
	if (a->o.range.from >= a->o.range.to)
		return err_set(e, 0, "--from is not before --to");
	return 0;
}

static int
check_graph(const struct app *a, struct nc_err *e)
{
	struct span out;

	if (a->verb != VERB_GRAPH)
		return a->o.output == NULL
			   ? 0
			   : err_set(e, 0, "-O is for graph only");
	if (a->o.output == NULL)
		return err_set(e, 0, "graph: expected -O FILE.png or FILE.svg");
	out = span_of(a->o.output);
	if (!str_ends(out, ".png") && !str_ends(out, ".svg"))
		return err_set(e, 0, "\"%s\": expected .png or .svg at its end",
		    a->o.output);
	return a->o.nselectors != 0
		   ? 0
		   : err_set(e, 0, "graph: expected a selector");
}

static int
parse_operands(struct app *a, int argc, char **argv, struct nc_err *e)
{
	int i = optind;
	struct selector *s;

	if (i < argc && strcmp(argv[i], "ls") == 0) {
		a->verb = VERB_LIST;
		i++;
	} else if (i < argc && strcmp(argv[i], "graph") == 0) {
		a->verb = VERB_GRAPH;
		i++;
	}
	if (i < argc)
		a->o.selectors = xcalloc((size_t)(argc - i),
		    sizeof(struct selector *));
	for (; i < argc; i++) {
		if ((s = selector_parse(span_of(argv[i]), e)) == NULL)
			return err_where(e, "\"%s\"", argv[i]);
		a->o.selectors[a->o.nselectors++] = s;
	}
	return check_graph(a, e);
}

/* What a chart needs to know of the terminal. */
static void
look_at_terminal(struct app *a)
{
	struct winsize w;

	a->o.utf8 = setlocale(LC_CTYPE, "") != NULL &&
		    strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (a->o.width == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0)
		a->o.width = w.ws_col;
}

static int
run(struct app *a)
{
	struct query q;
	int status;

	if (a->o.kinds != NULL)
		return query_log(&a->o, a->diag);
	if (a->o.form == QUERY_PLOT)
		look_at_terminal(a);
	status = query_open(&q, &a->o, a->diag);
	if (status == 0) {
		if (a->verb == VERB_LIST)
			status = query_list(&q);
		else if (a->verb == VERB_GRAPH)
			status = query_graph(&q);
		else if (a->o.form == QUERY_PLOT)
			status = query_plot(&q);
		else
			status = query_print(&q);
	}
	query_close(&q);
	return status;
}

int
main(int argc, char **argv)
{
	struct app a = {0};
	struct nc_err e;
	char *dir = NULL;
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-query");
	while (status == 0 && (letter = cli_next(&cli, a.diag, argc, argv,
				   &status)) != CLI_END) {
		if (letter == CLI_EXIT)
			goto out;
		if (take_option(&a, letter, &e) == -1)
			status = cli_usage_value(&cli, a.diag, letter, e.msg);
	}
	if (status == 0 && (parse_times(&a, &e) == -1 ||
			       parse_operands(&a, argc, argv, &e) == -1 ||
			       (dir = statedir_find("nc-store", a.dir, "-d DIR",
				    environ, &e)) == NULL))
		status = cli_usage(&cli, a.diag, "%s", e.msg);
	if (status == 0) {
		a.o.dir = dir;
		status = run(&a);
	}
	diag_flush(a.diag);
	status = cli_finish(a.diag, status);
out:
	for (size_t i = 0; i < a.o.nselectors; i++)
		selector_free(a.o.selectors[i]);
	free(a.o.selectors);
	zone_free(a.zone);
	free(dir);
	diag_free(a.diag);
	return status;
}
