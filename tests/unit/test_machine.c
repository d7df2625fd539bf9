/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of nc-alert's machine (tool: nc-alert): timelines of what the
 * conditions of a rule are, and the changes they must make.
 */
#include "../../cmd/nc-alert/machine.h"

#include <stdlib.h>

#include "tap.h"

/* Presence of an expression is all that the machine asks of a rule. */
static struct expr *some;

static struct rule
rule_of(double hold, double clear_hold, bool until)
{
	struct rule r = {.nodata = NODATA_KEEP};

	r.levels[SEVERITY_WARN] = (struct rule_level){.when = some,
	    .hold = hold,
	    .until = until ? some : NULL,
	    .clear_hold = clear_hold};
	return r;
}

static struct expr_value
value(char c)
{
	if (c == '?')
		return (struct expr_value){0, 1};
	return c == '1' || c == 't' ? (struct expr_value){1, 1}
				    : (struct expr_value){0, 0};
}

/*
 * One character a moment, step seconds apart: 1 true, 0 false, ? unknown, a
 * blank: no moment at all, t true at a tick without a sample.  Returns a character a moment: o opened, s
 * severity, r resolved, x removed, n nodata, - nothing.
 */
static const char *
play(struct rule *r, const char *warn, const char *until, const char *crit,
    double step)
{
	static char out[128];
	struct machine m;
	size_t n = 0;

	machine_init(&m);
	for (size_t i = 0; warn[i] != '\0'; i++) {
		struct machine_view v = {.now = 1000 + step * (double)i,
		    .patience = 3 * step,
		    .fresh = warn[i] != '?' && warn[i] != 't'};

		out[n++] = ' ';
		if (warn[i] == ' ')
			continue;
		v.when[SEVERITY_WARN] = value(warn[i]);
		if (until != NULL)
			v.until[SEVERITY_WARN] = value(until[i]);
		if (crit != NULL)
			v.when[SEVERITY_CRIT] = value(crit[i]);
		out[n - 1] = "-osrxn"[machine_step(&m, r, &v)];
	}
	out[n] = '\0';
	return out;
}

static void
holding(void)
{
	struct rule r = rule_of(0, 0, false);

	SAME(play(&r, "0110", NULL, NULL, 10), "-o-r", "at once");
	r = rule_of(30, 0, false);
	SAME(play(&r, "1111110", NULL, NULL, 10), "---o--r", "for 30s");
	SAME(play(&r, "111011110", NULL, NULL, 10), "-------or",
	    "a false one starts it again");
	SAME(play(&r, "1?????1111", NULL, NULL, 10), "------o---",
	    "unknown does not fire, nor start it again");
	r = rule_of(40, 0, false);
	SAME(play(&r, "1?????1111", NULL, NULL, 10), "-------o--",
	    "a gap counts as long as a value is believed");
	r = rule_of(30, 0, false);
	SAME(play(&r, "11       1", NULL, NULL, 10), "--       o",
	    "a gap counts three intervals");
	r = rule_of(50, 0, false);
	SAME(play(&r, "11       11", NULL, NULL, 10), "--       -o",
	    "and no more");
	r = rule_of(30, 0, false);
	SAME(play(&r, "1tttttt", NULL, NULL, 10), "-------",
	    "time that no sample has seen does not count");
	r.levels[SEVERITY_WARN].timed = true;
	SAME(play(&r, "1tttttt", NULL, NULL, 10), "---o---",
	    "unless it is what the rule is about");
	/* One sample, then silence: promtool fires at 5m (alert forever on
	 * what nobody saw); nothing was observed here. */
	r = rule_of(240, 0, false);
	SAME(play(&r, "01????????????", NULL, NULL, 60), "--------------",
	    "the one-sample trap");
}

static void
clearing(void)
{
	struct rule r = rule_of(0, 20, true);

	SAME(play(&r, "1000000", "0010111", NULL, 10), "o-----r",
	    "until ... for 20s");
	SAME(play(&r, "1000000000", "001?????11", NULL, 10), "o-------r-",
	    "unknown does not clear");
	r = rule_of(0, 0, true);
	SAME(play(&r, "1000101", "0001000", NULL, 10), "o--ro--", "hysteresis");
	r = rule_of(0, 0, false);
	SAME(play(&r, "1?????0", NULL, NULL, 10), "o-----r",
	    "unknown does not resolve");
}

