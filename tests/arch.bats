#!/usr/bin/env bats
# The house plan, held by grep and nm: floors, doors, prefixes, absences.
# What is written here is what contrib/HACKING.md promises.

load lib

setup() {
	cd "$TOP" || return
	obj=$NC_BUILD/obj
}

# none WHAT LINES: fails with the lines, if any.
none() {
	[ -z "$2" ] || {
		printf '%s:\n%s\n' "$1" "$2"
		return 1
	}
}

sources() {
	find lib cmd -name '*.[ch]' | sort
}

# Objects of the sources below these folders.  gen/ holds programs of the
# build, which are main and nothing else.
objects() {
	local source
	find "$@" -name '*.c' ! -path '*/gen/*' | sort |
	    while read -r source; do
		[ ! -e "$obj/${source%.c}.o" ] || echo "$obj/${source%.c}.o"
	done
}

# source: "OBJECT:rest" lines of nm -A with the source for the object.
source() {
	sed -E "s|^$obj/([^:]*)\.o:|\1.c |"
}

# undefined REGEX DIR...: sources that call a function of that name.
undefined() {
	local regex=$1
	shift
	objects "$@" | xargs nm -A -u | source | awk -v re="^($regex)$" '
	{ sub(/@.*/, "", $3); sub(/^__/, "", $3); sub(/_chk$/, "", $3) }
	$3 ~ re { print $1 ": " $3 }'
}

