# SPDX-License-Identifier: MIT
# top_fleet: rounds of a fleet, a blank line between them.  In each round a
# share of the hosts has other numbers than in the round before.
#   awk -f top_fleet.awk -v rounds=20 -v hosts=37 -v vms=500 -v change=0.3
# parts=1: machines with all a hypervisor tells, their disks and interfaces.

function begin(h, entity, id, labels)
{
	printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d.05,\"up\":%d," \
	    "\"host\":\"hv%02d\",\"source\":\"host\",\"entity\":\"%s\"," \
	    "\"id\":\"%s\"%s,\"interval\":1,\"since\":%d,\"values\":{", ts,
	    ts - start + 1000, h, entity, id,
	    labels == "" ? "" : ",\"labels\":{" labels "}", start - 1000
}

function grow(h, name, rate)
{
	sum[h, name] += rate
	return sprintf("\"%s\":%.6f", name, sum[h, name])
}

# The rest of a machine, its disk and its interface.
function machine(h, n, l)
{
	printf ",\"state\":1,\"vcpus\":2,\"mem_allocated_bytes\":%.0f," \
	    "\"mem_max_bytes\":%.0f,%s}}\n", 2 ^ 31, 2 ^ 32,
	    grow(n, "steal_seconds_total", l / 50)
	begin(h, "vm.disk", "vm-" n "/vda", "\"vm\":\"web" n "\"")
	printf "%s,%s,%s,%s,%s,%s}}\n",
	    grow(n, "read_bytes_total", 3e6 * l),
	    grow(n, "written_bytes_total", 9e6 * l),
	    grow(n, "reads_total", 90 * l), grow(n, "writes_total", 300 * l),
	    grow(n, "read_seconds_total", l / 90),
	    grow(n, "write_seconds_total", l / 40)
	begin(h, "vm.nic", "vm-" n "/52:54:00:00:00:01",
	    "\"vm\":\"web" n "\"")
	printf "%s,%s}}\n", grow(n, "receive_bytes_total", 1e7 * l),
	    grow(n, "transmit_bytes_total", 3e6 * l)
}

BEGIN {
	srand(7)
	start = now == "" ? 1763800000 : now
	for (h = 1; h <= hosts; h++)
		load[h] = rand()
	for (r = 0; r < rounds; r++) {
		ts = start + r
		for (h = 1; h <= hosts; h++) {
			if (rand() < change)
				load[h] = rand()
			l = load[h]
			begin(h, "host", sprintf("hv%02d", h), "")
			printf "\"cpus\":32,\"load1\":%.2f,%s,%s,%s,%s,%s",
			    40 * l, grow(h, "cpu_user_seconds_total", 6 * l),
			    grow(h, "cpu_system_seconds_total", 5 * l),
			    grow(h, "cpu_guest_seconds_total", 20 * l),
			    grow(h, "cpu_iowait_seconds_total", 1),
			    grow(h, "cpu_idle_seconds_total", 31 - 31 * l)
			printf ",\"mem_total_bytes\":%.0f," \
			    "\"mem_available_bytes\":%.0f", 2 ^ 36,
			    2 ^ 36 * (1 - l)
			printf ",%s,%s,%s}}\n",
			    grow(h, "psi_cpu_some_seconds_total", l / 3),
			    grow(h, "psi_mem_some_seconds_total", l / 50),
			    grow(h, "psi_io_some_seconds_total", l / 9)
			begin(h, "host.disk", "wwn-" h, "\"name\":\"sda\"")
			printf "%s,%s}}\n",
			    grow(h, "read_bytes_total", 3e7 * l),
			    grow(h, "written_bytes_total", 9e7 * l)
			begin(h, "host.nic", "eth0", "")
			printf "%s,%s}}\n",
			    grow(h, "receive_bytes_total", 1e8 * l),
			    grow(h, "transmit_bytes_total", 3e7 * l)
			for (n = h; n <= vms; n += hosts) {
				begin(h, "vm", "vm-" n, "\"name\":\"web" n "\"")
				printf "%s,\"mem_rss_bytes\":1073741824",
				    grow(n, "cpu_seconds_total", l)
				if (parts)
					machine(h, n, l)
				else
					printf "}}\n"
			}
			printf "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d.06," \
			    "\"host\":\"hv%02d\",\"source\":\"host\"," \
			    "\"seq\":%d,\"values\":{}}\n", ts, h, r
		}
		printf "\n"
	}
}
