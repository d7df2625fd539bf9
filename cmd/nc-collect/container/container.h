/* SPDX-License-Identifier: MIT */
/*
 * container: the source `container` inside: kind.c says which control groups
 * are containers, find.c finds them, names.c asks files of the runtimes what
 * they are called, container.c reads and emits.
 */
#ifndef NC_COLLECT_CONTAINER_CONTAINER_H
#define NC_COLLECT_CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "cgroup.h"
#include "tree.h"

/* What the name of a control group says. */
struct kind {
	const char *runtime; /* "docker"; "oci": only that it is one */
	char id[256]; /* full id, or the name where there is none */
	bool named; /* the id is a name for people */
	bool descend; /* no container, but there may be some below */
};

/* true: a container.  path: within its tree, "/system.slice/x.scope". */
bool kind_of(const char *path, struct kind *k);

struct container {
	char *path; /* of its group, owned */
	char *id; /* owned, as the strings below: "" when not known */
	const char *runtime;
	char *home; /* its name space in containerd, owned; "": not known */
	char *name, *image, *space, *pod, *bundle;
	bool sandbox; /* the one that holds a pod's name spaces */
	bool named; /* names were looked for in files */
	bool answered; /* by containerd */

	struct cgroup *group;
	uint64_t init; /* its first process, 0: none known */
	uint64_t start; /* of it, ticks after boot */
	struct kept stat, net; /* of it; paths owned, NULL: none */
	char netns[40];
	bool own_net; /* the interfaces are to be told with this one */
	bool exited; /* told */
	bool has_status; /* containerd said how it ended */
	unsigned status;
	double ended; /* epoch seconds, with has_status */
	unsigned waited; /* rounds for containerd to say it */
	double since; /* NAN: not known */
	double oom_kills; /* as of the last round, NAN: none yet */
	bool found; /* in the search in hand */
};

/* A folder of containerd with a bundle for each running container. */
struct finder;

/* state: folders of containerd, NULL ends; borrowed.  Owned: finder_free(). */
struct finder *finder_new(struct tree *t, const struct cgroups *c,
    const char *const *state);
void finder_free(struct finder *f);
/* Something may have come or gone since the last search. */
bool finder_is_due(struct finder *f);
/*
 * Calls see() for each container there is: path, kind, and the folder of its
 * bundle or NULL.
 */
typedef void finder_see(void *arg, const char *path, const struct kind *k,
    const char *bundle, const char *space);
void finder_search(struct finder *f, finder_see *see, void *arg);

/* Fills name, image, space, pod, sandbox; name is never empty then. */
void names_ask(struct container *c, struct tree *t);
/* cgroupsPath of a bundle's config.json into to; false: none. */
bool names_cgroup(struct tree *t, const char *bundle, char *to, size_t size);

#endif
