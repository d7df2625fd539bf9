/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the reader.  The first two bytes say in which portions the
 * rest arrives on a pipe; its lines must be those of the bytes, however they
 * arrived.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes what is there; returns where the next line begins. */
static const char *
drain(struct reader *r, const char *p, const char *end, int *status)
{
	struct span line;
	struct nc_err e;
	const char *lf;

	for (;;) {
		*status = (int)reader_next(r, &line, &e);
		if (*status != READER_LINE && *status != READER_PARTIAL)
			return p;
		lf = memchr(p, '\n', (size_t)(end - p));
		if (*status == READER_PARTIAL ? lf != NULL || p == end
					      : lf == NULL)
			abort();
		if (lf == NULL)
			lf = end;
		if (line.len != (size_t)(lf - p) ||
		    memcmp(line.p, p, line.len) != 0)
			abort();
		p = *status == READER_PARTIAL ? end : lf + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p, *end, *sent;
	struct reader *r;
	size_t step;
	int fd[2], status;

	if (size < 2 || size > 60000)
		return 0;
	step = 1 + (size_t)data[0] * (1 + (size_t)data[1]);
	p = sent = (const char *)data + 2;
	end = (const char *)data + size;
	if (pipe(fd) == -1)
		abort();
	r = reader_open_fd(fd[0], "pipe");
	while (sent < end) {
		size_t n = (size_t)(end - sent) < step ? (size_t)(end - sent)
						       : step;

		if (write(fd[1], sent, n) != (ssize_t)n)
			abort();
		sent += n;
		p = drain(r, p, sent, &status);
		if (status != READER_WAIT)
			abort();
	}
	close(fd[1]);
	p = drain(r, p, end, &status);
	if (p != end || status != READER_END)
		abort();
	reader_close(r);
	close(fd[0]);
	return 0;
}
