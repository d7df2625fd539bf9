/* SPDX-License-Identifier: MIT */
/*
 * socket: a summary of the network stack of this host's own name space:
 * sockets in use, TCP and UDP trouble, the connection table, and packets the
 * CPUs had no time for (softnet).
 */
#include "host/host.h"

#include <stdlib.h>

#include "base/mem.h"
#include "keyed.h"
#include "scan.h"

enum {
	S_USED,
	S_TCP,
	S_TCP_ORPHANS,
	S_TCP_TIME_WAIT,
	S_TCP_MEM,
	S_UDP,
	S_UDP_MEM,
	S_TCP6,
	S_UDP6,
	S_CONNTRACK,
	S_CONNTRACK_MAX,
	S_SOFTNET_DROPS,
	S_SOFTNET_SQUEEZES,
	S_COUNT
};

static const char *const names[S_COUNT] = {"sockets", "tcp_sockets",
    "tcp_orphans", "tcp_time_waits", "tcp_mem_bytes", "udp_sockets",
    "udp_mem_bytes", "tcp6_sockets", "udp6_sockets", "conntrack_entries",
    "conntrack_entries_max", "softnet_drops_total", "softnet_squeezes_total"};

enum {
	N_TCP_ACTIVE,
	N_TCP_PASSIVE,
	N_TCP_FAILED,
	N_TCP_RESETS,
	N_TCP_ESTABLISHED,
	N_TCP_IN,
	N_TCP_OUT,
	N_TCP_RETRANSMITS,
	N_TCP_IN_ERRORS,
	N_TCP_OUT_RESETS,
	N_UDP_IN,
	N_UDP_NO_PORTS,
	N_UDP_IN_ERRORS,
	N_UDP_OUT,
	N_UDP_RECEIVE_FULL,
	N_UDP_SEND_FULL,
	N_IP_FORWARDED,
	N_COUNT
};

static const char *const snmp_names[N_COUNT] = {"tcp_active_opens_total",
    "tcp_passive_opens_total", "tcp_failed_opens_total", "tcp_resets_total",
    "tcp_established", "tcp_received_segments_total", "tcp_sent_segments_total",
    "tcp_retransmitted_segments_total", "tcp_receive_errors_total",
    "tcp_sent_resets_total", "udp_received_datagrams_total",
    "udp_no_ports_total", "udp_receive_errors_total",
    "udp_sent_datagrams_total", "udp_receive_buffer_errors_total",
    "udp_send_buffer_errors_total", "ip_forwarded_total"};

static const struct keyed_row snmp_rows[] = {{"Tcp:ActiveOpens", N_TCP_ACTIVE},
    {"Tcp:PassiveOpens", N_TCP_PASSIVE}, {"Tcp:AttemptFails", N_TCP_FAILED},
    {"Tcp:EstabResets", N_TCP_RESETS}, {"Tcp:CurrEstab", N_TCP_ESTABLISHED},
    {"Tcp:InSegs", N_TCP_IN}, {"Tcp:OutSegs", N_TCP_OUT},
    {"Tcp:RetransSegs", N_TCP_RETRANSMITS}, {"Tcp:InErrs", N_TCP_IN_ERRORS},
    {"Tcp:OutRsts", N_TCP_OUT_RESETS}, {"Udp:InDatagrams", N_UDP_IN},
    {"Udp:NoPorts", N_UDP_NO_PORTS}, {"Udp:InErrors", N_UDP_IN_ERRORS},
    {"Udp:OutDatagrams", N_UDP_OUT}, {"Udp:RcvbufErrors", N_UDP_RECEIVE_FULL},
    {"Udp:SndbufErrors", N_UDP_SEND_FULL}, {"Ip:ForwDatagrams", N_IP_FORWARDED},
    {NULL, 0}};

enum {
	X_LISTEN_OVERFLOWS,
	X_LISTEN_DROPS,
	X_TIMEOUTS,
	X_SYN_RETRANSMITS,
	X_SYNCOOKIES,
	X_MEMORY_PRESSURES,
	X_ABORT_MEMORY,
	X_ABORT_TIMEOUT,
	X_BACKLOG_DROPS,
	X_QUEUE_DROPS,
	X_COUNT
};

static const char *const ext_names[X_COUNT] = {"tcp_listen_overflows_total",
    "tcp_listen_drops_total", "tcp_timeouts_total", "tcp_syn_retransmits_total",
    "tcp_syncookies_sent_total", "tcp_memory_pressures_total",
    "tcp_aborts_on_memory_total", "tcp_aborts_on_timeout_total",
    "tcp_backlog_drops_total", "tcp_receive_queue_drops_total"};

static const struct keyed_row ext_rows[] = {{"TcpExt:ListenOverflows",
						X_LISTEN_OVERFLOWS},
    {"TcpExt:ListenDrops", X_LISTEN_DROPS}, {"TcpExt:TCPTimeouts", X_TIMEOUTS},
    {"TcpExt:TCPSynRetrans", X_SYN_RETRANSMITS},
    {"TcpExt:SyncookiesSent", X_SYNCOOKIES},
    {"TcpExt:TCPMemoryPressures", X_MEMORY_PRESSURES},
    {"TcpExt:TCPAbortOnMemory", X_ABORT_MEMORY},
    {"TcpExt:TCPAbortOnTimeout", X_ABORT_TIMEOUT},
    {"TcpExt:TCPBacklogDrop", X_BACKLOG_DROPS},
    {"TcpExt:TCPRcvQDrop", X_QUEUE_DROPS}, {NULL, 0}};

