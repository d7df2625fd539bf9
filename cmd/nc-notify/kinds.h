/* SPDX-License-Identifier: MIT */
/* kinds: the table of the kinds of channel: a row, and a file in channel/ that
 * defines kind_NAME, is all that a new one needs. */
#ifndef NC_NOTIFY_KINDS_H
#define NC_NOTIFY_KINDS_H

#include "channel.h"

/* clang-format off */
#define KINDS(ROW) \
	ROW(alertmanager) \
	ROW(discord) \
	ROW(exec) \
	ROW(gotify) \
	ROW(heartbeat) \
	ROW(local) \
	ROW(mattermost) \
	ROW(matrix) \
	ROW(ntfy) \
	ROW(opsgenie) \
	ROW(pagerduty) \
	ROW(pushover) \
	ROW(rocketchat) \
	ROW(sendmail) \
	ROW(slack) \
	ROW(sms) \
	ROW(smtp) \
	ROW(teams) \
	ROW(telegram) \
	ROW(webhook)
/* clang-format on */

#define KIND_DECLARE(NAME) extern const struct channel_kind kind_##NAME;
KINDS(KIND_DECLARE)

#endif
