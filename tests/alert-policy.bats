#!/usr/bin/env bats
# nc-alert: who is not told and why, what flaps, storms, belongs together.
# "pain N": the complaint of that number among the 25 that people bring
# against alerting tools most often.

load lib

setup() {
	sandbox
}

nc-alert() {
	command nc-alert --state none "$@"
}

T=1763800000

sweep() {
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"%s","source":"test","boot":"b","run":"r","seq":1,"values":{"timeouts":0,"skipped":0}}\n' \
	    "$1" "${2:-h1}"
}

tick() {
	printf '{"v":1,"kind":"tick","ts":%s}\n' $((T + $1))
}

# gives WANT [FILTER]: seconds, alert, entity's id, change and what mutes it,
# of standard input under the rules.
gives() {
	command nc-alert --state none -o -c rules >alerts.out || return
	/usr/bin/python3 "$TOP/tests/schema.py" -k alert <alerts.out >judged ||
	    fail "$(cat judged)" || return
	jq -r --argjson t $T "select(${2:-true})"' |
	    [.ts - $t, .alert, .id, .change, (.muted | map(sub("/.*"; "")) | join(","))] |
	    map(tostring) | join(" ") | rtrimstr(" ")' alerts.out >got
	printf '%s\n' "$1" >want
	same want got
}

@test "inhibit: warnings by what is critical, on the same entity only" {
	cat >rules <<-'END'
	alert full on host.fs { warn if free_ratio < 20% }
	alert broken on host.fs { crit if readonly > 0 }
	inhibit warn by crit same host, id
	END
	# pain 10: judged as a round, whatever stands first in the file; what is
	# elsewhere is not muted.
	{
		sample $T h1 host.fs / '"free_ratio":0.1,"readonly":1'
		sample $T h1 host.fs /var '"free_ratio":0.1,"readonly":0'
		sweep $T
		sample $((T + 10)) h1 host.fs / '"free_ratio":0.1,"readonly":0'
		sample $((T + 10)) h1 host.fs /var '"free_ratio":0.1,"readonly":1'
		sweep $((T + 10))
	} | gives '0 full / opened inhibit:broken
0 broken / opened
0 full /var opened
10 broken / resolved
10 broken /var opened
10 full / unmuted
10 full /var muted inhibit:broken'
	# A label that is missing mutes nobody.
	sed -i 's/same host, id/same host, rack/' rules
	{
		sample $T h1 host.fs / '"free_ratio":0.1,"readonly":1'
		sweep $T
	} | gives '0 full / opened
0 broken / opened'
	# Two that would mute each other: both are heard.
	cat >rules <<-'END'
	alert a on host { warn if load1 > 1 }
	alert b on host { warn if load1 > 1 }
	inhibit warn by warn same host
	END
	{ sample $T h1 host h1 '"load1":2'; sweep $T; } | gives '0 a h1 opened
0 b h1 opened'
}

@test "depend: what hangs on a silent host says nothing; over hosts too" {
	cat >rules <<-'END'
	alert hv-silent on host { crit if absent(25s) }
	alert vm-load on vm { warn if load > 1; nodata 30s then warn }
	depend vm-* on hv-silent same host
	END
	{
		sample $T h1 host h1 '"load1":1'
		sample $T h1 vm u1 '"load":0'
		sample $T h1 vm u2 '"load":2'
		sweep $T
		for k in 10 20 30 40 50 60 70; do tick $k; done
		sample $((T + 80)) h1 host h1 '"load1":1'
		sample $((T + 80)) h1 vm u1 '"load":0'
		sample $((T + 80)) h1 vm u2 '"load":2'
		sweep $((T + 80))
	} | gives '0 vm-load u2 opened
30 hv-silent h1 opened
30 vm-load u2 muted depend:hv-silent
60 vm-load u1 nodata depend:hv-silent
80 hv-silent h1 resolved
80 vm-load u1 resolved depend:hv-silent
80 vm-load u2 unmuted' || fail "$(cat got)"
	# A switch that explains the machines of its rack.
	cat >rules <<-'END'
	alert switch on probe { crit if up < 1 }
	alert load on host { warn if load1 > 1 }
	depend load on switch same rack
	END
	{
		sample $T h1 host h1 '"load1":2' | sed 's/"interval"/"labels":{"rack":"r1"},&/'
		sweep $T
		sample $((T + 5)) h2 probe sw '"up":0' | sed 's/"interval"/"labels":{"rack":"r1"},&/'
		sweep $((T + 5)) h2
	} | gives '0 load h1 opened
5 switch sw opened
0 load h1 muted depend:switch'
}

