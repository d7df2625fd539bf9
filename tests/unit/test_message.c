/* SPDX-License-Identifier: MIT */
/* Unit tests of what nc-notify says, to whom and how often: templates,
 * messages, limits, escalations, rotas: no file, no clock.
 * tool: nc-notify */
#include <stdlib.h>

#include "base/mem.h"
#include "duty.h"
#include "message.h"
#include "ration.h"
#include "tap.h"

static struct alert
alert(const char *host, const char *event, const char *episode)
{
	return (struct alert){.severity = span_of("warn"),
	    .name = span_of("load"),
	    .host = span_of(host),
	    .entity = span_of("host"),
	    .id = span_of(host),
	    .event_id = span_of(event),
	    .episode = span_of(episode),
	    .fingerprint = span_of(episode),
	    .value = (double)NAN,
	    .limit = (double)NAN,
	    .start = (double)NAN,
	    .ts = 1000};
}

static char *
expand(const char *text, const struct sending *s)
{
	struct nc_err e;
	struct template *t = template_parse(text, &e);
	struct buf b = {0};

	if (t == NULL)
		return xstrdup(e.msg);
	buf_adds(&b, "");
	template_expand(t, s, NULL, &b);
	template_free(t);
	buf_addc(&b, '|');
	return buf_take(&b);
}

static void
is(const struct sending *s, const char *text, const char *want)
{
	char *got = expand(text, s);

	SAME(got, want, text);
	free(got);
}

static void
test_templates(void)
{
	struct record_label labels[] = {{span_of("team"), span_of("a\"b\n")}};
	struct alert a = alert("hv1", "01", "ee");
	struct sending s = {.alert = &a,
	    .alerts = &a,
	    .nalerts = 3,
	    .title = span_of("T"),
	    .late = 90};
	struct nc_err e;

	a.labels = labels;
	a.nlabels = 1;
	a.value = 0.042;
	a.text = span_of("gr\xc3\xbc\xc3\x9f dich");
	is(&s, "{severity|upper} {host}: {count}", "WARN hv1: 3|");
	is(&s, "{{}} {nothing}.{nothing|else \"?\"}", "{} .?|");
	is(&s, "{value|pct} {late|dur} {value}", "4.2 % 1m30s 0.042|");
	is(&s, "{label.team|json} {team|line} {team|url}",
	    "a\\\"b\\u000a a\"b  a%22b%0A|");
	is(&s, "{text|trunc 4} {text|trunc 9} {ts|ts}",
	    "gr\xc3\xbc\xe2\x80\xa6 gr\xc3\xbc\xc3\x9f dich "
	    "1970-01-01T00:16:40Z|");
	is(&s, "{host|bytes}", "hv1|"); /* no number: as it is */
	labels[0].value = span_of("\xff\xfe");
	is(&s, "{team}", "\xef\xbf\xbd\xef\xbf\xbd|");
	OK(template_parse("{host", &e) == NULL, "an open brace");
	OK(template_parse("host}", &e) == NULL, "a lone one");
	OK(template_parse("{}", &e) == NULL, "no field");
	OK(template_parse("{host|}", &e) == NULL, "no filter");
	OK(template_parse("{host|trunc x}", &e) == NULL, "no number");
	OK(template_parse("{host|trunc 0}", &e) == NULL, "nothing left");
	OK(template_parse("{host|upper 3}", &e) == NULL, "an argument");
	OK(template_parse("{a b}", &e) == NULL, "two words");
	OK(template_parse("\xff", &e) == NULL, "not UTF-8");
}

