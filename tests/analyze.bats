#!/usr/bin/env bats
# nc-analyze: the stream around the analyses, and aggregate, by numbers that
# can be worked out by hand.

load lib

setup() {
	sandbox
}

# analyze ARG...: our own records alone, without its sweeps.
analyze() {
	timeout 60 nc-analyze -o "$@" | jq -c 'select(.kind != "sweep")'
}

# figures: id and values of each record, one a line.
figures() {
	jq -r '[.ts, .host, .id, (.quality // "good"),
	    (.values | to_entries[] | .key + "=" + (.value | tostring))] |
	    join(" ")'
}

# point TS VALUES [ID [HOST [LABELS]]]: a disk's sample.
point() {
	printf '{"v":1,"kind":"sample","ts":%s,"host":"%s","source":"t","entity":"vm.disk","id":"%s","labels":{%s},"interval":10,"values":{%s}}\n' \
	    "$1" "${4:-h1}" "${3:-a}" "${5:-}" "$2"
}

sweep() {
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"%s","source":"t","interval":10,"values":{}}\n' \
	    "$1" "${2:-h1}"
}

@test "every statistic of a window is what one works out by hand" {
	for i in 0 1 2 3 4 5; do
		point $((1200 + 10 * i)) "\"used_bytes\":$((i + 1)),\"reads_total\":$((i * 50))"
	done >in
	point 1260 '"used_bytes":9' >>in
	analyze aggregate,window=1m,stat=avg+min+max+sum+count+p50+p90+rate <in |
	    figures >got
	cat >want <<-'END'
	1260 h1 vm.disk/avg/1m good used_bytes=3.5 reads_per_second=5
	1260 h1 vm.disk/min/1m good used_bytes=1 reads_per_second=5
	1260 h1 vm.disk/max/1m good used_bytes=6 reads_per_second=5
	1260 h1 vm.disk/sum/1m good used_bytes=3.5 reads_per_second=5
	1260 h1 vm.disk/count/1m good used_bytes=6 reads_per_second=5
	END
	head -5 got | diff - want
	grep -qx '1260 h1 vm.disk/rate/1m good reads_per_second=5' got
	# At most 1 % off: the third of six, and the fifth.
	awk '$3 ~ /p50/ { split($5, v, "="); exit !(v[2] > 2.97 && v[2] < 3.03) }' got
	awk '$3 ~ /p90/ { split($5, v, "="); exit !(v[2] > 4.95 && v[2] < 5.05) }' got
	[ "$(wc -l <got)" -eq 8 ]
}

@test "sum is of the series, avg of the values" {
	for i in 0 1 2 3 4 5; do
		point $((1200 + 10 * i)) '"used_bytes":10' a
		[ $((i % 2)) -eq 0 ] || point $((1200 + 10 * i)) '"used_bytes":4' b
	done >in
	point 1260 '"used_bytes":9' >>in
	analyze aggregate,window=1m,stat=avg+sum+count <in | figures >got
	printf '%s\n' '1260 h1 vm.disk/avg/1m good used_bytes=8' \
	    '1260 h1 vm.disk/sum/1m good used_bytes=14' \
	    '1260 h1 vm.disk/count/1m good used_bytes=9' | diff - got
}

@test "a window slides: it holds the last slides, no more" {
	for i in $(seq 0 30); do
		point $((1200 + 10 * i)) "\"used_bytes\":$((i / 6))"
	done >in
	analyze aggregate,window=2m,slide=1m,stat=avg <in | figures >got
	# The first began before there were samples.
	cat >want <<-'END'
	1260 h1 vm.disk/avg/2m partial used_bytes=0
	1320 h1 vm.disk/avg/2m good used_bytes=0.5
	1380 h1 vm.disk/avg/2m good used_bytes=1.5
	1440 h1 vm.disk/avg/2m good used_bytes=2.5
	1500 h1 vm.disk/avg/2m good used_bytes=3.5
	END
	diff want got
}

@test "groups: by label over hosts, by id, never across entities" {
	for t in 1200 1210; do
		for h in h1 h2; do
			point $t '"used_bytes":1' a $h '"tier":"fast"'
			point $t '"used_bytes":5' b $h '"tier":"slow,cheap"'
			sample $t $h host $h '"used_bytes":100'
			sweep $t $h
		done
	done >in
	{ sweep 1260 h1; sweep 1260 h2; } >>in
	analyze aggregate,by=tier,window=1m,stat=sum <in | figures >got
	cat >want <<-'END'
	1260 * vm.disk,fast/sum/1m partial used_bytes=2
	1260 * vm.disk,slow%2Ccheap/sum/1m partial used_bytes=10
	1260 * host,/sum/1m partial used_bytes=200
	END
	diff want got
	analyze aggregate,by=host+id,window=1m,stat=sum <in | jq -r \
	    '.host + " " + .id + " " + .labels.id + " " + .labels.of' >got
	cat >want <<-'END'
	h1 vm.disk,a/sum/1m a vm.disk
	h1 vm.disk,b/sum/1m b vm.disk
	h1 host,h1/sum/1m h1 host
	h2 vm.disk,a/sum/1m a vm.disk
	h2 vm.disk,b/sum/1m b vm.disk
	h2 host,h2/sum/1m h2 host
	END
	diff want got
}

@test "a window is partial where samples do not cover it" {
	for i in $(seq 0 6) 40 41 42; do
		point $((1200 + 10 * i)) '"used_bytes":1'
	done >in
	point 1700 '"used_bytes":1' >>in
	analyze aggregate,window=1m,stat=count <in | figures >got
	cat >want <<-'END'
	1260 h1 vm.disk/count/1m good used_bytes=6
	1320 h1 vm.disk/count/1m partial used_bytes=1
	1620 h1 vm.disk/count/1m partial used_bytes=2
	1680 h1 vm.disk/count/1m partial used_bytes=1
	END
	diff want got
}

@test "the sweep decides, not the first sample of the next round" {
	for t in 1240 1250; do
		point $t '"used_bytes":1' a
		sweep $t
	done >in
	# A round that straddles the end: b was read before it, a behind.
	{
		point 1260.01 '"used_bytes":5' a
		point 1259.99 '"used_bytes":3' b
		sweep 1260.02
	} >>in
	analyze aggregate,window=1m,stat=max <in | figures >got
	[ "$(cat got)" = '1260 h1 vm.disk/max/1m partial used_bytes=3' ]
	# Passed on, it comes before the window and our sweep behind it.
	nc-analyze aggregate,window=1m <in | jq -r '.kind + " " + .source' |
	    tail -5 >got
	printf '%s\n' 'sweep t' 'sample nc-analyze' 'sample nc-analyze' \
	    'sample nc-analyze' 'sweep nc-analyze' | diff - got
}

