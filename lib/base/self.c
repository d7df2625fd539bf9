/* SPDX-License-Identifier: MIT */
/* self: getrusage(2) and /proc/self. */
#include "base/self.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* The second number of statm, in pages. */
static uint64_t
resident_bytes(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	unsigned long size, resident;
	char text[128];
	ssize_t n;

	if (fd == -1)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (sscanf(text, "%lu %lu", &size, &resident) != 2)
		return 0;
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t
count_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *n;
	uint64_t count = 0;

	if (d == NULL)
		return 0;
	while ((n = readdir(d)) != NULL)
		count += n->d_name[0] != '.';
	closedir(d);
	return count - 1; /* the folder itself */
}

void
self_usage(struct self_usage *u)
{
	struct rusage own, reaped;

	*u = (struct self_usage){0};
	if (getrusage(RUSAGE_SELF, &own) == 0 &&
	    getrusage(RUSAGE_CHILDREN, &reaped) == 0) {
		u->cpu_seconds = seconds(&own.ru_utime) +
				 seconds(&own.ru_stime) +
				 seconds(&reaped.ru_utime) +
				 seconds(&reaped.ru_stime);
		u->rss_max_bytes = (uint64_t)own.ru_maxrss * 1024;
		u->context_switches = (uint64_t)(own.ru_nvcsw + own.ru_nivcsw);
	}
	u->rss_bytes = resident_bytes();
	u->open_files = count_files();
}