static void
test_message(void)
{
	struct channel c = {.thread = THREAD_INCIDENT};
	struct alert a[50];
	struct message m = {{0}, {0}, {0}};
	struct sending s = {.channel = &c, .now = 1000};
	char ids[50][4], *first;

	for (int i = 0; i < 50; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%02x", i);
		a[i] = alert(i % 2 ? "hv1" : "hv2", ids[i], ids[i]);
		a[i].incident = span_of("beef");
	}
	a[0].text = span_of("line\nbreak\x1b");
	message_compose(&m, MESSAGE_ALERTS, "", a, 1, &s);
	SAME(m.title.data, "warn load on hv2: line break ",
	    "a title is one line");
	OK(span_is(s.id, "00") && span_is(s.thread, "beef") && !s.ended,
	    "one alert's own id, its incident's thread");
	message_compose(&m, MESSAGE_REPEAT, "2", a, 1, &s);
	OK(span_is(s.id, "00-2"), "a repeat has an id of its own");

	a[2].severity = span_of("crit");
	a[2].branch = true;
	a[3].severity = span_of("crit");
	a[3].ts = 2000;
	a[1].ended = true;
	message_compose(&m, MESSAGE_ALERTS, "", a, 4, &s);
	OK(span_is(s.alert->event_id, "03") &&
		span_is(s.alerts[1].event_id, "02") &&
		span_is(s.alerts[3].event_id, "01"),
	    "critical roots first, what is over last");
	SAME(m.title.data, "3 firing, 1 resolved: crit load on hv1 and 3 more",
	    "how many of what");
	OK(span_is(s.severity, "crit") && !s.ended && s.id.len == 32,
	    "the worst; an id of all of them");
	first = xmemdup0(s.id.p, s.id.len);
	message_compose(&m, MESSAGE_ALERTS, "", a, 4, &s);
	OK(span_is(s.id, first), "the same alerts, the same id");
	message_compose(&m, MESSAGE_ALERTS, "", a, 3, &s);
	OK(!span_is(s.id, first), "others, another");
	free(first);
	a[1].incident = span_of("cafe");
	message_compose(&m, MESSAGE_ALERTS, "", a, 4, &s);
	OK(s.thread.len == 0, "two incidents are no thread");

	message_compose(&m, MESSAGE_ALERTS, "", a, 50, &s);
	OK(strstr(m.text.data, "by host: ") != NULL &&
		strstr(m.text.data, "by alert: load 50\n") != NULL &&
		strstr(m.text.data, "and 40 more") != NULL,
	    "of a storm: counts, ten, and how many more");
	message_free(&m);
}

static void
test_ration(void)
{
	struct channel c = {.rate = {.n = 1, .seconds = 2, .burst = 3},
	    .budget = {.n = 5, .seconds = 86400, .burst = 1, .daily = true}};
	struct ration r;

	ration_start(&r, &c, 100);
	for (int i = 0; i < 3; i++) {
		OK(ration_wait(&r, &c, 100) == 0, "a burst");
		ration_use(&r, &c, 100);
	}
	NEAR(ration_wait(&r, &c, 100.5), 1.5, 1e-9, "then one in two seconds");
	OK(ration_wait(&r, &c, 102) == 0, "is");
	ration_use(&r, &c, 102);
	OK(ration_last(&r, &c) && !ration_spent(&r, &c), "the day's last");
	ration_wait(&r, &c, 110);
	ration_use(&r, &c, 110);
	OK(ration_spent(&r, &c), "the day's budget is spent");
	NEAR(ration_wait(&r, &c, 200), 86300, 1e-6, "until the day is over");
	OK(ration_wait(&r, &c, 86501) == 0, "and then there is a new one");
	ration_use(&r, &c, 86501);
	ration_wait(&r, &c, 1000);
	OK(r.used == 1, "a clock set back is no new day's budget");
}

static void
test_duty(void)
{
	struct duty_step steps[] = {{0, false, 1}, {900, true, 2},
	    {1800, false, 4}};
	struct escalation x = {steps, 3, 600, 2};
	struct duty_turn turns[] = {{0, 7 * 86400}, {1, 7 * 86400}, {2, 86400}};
	struct rota r = {turns, 3, 1795392000, NULL}; /* 2026-11-23 */
	double next;

	OK(escalation_due(&x, 0, false, &next) == 1 && next == 900,
	    "the first step at once");
	OK(escalation_due(&x, 900, false, &next) == 2 && next == 1800, "then");
	OK(escalation_due(&x, 10, true, &next) == 1 && next == 1800,
	    "seen: only what comes in any case");
	OK(escalation_due(&x, 1900, true, &next) == 3 && isinf(next),
	    "and no repeats");
	OK(escalation_due(&x, 2400, false, &next) == 4 && next == 3000,
	    "a repeat of the last");
	OK(escalation_due(&x, 1e6, false, &next) == 5 && isinf(next),
	    "so many and no more");
	OK(escalation_step(&x, 4)->to == 4, "a repeat is the last step");

	OK(rota_on_duty(&r, 1795392000) == 0, "the first turn");
	OK(rota_on_duty(&r, 1795391999) == 2, "before it, the last one's");
	OK(rota_on_duty(&r, 1795392000 + 7 * 86400) == 1, "the second");
	OK(rota_on_duty(&r, 1795392000 + 14 * 86400) == 2, "the third");
	OK(rota_on_duty(&r, 1795392000 + 15 * 86400) == 0, "round again");
	r.zone = zone_open("Europe/Berlin", NULL);
	/* 2027-03-29 00:00 there, the day after clocks went forward: 18 weeks
	 * of rounds of two. */
	r.turns = turns;
	r.nturns = 2;
	OK(rota_on_duty(&r, 1806271200 - 1800) == 1 &&
		rota_on_duty(&r, 1806271200 + 1800) == 0,
	    "a turn begins at midnight also in summer");
	zone_free(r.zone);
}

int
main(void)
{
	test_templates();
	test_message();
	test_ration();
	test_duty();
	return tap_done();
}
