/* SPDX-License-Identifier: MIT */
/*
 * email: a message as a mail (letter), by a server of SMTP or by sendmail(8).
 * Each recipient has a transaction and a fate of its own.  4xx of a server is
 * tried again, 5xx is for good (RFC 5321, 4.2.1).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "chart.h"
#include "kinds.h"
#include "letter.h"
#include "net/smtp.h"
#include "program.h"

#define SENDMAIL "/usr/sbin/sendmail"
#define HOST_MAX 256
#define SAID_BYTES 200u

struct mailing {
	struct sending inner; /* first: the program's sending is ours */
	struct sending *s;
	struct chart *chart;
	struct smtp_call *call;
	struct buf text;
	bool running; /* the program */
};

static const char *
text_of(const struct channel *c, const char *option)
{
	const struct channel_value *v = channel_value(c, option, 0);

	return v != NULL ? v->text : NULL;
}

static bool
is_smtp(const struct channel *c)
{
	return strcmp(c->kind->name, "smtp") == 0;
}

static void
write_letter(const struct sending *s, struct span png, struct buf *b)
{
	struct letter l = {.from = text_of(s->channel, "from"),
	    .to = s->recipient != NULL ? s->recipient
				       : text_of(s->channel, "to"),
	    .html = channel_value(s->channel, "html", 0) != NULL,
	    .picture = png};

	letter_write(s, &l, b);
}

static const char *
recipient_of(const struct sending *s)
{
	return s->recipient != NULL ? s->recipient : text_of(s->channel, "to");
}

/* --- by a server ---------------------------------------------------------- */

static void
mailing_free(struct mailing *m)
{
	buf_free(&m->text);
	free(m);
}

static bool
is_about_us(long code) /* and not about this mail */
{
	return code == 530 || code == 534 || code == 535 || code == 538;
}

static void
on_reply(void *arg, const struct smtp_reply *r)
{
	struct mailing *m = arg;
	struct sending *s = m->s;
	struct outcome o = {.verdict = VERDICT_RETRY,
	    .code = r->code,
	    .message = r->error,
	    .maybe = r->asked};
	struct buf why = {0};

	if (r->sent) {
		o.verdict = VERDICT_SENT;
	} else if (r->code >= 400) {
		o.verdict = r->code >= 500 ? VERDICT_DEAD : VERDICT_RETRY;
		o.maybe = false;
		o.off = is_about_us(r->code);
		/* What it says of a password may have the password in it. */
		if (!o.off && r->code != 454) {
			utf8_escape(&why, utf8_cut(r->said, SAID_BYTES));
			o.message = why.data;
		}
	}
	m->call = NULL;
	mailing_free(m);
	s->done(s, &o);
	buf_free(&why);
}

/* The address of the server as libcurl wants it, and our name in it. */
static int
deliver(struct mailing *m, struct nc_err *e)
{
	struct sending *s = m->s;
	const struct channel *c = s->channel;
	const struct channel_value *auth = channel_value(c, "auth", 0),
				   *oauth = channel_value(c, "oauth", 0),
				   *who = auth != NULL ? auth : oauth;
	char host[HOST_MAX] = "localhost";
	struct buf password = {0};
	struct smtp_mail mail = {.url = c->targets[0],
	    .helo = host,
	    .from = text_of(c, "from"),
	    .to = recipient_of(s),
	    .bearer = auth == NULL,
	    .plain = channel_value(c, "plain", 0) != NULL,
	    .text = buf_span(&m->text),
	    .cafile = text_of(c, "cafile"),
	    .pin = text_of(c, "pin"),
	    .timeout = c->timeout,
	    .done = on_reply,
	    .arg = m};

	gethostname(host, sizeof(host) - 1);
	if (s->means->multi == NULL)
		s->means->multi = multi_new(s->means->loop, e);
	if (s->means->multi != NULL &&
	    (who == NULL || secret_read(&who->secret, &password, e) == 0)) {
		mail.user = who != NULL ? who->text : NULL;
		mail.password = password.data;
		m->call = smtp_send(s->means->multi, &mail, e);
	}
	secret_wipe(&password);
	return m->call != NULL ? 0 : -1;
}

/* --- by sendmail(8) ------------------------------------------------------- */

/* sysexits.h: what passes by itself. */
static enum verdict
judge_sendmail(int status)
{
	switch (status) {
	case 0:
		return VERDICT_SENT;
	case 69: /* EX_UNAVAILABLE */
	case 71: /* EX_OSERR */
	case 73: /* EX_CANTCREAT */
	case 74: /* EX_IOERR */
	case 75: /* EX_TEMPFAIL */
		return VERDICT_RETRY;
	default:
		return VERDICT_DEAD;
	}
}

/* Recipients as arguments, not out of the text; a program is given lines as
 * programs have them. */
static void
make_program(const struct sending *s, const struct buf *text,
    const char *argv[7], struct program *p)
{
	const struct channel *c = s->channel;
	size_t n = 0;

	argv[n++] = c->ntargets != 0 ? c->targets[0] : SENDMAIL;
	argv[n++] = "-i";
	argv[n++] = "-f";
	argv[n++] = text_of(c, "from");
	argv[n++] = "--";
	argv[n++] = recipient_of(s);
	argv[n] = NULL;
	*p = (struct program){.argv = argv, .judge = judge_sendmail};
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] != '\r')
			buf_addc(&p->input, text->data[i]);
}

static void
on_program(struct sending *inner, const struct outcome *o)
{
	struct mailing *m = (struct mailing *)(void *)inner;
	struct sending *s = m->s;

	mailing_free(m);
	s->done(s, o);
}

