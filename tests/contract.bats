#!/usr/bin/env bats
# What every tool of the suite promises whatever it does, by class.  A new
# tool joins by one line in rows() and, if it needs a folder or a file, one
# in tool().

load lib

# tool, class: a source makes records; a filter and a sink read and (here)
# pass them; a viewer reads records and shows something else.
rows() {
	cat <<-'END'
	nc-collect source
	nc-query source
	nc-analyze filter
	nc-alert filter
	nc-store sink
	nc-notify sink
	nc-top viewer
	END
}

# argv NAME: sets argv to the command that does the tool's work on standard
# input, or for a source, makes records and ends.
argv() {
	case $1 in
	nc-collect) argv=(nc-collect -n 1) ;;
	nc-query) argv=(nc-query -d "$store" --from @1763790000 --to @1763810000) ;;
	nc-store) argv=(nc-store -p -d "$(mktemp -d "$PWD/store.XXXXXX")") ;;
	nc-notify) argv=(nc-notify -p) ;;
	nc-alert) argv=(nc-alert --state none -c "$rules") ;;
	nc-top) argv=(nc-top -b -n 1 --width 120 --height 60) ;;
	*) argv=("$1") ;;
	esac
}

# tool NAME [ARG...]: runs it.
tool() {
	local argv
	argv "$1"
	shift
	timeout 60 "${argv[@]}" "$@"
}

setup_file() {
	# An hour of fifty entities, for nc-query.
	export store=$BATS_FILE_TMPDIR/store rules=$BATS_FILE_TMPDIR/rules
	echo 'alert busy on host { crit if load1 > 1000 for 10m }' >"$rules"
	mkdir "$store"
	! has nc-store ||
	    records 3000 | nc-store -d "$store" 2>"$BATS_FILE_TMPDIR/store.err"
}

setup() {
	sandbox
}

# each CLASS... -- FUNCTION: calls it for every tool of these classes that
# exists; one failing does not hide the others.
each() {
	local classes=' ' function name class failed=
	while [ "$1" != -- ]; do
		classes+="$1 "
		shift
	done
	function=$2
	while read -r name class; do
		[[ $classes == *" $class "* ]] && has "$name" || continue
		mkdir -p "$BATS_TEST_TMPDIR/$name"
		(cd "$BATS_TEST_TMPDIR/$name" && "$function" "$name") || {
			echo "^^^ $name ($class)"
			failed=1
		}
	done < <(rows)
	[ -z "$failed" ]
}

# records N: that many good lines, distinct.
records() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
		printf "{\"v\":1,\"kind\":\"sample\",\"ts\":%d," \
		    "\"host\":\"h%d\",\"source\":\"test\"," \
		    "\"entity\":\"host\",\"id\":\"h%d\",\"interval\":10," \
		    "\"values\":{\"load1\":%.2f,\"cpu_busy_ratio\":0.25}}\n",
		    1763800000 + 10 * int(i / 50), i % 50, i % 50, i % 7
	}'
}

# passes NAME: whether its output is its input.
passes() {
	[ "$1" != nc-top ]
}

# --- options -----------------------------------------------------------------

help_and_version() {
	run --separate-stderr "$1" --help
	wants 0 || return
	[ -n "$output" ] && [ -z "$stderr" ] || fail 'help belongs on stdout'
	run --separate-stderr "$1" -h
	wants 0 || return
	run --separate-stderr "$1" --version
	wants 0 || return
	[[ $output =~ ^"$1 "[0-9]+\.[0-9]+\.[0-9]+" (records v1)"$ ]] ||
	    fail 'version line'
	run --separate-stderr bash -c '"$1" --help >/dev/full' bash "$1"
	wants 3
}

@test "--help and --version: standard output, status 0" {
	each source filter sink viewer -- help_and_version
}

