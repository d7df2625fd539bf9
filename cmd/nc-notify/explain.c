/* SPDX-License-Identifier: MIT */
/*
 * explain: the story of an alert, from its items, their logs and the ledger,
 * in the order of time; and a table of channels.
 */
#include "explain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/afile.h"
#include "base/exitcode.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "metric/format.h"
#include "spool.h"

#define LEDGER_MAX ((size_t)256 << 20) /* of a day */

static const char *const boxes[] = {"waiting", "sent", "dead"};

/* --- the story ------------------------------------------------------------ */

struct event {
	double ts;
	size_t at; /* as they were found */
	char *text; /* owned */
};

struct story {
	const struct settings *settings;
	struct spool *spool;
	struct diag *diag;
	const char *id;
	struct intern *names;
	struct decoder *decoder;
	struct event *events;
	size_t n;
	enum spool_box box;
	struct zone *zone;
	struct map *seen; /* records that were told of */
};

static void
add(struct story *y, double ts, struct buf *text)
{
	struct buf safe = {0};

	utf8_escape(&safe, buf_span(text));
	y->events = xreallocarray(y->events, y->n + 1, sizeof(*y->events));
	y->events[y->n] = (struct event){ts, y->n, buf_take(&safe)};
	y->n++;
	buf_clear(text);
}

static bool
begins(const struct story *y, struct span s)
{
	return str_starts(s, y->id);
}

static bool
is_meant(const struct story *y, const struct alert *a)
{
	return begins(y, a->event_id) || begins(y, a->episode) ||
	       begins(y, a->fingerprint) || begins(y, a->incident);
}

static void
print_where(void *arg, const struct route_rule *r)
{
	buf_addf(arg, " %s", r->where);
}

/* The alert itself, once, and what the rules make of it now. */
static void
tell_alert(struct story *y, const struct alert *a)
{
	const struct settings *s = y->settings;
	struct route_decision d;
	struct buf b = {0};
	const char *comma = "";

	if (map_set(y->seen, a->event_id, y) != NULL)
		return;
	buf_addf(&b, "event %.*s: ", SPAN_ARG(a->event_id));
	alert_line(a, 0, &b);
	add(y, a->ts, &b);
	if (a->follow) {
		buf_adds(&b, "  goes to those who were told of its beginning");
		add(y, a->ts, &b);
		buf_free(&b);
		return;
	}
	buf_adds(&b, "  rules that hold, as they are now:");
	route_decide(s->rules, s->nrules, a, a->ts, &d, print_where, &b);
	d.set = settings_on_duty(s, d.set, a->ts);
	buf_adds(&b, d.set == 0 ? " nobody" : ": ");
	for (size_t i = 0; i < s->nchannels; i++)
		if ((d.set >> i & 1) != 0) {
			buf_addf(&b, "%s%s", comma, s->channels[i].name);
			comma = ", ";
		}
	add(y, a->ts, &b);
	buf_free(&b);
}

/* A line of an item's log: its time is the second number, or the first. */
static void
tell_note(struct story *y, struct span lane, struct span line, double otherwise)
{
	struct span rest = line, word, number, ts;
	double at = otherwise, v;
	struct buf b = {0};

	if (str_word(&rest, &word) && str_word(&rest, &number) &&
	    str_word(&rest, &ts) && parse_number(ts, &v, NULL) == 0 && v > 1e6)
		at = v;
	buf_addf(&b, "  %.*s: %.*s", SPAN_ARG(lane), SPAN_ARG(line));
	add(y, at, &b);
	buf_free(&b);
}

static void
tell_item(struct story *y, const char *name, const struct spool_item *it,
    struct span bytes)
{
	struct spool_name n;
	struct span head, line, rest;
	struct buf b = {0};

	spool_name(name, &n);
	buf_addf(&b, "  %.*s: %.*s accepted, is %s", SPAN_ARG(n.lane),
	    SPAN_ARG(n.event_id), boxes[y->box]);
	add(y, it->accepted, &b);
	buf_free(&b);
	str_cut(bytes, '\n', &head, &rest);
	str_cut(rest, '\n', &line, &rest);
	while (str_cut(rest, '\n', &line, &rest))
		tell_note(y, n.lane, line, it->accepted);
}

