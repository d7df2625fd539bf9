/* SPDX-License-Identifier: MIT */
/*
 * fs: mounted file systems.  The list comes from mountinfo, read again only
 * when the kernel says that it changed; the numbers come through ask.h, so
 * that one that hangs is `stuck` = 1 and delays no other.  File systems
 * without storage, and second views of one (bind mounts), are left out unless
 * asked for.
 */
#include "host/fs.h"

#include <sys/sysmacros.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/ask.h"
#include "scan.h"

enum {
	F_SIZE,
	F_FREE,
	F_AVAILABLE,
	F_USED,
	F_FREE_RATIO,
	F_INODES,
	F_INODES_FREE,
	F_READ_ONLY,
	F_STUCK,
	F_STUCK_SECONDS,
	F_COUNT
};

static const char *const names[F_COUNT] = {"size_bytes", "free_bytes",
    "available_bytes", "used_ratio", "free_ratio", "inodes", "inodes_free",
    "read_only", "stuck", "stuck_seconds"};

struct fs {
	struct keys keys;
	struct kept mountinfo;
	struct fs_mount *mounts; /* each with its question */
	size_t nmounts;
	bool pseudo;
};

/* Kernel interfaces and views: nothing in them can run full. */
static const char *const pseudo_types[] = {"autofs", "binfmt_misc", "bpf",
    "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
    "efivarfs", "fusectl", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal",
    "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs",
    "pstore", "ramfs", "rootfs", "rpc_pipefs", "securityfs", "selinuxfs",
    "squashfs", "sysfs", "tracefs", NULL};

/* Mount points below which everything is somebody else's machinery. */
static const char *const hidden_places[] = {"/dev", "/proc", "/sys",
    "/run/credentials", "/run/user", "/run/netns", "/run/docker",
    "/var/lib/docker", "/var/lib/containers/storage", "/var/lib/kubelet/pods",
    "/run/containerd", NULL};

bool
fs_is_pseudo(const struct fs_mount *m)
{
	size_t i, len;

	/* A container's root is an overlay: the one thing it has. */
	if (strcmp(m->point, "/") == 0)
		return false;
	for (i = 0; pseudo_types[i] != NULL; i++)
		if (strcmp(m->type, pseudo_types[i]) == 0)
			return true;
	for (i = 0; hidden_places[i] != NULL; i++) {
		len = strlen(hidden_places[i]);
		if (strncmp(m->point, hidden_places[i], len) == 0 &&
		    (m->point[len] == '/' || m->point[len] == '\0'))
			return true;
	}
	return false;
}

/* Blank, tab, newline and backslash come as octal escapes. */
static char *
word_copy(const char *p, size_t len)
{
	char *to = xmalloc(len + 1), *q = to;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '\\' && i + 3 < len && p[i + 1] >= '0' &&
		    p[i + 1] <= '3') {
			*q++ = (char)((p[i + 1] - '0') * 64 +
				      (p[i + 2] - '0') * 8 + (p[i + 3] - '0'));
			i += 3;
		} else {
			*q++ = p[i];
		}
	}
	*q = '\0';
	return to;
}

static const char *
take_word(const char *p, char **to)
{
	size_t len;

	p = scan_blank(p);
	len = scan_word(p);
	*to = word_copy(p, len);
	return p + len;
}

static bool
option_ro(const char *p, size_t len)
{
	return len >= 2 && p[0] == 'r' && p[1] == 'o' &&
	       (len == 2 || p[2] == ',');
}

/*
 * "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors"
 * (proc(5)).  Read-only may be the mount or the file system below it.
 */
bool
fs_parse(const char *line, struct fs_mount *m)
{
	const char *p = line, *options;
	uint64_t ignored, major, minor;
	size_t len;

	*m = (struct fs_mount){.question = ASK_NONE};
	if ((p = scan_u64(p, &ignored)) == NULL ||
	    (p = scan_u64(p, &ignored)) == NULL ||
	    (p = scan_u64(p, &major)) == NULL || *p++ != ':' ||
	    (p = scan_u64(p, &minor)) == NULL)
		return false;
	m->dev = makedev((unsigned)major, (unsigned)minor);
	p = take_word(p, &m->root);
	p = take_word(p, &m->point);
	options = p = scan_blank(p);
	p += scan_word(p);
	m->read_only = option_ro(options, (size_t)(p - options));
	do {
		p = scan_blank(p);
		len = scan_word(p);
		p += len;
	} while (len > 0 && !(len == 1 && p[-1] == '-'));
	p = take_word(p, &m->type);
	p = take_word(p, &m->device);
	p = scan_blank(p);
	m->read_only |= option_ro(p, scan_word(p));
	return len > 0 && *m->point == '/' && *m->type != '\0';
}

