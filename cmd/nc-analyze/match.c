/* SPDX-License-Identifier: MIT */
/* match: an entity's names and labels as a selector wants to see them. */
#include "match.h"

#define LABELS_MAX 64

bool
match_entity(const struct selector *s, const struct series_entity *n)
{
	struct record_label labels[LABELS_MAX];
	struct selector_subject who = {.host = span_of(n->origin->host),
	    .source = span_of(n->origin->source),
	    .entity = span_of(n->origin->entity),
	    .id = span_of(n->id),
	    .labels = labels};
	const char *key, *value;

	for (size_t i = 0; i < n->nlabels && i < LABELS_MAX; i++) {
		series_label_at(n, i, &key, &value);
		labels[i] = (struct record_label){span_of(key), span_of(value)};
		who.nlabels = i + 1;
	}
	return selector_entity(s, &who);
}
