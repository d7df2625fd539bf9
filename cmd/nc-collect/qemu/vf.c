/* SPDX-License-Identifier: MIT */
/*
 * vf: see vf.h.  /sys says which function of which card a PCI address is, one
 * rtnetlink question about the card what its functions have counted
 * (rtnetlink(7), IFLA_VFINFO_LIST).  Never waits: the kernel answers at once.
 */
#include "qemu/vf.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define FUNCTIONS_MAX 256 /* PCI Express has no more of one card */
#define ANSWER_SIZE ((size_t)128 << 10)

struct vf_reader {
	int fd;
	uint32_t seq;
	char *answer;
};

static void
see_card(void *arg, const char *entry)
{
	struct vf *v = arg;

	if (v->card[0] == '\0')
		snprintf(v->card, sizeof(v->card), "%s", entry);
}

static bool
find_one(struct vf *v, struct tree *t)
{
	char path[128], link[64];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/physfn/net",
	    v->address);
	tree_list(t, path, see_card, v);
	for (v->number = 0; v->card[0] != '\0' && v->number < FUNCTIONS_MAX;
	     v->number++) {
		snprintf(path, sizeof(path),
		    "sys/bus/pci/devices/%s/physfn/virtfn%u", v->address,
		    v->number);
		if (!tree_link(t, path, link, sizeof(link)))
			return false;
		if (strcmp(link, v->address) == 0)
			return true;
	}
	return false;
}

void
vfs_find(struct vfs *v, struct tree *t, const struct command *c)
{
	struct vf one;

	if (v->known)
		return;
	v->known = true;
	for (size_t i = 0; i < c->ndevices; i++) {
		one = (struct vf){.address = c->device[i]};
		if (find_one(&one, t))
			v->list[v->count++] = one;
	}
}

struct vf_reader *
vf_reader_new(void)
{
	struct vf_reader *r = xcalloc(1, sizeof(*r));

	r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	r->answer = xmalloc(ANSWER_SIZE);
	return r;
}

void
vf_reader_free(struct vf_reader *r)
{
	if (r == NULL)
		return;
	if (r->fd != -1)
		close(r->fd);
	free(r->answer);
	free(r);
}

bool
vf_read(struct vf_reader *r, const struct vf *v, struct nic *to)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg info;
		struct rtattr mask_head;
		uint32_t mask;
		struct rtattr name_head;
		char name[NIC_NAME];
	} q = {
	    .h = {.nlmsg_len = sizeof(q),
		.nlmsg_type = RTM_GETLINK,
		.nlmsg_flags = NLM_F_REQUEST,
		.nlmsg_seq = ++r->seq},
	    .mask_head = {.rta_len = RTA_LENGTH(sizeof(uint32_t)),
		.rta_type = IFLA_EXT_MASK},
	    .mask = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS,
	    .name_head = {.rta_len = RTA_LENGTH(NIC_NAME),
		.rta_type = IFLA_IFNAME},
	};
	ssize_t n;

	memcpy(q.name, v->card, sizeof(q.name));
	/* What an answer that came too late left is not ours. */
	while (recv(r->fd, r->answer, ANSWER_SIZE, MSG_DONTWAIT) > 0)
		continue;
	if (send(r->fd, &q, sizeof(q), MSG_NOSIGNAL) != sizeof(q) ||
	    (n = recv(r->fd, r->answer, ANSWER_SIZE, MSG_DONTWAIT)) <= 0)
		return false;
	return nic_function(r->answer, (size_t)n, v->number, to);
}
