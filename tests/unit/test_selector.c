/* SPDX-License-Identifier: MIT */
/* Unit tests of selector: grammar, matching, bounds. */
#include "lang/selector.h"

#include "base/buf.h"
#include "tap.h"

static const struct record_label labels[] = {
    {{"name", 4}, {"web12", 5}},
    {{"fstype", 6}, {"ext4", 4}},
    {{"title", 5}, {"a, b} \"c\"", 9}},
};

static const struct selector_subject subject = {
    .host = {"hv07", 4},
    .source = {"libvirt", 7},
    .entity = {"vm.disk", 7},
    .id = {"6695/vda", 8},
    .labels = labels,
    .nlabels = 3,
};

static void
matches(void)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
	    {"vm.disk", true},
	    {"vm", false},
	    {"vm*", true},
	    {"*", true},
	    {"v?.dis[jk]", true},
	    {"vm.disk{}", true},
	    {"vm.disk{name=web*}", true},
	    {"vm.disk{name=web1}", false},
	    {"vm.disk{name!=db*}", true},
	    {"vm.disk{name!=web*}", false},
	    {"vm.disk{name=~^web[0-9]+$}", true},
	    {"vm.disk{name=~eb1}", true},
	    {"vm.disk{name!~^web}", false},
	    {"vm.disk{fstype!~\"^(tmpfs|overlay)$\"}", true},
	    {"vm.disk{fstype=~\"^(tmpfs|ext4)$\"}", true},
	    {"vm.disk{host=hv0?, id=*/vda , source=libvirt}", true},
	    {"vm.disk{host=hv0?,id=*/vdb}", false},
	    {"vm.disk{ name = web12 }", true},
	    {"vm.disk{name==web12}", true},
	    {"vm.disk{title=\"a, b} \\\"c\\\"\"}", true},
	    {"vm.disk{absent=}", true},
	    {"vm.disk{absent=*}", true},
	    {"vm.disk{absent=x}", false},
	    {"vm.disk{absent!=x}", true},
	    {"vm.disk{absent=~.}", false},
	    {"vm.disk{absent!~.}", true},
	    {"vm.disk{name=web*}:read_bytes_total", true},
	    {"vm.disk:a,b", true},
	    {"vm.disk{name=~\"^[a-z]+[0-9]{1,3}$\"}", true},
	    {"vm.disk{name=~\"^([[:alpha:]]+)([]0-9]+)$\"}", true},
	};
	struct nc_err e = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct selector *s = selector_parse(span_of(rows[i].text), &e);

		if (!OK(s != NULL, rows[i].text)) {
			printf("# %s\n", e.msg);
			continue;
		}
		OK(selector_entity(s, &subject) == rows[i].want, rows[i].text);
		SAME(selector_text(s), rows[i].text, "text kept");
		selector_free(s);
	}
}

static void
refusals(void)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
	    {"", "column 1: no entity, expected a name such as vm or *"},
	    {"{host=a}",
		"column 1: no entity, expected a name such as vm or *"},
	    {"vm{", "column 4: no label, expected LABEL OP VALUE"},
	    {"vm{a", "column 5: no operator, expected = != =~ or !~"},
	    {"vm{a!b}", "column 6: '!' alone, expected != or !~"},
	    {"vm{a=b", "column 7: condition without an end, expected ',' or "
		       "'}'"},
	    {"vm{a=\"b}", "column 9: string without an end, expected '\"'"},
	    {"vm{a=b}x", "column 8: unexpected text, expected '{', ':' or the "
			 "end"},
	    {"vm:", "column 4: no metric, expected a name"},
	    {"vm:a,", "column 6: no metric, expected a name"},
	    {"vm:a b", "column 6: unexpected text, expected '{', ':' or the "
		       "end"},
	    {"vm{a=~\"(\"}", NULL},
	    {"vm{a=~\"(x)\\1\"}", "column 14: back-reference in a regular "
				  "expression"},
	    {"vm{a=~\"x++++++++++++++++++++\"}",
		"column 30: repetitions too large, expected fewer"},
	    {"vm{a=~\"(x{1,200}){1,200}\"}",
		"column 26: repetitions too large, expected fewer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nc_err e = {0};
		struct selector *s = selector_parse(span_of(rows[i].text), &e);

		OK(s == NULL, rows[i].text);
		if (rows[i].error != NULL)
			SAME(e.msg, rows[i].error, rows[i].text);
		else
			OK(e.msg[0] != '\0', "says why");
		selector_free(s);
	}
}

static void
metrics(void)
{
	struct nc_err e;
	struct selector *s = selector_parse(span_of(
						"vm:cpu_seconds_total,mem_*"),
	    &e);

	OK(selector_has_metrics(s), "has metrics");
	OK(selector_metric(s, span_of("cpu_seconds_total")), "by name");
	OK(selector_metric(s, span_of("cpu_seconds_per_second")),
	    "the counter's name means its rate");
	OK(selector_metric(s, span_of("mem_rss_bytes")), "by glob");
	OK(!selector_metric(s, span_of("steal_seconds_total")), "another");
	OK(!selector_metric(s, span_of("cpu_seconds")), "not by a prefix");
	selector_free(s);
	s = selector_parse(span_of("vm:io_per_second"), &e);
	OK(selector_metric(s, span_of("io_total")), "a rate's name finds it");
	selector_free(s);
	s = selector_parse(span_of("vm"), &e);
	OK(!selector_has_metrics(s) && selector_metric(s, span_of("any")),
	    "no list: every metric");
	selector_free(s);
}

static void
bounds(void)
{
	struct nc_err e;
	struct buf b = {0};
	struct selector *s;

	buf_adds(&b, "vm{a=~\"");
	for (int i = 0; i < 600; i++)
		buf_addc(&b, 'a');
	buf_adds(&b, "\"}");
	OK(selector_parse(buf_span(&b), &e) == NULL, "a long pattern refused");
	buf_clear(&b);
	buf_adds(&b, "vm{a=b");
	for (int i = 0; i < 40; i++)
		buf_adds(&b, ",a=b");
	buf_adds(&b, "}");
	OK(selector_parse(buf_span(&b), &e) == NULL, "40 conditions refused");
	buf_clear(&b);
	buf_adds(&b, "vm:a");
	for (int i = 0; i < 300; i++)
		buf_adds(&b, ",a");
	OK(selector_parse(buf_span(&b), &e) == NULL, "300 metrics refused");
	buf_free(&b);
	/* A NUL is no end of text. */
	s = selector_parse((struct span){"vm\0x", 4}, &e);
	OK(s == NULL, "NUL refused");
	SAME(e.msg, "column 3: NUL byte, expected text", "says where");
	OK(selector_parse((struct span){"vm{a=\0}", 7}, &e) == NULL,
	    "NUL in a value refused");
	selector_free(s);
}

int
main(void)
{
	matches();
	refusals();
	metrics();
	bounds();
	return tap_done();
}
