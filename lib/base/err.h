/* SPDX-License-Identifier: MIT */
/*
 * err: why a library call failed, carried to whoever can say where.
 * The lowest layer fills it; nobody above overwrites it.  Never prints.
 */
#ifndef NC_BASE_ERR_H
#define NC_BASE_ERR_H

struct nc_err {
	int code; /* an errno value, or 0 when none applies */
	char msg[200];
};

/* Fills *e (NULL is fine) and returns -1.  Overlong text is cut. */
int err_set(struct nc_err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": strerror(errno)" behind it; code is errno. */
int err_sys(struct nc_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "text: " before the message: the layer that knows the place, once. */
int err_where(struct nc_err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
