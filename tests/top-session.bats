#!/usr/bin/env bats
# nc-top on a terminal: a tmux session a test, keys sent, the screen read
# back; every key of its table does what it says.  What a terminal must be
# left like, and what becomes of us when it goes away.

load lib

setup_file() {
	export TERM=xterm-256color
}

setup() {
	need nc-top tmux
	sandbox
	export TZ=UTC LC_ALL=C.UTF-8 TMUX_TMPDIR=$BATS_TEST_TMPDIR
	awk -f "$TOP/tests/fixtures/top/fleet.awk" >fleet
}

teardown() {
	[ ! -e session ] || mux kill-server 2>/dev/null || :
}

# Its own server; short socket path.
mux() {
	tmux -L t -f /dev/null "$@"
}

# session SIZE COMMAND: runs it in a terminal of that size.
session() {
	touch session
	mux new-session -d -x "${1%x*}" -y "${1#*x}" \
	    "$2; echo \"status \$?\" >status; sleep 30" 3>&-
}

screen() {
	mux capture-pane -p >screen
}

# shows PATTERN: it is on the screen, now or soon.
on_screen() {
	screen
	grep -qE -- "$1" screen
}

shows() {
	until_true 10 on_screen "$1" || fail "not shown: $1" "$(cat screen)"
}

keys() {
	mux send-keys "$@"
}

# ends STATUS
ends() {
	until_true 5 test -s status || fail 'still there' "$(screen; cat screen)"
	[ "$(cat status)" = "status $1" ] || fail "$(cat status), wanted $1"
}

@test "sort keys" {
	session 100x30 'nc-top --now @1763800073 fleet'
	shows '^S hv04'
	keys s
	shows '^\* state'
	keys j j j Enter
	shows 'by cpu$'
	shows '^. hv02' && sed -n 3p screen | grep -q hv02
	keys '>'
	shows 'by wait|by user'
	keys '<'
	shows 'by cpu$'
	keys I
	shows 'by cpu inverted'
	sed -n 3p screen | grep -q hv04
	keys I
	keys F6
	shows '^\* cpu'
	keys Down Enter
	shows 'by user'
	keys s Escape
	shows '^\. hv02'
	keys q
	ends 0
}

@test "moving keys: the cursor follows its host" {
	awk -f "$TOP/tests/fixtures/top/fleet.awk" -v hosts=60 -v rounds=4 >fleet
	# All fresh: no mark of a state is in reverse video as well.
	session 80x20 'nc-top --theme mono --now @1763800033 -x "sort host" fleet'
	shows '^. hv01'
	# The row under the cursor is in reverse video.
	selected() {
		mux capture-pane -p -e | grep -aE "^($(printf '\033')\[[0-9;]*m)*$(printf '\033')\[([0-9;]*;)?7m" |
		    sed "s/$(printf '\033')\[[0-9;]*m//g" | grep -oE 'node[0-9]+|hv[0-9]+|ev|数据' | head -n 1
	}
	is_selected() {
		[ "$(selected)" = "$1" ]
	}
	at() {
		until_true 20 is_selected "$1" || fail "at $(selected), not $1"
	}
	keys g
	at ev
	keys j
	at hv01
	keys Down
	at hv02
	keys k
	at hv01
	keys Up
	at ev
	keys G
	at 数据
	keys Home
	at ev
	keys NPage
	at node0019
	keys PPage
	at ev
	keys C-f
	at node0019
	keys C-b
	at ev
	keys C-d
	at node0011
	keys C-u
	at ev
	keys End
	at 数据
	screen
	run ! grep -q ' hv01' screen
	keys q
	ends 0
}

@test "help: opens, scrolls, closes" {
	session 80x12 'nc-top --now @1763800073 fleet'
	shows '^S hv04'
	keys '?'
	shows '^q F10 \^C +leave'
	keys G
	shows 'suspend; fg comes back'
	keys g
	shows '^q F10'
	keys '?'
	shows '^S hv04'
	keys F1
	shows '^q F10'
	keys Escape
	shows '^S hv04'
	keys F10
	ends 0
}

