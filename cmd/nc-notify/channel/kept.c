/* SPDX-License-Identifier: MIT */
/* kept: a file a thread, its name a digest: what a thread is called by others
 * never becomes a path. */
#include "kept.h"

#include <stdlib.h>

#include "base/afile.h"
#include "base/digest.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 512u
#define NAME_BYTES 16u

static char *
path_of(const struct sending *s)
{
	unsigned char sum[DIGEST_SHA256];
	struct buf b = {0}, path = {0};

	buf_addf(&b, "%s\n%s\n%.*s", s->channel->name,
	    s->recipient != NULL ? s->recipient : "", SPAN_ARG(s->thread));
	digest_sha256(buf_span(&b), sum);
	buf_free(&b);
	buf_addf(&path, "%s/threads/", s->means->dir);
	digest_hex((struct span){(const char *)sum, NAME_BYTES}, &path);
	return buf_take(&path);
}

static bool
can(const struct sending *s)
{
	return s->thread.len != 0 && s->means != NULL && s->means->dir != NULL;
}

void
kept_read(const struct sending *s, struct buf *b)
{
	char *path;
	size_t from = b->len;

	if (!can(s))
		return;
	path = path_of(s);
	if (afile_read(path, LINE_MAX_BYTES, b, NULL) == -1) {
		b->len = from;
	}
	free(path);
}

void
kept_write(const struct sending *s, struct span line)
{
	char *path, *dir;

	if (!can(s) || line.len > LINE_MAX_BYTES)
		return;
	dir = xasprintf("%s/threads", s->means->dir);
	path = path_of(s);
	/* A thread that loses its beginning is no trouble to anyone. */
	if (afile_mkdir(dir, 0700, NULL) == 0)
		afile_write(path, line, 0600, NULL);
	free(path);
	free(dir);
}
