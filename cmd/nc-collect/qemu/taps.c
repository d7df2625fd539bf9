/* SPDX-License-Identifier: MIT */
/*
 * taps: which interfaces of the host belong to a QEMU process.  Nothing is
 * entered or opened but files of /proc.
 */
#include "qemu/taps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan.h"

/* Seconds until descriptors are looked through again: for hot-plug. */
#define RELIST 60
#define SPACES_MAX 256

struct held {
	int fd;
	char name[16];
	bool used, direct;
};

struct search {
	struct tree *tree;
	uint64_t pid;
	bool ours; /* its name space is the one /sys/class/net shows */
	struct held held[COMMAND_NICS];
	size_t count;
};

/* fdinfo of a tap's descriptor has "iff:\tvnet0". */
static bool
name_of(struct search *s, int fd, char name[16])
{
	const char *p, *rest;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "proc/%llu/fdinfo/%d",
	    (unsigned long long)s->pid, fd);
	for (p = tree_slurp(s->tree, path, true).p; p != NULL && *p != '\0';
	     p = scan_line(p)) {
		if ((rest = scan_prefix(p, "iff:")) == NULL)
			continue;
		rest = scan_blank(rest);
		len = scan_word(rest);
		if (len == 0 || len >= 16)
			return false;
		memcpy(name, rest, len);
		name[len] = '\0';
		return true;
	}
	return false;
}

struct index_search {
	struct tree *tree;
	uint64_t index;
	char name[16];
};

static void
see_interface(void *arg, const char *entry)
{
	struct index_search *s = arg;
	char path[64];
	const char *p;
	uint64_t index;

	if (s->name[0] != '\0' || strlen(entry) >= sizeof(s->name))
		return;
	snprintf(path, sizeof(path), "sys/class/net/%s/ifindex", entry);
	p = tree_slurp(s->tree, path, true).p;
	if (p != NULL && scan_u64(p, &index) != NULL && index == s->index)
		snprintf(s->name, sizeof(s->name), "%s", entry);
}

/* The device of a macvtap bears the number of its interface. */
static bool
name_direct(struct search *s, const char *link, char name[16])
{
	const char *p = scan_prefix(link, "/dev/tap");
	struct index_search found = {.tree = s->tree};

	if (!s->ours || p == NULL || (p = scan_u64(p, &found.index)) == NULL ||
	    *p != '\0')
		return false;
	tree_list(s->tree, "sys/class/net", see_interface, &found);
	memcpy(name, found.name, sizeof(found.name));
	return name[0] != '\0';
}

static void
see(void *arg, const char *entry)
{
	struct search *s = arg;
	char path[64], text[64], name[16];
	uint64_t fd;
	size_t i;
	bool direct;

	if (s->count == COMMAND_NICS || scan_u64(entry, &fd) == NULL)
		return;
	snprintf(path, sizeof(path), "proc/%llu/fd/%s",
	    (unsigned long long)s->pid, entry);
	if (!tree_link_text(s->tree, path, text, sizeof(text)))
		return;
	direct = name_direct(s, text, name);
	if (!direct &&
	    (strcmp(text, "/dev/net/tun") != 0 || !name_of(s, (int)fd, name)))
		return;
	/* One with several queues has several descriptors. */
	for (i = 0; i < s->count; i++)
		if (strcmp(s->held[i].name, name) == 0)
			return;
	s->held[s->count].fd = (int)fd;
	memcpy(s->held[s->count].name, name, sizeof(name));
	s->held[s->count].direct = direct;
	s->held[s->count++].used = false;
}

static void
add(struct taps *t, struct tree *tree, const char *name, const char *mac,
    bool direct)
{
	char path[64];
	struct tap *tap;

	if (t->count == COMMAND_NICS)
		return;
	tap = &t->tap[t->count++];
	memset(tap, 0, sizeof(*tap));
	snprintf(tap->name, sizeof(tap->name), "%s", name);
	snprintf(tap->mac, sizeof(tap->mac), "%s", mac);
	tap->direct = direct;
	if (!t->ours)
		return;
	snprintf(path, sizeof(path), "sys/class/net/%s/master", name);
	if (!tree_link(tree, path, tap->bridge, sizeof(tap->bridge)))
		tap->bridge[0] = '\0';
}

