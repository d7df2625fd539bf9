/* SPDX-License-Identifier: MIT */
/*
 * words: the state opened for a person: list and show.  The rules are those
 * the state was made with, unless others are given.
 */
#include "words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "words_priv.h"

static const char *const words[] = {"list", "show", "why", "history", "rules",
    "ack", "unack", "silence", "maintenance", "unsilence", NULL};

bool
words_is(const char *word)
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* --- opening ---------------------------------------------------------------- */

static int
to_nobody(void *arg, const char *line, size_t len)
{
	(void)arg;
	(void)line;
	(void)len;
	return 0;
}

static int
to_stdout(void *arg, const char *line, size_t len)
{
	(void)arg;
	fwrite(line, 1, len, stdout);
	return 0;
}

/* What was done since the last commit counts already. */
static void
take_log(struct view *v)
{
	struct decoder *d = decoder_new(v->names);
	struct buf b = {0};
	struct record r;
	struct nc_err e;
	char *line, *end;

	if (keep_log(v->o->state, v->head.actions, &b, &e) == -1)
		diag_say(v->diag, DIAG_WARN, NULL, "%s", e.msg);
	buf_reserve(&b, RECORD_PADDING);
	for (line = b.data; b.len > 0 && line < b.data + b.len;
	     line = end + 1) {
		end = memchr(line, '\n', (size_t)(b.data + b.len - line));
		if (decoder_line(d, line, (size_t)(end - line), &r, &e) == 0 &&
		    r.kind == RECORD_ACTION)
			engine_take(v->engine, &r);
	}
	decoder_free(d);
	buf_free(&b);
}

