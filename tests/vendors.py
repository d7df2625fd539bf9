#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The services that nc-notify speaks to, as their documentation has them.

usage: vendors.py PORTFILE LOG [CERT KEY]

The first part of a path may say how it misbehaves: /429s (Retry-After: 3, of
the first try), /429d (a date, 4 s on), /500 /301 /401 /400 always, /close
/reset /big /hang /header (headers without end) /wait (takes it, and answers
4 s later).  What is behind is judged as
that service would: a body against tests/fixtures/vendors.json and what is
said below.  Each request is a line of LOG, with its fault if it has one, which
is also answered by 400.
"""
import base64
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

import jsonschema

SCHEMAS = {name: jsonschema.Draft7Validator(schema) for name, schema in
    json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
        "fixtures", "vendors.json"))).items()}
MODES = ("429s", "429d", "500", "301", "401", "400", "close", "reset", "big",
    "hang", "header", "wait")
lock = threading.Lock()
seen = {}
posted = {}  # messages that can be followed, by service


class Fault(Exception):
    pass


def must(condition, what):
    if not condition:
        raise Fault(what)


def strict(text):
    """JSON as the strictest of them read it."""
    def no_twice(pairs):
        must(len({k for k, _ in pairs}) == len(pairs), "a member twice")
        return dict(pairs)

    def no_constant(name):
        raise Fault(name)
    return json.loads(text, object_pairs_hook=no_twice,
        parse_constant=no_constant)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)


HOSTILE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e"
    "\u2066-\u2069\ud800-\udfff]")


def judge_text(values):
    for text in values:
        must(not HOSTILE.search(text), "hostile characters: %r" % text[:200])


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


# --- one function a service: body, headers, path; what it answers ------------
def slack_text(body):
    """Where Slack reads markup there may be none of an alert's."""
    text = body["text"]
    must(not re.search("[<>]", text), "unescaped: %r" % text)
    must(not re.search("&(?!amp;|lt;|gt;)", text), "unescaped: %r" % text)
    blocks = body["attachments"][0]["blocks"]
    must(sum(len(b["text"]["text"]) for b in blocks) < 13200, "too long")


def slack_hook(r):
    slack_text(r.json)
    return 200, "ok"


def slack_bot(r):
    must(r.headers["authorization"] == "Bearer xoxb-secret-token", "token")
    must(r.headers["content-type"].startswith("application/json"), "type")
    slack_text(r.json)
    with lock:
        ts = posted.setdefault("slack", [])
        thread = r.json.get("thread_ts", r.json.get("ts"))
        must(thread is None or thread in ts, "no such message: %s" % thread)
        if r.path.endswith("chat.update"):
            must("ts" in r.json and "thread_ts" not in r.json, "update")
            return 200, {"ok": True, "channel": "C0OPS", "ts": thread}
        ts.append("1763800000.%06d" % len(ts))
        return 200, {"ok": True, "channel": "C0OPS", "ts": ts[-1]}


def twilio(r):
    user, password = base64.b64decode(
        r.headers["authorization"].split()[1]).decode().split(":")
    must((user, password) == ("AC0123", "hunter2secret"), "basic")
    must(set(r.form) == {"To", "From", "Body"}, "fields: %s" % r.form)
    must(len(r.form["Body"]) <= 1600 and r.form["Body"], "Body")
    return 201, {"sid": "SM1", "status": "queued"}


GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
    "^{}\\[~]|€0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def vonage(r):
    must({"api_key", "api_secret", "from", "to", "text"} <= set(r.form),
        "fields")
    must(re.fullmatch("[0-9]{5,15}", r.form["to"]), "to")
    gsm = all(c in GSM for c in r.form["text"])
    must(gsm or r.form.get("type") == "unicode", "type")
    return 200, {"message-count": "1", "messages": [{"to": r.form["to"],
        "status": "1" if "throttled" in r.form["text"] else
            "9" if "no money" in r.form["text"] else "0"}]}


def aws_key(secret, *parts):
    key = ("AWS4" + secret).encode()
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sns(r):
    auth = re.fullmatch("AWS4-HMAC-SHA256 Credential=([^/]+)/([0-9]{8})/"
        "([^/]+)/sns/aws4_request, SignedHeaders=([a-z0-9;-]+), "
        "Signature=([0-9a-f]{64})", r.headers["authorization"])
    must(auth, "authorization")
    key, day, region, signed, signature = auth.groups()
    must((key, region) == ("AKIDEXAMPLE", "eu-central-1"), "credential")
    when = r.headers["x-amz-date"]
    must(when.startswith(day), "date")
    canonical = "\n".join(["POST", r.whole.partition("?")[0], ""] + [
        "%s:%s" % (h, r.headers[h].strip()) for h in signed.split(";")] +
        ["", signed, hashlib.sha256(r.raw).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", when,
        "%s/%s/sns/aws4_request" % (day, region),
        hashlib.sha256(canonical.encode()).hexdigest()])
    want = hmac.new(aws_key("hunter2secret", day, region, "sns",
        "aws4_request"), text.encode(), hashlib.sha256).hexdigest()
    must(hmac.compare_digest(want, signature), "signature")
    must(r.form["Action"] == "Publish" and r.form["Version"] == "2010-03-31",
        "action")
    must(re.fullmatch(r"\+[0-9]{5,15}", r.form["PhoneNumber"]), "number")
    must(0 < len(r.form["Message"].encode()) <= 1600, "Message")
    if "throttled" in r.form["Message"]:
        return 400, "<ErrorResponse><Error><Code>Throttling</Code></Error>" \
            "</ErrorResponse>"
    return 200, "<PublishResponse><PublishResult><MessageId>1</MessageId>" \
        "</PublishResult></PublishResponse>"