@test "an include in lib/ never goes up a floor" {
	bad=$(grep -rHoE '^#include "[a-z]+/' lib | awk -F'[/:"]' '
	BEGIN {
		floor["base"] = 0
		floor["stream"] = floor["math"] = 1
		floor["metric"] = 2
		floor["lang"] = 3
		floor["rrd"] = floor["net"] = 4
	}
	{
		from = $2
		to = $(NF - 1)
		if (!(from in floor) || !(to in floor) ||
		    (from != to && floor[to] >= floor[from]))
			print $0
	}')
	none 'goes up or sideways' "$bad"
}

@test "lib/ includes nothing of cmd/, and a cmd nothing of another" {
	bad=$(grep -rnE '#include "(\.\./|cmd/)' lib cmd || :
	    for tool in cmd/nc-*; do
		grep -rHoE '^#include "[^"]+"' "$tool" |
		    sed -E 's/^([^:]*):#include "([^"]*)"/\1 \2/' |
		    while read -r from to; do
			[ -e "lib/$to" ] || [ -e "$tool/$to" ] ||
			    [ -e "$(dirname "$from")/$to" ] ||
			    echo "$from: $to"
		done
	done)
	none 'not its own and not of lib/' "$bad"
}

@test "each outside library has one door" {
	bad=$(grep -rnE '^# *include *<' lib cmd | awk -F: '
	function door(header, place) {
		if (index($3, "<" header) && index($1, place) != 1)
			print $1 ":" $2 ": " $3 " belongs in " place
	}
	{
		door("jansson", "lib/stream/json.c")
		door("rrd", "lib/rrd/")
		door("curl/", "lib/net/")
		door("openssl/", "lib/base/digest.c")
		door("zlib", "lib/base/gz.c")
		door("yaml", "lib/lang/yaml_tree.c")
		door("libvirt", "cmd/nc-collect/libvirt/")
		door("libxml", "cmd/nc-collect/libvirt/")
		door("protobuf", "cmd/nc-collect/")
		door("curses", "cmd/nc-top/term_curses.c")
		door("ncurses", "cmd/nc-top/term_curses.c")
		door("term.h", "cmd/nc-top/term_curses.c")
	}')
	none 'a library by another door' "$bad"
}

@test "lib/ never prints, exits, or looks at the environment" {
	# diag and cli are how a program speaks; mem ends it without memory;
	# a forked child has nowhere to return to.
	bad=$(undefined 'v?printf|puts|putchar|perror|stdout|stderr' lib |
	    grep -vE '^lib/base/(diag|cli)\.c:'
	    undefined '_exit|exit|_Exit' lib |
	    grep -vE '^lib/base/(mem|child)\.c:'
	    undefined '(secure_)?getenv|environ' lib |
	    grep -vE '^lib/base/child\.c: environ' || :)
	none 'prints, exits or looks' "$bad"
}

@test "no shell, no function that cannot be used safely" {
	bad=$(undefined 'system|popen|gets|strcpy|strcat|sprintf|vsprintf|atoi|atol|atoll|atof|strtok|tmpnam|mktemp|tempnam|rand|srand|localtime|gmtime|ctime|asctime' lib cmd)
	none 'not allowed' "$bad"
	bad=$(grep -rnE 'setlocale *\( *LC_(ALL|NUMERIC)|__DATE__|__TIME__' \
	    lib cmd || :)
	none 'locale or build time' "$bad"
}

@test "no mutable globals" {
	! sanitized || skip 'a sanitizer adds its own'
	[ ! -e "$(find "$obj" -name '*.gcno' -print -quit)" ] ||
	    skip 'coverage adds its own'
	# The event loop owns what a signal handler may touch.
	bad=$(objects lib cmd | grep -v /main.o | xargs objdump -t | awk '
	/file format/ { object = $1 }
	/ O (\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
	    !/ O \.data\.rel\.ro/ { print object $NF }' | source |
	    grep -v '^lib/base/sig\.c ' || :)
	none 'mutable at file or function scope' "$bad"
}

@test "exported names carry the prefix of the header that declares them" {
	bad=$({
		for header in lib/*/*.h; do
			grep -oE '[a-z_][a-z0-9_]+' "$header" | sort -u |
			    sed "s|^|$header |"
		done
		echo ---
		objects lib | xargs nm -A -g --defined-only | source |
		    awk '$4 !~ /^(__|_ZN|_GLOBAL_)/ { print $1, $4 }'
	} | awk '
	BEGIN {
		also["mem"] = "x"
		also["record"] = "decoder_"
		also["catalogue"] = "metric_"
		also["child"] = "backoff_"
		also["zone"] = "civil_"
		also["pack"] = "unpack_"
		also["topology"] = "series_"
		also["rrdstore_impl"] = "slot_"
	}
	/^---/ { exported = 1; next }
	{
		n = split($1, part, "/")
		folder = part[2]
		module = part[n]
	}
	!exported {
		sub(/\.h$/, "", module)
		first = module
		sub(/_.*/, "", first)
		if (index($2, module) == 1 || index($2, first "_") == 1 ||
		    module in also && index($2, also[module]) == 1)
			good[folder, $2] = 1
		declared[folder, $2] = 1
		next
	}
	# A header may speak for several files: str.h has glob_match of glob.c.
	{ sub(/\.c$/, "", module) }
	(folder, $2) in declared && index($2, module "_") == 1 { next }
	!((folder, $2) in good) { print $1 ": " $2 }')
	none 'foreign prefix' "$bad"
}

@test "every header stands alone and is guarded" {
	bad=$(find lib cmd -name '*.h' | sort | while read -r header; do
		grep -q '^#ifndef NC_' "$header" || echo "$header: no guard"
	done)
	none 'not guarded' "$bad"
	read -ra flags <<<"$(pkg-config --cflags jansson librrd libcurl \
	    libcrypto | sed 's/-D_XOPEN_SOURCE=[0-9]*//')"
	for part in lib cmd/nc-*; do
		mapfile -t headers < <(find "$part" -name '*.h')
		[ ${#headers[@]} -gt 0 ] || continue
		gcc -std=c11 -D_GNU_SOURCE -DNC_VERSION='""' \
		    -DNC_SYSCONFDIR='""' -DNC_DATADIR='""' -Wall -Werror -Ilib -I"$part" \
		    -I"$NC_BUILD/gen" "${flags[@]}" -Wno-unused-function \
		    -fsyntax-only -x c "${headers[@]}"
	done
}

@test "sizes: files to 1,200 lines, functions to 120" {
	bad=$(sources | xargs awk '
	FNR == 1 { if (lines > 1200) print last ": " lines " lines" }
	{ lines = FNR; last = FILENAME }
	/^[a-z_0-9]+\(/ { name = $0; sub(/\(.*/, "", name) }
	/^\{/ { start = FNR }
	/^\}/ && start {
		if (FNR - start > 120)
			print FILENAME ": " name ": " FNR - start " lines"
		start = 0
	}
	END { if (lines > 1200) print last ": " lines " lines" }')
	none 'too large' "$bad"
}

@test "every C file says its licence and what it is" {
	bad=$(find lib cmd tests man -name '*.[ch]' -o -name '*.cc' | sort |
	    xargs awk 'FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
		print FILENAME ": no licence in line 1" }
	    FNR == 2 && $0 !~ /^\/\*/ { print FILENAME ": says not what it is" }')
	none 'first lines' "$bad"
}

@test "nothing is left for later, nothing names a machine" {
	words='TO''DO|FIX''ME|X''XX|HA''CK|place''holder|not (yet )?implement''ed'
	bad=$(grep -rnIwE "$words" Makefile README.md cmd lib man completions \
	    tests contrib .ci 2>/dev/null | grep -v '^tests/arch.bats:' || :)
	none 'left open' "$bad"
	bad=$(grep -rnIE '(^|[^a-z.])/(work|farm)/' Makefile README.md cmd lib \
	    man completions tests contrib .ci 2>/dev/null |
	    grep -v '^tests/arch.bats:' || :)
	none 'a path of one machine' "$bad"
}

@test "the top level has only what the plan names" {
	if [ -e .git ]; then
		names=$(git ls-files | cut -d/ -f1 | sort -u)
	else
		names=$(find . -mindepth 1 -maxdepth 1 ! -name build -printf '%f\n')
	fi
	bad=$(grep -vxE 'Makefile|README\.md|LICENSE|cmd|lib|man|completions|tests|contrib|\.(ci|clang-format|clang-tidy|editorconfig|gitignore|gitattributes)' <<<"$names" || :)
	none 'not in the plan' "$bad"
}

@test "HACKING's code map names every module, and none that is gone" {
	map=contrib/HACKING.md
	[ -e $map ] || fail "no $map"
	[ "$(wc -l <$map)" -le 200 ] || fail 'more than 200 lines'
	bad=$(find lib -name '*.h' | grep -vE '_(priv|private|impl|rows)\.h$' |
	    sort | while read -r header; do
		module=${header#lib/}
		grep -qF "\`${module%.h}\`" $map || echo "${module%.h}"
	done
	find cmd -mindepth 1 -type d | sort | while read -r folder; do
		grep -qF "\`${folder#cmd/}\`" $map || echo "${folder#cmd/}"
	done)
	none 'not in the map' "$bad"
	bad=$(grep -oE '`(base|stream|math|metric|lang|rrd|net)/[a-z0-9_]+`' $map |
	    tr -d '`' | sort -u | while read -r module; do
		[ -e "lib/$module.h" ] || echo "$module"
	done)
	none 'in the map, not in lib/' "$bad"
}

@test "every tool has a page, completions for three shells, and a test" {
	bad=$(for tool in cmd/nc-*; do
		[ -e "$tool/main.c" ] || continue
		tool=${tool#cmd/}
		for file in man/"$tool".1 completions/bash/"$tool" \
		    completions/zsh/_"$tool" completions/fish/"$tool".fish; do
			[ -e "$file" ] || echo "$tool: no $file"
		done
		grep -qlw "$tool" tests/*.bats || echo "$tool: no test"
	done)
	none 'missing' "$bad"
}