static struct held *
take_held(struct search *s, const struct command_nic *n, size_t unknown)
{
	size_t i, left = 0;
	struct held *only = NULL;

	for (i = 0; i < s->count; i++) {
		if (s->held[i].used)
			continue;
		if (n->fd != -1 ? s->held[i].fd == n->fd
				: strcmp(s->held[i].name, n->name) == 0)
			return &s->held[i];
		left++;
		only = &s->held[i];
	}
	/* One without a name and one descriptor: they are each other's. */
	return n->fd == -1 && *n->name == '\0' && left == 1 && unknown == 1
		   ? only
		   : NULL;
}

void
taps_find(struct taps *t, struct tree *tree, uint64_t pid,
    const struct command *c)
{
	struct search s = {.tree = tree, .pid = pid};
	const struct command_nic *n;
	size_t i, unknown = 0;
	struct held *h;
	char path[64], own[40] = "";

	if (t->known && tree->up - t->listed < RELIST)
		return;
	t->known = true;
	t->listed = tree->up;
	t->count = 0;
	snprintf(path, sizeof(path), "proc/%llu/ns/net",
	    (unsigned long long)pid);
	if (!tree_link_text(tree, path, t->space, sizeof(t->space)))
		t->space[0] = '\0';
	tree_link_text(tree, "proc/self/ns/net", own, sizeof(own));
	s.ours = t->ours = strcmp(own, t->space) == 0;
	snprintf(path, sizeof(path), "proc/%llu/fd", (unsigned long long)pid);
	tree_list(tree, path, see, &s);
	for (i = 0; i < c->nnics; i++)
		unknown += c->nic[i].fd == -1 && c->nic[i].name[0] == '\0';
	for (i = 0; i < c->nnics; i++) {
		n = &c->nic[i];
		h = take_held(&s, n, unknown);
		if (h != NULL)
			h->used = true;
		if (h != NULL || n->name[0] != '\0')
			add(t, tree, h != NULL ? h->name : n->name, n->mac,
			    h != NULL && h->direct);
	}
	for (i = 0; i < s.count; i++) /* plugged in since it began */
		if (!s.held[i].used)
			add(t, tree, s.held[i].name, "", s.held[i].direct);
}

struct space {
	char name[40];
	bool fresh;
	struct nics nics;
};

struct spaces {
	struct space *list;
	size_t count;
};

struct spaces *
spaces_new(void)
{
	return xcalloc(1, sizeof(struct spaces));
}

void
spaces_free(struct spaces *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->list[i].nics.list);
	free(s->list);
	free(s);
}

void
spaces_round(struct spaces *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		s->list[i].fresh = false;
}

static struct space *
space_of(struct spaces *s, const char *name)
{
	struct space *old = NULL;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->list[i].name, name) == 0)
			return &s->list[i];
		else if (!s->list[i].fresh)
			old = &s->list[i];
	if (s->count >= SPACES_MAX && old != NULL) {
		free(old->nics.list);
	} else {
		s->list = xreallocarray(s->list, s->count + 1,
		    sizeof(*s->list));
		old = &s->list[s->count++];
	}
	memset(old, 0, sizeof(*old));
	snprintf(old->name, sizeof(old->name), "%s", name);
	return old;
}

const struct nic *
spaces_find(struct spaces *s, struct tree *tree, uint64_t pid,
    const char *space, const char *name)
{
	struct space *sp = space_of(s, space);
	struct span text;
	char path[48];
	size_t i;

	if (!sp->fresh) {
		snprintf(path, sizeof(path), "proc/%llu/net/dev",
		    (unsigned long long)pid);
		text = tree_slurp(tree, path, true);
		if (text.p == NULL && *space == '\0')
			text = tree_slurp(tree, "proc/net/dev", true);
		sp->nics.count = 0;
		if (text.p != NULL)
			nics_proc(&sp->nics, text.p);
		sp->fresh = true;
	}
	for (i = 0; i < sp->nics.count; i++)
		if (strcmp(sp->nics.list[i].name, name) == 0)
			return &sp->nics.list[i];
	return NULL;
}
