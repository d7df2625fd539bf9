/* SPDX-License-Identifier: MIT */
/*
 * sigv4: "Create a signed AWS API request" of the IAM User Guide: a canonical
 * request, a string to sign, and a key derived for day, region and service.
 */
#include "sigv4.h"

#include <string.h>

#include "base/digest.h"
#include "base/str.h"
#include "base/zone.h"

#define SIGNED "content-type;host;x-amz-date"

static void
add_sum(struct buf *b, struct span data)
{
	unsigned char sum[DIGEST_SHA256];

	digest_sha256(data, sum);
	digest_hex((struct span){(const char *)sum, sizeof(sum)}, b);
}

/* Host, without the port of the scheme, and path as they are in the request:
 * a path of plain characters is its own canonical form. */
static int
parts_of(struct span url, struct span *host, struct span *path,
    struct nc_err *e)
{
	bool tls = str_starts(url, "https://");
	size_t skip = tls ? 8 : 7;

	if (url.len <= skip ||
	    !str_cut((struct span){url.p + skip, url.len - skip}, '/', host,
		path))
		return err_set(e, 0, "no address to sign");
	for (size_t i = 0; i < path->len; i++)
		if (strchr("?%+ ", path->p[i]) != NULL)
			return err_set(e, 0, "no plain path to sign");
	if (str_ends(*host, tls ? ":443" : ":80"))
		host->len -= tls ? 4 : 3;
	return 0;
}

static void
derive(const struct sigv4 *v, struct span day, unsigned char key[DIGEST_SHA256])
{
	struct span raw = {(const char *)key, DIGEST_SHA256};
	struct buf first = {0};

	buf_adds(&first, "AWS4");
	buf_add(&first, v->secret.p, v->secret.len);
	digest_hmac_sha256(buf_span(&first), day, key);
	digest_hmac_sha256(raw, span_of(v->region), key);
	digest_hmac_sha256(raw, span_of(v->service), key);
	digest_hmac_sha256(raw, span_of("aws4_request"), key);
	secret_wipe(&first);
}

static void
canonical(const struct sigv4 *v, const struct request *q, struct span host,
    struct span path, const char *when, struct buf *b)
{
	buf_addf(b,
	    "POST\n/%.*s\n\n"
	    "content-type:application/x-www-form-urlencoded\n"
	    "host:%.*s\nx-amz-date:%s\n",
	    SPAN_ARG(path), SPAN_ARG(host), when);
	if (v->token.len != 0)
		buf_addf(b, "x-amz-security-token:%.*s\n", SPAN_ARG(v->token));
	buf_addf(b, "\n" SIGNED "%s\n",
	    v->token.len != 0 ? ";x-amz-security-token" : "");
	add_sum(b, buf_span(&q->body));
}

int
sigv4_sign(const struct sigv4 *v, struct request *q, struct nc_err *e)
{
	struct civil c = zone_civil(NULL, (int64_t)v->now);
	struct buf day = {0}, when = {0}, text = {0}, scope = {0}, line = {0};
	unsigned char key[DIGEST_SHA256], mac[DIGEST_SHA256];
	struct span host, path;

	if (parts_of(buf_span(&q->url), &host, &path, e) == -1)
		return -1;
	buf_addf(&day, "%04d%02d%02d", c.year, c.month, c.day);
	buf_addf(&when, "%sT%02d%02d%02dZ", day.data, c.hour, c.minute,
	    c.second);
	buf_addf(&scope, "%s/%s/%s/aws4_request", day.data, v->region,
	    v->service);
	canonical(v, q, host, path, when.data, &text);
	buf_addf(&line, "AWS4-HMAC-SHA256\n%s\n%s\n", when.data, scope.data);
	add_sum(&line, buf_span(&text));
	derive(v, buf_span(&day), key);
	digest_hmac_sha256((struct span){(const char *)key, sizeof(key)},
	    buf_span(&line), mac);
	buf_clear(&line);
	buf_addf(&line,
	    "AWS4-HMAC-SHA256 Credential=%.*s/%s, SignedHeaders=" SIGNED
	    "%s, Signature=",
	    SPAN_ARG(v->key), scope.data,
	    v->token.len != 0 ? ";x-amz-security-token" : "");
	digest_hex((struct span){(const char *)mac, sizeof(mac)}, &line);
	service_form(q);
	service_header(q, "X-Amz-Date", buf_span(&when));
	if (v->token.len != 0)
		service_header(q, "X-Amz-Security-Token", v->token);
	service_header(q, "Authorization", buf_span(&line));
	explicit_bzero(key, sizeof(key));
	buf_free(&day);
	buf_free(&when);
	buf_free(&scope);
	secret_wipe(&text);
	buf_free(&line);
	return 0;
}
