/* SPDX-License-Identifier: MIT */
/* fs: the list of mounted file systems, as mountinfo has it. */
#ifndef NC_COLLECT_HOST_FS_H
#define NC_COLLECT_HOST_FS_H

#include "host/host.h"

struct fs_mount {
	uint64_t dev;
	char *root, *point, *type, *device; /* owned */
	bool read_only;
	size_t question; /* of ask.h */
};

/* One line of mountinfo; false: not one.  m is to be freed in any case. */
bool fs_parse(const char *line, struct fs_mount *m);
void fs_mount_free(struct fs_mount *m);
bool fs_is_pseudo(const struct fs_mount *m);
/* Those worth a look (all: every mount point); owned, also its strings. */
size_t fs_list(const char *text, bool all, struct fs_mount **list);

#endif
