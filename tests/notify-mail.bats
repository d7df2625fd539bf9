#!/usr/bin/env bats
# Mail as it arrives: judged by aiosmtpd (STARTTLS, AUTH), by OpenSMTPD, and by
# the email package of Python, none of which is ours.

load lib

setup() {
	sandbox
	export NC_STATE_DIR=$PWD/state
	spool=$PWD/state/nc-notify
	sink=
	mta=
}

teardown() {
	[ -z "$sink" ] || stop "$sink"
	[ -z "$mta" ] || stop "$mta"
}

# alert EPISODE EVENT SEQ STATE CHANGE [SEVERITY [MORE]]: one alert record.
alert() {
	printf '{"v":1,"kind":"alert","ts":%s,"host":"hv07","source":"nc-alert","entity":"host.fs","id":"/var","labels":{"team":"storage"},"alert":"disk-full","fingerprint":"%s","episode":"%s","event_id":"%s","seq":%s,"state":"%s","change":"%s","severity":"%s","start":1763800000%s}\n' \
	    $((1763800000 + 60 * $3)) "${1}ffff" "$1" "$2" "$3" "$4" "$5" \
	    "${6:-crit}" "${7-}"
}

# secrets: a certificate for localhost, the password of the server.
secrets() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout key -out cert -days 2 -subj /CN=localhost \
	    -addext 'subjectAltName=DNS:localhost' 2>/dev/null
	echo secret >password
	echo wrong >wrong
	chmod 600 password wrong
}

# mailsink MODE [CERT KEY]: a server; its address is in $port.
mailsink() {
	/usr/bin/python3 -W ignore "$TOP/tests/mailsink.py" port mails "$@" \
	    3>&- &
	sink=$!
	until_true 20 test -e port || fail 'no server'
	port=$(cat port)
}

# parsed FILTER: the mails as Python's email package reads them, through jq.
parsed() {
	/usr/bin/python3 - <<-'END' | jq -cr "$1"
	import email, email.policy, json
	for line in open("mails"):
	    r = json.loads(line)
	    raw = r["data"].encode("latin-1")
	    for part in raw.split(b"\r\n"):
	        assert b"\r" not in part and b"\n" not in part, part
	        assert len(part) <= 998, len(part)
	    assert all(c < 128 and (c >= 32 or c in (9, 10, 13))
	        for c in raw), "not ASCII"
	    m = email.message_from_bytes(raw, policy=email.policy.default)
	    assert not m.defects, m.defects
	    text = m.get_body(("plain",)).get_content()
	    text = text.replace("\r", "")
	    html = m.get_body(("html",))
	    print(json.dumps({"to": r["to"], "from": r["from"],
	        "tls": r["tls"], "who": r["who"],
	        "headers": {k: str(v) for k, v in m.items()},
	        "names": [k for k in m.keys()], "text": text,
	        "types": [p.get_content_type() for p in m.walk()],
	        "html": html.get_content() if html else None}))
	END
}

