/* SPDX-License-Identifier: MIT */
/*
 * plan: see plan.h.  Reads the configuration file and the environment that
 * says where it is; decides, never collects.
 */
#include "plan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config.h"

#define SELF_SECONDS 60.0

/* The first that is there: the user's, the system's.  Owned, or NULL. */
static char *
find_config(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (xdg != NULL && *xdg == '/')
		path = xasprintf("%s/novacron/collect.conf", xdg);
	else if (home != NULL && *home == '/')
		path = xasprintf("%s/.config/novacron/collect.conf", home);
	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	path = xstrdup(NC_SYSCONFDIR "/novacron/collect.conf");
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/*
 * A configuration of the system that this user may not read is no reason to
 * collect nothing: that is said, and the rest goes on.
 */
static int
read_config(const struct wish *w, struct plan *p, struct collect_config *c,
    struct diag *diag)
{
	char *path;
	int rc = 0;

	*c = (struct collect_config){.interval = NAN, .self = NAN};
	path = w->config != NULL ? xstrdup(w->config) : find_config();
	if (path == NULL)
		return 0;
	if (w->config == NULL && access(path, R_OK) == -1)
		diag_say(diag, DIAG_WARN, path, "%s (left out)",
		    strerror(errno));
	else {
		rc = collect_config_read(path, c, diag);
		p->configured = strcmp(path, "-") != 0;
	}
	free(path);
	return rc;
}

/* The name of a recorded tree is in the tree, or nobody knows it. */
static char *
tree_host(const char *root)
{
	static const char *const files[] = {"proc/sys/kernel/hostname",
	    "etc/hostname"};
	char name[256] = "", *path;
	FILE *f;
	size_t i;

	for (i = 0; i < 2 && *name == '\0'; i++) {
		path = xasprintf("%s/%s", root, files[i]);
		if ((f = fopen(path, "re")) != NULL) {
			if (fgets(name, sizeof(name), f) == NULL)
				*name = '\0';
			fclose(f);
		}
		free(path);
		name[strcspn(name, "\n")] = '\0';
	}
	return *name != '\0' ? xstrdup(name) : NULL;
}

static int
choose_host(const struct wish *w, const struct collect_config *c,
    struct plan *p, struct nc_err *e)
{
	char name[256] = "";

	if (w->host != NULL || c->host != NULL)
		p->host = xstrdup(w->host != NULL ? w->host : c->host);
	else if (*p->root != '\0') {
		if ((p->host = tree_host(p->root)) == NULL)
			return err_set(e, 0,
			    "%s does not tell its host name: give --host",
			    p->root);
	} else {
		if (gethostname(name, sizeof(name) - 1) == -1)
			return err_sys(e, "the host name is not known");
		p->host = xstrdup(name);
	}
	return *p->host != '\0' ? 0 : err_set(e, 0, "the host name is empty");
}

static int
choose_sources(const struct wish *w, const struct collect_config *c,
    const char *root, struct wanted_list *l, struct nc_err *e)
{
	const struct source *const *s;
	size_t k;
	int i;

	for (i = 0; i < w->noperands; i++)
		if (wanted_parse(l, &c->wanted, w->operands[i], e) == -1)
			return -1;
	for (k = 0; w->noperands == 0 && k < c->wanted.count; k++)
		wanted_copy(l, &c->wanted.list[k]);
	if (l->count == 0)
		for (s = source_all(); *s != NULL; s++)
			if (((*s)->flags & SOURCE_DEFAULT) != 0 &&
			    ((*s)->present == NULL || (*s)->present(root)))
				wanted_add(l, *s);
	if (l->count == 0)
		return err_set(e, 0, "no SOURCE is named");
	return wanted_check(l, e);
}

static int
choose_rounds(const struct wish *w, const struct collect_config *c,
    struct plan *p, struct nc_err *e)
{
	if (isnan(w->now) && w->speed != 1)
		return err_set(e, 0, "--speed goes with --now");
	p->interval = isnan(w->interval) ? c->interval : w->interval;
	p->rounds = w->rounds;
	if (isnan(p->interval)) {
		if (p->rounds > 1)
			return err_set(e, 0,
			    "-n with more than one round needs -i");
		p->rounds = 1;
	}
	if (w->single && p->rounds != 1) {
		if (!isnan(w->interval))
			return err_set(e, 0,
			    "--prometheus holds one sweep: -i needs -n 1");
		p->rounds = 1;
	}
	p->self = p->rounds != 1 && isnan(p->now) ? SELF_SECONDS : 0;
	if (!isnan(w->self))
		p->self = w->self;
	else if (!isnan(c->self))
		p->self = c->self;
	return 0;
}

/* A program that runs on has said nothing yet when the only round is over,
 * and goes by the real clock. */
static int
check_streams(const struct plan *p, struct nc_err *e)
{
	const struct wanted *w;
	struct source_run run = {0};
	size_t i;

	for (i = 0; i < p->wanted.count; i++) {
		w = &p->wanted.list[i];
		run.settings = &w->set;
		if (w->source->program == NULL ||
		    !source_get_switch(&run, "stream"))
			continue;
		if (p->rounds == 1)
			return err_set(e, 0, "%s: a stream needs -i",
			    wanted_name(w));
		if (!isnan(p->now))
			return err_set(e, 0,
			    "%s: a stream goes by the real clock, not --now",
			    wanted_name(w));
	}
	return 0;
}

/* What a source would say of its options at its first round, said now. */
static int
check_options(const struct plan *p, struct nc_err *e)
{
	const struct wanted *w;
	struct source_run run;
	size_t i;

	for (i = 0; i < p->wanted.count; i++) {
		w = &p->wanted.list[i];
		run = (struct source_run){.settings = &w->set,
		    .name = wanted_name(w),
		    .target = w->target,
		    .host = p->host,
		    .root = p->root,
		    .level = w->has_level ? w->level : p->level,
		    .interval = p->interval,
		    .now = p->now};
		if (w->source->check != NULL && w->source->check(&run, e) == -1)
			return err_where(e, "%s", wanted_name(w));
	}
	return 0;
}

enum plan_fault
plan_make(const struct wish *w, struct plan *p, struct diag *diag,
    struct nc_err *e)
{
	struct collect_config c;
	const char *root;
	int rc = 0;

	*p = (struct plan){.now = w->now, .speed = w->speed};
	if (read_config(w, p, &c, diag) == -1) {
		collect_config_free(&c);
		return PLAN_CONFIG;
	}
	root = w->root != NULL ? w->root : c.root != NULL ? c.root : "";
	p->root = xstrdup(strcmp(root, "/") == 0 ? "" : root);
	p->level = w->has_level  ? w->level
		   : c.has_level ? c.level
				 : LEVEL_STANDARD;
	if (choose_rounds(w, &c, p, e) == -1 ||
	    choose_host(w, &c, p, e) == -1 ||
	    choose_sources(w, &c, p->root, &p->wanted, e) == -1 ||
	    check_streams(p, e) == -1 || check_options(p, e) == -1)
		rc = -1;
	collect_config_free(&c);
	if (rc == -1)
		plan_free(p);
	return rc == -1 ? PLAN_USAGE : PLAN_OK;
}

void
plan_free(struct plan *p)
{
	free(p->host);
	free(p->root);
	wanted_free(&p->wanted);
	*p = (struct plan){.now = NAN};
}
