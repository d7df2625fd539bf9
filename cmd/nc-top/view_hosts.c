/* SPDX-License-Identifier: MIT */
/*
 * view_hosts: one line a host.  Columns have priorities and leave from the
 * least on as the screen narrows; state, name and age never do, since a
 * number without them cannot be trusted.  Draws cells, reads nothing but the
 * model.
 */
#include "view.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure.h"

enum column {
	COL_STATE,
	COL_HOST,
	COL_CPU,
	COL_USER,
	COL_SYSTEM,
	COL_WAIT,
	COL_STEAL,
	COL_GUEST,
	COL_LOAD,
	COL_CPUS,
	COL_MEM,
	COL_AVAILABLE,
	COL_TOTAL,
	COL_SWAP,
	COL_PSI_CPU,
	COL_PSI_MEMORY,
	COL_PSI_IO,
	COL_READ,
	COL_WRITTEN,
	COL_RECEIVED,
	COL_SENT,
	COL_VMS,
	COL_AGE,
	COL_COUNT
};

#define NAME_LEAST 6
#define NAME_MOST 32

static const struct {
	struct hosts_column head;
	int width;
	int rank; /* order of leaving: the highest goes first */
	enum figure_form form;
	double notice, warn; /* from here on it is drawn so; 0: never */
} columns[COL_COUNT] = {
    [COL_STATE] = {{"state", "S", "the worst first; S stale, L late, G gone"},
	1, 0, FIGURE_COUNT, 0, 0},
    [COL_HOST] = {{"host", "HOST", "name of the host"}, NAME_LEAST, 0,
	FIGURE_COUNT, 0, 0},
    [COL_CPU] = {{"cpu", "CPU%", "processor time not idle nor waiting"}, 5, 1,
	FIGURE_PERCENT, 0.8, 0.95},
    [COL_USER] = {{"user", "USER%", "time in user programs"}, 5, 17,
	FIGURE_PERCENT, 0, 0},
    [COL_SYSTEM] = {{"system", "SYS%", "time in the kernel"}, 5, 18,
	FIGURE_PERCENT, 0.3, 0.6},
    [COL_WAIT] = {{"wait", "WAIT%", "idle with I/O outstanding"}, 5, 11,
	FIGURE_PERCENT, 0.2, 0.5},
    [COL_STEAL] = {{"steal", "STEAL", "taken away by a hypervisor, %"}, 5, 13,
	FIGURE_PERCENT, 0.05, 0.1},
    [COL_GUEST] = {{"guest", "GUEST", "time in guests, %"}, 5, 14,
	FIGURE_PERCENT, 0, 0},
    [COL_LOAD] = {{"load", "LOAD", "load average over a minute"}, 5, 10,
	FIGURE_LOAD, 0, 0},
    [COL_CPUS] = {{"cpus", "CPUS", "logical processors"}, 4, 20, FIGURE_COUNT,
	0, 0},
    [COL_MEM] = {{"mem", "MEM%", "memory that cannot be had any more"}, 5, 2,
	FIGURE_PERCENT, 0.85, 0.95},
    [COL_AVAILABLE] = {{"avail", "AVAIL",
			   "memory that can still be had, bytes"},
	5, 15, FIGURE_BYTES, 0, 0},
    [COL_TOTAL] = {{"total", "TOTAL", "memory of the host, bytes"}, 5, 19,
	FIGURE_BYTES, 0, 0},
    [COL_SWAP] = {{"swap", "SWAP%", "swap space in use"}, 5, 16, FIGURE_PERCENT,
	0.2, 0.8},
    [COL_PSI_CPU] = {{"pcpu", "Pcpu", "time some task waited for cpu, %"}, 4, 9,
	FIGURE_SHARE, 0.2, 0.5},
    [COL_PSI_MEMORY] = {{"pmem", "Pmem", "time some task waited for memory, %"},
	4, 8, FIGURE_SHARE, 0.05, 0.2},
    [COL_PSI_IO] = {{"pio", "Pio", "time some task waited for I/O, %"}, 4, 7,
	FIGURE_SHARE, 0.2, 0.5},
    [COL_READ] = {{"read", "READ", "disks, bytes read a second"}, 5, 5,
	FIGURE_BYTES, 0, 0},
    [COL_WRITTEN] = {{"write", "WRITE", "disks, bytes written a second"}, 5, 6,
	FIGURE_BYTES, 0, 0},
    [COL_RECEIVED] = {{"rx", "RX", "network, bytes received a second"}, 5, 3,
	FIGURE_BYTES, 0, 0},
    [COL_SENT] = {{"tx", "TX", "network, bytes sent a second"}, 5, 4,
	FIGURE_BYTES, 0, 0},
    [COL_VMS] = {{"vms", "VMS", "virtual machines"}, 4, 12, FIGURE_COUNT, 0, 0},
    [COL_AGE] = {{"age", "AGE", "age of the numbers"}, 9, 0, FIGURE_SPAN, 0, 0},
};

