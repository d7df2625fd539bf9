/* SPDX-License-Identifier: MIT */
/*
 * selector: parses and matches ENTITY[{label OP value,...}][:metric,...].
 * Regular expressions are bounded when they are compiled: no back-references,
 * no large repetitions, so a match costs what its text is long.  Never prints.
 */
#include "lang/selector.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define CONDITIONS_MAX 32
#define METRICS_MAX 256
#define REGEX_MAX 512 /* bytes of a pattern */
#define REGEX_NODES 4096 /* of it, when all repetitions are written out */
#define REGEX_DEPTH 32

enum op { OP_GLOB, OP_NOT_GLOB, OP_REGEX, OP_NOT_REGEX };

struct condition {
	char *label; /* owned */
	enum op op;
	char *pattern; /* owned */
	regex_t regex; /* of OP_REGEX, OP_NOT_REGEX */
};

struct selector {
	char *text; /* owned, as are all below */
	char *entity;
	struct condition conditions[CONDITIONS_MAX];
	size_t nconditions;
	char **metrics;
	size_t nmetrics;
};

struct scan {
	struct span in;
	size_t at;
	struct nc_err *e;
};

static int
fail(const struct scan *s, const char *what)
{
	return err_set(s->e, 0, "column %zu: %s", s->at + 1, what);
}

static char
peek(const struct scan *s)
{
	return s->at < s->in.len ? s->in.p[s->at] : '\0';
}

static void
blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t')
		s->at++;
}

static bool
is_pattern(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("_.*?[]-", c) != NULL;
}

/* A glob of names, or NULL after an error that says what it should be. */
static char *
scan_name(struct scan *s, const char *expected)
{
	size_t from = s->at;

	while (s->at < s->in.len && peek(s) != '\0' && is_pattern(peek(s)))
		s->at++;
	if (s->at == from) {
		fail(s, expected);
		return NULL;
	}
	return xmemdup0(s->in.p + from, s->at - from);
}

static int
scan_op(struct scan *s, enum op *op)
{
	char c = peek(s);

	if (c != '=' && c != '!')
		return fail(s, "no operator, expected = != =~ or !~");
	s->at++;
	if (c == '=') {
		*op = peek(s) == '~' ? OP_REGEX : OP_GLOB;
		if (peek(s) == '~' || peek(s) == '=')
			s->at++;
		return 0;
	}
	if (peek(s) != '=' && peek(s) != '~')
		return fail(s, "'!' alone, expected != or !~");
	*op = peek(s) == '~' ? OP_NOT_REGEX : OP_NOT_GLOB;
	s->at++;
	return 0;
}

/* A bare word up to ',' or '}', or a double-quoted string. */
static char *
scan_value(struct scan *s)
{
	struct buf b = {0};
	size_t from = s->at;

	if (peek(s) != '"') {
		while (s->at < s->in.len && peek(s) != ',' && peek(s) != '}')
			s->at++;
		while (
		    s->at > from && strchr(" \t", s->in.p[s->at - 1]) != NULL)
			s->at--;
		return xmemdup0(s->in.p + from, s->at - from);
	}
	for (s->at++; s->at < s->in.len && peek(s) != '"'; s->at++) {
		if (peek(s) == '\\' && s->at + 1 < s->in.len &&
		    strchr("\"\\", s->in.p[s->at + 1]) != NULL &&
		    s->in.p[s->at + 1] != '\0')
			s->at++;
		buf_addc(&b, peek(s));
	}
	if (peek(s) != '"') {
		buf_free(&b);
		fail(s, "string without an end, expected '\"'");
		return NULL;
	}
	s->at++;
	return buf_take(&b);
}

/* A bracket expression from its '[': its last byte. */
static const char *
skip_bracket(const char *p)
{
	const char *q = p + 1;

	q += *q == '^';
	q += *q == ']';
	while (*q != '\0' && *q != ']') {
		if (*q == '[' && (q[1] == ':' || q[1] == '.' || q[1] == '=')) {
			const char *end = strchr(q + 2, ']');

			if (end == NULL)
				return p;
			q = end;
		}
		q++;
	}
	return *q == ']' ? q : p;
}

