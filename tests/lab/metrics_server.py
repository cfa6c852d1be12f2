#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stand for the prometheus plugin: a text for each request, the last again and again.

usage: metrics_server.py PORT FILE...
"""
import http.server
import pathlib
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802, the name that the library looks for
        body = pathlib.Path(self.server.files[0]).read_bytes()
        if len(self.server.files) > 1:
            self.server.files.pop(0)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler)
server.files = sys.argv[2:]
print("ready", flush=True)
server.serve_forever()
