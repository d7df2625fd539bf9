/* SPDX-License-Identifier: MIT */
/*
 * rrdstore_rescue: files that the roster does not know, because it was lost
 * or damaged, are entered again: who they are stands in their path, the
 * metrics in their sources.  Labels come back with the next sample.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "metric/catalogue.h"
#include "rrd/naming.h"
#include "rrd/rrdstore_impl.h"

#define DEPTH 4 /* HOST/ENTITY/SOURCE/ID.rrd */

/* The metric whose short form is ds: as it stands, or from the catalogue. */
static char *
metric_of(const char *entity, const char *ds)
{
	const struct metric *m;
	char name[NAMING_DS_SIZE], *full;

	if (naming_ds_plain(ds))
		return xstrdup(ds);
	for (size_t i = 0; (m = catalogue_metric(i)) != NULL; i++) {
		if (strcmp(m->entity, entity) != 0)
			continue;
		full = m->type == METRIC_COUNTER
			   ? xasprintf("%.*s_per_second",
				 (int)(strlen(m->name) - strlen("_total")),
				 m->name)
			   : xstrdup(m->name);
		naming_ds(span_of(full), 0, name);
		if (strcmp(name, ds) == 0)
			return full;
		free(full);
	}
	return xstrdup(ds);
}

static int
enter_file(struct rrdstore *s, const struct store_key *key, const char *path,
    struct nc_err *e)
{
	struct roster_entry *n;
	const char *ds;
	char *name;

	if (image_load(s->image, path, false, NULL) == -1)
		return 0; /* its first row will tell */
	n = roster_add(s->roster, key, image_step(s->image));
	n->first = (double)image_oldest(s->image, 0);
	for (size_t i = 0; i < image_ds_count(s->image); i++) {
		ds = image_ds_name(s->image, i);
		if (strncmp(ds, "spare-", 6) == 0)
			break;
		name = metric_of(n->entity, ds);
		roster_add_metric(n, span_of(name));
		free(name);
	}
	image_unload(s->image);
	return roster_put(s->roster, n, e);
}

/* Parts of the path below s->files, NUL-terminated names. */
static int
found_file(struct rrdstore *s, char *const parts[DEPTH], const char *path,
    struct nc_err *e)
{
	struct buf text[DEPTH] = {{0}};
	struct store_key key;
	struct span part;
	bool good = true;
	int rc = 0;

	for (size_t i = 0; i < DEPTH; i++) {
		part = span_of(parts[i]);
		if (i == DEPTH - 1)
			part.len -= strlen(".rrd");
		buf_reserve(&text[i], 0);
		good = good && naming_unpart(part, &text[i]);
	}
	key = (struct store_key){buf_span(&text[0]), buf_span(&text[2]),
	    buf_span(&text[1]), buf_span(&text[3])};
	if (good && roster_find(s->roster, &key) == NULL)
		rc = enter_file(s, &key, path, e);
	else if (!good)
		rrdstore_say(s, "rescue",
		    "%s: its name was cut: not known without the roster", path);
	for (size_t i = 0; i < DEPTH; i++)
		buf_free(&text[i]);
	return rc;
}

static int
walk(struct rrdstore *s, const char *dir, char **parts, size_t depth,
    struct nc_err *e)
{
	DIR *d = opendir(dir);
	struct dirent *ent;
	char *path;
	int rc = 0;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : err_sys(e, "%s", dir);
	while (rc == 0 && (ent = readdir(d)) != NULL) {
		if (ent->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", dir, ent->d_name);
		parts[depth] = ent->d_name;
		if (depth < DEPTH - 1)
			rc = walk(s, path, parts, depth + 1, e);
		else if (str_ends(span_of(ent->d_name), ".rrd"))
			rc = found_file(s, parts, path, e);
		free(path);
	}
	closedir(d);
	return rc;
}

int
rrdstore_rescue(struct rrdstore *s, struct nc_err *e)
{
	char *parts[DEPTH];

	return walk(s, s->files, parts, 0, e);
}
