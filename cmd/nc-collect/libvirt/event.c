/* SPDX-License-Identifier: MIT */
/*
 * event: what happens to domains between rounds, as event records.  The
 * callbacks run in the main thread, out of libvirt's loop; they only emit and
 * take notes.
 */
#include "libvirt/live.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"

struct event {
	const char *name, *detail; /* detail may be NULL */
	const char *key, *text; /* one more member, or NULL */
	const char *number_key; /* one more number, or NULL */
	double number;
	bool changed; /* the XML is another one now */
	bool restless; /* its run may be another one now */
};

static void
tell(struct hyper *h, virDomainPtr dom, const struct event *e)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct live *l = h->live;
	struct domain *d;

	if (virDomainGetUUIDString(dom, uuid) == -1)
		return;
	if ((e->changed || e->restless) && (d = hyper_find(h, dom)) != NULL) {
		d->described = d->described && !e->changed;
		d->restless = d->restless || e->restless;
	}
	live_clock(l, h, clock_real(), clock_boot());
	frame_begin(l->frame, RECORD_EVENT, "vm", span_of(uuid));
	frame_label(l->frame, "name", span_of(virDomainGetName(dom)));
	frame_text(l->frame, "event", span_of(e->name));
	if (e->detail != NULL && *e->detail != '\0')
		frame_text(l->frame, "detail", span_of(e->detail));
	if (e->key != NULL && e->text != NULL && *e->text != '\0')
		frame_text(l->frame, e->key, span_of(e->text));
	if (e->number_key != NULL)
		frame_number(l->frame, e->number_key, e->number);
	if (frame_end(l->frame) == -1)
		l->over = true;
}

static const char *
word(const char *const *words, size_t n, int i)
{
	return i >= 0 && (size_t)i < n ? words[i] : NULL;
}

#define WORD(words, i) word(words, sizeof(words) / sizeof((words)[0]), i)

/* --- lifecycle ------------------------------------------------------------ */

/* virDomainEventType and the detail types of libvirt-domain.h. */
static const char *const types[] = {"defined", "undefined", "started",
    "suspended", "resumed", "stopped", "shutdown", "pmsuspended", "crashed"};
#define DETAILS 12
static const char *const details[][DETAILS] = {{"added", "updated", "renamed",
						   "from snapshot"},
    {"removed", "renamed"},
    {"booted", "migrated", "restored", "from snapshot", "wakeup"},
    {"paused", "migrated", "I/O error", "watchdog", "restored", "from snapshot",
	"api error", "post-copy", "post-copy failed"},
    {"unpaused", "migrated", "from snapshot", "post-copy", "post-copy failed"},
    {"shutdown", "destroyed", "crashed", "migrated", "saved", "failed",
	"from snapshot"},
    {"finished", "by the guest", "by the host"}, {"memory", "disk"},
    {"panicked", "crashloaded"}};

static int
on_lifecycle(virConnectPtr conn, virDomainPtr dom, int type, int detail,
    void *arg)
{
	struct event e = {.name = WORD(types, type)};

	(void)conn;
	if (e.name == NULL)
		e.name = "lifecycle";
	else if (detail >= 0 && detail < DETAILS)
		e.detail = details[type][detail];
	e.restless = true;
	e.changed = type == VIR_DOMAIN_EVENT_DEFINED ||
		    type == VIR_DOMAIN_EVENT_STARTED;
	tell(arg, dom, &e);
	return 0;
}

/* --- the others ----------------------------------------------------------- */

static void
on_reboot(virConnectPtr conn, virDomainPtr dom, void *arg)
{
	(void)conn;
	tell(arg, dom, &(struct event){.name = "reboot"});
}

static void
on_control_error(virConnectPtr conn, virDomainPtr dom, void *arg)
{
	(void)conn;
	tell(arg, dom, &(struct event){.name = "control_error"});
}

