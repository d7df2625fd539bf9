#!/usr/bin/env bats
# nc-notify killed at its system calls, and refused by them.  Wanted after a
# restart: every accepted alert told, in order, at most one repetition and
# that under its own id, nothing torn, an empty spool.  NC_SLOW=1 takes every
# call of every kind; else those that matter, thinned.

load lib

setup() {
	sandbox
	need strace
	! sanitized || skip 'a sanitizer and strace are in each other'"'s way"
	strace -qq -o /dev/null true 2>/dev/null || skip 'strace may not trace'
	{
		# Says what it was told, in one write(2).
		printf '%s >>%s/told"\n' \
		    'channel a exec "/bin/sh" "-c" "sed '"'s/.*event_id...\([0-9]*\).*/\1/'" \
		    "$PWD"
		echo 'match to a'
	} >c
	alert 00000001 0 firing opened >in
	alert 00000002 1 firing update >>in
	alert 00000003 2 resolved resolved >>in
	calls=write,fsync,fdatasync,syncfs,rename,renameat,renameat2,openat,close,mkdirat,mknodat,unlinkat,flock,fcntl,faccessat,faccessat2,clone,clone3,vfork,pipe2,truncate,exit_group,poll
	[ -z "${NC_SLOW-}" ] || calls=all
}

alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv07","source":"nc-alert","entity":"host","id":"hv07","alert":"load","fingerprint":"aaaaaaaa","episode":"eeeeeeee","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"crit","start":1763800000}\n' \
	    $((1763800000 + 60 * $2)) "$1" "$2" "$3" "$4"
}

fresh() {
	rm -rf spool told
	[ -z "${1-}" ] || cp -a "$1" spool
}

# points COMMAND...: "CALL N" for each call of a clean run, thinned.
points() {
	strace -qq -o trace -e "trace=$calls" "$@" >/dev/null 2>&1 || :
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' trace | sort | uniq -c |
	    while read -r n name; do
		for i in $(seq 1 "$n"); do
			# The first, the last and some between.
			[ -n "${NC_SLOW-}" ] || [ $((n - i)) -lt 2 ] ||
			    [ $((i % thin)) -eq 1 ] || continue
			echo "$name $i"
		done
	done
}

# Restarts: the same input again, as whoever was not told status 0 would, and
# everything delivered.
recover() {
	local end=$((SECONDS + 20))
	timeout 20 nc-notify -q -c c --spool spool ${1+"$1"} </dev/null \
	    >out 2>err || [ $? -eq 1 ] ||
	    fail "restart: $(cat err)" || return
	until [ -z "$(ls spool/new)" ]; do
		[ $SECONDS -lt $end ] || fail "left: $(ls spool/new)" || return
		timeout 20 nc-notify -q drain -c c --spool spool 2>err || :
	done
}

# judged WHAT: what was told, after all is over.
judged() {
	local once extra
	once=$(awk '!seen[$0]++' told | xargs)
	extra=$(($(wc -l <told) - $(sort -u told | wc -l)))
	case $once in
	'00000001 00000002 00000003' | '00000001 00000003' | '00000003') ;;
	*) fail "$1: told $(xargs <told)" || return ;;
	esac
	[ $extra -le 1 ] || fail "$1: repeated: $(xargs <told)" || return
	[ -z "$(ls spool/new)$(ls spool/dead)" ] ||
	    fail "$1: left $(ls spool/new spool/dead)" || return
	[ "$(find spool/sent -type f | wc -l)" -eq 3 ] ||
	    fail "$1: $(ls spool/sent)"
}

# killed COMMAND...: at the point in $name and $i.
killed() {
	(strace -qq -o /dev/null -e "trace=$name" \
	    -e "inject=$name:signal=SIGKILL:when=$i" "$@" 3>&-) \
	    >/dev/null 2>&1 || :
	# A helper it left may still be writing.
	sleep 0.02
}

# matrix START INPUT COMMAND...: kills it at each point and judges.
matrix() {
	local start=$1 input=$2 done=0
	shift 2
	fresh "$start"
	points "$@" >list
	while read -r name i; do
		fresh "$start"
		killed "$@"
		recover $input && judged "$name $i" || return
		done=$((done + 1))
	done <list
	echo "# killed at $done calls" >&3
	[ "$done" -gt 10 ]
}

@test "killed while it accepts" {
	thin=4
	matrix '' in nc-notify -q -c c --spool spool --spool-only in
}

@test "killed while it delivers what was accepted" {
	thin=5
	nc-notify -q -c c --spool kept --spool-only in
	matrix kept '' nc-notify -q drain -c c --spool spool
}

@test "killed while it accepts and delivers one by one" {
	thin=8
	head -n 1 in >one
	nc-notify -q -c c --spool kept one
	rm -f told
	sed -n '2,3p' in >rest
	fresh_told() { printf '00000001\n'; }
	fresh kept
	points nc-notify -q -c c --spool spool rest >list
	while read -r name i; do
		fresh kept
		fresh_told >told
		killed nc-notify -q -c c --spool spool rest
		recover rest && judged "$name $i" || return
	done <list
}

@test "killed while an item dies: one copy of it" {
	thin=4
	{ echo 'channel a exec "/bin/sh" "-c" "exit 3"'; echo 'match to a'; } >d
	nc-notify -q -c c --spool kept --spool-only <(head -n 1 in)
	fresh kept
	points nc-notify -q drain -c d --spool spool >list
	while read -r name i; do
		fresh kept
		killed nc-notify -q drain -c d --spool spool
		timeout 20 nc-notify -q drain -c d --spool spool 2>err || :
		[ "$(find spool/new spool/dead spool/sent -name 'ee*' | wc -l)" -eq 1 ] &&
		    [ -n "$(ls spool/dead)" ] ||
		    fail "$name $i: $(find spool)" || return
	done <list
	[ -s list ]
}

