/* SPDX-License-Identifier: MIT */
/* settings_priv: what the readers of notify.conf share. */
#ifndef NC_NOTIFY_SETTINGS_PRIV_H
#define NC_NOTIFY_SETTINGS_PRIV_H

#include "lang/config.h"
#include "settings.h"

struct reading {
	struct settings *s;
	struct diag *diag;
	struct config_options o;
	unsigned faults;
};

/* The place of a channel, or nchannels. */
size_t settings_find(const struct settings *s, const char *name);
/* A new channel of that name, which is in hand at token 1; NULL: reported. */
struct channel *settings_add(struct reading *r, struct config_cursor *cur);
int settings_seconds(struct config_cursor *cur, double least, double *to);
/* Statements, their first word read. */
int settings_channel_read(struct reading *r, struct config_cursor *cur);
int settings_rule(struct reading *r, struct config_cursor *cur, bool block);
int settings_window(struct reading *r, struct config_cursor *cur);
int settings_rota(struct reading *r, struct config_cursor *cur);
int settings_escalation(struct reading *r, struct config_cursor *cur);
void settings_channel_free(struct channel *c); /* what it holds */

#endif
