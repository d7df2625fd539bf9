/* SPDX-License-Identifier: MIT */
/*
 * nc-top: the fleet on a screen, from records on a pipe.  This file parses
 * options and chooses how to run; it draws nothing.
 */
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "aside.h"
#include "base/cli.h"
#include "base/clock.h"
#include "base/exitcode.h"
#include "base/parse.h"
#include "collector.h"
#include "gather.h"
#include "settings.h"
#include "sources.h"

#define BATCH_WIDTH 80
#define MAX_SERIES 5000000u

enum option {
	OPT_WIDTH = 256,
	OPT_HEIGHT,
	OPT_ONCE,
	OPT_JSON,
	OPT_NOW,
	OPT_COLOR,
	OPT_THEME,
	OPT_ASCII,
	OPT_UTF8,
	OPT_KEYS,
	OPT_EXIT_ON_EOF,
	OPT_ACT,
	OPT_SPEED,
	OPT_STRICT
};

static const char *const synopsis[] =
    {"[-i SECS] [-x COMMANDS] [--theme NAME] [--ascii|--utf8] [FILE ...]",
	"-r FILE [--speed N] [OPTIONS]", "[OPTIONS] ssh:HOST ...",
	"[OPTIONS] -d DIR",
	"-b [-n N] [--width W] [--height H] [--now TIME] [FILE ...]",
	"--once [--json] [FILE ...]", NULL};

static const struct cli_option options[] =
    {{'b', "batch", NULL, "frames as plain text, no keys"},
	{'n', "count", "N", "with -b: end after N frames"},
	{'i', "interval", "SECS", "time between frames (2s)"},
	{'r', "replay", "FILE", "play a recording, which may be compressed"},
	{OPT_SPEED, "speed", "N", "with -r: N times as fast, or max (1)"},
	{'d', "dir", "DIR", "records of this store instead of standard input"},
	{'x', "exec", "COMMANDS", "start with these: 'sort mem; invert'"},
	{OPT_ONCE, "once", NULL, "one frame when the input ends"},
	{OPT_JSON, "json", NULL, "with --once: what is known, as records"},
	{OPT_NOW, "now", "TIME", "the fleet as of TIME; one frame with -b"},
	{OPT_WIDTH, "width", "W", "with -b: columns (80)"},
	{OPT_HEIGHT, "height", "H", "with -b: lines (as many as it takes)"},
	{OPT_COLOR, "color", "WHEN", "always, auto or never"},
	{OPT_THEME, "theme", "NAME",
	    "dark, light, mono, high-contrast, "
	    "colorblind"},
	{OPT_ASCII, "ascii", NULL, "draw with ASCII alone"},
	{OPT_UTF8, "utf8", NULL, "draw with UTF-8 whatever the locale says"},
	{OPT_ACT, "act", NULL, "keys may change alerts: ack, silence, ..."},
	{OPT_EXIT_ON_EOF, "exit-on-eof", NULL, "leave when the input ends"},
	{OPT_STRICT, "strict", NULL, "stop at the first bad line"},
	{OPT_KEYS, "keys", NULL, "print the table of keys and exit"},
	{0, NULL, NULL, NULL}};

static const char *const operands[] =
    {"FILE    records (-: standard input); without FILE and with a terminal",
	"        as standard input, nc-top runs nc-collect itself",
	"ssh:HOST nc-collect on that host, by ssh(1), every -i (5s)", NULL};

static const char *const examples[] = {"nc-collect -i 2 | nc-top",
    "nc-collect -i 1 -n 3 | nc-top -b --width 120", NULL};

static const struct cli cli = {
    .prog = "nc-top",
    .synopsis = synopsis,
    .purpose = "Show hosts live from records, or as text.",
    .options = options,
    .operands = operands,
    .examples = examples,
};

struct settings {
	struct app app;
	const struct theme *theme;
	struct zone *zone;
	const char *script, *color, *now;
	bool act; /* --act */
	const char *replay; /* -r */
	const char *speed;
	bool paced; /* -i */
	bool batch, ascii, utf8, strict, keys;
};

static int
whole(struct diag *d, const char *name, const char *text, int64_t max,
    int64_t *to)
{
	struct nc_err e;

	if (parse_integer(span_of(text), 1, max, to, &e) == -1)
		return cli_usage(&cli, d, "--%s: %s", name, e.msg);
	return 0;
}

