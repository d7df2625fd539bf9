/* SPDX-License-Identifier: MIT */
/* nic: the network interfaces, as the kernel lists them in one dump. */
#ifndef NC_COLLECT_HOST_NIC_H
#define NC_COLLECT_HOST_NIC_H

#include "host/host.h"

#define NIC_NAME 16

enum {
	NIC_RX_BYTES,
	NIC_RX_PACKETS,
	NIC_RX_ERRORS,
	NIC_RX_DROPS,
	NIC_TX_BYTES,
	NIC_TX_PACKETS,
	NIC_TX_ERRORS,
	NIC_TX_DROPS,
	NIC_RX_MULTICAST,
	NIC_COLLISIONS,
	NIC_RX_FIFO_ERRORS,
	NIC_COUNTERS
};

struct nic {
	uint32_t index, master; /* master: an index, 0: none */
	char name[NIC_NAME], kind[NIC_NAME], master_name[NIC_NAME];
	char address[24];
	bool has_up, up, has_counters;
	bool has_changes, has_mtu;
	uint32_t changes, mtu;
	uint64_t v[NIC_COUNTERS];
	unsigned counted; /* of a function: which of v it has, a bit each */
};

struct nics {
	struct nic *list; /* owned */
	size_t count, cap;
};

struct nic *nics_add(struct nics *n);
/* Takes the answers to a dump of RTM_NEWLINK in.  1: that was the end, 0:
 * more is to come, -1: the list changed meanwhile or an error came. */
int nics_netlink(struct nics *n, const void *messages, size_t len);
/* Of the answer about one card, its function of that number: address and
 * counters.  false: it has none, or does not count for it. */
bool nic_function(const void *message, size_t len, unsigned number,
    struct nic *to);
/* /proc/net/dev, for recorded trees; the rest comes from /sys/class/net. */
void nics_proc(struct nics *n, const char *text);
/* A tap or veth device: one end of somebody else's cable. */
bool nic_is_cable(const struct nic *n);

#endif
