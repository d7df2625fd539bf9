/* SPDX-License-Identifier: MIT */
/* sources: see sources.h.  An argument list is never built from a record. */
#include "sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tool.h"

#define REMOTE_SECONDS 5.0
#define HISTORY_SECONDS 3600.0
#define ARGS_MAX 16

struct sources {
	struct provider *providers;
	const char *(*argv)[ARGS_MAX];
	char **hosts;
	size_t n;
	char *script, *from, *to, *tool; /* arguments of them all */
};

/*
 * For the shell of the other host, whichever that is, hence sh -c and no
 * single quote inside.  Its alerts come along where it has rules; its own
 * nc-alert keeps what it knows for itself (--state none).
 */
static const char remote[] =
    "exec sh -c 'if nc-alert -C >/dev/null 2>&1; then "
    "nc-collect -i %gs %s | nc-alert --state none --tick 10s; "
    "else exec nc-collect -i %gs %s; fi'";

/* hv1 of root@hv1, and of ssh://root@hv1:22.  Owned. */
static char *
destination_host(const char *name)
{
	const char *at = strrchr(name, '@'), *scheme = strstr(name, "://");

	if (at != NULL)
		name = at + 1;
	else if (scheme != NULL)
		name = scheme + 3;
	return xasprintf("%.*s", (int)strcspn(name, ":/"), name);
}

/* A password would be asked for on the screen; a peer that is gone has to be
 * found out. */
static const char *const ssh[] = {"ssh", "-T", "-o", "BatchMode=yes", "-o",
    "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o",
    "ServerAliveCountMax=3", "--", NULL};

const char *const *
sources_ssh_words(void)
{
	return ssh;
}

bool
sources_remote(const char *operand)
{
	return strncmp(operand, "ssh:", 4) == 0;
}

static struct sources *
make(size_t n)
{
	struct sources *s = xcalloc(1, sizeof(*s));

	s->n = n;
	s->providers = xcalloc(n, sizeof(*s->providers));
	s->argv = xcalloc(n, sizeof(*s->argv));
	s->hosts = xcalloc(n, sizeof(*s->hosts));
	return s;
}

struct sources *
sources_ssh(char *const *operands, size_t n, double interval, bool once,
    struct nc_err *e)
{
	struct sources *s = make(n);
	const char *rounds = once ? "-n 2" : "", *name;
	size_t i, k;

	if (isnan(interval))
		interval = REMOTE_SECONDS;
	s->script = xasprintf(remote, interval, rounds, interval, rounds);
	for (i = 0; i < n; i++) {
		name = operands[i] + strlen("ssh:");
		if (!sources_remote(operands[i]) || strcspn(name, "@:/") == 0) {
			err_set(e, 0,
			    "%s: expected ssh:HOST, as the others are",
			    operands[i]);
			sources_free(s);
			return NULL;
		}
		for (k = 0; ssh[k] != NULL; k++)
			s->argv[i][k] = ssh[k];
		s->argv[i][k] = name;
		s->argv[i][k + 1] = s->script;
		s->hosts[i] = destination_host(name);
		s->providers[i] = (struct provider){.name = name,
		    .host = s->hosts[i],
		    .argv = s->argv[i],
		    .again = once ? (double)INFINITY : 0};
	}
	return s;
}

struct sources *
sources_store(const char *dir, double interval, bool once, double now)
{
	/* What is no number first: who gets an hour of alerts wants the
	 * entities they are about to come behind them. */
	static const char kinds[] = "alert,action,event,gap,anomaly,change,"
				    "forecast,full,trend,cause,delivery";
	struct sources *s = make(2);
	double again = once || !isnan(now) ? (double)INFINITY : interval;
	size_t i, k;

	s->tool = tool_path("nc-query");
	if (!isnan(now)) {
		s->from = xasprintf("@%.0f", floor(now - HISTORY_SECONDS));
		s->to = xasprintf("@%.0f", ceil(now));
	}
	for (i = 0; i < s->n; i++) {
		const char *argv[ARGS_MAX] = {s->tool, "-q", "-d", dir,
		    "--from", s->from, NULL};

		k = 6;
		if (s->to != NULL) {
			argv[k++] = "--to";
			argv[k++] = s->to;
		}
		if (i == 0) {
			argv[k++] = "--kind";
			argv[k++] = kinds;
		}
		memcpy(s->argv[i], argv, sizeof(argv));
		s->providers[i] = (struct provider){.name = dir,
		    .host = "localhost", /* of its errors */
		    .argv = s->argv[i],
		    .from = isnan(now) ? 5 : 0,
		    .back = HISTORY_SECONDS,
		    .again = again};
		if (s->from == NULL)
			s->argv[i][5] = "@0"; /* stands for what gather puts */
	}
	return s;
}

const struct provider *
sources_providers(const struct sources *s, size_t *n)
{
	*n = s->n;
	return s->providers;
}

void
sources_learn(struct sources *s, const struct record *r)
{
	struct span name = record_label(r, "provider");

	if (r->kind != RECORD_EVENT || !span_is(r->source, "nc-top"))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (span_is(name, s->providers[i].name)) {
			free(s->hosts[i]);
			s->hosts[i] = xmemdup0(r->host.p, r->host.len);
			s->providers[i].host = s->hosts[i];
		}
}

const char *
sources_destination(const struct sources *s, const char *host)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->hosts[i] != NULL && strcmp(s->hosts[i], host) == 0)
			return s->providers[i].name;
	return NULL;
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->hosts[i]);
	free(s->hosts);
	free(s->providers);
	free(s->argv);
	free(s->script);
	free(s->from);
	free(s->to);
	free(s->tool);
	free(s);
}
