/* SPDX-License-Identifier: MIT */
/*
 * chat: rooms that take a message by an address: Teams, Discord, Mattermost,
 * Rocket.Chat; and by an account: Telegram, Matrix.  What these would read as
 * markup or as a call to everyone is taken apart, in each by its own rule.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kept.h"
#include "kinds.h"
#include "service.h"
#include "stream/json.h"
#include "text.h"

/* Teams takes about 28 kB in all; a line is a block of some 120 bytes. */
#define TEAMS_BYTES 8000u
#define TEAMS_LINES 60u
#define DISCORD_CHARS 2000u
#define DISCORD_TITLE 256u
#define DISCORD_TEXT 4096u
#define MATTERMOST_CHARS 16000u
#define ROCKET_CHARS 5000u
#define TELEGRAM_UNITS 4096u /* UTF-16 */
#define MATRIX_BYTES 32000u /* an event has 64 KiB with its frame */
#define MARKDOWN "\\`*_{}[]()<>#+-!|~>.:"

/* --- Teams ---------------------------------------------------------------- */

/* TextRun, unlike TextBlock, reads no Markdown. */
static void
add_run(struct json *body, struct span text, bool bold)
{
	struct json *block = json_new(JSON_KIND_OBJECT),
		    *runs = json_new(JSON_KIND_ARRAY),
		    *run = json_new(JSON_KIND_OBJECT);

	service_puts(run, "type", "TextRun");
	service_put(run, "text", text);
	if (bold)
		service_puts(run, "weight", "Bolder");
	json_append(runs, run);
	service_puts(block, "type", "RichTextBlock");
	json_set(block, "inlines", runs);
	json_append(body, block);
}

static const char *
teams_style(const struct sending *s)
{
	if (s->ended)
		return "good";
	if (span_is(s->severity, "crit"))
		return "attention";
	return span_is(s->severity, "warn") ? "warning" : "accent";
}

static struct json *
teams_card(const struct sending *s)
{
	struct json *card = json_new(JSON_KIND_OBJECT),
		    *body = json_new(JSON_KIND_ARRAY),
		    *box = json_new(JSON_KIND_OBJECT),
		    *items = json_new(JSON_KIND_ARRAY);
	struct buf b = {0};
	struct span rest, line;

	text_title(s, 500, TEXT_CHARS, &b);
	add_run(items, buf_span(&b), true);
	service_puts(box, "type", "Container");
	service_puts(box, "style", teams_style(s));
	json_set(box, "items", items);
	json_append(body, box);
	buf_clear(&b);
	text_body(s, TEAMS_BYTES, TEXT_BYTES, &b);
	rest = buf_span(&b);
	for (unsigned i = 0; i < TEAMS_LINES && str_item(&rest, '\n', &line);
	     i++) {
		if (i + 1 == TEAMS_LINES) /* the rest together */
			line.len = (size_t)(b.data + b.len - line.p);
		if (line.len != 0)
			add_run(body, line, false);
	}
	buf_free(&b);
	service_puts(card, "$schema",
	    "http://adaptivecards.io/schemas/adaptive-card.json");
	service_puts(card, "type", "AdaptiveCard");
	service_puts(card, "version", "1.4");
	json_set(card, "body", body);
	return card;
}

static int
teams_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o, *list, *one;

	if (step > 0)
		return 1;
	o = json_new(JSON_KIND_OBJECT);
	list = json_new(JSON_KIND_ARRAY);
	one = json_new(JSON_KIND_OBJECT);
	service_puts(one, "contentType",
	    "application/vnd.microsoft.card.adaptive");
	json_set(one, "contentUrl", json_new(JSON_KIND_NULL));
	json_set(one, "content", teams_card(s));
	json_append(list, one);
	service_puts(o, "type", "message");
	json_set(o, "attachments", list);
	service_json(q, o);
	return service_target(s, &q->url, e);
}

/* --- Discord -------------------------------------------------------------- */