/* Which columns stand where. */
struct layout {
	int x[COL_COUNT]; /* -1: left out */
	int width[COL_COUNT];
};

const struct hosts_column *
hosts_column(unsigned n)
{
	return n < COL_COUNT ? &columns[n].head : NULL;
}

unsigned
hosts_column_find(const char *name, size_t len)
{
	for (unsigned n = 0; n < COL_COUNT; n++)
		if (span_is((struct span){name, len}, columns[n].head.name))
			return n;
	return UINT_MAX;
}

/* Time in each mode; a mode the host never tells of counts nothing, one that
 * is not known now makes the whole unknown. */
struct cpu {
	double mode[HOST_CPU_GUEST_NICE + 1];
	double all; /* NAN: not known */
};

static void
cpu_read(struct cpu *c, const struct model *m, const struct subject *s)
{
	c->all = 0;
	for (unsigned i = HOST_CPU_USER; i <= HOST_CPU_GUEST_NICE; i++) {
		c->mode[i] = model_knows(s, (enum track)i)
				 ? model_read(m, s, (enum track)i).value
				 : 0;
		c->all += c->mode[i];
	}
	if (!(c->all > 0) || !model_knows(s, HOST_CPU_IDLE))
		c->all = NAN;
}

static double
cpu_share(const struct model *m, const struct subject *s, enum column col)
{
	struct cpu c;
	double part = NAN;

	cpu_read(&c, m, s);
	switch (col) {
	case COL_CPU:
		part = c.all - c.mode[HOST_CPU_IDLE] - c.mode[HOST_CPU_IOWAIT];
		break;
	case COL_USER:
		part = c.mode[HOST_CPU_USER] + c.mode[HOST_CPU_NICE];
		break;
	case COL_SYSTEM:
		part = c.mode[HOST_CPU_SYSTEM] + c.mode[HOST_CPU_IRQ] +
		       c.mode[HOST_CPU_SOFTIRQ];
		break;
	case COL_WAIT:
		part = c.mode[HOST_CPU_IOWAIT];
		break;
	case COL_STEAL:
		part = c.mode[HOST_CPU_STEAL];
		break;
	case COL_GUEST:
		part = c.mode[HOST_CPU_GUEST] + c.mode[HOST_CPU_GUEST_NICE];
		break;
	default:
		break;
	}
	return part / c.all;
}

/* Free huge pages can be had as well, by a machine: never "used". */
static enum track
mem_left(const struct subject *s)
{
	return model_knows(s, HOST_MEM_ALLOCATABLE) ? HOST_MEM_ALLOCATABLE
						    : HOST_MEM_AVAILABLE;
}

static double
used_share(const struct model *m, const struct subject *s, enum track total,
    enum track left)
{
	double all = model_read(m, s, total).value;

	if (all == 0) /* no swap: none of it is used */
		return 0;
	return 1 - model_read(m, s, left).value / all;
}