/* The factor of the repetition at p. */
static double
repeats(const char *p)
{
	char *end;
	double n, m = 0;

	if (*p == '+')
		return 2;
	n = (double)strtoul(p + 1, &end, 10);
	if (*end == ',')
		m = (double)strtoul(end + 1, NULL, 10);
	return fmax(1, fmax(n, m));
}

/*
 * Why a pattern is not taken, or NULL.  glibc compiles x+ and x{n} by copying
 * x, so that a few of them in one another take all memory there is, and
 * matches back-references by trying all ways.
 */
static const char *
regex_danger(const char *p)
{
	double outer[REGEX_DEPTH], sum = 0, last = 0; /* nodes, copies made */
	size_t depth = 0;

	if (strlen(p) > REGEX_MAX)
		return "regular expression too long, expected at most 512 bytes";
	for (; *p != '\0'; p++) {
		if (*p == '+' || *p == '{')
			last *= repeats(p);
		else if (*p == '(') {
			if (depth == REGEX_DEPTH)
				return "groups nested too deep, expected fewer";
			outer[depth++] = sum + last;
			sum = last = 0;
		} else if (*p == ')' && depth > 0) {
			last += sum + 1;
			sum = outer[--depth];
		} else if (*p != '*' && *p != '?') {
			sum += last;
			last = 1;
			if (*p == '[')
				p = skip_bracket(p);
			else if (*p == '\\' && p[1] != '\0' && *++p >= '1' &&
				 *p <= '9')
				return "back-reference in a regular expression";
		}
		if (sum + last > REGEX_NODES)
			return "repetitions too large, expected fewer";
	}
	return NULL;
}

static int
compile(struct scan *s, struct condition *c)
{
	const char *danger = regex_danger(c->pattern);
	char why[100];
	int rc;

	if (danger != NULL)
		return fail(s, danger);
	rc = regcomp(&c->regex, c->pattern, REG_EXTENDED | REG_NOSUB);
	if (rc == 0)
		return 0;
	regerror(rc, &c->regex, why, sizeof(why));
	return err_set(s->e, 0, "column %zu: bad regular expression: %s",
	    s->at + 1, why);
}

static void
condition_free(struct condition *c, bool compiled)
{
	if (compiled && (c->op == OP_REGEX || c->op == OP_NOT_REGEX))
		regfree(&c->regex);
	free(c->label);
	free(c->pattern);
}

static int
scan_condition(struct scan *s, struct selector *sel)
{
	struct condition c = {0};

	if (sel->nconditions == CONDITIONS_MAX)
		return fail(s, "too many conditions, expected at most 32");
	c.label = scan_name(s, "no label, expected LABEL OP VALUE");
	if (c.label == NULL)
		return -1;
	blanks(s);
	if (scan_op(s, &c.op) == -1)
		goto fail;
	blanks(s);
	if ((c.pattern = scan_value(s)) == NULL)
		goto fail;
	if ((c.op == OP_REGEX || c.op == OP_NOT_REGEX) && compile(s, &c) == -1)
		goto fail;
	sel->conditions[sel->nconditions++] = c;
	return 0;
fail:
	condition_free(&c, false);
	return -1;
}

static int
scan_conditions(struct scan *s, struct selector *sel)
{
	s->at++;
	blanks(s);
	if (peek(s) == '}') {
		s->at++;
		return 0;
	}
	for (;;) {
		blanks(s);
		if (scan_condition(s, sel) == -1)
			return -1;
		blanks(s);
		if (peek(s) == ',') {
			s->at++;
			continue;
		}
		if (peek(s) != '}')
			return fail(s, "condition without an end, expected ',' "
				       "or '}'");
		s->at++;
		return 0;
	}
}

static int
scan_metrics(struct scan *s, struct selector *sel)
{
	char *name;

	do {
		s->at++;
		blanks(s);
		if (sel->nmetrics == METRICS_MAX)
			return fail(s,
			    "too many metrics, expected at most 256");
		if ((name = scan_name(s, "no metric, expected a name")) == NULL)
			return -1;
		sel->metrics = xreallocarray(sel->metrics, sel->nmetrics + 1,
		    sizeof(*sel->metrics));
		sel->metrics[sel->nmetrics++] = name;
		blanks(s);
	} while (peek(s) == ',');
	return 0;
}

