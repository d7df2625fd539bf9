/* SPDX-License-Identifier: MIT */
/*
 * manage: what a person does about alerts, as command lines of nc-alert(1),
 * here or on the host the alert is of.  Puts them together and says them as
 * a shell would take them; runs nothing, opens no file of nc-alert.
 */
#ifndef NC_TOP_MANAGE_H
#define NC_TOP_MANAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum deed {
	DEED_LIST,
	DEED_WHY,
	DEED_HISTORY,
	DEED_RULES,
	DEED_ACK,
	DEED_UNACK,
	DEED_SILENCE,
	DEED_UNSILENCE,
	DEED_MAINTENANCE,
	DEED_COUNT
};

/* The word of nc-alert for it. */
const char *deed_word(enum deed d);
/* Whether it changes anything: shown with --dry-run first. */
bool deed_changes(enum deed d);
/* The deed of a word, DEED_COUNT: none. */
enum deed deed_named(struct span word);

struct manage_line {
	char **argv; /* owned, NULL at the end */
	char *shown; /* owned: as typed into a shell */
};

/*
 * said is what was typed:
 *   list [SELECTOR]   why FP   history [FP]   rules   unack FP
 *   unsilence ID
 *   ack FP [TIME] [COMMENT]   silence|maintenance FP|SELECTOR TIME REASON
 * where a selector may hold blanks, since the time ends it.  destination:
 * ssh's name of the host to do it on, NULL: here.  0, or -1 and *e: what is
 * missing.  Owned result: manage_line_free().
 */
int manage_line(enum deed d, struct span said, bool dry_run,
    const char *destination, struct manage_line *line, struct nc_err *e);
void manage_line_free(struct manage_line *line);

#endif
