/* SPDX-License-Identifier: MIT */
/*
 * gz: files that may be gzip-compressed, read as if they were not; and
 * compression of a file that is over.  The one door to zlib.
 */
#ifndef NC_BASE_GZ_H
#define NC_BASE_GZ_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct gz_reader;
struct gz_writer;

/* Plain or gzip, by its first bytes; several gzip members are one file.
 * Borrows name.  Takes fd (closed by gz_close(), also on failure).  Owned. */
struct gz_reader *gz_open(int fd, const char *name, struct nc_err *e);
/* Bytes read, 0 at the end, -1: read error, corrupt or cut off.  What stood
 * before the damage has been returned by then. */
ssize_t gz_read(struct gz_reader *r, void *to, size_t size, struct nc_err *e);
bool gz_is_compressed(const struct gz_reader *r); /* after the first read */
void gz_close(struct gz_reader *r); /* NULL is fine */

/* Writes gzip to fd, which is borrowed; no name and no time in its header,
 * so same bytes in, same bytes out.  Owned: gz_finish(), gz_abort(). */
struct gz_writer *gz_create(int fd, const char *name, struct nc_err *e);
int gz_write(struct gz_writer *w, const void *p, size_t len, struct nc_err *e);
int gz_finish(struct gz_writer *w, struct nc_err *e); /* frees in any case */
void gz_abort(struct gz_writer *w); /* NULL is fine */

/* PATH becomes PATH.gz, through a temporary file; PATH goes last.  A crash
 * leaves PATH, or both, or PATH.gz: never less. */
int gz_compress_file(const char *path, struct nc_err *e);

#endif
