#!/usr/bin/env bats
# nc-store as its user sees it: what it keeps, what it refuses, what survives
# a kill, a full disk, a second writer, damage.  rrdtool is the judge.

load lib

setup() {
	sandbox
	need nc-store nc-query rrdtool
	T0=1763800000
}

# vm TS ID VALUES [EXTRA]: a sample every 10 s.
vm() {
	printf '{"v":1,"kind":"sample","ts":%s,"host":"h1","source":"test","entity":"vm","id":"%s","labels":{"name":"n-%s"},"interval":10,"values":{%s}}\n' \
	    "$1" "$2" "${4-$2}" "$3"
}

# series N [ID]: N samples, "a" counting up from 1.
series() {
	local i
	for ((i = 1; i <= $1; i++)); do
		vm $((T0 + 10 * i)) "${2-u1}" "\"a\":$i"
	done
}

# column FILE DS: the known values rrdtool finds, one a line, as "TS VALUE".
column() {
	rrdtool fetch "$1" AVERAGE -s $((T0 - 10)) -e $((T0 + 3600)) |
	    awk -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++)
		if ($i == want) at = i + 1 }
	    NR > 2 && $at !~ /nan/ { sub(":", "", $1)
		printf "%d %.10g\n", $1, $at }'
}

# asked METRIC...: the same from nc-query.
asked() {
	nc-query -d d --from @$((T0 - 10)) --to @$((T0 + 3600)) --csv "$@" |
	    awk -F, 'NR > 1 { printf "%d %.10g\n", $1, $8 }'
}

f=d/rrd/h1/vm/test/u1.rrd

@test "samples are in the file, and rrdtool and nc-query agree" {
	series 100 | nc-store -d d
	column $f a >rrdtool
	asked vm:a >query
	[ "$(wc -l <rrdtool)" -eq 100 ]
	same rrdtool query
	[ "$(head -1 query)" = "$((T0 + 10)) 1" ]
}

@test "a counter becomes its rate; its first sample and a reset are unknown" {
	{
		vm $((T0 + 10)) u1 '"c_total":100'
		vm $((T0 + 20)) u1 '"c_total":200'
		vm $((T0 + 30)) u1 '"c_total":250'
		vm $((T0 + 40)) u1 '"c_total":10'
		vm $((T0 + 50)) u1 '"c_total":30'
	} | nc-store -d d
	asked vm:c_total >got
	printf '%d %s\n' $((T0 + 20)) 10 $((T0 + 30)) 5 $((T0 + 50)) 2 >want
	same want got
	rrdtool info $f | grep -q 'ds\[c_per_second\].min = 0.0'
	rrdtool info $f | grep -q 'ds\[c_per_second\].type = "GAUGE"'
}

@test "one sample a run, as from cron, has rates too" {
	vm $((T0 + 10)) u1 '"c_total":100' | nc-store -d d
	vm $((T0 + 20)) u1 '"c_total":200' | nc-store -d d
	run asked vm:c_total
	[ "$output" = "$((T0 + 20)) 10" ] || fail "no rate over two runs"
}

@test "new metrics use up the spares, then the file grows: no history lost" {
	local i k values
	for ((i = 1; i <= 30; i++)); do
		values='"a":'$i
		for ((k = 0; k < i / 2; k++)); do
			values+=",\"m$k\":$((100 + i))"
		done
		vm $((T0 + 10 * i)) u1 "$values"
	done >all
	# One run for each sample, so that every one meets the file.
	while read -r line; do
		printf '%s\n' "$line" | nc-store -d d --keep raw:1h,1m:2h
	done <all
	column $f a >got
	for ((i = 1; i <= 30; i++)); do
		echo "$((T0 + 10 * i)) $i"
	done >want
	same want got
	column $f m14 >got
	[ "$(cat got)" = "$((T0 + 300)) 130" ]
	asked vm:m3 >query
	column $f m3 >got
	same got query
}

