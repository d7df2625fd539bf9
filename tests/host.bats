#!/usr/bin/env bats
# The source host: recorded trees of three kernels against golden output, and
# this machine against what it says elsewhere.

load lib

TREES=$TOP/tests/fixtures/host

setup() {
	need nc-collect jq
	sandbox
}

# plant NAME: the recorded tree of that name in ./NAME.
plant() {
	local tree
	for tree in "$TREES/$1".*; do
		case $tree in *.golden) ;; *) "$TREES/plant" "$tree" "$1" ;; esac
	done
}

# sweep TREE LEVEL OPTIONS: its samples.
sweep() {
	timeout 20 nc-collect --root "$1" --now @1763800000 --host hv07 -i 10 \
	    -n 1 -l "$2" "host$3" >sweep.out || return
	grep -E '"kind":"(sample|error)"' sweep.out
}

# golden TREE LEVEL OPTIONS: as it was agreed; NC_REGOLD=1 agrees anew.
golden() {
	plant "$1"
	sweep "$@" >"$1.out"
	[ -z "${NC_REGOLD-}" ] || cp "$1.out" "$TREES/$1.golden"
	same "$TREES/$1.golden" "$1.out"
}

# value FILE ENTITY ID KEY
value() {
	jq -r --arg e "$2" --arg i "$3" --arg k "$4" 'select(.entity == $e and
	    ($i == "" or .id == $i)) | .values[$k] // empty' "$1"
}

@test "kernel 4.18: no PSI, two paths to a disk, a degraded array" {
	golden linux-4.18 diagnostic ,partitions
}

@test "kernel 5.10: PSI without cpu full and irq, NVMe, a partition" {
	golden linux-5.10 diagnostic ,partitions
}

@test "kernel 6.8: 256 processors, sparse nodes, irq pressure" {
	golden linux-6.8 standard
	sweep linux-6.8 diagnostic >all
	[ "$(value all host.cpu '' cpu_idle_seconds_total | wc -l)" -eq 256 ]
	[ "$(value all host.cpu cpu255 cpu_guest_seconds_total)" = 5 ]
	[ "$(jq -r 'select(.id == "cpu200") | .labels | "\(.node) \(.package) \(.core)"' all)" = "node2 1 8" ]
	[ "$(value all host.sensor rapl/intel-rapl:0 energy_joules_total)" = 123.456789 ]
}

@test "no line is longer than a pipe takes in one piece" {
	plant linux-6.8
	sweep linux-6.8 diagnostic >all
	[ "$(awk '{ if (length > m) m = length } END { print m + 1 }' all)" -le 4096 ]
}

@test "each level holds the ones before" {
	plant linux-4.18
	for level in basic standard detailed diagnostic; do
		sweep linux-4.18 $level >$level
		jq -r '.entity as $e | .values | keys[] | "\($e) \(.)"' $level |
		    sort -u >$level.keys
	done
	[ -z "$(comm -23 basic.keys standard.keys)" ]
	[ -z "$(comm -23 standard.keys detailed.keys)" ]
	[ -z "$(comm -23 detailed.keys diagnostic.keys)" ]
	[ "$(wc -l <basic.keys)" -lt "$(wc -l <standard.keys)" ]
	[ "$(wc -l <standard.keys)" -lt "$(wc -l <detailed.keys)" ]
}

@test "every key that is emitted is described, at its level" {
	nc-collect --describe | jq -r '.. | objects | select(has("metric") and
	    has("entity")) | "\(.entity) \(.metric)"' | sort -u >described
	[ "$(wc -l <described)" -gt 100 ]
	for tree in linux-4.18 linux-5.10 linux-6.8; do
		plant $tree
		sweep $tree diagnostic >>all
	done
	jq -r '.entity as $e | .values // {} | keys[] | "\($e) \(.)"' all |
	    sort -u >emitted
	[ "$(wc -l <emitted)" -gt 150 ]
	[ -z "$(comm -23 emitted described)" ] ||
	    fail "$(comm -23 emitted described)"
}

@test "an independent validator takes every record" {
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
	    skip 'no python3-jsonschema'
	for tree in linux-4.18 linux-5.10 linux-6.8; do
		plant $tree
		sweep $tree diagnostic >>all
	done
	timeout 20 nc-collect -l diagnostic host >>all
	"$TOP/tests/schema.py" <all
}

