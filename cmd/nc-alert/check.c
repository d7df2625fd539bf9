/* SPDX-License-Identifier: MIT */
/*
 * check: a test is made into lines of records, round by round, and the alerts
 * that come back are held against the expectations.  Knows nothing of how
 * rules are evaluated.
 */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "check_priv.h"

static void
report(void *arg, const char *where, const char *what)
{
	struct run *r = arg;

	r->faults++;
	if (r->quiet)
		return;
	diag_say(r->o->diag, DIAG_ERROR, where, "%s", what);
}

/* --- playing ------------------------------------------------------------- */

/* A record of ours into the engine. */
static int
put_record(void *arg, const char *line, size_t len)
{
	char padded[FRAME_LINE_MAX + RECORD_PADDING] = {0};
	struct run *r = arg;
	struct record rec;
	struct nc_err e;

	memcpy(padded, line, len - 1);
	if (decoder_line(r->decoder, padded, len - 1, &rec, &e) == -1) {
		report(r, "test", e.msg);
		return -1;
	}
	return engine_take(r->engine, &rec);
}

static const char *
text_of(const struct record *rec, const char *key, char to[64])
{
	const struct record_field *f = record_field(rec, key);

	to[0] = '\0';
	if (f != NULL)
		str_copy(to, 64, f->text);
	return to;
}

static struct firing *
find_firing(struct run *r, const char *rule, const char *entity, const char *id)
{
	for (size_t i = 0; i < r->nfiring; i++)
		if (strcmp(r->firing[i].rule, rule) == 0 &&
		    strcmp(r->firing[i].entity, entity) == 0 &&
		    strcmp(r->firing[i].id, id) == 0)
			return &r->firing[i];
	return NULL;
}

static struct check_rule *
seen_of(struct run *r, const char *rule)
{
	for (size_t i = 0; i < r->rules.count; i++)
		if (strcmp(r->rules.list[i].name, rule) == 0)
			return &r->seen[i];
	return NULL;
}

static int
level_of(const char *severity)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (strcmp(severity, severity_name((enum severity)i)) == 0)
			return i;
	return -1;
}

/* Which levels this record says have begun and ended. */
static void
note_seen(struct run *r, const struct record *rec, const char *rule)
{
	char state[64], severity[64], was[64], change[64];
	struct check_rule *seen = seen_of(r, rule);
	int now, before;

	text_of(rec, "state", state);
	text_of(rec, "change", change);
	now = level_of(text_of(rec, "severity", severity));
	before = level_of(text_of(rec, "was", was));
	if (seen == NULL || now == -1)
		return;
	if (strcmp(change, "nodata") == 0)
		seen->nodata = true;
	else if (strcmp(change, "opened") == 0 ||
		 (strcmp(change, "severity") == 0 && now > before))
		seen->fired[now] = true;
	if (strcmp(change, "severity") == 0 && before > now)
		seen->cleared[before] = true;
	if (strcmp(change, "resolved") == 0)
		seen->cleared[now] = true;
}

/* An alert of the engine into the table of what fires. */
static int
take_alert(void *arg, const char *line, size_t len)
{
	char padded[FRAME_LINE_MAX + RECORD_PADDING] = {0};
	char state[64], severity[64], rule[256] = "";
	struct decoder *d;
	struct run *r = arg;
	struct firing *f;
	struct record rec;
	struct nc_err e;
	char *entity, *id;

	memcpy(padded, line, len - 1);
	d = decoder_new(r->names);
	if (decoder_line(d, padded, len - 1, &rec, &e) == -1) {
		report(r, "alert", e.msg);
		decoder_free(d);
		return -1;
	}
	text_of(&rec, "state", state);
	if (record_field(&rec, "alert") == NULL ||
	    (strcmp(state, "firing") != 0 && strcmp(state, "resolved") != 0)) {
		decoder_free(d);
		return 0;
	}
	str_copy(rule, sizeof(rule), record_field(&rec, "alert")->text);
	text_of(&rec, "severity", severity);
	note_seen(r, &rec, rule);
	entity = xmemdup0(rec.entity.p, rec.entity.len);
	id = xmemdup0(rec.id.p, rec.id.len);
	decoder_free(d);
	if ((f = find_firing(r, rule, entity, id)) == NULL) {
		r->firing = xreallocarray(r->firing, r->nfiring + 1,
		    sizeof(*r->firing));
		f = &r->firing[r->nfiring++];
		*f = (struct firing){xstrdup(rule), entity, id, ""};
	} else {
		free(entity);
		free(id);
	}
	str_copy(f->severity, sizeof(f->severity),
	    span_of(strcmp(state, "firing") == 0 ? severity : "ok"));
	return 0;
}

