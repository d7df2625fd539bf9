/* SPDX-License-Identifier: MIT */
/*
 * config: the configuration grammar of all tools as a generic tree.  A file
 * is a list of statements; a statement is a row of tokens, ended by a
 * newline, a ';' or the end of its block, and may carry a block of
 * statements in braces.
 *
 *	# a comment
 *	macro fast = 5s
 *	include "conf.d/?*.conf"
 *	set interval $fast; set level detailed
 *	source exec "/usr/libexec/ipmi" {
 *		timeout 2s
 *		label rack = r12
 *	}
 *
 * "macro" and "include" are carried out here; what every other statement
 * means is for the tool.  A newline inside parentheses, or behind a
 * backslash, does not end a statement.  All trouble goes to a callback as
 * "file:line:column" and "what, expected what"; reading goes on at the next
 * statement, so one run reports all of it.  Never prints.
 */
#ifndef NC_LANG_CONFIG_H
#define NC_LANG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "lang/lex.h"

/* Bounds on input, each a clear error when passed. */
#define CONFIG_FILE_MAX (16u << 20)
#define CONFIG_DEPTH_MAX 32 /* blocks in blocks; includes in includes */
#define CONFIG_TOKENS_MAX 4096 /* in one statement */

struct config_token {
	enum lex_kind kind; /* WORD, STRING, SELECTOR or PUNCT */
	bool glued; /* touches the token before it */
	const char *text; /* NUL-terminated */
	size_t len;
	const char *file;
	int line, column; /* a macro's tokens: where the macro is used */
};

struct config_node {
	const struct config_token *tokens; /* at least one */
	size_t ntokens;
	bool has_block;
	struct config_node *children; /* first statement of the block */
	struct config_node *next;
};

struct config;

/* where is "file:line:column" or a file's name. */
typedef void config_report(void *arg, const char *where, const char *what);

struct config_options {
	config_report *report;
	void *arg;
	const char *const *defines; /* "name=value" each, NULL ends, or NULL */
};

/* Reads a file ("-": standard input).  NULL after trouble was reported. */
struct config *config_read(const char *path, const struct config_options *o);
/* The same from memory; name stands for the file in messages. */
struct config *config_parse(struct span text, const char *name,
    const struct config_options *o);
void config_free(struct config *c); /* NULL is fine; tree and tokens go */
/* First statement; walk by ->next. */
const struct config_node *config_first(const struct config *c);

/*
 * Reports "what" at the place of token i of a statement (at its last token
 * when i == ntokens) and returns -1.
 */
int config_error(const struct config_options *o, const struct config_node *n,
    size_t i, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A reader's place in the tokens of one statement. */
struct config_cursor {
	const struct config_options *o; /* borrowed: for its errors */
	const struct config_node *node;
	size_t at;
};

/* The token in hand, or NULL at the end. */
const struct config_token *config_peek(const struct config_cursor *c);
/* Passes the word or punctuation if it is next. */
bool config_accept(struct config_cursor *c, const char *word);
/* The same, or an error "expected WORD". */
int config_expect(struct config_cursor *c, const char *word);
/* The next token as text, which must be a word or a string; what names it in
 * the error ("a channel name").  Borrowed, as long as the config. */
int config_text(struct config_cursor *c, const char *what, const char **text);
/* The next token as a duration in seconds, through the strict parser. */
int config_duration(struct config_cursor *c, const char *what, double *seconds);
/* The next token as a finite number. */
int config_number(struct config_cursor *c, const char *what, double *number);
/* The statement must end here, without a block. */
int config_end(struct config_cursor *c);
/* The statement must end here, with a block. */
int config_block(struct config_cursor *c);

#endif
