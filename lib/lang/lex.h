/* SPDX-License-Identifier: MIT */
/*
 * lex: characters to tokens for the configuration grammar that all tools
 * share.  Words are generous (10s, 10%, 5GiB, vm-*, 02:00-04:00, hv0? are
 * single words); what they mean is for the reader of a statement.  A brace
 * that touches the word before it belongs to a selector, which is one token.
 * Never prints, never opens files.
 */
#ifndef NC_LANG_LEX_H
#define NC_LANG_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum lex_kind {
	LEX_WORD, /* bare word */
	LEX_STRING, /* double-quoted, unescaped in text */
	LEX_SELECTOR, /* word with a glued {...}[:metrics], braces included */
	LEX_MACRO, /* $name, the name in text */
	LEX_PUNCT, /* ( ) , = == != =~ !~ < <= > >= ! ~ */
	LEX_OPEN, /* { */
	LEX_CLOSE, /* } */
	LEX_END, /* end of a statement: newline or ; */
	LEX_EOF
};

struct lex {
	struct span in; /* borrowed */
	size_t at;
	int line, column; /* of in.p[at], from 1 */
	int parens; /* open parentheses: newlines inside do not end */
	struct buf text; /* of the latest token */
};

struct lex_token {
	enum lex_kind kind;
	struct span text; /* NUL-terminated; until the next lex_next() */
	int line, column; /* where it begins, from 1 */
	bool glued; /* touches the token before it */
};

/* Starts reading in (valid UTF-8 is checked as it goes). */
void lex_init(struct lex *l, struct span in);
void lex_free(struct lex *l);
/* The next token: 0, or -1 with "what, expected what" in *e and the place in
 * t->line, t->column; the offending byte is skipped, so reading may go on. */
int lex_next(struct lex *l, struct lex_token *t, struct nc_err *e);

#endif
