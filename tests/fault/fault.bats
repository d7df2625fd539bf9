#!/usr/bin/env bats
# Error paths, walked: a shim makes the system fail under each tool.  Wanted
# each time: a status of ours, a line that says so, whole lines out, no
# signal, no hang, and after the trouble the tool works again.

load ../lib

setup() {
	sandbox
	! sanitized || skip 'a sanitizer has its own allocator'
	[ -e "$NC_BUILD/fault.so" ] || skip 'make fault builds the shim'
}

# records N [START]
records() {
	for i in $(seq 0 "$1"); do
		sample $((${2-1763800000} + 10 * (i / 5))) "h$((i % 5))"
	done
}

# faulty SPEC COMMAND...: runs it under the shim; status in $rc.
faulty() {
	local spec=$1
	shift
	rc=0
	timeout 20 env NC_FAULT="$spec" NC_FAULT_PROG="$1" \
	    LD_PRELOAD="$NC_BUILD/fault.so" "$@" <in >out 2>err || rc=$?
}

# sane SPEC: no signal, no hang, torn nothing, silent about nothing.
sane() {
	[ $rc -le 3 ] || fail "$1: status $rc: $(cat err)" || return
	[ $rc -eq 0 ] || [ -s err ] || fail "$1: status $rc, said nothing" ||
	    return
	[ ! -s out ] || [ "$(tail -c 1 out | od -An -tx1)" = ' 0a' ] ||
	    fail "$1: torn line"
}

whole() {
	[ $rc -eq 0 ] || fail "$1: status $rc: $(cat err)" || return
	same want out || fail "$1: other output"
}

tools() {
	has nc-collect && echo nc-collect -n 1
	has nc-store && echo nc-store -p -d var
	has nc-top && echo nc-top -b -n 1 --width 80 --height 24
	has nc-query &&
	    echo nc-query -d kept --from @1763790000 --to @1763810000
	has nc-notify && echo nc-notify -p --spool spool
	return 0
}

furnish() {
	records 200 >in
	if has nc-store; then
		nc-store -d kept <in 2>/dev/null || :
	fi
}

@test "interrupted and short reads and writes change nothing" {
	furnish
	tools | grep -v nc-collect | while read -r -a command; do
		rm -rf var
		"${command[@]}" <in >want 2>err
		for spec in 'read=EINTR@1+2' 'write=EINTR@1+2' 'read=short@1+' \
		    'write=short@1+' 'read=EINTR@2+3,write=short@1+3'; do
			rm -rf var
			faulty "$spec" "${command[@]}"
			whole "${command[0]} $spec"
		done
	done
}

@test "a full disk or a broken one: status 3, said, and no torn line" {
	furnish
	tools | while read -r -a command; do
		for error in ENOSPC EIO; do
			for at in 1 2 3 5 10; do
				rm -rf var
				faulty "write=$error@$at+" "${command[@]}"
				sane "${command[0]} write $error from $at"
			done
			# stdio's own calls are beyond the shim; contract.bats
			# has /dev/full for those who use it.
			[ "${command[0]}" != nc-top ] || continue
			rm -rf var
			faulty "write=$error@1+" "${command[@]}"
			[ $rc -eq 3 ] || fail "${command[0]}: $error: $rc"
		done
	done
}

@test "reads that fail: never a signal, never silence" {
	furnish
	tools | while read -r -a command; do
		for at in 1 2 3 5 8 13 21 34; do
			rm -rf var
			faulty "read=EIO@$at" "${command[@]}"
			sane "${command[0]} read EIO at $at"
			rm -rf var
			faulty "open=EMFILE@$at+" "${command[@]}"
			sane "${command[0]} open EMFILE from $at"
			rm -rf var
			faulty "open=EACCES@$at" "${command[@]}"
			sane "${command[0]} open EACCES at $at"
		done
	done
}

