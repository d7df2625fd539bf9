/* SPDX-License-Identifier: MIT */
/*
 * secret: where a password, key or secret address is, and what it is.  Read
 * anew each time it is needed, so that it can be changed while we run; never
 * printed or put in a message.  What a command says is kept for a minute.
 */
#ifndef NC_NOTIFY_SECRET_H
#define NC_NOTIFY_SECRET_H

#include "base/buf.h"
#include "base/err.h"
#include "lang/config.h"

enum secret_kind {
	SECRET_NONE,
	SECRET_CREDENTIAL,
	SECRET_FILE,
	SECRET_ENV,
	SECRET_COMMAND
};

struct secret {
	enum secret_kind kind;
	char *name; /* of the credential, file, variable, program; owned */
	struct secret_command *command; /* owned */
};

/* credential NAME | file PATH | env NAME | command PROGRAM ..., in hand behind the word "secret".
 * 0, or -1: reported. */
int secret_parse(struct config_cursor *cur, struct secret *s);
void secret_free(struct secret *s);
/* Appends it, without the newline at its end.  -1 with a reason that tells
 * where, not what. */
int secret_read(const struct secret *s, struct buf *b, struct nc_err *e);
/* Overwrites and frees what held one. */
void secret_wipe(struct buf *b);

#endif