/* All series of the entity of series number i in one sample.  False when
 * none has a value in this round. */
static bool
play_entity(struct run *r, const struct test *t, size_t i, size_t round)
{
	const struct series_text *s = &t->series[i], *other;
	bool any = false;

	for (other = t->series; other < t->series + t->nseries; other++)
		any = any ||
		      (strcmp(other->entity, s->entity) == 0 &&
			  strcmp(other->id, s->id) == 0 &&
			  round < other->count && !isnan(other->values[round]));
	if (!any)
		return false;
	frame_origin(r->records, check_host_of(s), "test");
	frame_begin(r->records, RECORD_SAMPLE, s->entity, span_of(s->id));
	frame_interval(r->records, t->every);
	for (size_t k = 0; k < t->nlabels; k++)
		if (strcmp(t->labels[k].entity, s->entity) == 0 &&
		    strcmp(t->labels[k].id, s->id) == 0)
			frame_label(r->records, t->labels[k].key,
			    span_of(t->labels[k].value));
	for (other = t->series; other < t->series + t->nseries; other++)
		if (strcmp(other->entity, s->entity) == 0 &&
		    strcmp(other->id, s->id) == 0 && round < other->count)
			frame_value(r->records, other->metric,
			    other->values[round]);
	frame_end(r->records);
	return true;
}

/* The end of a round of a host, not a complete one: who is missing here is
 * late, not gone. */
static void
play_sweep(struct run *r, const char *host)
{
	frame_origin(r->records, host, "test");
	frame_begin(r->records, RECORD_SWEEP, "", (struct span){NULL, 0});
	frame_value(r->records, "timeouts", 1);
	frame_end(r->records);
}

/* No series before number i is of the same entity, or of the same host. */
static bool
is_first(const struct test *t, size_t i, bool of_host)
{
	const struct series_text *s = &t->series[i], *o;

	for (o = t->series; o < s; o++)
		if (of_host ? strcmp(check_host_of(o), check_host_of(s)) == 0
			    : strcmp(o->entity, s->entity) == 0 &&
				  strcmp(o->id, s->id) == 0)
			return false;
	return true;
}

/* Everything that is said at one moment: samples, then the ends of the
 * rounds of hosts that said something, then that time has passed. */
static void
play_round(struct run *r, struct test *t, size_t round)
{
	bool *said = xcalloc(t->nseries + 1, sizeof(*said));

	frame_clock(r->records, CHECK_BASE + t->every * (double)round, NAN);
	for (size_t i = 0; i < t->nseries; i++)
		if (is_first(t, i, false))
			said[i] = play_entity(r, t, i, round);
	for (size_t i = 0; i < t->nseries; i++) {
		const char *host = check_host_of(&t->series[i]);
		bool any = false;

		for (size_t k = 0; k < t->nseries; k++)
			any = any ||
			      (said[k] && strcmp(check_host_of(&t->series[k]),
					      host) == 0);
		if (any && is_first(t, i, true)) {
			check_play_found(r, t, round, host);
			play_sweep(r, host);
		}
	}
	free(said);
	frame_origin(r->records, "", "test");
	frame_begin(r->records, RECORD_TICK, "", (struct span){NULL, 0});
	frame_end(r->records);
}

/* The expectations of one moment. */
static void
judge_round(struct run *r, const struct test *t, size_t round, const char *name,
    struct check_counts *counts)
{
	const struct expectation *w;
	const struct firing *f;
	const char *is;

