/* SPDX-License-Identifier: MIT */
/*
 * psi: pressure stall information.  Each file and each line is optional: no
 * PSI before 4.20 or with psi=0, no "full" of cpu before 5.13, no irq before
 * 6.1.  What a kernel does not say is not measured, never 0.
 */
#include "host/host.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scan.h"

enum { CPU, MEM, IO, IRQ, FILES };

#define LINES 2 /* some, full */
#define NUMBERS 4 /* avg10 avg60 avg300 total */

#define PSI_NAMES(r, l) \
	"psi_" r "_" l "_avg10_ratio", "psi_" r "_" l "_avg60_ratio", \
	    "psi_" r "_" l "_avg300_ratio", "psi_" r "_" l "_seconds_total"
#define PSI_BOTH(r) PSI_NAMES(r, "some"), PSI_NAMES(r, "full")

/* irq has no "some" line: its rows there are those of "full". */
static const char *const names[FILES * LINES * NUMBERS] = {PSI_BOTH("cpu"),
    PSI_BOTH("mem"), PSI_BOTH("io"), PSI_NAMES("irq", "full"),
    PSI_NAMES("irq", "full")};

struct psi {
	struct keys keys;
	struct kept files[FILES];
};

static void *
psi_open(struct host *h)
{
	struct psi *s = xcalloc(1, sizeof(*s));

	keys_open(&s->keys, h->run, "host", names, FILES * LINES * NUMBERS);
	s->files[CPU] = KEPT("proc/pressure/cpu");
	s->files[MEM] = KEPT("proc/pressure/memory");
	s->files[IO] = KEPT("proc/pressure/io");
	s->files[IRQ] = KEPT("proc/pressure/irq");
	return s;
}

static void
psi_close(void *state)
{
	struct psi *s = state;
	size_t i;

	for (i = 0; i < FILES; i++)
		kept_close(&s->files[i]);
	free(s);
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0": percents and
 * microseconds. */
static void
put_line(struct host *h, const struct psi *s, const char *p, size_t first)
{
	static const char *const words[] = {" avg10=", " avg60=", " avg300="};
	uint64_t total;
	double avg;
	size_t i;

	for (i = 0; i < 3; i++) {
		if ((p = scan_prefix(p, words[i])) == NULL ||
		    (p = scan_real(p, &avg)) == NULL)
			return;
		/* Two decimals of a percent: no more, no less. */
		keys_real(&s->keys, h->frame, first + i,
		    round(avg * 100) / 1e4);
	}
	if ((p = scan_prefix(p, " total=")) != NULL &&
	    scan_u64(p, &total) != NULL)
		keys_real(&s->keys, h->frame, first + 3, (double)total / 1e6);
}

static void
psi_values(struct host *h, void *state)
{
	struct psi *s = state;
	const char *p, *rest;
	size_t i, first;

	for (i = 0; i < FILES; i++) {
		first = i * LINES * NUMBERS;
		p = kept_read(&h->tree, &s->files[i]).p;
		for (; p != NULL && *p != '\0'; p = scan_line(p)) {
			if (i != IRQ && (rest = scan_prefix(p, "some")) != NULL)
				put_line(h, s, rest, first);
			else if ((rest = scan_prefix(p, "full")) != NULL)
				put_line(h, s, rest, first + NUMBERS);
		}
	}
}

const struct host_family host_psi = {"pressure", psi_open, psi_close,
    psi_values, NULL};
