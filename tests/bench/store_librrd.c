/* SPDX-License-Identifier: MIT */
/* bench-libs: librrd */
/*
 * store_librrd DIR ROWS ENTITIES <lines of store_data ... TEXT: the best that librrd
 * itself does: rows kept as text a file, handed over ROWS at a time, with a
 * sync after each round of files, so that every one dirties pages of its own.
 * The files must be there.  Prints the CPU seconds it used and the bytes it
 * dirtied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rrd.h>

#define FILES 10000
#define ROWS_MAX 600

struct file {
	char *row[ROWS_MAX];
	int rows;
};

static struct file files[FILES];

static void
update(const char *dir, long i)
{
	const char *argv[ROWS_MAX];
	char path[4096];
	struct file *f = &files[i];

	if (f->rows == 0)
		return;
	for (int k = 0; k < f->rows; k++)
		argv[k] = f->row[k];
	snprintf(path, sizeof(path), "%s/u%04ld.rrd", dir, i);
	rrd_clear_error();
	if (rrd_update_r(path, NULL, f->rows, argv) != 0) {
		fprintf(stderr, "%s\n", rrd_get_error());
		exit(1);
	}
	for (int k = 0; k < f->rows; k++)
		free(f->row[k]);
	f->rows = 0;
}

int
main(int argc, char **argv)
{
	char *line = NULL, *sp;
	size_t cap = 0;
	struct rusage u;
	long i;
	int rows = argc > 3 ? atoi(argv[2]) : 60;
	long entities = argc > 3 ? atol(argv[3]) : 100;

	while (getline(&line, &cap, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		i = strtol(line + 1, &sp, 10);
		files[i].row[files[i].rows++] = strdup(sp + 1);
		if (i + 1 == entities && files[i].rows == rows) {
			for (long k = 0; k <= i; k++)
				update(argv[1], k);
			sync();
		}
	}
	getrusage(RUSAGE_SELF, &u);
	printf("%.6f %ld\n",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
	    u.ru_oublock * 512);
	return 0;
}