struct sockets {
	struct keys keys, snmp_keys, ext_keys;
	struct kept sockstat, sockstat6, snmp, netstat, softnet, count, max;
	struct keyed snmp_layout, ext_layout;
};

static void *
socket_open(struct host *h)
{
	struct sockets *s = xcalloc(1, sizeof(*s));

	keys_open(&s->keys, h->run, "host", names, S_COUNT);
	keys_open(&s->snmp_keys, h->run, "host", snmp_names, N_COUNT);
	keys_open(&s->ext_keys, h->run, "host", ext_names, X_COUNT);
	s->sockstat = KEPT(HOST_NET(h, "sockstat"));
	s->sockstat6 = KEPT(HOST_NET(h, "sockstat6"));
	s->snmp = KEPT(HOST_NET(h, "snmp"));
	s->netstat = KEPT(HOST_NET(h, "netstat"));
	s->softnet = KEPT(HOST_NET(h, "softnet_stat"));
	s->count = KEPT("proc/sys/net/netfilter/nf_conntrack_count");
	s->max = KEPT("proc/sys/net/netfilter/nf_conntrack_max");
	s->snmp_layout.rows = snmp_rows;
	s->ext_layout.rows = ext_rows;
	return s;
}

static void
socket_close(void *state)
{
	struct sockets *s = state;

	kept_close(&s->sockstat);
	kept_close(&s->sockstat6);
	kept_close(&s->snmp);
	kept_close(&s->netstat);
	kept_close(&s->softnet);
	kept_close(&s->count);
	kept_close(&s->max);
	free(s);
}

/* "TCP: inuse 1 orphan 0 ...": the number behind word on this line. */
static bool
field(const char *line, const char *word, uint64_t *v)
{
	const char *end = line + strcspn(line, "\n");
	size_t len = strlen(word), n;

	while (line < end) {
		line = scan_blank(line);
		n = scan_word(line);
		if (n == len && memcmp(line, word, len) == 0)
			return scan_u64(line + n, v) != NULL;
		line += n;
	}
	return false;
}

static const struct {
	const char *line, *word;
	unsigned key;
	bool pages;
} stat_rows[] = {{"sockets:", "used", S_USED, false},
    {"TCP:", "inuse", S_TCP, false}, {"TCP:", "orphan", S_TCP_ORPHANS, false},
    {"TCP:", "tw", S_TCP_TIME_WAIT, false}, {"TCP:", "mem", S_TCP_MEM, true},
    {"UDP:", "inuse", S_UDP, false}, {"UDP:", "mem", S_UDP_MEM, true},
    {"TCP6:", "inuse", S_TCP6, false}, {"UDP6:", "inuse", S_UDP6, false}};

static void
put_sockstat(struct host *h, struct sockets *s, struct kept *file)
{
	const char *p = kept_read(&h->tree, file).p, *rest;
	uint64_t v;
	size_t i;

	for (; p != NULL && *p != '\0'; p = scan_line(p))
		for (i = 0; i < sizeof(stat_rows) / sizeof(*stat_rows); i++) {
			rest = scan_prefix(p, stat_rows[i].line);
			if (rest == NULL || !field(rest, stat_rows[i].word, &v))
				continue;
			keys_real(&s->keys, h->frame, stat_rows[i].key,
			    (double)v * (stat_rows[i].pages ? h->page : 1));
		}
}

static void
put_numbers(struct host *h, const struct keys *k, const struct keyed_numbers *n,
    unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (keyed_has(n, i))
			keys_u64(k, h->frame, i, n->v[i]);
}

/* A line a CPU, hexadecimal: processed, dropped, time_squeeze, ... */
static void
put_softnet(struct host *h, struct sockets *s)
{
	const char *p = kept_read(&h->tree, &s->softnet).p;
	uint64_t drops = 0, squeezes = 0;
	char *end;

	if (p == NULL)
		return;
	for (; *p != '\0'; p = scan_line(p)) {
		strtoull(p, &end, 16);
		drops += strtoull(end, &end, 16);
		squeezes += strtoull(end, NULL, 16);
	}
	keys_u64(&s->keys, h->frame, S_SOFTNET_DROPS, drops);
	keys_u64(&s->keys, h->frame, S_SOFTNET_SQUEEZES, squeezes);
}

static void
socket_values(struct host *h, void *state)
{
	struct sockets *s = state;
	struct keyed_numbers n;
	struct span text;
	uint64_t v;

	if (keys_on(&s->keys, S_USED)) {
		put_sockstat(h, s, &s->sockstat);
		put_sockstat(h, s, &s->sockstat6);
	}
	if (s->snmp_keys.on != 0 &&
	    (text = kept_read(&h->tree, &s->snmp)).p != NULL) {
		keyed_pairs(&s->snmp_layout, text.p, &n);
		put_numbers(h, &s->snmp_keys, &n, N_COUNT);
	}
	if (s->ext_keys.on != 0 &&
	    (text = kept_read(&h->tree, &s->netstat)).p != NULL) {
		keyed_pairs(&s->ext_layout, text.p, &n);
		put_numbers(h, &s->ext_keys, &n, X_COUNT);
	}
	if (keys_on(&s->keys, S_CONNTRACK) && kept_u64(&h->tree, &s->count, &v))
		keys_u64(&s->keys, h->frame, S_CONNTRACK, v);
	if (keys_on(&s->keys, S_CONNTRACK_MAX) &&
	    kept_u64(&h->tree, &s->max, &v))
		keys_u64(&s->keys, h->frame, S_CONNTRACK_MAX, v);
	if (keys_on(&s->keys, S_SOFTNET_DROPS))
		put_softnet(h, s);
}

const struct host_family host_socket = {"sockets", socket_open, socket_close,
    socket_values, NULL};