@test "names that are no file names, or no names of data sources" {
	local long
	long=$(printf 'x%.0s' {1..300})
	{
		vm $((T0 + 10)) '../../../etc/passwd' '"a":1'
		vm $((T0 + 10)) 'A' '"a":2'
		vm $((T0 + 10)) 'a' '"a":3'
		vm $((T0 + 10)) "$long" '"a":4'
		vm $((T0 + 10)) "${long}y" '"a":5'
		vm $((T0 + 10)) '..' '"a":6'
		vm $((T0 + 10)) 'ü/%2f' '"a":7'
		vm $((T0 + 10)) 'u1' '"this_is_a_very_long_metric_name_bytes":8,"this_is_a_very_long_metric_other_bytes":9'
	} | nc-store -d d --keep raw:1h
	[ -z "$(find . -name 'passwd*' -not -path './d/rrd/*')" ]
	[ "$(find d/rrd -name '*.rrd' | wc -l)" -eq 8 ]
	asked | awk '{ print $2 }' | sort >got
	printf '%d\n' 1 2 3 4 5 6 7 8 9 >want
	same want got
	[ "$(asked 'vm{id=\.\.}:a' | awk '{ print $2 }')" = 6 ] ||
	    [ "$(asked 'vm{id=".."}:a' | awk '{ print $2 }')" = 6 ]
}

@test "late, doubled and backward samples are refused, the rest goes on" {
	{
		series 20
		vm $((T0 + 100)) u1 '"a":999'
		vm $((T0 + 200)) u1 '"a":999'
		vm $((T0 + 210)) u1 '"a":21'
		vm $((T0 + 10)) u2 '"a":1'
	} >in
	run --separate-stderr nc-store -d d in
	wants 1
	[[ $stderr == *refused* ]] || fail 'not said'
	[ "$(asked 'vm{id=u1}:a' | wc -l)" -eq 21 ]
	[ "$(asked 'vm{id=u2}:a')" = "$((T0 + 10)) 1" ]
	# The same again, into the files: all of it is late.
	run --separate-stderr nc-store -d d in
	wants 1
	[ "$(asked 'vm{id=u1}:a' | wc -l)" -eq 21 ]
}

@test "a file that is there goes on in the next run" {
	series 10 | nc-store -d d
	series 20 | tail -10 | nc-store -d d
	column $f a >got
	[ "$(wc -l <got)" -eq 20 ]
}

@test "-p passes every line on, byte for byte" {
	{
		series 3
		echo '{"v":1,"kind":"what","ts":1,"x":[1,2.50]}'
		echo '{"v":1,"kind":"event","ts":1763800100,"host":"h1","source":"t","entity":"vm","id":"u1","event":"started","odd":1.0}'
	} >in
	nc-store -p -d d --self 0 <in >out
	same in out
}

@test "events and alerts are in the log, by day, and come back as they were" {
	{
		series 3
		echo '{"v":1,"kind":"event","ts":1763800100,"host":"h1","source":"t","entity":"vm","id":"u1","event":"started"}'
		echo '{"v":1,"kind":"alert","ts":1763900000,"host":"h1","source":"nc-alert","entity":"vm","id":"u1","state":"firing"}'
	} >in
	nc-store -d d in
	[ -f d/log/2025-11-22.ndjson.gz ] && [ -f d/log/2025-11-23.ndjson ]
	nc-query -d d --kind alert,event --from @1763700000 --to @1764000000 >got
	grep -v '"sample"' in >want
	same want got
	run nc-query -d d --kind event --from @1763700000 --to @1764000000 vm
	[ "${#lines[@]}" -eq 1 ]
}

@test "a change of labels is told in the log" {
	{
		vm $((T0 + 10)) u1 '"a":1' old
		vm $((T0 + 20)) u1 '"a":2' new
	} | nc-store -d d
	run nc-query -d d --kind event --from @$T0 --to @$((T0 + 100))
	[[ $output == *'"event":"labels_changed"'*'name=n-old'* ]]
	nc-query -d d ls | grep -q 'n-new'
}

@test "processes and threads are stored only when asked for" {
	sample $((T0 + 10)) h1 process 12/34 '"mem_rss_bytes":1' >in
	nc-store -d d in
	[ -z "$(find d/rrd -name '*.rrd')" ]
	nc-store -d d --also process in
	[ -n "$(find d/rrd -name '*.rrd')" ]
}

@test "stale and partial values are not history" {
	{
		vm $((T0 + 10)) u1 '"a":1'
		vm $((T0 + 20)) u1 '"a":2' | sed 's/"values"/"quality":"stale","age":30,"values"/'
		vm $((T0 + 30)) u1 '"a":3' | sed 's/"values"/"quality":"partial","values"/'
	} | nc-store -d d
	[ "$(asked vm:a)" = "$((T0 + 10)) 1" ]
}