bogus() {
	local option
	for option in --bogus -%; do
		run --separate-stderr "$1" $option </dev/null
		wants 2 || return
		[ -z "$output" ] && [ ${#stderr_lines[@]} -eq 2 ] &&
		    [[ ${stderr_lines[0]} == "$1: "*"$option"* ]] &&
		    [ "${stderr_lines[1]}" = "$1: try '$1 --help'" ] ||
		    fail "two lines, the first naming $option"
	done
}

@test "an unknown option: status 2, two lines on standard error" {
	each source filter sink viewer -- bogus
}

dash_file() {
	records 3 >-file
	tool "$1" -- -file >out 2>err || fail "status $?: $(cat err)" || return
	tool "$1" <-file >want
	same want out
}

# bad_value TOOL OPTION: the option is named, nothing is done.
bad_value() {
	run --separate-stderr timeout 5 "$1" "--$2" nonsense </dev/null
	wants 2
	[[ ${stderr_lines[0]} == "$1: --$2: "* ]] || fail "$stderr"
}

@test "a bad value: status 2, its option named" {
	bad_value nc-collect interval
	bad_value nc-collect level
	bad_value nc-store keep
	bad_value nc-store expire
	bad_value nc-store also
	bad_value nc-store daemon
	bad_value nc-query stat
	bad_value nc-query from
	bad_value nc-query now
	bad_value nc-query size
	bad_value nc-top interval
	bad_value nc-alert tick
}

@test "-- -file is a file" {
	each filter sink viewer -- dash_file
}

no_such_file() {
	run --separate-stderr tool "$1" no/such/file
	wants 3 || return
	[[ $stderr == *"no/such/file"* ]] || fail 'names the file'
}

@test "a file that is not there: status 3, named" {
	each filter sink viewer -- no_such_file
}

terminal_input() {
	local argv
	argv "$1"
	run timeout 10 script -qec "${argv[*]}" /dev/null </dev/null
	wants 2
}

@test "a filter or sink on a terminal without operands says so" {
	each filter sink -- terminal_input
}

# --- input -------------------------------------------------------------------

empty() {
	run --separate-stderr tool "$1" </dev/null
	wants 0 || return
	! passes "$1" || [ -z "$output" ] || fail 'from nothing, nothing'
	[ -z "$stderr" ] || fail 'nothing to say'
}

@test "empty input: status 0" {
	each filter sink viewer -- empty
}

three_ways() {
	records 120 >in
	tool "$1" in >a || fail "operand: $?" || return
	tool "$1" <in >b || fail "stdin: $?" || return
	# shellcheck disable=SC2002 # the pipe is the point
	cat in | tool "$1" >c || fail "pipe: $?" || return
	tool "$1" - <in >d || fail "-: $?" || return
	same a b && same a c && same a d
}

@test "tool FILE = tool < FILE = cat FILE | tool = tool -" {
	each filter sink viewer -- three_ways
}

two_runs() {
	records 500 >in
	tool "$1" <in >a
	tool "$1" <in >b
	[ -s a ] && same a b
}

@test "two runs on the same bytes: the same bytes" {
	each filter sink viewer -- two_runs
	! has nc-query || {
		tool nc-query >a
		tool nc-query >b
		[ -s a ] && same a b
	}
}

pass_through() {
	records 30 >in
	cat >>in <<-'END'
	{"v":1,"kind":"weather","ts":1763800100,"host":"h1","wind":"\u00e9 – ☂","deep":[1,{"a":null}]}
	{"v":1,"kind":"sample","ts":1763800100.5,"host":"h1","source":"test","entity":"host","id":"h1","zzz":{"b":[true,false]},"values":{"load1":1.50}}
	 { "kind" : "event" ,"v":1, "ts":1.7638001e9,"host":"h2","event":"x","detail":"a\/b" }
	{"v":1,"kind":"sample","ts":1763800100,"host":"h3","source":"test","entity":"host","id":"h3","values":{"big_total":18446744073709551615,"tiny":1e-300}}
	END
	tool "$1" <in >out 2>err || fail "status $?: $(cat err)" || return
	same in out
}

@test "what comes in goes out, bit for bit" {
	each filter sink -- pass_through
}

newer_version() {
	{
		records 1
		printf '{"v":2,"kind":"sample","ts":"later","n":%d}\n' 1 2 3
		sample 1763800900
	} >in
	run --separate-stderr tool "$1" in
	wants 0 || return
	[ "$(grep -c . <<<"$stderr")" -eq 1 ] || fail 'one warning'
	! passes "$1" || same in <(printf '%s\n' "$output")
}

@test "a newer version passes unread, warned of once" {
	each filter sink viewer -- newer_version
}

# bad_lines NAME: each class of bad line between two good ones.
bad_lines() {
	local name=$1 what failed=
	mkdir -p bad
	printf '{"v":1,"kind":"sample","ts":17638' >bad/cut
	printf 'hello' >bad/text
	printf '[1,2,3]' >bad/array
	printf '{"v":1,"kind":"tick","ts":1,"x":"a\0b"}' >bad/nul
	printf '{"v":1,"kind":"tick","ts":1,"x":"a\\u0000b"}' >bad/escaped_nul
	printf '{"v":1,"kind":"tick","ts":1,"x":"a\xff\xfe"}' >bad/utf8
	printf '{"v":1,"kind":"tick","ts":1,"x":"\\ud800"}' >bad/surrogate
	printf '{"v":1,"kind":"tick","ts":1,"x":"a\tb"}' >bad/control
	printf '{"v":1,"kind":"tick","ts":1,"x":%s%s}' \
	    "$(printf '[%.0s' {1..40})" "$(printf ']%.0s' {1..40})" >bad/deep
	sample 1763800000 h1 host h1 '"load1":1e400' | tr -d '\n' >bad/overflow
	sample 1763800000 h1 host h1 '"load1":NaN' | tr -d '\n' >bad/nan
	sample 1763800000 h1 host h1 '"load1":-Infinity' | tr -d '\n' >bad/inf
	sample 1763800000 h1 host h1 '"load1":"1"' | tr -d '\n' >bad/string
	sample 1763800000 h1 host h1 '"load1":01' | tr -d '\n' >bad/zero
	{
		printf '{"v":1,"kind":"tick","ts":1,"x":"'
		head -c 2097152 /dev/zero | tr '\0' x
		printf '"}'
	} >bad/long
	for what in bad/*; do
		{
			sample 1763800000 alpha
			cat "$what"
			echo
			sample 1763800010 omega
		} >in
		run --separate-stderr tool "$name" <in
		[ "$status" -eq 1 ] ||
		    fail "$what: wanted status 1" || failed=1
		[[ $output == *alpha* && $output == *omega* ]] ||
		    fail "$what: the good records" || failed=1
		[[ $stderr == "$name: <stdin>:2: "*"(skipped)"* ]] ||
		    fail "$what: reported as $name: <stdin>:2: ... (skipped)" ||
		    failed=1
		! passes "$name" || [ ${#lines[@]} -eq 2 ] ||
		    fail "$what: came out" || failed=1
	done
	[ -z "$failed" ]
}

@test "a bad line is reported, skipped, and costs status 1" {
	each filter sink viewer -- bad_lines
}

odd_but_good() {
	{
		printf '\xef\xbb\xbf'
		sample 1763800000 alpha
		sample 1763800010 omega
	} | sed 's/$/\r/' >in
	run --separate-stderr tool "$1" <in
	wants 0 || return
	[[ $output == *alpha* && $output == *omega* ]] || fail 'both records'
	! passes "$1" || [ "$(printf '%s' "$output" | tr -cd '\r' | wc -c)" = 0 ] ||
	    fail 'a CR came out'
	# No LF behind the last line: it counts, unless it is torn.
	{ sample 1763800000 alpha; sample 1763800010 omega | tr -d '\n'; } >in
	run --separate-stderr tool "$1" <in
	wants 0 || return
	[[ $output == *omega* ]] || fail 'the last line counts'
	{ sample 1763800000 alpha; sample 1763800010 omega | head -c 50; } >in
	run --separate-stderr tool "$1" <in
	wants 1
}

@test "BOM, CRLF and no last LF are fine; a torn last line is not" {
	each filter sink viewer -- odd_but_good
}

strict() {
	{ sample 1763800000 alpha; echo bad; sample 1763800010 omega; } >in
	run --separate-stderr tool "$1" --strict <in
	wants 3 || return
	[[ $output != *omega* ]] || fail 'stops at once'
}

@test "--strict stops at the first bad line, status 3" {
	each filter sink viewer -- strict
}

quiet_about_content() {
	printf '%s\n' '{"v":1,"kind":"tick","ts":1,"password":"hunter2hunter2hunter2hunter2hunter2hunter2",}' >in
	run --separate-stderr tool "$1" <in
	[[ $stderr != *hunter2hunter2hunter2* ]] || fail 'shows a secret'
	printf '%s\n' 'x\033[31mred' | sed 's/\\033/\x1b/' >in
	run --separate-stderr tool "$1" <in
	[[ $stderr != *$'\033'* ]] || fail 'an escape reached the terminal'
}

@test "diagnostics show no secret and no control byte" {
	each filter sink viewer -- quiet_about_content
}

# --- output ------------------------------------------------------------------

# Waits for the first line of FILE; prints milliseconds since START.
first_line_after() {
	local start=$1 line
	IFS= read -r -t 5 line <&7 || return 1
	[ -n "$line" ] && echo $(($(now_ms) - start))
}

# A producer that writes one record and then says nothing for long.
silent_producer() {
	local best=9999 took pid start argv
	for _ in 1 2 3 4 5; do
		argv "$1"
		rm -f in out
		mkfifo in out
		"${argv[@]}" <in >out 2>err 3>&- &
		pid=$!
		exec 6>in 7<out
		sleep 0.3
		start=$(now_ms)
		sample 1763800000 >&6
		took=$(first_line_after "$start") || took=9999
		exec 6>&- 7<&-
		wait $pid
		[ "$took" -ge "$best" ] || best=$took
		[ "$best" -ge "$limit" ] || break
	done
	[ "$best" -lt "$limit" ] || fail "first record after $best ms"
}

source_start() {
	local best=9999 took pid start argv
	argv "$1"
	[ "$1" != nc-collect ] || argv=(nc-collect -i 30)
	for _ in 1 2 3 4 5; do
		rm -f out
		mkfifo out
		start=$(now_ms)
		"${argv[@]}" >out 2>err 3>&- &
		pid=$!
		exec 7<out
		took=$(first_line_after "$start") || took=9999
		exec 7<&-
		stop $pid
		[ "$took" -ge "$best" ] || best=$took
		[ "$best" -ge "$limit" ] || break
	done
	[ "$best" -lt "$limit" ] || fail "first record after $best ms"
}

@test "the first record comes out within 100 ms" {
	limit=100
	! sanitized || limit=1000
	each filter sink -- silent_producer
	each source -- source_start
}

# head_ends NAME ARG...: it dies of SIGPIPE soon after head has gone.
head_ends() {
	local start statuses argv
	argv "$1"
	shift
	start=$(now_ms)
	timeout 20 "${argv[@]}" "$@" 2>err | head -n 1 >/dev/null &&
	    statuses="${PIPESTATUS[*]}"
	[ "$statuses" = '141 0' ] ||
	    fail "statuses $statuses, wanted 141; $(cat err)" || return
	[ $(($(now_ms) - start)) -lt 3000 ] ||
	    fail "took $(($(now_ms) - start)) ms"
}

head_one() {
	local with=()
	case $1 in
	nc-collect) with=(-i 20 -n 3) ;;
	nc-query) ;;
	*)
		# More than any pipe holds.
		records 20000 >flood
		with=(flood)
		;;
	esac
	head_ends "$1" "${with[@]}" &&
	    (trap '' PIPE; head_ends "$1" "${with[@]}")
}

@test "| head -1 ends it at once, status 141, also with SIGPIPE ignored" {
	each source filter sink -- head_one
}

full_output() {
	local rc
	records 50 >in
	rc=0
	tool "$1" <in >/dev/full 2>err || rc=$?
	[ $rc -eq 3 ] && grep -q "^$1: " err ||
	    fail "/dev/full: status $rc, wanted 3; $(cat err)" || return
	grep -q 'No space left on device$' err ||
	    fail "/dev/full: the reason is missing; $(cat err)" || return
	rc=0
	tool "$1" <in >&- 2>err || rc=$?
	[ $rc -eq 3 ] && grep -q "^$1: " err ||
	    fail "closed: status $rc, wanted 3; $(cat err)"
}

@test "a full or closed standard output: status 3, said" {
	each source filter sink viewer -- full_output
}

sigterm() {
	local pid feeder='' rc argv
	argv "$1"
	if [ "$1" = nc-query ]; then
		return 0
	elif [ "$1" = nc-collect ]; then
		nc-collect -i 100ms >out 2>err 3>&- &
		pid=$!
	else
		mkfifo in
		"${argv[@]}" <in >out 2>err 3>&- &
		pid=$!
		records 100000000 >in 2>/dev/null 3>&- &
		feeder=$!
	fi
	until_true 5 test -s out || fail 'no output'
	sleep 0.2
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ -z "$feeder" ] || stop "$feeder"
	[ $rc -eq 0 ] || fail "SIGTERM: status $rc, wanted 0; $(cat err)" ||
	    return
	[ "$(tail -c 1 out | od -An -tx1)" = ' 0a' ] || fail 'torn last line' ||
	    return
	jq -e . >/dev/null <out || fail 'not all lines parse'
}

@test "SIGTERM in mid-stream leaves only whole lines, status 0" {
	each source filter sink -- sigterm
}

@test "SIGINT ends a tool as the shell expects: 130" {
	sigint() {
		case $1 in
		nc-collect) set -- "$1" -i 100ms ;;
		nc-query | nc-top) return 0 ;;
		nc-store) set -- "$1" -p -d s ;;
		nc-alert) set -- "$1" --state none -c "$rules" ;;
		esac
		run python3 - "$@" <<-'END'
		import signal, subprocess, sys, time
		p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE,
		    stdout=subprocess.DEVNULL)
		time.sleep(0.5)
		p.send_signal(signal.SIGINT)
		print(p.wait(timeout=10))
		END
		[ "${lines[-1]}" = -2 ] || fail 'not ended by SIGINT'
	}
	each source filter sink -- sigint
}

@test "three sources on one pipe: every line parses" {
	need nc-collect
	for _ in 1 2 3; do
		nc-collect -l detailed -i 50ms -n 20 3>&- &
	done | cat >out
	wait
	[ "$(wc -l <out)" -gt 60 ]
	jq -e . <out >/dev/null
	[ "$(awk 'length >= 4096' out | wc -l)" -eq 0 ]
}

@test "a decimal comma in the locale changes nothing" {
	locale -a | grep -qi '^de_DE.utf' || skip 'no locale de_DE.UTF-8'
	comma() {
		records 50 >in
		case $1 in
		nc-collect)
			LC_ALL=de_DE.UTF-8 nc-collect -n 1 >out
			jq -e . <out >/dev/null || fail 'not JSON'
			return
			;;
		esac
		LC_ALL=C.UTF-8 tool "$1" <in >a
		LC_ALL=de_DE.UTF-8 tool "$1" <in >b
		same a b
	}
	each source filter sink viewer -- comma
}

@test "no colour where none is wanted, and never in records" {
	colour() {
		records 50 >in
		NO_COLOR=1 CLICOLOR_FORCE=1 TERM=xterm-256color \
		    tool "$1" <in >out 2>err
		! grep -q $'\033' out err || fail 'NO_COLOR disobeyed'
		passes "$1" || return 0
		CLICOLOR_FORCE=1 TERM=xterm-256color tool "$1" <in >out
		! grep -q $'\033' out || fail 'colour in records'
	}
	each source filter sink viewer -- colour
}

# peak NAME N: its resident memory in KB at most, fed with N records.
peak() {
	local argv
	argv "$1"
	records "$2" | python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=0, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
	    "${argv[@]}" 2>err
}

flat() {
	local few many
	few=$(peak "$1" $((count / 10))) && many=$(peak "$1" "$count") ||
	    fail "$(cat err)" || return
	[ $((many - few)) -lt $((few / 10 + 1024)) ] ||
	    fail "$few KB after $((count / 10)) records, $many KB after $count"
}

@test "memory stays flat over many records" {
	! sanitized || skip 'a sanitizer keeps freed memory'
	count=100000
	[ -z "${NC_SLOW-}" ] || count=1000000
	each filter sink viewer -- flat
}

@test "what never becomes a record keeps nobody from a signal" {
	local tool pid
	for tool in 'nc-analyze -q -o aggregate' 'nc-store -q -d d' \
	    'nc-alert -q -o --state none -c rules' 'nc-top -b'; do
		need "${tool%% *}"
		echo 'alert a on host { warn if load1 > 1 }' >rules
		# shellcheck disable=SC2086
		$tool </dev/zero >/dev/null 2>&1 3>&- &
		pid=$!
		sleep 0.3
		kill $pid
		until_true 5 not kill -0 $pid 2>/dev/null || {
			kill -9 $pid
			fail "$tool: deaf on a line without an end"
		}
		# shellcheck disable=SC2086
		yes | $tool >/dev/null 2>&1 3>&- &
		pid=$!
		sleep 0.3
		kill $pid
		until_true 5 not kill -0 $pid 2>/dev/null || {
			kill -9 $pid
			fail "$tool: deaf on endless bad lines"
		}
	done
}
