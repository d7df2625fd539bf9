/* SPDX-License-Identifier: MIT */
/*
 * field: see field.h.  A name is taken apart once, its numbers become "#",
 * and looked up; what came of it is kept under its position, since the next
 * domain mostly says the same names in the same order.  Field names and
 * units: the manual of virsh(1), command domstats, of libvirt 9.0 to 12.4.
 */
#include "field.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "field_rows.h"

#define POSITIONS 4096 /* of a layout that are kept */
#define INDICES 3
#define NAME_MAX_LEN 79 /* VIR_TYPED_PARAM_FIELD_LENGTH less its NUL */
#define UNITS_MAX 16384 /* more of one kind are nobody's machine */
#define BINS_MAX 8192
#define NONE (-1)

struct rule {
	enum field_kind kind;
	enum field_part part;
	int vm, unit; /* slots, or NONE: not wanted at this level */
	unsigned detail; /* of the kind: which histogram */
	double scale;
	bool counts; /* never below 0 */
};

/* A name once seen. */
struct known {
	char name[NAME_MAX_LEN + 1];
	size_t len;
	const struct rule *rule; /* NULL: nobody knows it */
	enum field_part part;
	unsigned index[INDICES];
};

struct fields {
	bool raw; /* unknown ones are wanted */
	struct map *rules; /* pattern to rule */
	struct rule *list; /* owned */
	const char *names[PARTS][FIELD_SLOTS];
	size_t count[PARTS];
	double scale[FIELD_SLOTS]; /* of the VM's */
	bool told[FIELD_SLOTS];
	struct known *known; /* owned: by position */
	size_t nknown;
};

static const char *const entities[PARTS] = {"vm", "vm.vcpu", "vm.disk",
    "vm.nic"};

/* The slot of a metric, new if need be; NONE when the level leaves it out. */
static int
slot_of(struct fields *f, enum field_part part, const char *name,
    enum metric_level level)
{
	const struct metric *m;
	size_t i, max = part == PART_VM ? FIELD_SLOTS : UNIT_SLOTS;

	if (name == NULL)
		return NONE;
	for (i = 0; i < f->count[part]; i++)
		if (strcmp(f->names[part][i], name) == 0)
			return (int)i;
	m = catalogue_find(span_of(entities[part]), span_of(name));
	assert(m != NULL && i < max);
	(void)max;
	if (m->level > level)
		return NONE;
	f->names[part][i] = m->name;
	return (int)f->count[part]++;
}

static bool
row_counts(const struct field_row *row)
{
	return row->kind == FIELD_BIN ||
	       (row->vm != NULL && metric_is_counter(span_of(row->vm))) ||
	       (row->unit != NULL && metric_is_counter(span_of(row->unit)));
}

struct fields *
fields_new(enum metric_level level)
{
	struct fields *f = xcalloc(1, sizeof(*f));
	const struct field_row *row;
	struct rule *r;
	size_t i;

	f->raw = level >= LEVEL_DIAGNOSTIC;
	f->rules = map_new(NULL);
	f->list = xcalloc(field_rows_count, sizeof(*f->list));
	f->known = xcalloc(POSITIONS, sizeof(*f->known));
	for (i = 0; i < field_rows_count; i++) {
		row = &field_rows[i];
		r = &f->list[i];
		*r = (struct rule){row->kind, row->part, NONE, NONE,
		    row->detail, row->scale, row_counts(row)};
		r->vm = slot_of(f, PART_VM, row->vm, level);
		if (row->unit != NULL)
			r->unit = slot_of(f, row->part, row->unit, level);
		if (r->vm != NONE) {
			f->scale[r->vm] = row->scale;
			f->told[r->vm] = row->kind == FIELD_TOLD;
		}
		map_set(f->rules, span_of(row->field), r);
	}
	return f;
}

void
fields_free(struct fields *f)
{
	if (f == NULL)
		return;
	map_free(f->rules, NULL);
	free(f->list);
	free(f->known);
	free(f);
}

size_t
fields_count(const struct fields *f, enum field_part part)
{
	return f->count[part];
}

const char *
fields_name(const struct fields *f, enum field_part part, size_t i)
{
	return f->names[part][i];
}

bool
fields_is_told(const struct fields *f, size_t vm_slot)
{
	return f->told[vm_slot];
}

void
guest_clear(struct guest *g)
{
	g->name = (struct span){0};
	g->has = 0;
	g->state = g->reason = -1;
	g->updated = g->dirty_status = g->dirty_start = g->dirty_period =
	    g->dirty_rate = (double)NAN;
	g->seen[0] = g->seen[1] = 0;
	for (size_t i = 0; i < PARTS; i++)
		g->units[i].n = 0;
	g->nbins = g->nraws = 0;
	buf_clear(&g->raw_names);
}

