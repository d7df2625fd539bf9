/* SPDX-License-Identifier: MIT */
/*
 * past: what is kept of one series because rules ask for it: a window of
 * readings, and histories.  What is wanted goes by the name of the metric.
 */
#ifndef NC_ALERT_PAST_H
#define NC_ALERT_PAST_H

#include "lang/expr.h"
#include "metric/history.h"
#include "metric/window.h"

/* What rules want of the metrics of one name.  Zero-initialised: nothing. */
struct past_want {
	double window; /* seconds, 0: no window */
	struct {
		enum history_kind kind;
		double range;
	} * histories; /* owned */
	size_t nhistories;
};

struct past {
	struct window window;
	size_t nhistories;
	struct history histories[];
};

/* The kind that an input asks for, -1: none. */
int past_kind(const struct expr_input *in);
void past_want_add(struct past_want *w, const struct expr_input *in);
bool past_is_wanted(const struct past_want *w);
void past_want_free(struct past_want *w);

/* Owned: past_free(). */
struct past *past_new(const struct past_want *w);
void past_free(struct past *p); /* NULL is fine */
void past_add(struct past *p, const struct past_want *w,
    struct window_point at);
/* The one of that kind and range, NULL when there is none. */
struct history *past_history(struct past *p, const struct expr_input *in);

void past_save(const struct past *p, struct buf *b);
/* Into a new one; what other rules than now wanted is passed over. */
void past_load(struct past *p, struct pack_in *u);

#endif
