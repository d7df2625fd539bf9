/* SPDX-License-Identifier: MIT */
/*
 * notify: records in, alerts into the spool, the spool to the channels, in
 * one loop.  With -p everything is passed on, whatever becomes of the spool.
 */
#ifndef NC_NOTIFY_NOTIFY_H
#define NC_NOTIFY_NOTIFY_H

#include "base/diag.h"
#include "base/intern.h"
#include "settings.h"

enum notify_mode {
	NOTIFY_READ, /* records, then what is due */
	NOTIFY_DRAIN, /* what is due, once */
	NOTIFY_DAEMON /* until a signal */
};

struct notify_options {
	enum notify_mode mode;
	const char *spool; /* its folder */
	const char *host; /* of our own samples */
	char **files;
	int nfiles;
	bool pass, strict, spool_only;
	double drain, self; /* seconds */
	/* The configuration anew, on SIGHUP: 0, or -1 after it was said. */
	int (*reload)(void *arg, struct settings *s);
	void *reload_arg;
};

/* The exit status; *signo is the signal that ended it, SIGPIPE when the
 * reader of standard output has gone. */
int notify_run(const struct notify_options *o, const struct settings *s,
    struct intern *names, struct diag *d, int *signo);

#endif
