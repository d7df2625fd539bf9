/* SPDX-License-Identifier: MIT */
/*
 * slack: an incoming webhook, or a bot that keeps a thread: what follows is
 * posted below the first message, which is edited to show how things are now.
 * Words of alerts are plain_text, which Slack does not read as more (its
 * Block Kit reference); where it does, & < > are escaped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "kept.h"
#include "kinds.h"
#include "service.h"
#include "stream/json.h"
#include "text.h"

/* Characters: a section has 3,000; all blocks about 13,200. */
#define SECTION_CHARS 3000u
#define BODY_CHARS 11000u
#define TITLE_CHARS 1000u

/* Slack's own three (api.slack.com, "Formatting text"). */
static void
add_escaped(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '&')
			buf_adds(b, "&amp;");
		else if (s.p[i] == '<')
			buf_adds(b, "&lt;");
		else if (s.p[i] == '>')
			buf_adds(b, "&gt;");
		else
			buf_addc(b, s.p[i]);
	}
}

static void
add_section(struct json *blocks, struct span text)
{
	struct json *o = json_new(JSON_KIND_OBJECT),
		    *t = json_new(JSON_KIND_OBJECT);

	service_puts(t, "type", "plain_text");
	service_put(t, "text", text);
	json_set(t, "emoji", json_new_boolean(false));
	service_puts(o, "type", "section");
	json_set(o, "text", t);
	json_append(blocks, o);
}

static struct json *
attachment(const struct sending *s, struct span title)
{
	struct json *o = json_new(JSON_KIND_OBJECT),
		    *blocks = json_new(JSON_KIND_ARRAY);
	struct buf text = {0};
	struct span rest, piece;

	text_body(s, BODY_CHARS, TEXT_CHARS, &text);
	rest = text.len != 0 ? buf_span(&text) : title;
	while (rest.len != 0) {
		piece = text_front(rest, SECTION_CHARS, TEXT_CHARS);
		add_section(blocks, piece);
		rest.p += piece.len;
		rest.len -= piece.len;
	}
	service_puts(o, "color", text_colour(s));
	service_put(o, "fallback", title);
	json_set(o, "blocks", blocks);
	buf_free(&text);
	return o;
}

/* prefix: before the title of a message that stands for a whole incident. */
static struct json *
message(const struct sending *s, const char *prefix)
{
	struct json *o = json_new(JSON_KIND_OBJECT),
		    *list = json_new(JSON_KIND_ARRAY);
	struct buf title = {0}, text = {0};

	text_title(s, TITLE_CHARS, TEXT_CHARS, &title);
	buf_adds(&text, prefix);
	add_escaped(&text, buf_span(&title));
	service_put(o, "text", buf_span(&text));
	json_append(list, attachment(s, buf_span(&title)));
	json_set(o, "attachments", list);
	json_set(o, "unfurl_links", json_new_boolean(false));
	json_set(o, "unfurl_media", json_new_boolean(false));
	buf_free(&title);
	buf_free(&text);
	return o;
}

/* --- the bot -------------------------------------------------------------- */

static bool
is_bot(const struct sending *s)
{
	return s->channel->target.kind == SECRET_NONE &&
	       strcmp(s->channel->targets[0], "bot") == 0;
}

/* The first message of the thread: "CHANNEL TS ID", as we kept it. */
struct root {
	struct buf line;
	struct span channel, ts, id;
};

static bool
root_read(const struct sending *s, struct root *r)
{
	struct span rest;

	*r = (struct root){.line = {0}};
	kept_read(s, &r->line);
	rest = buf_span(&r->line);
	return rest.len != 0 && str_word(&rest, &r->channel) &&
	       str_word(&rest, &r->ts) && str_word(&rest, &r->id);
}

static int
build_bot(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct root r;
	struct json *o;
	bool root = root_read(s, &r);
	/* One that made the thread, and comes again, has arrived. */
	bool done = step > (root ? 1 : 0) || (root && span_equal(r.id, s->id));

	if (!done) {
		bool edit = root && step == 0;

		service_endpoint(s, "https://slack.com/api", &q->url);
		buf_adds(&q->url, edit ? "/chat.update" : "/chat.postMessage");
		o = message(s,
		    edit && s->alert->incident.len != 0 ? "latest: " : "");
		if (edit)
			service_put(o, "channel", r.channel);
		else
			service_puts(o, "channel",
			    s->recipient != NULL ? s->recipient
						 : service_text(s, "to", ""));
		if (root)
			service_put(o, edit ? "ts" : "thread_ts", r.ts);
		service_header(q, "Content-Type",
		    span_of("application/json; charset=utf-8"));
		json_dump(o, &q->body);
		json_free(o);
	}
	buf_free(&r.line);
	if (done)
		return 1;
	return service_auth(s, q, "Authorization", "Bearer ", "secret", e);
}

