/* SPDX-License-Identifier: MIT */
/*
 * owner: whose a statement is, where several tools share a file: each carries
 * out its own statements and leaves those of another alone.
 */
#ifndef NC_LANG_OWNER_H
#define NC_LANG_OWNER_H

#include "lang/config.h"

/* "nc-alert" or "nc-notify"; NULL: nobody's, a slip of the pen. */
const char *owner_of(const struct config_node *node);

#endif