@test "expect: hosts that were never heard of, by ticks of all (pain 7)" {
	cat >rules <<-'END'
	expect host hv01 hv02
	alert hv-silent on host { crit if absent(25s) }
	END
	{
		sample $T hv01 host hv01
		sweep $T hv01
		for k in 0 10 20 30; do tick $k; done
	} | gives '30 hv-silent hv01 opened
30 hv-silent hv02 opened'
	# Ticks of one host, as nc-collect sends them, move no other.
	{
		sample $T hv01 host hv01
		sweep $T hv01
		for k in 0 10 20 30; do
			tick $k | sed 's/}$/,"host":"hv01"}/'
		done
	} | gives '30 hv-silent hv01 opened'
	# --tick is of all.
	cat >rules <<-'END'
	expect host hv02
	alert hv-silent on host { crit if absent(1s) }
	END
	sleep 2 | timeout 20 nc-alert --tick 200ms -o -c rules |
	    jq -r 'select(.kind == "alert").id' >got
	[ "$(cat got)" = hv02 ]
}

@test "one sample, then nothing: neither fires nor resolves (pains 3, 7)" {
	# Prometheus looks back five minutes: it fires on what nobody saw.
	cat >rules <<-'END'
	alert hot on host { warn if load1 > 90 for 4m; nodata 15m then warn }
	alert cold on host { warn if load1 > 90; nodata keep }
	END
	{
		for k in 0 60; do
			sample $((T + k)) h1 host h1 "\"load1\":$((10 + k * 2))" |
			    sed 's/"interval":10/"interval":60/'
			sweep $((T + k))
		done
		for k in $(seq 120 60 1200); do tick "$k"; done
	} | gives '60 cold h1 opened
1140 hot h1 nodata' || fail "$(cat got)"
}

@test "maintenance: marked while it is, told when it is over (pains 11, 12, 16)" {
	cat >rules <<-END
	alert load on host { warn if load1 > 1 }
	maintenance "patch" { from @$((T + 5)) to @$((T + 25)); match host = "h1" }
	END
	sed -i 's/@\([0-9]*\)/TS\1/g' rules
	for ts in $((T + 5)) $((T + 25)); do
		sed -i "s/TS$ts/$(TZ=UTC date -d "@$ts" +%Y-%m-%dT%H:%M:%S)/" rules
	done
	sed -i 's/; match/ tz "UTC"; match/' rules
	{
		for k in 10 30; do
			for h in h1 h2; do
				sample $((T + k)) $h host $h '"load1":2'
				sweep $((T + k)) $h
			done
		done
	} | gives '10 load h1 opened maintenance:patch
10 load h2 opened
30 load h1 unmuted'
}

@test "civil time: every transition of a zone, by another's clock" {
	local zones=70 # more than bits in a word
	[ -z "${NC_SLOW-}" ] || zones=1000
	# A host a zone, its window from 01:30 to 03:30; judged at and around
	# each change of the offset from 2020 to 2037.
	/usr/bin/python3 - "$zones" <<-'END'
	import datetime as d, json, random, zoneinfo
	import sys
	names = sorted(n for n in zoneinfo.available_timezones()
	    if not n.startswith(("posix", "right")) and n != "localtime")
	random.seed(1)
	names = ["Europe/Paris", "Africa/Casablanca", "Australia/Lord_Howe",
	    "America/Sao_Paulo", "Asia/Gaza"] + names
	names = list(dict.fromkeys(names))
	names = names[:5] + random.sample(names[5:],
	    min(int(sys.argv[1]), len(names) - 5))
	rules = open("rules", "w"); data = open("in", "w"); want = open("want", "w")
	rules.write("set flap off; set storm off; set incident off\n"
	    "alert a on host { warn if x > 0 }\n")
	lo, hi = 1577836800, 2145916800
	shifts = 0
	for n in names:
	    z = zoneinfo.ZoneInfo(n)
	    off = lambda t: d.datetime.fromtimestamp(t, z).utcoffset()
	    rules.write('maintenance "%s" { every day 01:30-03:30 tz "%s" match host = "%s" }\n' % (n, n, n))
	    at = set()
	    t = lo
	    while t < hi:
	        u = t + 86400 * 7
	        if off(t) != off(u):
	            a, b = t, u
	            while b - a > 1:
	                m = (a + b) // 2
	                a, b = (m, b) if off(m) == off(a) else (a, m)
	            shifts += 1
	            at.update(b + k for k in range(-7200, 7201, 1800))
	            at.update((b - 1, b + 1))
	            # Two in one week (Ramadan) need a second look from here.
	            u = b if off(b) != off(u) else u
	        t = u
	    for t in sorted(at):
	        for x, ts in ((1, t), (0, t + .5)):
	            print(json.dumps({"v": 1, "kind": "sample", "ts": ts, "host": n,
	                "source": "s", "entity": "host", "id": n, "interval": 1,
	                "values": {"x": x}}, separators=(",", ":")), file=data)
	            print(json.dumps({"v": 1, "kind": "sweep", "ts": ts, "host": n,
	                "source": "s", "values": {"timeouts": 0}},
	                separators=(",", ":")), file=data)
	        c = d.datetime.fromtimestamp(t, z)
	        inside = (1, 30) <= (c.hour, c.minute) < (3, 30)
	        print(n, t, int(inside), file=want)
	print(shifts, "transitions of", len(names), "zones")
	END
	nc-alert -o -c rules in | jq -r 'select(.change == "opened") |
	    [.host, .ts, (.muted | length)] | map(tostring) | join(" ")' >got
	[ "$(wc -l <got)" -gt 500 ]
	same want got
}

