/* SPDX-License-Identifier: MIT */
/*
 * sources: where records come from when it is neither a file nor a pipe:
 * other hosts by ssh, a store.  Puts command lines together; runs nothing.
 */
#ifndef NC_TOP_SOURCES_H
#define NC_TOP_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gather.h"
#include "stream/record.h"

struct sources;

/* "ssh:DESTINATION". */
bool sources_remote(const char *operand);

/*
 * Every operand by ssh, sampled every interval seconds (NAN: 5), without end
 * or, when once, for two rounds.  NULL and *e: an operand is no destination.
 * Owned: sources_free().
 */
struct sources *sources_ssh(char *const *operands, size_t n, double interval,
    bool once, struct nc_err *e);
/*
 * The store in dir: its last hour up to now, then what is added, looked for
 * every interval seconds.  now is NAN, or an instant before which all is
 * (and then, as when once, nothing is looked for again).
 */
struct sources *sources_store(const char *dir, double interval, bool once,
    double now);
/* ssh and its options, up to the destination; NULL at the end. */
const char *const *sources_ssh_words(void);
const struct provider *sources_providers(const struct sources *s, size_t *n);
/* Takes up from a gatherer's event which host answers at which destination. */
void sources_learn(struct sources *s, const struct record *r);
/* ssh's name of a host, NULL: records of it did not come by ssh. */
const char *sources_destination(const struct sources *s, const char *host);
void sources_free(struct sources *s); /* NULL is fine */

#endif
