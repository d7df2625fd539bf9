/* SPDX-License-Identifier: MIT */
/*
 * act: commands that leave something behind: a file with what is seen or
 * held, a row in the clipboard, the configuration; and those that say how to
 * see the same elsewhere.  Files are written whole or not at all, and only
 * when asked for.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/afile.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "dump.h"
#include "settings.h"
#include "term_text.h"
#include "view.h"

#define SNAPSHOT_SECONDS 3600.0
#define EXPORT_WIDTH 200
#define POINTS_MAX 4096u

static int
to_buf(void *arg, const char *line, size_t len)
{
	buf_add(arg, line, len);
	return 0;
}

/* The points of a chart: a sample of one value each. */
static void
put_points(struct buf *to, const struct ui *u, const struct model *m)
{
	struct frame *f = frame_new(to_buf, to);
	struct point *p = xreallocarray(NULL, POINTS_MAX, sizeof(*p));
	const struct chart_series *c;
	double from, until, gap;
	size_t n;

	chart_window(&u->chart, moment(m), &from, &until);
	for (unsigned i = 0; i < u->chart.count; i++) {
		c = &u->chart.series[i];
		n = chart_points(&u->chart, i, m, from, until, p, POINTS_MAX,
		    &gap);
		frame_origin(f, c->host, "nc-top");
		for (size_t k = 0; k < n; k++) {
			if (isnan(p[k].value))
				continue;
			frame_clock(f, p[k].ts, NAN);
			frame_begin(f, RECORD_SAMPLE, c->entity,
			    span_of(c->id));
			frame_value(f, c->metric, p[k].value);
			frame_end(f);
		}
	}
	free(p);
	frame_free(f);
}

/* What a page is about; of a host, its machines and containers as well. */
static void
put_scope(struct buf *to, const struct ui *u, const struct model *m)
{
	const struct thing *t = who_thing(m, &u->scope);
	const struct thing_list *l;

	if (t == NULL)
		return;
	dump_thing(m, t, to_buf, to);
	for (enum track_kind k = KIND_VM;
	     k <= KIND_BOX && u->view->where == WHERE_BLAME; k++) {
		l = &t->host->things[k];
		for (size_t i = 0; i < l->count; i++)
			if (k == KIND_VM || k == KIND_BOX)
				dump_thing(m, l->at[i], to_buf, to);
	}
}

static void
put_json(struct buf *to, const struct model *m, const struct row *r)
{
	const struct thing *t = row_thing(m, r);
	const struct note *n = r->item == ITEM_MATTER ? r->of.matter->now
						      : NULL;

	if (n != NULL && *n->line != '\0') {
		buf_adds(to, n->line);
		buf_addc(to, '\n');
	} else if (r->item == ITEM_FEED)
		dump_round(m, r->of.feed, to_buf, to);
	else if (t != NULL)
		dump_thing(m, t, to_buf, to);
}

/* The tagged rows; when there is none of them, all, or the one in hand. */
static bool
is_meant(const struct ui *u, const struct row *r, bool all)
{
	for (size_t i = 0; i < u->rows.count; i++)
		if (ids_has(&u->tagged, u->rows.at[i].id))
			return ids_has(&u->tagged, r->id);
	return all || r->id == u->selected;
}

static void
copy(struct ui *u, struct model *m)
{
	struct buf json = {0};

	ui_arrange(u, m, (double)-INFINITY);
	for (size_t i = 0; i < u->rows.count; i++)
		if (is_meant(u, &u->rows.at[i], false))
			put_json(&json, m, &u->rows.at[i]);
	if (json.len == 0)
		ui_say(u, "nothing here to copy");
	else {
		buf_clear(&u->copy);
		buf_adds(&u->copy, "\033]52;c;");
		digest_base64(buf_span(&json), &u->copy);
		buf_addc(&u->copy, '\007');
		ui_say(u, "copied, %zu bytes of JSON", json.len);
	}
	buf_free(&json);
}

/* --- export --------------------------------------------------------------- */

/* RFC 4180. */
static void
put_csv(struct buf *to, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		buf_adds(to, text);
		return;
	}
	buf_addc(to, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_addc(to, '"');
		buf_addc(to, *text);
	}
	buf_addc(to, '"');
}