static void
counting(void)
{
	struct rule r = rule_of(0, 0, false);

	r.levels[SEVERITY_WARN].need = 3;
	r.levels[SEVERITY_WARN].of = 5;
	SAME(play(&r, "1010100010", NULL, NULL, 10), "----o--r--", "3 of 5");
	SAME(play(&r, "1010101010", NULL, NULL, 10), "----o-----",
	    "to and fro fires once");
	SAME(play(&r, "1?1??10", NULL, NULL, 10), "-----o-",
	    "samples, not moments");
	r.levels[SEVERITY_WARN].need = r.levels[SEVERITY_WARN].of = 2;
	SAME(play(&r, "1011", NULL, NULL, 10), "---o", "2 of 2");
}

static void
severities(void)
{
	struct rule r = rule_of(20, 0, false);

	r.levels[SEVERITY_CRIT].when = some;
	SAME(play(&r, "0111111", NULL, "0000110", 10), "---os-s",
	    "one episode, up and down");
	SAME(play(&r, "0111110", NULL, "0110000", 10), "-o-s--r",
	    "critical eases to warning without its time");
	SAME(play(&r, "0110", NULL, "0110", 10), "-o-r", "and to calm");
}

static void
silences(void)
{
	struct rule r = rule_of(0, 0, false);

	r.nodata = NODATA_SEVERITY;
	r.nodata_severity = SEVERITY_CRIT;
	r.nodata_after = 30;
	SAME(play(&r, "0?????0", NULL, NULL, 10), "---n--r", "then crit");
	SAME(play(&r, "1?????1", NULL, NULL, 10), "o--n--s",
	    "raises what was warn, and falls back");
	SAME(play(&r, "???????", NULL, NULL, 10), "-------",
	    "never known is not silent");
	r.nodata = NODATA_REMOVED;
	SAME(play(&r, "1?????1", NULL, NULL, 10), "o--x--o", "then removed");
	SAME(play(&r, "0??????", NULL, NULL, 10), "-------",
	    "nothing to remove");
	r.nodata = NODATA_OK;
	SAME(play(&r, "1?????1", NULL, NULL, 10), "o--r--o", "then ok");
	r.nodata = NODATA_KEEP;
	SAME(play(&r, "1??????", NULL, NULL, 10), "o------", "keep");
	/* Half blind: the other level is known all the time. */
	r.nodata = NODATA_SEVERITY;
	r.levels[SEVERITY_CRIT].when = some;
	SAME(play(&r, "0??????", NULL, "0000000", 10), "---n---",
	    "one of two conditions silent");
	SAME(play(&r, "0000000", NULL, "???????", 10), "-------",
	    "one of two conditions never there");
}

static void
episodes(void)
{
	struct rule r = rule_of(0, 0, false);
	struct machine m;
	struct machine_view v = {.now = 1000, .patience = 30, .fresh = true};

	machine_init(&m);
	OK(machine_remove(&m) == CHANGE_NONE, "nothing open, nothing removed");
	v.when[SEVERITY_WARN] = value('1');
	OK(machine_step(&m, &r, &v) == CHANGE_OPENED, "opened");
	NEAR(m.start, 1000, 0, "starts then");
	OK(m.severity == SEVERITY_WARN, "its first record");
	v.now = 1010;
	OK(machine_step(&m, &r, &v) == CHANGE_NONE, "goes on");
	OK(machine_remove(&m) == CHANGE_REMOVED, "removed");
	NEAR(m.start, 1000, 0, "the same episode");
	OK(m.was == SEVERITY_WARN && m.severity == MACHINE_CALM,
	    "its last record");
	v.now = 1020;
	OK(machine_step(&m, &r, &v) == CHANGE_OPENED, "another episode");
	NEAR(m.start, 1020, 0, "starts anew");
}

int
main(void)
{
	some = expr_parse(span_of("1 > 0"), EXPR_CONDITION, NULL);
	holding();
	clearing();
	counting();
	severities();
	silences();
	episodes();
	expr_free(some);
	return tap_done();
}
