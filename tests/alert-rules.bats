#!/usr/bin/env bats
# nc-alert: what rules can ask for beyond the latest sample: the past, lines,
# habits, and what nc-analyze has found.

load lib

setup() {
	sandbox
}

# A stream here is judged from its beginning, unless a test says otherwise.
nc-alert() {
	command nc-alert --state none "$@"
}

T=1763800000

# sweep TS [SOURCE]: the end of a round of host h1.
sweep() {
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"h1","source":"test","boot":"b","run":"r","seq":1,"values":{"timeouts":0,"skipped":0}}\n' \
	    "$1"
}

# rounds ENTITY ID METRIC VALUE...: a sample each ten seconds, from FROM
# seconds behind T.
rounds() {
	local ts=$((T + ${FROM-0})) entity=$1 id=$2 metric=$3 value
	shift 3
	for value; do
		sample $ts h1 "$entity" "$id" "\"$metric\":$value"
		sweep $ts
		ts=$((ts + 10))
	done
}

# looked TS SEQ [ANALYSES [ONLY]]: a sweep of nc-analyze.
looked() {
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"h1","source":"nc-analyze","labels":{"of":"test"},"interval":10,"seq":%s,"analyses":[%s]%s,"values":{"samples":1}}\n' \
	    "$1" "$2" "${3-\"anomaly\"}" "${4+,\"only\":[$4]}"
}

# finding TS KIND METRIC MEMBERS: a record of nc-analyze.  METRIC - is none.
finding() {
	local metric=
	[ "$3" = - ] || metric="\"metric\":\"$3\","
	printf '{"v":1,"kind":"%s","ts":%s,"host":"h1","source":"nc-analyze","entity":"vm","id":"u1",%s%s}\n' \
	    "$2" "$1" "$metric" "$4"
}

# alerts: seconds behind T, rule, change, severity of each alert.
alerts() {
	nc-alert -o -c rules >alerts.out 2>said || return
	/usr/bin/python3 "$TOP/tests/schema.py" -k alert <alerts.out >judged || {
		cat judged
		return 1
	}
	jq -r --argjson t $T \
	    '[.ts - $t, .alert, .change, .severity] | map(tostring) | join(" ")' \
	    alerts.out
}

gives() {
	printf '%s\n' "$1" >want
	alerts >got
	same want got
}

