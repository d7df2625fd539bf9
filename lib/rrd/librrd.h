/* SPDX-License-Identifier: MIT */
/*
 * librrd: what is used of librrd, loaded when it is first needed: it brings
 * cairo and pango along, and only a new file or a picture needs it.  Never
 * prints.
 */
#ifndef NC_RRD_LIBRRD_H
#define NC_RRD_LIBRRD_H

#include <rrd.h>

#include "base/err.h"

struct librrd {
	__typeof__(rrd_create_r) *create;
	__typeof__(rrd_graph_v) *graph;
	__typeof__(rrd_info_free) *info_free;
	__typeof__(rrd_clear_error) *clear_error;
	__typeof__(rrd_test_error) *test_error;
	__typeof__(rrd_get_error) *get_error;
};

/* It stays loaded; the next call is cheap. */
int librrd_load(struct librrd *l, struct nc_err *e);

#endif
