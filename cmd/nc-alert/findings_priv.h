/* SPDX-License-Identifier: MIT */
/* findings_priv: what findings are kept in; only findings*.c include it. */
#ifndef NC_ALERT_FINDINGS_PRIV_H
#define NC_ALERT_FINDINGS_PRIV_H

#include <stdint.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "findings.h"
#include "stream/json.h"

#define POINTS_MAX 1024 /* of a forecast */

/* Of one metric of one entity. */
struct finding {
	char *metric; /* "": of the entity as a whole */
	bool open, full, changed; /* an anomaly; the others were told */
	double score;
	double when, probability; /* full: epoch, INFINITY: never */
	double onset, delta, confidence; /* the latest change */
	double *points; /* forecast for forecast_ts + step, ... */
	size_t npoints;
	double forecast_ts, step, error;
	double gap; /* between the latest two, 0: there was one */
};

struct suspect {
	char *incident;
	double score;
};

/* One entity. */
struct about {
	struct finding *findings;
	size_t nfindings;
	struct suspect *suspects;
	size_t nsuspects;
};

/* What was looked at of one source. */
struct cover {
	struct cover *next;
	char *source;
	double ts, interval;
	unsigned analyses;
	char *only_text; /* NULL: all series */
	struct selector **only;
	size_t nonly;
};

struct node {
	struct cover *covers;
	double seq; /* of the latest sweep; -1: none yet */
};

struct findings {
	struct map *hosts; /* name: struct node */
	struct map *abouts; /* host NUL entity NUL id: struct about */
};

unsigned findings_bit(enum expr_function f);
/* Found or made. */
struct node *findings_node(struct findings *f, struct span host);
struct cover *node_cover(struct node *n, struct span source);
struct about *findings_about(struct findings *f, struct span host,
    struct span entity, struct span id);
struct finding *about_finding(struct about *a, struct span metric);
/* NULL: nothing was ever found. */
const struct about *findings_find(const struct findings *f,
    const struct subject *s);
void about_suspect(struct about *a, struct span incident, double score);
void findings_end_incident(struct findings *f, struct span incident);
void findings_forget_host(struct findings *f, struct span host);
void cover_clear(struct cover *c); /* its selectors */

#endif
