/* SPDX-License-Identifier: MIT */
/*
 * decoder: one line to one record.  First as it is expected, by comparing;
 * else strictly, by the grammar (decoder_read) and then by the rules
 * (decoder_take).  Builds no tree.
 */
#include "stream/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "stream/decoder_parts.h"

struct decoder *
decoder_new(struct intern *names)
{
	struct decoder *d = xcalloc(1, sizeof(*d));

	d->names = names;
	d->fast = fast_best();
	d->layouts = layout_new(names);
	d->predict = predict_new();
	d->labels = xcalloc(MEMBERS_MAX, sizeof(*d->labels));
	d->fields = xcalloc(MEMBERS_MAX, sizeof(*d->fields));
	return d;
}

void
decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	layout_free(d->layouts);
	predict_free(d->predict);
	free(d->labels);
	free(d->fields);
	free(d->values);
	free(d->seen);
	free(d->scratch);
	free(d);
}

static struct span
strip(const char *line, size_t len)
{
	if (len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	if (len != 0 && line[len - 1] == '\r')
		len--;
	return (struct span){line, len};
}

/*
 * The line as it is expected: the bytes of a line that was whole and valid,
 * with other numbers, each of them checked.  Whatever is unexpected says
 * nothing about the line.
 */
static bool
read_predicted(struct decoder *d, struct span line, struct record *r)
{
	const char *p = line.p, *end = p + line.len;
	const struct layout_cell *cells;
	double read[FAST_SLOTS], numbers[FAST_SLOTS] = {(double)NAN,
				     (double)NAN, (double)NAN, (double)NAN};
	struct predict_entry *n;
	size_t nvalues;
	uint32_t layout;

	if ((n = predict_next(d->predict, &layout)) == NULL ||
	    (cells = layout_cells(d->layouts, layout, &nvalues)) == NULL ||
	    (p = d->fast->head(&n->head, p, end, read)) == NULL)
		return false;
	decoder_need_values(d, nvalues);
	if (d->fast->values(cells, nvalues, &p, end, d->values) != nvalues ||
	    p + 2 != end || p[0] != '}' || p[1] != '}')
		return false;
	for (unsigned i = 0; i < n->head.slots; i++) {
		const struct decoder_rule *rule = &decoder_moving[n->what[i]];

		if (!(read[i] >= rule->low && read[i] <= rule->high))
			return false;
		numbers[n->what[i]] = read[i];
	}
	predict_hit(d->predict);
	*r = (struct record){
	    .kind = RECORD_SAMPLE,
	    .quality = n->quality,
	    .has = n->has,
	    .ts = numbers[NUMBER_TS],
	    .up = numbers[NUMBER_UP],
	    .interval = n->interval,
	    .since = numbers[NUMBER_SINCE],
	    .age = numbers[NUMBER_AGE],
	    .kind_name = n->kind_name,
	    .host = n->host,
	    .source = n->source,
	    .entity = n->entity,
	    .id = n->id,
	    .labels = n->labels,
	    .nlabels = n->nlabels,
	    .values = d->values,
	    .nvalues = nvalues,
	    .line = line,
	    .layout = layout,
	    .hint = &n->hint,
	};
	return true;
}

/* A sample that came otherwise: what to expect next time. */
static void
remember(struct decoder *d, struct record *r)
{
	struct predict_entry *n;

	if (r->kind != RECORD_SAMPLE)
		return;
	if (d->layout == 0)
		d->layout = layout_id(d->layouts, r->values, r->nvalues);
	r->layout = d->layout;
	if (!d->regular)
		return;
	*decoder_guess(d) = d->layout;
	n = predict_seen(d->predict, &d->shape, d->entry, r, d->layout);
	if (n != NULL)
		r->hint = &n->hint;
}

static void
reset(struct decoder *d, struct span line)
{
	size_t len = line.len;

	memset(d->tokens, 0, sizeof(d->tokens));
	d->regular = true;
	d->shape.start = line.p;
	d->shape.n = 0;
	d->entry = NULL;
	d->layout = 0;
	d->nlabels = d->nfields = 0;
	decoder_next_turn(d);
	d->scratch_len = 0;
	d->limit = NULL;
	if (len > d->scratch_cap) {
		free(d->scratch);
		d->scratch_cap = len < 4096 ? 4096 : len;
		d->scratch = xmalloc(d->scratch_cap);
	}
}

static int
read_strictly(struct decoder *d, const char *line, struct span text,
    struct record *r, struct nc_err *e)
{
	struct record whole = {.line = text};
	struct scan s = {text.p, text.p + text.len, NULL};

	reset(d, text);
	if (!decoder_read(d, &s))
		return err_set(e, EBADMSG, "not JSON: %s at byte %zu", s.why,
		    (size_t)(s.p - line) + 1);
	if (decoder_take(d, &whole, e) == -1)
		return -1;
	remember(d, &whole);
	*r = whole;
	return 0;
}

int
decoder_line(struct decoder *d, const char *line, size_t len, struct record *r,
    struct nc_err *e)
{
	struct span text = strip(line, len);

	if (read_predicted(d, text, r))
		return 0;
	return read_strictly(d, line, text, r, e);
}
