/* SPDX-License-Identifier: MIT */
/* Unit tests of digest, gz and rng. */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/gz.h"
#include "base/rng.h"
#include "tap.h"

static const char *
hex(const unsigned char *p, size_t len)
{
	static struct buf b;

	buf_clear(&b);
	digest_hex((struct span){(const char *)p, len}, &b);
	buf_addc(&b, '\0');
	return b.data;
}

/* FIPS 180-4 examples; RFC 4231, cases 1, 2 and 6. */
static void
test_sha256(void)
{
	static const char data[] =
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	unsigned char out[DIGEST_SHA256];
	struct digest *d = digest_begin();
	char key[131];

	digest_sha256((struct span){NULL, 0}, out);
	SAME(hex(out, sizeof(out)),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855",
	    "of nothing");
	digest_sha256(span_of("abc"), out);
	SAME(hex(out, sizeof(out)),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad",
	    "abc");
	digest_add(d, (struct span){data, 5});
	digest_add(d, (struct span){NULL, 0});
	digest_add(d, span_of(data + 5));
	digest_end(d, out);
	SAME(hex(out, sizeof(out)),
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1",
	    "in pieces");
	memset(key, 0x0b, 20);
	digest_hmac_sha256((struct span){key, 20}, span_of("Hi There"), out);
	SAME(hex(out, sizeof(out)),
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7",
	    "HMAC");
	digest_hmac_sha256(span_of("Jefe"),
	    span_of("what do ya want for nothing?"), out);
	SAME(hex(out, sizeof(out)),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843",
	    "HMAC, a short key");
	memset(key, 0xaa, sizeof(key));
	digest_hmac_sha256((struct span){key, sizeof(key)},
	    span_of("Test Using Larger Than Block-Size Key - "
		    "Hash Key First"),
	    out);
	SAME(hex(out, sizeof(out)),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54",
	    "HMAC, a long key");
	digest_hmac_sha256(span_of(""), (struct span){NULL, 0}, out);
	SAME(hex(out, sizeof(out)),
	    "b613679a0814d9ec772f95d778c35fc5"
	    "ff1697c493715653c6c712144292c5ad",
	    "HMAC of nothing with nothing");
	OK(digest_equal(span_of("ab"), span_of("ab")) &&
		!digest_equal(span_of("ab"), span_of("ac")) &&
		!digest_equal(span_of("ab"), span_of("a")) &&
		digest_equal((struct span){NULL, 0}, span_of("")),
	    "equal");
}

static void
test_text(void)
{
	/* RFC 4648, section 10. */
	static const char *const t[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	    {"\xff\xef\xbe", "/+++"}};
	static const char *const bad[] = {"Zg=", "Zg", "Z",
	    "Zh==", "Zm9=", "Zg==Zg==", "=g==", "Z===", "====", "Zm9v\n",
	    "Zm-v", "Zm9v ", "Zg=A"};
	struct buf b = {0};
	char all[256];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_clear(&b);
		digest_base64(span_of(t[i][0]), &b);
		buf_addc(&b, '\0');
		SAME(b.data, t[i][1], "base64");
		buf_clear(&b);
		OK(digest_unbase64(span_of(t[i][1]), &b), "and back");
		buf_addc(&b, '\0');
		SAME(b.data, t[i][0], "the same");
	}
	buf_clear(&b);
	buf_adds(&b, "x");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		OK(!digest_unbase64(span_of(bad[i]), &b), bad[i]);
	OK(!digest_unbase64((struct span){"Zm9\0", 4}, &b), "a NUL");
	OK(b.len == 1, "nothing is added on failure");

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	buf_clear(&b);
	OK(digest_unhex(span_of(hex((unsigned char *)all, 256)), &b) &&
		b.len == 256 && memcmp(b.data, all, 256) == 0,
	    "hex, all bytes there and back");
	buf_clear(&b);
	OK(digest_unhex(span_of("aBcD"), &b) && b.len == 2, "either case");
	OK(!digest_unhex(span_of("abc"), &b) &&
		!digest_unhex(span_of("ag"), &b) &&
		!digest_unhex(span_of("@0"), &b) && b.len == 2,
	    "what is not hex");
	buf_free(&b);
}

