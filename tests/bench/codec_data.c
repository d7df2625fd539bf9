/* SPDX-License-Identifier: MIT */
/*
 * codec_data: prints records to measure readers with.  Deterministic.
 * codec_data sweep|random|cold|mixed LINES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/frame.h"
#include "stream/writer.h"

#define HOSTS 10
#define VMS 50
#define METRICS 30

struct metric {
	const char *name;
	int kind; /* 0 counter of whole numbers, 1 of seconds, 2 ratio, 3 gauge */
};

static const struct metric metrics[METRICS] = {{"cpu_seconds_total", 1},
    {"cpu_user_seconds_total", 1}, {"cpu_system_seconds_total", 1},
    {"steal_seconds_total", 1}, {"wait_seconds_total", 1}, {"vcpus", 3},
    {"mem_allocated_bytes", 3}, {"mem_rss_bytes", 3}, {"mem_guest_bytes", 3},
    {"mem_free_bytes", 3}, {"mem_usable_bytes", 3}, {"mem_used_ratio", 2},
    {"swap_in_bytes_total", 0}, {"swap_out_bytes_total", 0},
    {"minor_faults_total", 0}, {"major_faults_total", 0},
    {"read_bytes_total", 0}, {"written_bytes_total", 0}, {"reads_total", 0},
    {"writes_total", 0}, {"read_seconds_total", 1}, {"write_seconds_total", 1},
    {"receive_bytes_total", 0}, {"transmit_bytes_total", 0},
    {"receive_packets_total", 0}, {"transmit_packets_total", 0},
    {"receive_drops_total", 0}, {"pressure_some_ratio", 2},
    {"control_seconds", 1}, {"stuck", 3}};

static uint64_t seed = 0x853c49e6748fea9bu;

static uint64_t
any(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

static int
sink(void *arg, const char *line, size_t len)
{
	return writer_line(arg, line, len, NULL);
}

struct vm {
	char host[8], id[48], name[16];
	double values[METRICS];
};

static void
make_vm(struct vm *v, int number)
{
	snprintf(v->host, sizeof(v->host), "hv%02d", number / VMS % 100);
	snprintf(v->id, sizeof(v->id), "%08x-%04x-4%03x-%04x-%012llx",
	    (unsigned)any(UINT32_MAX), (unsigned)any(65536),
	    (unsigned)any(4096), (unsigned)any(65536),
	    (unsigned long long)number * 7919);
	snprintf(v->name, sizeof(v->name), "vm%d", number);
	for (int i = 0; i < METRICS; i++)
		v->values[i] = metrics[i].kind == 0
				   ? (double)any(any(2) ? 1u << 20 : 1u << 30) *
					 37
			       : metrics[i].kind == 1
				   ? (double)any(100000000) / 1000
			       : metrics[i].kind == 3
				   ? (double)any(1u << 20) * 4096
				   : 0;
	v->values[5] = 4;
	v->values[29] = 0;
}

static void
advance(struct vm *v)
{
	for (int i = 0; i < METRICS; i++) {
		if (metrics[i].kind == 0 && any(4) != 0)
			v->values[i] += (double)any(100000);
		else if (metrics[i].kind == 1)
			v->values[i] += (double)any(10000000) / 1e6;
		else if (metrics[i].kind == 2)
			v->values[i] = (double)any(10000) / 10000;
		else if (metrics[i].kind == 3 && i > 6 && i < 11)
			v->values[i] += ((double)any(4097) - 2048) * 4096;
		if (v->values[i] < 0)
			v->values[i] = 0;
	}
}

static double
micro(double v)
{
	return (double)(int64_t)(v * 1e6 + 0.5) / 1e6;
}

static void
put_vm(struct frame *f, const struct vm *v, double ts, int first, int count)
{
	frame_origin(f, v->host, "libvirt");
	frame_clock(f, ts, ts - 1763000000);
	frame_begin(f, RECORD_SAMPLE, "vm", span_of(v->id));
	frame_label(f, "name", span_of(v->name));
	frame_label(f, "state", span_of("running"));
	frame_interval(f, 10);
	frame_since(f, 1763790000);
	for (int i = first; i < first + count; i++)
		frame_value(f, metrics[i].name, micro(v->values[i]));
	frame_end(f);
}

int
main(int argc, char **argv)
{
	struct writer *w = writer_open(STDOUT_FILENO, "<stdout>", WRITER_BATCH);
	struct frame *f = frame_new(sink, w);
	struct vm *vms = calloc(HOSTS * VMS, sizeof(*vms));
	const char *how = argc == 3 ? argv[1] : "";
	long lines = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	double ts = 1763800000;

	if (vms == NULL || lines <= 0)
		return 2;
	for (int i = 0; i < HOSTS * VMS; i++)
		make_vm(&vms[i], i);
	for (long n = 0; n < lines; n++) {
		int i = (int)(n % (HOSTS * VMS));

		if (i == 0)
			ts += 10;
		if (strcmp(how, "random") == 0)
			i = (int)any(HOSTS * VMS);
		else if (strcmp(how, "cold") == 0)
			make_vm(&vms[i], (int)n);
		advance(&vms[i]);
		if (strcmp(how, "mixed") == 0)
			put_vm(f, &vms[i], ts + i / 1e3, (int)n % 7 * 4,
			    1 + (int)n % 5);
		else
			put_vm(f, &vms[i], ts + i / 1e3, 0, METRICS);
	}
	frame_free(f);
	free(vms);
	return writer_close(w, NULL) == 0 ? 0 : 3;
}
