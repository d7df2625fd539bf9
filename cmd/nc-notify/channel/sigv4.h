/* SPDX-License-Identifier: MIT */
/* sigv4: requests signed as AWS asks (Signature Version 4).  Pure. */
#ifndef NC_NOTIFY_SIGV4_H
#define NC_NOTIFY_SIGV4_H

#include "service.h"

struct sigv4 {
	const char *region, *service;
	struct span key, secret; /* the id of the key, and the key */
	struct span token; /* of a session; or empty */
	double now;
};

/* Adds its headers to q, a POST of a form. */
int sigv4_sign(const struct sigv4 *v, struct request *q, struct nc_err *e);

#endif
