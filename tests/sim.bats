#!/usr/bin/env bats
# The source sim: reproducible, plausible, and its faults are where its
# ground truth says.

load lib

setup() {
	sandbox
}

# sim SECONDS-A-ROUND ROUNDS OPTION...: records of a fleet from a Monday noon.
sim() {
	local i=$1 n=$2
	shift 2
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i "$i" \
	    -n "$n" --self 0 "$(printf 'sim%s' "${*/#/,}" | tr -d ' ')"
}

@test "the same seed gives the same bytes, another seed another fleet" {
	sim 10 5 hosts=2 vms=3 seed=7 >a
	sim 10 5 hosts=2 vms=3 seed=7 >b
	sim 10 5 hosts=2 vms=3 seed=8 >c
	cmp a b
	run ! cmp -s a c
}

@test "a larger fleet has the smaller one in it" {
	sim 10 1 hosts=2 vms=3 | jq -r 'select(.entity == "host").values' >a
	sim 10 1 hosts=5 vms=3 | jq -r 'select(.entity == "host").values' >b
	head -"$(wc -l <a)" b | cmp - a
}

@test "every record is good by its schema" {
	sim 10 3 hosts=2 vms=3 >records
	[ "$(wc -l <records)" -gt 50 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <records
}

@test "counters never run back while their start is the same" {
	sim 600 144 hosts=2 vms=4 churn=50 >records
	run -0 jq -n '
	    reduce (inputs | select(.kind == "sample")) as $r ({last: {}, bad: 0};
		($r.host + $r.entity + $r.id) as $k |
		reduce ($r.values | to_entries[] | select(.key | endswith("_total"))) as $v (.;
		    ($k + $v.key) as $s |
		    if .last[$s] and .last[$s][0] == $r.since and .last[$s][1] > $v.value
		    then .bad += 1 else . end |
		    .last[$s] = [$r.since, $v.value])) | .bad' records
	[ "$output" = 0 ]
}

@test "processor modes of a host add up to its processors" {
	sim 60 3 hosts=3 vms=10 | jq -s '
	    [.[] | select(.entity == "host")] | group_by(.host)[] |
	    (.[2].values | [to_entries[] | select(.key | test("^cpu_.*_seconds_total$")).value] | add) as $b |
	    (.[1].values | [to_entries[] | select(.key | test("^cpu_.*_seconds_total$")).value] | add) as $a |
	    ($b - $a) / (60 * .[0].values.cpus)' >ratio
	[ "$(wc -l <ratio)" = 3 ]
	awk '$1 < 0.95 || $1 > 1.05 { exit 1 }' ratio
}

@test "a day has its season: noon is busier than the night" {
	sim 1800 49 hosts=1 vms=40 churn=0 | jq -s '
	    [.[] | select(.entity == "host").values.cpu_guest_seconds_total] |
	    (.[4] - .[0]) / (.[32] - .[28])' >ratio
	awk '$1 < 1.3 { exit 1 }' ratio
}

@test "churn brings starts, stops and moves, with events and a new start" {
	sim 3600 168 hosts=3 vms=10 churn=5 >records
	for event in "stopped shutdown" "started booted" "started migrated"; do
		grep -q "\"detail\":\"$event\"" records
	done
	grep -q '"event":"gone"' records
	sim 3600 168 hosts=3 vms=10 churn=0 >quiet
	run ! grep -q '"kind":"event"' quiet
}

@test "a scenario's faults happen where the truth says" {
	cat >scenario <<-'EOF'
	churn 0
	fault cpu-hog { host sim001; vm 1; at 10m; for 10m }
	fault memory-leak { host sim001; vm 2; at 10m; for 10m }
	fault disk-fill { host sim002; at 10m; for 10m }
	fault noisy-neighbour { host sim002; vm 1; at 10m; for 10m }
	fault packet-loss { host sim003; at 10m; for 10m }
	fault silent-host { host sim004; at 10m; for 10m }
	EOF
	sim 60 30 hosts=4 vms=3 scenario=scenario truth=truth >records
	[ "$(wc -l <truth)" = 6 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <truth

	# id FAULT: where it is.  at FAULT METRIC MINUTE: its value there then.
	id() { jq -r --arg f "$1" 'select(.detail == $f) | .host + " " + .id' truth; }
	at() {
		jq -r --arg id "$(id "$1")" --arg m "$2" --argjson n "$3" \
		    'select(.host + " " + .id == $id and .ts == 1793620800 + 60 * $n) |
		    .values[$m]' records
	}
	grew() {	# FAULT METRIC FROM TO
		awk -v a="$(at "$1" "$2" "$3")" -v b="$(at "$1" "$2" "$4")" \
		    'BEGIN { printf "%.0f\n", b - a }'
	}
	vcpus=$(at cpu-hog vcpus 12)
	awk -v got="$(grew cpu-hog cpu_seconds_total 11 19)" -v n="$vcpus" \
	    'BEGIN { exit !(got > .9 * n * 480) }'
	awk -v a="$(at memory-leak mem_guest_usable_bytes 9)" \
	    -v b="$(at memory-leak mem_guest_usable_bytes 19)" \
	    -v c="$(at memory-leak mem_guest_usable_bytes 21)" \
	    'BEGIN { exit !(b < .2 * a && c > .8 * a) }'
	awk -v r="$(at disk-fill used_ratio 19)" -v b="$(at disk-fill used_ratio 9)" \
	    -v c="$(at disk-fill used_ratio 21)" \
	    'BEGIN { exit !(r > .93 && b < .8 && c < .8) }'
	[ "$(grew noisy-neighbour writes_total 11 19)" -gt \
	    $((5 * $(grew noisy-neighbour writes_total 1 9))) ]
	[ "$(grew packet-loss receive_drops_total 1 9)" = 0 ]
	[ "$(grew packet-loss receive_drops_total 11 19)" -gt 0 ]
	[ -n "$(at silent-host load1 9)" ]
	[ -z "$(at silent-host load1 15)" ]
	[ -n "$(at silent-host load1 20)" ]
}

@test "a noisy neighbour is felt by the others on its disk" {
	printf '%s\n' 'churn 0' \
	    'fault noisy-neighbour { host sim001; vm 1; at 10m; for 10m; strength 60 }' >s
	sim 60 30 hosts=1 vms=12 scenario=s | jq -s '
	    [.[] | select(.entity == "host").values.psi_io_some_seconds_total] |
	    [.[19] - .[11], .[9] - .[1]] | @tsv' -r >felt
	awk '$1 < 5 * $2 + 1 { exit 1 }' felt
}

@test "random faults are drawn once a seed and told" {
	sim 60 1 hosts=8 vms=4 faults=12 over=6h truth=a >/dev/null
	sim 60 1 hosts=8 vms=4 faults=12 over=6h truth=b >/dev/null
	[ "$(wc -l <a)" = 12 ]
	cmp a b
}

@test "a scenario that cannot be is told with its place" {
	printf 'fault cpu-hog { host sim009 }\nfault warp { }\nnonsense\n' >s
	run --separate-stderr sim 10 1 hosts=2 vms=2 scenario=s
	[ "$status" -ne 0 ]
	[[ $stderr == *"s:1:1: no host sim009, expected one of sim001 to sim002"* ]]
	[[ $stderr == *"s:2:7: 'warp' here, expected cpu-hog"* ]]
	[[ $stderr == *"s:3:1: 'nonsense' here, expected fault, random or churn"* ]]
}