@test "time: pause, steps, back to the end" {
	session 90x20 'nc-top fleet'
	shows ' ENDED '
	keys '['
	shows 'PAUSED -00:00:10 .*08:27:40'
	keys t
	shows 'PAUSED -00:00:20 .*08:27:30'
	# What is unknown at the end was known then.
	shows 'hv06 +42\.0'
	keys ']'
	shows 'PAUSED -00:00:10'
	keys T
	shows 'PAUSED -00:00:00'
	shows 'hv06 +-'
	keys '{'
	shows 'PAUSED -00:01:10'
	keys '}'
	shows 'PAUSED -00:00:00'
	keys L
	shows ' ENDED '
	keys Space
	shows ' PAUSED '
	keys Space
	shows ' ENDED '
	keys q
	ends 0
}

@test "paused: records are still taken in" {
	mkfifo in
	session 90x20 'nc-top in'
	exec 6>in
	now=$(date +%s)
	sample $((now - 1)) h1 >&6
	shows '^\. h1'
	shows ' LIVE '
	keys Space
	shows ' PAUSED '
	# More than any pipe holds.
	timeout 10 awk -v now="$now" 'BEGIN { for (i = 0; i < 5000; i++)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d.%03d," \
		    "\"host\":\"h1\",\"source\":\"test\",\"entity\":\"host\"," \
		    "\"id\":\"h1\",\"interval\":1,\"values\":{\"load1\":3}}\n",
		    now, i % 1000 }' >&6
	shows ' PAUSED '
	keys L
	shows ' LIVE '
	shows ' 3\.00 '
	exec 6>&-
	shows ' ENDED '
	keys q
	ends 0
}

@test "other keys: views, theme, redraw; unknown ones do nothing" {
	session 80x20 'nc-top --now @1763800073 fleet'
	shows '^S hv04'
	keys Z 1 Tab BTab C C-l C F9 M-Z
	shows '^S hv04'
	mux send-keys -l "$(printf '\303\251\346\225\260')"
	shows '^S hv04'
	keys C-c
	ends 0
}

@test "any size, while it runs" {
	session 80x24 'nc-top --now @1763800073 fleet'
	shows '^S hv04'
	for size in 40x10 200x50 20x5 10x2 1x1 3x40 120x3 80x24; do
		mux resize-window -x "${size%x*}" -y "${size#*x}"
		sleep 0.1
	done
	shows '^S hv04.*stale 42s'
	shows '^q Quit'
	mux resize-window -x 40 -y 10
	shows '^ PAUSED '
	shows '^S HOST +CPU%  MEM% +AGE$'
	mux resize-window -x 20 -y 5
	shows '^P 1S 1L 7ok'
	keys q
	ends 0
}

@test "suspend and continue; the terminal is ours only meanwhile" {
	touch session
	mux new-session -d -x 80 -y 20 'env PS1=prompt: bash --norc' 3>&-
	keys 'nc-top --now @1763800073 fleet' Enter
	shows '^S hv04'
	keys C-z
	shows 'Stopped'
	keys 'stty -a | grep -o " icanon"; jobs' Enter
	shows '^ icanon'
	keys fg Enter
	shows '^S hv04'
	keys C-z
	shows 'Stopped'
	keys 'kill -CONT %1; kill %1; fg' Enter
	sleep 0.3
	keys 'echo still $((40 + 2))' Enter
	shows 'still 42'
}

# The main screen, with a cursor.
is_back() {
	[ "$(mux display -p '#{alternate_on} #{cursor_flag}')" = '0 1' ]
}