@test "a host that has fallen silent does not hold up the others" {
	for t in $(seq 1200 10 1400); do
		point "$t" '"used_bytes":1' a h1
		sweep "$t" h1
		[ "$t" -gt 1230 ] || { point "$t" '"used_bytes":1' a h2; sweep "$t" h2; }
	done >in
	analyze aggregate,by=entity,window=1m,stat=sum <in |
	    jq -r '[.ts, .values.used_bytes] | join(" ")' >got
	printf '%s\n' '1260 2' '1320 1' '1380 1' | diff - got
}

@test "ticks end windows when no record comes" {
	point 1200 '"used_bytes":1' >in
	echo '{"v":1,"kind":"tick","ts":1270,"source":"t"}' >>in
	run -0 analyze aggregate,window=1m,stat=max in
	[ "$(jq -r .id <<<"$output")" = vm.disk/max/1m ]
	# Of another host it is no tick of this one.
	point 1200 '"used_bytes":1' >in
	echo '{"v":1,"kind":"tick","ts":1270,"host":"h9","source":"t"}' >>in
	run -0 analyze aggregate,window=1m in
	[ -z "$output" ]
}

@test "--tick: the clock in the output, and a replay gives the same" {
	mkfifo in
	nc-analyze --tick 200ms aggregate,window=1s,stat=max <in >out 3>&- &
	pid=$!
	exec 6>in
	point "$(date +%s)" '"used_bytes":1' >&6
	until_true 5 grep -q aggregate out
	exec 6>&-
	wait $pid
	grep -v '"entity":"aggregate"' out >recorded
	grep -q '"kind":"tick"' recorded
	nc-analyze aggregate,window=1s,stat=max <recorded | diff out -
}

@test "--only-series, and what the toolkit says of itself" {
	{
		point 1200 '"used_bytes":1,"free_bytes":2' a
		point 1200 '"used_bytes":1,"free_bytes":2' b
		sample 1200 h1 collector nc-collect '"lag_seconds":1'
		point 1270 '"used_bytes":1' a
	} >in
	analyze aggregate,window=1m,stat=count <in | figures |
	    sed 's/partial/good/' >got
	echo '1260 h1 vm.disk/count/1m good used_bytes=2 free_bytes=2' |
	    diff - got
	analyze --only-series 'vm.disk{id=a}:free*' \
	    --only-series collector aggregate,window=1m,stat=count <in |
	    figures | sed 's/partial/good/' >got
	printf '%s\n' '1260 h1 vm.disk/count/1m good free_bytes=1' \
	    '1260 h1 collector/count/1m good lag_seconds=1' | diff - got
	run --separate-stderr nc-analyze --only-series 'vm{' aggregate <in
	wants 2
}

@test "a label that changes puts its series elsewhere, from then on" {
	point 1200 '"used_bytes":1' a h1 '"tier":"x"' >in
	point 1210 '"used_bytes":5' a h1 '"tier":"y"' >>in
	point 1270 '"used_bytes":5' a h1 '"tier":"y"' >>in
	analyze aggregate,by=tier,window=1m,stat=sum <in |
	    jq -r '.labels.tier + " " + (.values.used_bytes | tostring)' >got
	printf '%s\n' 'x 1' 'y 5' | diff - got
}

@test "words that mean nothing: status 2, said, nothing read" {
	for words in aggregate,window aggregate,window=x aggregate,windo=5m \
	    aggregate,stat=p42 aggregate,window=5m,slide=3m aggregate,by= \
	    aggregate,window=30d,slide=1s aggregate,by=stat \
	    'aggregate aggregate' anomaly,q=0 anomaly,scores=some; do
		# shellcheck disable=SC2086 # two words are two
		run --separate-stderr nc-analyze $words </dev/null
		wants 2
		[[ $stderr == 'nc-analyze: '*a*:* ]] || fail "$words"
	done
	run --separate-stderr nc-analyze aggregate ./aggregate
	wants 3
	[[ $stderr == *./aggregate* ]]
}

@test "an option whose analysis does not run: status 2, both named" {
	touch edges
	while read -r analysis other option; do
		# shellcheck disable=SC2086 # two words are two
		run --separate-stderr nc-analyze $option $other /dev/null
		wants 2
		[[ $stderr == "nc-analyze: ${option%% *}: "*" $analysis,"* ]] ||
		    fail "$option: $stderr"
		# shellcheck disable=SC2086
		run -0 nc-analyze $option "$analysis" $other /dev/null
	done <<-'END'
	aggregate anomaly --merge
	aggregate cause --emit-sketch
	correlate anomaly --all-pairs
	cause full --topology edges
	full anomaly --full host.fs:free_bytes=0
	END
	# Those that run by default are enough, and what a file says counts.
	run -0 nc-analyze --topology edges --full host.fs:free_bytes=0 /dev/null
	run --separate-stderr nc-analyze --merge /dev/null
	wants 2
	printf 'all-pairs\nanalysis anomaly\n' >conf
	run --separate-stderr nc-analyze -C -c conf
	wants 2
	run -0 nc-analyze -C -c conf correlate
}

@test "without an analysis: those that --help and the man page name" {
	six='anomaly change trend forecast full cause'
	sweep 1200 >in
	[ "$(nc-analyze -o in | jq -r '.analyses | join(" ")')" = "$six" ]
	nc-analyze --help | grep -q "without one: $six\$"
	grep -A3 '^Without an analysis it is' "$TOP/man/nc-analyze.1" |
	    sed -n 's/^\.Cm //p' | tr -d ',.' | xargs >got
	[ "$(cat got)" = "$six" ] || fail "$(cat got)"
}

@test "late and repeated samples: passed on, counted, status 1" {
	{
		point 1200 '"used_bytes":1'
		point 1210 '"used_bytes":1'
		point 1205 '"used_bytes":99'
		point 1270 '"used_bytes":1'
	} >in
	run --separate-stderr nc-analyze aggregate,window=1m,stat=max <in
	wants 1
	[[ $stderr == *'came late or twice'* ]]
	[[ $output == *'"ts":1205'* && $output != *'"max"'*:99* ]]
}

@test "--max-series: the most silent go, new ones come, memory stays" {
	for i in $(seq 1 40); do
		point $((1200 + i)) '"used_bytes":1' "d$i"
	done >in
	sweep 1300 >>in
	run --separate-stderr nc-analyze -o --max-series 10 aggregate,window=1m <in
	wants 0
	[[ $stderr == *'--max-series 10'* ]]
	[ "$(jq 'select(.kind == "sweep").values.series' <<<"$output")" -le 10 ]
	# What is gone was in its window while it was there.
	[ "$(analyze --max-series 10 aggregate,window=1m,stat=sum <in |
	    jq .values.used_bytes)" = 40 ]
}

