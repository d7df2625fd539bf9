/* SPDX-License-Identifier: MIT */
/* Unit tests of buf and err. */
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "tap.h"

int
main(void)
{
	struct buf b = {0};
	struct nc_err e;
	char *s;

	buf_adds(&b, "ab");
	buf_addc(&b, 'c');
	buf_addf(&b, "%d", 42);
	SAME(b.data, "abc42", "pieces in order");
	buf_drop(&b, 2);
	SAME(b.data, "c42", "dropped at the front");
	for (int i = 0; i < 1000; i++)
		buf_addc(&b, 'x');
	OK(b.len == 1003 && b.data[1003] == '\0', "grows, stays terminated");
	s = buf_take(&b);
	OK(b.len == 0 && b.data == NULL && strlen(s) == 1003, "taken whole");
	free(s);
	s = buf_take(&b);
	SAME(s, "", "an empty buffer is an empty string");
	free(s);

	OK(err_set(&e, 7, "no %s", "way") == -1 && e.code == 7, "code kept");
	err_where(&e, "/x/%d", 3);
	SAME(e.msg, "/x/3: no way", "place put in front");
	errno = ENOENT;
	err_sys(&e, "open");
	SAME(e.msg, "open: No such file or directory", "errno text");
	OK(errno == ENOENT, "errno kept");
	return tap_done();
}