# many N: so many episodes, one alert each.
many() {
	local i
	for i in $(seq 10000001 $((10000000 + $1))); do
		printf '{"v":1,"kind":"alert","ts":1763800000,"host":"hv07","source":"nc-alert","entity":"host","id":"hv07","alert":"load","fingerprint":"%s","episode":"%s","event_id":"%s","seq":0,"state":"firing","change":"opened","severity":"crit","start":1763800000}\n' \
		    "$i" "$i" "$i"
	done
}

# ordered N: of the system calls in trace, that N items were accepted, each
# written, synced, renamed, its folder synced, and only then status 0.
ordered() {
	awk -v want="$1" '
	function name(s, before) { match(s, before "[^>\"]*")
		return substr(s, RSTART + length(before), RLENGTH - length(before)) }
	/^write\(.*spool\/tmp\// { dirty[name($0, "spool/tmp/")] = 1
		delete synced[name($0, "spool/tmp/")] }
	/^fsync\(.*spool\/tmp\/.* = 0$/ { synced[name($0, "spool/tmp/")] = 1 }
	/^syncfs\(.* = 0$/ { for (f in dirty) synced[f] = 1 }
	/^renameat\(.*"tmp\// { f = name($0, "\"tmp/")
		if (!(f in synced)) bad = "renamed before its sync: " f
		pending[f] = 1; n++ }
	/^fsync\(.*\/new>.* = 0$/ { for (f in pending) delete pending[f] }
	/^exit_group\(0\)/ { for (f in pending)
		bad = "acknowledged before the folder was synced: " f
		ended = 1 }
	END { if (bad) print bad
		if (n != want || !ended) print n " renames"
		exit bad != "" || n != want || !ended }' trace
}

@test "file, then its name, then the folder, then status 0" {
	for n in 3 300; do
		fresh
		many $n >in
		strace -qq -y -o trace \
		    -e trace=fsync,fdatasync,syncfs,renameat,exit_group,write \
		    nc-notify -q -c c --spool spool --spool-only in
		ordered $n || fail "of $n: $(ordered $n)" || return
		# The judge sees one that is missing.
		case $n in
		3) sed -i '/^fsync(.*tmp/{x;s/^/x/;/^x\{2\}$/{x;d};x}' trace ;;
		*) sed -i '0,/^syncfs/{/^syncfs/d}' trace ;;
		esac
		not ordered $n >/dev/null
	done
}

@test "a batch that cannot be synced is written again from memory" {
	local n=40 call error
	many $n >in
	for call in syncfs:when=1 renameat:when=7 fsync:when=1 fsync:when=2 \
	    openat:when=60; do
		for error in EIO ENOSPC; do
			fresh
			rc=0
			strace -qq -o /dev/null -e "trace=${call%%:*}" \
			    -e "inject=${call%%:*}:error=$error:${call#*:}" \
			    nc-notify -c c --spool spool --spool-only in \
			    >/dev/null 2>err 3>&- || rc=$?
			[ $rc -eq 0 ] || { [ $rc -eq 3 ] && [ -s err ]; } ||
			    fail "$call $error: $rc" || return
			[ $rc -ne 0 ] ||
			    [ "$(find spool/new -type f | wc -l)" -eq $n ] ||
			    fail "$call $error: status 0" || return
			nc-notify -q -c c --spool spool --spool-only in ||
			    fail "$call $error: again" || return
			[ "$(find spool/new -type f | wc -l)" -eq $n ] &&
			    [ -z "$(ls spool/tmp)" ] ||
			    fail "$call $error: $(find spool | wc -l)" || return
		done
	done
}

@test "an error of any write or sync: never status 0, said, nothing lost" {
	local name i
	fresh
	calls=write,fsync,syncfs,renameat
	thin=1
	points nc-notify -c c --spool spool --spool-only in >list
	while read -r name i; do
		for error in EIO ENOSPC; do
			fresh
			rc=0
			strace -qq -o /dev/null -e "trace=$name" \
			    -e "inject=$name:error=$error:when=$i" \
			    nc-notify -c c --spool spool --spool-only in \
			    >/dev/null 2>err 3>&- || rc=$?
			# The pid in a lock file may be lost, an alert may not.
			if [ $rc -eq 0 ]; then
				[ "$(find spool/new -type f | wc -l)" -eq 3 ] ||
				    fail "$name $i $error: status 0" || return
			else
				[ $rc -eq 3 ] && [ -s err ] ||
				    fail "$name $i $error: $rc $(cat err)" ||
				    return
			fi
			recover in && judged "$name $i $error" || return
		done
	done <list
	[ -s list ]
}

@test "a full disk keeps nothing that was accepted from being sent" {
	nc-notify -q -c c --spool kept --spool-only in
	fresh kept
	rc=0
	strace -qq -o /dev/null -P spool/new \
	    -e trace=write,fdatasync -e inject=fdatasync:error=ENOSPC \
	    nc-notify drain -c c --spool spool >/dev/null 2>err 3>&- || rc=$?
	[ -s told ] || fail 'not told'
	strace -qq -o /dev/null -e trace=fdatasync \
	    -e inject=fdatasync:error=ENOSPC \
	    nc-notify drain -c c --spool spool >/dev/null 2>err 3>&- || rc=$?
	recover && judged full
}
