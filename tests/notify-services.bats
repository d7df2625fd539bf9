#!/usr/bin/env bats
# Every channel that speaks HTTP, against services that are as strict as their
# documentation (tests/vendors.py), with hostile texts, and while these
# misbehave.  Signatures, segments and an Alertmanager are judged by programs
# that nobody here wrote.

load lib

setup() {
	sandbox
	export NC_STATE_DIR=$PWD/state
	spool=$PWD/state/nc-notify
	sink=
	other=
	echo xoxb-secret-token >bot
	echo hunter2secret >pw
	echo 123:hunter2secret >telegram
	echo 0123456789abcdef0123456789abcdef >pd
	printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n' >sign
	chmod 600 bot pw telegram pd sign
}

teardown() {
	[ -z "$sink" ] || stop "$sink"
	[ -z "$other" ] || stop "$other"
}

# alert EPISODE EVENT SEQ STATE CHANGE [SEVERITY [MORE]]: one alert record.
alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv07","source":"nc-alert","entity":"host.fs","id":"/var","labels":{"team":"storage"},"alert":"disk-full","fingerprint":"%s","episode":"%s","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"%s","start":1763800000%s}\n' \
	    $((1763800000 + 60 * $3)) "${1}ffff" "$1" "$2" "$3" "$4" "$5" \
	    "${6:-crit}" "${7-}"
}

start_sink() {
	/usr/bin/python3 "$TOP/tests/vendors.py" port requests 3>&- &
	sink=$!
	until_true 20 test -e port || fail 'no sink'
	port=$(cat port)
}

names='slack slackbot twilio vonage sns form pagerduty opsgenie teams discord
	mattermost rocketchat telegram matrix ntfy gotify pushover webhook
	amhook alertmanager'

# commas WORD...: as a list.
commas() {
	local IFS=,
	echo "$*"
}

# channels [MODE [MORE]]: a configuration of all of them, at the sink.
channels() {
	local base=http://127.0.0.1:$port${1:+/$1} name
	for name in services/T0/B0/xyz teams/x discord/x hooks/x rocket/x; do
		echo "$base/$name" >"${name%%/*}.url"
	done
	chmod 600 ./*.url
	local url="secret file \"$PWD" pw="secret file \"$PWD/pw\""
	local more="limit 1000/s burst 1000; ${2-}"
	cat <<-END
	set storm off
	channel slack slack $url/services.url" { $more }
	channel slackbot slack bot { $more; endpoint "$base/api"; to "#ops"; secret file "$PWD/bot" }
	channel twilio sms twilio { $more; endpoint "$base"; account AC0123; from "+15550001111"; to "+4915112345678"; $pw }
	channel vonage sms vonage { $more; endpoint "$base"; account key0; from "NovaCron"; to "+4915112345678"; $pw }
	channel sns sms sns { $more; endpoint "$base"; region "eu-central-1"; key AKIDEXAMPLE; to "+4915112345678"; $pw }
	channel form sms form "$base/form" { $more; to "+4915112345678"; $pw
		field "to={to}"; field "text={text}"; field "key={secret}"; field "plain=a=b"; field "ref={id}" }
	channel pagerduty pagerduty secret file "$PWD/pd" { $more; endpoint "$base" }
	channel opsgenie opsgenie $pw { $more; endpoint "$base" }
	channel teams teams $url/teams.url" { $more }
	channel discord discord $url/discord.url" { $more }
	channel mattermost mattermost $url/hooks.url" { $more }
	channel rocketchat rocketchat $url/rocket.url" { $more }
	channel telegram telegram { $more; endpoint "$base"; to "-1001"; secret file "$PWD/telegram" }
	channel matrix matrix "$base" { $more; to "!ops:hv.example"; $pw }
	channel ntfy ntfy "$base/ntfy" { $more; topic ops }
	channel gotify gotify "$base" { $more; token $pw }
	channel pushover pushover { $more; endpoint "$base"; to ukey; token $pw }
	channel webhook webhook "$base/hook" { $more; sign secret file "$PWD/sign" }
	channel amhook webhook "$base/amhook" { $more; form alertmanager }
	channel alertmanager alertmanager "$base" { $more }
	channel log local file "$PWD/log"
	match to $(commas $names)
	END
}

# faults: what the services refused, and requests to nobody.
faults() {
	jq -r 'select(.fault != null) | "\(.service) \(.path): \(.fault)"' \
	    requests | cut -c1-600
}

# boxes: where items are: "new: a b" and so on.
box() {
	find "$spool/$1" -type f | sed 's/.*\.//; s/~.*//' | sort -u | xargs
}

