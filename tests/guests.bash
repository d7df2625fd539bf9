# shellcheck shell=bash
# guests.bash: recorded machines with guests, for qemu.bats and container.bats.

TREES=$TOP/tests/fixtures/guests

# plant NAME: the recorded tree of that name in ./NAME; "|" in a command line
# is NUL.
plant() {
	"$TOP/tests/fixtures/host/plant" "$TREES/$1.tree" "$1" || return
	local file
	for file in "$1"/proc/*/cmdline; do
		[ ! -e "$file" ] || {
			tr '|\n' '\0\0' <"$file" >"$file.new"
			mv "$file.new" "$file"
		}
	done
}

# sweep TREE LEVEL SOURCE: its records.
sweep() {
	timeout 20 nc-collect --root "$1" --now @1763800000 --host hv07 -i 10 \
	    -n 1 -l "$2" "$3" >sweep.out || return
	grep -E '"kind":"(sample|error|event)"' sweep.out
}

# golden TREE SOURCE: as it was agreed; NC_REGOLD=1 agrees anew.
golden() {
	plant "$1"
	sweep "$1" diagnostic "$2" >"$1.out"
	[ -z "${NC_REGOLD-}" ] || cp "$1.out" "$TREES/$1-$2.golden"
	same "$TREES/$1-$2.golden" "$1.out"
}

# value FILE ENTITY ID KEY
value() {
	jq -r --arg e "$2" --arg i "$3" --arg k "$4" 'select(.entity == $e and
	    .id == $i) | .values[$k] // empty' "$1"
}
