/* SPDX-License-Identifier: MIT */
/*
 * config: files to a tree of statements, with macros put in and includes
 * read.  Recovers at the end of the statement in which trouble was found.
 * Tokens and nodes live in one arena per tree.  Never prints.
 */
#include "lang/config.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/utf8.h"

#define ARENA_CHUNK 16384
#define MACROS_MAX 1024
#define REPORTS_MAX 20

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct macro {
	struct macro *next;
	const char *name;
	const struct config_token *tokens;
	size_t ntokens;
	bool defined; /* by an option, which the file cannot override */
};

struct config {
	struct chunk *chunks;
	struct config_node *first;
};

/* What reading needs and the finished tree does not. */
struct parse {
	const struct config_options *o;
	struct config *config;
	struct macro *macros;
	size_t nmacros;
	unsigned reports;
	bool bad;
};

/* One file (or text) being read. */
struct source {
	struct parse *p;
	const struct source *by; /* the file that includes this one */
	const char *file;
	struct lex lex;
	struct lex_token token;
	int depth; /* of blocks */
	bool cut; /* given up: what is missing at the end is no news */
};

static void *
arena(struct config *c, size_t size)
{
	struct chunk *k = c->chunks;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (k == NULL || k->size - k->used < size) {
		size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;

		k = xmalloc(sizeof(*k) + room);
		*k = (struct chunk){.next = c->chunks, .size = room};
		c->chunks = k;
	}
	p = k->data + k->used;
	k->used += size;
	return p;
}

