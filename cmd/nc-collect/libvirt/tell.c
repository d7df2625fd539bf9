/* SPDX-License-Identifier: MIT */
/*
 * tell: the answer of a round as records: who is there, who is gone, and the
 * numbers of those who say all they have said before; in a second pass the
 * others, after it was asked who or how they are.
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

/* libvirt's number of this run, asked for when it may be another one. */
static void
check_run(const struct hyper *h, struct domain *d, virDomainPtr dom)
{
	int state = h->live->guest.state;
	unsigned number;

	if (!d->restless && !h->no_events && d->state == state)
		return;
	d->restless = false;
	d->state = state;
	number = virDomainGetID(dom);
	begin_run(d, number == (unsigned)-1 ? -1 : (int)number);
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
look(struct hyper *h, struct domain *d, virDomainPtr dom, double now)
{
	unsigned has = h->live->guest.has;
	bool bulk = h->answer->kind == CALL_STATS;

	d->seen = true;
	check_run(h, d, dom);
	d->reason = h->live->guest.reason;
	d->stuck = d->control_seconds = (double)NAN;
	d->suspect = bulk && d->number != -1 && says_less(d, has);
	d->due = d->suspect || !d->described;
	if (d->number == -1 || !bulk || d->suspect)
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
		if (d->seen) {
			d->seen = false;
			continue;
		}
		tell_gone(h, d);
		map_delete(h->domains, key);
		domain_free(h, d);
	}
}

static void
tell_one(struct hyper *h, const struct domain *d, double now)
{
	struct emit_control c = {d->stuck, (double)NAN, (double)NAN};
	const struct guest *g = &h->live->guest;

	h->running = h->running || h->answer->kind == CALL_INFO ||
		     g->state == VIR_DOMAIN_RUNNING;
	h->measured = h->measured || (g->seen[0] & (g->seen[0] - 1)) != 0;
	if (source_wants(h->live->run, LEVEL_STANDARD)) {
		c.seconds = d->control_seconds;
		if (d->number != -1)
			c.answer_age = round((now - d->answered) * 1e3) / 1e3;
		if (c.answer_age < 1)
			c.answer_age = 0;
	}
	if (!h->live->over &&
	    emit_guest(&h->live->emit, g, d->identity, &c) == -1)
		h->live->over = true;
}

static virDomainPtr
take(struct hyper *h, size_t i)
{
	const struct call *a = h->answer;

	if (a->kind == CALL_INFO) {
		take_info(h->live, &a->infos[i]);
		return a->domains[i];
	}
	take_record(h->live, a->records[i]);
	return a->records[i]->dom;
}

static void
make_room(struct hyper *h, size_t n)
{
	if (n <= h->guests_cap)
		return;
	h->guests_cap = n + n / 4;
	h->guests = xreallocarray(h->guests, h->guests_cap,
	    sizeof(struct domain *));
}

void
tell_look(struct hyper *h)
{
	size_t i, n = hyper_listed(h);
	double now = clock_mono();
	virDomainPtr dom;
	struct domain *d;

	make_room(h, n);
	h->running = h->measured = false;
	live_clock(h->live, h, h->answer->ts, h->answer->up);
	source_port_gather(h->live->port);
	for (i = 0; i < n; i++) {
		dom = take(h, i);
		h->guests[i] = d = hyper_domain(h, dom);
		if (d == NULL)
			continue;
		look(h, d, dom, now);
		if (!d->due)
			tell_one(h, d, now);
	}
	end_gone(h);
	source_port_flush(h->live->port);
}

/* Once a connection: what cannot be had from this hypervisor. */
static void
tell_degraded(struct hyper *h)
{
	const char *what;

	if (h->degraded || !h->running || (h->measured && !h->no_bulk))
		return;
	h->degraded = true;
	what = h->no_bulk ? "no bulk statistics: state, CPU time and memory "
			    "only"
			  : "the hypervisor tells the state of its machines "
			    "only";
	if (source_error(h->live->frame, "", (struct span){0}, "unsupported",
		"%s: %s", h->uri, what) == -1)
		h->live->over = true;
}

void
tell_due(struct hyper *h)
{
	size_t i, n = hyper_listed(h);
	double now = clock_mono();

	source_port_gather(h->live->port);
	for (i = 0; i < n; i++) {
		if (h->guests[i] == NULL || !h->guests[i]->due)
			continue;
		take(h, i);
		tell_one(h, h->guests[i], now);
	}
	tell_degraded(h);
	source_port_flush(h->live->port);
}
