#!/usr/bin/env bats
# The frame of nc-collect: rounds and what is told of them, the command line
# and the configuration, the outputs.  Sources have tests of their own.

load lib

setup() {
	sandbox
	need nc-collect jq
	cat >probe <<-'END'
	#!/bin/sh
	printf '%s\n' '{"entity":"probe","id":"a b\\c","values":{"up":1,"duration_seconds":0.25}}'
	END
	chmod +x probe
	cat >whole <<-'END'
	{"v":1,"kind":"sample","ts":1763800000,"host":"h1","source":"s","entity":"probe","id":"p","values":{"up":1}}
	END
}

# sweeps FILE: the sweep records of it.
sweeps() {
	jq -c 'select(.kind == "sweep")' "$1"
}

# --- rounds ------------------------------------------------------------------

@test "without -i: one sweep, no tick, no interval" {
	run --separate-stderr nc-collect --host hv1 exec:./probe
	wants 0
	[ "${#lines[@]}" -eq 2 ]
	jq -e '.kind == "sample" and .host == "hv1" and .source == "probe"
	    and .interval == null' <<<"${lines[0]}"
	jq -e '.kind == "sweep" and .seq == 0 and (.boot | length) == 36
	    and (.run | length) == 16
	    and .values.entities == 1 and .values.samples == 2
	    and .values.timeouts == 0 and .values.failures == 0
	    and .values.skipped == 0 and .values.took_seconds > 0
	    and .values.late_seconds == 0' <<<"${lines[1]}"
}

@test "-i 5m -n 1: at once, and says what interval it stands for" {
	start=$(now_ms)
	nc-collect -i 5m -n 1 exec:./probe >out
	[ $(($(now_ms) - start)) -lt 3000 ]
	jq -e 'select(.kind != "error") | .interval == 300' out
	[ "$(jq -r .kind out | tr '\n' ' ')" = 'tick sample sweep ' ]
}

@test "rounds lie at multiples of the interval, one run, counted" {
	timeout 10 nc-collect -i 200ms -n 5 --self 0 exec:./probe >out
	[ "$(jq -c 'select(.kind == "tick")' out | wc -l)" -eq 5 ]
	# The first is at once; the others within 50 ms behind a multiple.
	jq -es '[.[] | select(.kind == "tick").ts * 1000 % 200][1:]
	    | all(. < 50)' out
	[ "$(sweeps out | jq .seq | tr '\n' ' ')" = '0 1 2 3 4 ' ]
	[ "$(sweeps out | jq .run | sort -u | wc -l)" -eq 1 ]
}

@test "every round has its tick, even when all sources hang" {
	timeout 10 nc-collect -i 200ms -n 4 --self 0 \
	    exec:sleep,arg=60,timeout=500ms >out 2>err || :
	[ "$(jq -c 'select(.kind == "tick")' out | wc -l)" -eq 4 ]
	sweeps out | jq -es 'map(.values) | .[0].timeouts == 1
	    and (map(.skipped) | add) >= 1'
}

@test "a reader that does not read: rounds are skipped and told, none queued" {
	cat >fat <<-'END'
	#!/bin/sh
	i=0
	while [ $i -lt 40 ]; do
		i=$((i + 1))
		printf '{"entity":"probe","id":"%d","labels":{"x":"%01000d"},"values":{"up":1}}\n' $i 0
	done
	END
	chmod +x fat
	timeout 20 nc-collect -i 100ms -n 30 --self 0 exec:./fat 2>err 3>&- |
	    (sleep 2.5; cat) >out
	jq -es 'map(select(.kind == "gap" and .reason == "blocked"))
	    | length >= 1 and (map(.missed) | max) >= 5' out
	# None of that is the source's fault.
	sweeps out | jq -es 'all(.values.timeouts == 0 and .values.failures == 0)'
}

@test "a stopped nc-collect says what it missed" {
	nc-collect -i 100ms --self 0 exec:./probe >out 3>&- &
	pid=$!
	until_true 5 grep -q sweep out
	kill -STOP $pid
	sleep 1
	kill -CONT $pid
	until_true 5 grep -q '"gap"' out
	stop $pid
	jq -es 'map(select(.kind == "gap")) | .[0].reason == "late"
	    and .[0].missed >= 5' out
}

