/* SPDX-License-Identifier: MIT */
/* Unit tests of nc-top's model, rows and replay clock.  tool: nc-top */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "replay.h"
#include "tap.h"
#include "view.h"

#define START 1763800000

struct world {
	struct intern *names;
	struct decoder *decoder;
	struct model *model;
	struct ui ui;
};

static void
begin(struct world *w)
{
	*w = (struct world){.names = intern_new(0)};
	w->decoder = decoder_new(w->names);
	w->model = model_new(w->names, 100000);
	ui_init(&w->ui, theme_at(0), true);
	w->ui.page = 20;
}

static void
end(struct world *w)
{
	ui_free(&w->ui);
	model_free(w->model);
	decoder_free(w->decoder);
	intern_free(w->names);
}

static void feed(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
feed(struct world *w, const char *format, ...)
{
	char line[2048 + RECORD_PADDING] = "";
	struct record r;
	struct nc_err e;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, 2048, format, ap);
	va_end(ap);
	if (decoder_line(w->decoder, line, (size_t)n, &r, &e) == -1)
		OK(0, e.msg);
	else
		model_feed(w->model, &r, NAN);
}

static void
host(struct world *w, const char *name, int ts, double load)
{
	feed(w,
	    "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"%s\","
	    "\"source\":\"s\",\"entity\":\"host\",\"id\":\"%s\","
	    "\"interval\":10,\"values\":{\"load1\":%g}}",
	    START + ts, name, name, load);
	feed(w,
	    "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":\"%s\","
	    "\"source\":\"s\",\"values\":{}}",
	    START + ts, name);
}

static void
alert(struct world *w, const char *entity, const char *id, int key, int ts,
    const char *state, const char *severity)
{
	feed(w,
	    "{\"v\":1,\"kind\":\"alert\",\"ts\":%d,\"host\":\"h\","
	    "\"source\":\"nc-alert\",\"entity\":\"%s\",\"id\":\"%s\","
	    "\"alert\":\"a\",\"fingerprint\":\"%016x\",\"state\":\"%s\","
	    "\"severity\":\"%s\",\"start\":%d,\"flags\":[]}",
	    START + ts, entity, id, key, state, severity, START + ts);
}

static struct trouble
trouble_at(struct world *w, const char *entity, const char *id, double at)
{
	const struct place *p;

	model_set_cursor(w->model, START + at);
	model_settle(w->model);
	p = annals_place(model_annals(w->model), "h", entity, id);
	return p != NULL ? p->all : (struct trouble){0};
}

static void
test_annals(void)
{
	struct matter *const *list;
	struct world w;
	size_t n;

	begin(&w);
	host(&w, "h", 0, 1);
	alert(&w, "vm.disk", "u/vda", 1, 10, "firing", "warn");
	alert(&w, "vm.disk", "u/vda", 1, 20, "firing", "crit");
	alert(&w, "vm.disk", "u/vda", 1, 30, "resolved", "crit");
	OK(trouble_at(&w, "vm", "u", 5).warn == 0, "before it there is none");
	OK(trouble_at(&w, "vm", "u", 15).warn == 1, "then one of a part");
	OK(trouble_at(&w, "vm", "u", 25).crit == 1, "worse later");
	OK(trouble_at(&w, "host", "h", 25).crit == 1, "of its host as well");
	OK(trouble_at(&w, "vm", "u", 35).crit == 0, "over in the end");
	OK(trouble_at(&w, "vm", "u", 15).warn == 1, "and back again");
	for (int i = 2; i < 6000; i++)
		alert(&w, "vm", "v", i, 40 + i, "firing", "info");
	n = annals_matters(model_annals(w.model), &list);
	OK(n <= 4096, "bounded");
	OK(annals_forgotten(model_annals(w.model)) == 5999 - n,
	    "what went is counted");
	OK(annals_place(model_annals(w.model), "h", "vm", "u") == NULL,
	    "what was over went first, with its place");
	for (int i = 0; i < 5000; i++)
		feed(&w,
		    "{\"v\":1,\"kind\":\"event\",\"ts\":%d,\"host\":\"h\","
		    "\"source\":\"s\",\"event\":\"e%d\"}",
		    START + i, i);
	SAME(annals_log(model_annals(w.model), 0)->what, "e4999",
	    "the newest first");
	OK(annals_log(model_annals(w.model), 4096) == NULL, "bounded as well");
	end(&w);
}

static void
test_hosts(void)
{
	struct host *const *hosts;
	struct world w;

	begin(&w);
	feed(&w,
	    "{\"v\":1,\"kind\":\"tick\",\"ts\":%d,\"host\":\"watcher\","
	    "\"source\":\"nc-collect\",\"interval\":10}",
	    START);
	feed(&w,
	    "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":\"watcher\","
	    "\"source\":\"sim\",\"values\":{\"entities\":9,\"samples\":90}}",
	    START);
	OK(model_hosts(w.model, &hosts) == 0,
	    "ticks, and rounds about others, make no host");
	OK(model_everyone(w.model, &hosts) == 1, "but a source is known");
	host(&w, "b", 0, 1);
	host(&w, "a", 0, 1);
	OK(model_hosts(w.model, &hosts) == 2 &&
		strcmp(hosts[0]->name, "a") == 0,
	    "in order of names");
	end(&w);
}

