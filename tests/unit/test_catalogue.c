/* SPDX-License-Identifier: MIT */
/* Unit tests of the catalogue: every row sane, found, described once; names. */
#include "metric/catalogue.h"

#include "tap.h"

#define S(text) span_of(text)

static int
refused(const char *name)
{
	const char *why = NULL;

	return !metric_name_valid(span_of(name), &why) && why != NULL;
}

static int
accepted(const char *name)
{
	return metric_name_valid(span_of(name), NULL);
}

static void
test_names(void)
{
	OK(accepted("cpu_seconds_total"), "a counter with its unit");
	OK(accepted("load1"), "digits behind letters");
	OK(accepted("mem_total_bytes"), "total inside a name");
	OK(accepted("os_info") && accepted("start_timestamp_seconds"),
	    "info and timestamp");
	OK(accepted("read_bytes_per_second"), "a rate");
	OK(refused("") && refused("_x") && refused("x_") && refused("a__b"),
	    "underscores stand between words");
	OK(refused("Cpu") && refused("cpu-x") && refused("1min") &&
		refused("cpu.x") && refused("gr\xc3\xb6sse"),
	    "letters, digits and underscores only");
	OK(refused("used_percent") && refused("took_ms") &&
		refused("size_kib_total") && refused("read_sectors_per_second"),
	    "base units only, before the suffix too");
	OK(refused("total") && refused("per_second"), "a suffix alone");
	OK(refused("x_total_per_second") && refused("x_per_second_total") &&
		refused("x_total_total"),
	    "suffixes do not pile up");
	OK(refused("start_timestamp_seconds_total"), "timestamps do not count");
	OK(refused("a234567890b234567890c234567890d234567890e234567890"
		   "f234567890g234567890h234567890i234567890j2345678901"),
	    "more than 100 bytes");
}

static void
test_suffixes(void)
{
	OK(metric_is_counter(S("reads_total")), "_total is a counter");
	OK(!metric_is_counter(S("total")) &&
		!metric_is_counter(S("subtotal")) &&
		!metric_is_counter(S("mem_total_bytes")) &&
		!metric_is_counter(S("_total")),
	    "and nothing else is");
	OK(metric_is_rate(S("reads_per_second")) &&
		!metric_is_rate(S("per_second")),
	    "rates by their suffix");
	OK(metric_unit_of(S("mem_bytes")) == UNIT_BYTES &&
		metric_unit_of(S("read_bytes_total")) == UNIT_BYTES &&
		metric_unit_of(S("read_bytes_per_second")) == UNIT_BYTES,
	    "the unit stands before the suffix");
	OK(metric_unit_of(S("boot_timestamp_seconds")) == UNIT_TIMESTAMP &&
		metric_unit_of(S("took_seconds")) == UNIT_SECONDS,
	    "a timestamp is not a duration");
	OK(metric_unit_of(S("megabytes")) == UNIT_NONE &&
		metric_unit_of(S("reads_total")) == UNIT_NONE &&
		metric_unit_of(S("state_boolean")) == UNIT_NONE,
	    "no unit");
	OK(metric_unit_of(S("bytes")) == UNIT_BYTES, "a unit alone");
}

/* The sibling that a row names as its limit. */
static int
limit_exists(const struct metric *m)
{
	const struct metric *l;

	if (m->limit == NULL)
		return 1;
	l = catalogue_find(S(m->entity), S(m->limit));
	return l != NULL && l->unit == m->unit && l != m;
}

