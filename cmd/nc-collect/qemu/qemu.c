/* SPDX-License-Identifier: MIT */
/*
 * qemu: virtual machines as their QEMU processes show them in /proc and in
 * their control groups: no libvirt, no monitor, nothing a machine could
 * refuse.  The same entities, ids and names as the source libvirt.  Emits
 * nothing that only a monitor knows.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cgroup.h"
#include "host/host.h"
#include "host/process.h"
#include "qemu/command.h"
#include "qemu/group.h"
#include "qemu/numa.h"
#include "qemu/taps.h"
#include "qemu/threads.h"
#include "qemu/vf.h"
#include "scan.h"

/* A process is looked at this often before it counts as no machine (libvirt
 * forks, then becomes QEMU), and then at one in so many rounds. */
#define LOOKS 3
#define AGAIN 16
/* Seconds until the control group is looked up again: it may be moved. */
#define REGROUP 60

enum {
	V_START,
	V_VCPUS,
	V_VCPUS_MAX,
	V_CPU,
	V_CPU_USER,
	V_CPU_SYSTEM,
	V_STEAL,
	V_MEM_MAX,
	V_RSS,
	V_SWAP,
	V_HUGETLB,
	V_FAULTS,
	V_READ,
	V_WRITTEN,
	V_COUNT
};

static const char *const vm_names[V_COUNT] = {"start_timestamp_seconds",
    "vcpus", "vcpus_max", "cpu_seconds_total", "cpu_user_seconds_total",
    "cpu_system_seconds_total", "steal_seconds_total", "mem_max_bytes",
    "mem_rss_bytes", "mem_swap_bytes", "mem_hugetlb_bytes",
    "major_faults_total", "io_read_bytes_total", "io_written_bytes_total"};

/* What its control group adds; the rest is not the machine's to say. */
static const char *const group_names[CG_NUMBERS] =
    {[CG_CPU] = "cpu_seconds_total",
	[CG_CPU_USER] = "cpu_user_seconds_total",
	[CG_CPU_SYSTEM] = "cpu_system_seconds_total",
	[CG_PERIODS] = "cpu_periods_total",
	[CG_THROTTLED_PERIODS] = "throttled_periods_total",
	[CG_THROTTLED] = "throttled_seconds_total",
	[CG_CPU_LIMIT] = "cpu_limit",
	[CG_OOM_KILLS] = "oom_kills_total",
	[CG_IO_READ] = "io_read_bytes_total",
	[CG_IO_WRITTEN] = "io_written_bytes_total",
	[CG_IO_READS] = "io_reads_total",
	[CG_IO_WRITES] = "io_writes_total",
	[CG_PSI_CPU_SOME] = "psi_cpu_some_seconds_total",
	[CG_PSI_CPU_FULL] = "psi_cpu_full_seconds_total",
	[CG_PSI_MEM_SOME] = "psi_mem_some_seconds_total",
	[CG_PSI_MEM_FULL] = "psi_mem_full_seconds_total",
	[CG_PSI_IO_SOME] = "psi_io_some_seconds_total",
	[CG_PSI_IO_FULL] = "psi_io_full_seconds_total"};

enum { T_CPU, T_WAIT, T_SLICES, T_THREADS, T_COUNT };
static const char *const thread_names[T_COUNT] = {"cpu_seconds_total",
    "runqueue_seconds_total", "timeslices_total", "threads"};

enum { P_CPU, P_STEAL, P_COUNT };
static const char *const vcpu_names[P_COUNT] = {"cpu_seconds_total",
    "steal_seconds_total"};

enum { N_BYTES, N_HUGE, N_COUNT };
static const char *const numa_names[N_COUNT] = {"mem_bytes", "hugetlb_bytes"};

/* In the order of NIC_RX_BYTES and so on of the host's end of a cable, whose
 * input is the guest's output. */
static const char *const nic_names[8] = {"transmit_bytes_total",
    "transmit_packets_total", "transmit_errors_total", "transmit_drops_total",
    "receive_bytes_total", "receive_packets_total", "receive_errors_total",
    "receive_drops_total"};

