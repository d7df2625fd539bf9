#!/usr/bin/env bats
# The source host against node_exporter, which nobody here wrote: read before
# and after a scrape, a counter of theirs lies between our two.

load lib

setup() {
	need nc-collect jq curl prometheus-node-exporter
	sandbox
	local port=$((20000 + RANDOM % 20000))
	prometheus-node-exporter --web.listen-address=127.0.0.1:$port \
	    --log.level=error >exporter.log 2>&1 3>&- &
	exporter=$!
	url=http://127.0.0.1:$port/metrics
	until_true 10 curl -fso /dev/null "$url" || {
		stop $exporter
		skip "node_exporter does not start: $(head -1 exporter.log)"
	}
	timeout 20 nc-collect -l diagnostic host >before
	curl -fs "$url" >theirs
	timeout 20 nc-collect -l diagnostic host >after
	stop $exporter
}

# theirs REGEX: the sum of the values whose series matches.
theirs() {
	awk -v re="^$1" '$0 ~ re { sum += $NF; n++ }
	    END { if (n) printf "%.9f\n", sum }' theirs
}

# ours FILE ENTITY NAME-OR-ID KEY[+KEY]
ours() {
	jq -r --arg e "$2" --arg i "$3" --arg k "$4" 'select(.kind == "sample"
	    and .entity == $e and ($i == "-" or .id == $i or
	    .labels.name == $i)) | .values as $v | [$k | split("+")[] |
	    $v[.] // empty] | add // empty' "$1" | head -1
}

# between TABLE: lines ENTITY ID KEYS TOLERANCE REGEX; every one must hold.
between() {
	local entity id keys tolerance re low high value n=0
	while read -r entity id keys tolerance re; do
		value=$(theirs "$re")
		low=$(ours before "$entity" "$id" "$keys")
		high=$(ours after "$entity" "$id" "$keys")
		if [ -z "$value" ] && [ -z "$low" ]; then
			echo "# $keys: neither has it" >&3
			continue
		fi
		awk -v v="$value" -v l="$low" -v h="$high" -v t="$tolerance" \
		    'BEGIN { exit !(v != "" && l != "" && h != "" &&
		    v >= (l < h ? l : h) - t && v <= (l > h ? l : h) + t) }' ||
		    fail "$entity $id $keys: ours $low..$high, theirs $value"
		n=$((n + 1))
	done
	[ $n -ge "$1" ] || fail "only $n compared"
}

