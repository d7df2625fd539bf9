/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target of nc-top without its terminal (tool: nc-top): records, keys,
 * sizes and time in any order.  A line that begins with '{' is a record;
 * "@N" sets the clock, "#WxH" the size; of any other line each byte is a
 * key.  Whatever comes: every cell can be shown, wide characters have both
 * halves, and a screen drawn twice is the same.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "dump.h"
#include "stream/record.h"
#include "term_text.h"
#include "view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct intern *names;
	struct decoder *decoder;
	struct model *model;
	struct ui ui;
	struct grid grid, again;
	double mono;
};

static void
check(const struct grid *g)
{
	const struct cell *c;

	for (int y = 0; y < g->height; y++)
		for (int x = 0; x < g->width; x++) {
			c = &g->cells[y * g->width + x];
			if (c->ch == 0) {
				if (x == 0 || utf8_width(c[-1].ch) != 2)
					abort();
			} else if (!utf8_printable(c->ch) ||
				   utf8_width(c->ch) == 0 ||
				   (!g->utf8 && c->ch > 126))
				abort();
			else if (utf8_width(c->ch) == 2 &&
				 (x + 1 == g->width || c[1].ch != 0))
				abort();
		}
}

static void
draw(struct world *w)
{
	struct buf text = {0};

	w->ui.page = screen_page(&w->ui, w->grid.height);
	w->ui.width = w->grid.width;
	ui_arrange(&w->ui, w->model, w->mono);
	screen_draw(&w->grid, w->model, &w->ui);
	check(&w->grid);
	grid_copy(&w->again, &w->grid);
	screen_draw(&w->again, w->model, &w->ui);
	if (!grid_equal(&w->grid, &w->again))
		abort();
	text_render(&text, &w->grid, w->ui.theme);
	buf_free(&text);
}

static void
feed(struct world *w, const char *line, size_t len)
{
	struct buf b = {0};
	struct record r;
	struct nc_err e;

	buf_add(&b, line, len);
	memset(buf_reserve(&b, RECORD_PADDING), 0, RECORD_PADDING);
	if (decoder_line(w->decoder, b.data, len, &r, &e) == 0)
		/* A recording at first, then live. */
		model_feed(w->model, &r,
		    w->mono > 8 ? model_now(w->model) : (double)NAN);
	buf_free(&b);
}

static void
press(struct world *w, const uint8_t *keys, size_t len)
{
	uint32_t key;

	for (size_t i = 0; i < len; i++) {
		/* Bytes above ASCII stand for keys that are no characters. */
		key = keys[i] < 128 ? keys[i] : KEYC_SPECIAL + (keys[i] & 15u);
		ui_key(&w->ui, w->model, key, w->mono);
		w->mono += 0.3;
	}
}

static void
line(struct world *w, const uint8_t *p, size_t len)
{
	char text[64];
	int width, height;

	snprintf(text, sizeof(text), "%.*s", (int)(len < 60 ? len : 60),
	    (const char *)p);
	if (p[0] == '{')
		feed(w, (const char *)p, len);
	else if (p[0] == '@')
		model_set_now(w->model, strtod(text + 1, NULL));
	else if (sscanf(text, "#%3dx%3d", &width, &height) == 2)
		grid_resize(&w->grid, width, height);
	else
		press(w, p, len);
	/* Two spaces behind: nothing is drawn in between. */
	if (len < 2 || memcmp(p + len - 2, "  ", 2) != 0)
		draw(w);
}

static int
sink(void *arg, const char *text, size_t len)
{
	(void)arg;
	if (len == 0 || text[len - 1] != '\n')
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {.mono = 1};
	struct buf text = {0};
	const uint8_t *end, *stop = data + size;

	if (size == 0)
		return 0;
	w.names = intern_new(10000);
	w.decoder = decoder_new(w.names);
	w.model = model_new(w.names, 10000);
	ui_init(&w.ui, theme_at(0), (data[0] & 1) != 0);
	w.ui.sealed = true;
	w.ui.chart.dots = (enum chart_dots)(data[0] >> 2 & 3u) % 3;
	w.grid.utf8 = w.again.utf8 = (data[0] & 2) != 0;
	grid_resize(&w.grid, 80, 24);
	for (data++; data < stop; data = end + 1) {
		end = memchr(data, '\n', (size_t)(stop - data));
		if (end == NULL)
			end = stop;
		if (end != data)
			line(&w, data, (size_t)(end - data));
	}
	dump_model(w.model, sink, NULL);
	dump_snapshot(w.model, (double)NAN, sink, NULL);
	act_records(&text, &w.ui, w.model);
	buf_free(&text);
	ui_free(&w.ui);
	grid_free(&w.grid);
	grid_free(&w.again);
	model_free(w.model);
	decoder_free(w.decoder);
	intern_free(w.names);
	return 0;
}
