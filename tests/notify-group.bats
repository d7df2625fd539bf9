#!/usr/bin/env bats
# What nc-notify makes of many alerts: groups, digests, reminders, limits,
# fallbacks, escalations, windows and rotas, and what a crash leaves of them.

load lib

setup() {
	sandbox
	export NC_STATE_DIR=$PWD/state
	spool=$PWD/state/nc-notify
	pid='' open=''
	printf '#!/bin/sh\nids=$(jq -r .event_id | xargs)\necho "$ids" >>"$1.told"\n' >log
	chmod +x log
	base=$(date +%s)
}

teardown() {
	[ -z "$pid" ] || stop "$pid"
	[ -z "$open" ] || rm -rf "$open"
}

# alert EPISODE EVENT SEQ STATE CHANGE [SEVERITY [MORE]]: one alert record.
alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv%s","source":"nc-alert","entity":"host","id":"hv","alert":"load","fingerprint":"%s","episode":"%s","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"%s","start":%s%s}\n' \
	    $((base + $3)) "${1: -1}" "${1}ffff" "$1" "$2" "$3" "$4" "$5" \
	    "${6:-warn}" "$base" "${7-}"
}

incident() {
	printf ',"incident":"%s"' "$1"
}

# logs NAME [OPTIONS]: a channel; each message is a line of its event ids.
logs() {
	printf 'channel %s exec "%s/log" "%s" { %s }\n' "$1" "$PWD" \
	    "$PWD/$1" "${2-}"
}

# fails NAME [OPTIONS]: a channel that is never reached.
fails() {
	printf 'channel %s exec "/bin/sh" "-c" "echo x >>%s.tried; exit 75" { %s }\n' \
	    "$1" "$PWD/$1" "${2-}"
}

told() {
	[ ! -e "$1.told" ] || paste -sd/ "$1.told"
}

accept() {
	timeout 20 nc-notify --spool-only -c c "$@"
}

daemon() {
	nc-notify run -c c 2>err 3>&- &
	pid=$!
	until_true 10 test -s "$spool/deliver.lock" || fail "$(cat err)"
}

count() {
	find "$spool/$1" -type f | wc -l
}

@test "a group is one message; firing and end, both unsent, one line of it" {
	{ logs a; echo 'match to a group by incident wait 1h update 1h'; } >c
	{
		alert aaaa01 01 0 firing opened warn "$(incident beef)"
		alert aaaa02 02 1 firing opened crit "$(incident beef)"
		alert aaaa03 03 2 firing opened warn "$(incident cafe)"
		alert aaaa01 04 3 resolved resolved warn "$(incident beef)"
		alert aaaa04 05 4 firing opened
	} | timeout 20 nc-notify -c c
	# At the end of input nothing waits for more to come together.
	[ "$(sort a.told | paste -sd/)" = '02 04/03/05' ] || fail "$(told a)"
	[ "$(count new)" -eq 0 ] && [ "$(count sent)" -eq 5 ]
	alert aaaa02 06 5 resolved resolved crit "$(incident beef)" |
	    timeout 20 nc-notify -c c
	[ "$(tail -n 1 a.told)" = 06 ] || fail 'the end of one that was told'
}

@test "a daemon waits for a group, and between its messages" {
	{ logs a; echo 'match to a group by incident wait 1s update 2s'; } >c
	daemon
	alert aaaa01 01 0 firing opened warn "$(incident beef)" | accept
	sleep 0.3
	alert aaaa02 02 0 firing opened warn "$(incident beef)" | accept
	[ -z "$(told a)" ] || fail 'too early'
	until_true 4 test -s a.told
	alert aaaa03 03 0 firing opened warn "$(incident beef)" | accept
	sleep 0.5
	[ "$(told a)" = '01 02' ] || fail "$(told a)"
	until_true 4 sh -c '[ "$(wc -l <a.told)" = 2 ]'
	[ "$(told a)" = '01 02/03' ] || fail "$(told a)"
}

@test "what fires is told again, later each time, until it is over or seen" {
	{ logs a; echo 'match to a repeat 1s backoff x2 max 1h'; } >c
	daemon
	alert aaaa01 01 0 firing opened | accept
	alert aaaa02 02 0 firing opened | accept
	alert aaaa02 03 1 firing acked | accept
	until_true 8 sh -c '[ "$(grep -c 01 a.told)" = 3 ]' || fail "$(told a)"
	[ "$(grep -c 02 a.told)" -eq 1 ] || fail 'told again though seen'
	ls "$spool"/new/aaaa01.000000p.01.a || fail 'the reminder'
	alert aaaa01 04 2 resolved resolved | accept
	until_true 4 grep -q 04 a.told
	until_true 4 sh -c "[ -z \"\$(ls $spool/new)\" ]" || fail 'it is over'
}