static struct json *
discord_embed(const struct sending *s)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0}, escaped = {0};

	text_title(s, DISCORD_TITLE / 2, TEXT_UTF16, &b);
	text_escape(&escaped, buf_span(&b), MARKDOWN);
	service_put(o, "title",
	    text_front(buf_span(&escaped), DISCORD_TITLE, TEXT_UTF16));
	buf_clear(&b);
	buf_clear(&escaped);
	text_body(s, DISCORD_TEXT / 2, TEXT_UTF16, &b);
	text_escape(&escaped, buf_span(&b), MARKDOWN);
	service_put(o, "description", buf_span(&escaped));
	json_set(o, "color",
	    json_new_number((double)strtol(text_colour(s) + 1, NULL, 16)));
	buf_free(&b);
	buf_free(&escaped);
	return o;
}

static int
discord_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o, *nobody, *embeds;
	struct buf b = {0}, escaped = {0};

	if (step > 0)
		return 1;
	if (service_target(s, &q->url, e) == -1)
		return -1;
	/* So that the answer tells whether it was posted. */
	buf_adds(&q->url,
	    strchr(q->url.data, '?') != NULL ? "&wait=true" : "?wait=true");
	o = json_new(JSON_KIND_OBJECT);
	embeds = json_new(JSON_KIND_ARRAY);
	nobody = json_new(JSON_KIND_OBJECT);
	text_title(s, DISCORD_CHARS / 2, TEXT_UTF16, &b);
	text_escape(&escaped, buf_span(&b), MARKDOWN);
	service_put(o, "content", buf_span(&escaped));
	json_append(embeds, discord_embed(s));
	json_set(o, "embeds", embeds);
	json_set(nobody, "parse", json_new(JSON_KIND_ARRAY));
	json_set(o, "allowed_mentions", nobody);
	service_json(q, o);
	buf_free(&b);
	buf_free(&escaped);
	return 0;
}

/* Seconds to wait are in the body, more exactly than in the header. */
static void
discord_judge(const struct sending *s, unsigned step,
    const struct http_reply *r, struct outcome *o, char *why, size_t size)
{
	struct json *j;
	double wait;

	(void)s;
	(void)step;
	(void)why;
	(void)size;
	if (r->status != 429)
		return;
	j = json_parse(r->body, NULL);
	wait = json_number(json_member(j, "retry_after"), 0);
	if (wait > o->retry_after)
		o->retry_after = wait;
	json_free(j);
}

/* --- Mattermost, Rocket.Chat ---------------------------------------------- */

static int
text_build(const struct sending *s, struct request *q, size_t max,
    struct nc_err *e)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0}, escaped = {0}, safe = {0};

	text_whole(s, max / 3, TEXT_CHARS, &b);
	text_escape(&escaped, buf_span(&b), MARKDOWN);
	text_no_mention(&safe, buf_span(&escaped));
	service_put(o, "text", buf_span(&safe));
	service_json(q, o);
	buf_free(&b);
	buf_free(&escaped);
	buf_free(&safe);
	return service_target(s, &q->url, e);
}

static int
mattermost_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	return step > 0 ? 1 : text_build(s, q, MATTERMOST_CHARS, e);
}

static int
rocket_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	return step > 0 ? 1 : text_build(s, q, ROCKET_CHARS, e);
}

/* --- Telegram ------------------------------------------------------------- */

static const char *
recipient_of(const struct sending *s)
{
	return s->recipient != NULL ? s->recipient : service_text(s, "to", "");
}

/* What we keep is a number of theirs: digits. */
static void
put_reply(const struct sending *s, struct json *o)
{
	struct buf kept = {0};
	struct json *reply;

	kept_read(s, &kept);
	if (kept.len != 0) {
		reply = json_new(JSON_KIND_OBJECT);
		json_set(reply, "message_id",
		    json_new_number((double)strtoll(kept.data, NULL, 10)));
		json_set(reply, "allow_sending_without_reply",
		    json_new_boolean(true));
		json_set(o, "reply_parameters", reply);
	}
	buf_free(&kept);
}

