/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target (tool: nc-alert): the bytes of a state, then lines.  Up to a
 * line "--" the input is what engine_save() writes, behind it are records and
 * actions.  What is read back is refused or can be gone on with, and saved
 * again; nothing in it can be worse than wrong.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/nc-alert/engine.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text[] =
    "set incident 1m; set storm 3 in 20s; set heartbeat 30s\n"
    "set flap 4 in 5m clear 40s\n"
    "alert a on host { warn if load1 > 1 for 20s until < 0.5 for 20s;"
    " crit if load1 > 5 }\n"
    "alert b on vm { warn if avg(busy_ratio, 30s) > 0.5;"
    " nodata 40s then crit }\n"
    "alert c on vm { info if busy_ratio > 0.5 for 2 of 3 }\n"
    "alert gone on host { crit if absent(35s) }\n"
    "expect host h9\n"
    "inhibit info by warn same host, id\n"
    "depend b on a same host\n";

static int
sink(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len < 2 || line[0] != '{' || line[len - 1] != '\n')
		abort();
	return 0;
}

static void
feed(struct engine *g, struct decoder *d, const char *p, size_t len)
{
	struct buf padded = {0};
	struct record r;
	struct nc_err e;

	while (len > 0) {
		const char *end = memchr(p, '\n', len);
		size_t n = end != NULL ? (size_t)(end - p) : len;

		buf_clear(&padded);
		buf_add(&padded, p, n);
		memset(buf_reserve(&padded, RECORD_PADDING), 0, RECORD_PADDING);
		if (decoder_line(d, padded.data, n, &r, &e) == 0)
			engine_take(g, &r);
		n += end != NULL;
		p += n;
		len -= n;
	}
	buf_free(&padded);
}

static void
go_on(struct rules *rules, struct span state, struct span lines)
{
	struct intern *names = intern_new(0);
	struct decoder *d = decoder_new(names);
	struct frame *out = frame_new(sink, NULL);
	struct engine *g = engine_new(rules, names, out);
	struct pack_in u = {.in = state};
	struct buf again = {0};
	struct nc_err e;

	if (engine_load(g, &u, &e) == 0) {
		feed(g, d, lines.p, lines.len);
		engine_save(g, &again);
	}
	buf_free(&again);
	engine_free(g);
	frame_free(out);
	decoder_free(d);
	intern_free(names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *cut = size > 4 ? memmem(data, size, "\n--\n", 4) : NULL;
	struct span state = {(const char *)data, size}, lines = {"", 0};
	struct diag *quiet;
	struct rules rules;

	if (size > 65536)
		return 0;
	if (cut != NULL) {
		state.len = (size_t)(cut - state.p);
		lines = (struct span){cut + 4, size - state.len - 4};
	}
	quiet = diag_new("fuzz");
	diag_verbosity(quiet, -2);
	if (rules_parse(span_of(rules_text), quiet, &rules) == 0)
		go_on(&rules, state, lines);
	rules_free(&rules);
	diag_free(quiet);
	return 0;
}
