/* SPDX-License-Identifier: MIT */
/*
 * secret: systemd credentials, files only we can read, what a program says,
 * and, where it must be, the environment.
 */
#include "secret.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"

#define SECRET_MAX 16384u
#define COMMAND_SECONDS 2.0
#define KEPT_SECONDS 60.0

struct secret_command {
	char **argv; /* owned; NULL ends */
	size_t n;
	struct buf said;
	int64_t when; /* monotonic, it was said */
};

/* All that follows are its arguments. */
static int
read_arguments(struct config_cursor *cur, struct secret *s)
{
	struct secret_command *c = xcalloc(1, sizeof(*c));
	const char *text = s->name;

	s->command = c;
	for (;;) {
		c->argv = xreallocarray(c->argv, c->n + 2, sizeof(char *));
		c->argv[c->n++] = xstrdup(text);
		c->argv[c->n] = NULL;
		if (config_peek(cur) == NULL)
			return 0;
		if (config_text(cur, "an argument", &text) == -1)
			return -1;
	}
}

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
	    {"command", "a program", SECRET_COMMAND},
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
		return s->kind == SECRET_COMMAND ? read_arguments(cur, s) : 0;
	}
	return config_error(cur->o, cur->node, cur->at,
	    "expected credential, file, env or command");
}

void
secret_free(struct secret *s)
{
	if (s->command != NULL) {
		for (size_t i = 0; i < s->command->n; i++)
			free(s->command->argv[i]);
		free(s->command->argv);
		secret_wipe(&s->command->said);
		free(s->command);
	}
	free(s->name);
	*s = (struct secret){SECRET_NONE, NULL, NULL};
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

/* Reads what a program says until it ends, or -1. */
static int
listen_to(struct children *cs, struct child *c, int64_t deadline, bool *ended,
    struct buf *b)
{
	struct pollfd p = {.fd = child_out(c), .events = POLLIN};
	ssize_t n = -1;

	while (b->len <= SECRET_MAX && clock_mono_ns() < deadline) {
		poll(&p, 1, 10);
		n = read(p.fd, buf_reserve(b, 1024), 1024);
		if (n > 0) {
			b->len += (size_t)n;
			b->data[b->len] = '\0';
		}
		if (n == 0)
			break;
	}
	while (!*ended && clock_mono_ns() < deadline) {
		children_tend(cs, clock_mono_ns());
		if (!*ended)
			poll(NULL, 0, 5);
	}
	return n == 0 && *ended ? 0 : -1;
}

struct ending {
	struct child_end how;
	bool is;
};

static void
on_end(struct child *c, const struct child_end *how, void *arg)
{
	struct ending *end = arg;

	(void)c;
	end->how = *how;
	end->is = true;
}

/* Everybody waits meanwhile: so not for long, and not often. */
static int
run_command(const struct secret *s, struct buf *b, struct nc_err *e)
{
	struct secret_command *k = s->command;
	struct children *cs;
	struct child *c;
	struct ending end = {.is = false};
	int64_t now = clock_mono_ns(), until = now + clock_ns(COMMAND_SECONDS);
	struct child_options o = {.argv = (const char *const *)k->argv,
	    .deadline_ns = until,
	    .on_end = on_end,
	    .arg = &end};
	int rc = -1;

	if (k->said.len != 0 && now - k->when < clock_ns(KEPT_SECONDS)) {
		buf_add(b, k->said.data, k->said.len);
		return 0;
	}
	secret_wipe(&k->said);
	cs = children_new();
	if ((c = child_start(cs, &o, e)) == NULL)
		goto out;
	if (listen_to(cs, c, until, &end.is, &k->said) == 0 &&
	    end.how.exec_errno == 0 && end.how.status == 0) {
		buf_add(b, k->said.data, k->said.len);
		k->when = now;
		rc = 0;
	} else {
		secret_wipe(&k->said);
		err_set(e, 0, "%s did not say the secret within %g s, status 0",
		    s->name, COMMAND_SECONDS);
	}
	child_free(c);
out:
	children_free(cs);
	return rc;
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
	case SECRET_COMMAND:
		rc = run_command(s, b, e);
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
