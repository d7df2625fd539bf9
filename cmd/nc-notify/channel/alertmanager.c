/* SPDX-License-Identifier: MIT */
/*
 * alertmanager: alerts handed to an Alertmanager (its API v2), for those who
 * route with one.  It forgets an alert that nobody repeats: each says how
 * long it holds.  An alert there is its labels, severity among them: with one
 * severity the others are told to be over, so that none is left behind.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "kinds.h"
#include "prom.h"
#include "service.h"

#define HOLD_SECONDS (7.0 * 86400)

static double
hold_of(const struct channel *c)
{
	const struct channel_value *v = channel_value(c, "hold", 0);
	double seconds = HOLD_SECONDS;

	if (v != NULL)
		parse_duration(span_of(v->text), &seconds, NULL);
	return seconds;
}

static void
add(struct json *list, const struct sending *s, const struct alert *a,
    struct span severity, bool ended)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	double ends = ended ? a->ts : fmax(s->now, a->ts) + hold_of(s->channel);

	json_set(o, "labels", prom_labels(a, severity));
	json_set(o, "annotations", prom_annotations(a));
	json_set(o, "startsAt", prom_time(fmin(prom_start(a), ends)));
	json_set(o, "endsAt", prom_time(ends));
	json_append(list, o);
}

static int
build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	static const char *const severities[] = {"info", "warn", "crit"};
	struct json *list;

	(void)e;
	if (step > 0)
		return 1;
	list = json_new(JSON_KIND_ARRAY);
	for (size_t i = 0; i < s->nalerts; i++) {
		const struct alert *a = &s->alerts[i];

		add(list, s, a, a->severity, a->ended);
		for (size_t k = 0; k < 3; k++)
			if (!span_is(a->severity, severities[k]))
				add(list, s, a, span_of(severities[k]), true);
	}
	if (service_target(s, &q->url, e) == -1) {
		json_free(list);
		return -1;
	}
	while (q->url.len != 0 && q->url.data[q->url.len - 1] == '/')
		q->url.data[--q->url.len] = '\0';
	buf_adds(&q->url, "/api/v2/alerts");
	service_json(q, list);
	return channel_value(s->channel, "token", 0) == NULL
		   ? 0
		   : service_auth(s, q, "Authorization", "Bearer ", "token", e);
}

static int
check(const struct channel *c, struct nc_err *e)
{
	const struct channel_value *v = channel_value(c, "hold", 0);
	double seconds;

	if (service_check_target(c, e) == -1)
		return -1;
	if (v != NULL && parse_duration(span_of(v->text), &seconds, e) == -1)
		return -1;
	return service_check(c, NULL, e);
}

static const struct channel_option options[] = {
    SERVICE_OPTIONS,
    {.name = "hold"},
    {.name = "token", .secret = true},
    {.name = NULL},
};

static const struct service service = {.build = build};

const struct channel_kind kind_alertmanager = {
    .name = "alertmanager",
    .targets = "an address",
    .secret_target = true,
    .options = options,
    .at_once = 1, /* what follows must not overtake */
    .check = check,
    .service = &service,
    .send = service_send,
    .cancel = service_cancel,
    .render = service_render,
};
