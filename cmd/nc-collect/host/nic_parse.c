/* SPDX-License-Identifier: MIT */
/*
 * nic_parse: interfaces out of an rtnetlink dump or of /proc/net/dev.  Reads
 * memory only; never trusts a length the message states.
 */
#include "host/nic.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scan.h"

/* linux/if.h and net/if.h cannot be had together, and only the former has
 * the operational states (RFC 2863). */
#define OPER_UNKNOWN 0
#define OPER_UP 6

/* The kernel's own macros do these sums in mixed signs.  NULL: no more. */
static const struct rtattr *
attribute(const char **p, size_t *left)
{
	const struct rtattr *a = (const void *)*p;
	size_t step;

	if (*left < sizeof(*a) || a->rta_len < sizeof(*a) || a->rta_len > *left)
		return NULL;
	step = RTA_ALIGN((size_t)a->rta_len);
	if (step > *left)
		step = *left;
	*p += step;
	*left -= step;
	return a;
}

static size_t
payload(const struct rtattr *a)
{
	return a->rta_len - RTA_LENGTH((size_t)0);
}

struct nic *
nics_add(struct nics *n)
{
	if (n->count == n->cap) {
		n->cap = n->cap == 0 ? 16 : n->cap * 2;
		n->list = xreallocarray(n->list, n->cap, sizeof(*n->list));
	}
	n->list[n->count] = (struct nic){.index = 0};
	return &n->list[n->count++];
}

static void
take_string(char *to, size_t size, const struct rtattr *a)
{
	size_t len = payload(a);

	if (len >= size)
		len = size - 1;
	memcpy(to, RTA_DATA(a), len);
	to[len] = '\0';
}

static bool
take_u32(uint32_t *to, const struct rtattr *a)
{
	if (payload(a) < sizeof(*to))
		return false;
	memcpy(to, RTA_DATA(a), sizeof(*to));
	return true;
}

/* What /proc/net/dev calls drops holds what the ring had no room for. */
static void
take_stats(struct nic *n, const struct rtattr *a)
{
	struct rtnl_link_stats64 s;
	size_t len = payload(a);

	memset(&s, 0, sizeof(s));
	memcpy(&s, RTA_DATA(a), len < sizeof(s) ? len : sizeof(s));
	n->has_counters = true;
	n->v[NIC_RX_BYTES] = s.rx_bytes;
	n->v[NIC_RX_PACKETS] = s.rx_packets;
	n->v[NIC_RX_ERRORS] = s.rx_errors;
	n->v[NIC_RX_DROPS] = s.rx_dropped + s.rx_missed_errors;
	n->v[NIC_TX_BYTES] = s.tx_bytes;
	n->v[NIC_TX_PACKETS] = s.tx_packets;
	n->v[NIC_TX_ERRORS] = s.tx_errors;
	n->v[NIC_TX_DROPS] = s.tx_dropped;
	n->v[NIC_RX_MULTICAST] = s.multicast;
	n->v[NIC_COLLISIONS] = s.collisions;
	n->v[NIC_RX_FIFO_ERRORS] = s.rx_fifo_errors;
}

static void
take_linkinfo(struct nic *n, const struct rtattr *info)
{
	const char *p = RTA_DATA(info);
	size_t left = payload(info);
	const struct rtattr *a;

	while ((a = attribute(&p, &left)) != NULL)
		if (a->rta_type == IFLA_INFO_KIND)
			take_string(n->kind, sizeof(n->kind), a);
}

static void
take_address(struct nic *n, const struct rtattr *a)
{
	const unsigned char *p = RTA_DATA(a);

	static const unsigned char none[6];

	if (payload(a) == 6 && memcmp(p, none, 6) != 0)
		snprintf(n->address, sizeof(n->address),
		    "%02x:%02x:%02x:%02x:%02x:%02x", p[0], p[1], p[2], p[3],
		    p[4], p[5]);
}

static void
take_attribute(struct nic *n, const struct rtattr *a, unsigned flags)
{
	unsigned char state;

	switch (a->rta_type) {
	case IFLA_IFNAME:
		take_string(n->name, sizeof(n->name), a);
		break;
	case IFLA_STATS64:
		take_stats(n, a);
		break;
	case IFLA_LINKINFO:
		take_linkinfo(n, a);
		break;
	case IFLA_ADDRESS:
		take_address(n, a);
		break;
	case IFLA_MASTER:
		take_u32(&n->master, a);
		break;
	case IFLA_MTU:
		n->has_mtu = take_u32(&n->mtu, a);
		break;
	case IFLA_CARRIER_CHANGES:
		n->has_changes = take_u32(&n->changes, a);
		break;
	case IFLA_OPERSTATE:
		if (payload(a) < 1)
			break;
		memcpy(&state, RTA_DATA(a), 1);
		n->has_up = true;
		/* Drivers that do not tell (lo, tap): what the flags say. */
		n->up = state == OPER_UP ||
			(state == OPER_UNKNOWN && (flags & IFF_UP) != 0 &&
			    (flags & IFF_LOWER_UP) != 0);
		break;
	default:
		break;
	}
}

