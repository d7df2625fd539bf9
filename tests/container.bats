#!/usr/bin/env bats
# The source container: recorded machines, and containerd with runc here.

load lib
load guests

setup() {
	need nc-collect jq
	sandbox
	daemon=
}

teardown() {
	[ -z "$daemon" ] || end_containerd
}

@test "cgroup v2: docker, pods of containerd, podman, nspawn, lxc" {
	golden v2 container
}

@test "hybrid: containerd's own names for groups, numbers of v1" {
	golden hybrid container
}

@test "no name is ever empty, no machine a container, no monitor" {
	plant v2
	sweep v2 basic container >all
	[ "$(jq -r 'select(.entity == "container") | .labels.name' all | sort |
	    xargs)" = 'api api-7f cache deb-12 ffffffffffff old shop' ]
}

@test "a pod's network is told once, the host's with no container" {
	plant v2
	sweep v2 basic container >all
	[ "$(jq -r 'select(.entity == "container.nic") | .labels.container' all |
	    xargs)" = 'api-7f shop' ]
}

@test "a file that one group has and another has not" {
	plant v2
	sweep v2 detailed container >all
	id=$(printf 'd%.0s' {1..64})
	[ "$(value all container "$id" throttled_seconds_total)" = 0.75 ]
	# One without a limit has none, rather than a huge one.
	[ -z "$(value all container "$id" mem_high_bytes)" ]
}

