/* SPDX-License-Identifier: MIT */
/*
 * table: records for people: what each is about on a line of its own, its
 * numbers below with the units people read (percent, GiB).  Text of others
 * is made fit for a terminal.  Never writes.
 */
#include "render.h"

#include <stdbool.h>

#include "base/utf8.h"
#include "metric/format.h"

#define NAME_COLUMNS 40

static void
safe(struct buf *out, struct span s)
{
	utf8_escape(out, s);
}

/* "host.disk sda  name=sda  (hv07, host)" */
static void
heading(struct buf *out, const struct record *r)
{
	size_t i;

	safe(out, r->entity.len != 0 ? r->entity : r->kind_name);
	if (r->id.len != 0) {
		buf_addc(out, ' ');
		safe(out, r->id);
	}
	for (i = 0; i < r->nlabels; i++) {
		buf_adds(out, "  ");
		safe(out, r->labels[i].key);
		buf_addc(out, '=');
		safe(out, r->labels[i].value);
	}
	buf_adds(out, "  (");
	safe(out, r->host);
	buf_adds(out, ", ");
	safe(out, r->source);
	if (r->quality == RECORD_STALE)
		buf_adds(out, ", stale");
	else if (r->quality == RECORD_PARTIAL)
		buf_adds(out, ", partial");
	else if (r->quality == RECORD_ESTIMATED)
		buf_adds(out, ", estimated");
	buf_adds(out, ")\n");
}

void
table_record(struct buf *out, const struct intern *names,
    const struct record *r)
{
	char value[FORMAT_MAX];
	struct span name;
	size_t i;
	bool numbers = r->kind == RECORD_SAMPLE || r->kind == RECORD_SWEEP;

	if (r->kind == RECORD_TICK)
		return;
	if (!numbers) {
		safe(out, r->kind_name);
		buf_adds(out, ": ");
	}
	heading(out, r);
	for (i = 0; !numbers && i < r->nfields; i++) {
		const struct record_field *f = &r->fields[i];

		buf_adds(out, "  ");
		safe(out, f->key);
		buf_adds(out, ": ");
		safe(out, f->text.p != NULL ? f->text : f->raw);
		buf_addc(out, '\n');
	}
	for (i = 0; numbers && i < r->nvalues; i++) {
		name = intern_span(names, r->values[i].name);
		format_metric(value, r->values[i].number, name);
		buf_adds(out, "  ");
		safe(out, name);
		if (name.len < NAME_COLUMNS)
			buf_addf(out, "%*s", (int)(NAME_COLUMNS - name.len),
			    "");
		buf_addf(out, " %12s\n", value);
	}
}
