/* SPDX-License-Identifier: MIT */
/*
 * letter: RFC 5322 headers (3834 for Auto-Submitted, 2919 for List-Id), and a
 * body that is text; multipart (RFC 2046, 2387) only where HTML is asked for.
 */
#include "letter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mime.h"
#include "text.h"

#define SUBJECT_CHARS 120u
#define TEXT_BYTES_MAX ((size_t)1024 * 1024)

static void
add_ids(const struct sending *s, const char *domain, struct buf *b)
{
	char *id = xasprintf("<%.*s.%s@%s>", SPAN_ARG(s->id), s->channel->name,
		 domain),
	     *root;

	mime_plain_header(b, "Message-ID", id);
	free(id);
	if (s->thread.len == 0)
		return;
	root = xasprintf("<%.*s.thread.%s@%s>", SPAN_ARG(s->thread),
	    s->channel->name, domain);
	mime_plain_header(b, "In-Reply-To", root);
	mime_plain_header(b, "References", root);
	free(root);
}

static void
add_headers(const struct sending *s, const struct letter *l, struct buf *b)
{
	const char *domain = strchr(l->from, '@') + 1;
	struct buf t = {0};

	mime_date(&t, s->now);
	mime_plain_header(b, "Date", t.data);
	mime_plain_header(b, "From", l->from);
	mime_plain_header(b, "To", l->to);
	buf_clear(&t);
	text_title(s, SUBJECT_CHARS, TEXT_CHARS, &t);
	mime_header(b, "Subject", buf_span(&t));
	add_ids(s, domain, b);
	buf_clear(&t);
	buf_addf(&t, "<novacron.%s>", domain);
	mime_plain_header(b, "List-Id", t.data);
	mime_plain_header(b, "Auto-Submitted", "auto-generated");
	mime_header(b, "X-NC-Fingerprint", s->alert->fingerprint);
	mime_header(b, "X-NC-State", s->alert->state);
	mime_header(b, "X-NC-Severity", s->severity);
	buf_clear(&t);
	text_show(&t, s->alert->host);
	mime_header(b, "X-NC-Host", buf_span(&t));
	mime_plain_header(b, "MIME-Version", "1.0");
	buf_free(&t);
}

static void
add_text(const struct sending *s, struct buf *b)
{
	struct buf t = {0};

	text_whole(s, TEXT_BYTES_MAX, TEXT_BYTES, &t);
	buf_adds(b, "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	mime_quoted(b, buf_span(&t));
	buf_free(&t);
}

static void
add_html(const struct sending *s, const struct letter *l, struct buf *b)
{
	struct buf h = {0}, t = {0};

	buf_addf(&h,
	    "<!DOCTYPE html>\n<html><body>\n<p style=\"border-left:6px solid "
	    "%s;padding-left:8px\"><b>",
	    text_colour(s));
	text_title(s, TEXT_BYTES_MAX, TEXT_BYTES, &t);
	mime_html(&h, buf_span(&t));
	buf_clear(&t);
	buf_adds(&h, "</b></p>\n<pre>");
	text_body(s, TEXT_BYTES_MAX, TEXT_BYTES, &t);
	mime_html(&h, buf_span(&t));
	buf_adds(&h, "</pre>\n");
	if (l->picture.len != 0)
		buf_adds(&h,
		    "<p><img src=\"cid:chart@novacron\" alt=\"chart\"></p>\n");
	buf_adds(&h, "</body></html>\n");
	buf_adds(b, "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	mime_quoted(b, buf_span(&h));
	buf_free(&h);
	buf_free(&t);
}

/* Quoted-printable and base64 have no "=_" in them: nothing of a text can be
 * the boundary (RFC 2045, 6.7). */
static void
add_parts(const struct sending *s, const struct letter *l, struct buf *b)
{
	buf_adds(b, "Content-Type: multipart/alternative;\r\n"
		    " boundary=\"=_nc-one\"\r\n\r\n--=_nc-one\r\n");
	add_text(s, b);
	buf_adds(b, "\r\n--=_nc-one\r\n");
	if (l->picture.len == 0) {
		add_html(s, l, b);
	} else {
		buf_adds(b, "Content-Type: multipart/related;\r\n"
			    " boundary=\"=_nc-two\"\r\n\r\n--=_nc-two\r\n");
		add_html(s, l, b);
		buf_adds(b, "\r\n--=_nc-two\r\n"
			    "Content-Type: image/png\r\n"
			    "Content-ID: <chart@novacron>\r\n"
			    "Content-Disposition: inline; "
			    "filename=\"chart.png\"\r\n"
			    "Content-Transfer-Encoding: base64\r\n\r\n");
		mime_base64(b, l->picture);
		buf_adds(b, "\r\n--=_nc-two--\r\n");
	}
	buf_adds(b, "\r\n--=_nc-one--\r\n");
}

void
letter_write(const struct sending *s, const struct letter *l, struct buf *b)
{
	add_headers(s, l, b);
	if (l->html)
		add_parts(s, l, b);
	else
		add_text(s, b);
}
