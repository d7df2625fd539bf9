/* SPDX-License-Identifier: MIT */
/*
 * names: what a container is called, from files its runtime leaves: the OCI
 * bundle with its annotations, Docker's and Podman's own records.  Never
 * leaves a name empty: without any it is the beginning of the id.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "container/container.h"
#include "stream/json.h"

#define SHORT_ID 12

/* A file of JSON; NULL: absent or none.  Owned. */
static struct json *
load(struct tree *t, const char *path)
{
	struct span text = tree_slurp(t, path, true);

	return text.p != NULL ? json_parse(text, NULL) : NULL;
}

static struct span
text_of(const struct json *object, const char *key)
{
	return json_text(json_member(object, key), (struct span){NULL, 0});
}

/* The first who says something is believed. */
static void
fill(char **to, struct span text)
{
	if (**to != '\0' || text.len == 0)
		return;
	free(*to);
	*to = xmemdup0(text.p, text.len);
}

bool
names_cgroup(struct tree *t, const char *bundle, char *to, size_t size)
{
	char *path = xasprintf("%s/config.json", bundle);
	struct json *j = load(t, path);
	struct span s = text_of(json_member(j, "linux"), "cgroupsPath");
	bool good = j != NULL && str_copy(to, size, s);

	json_free(j);
	free(path);
	return good;
}

/* As the container interface of Kubernetes writes them in containerd and in
 * CRI-O, and as others do. */
static void
from_annotations(struct container *c, const struct json *a)
{
	static const char *const names[] = {"io.kubernetes.cri.container-name",
	    "io.kubernetes.container.name", "nerdctl/name",
	    "io.podman.annotations.name"};
	static const char *const pods[] = {"io.kubernetes.cri.sandbox-name",
	    "io.kubernetes.pod.name"};
	static const char *const spaces[] =
	    {"io.kubernetes.cri.sandbox-namespace",
		"io.kubernetes.pod.namespace"};
	static const char *const images[] = {"io.kubernetes.cri.image-name",
	    "io.kubernetes.cri-o.ImageName",
	    "org.opencontainers.image.ref.name"};
	static const char *const types[] = {"io.kubernetes.cri.container-type",
	    "io.kubernetes.cri-o.ContainerType"};
	size_t i;

	for (i = 0; i < 2; i++)
		if (span_is(text_of(a, types[i]), "sandbox"))
			c->sandbox = true;
	for (i = 0; i < 4 && !c->sandbox; i++)
		fill(&c->name, text_of(a, names[i]));
	for (i = 0; i < 2; i++)
		fill(&c->pod, text_of(a, pods[i]));
	for (i = 0; i < 3; i++)
		fill(&c->image, text_of(a, images[i]));
	for (i = 0; i < 2; i++)
		if (text_of(a, spaces[i]).len > 0) {
			c->space[0] = '\0'; /* rather than containerd's own */
			fill(&c->space, text_of(a, spaces[i]));
		}
	if (c->sandbox)
		fill(&c->name, span_of(c->pod));
}

static void
from_bundle(struct container *c, struct tree *t, const char *folder)
{
	char *path = xasprintf("%s/config.json", folder);
	struct json *j = load(t, path);

	from_annotations(c, json_member(j, "annotations"));
	json_free(j);
	free(path);
}

static void
from_docker(struct container *c, struct tree *t)
{
	char *path = xasprintf("var/lib/docker/containers/%s/config.v2.json",
	    c->id);
	struct json *j = load(t, path);
	const struct json *config = json_member(j, "Config");
	struct span name = text_of(j, "Name");

	if (str_starts(name, "/")) {
		name.p++;
		name.len--;
	}
	fill(&c->name, name);
	fill(&c->image, text_of(config, "Image"));
	json_free(j);
	free(path);
}

/* What Podman and CRI-O keep of all containers. */
static void
from_storage(struct container *c, struct tree *t)
{
	static const char
	    *const folder = "var/lib/containers/storage/overlay-containers";
	char *path = xasprintf("%s/%s/userdata", folder, c->id);
	const struct json *one;
	struct json *j, *meta;
	size_t i;

	from_bundle(c, t, path);
	free(path);
	path = xasprintf("%s/containers.json", folder);
	j = load(t, path);
	free(path);
	for (i = 0; (one = json_at(j, i, NULL)) != NULL; i++) {
		if (!span_is(text_of(one, "id"), c->id))
			continue;
		meta = json_parse(text_of(one, "metadata"), NULL);
		fill(&c->name,
		    json_text(json_at(json_member(one, "names"), 0, NULL),
			(struct span){NULL, 0}));
		fill(&c->image, text_of(meta, "image-name"));
		json_free(meta);
	}
	json_free(j);
}

void
names_ask(struct container *c, struct tree *t)
{
	size_t len = strlen(c->id);

	c->named = true;
	if (c->bundle[0] != '\0')
		from_bundle(c, t, c->bundle);
	if (strcmp(c->runtime, "docker") == 0 || strcmp(c->space, "moby") == 0)
		from_docker(c, t);
	if (strcmp(c->runtime, "podman") == 0 ||
	    strcmp(c->runtime, "crio") == 0)
		from_storage(c, t);
	fill(&c->name,
	    (struct span){c->id,
		len == 64 ? SHORT_ID : len}); /* a short one is a name */
}
