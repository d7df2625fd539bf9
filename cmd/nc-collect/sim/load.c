/* SPDX-License-Identifier: MIT */
/*
 * load: moves the simulated fleet one step on.  Guests ask for processors,
 * storage and network by the hour, the day of the week, their own wandering
 * noise, that of their host and that of the fleet; a host gives what it has,
 * and what it cannot give shows as steal, latency and pressure.  The figures
 * are chosen to look like a busy virtualisation cluster, not taken from one.
 */
#include "sim/load.h"

#include <math.h>

#include "sim/sim.h"

#define HOUR 3600.0
#define DAY 86400.0
#define WEEK (7 * DAY)

static const struct load_profile profiles[] = {
    {"web", 35, .10, 2.0, .55, 14, 40, .3, 16384, 8192, 5e6, 2.5, .45, 0},
    {"db", 20, .14, 1.2, .7, 13, 420, .6, 16384, 16384, 1.5e6, 1.8, .70, .35},
    {"batch", 10, .04, .2, 1, 3, 300, .5, 131072, 131072, 1e6, .5, .40, .75},
    {"build", 10, .06, 3.0, .15, 11, 160, .4, 32768, 32768, 2e6, .6, .50, 0},
    {"idle", 25, .01, .5, .9, 12, 12, .2, 4096, 4096, 5e4, .5, .20, .04},
};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

unsigned
load_draw_profile(struct rng *r)
{
	unsigned at = sim_below(r, 100), n = 0;

	while (at >= profiles[n].weight)
		at -= profiles[n++].weight;
	return n;
}

const struct load_profile *
load_profile(unsigned n)
{
	return &profiles[n];
}

static double
clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

/* How far the day has come, 0 at night, 1 at the peak. */
static double
season(double ts, double peak_hour)
{
	double c = cos(2 * M_PI * (ts / HOUR - peak_hour) / 24);

	return (1 + c) * (1 + c) / 4;
}

static bool
is_weekend(double ts)
{
	/* 1 January 1970 was a Thursday. */
	unsigned day = (unsigned)fmod(floor(ts / DAY) + 4, 7);

	return day == 0 || day == 6;
}

/* What one step does to a wandering noise of that memory. */
struct drift {
	double keep, add;
};

static struct drift
drift(double dt, double memory)
{
	double keep = exp(-dt / memory);

	return (struct drift){keep, sqrt(1 - keep * keep)};
}

/* True once in mean seconds, whatever the step. */
static bool
chance(struct rng *r, double dt, double mean)
{
	return rng_uniform(r) < -expm1(-dt / mean);
}

/* Counters begin again: the guest's process is a new one. */
static void
reset_vm(struct sim_vm *v, double ts)
{
	v->since = ts;
	v->cpu = v->user = v->system = v->steal = v->runqueue = 0;
	v->rss = v->swap_in = v->swap_out = v->major = v->minor = 0;
	for (unsigned i = 0; i < v->ndisks; i++) {
		struct sim_vdisk *d = &v->disks[i];

		d->reads = d->writes = d->flushes = 0;
		d->read_bytes = d->written_bytes = 0;
		d->read_seconds = d->write_seconds = d->flush_seconds = 0;
	}
	v->nic.rx_bytes = v->nic.tx_bytes = 0;
	v->nic.rx_packets = v->nic.tx_packets = 0;
	v->nic.rx_drops = v->nic.tx_drops = 0;
}

/* Start, stop, restart, migration: what a usual week brings. */
static void
live(struct sim *s, unsigned n, double ts, double dt)
{
	struct sim_vm *v = &s->vms[n];
	unsigned to;

	if (v->pinned || s->churn <= 0)
		return;
	if (!v->on) {
		if (ts < v->back)
			return;
		v->on = true;
		reset_vm(v, ts);
		fleet_event(s, v->host, n, "lifecycle", "started booted");
		return;
	}
	if (chance(&v->random, dt, 2 * WEEK / s->churn)) {
		v->on = false;
		v->back = ts + sim_between(&v->random, 600, 4 * HOUR);
		fleet_event(s, v->host, n, "lifecycle", "stopped shutdown");
		fleet_event(s, v->host, n, "gone", "stopped");
	} else if (chance(&v->random, dt, 2 * WEEK / s->churn)) {
		reset_vm(v, ts);
		fleet_event(s, v->host, n, "lifecycle", "started booted");
	} else if (s->nhosts > 1 && chance(&v->random, dt, WEEK / s->churn)) {
		to = sim_below(&v->random, s->nhosts - 1);
		to += to >= v->host;
		fleet_event(s, v->host, n, "lifecycle", "stopped migrated");
		fleet_event(s, v->host, n, "gone", "migrated");
		fleet_move(s, n, to);
		reset_vm(v, ts);
		fleet_event(s, to, n, "lifecycle", "started migrated");
	}
}

