/* SPDX-License-Identifier: MIT */
/*
 * nc-store: keeps what records say: samples in RRD files, everything else in
 * a log.  This file turns options into a plan.
 */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/sig.h"
#include "base/statedir.h"
#include "base/str.h"
#include "keeper.h"
#include "rrd/cached.h"
#include "rrd/rrdstore.h"

#define KEEP_LOG "90d"
#define SELF_SECONDS 60
#define ALSO_MAX 8

enum {
	OPT_KEEP = 256,
	OPT_KEEP_LOG,
	OPT_EXPIRE,
	OPT_DAEMON,
	OPT_ALSO,
	OPT_MAX_SERIES,
	OPT_CACHE,
	OPT_SELF,
	OPT_HOST,
	OPT_STRICT
};

static const char *const synopsis[] = {
    "[-p] [-d DIR] [--keep LEVELS] [--expire TIME] [FILE...]",
    NULL,
};

static const struct cli_option options[] = {
    {'d', "dir", "DIR", "the folder of the store"},
    {'p', "pass", NULL, "pass all records on to standard output"},
    {OPT_KEEP, "keep", "LEVELS", "how finely and how long (" KEEP_DEFAULT ")"},
    {OPT_KEEP_LOG, "keep-log", "TIME",
	"how long events and alerts are kept (" KEEP_LOG ")"},
    {OPT_EXPIRE, "expire", "TIME",
	"remove files of entities silent so long (never)"},
    {OPT_ALSO, "also", "ENTITY,...",
	"store too: process, vm.process, vm.thread, vm.job"},
    {OPT_MAX_SERIES, "max-series", "N", "refuse new series beyond N"},
    {OPT_CACHE, "cache", "SIZE", "memory for rows not written yet (512M)"},
    {OPT_DAEMON, "daemon", "ADDR",
	"write through rrdcached at unix:SOCK or HOST:PORT"},
    {OPT_SELF, "self", "TIME",
	"with -p: itself as a sample, each TIME (60s; 0: none)"},
    {OPT_HOST, "host", "NAME", "what our own records say as host"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {0, NULL, NULL, NULL},
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-store -d /srv/history",
    "nc-collect -i 1 | nc-store -p | nc-top",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-store",
    .synopsis = synopsis,
    .purpose = "Keep records: samples in RRD files, all else in a log.",
    .options = options,
    .examples = examples,
};

struct app {
	struct diag *diag;
	struct keeper_options o;
	const char *dir;
	char *also[ALSO_MAX + 1];
	char host[256];
};

static int
parse_also(struct app *a, const char *text, struct nc_err *e)
{
	struct span rest = span_of(text), item;
	size_t n = 0;
	bool known;

	while (a->also[n] != NULL)
		n++;
	while (str_item(&rest, ',', &item)) {
		known = false;
		for (size_t i = 0; rrdstore_optional[i] != NULL; i++)
			known = known || span_is(item, rrdstore_optional[i]);
		if (!known)
			return err_set(e, 0,
			    "\"%.*s\": expected process, vm.process, vm.thread or vm.job",
			    SPAN_ARG(item));
		if (n == ALSO_MAX)
			return err_set(e, 0, "too many");
		a->also[n++] = xmemdup0(item.p, item.len);
	}
	return 0;
}

/* A value of an option.  0, or -1 and *e. */
static int
take_value(struct app *a, int letter, struct span s, struct nc_err *e)
{
	struct keep keep;
	uint64_t n;

	switch (letter) {
	case OPT_DAEMON:
		a->o.daemon = s.p;
		return cached_check(s.p, e);
	case OPT_KEEP:
		a->o.keep = s.p;
		return keep_parse(s, &keep, e);
	case OPT_KEEP_LOG:
		return parse_duration(s, &a->o.keep_log, e);
	case OPT_EXPIRE:
		return parse_duration(s, &a->o.expire, e);
	case OPT_SELF:
		return parse_duration(s, &a->o.self, e);
	case OPT_CACHE:
		return parse_size(s, &a->o.cache_bytes, e);
	case OPT_ALSO:
		return parse_also(a, s.p, e);
	default:
		if (parse_unsigned(s, 1000000000, &n, e) == -1)
			return -1;
		a->o.max_series = (size_t)n;
		return 0;
	}
}

static int
take_option(struct app *a, int letter)
{
	struct nc_err e;

	switch (letter) {
	case 'd':
		a->dir = optarg;
		return 0;
	case 'p':
		a->o.pass = true;
		return 0;
	case OPT_HOST:
		a->o.host = optarg;
		return 0;
	case OPT_STRICT:
		a->o.strict = true;
		return 0;
	default:
		if (take_value(a, letter, span_of(optarg), &e) == -1)
			return cli_usage_value(&cli, a->diag, letter, e.msg);
		return 0;
	}
}

static int
run(struct app *a, int argc, char **argv)
{
	struct intern *names;
	struct nc_err e;
	char *dir;
	int status, signo;

	a->o.files = argv + optind;
	a->o.nfiles = argc - optind;
	if (a->o.nfiles == 0 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	if (a->o.host == NULL) {
		gethostname(a->host, sizeof(a->host) - 1);
		a->o.host = a->host;
	}
	if ((dir = statedir_find("nc-store", a->dir, "-d DIR", environ, &e)) ==
	    NULL)
		return cli_usage(&cli, a->diag, "%s", e.msg);
	a->o.dir = dir;
	a->o.also = (const char *const *)a->also;
	names = intern_new(0);
	signal(SIGPIPE, SIG_IGN); /* what was accepted is kept first */
	status = keeper_run(&a->o, names, a->diag, &signo);
	intern_free(names);
	free(dir);
	diag_flush(a->diag);
	if (signo == SIGPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (signo == SIGINT)
		sig_reraise(signo);
	return status;
}

int
main(int argc, char **argv)
{
	struct app a = {.o = {.keep = KEEP_DEFAULT, .self = SELF_SECONDS}};
	struct nc_err e;
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-store");
	if (parse_duration(span_of(KEEP_LOG), &a.o.keep_log, &e) == -1)
		status = NC_EXIT_FAILED;
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
	for (size_t i = 0; a.also[i] != NULL; i++)
		free(a.also[i]);
	diag_free(a.diag);
	return status;
}