@test "a limit makes a digest of what waits, critical first" {
	{ logs a 'limit 1/s burst 2'; echo 'match to a'; } >c
	for i in 1 2 3 4 5; do
		alert aaaa0$i 0$i 0 firing opened
	done >in
	alert aaaa06 06 1 firing opened crit >>in
	timeout 20 nc-notify -c c in
	[ "$(wc -l <a.told)" -eq 3 ] || fail "$(told a)"
	# Two at a time, in any order.
	head -n 2 a.told | grep -qx 06 || fail "critical first: $(told a)"
	[ "$(tr ' ' '\n' <a.told | sort -u | wc -l)" -eq 6 ] || fail 'all'
}

@test "a day's limit: the last message says so, then the fallback is told" {
	{ logs b; logs a 'limit 2/day; fallback b'; echo 'match to a'; } >c
	for i in 1 2 3 4; do
		alert aaaa0$i 0$i 0 firing opened | timeout 20 nc-notify -c c \
		    2>>err || [ $? -eq 1 ]
	done
	[ "$(told a)" = 01/02 ] || fail "a: $(told a)"
	[ "$(told b)" = 03/04 ] || fail "b: $(told b)"
	grep -q "today's limit is spent" err || fail said
	[ "$(count new)" -eq 2 ] || fail 'they still wait for a'
	# The end of one that b was told goes to b.
	alert aaaa03 05 1 resolved resolved | timeout 20 nc-notify -c c || :
	[ "$(tail -n 1 b.told)" = 05 ] || fail "$(told b)"
}

@test "a fallback hears of what died, and of what a broken channel keeps" {
	{
		logs b
		echo 'channel dead exec "/bin/false" { fallback b }'
		fails broken 'fallback b'
		echo 'match severity = crit to dead'
		echo 'match severity = warn to broken'
	} >c
	alert aaaa01 01 0 firing opened crit |
	    timeout 20 nc-notify -c c 2>err || [ $? -eq 1 ]
	[ "$(told b)" = 01 ] || fail "$(told b)"
	for i in 2 3 4 5; do
		alert aaaa0$i 0$i 0 firing opened
	done | timeout 20 nc-notify -c c 2>err || [ $? -eq 1 ]
	[ "$(sort b.told | xargs)" = '01 02 03 04 05' ] ||
	    fail "$(told b) $(cat err)"
	[ "$(count new)" -eq 4 ] && [ "$(count dead)" -eq 1 ] || fail 'kept'
}

@test "an escalation goes on until somebody has seen it" {
	{
		logs a
		logs b
		logs boss
		echo 'escalation x { a; after 1s unless acked b; after 2s unless acked boss; repeat last 1s max 2 }'
		echo 'match to x'
	} >c
	alert aaaa01 01 0 firing opened crit | accept
	alert aaaa02 02 0 firing opened crit | accept
	alert aaaa02 03 1 firing acked crit | accept
	daemon
	until_true 10 sh -c '[ "$(wc -l <boss.told 2>/dev/null)" = 3 ]' ||
	    fail "$(told a) $(told b) $(told boss) $(cat err)"
	[ "$(told b)" = 01 ] || fail "b: $(told b)"
	[ "$(told boss)" = 01/01/01 ] || fail "boss: $(told boss)"
	[ "$(tr '/' '\n' <<<"$(told a)" | sort | xargs)" = '01 02 03' ] ||
	    fail "a: $(told a)"
	alert aaaa01 04 2 resolved resolved crit | accept
	for who in a b boss; do
		until_true 5 grep -q 04 $who.told || fail "its end to $who"
	done
	stop $pid
	pid=
	[ -z "$(find "$spool/new" -type f ! -name 'aaaa02*')" ] ||
	    fail "$(ls "$spool/new")"
}

@test "an escalation needs no daemon: each run takes the steps that are due" {
	{
		logs a
		logs b
		echo 'escalation x { a; after 1s unless acked b }'
		echo 'match to x'
	} >c
	alert aaaa01 01 0 firing opened crit | timeout 20 nc-notify -c c
	[ "$(told a)" = 01 ] && [ -z "$(told b)" ] || fail 'the first step'
	sleep 1.1
	timeout 20 nc-notify drain -c c
	timeout 20 nc-notify drain -c c
	[ "$(told a)" = 01 ] && [ "$(told b)" = 01 ] || fail 'the second, once'
}

