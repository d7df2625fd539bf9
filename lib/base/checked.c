/* SPDX-License-Identifier: MIT */
/*
 * checked: one header line in front of the bytes of a state file.  The digest
 * is looked at before the version, so that a flipped bit is corruption and
 * not a file from the future.
 */
#include "base/checked.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

/* Magic, version, length, digest, three blanks, LF. */
#define HEADER_MAX 256
/* Corrupt files kept: .bad, .bad2 ... .bad9. */
#define KEPT_MAX 9

static void
seal(const struct buf *head, struct span payload, struct buf *hex)
{
	unsigned char digest[DIGEST_SHA256];
	struct digest *d = digest_begin();

	digest_add(d, buf_span(head));
	digest_add(d, payload);
	digest_end(d, digest);
	digest_hex((struct span){(const char *)digest, sizeof(digest)}, hex);
}

int
checked_write(const char *path, const char *magic, unsigned version,
    struct span payload, struct nc_err *e)
{
	struct buf head = {0}, hex = {0};
	struct afile *f;
	int rc = -1;

	buf_addf(&head, "%s %u %zu ", magic, version, payload.len);
	seal(&head, payload, &hex);
	buf_add(&head, hex.data, hex.len);
	buf_addc(&head, '\n');
	if ((f = afile_begin(path, 0600, e)) == NULL)
		goto out;
	if (afile_add(f, buf_span(&head), e) == -1 ||
	    afile_add(f, payload, e) == -1)
		afile_abort(f);
	else
		rc = afile_commit(f, e);
out:
	buf_free(&head);
	buf_free(&hex);
	return rc;
}

/* Finds the payload behind a header that holds; NULL or what is wrong. */
static const char *
check(struct span file, const char *magic, unsigned *version,
    struct span *payload)
{
	struct span line, rest, word[4];
	struct buf head = {0}, hex = {0};
	uint64_t number, len;
	bool same;

	if (!str_cut(file, '\n', &line, &rest) || line.len > HEADER_MAX)
		return "no header";
	for (size_t i = 0; i < 4; i++)
		str_cut(line, ' ', &word[i], &line);
	if (!span_is(word[0], magic))
		return "not a file of this kind";
	if (parse_unsigned(word[1], UINT_MAX, &number, NULL) == -1 ||
	    parse_unsigned(word[2], SIZE_MAX, &len, NULL) == -1)
		return "malformed header";
	if (len != rest.len)
		return len > rest.len ? "cut off" : "bytes behind its end";
	buf_addf(&head, "%s %u %zu ", magic, (unsigned)number, (size_t)len);
	seal(&head, rest, &hex);
	same = span_equal(buf_span(&hex), word[3]);
	buf_free(&head);
	buf_free(&hex);
	if (!same)
		return "checksum does not match";
	*version = (unsigned)number;
	*payload = rest;
	return NULL;
}

/* The first free name among PATH.bad, PATH.bad2 ...; nothing is replaced. */
static enum checked
put_aside(const char *path, const char *why, struct nc_err *e)
{
	char *name;
	int rc = -1;

	for (int i = 1; i <= KEPT_MAX; i++) {
		name = i == 1 ? xasprintf("%s.bad", path)
			      : xasprintf("%s.bad%d", path, i);
		rc = renameat2(AT_FDCWD, path, AT_FDCWD, name,
		    RENAME_NOREPLACE);
		if (rc == 0)
			err_set(e, EBADMSG, "%s: %s; kept as %s", path, why,
			    name);
		else if (errno != EEXIST)
			err_sys(e, "%s: %s; cannot rename it to %s", path, why,
			    name);
		else if (i == KEPT_MAX)
			err_set(e, EEXIST,
			    "%s: %s; too many files %s.bad* already", path, why,
			    path);
		free(name);
		if (rc == 0 || errno != EEXIST)
			break;
	}
	return rc == 0 ? CHECKED_CORRUPT : CHECKED_FAILED;
}

static enum checked
take(const char *path, const char *magic, unsigned version, size_t max,
    bool aside, struct buf *b, unsigned *found, struct nc_err *e)
{
	struct buf file = {0};
	struct span payload;
	enum checked result;
	struct nc_err why = {0};
	const char *wrong;
	unsigned number;

	if (afile_read(path, max, &file, &why) == -1) {
		buf_free(&file);
		if (why.code != ENOENT)
			err_set(e, why.code, "%s", why.msg);
		return why.code == ENOENT ? CHECKED_ABSENT : CHECKED_FAILED;
	}
	wrong = check(buf_span(&file), magic, &number, &payload);
	if (wrong != NULL && aside)
		result = put_aside(path, wrong, e);
	else if (wrong != NULL) {
		err_set(e, EBADMSG, "%s: %s", path, wrong);
		result = CHECKED_CORRUPT;
	} else if (number > version) {
		err_set(e, 0,
		    "%s: written by a newer program (version %u, this one "
		    "knows %u)",
		    path, number, version);
		result = CHECKED_NEWER;
	} else {
		if (b->data == NULL) { /* large ones are not copied */
			buf_drop(&file, file.len - payload.len);
			*b = file;
			file = (struct buf){0};
		} else
			buf_add(b, payload.p, payload.len);
		*found = number;
		result = CHECKED_GOOD;
	}
	buf_free(&file);
	return result;
}

enum checked
checked_read(const char *path, const char *magic, unsigned version, size_t max,
    struct buf *b, unsigned *found, struct nc_err *e)
{
	return take(path, magic, version, max, true, b, found, e);
}

enum checked
checked_peek(const char *path, const char *magic, unsigned version, size_t max,
    struct buf *b, unsigned *found, struct nc_err *e)
{
	return take(path, magic, version, max, false, b, found, e);
}