/* No parse_mode: text is text, and the title is bold by its place. */
static int
telegram_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o, *list, *bold, *preview;
	struct buf b = {0}, title = {0};
	int rc;

	if (step > 0)
		return 1;
	service_endpoint(s, "https://api.telegram.org", &q->url);
	buf_adds(&q->url, "/bot");
	if ((rc = service_secret(s, "secret", &q->url, e)) == -1)
		return -1;
	buf_adds(&q->url, "/sendMessage");
	o = json_new(JSON_KIND_OBJECT);
	list = json_new(JSON_KIND_ARRAY);
	bold = json_new(JSON_KIND_OBJECT);
	preview = json_new(JSON_KIND_OBJECT);
	text_whole(s, TELEGRAM_UNITS, TEXT_UTF16, &b);
	text_title(s, TELEGRAM_UNITS, TEXT_UTF16, &title);
	service_puts(o, "chat_id", recipient_of(s));
	service_put(o, "text", buf_span(&b));
	service_puts(bold, "type", "bold");
	json_set(bold, "offset", json_new_number(0));
	json_set(bold, "length",
	    json_new_number(
		(double)text_measure(buf_span(&title), TEXT_UTF16)));
	json_append(list, bold);
	json_set(o, "entities", list);
	json_set(preview, "is_disabled", json_new_boolean(true));
	json_set(o, "link_preview_options", preview);
	json_set(o, "disable_notification", json_new_boolean(s->ended));
	put_reply(s, o);
	service_json(q, o);
	buf_free(&b);
	buf_free(&title);
	return 0;
}

static void
telegram_judge(const struct sending *s, unsigned step,
    const struct http_reply *r, struct outcome *o, char *why, size_t size)
{
	struct json *j = json_parse(r->body, NULL);
	double wait = json_number(json_member(json_member(j, "parameters"),
				      "retry_after"),
		   0),
	       id = json_number(json_member(json_member(j, "result"),
				    "message_id"),
		   0);
	struct buf kept = {0};

	(void)step;
	(void)why;
	(void)size;
	if (wait > o->retry_after)
		o->retry_after = wait;
	if (o->verdict == VERDICT_SENT &&
	    !json_truth(json_member(j, "ok"), false)) {
		o->verdict = VERDICT_RETRY;
		o->maybe = true;
		o->message = "an answer that is not ok";
	} else if (o->verdict == VERDICT_SENT && id > 0) {
		kept_read(s, &kept);
		if (kept.len == 0) {
			buf_addf(&kept, "%.0f", id);
			kept_write(s, buf_span(&kept));
		}
	}
	buf_free(&kept);
	json_free(j);
}

/* --- Matrix --------------------------------------------------------------- */

static void
put_thread(const struct sending *s, struct json *o)
{
	struct buf root = {0};
	struct json *relates, *reply;

	kept_read(s, &root);
	if (root.len != 0) {
		relates = json_new(JSON_KIND_OBJECT);
		reply = json_new(JSON_KIND_OBJECT);
		service_puts(relates, "rel_type", "m.thread");
		service_put(relates, "event_id", buf_span(&root));
		json_set(relates, "is_falling_back", json_new_boolean(true));
		service_put(reply, "event_id", buf_span(&root));
		json_set(relates, "m.in_reply_to", reply);
		json_set(o, "m.relates_to", relates);
	}
	buf_free(&root);
}

