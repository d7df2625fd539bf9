/* SPDX-License-Identifier: MIT */
/*
 * manage: the spool as a table, its items as text, the dead brought back or
 * thrown away.  An item is named as in the table; any beginning of the name
 * that is one item's alone will do.
 */
#include "manage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/exitcode.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"
#include "spool.h"

#define FIELDS_MAX 64

struct names {
	char **list;
	size_t n, cap;
};

static void
collect(void *arg, const char *name)
{
	struct names *l = arg;
	struct spool_name parts;

	if (!spool_name(name, &parts))
		return;
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->list = xreallocarray(l->list, l->cap, sizeof(*l->list));
	}
	l->list[l->n++] = xstrdup(name);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted.  -1 after it was said. */
static int
list(struct spool *sp, enum spool_box box, struct names *l, struct diag *d)
{
	struct nc_err e;

	*l = (struct names){.n = 0};
	if (spool_list(sp, box, collect, l, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		return -1;
	}
	if (l->n != 0)
		qsort(l->list, l->n, sizeof(*l->list), by_name);
	return 0;
}

static void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i]);
	free(l->list);
}

static struct spool *
open_spool(const char *dir, struct diag *d)
{
	struct nc_err e;
	struct spool *sp = spool_open(dir, &e);

	if (sp == NULL)
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
	return sp;
}

static void
print_safe(struct span s)
{
	struct buf b = {0};

	utf8_escape(&b, s);
	fwrite(b.data, 1, b.len, stdout);
	putchar('\n');
	buf_free(&b);
}

/* --- queue ---------------------------------------------------------------- */

static void
print_row(enum spool_box box, const char *name, const struct spool_item *it,
    double now)
{
	struct spool_name n;
	const char *state = "waiting";

	spool_name(name, &n);
	if (box == SPOOL_DEAD)
		state = "dead";
	else if (it->next > 0)
		state = "deferred";
	else if (it->again)
		state = "trying";
	printf("%-8s  %7.0f  %5u  %7.0f  %-16.*s  %s\n", state,
	    now - it->accepted, it->attempts,
	    it->next > now && box == SPOOL_NEW ? it->next - now : 0.0,
	    SPAN_ARG(n.lane), name);
	if (it->last.len != 0) {
		fputs("    ", stdout);
		print_safe(it->last);
	}
}

static int
print_box(struct spool *sp, enum spool_box box, double now, struct diag *d,
    size_t *rows)
{
	struct names l;
	struct buf b = {0};
	struct spool_item it;
	struct nc_err e = {0};
	int rc = 0;

	if (list(sp, box, &l, d) == -1)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		if (spool_read(sp, box, l.list[i], false, &b, &it, &e) == -1) {
			if (e.code == ENOENT) /* delivered meanwhile */
				continue;
			diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
			rc = -1;
			continue;
		}
		if ((*rows)++ == 0)
			printf("%-8s  %7s  %5s  %7s  %-16s  %s\n", "STATE",
			    "AGE s", "TRIES", "NEXT s", "CHANNEL", "ITEM");
		print_row(box, l.list[i], &it, now);
	}
	buf_free(&b);
	names_free(&l);
	return rc;
}

/* What could not be read is not forgotten either. */
static void
print_damaged(void *arg, const char *name)
{
	(void)arg;
	if (str_ends(span_of(name), SPOOL_DAMAGED))
		printf("damaged   dead/%s\n", name);
}

int
manage_queue(const char *dir, double now, struct diag *d)
{
	struct spool *sp = open_spool(dir, d);
	size_t rows = 0;
	int status = NC_EXIT_OK;

	if (sp == NULL)
		return NC_EXIT_FAILED;
	if (print_box(sp, SPOOL_NEW, now, d, &rows) == -1 ||
	    print_box(sp, SPOOL_DEAD, now, d, &rows) == -1 ||
	    spool_list(sp, SPOOL_DEAD, print_damaged, NULL, NULL) == -1)
		status = NC_EXIT_PARTIAL;
	spool_close(sp);
	return status;
}

