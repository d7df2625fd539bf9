#!/usr/bin/env bats
# nc-alert between its runs: any way to cut an input into runs gives the same
# alerts, whatever is killed in between.  NC_SLOW=1: all cuts, all calls.

load lib

setup() {
	sandbox
	cat >rules <<-'END'
	set incident 1m; set storm 3 in 20s; set heartbeat 30s
	set flap 4 in 5m clear 40s
	alert a on host { warn if load1 > 1 for 20s until < 0.5 for 20s; crit if load1 > 5 }
	alert b on vm { warn if avg(busy_ratio, 30s) > 0.5; nodata 40s then crit }
	alert c on vm { info if busy_ratio > 0.5 for 2 of 3 }
	alert d on vm { warn if rate(cpu_seconds_total) > 0.5 }
	alert gone on host { crit if absent(35s) }
	expect host h9
	inhibit info by warn same host, id
	depend b on a same host
	maintenance m { from 2025-11-22T08:27:00 to 2025-11-22T08:27:30; match host = h2 }
	END
}

T=1763800000

# made SEED ROUNDS: samples, sweeps, ticks, actions and events of three hosts.
made() {
	/usr/bin/python3 - "$1" "$2" <<-'END'
	import json, random, sys
	rng = random.Random(int(sys.argv[1]))
	T = 1763800000
	def out(**r):
	    print(json.dumps({"v": 1, **r}, separators=(",", ":")))
	cpu = {}
	for k in range(int(sys.argv[2])):
	    ts = T + 10 * k
	    for h in "h1", "h2", "h3":
	        if rng.random() < 0.1:
	            continue
	        out(kind="sample", ts=ts, host=h, source="s", entity="host", id=h,
	            interval=10, values={"load1": rng.choice([0.1, 2, 9])})
	        for v in "u1", "u2":
	            if rng.random() < 0.2 or (h == "h3" and k // 8 % 3 == 2):
	                continue
	            c = cpu.get(h + v, 0) + rng.choice([1, 9])
	            cpu[h + v] = 0 if rng.random() < 0.1 else c
	            out(kind="sample", ts=ts, up=1000 + 10 * k, host=h, source="s",
	                entity="vm", id=v, labels={"name": "web" + v}, interval=10,
	                values={"busy_ratio": rng.choice([0.1, 0.9]),
	                    "cpu_seconds_total": cpu[h + v]})
	        if h != "h3":
	            out(kind="sweep", ts=ts, host=h, source="s",
	                values={"timeouts": int(rng.random() < 0.2), "skipped": 0})
	    if rng.random() < 0.1:
	        out(kind="event", ts=ts, host="h1", source="s", entity="vm", id="u1",
	            event="gone")
	    if rng.random() < 0.2:
	        out(kind="action", ts=ts, source="t", action="silence",
	            silence="51%014x" % k, author="x", reason="y", selector="vm",
	            expires=ts + 30)
	    out(kind="tick", ts=ts + 1)
	END
}

same_state() {
	nc-alert --state "$1" -o -c rules "${@:2}"
}

@test "any partition of an input into runs gives the same output (pains 3, 4)" {
	local seeds=3 cuts=7 seed k n at
	[ -z "${NC_SLOW-}" ] || { seeds=20 cuts=40; }
	for seed in $(seq $seeds); do
		made "$seed" 40 >in
		nc-alert --state none -o -c rules in >whole
		[ "$(wc -l <whole)" -gt 50 ] || fail 'nothing happens'
		/usr/bin/python3 "$TOP/tests/schema.py" -k alert <whole
		n=$(wc -l <in)
		RANDOM=$seed
		# One cut anywhere; and a run a few lines.
		for k in $(seq $cuts); do
			at=$((RANDOM % n))
			rm -rf s
			head -n $at in >one
			tail -n +$((at + 1)) in >two
			{ same_state s one; same_state s two; } >got
			same whole got || fail "seed $seed cut at $at"
		done
	done
	rm -rf s pieces
	mkdir pieces
	split -l 9 -a 4 in pieces/
	for k in pieces/*; do same_state s "$k"; done >got
	same whole got
	# What the last run left is said by all words alike.
	[ "$(find s -type f | sort | tr '\n' ' ')" = 's/actions.ndjson s/lock s/state ' ]
	[ "$(stat -c %a s/actions.ndjson)" = 660 ]
}

@test "every kind of change is in what the partitions were tried on" {
	for seed in 1 2 3; do
		made $seed 40 | nc-alert --state none -o -c rules
	done | jq -r .change | sort -u | tr '\n' ' ' >got
	[ "$(cat got)" = 'flapping heartbeat muted nodata opened removed resolved severity steady storm unmuted update ' ] ||
	    fail "$(cat got)"
}

@test "a state that is not ours, cut off, or of the future" {
	made 1 5 >in
	same_state s in >/dev/null
	cp -r s whole
	# A bit: put aside, said, and judged anew.
	printf X | dd of=s/state bs=1 seek=300 conv=notrunc 2>/dev/null
	run --separate-stderr same_state s in
	[[ $stderr == *'checksum does not match; kept as s/state.bad'* ]] || fail words
	[ -s s/state.bad ]
	same <(echo "$output") <(nc-alert --state none -o -c rules in)
	head -c 100 whole/state >s/state
	run --separate-stderr same_state s in
	[[ $stderr == *'cut off; kept as s/state.bad2'* ]] || fail words
	# A newer one is not touched.
	rm -rf s; cp -r whole s
	sed -i '1s/^nc-alert 1 /nc-alert 9 /' s/state
	/usr/bin/python3 - <<-'END'
	import hashlib
	head, rest = open("s/state", "rb").read().split(b"\n", 1)
	w = head.split(b" ")
	w[3] = hashlib.sha256(b" ".join(w[:3]) + b" " + rest).hexdigest().encode()
	open("s/state", "wb").write(b" ".join(w) + b"\n" + rest)
	END
	cp s/state before
	run --separate-stderr same_state s in
	wants 3
	same before s/state
	# One writer.
	rm -rf s
	mkfifo p
	same_state s p >/dev/null 3>&- &
	exec 9>p
	until_true 5 test -e s/lock
	run --separate-stderr timeout 20 nc-alert --state s -o -c rules in
	exec 9>&-
	wait $!
	wants 3
	[[ $stderr == *'held by nc-alert'* ]]
	# No folder can be made.
	: >file
	run --separate-stderr same_state file/s in
	wants 3
	HOME='' XDG_STATE_HOME='' run --separate-stderr nc-alert -o -c rules in
	wants 2
	[[ $stderr == *'--state none'* ]]
}

@test "rules that change: episodes are kept, those of no rule are removed" {
	echo 'alert a on host { warn if load1 > 1 }; alert b on host { warn if load1 > 1 }' >rules
	sample $T h1 host h1 '"load1":2' >in
	printf '{"v":1,"kind":"tick","ts":%d}\n' $((T + 5)) >>in
	same_state s in >one
	[ "$(wc -l <one)" = 2 ]
	echo 'alert a on host { warn if load1 > 1.5; crit if load1 > 9 }' >rules
	sample $((T + 10)) h1 host h1 '"load1":2' >in
	sample $((T + 20)) h1 host h1 '"load1":0' >>in
	printf '{"v":1,"kind":"tick","ts":%d}\n' $((T + 25)) >>in
	same_state s in >two
	[ "$(jq -r '[.alert, .change, .state] | join(" ")' two)" = 'b removed resolved
a resolved resolved' ]
	[ "$(jq -r 'select(.alert == "a").episode' one)" = \
	    "$(jq -r 'select(.alert == "a").episode' two)" ]
}

@test "a start that waits for hosts never heard of" {
	{
		for k in $(seq 0 5); do
			printf '{"v":1,"kind":"tick","ts":%d}\n' $((T + 10 * k))
		done
	} >in
	same_state s in | jq -r 'select(.alert == "gone") | [.ts, .host, .change] | join(" ")' >got
	[ "$(cat got)" = "$((T + 40)) h9 opened" ]
}

@test "while it was stopped nobody listened: that is no silence" {
	echo 'alert gone on host { crit if absent(60s) }
	alert a on vm { warn if load > 1; nodata 60s then crit }' >rules
	ticks() {
		for k in $(seq "$1" 10 "$2"); do
			printf '{"v":1,"kind":"tick","ts":%d,"interval":10}\n' $((T + k))
		done
	}
	{
		sample $T h1
		sample $T h1 vm u1 '"load":0'
		sample $((T - 70)) h2
		ticks 0 20
	} >one
	{
		ticks 600 630
		sample $((T + 635)) h1
		ticks 640 720
	} >two
	for file in one two; do same_state s $file; done |
	    jq -r '[.ts - '$T', .alert, .id, .change] | map(tostring) | join(" ")' >got
	# h2 was silent before; of the others it counts from the first tick on.
	[ "$(cat got)" = '0 gone h2 opened
660 a u1 nodata
700 gone h1 opened' ] || fail "$(cat got)"
}

# --- crashes ------------------------------------------------------------------

# points: "CALL N" for each call of a clean run of the second half, thinned.
points() {
	rm -rf s
	cp -r base s
	strace -qq -o trace -e "trace=$calls" \
	    nc-alert --state s -o -c rules two >/dev/null
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' trace | sort | uniq -c |
	    while read -r n name; do
		for i in $(seq 1 "$n"); do
			[ -n "${NC_SLOW-}" ] || [ $((n - i)) -lt 1 ] ||
			    [ $((i % 4)) -eq 1 ] || continue
			echo "$name $i"
		done
	done
}

tried() {
	need strace
	! sanitized || skip 'a sanitizer and strace are in each other'"'s way"
	strace -qq -o /dev/null true 2>/dev/null || skip 'strace may not trace'
	calls=write,fsync,rename,renameat,renameat2,openat,unlink,unlinkat,flock,fcntl,ftruncate,chmod,fchmod,close,exit_group
	[ -z "${NC_SLOW-}" ] || calls=all
	made 1 24 >in
	nc-alert --state none -o -c rules in >whole
	head -n 90 in >one
	tail -n +91 in >two
	rm -rf base
	same_state base one >first
}

# The same input again, as cron would: with what was out before the crash, no
# record is missing, none has another id, none is out of order.
recovers() {
	same_state s two >again 2>err || fail "$1: $(cat err)" || return
	[ ! -e s/state.bad ] || fail "$1: torn" || return
	# Whole lines that were out before, then those of the rerun.
	grep '}$' before >lines || :
	cat first lines again | awk '!seen[$0]++' >got
	same whole got || fail "$1"
}

@test "SIGKILL at every call of a run: none lost, none under two ids" {
	local pass=0 n=0 name i
	tried
	points >list
	while read -r name i; do
		n=$((n + 1))
		rm -rf s
		cp -r base s
		strace -qq -o /dev/null -e "trace=$name" \
		    -e "inject=$name:signal=SIGKILL:when=$i" \
		    nc-alert --state s -o -c rules two >before 2>/dev/null || :
		recovers "$name $i killed"
		pass=$((pass + 1))
	done <list
	echo "# killed: $pass/$n" >&3
	[ "$n" -gt 15 ]
}

@test "EIO and ENOSPC at every write and fsync: said, and nothing lost" {
	local pass=0 n=0 name i error
	tried
	points | grep -E '^(write|fsync|rename|openat) ' >list
	while read -r name i; do
		for error in EIO ENOSPC; do
			n=$((n + 1))
			rm -rf s
			cp -r base s
			rc=0
			strace -qq -o /dev/null -e "trace=$name" \
			    -e "inject=$name:error=$error:when=$i" \
			    nc-alert --state s -o -c rules two >before 2>said || rc=$?
			# Not done, or done all the same: a library that could
			# not be opened at first, say.
			[ $rc = 0 ] || [ -s said ] || fail "$name $i: mute"
			[ $rc != 0 ] || cmp -s <(cat first before) whole ||
			    fail "$name $i $error: status 0, and not whole"
			recovers "$name $i $error"
			pass=$((pass + 1))
		done
	done <list
	echo "# refused: $pass/$n" >&3
	[ "$n" -gt 10 ]
}