void
fs_mount_free(struct fs_mount *m)
{
	free(m->root);
	free(m->point);
	free(m->type);
	free(m->device);
}

/* The better of two views of one device: its root, then the shorter path. */
static bool
is_better(const struct fs_mount *a, const struct fs_mount *b)
{
	bool root_a = strcmp(a->root, "/") == 0;
	bool root_b = strcmp(b->root, "/") == 0;
	size_t len_a = strlen(a->point), len_b = strlen(b->point);

	if (root_a != root_b)
		return root_a;
	return len_a != len_b ? len_a < len_b : strcmp(a->point, b->point) < 0;
}

static void
keep_mount(struct fs_mount *list, size_t *n, struct fs_mount *m, bool all)
{
	size_t i;

	for (i = 0; i < *n; i++) {
		/* Mounted over: what was there is out of sight. */
		bool same = strcmp(list[i].point, m->point) == 0;

		if (!same && (all || list[i].dev != m->dev))
			continue;
		if (same || is_better(m, &list[i])) {
			fs_mount_free(&list[i]);
			list[i] = *m;
		} else {
			fs_mount_free(m);
		}
		return;
	}
	list[(*n)++] = *m;
}

size_t
fs_list(const char *text, bool all, struct fs_mount **list)
{
	struct fs_mount *mounts = NULL, m;
	size_t n = 0, cap = 0;
	const char *p;

	for (p = text; *p != '\0'; p = scan_line(p)) {
		if (!fs_parse(p, &m) || (!all && fs_is_pseudo(&m))) {
			fs_mount_free(&m);
			continue;
		}
		if (n == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			mounts = xreallocarray(mounts, cap, sizeof(*mounts));
		}
		keep_mount(mounts, &n, &m, all);
	}
	*list = mounts;
	return n;
}

static void *
fs_open(struct host *h)
{
	struct fs *f = xcalloc(1, sizeof(*f));

	keys_open(&f->keys, h->run, "host.fs", names, F_COUNT);
	f->mountinfo = KEPT(
	    h->foreign ? "proc/1/mountinfo" : "proc/self/mountinfo");
	f->pseudo = source_get_switch(h->run, "pseudo-fs");
	return f;
}

static void
fs_close(void *state)
{
	struct fs *f = state;
	size_t i;

	kept_close(&f->mountinfo);
	for (i = 0; i < f->nmounts; i++)
		fs_mount_free(&f->mounts[i]);
	free(f->mounts);
	free(f);
}

/* Under --root the mount points lie below it, if they are mounted here at all
 * and not merely recorded: the device tells. */
static size_t
put_question(struct host *h, const struct fs_mount *m)
{
	size_t question;
	char *path;

	if (h->ask == NULL)
		return ASK_NONE;
	if (*h->run->root == '\0')
		return ask_add(h->ask, ASK_STATVFS, m->point, 0);
	path = xasprintf("%s%s", h->run->root, m->point);
	question = ask_add(h->ask, ASK_STATVFS_OF, path, m->dev);
	free(path);
	return question;
}

/* A mount that stays keeps its question, and with it how long it hangs. */
static void
relist(struct host *h, struct fs *f, const char *text)
{
	struct fs_mount *list, *old;
	size_t i, j, n = fs_list(text, f->pseudo, &list);

	for (i = 0; i < n; i++) {
		for (j = 0; j < f->nmounts; j++) {
			old = &f->mounts[j];
			if (old->question == ASK_NONE ||
			    old->dev != list[i].dev ||
			    strcmp(old->point, list[i].point))
				continue;
			list[i].question = old->question;
			old->question = ASK_NONE;
			break;
		}
	}
	for (j = 0; j < f->nmounts; j++) {
		if (f->mounts[j].question != ASK_NONE)
			ask_remove(h->ask, f->mounts[j].question);
		fs_mount_free(&f->mounts[j]);
	}
	for (i = 0; i < n; i++)
		if (list[i].question == ASK_NONE)
			list[i].question = put_question(h, &list[i]);
	free(f->mounts);
	f->mounts = list;
	f->nmounts = n;
}

