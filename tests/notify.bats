#!/usr/bin/env bats
# nc-notify as an operator sees it: who is told, how often, in which order,
# and what the spool holds afterwards.

load lib

setup() {
	sandbox
	export NC_STATE_DIR=$PWD/state
	spool=$PWD/state/nc-notify
	sink=
}

teardown() {
	[ -z "$sink" ] || stop "$sink"
}

# alert EPISODE EVENT SEQ STATE CHANGE [SEVERITY [MORE]]: one alert record.
alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv07","source":"nc-alert","entity":"host.fs","id":"/var","labels":{"team":"storage"},"alert":"disk-full","fingerprint":"%s","episode":"%s","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"%s","start":1763800000%s}\n' \
	    $((1763800000 + 60 * $3)) "${1}ffff" "$1" "$2" "$3" "$4" "$5" \
	    "${6:-crit}" "${7-}"
}

# logs NAME: a channel that appends the records it is told of to a file.
logs() {
	printf 'channel %s exec "/bin/sh" "-c" "cat >>%s.told"\n' "$1" "$PWD/$1"
}

# events FILE: the event ids in it, one a line.
events() {
	[ ! -e "$1" ] || jq -r .event_id "$1"
}

count() {
	find "$spool/$1" -type f | wc -l
}

start_sink() {
	python3 "$TOP/tests/sink.py" port requests "$@" 3>&- &
	sink=$!
	until_true 10 test -e port || fail 'no sink'
	port=$(cat port)
}

# --- what is sent ------------------------------------------------------------

@test "an alert reaches its channel as it is, and the spool keeps it as sent" {
	{ logs a; echo 'match to a'; } >c
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 0
	[ -z "$output$stderr" ] || fail 'nothing to say'
	same in a.told
	[ "$(count new)" -eq 0 ] && [ "$(count sent)" -eq 1 ] &&
	    [ "$(count dead)" -eq 0 ] && [ "$(count tmp)" -eq 0 ] ||
	    fail "$(find "$spool")"
}

@test "the same alert again, by any way, is told once" {
	{ logs a; echo 'match to a'; } >c
	alert aaaaaaaa 00000001 0 firing opened >in
	timeout 20 nc-notify -c c in
	timeout 20 nc-notify -c c in in
	cat in in | timeout 20 nc-notify -c c
	timeout 20 nc-notify -c c --spool-only in
	timeout 20 nc-notify drain -c c
	[ "$(wc -l <a.told)" -eq 1 ] || fail "$(cat a.told)"
}

