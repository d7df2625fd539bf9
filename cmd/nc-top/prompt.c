/* SPDX-License-Identifier: MIT */
/*
 * prompt: what is typed on the last line: a text to search for, a filter, a
 * command with its words, a moment.  While something is typed, every
 * character is part of it.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"
#include "view.h"

#define TYPED_MAX 1000u

void
ui_ask(struct ui *u, enum ui_prompt p, const char *text)
{
	u->prompt = p;
	buf_clear(&u->typed);
	buf_adds(&u->typed, text);
	u->panel = PANEL_NONE;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Small letters find large ones too. */
static bool
contains(const char *name, const char *text)
{
	size_t i;

	for (; *name != '\0'; name++) {
		for (i = 0; text[i] != '\0'; i++)
			if (name[i] != text[i] && lower(name[i]) != text[i])
				break;
		if (text[i] == '\0')
			return true;
	}
	return false;
}

bool
ui_search(struct ui *u, struct model *m, bool back, double mono)
{
	const char *text = u->last[PROMPT_SEARCH];
	const struct row *r;
	size_t n, at, step;

	if (text == NULL || u->view->table == NULL)
		return false;
	u->frozen = mono + 5;
	ui_arrange(u, m, mono);
	n = u->rows.count;
	r = ui_row(u);
	at = r != NULL ? (size_t)(r - u->rows.at) : 0;
	for (step = 1; step <= n; step++) {
		r = &u->rows.at[(at + (back ? n - step : step)) % n];
		if (contains(r->name, text)) {
			u->selected = r->id;
			return true;
		}
	}
	ui_say(u, "no row has '%s' in its name", text);
	return false;
}

int
ui_go_time(struct ui *u, struct model *m, struct span text, struct nc_err *e)
{
	double now = model_now(m), at;

	if (parse_time(str_trim(text), isnan(now) ? 0 : now, u->zone, &at, e) ==
	    -1)
		return -1;
	if (at > now && u->speed > 0) { /* of a recording: on to there */
		ui_live(u, m);
		u->seek = at;
		return 0;
	}
	/* 23:50 typed after midnight is the evening before. */
	if (at > now && text.len <= 8 && at - 86400 <= now)
		at -= 86400;
	if (!isnan(now) && at > now)
		at = now;
	model_set_cursor(m, at);
	u->tag = TAG_PAUSED;
	return 0;
}

static int
set_filter(struct ui *u, struct span text, struct nc_err *e)
{
	struct filter *f = NULL;

	text = str_trim(text);
	if (text.len != 0 && (f = filter_parse(text, e)) == NULL)
		return -1;
	filter_free(u->filter);
	u->filter = f;
	u->frozen = (double)-INFINITY;
	return 0;
}

static int
set_columns(struct ui *u, struct span list, struct nc_err *e)
{
	const struct table *t = u->view->table;
	struct span item;
	unsigned n;
	bool off;

	while (str_item(&list, ',', &item)) {
		item = str_trim(item);
		off = str_starts(item, "-");
		if (off)
			item = (struct span){item.p + 1, item.len - 1};
		n = t != NULL ? column_find(t, item) : UINT_MAX;
		if (n == UINT_MAX)
			return err_set(e, 0, "no column called '%.*s'",
			    SPAN_ARG(item));
		ui_table(u)->hidden &= ~(UINT64_C(1) << n);
		ui_table(u)->wanted &= ~(UINT64_C(1) << n);
		if (off)
			ui_table(u)->hidden |= UINT64_C(1) << n;
		else
			ui_table(u)->wanted |= UINT64_C(1) << n;
	}
	return 0;
}

static bool
is_named(const struct thing *t, struct span name)
{
	struct span host = {NULL, 0}, rest = {NULL, 0};

	if (span_is(name, thing_name(t)) || span_is(name, t->subject->id))
		return true;
	return str_cut(name, ':', &host, &rest) &&
	       span_is(host, t->host->name) &&
	       (span_is(rest, thing_name(t)) || span_is(rest, t->subject->id));
}

/* Any thing of that name or id, or HOST:NAME; those of machines first. */
static struct thing *
thing_named(const struct model *m, struct span name)
{
	static const enum track_kind order[] = {KIND_VM, KIND_HOST, KIND_BOX,
	    KIND_SERVICE, KIND_DISK, KIND_NIC, KIND_FS, KIND_VDISK, KIND_VNIC,
	    KIND_VCPU, KIND_THREAD, KIND_TOOL};
	struct host *const *hosts;
	size_t n = model_hosts(m, &hosts);
	const struct thing_list *l;

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < n; i++) {
			l = &hosts[i]->things[order[k]];
			for (size_t j = 0; j < l->count; j++)
				if (is_named(l->at[j], name))
					return l->at[j];
		}
	return NULL;
}

