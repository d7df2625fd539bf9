/* SPDX-License-Identifier: MIT */
/* manage: see manage.h. */
#include "manage.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "sources.h"
#include "tool.h"

#define ARGS_MAX 32

static const struct {
	const char *word;
	bool changes;
} deeds[DEED_COUNT] = {
    [DEED_LIST] = {"list", false},
    [DEED_WHY] = {"why", false},
    [DEED_HISTORY] = {"history", false},
    [DEED_RULES] = {"rules", false},
    [DEED_ACK] = {"ack", true},
    [DEED_UNACK] = {"unack", true},
    [DEED_SILENCE] = {"silence", true},
    [DEED_UNSILENCE] = {"unsilence", true},
    [DEED_MAINTENANCE] = {"maintenance", true},
};

const char *
deed_word(enum deed d)
{
	return deeds[d].word;
}

bool
deed_changes(enum deed d)
{
	return deeds[d].changes;
}

enum deed
deed_named(struct span word)
{
	unsigned d;

	for (d = 0; d < DEED_COUNT; d++)
		if (span_is(word, deeds[d].word))
			break;
	return (enum deed)d;
}

/* An argument list in the making. */
struct args {
	char *at[ARGS_MAX + 1];
	size_t n;
};

static void
add(struct args *a, struct span s)
{
	if (a->n < ARGS_MAX)
		a->at[a->n++] = xmemdup0(s.p, s.len);
}

static void
args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->at[i]);
	*a = (struct args){0};
}

/* A word that no shell takes for anything else. */
static void
quote(struct buf *b, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./:@%,";
	const char *p;

	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		buf_adds(b, word);
		return;
	}
	buf_addc(b, '\'');
	for (p = word; *p != '\0'; p++) {
		if (*p == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addc(b, *p);
	}
	buf_addc(b, '\'');
}

static void
quote_all(struct buf *b, char *const *argv)
{
	for (size_t i = 0; argv[i] != NULL; i++) {
		if (i != 0)
			buf_addc(b, ' ');
		quote(b, argv[i]);
	}
	buf_addc(b, '\0');
}

/* The first word that is a duration, with what stands before and behind;
 * from the second on, so that a fingerprint of digits is none. */
static bool
split(struct span said, struct span *subject, struct span *time,
    struct span *rest)
{
	struct span left = said, word;
	double seconds;
	bool first = true;

	while (str_word(&left, &word)) {
		if (!first && parse_duration(word, &seconds, NULL) == 0) {
			subject->p = said.p;
			subject->len = (size_t)(word.p - said.p);
			*subject = str_trim(*subject);
			*time = word;
			*rest = str_trim(left);
			return true;
		}
		first = false;
	}
	return false;
}

static int
add_words(struct args *a, enum deed d, struct span said, struct nc_err *e)
{
	struct span subject, time, rest = {0}, left = said;

	switch (d) {
	case DEED_ACK:
		if (!split(said, &subject, &time, &rest) ||
		    memchr(subject.p, ' ', subject.len) != NULL) {
			time = (struct span){0};
			if (!str_word(&left, &subject))
				break;
			rest = str_trim(left);
		}
		add(a, subject);
		if (time.len != 0) {
			add(a, span_of("-t"));
			add(a, time);
		}
		if (rest.len != 0) {
			add(a, span_of("-m"));
			add(a, rest);
		}
		return 0;
	case DEED_SILENCE:
	case DEED_MAINTENANCE:
		if (!split(said, &subject, &time, &rest) || rest.len == 0)
			return err_set(e, 0,
			    "%s: who, for how long and why are needed: "
			    "'vm{name=web*} 2h new kernel'",
			    deeds[d].word);
		add(a, subject);
		add(a, span_of("-t"));
		add(a, time);
		add(a, span_of("-m"));
		add(a, rest);
		return 0;
	case DEED_LIST:
		if (said.len != 0)
			add(a, said); /* a selector may hold blanks */
		return 0;
	case DEED_RULES:
		return 0;
	case DEED_HISTORY:
		while (str_word(&left, &subject))
			add(a, subject);
		return 0;
	default:
		if (!str_word(&left, &subject))
			break;
		add(a, subject);
		return 0;
	}
	return err_set(e, 0, "%s: which alert?", deeds[d].word);
}

/* The same by ssh: its words, the destination, and a line for the shell of
 * that host. */
static void
wrap(struct args *a, const char *destination)
{
	struct buf line = {0};
	struct args outer = {0};
	const char *const *word;

	quote_all(&line, a->at);
	for (word = sources_ssh_words(); *word != NULL; word++)
		add(&outer, span_of(*word));
	add(&outer, span_of(destination));
	add(&outer, span_of(line.data));
	buf_free(&line);
	args_free(a);
	*a = outer;
}

int
manage_line(enum deed d, struct span said, bool dry_run,
    const char *destination, struct manage_line *line, struct nc_err *e)
{
	struct args a = {0};
	struct buf shown = {0};

	add(&a, span_of("nc-alert"));
	add(&a, span_of(deeds[d].word));
	if (dry_run)
		add(&a, span_of("--dry-run"));
	if (add_words(&a, d, str_trim(said), e) == -1) {
		args_free(&a);
		return -1;
	}
	if (destination != NULL)
		wrap(&a, destination);
	quote_all(&shown, a.at);
	if (destination == NULL) { /* shown without the folder it is in */
		free(a.at[0]);
		a.at[0] = tool_path("nc-alert");
	}
	line->shown = shown.data;
	line->argv = xcalloc(a.n + 1, sizeof(*line->argv));
	memcpy(line->argv, a.at, a.n * sizeof(*line->argv));
	return 0;
}

void
manage_line_free(struct manage_line *line)
{
	for (size_t i = 0; line->argv != NULL && line->argv[i] != NULL; i++)
		free(line->argv[i]);
	free(line->argv);
	free(line->shown);
	*line = (struct manage_line){0};
}
