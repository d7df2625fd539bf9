/* SPDX-License-Identifier: MIT */
/*
 * nc-notify: takes alerts to people: durable first, then by the channels the
 * configuration says.  This file turns options into a plan.
 */
#include <getopt.h>
#include <limits.h>
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
#include "explain.h"
#include "manage.h"
#include "notify.h"
#include "probe.h"

#define DRAIN_SECONDS 30
#define SELF_SECONDS 60

enum {
	OPT_SPOOL = 256,
	OPT_SPOOL_ONLY,
	OPT_DRAIN,
	OPT_SELF,
	OPT_HOST,
	OPT_MAX_AGE,
	OPT_STRICT
};

static const char *const synopsis[] = {
    "[-p] [-c FILE] [--spool DIR] [--drain TIME] [FILE...]",
    "run | drain [-c FILE] [--spool DIR]",
    "queue | show ITEM... | redrive all|ITEM... | drop ITEM...",
    "stat [--max-age TIME] | why ID",
    "hold [CHANNEL [TIME]] | release CHANNEL...",
    "render CHANNEL [FILE...] | probe CHANNEL  [-c FILE]",
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
    {OPT_MAX_AGE, "max-age", "TIME",
	"with stat: status 1 when something waits longer"},
    {OPT_STRICT, "strict", NULL, "end at the first bad line, status 3"},
    {0, NULL, NULL, NULL},
};

static const char *const operands[] = {
    "run delivers until it is stopped; drain, what is due now.  queue lists",
    "what waits and what died; redrive tries the dead again; stat is a table",
    "of channels, why the story of an alert.  hold keeps what is for a channel",
    "back until release.  render shows what a channel would send of the alerts",
    "it reads; probe sends a test.",
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
	VERB_DROP,
	VERB_STAT,
	VERB_RELEASE,
	VERB_HOLD,
	VERB_WHY,
	VERB_RENDER,
	VERB_PROBE
};

static const struct {
	const char *word;
	int least, most; /* operands */
	const char *what; /* they are */
	bool configured; /* needs the configuration */
} verbs[] = {
    [VERB_READ] = {NULL, 0, INT_MAX, "files", true},
    [VERB_RUN] = {"run", 0, 0, "no operand", true},
    [VERB_DRAIN] = {"drain", 0, 0, "no operand", true},
    [VERB_QUEUE] = {"queue", 0, 0, "no operand", false},
    [VERB_SHOW] = {"show", 1, INT_MAX, "an item, see \"queue\"", false},
    [VERB_REDRIVE] = {"redrive", 1, INT_MAX, "an item, see \"queue\"", false},
    [VERB_DROP] = {"drop", 1, INT_MAX, "an item, see \"queue\"", false},
    [VERB_STAT] = {"stat", 0, 0, "no operand", false},
    [VERB_RELEASE] = {"release", 1, INT_MAX, "a channel", false},
    [VERB_HOLD] = {"hold", 0, 2, "a channel and a time", true},
    [VERB_WHY] = {"why", 1, 1, "an alert's id", true},
    [VERB_RENDER] = {"render", 1, INT_MAX, "a channel, and files", true},
    [VERB_PROBE] = {"probe", 1, 1, "a channel", true},
};

struct app {
	struct diag *diag;
	struct notify_options o;
	enum verb verb;
	const char *config, *spool;
	const char *found; /* the configuration that was read, or NULL */
	bool check, test;
	double max_age;
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
			letter == OPT_DRAIN     ? &a->o.drain
			: letter == OPT_MAX_AGE ? &a->max_age
						: &a->o.self,
			&e) == -1)
			return cli_usage(&cli, a->diag, "%s", e.msg);
		return 0;
	}
}

