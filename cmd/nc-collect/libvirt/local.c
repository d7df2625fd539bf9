/* SPDX-License-Identifier: MIT */
/*
 * local: which hypervisors have a socket here.  One daemon a hypervisor
 * (virtqemud, ...) or one for all (libvirtd); the library itself chooses
 * between them, so the plain URI will do.  Looks, never connects.
 */
#include "libvirt/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static const struct {
	const char *daemon, *uri;
} drivers[] = {{"virtqemud", "qemu:///system"}, {"virtlxcd", "lxc:///system"},
    {"virtxend", "xen:///system"}, {"virtchd", "ch:///system"}};

static bool
is_there(const char *dir, const char *daemon, const char *suffix)
{
	char *path = xasprintf("%s/%s-sock%s", dir, daemon, suffix);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

size_t
local_find(struct local_hyper *to, size_t max)
{
	const char *session = getenv("XDG_RUNTIME_DIR");
	bool one = is_there("/run/libvirt", "libvirt", "-ro");
	char *dir;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		bool own = is_there("/run/libvirt", drivers[i].daemon, "-ro");

		if ((own || one) && n < max)
			to[n++] = (struct local_hyper){drivers[i].uri,
			    !own && i != 0};
	}
	if (n != 0 || session == NULL)
		return n;
	/* What a user runs for himself. */
	dir = xasprintf("%s/libvirt", session);
	if (max != 0 &&
	    (is_there(dir, "virtqemud", "") || is_there(dir, "libvirt", "")))
		to[n++] = (struct local_hyper){"qemu:///session", false};
	free(dir);
	return n;
}

/* scheme[+transport]://[user@]host[:port]/...: an empty host is this one. */
struct span
local_other(const char *uri)
{
	const char *p = strstr(uri, "://"), *at;
	struct span host = {NULL, 0};

	if (p == NULL)
		return host;
	host = (struct span){p + 3, strcspn(p + 3, "/?")};
	if ((at = memchr(host.p, '@', host.len)) != NULL) {
		host.len -= (size_t)(at + 1 - host.p);
		host.p = at + 1;
	}
	if (host.len > 2 && *host.p == '[') /* an address of IPv6 */
		return (struct span){host.p + 1, strcspn(host.p + 1, "]/")};
	if ((at = memchr(host.p, ':', host.len)) != NULL)
		host.len = (size_t)(at - host.p);
	return host;
}

bool
local_uri(const char *uri)
{
	return local_other(uri).len == 0;
}