static int
row_sane(const struct metric *m, const char **why)
{
	size_t help = strlen(m->help);

	*why = "entity not described";
	if (catalogue_entity(S(m->entity)) == NULL)
		return 0;
	if (!metric_name_valid(S(m->name), why))
		return 0;
	*why = "type and suffix differ";
	if ((m->type == METRIC_COUNTER) != metric_is_counter(S(m->name)))
		return 0;
	*why = "unit and suffix differ";
	if (m->unit != UNIT_BOOLEAN && m->unit != metric_unit_of(S(m->name)))
		return 0;
	*why = "both low and high cannot be good";
	if ((m->traits & METRIC_LOW_IS_GOOD) &&
	    (m->traits & METRIC_HIGH_IS_GOOD))
		return 0;
	*why = "what saturates is a ratio";
	if ((m->traits & METRIC_SATURATES) && m->unit != UNIT_RATIO)
		return 0;
	*why = "a counter is not negative";
	if (m->type == METRIC_COUNTER && !(m->traits & METRIC_UNSIGNED))
		return 0;
	*why = "limit is no sibling of the same unit";
	if (!limit_exists(m))
		return 0;
	*why = "help is one line with a capital and no full stop";
	if (help < 4 || help > 75 || m->help[help - 1] == '.' ||
	    strchr(m->help, '\n') != NULL ||
	    (m->help[0] != '1' && (m->help[0] < 'A' || m->help[0] > 'Z')))
		return 0;
	return 1;
}

static void
test_rows(void)
{
	const struct metric *m, *other;
	const char *why = "";
	size_t n, sane = 0, found = 0, once = 0;

	for (n = 0; (m = catalogue_metric(n)) != NULL; n++) {
		if (row_sane(m, &why))
			sane++;
		else
			printf("# %s %s: %s\n", m->entity, m->name, why);
		if (catalogue_find(S(m->entity), S(m->name)) == m)
			found++;
		for (size_t i = 0; (other = catalogue_metric(i)) != NULL; i++)
			if (strcmp(m->entity, other->entity) == 0 &&
			    strcmp(m->name, other->name) == 0)
				once++;
	}
	OK(n > 100, "there are rows");
	OK(sane == n, "every row is sane");
	OK(found == n, "every row is found by its names");
	OK(once == n, "every metric is described once");
}

static void
test_entities(void)
{
	const struct metric_entity *e, *parent;
	const struct metric *m;
	size_t n, good = 0, order = 0, at = 0;

	for (n = 0; (e = catalogue_entity_at(n)) != NULL; n++) {
		parent = e->parent != NULL ? catalogue_entity(S(e->parent))
					   : NULL;
		if (catalogue_entity(S(e->name)) == e && e->id[0] != '\0' &&
		    (e->parent == NULL || parent != NULL))
			good++;
		else
			printf("# %s\n", e->name);
	}
	OK(n >= 20 && good == n, "entities have an id and a known parent");
	for (n = 0; (m = catalogue_metric(n)) != NULL; n++) {
		while ((e = catalogue_entity_at(at)) != NULL &&
		       strcmp(e->name, m->entity) != 0)
			at++;
		order += e != NULL;
	}
	OK(order == n, "rows stand in the order of their entities");
}

static void
test_find(void)
{
	const struct metric *m;

	m = catalogue_find(S("vm"), S("cpu_seconds_total"));
	OK(m != NULL &&
		catalogue_find(S("vm"), S("cpu_seconds_per_second")) == m,
	    "a rate is found by its counter");
	OK(catalogue_find(S("vm"), S("mem_rss_per_second")) == NULL,
	    "a gauge has no rate");
	OK(catalogue_find(S("vm"), S("nonsense")) == NULL &&
		catalogue_find(S("nonsense"), S("cpu_seconds_total")) == NULL &&
		catalogue_find(S(""), S("")) == NULL &&
		catalogue_entity(S("v")) == NULL,
	    "what is not ours is not found");
	OK(catalogue_find((struct span){NULL, 0}, (struct span){NULL, 0}) ==
		NULL,
	    "empty spans");
	SAME(metric_level_name(LEVEL_DIAGNOSTIC), "diagnostic", "level");
	SAME(metric_unit_name(UNIT_CELSIUS), "celsius", "unit");
	SAME(metric_unit_name(UNIT_NONE), "", "no unit");
	SAME(metric_type_name(METRIC_COUNTER), "counter", "type");
}

int
main(void)
{
	test_names();
	test_suffixes();
	test_rows();
	test_entities();
	test_find();
	return tap_done();
}