@test "SIGTERM ends it although the reader does not read, children with it" {
	mkfifo pipe
	# shellcheck disable=SC2016 # for the inner shell
	nc-collect -i 50ms exec:sh,name=flood,stream,arg=-c,arg='echo $$ >pid;
	    while echo "{\"entity\":\"probe\"\,\"id\":\"x\"\,\"values\":{\"up\":1}}"; do :; done' \
	    >pipe 2>err 3>&- &
	pid=$!
	exec 7<pipe
	until_true 5 test -s pid
	sleep 0.5
	kill -TERM $pid
	until_true 2 gone $pid || { kill -KILL $pid; fail 'does not end'; }
	wait $pid && rc=0 || rc=$?
	[ "$rc" -eq 0 ] || fail "status $rc: $(cat err)"
	until_true 2 gone "$(cat pid)"
}

# gone PID: dead, if not yet reaped by whoever inherited it.
gone() {
	[[ ! -e /proc/$1 || $(</proc/"$1"/stat) == *') Z '* ]] 2>/dev/null
}

@test "the sample of itself: --self" {
	timeout 10 nc-collect -i 100ms -n 5 exec:./probe >out
	[ "$(jq -c 'select(.entity == "collector")' out | wc -l)" -eq 1 ]
	timeout 10 nc-collect -i 100ms -n 8 --self 300ms exec:./probe >out
	jq -es 'map(select(.entity == "collector")) | length >= 2
	    and (last | .id == "nc-collect" and .interval == 0.3
	    and .values.cpu_seconds_total > 0 and .values.mem_rss_bytes > 0
	    and .values.records_total > 0)' out
	timeout 10 nc-collect -i 100ms -n 2 --self 0 exec:./probe >out
	run ! grep collector out
}

@test "--now: a clock of its own, byte for byte the same" {
	replay() {
		nc-collect --now 2026-01-01 --speed max -i 10 -n 50 --host h \
		    exec:./probe exec:cat,arg=whole,interval=30
	}
	start=$(now_ms)
	replay >a
	replay >b
	[ $(($(now_ms) - start)) -lt 10000 ]
	same a b
	[ "$(jq -c 'select(.kind == "tick").ts' a | sed -n '1p;50p' |
	    tr '\n' ' ')" = '1767225600 1767226090 ' ]
	[ "$(sweeps a | jq -c 'select(.source == "cat")' | wc -l)" -eq 17 ]
}

@test "an interval of its own" {
	timeout 10 nc-collect -i 100ms -n 9 --self 0 exec:./probe \
	    exec:cat,arg=whole,interval=400ms >out
	n=$(sweeps out | jq -c 'select(.source == "cat")' | wc -l)
	[ "$n" -ge 2 ] && [ "$n" -le 4 ]
	# A busy machine may miss a tick of a tenth of a second.
	[ "$(sweeps out | jq -c 'select(.source == "probe")' | wc -l)" -ge 6 ]
}

# --- command line and configuration ------------------------------------------

usage() {
	local why=$1
	shift
	run --separate-stderr nc-collect "$@"
	wants 2 || return
	[ -z "$output" ] && [[ $stderr == *"$why"* ]] || fail "wanted: $why"
}

@test "what is wrong with a command line is named, nothing is done" {
	usage 'needs -i' -n 2 exec:./probe
	usage 'unknown source "nosuch"' nosuch
	usage 'needs a target: exec:PROGRAM' exec
	usage 'no option "color"' exec:./probe,color=red
	usage 'arg needs a value' exec:./probe,arg
	usage 'expected yes or no' exec:./probe,stream=maybe
	usage 'two sources are called "probe"' exec:./probe exec:/bin/probe
	usage 'unknown level "all"' -l all
	usage '--interval' -i soon
	usage '--speed goes with --now' --speed max
	usage 'more than 0' exec:./probe,timeout=0
	usage 'exclude each other' -H --flat
	usage '-i needs -n 1' --prometheus -i 10
	usage 'a stream needs -i' exec:./probe,stream
	usage 'not --now' --now @0 -i 1 exec:./probe,stream
	usage '--host' --root /nonexistent host
}

