/* SPDX-License-Identifier: MIT */
/* Unit tests of roster and journal: what survives damage and half lines. */
#include "rrd/roster.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "rrd/journal.h"
#include "rrd/sum.h"
#include "tap.h"

static struct store_key
key(const char *host, const char *id)
{
	return (struct store_key){span_of(host), span_of("src"), span_of("vm"),
	    span_of(id)};
}

static void
append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	if (f != NULL) {
		fputs(text, f);
		fclose(f);
	}
}

static void
damage(const char *path, long at)
{
	int fd = open(path, O_RDWR);

	if (fd == -1 || pwrite(fd, "\377\376", 2, at) != 2)
		printf("# cannot damage %s\n", path);
	close(fd);
}

static void
fill(struct roster *r)
{
	struct record_label labels[2] = {{span_of("name"),
					     span_of("web=1,2\t\n%")},
	    {span_of("empty"), span_of("")}};
	struct store_key k = key("h\xc3\xbc", "a/b");
	struct roster_entry *n = roster_add(r, &k, 10);
	struct nc_err e;

	n->interval = 9.5;
	n->first = 1763800000.25;
	roster_add_metric(n, span_of("m1"));
	roster_add_metric(n, span_of("odd,name"));
	roster_set_labels(n, labels, 2);
	roster_put(r, n, &e);
	k = key("h2", "plain");
	n = roster_add(r, &k, 60);
	roster_put(r, n, &e);
}

static void
test_roster(void)
{
	struct roster_found found;
	struct nc_err e;
	struct roster *r = roster_open(".", true, &found, &e);
	struct store_key k = key("h\xc3\xbc", "a/b");
	struct roster_entry *n;

	OK(r != NULL && found.absent, "a new one");
	fill(r);
	roster_close(r);
	r = roster_open(".", false, &found, &e);
	n = roster_find(r, &k);
	OK(n != NULL && n->number == 0 && n->step == 10 && n->interval == 9.5 &&
		n->first == 1763800000.25 && n->nmetrics == 2 &&
		n->nlabels == 2,
	    "an entry comes back");
	SAME(n->metrics[1], "odd,name", "metric");
	SAME(n->labels[0].value.p, "web=1,2\t\n%", "label");
	SAME(n->path, "h%c3%bc/vm/src/a%2fb.rrd", "path");
	k = key("h2", "plain");
	n = roster_find(r, &k);
	OK(n != NULL && n->nlabels == 0 && n->nmetrics == 0 &&
		isnan(n->interval),
	    "nothing said is nothing known");
	roster_close(r);

	append("roster", "00000000\t7\thalf");
	r = roster_open(".", true, &found, &e);
	OK(found.torn && found.bad == 0 && roster_count(r) == 2,
	    "half a line is a crash");
	n = roster_find(r, &k);
	OK(roster_drop(r, n, &e) == 0 && roster_count(r) == 1, "dropped");
	roster_close(r);
	r = roster_open(".", true, &found, &e);
	OK(!found.torn && found.bad == 0 && roster_count(r) == 1,
	    "and the half line is gone");
	n = roster_add(r, &k, 60);
	OK(n->number == 2, "a number is never used again");
	roster_put(r, n, &e);
	roster_close(r);
	damage("roster", 30);
	r = roster_open(".", true, &found, &e);
	OK(found.bad == 1 && roster_find(r, &k) != NULL,
	    "a damaged line costs its entity only");
	roster_close(r);
	OK(access("roster.bad", F_OK) == 0, "and is kept");
	r = roster_open(".", true, &found, &e);
	OK(found.bad == 0, "the new file is whole");
	roster_close(r);
}

struct seen {
	size_t rows;
	double sum, last_ts;
};

static void
see(void *arg, const struct journal_row *row)
{
	struct seen *s = arg;

	s->rows++;
	s->last_ts = row->ts;
	for (size_t i = 0; i < row->count; i++)
		s->sum += row->values[i];
}

static struct seen
replay(struct journal_found *found)
{
	struct seen s = {0};
	struct nc_err e;

	journal_replay(".", see, &s, found, &e);
	return s;
}

static void
test_journal(void)
{
	struct nc_err e;
	struct journal *j = journal_open(".", &e);
	double v[3] = {1, 2, 3};
	struct journal_row row = {7, 0, 3, 100, v};
	struct journal_found found;
	struct seen s;
	struct stat sb;

	OK(j != NULL && !journal_has_rows("."), "empty");
	journal_hold(j, journal_segment(j));
	journal_add(j, &row, &e);
	s = replay(&found);
	OK(s.rows == 0, "not written yet");
	OK(journal_write(j, &e) == 0 && journal_has_rows("."), "written");
	row.ts = 110;
	row.first = 1;
	row.count = 2;
	journal_add(j, &row, &e);
	OK(journal_sync(j, &e) == 0, "synced");
	s = replay(&found);
	OK(s.rows == 2 && s.sum == 9 && s.last_ts == 110 &&
		found.bad_blocks == 0 && !found.torn,
	    "both rows");
	journal_close(j);
	OK(journal_has_rows("."), "what is held stays");
	stat("journal/00000001", &sb);
	append("journal/00000001", "torn");
	s = replay(&found);
	OK(s.rows == 2 && found.torn, "half a block is a crash");
	if (truncate("journal/00000001", sb.st_size) != 0)
		printf("# truncate\n");
	damage("journal/00000001", 40);
	s = replay(&found);
	OK(s.rows == 1 && found.bad_blocks == 1,
	    "a damaged block costs its rows only");
	j = journal_open(".", &e);
	OK(journal_segment(j) == 2, "a new segment behind the old ones");
	journal_close(j);
	OK(journal_clear(".", &e) == 0 && !journal_has_rows("."), "cleared");
	append("journal/00000009", "x");
	s = replay(&found);
	OK(s.rows == 0, "a segment too short for its head");
	journal_clear(".", &e);
}

static void
test_sum(void)
{
	OK(sum_crc32c(0, "123456789", 9) == 0xe3069283,
	    "check value of CRC-32C");
	OK(sum_crc32c(sum_crc32c(0, "1234", 4), "56789", 5) == 0xe3069283,
	    "continued");
	OK(sum_crc32c(0, "", 0) == 0, "of nothing");
}

int
main(void)
{
	char dir[] = "/tmp/test_roster.XXXXXX", path[64];
	static const char *const left[] = {"roster", "roster.bad", "journal",
	    ""};

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 1;
	test_sum();
	test_roster();
	test_journal();
	if (chdir("/") == -1)
		return 1;
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		remove(path);
	}
	return tap_done();
}