struct step {
	double ts, dt, fleet;
	bool weekend;
	bool scene; /* what was before the run: nothing sudden */
	struct drift noise[NOISE_COUNT], host;
};

/* What a guest asks for in this step. */
static void
ask(struct sim_vm *v, const struct sim_host *h, const struct step *t)
{
	const struct load_profile *p = &profiles[v->profile];
	double share, rate, hour = fmod(t->ts / HOUR, 24);
	double day = season(t->ts, v->peak_hour);

	for (int i = 0; i < NOISE_COUNT; i++)
		v->noise[i] = v->noise[i] * t->noise[i].keep +
			      t->noise[i].add * rng_normal(&v->random);
	if (!t->scene && t->ts >= v->burst_until &&
	    chance(&v->random, t->dt, 3 * HOUR)) {
		v->burst = sim_between(&v->random, .15, .5);
		v->burst_until = t->ts + sim_between(&v->random, 30, 300);
	}
	share = v->base * (1 + p->day * day) * (t->weekend ? p->weekend : 1) *
		exp(.30 * v->noise[NOISE_CPU] + .15 * h->noise +
		    .10 * t->fleet);
	if (p->nightly > 0 && fabs(hour - fmod(v->peak_hour + 13, 24)) < .5)
		share += p->nightly;
	if (t->ts < v->burst_until)
		share += v->burst;
	share = clamp(share + v->hog, .002, .99);
	v->demand = share * v->vcpus;

	rate = v->demand * p->ops * exp(.35 * v->noise[NOISE_IO]) / v->ndisks;
	for (unsigned i = 0; i < v->ndisks; i++) {
		struct sim_vdisk *d = &v->disks[i];

		d->read_ops = rate * p->read_share;
		d->write_ops = rate * (1 - p->read_share);
		d->read_size = p->read_size;
		d->write_size = p->write_size;
		if (i == 0 && v->io_boost > 1) {
			/* A copy of large blocks, whatever the guest is. */
			d->write_ops += v->io_boost * 1000;
			d->write_size = 65536;
		}
	}
	v->nic.rx = v->demand * p->net * exp(.35 * v->noise[NOISE_NET]);
	v->nic.tx = v->nic.rx * p->net_out;
	v->used = clamp(p->memory * (.9 + .1 * day) +
			    .02 * v->noise[NOISE_MEM] +
			    v->leak * (.985 - p->memory),
	    .05, .985);
}

/* A host's disk under what its guests ask: share busy, and the factor on
 * everybody's throughput when that is more than it has. */
static double
disk_load(struct sim_disk *d, double ops, double bytes)
{
	double busy = ops / d->max_ops + bytes / d->max_bytes;

	d->busy = clamp(busy, 0, 1);
	return busy > 1 ? 1 / busy : 1;
}

static void
use_disk(struct sim_vdisk *d, struct sim_disk *hd, double grant, double dt,
    struct rng *r)
{
	/* Waiting grows as 1 / (1 - busy), as in any queue. */
	double wait = 1 / fmax(.02, 1 - .97 * hd->busy);
	double jitter = exp(.1 * rng_normal(r));
	double reads = d->read_ops * grant * dt;
	double writes = d->write_ops * grant * dt;
	double flushes = writes * .02;
	double read_seconds = reads * 110e-6 * wait * jitter;
	double write_seconds = writes * 45e-6 * wait * jitter;

	d->reads += reads;
	d->writes += writes;
	d->flushes += flushes;
	d->read_bytes += reads * d->read_size;
	d->written_bytes += writes * d->write_size;
	d->read_seconds += read_seconds;
	d->write_seconds += write_seconds;
	d->flush_seconds += flushes * 300e-6 * wait * jitter;
	d->allocation = fmin(d->capacity * .95,
	    d->allocation + writes * d->write_size * .001);
	hd->reads += reads;
	hd->writes += writes;
	hd->read_bytes += reads * d->read_size;
	hd->written_bytes += writes * d->write_size;
	hd->read_seconds += read_seconds;
	hd->write_seconds += write_seconds;
	hd->queue_seconds += read_seconds + write_seconds;
}

