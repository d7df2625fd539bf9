/* SPDX-License-Identifier: MIT */
/*
 * agg: what the files of the analysis "aggregate" share.
 *
 * A shelf has its own time: that of a host, or the common one of all hosts
 * for groups that span hosts.  Time is cut into panes of one slide; a window
 * is the last few panes.  A group is what is aggregated together, a cell one
 * metric of it, a part one series in a cell.
 */
#ifndef NC_ANALYZE_AGG_H
#define NC_ANALYZE_AGG_H

#include "flow.h"

#define AGG_PANES_MAX 1440
#define AGG_KEYS_MAX 8
#define AGG_NO_PANE INT64_MIN
/* Of the quantiles, relative (Masson, Rim, Lee 2019: DDSketch). */
#define AGG_SKETCH_ERROR 0.01

enum agg_stat {
	AGG_AVG,
	AGG_MIN,
	AGG_MAX,
	AGG_SUM,
	AGG_COUNT,
	AGG_P50,
	AGG_P90,
	AGG_P95,
	AGG_P99,
	AGG_RATE,
	AGG_STATS
};

/* What came in one pane of a cell. */
struct agg_pane {
	double n, sum, low, high;
	double total; /* sum over the parts of their mean */
	struct sketch *sketch; /* owned; NULL: not asked for, or no value */
};

/* A series in a cell: the state that flow keeps for it. */
struct agg_part {
	struct agg_cell *cell; /* NULL: not placed yet */
	struct agg_part *next, *prev; /* of the cell, in order of arrival */
	uint64_t serial; /* that order */
	int64_t pane; /* of what follows */
	double sum, n;
	uint32_t version; /* of the entity's labels when it was placed */
};

struct agg_cell {
	struct agg_cell *next; /* in order of appearance */
	struct agg_group *group;
	struct agg_part *first, *last;
	uint32_t name;
	bool counter; /* its values are rates */
	struct agg_pane panes[]; /* a ring */
};

struct agg_group {
	struct agg_group *next; /* of the shelf, in order of appearance */
	struct agg_shelf *shelf;
	struct agg_cell *cells;
	uint64_t serial;
	char *key; /* owned: entity, host, values; NUL behind each */
	size_t key_len;
	char *name; /* owned: the GROUP of its id */
	const char *values[AGG_KEYS_MAX]; /* into key */
	const char *entity; /* into key */
};

struct agg_shelf {
	struct node *node; /* NULL: of all hosts */
	struct agg_group *groups, *last;
	int64_t open; /* the pane that time is in */
	int64_t newest; /* the last pane with a value */
	bool covered; /* samples cover the window being told */
	int64_t first; /* pane, of sketches: when it is told all have come */
	int64_t partial; /* the last pane that a sketch said to be so */
};

struct agg {
	struct flow *flow;
	struct map *groups; /* key -> struct agg_group */
	struct agg_shelf common;
	char *keys[AGG_KEYS_MAX]; /* owned: of "by", host and entity apart */
	size_t nkeys;
	bool by_host;
	double window, slide;
	int64_t npanes; /* of a window; the ring has some more: */
	int64_t ahead; /* panes behind the open one that may have values */
	unsigned stats; /* bits of enum agg_stat */
	bool quantiles; /* one of them needs a sketch */
	char window_name[32], slide_name[32];
	uint64_t serials;
	struct sketch *scratch; /* of a window */
};

extern const char *const agg_stat_names[AGG_STATS + 1];

static inline size_t
agg_ring(const struct agg *a)
{
	return (size_t)(a->npanes + a->ahead);
}

static inline struct agg_pane *
agg_pane(const struct agg *a, struct agg_cell *c, int64_t pane)
{
	int64_t ring = a->npanes + a->ahead, at = pane % ring;

	return &c->panes[at < 0 ? at + ring : at];
}

/* agg_group.c: who belongs where. */
struct agg_shelf *agg_shelf(struct agg *a, struct node *n);
struct agg_group *agg_group(struct agg *a, const struct point *p);
struct agg_group *agg_group_add(struct agg *a, struct agg_shelf *shelf,
    struct span key);
struct agg_cell *agg_cell(struct agg *a, struct agg_group *g, uint32_t name,
    bool counter);
void agg_join(struct agg_cell *c, struct agg_part *part);
void agg_leave(struct agg_part *part);
void agg_cell_free(const struct agg *a, struct agg_cell *c);
void agg_group_free(struct agg *a, struct agg_group *g);
/* agg_window.c: a pane ends, a window is told. */
void agg_settle(const struct agg *a, struct agg_part *part);
void agg_close(struct agg *a, struct agg_shelf *s, int64_t upto);
/* agg_sketch.c: panes as records that can be merged, and back. */
void agg_tell_sketch(struct agg *a, struct agg_cell *c, int64_t pane);
void agg_take_sketch(void *self, const struct record *r, struct node *n);
/* agg_state.c */
void agg_save(void *self, struct buf *b);
int agg_load(void *self, struct pack_in *u);
void agg_save_series(void *self, const void *state, struct buf *b);
int agg_load_series(void *self, const struct point *p, void *state,
    struct pack_in *u);

#endif
