/* SPDX-License-Identifier: MIT */
/*
 * kind: which control groups are containers, by the names the runtimes and
 * systemd give them.  A machine of libvirt's is none; monitors of containers
 * (conmon) are none.  Reads memory only.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "container/container.h"
#include "scan.h"

#define ID 64 /* hex digits of an OCI id */

static bool
is_id(const char *s)
{
	size_t i;

	for (i = 0; i < ID; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return s[ID] == '\0';
}

/* systemd-escape(1): "\x2d" is "-". */
static void
unescape(const char *s, char *to, size_t size)
{
	size_t n = 0;
	unsigned c;

	while (*s != '\0' && n + 1 < size)
		if (s[0] == '\\' && s[1] == 'x' &&
		    isxdigit((unsigned char)s[2]) &&
		    isxdigit((unsigned char)s[3]) &&
		    sscanf(s + 2, "%2x", &c) == 1 && c != 0) {
			to[n++] = (char)c;
			s += 4;
		} else {
			to[n++] = *s++;
		}
	to[n] = '\0';
}

/* Ends s before the suffix, when it has it. */
static bool
cut(char *s, const char *suffix)
{
	size_t len = strlen(s), end = strlen(suffix);

	if (len <= end || strcmp(s + len - end, suffix) != 0)
		return false;
	s[len - end] = '\0';
	return true;
}

static bool
take(struct kind *k, const char *runtime, const char *id, bool named)
{
	k->runtime = runtime;
	k->named = named;
	snprintf(k->id, sizeof(k->id), "%s", id);
	return *id != '\0';
}

/* "docker-ID", "cri-containerd-ID": what stands before the id. */
static bool
by_prefix(struct kind *k, const char *name)
{
	static const struct {
		const char *prefix, *runtime;
	} known[] = {{"docker-", "docker"}, {"cri-containerd-", "containerd"},
	    {"nerdctl-", "containerd"}, {"crio-", "crio"},
	    {"libpod-", "podman"}};
	const char *rest;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((rest = scan_prefix(name, known[i].prefix)) != NULL &&
		    is_id(rest))
			return take(k, known[i].runtime, rest, false);
	/* crio-conmon-ID and libpod-conmon-ID end here. */
	return false;
}

/* "lxc-1234-name": libvirt puts the pid before the name. */
static const char *
behind_pid(const char *s)
{
	uint64_t pid;

	if ((s = scan_prefix(s, "lxc-")) == NULL ||
	    (s = scan_u64(s, &pid)) == NULL || *s != '-')
		return NULL;
	return s + 1;
}

static bool
by_machine(struct kind *k, char *name)
{
	const char *rest;

	if (cut(name, ".libvirt-lxc"))
		return (rest = behind_pid(name)) != NULL &&
		       take(k, "libvirt-lxc", rest, true);
	if ((rest = scan_prefix(name, "machine-")) != NULL) {
		if (scan_prefix(rest, "qemu-") != NULL)
			return k->descend = false;
		if (scan_prefix(rest, "lxc-") != NULL)
			return (rest = behind_pid(rest)) != NULL &&
			       take(k, "libvirt-lxc", rest, true);
		return take(k, "nspawn", rest, true);
	}
	if ((rest = scan_prefix(name, "systemd-nspawn@")) != NULL)
		return take(k, "nspawn", rest, true);
	return (rest = scan_prefix(name, "lxc.payload.")) != NULL &&
	       take(k, "lxc", rest, true);
}

bool
kind_of(const char *path, struct kind *k)
{
	const char *leaf = strrchr(path, '/');
	size_t above = leaf != NULL ? (size_t)(leaf - path) : 0;
	bool unit;
	char name[256];

	*k = (struct kind){.descend = true};
	if (leaf == NULL || leaf[1] == '\0' || strlen(leaf) >= sizeof(name))
		return false;
	unescape(leaf + 1, name, sizeof(name));
	unit = cut(name, ".scope") || cut(name, ".service");
	if (strstr(name, "conmon-") != NULL ||
	    strstr(name, ".libvirt-qemu") != NULL)
		return k->descend = false;
	if (by_prefix(k, name) ||
	    ((unit || strstr(name, "libvirt-lxc") != NULL ||
		 strncmp(name, "lxc.payload.", 12) == 0) &&
		by_machine(k, name)))
		return true;
	if (is_id(name))
		return take(k,
		    strstr(path, "/docker/") != NULL    ? "docker"
		    : strstr(path, "libpod") != NULL    ? "podman"
		    : strstr(path, "/kubepods") != NULL ? "containerd"
							: "oci",
		    name, false);
	return above >= 4 && strncmp(leaf - 4, "/lxc", 4) == 0 &&
	       take(k, "lxc", name, true);
}