static void
use_network(struct sim_vm *v, struct sim_host *h, double dt)
{
	struct sim_vnic *n = &v->nic;
	/* A stream gives way to loss: Mathis et al. 1997, roughly. */
	double give = 1 / (1 + 6 * sqrt(h->loss));
	double rx = n->rx * give * dt, tx = n->tx * give * dt;
	double rx_packets = rx / 900, tx_packets = tx / 900;

	n->rx_bytes += rx;
	n->tx_bytes += tx;
	n->rx_packets += rx_packets;
	n->tx_packets += tx_packets;
	n->rx_drops += rx_packets * h->loss;
	h->rx_bytes += rx;
	h->tx_bytes += tx;
	h->rx_packets += rx_packets;
	h->tx_packets += tx_packets;
	h->rx_drops += rx_packets * h->loss;
}

static void
use_memory(struct sim_vm *v, double dt)
{
	double want = v->memory * v->used;
	double swap;

	/* A host gets back nothing a guest has touched once. */
	v->rss = fmax(v->rss, fmin(v->memory, want + .1 * v->memory));
	v->minor += v->demand * 900 * dt;
	if (v->used > .95) {
		swap = (v->used - .95) * 4e8 * dt;
		v->swap_out += swap;
		v->swap_in += swap * .7;
		v->major += swap * .7 / 4096;
	}
}

/* Processors: what is asked beyond what is there is steal, and queues form
 * well before that. */
static void
use_cpu(struct sim_vm *v, double grant, double load, double dt)
{
	double got = v->demand * grant * dt;
	double queue = load > .5 ? (load - .5) * (load - .5) : 0;
	double lost = v->demand * (1 - grant) * dt + got * .15 * fmin(queue, 1);

	v->cpu += got;
	v->user += got * .08; /* the emulator's own; the rest is guest time */
	v->system += got * .07;
	v->steal += lost;
	v->runqueue += lost;
}

static void
use_host(struct sim_host *h, double dt)
{
	double load = h->used / h->cpus, over = h->demand / h->cpus - 1;
	double busy = 0, running = h->demand + 1;
	static const double window[3] = {60, 300, 900};

	for (unsigned i = 0; i < SIM_DISKS; i++) {
		busy = fmax(busy, h->disks[i].busy);
		h->disks[i].busy_seconds += h->disks[i].busy * dt;
	}
	h->guest += h->used * .85 * dt;
	h->user += (h->used * .08 + .2) * dt;
	h->system += (h->used * .06 + .3) * dt;
	h->softirq += h->used * .008 * dt;
	h->irq += h->used * .002 * dt;
	h->iowait += busy * busy * h->cpus * .08 * (1 - load) * dt;
	h->idle += fmax(0, h->cpus - h->used - .5 -
			       busy * busy * h->cpus * .08 * (1 - load)) *
		   dt;
	h->contexts += (3000 + h->used * 9000) * dt;
	h->interrupts += (2000 + h->used * 5000) * dt;
	h->forks += 2 * dt;
	h->psi_cpu += clamp(.4 * (load - .6) + over, 0, 1) * dt;
	h->psi_io += clamp(busy * busy * .5, 0, 1) * dt;
	h->psi_io_full += clamp(busy * busy * .2, 0, 1) * dt;
	for (int i = 0; i < 3; i++)
		h->load[i] += (running - h->load[i]) * -expm1(-dt / window[i]);
}

static void
use_fs(struct sim_host *h, double written, double ts, double dt)
{
	struct sim_fs *root = &h->fs[0], *images = &h->fs[1];

	/* Logs grow all day and are rotated at midnight. */
	root->used += 25e3 * dt;
	if (floor(ts / DAY) != floor((ts - dt) / DAY))
		root->used -= fmin(root->used * .1, 25e3 * DAY);
	images->used = fmin(images->size * .98, images->used + written * 1e-5);
}

