/* SPDX-License-Identifier: MIT */
/*
 * process: the processes that use most, by processor time, by memory and by
 * I/O since the last round (since their start in the first), at most `top` of
 * each.  Command lines are not read: they may hold secrets.  A process of
 * another user whose I/O may not be seen is normal, and told once.
 */
#include "host/process.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/host.h"
#include "scan.h"

enum {
	P_CPU,
	P_USER,
	P_SYSTEM,
	P_RSS,
	P_VIRTUAL,
	P_THREADS,
	P_FAULTS,
	P_READ,
	P_WRITTEN,
	P_COUNT
};

static const char *const names[P_COUNT] = {"cpu_seconds_total",
    "cpu_user_seconds_total", "cpu_system_seconds_total", "mem_rss_bytes",
    "mem_virtual_bytes", "threads", "major_faults_total", "io_read_bytes_total",
    "io_written_bytes_total"};

static const char *const host_names[1] = {"processes"};

struct process {
	uint64_t pid;
	int fd; /* of its stat file, -1: not kept */
	unsigned uid;
	struct process_stat stat;
	uint64_t read, written;
	bool has_io, no_io; /* no_io: not for us to see */
	bool known; /* the three below are of the round before */
	uint64_t start, ticks, bytes;
	/* What it is ranked by. */
	double rank[3];
	bool chosen;
};

struct processes {
	struct keys keys, host_keys;
	DIR *dir;
	struct process *list; /* by pid, as the folder lists them */
	size_t count, cap;
	size_t kept, kept_max; /* descriptors */
	size_t top;
	double *bar; /* room for top numbers */
	uint64_t *pids; /* of the round in hand */
	size_t npids, pids_cap;
};

