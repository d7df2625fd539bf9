/* SPDX-License-Identifier: MIT */
/*
 * template: text with fields of a message in braces, each through pure
 * filters: "{severity|upper} {host}: {text|trunc 120}".  There are no loops,
 * lookups or conditions; what is wrong with a template is said when the
 * configuration is read, and nothing can go wrong later: a field that an
 * alert does not have is empty, or {field|else "none"}.  {{ and }} are braces.
 *
 * Fields: title, lines, count, id, thread, late, and of the first alert
 * severity, state, change, alert, host, entity, id, text, runbook, value,
 * limit, unit, ts, start, seq, incident, episode, fingerprint, flags, or any
 * label, also as label.NAME.
 * Filters: upper, lower, trunc N, else "TEXT", pct, bytes, dur, ts, json
 * (escaped for a JSON string), url (percent-encoded), line (one line).
 */
#ifndef NC_NOTIFY_TEMPLATE_H
#define NC_NOTIFY_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct template;
struct sending;

/* Appends one value to b, escaped for where it is going. */
typedef void template_escape(struct buf *b, struct span value);

/* -1 with a reason.  Owned: template_free(). */
struct template *template_parse(const char *text, struct nc_err *e);
void template_free(struct template *t); /* NULL is fine */
/* Appends; escape (NULL: none) is done to fields, not to the text between. */
void template_expand(const struct template *t, const struct sending *s,
    template_escape *escape, struct buf *b);
/* With every field replaced by a word, for a check of what is around. */
void template_sample(const struct template *t, struct buf *b);

#endif
