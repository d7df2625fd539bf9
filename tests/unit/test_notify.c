/* SPDX-License-Identifier: MIT */
/* Unit tests of nc-notify's queue, rules and alerts: no file, no clock.
 * tool: nc-notify */
#include <stdio.h>
#include <stdlib.h>

#include "alert.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "queue.h"
#include "route.h"
#include "spool.h"
#include "tap.h"

static struct queue_item *
item(const char *name, double ts, uint32_t seq)
{
	struct queue_item *it = xcalloc(1, sizeof(*it));

	it->name = xstrdup(name);
	it->ts = ts;
	it->seq = seq;
	return it;
}

static void
test_chains(void)
{
	struct queue q;
	struct queue_chain *c, *other;

	queue_init(&q);
	OK(queue_first(&q) == NULL, "an empty queue has no first");
	queue_add(&q, span_of("b"), item("b1", 20, 0), 0, 0, false);
	queue_add(&q, span_of("a"), item("a2", 12, 1), 0, 0, false);
	queue_add(&q, span_of("a"), item("a1", 10, 0), 0, 0, false);
	c = queue_first(&q);
	SAME(c->first->name, "a1", "the older alert is first");
	SAME(c->first->next->name, "a2", "its successor behind it");
	queue_take(&q, c);
	queue_add(&q, span_of("a"), item("a0", 5, 0), 0, 0, false);
	SAME(c->first->name, "a1", "none comes before one that is told");
	other = queue_first(&q);
	SAME(other->first->name, "b1", "a chain being told is out of the way");
	queue_drop(&q, c->first);
	c->due = 100;
	queue_put(&q, c);
	SAME(queue_first(&q)->first->name, "b1", "what is due later waits");
	queue_take(&q, other);
	queue_drop(&q, other->first);
	queue_put(&q, other);
	SAME(queue_first(&q)->first->name, "a0", "then it is its turn");
	OK(q.items == 2, "items are counted");
	queue_free(&q);
}

/* Against the plainest model: a sorted array of due times. */
static void
test_heap(void)
{
	struct queue q;
	struct rng r;
	char name[16];
	double last = -1;
	int in_order = 1, n = 0;

	queue_init(&q);
	rng_seed(&r, 7);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		queue_add(&q, span_of(name), item(name, i, 0),
		    (double)rng_below(&r, 500), 0, false);
		if (i % 3 == 0) { /* some go back with another time */
			struct queue_chain *c = queue_first(&q);

			queue_take(&q, c);
			c->due = (double)rng_below(&r, 500);
			queue_put(&q, c);
		}
	}
	while (queue_first(&q) != NULL) {
		struct queue_chain *c = queue_first(&q);

		in_order = in_order && c->due >= last;
		last = c->due;
		queue_take(&q, c);
		queue_drop(&q, c->first);
		queue_put(&q, c);
		n++;
	}
	OK(in_order, "2,000 chains come out by due time");
	OK(n == 2000 && q.items == 0, "each once");
	queue_free(&q);
}

static void
test_groups(void)
{
	struct queue q;
	struct queue_chain *c;
	struct queue_item *crit = item("w2", 30, 0);

	queue_init(&q);
	queue_add(&q, span_of("i"), item("w1", 20, 0), 0, 100, true);
	OK(queue_ready(&q, 50) == NULL, "a group waits for more");
	queue_add(&q, span_of("i"), item("w0", 10, 0), 0, 130, true);
	c = queue_ready(&q, 100);
	OK(c != NULL && c->hold == 100, "counted from its first");
	queue_add(&q, span_of("j"), item("x1", 5, 0), 0, 0, false);
	SAME(queue_ready(&q, 200)->first->name, "x1", "due first, told first");
	crit->crit = true;
	queue_add(&q, span_of("i"), crit, 0, 0, true);
	SAME(queue_ready(&q, 200)->first->name, "w0",
	    "critical before what was due before");
	SAME(queue_ready(&q, 50)->first->name, "x1", "unless it must wait");
	queue_rush(&q);
	SAME(queue_ready(&q, 0)->first->name, "w0",
	    "and nothing waits at the end");
	queue_free(&q);
}