@test "a store whose rename or fsync fails says so and works again" {
	need nc-store nc-query
	furnish
	records 50 1763900000 >later
	for spec in rename=EIO@1+ fsync=EIO@1+ fsync=ENOSPC@1 rename=ENOSPC@2 \
	    ftruncate=ENOSPC@1+; do
		rm -rf var
		faulty "$spec" nc-store -p -d var
		sane "$spec"
		rc=0
		nc-store -p -d var <later >out 2>err || rc=$?
		[ $rc -eq 0 ] || fail "after $spec: status $rc: $(cat err)"
		nc-query -d var --from @1763899990 --to @1763910000 host |
		    head -n 1 | jq -e . >/dev/null
	done
}

# vms FROM TO: samples of three machines, "a" the number of the sample.
vms() {
	local i k
	for ((i = $1; i <= $2; i++)); do
		for k in 1 2 3; do
			sample $((1763800000 + 10 * i)) h1 vm u$k "\"a\":$i"
		done
	done
}

# stored DIR: what is in a store, machine, number of the sample, value.
stored() {
	nc-query -d "$1" --from @1763800000 --to @1763810000 --stat last \
	    'vm:a' | jq -r '"\(.id) \((.ts - 1763800000) / 10) \(.values.a)"' |
	    sort
}

# unharmed SPEC: after a fault nothing is lost that was there before it,
# nothing is wrong, and the same input completes the store.
unharmed() {
	find var -name '*.rrd' -print0 | xargs -0 -n 1 rrdtool info \
	    >/dev/null || fail "$1: a file that rrdtool cannot read" || return
	stored var >got 2>err || fail "$1: nc-query: $(cat err)" || return
	[ -z "$(comm -23 before got)" ] || fail "$1: lost" || return
	[ -z "$(comm -13 all got)" ] || fail "$1: wrong values" || return
	nc-store -q -d var --keep raw:1h,1m:2h in 2>err || [ $? -eq 1 ] ||
	    fail "$1: cannot go on: $(cat err)" || return
	stored var >got
	same all got || fail "$1: not complete"
}

@test "nc-store: every write and fsync of a run fails once, and for good" {
	need nc-store nc-query rrdtool
	vms 1 10 >first
	nc-store -d old --keep raw:1h,1m:2h first
	stored old >before
	[ "$(wc -l <before)" -eq 30 ]
	# Two machines that are there, one that is new.
	{ vms 11 30; vms 1 30 | sed 's/"u1"/"u4"/; /"u[23]"/d'; } >in
	cp -R old var
	nc-store -q -d var --keep raw:1h,1m:2h in
	stored var >all
	[ "$(wc -l <all)" -eq 120 ]
	for call in write fsync; do
		for error in EIO ENOSPC EINTR short; do
			[ $call = write ] || [ $error != short ] || continue
			for ((at = 1; at < 60; at++)); do
				[ $error = EIO ] || [ $error = ENOSPC ] ||
				    [ $at -lt 2 ] || break
				spec=$call=$error@$at
				[ $error = EIO ] || spec+=+
				[ $error != EINTR ] || spec+=2
				rm -rf var
				cp -R old var
				faulty "$spec" nc-store -d var --keep raw:1h,1m:2h
				sane "$spec"
				case $call,$error in
				write,EINTR | *,short) [ $rc -eq 0 ] ||
				    fail "$spec: status $rc: $(cat err)" ;;
				*) [ $rc -eq 0 ] || [ $rc -eq 3 ] ||
				    fail "$spec: status $rc" ;;
				esac
				[ $rc -ne 3 ] || grep -qE \
				    'Input/output|No space|Interrupted' err ||
				    fail "$spec: $(cat err)"
				unharmed "$spec"
				[ $rc -ne 0 ] || [ $at -lt 20 ] || break
			done
		done
	done
}

@test "no memory: status 3, never a signal" {
	furnish
	tools | while read -r -a command; do
		step=1
		for ((at = 1; at < 20000; at += step)); do
			rm -rf var
			faulty "malloc=ENOMEM@$at" "${command[@]}"
			sane "${command[0]} malloc $at"
			# Densely where programs start, then in strides.
			((at < 60)) || step=$((at / 8))
		done
		rm -rf var
		faulty 'malloc=ENOMEM@40+' "${command[@]}"
		sane "${command[0]} malloc from 40"
	done
}
