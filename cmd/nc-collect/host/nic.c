/* SPDX-License-Identifier: MIT */
/*
 * nic: network interfaces through one rtnetlink dump a round, or from
 * /proc/net/dev and /sys/class/net where the tree is a recorded one.  Taps and
 * veths belong to a virtual machine or a container and are left to the source
 * that knows whose they are, unless asked for or nothing else is there.
 */
#include "host/nic.h"

#include <sys/socket.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "scan.h"

enum { K_CHANGES = NIC_COUNTERS, K_UP, K_SPEED, K_MTU, K_COUNT };

static const char *const names[K_COUNT] = {"receive_bytes_total",
    "receive_packets_total", "receive_errors_total", "receive_drops_total",
    "transmit_bytes_total", "transmit_packets_total", "transmit_errors_total",
    "transmit_drops_total", "receive_multicast_total", "collisions_total",
    "receive_fifo_errors_total", "carrier_changes_total", "up",
    "speed_bytes_per_second", "mtu_bytes"};

/* Asking for the speed takes the kernel's one network lock: once for each
 * time the link came or went. */
struct speed {
	char name[NIC_NAME];
	uint32_t changes;
	bool up, seen;
	double bytes_per_second; /* 0: not known */
};

struct nic_state {
	struct keys keys;
	struct kept dev;
	int fd; /* -1: read the files */
	uint32_t seq;
	struct nics nics;
	struct speed *speeds;
	size_t nspeeds;
	char *answer;
	bool cables;
};

#define ANSWER_SIZE (64u << 10)

static void *
nic_open(struct host *h)
{
	struct nic_state *s = xcalloc(1, sizeof(*s));

	keys_open(&s->keys, h->run, "host.nic", names, K_COUNT);
	s->cables = source_get_switch(h->run, "taps");
	s->dev = KEPT(HOST_NET(h, "dev"));
	s->fd = -1;
	if (h->live && !h->foreign)
		s->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
		    NETLINK_ROUTE);
	if (s->fd != -1)
		s->answer = xmalloc(ANSWER_SIZE);
	return s;
}

static void
nic_close(void *state)
{
	struct nic_state *s = state;

	if (s->fd != -1)
		close(s->fd);
	kept_close(&s->dev);
	free(s->nics.list);
	free(s->speeds);
	free(s->answer);
	free(s);
}

/* RTEXT_FILTER_SKIP_STATS leaves out the per-protocol statistics, the larger
 * half of each answer; those of the device stay. */
static int
send_request(struct nic_state *s)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg info;
		struct rtattr a;
		uint32_t mask;
	} r = {
	    .h = {.nlmsg_len = sizeof(r),
		.nlmsg_type = RTM_GETLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = ++s->seq},
	    .a = {.rta_len = RTA_LENGTH(sizeof(uint32_t)),
		.rta_type = IFLA_EXT_MASK},
	    .mask = RTEXT_FILTER_SKIP_STATS,
	};

	return send(s->fd, &r, sizeof(r), MSG_NOSIGNAL) == sizeof(r) ? 0 : -1;
}

/* The kernel answers a dump while recvmsg(2) runs: it does not block. */
static bool
dump(struct nic_state *s)
{
	ssize_t n;
	int verdict;

	s->nics.count = 0;
	if (send_request(s) == -1)
		return false;
	do {
		n = recv(s->fd, s->answer, ANSWER_SIZE, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR) {
			verdict = 0;
			continue;
		}
		verdict = n > 0 ? nics_netlink(&s->nics, s->answer, (size_t)n)
				: -1;
	} while (verdict == 0);
	return verdict == 1;
}

/* Drains what an interrupted dump left, so that answers are never mixed. */
static void
drain(struct nic_state *s)
{
	while (recv(s->fd, s->answer, ANSWER_SIZE, MSG_DONTWAIT) > 0)
		;
}

static bool
file_u64(struct host *h, const struct nic *n, const char *file, uint64_t *v)
{
	const char *p;
	char path[80];

	snprintf(path, sizeof(path), "sys/class/net/%s/%s", n->name, file);
	p = tree_slurp(&h->tree, path, true).p;
	return p != NULL && scan_u64(p, v) != NULL;
}

/* What the dump would have said, from the files of a recorded tree. */
static void
know_by_files(struct host *h, struct nic *n)
{
	char path[80], word[64];
	const char *p;
	uint64_t v;

	snprintf(path, sizeof(path), "sys/class/net/%s/operstate", n->name);
	n->has_up = tree_word(&h->tree, path, word, sizeof(word));
	n->up = n->has_up &&
		(strcmp(word, "up") == 0 || strcmp(word, "unknown") == 0);
	snprintf(path, sizeof(path), "sys/class/net/%s/address", n->name);
	if (!tree_word(&h->tree, path, n->address, sizeof(n->address)))
		n->address[0] = '\0';
	snprintf(path, sizeof(path), "sys/class/net/%s/master", n->name);
	if (!tree_link(&h->tree, path, n->master_name, sizeof(n->master_name)))
		n->master_name[0] = '\0';
	if ((n->has_changes = file_u64(h, n, "carrier_changes", &v)))
		n->changes = (uint32_t)v;
	if ((n->has_mtu = file_u64(h, n, "mtu", &v)))
		n->mtu = (uint32_t)v;
	snprintf(path, sizeof(path), "sys/class/net/%s/tun_flags", n->name);
	if (tree_exists(&h->tree, path) || strncmp(n->name, "vnet", 4) == 0)
		snprintf(n->kind, sizeof(n->kind), "tun");
	else if (strncmp(n->name, "veth", 4) == 0)
		snprintf(n->kind, sizeof(n->kind), "veth");
	snprintf(path, sizeof(path), "sys/class/net/%s/uevent", n->name);
	p = tree_slurp(&h->tree, path, true).p;
	for (; p != NULL && *p != '\0'; p = scan_line(p))
		if (strncmp(p, "DEVTYPE=", 8) == 0)
			snprintf(n->kind, sizeof(n->kind), "%.*s",
			    (int)scan_word(p + 8), p + 8);
}

