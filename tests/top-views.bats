#!/usr/bin/env bats
# nc-top's views as text: a made-up fleet with faults, with alerts, findings
# and what happened as they were recorded.  NC_REGOLD=1 makes the pictures
# anew: look at them before they go into the tree.

load lib

setup_file() {
	local fixtures=$TOP/tests/fixtures/top
	cd "$BATS_FILE_TMPDIR" || return
	nc-collect -i 10 -n 84 --now @1763800000 --speed max \
	    "sim,hosts=3,vms=8,scenario=$fixtures/scenario" >sim
	# In order of time, the records of a moment as they stand.
	cat sim "$fixtures/matters.ndjson" | awk '{
		ts = $0; sub(/.*"ts":/, "", ts); print ts + 0 "\t" $0 }' |
	    sort -s -n -k1,1 | cut -f2- >fleet
}

setup() {
	need nc-top nc-collect
	sandbox
	fixtures=$TOP/tests/fixtures/top
	fleet=$BATS_FILE_TMPDIR/fleet
	export TZ=UTC LC_ALL=C.UTF-8
}

# view NAME COMMANDS: its pictures at all sizes.
view() {
	local size golden
	for size in 80x24 40x10 200x60 20x5; do
		golden=$fixtures/$1-$size.txt
		run --separate-stderr nc-top -b --utf8 --now @1763800833 \
		    --width "${size%x*}" --height "${size#*x}" -x "$2" "$fleet"
		wants 0
		[ -z "$stderr" ] || fail 'nothing to say' "$stderr"
		printf '%s\n' "$output" >got
		[ -z "${NC_REGOLD-}" ] || cp got "$golden"
		same "$golden" got
		[ "$(wc -l <got)" -le "${size#*x}" ] || fail "$size: too high"
	done
}

@test "virtual machines" {
	view vms vms
}

@test "containers" {
	view containers containers
}

@test "virtual machines and containers together" {
	view guests guests
}

@test "alerts, anomalies, what will be full" {
	view alerts alerts
}

@test "wall" {
	view wall wall
}

@test "pipeline" {
	view pipeline pipeline
}

@test "services" {
	view services services
}

@test "tree, a machine unfolded" {
	view tree 'tree; search idle2; unfold'
}

@test "detail of a machine" {
	view detail 'detail idle2'
}

@test "who is to blame" {
	view blame 'blame sim002'
}

@test "chart of one series: limit, anomaly, alert, event" {
	view chart 'chart cpu_seconds_per_second of idle2'
}

@test "chart with a forecast, and of two series" {
	view chart-forecast 'chart available_bytes of sim003:/var/lib/libvirt/images'
	nc-top -b --ascii --now @1763800833 --width 80 --height 20 \
	    -x 'chart mem_rss_bytes,mem_allocated_bytes of idle2' "$fleet" >out
	grep -q '^\* idle2 *mem_rss_bytes  *last' out
	grep -q '^+ idle2 *mem_alloc.* last' out
	# Both have one scale, the upper one is a line of its marks.
	grep -q '|.*++++++' out
	not grep -q 'own scale' out
}

@test "a gap in the data is a gap in the chart" {
	awk '{ ts = $0; sub(/.*"ts":/, "", ts); ts += 0 }
	    ts < 1763800500 || ts > 1763800700' "$fleet" >holed
	nc-top -b --ascii --now @1763800833 --width 80 --height 20 \
	    -x 'chart mem_rss_bytes of idle2' holed >out
	grep -E '\*{9,} {15,}\*{9,}$' out || fail "$(cat out)"
}

@test "every view, at the cursor time: nothing of later" {
	for view in hosts vms alerts wall pipeline tree 'detail idle2' \
	    'blame sim001' 'chart cpu_seconds_per_second of idle2'; do
		awk '{ ts = $0; sub(/.*"ts":/, "", ts) }
		    ts + 0 <= 1763800400' "$fleet" >past
		nc-top -b --utf8 --now @1763800400 -x "$view" past >want
		nc-top -b --utf8 --now @1763800400 -x "$view" "$fleet" >got
		same want got
	done
	# The hog of 1763800480 is an alert after, not before.
	nc-top -b --now @1763800400 -x alerts "$fleet" | not grep -q vm-busy
	nc-top -b --now @1763800833 -x alerts "$fleet" | grep -q 'C vm-busy'
}

