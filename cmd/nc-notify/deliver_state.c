/* SPDX-License-Identifier: MIT */
/*
 * deliver_state: what limits have left, in a small file of the spool, so that
 * runs of cron share them; and what the operator holds, a file a channel.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/afile.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "deliver_priv.h"

#define STATE_MAX 65536u
#define FOREVER 1e9 /* seconds */

/* LANE TOKENS AT USED SINCE */
static void
load_line(struct deliver *d, struct span line)
{
	struct span name, word;
	double v[4];
	struct lane *l;

	if (!str_word(&line, &name) || (l = map_get(d->by_name, name)) == NULL)
		return;
	for (size_t i = 0; i < 4; i++)
		if (!str_word(&line, &word) ||
		    parse_number(word, &v[i], NULL) == -1)
			return;
	l->ration = (struct ration){v[0], v[1], v[2], v[3]};
}

void
state_load(struct deliver *d)
{
	char *path = xasprintf("%s/limits", spool_dir(d->spool));
	struct buf b = {0};
	struct span rest, line;
	struct nc_err e;

	for (size_t i = 0; i < d->settings->nlanes; i++)
		ration_start(&d->lanes[i].ration, d->lanes[i].channel,
		    clock_real());
	if (afile_read(path, STATE_MAX, &b, &e) == -1) {
		if (e.code != ENOENT)
			deliver_trouble(d, &e);
	}
	rest = buf_span(&b);
	while (str_cut(rest, '\n', &line, &rest))
		load_line(d, line);
	buf_free(&b);
	free(path);
}

void
state_save(struct deliver *d)
{
	char *path;
	struct buf b = {0};
	struct nc_err e;

	if (!d->rationed)
		return;
	d->rationed = false;
	path = xasprintf("%s/limits", spool_dir(d->spool));
	for (size_t i = 0; i < d->settings->nlanes; i++) {
		const struct lane *l = &d->lanes[i];

		if (l->channel->rate.n > 0 || l->channel->budget.n > 0)
			buf_addf(&b, "%s %.6f %.3f %.0f %.3f\n", l->name->name,
			    l->ration.tokens, l->ration.at, l->ration.used,
			    l->ration.since);
	}
	if (afile_write(path, buf_span(&b), 0600, &e) == -1)
		deliver_trouble(d, &e);
	buf_free(&b);
	free(path);
}

void
state_holds(struct deliver *d)
{
	double until, now = clock_real();

	for (size_t i = 0; i < d->settings->nlanes; i++) {
		struct lane *l = &d->lanes[i];
		char *path = xasprintf("%s/hold/%s", spool_dir(d->spool),
		    l->channel->name);
		struct buf b = {0};

		l->held_until = 0;
		if (afile_read(path, STATE_MAX, &b, NULL) == 0) {
			until = 0;
			parse_number(str_trim(buf_span(&b)), &until, NULL);
			l->held_until = clock_mono() +
					(until > 0 ? until - now : FOREVER);
		}
		buf_free(&b);
		free(path);
	}
}
