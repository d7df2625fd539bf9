/* SPDX-License-Identifier: MIT */
/* spool_priv: what the files of the spool share, and nobody else sees. */
#ifndef NC_NOTIFY_SPOOL_PRIV_H
#define NC_NOTIFY_SPOOL_PRIV_H

#include "base/hash.h"
#include "base/lock.h"
#include "base/map.h"
#include "spool.h"

#define ITEM_MAX ((size_t)4 << 20)

/* What a lane knows of an episode.  There may be a million of them, so they
 * are known by 56 bits of a keyed hash of their names. */
struct knowledge {
	uint64_t key; /* the hash, and in its last byte the letter; 0: free */
	uint32_t told; /* 1 + the highest seq, 0: none */
	uint32_t latest; /* the highest seq accepted */
};

/* An item that is not durable yet. */
struct fresh {
	char *name; /* owned */
	size_t at, len; /* of its bytes in pending */
	bool renamed; /* by us, and its folder not synced since */
};

struct spool {
	char *dir;
	int fd; /* of dir */
	int trigger;
	struct hash_seed seed;
	struct knowledge
	    *known; /* a table of a power of two, half of it free */
	size_t nknown, known_cap;
	struct fresh *fresh;
	size_t nfresh, fresh_cap;
	struct map *adding; /* their names */
	struct buf pending; /* the bytes of those */
	double file_sync, fs_sync; /* seconds that one of them took lately */
};

char *spool_path(enum spool_box box, const char *name); /* owned */
/* The head of an item, which is its first line. */
void spool_head(struct buf *b, double accepted, struct span record);
void spool_learn(struct spool *sp, const struct spool_name *n, bool told);
int spool_sync_folder(struct spool *sp, enum spool_box box, struct nc_err *e);

#endif
