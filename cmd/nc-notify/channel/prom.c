/* SPDX-License-Identifier: MIT */
/*
 * prom: names of labels are made fit for Prometheus (data model: letters,
 * digits and underscores, no digit first); ours win over an alert's own.
 */
#include "prom.h"

#include <math.h>
#include <string.h>

#include "base/zone.h"
#include "text.h"

static void
set_text(struct json *o, const char *key, struct span v)
{
	struct buf b = {0};

	text_show(&b, v);
	if (b.len != 0)
		json_set(o, key, json_new_text(buf_span(&b)));
	buf_free(&b);
}

static void
add_name(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') || c == '_';

		if (i == 0 && c >= '0' && c <= '9')
			buf_addc(b, '_');
		buf_addc(b, letter || (c >= '0' && c <= '9') ? c : '_');
	}
}

struct json *
prom_labels(const struct alert *a, struct span severity)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf name = {0};

	for (size_t i = 0; i < a->nlabels; i++) {
		buf_clear(&name);
		add_name(&name, a->labels[i].key);
		if (name.len != 0)
			set_text(o, name.data, a->labels[i].value);
	}
	buf_free(&name);
	set_text(o, "alertname", a->name);
	set_text(o, "severity", severity.len != 0 ? severity : a->severity);
	set_text(o, "host", a->host);
	set_text(o, "entity", a->entity);
	set_text(o, "id", a->id);
	return o;
}

struct json *
prom_annotations(const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT);
	struct buf b = {0};

	alert_line(a, 0, &b);
	set_text(o, "summary", buf_span(&b));
	set_text(o, "description", a->text);
	set_text(o, "runbook_url", a->runbook);
	if (isfinite(a->value)) {
		buf_clear(&b);
		buf_addf(&b, "%.6g", a->value);
		set_text(o, "value", buf_span(&b));
	}
	buf_free(&b);
	return o;
}

struct json *
prom_time(double ts)
{
	struct buf b = {0};
	struct json *j;

	zone_format(NULL, ts, 3, &b);
	j = json_new_text(buf_span(&b));
	buf_free(&b);
	return j;
}

double
prom_start(const struct alert *a)
{
	return isfinite(a->start) && a->start > 0 ? a->start : a->ts;
}