/* A first operand that is a word of ours is that word. */
static void
take_verb(struct app *a)
{
	if (a->check || a->test || a->o.nfiles == 0)
		return;
	for (int i = VERB_RUN; i <= VERB_PROBE; i++)
		if (strcmp(a->o.files[0], verbs[i].word) == 0) {
			a->verb = (enum verb)i;
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

/* The words that need the spool only. */
static int
manage(struct app *a, const char *dir)
{
	char **words = a->o.files;
	int n = a->o.nfiles;
	double now = clock_real();

	/* A folder mistyped would be made, and have nothing wrong in it. */
	if (access(dir, F_OK) == -1) {
		diag_say(a->diag, DIAG_ERROR, dir, "there is no spool");
		return NC_EXIT_FAILED;
	}
	switch (a->verb) {
	case VERB_QUEUE:
		return manage_queue(dir, now, a->diag);
	case VERB_SHOW:
		return manage_show(dir, words, n, a->diag);
	case VERB_REDRIVE:
		return manage_redrive(dir, words, n, now, a->diag);
	case VERB_STAT:
		return explain_stat(dir, now, a->max_age, a->diag);
	case VERB_RELEASE:
		return manage_release(dir, words, n, a->diag);
	default:
		return manage_drop(dir, words, n, a->diag);
	}
}

static void
find_host(struct app *a)
{
	if (a->o.host != NULL)
		return;
	gethostname(a->host, sizeof(a->host) - 1);
	a->o.host = a->host;
}

/* On SIGHUP: the same file once more. */
static int
reload(void *arg, struct settings *s)
{
	struct app *a = arg;

	if (a->found != NULL && strcmp(a->found, "-") == 0) {
		*s = (struct settings){.storm_n = 0};
		diag_say(a->diag, DIAG_ERROR, NULL,
		    "standard input is not to be read again");
		return -1;
	}
	return settings_read(a->found, s, a->diag);
}

static int
deliver(struct app *a, const struct settings *s, const char *dir)
{
	struct intern *names;
	int status, signo;

	if (a->verb == VERB_READ && a->o.nfiles == 0 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	if (a->verb != VERB_READ && a->o.spool_only)
		return cli_usage(&cli, a->diag,
		    "--spool-only goes with records to read");
	a->o.mode = a->verb == VERB_RUN     ? NOTIFY_DAEMON
		    : a->verb == VERB_DRAIN ? NOTIFY_DRAIN
					    : NOTIFY_READ;
	a->o.spool = dir;
	a->o.reload = reload;
	a->o.reload_arg = a;
	find_host(a);
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
render(struct app *a, const struct settings *s)
{
	struct intern *names;
	int status;

	if (a->o.nfiles == 1 && isatty(STDIN_FILENO))
		return cli_usage(&cli, a->diag, "standard input is a terminal");
	names = intern_new(0);
	status = probe_render(s, a->o.files[0], a->o.files + 1, a->o.nfiles - 1,
	    names, a->diag);
	intern_free(names);
	return status;
}

/* The words that need the configuration. */
static int
configured(struct app *a, const struct settings *s, const char *dir)
{
	char **words = a->o.files;
	int n = a->o.nfiles, status;
	const char *bad = NULL;

	if (a->check)
		return manage_check(s, a->diag);
	if (a->test) {
		status = manage_test(s, words, n, clock_real(), &bad);
		return bad == NULL ? status
				   : cli_usage(&cli, a->diag,
					 "\"%s\": expected FIELD=VALUE", bad);
	}
	switch (a->verb) {
	case VERB_HOLD:
		return manage_hold(s, dir, words, n, clock_real(), a->diag);
	case VERB_WHY:
		return explain_why(s, dir, words[0], a->diag);
	case VERB_RENDER:
		return render(a, s);
	case VERB_PROBE:
		find_host(a);
		return probe_send(s, words[0], dir, a->o.host, a->diag);
	default:
		return deliver(a, s, dir);
	}
}

/* Do records come from standard input? */
static bool
reads_stdin(const struct app *a)
{
	int from = a->verb == VERB_RENDER ? 1 : 0;

	if (a->check || a->test ||
	    (a->verb != VERB_READ && a->verb != VERB_RENDER))
		return false;
	for (int i = from; i < a->o.nfiles; i++)
		if (strcmp(a->o.files[i], "-") == 0)
			return true;
	return a->o.nfiles == from;
}

static int
with_config(struct app *a, const char *dir)
{
	char *found = a->config != NULL ? NULL : find_config();
	struct settings s;
	int status = NC_EXIT_USAGE;

	a->found = a->config != NULL ? a->config : found;
	if (a->found != NULL && strcmp(a->found, "-") == 0 && reads_stdin(a)) {
		free(found);
		return cli_usage(&cli, a->diag,
		    "the configuration and the records cannot both be "
		    "standard input");
	}
	if (settings_read(a->found, &s, a->diag) == 0)
		status = configured(a, &s, dir);
	settings_free(&s);
	free(found);
	return status;
}

static int
run(struct app *a, int argc, char **argv)
{
	struct nc_err e;
	char *dir = NULL;
	int status, n;

	a->o.files = argv + optind;
	a->o.nfiles = argc - optind;
	take_verb(a);
	n = a->o.nfiles;
	if (n < verbs[a->verb].least || n > verbs[a->verb].most)
		return cli_usage(&cli, a->diag, "%s: expected %s",
		    verbs[a->verb].word, verbs[a->verb].what);
	if (!a->check && !a->test &&
	    (dir = statedir_find("nc-notify", a->spool, "--spool DIR", environ,
		 &e)) == NULL)
		return cli_usage(&cli, a->diag, "%s", e.msg);
	status = verbs[a->verb].configured ? with_config(a, dir)
					   : manage(a, dir);
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