@test "processor: modes, switches, forks, interrupts, load" {
	# Theirs is summed over processors, each cut to a tick.
	tick=$(awk -v n="$(nproc --all)" 'BEGIN { print n * 0.01 }')
	between 15 <<-END
	host - cpu_user_seconds_total+cpu_guest_seconds_total $tick node_cpu_seconds_total{.*mode="user"
	host - cpu_nice_seconds_total+cpu_guest_nice_seconds_total $tick node_cpu_seconds_total{.*mode="nice"
	host - cpu_system_seconds_total $tick node_cpu_seconds_total{.*mode="system"
	host - cpu_idle_seconds_total $tick node_cpu_seconds_total{.*mode="idle"
	host - cpu_iowait_seconds_total $tick node_cpu_seconds_total{.*mode="iowait"
	host - cpu_softirq_seconds_total $tick node_cpu_seconds_total{.*mode="softirq"
	host - cpu_steal_seconds_total $tick node_cpu_seconds_total{.*mode="steal"
	host.cpu cpu0 cpu_system_seconds_total 0 node_cpu_seconds_total{cpu="0",mode="system"
	host - context_switches_total 0 node_context_switches_total
	host - forks_total 0 node_forks_total
	host - interrupts_total 0 node_intr_total
	host - boot_timestamp_seconds 0 node_boot_time_seconds
	host - load1 0.1 node_load1[^0-9]
	host - load5 0.1 node_load5
	host - load15 0.1 node_load15
	host - psi_cpu_some_seconds_total 0 node_pressure_cpu_waiting_seconds_total
	host - psi_io_some_seconds_total 0 node_pressure_io_waiting_seconds_total
	host - psi_io_full_seconds_total 0 node_pressure_io_stalled_seconds_total
	host - psi_mem_some_seconds_total 0 node_pressure_memory_waiting_seconds_total
	END
}

@test "memory: sizes, faults, swapping" {
	# What others on this machine allocate between two readings.
	slack=268435456
	between 14 <<-END
	host - mem_total_bytes 0 node_memory_MemTotal_bytes
	host - mem_free_bytes $slack node_memory_MemFree_bytes
	host - mem_available_bytes $slack node_memory_MemAvailable_bytes
	host - mem_cached_bytes $slack node_memory_Cached_bytes
	host - mem_slab_bytes $slack node_memory_Slab_bytes
	host - mem_anon_bytes $slack node_memory_AnonPages_bytes
	host - mem_commit_limit_bytes 0 node_memory_CommitLimit_bytes
	host - swap_total_bytes 0 node_memory_SwapTotal_bytes
	host - page_faults_total 0 node_vmstat_pgfault
	host - major_page_faults_total 0 node_vmstat_pgmajfault
	host - oom_kills_total 0 node_vmstat_oom_kill
	host - open_files_max 0 node_filefd_maximum
	host - conntrack_entries_max 0 node_nf_conntrack_entries_limit
	host - entropy_available 0 node_entropy_available_bits
	host - clock_synchronized 0 node_timex_sync_status
	host - clock_max_error_seconds 1 node_timex_maxerror_seconds
	END
	for key in in out; do
		[ "$(ours after host - paged_${key}_bytes_total)" -ge \
		    "$(theirs node_vmstat_pgpg$key | awk '{ printf "%d", $1 * 1024 }')" ]
	done
}

@test "disks and file systems" {
	disk=$(jq -r 'select(.entity == "host.disk") | .labels.name' before |
	    head -1)
	between 11 <<-END
	host.disk $disk reads_total 0 node_disk_reads_completed_total{device="$disk"
	host.disk $disk read_bytes_total 0 node_disk_read_bytes_total{device="$disk"
	host.disk $disk read_seconds_total 0 node_disk_read_time_seconds_total{device="$disk"
	host.disk $disk writes_total 0 node_disk_writes_completed_total{device="$disk"
	host.disk $disk written_bytes_total 0 node_disk_written_bytes_total{device="$disk"
	host.disk $disk write_seconds_total 0 node_disk_write_time_seconds_total{device="$disk"
	host.disk $disk busy_seconds_total 0 node_disk_io_time_seconds_total{device="$disk"
	host.disk $disk queue_seconds_total 0 node_disk_io_time_weighted_seconds_total{device="$disk"
	host.fs / size_bytes 0 node_filesystem_size_bytes{.*mountpoint="/"}
	host.fs / available_bytes 268435456 node_filesystem_avail_bytes{.*mountpoint="/"}
	host.fs / inodes 0 node_filesystem_files{.*mountpoint="/"}
	END
}

@test "network: interfaces, TCP, UDP, softnet" {
	nic=$(jq -r 'select(.entity == "host.nic" and .values.up == 1 and
	    .id != "lo") | .id' before | head -1)
	between 10 <<-END
	host.nic ${nic:-lo} receive_bytes_total 0 node_network_receive_bytes_total{device="${nic:-lo}"
	host.nic ${nic:-lo} transmit_packets_total 0 node_network_transmit_packets_total{device="${nic:-lo}"
	host.nic ${nic:-lo} receive_drops_total 0 node_network_receive_drop_total{device="${nic:-lo}"
	host.nic ${nic:-lo} mtu_bytes 0 node_network_mtu_bytes{device="${nic:-lo}"
	host.nic ${nic:-lo} carrier_changes_total 0 node_network_carrier_changes_total{device="${nic:-lo}"
	host - tcp_retransmitted_segments_total 0 node_netstat_Tcp_RetransSegs
	host - tcp_sent_segments_total 0 node_netstat_Tcp_OutSegs
	host - tcp_passive_opens_total 0 node_netstat_Tcp_PassiveOpens
	host - tcp_listen_drops_total 0 node_netstat_TcpExt_ListenDrops
	host - udp_sent_datagrams_total 0 node_netstat_Udp_OutDatagrams
	host - softnet_drops_total 0 node_softnet_dropped_total
	host - softnet_squeezes_total 0 node_softnet_times_squeezed_total
	END
}
