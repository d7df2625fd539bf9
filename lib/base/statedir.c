/* SPDX-License-Identifier: MIT */
/* statedir: the first of four answers that is there. */
#include "base/statedir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static bool
is_set(const char *s)
{
	return s != NULL && s[0] != '\0';
}

char *
statedir_system(const char *tool)
{
	return xasprintf("/var/lib/novacron/%s", tool);
}

char *
statedir_choose(const struct statedir_from *from, struct nc_err *e)
{
	if (is_set(from->option))
		return xstrdup(from->option);
	if (is_set(from->nc_state_dir))
		return xasprintf("%s/%s", from->nc_state_dir, from->tool);
	if (from->system_exists)
		return statedir_system(from->tool);
	/* XDG base directory specification: a relative path is ignored. */
	if (is_set(from->xdg_state_home) && from->xdg_state_home[0] == '/')
		return xasprintf("%s/novacron/%s", from->xdg_state_home,
		    from->tool);
	if (is_set(from->home))
		return xasprintf("%s/.local/state/novacron/%s", from->home,
		    from->tool);
	err_set(e, 0, "no folder for state: give %s or set NC_STATE_DIR",
	    from->option_name != NULL ? from->option_name : "--state DIR");
	return NULL;
}

static const char *
variable(char *const *environment, const char *name)
{
	size_t n = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, n) == 0 &&
		    (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

char *
statedir_find(const char *tool, const char *option, const char *option_name,
    char *const *environment, struct nc_err *e)
{
	char *system = statedir_system(tool), *dir;
	struct statedir_from from = {
	    .tool = tool,
	    .option = option,
	    .option_name = option_name,
	    .nc_state_dir = variable(environment, "NC_STATE_DIR"),
	    .xdg_state_home = variable(environment, "XDG_STATE_HOME"),
	    .home = variable(environment, "HOME"),
	    .system_exists = access(system, F_OK) == 0,
	};

	dir = statedir_choose(&from, e);
	free(system);
	return dir;
}
