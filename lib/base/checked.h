/* SPDX-License-Identifier: MIT */
/*
 * checked: state files with a versioned header and a checksum.  First line
 * "MAGIC VERSION LENGTH SHA256\n", then the payload; that line keeps its form
 * in all versions to come.  The digest covers the first three words as well.
 */
#ifndef NC_BASE_CHECKED_H
#define NC_BASE_CHECKED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum checked {
	CHECKED_GOOD, /* payload and *version are filled */
	CHECKED_ABSENT, /* there is no such file */
	CHECKED_CORRUPT, /* moved to PATH.bad; *e says so, to be reported */
	CHECKED_NEWER, /* written by a newer program; left alone */
	CHECKED_FAILED /* could not be read, or not be moved away */
};

/* magic: letters, digits, '-'; through afile_write(), mode 0600. */
int checked_write(const char *path, const char *magic, unsigned version,
    struct span payload, struct nc_err *e);
/* version: the newest this program understands; *found: the file's.  The
 * payload is appended to b.  For all but GOOD and ABSENT *e says why. */
enum checked checked_read(const char *path, const char *magic, unsigned version,
    size_t max, struct buf *b, unsigned *found, struct nc_err *e);
/* The same for who only looks: what is corrupt stays where it is, for its
 * writer to find. */
enum checked checked_peek(const char *path, const char *magic, unsigned version,
    size_t max, struct buf *b, unsigned *found, struct nc_err *e);

#endif