static void
test_names(void)
{
	struct spool_name n;

	OK(spool_name("ee01.000007r.ab.ops-mail", &n), "a name");
	OK(span_is(n.episode, "ee01") && span_is(n.event_id, "ab") &&
		span_is(n.lane, "ops-mail") && n.seq == 7 && n.ended,
	    "its parts");
	OK(!spool_name("ee01.000007r.ab", &n), "without a channel");
	OK(!spool_name("ee01.x.ab.c", &n), "without a number");
	OK(!spool_name("ee01.000007f.ab.c.bad", &n), "put aside");
	OK(!spool_name("", &n), "empty");
	OK(spool_name("ee.000001e12.ab.pager~0011aabb", &n) && n.nth == 12 &&
		n.letter == SPOOL_STEP && !n.ended &&
		span_is(n.lane, "pager~0011aabb"),
	    "a step of an escalation, for one of several");
	OK(!spool_name("ee.000001x.ab.c", &n), "no such letter");
}

static void
test_flags(void)
{
	struct alert a = {.flags = span_of("[\"flapping\",\"stormy\"]")};

	OK(alert_flag(&a, span_of("flapping")), "the first flag");
	OK(alert_flag(&a, span_of("stormy")), "the last");
	OK(!alert_flag(&a, span_of("storm")), "not a part of one");
	OK(!alert_flag(&a, span_of("apping")), "nor its end");
	a.flags = (struct span){NULL, 0};
	OK(!alert_flag(&a, span_of("flapping")), "none at all");
}

static void
test_line(void)
{
	struct buf b = {0};
	struct alert a = {.severity = span_of("crit"),
	    .name = span_of("disk-full"),
	    .host = span_of("hv07"),
	    .entity = span_of("host.fs"),
	    .id = span_of("/var"),
	    .text = span_of("4% free"),
	    .start = 1763800000,
	    .ts = 1763800060};

	alert_line(&a, 59, &b);
	SAME(b.data, "crit disk-full on hv07 host.fs /var: 4% free",
	    "a line for people");
	buf_clear(&b);
	a.text = span_of("disk-full: hv07 host.fs /var: free_ratio 5 %");
	alert_line(&a, 0, &b);
	SAME(b.data, "crit disk-full on hv07 host.fs /var: free_ratio 5 %",
	    "what a text repeats is said once");
	buf_clear(&b);
	a.text = span_of("disk-full: hv07 host.fs /var");
	alert_line(&a, 0, &b);
	SAME(b.data, "crit disk-full on hv07 host.fs /var",
	    "a text that says nothing else");
	buf_clear(&b);
	a.text = span_of("disk-full: hv07 host.fs /var2: 5 %");
	alert_line(&a, 0, &b);
	SAME(b.data,
	    "crit disk-full on hv07 host.fs /var: disk-full: hv07 host.fs "
	    "/var2: 5 %",
	    "another's name stays");
	buf_clear(&b);
	a.text = span_of("4% free");
	a.ended = true;
	a.entity = span_of("host");
	alert_line(&a, 600, &b);
	SAME(b.data,
	    "resolved crit disk-full on hv07: 4% free (fired "
	    "2025-11-22T08:26:40Z, over 2025-11-22T08:27:40Z) (10 min late)",
	    "its end, and how late");
	buf_free(&b);
}

static route_set
decide(const struct route_rule *r, size_t n, const struct alert *a)
{
	struct route_decision d;

	route_decide(r, n, a, 0, &d, NULL, NULL);
	return d.set;
}

static void
test_rules(void)
{
	struct route_rule r[3] = {{.channels = 1},
	    {.channels = 2, .quick = true}, {.channels = 4}};
	struct alert a = {.severity = span_of("warn")};
	struct nc_err e;

	OK(route_condition(&r[1], "severity", ROUTE_GLOB, "w*", &e) == 0,
	    "a pattern");
	OK(route_condition(&r[1], "team", ROUTE_REGEX, "(", &e) == -1,
	    "a bad expression is refused");
	OK(decide(r, 3, &a) == 3, "quick ends the reading");
	a.severity = span_of("crit");
	OK(decide(r, 3, &a) == 5, "unless it does not hold");
	OK(route_condition(&r[0], "team", ROUTE_NOT_GLOB, "x", &e) == 0 &&
		decide(r, 3, &a) == 5,
	    "an absent field differs from everything");
	OK(route_covers_crit(r, 3), "the last rule covers critical alerts");
	OK(!route_covers_crit(r, 2), "the first two do not");
	for (int i = 0; i < 3; i++)
		route_free(&r[i]);
}

int
main(void)
{
	test_chains();
	test_heap();
	test_groups();
	test_names();
	test_flags();
	test_line();
	test_rules();
	return tap_done();
}