/* 0, or the status to end with. */
static int
option(struct settings *s, int letter, const char *arg)
{
	struct app *a = &s->app;
	struct nc_err e;
	int64_t n = 0;
	int rc = 0;

	switch (letter) {
	case 'b':
		s->batch = true;
		break;
	case 'n':
		if ((rc = whole(a->diag, "count", arg, INT_MAX, &n)) == 0)
			a->frames = (long)n;
		break;
	case 'i':
		if (parse_duration(span_of(arg), &a->interval, &e) == -1)
			return cli_usage(&cli, a->diag, "--interval: %s",
			    e.msg);
		s->paced = true;
		if (a->interval < 0.05 || a->interval > 86400)
			return cli_usage(&cli, a->diag,
			    "--interval: 50ms to 1d expected");
		break;
	case 'x':
		s->script = arg;
		break;
	case 'r':
		s->replay = arg;
		break;
	case OPT_SPEED:
		s->speed = arg;
		break;
	case 'd':
		a->dir = arg;
		break;
	case OPT_ONCE:
		a->once = true;
		break;
	case OPT_JSON:
		a->json = true;
		break;
	case OPT_NOW:
		s->now = arg;
		break;
	case OPT_WIDTH:
		if ((rc = whole(a->diag, "width", arg, GRID_MAX, &n)) == 0)
			a->width = (int)n;
		break;
	case OPT_HEIGHT:
		if ((rc = whole(a->diag, "height", arg, GRID_MAX, &n)) == 0)
			a->height = (int)n;
		break;
	case OPT_COLOR:
		s->color = arg;
		break;
	case OPT_THEME:
		if ((s->theme = theme_find(arg)) == NULL)
			return cli_usage(&cli, a->diag,
			    "--theme: no theme called '%s'", arg);
		break;
	case OPT_ASCII:
		s->ascii = true;
		break;
	case OPT_UTF8:
		s->utf8 = true;
		break;
	case OPT_EXIT_ON_EOF:
		a->exit_on_end = true;
		break;
	case OPT_ACT:
		s->act = true;
		break;
	case OPT_STRICT:
		s->strict = true;
		break;
	case OPT_KEYS:
		s->keys = true;
		break;
	default:
		break;
	}
	return rc;
}

/* --color > NO_COLOR > CLICOLOR_FORCE > TERM=dumb > is it a terminal. */
static bool
wants_color(const char *when, bool tty)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
	const char *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (no != NULL && *no != '\0')
		return false;
	if (force != NULL && *force != '\0' && strcmp(force, "0") != 0)
		return true;
	return (term == NULL || strcmp(term, "dumb") != 0) && tty;
}

/* What the options mean together; 0, or the status to end with. */
static int
check(struct settings *s)
{
	static const char *const words[] = {"always", "auto", "never", NULL};
	struct app *a = &s->app;
	struct zone *zone;
	struct nc_err e;
	int which, rc;

	if (s->ascii && s->utf8)
		return cli_usage(&cli, a->diag, "--ascii or --utf8, not both");
	if (a->json && !a->once)
		return cli_usage(&cli, a->diag, "--json goes with --once");
	s->batch |= a->once;
	if (!s->batch && (a->frames != 0 || a->width != 0 || a->height != 0))
		return cli_usage(&cli, a->diag,
		    "--count, --width and --height go with -b");
	if (parse_choice(span_of(s->color), words, &which, &e) == -1)
		return cli_usage(&cli, a->diag, "--color: %s", e.msg);
	a->color = wants_color(s->color, !s->batch && isatty(STDOUT_FILENO));
	if (s->now != NULL) {
		zone = zone_open(getenv("TZ"), NULL);
		rc = parse_time(span_of(s->now), clock_real(), zone, &a->now,
		    &e);
		zone_free(zone);
		if (rc == -1)
			return cli_usage(&cli, a->diag, "--now: %s", e.msg);
	}
	if (s->speed != NULL && s->replay == NULL)
		return cli_usage(&cli, a->diag, "--speed goes with -r");
	if (!s->batch && !isatty(STDOUT_FILENO))
		return cli_usage(&cli, a->diag,
		    "standard output is not a terminal (-b prints text)");
	return 0;
}

/* A terminal, /dev/null, or closed: nobody writes records into it. */
static bool
no_input(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == -1 || S_ISCHR(st.st_mode);
}

/* Programs to run for what was asked; 0, or the status to end with. */
static int
choose_sources(struct settings *s, char **files, int n)
{
	struct app *a = &s->app;
	bool remote = false;
	struct nc_err e;

	for (int i = 0; i < n; i++)
		remote |= sources_remote(files[i]);
	if (remote) {
		a->sources = sources_ssh(files, (size_t)n,
		    s->paced ? a->interval : (double)NAN, a->once, &e);
		if (a->sources == NULL)
			return cli_usage(&cli, a->diag, "%s", e.msg);
	}
	/* With files, or a pipe, the store is for what is older only. */
	if (a->dir != NULL && n == 0 && s->replay == NULL && no_input())
		a->sources = sources_store(a->dir, a->interval, a->once,
		    a->now);
	return 0;
}

static int
print_keys(struct diag *d)
{
	struct buf b = {0};

	key_print(&b);
	fputs(b.data, stdout);
	buf_free(&b);
	return cli_finish(d, NC_EXIT_OK);
}

