/* SPDX-License-Identifier: MIT */
/*
 * threads: /proc/PID/task of a QEMU process.  Names are QEMU's own, set with
 * debug-threads=on, which libvirt always says; without them only the first
 * thread is known to be the emulator's.
 */
#include "qemu/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan.h"

/* A thread may be seen before it is given its name. */
#define LOOKS 3
/* A QEMU with 4,096 processors and its workers. */
#define THREADS_MAX 16384

const char *thread_class_name(enum thread_class class)
{
	static const char *const names[THREAD_CLASSES] = {"vcpu", "iothread",
	    "emulator", "vhost", "worker", "unnamed"};

	return names[class];
}

enum thread_class
thread_classify(const char *name, bool main, unsigned *vcpu)
{
	const char *rest;
	uint64_t n;

	*vcpu = 0;
	if (main)
		return THREAD_EMULATOR;
	if ((rest = scan_prefix(name, "CPU ")) != NULL &&
	    (rest = scan_u64(rest, &n)) != NULL && *rest == '/') {
		*vcpu = (unsigned)n;
		return THREAD_VCPU;
	}
	if (scan_prefix(name, "ALL CPUs/") != NULL)
		return THREAD_VCPU;
	if (scan_prefix(name, "IO mon_iothread") != NULL)
		return THREAD_EMULATOR;
	if (scan_prefix(name, "IO ") != NULL)
		return THREAD_IOTHREAD;
	if (scan_prefix(name, "vhost-") != NULL)
		return THREAD_VHOST;
	if (scan_prefix(name, "worker") != NULL ||
	    scan_prefix(name, "pool-") != NULL ||
	    scan_prefix(name, "vnc_worker") != NULL ||
	    scan_prefix(name, "SPICE Worker") != NULL)
		return THREAD_WORKER;
	/* All threads have the name of the program. */
	if (scan_prefix(name, "qemu-") != NULL ||
	    scan_prefix(name, "kvm\n") != NULL || strcmp(name, "kvm") == 0)
		return THREAD_UNNAMED;
	return THREAD_EMULATOR;
}

void
threads_open(struct threads *t, uint64_t pid)
{
	memset(t, 0, sizeof(*t));
	t->pid = pid;
}

static void
drop(struct thread *th)
{
	kept_close(&th->file);
	free((char *)(uintptr_t)th->file.path);
}

void
threads_close(struct threads *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		drop(&t->list[i]);
	free(t->list);
}

static struct thread *
find(struct threads *t, uint64_t tid)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->list[i].tid == tid)
			return &t->list[i];
	return NULL;
}

static struct thread *
add(struct threads *t, uint64_t tid, const char *path)
{
	struct thread *th;

	if (t->count == THREADS_MAX)
		return NULL;
	if (t->count == t->cap) {
		t->cap = t->cap == 0 ? 16 : t->cap * 2;
		t->list = xreallocarray(t->list, t->cap, sizeof(*t->list));
	}
	th = &t->list[t->count++];
	*th = (struct thread){.tid = tid, .class = THREAD_UNNAMED};
	th->file = KEPT(xstrdup(path));
	return th;
}

void
threads_add(struct threads *t, uint64_t tid)
{
	struct thread *th;
	char path[64];

	if (find(t, tid) != NULL)
		return;
	snprintf(path, sizeof(path), "proc/%llu/schedstat",
	    (unsigned long long)tid);
	if ((th = add(t, tid, path)) == NULL)
		return;
	th->class = THREAD_VHOST;
	th->outside = true;
	th->looks = LOOKS;
}

static void
see(void *arg, const char *name)
{
	struct threads *t = arg;
	struct thread *th;
	char path[96];
	uint64_t tid;
	const char *end = scan_u64(name, &tid);

	if (end == NULL || *end != '\0')
		return;
	if ((th = find(t, tid)) == NULL) {
		snprintf(path, sizeof(path), "proc/%llu/task/%llu/schedstat",
		    (unsigned long long)t->pid, (unsigned long long)tid);
		if ((th = add(t, tid, path)) == NULL)
			return;
	}
	th->listed = true;
}

/* "run wait slices", nanoseconds; all zero where the kernel keeps none. */
static void
read_times(struct thread *th, struct tree *tree)
{
	const char *p = kept_read(tree, &th->file).p;
	uint64_t v[3];

	th->timed = p != NULL && scan_row(p, v, 3) == 3;
	if (th->timed)
		th->times = (struct thread_times){v[0], v[1], v[2]};
}

static void
look(struct threads *t, struct thread *th, struct tree *tree)
{
	char path[96], name[32];

	if (th->looks == LOOKS)
		return;
	th->looks++;
	snprintf(path, sizeof(path), "proc/%llu/task/%llu/comm",
	    (unsigned long long)t->pid, (unsigned long long)th->tid);
	if (tree_word(tree, path, name, sizeof(name)))
		th->class = thread_classify(name, th->tid == t->pid, &th->vcpu);
}

static void
retire(struct threads *t, size_t i)
{
	struct thread_times *sum = &t->ended[t->list[i].class];

	sum->run_ns += t->list[i].times.run_ns;
	sum->wait_ns += t->list[i].times.wait_ns;
	sum->slices += t->list[i].times.slices;
	drop(&t->list[i]);
	memmove(&t->list[i], &t->list[i + 1],
	    (t->count - i - 1) * sizeof(*t->list));
	t->count--;
}

bool
threads_read(struct threads *t, struct tree *tree)
{
	struct thread *th;
	char path[48];
	size_t i;

	for (i = 0; i < t->count; i++)
		t->list[i].listed = t->list[i].outside;
	snprintf(path, sizeof(path), "proc/%llu/task",
	    (unsigned long long)t->pid);
	if (!tree_list(tree, path, see, t))
		return false;
	t->named = false;
	for (i = 0; i < t->count;) {
		th = &t->list[i];
		if (th->listed) {
			look(t, th, tree);
			read_times(th, tree);
		}
		if (!th->listed || (th->outside && !th->timed)) {
			retire(t, i);
			continue;
		}
		if (th->class == THREAD_VCPU)
			t->named = true;
		i++;
	}
	return true;
}

/* Where some have names, those without are QEMU's own helpers, made before it
 * gave any (the RCU thread). */
static enum thread_class
class_of(const struct threads *t, const struct thread *th)
{
	return th->class == THREAD_UNNAMED && t->named ? THREAD_EMULATOR
						       : th->class;
}

size_t
threads_sum(const struct threads *t, enum thread_class class,
    struct thread_times *sum, bool *timed)
{
	const struct thread *th;
	size_t i, n = 0;

	*sum = t->ended[class];
	*timed = true;
	for (i = 0; i < t->count; i++) {
		th = &t->list[i];
		if (class_of(t, th) != class)
			continue;
		n++;
		*timed = *timed && th->timed;
		sum->run_ns += th->times.run_ns;
		sum->wait_ns += th->times.wait_ns;
		sum->slices += th->times.slices;
	}
	return n;
}
