/* SPDX-License-Identifier: MIT */
/*
 * input: the FILE operands of a tool (or standard input) read as one stream
 * of decoded records.  It reports and counts bad lines as DESIGN asks
 * ("where:line: why (skipped)"), obeys --strict, remembers newer versions
 * warned of, and can forward each valid line.  Speaks through diag only.
 */
#ifndef NC_STREAM_INPUT_H
#define NC_STREAM_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/err.h"
#include "base/intern.h"
#include "stream/record.h"
#include "stream/writer.h"

struct input;

struct input_options {
	char **files; /* operands; none: standard input; "-": the same */
	int nfiles;
	bool strict; /* stop at the first bad line */
	bool follow; /* tail -F: the last file grows or is rotated */
	struct intern *names; /* borrowed */
	struct diag *diag; /* borrowed */
	struct writer *pass; /* forward valid lines here; NULL: do not */
};

struct input_counts {
	uint64_t lines, bytes, bad, newer, records;
};

enum input_status {
	INPUT_RECORD, /* *r is filled, until the next call */
	INPUT_WAIT, /* nothing more to read now: poll input_fd() */
	INPUT_END,
	INPUT_FAILED /* unreadable file, --strict, pass broken: *e says why */
};

/* Owned: input_close().  A file that cannot be opened fails when its turn
 * comes. */
struct input *input_open(const struct input_options *o);
/*
 * block: wait for data (a simple filter), but no longer than to the next
 * signal; otherwise INPUT_WAIT is returned where a read would block, which a
 * program with an event loop wants.  A blank line is passed over in silence.
 * What was passed on is flushed before INPUT_WAIT or a wait.
 */
enum input_status input_next(struct input *in, bool block, struct record *r,
    struct nc_err *e);
/* The descriptor to poll for reading, or -1 (a regular file: never waits). */
int input_fd(const struct input *in);
/* True while a whole line is already in memory: keep going, do not flush. */
bool input_pending(const struct input *in);
const struct input_counts *input_counts(const struct input *in);
void input_close(struct input *in);

#endif
