/* SPDX-License-Identifier: MIT */
/*
 * flat: one metric a line, for grep, sort and awk.  The form of the fields
 * is that of /proc/mounts, which every operator's awk already splits.
 * Never writes.
 */
#include "render.h"

#include "stream/frame.h"

static void
field(struct buf *out, struct span s)
{
	size_t i;

	if (s.len == 0)
		buf_addc(out, '-');
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == '\\' || c == 0x7f)
			buf_addf(out, "\\%03o", c);
		else
			buf_addc(out, (char)c);
	}
	buf_addc(out, ' ');
}

static void
number(struct buf *out, double v)
{
	char *to = buf_reserve(out, 32);

	out->len += frame_format(v, to);
	out->data[out->len] = '\0';
}

/* "TS HOST SOURCE ENTITY ID ", ENTITY being the kind where there is none. */
static void
head(struct buf *out, const struct record *r)
{
	if ((r->has & RECORD_HAS_TS) != 0) {
		number(out, r->ts);
		buf_addc(out, ' ');
	} else
		field(out, (struct span){0});
	field(out, r->host);
	field(out, r->source);
	field(out, r->entity.len != 0 ? r->entity : r->kind_name);
	field(out, r->id);
}

static void
tail(struct buf *out, const struct record *r)
{
	size_t i;

	for (i = 0; i < r->nlabels; i++) {
		buf_addc(out, ' ');
		field(out, r->labels[i].key);
		out->data[out->len - 1] = '=';
		field(out, r->labels[i].value);
		out->len--;
	}
	if (r->quality != RECORD_GOOD)
		buf_addf(out, " quality=%s",
		    r->quality == RECORD_STALE     ? "stale"
		    : r->quality == RECORD_PARTIAL ? "partial"
						   : "estimated");
	buf_addc(out, '\n');
}

/* What is no measurement, behind a '#' so that awk may pass it by. */
static void
comment(struct buf *out, const struct record *r)
{
	size_t i;

	buf_adds(out, "# ");
	field(out, r->kind_name);
	head(out, r);
	for (i = 0; i < r->nfields; i++) {
		const struct record_field *f = &r->fields[i];

		field(out, f->key);
		out->data[out->len - 1] = '=';
		field(out, f->text.p != NULL ? f->text : f->raw);
	}
	out->len--;
	tail(out, r);
}

void
flat_record(struct buf *out, const struct intern *names, const struct record *r)
{
	size_t i;

	if (r->kind == RECORD_TICK)
		return;
	if (r->kind != RECORD_SAMPLE && r->kind != RECORD_SWEEP) {
		comment(out, r);
		return;
	}
	for (i = 0; i < r->nvalues; i++) {
		head(out, r);
		field(out, intern_span(names, r->values[i].name));
		number(out, r->values[i].number);
		tail(out, r);
	}
}