sorted() {
	echo "$@" | xargs -n 1 | sort -u | xargs
}

@test "each service is told of an alert, of its change and of its end" {
	start_sink
	channels >c
	nc-notify -C -c c
	alert aaaaaaaa 00000001 0 firing opened warn \
	    ',"text":"4.2 % free","value":4.2,"unit":"%","limit":5,"runbook":"https://kb.example/x"' |
	    timeout 30 nc-notify -c c || fail "$(faults)"
	alert aaaaaaaa 00000002 1 firing severity crit | timeout 30 nc-notify -c c
	alert aaaaaaaa 00000003 2 firing acked crit | timeout 30 nc-notify -c c
	alert aaaaaaaa 00000004 3 resolved resolved crit |
	    timeout 30 nc-notify -c c || fail "$(faults)"
	[ -z "$(faults)" ] || fail "$(faults)"
	[ "$(box sent)" = "$(sorted $names)" ] || fail "$(box sent)"
	[ -z "$(box new)$(box dead)" ] || fail rest
	# Threads where there are threads, edits where there are edits.
	[ "$(jq -r 'select(.service == "slackbot") |
	    (.body | fromjson) as $b | "\(.path) \($b.thread_ts // $b.ts)"' \
	    requests | sed 's/1763800000.000000/root/; s/.*chat.//' | xargs)" = \
	    'postMessage null update root postMessage root update root postMessage root update root postMessage root' ] ||
	    fail slackbot
	jq -es 'map(select(.service == "telegram").body | fromjson |
	    .reply_parameters.message_id) == [null, 1, 1, 1] and
	    (map(select(.service == "pagerduty").body | fromjson |
		.event_action) ==
		["trigger", "trigger", "acknowledge", "resolve"]) and
	    (map(select(.service == "pagerduty").body | fromjson |
		.dedup_key) | unique == ["aaaaaaaa"])' requests >/dev/null ||
	    fail telegram, pagerduty
	jq -es 'map(select(.service == "matrix").body | fromjson |
	    ."m.relates_to".event_id) ==
	    [null, "$event0", "$event0", "$event0"]' requests >/dev/null ||
	    fail matrix
	# No secret but where it belongs.
	not grep -rqE 'hunter2|xoxb-|0123456789abcdef0|/T0/B0/xyz' "$spool"
}

@test "hostile texts: nothing leaks, nothing breaks, nobody is called" {
	start_sink
	channels >c
	# Bytes that are no text, and NUL, get no further than the reader.
	{
		alert cccccccc 000000c1 0 firing opened crit ',"text":"\u0000"'
		alert cccccccc 000000c2 0 firing opened crit ',"text":"\ud800"'
		alert cccccccc 000000c3 0 firing opened crit \
		    ",\"text\":\"$(printf '\377\300\200')\""
	} >bad
	run --separate-stderr timeout 60 nc-notify -c c bad
	wants 1
	[ ! -e requests ] || fail "$(cat requests)"
	n=10
	for text in 'a\r\nHost: evil\r\n\r\nPOST /evil HTTP/1.1' '\u001b[31mred' \
	    '\u202egnol\u2066\ufeff' '@everyone @here @all @channel' \
	    '<!channel> <!here> <@U123> <https://evil|good> &lt; :siren:' \
	    '.\n..\n.dot' '*b* _i_ `c` [t](http://evil) # h\n> q\n```\nx' \
	    '\",\"x\":\"y\"}' '\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67' \
	    '%0d%0aX: y&to=evil&to=+1' '{text} {secret} {{x}}' 'back\\\\slash' \
	    "$(printf 'long \\u00e4 %.0s' {1..4000})" '' ' ' '\u0085\u2028x'; do
		alert "aaaaaa$n" "000000$n" 0 firing opened crit \
		    ",\"text\":\"$text\",\"runbook\":\"javascript:x\""
		n=$((n + 1))
	done >in
	alert bbbbbbbb 000000aa 0 firing opened crit \
	    ",\"text\":\"$(head -c 1000000 /dev/zero | tr '\0' '<')\"" >>in
	n=$((n + 1))
	jq -es 'length > 10' in >/dev/null
	run --separate-stderr timeout 60 nc-notify -c c in
	[ -z "$(faults)" ] || fail "$(faults)"
	wants 0
	[ "$(box sent)" = "$(sorted $names)" ] || fail "$(box sent)"
	[ "$(jq -r 'select(.service == "teams").path' requests |
	    wc -l)" -eq $((n - 10)) ] || fail 'all of them'
}

