/* SPDX-License-Identifier: MIT */
/*
 * expr: expressions in statements and in text of their own, and what they
 * ask for.  Never evaluates.
 */
#include "lang/expr.h"

#include <stdlib.h>

#include "base/mem.h"
#include "expr_priv.h"

struct expr *
expr_read(struct config_cursor *c, enum expr_type want, const struct expr *left)
{
	struct expr_trouble trouble = {0};
	struct expr *x;

	x = expr_parse_words(c->node->tokens, c->node->ntokens, &c->at, want,
	    left, false, &trouble);
	if (x == NULL)
		config_error(c->o, c->node, trouble.word, "%s", trouble.what);
	return x;
}

static void
join(struct config_token *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)words[i].text);
	free(words);
}

/* text as the words of one statement; owned, with their texts. */
static struct config_token *
split(struct span text, size_t *count, struct nc_err *e)
{
	struct config_token *words = xcalloc(1, sizeof(*words));
	struct lex_token t;
	struct lex l;
	size_t n = 0;
	int rc = 0;

	lex_init(&l, text);
	for (;;) {
		rc = lex_next(&l, &t, e);
		if (rc == -1 || t.kind == LEX_EOF)
			break;
		if (t.kind == LEX_END || t.kind == LEX_OPEN ||
		    t.kind == LEX_CLOSE || t.kind == LEX_MACRO ||
		    n == CONFIG_TOKENS_MAX) {
			rc = err_set(e, 0, "not part of an expression");
			break;
		}
		words = xreallocarray(words, n + 1, sizeof(*words));
		words[n++] = (struct config_token){.kind = t.kind,
		    .text = xmemdup0(t.text.p, t.text.len),
		    .len = t.text.len,
		    .column = t.column};
	}
	lex_free(&l);
	*count = n;
	if (rc == 0)
		return words;
	err_where(e, "column %d", t.column);
	join(words, n);
	return NULL;
}

struct expr *
expr_parse(struct span text, enum expr_type want, struct nc_err *e)
{
	struct expr_trouble trouble = {0};
	struct config_token *words;
	struct expr *x;
	size_t n, at = 0;
	int column = (int)text.len + 1;

	if ((words = split(text, &n, e)) == NULL)
		return NULL;
	x = expr_parse_words(words, n, &at, want, NULL, true, &trouble);
	if (x == NULL) {
		if (trouble.word < n)
			column = words[trouble.word].column +
				 (int)trouble.offset;
		err_set(e, 0, "column %d: %s", column, trouble.what);
	}
	join(words, n);
	return x;
}

void
expr_free(struct expr *x)
{
	if (x == NULL)
		return;
	for (uint32_t i = 0; i < x->nnodes; i++)
		selector_free(x->nodes[i].selector);
	for (size_t i = 0; i < x->ninputs; i++) {
		free((char *)(uintptr_t)x->inputs[i].scope);
		free((char *)(uintptr_t)x->inputs[i].metric);
	}
	free(x->nodes);
	free(x->inputs);
	free(x);
}

const struct expr_input *
expr_input(const struct expr *x, size_t i)
{
	return i < x->ninputs ? &x->inputs[i] : NULL;
}

void
expr_bind(struct expr *x, size_t i, size_t user)
{
	x->inputs[i].user = user;
}

void
expr_input_text(const struct expr_input *in, struct buf *b)
{
	static const char *const names[] = {[EXPR_LAST] = "last",
	    [EXPR_RAW] = "raw",
	    [EXPR_AVG] = "avg",
	    [EXPR_MIN] = "min",
	    [EXPR_MAX] = "max",
	    [EXPR_SUM] = "sum",
	    [EXPR_COUNT] = "count",
	    [EXPR_STDDEV] = "stddev",
	    [EXPR_RATE] = "rate",
	    [EXPR_INCREASE] = "increase",
	    [EXPR_DELTA] = "delta",
	    [EXPR_DERIV] = "deriv",
	    [EXPR_CHANGES] = "changes",
	    [EXPR_RESETS] = "resets",
	    [EXPR_LEVEL] = "level",
	    [EXPR_SLOPE] = "slope",
	    [EXPR_CERTAINTY] = "confidence",
	    [EXPR_OFFSET] = "offset",
	    [EXPR_BASELINE_HOUR] = "baseline",
	    [EXPR_BASELINE_WEEKHOUR] = "baseline",
	    [EXPR_ANOMALY] = "anomaly",
	    [EXPR_FORECAST] = "forecast",
	    [EXPR_FULL] = "full",
	    [EXPR_CHANGE] = "change",
	    [EXPR_CAUSE] = "cause",
	    [EXPR_CONFIDENCE] = "confidence",
	    [EXPR_NOW] = "now",
	    [EXPR_AGE] = "age",
	    [EXPR_PRESENT] = "present",
	    [EXPR_ABSENT] = "absent"};
	bool call = in->function != EXPR_LAST || in->range > 0;

	if (in->function == EXPR_QUANTILE)
		buf_addf(b, "p%.0f(", in->quantile * 100);
	else if (call)
		buf_addf(b, "%s(", names[in->function]);
	if (in->scope != NULL)
		buf_addf(b, "%s.", in->scope);
	if (in->metric != NULL)
		buf_adds(b, in->metric);
	if (in->range > 0)
		buf_addf(b, "%s%.15gs", in->metric != NULL ? ", " : "",
		    in->range);
	if (in->function == EXPR_BASELINE_HOUR)
		buf_adds(b, ", hour");
	if (in->function == EXPR_BASELINE_WEEKHOUR)
		buf_adds(b, ", weekhour");
	if (call)
		buf_addc(b, ')');
}