@test "anomaly(): its score, 0 where nothing is open, unknown where nobody looked" {
	cat >rules <<-'END'
	alert one on vm { warn if anomaly(steal_seconds_total) > 0.99 }
	alert any on vm { warn if anomaly() > 0.9 }
	alert none on vm { info if anomaly(vcpus) == 0 for 10s; nodata 20s then crit }
	END
	{
		rounds vm u1 vcpus 2 # nobody has looked yet
		looked $T 0
		sample $((T + 10)) h1 vm u1 '"vcpus":2'
		sweep $((T + 10))
		finding $((T + 10)) anomaly steal_seconds_per_second \
		    '"state":"open","score":0.995'
		looked $((T + 10)) 1
		sample $((T + 20)) h1 vm u1 '"vcpus":2'
		sweep $((T + 20)) # now it is known
		finding $((T + 20)) anomaly steal_seconds_per_second \
		    '"state":"close","score":0.5'
		looked $((T + 20)) 2
		sample $((T + 30)) h1 vm u1 '"vcpus":2'
		sweep $((T + 30))
		for i in 40 50 60 70 80; do # nobody looks any more
			sample $((T + i)) h1 vm u1 '"vcpus":2'
			sweep $((T + i))
		done
	} | gives '20 one opened warn
20 any opened warn
20 none opened info
30 one resolved warn
30 any resolved warn
70 none nodata crit'
	[ "$(jq -c 'select(.alert == "one" and .change == "opened") |
	    [.value, .limit, .inputs]' alerts.out)" = \
	    '[0.995,0.99,{"anomaly(steal_seconds_total)":0.995}]' ]
}

@test "anomaly(): the joint one before the greatest; a new run forgets" {
	echo 'alert any on vm { warn if anomaly() > 0.9 }' >rules
	{
		looked $T 5
		finding $T anomaly a '"state":"open","score":0.95'
		finding $T anomaly - '"state":"open","score":0.5,"reason":"joint"'
		rounds vm u1 vcpus 2
		finding $T anomaly - '"state":"close","score":0.5'
		FROM=10 rounds vm u1 vcpus 2
		looked $((T + 10)) 0 # it counts from 0 again: nothing is open
		sample $((T + 20)) h1 vm u1 '"vcpus":2'
		sweep $((T + 20))
	} | gives '10 any opened warn
20 any resolved warn'
}

@test "only what an analysis has looked at is known not to be found" {
	cat >rules <<-'END'
	alert a on vm { info if anomaly(vcpus) == 0 }
	alert b on vm { info if anomaly(mem_rss_bytes) == 0 }
	alert c on vm { info if full(vcpus) > 1d }
	alert d on vm { info if anomaly(steal_seconds_total) == 0 }
	END
	{
		looked $T 0 '"anomaly","change"' '"vm:vcpus,steal_*","host"'
		rounds vm u1 vcpus 2
		looked $((T + 1)) 1 '"full"'
		FROM=10 rounds vm u1 vcpus 2
	} | gives '0 a opened info
0 d opened info
10 c opened info'
	# Without its sweep nothing is, and that is said.
	rounds vm u1 vcpus 2 2 | alerts
	[ ! -s alerts.out ]
	grep -q 'rules ask for analyses and none came: put nc-analyze before' said
}

@test "full(), confidence(), change(), forecast(), cause()" {
	cat >rules <<-'END'
	alert soon on vm { crit if full(mem_rss_bytes) < 2h and confidence() > 0.8 for 10s
	    say "full in {full(mem_rss_bytes)|dur}" }
	alert moved on vm { warn if abs(change(load, 1m)) > 5 and confidence() > 0.9 }
	alert will on vm { warn if forecast(load, 20m) > 30 }
	alert who on vm { warn if cause() > 0.5 }
	END
	{
		looked $T 0 '"full","change","forecast","cause"'
		finding $T full mem_rss_bytes \
		    '"value":1,"limit":2,"probability":0.9,"p10":"never","p50":'$((T + 3600))',"p90":"never"'
		finding $T change load '"onset":'$((T - 20))',"shift":"level","before":1,"after":9,"delta":8,"confidence":0.95'
		finding $T forecast load '"horizon":1800,"step":600,"model":"trend","error":0.2,"p50":[10,20,40],"low":[1,1,1],"high":[9,9,9]'
		printf '{"v":1,"kind":"cause","ts":%s,"host":"h2","source":"nc-analyze","incident":"i1","state":"open","suspects":[{"host":"h1","entity":"vm","id":"u1","score":0.7}]}\n' $T
		rounds vm u1 vcpus 2 2
		looked $((T + 15)) 1 '"full","change","forecast","cause"'
		finding $T full mem_rss_bytes \
		    '"value":1,"limit":2,"probability":0.05,"p10":"never","p50":"never","p90":"never"'
		printf '{"v":1,"kind":"cause","ts":%s,"host":"h2","source":"nc-analyze","incident":"i1","state":"close","suspects":[{"host":"h1","entity":"vm","id":"u1","score":0.7}]}\n' $((T + 15))
		sample $((T + 20)) h1 vm u1 '"vcpus":2'
		sweep $((T + 20))
		sample $((T + 45)) h1 vm u1 '"vcpus":2'
		sweep $((T + 45))
	} | sed 's/"score":0.7}\]/"score":0.7}]/' | gives '0 moved opened warn
0 who opened warn
10 soon opened crit
20 soon resolved crit
20 who resolved warn
45 moved resolved warn'
	[ "$(jq -r 'select(.alert == "soon") | .text' alerts.out | head -1)" = \
	    'full in 59m50s' ]
	[ "$(jq -r 'select(.alert == "soon") | .unit' alerts.out | head -1)" = \
	    seconds ]
	# At 20m from 0s the forecast is 20; ten minutes on it is 40.
	{
		looked $T 0 '"forecast"'
		finding $T forecast load '"horizon":1800,"step":600,"model":"trend","error":0.2,"p50":[10,20,40],"low":[1,1,1],"high":[9,9,9]'
		rounds vm u1 vcpus 2
		looked $((T + 400)) 1 '"forecast"'
		sample $((T + 400)) h1 vm u1 '"vcpus":2'
		sweep $((T + 400))
	} | gives '400 will opened warn'
	[ "$(jq .value alerts.out)" = 33.333333333333336 ] ||
	    [ "$(jq '.value | . > 33.3 and . < 33.4' alerts.out)" = true ]
}

@test "gate: needed to get worse, not to stay so" {
	cat >rules <<-'END'
	alert a on vm { warn if vcpus > 1; crit if vcpus > 5; gate anomaly() > 0.9 }
	END
	{
		looked $T 0
		rounds vm u1 vcpus 2
		finding $T anomaly a '"state":"open","score":0.99'
		FROM=10 rounds vm u1 vcpus 2
		finding $T anomaly a '"state":"close","score":0.1'
		looked $((T + 10)) 1
		FROM=20 rounds vm u1 vcpus 2 9
		looked $((T + 30)) 2
		sample $((T + 40)) h1 vm u1 '"vcpus":0'
		sweep $((T + 40))
		sample $((T + 50)) h1 vm u1 '"vcpus":2'
		sweep $((T + 50))
	} | gives '10 a opened warn
40 a resolved warn'
}

@test "eta(): when a line through the readings is there" {
	cat >rules <<-'END'
	alert eta on host.fs {
	    warn if eta(free_bytes, 0, 10m) < 20m and confidence() > 0.9
	    say "full in {eta(free_bytes, 0, 10m)|dur}"
	}
	END
	# It falls by 1 a second from 1,500; each seventh reading is wild.
	# shellcheck disable=SC2046
	rounds host.fs / free_bytes $(awk 'BEGIN {
		for (i = 0; i < 60; i++)
			print i % 7 == 3 ? 9000 : 1500 - 10 * i
	}') | alerts >got
	[ "$(cut -d' ' -f2- got)" = 'eta opened warn' ]
	# 1,200 are left at 300 s; a line is drawn each 9.375 s.
	[ "$(cut -d' ' -f1 got)" -ge 290 ]
	[ "$(cut -d' ' -f1 got)" -le 350 ]
	[[ $(jq -r .text alerts.out) == 'full in 19m'* ]]
	# It rises: never.
	# shellcheck disable=SC2046
	rounds host.fs / free_bytes $(seq 10 10 600) >in
	alerts <in
	[ ! -s alerts.out ]
	sed -i 's/warn if.*/info if eta(free_bytes, 0, 10m) > 300d for 1m/' rules
	alerts <in >got
	[ "$(cut -d' ' -f2- got)" = 'eta opened info' ]
	[ "$(jq -r .text alerts.out)" = 'full in never' ]
}

@test "offset() and baseline(): what it was, what it usually is" {
	cat >rules <<-'END'
	alert more on host { warn if load1 > 2 * offset(load1, 1m) }
	alert odd on host { warn if load1 > 3 * baseline(load1, 7d, hour) }
	END
	{
		rounds host h1 load1 1 1 1 1 1 1 1 3
		for d in 1 2 3; do
			sample $((T + 86400 * d)) h1 host h1 '"load1":1'
			sweep $((T + 86400 * d))
		done
		sample $((T + 86400 * 4)) h1 host h1 '"load1":4'
		sweep $((T + 86400 * 4))
	} | gives "70 more opened warn
$((86400 * 1)) more resolved warn
$((86400 * 4)) odd opened warn" || {
		# Silence for a day is no answer to what it was a minute ago.
		printf '%s\n' '70 more opened warn' \
		    "$((86400 * 4)) odd opened warn" >want
		same want <(grep -v 'nodata\|more resolved' got)
	}
}

