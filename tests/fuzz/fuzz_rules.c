/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target (tool: nc-alert): rules, then records under them.  Up to the
 * first NUL byte the input is rules, behind it lines of records.  Whatever
 * they are, what comes out are whole lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/nc-alert/engine.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
sink(void *arg, const char *line, size_t len)
{
	(void)arg;
	if (len < 2 || line[0] != '{' || line[len - 1] != '\n')
		abort();
	return 0;
}

static void
feed(struct rules *rules, const char *p, size_t len)
{
	struct intern *names = intern_new(0);
	struct decoder *d = decoder_new(names);
	struct frame *out = frame_new(sink, NULL);
	struct engine *g = engine_new(rules, names, out);
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
	engine_free(g);
	frame_free(out);
	decoder_free(d);
	intern_free(names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : size;
	struct diag *quiet;
	struct rules rules;

	/* Other files are none of our input. */
	if (size > 16384 || memmem(data, size, "include", 7) != NULL)
		return 0;
	quiet = diag_new("fuzz");
	diag_verbosity(quiet, -2);
	if (rules_parse((struct span){(const char *)data, n}, quiet, &rules) ==
		0 &&
	    nul != NULL)
		feed(&rules, (const char *)nul + 1, size - n - 1);
	rules_free(&rules);
	diag_free(quiet);
	return 0;
}
