#!/usr/bin/env bats
# The schemas of contrib/schema: what they accept, what they refuse, and that
# everything we emit is accepted.

load lib

setup() {
	sandbox
	judge=$TOP/tests/schema.py
}

good() {
	run --separate-stderr "$judge" <<<"$1"
	wants 0
}

# bad LINE WHY
bad() {
	run --separate-stderr "$judge" <<<"$1"
	wants 1
	[[ $output == *"$2"* ]] || fail "wanted: $2"
}

who='"host":"hv07","source":"libvirt","entity":"vm","id":"6695eb01"'
head='{"v":1,"kind":"sample","ts":1763800000.123,'
record() {
	echo "{\"v\":1,\"kind\":\"$1\",\"ts\":1763800000,$who,$2}"
}

@test "good samples" {
	good "$head\"up\":864001.23,$who,\"labels\":{\"name\":\"web1\"},\"interval\":10,\"since\":1763790000,\"values\":{\"cpu_seconds_total\":1795.342405,\"mem_rss_bytes\":1073741824}}"
	good "$head$who,\"values\":{}}"
	good "$head$who,\"quality\":\"stale\",\"age\":12,\"values\":{\"a\":1}}"
	good "$head$who,\"buckets\":{\"latency_seconds\":{\"0.1\":3,\"+Inf\":4}},\"truncated\":1,\"values\":{}}"
}

@test "bad samples" {
	bad "$head$who}" "'values' is a required property"
	bad "$head\"host\":\"hv07\",\"values\":{}}" 'required'
	bad "$head$who,\"values\":{\"a\":null}}" 'not of type'
	bad "$head$who,\"values\":{\"a\":\"1\"}}" 'not of type'
	bad "$head$who,\"values\":{\"Bad-Name\":1}}" 'does not match'
	bad "$head$who,\"values\":{\"a\":NaN}}" 'NaN is no number'
	bad "$head$who,\"values\":{\"a\":1,\"a\":2}}" 'twice'
	bad "$head$who,\"quality\":\"stale\",\"values\":{}}" "'age' is a required"
	bad "$head$who,\"quality\":\"good\",\"values\":{}}" 'is not one of'
	bad "$head$who,\"interval\":0,\"values\":{}}" 'minimum'
	bad "$head$who,\"labels\":{\"a\":1},\"values\":{}}" 'not of type'
	bad "$head$who,\"value\":{},\"values\":{}}" 'Additional properties'
	bad "$head$who,\"values\":{},\"interval\":10}" 'out of order'
	bad '{"v":2,"kind":"tick","ts":1}' '1 was expected'
	bad '{"v":1,"kind":"tick","ts":1763800000123}' 'maximum'
	bad '{"v":1,"kind":"tick","ts":1.2345}' 'finer than milliseconds'
	bad '{"v":1,"kind":"tick","ts": 1}' 'space'
	bad '{"v":1,"kind":"wonder","ts":1}' "kind 'wonder'"
	bad '[]' 'kind None'
	bad "{\"v\":1,\"kind\":\"tick\",\"ts\":1,\"host\":\"$(printf '%5000s' x)\"}" 'bytes'
	run --separate-stderr "$judge" <<<$'{"v":1,"kind":"tick","ts":1,"host":"\xff"}'
	wants 1
	printf '{"v":1,"kind":"tick","ts":1}' >torn
	run --separate-stderr "$judge" <torn
	wants 1
}

