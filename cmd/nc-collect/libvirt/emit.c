/* SPDX-License-Identifier: MIT */
/*
 * emit: see emit.h.  The VM first, then its parts in the order libvirt lists
 * them.  What the guest told through its balloon goes into a frame of its
 * own when it is old, with its age: a number that stands still must not look
 * like one that was just read.
 */
#include "emit.h"

#include <math.h>
#include <stdio.h>

/* A told number may be this many periods old before it is called stale. */
#define PERIODS 3
#define NS 1e9

/* virDomainState and the virDomain*Reason enumerations of libvirt-domain.h. */
static const char *const states[] = {"nostate", "running", "blocked", "paused",
    "shutdown", "shutoff", "crashed", "pmsuspended"};
#define REASONS 16
static const char *const reasons[][REASONS] = {{"unknown"},
    {"unknown", "booted", "migrated", "restored", "from snapshot", "unpaused",
	"migration canceled", "save canceled", "wakeup", "crashed", "post-copy",
	"post-copy failed"},
    {"unknown"},
    {"unknown", "user", "migration", "save", "dump", "I/O error", "watchdog",
	"from snapshot", "shutting down", "snapshot", "crashed", "starting up",
	"post-copy", "post-copy failed", "api error"},
    {"unknown", "user"},
    {"unknown", "shutdown", "destroyed", "crashed", "migrated", "saved",
	"failed", "from snapshot", "daemon"},
    {"unknown", "panicked"}, {"unknown"}};

const char *
emit_state(int state)
{
	if (state < 0 || (size_t)state >= sizeof(states) / sizeof(states[0]))
		return NULL;
	return states[state];
}

const char *
emit_reason(int state, int reason)
{
	if (emit_state(state) == NULL || reason < 0 || reason >= REASONS)
		return NULL;
	return reasons[state][reason];
}

static void
put_labels(struct frame *f, const struct identity_labels *l)
{
	for (size_t i = 0; i < l->n; i++)
		frame_label(f, l->list[i].key, span_of(l->list[i].value));
}

void
emit_vm_begin(struct emit *e, int state, int reason, const struct identity *i)
{
	struct frame *f = e->frame;
	const char *word;

	source_begin(e->run, f, "vm", span_of(i->id));
	if (isfinite(i->since))
		frame_since(f, i->since);
	frame_label(f, "name", span_of(i->name));
	if ((word = emit_state(state)) != NULL)
		frame_label(f, "state", span_of(word));
	if ((word = emit_reason(state, reason)) != NULL)
		frame_label(f, "reason", span_of(word));
	put_labels(f, &i->labels);
}

void
emit_part(struct emit *e, const struct identity *i, const char *entity,
    struct span part)
{
	buf_clear(&e->id);
	buf_adds(&e->id, i->id);
	buf_addc(&e->id, '/');
	buf_add(&e->id, part.p, part.len);
	source_begin(e->run, e->frame, entity, buf_span(&e->id));
	if (isfinite(i->since))
		frame_since(e->frame, i->since);
	frame_label(e->frame, "vm", span_of(i->name));
}

static void
put_raws(struct emit *e, const struct guest *g, enum field_part part,
    unsigned index)
{
	for (size_t i = 0; i < g->nraws; i++)
		if (g->raws[i].part == part &&
		    (part == PART_VM || g->raws[i].index == index))
			frame_value(e->frame, g->raw_names.data + g->raws[i].at,
			    g->raws[i].v);
}

/* Age of what the guest told; NAN: it never told anything. */
static double
told_age(const struct emit *e, const struct guest *g, bool *told)
{
	size_t slot, n = fields_count(e->fields, PART_VM);

	*told = false;
	for (slot = 0; slot < n; slot++)
		if (guest_has(g, slot) && fields_is_told(e->fields, slot))
			*told = true;
	if (!isfinite(g->updated))
		return 0; /* libvirt before 2.1 does not say when */
	if (g->updated <= 0)
		return (double)NAN;
	return fmax(e->ts - g->updated, 0);
}