	for (w = t->wants; w < t->wants + t->nwants; w++) {
		if ((size_t)floor(w->at / t->every + 1e-9) != round)
			continue;
		counts->expectations++;
		f = find_firing(r, w->rule, w->entity, w->id);
		is = f != NULL ? f->severity : "ok";
		if (strcmp(is, w->state) == 0)
			continue;
		counts->failed++;
		config_error(&r->co, w->node, 0,
		    "test '%s': %s of %s %s is %s, expected %s", name, w->rule,
		    w->entity, w->id, is, w->state);
	}
}

static void
play(struct run *r, struct test *t, const char *name,
    struct check_counts *counts)
{
	size_t rounds = 0, last;

	for (size_t i = 0; i < t->nseries; i++)
		if (t->series[i].count > rounds)
			rounds = t->series[i].count;
	for (size_t i = 0; i < t->nfound; i++)
		t->found[i].open = false;
	for (size_t i = 0; i < t->nwants; i++) {
		last = (size_t)floor(t->wants[i].at / t->every + 1e-9) + 1;
		if (last > rounds)
			rounds = last;
	}
	r->names = intern_new(0);
	r->decoder = decoder_new(r->names);
	r->records = frame_new(put_record, r);
	r->alerts = frame_new(take_alert, r);
	r->engine = engine_new(&r->rules, r->names, r->alerts);
	for (size_t i = 0; i < rounds && i < CHECK_ROUNDS_MAX; i++) {
		play_round(r, t, i);
		judge_round(r, t, i, name, counts);
	}
	engine_free(r->engine);
	frame_free(r->alerts);
	frame_free(r->records);
	decoder_free(r->decoder);
	intern_free(r->names);
	for (size_t i = 0; i < r->nfiring; i++) {
		free(r->firing[i].rule);
		free(r->firing[i].entity);
		free(r->firing[i].id);
	}
	free(r->firing);
	r->firing = NULL;
	r->nfiring = 0;
}

/* --- files --------------------------------------------------------------- */

/* A mutant of one rule concerns no test that expects nothing of it. */
static bool
is_asked_for(struct run *r, const struct test *t)
{
	struct check_rule *seen;
	bool asked = r->only == NULL;

	for (size_t i = 0; i < t->nwants; i++) {
		asked = asked || strcmp(t->wants[i].rule, r->only) == 0;
		if ((seen = seen_of(r, t->wants[i].rule)) == NULL)
			continue;
		if (strcmp(t->wants[i].state, "ok") == 0)
			seen->wants_ok++;
		else
			seen->wants_firing++;
	}
	return asked;
}

/* test NAME { ... } */
static void
do_test(struct run *r, struct config_cursor *c, struct check_counts *counts)
{
	struct test t = {.every = 60};
	const struct config_node *node;
	unsigned before = r->faults;
	const char *name;

	if (config_text(c, "the name of the test", &name) == -1 ||
	    config_block(c) == -1)
		return;
	for (node = c->node->children; node != NULL; node = node->next)
		check_read_clause(r, node, &t);
	if (t.nwants == 0 && r->faults == before)
		config_error(&r->co, c->node, 1, "test '%s' expects nothing",
		    name);
	if (r->faults == before && is_asked_for(r, &t)) {
		counts->tests++;
		play(r, &t, name, counts);
	}
	check_test_free(&t);
}

static void
begin_rules(struct run *r)
{
	free(r->seen);
	r->seen = xcalloc(r->rules.count + 1, sizeof(*r->seen));
	if (r->mutation >= 0)
		check_mutate_rules(r, &r->rules);
}

static const char *
yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* What the tests have made of each rule, and hints at those that none has
 * made fire. */