@test "429, with seconds and with a date: again then, and not before" {
	start_sink
	channels 429s >c
	channels 429d | grep -E '^channel (slack|twilio|teams) ' |
	    sed 's/^channel /&date-/' >>c
	channels 429s >/dev/null
	for url in services teams; do
		sed 's/429s/429d/' $url.url >date-$url.url
		sed -i "/^channel date-/s|/$url.url|/date-$url.url|" c
	done
	chmod 600 ./*.url
	echo 'match to date-slack, date-twilio, date-teams' >>c
	all="$names date-slack date-twilio date-teams"
	alert aaaaaaaa 00000001 0 firing opened | nc-notify --spool-only -c c
	timeout 30 nc-notify run -c c 2>err 3>&- &
	pid=$!
	until_true 25 sh -c "[ \$(ls $spool/sent | wc -l) -eq $(echo $all |
	    wc -w) ]" || fail "$(box new)" "$(cat err)"
	stop $pid
	[ -z "$(faults)" ] || fail "$(faults)"
	# Each mode of each service: two requests, 3 s and more apart (a date
	# has whole seconds).
	jq -es 'group_by([.service, .mode]) | all(
	    length == 2 and .[1].time - .[0].time >= 2.9)' requests \
	    >/dev/null || fail "$(jq -c '[.service, .mode, .time]' requests)"
}

@test "500, 301, 401, 400, and answers that break off: as the table says" {
	start_sink
	alert aaaaaaaa 00000001 0 firing opened >in
	for mode in 500 301 401 400 close reset; do
		export NC_STATE_DIR=$PWD/$mode
		spool=$NC_STATE_DIR/nc-notify
		channels $mode >c
		run --separate-stderr timeout 30 nc-notify -c c in
		wants 1
		case $mode in
		500 | close | reset)
			[ "$(box new)" = "$(sorted $names)" ] ||
			    fail "$mode: $(box dead), $(box sent)"
			;;
		*)
			[ "$(box dead)" = "$(sorted $names)" ] ||
			    fail "$mode: $(box new), $(box sent)"
			;;
		esac
		[[ $stderr != *hunter2* && $stderr != *xoxb* &&
		    $stderr != */T0/B0* ]] || fail 'a secret'
	done
	not grep -q moved requests
}

@test "bodies and headers without end, and slow ones, are bounded" {
	start_sink
	alert aaaaaaaa 00000001 0 firing opened >in
	channels big >c
	run --separate-stderr timeout 30 bash -c 'ulimit -v 1500000; exec \
	    nc-notify -c c in'
	sanitized || [ "$status" -le 1 ] || fail "$status"
	[ -z "$(box dead)" ] || [ -n "$(box new)" ] || fail "$(box dead)"
	for mode in hang header; do
		export NC_STATE_DIR=$PWD/$mode
		spool=$NC_STATE_DIR/nc-notify
		channels $mode 'timeout 2s' >c
		echo 'match to log' >>c
		rm -f log
		start=$(now_ms)
		timeout 30 nc-notify -c c in 2>/dev/null 3>&- &
		pid=$!
		until_true 5 test -s log || fail 'nothing in the log'
		took=$(($(now_ms) - start))
		sanitized || [ $took -lt 1500 ] || fail "$mode: $took ms"
		wait $pid || :
		took=$(($(now_ms) - start))
		[ "$(box new)" = "$(sorted $names)" ] ||
		    fail "$mode: $(box dead), $(box sent)"
		sanitized || [ $took -lt 6000 ] || fail "$mode: $took ms"
	done
}

