/* SPDX-License-Identifier: MIT */
/*
 * spool: accepted alerts on disk, one item a channel and recipient, each a
 * file: the record as it came, then a log of what was tried.  An item is in
 * new/ until it is delivered, then in sent/, or in dead/ when it never will
 * be.  Its name is made of ids alone, so that the same alert accepted twice is
 * one item.
 *
 * What spool_commit() has returned 0 for outlives a crash of the machine:
 * file, then its name, then the folder are synced.  A result is synced
 * before the item moves, so nothing known to be sent is sent again.
 */
#ifndef NC_NOTIFY_SPOOL_H
#define NC_NOTIFY_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "alert.h"
#include "base/buf.h"
#include "base/err.h"

enum spool_box { SPOOL_NEW, SPOOL_SENT, SPOOL_DEAD };

/* What an item tells, a letter of its name. */
enum spool_letter {
	SPOOL_FIRING = 'f',
	SPOOL_ACKED = 'a',
	SPOOL_UNACKED = 'u',
	SPOOL_RESOLVED = 'r',
	SPOOL_REPEAT = 'p', /* that it still fires, as long as it does */
	SPOOL_STEP = 'e' /* the same, the nth time of an escalation */
};

/* The parts of an item's name: EPISODE.SEQf[NTH].EVENT.LANE. */
struct spool_name {
	struct span episode, event_id, lane;
	uint32_t seq;
	unsigned nth; /* 0: none */
	char letter;
	bool ended; /* its letter is SPOOL_RESOLVED */
};

/* What the file of an item says beside its record. */
struct spool_item {
	struct span record; /* in the buffer it was read into */
	double accepted; /* wall time */
	unsigned attempts; /* intents */
	unsigned repeats; /* how often a repeat was told */
	unsigned step; /* of an escalation: those done */
	bool again; /* the last intent has no result: it may have arrived */
	bool sent; /* delivered, and only the move is missing */
	bool handed; /* from another channel, which could not be reached */
	double next; /* wall time of the next try, 0: at once */
	double noted; /* wall time when that was written */
	struct span last; /* the last line of its log, or empty */
	struct span with; /* of the last intent: names without their lane, what
			     was told in the same message */
};

struct spool;

/* What ends the name of an item in dead/ that could not be read. */
#define SPOOL_DAMAGED ".bad"

/* Makes what is missing.  Owned: spool_close(). */
struct spool *spool_open(const char *dir, struct nc_err *e);
void spool_close(struct spool *sp); /* NULL is fine */
const char *spool_dir(const struct spool *sp);

/* What an alert is in a name. */
char spool_letter(const struct alert *a);
/*
 * One alert for one lane, kept in memory until spool_commit(): durable when
 * that has returned 0, not before.  nth is of SPOOL_STEP; note, the first
 * line of its log, may be NULL.
 */
void spool_add(struct spool *sp, const struct alert *a, const char *lane,
    char letter, unsigned nth, const char *note, double now);
/*
 * Writes what was added; on -1 all of it stays in memory, to be written again
 * by the next call.  told hears of the names that were committed, those that
 * were there already among them.
 */
int spool_commit(struct spool *sp, void (*told)(void *arg, const char *name),
    void *arg, struct nc_err *e);
size_t spool_pending(const struct spool *sp); /* added, not committed */
void spool_forget(struct spool *sp); /* what was added and not committed */
/* Whether a lane was or will be told of an episode; looks again on disk
 * where it does not know. */
bool spool_knows(struct spool *sp, struct span episode, const char *lane);
/* 1 + the highest seq of the episode that the lane was told; 0: none. */
uint64_t spool_told(const struct spool *sp, struct span episode,
    struct span lane);
/* The letter of the latest item of the episode in the lane, told or not,
 * repeats and steps apart; 0: none is known. */
char spool_latest(const struct spool *sp, struct span episode,
    struct span lane);

/* An item that somebody else has added. */
void spool_heard(struct spool *sp, const struct spool_name *n);

bool spool_name(const char *file, struct spool_name *n);
int spool_list(struct spool *sp, enum spool_box box,
    void (*found)(void *arg, const char *name), void *arg, struct nc_err *e);
/*
 * Reads an item into b (which is cleared).  A torn last line of its log, left
 * by a crash, is cut off when mend is set.  EBADMSG: damaged.
 */
int spool_read(struct spool *sp, enum spool_box box, const char *name,
    bool mend, struct buf *b, struct spool_item *it, struct nc_err *e);
/* The same of bytes at hand; name for messages.  *torn: bytes of a last line
 * without its end. */
int spool_parse(struct span bytes, const char *name, struct spool_item *it,
    size_t *torn, struct nc_err *e);
/* One line for the log of an item in new/, synced unless it is only for who
 * reads it. */
int spool_note(struct spool *sp, const char *name, const char *line, bool sync,
    struct nc_err *e);
int spool_move(struct spool *sp, const char *name, enum spool_box from,
    enum spool_box to, struct nc_err *e);
int spool_remove(struct spool *sp, enum spool_box box, const char *name,
    struct nc_err *e);
/* From dead/ back to new/, as if it had just been accepted. */
int spool_redrive(struct spool *sp, const char *name, double now,
    struct nc_err *e);
/* A damaged item, put aside in dead/ as NAME.bad. */
void spool_put_aside(struct spool *sp, const char *name);
/* What is too old to be of use: sent items, left-overs of crashes. */
void spool_tidy(struct spool *sp, double now);

/* Tells whoever delivers from this spool that there is something new, and
 * hears of it: a descriptor to poll, or -1. */
void spool_poke(struct spool *sp);
int spool_listen(struct spool *sp, struct nc_err *e);

#endif