/* Of the host's own sample. */
static double
own_value(const struct model *m, const struct subject *s, enum column col)
{
	switch (col) {
	case COL_CPU:
	case COL_USER:
	case COL_SYSTEM:
	case COL_WAIT:
	case COL_STEAL:
	case COL_GUEST:
		return cpu_share(m, s, col);
	case COL_LOAD:
		return model_read(m, s, HOST_LOAD1).value;
	case COL_CPUS:
		return model_read(m, s, HOST_CPUS).value;
	case COL_MEM:
		return used_share(m, s, HOST_MEM_TOTAL, mem_left(s));
	case COL_AVAILABLE:
		return model_read(m, s, mem_left(s)).value;
	case COL_TOTAL:
		return model_read(m, s, HOST_MEM_TOTAL).value;
	case COL_SWAP:
		return used_share(m, s, HOST_SWAP_TOTAL, HOST_SWAP_FREE);
	case COL_PSI_CPU:
		return model_read(m, s, HOST_PSI_CPU).value;
	case COL_PSI_MEMORY:
		return model_read(m, s, HOST_PSI_MEMORY).value;
	case COL_PSI_IO:
		return model_read(m, s, HOST_PSI_IO).value;
	default:
		return NAN;
	}
}

/* *fresh is made worse when the number is older than its host's state says:
 * one of two sources may be late alone. */
static double
value(const struct model *m, const struct host *h, enum column col,
    enum freshness *fresh)
{
	const struct subject *self = model_self(h);
	struct answer r;
	double age;

	switch (col) {
	case COL_AGE:
		model_host_state(m, h, &age);
		return age;
	case COL_VMS:
		return (double)model_count(m, h, KIND_VM);
	case COL_READ:
		r = model_sum(m, h, DISK_READ);
		break;
	case COL_WRITTEN:
		r = model_sum(m, h, DISK_WRITTEN);
		break;
	case COL_RECEIVED:
		r = model_sum(m, h, NIC_RECEIVED);
		break;
	case COL_SENT:
		r = model_sum(m, h, NIC_SENT);
		break;
	default:
		if (self == NULL)
			return NAN;
		return own_value(m, self, col);
	}
	if (r.fresh > *fresh)
		*fresh = r.fresh;
	return r.value;
}

double
hosts_key(const struct model *m, const struct host *h, unsigned column)
{
	enum freshness fresh = FRESH;

	if (column == COL_HOST)
		return 0;
	if (column == COL_STATE) /* among those of one state */
		column = COL_CPU;
	return value(m, h, (enum column)column, &fresh);
}

static int
longest_name(const struct grid *g, const struct ui *u)
{
	int most = NAME_LEAST, w;

	for (size_t i = 0; i < u->rows.count; i++) {
		w = grid_width(g, span_of(u->rows.at[i].host->name));
		if (w > most)
			most = w;
	}
	return most < NAME_MOST ? most : NAME_MOST;
}

/* Columns in order of rank as long as they fit; the name takes what is
 * over, up to what it needs. */
static void
layout_make(struct layout *l, const struct grid *g, const struct ui *u)
{
	int used = 0, name = longest_name(g, u), x = 0, most = 0;
	unsigned n;

	for (n = 0; n < COL_COUNT; n++)
		most = columns[n].rank > most ? columns[n].rank : most;
	for (n = 0; n < COL_COUNT; n++)
		l->x[n] = -1;
	for (int rank = 0; rank <= most; rank++)
		for (n = 0; n < COL_COUNT; n++) {
			if (columns[n].rank != rank)
				continue;
			l->width[n] = columns[n].width;
			if (rank != 0 && used + l->width[n] +
						 (name < 12 ? name : 12) -
						 NAME_LEAST >
					     g->width)
				rank = most;
			else
				l->x[n] = 0;
			if (l->x[n] == 0)
				used += l->width[n] + 1;
		}
	used--;
	l->width[COL_HOST] += g->width - used;
	if (l->width[COL_HOST] > name)
		l->width[COL_HOST] = name;
	for (n = 0; n < COL_COUNT; n++)
		if (l->x[n] != -1) {
			l->x[n] = x;
			x += l->width[n] + 1;
		}
}

