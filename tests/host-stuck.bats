#!/usr/bin/env bats
# A file system that never answers, for real: a FUSE mount whose server keeps
# silent.  It is `stuck`, and delays nobody.

load lib

setup() {
	need nc-collect jq unshare
	sandbox
	[ -w /dev/fuse ] || skip 'no /dev/fuse to mount a silent server with'
	unshare -rm true 2>/dev/null || skip 'no right to mount'
}

# apart SCRIPT: runs it where mounts are ours, with mount N [SECONDS] to put
# a silent (or slow) file system on ./mN.
apart() {
	cat >script <<-'END'
	set -eu
	mount() {
		mkdir "m$1"
		"$TOP/tests/stuckfs" "$PWD/m$1" ${2-} 3>&- &
		servers="${servers-} $!"
		for _ in $(seq 100); do
			! grep -q "$PWD/m$1 " /proc/self/mountinfo || return 0
			sleep 0.05
		done
		return 1
	}
	trap 'kill ${servers-} 2>/dev/null || :' EXIT
	END
	cat >>script
	timeout 60 unshare -rm --propagation private bash script
}

# fs MOUNT KEY: of each round.
fs() {
	jq -r --arg m "$1" --arg k "$2" 'select(.entity == "host.fs" and
	    .id == $m) | .values[$k] // "-"' out
}

@test "one round: the silent mount is stuck, the others are measured" {
	apart <<-'END'
	mount 1
	nc-collect host,fs-timeout=500ms >out
	END
	[ "$(fs "$PWD/m1" stuck)" = 1 ]
	[ "$(fs "$PWD/m1" size_bytes)" = - ]
	[ "$(fs / stuck)" = 0 ]
	[ "$(fs / size_bytes)" != - ]
}

@test "round after round: no other is delayed, stuck grows" {
	apart <<-'END'
	mount 1
	nc-collect -i 200ms -n 6 host,fs-timeout=500ms >out
	END
	[ "$(fs / size_bytes | grep -vc -e -)" -eq 6 ] || fail "$(cat out)"
	[ "$(fs "$PWD/m1" stuck | tail -1)" = 1 ]
	[ "$(fs "$PWD/m1" stuck | head -1)" = - ]
	# Nobody calls a mount well that has not answered.
	fs "$PWD/m1" stuck | not grep -qx 0
	jq -e 'select(.kind == "sweep" and .seq > 0) |
	    .values.took_seconds < 0.05' out >took || sanitized ||
	    fail "$(cat out)"
}

@test "a slow mount is measured, with the time it was read" {
	apart <<-'END'
	mount 1 0.15
	nc-collect -i 400ms -n 5 host >out
	END
	fs "$PWD/m1" size_bytes | grep -qx 4096000
	fs "$PWD/m1" stuck | not grep -qx 1
	# It was asked in the round before, and its ts says so.
	jq -se --arg m "$PWD/m1" '[.[] | select(.kind == "sample")] |
	    (map(select(.id == $m and .values.size_bytes != null))) as $slow |
	    (map(select(.entity == "host").ts)) as $rounds |
	    $slow | length >= 2 and all(.ts as $t | $rounds | index($t) == null)' out
}

@test "many silent mounts: the rest is measured all the same" {
	apart <<-'END'
	for i in 1 2 3 4 5 6 7 8 9 10 11; do mount $i; done
	nc-collect -i 300ms -n 10 host,fs-timeout=600ms >out
	END
	[ "$(fs / size_bytes | tail -1)" != - ]
	for i in 1 5 8; do
		[ "$(fs "$PWD/m$i" stuck | tail -1)" = 1 ] ||
		    fail "m$i: $(fs "$PWD/m$i" stuck)"
	done
}

@test "unmounted while it hangs: nothing more is said of it" {
	apart <<-'END'
	mount 1
	nc-collect -i 200ms -n 12 host,fs-timeout=300ms >out 3>&- &
	sleep 1.2
	umount -l "$PWD/m1"
	kill $servers; servers=
	wait
	END
	[ "$(fs "$PWD/m1" stuck | grep -cx 1)" -ge 1 ]
	jq -se --arg m "$PWD/m1" 'last(.[] | select(.id == $m)).ts <
	    last(.[] | select(.id == "/")).ts' out
}
