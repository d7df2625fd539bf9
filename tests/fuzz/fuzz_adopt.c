/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target, tool: nc-collect.  Lines of a strange program are adopted,
 * once as they are and once with labels of ours put on.  Whatever comes out
 * is a good record of at most 4,096 bytes that says host and source; what
 * needed nothing comes out as it went in.  The same bytes are also read as a
 * word of the command line.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "base/buf.h"
#include "settings.h"
#include "stream/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct judge {
	struct decoder *decoder;
	struct buf line;
};

static int
judge_line(void *arg, const char *line, size_t len)
{
	struct judge *j = arg;
	struct record r;
	struct nc_err e;

	if (len == 0 || len > FRAME_LINE_MAX || line[len - 1] != '\n' ||
	    memchr(line, '\n', len) != line + len - 1)
		abort();
	buf_clear(&j->line);
	buf_add(&j->line, line, len - 1);
	buf_reserve(&j->line, RECORD_PADDING);
	if (decoder_line(j->decoder, j->line.data, len - 1, &r, &e) == -1)
		abort();
	if (r.kind != RECORD_UNKNOWN && (r.host.len == 0 || r.source.len == 0))
		abort();
	return 0;
}

static void
adopt_all(const char *data, size_t size, bool labelled)
{
	struct intern *names = intern_new(10000);
	struct judge j = {.decoder = decoder_new(names)};
	struct wanted_list l = {0};
	struct source_run run = {.host = "h", .name = "s", .interval = 10};
	const char *end;
	struct wanted *w;
	struct adopt *a;
	struct nc_err e;
	size_t n;

	w = wanted_add(&l, source_find(span_of("exec")));
	if (labelled)
		wanted_label(w, span_of("site"), "fra\"\\", NULL);
	a = adopt_new(names, &run, w, judge_line, &j);
	while (size != 0) {
		end = memchr(data, '\n', size);
		n = end != NULL ? (size_t)(end - data) : size;
		adopt_line(a, data, n, 1763800000.5, &e);
		data += n;
		size -= n;
		if (size != 0) {
			data++;
			size--;
		}
	}
	adopt_free(a);
	wanted_free(&l);
	buf_free(&j.line);
	decoder_free(j.decoder);
	intern_free(names);
}

static void
read_word(const uint8_t *data, size_t size)
{
	struct wanted_list l = {0};
	struct buf b = {0};
	struct nc_err e;

	buf_adds(&b, "exec:");
	buf_add(&b, data, size);
	if (wanted_parse(&l, NULL, b.data, &e) == 0)
		wanted_check(&l, &e);
	wanted_free(&l);
	if (wanted_parse(&l, NULL, b.data + strlen("exec:"), &e) == 0)
		wanted_check(&l, &e);
	wanted_free(&l);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	adopt_all((const char *)data, size, false);
	adopt_all((const char *)data, size, true);
	read_word(data, size);
	return 0;
}
