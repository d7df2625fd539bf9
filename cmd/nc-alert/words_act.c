/* SPDX-License-Identifier: MIT */
/*
 * words_act: what operators do: one line of the actions log each, which the
 * running nc-alert, or the next one, reads.  Says where it was written.
 */
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exitcode.h"
#include "base/mem.h"
#include "base/str.h"
#include "words_priv.h"

/* A silence that is longer is one that was forgotten. */
#define SILENCE_MAX (30 * 86400.0)

struct act {
	struct view *v;
	struct buf line; /* the record, with its LF */
	char id[EPISODE_ID_SIZE]; /* of a silence */
};

static int
take_line(void *arg, const char *line, size_t len)
{
	struct act *a = arg;

	buf_add(&a->line, line, len);
	return 0;
}

/* Who is at the keyboard: also behind sudo(8). */
static char *
author_of(const struct words_options *o)
{
	static const char *const names[] = {"SUDO_USER", "LOGNAME", "USER"};
	const struct passwd *p;
	const char *name;

	if (o->author != NULL)
		return xstrdup(o->author);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((name = getenv(names[i])) != NULL && *name != '\0')
			return xstrdup(name);
	if ((p = getpwuid(geteuid())) != NULL)
		return xstrdup(p->pw_name);
	return xasprintf("uid %ld", (long)geteuid());
}

static struct frame *
begin(struct act *a, const char *action)
{
	struct frame *f = frame_new(take_line, a);
	char *author = author_of(a->v->o);

	frame_origin(f, "", "nc-alert");
	frame_clock(f, floor(a->v->o->now * 1e3) / 1e3, (double)NAN);
	frame_begin(f, RECORD_ACTION, "", (struct span){NULL, 0});
	frame_text(f, "action", span_of(action));
	frame_text(f, "author", span_of(author));
	if (a->v->o->reason != NULL)
		frame_text(f, "reason", span_of(a->v->o->reason));
	free(author);
	return f;
}

