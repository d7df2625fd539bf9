#!/usr/bin/env bats
# The manual pages: they format, they are complete, their OPTIONS are those
# of --help, and every line of EXAMPLES runs.

load lib

setup() {
	cd "$TOP" || return
	shopt -s nullglob
	pages=(man/*.[1-8] "$NC_BUILD"/man/*.[1-8])
	shopt -u nullglob
	tools=$(ls "$NC_BUILD/bin" 2>/dev/null || :)
}

# text PAGE: as plain text, without overstriking.
text() {
	mandoc -Tascii -O width=200 "$1" | sed 's/.\x08//g'
}

# section NAME PAGE: the lines of one section.
section() {
	text "$2" | awk -v name="$1" '/^[A-Z]/ { on = $0 == name; next } on'
}

# options: the options in lines such as "  -i, --interval SECS   help".
options() {
	sed -nE 's/^ +((-[A-Za-z0-9], )?--[a-z0-9-]+(\[?[= ][^ ]+)?)( .*)?$/\1/p' |
	    sort
}

@test "every page is clean mdoc" {
	for page in "${pages[@]}"; do
		run mandoc -Tlint -Wwarning "$page"
		[ "$status" -eq 0 ] || fail "$page"
	done
}

@test "a tool's page has every section" {
	# Their order is mandoc's to judge, above.
	for tool in $tools; do
		for name in NAME SYNOPSIS DESCRIPTION OPTIONS RECORDS \
		    ENVIRONMENT FILES 'EXIT STATUS' SIGNALS EXAMPLES \
		    'SEE ALSO' CAVEATS; do
			text "man/$tool.1" | grep -qx "$name" ||
			    fail "$tool: no $name"
		done
	done
}

@test "OPTIONS equals --help" {
	for tool in $tools; do
		"$tool" --help | options >"$BATS_TEST_TMPDIR/help"
		section OPTIONS "man/$tool.1" | grep -E '^ {5,6}-' |
		    sed -E 's/$/  /' | options >"$BATS_TEST_TMPDIR/page"
		[ -s "$BATS_TEST_TMPDIR/help" ] || fail "$tool: no options"
		diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page" ||
		    fail "$tool: < in --help, > in the page"
	done
}

@test "--help fits a screen, ends in two examples and the page" {
	for tool in $tools; do
		run --separate-stderr "$tool" --help
		wants 0
		[ ${#lines[@]} -le 60 ] || fail "$tool: more than 60 lines"
		! awk 'length > 80' <<<"$output" | grep . ||
		    fail "$tool: wider than 80"
		[ "$(tail -n 1 <<<"$output")" = "see $tool(1)" ] ||
		    fail "$tool: last line"
		[ "$(sed -n '/^examples:/,$p' <<<"$output" |
		    grep -c '^  [^ ]')" -eq 2 ] || fail "$tool: two examples"
	done
}

@test "EXIT STATUS explains each status the tools share" {
	for tool in $tools; do
		for code in 0 1 2 3; do
			section 'EXIT STATUS' "man/$tool.1" |
			    grep -qE "^ {5,6}$code( |$)" ||
			    fail "$tool: nothing about $code"
		done
	done
}

@test "pages of ours that a page names are there" {
	bad=$(grep -HoE '^\.Xr (nc-[a-z]+|novacron) [1-8]' "${pages[@]}" |
	    while IFS=: read -r page reference; do
		read -r _ name number <<<"$reference"
		[ -e "man/$name.$number" ] ||
		    [ -e "$NC_BUILD/man/$name.$number" ] ||
		    echo "$page: $name($number)"
	done)
	[ -z "$bad" ] || fail "$bad"
}

# What an example may count on: a recording, a store with history, both in
# the current folder and where the tools look by themselves.
furnish() {
	sandbox
	nc-collect -i 1 -n 2 >recording.ndjson 2>/dev/null
	cp recording.ndjson yesterday.ndjson
	if has nc-store; then
		export NC_STATE_DIR=$BATS_TEST_TMPDIR/state
		nc-store <recording.ndjson 2>/dev/null || :
		nc-store -d var <recording.ndjson 2>/dev/null || :
	fi
	mkdir -p etc
	cp -R "$TOP"/contrib/*/ etc/ 2>/dev/null || :
}

# On a terminal, as a reader would try it.  Longer than two seconds means: it
# would run for ever, as it should.
runs() {
	local command=$1 rc
	command=${command//\/var\/lib\/novacron/$PWD/state}
	command=${command//\/etc\/novacron/$PWD/etc/examples}
	printf '%s\n' 'set -o pipefail' "$command" >example
	rc=0
	TERM=xterm timeout -s KILL 2 script -qec 'bash example' /dev/null \
	    </dev/null >out 2>&1 || rc=$?
	case $rc in
	0 | 1) return 0 ;;
	137 | 141) return 0 ;;	# still running; the reader had enough
	4) [[ $command == *' -e'* ]] && return 0 ;;
	esac
	echo "status $rc: $command"
	tail -n 5 out
}

@test "every line of EXAMPLES runs" {
	has nc-collect || skip 'nc-collect is not there'
	furnish
	for page in "${pages[@]}"; do
		[[ $page == /* ]] || page=$TOP/$page
		# Some programs of an example may belong to a later part.
		section EXAMPLES "$page" | sed -n 's/^ *\$ //p' |
		    while read -r command; do
			bad=$(runs "$command")
			[ -z "$bad" ] || echo "$page: $bad"
		done
	done >problems
	[ ! -s problems ] || fail "$(cat problems)"
}

@test "the examples of --help run" {
	has nc-collect || skip 'nc-collect is not there'
	furnish
	for tool in $tools; do
		"$tool" --help | sed -n '/^examples:/,/^$/s/^  //p' |
		    while read -r command; do
			bad=$(runs "$command")
			[ -z "$bad" ] || echo "$tool: $bad"
		done
	done >problems
	[ ! -s problems ] || fail "$(cat problems)"
}

@test "README: the picture is what its command prints, every tool is named" {
	local d=$BATS_TEST_TMPDIR
	for tool in $tools; do
		grep -q "^| \`$tool\` |" README.md || fail "no $tool"
	done
	awk '/^```/ { if (++n == 2) exit; next } n' README.md >"$d/block"
	head -2 "$d/block" | sed '1s/^\$ //' >"$d/command"
	tail -n +3 "$d/block" >"$d/want"
	PATH=$NC_BUILD/bin:$PATH TZ=UTC timeout 20 bash "$d/command" >"$d/got"
	# Figures may move with the simulation, the form may not.
	[ "$(wc -l <"$d/got")" -eq "$(wc -l <"$d/want")" ] || fail "rows"
	head -2 "$d/want" >"$d/want.head"
	head -2 "$d/got" >"$d/got.head"
	same "$d/want.head" "$d/got.head"
}
