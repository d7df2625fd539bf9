#!/usr/bin/env bats
# nc-top deals with alerts: by the command lines of nc-alert, shown, rehearsed,
# and done only with --act.  A real nc-alert keeps the state.

load lib

setup() {
	need nc-top nc-alert tmux
	sandbox
	export TZ=UTC LC_ALL=C.UTF-8 TMUX_TMPDIR=$BATS_TEST_TMPDIR
	export TERM=xterm-256color NC_STATE_DIR=$BATS_TEST_TMPDIR/state
	echo 'alert load on host { warn if load1 > 1; say "load {load1}" }' \
	    >rules
	now=$(date +%s)
	{ sample "$now" h1 host h1 '"load1":9'
	  sample "$now" h2 host h2 '"load1":9'
	  printf '{"v":1,"kind":"sweep","ts":%s,"host":"%s","source":"test"}\n' \
	      "$now" h1 "$now" h2; } |
	    nc-alert -c rules --state state/nc-alert >alerts
	fp=$(jq -r 'select(.kind == "alert" and .host == "h1").fingerprint' alerts)
}

teardown() {
	mux kill-server 2>/dev/null || :
}

mux() {
	tmux -L t -f /dev/null "$@"
}

# top [OPTION...]: nc-top on the alerts, the cursor on that of h1.
top() {
	mux new-session -d -x 110 -y 24 -s a \
	    "TERM=screen-256color nc-top $* -x 'alerts; sort on; first' alerts; sleep 30" 3>&-
	shows 'ENDED'
	mux send-keys -t =a: -l ':search h1'
	mux send-keys -t =a: Enter
}

shows() {
	local tries
	for ((tries = 0; tries < 250; tries++)); do
		mux capture-pane -p -t =a: >screen
		! grep -qE -- "$1" screen || return 0
		sleep 0.02
	done
	fail "no '$1'" "$(cat screen)"
}

listed() {
	nc-alert --state state/nc-alert -j list
}

@test "only looking: a deed is rehearsed and its line shown, not done" {
	top
	mux send-keys -t =a: a
	shows "^:ack $fp"
	mux send-keys -t =a: -l '2h disk ordered'
	mux send-keys -t =a: Enter
	shows "^\\$ nc-alert ack --dry-run $fp -t 2h -m 'disk ordered'"
	shows 'This nc-top only looks'
	shows "^\\$ nc-alert ack $fp -t 2h -m 'disk ordered'"
	mux send-keys -t =a: y
	shows '--act lets it act'
	[ ! -s state/nc-alert/actions.ndjson ]
}

@test "--act: rehearsed, then done at a second key" {
	top --act
	mux send-keys -t =a: a
	shows "^:ack $fp"
	mux send-keys -t =a: -l '2h disk ordered'
	mux send-keys -t =a: Enter
	shows 'y does it'
	[ ! -s state/nc-alert/actions.ndjson ]
	mux send-keys -t =a: y
	shows "^\\$ nc-alert ack $fp -t 2h -m 'disk ordered'"
	jq -es '.[0].action == "ack" and .[0].reason == "disk ordered"' \
	    state/nc-alert/actions.ndjson
	mux send-keys -t =a: Escape
	shows 'alerts by'
	# A silence of more than the one alert, by a selector with a blank in it.
	mux send-keys -t =a: -l ':silence host{host=h*, id=h*} 1h rack move'
	mux send-keys -t =a: Enter
	shows 'would mute 2 open alerts'
	mux send-keys -t =a: y
	shows "^\\$ nc-alert silence 'host"
	shows 'Esc leaves'
	until_true 5 eval 'listed | grep -q "\"rack move\""'
}

@test "why, history and rules are what nc-alert says" {
	top
	mux send-keys -t =a: w
	shows "^\\$ nc-alert why $fp"
	shows 'load on h1 host h1: firing'
	mux send-keys -t =a: Escape H
	shows "^\\$ nc-alert history $fp"
	shows 'opened'
	mux send-keys -t =a: Escape r
	shows 'LOOKS +CRIT'
	shows '^ +2 +0 +2 .* load on host'
}

@test "what was rehearsed and left is not done by a later y" {
	top --act
	mux send-keys -t =a: -l ":ack $fp"
	mux send-keys -t =a: Enter
	shows 'y does it'
	mux send-keys -t =a: Escape
	shows 'alerts by'
	mux send-keys -t =a: E
	shows 'Esc leaves'
	mux send-keys -t =a: y
	shows 'nothing to be done'
	[ ! -s state/nc-alert/actions.ndjson ]
}

@test "one thing at a time: a deed waits for the answer of the one before" {
	mkdir bin
	printf '#!/bin/sh\n[ "$1" = why ] && sleep 1.5\nexec %s "$@"\n' \
	    "$NC_BUILD/bin/nc-alert" >bin/nc-alert
	chmod +x bin/nc-alert
	cp "$NC_BUILD/bin/nc-top" bin/
	PATH=$PWD/bin:$PATH top --act
	mux send-keys -t =a: w
	mux send-keys -t =a: -l ":ack $fp"
	mux send-keys -t =a: Enter
	shows 'still waiting for: nc-alert why'
	shows 'load on h1 host h1: firing'
	mux send-keys -t =a: y
	shows 'nothing to be done'
	[ ! -s state/nc-alert/actions.ndjson ]
}

@test "what nc-alert refuses is said, and nothing is to be done then" {
	top --act
	mux send-keys -t =a: -l ':ack 00000000'
	mux send-keys -t =a: Enter
	shows 'no open alert has such'
	shows 'exit status 3'
	mux send-keys -t =a: y
	shows 'nothing to be done'
}

@test "in a script it is nc-alert that acts" {
	run --separate-stderr nc-top -b -x 'why 0000' alerts
	wants 2
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr == *'is for the screen'* ]]
}
