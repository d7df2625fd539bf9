#!/usr/bin/env bats
# The programs together, as an operator strings them: collected, kept,
# shown, asked for, and the judges that others wrote.

load lib

setup() {
	sandbox
}

@test "collect | store -p | top: live frames, and the history is there" {
	need nc-collect nc-store nc-top nc-query
	nc-collect -i 250ms -n 8 2>collect.err |
	    tee live.ndjson |
	    nc-store -p -d var 2>store.err |
	    nc-top -b >frames 2>top.err
	[ "${PIPESTATUS[*]}" = '0 0 0 0' ] ||
	    fail "$(cat collect.err store.err top.err)"
	host=$(jq -r 'select(.entity == "host") | .host' live.ndjson | head -1)
	grep -qF "$host" frames || fail "$(head -40 frames)"
	nc-query -d var host >history
	[ -s history ]
	# What was kept is what went by: the last load, through both.
	jq -se --arg host "$host" 'map(select(.host == $host) | .values |
	    keys | length) | max > 5' <history >/dev/null
}

@test "rrdtool agrees with nc-query on what was kept" {
	need nc-store nc-query rrdtool
	for i in $(seq 0 10 600); do
		sample $((1763800000 + i)) h1 host h1 "\"load1\":$((i / 10)).5"
	done | nc-store -d var 2>err || fail "$(cat err)"
	rrd=$(find var -name '*.rrd')
	[ "$(wc -l <<<"$rrd")" -eq 1 ]
	rrdtool fetch "$rrd" AVERAGE -r 10 -s 1763800000 -e 1763800590 |
	    awk 'NF > 1 && $2 ~ /e/ && $2 !~ /nan/ {
		printf "%d %.6f\n", $1, $2 }' >want
	nc-query -d var --from @1763800000 --to @1763800600 --step 10 host |
	    jq -r 'select(.values.load1 != null) |
	    "\(.ts) \(.values.load1)"' |
	    awk '{ printf "%d %.6f\n", $1, $2 }' >got
	[ "$(wc -l <want)" -gt 50 ]
	# The step in progress at the end may be known to one only.
	join want got >both
	[ "$(wc -l <both)" -ge 55 ]
	awk '$2 != $3 { print; bad = 1 } END { exit bad }' both
}

@test "a store opened again goes on with the files it has" {
	need nc-collect nc-store
	for round in 1 2 3; do
		run --separate-stderr bash -c 'nc-collect -i 1 -n 1 | nc-store -d var; sleep 1.1'
		[ -z "$stderr" ] || fail 'nothing to say'
		find var -name '*.rrd' | sort >"files.$round"
	done
	[ -s files.1 ] && same files.1 files.3
}

@test "every record that comes out is a record, by the schema" {
	need nc-collect
	nc-collect -l diagnostic -n 2 -i 200ms >out || [ $? -eq 1 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "a recording replayed is what was seen" {
	need nc-collect nc-top
	nc-collect -i 200ms -n 4 >recording
	nc-top -b -n 1 --width 100 --height 30 recording >a
	nc-top -b -n 1 --width 100 --height 30 <recording >b
	same a b
}

@test "the shell reads records: grep, cut, jq" {
	need nc-collect
	[ "$(nc-collect | grep -c '"kind":"sample"')" -gt 3 ]
	nc-collect | jq -se 'map(select(.kind == "sample") | .values | add) |
	    length > 3' >/dev/null
}

@test "two producers, one store, through one pipe" {
	need nc-collect nc-store nc-query
	{
		nc-collect --host left -i 200ms -n 3 3>&- &
		nc-collect --host right -i 200ms -n 3 3>&- &
		wait
	} | nc-store -d var 2>err || fail "$(cat err)"
	[ "$(nc-query -d var ls host | jq -r .host |
	    sort -u | wc -l)" -eq 2 ]
}

@test "from a reading to a person: the alert, then its end" {
	need nc-alert nc-notify
	echo 'alert busy on host { crit if load1 > 5 }' >rules
	{
		echo "channel a exec \"/bin/sh\" \"-c\" \"cat >>$PWD/told\""
		echo 'match to a'
	} >channels
	mkfifo in
	nc-alert -c rules <in | nc-notify -p -c channels >out 3>&- &
	pid=$!
	exec 6>in
	sweep() {
		sample "$1" h1 host h1 "\"load1\":$2"
		printf '{"v":1,"kind":"sweep","ts":%s.5,"host":"h1","source":"test","boot":"b","run":"r","seq":%s,"values":{"took_seconds":0.1,"entities":1,"samples":1}}\n' \
		    "$1" "$3"
	}
	{ sweep 1763800000 1 1; sweep 1763800010 9 2; } >&6
	until_true 10 test -s told || fail 'not told that it fires'
	sweep 1763800020 1 3 >&6
	exec 6>&-
	wait $pid
	[ "$(jq -r .state told | xargs)" = 'firing resolved' ] ||
	    fail "$(cat told)"
	[ "$(jq -r 'select(.kind == "delivery").result' out | xargs)" = \
	    'sent sent' ] || fail 'receipts'
}

@test "make run without a terminal: plain frames of this machine" {
	need nc-collect nc-store nc-top
	run timeout 60 "$TOP/contrib/live" "$NC_BUILD" </dev/null
	[ "$status" -eq 0 ] || fail 'live'
	[[ $output != *$'\033'* ]] || fail 'escapes'
	[[ $output == *"$(uname -n | cut -c1-8)"* ]] || fail 'not this machine'
}
