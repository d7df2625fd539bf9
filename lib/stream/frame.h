/* SPDX-License-Identifier: MIT */
/*
 * frame: builds one record and hands it over as finished lines of at most
 * 4,096 bytes with their LF (PIPE_BUF), splitting a large sample into frames
 * of the same identity and ts, cutting what cannot be split ("truncated":N).
 * Keys come out in the order of the record format whatever the call order
 * within a group; strings are made valid UTF-8 and escaped here.  Never
 * writes: lines go to a callback.
 */
#ifndef NC_STREAM_FRAME_H
#define NC_STREAM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "stream/record.h"

#define FRAME_LINE_MAX 4096

struct frame;

/* Receives one whole line with its LF.  Returns 0, or -1 to stop. */
typedef int frame_sink(void *arg, const char *line, size_t len);

/* Owned: frame_free().  Borrows arg. */
struct frame *frame_new(frame_sink *sink, void *arg);
void frame_free(struct frame *f);
/*
 * What every record of a source has in common, until the next call.  up is
 * NAN when not known.  Copies its strings.
 */
void frame_origin(struct frame *f, const char *host, const char *source);
void frame_clock(struct frame *f, double ts, double up);
/*
 * A label of every later record that has an entity, ahead of its own; one of
 * the record's own with the same key wins.  Copied.  A key of NULL forgets
 * them all.
 */
void frame_common_label(struct frame *f, const char *key, struct span value);

/* Starts a record; entity and id may be empty for sweep, gap, tick. */
void frame_begin(struct frame *f, enum record_kind kind, const char *entity,
    struct span id);
void frame_label(struct frame *f, const char *key, struct span value);
/* NAN means: not said. */
void frame_interval(struct frame *f, double seconds);
void frame_since(struct frame *f, double epoch);
void frame_quality(struct frame *f, enum record_quality q, double age);
/* Non-finite numbers are dropped: absent = not measured. */
void frame_value(struct frame *f, const char *name, double v);
void frame_value_u64(struct frame *f, const char *name, uint64_t v);
/* Other top-level members, after the common ones and before values. */
void frame_text(struct frame *f, const char *key, struct span text);
void frame_number(struct frame *f, const char *key, double v);
/* Any JSON text as it stands: trusted, not checked. */
void frame_raw(struct frame *f, const char *key, struct span json);
/* Text as a JSON string behind b, at most max bytes of it: for frame_raw(). */
void frame_quote(struct buf *b, struct span text, size_t max);
/* Ends the record and passes its line or lines on; the sink's answer. */
int frame_end(struct frame *f);

/* What has been ended so far; the caller may set it back to 0. */
struct frame_counts {
	uint64_t records; /* of any kind, a split one counts once */
	uint64_t samples; /* of kind sample */
	uint64_t values; /* numbers in samples */
};
struct frame_counts *frame_counts(struct frame *f); /* borrowed */

/* Shortest decimal text that reads back as v (finite); returns its length.
 * to has room for 32 bytes.  Beyond 2^53 it is written as a real. */
size_t frame_format(double v, char *to);

#endif
