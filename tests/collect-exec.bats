#!/usr/bin/env bats
# Source exec: other programs' records judged, completed and passed on; what
# hangs, dies or floods is contained.

load lib

setup() {
	sandbox
	need nc-collect jq
}

# program NAME: an executable of what is on standard input.
program() {
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}

sweeps() {
	jq -c --arg s "$2" 'select(.kind == "sweep" and .source == $s)' "$1"
}

gone() {
	[[ ! -e /proc/$1 || $(</proc/"$1"/stat) == *') Z '* ]] 2>/dev/null
}

# --- lines -------------------------------------------------------------------

@test "a whole record passes byte for byte, whatever is in it" {
	cat >in <<-'END'
	{"v":1,"kind":"sample","ts":1763800000.5,"host":"h1","source":"test","entity":"host","id":"h1","zzz":{"b":[true,null]},"values":{"load1":1.50}}
	{"v":1,"kind":"weather","ts":1763800100,"host":"h1","wind":"\u00e9"}
	 { "kind" : "event" ,"v":1, "ts":1.7638001e9,"host":"h2","source":"s","event":"x" }
	{"v":2,"kind":"sample","ts":"later"}
	END
	nc-collect exec:cat,arg=in >out
	head -n 4 out >passed
	sed 's/^ //' in | same - passed || same in passed
}

@test "what a line leaves out is put in, what it says stands" {
	program p <<-'END'
	echo '{"entity":"probe","id":"a","values":{"up":1}}'
	echo '  {  "id":"b","entity":"probe","source":"mine","values":{"up":0}}'
	echo '{"kind":"event","entity":"probe","id":"c","event":"gone","detail":"x","list":[1,{"a":2}]}'
	echo '{"v":1,"kind":"sample","ts":1763800000,"entity":"probe","id":"d","interval":3,"since":5,"quality":"stale","age":7,"values":{"up":0.1}}'
	END
	nc-collect -i 30 -n 1 --host hv exec:./p >out
	jq -s 'map(select(.kind != "tick" and .kind != "sweep"))' out >all
	jq -e 'length == 4 and all(.[]; .v == 1 and .host == "hv")' all
	jq -e '.[0] | .kind == "sample" and .source == "p" and .interval == 30
	    and (.ts - now | fabs) < 5' all
	jq -e '.[1] | .source == "mine" and .values.up == 0' all
	jq -e '.[2] | .event == "gone" and .detail == "x"
	    and .list == [1,{"a":2}]' all
	jq -e '.[3] | .ts == 1763800000 and .interval == 3 and .since == 5
	    and .quality == "stale" and .age == 7 and .values.up == 0.1' all
}

@test "a bad line: its number, left out, status 1, the others count" {
	program p <<-'END'
	echo '{"entity":"probe","id":"a","values":{"up":1}}'
	echo
	echo garbage
	echo '{"entity":"probe","id":"b","values":{"up":NaN}}'
	echo '{"entity":"probe","id":"c","values":{"up":"1"}}'
	printf '{"entity":"probe","id":"\xff","values":{"up":1}}\n'
	echo '[1]'
	printf '{"entity":"probe","id":"last","values":{"up":1}}'
	END
	run --separate-stderr nc-collect exec:./p
	wants 1
	[ "$(jq -r 'select(.kind == "sample").id' <<<"$output" | tr '\n' ' ')" = 'a last ' ]
	for n in 3 4 5 6 7; do
		grep -q "^nc-collect: p: line $n: .* (skipped)$" <<<"$stderr" ||
		    fail "nothing of line $n"
	done
	jq -es 'last.values.entities == 2' <<<"$output"
}

@test "long lines: split above 4,096 bytes, left out above 1 MiB" {
	program p <<-'END'
	printf '{"entity":"probe","id":"fat","values":{"m0":0'
	for i in {1..600}; do printf ',"metric_number_%d":%d' $i $i; done
	echo '}}'
	printf '{"entity":"probe","id":"'
	head -c 1100000 /dev/zero | tr '\0' x
	echo '","values":{"up":1}}'
	echo '{"entity":"probe","id":"after","values":{"up":1}}'
	END
	run --separate-stderr nc-collect exec:./p
	wants 1
	[[ $stderr == *'line 2: longer than 1 MiB (skipped)'* ]]
	[ "$(awk 'length >= 4096' <<<"$output" | wc -l)" -eq 0 ]
	jq -es 'map(select(.id == "fat") | .values | length) | add == 601' <<<"$output"
	jq -es 'any(.[]; .id == "after")' <<<"$output"
}

