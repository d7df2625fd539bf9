/* SPDX-License-Identifier: MIT */
/* settings: $XDG_CONFIG_HOME/novacron/top.conf, one command a line. */
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/str.h"
#include "view.h"

#define FILE_MAX ((size_t)256 << 10)

/* Owned; NULL: nobody says where. */
static char *
path_of(const char *name)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg != NULL && *xdg == '/')
		return xasprintf("%s/novacron%s", xdg, name);
	if (home != NULL && *home == '/')
		return xasprintf("%s/.config/novacron%s", home, name);
	return NULL;
}

/* "table VIEW sort COLUMN [invert] [hide A,B] [show C]" */
static int
table_line(struct ui *u, struct span s, struct nc_err *e)
{
	struct span word, item;
	const struct view *v = NULL;
	struct ui_table *t;
	enum { SORT, HIDE, SHOW } what;
	unsigned n;

	if (str_word(&s, &word))
		v = view_named(word);
	if (v == NULL || v->table == NULL)
		return err_set(e, 0, "no table called '%.*s'", SPAN_ARG(word));
	t = &u->tables[view_number(v)];
	while (str_word(&s, &word)) {
		if (span_is(word, "invert")) {
			t->invert = true;
			continue;
		}
		what = span_is(word, "hide")   ? HIDE
		       : span_is(word, "show") ? SHOW
					       : SORT;
		if ((what == SORT && !span_is(word, "sort")) ||
		    !str_word(&s, &word))
			return err_set(e, 0,
			    "sort, invert, hide or show "
			    "expected");
		while (str_item(&word, ',', &item)) {
			if ((n = column_find(v->table, item)) == UINT_MAX)
				return err_set(e, 0, "no column called '%.*s'",
				    SPAN_ARG(item));
			if (what == SORT)
				t->sort = n;
			else if (what == HIDE)
				t->hidden |= UINT64_C(1) << n;
			else
				t->wanted |= UINT64_C(1) << n;
		}
	}
	return 0;
}

/* What is ours of a file; all else is kept as it is. */
static bool
is_ours(struct span line)
{
	struct span word;

	return str_word(&line, &word) &&
	       (span_is(word, "theme") || span_is(word, "view") ||
		   span_is(word, "table"));
}

int
settings_load(struct ui *u, struct model *m, struct nc_err *e)
{
	char *path = path_of("/top.conf");
	struct buf b = {0};
	struct span rest, line, word, args;
	unsigned number = 0;
	int rc = 0;

	if (path == NULL)
		return 0;
	if (afile_read(path, FILE_MAX, &b, e) == -1) {
		rc = e->code == ENOENT ? 0 : -1;
		goto out;
	}
	rest = buf_span(&b);
	while (rc == 0 && str_item(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#' || !is_ours(line))
			continue;
		args = line;
		str_word(&args, &word);
		rc = span_is(word, "table") ? table_line(u, args, e)
					    : ui_do(u, m, line, e);
	}
	if (rc == -1)
		err_where(e, "%s:%u", path, number);
out:
	buf_free(&b);
	free(path);
	return rc;
}

static void
put_columns(struct buf *b, const struct table *t, const char *word,
    uint64_t bits)
{
	const char *before = word;

	for (unsigned n = 0; n < t->count; n++)
		if ((bits & UINT64_C(1) << n) != 0) {
			buf_addf(b, "%s%s", before, t->columns[n].name);
			before = ",";
		}
}

static void
put_settings(struct buf *b, const struct ui *u)
{
	const struct ui_table *t;
	const struct view *v;

	buf_addf(b, "theme %s\nview %s\n", u->theme->name, u->view->name);
	for (unsigned n = 0; (v = view_at(n)) != NULL; n++) {
		if (v->table == NULL)
			continue;
		t = &u->tables[n];
		buf_addf(b, "table %s sort %s%s", v->name,
		    v->table->columns[t->sort].name,
		    t->invert ? " invert" : "");
		put_columns(b, v->table, " hide ", t->hidden);
		put_columns(b, v->table, " show ", t->wanted);
		buf_addc(b, '\n');
	}
}

/* A link is followed: what it points to is replaced, not the link. */
static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);
	char *mine = xstrdup(real != NULL ? real : path);

	free(real);
	return mine;
}

int
settings_save(struct ui *u, struct nc_err *e)
{
	char *folder = path_of(""), *path, *real;
	struct buf was = {0}, b = {0};
	struct span rest, line;
	int rc = -1;

	if (folder == NULL)
		return err_set(e, 0, "HOME is not set");
	path = path_of("/top.conf");
	real = real_path(path);
	if (afile_read(real, FILE_MAX, &was, e) == -1 && e->code != ENOENT)
		goto out;
	rest = buf_span(&was);
	while (was.len != 0 && str_item(&rest, '\n', &line))
		if (!is_ours(str_trim(line)) &&
		    (line.len != 0 || rest.len != 0)) {
			buf_add(&b, line.p, line.len);
			buf_addc(&b, '\n');
		}
	put_settings(&b, u);
	if (afile_mkdir(folder, 0700, e) == 0 &&
	    afile_write(real, buf_span(&b), 0600, e) == 0) {
		ui_say(u, "%s written", path);
		rc = 0;
	}
out:
	buf_free(&was);
	buf_free(&b);
	free(folder);
	free(path);
	free(real);
	return rc;
}