@test "topk() over parts; X_per_second stands for rate(X_total)" {
	cat >rules <<-'END'
	alert two on vm { warn if topk(2, busy_ratio over vm.disk) > 90% }
	alert rate on vm.disk { warn if rate(read_bytes_total, 1m) > 9 and rate(read_bytes_total) > 9 }
	END
	{
		sample $T h1 vm u1 '"vcpus":1'
		sample $T h1 vm.disk u1/a '"busy_ratio":0.95,"read_bytes_per_second":10'
		sample $T h1 vm.disk u1/b '"busy_ratio":0.2,"read_bytes_per_second":1'
		sample $T h1 vm.disk u1/c '"busy_ratio":0.91'
		sweep $T
	} | gives '0 two opened warn
0 rate opened warn'
	[ "$(jq 'select(.alert == "two") | .value' alerts.out)" = 0.91 ]
}

@test "-C: rules that can never fire, and lines drawn too far" {
	cat >rules <<-'END'
	alert a on host.fs {
	    warn if free_ratio < 0
	    crit if free_ratio > 5% and free_ratio < 1%
	    info if free_ratio >= 0 until free_ratio < 0
	}
	alert b on host.fs { warn if eta(free_bytes, 0, 1h) < 1d; gate 1 > 2 }
	alert c on host.fs { warn if eta(free_bytes, 0, 6h) < 1d; gate fre_ratio > 0 }
	END
	run --separate-stderr nc-alert -C -c rules
	wants 0
	same - <(printf '%s\n' "$stderr") <<-'END'
	nc-alert: rules:4:5: rule a: info is always true, whatever is measured
	nc-alert: rules:4:5: rule a: until of info is never true, whatever is measured
	nc-alert: rules:2:5: rule a: warn is never true, whatever is measured
	nc-alert: rules:3:5: rule a: crit is never true: it asks free_ratio to be two things at once
	nc-alert: rules:6:22: rule b: warn looks 86400s ahead by a line through 3600s, more than 4 times as far
	nc-alert: rules:6:7: rule b: gate is never true, whatever is measured
	nc-alert: rules:7:7: rule c: host.fs has no metric 'fre_ratio' of ours; nearest: 'free_ratio'
	END
}