static void
take_link(struct nics *list, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	size_t head = NLMSG_SPACE(sizeof(*info)), left;
	const struct rtattr *a;
	const char *p;
	struct nic *n;

	if (h->nlmsg_len < head)
		return;
	n = nics_add(list);
	n->index = (uint32_t)info->ifi_index;
	p = (const char *)h + head;
	left = h->nlmsg_len - head;
	while ((a = attribute(&p, &left)) != NULL)
		take_attribute(n, a, info->ifi_flags);
	if (n->name[0] == '\0')
		list->count--;
}

int
nics_netlink(struct nics *n, const void *messages, size_t len)
{
	const struct nlmsghdr *h;
	const char *p = messages;
	size_t step;

	while (len >= sizeof(*h)) {
		h = (const void *)p;
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len ||
		    (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0 ||
		    h->nlmsg_type == NLMSG_ERROR)
			return -1;
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == RTM_NEWLINK)
			take_link(n, h);
		step = NLMSG_ALIGN((size_t)h->nlmsg_len);
		step = step < len ? step : len;
		p += step;
		len -= step;
	}
	return 0;
}

/* The attribute of that type among those within p; NULL: none. */
static const struct rtattr *
find(const char *p, size_t left, unsigned type)
{
	const struct rtattr *a;

	while ((a = attribute(&p, &left)) != NULL)
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static void
take_function_stats(struct nic *n, const struct rtattr *stats)
{
	static const struct {
		unsigned short type, to;
	} rows[] = {{IFLA_VF_STATS_RX_BYTES, NIC_RX_BYTES},
	    {IFLA_VF_STATS_RX_PACKETS, NIC_RX_PACKETS},
	    {IFLA_VF_STATS_RX_DROPPED, NIC_RX_DROPS},
	    {IFLA_VF_STATS_TX_BYTES, NIC_TX_BYTES},
	    {IFLA_VF_STATS_TX_PACKETS, NIC_TX_PACKETS},
	    {IFLA_VF_STATS_TX_DROPPED, NIC_TX_DROPS}};
	const struct rtattr *a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = find(RTA_DATA(stats), payload(stats), rows[i].type);
		if (a == NULL || payload(a) != sizeof(uint64_t))
			continue;
		memcpy(&n->v[rows[i].to], RTA_DATA(a), sizeof(uint64_t));
		n->counted |= 1u << rows[i].to;
	}
}

/* Whether it is the one of that number, whose MAC says which it is. */
static bool
take_function(struct nic *n, const struct rtattr *info, unsigned number)
{
	const char *p = RTA_DATA(info);
	const struct rtattr *mac = find(p, payload(info), IFLA_VF_MAC), *stats;
	struct ifla_vf_mac m;

	if (mac == NULL || payload(mac) < sizeof(m))
		return false;
	memcpy(&m, RTA_DATA(mac), sizeof(m));
	if (m.vf != number)
		return false;
	snprintf(n->address, sizeof(n->address),
	    "%02x:%02x:%02x:%02x:%02x:%02x", m.mac[0], m.mac[1], m.mac[2],
	    m.mac[3], m.mac[4], m.mac[5]);
	/* One that was given no address: the guest chooses. */
	if (strcmp(n->address, "00:00:00:00:00:00") == 0)
		n->address[0] = '\0';
	if ((stats = find(p, payload(info), IFLA_VF_STATS)) != NULL)
		take_function_stats(n, stats);
	return true;
}

bool
nic_function(const void *message, size_t len, unsigned number, struct nic *to)
{
	const struct nlmsghdr *h = message;
	size_t head = NLMSG_SPACE(sizeof(struct ifinfomsg)), left;
	const struct rtattr *list, *info;
	const char *p;

	if (len < sizeof(*h) || h->nlmsg_len > len || h->nlmsg_len < head ||
	    h->nlmsg_type != RTM_NEWLINK)
		return false;
	list = find((const char *)message + head, h->nlmsg_len - head,
	    IFLA_VFINFO_LIST);
	if (list == NULL)
		return false;
	*to = (struct nic){.index = 0};
	p = RTA_DATA(list);
	left = payload(list);
	while ((info = attribute(&p, &left)) != NULL)
		if (take_function(to, info, number))
			return to->counted != 0;
	return false;
}

/* "  eth0: bytes packets errs drop fifo frame compressed multicast" and the
 * same, with colls and carrier, for transmission. */
void
nics_proc(struct nics *list, const char *text)
{
	uint64_t v[16];
	struct nic *n;
	const char *p;
	size_t len;

	for (p = text; *p != '\0'; p = scan_line(p)) {
		p = scan_blank(p);
		len = strcspn(p, ":\n");
		if (p[len] != ':' || len == 0 || len >= NIC_NAME ||
		    scan_row(p + len + 1, v, 16) != 16)
			continue;
		n = nics_add(list);
		memcpy(n->name, p, len);
		n->has_counters = true;
		memcpy(n->v,
		    (uint64_t[NIC_COUNTERS]){v[0], v[1], v[2], v[3], v[8], v[9],
			v[10], v[11], v[7], v[13], v[4]},
		    sizeof(n->v));
	}
}

bool
nic_is_cable(const struct nic *n)
{
	return strcmp(n->kind, "tun") == 0 || strcmp(n->kind, "veth") == 0;
}
