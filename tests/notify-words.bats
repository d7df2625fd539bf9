#!/usr/bin/env bats
# The words of nc-notify that an operator asks with: why, stat, hold, render,
# probe; another configuration while it runs; a dead man's switch; secrets
# that a program says.

load lib

setup() {
	sandbox
	export NC_STATE_DIR=$PWD/state
	spool=$PWD/state/nc-notify
	pid='' sink=''
	printf '#!/bin/sh\njq -r .event_id >>"$1.told"\n' >log
	chmod +x log
}

teardown() {
	[ -z "$pid" ] || stop "$pid"
	[ -z "$sink" ] || stop "$sink"
}

# alert EPISODE EVENT SEQ STATE CHANGE [SEVERITY [MORE]]: one alert record.
alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv07","source":"nc-alert","entity":"host","id":"hv07","alert":"load","fingerprint":"%s","episode":"%s","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"%s","start":1763800000%s}\n' \
	    $((1763800000 + 60 * $3)) "${1}ffff" "$1" "$2" "$3" "$4" "$5" \
	    "${6:-crit}" "${7-}"
}

logs() {
	printf 'channel %s exec "%s/log" "%s" { %s }\n' "$1" "$PWD" \
	    "$PWD/$1" "${2-}"
}

start_sink() {
	python3 "$TOP/tests/sink.py" port requests 3>&- &
	sink=$!
	until_true 10 test -e port || fail 'no sink'
	port=$(cat port)
}

daemon() {
	nc-notify run -v -c c 2>err 3>&- &
	pid=$!
	until_true 10 test -s "$spool/deliver.lock" || fail "$(cat err)"
}

@test "why tells the story of an alert, of its end, and of who was not told" {
	{
		logs a
		echo 'channel b exec "/bin/sh" "-c" "echo no such pager >&2; exit 3"'
		echo 'match to a'
		echo 'match severity = crit to b'
	} >c
	{
		alert aaaa01 01 0 firing opened crit ',"incident":"beef"'
		alert aaaa01 02 1 resolved resolved crit ',"incident":"beef"'
		alert bbbb01 03 0 firing opened crit ',"muted":["silence by anna"]'
	} >in
	timeout 20 nc-notify -q -c c <(head -n 1 in) || :
	timeout 20 nc-notify -q -c c <(tail -n 2 in) || :
	for id in aaaa01 aaaa01f 01 beef; do
		run --separate-stderr nc-notify why -c c $id
		wants 0
		[[ $output == *'event 01: crit load on hv07'* ]] || fail "$id"
	done
	run --separate-stderr nc-notify why -c c aaaa01
	[[ $output == *'rules that hold, as they are now: c:3 c:4: a, b'* ]] ||
	    fail rules
	[[ $output == *'a: sent 1 '* && $output == *'b: dead 1 '*'no such pager'* ]] ||
	    fail results
	[[ $output == *'event 02: resolved crit'*'goes to those who were told'* ]] ||
	    fail 'its end'
	sort -c <<<"$(cut -d' ' -f1 <<<"$output")" || fail 'in order of time'
	run --separate-stderr nc-notify why -c c bbbb01
	wants 0
	[[ $output == *'event 03: told to nobody: muted'* ]] || fail muted
	run --separate-stderr nc-notify why -c c ffff
	wants 1
}

@test "stat is a table of channels, and a check for cron" {
	{
		logs a
		echo 'channel b exec "/bin/sh" "-c" "exit 75"'
		echo 'channel c exec "/bin/false"'
		echo 'match to a, b, c'
	} >c
	alert aaaa01 01 0 firing opened | timeout 20 nc-notify -q -c c || :
	run --separate-stderr nc-notify stat
	wants 0
	read -r _ waiting deferred _ dead sent _ <<<"$(grep '^a ' <<<"$output")"
	[ "$waiting $deferred $dead $sent" = '0 0 0 1' ] || fail a
	read -r _ waiting deferred _ dead sent _ <<<"$(grep '^b ' <<<"$output")"
	[ "$waiting $deferred $dead $sent" = '1 1 0 0' ] || fail b
	read -r _ waiting deferred _ dead sent _ <<<"$(grep '^c ' <<<"$output")"
	[ "$waiting $deferred $dead $sent" = '0 0 1 0' ] || fail c
	run nc-notify stat --max-age 1h
	[ "$status" -eq 0 ] || fail 'nothing waits that long'
	sleep 1.1
	run nc-notify stat --max-age 1s
	[ "$status" -eq 1 ] || fail 'something does'
}

@test "a channel that is held is told when it is released" {
	{ logs a; logs b; echo 'match to a, b'; } >c
	nc-notify hold -c c a
	nc-notify hold -c c b 1s
	[ "$(nc-notify hold -c c | sort | head -n 1)" = a ] || fail list
	daemon
	alert aaaa01 01 0 firing opened |
	    timeout 20 nc-notify --spool-only -c c
	until_true 5 test -s b.told || fail 'its time is over'
	[ ! -e a.told ] || fail held
	nc-notify release a
	until_true 5 test -s a.told || fail released
	run --separate-stderr nc-notify release a
	wants 1
	run --separate-stderr nc-notify hold -c c b 0
	wants 2
	[[ $stderr == *'above zero'* ]] || fail 'no hold without an end'
	run --separate-stderr nc-notify hold -c c nobody
	wants 2
}

