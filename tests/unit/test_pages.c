/* SPDX-License-Identifier: MIT */
/*
 * More domains than fit into one answer, with libvirt's own test driver.
 * tool: nc-collect
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libvirt/call.h"
#include "libvirt/pages.h"
#include "tap.h"

#define DOMAINS 30
#define MAX 16 /* a listing may have, here */

static unsigned refused, listed;

/* As a daemon that answers with at most MAX. */
static int
narrow(virConnectPtr conn, virDomainPtr **list, unsigned flags)
{
	int n = virConnectListAllDomains(conn, list, flags);

	if (n <= MAX) {
		listed++;
		return n;
	}
	for (int i = 0; i < n; i++)
		virDomainFree((*list)[i]);
	free(*list);
	refused++;
	return PAGES_REFUSED;
}

static int
never(virConnectPtr conn, virDomainPtr **list, unsigned flags)
{
	(void)conn;
	(void)list;
	(void)flags;
	refused++;
	return PAGES_REFUSED;
}

static int
broken(virConnectPtr conn, virDomainPtr **list, unsigned flags)
{
	(void)conn;
	(void)list;
	(void)flags;
	listed++;
	return -1;
}

/* Two of three running, the others off: 20 and 10. */
static virConnectPtr
open_node(void)
{
	char path[] = "/tmp/nc-pages.XXXXXX", uri[64];
	FILE *f = fdopen(mkstemp(path), "w");
	virConnectPtr conn;

	fprintf(f,
	    "<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>");
	for (int i = 0; i < DOMAINS; i++)
		fprintf(f,
		    "<domain type='test' xmlns:test='http://libvirt.org/"
		    "schemas/domain/test/1.0'><name>d%d</name><uuid>"
		    "0b1a5c3e-0000-4000-8000-%012d</uuid><memory>1024</memory>"
		    "<vcpu>1</vcpu><os><type>hvm</type></os><test:runstate>%d"
		    "</test:runstate></domain>",
		    i, i, i % 3 == 0 ? 5 : (i % 3 == 1 ? 1 : 3));
	fprintf(f, "</node>");
	fclose(f);
	snprintf(uri, sizeof(uri), "test://%s", path);
	conn = virConnectOpen(uri);
	unlink(path);
	return conn;
}

static void
test_stats(virConnectPtr conn)
{
	static const size_t sizes[] = {1, 7, DOMAINS, 4096};
	virDomainStatsRecordPtr *records;
	char uuid[VIR_UUID_STRING_BUFLEN];
	bool seen[DOMAINS];
	size_t n, i, different, k;

	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		memset(seen, 0, sizeof(seen));
		different = 0;
		OK(pages_stats(conn, sizes[k], VIR_DOMAIN_STATS_STATE, 0,
		       &records, &n) == 0 &&
			n == DOMAINS && records[n] == NULL,
		    "all of them, ended by NULL");
		for (i = 0; i < n; i++) {
			virDomainGetUUIDString(records[i]->dom, uuid);
			if (!seen[atoi(uuid + 24)]) {
				seen[atoi(uuid + 24)] = true;
				different++;
			}
		}
		OK(different == DOMAINS, "each of them once");
		virDomainStatsRecordListFree(records);
	}
}

static void
test_domains(virConnectPtr conn)
{
	virDomainPtr *all;
	size_t n;

	refused = listed = 0;
	OK(pages_domains(conn, narrow, &all, &n) == 0 && n == DOMAINS,
	    "a listing that is refused is divided");
	OK(refused >= 3 && listed >= 3, "by more than one trait");
	for (size_t i = 0; i < n; i++)
		virDomainFree(all[i]);
	free(all);
	refused = listed = 0;
	OK(pages_domains(conn, never, &all, &n) == -1 && refused > 1,
	    "one that is always refused fails in the end");
	OK(pages_domains(conn, broken, &all, &n) == -1 && listed == 1,
	    "another failure is final");
}

int
main(void)
{
	virConnectPtr conn;

	call_silence();
	conn = open_node();
	OK(conn != NULL, "a node of the test driver");
	if (conn != NULL) {
		test_stats(conn);
		test_domains(conn);
		virConnectClose(conn);
	}
	return tap_done();
}
