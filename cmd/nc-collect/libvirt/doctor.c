/* SPDX-License-Identifier: MIT */
/*
 * doctor: what cannot be seen of the virtual machines, why, and the command
 * that mends it.  Runs in a child of its own with a deadline, so it may wait;
 * opens read-only, changes nothing.
 */
#include "libvirt/live.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define FINDINGS_MAX 50 /* machines named one by one */
#define HYPERS_MAX 8

struct doctor {
	source_tell *tell;
	void *arg;
	const char *uri;
	unsigned findings;
};

static void
say(const struct doctor *d, const char *what, const char *why, const char *mend)
{
	d->tell(d->arg, &(struct source_finding){what, why, mend});
}

static void
look_at_memory(struct doctor *d, const struct identity *i)
{
	char *what, *mend;

	if (i->balloon_period > 0 || ++d->findings > FINDINGS_MAX)
		return;
	what = xasprintf("memory inside of %s", i->name);
	mend = xasprintf("virsh -c %s dommemstat %s --period 10 --live", d->uri,
	    i->name);
	if (isnan(i->balloon_period))
		say(d, what, "it has no balloon device", NULL);
	else
		say(d, what, "the period of its balloon is not set", mend);
	free(what);
	free(mend);
}

static void
look_at_domain(struct doctor *d, virDomainPtr dom)
{
	char *xml = virDomainGetXMLDesc(dom, 0);
	struct identity *i;

	if (xml == NULL)
		return;
	i = identity_new(span_of("-"), span_of(virDomainGetName(dom)));
	if (identity_read(i, xml, NULL, 0) == 0)
		look_at_memory(d, i);
	identity_free(i);
	free(xml);
}

static void
look_at_domains(struct doctor *d, virConnectPtr conn)
{
	virDomainPtr *list;
	const char *type = virConnectGetType(conn);
	int n = virConnectListAllDomains(conn, &list,
	    VIR_CONNECT_LIST_DOMAINS_ACTIVE);

	for (int i = 0; i < n; i++) {
		if (type != NULL && span_is(span_of(type), "QEMU"))
			look_at_domain(d, list[i]);
		virDomainFree(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void
look_at(struct doctor *d, bool optional)
{
	virConnectPtr conn = virConnectOpenReadOnly(d->uri);
	virErrorPtr e;
	char *what;

	if (conn != NULL) {
		look_at_domains(d, conn);
		virConnectClose(conn);
		return;
	}
	e = virGetLastError();
	if (optional || e == NULL)
		return;
	what = xasprintf("machines of %s", d->uri);
	say(d, what, e->message,
	    e->code == VIR_ERR_AUTH_FAILED ||
		    (e->code == VIR_ERR_SYSTEM_ERROR && e->int1 == EACCES)
		? "usermod -aG libvirt \"$USER\""
		: NULL);
	free(what);
}

void
libvirt_doctor(const struct source_run *run, source_tell *tell, void *arg)
{
	struct doctor d = {tell, arg, NULL, 0};
	struct local_hyper found[HYPERS_MAX];
	size_t i, n = 1;

	if (source_get(run, "domstats") != NULL || run->root[0] != '\0')
		return;
	call_silence();
	found[0] = (struct local_hyper){run->target, false};
	if (run->target == NULL)
		n = local_find(found, HYPERS_MAX);
	if (n == 0)
		say(&d, "virtual machines",
		    "no hypervisor has a socket in /run/libvirt", NULL);
	for (i = 0; i < n; i++) {
		d.uri = found[i].uri;
		look_at(&d, found[i].optional);
	}
	if (n != 0 && access("/proc/schedstat", R_OK) == -1)
		say(&d, "time processors of a machine wait to run",
		    "the kernel was built without CONFIG_SCHEDSTATS", NULL);
}
