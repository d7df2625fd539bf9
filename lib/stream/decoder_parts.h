/* SPDX-License-Identifier: MIT */
/*
 * decoder_parts: what the files of the decoder share, and nobody else
 * includes: decoder_read.c (grammar), decoder_take.c (the rules of records),
 * decoder.c (prediction, and the whole).
 */
#ifndef NC_STREAM_DECODER_PARTS_H
#define NC_STREAM_DECODER_PARTS_H

#include "stream/predict.h"
#include "stream/scan.h"

#define MEMBERS_MAX 256 /* labels, and members that we do not know */

enum member {
	M_V,
	M_KIND,
	M_TS,
	M_UP,
	M_HOST,
	M_SOURCE,
	M_ENTITY,
	M_ID,
	M_LABELS,
	M_INTERVAL,
	M_SINCE,
	M_QUALITY,
	M_AGE,
	M_VALUES,
	M_COUNT,
	M_OTHER = M_COUNT
};

struct token {
	enum scan_type type;
	struct span raw, text;
	double number;
};

#define GUESSES 16u

struct decoder {
	struct intern *names; /* borrowed */
	const struct fast *fast;
	struct layouts *layouts; /* owned */
	struct predict *predict; /* owned */
	uint32_t guesses[GUESSES]; /* latest layout, by entity */

	/* The line in hand. */
	struct token tokens[M_COUNT];
	struct record_label *labels; /* MEMBERS_MAX; a value {NULL, 0} is bad */
	size_t nlabels;
	struct record_field *fields; /* MEMBERS_MAX */
	size_t nfields;
	struct record_value *values; /* owned; a number NAN is bad */
	size_t nvalues, values_cap;
	uint32_t *seen; /* by name: the number of its value, plus turn */
	size_t seen_cap;
	uint32_t turn;
	char *scratch; /* unescaped text */
	size_t scratch_len, scratch_cap;
	const char *limit; /* a literal: which of our limits the line breaks */
	uint32_t layout; /* of the values, when it is known already */
	/* Its form is one that can be remembered: known members, each once,
	 * the values last. */
	bool regular;
	struct predict_shape shape;
	struct predict_entry *entry; /* borrowed from predict */
};

struct decoder_rule {
	enum member member;
	unsigned has;
	double low, high;
};

/* Of the numbers that differ on each line, by enum predict_number. */
extern const struct decoder_rule decoder_moving[FAST_SLOTS];
extern const char *const decoder_members[M_COUNT];

/* The line in hand, from its start; false with s->why when it is not JSON. */
bool decoder_read(struct decoder *d, struct scan *s);
/* What was read, as a record. */
int decoder_take(const struct decoder *d, struct record *r, struct nc_err *e);
void decoder_need_values(struct decoder *d, size_t n); /* room for n */
void decoder_next_turn(struct decoder *d); /* no value has been seen */
/* Where the latest layout of the entity in hand is kept. */
uint32_t *decoder_guess(struct decoder *d);

#endif
