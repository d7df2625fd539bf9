/* SPDX-License-Identifier: MIT */
/*
 * query: a question to the store and what its parts share: who is meant, the
 * range, how fresh the files are, whether something could not be answered.
 */
#ifndef NC_QUERY_QUERY_H
#define NC_QUERY_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/zone.h"
#include "lang/selector.h"
#include "metric/store.h"

enum query_form { QUERY_RECORDS, QUERY_CSV, QUERY_TABLE, QUERY_PLOT };

struct query_options {
	const char *dir;
	struct store_range range;
	double now;
	struct selector **selectors;
	size_t nselectors; /* 0: everything */
	enum query_form form;
	const char *kinds; /* of the log, comma-separated; NULL: samples */
	const char *output; /* graph: the picture */
	unsigned width, height; /* graph, plot; 0: what fits */
	bool utf8; /* the terminal can show it */
	const struct zone *zone;
};

/* An entity that was asked for. */
struct query_match {
	const struct store_entity *entity;
	bool *wanted; /* owned: by metric; NULL: all of them */
	struct store_points points;
	size_t at; /* next point to be printed */
};

struct query {
	const struct query_options *o;
	struct diag *diag;
	struct store_reader *reader;
	struct query_match *matches; /* owned, in the reader's order */
	size_t nmatches;
	bool partial; /* something could not be answered */
	bool stale; /* the journal could not be put in its place */
	bool failed; /* output: nothing more is written */
};

/* Opens the store, makes it fresh, finds who is meant.  0, or an exit
 * status and it has been said why. */
int query_open(struct query *q, const struct query_options *o, struct diag *d);
void query_close(struct query *q);
/* Says what could not be read, and remembers that the answer is partial. */
void query_fault(struct query *q, const struct nc_err *e);
/* One match's points of a part of the range; false: there are none. */
bool query_read(struct query *q, struct query_match *m,
    const struct store_range *range);
bool query_wants(const struct query_match *m, size_t metric);
/* The value of a metric at a point; NAN when it is not known. */
double query_value(const struct query_match *m, size_t point, size_t metric);
/* Its name for people: the label "name", else the id. */
struct span query_name(const struct store_entity *n);
struct span query_label(const struct store_entity *n, const char *key);

/* Each prints what was found; the exit status. */
int query_print(struct query *q);
int query_list(struct query *q);
int query_plot(struct query *q);
int query_graph(struct query *q);
/* From the log; needs no query_open(). */
int query_log(const struct query_options *o, struct diag *d);

#endif
