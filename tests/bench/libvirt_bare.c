/* SPDX-License-Identifier: MIT */
/*
 * libvirt_bare: the floor of a sweep: the library call alone, N times.
 * bench-libs: libvirt
 */
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	virDomainStatsRecordPtr *records;
	virConnectPtr conn;
	long n;

	if (argc != 3 || (n = strtol(argv[2], NULL, 10)) < 1 ||
	    (conn = virConnectOpenReadOnly(argv[1])) == NULL) {
		fprintf(stderr, "usage: libvirt_bare URI N\n");
		return 2;
	}
	for (; n > 0; n--) {
		if (virConnectGetAllDomainStats(conn, 0, &records,
			VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
			return 1;
		virDomainStatsRecordListFree(records);
	}
	virConnectClose(conn);
	return 0;
}
