/* SPDX-License-Identifier: MIT */
/* Unit tests of reader and input: pipes, files, long lines, following. */
#include "stream/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/input.h"
#include "tap.h"

static int fds[2];
static struct span line;
static struct nc_err err;

static void
say(const char *s)
{
	if (write(fds[1], s, strlen(s)) != (ssize_t)strlen(s))
		abort();
}

/* "L:text", "P:text", ... as one string. */
static const char *
next(struct reader *r)
{
	static char got[64];
	static const char letters[] = "LPXWEF";
	enum reader_status s = reader_next(r, &line, &err);

	if (s == READER_LINE || s == READER_PARTIAL)
		snprintf(got, sizeof(got), "%c:%.*s", letters[s],
		    (int)(line.len < 50 ? line.len : 50), line.p);
	else
		snprintf(got, sizeof(got), "%c", letters[s]);
	return got;
}

static void
test_pipe(void)
{
	struct reader *r;

	if (pipe(fds) == -1)
		abort();
	r = reader_open_fd(fds[0], "<stdin>");
	OK(reader_fd(r) == fds[0] && !reader_pending(r), "open");
	SAME(next(r), "W", "nothing yet, and no waiting");
	say("one\ntwo\nthr");
	SAME(next(r), "L:one", "a line");
	OK(reader_pending(r), "another is there");
	SAME(next(r), "L:two", "it is");
	OK(!reader_pending(r), "half a line is not pending");
	SAME(next(r), "W", "half a line is not there");
	say("ee\n\n\nla");
	SAME(next(r), "L:three", "now it is");
	SAME(next(r), "L:", "empty");
	SAME(next(r), "L:", "empty");
	say("st");
	close(fds[1]);
	SAME(next(r), "P:last", "the last one without its LF");
	SAME(next(r), "E", "the end");
	SAME(next(r), "E", "for good");
	reader_close(r);
	close(fds[0]);
}

static int
temp_file(char *name)
{
	int fd = mkstemp(name);

	if (fd == -1)
		abort();
	return fd;
}

static void
put(int fd, const void *p, size_t len)
{
	if (write(fd, p, len) != (ssize_t)len)
		abort();
}

/* Lengths around the limits of the buffer, each byte where it was. */
static void
test_sizes(void)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65535, 65536,
	    106495, 106496, 106497, 212992, 1048575, 1048576};
	char name[] = "/tmp/nc-test-reader.XXXXXX";
	int fd = temp_file(name), bad = 0;
	struct reader *r;
	char *big = malloc(1048576);
	size_t n = sizeof(sizes) / sizeof(*sizes);

	if (big == NULL)
		abort();
	for (size_t i = 0; i < 3 * n; i++) {
		memset(big, 'a' + (int)i % 26, sizes[i % n]);
		put(fd, big, sizes[i % n]);
		put(fd, "\n", 1);
	}
	r = reader_open_file(name, false, &err);
	OK(r != NULL && reader_fd(r) == -1, "a file never waits");
	for (size_t i = 0; i < 3 * n; i++) {
		if (reader_next(r, &line, &err) != READER_LINE) {
			bad++;
			break;
		}
		bad += line.len != sizes[i % n];
		for (size_t k = 0; k < line.len; k++)
			bad += line.p[k] != 'a' + (char)(i % 26);
		/* readable behind, as the decoder needs it */
		for (size_t k = 0; k < RECORD_PADDING; k++)
			bad += line.p[line.len + k] == 127;
	}
	OK(bad == 0, "lines of all sizes");
	SAME(next(r), "E", "the end");
	reader_close(r);
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		abort();
	put(fd, "x\n", 2);
	put(fd, big, 1048576);
	put(fd, "y\nz\n", 4);
	for (int i = 0; i < 5; i++)
		put(fd, big, 1048576);
	put(fd, "\nw\n", 3);
	for (int i = 0; i < 2; i++)
		put(fd, big, 1048576);
	r = reader_open_file(name, false, &err);
	SAME(next(r), "L:x", "before a long line");
	SAME(next(r), "X", "one byte too long");
	SAME(next(r), "L:z", "behind it");
	SAME(next(r), "X", "five times too long");
	SAME(next(r), "L:w", "behind it");
	SAME(next(r), "X", "long and without LF");
	SAME(next(r), "E", "the end");
	reader_close(r);
	close(fd);
	unlink(name);
	free(big);
}

