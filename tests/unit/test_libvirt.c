/* SPDX-License-Identifier: MIT */
/*
 * Fields of libvirt's bulk statistics to records, from text as virsh prints
 * it.
 * tool: nc-collect
 */
#include <stdlib.h>
#include <string.h>

#include "libvirt/domstats.h"
#include "tap.h"

static struct buf out;

static int
keep(void *arg, const char *line, size_t len)
{
	buf_add(arg, line, len);
	return 0;
}

/* The records of a text at a level, in out; the answer of the last domain. */
static int
records(const char *text, enum metric_level level, double period)
{
	struct source_run run = {.name = "libvirt",
	    .host = "h",
	    .root = "",
	    .level = level,
	    .interval = 10};
	struct frame *f = frame_new(keep, &out);
	struct fields *fields = fields_new(level);
	struct emit e = {.run = &run,
	    .fields = fields,
	    .frame = f,
	    .ts = 1000,
	    .up = 500};
	struct domstats *d = domstats_text(span_of(text));
	struct guest g = {0};
	struct identity *i;
	struct nc_err err;
	int rc;

	buf_clear(&out);
	buf_adds(&out, "");
	frame_clock(f, 1000, 500);
	while ((rc = domstats_next(d, fields, &g, &err)) == 1) {
		i = identity_new(span_of("u"), g.name);
		i->balloon_period = period;
		emit_guest(&e, &g, i, NULL);
		identity_free(i);
	}
	domstats_close(d);
	guest_free(&g);
	emit_free(&e);
	fields_free(fields);
	frame_free(f);
	return rc;
}

static bool
says(const char *text)
{
	return out.data != NULL && strstr(out.data, text) != NULL;
}

static void
test_units(void)
{
	records("Domain: 'a'\n  state.state=3\n  state.reason=5\n"
		"  cpu.time=311872000\n  balloon.current=16384\n"
		"  balloon.rss=5\n",
	    LEVEL_STANDARD, NAN);
	OK(says("\"state\":\"paused\",\"reason\":\"I/O error\""),
	    "state and reason in words");
	OK(says("\"cpu_seconds_total\":0.311872,"), "ns are exact seconds");
	OK(says("\"mem_allocated_bytes\":16777216,"), "KiB are bytes");
	OK(says("\"interval\":10,"), "the interval is said");
	OK(!says("steal") && !says("guest"), "what is absent is not measured");
	records("Domain: 'a'\n  state.state=77\n  state.reason=-3\n",
	    LEVEL_STANDARD, NAN);
	OK(says("\"state\":77") && !says("\"reason\""),
	    "a state of a libvirt to come is a number without a word");
}

static void
test_sums(void)
{
	records("Domain: 'a'\n  vcpu.0.delay=4830991420\n"
		"  vcpu.0.wait=1\n  vcpu.7.delay=39816820\n"
		"  vcpu.7.exits.sum=20\n  vcpu.0.exits.sum=3\n"
		"  vcpu.7.guest_mode.cur=no\n  vcpu.7.halted=yes\n",
	    LEVEL_DETAILED, NAN);
	OK(says("\"steal_seconds_total\":4.87080824,"),
	    "delay is steal, summed without noise");
	OK(says("\"runqueue_seconds_total\":1e-9"), "wait is the run queue");
	OK(says("\"kvm_exits_total\":23"), "counters of KVM add up");
	OK(says("\"id\":\"u/vcpu7\"") && !says("vcpu1"),
	    "a processor keeps its number over a hole");
	OK(says("\"halted\":1"), "yes is 1");
	OK(!says("guest_mode"), "what nobody knows needs diagnostic");
	records("Domain: 'a'\n  vcpu.0.delay=1\n  vcpu.7.delay=1\n",
	    LEVEL_STANDARD, NAN);
	OK(!says("vm.vcpu") && says("\"steal_seconds_total\":2e-9"),
	    "standard has the sum, not the parts");
}

