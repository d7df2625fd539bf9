/* SPDX-License-Identifier: MIT */
/*
 * threads: the threads of one QEMU process by what they do, with the
 * processor time they had and waited for.  What a thread had stays in the sum
 * of its class when it ends, so that no counter falls.
 */
#ifndef NC_COLLECT_QEMU_THREADS_H
#define NC_COLLECT_QEMU_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tree.h"

enum thread_class {
	THREAD_VCPU,
	THREAD_IOTHREAD,
	THREAD_EMULATOR,
	THREAD_VHOST,
	THREAD_WORKER,
	THREAD_UNNAMED, /* QEMU runs without debug-threads=on */
	THREAD_CLASSES
};

struct thread_times {
	uint64_t run_ns, wait_ns, slices;
};

struct thread {
	uint64_t tid;
	enum thread_class class;
	unsigned vcpu; /* of THREAD_VCPU */
	bool timed; /* times are of this round */
	struct thread_times times;

	bool listed, outside; /* outside: a kernel thread of its own */
	unsigned looks; /* at its name */
	struct kept file; /* its path is owned */
};

struct threads {
	uint64_t pid;
	struct thread *list; /* owned */
	size_t count, cap;
	struct thread_times ended[THREAD_CLASSES];
	bool named; /* at least one says what it is */
};

void threads_open(struct threads *t, uint64_t pid);
void threads_close(struct threads *t);
/* A kernel thread that works for the process, known once. */
void threads_add(struct threads *t, uint64_t tid);
/* Lists and times them.  false: the process is gone. */
bool threads_read(struct threads *t, struct tree *tree);
/* The sum of a class; how many threads there are now. */
size_t threads_sum(const struct threads *t, enum thread_class class,
    struct thread_times *sum, bool *timed);
const char *thread_class_name(enum thread_class class);

/* What a thread's name says it is; main: the process's own. */
enum thread_class thread_classify(const char *name, bool main, unsigned *vcpu);

#endif
