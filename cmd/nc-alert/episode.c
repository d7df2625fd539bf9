/* SPDX-License-Identifier: MIT */
/*
 * episode: names and what hangs on them.  Ids are digests of what they name,
 * so that the same input gives the same ids whenever and wherever it is
 * judged.
 */
#include "episode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "metric/topology.h"

static const char *const change_names[] = {
    [CHANGE_OPENED] = "opened",
    [CHANGE_SEVERITY] = "severity",
    [CHANGE_RESOLVED] = "resolved",
    [CHANGE_REMOVED] = "removed",
    [CHANGE_NODATA] = "nodata",
    [CHANGE_UPDATE] = "update",
    [CHANGE_FLAPPING] = "flapping",
    [CHANGE_STEADY] = "steady",
    [CHANGE_MUTED] = "muted",
    [CHANGE_UNMUTED] = "unmuted",
    [CHANGE_ACKED] = "acked",
    [CHANGE_UNACKED] = "unacked",
    [CHANGE_STORM] = "storm",
    [CHANGE_HEARTBEAT] = "heartbeat",
};

const char *
episode_change_name(enum machine_change change)
{
	return change_names[change];
}

void
episode_digest(char id[EPISODE_ID_SIZE], const char *const *texts)
{
	unsigned char sum[DIGEST_SHA256];
	struct digest *d = digest_begin();
	struct buf hex = {0};

	for (; *texts != NULL; texts++)
		digest_add(d, (struct span){*texts, strlen(*texts) + 1});
	digest_end(d, sum);
	digest_hex((struct span){(const char *)sum, 8}, &hex);
	memcpy(id, hex.data, EPISODE_ID_SIZE);
	buf_free(&hex);
}

void
episode_fingerprint(char id[EPISODE_ID_SIZE], const struct rule *rule,
    const struct subject *s)
{
	episode_digest(id,
	    (const char *const[]){rule->name, s->host, s->entity, s->id, NULL});
}

void
episode_name(struct episode *ep)
{
	char start[40];

	snprintf(start, sizeof(start), "%.3f", ep->start);
	episode_digest(ep->id,
	    (const char *const[]){ep->fingerprint, start, NULL});
}

void
episode_event(char id[EPISODE_ID_SIZE], const struct episode *ep,
    enum machine_change change)
{
	char seq[16];

	snprintf(seq, sizeof(seq), "%u", ep->seq);
	episode_digest(id,
	    (const char *const[]){ep->id, seq, change_names[change], NULL});
}

void
episode_mute(struct episode *ep, char **muted, size_t n)
{
	for (size_t i = 0; i < ep->nmuted; i++)
		free(ep->muted[i]);
	free(ep->muted);
	ep->muted = muted;
	ep->nmuted = n;
}

void
episode_ack(struct episode *ep, struct span author, struct span reason,
    double expires)
{
	free(ep->ack_author);
	free(ep->ack_reason);
	ep->ack_author = author.len != 0 ? xmemdup0(author.p, author.len)
					 : NULL;
	ep->ack_reason = reason.len != 0 ? xmemdup0(reason.p, reason.len)
					 : NULL;
	ep->ack_expires = expires;
	ep->acked = true;
}

void
episode_free(struct episode *ep)
{
	if (ep == NULL)
		return;
	episode_mute(ep, NULL, 0);
	free(ep->ack_author);
	free(ep->ack_reason);
	free(ep->unmuted_of);
	free(ep);
}