@test "five hundred machines on one small wall" {
	nc-collect -i 10 -n 2 --now @1763800000 --speed max \
	    sim,hosts=37,vms=14,churn=0 >many
	nc-top --once --utf8 --width 80 --height 24 -x wall many >out
	# 37 hosts of 14 machines: as many cells.
	[ "$(sed '1d;$d' out | grep -o '[▁▂▃▄▅▆▇█]' | wc -l)" -eq 518 ]
}

@test "ten thousand rows" {
	nc-collect -i 10 -n 2 --now @1763800000 --speed max \
	    sim,hosts=100,vms=100,churn=0 | grep '"entity":"vm"' >many
	SECONDS=0
	nc-top --once --width 80 --height 24 -x 'vms; sort name' many >out
	[ $SECONDS -lt 10 ]
	grep -q '10000 VMs\|vms by name' out
	[ "$(wc -l <out)" -eq 24 ]
}

@test "filters are expressions of rules; what is not known is told" {
	nc-top --once -x 'vms; filter cpu_seconds_per_second > 0.9 * vcpus' \
	    "$fleet" >out
	[ "$(sed 1,2d out | grep -c .)" -eq 1 ] || fail "$(cat out)"
	grep -q '^\. idle2' out
	nc-top --once --width 120 -x 'vms; filter name =~ "^db" and not nosuch > 1' \
	    "$fleet" >out
	grep -q 'filtered out .*of them unknown' out
	nc-top --once -x 'vms; filter avg(cpu_seconds_per_second, 5m) > 1' \
	    "$fleet" | grep -q '^\. idle2'
	nc-top --once -x 'alerts; filter severity == "crit"' "$fleet" >out
	grep -q 'vm-busy' out
	not grep -q ' disk-writes ' out
	run --separate-stderr nc-top --once -x 'vms; filter cpu >' "$fleet"
	wants 2
	[[ $stderr == *column* ]] || fail 'says where'
}

@test "the rule of a filter is one nc-alert takes, and fires on the same" {
	need nc-alert
	nc-top --once -x 'vms; filter cpu_seconds_per_second > 0.9 * vcpus; rule' \
	    "$fleet" | sed -n '/^alert/,/^}/p' >rule.conf
	nc-alert -C -c rule.conf
	sed -i 's/ for 5m//' rule.conf
	nc-alert -o -c rule.conf "$fleet" | grep -q '"name":"idle2"'
}

@test "columns, orders and names of commands" {
	nc-top --once --width 80 -x 'vms; columns -mem,-read,reads; sort reads' \
	    "$fleet" >out
	head -n 2 out | tail -n 1 >titles
	not grep -qw 'MEM\|READ' titles
	grep -q 'WRITE' titles
	grep -q 'by reads$' out
	for bad in 'sort nosuch' 'columns nosuch' 'theme nosuch' 'nosuch' \
	    'speed 0' 'time later'; do
		run --separate-stderr nc-top --once -x "vms; $bad" "$fleet"
		wants 2
	done
	nc-top --once -x 'detail nosuch' "$fleet" |
	    grep -q "nothing called 'nosuch'"
}

@test "--once --json of a view: its rows" {
	nc-top --once --json -x vms "$fleet" >out
	jq -es 'length >= 24 and all(.kind == "sample" and .entity == "vm")' \
	    out >/dev/null
	nc-top --once --json -x alerts "$fleet" | grep '"kind":"alert"' |
	    jq -es 'any(.alert == "vm-busy")' >/dev/null
	nc-top --once --json -x 'detail idle2' "$fleet" |
	    jq -es 'all(.labels.name == "idle2")' >/dev/null
	nc-top --once --json -x 'chart load1 of sim001' "$fleet" |
	    jq -es 'length > 50 and all(.values | has("load1"))' >/dev/null
	nc-top --once --json -x pipeline "$fleet" |
	    jq -es 'any(.kind == "sweep" and .source == "sim")' >/dev/null
	nc-top --once --json -x 'blame sim001' "$fleet" |
	    jq -es 'any(.entity == "vm")' >/dev/null
	for view in hosts containers services wall tree; do
		nc-top --once --json -x $view "$fleet" |
		    jq -es 'length > 0 and all(.v == 1)' >/dev/null ||
		    fail "$view"
	done
}

