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