@test "--max-series: a fleet that is too large loses a few, not all" {
	for t in 1200 1260 1320 1380; do
		for i in $(seq 1 40); do
			point $t '"used_bytes":1' "d$i"
		done
		sweep $t
	done | sed 's/"interval":10/"interval":60/' >in
	run --separate-stderr nc-analyze -o --max-series 32 \
	    aggregate,window=1m,by=id in
	wants 0
	[[ $stderr == *': 3 series forgotten: more than --max-series 32'* ]] ||
	    fail "$stderr"
	jq -es 'map(select(.kind == "sweep").values.series) |
	    length == 4 and all(. >= 29 and . <= 32)' <<<"$output"
	# Most keep their place, and what was learnt of them.
	jq -es 'map(select(.kind == "sample" and .ts == 1320 and
	    .quality != "partial" and (.id | contains("/avg/")))) |
	    length >= 28' <<<"$output" || fail "$output"
	# Who falls silent goes first.
	for i in $(seq 1 30); do
		point 1200 '"used_bytes":1' "d$i"
		[ "$i" -le 4 ] || point 1300 '"used_bytes":1' "d$i"
	done | jq -sc 'sort_by(.ts)[]' >in
	{
		point 1300 '"used_bytes":1' new
		for i in $(seq 5 30); do
			point 1305 '"used_bytes":2' "d$i"
		done
		sweep 1310
	} >>in
	run --separate-stderr nc-analyze -o --max-series 30 aggregate in
	[ "$stderr" = 'nc-analyze: 2 series forgotten: more than --max-series 30' ] ||
	    fail "$stderr"
	[ "$(jq 'select(.kind == "sweep").values.series' <<<"$output")" = 29 ]
}

@test "an event gone frees its series" {
	point 1200 '"used_bytes":1' >in
	echo '{"v":1,"kind":"event","ts":1201,"host":"h1","source":"t","entity":"vm.disk","id":"a","event":"gone"}' >>in
	sweep 1210 >>in
	run -0 nc-analyze -o aggregate in
	[ "$(jq .values.series <<<"$output")" = 0 ]
}

# --- anomaly -----------------------------------------------------------------

# noise N LEVEL [FROM]: N values around LEVEL, a minute apart, from sample
# FROM on; the same each time.
noise() {
	awk -v n="$1" -v level="$2" -v from="${3:-0}" 'BEGIN {
		srand(7 + from)
		for (i = from; i < from + n; i++)
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
			    "\"host\":\"h1\",\"source\":\"t\",\"entity\":" \
			    "\"vm\",\"id\":\"u\",\"labels\":{\"name\":\"web\"}," \
			    "\"interval\":60,\"values\":{\"mem_rss_bytes\":%.0f}}\n",
			    60 * i, level + (rand() + rand() + rand()) * 1e6
	}'
}

@test "anomaly: a jump opens an episode at its first sample, and it closes" {
	{ noise 600 1e9; noise 5 2e9 600; noise 60 1e9 605; } >in
	analyze --explain anomaly <in >got
	run -0 jq -rs 'map([.ts / 60, .state, .onset / 60, .severity,
	    .direction] | join(" ")) | .[0], .[-1]' got
	[ "${lines[0]}" = '600 open 600 crit up' ]
	[[ ${lines[1]} =~ ^6[01][0-9]' close 600 crit ' ]]
	run -0 jq -r 'select(.state == "open") | .explain' got
	[[ $output == 'mem_rss_bytes is 1.9 GiB where 9'*' MiB was expected; 99 % of its samples lie within 9'*' further out than ever before' ]] ||
	    fail "sentence"
	[ "$(jq -r 'select(.state == "open").labels.name' got)" = web ]
}

@test "anomaly: nothing before there is something to compare with" {
	{ noise 100 1e9; noise 5 2e9 100; } >in
	run -0 analyze anomaly in
	[ -z "$output" ]
}

@test "anomaly: a counter is judged by its rate" {
	awk 'BEGIN { srand(3); for (i = 0; i < 600; i++) {
		t += i < 590 ? 100 + 10 * rand() : 5000
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h\",\"source\":\"t\",\"entity\":\"vm\",\"id\":\"u\",\"interval\":60,\"values\":{\"reads_total\":%.0f}}\n", 60 * i, t
	} }' >in
	analyze anomaly <in >got
	run -0 jq -rs '.[0] | [.metric, .ts / 60, .value > 80] | join(" ")' got
	[ "$output" = 'reads_per_second 590 true' ]
}

@test "anomaly: a score of 0.99 is exceeded by 1 % of normal samples" {
	noise 20000 1e9 >in
	nc-analyze -o anomaly,scores=all <in | jq -r 'select(.state == "score").score' |
	    awk '$1 > 0.99 { n++ } END { print n / NR; exit !(n / NR > 0.005 && n / NR < 0.02) }'
}

@test "anomaly: q= asks for rarer, times are not watched" {
	{ noise 600 1e9; noise 5 2e9 600; noise 60 1e9 605; } >in
	analyze anomaly <in >got
	jq -es '.[0] | .p > 0 and .p <= 1e-7' got
	[ "$(analyze anomaly,q=1e-200 <in | wc -l)" = 0 ]
	sed 's/mem_rss_bytes/boot_timestamp_seconds/' in >instants
	[ "$(analyze anomaly,q=1 <instants | wc -l)" = 0 ]
}

# told ARG...: how many episodes, of the made-up series in "in".
told() {
	analyze "$@" <in | jq -c 'select(.state == "open")' | wc -l
}

@test "anomaly: too small to matter, and for the better, is no news" {
	# A tenth of a percent of a memory that never moved; then much.
	{ noise 600 1e9; noise 60 1.001e9 600; } | sed 's/1001[0-9]*/1001000000/;
	    s/:\(99\|100\)[0-9]\{7,8\}}/:1000000000}/' >in
	[ "$(told anomaly)" = 0 ]
	{ noise 600 1e9; noise 60 2.5e9 600; } >in
	[ "$(told anomaly)" = 1 ]
	# More room on a disk is good, less is not.
	{ noise 600 1e9; noise 60 2.5e9 600; } |
	    sed 's/"vm"/"host.fs"/; s/mem_rss_bytes/free_bytes/' >in
	[ "$(told anomaly)" = 0 ]
	{ noise 600 1e9; noise 60 1e8 600; } |
	    sed 's/"vm"/"host.fs"/; s/mem_rss_bytes/free_bytes/' >in
	[ "$(told anomaly)" = 1 ]
}

