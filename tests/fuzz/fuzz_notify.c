/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target, tool: nc-notify.  Up to the first NUL byte the input is a
 * configuration, behind it an item of the spool, as it may lie on a damaged
 * disk.  Whatever they are: an item whose record is an alert is routed to
 * channels there are, and becomes messages whose title is one valid line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "message.h"
#include "settings.h"
#include "spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int fact)
{
	if (!fact)
		abort();
}

static void
tell(const struct settings *s, const struct alert *a)
{
	struct route_decision d;
	struct message m = {{0}, {0}, {0}};
	struct alert copies[2];
	char *one = alert_copy(a, &copies[0]), *two = alert_copy(a, &copies[1]);
	struct buf key = {0};

	route_decide(s->rules, s->nrules, a, a->ts, &d, NULL, NULL);
	must(s->nchannels == 64 ||
	     settings_on_duty(s, d.set, a->ts) >> s->nchannels == 0);
	for (size_t i = 0; i < s->nlanes; i++) {
		size_t at = (size_t)(s->lanes[i].channel - s->channels);
		struct sending t = {.channel = s->lanes[i].channel,
		    .now = a->ts};

		message_compose(&m, MESSAGE_ALERTS, "", copies, 1 + i % 2, &t);
		must(utf8_valid(t.title) && utf8_valid(t.text));
		must(memchr(t.title.p, '\n', t.title.len) == NULL);
		if (d.by[at] != NULL)
			route_group_key(&d.by[at]->group, a, &key);
	}
	buf_free(&key);
	message_free(&m);
	free(one);
	free(two);
}

static void
read_item(const struct settings *s, const uint8_t *data, size_t size)
{
	struct intern *names = intern_new(0);
	struct decoder *d = decoder_new(names);
	struct buf b = {0};
	struct spool_item it;
	struct record r;
	struct alert a;
	struct nc_err e;
	size_t torn;

	buf_add(&b, data, size);
	memset(buf_reserve(&b, RECORD_PADDING), 0, RECORD_PADDING);
	if (spool_parse(buf_span(&b), "item", &it, &torn, &e) == 0) {
		must(torn <= size);
		if (decoder_line(d, it.record.p, it.record.len, &r, &e) == 0 &&
		    alert_read(&r, &a, &e) == 0)
			tell(s, &a);
	}
	/* Without its checksum, which is hard to come by: the line alone. */
	if (size != 0 && decoder_line(d, b.data, b.len, &r, &e) == 0 &&
	    alert_read(&r, &a, &e) == 0)
		tell(s, &a);
	buf_free(&b);
	decoder_free(d);
	intern_free(names);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : size;
	struct diag *quiet;
	struct settings s;

	/* Other files are none of our input. */
	if (size > 16384 || memmem(data, size, "include", 7) != NULL)
		return 0;
	quiet = diag_new("fuzz");
	diag_verbosity(quiet, -2);
	if (settings_parse((struct span){(const char *)data, n}, "fuzz", &s,
		quiet) == 0 &&
	    nul != NULL)
		read_item(&s, nul + 1, size - n - 1);
	settings_free(&s);
	diag_free(quiet);
	return 0;
}
