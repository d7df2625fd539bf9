/* SPDX-License-Identifier: MIT */
/*
 * rows: what stands in a table and in which order.  The order follows
 * smoothed values so that rows do not dance, ties go by name, and while the
 * cursor moves it stands still: a row must not slip away under a finger.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view.h"

#define SMOOTHING 0.5 /* part of the new value in the key */

struct row *
rows_add(struct ui *u, enum item item, void *of, uint32_t serial,
    const char *name)
{
	struct rows *l = &u->rows;
	struct row *r;

	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->at = xreallocarray(l->at, l->cap, sizeof(*l->at));
	}
	r = &l->at[l->count++];
	*r = (struct row){.id = (uint64_t)item << 32 | serial,
	    .item = item,
	    .key = NAN,
	    .name = name,
	    .was = SIZE_MAX};
	switch (item) {
	case ITEM_HOST:
		r->of.host = of;
		break;
	case ITEM_THING:
		r->of.thing = of;
		break;
	case ITEM_MATTER:
		r->of.matter = of;
		break;
	case ITEM_FEED:
		r->of.feed = of;
		break;
	}
	return r;
}

static int
by_id(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Keys and places of the rows that were there before. */
static void
remember(struct ui *u)
{
	const struct row *old;

	for (size_t i = 0; i < u->before.count; i++)
		u->before.at[i].was = i;
	if (u->before.count > 1)
		qsort(u->before.at, u->before.count, sizeof(struct row), by_id);
	for (size_t i = 0; i < u->rows.count && u->before.count != 0; i++) {
		old = bsearch(&u->rows.at[i], u->before.at, u->before.count,
		    sizeof(struct row), by_id);
		if (old != NULL) {
			u->rows.at[i].was = old->was;
			u->rows.at[i].key = old->key;
			u->rows.at[i].rank = old->rank;
		}
	}
}

/* Largest first, what is not known last, ties by name, then by age. */
static int
compare(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int n;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (isnan(a->key) != isnan(b->key))
		return isnan(a->key) ? 1 : -1;
	if (a->key > b->key)
		return -1;
	if (a->key < b->key)
		return 1;
	n = str_natural(span_of(a->name), span_of(b->name));
	return n != 0 ? n : by_id(a, b);
}

/* As it was; what is new comes behind. */
static int
by_place(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	if (a->was != b->was)
		return a->was < b->was ? -1 : 1;
	return compare(pa, pb);
}

static enum freshness
state_of(const struct model *m, const struct row *r)
{
	double age;

	switch (r->item) {
	case ITEM_HOST:
		return model_host_state(m, r->of.host, &age);
	case ITEM_THING:
		return model_thing_state(m, r->of.thing, &age);
	case ITEM_FEED:
		return model_feed_state(m, r->of.feed, &age);
	case ITEM_MATTER:
		break;
	}
	return FRESH;
}

/*
 * By state, the worst are first.  By any other column, what is stale stands
 * below what is not, since its place is a guess.
 */
static void
rate(const struct model *m, const struct table *t, unsigned sort, struct row *r)
{
	enum freshness state = state_of(m, r);
	double key = t->key(m, r, sort);

	if ((t->columns[sort].flags & COLUMN_WORST) != 0)
		r->rank = r->item == ITEM_MATTER ? 0 : -(int)state;
	else
		r->rank = state >= STALE;
	r->key = isnan(key) || isnan(r->key)
		     ? key
		     : r->key + SMOOTHING * (key - r->key);
}

static void
order(struct ui *u, const struct model *m, const struct table *t, bool frozen)
{
	const struct ui_table *choice = ui_table_of(u);
	struct row *at = u->rows.at, swap;
	size_t n = u->rows.count;

	if (frozen) {
		if (n > 1)
			qsort(at, n, sizeof(*at), by_place);
		return;
	}
	for (size_t i = 0; i < n; i++)
		rate(m, t, choice->sort, &at[i]);
	if (n > 1)
		qsort(at, n, sizeof(*at), compare);
	for (size_t i = 0; choice->invert && i < n / 2; i++) {
		swap = at[i];
		at[i] = at[n - 1 - i];
		at[n - 1 - i] = swap;
	}
}

/* Rows of which the filter does not hold go; hosts of a tree stay. */
static void
sift(struct ui *u, const struct model *m)
{
	size_t kept = 0;
	const struct note *n;
	struct thing *t;
	int holds;

	u->filtered = u->doubtful = 0;
	if (u->filter == NULL)
		return;
	for (size_t i = 0; i < u->rows.count; i++) {
		struct row *r = &u->rows.at[i];

		n = r->item == ITEM_MATTER ? r->of.matter->now : NULL;
		t = row_thing(m, r);
		holds = u->view->table->ordered && r->item == ITEM_HOST
			    ? 1
			    : filter_holds(u->filter, m,
				  t != NULL ? t->subject : NULL, n);
		if (holds == 1)
			u->rows.at[kept++] = *r;
		else
			u->filtered++;
		u->doubtful += holds == -1;
	}
	u->rows.count = kept;
}

static size_t
place_of(const struct ui *u, uint64_t id)
{
	for (size_t i = 0; i < u->rows.count; i++)
		if (u->rows.at[i].id == id)
			return i;
	return SIZE_MAX;
}

const struct row *
ui_row(const struct ui *u)
{
	size_t i = place_of(u, u->selected);

	return i == SIZE_MAX ? NULL : &u->rows.at[i];
}

/* What the cursor was on is gone: it stays where it was. */
static void
keep_cursor(struct ui *u, uint64_t id, size_t place)
{
	if (u->rows.count == 0)
		u->selected = 0;
	else if (place_of(u, id) == SIZE_MAX)
		u->selected =
		    u->rows
			.at[place < u->rows.count ? place : u->rows.count - 1]
			.id;
}

static void
scroll(struct ui *u)
{
	size_t page = u->page > 0 ? (size_t)u->page : 1;
	size_t at = place_of(u, u->selected);

	if (at == SIZE_MAX)
		at = 0;
	if (u->interactive && at < u->top)
		u->top = at;
	if (u->interactive && at >= u->top + page)
		u->top = at - page + 1;
	if (u->top + page > u->rows.count)
		u->top = u->rows.count > page ? u->rows.count - page : 0;
}

void
ui_arrange(struct ui *u, struct model *m, double mono)
{
	const struct table *t = u->view->table;
	struct rows swap;
	size_t place;
	bool frozen;

	model_settle(m);
	if (t == NULL)
		return;
	if ((place = place_of(u, u->selected)) == SIZE_MAX)
		place = 0;
	frozen = mono < u->frozen && u->rows.count != 0;
	swap = u->before;
	u->before = u->rows;
	u->rows = swap;
	u->rows.count = 0;
	t->collect(u, m);
	sift(u, m);
	if (!t->ordered) {
		remember(u);
		order(u, m, t, frozen);
	}
	keep_cursor(u, u->selected, place);
	scroll(u);
}
