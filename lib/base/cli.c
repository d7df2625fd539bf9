/* SPDX-License-Identifier: MIT */
/*
 * cli: getopt_long(3) driven by the program's table, help and usage errors
 * in one shape, and what every program does first and last.  Never exits:
 * main does.
 */
#include "base/cli.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"

#define HELP_COLUMN 26

static const struct cli_option common[] = {
    {'q', "quiet", NULL, "show errors only"},
    {'v', "verbose", NULL, "say more; twice: still more"},
    {'h', "help", NULL, "show this help and exit"},
    {'V', "version", NULL, "show the version and exit"},
    {0, NULL, NULL, NULL},
};

/*
 * A closed descriptor must not be taken by the next file we open, and its
 * use must fail rather than look like success or like empty input: standard
 * input is opened for writing and output for reading, so that a read or a
 * write says EBADF.
 */
static void
open_standard(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
	int fd;

	for (int want = 0; want <= STDERR_FILENO; want++) {
		if (fcntl(want, F_GETFD) != -1 || errno != EBADF)
			continue;
		/* The lowest free descriptor, so this one. */
		if ((fd = open("/dev/null", modes[want])) != -1 && fd != want)
			close(fd);
	}
}

void
cli_start(void)
{
	sigset_t set;

	open_standard();
	/* systemd starts services with SIGPIPE ignored, some parents with it
	 * blocked; a filter must die of it. */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static bool
takes_optional(const struct cli_option *o)
{
	return o->arg != NULL && o->arg[0] == '[';
}

/* The option by number over the program's table, then the common one. */
static const struct cli_option *
option_at(const struct cli *c, size_t i)
{
	size_t n = 0;

	while (c->options[n].letter != 0)
		if (n++ == i)
			return &c->options[i];
	return &common[i - n];
}

static const struct cli_option *
option_of(const struct cli *c, int letter)
{
	const struct cli_option *o;

	for (size_t i = 0; (o = option_at(c, i))->letter != 0; i++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* What getopt_long wants, out of the table.  Both owned by the caller. */
static void
build_tables(const struct cli *c, struct option **longs, struct buf *shorts)
{
	const struct cli_option *o;
	size_t n = 0;

	while (option_at(c, n)->letter != 0)
		n++;
	*longs = xcalloc(n + 1, sizeof(**longs));
	buf_addc(shorts, ':');
	for (size_t i = 0; i < n; i++) {
		o = option_at(c, i);
		(*longs)[i] = (struct option){
		    .name = o->name,
		    .has_arg = o->arg == NULL      ? no_argument
			       : takes_optional(o) ? optional_argument
						   : required_argument,
		    .val = o->letter,
		};
		if (o->letter > 255)
			continue;
		buf_addc(shorts, (char)o->letter);
		if (o->arg != NULL)
			buf_adds(shorts, takes_optional(o) ? "::" : ":");
	}
}

/* "-i" or "--interval", whichever stands on the command line. */
static void
name_option(const struct cli_option *o, const char *word, struct buf *b)
{
	if (o->letter > 255 || strncmp(word, "--", 2) == 0)
		buf_addf(b, "--%s", o->name);
	else
		buf_addf(b, "-%c", o->letter);
}

/* getopt_long answered '?' or ':': says which word is wrong and how. */
static int
usage_fault(const struct cli *c, struct diag *d, int answer, char **argv)
{
	const struct cli_option *o = optopt != 0 ? option_of(c, optopt) : NULL;
	const char *word = argv[optind - 1];
	struct buf name = {0};
	int status;

	if (o != NULL && answer == ':') {
		name_option(o, word, &name);
		status = cli_usage(c, d, "option %s needs %s", name.data,
		    o->arg);
	} else if (o != NULL)
		status = cli_usage(c, d, "option --%s takes no argument",
		    o->name);
	else if (optopt != 0)
		status = cli_usage(c, d, "unknown option -%c", optopt);
	else
		status = cli_usage(c, d, "unknown or ambiguous option %s",
		    word);
	buf_free(&name);
	return status;
}

static void
print_option(const struct cli_option *o)
{
	struct buf b = {0};

	if (o->letter > 255)
		buf_addf(&b, "      --%s", o->name);
	else
		buf_addf(&b, "  -%c, --%s", o->letter, o->name);
	if (takes_optional(o))
		buf_addf(&b, "[=%.*s", (int)strlen(o->arg) - 1, o->arg + 1);
	else if (o->arg != NULL)
		buf_addf(&b, " %s", o->arg);
	if (b.len + 2 > HELP_COLUMN)
		printf("%s\n%*s%s\n", b.data, HELP_COLUMN, "", o->help);
	else
		printf("%-*s%s\n", HELP_COLUMN, b.data, o->help);
	buf_free(&b);
}

static void
print_help(const struct cli *c)
{
	const struct cli_option *o;

	for (size_t i = 0; c->synopsis[i] != NULL; i++)
		printf("%s %s %s\n", i == 0 ? "usage:" : "      ", c->prog,
		    c->synopsis[i]);
	printf("\n%s\n\n", c->purpose);
	for (size_t i = 0; (o = option_at(c, i))->letter != 0; i++)
		print_option(o);
	if (c->operands != NULL && c->operands[0] != NULL) {
		printf("\n");
		for (size_t i = 0; c->operands[i] != NULL; i++)
			printf("%s\n", c->operands[i]);
	}
	printf("\nexamples:\n");
	for (size_t i = 0; c->examples[i] != NULL; i++)
		printf("  %s\n", c->examples[i]);
	printf("\nsee %s(1)\n", c->prog);
}

int
cli_next(const struct cli *c, struct diag *d, int argc, char **argv,
    int *status)
{
	struct option *longs;
	struct buf shorts = {0};
	int answer;

	build_tables(c, &longs, &shorts);
	opterr = 0;
	do {
		optopt = 0;
		answer = getopt_long(argc, argv, shorts.data, longs, NULL);
		if (answer == 'q')
			diag_verbosity(d, -1);
		else if (answer == 'v')
			diag_more(d);
	} while (answer == 'q' || answer == 'v');
	free(longs);
	buf_free(&shorts);
	switch (answer) {
	case '?':
	case ':':
		*status = usage_fault(c, d, answer, argv);
		return CLI_EXIT;
	case 'h':
		print_help(c);
		*status = cli_finish(d, NC_EXIT_OK);
		return CLI_EXIT;
	case 'V':
		printf("%s %s (records v1)\n", c->prog, NC_VERSION);
		*status = cli_finish(d, NC_EXIT_OK);
		return CLI_EXIT;
	default:
		return answer; /* -1 is CLI_END */
	}
}

int
cli_usage(const struct cli *c, struct diag *d, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	diag_say(d, DIAG_ERROR, NULL, "%s", text != NULL ? text : "usage");
	diag_say(d, DIAG_ERROR, NULL, "try '%s --help'", c->prog);
	free(text);
	return NC_EXIT_USAGE;
}

int
cli_usage_value(const struct cli *c, struct diag *d, int letter,
    const char *why)
{
	const struct cli_option *o = c->options;

	while (o->letter != 0 && o->letter != letter)
		o++;
	return cli_usage(c, d, "--%s: %s", o->letter != 0 ? o->name : "?", why);
}

/*
 * The write may fail as late as close(2) (NFS, quota): closing a duplicate
 * asks for that without taking the descriptor away.
 */
int
cli_finish(struct diag *d, int status)
{
	int fd, bad = 0;

	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		bad = 1;
	else if ((fd = dup(STDOUT_FILENO)) != -1 && close(fd) == -1)
		bad = 1;
	if (!bad)
		return status;
	diag_say(d, DIAG_ERROR, "<stdout>", "cannot write: %s",
	    strerror(errno != 0 ? errno : EIO));
	return NC_EXIT_FAILED;
}