static void
hand_over(struct mailing *m)
{
	const char *argv[7];
	struct program p;

	make_program(m->s, &m->text, argv, &p);
	m->inner = *m->s;
	m->inner.done = on_program;
	m->running = true;
	program_send(&m->inner, &p);
}

/* --- the kinds ------------------------------------------------------------ */

static void
go_on(struct mailing *m, struct span png)
{
	struct sending *s = m->s;
	struct nc_err e = {0};

	write_letter(s, png, &m->text);
	if (!is_smtp(s->channel)) {
		hand_over(m);
		return;
	}
	if (deliver(m, &e) == 0)
		return;
	mailing_free(m);
	s->done(s,
	    &(struct outcome){.verdict = VERDICT_RETRY, .message = e.msg});
}

static void
on_chart(void *arg, struct span png)
{
	struct mailing *m = arg;

	m->chart = NULL;
	go_on(m, png);
}

static void
email_send(struct sending *s)
{
	struct mailing *m = xcalloc(1, sizeof(*m));
	const char *store = text_of(s->channel, "chart");

	m->s = s;
	s->state = m;
	if (store != NULL)
		m->chart = chart_begin(s, store, on_chart, m);
	if (m->chart == NULL)
		go_on(m, (struct span){NULL, 0});
}

static void
email_cancel(struct sending *s)
{
	struct mailing *m = s->state;

	if (m->chart != NULL)
		chart_cancel(m->chart);
	if (m->call != NULL)
		smtp_cancel(m->call);
	if (m->running)
		program_cancel(&m->inner);
	mailing_free(m);
}

static int
email_render(const struct sending *s, struct buf *b, struct nc_err *e)
{
	struct buf text = {0};
	const char *argv[7];
	struct program p;

	(void)e;
	write_letter(s, (struct span){NULL, 0}, &text);
	if (is_smtp(s->channel)) {
		buf_addf(b, "%s\r\nMAIL FROM:<%s>\r\nRCPT TO:<%s>\r\n\r\n",
		    s->channel->targets[0], text_of(s->channel, "from"),
		    recipient_of(s));
		buf_add(b, text.data, text.len);
	} else {
		make_program(s, &text, argv, &p);
		program_render(&p, b);
		buf_free(&p.input);
	}
	buf_free(&text);
	return 0;
}

static int
check_addresses(const struct channel *c, struct nc_err *e)
{
	const char *from = text_of(c, "from");
	const struct channel_value *to;

	if (from == NULL || !smtp_address(span_of(from)))
		return err_set(e, 0,
		    "expected from \"NAME@DOMAIN\", an address in ASCII");
	if (channel_value(c, "to", 0) == NULL)
		return err_set(e, 0, "expected to \"NAME@DOMAIN\"");
	for (size_t i = 0; (to = channel_value(c, "to", i)) != NULL; i++)
		if (!smtp_address(span_of(to->text)))
			return err_set(e, 0,
			    "\"%s\": expected an address in ASCII, "
			    "NAME@DOMAIN",
			    to->text);
	if (text_of(c, "chart") != NULL && channel_value(c, "html", 0) == NULL)
		return err_set(e, 0, "a chart needs html");
	return 0;
}

/* smtp://HOST[:PORT], and nothing more: what is behind would be sent. */
static int
check_server(const struct channel *c, struct nc_err *e)
{
	bool plain = channel_value(c, "plain", 0) != NULL, secured;
	const char *s;

	if (c->ntargets != 1)
		return err_set(e, 0, "expected a server, smtp://HOST:PORT");
	s = c->targets[0];
	secured = str_starts(span_of(s), "smtps://");
	if (!secured && !str_starts(span_of(s), "smtp://"))
		return err_set(e, 0, "expected smtp:// or smtps://");
	s = strchr(s, '/') + 2;
	if (*s == '\0' ||
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789.:-[]")] != '\0')
		return err_set(e, 0,
		    "expected HOST or HOST:PORT behind it and nothing else");
	if (plain && secured)
		return err_set(e, 0, "plain does not go with smtps://");
	if (plain && (channel_value(c, "auth", 0) != NULL ||
			 channel_value(c, "oauth", 0) != NULL))
		return err_set(e, 0, "a password is not sent without TLS");
	if (channel_value(c, "auth", 0) != NULL &&
	    channel_value(c, "oauth", 0) != NULL)
		return err_set(e, 0, "expected auth or oauth, not both");
	return check_addresses(c, e);
}

static int
check_sendmail(const struct channel *c, struct nc_err *e)
{
	if (c->ntargets > 1 || (c->ntargets == 1 && *c->targets[0] != '/'))
		return err_set(e, 0, "expected the path of sendmail, or none");
	return check_addresses(c, e);
}

#define LETTER_OPTIONS \
	{.name = "from"}, {.name = "to", .many = true, .recipient = true}, \
	    {.name = "html", .flag = true}, \
	{ \
		.name = "chart" \
	}

static const struct channel_option smtp_options[] = {
    LETTER_OPTIONS,
    {.name = "auth", .secret = true, .named = true},
    {.name = "oauth", .secret = true, .named = true},
    {.name = "plain", .flag = true},
    {.name = "cafile"},
    {.name = "pin"},
    {.name = NULL},
};

static const struct channel_option sendmail_options[] = {
    LETTER_OPTIONS,
    {.name = NULL},
};

const struct channel_kind kind_smtp = {
    .name = "smtp",
    .targets = "a server",
    .options = smtp_options,
    .at_once = 4,
    .check = check_server,
    .send = email_send,
    .cancel = email_cancel,
    .render = email_render,
};

const struct channel_kind kind_sendmail = {
    .name = "sendmail",
    .targets = "the path of sendmail",
    .options = sendmail_options,
    .at_once = 2,
    .check = check_sendmail,
    .send = email_send,
    .cancel = email_cancel,
    .render = email_render,
};
