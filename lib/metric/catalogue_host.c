/* SPDX-License-Identifier: MIT */
/* catalogue_host: what is measured of a machine and its parts. */
#include "metric/catalogue_rows.h"

static const struct metric_entity entities[] = {
    {"host", NULL, "the host's name", "The machine as a whole"},
    {"host.cpu", "host", "cpu7", "One logical processor"},
    {"host.disk", "host", "WWN, else serial, else name", "A block device"},
    {"host.fs", "host", "mount point", "A mounted file system"},
    {"host.nic", "host", "name", "A network interface"},
    {"host.numa", "host", "node0", "A NUMA node"},
    {"host.sensor", "host", "chip/sensor", "A hardware sensor"},
};

#define H "host"

static const struct metric metrics[] = {
    GAUGE(H, "load1", NONE, BASIC, LOW | POSITIVE, "/proc/loadavg",
	"Load average over 1 minute"),
};

const struct catalogue_family catalogue_host = CATALOGUE_FAMILY(entities,
    metrics);
