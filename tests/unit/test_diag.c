/* SPDX-License-Identifier: MIT */
/* Unit tests of diag and cli: what they write is read back from files that
 * stand in for standard error and standard output. */
#include "base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char text[16384];

/* Standard descriptors while they are turned into a file. */
struct redirected {
	int fd, kept, file;
};

static struct redirected
redirect(int fd)
{
	struct redirected r = {fd, dup(fd), -1};
	FILE *f = tmpfile();

	fflush(stdout);
	if (f == NULL || (r.file = dup(fileno(f))) == -1)
		abort();
	fclose(f);
	dup2(r.file, fd);
	return r;
}

/* What was written meanwhile; the descriptor is what it was. */
static const char *
restore(struct redirected r)
{
	ssize_t n;

	fflush(stdout);
	n = pread(r.file, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	dup2(r.kept, r.fd);
	close(r.kept);
	close(r.file);
	return text;
}

static void
test_say(void)
{
	struct diag *d = diag_new("nc-x");
	struct redirected r = redirect(STDERR_FILENO);

	errno = ENOENT;
	diag_say(d, DIAG_WARN, "<stdin>:7", "bad JSON: %s", "'}' expected");
	diag_say(d, DIAG_INFO, NULL, "not shown");
	diag_say(d, DIAG_ERROR, NULL, "vm \033[2J\n\x9b caf\xc3\xa9");
	OK(errno == ENOENT, "errno is kept");
	diag_verbosity(d, -1);
	diag_say(d, DIAG_WARN, NULL, "quiet: no warnings");
	diag_say(d, DIAG_ASKED, NULL, "quiet: answers");
	diag_more(d);
	diag_say(d, DIAG_INFO, "a\tb", "loud");
	diag_say(d, DIAG_DEBUG, NULL, "not that loud");
	diag_more(d);
	diag_say(d, DIAG_DEBUG, NULL, "that loud");
	diag_free(d);
	diag_free(NULL);
	SAME(restore(r),
	    "nc-x: <stdin>:7: bad JSON: '}' expected\n"
	    "nc-x: vm \\x1b[2J\\n\\x9b caf\xc3\xa9\n"
	    "nc-x: quiet: answers\n"
	    "nc-x: a\\tb: loud\n"
	    "nc-x: that loud\n",
	    "lines, levels, escapes");
}

static void
test_limits(void)
{
	struct diag *d = diag_new("nc-x");
	struct redirected r = redirect(STDERR_FILENO);
	char *huge = calloc(1, 10001);

	for (int i = 1; i <= 8; i++)
		diag_limited(d, DIAG_WARN, "bad line", NULL, "line %d", i);
	diag_limited(d, DIAG_INFO, "noise", NULL, "hidden is not held back");
	diag_limited(d, DIAG_WARN, "late", NULL, "another sort");
	diag_flush(d);
	diag_limited(d, DIAG_WARN, "bad line", NULL, "line 9");
	diag_free(d);
	SAME(restore(r),
	    "nc-x: line 1\nnc-x: line 2\nnc-x: line 3\nnc-x: line 4\n"
	    "nc-x: line 5\nnc-x: another sort\n"
	    "nc-x: bad line: 3 more not shown\n"
	    "nc-x: bad line: 1 more not shown\n",
	    "five of a sort, then counts");

	r = redirect(STDERR_FILENO);
	d = diag_new("nc-x");
	memset(huge, 'x', 10000);
	diag_say(d, DIAG_ERROR, NULL, "%s", huge);
	diag_free(d);
	free(huge);
	restore(r);
	OK(strlen(text) == 4096 && text[4095] == '\n', "a line is cut whole");
	r = redirect(STDERR_FILENO);
	close(STDERR_FILENO);
	d = diag_new("nc-x");
	diag_say(d, DIAG_ERROR, NULL, "nobody listens");
	diag_free(d);
	restore(r);
	OK(1, "a closed standard error is survived");
}

static const struct cli test_cli = {
    .prog = "nc-x",
    .synopsis = (const char *const[]){"[-i SECS] [FILE...]", "ls [FILE]", NULL},
    .purpose = "does nothing, for tests",
    .options =
	(const struct cli_option[]){
	    {'i', "interval", "SECS", "time between rounds"},
	    {'o', "only", NULL, "own records alone"},
	    {300, "color", "[WHEN]", "colour always, auto or never"},
	    {301, "an-option-with-a-long-name", "THING", "below its name"},
	    {0, NULL, NULL, NULL},
	},
    .operands = (const char *const[]){"FILE  a file", NULL},
    .examples = (const char *const[]){"nc-x -i 5", "nc-x ls", NULL},
};

/* Runs the table over a command line's words; the letters found, with their
 * arguments, go into got. */
static char got[256], words[256];

static int
run(struct diag *d, const char *line)
{
	char *argv[16], *save, *word;
	int argc = 0, letter, status = -1;
	size_t len = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (word = strtok_r(words, " ", &save); word != NULL && argc < 15;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	optind = 0; /* glibc: start again */
	got[0] = '\0';
	while ((letter = cli_next(&test_cli, d, argc, argv, &status)) > 0)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%d(%s)",
		    letter, optarg != NULL ? optarg : "");
	return letter == CLI_EXIT ? status : -1;
}

#define TRY "nc-x: try 'nc-x --help'\n"

static void
test_options(void)
{
	struct diag *d = diag_new("nc-x");
	static const struct {
		const char *word, *want;
	} bad[] = {
	    {"-x", "nc-x: unknown option -x\n" TRY},
	    {"--bogus", "nc-x: unknown or ambiguous option --bogus\n" TRY},
	    {"-i", "nc-x: option -i needs SECS\n" TRY},
	    {"--interval", "nc-x: option --interval needs SECS\n" TRY},
	    {"--only=1", "nc-x: option --only takes no argument\n" TRY},
	    {"-\033", "nc-x: unknown option -\\x1b\n" TRY},
	};
	char line[64];
	struct redirected r;
	int status;

	OK(run(d,
	       "nc-x -oi5 --color --color=never file --interval 10s -- -o") ==
		-1,
	    "options, then operands");
	SAME(got, "111()105(5)300()300(never)105(10s)", "letters in order");
	OK(optind == 7, "operands follow, -- ends options");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "nc-x %s", bad[i].word);
		r = redirect(STDERR_FILENO);
		status = run(d, line);
		SAME(restore(r), bad[i].want, bad[i].word);
		OK(status == 2, "usage errors are 2");
	}
	r = redirect(STDERR_FILENO);
	run(d, "nc-x -vv -o");
	diag_say(d, DIAG_DEBUG, NULL, "debug");
	run(d, "nc-x -q");
	diag_say(d, DIAG_WARN, NULL, "warning");
	SAME(restore(r), "nc-x: debug\n", "-v and -q go to diag");
	diag_free(d);
}

