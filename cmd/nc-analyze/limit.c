/* SPDX-License-Identifier: MIT */
/* limit: told ones win over the catalogue's, the first told over later ones.
 * What is free runs out at 0; what is used, at the metric that bounds it. */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "match.h"
#include "metric/catalogue.h"

int
limit_parse(struct span text, struct limit *l, struct nc_err *e)
{
	struct span left = text, right;
	uint64_t bytes;

	*l = (struct limit){.told = true};
	while (left.len != 0 && left.p[left.len - 1] != '=')
		left.len--;
	right = (struct span){text.p + left.len, text.len - left.len};
	if (left.len == 0 || right.len == 0 ||
	    memchr(right.p, '}', right.len) != NULL)
		return err_set(e, 0, "\"%.*s\": expected SELECTOR=LIMIT",
		    SPAN_ARG(text));
	left.len--;
	if (parse_number(right, &l->number, NULL) == -1) {
		if (parse_size(right, &bytes, NULL) == 0)
			l->number = (double)bytes;
		else if (metric_name_valid(right, NULL))
			l->metric = l->own = xmemdup0(right.p, right.len);
		else
			return err_set(e, 0,
			    "\"%.*s\": expected a number, a size or the name "
			    "of a metric",
			    SPAN_ARG(right));
	}
	if ((l->selector = selector_parse(left, e)) == NULL) {
		limit_free(l);
		return err_where(e, "\"%.*s\"", SPAN_ARG(left));
	}
	return 0;
}

void
limit_free(struct limit *l)
{
	selector_free(l->selector);
	free(l->own);
}

bool
limit_find(const struct limit *told, size_t ntold, struct intern *names,
    const struct series_entity *n, uint32_t name, struct limit *out)
{
	struct span metric = intern_span(names, name);
	const struct metric *m;

	for (size_t i = 0; i < ntold; i++) {
		if (match_entity(told[i].selector, n) &&
		    selector_metric(told[i].selector, metric)) {
			*out = told[i];
			return true;
		}
	}
	m = catalogue_find(span_of(n->origin->entity), metric);
	if (m == NULL || (m->traits & METRIC_FILLS) == 0)
		return false;
	*out = (struct limit){
	    .upwards = (m->traits & METRIC_HIGH_IS_GOOD) == 0};
	if (!out->upwards)
		return true;
	out->metric = m->limit;
	return m->limit != NULL;
}