def sms_form(r):
    must(r.form.get("key") == "hunter2secret" and r.form.get("plain") == "a=b",
        "fields")
    must(r.form.get("text") and r.form.get("to") == "+4915112345678", "fields")
    return 200, "OK"


def pagerduty(r):
    must(len(r.raw) <= 512000, "too long")
    if r.json["event_action"] != "trigger":
        must(r.json["dedup_key"] in posted.get("pagerduty", []), "no such")
    posted.setdefault("pagerduty", []).append(r.json["dedup_key"])
    return 202, {"status": "success", "message": "Event processed",
        "dedup_key": r.json["dedup_key"]}


def opsgenie(r):
    must(r.headers["authorization"] == "GenieKey hunter2secret", "key")
    part = re.fullmatch("/v2/alerts(?:/([0-9a-f]+)/(close|acknowledge)"
        r"\?identifierType=alias)?", r.path)
    must(part, "path %s" % r.path)
    if part.group(1):
        must(part.group(1) in posted.get("opsgenie", []), "no such")
        must("alias" not in r.json, "alias")
    else:
        must({"message", "alias"} <= set(r.json), "message, alias")
        posted.setdefault("opsgenie", []).append(r.json["alias"])
    return 202, {"result": "Request will be processed", "requestId": "1"}


def teams(r):
    must(len(r.raw) <= 28 * 1024, "28 kB: %d" % len(r.raw))
    return 202, ""


def discord(r):
    must(r.path.endswith("?wait=true"), "wait")
    must(utf16(r.json["content"]) <= 2000, "content")
    for e in r.json["embeds"]:
        must(utf16(e.get("title", "")) <= 256, "title")
        must(utf16(e.get("description", "")) <= 4096, "description")
        must(utf16(e.get("title", "")) + utf16(e.get("description", "")) <=
            6000, "embeds")
    return 200, {"id": "1", "type": 0}


def room_text(r, limit):
    text = r.json["text"]
    must(0 < len(text) <= limit, "length %d" % len(text))
    must(not re.search("@(all|channel|here|everyone)", text), "calls: " + text)
    must("\\<\\!channel" in text or "<!channel" not in text, "calls: " + text)
    return 200, "ok"


def mattermost(r):
    return room_text(r, 16383)


def rocketchat(r):
    status, _ = room_text(r, 5000)
    return status, {"success": True}


def telegram(r):
    must(r.path == "/bot123:hunter2secret/sendMessage", "path")
    must("parse_mode" not in r.json, "parse_mode")
    text = r.json["text"]
    must(0 < utf16(text) <= 4096, "length")
    for e in r.json["entities"]:
        must(e["offset"] + e["length"] <= utf16(text), "entity")
        head = text.encode("utf-16-le")[:2 * e["length"]].decode("utf-16-le")
        must("\n" not in head, "entity over lines: %r" % head)
    with lock:
        ids = posted.setdefault("telegram", [])
        reply = r.json.get("reply_parameters", {}).get("message_id")
        must(reply is None or reply in ids, "no such message")
        ids.append(len(ids) + 1)
        return 200, {"ok": True, "result": {"message_id": ids[-1]}}


def matrix(r):
    must(r.headers["authorization"] == "Bearer hunter2secret", "token")
    part = re.fullmatch("/_matrix/client/v3/rooms/([^/]+)/send/"
        "m.room.message/([0-9a-f-]+)", r.path)
    must(part and r.command == "PUT", "path %s" % r.path)
    must(urllib.parse.unquote(part.group(1)) == "!ops:hv.example", "room")
    must(len(r.raw) < 60000, "too long")
    with lock:
        ids = posted.setdefault("matrix", {})
        relates = r.json.get("m.relates_to", {}).get("event_id")
        must(relates is None or relates in ids.values(), "no such event")
        return 200, {"event_id": ids.setdefault(part.group(2),
            "$event%d" % len(ids))}


def ntfy(r):
    must(len(r.json["message"].encode()) <= 4096, "message")
    return 200, {"id": "1", "event": "message"}


def gotify(r):
    must(r.headers["x-gotify-key"] == "hunter2secret", "key")
    return 200, {"id": 1}


def pushover(r):
    must(r.form.get("token") == "hunter2secret", "token")
    must(r.form.get("user") == "ukey", "user")
    must(0 < len(r.form.get("message", "")) <= 1024, "message")
    must(len(r.form.get("title", "")) <= 250, "title")
    must(r.form.get("priority") in ("-1", "0", "1"), "priority")
    return 200, {"status": 1, "request": "x"}


