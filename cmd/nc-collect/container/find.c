/* SPDX-License-Identifier: MIT */
/*
 * find: containers among the control groups: by the names of groups, and by
 * the bundles of containerd, whose groups may be called anything.  The tree
 * is walked only when inotify(7) tells of a folder that came or went, and
 * once a minute in case it did not.
 */
#include <sys/inotify.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "container/container.h"

#define GROUPS_MAX 65536
#define DEPTH_MAX 16
#define SEARCH_AGAIN 60 /* seconds */

struct bundle {
	char *folder, *space, *id, *group; /* group "": as its name says */
	bool found;
};

struct finder {
	struct tree *tree;
	const char *mount; /* of the tree that is walked, NULL: none */
	const char *const *state;
	int notify; /* -1: ask anew each time */
	double searched;
	bool blind; /* a folder could not be watched */
	struct map *groups; /* by group: struct bundle, borrowed */
	struct map *bundles; /* by folder: struct bundle, owned */
	size_t budget;
	finder_see *see;
	void *arg;
};

static void
bundle_free(void *value)
{
	struct bundle *b = value;

	free(b->folder);
	free(b->space);
	free(b->id);
	free(b->group);
	free(b);
}

struct finder *
finder_new(struct tree *t, const struct cgroups *c, const char *const *state)
{
	struct finder *f = xcalloc(1, sizeof(*f));

	f->tree = t;
	f->mount = c->mount[cgroups_main(c)];
	f->state = state;
	f->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	f->searched = -SEARCH_AGAIN;
	f->blind = true;
	f->groups = map_new(NULL);
	f->bundles = map_new(NULL);
	return f;
}

void
finder_free(struct finder *f)
{
	if (f->notify != -1)
		close(f->notify);
	map_free(f->groups, NULL);
	map_free(f->bundles, bundle_free);
	free(f);
}

bool
finder_is_due(struct finder *f)
{
	char events[4096];
	bool news = f->blind || !(f->tree->up - f->searched < SEARCH_AGAIN);

	while (f->notify != -1 && read(f->notify, events, sizeof(events)) > 0)
		news = true;
	return news;
}

static void
watch(struct finder *f, int fd)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (f->notify == -1 ||
	    inotify_add_watch(f->notify, path,
		IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR) == -1)
		f->blind = true;
}

/* Calls each(f, path, name) for the folders in path, which is watched. */
static void
folders(struct finder *f, const char *path,
    void (*each)(struct finder *f, const char *path, const char *name,
	unsigned depth),
    unsigned depth)
{
	int fd = openat(f->tree->rootfd, path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *d;
	DIR *dir;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			close(fd);
		else if (errno == EACCES)
			tree_trouble(f->tree, path, errno);
		return;
	}
	watch(f, fd);
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' &&
		    (d->d_type == DT_DIR || d->d_type == DT_UNKNOWN))
			each(f, path, d->d_name, depth);
	closedir(dir);
}

static void
see_group(struct finder *f, const char *folder, const char *name,
    unsigned depth)
{
	const struct bundle *b;
	char *path, *group;
	struct kind k;

	if (f->budget == 0 || depth > DEPTH_MAX)
		return;
	f->budget--;
	path = xasprintf("%s/%s", folder, name);
	group = path + strlen(f->mount);
	b = map_get(f->groups, span_of(group));
	if (b != NULL) {
		k = (struct kind){.runtime = "containerd"};
		snprintf(k.id, sizeof(k.id), "%s", b->id);
		f->see(f->arg, group, &k, b->folder, b->space);
	} else if (kind_of(group, &k)) {
		b = map_get(f->groups, span_of(k.id));
		f->see(f->arg, group, &k, b != NULL ? b->folder : NULL,
		    b != NULL ? b->space : NULL);
	} else if (k.descend) {
		folders(f, path, see_group, depth + 1);
	}
	free(path);
}

/* A bundle: state/SPACE/ID with a config.json. */
static void
see_bundle(struct finder *f, const char *folder, const char *name,
    unsigned depth)
{
	char group[512] = "", *path = xasprintf("%s/%s", folder, name);
	struct bundle *b = map_get(f->bundles, span_of(path));

	(void)depth;
	if (b == NULL) {
		if (!names_cgroup(f->tree, path, group, sizeof(group))) {
			/* Not written yet, or not for us to read. */
			free(path);
			return;
		}
		b = xcalloc(1, sizeof(*b));
		b->folder = xstrdup(path);
		b->space = xstrdup(strrchr(folder, '/') + 1);
		b->id = xstrdup(name);
		/* "slice:prefix:id" is systemd's to name: found by the id. */
		b->group = xstrdup(*group == '/' ? group : name);
		map_set(f->bundles, span_of(path), b);
	}
	b->found = true;
	map_set(f->groups, span_of(b->group), b);
	free(path);
}

static void
see_space(struct finder *f, const char *folder, const char *name,
    unsigned depth)
{
	char *path = xasprintf("%s/%s", folder, name);

	folders(f, path, see_bundle, depth + 1);
	free(path);
}

static void
find_bundles(struct finder *f)
{
	static const char *const below[] = {"io.containerd.runtime.v2.task",
	    "io.containerd.runtime.v1.linux"};
	uint32_t cursor = 0;
	struct span key;
	void *value;
	size_t i, j;
	char *path;

	map_clear(f->groups, NULL);
	while (map_next(f->bundles, &cursor, NULL, &value))
		((struct bundle *)value)->found = false;
	for (i = 0; f->state[i] != NULL; i++)
		for (j = 0; j < 2; j++) {
			path = xasprintf("%s/%s", f->state[i], below[j]);
			folders(f, path, see_space, 0);
			free(path);
		}
	for (cursor = 0; map_next(f->bundles, &cursor, &key, &value);)
		if (!((struct bundle *)value)->found) {
			map_delete(f->bundles, key);
			bundle_free(value);
		}
}

void
finder_search(struct finder *f, finder_see *see, void *arg)
{
	f->see = see;
	f->arg = arg;
	f->searched = f->tree->up;
	f->blind = false;
	f->budget = GROUPS_MAX;
	find_bundles(f);
	if (f->mount != NULL)
		folders(f, f->mount, see_group, 0);
}