/* "chart METRIC[,METRIC...] [of NAME]" */
static int
set_chart(struct ui *u, struct model *m, struct span s, struct nc_err *e)
{
	struct span metrics = {NULL, 0}, word, item, name = {NULL, 0};
	const struct row *r;
	struct thing *t;
	char *text;

	str_word(&s, &metrics);
	if (str_word(&s, &word) && span_is(word, "of"))
		name = str_trim(s);
	else if (word.len != 0)
		return err_set(e, 0, "chart METRIC[,METRIC] [of NAME]");
	if (u->view->table != NULL)
		ui_arrange(u, m, (double)-INFINITY);
	r = u->view->table != NULL ? ui_row(u) : NULL;
	t = name.len != 0 ? thing_named(m, name)
	    : r != NULL   ? row_thing(m, r)
			  : who_thing(m, &u->scope);
	if (t == NULL)
		return err_set(e, ENOENT, "nothing called '%.*s'",
		    SPAN_ARG(name));
	chart_clear(&u->chart);
	while (str_item(&metrics, ',', &item)) {
		text = xmemdup0(item.p, item.len);
		chart_add(&u->chart, t, text);
		free(text);
	}
	ui_go(u, view_of(CMD_VIEW_CHART), NULL);
	return 0;
}

/* "detail NAME", "blame HOST", "only NAME": what a row would have been. */
static int
go_named(struct ui *u, struct model *m, const struct view *v, struct span name,
    struct nc_err *e)
{
	struct thing *t = thing_named(m, str_trim(name));
	struct who who = {0};

	if (t == NULL)
		return err_set(e, ENOENT, "nothing called '%.*s'",
		    SPAN_ARG(name));
	who_set(&who, t->host->name, t->subject->entity, t->subject->id);
	ui_go(u, v, &who);
	who_free(&who);
	return 0;
}

static int
set_sort(struct ui *u, struct span word, struct nc_err *e)
{
	unsigned n = u->view->table != NULL
			 ? column_find(u->view->table, str_trim(word))
			 : UINT_MAX;

	if (n == UINT_MAX)
		return err_set(e, 0, "no column called '%.*s'", SPAN_ARG(word));
	ui_table(u)->sort = n;
	u->frozen = (double)-INFINITY;
	return 0;
}

static int
set_theme(struct ui *u, struct span word, struct nc_err *e)
{
	char *name = xmemdup0(word.p, word.len);
	const struct theme *t = theme_find(name);

	free(name);
	if (t == NULL)
		return err_set(e, 0, "no theme called '%.*s'", SPAN_ARG(word));
	u->theme = t;
	u->redraw = true;
	return 0;
}

int
ui_set_speed(struct ui *u, struct span word, struct nc_err *e)
{
	double v = 1e6;

	if (str_ends(word, "x"))
		word.len--;
	if (!span_is(word, "max") &&
	    (parse_number(word, &v, e) == -1 || !(v >= 0.01 && v <= 1e6)))
		return err_set(e, 0, "a speed is 0.01 to 1000000, or max");
	u->speed = v;
	return 0;
}

static bool
needs_rows(enum command c)
{
	switch (c) {
	case CMD_ENTER:
	case CMD_DETAIL:
	case CMD_BLAME:
	case CMD_VIEW_CHART:
	case CMD_FOLD:
	case CMD_UNFOLD:
	case CMD_TAG:
	case CMD_UP:
	case CMD_DOWN:
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
	case CMD_HALF_UP:
	case CMD_HALF_DOWN:
	case CMD_FIRST:
	case CMD_LAST:
	case CMD_LEFT:
	case CMD_RIGHT:
	case CMD_PIPELINE:
		return true;
	default:
		return false;
	}
}

int
ui_do(struct ui *u, struct model *m, struct span s, struct nc_err *e)
{
	struct span rest = s, word;
	const struct view *v;
	enum command c;

	if (!str_word(&rest, &word))
		return 0;
	rest = str_trim(rest);
	v = view_named(word);
	if (rest.len != 0) {
		if (span_is(word, "sort"))
			return set_sort(u, rest, e);
		if (span_is(word, "filter"))
			return set_filter(u, rest, e);
		if (span_is(word, "columns"))
			return set_columns(u, rest, e);
		if (span_is(word, "chart"))
			return set_chart(u, m, rest, e);
		if (span_is(word, "time"))
			return ui_go_time(u, m, rest, e);
		if (span_is(word, "speed"))
			return ui_set_speed(u, rest, e);
		if (span_is(word, "theme"))
			return set_theme(u, rest, e);
		if (span_is(word, "view") && (v = view_named(rest)) != NULL) {
			ui_go(u, v, NULL);
			return 0;
		}
		if (span_is(word, "search")) {
			free(u->last[PROMPT_SEARCH]);
			u->last[PROMPT_SEARCH] = xmemdup0(rest.p, rest.len);
			if (!ui_search(u, m, false, 0))
				return err_set(e, ENOENT,
				    "no row has '%.*s' in its name",
				    SPAN_ARG(rest));
			return 0;
		}
		if (v != NULL)
			return go_named(u, m, v, rest, e);
		return act_words(u, m, word, rest, e);
	}
	if (span_is(word, "unfilter"))
		return set_filter(u, rest, e);
	if ((c = key_named(word.p, word.len)) != CMD_NONE) {
		if (needs_rows(c) && u->view->table != NULL) {
			ui_arrange(u, m, 0);
			if (u->rows.count == 0)
				return err_set(e, ENOENT,
				    "no row for '%.*s' yet", SPAN_ARG(word));
		}
		ui_command(u, m, c, 0);
		return 0;
	}
	if (v != NULL) {
		ui_go(u, v, NULL);
		return 0;
	}
	return act_words(u, m, word, rest, e);
}