/* Records, from files, a pipe, or programs that we run. */
static int
run(struct settings *s, char **files, int nfiles)
{
	struct app *a = &s->app;
	struct aside *aside = s->batch ? NULL : aside_start();
	const struct provider *providers;
	bool own = true;
	size_t n;
	struct collector *collector = NULL;
	struct gather *gather = NULL;
	struct nc_err e;
	int status;

	if (s->replay != NULL)
		collector = collector_play(s->replay, &e);
	else if (a->sources != NULL) {
		providers = sources_providers(a->sources, &n);
		gather = gather_start(providers, n, &e);
	} else if (nfiles == 0 && isatty(STDIN_FILENO))
		collector = collector_start(a->interval, a->once, &e);
	else
		own = false;
	if (own && collector == NULL && gather == NULL) {
		aside_end(aside);
		return app_failed(a, &e);
	}
	a->input = input_open(&(struct input_options){.files = files,
	    .nfiles = own ? 0 : nfiles,
	    .strict = s->strict,
	    .names = a->names,
	    .diag = a->diag});
	status = s->batch ? batch_run(a) : interactive_run(a);
	input_close(a->input);
	collector_end(collector);
	gather_end(gather);
	aside_end(aside);
	return status;
}

/* Where the records come from, as one would type it behind nc-top, or in
 * front of it with a bar behind. */
static const char *
origin_of(const struct settings *s, char **files, int n, struct buf *b)
{
	if (s->replay != NULL)
		buf_adds(b, s->replay);
	else if (s->app.dir != NULL && n == 0)
		buf_addf(b, "-d %s", s->app.dir);
	else if (n == 0)
		buf_adds(b, "nc-collect -i 2 |");
	for (int i = 0; i < n; i++)
		buf_addf(b, "%s%s", i == 0 ? "" : " ", files[i]);
	buf_addc(b, '\0');
	return b->data;
}

/* What is kept for this person, then what was asked for now, which wins. */
static int
begin(struct settings *s, bool themed)
{
	struct app *a = &s->app;
	struct nc_err e;

	if (s->speed != NULL && !s->batch &&
	    ui_set_speed(&a->ui, span_of(s->speed), &e) == -1)
		return cli_usage(&cli, a->diag, "--speed: %s", e.msg);
	if (!s->batch && settings_load(&a->ui, a->model, &e) == -1)
		return cli_usage(&cli, a->diag, "%s", e.msg);
	if (themed)
		a->ui.theme = s->theme;
	if (s->script != NULL &&
	    ui_script(&a->ui, a->model, s->script, &e) == -1)
		return cli_usage(&cli, a->diag, "--exec: %s", e.msg);
	return 0;
}

static int
start(struct settings *s, char **files, int nfiles)
{
	struct app *a = &s->app;
	struct buf origin = {0};
	bool themed;
	int status;

	a->utf8 = s->utf8 ||
		  (!s->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
	themed = s->theme != NULL;
	if (!themed)
		s->theme = theme_find(a->color || s->batch ? "dark" : "mono");
	if (a->width == 0)
		a->width = BATCH_WIDTH;
	a->grid.utf8 = a->utf8;
	a->names = intern_new(0);
	a->model = model_new(a->names, MAX_SERIES);
	ui_init(&a->ui, s->theme, !s->batch);
	a->ui.width = a->width;
	a->ui.sources = a->sources;
	a->ui.act = s->act;
	if (s->replay != NULL && !s->batch)
		a->ui.speed = 1;
	a->ui.zone = s->zone = zone_open(getenv("TZ"), NULL);
	a->ui.chart.dots = a->utf8 ? DOTS_BLOCK : DOTS_ASCII;
	a->ui.origin = origin_of(s, files, nfiles, &origin);
	status = begin(s, themed);
	if (status == 0)
		status = run(s, files, nfiles);
	ui_free(&a->ui);
	buf_free(&origin);
	zone_free(s->zone);
	grid_free(&a->grid);
	model_free(a->model);
	intern_free(a->names);
	return status;
}

int
main(int argc, char **argv)
{
	struct settings s = {
	    .app = {.interval = 2, .now = NAN},
	    .color = "auto",
	};
	int letter, status = 0;

	cli_start();
	setlocale(LC_CTYPE, "");
	s.app.diag = diag_new("nc-top");
	while ((letter = cli_next(&cli, s.app.diag, argc, argv, &status)) !=
	       CLI_END) {
		if (letter == CLI_EXIT ||
		    (status = option(&s, letter, optarg)) != 0)
			goto out;
	}
	if (s.keys)
		status = print_keys(s.app.diag);
	else if ((status = check(&s)) == 0 &&
		 (status = choose_sources(&s, argv + optind, argc - optind)) ==
		     0)
		status = cli_finish(s.app.diag,
		    start(&s, argv + optind, argc - optind));
out:
	sources_free(s.app.sources);
	diag_free(s.app.diag);
	return status;
}
