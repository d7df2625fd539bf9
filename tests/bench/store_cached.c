/* SPDX-License-Identifier: MIT */
/*
 * store_cached SOCKET DIR LINES <lines of store_data ... TEXT: the same lines
 * to rrdcached, in batches; after each LINES of them FLUSHALL, a wait for its
 * queue, and a sync, so that every flush dirties pages of its own.  Prints its
 * own CPU seconds; those of the daemon are read by who started it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *in, *out;

static long
answer(void)
{
	char line[4096];
	long n = -1;

	fflush(out);
	if (fgets(line, sizeof(line), in) == NULL)
		exit(1);
	n = strtol(line, NULL, 10);
	for (long i = 0; i < n; i++)
		if (fgets(line, sizeof(line), in) == NULL)
			exit(1);
	return n;
}

/* Until nothing is left in the daemon's queue. */
static void
drain(void)
{
	char line[4096];
	long n, queued;

	fprintf(out, "FLUSHALL\n");
	answer();
	do {
		usleep(20000);
		fprintf(out, "STATS\n");
		fflush(out);
		if (fgets(line, sizeof(line), in) == NULL)
			exit(1);
		queued = 0;
		n = strtol(line, NULL, 10);
		for (long i = 0; i < n; i++) {
			if (fgets(line, sizeof(line), in) == NULL)
				exit(1);
			if (strncmp(line, "QueueLength:", 12) == 0)
				queued = strtol(line + 12, NULL, 10);
		}
	} while (queued != 0);
	usleep(50000);
	sync();
}

int
main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char *line = NULL, *sp;
	size_t cap = 0;
	struct rusage u;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	long n = 0, each;

	if (argc < 4)
		return 2;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", argv[1]);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == -1) {
		perror(argv[1]);
		return 1;
	}
	in = fdopen(fd, "r");
	out = fdopen(dup(fd), "w");
	if (in == NULL || out == NULL)
		return 1;
	setvbuf(out, NULL, _IOFBF, 1 << 18);
	each = atol(argv[3]);
	while (getline(&line, &cap, stdin) > 0) {
		if (n != 0 && n % each == 0) {
			fprintf(out, ".\n");
			answer();
			drain();
			fprintf(out, "BATCH\n");
			answer();
		}
		if (n++ % 1000 == 0) {
			if (n > 1) {
				fprintf(out, ".\n");
				answer();
			}
			fprintf(out, "BATCH\n");
			answer();
		}
		line[strcspn(line, "\n")] = '\0';
		sp = strchr(line, ' ');
		*sp = '\0';
		fprintf(out, "UPDATE %s/%s.rrd %s\n", argv[2], line, sp + 1);
	}
	fprintf(out, ".\n");
	answer();
	drain();
	getrusage(RUSAGE_SELF, &u);
	printf("%.6f\n",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	return 0;
}