@test "one good record of every kind" {
	good '{"v":1,"kind":"tick","ts":1763800000}'
	good "$(record event '"event":"clock_step","detail":"back","seconds":-3')"
	good '{"v":1,"kind":"sweep","ts":1763800000,"host":"h","source":"host","boot":"b","run":"r","seq":7,"values":{"took_seconds":0.01,"entities":3}}'
	good '{"v":1,"kind":"gap","ts":1763800000,"host":"h","source":"host","reason":"blocked","missed":3}'
	good '{"v":1,"kind":"error","ts":1763800000,"host":"h","source":"host","code":"no-access","message":"/proc/1/io: Permission denied"}'
	good "$(record anomaly '"metric":"steal_seconds_per_second","value":0.4,"onset":1763799990,"state":"open","score":0.9993,"severity":"warn","direction":"up","expected":0.01,"low":0,"high":0.05,"reason":"residual"')"
	good "$(record change '"metric":"mem_rss_bytes","value":5,"onset":1763799000,"shift":"level","before":1,"after":5,"delta":4,"confidence":0.99')"
	good "$(record trend '"metric":"free_bytes","value":5,"slope":-2.5,"low":-3,"high":-2,"window":86400,"confidence":0.9')"
	good "$(record forecast '"metric":"free_bytes","horizon":7200,"step":3600,"model":"theta","error":0.8,"p50":[4,3],"low":[3,1],"high":[5,5]')"
	good "$(record full '"metric":"free_bytes","value":5,"limit":0,"probability":0.7,"p10":1763803600,"p50":1763900000,"p90":"never"')"
	good '{"v":1,"kind":"correlation","ts":1763800000,"host":"h","source":"nc-analyze","a":{"host":"h","entity":"vm","id":"u","metric":"a"},"b":{"host":"h","entity":"host","id":"h","metric":"b"},"r":0.93,"lag":10,"n":360,"p":0.0001}'
	good '{"v":1,"kind":"cause","ts":1763800000,"host":"h","source":"nc-analyze","entity":"host","id":"h","metric":"b","value":4,"onset":1763799000,"state":"open","incident":"h@1763799000","series":3,"suspects":[{"host":"h","entity":"vm","id":"u","metric":"a","score":0.8,"onset":1763799000,"order":1,"before":1,"after":5,"z":9.1,"path":["vm:u","host:h"]}]}'
	good "$(record alert '"alert":"vm-steal","fingerprint":"c07e12345678abcd","episode":"41ab12345678abcd","event_id":"9f2c12345678abcd","seq":0,"state":"firing","change":"opened","severity":"warn","start":1763800000,"value":0.2,"limit":0.1,"text":"steal 20 %","flags":[],"muted":[]')"
	good '{"v":1,"kind":"action","ts":1763800000,"source":"nc-alert","action":"ack","author":"anna","episode":"41ab12345678abcd"}'
	bad '{"v":1,"kind":"action","ts":1763800000,"source":"nc-alert","action":"silence","author":"anna","selector":"vm"}' "'reason' is a required"
	good '{"v":1,"kind":"delivery","ts":1763800000,"source":"nc-notify","event_id":"9f2c12345678abcd","channel":"pager","attempt":1,"result":"sent","code":200,"late_seconds":0.4}'
	good "$(record entity '"labels":{"name":"web1"},"interval":10,"first":1763790000,"last":1763800000,"metrics":12')"
	bad "$(record entity '"metrics":1.5')" 'not of type'
	# None forgotten.
	for kind in "$TOP"/contrib/schema/*.json; do
		kind=${kind##*/}
		kind=${kind%.schema.json}
		[ "$kind" = record ] || [ "$kind" = sample ] ||
		    grep -qE "kind\":\"$kind\"|record $kind " \
			"$BATS_TEST_FILENAME" || fail "no example of $kind"
	done
}

@test "what the collectors print is accepted" {
	need nc-collect
	run --separate-stderr timeout 20 nc-collect host
	[ "$status" -le 1 ] || fail 'nc-collect'
	"$judge" <<<"$output" || fail 'not by the schema'
	[ "${#lines[@]}" -gt 3 ] || fail 'too little'
}

@test "what the simulated fleet prints is accepted" {
	need nc-collect
	run --separate-stderr timeout 20 nc-collect -n 3 -i 10 \
	    sim,hosts=2,vms=3,seed=7 --now @1763800000 --speed max
	wants 0
	"$judge" <<<"$output" || fail 'not by the schema'
}

@test "what the store gives back is accepted" {
	need nc-collect nc-store nc-query
	timeout 20 nc-collect -i 1 -n 3 host 2>/dev/null |
	    nc-store -d store 2>/dev/null || fail 'nc-store'
	run --separate-stderr timeout 20 nc-query -d store
	[ "$status" -le 1 ] || fail 'nc-query'
	"$judge" -k sample <<<"$output" || fail 'not by the schema'
	run --separate-stderr timeout 20 nc-query -d store ls
	[ "${#lines[@]}" -gt 3 ] || fail 'nc-query ls'
	"$judge" -k entity <<<"$output" || fail 'not by the schema'
}