static void
tell_coverage(struct run *r, struct check_counts *counts)
{
	const struct check_rule *s;
	const struct rule *rule;
	bool any;

	for (size_t i = 0; i < r->rules.count && !r->quiet; i++) {
		rule = &r->rules.list[i];
		s = &r->seen[i];
		any = s->nodata;
		counts->rules++;
		for (int k = 0; k < SEVERITIES; k++) {
			any = any || s->fired[k];
			if (rule->levels[k].when == NULL)
				continue;
			counts->levels++;
			counts->fired += s->fired[k];
			counts->cleared += s->cleared[k];
			if (r->o->coverage != NULL)
				fprintf(r->o->coverage,
				    "%-28s %-5s %-6s %-8s %-7s %u/%u\n",
				    rule->name, severity_name((enum severity)k),
				    yes_no(s->fired[k]), yes_no(s->cleared[k]),
				    yes_no(s->nodata), s->wants_firing,
				    s->wants_ok);
		}
		if (!any)
			diag_say(r->o->diag, DIAG_INFO, rule->where,
			    "rule '%s' never fires in these tests", rule->name);
	}
}

/* rules FILE, beside the file that says so. */
static void
do_rules(struct run *r, struct config_cursor *c, struct check_counts *counts)
{
	const char *name, *slash = strrchr(c->node->tokens[0].file, '/');
	char *path;

	if (config_text(c, "a file of rules", &name) == -1 ||
	    config_end(c) == -1 || r->o->rules != NULL)
		return;
	if (name[0] == '/' || slash == NULL)
		path = xstrdup(name);
	else
		path = xasprintf("%.*s/%s",
		    (int)(slash - c->node->tokens[0].file),
		    c->node->tokens[0].file, name);
	tell_coverage(r, counts);
	rules_free(&r->rules);
	if (rules_read(path, r->o->defines, r->o->diag, &r->rules) == -1)
		r->faults++;
	free(path);
	begin_rules(r);
}

static void
do_statement(struct run *r, const struct config_node *node,
    struct check_counts *counts)
{
	struct config_cursor c = {&r->co, node, 0};

	if (config_accept(&c, "rules"))
		do_rules(r, &c, counts);
	else if (!config_accept(&c, "test"))
		config_error(&r->co, node, 0,
		    "unknown statement '%s', expected rules or test",
		    node->tokens[0].text);
	else if (r->rules.count == 0)
		config_error(&r->co, node, 0,
		    "no rules, expected 'rules FILE' before the tests");
	else
		do_test(r, &c, counts);
}

/* All of a file.  0, or -1: it could not be read. */
static int
run_file(struct run *r, const char *path, struct check_counts *counts)
{
	const struct config_node *node;
	unsigned failed = counts->failed;
	struct config *tree;

	r->co = (struct config_options){.report = report, .arg = r};
	if (r->o->rules != NULL && rules_read(r->o->rules, r->o->defines,
				       r->o->diag, &r->rules) == -1) {
		rules_free(&r->rules);
		return -1;
	}
	begin_rules(r);
	tree = config_read(path, &r->co);
	for (node = tree != NULL ? config_first(tree) : NULL; node != NULL;
	     node = node->next)
		do_statement(r, node, counts);
	tell_coverage(r, counts);
	config_free(tree);
	rules_free(&r->rules);
	free(r->seen);
	/* Failed expectations are reported as well, and are no faults. */
	return r->faults == counts->failed - failed ? 0 : -1;
}

/* One change of the rules after the other: tests that do not notice it do not
 * test what was changed. */
static void
mutate(const char *path, const struct check_options *o,
    struct check_counts *counts)
{
	for (long number = 0;; number++) {
		struct check_counts n = {0};
		struct run r = {.o = o, .quiet = true, .mutation = number};
		bool none;

		run_file(&r, path, &n);
		none = r.mutated.len == 0;
		if (!none) {
			counts->mutants++;
			if (n.failed == 0) {
				counts->survivors++;
				diag_say(o->diag, DIAG_ERROR, r.mutated_where,
				    "rule '%s': no test notices %s",
				    r.mutated_rule, r.mutated.data);
			}
		}
		free(r.mutated_rule);
		free(r.mutated_where);
		buf_free(&r.mutated);
		if (none)
			return;
	}
}

int
check_file(const char *path, const struct check_options *o,
    struct check_counts *counts)
{
	struct run r = {.o = o, .mutation = -1};
	unsigned failed = counts->failed;
	int rc = run_file(&r, path, counts);

	if (rc == 0 && o->mutate && counts->failed == failed)
		mutate(path, o, counts);
	return rc;
}
