#!/usr/bin/env bats
# nc-analyze correlate: series made so that one follows the other, among
# others that have nothing to do with them.

load lib

setup() {
	sandbox
}

# web N SPIKE: N minutes of five things: b is what a was two minutes before,
# c goes against a; d and e are by themselves; all walk and have a season.
# At minute SPIKE everything but e jumps.
web() {
	awk -v n="$1" -v spike="$2" 'BEGIN {
		srand(9)
		split("a b c d e", id, " ")
		for (t = 0; t < n; t++) {
			old2 = old1; old1 = x["a"]
			x["a"] = .5 * x["a"] + rand() + rand() - 1
			x["b"] = old2
			x["c"] = -x["a"]
			x["d"] = .9 * x["d"] + rand() + rand() - 1
			x["e"] = .5 * x["e"] + rand() + rand() - 1
			for (i = 1; i <= 5; i++) {
				v = 50 + 5 * x[id[i]] + (rand() - .5) + \
				    2 * sin(t / 40) + .01 * t
				if (t == spike && i != 5) v += 90
				printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
				    "\"host\":\"h\",\"source\":\"t\"," \
				    "\"entity\":\"vm\",\"id\":\"%s\"," \
				    "\"labels\":{\"name\":\"n%s\"}," \
				    "\"interval\":60,\"values\":{\"load\":%.3f}}\n",
				    60 * t, id[i], id[i], v
			}
		}
	}'
}

pairs() {
	timeout 60 nc-analyze -o "$@" |
	    jq -c 'select(.kind == "correlation")'
}

@test "--all-pairs: who follows whom, and by how much; nothing else" {
	web 400 -1 >in
	pairs --explain --all-pairs correlate <in >got
	jq -r '[.a.id, .b.id, .lag, (.r * 10 | round), .n] | join(" ")' got |
	    sort >found
	printf '%s\n' 'a b 120 10 126' 'a c 0 -9 128' 'c b 120 -9 126' |
	    same found /dev/stdin
	jq -es 'all(.p < 1e-9 and .host == "h" and .entity == "vm" and
	    .id == .a.id and .ts == 23940)' got
	run -0 jq -rs 'map(select(.b.id == "b" and .a.id == "a"))[0].explain' got
	[[ $output == 'load of vm na and load of vm nb move together (r '*', the first 120 s ahead' ]]
	/usr/bin/python3 "$TOP/tests/schema.py" <got
}

@test "live: among what is anomalous, once, when there is something new" {
	web 500 400 >in
	pairs correlate <in >got
	[ "$(wc -l <got)" = 3 ] || fail "$(cat got)"
	jq -es 'all(.ts >= 24000 and .ts < 25200) and
	    all(.a.id != "e" and .b.id != "e")' got
	run --separate-stderr nc-analyze correlate,steps=12 <in
	wants 2
	for bad in steps=x lag=-1 scope=no every=x a=1; do
		run --separate-stderr nc-analyze correlate,$bad <in
		wants 2
	done
}

@test "any split with --state: the same pairs" {
	web 450 400 >in
	nc-analyze correlate anomaly <in >whole
	grep -q '"kind":"correlation"' whole
	total=$(wc -l <in)
	for from in $(seq 1 331 "$total"); do
		sed -n "$from,$((from + 330))p" in |
		    nc-analyze --state state correlate anomaly >>parts
	done
	same whole parts
	run --separate-stderr nc-analyze --state state correlate,lag=3 anomaly <in
	wants 3
}
