/* SPDX-License-Identifier: MIT */
/*
 * judge: the rules that look at one entity, and what they see.  What comes of
 * it is queued, not told: a round is judged as a whole before anybody hears
 * of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine_priv.h"

const struct scope *
judge_scope(struct engine *g, const char *entity)
{
	struct selector_subject bare = {.entity = span_of(entity)};
	struct scope *scope = map_get(g->scopes, bare.entity);

	if (scope != NULL)
		return scope;
	/* Made at the first entity of that name, for all. */
	scope = xcalloc(1,
	    sizeof(*scope) + g->rules->count * sizeof(scope->rules[0]));
	for (uint32_t i = 0; i < g->rules->count; i++)
		if (!g->rules->list[i].plain ||
		    selector_entity(g->rules->list[i].scope, &bare))
			scope->rules[scope->count++] = i;
	map_set(g->scopes, bare.entity, scope);
	return scope;
}

struct target *
judge_target(struct engine *g, struct host *h, struct subject *s)
{
	const struct scope *scope = judge_scope(g, s->entity);
	struct target *t = xcalloc(1,
	    sizeof(*t) + scope->count * sizeof(t->watches[0]));

	t->host = h;
	t->subject = s;
	t->scope = scope;
	t->place = h->ntargets;
	if (h->ntargets == h->room) {
		h->room = h->room != 0 ? 2 * h->room : 16;
		h->targets = xreallocarray(h->targets, h->room,
		    sizeof(struct target *));
	}
	h->targets[h->ntargets++] = t;
	s->user = t;
	return t;
}

long
judge_place(const struct target *t, uint32_t rule)
{
	for (size_t k = 0; k < t->scope->count; k++)
		if (t->scope->rules[k] == rule)
			return (long)k;
	return -1;
}

struct watch *
judge_watch(struct target *t, size_t k)
{
	if (t->watches[k] == NULL) {
		t->watches[k] = xcalloc(1, sizeof(struct watch));
		machine_init(&t->watches[k]->machine);
	}
	return t->watches[k];
}

/* No rule looks at it any more, or it is gone. */
static void
remove_watch(struct engine *g, struct target *t, size_t k)
{
	struct watch *w = t->watches[k];

	if (w == NULL)
		return;
	machine_remove(&w->machine);
	if (w->episode != NULL)
		round_queue(g, t, w, w->episode->rule, CHANGE_REMOVED);
}

void
judge_remove(struct engine *g, struct target *t)
{
	for (size_t k = 0; k < t->scope->count; k++)
		remove_watch(g, t, k);
}

static void
decide_rule(struct engine *g, struct target *t, size_t k,
    struct machine_view *v)
{
	const struct rule *rule = &g->rules->list[t->scope->rules[k]];
	const struct expr_env *env = fleet_env(g->fleet);
	struct watch *w = judge_watch(t, k);
	struct expr_value gate = {1, 1};
	enum machine_change change;

	if (rule->gate != NULL)
		gate = expr_eval(rule->gate, env, t->subject);
	for (int i = 0; i < SEVERITIES; i++) {
		if (rule->levels[i].when != NULL)
			v->when[i] = expr_eval(rule->levels[i].when, env,
			    t->subject);
		/* It is for getting worse, not for staying so. */
		if (rule->gate != NULL && i > w->machine.severity)
			v->when[i] = expr_both(v->when[i], gate);
		if (rule->levels[i].until != NULL)
			v->until[i] = expr_eval(rule->levels[i].until, env,
			    t->subject);
	}
	change = machine_step(&w->machine, rule, v);
	if (v->fresh)
		flap_look(w->flap, (unsigned)(w->machine.severity + 1));
	if (change != CHANGE_NONE)
		round_queue(g, t, w, rule, change);
}

void
judge_decide(struct engine *g, struct target *t)
{
	double heard = fleet_heard(t->subject);
	struct machine_view v = {.now = t->host->now,
	    .listening = t->host->listening,
	    .patience = fleet_patience(g->fleet, t->subject),
	    .fresh = heard > t->decided};
	const struct rule *rule;

	t->decided = heard;
	t->looked = t->host->now;
	fleet_now(g->fleet, t->host->now, t->host->listening);
	for (size_t k = 0; k < t->scope->count; k++) {
		rule = &g->rules->list[t->scope->rules[k]];
		if (rule->plain || selector_entity(rule->scope,
				       fleet_subject(g->fleet, t->subject)))
			decide_rule(g, t, k, &v);
		else
			remove_watch(g, t, k);
	}
}

static void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	free(w->flap);
	free(w);
}

/* The fleet lets go of a subject; what there was to say has been said. */
void
judge_subject_gone(struct subject *s, void *arg)
{
	struct target *t = s->user;

	(void)arg;
	if (t == NULL)
		return;
	for (size_t k = 0; k < t->scope->count; k++) {
		if (t->watches[k] != NULL && t->watches[k]->episode != NULL) {
			round_unlink(t->host, t->watches[k]->episode);
			episode_free(t->watches[k]->episode);
		}
		watch_free(t->watches[k]);
	}
	t->host->targets[t->place] = NULL;
	s->user = NULL;
	free(t);
}
