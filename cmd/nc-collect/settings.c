/* SPDX-License-Identifier: MIT */
/*
 * settings: words of the command line and blocks of the configuration become
 * the same list of wanted sources.  Every option is looked up in the table
 * of its source; values are checked where they are used, by the strict
 * parsers.  Never prints.
 */
#include "settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"

static const struct source_option common[] = {
    {.name = "name", .arg = "NAME", .help = "what its records say as source"},
    {.name = "interval", .arg = "SECS", .help = "a cadence of its own"},
    {.name = "timeout",
	.arg = "SECS",
	.fallback = "10s",
	.help = "longest round, then it is killed and started again"},
    {.name = "level", .arg = "LEVEL", .help = "detail of this source"},
    {.name = "label.KEY",
	.arg = "VALUE",
	.help = "a label on all its records",
	.many = true},
    {.name = NULL},
};

const struct source_option *
wanted_common(void)
{
	return common;
}

struct wanted *
wanted_add(struct wanted_list *l, const struct source *s)
{
	struct wanted *w;

	l->list = xreallocarray(l->list, l->count + 1, sizeof(*l->list));
	w = &l->list[l->count++];
	*w = (struct wanted){.source = s,
	    .set.source = s,
	    .interval = NAN,
	    .timeout = NAN};
	return w;
}

static void
wanted_clear(struct wanted *w)
{
	size_t i;

	for (i = 0; i < w->set.count; i++)
		free(w->set.list[i].value);
	for (i = 0; i < w->nlabels; i++) {
		free(w->labels[i].key);
		free(w->labels[i].value);
	}
	free(w->set.list);
	free(w->labels);
	free(w->name);
	free(w->target);
}

void
wanted_free(struct wanted_list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		wanted_clear(&l->list[i]);
	free(l->list);
	*l = (struct wanted_list){0};
}