void
guest_free(struct guest *g)
{
	for (size_t i = 0; i < PARTS; i++)
		free(g->units[i].list);
	free(g->bins);
	free(g->raws);
	buf_free(&g->raw_names);
	*g = (struct guest){0};
}

/* --- names ---------------------------------------------------------------- */

/* "block.0.rd.bytes" to "block.#.rd.bytes" and 0. */
static size_t
generalise(struct span name, char *to, unsigned *index)
{
	size_t i = 0, n = 0, end, found = 0;
	unsigned v;

	while (i < name.len) {
		for (v = 0, end = i; end < name.len && name.p[end] >= '0' &&
				     name.p[end] <= '9' && v < 100000000;
		     end++)
			v = v * 10 + (unsigned)(name.p[end] - '0');
		if (end > i && (end == name.len || name.p[end] == '.') &&
		    found < INDICES) {
			index[found++] = v;
			to[n++] = '#';
			i = end;
		}
		while (i < name.len && (to[n++] = name.p[i++]) != '.')
			continue;
	}
	return n;
}

static enum field_part
part_of(struct span pattern)
{
	static const struct {
		const char *prefix;
		enum field_part part;
	} prefixes[] = {{"vcpu.#.", PART_VCPU}, {"block.#.", PART_DISK},
	    {"net.#.", PART_NIC}};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i].prefix);

		if (pattern.len > n &&
		    memcmp(pattern.p, prefixes[i].prefix, n) == 0)
			return prefixes[i].part;
	}
	return PART_VM;
}

static const struct known *
look_up(struct fields *f, size_t position, struct span name)
{
	struct known *k = &f->known[position % POSITIONS];
	char pattern[NAME_MAX_LEN + 1];
	struct span p = {pattern, 0};

	if (k->len == name.len && memcmp(k->name, name.p, name.len) == 0)
		return k;
	memset(k->index, 0, sizeof(k->index));
	p.len = generalise(name, pattern, k->index);
	memcpy(k->name, name.p, name.len);
	k->len = name.len;
	k->rule = map_get(f->rules, p);
	k->part = k->rule != NULL ? k->rule->part : part_of(p);
	return k;
}

/* --- values --------------------------------------------------------------- */

static struct unit *
unit_at(struct guest *g, enum field_part part, unsigned index)
{
	struct units *u = &g->units[part];
	struct unit *x;
	size_t i;

	if (u->n != 0 && u->list[u->n - 1].index == index)
		return &u->list[u->n - 1];
	if (index < u->n && u->list[index].index == index)
		return &u->list[index];
	for (i = 0; i < u->n; i++)
		if (u->list[i].index == index)
			return &u->list[i];
	if (u->n == UNITS_MAX)
		return NULL;
	if (u->n == u->cap) {
		u->cap = u->cap == 0 ? 8 : u->cap * 2;
		u->list = xreallocarray(u->list, u->cap, sizeof(*u->list));
	}
	x = &u->list[u->n++];
	x->index = index;
	x->seen = 0;
	x->name = x->path = (struct span){0};
	x->layer = (double)NAN;
	return x;
}

static void
add_to_vm(struct guest *g, int slot, double v)
{
	uint64_t bit = UINT64_C(1) << slot % 64;

	if ((g->seen[slot / 64] & bit) == 0) {
		g->seen[slot / 64] |= bit;
		g->v[slot] = v;
	} else {
		g->v[slot] += v;
	}
}

static void
take_bin(struct guest *g, const struct known *k, double v)
{
	unsigned kind = k->rule->detail & BIN_KIND;
	struct bin *b;
	size_t i;

	for (i = g->nbins; i > 0; i--) {
		b = &g->bins[i - 1];
		if (b->disk == k->index[0] && b->number == k->index[1] &&
		    b->kind == kind)
			break;
	}
	if (i == 0) {
		if (g->nbins == BINS_MAX)
			return;
		if (g->nbins == g->bins_cap) {
			g->bins_cap = g->bins_cap == 0 ? 64 : g->bins_cap * 2;
			g->bins = xreallocarray(g->bins, g->bins_cap,
			    sizeof(*g->bins));
		}
		b = &g->bins[g->nbins++];
		*b = (struct bin){k->index[0], k->index[1], kind, (double)NAN,
		    (double)NAN};
	} else
		b = &g->bins[i - 1];
	if ((k->rule->detail & BIN_START) != 0)
		b->start_ns = v;
	else
		b->count = v;
}