@test "a hostile name harms no view" {
	sed 's/"name":"idle2"/"name":"\\u001b[31m\\u202eevil\\n\\ud83d\\ude00\\u0645"/g' \
	    "$fleet" >evil
	grep -q '"name":"\\u001b' evil
	for view in vms wall tree alerts 'detail idle1'; do
		nc-top --once --utf8 -x "$view" evil >out
		not grep -q "$(printf '[\001-\011\013-\037\177]')" out
		not grep -q "$(printf '\342\200\256')" out
	done
}

@test "a snapshot played again shows what was seen" {
	nc-top --once -x 'snapshot snap' "$fleet" >/dev/null
	for view in hosts vms containers alerts wall tree pipeline \
	    'chart cpu_seconds_per_second of idle2'; do
		nc-top --once -x "$view" "$fleet" >want
		nc-top --once -x "$view" snap >got
		same want got
	done
	gzip snap
	nc-top --once -r snap.gz -x alerts | grep -q 'C vm-busy'
}

@test "export: records, a table, the screen" {
	nc-top --once -x 'vms; sort name; export v.ndjson; export v.csv; export v.txt' \
	    "$fleet" >/dev/null
	jq -es 'length >= 24 and all(.entity == "vm")' v.ndjson >/dev/null
	[ "$(wc -l <v.csv)" -eq 25 ]
	head -n 1 v.csv | grep -q '^state,name,alerts,host,'
	sed -n 2p v.csv | grep -q '^\.,batch19,'
	# As it stood, whatever stands in it.
	nc-top --once --utf8 --width 200 -x 'vms; sort name' "$fleet" >want
	same want v.txt
	run --separate-stderr nc-top --once -x 'detail idle2; export v.csv' \
	    "$fleet"
	[[ $output == *'no rows for CSV'* ]] || fail 'said'
	[ "$(find . -name 'v.*' | wc -l)" -eq 3 ]
}

@test "E: the pipeline that it shows makes the view again" {
	for view in 'vms; sort cpu; filter vcpus > 3' 'alerts; sort for; invert' \
	    'chart load1 of sim002' 'detail db8' 'blame sim001' wall; do
		nc-top --once --width 90 --now @1763800833 -x "$view" \
		    "$fleet" >want
		nc-top --once --width 400 --now @1763800833 \
		    -x "$view; show-pipeline" "$fleet" |
		    grep '^nc-top -b' >line
		echo "$(cat line) --width 90" | bash >got
		same want got
	done
}

@test "a recording with its own clock: what may be asked for" {
	for bad in '--speed 2' '-r x --speed 0' '-r x --speed fast'; do
		# shellcheck disable=SC2086 # words are the point
		run --separate-stderr script -qec "nc-top $bad" /dev/null
		wants 2
	done
	run --separate-stderr nc-top -b -r nosuch.gz
	wants 3
	[[ $stderr == *nosuch.gz* ]] || fail 'names it'
}

@test "a day of replay: every view, in bounded memory" {
	[ -n "${NC_SLOW-}" ] || skip 'set NC_SLOW=1: takes a minute'
	mkfifo day
	nc-collect -i 10 -n 8640 --now @1763800000 --speed max \
	    sim,hosts=8,vms=10,faults=20 >day 3>&- &
	/usr/bin/python3 "$TOP/tests/bench/cost.py" nc-top --once -x vms day \
	    >cost
	[ "$(cut -d' ' -f2 cost)" -lt 40960 ] || fail "$(cat cost) KiB"
	nc-collect -i 60 -n 1440 --now @1763800000 --speed max \
	    sim,hosts=8,vms=10,faults=20 >recording
	for view in hosts vms alerts wall pipeline tree; do
		nc-top -b -i 600 --width 80 --height 24 -x "$view" recording >out
		[ "$(grep -c ' AT ' out)" -gt 140 ] || fail "$view"
	done
}
