/* SPDX-License-Identifier: MIT */
/* exitcode: the exit statuses of every NovaCron program. */
#ifndef NC_BASE_EXITCODE_H
#define NC_BASE_EXITCODE_H

enum nc_exit {
	NC_EXIT_OK = 0, /* done */
	NC_EXIT_PARTIAL = 1, /* done, but some input or some hosts were bad */
	NC_EXIT_USAGE = 2, /* usage or configuration; nothing was done */
	NC_EXIT_FAILED = 3, /* could not go on: I/O, store, peer */
	NC_EXIT_CONDITION = 4 /* condition met, with -e only */
};

#endif