/* Into the log, unless it is only to be seen. */
static int
write_down(struct act *a)
{
	const struct words_options *o = a->v->o;
	struct nc_err e;

	if (o->dry_run) {
		if (o->json)
			fwrite(a->line.data, 1, a->line.len, stdout);
		return NC_EXIT_OK;
	}
	if (keep_append(o->state, buf_span(&a->line), &e) == -1) {
		diag_say(a->v->diag, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	if (o->json)
		fwrite(a->line.data, 1, a->line.len, stdout);
	return NC_EXIT_OK;
}

static void
say_where(const struct view *v)
{
	if (!v->o->json)
		printf("%s %s/actions.ndjson\n",
		    v->o->dry_run ? "nothing was written to" : "written to",
		    v->o->state);
}

/* --- ack --------------------------------------------------------------------- */

static int
act_on(struct view *v, struct episode *ep)
{
	struct act a = {.v = v};
	struct frame *f = begin(&a, v->o->word);
	struct buf b = {0};
	int status;

	if (!isnan(v->o->seconds))
		frame_number(f, "expires",
		    floor((v->o->now + v->o->seconds) * 1e3) / 1e3);
	frame_text(f, "episode", span_of(ep->id));
	frame_end(f);
	frame_free(f);
	status = write_down(&a);
	buf_free(&a.line);
	if (status == NC_EXIT_OK && v->o->json && v->o->dry_run)
		view_record(v, ep);
	if (status != NC_EXIT_OK || v->o->json)
		return status;
	buf_addf(&b, "%s %s on %s %s", v->o->word, ep->rule->name,
	    ep->target->subject->host, ep->target->subject->id);
	if (!isnan(v->o->seconds)) {
		buf_adds(&b, " until ");
		view_time(&b, v->o->now + v->o->seconds);
	} else if (strcmp(v->o->word, "ack") == 0)
		buf_adds(&b, " until it is over");
	view_text(buf_span(&b));
	putchar('\n');
	buf_free(&b);
	return status;
}

static int
ack(struct view *v)
{
	struct episode **list;
	int n = v->o->noperands, status = NC_EXIT_OK, got;

	if (n == 0) {
		diag_say(v->diag, DIAG_ERROR, NULL,
		    "%s: which?  see \"nc-alert list\"", v->o->word);
		return NC_EXIT_USAGE;
	}
	list = xcalloc((size_t)n, sizeof(*list));
	for (int i = 0; i < n; i++)
		if ((list[i] = view_find(v, v->o->operands[i])) == NULL)
			status = NC_EXIT_FAILED;
	for (int i = 0; i < n && status == NC_EXIT_OK; i++)
		if ((got = act_on(v, list[i])) != NC_EXIT_OK)
			status = got;
	free(list);
	if (status == NC_EXIT_OK)
		say_where(v);
	return status;
}

/* --- silence ------------------------------------------------------------------- */

/* A beginning of a fingerprint, or a selector.  Owned; NULL: reported. */
static char *
what_is_meant(struct view *v, const char *operand)
{
	struct selector *s;
	struct episode *ep;
	struct nc_err e;
	bool metrics;

	if (strlen(operand) >= 6 &&
	    strspn(operand, "0123456789abcdef") == strlen(operand)) {
		if ((ep = view_find(v, operand)) == NULL)
			return NULL;
		return xasprintf("*{fingerprint=\"%s\"}", ep->fingerprint);
	}
	if ((s = selector_parse(span_of(operand), &e)) == NULL) {
		diag_say(v->diag, DIAG_ERROR, operand, "%s", e.msg);
		return NULL;
	}
	metrics = selector_has_metrics(s);
	selector_free(s);
	if (metrics) {
		diag_say(v->diag, DIAG_ERROR, operand,
		    "alerts have no metrics, expected an entity");
		return NULL;
	}
	if (strcmp(operand, "*") == 0 || strstr(operand, "!") != NULL)
		diag_say(v->diag, DIAG_WARN, operand,
		    "mutes all but what it names; --dry-run shows what");
	return xstrdup(operand);
}

static int
check_silence(const struct view *v)
{
	const struct words_options *o = v->o;
	const char *wants = NULL;

	if (o->noperands != 1)
		wants = "one fingerprint or selector";
	else if (isnan(o->seconds))
		wants = "how long: --for TIME";
	else if (o->reason == NULL || *o->reason == '\0')
		wants = "a reason: --reason TEXT";
	else if (o->seconds > SILENCE_MAX && !o->force)
		wants = "30 days at most, or --force";
	if (wants == NULL)
		return 0;
	diag_say(v->diag, DIAG_ERROR, NULL, "%s: expected %s", o->word, wants);
	return -1;
}

/* What it mutes of what is open now. */
static void
preview(struct view *v, const char *text)
{
	struct selector *s = selector_parse(span_of(text), NULL);
	struct episode *ep = NULL;
	size_t n = 0;

	while (s != NULL && (ep = view_next(v, ep)) != NULL) {
		if (!mute_matches(v->engine, s, ep))
			continue;
		if (v->o->json)
			view_record(v, ep);
		else {
			if (n == 0)
				view_head();
			view_line(v, ep);
		}
		n++;
	}
	if (!v->o->json)
		printf("%s %zu open alert%s\n",
		    v->o->dry_run ? "would mute" : "mutes", n,
		    n == 1 ? "" : "s");
	selector_free(s);
}

static int
silence(struct view *v)
{
	struct act a = {.v = v};
	struct buf b = {0};
	struct frame *f;
	char *text, now[40];
	int status;

	if (check_silence(v) == -1)
		return NC_EXIT_USAGE;
	if ((text = what_is_meant(v, v->o->operands[0])) == NULL)
		return NC_EXIT_FAILED;
	snprintf(now, sizeof(now), "%.6f %ld", v->o->now, (long)getpid());
	episode_digest(a.id, (const char *const[]){text, now, NULL});
	f = begin(&a, v->o->word);
	frame_number(f, "expires",
	    floor((v->o->now + v->o->seconds) * 1e3) / 1e3);
	frame_text(f, "selector", span_of(text));
	frame_text(f, "silence", span_of(a.id));
	frame_end(f);
	frame_free(f);
	status = write_down(&a);
	buf_free(&a.line);
	if (status == NC_EXIT_OK) {
		if (v->o->dry_run || !v->o->json)
			preview(v, text);
		if (!v->o->json && !v->o->dry_run) {
			buf_addf(&b, "%s %.8s until ", v->o->word, a.id);
			view_time(&b, v->o->now + v->o->seconds);
			puts(b.data);
			buf_free(&b);
		}
		say_where(v);
	}
	free(text);
	return status;
}

static int
unsilence(struct view *v)
{
	const struct engine *g = v->engine;
	const struct silence *found = NULL;
	struct act a = {.v = v};
	struct frame *f;
	int status;

	if (v->o->noperands != 1) {
		diag_say(v->diag, DIAG_ERROR, NULL,
		    "unsilence: which?  see \"nc-alert list\"");
		return NC_EXIT_USAGE;
	}
	for (size_t i = 0; i < g->nsilences; i++)
		if (str_starts(span_of(g->silences[i].id), v->o->operands[0])) {
			if (found != NULL) {
				diag_say(v->diag, DIAG_ERROR, v->o->operands[0],
				    "more than one begins so");
				return NC_EXIT_FAILED;
			}
			found = &g->silences[i];
		}
	if (found == NULL) {
		diag_say(v->diag, DIAG_ERROR, v->o->operands[0],
		    "no such silence or maintenance");
		return NC_EXIT_FAILED;
	}
	f = begin(&a, "unsilence");
	frame_text(f, "silence", span_of(found->id));
	frame_end(f);
	frame_free(f);
	status = write_down(&a);
	buf_free(&a.line);
	if (status == NC_EXIT_OK) {
		if (!v->o->json) {
			printf("unsilence %.8s: ", found->id);
			view_text(span_of(found->text));
			putchar('\n');
		}
		say_where(v);
	}
	return status;
}

int
words_act(struct view *v)
{
	if (strcmp(v->o->word, "unsilence") == 0)
		return unsilence(v);
	return strcmp(v->o->word, "ack") == 0 ||
		       strcmp(v->o->word, "unack") == 0
		   ? ack(v)
		   : silence(v);
}
