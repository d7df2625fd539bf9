#!/usr/bin/env bats
# nc-analyze cause: who an incident came from; by made-up series whose order
# is known, and by the faults of the simulated fleet.

load lib

setup() {
	sandbox
}

# things N LINE...: N minutes of noise about 1000 of things, then what LINE
# says: "HOST ENTITY ID METRIC FACTOR MINUTE LABELS", FACTOR from MINUTE on.
things() {
	local n=$1
	shift
	printf '%s\n' "$@" | awk -v n="$n" '{ who[NR] = $1; what[NR] = $2
		id[NR] = $3; metric[NR] = $4; factor[NR] = $5; at[NR] = $6
		labels[NR] = $7 }
	    END { srand(5)
		for (t = 0; t < n; t++) {
			for (i = 1; i <= NR; i++) {
				v = 1000 + 100 * (rand() + rand() - 1)
				if (t >= at[i]) v *= factor[i]
				hosts[who[i]] = 1
				printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
				    "\"host\":\"%s\",\"source\":\"t\"," \
				    "\"entity\":\"%s\",\"id\":\"%s\"," \
				    "\"labels\":{%s},\"interval\":60," \
				    "\"values\":{\"%s\":%.3f}}\n", 60 * t + 60,
				    who[i], what[i], id[i], labels[i], metric[i], v
			}
			for (h = 1; h <= NR; h++) if (!((who[h], t) in done)) {
				done[who[h], t] = 1
				printf "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d," \
				    "\"host\":\"%s\",\"source\":\"t\"," \
				    "\"interval\":60,\"values\":{}}\n",
				    60 * t + 60, who[h]
			}
		} }'
}

causes() {
	timeout 60 nc-analyze -o "$@" | jq -c 'select(.kind == "cause")'
}

# A writer wears out a disk that another guest lies on as well.
neighbours=(
	'h1 vm u1 cpu_ratio 1 0 "name":"quiet"'
	'h1 vm.disk u1/vda write_seconds_total 1 0 "vm":"quiet","backing":"d1"'
	'h1 vm.disk u2/vda written_bytes_per_second 40 300 "vm":"writer","backing":"d1"'
	'h1 host.disk d1 busy_seconds_per_second 6 300 "name":"sda"'
	'h1 vm.disk u1/vdb write_seconds_per_second 5 301 "vm":"quiet","backing":"d1"'
)