/* --- one item ------------------------------------------------------------- */

/* The item meant in these boxes; NULL after it was said. */
static char *
find(struct spool *sp, const char *begin, const enum spool_box *boxes,
    size_t nboxes, enum spool_box *where, struct diag *d)
{
	char *found = NULL;
	struct names l;
	size_t hits = 0;

	for (size_t b = 0; b < nboxes; b++) {
		if (list(sp, boxes[b], &l, d) == -1)
			return NULL;
		for (size_t i = 0; i < l.n; i++) {
			if (strncmp(l.list[i], begin, strlen(begin)) != 0)
				continue;
			hits++;
			free(found);
			found = xstrdup(l.list[i]);
			*where = boxes[b];
		}
		names_free(&l);
	}
	if (hits == 1)
		return found;
	diag_say(d, DIAG_ERROR, begin, "%s",
	    hits == 0 ? "no such item" : "several items begin so");
	free(found);
	return NULL;
}

static int
show(struct spool *sp, const char *name, struct diag *d)
{
	static const enum spool_box all[] = {SPOOL_NEW, SPOOL_DEAD, SPOOL_SENT};
	enum spool_box box;
	struct spool_item it;
	struct span rest, line;
	struct buf b = {0};
	struct nc_err e;
	char *found = find(sp, name, all, 3, &box, d);
	int rc = -1;

	if (found == NULL)
		return -1;
	if (spool_read(sp, box, found, false, &b, &it, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
	} else {
		rest = buf_span(&b);
		while (str_cut(rest, '\n', &line, &rest))
			print_safe(line);
		rc = 0;
	}
	buf_free(&b);
	free(found);
	return rc;
}

int
manage_show(const char *dir, char **names, int n, struct diag *d)
{
	struct spool *sp = open_spool(dir, d);
	int status = NC_EXIT_OK;

	if (sp == NULL)
		return NC_EXIT_FAILED;
	for (int i = 0; i < n; i++)
		if (show(sp, names[i], d) == -1)
			status = NC_EXIT_PARTIAL;
	spool_close(sp);
	return status;
}

/* --- the dead ------------------------------------------------------------- */

static int
redrive(struct spool *sp, const char *name, double now, struct diag *d)
{
	struct nc_err e;

	if (spool_redrive(sp, name, now, &e) == 0)
		return 0;
	diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
	return -1;
}

static int
redrive_all(struct spool *sp, double now, struct diag *d)
{
	struct names l;
	int rc = 0;

	if (list(sp, SPOOL_DEAD, &l, d) == -1)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (redrive(sp, l.list[i], now, d) == -1)
			rc = -1;
	names_free(&l);
	return rc;
}

int
manage_redrive(const char *dir, char **names, int n, double now, struct diag *d)
{
	static const enum spool_box dead[] = {SPOOL_DEAD};
	struct spool *sp = open_spool(dir, d);
	enum spool_box box;
	int status = NC_EXIT_OK;

	if (sp == NULL)
		return NC_EXIT_FAILED;
	for (int i = 0; i < n; i++) {
		char *found;

		if (strcmp(names[i], "all") == 0) {
			if (redrive_all(sp, now, d) == -1)
				status = NC_EXIT_PARTIAL;
			continue;
		}
		found = find(sp, names[i], dead, 1, &box, d);
		if (found == NULL || redrive(sp, found, now, d) == -1)
			status = NC_EXIT_PARTIAL;
		free(found);
	}
	spool_poke(sp);
	spool_close(sp);
	return status;
}

int
manage_drop(const char *dir, char **names, int n, struct diag *d)
{
	static const enum spool_box both[] = {SPOOL_NEW, SPOOL_DEAD};
	struct spool *sp = open_spool(dir, d);
	enum spool_box box;
	struct nc_err e;
	int status = NC_EXIT_OK;

	if (sp == NULL)
		return NC_EXIT_FAILED;
	for (int i = 0; i < n; i++) {
		char *found = find(sp, names[i], both, 2, &box, d);

		if (found == NULL) {
			status = NC_EXIT_PARTIAL;
		} else if (spool_remove(sp, box, found, &e) == -1) {
			diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
			status = NC_EXIT_PARTIAL;
		}
		free(found);
	}
	spool_close(sp);
	return status;
}

/* --- held channels -------------------------------------------------------- */

static int
list_held(const char *folder, double now, struct diag *d)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (dir == NULL && errno != ENOENT) {
		diag_say(d, DIAG_ERROR, folder, "%s", strerror(errno));
		return NC_EXIT_FAILED;
	}
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, entry->d_name);
		struct buf b = {0};
		double until = 0;

		if (*entry->d_name != '.' &&
		    afile_read(path, 64, &b, NULL) == 0) {
			parse_number(str_trim(buf_span(&b)), &until, NULL);
			if (until == 0)
				printf("%s\n", entry->d_name);
			else if (until > now)
				printf("%s for %.0f s\n", entry->d_name,
				    until - now);
		}
		buf_free(&b);
		free(path);
	}
	if (dir != NULL)
		closedir(dir);
	return NC_EXIT_OK;
}

