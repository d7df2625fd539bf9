/* SPDX-License-Identifier: MIT */
/*
 * config: collect.conf read into a plan.
 *
 *	set interval 10s
 *	label site = fra1
 *	source host { level detailed }
 *	source exec "/usr/libexec/smart" { name smart; interval 5m; arg -a }
 */
#ifndef NC_COLLECT_CONFIG_H
#define NC_COLLECT_CONFIG_H

#include "base/diag.h"
#include "settings.h"

/* What a file may say for the whole program; NULL and NAN: not said. */
struct collect_config {
	char *host, *root;
	double interval, self;
	bool has_level;
	enum metric_level level;
	struct wanted_list wanted;
};

/* 0, or -1 after all of its faults were said.  Owned: collect_config_free(),
 * in either case. */
int collect_config_read(const char *path, struct collect_config *c,
    struct diag *diag);
void collect_config_free(struct collect_config *c);

#endif
