/* SPDX-License-Identifier: MIT */
/*
 * say: the text of an alert: words with {label}, {metric} and
 * {expression|filter} in them.  Checked when it is read; nothing in it can
 * fail later: what is not known stands there as "?name".
 */
#ifndef NC_ALERT_SAY_H
#define NC_ALERT_SAY_H

#include "base/buf.h"
#include "base/err.h"
#include "lang/expr.h"

struct say;

/* NULL and *e when it cannot be read.  Owned: say_free(). */
struct say *say_parse(const char *text, struct nc_err *e);
void say_free(struct say *s); /* NULL is fine */
void say_each(const struct say *s, void (*each)(struct expr *x, void *arg),
    void *arg);
/* Appends the text for the entity at. */
void say_render(const struct say *s, const struct expr_env *env, void *at,
    struct buf *out);

#endif
