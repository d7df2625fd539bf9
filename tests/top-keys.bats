#!/usr/bin/env bats
# Every key of nc-top on a terminal: a step a key, in tmux sessions side by
# side.  A key of the table without a step fails.

load lib

setup() {
	need nc-top nc-collect tmux
	sandbox
	export TZ=UTC LC_ALL=C.UTF-8 TMUX_TMPDIR=$BATS_TEST_TMPDIR
	export TERM=xterm-256color XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	nc-collect -i 10 -n 84 --now @1763800000 --speed max \
	    "sim,hosts=3,vms=8,scenario=$TOP/tests/fixtures/top/scenario" |
	    cat - "$TOP/tests/fixtures/top/matters.ndjson" | awk '{
		ts = $0; sub(/.*"ts":/, "", ts); print ts + 0 "\t" $0 }' |
	    sort -s -n -k1,1 | cut -f2- >fleet
}

teardown() {
	mux kill-server 2>/dev/null || :
}

mux() {
	tmux -L t -f /dev/null "$@"
}

# steps: session, setup (commands), command, key as --keys has it, keys sent,
# what is on the screen then.  Tabs between.  Whoever "i" shows was under the
# cursor.
steps() {
	cat <<'END'
a	hosts; sort host	help	?	?	^Keys; Esc leaves
a	hosts	help	F1	F1	^Keys; Esc leaves
a	hosts	pause	Space	Space	PAUSED -00:00:00
a	hosts; back; back	live	L	L	^nc-top  ENDED
a	hosts; sort host	enter	Enter	Enter	vms of sim001
a	hosts; sort host; first	tag	x	x	^\.\*sim001
a	hosts; sort host; last	tag	Insert	IC	^\.\*sim003
a	hosts; live	back	[	[	PAUSED -00:00:10
a	hosts; live	back	t	t	PAUSED -00:00:10
a	hosts; live; back; back	on	]	]	PAUSED -00:00:10
a	hosts; live; back; back	on	T	T	PAUSED -00:00:10
a	hosts; live	leap-back	{	{	PAUSED -00:01:40
a	hosts; live; leap-back	leap-on	}	}	PAUSED -00:00:00
a	hosts	time	b	b 08:35 Enter	2025-11-22 08:35:00
a	hosts; live; sort cpu	sort-left	<	<	hosts by alerts
a	hosts; sort host	sort-right	>	>	hosts by alerts
a	hosts; sort cpu	invert	I	I	by cpu inverted
a	hosts; invert; sort host; first	up	k	j j k i	sim002 host on
a	hosts; sort host; first	up	Up	j j Up i	sim002 host on
a	hosts; sort host; first	down	j	j i	sim002 host on
a	hosts; sort host; first	down	Down	Down i	sim002 host on
a	alerts	hosts	1	1	hosts by host
a	hosts	next	Tab	Tab	vms by
a	hosts	previous	BackTab	BTab	tree$
a	hosts; sort host	escape	Esc	Enter Escape	hosts by host
a	hosts; sort host; first	blame	z	z	who is to blame on sim001
a	hosts; sort host; first	detail	i	i	sim001 host on sim001
a	hosts	tree	v	v	- sim001
a	hosts	tree	F5	F5	- sim001
a	hosts	prompt	:	: w a l l Enter	wall$
b	vms; sort name; first	search	/	/ d b 6 Enter i	db6 vm on
b	vms; sort name; first	search	F3	F3 w e b 5 Enter i	web5 vm on
b	vms; search db; first	search-next	n	n i	db6 vm on
b	vms; first; search db; first	search-back	N	N i	db18 vm on
b	vms	filter	\	\ v c p u s > 7 Enter	20 filtered out
b	unfilter; vms	filter	F4	F4 v c p u s < 8 Enter	4 filtered out
b	unfilter; vms	sort	s	s	^Order by
b	vms	sort	F6	F6	^Order by
b	vms; sort name; sort	choose	Enter	j Enter	vms by alerts
b	vms; sort name; columns	turn	x	g j j x	^  alerts
b	vms; columns	turn	Enter	g j j Enter	^\* alerts
b	vms	columns	c	c	^Columns; Enter turns
b	vms; sort name; first	page-down	^F	C-f i	idle20 vm on
b	vms; first	page-down	PgDn	NPage i	idle20 vm on
b	vms; last	page-up	^B	C-b i	idle3 vm on
b	vms; last	page-up	PgUp	PPage i	idle3 vm on
b	vms; first	half-down	^D	C-d i	idle1 vm on
b	vms; last	half-up	^U	C-u i	web5 vm on
b	vms; last	first	g	g i	batch19 vm on
b	vms; last	first	Home	Home i	batch19 vm on
b	vms; first	last	G	G i	web24 vm on
b	vms; first	last	End	End i	web24 vm on
b	vms; first	copy	y	y	copied, [0-9]+ bytes
b	vms	export	e	e	^:export
b	vms; sort cpu	show-pipeline	E	E	-x 'vms; sort cpu'
b	vms; filter vcpus > 3	rule	R	R	^ +warn if vcpus > 3 for
b	unfilter; vms	save	W	W	top.conf written
b	vms	theme	C	C	theme light
b	vms	mouse	m	m	the mouse is taken
b	vms; sort name; first	down	WheelDown	WHEELDOWN i	build17 vm on
b	vms; first; down	up	WheelUp	WHEELUP i	batch19 vm on
b	vms; mouse	vms	2	2	vms by name
d	alerts; first	ask-why	w	w	^\$ nc-alert why [0-9a-f]{16}$
d	alerts; first	ask-history	H	H	^\$ nc-alert history [0-9a-f]{16}$
d	alerts; first	ask-rules	r	r	^\$ nc-alert rules$
d	alerts; first	ask-ack	a	a 2 h Enter	^\$ nc-alert ack --dry-run [0-9a-f]{16} -t 2h$
d	alerts; first	ask-unack	A	A	^\$ nc-alert unack --dry-run [0-9a-f]{16}$
d	alerts; first	ask-silence	S	S 2 h Space x Enter	^\$ nc-alert silence --dry-run [0-9a-f]{16} -t 2h -m x$
d	alerts; first	ask-unsilence	U	U	^no silence is about it
d	alerts; first	ask-maintenance	M	M 2 h Enter	^maintenance: who, for how long and why
d	alerts; first; ask-why	do	y	y	^there is nothing to be done here
c	detail idle2	overlay	Enter	G k Enter	chart$
c	chart cpu_seconds_per_second of idle2	zoom-in	+	+	08:35:30
c	chart cpu_seconds_per_second of idle2	zoom-out	-	-	08:20:30
c	chart cpu_seconds_per_second of idle2	pan-back	h	h	08:38:00$
c	chart cpu_seconds_per_second of idle2	pan-back	Left	Left	08:38:00$
c	chart cpu_seconds_per_second of idle2; pan-back	pan-on	l	l	08:40:30$
c	chart cpu_seconds_per_second of idle2; pan-back	pan-on	Right	Right	08:40:30$
c	chart cpu_seconds_per_second of idle2	dots	d	d	⣿|⣤|⣀|⡇|⢸|⠤|⠒|⠉|⣇|⠀
c	vms; sort name; search idle2	chart	5	5	idle2 +cpu_seconds
c	tree; search sim001	fold	-	-	\+ sim001
c	tree; search sim002	fold	h	h	\+ sim002
c	tree; search sim003	fold	Left	Left	\+ sim003
c	tree; search sim001	unfold	+	+	- sim001
c	tree; search sim002	unfold	l	l	- sim002
c	tree; search idle2	unfold	Right	Right	cpu vcpu1
c	wall; first	right	l	l	^db8 on sim001
c	wall; first	right	Right	Right	^db8 on sim001
c	wall; first; right; right	left	h	h	^db8 on sim001
c	wall; first; right; right	left	Left	Left	^db8 on sim001
c	hosts	containers	3	3	containers by
c	hosts	alerts	4	4	alerts by
c	hosts	wall	6	6	wall$
c	hosts	pipeline	7	7	pipeline by
c	hosts	services	8	8	services by
c	hosts	guests	9	9	guests by
END
}

