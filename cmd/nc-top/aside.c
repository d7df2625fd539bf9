/* SPDX-License-Identifier: MIT */
/* aside: standard error in memory; no file, so nothing to leave behind. */
#include "aside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

struct aside {
	int was, kept; /* standard error, and what stands in for it */
};

struct aside *
aside_start(void)
{
	struct aside a, *to;

	if (!isatty(STDERR_FILENO))
		return NULL;
	if ((a.kept = memfd_create("nc-top", MFD_CLOEXEC)) == -1)
		return NULL;
	a.was = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (a.was == -1 || dup2(a.kept, STDERR_FILENO) == -1) {
		if (a.was != -1)
			close(a.was);
		close(a.kept);
		return NULL;
	}
	to = xmalloc(sizeof(*to));
	*to = a;
	return to;
}

void
aside_end(struct aside *a)
{
	char text[4096];
	off_t at = 0;
	ssize_t n;

	if (a == NULL)
		return;
	dup2(a->was, STDERR_FILENO);
	while ((n = pread(a->kept, text, sizeof(text), at)) > 0) {
		if (write(STDERR_FILENO, text, (size_t)n) == -1)
			break;
		at += n;
	}
	close(a->was);
	close(a->kept);
	free(a);
}