@test "the modes of the processor sum to the time there was" {
	plant linux-4.18
	sweep linux-4.18 basic >all
	total=$(jq -s '[.[0].values | to_entries[] |
	    select(.key | startswith("cpu_")) | .value] | add' all)
	[ "$(jq -n "($total - 422.1 | fabs) < 0.001")" = true ] ||
	    fail "sum is $total"
}

@test "taps belong to their machines unless asked for" {
	plant linux-4.18
	sweep linux-4.18 basic >without
	sweep linux-4.18 basic ,taps >with
	[ -z "$(value without host.nic vnet0 up)" ]
	[ "$(value with host.nic vnet0 up)" = 1 ]
}

@test "a small step back of /proc/stat is held, a large one is a reset" {
	plant linux-5.10
	mkfifo out
	timeout 20 nc-collect --root linux-5.10 -i 200ms -n 60 --host h \
	    -l basic host >out 3>&- &
	idle() {
		local line
		while read -r line <&5; do
			[[ $line == *'"entity":"host"'* ]] || continue
			jq -r .values.cpu_idle_seconds_total <<<"$line"
			return
		done
	}
	step() {
		sed "s/3699176/$1/" linux-5.10/proc/stat.0 >stat.new
		# In place: the descriptor is kept open.
		cat stat.new >linux-5.10/proc/stat
		idle >/dev/null
		idle
	}
	cp linux-5.10/proc/stat linux-5.10/proc/stat.0
	exec 5<out
	[ "$(idle)" = 36991.76 ]
	[ "$(step 3699180)" = 36991.8 ]
	[ "$(step 3699000)" = 36991.8 ]
	[ "$(step 1000)" = 10 ]
	exec 5<&-
	wait
}

@test "what is not there is not measured; what may not be read is told once" {
	plant linux-5.10
	rm linux-5.10/proc/pressure/memory linux-5.10/proc/vmstat
	rm linux-5.10/proc/meminfo
	mkdir linux-5.10/proc/meminfo
	timeout 20 nc-collect --root linux-5.10 --now @1763800000 --speed max \
	    --host hv07 -i 10 -n 3 -l standard host >out || [ $? -le 1 ]
	[ "$(grep -c '"kind":"error"' out)" -eq 1 ]
	grep '"kind":"error"' out | grep -q 'proc/meminfo: Is a directory'
	[ -z "$(value out host '' psi_mem_some_seconds_total)" ]
	[ -z "$(value out host '' oom_kills_total)" ]
	[ "$(value out host '' psi_cpu_some_seconds_total | wc -l)" -eq 3 ]
}

@test "an empty tree is an error that names it" {
	mkdir -p nothing
	run --separate-stderr timeout 20 nc-collect --root nothing \
	    --host h host
	[ "$status" -ne 0 ]
	[[ $output$stderr == *nothing/proc/stat* ]]
}

@test "this machine: whole, unprivileged as well" {
	timeout 20 nc-collect -l diagnostic host >all
	[ "$(value all host '' cpus)" -eq "$(nproc --all)" ]
	[ "$(value all host '' mem_total_bytes)" -eq \
	    $(($(awk '/^MemTotal/ { print $2 }' /proc/meminfo) * 1024)) ]
	[ "$(value all host.fs / stuck)" = 0 ]
	if [ "$(id -u)" -eq 0 ]; then
		timeout 20 setpriv --reuid 65534 --clear-groups \
		    "$NC_BUILD/bin/nc-collect" -l standard host >nobody ||
		    [ $? -le 1 ]
		[ "$(value nobody host '' cpus)" -eq "$(nproc --all)" ]
		not grep '"kind":"error"' nobody
	fi
}

@test "file systems: the same as df says" {
	timeout 20 nc-collect -l standard host >all
	read -r size free < <(df -B1 --output=size,avail / | tail -1)
	[ "$(value all host.fs / size_bytes)" -eq "$size" ]
	ours=$(value all host.fs / available_bytes)
	[ $(((ours > free ? ours - free : free - ours) / 1048576)) -lt 200 ]
}

@test "a process ends, an interface goes: nothing is said, nothing breaks" {
	timeout 20 nc-collect -i 100ms -n 8 -l detailed host >all 2>err 3>&- &
	pid=$!
	for _ in 1 2 3 4 5 6; do
		sleep 0.1 3>&- &
		wait $!
	done
	wait $pid
	[ ! -s err ] || fail "$(cat err)"
	[ "$(jq -rs '[.[] | select(.kind == "sweep")] | length' all)" -eq 8 ]
}
