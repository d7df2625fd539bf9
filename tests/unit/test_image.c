/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of image: librrd is the oracle.  The same updates go to two
 * copies of a file, one through librrd, one through us; the files must be
 * equal to the byte.
 */
#include "rrd/image.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <rrd.h>

#include "base/buf.h"
#include "tap.h"

#define DS 5
#define START 1000000000L

static uint64_t seed = 88172645463325252u;

static uint64_t
next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static char *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *p = malloc(1 << 20);

	*len = f != NULL && p != NULL ? fread(p, 1, 1 << 20, f) : 0;
	if (f != NULL)
		fclose(f);
	return p;
}

static int
same_file(const char *a, const char *b)
{
	size_t n, m, i;
	char *p = slurp(a, &n), *q = slurp(b, &m);
	int same = n == m && n != 0 && memcmp(p, q, n) == 0;

	for (i = 0; !same && i < n && i < m; i++)
		if (p[i] != q[i]) {
			printf("# first difference at byte %zu of %zu\n", i, n);
			break;
		}
	free(p);
	free(q);
	return same;
}

static void
copy_file(const char *from, const char *to)
{
	size_t n;
	char *p = slurp(from, &n);
	FILE *f = fopen(to, "w");

	if (f == NULL || fwrite(p, 1, n, f) != n)
		printf("Bail out! cannot write %s\n", to);
	if (f != NULL)
		fclose(f);
	free(p);
}

static int
create(const char *path, unsigned long step)
{
	const char *argv[] = {"DS:a:GAUGE:25:0:U", "DS:b:GAUGE:25:U:U",
	    "DS:c:GAUGE:25:U:100", "DS:d:GAUGE:7:U:U", "DS:e:GAUGE:25:U:U",
	    "RRA:AVERAGE:0.5:1:20", "RRA:AVERAGE:0.5:6:10", "RRA:MIN:0.5:6:10",
	    "RRA:MAX:0.5:6:10", "RRA:AVERAGE:0.2:7:5", "RRA:MIN:0.9:4:3"};

	rrd_clear_error();
	return rrd_create_r(path, step, START, 11, argv);
}

/* A reading: whole numbers and eighths, which every parser reads alike. */
static double
reading(void)
{
	uint64_t r = next_random() % 20;

	if (r < 3)
		return NAN;
	if (r < 5)
		return -1 - (double)(next_random() % 50);
	return (double)(next_random() % 4000) / 8;
}

static int
librrd_update(const char *path, double ts, const double *v)
{
	struct buf b = {0};
	const char *argv[1];
	int rc;

	buf_addf(&b, "%.6f", ts);
	for (int i = 0; i < DS; i++)
		if (isnan(v[i]))
			buf_adds(&b, ":U");
		else
			buf_addf(&b, ":%.10g", v[i]);
	argv[0] = b.data;
	rrd_clear_error();
	rc = rrd_update_r(path, NULL, 1, argv);
	if (rc != 0)
		printf("# librrd: %s\n", rrd_get_error());
	buf_free(&b);
	return rc;
}

/* How the times of updates lie. */
enum times {
	REGULAR,
	UNEVEN, /* whole seconds, several steps at times */
	FRACTIONS, /* quarters of a second, less than a step */
	GAPS /* whole seconds, far ahead now and then */
};

/*
 * Fractions of a second and several steps at once are not held against
 * librrd: 1.7.2 counts only whole seconds of the step in hand then and puts
 * the rest into the next one (test_fractions has what is right).
 */
static int
against_librrd(unsigned long step, enum times times, int batch, int rounds)
{
	struct image *im = image_new();
	struct nc_err e;
	double ts = START, v[DS];
	int good = create("a.rrd", step) == 0;

	copy_file("a.rrd", "b.rrd");
	for (int round = 0; good && round < rounds; round++) {
		good = image_load(im, "b.rrd", true, &e) == 0;
		for (int i = 0; good && i < batch; i++) {
			if (times == FRACTIONS)
				ts += (double)(next_random() % (step * 4) + 1) /
				      4;
			else if (times == UNEVEN)
				ts += (double)(next_random() % (step * 2) + 1);
			else
				ts += (double)step;
			if (times == GAPS && next_random() % 6 == 0)
				ts += (double)(next_random() % 3000);
			for (int k = 0; k < DS; k++)
				v[k] = reading();
			good = librrd_update("a.rrd", ts, v) == 0 &&
			       image_update(im, ts, v, DS, &e) == 0;
		}
		good = good && image_commit(im, -1, &e) == 0 &&
		       same_file("a.rrd", "b.rrd");
		if (!good)
			printf("# round %d ts %.6f: %s\n", round, ts, e.msg);
	}
	image_free(im);
	return good;
}