int
ui_script(struct ui *u, struct model *m, const char *script, struct nc_err *e)
{
	const char *end;

	u->later = NULL;
	for (;; script = end + 1) {
		end = script + strcspn(script, ";\n");
		if (ui_do(u, m,
			str_trim((struct span){script, (size_t)(end - script)}),
			e) == -1) {
			if (e->code != ENOENT)
				return -1;
			u->later = script;
			return 0;
		}
		if (*end == '\0')
			return 0;
	}
}

void
ui_resume(struct ui *u, struct model *m)
{
	struct nc_err e = {0};

	if (u->later == NULL)
		return;
	if (ui_script(u, m, u->later, &e) == -1 || u->later != NULL)
		ui_say(u, "%s", e.msg);
	else
		u->message[0] = '\0';
}

/* --- keys ----------------------------------------------------------------- */

/* Several, with semicolons between; what is not there is an error now. */
static int
do_all(struct ui *u, struct model *m, struct span text, struct nc_err *e)
{
	char *own = xmemdup0(text.p, text.len); /* a command may ask anew */
	struct span rest = span_of(own), item;
	int rc = 0;

	while (rc == 0 && str_item(&rest, ';', &item))
		rc = ui_do(u, m, str_trim(item), e);
	free(own);
	return rc;
}

static void
finish(struct ui *u, struct model *m, double mono)
{
	enum ui_prompt p = u->prompt;
	struct span text = buf_span(&u->typed);
	struct nc_err e;
	int rc = 0;

	u->prompt = PROMPT_NONE;
	if (text.len != 0) {
		free(u->last[p]);
		u->last[p] = xmemdup0(text.p, text.len);
	}
	switch (p) {
	case PROMPT_SEARCH:
		ui_search(u, m, false, mono);
		break;
	case PROMPT_FILTER:
		rc = set_filter(u, text, &e);
		break;
	case PROMPT_COMMAND:
		rc = do_all(u, m, text, &e);
		break;
	case PROMPT_TIME:
		rc = text.len != 0 ? ui_go_time(u, m, text, &e) : 0;
		break;
	case PROMPT_NONE:
		break;
	}
	if (rc == -1)
		ui_say(u, "%s", e.msg);
}

/* The last character goes. */
static void
rub_out(struct ui *u)
{
	struct buf *b = &u->typed;

	if (b->len == 0)
		u->prompt = PROMPT_NONE;
	while (
	    b->len != 0 && ((unsigned char)b->data[b->len - 1] & 0xc0) == 0x80)
		b->len--;
	if (b->len != 0)
		b->len--;
}

/* As far as all commands that begin so agree. */
static void
complete(struct ui *u)
{
	const struct key_binding *b;
	struct buf *t = &u->typed;
	const char *found = NULL;
	size_t same = 0, k;

	for (unsigned n = 0; (b = key_at(n)) != NULL; n++) {
		if (strncmp(b->name, t->len != 0 ? t->data : "", t->len) != 0)
			continue;
		for (k = 0; found != NULL && k < same; k++)
			if (found[k] != b->name[k])
				break;
		same = found == NULL ? strlen(b->name) : k;
		found = found == NULL ? b->name : found;
	}
	if (found != NULL && same > t->len)
		buf_add(t, found + t->len, same - t->len);
}

static void
type(struct ui *u, struct model *m, uint32_t key, double mono)
{
	char bytes[4];

	if (key == '\r' || key == '\n')
		finish(u, m, mono);
	else if (key == KEYC_ESCAPE || key == 3)
		u->prompt = PROMPT_NONE;
	else if (key == 127 || key == 8 || key == KEYC_BACKSPACE)
		rub_out(u);
	else if (key == 21) /* ^U */
		buf_clear(&u->typed);
	else if (key == '\t' && u->prompt == PROMPT_COMMAND)
		complete(u);
	else if (key == KEYC_UP && u->last[u->prompt] != NULL)
		ui_ask(u, u->prompt, u->last[u->prompt]);
	else if (key < KEYC_SPECIAL && utf8_printable(key) &&
		 u->typed.len + 4 < TYPED_MAX)
		buf_add(&u->typed, bytes, utf8_encode(key, bytes));
}

void
ui_key(struct ui *u, struct model *m, uint32_t key, double mono)
{
	bool typing = u->prompt != PROMPT_NONE;

	u->message[0] = '\0';
	/* Rows point into the model, which records have changed since they
	 * were drawn; and a key may follow another before anything is. */
	if (u->view->table != NULL && (!typing || key == '\r' || key == '\n'))
		ui_arrange(u, m, mono);
	if (typing)
		type(u, m, key, mono);
	else
		ui_command(u, m, key_command(ui_where(u), key), mono);
}
