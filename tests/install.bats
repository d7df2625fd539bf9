#!/usr/bin/env bats
# "make install": everything in its place below DESTDIR, nothing elsewhere,
# and it works from there.

load lib

setup_file() {
	root=$BATS_FILE_TMPDIR/root
	export root
	make -s -C "$TOP" B="$NC_BUILD" PREFIX=/usr DESTDIR="$root" \
	    -o all install
}

@test "each program, its page and its completions" {
	cd "$TOP"
	for main in cmd/nc-*/main.c; do
		tool=$(cut -d/ -f2 <<<"$main")
		[ -x "$root/usr/bin/$tool" ]
		[ -s "$root/usr/share/man/man1/$tool.1" ]
		[ -s "$root/usr/share/bash-completion/completions/$tool" ]
		[ -s "$root/usr/share/zsh/site-functions/_$tool" ]
		[ -s "$root/usr/share/fish/vendor_completions.d/$tool.fish" ]
	done
	[ -n "$tool" ]
}

@test "the pages of the suite, made ones too, and the schemas" {
	for page in man7/novacron.7 man7/nc-metrics.7 man5/nc-record.5; do
		[ -s "$root/usr/share/man/$page" ]
	done
	[ -s "$root/usr/share/novacron/schema/sample.schema.json" ]
}

@test "nothing outside the prefix, nothing writable by others" {
	cd "$root"
	[ "$(echo ./* ./*/*)" = './usr ./usr/bin ./usr/share' ]
	[ -z "$(find "$root" -perm /022)" ]
	[ -z "$(find "$root/usr/share" -type f -perm /111)" ]
}

@test "an installed program runs without the tree" {
	cd /
	run --separate-stderr env -i PATH="$root/usr/bin:/usr/bin:/bin" \
	    nc-collect -n 1
	[ "$status" -le 1 ]
	[[ ${lines[0]} == '{"v":1,'* ]]
}
