/* SPDX-License-Identifier: MIT */
/*
 * lex: characters to tokens of the configuration grammar.  One byte of
 * look-ahead, no table, no recursion.  Never opens files, never prints.
 */
#include "lang/lex.h"

#include <stdint.h>

/* Bytes that end a bare word. */
static bool
ends_word(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f ||
	       strchr("\";{}(),=<>!~$", c) != NULL;
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The byte ahead by n, or NUL at the end (a NUL itself is refused). */
static char
ahead(const struct lex *l, size_t n)
{
	return l->at + n < l->in.len ? l->in.p[l->at + n] : '\0';
}

static void
advance(struct lex *l)
{
	unsigned char c = (unsigned char)l->in.p[l->at++];

	if (c == '\n') {
		l->line++;
		l->column = 1;
	} else if ((c & 0xc0) != 0x80) /* a character, not a UTF-8 tail */
		l->column++;
}

static void
take(struct lex *l)
{
	buf_addc(&l->text, l->in.p[l->at]);
	advance(l);
}

void
lex_init(struct lex *l, struct span in)
{
	*l = (struct lex){.in = in, .line = 1, .column = 1};
}

void
lex_free(struct lex *l)
{
	buf_free(&l->text);
}

/* Blanks, comments, continued lines; newlines too inside parentheses. */
static void
skip_blanks(struct lex *l)
{
	char c;

	while ((c = ahead(l, 0)) != '\0' || l->at < l->in.len) {
		if (c == '#') {
			while (l->at < l->in.len && ahead(l, 0) != '\n')
				advance(l);
		} else if (c == '\\' && ahead(l, 1) == '\n') {
			advance(l);
			advance(l);
		} else if (c == '\\' && ahead(l, 1) == '\r' &&
			   ahead(l, 2) == '\n') {
			advance(l);
			advance(l);
			advance(l);
		} else if (c == ' ' || c == '\t' || c == '\r' ||
			   (c == '\n' && l->parens > 0))
			advance(l);
		else
			return;
	}
}

/* A string's inside, up to and with its closing quote. */
static int
lex_string(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	char c;

	t->kind = LEX_STRING;
	advance(l);
	for (;;) {
		if (l->at >= l->in.len || (c = ahead(l, 0)) == '\n')
			return err_set(e, 0,
			    "string without an end, expected '\"' on its line");
		if (c == '"') {
			advance(l);
			return 0;
		}
		if ((unsigned char)c < ' ' && c != '\t') {
			advance(l);
			return err_set(e, 0, "control byte 0x%02x in a string",
			    (unsigned char)c);
		}
		if (c != '\\') {
			take(l);
			continue;
		}
		advance(l);
		c = ahead(l, 0);
		if (c == 'n' || c == 't') {
			buf_addc(&l->text, c == 'n' ? '\n' : '\t');
			advance(l);
		} else if (c == '"' || c == '\\' || c == '$')
			take(l);
		else {
			/* Kept whole: regular expressions are full of them. */
			buf_addc(&l->text, '\\');
		}
	}
}

/* The braces of a selector, raw, and a metric that touches them. */
static int
lex_selector(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	bool quoted = false;
	char c;

	t->kind = LEX_SELECTOR;
	for (;;) {
		if (l->at >= l->in.len || (c = ahead(l, 0)) == '\n')
			return err_set(e, 0,
			    "selector without an end, expected '}' on its line");
		if ((unsigned char)c < ' ' && c != '\t') {
			advance(l);
			return err_set(e, 0,
			    "control byte 0x%02x in a selector",
			    (unsigned char)c);
		}
		take(l);
		if (quoted && c == '\\' && l->at < l->in.len &&
		    (unsigned char)ahead(l, 0) >= ' ')
			take(l);
		else if (c == '"')
			quoted = !quoted;
		else if (c == '}' && !quoted)
			break;
	}
	if (ahead(l, 0) == ':')
		while (l->at < l->in.len && !ends_word(ahead(l, 0)))
			take(l);
	return 0;
}

static int
lex_word(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	t->kind = LEX_WORD;
	while (l->at < l->in.len && !ends_word(ahead(l, 0)))
		take(l);
	if (ahead(l, 0) == '{')
		return lex_selector(l, t, e);
	return 0;
}

static int
lex_macro(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	t->kind = LEX_MACRO;
	advance(l);
	while (is_name(ahead(l, 0)))
		take(l);
	if (l->text.len == 0)
		return err_set(e, 0, "'$' alone, expected a macro's name");
	return 0;
}

static int
lex_punct(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	char c = ahead(l, 0), next = ahead(l, 1);

	t->kind = LEX_PUNCT;
	if (l->in.p[l->at] == '\0' || (unsigned char)c < ' ' || c == 0x7f) {
		advance(l);
		return err_set(e, 0, "control byte 0x%02x", (unsigned char)c);
	}
	if (c == '(')
		l->parens++;
	else if (c == ')' && l->parens > 0)
		l->parens--;
	take(l);
	if ((c == '=' && (next == '=' || next == '~')) ||
	    (c == '!' && (next == '=' || next == '~')) ||
	    ((c == '<' || c == '>') && next == '='))
		take(l);
	return 0;
}

int
lex_next(struct lex *l, struct lex_token *t, struct nc_err *e)
{
	size_t before = l->at;
	int rc = 0;
	char c;

	skip_blanks(l);
	*t = (struct lex_token){.line = l->line,
	    .column = l->column,
	    .glued = l->at == before && before != 0};
	buf_clear(&l->text);
	if (l->at >= l->in.len) {
		t->kind = LEX_EOF;
		return 0;
	}
	c = l->in.p[l->at];
	if (c == '\n' || c == ';') {
		t->kind = LEX_END;
		l->parens = 0;
		advance(l);
	} else if (c == '{' || c == '}') {
		t->kind = c == '{' ? LEX_OPEN : LEX_CLOSE;
		l->parens = 0;
		advance(l);
	} else if (c == '"')
		rc = lex_string(l, t, e);
	else if (c == '$')
		rc = lex_macro(l, t, e);
	else if (!ends_word(c))
		rc = lex_word(l, t, e);
	else
		rc = lex_punct(l, t, e);
	buf_reserve(&l->text, 0);
	t->text = buf_span(&l->text);
	return rc;
}
