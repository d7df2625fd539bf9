/* SPDX-License-Identifier: MIT */
/*
 * afile: whole files.  Written so that a reader, or a crash at any moment,
 * sees the old bytes or the new, never a mixture: temporary file beside it,
 * fsync, rename, fsync of the folder.  Symbolic links are followed; mode and
 * (where allowed) owner of an existing file are kept.
 */
#ifndef NC_BASE_AFILE_H
#define NC_BASE_AFILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct afile;

/* Replaces path by data; mode is for a file that is new.  Its name has room
 * for seven bytes more (the temporary file's). */
int afile_write(const char *path, struct span data, mode_t mode,
    struct nc_err *e);
/* The same in pieces.  Owned: ended by afile_commit() or afile_abort(). */
struct afile *afile_begin(const char *path, mode_t mode, struct nc_err *e);
int afile_fd(const struct afile *f); /* borrowed; it may be written to */
int afile_add(struct afile *f, struct span data, struct nc_err *e);
/* Frees f in any case; on -1 the old file is untouched. */
int afile_commit(struct afile *f, struct nc_err *e);
void afile_abort(struct afile *f); /* NULL is fine */

/*
 * Appends the whole file to b (regular or not, /proc as well).  -1 with code
 * ENOENT when there is none, EFBIG when it is longer than max.
 */
int afile_read(const char *path, size_t max, struct buf *b, struct nc_err *e);
/* Creates the folder and those above it (mode 0700 or as said); fine if it
 * is there. */
int afile_mkdir(const char *path, mode_t mode, struct nc_err *e);
/* All of len, whatever write(2) says in between. */
int afile_write_fd(int fd, const void *p, size_t len, struct nc_err *e);

#endif