static int
hold_one(const char *folder, const char *name, double until, struct diag *d)
{
	char *path = xasprintf("%s/%s", folder, name);
	struct buf b = {0};
	struct nc_err e;
	int rc;

	buf_addf(&b, "%.0f\n", until);
	if ((rc = afile_write(path, buf_span(&b), 0600, &e)) == -1)
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
	buf_free(&b);
	free(path);
	return rc;
}

static void
poke(const char *dir)
{
	struct spool *sp = spool_open(dir, NULL);

	if (sp != NULL)
		spool_poke(sp);
	spool_close(sp);
}

int
manage_hold(const struct settings *s, const char *dir, char **words, int n,
    double now, struct diag *d)
{
	char *folder = xasprintf("%s/hold", dir);
	double seconds = 0;
	int status = NC_EXIT_OK;
	bool found = false;
	struct nc_err e = {0};

	if (n == 0) {
		status = list_held(folder, now, d);
	} else if (n > 1 &&
		   parse_duration(span_of(words[1]), &seconds, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_USAGE;
	} else if (n > 1 && seconds <= 0) {
		diag_say(d, DIAG_ERROR, words[1],
		    "expected a time above zero; without one it is held "
		    "until release");
		status = NC_EXIT_USAGE;
	} else if (afile_mkdir(folder, 0700, &e) == -1) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		status = NC_EXIT_FAILED;
	} else {
		for (size_t i = 0; i < s->nlanes; i++) {
			const char *name = s->lanes[i].channel->name;

			if (strcmp(words[0], "all") != 0 &&
			    strcmp(words[0], name) != 0)
				continue;
			found = true;
			if (hold_one(folder, name,
				seconds > 0 ? now + seconds : 0, d) == -1)
				status = NC_EXIT_FAILED;
		}
		if (!found) {
			diag_say(d, DIAG_ERROR, words[0],
			    "no channel of that name");
			status = NC_EXIT_USAGE;
		}
		poke(dir);
	}
	free(folder);
	return status;
}

static int
release_one(const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);
	int rc = unlink(path);

	free(path);
	return rc;
}

