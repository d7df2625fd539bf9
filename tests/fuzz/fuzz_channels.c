/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what channels make of an alert's words.  The input, cut at
 * each 0xff, is title, text, host, id, a label, a runbook.  Whatever they are:
 * a mail is lines of printable ASCII with the headers it always has; an
 * address and a header of HTTP are one line; JSON parses; a form is a form.
 * tool: nc-notify
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "channel.h"
#include "channel/letter.h"
#include "channel/service.h"
#include "stream/json.h"

#define PARTS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int fact)
{
	if (!fact)
		abort();
}

/* --- the channels --------------------------------------------------------- */

struct sample {
	const char *kind, *targets[3];
	bool secret; /* the target is one */
	const char *options[6][2];
};

static const struct sample samples[] = {
    {"slack", {NULL}, true, {{NULL}}},
    {"slack", {"bot"}, false, {{"secret", "x"}, {"to", "#ops"}}},
    {"pagerduty", {NULL}, true, {{NULL}}},
    {"opsgenie", {NULL}, true, {{NULL}}},
    {"teams", {NULL}, true, {{NULL}}},
    {"discord", {NULL}, true, {{NULL}}},
    {"mattermost", {NULL}, true, {{NULL}}},
    {"rocketchat", {NULL}, true, {{NULL}}},
    {"telegram", {NULL}, false, {{"secret", "x"}, {"to", "-1"}}},
    {"matrix", {"https://x"}, false, {{"secret", "x"}, {"to", "!a:b"}}},
    {"ntfy", {"https://x"}, false, {{"topic", "t"}}},
    {"gotify", {"https://x"}, false, {{"token", "x"}}},
    {"pushover", {NULL}, false, {{"token", "x"}, {"to", "u"}}},
    {"alertmanager", {"https://x"}, false, {{NULL}}},
    {"webhook", {"https://x"}, false, {{"form", "alertmanager"}}},
    {"sms", {"twilio"}, false,
	{{"account", "A"}, {"secret", "x"}, {"from", "+1"}, {"to", "+12345"}}},
    {"sms", {"vonage"}, false,
	{{"account", "A"}, {"secret", "x"}, {"from", "n"}, {"to", "+12345"}}},
    {"sms", {"sns"}, false,
	{{"region", "r"}, {"key", "A"}, {"secret", "x"}, {"to", "+12345"}}},
    {"sms", {"form", "https://x"}, false,
	{{"field", "t={text}"}, {"field", "to={to}"}, {"to", "+12345"}}},
};

static const struct channel_option *
option(const struct channel_kind *k, const char *name)
{
	const struct channel_option *o = k->options;

	while (strcmp(o->name, name) != 0)
		o++;
	return o;
}

static void
fill(struct channel *c, const struct sample *s)
{
	static char name[] = "x", where[] = "where";

	*c = (struct channel){.name = name, .kind = channel_kind(s->kind)};
	must(c->kind != NULL);
	c->targets = xcalloc(3, sizeof(*c->targets));
	c->values = xcalloc(6, sizeof(*c->values));
	while (s->targets[c->ntargets] != NULL) {
		c->targets[c->ntargets] = xstrdup(s->targets[c->ntargets]);
		c->ntargets++;
	}
	if (s->secret)
		c->target = (struct secret){.kind = SECRET_FILE, .name = where};
	for (; c->nvalues < 6 && s->options[c->nvalues][0] != NULL;
	     c->nvalues++) {
		struct channel_value *v = &c->values[c->nvalues];

		v->option = option(c->kind, s->options[c->nvalues][0]);
		v->text = xstrdup(s->options[c->nvalues][1]);
		if (v->option->secret)
			v->secret = (struct secret){.kind = SECRET_FILE,
			    .name = where};
	}
	must(c->kind->check(c, NULL) == 0);
}

static void
empty(struct channel *c)
{
	for (size_t i = 0; i < c->ntargets; i++)
		free(c->targets[i]);
	for (size_t i = 0; i < c->nvalues; i++)
		free(c->values[i].text);
	free(c->targets);
	free(c->values);
}

