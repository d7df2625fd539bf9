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
#include "base/parse.h"
#include "base/str.h"
#include "engine.h"
#include "rules.h"

#define BASE 1700000040.0 /* any whole minute */
#define ROUNDS_MAX 100000
#define HOST "h1" /* of everything that is no host itself */

struct series_text {
	const char *entity, *id, *metric; /* borrowed from the tree */
	double *values; /* a round each; NAN: missing */
	size_t count;
};

struct test_label {
	const char *entity, *id, *key, *value;
};

struct expectation {
	const struct config_node *node; /* where it stands */
	double at;
	const char *rule, *entity, *id, *state;
};

struct test {
	double every;
	struct series_text *series;
	size_t nseries;
	struct test_label *labels;
	size_t nlabels;
	struct expectation *wants;
	size_t nwants;
};

/* What fires now. */
struct firing {
	char *rule, *entity, *id;
	char severity[8];
};

struct run {
	const struct check_options *o;
	struct config_options co;
	struct rules rules;
	bool *fired; /* by rule, in any test */
	unsigned faults;
	/* of the test in hand */
	struct intern *names;
	struct decoder *decoder;
	struct frame *records, *alerts;
	struct engine *engine;
	struct firing *firing;
	size_t nfiring;
};

static void
report(void *arg, const char *where, const char *what)
{
	struct run *r = arg;

	r->faults++;
	diag_say(r->o->diag, DIAG_ERROR, where, "%s", what);
}

/* --- reading ------------------------------------------------------------- */

static int
add_value(struct series_text *s, double v)
{
	if (s->count == ROUNDS_MAX)
		return -1;
	if ((s->count & (s->count + 1)) == 0 || s->values == NULL)
		s->values = xreallocarray(s->values, 2 * (s->count + 1),
		    sizeof(*s->values));
	s->values[s->count++] = v;
	return 0;
}

/* One word of the notation: 5 5x3 5+2x3 5-2x3 _ _x3; xN: N more. */
static int
read_values(struct series_text *s, struct span word)
{
	struct span first, rest, by;
	uint64_t more = 0;
	double v = NAN, step = 0;
	size_t sign;

	if (str_cut(word, 'x', &first, &rest) &&
	    parse_unsigned(rest, ROUNDS_MAX, &more, NULL) == -1)
		return -1;
	if (span_is(first, "_")) {
		if (more > 0) /* _x3 is three, not one and three more */
			more--;
	} else {
		for (sign = 1; sign < first.len; sign++)
			if ((first.p[sign] == '+' || first.p[sign] == '-') &&
			    first.p[sign - 1] != 'e')
				break;
		by = (struct span){first.p + sign,
		    first.len > sign ? first.len - sign : 0};
		first.len -= by.len;
		if (parse_number(first, &v, NULL) == -1 ||
		    (by.len > 0 && parse_number(by, &step, NULL) == -1))
			return -1;
	}
	for (uint64_t i = 0; i <= more; i++)
		if (add_value(s, v + step * (double)i) == -1)
			return -1;
	return 0;
}

/* series ENTITY ID METRIC "VALUES" */
static int
read_series(struct run *r, struct config_cursor *c, struct test *t)
{
	struct series_text *s;
	struct span rest, word;
	const char *text;
	size_t at;

	t->series = xreallocarray(t->series, t->nseries + 1,
	    sizeof(*t->series));
	s = &t->series[t->nseries++];
	*s = (struct series_text){0};
	if (config_text(c, "an entity", &s->entity) == -1 ||
	    config_text(c, "its id", &s->id) == -1 ||
	    config_text(c, "a metric", &s->metric) == -1)
		return -1;
	at = c->at;
	if (config_text(c, "values such as \"1 2x3 _\"", &text) == -1)
		return -1;
	rest = span_of(text);
	while (str_word(&rest, &word))
		if (read_values(s, word) == -1)
			return config_error(&r->co, c->node, at,
			    "cannot read '%.*s', expected 5, 5x3, 5+2x3 or _",
			    SPAN_ARG(word));
	return config_end(c);
}

static int
read_label(struct config_cursor *c, struct test *t)
{
	struct test_label l;

	if (config_text(c, "an entity", &l.entity) == -1 ||
	    config_text(c, "its id", &l.id) == -1 ||
	    config_text(c, "the name of a label", &l.key) == -1)
		return -1;
	config_accept(c, "=");
	if (config_text(c, "its value", &l.value) == -1)
		return -1;
	t->labels = xreallocarray(t->labels, t->nlabels + 1,
	    sizeof(*t->labels));
	t->labels[t->nlabels++] = l;
	return config_end(c);
}

/* at TIME RULE ENTITY ID info|warn|crit|ok */
static int
read_want(struct run *r, struct config_cursor *c, struct test *t)
{
	struct expectation w = {.node = c->node};
	bool known = false;
	size_t rule_at;

	if (config_duration(c, "a time such as 5m", &w.at) == -1)
		return -1;
	rule_at = c->at;
	if (config_text(c, "the name of a rule", &w.rule) == -1 ||
	    config_text(c, "an entity", &w.entity) == -1 ||
	    config_text(c, "its id", &w.id) == -1)
		return -1;
	for (size_t i = 0; i < r->rules.count; i++)
		known = known || strcmp(r->rules.list[i].name, w.rule) == 0;
	if (!known)
		return config_error(&r->co, c->node, rule_at, "no rule '%s'",
		    w.rule);
	if (config_text(c, "info, warn, crit or ok", &w.state) == -1)
		return -1;
	if (strcmp(w.state, "ok") != 0 && strcmp(w.state, "info") != 0 &&
	    strcmp(w.state, "warn") != 0 && strcmp(w.state, "crit") != 0)
		return config_error(&r->co, c->node, c->at - 1,
		    "'%s' here, expected info, warn, crit or ok", w.state);
	t->wants = xreallocarray(t->wants, t->nwants + 1, sizeof(*t->wants));
	t->wants[t->nwants++] = w;
	return config_end(c);
}

