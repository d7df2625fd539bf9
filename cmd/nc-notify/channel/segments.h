/* SPDX-License-Identifier: MIT */
/*
 * segments: how many messages of the mobile network a text is (3GPP 23.038,
 * 23.040).  One character outside of its alphabet makes all of it UCS-2, and
 * more than twice as dear.  Pure.
 */
#ifndef NC_NOTIFY_SEGMENTS_H
#define NC_NOTIFY_SEGMENTS_H

#include <stdbool.h>

#include "base/buf.h"

/* Of the text; *wide: as UCS-2. */
unsigned segments_count(struct span text, bool *wide);
/* Cuts b to max segments, ending it in "..." where it was cut. */
void segments_cut(struct buf *b, unsigned max);

#endif