/* --- what they make ------------------------------------------------------- */

static void
one_line(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		must((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void
body(struct span s, bool form)
{
	struct json *j;

	if (form) {
		for (size_t i = 0; i < s.len; i++)
			must(s.p[i] > ' ' && s.p[i] < 0x7f);
		return;
	}
	must((j = json_parse(s, NULL)) != NULL);
	json_free(j);
}

static void
services(struct sending *s)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		struct channel c;
		struct buf b = {0};
		struct nc_err e = {0};
		struct span rest, line, text;
		bool form = false;

		fill(&c, &samples[i]);
		s->channel = &c;
		must(c.kind->render(s, &b, &e) == 0);
		/* One request: its head, an empty line, its body, LF. */
		rest = buf_span(&b);
		while (str_cut(rest, '\n', &line, &text) && line.len != 0) {
			one_line(line);
			form |= str_ends(line, "urlencoded");
			rest = text;
		}
		must(text.len != 0);
		body((struct span){text.p, text.len - 1}, form);
		empty(&c);
		buf_free(&b);
	}
}

static void
mail(struct sending *s)
{
	static char name[] = "m";
	struct channel c = {.name = name};
	struct letter l = {.from = "a@b", .to = "c@d", .html = true};
	struct buf b = {0};
	struct span rest, line;
	size_t headers = 0, boundaries = 0;
	bool head = true;

	s->channel = &c;
	letter_write(s, &l, &b);
	rest = buf_span(&b);
	while (rest.len != 0) {
		must(str_cut(rest, '\n', &line, &rest));
		must(line.len > 0 && line.p[line.len - 1] == '\r');
		line.len--;
		one_line(line);
		must(line.len <= 998 && (line.len == 0 || line.p[0] != '.'));
		for (size_t i = 0; i < line.len; i++)
			must((unsigned char)line.p[i] < 0x7f);
		if (line.len == 0)
			head = false;
		headers += head && line.p[0] != ' ';
		boundaries += str_starts(line, "--=_nc");
	}
	must(headers == 15 && boundaries == 3);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size}, raw;
	struct buf part[PARTS] = {{0}};
	struct record_label label;
	struct alert a;
	struct sending s;

	if (size == 0 || size > 65536)
		return 0;
	for (size_t i = 0; i < PARTS; i++) {
		if (!str_item(&rest, (char)0xff, &raw))
			raw = (struct span){"", 0};
		utf8_repair(&part[i], raw);
		buf_addc(&part[i], 'x'); /* none is empty */
	}
	label = (struct record_label){buf_span(&part[4]), buf_span(&part[4])};
	a = (struct alert){.ts = 1763800000,
	    .start = 1763800000,
	    .value = 1,
	    .limit = 2,
	    .host = buf_span(&part[2]),
	    .entity = span_of("host.fs"),
	    .id = buf_span(&part[3]),
	    .name = span_of("disk-full"),
	    .fingerprint = span_of("aa"),
	    .episode = span_of("bb"),
	    .event_id = span_of("cc"),
	    .state = span_of("firing"),
	    .change = span_of("opened"),
	    .severity = span_of("crit"),
	    .text = buf_span(&part[1]),
	    .runbook = buf_span(&part[5]),
	    .labels = &label,
	    .nlabels = 1,
	    .line = span_of("{}")};
	s = (struct sending){.alert = &a,
	    .alerts = &a,
	    .nalerts = 1,
	    .id = span_of("cc"),
	    .thread = span_of("bb"),
	    .severity = a.severity,
	    .title = buf_span(&part[0]),
	    .text = buf_span(&part[1]),
	    .redact = true,
	    .attempt = 1,
	    .now = 1763800060,
	    .late = 60};
	mail(&s);
	services(&s);
	for (size_t i = 0; i < PARTS; i++)
		buf_free(&part[i]);
	return 0;
}