# bursts N: a fleet of N guests; each is busy for the first time some day.
bursts() {
	awk -v n="$1" 'BEGIN { srand(9)
		for (t = 0; t < 900; t++) for (i = 0; i < n; i++) {
			v = 20 + rand()
			if (t == 170 + 9 * i) v = 2000
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\"" \
			    ":\"h\",\"source\":\"t\",\"entity\":\"vm\",\"id\":" \
			    "\"u%d\",\"interval\":60,\"values\":{\"load\":%.2f}}\n",
			    60 * t, i, v
		} }'
}

@test "anomaly: what all others of a kind do is not rare" {
	bursts 60 >in
	[ "$(told anomaly)" -lt 20 ] || fail "$(told anomaly)"
	# By itself each is as rare as can be.
	grep '"id":"u59"' in >one
	mv one in
	[ "$(told anomaly)" = 1 ]
}

@test "anomaly: a processor at its limit for longer than ever" {
	awk 'BEGIN { srand(2); for (i = 0; i < 700; i++) {
		u = i >= 600 ? 2 : rand() < .05 ? 1.99 : rand()
		c += 60 * u
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h\"," \
		    "\"source\":\"t\",\"entity\":\"vm\",\"id\":\"u\"," \
		    "\"interval\":60,\"values\":{\"vcpus\":2," \
		    "\"cpu_seconds_total\":%.2f}}\n", 60 * i, c
	} }' >in
	analyze anomaly <in >got
	jq -es 'map(select(.state == "open")) | length == 1 and
	    (.[0] | .metric == "cpu_seconds_per_second" and
		.ts >= 600 * 60 and .ts < 630 * 60)' got >/dev/null ||
	    fail "$(cat got)"
}

# hosts N M: two hosts, a value a minute for N minutes; the second is silent
# for the last M of them.
hosts() {
	awk -v n="$1" -v m="$2" 'BEGIN { for (t = 0; t < n; t++)
		for (h = 1; h <= 2; h++) if (h == 1 || t < n - m)
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\"" \
			    ":\"h%d\",\"source\":\"t\",\"entity\":\"host\",\"id\"" \
			    ":\"h%d\",\"interval\":60,\"values\":{\"x\":1}}\n" \
			    "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":" \
			    "\"h%d\",\"source\":\"t\",\"interval\":60," \
			    "\"values\":{}}\n", 60 * t, h, h, 60 * t, h }'
}

@test "anomaly: a host that falls silent while others go on, and is back" {
	{ hosts 20 5; hosts 30 0 | jq -c 'select(.ts >= 1200)'; } >in
	analyze --explain anomaly <in >got
	jq -c '[.host, .state, .ts, .metric, .reason]' got >short
	printf '%s\n' '["h2","open",1080,"samples_per_second","rate"]' \
	    '["h2","close",1200,"samples_per_second",null]' | same short /dev/stdin
	jq -es '.[0].onset == 900' got
	# One after the other is how history comes: nobody is silent.
	{ hosts 20 0 | grep '"host":"h1"'; hosts 20 0 | grep '"host":"h2"'; } >in
	[ "$(told anomaly)" = 0 ]
}

@test "anomaly: a host is silent after as many intervals as the man page says" {
	said=$(grep -B1 '^intervals while others' "$TOP/man/nc-analyze.1" |
	    sed -n '1s/.* for //p')
	# Two go on, each 6 s; of the third nothing is heard after 1140.
	{
		hosts 20 0 | grep '"host":"h2"'
		awk 'BEGIN { for (t = 0; t < 1500; t += 6) for (h = 3; h <= 4; h++)
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
			    "\"host\":\"h%d\",\"source\":\"t\",\"entity\":" \
			    "\"host\",\"id\":\"h%d\",\"interval\":6,\"values\":" \
			    "{\"x\":1}}\n", t, h, h }'
	} | jq -sc 'sort_by(.ts)[]' >in
	analyze anomaly <in >got
	# Looked for four times an interval of those that go on.
	jq -es --argjson n "$said" 'map(select(.host == "h2")) | length == 1 and
	    .[0].onset == 1200 and .[0].ts >= 1140 + 60 * $n and
	    .[0].ts <= 1140 + 60 * $n + 6' got || fail "$said: $(cat got)"
}

@test "anomaly: a disk that fills in the simulated fleet is found where it is" {
	printf '%s\n' 'churn 0' \
	    'fault disk-fill { host sim002; at 10h; for 2h }' >s
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i 60 -n 700 \
	    --self 0 sim,hosts=2,vms=2,scenario=s,truth=truth >in
	start=$(jq .start truth)
	analyze anomaly <in | jq -c --argjson s "$start" 'select(.state == "open" and
	    .ts >= $s and .ts < $s + 600 and .entity == "host.fs")' >got
	[ "$(jq -r '.host + .id' got | sort -u)" = sim002/var/lib/libvirt/images ]
	jq -r .metric got | grep -qx free_bytes
}

# --- full --------------------------------------------------------------------

# disk N START SLOPE [NAME [MORE]]: a file system a minute, SLOPE a minute.
disk() {
	awk -v n="$1" -v v="$2" -v slope="$3" -v name="${4:-free_bytes}" \
	    -v more="${5:-}" 'BEGIN {
		srand(5)
		for (i = 0; i < n; i++)
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
			    "\"host\":\"h1\",\"source\":\"t\",\"entity\":" \
			    "\"host.fs\",\"id\":\"/\",\"interval\":60," \
			    "\"values\":{\"%s\":%.0f%s}}\n", 60 * i, name,
			    v + slope * i + (rand() - .5) * 1e8, more
	}'
}

@test "full: a disk that fills steadily is told with its time, and before it" {
	# 100 GB, 100 MB a minute: full in minute 1000.
	disk 860 1e11 -1e8 >in
	analyze full <in >got
	[ "$(jq -rs '.[-1].metric' got)" = free_bytes ]
	jq -es '.[-1] | .probability > 0.9 and .limit == 0 and
	    (.p50 / 60 > 950) and (.p50 / 60 < 1050) and .slope < -1.5e6 and
	    .slope > -1.8e6' got >/dev/null || fail "$(tail -1 got)"
	# As soon as the horizon gets there, and no more often than asked.
	jq -es '.[0].ts / 60 < 790 and ([.[].ts] |
	    [.[1:], .[:-1]] | transpose | all(.[0] - .[1] >= 600))' got
	[ "$(analyze full,every=1h <in | wc -l)" -lt "$(wc -l <got)" ]
	analyze --explain full <in | tail -1 | jq -r .explain >said
	grep -q '^free_bytes is 1[34].* GiB; half of its likely courses reach 0 B within 2h' said ||
	    fail "$(cat said)"
}

@test "full: what does not fill is not spoken of, unless asked" {
	disk 600 1e11 0 >in
	run -0 analyze full in
	[ -z "$output" ]
	run -0 analyze --full host.fs:free_bytes=0 full in
	jq -es 'length > 10 and all(.probability == 0 and .p10 == "never" and
	    .p90 == "never")' <<<"$output" >/dev/null || fail never
}

