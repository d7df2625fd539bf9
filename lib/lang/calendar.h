/* SPDX-License-Identifier: MIT */
/*
 * calendar: spans of civil time in a time zone: "every tue 02:00-04:00 tz
 * Europe/Paris", "from 2026-11-22T02:00 to 2026-11-22T06:00".  A time is
 * inside when the clock on the wall there says so: an hour that occurs twice
 * is inside twice, one that is skipped not at all.
 */
#ifndef NC_LANG_CALENDAR_H
#define NC_LANG_CALENDAR_H

#include <stdbool.h>

#include "lang/config.h"

struct calendar;

/*
 * Reads one statement, "every ..." or "from ...", whose first word is at the
 * cursor; stops in front of a word that it does not know.  NULL when trouble
 * was reported.  Owned: calendar_free().
 */
struct calendar *calendar_read(struct config_cursor *c);
void calendar_free(struct calendar *k); /* NULL is fine */
bool calendar_covers(const struct calendar *k, double ts);

#endif
