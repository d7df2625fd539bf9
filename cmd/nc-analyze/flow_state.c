/* SPDX-License-Identifier: MIT */
/*
 * flow_state: everything that a restart must not lose, as bytes and back:
 * series, hosts and their time, and what the analyses know.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "flow_priv.h"
#include "metric/series_state.h"

#define HOSTS_MAX 10000000u
#define FEEDS_MAX 10000u

static void
save_node(const struct node *n, struct buf *b)
{
	uint64_t feeds = 0;

	pack_text(b, span_of(n->host));
	pack_f64(b, n->now);
	pack_f64(b, n->heard);
	pack_f64(b, n->since);
	pack_f64(b, n->patience);
	pack_f64(b, n->silent);
	pack_u64(b, n->in_step);
	pack_u64(b, n->rounds);
	pack_u64(b, n->told);
	for (const struct feed *s = n->feeds; s != NULL; s = s->next)
		feeds++;
	pack_u64(b, feeds);
	for (const struct feed *s = n->feeds; s != NULL; s = s->next) {
		pack_text(b, span_of(s->source));
		pack_u64(b, s->sweeps);
		pack_u64(b, s->samples);
		pack_u64(b, s->values);
		pack_u64(b, s->learning);
	}
}

/* Whether a series has a state, and then that of each analysis. */
static void
save_series(const struct flow *f, struct buf *b)
{
	const struct series_entity *n = NULL;
	const char *block;
	const struct active *a;

	while ((n = series_next(f->table, n)) != NULL) {
		for (uint32_t i = 0; i < n->nseries; i++) {
			block = n->series[i].user;
			if (block == f->unwanted)
				block = NULL;
			pack_u64(b, block != NULL);
			for (size_t k = 0; block != NULL && k < f->nactive;
			     k++) {
				a = &f->active[k];
				a->kind->save_series(a->self, block + a->at, b);
			}
		}
	}
}

void
flow_save(const struct flow *f, struct buf *b)
{
	uint64_t nodes = 0;

	pack_u64(b, f->nactive);
	for (size_t k = 0; k < f->nactive; k++) {
		pack_text(b, span_of(f->active[k].kind->name));
		pack_u64(b, f->active[k].quiet);
	}
	series_save(f->table, b);
	for (const struct node *n = f->nodes; n != NULL; n = n->next)
		nodes++;
	pack_u64(b, nodes);
	for (const struct node *n = f->nodes; n != NULL; n = n->next)
		save_node(n, b);
	pack_f64(b, f->common);
	pack_text(b, span_of(f->slowest != NULL ? f->slowest->host : ""));
	pack_u64(b, f->looked);
	for (size_t k = 0; k < f->nactive; k++)
		f->active[k].kind->save(f->active[k].self, b);
	save_series(f, b);
}

/* --- back ------------------------------------------------------------------ */

static void
load_node(struct flow *f, struct pack_in *u)
{
	struct node *n = flow_node(f, pack_get_text(u));
	struct feed *s;
	uint64_t feeds;

	n->now = pack_get_f64(u);
	n->heard = pack_get_f64(u);
	n->since = pack_get_f64(u);
	n->patience = pack_get_f64(u);
	n->silent = pack_get_f64(u);
	n->in_step = pack_get_count(u, 1) != 0;
	n->rounds = pack_get_u64(u);
	n->told = pack_get_u64(u);
	feeds = pack_get_count(u, FEEDS_MAX);
	for (uint64_t i = 0; i < feeds && !u->failed; i++) {
		s = node_feed(n, pack_get_text(u));
		s->sweeps = pack_get_count(u, 1) != 0;
		s->samples = pack_get_u64(u);
		s->values = pack_get_u64(u);
		s->learning = pack_get_u64(u);
	}
}

static int
load_series(struct flow *f, struct pack_in *u)
{
	struct series_entity *n = NULL;
	struct point p = {0};
	const struct active *a;
	char *block;

	while ((n = series_next(f->table, n)) != NULL) {
		p.entity = n;
		p.node = flow_owner(f, n)->node;
		if (f->topology != NULL)
			topology_see(f->topology, n);
		for (uint32_t i = 0; i < n->nseries; i++) {
			if (pack_get_count(u, 1) == 0)
				continue;
			p.series = &n->series[i];
			p.name = series_shown(f->table, p.series);
			/* No longer among those asked for. */
			block = flow_block(f, n, p.series);
			if (block == f->unwanted)
				return -1;
			for (size_t k = 0; k < f->nactive; k++) {
				a = &f->active[k];
				if (a->kind->load_series(a->self, &p,
					block + a->at, u) == -1)
					return -1;
			}
		}
	}
	return u->failed ? -1 : 0;
}

int
flow_load(struct flow *f, struct pack_in *u, struct nc_err *e)
{
	uint64_t n = pack_get_u64(u);
	bool same = n == f->nactive;

	for (size_t k = 0; same && k < f->nactive; k++)
		same = span_is(pack_get_text(u), f->active[k].kind->name) &&
		       pack_get_count(u, 1) == f->active[k].quiet;
	if (!same)
		return err_set(e, 0, "made for other analyses");
	if (series_load(f->table, u, e) == -1)
		return -1;
	n = pack_get_count(u, HOSTS_MAX);
	for (uint64_t i = 0; i < n && !u->failed; i++)
		load_node(f, u);
	f->common = pack_get_f64(u);
	f->slowest = map_get(f->hosts, pack_get_text(u));
	f->looked = pack_get_u64(u);
	for (size_t k = 0; k < f->nactive; k++)
		if (f->active[k].kind->load(f->active[k].self, u) == -1)
			return err_set(e, 0, "%s: made with other options",
			    f->active[k].kind->name);
	if (load_series(f, u) == -1 || u->failed)
		return err_set(e, 0, "made with other options");
	return 0;
}
