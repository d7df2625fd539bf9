/* SPDX-License-Identifier: MIT */
/* spool_priv: what the files of the spool share, and nobody else sees. */
#ifndef NC_NOTIFY_SPOOL_PRIV_H
#define NC_NOTIFY_SPOOL_PRIV_H

#include "base/lock.h"
#include "base/map.h"
#include "spool.h"

#define ITEM_MAX ((size_t)4 << 20)

/* What a lane knows of an episode. */
struct knowledge {
	uint64_t told; /* 1 + the highest seq */
	uint32_t latest; /* the highest seq accepted */
	char letter; /* of it */
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
	struct map *known; /* "EPISODE.LANE": place in knowledge */
	struct knowledge *knowledge;
	size_t knowledge_cap;
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
