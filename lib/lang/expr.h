/* SPDX-License-Identifier: MIT */
/*
 * expr: the one expression language: conditions of alert rules, filters.
 * Inside the scope of one entity each of its metrics is a number:
 *
 *	free_ratio < 10% and avg(write_bytes_per_second, 5m) > 1MiB
 *	max(busy_ratio over vm.disk{name=vd*}) > 0.9 or host.load1 > 64
 *	fstype =~ "^ext" and not absent(3m)
 *	eta(free_bytes, 0, 6h) < 24h and confidence() > 0.8
 *	anomaly(steal_seconds_total) > 0.99
 *
 * A value is known, unknown, or known within bounds: what nobody measured is
 * neither true nor false, and stays so through arithmetic and logic (Kleene's
 * three values, as intervals).  Where numbers come from is the caller's.
 * Never prints, never reads a clock.
 */
#ifndef NC_LANG_EXPR_H
#define NC_LANG_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "lang/config.h"
#include "lang/selector.h"

#define EXPR_DEPTH_MAX 64
#define EXPR_NODES_MAX 4096
#define EXPR_RANGE_MAX 86400.0 /* seconds of a window */
#define EXPR_PAST_MAX (56 * 86400.0) /* of offset() and baseline() */
#define EXPR_AHEAD_MAX (365 * 86400.0)

enum expr_type { EXPR_NUMBER, EXPR_CONDITION };

enum expr_function {
	EXPR_LAST, /* the latest value; a counter's is its rate */
	EXPR_RAW, /* the number as it was sent */
	EXPR_AVG,
	EXPR_MIN,
	EXPR_MAX,
	EXPR_SUM,
	EXPR_COUNT, /* values in the window */
	EXPR_STDDEV,
	EXPR_QUANTILE, /* p1 .. p99 */
	EXPR_RATE, /* range 0: of the last two samples */
	EXPR_INCREASE,
	EXPR_DELTA, /* last minus first */
	EXPR_DERIV, /* least squares, per second */
	EXPR_CHANGES,
	EXPR_RESETS,
	EXPR_LEVEL, /* of the robust line over range: now, ... */
	EXPR_SLOPE, /* ... a second, ... */
	EXPR_CERTAINTY, /* ... and 1 - p of there being no trend */
	EXPR_OFFSET, /* what it was range ago */
	EXPR_BASELINE_HOUR, /* usual at this hour of the day, ... */
	EXPR_BASELINE_WEEKHOUR, /* ... of the week, in range */
	EXPR_ANOMALY, /* from here on: out of nc-analyze's records */
	EXPR_FORECAST, /* range: seconds ahead */
	EXPR_FULL, /* seconds until then; INFINITY: never */
	EXPR_CHANGE, /* what it has moved by, within range */
	EXPR_CAUSE,
	EXPR_CONFIDENCE, /* in what "of" says */
	EXPR_NOW, /* the time of the records */
	EXPR_AGE, /* seconds since it was read */
	EXPR_PRESENT, /* 1 or 0 */
	EXPR_ABSENT
};

/* One number an expression asks for. */
struct expr_input {
	size_t index; /* its place among the inputs of the expression */
	enum expr_function function;
	const char *scope; /* "host", "vm": of that ancestor; NULL: own */
	const char *metric; /* NULL: the entity as a whole (AGE and below) */
	double range; /* seconds up to now; 0: the latest */
	double quantile; /* 0..1 */
	enum expr_function of; /* with CONFIDENCE */
	const struct selector *over; /* of those parts; NULL: not of parts */
	size_t user; /* the caller's, by expr_bind() */
};

/* Unknown: a number {-INFINITY, INFINITY}, a condition {0, 1}.  "Never" is a
 * number of seconds that is known: {INFINITY, INFINITY}. */
struct expr_value {
	double lo, hi;
};

enum expr_found {
	EXPR_FOUND,
	EXPR_UNKNOWN, /* missing now, stale, no rate yet */
	EXPR_NEVER /* this entity has never had it */
};

/* Where an expression looks; at is the caller's notion of one entity. */
struct expr_env {
	void *arg;
	enum expr_found (*input)(void *arg, void *at,
	    const struct expr_input *in, double *value);
	/* What labels are asked of.  Borrowed until the next call. */
	const struct selector_subject *(*subject)(void *arg, void *at);
	/* The part of at behind after (NULL: the first) that over means, NULL
	 * at the end.  May be NULL where there are no parts. */
	void *(*part)(void *arg, void *at, const struct selector *over,
	    void *after);
};

struct expr; /* immutable once parsed */

/*
 * All of text.  NULL with "column N: what, expected what" in *e.  Owned:
 * expr_free().
 */
struct expr *expr_parse(struct span text, enum expr_type want,
    struct nc_err *e);
/*
 * The longest expression at the cursor, which is moved behind it.  With left
 * (borrowed for the call) it may begin with a comparison, whose left side is
 * that of left.  NULL when trouble was reported.
 */
struct expr *expr_read(struct config_cursor *c, enum expr_type want,
    const struct expr *left);
void expr_free(struct expr *x); /* NULL is fine */

struct expr_value expr_eval(const struct expr *x, const struct expr_env *env,
    void *at);
/*
 * The two sides of its first comparison of numbers, for people: what is and
 * what it must not be.  False when there is none.
 */
bool expr_sides(const struct expr *x, const struct expr_env *env, void *at,
    struct expr_value *is, struct expr_value *limit);
/* a and b, in three values. */
struct expr_value expr_both(struct expr_value a, struct expr_value b);
/*
 * What it could be at all, when each input lies within the bounds that reach
 * says: {0, 0} for a condition that can never be true.
 */
typedef struct expr_value expr_reach_fn(void *arg, const struct expr_input *in);
struct expr_value expr_reach(const struct expr *x, expr_reach_fn *reach,
    void *arg);
/* It asks for one input to be two things at once: x < 1 and x > 2.  The input
 * or NULL. */
const struct expr_input *expr_contradiction(const struct expr *x);
/* Number i among those that something is compared with, NULL past the last;
 * may be changed. */
double *expr_limit(struct expr *x, size_t i);
/* Seconds it looks ahead by a line or a forecast, and those of the window
 * that the line is fitted to; false when it looks ahead nowhere. */
bool expr_horizon(const struct expr *x, double *ahead, double *window);
/* What stands there on the left when it is one input, of parts perhaps, or
 * eta() of it; NULL when it is a calculation. */
const struct expr_input *expr_side_input(const struct expr *x);
/* Input i, NULL past the last. */
const struct expr_input *expr_input(const struct expr *x, size_t i);
/* Puts a word of the caller's with input i. */
void expr_bind(struct expr *x, size_t i, size_t user);
/* Appends it as it is written: "rate(read_bytes_total, 5m)". */
void expr_input_text(const struct expr_input *in, struct buf *b);

/* Comes out of records of nc-analyze. */
static inline bool
expr_is_analysis(const struct expr_input *in)
{
	return in->function >= EXPR_ANOMALY && in->function <= EXPR_CONFIDENCE;
}

static inline bool
expr_known(struct expr_value v)
{
	return v.lo == v.hi;
}

static inline bool
expr_is_true(struct expr_value v)
{
	return v.lo == 1 && v.hi == 1;
}

static inline bool
expr_is_false(struct expr_value v)
{
	return v.lo == 0 && v.hi == 0;
}

#endif