@test "full: a limit told: a size, or a metric of the same thing" {
	disk 860 1e9 1e8 queue_bytes ',"most_bytes":1e11' >in
	[ "$(analyze full <in | wc -l)" = 0 ]
	for limit in most_bytes 100GB 1e11; do
		analyze --full "host.fs{id=/}:queue_*=$limit" full <in | tail -1 |
		    jq -e '.limit == 1e11 and .metric == "queue_bytes" and
			.p50 / 60 > 940 and .p50 / 60 < 1040' || fail $limit
	done
	for bad in 'host.fs' 'host.fs{id=/}' 'host.fs=' '=0' 'host.fs{=0' 'host.fs:x=-'; do
		run --separate-stderr nc-analyze --full "$bad" full </dev/null
		wants 2
	done
}

@test "full: a clean-up takes back what was told" {
	{ disk 900 1e11 -1e8; disk 960 1e11 0 | tail -60; } >in
	analyze full <in >got
	jq -es '.[-2].probability > 0.9 and .[-1].probability == 0 and
	    .[-1].p50 == "never" and .[-1].ts / 60 < 910' got >/dev/null ||
	    fail "$(tail -2 got)"
}

@test "full: the disk that fills in the simulated fleet, an hour ahead" {
	printf '%s\n' 'churn 0' \
	    'fault disk-fill { host sim002; at 10h; for 4h }' >s
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i 60 -n 830 \
	    --self 0 sim,hosts=2,vms=2,scenario=s,truth=truth >in
	end=$(jq .end truth)
	analyze full <in >got
	[ "$(jq -r '.host + .id' got | sort -u)" = sim002/var/lib/libvirt/images ]
	jq -es --argjson full "$end" 'map(select(.metric == "free_bytes" and
	    .ts < $full - 3600 and .probability > 0.5)) | length > 0' got
}

# --- forecast ----------------------------------------------------------------

# tides N: an hour apart, with a day's course; what comes is known.
tides() {
	awk -v n="$1" 'BEGIN { srand(11); for (i = 0; i < n; i++)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":" \
		    "\"h1\",\"source\":\"t\",\"entity\":\"probe\",\"id\":" \
		    "\"sea\",\"interval\":3600,\"values\":{\"level\":%.4f}}\n",
		    3600 * i, \
		    100 + 20 * sin(i * 3.14159265 / 12) + 2 * (rand() - .5) }'
}

@test "forecast: a day ahead, within its intervals, and it says by which model" {
	tides 264 >all
	head -240 all >in
	analyze --only-series probe forecast,horizon=24h <in | tail -1 >got
	jq -e '.horizon == 86400 and .step == 3600 and .model == "seasonal" and
	    (.p50 | length) == 24 and .error < 0.5 and .ts == 860400' got ||
	    fail "$(cat got)"
	# A step is a value here: the first forecast is of sample 240.
	tail -24 all | jq -s --slurpfile f got '[.[].values.level] as $v |
	    [range(24) | {d: ($v[.] - $f[0].p50[.] | fabs),
		in: ($v[.] >= $f[0].low[.] and $v[.] <= $f[0].high[.])}] |
	    {worst: (map(.d) | max), inside: (map(select(.in)) | length)}' >off
	jq -e '.worst < 6 and .inside >= 22' off || fail "$(cat off)"
	run -0 analyze --explain --only-series probe forecast,every=3d in
	jq -es '.[-1].explain | test("^level is .* in 1d00h, between ")' <<<"$output" ||
	    fail explain
}

@test "forecast: of what was asked for, at most so often" {
	tides 100 >in
	[ "$(analyze forecast <in | wc -l)" = 0 ]
	[ "$(analyze --only-series probe forecast <in | wc -l)" = 77 ]
	run -0 analyze --only-series probe forecast,every=end in
	[ "${#lines[@]}" = 1 ]
	jq -e '.ts == 99 * 3600' <<<"$output" || fail "$output"
	[ "$(analyze --only-series probe forecast,every=1d <in | wc -l)" = 4 ]
	run --separate-stderr nc-analyze forecast,horizon=0 </dev/null
	wants 2
}

# --- trend -------------------------------------------------------------------

@test "trend: a slope through noise, told when it changes, and when it ends" {
	# Flat for 100 minutes, 60 MB an hour for 200, then flat for long.
	{ disk 100 1e9 0 queue_bytes; disk 300 -1e9 2e7 queue_bytes | tail -200
	    disk 2000 5e9 0 queue_bytes | tail -1700; } |
	    cat >in
	analyze --explain --only-series host.fs trend <in >got
	# 2e7 a minute is 333,333 a second; the flat start pulls it down.
	jq -es 'map(select(.low > 0)) | length >= 2 and
	    (map(.slope) | max) > 2.5e5 and (map(.slope) | max) < 3.4e5 and
	    all(.low <= .slope and .slope <= .high)' got >/dev/null ||
	    fail "$(tail -3 got)"
	[ "$(wc -l <got)" -lt 30 ]
	run -0 jq -rs '.[-1].explain' got
	[[ $output == 'queue_bytes no longer rises or falls over '* ]] ||
	    fail end
	run -0 jq -rs '.[0].explain' got
	[[ $output == 'queue_bytes has been rising by '*' an hour over '* ]] ||
	    fail begin
}

@test "trend: noise has none" {
	disk 1500 1e9 0 queue_bytes >in
	run -0 analyze --only-series host.fs trend in
	[ -z "$output" ]
	# Nor is it looked for where nobody asked.
	disk 600 1e9 2e7 queue_bytes >in
	run -0 analyze trend in
	[ -z "$output" ]
	disk 300 1e12 -2e8 free_bytes >in
	[ "$(analyze trend <in | wc -l)" -gt 0 ]
}

# --- change ------------------------------------------------------------------

@test "change: a new level is told once, with its onset; a wild value is none" {
	{ noise 300 1e9; noise 300 1.002e9 300; noise 1 2e9 600
	    noise 100 1.002e9 601; } >in
	analyze --explain change <in >got
	jq -es 'length == 1 and (.[0] | .shift == "level" and
	    .onset / 60 >= 295 and .onset / 60 <= 302 and .ts / 60 <= 310 and
	    .delta > 1.5e6 and .delta < 2.5e6 and .confidence > 0.99 and
	    .after - .before == .delta)' got >/dev/null || fail "$(cat got)"
	jq -r .explain got | grep -q '^mem_rss_bytes was about 95. MiB, and has been about 95. MiB for '
	noise 3000 1e9 >in
	[ "$(analyze change <in | wc -l)" -le 1 ]
	run --separate-stderr nc-analyze change,confidence=2 </dev/null
	wants 2
}

