/* SPDX-License-Identifier: MIT */
/*
 * prometheus: one sweep in the Prometheus text format 0.0.4, as its textfile
 * collectors and push gateways read it.  The format wants all lines of a
 * family together and no line twice, so the sweep is gathered first; of a
 * value said twice the later stands.  HELP and TYPE come from the catalogue,
 * for what is not in it from the suffix.  Never writes.
 */
#include "render.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "metric/catalogue.h"
#include "stream/frame.h"

struct family {
	bool counter;
	char *help;
	struct map *lines; /* "{labels}" to a char * with the value */
};

struct prometheus {
	const struct intern *names;
	struct diag *diag;
	struct map *families; /* by full name */
	struct buf name, labels; /* scratch */
	size_t refused;
};

static void
family_free(void *p)
{
	struct family *f = p;

	map_free(f->lines, free);
	free(f->help);
	free(f);
}

struct prometheus *
prometheus_new(const struct intern *names, struct diag *diag)
{
	struct prometheus *p = xcalloc(1, sizeof(*p));

	p->names = names;
	p->diag = diag;
	p->families = map_new(NULL);
	return p;
}

void
prometheus_free(struct prometheus *p)
{
	if (p == NULL)
		return;
	map_free(p->families, family_free);
	buf_free(&p->name);
	buf_free(&p->labels);
	free(p);
}

static bool
legal_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '_' || (i > 0 && c >= '0' && c <= '9'))
			continue;
		return false;
	}
	return s.len != 0;
}

/* KEY="VALUE", a key that the format does not take made legal. */
static void
add_label(struct buf *b, const char *prefix, struct span key, struct span value)
{
	size_t i;

	buf_addc(b, b->len == 0 ? '{' : ',');
	buf_adds(b, prefix);
	if (key.len != 0 && key.p[0] >= '0' && key.p[0] <= '9')
		buf_addc(b, '_');
	for (i = 0; i < key.len; i++)
		buf_addc(b, legal_name((struct span){key.p + i, 1}) ||
				    (key.p[i] >= '0' && key.p[i] <= '9')
				? key.p[i]
				: '_');
	buf_adds(b, "=\"");
	for (i = 0; i < value.len; i++) {
		switch (value.p[i]) {
		case '\\':
		case '"':
			buf_addc(b, '\\');
			buf_addc(b, value.p[i]);
			break;
		case '\n':
			buf_adds(b, "\\n");
			break;
		default:
			buf_addc(b, value.p[i]);
		}
	}
	buf_addc(b, '"');
}

static void
add_labels(struct buf *b, const struct record *r)
{
	struct span key;
	size_t i;

	buf_clear(b);
	add_label(b, "", span_of("host"), r->host);
	add_label(b, "", span_of("source"), r->source);
	if (r->id.len != 0)
		add_label(b, "", span_of("id"), r->id);
	for (i = 0; i < r->nlabels; i++) {
		key = r->labels[i].key;
		add_label(b,
		    span_is(key, "host") || span_is(key, "source") ||
			    span_is(key, "id")
			? "label_"
			: "",
		    key, r->labels[i].value);
	}
	buf_addc(b, '}');
}

static struct family *
family_of(struct prometheus *p, const struct record *r, struct span metric)
{
	struct span entity = r->entity.len != 0 ? r->entity : r->kind_name;
	const struct metric *m;
	struct family *f;
	size_t i;

	buf_clear(&p->name);
	for (i = 0; i < entity.len; i++)
		buf_addc(&p->name, entity.p[i] == '.' ? '_' : entity.p[i]);
	buf_addc(&p->name, '_');
	buf_add(&p->name, metric.p, metric.len);
	if ((f = map_get(p->families, buf_span(&p->name))) != NULL)
		return f;
	if (!legal_name(buf_span(&p->name))) {
		diag_limited(p->diag, DIAG_WARN, "prometheus", p->name.data,
		    "not a name that Prometheus takes (left out)");
		p->refused++;
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	m = catalogue_find(entity, metric);
	f->counter = m != NULL ? m->type == METRIC_COUNTER
			       : metric_is_counter(metric);
	f->help = m != NULL
		      ? xstrdup(m->help)
		      : xasprintf("as reported by %.*s", SPAN_ARG(r->source));
	f->lines = map_new(NULL);
	map_set(p->families, buf_span(&p->name), f);
	return f;
}

void
prometheus_record(struct prometheus *p, const struct record *r)
{
	struct family *f;
	char text[32];
	size_t i, n;

	if (r->kind != RECORD_SAMPLE && r->kind != RECORD_SWEEP)
		return;
	add_labels(&p->labels, r);
	for (i = 0; i < r->nvalues; i++) {
		f = family_of(p, r, intern_span(p->names, r->values[i].name));
		if (f == NULL)
			continue;
		n = frame_format(r->values[i].number, text);
		free(
		    map_set(f->lines, buf_span(&p->labels), xmemdup0(text, n)));
	}
}

size_t
prometheus_print(struct prometheus *p, struct buf *out)
{
	uint32_t at = 0, line;
	struct span name, labels;
	struct family *f;
	void *value;
	const char *c;
	size_t refused = p->refused;

	while (map_next(p->families, &at, &name, &value)) {
		f = value;
		buf_addf(out, "# HELP %.*s ", SPAN_ARG(name));
		for (c = f->help; *c != '\0'; c++) {
			if (*c == '\\')
				buf_addc(out, '\\');
			buf_addc(out, *c == '\n' ? ' ' : *c);
		}
		buf_addf(out, "\n# TYPE %.*s %s\n", SPAN_ARG(name),
		    f->counter ? "counter" : "gauge");
		for (line = 0; map_next(f->lines, &line, &labels, &value);)
			buf_addf(out, "%.*s%.*s %s\n", SPAN_ARG(name),
			    SPAN_ARG(labels), (const char *)value);
	}
	map_clear(p->families, family_free);
	p->refused = 0;
	return refused;
}