static void
look_at(void *arg, const char *name)
{
	struct story *y = arg;
	struct spool_item it;
	struct record r;
	struct alert a;
	struct buf b = {0};
	struct nc_err e;
	struct spool_name n;

	if (!spool_name(name, &n))
		return;
	if (spool_read(y->spool, y->box, name, false, &b, &it, &e) == -1) {
		if (e.code != ENOENT)
			diag_say(y->diag, DIAG_ERROR, NULL, "%s", e.msg);
	} else if (decoder_line(y->decoder, it.record.p, it.record.len, &r,
		       &e) == 0 &&
		   alert_read(&r, &a, &e) == 0 && is_meant(y, &a)) {
		tell_alert(y, &a);
		tell_item(y, name, &it, buf_span(&b));
	}
	buf_free(&b);
}

/* What the ledger alone knows: who was told nothing, and why. */
static void
tell_receipt(struct story *y, struct span line)
{
	const struct record_field *event, *episode, *result, *why;
	struct buf copy = {0}, b = {0};
	struct record r;
	struct nc_err e;

	buf_add(&copy, line.p, line.len);
	buf_reserve(&copy, RECORD_PADDING);
	if (decoder_line(y->decoder, copy.data, line.len, &r, &e) == -1)
		goto out;
	event = record_field(&r, "event_id");
	episode = record_field(&r, "episode");
	result = record_field(&r, "result");
	why = record_field(&r, "message");
	if (event == NULL || result == NULL ||
	    !span_is(result->text, "muted") ||
	    !(begins(y, event->text) ||
		(episode != NULL && begins(y, episode->text))))
		goto out;
	buf_addf(&b, "event %.*s: told to nobody: %.*s", SPAN_ARG(event->text),
	    SPAN_ARG(why != NULL ? why->text : span_of("no reason given")));
	add(y, r.ts, &b);
out:
	buf_free(&copy);
	buf_free(&b);
}

static void
read_ledger(struct story *y)
{
	char *path = xasprintf("%s/ledger", spool_dir(y->spool));
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct span rest, line;
	struct nc_err e;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *file = xasprintf("%s/%s", path, entry->d_name);
		struct buf b = {0};

		if (str_ends(span_of(entry->d_name), ".ndjson") &&
		    afile_read(file, LEDGER_MAX, &b, &e) == -1)
			diag_say(y->diag, DIAG_ERROR, NULL, "%s", e.msg);
		rest = buf_span(&b);
		while (str_cut(rest, '\n', &line, &rest))
			if (memmem(line.p, line.len, "\"muted\"", 7) != NULL)
				tell_receipt(y, line);
		buf_free(&b);
		free(file);
	}
	if (dir != NULL)
		closedir(dir);
	free(path);
}