@test "flap: told once, then when it is steady, by the truth (pains 6, 12)" {
	cat >rules <<-'END'
	set flap 4 in 5m clear 40s
	alert a on host { warn if load1 > 1 }
	alert b on host { warn if load1 > 1; flap off }
	END
	{
		ts=$T
		for v in 2 0 2 0 2 0 2 2 2 2 2 2; do
			sample $ts h1 host h1 "\"load1\":$v"
			sweep $ts
			ts=$((ts + 10))
		done
	} >in
	gives '0 a h1 opened
10 a h1 resolved
20 a h1 opened
30 a h1 resolved
40 a h1 opened flapping
40 a h1 flapping
50 a h1 update flapping
60 a h1 update flapping
100 a h1 steady' '.alert == "a"' <in
	[ "$(jq -r 'select(.alert == "b").change' alerts.out | sort | uniq -c | tr -s ' \n' ' ')" = \
	    ' 4 opened 3 resolved ' ]
	[ "$(jq -r 'select(.change == "steady") | [.state, .episode == "x"] | join(" ")' alerts.out)" = 'firing false' ]
	# It ends calm: the last word is that it is over.
	sed 's/"load1":2/"load1":0/' in | tail -n 10 >calm
	{ head -n 14 in; cat calm; } | gives '40 a h1 opened flapping
40 a h1 flapping
50 a h1 update flapping
60 a h1 update flapping
70 a h1 update flapping
110 a h1 steady' '.alert == "a" and .ts - '$T' >= 40'
	[ "$(jq -r 'select(.change == "steady").state' alerts.out)" = resolved ]
}

@test "flap: the share of changes as Nagios documents it" {
	echo 'alert a on host { warn if load1 > 1; flap 3 in 1h }' >rules
	/usr/bin/python3 - <<-'END' >want
	import json, random
	random.seed(7)
	data = open("in", "w")
	# As the machine sees it: calm before the first.
	states = [0] * 21
	T, changes, flapping = 1763800000, 0, False
	for k in range(60):
	    x = random.choice([0, 2])
	    print(json.dumps({"v": 1, "kind": "sample", "ts": T + 10 * k,
	        "host": "h1", "source": "test", "entity": "host", "id": "h1",
	        "interval": 10, "values": {"load1": x}}), file=data)
	    print(json.dumps({"v": 1, "kind": "sweep", "ts": T + 10 * k,
	        "host": "h1", "source": "test", "values": {"timeouts": 0}}), file=data)
	    now = 1 if x else 0
	    if now != states[-1]:
	        changes += 1
	    begins = changes >= 3 and now and not flapping and now != states[-1]
	    states = states[1:] + [now]
	    if begins:
	        flapping = True
	        # Weights from 0.8 for the oldest edge to 1.2 for the newest, of 20.
	        share = sum(0.8 + 0.4 * i / 19 for i in range(20)
	            if states[i] != states[i + 1]) / 20
	        print("%d %.9f" % (10 * k, share))
	END
	nc-alert -o -c rules in | jq -r 'select(.change == "flapping") |
	    "\(.ts - '$T') \(.evidence[0].flap_ratio)"' |
	    awk '{ printf "%d %.9f\n", $1, $2 }' >got
	[ -s want ]
	same want got
}

