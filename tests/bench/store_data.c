/* SPDX-License-Identifier: MIT */
/*
 * store_data ENTITIES ROUNDS METRICS [TEXT]: sweeps of virtual machines, ten
 * seconds apart, gauges only (what a store does is the question, not what a
 * rate is).  With TEXT: the same values as "PATH TS:V:V..." for programs that
 * take rrdtool's update lines.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define START 1763800000

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 29;
	return x;
}

static void
print_value(long entity, long round, long metric)
{
	uint64_t r = mix(
	    (uint64_t)(entity * 1000 + metric) * 100003 + (uint64_t)round);

	switch (metric % 3) {
	case 0:
		printf("%u", (unsigned)(r % 100000000));
		break;
	case 1:
		printf("%u.%02u", (unsigned)(r % 1000),
		    (unsigned)(r >> 40) % 90 + 10);
		break;
	default:
		printf("%u", (unsigned)(r % 500));
	}
}

int
main(int argc, char **argv)
{
	long entities = argc > 1 ? atol(argv[1]) : 100;
	long rounds = argc > 2 ? atol(argv[2]) : 600;
	long metrics = argc > 3 ? atol(argv[3]) : 30;

	for (long t = 1; t <= rounds; t++)
		for (long i = 0; i < entities; i++) {
			long ts = START + 10 * t;

			if (argc > 4)
				printf("u%04ld %ld", i, ts);
			else
				printf("{\"v\":1,\"kind\":\"sample\",\"ts\":"
				       "%ld.012,\"host\":\"hv07\",\"source\":"
				       "\"libvirt\",\"entity\":\"vm\",\"id\":"
				       "\"u%04ld\",\"labels\":{\"name\":"
				       "\"web%ld\"},\"interval\":10,"
				       "\"values\":{",
				    ts, i, i);
			for (long k = 0; k < metrics; k++) {
				if (argc > 4)
					printf(":");
				else
					printf("%s\"m%02ld_bytes\":",
					    k != 0 ? "," : "", k);
				print_value(i, t, k);
			}
			printf(argc > 4 ? "\n" : "}}\n");
		}
	return 0;
}
