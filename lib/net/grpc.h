/* SPDX-License-Identifier: MIT */
/*
 * grpc: one call to a gRPC server behind a UNIX socket, and just enough of
 * protocol buffers to ask a question and walk through an answer: fields by
 * number, as the encoding is specified, without generated code.  Waits for at
 * most the seconds given.  Never prints, knows no message.
 */
#ifndef NC_NET_GRPC_H
#define NC_NET_GRPC_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct grpc_call {
	const char *socket; /* path */
	const char *method; /* "package.Service/Method" */
	const char *header; /* one more, "name: value", or NULL */
	struct span request; /* the message */
	double seconds; /* all of it may take; 0 for a stream: no end */
	size_t max; /* bytes of an answer, at most */
};

/* 0 and the message in *answer (cleared first), or -1: no answer, or the
 * server's reason why not. */
int grpc_ask(const struct grpc_call *c, struct buf *answer, struct nc_err *e);

/* A message of a stream; not 0: no more. */
typedef int grpc_take(void *arg, struct span message);
/* Each message as it comes, until take has enough (0), the server ends the
 * stream (0), or something is wrong: -1. */
int grpc_listen(const struct grpc_call *c, grpc_take *take, void *arg,
    struct nc_err *e);

/* Appends a field of text to a message. */
void grpc_put_text(struct buf *message, unsigned field, struct span text);

struct grpc_field {
	unsigned number;
	uint64_t value; /* of a varint or fixed number */
	struct span bytes; /* of text, bytes or a message; else {NULL, 0} */
};

/* The next field of a message: 1, 0 at its end, -1 where it is none. */
int grpc_next(struct span *rest, struct grpc_field *f);

#endif
