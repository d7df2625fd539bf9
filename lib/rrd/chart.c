/* SPDX-License-Identifier: MIT */
/* chart: rrd_graph's own little language, and nothing else. */
#include "rrd/chart.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#	include <sanitizer/lsan_interface.h>
#endif

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "rrd/librrd.h"

#ifdef __SANITIZE_ADDRESS__
/* Pango asks fontconfig in a thread of its own, which nothing else reaches. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}
#endif

#define WIDTH 800
#define HEIGHT 250
#define PER_SERIES 11

/* Okabe and Ito's palette (2008), told apart by the colour-blind as well. */
static const char *const palette[] = {"0072B2", "D55E00", "009E73", "CC79A7",
    "E69F00", "56B4E9", "F0E442", "000000"};

struct words {
	char **word;
	size_t count;
};

static void
add(struct words *w, char *word)
{
	w->word[w->count++] = word;
}

/* A ":" ends an argument of rrd_graph; "%" begins a directive in texts. */
static char *
quote(const char *s, const char *special)
{
	struct buf b = {0};

	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			buf_addc(&b, '\\');
		buf_addc(&b, *s);
	}
	return buf_take(&b);
}

static void
add_series(struct words *w, const struct chart_series *s, size_t i)
{
	static const struct {
		const char *name, *function, *title;
	} stat[] = {{"lo", "MINIMUM", "min"}, {"av", "AVERAGE", "avg"},
	    {"hi", "MAXIMUM", "max"}, {"la", "LAST", "last"}};
	char *path = quote(s->path, "\\:");
	char *legend = quote(s->legend, "\\:");
	unsigned n = (unsigned)i;

	add(w, xasprintf("DEF:v%u=%s:%s:AVERAGE", n, path, s->source));
	for (size_t k = 0; k < 4; k++)
		add(w, xasprintf("VDEF:%s%u=v%u,%s", stat[k].name, n, n,
			   stat[k].function));
	add(w,
	    xasprintf("LINE1.5:v%u#%s:%s", n,
		palette[i % (sizeof(palette) / sizeof(palette[0]))], legend));
	for (size_t k = 0; k < 4; k++)
		add(w, xasprintf("GPRINT:%s%u:%s %%8.2lf%%s%s", stat[k].name, n,
			   stat[k].title, k == 3 ? "\\l" : ""));
	free(path);
	free(legend);
}

int
chart_draw(const struct chart *c, struct nc_err *e)
{
	struct words w = {0};
	bool svg = str_ends(span_of(c->output), ".svg");
	struct librrd rrd;
	rrd_info_t *info;
	int rc = 0;

	if (librrd_load(&rrd, e) == -1)
		return -1;
	w.word = xcalloc(c->count * PER_SERIES + 32, sizeof(char *));
	add(&w, xstrdup("graph"));
	add(&w, xstrdup(c->output));
	add(&w, xasprintf("--imgformat=%s", svg ? "SVG" : "PNG"));
	add(&w, xasprintf("--start=%.0f", c->from));
	add(&w, xasprintf("--end=%.0f", c->to));
	add(&w, xasprintf("--width=%u", c->width != 0 ? c->width : WIDTH));
	add(&w, xasprintf("--height=%u", c->height != 0 ? c->height : HEIGHT));
	add(&w, xasprintf("--title=%s", c->title));
	add(&w, xasprintf("--vertical-label=%s", c->axis));
	add(&w, xasprintf("--base=%.0f", c->base));
	add(&w, xstrdup("--slope-mode"));
	for (size_t i = 0; i < c->count; i++)
		add_series(&w, &c->series[i], i);
	rrd.clear_error();
#ifdef __SANITIZE_ADDRESS__
	/* What librrd and its font library never free is not our leak. */
	__lsan_disable();
#endif
	info = rrd.graph((int)w.count, w.word);
#ifdef __SANITIZE_ADDRESS__
	__lsan_enable();
#endif
	if (info == NULL || rrd.test_error())
		rc = err_set(e, 0, "%s: %s", c->output, rrd.get_error());
	if (info != NULL)
		rrd.info_free(info);
	for (size_t i = 0; i < w.count; i++)
		free(w.word[i]);
	free(w.word);
	return rc;
}