static void
test_parts(void)
{
	records("Domain: 'a'\n  net.count=3\n  net.0.name=nct1\n"
		"  net.0.rx.bytes=5\n  net.2.name=3\n  net.2.tx.drop=7\n"
		"  block.count=2\n  block.0.name=vda\n  block.0.path=/x y\n"
		"  block.0.backingIndex=1\n  block.0.rd.reqs=2\n"
		"  block.0.wr.times=1500000000\n"
		"  block.0.threshold=18446744073709551615\n"
		"  block.1.name=vda\n  block.1.backingIndex=3\n"
		"  block.1.capacity=9\n",
	    LEVEL_DETAILED, NAN);
	OK(says("\"id\":\"u/nct1\"") && says("\"receive_bytes_total\":5"),
	    "an interface by its name");
	OK(says("\"id\":\"u/3\"") && says("\"transmit_drops_total\":7"),
	    "a hole in the indices, a name of digits");
	OK(says("\"file\":\"/x y\""), "a path with a blank");
	OK(says("\"write_seconds_total\":1.5"), "times are seconds");
	OK(!says("threshold"), "unlimited is no number");
	OK(says("\"id\":\"u/vda[3]\""), "a backing layer is not the disk");
}

static void
test_latency(void)
{
	records("Domain: 'a'\n  block.0.name=vda\n"
		"  block.0.timed_group.count=2\n"
		"  block.0.timed_group.0.rd_latency_avg=2000000\n"
		"  block.0.timed_group.1.rd_latency_avg=9000000\n"
		"  block.0.latency_histogram.read.bin.count=3\n"
		"  block.0.latency_histogram.read.bin.0.start=0\n"
		"  block.0.latency_histogram.read.bin.0.value=4\n"
		"  block.0.latency_histogram.read.bin.1.start=1000000\n"
		"  block.0.latency_histogram.read.bin.1.value=2\n"
		"  block.0.latency_histogram.write.bin.0.start=0\n"
		"  block.0.latency_histogram.write.bin.0.value=1\n",
	    LEVEL_DETAILED, NAN);
	OK(says("\"buckets\":{\"read_latency_seconds\":{\"0.001\":4,"
		"\"+Inf\":6},\"write_latency_seconds\":{\"+Inf\":1}}"),
	    "bins are cumulative, by their upper bound");
	OK(says("\"read_latency_avg_seconds\":0.002"),
	    "of two groups the first");
}

static const char balloon[] = "Domain: 'a'\n  balloon.current=8\n"
			      "  balloon.usable=4\n  balloon.last-update=%d\n";

static void
balloon_at(int updated, double period)
{
	char text[200];

	snprintf(text, sizeof(text), balloon, updated);
	records(text, LEVEL_STANDARD, period);
}

static void
test_told(void)
{
	balloon_at(998, 5);
	OK(says("\"mem_guest_usable_bytes\":4096") && !says("quality"),
	    "what the guest has just told is good");
	balloon_at(900, 5);
	OK(says("\"quality\":\"stale\",\"age\":100,\"values\":"
		"{\"mem_guest_usable_bytes\":4096}}"),
	    "what it told long ago stands alone, stale, with its age");
	OK(says("\"mem_allocated_bytes\":8192}}"), "the rest stays good");
	balloon_at(900, 60);
	OK(!says("quality"), "a long period is waited for");
	balloon_at(0, 5);
	OK(!says("usable"), "what it never told is not there");
	balloon_at(2000, 5);
	OK(!says("quality"), "a guest's stamp ahead of us is not negative age");
}

static const char *
label(const struct identity_labels *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].key, key) == 0)
			return l->list[i].value;
	return "";
}

