/* SPDX-License-Identifier: MIT */
/* transfer_priv: one transfer, for who knows what is in it: http and smtp. */
#ifndef NC_NET_TRANSFER_PRIV_H
#define NC_NET_TRANSFER_PRIV_H

#include <curl/curl.h>
#include <stdbool.h>

#include "net/multi.h"

struct transfer {
	struct multi *multi;
	struct transfer *previous, *next;
	CURL *easy;
	struct curl_slist *list; /* headers, or recipients */
	char error[CURL_ERROR_SIZE];
	/* It is over: tell, then free with transfer_end(). */
	void (*over)(struct transfer *t, CURLcode code);
};

struct transfer_rules {
	const char *protocols;
	const char *cafile, *pin; /* or NULL */
	double timeout;
};

/*
 * Makes the easy handle of t, which the caller owns, under the rules that hold
 * for all: certificates verified, TLS 1.2 or newer, no redirect, a deadline.
 * -1: libcurl lacks what safety rests on.
 */
int transfer_init(struct transfer *t, struct multi *m,
    const struct transfer_rules *r, struct nc_err *e);
int transfer_begin(struct transfer *t, struct nc_err *e);
void transfer_end(struct transfer *t); /* what it holds, not t */
const char *transfer_error(const struct transfer *t, CURLcode code);
/* No blank, no control byte: nothing that could end a line of a protocol. */
bool transfer_is_plain(const char *s, bool blanks);

/* Frees gone, soon: one cannot be freed from what it calls.  Takes gone. */
void multi_discard(struct multi *m, struct multi *gone);

#endif
