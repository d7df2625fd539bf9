/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target (tool: nc-analyze): the first line is analyses with their
 * options.  What follows is a state when it begins with '=', else records:
 * these are analysed, and the state after them must be read back as the same
 * bytes.  What comes out are whole lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/nc-analyze/flow.h"
#include "base/buf.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
sink(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len < 2 || line[0] != '{' || line[len - 1] != '\n' || len > 4096)
		abort();
	return 0;
}

static const struct analysis *
analysis_of(struct span name)
{
	const struct analysis *a;

	for (size_t i = 0; (a = analysis_at(i)) != NULL; i++)
		if (span_is(name, a->name))
			return a;
	return NULL;
}

/* NULL when the words make no sense. */
static struct flow *
make(const struct flow_options *o, struct span words)
{
	struct flow *f = flow_new(o);
	struct span word, name, rest;
	const struct analysis *a;
	struct nc_err e;
	bool good = true;

	while (good && str_word(&words, &word)) {
		str_cut(word, ',', &name, &rest);
		a = analysis_of(name);
		good = a != NULL && flow_add(f, a, word, &e) == 0;
	}
	if (good && flow_ready(f, &e) == 0)
		return f;
	flow_free(f);
	return NULL;
}

static void
feed(struct flow *f, struct intern *names, struct span text)
{
	struct decoder *d = decoder_new(names);
	struct buf padded = {0};
	struct span line;
	struct record r;

	while (str_item(&text, '\n', &line)) {
		buf_clear(&padded);
		buf_add(&padded, line.p, line.len);
		memset(buf_reserve(&padded, RECORD_PADDING), 0, RECORD_PADDING);
		if (decoder_line(d, padded.data, line.len, &r, NULL) == 0)
			flow_take(f, &r);
	}
	buf_free(&padded);
	decoder_free(d);
}

static void
check_state(const struct flow_options *o, const struct flow *f,
    struct span words)
{
	struct flow *again = make(o, words);
	struct buf a = {0}, b = {0};
	struct pack_in u;
	struct nc_err e;

	flow_save(f, &a);
	u = (struct pack_in){.in = buf_span(&a)};
	if (flow_load(again, &u, &e) == -1 || u.in.len != 0)
		abort();
	flow_save(again, &b);
	if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
		abort();
	flow_free(again);
	buf_free(&a);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span words, rest;
	struct edges edges = {0};
	struct diag *diag = diag_new("fuzz");
	struct flow_options o = {.names = intern_new(0),
	    .diag = diag,
	    .edges = &edges,
	    .explain = true,
	    .max_series = 1000,
	    .out = frame_new(sink, NULL)};
	struct pack_in u;
	struct flow *f;
	struct nc_err e;

	diag_verbosity(diag, -1);
	str_cut((struct span){(const char *)data, size}, '\n', &words, &rest);
	if ((f = make(&o, words)) != NULL) {
		if (rest.len != 0 && rest.p[0] == '=') {
			u = (struct pack_in){.in = {rest.p + 1, rest.len - 1}};
			(void)flow_load(f, &u, &e);
		} else {
			feed(f, o.names, rest);
			check_state(&o, f, words);
			flow_finish(f);
		}
		flow_free(f);
	}
	frame_free(o.out);
	intern_free(o.names);
	diag_free(diag);
	return 0;
}