def webhook(r):
    must(r.headers["webhook-id"] and r.headers["webhook-timestamp"], "id")
    return 204, ""


def beat(r):
    return 200, "OK"


ROUTES = [(re.compile(path), name, schema, fn) for path, name, schema, fn in (
    ("/services/", "slack", "slack_hook", slack_hook),
    (r"/api/chat\.postMessage$", "slackbot", "slack_bot", slack_bot),
    (r"/api/chat\.update$", "slackbot", "slack_bot", slack_bot),
    (r"/2010-04-01/Accounts/AC0123/Messages\.json$", "twilio", None, twilio),
    ("/sms/json$", "vonage", None, vonage),
    ("/sns/?$|/$(?=.*)", "sns", None, sns),
    ("/form$", "form", None, sms_form),
    ("/v2/enqueue$", "pagerduty", "pagerduty", pagerduty),
    ("/v2/alerts", "opsgenie", "opsgenie", opsgenie),
    ("/teams/", "teams", "teams", teams),
    ("/discord/", "discord", "discord", discord),
    ("/hooks/", "mattermost", "text", mattermost),
    ("/rocket/", "rocketchat", "text", rocketchat),
    ("/bot", "telegram", "telegram", telegram),
    ("/_matrix/", "matrix", "matrix", matrix),
    ("/ntfy$", "ntfy", "ntfy", ntfy),
    ("/message$", "gotify", "gotify", gotify),
    (r"/1/messages\.json$", "pushover", None, pushover),
    ("/hook$", "webhook", None, webhook),
    ("/amhook$", "amhook", "alertmanager_webhook", webhook),
    ("/api/v2/alerts$", "alertmanager", "alertmanager", beat),
    ("/beat", "beat", None, beat))]


class Vendor(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.connection.settimeout(20)

    def answer(self, status, body="", *headers):
        if not isinstance(body, str):
            body = json.dumps(body)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def note(self, name, fault=None):
        with lock, open(sys.argv[2], "a") as f:
            f.write(json.dumps({"service": name, "mode": self.mode,
                "path": self.path, "method": self.command,
                "headers": dict(self.headers), "time": time.time(),
                "body": self.raw.decode("utf-8", "replace"),
                "form": self.form, "fault": fault}) + "\n")

    def judge(self, name, schema, fn):
        text = self.raw.decode()  # strictly
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            must(re.fullmatch("[A-Za-z0-9._~%&=-]*", text), "encoding")
            pairs = urllib.parse.parse_qsl(text, strict_parsing=True,
                errors="strict")
            self.form = dict(pairs)
            must(len(self.form) == len(pairs), "a field twice")
            judge_text(self.form.values())
        elif text:
            self.json = strict(text)
            if name != "webhook":
                judge_text(strings(self.json))
        if schema:
            SCHEMAS[schema].validate(self.json)
        return fn(self)

    def misbehave(self, name):
        with lock:
            key = self.mode, name
            seen[key] = seen.get(key, 0) + 1
            first = seen[key] == 1
        if self.mode == "429s" and first:
            self.answer(429, "", ("Retry-After", "3"))
        elif self.mode == "429d" and first:
            self.answer(429, "", ("Retry-After",
                email.utils.formatdate(time.time() + 4, usegmt=True)))
        elif self.mode in ("429s", "429d"):
            return False
        elif self.mode == "301":
            self.answer(301, "", ("Location", "/beat/moved"))
        elif self.mode in ("500", "401", "400"):
            self.answer(int(self.mode))
        elif self.mode == "close":
            self.close_connection = True
        elif self.mode == "hang":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(30):
                self.wfile.write(b".")
                time.sleep(0.5)
        elif self.mode == "reset":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                struct.pack("ii", 1, 0))
            self.close_connection = True
        elif self.mode in ("big", "header"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" +
                (b"\r\n" if self.mode == "big" else b""))
            for _ in range(16384):
                self.wfile.write(b"x" * 65536 if self.mode == "big" else
                    b"X-More: " + b"x" * 4000 + b"\r\n")
        return True

    def serve(self):
        self.raw = self.rfile.read(int(self.headers.get("content-length",
            0)))
        self.form = self.json = None
        parts = self.path.split("/", 2)
        self.mode = parts[1] if parts[1] in MODES else ""
        whole = self.whole = self.path
        if self.mode:
            self.path = "/" + (parts[2] if len(parts) > 2 else "")
        for route, name, schema, fn in ROUTES:
            if not route.match(self.path):
                continue
            if self.mode not in ("", "wait") and self.misbehave(name):
                self.note(name)
                return
            try:
                status, body = self.judge(name, schema, fn)
                self.note(name)
                if self.mode == "wait":
                    time.sleep(4)
                self.answer(status, body)
            except (Fault, ValueError, KeyError, TypeError,
                    jsonschema.ValidationError) as e:
                self.note(name, "%s: %s" % (type(e).__name__, str(e)[:500]))
                self.answer(400)
            return
        self.path = whole
        self.note("nobody", "no such path")
        self.answer(404)

    do_POST = do_PUT = do_GET = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Vendor)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
