/* SPDX-License-Identifier: MIT */
/*
 * settings: one source as the operator asked for it, from a word of the
 * command line or a block of the configuration: which source, its target,
 * its own options, and those every source has.  Never prints.
 */
#ifndef NC_COLLECT_SETTINGS_H
#define NC_COLLECT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"
#include "source.h"

#define SETTINGS_TIMEOUT 10.0 /* seconds a round may take */

struct setting {
	const char *name; /* borrowed from the source's table */
	char *value;
};

struct source_settings {
	const struct source *source;
	struct setting *list;
	size_t count;
};

struct wanted_label {
	char *key, *value;
};

struct wanted {
	const struct source *source;
	char *name; /* NULL: the default */
	char *target; /* NULL: none */
	struct source_settings set;
	struct wanted_label *labels;
	size_t nlabels;
	double interval; /* NAN: that of the program */
	double timeout; /* NAN: not said */
	bool has_level;
	enum metric_level level;
};

/* A list that grows; zero-initialised is empty. */
struct wanted_list {
	struct wanted *list;
	size_t count;
};

/* A new, empty entry at the end; until the next call. */
struct wanted *wanted_add(struct wanted_list *l, const struct source *s);
void wanted_free(struct wanted_list *l);
/* A copy of from at the end. */
void wanted_copy(struct wanted_list *l, const struct wanted *from);
/*
 * SOURCE[:TARGET][,opt=value]...; "\," is a comma.  A word without a target
 * that names entries of `known` takes those with its options put over them.
 */
int wanted_parse(struct wanted_list *l, const struct wanted_list *known,
    const char *word, struct nc_err *e);
/* One option, of the source or of all ("interval", "timeout", "level",
 * "name", "label.KEY"); value NULL: a switch. */
int wanted_option(struct wanted *w, struct span name, const char *value,
    struct nc_err *e);
int wanted_label(struct wanted *w, struct span key, const char *value,
    struct nc_err *e);
/* `source` on its records. */
const char *wanted_name(const struct wanted *w);
/* Targets there and only where asked for, no two entries of one name. */
int wanted_check(const struct wanted_list *l, struct nc_err *e);
int wanted_level(const char *text, enum metric_level *level, struct nc_err *e);

/* The options every source has, for --help and --describe. */
const struct source_option *wanted_common(void);

#endif
