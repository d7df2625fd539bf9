/* SPDX-License-Identifier: MIT */
/*
 * statedir: where a tool keeps its state.  --state DIR, then NC_STATE_DIR,
 * then /var/lib/novacron/TOOL where that exists, then
 * $XDG_STATE_HOME/novacron/TOOL (default $HOME/.local/state).  Pure: main
 * passes in what it found.
 */
#ifndef NC_BASE_STATEDIR_H
#define NC_BASE_STATEDIR_H

#include <stdbool.h>

#include "base/err.h"

struct statedir_from {
	const char *tool; /* "nc-alert" */
	const char *option; /* --state, or NULL: taken as it is */
	const char *nc_state_dir; /* of the environment, or NULL; the tool's
				     folder is below it, since several tools
				     of one pipe share the variable */
	const char *xdg_state_home, *home; /* of the environment, or NULL */
	bool system_exists; /* statedir_system() is a folder */
	const char *option_name; /* as a user gives it; NULL: "--state DIR" */
};

/* "/var/lib/novacron/TOOL".  Owned. */
char *statedir_system(const char *tool);
/* Owned; NULL with a reason when nothing says where. */
char *statedir_choose(const struct statedir_from *from, struct nc_err *e);
/* The same for a main: option and its name as above, the environment as
 * main has it, and whether the system's folder is there is looked up. */
char *statedir_find(const char *tool, const char *option,
    const char *option_name, char *const *environment, struct nc_err *e);

#endif