@test "pressure switched off is not measured" {
	plant v2
	id=$(printf 'd%.0s' {1..64})
	rm v2/sys/fs/cgroup/system.slice/docker-"$id".scope/*.pressure
	sweep v2 detailed container >all
	[ "$(value all container "$id" cpu_seconds_total)" = 5 ]
	[ -z "$(value all container "$id" psi_cpu_some_seconds_total)" ]
}

@test "every key that is emitted is described" {
	nc-collect --describe | jq -r '.. | objects | select(has("metric") and
	    has("entity")) | "\(.entity) \(.metric)"' | sort -u >described
	plant v2
	sweep v2 diagnostic container >all
	jq -r '.entity as $e | .values // {} | keys[] | "\($e) \(.)"' all |
	    sort -u >emitted
	[ "$(wc -l <emitted)" -gt 40 ] || fail "$(cat emitted)"
	[ -z "$(comm -23 emitted described)" ] ||
	    fail "$(comm -23 emitted described)"
}

@test "one comes, kills for memory, ends, goes: each told once" {
	plant v2
	group=v2/sys/fs/cgroup/docker/$(printf '9%.0s' {1..64})
	nc-collect --root v2 --host h -i 50ms container 3>&- >out &
	pid=$!
	until_true 5 grep -q '"name":"shop"' out
	mkdir -p "$group.new"
	echo 'oom_kill 1' >"$group.new/memory.events"
	echo 'usage_usec 5' >"$group.new/cpu.stat"
	echo 7300 >"$group.new/cgroup.procs"
	sed 's/7000/7300/g' v2/proc/7000/stat >stat
	mkdir -p v2/proc/7300 && mv stat v2/proc/7300/stat
	mv "$group.new" "$group"
	until_true 5 grep -q '"name":"999999999999"' out
	echo 'oom_kill 3' >"$group/memory.events"
	until_true 5 grep -q '"event":"oom"' out
	: >v2/proc/7300/stat
	until_true 5 grep -q '"event":"exit"' out
	rm -r "$group"
	until_true 5 grep -q '"event":"gone"' out
	sleep 0.3
	stop $pid
	grep 999999999999 out | jq -r 'select(.kind == "event") |
	    "\(.event) \(.detail)"' >events
	[ "$(cut -d' ' -f1 events | xargs)" = 'oom exit gone' ]
	grep -q '^oom 2 killed for memory, 3 since it began' events
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "nothing grows over many rounds" {
	plant v2
	nc-collect --root v2 --host h -i 2ms -n 5000 container 3>&- >out &
	pid=$!
	until_true 10 grep -q '"seq":100,' out
	fds=$(find /proc/$pid/fd | wc -l)
	rss=$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)
	until_true 25 grep -q '"seq":2000,' out
	[ "$(find /proc/$pid/fd | wc -l)" -eq "$fds" ]
	now=$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)
	sanitized || [ "$now" -le $((rss + 256)) ] || fail "$rss to $now KiB"
	stop $pid
}

# --- containerd and runc ---------------------------------------------------

# start_containerd: one of our own below $dir, with an image of busybox.
start_containerd() {
	[ "$(id -u)" -eq 0 ] || skip 'needs root: containers'
	need containerd runc ctr busybox
	dir=$(mktemp -d /tmp/nc-ctr.XXXXXX)
	mkdir -p "$XDG_RUNTIME_DIR"
	cat >"$dir/config.toml" <<-END
	version = 2
	root = "$dir/root"
	state = "$dir/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
	[grpc]
	  address = "$dir/sock"
	[ttrpc]
	  address = "$dir/sock.ttrpc"
	END
	containerd -c "$dir/config.toml" >"$dir/log" 2>&1 3>&- &
	daemon=$!
	export CONTAINERD_ADDRESS=$dir/sock
	until_true 10 ctr version >/dev/null 2>&1 || fail "$(tail -5 "$dir/log")"
	mkdir -p "$dir"/rootfs/{bin,tmp,proc,sys,dev}
	cp "$(command -v busybox)" "$dir/rootfs/bin/"
	for applet in sh sleep dd md5sum; do
		ln -s busybox "$dir/rootfs/bin/$applet"
	done
}

# run_container NAMESPACE NAME OPTIONS... -- COMMAND...
run_container() {
	local space=$1 name=$2 options=()
	shift 2
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	timeout 20 ctr -n "$space" run -d --rootfs "${options[@]}" \
	    "$dir/rootfs" "$name" "$@" 3>&- </dev/null
}

end_containerd() {
	local space task
	for space in default other; do
		for task in $(timeout 5 ctr -n $space task ls -q); do
			timeout 5 ctr -n $space task kill -s KILL "$task" || :
			timeout 5 ctr -n $space task rm -f "$task" || :
		done >/dev/null 2>&1
	done
	kill "$daemon" 2>/dev/null || :
	wait "$daemon" 2>/dev/null || :
	rm -rf "$dir"
}

@test "containerd: two name spaces, limits, the numbers of ctr; gone" {
	start_containerd
	run_container default busy --memory-limit 67108864 -- /bin/sh -c \
	    'while :; do dd if=/dev/zero of=/tmp/f bs=64k count=16; sleep 0.1; done'
	run_container other idle -- /bin/sleep 1000
	sleep 1
	nc-collect -i 300ms -l diagnostic "container,state=$dir/state" 3>&- >out &
	pid=$!
	until_true 5 grep -q '"name":"idle"' out
	sleep 0.7
	# The judge: what containerd itself reads, between two of our rounds.
	timeout 5 ctr task metrics --format json busy >judge
	n=$(wc -l <out)
	until_true 5 eval "[ \$(tail -n +$n out | grep -c '\"name\":\"busy\"') -ge 2 ]"
	timeout 5 ctr -n other task kill -s KILL idle
	timeout 5 ctr -n other task rm idle || :
	until_true 5 grep -q '"event":"gone"' out
	stop $pid
	jq -e -s 'map(select(.entity == "container" and .labels.name == "busy" and
	    .kind == "sample"))[-1] | .values.mem_limit_bytes == 67108864 and
	    .labels.namespace == "default" and
	    .labels.runtime == "containerd"' out
	jq -e -s 'map(select(.kind == "event") | "\(.labels.name) \(.labels.namespace) \(.event)") ==
	    ["idle other exit", "idle other gone"]' out
	theirs=$(jq '.cpu.usage.total // (.cpu.usage_usec * 1000)' judge)
	jq -e -s --argjson t "$theirs" 'map(select(.labels.name == "busy" and
	    .entity == "container").values.cpu_seconds_total) |
	    .[0] <= $t / 1e9 and .[-1] >= $t / 1e9' out
	theirs=$(jq '.pids.current' judge)
	jq -e -s --argjson t "$theirs" 'map(select(.labels.name == "busy" and
	    .entity == "container").values.pids) | (min <= $t and $t <= max + 1)' out
	# A network of its own, with nothing but lo in it.
	[ "$(grep -c '"entity":"container.nic"' out)" -eq 0 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "containerd: how one ended, also one that came and went between rounds" {
	start_containerd
	# Others on this machine have a containerd that knows nothing of ours.
	nc-collect -i 1 "container,state=$dir/state,socket=$dir/sock" 3>&- >out &
	pid=$!
	until_true 5 grep -q '"kind":"sweep"' out
	sleep 0.3
	run_container default lasts -- /bin/sh -c 'sleep 2; exit 3'
	until_true 5 grep -q '"name":"lasts"' out
	# A round has just been: this one is over before the next.
	run_container default brief -- /bin/sh -c 'exit 42'
	timeout 5 ctr task rm brief || :
	timeout 5 ctr container rm brief
	run_container other shot -- /bin/sleep 100
	timeout 5 ctr -n other task kill -s KILL shot
	for name in lasts brief shot; do
		until_true 5 grep -q "\"id\":\"$name\".*\"event\":\"exit\"" out ||
		    fail "no end of $name" "$(grep event out)"
	done
	stop $pid
	jq -r 'select(.event == "exit") | "\(.id) \(.labels.namespace)" +
	    " \(.exit_status) \((.ts - .at) | . >= 0 and . < 3)"' out | sort >got
	printf '%s\n' 'brief default 42 true' 'lasts default 3 true' \
	    'shot other 137 true' >want
	same want got
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "containerd: killed for memory" {
	start_containerd
	nc-collect -i 200ms "container,state=$dir/state" 3>&- >out &
	pid=$!
	run_container default eater --memory-limit 12582912 -- /bin/sh -c \
	    'sleep 1; (x=0123456789abcdef; while :; do x=$x$x; done); sleep 1000'
	until_true 15 grep -q '"event":"oom"' out || fail "$(tail -3 out)"
	stop $pid
	jq -e -s 'map(select(.event == "oom")) | .[0].labels.name == "eater"' out
}

# --- a kernel with cgroup v2 and nothing else ------------------------------

# guest_disk: an archive with nc-collect, what it is linked with, and an init
# that makes a container by hand, behind the initrd that is there.
guest_initrd() {
	local root=$PWD/root lib id
	id=$(printf 'c%.0s' {1..64})
	mkdir -p "$root/bin" "$root/lib64"
	cp "$NC_BUILD/bin/nc-collect" "$root/bin/"
	ldd "$NC_BUILD/bin/nc-collect" | grep -oE '/[^ ]+' | while read -r lib; do
		mkdir -p "$root$(dirname "$lib")"
		cp -L "$lib" "$root$lib"
	done
	cat >"$root/init" <<-END
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	mount -t proc proc /proc; mount -t sysfs sys /sys
	mount -t devtmpfs dev /dev; mount -t cgroup2 none /sys/fs/cgroup
	hostname inner
	cd /sys/fs/cgroup
	for c in cpu memory io pids; do echo +\$c >cgroup.subtree_control; done
	mkdir docker
	for c in cpu memory io pids; do echo +\$c >docker/cgroup.subtree_control; done
	g=docker/$id
	mkdir \$g
	echo '20000 100000' >\$g/cpu.max
	echo 33554432 >\$g/memory.max
	echo 50 >\$g/pids.max
	sh -c "echo \\\$\\\$ >\$g/cgroup.procs; y=\\\$(dd if=/dev/zero bs=1k count=200 2>/dev/null | tr '\\\\0' a); while :; do :; done" &
	echo GUEST-BEGIN
	nc-collect -i 1 -n 4 -l detailed container
	echo GUEST-JUDGE
	cat \$g/cpu.stat \$g/cpu.pressure \$g/memory.current
	echo GUEST-END
	poweroff -f
	END
	chmod 755 "$root/init"
	{
		cat "$1"
		head -c $(((4 - $(stat -c %s "$1") % 4) % 4)) /dev/zero
		(cd "$root" && find . | cpio -o -H newc -R 0:0 2>/dev/null)
	} >initrd
}

@test "a kernel with cgroup v2 alone: throttling, pressure, limits" {
	need qemu-system-x86_64 busybox cpio
	! sanitized || skip 'a sanitizer needs more memory than the guest has'
	"$TOP/tests/libvirt/guest.sh" "$NC_BUILD/guest" >guest.log 2>&1 ||
	    skip "no kernel for a guest: $(tail -1 guest.log)"
	guest_initrd "$NC_BUILD/guest/initrd.gz"
	timeout 100 qemu-system-x86_64 -accel tcg -machine pc -cpu max -m 640 \
	    -nodefaults -display none -no-reboot \
	    -kernel "$NC_BUILD/guest/vmlinuz" -initrd initrd \
	    -append 'console=ttyS0 quiet panic=-1 psi=1' \
	    -serial file:console 3>&- </dev/null
	tr -d '\r' <console | sed -n '/GUEST-BEGIN/,/GUEST-JUDGE/p' |
	    grep '^{' >out || fail "$(tail -5 console)"
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	jq -c 'select(.entity == "container" and .kind == "sample")' out >own
	[ "$(wc -l <own)" -eq 4 ] || fail "$(cat out)"
	tail -1 own | jq -e '.values | .cpu_limit == 0.2 and
	    .mem_limit_bytes == 33554432 and .pids_limit == 50 and
	    .pids == 1 and .mem_current_bytes > 0 and
	    .throttled_periods_total > 5 and .throttled_seconds_total > 0.5 and
	    .cpu_periods_total >= .throttled_periods_total and
	    .psi_cpu_some_seconds_total > 0.5 and .oom_kills_total == 0 and
	    .psi_mem_full_seconds_total >= 0 and .io_read_bytes_total >= 0'
	# It had a fifth of a processor, and the kernel says no less later.
	jq -e -s '(.[-1].values.cpu_seconds_total -
	    .[0].values.cpu_seconds_total) / (.[-1].up - .[0].up) |
	    . > 0.1 and . < 0.35' own
	later=$(tr -d '\r' <console | awk '/^usage_usec/ { print $2 / 1e6 }')
	tail -1 own | jq -e --argjson t "$later" \
	    '.values.cpu_seconds_total <= $t'
}

# import_image: rootfs as an image, localhost/nc/busy:1.
import_image() {
	local sum
	mkdir img
	tar -C "$dir/rootfs" --owner=0 --group=0 --mtime=@0 --sort=name \
	    -cf img/layer.tar .
	sum=$(sha256sum img/layer.tar | cut -d' ' -f1)
	printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sleep","1000"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
	    "$sum" >img/config.json
	echo '[{"Config":"config.json","RepoTags":["localhost/nc/busy:1"],"Layers":["layer.tar"]}]' >img/manifest.json
	tar -C img -cf busy.tar manifest.json config.json layer.tar
	timeout 20 ctr images import busy.tar
}

@test "containerd: images and labels over gRPC; one that hangs delays nobody" {
	start_containerd
	import_image
	timeout 20 ctr run -d --label nerdctl/name=nice localhost/nc/busy:1 c1 \
	    3>&- </dev/null
	nc-collect "container,state=$dir/state,socket=$dir/sock" >out
	jq -e -s 'map(select(.entity == "container"))[0].labels |
	    .image == "localhost/nc/busy:1" and .name == "nice"' out
	# Asked again for one that came later.
	nc-collect -i 200ms "container,state=$dir/state,socket=$dir/sock" 3>&- >out &
	pid=$!
	timeout 20 ctr run -d localhost/nc/busy:1 c2 3>&- </dev/null
	until_true 5 eval "grep '\"id\":\"c2\"' out | grep -q '\"image\":\"localhost/nc/busy:1\"'"
	stop $pid
	# A daemon that accepts and never answers: files have the name, and the
	# rounds are as quick as without it.
	kill -STOP "$daemon"
	timeout 10 nc-collect -i 200ms -n 6 \
	    "container,state=$dir/state,socket=$dir/sock" >out
	kill -CONT "$daemon"
	jq -e -s 'map(select(.kind == "sweep").values.took_seconds) |
	    length == 6 and max < 0.05' out
	[ "$(grep -c '"name":"c2"' out)" -eq 6 ]
}
