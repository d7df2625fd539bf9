#!/usr/bin/env bats
# Rules beside another tool's: Alertmanager's amtool decides for the same
# label sets as nc-notify -T, for trees translated to rules.

load lib

setup() {
	sandbox
	need amtool
}

@test "amtool names the same receivers" {
	local trees=5 sets=8
	[ -z "${NC_SLOW-}" ] || { trees=60 sets=60; }
	run --separate-stderr timeout 500 /usr/bin/python3 \
	    "$TOP/tests/amtool.py" $trees $sets
	wants 0
	[ "$output" = "$((trees * sets)) decisions agree" ] || fail "$output"
	echo "# $output" >&3
}
