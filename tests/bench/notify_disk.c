/* SPDX-License-Identifier: MIT */
/*
 * notify_disk: what this disk can do of what a spool asks of it: N small
 * files in DIR, each written, synced, renamed into a folder, and that synced:
 * one by one, or so many at a time with one sync of the file system.  Prints
 * files a second.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BYTES 500
#define AT_ONCE_MAX 256

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
round_of(long first, long n, int folder)
{
	char from[64], to[64], text[BYTES];
	int fds[AT_ONCE_MAX], rc = 0;

	memset(text, 'x', sizeof(text));
	for (long i = 0; i < n; i++) {
		snprintf(from, sizeof(from), "tmp/%ld", first + i);
		fds[i] = open(from, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (write(fds[i], text, sizeof(text)) == -1)
			rc = -1;
	}
	if ((n == 1 ? fsync(fds[0]) : syncfs(folder)) == -1)
		rc = -1;
	for (long i = 0; i < n; i++) {
		close(fds[i]);
		snprintf(from, sizeof(from), "tmp/%ld", first + i);
		snprintf(to, sizeof(to), "new/%ld", first + i);
		if (rename(from, to) == -1)
			rc = -1;
	}
	return fsync(folder) == -1 ? -1 : rc;
}

int
main(int argc, char **argv)
{
	long n, at_once;
	int folder;
	double begun;

	if (argc != 4 || (n = strtol(argv[2], NULL, 10)) < 1 ||
	    (at_once = strtol(argv[3], NULL, 10)) < 1 ||
	    at_once > AT_ONCE_MAX || chdir(argv[1]) == -1) {
		fprintf(stderr, "usage: notify_disk DIR N AT_ONCE\n");
		return 2;
	}
	mkdir("tmp", 0700);
	mkdir("new", 0700);
	folder = open("new", O_RDONLY | O_DIRECTORY);
	begun = now();
	for (long i = 0; i < n; i += at_once)
		if (round_of(i, at_once < n - i ? at_once : n - i, folder) ==
		    -1) {
			perror("notify_disk");
			return 1;
		}
	printf("%.0f\n", (double)n / (now() - begun));
	return 0;
}
