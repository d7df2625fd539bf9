/* SPDX-License-Identifier: MIT */
/* Unit tests of what nc-notify's channels are made of: text, mail, segments
 * of an SMS, signatures.  No network.
 * tool: nc-notify */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "channel/mime.h"
#include "channel/segments.h"
#include "channel/sigv4.h"
#include "channel/text.h"
#include "net/smtp.h"
#include "tap.h"

static const char *
shown(struct buf *b)
{
	return b->data != NULL ? b->data : "";
}

static void
test_text(void)
{
	static const char family[] = "ab\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f"
				     "\x91\xa9";
	struct buf b = {0};

	text_show(&b, span_of("a\nb\r\x1b\xe2\x80\xae\xff"));
	SAME(shown(&b), "a\nb\\r\\x1b\\u{202e}\\xff", "only LF stays LF");
	buf_clear(&b);
	buf_adds(&b, "hello");
	text_cut(&b, 5, TEXT_CHARS);
	SAME(shown(&b), "hello", "what fits is not cut");
	text_cut(&b, 4, TEXT_CHARS);
	SAME(shown(&b), "hel\xe2\x80\xa6", "what does not ends in an ellipsis");
	OK(text_front(span_of(family), 4, TEXT_CHARS).len == 2,
	    "a joined emoji is not cut in two");
	OK(text_front(span_of("ae\xcc\x81"), 2, TEXT_CHARS).len == 1,
	    "a letter keeps its accent");
	OK(text_measure(span_of(family), TEXT_UTF16) == 7, "units of UTF-16");
	buf_clear(&b);
	text_escape(&b, span_of("a*b\\"), "*\\");
	SAME(shown(&b), "a\\*b\\\\", "a backslash before each sign");
	buf_clear(&b);
	text_no_mention(&b, span_of("@all"));
	SAME(shown(&b),
	    "@\xe2\x80\x8b"
	    "all",
	    "nobody is called");
	buf_clear(&b);
	text_field(&b, "a", span_of("x y&=\xc3\xa4\r\n~"));
	text_field(&b, "b c", span_of(""));
	SAME(shown(&b), "a=x%20y%26%3D%C3%A4%0D%0A~&b%20c=", "a form");
	OK(text_word(span_of("invalid_blocks")).len == 14, "a word");
	OK(text_word(span_of("xoxb-1")).len == 0 &&
		text_word(span_of("Secret1")).len == 0,
	    "what could be a secret is no word");
	buf_free(&b);
}

static const char *
header(struct buf *b, const char *value)
{
	buf_clear(b);
	mime_header(b, "Subject", span_of(value));
	return b->data;
}

static void
test_mime(void)
{
	struct buf b = {0};
	size_t line = 0, longest = 0;

	SAME(header(&b, "plain words"), "Subject: plain words\r\n", "ASCII");
	SAME(header(&b, "a\r\nBcc: x"), "Subject: =?UTF-8?B?YQ0KQmNjOiB4?=\r\n",
	    "a line end is encoded");
	SAME(header(&b, "=?x"), "Subject: =?UTF-8?B?PT94?=\r\n",
	    "what looks encoded is encoded");
	SAME(header(&b, ""), "Subject:\r\n", "nothing");
	SAME(header(&b, " x"), "Subject: =?UTF-8?B?IHg=?=\r\n",
	    "a blank in front is kept");
	for (const char *s = header(&b,
		 "many words of some length that go on and on for longer than "
		 "a line of a header should be, and \xc3\xa4 and on and on");
	     *s != '\0'; s++) {
		line = *s == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	OK(longest <= 76 + 1, "no line is longer than 76");
	buf_clear(&b);
	mime_date(&b, 1795356845);
	SAME(shown(&b), "Sun, 22 Nov 2026 14:14:05 +0000", "a date");
	buf_clear(&b);
	mime_quoted(&b, span_of(".\nFrom x=\n a \n\xc3\xa4"));
	SAME(shown(&b), "=2E\r\n=46rom x=3D\r\n a=20\r\n=C3=A4\r\n",
	    "quoted-printable");
	buf_clear(&b);
	mime_html(&b, span_of("<a href=\"x\">&"));
	SAME(shown(&b), "&lt;a href=&quot;x&quot;&gt;&amp;", "HTML");
	buf_free(&b);
}

static void
test_address(void)
{
	static const char *const good[] = {"a@b", "nc+x@hv1.example.org",
	    "o'neil@x-y.z", "a/b=c@x"};
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c",
	    "a@x> y", "a\r\nb@c", "a b@c", "-f@b", "\xc3\xbc@b", "<a@b>",
	    "a@b,c@d", "a@\xc3\xbc", "\"a\"@b", "a@b%c"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		OK(smtp_address(span_of(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		OK(!smtp_address(span_of(bad[i])), "no address");
	OK(!smtp_address((struct span){"a\0b@c", 5}), "a NUL is no address");
}

static unsigned
segments(const char *unit, unsigned n, bool *wide)
{
	struct buf b = {0};
	unsigned got;

	while (n-- > 0)
		buf_adds(&b, unit);
	got = segments_count(buf_span(&b), wide);
	buf_free(&b);
	return got;
}

static void
test_segments(void)
{
	bool wide;
	struct buf b = {0};

	OK(segments("a", 160, &wide) == 1 && !wide, "160 are one");
	OK(segments("a", 161, &wide) == 2, "161 are two");
	OK(segments("a", 306, &wide) == 2, "306 are two");
	OK(segments("a", 307, &wide) == 3, "307 are three");
	OK(segments("\xe2\x82\xac", 80, &wide) == 1 && !wide,
	    "the euro takes two");
	OK(segments("\xe2\x82\xac", 153, &wide) == 3,
	    "and is not split between two");
	OK(segments("\xd0\x96", 70, &wide) == 1 && wide, "70 of UCS-2");
	OK(segments("\xd0\x96", 71, &wide) == 2, "71 are two");
	OK(segments("\xf0\x9f\x98\x80", 35, &wide) == 1, "emoji take two");
	for (int i = 0; i < 500; i++)
		buf_adds(&b, "[");
	segments_cut(&b, 1);
	OK(b.len == 78 + 3 && segments_count(buf_span(&b), &wide) == 1,
	    "cut to one, with dots");
	buf_free(&b);
}

static void
test_sigv4(void)
{
	/* "post-x-www-form-urlencoded" of the test suite that AWS publishes. */
	struct sigv4 v = {.region = "us-east-1",
	    .service = "service",
	    .key = span_of("AKIDEXAMPLE"),
	    .secret = span_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
	    .now = 1440938160};
	struct request q = {.method = NULL};
	struct nc_err e;

	buf_adds(&q.url, "https://example.amazonaws.com:443/");
	buf_adds(&q.body, "Param1=value1");
	OK(sigv4_sign(&v, &q, &e) == 0, "signed");
	SAME(q.headers[1].data, "X-Amz-Date: 20150830T123600Z", "its time");
	SAME(q.headers[2].data,
	    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
	    "us-east-1/service/aws4_request, "
	    "SignedHeaders=content-type;host;x-amz-date, Signature="
	    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
	    "as AWS has it");
	for (size_t i = 0; i < q.nheaders; i++)
		buf_free(&q.headers[i]);
	q.nheaders = 0;
	buf_clear(&q.url);
	buf_adds(&q.url, "https://x");
	OK(sigv4_sign(&v, &q, &e) == -1, "no path to sign");
	buf_free(&q.url);
	buf_free(&q.body);
}

int
main(void)
{
	test_text();
	test_mime();
	test_address();
	test_segments();
	test_sigv4();
	return tap_done();
}
