/* SPDX-License-Identifier: MIT */
/* Unit tests of writer: pipes, full disks, closed readers. */
#include "stream/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static size_t
waiting(int fd, char *to, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, 0) != 1)
		return 0;
	n = read(fd, to, size - 1);
	if (n < 0)
		n = 0;
	to[n] = '\0';
	return (size_t)n;
}

static void
test_modes(void)
{
	char got[100];
	struct writer *w;
	int fd[2];

	if (pipe(fd) == -1)
		abort();
	w = writer_open(fd[1], "out", WRITER_LINES);
	writer_line(w, "one\n", 4, NULL);
	waiting(fd[0], got, sizeof(got));
	SAME(got, "one\n", "a line goes out at once");
	OK(writer_lines(w) == 1 && writer_close(w, NULL) == 0, "counted");

	w = writer_open(fd[1], "out", WRITER_BATCH);
	writer_line(w, "two\n", 4, NULL);
	OK(waiting(fd[0], got, sizeof(got)) == 0, "a batch waits");
	writer_forward(w, span_of("three"), NULL);
	writer_flush(w, NULL);
	waiting(fd[0], got, sizeof(got));
	SAME(got, "two\nthree\n", "until it is flushed");
	writer_line(w, "four\n", 5, NULL);
	usleep(25000);
	writer_line(w, "five\n", 5, NULL);
	waiting(fd[0], got, sizeof(got));
	SAME(got, "four\nfive\n", "or 10 ms old");
	writer_line(w, "six\n", 4, NULL);
	OK(writer_close(w, NULL) == 0, "closed");
	waiting(fd[0], got, sizeof(got));
	SAME(got, "six\n", "or the writer is closed");
	close(fd[0]);
	close(fd[1]);
}

/* A small non-blocking pipe, a slow reader, signals all the time. */
static void
on_alarm(int sig)
{
	(void)sig;
}

static void
write_all(int fd)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct itimerval t = {{0, 2000}, {0, 2000}};
	struct writer *w = writer_open(fd, "out", WRITER_BATCH);
	char line[3001];
	int rc = 0;

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 300; i++) {
		memset(line, 'a' + i % 26, sizeof(line));
		line[1000 + i] = '\n';
		rc |= writer_line(w, line, 1001 + (size_t)i, NULL);
	}
	rc |= writer_close(w, NULL);
	_exit(rc != 0);
}

static void
test_slow_reader(void)
{
	char got[4096];
	int fd[2], status, torn = 0, lines = 0;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(fd) == -1)
		abort();
	fcntl(fd[1], F_SETPIPE_SZ, 4096);
	if ((pid = fork()) == 0)
		write_all(fd[1]);
	close(fd[1]);
	while ((n = read(fd[0], got, sizeof(got))) > 0) {
		if (lines % 16 == 0)
			usleep(1000);
		for (ssize_t i = 0; i < n; i++) {
			if (got[i] != '\n') {
				torn += got[i] != 'a' + lines % 26;
				at++;
				continue;
			}
			torn += at != 1000 + (size_t)lines;
			lines++;
			at = 0;
		}
	}
	waitpid(pid, &status, 0);
	OK(status == 0 && lines == 300 && torn == 0,
	    "short writes, EAGAIN, EINTR: every line whole");
	close(fd[0]);
}

static void
test_failure(void)
{
	struct nc_err e = {0};
	struct writer *w;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	if (pipe(fd) == -1)
		abort();
	close(fd[0]);
	w = writer_open(fd[1], "<stdout>", WRITER_LINES);
	OK(writer_line(w, "x\n", 2, &e) == -1 && e.code == EPIPE, "EPIPE");
	SAME(e.msg, "<stdout>: Broken pipe", "says where");
	e = (struct nc_err){0};
	OK(writer_flush(w, &e) == -1 && e.code == EPIPE, "and again");
	OK(writer_lines(w) == 0, "a failed line does not count");
	OK(writer_close(w, &e) == -1, "and when closed");
	close(fd[1]);

	fd[0] = open("/dev/full", O_WRONLY);
	w = writer_open(fd[0], "full", WRITER_BATCH);
	OK(writer_line(w, "x\n", 2, &e) == 0, "a batch takes it");
	OK(writer_close(w, &e) == -1 && e.code == ENOSPC, "ENOSPC on close");
	close(fd[0]);
	OK(writer_close(NULL, NULL) == 0, "NULL is fine");
}

/* A file that may not grow beyond 10,000 bytes stands in for a full disk. */
static void
test_full_file(void)
{
	struct rlimit old, limit;
	char name[] = "/tmp/nc-test-writer.XXXXXX", line[300], got[20000];
	struct nc_err e = {0};
	struct writer *w;
	int fd = mkstemp(name), rc = 0;
	ssize_t n;

	unlink(name);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 10000;
	setrlimit(RLIMIT_FSIZE, &limit);
	memset(line, 'x', sizeof(line));
	line[299] = '\n';
	w = writer_open(fd, "file", WRITER_BATCH);
	for (int i = 0; i < 1000 && rc == 0; i++)
		rc = writer_line(w, line, sizeof(line), &e);
	setrlimit(RLIMIT_FSIZE, &old);
	OK(rc == -1 && e.code == EFBIG, "the file is full");
	n = pread(fd, got, sizeof(got), 0);
	OK(n == 9900 && got[n - 1] == '\n', "and ends in a whole line");
	OK(lseek(fd, 0, SEEK_CUR) == 9900, "where the next one begins");
	writer_close(w, NULL);
	close(fd);
}

int
main(void)
{
	test_modes();
	test_slow_reader();
	test_failure();
	test_full_file();
	return tap_done();
}