@test "killed between a service's taking it and its answer: once more, as the same" {
	start_sink
	channels wait >c
	alert aaaaaaaa 00000001 0 firing opened >in
	nc-notify --spool-only -c c in
	nc-notify run -c c 2>err 3>&- &
	other=$!
	until_true 20 sh -c "[ \$(wc -l <requests) -eq $(wc -w <<<"$names") ]" ||
	    fail "$(cat err)"
	kill -KILL $other
	wait $other || :
	other=
	[ "$(box new)" = "$(sorted $names)" ] || fail "$(box sent)"
	channels >c
	timeout 30 nc-notify drain -c c || fail "$(faults)"
	[ -z "$(faults)" ] || fail "$(faults)"
	[ "$(box sent)" = "$(sorted $names)" ] || fail "$(box new)"
	# Two of each; who can see by its id that it is the same, is given it.
	jq -es 'group_by(.service) | all(length == 2)' requests >/dev/null ||
	    fail "$(jq -r .service requests | sort | uniq -c)"
	jq -es 'def ids(s; f): map(select(.service == s) | f) | unique |
	    length == 1; ids("webhook"; .headers["webhook-id"]) and
	    ids("matrix"; .path | sub("^/wait"; "")) and
	    ids("pagerduty"; .body | fromjson.dedup_key) and
	    ids("opsgenie"; .body | fromjson.alias) and
	    ids("alertmanager"; [.body | fromjson[].labels])' requests \
	    >/dev/null || fail 'ids'
	# The others say it in words.
	[ "$(jq -r 'select(.service == "telegram").body | fromjson.text' \
	    requests | grep -c 'may have been sent before')" -eq 1 ] ||
	    fail telegram
}

@test "a name that cannot be looked up delays nobody, nor the end" {
	cat >slow.c <<-'END'
	#include <netdb.h>
	#include <unistd.h>
	int
	getaddrinfo(const char *n, const char *s, const struct addrinfo *h,
	    struct addrinfo **r)
	{
		(void)n, (void)s, (void)h, (void)r;
		sleep(20);
		return EAI_AGAIN;
	}
	END
	sanitized && skip 'a preloaded library goes before the sanitizer'
	gcc -shared -fPIC -o slow.so slow.c
	cat >c <<-END
	channel hook webhook "https://hook.invalid/x" { timeout 500ms }
	channel mail smtp "smtp://mx.invalid:587" { timeout 500ms
		from "nc@hv1"; to "ops@x" }
	channel log local file "$PWD/log"
	match to hook, mail, log
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	start=$(now_ms)
	LD_PRELOAD=$PWD/slow.so timeout 30 nc-notify -c c in 2>err 3>&- &
	pid=$!
	until_true 5 test -s log || fail 'nothing in the log'
	took=$(($(now_ms) - start))
	[ $took -lt 3000 ] || fail "$took ms"
	wait $pid || :
	took=$(($(now_ms) - start))
	[ $took -lt 6000 ] || fail "$took ms"
	[ "$(grep -c 'not delivered yet' err)" -eq 2 ] || fail "$(cat err)"
}

@test "a message of many is split, never cut, and counted" {
	start_sink
	channels | grep -v '^match' >c
	echo 'match to webhook, amhook, alertmanager group by host wait 1s' >>c
	for i in $(seq 100 160); do
		alert $i $i 0 firing opened crit \
		    ",\"text\":\"$(head -c 500 /dev/zero | tr '\0' x)\""
	done >in
	timeout 20 nc-notify -c c in || fail "$(faults)"
	[ -z "$(faults)" ] || fail "$(faults)"
	jq -es 'map(select(.service != "alertmanager")) | group_by(.service) |
	    all((map(.body | fromjson.alerts[]) | length == 61) and
		(map(.headers["webhook-id"]) | unique | length) == length and
		length > 3 and all(.body | length < 20000))' requests >/dev/null ||
	    fail "$(jq -c '[.service, (.body | length)]' requests)"
	jq -es 'map(select(.service == "alertmanager").body | fromjson[] |
	    .labels.id) | unique | length == 1' requests >/dev/null
	jq -es 'map(select(.service == "webhook")) | map(.body | fromjson |
	    .total) | unique == [61]' requests >/dev/null || fail total
}

@test "standardwebhooks and aws4 of npm agree with our signatures" {
	[ -d "$NC_NPM/node_modules/standardwebhooks" ] ||
	    fail 'contrib/deps check: npm modules'
	start_sink
	channels | grep -vE '^match' >c
	echo 'match to webhook, sns' >>c
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":"t\u00e4st"' |
	    timeout 20 nc-notify -c c
	cat >judge.js <<-'END'
	const fs = require("fs");
	const { Webhook } = require("standardwebhooks");
	const aws4 = require("aws4");
	for (const line of fs.readFileSync("requests", "utf8").trim().split("\n")) {
		const r = JSON.parse(line), h = {};
		for (const k in r.headers) h[k.toLowerCase()] = r.headers[k];
		if (r.service === "webhook") {
			const w = new Webhook(fs.readFileSync("sign", "utf8").trim());
			w.verify(r.body, h);
			let refused = false;
			try { w.verify(r.body + " ", h); } catch { refused = true; }
			console.log("webhook", refused);
		} else {
			const o = { host: h.host, path: "/", method: "POST",
			    service: "sns", region: "eu-central-1", body: r.body,
			    doNotEncodePath: true, headers: {
			    "Host": h.host, "X-Amz-Date": h["x-amz-date"],
			    "Content-Type": h["content-type"] } };
			const signer = new aws4.RequestSigner(o,
			    { accessKeyId: "AKIDEXAMPLE",
			      secretAccessKey: "hunter2secret" });
			signer.prepareRequest();
			delete o.headers["Content-Length"];
			console.log("sns", signer.authHeader() === h.authorization);
		}
	}
	END
	[ "$(node judge.js | sort | xargs)" = 'sns true webhook true' ] ||
	    fail "$(node judge.js)"
}

