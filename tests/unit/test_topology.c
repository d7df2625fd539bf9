/* SPDX-License-Identifier: MIT */
/* Unit tests of topology: parents, joins, sources that complete each other. */
#include "metric/topology.h"

#include "tap.h"

#define S(text) span_of(text)
#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

struct fix {
	double stale_age; /* of the next value, 0: it is good */
	struct intern *names;
	struct series_table *t;
	struct topology *tp;
	struct record_label label;
	int gone;
};

static void
count_subject(struct subject *s, void *arg)
{
	(void)s;
	((struct fix *)arg)->gone++;
}

static void
forget(struct series_entity *n, void *arg)
{
	topology_forget(((struct fix *)arg)->tp, n);
}

static void
start(struct fix *f)
{
	*f = (struct fix){0};
	f->names = intern_new(0);
	f->tp = topology_new(count_subject, f);
	f->t = series_new(&(struct series_options){.names = f->names,
	    .entity_gone = forget,
	    .arg = f});
}

static void
stop(struct fix *f)
{
	series_free(f->t);
	topology_free(f->tp);
	intern_free(f->names);
}

/* One value of one entity; f->label goes with it when it is set. */
static struct series_entity *
see(struct fix *f, double ts, const char *source, const char *entity,
    const char *id, const char *name, double v)
{
	struct record_value value = {.name = intern_id(f->names, S(name)),
	    .number = v};
	struct record r = {.kind = RECORD_SAMPLE,
	    .has = RECORD_HAS_TS | RECORD_HAS_INTERVAL,
	    .ts = ts,
	    .interval = 10,
	    .host = S("hv1"),
	    .source = S(source),
	    .entity = S(entity),
	    .id = S(id),
	    .labels = &f->label,
	    .nlabels = f->label.key.p != NULL,
	    .values = &value,
	    .nvalues = 1};
	struct series_entity *n = NULL;
	const uint32_t *touched;
	size_t ntouched;

	if (f->stale_age > 0) {
		r.quality = RECORD_STALE;
		r.has |= RECORD_HAS_AGE;
		r.age = f->stale_age;
	}
	series_feed(f->t, &r, &n, &touched, &ntouched);
	if (n != NULL)
		topology_see(f->tp, n);
	return n;
}

static struct subject *
find(struct fix *f, const char *entity, const char *id)
{
	return topology_find(f->tp, S("hv1"), S(entity), S(id));
}

static struct reading
get(struct fix *f, const struct subject *s, const char *name, double now)
{
	struct reading r = {0};

	topology_read(f->t, s, intern_id(f->names, S(name)), now, &r);
	return r;
}

static size_t
subjects(struct fix *f)
{
	struct subject *s;
	size_t n = 0;

	for (s = topology_first(f->tp); s != NULL; s = s->next)
		n++;
	return n;
}

static void
test_parents(void)
{
	struct fix f;
	struct subject *host, *vm, *disk, *s;
	struct series_entity *n;

	start(&f);
	n = see(&f, 100, "libvirt", "vm.disk", UUID "/vda", "reads_total", 1);
	disk = n->subject;
	vm = find(&f, "vm", UUID);
	host = find(&f, "host", "hv1");
	OK(disk->parent == vm && vm != NULL, "a disk is its machine's");
	OK(vm->parent == host && host != NULL && host->parent == NULL,
	    "a machine is its host's, and both are known through the disk");
	OK(vm->nsources == 0 && disk->nsources == 1, "though not described");
	n = see(&f, 100, "host", "host.fs", "/", "free_bytes", 1);
	OK(n->subject->parent == host, "the root file system is the host's");
	n = see(&f, 100, "host", "host.fs", "/var/lib", "free_bytes", 1);
	OK(n->subject->parent == host, "slashes in a mount point mean nothing");
	n = see(&f, 100, "container", "container.nic", "0f3a/eth0",
	    "receive_bytes_total", 1);
	s = find(&f, "container", "0f3a");
	OK(s != NULL && n->subject->parent == s && s->parent == host,
	    "containers alike");
	n = see(&f, 100, "host", "process", "42/991", "threads", 1);
	OK(n->subject->parent == host, "a process is its host's");
	n = see(&f, 100, "exec", "pump", "p1", "level_ratio", 1);
	OK(n->subject->parent == host, "so is what nobody knows");
	n = see(&f, 100, "nc-analyze", "aggregate", "g/avg/5m", "load1", 1);
	OK(n->subject->parent == NULL, "an aggregate is nobody's");
	OK(host->child == vm && vm->child == disk && disk->child == NULL &&
		vm->sibling != NULL && strcmp(vm->sibling->id, "/") == 0,
	    "parts in order of appearance");
	see(&f, 100, "host", "host", "hv1", "load1", 1);
	OK(host->nsources == 1 && subjects(&f) == 10, "described later");
	stop(&f);
	OK(f.gone == 10, "all of them go");
}

