/* SPDX-License-Identifier: MIT */
/*
 * import_prom: files of rules of Prometheus (also those that Kubernetes
 * keeps), alert by alert.  Recording rules are put where they are asked for.
 */
#include "import_prom.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "import.h"
#include "lang/yaml_tree.h"

struct file {
	struct importer *im;
	struct map *records;
	const struct yaml_tree *rule; /* in hand */
};

/* --- text ---------------------------------------------------------------- */

/* What {{ ... }} stands for: {LABEL}, the value, or nothing. */
static void
put_template(const struct prom *p, struct span in, const struct prom_piece *x,
    struct buf *b)
{
	static const char *const lead[] = {"$labels.", ".Labels.", NULL};
	const char *label;
	char name[64];

	in = str_trim(in);
	for (size_t i = 0; lead[i] != NULL; i++) {
		size_t n = strlen(lead[i]), end = n;

		if (!str_starts(in, lead[i]))
			continue;
		while (end < in.len && in.p[end] != ' ' && in.p[end] != '|')
			end++;
		str_copy(name, sizeof(name), (struct span){in.p + n, end - n});
		label = prom_label(p, p->scope, name);
		if (label != NULL)
			buf_addf(b, "{%s}", label);
		return;
	}
	if (memmem(in.p, in.len, "$value", 6) == NULL &&
	    memmem(in.p, in.len, ".Value", 6) == NULL)
		return;
	if (x->value.len > 0 && strpbrk(x->value.data, "{}|\"") == NULL)
		buf_addf(b, "{%s}", x->value.data);
}

/* Their text for people as ours, in one line. */
static void
put_say(const struct prom *p, struct span text, const struct prom_piece *x,
    struct buf *b)
{
	struct buf say = {0};
	const char *end;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '{' && i + 1 < text.len && text.p[i + 1] == '{' &&
		    (end = memmem(text.p + i, text.len - i, "}}", 2)) != NULL) {
			put_template(p,
			    (struct span){text.p + i + 2,
				(size_t)(end - text.p) - i - 2},
			    x, &say);
			i = (size_t)(end - text.p) + 1;
		} else if (c == '{' || c == '}')
			continue;
		else
			buf_addc(&say, (unsigned char)c < ' ' ? ' ' : c);
	}
	if (say.len > 0) {
		buf_adds(b, "\tsay ");
		import_quoted(b, str_trim(buf_span(&say)));
		buf_addc(b, '\n');
	}
	buf_free(&say);
}

static const char *
severity_of(struct span s)
{
	static const char *const crit[] = {"critical", "crit", "page", "high",
	    "error", "emergency", "fatal", "disaster", NULL};
	static const char *const info[] = {"info", "information", "none", "low",
	    "notice", "minor", "informational", NULL};

	for (size_t i = 0; crit[i] != NULL; i++)
		if (span_is(s, crit[i]))
			return "crit";
	for (size_t i = 0; info[i] != NULL; i++)
		if (span_is(s, info[i]))
			return "info";
	return "warn";
}

/* Labels of the rule, the severity apart; none that is made of a template. */
static void
put_labels(const struct yaml_tree *rule, struct buf *b)
{
	const struct yaml_tree *labels = yaml_tree_member(rule, "labels"), *v;
	struct span key, text;

	for (size_t i = 0; (v = yaml_tree_at(labels, i, &key)) != NULL; i++) {
		text = yaml_tree_text(v);
		if (span_is(key, "severity") || text.len == 0 ||
		    memmem(text.p, text.len, "{{", 2) != NULL)
			continue;
		buf_addf(b, "\tlabel %.*s = ", SPAN_ARG(key));
		import_quoted(b, text);
		buf_addc(b, '\n');
	}
}

static void
put_texts(const struct prom *p, const struct yaml_tree *rule,
    const struct prom_piece *x, struct buf *b)
{
	static const char *const says[] = {"summary", "description", "message",
	    NULL};
	const struct yaml_tree *notes = yaml_tree_member(rule, "annotations");
	struct span text;

	for (size_t i = 0; says[i] != NULL; i++) {
		text = yaml_tree_text(yaml_tree_member(notes, says[i]));
		if (text.len == 0)
			continue;
		put_say(p, text, x, b);
		break;
	}
	text = yaml_tree_text(yaml_tree_member(notes, "runbook_url"));
	if (text.len == 0)
		text = yaml_tree_text(yaml_tree_member(notes, "runbook"));
	if (text.len > 0) {
		buf_adds(b, "\trunbook ");
		import_quoted(b, text);
		buf_addc(b, '\n');
	}
}

/* --- rules --------------------------------------------------------------- */

static double
time_of(const struct yaml_tree *rule, const char *key)
{
	struct span text = yaml_tree_text(yaml_tree_member(rule, key));
	double total = 0, part;
	size_t n;

	/* 1h30m: in parts, each a number and its unit. */
	while (text.len > 0) {
		n = strspn(text.p, "0123456789.");
		while (n < text.len && text.p[n] >= 'a' && text.p[n] <= 'z')
			n++;
		if (n == 0 || n > text.len ||
		    parse_duration((struct span){text.p, n}, &part, NULL) == -1)
			return total;
		total += part;
		text.p += n;
		text.len -= n;
	}
	return total;
}