@test "types that Slack, Discord, PagerDuty and grammY publish hold" {
	[ -d "$NC_NPM/node_modules/typescript" ] ||
	    fail 'contrib/deps check: npm modules'
	start_sink
	channels | grep -v '^match' >c
	echo 'match to slack, slackbot, discord, pagerduty, telegram' >>c
	alert aaaaaaaa 00000001 0 firing opened warn \
	    ',"text":"4.2 % free","value":4.2,"unit":"%","runbook":"https://kb.example/x"' |
	    timeout 30 nc-notify -c c
	alert aaaaaaaa 00000002 1 resolved resolved crit |
	    timeout 30 nc-notify -c c
	[ "$(wc -l <requests)" -eq 11 ] || fail "$(wc -l <requests)"
	ln -s "$NC_NPM/node_modules" .
	jq -r '{slack: "Slack", slackbot: "Slack", discord: "Discord",
	    pagerduty: "PagerDuty", telegram: "Telegram"}[.service] + " = " +
	    .body + ";"' requests >bodies
	{
		cat <<-'END'
		import type { MessageAttachment, KnownBlock } from "@slack/types";
		import type { RESTPostAPIWebhookWithTokenJSONBody as Discord } from
		    "discord-api-types/v10";
		import type { ApiMethods } from "@grammyjs/types";
		import type { EventPayloadV2 as PagerDuty } from
		    "@pagerduty/pdjs/build/src/events";
		type Telegram = Parameters<ApiMethods<unknown>["sendMessage"]>[0];
		interface Slack { text: string; channel?: string; ts?: string;
		    thread_ts?: string; unfurl_links: boolean;
		    unfurl_media: boolean; attachments: (Omit<MessageAttachment,
		    "blocks"> & { blocks: KnownBlock[] })[] }
		END
		awk '{ print "export const b" NR ": " $0 }' bodies
		# And what must not hold.
		sed 's/"plain_text"/"plain"/; s/"parse":/"pars":/
		    s/"event_action"/"action"/; s/"offset":0/"offset":"0"/' \
		    bodies | awk '{ print "// @ts-expect-error"
		    print "export const w" NR ": " $0 }'
	} >bodies.ts
	run node node_modules/typescript/bin/tsc --noEmit --strict \
	    --skipLibCheck --target es2022 --module es2022 \
	    --moduleResolution node bodies.ts
	wants 0
}

