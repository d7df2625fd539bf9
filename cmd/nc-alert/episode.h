/* SPDX-License-Identifier: MIT */
/*
 * episode: one rule on one entity from the moment it fires to the moment it
 * does not any more, and what people have done about it.
 */
#ifndef NC_ALERT_EPISODE_H
#define NC_ALERT_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* Hexadecimal digits of fingerprints and ids, with their NUL. */
#define EPISODE_ID_SIZE 17

struct subject;
struct watch;
struct target;

struct episode {
	struct episode *next, *prev; /* of the host, in order of opening */
	struct target *target;
	struct watch *watch;
	const struct rule *rule;
	char fingerprint[EPISODE_ID_SIZE], id[EPISODE_ID_SIZE];
	char incident[EPISODE_ID_SIZE], root[EPISODE_ID_SIZE];
	double start;
	uint32_t seq; /* of the next record */
	int8_t severity, was;
	bool nodata; /* raised by silence */
	bool over; /* its last record is being made */
	bool flapping;
	bool calm; /* flapping, and its condition does not hold now */
	bool stormy; /* opened in a storm that is not over */
	bool acked;
	double ack_expires; /* INFINITY: with the episode */
	char *ack_author, *ack_reason; /* owned; NULL: not said */
	char **muted; /* why nobody is told, in order; owned */
	size_t nmuted;
	char *unmuted_of; /* the last reason that went; owned, NULL: none */
	bool turned; /* muted or unmuted, and not told yet */
};

/* The first 64 bits of the digest of some texts, each with its NUL, in
 * hexadecimal.  NULL ends the texts. */
void episode_digest(char id[EPISODE_ID_SIZE], const char *const *texts);
void episode_fingerprint(char id[EPISODE_ID_SIZE], const struct rule *rule,
    const struct subject *s);
/* What it is to be called, once its fingerprint and start are known. */
void episode_name(struct episode *ep);
/* The event of that change, with the seq in hand. */
void episode_event(char id[EPISODE_ID_SIZE], const struct episode *ep,
    enum machine_change change);
const char *episode_change_name(enum machine_change change);
/* Takes a list of owned texts over. */
void episode_mute(struct episode *ep, char **muted, size_t n);
void episode_ack(struct episode *ep, struct span author, struct span reason,
    double expires);
void episode_free(struct episode *ep); /* NULL is fine; out of all lists */

#endif
