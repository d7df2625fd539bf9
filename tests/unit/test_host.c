/* SPDX-License-Identifier: MIT */
/*
 * The parsers of the source host: kernel text in, numbers out.
 * tool: nc-collect
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <stdlib.h>

#include "host/disk.h"
#include "host/fs.h"
#include "keyed.h"
#include "host/nic.h"
#include "host/process.h"
#include "scan.h"
#include "tap.h"

static void
test_scan(void)
{
	uint64_t v[3] = {7, 7, 7};
	int64_t i = 0;
	double r = 0;

	OK(scan_u64("  42 rest", v) != NULL && v[0] == 42, "a number");
	OK(scan_u64("-1", v) == NULL && v[0] == 42, "none: untouched");
	OK(scan_i64(" -17\n", &i) != NULL && i == -17, "a negative number");
	OK(scan_real("0.07 x", &r) != NULL && r == 0.07, "a decimal is exact");
	OK(scan_real("1234567.125", &r) != NULL && r == 1234567.125, "another");
	OK(scan_row("1 2\n3", v, 3) == 2 && v[1] == 2,
	    "a row ends with its line");
	SAME(scan_line("a\nb"), "b", "the next line");
	SAME(scan_line("a"), "", "the end of the last line");
}

enum { TOTAL, FREE, STALLS };
static const struct keyed_row lines[] = {{"MemTotal", TOTAL}, {"MemFree", FREE},
    {"allocstall*", STALLS}, {NULL, 0}};

static void
test_lines(void)
{
	struct keyed k = {.rows = lines};
	struct keyed_numbers n;

	keyed_lines(&k, "MemTotal: 100 kB\nX: 1\nMemFree:  5 kB\n", &n);
	OK(n.v[TOTAL] == 100 && n.v[FREE] == 5, "lines by name");
	OK(!keyed_has(&n, STALLS), "what is not there is not measured");
	keyed_lines(&k, "MemTotal: 7 kB\nX: 1\nMemFree:  6 kB\n", &n);
	OK(n.v[TOTAL] == 7 && n.v[FREE] == 6, "the learnt layout");
	keyed_lines(&k, "Y: 2\nMemFree: 3 kB\nMemTotal: 9 kB\n", &n);
	OK(n.v[TOTAL] == 9 && n.v[FREE] == 3, "another layout is learnt");
	keyed_lines(&k, "allocstall_dma 1\nallocstall_normal 2\n", &n);
	OK(n.v[STALLS] == 3, "rows of one number add up");
	OK(!keyed_has(&n, TOTAL), "the old layout's numbers are gone");
	keyed_lines(&k, "MemTotalX: 1\nMemFree\n", &n);
	OK(n.seen == 0, "a longer name, a name without a number");
	keyed_lines(&k, "", &n);
	OK(n.seen == 0, "an empty file");
	k = (struct keyed){.rows = lines, .whole = true};
	keyed_lines(&k, "MemTotal: 1\nX: 2\n", &n);
	keyed_lines(&k, "MemTotal: 1\nX: 2\nMemFree: 3\n", &n);
	OK(n.v[FREE] == 3, "a longer file of the same beginning");
	keyed_lines(&k, "MemTotal: 4\n", &n);
	OK(n.v[TOTAL] == 4 && !keyed_has(&n, FREE), "and a shorter one");
}

enum { RETRANS, ESTABLISHED, NO_PORTS };
static const struct keyed_row pairs[] = {{"Tcp:RetransSegs", RETRANS},
    {"Tcp:CurrEstab", ESTABLISHED}, {"Udp:NoPorts", NO_PORTS}, {NULL, 0}};

static void
test_pairs(void)
{
	struct keyed k = {.rows = pairs};
	struct keyed_numbers n;

	keyed_pairs(&k,
	    "Tcp: A CurrEstab RetransSegs\nTcp: -1 4 5\n"
	    "Udp: NoPorts B\nUdp: 6 7\n",
	    &n);
	OK(n.v[RETRANS] == 5 && n.v[ESTABLISHED] == 4 && n.v[NO_PORTS] == 6,
	    "columns by name, behind a negative one");
	keyed_pairs(&k,
	    "Tcp: A CurrEstab RetransSegs\nTcp: -1 8 9\n"
	    "Udp: NoPorts B\nUdp: 1 7\n",
	    &n);
	OK(n.v[RETRANS] == 9 && n.v[NO_PORTS] == 1, "the learnt columns");
	keyed_pairs(&k,
	    "Udp: B NoPorts\nUdp: 6 7\n"
	    "Tcp: RetransSegs A\nTcp: 2 -1\n",
	    &n);
	OK(n.v[NO_PORTS] == 7 && n.v[RETRANS] == 2 &&
		!keyed_has(&n, ESTABLISHED),
	    "other columns are learnt");
	keyed_pairs(&k, "Udp: B NoPorts\nUdp: 6\nTcp: RetransSegs A\n", &n);
	OK(n.seen == 0 || !keyed_has(&n, NO_PORTS), "a line cut short");
	keyed_pairs(&k, "UdpLite: NoPorts\nUdpLite: 3\n", &n);
	OK(n.seen == 0, "a longer head is another protocol");
}

static void
test_process(void)
{
	struct process_stat s;

	OK(process_parse(
	       "42 (a) b\n) S 1 42 42 0 -1 4194560 100 0 7 0 250 "
	       "31 0 0 20 0 3 0 9876 5480448 1126 18446744073709551615 1 1",
	       &s),
	    "a name with a parenthesis and a newline");
	SAME(s.name, "a) b\n", "its name");
	OK(s.user == 250 && s.system == 31 && s.threads == 3 &&
		s.start == 9876 && s.virtual_bytes == 5480448 &&
		s.rss_pages == 1126 && s.major_faults == 7,
	    "its numbers");
	OK(!process_parse("42 (sh) S 1 2", &s), "a line cut short");
	OK(!process_parse("42 (sh", &s) && !process_parse("", &s), "no line");
}

static void
test_mounts(void)
{
	static const char text[] =
	    "22 27 0:21 / /proc rw - proc proc rw\n"
	    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	    "28 27 254:0 /srv /bind rw - ext4 /dev/vda rw\n"
	    "30 27 8:1 / /a\\040b ro,noexec master:1 - xfs /dev/sda1 rw\n"
	    "31 27 8:2 / /data rw - xfs /dev/sdb1 rw\n"
	    "32 27 8:3 / /data rw - xfs /dev/sdc1 ro,x\n"
	    "33 27 0:9 / /run/user/0 rw - tmpfs tmpfs rw\n"
	    "broken line\n";
	struct fs_mount *list;
	size_t i, n = fs_list(text, false, &list);

	OK(n == 3, "views of one device, pseudo and broken left out");
	SAME(n > 0 ? list[0].point : "", "/", "the root, not the bind mount");
	SAME(n > 1 ? list[1].point : "", "/a b", "an escaped mount point");
	OK(n > 1 && list[1].read_only, "read-only by the mount");
	SAME(n > 2 ? list[2].device : "", "/dev/sdc1",
	    "mounted over: the upper one counts");
	OK(n > 2 && list[2].read_only, "read-only by the file system");
	OK(n > 0 && !list[0].read_only, "read-write");
	for (i = 0; i < n; i++)
		fs_mount_free(&list[i]);
	free(list);
	n = fs_list(text, true, &list);
	OK(n == 6, "all of them where asked for, each place once");
	for (i = 0; i < n; i++)
		fs_mount_free(&list[i]);
	free(list);
}

/* A message as the kernel would send it. */
static size_t
attach(char *msg, size_t len, unsigned short type, const void *p, size_t n)
{
	struct rtattr a = {(unsigned short)(RTA_LENGTH((size_t)0) + n), type};

	memcpy(msg + len, &a, sizeof(a));
	memcpy(msg + len + RTA_LENGTH((size_t)0), p, n);
	return len + RTA_ALIGN(RTA_LENGTH((size_t)0) + n);
}

