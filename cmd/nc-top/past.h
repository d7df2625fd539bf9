/* SPDX-License-Identifier: MIT */
/*
 * past: what the model does not remember of a chart, out of a store: which
 * series lacks points of what is seen, the question for nc-query(1), and its
 * answer.  Runs nothing.
 */
#ifndef NC_TOP_PAST_H
#define NC_TOP_PAST_H

#include <stdbool.h>

#include "chart.h"

#define PAST_ARGS 16

struct past_question {
	char *host, *entity, *id, *metric; /* owned: the series may go */
	double from, to, step;
	const char *argv[PAST_ARGS]; /* borrows dir and text */
	char *text[5]; /* owned: arguments made */
};

/*
 * The next thing to be asked of the store in dir (borrowed) for what is seen
 * of c; false: nothing is missing, or it has been asked.  A series is asked
 * for once for each stretch of time, whatever the answer.  Owned:
 * past_free().
 */
bool past_ask(struct chart *c, const struct model *m, const char *dir,
    struct past_question *q);
/* Takes the records that nc-query printed to their series, if it is still
 * there. */
void past_answer(struct chart *c, const struct past_question *q,
    const char *text);
void past_free(struct past_question *q);

#endif
