#!/usr/bin/env bats
# Source libvirt: what virsh printed, read again.

load lib

setup() {
	sandbox
	need nc-collect jq
	fixture=$TOP/tests/fixtures/libvirt/kvm-and-tcg.domstats
}

# collect ARG...: records alone, of one round.
collect() {
	timeout 60 nc-collect -n 1 "$@" | grep -v '"kind":"sweep"'
}

# --- recordings --------------------------------------------------------------

@test "a recording: every entity, names as ids, units as the catalogue has them" {
	collect -l detailed "libvirt,domstats=$fixture" >out
	jq -se '
	    [.[] | select(.entity == "vm" and (has("quality") | not)) | .id]
		== ["kvm1", "nc1"]
	    and ([.[] | select(.entity == "vm.vcpu") | .id] ==
		["kvm1/vcpu0", "kvm1/vcpu1", "nc1/vcpu0", "nc1/vcpu1"])
	    and ([.[] | select(.entity == "vm.nic") | .id] ==
		["kvm1/vnet0", "nc1/nctap1", "nc1/nctap2"])' out
	jq -se '.[0].values | .cpu_seconds_total == 11.256816
	    and .steal_seconds_total == 4.87080824
	    and .kvm_exits_total == 57684
	    and .mem_allocated_bytes == 16777216' out
	jq -se 'map(select(.entity == "vm.disk" and .id == "nc1/vda"))[0] |
	    .labels.vm == "nc1" and .labels.file == "/srv/lab/guest/disk.raw"
	    and .values.write_seconds_total == 1.430677056
	    and .values.capacity_bytes == 16777216' out
}

@test "a recording: every metric is described, at each level" {
	for level in basic standard detailed diagnostic; do
		nc-collect --describe -l $level |
		    jq -r '"\(.entity) \(.metric)"' | sort -u >known
		collect -l $level "libvirt,domstats=$fixture" |
		    jq -r '.entity as $e | .values // {} | keys[] |
			select(startswith("raw_") | not) | "\($e) \(.)"' |
		    sort -u >emitted
		[ -s emitted ]
		run comm -13 known emitted
		[ -z "$output" ] || fail "not described at $level: $output"
	done
}

@test "a recording: what nobody knows is raw, and only at diagnostic" {
	collect -l detailed "libvirt,domstats=$fixture" >out
	not grep -q raw_ out
	collect -l diagnostic "libvirt,domstats=$fixture" >out
	jq -se 'map(select(.id == "nc1")) | map(.values) | add |
	    .raw_iothread_1_poll_max_ns_value == 32768' out
	jq -se 'map(select(.id == "kvm1/vcpu0")) | map(.values) | add |
	    .raw_halt_wakeup_sum == 10434' out
	run jq -s 'map(select(.entity == "vm.nic" and (.values | keys |
	    any(startswith("raw_"))))) | length' out
	[ "$output" = 0 ]
}

@test "a recording: standard input, a file that is not there, one that is none" {
	collect libvirt,domstats=- <"$fixture" >one
	# shellcheck disable=SC2002 # a pipe is meant
	cat "$fixture" | collect libvirt,domstats=- >two
	jq -c 'del(.ts, .up, .age)' one >a
	jq -c 'del(.ts, .up, .age)' two >b
	[ -s a ]
	same a b
	run --separate-stderr nc-collect -n 1 libvirt,domstats=nowhere
	wants 1
	[[ $output == *'nowhere: No such file'* ]] || fail "does not say so"
	run --separate-stderr nc-collect -n 1 libvirt,domstats=- </dev/null
	wants 1
	[[ $output == *'<stdin>: is empty'* ]] || fail "none is not nothing"
	echo '{"v":1}' >json
	run --separate-stderr nc-collect -n 1 libvirt,domstats=json
	wants 1
	[[ $output == *'json: line 1: expected Domain:'* ]] || fail "not said"
}

@test "a recording: times=N is a fleet, the same twice with the same clock" {
	collect --now @1795342525 "libvirt,domstats=$fixture,times=50" >one
	collect --now @1795342525 "libvirt,domstats=$fixture,times=50" >two
	same one two
	jq -se '[.[] | select(.entity == "vm") | .id] | length == 100
	    and (unique | length == 100) and .[0] == "kvm1.1"
	    and .[99] == "nc1.50"' one
	run --separate-stderr nc-collect -n 1 "libvirt,domstats=$fixture,times=0"
	wants 2
}

@test "a recording: what a guest told long ago is stale, apart, with its age" {
	collect --now @1795342525 -i 10 "libvirt,domstats=$fixture" >fresh
	not grep -q quality fresh
	jq -se 'map(select(.id == "nc1"))[0].values.mem_guest_usable_bytes ==
	    40038400' fresh
	collect --now @1795342923 -i 10 "libvirt,domstats=$fixture" >old
	jq -se 'map(select(.id == "nc1" and .entity == "vm")) |
	    length == 2 and (.[0] | has("quality") | not)
	    and (.[0].values | has("mem_guest_usable_bytes") | not)
	    and .[1].quality == "stale" and .[1].age == 400
	    and .[1].values.mem_guest_usable_bytes == 40038400' old
}

@test "a recording is of another machine: no record bears our boot clock" {
	timeout 60 nc-collect -n 1 --host hv7 "libvirt,domstats=$fixture" >out
	jq -se 'length >= 9 and all(.[]; .host == "hv7" and
	    (has("up") or has("boot") | not))' out || fail "$(cat out)"
	# How old a dirty rate is only that machine's clock could say.
	not grep -q dirty_bytes_per_second out
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "a recording: no domain without a name, no counter below 0" {
	cat >odd <<-'END'
	Domain: ''
	  cpu.time=5000000000

	Domain: 'a'
	  cpu.time=-5000000000
	  cpu.user=2000000000
	  vcpu.current=1
	  vcpu.0.state=1
	  vcpu.0.time=-7
	  net.count=1
	  net.0.name=vnet0
	  net.0.rx.bytes=-1
	  net.0.tx.bytes=3

	Domain: ''
	  cpu.time=6000000000
	END
	timeout 60 nc-collect -n 2 -i 100ms -l detailed libvirt,domstats=odd >out
	jq -se 'map(select(.kind == "error")) | length == 1 and
	    (.[0].message | contains("without a name"))' out || fail "$(cat out)"
	jq -se 'map(select(.kind == "sample" and .source == "libvirt")) |
	    length > 0 and
	    all(.[]; .id | startswith("a")) and
	    (map(.values) | add | .cpu_user_seconds_total == 2 and
		.transmit_bytes_total == 3) and
	    all(.[].values[]; . >= 0)' out || fail "$(cat out)"
}
