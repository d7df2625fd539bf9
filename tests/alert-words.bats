#!/usr/bin/env bats
# nc-alert by hand: what fires and why, who took it on, who wants silence.

load lib

setup() {
	sandbox
	cat >rules <<-'END'
	set flap off
	alert load on host { warn if load1 > 1 for 20s; crit if load1 > 8; nodata keep }
	alert steal on vm{name=web*} { warn if steal_ratio > 10% for 1m; say "{name} {steal_ratio|pct}" }
	depend steal on load same host
	END
	now=$(date +%s)
}

# round TS LOAD STEAL: one of host h1, its sweep behind it.
round() {
	sample "$1" h1 host h1 "\"load1\":$2"
	sample "$1" h1 vm u1 "\"steal_ratio\":$3" |
	    sed 's/"interval"/"labels":{"name":"web1"},&/'
	printf '{"v":1,"kind":"sweep","ts":%s,"host":"h1","source":"test","values":{"timeouts":0}}\n' "$1"
}

judge() {
	nc-alert --state s -o -c rules >>out
}

valid() {
	/usr/bin/python3 "$TOP/tests/schema.py" "$@"
}

fp() {
	nc-alert --state s -j list | jq -r "select(.alert == \"$1\").fingerprint"
}

@test "list, show: what fires now, by the rules it was judged with" {
	run --separate-stderr nc-alert --state s list
	wants 3
	[[ $stderr == *'there is no state yet' ]]
	round "$now" 9 0 | judge
	run --separate-stderr nc-alert --state s list
	wants 0
	[ "${#lines[@]}" = 2 ]
	[[ ${lines[1]} =~ ^[0-9a-f]{8}\ \ crit\ \ .*\ \ load\ on\ h1$ ]] || fail line
	nc-alert --state s -j list >list
	valid -k alert <list
	[ "$(jq -c '[.alert, .state, .severity, .value, .muted]' list)" = \
	    '["load","firing","crit",9,[]]' ]
	[ "$(nc-alert --state s -j list 'vm')" = '' ]
	[ "$(nc-alert --state s -j list '*{alert=lo*,severity=crit}' | wc -l)" = 1 ]
	run --separate-stderr nc-alert --state s show "$(fp load)"
	[[ $output == *'severity     crit'* ]]
	run --separate-stderr nc-alert --state s show 00000000
	wants 3
	run --separate-stderr nc-alert --state none list
	wants 2
}