@test "windows and rotas decide by civil time" {
	{
		logs a
		logs b
		logs c
		echo 'window nights { every day 20:00-07:00 tz "Europe/Berlin" }'
		echo 'rota ops { a 2026-11-23/7d; b; tz "Europe/Berlin" }'
		echo 'match severity = crit in nights to c quick'
		echo 'match to ops'
	} >c
	t() {
		run --separate-stderr nc-notify -T -c c "$@"
		wants 0 && last=${lines[-1]}
	}
	# Winter: 19:00Z is 20:00 there; summer: 18:00Z.
	t severity=crit at=2026-12-01T18:59Z
	[ "$last" = b ] || fail "day: $last"
	t severity=crit at=2026-12-01T19:00Z
	[ "$last" = c ] || fail "night: $last"
	t severity=crit at=2027-07-01T18:00Z
	[ "$last" = c ] || fail "a summer's night: $last"
	t severity=warn at=2026-12-01T19:00Z
	[ "$last" = b ] || fail "warn: $last"
	t severity=warn at=2026-11-29T22:59Z
	[ "$last" = a ] || fail "the end of a turn: $last"
	t severity=warn at=2026-11-29T23:00Z
	[ "$last" = b ] || fail "the next turn: $last"
}

@test "a storm is a digest for people; machines are told of each" {
	{
		logs a
		echo "channel s sendmail \"$PWD/mail\" { from \"nc@x.example\"; to \"ops@x.example\" }"
		echo 'set storm 5 in 1m'
		echo 'match to a, s'
	} >c
	printf '#!/bin/sh\ncat >%s/mail.$$\n' "$PWD" >mail
	chmod +x mail
	for i in $(seq 10 29); do
		alert aaaa$i $i 0 firing opened
	done >in
	timeout 20 nc-notify -c c in
	[ "$(wc -l <a.told)" -eq 20 ] || fail "each: $(told a)"
	[ "$(find . -name 'mail.*' | wc -l)" -eq 1 ] || fail "$(ls)"
	grep -q '20 firing' mail.* || fail "$(cat mail.*)"
}

