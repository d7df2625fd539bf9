#!/usr/bin/env bats
# nc-alert: rules over records.  What fires, when, and what never may.

load lib

setup() {
	sandbox
}

# A stream here is judged from its beginning, unless a test says otherwise.
nc-alert() {
	command nc-alert --state none "$@"
}

T=1763800000

# rounds ENTITY ID METRIC VALUE...: a sample each ten seconds from T on, and
# the sweep behind it; "-" is a round without the entity, "!" a tick and no
# more.
rounds() {
	local ts=$T entity=$1 id=$2 metric=$3 value
	shift 3
	for value; do
		case $value in
		'!') printf '{"v":1,"kind":"tick","ts":%d}\n' $ts ;;
		-) sweep $ts ;;
		*)
			sample $ts h1 "$entity" "$id" "\"$metric\":$value"
			sweep $ts
			;;
		esac
		ts=$((ts + 10))
	done
}

sweep() {
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"%s","source":"test","boot":"b","run":"r","seq":1,"values":{"timeouts":0,"skipped":0}}\n' \
	    "$1" "${2:-h1}"
}

# alerts [FILE...]: seconds behind T, rule, change, severity of each alert.
alerts() {
	nc-alert -o -c rules "$@" >alerts.out || return
	/usr/bin/python3 "$TOP/tests/schema.py" -k alert <alerts.out >judged || {
		cat judged
		return 1
	}
	jq -r --argjson t $T \
	    '[.ts - $t, .alert, .change, .severity] | map(tostring) | join(" ")' \
	    alerts.out
}

# gives TEXT: the alerts of rules over standard input.
gives() {
	printf '%s\n' "$1" >want
	alerts >got
	same want got
}

@test "for, until, severities: one episode with its ids" {
	cat >rules <<-'END'
	macro noisy = "^(tmpfs|overlay)$"
	alert disk on host.fs{id!~$noisy} {
	    warn if free_ratio < 10% for 30s until > 15% for 20s
	    crit if free_ratio < 5% for 20s until > 8%
	    say "{host}:{id} {free_ratio|pct} free of {size|bytes}"
	    runbook "https://kb.example/disk"; label team = storage
	}
	END
	rounds host.fs / free_ratio 0.5 0.07 0.07 0.07 0.07 \
	    0.04 0.04 0.04 0.12 0.2 0.2 0.2 >in
	gives '40 disk opened warn
70 disk severity crit
80 disk severity warn
110 disk resolved warn' <in
	[ "$(jq -r .episode alerts.out | sort -u | wc -l)" = 1 ]
	[ "$(jq -r .event_id alerts.out | sort -u | wc -l)" = 4 ]
	[ "$(jq -rs 'map(.seq) | join(" ")' alerts.out)" = '0 1 2 3' ]
	[ "$(jq -rs 'map(.state) | join(" ")' alerts.out)" = \
	    'firing firing firing resolved' ]
	jq -s -e '.[1] | .was == "warn" and .value == 0.04 and .limit == 0.05 and
	    .clear == 0.08 and .unit == "ratio" and .start == '$((T + 40))' and
	    .labels == {"team": "storage"} and .runbook == "https://kb.example/disk" and
	    .text == "h1:/ 4 % free of ?size" and
	    .inputs == {"free_ratio": 0.04}' alerts.out
	# Again, in pieces of a line, with noise between: the same bytes.
	cp alerts.out want
	grep -v sweep in | nc-alert -o -c rules >unswept
	while read -r line; do
		printf '%s\n{"v":1,"kind":"event","ts":1,"host":"h2","source":"x","event":"y"}\n' "$line"
	done <in | nc-alert -o -c rules >got
	same want got
	# Without sweeps the next round ends the one before: the last is open.
	[ "$(jq -c '[.ts, .change]' want | head -n 3)" = \
	    "$(jq -c '[.ts, .change]' unswept)" ]
}