static void
on_watchdog(virConnectPtr conn, virDomainPtr dom, int action, void *arg)
{
	static const char *const actions[] = {"none", "pause", "reset",
	    "poweroff", "shutdown", "debug", "inject NMI"};

	(void)conn;
	tell(arg, dom,
	    &(struct event){.name = "watchdog",
		.detail = WORD(actions, action)});
}

static void
on_io_error(virConnectPtr conn, virDomainPtr dom, const char *path,
    const char *alias, int action, const char *reason, void *arg)
{
	static const char *const actions[] = {"ignored", "paused", "reported"};
	const char *what = WORD(actions, action);
	char text[160];

	(void)conn;
	(void)path;
	snprintf(text, sizeof(text), "%s%s%s",
	    reason != NULL && *reason != '\0' ? reason : "unknown reason",
	    what != NULL ? ", " : "", what != NULL ? what : "");
	tell(arg, dom,
	    &(struct event){.name = "io_error",
		.detail = text,
		.key = "device",
		.text = alias});
}

static void
on_threshold(virConnectPtr conn, virDomainPtr dom, const char *dev,
    const char *path, unsigned long long threshold, unsigned long long excess,
    void *arg)
{
	(void)conn;
	(void)path;
	(void)excess;
	tell(arg, dom,
	    &(struct event){.name = "block_threshold",
		.key = "device",
		.text = dev,
		.number_key = "threshold_bytes",
		.number = (double)threshold});
}

static void
on_balloon(virConnectPtr conn, virDomainPtr dom, unsigned long long actual,
    void *arg)
{
	(void)conn;
	tell(arg, dom,
	    &(struct event){.name = "balloon_change",
		.number_key = "mem_allocated_bytes",
		.number = (double)actual * 1024});
}

static void
device(void *arg, virDomainPtr dom, const char *name, const char *alias)
{
	tell(arg, dom,
	    &(struct event){.name = name,
		.key = "device",
		.text = alias,
		.changed = true});
}

static void
on_added(virConnectPtr conn, virDomainPtr dom, const char *alias, void *arg)
{
	(void)conn;
	device(arg, dom, "device_added", alias);
}

static void
on_removed(virConnectPtr conn, virDomainPtr dom, const char *alias, void *arg)
{
	(void)conn;
	device(arg, dom, "device_removed", alias);
}

static void
on_not_removed(virConnectPtr conn, virDomainPtr dom, const char *alias,
    void *arg)
{
	(void)conn;
	device(arg, dom, "device_removal_failed", alias);
}

static void
on_medium(virConnectPtr conn, virDomainPtr dom, const char *from,
    const char *to, const char *alias, int reason, void *arg)
{
	(void)conn;
	(void)from;
	(void)to;
	(void)reason;
	device(arg, dom, "disk_change", alias);
}

static void
on_metadata(virConnectPtr conn, virDomainPtr dom, int type, const char *ns,
    void *arg)
{
	(void)conn;
	(void)type;
	tell(arg, dom,
	    &(struct event){.name = "metadata_change",
		.key = "namespace",
		.text = ns,
		.changed = true});
}

static void
on_agent(virConnectPtr conn, virDomainPtr dom, int state, int reason, void *arg)
{
	static const char *const states[] = {NULL, "connected", "disconnected"};

	(void)conn;
	(void)reason;
	tell(arg, dom,
	    &(struct event){.name = "agent", .detail = WORD(states, state)});
}

static void
on_memory_failure(virConnectPtr conn, virDomainPtr dom, int recipient,
    int action, unsigned flags, void *arg)
{
	static const char *const actions[] = {"ignored", "injected", "fatal",
	    "reset"};

	(void)conn;
	(void)flags;
	tell(arg, dom,
	    &(struct event){.name = "memory_failure",
		.detail = WORD(actions, action),
		.key = "recipient",
		.text = recipient == 0 ? "hypervisor" : "guest"});
}