@test "a modem, the journal, who is logged in: safe lines, no argument" {
	mkdir bin
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s\ncat >%s\n' \
	    "$PWD/modem.args" "$PWD/modem.text" >bin/gammu-smsd-inject
	printf '#!/bin/sh\ncat >%s\n' "$PWD/wall.text" >bin/wall
	chmod +x bin/*
	cat >c <<-END
	channel modem sms modem { to "+4915112345678"; segments 1 }
	channel wall local wall
	channel journal local journald { socket "$PWD/s" }
	match to modem, wall, journal
	END
	python3 - s got <<-'END' 3>&- &
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind(sys.argv[1])
	open(sys.argv[2], "wb").write(s.recv(65536))
	END
	other=$!
	until_true 10 test -S s
	alert aaaaaaaa 00000001 0 firing opened crit \
	    ',"text":"-x \u001b[31m\nPRIORITY=7\n\u202e `$(id)` long long long long long long long long long long long long long long long long"' |
	    PATH=$PWD/bin:$PATH timeout 20 nc-notify -c c
	wait $other
	other=
	[ "$(xargs <modem.args)" = 'TEXT +4915112345678 -autolen 1600' ]
	[[ $(cat modem.text) == 'crit disk-full on hv07 host.fs /var: -x'*... ]]
	[ "$(wc -c <modem.text)" -le 160 ] && [ "$(wc -l <wall.text)" -eq 1 ]
	grep -qx 'PRIORITY=2' got && grep -qx 'NC_HOST=hv07' got &&
	    grep -qx 'NC_EVENT_ID=00000001' got || fail "$(cat -v got)"
	[ "$(grep -c ^PRIORITY got)" -eq 1 ] || fail "$(cat -v got)"
	not grep -q $'\033' got wall.text modem.text
}

@test "heartbeat: asked for as long as we live, told of no alert" {
	start_sink
	echo "http://127.0.0.1:$port/beat/uuid?x=1" >url
	chmod 600 url
	cat >c <<-END
	channel dms heartbeat secret file "$PWD/url" { every 1s }
	channel log local file "$PWD/log"
	match to log
	END
	timeout 20 nc-notify run -c c 3>&- &
	pid=$!
	until_true 10 sh -c '[ "$(grep -c beat requests 2>/dev/null)" -ge 2 ]' ||
	    fail 'no beat'
	stop $pid
	[ "$(jq -r '"\(.method) \(.path)"' requests | sort -u)" = \
	    'GET /beat/uuid?x=1' ]
}

@test "TLS: a wrong certificate, half a handshake, a wrong key: not sent" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout key -out cert -days 2 -subj /CN=localhost \
	    -addext 'subjectAltName=DNS:localhost' 2>/dev/null
	/usr/bin/python3 "$TOP/tests/vendors.py" port requests cert key 3>&- &
	sink=$!
	# Takes connections, and says nothing.
	/usr/bin/python3 - half 3>&- <<-'END' &
	import os, socket, sys, time
	s = socket.create_server(("127.0.0.1", 0))
	open("half.new", "w").write(str(s.getsockname()[1]))
	os.rename("half.new", "half")
	kept = []
	while True:
	    kept.append(s.accept())
	END
	other=$!
	until_true 20 test -e port -a -e half || fail 'no sink'
	good=$(openssl x509 -in cert -pubkey -noout |
	    openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
	    base64)
	alert aaaaaaaa 00000001 0 firing opened >in
	port=$(cat port)
	for case in 'untrusted|' "trusted|cafile \"$PWD/cert\"" \
	    "pinned|cafile \"$PWD/cert\"; pin \"sha256//$good\"" \
	    "mispinned|cafile \"$PWD/cert\"; pin \"sha256//${good/?/_}\""; do
		export NC_STATE_DIR=$PWD/${case%%|*}
		spool=$NC_STATE_DIR/nc-notify
		channels '' "${case#*|}" | sed 's|http://127.0.0.1|https://localhost|' >c
		sed -i 's|http://127.0.0.1|https://localhost|' ./*.url
		run --separate-stderr timeout 30 nc-notify -c c in
		case $case in
		trusted* | pinned*)
			wants 0
			[ -z "$(faults)" ] || fail "$(faults)"
			[ "$(box sent)" = "$(sorted $names)" ] || fail "$case"
			;;
		*)
			wants 1
			[ "$(box new)" = "$(sorted $names)" ] || fail "$case"
			;;
		esac
	done
	port=$(cat half)
	export NC_STATE_DIR=$PWD/half-state
	spool=$NC_STATE_DIR/nc-notify
	channels '' 'timeout 2s' |
	    sed 's|http://127.0.0.1|https://localhost|' >c
	sed -i 's|http://127.0.0.1|https://localhost|' ./*.url
	echo 'match to log' >>c
	rm -f log
	start=$(now_ms)
	timeout 30 nc-notify -c c in 2>/dev/null 3>&- &
	pid=$!
	until_true 5 test -s log || fail 'nothing in the log'
	took=$(($(now_ms) - start))
	sanitized || [ $took -lt 1500 ] || fail "$took ms"
	wait $pid || :
	[ "$(box new)" = "$(sorted $names)" ] || fail "$(box sent)"
}

@test "faults of channels are found with the configuration" {
	wrong() {
		{ echo "channel m $1"; echo 'match to m'; } >c
		run --separate-stderr nc-notify -C -c c
		wants 2
		[[ $stderr == *"$2"* ]] || fail "wanted $2"
	}
	pw="secret file \"$PWD/pw\""
	wrong 'slack "https://x"' 'expected bot, or secret'
	wrong "slack $pw { to \"#x\" }" "are a bot's"
	wrong "slack bot { $pw }" 'expected to'
	wrong 'slack bot { to "#x" }' 'expected secret'
	wrong "sms pigeon { $pw; to \"+4912345\" }" 'expected twilio'
	wrong "sms twilio { $pw; account A; to \"+4912345\" }" \
	    'expected from, or service'
	wrong "sms vonage { $pw; account A; from x; to \"0x12\" }" \
	    'expected a number'
	wrong "sms sns { $pw; key A; to \"+4912345\" }" 'expected region'
	wrong 'sms form { to "+4912345" }' 'expected form'
	wrong 'sms form "https://x" { to "+4912345"; field "a=b" }' '{text}'
	wrong 'sms modem { to "-x" }' 'expected a number'
	wrong 'sms modem { to "+4912345"; segments 11 }' '11'
	wrong 'pagerduty { endpoint "https://x" }' 'expected secret'
	wrong "opsgenie $pw { endpoint \"ftp://x\" }" 'https://'
	wrong "opsgenie $pw { pin \"md5//x\" }" 'sha256//'
	wrong 'telegram { to "1" }' 'expected secret'
	wrong "matrix \"hv\" { $pw; to \"!x\" }" 'https://'
	wrong 'ntfy "https://x"' 'expected topic'
	wrong "pushover { token $pw }" 'expected to'
	wrong 'webhook "https://x" { form xml }' 'expected form record'
	wrong 'alertmanager "https://x" { hold x }' 'x'
	wrong 'local pigeon' 'expected syslog, journald'
	wrong 'teams "https://x" { colour red }' 'unknown option'
	wrong 'heartbeat "x"' 'https://'
}

@test "render shows what would be sent, and no secret" {
	port=9
	channels >c
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":"<x>"' >in
	for name in $names log; do
		run --separate-stderr timeout 10 nc-notify render "$name" -c c in
		wants 0
		[ -n "$output" ] || fail "$name: nothing"
		[[ $output != *hunter2* && $output != *xoxb* &&
		    $output != *0123456789abcdef* && $output != */T0/B0* ]] ||
		    fail "$name: a secret"
	done
}