@test "frames of one sample are one row" {
	{
		vm $((T0 + 10)) u1 '"a":1'
		vm $((T0 + 10)) u1 '"b":2'
		vm $((T0 + 20)) u1 '"a":3'
		vm $((T0 + 20)) u1 '"b":4'
	} | nc-store -d d
	[ "$(asked vm:b)" = "$(printf '%d %d\n' $((T0 + 10)) 2 $((T0 + 20)) 4)" ]
	[ "$(asked vm:a)" = "$(printf '%d %d\n' $((T0 + 10)) 1 $((T0 + 20)) 3)" ]
}

@test "steps: sub-second samples are averaged, none is a minute" {
	local i
	for ((i = 1; i <= 40; i++)); do
		printf '{"v":1,"kind":"sample","ts":%d.%d,"host":"h1","source":"test","entity":"vm","id":"u1","interval":0.25,"values":{"a":%d}}\n' \
		    $((T0 + (i - 1) / 4)) $(((i - 1) % 4 * 25)) $((i % 2 * 10))
	done | nc-store -d d
	rrdtool info $f | grep -q '^step = 1$'
	[ "$(asked vm:a | awk '$2 == 5' | wc -l)" -ge 8 ]
	for ((i = 1; i <= 3; i++)); do
		vm $((T0 + 300 * i)) u2 '"a":1' | sed 's/"interval":10,//'
	done | nc-store -d d
	rrdtool info d/rrd/h1/vm/test/u2.rrd >info
	grep -q '^step = 60$' info
	grep -q 'minimal_heartbeat = 900' info
}

@test "--keep makes the archives it says" {
	series 3 | nc-store -d d
	rrdtool info $f | awk -F' = ' '/rows|cf|pdp_per_row/ { print $2 }' |
	    paste - - - >got
	cat >want <<-'END'
	"AVERAGE"	2160	1
	"AVERAGE"	2880	6
	"MIN"	2880	6
	"MAX"	2880	6
	"AVERAGE"	2016	60
	"MIN"	2016	60
	"MAX"	2016	60
	"AVERAGE"	4380	720
	"MIN"	4380	720
	"MAX"	4380	720
	END
	same want got
	run --separate-stderr nc-store -d d --keep nonsense </dev/null
	wants 2
}

@test "--expire removes what has been silent, --max-series refuses" {
	{
		vm $((T0 + 10)) old '"a":1'
		vm $((T0 + 90000)) new '"a":1'
	} | nc-store -d d --expire 1d
	[ ! -e d/rrd/h1/vm/test/old.rrd ]
	[ -e d/rrd/h1/vm/test/new.rrd ]
	nc-query -d d ls | grep -q 'old' && fail 'still listed'
	{
		vm $((T0 + 10)) x1 '"a":1'
		vm $((T0 + 10)) x2 '"a":1'
	} >in
	run --separate-stderr nc-store -d e --max-series 1 in
	wants 1
	[[ $stderr == *--max-series* ]]
	[ "$(find e/rrd -name '*.rrd' | wc -l)" -eq 1 ]
}

# writer DIR ARG...: nc-store in the background, fed through the fifo "in".
writer() {
	mkfifo in
	nc-store -d "$@" <in 2>err 3>&- &
	pid=$!
	exec 9>in
}

@test "a sample is seen within a second although its file is not written" {
	writer d
	series 5 >&9
	until_true 5 test -S d/flush.sock
	vm $((T0 + 60)) u1 '"a":6' >&9
	sleep 0.5
	run asked vm:a
	exec 9>&-
	wait "$pid"
	[ "${#lines[@]}" -eq 6 ] || fail 'not there yet'
}

@test "kill -9: what nc-query was not told is replayed from the journal" {
	writer d
	series 30 >&9
	until_true 5 test -S d/flush.sock
	sleep 1.2
	kill -9 "$pid"
	wait "$pid" || true
	exec 9>&-
	[ ! -e $f ] || fail 'written too early: this proves nothing'
	run asked vm:a
	[ "${#lines[@]}" -eq 30 ] || fail 'rows are missing'
	column $f a >rrdtool
	[ "$(wc -l <rrdtool)" -eq 30 ]
	series 31 | tail -1 | nc-store -d d
	run asked vm:a
	[ "${#lines[@]}" -eq 31 ] || fail 'cannot go on'
}

