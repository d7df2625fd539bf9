/* SPDX-License-Identifier: MIT */
/* mem: allocation that ends the program instead of failing. */
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exitcode.h"

static _Noreturn void
out_of_memory(void)
{
	static const char msg[] = "out of memory\n";

	if (write(STDERR_FILENO, msg, sizeof(msg) - 1) == -1)
		_exit(NC_EXIT_FAILED);
	_exit(NC_EXIT_FAILED);
}

void *
xmalloc(size_t size)
{
	void *p;

	assert(size != 0);
	if ((p = malloc(size)) == NULL)
		out_of_memory();
	return p;
}

void *
xcalloc(size_t count, size_t size)
{
	void *p;

	assert(count != 0 && size != 0);
	if ((p = calloc(count, size)) == NULL)
		out_of_memory();
	return p;
}

void *
xreallocarray(void *p, size_t count, size_t size)
{
	assert(count != 0 && size != 0);
	if ((p = reallocarray(p, count, size)) == NULL)
		out_of_memory();
	return p;
}

char *
xmemdup0(const char *p, size_t len)
{
	char *s = xmalloc(len + 1);

	if (len != 0)
		memcpy(s, p, len);
	s[len] = '\0';
	return s;
}

char *
xstrdup(const char *s)
{
	return xmemdup0(s, strlen(s));
}

char *
xasprintf(const char *fmt, ...)
{
	char *s;
	int n;
	va_list ap;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n == -1)
		out_of_memory();
	return s;
}