static int
by_time(const void *one, const void *other)
{
	const struct event *a = one, *b = other;

	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

static void
print_story(struct story *y)
{
	struct buf b = {0};

	if (y->n != 0)
		qsort(y->events, y->n, sizeof(*y->events), by_time);
	for (size_t i = 0; i < y->n; i++) {
		buf_clear(&b);
		zone_format(y->zone, y->events[i].ts, 3, &b);
		printf("%s  %s\n", b.data, y->events[i].text);
		free(y->events[i].text);
	}
	buf_free(&b);
	free(y->events);
}

int
explain_why(const struct settings *s, const char *dir, const char *id,
    struct diag *d)
{
	struct story y = {.settings = s, .diag = d, .id = id};
	struct nc_err e;
	int status = NC_EXIT_OK;

	if ((y.spool = spool_open(dir, &e)) == NULL) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	y.names = intern_new(0);
	y.decoder = decoder_new(y.names);
	y.zone = zone_open(getenv("TZ"), NULL);
	y.seen = map_new(NULL);
	for (int box = SPOOL_NEW; box <= SPOOL_DEAD; box++) {
		y.box = (enum spool_box)box;
		if (spool_list(y.spool, y.box, look_at, &y, &e) == -1) {
			diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
			status = NC_EXIT_FAILED;
		}
	}
	read_ledger(&y);
	if (y.n == 0) {
		diag_say(d, DIAG_ERROR, id,
		    "no alert of that id came here, or it is too long ago");
		status = NC_EXIT_PARTIAL;
	}
	print_story(&y);
	map_free(y.seen, NULL);
	zone_free(y.zone);
	decoder_free(y.decoder);
	intern_free(y.names);
	spool_close(y.spool);
	return status;
}

/* --- a table of channels -------------------------------------------------- */

struct line {
	size_t waiting, deferred, dead, sent;
	double oldest, last; /* accepted; sent */
};

struct table {
	struct spool *spool;
	struct diag *diag;
	struct map *lines; /* of lanes */
	enum spool_box box;
	double oldest;
	bool bad;
};

static struct line *
line_of(struct table *t, struct span lane)
{
	uint32_t at = map_add(t->lines, lane);

	if (*map_value(t->lines, at) == NULL)
		*map_value(t->lines, at) = xcalloc(1, sizeof(struct line));
	return *map_value(t->lines, at);
}

static void
count_waiting(struct table *t, struct line *l, const char *name, char letter)
{
	struct spool_item it;
	struct buf b = {0};
	struct nc_err e;

	if (spool_read(t->spool, t->box, name, false, &b, &it, &e) == -1) {
		if (e.code != ENOENT) {
			diag_say(t->diag, DIAG_ERROR, NULL, "%s", e.msg);
			t->bad = true;
		}
	} else if (letter != SPOOL_REPEAT) {
		l->waiting++;
		l->deferred += it.next > 0;
		if (l->oldest == 0 || it.accepted < l->oldest)
			l->oldest = it.accepted;
		if (t->oldest == 0 || it.accepted < t->oldest)
			t->oldest = it.accepted;
	}
	buf_free(&b);
}

/* A damaged one as well, which has a name of more parts. */
static bool
count_damaged(struct table *t, const char *name)
{
	struct spool_name n;
	char *sound;
	bool is;

	if (t->box != SPOOL_DEAD || !str_ends(span_of(name), SPOOL_DAMAGED))
		return false;
	sound = xmemdup0(name, strlen(name) - strlen(SPOOL_DAMAGED));
	if ((is = spool_name(sound, &n)))
		line_of(t, n.lane)->dead++;
	free(sound);
	return is;
}

static void
count_item(void *arg, const char *name)
{
	struct table *t = arg;
	struct spool_name n;
	struct line *l;
	struct stat st;
	char *path;

	if (count_damaged(t, name) || !spool_name(name, &n))
		return;
	l = line_of(t, n.lane);
	if (t->box == SPOOL_NEW) {
		count_waiting(t, l, name, n.letter);
		return;
	}
	if (t->box == SPOOL_DEAD) {
		l->dead++;
		return;
	}
	l->sent++;
	path = xasprintf("%s/sent/%s", spool_dir(t->spool), name);
	if (stat(path, &st) == 0)
		l->last = fmax(l->last, (double)st.st_mtime);
	free(path);
}

static void
print_age(double then, double now)
{
	char text[FORMAT_MAX] = "-";

	if (then > 0)
		format_duration(text, fmax(0, now - then));
	printf("  %9s", text);
}

static void
print_table(const struct table *t, double now)
{
	uint32_t cursor = 0;
	struct span lane;
	void *v;

	printf("%-24s  %7s  %8s  %9s  %6s  %7s  %9s\n", "CHANNEL", "WAITING",
	    "DEFERRED", "OLDEST", "DEAD", "SENT", "LAST");
	while (map_next(t->lines, &cursor, &lane, &v)) {
		const struct line *l = v;

		printf("%-24.*s  %7zu  %8zu", SPAN_ARG(lane), l->waiting,
		    l->deferred);
		print_age(l->oldest, now);
		printf("  %6zu  %7zu", l->dead, l->sent);
		print_age(l->last, now);
		putchar('\n');
	}
}

int
explain_stat(const char *dir, double now, double max_age, struct diag *d)
{
	struct table t = {.diag = d};
	struct nc_err e;
	int status = NC_EXIT_OK;

	if ((t.spool = spool_open(dir, &e)) == NULL) {
		diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
		return NC_EXIT_FAILED;
	}
	t.lines = map_new(NULL);
	for (int box = SPOOL_NEW; box <= SPOOL_DEAD; box++) {
		t.box = (enum spool_box)box;
		if (spool_list(t.spool, t.box, count_item, &t, &e) == -1) {
			diag_say(d, DIAG_ERROR, NULL, "%s", e.msg);
			status = NC_EXIT_FAILED;
		}
	}
	print_table(&t, now);
	if (status == NC_EXIT_OK && (t.bad || (max_age > 0 && t.oldest > 0 &&
						  now - t.oldest > max_age)))
		status = NC_EXIT_PARTIAL;
	map_free(t.lines, free);
	spool_close(t.spool);
	return status;
}
