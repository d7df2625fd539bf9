/* SPDX-License-Identifier: MIT */
/*
 * store_meter FILE COMMAND...: runs it; its CPU seconds and the bytes of page
 * cache it dirtied go to FILE as "SECONDS BYTES".  Its exit status is ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage u;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3 || (pid = fork()) == -1)
		return 2;
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &u) == -1 ||
	    (f = fopen(argv[1], "w")) == NULL)
		return 2;
	fprintf(f, "%.6f %ld\n",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
	    u.ru_oublock * 512);
	fclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