static void
draw_titles(struct grid *g, int y, const struct layout *l, const struct ui *u)
{
	char title[16];
	unsigned role;

	grid_fill(g, 0, y, g->width, ' ', ROLE_TITLE);
	for (unsigned n = 0; n < COL_COUNT; n++) {
		if (l->x[n] == -1)
			continue;
		role = n == u->sort ? ROLE_SORTED : ROLE_TITLE;
		snprintf(title, sizeof(title), "%s", columns[n].head.title);
		grid_text(g, l->x[n], y, l->width[n], span_of(title), role,
		    n == COL_HOST || n == COL_STATE ? GRID_LEFT : GRID_RIGHT);
	}
}

static const struct {
	const char *letter;
	unsigned role;
} states[] = {
    [FRESH] = {".", ROLE_GOOD},
    [LATE] = {"L", ROLE_WARN},
    [STALE] = {"S", ROLE_CRIT},
    [GONE] = {"G", ROLE_CRIT},
    [NEVER] = {"?", ROLE_WARN},
};

/*
 * A number as young as it can be expected to be needs no exact age: "<11s"
 * with an interval of ten seconds.  It stands still, where an exact age would
 * be new on each line in each frame and drown what matters.
 */
static void
draw_age(struct grid *g, int y, const struct layout *l, const struct host *h,
    enum freshness state, double age)
{
	char text[FIGURE_SIZE], all[FIGURE_SIZE + 8];
	const char *before = "";
	double expected = floor(model_interval(h)) + 1;

	if (state >= STALE && !isnan(age))
		before = "stale ";
	else if (h->ahead > 0)
		before = "fast ";
	if (age < 0)
		age = 0;
	if (state == FRESH && age < expected) {
		age = expected;
		before = h->ahead > 0 ? "fast <" : "<";
	}
	snprintf(all, sizeof(all), "%s%s", before,
	    figure(text, FIGURE_SPAN, age));
	grid_text(g, l->x[COL_AGE], y, l->width[COL_AGE], span_of(all),
	    state == FRESH ? ROLE_DIM : states[state].role, GRID_RIGHT);
}

static unsigned
value_role(enum column col, double v, enum freshness fresh)
{
	if (fresh != FRESH)
		return ROLE_STALE;
	if (isnan(v))
		return ROLE_DIM;
	if (columns[col].warn > 0 && v >= columns[col].warn)
		return ROLE_WARN;
	if (columns[col].notice > 0 && v >= columns[col].notice)
		return ROLE_NOTICE;
	return ROLE_TEXT;
}

static void
draw_row(struct grid *g, int y, const struct layout *l, const struct model *m,
    const struct host *h)
{
	char text[FIGURE_SIZE];
	double age, v;
	enum freshness state = model_host_state(m, h, &age), fresh;

	/* Gaps as well: every change of style costs bytes. */
	grid_fill(g, 0, y, g->width, ' ',
	    state == FRESH ? ROLE_TEXT : ROLE_STALE);
	for (unsigned n = 0; n < COL_COUNT; n++) {
		if (l->x[n] == -1 || n == COL_AGE)
			continue;
		if (n == COL_STATE) {
			grid_puts(g, l->x[n], y, states[state].letter,
			    states[state].role);
			continue;
		}
		if (n == COL_HOST) {
			grid_text(g, l->x[n], y, l->width[n], span_of(h->name),
			    state == FRESH ? ROLE_NAME : ROLE_STALE, GRID_LEFT);
			continue;
		}
		fresh = state;
		v = value(m, h, (enum column)n, &fresh);
		figure(text, columns[n].form, v);
		grid_text(g, l->x[n], y, l->width[n], span_of(text),
		    value_role((enum column)n, v, fresh), GRID_RIGHT);
	}
	draw_age(g, y, l, h, state, age);
}

void
view_hosts(struct grid *g, int y, int end, const struct model *m,
    const struct ui *u)
{
	struct layout l;

	layout_make(&l, g, u);
	draw_titles(g, y++, &l, u);
	for (size_t i = u->top; i < u->rows.count && y < end; i++, y++) {
		draw_row(g, y, &l, m, u->rows.at[i].host);
		if (u->interactive && u->rows.at[i].host == u->selected)
			grid_select(g, y);
	}
	if (u->rows.count == 0 && y < end)
		grid_puts(g, 0, y,
		    u->ended ? "the input ended without a host"
			     : "waiting for records",
		    ROLE_DIM);
}