static int
view_open(struct view *v)
{
	const struct words_options *o = v->o;
	struct nc_err e = {0};
	struct pack_in u;
	int rc;

	if (keep_peek(o->state, &v->bytes, &v->head, &u, &e) == -1) {
		diag_say(v->diag, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	rc = o->config != NULL
		 ? rules_read(o->config, o->defines, v->diag, &v->rules)
		 : rules_read(v->head.config,
		       (const char *const *)v->head.defines, v->diag,
		       &v->rules);
	if (rc == -1)
		return NC_EXIT_USAGE;
	v->names = intern_new(0);
	v->frame = frame_new(to_nobody, NULL);
	v->lines = frame_new(to_stdout, NULL);
	v->engine = engine_new(&v->rules, v->names, v->frame);
	if (engine_load(v->engine, &u, &e) == -1) {
		diag_say(v->diag, DIAG_ERROR, NULL, "%s: %s", o->state, e.msg);
		return NC_EXIT_FAILED;
	}
	take_log(v);
	return NC_EXIT_OK;
}

static void
view_close(struct view *v)
{
	engine_free(v->engine);
	frame_free(v->frame);
	frame_free(v->lines);
	intern_free(v->names);
	rules_free(&v->rules);
	keep_head_free(&v->head);
	buf_free(&v->bytes);
}

/* --- episodes --------------------------------------------------------------- */

struct episode *
view_next(const struct view *v, const struct episode *after)
{
	bool found = after == NULL;
	uint32_t cursor = 0;
	struct host *h;
	void *p;

	if (after != NULL && after->next != NULL)
		return after->next;
	while (map_next(v->engine->hosts, &cursor, NULL, &p)) {
		h = p;
		if (found && h->first != NULL)
			return h->first;
		found = found || after->target->host == h;
	}
	return NULL;
}

struct episode *
view_find(struct view *v, const char *name)
{
	struct episode *ep = NULL, *found = NULL;

	while ((ep = view_next(v, ep)) != NULL) {
		if (!str_starts(span_of(ep->fingerprint), name) &&
		    !str_starts(span_of(ep->id), name))
			continue;
		if (found != NULL) {
			diag_say(v->diag, DIAG_ERROR, name,
			    "more than one open alert begins so");
			return NULL;
		}
		found = ep;
	}
	if (found == NULL)
		diag_say(v->diag, DIAG_ERROR, name,
		    "no open alert has such a fingerprint or episode");
	return found;
}

void
view_record(struct view *v, const struct episode *ep)
{
	struct emit_change c = {.episode = ep,
	    .subject = ep->target->subject,
	    .change = CHANGE_UPDATE,
	    .now = ep->target->host->now};

	fleet_now(v->engine->fleet, c.now, ep->target->host->listening);
	emit_alert(v->lines, v->engine->fleet, &c);
}

void
view_time(struct buf *b, double ts)
{
	struct zone *z = zone_open(getenv("TZ"), NULL);

	zone_format(z, ts, 0, b);
	zone_free(z);
}

void
view_text(struct span s)
{
	struct buf b = {0};

	utf8_escape(&b, s);
	if (b.len > 0)
		fwrite(b.data, 1, b.len, stdout);
	buf_free(&b);
}

void
view_head(void)
{
	printf("%-8s  %-4s  %-25s  %s\n", "FP", "SEV", "SINCE", "ALERT");
}

void
view_line(struct view *v, const struct episode *ep)
{
	const struct subject *s = ep->target->subject;
	struct buf b = {0};

	(void)v;
	view_time(&b, ep->start);
	printf("%.8s  %-4s  %-25s  ", ep->fingerprint,
	    severity_name((enum severity)ep->severity), b.data);
	buf_clear(&b);
	buf_addf(&b, "%s on %s", ep->rule->name, s->host);
	if (strcmp(s->entity, "host") != 0)
		buf_addf(&b, " %s %s", s->entity, s->id);
	if (ep->acked)
		buf_addf(&b, "  acked by %s",
		    ep->ack_author != NULL ? ep->ack_author : "somebody");
	if (ep->flapping)
		buf_adds(&b, "  flapping");
	for (size_t i = 0; i < ep->nmuted; i++)
		buf_addf(&b, "%s%s", i == 0 ? "  muted by " : ", ",
		    ep->muted[i]);
	view_text(buf_span(&b));
	putchar('\n');
	buf_free(&b);
}

/* --- list and show ----------------------------------------------------------- */

static void
show_silence(struct view *v, const struct silence *s)
{
	struct frame *f = v->lines;
	struct buf b = {0};

	if (v->o->json) {
		frame_origin(f, "", "nc-alert");
		frame_clock(f, s->ts, (double)NAN);
		frame_begin(f, RECORD_ACTION, "", (struct span){NULL, 0});
		frame_text(f, "action",
		    span_of(s->maintenance ? "maintenance" : "silence"));
		frame_text(f, "author", span_of(s->author));
		frame_text(f, "reason", span_of(s->reason));
		frame_number(f, "expires", s->expires);
		frame_text(f, "selector", span_of(s->text));
		frame_text(f, "silence", span_of(s->id));
		frame_end(f);
		return;
	}
	buf_addf(&b, "%.8s  %s of %s by %s until ", s->id,
	    s->maintenance ? "maintenance" : "silence", s->text, s->author);
	view_time(&b, s->expires);
	buf_addf(&b, ": %s", s->reason);
	view_text(buf_span(&b));
	putchar('\n');
	buf_free(&b);
}

static int
list(struct view *v)
{
	struct engine *g = v->engine;
	struct selector *only = NULL;
	struct episode *ep = NULL;
	struct nc_err e;
	size_t n = 0;

	if (v->o->noperands > 1) {
		diag_say(v->diag, DIAG_ERROR, NULL,
		    "list: expected one selector at most");
		return NC_EXIT_USAGE;
	}
	if (v->o->noperands == 1 &&
	    (only = selector_parse(span_of(v->o->operands[0]), &e)) == NULL) {
		diag_say(v->diag, DIAG_ERROR, v->o->operands[0], "%s", e.msg);
		return NC_EXIT_USAGE;
	}
	while ((ep = view_next(v, ep)) != NULL) {
		if (only != NULL && !mute_matches(g, only, ep))
			continue;
		if (v->o->json)
			view_record(v, ep);
		else {
			if (n++ == 0)
				view_head();
			view_line(v, ep);
		}
	}
	for (size_t i = 0; i < g->nsilences; i++)
		if (g->silences[i].expires > v->o->now)
			show_silence(v, &g->silences[i]);
	selector_free(only);
	return NC_EXIT_OK;
}

/* Each member of the record on a line. */
static int
show_fields(void *arg, const char *line, size_t len)
{
	struct view *v = arg;
	char padded[FRAME_LINE_MAX + RECORD_PADDING] = {0};
	struct decoder *d = decoder_new(v->names);
	struct record r;
	struct nc_err e;

	memcpy(padded, line, len - 1);
	if (decoder_line(d, padded, len - 1, &r, &e) == 0) {
		printf("%-12s ", "host");
		view_text(r.host);
		printf("\n%-12s ", "entity");
		view_text(r.entity);
		printf("\n%-12s ", "id");
		view_text(r.id);
		putchar('\n');
		for (size_t i = 0; i < r.nlabels; i++) {
			printf("%-12s ", "label");
			view_text(r.labels[i].key);
			fputs(" = ", stdout);
			view_text(r.labels[i].value);
			putchar('\n');
		}
		for (size_t i = 0; i < r.nfields; i++) {
			if (span_is(r.fields[i].key, "change") ||
			    span_is(r.fields[i].key, "event_id"))
				continue;
			printf("%-12.*s ", SPAN_ARG(r.fields[i].key));
			view_text(r.fields[i].text.p != NULL ? r.fields[i].text
							     : r.fields[i].raw);
			putchar('\n');
		}
	}
	decoder_free(d);
	return 0;
}

static int
show(struct view *v)
{
	struct frame *as_record = v->lines;
	struct frame *as_fields = frame_new(show_fields, v);
	struct episode *ep;
	int status = NC_EXIT_OK;

	if (v->o->noperands == 0) {
		diag_say(v->diag, DIAG_ERROR, NULL,
		    "show: which?  see \"nc-alert list\"");
		status = NC_EXIT_USAGE;
	}
	if (!v->o->json)
		v->lines = as_fields;
	for (int i = 0; i < v->o->noperands; i++) {
		if ((ep = view_find(v, v->o->operands[i])) == NULL)
			status = NC_EXIT_FAILED;
		else
			view_record(v, ep);
	}
	v->lines = as_record;
	frame_free(as_fields);
	return status;
}

int
words_run(const struct words_options *o, struct diag *diag)
{
	struct view v = {.o = o, .diag = diag};
	int status = view_open(&v);

	if (status != NC_EXIT_OK)
		;
	else if (strcmp(o->word, "list") == 0)
		status = list(&v);
	else if (strcmp(o->word, "show") == 0)
		status = show(&v);
	else if (strcmp(o->word, "why") == 0)
		status = words_why(&v);
	else if (strcmp(o->word, "history") == 0)
		status = words_history(&v);
	else if (strcmp(o->word, "rules") == 0)
		status = words_rules(&v);
	else
		status = words_act(&v);
	view_close(&v);
	return status;
}
