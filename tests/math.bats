#!/usr/bin/env bats
# lib/math beside independent judges.

load lib

@test "trend, correlation and tails agree with scipy" {
	/usr/bin/python3 -c 'import scipy' 2>/dev/null ||
	    skip 'no python3-scipy'
	run --separate-stderr timeout 60 /usr/bin/python3 "$TOP/tests/math.py" \
	    "$NC_BUILD/tests/test_trend" "$NC_BUILD/tests/test_peaks"
	[ "$status" -eq 0 ] || {
		printf '%s\n' "$output" "$stderr"
		return 1
	}
}
