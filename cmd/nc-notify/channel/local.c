/* SPDX-License-Identifier: MIT */
/*
 * local: this machine itself, which needs no network to be told: the system
 * log (a datagram to its socket, RFC 3164 as syslog(3) writes it, without a
 * time: the log puts its own), the journal (its native protocol, with the
 * alert's fields beside the line), who is logged in, or a line in a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "kinds.h"
#include "program.h"

#define SOCKET "/dev/log"
#define JOURNAL "/run/systemd/journal/socket"
#define LINE_MAX_BYTES 4000u

struct append {
	struct sending *s;
	struct child *child;
	const char *path;
	struct buf line;
};

static void
safe_line(const struct sending *s, struct buf *b)
{
	struct buf text = {0};

	alert_line(s->alert, s->late, &text);
	utf8_escape(b, utf8_cut(buf_span(&text), LINE_MAX_BYTES));
	buf_free(&text);
}

static int
priority(const struct alert *a)
{
	if (a->ended)
		return LOG_NOTICE;
	if (span_is(a->severity, "crit"))
		return LOG_CRIT;
	return span_is(a->severity, "warn") ? LOG_WARNING : LOG_INFO;
}

/* --- the system log ------------------------------------------------------- */

static int
to_socket(const char *path, struct span line, struct nc_err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, rc;

	/* That it fits was checked with the configuration. */
	str_copy(to.sun_path, sizeof(to.sun_path), span_of(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_sys(e, "socket");
	rc = sendto(fd, line.p, line.len, 0, (const struct sockaddr *)&to,
		 sizeof(to)) == -1
		 ? err_sys(e, "%s", path)
		 : 0;
	close(fd);
	return rc;
}

/* NAME=VALUE in a line: what is shown has no line ends of its own. */
static void
add_field(struct buf *b, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	buf_addf(b, "%s=", name);
	utf8_escape(b, utf8_cut(value, LINE_MAX_BYTES));
	buf_addc(b, '\n');
}

/* systemd.io/JOURNAL_NATIVE_PROTOCOL */
static void
journal_entry(const struct sending *s, struct buf *b)
{
	const struct alert *a = s->alert;

	buf_adds(b, "MESSAGE=");
	safe_line(s, b);
	buf_addf(b, "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=nc-notify\n",
	    priority(a));
	add_field(b, "NC_ALERT", a->name);
	add_field(b, "NC_HOST", a->host);
	add_field(b, "NC_ENTITY", a->entity);
	add_field(b, "NC_ID", a->id);
	add_field(b, "NC_SEVERITY", a->severity);
	add_field(b, "NC_STATE", a->state);
	add_field(b, "NC_EVENT_ID", a->event_id);
	add_field(b, "NC_EPISODE", a->episode);
}

static void
log_entry(const struct sending *s, struct buf *b)
{
	buf_addf(b, "<%d>nc-notify[%ld]: ", LOG_DAEMON | priority(s->alert),
	    (long)getpid());
	safe_line(s, b);
}

static void
send_datagram(struct sending *s, const char *usual,
    void (*make)(const struct sending *s, struct buf *b))
{
	const struct channel_value *v = channel_value(s->channel, "socket", 0);
	struct outcome o = {.verdict = VERDICT_SENT};
	struct nc_err e = {0};
	struct buf line = {0};

	make(s, &line);
	if (to_socket(v != NULL ? v->text : usual, buf_span(&line), &e) == -1) {
		o.verdict = VERDICT_RETRY;
		o.message = e.msg;
	}
	buf_free(&line);
	s->done(s, &o);
}

/* --- who is logged in ----------------------------------------------------- */

static void
wall_program(const struct sending *s, struct program *p)
{
	static const char *const argv[] = {"wall", NULL};

	*p = (struct program){.argv = argv};
	safe_line(s, &p->input);
	buf_addc(&p->input, '\n');
}

static void
send_wall(struct sending *s)
{
	struct program p;

	wall_program(s, &p);
	program_send(s, &p);
}

/* --- a file --------------------------------------------------------------- */

/* In a process of its own: a file may be on a server that is gone. */
static int
append(void *arg)
{
	const struct append *a = arg;
	int fd = open(a->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd == -1 ||
	    afile_write_fd(fd, a->line.data, a->line.len, NULL) == -1 ||
	    (fsync(fd) == -1 && errno != EINVAL))
		return errno;
	return 0;
}

static void
append_free(struct append *a)
{
	child_free(a->child);
	buf_free(&a->line);
	free(a);
}

static void
on_end(struct child *c, const struct child_end *end, void *arg)
{
	struct append *a = arg;
	struct sending *s = a->s;
	struct outcome o = {.verdict = VERDICT_RETRY};
	char text[200];

	(void)c;
	if (!end->timed_out && !end->lost && WIFEXITED(end->status)) {
		if (WEXITSTATUS(end->status) == 0)
			o.verdict = VERDICT_SENT;
		snprintf(text, sizeof(text), "%s: %s", a->path,
		    strerror(WEXITSTATUS(end->status)));
	} else {
		child_describe(end, text, sizeof(text));
	}
	if (o.verdict != VERDICT_SENT)
		o.message = text;
	append_free(a);
	s->done(s, &o);
}

static void
file_line(const struct sending *s, struct buf *b)
{
	zone_format(NULL, s->now, 0, b);
	buf_addc(b, ' ');
	safe_line(s, b);
	buf_addc(b, '\n');
}

static void
send_file(struct sending *s)
{
	struct append *a = xcalloc(1, sizeof(*a));
	struct child_options o = {.run = append,
	    .run_arg = a,
	    .deadline_ns = clock_mono_ns() + clock_ns(s->channel->timeout),
	    .on_end = on_end,
	    .arg = a};
	struct nc_err e = {0};

	a->s = s;
	a->path = s->channel->targets[1];
	file_line(s, &a->line);
	s->state = a;
	if ((a->child = child_start(s->means->children, &o, &e)) == NULL) {
		append_free(a);
		s->done(s, &(struct outcome){.verdict = VERDICT_RETRY,
			       .message = e.msg});
		return;
	}
	s->means->tend(s->means->arg);
}

/* --- the kind ------------------------------------------------------------- */

enum place { SYSLOG, JOURNALD, WALL, TO_FILE, NOWHERE };

static enum place
place_of(const struct channel *c)
{
	static const char *const names[] = {"syslog", "journald", "wall",
	    "file"};

	for (int i = SYSLOG; c->ntargets > 0 && i <= TO_FILE; i++)
		if (strcmp(c->targets[0], names[i]) == 0)
			return (enum place)i;
	return NOWHERE;
}

static void
local_send(struct sending *s)
{
	switch (place_of(s->channel)) {
	case SYSLOG:
		send_datagram(s, SOCKET, log_entry);
		break;
	case JOURNALD:
		send_datagram(s, JOURNAL, journal_entry);
		break;
	case WALL:
		send_wall(s);
		break;
	default:
		send_file(s);
	}
}

static void
local_cancel(struct sending *s)
{
	if (place_of(s->channel) == WALL)
		program_cancel(s);
	else
		append_free(s->state);
}

static int
local_render(const struct sending *s, struct buf *b, struct nc_err *e)
{
	struct program p;

	(void)e;
	switch (place_of(s->channel)) {
	case SYSLOG:
		log_entry(s, b);
		buf_addc(b, '\n');
		break;
	case JOURNALD:
		journal_entry(s, b);
		break;
	case WALL:
		wall_program(s, &p);
		program_render(&p, b);
		buf_free(&p.input);
		break;
	default:
		file_line(s, b);
	}
	return 0;
}

static int
local_check(const struct channel *c, struct nc_err *e)
{
	const struct channel_value *v = channel_value(c, "socket", 0);
	enum place place = place_of(c);
	struct sockaddr_un to;

	if (place == NOWHERE || c->ntargets != (place == TO_FILE ? 2u : 1u) ||
	    (place == TO_FILE && *c->targets[1] != '/'))
		return err_set(e, 0,
		    "expected syslog, journald, wall, or file and an absolute "
		    "path");
	if (v != NULL && place != SYSLOG && place != JOURNALD)
		return err_set(e, 0, "socket belongs to syslog or journald");
	if (v != NULL && strlen(v->text) >= sizeof(to.sun_path))
		return err_set(e, 0, "%s: the path is too long", v->text);
	return 0;
}

static const struct channel_option options[] = {
    {.name = "socket"},
    {.name = NULL},
};

const struct channel_kind kind_local = {
    .name = "local",
    .targets = "syslog, journald, wall, or file and a path",
    .options = options,
    .at_once = 1,
    .each = true,
    .check = local_check,
    .send = local_send,
    .cancel = local_cancel,
    .render = local_render,
};