@test "STARTTLS and AUTH; a thread of an alert and its end" {
	secrets
	mailsink starttls cert key
	cat >c <<-END
	channel m smtp "smtp://localhost:$port" {
		from "nc@hv1.example"; to "ops@example.org"
		auth "nc" secret file "$PWD/password"
		cafile "$PWD/cert"
	}
	channel token smtp "smtp://localhost:$port" {
		from "nc@hv1.example"; to "ops@example.org"
		oauth "nc" secret file "$PWD/password"
		cafile "$PWD/cert"
	}
	match host = hv07 to m
	match severity = warn to token
	match severity = crit to m
	END
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":"t\u00e4st"' |
	    timeout 20 nc-notify -c c
	alert aaaaaaaa 00000002 1 resolved resolved | timeout 20 nc-notify -c c
	alert bbbbbbbb 00000003 0 firing opened warn | sed 's/hv07/hv08/' |
	    timeout 20 nc-notify -c c
	[ "$(jq -r .who mails | tail -n 1)" = 'nc by token' ] || fail XOAUTH2
	sed -i '$d' mails
	parsed . >got
	[ "$(jq -r '"\(.tls) \(.who) \(.from) \(.to[0])"' got | sort -u)" = \
	    'true nc nc@hv1.example ops@example.org' ] || fail envelope
	jq -es '.[0].headers.Subject | contains("crit disk-full on hv07") and
	    contains("täst")' got >/dev/null || fail subject
	jq -es '.[1].headers.Subject | startswith("resolved crit")' got \
	    >/dev/null || fail end
	[ "$(jq -r '.headers["Message-ID"]' got | xargs)" = \
	    '<00000001.m@hv1.example> <00000002.m@hv1.example>' ] || fail ids
	[ "$(jq -r '.headers.References' got | sort -u)" = \
	    '<aaaaaaaa.thread.m@hv1.example>' ] || fail thread
	[ "$(jq -r '.headers["Auto-Submitted"]' got | sort -u)" = \
	    auto-generated ]
	not grep -q secret mails "$spool"/*/*.m
}

@test "hostile text stays text: no header, no line, no end of its own" {
	mailsink plain
	cat >c <<-END
	channel m smtp "smtp://localhost:$port" {
		from "nc@hv1.example"; to "ops@example.org"; plain; html
	}
	match to m
	END
	n=1
	for text in '\r\nBcc: evil@x\r\n\r\nbody' '.\r\nMAIL FROM:<evil@x>' \
	    '\u001b[31mred\u202egnol' '=?utf-8?q?x?= <b>&amp;' '.' '..' \
	    'From me\n.\n.dot' "$(printf 'x%.0s' {1..3000})" \
	    '\ud83d\udc68\u200d\ud83d\udc69 \u0000' ' lead and trail '; do
		alert "aaaaaa$n$n" "000000$n$n" 0 firing opened crit \
		    ",\"text\":\"$text\"" | sed 's/\\u0000//'
		n=$((n + 1))
	done >in
	alert bbbbbbbb 000000bb 0 firing opened crit \
	    ",\"text\":\"$(head -c 1000000 /dev/zero | tr '\0' .)\"" >>in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 0
	parsed . >got
	[ "$(wc -l <got)" -eq 11 ] || fail "$(wc -l <got) mails"
	[ "$(jq -c '[.to, .names, .types]' got | sort -u | wc -l)" -eq 1 ] ||
	    fail 'all alike but for their text'
	not grep -qi '"bcc"' got
	jq -es 'any(.text | contains("<b>&amp;")) and
	    any(.html | contains("&lt;b&gt;&amp;amp;")) and
	    any(.text | contains("\n.\n.dot")) and
	    any(.text | contains("\\u{202e}gnol")) and
	    all(.text | contains("\u001b") or contains("\u202e") | not)' \
	    got >/dev/null || fail "$(jq -c .text got | cut -c1-300)"
}

@test "4xx again, 5xx for good, and each recipient on its own" {
	mailsink plain
	cat >c <<-END
	channel all smtp "smtp://localhost:$port" { plain; from "nc@hv1"
		to "ops@example.org" "busy@example.org" "gone@example.org" \
		    "full@example.org" }
	match to all
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[[ $stderr == *'451 4.3.0 try again later'* ]] || fail 'what it said'
	[ "$(cd "$spool" && echo {new,dead,sent}/* | sed 's|/[^ ]*||g')" = \
	    'new new dead sent' ] || fail "$(ls "$spool"/*)"
	[ "$(jq -r '.to[0]' mails)" = ops@example.org ]
	[ -n "${NC_SLOW-}" ] || return 0
	timeout 30 nc-notify run -c c 3>&- 2>err &
	pid=$!
	until_true 20 sh -c 'grep -q full@ mails' || fail 'not tried again'
	stop $pid
}

@test "no password and no text without TLS that is verified" {
	secrets
	mailsink starttls cert key
	cat >c <<-END
	channel denied smtp "smtp://localhost:$port" {
		from "nc@hv1"; to "ops@x"; auth "nc" secret file "$PWD/wrong"
		cafile "$PWD/cert" }
	channel unknown smtp "smtp://localhost:$port" {
		from "nc@hv1"; to "ops@x"
		auth "nc" secret file "$PWD/password" }
	channel pinned smtp "smtp://localhost:$port" {
		from "nc@hv1"; to "ops@x"; cafile "$PWD/cert"
		auth "nc" secret file "$PWD/password"
		pin "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }
	match to denied, unknown, pinned
	END
	alert aaaaaaaa 00000001 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ ! -e mails ] || fail 'a mail arrived'
	[ "$(cd "$spool" && echo {dead,new}/* | sed 's/[^ ]*\.//g; s/~[0-9a-f]*//g')" = \
	    'denied pinned unknown' ] || fail "$(ls "$spool"/*)"
	stop $sink
	rm port
	mailsink plain
	sed -i "s/localhost:[0-9]*/localhost:$port/" c
	alert bbbbbbbb 00000002 0 firing opened >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ ! -e mails ] || fail 'a mail went out without TLS'
}

