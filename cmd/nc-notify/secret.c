/* SPDX-License-Identifier: MIT */
/*
 * secret: systemd credentials, files only we can read, and, where it must be,
 * the environment.
 */
#include "secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/mem.h"

#define SECRET_MAX 16384u

int
secret_parse(struct config_cursor *cur, struct secret *s)
{
	static const struct {
		const char *word, *what;
		enum secret_kind kind;
	} kinds[] = {
	    {"credential", "the name of a credential", SECRET_CREDENTIAL},
	    {"file", "the path of a file", SECRET_FILE},
	    {"env", "the name of a variable", SECRET_ENV},
	};
	const char *name;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!config_accept(cur, kinds[i].word))
			continue;
		if (config_text(cur, kinds[i].what, &name) == -1)
			return -1;
		if (kinds[i].kind == SECRET_CREDENTIAL &&
		    (strchr(name, '/') != NULL || *name == '.'))
			return config_error(cur->o, cur->node, cur->at - 1,
			    "a credential is named without a path");
		secret_free(s);
		s->kind = kinds[i].kind;
		s->name = xstrdup(name);
		return 0;
	}
	return config_error(cur->o, cur->node, cur->at,
	    "expected credential, file or env");
}

void
secret_free(struct secret *s)
{
	free(s->name);
	*s = (struct secret){SECRET_NONE, NULL};
}

static int
read_file(const char *path, bool private, struct buf *b, struct nc_err *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return err_sys(e, "%s", path);
	if (private && (st.st_mode & 077) != 0)
		return err_set(e, EACCES,
		    "%s: others may read it: chmod 600 it", path);
	if (private && st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EACCES, "%s: belongs to somebody else", path);
	return afile_read(path, SECRET_MAX, b, e);
}

int
secret_read(const struct secret *s, struct buf *b, struct nc_err *e)
{
	const char *text;
	char *path;
	size_t from = b->len;
	int rc = 0;

	switch (s->kind) {
	case SECRET_CREDENTIAL:
		if ((text = getenv("CREDENTIALS_DIRECTORY")) == NULL)
			return err_set(e, 0,
			    "credential %s: CREDENTIALS_DIRECTORY is not set",
			    s->name);
		path = xasprintf("%s/%s", text, s->name);
		rc = read_file(path, false, b, e);
		free(path);
		break;
	case SECRET_FILE:
		rc = read_file(s->name, true, b, e);
		break;
	case SECRET_ENV:
		if ((text = getenv(s->name)) == NULL)
			return err_set(e, 0, "the variable %s is not set",
			    s->name);
		buf_adds(b, text);
		break;
	default:
		return err_set(e, 0, "no secret is named");
	}
	if (rc == -1)
		return -1;
	while (b->len > from && strchr("\r\n", b->data[b->len - 1]) != NULL)
		b->data[--b->len] = '\0';
	if (b->len == from)
		return err_set(e, 0, "%s: the secret is empty", s->name);
	return 0;
}

void
secret_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_free(b);
}