static void
keep_root(const struct sending *s, const struct json *j)
{
	struct span channel = json_text(json_member(j, "channel"),
			(struct span){NULL, 0}),
		    ts = json_text(json_member(j, "ts"),
			(struct span){NULL, 0});
	struct buf line = {0};
	struct root r;

	if (!root_read(s, &r) && channel.len != 0 && ts.len != 0 &&
	    memchr(channel.p, ' ', channel.len) == NULL &&
	    memchr(ts.p, ' ', ts.len) == NULL) {
		buf_addf(&line, "%.*s %.*s %.*s", SPAN_ARG(channel),
		    SPAN_ARG(ts), SPAN_ARG(s->id));
		kept_write(s, buf_span(&line));
	}
	buf_free(&r.line);
	buf_free(&line);
}

static bool
is_one_of(struct span word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (span_is(word, *words))
			return true;
	return false;
}

/* 200 says nothing yet: "ok" does. */
static void
judge_bot(const struct sending *s, unsigned step, const struct http_reply *r,
    struct outcome *o, char *why, size_t size)
{
	static const char *const passing[] = {"ratelimited", "rate_limited",
	    "internal_error", "service_unavailable", "fatal_error",
	    "request_timeout", NULL};
	static const char *const gone[] = {"message_not_found",
	    "cant_update_message", "edit_window_closed", "is_inactive", NULL};
	static const char *const ours[] = {"invalid_auth", "not_authed",
	    "token_revoked", "token_expired", "account_inactive",
	    "missing_scope", NULL};
	struct json *j;
	struct span error;

	if (o->verdict != VERDICT_SENT)
		return;
	j = json_parse(r->body, NULL);
	error = text_word(
	    json_text(json_member(j, "error"), (struct span){NULL, 0}));
	if (json_truth(json_member(j, "ok"), false)) {
		keep_root(s, j);
	} else if (j == NULL) {
		o->verdict = VERDICT_RETRY;
		o->maybe = true;
		o->message = "an answer that is not JSON";
	} else if (step > 0 || !is_one_of(error, gone)) {
		/* What cannot be edited any more is still followed. */
		o->verdict = is_one_of(error, passing) ? VERDICT_RETRY
						       : VERDICT_DEAD;
		o->off = is_one_of(error, ours);
		str_copy(why, size,
		    error.len != 0 ? error : span_of("refused"));
		o->message = why;
	}
	json_free(j);
}

/* --- both ----------------------------------------------------------------- */

static int
build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	if (is_bot(s))
		return build_bot(s, step, q, e);
	if (step > 0)
		return 1;
	service_json(q, message(s, ""));
	return service_target(s, &q->url, e);
}

/* A webhook answers "ok", or with a word for what is wrong. */
static void
judge(const struct sending *s, unsigned step, const struct http_reply *r,
    struct outcome *o, char *why, size_t size)
{
	struct span word = text_word(str_trim(r->body));

	if (is_bot(s)) {
		judge_bot(s, step, r, o, why, size);
	} else if (o->verdict == VERDICT_SENT && !span_is(word, "ok")) {
		o->verdict = VERDICT_RETRY;
		o->maybe = true;
		o->message = "an answer that is not ok";
	} else if (o->verdict == VERDICT_DEAD && word.len != 0) {
		str_copy(why, size, word);
		o->message = why;
	}
}

static int
check(const struct channel *c, struct nc_err *e)
{
	static const char *const needed[] = {"secret", "to", NULL};

	if (c->target.kind == SECRET_NONE && c->ntargets == 1 &&
	    strcmp(c->targets[0], "bot") == 0)
		return service_check(c, needed, e);
	if (c->target.kind == SECRET_NONE || c->ntargets != 0)
		return err_set(e, 0,
		    "expected bot, or secret ... with a webhook's address");
	if (channel_value(c, "to", 0) != NULL ||
	    channel_value(c, "secret", 0) != NULL ||
	    channel_value(c, "endpoint", 0) != NULL)
		return err_set(e, 0, "to, secret and endpoint are a bot's");
	return service_check(c, NULL, e);
}

static const struct channel_option options[] = {
    SERVICE_OPTIONS,
    {.name = "secret", .secret = true},
    {.name = "to", .many = true, .recipient = true},
    {.name = NULL},
};

static const struct service service = {.build = build, .judge = judge};

const struct channel_kind kind_slack = {
    .name = "slack",
    .targets = "bot, or a secret address",
    .secret_target = true,
    .options = options,
    .at_once = 1, /* a thread begins before it goes on */
    .check = check,
    .service = &service,
    SERVICE_FUNCTIONS,
    .rate = {.n = 1, .seconds = 1, .burst = 3},
};