enum { S_SWAP, S_HUGETLB };
static const struct keyed_row status_rows[] = {{"VmSwap", S_SWAP},
    {"HugetlbPages", S_HUGETLB}, {NULL, 0}};
enum { I_READ, I_WRITTEN };
static const struct keyed_row io_rows[] = {{"read_bytes", I_READ},
    {"write_bytes", I_WRITTEN}, {NULL, 0}};

/* Where a counter is taken from, for good: another origin counts from
 * another number, and the step between the two would look like a rate. */
enum origin { ORIGIN_UNKNOWN, ORIGIN_GROUP, ORIGIN_PROCESS };

struct vm {
	uint64_t pid, start;
	enum origin cpu_from, parts_from, io_from;
	char id[300];
	struct command command;
	struct kept stat, status, io; /* their paths are owned */
	struct process_stat now;
	struct threads threads;
	struct taps taps;
	struct vfs vfs;
	struct cgroup *group; /* NULL: none of its own */
	char group_path[512];
	double grouped; /* tree.up when it was looked up */
	double placed; /* the same of its nodes */
	bool placed_once;
	unsigned groupings;
	bool told; /* a second process with the same UUID: said once */
};

/* A process that is no machine, as far as looked. */
struct other {
	uint64_t pid;
	unsigned looks;
};

struct vhost {
	uint64_t tid, owner;
};

struct qemu {
	struct tree tree;
	struct cgroups groups;
	struct keys vm, group, thread, vcpu, nic, numa;
	struct numa nodes; /* of the one in hand */
	struct keyed status, io;
	struct spaces *spaces;
	struct vf_reader *functions; /* NULL: of a recorded machine */
	double page;
	uint64_t round;
	struct vm **list;
	size_t count;
	struct other *others; /* by pid, as the folder lists them */
	size_t nothers;
	struct other *next; /* of the round in hand */
	size_t nnext, cap;
	size_t at; /* in others */
	struct vhost *vhosts; /* kernel threads seen in this round */
	size_t nvhosts;
	const struct source_run *run;
	struct frame *frame;
	bool stop;
};

static void
vm_free(struct vm *v)
{
	struct kept *files[] = {&v->stat, &v->status, &v->io};
	size_t i;

	for (i = 0; i < 3; i++) {
		kept_close(files[i]);
		free((char *)(uintptr_t)files[i]->path);
	}
	threads_close(&v->threads);
	cgroup_free(v->group);
	free(v);
}

static int
qemu_open(const struct source_run *run, void **state, struct nc_err *e)
{
	struct qemu *q = xcalloc(1, sizeof(*q));

	if (tree_open(&q->tree, run, e) == -1) {
		free(q);
		return -1;
	}
	cgroups_open(&q->groups, &q->tree);
	keys_open(&q->vm, run, "vm", vm_names, V_COUNT);
	keys_open(&q->group, run, "vm", group_names, CG_NUMBERS);
	keys_open(&q->thread, run, "vm.thread", thread_names, T_COUNT);
	keys_open(&q->vcpu, run, "vm.vcpu", vcpu_names, P_COUNT);
	keys_open(&q->nic, run, "vm.nic", nic_names, 8);
	keys_open(&q->numa, run, "vm.numa", numa_names, N_COUNT);
	q->status.rows = status_rows;
	q->io.rows = io_rows;
	q->spaces = spaces_new();
	if (q->tree.live)
		q->functions = vf_reader_new();
	q->page = q->tree.live ? (double)sysconf(_SC_PAGESIZE) : 4096;
	*state = q;
	return 0;
}

static void
qemu_close(void *state)
{
	struct qemu *q = state;
	size_t i;

	for (i = 0; i < q->count; i++)
		vm_free(q->list[i]);
	free(q->list);
	free(q->others);
	free(q->next);
	free(q->vhosts);
	spaces_free(q->spaces);
	vf_reader_free(q->functions);
	tree_close(&q->tree);
	free(q);
}

/*
 * The program, by the link to its file where it may be seen, else by the name
 * of the process.  A kernel thread has no file: *kernel.
 */