static int
read_clause(struct run *r, const struct config_node *node, struct test *t)
{
	struct config_cursor c = {&r->co, node, 0};

	if (config_accept(&c, "series"))
		return read_series(r, &c, t);
	if (config_accept(&c, "label"))
		return read_label(&c, t);
	if (config_accept(&c, "at"))
		return read_want(r, &c, t);
	if (config_accept(&c, "every")) {
		if (config_duration(&c, "a time such as 1m", &t->every) == -1)
			return -1;
		if (t->every <= 0)
			return config_error(&r->co, node, 1,
			    "expected more than 0");
		return config_end(&c);
	}
	return config_error(&r->co, node, 0,
	    "unknown word '%s', expected every, series, label or at",
	    node->tokens[0].text);
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
	str_copy(rule, sizeof(rule), record_field(&rec, "alert")->text);
	text_of(&rec, "state", state);
	text_of(&rec, "severity", severity);
	entity = xmemdup0(rec.entity.p, rec.entity.len);
	id = xmemdup0(rec.id.p, rec.id.len);
	decoder_free(d);
	for (size_t i = 0; i < r->rules.count; i++)
		if (strcmp(r->rules.list[i].name, rule) == 0)
			r->fired[i] = true;
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

static const char *
host_of(const struct series_text *s)
{
	return strcmp(s->entity, "host") == 0 ? s->id : HOST;
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
	frame_origin(r->records, host_of(s), "test");
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
		if (of_host ? strcmp(host_of(o), host_of(s)) == 0
			    : strcmp(o->entity, s->entity) == 0 &&
				  strcmp(o->id, s->id) == 0)
			return false;
	return true;
}

/* Everything that is said at one moment: samples, then the ends of the
 * rounds of hosts that said something, then that time has passed. */
static void
play_round(struct run *r, const struct test *t, size_t round)
{
	bool *said = xcalloc(t->nseries + 1, sizeof(*said));

	frame_clock(r->records, BASE + t->every * (double)round, NAN);
	for (size_t i = 0; i < t->nseries; i++)
		if (is_first(t, i, false))
			said[i] = play_entity(r, t, i, round);
	for (size_t i = 0; i < t->nseries; i++) {
		const char *host = host_of(&t->series[i]);
		bool any = false;

		for (size_t k = 0; k < t->nseries; k++)
			any = any || (said[k] && strcmp(host_of(&t->series[k]),
						     host) == 0);
		if (any && is_first(t, i, true))
			play_sweep(r, host);
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
play(struct run *r, const struct test *t, const char *name,
    struct check_counts *counts)
{
	size_t rounds = 0, last;

	for (size_t i = 0; i < t->nseries; i++)
		if (t->series[i].count > rounds)
			rounds = t->series[i].count;
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
	for (size_t i = 0; i < rounds && i < ROUNDS_MAX; i++) {
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
		read_clause(r, node, &t);
	if (t.nwants == 0 && r->faults == before)
		config_error(&r->co, c->node, 1, "test '%s' expects nothing",
		    name);
	counts->tests++;
	if (r->faults == before)
		play(r, &t, name, counts);
	for (size_t i = 0; i < t.nseries; i++)
		free(t.series[i].values);
	free(t.series);
	free(t.labels);
	free(t.wants);
}

/* rules FILE, beside the file that says so. */
static void
do_rules(struct run *r, struct config_cursor *c)
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
	rules_free(&r->rules);
	if (rules_read(path, r->o->defines, r->o->diag, &r->rules) == -1)
		r->faults++;
	free(path);
	free(r->fired);
	r->fired = xcalloc(r->rules.count + 1, sizeof(*r->fired));
}

static void
do_statement(struct run *r, const struct config_node *node,
    struct check_counts *counts)
{
	struct config_cursor c = {&r->co, node, 0};

	if (config_accept(&c, "rules"))
		do_rules(r, &c);
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

int
check_file(const char *path, const struct check_options *o,
    struct check_counts *counts)
{
	struct run r = {.o = o};
	const struct config_node *node;
	unsigned failed = counts->failed;
	struct config *tree;

	r.co = (struct config_options){.report = report, .arg = &r};
	if (o->rules != NULL &&
	    rules_read(o->rules, o->defines, o->diag, &r.rules) == -1) {
		rules_free(&r.rules);
		return -1;
	}
	r.fired = xcalloc(r.rules.count + 1, sizeof(*r.fired));
	tree = config_read(path, &r.co);
	for (node = tree != NULL ? config_first(tree) : NULL; node != NULL;
	     node = node->next)
		do_statement(&r, node, counts);
	for (size_t i = 0; i < r.rules.count; i++)
		if (!r.fired[i])
			diag_say(o->diag, DIAG_INFO, path,
			    "rule '%s' never fires in these tests",
			    r.rules.list[i].name);
	config_free(tree);
	rules_free(&r.rules);
	free(r.fired);
	/* Failed expectations are reported as well, and are no faults. */
	return r.faults == counts->failed - failed ? 0 : -1;
}
