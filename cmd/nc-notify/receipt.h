/* SPDX-License-Identifier: MIT */
/*
 * receipt: what became of a notification, as delivery records: to the ledger
 * in the spool, a file a day that is only appended to, and with -p to
 * standard output.
 */
#ifndef NC_NOTIFY_RECEIPT_H
#define NC_NOTIFY_RECEIPT_H

#include "alert.h"
#include "base/err.h"
#include "spool.h"
#include "stream/writer.h"

struct receipts;

struct receipt {
	const struct alert *alert;
	const char *channel; /* "-": none */
	unsigned attempt;
	const char *result; /* sent, deferred, dead, muted */
	long code; /* 0: none */
	const char *message; /* or NULL */
	double now, late; /* late: NAN when it does not apply */
};

/* Borrows the spool's folder name and out (NULL: ledger only). */
struct receipts *receipts_new(const struct spool *sp, struct writer *out);
void receipts_free(struct receipts *r); /* writes what it has; NULL is fine */
void receipt_add(struct receipts *r, const struct receipt *t);
/* Writes what was added; sync: and makes it durable. */
int receipts_flush(struct receipts *r, bool sync, struct nc_err *e);

#endif