@test "kill -9 before the first file: the replay keeps what --keep said" {
	writer d --keep raw:1h,1m:3h
	series 3 >&9
	until_true 5 test -S d/flush.sock
	sleep 1.2
	kill -9 "$pid"
	wait "$pid" || true
	exec 9>&-
	[ ! -e $f ]
	run asked vm:a
	[ "${#lines[@]}" -eq 3 ]
	rrdtool info $f | grep -q 'rra\[1\].rows = 180'
}

@test "kill -9 at any moment leaves every file readable, and loses a second" {
	local round sent pid2 rounds=${NC_SLOW:+40}
	need awk
	sent=0
	for ((round = 0; round < ${rounds:-6}; round++)); do
		rm -f in
		mkfifo in
		nc-store -d d --keep raw:1d <in 2>/dev/null 3>&- &
		pid=$!
		# A hundred entities as fast as it goes: rows reach files
		# every 75 samples.
		awk -v t=$T0 -v from=$sent 'BEGIN {
			for (i = from + 1; i <= from + 150; i++)
				for (k = 0; k < 20; k++)
					printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h1\",\"source\":\"test\",\"entity\":\"vm\",\"id\":\"u%d\",\"interval\":10,\"values\":{\"a\":%d,\"b\":%d}}\n", t + 10 * i, k, i, k
		}' >in 3>&- &
		pid2=$!
		sleep 0.$((RANDOM % 3))$((RANDOM % 10))
		kill -9 $pid 2>/dev/null || true
		wait $pid $pid2 2>/dev/null || true
		sent=$((sent + 150))
		find d -name '*.rrd' -print0 | xargs -0 -r -n 1 rrdtool info \
		    >/dev/null || fail 'a file that rrdtool cannot read'
	done
	run --separate-stderr nc-query -d d --csv --from @$T0 \
	    --to @$((T0 + 90000)) --stat last vm
	wants 0
	# Whatever is there is right: a is the number of its sample.
	awk -F, -v t=$T0 'NR > 1 && $7 == "a" && $8 != ($1 - t) / 10 {
		if (!bad++) print } END { exit bad != 0 }' <<<"$output" >wrong ||
	    { cat wrong; return 1; }
	[ "${#lines[@]}" -gt 100 ]
}

@test "two writers: the second says so and ends" {
	writer d
	series 1 >&9
	until_true 5 test -S d/flush.sock
	run --separate-stderr timeout 5 nc-store -d d <<<"$(series 2 u2)"
	exec 9>&-
	wait "$pid"
	wants 3
	[[ $stderr == *"held by nc-store"* ]] || fail 'not said'
}

@test "a damaged file is kept aside and begun anew, others go on" {
	{ series 5; series 5 u2; } | nc-store -d d
	printf 'garbage' | dd of=$f conv=notrunc bs=1 seek=0 2>/dev/null
	run --separate-stderr nc-query -d d --csv --from @$T0 --to @$((T0 + 100))
	wants 1
	[[ $stderr == *u1.rrd* ]] || fail 'not said'
	[ "${#lines[@]}" -eq 6 ] || fail 'u2 is missing'
	run --separate-stderr nc-store -d d <<<"$({ vm $((T0 + 60)) u1 '"a":6'; })"
	wants 0
	[[ $stderr == *.bad* ]] || fail 'not said'
	[ -f $f.bad ]
	[ "$(asked 'vm{id=u1}:a')" = "$((T0 + 60)) 6" ]
}