@test "killed between a group's answer and its note: the same again, no more" {
	need strace
	! sanitized || skip 'a sanitizer and strace are in each other'"'s way"
	{ logs a; echo 'match to a group by incident wait 0s'; } >c
	for i in 1 2 3; do
		alert aaaa0$i 0$i 0 firing opened warn "$(incident beef)"
	done >in
	accept in
	cp -a "$spool" kept
	strace -qq -o trace -e trace=fdatasync,renameat \
	    nc-notify -q drain -c c 3>&-
	for call in fdatasync renameat; do
		for i in $(seq 1 "$(grep -c "^$call(" trace)"); do
			[ -n "${NC_SLOW-}" ] || [ $((i % 2)) -eq 1 ] || continue
			rm -rf "$spool" a.told
			cp -a kept "$spool"
			(strace -qq -o /dev/null -e "trace=$call" \
			    -e "inject=$call:signal=SIGKILL:when=$i" \
			    nc-notify -q drain -c c 3>&-) >/dev/null 2>&1 || :
			sleep 0.05
			# One more comes meanwhile: it is no part of it.
			alert aaaa04 04 1 firing opened warn \
			    "$(incident beef)" | accept
			timeout 20 nc-notify -q drain -c c
			[ "$(tr ' ' '\n' <a.told | sort -u | xargs)" = \
			    '01 02 03 04' ] || fail "$call $i: $(told a)" ||
			    return
			not grep -qv -e '^01 02 03$' -e '^04$' \
			    -e '^01 02 03 04$' a.told &&
			    [ "$(wc -l <a.told)" -le 3 ] ||
			    fail "$call $i: $(told a)" || return
			[ "$(count new)" -eq 0 ] || fail "$call $i: left" ||
			    return
		done
	done
}

@test "20,000 waiting: each told once, in order, and never all in memory" {
	[ -n "${NC_SLOW-}" ] || skip 'NC_SLOW=1: it takes a minute'
	printf '#!/bin/sh\njq -r .event_id >>%s/a.told\n' "$PWD" >many
	chmod +x many
	# Grouped, so that it does not take a program for each.
	{
		echo "channel a exec \"$PWD/many\""
		echo 'match to a group by alert'
	} >c
	awk 'BEGIN { for (i = 0; i < 20000; i++) printf "{\"v\":1,\"kind\":\"alert\",\"ts\":%d,\"host\":\"hv\",\"source\":\"nc-alert\",\"entity\":\"host\",\"id\":\"hv\",\"alert\":\"load\",\"fingerprint\":\"%06x\",\"episode\":\"%06x\",\"event_id\":\"%06x\",\"seq\":0,\"state\":\"firing\",\"change\":\"opened\",\"severity\":\"warn\",\"start\":1763800000}\n", 1763800000 + i, i, i, i }' \
	    >in
	accept in
	nc-notify drain --drain 100s -c c &
	pid=$!
	until_true 5 test -s a.told
	rss=$(awk '/^VmHWM/ { print $2 }' /proc/$pid/status)
	sanitized || [ "$rss" -le 32768 ] || fail "$rss KiB"
	wait $pid || fail "status $?"
	pid=
	[ "$(wc -l <a.told)" -eq 20000 ] && sort -uc a.told ||
	    fail "$(wc -l a.told)"
	[ "$(count new)" -eq 0 ] && [ "$(count sent)" -eq 20000 ]
}

@test "the clock is set back and forward an hour: nothing is late, early or lost" {
	local lib
	[ -n "${NC_SLOW-}" ] || skip 'NC_SLOW=1: it waits for tries and steps'
	lib=$(find /usr/lib -name libfaketime.so.1 -print -quit)
	[ -n "$lib" ] || skip 'libfaketime is not there'
	! sanitized || skip 'a sanitizer and a preloaded clock are in each other'"'s way"
	{
		logs a 'ttl 30m'
		fails late 'ttl 30m'
		logs b
		echo 'escalation x { a; after 2s unless acked b; after 3h a }'
		echo 'match severity = crit to x'
		echo 'match severity = warn to late, a'
	} >c
	for step in -1h +1h; do
		rm -rf "$spool" ./*.told ./*.tried
		echo +0 >clock
		FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1 \
		    FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD=$lib \
		    nc-notify run -q -c c 2>err 3>&- &
		pid=$!
		until_true 10 test -s "$spool/deliver.lock"
		alert aaaa01 01 0 firing opened crit | accept
		alert aaaa02 02 0 firing opened warn | accept
		until_true 5 test -s a.told && until_true 5 test -s late.tried ||
		    fail "$(cat err)"
		echo $step >clock
		# The step that is due, and the next try, at most 5 s away.
		until_true 6 test -s b.told || fail "$step: no step: $(cat err)"
		until_true 9 sh -c '[ "$(wc -l <late.tried)" -ge 2 ]' ||
		    fail "$step: no second try: $(cat err)"
		stop $pid
		pid=
		[ "$(count dead)" -eq 0 ] || fail "$step: dead"
		[ "$(sort a.told | xargs)" = '01 02' ] || fail "$step: $(told a)"
	done
	# The next process, by a clock that was set back meanwhile.
	rm -rf "$spool" late.tried
	alert aaaa03 03 0 firing opened warn |
	    LD_PRELOAD=$lib FAKETIME=+1h timeout 20 nc-notify -q -c c || :
	timeout 20 nc-notify -q drain -c c || :
	[ "$(wc -l <late.tried)" -eq 2 ] || fail 'an hour late'
}

@test "permission lost in mid-run: said, nothing lost, status 3; then all is told" {
	[ "$(id -u)" -eq 0 ] || skip 'it takes root to become somebody else'
	open=$(mktemp -d "/tmp/notify.XXXXXX")
	cp "$(command -v nc-notify)" log "$open"
	cd "$open"
	export NC_STATE_DIR=$open/state PATH=$open:$PATH
	spool=$open/state/nc-notify
	{ logs a; echo 'match to a'; } >c
	mkdir -p "$spool"
	chown -R nobody "$open"
	as() {
		setpriv --reuid=65534 --clear-groups "$@"
	}
	alert aaaa01 01 0 firing opened >in1
	alert aaaa02 02 0 firing opened >in2
	as timeout 20 nc-notify -q --spool-only -c c in1
	mkfifo pipe
	as nc-notify --spool-only -c c pipe 2>err 3>&- &
	pid=$!
	exec 8>pipe
	cat in1 >&8
	sleep 0.3
	chown root "$spool/tmp" "$spool/new"
	chmod 500 "$spool/tmp" "$spool/new"
	cat in2 >&8
	exec 8>&-
	rc=0
	wait $pid || rc=$?
	pid=
	[ $rc -eq 3 ] && grep -q 'Permission denied' err ||
	    fail "$rc $(cat err)"
	chown -R nobody "$spool"
	chmod 700 "$spool/tmp" "$spool/new"
	as timeout 20 nc-notify -c c in2
	[ "$(sort a.told | xargs)" = '01 02' ] || fail "$(told a)"
}