/* "a b c": names in the order of the rows. */
static const char *
order(struct world *w, char *to, double mono)
{
	*to = '\0';
	ui_arrange(&w->ui, w->model, mono);
	for (size_t i = 0; i < w->ui.rows.count; i++)
		strcat(strcat(to, i == 0 ? "" : " "), w->ui.rows.at[i].name);
	return to;
}

static void
test_order(void)
{
	char text[100];
	struct world w;
	struct nc_err e;

	begin(&w);
	host(&w, "h10", 0, 3);
	host(&w, "h9", 0, 3);
	host(&w, "top", 0, 9);
	model_set_now(w.model, START + 1);
	OK(ui_script(&w.ui, w.model, "sort load", &e) == 0, "sort load");
	SAME(order(&w, text, 100), "top h9 h10", "ties as people sort");
	ui_command(&w.ui, w.model, CMD_DOWN, 100);
	host(&w, "h10", 10, 99);
	host(&w, "h9", 10, 1);
	host(&w, "top", 10, 0);
	host(&w, "new", 10, 50);
	model_set_now(w.model, START + 11);
	SAME(order(&w, text, 102), "top h9 h10 new",
	    "while the cursor moves the order stands still");
	SAME(ui_row(&w.ui)->name, "h9", "and the cursor is where it was");
	SAME(order(&w, text, 200), "h10 new top h9", "then it follows");
	SAME(ui_row(&w.ui)->name, "h9", "and the cursor its subject");
	ui_command(&w.ui, w.model, CMD_SORT_INVERT, 300);
	SAME(order(&w, text, 300), "h9 top new h10", "inverted");
	end(&w);
}

static void
test_filter(void)
{
	char text[100];
	struct world w;
	struct nc_err e;

	begin(&w);
	host(&w, "a", 0, 1);
	host(&w, "b", 0, 5);
	host(&w, "a", 10, 7);
	host(&w, "b", 10, 2);
	model_set_now(w.model, START + 11);
	ui_script(&w.ui, w.model, "sort host; filter load1 > 4", &e);
	SAME(order(&w, text, 1), "a", "now");
	model_set_cursor(w.model, START + 1);
	SAME(order(&w, text, 2), "b", "then");
	model_set_cursor(w.model, (double)NAN);
	ui_script(&w.ui, w.model, "filter max(load1, 1m) > 4", &e);
	SAME(order(&w, text, 3), "a b", "within a minute");
	ui_script(&w.ui, w.model, "filter not cpus > 4", &e);
	SAME(order(&w, text, 4), "", "what nobody told is not false");
	OK(w.ui.doubtful == 2, "and counted");
	OK(ui_script(&w.ui, w.model, "filter load1 >", &e) == -1 &&
		strstr(e.msg, "column") != NULL,
	    "errors say where");
	end(&w);
}

static void
test_replay(void)
{
	struct replay p = {.speed = 10};

	OK(isnan(replay_now(&p, 5)), "no time before the first record");
	replay_begin(&p, 1000, 50);
	OK(replay_now(&p, 51) == 1010, "ten times as fast");
	OK(replay_due(&p, 1020) == 52, "when a record is due");
	replay_stand(&p, true, 52);
	OK(replay_now(&p, 90) == 1020, "stands");
	OK(isinf(replay_due(&p, 1021)), "nothing is due then");
	replay_stand(&p, false, 100);
	replay_speed(&p, 1, 101);
	OK(replay_now(&p, 102) == 1031, "slower from there on");
	replay_seek(&p, 2000, 103);
	OK(replay_now(&p, 104) == 2001, "put forward");
	replay_seek(&p, 1, 105);
	OK(replay_now(&p, 105) == 2002, "never back");
}

static void
test_points(void)
{
	struct point p[700];
	const struct thing *t;
	struct world w;
	double gap;
	size_t n;

	begin(&w);
	for (int i = 0; i < 700; i++)
		if (i < 300 || i >= 310)
			host(&w, "h", 10 * i, i);
	t = model_thing(w.model, "h", "host", "h");
	n = model_points(w.model, t->subject, HOST_LOAD1, (double)NAN,
	    (double)NAN, p, 700, &gap);
	OK(n == 600 && p[599].value == 699, "the last six hundred");
	OK(gap > 20 && gap < 30, "what is a gap");
	n = model_points(w.model, t->subject, HOST_LOAD1, START + 2950,
	    START + 3150, p, 700, &gap);
	OK(n == 10 && p[0].ts == START + 2960 && p[3].ts == START + 2990 &&
		p[4].ts == START + 3100,
	    "within a stretch, the gap left out");
	n = model_points(w.model, t->subject, HOST_LOAD1, (double)NAN,
	    START + 5000, p, 3, &gap);
	OK(n == 3 && p[2].ts == START + 5000,
	    "the newest when there is no room");
	/* A clock that leaps further than milliseconds are counted. */
	host(&w, "h", 90 * 86400, 5);
	n = model_points(w.model, t->subject, HOST_LOAD1, (double)NAN,
	    (double)NAN, p, 700, &gap);
	OK(n == 1 && p[0].ts == START + 90 * 86400, "three months later");
	end(&w);
}

int
main(void)
{
	test_annals();
	test_hosts();
	test_order();
	test_filter();
	test_replay();
	test_points();
	return tap_done();
}