static bool
looks_like_qemu(struct qemu *q, const char *pid, bool *kernel, char name[64])
{
	char path[64], exe[512];

	*kernel = false;
	snprintf(path, sizeof(path), "proc/%s/exe", pid);
	if (tree_link(&q->tree, path, exe, sizeof(exe)))
		return scan_prefix(exe, "qemu-system-") != NULL ||
		       scan_prefix(exe, "qemu-kvm") != NULL ||
		       strcmp(exe, "kvm") == 0;
	snprintf(path, sizeof(path), "proc/%s/comm", pid);
	if (!tree_word(&q->tree, path, name, 64))
		return false;
	*kernel = scan_prefix(name, "vhost-") != NULL;
	return scan_prefix(name, "qemu-") != NULL || strcmp(name, "kvm") == 0;
}

static struct kept
kept_of(uint64_t pid, const char *file)
{
	return KEPT(xasprintf("proc/%llu/%s", (unsigned long long)pid, file));
}

static struct vm *
by_id(const struct qemu *q, const char *id)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		if (strcmp(q->list[i]->id, id) == 0)
			return q->list[i];
	return NULL;
}

/* Stable over restarts where it can be: the UUID, else the name. */
static void
name_vm(struct vm *v)
{
	const struct command *c = &v->command;

	if (*c->uuid != '\0')
		snprintf(v->id, sizeof(v->id), "%s", c->uuid);
	else if (*c->name != '\0')
		snprintf(v->id, sizeof(v->id), "%s", c->name);
	else
		snprintf(v->id, sizeof(v->id), "qemu-%llu-%llu",
		    (unsigned long long)v->pid, (unsigned long long)v->start);
	/* A part's id begins with its parent's, up to the first '/'. */
	for (char *p = v->id; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
}

/* true: it is a machine, and known now. */
static bool
adopt_vm(struct qemu *q, uint64_t pid)
{
	struct vm *v, *twin;
	struct span text;
	char path[48];

	snprintf(path, sizeof(path), "proc/%llu/cmdline",
	    (unsigned long long)pid);
	text = tree_slurp(&q->tree, path, true);
	if (text.p == NULL || text.len == 0)
		return false;
	v = xcalloc(1, sizeof(*v));
	v->pid = pid;
	v->stat = kept_of(pid, "stat");
	v->status = kept_of(pid, "status");
	v->io = kept_of(pid, "io");
	threads_open(&v->threads, pid);
	if (!command_parse(text, &v->command))
		goto no;
	text = kept_read(&q->tree, &v->stat);
	if (text.p == NULL || !process_parse(text.p, &v->now))
		goto no;
	v->start = v->now.start;
	name_vm(v);
	if ((twin = by_id(q, v->id)) != NULL) {
		/* The two ends of a migration within one machine. */
		if (!twin->told &&
		    source_error(q->frame, "vm", span_of(v->id), "duplicate",
			"processes %llu and %llu have the same "
			"UUID; the first is reported",
			(unsigned long long)twin->pid,
			(unsigned long long)pid) == -1)
			q->stop = true;
		twin->told = true;
		goto no;
	}
	q->list = xreallocarray(q->list, q->count + 1, sizeof(struct vm *));
	q->list[q->count++] = v;
	return true;
no:
	vm_free(v);
	return false;
}

static void
see_other(struct qemu *q, uint64_t pid, unsigned looks)
{
	if (q->nnext == q->cap) {
		q->cap = q->cap == 0 ? 256 : q->cap * 2;
		q->next = xreallocarray(q->next, q->cap, sizeof(*q->next));
	}
	q->next[q->nnext++] = (struct other){pid, looks};
}

static void
see_kernel_thread(struct qemu *q, uint64_t tid, const char *name)
{
	uint64_t owner;

	if (scan_u64(name + strlen("vhost-"), &owner) == NULL)
		return;
	q->vhosts = xreallocarray(q->vhosts, q->nvhosts + 1,
	    sizeof(*q->vhosts));
	q->vhosts[q->nvhosts++] = (struct vhost){tid, owner};
}

static bool
is_known(const struct qemu *q, uint64_t pid)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		if (q->list[i]->pid == pid)
			return true;
	return false;
}

