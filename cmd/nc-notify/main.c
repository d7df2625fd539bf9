/* SPDX-License-Identifier: MIT */
/*
 * nc-notify: takes alerts to people: durable first, then by the channels the
 * configuration says.  This file turns options into a plan.
 */
#include <getopt.h>
#include <signal.h>
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
#include "manage.h"
#include "notify.h"

#define DRAIN_SECONDS 30
#define SELF_SECONDS 60

enum {
	OPT_SPOOL = 256,
	OPT_SPOOL_ONLY,
	OPT_DRAIN,
	OPT_SELF,
	OPT_HOST,
	OPT_STRICT
};

static const char *const synopsis[] = {
    "[-p] [-c FILE] [--spool DIR] [--drain TIME] [FILE...]",
    "run | drain [-c FILE] [--spool DIR]",
    "queue | show ITEM... | redrive all|ITEM... | drop ITEM...",
    "-C | -T FIELD=VALUE...  [-c FILE]",
    NULL,
};

static const struct cli_option options[] = {
    {'c', "config", "FILE", "channels and rules; - is standard input"},
    {'C', "check", NULL, "check the configuration and exit"},
    {'T', "test", NULL, "who would be told of such an alert, by which rules"},
    {'p', "pass", NULL, "pass all records on, and receipts behind them"},
    {OPT_SPOOL, "spool", "DIR", "where alerts are kept until delivered"},
    {OPT_SPOOL_ONLY, "spool-only", NULL, "accept alerts, deliver none"},
    {OPT_DRAIN, "drain", "TIME",
	"how long to deliver after the end of input (30s)"},
    {OPT_SELF, "self", "TIME",
	"with -p: itself as a sample, each TIME (60s; 0: none)"},
    {OPT_HOST, "host", "NAME", "what our own samples say as host"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "run delivers until it is stopped; drain, what is due now.  queue lists",
    "what waits and what died; redrive tries the dead again.",
    NULL,
};

static const char *const examples[] = {
    "nc-collect -i 10 | nc-alert -c /etc/novacron/alert.conf | nc-notify",
    "nc-notify queue",
    NULL,
};

static const struct cli cli = {
    .prog = "nc-notify",
    .synopsis = synopsis,
    .purpose = "Take alerts to people, and lose none.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

enum verb {
	VERB_READ,
	VERB_RUN,
	VERB_DRAIN,
	VERB_QUEUE,
	VERB_SHOW,
	VERB_REDRIVE,
	VERB_DROP
};

struct app {
	struct diag *diag;
	struct notify_options o;
	enum verb verb;
	const char *config, *spool;
	bool check, test;
	char host[256];
};

static int
take_option(struct app *a, int letter)
{
	struct nc_err e;

	switch (letter) {
	case 'c':
		a->config = optarg;
		return 0;
	case 'C':
		a->check = true;
		return 0;
	case 'T':
		a->test = true;
		return 0;
	case 'p':
		a->o.pass = true;
		return 0;
	case OPT_SPOOL:
		a->spool = optarg;
		return 0;
	case OPT_SPOOL_ONLY:
		a->o.spool_only = true;
		return 0;
	case OPT_HOST:
		a->o.host = optarg;
		return 0;
	case OPT_STRICT:
		a->o.strict = true;
		return 0;
	default:
		if (parse_duration(span_of(optarg),
			letter == OPT_DRAIN ? &a->o.drain : &a->o.self,
			&e) == -1)
			return cli_usage(&cli, a->diag, "%s", e.msg);
		return 0;
	}
}

/* A first operand that is a word of ours is that word. */
static void
take_verb(struct app *a)
{
	static const char *const words[] = {"run", "drain", "queue", "show",
	    "redrive", "drop"};

	if (a->test || a->o.nfiles == 0)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(a->o.files[0], words[i]) == 0) {
			a->verb = (enum verb)(VERB_RUN + i);
			a->o.files++;
			a->o.nfiles--;
			return;
		}
}

/* The first that is there: the user's, the system's.  Owned, or NULL. */
static char *
find_config(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (xdg != NULL && *xdg == '/')
		path = xasprintf("%s/novacron/notify.conf", xdg);
	else if (home != NULL && *home == '/')
		path = xasprintf("%s/.config/novacron/notify.conf", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	path = xstrdup(NC_SYSCONFDIR "/novacron/notify.conf");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* The verbs that need the spool only. */
static int
manage(struct app *a, const char *dir)
{
	int n = a->o.nfiles;

	if (a->verb == VERB_QUEUE)
		return n != 0
			   ? cli_usage(&cli, a->diag, "queue takes no operand")
			   : manage_queue(dir, clock_real(), a->diag);
	if (n == 0)
		return cli_usage(&cli, a->diag, "which item?  see \"queue\"");
	if (a->verb == VERB_SHOW)
		return manage_show(dir, a->o.files, n, a->diag);
	if (a->verb == VERB_REDRIVE)
		return manage_redrive(dir, a->o.files, n, clock_real(),
		    a->diag);
	return manage_drop(dir, a->o.files, n, a->diag);
}

static int
deliver(struct app *a, const struct settings *s, const char *dir)
{
	struct intern *names;
	int status, signo;

	if (a->verb == VERB_READ && a->o.nfiles == 0 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	if (a->verb != VERB_READ && a->o.nfiles != 0)
		return cli_usage(&cli, a->diag, "\"%s\": expected no operand",
		    a->o.files[0]);
	if (a->verb != VERB_READ && a->o.spool_only)
		return cli_usage(&cli, a->diag,
		    "--spool-only goes with records to read");
	a->o.mode = a->verb == VERB_RUN     ? NOTIFY_DAEMON
		    : a->verb == VERB_DRAIN ? NOTIFY_DRAIN
					    : NOTIFY_READ;
	a->o.spool = dir;
	if (a->o.host == NULL) {
		gethostname(a->host, sizeof(a->host) - 1);
		a->o.host = a->host;
	}
	names = intern_new(0);
	signal(SIGPIPE, SIG_IGN); /* what was accepted is kept first */
	status = notify_run(&a->o, s, names, a->diag, &signo);
	intern_free(names);
	diag_flush(a->diag);
	if (signo == SIGPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (signo == SIGINT)
		sig_reraise(signo);
	return status;
}

static int
configured(struct app *a, const char *dir)
{
	char *found = a->config != NULL ? NULL : find_config();
	struct settings s;
	const char *bad = NULL;
	int status = NC_EXIT_USAGE;

	if (settings_read(a->config != NULL ? a->config : found, &s, a->diag) ==
	    0) {
		if (a->check)
			status = manage_check(&s, a->diag);
		else if (a->test)
			status = manage_test(&s, a->o.files, a->o.nfiles,
			    clock_real(), &bad);
		else
			status = deliver(a, &s, dir);
		if (bad != NULL)
			status = cli_usage(&cli, a->diag,
			    "\"%s\": expected FIELD=VALUE", bad);
	}
	settings_free(&s);
	free(found);
	return status;
}

static int
run(struct app *a, int argc, char **argv)
{
	struct nc_err e;
	char *dir = NULL;
	int status;

	a->o.files = argv + optind;
	a->o.nfiles = argc - optind;
	take_verb(a);
	if (!a->check && !a->test &&
	    (dir = statedir_find("nc-notify", a->spool, "--spool DIR", environ,
		 &e)) == NULL)
		return cli_usage(&cli, a->diag, "%s", e.msg);
	status = a->verb >= VERB_QUEUE ? manage(a, dir) : configured(a, dir);
	free(dir);
	return status;
}

int
main(int argc, char **argv)
{
	struct app a = {.o = {.drain = DRAIN_SECONDS, .self = SELF_SECONDS}};
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-notify");
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