@test "SMTPS; a server that never says goodbye delays nobody" {
	secrets
	mailsink smtps cert key
	cat >c <<-END
	channel log local file "$PWD/log"
	channel rude smtp "smtps://localhost:$port" {
		from "nc@hv1"; to "rude@x"; cafile "$PWD/cert"; timeout 8s }
	channel mute smtp "smtps://localhost:$port" {
		from "nc@hv1"; to "mute@x"; cafile "$PWD/cert"; timeout 700ms }
	match to rude, mute, log
	END
	for i in 1 2 3 4 5; do
		alert aaaaaaa$i 0000000$i 0 firing opened
	done >in
	start=$(now_ms)
	run --separate-stderr timeout 20 nc-notify --drain 3s -c c in
	took=$(($(now_ms) - start))
	wants 1
	[ "$(wc -l <log)" -eq 5 ] && [ "$(wc -l <mails)" -eq 5 ] || fail "$took"
	[ "$(jq -r .tls mails | sort -u)" = true ]
	sanitized || [ $took -lt 2500 ] || fail "$took ms"
}

@test "sendmail(8): recipients as arguments, the mail on standard input" {
	cat >sendmail <<-END
	#!/bin/sh
	printf '%s\n' "\$@" >$PWD/args
	cat >$PWD/text
	case \$* in *busy*) exit 75 ;; *gone*) exit 67 ;; esac
	END
	chmod +x sendmail
	for to in ops busy gone; do
		echo "channel $to sendmail \"$PWD/sendmail\" {
			from \"nc@hv1\"; to \"$to@example.org\" }"
	done >c
	echo 'match to busy, gone, ops' >>c
	alert aaaaaaaa 00000001 0 firing opened crit \
	    ',"text":"x\n.\n-f evil@x"' >in
	run --separate-stderr timeout 20 nc-notify -c c in
	wants 1
	[ "$(cd "$spool" && echo {new,dead,sent}/* | sed 's/[^ ]*\.//g; s/~[0-9a-f]*//g')" = \
	    'busy gone ops' ] || fail "$(ls "$spool"/*)"
	[ "$(sed 6q args | xargs)" = "-i -f nc@hv1 -- $(tail -n 1 args)" ]
	not grep -q $'\r' text
	grep -q '^=2E$' text || fail "$(cat text)"
}

@test "killed before the answer to a mail: once more, the same Message-ID" {
	mailsink plain
	cat >c <<-END
	channel m smtp "smtp://localhost:$port" {
		from "nc@hv1"; to "slow@x"; plain }
	match to m
	END
	alert aaaaaaaa 00000001 0 firing opened | nc-notify --spool-only -c c
	nc-notify run -c c 3>&- &
	mta=$!
	until_true 10 test -s mails || fail 'not sent'
	kill -KILL $mta
	wait $mta || :
	mta=
	timeout 20 nc-notify drain -c c
	[ "$(parsed '.headers["Message-ID"]' | uniq -c | xargs)" = \
	    '2 <00000001.m@hv1>' ] || fail "$(parsed .headers)"
	[ "$(parsed .text | grep -c 'may have been sent before')" -eq 1 ]
	[ -z "$(find "$spool/new" "$spool/dead" -type f)" ]
}