@test "nc-channels(5) has every kind and option there is" {
	echo 'channel m pigeon' >c
	run --separate-stderr nc-notify -C -c c
	wants 2
	page=$TOP/man/nc-channels.5
	sed -n '1s/.*expected //p' <<<"$stderr" | sed 's/,//g; s/ or / /' |
	    xargs -n 1 >kinds
	[ "$(wc -l <kinds)" -gt 15 ] || fail 'no kinds'
	while read -r kind; do
		grep -qE "(^\.It|\|) Cm $kind( |\$)" "$page" || fail "no $kind"
	done <kinds
	mandoc -Tascii "$page" | col -b >text
	grep -rhoE '\.name = "[a-z]+"' "$TOP/cmd/nc-notify/channel" |
	    cut -d '"' -f 2 | sort -u >options
	while read -r option; do
		grep -qw "$option" text || fail "no $option"
	done <options
	# Its examples, uncommented, are a configuration.
	{
		sed -n '/^\.Bd -literal/,/^\.Ed/p' "$page" | grep -v '^\.'
		echo 'match to ops-mail, ops-slack, pager, modem, hook'
	} | sed "s|credential [a-z-]*|file \"$PWD/pw\"|; s|/etc/novacron/hook.key|$PWD/sign|" >c
	run --separate-stderr nc-notify -C -c c
	wants 0
	grep '^#' "$TOP/contrib/examples/notify.conf" |
	    sed -n 's/^#\(channel\|\t\|}\)/\1/p' |
	    sed "s|/etc/novacron/hook.key|$PWD/sign|; s|/etc/novacron/[a-z.]*|$PWD/pw|" >c
	echo 'match to mail, slack, sms, modem, duty, hook' >>c
	echo 'https://hooks.example/x' >pw
	run --separate-stderr nc-notify -C -c c
	wants 0
}

