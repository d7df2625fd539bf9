#!/usr/bin/env bats
# nc-top as text: pictures of the hosts view from a fixed fleet, and what -b,
# --once and --json promise.  NC_REGOLD=1 makes the pictures anew: look at
# them before they go into the tree.

load lib

setup() {
	need nc-top
	sandbox
	fixtures=$TOP/tests/fixtures/top
	export TZ=UTC
	awk -f "$fixtures/fleet.awk" >fleet
}

# picture NAME [ARG...]: what nc-top shows equals the golden of that name.
picture() {
	local golden=$fixtures/$1.txt
	shift
	run --separate-stderr nc-top -b --utf8 --now @1763800073 "$@" fleet
	wants 0
	[ -z "$stderr" ] || fail 'nothing to say'
	printf '%s\n' "$output" >got
	[ -z "${NC_REGOLD-}" ] || cp got "$golden"
	same "$golden" got
}

@test "80x24" {
	picture hosts-80x24 --width 80 --height 24
}

@test "40x10" {
	picture hosts-40x10 --width 40 --height 10
}

@test "200x60" {
	picture hosts-200x60 --width 200 --height 60
}

@test "20x5: one line" {
	picture hosts-20x5 --width 20 --height 5
	[ "$(grep -c . got)" -eq 1 ]
}

@test "ASCII alone, sorted by memory, inverted" {
	run nc-top -b --ascii --width 100 --now @1763800073 \
	    -x 'sort mem; invert' fleet
	wants 0
	[ -z "$(tr -d '\n -~' <<<"$output")" ] || fail 'not ASCII'
	[[ ${lines[0]} == *'by mem inverted' ]] || fail 'says its order'
	# What is not known stands last, inverted first; then the smallest.
	[[ ${lines[2]} == 'S hv04'* && ${lines[3]} == '. hv07'* &&
	    ${lines[4]} == 'L hv05'* ]] ||
	    fail 'order'
}

@test "help and the choice of the order" {
	picture help-80x40 -x help --width 80 --height 40
	picture sort-80x30 -x 'sort cpu; sort' --width 80 --height 30
}

@test "no size breaks it" {
	for size in 1x1 1x200 2x2 5x5 21x3 21x6 22x4 79x7 500x2 1000x1000; do
		run --separate-stderr nc-top -b --utf8 --now @1763800073 \
		    --width "${size%x*}" --height "${size#*x}" fleet
		wants 0
		[ "$(awk -v w="${size%x*}" '{ gsub(/[\300-\377]/, "")
		    gsub(/[\200-\277][\200-\277]/, "x") }
		    length > w' <<<"$output")" = '' ] || fail "$size: too wide"
	done
}

@test "names cannot drive the terminal" {
	nc-top -b --utf8 fleet >out
	not grep -q "$(printf '[\001-\011\013-\037\177]')" out
	not grep -q "$(printf '\342\200\256')" out
	nc-top -b --utf8 fleet | grep -q 'ev?\[31mil'
}

@test "FILE = stdin = a pipe, with every frame" {
	nc-top -b fleet >a
	nc-top -b <fleet >b
	# shellcheck disable=SC2002 # the pipe is the point
	cat fleet | nc-top -b - >c
	same a b
	same a c
	[ "$(grep -c ' AT ' a)" -gt 4 ]
}

@test "-n ends it after that many frames" {
	run nc-top -b -n 2 fleet
	wants 0
	[ "$(grep -c ' AT ' <<<"$output")" -eq 2 ]
	run timeout 10 bash -c '{ cat fleet; sleep 60; } | nc-top -b -n 2'
	[ "$(grep -c ' AT ' <<<"$output")" -eq 2 ]
}

@test "a live input: a frame after each round, at once" {
	mkfifo in
	nc-top -b <in >out 3>&- &
	pid=$!
	exec 6>in
	awk -f "$fixtures/fleet.awk" -v rounds=2 >&6
	until_true 2 grep -q ' AT ' out
	exec 6>&-
	wait $pid
	[ "$(grep -c ' AT ' out)" -eq 1 ] || fail 'the end brought nothing new'
}

@test "an input that falls silent: frames go on, and age" {
	mkfifo in
	nc-top -b -i 0.2 <in >out 3>&- &
	pid=$!
	exec 6>in
	awk -f "$fixtures/fleet.awk" -v rounds=2 |
	    sed 's/"interval":10/"interval":0.1/' >&6
	until_true 5 grep -q 'S hv01.*stale' out
	exec 6>&-
	wait $pid
}