# --- the program -------------------------------------------------------------

@test "arguments arrive as they are, no shell between" {
	program show <<-'END'
	printf '{"entity":"probe","id":"%s","values":{"n":%d}}\n' "$1|$2|$3" $#
	END
	# shellcheck disable=SC2016 # that nobody expands
	nc-collect 'exec:./show,arg=a  b,arg=$(id);*,arg=' >out
	# shellcheck disable=SC2016
	jq -es '.[0] | .id == "a  b|$(id);*|" and .values.n == 3' out
}

@test "it knows host, level and interval; its standard input is empty" {
	program show <<-'END'
	printf '{"entity":"probe","id":"%s %s %s %s","values":{"n":1}}\n' \
	    "$NC_HOST" "$NC_LEVEL" "$NC_INTERVAL" "$(cat)"
	END
	echo secret | nc-collect -i 1.5 -n 1 -l detailed --host hv exec:./show |
	    jq -es 'any(.[]; .id == "hv detailed 1.5 ")'
}

@test "its standard error is told in its name, safe, five lines of it" {
	program p <<-'END'
	printf 'red \033[31m\n' >&2
	for i in {1..20}; do echo "line $i" >&2; done
	END
	run --separate-stderr nc-collect exec:./p
	wants 0
	[[ ${stderr_lines[0]} == 'nc-collect: p: red \x1b[31m' ]]
	[ "${#stderr_lines[@]}" -eq 6 ]
	[[ ${stderr_lines[5]} == *'16 more not shown' ]]
}

@test "not there, not executable, a bad status: a failed round, in band" {
	program bad <<<'echo "{\"entity\":\"probe\",\"id\":\"x\",\"values\":{\"up\":1}}"; exit 3'
	echo no >notexec
	program killed <<<'kill -SEGV $$'
	run --separate-stderr nc-collect exec:./nosuch exec:./notexec exec:./bad exec:./killed
	wants 1
	jq -es 'map(select(.kind == "error") | {(.source): .message}) | add
	    | .nosuch == "cannot be run: No such file or directory"
	    and .notexec == "cannot be run: Permission denied"
	    and .bad == "exit status 3" and .killed == "killed by SIGSEGV"' <<<"$output"
	jq -es 'map(select(.kind == "sweep") | .values.failures) | add == 4' <<<"$output"
	jq -es 'any(.[]; .id == "x")' <<<"$output"
}

@test "the same trouble round after round is said once, told each time" {
	timeout 10 nc-collect -i 100ms -n 5 --self 0 exec:./nosuch >out 2>err || :
	[ "$(wc -l <err)" -eq 1 ]
	[ "$(jq -c 'select(.kind == "error")' out | wc -l)" -eq 5 ]
}

@test "one that hangs is killed with its group; no other is late by 50 ms" {
	program hang <<-'END'
	sleep 1000 &
	echo $! >>pids
	sleep 1000
	END
	timeout 20 nc-collect -i 200ms -n 12 --self 0 host \
	    exec:./hang,timeout=300ms >out 2>err || :
	sweeps out hang | jq -es 'length >= 2
	    and all(.values.timeouts == 1 and .values.failures == 1)
	    and (map(.values.skipped) | add) >= 2'
	jq -es 'map(select(.kind == "error")) | length >= 2 and
	    all(.code == "timeout" and .message == "no answer in 0.3 s, killed")' out
	# Had it waited, every second round would be late.  A busy machine may
	# be late by itself, now and then.
	sweeps out host | jq -es 'length >= 10 and (map(.values.skipped) | add)
	    <= 2 and (.[1:] | map(select(.values.late_seconds >= 0.05)) |
	    length <= 2)'
	[ "$(wc -l <pids)" -ge 2 ]
	while read -r pid; do gone "$pid" || fail "$pid lives"; done <pids
}

@test "one that is stopped hangs as well" {
	program stop <<<'kill -STOP $$'
	timeout 10 nc-collect --self 0 exec:./stop,timeout=300ms host >out 2>err || :
	sweeps out stop | jq -es '.[0].values.timeouts == 1'
	sweeps out host | jq -es '.[0].values.failures == 0'
}