static void
see_process(void *arg, const char *entry)
{
	struct qemu *q = arg;
	char name[64];
	uint64_t pid;
	unsigned looks = 0;
	bool kernel;

	if (!isdigit((unsigned char)*entry) || scan_u64(entry, &pid) == NULL ||
	    is_known(q, pid))
		return;
	while (q->at < q->nothers && q->others[q->at].pid < pid)
		q->at++;
	if (q->at < q->nothers && q->others[q->at].pid == pid)
		looks = q->others[q->at].looks;
	if (looks >= LOOKS && (q->round + pid) % AGAIN != 0) {
		see_other(q, pid, looks);
		return;
	}
	if (looks_like_qemu(q, entry, &kernel, name) && adopt_vm(q, pid))
		return;
	if (kernel)
		see_kernel_thread(q, pid, name);
	see_other(q, pid, looks < LOOKS ? looks + 1 : looks);
}

static void
scan(struct qemu *q)
{
	struct other *swap = q->others;
	size_t i, j;

	q->nnext = q->at = q->nvhosts = 0;
	tree_list(&q->tree, "proc", see_process, q);
	q->others = q->next;
	q->nothers = q->nnext;
	q->next = swap;
	/* The two arrays change places, so both have the larger room. */
	q->next = xreallocarray(q->next, q->cap > 0 ? q->cap : 1,
	    sizeof(*q->next));
	for (i = 0; i < q->nvhosts; i++)
		for (j = 0; j < q->count; j++)
			if (q->list[j]->pid == q->vhosts[i].owner)
				threads_add(&q->list[j]->threads,
				    q->vhosts[i].tid);
}

static void
find_group(struct qemu *q, struct vm *v)
{
	char *path[CGT_COUNT];
	const char *own;

	if (q->group.on == 0 ||
	    (v->groupings >= LOOKS && q->tree.up - v->grouped < REGROUP))
		return;
	v->groupings++;
	v->grouped = q->tree.up;
	own = group_of(&q->tree, &q->groups, v->pid, path);
	if (strcmp(v->group_path, own != NULL ? own : "") != 0) {
		cgroup_free(v->group);
		v->group = own == NULL
			       ? NULL
			       : cgroup_new(&q->groups, &q->tree,
				     (const char *const *)path, q->group.on);
		snprintf(v->group_path, sizeof(v->group_path), "%s",
		    own != NULL ? own : "");
	}
	cgroup_paths_free(path);
}

static double
started(const struct qemu *q, const struct vm *v)
{
	return round(1e3 * (q->tree.since + (double)v->start / HOST_HZ)) / 1e3;
}

static void
begin(struct qemu *q, const struct vm *v, const char *entity, const char *part)
{
	char id[400];

	snprintf(id, sizeof(id), "%s%s%s", v->id, *part != '\0' ? "/" : "",
	    part);
	source_begin(q->run, q->frame, entity, span_of(id));
	frame_since(q->frame, started(q, v));
	frame_label(q->frame, *part != '\0' ? "vm" : "name",
	    span_of(*v->command.name != '\0' ? v->command.name : v->id));
}

static void
end(struct qemu *q)
{
	if (frame_end(q->frame) == -1)
		q->stop = true;
}

static void
put_memory(struct qemu *q, struct vm *v)
{
	struct frame *f = q->frame;
	struct keyed_numbers n;
	const char *p;

	if (v->command.mem_bytes > 0)
		keys_u64(&q->vm, f, V_MEM_MAX, v->command.mem_bytes);
	keys_real(&q->vm, f, V_RSS, (double)v->now.rss_pages * q->page);
	keys_u64(&q->vm, f, V_FAULTS, v->now.major_faults);
	if (!keys_on(&q->vm, V_SWAP) ||
	    (p = kept_read(&q->tree, &v->status).p) == NULL)
		return;
	keyed_lines(&q->status, p, &n);
	if (keyed_has(&n, S_SWAP))
		keys_u64(&q->vm, f, V_SWAP, n.v[S_SWAP] * 1024);
	if (keyed_has(&n, S_HUGETLB))
		keys_u64(&q->vm, f, V_HUGETLB, n.v[S_HUGETLB] * 1024);
}

