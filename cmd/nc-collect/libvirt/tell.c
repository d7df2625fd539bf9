/* SPDX-License-Identifier: MIT */
/*
 * tell: the answer of a round as records: first who is there, who is gone and
 * who says less than before, then everybody's numbers.
 */
#include "libvirt/live.h"

#include <math.h>

#include "base/clock.h"
#include "base/mem.h"

static void
take_record(struct live *l, const virDomainStatsRecord *r)
{
	guest_clear(&l->guest);
	for (int i = 0; i < r->nparams; i++)
		typed_take(l->fields, &l->guest, (size_t)i, &r->params[i]);
}

static void
take_field(struct live *l, size_t position, const char *name, double v)
{
	struct field_value value = {v, {NULL, 0}};

	fields_take(l->fields, &l->guest, position, span_of(name), &value);
}

/* virDomainGetInfo, by the names of the bulk statistics. */
static void
take_info(struct live *l, const virDomainInfo *i)
{
	guest_clear(&l->guest);
	take_field(l, 0, "state.state", i->state);
	if (i->nrVirtCpu == 0)
		return;
	take_field(l, 1, "vcpu.current", i->nrVirtCpu);
	take_field(l, 2, "cpu.time", (double)i->cpuTime);
	take_field(l, 3, "balloon.current", (double)i->memory);
	take_field(l, 4, "balloon.maximum", (double)i->maxMem);
}

static void
begin_run(struct domain *d, int number)
{
	if (d->number == number)
		return;
	d->number = number;
	d->described = false;
	d->told = 0;
	d->answered = (double)NAN;
}

/*
 * Statistics of disks and of the process need QEMU's monitor; a domain that
 * lists disks or a balloon and says nothing of them was passed over.
 */
static bool
says_less(const struct domain *d, unsigned has)
{
	unsigned monitor = SEEN_BLOCK_STATS | SEEN_BALLOON_RSS;

	if ((d->told & monitor & ~has) != 0)
		return true;
	return d->told == 0 && (has & monitor) == 0 &&
	       (has & SEEN_BALLOON) != 0;
}

static void
look(struct hyper *h, virDomainPtr dom, bool bulk, double now)
{
	unsigned number = virDomainGetID(dom);
	struct domain *d = hyper_domain(h, dom);
	unsigned has = h->live->guest.has;

	if (d == NULL)
		return;
	d->seen = true;
	begin_run(d, number == (unsigned)-1 ? -1 : (int)number);
	d->stuck = d->control_seconds = (double)NAN;
	d->suspect = bulk && d->number != -1 && says_less(d, has);
	if (d->number == -1 || !bulk)
		return;
	if (d->suspect)
		return;
	d->told |= has;
	d->stuck = 0;
	d->answered = now;
}

static void
tell_gone(struct hyper *h, const struct domain *d)
{
	struct frame *f = h->live->frame;

	frame_begin(f, RECORD_EVENT, "vm", span_of(d->identity->id));
	frame_label(f, "name", span_of(d->identity->name));
	frame_text(f, "event", span_of("gone"));
	if (frame_end(f) == -1)
		h->live->over = true;
}

static void
end_gone(struct hyper *h)
{
	uint32_t cursor = 0;
	struct span key;
	void *value;
	struct domain *d;

	while (map_next(h->domains, &cursor, &key, &value)) {
		d = value;
		if (d->seen)
			continue;
		tell_gone(h, d);
		map_delete(h->domains, key);
		domain_free(d);
	}
}

void
tell_look(struct hyper *h)
{
	const struct call *a = h->answer;
	double now = clock_mono();
	uint32_t cursor = 0;
	struct domain *d;
	void *value;

	while (map_next(h->domains, &cursor, NULL, &value)) {
		d = value;
		d->seen = false;
	}
	live_clock(h->live, h, a->ts, a->up);
	for (size_t i = 0; i < a->nrecords; i++) {
		take_record(h->live, a->records[i]);
		look(h, a->records[i]->dom, true, now);
	}
	for (size_t i = 0; a->kind == CALL_INFO && i < a->ndomains; i++)
		look(h, a->domains[i], false, now);
	end_gone(h);
}

static int
tell_one(struct hyper *h, virDomainPtr dom)
{
	const struct domain *d = hyper_domain(h, dom);
	struct emit_control c = {(double)NAN, (double)NAN, (double)NAN};

	if (d == NULL)
		return 0;
	c.stuck = d->stuck;
	if (source_wants(h->live->run, LEVEL_STANDARD)) {
		c.seconds = d->control_seconds;
		if (d->number != -1)
			c.answer_age = round(
					   (clock_mono() - d->answered) * 1e3) /
				       1e3;
		if (c.answer_age < 1)
			c.answer_age = 0;
	}
	return emit_guest(&h->live->emit, &h->live->guest, d->identity, &c);
}

/* Once a connection: what cannot be had from this hypervisor. */
static int
tell_degraded(struct hyper *h, bool running, bool measured)
{
	const char *what;

	if (h->degraded || !running || (measured && !h->no_bulk))
		return 0;
	h->degraded = true;
	what = h->no_bulk ? "no bulk statistics: state, CPU time and memory "
			    "only"
			  : "the hypervisor tells the state of its machines "
			    "only";
	return source_error(h->live->frame, "", (struct span){0}, "unsupported",
	    "%s: %s", h->uri, what);
}

int
tell_guests(struct hyper *h)
{
	const struct call *a = h->answer;
	bool running = false, measured = false;
	const struct guest *g = &h->live->guest;

	for (size_t i = 0; i < a->nrecords; i++) {
		take_record(h->live, a->records[i]);
		running = running || g->state == VIR_DOMAIN_RUNNING;
		measured = measured || (g->seen[0] & (g->seen[0] - 1)) != 0;
		if (tell_one(h, a->records[i]->dom) == -1)
			return -1;
	}
	for (size_t i = 0; a->kind == CALL_INFO && i < a->ndomains; i++) {
		take_info(h->live, &a->infos[i]);
		running = true;
		if (tell_one(h, a->domains[i]) == -1)
			return -1;
	}
	return tell_degraded(h, running, measured);
}