@test "killed, the terminal is put back all the same" {
	touch session
	mux new-session -d -x 80 -y 20 'env PS1=prompt: bash --norc' 3>&-
	for signal in KILL SEGV ABRT TERM; do
		keys 'clear; nc-top --now @1763800073 fleet' Enter
		shows '^S hv04'
		shell=$(mux display -p '#{pane_pid}')
		kill -$signal "$(ps -o pid= --ppid "$shell" | head -n 1)"
		until_true 5 is_back || fail "$signal: other screen, no cursor"
		keys "clear; stty -a | grep -o ' icanon' && echo 'mode 4'\$((1 + 1))" Enter
		shows '^mode 42'
	done
}

@test "the terminal goes away with SIGHUP ignored: it ends at once" {
	cat >run <<-'END'
	trap '' HUP
	echo $$ >pid
	exec nc-top --now @1763800073 fleet
	END
	session 80x20 'bash run'
	shows '^S hv04'
	pid=$(cat pid)
	kill -0 "$pid"
	mux kill-server
	gone() {
		! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
	}
	until_true 2 gone "$pid" || fail 'still there'
}

@test "without an input it runs nc-collect, which ends with it" {
	need nc-collect
	session 100x20 'nc-top -i 1'
	shows ' LIVE .* 1 host'
	pgrep -P "$(pgrep -n -x nc-top -P "$(mux display -p '#{pane_pid}')")" \
	    >kids || :
	[ -s kids ]
	keys q
	ends 0
	gone() {
		! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
	}
	while read -r kid; do
		until_true 5 gone "$kid" || fail "left behind: $kid"
	done <kids
}

@test "terminals: vt100, linux, tmux draw; dumb and unknown are told" {
	for term in vt100 linux tmux-256color xterm; do
		rm -f status
		session 80x20 "TERM=$term nc-top --now @1763800073 fleet"
		shows '^S hv04'
		keys q
		ends 0
		mux kill-server
	done
	# The library forgets what it made for a terminal it then refuses.
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	for term in dumb nosuchterm ''; do
		rm -f status
		session 80x20 "TERM=$term nc-top fleet 2>err"
		ends 2
		grep -q '(-b prints text)' err
		[ "$(wc -l <err)" -eq 1 ]
		mux kill-server
	done
}

# colours ENV COMMAND: how many lines of what it draws set a colour.
colours() {
	rm -f raw
	session 80x20 "bash --norc"
	mux pipe-pane 'cat >raw'
	keys "clear; env $1 $2 --now @1763800073 fleet" Enter
	shows '^S hv04'
	keys q
	shows '[$#] *$'
	mux kill-server
	grep -acE "$(printf '\033')\[([0-9;]*;)?3[0-7]m" raw || :
}

@test "NO_COLOR: attributes, no colours" {
	[ "$(colours A=b nc-top)" -gt 0 ]
	[ "$(colours NO_COLOR=1 nc-top)" -eq 0 ]
	[ "$(colours A=b 'nc-top --color never')" -eq 0 ]
	[ "$(colours NO_COLOR=1 'nc-top --color always')" -gt 0 ]
}

@test "keys answer in 50 ms while 50,000 records a second pour in" {
	# A tenth of a second is what a busy machine of two cores is allowed.
	awk -f "$TOP/tests/bench/top_fleet.awk" -v rounds=60 -v hosts=37 \
	    -v vms=500 -v change=0.3 -v now="$(date +%s)" | grep . >many
	touch session
	mux new-session -d -x 80 -y 20 \
	    'for i in 1 2 3 4 5 6 7 8 9 10; do cat many; done | nc-top' 3>&-
	shows ' LIVE '
	best=9999
	for _ in 1 2 3 4 5; do
		start=$(now_ms)
		keys '?'
		until on_screen '^q F10'; do :; done
		took=$(($(now_ms) - start))
		keys Escape
		shows '^. hv'
		[ "$took" -ge "$best" ] || best=$took
	done
	[ "$best" -lt 150 ] || fail "a key took $best ms"
	keys q
}

@test "a clock ahead of ours is said" {
	mkfifo in
	session 80x20 'nc-top -i 0.2 in'
	exec 6>in
	sample $(($(date +%s) + 300)) ahead >&6
	shows '^\. ahead .*fast <11s$'
	exec 6>&-
	keys q
	ends 0
}