/* "hello\n", out of gzip 1.12 -9n. */
static const char hello[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\x00"
    "\x20\x30\x3a\x36\x06\x00\x00\x00";
#define HELLO (sizeof(hello) - 1)

/* A descriptor from which these bytes come, in two pieces. */
static int
from_bytes(const char *p, size_t len, size_t first)
{
	int fd[2];

	if (pipe(fd) == -1 || write(fd[1], p, first) != (ssize_t)first ||
	    write(fd[1], p + first, len - first) != (ssize_t)(len - first))
		abort();
	close(fd[1]);
	return fd[0];
}

/* Everything gz gives, then what it says at the end. */
static const char *
read_gz(const char *p, size_t len, size_t step, struct buf *b)
{
	static struct nc_err e;
	struct gz_reader *r;
	char some[64];
	ssize_t n;

	buf_clear(b);
	e.msg[0] = '\0';
	r = gz_open(from_bytes(p, len, len != 0), "x.gz", &e);
	while ((n = gz_read(r, some, step, &e)) > 0)
		buf_add(b, some, (size_t)n);
	if (n == -1)
		OK(gz_read(r, some, step, &e) == -1, "said again");
	gz_close(r);
	buf_addc(b, '\0');
	return e.msg;
}

static void
test_gz_read(void)
{
	struct buf b = {0};
	char twice[2 * HELLO + 1];

	SAME(read_gz("plain\n", 6, 4, &b), "", "plain");
	SAME(b.data, "plain\n", "as it is");
	SAME(read_gz("", 0, 4, &b), "", "empty");
	SAME(b.data, "", "is empty");
	SAME(read_gz("\x1f", 1, 4, &b), "", "half a magic");
	SAME(b.data, "\x1f", "is plain");
	SAME(read_gz(hello, HELLO, 64, &b), "", "gzip");
	SAME(b.data, "hello\n", "inflated");
	SAME(read_gz(hello, HELLO, 1, &b), "", "gzip, byte by byte");
	SAME(b.data, "hello\n", "inflated");
	memcpy(twice, hello, HELLO);
	memcpy(twice + HELLO, hello, HELLO);
	SAME(read_gz(twice, 2 * HELLO, 4, &b), "", "two members");
	SAME(b.data, "hello\nhello\n", "are one file");
	SAME(read_gz(twice, 2 * HELLO - 9, 64, &b),
	    "x.gz: cut off in the middle", "the second one cut off");
	SAME(b.data, "hello\nhello\n", "after what it had");
	twice[HELLO] = 'x';
	SAME(read_gz(twice, 2 * HELLO, 64, &b),
	    "x.gz: not valid gzip data: incorrect header check",
	    "junk behind the end");
	SAME(b.data, "hello\n", "after what it had");
	twice[HELLO - 5] ^= 1;
	read_gz(twice, HELLO, 64, &b);
	SAME(read_gz(twice, HELLO, 64, &b),
	    "x.gz: not valid gzip data: incorrect data check",
	    "a damaged trailer");
	for (size_t i = 2; i < HELLO; i++)
		OK(strcmp(read_gz(hello, i, 64, &b),
		       "x.gz: cut off in the middle") == 0,
		    "cut off anywhere");
	buf_free(&b);
}

/* What can not be read, or not be written. */
static void
test_gz_errors(void)
{
	struct nc_err e;
	struct gz_reader *r = gz_open(open(".", O_RDONLY), "d", &e);
	struct gz_writer *w;
	int full = open("/dev/full", O_WRONLY);
	char c;

	OK(gz_read(r, &c, 1, &e) == -1, "a folder");
	SAME(e.msg, "d: cannot read: Is a directory", "says so");
	OK(gz_read(r, &c, 0, &e) == 0, "no room, no bytes");
	gz_close(r);
	gz_close(NULL);
	w = gz_create(full, "f", &e);
	OK(gz_write(w, "x", 1, &e) == -1, "no space left");
	SAME(e.msg, "f: cannot write: No space left on device", "says so");
	OK(gz_finish(w, &e) == -1, "nor at the end");
	gz_abort(gz_create(full, "f", &e));
	gz_abort(NULL);
	close(full);
	OK(gz_compress_file("none", &e) == -1 && e.code == ENOENT, "absent");
	OK(gz_compress_file(".", &e) == -1, "not a file");
}

static void
test_gz_file(void)
{
	struct buf b = {0}, back = {0};
	struct nc_err e;
	struct gz_reader *r;
	struct rng rng;
	char some[5000];
	ssize_t n;
	struct stat st;

	rng_seed(&rng, 1);
	for (int i = 0; i < 60000; i++)
		buf_addf(&b, "line %d %llx\n", i,
		    (unsigned long long)rng_next(&rng));
	OK(afile_write("day", buf_span(&b), 0640, &e) == 0, "a file");
	OK(gz_compress_file("day", &e) == 0, "compressed");
	OK(access("day", F_OK) == -1 && stat("day.gz", &st) == 0, "renamed");
	OK((st.st_mode & 07777) == 0640 && (size_t)st.st_size < b.len,
	    "its mode, and smaller");
	r = gz_open(open("day.gz", O_RDONLY), "day.gz", &e);
	while ((n = gz_read(r, some, sizeof(some), &e)) > 0)
		buf_add(&back, some, (size_t)n);
	OK(n == 0 && gz_is_compressed(r), "read again");
	gz_close(r);
	OK(span_equal(buf_span(&b), buf_span(&back)), "the same bytes");
	OK(system("gzip -t day.gz") == 0, "gzip(1) accepts it");
	buf_free(&b);
	buf_free(&back);
}

static void
test_rng(void)
{
	struct rng a, b;
	double sum = 0, squares = 0, x;
	unsigned seen[7] = {0};
	int good = 1;

	/* splitmix64 of 0, which seeds the state: Vigna's own values. */
	rng_seed(&a, 0);
	OK(a.s[0] == UINT64_C(0xe220a8397b1dcdaf) &&
		a.s[1] == UINT64_C(0x6e789e6aa1b965f4),
	    "seeded by splitmix64");
	/* The first values of the published xoshiro256** for 1, 2, 3, 4. */
	a = (struct rng){{1, 2, 3, 4}};
	OK(rng_next(&a) == 11520 && rng_next(&a) == 0 &&
		rng_next(&a) == 1509978240 &&
		rng_next(&a) == UINT64_C(1215971899390074240),
	    "xoshiro256**");
	rng_seed(&a, 7);
	rng_seed(&b, 7);
	for (int i = 0; i < 100000; i++) {
		good &= rng_next(&b) == rng_next(&a);
		x = rng_uniform(&a);
		good &= x >= 0 && x < 1 && x == rng_uniform(&b);
		seen[rng_below(&a, 7)]++;
		rng_below(&b, 7);
		x = rng_normal(&a);
		rng_normal(&b);
		sum += x;
		squares += x * x;
	}
	OK(good, "the same seed, the same numbers");
	for (int i = 0; i < 7; i++)
		good &= seen[i] > 13700 && seen[i] < 14900;
	OK(good, "even below 7");
	NEAR(sum / 100000, 0, 0.02, "mean 0");
	NEAR(squares / 100000, 1, 0.03, "deviation 1");
}

int
main(void)
{
	char folder[] = "/tmp/test_digest.XXXXXX", command[64];
	int rc;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	test_sha256();
	test_text();
	test_gz_read();
	test_gz_errors();
	test_gz_file();
	test_rng();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	rc = system(command);
	return tap_done() || rc != 0;
}
