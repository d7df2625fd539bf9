/* SPDX-License-Identifier: MIT */
/* self: what this process costs, for the entity "collector". */
#ifndef NC_BASE_SELF_H
#define NC_BASE_SELF_H

#include <stdint.h>

struct self_usage {
	double cpu_seconds; /* user and system, reaped children as well */
	uint64_t rss_bytes; /* now; 0 when /proc cannot be read */
	uint64_t rss_max_bytes;
	uint64_t open_files; /* 0 when /proc cannot be read */
	uint64_t context_switches; /* voluntary and not */
};

void self_usage(struct self_usage *u);

#endif