static bool
is_old(const struct emit *e, const struct identity *i, double age)
{
	double period = i->balloon_period;

	if (!(period > 0))
		period = isfinite(e->run->interval) ? e->run->interval : 10;
	/* The stamp is in whole seconds. */
	return age > PERIODS * period + 1;
}

static void
put_control(struct frame *f, const struct emit_control *c)
{
	frame_value(f, "stuck", c->stuck);
	frame_value(f, "control_seconds", c->seconds);
	frame_value(f, "answer_age_seconds", c->answer_age);
}

static int
emit_vm(struct emit *e, const struct guest *g, const struct identity *i,
    const struct emit_control *control)
{
	size_t slot, n = fields_count(e->fields, PART_VM);
	struct frame *f = e->frame;
	bool told, old, stale;
	double age = told_age(e, g, &told);

	stale = told && isfinite(age) && is_old(e, i, age);
	old = stale || !isfinite(age);
	emit_vm_begin(e, g->state, g->reason, i);
	if (control != NULL)
		put_control(f, control);
	for (slot = 0; slot < n; slot++)
		if (guest_has(g, slot) &&
		    !(old && fields_is_told(e->fields, slot)))
			frame_value(f, fields_name(e->fields, PART_VM, slot),
			    fields_value(e->fields, g, slot));
	put_raws(e, g, PART_VM, 0);
	if (frame_end(f) == -1)
		return -1;
	if (!stale)
		return 0;
	emit_vm_begin(e, g->state, g->reason, i);
	frame_quality(f, RECORD_STALE, age);
	for (slot = 0; slot < n; slot++)
		if (guest_has(g, slot) && fields_is_told(e->fields, slot))
			frame_value(f, fields_name(e->fields, PART_VM, slot),
			    fields_value(e->fields, g, slot));
	return frame_end(f);
}

static bool
has_raws(const struct guest *g, enum field_part part, unsigned index)
{
	for (size_t i = 0; i < g->nraws; i++)
		if (g->raws[i].part == part && g->raws[i].index == index)
			return true;
	return false;
}

static int
put_unit(struct emit *e, const struct guest *g, enum field_part part,
    const struct unit *u)
{
	uint64_t left;
	int slot;

	for (left = u->seen; left != 0; left &= left - 1) {
		slot = __builtin_ctzll(left);
		frame_value(e->frame,
		    fields_name(e->fields, part, (size_t)slot), u->v[slot]);
	}
	if (g->nraws != 0)
		put_raws(e, g, part, u->index);
	return frame_end(e->frame);
}

static int
emit_vcpus(struct emit *e, const struct guest *g, const struct identity *i)
{
	const struct units *us = &g->units[PART_VCPU];
	char name[32];
	int n;

	for (size_t k = 0; k < us->n; k++) {
		if (us->list[k].seen == 0 &&
		    !has_raws(g, PART_VCPU, us->list[k].index))
			continue;
		n = snprintf(name, sizeof(name), "vcpu%u", us->list[k].index);
		emit_part(e, i, "vm.vcpu", (struct span){name, (size_t)n});
		if (put_unit(e, g, PART_VCPU, &us->list[k]) == -1)
			return -1;
	}
	return 0;
}

/* Cumulative counts below the upper bound of each bin, as le has them. */
static void
put_bins(struct emit *e, const struct guest *g, unsigned disk)
{
	static const char *const names[] = {"read_latency_seconds",
	    "write_latency_seconds", "flush_latency_seconds",
	    "zone_append_latency_seconds"};
	struct buf json = {0};
	char bound[32];

	for (unsigned kind = 0; kind < 4; kind++) {
		const struct bin *last = NULL;
		double sum = 0;

		for (size_t i = 0; i <= g->nbins; i++) {
			const struct bin *b = i < g->nbins ? &g->bins[i] : NULL;

			if (b != NULL && (b->disk != disk || b->kind != kind ||
					     !isfinite(b->count)))
				continue;
			if (last != NULL) {
				sum += last->count;
				bound[0] = '\0';
				if (b != NULL && isfinite(b->start_ns))
					bound[frame_format(b->start_ns / NS,
					    bound)] = '\0';
				buf_addf(&json,
				    "\"%s\":", b != NULL ? bound : "+Inf");
				bound[frame_format(sum, bound)] = '\0';
				buf_adds(&json, bound);
				buf_addc(&json, b != NULL ? ',' : '}');
			} else if (b != NULL)
				buf_addf(&json, "%s\"%s\":{",
				    json.len == 0 ? "{" : ",", names[kind]);
			last = b;
		}
	}
	if (json.len != 0) {
		buf_addc(&json, '}');
		frame_raw(e->frame, "buckets", buf_span(&json));
	}
	buf_free(&json);
}

