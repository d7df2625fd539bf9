#!/usr/bin/env bats
# nc-alert import: rules of other programs become ours, or are refused.

load lib

setup() {
	sandbox
	F=$TOP/tests/fixtures/import
	N=$TOP/contrib/import
}

# gold NAME: standard output and errors of the last run as recorded.
gold() {
	printf '%s\n--- refused\n%s\n' "$output" "${stderr//$F\//}" >got
	[ -z "${NC_REGOLD-}" ] || cp got "$F/$1"
	same "$F/$1" got
}

@test "import prometheus: what can be said is, what cannot is told with why" {
	run --separate-stderr nc-alert --names "$N/prometheus.names" \
	    import prometheus "$F/prometheus.yml"
	wants 1
	gold prometheus.gold
	# Nothing of it is beyond our own reader.
	printf '%s\n' "$output" >rules
	run --separate-stderr nc-alert -C -c rules
	wants 0
}

@test "import netdata: hysteresis becomes until" {
	run --separate-stderr nc-alert --names "$N/netdata.names" \
	    import netdata "$F/netdata.conf"
	wants 1
	gold netdata.gold
	printf '%s\n' "$output" >rules
	run --separate-stderr nc-alert -C -c rules
	wants 0
}

@test "import: what was imported fires when it should" {
	nc-alert --names "$N/prometheus.names" import prometheus \
	    "$F/prometheus.yml" >rules 2>said || true
	cat >a.test <<-'END'
	rules "rules"
	test "memory" {
		series host h1 mem_available_bytes "50x3 9x5"
		series host h1 mem_total_bytes "100x8"
		at 5m ScalarsOfOneHost host h1 ok
		at 6m ScalarsOfOneHost host h1 warn
	}
	test "disks" {
		series host h1 load1 "1x20"
		series host.disk a busy_seconds_total "0+57x19"
		series host.disk b busy_seconds_total "0+57x19"
		series host.disk c busy_seconds_total "0+6x19"
		at 10m CountOfThoseThatFit host h1 warn
	}
	test "one disk" {
		series host h1 load1 "1x20"
		series host.disk a busy_seconds_total "0+57x19"
		at 10m CountOfThoseThatFit host h1 ok
	}
	test "errors" {
		series host.sensor mc0 uncorrected_errors_total "0x5 2x5"
		at 5m RawCounter host.sensor mc0 ok
		at 6m RawCounter host.sensor mc0 warn
		at 9m RawCounter host.sensor mc0 warn
	}
	END
	run --separate-stderr nc-alert test a.test
	wants 0
	nc-alert --names "$N/netdata.names" import netdata "$F/netdata.conf" \
	    >rules 2>said || true
	cat >b.test <<-'END'
	rules "rules"
	test "space: used 60, 91, 85, 70 of a hundred" {
		series host.fs / size_bytes "100e9x59"
		series host.fs / free_bytes "40e9x5 9e9x9 15e9x19 30e9x20"
		series host.fs / available_bytes "40e9x5 9e9x9 15e9x19 30e9x20"
		at 6m own_hysteresis host.fs / ok
		at 8m own_hysteresis host.fs / warn
		at 34m own_hysteresis host.fs / warn
		at 52m own_hysteresis host.fs / ok
	}
	END
	run --separate-stderr nc-alert test b.test
	wants 0
}

@test "import DIR: a line a file, and how much of all" {
	mkdir -p d/e
	cp "$F/prometheus.yml" d/e/a.yml
	printf 'groups: []\n' >d/b.yaml
	printf '[' >d/c.yaml
	run --separate-stderr nc-alert --names "$N/prometheus.names" \
	    import prometheus d
	wants 1
	[ "${lines[0]}" = '   18 of    25  d/e/a.yml' ]
	[[ ${lines[1]} == '18 of 25 alerts translated (72.0 %); of hosts'* ]]
	[[ $stderr == *'d/c.yaml: line '* ]]
}

@test "import: hostile input is refused in little time" {
	run --separate-stderr nc-alert import prometheus
	wants 2
	run --separate-stderr nc-alert import nagios x
	wants 2
	[[ $stderr == *'expected prometheus or netdata'* ]]
	run --separate-stderr nc-alert --names no/such import prometheus x
	wants 2
	[ "$stderr" = 'nc-alert: no/such: cannot open: No such file or directory' ]
	set -- --names "$N/prometheus.names" import prometheus
	run --separate-stderr nc-alert "$@" gone
	wants 2
	[ "$stderr" = 'nc-alert: gone: cannot open: No such file or directory' ]
	printf 'a: &a [x]\nb: *a\n' >looped
	run --separate-stderr nc-alert "$@" looped
	wants 2
	[[ $stderr == *'line 2: aliases are not read'* ]]
	printf '%.0s[' {1..10000} >deep
	run --separate-stderr timeout 10 nc-alert "$@" deep
	wants 2
	{
		printf 'groups: [{rules: [{alert: a, expr: "'
		printf '%.0s(' {1..10000}
		printf '"}]}]'
	} >nested
	run --separate-stderr timeout 10 nc-alert "$@" nested
	wants 1
	[[ $stderr == *'a not translated: column '*'expected'* ]]
	head -c 17000000 /dev/zero | tr '\0' 'a' >large
	run --separate-stderr timeout 10 nc-alert "$@" large
	wants 2
}
