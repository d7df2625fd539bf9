/* SPDX-License-Identifier: MIT */
/* store: what is common to all stores. */
#include "metric/store.h"

#include <stdlib.h>

void
store_points_free(struct store_points *p)
{
	free(p->values);
	*p = (struct store_points){0};
}