@test "change: a new slope, a new spread" {
	{ disk 300 1e9 0 queue_bytes
	    disk 500 -5e9 2e7 queue_bytes | tail -200; } >in
	analyze change <in | jq -es 'any(.shift == "slope" and .before == 0 and .after > 1e5 and
	    .after < 4e5)'
	awk 'BEGIN { srand(2); for (i = 0; i < 800; i++)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\":\"h\",\"source\":\"t\",\"entity\":\"probe\",\"id\":\"p\",\"interval\":60,\"values\":{\"x\":%.4f}}\n", 60 * i, (rand() + rand() + rand() - 1.5) * (i < 400 ? 1 : 6) }' >in
	analyze change <in | jq -es 'any(.shift == "variance" and
	    .after > 3 * .before and .onset / 60 > 380)'
}

@test "our sweep says which analyses covered how much of a round" {
	{ noise 161 1e9; sweep 9601; noise 162 1e9 161; sweep 9661; } >in
	sed 's/"source":"[^"]*"/"source":"t"/' in >same
	nc-analyze -o --only-series 'vm{id!="x"}' anomaly full <same |
	    grep '"kind":"sweep"' >got
	jq -es '(map(.analyses) | unique) == [["anomaly", "full"]] and
	    (map(.only) | unique) == [["vm{id!=\"x\"}"]] and
	    .[0].labels.of == "t" and .[0].interval == 10 and
	    .[0].values.learning > 0 and .[0].values.values == 161 and
	    .[1].values.learning == 0 and .[1].values.values == 162 and
	    .[1].seq == 1' got || fail "$(cat got)"
	/usr/bin/python3 "$TOP/tests/schema.py" <got
	nc-analyze -o anomaly <same | grep '"kind":"sweep"' |
	    jq -es 'all(has("only") | not)'
}

# --- merging ----------------------------------------------------------------

# machines: three hosts for some time, of numbers whose sums are exact.
machines() {
	awk 'BEGIN { srand(4)
		for (t = 0; t < 1800; t += 20) for (h = 1; h <= 3; h++) {
			for (i = 1; i <= 4; i++)
				printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
				    "\"host\":\"h%d\",\"source\":\"t\",\"entity\":" \
				    "\"vm.disk\",\"id\":\"d%d\",\"labels\":{\"tier\":" \
				    "\"%s\"},\"interval\":20,\"values\":{\"used_bytes\":" \
				    "%d,\"reads_total\":%d}}\n", t + 1200, h, i,
				    i % 2 ? "gold" : "tin",
				    exp(rand() * 20) - 50, (t * h * 32) + i * t
			printf "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":" \
			    "\"h%d\",\"source\":\"t\",\"interval\":20," \
			    "\"values\":{}}\n", t + 1200, h
		} }'
}

@test "sketches of three processes, merged: the same as of all samples" {
	machines >in
	all=stat=avg+min+max+sum+count+p50+p90+p95+p99+rate
	for h in h1 h2 h3; do
		grep "\"host\":\"$h\"" in | nc-analyze -o --emit-sketch \
		    aggregate,by=host+tier,window=1m >$h.sketches
	done
	/usr/bin/python3 "$TOP/tests/schema.py" <h1.sketches
	# As they come from three machines: by time, not by host.
	cat h?.sketches | jq -c --slurp 'sort_by(.ts)[]' >sketches
	norm() {
		jq -cS 'select(.kind == "sample") | .values |=
		    with_entries(.value |= (. * 1e6 | round))' | sort
	}
	for how in by=tier,window=1m by=tier,window=5m,slide=1m \
	    by=host+tier,window=3m,slide=1m by=entity,window=10m,slide=1m; do
		nc-analyze -o aggregate,$how,$all <in | norm >whole
		nc-analyze -o --merge aggregate,$how,$all <sketches | norm >merged
		# The last window ends with a round that is still to come.
		jq -s 'map(.ts) | max' merged >last
		jq -c --slurpfile m last 'select(.ts <= $m[0])' whole |
		    same merged /dev/stdin
		[ "$(wc -l <merged)" -gt 20 ]
	done
	# No values are moved, and less of everything else.
	[ "$(wc -c <sketches)" -lt "$(wc -c <in)" ]
	total=$(wc -l <sketches)
	for from in $(seq 1 150 "$total"); do
		sed -n "$from,$((from + 149))p" sketches | nc-analyze -o \
		    --state state --merge aggregate,by=tier,window=5m,slide=1m,$all
	done >parts
	nc-analyze -o --merge aggregate,by=tier,window=5m,slide=1m,$all \
	    <sketches | same parts /dev/stdin
}

@test "what cannot be merged is said and left out" {
	machines >in
	nc-analyze -o --emit-sketch aggregate,window=5m <in >sketches
	run --separate-stderr nc-analyze -o --merge \
	    aggregate,by=entity,window=1m sketches
	[[ $stderr == *'of another slide: not merged'* ]]
	sed 's/"sketch":"p/"sketch":"x/' sketches >bad
	run --separate-stderr nc-analyze -o --merge aggregate,by=entity bad
	[[ $stderr == *'not a sketch of 1 %: not merged'* ]]
	{ grep -v '"ts":1500' sketches; grep '"ts":1500' sketches; } >late
	run --separate-stderr nc-analyze -o --merge aggregate,by=entity late
	[[ $stderr == *'not merged'* || $stderr == *'came late'* ]]
	run --separate-stderr nc-analyze --emit-sketch aggregate,by=entity <in
	wants 2
}

# together N FROM: twelve metrics of one thing, each a sum of twelve draws;
# from minute FROM on all are three deviations off, which is rare for none.
together() {
	awk -v n="$1" -v from="$2" 'BEGIN { srand(3)
		for (t = 0; t < n; t++) {
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
			    "\"host\":\"h\",\"source\":\"t\",\"entity\":" \
			    "\"probe\",\"id\":\"p\",\"interval\":60," \
			    "\"values\":{", 60 * t
			for (k = 0; k < 12; k++) {
				v = 100
				for (i = 0; i < 12; i++) v += rand() - .5
				if (t >= from) v += k % 2 ? 3 : -3
				printf "%s\"m%d\":%.3f", k ? "," : "", k, v
			}
			print "}}"
		} }'
}