@test "-C: names that are mistyped: entities, and rules that mute" {
	cat >rules <<-'END'
	alert a on hst { warn if load1 > 3 }
	alert b on vm { warn if max(busy_ratio over vm.dsk) > 50% }
	alert c on weather { warn if wind > 1 }
	inhibit nosuch by warn same host
	depend x-* on a same host
	depend b on c same host
	END
	run --separate-stderr nc-alert -C -c rules
	wants 0
	same - <(printf '%s\n' "$stderr") <<-'END'
	nc-alert: rules:1:7: rule a: no entity 'hst' of ours; nearest: 'host'
	nc-alert: rules:2:17: rule b: no entity 'vm.dsk' of ours; nearest: 'vm.disk'
	nc-alert: inhibit: no rule is called 'nosuch'
	nc-alert: depend: no rule is called 'x-*'
	END
}

@test "a metric of one of many is ambiguous, never a silent pick" {
	cat >rules <<-'END'
	alert a on host { warn if vm.vcpus > 3 }
	alert b on vm.disk { gate vm.nic.up > 0; warn if vm.vcpus + host.load1 + vm.disk.busy_ratio > 3 }
	alert c on vm { warn if vcpus > 3 until vm.disk.busy_ratio < 1 }
	END
	run --separate-stderr nc-alert -C -c rules
	wants 2
	[ "$(grep -c . <<<"$stderr")" = 3 ]
	[[ $stderr == *"rules:1:19: vm.vcpus is ambiguous: no vm contains a host,"*"max(vcpus over vm)"* ]]
	[[ $stderr == *"rules:2:22: vm.nic.up is ambiguous: no vm.nic contains a vm.disk,"* ]]
	[[ $stderr == *"rules:3:17: vm.disk.busy_ratio is ambiguous: "* ]]
}

@test "test: what nc-analyze is to have found, coverage, mutants" {
	cat >rules <<-'END'
	alert a on vm {
	    warn if vcpus > 2 and anomaly(vcpus) > 0.9 for 2m
	    crit if full(mem_rss_bytes) < 1h and confidence() > 0.5
	}
	alert b on vm { warn if vcpus > 99 }
	END
	cat >a.test <<-'END'
	rules "rules"
	test "found" {
		series vm u1 vcpus "3x20"
		found anomaly vm u1 vcpus "_x2 0.5 0.95x5 _x12"
		found full vm u1 mem_rss_bytes "_x11 7000 1800 _x6" confidence 0.6
		at 4m a vm u1 ok
		at 5m a vm u1 warn
		at 11m a vm u1 ok
		at 12m a vm u1 crit
		at 13m a vm u1 ok
	}
	END
	run --separate-stderr nc-alert --coverage --mutate test a.test
	wants 1
	same - <(printf '%s\n' "$output") <<-'END'
	RULE                         LEVEL FIRED  CLEARED  NODATA  EXPECTED FIRING/OK
	a                            warn  yes    yes      no      2/3
	a                            crit  yes    yes      no      2/3
	b                            warn  no     no       no      0/0
	2 rules, 3 levels, 2 fired, 2 cleared
	1 tests, 5 expectations, 0 failed
	15 mutants, 5 survived
	END
	same - <(printf '%s\n' "$stderr") <<-'END'
	nc-alert: rules:2:5: rule 'a': no test notices a limit of 1 instead of 2
	nc-alert: rules:3:5: rule 'a': no test notices a limit of 0.25 instead of 0.5
	nc-alert: rules:5:17: rule 'b': no test notices a limit of 198 instead of 99
	nc-alert: rules:5:17: rule 'b': no test notices a limit of 49.5 instead of 99
	nc-alert: rules:5:17: rule 'b': no test notices that this is left out
	END
}

