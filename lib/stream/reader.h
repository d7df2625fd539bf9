/* SPDX-License-Identifier: MIT */
/*
 * reader: lines from a descriptor or a file, in fixed memory.  A line longer
 * than 1 MiB is skipped to its LF.  Knows nothing of what is in a line; never
 * changes the descriptor's flags (it may be shared); never prints.
 */
#ifndef NC_STREAM_READER_H
#define NC_STREAM_READER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

#define READER_LINE_MAX ((size_t)1024 * 1024)

struct reader;

enum reader_status {
	READER_LINE, /* *line: without LF; RECORD_PADDING readable behind it */
	READER_PARTIAL, /* the same, the last one, and no LF came */
	READER_LONG, /* a line too long: skipped */
	READER_WAIT, /* nothing more now */
	READER_END,
	READER_FAILED /* *e says why */
};

/* Borrows fd and name.  Owned: reader_close(). */
struct reader *reader_open_fd(int fd, const char *name);
/*
 * Opens path.  follow: at its end wait for more, and when another file takes
 * its name (or it is cut to less) go on with that one from its start.  NULL
 * with *e when it cannot be opened.  Owned.
 */
struct reader *reader_open_file(const char *path, bool follow,
    struct nc_err *e);
/* The next line, valid until the next call.  Never waits. */
enum reader_status reader_next(struct reader *r, struct span *line,
    struct nc_err *e);
/* Behind READER_WAIT: waits until there may be more.  False: a signal came. */
bool reader_wait(struct reader *r);
/* The descriptor to poll for reading, or -1: a regular file never waits. */
int reader_fd(const struct reader *r);
/* True while a whole line is in memory. */
bool reader_pending(const struct reader *r);
const char *reader_name(const struct reader *r); /* borrowed */
void reader_close(struct reader *r); /* NULL is fine; leaves a lent fd open */

#endif
