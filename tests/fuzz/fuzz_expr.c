/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: expressions.  What parses is evaluated where everything is
 * known and where nothing is: bounds stay in order, and what is known of
 * nothing stays true of everything.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "lang/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum expr_found
get(void *arg, void *at, const struct expr_input *in, double *value)
{
	bool nothing = *(bool *)arg;

	(void)at;
	if (nothing)
		return EXPR_UNKNOWN;
	*value = in->function >= EXPR_PRESENT ? 1 : 2.5 + (double)in->index;
	return EXPR_FOUND;
}

static const struct selector_subject *
subject(void *arg, void *at)
{
	static const struct selector_subject s = {.host = {"hv07", 4},
	    .entity = {"vm", 2},
	    .id = {"0b1a", 4}};

	(void)arg;
	(void)at;
	return &s;
}

static void *
part(void *arg, void *at, const struct selector *over, void *after)
{
	(void)over;
	(void)at;
	return after == NULL ? arg : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool nothing = true;
	struct expr_env env = {.arg = &nothing,
	    .input = get,
	    .subject = subject,
	    .part = part};
	struct span in = {(const char *)data, size};
	struct nc_err e = {0};
	struct expr_value some, all;
	struct expr *x;

	if (size > 4096)
		return 0;
	for (int want = EXPR_NUMBER; want <= EXPR_CONDITION; want++) {
		x = expr_parse(in, (enum expr_type)want, &e);
		if (x == NULL) {
			if (e.msg[0] == '\0')
				abort();
			continue;
		}
		nothing = true;
		some = expr_eval(x, &env, &nothing);
		nothing = false;
		all = expr_eval(x, &env, &nothing);
		if (isnan(some.lo) || isnan(some.hi) || some.lo > some.hi ||
		    isnan(all.lo) || isnan(all.hi) || all.lo > all.hi)
			abort();
		if (want == EXPR_CONDITION && expr_known(some) &&
		    (all.lo != some.lo || all.hi != some.hi))
			abort();
		expr_free(x);
	}
	return 0;
}
