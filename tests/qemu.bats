#!/usr/bin/env bats
# The source qemu: recorded machines, and QEMU itself started here.

load lib
load guests

UUID=0b1a5c3e-0000-4000-8000-00000000abcd

setup() {
	need nc-collect jq
	sandbox
	qemu=
}

teardown() {
	# One that is stopped would not heed SIGTERM.
	[ -z "$qemu" ] || kill -9 "$qemu" 2>/dev/null || :
}

@test "cgroup v2: machines of libvirt, of Proxmox, started by hand" {
	golden v2 qemu
}

@test "a group shared with others is nobody's" {
	plant v2
	sweep v2 standard qemu >all
	[ "$(value all vm hand cpu_seconds_total)" = 1.5 ]
	# Alone in it, it is the machine's.
	echo 5000 >v2/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope/cgroup.procs
	sweep v2 standard qemu >all
	[ "$(value all vm hand cpu_seconds_total)" = 999.999999 ]
}

# seconds ID: the processor seconds of each of its samples, "-" without.
seconds() {
	jq -r --arg i "$1" 'select(.entity == "vm" and .id == $i and
	    .kind == "sample") | .values.cpu_seconds_total // "-"' out
}

# rounds N: that many more have been.
rounds() {
	local now
	now=$(grep -c '"kind":"sweep"' out)
	until_true 10 eval "[ \$(grep -c '\"kind\":\"sweep\"' out) -ge $((now + $1)) ]"
}

@test "a counter has one origin: its group or its process, never in turns" {
	plant v2
	web=6695eb01-f6a4-8304-79aa-97f2502e193f
	cpu='v2/sys/fs/cgroup/machine.slice/machine-qemu\x2d1\x2dweb1.scope/cpu.stat'
	cp "$cpu" kept
	nc-collect --root v2 --host h -i 50ms qemu 3>&- >out &
	pid=$!
	until_true 10 grep -qs '"kind":"sweep"' out
	: >"$cpu"
	rounds 4
	cat kept >"$cpu"
	rounds 4
	stop $pid
	[ "$(seconds $web | uniq | xargs)" = '1711 - 1711' ] ||
	    fail "$(seconds $web | uniq)"
	# Whose group says nothing at first is the process's for good.
	: >"$cpu"
	rm out
	nc-collect --root v2 --host h -i 50ms qemu 3>&- >out &
	pid=$!
	until_true 10 grep -qs '"kind":"sweep"' out
	cat kept >"$cpu"
	rounds 4
	stop $pid
	[ "$(seconds $web | uniq)" = 1700 ] || fail "$(seconds $web | uniq)"
}

@test "a QEMU without a machine, and one that only bears the name, are none" {
	plant v2
	printf 'qemu-img\0convert\0' >v2/proc/5000/cmdline
	sweep v2 standard qemu >all
	[ "$(jq -r 'select(.entity == "vm").labels.name' all | xargs)" = 'web,1 db' ]
}

@test "hybrid: each tree of v1 on its own, pressure from the v2 tree" {
	golden hybrid qemu
}

@test "every key that is emitted is described" {
	nc-collect --describe | jq -r '.. | objects | select(has("metric") and
	    has("entity")) | "\(.entity) \(.metric)"' | sort -u >described
	plant v2
	sweep v2 diagnostic qemu >all
	jq -r '.entity as $e | .values // {} | keys[] | "\($e) \(.)"' all |
	    sort -u >emitted
	[ "$(wc -l <emitted)" -gt 35 ] || fail "$(cat emitted)"
	[ -z "$(comm -23 emitted described)" ] ||
	    fail "$(comm -23 emitted described)"
}

