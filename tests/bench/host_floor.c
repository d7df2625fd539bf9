/* SPDX-License-Identifier: MIT */
/*
 * host_floor ROUNDS FILE...: the least a sweep can cost: each file read by
 * one pread(2) a round through a descriptor kept open, nothing parsed,
 * nothing written.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	static char text[1 << 20];
	long round, rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	int i, n = 0, *fds = calloc((size_t)argc, sizeof(*fds));
	size_t *rooms = calloc((size_t)argc, sizeof(*rooms));

	for (i = 2; i < argc && fds != NULL && rooms != NULL; i++)
		if ((fds[n] = open(argv[i], O_RDONLY)) != -1)
			rooms[n++] = strncmp(argv[i], "/proc/sys/", 10) == 0
					 ? 128
					 : sizeof(text);
	for (round = 0; round < rounds; round++)
		for (i = 0; i < n; i++)
			if (pread(fds[i], text, rooms[i], 0) == -1)
				perror("pread");
	free(fds);
	free(rooms);
	return n == 0;
}