@test "sms-segments-calculator of npm counts segments as we do" {
	[ -d "$NC_NPM/node_modules/sms-segments-calculator" ] ||
	    fail 'contrib/deps check: npm modules'
	start_sink
	for i in 1 2 3; do
		channels | sed -n "/^channel form/,/}\$/p" |
		    sed "s/^channel form/channel seg$i/; s/ref={id}/ref={id}\"; field \"seg=$i/; s/limit/segments $i; title \"{text}\"; limit/"
	done >c
	echo 'set storm off' >>c
	echo 'match to seg1, seg2, seg3' >>c
	# Texts around every limit, of one, two and three units a character,
	# and mixtures from a seed.
	node - >texts <<-'END'
	const out = [];
	for (const c of ["a", "\u20ac", "\u00e9", "[", "`", "\u0416",
	    "\ud83d\ude00", "\u4e2d"])
		for (const n of process.env.NC_SLOW ?
		    [...Array(520).keys()].slice(1) :
		    [71, 134, 153, 161, 201, 307, 460])
			out.push("x" + c.repeat(n - 1));
	let seed = 7;
	const next = (n) => (seed = seed * 48271 % 2147483647) % n;
	for (let i = 0; i < (process.env.NC_SLOW ? 300 : 20); i++) {
		const of = ["ab \u20ac[~", "ab\u00e4\u0394\u00e7",
		    "a\ud83d\ude00\u0416"][i % 3];
		const chars = Array.from(of);
		let t = "";
		for (let k = next(520); k >= 0; k--)
			t += chars[next(chars.length)];
		out.push("<" + t.trim() + ">");
	}
	process.stdout.write(out.map((t) => JSON.stringify(t)).join("\n") + "\n");
	END
	n=100000
	while read -r text; do
		n=$((n + 1))
		alert "aa$n" "$n" 0 firing opened crit ",\"text\":$text"
	done <texts >in
	timeout 300 nc-notify --drain 300s -c c in || fail "$(faults | head)"
	cat >judge.js <<-'END'
	const fs = require("fs");
	const { SegmentedMessage } = require("sms-segments-calculator");
	const count = (t) => new SegmentedMessage(t).segmentsCount;
	const texts = fs.readFileSync("texts", "utf8").trim().split("\n")
	    .map(JSON.parse);
	let bad = 0, cut = 0, whole = 0;
	for (const line of fs.readFileSync("requests", "utf8").trim().split("\n")) {
		const f = JSON.parse(line).form, max = +f.seg;
		const text = texts[+f.ref - 100001], got = f.text;
		let good = count(got) <= max;
		if (got === text) {
			whole++;
		} else {
			cut++;
			const head = got.slice(0, -3);
			const more = String.fromCodePoint(
			    text.codePointAt(head.length));
			good = good && got.endsWith("...") &&
			    text.startsWith(head) && count(text) > max &&
			    count(head + more + "...") > max;
		}
		if (!good && bad++ < 3)
			console.log(max, count(text), count(got), text, got);
	}
	console.log(bad, cut > 20, whole > 20);
	END
	[ "$(node judge.js)" = '0 true true' ] || fail "$(node judge.js)"
}

@test "Debian's Alertmanager holds our alert, and its end" {
	command -v prometheus-alertmanager >/dev/null ||
	    fail 'contrib/deps check: prometheus-alertmanager'
	printf 'route: {receiver: none}\nreceivers: [{name: none}]\n' >am.yml
	for am in 29193 29293 29393; do
		prometheus-alertmanager --config.file=am.yml --storage.path=am \
		    --web.listen-address=127.0.0.1:$am \
		    --cluster.listen-address= 2>am.log 3>&- &
		other=$!
		! until_true 10 curl -sf "http://127.0.0.1:$am/-/ready" \
		    >/dev/null || break
		stop $other
	done
	echo "channel am alertmanager \"http://127.0.0.1:$am\"" >c
	echo 'match to am' >>c
	now=$(date +%s)
	states() {
		curl -s "http://127.0.0.1:$am/api/v2/alerts" | jq -c '[.[] |
		    [.labels.severity, .status.state, .annotations.description]]'
	}
	alert aaaaaaaa 00000001 0 firing opened warn ',"text":"@x <b>"' |
	    sed "s/1763800/${now%???}/g" | timeout 20 nc-notify -c c
	until_true 5 sh -c "curl -s http://127.0.0.1:$am/api/v2/alerts |
	    grep -q active" || fail "$(states) $(cat am.log)"
	[ "$(states)" = '[["warn","active","@x <b>"]]' ] || fail "$(states)"
	alert aaaaaaaa 00000002 0 firing severity crit |
	    sed "s/1763800/${now%???}/g" | timeout 20 nc-notify -c c
	until_true 5 sh -c "curl -s http://127.0.0.1:$am/api/v2/alerts |
	    grep -q crit" || fail "$(states)"
	[ "$(states)" = '[["crit","active",null]]' ] || fail "$(states)"
	alert aaaaaaaa 00000003 0 resolved resolved crit |
	    sed "s/1763800/${now%???}/g" | timeout 20 nc-notify -c c
	until_true 5 sh -c "curl -s http://127.0.0.1:$am/api/v2/alerts |
	    grep -qx '\[\]'" || fail "$(states)"
}
