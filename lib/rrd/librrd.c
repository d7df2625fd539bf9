/* SPDX-License-Identifier: MIT */
/* librrd: dlopen, and the functions by name. */
#include "rrd/librrd.h"

#include <dlfcn.h>
#include <string.h>

/* Of RRDtool 1.6 and later. */
#define SONAME "librrd.so.8"

int
librrd_load(struct librrd *l, struct nc_err *e)
{
	const struct {
		const char *name;
		void *where;
	} wanted[] = {{"rrd_create_r", &l->create}, {"rrd_graph_v", &l->graph},
	    {"rrd_info_free", &l->info_free},
	    {"rrd_clear_error", &l->clear_error},
	    {"rrd_test_error", &l->test_error},
	    {"rrd_get_error", &l->get_error}};
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE),
	     *symbol = NULL;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (library != NULL)
			symbol = dlsym(library, wanted[i].name);
		if (symbol == NULL)
			return err_set(e, 0,
			    "new files and pictures need librrd: %s",
			    dlerror());
		/* ISO C knows no other way from void * to a function. */
		memcpy(wanted[i].where, &symbol, sizeof(symbol));
	}
	return 0;
}
