/* SPDX-License-Identifier: MIT */
/*
 * deed: alerts asked about and dealt with from the screen.  Each deed is a
 * command line of nc-alert(1) that is shown; what changes anything is
 * rehearsed with --dry-run first, and done only with --act and at a second
 * key.  Runs nothing: the loop does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "sources.h"
#include "view.h"

/* The alert under the cursor, NULL: there is none. */
static const struct note *
alert_of(const struct ui *u)
{
	const struct row *r = ui_row(u);
	const struct note *n;

	if (r == NULL || r->item != ITEM_MATTER)
		return NULL;
	n = r->of.matter->now;
	return n != NULL && n->kind == RECORD_ALERT ? n : NULL;
}

/* The fingerprint is the first word of an alert's key. */
static struct span
fingerprint(const struct note *n)
{
	return (struct span){n->key, strcspn(n->key, " ")};
}

/* ID of "silence:ID" or "maintenance:ID" among its reasons to be muted. */
static struct span
silence_of(const struct note *n)
{
	const char *at = strstr(n->line, "\"silence:");

	if (at == NULL)
		return (struct span){0};
	at += strlen("\"silence:");
	return (struct span){at, strcspn(at, "\"")};
}

int
deed_words(struct ui *u, struct span word, struct span rest, struct nc_err *e)
{
	enum deed d = deed_named(word);
	const struct note *n = alert_of(u);
	const char *to = NULL;
	bool changes;

	if (d == DEED_COUNT)
		return 1;
	if (!u->interactive)
		return err_set(e, 0,
		    "'%.*s' is for the screen; nc-alert does it in a script",
		    SPAN_ARG(word));
	if (u->order.argv != NULL)
		return err_set(e, 0, "still waiting for: %s", u->order.shown);
	/* Who is asked is the host of the alert, where it came by ssh. */
	if (u->sources != NULL && n != NULL)
		to = sources_destination(u->sources, n->host);
	changes = deed_changes(d);
	u->offered = false;
	manage_line_free(&u->after);
	if (changes && manage_line(d, rest, false, to, &u->after, e) == -1)
		return -1;
	if (manage_line(d, rest, changes, to, &u->order, e) == -1)
		return -1;
	ui_say(u, "%s ...", u->order.shown);
	return 0;
}

void
deed_told(struct ui *u, const char *text, bool well)
{
	struct buf b = {0};

	buf_addf(&b, "$ %s\n\n%s\n", u->order.shown, text);
	manage_line_free(&u->order);
	if (!well)
		manage_line_free(&u->after);
	if (u->after.argv == NULL)
		buf_adds(&b, "Esc leaves\n");
	else if (u->act)
		buf_addf(&b, "y does it, Esc leaves it:\n$ %s\n",
		    u->after.shown);
	else
		buf_addf(&b,
		    "This nc-top only looks (--act lets it act).  To do it:\n"
		    "$ %s\n",
		    u->after.shown);
	buf_addc(&b, '\0');
	u->message[0] = '\0';
	ui_show(u, b.data);
	u->offered = u->after.argv != NULL;
	buf_free(&b);
}

/* y: what was rehearsed. */
static void
go_on(struct ui *u)
{
	if (!u->offered)
		ui_say(u, "there is nothing to be done here");
	else if (!u->act)
		ui_say(u, "this nc-top only looks: --act lets it act");
	else {
		u->offered = false;
		u->order = u->after;
		u->after = (struct manage_line){0};
		ui_say(u, "%s ...", u->order.shown);
	}
}

/* At once, since nothing is to be added. */
static void
ask(struct ui *u, const char *word, struct span rest)
{
	struct nc_err e;

	if (deed_words(u, span_of(word), rest, &e) == -1)
		ui_say(u, "%s", e.msg);
}

/* In the command line, for the rest to be typed. */
static void
begin(struct ui *u, const char *word, struct span subject)
{
	char *text = xasprintf("%s %.*s ", word, SPAN_ARG(subject));

	ui_ask(u, PROMPT_COMMAND, text);
	free(text);
}

bool
deed_command(struct ui *u, struct model *m, enum command c)
{
	const struct note *n = alert_of(u);
	struct span id;

	(void)m;
	if (c == CMD_DO) {
		go_on(u);
		return true;
	}
	if (c == CMD_RULES) {
		ask(u, "rules", (struct span){0});
		return true;
	}
	if (c < CMD_WHY || c > CMD_MAINTENANCE)
		return false;
	if (n == NULL) {
		ui_say(u, "no alert is under the cursor");
		return true;
	}
	id = fingerprint(n);
	switch (c) {
	case CMD_WHY:
		ask(u, "why", id);
		break;
	case CMD_HISTORY:
		ask(u, "history", id);
		break;
	case CMD_UNACK:
		ask(u, "unack", id);
		break;
	case CMD_UNSILENCE:
		if ((id = silence_of(n)).len != 0)
			ask(u, "unsilence", id);
		else
			ui_say(u, "no silence is about it");
		break;
	case CMD_ACK:
		begin(u, "ack", id);
		break;
	case CMD_SILENCE:
		begin(u, "silence", id);
		break;
	default:
		begin(u, "maintenance", id);
		break;
	}
	return true;
}