@test "options of a word: name, labels, escaped commas" {
	# shellcheck disable=SC2016 # not for this shell
	run --separate-stderr nc-collect \
	    'exec:printf,name=x\,y,arg=%s\\n,arg={"entity":"probe"\,"id":"$HOME $(id)"\,"labels":{"a":"own"}\,"values":{"up":1}},label.a=common,label.b=two'
	wants 0
	jq -e '.source == "x,y" and .id == "$HOME $(id)"
	    and .labels.a == "own" and .labels.b == "two"' <<<"${lines[0]}"
}

@test "a configuration says the same; the command line wins" {
	cat >c.conf <<-END
	set interval 5m; set level basic
	set host "hv 9"
	label site = fra1
	source exec "$PWD/probe" {
		name one
		timeout 2s
		label rack = r12
	}
	source exec cat { arg = "$PWD/whole"; label site = ber }
	END
	run --separate-stderr nc-collect -C -c c.conf
	wants 0
	[ -z "$output$stderr" ]
	nc-collect -c c.conf -n 1 >out
	jq -es 'map(select(.kind == "sample")) | length == 2
	    and (map(select(.source == "one"))[0]
	    | .host == "hv 9" and .interval == 300
	    and .labels == {"site":"fra1","rack":"r12"})
	    and (map(select(.source == "s"))[0] | .host == "h1"
	    and .labels == {"site":"ber"})' out
	# One of them by its name, with something put over it.
	nc-collect -c c.conf -i 7 -n 1 --host h one,label.rack=r13 >out
	jq -es 'map(select(.kind == "sample")) | length == 1
	    and (.[0] | .host == "h" and .interval == 7
	    and .labels.rack == "r13" and .labels.site == "fra1")' out
}

@test "a configuration is found where the user keeps them" {
	mkdir -p "$XDG_CONFIG_HOME/novacron"
	echo "source exec \"$PWD/probe\" { name mine }" \
	    >"$XDG_CONFIG_HOME/novacron/collect.conf"
	nc-collect >out
	sweeps out | jq -es 'length == 1 and .[0].source == "mine"'
}

@test "every fault of a configuration is reported with its place" {
	cat >bad.conf <<-'END'
	set interval soon
	set colour red
	source nosuch
	source exec ls {
		timeout
		weight 3
	}
	frobnicate
	END
	run --separate-stderr nc-collect -c bad.conf
	wants 2
	[ -z "$output" ]
	for line in 1 2 3 5 6 8; do
		grep -q "^nc-collect: bad.conf:$line:[0-9]*: " <<<"$stderr" ||
		    fail "nothing about line $line"
	done
	run --separate-stderr nc-collect -C -c nosuch.conf
	wants 2
	[[ $stderr == *nosuch.conf* ]]
}

@test "the example in contrib is good" {
	run --separate-stderr nc-collect -C -c "$TOP/contrib/examples/collect.conf"
	wants 0
	[ -z "$stderr" ]
}

@test "SIGHUP reads it again; one that is wrong changes nothing" {
	conf() {
		echo "set interval 100ms; set self 0"
		echo "source exec \"$PWD/probe\" { name $1 }"
	}
	conf one >c.conf
	nc-collect -c c.conf >out 2>err 3>&- &
	pid=$!
	until_true 5 grep -q '"source":"one"' out
	conf two >c.conf
	kill -HUP $pid
	until_true 5 grep -q '"source":"two"' out || fail "$(cat err)"
	echo 'source' >c.conf
	kill -HUP $pid
	until_true 5 grep -q 'stays as it was' err
	n=$(wc -l <out)
	until_true 5 eval '[ "$(wc -l <out)" -gt $((n + 4)) ]'
	tail -n 1 out | grep -q '"source":"two"\|tick'
	kill -TERM $pid
	wait $pid
}

@test "SIGUSR1: one line of counters" {
	nc-collect -i 100ms exec:./probe >out 2>err 3>&- &
	pid=$!
	until_true 5 grep -q sweep out
	kill -USR1 $pid
	until_true 5 grep -q '^nc-collect: records [0-9]' err
	stop $pid
}

# --- outputs -----------------------------------------------------------------

