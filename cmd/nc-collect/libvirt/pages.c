/* SPDX-License-Identifier: MIT */
/* pages: see pages.h.  A domain that ends between the listing and its page is
 * left out by the hypervisor. */
#include "libvirt/pages.h"

#include <libvirt/virterror.h>
#include <stdlib.h>

#include "base/mem.h"

struct found {
	virDomainPtr *list; /* owned */
	size_t n;
};

/* A domain is one of each pair, or one of the four. */
static const unsigned divisions[][5] = {
    {VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE},
    {VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_TRANSIENT},
    {VIR_CONNECT_LIST_DOMAINS_RUNNING, VIR_CONNECT_LIST_DOMAINS_PAUSED,
	VIR_CONNECT_LIST_DOMAINS_SHUTOFF, VIR_CONNECT_LIST_DOMAINS_OTHER},
    {VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART},
};
#define DIVISIONS (sizeof(divisions) / sizeof(divisions[0]))

static void
add(struct found *f, virDomainPtr *list, size_t n)
{
	f->list = xreallocarray(f->list, f->n + n + 1, sizeof(*f->list));
	for (size_t i = 0; i < n; i++)
		f->list[f->n++] = list[i];
	free(list);
}

/* The server says the one of a full message, the other of a long list. */
bool
pages_may_help(int code)
{
	return code == VIR_ERR_RPC || code == VIR_ERR_INTERNAL_ERROR;
}

static int
list_some(virConnectPtr conn, virDomainPtr **list, unsigned flags)
{
	int n = virConnectListAllDomains(conn, list, flags);

	return n < 0 && pages_may_help(virGetLastErrorCode()) ? PAGES_REFUSED
							      : n;
}

static int
find(virConnectPtr conn, pages_list *list, unsigned flags, size_t depth,
    struct found *f)
{
	virDomainPtr *some;
	int n = list(conn, &some, flags);

	if (n >= 0) {
		add(f, some, (size_t)n);
		return 0;
	}
	if (depth == DIVISIONS || n != PAGES_REFUSED)
		return -1;
	for (const unsigned *bit = divisions[depth]; *bit != 0; bit++)
		if (find(conn, list, flags | *bit, depth + 1, f) == -1)
			return -1;
	return 0;
}

static void
release(struct found *f)
{
	for (size_t i = 0; i < f->n; i++)
		virDomainFree(f->list[i]);
	free(f->list);
}

int
pages_domains(virConnectPtr conn, pages_list *list, virDomainPtr **all,
    size_t *n)
{
	struct found f = {NULL, 0};

	if (find(conn, list != NULL ? list : list_some, 0, 0, &f) == -1) {
		release(&f);
		return -1;
	}
	*all = f.list;
	*n = f.n;
	return 0;
}

/* One page behind the others; what is there already ends in NULL. */
static int
add_page(virDomainPtr *page, unsigned stats, unsigned flags,
    virDomainStatsRecordPtr **records, size_t *n)
{
	virDomainStatsRecordPtr *some;
	int got = virDomainListGetStats(page, stats, &some, flags);

	if (got < 0)
		return -1;
	*records = xreallocarray(*records, *n + (size_t)got + 1,
	    sizeof(**records));
	for (int i = 0; i < got; i++)
		(*records)[(*n)++] = some[i];
	(*records)[*n] = NULL;
	free(some);
	return 0;
}

int
pages_stats(virConnectPtr conn, size_t page, unsigned stats, unsigned flags,
    virDomainStatsRecordPtr **records, size_t *n)
{
	struct found f;
	virDomainStatsRecordPtr *all = xcalloc(1, sizeof(*all));
	virDomainPtr behind;
	size_t at, end, found = 0;
	int rc = pages_domains(conn, NULL, &f.list, &f.n);

	if (rc == -1)
		f = (struct found){NULL, 0};
	for (at = 0; rc == 0 && at < f.n; at = end) {
		end = f.n - at > page ? at + page : f.n;
		/* A list ends in NULL: so does each page, for its call. */
		behind = end < f.n ? f.list[end] : NULL;
		f.list[end] = NULL;
		rc = add_page(f.list + at, stats, flags, &all, &found);
		f.list[end] = behind;
	}
	release(&f);
	if (rc == -1) {
		virDomainStatsRecordListFree(all);
		return -1;
	}
	*records = all;
	*n = found;
	return 0;
}