const char *
wanted_name(const struct wanted *w)
{
	const char *slash;

	if (w->name != NULL)
		return w->name;
	if (w->source->program == NULL || w->target == NULL)
		return w->source->name;
	slash = strrchr(w->target, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : w->target;
}

int
wanted_level(const char *text, enum metric_level *level, struct nc_err *e)
{
	int i;

	for (i = LEVEL_BASIC; i <= LEVEL_DIAGNOSTIC; i++) {
		if (strcmp(text, metric_level_name((enum metric_level)i)) != 0)
			continue;
		*level = (enum metric_level)i;
		return 0;
	}
	return err_set(e, 0,
	    "unknown level \"%s\", expected basic, standard, detailed or "
	    "diagnostic",
	    text);
}

int
wanted_label(struct wanted *w, struct span key, const char *value,
    struct nc_err *e)
{
	size_t i;

	if (key.len == 0)
		return err_set(e, 0, "a label without a name");
	for (i = 0; i < w->nlabels; i++) {
		if (!span_is(key, w->labels[i].key))
			continue;
		free(w->labels[i].value);
		w->labels[i].value = xstrdup(value);
		return 0;
	}
	w->labels = xreallocarray(w->labels, w->nlabels + 1,
	    sizeof(*w->labels));
	w->labels[w->nlabels++] = (struct wanted_label){xmemdup0(key.p,
							    key.len),
	    xstrdup(value)};
	return 0;
}

static const struct source_option *
option_find(const struct source_option *o, struct span name)
{
	for (; o != NULL && o->name != NULL; o++)
		if (span_is(name, o->name))
			return o;
	return NULL;
}

static int
option_seconds(const char *name, const char *value, double *v, struct nc_err *e)
{
	if (parse_duration(span_of(value), v, e) == -1)
		return err_where(e, "%s", name);
	if (*v <= 0)
		return err_set(e, 0, "%s: \"%s\": expected more than 0", name,
		    value);
	return 0;
}

/* The options every source has.  1: taken, 0: not one of them. */
static int
option_common(struct wanted *w, struct span name, const char *value,
    struct nc_err *e)
{
	static const char label[] = "label.";
	size_t n = sizeof(label) - 1;
	int rc;

	if (name.len > n && memcmp(name.p, label, n) == 0)
		rc = value == NULL
			 ? err_set(e, 0, "%.*s needs a value", SPAN_ARG(name))
			 : wanted_label(w,
			       (struct span){name.p + n, name.len - n}, value,
			       e);
	else if (option_find(common, name) == NULL)
		return 0;
	else if (value == NULL || *value == '\0')
		rc = err_set(e, 0, "%.*s needs a value", SPAN_ARG(name));
	else if (span_is(name, "interval"))
		rc = option_seconds("interval", value, &w->interval, e);
	else if (span_is(name, "timeout"))
		rc = option_seconds("timeout", value, &w->timeout, e);
	else if (span_is(name, "level")) {
		if ((rc = wanted_level(value, &w->level, e)) == 0)
			w->has_level = true;
	} else {
		free(w->name);
		w->name = xstrdup(value);
		rc = 0;
	}
	return rc == -1 ? -1 : 1;
}

/* People say both. */
static const char *
switch_word(const char *value)
{
	if (strcmp(value, "on") == 0)
		return "yes";
	return strcmp(value, "off") == 0 ? "no" : value;
}

int
wanted_option(struct wanted *w, struct span name, const char *value,
    struct nc_err *e)
{
	const struct source_option *o;
	struct source_settings *set = &w->set;
	size_t i;

	/* Its own first: a source may give a common name its own meaning. */
	if ((o = option_find(w->source->options, name)) == NULL) {
		switch (option_common(w, name, value, e)) {
		case 1:
			return 0;
		case -1:
			return -1;
		default:
			return err_set(e, 0, "source %s has no option \"%.*s\"",
			    w->source->name, SPAN_ARG(name));
		}
	}
	if (value == NULL && o->arg != NULL)
		return err_set(e, 0, "%s needs a value", o->name);
	if (o->arg == NULL && value != NULL)
		value = switch_word(value);
	if (o->arg == NULL && value != NULL && strcmp(value, "yes") != 0 &&
	    strcmp(value, "no") != 0)
		return err_set(e, 0, "%s=%s: expected yes or no", o->name,
		    value);
	if (value == NULL)
		value = "yes";
	for (i = 0; !o->many && i < set->count; i++) {
		if (set->list[i].name != o->name)
			continue;
		free(set->list[i].value);
		set->list[i].value = xstrdup(value);
		return 0;
	}
	set->list = xreallocarray(set->list, set->count + 1,
	    sizeof(*set->list));
	set->list[set->count++] = (struct setting){o->name, xstrdup(value)};
	return 0;
}

/* The text up to an unescaped comma into b; returns what is behind it, or
 * NULL at the end. */
static const char *
word_part(const char *s, struct buf *b)
{
	buf_clear(b);
	for (; *s != '\0' && *s != ','; s++) {
		if (*s == '\\' && (s[1] == ',' || s[1] == '\\'))
			s++;
		buf_addc(b, *s);
	}
	buf_addc(b, '\0');
	b->len--;
	return *s == ',' ? s + 1 : NULL;
}

/* Applies "opt=value,opt=value". */
static int
word_options(struct wanted *w, const char *s, struct nc_err *e)
{
	struct buf b = {0};
	const char *eq;
	size_t n;
	int rc = 0;

	while (rc == 0 && s != NULL) {
		s = word_part(s, &b);
		eq = strchr(b.data, '=');
		n = eq != NULL ? (size_t)(eq - b.data) : b.len;
		rc = wanted_option(w, (struct span){b.data, n},
		    eq != NULL ? eq + 1 : NULL, e);
	}
	buf_free(&b);
	return rc;
}

void
wanted_copy(struct wanted_list *l, const struct wanted *from)
{
	struct wanted *w = wanted_add(l, from->source);
	size_t i;

	w->name = from->name != NULL ? xstrdup(from->name) : NULL;
	w->target = from->target != NULL ? xstrdup(from->target) : NULL;
	w->interval = from->interval;
	w->timeout = from->timeout;
	w->has_level = from->has_level;
	w->level = from->level;
	if (from->set.count != 0)
		w->set.list = xcalloc(from->set.count, sizeof(*w->set.list));
	for (i = 0; i < from->set.count; i++)
		w->set.list[w->set.count++] = (struct setting){from->set.list[i]
								   .name,
		    xstrdup(from->set.list[i].value)};
	for (i = 0; i < from->nlabels; i++)
		wanted_label(w, span_of(from->labels[i].key),
		    from->labels[i].value, NULL);
}

/* Takes the configured entries called so: how many. */
static size_t
take_known(struct wanted_list *l, const struct wanted_list *known,
    const char *name)
{
	size_t i, n = 0;

	for (i = 0; known != NULL && i < known->count; i++) {
		if (strcmp(wanted_name(&known->list[i]), name) != 0 &&
		    strcmp(known->list[i].source->name, name) != 0)
			continue;
		wanted_copy(l, &known->list[i]);
		n++;
	}
	return n;
}

int
wanted_parse(struct wanted_list *l, const struct wanted_list *known,
    const char *word, struct nc_err *e)
{
	const struct source *s;
	struct buf b = {0};
	const char *rest, *colon;
	size_t n, first = l->count;
	int rc = -1;

	rest = word_part(word, &b);
	colon = strchr(b.data, ':');
	n = colon != NULL ? (size_t)(colon - b.data) : b.len;
	if (colon != NULL || take_known(l, known, b.data) == 0) {
		s = source_find((struct span){b.data, n});
		if (s == NULL) {
			err_set(e, 0, "unknown source \"%.*s\"", (int)n,
			    b.data);
			goto out;
		}
		wanted_add(l, s);
		if (colon != NULL)
			l->list[first].target = xstrdup(colon + 1);
	}
	for (rc = 0; rc == 0 && first < l->count; first++)
		rc = word_options(&l->list[first], rest, e);
	if (rc == -1)
		err_where(e, "%s", word);
out:
	buf_free(&b);
	return rc;
}

static int
check_one(const struct wanted *w, struct nc_err *e)
{
	const char *target = w->source->target, *name = w->source->name;

	if (w->target != NULL && target == NULL)
		return err_set(e, 0, "source %s takes no target", name);
	if (target != NULL && *target != '[' &&
	    (w->target == NULL || *w->target == '\0'))
		return err_set(e, 0, "source %s needs a target: %s:%s", name,
		    name, target);
	return 0;
}

static bool
is_elsewhere(const struct wanted *w)
{
	return w->target != NULL && w->source->elsewhere != NULL &&
	       w->source->elsewhere(w->target);
}

/* The rounds of two could not be told apart. */
static bool
clash(const struct wanted *a, const struct wanted *b)
{
	if (strcmp(wanted_name(a), wanted_name(b)) != 0)
		return false;
	if (!is_elsewhere(a) && !is_elsewhere(b))
		return true;
	return a->target != NULL && b->target != NULL &&
	       strcmp(a->target, b->target) == 0;
}

int
wanted_check(const struct wanted_list *l, struct nc_err *e)
{
	size_t i, j;

	for (i = 0; i < l->count; i++) {
		if (check_one(&l->list[i], e) == -1)
			return -1;
		for (j = 0; j < i; j++)
			if (clash(&l->list[i], &l->list[j]))
				return err_set(e, 0,
				    "two sources are called \"%s\": give one "
				    "another name=",
				    wanted_name(&l->list[i]));
	}
	return 0;
}

const char *
source_get_nth(const struct source_run *run, const char *option, size_t i)
{
	const struct source_settings *set = run->settings;
	size_t k;

	for (k = 0; k < set->count; k++)
		if (strcmp(set->list[k].name, option) == 0 && i-- == 0)
			return set->list[k].value;
	return NULL;
}

const char *
source_get(const struct source_run *run, const char *option)
{
	const struct source_settings *set = run->settings;
	const struct source_option *o;
	size_t k;

	for (k = set->count; k > 0; k--)
		if (strcmp(set->list[k - 1].name, option) == 0)
			return set->list[k - 1].value;
	o = option_find(set->source->options, span_of(option));
	return o != NULL ? o->fallback : NULL;
}

bool
source_get_switch(const struct source_run *run, const char *option)
{
	const char *v = source_get(run, option);

	return v != NULL && strcmp(v, "yes") == 0;
}

int
source_get_number(const struct source_run *run, const char *option, double min,
    double max, double *v, struct nc_err *e)
{
	const char *text = source_get(run, option);
	double x;

	if (text == NULL)
		return err_set(e, 0, "%s is not given", option);
	if (parse_number(span_of(text), &x, e) == -1)
		return err_where(e, "%s", option);
	if (x < min || x > max)
		return err_set(e, 0, "%s=%s: expected %g to %g", option, text,
		    min, max);
	*v = x;
	return 0;
}

int
source_get_seconds(const struct source_run *run, const char *option, double *v,
    struct nc_err *e)
{
	const char *text = source_get(run, option);

	if (text == NULL)
		return err_set(e, 0, "%s is not given", option);
	if (parse_duration(span_of(text), v, e) == -1)
		return err_where(e, "%s", option);
	return 0;
}