@test "the writer, then the disk, then who lies on it; with the path between" {
	things 310 "${neighbours[@]}" >in
	causes --explain cause <in >got
	jq -es '.[0].state == "open" and
	    (.[-1] | [.suspects[] | .id] == ["u2/vda", "d1", "u1/vdb"] and
		[.suspects[] | .order] == [1, 1, 3] and
		(.suspects[0] | .metric == "written_bytes_per_second" and
		    .before > 900 and .before < 1100 and .after > 36000 and
		    .after < 44000 and .z > 100 and .onset == 18060) and
		.suspects[0].score >= .suspects[1].score and
		.suspects[1].score >= .suspects[2].score and
		(.suspects[1].path // [] | .[-1]) == "vm.disk:u1/vdb" and
		.suspects[0].path ==
		    ["vm.disk:u2/vda", "host.disk:d1", "vm.disk:u1/vdb"] and
		.incident == "h1@18060" and .onset == 18060 and .series == 3)' \
	    got >/dev/null || fail "$(cat got)"
	run -0 jq -rs '.[-1].explain' got
	[[ $output == 'vm.disk vda of writer on h1: written_bytes_per_second went from '*'B/s to '*' kB/s, among the first of 3 that are not as they were; it leads to vm.disk vdb of quiet through host.disk sda' ]] ||
	    fail explain
	/usr/bin/python3 "$TOP/tests/schema.py" <got
}

@test "it closes when all is over, and nothing is told without reason" {
	things 300 "${neighbours[@]}" >in
	[ "$(causes cause <in | wc -l)" = 0 ]
	{ things 310 "${neighbours[@]}"
	    things 420 "${neighbours[@]}" | jq -c --unbuffered \
		'select(.ts > 60 * 310) | if .values | length > 0 then
		.values |= map_values(if . > 2000 then 1000 else . end)
		else . end'; } >in
	causes cause <in >got
	jq -es '.[0].state == "open" and .[-1].state == "close" and
	    (map(.incident) | unique | length) == 1 and
	    .[-1].suspects[0].id == "u2/vda"' got >/dev/null || fail "$(cat got)"
	# Anomalies are told only where they are asked for.
	nc-analyze -o cause <in >all
	run ! grep -q '"kind":"anomaly"' all
	grep '"kind":"sweep"' all | jq -es 'all(.analyses == ["cause"])'
	nc-analyze -o anomaly cause <in >both
	grep -q '"kind":"anomaly"' both
	diff <(grep '"kind":"cause"' all) <(grep '"kind":"cause"' both)
}

# Three services on three hosts; the database breaks, the shop shows it.
services=(
	'a service shop latency_seconds 5 300'
	'b service cart latency_seconds 5 300'
	'c service db latency_seconds 4 300'
	'c service other latency_seconds 9 300'
)

@test "--topology: dependencies over hosts, before what is only further out" {
	things 306 "${services[@]}" >in
	cat >edges <<-'END'
	# who needs whom
	service{id=shop} -> service{id=cart}  # first
	service{id=cart} -> service{id=db,host=c}
	END
	causes --topology edges cause <in | tail -1 >got
	jq -e '[.suspects[] | .id] | index("db") < index("cart") and
	    index("cart") < index("shop")' got >/dev/null || fail "$(cat got)"
	jq -e '.suspects[] | select(.id == "db") | .path | .[0] == "service:db"' got
	# Without, a host is by itself; with scope=all they are one.
	[ "$(causes cause <in | jq -r .incident | sort -u | wc -l)" = 3 ]
	causes cause,scope=all <in | tail -1 >got
	jq -e '(.suspects | length) == 4' got >/dev/null || fail "$(cat got)"
	# What is wrong with the file is said with its line.
	echo 'service -> ' >>edges
	run --separate-stderr nc-analyze --topology edges cause <in
	wants 2
	[[ $stderr == *edges:4:* ]]
	run --separate-stderr nc-analyze --topology none cause <in
	wants 2
	for bad in window=x alarm=0 scope=here what=1; do
		run --separate-stderr nc-analyze cause,$bad <in
		wants 2
	done
}

@test "any split with --state: the same incidents" {
	things 320 "${neighbours[@]}" 'h1 vm u3 cpu_ratio 3 304' >in
	nc-analyze cause <in >whole
	total=$(wc -l <in)
	for from in $(seq 1 97 "$total"); do
		sed -n "$from,$((from + 96))p" in |
		    nc-analyze --state state cause >>parts
	done
	same whole parts
	run --separate-stderr nc-analyze --state state cause,window=9m <in
	wants 3
}

@test "who is gone is a suspect no more; the incident still ends" {
	{ things 304 "${neighbours[@]}"
	    for id in u2/vda u1/vdb; do
		printf '{"v":1,"kind":"event","ts":18241,"host":"h1","source":"t","entity":"vm.disk","id":"%s","event":"gone"}\n' $id
	    done
	    printf '{"v":1,"kind":"event","ts":18241,"host":"h1","source":"t","entity":"host.disk","id":"d1","event":"gone"}\n'
	    printf '{"v":1,"kind":"sweep","ts":18300,"host":"h1","source":"t","values":{}}\n'; } >in
	causes cause <in >got
	jq -es '.[0].state == "open" and .[-1].state == "close" and
	    .[-1].ts == 18300' got >/dev/null || fail "$(cat got)"
}

@test "the noisy neighbour and the lost packets of the simulated fleet" {
	printf '%s\n' 'churn 0' \
	    'fault noisy-neighbour { host sim001; vm 3; at 26h; for 10m }' \
	    'fault packet-loss { host sim002; at 27h; for 10m }' >s
	timeout 60 nc-collect --now 2026-11-02T00:00 --speed max -i 60 -n 1650 \
	    --self 0 sim,hosts=2,vms=6,scenario=s,truth=truth >in
	causes --explain cause <in >got
	jq -c '{host, entity, id, start, stop: .end}' truth >wanted
	while read -r fault; do
		jq -es --argjson f "$fault" 'map(select(.ts >= $f.start and
		    .ts <= $f.stop + 180 and .host == $f.host)) |
		    length > 0 and (.[-1].suspects[0] |
			.entity == $f.entity and .id == $f.id)' got >/dev/null ||
		    fail "$fault: $(tail -3 got)"
	done <wanted
	/usr/bin/python3 "$TOP/tests/schema.py" <got
}

@test "a host that falls silent is an incident of its own" {
	awk 'BEGIN { for (t = 0; t < 40; t++) for (h = 1; h <= 3; h++)
		if (h != 2 || t < 20 || t >= 30)
			printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d,\"host\"" \
			    ":\"h%d\",\"source\":\"t\",\"entity\":\"host\",\"id\"" \
			    ":\"h%d\",\"interval\":60,\"values\":{\"x\":1}}\n" \
			    "{\"v\":1,\"kind\":\"sweep\",\"ts\":%d,\"host\":" \
			    "\"h%d\",\"source\":\"t\",\"interval\":60," \
			    "\"values\":{}}\n", 60 * t, h, h, 60 * t, h }' >in
	causes --explain cause <in >got
	jq -es '.[0].ts == 1260 and .[0].state == "open" and
	    .[-1].state == "close" and .[-1].ts <= 1860 and
	    all(.[]; .incident == "h2@1200" and
		(.suspects | length) == 1 and .suspects[0].id == "h2" and
		.suspects[0].after == 0)' got >/dev/null || fail "$(cat got)"
	/usr/bin/python3 "$TOP/tests/schema.py" <got
}

@test "since=: history is asked who it was, however small; symptom= where it shows" {
	things 306 'a service shop latency_seconds 1.5 300' \
	    'a service cart latency_seconds 1.5 300' \
	    'a service db latency_seconds 1.4 300' \
	    'a service other latency_seconds .2 300' >in
	echo 'service{id=shop} -> service{id=cart}' >edges
	echo 'service{id=cart} -> service{id=db}' >>edges
	causes --topology edges \
	    'cause,since=@18060,symptom=service{id=shop},direction=up' <in >got
	tail -1 got | jq -e '(.suspects | map(.id)) as $who |
	    $who[:3] == ["db", "cart", "shop"] and .onset == 18060 and
	    .ts == 306 * 60' >/dev/null || fail "$(cat got)"
	# What went the other way is none.
	tail -1 got | jq -e '[.suspects[].id] | index("other") == null' ||
	    fail other
	for word in cause,since=yesterday cause,since=-1h 'cause,symptom={' cause,direction=left; do
		run --separate-stderr nc-analyze "$word" </dev/null
		wants 2
	done
	/usr/bin/python3 "$TOP/tests/schema.py" <got
}