static void
test_xml(void)
{
	static const char xml[] =
	    "<domain><name>a</name><title> web </title><metadata>"
	    "<t:x xmlns:t='urn:t'>acme<!-- --> inc</t:x></metadata><devices>"
	    "<disk type='network' device='disk'><source protocol='rbd' "
	    "name='pool1/img &amp; 2'/><target dev='vda'/></disk>"
	    "<disk type='volume' device='cdrom'><source pool='p' volume='v'/>"
	    "<target dev='sda'/><serial>S1</serial></disk>"
	    "<disk type='block'><source dev='/dev/x'/></disk>"
	    "<interface type='bridge'><mac address='52:54:00:00:00:01'/>"
	    "<source bridge='br0'/><target dev='vnet0'/></interface>"
	    "<interface type='user'><mac address='52:54:00:00:00:01'/>"
	    "<target dev='vnet1'/></interface>"
	    "<channel type='unix'><target type='virtio' state='connected' "
	    "name='org.qemu.guest_agent.0'/></channel>"
	    "<memballoon model='virtio'><stats period='7'/></memballoon>"
	    "</devices></domain>";
	const struct identity_wish wish = {"tenant", "urn:t"};
	struct identity *i = identity_new(span_of("u"), span_of("a"));

	OK(identity_read(i, xml, &wish, 1) == 0, "the XML of a domain");
	SAME(label(&i->labels, "title"), "web", "its title");
	SAME(label(&i->labels, "tenant"), "acme inc", "a wish of metadata");
	OK(i->balloon_period == 7 && i->agent == IDENTITY_AGENT_THERE,
	    "its balloon, its agent");
	OK(i->disks.n == 2, "a disk without a target is none");
	SAME(label(&i->disks.list[0].labels, "protocol"), "rbd", "rbd");
	SAME(label(&i->disks.list[0].labels, "image"), "pool1/img & 2",
	    "pool and image");
	SAME(label(&i->disks.list[1].labels, "volume"), "v", "a volume");
	SAME(label(&i->disks.list[1].labels, "serial"), "S1", "a serial");
	SAME(label(&i->disks.list[1].labels, "kind"), "cdrom", "its kind");
	OK(i->nics.n == 2 && strcmp(i->nics.list[1].id, "vnet1") == 0,
	    "two interfaces of one address are two");
	identity_label(&i->labels, "title", span_of("db"));
	SAME(label(&i->labels, "title"), "db", "the latest label counts");
	OK(identity_read(i, "<domain>", NULL, 0) == -1, "no XML");
	identity_free(i);
}