@test "storm: told as one, each recorded, those that stay told after it (pain 21)" {
	cat >rules <<-'END'
	set storm 5 in 20s
	alert a on vm { warn if load > 1 }
	END
	{
		for e in 1 2 3 4 5 6 7 8; do sample $T h1 vm u$e '"load":2'; done
		sweep $T
		for e in 1 2 3 4 5 6 7 8; do
			sample $((T + 10)) h1 vm u$e "\"load\":$((e < 7 ? 0 : 2))"
		done
		sweep $((T + 10))
		tick 30
	} | gives '0 storm nc-alert storm
0 a u1 opened
0 a u2 opened
0 a u3 opened
0 a u4 opened
0 a u5 opened storm
0 a u6 opened storm
0 a u7 opened storm
0 a u8 opened storm
10 a u1 resolved
10 a u2 resolved
10 a u3 resolved
10 a u4 resolved
10 a u5 resolved storm
10 a u6 resolved storm
30 storm nc-alert resolved
30 a u7 unmuted
30 a u8 unmuted' || fail "$(cat got)"
	jq -se 'map(select(.alert == "storm"))[0] |
	    .text == "5 alerts are a storm; rules: a 5; hosts: h1 5" and
	    (.evidence | length) == 5' alerts.out
	jq -se 'map(select(.alert == "storm"))[1] |
	    .text == "8 alerts were a storm; rules: a 8; hosts: h1 8"' alerts.out
}

@test "heartbeat: as long as alerts are judged" {
	echo 'set heartbeat 20s; alert a on host { warn if load1 > 9 }' >rules
	for k in 0 10 20 30 40; do tick $k; sample $((T + k)); sweep $((T + k)); done |
	    gives '0 heartbeat nc-alert heartbeat
20 heartbeat nc-alert heartbeat
40 heartbeat nc-alert heartbeat'
	[ "$(jq -r .event_id alerts.out | sort -u | wc -l)" = 3 ]
}

@test "incident: what belongs together, by what contains it and lies below (pain 22)" {
	cat >rules <<-'END'
	set incident 5m
	alert disk on host.disk { warn if busy_ratio > 90% }
	alert vmdisk on vm.disk { warn if latency > 1 }
	alert vm on vm { warn if load > 1 }
	alert host on host { crit if load1 > 50 }
	END
	disks() {
		sample "$1" h1 host.disk sda '"busy_ratio":0.99'
		sample "$1" h1 vm.disk u1/vda '"latency":2' |
		    sed 's/"interval"/"labels":{"backing":"sda","vm":"web"},&/'
		sample "$1" h1 vm.disk u1/vdb '"latency":2'
	}
	{
		disks $T
		sample $T h1 vm u1 '"load":0'
		sweep $T
		disks $((T + 10))
		sample $((T + 10)) h1 vm u1 '"load":2'
		sample $((T + 10)) h1 host h1 '"load1":1'
		sweep $((T + 10))
		disks $((T + 20))
		sample $((T + 20)) h1 host h1 '"load1":60'
		sample $((T + 20)) h1 vm u1 '"load":2'
		sweep $((T + 20))
		disks $((T + 30))
		sample $((T + 30)) h1 vm u1 '"load":0'
		sample $((T + 30)) h1 host h1 '"load1":60'
		sweep $((T + 30))
		# Too late to have to do with it.
		sample $((T + 900)) h1 vm u2 '"load":2'
		sample $((T + 900)) h1 host h1 '"load1":60'
		sweep $((T + 900))
	} | nc-alert -o -c rules >alerts.out
	root() {
		jq -rs --arg a "$1" --arg c "${2:-opened}" '
		    (map({key: .fingerprint, value: (.alert + " " + .id)}) | from_entries) as $who |
		    map(select(.id == $a and .change == $c))[0] | $who[.root] + " " + .role' alerts.out
	}
	[ "$(root sda)" = 'disk sda root' ]
	[ "$(root u1/vda)" = 'disk sda child' ]
	[ "$(root u1/vdb)" = 'vmdisk u1/vdb root' ]
	# The machine comes later and stands above its disk: one incident.
	[ "$(root u1)" = 'vm u1 root' ]
	incident() {
		jq -rs --arg a "$1" 'map(select(.id == $a and .change == "opened"))[0].incident' alerts.out
	}
	[ "$(incident u1)" = "$(incident u1/vdb)" ]
	[ "$(incident u1/vda)" = "$(incident sda)" ]
	# The host above all; what ends then is folded under it.
	[ "$(root h1)" = 'host h1 root' ]
	[ "$(incident h1)" = "$(incident sda)" ]
	[ "$(root u1 resolved)" = 'host h1 child' ]
	[ "$(root u2)" = 'vm u2 root' ]
	jq -se 'map(select(.id == "u1/vda" and .change == "opened"))[0] |
	    .evidence == [{"alert": "disk", "entity": "host.disk", "id": "sda", "start": '$T'}]' alerts.out
}