/* What the process itself did, where no group of its own says more.  false:
 * it does not say. */
static bool
put_io(struct qemu *q, struct vm *v)
{
	struct keyed_numbers n;
	const char *p;

	if (!keys_on(&q->vm, V_READ) ||
	    (p = kept_read(&q->tree, &v->io).p) == NULL)
		return false;
	keyed_lines(&q->io, p, &n);
	if (keyed_has(&n, I_READ))
		keys_u64(&q->vm, q->frame, V_READ, n.v[I_READ]);
	if (keyed_has(&n, I_WRITTEN))
		keys_u64(&q->vm, q->frame, V_WRITTEN, n.v[I_WRITTEN]);
	return keyed_has(&n, I_READ) || keyed_has(&n, I_WRITTEN);
}

/* The process is asked: neither its group's numbers of this round nor those
 * of an earlier one have told it.  Once the process has, the group's are left
 * out. */
static bool
by_process(enum origin *o, struct cgroup_numbers *g, uint64_t numbers)
{
	if (*o == ORIGIN_UNKNOWN && (g->seen & numbers) != 0)
		*o = ORIGIN_GROUP;
	if (*o == ORIGIN_PROCESS)
		g->seen &= ~numbers;
	return *o != ORIGIN_GROUP;
}

static void
put_cpu(struct qemu *q, struct vm *v, struct cgroup_numbers *g)
{
	const struct process_stat *s = &v->now;
	struct frame *f = q->frame;

	if (by_process(&v->cpu_from, g, CG_BIT(CG_CPU))) {
		v->cpu_from = ORIGIN_PROCESS;
		keys_real(&q->vm, f, V_CPU,
		    (double)(s->user + s->system) / HOST_HZ);
	}
	if (by_process(&v->parts_from, g,
		CG_BIT(CG_CPU_USER) | CG_BIT(CG_CPU_SYSTEM))) {
		v->parts_from = ORIGIN_PROCESS;
		keys_real(&q->vm, f, V_CPU_USER, (double)s->user / HOST_HZ);
		keys_real(&q->vm, f, V_CPU_SYSTEM, (double)s->system / HOST_HZ);
	}
}

static void
put_vm(struct qemu *q, struct vm *v)
{
	struct cgroup_numbers g = {.seen = 0};
	struct thread_times steal;
	struct frame *f = q->frame;
	size_t vcpus;
	char pid[24];
	bool timed;

	if (v->group != NULL)
		cgroup_read(v->group, &g);
	begin(q, v, "vm", "");
	snprintf(pid, sizeof(pid), "%llu", (unsigned long long)v->pid);
	if (*v->command.uuid != '\0')
		frame_label(f, "uuid", span_of(v->command.uuid));
	frame_label(f, "pid", span_of(pid));
	keys_real(&q->vm, f, V_START, started(q, v));
	vcpus = threads_sum(&v->threads, THREAD_VCPU, &steal, &timed);
	/* Hot-plugged ones have threads; but one thread may run them all. */
	keys_u64(&q->vm, f, V_VCPUS, vcpus > 1 ? vcpus : v->command.vcpus);
	keys_u64(&q->vm, f, V_VCPUS_MAX, v->command.vcpus_max);
	put_cpu(q, v, &g);
	if (v->threads.named && timed)
		keys_real(&q->vm, f, V_STEAL, (double)steal.wait_ns / 1e9);
	put_memory(q, v);
	if (by_process(&v->io_from, &g,
		CG_BIT(CG_IO_READ) | CG_BIT(CG_IO_WRITTEN)) &&
	    put_io(q, v))
		v->io_from = ORIGIN_PROCESS;
	cgroup_put(&g, &q->group, f);
	end(q);
}

