/* SPDX-License-Identifier: MIT */
/*
 * fleet: draws the machines of the simulated fleet.  Each has its own stream
 * of random numbers, so the first ten hosts of a fleet of a hundred are the
 * ten hosts of a fleet of ten.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/load.h"
#include "sim/sim.h"

#define GIB 1073741824.0
#define DAY 86400.0

enum { FAMILY_FLEET = 1, FAMILY_HOST, FAMILY_VM };

/* The stream of member n of a family: one more machine changes no other. */
static struct rng
sim_stream(uint64_t seed, uint64_t family, uint64_t n)
{
	struct rng r;

	rng_seed(&r, seed * UINT64_C(0x9e3779b97f4a7c15) ^ family << 48 ^ n);
	return r;
}

static void
draw_uuid(struct rng *r, char uuid[37])
{
	uint64_t a = rng_next(r), b = rng_next(r);

	/* RFC 9562: version 4, variant 10. */
	snprintf(uuid, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
	    (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
	    (unsigned)(0x8000 | (b >> 48 & 0x3fff)),
	    (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

static void
draw_vdisk(struct sim_vm *v, unsigned n)
{
	static const char *const targets[SIM_DISKS] = {"vda", "vdb"};
	struct sim_vdisk *d = &v->disks[n];
	struct rng *r = &v->random;

	d->target = targets[n];
	snprintf(d->id, sizeof(d->id), "%s/%s", v->uuid, d->target);
	d->backing = sim_below(r, SIM_DISKS);
	d->capacity = GIB * (double)(20u << sim_below(r, n == 0 ? 3 : 5));
	d->allocation = d->capacity * sim_between(r, 0.2, 0.7);
}

static void
draw_vm(struct sim *s, unsigned n, unsigned host, double ts)
{
	static const char *const tenants[] = {"acme", "globex", "initech",
	    "umbrella"};
	static const char *const systems[] = {"debian12", "ubuntu24.04",
	    "rhel9", "win2k22"};
	struct sim_vm *v = &s->vms[n];
	struct rng *r = &v->random;
	const struct load_profile *p;
	uint64_t mac;

	v->random = sim_stream(s->seed, FAMILY_VM, n);
	draw_uuid(r, v->uuid);
	v->profile = load_draw_profile(r);
	p = load_profile(v->profile);
	snprintf(v->name, sizeof(v->name), "%s%u", p->name, n + 1);
	v->tenant = tenants[sim_below(r, 4)];
	v->os = systems[sim_below(r, 4)];
	v->vcpus = 1u << sim_below(r, 4);
	v->memory = GIB * (double)(v->vcpus << sim_below(r, 3));
	v->base = p->base * sim_between(r, 0.6, 1.6);
	v->peak_hour = p->peak_hour + sim_between(r, -1.5, 1.5);
	v->io_boost = 1;
	v->host = host;
	v->on = true;
	v->since = ts - sim_between(r, .05, 1) * (ts - s->hosts[host].since);
	for (int i = 0; i < NOISE_COUNT; i++)
		v->noise[i] = rng_normal(r);
	v->ndisks = 1 + (sim_below(r, 10) < 4);
	for (unsigned i = 0; i < v->ndisks; i++)
		draw_vdisk(v, i);
	mac = rng_next(r);
	snprintf(v->nic.id, sizeof(v->nic.id), "%s/52:54:00:%02x:%02x:%02x",
	    v->uuid, (unsigned)(mac & 0xff), (unsigned)(mac >> 8 & 0xff),
	    (unsigned)(mac >> 16 & 0xff));
}

static void
draw_host(struct sim *s, unsigned n, double ts)
{
	struct sim_host *h = &s->hosts[n];
	struct rng *r = &h->random;

	h->random = sim_stream(s->seed, FAMILY_HOST, n);
	snprintf(h->name, sizeof(h->name), "sim%03u", n + 1);
	h->cpus = 32u << sim_below(r, 3);
	h->memory = GIB * (double)(h->cpus * 8);
	h->since = ts - sim_between(r, 3, 200) * DAY;
	h->noise = rng_normal(r);
	for (unsigned i = 0; i < SIM_DISKS; i++) {
		struct sim_disk *d = &h->disks[i];

		snprintf(d->id, sizeof(d->id), "eui.%016llx",
		    (unsigned long long)rng_next(r));
		d->name = i == 0 ? "nvme0n1" : "nvme1n1";
		d->model = "SIM NVMe 3.84T";
		d->max_ops = 200e3;
		d->max_bytes = 3e9;
	}
	h->fs[0] = (struct sim_fs){.mount = "/",
	    .device = "/dev/mapper/sys-root",
	    .type = "ext4",
	    .size = 60 * GIB,
	    .files = 4e6};
	h->fs[1] = (struct sim_fs){.mount = "/var/lib/libvirt/images",
	    .device = "/dev/mapper/data-images",
	    .type = "xfs",
	    .size = 6800 * GIB,
	    .files = 1e8};
	for (unsigned i = 0; i < SIM_FS; i++) {
		h->fs[i].used = h->fs[i].size * sim_between(r, 0.3, 0.7);
		h->fs[i].files_free = h->fs[i].files *
				      sim_between(r, 0.8, 0.99);
	}
}

void
fleet_build(struct sim *s, unsigned hosts, unsigned vms, double ts)
{
	s->nhosts = hosts;
	s->nvms = hosts * vms;
	s->hosts = xcalloc(hosts, sizeof(*s->hosts));
	s->vms = xcalloc(s->nvms != 0 ? s->nvms : 1, sizeof(*s->vms));
	s->random = sim_stream(s->seed, FAMILY_FLEET, 0);
	for (unsigned h = 0; h < hosts; h++) {
		draw_host(s, h, ts);
		/* Room for all: a VM may move to any host. */
		s->hosts[h].vms = xcalloc(s->nvms != 0 ? s->nvms : 1,
		    sizeof(*s->hosts[h].vms));
		for (unsigned i = 0; i < vms; i++) {
			draw_vm(s, h * vms + i, h, ts);
			s->hosts[h].vms[i] = h * vms + i;
		}
		s->hosts[h].nvms = vms;
	}
}

void
fleet_free(struct sim *s)
{
	for (unsigned h = 0; h < s->nhosts; h++)
		free(s->hosts[h].vms);
	free(s->hosts);
	free(s->vms);
	free(s->faults);
	free(s->events);
}

void
fleet_move(struct sim *s, unsigned vm, unsigned to)
{
	struct sim_host *h = &s->hosts[s->vms[vm].host];
	unsigned i;

	for (i = 0; h->vms[i] != vm; i++)
		;
	memmove(&h->vms[i], &h->vms[i + 1], (--h->nvms - i) * sizeof(*h->vms));
	h = &s->hosts[to];
	for (i = h->nvms; i > 0 && h->vms[i - 1] > vm; i--)
		h->vms[i] = h->vms[i - 1];
	h->vms[i] = vm;
	h->nvms++;
	s->vms[vm].host = to;
}

void
fleet_event(struct sim *s, unsigned host, unsigned vm, const char *event,
    const char *detail)
{
	s->events = xreallocarray(s->events, s->nevents + 1,
	    sizeof(*s->events));
	s->events[s->nevents++] = (struct sim_event){.host = host,
	    .vm = vm,
	    .event = event,
	    .detail = detail};
}