int
manage_release(const char *dir, char **names, int n, struct diag *d)
{
	char *folder = xasprintf("%s/hold", dir);
	int status = NC_EXIT_OK;
	struct dirent *entry;

	for (int i = 0; i < n; i++) {
		DIR *all = strcmp(names[i], "all") == 0 ? opendir(folder)
							: NULL;

		while (all != NULL && (entry = readdir(all)) != NULL)
			if (*entry->d_name != '.')
				release_one(folder, entry->d_name);
		if (all != NULL)
			closedir(all);
		else if (strchr(names[i], '/') != NULL ||
			 (strcmp(names[i], "all") != 0 &&
			     release_one(folder, names[i]) == -1)) {
			diag_say(d, DIAG_ERROR, names[i], "it is not held");
			status = NC_EXIT_PARTIAL;
		}
	}
	poke(dir);
	free(folder);
	return status;
}

/* --- the configuration ---------------------------------------------------- */

static void
print_channels(const struct settings *s, route_set set)
{
	const char *comma = "";

	for (size_t i = 0; i < s->nchannels; i++)
		if ((set >> i & 1) != 0) {
			printf("%s%s", comma, s->channels[i].name);
			comma = ", ";
		}
	puts(set == 0 ? "nobody" : "");
}

static void
print_rule(void *arg, const struct route_rule *r)
{
	printf("%s: %s%s: ", r->where, r->block ? "block" : "match",
	    r->quick ? " quick" : "");
	print_channels(arg, r->channels);
}

int
manage_test(const struct settings *s, char **fields, int n, double now,
    const char **bad)
{
	struct record_label labels[FIELDS_MAX];
	struct alert a = {.labels = labels};
	struct buf flags = {0};
	struct span key, value;
	const struct {
		const char *name;
		struct span *to;
	} known[] = {
	    {"severity", &a.severity},
	    {"state", &a.state},
	    {"change", &a.change},
	    {"alert", &a.name},
	    {"host", &a.host},
	    {"entity", &a.entity},
	    {"id", &a.id},
	    {"incident", &a.incident},
	};
	struct route_decision decision;
	struct zone *zone = zone_open(getenv("TZ"), NULL);
	size_t k;

	*bad = NULL;
	for (int i = 0; i < n; i++) {
		if (a.nlabels == FIELDS_MAX ||
		    !str_cut(span_of(fields[i]), '=', &key, &value)) {
			*bad = fields[i];
			break;
		}
		if (span_is(key, "at")) {
			if (parse_time(value, now, zone, &now, NULL) == -1)
				*bad = fields[i];
			continue;
		}
		for (k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (span_is(key, known[k].name))
				break;
		if (k < sizeof(known) / sizeof(*known))
			*known[k].to = value;
		else if (span_is(key, "flags"))
			buf_addf(&flags, "[\"%.*s\"]", SPAN_ARG(value));
		else
			labels[a.nlabels++] = (struct record_label){key, value};
	}
	zone_free(zone);
	if (*bad != NULL) {
		buf_free(&flags);
		return NC_EXIT_USAGE;
	}
	a.flags = buf_span(&flags);
	route_decide(s->rules, s->nrules, &a, now, &decision, print_rule,
	    (void *)(uintptr_t)s);
	print_channels(s, settings_on_duty(s, decision.set, now));
	buf_free(&flags);
	return NC_EXIT_OK;
}

static int
check_secret(const struct secret *s, const char *channel, struct diag *d)
{
	struct buf b = {0};
	struct nc_err e;
	int rc = 0;

	if (s->kind == SECRET_NONE)
		return 0;
	if ((rc = secret_read(s, &b, &e)) == -1)
		diag_say(d, DIAG_ERROR, channel, "%s", e.msg);
	secret_wipe(&b);
	return rc;
}

int
manage_check(const struct settings *s, struct diag *d)
{
	int status = NC_EXIT_OK;

	for (size_t i = 0; i < s->nchannels; i++) {
		const struct channel *c = &s->channels[i];

		if (check_secret(&c->target, c->name, d) == -1)
			status = NC_EXIT_USAGE;
		for (size_t k = 0; k < c->nvalues; k++)
			if (check_secret(&c->values[k].secret, c->name, d) ==
			    -1)
				status = NC_EXIT_USAGE;
	}
	return status;
}
