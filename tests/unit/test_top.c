/* SPDX-License-Identifier: MIT */
/* Unit tests of nc-top's keys, figures and history.  tool: nc-top */
#include "figure.h"
#include "history.h"
#include "keys.h"
#include "tap.h"

static void
test_figures(void)
{
	static const struct {
		enum figure_form form;
		double v;
		const char *want;
	} rows[] = {
	    {FIGURE_PERCENT, 0, "0.0"},
	    {FIGURE_PERCENT, 0.3721, "37.2"},
	    {FIGURE_PERCENT, 1, "100.0"},
	    {FIGURE_PERCENT, 9.9996, "1000"},
	    {FIGURE_PERCENT, 12, "1200"},
	    {FIGURE_PERCENT, NAN, "-"},
	    {FIGURE_PERCENT, -0.1, "<0"},
	    {FIGURE_PERCENT, 1e9, "huge"},
	    {FIGURE_SHARE, 0.0421, "4.2"},
	    {FIGURE_SHARE, 0.0994, "9.9"},
	    {FIGURE_SHARE, 0.0995, "10"},
	    {FIGURE_SHARE, 1, "100"},
	    {FIGURE_BYTES, 0, "0"},
	    {FIGURE_BYTES, 999, "999"},
	    {FIGURE_BYTES, 1000, "1.0K"},
	    {FIGURE_BYTES, 1536, "1.5K"},
	    {FIGURE_BYTES, 10240, "10K"},
	    {FIGURE_BYTES, 1048576 * 999.4, "999M"},
	    {FIGURE_BYTES, 1048576 * 999.6, "1.0G"},
	    {FIGURE_BYTES, 68719476736, "64G"},
	    {FIGURE_BYTES, 1e300, "huge"},
	    {FIGURE_LOAD, 2.134, "2.13"},
	    {FIGURE_LOAD, 99.99, "99.99"},
	    {FIGURE_LOAD, 99.996, "100.0"},
	    {FIGURE_LOAD, 999.96, "1000"},
	    {FIGURE_LOAD, 99999, "99999"},
	    {FIGURE_LOAD, 1e6, "huge"},
	    {FIGURE_COUNT, 412, "412"},
	    {FIGURE_COUNT, 1500, "1.5k"},
	    {FIGURE_SPAN, 0.4, "0s"},
	    {FIGURE_SPAN, 14.9, "14s"},
	    {FIGURE_SPAN, 99.9, "99s"},
	    {FIGURE_SPAN, 100, "1m"},
	    {FIGURE_SPAN, 5999, "99m"},
	    {FIGURE_SPAN, 6000, "1h"},
	    {FIGURE_SPAN, 86400 * 3, "3d"},
	    {FIGURE_SPAN, 1e12, "years"},
	};
	char text[FIGURE_SIZE], what[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figure(text, rows[i].form, rows[i].v);
		snprintf(what, sizeof(what), "%g as form %d is %s", rows[i].v,
		    (int)rows[i].form, rows[i].want);
		SAME(text, rows[i].want, what);
	}
	/* Nothing is ever wider than its column. */
	for (int form = FIGURE_PERCENT; form <= FIGURE_SPAN; form++)
		for (double v = 1e-6; v < 1e18; v *= 1.07)
			if (strlen(figure(text, (enum figure_form)form, v)) > 5)
				OK(0, text);
	OK(1, "none wider than five");
}

static void
test_keys(void)
{
	const struct key_binding *b;
	struct buf text = {0};
	unsigned n, lines = 0;

	OK(key_command(WHERE_HOSTS, 'q') == CMD_QUIT, "a letter");
	OK(key_command(WHERE_HOSTS, 3) == CMD_QUIT, "a control key");
	OK(key_command(WHERE_HELP, KEYC_F0 + 10) == CMD_QUIT, "F10");
	OK(key_command(WHERE_HOSTS, ' ') == CMD_PAUSE, "the space bar");
	OK(key_command(WHERE_HELP, ' ') == CMD_NONE, "not in the help");
	OK(key_command(WHERE_SORT, '\n') == CMD_SORT_CHOOSE,
	    "both forms of Enter");
	OK(key_command(WHERE_SORT, '\r') == CMD_SORT_CHOOSE, "and this");
	OK(key_command(WHERE_HOSTS, 0x1f600) == CMD_NONE, "any character");
	OK(key_command(WHERE_HOSTS, KEYC_UP) == CMD_UP, "an arrow");
	OK(key_named("invert", 6) == CMD_SORT_INVERT, "by name");
	OK(key_named("inver", 5) == CMD_NONE, "by its whole name");
	for (n = 0; (b = key_at(n)) != NULL; n++)
		if (key_command(b->where, 'Z') != CMD_NONE)
			OK(0, "Z is nobody's");
	key_print(&text);
	for (const char *p = text.data; *p != '\0'; p++)
		lines += *p == '\n';
	OK(lines == n, "a line a binding");
	buf_free(&text);
}

static void
test_history(void)
{
	struct history h;

	history_init(&h, 2, HISTORY_ROWS);
	OK(history_find(&h, NAN) == -1 && history_find(&h, 5) == -1, "empty");
	for (unsigned i = 0; i < HISTORY_ROWS + 100; i++) {
		history_begin(&h, i, RECORD_GOOD);
		history_set(&h, 1, i);
	}
	OK(h.count == HISTORY_ROWS, "bounded");
	OK(history_ts(&h, 0) == 100, "the oldest went");
	OK(history_ts(&h, history_find(&h, NAN)) == HISTORY_ROWS + 99,
	    "the newest");
	OK(history_ts(&h, history_find(&h, 250.5)) == 250, "as of a moment");
	OK(history_find(&h, 99) == -1, "before all");
	OK(history_value(&h, history_find(&h, 300), 1) == 300 &&
		isnan(history_value(&h, history_find(&h, 300), 0)),
	    "what was not set is not known");
	history_worsen(&h, RECORD_STALE);
	OK(history_quality(&h, history_find(&h, NAN)) == RECORD_STALE,
	    "quality");
	history_free(&h);
}

int
main(void)
{
	test_figures();
	test_keys();
	test_history();
	return tap_done();
}
