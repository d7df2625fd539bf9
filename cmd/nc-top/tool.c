/* SPDX-License-Identifier: MIT */
/* tool: see tool.h. */
#include "tool.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

char *
tool_path(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	const char *slash;
	char *path;

	slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
	if (slash == NULL)
		return xstrdup(name);
	path = xasprintf("%.*s/%s", (int)(slash - self), self, name);
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return xstrdup(name);
}
