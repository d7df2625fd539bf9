/* SPDX-License-Identifier: MIT */
/*
 * field: the fields of libvirt's bulk statistics by name, whether they come
 * as typed parameters or as text, and the guest they add up to.  Never
 * prints, never talks to libvirt.
 */
#ifndef NC_COLLECT_LIBVIRT_FIELD_H
#define NC_COLLECT_LIBVIRT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "metric/catalogue.h"

enum field_part { PART_VM, PART_VCPU, PART_DISK, PART_NIC, PARTS };

#define FIELD_SLOTS 96 /* metrics of a VM we know; a unit has fewer */
#define UNIT_SLOTS 48

/* What of a domain is there: unit.has, guest.has. */
enum field_seen {
	SEEN_STATE = 1u << 0,
	SEEN_REASON = 1u << 1,
	SEEN_BLOCK = 1u << 2, /* disks are listed */
	SEEN_BLOCK_STATS = 1u << 3, /* and the monitor told of them */
	SEEN_BALLOON = 1u << 4,
	SEEN_BALLOON_RSS = 1u << 5
};

/* A virtual processor, disk or interface. */
struct unit {
	unsigned index; /* libvirt's: may have holes */
	uint64_t seen; /* slots that are set */
	double v[UNIT_SLOTS];
	struct span name, path; /* borrowed from the input */
	double layer; /* backingIndex, NAN: not said */
};

struct units {
	struct unit *list; /* owned */
	size_t n, cap;
};

/* One bin of a disk's latency histogram. */
struct bin {
	unsigned disk, number, kind;
	double start_ns, count;
};

/* A field nobody knows, at level diagnostic. */
struct raw {
	enum field_part part;
	unsigned index;
	size_t at; /* of its name in raw_names */
	double v;
};

/* One domain as read; everything borrowed lives as long as its input. */
struct guest {
	struct span name; /* as the input says it */
	unsigned has; /* enum field_seen */
	int state, reason;
	double updated; /* balloon.last-update, NAN: not said */
	double dirty_status, dirty_start, dirty_period, dirty_rate;
	uint64_t seen[2]; /* slots of the VM that are set */
	double v[FIELD_SLOTS]; /* in libvirt's units: fields_value() */
	struct units units[PARTS]; /* [PART_VM] is empty */
	struct bin *bins; /* owned */
	size_t nbins, bins_cap;
	struct raw *raws; /* owned */
	size_t nraws, raws_cap;
	struct buf raw_names;
};

struct field_value {
	double number; /* NAN: none, or "unlimited" */
	struct span text; /* empty for a typed number */
};

struct fields; /* the table for one level, and the order last seen */

/* Owned: fields_free(). */
struct fields *fields_new(enum metric_level level);
void fields_free(struct fields *f); /* NULL is fine */
/* Names of the slots in the order they are written. */
size_t fields_count(const struct fields *f, enum field_part part);
const char *fields_name(const struct fields *f, enum field_part part, size_t i);
/* In the unit of its metric. */
double fields_value(const struct fields *f, const struct guest *g,
    size_t vm_slot);
/* The slot was told by the guest itself, by way of the balloon. */
bool fields_is_told(const struct fields *f, size_t vm_slot);

/* Empties it, keeps its memory. */
void guest_clear(struct guest *g);
void guest_free(struct guest *g);
/* The position-th field of a domain: a hint, domains resemble each other. */
void fields_take(struct fields *f, struct guest *g, size_t position,
    struct span name, const struct field_value *v);

static inline bool
guest_has(const struct guest *g, size_t slot)
{
	return (g->seen[slot / 64] >> slot % 64 & 1) != 0;
}

#endif
