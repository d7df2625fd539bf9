/* SPDX-License-Identifier: MIT */
/*
 * writer: whole lines to a descriptor.  In WRITER_LINES each line is one
 * write(2) of at most 4,096 bytes (sources: several may share a pipe); in
 * WRITER_BATCH lines gather until 64 KiB, 10 ms, or writer_flush() (filters,
 * when no more input is waiting).  A line is never torn: on a short write the
 * rest follows.  Never prints; EPIPE, ENOSPC come back as errors.
 */
#ifndef NC_STREAM_WRITER_H
#define NC_STREAM_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum writer_mode { WRITER_LINES, WRITER_BATCH };

struct writer;

/* Borrows fd and name (for messages).  Owned: writer_close(). */
struct writer *writer_open(int fd, const char *name, enum writer_mode mode);
/* From now on; what has gathered goes out first. */
int writer_turn(struct writer *w, enum writer_mode mode, struct nc_err *e);
/* One line with its LF; copied.  0, or -1: every later call fails alike. */
int writer_line(struct writer *w, const char *line, size_t len,
    struct nc_err *e);
/* The same for a line without its LF, which is added. */
int writer_forward(struct writer *w, struct span line, struct nc_err *e);
int writer_flush(struct writer *w, struct nc_err *e);
uint64_t writer_lines(const struct writer *w);
/* Flushes and frees; does not close fd.  NULL is fine. */
int writer_close(struct writer *w, struct nc_err *e);

#endif