static void
csv_row(struct buf *to, const struct ui *u, const struct model *m,
    const struct row *r)
{
	const struct table *t = u->view->table;
	struct shown s;

	for (unsigned n = 0; n < t->count; n++) {
		s = (struct shown){.value = NAN, .role = ROLE_COUNT};
		t->cell(m, r, n, &s);
		if (n != 0)
			buf_addc(to, ',');
		if ((t->columns[n].flags & COLUMN_GRAPH) != 0)
			continue;
		if (s.text != NULL)
			put_csv(to, s.text);
		else if (!isnan(s.value)) /* not known is an empty field */
			buf_addf(to, "%.9g", s.value);
	}
	buf_adds(to, "\r\n");
}

static void
export_csv(struct buf *to, const struct ui *u, const struct model *m)
{
	const struct table *t = u->view->table;

	for (unsigned n = 0; n < t->count; n++) {
		if (n != 0)
			buf_addc(to, ',');
		put_csv(to, t->columns[n].name);
	}
	buf_adds(to, "\r\n");
	for (size_t i = 0; i < u->rows.count; i++)
		if (is_meant(u, &u->rows.at[i], true))
			csv_row(to, u, m, &u->rows.at[i]);
}

/* As -b would print it. */
static void
export_text(struct buf *to, struct ui *u, const struct model *m)
{
	struct grid g = {.utf8 = true};
	bool interactive = u->interactive;
	size_t top = u->top;

	u->interactive = false;
	u->top = 0;
	u->message[0] = '\0';
	grid_resize(&g, EXPORT_WIDTH, screen_height(m, u));
	screen_draw(&g, m, u);
	text_render(to, &g, NULL);
	grid_free(&g);
	u->interactive = interactive;
	u->top = top;
}

static int
write_file(struct ui *u, struct span name, const struct buf *b,
    struct nc_err *e)
{
	char *path = xmemdup0(name.p, name.len);
	int rc = afile_write(path, buf_span(b), 0644, e);

	if (rc == 0)
		ui_say(u, "%s: %zu bytes", path, b->len);
	free(path);
	return rc;
}

void
act_records(struct buf *to, struct ui *u, struct model *m)
{
	ui_arrange(u, m, (double)-INFINITY);
	if (u->view->where == WHERE_CHART)
		put_points(to, u, m);
	else if (u->view->table == NULL)
		put_scope(to, u, m);
	for (size_t i = 0; u->view->table != NULL && i < u->rows.count; i++)
		if (is_meant(u, &u->rows.at[i], true))
			put_json(to, m, &u->rows.at[i]);
}

static int
write_view(struct ui *u, struct model *m, struct span name, struct nc_err *e)
{
	bool csv = str_ends(name, ".csv"), text = str_ends(name, ".txt");
	struct buf b = {0};
	int rc;

	ui_arrange(u, m, (double)-INFINITY);
	if (csv && u->view->table == NULL)
		return err_set(e, 0, "this view has no rows for CSV");
	if (csv)
		export_csv(&b, u, m);
	else if (text)
		export_text(&b, u, m);
	else
		act_records(&b, u, m);
	rc = write_file(u, name, &b, e);
	buf_free(&b);
	return rc;
}

static int
to_file(void *arg, const char *line, size_t len)
{
	struct nc_err e;

	return afile_add(arg, (struct span){line, len}, &e);
}

static int
snapshot(struct ui *u, struct model *m, struct span name, struct nc_err *e)
{
	char *path = xmemdup0(name.p, name.len);
	struct afile *f = afile_begin(path, 0644, e);
	double at = moment(m);
	int rc = -1;

	if (f != NULL) {
		if (dump_snapshot(m, at - SNAPSHOT_SECONDS, to_file, f) == 0)
			rc = afile_commit(f, e);
		else {
			afile_abort(f);
			err_set(e, 0, "%s: cannot be written", path);
		}
	}
	if (rc == 0)
		ui_say(u, "%s: the last hour, for nc-top -r", path);
	free(path);
	return rc;
}

/* --- the same elsewhere --------------------------------------------------- */

/* The commands that make this view, as for -x. */
static void
put_script(struct buf *to, const struct ui *u)
{
	const struct table *t = u->view->table;

	buf_adds(to, u->view->name);
	if (t == NULL && u->scope.host != NULL)
		buf_addf(to, " %s:%s", u->scope.host, u->scope.id);
	for (unsigned i = 0;
	     i < u->chart.count && u->view->where == WHERE_CHART; i++)
		buf_addf(to, "%s%s", i == 0 ? " " : ",",
		    u->chart.series[i].metric);
	if (u->view->where == WHERE_CHART && u->chart.count != 0)
		buf_addf(to, " of %s:%s", u->chart.series[0].host,
		    u->chart.series[0].id);
	if (t != NULL && !t->ordered)
		buf_addf(to, "; sort %s%s",
		    t->columns[ui_table_of(u)->sort].name,
		    ui_table_of(u)->invert ? "; invert" : "");
	if (u->filter != NULL)
		buf_addf(to, "; filter %s", filter_text(u->filter));
}

