/* SPDX-License-Identifier: MIT */
/*
 * smtp: a mail as a transfer of net/multi.  Each has connections of its own:
 * libcurl (7.88) says QUIT when it closes one and waits for the answer, and
 * that wait would stop the loop.  So when a mail is done, its socket's reading
 * side is shut first: QUIT goes out, the wait ends at once.
 *
 * libcurl sends what it is given: CR LF must be ours, and an address with a
 * line end in it would become another command.  Both are refused here.
 */
#include "net/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/transfer_priv.h"

#define LINE_MAX_BYTES 998u /* RFC 5322, 2.1.1 */
#define ADDRESS_MAX 254u /* RFC 5321, 4.5.3.1.3 and its erratum */
#define SAID_MAX 300u

struct smtp_call {
	struct transfer transfer; /* first: the one becomes the other */
	struct multi *owner, *own;
	struct buf text, said;
	size_t sent;
	smtp_done_fn *done;
	void *arg;
};

static void
call_free(struct smtp_call *c)
{
	transfer_end(&c->transfer);
	multi_discard(c->owner, c->own);
	buf_free(&c->text);
	buf_free(&c->said);
	free(c);
}

static void
on_over(struct transfer *t, CURLcode code)
{
	struct smtp_call *c = (struct smtp_call *)(void *)t;
	struct smtp_reply r = {.sent = code == CURLE_OK};
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.code);
	curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RD);
	r.said = buf_span(&c->said);
	r.asked = c->sent == c->text.len;
	if (!r.sent)
		r.error = transfer_error(t, code);
	if (code != CURLE_ABORTED_BY_CALLBACK)
		c->done(c->arg, &r);
	call_free(c);
}

/* The last line of what the server says; of a refusal, not of what follows. */
static size_t
take_line(char *p, size_t size, size_t n, void *arg)
{
	struct smtp_call *c = arg;
	struct span line = str_trim((struct span){p, n});

	(void)size; /* always 1 */
	if (c->said.len != 0 && c->said.data[0] >= '4' &&
	    (line.len == 0 || line.p[0] < '4'))
		return n;
	buf_clear(&c->said);
	buf_add(&c->said, line.p, line.len < SAID_MAX ? line.len : SAID_MAX);
	return n;
}

static size_t
give_text(char *p, size_t size, size_t n, void *arg)
{
	struct smtp_call *c = arg;
	size_t left = c->text.len - c->sent;

	n *= size;
	if (n > left)
		n = left;
	memcpy(p, c->text.data + c->sent, n);
	c->sent += n;
	return n;
}

bool
smtp_address(struct span s)
{
	static const char signs[] = "!#$%&'*+-/=?^_`{|}~."; /* RFC 5322 atext */
	size_t at = 0;
	bool seen = false;

	if (s.len == 0 || s.len > ADDRESS_MAX || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9');

		if (c == '@' && !seen) {
			seen = true;
			at = i;
		} else if (!word &&
			   (seen ? c != '.' && c != '-'
				 : c == '\0' || strchr(signs, c) == NULL)) {
			return false;
		}
	}
	return seen && at > 0 && at + 1 < s.len;
}

/* What cannot break out of DATA. */
static bool
is_text(struct span s)
{
	size_t line = 0; /* bytes of it so far */

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\n') {
			line = 0;
			i++;
		} else if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0' ||
			   ++line > LINE_MAX_BYTES) {
			return false;
		}
	}
	return line == 0 && s.len != 0;
}

static int
set_envelope(struct smtp_call *c, const struct smtp_mail *m, struct nc_err *e)
{
	CURL *z = c->transfer.easy;
	struct buf url = {0}, from = {0};
	int rc = -1;

	/* RFC 5321 has an empty reverse-path for automatic notices too. */
	if (*m->from != '\0' && !smtp_address(span_of(m->from)))
		return err_set(e, 0, "the sender is no plain address");
	if (!smtp_address(span_of(m->to)))
		return err_set(e, 0, "the recipient is no plain address");
	if (!transfer_is_plain(m->url, false) ||
	    !transfer_is_plain(m->helo, false) ||
	    strpbrk(m->helo, "/?#%") != NULL)
		return err_set(e, 0, "no address of a server");
	if (!is_text(m->text))
		return err_set(e, 0, "the text is not in lines of a mail");
	/* The path of the address is what EHLO says. */
	buf_addf(&url, "%s/%s", m->url, m->helo);
	buf_addf(&from, "<%s>", m->from);
	c->transfer.list = curl_slist_append(NULL, m->to);
	if (c->transfer.list != NULL &&
	    curl_easy_setopt(z, CURLOPT_URL, url.data) == 0 &&
	    curl_easy_setopt(z, CURLOPT_MAIL_FROM, from.data) == 0 &&
	    curl_easy_setopt(z, CURLOPT_MAIL_RCPT, c->transfer.list) == 0 &&
	    curl_easy_setopt(z, CURLOPT_USE_SSL,
		m->plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL) == 0 &&
	    (m->user == NULL ||
		(curl_easy_setopt(z, CURLOPT_USERNAME, m->user) == 0 &&
		    curl_easy_setopt(z,
			m->bearer ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
			m->password) == 0)))
		rc = 0;
	else
		err_set(e, 0, "libcurl refuses the request");
	buf_free(&url);
	buf_free(&from);
	return rc;
}

static void
set_text(struct smtp_call *c, struct span text)
{
	CURL *z = c->transfer.easy;

	buf_add(&c->text, text.p, text.len);
	curl_easy_setopt(z, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(z, CURLOPT_INFILESIZE_LARGE, (curl_off_t)text.len);
	curl_easy_setopt(z, CURLOPT_READFUNCTION, give_text);
	curl_easy_setopt(z, CURLOPT_READDATA, c);
	curl_easy_setopt(z, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(z, CURLOPT_HEADERDATA, c);
}

struct smtp_call *
smtp_send(struct multi *m, const struct smtp_mail *mail, struct nc_err *e)
{
	struct smtp_call *c;
	struct multi *own = multi_new(multi_loop(m), e);
	struct transfer_rules rules = {.protocols = "smtp,smtps",
	    .cafile = mail->cafile,
	    .pin = mail->pin,
	    .timeout = mail->timeout};

	if (own == NULL)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->owner = m;
	c->own = own;
	c->transfer.over = on_over;
	c->done = mail->done;
	c->arg = mail->arg;
	if (transfer_init(&c->transfer, own, &rules, e) == 0 &&
	    set_envelope(c, mail, e) == 0) {
		set_text(c, mail->text);
		if (transfer_begin(&c->transfer, e) == 0)
			return c;
	}
	call_free(c);
	return NULL;
}

void
smtp_cancel(struct smtp_call *c)
{
	call_free(c);
}