@test "a damaged roster: sound lines count, the rest comes from the files" {
	{ series 5; series 5 u2; } | nc-store -d d
	sed -i '2s/u1/uX/' d/roster
	run --separate-stderr nc-query -d d ls
	wants 1
	[[ $stderr == *roster* ]] || fail 'not said'
	run --separate-stderr nc-store -d d <<<"$({ vm $((T0 + 60)) u1 '"a":6'; })"
	wants 0
	[[ $stderr == *roster.bad* ]] || fail 'not said'
	[ "$(asked 'vm{id=u1}:a' | wc -l)" -eq 6 ]
	rm d/roster
	series 7 | tail -1 | nc-store -d d
	[ "$(asked 'vm{id=u1}:a' | wc -l)" -eq 7 ]
	[ "$(asked 'vm{id=u2}:a' | wc -l)" -eq 5 ]
	# Nothing in it is a line: that is not "nothing is stored".
	for bytes in 'no line at all' ''; do
		printf %s "$bytes" >d/roster
		run --separate-stderr nc-query -d d ls
		wants 1
		[[ $stderr == *roster* ]] || fail 'not said'
		run --separate-stderr nc-store -d d </dev/null
		[[ $stderr == *roster.bad* ]] || fail 'not said'
		[ "$(asked 'vm{id=u2}:a' | wc -l)" -eq 5 ]
	done
	# Half a line at the end is a crash, not damage.
	printf '0badc0de\t99\t10' >>d/roster
	run --separate-stderr nc-store -d d </dev/null
	wants 0
	[ -z "$stderr" ]
}

@test "a damaged journal: the sound blocks count" {
	writer d
	series 10 >&9
	until_true 5 test -S d/flush.sock
	sleep 0.3
	series 20 | tail -10 >&9
	sleep 0.3
	kill -9 "$pid"
	wait "$pid" || true
	exec 9>&-
	printf '\377' | dd of="$(ls d/journal/*)" conv=notrunc bs=1 seek=60 2>/dev/null
	run --separate-stderr nc-store -d d </dev/null
	[[ $stderr == *damaged* ]] || fail 'not said'
	wants 0
	column $f a >got
	[ -s got ] || fail 'nothing was saved'
	awk -v t=$T0 '$2 != ($1 - t) / 10 { exit 1 }' got
}

@test "a full disk: a clear error, status 3, and it goes on afterwards" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root to mount a small tmpfs'
	mkdir small
	mount -t tmpfs -o size=2m none small 2>/dev/null ||
	    skip 'no tmpfs can be mounted here'
	series 20 | nc-store -d small/d --keep raw:1h || true
	dd if=/dev/zero of=small/fill bs=64k 2>/dev/null || true
	series 40 | tail -n 20 >more
	run --separate-stderr nc-store -d small/d --keep raw:1h more
	full=$status full_err=$stderr
	# Passing goes on although nothing can be kept.
	run --separate-stderr nc-store -p -d small/d --self 0 more
	passed=$status passed_out=$output
	rm small/fill
	run nc-store -d small/d --keep raw:1h more
	again=$status
	rrdtool fetch small/d/rrd/h1/vm/test/u1.rrd AVERAGE -s $T0 \
	    -e $((T0 + 500)) | grep -cv nan >known || true
	umount small
	[ "$full" -eq 3 ] || fail "status $full: $full_err"
	[[ $full_err == *"No space left"* ]] || fail "$full_err"
	[ "$passed" -eq 3 ]
	grep -c '"sample"' <<<"$passed_out" | grep -qx 20
	grep -q '"kind":"error"' <<<"$passed_out"
	[ "$again" -eq 0 ] || fail "cannot go on: $again"
}

@test "below 5 % free: no new file, and it is said; the files there go on" {
	local free
	[ "$(id -u)" -eq 0 ] || skip 'needs root for a small file system'
	mkdir small
	mount -t tmpfs -o size=16m none small 2>/dev/null ||
	    skip 'no tmpfs can be mounted here'
	series 20 | nc-store -d small/d --keep raw:1h
	free=$(df -k --output=avail small | tail -1)
	dd if=/dev/zero of=small/fill bs=1k count=$((free - 600)) 2>/dev/null
	{ series 40 | tail -n 20; series 5 u2; } >more
	run --separate-stderr nc-store -d small/d --keep raw:1h more
	rrdtool fetch small/d/rrd/h1/vm/test/u1.rrd AVERAGE -s $T0 \
	    -e $((T0 + 600)) | grep -c ': [0-9]' >known || true
	ls small/d/rrd/h1/vm/test >files
	umount small
	[[ $stderr == *'less than 5 % of the disk is free'* ]] || fail "$stderr"
	[ "$(cat files)" = u1.rrd ] || fail "a new file: $(cat files)"
	[ "$(cat known)" -eq 40 ] || fail "of 40 samples: $(cat known)"
	wants 1
}

