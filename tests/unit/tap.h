/* SPDX-License-Identifier: MIT */
/* tap: the Test Anything Protocol for unit tests, one binary a module. */
#ifndef NC_TESTS_TAP_H
#define NC_TESTS_TAP_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline int
tap_result(int good, const char *file, int line, const char *what)
{
	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	for (; *what != '\0'; what++) /* a name is one line */
		putchar(
		    (unsigned char)*what < ' ' || *what == '#' ? ' ' : *what);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

static inline int
tap_same(const char *got, const char *want, const char *file, int line,
    const char *what)
{
	int good = got != NULL && want != NULL ? strcmp(got, want) == 0
					       : got == want;

	if (!tap_result(good, file, line, what))
		printf("# got  %s\n# want %s\n", got != NULL ? got : "(null)",
		    want != NULL ? want : "(null)");
	return good;
}

static inline int
tap_near(double got, double want, double tolerance, const char *file, int line,
    const char *what)
{
	int good = (isnan(got) && isnan(want)) || fabs(got - want) <= tolerance;

	if (!tap_result(good, file, line, what))
		printf("# got  %.17g\n# want %.17g\n", got, want);
	return good;
}

#define OK(cond, what) tap_result((cond) != 0, __FILE__, __LINE__, what)
#define SAME(got, want, what) tap_same(got, want, __FILE__, __LINE__, what)
#define NEAR(got, want, tol, what) \
	tap_near(got, want, tol, __FILE__, __LINE__, what)

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
