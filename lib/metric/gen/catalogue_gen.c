/* SPDX-License-Identifier: MIT */
/*
 * catalogue_gen: a program of the build that prints the hash table in which
 * catalogue.c looks names up.  Refuses rows that are wrong in themselves, so
 * that a bad catalogue does not build.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/catalogue_rows.h"

#define MAX_ROWS 30000 /* a row number fits 16 bits */

static int
complain(const struct metric *m, const char *why)
{
	fprintf(stderr, "catalogue_gen: %s %s: %s\n", m->entity, m->name, why);
	return -1;
}

static int
check_row(const struct metric *m)
{
	const char *why;
	struct span name = span_of(m->name);

	if (!metric_name_valid(name, &why))
		return complain(m, why);
	if (metric_is_counter(name) != (m->type == METRIC_COUNTER))
		return complain(m, "_total ends every counter, nothing else");
	if (m->unit != metric_unit_of(name) && m->unit != UNIT_BOOLEAN)
		return complain(m, "the suffix says another unit");
	if (m->help[0] == '\0' || m->from[0] == '\0')
		return complain(m, "no help, or no source field");
	return 0;
}

/* Places row number n; -1 when the name is already there. */
static int
place(unsigned *slots, const struct metric *const *rows, size_t nslots,
    size_t n)
{
	const struct metric *m = rows[n], *other;
	size_t slot = catalogue_hash(span_of(m->entity), span_of(m->name)) &
		      (nslots - 1);

	while (slots[slot] != 0) {
		other = rows[slots[slot] - 1];
		if (strcmp(other->entity, m->entity) == 0 &&
		    strcmp(other->name, m->name) == 0)
			return complain(m, "described twice");
		slot = (slot + 1) & (nslots - 1);
	}
	slots[slot] = (unsigned)n + 1;
	return 0;
}

static void
print_index(const unsigned *slots, size_t nslots)
{
	printf("/* Made by catalogue_gen from the rows of the catalogue. */\n"
	       "#define CATALOGUE_SLOTS %zuu\n"
	       "static const unsigned short catalogue_slots[] = {",
	    nslots);
	for (size_t i = 0; i < nslots; i++)
		printf("%s%u,", i % 12 == 0 ? "\n\t" : " ", slots[i]);
	printf("\n};\n");
}

/* Every row, in order; returns how many. */
static size_t
gather(const struct metric **rows)
{
	const struct catalogue_family *f;
	size_t n = 0;

	for (size_t k = 0; (f = catalogue_families[k]) != NULL; k++)
		for (size_t i = 0; i < f->nmetrics && n < MAX_ROWS; i++)
			rows[n++] = &f->metrics[i];
	return n;
}

int
main(void)
{
	static const struct metric *rows[MAX_ROWS];
	static unsigned slots[4 * MAX_ROWS];
	size_t nrows = gather(rows), nslots = 64;

	while (nslots < nrows * 2)
		nslots *= 2;
	for (size_t i = 0; i < nrows; i++)
		if (check_row(rows[i]) == -1 ||
		    place(slots, rows, nslots, i) == -1)
			return EXIT_FAILURE;
	print_index(slots, nslots);
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
