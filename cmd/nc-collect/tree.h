/* SPDX-License-Identifier: MIT */
/*
 * tree: the files of a kernel (/proc, /sys) or of a recorded tree below one
 * folder, shared by the sources that read them: descriptors kept open from
 * round to round, which halves the cost of a read, and the few other ways to
 * look at a file.  Never prints: a file that is not there is normal, one that
 * may not be read is remembered as a trouble.
 */
#ifndef NC_COLLECT_TREE_H
#define NC_COLLECT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "source.h"

/* Things that failed, told once each. */
#define TREE_TROUBLES 32

struct tree_trouble {
	char path[120];
	int error;
	bool told;
};

/* Zero but for rootfd is a valid one.  Owned: tree_close(). */
struct tree {
	int rootfd; /* --root, or / */
	bool live; /* /proc is a kernel's own, no recording */
	double ts, up; /* of the round; up may be NAN */
	double since; /* boot, in epoch seconds; NAN like up */
	char *text; /* what kept_read() reads into */
	size_t cap;
	struct tree_trouble troubles[TREE_TROUBLES];
	size_t ntroubles;
};

/* Opens the folder: --root of the run, or /.  -1 without a /proc in it. */
int tree_open(struct tree *t, const struct source_run *run, struct nc_err *e);
void tree_close(struct tree *t);
/*
 * The clock of the round, for the tree and the frame.  A recorded tree has
 * its own boot clock, in its uptime; a live one under --root (a container
 * looking at its host) has this kernel's.
 */
void tree_clock(struct tree *t, const struct source_run *run,
    const struct source_round *r, struct frame *f);

/*
 * A kernel file whose descriptor is kept from round to round.  Zero is not a
 * valid state: use KEPT().  An absent file is asked for again once a minute.
 */
struct kept {
	const char *path; /* borrowed, relative to the root: "proc/stat" */
	int fd; /* -1: not open */
	int error; /* why not, 0 when never tried */
	double tried; /* tree.up at that time */
	size_t size; /* bytes at the last read */
};

#define KEPT(p) ((struct kept){.path = (p), .fd = -1})

/*
 * The file's text, NUL-terminated, in t->text until the next read, or
 * {NULL, 0}.  Absent is no failure; what may not be read is a trouble.
 */
struct span kept_read(struct tree *t, struct kept *k);
/* The number a one-number file begins with. */
bool kept_u64(struct tree *t, struct kept *k, uint64_t *v);
void kept_close(struct kept *k);

/* Reads a file once without keeping it; text as kept_read().  quiet: an
 * error is no trouble. */
struct span tree_slurp(struct tree *t, const char *path, bool quiet);
/* First line without trailing blanks into to; false when empty or absent. */
bool tree_word(struct tree *t, const char *path, char *to, size_t size);
/* The text a symbolic link holds; the second: its last component only. */
bool tree_link_text(struct tree *t, const char *path, char *to, size_t size);
bool tree_link(struct tree *t, const char *path, char *to, size_t size);
bool tree_exists(struct tree *t, const char *path);
/* Remembers that path could not be read, once. */
void tree_trouble(struct tree *t, const char *path, int error);
/* Emits those not told yet as `error` records of the host; -1: nobody
 * reads. */
int tree_tell(struct tree *t, const struct source_run *run, struct frame *f);

/* Calls each(arg, name) for the entries of a folder, in byte order (a number
 * behind letters in numeric order), dot files left out.  false: absent. */
bool tree_list(struct tree *t, const char *path,
    void (*each)(void *arg, const char *name), void *arg);

#endif