/* The second and later layers of one disk: vda[3], as libvirt writes them. */
static struct span
disk_name(const struct units *us, size_t k, char *to, size_t size)
{
	const struct unit *u = &us->list[k];
	size_t i;
	int n;

	for (i = 0; i < k; i++)
		if (span_equal(us->list[i].name, u->name))
			break;
	if (i == k || !isfinite(u->layer))
		return u->name;
	n = snprintf(to, size, "%.*s[%.0f]", SPAN_ARG(u->name), u->layer);
	return (struct span){to, (size_t)n < size ? (size_t)n : size - 1};
}

static int
emit_disks(struct emit *e, const struct guest *g, const struct identity *i)
{
	const struct units *us = &g->units[PART_DISK];
	const struct identity_part *part;
	char name[256];

	for (size_t k = 0; k < us->n; k++) {
		const struct unit *u = &us->list[k];

		if (u->name.len == 0)
			continue;
		part = identity_find(&i->disks, u->name);
		emit_part(e, i, "vm.disk",
		    disk_name(us, k, name, sizeof(name)));
		frame_label(e->frame, "target", u->name);
		if (part != NULL)
			put_labels(e->frame, &part->labels);
		else if (u->path.len != 0)
			frame_label(e->frame, "file", u->path);
		if (g->nbins != 0)
			put_bins(e, g, u->index);
		if (put_unit(e, g, PART_DISK, u) == -1)
			return -1;
	}
	return 0;
}

static int
emit_nics(struct emit *e, const struct guest *g, const struct identity *i)
{
	const struct units *us = &g->units[PART_NIC];
	const struct identity_part *part;

	for (size_t k = 0; k < us->n; k++) {
		const struct unit *u = &us->list[k];

		if (u->name.len == 0)
			continue;
		part = identity_find(&i->nics, u->name);
		emit_part(e, i, "vm.nic",
		    part != NULL ? span_of(part->id) : u->name);
		frame_label(e->frame, "target", u->name);
		if (part != NULL)
			put_labels(e->frame, &part->labels);
		if (put_unit(e, g, PART_NIC, u) == -1)
			return -1;
	}
	return 0;
}

/*
 * The last dirty rate that somebody had measured: libvirt keeps it for ever,
 * so it has an age, by the monotonic clock of its host (calc_start_time).
 * Without that clock nobody knows how old it is: then it is not told.
 */
static int
emit_dirty(struct emit *e, const struct guest *g, const struct identity *i)
{
	double age = e->up - g->dirty_start - g->dirty_period;

	if (g->dirty_status != 2 || !isfinite(g->dirty_rate) ||
	    !isfinite(age) || !source_wants(e->run, LEVEL_STANDARD))
		return 0;
	emit_part(e, i, "vm.job", span_of("dirtyrate"));
	if (age > 1)
		frame_quality(e->frame, RECORD_STALE, age);
	frame_value(e->frame, "dirty_bytes_per_second",
	    g->dirty_rate * 1048576);
	return frame_end(e->frame);
}

int
emit_guest(struct emit *e, const struct guest *g, const struct identity *i,
    const struct emit_control *control)
{
	if (emit_vm(e, g, i, control) == -1 || emit_vcpus(e, g, i) == -1 ||
	    emit_disks(e, g, i) == -1 || emit_nics(e, g, i) == -1 ||
	    emit_dirty(e, g, i) == -1)
		return -1;
	return 0;
}

void
emit_free(struct emit *e)
{
	buf_free(&e->id);
}
