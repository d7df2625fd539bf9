/* SPDX-License-Identifier: MIT */
/*
 * input: operands to records.  Decides what a bad line means for the program;
 * reads no record's meaning beyond its version.
 */
#include "stream/input.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sig.h"
#include "stream/reader.h"

/* Lines without a record before the caller is let go on. */
#define IDLE_LINES 1024

struct input {
	struct input_options o;
	int next; /* operand to open next */
	struct reader *reader; /* owned; NULL between two operands */
	struct decoder *decoder; /* owned */
	struct input_counts counts;
	uint64_t line; /* in this operand */
	bool warned_newer;
};

/* 1: an operand is open; 0: there are no more. */
static int
open_next(struct input *in, struct nc_err *e)
{
	const char *file = "-";

	if (in->next == (in->o.nfiles == 0 ? 1 : in->o.nfiles))
		return 0;
	if (in->o.nfiles != 0)
		file = in->o.files[in->next];
	in->next++;
	in->line = 0;
	if (strcmp(file, "-") == 0)
		in->reader = reader_open_fd(STDIN_FILENO, "<stdin>");
	else
		in->reader = reader_open_file(file,
		    in->o.follow && in->next == in->o.nfiles, e);
	return in->reader == NULL ? -1 : 1;
}

struct input *
input_open(const struct input_options *o)
{
	struct input *in = xcalloc(1, sizeof(*in));

	in->o = *o;
	in->decoder = decoder_new(o->names);
	/* Standard input is there already: input_fd() is right at once. */
	if (o->nfiles == 0 || strcmp(o->files[0], "-") == 0)
		open_next(in, NULL);
	return in;
}

void
input_close(struct input *in)
{
	if (in == NULL)
		return;
	reader_close(in->reader);
	decoder_free(in->decoder);
	free(in);
}

int
input_fd(const struct input *in)
{
	return in->reader == NULL ? -1 : reader_fd(in->reader);
}

bool
input_pending(const struct input *in)
{
	return in->reader != NULL && reader_pending(in->reader);
}

const struct input_counts *
input_counts(const struct input *in)
{
	return &in->counts;
}

static enum input_status
bad_line(struct input *in, const char *why, struct nc_err *e)
{
	char where[300];

	in->counts.bad++;
	snprintf(where, sizeof(where), "%s:%llu", reader_name(in->reader),
	    (unsigned long long)in->line);
	if (!in->o.strict) {
		diag_limited(in->o.diag, DIAG_WARN, "bad lines", where,
		    "%s (skipped)", why);
		return INPUT_WAIT;
	}
	err_set(e, EBADMSG, "%s: %s", where, why);
	return INPUT_FAILED;
}

static void
warn_newer(struct input *in)
{
	in->counts.newer++;
	if (in->warned_newer)
		return;
	in->warned_newer = true;
	diag_say(in->o.diag, DIAG_WARN, reader_name(in->reader),
	    "records of a newer version: not read%s",
	    in->o.pass != NULL ? ", only passed on" : "");
}

static bool
is_blank(struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] != ' ' && line.p[i] != '\t' && line.p[i] != '\r')
			return false;
	}
	return true;
}

/* INPUT_WAIT stands for: nothing came of this line, take the next one. */
static enum input_status
take_line(struct input *in, struct span line, struct record *r,
    struct nc_err *e)
{
	struct nc_err why;

	if (is_blank(line))
		return INPUT_WAIT;
	if (decoder_line(in->decoder, line.p, line.len, r, &why) == -1)
		return bad_line(in, why.msg, e);
	if ((r->has & RECORD_NEWER_VERSION) != 0)
		warn_newer(in);
	in->counts.records++;
	if (in->o.pass != NULL && writer_forward(in->o.pass, r->line, e) == -1)
		return INPUT_FAILED;
	return INPUT_RECORD;
}

/* Before reading may wait: what was passed on so far goes out. */
static enum input_status
flush(struct input *in, struct nc_err *e)
{
	if (in->o.pass != NULL && writer_flush(in->o.pass, e) == -1)
		return INPUT_FAILED;
	return INPUT_WAIT;
}

static bool
sig_came(void)
{
	struct pollfd p = {.fd = sig_fd(), .events = POLLIN};

	return p.fd != -1 && poll(&p, 1, 0) == 1;
}

/*
 * Whether to come back to the caller without a record: nothing of what is
 * read already may be left, since who polls the descriptor would not see it;
 * a regular file has an end, and is not polled.
 */
static bool
may_rest(const struct input *in, bool block)
{
	if (in->reader == NULL || reader_fd(in->reader) == -1 ||
	    reader_pending(in->reader))
		return false;
	return !block || sig_came();
}

enum input_status
input_next(struct input *in, bool block, struct record *r, struct nc_err *e)
{
	enum input_status status = INPUT_WAIT;
	unsigned idle = 0;
	struct span line;
	int rc;

	for (;; idle++) {
		/* Lines that are none must not keep the caller from its
		 * signals and timers for ever. */
		if (idle >= IDLE_LINES && may_rest(in, block))
			return flush(in, e);
		if (in->reader == NULL) {
			if ((rc = open_next(in, e)) != 1)
				return rc == 0 ? INPUT_END : INPUT_FAILED;
		}
		switch (reader_next(in->reader, &line, e)) {
		case READER_LINE:
		case READER_PARTIAL:
			in->line++;
			in->counts.lines++;
			in->counts.bytes += line.len + 1;
			status = take_line(in, line, r, e);
			break;
		case READER_LONG:
			in->line++;
			in->counts.lines++;
			status = bad_line(in, "line longer than 1 MiB", e);
			break;
		case READER_WAIT:
			if (flush(in, e) == INPUT_FAILED)
				return INPUT_FAILED;
			if (!block || !reader_wait(in->reader) || sig_came())
				return INPUT_WAIT;
			break;
		case READER_END:
			reader_close(in->reader);
			in->reader = NULL;
			break;
		case READER_FAILED:
			return INPUT_FAILED;
		}
		if (status != INPUT_WAIT)
			return status;
	}
}