# step SECONDS: 20 samples ten seconds apart of two entities, a counter at 5 a
# second; after the tenth the wall clock is set by so many seconds.
step() {
	awk -v t=$T0 -v step="$1" 'BEGIN { for (i = 1; i <= 20; i++)
		for (k = 1; k <= 2; k++)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"up\":%d,\"host\":\"h1\",\"source\":\"test\",\"entity\":\"vm\",\"id\":\"u%d\",\"labels\":{\"name\":\"n\"},\"interval\":10,\"since\":%d,\"values\":{\"c_total\":%d}}\n",
		    t + 10 * i + (i > 10 ? step : 0), 5000 + 10 * i, k,
		    t - 4000 + (i > 10 ? step : 0), 50 * i }'
}

@test "a clock set back: rates are right, time goes on, one clock_step" {
	step -600 >in
	run --separate-stderr nc-store -d d in
	wants 0
	[ "$(grep -c 'set back by 600' <<<"$stderr")" -eq 1 ] || fail 'not said once'
	# Every sample has its place behind the one before it.
	asked 'vm{id=u1}:c_total' >got
	for ((i = 2; i <= 20; i++)); do
		echo "$((T0 + 10 * i)) 5"
	done >want
	same want got
	asked 'vm{id=u2}:c_total' >got
	same want got
	nc-query -d d --kind event --from @$((T0 - 1000)) --to @$((T0 + 1000)) >log
	[ "$(jq -c '[.event, .seconds]' log)" = '["clock_step",-600]' ]
	"$TOP/tests/schema.py" <log
	# Who watches the clock itself has said it already.
	{
		head -20 in
		printf '{"v":1,"kind":"event","ts":%d,"host":"h1","source":"nc-collect","entity":"host","id":"h1","event":"clock_step","seconds":-600.2}\n' \
		    $((T0 - 490))
		tail -20 in
	} | nc-store -q -d e
	[ "$(nc-query -d e --kind event --from @$((T0 - 1000)) \
	    --to @$((T0 + 1000)) | jq -r .source)" = nc-collect ]
}

@test "a clock set forward: no spike, a gap, one clock_step" {
	step 600 >in
	run --separate-stderr nc-store -d d in
	wants 0
	[ "$(grep -c 'set forward by 600' <<<"$stderr")" -eq 1 ] || fail 'not said once'
	asked 'vm{id=u1}:c_total' >got
	# Of the step that the clock jumped over most is not known.
	for ((i = 2; i <= 20; i++)); do
		((i == 11)) || echo "$((T0 + 10 * i + (i > 10 ? 600 : 0))) 5"
	done >want
	same want got
	[ "$(nc-query -d d --kind event --from @$T0 --to @$((T0 + 1000)) |
	    jq -c '[.event, .seconds]')" = '["clock_step",600]' ]
}

@test "two sources of one entity are stored and asked for apart" {
	for ((i = 1; i <= 5; i++)); do
		vm $((T0 + 10 * i)) u1 "\"a\":$i,\"c_total\":$((i * 10))"
		vm $((T0 + 10 * i)) u1 "\"a\":$((i + 100)),\"c_total\":$((i * 20))" |
		    sed 's/"source":"test"/"source":"other"/'
	done | nc-store -d d
	[ -f $f ] && [ -f d/rrd/h1/vm/other/u1.rrd ]
	[ "$(asked 'vm{source=test}:a' | awk '{ print $2 }' | paste -sd' ')" = \
	    '1 2 3 4 5' ]
	[ "$(asked 'vm{source=other}:a' | awk '{ print $2 }' | paste -sd' ')" = \
	    '101 102 103 104 105' ]
	[ "$(asked 'vm{source=test}:c_total' | awk '{ print $2 }' | sort -u)" = 1 ]
	[ "$(asked 'vm{source=other}:c_total' | awk '{ print $2 }' | sort -u)" = 2 ]
	nc-query -d d ls | jq -r .source | paste -sd' ' | grep -qx 'other test'
}