@test "alerts stand behind the line that caused them, all else unchanged" {
	echo 'alert a on host { warn if load1 > 1 }' >rules
	rounds host h1 load1 0 2 0 >in
	nc-alert -c rules in >out
	same in <(grep -v '"kind":"alert"' out)
	[ "$(grep -n '"kind":"alert"' out | cut -d: -f1 | tr '\n' ' ')" = '5 8 ' ]
	# What was passed on gives the same alerts again.
	same <(grep '"kind":"alert"' out) <(nc-alert -o -c rules out)
}

@test "silence neither fires nor resolves; nodata decides" {
	cat >rules <<-'END'
	alert a on host { warn if load1 > 1; nodata 60s then crit }
	alert b on host { warn if load1 > 1 for 40s }
	alert c on host { warn if load1 > 1; nodata 70s then removed }
	alert d on host { warn if load1 > 1; nodata keep }
	END
	# One sample, then ticks alone: b must not fire on what nobody saw.
	rounds host h1 load1 2 '!' '!' '!' '!' '!' '!' '!' '!' '!' '!' '!' 0 0 |
	    gives '0 a opened warn
0 c opened warn
0 d opened warn
90 a nodata crit
100 c removed warn
120 a resolved crit
120 d resolved warn'
}

@test "absent: by ticks, and only where nothing comes" {
	echo 'alert gone on host { crit if absent(30s) }' >rules
	{
		rounds host h1 load1 1 1 '!' '!' '!' '!' '!'
		sample $((T + 70)) h2 host h2
		sweep $((T + 70)) h2
		sample $((T + 80))
		sweep $((T + 80))
	} | gives '50 gone opened crit
80 gone resolved crit'
	rounds host h1 load1 1 1 >in
	run --separate-stderr nc-alert -o -c rules in
	wants 0
	[[ $stderr == *'no tick came: use --tick'* ]]
}

@test "an entity that is gone ends its episode as removed" {
	echo 'alert a on vm { warn if vcpus > 1 }' >rules
	{
		rounds vm u1 vcpus 2 2
		printf '{"v":1,"kind":"event","ts":%d,"host":"h1","source":"test","entity":"vm","id":"u1","event":"gone"}\n' \
		    $((T + 15))
	} | gives '0 a opened warn
15 a removed warn'
	# Or is missing from two complete sweeps; one is not enough.
	rounds vm u1 vcpus 2 - 2 - - 2 | gives '0 a opened warn
40 a removed warn
50 a opened warn'
	# A sweep that timed out or failed tells nothing about who is missing.
	for wrong in '"timeouts":1' '"timeouts":0,"failures":1'; do
		rounds vm u1 vcpus 2 - - - | sed "s/\"timeouts\":0/$wrong/" |
		    gives '0 a opened warn' || fail "$wrong"
	done
}

@test "lateness longer than the interval does not put a round off for ever" {
	printf '%s\n' 'set interval 10s; set lateness 30s' \
	    'alert a on vm { warn if vcpus > 1 for 20s }' >rules
	rounds vm u1 vcpus 2 2 2 2 1 1 | grep -v '"sweep"' |
	    gives '20 a opened warn
40 a resolved warn'
	# Entities that are never heard of twice.
	echo 'set lateness 30s
	alert a on vm { warn if vcpus > 1 }' >rules
	for k in 0 1 2 3 4 5; do
		rounds vm "u$k" vcpus 2 | sed "s/\"ts\":$T/\"ts\":$((T + 10 * k))/"
	done | grep -v '"sweep"' >in
	alerts in >/dev/null
	[ -s alerts.out ]
}

@test "counters are rates; a reset is no rate" {
	cat >rules <<-'END'
	alert a on vm { warn if steal_seconds_total > 0.15 }
	alert b on vm { warn if rate(steal_seconds_total, 30s) > 0.15 }
	alert c on vm { warn if steal_seconds_per_second > 0.15 }
	alert d on vm { warn if resets(steal_seconds_total, 1m) > 0 }
	alert e on vm { warn if rate(steal_seconds_total) > 0.15 }
	END
	rounds vm u1 steal_seconds_total 10 12 14 3 3 3 3 | gives '10 a opened warn
10 b opened warn
10 c opened warn
10 e opened warn
30 d opened warn
40 a resolved warn
40 b resolved warn
40 c resolved warn
40 e resolved warn'
}