@test "--flat: one metric a line, columns that awk can count" {
	nc-collect --flat --host 'h 1' exec:./probe,label.rack='r\,1 2' >out
	grep -qE '^[0-9.]+ h\\0401 probe probe a\\040b\\134c up 1 rack=r,1\\0402$' out
	[ "$(awk '$6 == "duration_seconds" { print $7 }' out)" = 0.25 ]
	[ "$(awk '$4 == "sweep" && $6 == "entities" { print $5, $7 }' out)" = '- 1' ]
	nc-collect --flat exec:/nonexistent >out 2>err || :
	grep -qE '^# error [0-9.]+ [^ ]+ nonexistent error - code=failed message=cannot\\040be' out
}

@test "--prometheus: promtool accepts a sweep, and would not accept anything" {
	need promtool
	nc-collect -l diagnostic --prometheus host >host.prom
	run promtool check metrics <host.prom
	wants 0
	[ -z "$output" ] || fail 'it has something to say'
	grep -q '^# TYPE host_cpu_user_seconds_total counter$' host.prom
	grep -q '^# HELP host_load1 ' host.prom
	grep -qE '^host_load1\{host="[^"]+",source="host",id="[^"]+"\} [0-9.]+$' host.prom
	# No line twice, families together: what a scrape would refuse.
	[ -z "$(grep -v '^#' host.prom | sed 's/ [^ ]*$//' | sort | uniq -d)" ]
	[ -z "$(grep '^# TYPE' host.prom | sort | uniq -d)" ]
	# The judge can say no.
	{ cat host.prom; echo '0bad-name{id="x"} 1'; } >planted
	run promtool check metrics <planted
	[ "$status" -ne 0 ]
}

@test "--prometheus: a name that is not legal there is left out, and said" {
	cat >odd <<-'END'
	#!/bin/sh
	printf '%s\n' '{"entity":"probe","id":"q\"\\\nz","labels":{"9a-b":"x","host":"y"},"values":{"bad-name":1,"up":1}}'
	printf '%s\n' '{"entity":"probe","id":"q\"\\\nz","labels":{"9a-b":"x","host":"y"},"values":{"up":0}}'
	END
	chmod +x odd
	run --separate-stderr nc-collect --prometheus --host h exec:./odd
	wants 1
	[[ $stderr == *probe_bad-name* ]]
	[[ $output != *bad-name* ]] || fail 'it is there'
	# Said twice: the later stands.
	grep -qxF 'probe_up{host="h",source="odd",id="q\"\\\nz",_9a_b="x",label_host="y"} 0' <<<"$output"
	[ "$(grep -c '^probe_up' <<<"$output")" -eq 1 ]
	! command -v promtool || promtool check metrics <<<"$output"
}

@test "-H: a table, safe for a terminal" {
	printf '#!/bin/sh\necho %s\n' \
	    "'{\"entity\":\"probe\",\"id\":\"x\\u001b[31m\",\"values\":{\"loss_ratio\":0.37}}'" >red
	chmod +x red
	nc-collect -H exec:./red >out
	grep -qE '^  loss_ratio +37 ?%$' out
	run ! grep -q $'\033' out
}

@test "--describe: the catalogue, and the options of a source" {
	nc-collect --describe >all
	jq -es 'length > 100 and all(.[]; .entity and .metric and .full
	    and (.type | IN("gauge", "counter", "info")) and .help and .from
	    and (.level | IN("basic", "standard", "detailed", "diagnostic")))' all
	[ -z "$(jq -r .full all | sort | uniq -d)" ]
	nc-collect --describe -l basic >few
	[ "$(wc -l <few)" -lt "$(wc -l <all)" ]
	nc-collect --describe -H | grep -q '^  load1 '
	nc-collect --describe exec |
	    jq -es 'map(.option) | index("arg") and index("timeout")'
	nc-collect --describe -H exec | grep -q '^exec:PROGRAM: '
	usage 'unknown source "nosuch"' --describe nosuch
}