@test "-p passes everything on, and valid receipts" {
	{ logs a; echo 'match to a'; } >c
	{ sample 1763800000; alert aaaaaaaa 00000001 0 firing opened; } >in
	run --separate-stderr timeout 20 nc-notify -p -c c in
	wants 0
	printf '%s\n' "${lines[@]}" >out
	head -n 2 out >passed
	same in passed
	[ "$(sed -n 3p out | jq -r '.kind, .channel, .result, .attempt' |
	    xargs)" = 'delivery a sent 1' ] || fail 'a receipt'
	/usr/bin/python3 "$TOP/tests/schema.py" <out
	cat "$spool"/ledger/*.ndjson >ledger
	same <(sed -n 3p out) ledger
}

@test "an end goes to those who were told, whatever the rules say now" {
	{ logs a; logs b; echo 'match to a'; } >c
	{ logs a; logs b; echo 'match to b'; } >c2
	alert aaaaaaaa 00000001 0 firing opened |
	    timeout 20 nc-notify -c c
	alert aaaaaaaa 00000002 1 resolved resolved |
	    timeout 20 nc-notify -c c2
	alert bbbbbbbb 00000003 0 resolved resolved |
	    timeout 20 nc-notify -c c2
	[ "$(events a.told | xargs)" = '00000001 00000002' ] || fail 'a'
	[ ! -e b.told ] || fail 'b was told of an end without a beginning'
	grep -q '"event_id":"00000003".*"result":"muted"' \
	    "$spool"/ledger/*.ndjson || fail 'not in the ledger'
}

@test "pending and muted alerts go to the ledger and to nobody" {
	{ logs a; echo 'match to a'; } >c
	{
		alert aaaaaaaa 00000001 0 pending opened
		alert bbbbbbbb 00000002 0 firing opened crit \
		    ',"muted":["silence by anna"]'
		alert cccccccc 00000003 0 firing opened crit ',"muted":[ ]'
	} | timeout 20 nc-notify -c c
	[ "$(events a.told)" = 00000003 ] || fail "$(cat a.told)"
	[ "$(grep -c '"result":"muted"' "$spool"/ledger/*.ndjson)" -eq 2 ]
}

@test "firing and end, both unsent, become one message" {
	{ logs a; echo 'match to a'; } >c
	{
		alert aaaaaaaa 00000001 0 firing opened
		alert bbbbbbbb 00000009 0 firing opened
		alert aaaaaaaa 00000002 1 firing update
		alert aaaaaaaa 00000003 2 resolved resolved
	} >in
	timeout 20 nc-notify --spool-only -c c in
	timeout 20 nc-notify drain -c c
	[ "$(events a.told | sort | xargs)" = '00000003 00000009' ] ||
	    fail "$(cat a.told)"
	[ "$(count new)" -eq 0 ] && [ "$(count sent)" -eq 4 ]
}

@test "one fingerprint is told in order, also over failures" {
	cat >helper <<-'END'
	#!/bin/sh
	# Fails the first time it sees each event.
	read -r line
	id=$(printf %s "$line" | jq -r .event_id)
	[ -e "seen.$id" ] || { : >"seen.$id"; exit 75; }
	echo "$id" >>order
	END
	chmod +x helper
	echo "channel a exec \"$PWD/helper\"" >c
	echo 'match to a' >>c
	for i in 0 1 2; do
		alert aaaaaaaa 0000000$i $i firing update
	done | timeout 20 nc-notify --spool-only -c c
	timeout -s TERM 60 nc-notify run -c c 2>err 3>&- &
	pid=$!
	until_true 50 \
	    sh -c '[ "$(wc -l <order 2>/dev/null)" = 3 ]' || fail "$(cat err)"
	stop $pid
	[ "$(xargs <order)" = '00000000 00000001 00000002' ] || fail "$(cat order)"
}

@test "an alert without its ids is skipped, status 1" {
	{ logs a; echo 'match to a'; } >c
	{
		alert aaaaaaaa 00000001 0 firing opened |
		    sed 's/"event_id":"[^"]*",//'
		alert aaaaaaaa ../../etc 0 firing opened
		alert bbbbbbbb 00000002 0 firing opened
	} >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ "$(events a.told)" = 00000002 ] || fail 'the good one'
}

# --- channels ----------------------------------------------------------------

@test "exec: 75 is tried again, other failures are dead, both are told" {
	cat >c <<-END
	channel later exec "/bin/sh" "-c" "echo not now >&2; exit 75"
	channel never exec "/bin/sh" "-c" "exit 3"
	channel gone exec "$PWD/no such program"
	channel stuck exec "/bin/sleep" "60" { timeout 300ms }
	match to later, never, gone, stuck
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[[ $stderr == *'later: not delivered yet'*'not now'* ]] || fail later
	[[ $stderr == *'never: '*'not delivered, kept in dead/'* ]] || fail never
	[[ $stderr == *'stuck: not delivered yet'*'no answer in time'* ]] ||
	    fail stuck
	[ "$(count new)" -eq 3 ] && [ "$(count dead)" -eq 1 ] || fail spool
	run --separate-stderr nc-notify queue
	wants 0
	[ "$(grep -c '^deferred' <<<"$output")" -eq 3 ] &&
	    [ "$(grep -c '^dead' <<<"$output")" -eq 1 ] || fail queue
}

@test "exec: a clean environment, and nothing of the alert among arguments" {
	cat >c <<-END
	channel a exec "/bin/sh" "-c" "env >$PWD/env; cat >/dev/null"
	match to a
	END
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":"$(touch bad)"' |
	    SECRET=x timeout 20 nc-notify -c c
	[ ! -e bad ]
	grep -qx 'NC_EVENT_ID=00000001' env
	grep -qx 'NC_ATTEMPT=1' env
	not grep -q SECRET env
}

@test "local: a safe line in a file and in the system log" {
	cat >c <<-END
	channel f local file "$PWD/f"
	channel s local syslog { socket "$PWD/s" }
	match to f, s
	END
	python3 - s got <<-'END' 3>&- &
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	open(sys.argv[2], "wb").write(s.recv(65536))
	END
	pid=$!
	until_true 10 test -S s
	alert aaaaaaaa 00000001 0 firing opened crit \
	    ',"text":"x\u001b[31m\nred \u202e"' | timeout 20 nc-notify -c c
	wait $pid
	[ "$(wc -l <f)" -eq 1 ] || fail 'one line'
	grep -q 'crit disk-full on hv07 host.fs /var: x\\x1b\[31m\\nred' f ||
	    fail "$(cat -v f)"
	grep -q '^<26>nc-notify\[[0-9]*\]: crit disk-full' got || fail "$(cat got)"
	not grep -q $'\033' f got
}

@test "webhook: posted as it is, with its id; failures as the table says" {
	start_sink
	{
		for p in ok fail/1 later status/404 move close reset big; do
			name=${p//\//-}
			echo "channel $name webhook \"http://127.0.0.1:$port/$p\" { timeout 2s }"
			echo "match to $name"
		done
	} >c
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":"t\u00e4st"' >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ "$(jq -r 'select(.path == "/ok").body' requests)" = "$(cat in)" ] ||
	    fail 'the body is the record'
	jq -es 'map(select(.path == "/ok"))[0].headers |
	    .["webhook-id"] == "00000001" and .["nc-attempt"] == "1" and
	    .["content-type"] == "application/json"' requests >/dev/null ||
	    fail headers
	[ "$(jq -r .path requests | sort | uniq -c | awk '$1 != 1')" = '' ] ||
	    fail 'each once so far'
	cd "$spool"
	ls sent/*.ok sent/*.big dead/*.status-404 dead/*.move new/*.fail-1 \
	    new/*.later new/*.close new/*.reset || fail 'where they are'
}

@test "webhook: what failed is tried again under the same id" {
	start_sink
	cat >c <<-END
	channel a webhook "http://127.0.0.1:$port/fail/1"
	channel b webhook "http://127.0.0.1:$port/later"
	match to a, b
	END
	alert aaaaaaaa 00000001 0 firing opened |
	    timeout 20 nc-notify --spool-only -c c
	nc-notify run -c c 2>err 3>&- &
	pid=$!
	until_true 20 sh -c "[ \$(ls $spool/sent | wc -l) -eq 2 ]" ||
	    fail "$(cat err)"
	kill -TERM $pid
	wait $pid || fail "status $?"
	[ "$(jq -r '.headers["webhook-id"]' requests | sort -u)" = 00000001 ]
	[ "$(jq -r '.headers["nc-attempt"]' requests | sort | xargs)" = \
	    '1 1 2 2' ]
}

@test "webhook: signed so that another implementation agrees" {
	start_sink
	printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n' >key1
	printf 'c2Vjb25kIGtleSwgc2Vjb25kIGtleSEh\n' >key2
	chmod 600 key1 key2
	cat >c <<-END
	channel a webhook "http://127.0.0.1:$port/ok" {
		sign secret file "$PWD/key1"
		sign secret file "$PWD/key2"
	}
	match to a
	END
	alert aaaaaaaa 00000001 0 firing opened |
	    timeout 20 nc-notify -c c || fail "status $?"
	/usr/bin/python3 - <<-'END'
	import base64, hashlib, hmac, json, time
	r = json.loads(open("requests").readline())
	h = r["headers"]
	assert abs(time.time() - int(h["webhook-timestamp"])) < 60
	signed = f'{h["webhook-id"]}.{h["webhook-timestamp"]}.{r["body"]}'
	want = []
	for name in "key1", "key2":
	    key = open(name).read().strip().removeprefix("whsec_")
	    mac = hmac.new(base64.b64decode(key), signed.encode(),
	        hashlib.sha256)
	    want.append("v1," + base64.b64encode(mac.digest()).decode())
	assert h["webhook-signature"].split() == want, h
	END
}

@test "webhook: a certificate nobody vouches for is refused" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert \
	    -days 2 -subj /CN=localhost -addext \
	    'subjectAltName=IP:127.0.0.1' 2>/dev/null
	start_sink cert key
	cat >c <<-END
	channel trusted webhook "https://127.0.0.1:$port/ok" { cafile "$PWD/cert" }
	channel unknown webhook "https://127.0.0.1:$port/bad"
	channel named webhook "https://localhost:$port/bad" { cafile "$PWD/cert" }
	match to trusted, unknown, named
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ "$(jq -r .path requests | xargs)" = /ok ] || fail "$(cat requests)"
	[ "$(count new)" -eq 2 ]
}

@test "no channel delays another" {
	start_sink
	{
		logs a
		echo "channel h webhook \"http://127.0.0.1:$port/hang\" { timeout 3s }"
		echo 'channel s exec "/bin/sleep" "3" { timeout 3s }'
		echo 'match to h, s, a'
	} >c
	for i in 1 2 3 4 5 6 7 8; do
		alert aaaaaaa$i 0000000$i 0 firing opened
	done >in
	timeout 20 nc-notify --drain 5s -c c in 2>err 3>&- &
	pid=$!
	start=$(now_ms)
	until_true 3 sh -c '[ "$(wc -l <a.told 2>/dev/null)" = 8 ]' ||
	    fail 'not told'
	took=$(($(now_ms) - start))
	stop $pid
	sanitized || [ $took -lt 1500 ] || fail "$took ms"
}

@test "a secret address is in no message, no log, no spool" {
	start_sink
	echo "http://127.0.0.1:$port/status/500?token=hunter2" >url
	chmod 600 url
	cat >c <<-END
	channel a webhook secret file "$PWD/url"
	match to a
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -v -p -c c in
	wants 1
	grep -q hunter2 requests || fail 'it was used'
	[[ $output$stderr != *hunter2* ]] || fail 'printed'
	not grep -rq hunter2 "$spool"
}

# --- the spool ---------------------------------------------------------------

@test "a dead item can be looked at, brought back, thrown away" {
	{ echo 'channel a exec "/bin/sh" "-c" "exit 1"'; echo 'match to a'; } >c
	{ logs a; echo 'match to a'; } >c2
	for i in 1 2; do
		alert aaaaaaa$i 0000000$i 0 firing opened
	done >in
	run timeout 20 nc-notify -c c in
	wants 1
	run --separate-stderr nc-notify show aaaaaaa1
	wants 0
	[[ ${lines[1]} == "$(head -n 1 in)" && ${lines[3]} == 'dead 1 '*' 1 '* ]] ||
	    fail show
	run --separate-stderr nc-notify drop aaaaaaa1
	wants 0
	run --separate-stderr nc-notify redrive all
	wants 0
	run --separate-stderr timeout 20 nc-notify drain -c c2
	wants 0
	[ "$(events a.told)" = 00000002 ] || fail "$(cat a.told)"
	[ "$(count dead)" -eq 0 ] && [ "$(count new)" -eq 0 ]
	run --separate-stderr nc-notify show zzz
	wants 1
}

@test "what is past its ttl is dead, not forgotten" {
	cat >c <<-'END'
	channel a exec "/bin/sh" "-c" "exit 75" { ttl 1s }
	match to a
	END
	alert aaaaaaaa 00000001 0 firing opened |
	    timeout 20 nc-notify --spool-only -c c
	sleep 1.1
	run --separate-stderr timeout 20 nc-notify drain -c c
	wants 1
	[ "$(count dead)" -eq 1 ] || fail 'kept'
	[[ $stderr == *ttl* ]] || fail why
}

@test "a damaged item is put aside and said, the others go on" {
	{ logs a; echo 'match to a'; } >c
	for i in 1 2; do
		alert aaaaaaa$i 0000000$i 0 firing opened
	done | timeout 20 nc-notify --spool-only -c c
	sed -i 's/disk-full/disk-fool/' "$spool"/new/aaaaaaa1.*
	run --separate-stderr timeout 20 nc-notify drain -c c
	wants 1
	[[ $stderr == *aaaaaaa1*damaged* ]] || fail said
	[ "$(events a.told)" = 00000002 ]
	ls "$spool"/dead/aaaaaaa1.*.bad
	run --separate-stderr timeout 20 nc-notify queue
	[[ $output == damaged*dead/aaaaaaa1.*.bad ]] || fail 'in the queue'
	timeout 20 nc-notify stat >table
	[ "$(awk '$1 == "a" { print $5 }' table)" = 1 ] || fail 'among the dead'
}

@test "two accept, one delivers; a running one hears of what is new" {
	{ logs a; echo 'match to a'; } >c
	nc-notify run -c c 2>err 3>&- &
	pid=$!
	until_true 10 test -e "$spool/deliver.lock"
	sleep 0.2
	for n in 1 2; do
		for i in $(seq 10 59); do
			alert aaaaa$n$i 00000$n$i 0 firing opened
		done | timeout 20 nc-notify -c c 3>&- &
		all[n]=$!
	done
	wait "${all[1]}" && wait "${all[2]}" || fail 'one of them failed'
	until_true 20 sh -c '[ "$(wc -l <a.told)" = 100 ]' ||
	    fail "$(wc -l a.told; cat err)"
	kill -TERM $pid
	wait $pid || fail "status $?"
	[ "$(events a.told | sort -u | wc -l)" -eq 100 ]
	[ "$(count new)" -eq 0 ]
}

@test "a spool that cannot be written: status 3; with -p records go on" {
	{ logs a; echo 'match to a'; } >c
	{ sample 1763800000; alert aaaaaaaa 00000001 0 firing opened; } >in
	echo >file
	run --separate-stderr timeout 20 nc-notify -c c --spool file/x in
	wants 3
	[ -n "$stderr" ] || fail 'silent'
	run --separate-stderr timeout 20 nc-notify -p -c c --spool file/x in
	wants 3
	[[ $output == *"$(cat in)"* ]] || fail 'passed'
	[[ $output == *'"kind":"error"'* ]] || fail 'told in band'
	run --separate-stderr timeout 20 nc-notify drain -p -c c --spool file/x
	wants 3
	[[ $stderr == *file* ]] || fail 'named'
}

# --- the configuration -------------------------------------------------------

@test "-T says who is told, and by which rule" {
	{
		logs a
		logs b
		logs c
		cat <<-'END'
		match to a
		match severity = crit to b, c
		block host = "lab*" to b
		match team =~ "^stor" to none quick
		match host != "lab*" to c
		END
	} >c
	t() {
		run --separate-stderr nc-notify -T -c c "$@"
		wants 0 || return
		last=${lines[-1]}
	}
	t severity=warn host=hv1
	[ "$last" = 'a, c' ] || fail
	t severity=crit host=lab3
	[ "$last" = 'a, c' ] || fail
	[ "${lines[2]}" = 'c:6: block: b' ] || fail 'rule and line'
	t severity=warn host=hv1 team=storage
	[ "$last" = a ] || fail quick
	run --separate-stderr nc-notify -T -c c severity
	wants 2
}

@test "rules under which a critical alert may reach nobody are refused" {
	for rules in 'match severity = warn to a' \
	    'match host = hv1 to a' \
	    'match to a; block to a' \
	    'match to a; block host = x to a' \
	    ''; do
		{ logs a; echo "$rules"; } >c
		run --separate-stderr nc-notify -C -c c
		wants 2 || fail "$rules"
		[[ $stderr == *'may reach nobody'* ]] || fail "$rules"
	done
	for rules in 'match to a' 'match severity = "c*" to a' \
	    'match severity =~ crit to a' 'match to none' \
	    'match to a; block severity = warn to a'; do
		{ logs a; echo "$rules"; } >c
		run --separate-stderr nc-notify -C -c c
		wants 0 || fail "$rules"
	done
}

@test "-c - is standard input, which cannot be the records as well" {
	{ logs a; echo 'match to a'; } >c
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -C -c - <c
	wants 0
	run --separate-stderr timeout 20 nc-notify -c - in <c
	wants 0
	[ "$(events a.told)" = 00000001 ]
	echo 'match to nobody-of-that-name' >bad
	run --separate-stderr timeout 20 nc-notify -C -c - <bad
	wants 2
	for more in '' -; do
		run --separate-stderr timeout 20 nc-notify -c - $more <c
		wants 2
		[[ $stderr == *'standard input'* ]] || fail said
	done
	run --separate-stderr timeout 20 nc-notify render a -c - <c
	wants 2
	[[ $stderr == *'standard input'* ]] || fail said
	timeout 20 nc-notify run -c - <c 2>err 3>&- &
	sink=$!
	until_true 10 test -e "$spool/deliver.lock" || fail 'it runs'
	sleep 0.3
	kill -HUP $sink
	until_true 10 grep -q 'not to be read again' err || fail 'refused'
	alert aaaaaaab 00000002 0 firing opened |
	    timeout 20 nc-notify --spool-only -c c
	until_true 10 grep -q 00000002 a.told || fail 'the old one stays'
}

@test "faults of a configuration are named with their place" {
	wrong() {
		printf '%s\n' "$1" >c
		run --separate-stderr nc-notify -C -c c
		wants 2 && [[ $stderr == *"c:$2: $3"* ]] ||
		    fail "wanted c:$2: $3"
	}
	wrong 'channel a pigeon "x"' 1:11 'unknown kind of channel "pigeon"'
	wrong 'channel A exec x' 1:9 '"A": a channel'
	wrong 'channel a exec' 1:11 'expected a program'
	wrong 'channel a exec "/x" "{text}"' 1:11 '"{text}": braces are reserved'
	wrong 'channel a exec "/x" { shell yes }' 1:23 'unknown option "shell"'
	wrong 'channel a local tape' 1:11 'expected syslog'
	wrong 'channel a webhook "ftp://x"' 1:11 'expected one address'
	wrong 'channel a webhook "http://x/ y"' 1:11 'an address has no blanks'
	wrong 'channel a webhook "http://u:p@x/y"' 1:11 'an address with a password is a secret'
	wrong 'channel a exec "/x" { ttl 0 }' 1:27 'expected 1s or more'
	wrong 'match to nobody' 1:10 'no channel nobody above'
	wrong 'match severity ~ crit to none' 1:16 'expected =, !=, =~ or !~'
	wrong 'match host =~ "(" to none' 1:7 '"(": '
	wrong 'window nights { every day 25:00-07:00 }' 1:27 ''
	wrong 'window nights { }' 1:8 'a window without hours'
	wrong 'match in nights to none' 1:10 'no window nights above'
	wrong 'match to none group by incident' 1:15 ''
	wrong 'escalation x { a }' 1:16 'no channel a above'
	wrong 'escalation x { repeat last 1m }' 1:16 'nothing to repeat yet'
	wrong 'rota x { a 2026-11-23/7d }' 1:10 'no channel a above'
	local a='channel a exec "/x"'
	wrong "$a; escalation x { after 5m a; after 1m a }" 1:49 'expected a step that comes after'
	wrong "$a; escalation x { a }; escalation y { x }" 1:57 'x is an escalation itself'
	wrong "$a; rota x { a }" 1:31 'expected when the first turn begins'
	wrong "$a; match to a repeat 4h backoff 2" 1:51 '"2": expected a factor'
	wrong "$a; match to a backoff x2" 1:41 'backoff and max belong to repeat'
	wrong 'channel a exec "/x" { limit 20 }' 1:29 '"20": expected a limit'
	wrong 'channel a exec "/x" { limit 20/day burst 3 }' 1:42 'expected a burst'
	wrong 'channel a exec "/x" { text "{host" }' 1:28 '{ without }'
	wrong 'channel a exec "/x" { text "{host|shout}" }' 1:28 'bad word "shout"'
	run --separate-stderr nc-notify -C -c <(echo 'channel a exec "/x" { fallback b }
		channel b exec "/x" { fallback a }; match to a')
	wants 2
	[[ $stderr == *'go round in a circle'* ]] || fail circle
}

@test "secrets: others may not read the file; what is missing is named" {
	echo MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >key
	chmod 644 key
	c() {
		printf 'channel a webhook "https://x" { sign secret %s }\nmatch to a\n' \
		    "$1" >c
		run --separate-stderr nc-notify -C -c c
	}
	c "file \"$PWD/key\""
	wants 2
	[[ $stderr == *'others may read it'* ]] || fail
	chmod 600 key
	c "file \"$PWD/key\""
	wants 0
	c 'credential hook'
	wants 2
	CREDENTIALS_DIRECTORY=$PWD c 'credential key'
	wants 0
	HOOK=x c 'env HOOK'
	wants 0
	[[ $stderr == *'HOOK can be seen'* ]] || fail 'a warning'
}

@test "the example of a configuration is good" {
	run --separate-stderr nc-notify -C -c "$TOP/contrib/examples/notify.conf"
	wants 0
}