static void
on_iteration(virConnectPtr conn, virDomainPtr dom, int iteration, void *arg)
{
	(void)conn;
	job_expect(arg, dom);
	tell(arg, dom,
	    &(struct event){.name = "migration_iteration",
		.number_key = "iteration",
		.number = iteration});
}

static void
on_block_job(virConnectPtr conn, virDomainPtr dom, const char *disk, int type,
    int status, void *arg)
{
	static const char *const states[] = {"completed", "failed", "canceled",
	    "ready"};

	(void)conn;
	(void)type;
	tell(arg, dom,
	    &(struct event){.name = "block_job",
		.detail = WORD(states, status),
		.key = "device",
		.text = disk});
}

/* What a job took in the end: for a migration, the guest's pause. */
static void
on_job(virConnectPtr conn, virDomainPtr dom, virTypedParameterPtr params, int n,
    void *arg)
{
	struct event e = {.name = "job_completed"};
	char text[100];
	double elapsed = (double)NAN, downtime = (double)NAN;
	struct span field;

	(void)conn;
	for (int i = 0; i < n; i++) {
		field = span_of(params[i].field);
		if (span_is(field, VIR_DOMAIN_JOB_TIME_ELAPSED))
			typed_number(&params[i], &elapsed);
		else if (span_is(field, VIR_DOMAIN_JOB_DOWNTIME))
			typed_number(&params[i], &downtime);
	}
	if (isfinite(elapsed)) {
		snprintf(text, sizeof(text), "took %.3f s", elapsed / 1e3);
		e.detail = text;
	}
	if (isfinite(downtime)) {
		e.number_key = "downtime_seconds";
		e.number = downtime / 1e3;
	}
	tell(arg, dom, &e);
}

static void
on_close(virConnectPtr conn, int reason, void *arg)
{
	struct hyper *h = arg;

	(void)conn;
	(void)reason;
	h->lost = true;
}

/* What this hypervisor has no events of is no failure. */
bool
event_register(virConnectPtr conn, void *owner)
{
	const struct {
		int id;
		virConnectDomainEventGenericCallback fn;
	} events[] = {
	    {VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
	    {VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(on_reboot)},
	    {VIR_DOMAIN_EVENT_ID_CONTROL_ERROR,
		VIR_DOMAIN_EVENT_CALLBACK(on_control_error)},
	    {VIR_DOMAIN_EVENT_ID_WATCHDOG,
		VIR_DOMAIN_EVENT_CALLBACK(on_watchdog)},
	    {VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON,
		VIR_DOMAIN_EVENT_CALLBACK(on_io_error)},
	    {VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD,
		VIR_DOMAIN_EVENT_CALLBACK(on_threshold)},
	    {VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
		VIR_DOMAIN_EVENT_CALLBACK(on_balloon)},
	    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
		VIR_DOMAIN_EVENT_CALLBACK(on_added)},
	    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
		VIR_DOMAIN_EVENT_CALLBACK(on_removed)},
	    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
		VIR_DOMAIN_EVENT_CALLBACK(on_not_removed)},
	    {VIR_DOMAIN_EVENT_ID_DISK_CHANGE,
		VIR_DOMAIN_EVENT_CALLBACK(on_medium)},
	    {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
		VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
	    {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
		VIR_DOMAIN_EVENT_CALLBACK(on_agent)},
	    {VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE,
		VIR_DOMAIN_EVENT_CALLBACK(on_memory_failure)},
	    {VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
		VIR_DOMAIN_EVENT_CALLBACK(on_iteration)},
	    {VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
		VIR_DOMAIN_EVENT_CALLBACK(on_block_job)},
	    {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
		VIR_DOMAIN_EVENT_CALLBACK(on_job)},
	};

	bool told = false;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (virConnectDomainEventRegisterAny(conn, NULL, events[i].id,
			events[i].fn, owner, NULL) != -1 &&
		    events[i].id == VIR_DOMAIN_EVENT_ID_LIFECYCLE)
			told = true;
	virConnectRegisterCloseCallback(conn, on_close, owner, NULL);
	return told;
}