# has_thread NAME
has_thread() {
	cat /proc/$qemu/task/*/comm 2>/dev/null | grep -q "$1"
}

# start_qemu: a machine in a network name space of its own with a tap.
start_qemu() {
	unshare -n sh -c 'ip link set lo up
	    ip tuntap add nctap0 mode tap && ip link set nctap0 up
	    exec qemu-system-x86_64 -name guest=live,debug-threads=on \
		-uuid '$UUID' -accel tcg -machine pc -smp 2 -m 16 -nodefaults \
		-display none -object iothread,id=io1 \
		-netdev tap,id=n0,ifname=nctap0,script=no,downscript=no \
		-device virtio-net-pci,netdev=n0,mac=52:54:00:12:34:56,romfile=' \
	    3>&- >qemu.log 2>&1 &
	qemu=$!
	until_true 20 has_thread 'CPU 1/TCG' ||
	    fail "$(cat qemu.log)"
}

@test "a live machine: threads, memory, network of its name space; gone" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root: a network name space, a tap'
	need qemu-system-x86_64 unshare ip
	start_qemu
	nc-collect -i 500ms -l diagnostic qemu 3>&- >out &
	pid=$!
	until_true 10 grep -qs '"entity":"vm.nic"' out
	sleep 1.2
	kill -9 "$qemu"
	wait "$qemu" || :
	qemu=
	until_true 5 grep -q '"event":"gone"' out
	stop $pid
	jq -c --arg id $UUID 'select(.id // "" | startswith($id))' out >own
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	first=$(jq -c 'select(.entity == "vm" and .kind == "sample")' own | head -1)
	last=$(jq -c 'select(.entity == "vm" and .kind == "sample")' own | tail -1)
	jq -e '.labels.name == "live" and .values.vcpus == 2 and
	    .values.mem_max_bytes == 16777216 and
	    .values.mem_rss_bytes > 10e6 and .values.mem_rss_bytes < 500e6' \
	    <<<"$last"
	# No more processor time than there was.
	jq -ne --argjson a "$first" --argjson b "$last" '($b.up - $a.up) as $t |
	    ($b.values.cpu_seconds_total - $a.values.cpu_seconds_total) |
	    . >= 0 and . <= $t * 4 + 0.1'
	jq -e -s 'map(select(.entity == "vm.thread") | .id | split("/")[1]) |
	    unique | contains(["emulator", "iothread", "vcpu"])' own
	jq -e -s 'map(select(.entity == "vm.vcpu") | .id | split("/")[1]) |
	    unique == ["vcpu0", "vcpu1"]' own
	jq -e -s 'map(select(.entity == "vm.nic")) | .[-1] |
	    .id == "'$UUID'/52:54:00:12:34:56" and
	    .labels.target == "nctap0"' own
	# The tap is up and carries the kernel's own announcements at most.
	jq -e -s 'map(select(.kind == "event")) | length == 1 and
	    .[0].event == "gone" and .[0].labels.name == "live"' own
	[ "$(tail -1 own | jq -r .kind)" = event ]
}

@test "what QEMU ran is what the kernel says it ran" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root: a network name space, a tap'
	need qemu-system-x86_64 unshare ip
	start_qemu
	sleep 1
	kill -STOP "$qemu"
	sleep 0.2
	nc-collect -l standard qemu >out
	# A stopped machine is read like any other.
	ticks=$(awk '{ sub(/.*\) /, ""); print ($12 + $13) / 100 }' /proc/"$qemu"/stat)
	sum=$(cat /proc/"$qemu"/task/*/schedstat | awk '{ s += $1 } END { print s / 1e9 }')
	jq -c --arg id $UUID 'select(.id // "" | startswith($id))' out >own
	jq -e -s --argjson t "$ticks" 'map(select(.entity == "vm"))[0] |
	    .values.cpu_seconds_total == $t' own
	jq -e -s --argjson s "$sum" 'map(select(.entity == "vm.thread") |
	    .values.cpu_seconds_total) | add - $s | fabs < 0.001' own
	kill -CONT "$qemu"
}

@test "a macvtap is the guest's own interface: directions are the host's" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root: a network name space, a macvtap'
	need qemu-system-x86_64 unshare ip
	# shellcheck disable=SC2016 # for the inner shell
	unshare -n -m bash -c '
	mount -t sysfs sys /sys
	ip link add low type veth peer name other
	ip link set low up && ip link set other up
	ip link add link low name mac0 address 52:54:00:aa:bb:cc type macvtap
	ip link set mac0 up
	exec 5<>/dev/tap$(cat /sys/class/net/mac0/ifindex)
	qemu-system-x86_64 -name guest=direct -uuid '$UUID' -accel tcg -m 16 \
	    -nodefaults -display none -netdev tap,id=n0,fd=5 -device \
	    virtio-net-pci,netdev=n0,mac=52:54:00:aa:bb:cc,romfile= &
	for i in {1..50}; do
		sleep 0.1
		nc-collect -n 1 -l diagnostic qemu >out
		! grep -q vm.nic out || break
	done
	grep mac0: /proc/net/dev >host
	kill -9 $!' 3>&- >log 2>&1 || :
	read -r _ rx _ <<<"$(tr : ' ' <host)"
	# What the network has not sent by then comes a moment later.
	jq -se --argjson rx "$rx" 'map(select(.entity == "vm.nic"))[0] |
	    .id == "'$UUID'/52:54:00:aa:bb:cc" and .labels.target == "mac0" and
	    .values.receive_bytes_total <= $rx' out || fail "$(cat log host)"
	# Its memory lies on the nodes the kernel says, and is all there.
	jq -se 'map(select(.entity == "vm.numa").values.mem_bytes) | add > 8e6' out
}

@test "nothing grows over many rounds" {
	plant v2
	nc-collect --root v2 --host h -i 2ms -n 3000 qemu 3>&- >out &
	pid=$!
	until_true 10 grep -q '"seq":100,' out
	child=$(pgrep -P $pid | head -1)
	fds=$(find /proc/"$child"/fd | wc -l)
	rss=$(awk '/VmRSS/ { print $2 }' /proc/"$child"/status)
	until_true 25 grep -q '"seq":1500,' out
	[ "$(find /proc/"$child"/fd | wc -l)" -eq "$fds" ]
	now=$(awk '/VmRSS/ { print $2 }' /proc/"$child"/status)
	sanitized || [ "$now" -le $((rss + 256)) ] || fail "$rss to $now KiB"
	stop $pid
}