@test "ack: who, why, until when; it ends with the episode or its time (pain 13)" {
	round "$now" 9 0 | judge
	run --separate-stderr nc-alert --state s ack "$(fp load | cut -c1-8)" \
	    -t 30s -m 'on it' --author anna
	wants 0
	[[ ${lines[1]} = 'written to s/actions.ndjson' ]] || fail where
	valid <s/actions.ndjson
	jq -e '.action == "ack" and .author == "anna" and .reason == "on it"' s/actions.ndjson
	# At once for whoever asks, before anything was judged again.
	[[ $(nc-alert --state s list) == *'acked by anna'* ]]
	: >out
	round $((now + 10)) 9 0 | judge
	[ "$(jq -r '.kind, .change' out | tr '\n' ' ')" = 'action null alert acked ' ] ||
	    fail "$(cat out)"
	jq -e 'select(.kind == "alert") | .flags == ["acked"] and
	    .evidence == [{"author": "anna", "reason": "on it", "expires": .evidence[0].expires}]' out
	: >out
	round $((now + 60)) 9 0 | judge
	[ "$(jq -r .change out)" = unacked ]
	nc-alert --state s ack "$(fp load)"
	nc-alert --state s -j unack "$(fp load)" --author bob | jq -e '.author == "bob"'
	: >out
	round $((now + 70)) 9 0 | judge
	[ "$(jq -r 'select(.kind == "alert").change' out | tr '\n' ' ')" = 'acked unacked ' ]
	nc-alert --state s ack "$(fp load)"
	: >out
	{ round $((now + 80)) 0 0; round $((now + 90)) 9 0; } | judge
	[ "$(jq -r 'select(.kind == "alert") | [.change, (.flags | join(","))] | join(" ")' out)" = \
	    'acked acked
resolved acked
opened ' ] || fail "$(cat out)"
	# The recording replays to the same, actions included.
	run --separate-stderr nc-alert --state s ack 99999999
	wants 3
	run --separate-stderr nc-alert --state s ack
	wants 2
}

@test "silence: author, reason and end; marked, told when it is over (pain 15)" {
	round "$now" 9 0 | judge
	for wrong in "-t 1h" "-m why" "-t 60d -m why"; do
		# shellcheck disable=SC2086
		run --separate-stderr nc-alert --state s silence host $wrong
		wants 2
	done
	run --separate-stderr nc-alert --state s silence 'host{' -t 1h -m x
	wants 3
	run --separate-stderr nc-alert --state s silence host -t 1h -m x --dry-run
	wants 0
	[[ $output == *'would mute 1 open alert'* ]]
	nc-alert --state s silence host -t 1h -m x --dry-run -j >dry
	valid <dry
	[ "$(jq -r .kind dry | tr '\n' ' ')" = 'action alert ' ]
	[ ! -s s/actions.ndjson ]
	nc-alert --state s silence 'host{host=h1}' -t 30s -m 'new disk' --author anna -j >made
	valid <made
	run --separate-stderr nc-alert --state s why load
	[[ $output == *'muted by silence:'*' of anna until '*': new disk'* ]]
	: >out
	{ round $((now + 10)) 9 0; round $((now + 20)) 0 0; round $((now + 30)) 9 0
	  round $((now + 50)) 9 0; } | judge
	jq -r 'select(.kind == "alert") | [.change, (.muted | length)] | map(tostring) | join(" ")' out >got
	[ "$(cat got)" = 'muted 1
resolved 1
opened 1
unmuted 0' ] || fail "$(cat got)"
	jq -e 'select(.change == "unmuted").evidence[0].over | startswith("silence:")' out
	# Taken back by hand; a maintenance is called one.
	nc-alert --state s maintenance vm -t 1h -m rack
	nc-alert --state s silence "$(fp load)" -t 1h -m x
	[[ $(nc-alert --state s list) == *'maintenance of vm by '*': rack'* ]]
	id=$(nc-alert --state s -j list | jq -r 'select(.action == "silence" and .reason == "x").silence')
	: >out
	round $((now + 60)) 9 0 | judge
	[ "$(jq -r 'select(.kind == "alert").change' out)" = muted ]
	nc-alert --state s unsilence "${id:0:6}"
	: >out
	round $((now + 70)) 9 0 | judge
	[ "$(jq -r 'select(.kind == "alert").change' out)" = unmuted ]
	run --separate-stderr nc-alert --state s unsilence 123456
	wants 3
}

@test "why: for what was told, what was muted, and what never fired (pain 19)" {
	for k in 0 1 2 3 4 5 6 7; do
		round $((now + 10 * k)) 9 0.2
	done | judge
	run --separate-stderr nc-alert --state s why "$(fp steal)"
	wants 0
	[[ $output == *'it fires as warn since '* ]]
	[[ $output == *"muted by depend:load/$(fp load)"* ]]
	[[ $output == *'warn: the condition is true: steal_ratio is 20 %, the limit 10 %'* ]]
	[[ $output == *'opened    warn steal on h1 u1  muted by depend:load/'* ]]
	nc-alert --state s -j why steal u1 >why
	[ "$(wc -l <why)" = 1 ]
	jq -e '.state == "firing" and .told == false and (.muted | length) == 1 and
	    .levels[0].is == "true" and .levels[0].value == 0.2 and
	    (.because | length) > 3 and .history[0].change == "opened"' why
	# Not paged, because it is not so, or not for long enough.
	rm -r s
	{ round "$now" 0 0.2; round $((now + 10)) 0 0.2; } | judge
	run --separate-stderr nc-alert --state s why steal u1
	wants 0
	[[ ${lines[0]} == *' steal on h1 vm u1: pending' ]]
	[[ $output == *'it was seen true for 10s of 1m'* ]]
	[[ $output == *'nothing was told of it lately'* ]]
	run --separate-stderr nc-alert --state s why load
	[[ ${lines[0]} == *' load on h1 host h1: ok' ]]
	[[ $output == *'crit: the condition is false: load1 is 0, the limit 8'* ]]
	# By the fingerprint of what has never fired.
	run --separate-stderr nc-alert --state s why "${output:0:8}"
	[[ ${lines[0]} == *' load on h1 host h1: ok' ]]
	# The beginning of a fingerprint, and an entity: that is no rule of it.
	run --separate-stderr nc-alert --state s why "$(fp steal | cut -c1)" u9
	wants 3
	[ -z "$output" ]
	run --separate-stderr nc-alert --state s why nothing
	wants 3
}

@test "history: what was told of late" {
	{ round "$now" 9 0; round $((now + 10)) 0 0; } | judge
	[ "$(nc-alert --state s history | wc -l)" = 2 ]
	nc-alert --state s -j history >got
	valid -k alert <got
	same got out
	[ "$(nc-alert --state s history 0000 | wc -l)" = 0 ]
}

@test "rules: each with what it looks at and in which state that is" {
	{ round "$now" 9 0.2; round $((now + 10)) 9 0.2; } | judge
	nc-alert --state s ack "$(fp load)"
	nc-alert --state s -j rules >got
	jq -es 'map({(.alert): .}) | add
	    | .load.looks == 1 and .load.crit == 1 and .load.acked == 1
	    and .steal.looks == 1 and .steal.pending == 1
	    and .steal.warn == 0 and (.steal.on | startswith("vm"))
	    and (.steal.where | test(":[0-9]+:[0-9]+$"))' got
	run --separate-stderr nc-alert --state s rules
	wants 0
	[[ ${lines[0]} == *LOOKS*CRIT*PENDING*RULE ]]
	[ "${#lines[@]}" -eq $(($(wc -l <got) + 1)) ]
}

@test "actions are taken while it runs, and a recording replays equal" {
	mkfifo in
	timeout 20 nc-alert --state s -c rules <in >out 3>&- &
	exec 9>in
	round "$now" 9 0 >&9
	until_true 5 test -s s/state
	until_true 5 eval '[ -n "$(nc-alert --state s -j list)" ]'
	nc-alert --state s silence host -t 1h -m x >/dev/null
	nc-alert --state s ack "$(fp load)" >/dev/null
	round $((now + 10)) 9 0 >&9
	until_true 5 grep -q '"change":"acked"' out
	exec 9>&-
	wait $!
	[ "$(jq -r 'select(.kind == "alert").change' out | tr '\n' ' ')" = 'opened muted acked ' ]
	same <(grep '"kind":"alert"' out) <(nc-alert --state none -o -c rules out)
	# A line that is none: said, passed over, status 1.
	echo 'silence all' >>s/actions.ndjson
	run --separate-stderr nc-alert --state s -o -c rules <<<''
	wants 1
	[[ $stderr == *'no action (skipped)'* ]]
}

@test "a folder that may not be written: status 3, nothing said to be done" {
	round "$now" 9 0 | judge
	rm s/actions.ndjson
	mkdir s/actions.ndjson
	run --separate-stderr nc-alert --state s ack "$(fp load)"
	wants 3
	[ -z "$output" ]
	run --separate-stderr nc-alert --state s silence host -t 1h -m x
	wants 3
	[ -z "$output" ]
}

@test "who looks at a damaged state leaves it for the one who writes it" {
	round "$now" 9 0 | judge
	printf 'x' >>s/state
	for word in list rules "why load"; do
		# shellcheck disable=SC2086
		run --separate-stderr nc-alert --state s $word
		wants 3
		[[ $stderr == *s/state:* ]]
	done
	[ ! -e s/state.bad ]
	run --separate-stderr nc-alert --state s -o -c rules <<<''
	[[ $stderr == *'kept as s/state.bad'* ]]
	[ -e s/state.bad ]
}