/* poll(2) on mountinfo reports POLLPRI when the list changed (proc(5)). */
static void
fs_values(struct host *h, void *state)
{
	struct fs *f = state;
	struct pollfd p = {f->mountinfo.fd, POLLPRI, 0};
	struct span s;

	if (f->keys.on == 0)
		return;
	if (h->live && p.fd != -1 && poll(&p, 1, 0) == 0)
		return;
	s = kept_read(&h->tree, &f->mountinfo);
	if (s.p != NULL)
		relist(h, f, s.p);
}

static void
put_answer(struct host *h, const struct fs *f, const struct statvfs *s)
{
	double unit = (double)s->f_frsize, used, share;

	/* No blocks at all: nothing is kept there (a view, a pseudo fs). */
	if (s->f_blocks > 0) {
		keys_real(&f->keys, h->frame, F_SIZE,
		    (double)s->f_blocks * unit);
		keys_real(&f->keys, h->frame, F_FREE,
		    (double)s->f_bfree * unit);
		keys_real(&f->keys, h->frame, F_AVAILABLE,
		    (double)s->f_bavail * unit);
		used = (double)s->f_blocks - (double)s->f_bfree;
		share = used + (double)s->f_bavail;
		if (used >= 0 && share > 0) {
			keys_real(&f->keys, h->frame, F_USED, used / share);
			keys_real(&f->keys, h->frame, F_FREE_RATIO,
			    (double)s->f_bavail / share);
		}
	}
	/* btrfs and many network file systems have no table of inodes. */
	if (s->f_files > 0) {
		keys_u64(&f->keys, h->frame, F_INODES, s->f_files);
		keys_u64(&f->keys, h->frame, F_INODES_FREE, s->f_ffree);
	}
}

static void
begin(struct host *h, const struct fs *f, const struct fs_mount *m)
{
	host_begin(h, "host.fs", m->point);
	frame_label(h->frame, "fstype", span_of(m->type));
	frame_label(h->frame, "device", span_of(m->device));
	keys_u64(&f->keys, h->frame, F_READ_ONLY, m->read_only);
}

static void
put_mount(struct host *h, const struct fs *f, const struct fs_mount *m)
{
	struct ask_answer answer;
	double seconds;

	switch (m->question == ASK_NONE
		    ? ASK_UNASKED
		    : ask_get(h->ask, m->question, &answer, &seconds)) {
	case ASK_ANSWERED:
		if (answer.error == EACCES || answer.error == EIO ||
		    answer.error == ESTALE)
			tree_trouble(&h->tree, m->point + 1, answer.error);
		/* An answer to the round before is as old as it is. */
		if (answer.ts < h->ts && h->live && !isfinite(h->run->now))
			frame_clock(h->frame, answer.ts, answer.up);
		begin(h, f, m);
		if (answer.error == 0)
			put_answer(h, f, &answer.fs);
		if (answer.error == 0)
			keys_u64(&f->keys, h->frame, F_STUCK, 0);
		break;
	case ASK_WAITING:
		begin(h, f, m);
		/* Slow is not stuck yet; what it is, is not known. */
		if (seconds >= h->hang_seconds) {
			keys_u64(&f->keys, h->frame, F_STUCK, 1);
			keys_real(&f->keys, h->frame, F_STUCK_SECONDS,
			    round(seconds * 1e3) / 1e3);
		}
		break;
	case ASK_UNASKED:
	default:
		begin(h, f, m);
		break;
	}
	host_end(h);
	frame_clock(h->frame, h->ts, h->up);
}

static void
fs_parts(struct host *h, void *state)
{
	struct fs *f = state;
	size_t i;

	for (i = 0; i < f->nmounts && !h->stop; i++)
		put_mount(h, f, &f->mounts[i]);
}

const struct host_family host_fs = {"file systems", fs_open, fs_close,
    fs_values, fs_parts};
