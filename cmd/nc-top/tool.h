/* SPDX-License-Identifier: MIT */
/* tool: where the other programs of this toolkit are. */
#ifndef NC_TOP_TOOL_H
#define NC_TOP_TOOL_H

/* The program of our own folder, so that a tree that is not installed runs
 * its own; else the bare name, for PATH.  Owned. */
char *tool_path(const char *name);

#endif