@test "--once --json: samples, rates, what is late says so" {
	nc-top --once --json --now @1763800073 fleet >out
	jq -es 'all(.v == 1 and .kind == "sample")' out >/dev/null
	jq -es 'map(select(.entity == "host" and .host == "hv02"))[0].values
	    | .cpu_guest_seconds_per_second > 27.9 and
	    .cpu_guest_seconds_per_second < 28 and
	    (has("cpu_guest_seconds_total") | not)' out >/dev/null
	jq -es 'map(select(.entity == "host" and .host == "hv04"))[0]
	    | .quality == "stale" and .age > 42 and .age < 44' out >/dev/null
	# Booted in the last round: no rate, and no old one in its place.
	jq -es 'map(select(.entity == "host" and .host == "hv06"))[0].values
	    | has("load1") and (has("cpu_idle_seconds_per_second") | not)' \
	    out >/dev/null
	# Stopped after the fourth round.
	not grep -q '"name":"web3"' out
}

@test "--once --json: a sample that came in two frames is whole" {
	for values in '"load1":1,"a_bytes":2' '"load5":3'; do
		echo '{"v":1,"kind":"sample","ts":1763800000,"host":"h",' \
		    '"source":"host","entity":"host","id":"h","interval":10,' \
		    "\"values\":{$values}}"
	done >two
	nc-top --once --json --now @1763800001 two >out
	jq -es 'map(.values) | add == {load1: 1, a_bytes: 2, load5: 3}' \
	    out >/dev/null
}

@test "--now: the past as it was" {
	run nc-top -b --ascii --now @1763800041 fleet
	[[ $output == *'. hv04 '* && $output == *'. hv06'*42.0* ]] ||
	    fail 'the state of then'
	run nc-top -b --ascii --now @1763700000 fleet
	wants 0
	[[ $output == *'without a host'* ]] || fail 'before all records'
}

@test "colour only when asked for" {
	nc-top -b fleet | not grep -q "$(printf '\033')"
	nc-top -b --color always fleet | grep -q "$(printf '\033')\[0"
	NO_COLOR=1 nc-top -b --color always --theme mono fleet |
	    grep -q "$(printf '\033')\[0;"
	NO_COLOR=1 CLICOLOR_FORCE=1 nc-top -b fleet |
	    not grep -q "$(printf '\033')"
}

@test "usage errors say what is wrong" {
	# shellcheck disable=SC2089 # the backslash is one of the words
	for args in '-n 0 -b' '-i 0 -b' '-i x -b' '--width 0 -b' \
	    '--theme nosuch -b' '--color maybe -b' '--json -b' \
	    '--ascii --utf8 -b' '--now x -b' '-n 3' '-b -x nosuch' \
	    '-b -x sort\ nosuch'; do
		# shellcheck disable=SC2086,SC2090 # words are the point
		run --separate-stderr nc-top $args fleet
		wants 2
		[ ${#stderr_lines[@]} -eq 2 ] || fail "$args: two lines"
	done
}

@test "standard output is no terminal: a hint at -b" {
	run --separate-stderr nc-top fleet
	wants 2
	[[ $stderr == *'(-b '* ]] || fail 'a hint'
}

@test "the manual's KEYS are the table" {
	nc-top --keys | sed -E 's/\t.*//; s/ /, /g' | sort >want
	mandoc -Tascii -O width=200 "$TOP/man/nc-top.1" | sed 's/.\x08//g' |
	    sed -n '/^KEYS/,/^RECORDS/p' |
	    sed -nE 's/^     ([^ ]+(, [^ ]+)*)(  .*|$)/\1/p' | sort >got
	same want got
	nc-top --keys | cut -f2 | while IFS= read -r help; do
		mandoc -Tascii -O width=400 "$TOP/man/nc-top.1" |
		    sed 's/.\x08//g' | grep -qiF -- "$help." ||
		    fail "not in the manual: $help"
	done
}

@test "ten thousand lines a second of a large fleet" {
	awk -f "$fixtures/fleet.awk" -v rounds=6 -v hosts=500 >large
	SECONDS=0
	nc-top -b --width 120 --height 40 large >out
	[ $SECONDS -lt 10 ]
	grep -q '509 hosts' out
}
