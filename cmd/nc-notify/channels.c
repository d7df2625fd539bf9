/* SPDX-License-Identifier: MIT */
/* channels: the kinds of channel, found by name. */
#include <string.h>

#include "channel.h"
#include "kinds.h"

#define ROW(NAME) &kind_##NAME,

static const struct channel_kind *const kinds[] = {KINDS(ROW)};

const struct channel_kind *
channel_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

void
channel_kinds(struct buf *b)
{
	size_t n = sizeof(kinds) / sizeof(*kinds);

	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%s", kinds[i]->name,
		    i + 2 < n   ? ", "
		    : i + 1 < n ? " or "
				: "");
}

const struct channel_value *
channel_value(const struct channel *c, const char *option, size_t n)
{
	for (size_t i = 0; i < c->nvalues; i++)
		if (strcmp(c->values[i].option->name, option) == 0 && n-- == 0)
			return &c->values[i];
	return NULL;
}

int
channel_secret(const struct sending *s, const struct secret *secret,
    struct buf *b, struct nc_err *e)
{
	if (!s->redact)
		return secret_read(secret, b, e);
	buf_adds(b, "***");
	return 0;
}
