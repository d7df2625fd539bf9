/* SPDX-License-Identifier: MIT */
/* process: one line of /proc/PID/stat. */
#ifndef NC_COLLECT_HOST_PROCESS_H
#define NC_COLLECT_HOST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_stat {
	char name[20]; /* the kernel's 15 bytes, whatever they are */
	uint64_t user, system, start; /* ticks */
	uint64_t threads, major_faults, virtual_bytes, rss_pages;
};

bool process_parse(const char *text, struct process_stat *s);

#endif