@test "a sample split on the wire is one row, and comes back split the same" {
	local i k values
	for ((i = 1; i <= 3; i++)); do
		for ((k = 0; k < 200; k += 50)); do
			values=$(for ((m = k; m < k + 50; m++)); do
				printf ',"a_metric_of_a_fairly_long_name_%d":%d' $m $((m * i))
			done)
			vm $((T0 + 10 * i)) u1 "${values#,}"
			# Somebody else's frame in between is not the end of it.
			vm $((T0 + 10 * i)) u2 "\"m$k\":$i"
		done
	done >in
	nc-store -d d in
	nc-query -d d --from @$T0 --to @$((T0 + 40)) 'vm{id=u1}' >out
	[ "$(wc -l <out)" -gt 3 ] || fail 'not split'
	[ "$(awk '{ print length }' out | sort -n | tail -1)" -lt 4096 ]
	jq -c 'select(.id == "u1") | .ts as $t | .values | to_entries[] |
	    [$t, .key, .value]' in | sort >want
	jq -c '.ts as $t | .values | to_entries[] | [$t, .key, .value]' out |
	    sort >got
	same want got
	# And once more through the store.
	nc-store -d e out
	nc-query -d e --from @$T0 --to @$((T0 + 40)) 'vm{id=u1}' >again
	same out again
}

# peak COMMAND...: its largest RSS in KiB.
peak() {
	/usr/bin/python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

@test "memory for 100,000 series: 1.2 KiB each, rows in waiting included" {
	local entities=300 rss
	# Thirty series an entity; as many rows as are ever kept together.
	[ -z "${NC_SLOW-}" ] || entities=3334
	awk -v t=$T0 -v n=$entities 'BEGIN { for (i = 1; i <= 74; i++)
		for (k = 0; k < n; k++) {
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h1\",\"source\":\"test\",\"entity\":\"vm\",\"id\":\"u%d\",\"labels\":{\"name\":\"web%d\"},\"interval\":10,\"values\":{", t + 10 * i, k, k
			for (m = 0; m < 30; m++)
				printf "%s\"metric_%d\":%d", m ? "," : "", m, i * m + k
			print "}}"
		} }' >in
	rss=$(peak nc-store -q -d d --keep raw:10m in)
	echo "# $((entities * 30)) series: $rss KiB" >&3
	sanitized || [ "$rss" -le $((14000 + entities * 30 * 12 / 10)) ] ||
	    fail "$rss KiB"
	[ "$(asked "vm{id=u$((entities - 1))}:metric_29" | wc -l)" -ge 55 ]
}

@test "without librrd: no new file, and it is said; the others go on" {
	series 10 | nc-store -d d
	mkdir lib
	: >lib/librrd.so.8
	series 20 | tail -10 >more
	run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" nc-store -d d more
	wants 0
	[ "$(LD_LIBRARY_PATH=$PWD/lib asked vm:a | wc -l)" -eq 20 ]
	series 10 u2 >new
	run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" nc-store -d d new
	wants 3
	[[ $stderr == *librrd.so.8* ]] || fail 'not said'
	run --separate-stderr env LD_LIBRARY_PATH="$PWD/lib" nc-query -d d \
	    --now @$((T0 + 200)) graph -O x.png vm
	wants 3
	[[ $stderr == *librrd.so.8* ]] || fail 'not said'
	# What was accepted comes with the library.
	nc-store -d d </dev/null
	[ "$(asked 'vm{id=u2}:a' | wc -l)" -eq 10 ]
}

@test "--daemon: rrdcached writes the same" {
	need rrdcached
	mkdir rc
	rrdcached -g -l unix:"$PWD/rc/s" -p "$PWD/rc/pid" -w 3600 3>&- 2>rc/err &
	local rc=$!
	until_true 5 test -S rc/s
	series 50 >in
	nc-store -d "$PWD/d" --daemon "unix:$PWD/rc/s" in
	nc-store -d e in
	kill $rc
	wait $rc || true
	column $f a >got
	column e/rrd/h1/vm/test/u1.rrd a >want
	[ -s want ]
	same want got
}

@test "SIGTERM keeps what was accepted, status 0; SIGUSR1 counts" {
	writer d
	series 10 >&9
	until_true 5 test -S d/flush.sock
	kill -USR1 "$pid"
	until_true 5 grep -q '10 lines' err
	kill "$pid"
	wait "$pid"
	exec 9>&-
	[ "$(asked vm:a | wc -l)" -eq 10 ]
}
