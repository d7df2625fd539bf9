/* SPDX-License-Identifier: MIT */
/* words_priv: what words.c, words_act.c and words_why.c share. */
#ifndef NC_ALERT_WORDS_PRIV_H
#define NC_ALERT_WORDS_PRIV_H

#include "emit.h"
#include "engine_priv.h"
#include "keep.h"
#include "words.h"

/* The state, as of its last commit and what operators have done since. */
struct view {
	const struct words_options *o;
	struct diag *diag;
	struct rules rules;
	struct intern *names;
	struct frame *frame; /* of the engine: what it says is not wanted */
	struct frame *lines; /* records to standard output */
	struct engine *engine;
	struct keep_head head;
	struct buf bytes;
};

/* The next open episode, NULL first; NULL ends. */
struct episode *view_next(const struct view *v, const struct episode *after);
/* The one that a beginning of its fingerprint or id names; NULL when there is
 * none, or more than one: reported. */
struct episode *view_find(struct view *v, const char *name);
/* A record of it on standard output. */
void view_record(struct view *v, const struct episode *ep);
/* One line for people, with its LF. */
void view_line(struct view *v, const struct episode *ep);
void view_head(void);
/* "Nov 22 14:02:05", in the zone of the process. */
void view_time(struct buf *b, double ts);
/* Escaped, on standard output. */
void view_text(struct span s);

int words_act(struct view *v);
int words_why(struct view *v);
int words_history(struct view *v);
int words_rules(struct view *v);

#endif