static void
put_threads(struct qemu *q, struct vm *v)
{
	const struct thread *th;
	struct thread_times t;
	char part[32];
	size_t i, n;
	bool timed;

	for (i = 0; i < v->threads.count && q->vcpu.on != 0; i++) {
		th = &v->threads.list[i];
		if (th->class != THREAD_VCPU || !th->timed)
			continue;
		snprintf(part, sizeof(part), "vcpu%u", th->vcpu);
		begin(q, v, "vm.vcpu", part);
		keys_real(&q->vcpu, q->frame, P_CPU,
		    (double)th->times.run_ns / 1e9);
		keys_real(&q->vcpu, q->frame, P_STEAL,
		    (double)th->times.wait_ns / 1e9);
		end(q);
	}
	for (i = 0; i < THREAD_CLASSES && q->thread.on != 0; i++) {
		n = threads_sum(&v->threads, (enum thread_class)i, &t, &timed);
		if (n == 0 && t.run_ns == 0)
			continue;
		begin(q, v, "vm.thread",
		    thread_class_name((enum thread_class)i));
		keys_u64(&q->thread, q->frame, T_THREADS, n);
		if (timed) {
			keys_real(&q->thread, q->frame, T_CPU,
			    (double)t.run_ns / 1e9);
			keys_real(&q->thread, q->frame, T_WAIT,
			    (double)t.wait_ns / 1e9);
			keys_u64(&q->thread, q->frame, T_SLICES, t.slices);
		}
		end(q);
	}
}

static void
put_nics(struct qemu *q, struct vm *v)
{
	const struct nic *nic;
	const struct tap *tap;
	size_t i, j;

	if (q->nic.on == 0)
		return;
	taps_find(&v->taps, &q->tree, v->pid, &v->command);
	for (i = 0; i < v->taps.count; i++) {
		tap = &v->taps.tap[i];
		nic = spaces_find(q->spaces, &q->tree, v->pid, v->taps.space,
		    tap->name);
		if (nic == NULL)
			continue;
		begin(q, v, "vm.nic", *tap->mac != '\0' ? tap->mac : tap->name);
		frame_label(q->frame, "target", span_of(tap->name));
		if (*tap->bridge != '\0')
			frame_label(q->frame, "bridge", span_of(tap->bridge));
		/* A macvtap is an interface, not the end of a cable: the other
		 * four names are the guest's as well as the host's. */
		for (j = 0; j < 8; j++)
			keys_u64(&q->nic, q->frame, j,
			    nic->v[tap->direct ? (j + 4) % 8 : j]);
		end(q);
	}
}

/* The guest's own interface on a card it shares with others. */
static void
put_functions(struct qemu *q, struct vm *v)
{
	const struct vf *one;
	struct nic nic;

	if (q->nic.on == 0 || q->functions == NULL)
		return;
	vfs_find(&v->vfs, &q->tree, &v->command);
	for (size_t i = 0; i < v->vfs.count; i++) {
		one = &v->vfs.list[i];
		if (!vf_read(q->functions, one, &nic))
			continue;
		begin(q, v, "vm.nic",
		    *nic.address != '\0' ? nic.address : one->address);
		frame_label(q->frame, "target", span_of(one->address));
		frame_label(q->frame, "type", span_of("hostdev"));
		frame_label(q->frame, "device", span_of(one->card));
		for (size_t j = 0; j < 8; j++)
			if ((nic.counted >> j & 1) != 0)
				keys_u64(&q->nic, q->frame, (j + 4) % 8,
				    nic.v[j]);
		end(q);
	}
}

static void
put_numa(struct qemu *q, struct vm *v)
{
	char part[24];

	if (q->numa.on == 0 ||
	    (v->placed_once && q->tree.up - v->placed < NUMA_SECONDS))
		return;
	v->placed_once = true;
	v->placed = q->tree.up;
	if (!numa_read(&q->nodes, &q->tree, v->pid))
		return;
	for (size_t i = 0; i < q->nodes.count; i++) {
		snprintf(part, sizeof(part), "node%u", q->nodes.list[i].node);
		begin(q, v, "vm.numa", part);
		frame_interval(q->frame, NUMA_SECONDS);
		keys_u64(&q->numa, q->frame, N_BYTES, q->nodes.list[i].bytes);
		keys_u64(&q->numa, q->frame, N_HUGE, q->nodes.list[i].huge);
		end(q);
	}
}