static void
name_masters(struct nics *n)
{
	struct nic *one;
	size_t i, j;

	for (i = 0; i < n->count; i++) {
		one = &n->list[i];
		for (j = 0; one->master != 0 && j < n->count; j++)
			if (n->list[j].index == one->master)
				str_copy(one->master_name, NIC_NAME,
				    span_of(n->list[j].name));
	}
}

static bool
read_nics(struct host *h, struct nic_state *s)
{
	struct span text;
	size_t i;

	if (s->fd != -1) {
		if (!dump(s)) {
			drain(s);
			/* Once more: an interface came or went meanwhile. */
			if (!dump(s))
				return false;
		}
		name_masters(&s->nics);
		return true;
	}
	text = kept_read(&h->tree, &s->dev);
	if (text.p == NULL)
		return false;
	s->nics.count = 0;
	nics_proc(&s->nics, text.p);
	for (i = 0; i < s->nics.count; i++)
		know_by_files(h, &s->nics.list[i]);
	return true;
}

/* Mbit/s, -1 where the driver does not know. */
static double
read_speed(struct host *h, const struct nic *n)
{
	const char *p;
	char path[80];
	int64_t mbit;

	if (!n->up)
		return 0;
	snprintf(path, sizeof(path), "sys/class/net/%s/speed", n->name);
	p = tree_slurp(&h->tree, path, true).p;
	if (p == NULL || scan_i64(p, &mbit) == NULL || mbit <= 0 ||
	    mbit >= UINT32_MAX)
		return 0;
	return (double)mbit * 125000;
}

static double
speed_of(struct host *h, struct nic_state *s, const struct nic *n)
{
	struct speed *p;
	size_t i;

	for (i = 0; i < s->nspeeds; i++)
		if (strcmp(s->speeds[i].name, n->name) == 0)
			break;
	if (i == s->nspeeds) {
		s->speeds = xreallocarray(s->speeds, i + 1, sizeof(*s->speeds));
		s->nspeeds++;
		s->speeds[i] = (struct speed){.changes = ~n->changes};
		str_copy(s->speeds[i].name, NIC_NAME, span_of(n->name));
	}
	p = &s->speeds[i];
	p->seen = true;
	if (p->changes != n->changes || p->up != n->up) {
		p->changes = n->changes;
		p->up = n->up;
		p->bytes_per_second = read_speed(h, n);
	}
	return p->bytes_per_second;
}

/* Interfaces that went: their speeds are not kept for ever. */
static void
forget_speeds(struct nic_state *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->nspeeds; i++)
		if (s->speeds[i].seen) {
			s->speeds[i].seen = false;
			s->speeds[n++] = s->speeds[i];
		}
	s->nspeeds = n;
}

static bool
only_cables(const struct nics *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (!nic_is_cable(&n->list[i]) &&
		    strcmp(n->list[i].name, "lo") != 0 &&
		    (n->list[i].up || !n->list[i].has_up))
			return false;
	return true;
}

static bool
put_nic(struct host *h, struct nic_state *s, const struct nic *n)
{
	double speed;
	size_t i;

	host_begin(h, "host.nic", n->name);
	if (n->kind[0] != '\0')
		frame_label(h->frame, "kind", span_of(n->kind));
	if (n->master_name[0] != '\0')
		frame_label(h->frame, "master", span_of(n->master_name));
	if (n->address[0] != '\0')
		frame_label(h->frame, "address", span_of(n->address));
	for (i = 0; n->has_counters && i < NIC_COUNTERS; i++)
		keys_u64(&s->keys, h->frame, i, n->v[i]);
	if (n->has_changes)
		keys_u64(&s->keys, h->frame, K_CHANGES, n->changes);
	if (n->has_up)
		keys_u64(&s->keys, h->frame, K_UP, n->up);
	if (n->has_mtu)
		keys_u64(&s->keys, h->frame, K_MTU, n->mtu);
	if (keys_on(&s->keys, K_SPEED) && strcmp(n->name, "lo") != 0 &&
	    (speed = speed_of(h, s, n)) > 0)
		keys_real(&s->keys, h->frame, K_SPEED, speed);
	return host_end(h);
}

static void
nic_parts(struct host *h, void *state)
{
	struct nic_state *s = state;
	bool cables;
	size_t i;

	if (s->keys.on == 0 || !read_nics(h, s))
		return;
	cables = s->cables || only_cables(&s->nics);
	for (i = 0; i < s->nics.count; i++)
		if (cables || !nic_is_cable(&s->nics.list[i]))
			if (!put_nic(h, s, &s->nics.list[i]))
				return;
	forget_speeds(s);
}

const struct host_family host_nic = {"network", nic_open, nic_close, NULL,
    nic_parts};