struct selector *
selector_parse(struct span text, struct nc_err *e)
{
	struct selector *sel = xcalloc(1, sizeof(*sel));
	struct scan s = {.in = text, .e = e};

	sel->text = xmemdup0(text.p, text.len);
	s.at = strlen(sel->text);
	if (s.at != text.len) {
		fail(&s, "NUL byte, expected text");
		goto fail;
	}
	s.at = 0;
	blanks(&s);
	sel->entity = scan_name(&s,
	    "no entity, expected a name such as vm or *");
	if (sel->entity == NULL)
		goto fail;
	if (peek(&s) == '{' && scan_conditions(&s, sel) == -1)
		goto fail;
	blanks(&s);
	if (peek(&s) == ':' && scan_metrics(&s, sel) == -1)
		goto fail;
	blanks(&s);
	if (s.at != text.len) {
		fail(&s, "unexpected text, expected '{', ':' or the end");
		goto fail;
	}
	return sel;
fail:
	selector_free(sel);
	return NULL;
}

void
selector_free(struct selector *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nconditions; i++)
		condition_free(&s->conditions[i], true);
	for (size_t i = 0; i < s->nmetrics; i++)
		free(s->metrics[i]);
	free(s->metrics);
	free(s->entity);
	free(s->text);
	free(s);
}

static struct span
subject_label(const struct selector_subject *b, const char *label)
{
	if (strcmp(label, "host") == 0)
		return b->host;
	if (strcmp(label, "id") == 0)
		return b->id;
	if (strcmp(label, "source") == 0)
		return b->source;
	for (size_t i = 0; i < b->nlabels; i++)
		if (span_is(b->labels[i].key, label))
			return b->labels[i].value;
	return (struct span){NULL, 0};
}

static bool
condition_holds(const struct condition *c, const struct selector_subject *b)
{
	struct span v = subject_label(b, c->label);
	regmatch_t m = {.rm_so = 0, .rm_eo = (regoff_t)v.len};
	bool is;

	if (c->op == OP_GLOB || c->op == OP_NOT_GLOB)
		is = glob_match(span_of(c->pattern), v);
	else
		is = regexec(&c->regex, v.p != NULL ? v.p : "", 1, &m,
			 REG_STARTEND) == 0;
	return is == (c->op == OP_GLOB || c->op == OP_REGEX);
}

bool
selector_entity(const struct selector *s,
    const struct selector_subject *subject)
{
	if (!glob_match(span_of(s->entity), subject->entity))
		return false;
	for (size_t i = 0; i < s->nconditions; i++)
		if (!condition_holds(&s->conditions[i], subject))
			return false;
	return true;
}

/* name with its suffix from exchanged for to, or false if it has not got it
 * or is longer than a metric's name may be. */
static bool
exchange(struct span name, const char *from, const char *to, char *out,
    size_t size)
{
	size_t nfrom = strlen(from), nto = strlen(to);

	if (name.len <= nfrom || name.len - nfrom + nto + 1 > size ||
	    memcmp(name.p + name.len - nfrom, from, nfrom) != 0)
		return false;
	memcpy(out, name.p, name.len - nfrom);
	memcpy(out + name.len - nfrom, to, nto + 1);
	return true;
}

bool
selector_metric(const struct selector *s, struct span name)
{
	char twin[256];
	bool has;

	if (s->nmetrics == 0)
		return true;
	has = exchange(name, "_total", "_per_second", twin, sizeof(twin)) ||
	      exchange(name, "_per_second", "_total", twin, sizeof(twin));
	for (size_t i = 0; i < s->nmetrics; i++)
		if (glob_match(span_of(s->metrics[i]), name) ||
		    (has && glob_match(span_of(s->metrics[i]), span_of(twin))))
			return true;
	return false;
}

bool
selector_has_metrics(const struct selector *s)
{
	return s->nmetrics != 0;
}

const char *
selector_text(const struct selector *s)
{
	return s->text;
}

struct selector_subject
selector_of_record(const struct record *r)
{
	return (struct selector_subject){.host = r->host,
	    .source = r->source,
	    .entity = r->entity,
	    .id = r->id,
	    .labels = r->labels,
	    .nlabels = r->nlabels};
}