/* Of the manual of virsh(1), domstats, 9.0 to 12.4. */
static const char every[] =
    "Domain: 'a'\n"
    "  state.state=7\n"
    "  state.reason=7\n"
    "  cpu.time=7\n"
    "  cpu.user=7\n"
    "  cpu.system=7\n"
    "  cpu.haltpoll.success.time=7\n"
    "  cpu.haltpoll.fail.time=7\n"
    "  cpu.cache.monitor.count=7\n"
    "  cpu.cache.monitor.0.bank.count=7\n"
    "  cpu.cache.monitor.0.bank.0.bytes=7\n"
    "  cpu.energy.monitor.count=7\n"
    "  cpu.energy.monitor.0.core_energy=7\n"
    "  cpu.energy.monitor.0.pkg.0.core_energy=7\n"
    "  balloon.current=7\n"
    "  balloon.maximum=7\n"
    "  balloon.swap_in=7\n"
    "  balloon.swap_out=7\n"
    "  balloon.major_fault=7\n"
    "  balloon.minor_fault=7\n"
    "  balloon.unused=7\n"
    "  balloon.available=7\n"
    "  balloon.rss=7\n"
    "  balloon.usable=7\n"
    "  balloon.last-update=7\n"
    "  balloon.disk_caches=7\n"
    "  balloon.hugetlb_pgalloc=7\n"
    "  balloon.hugetlb_pgfail=7\n"
    "  vcpu.current=7\n"
    "  vcpu.maximum=7\n"
    "  vcpu.0.state=7\n"
    "  vcpu.0.time=7\n"
    "  vcpu.0.wait=7\n"
    "  vcpu.0.halted=7\n"
    "  vcpu.0.delay=7\n"
    "  vcpu.0.exits.sum=7\n"
    "  vcpu.0.io_exits.sum=7\n"
    "  vcpu.0.halt_poll_fail_ns.sum=7\n"
    "  net.count=7\n"
    "  net.0.name=vda\n"
    "  net.0.rx.bytes=7\n"
    "  net.0.rx.pkts=7\n"
    "  net.0.rx.errs=7\n"
    "  net.0.rx.drop=7\n"
    "  net.0.tx.bytes=7\n"
    "  net.0.tx.pkts=7\n"
    "  net.0.tx.errs=7\n"
    "  net.0.tx.drop=7\n"
    "  block.count=7\n"
    "  block.0.name=vda\n"
    "  block.0.backingIndex=7\n"
    "  block.0.path=vda\n"
    "  block.0.rd.reqs=7\n"
    "  block.0.rd.bytes=7\n"
    "  block.0.rd.times=7\n"
    "  block.0.wr.reqs=7\n"
    "  block.0.wr.bytes=7\n"
    "  block.0.wr.times=7\n"
    "  block.0.fl.reqs=7\n"
    "  block.0.fl.times=7\n"
    "  block.0.errors=7\n"
    "  block.0.allocation=7\n"
    "  block.0.capacity=7\n"
    "  block.0.physical=7\n"
    "  block.0.threshold=7\n"
    "  block.0.limits.request_alignment=7\n"
    "  block.0.limits.discard_max=7\n"
    "  block.0.limits.discard_alignment=7\n"
    "  block.0.limits.write_zeroes_max=7\n"
    "  block.0.limits.write_zeroes_alignment=7\n"
    "  block.0.limits.transfer_optimal=7\n"
    "  block.0.limits.transfer_max=7\n"
    "  block.0.limits.transfer_hw_max=7\n"
    "  block.0.limits.iov_max=7\n"
    "  block.0.limits.iov_hw_max=7\n"
    "  block.0.limits.memory_alignment_minimal=7\n"
    "  block.0.limits.memory_alignment_optimal=7\n"
    "  block.0.timed_group.count=7\n"
    "  block.0.timed_group.0.interval_length=7\n"
    "  block.0.timed_group.0.rd_latency_min=7\n"
    "  block.0.timed_group.0.rd_latency_max=7\n"
    "  block.0.timed_group.0.rd_latency_avg=7\n"
    "  block.0.timed_group.0.wr_latency_min=7\n"
    "  block.0.timed_group.0.wr_latency_max=7\n"
    "  block.0.timed_group.0.wr_latency_avg=7\n"
    "  block.0.timed_group.0.zone_append_latency_min=7\n"
    "  block.0.timed_group.0.zone_append_latency_max=7\n"
    "  block.0.timed_group.0.zone_append_latency_avg=7\n"
    "  block.0.timed_group.0.flush_latency_min=7\n"
    "  block.0.timed_group.0.flush_latency_max=7\n"
    "  block.0.timed_group.0.flush_latency_avg=7\n"
    "  block.0.timed_group.0.rd_queue_depth_avg=7\n"
    "  block.0.timed_group.0.wr_queue_depth_avg=7\n"
    "  block.0.timed_group.0.zone_append_queue_depth_avg=7\n"
    "  block.0.latency_histogram.read.bin.count=7\n"
    "  block.0.latency_histogram.read.bin.0.start=7\n"
    "  block.0.latency_histogram.read.bin.0.value=7\n"
    "  block.0.latency_histogram.write.bin.count=7\n"
    "  block.0.latency_histogram.write.bin.0.start=7\n"
    "  block.0.latency_histogram.write.bin.0.value=7\n"
    "  block.0.latency_histogram.zone_append.bin.count=7\n"
    "  block.0.latency_histogram.zone_append.bin.0.start=7\n"
    "  block.0.latency_histogram.zone_append.bin.0.value=7\n"
    "  block.0.latency_histogram.flush.bin.count=7\n"
    "  block.0.latency_histogram.flush.bin.0.start=7\n"
    "  block.0.latency_histogram.flush.bin.0.value=7\n"
    "  perf.cmt=7\n"
    "  perf.mbmt=7\n"
    "  perf.mbml=7\n"
    "  perf.cpu_cycles=7\n"
    "  perf.instructions=7\n"
    "  perf.cache_references=7\n"
    "  perf.cache_misses=7\n"
    "  perf.branch_instructions=7\n"
    "  perf.branch_misses=7\n"
    "  perf.bus_cycles=7\n"
    "  perf.stalled_cycles_frontend=7\n"
    "  perf.stalled_cycles_backend=7\n"
    "  perf.ref_cpu_cycles=7\n"
    "  perf.cpu_clock=7\n"
    "  perf.task_clock=7\n"
    "  perf.page_faults=7\n"
    "  perf.context_switches=7\n"
    "  perf.cpu_migrations=7\n"
    "  perf.page_faults_min=7\n"
    "  perf.page_faults_maj=7\n"
    "  perf.alignment_faults=7\n"
    "  perf.emulation_faults=7\n"
    "  iothread.count=7\n"
    "  memory.bandwidth.monitor.count=7\n"
    "  memory.bandwidth.monitor.0.node.count=7\n"
    "  memory.bandwidth.monitor.0.node.0.bytes.local=7\n"
    "  memory.bandwidth.monitor.0.node.0.bytes.total=7\n"
    "  dirtyrate.calc_status=7\n"
    "  dirtyrate.calc_start_time=7\n"
    "  dirtyrate.calc_period=7\n"
    "  dirtyrate.megabytes_per_second=7\n"
    "  dirtyrate.calc_mode=7\n";

