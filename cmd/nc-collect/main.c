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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/sig.h"
#include "config.h"
#include "describe.h"
#include "doctor.h"
#include "output.h"
#include "settings.h"
#include "supervisor.h"

#define SELF_SECONDS 60.0

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
    {OPT_SELF, "self", "SECS",
	"itself as a sample, each SECS (60s; 0: none)"},
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
	struct plan plan;
	struct collect_config config;
	const char *config_path; /* NULL: the default, if it is there */
	char *default_path; /* of a configuration that was found */
	char **operands;
	int noperands;
	const char *host, *root; /* as said; NULL: not */
	char *found_host;
	double interval, self; /* NAN: not said */
	bool has_level, has_count, check, describe, doctor;
	enum metric_level level;
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
	a->plan.speed = v;
	return 0;
}

/* A value of an option.  0, or -1 and *e. */
static int
take_value(struct app *a, int letter, const char *text, struct nc_err *e)
{
	uint64_t n;

	switch (letter) {
	case 'i':
		if (parse_duration(span_of(text), &a->interval, e) == -1)
			return -1;
		if (a->interval < 0.001)
			return err_set(e, 0, "\"%s\": expected 1ms or more",
			    text);
		return 0;
	case 'n':
		if (parse_unsigned(span_of(text), UINT32_MAX, &n, e) == -1)
			return -1;
		if (n == 0)
			return err_set(e, 0, "\"0\": expected 1 or more");
		a->plan.rounds = n;
		a->has_count = true;
		return 0;
	case 'l':
		a->has_level = true;
		return wanted_level(text, &a->level, e);
	case OPT_SELF:
		return parse_duration(span_of(text), &a->self, e);
	case OPT_NOW:
		return parse_time(span_of(text), 0, NULL, &a->plan.now, e);
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
	const struct cli_option *o;

	switch (letter) {
	case 'c':
		a->config_path = optarg;
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
		a->host = optarg;
		return 0;
	case OPT_ROOT:
		a->root = optarg;
		return 0;
	default:
		break;
	}
	if (take_value(a, letter, optarg, &e) == 0)
		return 0;
	for (o = options; o->letter != letter; o++)
		continue;
	return cli_usage(&cli, a->diag, "--%s %s", o->name, e.msg);
}

/* --- configuration -------------------------------------------------------- */

/* The first that is there: the user's, the system's. */
static char *
find_config(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (xdg != NULL && *xdg == '/')
		path = xasprintf("%s/novacron/collect.conf", xdg);
	else if (home != NULL && *home == '/')
		path = xasprintf("%s/.config/novacron/collect.conf", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	path = xstrdup(NC_SYSCONFDIR "/novacron/collect.conf");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* A configuration of the system that this user may not read is no reason to
 * collect nothing: that is said, and the rest goes on. */
static int
read_config(struct app *a, struct collect_config *c)
{
	const char *path = a->config_path;

	*c = (struct collect_config){.interval = NAN, .self = NAN};
	if (path == NULL) {
		free(a->default_path);
		if ((a->default_path = find_config()) == NULL)
			return 0;
		path = a->default_path;
		if (access(path, R_OK) == -1) {
			diag_say(a->diag, DIAG_WARN, path, "%s (left out)",
			    strerror(errno));
			return 0;
		}
	}
	return collect_config_read(path, c, a->diag);
}

/* --- the plan ------------------------------------------------------------- */

/* The name of a recorded tree is in the tree, or nobody knows it. */
static char *
tree_host(const char *root)
{
	static const char *const files[] = {"proc/sys/kernel/hostname",
	    "etc/hostname"};
	char name[256] = "", *path;
	FILE *f;
	size_t i;

	for (i = 0; i < 2 && *name == '\0'; i++) {
		path = xasprintf("%s/%s", root, files[i]);
		if ((f = fopen(path, "re")) != NULL) {
			if (fgets(name, sizeof(name), f) == NULL)
				*name = '\0';
			fclose(f);
		}
		free(path);
		name[strcspn(name, "\n")] = '\0';
	}
	return *name != '\0' ? xstrdup(name) : NULL;
}

static int
choose_host(struct app *a)
{
	struct plan *p = &a->plan;
	char name[256];

	free(a->found_host);
	a->found_host = NULL;
	if (a->host != NULL || a->config.host != NULL) {
		p->host = a->host != NULL ? a->host : a->config.host;
	} else if (*p->root != '\0') {
		if ((a->found_host = tree_host(p->root)) == NULL)
			return cli_usage(&cli, a->diag,
			    "%s does not tell its host name: give --host",
			    p->root);
		p->host = a->found_host;
	} else {
		if (gethostname(name, sizeof(name)) == -1)
			snprintf(name, sizeof(name), "localhost");
		name[sizeof(name) - 1] = '\0';
		p->host = a->found_host = xstrdup(name);
	}
	if (*p->host == '\0')
		return cli_usage(&cli, a->diag, "the host name is empty");
	return 0;
}

static int
choose_sources(struct app *a)
{
	struct wanted_list *l = &a->plan.wanted;
	const struct source *const *s;
	struct nc_err e = {0};
	int i;

	wanted_free(l);
	for (i = 0; i < a->noperands; i++)
		if (wanted_parse(l, &a->config.wanted, a->operands[i], &e) ==
		    -1)
			return cli_usage(&cli, a->diag, "%s", e.msg);
	for (size_t k = 0; a->noperands == 0 && k < a->config.wanted.count; k++)
		wanted_copy(l, &a->config.wanted.list[k]);
	for (s = source_all(); l->count == 0 && *s != NULL; s++)
		if (((*s)->flags & SOURCE_DEFAULT) != 0)
			wanted_add(l, *s);
	if (l->count == 0)
		return cli_usage(&cli, a->diag, "no SOURCE is named");
	if (wanted_check(l, &e) == -1)
		return cli_usage(&cli, a->diag, "%s", e.msg);
	return 0;
}

/* Options over configuration over defaults.  0 or an exit status. */
static int
make_plan(struct app *a)
{
	struct plan *p = &a->plan;
	int status;

	p->interval = !isnan(a->interval) ? a->interval : a->config.interval;
	if (isnan(p->interval) && a->has_count && p->rounds != 1)
		return cli_usage(&cli, a->diag,
		    "-n with more than one round needs -i");
	if (isnan(p->interval) && !a->has_count)
		p->rounds = 1;
	if (a->form == OUTPUT_PROMETHEUS && p->rounds != 1) {
		if (!isnan(a->interval) || a->has_count)
			return cli_usage(&cli, a->diag,
			    "--prometheus prints one sweep: -n 1");
		p->rounds = 1;
	}
	p->self = p->rounds != 1 && isnan(p->now) ? SELF_SECONDS : 0;
	if (!isnan(a->config.self))
		p->self = a->config.self;
	if (!isnan(a->self))
		p->self = a->self;
	p->level = a->config.has_level ? a->config.level : LEVEL_STANDARD;
	if (a->has_level)
		p->level = a->level;
	p->root = a->root != NULL          ? a->root
		  : a->config.root != NULL ? a->config.root
					   : "";
	if (strcmp(p->root, "/") == 0)
		p->root = "";
	if ((status = choose_host(a)) != 0)
		return status;
	return choose_sources(a);
}

/* SIGHUP: the file again; when it is wrong, things stay as they are. */
static int
reload(struct app *a)
{
	struct collect_config c, old = a->config;
	struct app before = *a;

	if (read_config(a, &c) == -1) {
		diag_say(a->diag, DIAG_WARN, NULL,
		    "the configuration stays as it was");
		collect_config_free(&c);
		return 0;
	}
	a->config = c;
	a->found_host = NULL;
	a->plan.wanted = (struct wanted_list){0};
	if (!before.has_count && isnan(before.interval))
		a->plan.rounds = 0;
	if (make_plan(a) != 0) {
		wanted_free(&a->plan.wanted);
		free(a->found_host);
		collect_config_free(&c);
		a->config = old;
		a->found_host = before.found_host;
		a->plan = before.plan;
		return 0;
	}
	wanted_free(&before.plan.wanted);
	free(before.found_host);
	collect_config_free(&old);
	return 0;
}

/* --- what to do ----------------------------------------------------------- */

static int
describe(struct app *a)
{
	const struct source *s;
	size_t n;
	int i;

	if (a->noperands == 0)
		describe_metrics(a->has_level ? a->level : LEVEL_DIAGNOSTIC,
		    a->form == OUTPUT_TABLE);
	for (i = 0; i < a->noperands; i++) {
		n = strcspn(a->operands[i], ":,");
		s = source_find((struct span){a->operands[i], n});
		if (s == NULL)
			return cli_usage(&cli, a->diag,
			    "unknown source \"%.*s\"", (int)n, a->operands[i]);
		describe_source(s, a->form == OUTPUT_TABLE);
	}
	return NC_EXIT_OK;
}

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

	while ((status = supervisor_run(&a->plan, out, a->names, a->diag,
		    &signo)) != NC_EXIT_FAILED &&
	       signo == SIGHUP && output_error(out) == 0 &&
	       (a->config_path != NULL || a->default_path != NULL))
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
	if (read_config(a, &a->config) == -1)
		return NC_EXIT_USAGE;
	if ((status = make_plan(a)) != 0 || a->check)
		return status;
	if (a->doctor)
		return doctor(&a->plan, a->diag) != 0 ? NC_EXIT_PARTIAL
						      : NC_EXIT_OK;
	signal(SIGPIPE, SIG_IGN); /* the children are ended first */
	return collect(a);
}

int
main(int argc, char **argv)
{
	struct app a = {.interval = NAN,
	    .self = NAN,
	    .plan = {.now = NAN, .speed = 1},
	    .config = {.interval = NAN, .self = NAN}};
	int letter, status = 0;

	cli_start();
	a.diag = diag_new("nc-collect");
	a.names = intern_new(0);
	while (status == 0 && (letter = cli_next(&cli, a.diag, argc, argv,
				   &status)) != CLI_END) {
		if (letter == CLI_EXIT)
			goto out;
		status = take_option(&a, letter);
	}
	a.operands = argv + optind;
	a.noperands = argc - optind;
	if (status == 0)
		status = run(&a);
	if (status != NC_EXIT_USAGE)
		status = cli_finish(a.diag, status);
out:
	diag_free(a.diag);
	intern_free(a.names);
	wanted_free(&a.plan.wanted);
	collect_config_free(&a.config);
	free(a.default_path);
	free(a.found_host);
	return status;
}
