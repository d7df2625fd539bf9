# shellcheck shell=bash
# lib.bash: what the bats files share.  "load lib" at the top of a file.
# Black box only: nothing here knows a program's inside.

bats_require_minimum_version 1.5.0

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
NC_BUILD=${NC_BUILD:-$TOP/build}
export TOP NC_BUILD
# Modules that judge what we send: contrib/deps check puts them there.
NC_NPM=${NC_NPM:-${XDG_CACHE_HOME:-$HOME/.cache}/novacron/npm}
export NC_NPM NODE_PATH=$NC_NPM/node_modules
export PATH=$NC_BUILD/bin:$PATH LC_ALL=C
# A sanitizer that finds something must not look like one of our statuses.
export ASAN_OPTIONS=exitcode=99:detect_leaks=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
unset NO_COLOR CLICOLOR_FORCE NC_STATE_DIR

# A home of its own for each test: no configuration, state or cache of the
# person who runs it.
sandbox() {
	export HOME=$BATS_TEST_TMPDIR/home
	export XDG_STATE_HOME=$HOME/state XDG_CONFIG_HOME=$HOME/config
	export XDG_RUNTIME_DIR=$HOME/run TMPDIR=$BATS_TEST_TMPDIR
	mkdir -p "$HOME"
	cd "$BATS_TEST_TMPDIR" || return
}

# has TOOL: the program was built.  need TOOL...: skips the test unless.
has() {
	[ -x "$NC_BUILD/bin/$1" ]
}

need() {
	local tool
	for tool; do
		has "$tool" || command -v "$tool" >/dev/null ||
		    skip "$tool is not there"
	done
}

# fail MESSAGE...: ends the test, saying what the last run printed.
fail() {
	printf '%s\n' "$@"
	printf 'status %s\n--- stdout\n%s\n--- stderr\n%s\n' \
	    "${status-}" "${output-}" "${stderr-}"
	return 1
}

# wants STATUS: the status of the last run.
wants() {
	[ "$status" -eq "$1" ] || fail "wanted status $1"
}

# not COMMAND...: fails where it succeeds.  ("!" alone fails no bats test
# unless it is the last line.)
not() {
	! "$@"
}

# same FILE FILE: equal bytes, else the difference.
same() {
	cmp -s "$1" "$2" || {
		diff "$1" "$2" | head -20
		return 1
	}
}

# until_true SECONDS COMMAND...: waits for it, polling.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# now_ms: milliseconds of the wall clock.
now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# sample TS [HOST [ENTITY [ID [VALUES]]]]: one record on standard output.
sample() {
	printf '{"v":1,"kind":"sample","ts":%s,"host":"%s","source":"test","entity":"%s","id":"%s","interval":10,"values":{%s}}\n' \
	    "$1" "${2:-h1}" "${3:-host}" "${4:-${2:-h1}}" \
	    "${5:-\"load1\":0.5}"
}

# stop PID: ends a process of ours and waits for it.
stop() {
	kill "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

# slow: skips unless NC_SLOW is set.
slow() {
	[ -n "${NC_SLOW-}" ] || skip "long form: set NC_SLOW=1"
}

# sanitized: true in a build with a sanitizer, where memory and time differ.
sanitized() {
	[ -n "${NC_SANITIZER-}" ]
}
