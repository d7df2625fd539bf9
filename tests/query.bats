#!/usr/bin/env bats
# nc-query as its user sees it: ranges, steps, statistics, forms, and what it
# says when it cannot answer.

load lib

setup() {
	sandbox
	need nc-store nc-query
	T0=1763800000
}

# fill: an hour of two hosts, "a" from 1 to 360, "b" its negative.
fill() {
	awk -v t=$T0 'BEGIN { for (i = 1; i <= 360; i++)
		for (h = 2; h >= 1; h--)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h%d\",\"source\":\"test\",\"entity\":\"vm\",\"id\":\"u%d\",\"labels\":{\"name\":\"web%d\"},\"interval\":10,\"values\":{\"a_bytes\":%d,\"b\":%d}}\n", \
		    t + 10 * i, h, h, h, i, -i }' | nc-store -d d "$@"
}

# ask ARG...: nc-query at a fixed time, an hour after T0.
ask() {
	nc-query -d d --now @$((T0 + 3600)) "$@"
}

@test "sorted by ts, host, entity, id; every record is valid" {
	fill
	ask | jq -c '[.ts, .host, .entity, .id]' >got
	sort -t, -k1.2,1n -k2,2 got >want
	same want got
	[ "$(wc -l <got)" -eq 720 ]
	ask | head -5 | jq -e '.interval == 10 and .kind == "sample" and
	    .labels.name != null' >/dev/null
}

@test "many points of an entity are the same records as one at a time" {
	# More than a line holds, odd names, labels that are escaped, gaps.
	awk -v t=$T0 'BEGIN { for (i = 1; i <= 40; i++) {
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h\\\"1\",\"source\":\"t\",\"entity\":\"vm\",\"id\":\"\\\\ts\\\":0\",\"labels\":{\"name\":\"a\\u0001\"},\"interval\":10,\"values\":{", t + 10 * i
		for (k = 0; k < 150; k++)
			if ((i + k) % 7 != 0 && i != 20)
				printf "\"a_metric_with_a_rather_long_name_%d\":%.17g,", k, (i * 7919 % 101 - 50) * 10 ^ (k % 40 - 20)
		printf "\"last\":%d}}\n", i }
	}' | nc-store -d d
	nc-query -d d --from @$T0 --to @$((T0 + 400)) >whole
	for ((i = 0; i < 40; i++)); do
		nc-query -d d --from @$((T0 + 10 * i)) --to @$((T0 + 10 * i + 10))
	done >single
	same single whole
	[ "$(wc -l <whole)" -gt 70 ] || fail 'no record was split'
	"$TOP/tests/schema.py" -k sample <whole
}

@test "ranges are open at --from and closed at --to" {
	fill
	ask --from @$((T0 + 100)) --to @$((T0 + 130)) 'vm{host=h1}:b' |
	    jq -c '[.ts, .values.b]' >got
	printf '[%d,%d]\n' $((T0 + 110)) -11 $((T0 + 120)) -12 \
	    $((T0 + 130)) -13 >want
	same want got
}

@test "--step and --stat" {
	fill
	local stat want
	for stat in avg=-28 min=-30 max=-26 last=-30; do
		want=${stat#*=}
		run ask --from @$((T0 + 240)) --to @$((T0 + 300)) --step 50s \
		    --stat "${stat%=*}" 'vm{host=h1}:b'
		[ "$(jq -c .values.b <<<"${lines[1]}")" = "$want" ] ||
		    fail "$stat"
	done
}

@test "a coarse archive answers what the fine one no longer holds" {
	fill --keep raw:10m,1m:2h
	run ask --from -50m 'vm{host=h1}:b'
	[ "$(jq .interval <<<"${lines[0]}")" = 60 ]
	run ask --from -5m 'vm{host=h1}:b'
	[ "$(jq .interval <<<"${lines[0]}")" = 10 ]
	# Least and greatest survive consolidation.
	run ask --from -50m --stat max --step 10m 'vm{host=h1}:b'
	wants 0
	f=d/rrd/h1/vm/test/u1.rrd
	rrdtool fetch $f MAX -r 60 -s $((T0 + 600)) -e $((T0 + 3540)) |
	    awk '$1 ~ /^[0-9]+:$/ && $3 !~ /nan/ { sub(":", "", $1)
		printf "%d %.10g\n", $1, $3 }' >want
	ask --from @$((T0 + 600)) --stat max 'vm{host=h1}:b' |
	    jq -r '"\(.ts) \(.values.b)"' >got
	[ -s want ] && [ "$(join want got | awk '$2 != $3' | wc -l)" -eq 0 ]
	[ "$(join want got | wc -l)" -ge 45 ]
}

@test "selectors: labels, globs, metrics, several" {
	fill
	[ "$(ask 'vm{name=web1}' | jq -r .host | sort -u)" = h1 ]
	[ "$(ask 'v*{host=h2}:a*' | jq -c '.values | keys' | sort -u)" = \
	    '["a_bytes"]' ]
	[ "$(ask 'vm{host=h1}:a_bytes' 'vm{host=h2}:b' |
	    jq -c '[.host, (.values | keys[])]' | sort -u | wc -l)" -eq 2 ]
	run --separate-stderr ask 'vm{'
	wants 2
}

