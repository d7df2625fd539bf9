/* SPDX-License-Identifier: MIT */
/* digest: libcrypto's SHA-256 and HMAC; hex and base64 are our own. */
#include "base/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

/* An EVP_MD_CTX under our name. */
static EVP_MD_CTX *
context(struct digest *d)
{
	return (EVP_MD_CTX *)d;
}

/* libcrypto fails here only without memory or without its algorithms. */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

struct digest *
digest_begin(void)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	must(c != NULL);
	must(EVP_DigestInit_ex(c, EVP_sha256(), NULL));
	return (struct digest *)c;
}

void
digest_add(struct digest *d, struct span data)
{
	must(EVP_DigestUpdate(context(d), data.p, data.len));
}

void
digest_end(struct digest *d, unsigned char out[DIGEST_SHA256])
{
	must(EVP_DigestFinal_ex(context(d), out, NULL));
	EVP_MD_CTX_free(context(d));
}

void
digest_sha256(struct span data, unsigned char out[DIGEST_SHA256])
{
	must(EVP_Digest(data.p, data.len, out, NULL, EVP_sha256(), NULL));
}

void
digest_hmac_sha256(struct span key, struct span data,
    unsigned char out[DIGEST_SHA256])
{
	const unsigned char *p = (const unsigned char *)data.p;

	must(key.len <= INT_MAX);
	must(HMAC(EVP_sha256(), key.len != 0 ? key.p : "", (int)key.len,
		 data.len != 0 ? p : (const unsigned char *)"", data.len, out,
		 NULL) != NULL);
}

bool
digest_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	       (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}

void
digest_hex(struct span data, struct buf *b)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char c;

	for (size_t i = 0; i < data.len; i++) {
		c = (unsigned char)data.p[i];
		buf_addc(b, digits[c >> 4]);
		buf_addc(b, digits[c & 15]);
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
digest_unhex(struct span hex, struct buf *b)
{
	size_t start = b->len;
	int high, low;

	for (size_t i = 0; i < hex.len; i += 2) {
		high = hex_value(hex.p[i]);
		low = i + 1 < hex.len ? hex_value(hex.p[i + 1]) : -1;
		if (high == -1 || low == -1) {
			b->len = start;
			return false;
		}
		buf_addc(b, (char)(high << 4 | low));
	}
	return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
digest_base64(struct span data, struct buf *b)
{
	const unsigned char *p = (const unsigned char *)data.p;
	uint32_t bits;
	size_t left;

	for (size_t i = 0; i < data.len; i += 3) {
		left = data.len - i;
		bits = (uint32_t)p[i] << 16;
		if (left > 1)
			bits |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			bits |= p[i + 2];
		buf_addc(b, base64_digits[bits >> 18]);
		buf_addc(b, base64_digits[bits >> 12 & 63]);
		buf_addc(b, left > 1 ? base64_digits[bits >> 6 & 63] : '=');
		buf_addc(b, left > 2 ? base64_digits[bits & 63] : '=');
	}
}

static int
base64_value(char c)
{
	const char *at = c != '\0' ? strchr(base64_digits, c) : NULL;

	return at != NULL ? (int)(at - base64_digits) : -1;
}

/* Four characters to three bytes, fewer with padding; 0 when malformed. */
static size_t
base64_group(const char *p, bool last, unsigned char to[3])
{
	size_t n = 3;
	uint32_t bits = 0;
	int v;

	if (last && p[3] == '=')
		n = p[2] == '=' ? 1 : 2;
	for (size_t i = 0; i < 4; i++) {
		v = i <= n ? base64_value(p[i]) : 0;
		if (v == -1)
			return 0;
		bits = bits << 6 | (uint32_t)v;
	}
	/* Bits that no byte takes must be 0: one text for one value. */
	if ((bits & ((1u << (24 - 8 * n)) - 1)) != 0)
		return 0;
	to[0] = (unsigned char)(bits >> 16);
	to[1] = (unsigned char)(bits >> 8);
	to[2] = (unsigned char)bits;
	return n;
}

bool
digest_unbase64(struct span text, struct buf *b)
{
	size_t start = b->len, n = text.len % 4;
	unsigned char bytes[3];

	if (n != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		n = base64_group(text.p + i, i + 4 == text.len, bytes);
		if (n == 0) {
			b->len = start;
			return false;
		}
		buf_add(b, bytes, n);
	}
	return true;
}
