/* SPDX-License-Identifier: MIT */
/* catalogue_families: which families there are, in the order of the manual. */
#include "metric/catalogue_rows.h"

const struct catalogue_family *const catalogue_families[] = {&catalogue_host,
    &catalogue_vm, &catalogue_container, &catalogue_other, NULL};
