/* SPDX-License-Identifier: MIT */
/*
 * heartbeat: an address that is asked for as long as we live, so that what
 * watches it raises the alarm when we do not; in trouble, the same with /fail
 * behind its path.  It is told of no alert.
 */
#include <string.h>

#include "kinds.h"
#include "service.h"

static int
build(const struct sending *s, unsigned step, struct request *q,
    struct nc_err *e)
{
	struct buf url = {0};
	size_t path;
	int rc;

	if (step > 0)
		return 1;
	q->method = "GET";
	if ((rc = service_target(s, &url, e)) == 0) {
		path = strcspn(url.data, "?");
		buf_add(&q->url, url.data, path);
		if (span_is(s->severity, "crit"))
			buf_adds(&q->url, path > 0 && url.data[path - 1] == '/'
					      ? "fail"
					      : "/fail");
		buf_adds(&q->url, url.data + path);
	}
	secret_wipe(&url);
	return rc;
}

static const struct channel_option options[] = {
    {.name = "cafile"},
    {.name = "pin"},
    {.name = NULL},
};

static const struct service service = {.target = SERVICE_URL, .build = build};

const struct channel_kind kind_heartbeat = {
    .name = "heartbeat",
    .targets = "an address",
    .secret_target = true,
    .options = options,
    .at_once = 1,
    .check = service_check_kind,
    .service = &service,
    SERVICE_FUNCTIONS,
    .beats = true,
};