static size_t
make_link(char *msg)
{
	struct rtnl_link_stats64 s = {.rx_bytes = UINT64_C(1) << 40,
	    .rx_dropped = 2,
	    .rx_missed_errors = 3,
	    .tx_packets = 5};
	struct ifinfomsg info = {.ifi_index = 4};
	char kind[64];
	size_t len = NLMSG_SPACE(sizeof(info)), klen;
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWLINK};
	unsigned char state = 6;
	uint32_t mtu = 1400;

	memcpy(msg + NLMSG_LENGTH(0), &info, sizeof(info));
	len = attach(msg, len, IFLA_IFNAME, "vnet7", 6);
	len = attach(msg, len, IFLA_STATS64, &s, sizeof(s));
	len = attach(msg, len, IFLA_OPERSTATE, &state, 1);
	len = attach(msg, len, IFLA_MTU, &mtu, 4);
	klen = attach(kind, 0, IFLA_INFO_KIND, "tun", 4);
	len = attach(msg, len, IFLA_LINKINFO, kind, klen);
	h.nlmsg_len = (uint32_t)len;
	memcpy(msg, &h, sizeof(h));
	return len;
}

static void
test_netlink(void)
{
	_Alignas(8) char msg[2048] = {0};
	struct nlmsghdr done = {.nlmsg_len = sizeof(done),
	    .nlmsg_type = NLMSG_DONE};
	struct nics n = {NULL, 0, 0};
	size_t len = make_link(msg), i;
	int verdicts = 0;

	OK(nics_netlink(&n, msg, len) == 0 && n.count == 1, "one interface");
	SAME(n.list[0].name, "vnet7", "its name");
	OK(n.list[0].v[NIC_RX_BYTES] == UINT64_C(1) << 40, "64 bits");
	OK(n.list[0].v[NIC_RX_DROPS] == 5, "drops with what was missed");
	OK(n.list[0].up && n.list[0].mtu == 1400, "state and MTU");
	OK(nic_is_cable(&n.list[0]), "a tap is somebody's cable");
	for (i = 0; i < len; i++) { /* the sanitizers watch */
		n.count = 0;
		verdicts += nics_netlink(&n, msg, i) == 1;
	}
	OK(verdicts == 0, "a message cut anywhere is not the end");
	memcpy(msg, &done, sizeof(done));
	OK(nics_netlink(&n, msg, sizeof(done)) == 1, "the end");
	free(n.list);
}