@test "parts, parents and labels" {
	cat >rules <<-'END'
	alert worst on vm{name=web*} { warn if max(busy_ratio over vm.disk) > 90% }
	alert many on vm { warn if count(busy_ratio > 10% over vm.disk) >= 2 }
	alert crowd on vm.disk { warn if busy_ratio > 90% and host.load1 > 4 }
	alert named on vm.disk { warn if busy_ratio > 90% and id =~ "/vda$" }
	END
	{
		sample $T h1 host h1 '"load1":8'
		for vm in u1 u2; do
			sample $T h1 vm $vm '"vcpus":1' |
			    sed "s/\"interval\"/\"labels\":{\"name\":\"web-$vm\"},&/"
			sample $T h1 vm.disk $vm/vda '"busy_ratio":0.95'
		done
		sample $T h1 vm.disk u1/vdb '"busy_ratio":0.2'
		sweep $T
	} >in
	alerts <in >/dev/null
	[ "$(jq -r '[.alert, .id] | join(" ")' alerts.out | sort)" = \
'crowd u1/vda
crowd u2/vda
many u1
named u1/vda
named u2/vda
worst u1
worst u2' ]
}

@test "a host's clock is its own; one ahead moves no other" {
	echo 'alert a on host { warn if load1 > 1 for 20s; nodata 30s then crit }' >rules
	for i in 0 1 2 3; do
		sample $((T + 10 * i)) h1 host h1 '"load1":2'
		sweep $((T + 10 * i)) h1
		sample $((T + 90000 + 10 * i)) h2 host h2 '"load1":2'
		sweep $((T + 90000 + 10 * i)) h2
	done | gives '20 a opened warn
90020 a opened warn'
}

@test "-C: what is wrong, where, and what was expected" {
	cat >rules <<-'END'
	alert a on host.fs {
	    warn if free_ratio <
	    crit if free_ratio
	    info if free_ratio < 10% for ten
	    page me
	}
	alert a on host.fs { warn if 1 > 0 }
	alert b on host.fs:free_ratio { warn if 1 > 0 }
	inhibit warn by crit host
	alert c on vm { warn if anomalous(x) > 0.9; gate eta(x, 0, 1h) }
	set tempo 5
	END
	run --separate-stderr nc-alert -C -c rules
	wants 2
	[ -z "$output" ]
	same - <(printf '%s\n' "$stderr") <<-'END'
	nc-alert: rules:2:24: nothing here, expected a number, a metric or '('
	nc-alert: rules:3:13: a number here, expected a condition (compare it with something)
	nc-alert: rules:4:34: 'ten' here, expected a time such as 5m, or 3 of 5
	nc-alert: rules:5:5: unknown word 'page', expected info, warn, crit, gate, nodata, say, runbook, label or flap
	nc-alert: rules:7:7: rule 'a' twice, expected a new name
	nc-alert: rules:8:12: a scope has no metrics, expected an entity
	nc-alert: rules:9:22: 'host' here, expected 'same'
	nc-alert: rules:10:25: unknown function 'anomalous', expected one such as avg max p95 rate eta anomaly absent (see nc-rules(5))
	nc-alert: rules:10:50: a number here, expected a condition (compare it with something)
	nc-alert: rules:11:5: unknown setting 'tempo', expected interval, lateness, flap, storm, heartbeat or incident
	END
	# The filter says the same and does nothing.
	run --separate-stderr nc-alert -c rules </dev/null
	wants 2
	[ -z "$output" ]
}

@test "-C: doubts about metrics that nobody makes, with the nearest" {
	cat >rules <<-'END'
	alert a on host.fs { warn if fre_ratio < 10% or host.laod1 > 3 }
	alert b on vm { warn if max(busy_ratios over vm.disk) > 1 }
	alert c on weather { warn if wind > 1 }
	END
	run --separate-stderr nc-alert -C -c rules
	wants 0
	[[ $stderr == *"rule a: host.fs has no metric 'fre_ratio' of ours; nearest: 'free_ratio'"* ]]
	[[ $stderr == *"rule a: host has no metric 'laod1' of ours; nearest: 'load1'"* ]]
	[[ $stderr == *"rule b: vm.disk has no metric 'busy_ratios' of ours"* ]]
	[ "$(grep -c . <<<"$stderr")" = 3 ]
}

@test "-e: status 4 while something fires; -D sets a macro" {
	echo 'alert a on host { warn if load1 > $limit }' >rules
	rounds host h1 load1 2 >in
	run --separate-stderr nc-alert -e -o -c rules -D limit=1 in
	wants 4
	run --separate-stderr nc-alert -e -o -c rules -D limit=3 in
	wants 0
	[ -z "$output" ]
	run --separate-stderr nc-alert -D limit -c rules in
	wants 2
}

@test "no rules, no filter" {
	run --separate-stderr nc-alert -c no/such/file </dev/null
	wants 2
	: >rules
	run --separate-stderr nc-alert -c rules </dev/null
	wants 2
	[ "$stderr" = 'nc-alert: rules: no rules' ]
}

@test "--tick: time passes in the pipe, and its recording replays equal" {
	echo 'alert gone on host { crit if absent(1s) }' >rules
	{
		sample "$(date +%s)"
		sleep 2.5
	} | timeout 20 nc-alert --tick 200ms -c rules >out
	grep -q '"kind":"tick"' out
	[ "$(grep -c '"kind":"alert"' out)" = 1 ]
	same <(grep '"kind":"alert"' out) <(nc-alert -o -c rules out)
}

@test "an alert comes as soon as the round that caused it is over" {
	echo 'alert a on host { warn if load1 > 1 }' >rules
	mkfifo in
	timeout 20 nc-alert -o -c rules <in >out 3>&- &
	exec 9>in
	rounds host h1 load1 2 >&9
	until_true 5 test -s out
	exec 9>&-
	wait $!
}

@test "faults of a made-up fleet are found, and nothing else" {
	need nc-collect
	cat >rules <<-'END'
	alert disk-full on host.fs {
	    warn if free_ratio < 20% for 1m until > 25% for 2m
	    crit if free_ratio < 10% for 1m until > 12%
	}
	alert nic-drops on host.nic { warn if rate(receive_drops_total, 5m) > 0.5 for 2m }
	alert hv-silent on host { crit if absent(3m) }
	END
	cat >scenario <<-'END'
	churn 0
	fault disk-fill { host sim002; at 10m; for 10m }
	fault packet-loss { host sim003; at 10m; for 10m }
	fault silent-host { host sim004; at 10m; for 10m }
	END
	# The collector's ticks are of its own host only; here they are of all.
	timeout 60 nc-collect --now 2026-11-02T12:00 --speed max -i 60 -n 40 \
	    --self 0 sim,hosts=4,vms=3,scenario=scenario |
	    jq -c 'if .kind == "tick" then del(.host) else . end' >in
	T=1793620800
	alerts in >/dev/null
	jq -r '[(.ts - '$T') / 60, .host, .id, .alert, .change, .severity] |
	    map(tostring) | join(" ")' alerts.out >got
	same - got <<-'END'
	12 sim003 eno1 nic-drops opened warn
	12 sim003 br0 nic-drops opened warn
	13 sim004 sim004 hv-silent opened crit
	17 sim002 /var/lib/libvirt/images disk-full opened warn
	19 sim002 /var/lib/libvirt/images disk-full severity crit
	20 sim002 /var/lib/libvirt/images disk-full severity warn
	20 sim004 sim004 hv-silent resolved crit
	22 sim002 /var/lib/libvirt/images disk-full resolved warn
	24 sim003 eno1 nic-drops resolved warn
	24 sim003 br0 nic-drops resolved warn
	END
}

@test "test: made-up series, what must fire when" {
	cat >rules <<-'END'
	alert a on host { warn if load1 > $limit for 2m; nodata keep }
	alert b on vm{name=web*} { crit if max(busy_ratio over vm.disk) > 90% }
	END
	cat >a.test <<-'END'
	rules "rules"
	test "load" {
		series host h1 load1 "1 5x2 _x3 5 1x2"
		at 2m a host h1 ok
		at 3m a host h1 warn
		at 390s a host h1 warn
		at 8m a host h1 ok
	}
	test "parts" {
		every 10s
		series vm u1 vcpus "1x3"
		label vm u1 name = web1
		series vm.disk u1/vda busy_ratio "0.5+0.25x3 0.9-0.1x2"
		at 10s b vm u1 ok
		at 20s b vm u1 crit
		at 60s b vm u1 ok
	}
	END
	run --separate-stderr nc-alert -D limit=2 test a.test
	wants 0
	[ "$output" = '2 tests, 7 expectations, 0 failed' ] || fail count
	# Another limit: what fails is told with its place.
	run --separate-stderr nc-alert -v -D limit=9 test a.test
	wants 1
	[ "$output" = '2 tests, 7 expectations, 2 failed' ] || fail count
	[ "$stderr" = "nc-alert: a.test:5:1: test 'load': a of host h1 is ok, expected warn
nc-alert: a.test:6:1: test 'load': a of host h1 is ok, expected warn
nc-alert: rules:1:7: rule 'a' never fires in these tests" ] || fail words
	printf '%s\n' 'rules "rules"' 'test t { series host h1 load1 "1 y"' \
	    'at 1m c host h1 ok; at 1m a host h1 hot; now }' 'tests {}' >b.test
	run --separate-stderr nc-alert -D limit=2 test b.test
	wants 2
	same - <(printf '%s\n' "$stderr") <<-'END'
	nc-alert: b.test:2:31: cannot read 'y', expected 5, 5x3, 5+2x3 or _
	nc-alert: b.test:3:7: no rule 'c'
	nc-alert: b.test:3:37: 'hot' here, expected info, warn, crit or ok
	nc-alert: b.test:3:42: unknown word 'now', expected every, series, label, found or at
	nc-alert: b.test:4:1: unknown statement 'tests', expected rules or test
	END
	run --separate-stderr nc-alert test
	wants 2
	run --separate-stderr nc-alert test no/such
	wants 2
}

@test "the example rules pass their tests, and each of them fires in one" {
	run --separate-stderr nc-alert -v test "$TOP/contrib/examples/alert.test"
	wants 0
	[ -z "$stderr" ] || fail 'nothing to say'
	run --separate-stderr nc-alert -C -c "$TOP/contrib/examples/alert.conf"
	wants 0
	[ -z "$stderr" ] || fail 'nothing to doubt'
}

@test "promtool judges random rules over random series" {
	need promtool
	mkdir p
	timeout 100 "$TOP/tests/alert-promtool" 100 1 p
}

@test "promtool judges 2,000 of them" {
	slow
	need promtool
	mkdir p
	timeout 500 "$TOP/tests/alert-promtool" 2000 2 p
}

@test "of two sources of a machine the one that goes on is judged" {
	echo 'alert a on vm { warn if vcpus > 1 }' >rules
	for ((t = 0; t <= 120; t += 10)); do
		for source in libvirt qemu; do
			[ $source = qemu ] || [ $t -le 20 ] || continue
			printf '{"v":1,"kind":"sample","ts":%s,"interval":10,"host":"h1","source":"%s","entity":"vm","id":"u1","values":{"vcpus":%s}}\n' \
			    $((1793620800 + t)) $source $((t >= 60 ? 2 : 1))
			printf '{"v":1,"kind":"sweep","ts":%s,"host":"h1","source":"%s","values":{"timeouts":0}}\n' \
			    $((1793620800 + t)) $source
		done
	done >in
	nc-alert -o --state none -c rules in >out
	[ "$(jq -r 'select(.kind == "alert") | [.change, .ts - 1793620800] | join(" ")' out)" = \
	    'opened 60' ]
}