static void
test_help(void)
{
	struct diag *d = diag_new("nc-x");
	struct redirected r = redirect(STDOUT_FILENO);
	int status = run(d, "nc-x -o --help");

	SAME(restore(r),
	    "usage: nc-x [-i SECS] [FILE...]\n"
	    "       nc-x ls [FILE]\n"
	    "\n"
	    "does nothing, for tests\n"
	    "\n"
	    "  -i, --interval SECS     time between rounds\n"
	    "  -o, --only              own records alone\n"
	    "      --color[=WHEN]      colour always, auto or never\n"
	    "      --an-option-with-a-long-name THING\n"
	    "                          below its name\n"
	    "  -q, --quiet             show errors only\n"
	    "  -v, --verbose           say more; twice: still more\n"
	    "  -h, --help              show this help and exit\n"
	    "  -V, --version           show the version and exit\n"
	    "\n"
	    "FILE  a file\n"
	    "\n"
	    "examples:\n"
	    "  nc-x -i 5\n"
	    "  nc-x ls\n"
	    "\n"
	    "see nc-x(1)\n",
	    "--help");
	OK(status == 0, "--help is 0");
	r = redirect(STDOUT_FILENO);
	status = run(d, "nc-x -V");
	SAME(restore(r), "nc-x " NC_VERSION " (records v1)\n", "--version");
	OK(status == 0, "--version is 0");
	diag_free(d);
}

/* exit(3) counts what ran here as covered; with its descriptors closed the
 * sanitizer cannot end that way. */
static void
leave(int status)
{
#ifdef __SANITIZE_ADDRESS__
	_exit(status);
#else
	exit(status);
#endif
}

/* In a child: its descriptors are closed first. */
static int
start_with_closed(void)
{
	char c = 'x';

	signal(SIGPIPE, SIG_IGN);
	close(0);
	close(1);
	close(2);
	cli_start();
	if (fcntl(2, F_GETFD) == -1 || write(2, &c, 1) != 1)
		return 1;
	if (read(0, &c, 1) != -1 || errno != EBADF)
		return 2;
	if (write(1, &c, 1) != -1 || errno != EBADF)
		return 3;
	if (open("/dev/null", O_RDONLY) != 3)
		return 4;
	return signal(SIGPIPE, SIG_IGN) == SIG_DFL ? 0 : 5;
}

static void
test_finish(void)
{
	struct diag *d = diag_new("nc-x");
	struct redirected r = redirect(STDERR_FILENO);
	int kept, full, status;
	pid_t pid;

	OK(cli_finish(d, 1) == 1, "a clean end keeps its status");
	kept = dup(STDOUT_FILENO);
	full = open("/dev/full", O_WRONLY);
	dup2(full, STDOUT_FILENO);
	printf("x");
	status = cli_finish(d, 0);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(full);
	clearerr(stdout);
	SAME(restore(r),
	    "nc-x: <stdout>: cannot write: No space left on device\n",
	    "a full standard output is said");
	OK(status == 3, "and is 3");
	fflush(stdout);
	if ((pid = fork()) == 0)
		leave(start_with_closed());
	waitpid(pid, &status, 0);
	OK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "closed descriptors are taken, and fail");
	diag_free(d);
}

int
main(void)
{
	test_say();
	test_limits();
	test_options();
	test_help();
	test_finish();
	return tap_done();
}