@test "what is emitted is described" {
	nc-collect --describe | jq -r '.entity + " " + .metric' | sort >known
	nc-collect -l diagnostic -i 1 -n 1 --self 60 host |
	    jq -r 'select(.kind == "sample" or .kind == "sweep")
	    | (.entity // "sweep") + " " + (.values | keys[])' | sort -u >said
	[ -s said ]
	[ -z "$(comm -13 known said)" ] || fail "$(comm -13 known said)"
}

@test "every record obeys its schema" {
	[ -f "$TOP/tests/schema.py" ] || skip 'no schema validator yet'
	{
		timeout 10 nc-collect -l diagnostic -i 300ms -n 3 host exec:./probe
		nc-collect exec:sleep,arg=9,timeout=100ms || :
		nc-collect exec:/nonexistent || :
	} >out 2>err
	/usr/bin/python3 "$TOP/tests/schema.py" <out
}

@test "--doctor: what, why, and the command" {
	run --separate-stderr nc-collect --doctor exec:/nonexistent exec:sh
	wants 1
	[ "${lines[0]}" = 'nonexistent: the program /nonexistent cannot be run' ]
	[[ ${lines[1]} == $'\twhy:  No such file or directory' ]]
	[ "${lines[2]}" = 'sh: nothing is hidden from this user' ]
	run --separate-stderr nc-collect --doctor exec:sh
	wants 0
}

# --- clocks ------------------------------------------------------------------

@test "a clock that is set: one clock_step event, rounds go on" {
	need cc
	cat >step.c <<-'END'
	#include <dlfcn.h>
	#include <time.h>
	#include <unistd.h>
	int clock_gettime(clockid_t id, struct timespec *t) {
		int (*real)(clockid_t, struct timespec *) =
		    (int (*)(clockid_t, struct timespec *))
		    dlsym(RTLD_NEXT, "clock_gettime");
		int rc = real(id, t);
		if (id == CLOCK_REALTIME && access("forward", F_OK) == 0)
			t->tv_sec += 3600;
		return rc;
	}
	END
	cc -D_GNU_SOURCE -shared -fPIC -o step.so step.c -ldl
	! sanitized || skip 'a sanitizer wants to be loaded first'
	LD_PRELOAD=$PWD/step.so nc-collect -i 200ms --self 0 exec:./probe \
	    >out 2>err 3>&- &
	pid=$!
	until_true 5 eval '[ "$(grep -c tick out)" -ge 3 ]'
	touch forward
	until_true 5 grep -q clock_step out
	sleep 1
	rm forward
	until_true 5 eval '[ "$(grep -c clock_step out)" -ge 2 ]'
	sleep 0.5
	stop $pid
	jq -es 'map(select(.event == "clock_step")) | length == 2
	    and (.[0] | .entity == "host" and (.seconds - 3600 | fabs) < 1)
	    and (.[1] | (.seconds + 3600 | fabs) < 1)' out
	# No gap and no burst: rounds keep their distance on the boot clock.
	jq -es '[.[] | select(.kind == "tick").up] | [.[1:], .[:-1]]
	    | transpose | map(.[0] - .[1]) | .[1:] | all(. > 0.05 and . < 0.5)' out
	run ! grep -q '"gap"' out
}

@test "--now is a civil time of the zone that TZ names" {
	TZ=Europe/Paris timeout 20 nc-collect --now 2026-11-02T12:00 \
	    --speed max -n 1 sim,hosts=1,vms=1 >paris
	TZ=UTC timeout 20 nc-collect --now 2026-11-02T11:00 --speed max -n 1 \
	    sim,hosts=1,vms=1 >utc
	cmp paris utc
}

@test "-C holds every value of an option against what its source takes" {
	local row want
	while IFS='|' read -r row want; do
		run --separate-stderr nc-collect -C "$row"
		wants 2
		[[ $stderr == *"$want"* ]]
		run --separate-stderr nc-collect -n 1 "$row"
		wants 2
		[ -z "$output" ]
	done <<-END
	sim,hosts=0|sim: hosts=0,vms=20: expected at least one host
	sim,vms=1.5|sim: vms=1.5: expected a whole number
	sim,seed=x|sim: seed: 
	sim,over=1y1|sim: over: 
	sim,churn=-1|sim: churn=-1: expected 0 to 1e+06
	host,top=5000|host: top=5000: expected 0 to 1000
	host,fs-timeout=soon|host: fs-timeout: 
	libvirt,domstats=x,times=0|libvirt: times=0: expected 1 to
	END
	echo 'source sim { hosts 0 }' >c.conf
	run --separate-stderr nc-collect -C -c c.conf
	wants 2
	[[ $stderr == *"hosts=0"* ]]
}
