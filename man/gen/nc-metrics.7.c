/* SPDX-License-Identifier: MIT */
/*
 * nc-metrics.7: prints the catalogue in the language of the manual.  One
 * section an entity, one entry a metric, in the order of the rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/catalogue.h"

static const char head[] =
    ".\\\" Made from the rows of lib/metric/catalogue_*.c.\n"
    ".Dd November 22, 2026\n"
    ".Dt NC-METRICS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm nc-metrics\n"
    ".Nd entities and metrics of the NovaCron suite\n"
    ".Sh DESCRIPTION\n"
    "Every metric that\n"
    ".Xr nc-collect 1\n"
    "and its companions emit, by entity.\n"
    "The name stands in the\n"
    ".Ql values\n"
    "of a sample record, see\n"
    ".Xr nc-record 5 .\n"
    "Outside, the full name is the entity, an underscore and the name, with\n"
    "dots as underscores:\n"
    ".Ql vm_disk_read_bytes_total .\n"
    ".Pp\n"
    "A counter ends in\n"
    ".Ql _total\n"
    "and only grows until what it counts starts again.\n"
    "Wherever a value is meant its rate is taken, named\n"
    ".Ql _per_second\n"
    "for\n"
    ".Ql _total .\n"
    "Ratios run from 0 to 1 and sizes are in bytes.\n"
    "A metric that is absent was not measured.\n"
    ".Pp\n"
    "Each entry names the type, the unit, the level of detail from which on\n"
    "the metric is collected\n"
    ".Pq basic, standard, detailed or diagnostic\n"
    "and the field it is read from.\n"
    ".Sh ENTITIES AND METRICS\n";

static const char tail[] = ".Sh SEE ALSO\n"
			   ".Xr nc-collect 1 ,\n"
			   ".Xr nc-record 5 ,\n"
			   ".Xr novacron 7\n";

/* A sentence without its full stop; starts no request, holds no escape. */
static void
put_sentence(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else
			putchar(*s);
	}
	fputs(".\n", stdout);
}

static void
put_metric(const struct metric *m)
{
	printf(".It Sy %s\n%s", m->name, metric_type_name(m->type));
	if (m->unit == UNIT_TIMESTAMP)
		fputs(", epoch seconds", stdout);
	else if (m->unit != UNIT_NONE)
		printf(", %s", metric_unit_name(m->unit));
	printf(", %s.\n", metric_level_name(m->level));
	put_sentence(m->help);
	if (m->limit != NULL)
		printf("At most\n.Ql %s .\n", m->limit);
	fputs("From: ", stdout);
	put_sentence(m->from);
}

static void
put_entity(const struct metric_entity *e)
{
	const struct metric *m;
	size_t n = 0;

	printf(".Ss %s\n", e->name);
	put_sentence(e->help);
	if (e->parent != NULL)
		printf("Part of\n.Sy %s .\n", e->parent);
	fputs("The id is: ", stdout);
	put_sentence(e->id);
	for (size_t i = 0; (m = catalogue_metric(i)) != NULL; i++) {
		if (strcmp(m->entity, e->name) != 0)
			continue;
		if (n++ == 0)
			fputs(".Bl -tag -width Ds\n", stdout);
		put_metric(m);
	}
	if (n != 0)
		fputs(".El\n", stdout);
}

int
main(void)
{
	const struct metric_entity *e;

	fputs(head, stdout);
	for (size_t i = 0; (e = catalogue_entity_at(i)) != NULL; i++)
		put_entity(e);
	fputs(tail, stdout);
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