static void
test_leaving(void)
{
	struct fix f;
	struct series_entity *disk, *nic;

	start(&f);
	disk = see(&f, 100, "libvirt", "vm.disk", UUID "/vda", "reads_total",
	    1);
	nic = see(&f, 100, "libvirt", "vm.nic", UUID "/52:54:00:1:2:3",
	    "receive_bytes_total", 1);
	OK(subjects(&f) == 4, "host, machine, disk, interface");
	series_drop(f.t, disk);
	OK(subjects(&f) == 3 && find(&f, "vm", UUID)->child == nic->subject,
	    "one part less");
	series_drop(f.t, nic);
	OK(subjects(&f) == 0 && f.gone == 4,
	    "with its last part goes what nobody describes");
	stop(&f);
}

static void
test_joins(void)
{
	struct fix f;
	struct series_entity *disk, *nic, *hdisk, *hnic;

	start(&f);
	f.label = (struct record_label){S("backing"), S("wwn-0x5000")};
	disk = see(&f, 100, "libvirt", "vm.disk", UUID "/vda", "reads_total",
	    1);
	f.label = (struct record_label){S("bridge"), S("br0")};
	nic = see(&f, 100, "libvirt", "vm.nic", UUID "/52:54:00:1:2:3",
	    "receive_bytes_total", 1);
	OK(topology_base(f.tp, disk->subject) == NULL, "not seen yet");
	f.label = (struct record_label){{NULL, 0}, {NULL, 0}};
	hdisk = see(&f, 100, "host", "host.disk", "wwn-0x5000", "reads_total",
	    1);
	hnic = see(&f, 100, "host", "host.nic", "br0", "receive_bytes_total",
	    1);
	OK(topology_base(f.tp, disk->subject) == hdisk->subject,
	    "a disk lies on the device its backing names");
	OK(topology_base(f.tp, nic->subject) == hnic->subject,
	    "an interface on its bridge");
	OK(topology_base(f.tp, hdisk->subject) == NULL, "a device on nothing");
	stop(&f);
}

static void
test_merged(void)
{
	struct fix f;
	struct subject *vm;
	struct reading r;

	start(&f);
	see(&f, 100, "qemu", "vm", UUID, "mem_rss_bytes", 1);
	see(&f, 100, "qemu", "vm", UUID, "cpu_seconds_total", 1);
	see(&f, 100, "exec:x", "vm", UUID, "mem_rss_bytes", 3);
	vm = see(&f, 101, "libvirt", "vm", UUID, "mem_rss_bytes", 2)->subject;
	OK(vm->nsources == 3, "three sources, one machine");
	SAME(vm->sources[0]->origin->source, "libvirt", "libvirt first");
	SAME(vm->sources[1]->origin->source, "qemu", "qemu behind it");
	SAME(vm->sources[2]->origin->source, "exec:x", "others behind");
	r = get(&f, vm, "mem_rss_bytes", 105);
	OK(r.fresh && r.series->value == 2 && r.age == 4,
	    "the preferred source");
	/* libvirtd hangs; qemu goes on. */
	see(&f, 130, "qemu", "vm", UUID, "mem_rss_bytes", 5);
	r = get(&f, vm, "mem_rss_bytes", 131);
	OK(r.fresh && r.series->value == 2 && r.age == 30,
	    "3 intervals are waited for");
	r = get(&f, vm, "mem_rss_bytes", 131.5);
	OK(r.fresh && r.series->value == 5, "then the next source speaks");
	r = get(&f, vm, "mem_rss_bytes", 170);
	OK(!r.fresh && r.series->value == 5 && r.age == 40,
	    "when all are old the youngest, said to be old");
	see(&f, 180, "libvirt", "vm", UUID, "mem_rss_bytes", 6);
	r = get(&f, vm, "mem_rss_bytes", 181);
	OK(r.fresh && r.series->value == 6, "back again");
	f.stale_age = 7;
	see(&f, 190, "libvirt", "vm", UUID, "mem_rss_bytes", 6);
	r = get(&f, vm, "mem_rss_bytes", 191);
	OK(!r.fresh && r.age == 8 && r.series->state == SERIES_POOR,
	    "what a source calls old is not fresh, and as old as it says");
	r = get(&f, vm, "nonsense", 181);
	OK(r.series == NULL, "what no source has");
	stop(&f);
}

/* Where one source has just begun the other's rate stands in. */
static void
test_complete(void)
{
	struct fix f;
	struct subject *vm;
	struct reading r;

	start(&f);
	see(&f, 100, "qemu", "vm", UUID, "cpu_seconds_total", 10);
	see(&f, 110, "qemu", "vm", UUID, "cpu_seconds_total", 20);
	vm = see(&f, 110, "libvirt", "vm", UUID, "cpu_seconds_total", 500)
		 ->subject;
	r = get(&f, vm, "cpu_seconds_total", 112);
	OK(r.fresh && r.series->state == SERIES_VALUE && r.series->value == 1,
	    "a rate before a first sample");
	see(&f, 120, "libvirt", "vm", UUID, "cpu_seconds_total", 520);
	r = get(&f, vm, "cpu_seconds_total", 121);
	OK(r.series->value == 2,
	    "each rate from one source: never a difference of two");
	stop(&f);
}

int
main(void)
{
	test_parents();
	test_leaving();
	test_joins();
	test_merged();
	test_complete();
	return tap_done();
}
