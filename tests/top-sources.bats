#!/usr/bin/env bats
# nc-top where nobody hands it records: other hosts by ssh, and a store.  No
# ssh runs here: a stand-in takes its arguments as ssh does, and runs the
# command as the shell of that host would.

load lib

setup() {
	need nc-top nc-collect nc-query nc-store
	sandbox
	mkdir bin hosts
	cat >bin/ssh <<-'END'
	#!/bin/bash
	printf '%s|' "$@" >>"$PWD/calls"; echo >>"$PWD/calls"
	host=${*: -2:1} command=${*: -1}
	[ "${*: -3:1}" = -- ] || exit 99
	echo $$ >>"$PWD/pids"
	export FAKE_HOST=${host#*@} PATH=$PWD/hosts:$PATH
	[ ! -x "hosts/on-$FAKE_HOST" ] || "hosts/on-$FAKE_HOST" || exit
	exec sh -c "$command"
	END
	cat >hosts/nc-collect <<-END
	#!/bin/sh
	exec $NC_BUILD/bin/nc-collect --host "\$FAKE_HOST" "\$@" host
	END
	printf '#!/bin/sh\nexit 2\n' >hosts/nc-alert
	chmod +x bin/ssh hosts/*
	export PATH=$PWD/bin:$PATH
}

# on HOST: what happens there before the command (script on stdin).
on() {
	cat >"hosts/on-$1"
	chmod +x "hosts/on-$1"
}

ended() {
	local pid
	while read -r pid; do
		not kill -0 "$pid" 2>/dev/null || return 1
	done <pids
}

@test "ssh: hosts side by side, asked as they should be, gone with us" {
	run --separate-stderr timeout 20 nc-top -b -i 1 -n 3 ssh:hv1 ssh:root@hv2
	wants 0
	[ -z "$stderr" ]
	[[ $output == *'2 hosts'* ]]
	grep -Eq '^\. hv1 .*[0-9]' <<<"$output"
	grep -Eq '^\. hv2 .*[0-9]' <<<"$output"
	grep -q '^-T|-o|BatchMode=yes|.*|--|hv1|' calls
	grep -q '|--|root@hv2|.*nc-collect -i 1s' calls
	until_true 5 ended
}

@test "ssh: a host that cannot be reached is stale, with the reason, once" {
	on down <<-'END'
	#!/bin/sh
	echo 'ssh: connect to host down port 22: Connection refused' >&2
	exit 255
	END
	timeout 20 nc-top -b -i 1 -n 5 ssh:hv1 ssh:down >out
	grep -q '^? down ' out
	grep -q '^\. hv1 ' out
	[ "$(grep -c '|--|down|' calls)" -ge 2 ]

}

@test "ssh: a connection that breaks is made again; half a line is no record" {
	on hv1 <<-'END'
	#!/bin/sh
	[ -e "$PWD/again" ] && exit 0
	touch "$PWD/again"
	nc-collect -n 1
	printf '{"v":1,"kind":"sample","ts":1,"host":"half'
	exit 1
	END
	run --separate-stderr timeout 20 nc-top -b -i 1 -n 4 ssh:hv1
	wants 0
	[ -z "$stderr" ]
	[ "$(grep -c '|--|hv1|' calls)" -eq 2 ]
	[[ $output != *half* ]]
	[[ $output == *'1 host '* ]]
}

@test "ssh: where the host has rules its alerts come along" {
	need nc-alert
	ln -sf "$NC_BUILD/bin/nc-alert" hosts/nc-alert
	mkdir -p "$XDG_CONFIG_HOME/novacron"
	echo 'alert awake on host { warn if load1 >= 0 for 0s; say "awake" }' \
	    >"$XDG_CONFIG_HOME/novacron/alert.conf"
	nc-alert -C
	run --separate-stderr timeout 20 nc-top -b -i 1 -n 3 -x alerts ssh:hv1
	wants 0
	[[ $output == *awake*hv1* ]]
	# What it knows it keeps to itself: no state of the host's own nc-alert.
	[ ! -e "$XDG_STATE_HOME/novacron/nc-alert" ]
}

@test "ssh: two rounds with --once" {
	run --separate-stderr timeout 20 nc-top --once --json -i 1 ssh:hv1
	wants 0
	jq -es 'map(select(.entity == "host"))
	    | length == 1 and .[0].host == "hv1"
	    and .[0].values.context_switches_per_second > 0' <<<"$output"
	[ "$(wc -l <calls)" -eq 1 ]
}

@test "ssh: what is no destination is a usage error" {
	touch file
	for bad in 'ssh:' 'ssh:hv1 file'; do
		# shellcheck disable=SC2086
		run --separate-stderr nc-top -b $bad
		wants 2
		[[ $stderr == *'expected ssh:HOST'* ]]
		[ ! -e calls ]
	done
	# What looks like an option is a name to ssh.
	run --separate-stderr timeout 20 nc-top --once -i 1 ssh:-oProxyCommand=x
	grep -q '|--|-oProxyCommand=x|' calls
}

fleet() { # SECONDS-AGO ROUNDS
	nc-collect -i 10 -n "$2" --now "@$(($(date +%s) - $1))" --speed max \
	    sim,hosts=2,vms=2,churn=0
}

@test "-d: the last hour of a store, rates and all, and an instant of it" {
	fleet 600 58 | nc-store -d S
	run --separate-stderr timeout 20 nc-top --once -d S </dev/null
	wants 0
	[ -z "$stderr" ]
	[[ $output == *'2 hosts  4 VMs'* ]]
	[ "$(grep -Ec '^\. sim00[12] +[0-9.]+ +[0-9.]+' <<<"$output")" -eq 2 ]
	run --separate-stderr timeout 20 nc-top -b \
	    --now "@$(($(date +%s) - 300))" -d S </dev/null
	wants 0
	[ "$(grep -Ec '^\. sim00[12] +[0-9.]+ +[0-9.]+' <<<"$output")" -eq 2 ]
	run --separate-stderr timeout 20 nc-top -b --now @1000000 -d S </dev/null
	[[ $output != *sim001* ]]
	run --separate-stderr timeout 20 nc-top --once -d nowhere </dev/null
	[[ $output != *sim001* ]]
}

@test "-d: what is added to the store is seen" {
	fleet 30 2 | nc-store -d S
	timeout 30 nc-top -b -i 1 -n 8 -d S </dev/null >out 3>&- &
	pid=$!
	sleep 1.5
	nc-collect -i 10 -n 3 --now "@$(($(date +%s) - 20))" --speed max \
	    sim,hosts=3,vms=2,churn=0 | nc-store -d S
	until_true 15 grep -q '^. sim003 ' out
	kill $pid
	wait $pid || true
}

@test "-d with records: a chart goes on where they begin" {
	nc-collect -i 10 -n 720 --now "@$(($(date +%s) - 7200))" --speed max \
	    sim,hosts=1,vms=2,churn=0 | nc-store -p -d S | tail -100 >few
	chart() {
		timeout 20 nc-top --once --ascii --width 80 --height 20 \
		    -x 'chart load1 of sim001; zoom-out; zoom-out; zoom-out' "$@" few
	}
	chart >without
	chart -d S >with
	# A mark or more for each column that is known.
	columns() {
		grep '|' "$1" | tr -cd '*' | wc -c
	}
	[ "$(columns without)" -lt 30 ] || fail "$(cat without)"
	[ "$(columns with)" -gt 60 ] || fail "$(cat with)"
	# What stands between is from the store: the same least and greatest.
	want=$(nc-query -d S --from -80m --csv 'host:load1' | awk -F, 'NR > 1 { print $8 }' |
	    sort -n | tail -1)
	grep -q "max $(printf %.1f "$want")" with || fail "$want" "$(cat with)"
	# A store that is not there is no reason to draw nothing.
	run --separate-stderr chart -d nowhere
	wants 0
	[[ $output == *load1* ]]
	[[ $stderr == *'no store is there'* ]]
}

@test "-d with records: on the screen, when it is panned to" {
	need tmux
	nc-collect -i 10 -n 720 --now "@$(($(date +%s) - 7200))" --speed max \
	    sim,hosts=1,vms=2,churn=0 | nc-store -p -d S | tail -100 >few
	export TMUX_TMPDIR=$BATS_TEST_TMPDIR TERM=xterm-256color
	tmux -L t -f /dev/null new-session -d -x 90 -y 20 -s a \
	    "TERM=screen-256color nc-top --ascii -d S -x 'chart load1 of sim001' few; sleep 30" 3>&-
	seen() {
		tmux -L t capture-pane -p -t =a: >screen
		[ "$(grep '|' screen | tr -cd '*' | wc -c)" -gt 60 ]
	}
	until_true 10 seen
	for _ in 1 2 3 4 5 6 7 8; do
		tmux -L t send-keys -t =a: h
	done
	until_true 10 seen && seen
	tmux -L t kill-server
}
