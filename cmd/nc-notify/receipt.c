/* SPDX-License-Identifier: MIT */
/* receipt: delivery records, gathered and appended to the day's file. */
#include "receipt.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "stream/frame.h"

struct receipts {
	const struct spool *spool;
	struct writer *out;
	struct frame *frame;
	struct buf lines; /* not in the ledger yet */
	double now; /* of the latest */
};

static int
take_line(void *arg, const char *line, size_t len)
{
	struct receipts *r = arg;
	struct nc_err e;

	buf_add(&r->lines, line, len);
	/* A failure stays with the writer and is told at the end. */
	if (r->out != NULL && writer_line(r->out, line, len, &e) == 0)
		writer_flush(r->out, &e);
	return 0;
}

struct receipts *
receipts_new(const struct spool *sp, struct writer *out)
{
	struct receipts *r = xcalloc(1, sizeof(*r));

	r->spool = sp;
	r->out = out;
	r->frame = frame_new(take_line, r);
	return r;
}

void
receipts_free(struct receipts *r)
{
	if (r == NULL)
		return;
	receipts_flush(r, false, NULL);
	frame_free(r->frame);
	buf_free(&r->lines);
	free(r);
}

void
receipt_add(struct receipts *r, const struct receipt *t)
{
	const struct alert *a = t->alert;
	struct frame *f = r->frame;
	char *host = xmemdup0(a->host.p != NULL ? a->host.p : "", a->host.len);
	char *entity = xmemdup0(a->entity.p != NULL ? a->entity.p : "",
	    a->entity.len);
	struct buf text = {0};

	r->now = t->now;
	frame_origin(f, host, "nc-notify");
	frame_clock(f, floor(t->now * 1e3) / 1e3, (double)NAN);
	frame_begin(f, RECORD_DELIVERY, entity, a->id);
	frame_text(f, "event_id", a->event_id);
	frame_text(f, "episode", a->episode);
	frame_text(f, "channel", span_of(t->channel));
	frame_number(f, "attempt", t->attempt);
	frame_text(f, "result", span_of(t->result));
	if (t->code != 0)
		frame_number(f, "code", (double)t->code);
	if (t->message != NULL) {
		utf8_escape(&text, span_of(t->message));
		frame_text(f, "message", buf_span(&text));
	}
	if (isfinite(t->late))
		frame_number(f, "late_seconds",
		    fmax(0, floor(t->late * 1e3) / 1e3));
	frame_end(f);
	buf_free(&text);
	free(entity);
	free(host);
}

int
receipts_flush(struct receipts *r, bool sync, struct nc_err *e)
{
	struct buf day = {0};
	char *path;
	int fd, rc = -1;

	if (r->lines.len == 0)
		return 0;
	zone_format(NULL, r->now, 0, &day);
	path = xasprintf("%s/ledger/%.10s.ndjson", spool_dir(r->spool),
	    day.data);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		err_sys(e, "%s", path);
	else if (afile_write_fd(fd, r->lines.data, r->lines.len, e) == -1)
		err_where(e, "%s", path);
	else if (sync && fdatasync(fd) == -1)
		err_sys(e, "%s", path);
	else
		rc = 0;
	if (fd != -1)
		close(fd);
	/* What could not be written is not kept for ever. */
	buf_clear(&r->lines);
	buf_free(&day);
	free(path);
	return rc;
}