/* ENTITY{LABELS} { SEVERITY if ... } */
static void
put_body(const struct prom *p, const struct yaml_tree *rule,
    const struct prom_piece *x, struct buf *b)
{
	double hold = time_of(rule, "for");
	double keep = time_of(rule, "keep_firing_for");
	struct span rest = buf_span(&x->labels), item;
	struct buf cond = {0};
	bool first = true;

	buf_adds(b, p->scope);
	for (; x->labels.len > 0 && str_item(&rest, '\n', &item); first = false)
		buf_addf(b, "%c%.*s", first ? '{' : ',', SPAN_ARG(item));
	prom_condition(x, &cond);
	buf_addf(b, "%s {\n\t%s if %s", first ? "" : "}",
	    severity_of(yaml_tree_text(
		yaml_tree_member(yaml_tree_member(rule, "labels"),
		    "severity"))),
	    cond.data);
	if (hold > 0) {
		buf_adds(b, " for ");
		import_time(b, hold);
	}
	if (keep > 0) {
		buf_addf(b, " until not (%s) for ", cond.data);
		import_time(b, keep);
	}
	buf_addc(b, '\n');
	put_texts(p, rule, x, b);
	put_labels(rule, b);
	buf_adds(b, "}\n");
	buf_free(&cond);
}

/* An alert that is about nothing measured here, as always true. */
static int
check_entity(struct prom *p, const char *entity)
{
	if (entity == NULL)
		return -1;
	if (*entity != '\0') {
		str_copy(p->scope, sizeof(p->scope), span_of(entity));
		return 0;
	}
	str_copy(p->why, sizeof(p->why), span_of("asks for no metric"));
	return -1;
}

static void
take_alert(struct file *f, struct span name)
{
	struct prom p = {.names = f->im->names, .records = f->records};
	struct prom_piece x = {0};
	struct promql *q;
	struct buf body = {0};
	struct nc_err e = {0};
	char text[128];
	bool done;

	str_copy(text, sizeof(text), name);
	q = promql_parse(yaml_tree_text(yaml_tree_member(f->rule, "expr")), &e);
	if (q == NULL)
		str_copy(p.why, sizeof(p.why), span_of(e.msg));
	done = q != NULL && check_entity(&p, prom_entity(&p, q)) == 0 &&
	       prom_render(&p, q, &x) == 0;
	if (done)
		put_body(&p, f->rule, &x, &body);
	import_alert(f->im, text, yaml_tree_line(f->rule), p.family,
	    done ? body.data : NULL,
	    done ? (p.notes.len > 0 ? p.notes.data : "") : p.why);
	buf_free(&p.notes);
	prom_piece_free(&x);
	buf_free(&body);
	promql_free(q);
}

static const struct yaml_tree *
groups_of(const struct yaml_tree *doc)
{
	const struct yaml_tree *g = yaml_tree_member(doc, "groups");

	if (g == NULL)
		g = yaml_tree_member(yaml_tree_member(doc, "spec"), "groups");
	return g;
}

/* Calls take on each rule of each group of each document. */
static size_t
each_rule(struct file *f, const struct yaml_tree *docs,
    void (*take)(struct file *f))
{
	const struct yaml_tree *doc, *group, *rules;
	size_t found = 0;

	for (size_t d = 0; (doc = yaml_tree_at(docs, d, NULL)) != NULL; d++)
		for (size_t g = 0;
		     (group = yaml_tree_at(groups_of(doc), g, NULL)) != NULL;
		     g++) {
			rules = yaml_tree_member(group, "rules");
			for (size_t i = 0;
			     (f->rule = yaml_tree_at(rules, i, NULL)) != NULL;
			     i++, found++)
				take(f);
		}
	return found;
}

static void
take_record(struct file *f)
{
	struct span name = yaml_tree_text(yaml_tree_member(f->rule, "record"));
	struct promql *q;

	if (name.len == 0)
		return;
	q = promql_parse(yaml_tree_text(yaml_tree_member(f->rule, "expr")),
	    NULL);
	if (q != NULL)
		promql_free(map_set(f->records, name, q));
}

static void
take_rule(struct file *f)
{
	struct span name = yaml_tree_text(yaml_tree_member(f->rule, "alert"));

	if (name.len > 0)
		take_alert(f, name);
}

static void
record_free(void *q)
{
	promql_free(q);
}

int
import_prometheus(struct importer *im, struct span text, struct nc_err *e)
{
	struct file f = {.im = im};
	struct yaml_tree *docs = yaml_tree_read(text, e);
	size_t found;

	if (docs == NULL)
		return -1;
	f.records = map_new(NULL);
	found = each_rule(&f, docs, take_record);
	each_rule(&f, docs, take_rule);
	map_free(f.records, record_free);
	yaml_tree_free(docs);
	return found > 0 ? 0 : err_set(e, 0, "no groups of rules");
}