/* The id of the message is the transaction: a second try is the same event. */
static int
matrix_build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct json *o;
	struct buf b = {0};

	if (step > 0)
		return 1;
	if (service_target(s, &q->url, e) == -1)
		return -1;
	while (q->url.len != 0 && q->url.data[q->url.len - 1] == '/')
		q->url.data[--q->url.len] = '\0';
	q->method = "PUT";
	buf_adds(&q->url, "/_matrix/client/v3/rooms/");
	text_url(&q->url, span_of(recipient_of(s)));
	buf_addf(&q->url, "/send/m.room.message/%.*s", SPAN_ARG(s->id));
	o = json_new(JSON_KIND_OBJECT);
	service_puts(o, "msgtype", "m.text");
	text_whole(s, MATRIX_BYTES, TEXT_BYTES, &b);
	service_put(o, "body", buf_span(&b));
	buf_free(&b);
	/* Empty: the text itself calls nobody, "@room" neither. */
	json_set(o, "m.mentions", json_new(JSON_KIND_OBJECT));
	put_thread(s, o);
	service_json(q, o);
	return service_auth(s, q, "Authorization", "Bearer ", "secret", e);
}

static void
matrix_judge(const struct sending *s, unsigned step, const struct http_reply *r,
    struct outcome *o, char *why, size_t size)
{
	struct json *j = json_parse(r->body, NULL);
	struct span id = json_text(json_member(j, "event_id"),
	    (struct span){NULL, 0});
	double wait = json_number(json_member(j, "retry_after_ms"), 0) / 1000;
	struct buf kept = {0};

	(void)step;
	(void)why;
	(void)size;
	if (r->status == 429 && wait > o->retry_after)
		o->retry_after = wait;
	if (o->verdict == VERDICT_SENT && id.len != 0) {
		kept_read(s, &kept);
		if (kept.len == 0)
			kept_write(s, id);
	}
	buf_free(&kept);
	json_free(j);
}

/* --- the kinds ------------------------------------------------------------ */

static const struct channel_option hook_options[] = {
    SERVICE_OPTIONS,
    {.name = NULL},
};
static const struct channel_option account_options[] = {
    SERVICE_OPTIONS,
    {.name = "secret", .secret = true},
    {.name = "to", .many = true, .recipient = true},
    {.name = NULL},
};
static const char *const account_needs[] = {"secret", "to", NULL};

static const struct service teams = {.build = teams_build};
static const struct service discord = {.build = discord_build,
    .judge = discord_judge};
static const struct service mattermost = {.build = mattermost_build};
static const struct service rocketchat = {.build = rocket_build};
static const struct service telegram = {.target = SERVICE_NONE,
    .needed = account_needs,
    .build = telegram_build,
    .judge = telegram_judge};
static const struct service matrix = {.target = SERVICE_URL,
    .needed = account_needs,
    .build = matrix_build,
    .judge = matrix_judge};

/* A kind that is an address, which is as good as a password. */
#define HOOK_KIND(NAME, SERVICE, PER_SECOND, BURST) \
	{ \
		.name = (NAME), .targets = "a secret address", \
		.secret_target = true, .options = hook_options, .at_once = 1, \
		.check = service_check_kind, .service = (SERVICE), \
		SERVICE_FUNCTIONS, .rate = {(PER_SECOND), 1, (BURST), false}, \
	}

const struct channel_kind kind_teams = HOOK_KIND("teams", &teams, 2, 4);
const struct channel_kind kind_discord = HOOK_KIND("discord", &discord, 0.5, 5);
const struct channel_kind kind_mattermost = HOOK_KIND("mattermost", &mattermost,
    5, 10);
const struct channel_kind kind_rocketchat = HOOK_KIND("rocketchat", &rocketchat,
    5, 10);

const struct channel_kind kind_telegram = {
    .name = "telegram",
    .targets = "nothing",
    .options = account_options,
    .at_once = 1,
    .check = service_check_kind,
    .service = &telegram,
    SERVICE_FUNCTIONS,
    .rate = {.n = 20, .seconds = 60, .burst = 5},
};

const struct channel_kind kind_matrix = {
    .name = "matrix",
    .targets = "the address of a homeserver",
    .secret_target = true,
    .options = account_options,
    .at_once = 1,
    .check = service_check_kind,
    .service = &matrix,
    SERVICE_FUNCTIONS,
    .rate = {.n = 1, .seconds = 1, .burst = 10},
};
