/* SPDX-License-Identifier: MIT */
/*
 * webhook: alerts posted to an address as they are, or as Alertmanager posts
 * them (its version 4), signed as Standard Webhooks asks (standardwebhooks.com:
 * id, time and body under HMAC-SHA256; several keys while one takes over from
 * another).  The id is the message's and the same in every try.  Many alerts
 * are split over several requests, never cut.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "kinds.h"
#include "prom.h"
#include "service.h"

#define KEY_PREFIX "whsec_"
#define KEY_MIN 24u /* bytes, as the standard has it */
#define KEY_MAX 64u
/* Of records in one request: the standard advises less than 20 kB, and as
 * Alertmanager has it an alert says most things twice. */
#define PART_BYTES ((size_t)16384)
#define PROM_BYTES ((size_t)10240)

/* --- the parts ------------------------------------------------------------ */

/* Alerts from *first on that go together in this step; 0 past the end. */
static size_t
part(const struct sending *s, unsigned step, size_t max, size_t *first)
{
	size_t at = 0, n = 0, bytes;

	for (;; step--) {
		*first = at;
		for (n = bytes = 0; at < s->nalerts; at++, n++) {
			bytes += s->alerts[at].line.len;
			if (n > 0 && bytes > max)
				break;
		}
		if (step == 0 || n == 0)
			return n;
	}
}

static void
record_form(const struct sending *s, size_t first, size_t n, struct buf *b)
{
	const struct alert *a = s->alerts + first;
	struct buf title = {0};
	struct json *j;

	if (s->nalerts == 1) {
		buf_add(b, a->line.p, a->line.len);
		return;
	}
	buf_addf(b,
	    "{\"kind\":\"alerts\",\"id\":\"%.*s\",\"title\":", SPAN_ARG(s->id));
	j = json_new_text(s->title);
	json_dump(j, &title);
	json_free(j);
	buf_addf(b, "%.*s,\"total\":%zu,\"first\":%zu,\"alerts\":[",
	    SPAN_ARG(buf_span(&title)), s->nalerts, first);
	buf_free(&title);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%.*s", i == 0 ? "" : ",", SPAN_ARG(a[i].line));
	buf_adds(b, "]}");
}

static struct json *
prom_alert(const struct alert *a)
{
	struct json *o = json_new(JSON_KIND_OBJECT);

	json_set(o, "status",
	    json_new_text(span_of(a->ended ? "resolved" : "firing")));
	json_set(o, "labels", prom_labels(a, (struct span){NULL, 0}));
	json_set(o, "annotations", prom_annotations(a));
	json_set(o, "startsAt", prom_time(prom_start(a)));
	json_set(o, "endsAt",
	    a->ended ? prom_time(a->ts)
		     : json_new_text(span_of("0001-01-01T00:00:00Z")));
	json_set(o, "generatorURL", json_new_text(span_of("")));
	json_set(o, "fingerprint", json_new_text(a->fingerprint));
	return o;
}

static void
prom_form(const struct sending *s, size_t first, size_t n, struct buf *b)
{
	const struct alert *a = s->alerts + first;
	struct json *o = json_new(JSON_KIND_OBJECT),
		    *list = json_new(JSON_KIND_ARRAY);
	bool one = s->nalerts == 1;

	for (size_t i = 0; i < n; i++)
		json_append(list, prom_alert(&a[i]));
	json_set(o, "version", json_new_text(span_of("4")));
	json_set(o, "groupKey",
	    json_new_text(s->thread.len != 0 ? s->thread : s->id));
	json_set(o, "truncatedAlerts", json_new_number(0));
	json_set(o, "status",
	    json_new_text(span_of(s->ended ? "resolved" : "firing")));
	json_set(o, "receiver", json_new_text(span_of(s->channel->name)));
	json_set(o, "groupLabels", json_new(JSON_KIND_OBJECT));
	json_set(o, "commonLabels",
	    one ? prom_labels(a, (struct span){NULL, 0})
		: json_new(JSON_KIND_OBJECT));
	json_set(o, "commonAnnotations",
	    one ? prom_annotations(a) : json_new(JSON_KIND_OBJECT));
	json_set(o, "externalURL", json_new_text(span_of("")));
	json_set(o, "alerts", list);
	json_dump(o, b);
	json_free(o);
}

/* --- the signature -------------------------------------------------------- */