@test "the ready rules: each fires, each stays silent, none is in doubt" {
	run --separate-stderr nc-alert -C -c "$TOP/contrib/rules/all.conf"
	wants 0
	[ -z "$stderr" ] || fail 'nothing to doubt'
	run --separate-stderr nc-alert --coverage test "$TOP"/contrib/rules/*.test
	wants 0
	[ -z "$stderr" ] || fail 'nothing to say'
	# Fired, and expected both to fire and not to, each at least once.
	[ "$(awk '$2 ~ /^(info|warn|crit)$/ && ($3 != "yes" || $6 ~ /^0|\/0/)' \
	    <<<"$output")" = '' ]
	# None is missing, from its file or from all of them.
	[ "$(cat "$TOP"/contrib/rules/*.conf | grep -c '^alert')" = \
	    "$(awk '$2 == "rules," { print $1 }' <<<"$output")" ]
	for f in "$TOP"/contrib/rules/*.test; do
		grep -q "include \"$(basename "$f" .test).conf\"" \
		    "$TOP/contrib/rules/all.conf" || fail "$f"
	done
}

@test "replay: live once more, byte for byte; over nc-query the same rules" {
	need nc-collect
	cat >rules <<-'END'
	alert disk on host.fs {
	    warn if free_ratio < 20% for 1m until > 25% for 2m
	    crit if free_ratio < 10% for 1m until > 12%
	}
	alert drops on host.nic { warn if rate(receive_drops_total, 5m) > 0.5 for 2m }
	alert silent on host { crit if absent(3m) }
	END
	cat >scenario <<-'END'
	churn 0
	fault disk-fill { host sim002; at 10m; for 10m }
	fault packet-loss { host sim003; at 10m; for 10m }
	fault silent-host { host sim001; at 20m; for 10m }
	END
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i 60 -n 40 \
	    --self 0 sim,hosts=3,vms=2,scenario=scenario |
	    jq -c 'if .kind == "tick" then del(.host) else . end' >in
	# Live with all that came in between, among it what an operator did.
	nc-alert -c rules in >live
	[ "$(grep -c '"kind":"alert"' live)" -ge 8 ]
	nc-alert -c rules replay live >again
	same <(grep '"kind":"alert"' live) again
	nc-alert -c rules replay <live >again
	same <(grep '"kind":"alert"' live) again
	# Out of the store: rates instead of counters, and no sweeps.
	has nc-store && has nc-query || return 0
	nc-store -d store <in
	nc-query -d store host.fs host.nic --from @1793620800 --to @1793623200 >out
	run --separate-stderr nc-alert -c rules replay out
	wants 0
	[ "$(jq -r 'select(.change == "opened") | [.alert, .host] | join(" ")' \
	    <<<"$output" | sort -u)" = 'disk sim002
drops sim003' ]
}

@test "replay --stats and --diff: what rules cost, and what others would" {
	echo 'alert a on host { warn if load1 > 1; crit if load1 > 5 }' >old
	echo 'alert a on host { warn if load1 > 3; crit if load1 > 4 }
	alert b on host { info if load1 < 1 }' >new
	{
		rounds host h1 load1 0 2 2 0 6 6 0 0
		FROM=43200 rounds host h1 load1 4.5 0
		sample $((T + 86400)) h1 host h1 '"load1":1'
		sweep $((T + 86400))
	} >in
	run --separate-stderr nc-alert -c old --stats replay in
	wants 0
	# 08:26 UTC on a Saturday, and 20:26.
	same - <(printf '%s\n' "$output") <<-'END'
	1d00h of record time
	RULE                         EPISODES  PAGES  PAGES/DAY  FLAPS    MEDIAN  OPEN OFF-WORK%
	a                                   3      3       3.00      1       20s     0       100
	all                                 3      3       3.00      1       20s     0       100
	END
	run --separate-stderr nc-alert --diff old replay new in
	wants 0
	same - <(printf '%s\n' "$output") <<-'END'
	+ 2025-11-22T08:26:40Z info b h1 host h1 10s
	- 2025-11-22T08:26:50Z warn a h1 host h1 20s
	+ 2025-11-22T08:27:10Z info b h1 host h1 10s
	+ 2025-11-22T08:27:40Z info b h1 host h1 11h59m
	< 2025-11-22T20:26:40Z warn a h1 host h1 10s
	> 2025-11-22T20:26:40Z crit a h1 host h1 10s
	+ 2025-11-22T20:26:50Z info b h1 host h1 11h59m
	1 episodes vanish, 4 appear, 1 have another severity; pages a day: 3.00 before, 6.00 after
	END
	run --separate-stderr nc-alert --diff old replay
	wants 2
	run --separate-stderr nc-alert --diff no/such replay new in
	wants 2
}

@test "hostile rules: bounded, and told what is wrong" {
	# A sanitizer is given a part of it.
	awk -v n="${NC_SANITIZER:+5000}" 'BEGIN {
		n = n ? n : 90000
		for (i = 0; i < n; i++)
			printf "alert r%d on host.fs{fstype!=tmpfs} { warn if" \
			    " free_ratio < 10%% for 5m until > 15%% for 10m;" \
			    " label number = %d }\n", i, i
	}' >large
	[ -n "${NC_SANITIZER-}" ] || [ "$(stat -c %s large)" -gt 10000000 ]
	run --separate-stderr timeout 20 nc-alert -C -c large
	wants 0
	head -c 17000000 /dev/zero | tr '\0' ' ' >larger
	run --separate-stderr timeout 10 nc-alert -C -c larger
	wants 2
	[ "$stderr" = 'nc-alert: larger: longer than 16777216 bytes' ]
	{
		printf 'alert a on host { warn if '
		printf '%.0s(' {1..10000}
	} >deep
	run --separate-stderr timeout 10 nc-alert -C -c deep
	wants 2
	[[ $stderr == 'nc-alert: deep:1:'*'statement too long, expected at most 4096 words'* ]]
	{
		printf 'alert a on host { warn if '
		printf '%.0s(' {1..100}
		printf '1'
		printf '%.0s)' {1..100}
		echo ' > 0 }'
	} >deep
	run --separate-stderr timeout 10 nc-alert -C -c deep
	wants 2
	[[ $stderr == *'nested too deep, expected at most 64' ]]
	printf '%.0sa {' {1..10000} >deep
	run --separate-stderr timeout 10 nc-alert -C -c deep
	wants 2
	[[ $stderr == *'blocks nested too deep, expected at most 32'* ]]
	# Patterns that would take for ever, or all memory.
	for re in '(((((a{1,20}){1,20}){1,20}){1,20}){1,20})' \
	    '(.*)(.*)(.*)\\1\\2\\3x'; do
		printf 'alert a on vm{id=~"%s"} { warn if vcpus > 1 }\n' \
		    "$re" >rules
		run --separate-stderr timeout 10 nc-alert -C -c rules
		wants 2
		[ -n "$stderr" ]
	done
	echo 'alert a on vm{id=~"((a+)+)+$"} { warn if vcpus > 1 }' >rules
	rounds vm "$(printf '%.0sa' {1..250})!" vcpus 2 >in
	run --separate-stderr timeout 10 nc-alert -c rules in
	wants 0
}

@test "what is kept of the past and of findings outlives a run" {
	cat >rules <<-'END'
	alert eta on host { warn if eta(load1, 0, 10m) < 20m and confidence() > 0.9 }
	alert then on host { warn if load1 < 0.9 * offset(load1, 2m) for 30s }
	alert mean on host { warn if avg(load1, 5m) < 2200 }
	alert odd on host { warn if anomaly() > 0.9; gate full() > 1d }
	END
	{
		# shellcheck disable=SC2046
		rounds host h1 load1 $(awk 'BEGIN {
			for (i = 0; i < 60; i++)
				print i % 7 == 3 ? 9000 : 1500 - 10 * i
		}')
	} | awk -v t=$T 'NR == 50 {
		printf "{\"v\":1,\"kind\":\"anomaly\",\"ts\":%d,\"host\":\"h1\"," \
		    "\"source\":\"nc-analyze\",\"entity\":\"host\",\"id\":\"h1\"," \
		    "\"metric\":\"load1\",\"state\":\"open\",\"score\":0.95}\n", t
	}
	{ print }
	NR % 2 == 0 {
		printf "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":\"h1\"," \
		    "\"source\":\"nc-analyze\",\"labels\":{\"of\":\"test\"}," \
		    "\"seq\":%d,\"analyses\":[\"anomaly\",\"full\"]}\n",
		    t + 5 * NR - 10, NR
	}' >in
	nc-alert -o -c rules in >want
	[ "$(jq -r .alert want | sort -u | tr '\n' ' ')" = 'eta mean odd then ' ]
	split -n l/9 in piece.
	for p in piece.*; do
		command nc-alert --state st -o -c rules "$p"
	done >got
	same want got
}
