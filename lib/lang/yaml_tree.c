/* SPDX-License-Identifier: MIT */
/*
 * yaml_tree: libyaml's events into a tree.  Bounded in depth and in values, since
 * files come from anywhere.  Never follows an alias.
 */
#include "lang/yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/mem.h"

struct yaml_tree {
	enum yaml_tree_kind kind;
	int line;
	char *key; /* in a map, owned; else NULL */
	size_t keylen;
	char *text; /* owned, NULL in lists and maps */
	size_t len;
	struct yaml_tree *items; /* owned */
	size_t count;
};

struct reading {
	yaml_parser_t parser;
	size_t nodes;
	struct nc_err *e;
};

static void
clear(struct yaml_tree *y)
{
	for (size_t i = 0; i < y->count; i++)
		clear(&y->items[i]);
	free(y->items);
	free(y->key);
	free(y->text);
}

void
yaml_tree_free(struct yaml_tree *y)
{
	if (y == NULL)
		return;
	clear(y);
	free(y);
}

static int
next(struct reading *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	return err_set(r->e, 0, "line %zu: %s", r->parser.problem_mark.line + 1,
	    r->parser.problem != NULL ? r->parser.problem : "no YAML");
}

static struct yaml_tree *
add(struct yaml_tree *to)
{
	if ((to->count & (to->count + 1)) == 0 || to->items == NULL)
		to->items = xreallocarray(to->items, 2 * (to->count + 1),
		    sizeof(*to->items));
	to->items[to->count] = (struct yaml_tree){0};
	return &to->items[to->count++];
}

static int fill(struct reading *r, struct yaml_tree *y, yaml_event_t *event,
    int depth);

static bool
is_end(const yaml_event_t *event)
{
	return event->type == YAML_SEQUENCE_END_EVENT ||
	       event->type == YAML_MAPPING_END_EVENT;
}

/* The items of a list or map, whose beginning was read. */
static int
fill_items(struct reading *r, struct yaml_tree *y, int depth)
{
	yaml_event_t event;
	struct yaml_tree key, *item;
	int rc = 0;

	for (;;) {
		if (next(r, &event) == -1)
			return -1;
		if (is_end(&event)) {
			yaml_event_delete(&event);
			return 0;
		}
		item = NULL;
		if (y->kind == YAML_MAP) {
			key = (struct yaml_tree){0};
			rc = fill(r, &key, &event, depth);
			yaml_event_delete(&event);
			if (rc == 0 && key.kind != YAML_TEXT)
				rc = err_set(r->e, 0,
				    "line %d: a key that is no text", key.line);
			if (rc == 0)
				rc = next(r, &event);
			if (rc == -1) {
				clear(&key);
				return -1;
			}
			item = add(y);
			item->key = key.text;
			item->keylen = key.len;
		} else
			item = add(y);
		rc = fill(r, item, &event, depth);
		yaml_event_delete(&event);
		if (rc == -1)
			return -1;
	}
}

static int
fill(struct reading *r, struct yaml_tree *y, yaml_event_t *event, int depth)
{
	y->line = (int)event->start_mark.line + 1;
	if (++r->nodes > YAML_NODES_MAX)
		return err_set(r->e, 0, "line %d: more than %u values", y->line,
		    YAML_NODES_MAX);
	if (depth >= YAML_DEPTH_MAX)
		return err_set(r->e, 0, "line %d: nested deeper than %d",
		    y->line, YAML_DEPTH_MAX);
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		y->kind = YAML_TEXT;
		y->len = event->data.scalar.length;
		y->text = xmemdup0((const char *)event->data.scalar.value,
		    y->len);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		y->kind = YAML_LIST;
		return fill_items(r, y, depth + 1);
	case YAML_MAPPING_START_EVENT:
		y->kind = YAML_MAP;
		return fill_items(r, y, depth + 1);
	case YAML_ALIAS_EVENT:
		return err_set(r->e, 0, "line %d: aliases are not read",
		    y->line);
	default:
		return err_set(r->e, 0, "line %d: unexpected end", y->line);
	}
}

static int
read_documents(struct reading *r, struct yaml_tree *all)
{
	yaml_event_t event;
	yaml_event_type_t type;
	int rc = 0;

	while (rc == 0) {
		if (next(r, &event) == -1)
			return -1;
		type = event.type;
		if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
		    type == YAML_SEQUENCE_START_EVENT ||
		    type == YAML_MAPPING_START_EVENT)
			rc = fill(r, add(all), &event, 0);
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			break;
	}
	return rc;
}

struct yaml_tree *
yaml_tree_read(struct span text, struct nc_err *e)
{
	struct reading r = {.e = e};
	struct yaml_tree *all = xcalloc(1, sizeof(*all));
	int rc;

	all->kind = YAML_LIST;
	if (!yaml_parser_initialize(&r.parser)) {
		err_set(e, 0, "no memory for YAML");
		yaml_tree_free(all);
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p,
	    text.len);
	rc = read_documents(&r, all);
	yaml_parser_delete(&r.parser);
	if (rc == 0)
		return all;
	yaml_tree_free(all);
	return NULL;
}

enum yaml_tree_kind
yaml_tree_kind(const struct yaml_tree *y)
{
	return y->kind;
}

const struct yaml_tree *
yaml_tree_member(const struct yaml_tree *y, const char *key)
{
	if (y == NULL || y->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < y->count; i++)
		if (span_is((struct span){y->items[i].key, y->items[i].keylen},
			key))
			return &y->items[i];
	return NULL;
}

const struct yaml_tree *
yaml_tree_at(const struct yaml_tree *y, size_t i, struct span *key)
{
	if (y == NULL || i >= y->count)
		return NULL;
	if (key != NULL)
		*key = (struct span){y->items[i].key, y->items[i].keylen};
	return &y->items[i];
}

struct span
yaml_tree_text(const struct yaml_tree *y)
{
	if (y == NULL || y->kind != YAML_TEXT)
		return (struct span){NULL, 0};
	return (struct span){y->text, y->len};
}

int
yaml_tree_line(const struct yaml_tree *y)
{
	return y->line;
}