@test "--csv, -H and --plot" {
	fill
	run ask --csv --from -20s 'vm{host=h1}'
	[ "${lines[0]}" = ts,host,source,entity,id,name,metric,value ]
	[ "${lines[1]}" = "$((T0 + 3590)),h1,test,vm,u1,web1,a_bytes,359" ]
	TZ=UTC run ask -H --from -20s 'vm{host=h1}:a_bytes'
	[[ ${lines[0]} == '2025-11-22 09:26:30  h1  vm  web1  a_bytes  359 B' ]]
	run ask --plot 'vm{host=h1}:a_bytes'
	wants 0
	[[ ${lines[0]} == 'vm web1 on h1: a_bytes' ]]
	[ "${#lines[@]}" -ge 10 ]
	run --separate-stderr ask --csv -H
	wants 2
}

@test "ls: records, for people, as CSV" {
	fill
	run ask ls
	[ "${#lines[@]}" -eq 2 ]
	jq -e '.kind == "entity" and .first == 1763800010 and
	    .last == 1763803600 and .metrics == 2' <<<"${lines[0]}" >/dev/null
	run ask ls -H vm
	[[ ${lines[0]} == HOST*LABELS ]] && [[ ${lines[1]} == h1*web1* ]]
	run ask ls --csv 'vm{host=h2}'
	[ "${#lines[@]}" -eq 2 ] && [[ ${lines[1]} == h2,vm,web2,u2,test,* ]]
}

@test "graph: a PNG, an SVG with title, legend and numbers" {
	fill
	ask graph -O x.png vm:a_bytes
	[ "$(head -c 4 x.png | tail -c 3)" = PNG ]
	ask graph -O x.svg 'vm{host=h1}:a_bytes'
	grep -q '<svg' x.svg
	run --separate-stderr ask graph -O x.gif vm
	wants 2
	run --separate-stderr ask graph vm
	wants 2
	run --separate-stderr ask graph -O y.png nothing
	wants 1
	[ ! -e y.png ]
}

@test "no store, no such thing, an empty range: said" {
	run --separate-stderr nc-query -d none
	wants 3
	[[ $stderr == *'no store is there'* ]]
	fill
	run --separate-stderr ask nothing
	wants 0
	[[ $stderr == *'nothing stored matches'* ]] && [ -z "$output" ]
	run --separate-stderr ask --from @1000 --to @2000
	wants 0
	[[ $stderr == *'no samples'* ]] && [ -z "$output" ]
	run --separate-stderr ask --from now --to -1h
	wants 2
}

@test "a file that was deleted is not an empty answer" {
	fill
	rm "$(find d/rrd -name '*.rrd' | head -1)"
	for ask in vm 'ls vm'; do
		# shellcheck disable=SC2086
		run --separate-stderr ask $ask
		wants 1
		[[ $stderr == *'.rrd: '*'No such file'* ]]
		[ -n "$output" ]
	done
}

@test "a roster that was deleted is not an empty store" {
	fill
	rm d/roster
	run --separate-stderr ask vm
	[ "$status" -ne 0 ]
	[[ $stderr == *'the roster is missing'*'nc-store'* ]]
	nc-store -d d </dev/null || true
	run --separate-stderr ask vm
	wants 0
	[ -n "$output" ]
}

@test "--kind: words, and sample is none of the log's" {
	fill
	run --separate-stderr ask --kind evnt
	[[ $stderr == *'"evnt" is no kind'* ]]
	run --separate-stderr ask --kind event,sample
	wants 2
	[[ $stderr == *'--kind: "sample"'* ]] || fail "$stderr"
	run --separate-stderr ask --kind event,sampled
	wants 0
	[[ $stderr == *'no records'* ]] || fail "$stderr"
}

@test "a writer that does not answer: the files alone, and that is said" {
	fill
	nc-store -d d <(sleep 20) 3>&- &
	pid=$!
	until_true 5 test -S d/flush.sock
	kill -STOP $pid
	run --separate-stderr ask 'vm{host=h1}:b'
	kill -CONT $pid
	kill $pid
	wait $pid && store=0 || store=$?
	[ $store -eq 0 ]
	wants 1
	[[ $stderr == *'does not answer'* ]]
	[ "${#lines[@]}" -eq 360 ]
}

@test "a journal that may not be put in its place: said, status 1" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root to become somebody else'
	command -v setpriv >/dev/null || skip 'setpriv is not there'
	fill
	mkfifo in
	nc-store -d d <in 3>&- &
	pid=$!
	exec 9>in
	sample $((T0 + 3610)) h1 vm u9 '"a":1' >&9
	until_true 5 test -S d/flush.sock
	sleep 1.2
	kill -9 $pid
	wait $pid || true
	exec 9>&-
	chmod -R a+rX "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	run --separate-stderr setpriv --reuid 65534 --clear-groups \
	    "$(command -v nc-query)" -d d --now @$((T0 + 3600)) 'vm{host=h1}:b'
	[ "$status" -ne 127 ] && [ "$status" -ne 126 ] ||
	    skip 'the build cannot be run by somebody else'
	wants 1
	[[ $stderr == *'may be missing'* ]] || fail 'not said'
	[ "${#lines[@]}" -eq 360 ]
}