static void
test_every(void)
{
	const char *raw;

	records(every, LEVEL_DIAGNOSTIC, NAN);
	raw = strstr(out.data, "raw_");
	OK(raw == NULL, "every field of the manual has a name of ours");
	if (raw != NULL)
		printf("# %.60s\n", raw);
}

static void
test_unknown(void)
{
	records("Domain: 'a'\n  iothread.1.poll-max-ns=32768\n"
		"  vcpu.1.directed_yield.sum=3\n  block.0.name=vda\n"
		"  block.0.new.thing=9\n  new.Thing_total=1.5\n"
		"  new.mode=page-sampling\n  vm.guest_mode.cur=no\n",
	    LEVEL_DIAGNOSTIC, NAN);
	OK(says("\"raw_iothread_1_poll_max_ns_value\":32768"),
	    "an unknown field by its name, no foreign unit");
	OK(says("\"raw_new_thing_total_value\":1.5"),
	    "it is no counter before we know");
	OK(says("\"raw_directed_yield_sum\":3") && says("u/vcpu1"),
	    "that of a processor is the processor's");
	OK(says("\"raw_new_thing\":9"), "that of a disk the disk's");
	OK(says("\"raw_vm_guest_mode_cur\":0"), "a boolean is a number");
	OK(!says("page"), "a word is none");
}

static void
test_text(void)
{
	struct domstats *d = domstats_text(span_of("Domain: 'a'b'\r\n"
						   "  cpu.time=1\r\n\r\n"
						   "Domain: ''\n"
						   "Domain: 'c'"));
	struct fields *f = fields_new(LEVEL_STANDARD);
	struct guest g = {0};
	struct nc_err e;

	OK(domstats_next(d, f, &g, &e) == 1 && span_is(g.name, "a'b"),
	    "a quote within a name");
	OK(domstats_next(d, f, &g, &e) == 1 && g.name.len == 0 &&
		g.seen[0] == 0,
	    "an empty name, nothing left of the one before");
	OK(domstats_next(d, f, &g, &e) == 1 && span_is(g.name, "c"),
	    "no LF at the end");
	OK(domstats_next(d, f, &g, &e) == 0, "the end");
	domstats_close(d);
	d = domstats_text(span_of("Domain: 'a'\nx\n"));
	OK(domstats_next(d, f, &g, &e) == -1 &&
		strcmp(e.msg, "line 2: expected FIELD=VALUE") == 0,
	    "a bad line by its number");
	domstats_close(d);
	d = domstats_text(span_of("{}\n"));
	OK(domstats_next(d, f, &g, &e) == -1, "something else altogether");
	domstats_close(d);
	guest_free(&g);
	fields_free(f);
}

static void
test_dirty(void)
{
	records("Domain: 'a'\n  dirtyrate.calc_status=2\n"
		"  dirtyrate.calc_start_time=400\n  dirtyrate.calc_period=1\n"
		"  dirtyrate.megabytes_per_second=2\n",
	    LEVEL_STANDARD, NAN);
	OK(says("\"id\":\"u/dirtyrate\"") && says("\"age\":99") &&
		says("\"dirty_bytes_per_second\":2097152"),
	    "a rate measured long ago says so");
	records("Domain: 'a'\n  dirtyrate.calc_status=0\n"
		"  dirtyrate.calc_start_time=0\n  dirtyrate.calc_period=0\n"
		"  dirtyrate.megabytes_per_second=2\n",
	    LEVEL_STANDARD, NAN);
	OK(!says("dirty"), "none was measured");
}

int
main(void)
{
	test_units();
	test_sums();
	test_parts();
	test_latency();
	test_told();
	test_xml();
	test_every();
	test_unknown();
	test_text();
	test_dirty();
	buf_free(&out);
	return tap_done();
}