/* Appends " v1,BASE64" for one key. */
static int
sign(const struct secret *key, struct span signed_bytes, struct buf *b,
    struct nc_err *e)
{
	unsigned char mac[DIGEST_SHA256];
	struct buf text = {0}, raw = {0};
	struct span s;
	int rc = -1;

	if (secret_read(key, &text, e) == -1)
		goto out;
	s = buf_span(&text);
	if (str_starts(s, KEY_PREFIX)) {
		s.p += strlen(KEY_PREFIX);
		s.len -= strlen(KEY_PREFIX);
	}
	if (!digest_unbase64(s, &raw)) {
		err_set(e, 0, "%s: the key is not base64", key->name);
		goto out;
	}
	if (raw.len < KEY_MIN || raw.len > KEY_MAX) {
		err_set(e, 0, "%s: the key has %zu bytes, expected %u to %u",
		    key->name, raw.len, KEY_MIN, KEY_MAX);
		goto out;
	}
	digest_hmac_sha256(buf_span(&raw), signed_bytes, mac);
	buf_adds(b, b->data[b->len - 1] != ' ' ? " v1," : "v1,");
	digest_base64((struct span){(const char *)mac, sizeof(mac)}, b);
	rc = 0;
out:
	secret_wipe(&text);
	secret_wipe(&raw);
	return rc;
}

static int
add_signature(const struct sending *s, struct request *q, struct span id,
    long long when, struct nc_err *e)
{
	const struct channel_value *v = channel_value(s->channel, "sign", 0);
	struct buf bytes = {0}, *b;
	int rc = 0;

	if (v == NULL)
		return 0;
	b = &q->headers[q->nheaders++];
	buf_adds(b, "webhook-signature: ");
	if (s->redact) {
		buf_adds(b, "***");
		return 0;
	}
	buf_addf(&bytes, "%.*s.%lld.", SPAN_ARG(id), when);
	buf_add(&bytes, q->body.data, q->body.len);
	for (size_t i = 0;
	     rc == 0 && (v = channel_value(s->channel, "sign", i)) != NULL; i++)
		rc = sign(&v->secret, buf_span(&bytes), b, e);
	buf_free(&bytes);
	return rc;
}

static void
add_number(struct request *q, const char *name, long long v)
{
	char *text = xasprintf("%lld", v);

	service_header(q, name, span_of(text));
	free(text);
}

static int
build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	bool prom = strcmp(service_text(s, "form", "record"), "record") != 0;
	long long when = (long long)s->now;
	struct buf id = {0};
	size_t first, n = part(s, step, prom ? PROM_BYTES : PART_BYTES, &first);
	int rc = -1;

	if (n == 0)
		return 1;
	if (service_target(s, &q->url, e) == -1)
		return -1;
	buf_add(&id, s->id.p, s->id.len);
	if (step > 0)
		buf_addf(&id, "-part%u", step + 1);
	if (prom)
		prom_form(s, first, n, &q->body);
	else
		record_form(s, first, n, &q->body);
	service_header(q, "Content-Type", span_of("application/json"));
	service_header(q, "webhook-id", buf_span(&id));
	add_number(q, "webhook-timestamp", when);
	add_number(q, "NC-Attempt", s->attempt);
	add_number(q, "NC-Late-Seconds", (long long)s->late);
	if (add_signature(s, q, buf_span(&id), when, e) == 0 &&
	    (channel_value(s->channel, "token", 0) == NULL ||
		service_auth(s, q, "Authorization", "Bearer ", "token", e) ==
		    0))
		rc = 0;
	buf_free(&id);
	return rc;
}

static int
check(const struct channel *c, struct nc_err *e)
{
	const struct channel_value *form = channel_value(c, "form", 0);

	if (service_check_target(c, e) == -1)
		return -1;
	if (form != NULL && strcmp(form->text, "record") != 0 &&
	    strcmp(form->text, "alertmanager") != 0)
		return err_set(e, 0, "expected form record or alertmanager");
	return service_check(c, NULL, e);
}

static const struct channel_option options[] = {
    SERVICE_OPTIONS,
    {.name = "form"},
    {.name = "sign", .secret = true, .many = true},
    {.name = "token", .secret = true},
    {.name = NULL},
};

static const struct service service = {.build = build};

const struct channel_kind kind_webhook = {
    .name = "webhook",
    .targets = "an address",
    .secret_target = true,
    .options = options,
    .at_once = 4,
    .each = true,
    .check = check,
    .service = &service,
    .send = service_send,
    .cancel = service_cancel,
    .render = service_render,
};