/* Letters and digits stay, all else becomes one "_". */
static void
tidy_name(struct buf *b, struct span name)
{
	bool gap = false;
	char c;

	buf_adds(b, "raw");
	for (size_t i = 0; i < name.len; i++) {
		c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			gap = true;
			continue;
		}
		if (gap || i == 0)
			buf_addc(b, '_');
		gap = false;
		buf_addc(b, c);
	}
}

/* What nobody knows goes by its own name, without the index of its unit. */
static void
take_raw(struct guest *g, const struct known *k, double v)
{
	struct span name = {k->name, k->len};
	struct raw *r;
	size_t at = g->raw_names.len;

	if (!isfinite(v))
		return;
	for (int dots = 0; k->part != PART_VM && dots < 2; name.len--)
		dots += *name.p++ == '.';
	tidy_name(&g->raw_names, name);
	name = (struct span){g->raw_names.data + at, g->raw_names.len - at};
	if (!metric_name_valid(name, NULL) || metric_is_counter(name))
		buf_adds(&g->raw_names, "_value");
	buf_addc(&g->raw_names, '\0');
	if (g->nraws == g->raws_cap) {
		g->raws_cap = g->raws_cap == 0 ? 64 : g->raws_cap * 2;
		g->raws = xreallocarray(g->raws, g->raws_cap, sizeof(*g->raws));
	}
	r = &g->raws[g->nraws++];
	*r = (struct raw){k->part, k->index[0], at, v};
	if (r->part != PART_VM)
		unit_at(g, r->part, r->index);
}

/* A fact about the guest itself, no metric. */
static void
take_fact(struct guest *g, unsigned fact, double v)
{
	switch (fact) {
	case FACT_STATE:
		g->state = (int)v;
		g->has |= SEEN_STATE;
		break;
	case FACT_REASON:
		g->reason = (int)v;
		g->has |= SEEN_REASON;
		break;
	case FACT_UPDATED:
		g->updated = v;
		break;
	case FACT_DIRTY_STATUS:
		g->dirty_status = v;
		break;
	case FACT_DIRTY_START:
		g->dirty_start = v;
		break;
	case FACT_DIRTY_PERIOD:
		g->dirty_period = v;
		break;
	case FACT_DIRTY_RATE:
		g->dirty_rate = v;
		break;
	default:
		break;
	}
}

static double
scaled(double v, double scale)
{
	return scale < 0 ? v / -scale : v * scale;
}

double
fields_value(const struct fields *f, const struct guest *g, size_t vm_slot)
{
	return scaled(g->v[vm_slot], f->scale[vm_slot]);
}

static void
take_number(struct guest *g, const struct known *k, double v)
{
	const struct rule *r = k->rule;
	struct unit *u;

	g->has |= r->detail;
	if (r->vm != NONE)
		add_to_vm(g, r->vm, v);
	if (r->part == PART_VM ||
	    (u = unit_at(g, r->part, k->index[0])) == NULL)
		return;
	/* Of several groups of timed figures the first is the metric. */
	if (r->unit != NONE && (u->seen >> r->unit & 1) == 0) {
		u->seen |= UINT64_C(1) << r->unit;
		u->v[r->unit] = scaled(v, r->scale);
	}
}

void
fields_take(struct fields *f, struct guest *g, size_t position,
    struct span name, const struct field_value *v)
{
	const struct known *k;
	struct unit *u;

	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return;
	k = look_up(f, position, name);
	if (k->rule == NULL) {
		if (f->raw)
			take_raw(g, k, v->number);
		return;
	}
	switch (k->rule->kind) {
	case FIELD_NAME:
	case FIELD_PATH:
		if ((u = unit_at(g, k->part, k->index[0])) == NULL)
			return;
		*(k->rule->kind == FIELD_NAME ? &u->name : &u->path) = v->text;
		return;
	case FIELD_IGNORED:
		return;
	default:
		break;
	}
	/* 2^64 - 1 is how libvirt says "unlimited": no number. */
	if (!isfinite(v->number) || (v->number < 0 && k->rule->counts))
		return;
	switch (k->rule->kind) {
	case FIELD_LAYER:
		if ((u = unit_at(g, k->part, k->index[0])) != NULL)
			u->layer = v->number;
		break;
	case FIELD_FACT:
		take_fact(g, k->rule->detail, v->number);
		if (k->rule->vm != NONE)
			add_to_vm(g, k->rule->vm, v->number);
		break;
	case FIELD_BIN:
		take_bin(g, k, v->number);
		break;
	default:
		take_number(g, k, v->number);
		break;
	}
}