static void
step_host(struct sim *s, struct sim_host *h, const struct step *t)
{
	double ops[SIM_DISKS] = {0}, bytes[SIM_DISKS] = {0};
	double grant[SIM_DISKS], capacity = h->cpus * .97, cpu, load;
	double rss = 0, written = 0;

	h->noise = h->noise * t->host.keep +
		   t->host.add * rng_normal(&h->random);
	h->demand = 0;
	for (unsigned i = 0; i < h->nvms; i++) {
		struct sim_vm *v = &s->vms[h->vms[i]];

		if (!v->on)
			continue;
		ask(v, h, t);
		h->demand += v->demand;
		for (unsigned k = 0; k < v->ndisks; k++) {
			const struct sim_vdisk *d = &v->disks[k];

			ops[d->backing] += d->read_ops + d->write_ops;
			bytes[d->backing] += d->read_ops * d->read_size +
					     d->write_ops * d->write_size;
		}
	}
	cpu = h->demand > capacity ? capacity / h->demand : 1;
	load = h->demand / capacity;
	h->used = h->demand * cpu;
	for (unsigned i = 0; i < SIM_DISKS; i++) {
		written -= h->disks[i].written_bytes;
		grant[i] = disk_load(&h->disks[i], ops[i], bytes[i]);
	}
	for (unsigned i = 0; i < h->nvms; i++) {
		struct sim_vm *v = &s->vms[h->vms[i]];

		if (!v->on)
			continue;
		use_cpu(v, cpu, load, t->dt);
		for (unsigned k = 0; k < v->ndisks; k++)
			use_disk(&v->disks[k], &h->disks[v->disks[k].backing],
			    grant[v->disks[k].backing], t->dt, &v->random);
		use_network(v, h, t->dt);
		use_memory(v, t->dt);
		rss += v->rss;
	}
	for (unsigned i = 0; i < SIM_DISKS; i++)
		written += h->disks[i].written_bytes;
	use_host(h, t->dt);
	use_fs(h, written, t->ts, t->dt);
	h->cached = fmin(h->memory * .1, fmax(0, h->memory - rss) * .5);
	h->free_memory = fmax(h->memory * .01,
	    h->memory * .98 - rss - h->cached);
}

/* A VM is younger than its host: it has had its part of what came since. */
static void
shrink(struct sim_vm *v, double part)
{
	v->cpu *= part;
	v->user *= part;
	v->system *= part;
	v->steal *= part;
	v->runqueue *= part;
	v->minor *= part;
	for (unsigned i = 0; i < v->ndisks; i++) {
		struct sim_vdisk *d = &v->disks[i];

		d->reads *= part;
		d->writes *= part;
		d->flushes *= part;
		d->read_bytes *= part;
		d->written_bytes *= part;
		d->read_seconds *= part;
		d->write_seconds *= part;
		d->flush_seconds *= part;
		d->allocation = fmin(d->allocation, d->capacity * .7);
	}
	v->nic.rx_bytes *= part;
	v->nic.tx_bytes *= part;
	v->nic.rx_packets *= part;
	v->nic.tx_packets *= part;
}

/* What the counters had come to before the run: since boot, always as in
 * this hour. */
static void
set_scene(struct sim *s, struct step *t)
{
	t->scene = true;
	for (unsigned i = 0; i < s->nhosts; i++) {
		struct sim_host *h = &s->hosts[i];
		double used[SIM_FS];

		t->dt = t->ts - h->since;
		for (unsigned k = 0; k < SIM_FS; k++)
			used[k] = h->fs[k].used;
		step_host(s, h, t);
		for (unsigned k = 0; k < SIM_FS; k++)
			h->fs[k].used = h->fs[k].before_fault = used[k];
		for (unsigned k = 0; k < h->nvms; k++) {
			struct sim_vm *v = &s->vms[h->vms[k]];

			shrink(v, (t->ts - v->since) / t->dt);
		}
	}
	t->scene = false;
	t->dt = 0;
}

void
load_step(struct sim *s, double ts)
{
	struct step t = {.ts = ts, .weekend = is_weekend(ts)};
	static const double memory[NOISE_COUNT] = {300, 120, 120, 3600};

	s->nevents = 0;
	t.dt = isnan(s->ts) || ts <= s->ts ? 0 : ts - s->ts;
	for (int i = 0; i < NOISE_COUNT; i++)
		t.noise[i] = drift(t.dt, memory[i]);
	t.host = drift(t.dt, 900);
	if (isnan(s->ts)) {
		s->start = ts;
		set_scene(s, &t);
	} else {
		struct drift fleet = drift(t.dt, HOUR);

		s->fleet_noise = s->fleet_noise * fleet.keep +
				 fleet.add * rng_normal(&s->random);
		for (unsigned i = 0; i < s->nvms; i++)
			live(s, i, ts, t.dt);
	}
	t.fleet = s->fleet_noise;
	fault_apply(s, ts);
	if (t.dt > 0)
		for (unsigned i = 0; i < s->nhosts; i++)
			step_host(s, &s->hosts[i], &t);
	s->ts = ts;
}
