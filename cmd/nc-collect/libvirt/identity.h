/* SPDX-License-Identifier: MIT */
/*
 * identity: who a domain and its parts are, apart from what they do: ids,
 * names, and what the XML says of what lies behind them.  Never prints.
 */
#ifndef NC_COLLECT_LIBVIRT_IDENTITY_H
#define NC_COLLECT_LIBVIRT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define IDENTITY_LABELS 12

struct identity_label {
	char *key, *value; /* owned */
};

struct identity_labels {
	struct identity_label list[IDENTITY_LABELS];
	size_t n;
};

/* A disk or an interface. */
struct identity_part {
	char *target; /* owned: "vda", "vnet0" */
	char *id; /* owned: what stands behind UUID/ */
	struct identity_labels labels;
};

struct identity_parts {
	struct identity_part *list; /* owned */
	size_t n;
};

/* A channel to a guest agent, and whether somebody is at its other end. */
enum identity_agent {
	IDENTITY_AGENT_NONE,
	IDENTITY_AGENT_SILENT,
	IDENTITY_AGENT_THERE
};

struct identity {
	char *id, *name; /* owned: UUID, and what people call it */
	struct identity_labels labels;
	struct identity_parts disks, nics;
	enum identity_agent agent;
	double balloon_period; /* seconds; 0: not set, NAN: not known */
	double since; /* start of this run, NAN: not known */
};

/* Owned: identity_free(). */
struct identity *identity_new(struct span id, struct span name);
void identity_free(struct identity *i); /* NULL is fine */
/* Copies; the latest of a key counts; nothing when there is no room or no
 * value. */
void identity_label(struct identity_labels *l, const char *key,
    struct span value);
/* A new part at the end; until the next call. */
struct identity_part *identity_part(struct identity_parts *p,
    struct span target, struct span id);
const struct identity_part *identity_find(const struct identity_parts *p,
    struct span target);

/* A <metadata> namespace whose text becomes a label. */
struct identity_wish {
	const char *label, *ns;
};

/*
 * identity_xml.c, the door to libxml2: fills in what the XML of a domain
 * says, -1 when it is no XML.  Text of the namespaces wished for (n of them)
 * becomes labels.
 */
int identity_read(struct identity *i, const char *xml,
    const struct identity_wish *wishes, size_t n);

#endif