static void
test_fetch(void)
{
	struct image *im = image_new();
	time_t start = START, end = START + 200;
	unsigned long step = 10, nds;
	char **names;
	rrd_value_t *data;
	double out[40 * DS];
	struct nc_err e;
	int good = 1;

	against_librrd(10, UNEVEN, 7, 4);
	image_load(im, "b.rrd", false, &e);
	OK(image_step(im) == 10 && image_ds_count(im) == DS &&
		image_archive_count(im) == 6,
	    "counts");
	SAME(image_ds_name(im, 2), "c", "name of a source");
	OK(image_archive(im, 2).cf == IMAGE_MIN &&
		image_archive(im, 2).pdps == 6 &&
		image_archive(im, 2).rows == 10,
	    "an archive");
	start = image_newest(im, 0) - 190;
	end = image_newest(im, 0);
	rrd_fetch_r("a.rrd", "AVERAGE", &start, &end, &step, &nds, &names,
	    &data);
	/* rrd_fetch's rows end at start + step ... */
	OK(step == 10 && nds == DS, "librrd chose the first archive");
	image_read(im, 0, start + 10, start + 10 + 24 * 10, out, &e);
	for (size_t i = 0; i < 19 * DS; i++)
		good = good &&
		       (data[i] == out[i] || (isnan(data[i]) && isnan(out[i])));
	OK(good, "the rows rrd_fetch returns");
	good = 1;
	for (size_t i = 20 * DS; i < 24 * DS; i++)
		good = good && isnan(out[i]);
	OK(good, "the future is unknown");
	for (size_t i = 0; i < nds; i++)
		free(names[i]);
	free(names);
	free(data);
	image_free(im);
}

static void
test_undo(void)
{
	struct image *im = image_new();
	int fd = open("undo", O_RDWR | O_CREAT | O_TRUNC, 0600);
	double v[DS] = {1, 2, 3, 4, 5};
	struct nc_err e;

	create("a.rrd", 10);
	image_load(im, "a.rrd", true, &e);
	image_update(im, START + 10, v, DS, &e);
	image_commit(im, -1, &e);
	copy_file("a.rrd", "b.rrd");
	OK(image_undo(fd, &e) == 0 && same_file("a.rrd", "b.rrd"),
	    "an empty undo file undoes nothing");
	image_update(im, START + 15, v, DS, &e);
	image_commit(im, fd, &e);
	OK(!same_file("a.rrd", "b.rrd"), "changed");
	if (ftruncate(fd, 500) != 0)
		printf("# ftruncate failed\n");
	OK(image_undo(fd, &e) == 0 && !same_file("a.rrd", "b.rrd"),
	    "a torn undo file undoes nothing");
	copy_file("a.rrd", "b.rrd");
	image_update(im, START + 16, v, DS, &e);
	image_commit(im, fd, &e);
	OK(image_undo(fd, &e) == 0 && same_file("a.rrd", "b.rrd"),
	    "the head is as it was");
	OK(image_undo(fd, &e) == 0 && same_file("a.rrd", "b.rrd"), "and again");
	close(fd);
	image_free(im);
}

static void
test_bad_files(void)
{
	struct image *im = image_new();
	struct nc_err e;
	double v[DS] = {0};
	size_t n;
	char *p;
	int refused = 0;
	FILE *f;

	OK(image_load(im, "none.rrd", false, &e) == -1, "no file");
	SAME(e.msg, "none.rrd: No such file or directory", "said");
	create("a.rrd", 10);
	p = slurp("a.rrd", &n);
	for (size_t i = 0; i < 200; i++) {
		p[i] = (char)(p[i] ^ 0x5a);
		if ((f = fopen("bad.rrd", "w")) != NULL) {
			fwrite(p, 1, n, f);
			fclose(f);
		}
		refused += image_load(im, "bad.rrd", true, &e) == -1;
		p[i] = (char)(p[i] ^ 0x5a);
	}
	OK(refused > 40, "a damaged head is refused or harmless");
	if ((f = fopen("bad.rrd", "w")) != NULL) {
		fwrite(p, 1, n - 1, f);
		fclose(f);
	}
	OK(image_load(im, "bad.rrd", false, &e) == -1 &&
		strstr(e.msg, "damaged") != NULL,
	    "a file too short is damaged");
	free(p);
	image_load(im, "a.rrd", true, &e);
	OK(image_update(im, START, v, DS, &e) == -1, "the same time again");
	OK(image_update(im, START - 1, v, DS, &e) == -1, "an earlier time");
	OK(image_update(im, NAN, v, DS, &e) == -1, "no time at all");
	OK(image_update(im, 1e300, v, DS, &e) == -1, "an impossible time");
	image_free(im);
}

int
main(void)
{
	char dir[] = "/tmp/test_image.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 1;
	OK(against_librrd(10, REGULAR, 1, 100), "regular, one at a time");
	OK(against_librrd(10, REGULAR, 60, 5), "regular, batches");
	OK(against_librrd(10, UNEVEN, 1, 150), "uneven times");
	OK(against_librrd(10, UNEVEN, 60, 5), "uneven times, batches");
	OK(against_librrd(10, FRACTIONS, 1, 150), "fractions of a second");
	OK(against_librrd(1, FRACTIONS, 60, 5), "the same in batches");
	OK(against_librrd(10, GAPS, 1, 150), "gaps");
	OK(against_librrd(10, GAPS, 30, 5), "gaps, batches");
	OK(against_librrd(1, GAPS, 30, 5), "a step of a second");
	test_fetch();
	test_undo();
	test_bad_files();
	if (chdir("/") == 0) {
		const char *cmd[] = {"a.rrd", "b.rrd", "bad.rrd", "undo"};
		char path[64];

		for (size_t i = 0; i < 4; i++) {
			snprintf(path, sizeof(path), "%s/%s", dir, cmd[i]);
			unlink(path);
		}
		rmdir(dir);
	}
	return tap_done();
}
