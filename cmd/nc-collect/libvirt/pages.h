/* SPDX-License-Identifier: MIT */
/*
 * pages: statistics of more domains than fit into one answer: libvirt's
 * protocol refuses more than 16,384 at once, and more than 32 MiB, which some
 * thousand domains with all their fields exceed.  In the thread of a call.
 */
#ifndef NC_COLLECT_LIBVIRT_PAGES_H
#define NC_COLLECT_LIBVIRT_PAGES_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>

/* A virErrorNumber that an answer of less could be without. */
bool pages_may_help(int code);

#define PAGES_REFUSED (-2)
/* A listing as virConnectListAllDomains() gives it, or PAGES_REFUSED: there
 * are too many with these flags. */
typedef int pages_list(virConnectPtr conn, virDomainPtr **list, unsigned flags);

/* All domains, by list (NULL: the library's).  Owned: a reference each, and
 * the array.  -1: refused however it is divided. */
int pages_domains(virConnectPtr conn, pages_list *list, virDomainPtr **all,
    size_t *n);
/* Their statistics, at most page domains a call, as one list.  Owned:
 * virDomainStatsRecordListFree(). */
int pages_stats(virConnectPtr conn, size_t page, unsigned stats, unsigned flags,
    virDomainStatsRecordPtr **records, size_t *n);

#endif