@test "late, then stale, as time goes by and nothing comes" {
	mkfifo in
	session 80x20 'nc-top -i 0.2 in'
	exec 6>in
	sample "$(date +%s.%3N)" h1 | sed 's/"interval":10/"interval":1/' >&6
	shows '^\. h1'
	shows '^L h1 .* 2s$'
	shows '^S h1 .* stale [345]s$'
	exec 6>&-
	keys q
	ends 0
}

@test "diagnostics wait until the screen is given back" {
	echo 'not a record' >>fleet
	touch session
	mux new-session -d -x 80 -y 20 'env PS1=prompt: bash --norc' 3>&-
	keys 'clear; nc-top fleet' Enter
	shows '^S hv04'
	shows ' 1 bad line'
	run ! grep -q 'skipped' screen
	keys q
	shows '^nc-top: fleet:[0-9]+: .*\(skipped\)'
}

@test "a recording is played by its own clock" {
	gzip -k fleet
	session 100x20 'nc-top -r fleet.gz --speed 20 -x "sort host"'
	shows ' REPLAY 20x  2025-11-22 08:2[67]'
	# What is later is not there yet: hv06 boots in the last round.
	shows '^\. hv06 .* 42\.0 '
	keys Space
	shows ' PAUSED -00:00:00 '
	screen
	at=$(grep -oE '08:2[67]:[0-9]+' screen)
	sleep 0.5
	screen
	grep -q "$at" screen || fail 'its clock stands'
	keys Space b
	mux send-keys -l 08:27:45
	keys Enter
	shows ' REPLAY 20x .*08:27:(4|5)'
	shows ' ENDED .*08:27:50'
	shows '^\. hv06 +- '
	keys q
	ends 0
}

@test "the configuration: read at start, written by W only, in place" {
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	mkdir -p config/novacron elsewhere
	printf '%s\n' '# mine' 'later-version of this' 'theme light' \
	    'table hosts sort host invert hide mem' >elsewhere/top.conf
	ln -s ../../elsewhere/top.conf config/novacron/top.conf
	cp elsewhere/top.conf was
	session 100x20 'nc-top --now @1763800073 fleet'
	shows 'hosts by host inverted'
	screen
	not grep -q 'MEM%' screen
	keys s j q
	ends 0
	same was elsewhere/top.conf
	rm status
	mux kill-server
	sleep 0.5
	session 100x20 'nc-top --now @1763800073 -x "sort cpu" fleet'
	shows 'by cpu inverted'
	keys I W
	shows 'top.conf written'
	keys q
	ends 0
	[ -L config/novacron/top.conf ] || fail 'the link is gone'
	printf '%s\n' '# mine' 'later-version of this' >want
	head -n 2 elsewhere/top.conf >got
	same want got
	grep -q '^theme light$' elsewhere/top.conf
	grep -q '^table hosts sort cpu hide mem$' elsewhere/top.conf
	echo 'table hosts sort nosuch' >elsewhere/top.conf
	rm status
	mux kill-server
	sleep 0.5
	session 100x20 'nc-top fleet 2>err'
	ends 2
	grep -q 'top.conf:1: no column called' err
}

@test "what is typed: errors stay on the line, letters are no keys" {
	session 80x20 'nc-top --now @1763800073 fleet'
	shows '^S hv04'
	keys F4
	mux send-keys -l 'load1 >'
	keys Enter
	shows '^column [0-9]+: '
	keys F4
	mux send-keys -l 'qload1 > 10'
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do keys BSpace; done
	shows '^filter: *$'
	mux send-keys -l 'load1 > 10'
	keys Enter
	shows 'filtered out'
	screen
	not grep -q '^\. hv03' screen
	keys : u n f Tab Enter
	mux send-keys -l ':nosuch'
	keys Enter
	shows "no command called 'nosuch'"
	keys C-c
	ends 0
}
