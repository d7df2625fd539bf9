/* SPDX-License-Identifier: MIT */
/*
 * notify_feed: its input to its output a line at a time, the next one when
 * the trigger of a spool says that the last one is durable.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	char *line = NULL, bytes[64];
	size_t size = 0;
	ssize_t n;
	int fd;

	if (argc != 2 || (fd = open(argv[1], O_RDWR | O_NONBLOCK)) == -1) {
		fprintf(stderr, "usage: notify_feed TRIGGER\n");
		return 2;
	}
	while ((n = getline(&line, &size, stdin)) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (write(STDOUT_FILENO, line, (size_t)n) != n ||
		    poll(&p, 1, 10000) != 1)
			return 1;
		while (read(fd, bytes, sizeof(bytes)) > 0)
			continue;
	}
	free(line);
	return 0;
}
