/* SPDX-License-Identifier: MIT */
/*
 * config: the meaning of the statements of collect.conf; their grammar is
 * lib/lang's.  A block says what a word of the command line can, and goes
 * through the same functions.  Every fault is reported, not only the first.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lang/config.h"

struct reading {
	struct collect_config *c;
	struct diag *diag;
	struct config_options o;
	unsigned faults;
	/* Labels of all sources, put on those that do not say their own. */
	struct wanted common;
};

static void
report(void *arg, const char *where, const char *what)
{
	struct reading *r = arg;

	r->faults++;
	diag_say(r->diag, DIAG_ERROR, where, "%s", what);
}

/* [=] VALUE, up to the end of the statement.  0, or -1: reported. */
static int
read_value(struct config_cursor *cur, const char *what, const char **value)
{
	config_accept(cur, "=");
	if (config_text(cur, what, value) == -1)
		return -1;
	return config_end(cur);
}

static int
read_set(struct reading *r, struct config_cursor *cur)
{
	struct collect_config *c = r->c;
	const char *name, *value;
	struct nc_err e = {0};
	size_t at = cur->at;

	if (config_text(cur, "a setting", &name) == -1)
		return -1;
	if (strcmp(name, "interval") == 0 || strcmp(name, "self") == 0) {
		double *to = *name == 'i' ? &c->interval : &c->self;

		config_accept(cur, "=");
		if (config_duration(cur, "a duration", to) == -1)
			return -1;
		if (*name == 'i' && *to <= 0)
			return config_error(&r->o, cur->node, at,
			    "the interval must be more than 0");
		return config_end(cur);
	}
	if (strcmp(name, "level") != 0 && strcmp(name, "host") != 0 &&
	    strcmp(name, "root") != 0)
		return config_error(&r->o, cur->node, at,
		    "unknown setting \"%s\", expected interval, level, host, "
		    "root or self",
		    name);
	if (read_value(cur, "a value", &value) == -1)
		return -1;
	if (*name == 'l') {
		if (wanted_level(value, &c->level, &e) == -1)
			return config_error(&r->o, cur->node, at, "%s", e.msg);
		c->has_level = true;
	} else if (*name == 'h') {
		free(c->host);
		c->host = xstrdup(value);
	} else {
		free(c->root);
		c->root = xstrdup(value);
	}
	return 0;
}

static int
read_label(struct reading *r, struct wanted *w, struct config_cursor *cur)
{
	const char *key, *value;
	struct nc_err e = {0};
	size_t at = cur->at;

	if (config_text(cur, "the name of a label", &key) == -1 ||
	    read_value(cur, "the value of the label", &value) == -1)
		return -1;
	if (wanted_label(w, span_of(key), value, &e) == -1)
		return config_error(&r->o, cur->node, at, "%s", e.msg);
	return 0;
}

/* One statement of a source's block. */
static int
read_option(struct reading *r, struct wanted *w, const struct config_node *node)
{
	struct config_cursor cur = {&r->o, node, 0};
	const char *name, *value = NULL;
	struct nc_err e = {0};

	if (config_text(&cur, "an option", &name) == -1)
		return -1;
	if (strcmp(name, "label") == 0)
		return read_label(r, w, &cur);
	if (config_peek(&cur) == NULL) {
		if (config_end(&cur) == -1)
			return -1;
	} else if (read_value(&cur, "a value", &value) == -1)
		return -1;
	if (wanted_option(w, span_of(name), value, &e) == -1)
		return config_error(&r->o, node, 0, "%s", e.msg);
	return 0;
}

static int
read_source(struct reading *r, struct config_cursor *cur)
{
	const struct config_node *node = cur->node, *option;
	const struct source *s;
	const char *name, *target = NULL;
	struct wanted *w;
	size_t at = cur->at;
	int rc = 0;

	if (config_text(cur, "the name of a source", &name) == -1)
		return -1;
	if ((s = source_find(span_of(name))) == NULL)
		return config_error(&r->o, node, at, "unknown source \"%s\"",
		    name);
	if (config_peek(cur) != NULL &&
	    config_text(cur, "its target", &target) == -1)
		return -1;
	if ((node->has_block ? config_block(cur) : config_end(cur)) == -1)
		return -1;
	w = wanted_add(&r->c->wanted, s);
	if (target != NULL)
		w->target = xstrdup(target);
	for (option = node->children; option != NULL; option = option->next)
		if (read_option(r, w, option) == -1)
			rc = -1;
	return rc;
}

static int
read_statement(struct reading *r, const struct config_node *node)
{
	struct config_cursor cur = {&r->o, node, 0};

	if (config_accept(&cur, "set"))
		return read_set(r, &cur);
	if (config_accept(&cur, "label"))
		return read_label(r, &r->common, &cur);
	if (config_accept(&cur, "source"))
		return read_source(r, &cur);
	return config_error(&r->o, node, 0,
	    "unknown statement \"%s\", expected set, label or source",
	    node->tokens[0].text);
}

/* The labels of all, where a source has not said its own. */
static void
spread_labels(struct reading *r)
{
	const struct wanted_label *l = r->common.labels;
	struct wanted *w;
	size_t i, j, k;

	for (i = 0; i < r->c->wanted.count; i++) {
		w = &r->c->wanted.list[i];
		for (j = 0; j < r->common.nlabels; j++) {
			for (k = 0; k < w->nlabels; k++)
				if (strcmp(w->labels[k].key, l[j].key) == 0)
					break;
			if (k == w->nlabels)
				wanted_label(w, span_of(l[j].key), l[j].value,
				    NULL);
		}
	}
	for (j = 0; j < r->common.nlabels; j++) {
		free(r->common.labels[j].key);
		free(r->common.labels[j].value);
	}
	free(r->common.labels);
}

int
collect_config_read(const char *path, struct collect_config *c,
    struct diag *diag)
{
	struct reading r = {.c = c, .diag = diag};
	const struct config_node *node;
	struct config *tree;
	struct nc_err e = {0};

	*c = (struct collect_config){.interval = NAN, .self = NAN};
	r.o = (struct config_options){.report = report, .arg = &r};
	tree = config_read(path, &r.o);
	for (node = tree != NULL ? config_first(tree) : NULL; node != NULL;
	     node = node->next)
		read_statement(&r, node);
	spread_labels(&r);
	config_free(tree);
	if (tree != NULL && r.faults == 0 &&
	    wanted_check(&c->wanted, &e) == -1) {
		diag_say(diag, DIAG_ERROR, path, "%s", e.msg);
		r.faults++;
	}
	return tree == NULL || r.faults != 0 ? -1 : 0;
}

void
collect_config_free(struct collect_config *c)
{
	free(c->host);
	free(c->root);
	wanted_free(&c->wanted);
	*c = (struct collect_config){.interval = NAN, .self = NAN};
}
