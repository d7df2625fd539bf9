#!/usr/bin/env bats
# The completions: each shell can read them, and they offer every option of
# --help and no other.  The shells themselves are asked.

load lib

setup() {
	cd "$TOP" || return
	tools=$(ls "$NC_BUILD/bin" 2>/dev/null || :)
	want=$BATS_TEST_TMPDIR/want
	got=$BATS_TEST_TMPDIR/got
}

# wanted TOOL: the options of --help, long and short, one a line.
wanted() {
	"$1" --help | sed -nE 's/^ +((-[A-Za-z0-9]), )?(--[a-z0-9-]+).*/\2\n\3/p' |
	    grep . | sort >"$want"
	[ -s "$want" ]
}

offers_all() {
	sort -u -o "$got" "$got"
	diff "$want" "$got" || fail "$1, $2: < in --help, > completed"
}

@test "bash" {
	for tool in $tools; do
		wanted "$tool"
		bash -n "completions/bash/$tool"
		bash --norc -c '
			. /usr/share/bash-completion/bash_completion
			. "completions/bash/$1"
			set -- "$1" $(complete -p "$1")
			while [ "$2" != -F ]; do set -- "$1" "${@:3}"; done
			for word in - --; do
				COMP_WORDS=("$1" "$word") COMP_CWORD=1
				COMP_LINE="$1 $word" COMP_POINT=${#COMP_LINE}
				COMPREPLY=()
				"$3" "$1" "$word" "$1"
				printf "%s\n" "${COMPREPLY[@]}"
			done' bash "$tool" 2>/dev/null |
		    sed 's/[= ]*$//' | grep '^-' >"$got"
		# Short options are known to those who type them: all or none.
		grep -q '^-[^-]' "$got" || sed -i '/^-[^-]/d' "$want"
		offers_all bash "$tool"
	done
}

@test "zsh" {
	for tool in $tools; do
		wanted "$tool"
		zsh -n "completions/zsh/_$tool"
		head -n 1 "completions/zsh/_$tool" |
		    grep -qE "^#compdef .*\b$tool\b" || fail "$tool: #compdef"
		# _arguments is given each specification after expansion: here
		# it prints them.  "(-a --all)--all=[...]:what:" is --all.
		zsh -f -c '
			_arguments() { print -l -- "$@" }
			autoload() { : }
			words=(); CURRENT=1
			source "completions/zsh/_$1"
			(( $+functions[_$1] )) && "_$1"' zsh "$tool" |
		    sed -nE 's/^\*?(\([^)]*\))?\*?(--?[A-Za-z0-9][a-z0-9-]*)[-+=]*((\[|:).*)?$/\2/p' |
		    grep -vxE -- '-[sSwWCA]' >"$got" || :
		# -s, -S and others may also be flags of _arguments itself.
		grep -xE -- '-[sSwWCA]' "$want" >>"$got" || :
		offers_all zsh "$tool"
	done
}

@test "fish" {
	for tool in $tools; do
		wanted "$tool"
		fish --no-execute "completions/fish/$tool.fish"
		for word in - --; do
			fish --no-config -c "source completions/fish/$tool.fish
				complete -C '$tool $word'"
		done | sed -E 's/[\t=].*//' | grep '^-' >"$got"
		# Asked for "-", fish lists short options in its own order.
		offers_all fish "$tool"
	done
}
