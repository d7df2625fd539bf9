/* SPDX-License-Identifier: MIT */
/*
 * mime: a mail in lines ended by CR LF: headers that cannot become two
 * (RFC 5322, words in RFC 2047), bodies encoded so that no line is long, bare
 * or anything but ASCII (RFC 2045).  Pure.
 */
#ifndef NC_NOTIFY_MIME_H
#define NC_NOTIFY_MIME_H

#include "base/buf.h"
#include "base/span.h"

/* "NAME: VALUE", folded; whatever the value has in it, one header. */
void mime_header(struct buf *b, const char *name, struct span value);
/* Of what is fit for a header as it stands; folded between words only. */
void mime_plain_header(struct buf *b, const char *name, const char *value);
void mime_date(struct buf *b, double ts); /* "Sun, 22 Nov 2026 ... +0000" */
void mime_quoted(struct buf *b, struct span text); /* quoted-printable */
void mime_base64(struct buf *b, struct span data); /* in lines of 76 */
/* For HTML, between tags and in attributes. */
void mime_html(struct buf *b, struct span text);

#endif
