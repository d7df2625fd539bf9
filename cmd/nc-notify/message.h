/* SPDX-License-Identifier: MIT */
/*
 * message: what is told of one alert or of many: an id, a title, a text, made
 * of the alerts alone, so that the same alerts are the same message.  Pure.
 */
#ifndef NC_NOTIFY_MESSAGE_H
#define NC_NOTIFY_MESSAGE_H

#include "channel.h"

struct message {
	struct buf id, title, text; /* owned */
};

/*
 * Orders alerts (n >= 1), composes, and fills kind, alert, alerts, nalerts,
 * id, thread, severity, ended, title, text of s from them; channel, now and
 * late of s must be there, and attempt and again.  Borrows alerts; what is
 * composed is m's until the next call.  suffix: of the id of a repeat.
 */
void message_compose(struct message *m, enum message_kind kind,
    const char *suffix, struct alert *alerts, size_t n, struct sending *s);
void message_free(struct message *m);

#endif
