/* SPDX-License-Identifier: MIT */
/*
 * libvirt: the source `libvirt`: the virtual machines of this host, or of
 * one that a URI names, in a child process with its own event loop.  Reads,
 * and never changes a domain.
 */
#include "libvirt/live.h"
#include "libvirt/replay.h"

static int
libvirt_check(const struct source_run *run, struct nc_err *e)
{
	if (source_get(run, "domstats") != NULL)
		return replay_check(run, e);
	return 0;
}

static int
libvirt_serve(void *state, const struct source_run *run,
    struct source_port *port, struct frame *f, struct nc_err *e)
{
	(void)state;
	if (source_get(run, "domstats") != NULL)
		return replay_serve(run, port, f, e);
	return live_serve(run, port, f, e);
}

static bool
libvirt_present(const char *root)
{
	struct local_hyper one;

	return *root == '\0' && local_find(&one, 1) != 0;
}

static bool
libvirt_elsewhere(const char *target)
{
	return !local_uri(target);
}

static const struct source_option options[] = {
    {"metadata", "LABEL=NS", NULL,
	"text of this <metadata> name space as a label", true},
    {"agent", NULL, "no", "ask guest agents too", false},
    {"agent-timeout", "SECS", "5s", "how long one may take to answer", false},
    {"exec", "NAME", NULL,
	"machine whose agent may run a program to list its processes", true},
    {"domstats", "FILE|-", NULL,
	"read what virsh domstats --raw printed instead of asking", false},
    {"times", "N", "1", "with domstats: each domain stands for N", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct source source_libvirt = {
    .name = "libvirt",
    .help = "virtual machines by way of libvirt",
    .target = "[URI]",
    .options = options,
    .present = libvirt_present,
    .elsewhere = libvirt_elsewhere,
    .flags = SOURCE_BLOCKS | SOURCE_DEFAULT,
    .check = libvirt_check,
    .serve = libvirt_serve,
    .doctor = libvirt_doctor,
};