@test "anomaly,joint=1: what is unusual in no metric, but in all" {
	together 670 650 >in
	analyze --explain anomaly,joint=1,q=1e-5 <in >got
	jq -es 'map(select(.state == "open")) | length == 1 and (.[0] |
	    (has("metric") | not) and .reason == "joint" and .ts == 39000 and
	    .entity == "probe" and (.metrics | length) == 4 and .p < 1e-4 and
	    .value > .high)' got >/dev/null || fail "$(cat got)"
	grep -q '"explain":"probe p is unusual as a whole, in 12 metrics, most in m' got
	/usr/bin/python3 "$TOP/tests/schema.py" <got
	[ "$(analyze anomaly,q=1e-5 <in | wc -l)" = 0 ]
	analyze anomaly,joint=1,scores=all <in | jq -es \
	    'map(select(has("metric") | not)) | length > 300 and
	    all(.state == "score" and .score >= 0 and .score <= 1)'
	total=$(wc -l <in)
	for from in $(seq 1 61 "$total"); do
		sed -n "$from,$((from + 60))p" in | nc-analyze -o \
		    --state state anomaly,joint=1,q=1e-5
	done >parts
	nc-analyze -o anomaly,joint=1,q=1e-5 <in | same parts /dev/stdin
	run --separate-stderr nc-analyze anomaly,joint=2 in
	wants 2
}

@test "anomaly,memory: what was told lately weighs; refractory: not again so soon" {
	{ noise 400 1e9; noise 3 9e9 400; noise 60 1e9 403; noise 3 4e10 463
	    noise 60 1e9 466; } >in
	opens() { analyze "anomaly,q=1e-4$1" <in | grep -c '"state":"open"'; }
	[ "$(opens ,memory=0)" = 2 ]
	[ "$(opens '')" = 1 ]
	[ "$(opens ,memory=0,refractory=30m)" = 2 ]
	[ "$(opens ,memory=0,refractory=1h)" = 1 ]
	for bad in memory=2 refractory=x joint=yes; do
		run --separate-stderr nc-analyze anomaly,$bad in
		wants 2
	done
}

# --- state -------------------------------------------------------------------

# A fleet with starts, stops and moves; long windows and short ones.
fleet() {
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i 60 -n "$1" \
	    --self 0 sim,hosts=3,vms=4,churn=40
}

words=(anomaly change trend 'forecast,every=2h' full cause correlate
    'aggregate,by=host+name,window=10m,slide=2m,stat=avg+sum+p90+rate')

@test "any split of the input with --state: the same bytes" {
	fleet 240 >in
	nc-analyze "${words[@]}" <in >whole
	grep -q '"kind":"anomaly"' whole
	total=$(wc -l <in)
	for size in 1 700 2117; do
		[ $size -gt 1 ] || { head -150 in >few; nc-analyze "${words[@]}" few >one; }
		rm -f state one.split
		from=1
		file=in want=whole
		[ $size -gt 1 ] || { file=few want=one; total=150; }
		while [ "$from" -le "$total" ]; do
			sed -n "$from,$((from + size - 1))p" $file |
			    nc-analyze --state state "${words[@]}" >>one.split
			from=$((from + size))
		done
		same $want one.split
		total=$(wc -l <in)
	done
}

@test "kill -9 and a restart: the same from the saved state on" {
	fleet 40 >in
	half=$(($(wc -l <in) / 2))
	nc-analyze -o "${words[@]}" <in >whole
	mkfifo pipe
	nc-analyze -o --state state --save 100ms "${words[@]}" <pipe >first 3>&- &
	pid=$!
	exec 6>pipe
	head -"$half" in >&6
	# All of the half is taken and saved when two saves have followed.
	sleep 0.5
	rm -f state
	until_true 5 test -e state
	kill -KILL $pid
	wait $pid || :
	exec 6>&-
	tail -n +$((half + 1)) in |
	    nc-analyze -o --state state "${words[@]}" >second
	cat first second | same whole /dev/stdin
}

@test "a state for other options, a newer one: refused, left alone" {
	fleet 3 >in
	nc-analyze --state state "${words[@]}" <in >/dev/null
	cp state kept
	run --separate-stderr nc-analyze --state state aggregate,window=7m <in
	wants 3
	[[ $stderr == *'state: made for other analyses'* ]]
	run --separate-stderr nc-analyze --state state anomaly change trend forecast,every=2h full cause correlate aggregate,window=7m <in
	wants 3
	[[ $stderr == *'state: aggregate: made with other options'* ]]
	same state kept
	# A whole one of version 9: the checksum covers the version.
	tail -n +2 kept >payload
	head="nc-analyze 9 $(wc -c <payload) "
	{
		printf '%s%s\n' "$head" "$({ printf %s "$head"; cat payload; } |
		    sha256sum | cut -d' ' -f1)"
		cat payload
	} >state
	cp state newer
	run --separate-stderr nc-analyze --state state "${words[@]}" <in
	wants 3
	same state newer
}

@test "a damaged state is kept aside, said, and begun anew" {
	fleet 3 >in
	nc-analyze --state state "${words[@]}" <in >whole
	sed '2,$s/./x/20' state >torn
	cp torn state
	run --separate-stderr nc-analyze --state state "${words[@]}" <in
	wants 0
	[[ $stderr == *state* ]]
	same torn state.bad
	printf '%s\n' "$output" | same whole /dev/stdin
}

@test "two at one state: the second says who holds it" {
	mkfifo pipe
	nc-analyze --state state aggregate <pipe >/dev/null 3>&- &
	pid=$!
	exec 6>pipe
	until_true 5 test -e state.lock
	sleep 0.2
	run --separate-stderr timeout 30 nc-analyze --state state aggregate </dev/null
	exec 6>&-
	wait $pid
	wants 3
	[[ $stderr == *'held by nc-analyze'* ]]
}

# --- order ------------------------------------------------------------------

@test "order within --lateness is irrelevant; later than that is late" {
	# Of one host: hosts do not wait for each other.
	fleet 60 | grep '"host":"sim001"' >in
	nc-analyze -o --lateness 90s aggregate,window=2m anomaly <in >want
	[ "$(wc -l <want)" -gt 50 ]
	for seed in 1 2 3; do
		# Each line up to 80 s later than its time, in any order.
		awk -v seed=$seed 'BEGIN { srand(seed) }
		    { match($0, /"ts":[0-9.]+/)
		      printf "%.3f\t%s\n", substr($0, RSTART + 5, RLENGTH - 5) + \
			  rand() * 80, $0 }' in | sort -n | cut -f2- >shuffled
		run ! cmp -s in shuffled
		nc-analyze -o --lateness 90s aggregate,window=2m anomaly \
		    <shuffled | same want /dev/stdin
	done
	# In time they are what they are without, but for when that is told.
	few=aggregate,window=2m,stat=min+max+count
	same <(nc-analyze -o --lateness 90s $few <in | jq -cS . | sort) \
	    <(nc-analyze -o $few <in | jq -cS . | sort)
	sort -R --random-source=in in >shuffled
	run --separate-stderr nc-analyze -o --lateness 5s aggregate shuffled
	[ "$status" = 1 ]
	[[ $stderr == *'came late or twice'* ]]
	# What is passed on does not wait.
	nc-analyze --lateness 1d anomaly shuffled >got
	head -n "$(wc -l <in)" got | same shuffled /dev/stdin
}

