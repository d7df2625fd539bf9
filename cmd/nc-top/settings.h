/* SPDX-License-Identifier: MIT */
/*
 * settings: theme, orders and columns, kept in a file of commands as -x
 * takes them.  Read at start, written on request only; lines that are not
 * ours stay.
 */
#ifndef NC_TOP_SETTINGS_H
#define NC_TOP_SETTINGS_H

#include "base/err.h"

struct ui;
struct model;

/* 0 also when there is no file; -1: where and why in *e. */
int settings_load(struct ui *u, struct model *m, struct nc_err *e);
int settings_save(struct ui *u, struct nc_err *e);

#endif
