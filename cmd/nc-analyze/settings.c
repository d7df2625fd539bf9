/* SPDX-License-Identifier: MIT */
/* settings: what a word may be is in the table of options; what its value
 * means is checked where the command line's is. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "lang/config.h"

static void
report(void *arg, const char *where, const char *what)
{
	diag_say(arg, DIAG_ERROR, where, "%s", what);
}

static void
add(struct settings *s, int letter, char *value)
{
	s->list = xreallocarray(s->list, s->n + 1, sizeof(*s->list));
	s->list[s->n++] = (struct setting){letter, value};
}

/* What is told on the command line only. */
static bool
is_elsewhere(const char *name)
{
	static const char *const names[] = {"config", "check", "help",
	    "version", "quiet", "verbose"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
read_option(struct settings *s, struct config_cursor *c,
    const struct cli_option *options)
{
	const char *name, *value = NULL;

	if (config_text(c, "an option or analysis", &name) == -1)
		return -1;
	while (options->letter != 0 && strcmp(options->name, name) != 0)
		options++;
	if (options->letter == 0 || is_elsewhere(name))
		return config_error(c->o, c->node, 0,
		    "'%s' here, expected analysis or the name of an option",
		    name);
	if (options->arg != NULL && config_text(c, options->arg, &value) == -1)
		return -1;
	if (config_end(c) == -1)
		return -1;
	add(s, options->letter, value != NULL ? xasprintf("%s", value) : NULL);
	return 0;
}

/* "aggregate { by host; window 5m }" as "aggregate,by=host,window=5m". */
static int
read_analysis(struct settings *s, struct config_cursor *c)
{
	const char *word, *key, *value;
	const struct config_node *n = c->node->children;
	struct buf b = {0};

	if (config_text(c, "an analysis", &word) == -1 ||
	    (c->node->has_block ? config_block(c) : config_end(c)) == -1)
		return -1;
	buf_adds(&b, word);
	for (; n != NULL; n = n->next) {
		struct config_cursor m = {.o = c->o, .node = n};

		if (config_text(&m, "an option of it", &key) == -1 ||
		    config_text(&m, "its value", &value) == -1 ||
		    config_end(&m) == -1) {
			buf_free(&b);
			return -1;
		}
		buf_addf(&b, ",%s=%s", key, value);
	}
	add(s, 0, buf_take(&b));
	return 0;
}

int
settings_read(struct settings *s, const char *path,
    const struct cli_option *options, struct diag *d)
{
	const struct config_options o = {.report = report, .arg = d};
	struct config *c = config_read(path, &o);
	const struct config_node *n;
	int rc = c != NULL ? 0 : -1;

	for (n = c != NULL ? config_first(c) : NULL; n != NULL; n = n->next) {
		struct config_cursor at = {.o = &o, .node = n};

		if ((config_accept(&at, "analysis")
			    ? read_analysis(s, &at)
			    : read_option(s, &at, options)) == -1)
			rc = -1;
	}
	config_free(c);
	return rc;
}

void
settings_free(struct settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].value);
	free(s->list);
}