# on_screen SESSION PATTERN
on_screen() {
	mux capture-pane -p -t "=$1:" >"screen.$1"
	grep -qE -- "$2" "screen.$1"
}

# wait_for SESSION PATTERN
wait_for() {
	local tries
	for ((tries = 0; tries < 75; tries++)); do
		! on_screen "$1" "$2" || return 0
		sleep 0.02
	done
	return 1
}

# send SESSION KEY...
send() {
	local session=$1 key
	shift
	for key in "$@"; do
		case $key in
		# The step before took the mouse.
		WHEELUP) mux send-keys -t "=$session:" -l $'\e[M`*%' ;;
		WHEELDOWN) mux send-keys -t "=$session:" -l $'\e[Ma*%' ;;
		*) mux send-keys -t "=$session:" -- "$key" ;;
		esac
	done
}

# run_steps SESSION: its steps one after the other; failures to a file.
run_steps() {
	local setup key sent want
	while IFS=$'\t' read -r _ setup _ key sent want; do
		# What is being typed is wiped; elsewhere these do nothing.
		mux send-keys -t "=$1:" C-u BSpace
		mux send-keys -t "=$1:" -l ":$setup"
		mux send-keys -t "=$1:" Enter
		# shellcheck disable=SC2086 # words are the point
		send "$1" $sent
		wait_for "$1" "$want" || {
			echo "$key after '$setup': no '$want'"
			cat "screen.$1"
		} >>"failures.$1"
	done < <(steps | grep "^$1")
}

@test "every key does what the table says" {
	local session
	for session in a b c d; do
		mux new-session -d -x 100 -y 17 -s $session \
		    'TERM=screen-256color nc-top fleet; sleep 30' 3>&-
	done
	for session in a b c d; do
		wait_for $session ' ENDED '
		run_steps $session 3>&- &
	done
	wait
	cat failures.* >failures 2>/dev/null || :
	[ ! -s failures ] || fail "$(cat failures)"
	# Saved means: in the file.
	grep -q '^table vms sort ' config/novacron/top.conf
}

@test "no key of the table without a step" {
	# Leaving, drawing anew and suspending have their own in top-session.
	{
		steps | cut -f3,4 --output-delimiter=' '
		printf '%s\n' 'quit q' 'quit F10' 'quit ^C' 'redraw ^L' \
		    'suspend ^Z'
	} | sort -u >have
	nc-top --keys | awk -F'\t' '{
		n = split($1, k, " ")
		for (i = 1; i <= n; i++)
			print $3, k[i] }' | sort -u >want
	same want have
}

@test "a row copied is in the clipboard of the terminal" {
	mux new-session -d -x 100 -y 17 -s a \
	    'TERM=screen-256color nc-top fleet; sleep 30' 3>&-
	mux set -s set-clipboard on
	wait_for a ' ENDED '
	send a 2 y
	wait_for a 'copied, '
	until_true 3 mux show-buffer >copied
	jq -e '.entity == "vm"' copied >/dev/null
}