@test "render shows what would be sent, and no secret" {
	printf 'https://hooks.example/services/hunter2\n' >url
	printf 'aHVudGVyMg==\n' >key
	chmod 600 url key
	cat >c <<-END
	channel hook webhook secret file "$PWD/url" { sign secret file "$PWD/key" }
	channel mail smtp "smtp://127.0.0.1:1" {
		from "nc@hv.example"; to "a@x.example", "b@x.example"
		title "{severity|upper}: {alert}"
	}
	match to hook, mail
	END
	alert aaaa01 01 0 firing opened >in
	run --separate-stderr nc-notify render -c c hook <in
	wants 0
	[[ $output != *hunter2* && $output != *aHVu* && $output == *'***'* ]] ||
	    fail secret
	[[ $output == *'webhook-id: 01'* && $output == *"$(cat in)"* ]] ||
	    fail 'the bytes'
	run --separate-stderr nc-notify render -c c mail in
	wants 0
	[[ $output == *'Subject: CRIT: load'* ]] || fail 'its title'
	[ "$(grep -c '^To: ' <<<"$output")" -eq 2 ] || fail 'each recipient'
	run --separate-stderr nc-notify render -c c nobody in
	wants 2
	[ ! -e "$spool/new" ] || [ -z "$(ls "$spool/new")" ]
}

@test "probe sends one message that says it is a test" {
	start_sink
	cat >c <<-END
	channel good webhook "http://127.0.0.1:$port/ok"
	channel bad webhook "http://127.0.0.1:$port/status/404"
	match to good
	END
	run --separate-stderr nc-notify probe -c c good
	wants 0
	[[ $output == 'good: sent in 0.'* ]] || fail "$output"
	[ "$(wc -l <requests)" -eq 1 ] || fail once
	jq -r .body requests | grep -q test || fail 'says so'
	run --separate-stderr nc-notify probe -c c bad
	wants 1
	[[ $output == 'bad: refused in '*', 404: '* ]] || fail "$output"
}

@test "SIGHUP: a good configuration is taken, a bad one leaves the old" {
	{ logs a; echo 'match to a'; } >c
	daemon
	alert aaaa01 01 0 firing opened | nc-notify --spool-only -c c
	until_true 5 test -s a.told
	cp c c.old
	{ logs a; logs b; echo 'match to a, b'; } >c
	kill -HUP $pid
	until_true 5 grep -q 'read again' err || fail "$(cat err)"
	alert aaaa02 02 0 firing opened | nc-notify --spool-only -c c
	until_true 5 grep -q 02 b.told || fail "$(cat err)"
	echo 'match to nobody' >c
	kill -HUP $pid
	until_true 5 grep -q 'stays in force' err || fail "$(cat err)"
	grep -q 'c:1:10: no channel nobody above' err || fail 'why'
	alert aaaa03 03 0 firing opened | nc-notify --spool-only -c c.old
	until_true 5 grep -q 03 a.told || fail 'it goes on'
	kill -TERM $pid
	wait $pid || fail "status $?"
	pid=
}

@test "a dead man's switch is told as long as records come" {
	start_sink
	{
		echo "channel hc heartbeat \"http://127.0.0.1:$port/ok\" { every 1s }"
		logs a
		echo 'match to a'
	} >c
	# In a pipe: two records, then silence.
	{
		echo '{"v":1,"kind":"tick","ts":1763800000,"source":"x"}'
		sleep 1.3
		echo '{"v":1,"kind":"tick","ts":1763800001,"source":"x"}'
		sleep 1.2
	} | timeout 20 nc-notify -c c
	n=$(grep -c /ok requests)
	[ "$n" -ge 1 ] && [ "$n" -le 3 ] || fail "$n beats"
	rm requests
	daemon
	sleep 1.4
	[ "$(grep -c /ok requests)" -ge 2 ] || fail "$(cat requests)"
	echo 'match to hc' >>c
	run --separate-stderr nc-notify -C -c c
	wants 2
	[[ $stderr == *'hc is beaten'* ]] || fail "$stderr"
}

@test "a secret that a program says" {
	start_sink
	printf '#!/bin/sh\necho said >>%s/said\necho "http://127.0.0.1:%s/ok"\n' \
	    "$PWD" "$port" >tell
	chmod +x tell
	{
		echo "channel a webhook secret command \"$PWD/tell\" \"x\""
		echo 'match to a'
	} >c
	for i in 1 2 3; do
		alert aaaa0$i 0$i 0 firing opened
	done | timeout 20 nc-notify -c c || fail "status $?"
	[ "$(wc -l <requests)" -eq 3 ] || fail 'told'
	[ "$(wc -l <said)" -eq 1 ] || fail 'asked once'
	printf '#!/bin/sh\nexit 1\n' >tell
	run --separate-stderr nc-notify -C -c c
	wants 2
	[[ $stderr == *'did not say the secret'* ]] || fail "$stderr"
}

@test "a spool that is not there is not made by who only looks" {
	for word in queue stat 'drop x' 'release x'; do
		# shellcheck disable=SC2086
		run --separate-stderr nc-notify --spool nowhere $word
		wants 3
		[[ $stderr == *'nowhere: there is no spool'* ]]
		[ ! -e nowhere ]
	done
}