static int
is_awake(const struct reader *r)
{
	struct pollfd p = {.fd = reader_fd(r), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void
test_follow(void)
{
	char name[] = "/tmp/nc-test-reader.XXXXXX", old[40];
	int fd = temp_file(name);
	struct reader *r;

	snprintf(old, sizeof(old), "%s.1", name);
	put(fd, "a\nb", 3);
	r = reader_open_file(name, true, &err);
	OK(r != NULL && reader_fd(r) != -1, "a followed file can wait");
	SAME(next(r), "L:a", "what is there");
	SAME(next(r), "W", "then it waits");
	put(fd, "b\nc", 3);
	OK(is_awake(r), "woken");
	SAME(next(r), "L:bb", "it grew");
	SAME(next(r), "W", "and waits");
	OK(!is_awake(r), "asleep");
	if (rename(name, old) == -1)
		abort();
	put(fd, "c\nd", 3);
	SAME(next(r), "L:cc", "renamed, and still written to");
	SAME(next(r), "W", "no successor yet");
	close(fd);
	fd = open(name, O_CREAT | O_WRONLY, 0600);
	put(fd, "e\nf\n", 4);
	SAME(next(r), "P:d", "the old one's last line");
	SAME(next(r), "L:e", "then the new one from its start");
	SAME(next(r), "L:f", "on");
	SAME(next(r), "W", "and waits");
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		abort();
	put(fd, "g\n", 2);
	SAME(next(r), "L:g", "cut to less: from its start again");
	SAME(next(r), "W", "and waits");
	reader_close(r);
	close(fd);
	unlink(name);
	unlink(old);
	OK(reader_open_file(name, true, &err) == NULL && err.code == ENOENT,
	    "no such file");
	r = reader_open_file("/", false, &err);
	SAME(next(r), "F", "a directory");
	SAME(err.msg, "/: Is a directory", "is named");
	reader_close(r);
	reader_close(NULL);
}

static const char *
text(struct span s)
{
	static char copy[100];

	snprintf(copy, sizeof(copy), "%.*s", SPAN_ARG(s));
	return copy;
}

#define TICK(ts) "{\"v\":1,\"kind\":\"tick\",\"ts\":" #ts "}"

static void
test_input(void)
{
	static const char content[] = TICK(1) "\nnonsense\n\n \n" TICK(
	    2) "\r\n"
	       "{\"v\":2}\n{\"v\":3}\n" TICK(3);
	char one[] = "/tmp/nc-test-reader.XXXXXX", got[300];
	char two[] = "/tmp/nc-test-reader.XXXXXX";
	char *files[] = {one, two};
	struct input_options o = {.files = files, .nfiles = 2};
	struct input *in;
	struct record r;
	double ts = 0;
	int n = 0, fd = temp_file(one), out[2];
	enum input_status s;
	ssize_t len;

	put(fd, content, sizeof(content) - 1);
	close(fd);
	fd = temp_file(two);
	put(fd, "\xef\xbb\xbf" TICK(4) "\n{", 33);
	close(fd);
	if (pipe(out) == -1)
		abort();
	o.names = intern_new(0);
	o.diag = diag_new("test");
	diag_verbosity(o.diag, -1);
	o.pass = writer_open(out[1], "<stdout>", WRITER_BATCH);
	in = input_open(&o);
	OK(input_fd(in) == -1, "files do not wait");
	while ((s = input_next(in, true, &r, &err)) == INPUT_RECORD) {
		n++;
		ts += r.ts == r.ts ? r.ts : 0;
	}
	OK(s == INPUT_END && n == 6 && ts == 10, "records of both files");
	OK(input_counts(in)->bad == 2 && input_counts(in)->newer == 2 &&
		input_counts(in)->records == 6 && input_counts(in)->lines == 10,
	    "counted");
	writer_flush(o.pass, NULL);
	len = read(out[0], got, sizeof(got) - 1);
	got[len < 0 ? 0 : len] = '\0';
	SAME(got,
	    TICK(1) "\n" TICK(2) "\n{\"v\":2}\n{\"v\":3}\n" TICK(3) "\n" TICK(
		4) "\n",
	    "valid lines are passed on, each with its LF");
	input_close(in);

	o.strict = true;
	in = input_open(&o);
	OK(input_next(in, true, &r, &err) == INPUT_RECORD, "strict");
	OK(input_next(in, true, &r, &err) == INPUT_FAILED &&
		err.code == EBADMSG,
	    "stops at the first bad line");
	OK(strstr(err.msg, ":2: not JSON: '{' expected at byte 1") != NULL,
	    "and names it");
	input_close(in);
	files[0] = files[1];
	unlink(one);
	unlink(two);
	in = input_open(&o);
	OK(input_next(in, true, &r, &err) == INPUT_FAILED && err.code == ENOENT,
	    "a missing file fails when its turn comes");
	input_close(in);

	writer_close(o.pass, NULL);
	len = read(out[0], got, sizeof(got));
	OK(len == 29, "one line was passed on before");
	if (dup2(out[0], STDIN_FILENO) == -1)
		abort();
	o.files = NULL;
	o.nfiles = 0;
	o.strict = false;
	o.pass = NULL;
	in = input_open(&o);
	OK(input_fd(in) == STDIN_FILENO, "standard input can wait");
	OK(input_next(in, false, &r, &err) == INPUT_WAIT, "and does");
	put(out[1], TICK(8) "\n" TICK(9) "\n", 58);
	OK(input_next(in, false, &r, &err) == INPUT_RECORD && r.ts == 8 &&
		input_pending(in),
	    "until there is a record");
	SAME(text(r.line), TICK(8), "as it stood");
	OK(input_next(in, false, &r, &err) == INPUT_RECORD &&
		!input_pending(in),
	    "and another");
	close(out[1]);
	OK(input_next(in, true, &r, &err) == INPUT_END, "the end");
	input_close(in);
	input_close(NULL);
	intern_free(o.names);
	diag_free(o.diag);
}

int
main(void)
{
	test_pipe();
	test_sizes();
	test_follow();
	test_input();
	return tap_done();
}
