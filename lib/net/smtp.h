/* SPDX-License-Identifier: MIT */
/*
 * smtp: one mail to one recipient over SMTP (RFC 5321), with STARTTLS or
 * SMTPS and AUTH.  Never without TLS unless told, never to an address or with
 * a text that could say more to the server than it should, never waits for a
 * server that does not answer its farewell.  Never prints.
 */
#ifndef NC_NET_SMTP_H
#define NC_NET_SMTP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "net/multi.h"

struct smtp_call; /* one mail under way */

struct smtp_reply {
	bool sent; /* the server has taken it upon itself */
	long code; /* of its last reply; 0: there was none */
	struct span said; /* its last line, as it came */
	const char *error; /* when not sent: why */
	bool asked; /* when not sent: all of the text had gone out */
};

typedef void smtp_done_fn(void *arg, const struct smtp_reply *reply);

/* All borrowed for the call only. */
struct smtp_mail {
	const char *url; /* smtp: or smtps: */
	const char *helo; /* our name */
	const char *from, *to; /* bare addresses */
	const char *user, *password; /* or NULL */
	bool bearer; /* the password is a token, for XOAUTH2 */
	bool plain; /* smtp: without TLS */
	struct span text; /* lines of at most 998 bytes, each ended by CR LF */
	const char *cafile, *pin; /* as for net/http */
	double timeout;
	smtp_done_fn *done;
	void *arg;
};

/* A bare address we hand to a server: letters, digits and a few signs on both
 * sides of one @, ASCII only (a domain in its A-label form). */
bool smtp_address(struct span s);
/* NULL with *e when it cannot even begin.  Owned until done is called. */
struct smtp_call *smtp_send(struct multi *m, const struct smtp_mail *mail,
    struct nc_err *e);
void smtp_cancel(struct smtp_call *c); /* done is not called */

#endif
