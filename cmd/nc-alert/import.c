/* SPDX-License-Identifier: MIT */
/*
 * import: the word: files or folders of them, what was made of them, what
 * could not be and why.  What our own reader does not accept is not printed.
 */
#include "import.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/afile.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/str.h"
#include "rules.h"
#include "stream/frame.h"
#include "tools.h"

#define FOLDERS_DEEP 8

typedef int read_fn(struct importer *im, struct span text, struct nc_err *e);

static const struct kind {
	const char *name;
	read_fn *read;
	const char *ends[3]; /* of files in a folder */
} kinds[] = {
    {"prometheus", import_prometheus, {".yml", ".yaml", NULL}},
    {"netdata", import_netdata, {".conf", NULL, NULL}},
};

void
import_time(struct buf *b, double seconds)
{
	static const struct {
		double seconds;
		const char *unit;
	} units[] = {{604800, "w"}, {86400, "d"}, {3600, "h"}, {60, "m"},
	    {1, "s"}, {0.001, "ms"}};
	size_t i;
	double n;

	for (i = 0; i < 5; i++) {
		n = seconds / units[i].seconds;
		if (n == (double)(long)n && n >= 1)
			break;
	}
	buf_addf(b, "%.15g%s", seconds / units[i].seconds, units[i].unit);
}

void
import_number(struct buf *b, double v)
{
	char text[32];

	buf_add(b, text, frame_format(v, text));
}

void
import_quoted(struct buf *b, struct span text)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, text.p[i]);
	}
	buf_addc(b, '"');
}

/* A name of a rule that nobody has yet. */
static void
put_name(struct importer *im, const char *name, struct buf *b)
{
	struct buf one = {0};
	int more = 1;

	do {
		buf_clear(&one);
		for (const char *s = name; *s != '\0'; s++)
			buf_addc(&one, (*s >= 'a' && *s <= 'z') ||
					       (*s >= 'A' && *s <= 'Z') ||
					       (*s >= '0' && *s <= '9') ||
					       *s == '_' || *s == '.'
					   ? *s
					   : '-');
		if (more > 1)
			buf_addf(&one, "-%d", more);
		more++;
	} while (map_get(im->taken, buf_span(&one)) != NULL);
	map_set(im->taken, buf_span(&one), im);
	buf_add(b, one.data, one.len);
	buf_free(&one);
}

void
import_alert(struct importer *im, const char *name, int line, bool family,
    const char *body, const char *why)
{
	struct buf rule = {0};
	struct nc_err e = {0};
	struct rules check;

	im->total++;
	im->family_total += family;
	if (body != NULL) {
		buf_adds(&rule, why);
		buf_adds(&rule, "alert ");
		put_name(im, name, &rule);
		buf_addf(&rule, " on %s\n", body);
		if (rules_try(buf_span(&rule), &check, &e) == -1) {
			body = NULL;
			why = e.msg;
		}
		rules_free(&check);
	}
	if (body != NULL) {
		im->done++;
		im->family_done += family;
		if (!im->quiet)
			buf_add(&im->out, rule.data, rule.len);
	} else {
		diag_say(im->diag, im->quiet ? DIAG_INFO : DIAG_ERROR, im->path,
		    "line %d: %s not translated: %s", line, name, why);
	}
	buf_free(&rule);
}

static int
import_file(struct importer *im, const struct kind *k, const char *path)
{
	struct buf text = {0};
	struct nc_err e = {0};
	int rc;

	im->path = path;
	rc = afile_read(path, IMPORT_BYTES_MAX, &text, &e);
	if (rc == 0 && (rc = k->read(im, buf_span(&text), &e)) == -1)
		err_where(&e, "%s", path);
	if (rc == -1)
		diag_say(im->diag, im->quiet ? DIAG_WARN : DIAG_ERROR, NULL,
		    "%s", e.msg);
	buf_free(&text);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted; owned. */
static char **
list(const char *path, size_t *count)
{
	char **names = NULL;
	struct dirent *d;
	DIR *dir = opendir(path);

	*count = 0;
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		names = xreallocarray(names, *count + 1, sizeof(*names));
		names[(*count)++] = xasprintf("%s/%s", path, d->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	if (*count > 0)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

static bool
is_rules(const struct kind *k, const char *path)
{
	for (size_t i = 0; k->ends[i] != NULL; i++)
		if (str_ends(span_of(path), k->ends[i]))
			return true;
	return false;
}

/* All files below a folder: a line of counts each. */
static void
import_folder(struct importer *im, const struct kind *k, const char *path,
    int depth)
{
	struct stat st;
	unsigned total, done;
	char **names;
	size_t n;

	names = list(path, &n);
	for (size_t i = 0; i < n; i++) {
		if (stat(names[i], &st) == 0 && S_ISDIR(st.st_mode) &&
		    depth < FOLDERS_DEEP)
			import_folder(im, k, names[i], depth + 1);
		else if (is_rules(k, names[i])) {
			total = im->total;
			done = im->done;
			import_file(im, k, names[i]);
			if (im->total > total)
				printf("%5u of %5u  %s\n", im->done - done,
				    im->total - total, names[i]);
		}
		free(names[i]);
	}
	free(names);
}

static double
percent(unsigned part, unsigned of)
{
	return of > 0 ? 100.0 * part / of : 100;
}

static int
import_all(struct importer *im, const struct kind *k,
    const struct tool_options *o)
{
	struct stat st;
	int rc = 0;

	for (int i = 1; i < o->noperands; i++) {
		if (stat(o->operands[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			im->quiet = true;
			import_folder(im, k, o->operands[i], 0);
		} else if (import_file(im, k, o->operands[i]) == -1)
			rc = -1;
	}
	if (im->out.len > 0)
		fwrite(im->out.data, 1, im->out.len, stdout);
	if (im->quiet)
		printf("%u of %u alerts translated (%.1f %%); of hosts and what"
		       " runs there %u of %u (%.1f %%)\n",
		    im->done, im->total, percent(im->done, im->total),
		    im->family_done, im->family_total,
		    percent(im->family_done, im->family_total));
	else
		diag_say(im->diag, DIAG_INFO, NULL,
		    "%u of %u alerts translated", im->done, im->total);
	return rc;
}

int
tool_import(const struct tool_options *o)
{
	struct importer im = {.diag = o->diag};
	const struct kind *k = NULL;
	struct names *names;
	char *path;
	int rc;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(o->operands[0], kinds[i].name) == 0)
			k = &kinds[i];
	if (k == NULL || o->noperands < 2) {
		diag_say(o->diag, DIAG_ERROR, NULL,
		    "import: expected prometheus or netdata, and files");
		return NC_EXIT_USAGE;
	}
	path = o->names != NULL ? xstrdup(o->names)
				: xasprintf("%s/novacron/import/%s.names",
				      NC_DATADIR, k->name);
	names = names_read(path, o->diag);
	free(path);
	if (names == NULL)
		return NC_EXIT_USAGE;
	im.names = names;
	im.taken = map_new(NULL);
	rc = import_all(&im, k, o);
	map_free(im.taken, NULL);
	buf_free(&im.out);
	names_free(names);
	if (rc == -1)
		return NC_EXIT_USAGE;
	return im.done < im.total ? NC_EXIT_PARTIAL : NC_EXIT_OK;
}
