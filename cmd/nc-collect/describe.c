/* SPDX-License-Identifier: MIT */
/*
 * describe: what nc-collect can say, without collecting anything: the
 * catalogue, or the options of a source, as JSON lines or as a table.
 * Prints to standard output alone.
 */
#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "settings.h"

/* Table text is ASCII of our own: two bytes need an escape. */
static void
json(const char *before, const char *text)
{
	printf("%s\"", before);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

static void
full_name(const struct metric *m)
{
	const char *c;

	for (c = m->entity; *c != '\0'; c++)
		putchar(*c == '.' ? '_' : *c);
	printf("_%s", m->name);
}

static void
metric_json(const struct metric *m)
{
	json("{\"entity\":", m->entity);
	json(",\"metric\":", m->name);
	printf(",\"full\":\"");
	full_name(m);
	putchar('"');
	json(",\"type\":", metric_type_name(m->type));
	if (m->unit != UNIT_NONE)
		json(",\"unit\":", metric_unit_name(m->unit));
	json(",\"level\":", metric_level_name(m->level));
	if (m->limit != NULL)
		json(",\"limit\":", m->limit);
	json(",\"from\":", m->from);
	json(",\"help\":", m->help);
	printf("}\n");
}

void
describe_metrics(enum metric_level level, bool human)
{
	const struct metric *m;
	const char *entity = "";
	size_t i;

	for (i = 0; (m = catalogue_metric(i)) != NULL; i++) {
		if (m->level > level)
			continue;
		if (!human) {
			metric_json(m);
			continue;
		}
		if (strcmp(entity, m->entity) != 0) {
			const struct metric_entity *n = catalogue_entity(
			    span_of(m->entity));

			printf("%s%s: %s\n", *entity != '\0' ? "\n" : "",
			    m->entity, n != NULL ? n->help : "");
			entity = m->entity;
		}
		printf("  %-36s %-8s %-10s %-10s %s\n", m->name,
		    metric_type_name(m->type), metric_unit_name(m->unit),
		    metric_level_name(m->level), m->help);
	}
}

static void
option_json(const struct source *s, const struct source_option *o)
{
	json("{\"source\":", s->name);
	json(",\"option\":", o->name);
	if (o->arg != NULL)
		json(",\"arg\":", o->arg);
	if (o->fallback != NULL)
		json(",\"default\":", o->fallback);
	if (o->many)
		printf(",\"many\":true");
	json(",\"help\":", o->help);
	printf("}\n");
}

static void
options(const struct source *s, const struct source_option *o, bool human)
{
	for (; o != NULL && o->name != NULL; o++) {
		if (!human) {
			option_json(s, o);
			continue;
		}
		printf("  %-12s %-8s %s", o->name, o->arg != NULL ? o->arg : "",
		    o->help);
		if (o->fallback != NULL)
			printf(" (%s)", o->fallback);
		putchar('\n');
	}
}

void
describe_source(const struct source *s, bool human)
{
	if (human)
		printf("%s%s%s: %s\n", s->name, s->target != NULL ? ":" : "",
		    s->target != NULL ? s->target : "", s->help);
	else {
		json("{\"source\":", s->name);
		if (s->target != NULL)
			json(",\"target\":", s->target);
		json(",\"help\":", s->help);
		printf("}\n");
	}
	options(s, s->options, human);
	options(s, wanted_common(), human);
}