@test "values and texts make no new alert; a level is one episode (pains 2, 9)" {
	cat >rules <<-'END'
	alert a on vm { warn if load > 1; crit if load > 5; say "{name} {load}" }
	END
	{
		for k in 1 2 3; do
			sample $((T + k * 10)) h1 vm u1 "\"load\":$((k * 3 - 1))" |
			    sed "s/\"interval\"/\"labels\":{\"name\":\"n$k\"},&/"
			sweep $((T + k * 10))
		done
		sample $((T + 40)) h1 vm u1 '"load":0'
		sweep $((T + 40))
		sample $((T + 50)) h1 vm u1 '"load":0'
		sweep $((T + 50))
	} | gives '10 a u1 opened
20 a u1 resolved' '.change == "nothing"' || :
	[ "$(jq -r .fingerprint alerts.out | sort -u | wc -l)" = 1 ]
	[ "$(jq -r .episode alerts.out | sort -u | wc -l)" = 1 ]
	# Resolved once, and only what had fired.
	[ "$(jq -r .change alerts.out | tr '\n' ' ')" = 'opened severity resolved ' ]
}

@test "the first increment of a counter, and a silence of a text (pains 17, 25)" {
	cat >rules <<-'END'
	alert a on host.nic { warn if increase(receive_errors_total, 1m) > 0; say "{nothing} {0 / 0}" }
	END
	{
		for v in 0 0 1 1; do
			sample $((T + n * 10)) h1 host.nic eth0 "\"receive_errors_total\":$v"
			sweep $((T + n * 10))
			n=$((n + 1))
		done
	} | gives '20 a eth0 opened'
	[ "$(jq -r .text alerts.out)" = '?nothing ?0 / 0' ]
}

@test "one file for nc-alert and nc-notify: each checks its own (pain 20)" {
	need nc-notify
	cat >both <<-'END'
	set storm 50 in 1m
	alert a on host { warn if load1 > 1 }
	inhibit warn by crit same host
	maintenance m { every sun 01:00-02:00 }
	channel page exec "/bin/true"
	match to page
	END
	for tool in nc-alert nc-notify; do
		run --separate-stderr $tool -C -c both
		wants 0
		[ -z "$stderr" ] || fail "$tool speaks"
	done
	echo 'mantenance x { }' >>both
	for tool in nc-alert nc-notify; do
		run --separate-stderr $tool -C -c both
		wants 2
		[[ $stderr == *"both:7:1: unknown statement"* ]]
	done
}

@test "who was told that it began is told that it is over, muted or not (pain 9)" {
	need nc-notify
	cat >rules <<-'END'
	alert a on host { warn if load1 > 1 }
	END
	printf 'channel f exec "/bin/sh" "-c" "cat >>%s/told"\nmatch to f\n' "$PWD" >channels
	{
		sample $T h1 host h1 '"load1":2'
		sweep $T
		printf '{"v":1,"kind":"action","ts":%s,"source":"t","action":"silence","author":"a","reason":"b","expires":%s,"selector":"host","silence":"00000000000000aa"}\n' \
		    $((T + 1)) $((T + 3600))
		sample $((T + 10)) h1 host h1 '"load1":0'
		sweep $((T + 10))
	} | nc-alert -o -c rules >alerts.out
	[ "$(jq -r 'select(.kind == "alert") | [.change, (.muted | length)] | map(tostring) | join(" ")' alerts.out | tr '\n' ',')" = \
	    'opened 0,muted 1,resolved 1,' ]
	timeout 20 nc-notify -c channels --spool sp <alerts.out
	[ "$(grep -c resolved told)" = 1 ] || fail "$(cat told)"
	[ "$(grep -c '"change":"muted"' told)" = 0 ]
}