static void *
process_open(struct host *h)
{
	struct processes *s = xcalloc(1, sizeof(*s));
	struct rlimit limit;
	double top = 10;
	int fd;

	keys_open(&s->keys, h->run, "process", names, P_COUNT);
	keys_open(&s->host_keys, h->run, "host", host_names, 1);
	if (s->keys.on == 0 ||
	    (fd = openat(h->tree.rootfd, "proc",
		 O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		free(s);
		return NULL;
	}
	s->dir = fdopendir(fd);
	source_get_number(h->run, "top", 0, HOST_TOP_MAX, &top, NULL);
	s->top = (size_t)top;
	s->bar = xcalloc(s->top + 1, sizeof(*s->bar));
	/* Half of what is allowed: others need descriptors too. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		s->kept_max = limit.rlim_cur > 8192
				  ? 4096
				  : (size_t)limit.rlim_cur / 2;
	return s;
}

static void
process_close(void *state)
{
	struct processes *s = state;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].fd != -1)
			close(s->list[i].fd);
	if (s->dir != NULL)
		closedir(s->dir);
	free(s->list);
	free(s->bar);
	free(s->pids);
	free(s);
}

/*
 * "1234 (name) S ppid ...": the name may hold anything, a parenthesis and a
 * newline too, so its end is the last one.  Fields as proc(5) numbers them.
 */
bool
process_parse(const char *text, struct process_stat *s)
{
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	int64_t v[25];
	const char *p;
	size_t i, len;

	if (name == NULL || end == NULL || end < name || end[1] != ' ' ||
	    end[2] == '\0')
		return false;
	for (p = end + 3, i = 4; i <= 24; i++)
		if ((p = scan_i64(p, &v[i])) == NULL)
			return false;
	len = (size_t)(end - name) - 1;
	if (len >= sizeof(s->name))
		len = sizeof(s->name) - 1;
	memcpy(s->name, name + 1, len);
	s->name[len] = '\0';
	s->major_faults = (uint64_t)v[12];
	s->user = (uint64_t)v[14];
	s->system = (uint64_t)v[15];
	s->threads = (uint64_t)v[20];
	s->start = (uint64_t)v[22];
	s->virtual_bytes = (uint64_t)v[23];
	s->rss_pages = v[24] > 0 ? (uint64_t)v[24] : 0;
	return true;
}

static ssize_t
read_stat(struct processes *s, struct process *p, char *text, size_t size)
{
	char path[40];
	struct stat st;
	ssize_t n;

	if (p->fd != -1) {
		if ((n = pread(p->fd, text, size - 1, 0)) > 0)
			return n;
		close(p->fd); /* that one ended; the number may live on */
		p->fd = -1;
		s->kept--;
		p->known = p->no_io = false;
	}
	snprintf(path, sizeof(path), "%llu/stat", (unsigned long long)p->pid);
	p->fd = openat(dirfd(s->dir), path, O_RDONLY | O_CLOEXEC);
	if (p->fd == -1)
		return -1;
	p->uid = fstat(p->fd, &st) == 0 ? st.st_uid : 0;
	n = pread(p->fd, text, size - 1, 0);
	if (s->kept < s->kept_max) {
		s->kept++;
	} else {
		close(p->fd);
		p->fd = -1;
	}
	return n;
}

/* "read_bytes: 4096": what reached storage, not the cache. */
static void
read_io(struct host *h, struct processes *s, struct process *p)
{
	char path[40], text[512];
	const char *line, *rest;
	ssize_t n = -1;
	int fd;

	p->has_io = false;
	if (p->no_io)
		return;
	snprintf(path, sizeof(path), "%llu/io", (unsigned long long)p->pid);
	fd = openat(dirfd(s->dir), path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0) {
		p->no_io = errno == EACCES || errno == EPERM;
		if (p->no_io)
			tree_trouble(&h->tree, "proc/PID/io", errno);
		return;
	}
	text[n] = '\0';
	for (line = text; *line != '\0'; line = scan_line(line)) {
		if ((rest = scan_prefix(line, "read_bytes:")) != NULL)
			p->has_io = scan_u64(rest, &p->read) != NULL;
		else if ((rest = scan_prefix(line, "write_bytes:")) != NULL)
			p->has_io &= scan_u64(rest, &p->written) != NULL;
	}
}

/* Processor time and bytes of the round, or a second's worth of its life in
 * the first round it is seen. */
static void
rank(const struct host *h, struct process *p)
{
	uint64_t ticks = p->stat.user + p->stat.system;
	uint64_t bytes = p->has_io ? p->read + p->written : 0;
	double age = h->up - (double)p->stat.start / HOST_HZ;

	if (!(age >= 1))
		age = 1;
	p->rank[1] = (double)p->stat.rss_pages;
	if (p->known && p->start == p->stat.start && ticks >= p->ticks) {
		p->rank[0] = (double)(ticks - p->ticks);
		p->rank[2] = bytes > p->bytes ? (double)(bytes - p->bytes) : 0;
	} else {
		p->rank[0] = (double)ticks / age;
		p->rank[2] = (double)bytes / age;
	}
	p->known = true;
	p->start = p->stat.start;
	p->ticks = ticks;
	p->bytes = bytes;
	p->chosen = false;
}

/* Forgets those at and behind a place, up to another. */
static void
forget(struct processes *s, size_t from, size_t to)
{
	size_t i;

	if (from == to) /* also when there is no list yet */
		return;
	for (i = from; i < to; i++)
		if (s->list[i].fd != -1) {
			close(s->list[i].fd);
			s->kept--;
		}
	memmove(s->list + from, s->list + to,
	    (s->count - to) * sizeof(*s->list));
	s->count -= to - from;
}

/* The process of that number, at the place it belongs: both lists are in
 * order, so what is skipped has ended. */
static struct process *
place(struct processes *s, size_t at, uint64_t pid)
{
	size_t i;

	for (i = at; i < s->count && s->list[i].pid < pid; i++)
		;
	forget(s, at, i);
	if (at < s->count && s->list[at].pid == pid)
		return &s->list[at];
	if (s->count == s->cap) {
		s->cap = s->cap == 0 ? 128 : s->cap * 2;
		s->list = xreallocarray(s->list, s->cap, sizeof(*s->list));
	}
	memmove(s->list + at + 1, s->list + at,
	    (s->count - at) * sizeof(*s->list));
	s->count++;
	s->list[at] = (struct process){.pid = pid, .fd = -1};
	return &s->list[at];
}

static int
by_number(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

/* /proc lists processes in order; a copy of it need not. */
static void
list_pids(struct processes *s)
{
	struct dirent *d;
	bool sorted = true;
	uint64_t pid;

	s->npids = 0;
	rewinddir(s->dir);
	while ((d = readdir(s->dir)) != NULL) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9' ||
		    scan_u64(d->d_name, &pid) == NULL)
			continue;
		if (s->npids == s->pids_cap) {
			s->pids_cap = s->pids_cap == 0 ? 256 : s->pids_cap * 2;
			s->pids = xreallocarray(s->pids, s->pids_cap,
			    sizeof(*s->pids));
		}
		sorted &= s->npids == 0 || s->pids[s->npids - 1] < pid;
		s->pids[s->npids++] = pid;
	}
	if (!sorted)
		qsort(s->pids, s->npids, sizeof(*s->pids), by_number);
}

static void
process_values(struct host *h, void *state)
{
	struct processes *s = state;
	struct process *p;
	char text[1024];
	size_t i, at = 0;
	ssize_t n;

	list_pids(s);
	for (i = 0; i < s->npids; i++) {
		p = place(s, at, s->pids[i]);
		n = read_stat(s, p, text, sizeof(text));
		if (n <= 0)
			continue; /* it ended meanwhile */
		text[n] = '\0';
		if (!process_parse(text, &p->stat))
			continue;
		read_io(h, s, p);
		rank(h, p);
		at++;
	}
	forget(s, at, s->count);
	keys_u64(&s->host_keys, h->frame, 0, s->count);
}

/* Marks the `top` largest of one rank, zeros left out: the bar is the
 * smallest of the largest. */
static void
choose(struct processes *s, size_t by)
{
	size_t i, j, n = 0, chosen = 0;
	double v;

	for (i = 0; i < s->count && s->top > 0; i++) {
		v = s->list[i].rank[by];
		if (v <= 0 || (n == s->top && v <= s->bar[n - 1]))
			continue;
		j = n < s->top ? n++ : n - 1;
		for (; j > 0 && s->bar[j - 1] < v; j--)
			s->bar[j] = s->bar[j - 1];
		s->bar[j] = v;
	}
	for (i = 0; i < s->count && chosen < n; i++)
		if (s->list[i].rank[by] >= s->bar[n - 1]) {
			s->list[i].chosen = true;
			chosen++;
		}
}

static bool
put_process(struct host *h, const struct processes *s, const struct process *p)
{
	const struct process_stat *t = &p->stat;
	char id[48], uid[16];

	snprintf(id, sizeof(id), "%llu/%llu", (unsigned long long)p->pid,
	    (unsigned long long)t->start);
	source_begin(h->run, h->frame, "process", span_of(id));
	frame_since(h->frame, h->since + (double)t->start / HOST_HZ);
	frame_label(h->frame, "name", span_of(t->name));
	if (h->live) {
		snprintf(uid, sizeof(uid), "%u", p->uid);
		frame_label(h->frame, "uid", span_of(uid));
	}
	keys_real(&s->keys, h->frame, P_CPU,
	    (double)(t->user + t->system) / HOST_HZ);
	keys_real(&s->keys, h->frame, P_USER, (double)t->user / HOST_HZ);
	keys_real(&s->keys, h->frame, P_SYSTEM, (double)t->system / HOST_HZ);
	keys_real(&s->keys, h->frame, P_RSS, (double)t->rss_pages * h->page);
	keys_u64(&s->keys, h->frame, P_VIRTUAL, t->virtual_bytes);
	keys_u64(&s->keys, h->frame, P_THREADS, t->threads);
	keys_u64(&s->keys, h->frame, P_FAULTS, t->major_faults);
	if (p->has_io) {
		keys_u64(&s->keys, h->frame, P_READ, p->read);
		keys_u64(&s->keys, h->frame, P_WRITTEN, p->written);
	}
	return host_end(h);
}

static void
process_parts(struct host *h, void *state)
{
	struct processes *s = state;
	size_t i;

	for (i = 0; i < 3; i++)
		choose(s, i);
	for (i = 0; i < s->count; i++)
		if (s->list[i].chosen && !put_process(h, s, &s->list[i]))
			return;
}

const struct host_family host_process = {"processes", process_open,
    process_close, process_values, process_parts};