@test "what it left behind dies with its round, and is not waited for" {
	program fork <<-'END'
	sleep 1000 &
	echo $! >pid
	echo '{"entity":"probe","id":"x","values":{"up":1}}'
	END
	start=$(now_ms)
	nc-collect exec:./fork >out
	[ $(($(now_ms) - start)) -lt 2000 ] || fail 'waited for the grandchild'
	jq -es 'any(.[]; .id == "x") and (last.values.failures == 0)' out
	until_true 2 gone "$(cat pid)"
}

# --- streams -----------------------------------------------------------------

@test "stream: runs on, prints when it likes, summed up each round" {
	program s <<-'END'
	echo started >>starts
	while :; do
		echo '{"entity":"probe","id":"x","values":{"up":1,"n":2}}'
		sleep 0.05
	done
	END
	timeout 10 nc-collect -i 200ms -n 6 --self 0 exec:./s,stream >out
	[ "$(wc -l <starts)" -eq 1 ]
	sweeps out s | jq -es 'length == 6 and (.[1:5] | all(
	    .values.entities >= 1 and .values.entities <= 8
	    and .values.samples == 2 * .values.entities))'
}

@test "stream: one that ends is started again, with a growing delay" {
	program s <<-'END'
	echo x >>starts
	echo '{"entity":"probe","id":"x","values":{"up":1}}'
	exit 1
	END
	timeout 10 nc-collect -i 100ms -n 25 --self 0 exec:./s,stream >out 2>err || :
	n=$(wc -l <starts)
	[ "$n" -ge 2 ] && [ "$n" -le 12 ] || fail "$n starts"
	jq -es 'any(.[]; .kind == "error" and .message == "exit status 1")' out
	[ "$(wc -l <err)" -eq 1 ] || fail "$(cat err)"
}

@test "stream: one that floods does not starve the others" {
	program flood <<-'END'
	yes '{"v":1,"kind":"sample","ts":1,"host":"h","source":"s","entity":"probe","id":"x","values":{"up":1}}'
	END
	timeout 20 nc-collect -i 200ms -n 6 --self 0 exec:./flood,stream host >out 2>err
	sweeps out host | jq -es 'length == 6
	    and (.[1:] | all(.values.late_seconds < 0.1))'
	[ "$(wc -l <out)" -gt 1000 ]
}

@test "nc-collect is a source of nc-collect" {
	timeout 10 nc-collect -i 200ms -n 4 --self 0 --host near \
	    exec:nc-collect,stream,name=far,arg=-i,arg=200ms,arg=--host,arg=far,arg=--self,arg=0,arg=host >out
	jq -es 'any(.[]; .host == "far" and .source == "host" and .entity == "host")
	    and any(.[]; .host == "far" and .kind == "sweep" and .source == "host")
	    and any(.[]; .host == "near" and .kind == "sweep" and .source == "far")' out
}

# --- what cannot be killed ---------------------------------------------------

# A process that is traced by somebody who does not look is not to be reaped
# after SIGKILL: to its parent it looks as one that hangs in the kernel.
@test "two that SIGKILL does not end: no third is started until one is gone" {
	cat >trace.py <<-'END'
	import ctypes, os, sys, time
	libc = ctypes.CDLL(None, use_errno=True)
	PTRACE_SEIZE = 0x4206
	if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), 0, 0) != 0:
	    sys.exit(os.strerror(ctypes.get_errno()))
	open("traced." + sys.argv[1], "w").close()
	end = time.time() + 20
	while not os.path.exists("release") and time.time() < end:
	    time.sleep(0.02)
	END
	program hang <<-'END'
	echo $$ >>pids
	[ -e release ] && {
		echo '{"entity":"probe","id":"well","values":{"up":1}}'
		exit
	}
	setsid python3 trace.py $$ >>trace.out 2>&1 &
	sleep 1000
	END
	nc-collect -i 500ms --self 0 exec:./hang,timeout=400ms host >out 2>err 3>&- &
	pid=$!
	until_true 10 grep -q 'hang in the kernel' err ||
	    { stop $pid; [ ! -s trace.out ] || skip "no ptrace here: $(tail -n 1 trace.out)"; fail "$(cat err)"; }
	# On a busy machine one may be killed before it is traced: no matter.
	started=$(wc -l <pids)
	sleep 1.2
	[ "$(wc -l <pids)" -eq "$started" ] || fail "$(wc -l <pids) were started"
	[ "$(find . -name 'traced.*' | wc -l)" -eq 2 ]
	sweeps out host | jq -es 'all(.values.skipped == 0) and length >= 4'
	touch release
	until_true 5 grep -q '"id":"well"' out || fail 'did not come back'
	stop $pid
}
