/* SPDX-License-Identifier: MIT */
/*
 * output: see output.h.  Before a write(2) of at most PIPE_BUF bytes the
 * descriptor is polled: a pipe that is writable takes them whole, so the
 * wait happens in poll(2), where a signal ends it, and O_NONBLOCK, which the
 * other holders of the pipe would feel, is not needed.
 */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "render.h"
#include "stream/record.h"
#include "stream/writer.h"

#define BLOCK_MAX 4096 /* PIPE_BUF of Linux */
#define POLL_MS 200 /* how late a signal may be seen while waiting */

struct output {
	int fd;
	enum output_form form;
	struct intern *names;
	struct writer *writer;
	struct decoder *decoder; /* NULL for records */
	struct prometheus *prometheus;
	struct buf line, text;
	bool gathers;
	struct buf block; /* records gathered: at most BLOCK_MAX */
	void (*blocked)(void *, int64_t);
	bool (*give_up)(void *);
	void *arg;
	bool pollable;
	uint64_t lines, refused;
	struct nc_err err; /* code 0: all is well */
};

struct output *
output_open(const struct output_options *opt)
{
	struct output *o = xcalloc(1, sizeof(*o));
	struct stat st;

	o->fd = opt->fd;
	o->form = opt->form;
	o->names = opt->names;
	o->writer = writer_open(opt->fd, "<stdout>",
	    opt->form == OUTPUT_RECORDS ? WRITER_LINES : WRITER_BATCH);
	if (opt->form != OUTPUT_RECORDS)
		o->decoder = decoder_new(opt->names);
	if (opt->form == OUTPUT_PROMETHEUS)
		o->prometheus = prometheus_new(opt->names, opt->diag);
	o->pollable = fstat(opt->fd, &st) == 0 &&
		      (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
			  S_ISCHR(st.st_mode));
	return o;
}

void
output_hooks(struct output *o, void (*blocked)(void *arg, int64_t ns),
    bool (*give_up)(void *arg), void *arg)
{
	o->blocked = blocked;
	o->give_up = give_up;
	o->arg = arg;
}

/* Until the descriptor takes PIPE_BUF bytes, or is broken, which the write
 * behind this then finds. */
static int
wait_writable(struct output *o)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};
	int64_t since;

	if (!o->pollable || poll(&p, 1, 0) != 0)
		return 0;
	since = clock_mono_ns();
	do {
		if (o->give_up != NULL && o->give_up(o->arg))
			return err_set(&o->err, ECANCELED, "given up");
	} while (poll(&p, 1, POLL_MS) <= 0);
	if (o->blocked != NULL)
		o->blocked(o->arg, clock_mono_ns() - since);
	return 0;
}

/* Whole lines, in one write(2) when they are few. */
static int
put(struct output *o, const char *text, size_t len)
{
	struct nc_err e = {0};

	if (wait_writable(o) == -1)
		return -1;
	if (writer_line(o->writer, text, len, &e) == 0)
		return 0;
	o->err = e;
	if (o->err.code == 0)
		o->err.code = EIO;
	return -1;
}

static int
put_block(struct output *o)
{
	int rc = 0;

	if (o->block.len != 0 && o->err.code == 0)
		rc = put(o, o->block.data, o->block.len);
	buf_clear(&o->block);
	return rc;
}

static int
gather(struct output *o, const char *line, size_t len)
{
	if (o->block.len + len > BLOCK_MAX && put_block(o) == -1)
		return -1;
	buf_add(&o->block, line, len);
	return 0;
}

void
output_gather(struct output *o)
{
	o->gathers = o->form == OUTPUT_RECORDS;
}

int
output_flush(struct output *o)
{
	o->gathers = false;
	return put_block(o);
}

static int
print(struct output *o, const char *text, size_t len)
{
	const char *end;
	size_t n;

	while (len > 0) {
		end = memchr(text, '\n', len);
		n = end != NULL ? (size_t)(end - text) + 1 : len;
		if (put(o, text, n) == -1)
			return -1;
		text += n;
		len -= n;
	}
	return 0;
}

static int
print_text(struct output *o)
{
	struct nc_err e = {0};
	int rc = print(o, o->text.data, o->text.len);

	buf_clear(&o->text);
	if (rc == 0 && writer_flush(o->writer, &e) == -1) {
		o->err = e;
		if (o->err.code == 0)
			o->err.code = EIO;
		rc = -1;
	}
	return rc;
}

/* Our own lines are well-formed: what does not decode is our bug, not the
 * reader's trouble. */
static int
render(struct output *o, const char *line, size_t len)
{
	struct record r;

	buf_clear(&o->line);
	buf_add(&o->line, line, len);
	buf_reserve(&o->line, RECORD_PADDING);
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (decoder_line(o->decoder, o->line.data, len, &r, NULL) == -1)
		return 0;
	switch (o->form) {
	case OUTPUT_PROMETHEUS:
		prometheus_record(o->prometheus, &r);
		return 0;
	case OUTPUT_TABLE:
		table_record(&o->text, o->names, &r);
		break;
	default:
		flat_record(&o->text, o->names, &r);
	}
	return print_text(o);
}

int
output_line(void *output, const char *line, size_t len)
{
	struct output *o = output;

	if (o->err.code != 0)
		return -1;
	o->lines++;
	if (o->form != OUTPUT_RECORDS)
		return render(o, line, len);
	return o->gathers ? gather(o, line, len) : put(o, line, len);
}

int
output_round(struct output *o)
{
	if (o->err.code != 0)
		return -1;
	if (o->prometheus == NULL)
		return 0;
	o->refused += prometheus_print(o->prometheus, &o->text);
	return print_text(o);
}

void
output_hangup(struct output *o)
{
	if (o->err.code == 0)
		err_set(&o->err, EPIPE, "<stdout>: %s", strerror(EPIPE));
}

int
output_error(const struct output *o)
{
	return o->err.code;
}

bool
output_pollable(const struct output *o)
{
	return o->pollable;
}

uint64_t
output_lines(const struct output *o)
{
	return o->lines;
}

uint64_t
output_refused(const struct output *o)
{
	return o->refused;
}

int
output_close(struct output *o, struct nc_err *e)
{
	struct nc_err late = {0};
	int code;

	if (writer_close(o->writer, &late) == -1 && o->err.code == 0) {
		o->err = late;
		if (o->err.code == 0)
			o->err.code = EIO;
	}
	code = o->err.code;
	if (code != 0 && e != NULL)
		*e = o->err;
	decoder_free(o->decoder);
	prometheus_free(o->prometheus);
	buf_free(&o->block);
	buf_free(&o->line);
	buf_free(&o->text);
	free(o);
	return code == 0 || code == EPIPE || code == ECANCELED ? 0 : -1;
}
