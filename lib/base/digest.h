/* SPDX-License-Identifier: MIT */
/*
 * digest: SHA-256 and its HMAC, base64 and hex.  The one door to libcrypto.
 */
#ifndef NC_BASE_DIGEST_H
#define NC_BASE_DIGEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

#define DIGEST_SHA256 32

struct digest;

void digest_sha256(struct span data, unsigned char out[DIGEST_SHA256]);
void digest_hmac_sha256(struct span key, struct span data,
    unsigned char out[DIGEST_SHA256]);
/* The same in pieces.  Owned; digest_end() frees it. */
struct digest *digest_begin(void);
void digest_add(struct digest *d, struct span data);
void digest_end(struct digest *d, unsigned char out[DIGEST_SHA256]);
/* Equal, in a time that does not depend on where they differ. */
bool digest_equal(struct span a, struct span b);

/* Lower case; appended. */
void digest_hex(struct span data, struct buf *b);
/* false on an odd length or any other byte (either case is fine). */
bool digest_unhex(struct span hex, struct buf *b);
/* RFC 4648 section 4, padded, no line breaks; appended. */
void digest_base64(struct span data, struct buf *b);
/* false unless canonical: padded, no other byte, no stray bits. */
bool digest_unbase64(struct span text, struct buf *b);

#endif
