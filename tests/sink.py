#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A receiver of web hooks that misbehaves as its path says.

usage: sink.py PORTFILE LOG [CERT KEY]

Each request becomes a line of LOG: path, headers, body.  Paths:
/ok 204 · /fail/N 500 for N requests, then 204 · /later 429 with Retry-After: 1,
once · /status/N N, forever · /move 301 to /ok · /close no answer · /hang none
either, and the connection stays · /reset 200, then a reset · /big a body
without end
"""
import http.server
import json
import os
import socket
import ssl
import struct
import sys
import threading

lock = threading.Lock()
seen = {}


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.note("")
        self.answer(200)

    def note(self, body):
        with lock:
            seen[self.path] = seen.get(self.path, 0) + 1
            with open(sys.argv[2], "a") as f:
                f.write(json.dumps({"path": self.path, "body": body,
                    "headers": {k.lower(): v for k, v in
                        self.headers.items()},
                    "port": self.client_address[1]}) + "\n")
            return seen[self.path]

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        n = self.note(body.decode())
        part = self.path.strip("/").split("/")
        if part[0] == "fail":
            self.answer(500 if n <= int(part[1]) else 204)
        elif part[0] == "later":
            if n == 1:
                self.answer(429, ("Retry-After", "1"))
            else:
                self.answer(204)
        elif part[0] == "status":
            self.answer(int(part[1]))
        elif part[0] == "move":
            self.answer(301, ("Location", "/ok"))
        elif part[0] == "close":
            self.close_connection = True
        elif part[0] == "hang":
            threading.Event().wait(30)
        elif part[0] == "reset":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"some of it")
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                struct.pack("ii", 1, 0))
            self.close_connection = True
        elif part[0] == "big":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True
        else:
            self.answer(204)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Sink)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