/* In single quotes for a shell. */
static void
put_quoted(struct buf *to, const char *text)
{
	buf_addc(to, '\'');
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_adds(to, "'\\''");
		else
			buf_addc(to, *text);
	buf_addc(to, '\'');
}

static void
show_pipeline(struct ui *u, struct model *m)
{
	struct buf b = {0}, script = {0};
	const char *from = u->origin != NULL ? u->origin : "nc-collect -i 2 |";
	size_t len = strlen(from);
	bool pipe = len != 0 && from[len - 1] == '|';

	put_script(&script, u);
	buf_addc(&script, '\0');
	buf_adds(&b, "This view, as a command:\n\n");
	if (pipe)
		buf_addf(&b, "%s ", from);
	buf_adds(&b, "nc-top ");
	if (!isnan(model_cursor(m)))
		buf_addf(&b, "--now @%.3f ", model_cursor(m));
	buf_adds(&b, "-x ");
	put_quoted(&b, script.data);
	if (!pipe)
		buf_addf(&b, " %s", from);
	buf_adds(&b, "\n\nAs text, for a script or a ticket:\n\n");
	if (pipe)
		buf_addf(&b, "%s ", from);
	buf_adds(&b, pipe                     ? "nc-top -b -n 1 "
		     : isnan(model_cursor(m)) ? "nc-top --once "
					      : "nc-top -b ");
	if (!isnan(model_cursor(m)))
		buf_addf(&b, "--now @%.3f ", model_cursor(m));
	buf_adds(&b, "-x ");
	put_quoted(&b, script.data);
	if (!pipe)
		buf_addf(&b, " %s", from);
	buf_adds(&b, "\n\nEsc leaves\n");
	buf_addc(&b, '\0');
	ui_show(u, b.data);
	buf_free(&b);
	buf_free(&script);
}

static const char *
entity_of(const struct ui *u)
{
	switch (u->view->where) {
	case WHERE_VMS:
	case WHERE_GUESTS:
	case WHERE_WALL:
	case WHERE_TREE:
		return "vm";
	case WHERE_BOXES:
		return "container";
	case WHERE_SERVICES:
		return "service";
	default:
		return "host";
	}
}

static void
show_rule(struct ui *u)
{
	struct buf b = {0};

	if (u->filter == NULL) {
		ui_say(u, "no filter: \\ sets one");
		return;
	}
	buf_adds(&b, "# fires where this filter holds; for alert.conf\n");
	filter_rule(u->filter, entity_of(u), &b);
	buf_adds(&b, "\nEsc leaves\n");
	buf_addc(&b, '\0');
	ui_show(u, b.data);
	buf_free(&b);
}

bool
act_command(struct ui *u, struct model *m, enum command c)
{
	struct nc_err e;

	switch (c) {
	case CMD_COPY:
		copy(u, m);
		return true;
	case CMD_EXPORT:
		ui_ask(u, PROMPT_COMMAND, "export ");
		return true;
	case CMD_PIPELINE:
		show_pipeline(u, m);
		return true;
	case CMD_RULE:
		show_rule(u);
		return true;
	case CMD_SAVE:
		if (!u->sealed && settings_save(u, &e) == -1)
			ui_say(u, "%s", e.msg);
		return true;
	default:
		return false;
	}
}

int
act_words(struct ui *u, struct model *m, struct span word, struct span rest,
    struct nc_err *e)
{
	struct host *const *hosts;
	bool writes = span_is(word, "export") || span_is(word, "snapshot");
	int rc = deed_words(u, word, rest, e);

	if (rc != 1)
		return rc;
	if (writes && u->sealed)
		return err_set(e, 0, "nothing is written here");
	if (writes && rest.len != 0 && model_everyone(m, &hosts) == 0)
		return err_set(e, ENOENT, "nothing to write yet");
	if (span_is(word, "export") && rest.len != 0)
		return write_view(u, m, rest, e);
	if (span_is(word, "snapshot") && rest.len != 0)
		return snapshot(u, m, rest, e);
	if (span_is(word, "export") || span_is(word, "snapshot"))
		return err_set(e, 0, "%.*s FILE", SPAN_ARG(word));
	return err_set(e, 0, "no command called '%.*s'", SPAN_ARG(word));
}