/* A card with two functions, the second of which has counted. */
static size_t
make_card(char *msg)
{
	struct ifinfomsg info = {.ifi_index = 2};
	struct nlmsghdr h = {.nlmsg_type = RTM_NEWLINK};
	struct ifla_vf_mac mac = {.vf = 0};
	char all[512], one[256], stats[128];
	size_t len = NLMSG_SPACE(sizeof(info)), n, k, alen = 0;
	uint64_t rx = UINT64_C(1) << 33, tx = 7;

	memcpy(msg + NLMSG_LENGTH(0), &info, sizeof(info));
	n = attach(one, 0, IFLA_VF_MAC, &mac, sizeof(mac));
	alen = attach(all, alen, IFLA_VF_INFO, one, n);
	mac = (struct ifla_vf_mac){.vf = 1,
	    .mac = {0x52, 0x54, 0, 0xaa, 0xbb, 1}};
	n = attach(one, 0, IFLA_VF_MAC, &mac, sizeof(mac));
	k = attach(stats, 0, IFLA_VF_STATS_RX_BYTES, &rx, sizeof(rx));
	k = attach(stats, k, IFLA_VF_STATS_TX_PACKETS, &tx, sizeof(tx));
	n = attach(one, n, IFLA_VF_STATS | NLA_F_NESTED, stats, k);
	alen = attach(all, alen, IFLA_VF_INFO, one, n);
	len = attach(msg, len, IFLA_IFNAME, "eth0", 5);
	len = attach(msg, len, IFLA_VFINFO_LIST, all, alen);
	h.nlmsg_len = (uint32_t)len;
	memcpy(msg, &h, sizeof(h));
	return len;
}

static void
test_functions(void)
{
	_Alignas(8) char msg[2048] = {0};
	size_t len = make_card(msg), i;
	struct nic n;
	int found = 0;

	OK(nic_function(msg, len, 1, &n), "a function that counts");
	SAME(n.address, "52:54:00:aa:bb:01", "its address");
	OK(n.v[NIC_RX_BYTES] == UINT64_C(1) << 33 && n.v[NIC_TX_PACKETS] == 7,
	    "its counters");
	OK(n.counted == (1u << NIC_RX_BYTES | 1u << NIC_TX_PACKETS),
	    "and no others");
	OK(!nic_function(msg, len, 0, &n), "one that does not count");
	OK(!nic_function(msg, len, 2, &n), "one that is not there");
	for (i = 0; i < len; i++)
		found += nic_function(msg, i, 1, &n);
	OK(found == 0, "a message cut anywhere");
}

static void
test_net_dev(void)
{
	struct nics n = {NULL, 0, 0};

	nics_proc(&n, "Inter-|   Receive\n face |bytes\n"
		      "eth0:100 1 2 3 4 5 6 7 200 11 12 13 14 15 16 17\n"
		      "  bad: 1 2 3\n");
	OK(n.count == 1 && n.list[0].v[NIC_RX_BYTES] == 100 &&
		n.list[0].v[NIC_RX_MULTICAST] == 7 &&
		n.list[0].v[NIC_RX_FIFO_ERRORS] == 4 &&
		n.list[0].v[NIC_TX_BYTES] == 200 &&
		n.list[0].v[NIC_COLLISIONS] == 15,
	    "a colon without a blank");
	free(n.list);
}

static void
test_disk_ids(void)
{
	struct disk a = {.name = "sda", .identity = "naa.5000"};
	struct disk b = {.name = "sdb", .identity = "naa.5000"};
	struct disk c = {.name = "vda"};
	struct disk p = {.name = "sda1",
	    .identity = "naa.5000",
	    .partition = true};
	struct disk d = {.name = "sdc", .identity = "naa.6000"};
	struct disk *all[] = {&a, &b, &c, &p, &d};

	disk_ids(all, 5);
	SAME(a.id, "naa.5000/sda", "two paths to one disk: the first");
	SAME(b.id, "naa.5000/sdb", "and the second");
	SAME(c.id, "vda", "nothing but a name");
	SAME(p.id, "naa.5000/sda1", "a partition");
	SAME(d.id, "naa.6000", "alone with its identity");
}

int
main(void)
{
	test_scan();
	test_lines();
	test_pairs();
	test_process();
	test_mounts();
	test_netlink();
	test_functions();
	test_net_dev();
	test_disk_ids();
	return tap_done();
}
