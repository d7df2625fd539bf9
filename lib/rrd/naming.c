/* SPDX-License-Identifier: MIT */
/* naming: reversible where length allows, by SHA-256 where it does not. */
#include "rrd/naming.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

#define CUT_KEEPS 160 /* bytes of an overlong part that stay readable */
#define CUT_DIGITS 32

static bool
is_plain(unsigned char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || (c == '.' && !first);
}

static void
add_hash(struct span name, unsigned salt, size_t digits, struct buf *b)
{
	unsigned char sum[DIGEST_SHA256];
	struct buf salted = {0}, hex = {0};

	buf_add(&salted, name.p, name.len);
	if (salt != 0)
		buf_addf(&salted, "/%u", salt);
	digest_sha256(buf_span(&salted), sum);
	digest_hex((struct span){(const char *)sum, sizeof(sum)}, &hex);
	buf_add(b, hex.data, digits);
	buf_free(&salted);
	buf_free(&hex);
}

void
naming_part(struct span name, struct buf *b)
{
	size_t start = b->len, cut = 0;
	unsigned char c;

	/* Never an empty part. */
	if (name.len == 0)
		buf_addc(b, '%');
	for (size_t i = 0; i < name.len; i++) {
		if (cut == 0 && b->len - start > CUT_KEEPS - 3)
			cut = b->len;
		c = (unsigned char)name.p[i];
		if (is_plain(c, i == 0))
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02x", c);
		if (b->len - start > NAMING_PART_MAX) {
			b->len = cut;
			buf_adds(b, "%%");
			add_hash(name, 0, CUT_DIGITS, b);
			return;
		}
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
naming_unpart(struct span part, struct buf *b)
{
	int hi, lo;
	char c;

	if (part.len == 0)
		return false;
	if (span_is(part, "%"))
		return true;
	for (size_t i = 0; i < part.len; i++) {
		c = part.p[i];
		if (c != '%') {
			if (!is_plain((unsigned char)c, i == 0))
				return false;
			buf_addc(b, c);
			continue;
		}
		if (part.len - i < 3 || (hi = hex_value(part.p[i + 1])) == -1 ||
		    (lo = hex_value(part.p[i + 2])) == -1)
			return false;
		/* One name, one part: no escape that need not be. */
		if (is_plain((unsigned char)(hi << 4 | lo), i == 0))
			return false;
		buf_addc(b, (char)(hi << 4 | lo));
		i += 2;
	}
	return true;
}

char *
naming_path(struct span host, struct span entity, struct span source,
    struct span id)
{
	struct buf b = {0};

	naming_part(host, &b);
	buf_addc(&b, '/');
	naming_part(entity, &b);
	buf_addc(&b, '/');
	naming_part(source, &b);
	buf_addc(&b, '/');
	naming_part(id, &b);
	buf_adds(&b, ".rrd");
	return buf_take(&b);
}

void
naming_ds(struct span metric, unsigned salt, char out[NAMING_DS_SIZE])
{
	struct buf b = {0};
	bool plain = metric.len != 0 && metric.len < NAMING_DS_SIZE &&
		     salt == 0;
	unsigned char c;

	for (size_t i = 0; plain && i < metric.len; i++) {
		c = (unsigned char)metric.p[i];
		plain = c < 128 && (isalnum(c) || c == '_');
	}
	for (size_t i = 0; i < metric.len && (plain || i < 10); i++) {
		c = (unsigned char)metric.p[i];
		buf_addc(&b, c < 128 && isalnum(c) ? (char)c : '_');
	}
	if (!plain) {
		buf_addc(&b, '-');
		add_hash(metric, salt, 8, &b);
	}
	memcpy(out, b.data, b.len + 1);
	buf_free(&b);
}

void
naming_spare(size_t i, char out[NAMING_DS_SIZE])
{
	snprintf(out, NAMING_DS_SIZE, "spare-%u", (unsigned)i + 1);
}

bool
naming_ds_plain(const char *ds)
{
	return strchr(ds, '-') == NULL;
}