static const char *
arena_text(struct config *c, struct span s)
{
	char *p = arena(c, s.len + 1);

	if (s.len != 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

static void
report(struct parse *p, const char *file, int line, int column,
    const char *what)
{
	char *where;

	p->bad = true;
	if (p->reports++ > REPORTS_MAX)
		return;
	where = line == 0 ? xasprintf("%s", file)
			  : xasprintf("%s:%d:%d", file, line, column);
	p->o->report(p->o->arg, where,
	    p->reports > REPORTS_MAX ? "too many errors, the rest is not shown"
				     : what);
	free(where);
}

/* The next token; lexical trouble is reported and passed over. */
static bool
next(struct source *s)
{
	struct nc_err e;

	if (lex_next(&s->lex, &s->token, &e) == 0)
		return true;
	report(s->p, s->file, s->token.line, s->token.column, e.msg);
	return false;
}

static struct macro *
macro_find(const struct parse *p, struct span name)
{
	struct macro *m;

	for (m = p->macros; m != NULL; m = m->next)
		if (span_is(name, m->name))
			return m;
	return NULL;
}

/* Puts tokens into the list of a statement under construction. */
static bool
add_tokens(struct source *s, struct buf *list, const struct config_token *t,
    size_t n)
{
	if (list->len / sizeof(*t) + n > CONFIG_TOKENS_MAX) {
		report(s->p, s->file, s->token.line, s->token.column,
		    "statement too long, expected at most 4096 words");
		return false;
	}
	buf_add(list, t, n * sizeof(*t));
	return true;
}

/* A selector's text with the macros in it put in. */
static bool
expand_selector(struct source *s, struct buf *out)
{
	struct span in = s->token.text;
	struct span name;
	const struct macro *m;
	bool quoted = false;
	size_t i = 0;

	while (i < in.len) {
		char c = in.p[i];

		if (c == '"' && (i == 0 || in.p[i - 1] != '\\'))
			quoted = !quoted;
		if (c != '$' || quoted) {
			buf_addc(out, c);
			i++;
			continue;
		}
		name = (struct span){in.p + i + 1, 0};
		while (i + 1 + name.len < in.len &&
		       strchr("{},:=!~<>() \t\"$", name.p[name.len]) == NULL)
			name.len++;
		m = macro_find(s->p, name);
		if (m == NULL || m->ntokens != 1) {
			char *what = xasprintf(
			    m == NULL
				? "unknown macro $%.*s"
				: "macro $%.*s in a selector, expected one"
				  " word or string",
			    SPAN_ARG(name));

			report(s->p, s->file, s->token.line, s->token.column,
			    what);
			free(what);
			return false;
		}
		buf_addc(out, '"');
		for (const char *q = m->tokens[0].text; *q != '\0'; q++) {
			if (*q == '"' || *q == '\\')
				buf_addc(out, '\\');
			buf_addc(out, *q);
		}
		buf_addc(out, '"');
		i += 1 + name.len;
	}
	return true;
}

/* The token in hand into the statement's list. */
static bool
add_token(struct source *s, struct buf *list)
{
	struct config_token t = {.kind = s->token.kind,
	    .glued = s->token.glued,
	    .file = s->file,
	    .line = s->token.line,
	    .column = s->token.column};
	const struct macro *m;
	struct buf text = {0};
	bool good = true;

	if (t.kind == LEX_MACRO) {
		m = macro_find(s->p, s->token.text);
		if (m == NULL) {
			char *what = xasprintf("unknown macro $%.*s",
			    SPAN_ARG(s->token.text));

			report(s->p, s->file, t.line, t.column, what);
			free(what);
			return false;
		}
		for (size_t i = 0; i < m->ntokens && good; i++) {
			struct config_token u = m->tokens[i];

			u.file = t.file;
			u.line = t.line;
			u.column = t.column;
			u.glued = i == 0 ? t.glued : u.glued;
			good = add_tokens(s, list, &u, 1);
		}
		return good;
	}
	if (t.kind == LEX_SELECTOR)
		good = expand_selector(s, &text);
	else
		buf_add(&text, s->token.text.p, s->token.text.len);
	t.len = text.len;
	t.text = arena_text(s->p->config, buf_span(&text));
	buf_free(&text);
	return good && add_tokens(s, list, &t, 1);
}

static void
do_macro(struct source *s, const struct config_token *t, size_t n)
{
	struct macro *m;

	if (n < 4 || t[1].kind != LEX_WORD || strcmp(t[2].text, "=") != 0 ||
	    t[2].kind != LEX_PUNCT) {
		report(s->p, s->file, t[0].line, t[0].column,
		    "incomplete macro, expected: macro NAME = VALUE...");
		return;
	}
	m = macro_find(s->p, (struct span){t[1].text, t[1].len});
	if (m != NULL) {
		if (!m->defined)
			report(s->p, s->file, t[1].line, t[1].column,
			    "macro defined twice, expected a new name");
		return;
	}
	if (s->p->nmacros++ == MACROS_MAX) {
		report(s->p, s->file, t[0].line, t[0].column,
		    "too many macros, expected at most 1024");
		return;
	}
	m = arena(s->p->config, sizeof(*m));
	*m = (struct macro){.next = s->p->macros,
	    .name = t[1].text,
	    .tokens = t + 3,
	    .ntokens = n - 3};
	s->p->macros = m;
}

static struct config_node **read_file(struct parse *p, const char *path,
    const struct source *by, const struct config_token *at,
    struct config_node **tail);

/* Reads what matches; statements go behind tail, whose new value returns. */
static struct config_node **
do_include(struct source *s, const struct config_token *t, size_t n,
    struct config_node **tail)
{
	const char *slash = strrchr(s->file, '/');
	char *pattern;
	glob_t g;
	int rc;

	if (n != 2 || (t[1].kind != LEX_STRING && t[1].kind != LEX_WORD)) {
		report(s->p, s->file, t[0].line, t[0].column,
		    "incomplete include, expected: include \"FILE\"");
		return tail;
	}
	if (t[1].text[0] == '/' || slash == NULL)
		pattern = xstrdup(t[1].text);
	else
		pattern = xasprintf("%.*s/%s", (int)(slash - s->file), s->file,
		    t[1].text);
	rc = glob(pattern, 0, NULL, &g); /* sorted */
	if (rc == 0) {
		for (size_t i = 0; i < g.gl_pathc; i++)
			tail = read_file(s->p, g.gl_pathv[i], s, &t[1], tail);
		globfree(&g);
	} else if (rc != GLOB_NOMATCH || strpbrk(t[1].text, "*?[") == NULL)
		/* No file matching a pattern is an empty folder, not trouble;
		 * a plain name must be there, and this says why it is not. */
		tail = read_file(s->p, pattern, s, &t[1], tail);
	free(pattern);
	return tail;
}

static struct config_node *read_block(struct source *s);

/* Tokens up to the end of the statement.  The token in hand is its first;
 * afterwards it is what ended it.  False after trouble. */
static bool
read_tokens(struct source *s, struct buf *list)
{
	bool good = true;

	for (;;) {
		switch (s->token.kind) {
		case LEX_OPEN:
		case LEX_CLOSE:
		case LEX_END:
		case LEX_EOF:
			return good;
		default:
			if (good)
				good = add_token(s, list);
		}
		while (!next(s))
			good = false;
	}
}

/* One statement with its block, linked behind tail. */
static struct config_node **
read_statement(struct source *s, struct config_node **tail)
{
	struct buf list = {0};
	struct config_node *n;
	struct config_token *tokens = NULL;
	struct config_node *children = NULL;
	bool good, block = false;
	size_t count;

	good = read_tokens(s, &list);
	count = list.len / sizeof(*tokens);
	if (count != 0) {
		tokens = arena(s->p->config, list.len);
		memcpy(tokens, list.data, list.len);
	}
	buf_free(&list);
	if (s->token.kind == LEX_OPEN) {
		if (count == 0 && good)
			report(s->p, s->file, s->token.line, s->token.column,
			    "'{' alone, expected a statement before it");
		block = true;
		children = read_block(s);
	}
	if (!good || count == 0)
		return tail;
	if (!block && tokens[0].kind == LEX_WORD) {
		if (strcmp(tokens[0].text, "macro") == 0) {
			do_macro(s, tokens, count);
			return tail;
		}
		if (strcmp(tokens[0].text, "include") == 0)
			return do_include(s, tokens, count, tail);
	}
	n = arena(s->p->config, sizeof(*n));
	*n = (struct config_node){.tokens = tokens,
	    .ntokens = count,
	    .has_block = block,
	    .children = children};
	*tail = n;
	return &n->next;
}

/* The statements of a block; the token in hand is its '{', then what follows
 * its '}'. */
static struct config_node *
read_block(struct source *s)
{
	struct config_node *first = NULL, **tail = &first;
	int line = s->token.line, column = s->token.column;

	if (++s->depth > CONFIG_DEPTH_MAX) {
		report(s->p, s->file, line, column,
		    "blocks nested too deep, expected at most 32");
		s->lex.at = s->lex.in.len; /* nothing below makes sense */
		s->cut = true;
	}
	while (!next(s))
		;
	for (;;) {
		if (s->token.kind == LEX_CLOSE)
			break;
		if (s->token.kind == LEX_EOF) {
			if (!s->cut)
				report(s->p, s->file, line, column,
				    "block without an end, expected '}'");
			s->depth--;
			return first;
		}
		if (s->token.kind == LEX_END) {
			while (!next(s))
				;
			continue;
		}
		tail = read_statement(s, tail);
	}
	s->depth--;
	while (!next(s))
		;
	return first;
}

static struct config_node **
read_source(struct source *s, struct config_node **tail)
{
	while (!next(s))
		;
	while (s->token.kind != LEX_EOF) {
		if (s->token.kind == LEX_CLOSE) {
			report(s->p, s->file, s->token.line, s->token.column,
			    "'}' without its '{'");
			s->token.kind = LEX_END;
		}
		if (s->token.kind == LEX_END) {
			while (!next(s))
				;
			continue;
		}
		tail = read_statement(s, tail);
	}
	return tail;
}

/* The place of the first byte that is not UTF-8, reported. */
static bool
check_utf8(struct source *s, struct span text)
{
	int line = 1, column = 1;
	uint32_t cp;

	if (utf8_valid(text))
		return true;
	for (;;) {
		size_t n = utf8_decode(text, &cp);

		if (cp == UTF8_BAD)
			break;
		column = cp == '\n' ? 1 : column + 1;
		line += cp == '\n';
		text = (struct span){text.p + n, text.len - n};
	}
	report(s->p, s->file, line, column, "not UTF-8");
	return false;
}

static struct config_node **
read_text(struct parse *p, struct span text, const char *file,
    const struct source *by, struct config_node **tail)
{
	struct source s = {.p = p, .by = by};

	s.file = arena_text(p->config, span_of(file));
	s.depth = by != NULL ? by->depth : 0;
	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = (struct span){text.p + 3, text.len - 3};
	if (!check_utf8(&s, text))
		return tail;
	lex_init(&s.lex, text);
	tail = read_source(&s, tail);
	lex_free(&s.lex);
	return tail;
}

static struct config_node **
read_file(struct parse *p, const char *path, const struct source *by,
    const struct config_token *at, struct config_node **tail)
{
	const struct source *up;
	struct buf b = {0};
	struct nc_err e;
	int depth = 0;

	for (up = by; up != NULL; up = up->by)
		if (++depth >= CONFIG_DEPTH_MAX ||
		    strcmp(up->file, path) == 0) {
			report(p, at->file, at->line, at->column,
			    "file includes itself");
			return tail;
		}
	if (afile_read(path, CONFIG_FILE_MAX, &b, &e) == -1) {
		if (at != NULL)
			report(p, at->file, at->line, at->column, e.msg);
		else if (strncmp(e.msg, path, strlen(path)) == 0 &&
			 strncmp(e.msg + strlen(path), ": ", 2) == 0)
			report(p, path, 0, 0, e.msg + strlen(path) + 2);
		else
			report(p, path, 0, 0, e.msg);
	} else
		tail = read_text(p, buf_span(&b), path, by, tail);
	buf_free(&b);
	return tail;
}

/* "name=value" options become macros that the files cannot override. */
static void
define(struct parse *p, const char *text)
{
	struct source s = {.p = p, .file = "-D"};
	struct config_node *none = NULL;
	char *line = xasprintf("macro %s", text);

	lex_init(&s.lex, span_of(line));
	read_source(&s, &none);
	lex_free(&s.lex);
	free(line);
	if (p->macros != NULL)
		p->macros->defined = true;
}

static struct config *
parse(const struct config_options *o, const char *path, const struct span *text)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct parse p = {.o = o, .config = c};

	for (size_t i = 0; o->defines != NULL && o->defines[i] != NULL; i++)
		define(&p, o->defines[i]);
	if (text != NULL)
		read_text(&p, *text, path, NULL, &c->first);
	else
		read_file(&p, path, NULL, NULL, &c->first);
	if (p.bad) {
		config_free(c);
		return NULL;
	}
	return c;
}

struct config *
config_read(const char *path, const struct config_options *o)
{
	return parse(o, path, NULL);
}

struct config *
config_parse(struct span text, const char *name, const struct config_options *o)
{
	return parse(o, name, &text);
}

void
config_free(struct config *c)
{
	struct chunk *k, *after;

	if (c == NULL)
		return;
	for (k = c->chunks; k != NULL; k = after) {
		after = k->next;
		free(k);
	}
	free(c);
}

const struct config_node *
config_first(const struct config *c)
{
	return c->first;
}

int
config_error(const struct config_options *o, const struct config_node *n,
    size_t i, const char *fmt, ...)
{
	const struct config_token
	    *t = &n->tokens[i < n->ntokens ? i : n->ntokens - 1];
	char *where, *what;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (len == -1)
		return -1;
	where = xasprintf("%s:%d:%d", t->file, t->line, t->column);
	o->report(o->arg, where, what);
	free(where);
	free(what);
	return -1;
}

const struct config_token *
config_peek(const struct config_cursor *c)
{
	return c->at < c->node->ntokens ? &c->node->tokens[c->at] : NULL;
}

bool
config_accept(struct config_cursor *c, const char *word)
{
	const struct config_token *t = config_peek(c);

	if (t == NULL || (t->kind != LEX_WORD && t->kind != LEX_PUNCT) ||
	    strcmp(t->text, word) != 0)
		return false;
	c->at++;
	return true;
}

/* "'x' here, expected WHAT", or "nothing behind 'x', expected WHAT". */
static int
expected(const struct config_cursor *c, const char *what)
{
	const struct config_token *t = config_peek(c);

	if (t != NULL)
		return config_error(c->o, c->node, c->at,
		    "'%s' here, expected %s", t->text, what);
	return config_error(c->o, c->node, c->at,
	    "nothing behind '%s', expected %s",
	    c->node->tokens[c->node->ntokens - 1].text, what);
}

int
config_expect(struct config_cursor *c, const char *word)
{
	char quoted[64];

	if (config_accept(c, word))
		return 0;
	snprintf(quoted, sizeof(quoted), "'%s'", word);
	return expected(c, quoted);
}

int
config_text(struct config_cursor *c, const char *what, const char **text)
{
	const struct config_token *t = config_peek(c);

	if (t == NULL || (t->kind != LEX_WORD && t->kind != LEX_STRING))
		return expected(c, what);
	*text = t->text;
	c->at++;
	return 0;
}

static struct span
token_span(const struct config_token *t)
{
	return (struct span){t->text, t->len};
}

int
config_duration(struct config_cursor *c, const char *what, double *seconds)
{
	const struct config_token *t = config_peek(c);

	if (t == NULL || t->kind != LEX_WORD ||
	    parse_duration(token_span(t), seconds, NULL) == -1)
		return expected(c, what);
	c->at++;
	return 0;
}

int
config_number(struct config_cursor *c, const char *what, double *number)
{
	const struct config_token *t = config_peek(c);

	if (t == NULL || t->kind != LEX_WORD ||
	    parse_number(token_span(t), number, NULL) == -1)
		return expected(c, what);
	c->at++;
	return 0;
}

int
config_end(struct config_cursor *c)
{
	if (config_peek(c) != NULL)
		return expected(c, "the end of the statement");
	if (c->node->has_block)
		return config_error(c->o, c->node, c->at,
		    "'{' here, expected the end of the statement");
	return 0;
}

int
config_block(struct config_cursor *c)
{
	if (config_peek(c) != NULL)
		return expected(c, "'{'");
	if (!c->node->has_block)
		return expected(c, "'{'");
	return 0;
}
