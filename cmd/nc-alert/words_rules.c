/* SPDX-License-Identifier: MIT */
/*
 * words_rules: every rule with how many entities it looks at and in which
 * state they are: a rule that looks at nothing has an answer too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "stream/json.h"
#include "words_priv.h"

/* Of one rule.  Those that fire, by severity; muted and acked are of those. */
struct tally {
	unsigned looks, pending, firing[SEVERITIES], muted, acked;
};

static void
count_watch(struct tally *t, const struct rule *rule, const struct watch *w)
{
	const struct episode *ep = w->episode;

	t->looks++;
	if (ep == NULL) {
		t->pending += machine_pending(&w->machine, rule);
		return;
	}
	t->firing[ep->severity]++;
	t->muted += ep->nmuted != 0;
	t->acked += ep->acked;
}

static void
count_host(struct view *v, const struct host *h, struct tally *tallies)
{
	const struct target *t;
	uint32_t rule;

	for (size_t i = 0; i < h->ntargets; i++) {
		if ((t = h->targets[i]) == NULL || t->scope == NULL)
			continue;
		for (size_t k = 0; k < t->scope->count; k++) {
			if (t->watches[k] == NULL)
				continue;
			rule = t->scope->rules[k];
			count_watch(&tallies[rule], &v->rules.list[rule],
			    t->watches[k]);
		}
	}
}

static void
print_json(const struct rule *r, const struct tally *t)
{
	struct json *j = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	json_set(j, "alert", json_new_text(span_of(r->name)));
	json_set(j, "on", json_new_text(span_of(selector_text(r->scope))));
	json_set(j, "where", json_new_text(span_of(r->where)));
	json_set(j, "looks", json_new_number(t->looks));
	json_set(j, "pending", json_new_number(t->pending));
	for (int i = SEVERITIES - 1; i >= 0; i--)
		json_set(j, severity_name((enum severity)i),
		    json_new_number(t->firing[i]));
	json_set(j, "muted", json_new_number(t->muted));
	json_set(j, "acked", json_new_number(t->acked));
	json_dump(j, &b);
	printf("%.*s\n", (int)b.len, b.data);
	buf_free(&b);
	json_free(j);
}

static void
print_line(const struct rule *r, const struct tally *t)
{
	struct buf b = {0};

	printf("%6u %5u %5u %5u %8u %6u %6u  ", t->looks,
	    t->firing[SEVERITY_CRIT], t->firing[SEVERITY_WARN],
	    t->firing[SEVERITY_INFO], t->pending, t->muted, t->acked);
	buf_addf(&b, "%s on %s", r->name, selector_text(r->scope));
	view_text(buf_span(&b));
	putchar('\n');
	buf_free(&b);
}

int
words_rules(struct view *v)
{
	struct tally *tallies = xcalloc(v->rules.count + 1, sizeof(*tallies));
	uint32_t cursor = 0;
	void *p;

	while (map_next(v->engine->hosts, &cursor, NULL, &p))
		count_host(v, p, tallies);
	if (!v->o->json && v->rules.count != 0)
		printf("%6s %5s %5s %5s %8s %6s %6s  %s\n", "LOOKS", "CRIT",
		    "WARN", "INFO", "PENDING", "MUTED", "ACKED", "RULE");
	for (size_t i = 0; i < v->rules.count; i++) {
		if (v->o->json)
			print_json(&v->rules.list[i], &tallies[i]);
		else
			print_line(&v->rules.list[i], &tallies[i]);
	}
	free(tallies);
	return NC_EXIT_OK;
}
