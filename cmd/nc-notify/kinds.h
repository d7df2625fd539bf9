/* SPDX-License-Identifier: MIT */
/* kinds: the kinds of channel there are, for the table in channels.c. */
#ifndef NC_NOTIFY_KINDS_H
#define NC_NOTIFY_KINDS_H

#include "channel.h"

extern const struct channel_kind kind_alertmanager, kind_exec, kind_local,
    kind_sendmail, kind_smtp, kind_webhook;

#endif