static void
put_gone(struct qemu *q, const struct vm *v)
{
	frame_begin(q->frame, RECORD_EVENT, "vm", span_of(v->id));
	frame_label(q->frame, "name",
	    span_of(*v->command.name != '\0' ? v->command.name : v->id));
	frame_text(q->frame, "event", span_of("gone"));
	frame_text(q->frame, "detail", span_of("its QEMU process ended"));
	end(q);
}

/* false: it ended, or its number is another's now. */
static bool
is_alive(struct qemu *q, struct vm *v)
{
	const char *p = kept_read(&q->tree, &v->stat).p;

	return p != NULL && process_parse(p, &v->now) &&
	       v->now.start == v->start;
}

static int
qemu_collect(void *state, const struct source_run *run,
    const struct source_round *r, struct frame *f, struct nc_err *e)
{
	struct qemu *q = state;
	struct vm *v;
	size_t i;

	(void)e;
	q->run = run;
	q->frame = f;
	q->stop = false;
	q->round = r->seq;
	tree_clock(&q->tree, run, r, f);
	spaces_round(q->spaces);
	scan(q);
	for (i = 0; i < q->count && !q->stop;) {
		v = q->list[i];
		if (!is_alive(q, v) || !threads_read(&v->threads, &q->tree)) {
			put_gone(q, v);
			vm_free(v);
			q->count--;
			memmove(&q->list[i], &q->list[i + 1],
			    (q->count - i) * sizeof(struct vm *));
			continue;
		}
		find_group(q, v);
		put_vm(q, v);
		put_threads(q, v);
		put_nics(q, v);
		put_functions(q, v);
		put_numa(q, v);
		i++;
	}
	if (!q->stop && tree_tell(&q->tree, run, f) == -1)
		q->stop = true;
	return 0;
}

static void
doctor_vm(struct qemu *q, struct vm *v, source_tell *tell, void *arg)
{
	struct source_finding f;
	char *why, path[48];

	threads_read(&v->threads, &q->tree);
	if (!v->threads.named) {
		why = xasprintf("%s: its threads have no names",
		    *v->command.name != '\0' ? v->command.name : v->id);
		f = (struct source_finding){"virtual processors of a VM", why,
		    "start QEMU with -name guest=NAME,debug-threads=on"};
		tell(arg, &f);
		free(why);
	}
	snprintf(path, sizeof(path), "proc/%llu/io",
	    (unsigned long long)v->pid);
	if (tree_slurp(&q->tree, path, true).p == NULL) {
		why = xasprintf("/%s may not be read", path);
		f = (struct source_finding){
		    "I/O and network interfaces of a VM", why,
		    "setcap cap_sys_ptrace+ep \"$(command -v nc-collect)\""};
		tell(arg, &f);
		free(why);
	}
}

static int
drop_line(void *arg, const char *line, size_t len)
{
	(void)arg;
	(void)line;
	(void)len;
	return 0;
}

static void
qemu_doctor(const struct source_run *run, source_tell *tell, void *arg)
{
	struct source_finding f;
	struct nc_err e;
	struct qemu *q;
	void *state;
	size_t i;

	if (qemu_open(run, &state, &e) == -1) {
		f = (struct source_finding){"virtual machines", e.msg, NULL};
		tell(arg, &f);
		return;
	}
	q = state;
	q->run = run;
	q->frame = frame_new(drop_line, NULL);
	scan(q);
	for (i = 0; i < q->count; i++)
		doctor_vm(q, q->list[i], tell, arg);
	frame_free(q->frame);
	qemu_close(q);
}

/* In a child: /proc/PID/cmdline waits for a lock of the process's memory. */
const struct source source_qemu = {
    .name = "qemu",
    .help = "QEMU processes as the kernel shows them: without libvirt",
    .flags = SOURCE_BLOCKS | SOURCE_DEFAULT,
    .open = qemu_open,
    .collect = qemu_collect,
    .close = qemu_close,
    .doctor = qemu_doctor,
};
