/* SPDX-License-Identifier: MIT */
/* kinds: the kinds of channel there are, for the table in channels.c. */
#ifndef NC_NOTIFY_KINDS_H
#define NC_NOTIFY_KINDS_H

#include "channel.h"

extern const struct channel_kind kind_alertmanager, kind_discord, kind_exec,
    kind_gotify, kind_heartbeat, kind_local, kind_mattermost, kind_matrix,
    kind_ntfy, kind_opsgenie, kind_pagerduty, kind_pushover, kind_rocketchat,
    kind_sendmail, kind_slack, kind_sms, kind_smtp, kind_teams, kind_telegram,
    kind_webhook;

#endif
