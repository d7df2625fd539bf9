/* SPDX-License-Identifier: MIT */
/*
 * words: what operators ask and do by hand: list, show, why, history; ack,
 * unack, silence, maintenance, unsilence.  Reads the state without its lock,
 * writes nothing but lines of the actions log.
 */
#ifndef NC_ALERT_WORDS_H
#define NC_ALERT_WORDS_H

#include <stdbool.h>

#include "base/diag.h"

struct words_options {
	const char *word;
	char **operands;
	int noperands;
	const char *state; /* folder */
	const char *config; /* NULL: those the state was made with */
	const char *const *defines; /* of config; NULL ends */
	const char *author, *reason; /* NULL: not said */
	double seconds; /* how long; NAN: not said */
	double now; /* wall clock: when it is done */
	bool json, dry_run, force;
};

bool words_is(const char *word);
/* A status. */
int words_run(const struct words_options *o, struct diag *diag);

#endif