@test "--lateness and --state: any split, the same bytes" {
	fleet 12 >in
	total=$(wc -l <in)
	for size in 37 501 "$total"; do
		rm -f state
		for from in $(seq 1 "$size" "$total"); do
			sed -n "$from,$((from + size - 1))p" in | nc-analyze \
			    --state state --lateness 2m aggregate,window=3m
		done >parts.$size
	done
	same parts.37 parts.501
	same parts.37 "parts.$total"
	run --separate-stderr nc-analyze --state state --lateness 3m aggregate,window=3m <in
	wants 3
	[[ $stderr == *'made with another --lateness'* ]]
}

# --- configuration ------------------------------------------------------------

@test "-c: options and analyses from a file; the command line goes first" {
	fleet 10 >in
	cat >conf <<-'END'
	# what we look at
	only-series "vm"
	explain
	analysis aggregate { by host; window 2m; stat avg+p90 }
	analysis anomaly
	END
	nc-analyze -o --only-series vm --explain \
	    aggregate,by=host,window=2m,stat=avg+p90 anomaly <in >want
	nc-analyze -o -c conf <in | same want /dev/stdin
	nc-analyze -o --only-series vm.disk anomaly <in >want
	nc-analyze -o -c conf --only-series vm.disk anomaly <in | same want /dev/stdin
	run -0 nc-analyze -C -c conf
	for bad in 'nothing' 'explain yes' 'only-series' 'only-series "{"' \
	    'analysis guess' 'analysis full { horizon }' 'analysis full { x 1 }' \
	    'config "x"' 'max-series many' 'analysis anomaly; analysis anomaly'; do
		printf '%s\n' "$bad" >conf
		run --separate-stderr nc-analyze -C -c conf
		wants 2
		[[ $stderr == *conf* || $stderr == *twice* || $stderr == *full* ]] ||
		    fail "$bad"
	done
	run --separate-stderr nc-analyze -c none
	wants 2
}

@test "-e: 4 when something was found" {
	{ noise 300 1e9; noise 3 9e9 300; } >in
	run nc-analyze -e -o anomaly in
	[ "$status" = 4 ]
	run -0 nc-analyze -o anomaly in
	noise 100 1e9 >in
	run -0 nc-analyze -e -o anomaly in
}

# --- what series can be like ------------------------------------------------

@test "constant, two-valued, huge, tiny, sparse, bursty, reset, one sample" {
	awk 'BEGIN { srand(6)
		for (t = 0; t < 600; t++) {
			b = rand() < .02 ? 1000 * rand() : 0
			c += 50; if (t % 97 == 96) c = 3
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"up\":%d," \
			    "\"host\":\"h\",\"source\":\"t\",\"entity\":\"vm\"," \
			    "\"id\":\"a\",\"interval\":60,\"values\":{\"same\":7," \
			    "\"two\":%d,\"huge\":%.0f,\"tiny\":%g,\"burst\":%g," \
			    "\"work_total\":%d%s}}\n", 60 * t, 60 * t + 5, t % 2,
			    (rand() - .5) * 1e308, rand() * 1e-300, b, c,
			    t % 50 ? "" : ",\"rare\":" t
			if (t == 300)
				printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
				    "\"host\":\"h\",\"source\":\"t\",\"entity\":" \
				    "\"vm\",\"id\":\"once\",\"values\":{\"x\":1}}\n",
				    60 * t
		} }' >in
	all=('anomaly,joint=1' change trend forecast full correlate cause
	    'aggregate,window=5m,stat=avg+min+max+sum+count+p50+p99+rate')
	nc-analyze -o --explain "${all[@]}" <in >out
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	# A constant and a change of two values are normal; no rate over a reset.
	run -1 grep -E '"metric":"(same|two)"' out
	jq -es 'map(select(.labels.stat == "min") | .values.work_per_second //
	    empty) | all(. >= 0)' out
	nc-analyze -o --only-series vm --explain "${all[@]}" <in |
	    /usr/bin/python3 "$TOP/tests/schema.py"
}

@test "time that goes back, and a clock that is set: said, and gone on with" {
	{ noise 200 1e9; noise 5 1e9 100; noise 50 1e9 200; } >in
	run --separate-stderr nc-analyze -o anomaly change cause <in
	[ "$status" = 1 ]
	[[ $stderr == *'came late or twice'* ]]
	# Set back by an hour while up goes on: the same course of time.
	{ noise 200 1e9; noise 100 1e9 200 | jq -c '.ts -= 3600'; } |
	    jq -c '. as $r | input_line_number as $n |
	    {v, kind, ts, up: (60 * $n), host, source, entity, id, labels,
		interval, values}' >in
	run --separate-stderr nc-analyze -o aggregate,window=10m,stat=count in
	wants 0
	jq -es 'map(select(.kind == "sample" and .quality == null) |
	    .values.mem_rss_bytes) | length >= 25 and all(. >= 9 and . <= 11)' \
	    <<<"$output"
}

# --- whole -------------------------------------------------------------------

@test "its records are good by their schemas" {
	fleet 300 | nc-analyze -o --explain --full 'host:mem*=0' >out
	grep -q '"state":"open"' out
	grep -q '"kind":"full"' out
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	fleet 120 | nc-analyze -o --explain --only-series vm change trend forecast >out
	grep -q '"kind":"change"' out
	grep -q '"kind":"trend"' out
	grep -q '"kind":"forecast"' out
	[ "$(awk 'length >= 4096' out | wc -l)" = 0 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	noise 300 1e9 | nc-analyze -o anomaly,scores=all |
	    /usr/bin/python3 "$TOP/tests/schema.py"
	fleet 20 | nc-analyze -o --tick 1h \
	    aggregate,by=host+name,window=5m,slide=1m,stat=avg+min+max+sum+count+p50+p90+p95+p99+rate >out
	[ "$(wc -l <out)" -gt 100 ]
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "order within a round changes nothing" {
	fleet 20 >in
	nc-analyze -o aggregate,stat=min+max+count <in >a
	# Samples of a round shuffled; ticks, events and sweeps where they are.
	awk -v seed=1 'BEGIN { srand(seed) }
	    /"kind":"sample"/ { held[n++] = $0; next }
	    { while (n) { i = int(rand() * n); print held[i];
		held[i] = held[--n] } print }' in >shuffled
	run ! cmp -s in shuffled
	sort a >a.sorted
	nc-analyze -o aggregate,stat=min+max+count <shuffled | sort >b.sorted
	# Which metric was seen first decides the order of names, no number.
	norm() { jq -cS . "$1" | sort; }
	diff <(norm a.sorted) <(norm b.sorted)
}
