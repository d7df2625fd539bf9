#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A mail server (aiosmtpd) that answers as its recipients are called.

usage: mailsink.py PORTFILE LOG plain|starttls|smtps [CERT KEY]

With starttls nobody may send without TLS and AUTH (nc, secret).  Each mail
becomes a line of LOG: envelope, tls, who, and the bytes as they came.
busy@ 451 · gone@ 550 · full@ 452 after DATA, once · later@ 451 once · rude@
no answer to QUIT · mute@ no answer to RCPT · slow@ a late one to DATA, once
"""
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult

portfile, log, mode = sys.argv[1:4]
seen = {}


class Rude(SMTP):
    async def smtp_QUIT(self, arg):
        if any(r.startswith("rude@") for r in self.envelope.rcpt_tos) or \
                getattr(self, "rude", False):
            await asyncio.sleep(30)
        await super().smtp_QUIT(arg)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        seen[name] = seen.get(name, 0) + 1
        if name == "busy" or name == "later" and seen[name] == 1:
            return "451 4.3.0 try again later"
        if name == "gone":
            return "550 5.1.1 no such mailbox"
        if name == "mute":
            await asyncio.sleep(30)
        if name == "rude":
            server.rude = True
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def auth_XOAUTH2(self, server, args):
        given = await server.challenge_auth("")
        ok = given == b"user=nc\x01auth=Bearer secret\x01\x01"
        return AuthResult(success=ok, handled=ok,
            auth_data="nc by token" if ok else None)

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("full@") and seen["full"] == 1:
            return "452 4.2.2 mailbox full"
        with open(log, "a") as f:
            f.write(json.dumps({"from": envelope.mail_from,
                "to": envelope.rcpt_tos, "tls": mode == "smtps" or session.ssl is not None,
                "who": str(session.auth_data or ""),
                "helo": session.host_name,
                "data": envelope.original_content.decode("latin-1")}) + "\n")
        if envelope.rcpt_tos[0].startswith("slow@") and seen["slow"] == 1:
            await asyncio.sleep(5)
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    ok = data.login == b"nc" and data.password == b"secret"
    # Handled in both cases: else the client would wait for an answer.
    return AuthResult(success=ok, handled=ok,
        auth_data=data.login.decode() if ok else None)


class Sink(UnthreadedController):
    def factory(self):
        return Rude(self.handler, **self.SMTP_kwargs)


options = {}
context = None
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
if mode == "starttls":
    options = {"tls_context": context, "require_starttls": True,
        "authenticator": authenticate, "auth_required": True}
loop = asyncio.new_event_loop()
controller = Sink(Handler(), hostname="127.0.0.1", port=0, loop=loop,
    ssl_context=context if mode == "smtps" else None, **options)
controller.begin()
port = controller.server.sockets[0].getsockname()[1]
with open(portfile + ".new", "w") as f:
    f.write(str(port))
os.rename(portfile + ".new", portfile)
loop.run_forever()