@test "a chart of what the alert is about, drawn from the store" {
	need nc-store nc-query
	mailsink plain
	now=$(($(date +%s) / 10 * 10))
	for i in $(seq 60 -1 1); do
		sample $((now - 10 * i)) hv07 host.fs /var \
		    "\"free_bytes\":$((1000000 * i))"
	done | nc-store -d "$PWD/db"
	cat >c <<-END
	channel m smtp "smtp://localhost:$port" {
		from "nc@hv1"; to "ops@x"; plain; html; chart "$PWD/db" }
	match to m
	END
	alert aaaaaaaa 00000001 0 firing opened crit \
	    ',"inputs":{"avg(free_bytes, 5m)":1,"free_bytes":1000000}' |
	    timeout 20 nc-notify -c c
	alert bbbbbbbb 00000002 0 firing opened crit \
	    ',"inputs":{"no_such_metric":1}' | timeout 20 nc-notify -c c
	[ "$(parsed '.types | join(" ")' | sed 's/multipart/m/g')" = \
	    'm/alternative text/plain m/related text/html image/png
m/alternative text/plain text/html' ] || fail "$(parsed .types)"
	/usr/bin/python3 - <<-'END'
	import email, json, struct
	m = email.message_from_string(json.loads(open("mails").readline())["data"])
	png = [p for p in m.walk() if p.get_content_type() == "image/png"][0]
	data = png.get_payload(decode=True)
	assert data.startswith(b"\x89PNG\r\n\x1a\n")
	width, height = struct.unpack(">II", data[16:24])
	assert width >= 480 and height >= 120, (width, height)
	assert png["Content-ID"] == "<chart@novacron>"
	END
	[ -z "$(find "$spool/tmp" -type f)" ] || fail 'a picture is left behind'
}

@test "OpenSMTPD takes our mail and passes it on" {
	[ "$(id -u)" -eq 0 ] || skip 'smtpd starts as root only'
	command -v smtpd >/dev/null || fail 'contrib/deps check: opensmtpd'
	mailsink plain
	cat >smtpd.conf <<-END
	listen on 127.0.0.1 port 20925
	action "on" relay host "smtp://127.0.0.1:$port"
	match from any for any action "on"
	END
	smtpd -d -f smtpd.conf >smtpd.log 2>&1 3>&- &
	mta=$!
	until_true 10 bash -c ': >/dev/tcp/127.0.0.1/20925' 2>/dev/null ||
	    fail "$(cat smtpd.log)"
	cat >c <<-END
	channel m smtp "smtp://127.0.0.1:20925" {
		from "nc@hv1.example"; to "ops@example.org"; plain; html }
	match to m
	END
	alert aaaaaaaa 00000001 0 firing opened crit ',"text":".\n..\nx"' |
	    timeout 20 nc-notify -c c || fail "$(cat smtpd.log)"
	until_true 20 test -s mails || fail "$(cat smtpd.log)"
	grep -q 'disconnected reason=quit' smtpd.log || fail "$(cat smtpd.log)"
	parsed '.headers.Subject' >got
	grep -q 'crit disk-full on hv07' got
}

@test "faults of a mail channel are found with the configuration" {
	wrong() {
		echo "channel m $1" >c
		echo 'match to m' >>c
		run --separate-stderr nc-notify -C -c c
		wants 2
		[[ $stderr == *"$2"* ]] || fail "wanted $2"
	}
	wrong 'smtp "smtp://x" { to "a@b" }' 'expected from'
	wrong 'smtp "smtp://x" { from "a@b" }' 'expected to'
	wrong 'smtp "smtp://x/y" { from "a@b"; to "a@b" }' 'nothing else'
	wrong 'smtp "smtp://me:pw@x" { from "a@b"; to "a@b" }' 'nothing else'
	wrong 'smtp "http://x" { from "a@b"; to "a@b" }' 'smtps://'
	wrong 'smtp "smtp://x" { from "a@b"; to "a@b> x" }' 'an address in ASCII'
	wrong 'smtp "smtp://x" { from "a@b"; to "-f@b" }' 'an address in ASCII'
	wrong 'smtp "smtp://x" { from "a@b"; to "ü@b" }' 'an address in ASCII'
	wrong 'smtp "smtps://x" { from "a@b"; to "a@b"; plain }' 'smtps'
	echo x >pw; chmod 600 pw
	wrong "smtp \"smtp://x\" { from \"a@b\"; to \"a@b\"; plain
		auth \"u\" secret file \"$PWD/pw\" }" 'not sent without TLS'
	wrong 'sendmail "sendmail" { from "a@b"; to "a@b" }' 'the path'
	wrong 'sendmail { from "a@b"; to "a@b"; chart "/x" }' 'needs html'
}
