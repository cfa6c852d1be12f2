# SPDX-License-Identifier: GPL-2.0-or-later
"""An API server that speaks enough for kubectl get, exec, cp, logs and debug; each exec is one of runc."""
import fcntl
import http.server
import json
import os
import re
import struct
import subprocess
import tempfile
import termios
import threading
import urllib.parse

import streams
from streams import ERROR, RESIZE, STDERR, STDIN, STDOUT

KINDS = {  # resource: kind, group and version, whether it is in a namespace, short names
    "pods": ("Pod", "v1", True, ["po"]),
    "services": ("Service", "v1", True, ["svc"]),
    "configmaps": ("ConfigMap", "v1", True, ["cm"]),
    "events": ("Event", "v1", True, ["ev"]),
    "nodes": ("Node", "v1", False, ["no"]),
    "deployments": ("Deployment", "apps/v1", True, ["deploy"]),
    "endpointslices": ("EndpointSlice", "discovery.k8s.io/v1", True, []),
}


def pod(namespace, name, labels=None, node="worker-1", container="app", phase="Running"):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "labels": labels or {}},
            "spec": {"nodeName": node, "securityContext": {}, "containers": [{"name": container, "image": "test"}]},
            "status": {"phase": phase, "podIP": "10.244.0.10",
                       "containerStatuses": [{"name": container, "ready": True, "state": {"running": {}}}]}}


def matches(held, query):
    labels, fields = held["metadata"].get("labels", {}), query.get("fieldSelector", "")
    for wanted in re.findall(r"[^,(]+(?:\([^)]*\))?", query.get("labelSelector", "")):
        key, value = re.split(r" in |==?", wanted)
        if labels.get(key) not in value.strip("()").split(","):
            return False
    for wanted in filter(None, fields.split(",")):
        path, value = re.split("==?", wanted)
        at = held
        for word in path.split("."):
            at = at.get(word, {})
        if at != value:
            return False
    return True


class KubeApi(http.server.ThreadingHTTPServer):
    """Objects are those of the API; `containers` runs Pods as runc containers of the Pod's name."""
    daemon_threads = True

    def __init__(self, objects, containers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects, self.containers = objects, containers
        self.forbidden = set()  # resources that nobody may read
        self.debug = None  # (Pod's name, ephemeral container): starts it, gives its name among the containers
        self.debugged = {}  # (Pod's name, ephemeral container's name): the same name, and its command
        self.requests = []  # (method, path with query, headers)
        self.inputs = []  # (Pod, command, what came on its standard input)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def kubeconfig(self, namespace="default"):
        return {"apiVersion": "v1", "kind": "Config", "current-context": "test",
                "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}],
                "users": [{"name": "somebody", "user": {}}],
                "contexts": [{"name": name, "context": {"cluster": "test", "user": "somebody", "namespace": space}}
                             for name, space in (("test", namespace), ("other", "shop"))]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, reason, message):
        self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason,
                     "code": status}, status)

    def do_GET(self):
        self.server.requests.append((self.command, self.path, dict(self.headers)))
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        words = [urllib.parse.unquote(word) for word in url.path.strip("/").split("/")]
        if words[0] == "api":
            version, rest = "v1", words[2:]
        elif words[0] == "apis":
            version, rest = "/".join(words[1:3]), words[3:]
        else:
            return self.refuse(404, "NotFound", "the server could not find the requested resource")
        if not rest:
            return self.discover(words, version)
        namespace = None
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        return self.read(version, namespace, rest, {key: value[0] for key, value in query.items()}, query)

    do_POST = do_PATCH = do_GET

    def discover(self, words, version):
        groups = {row[1] for row in KINDS.values()}
        if words == ["api"]:
            return self.answer({"kind": "APIVersions", "versions": ["v1"]})
        if words == ["apis"]:
            return self.answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": group.split("/")[0], "versions": [{"groupVersion": group, "version": group.split("/")[1]}],
                 "preferredVersion": {"groupVersion": group, "version": group.split("/")[1]}}
                for group in sorted(groups - {"v1"})]})
        if version not in groups:
            return self.refuse(404, "NotFound", "the server could not find the requested resource")
        return self.answer({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": [
            {"name": name, "singularName": row[0].lower(), "namespaced": row[2], "kind": row[0], "shortNames": row[3],
             "verbs": ["get", "list", "watch"]} for name, row in KINDS.items() if row[1] == version] + [
            {"name": "pods/ephemeralcontainers", "singularName": "", "namespaced": True, "kind": "Pod",
             "verbs": ["get", "patch", "update"]}] * (version == "v1")})

    def read(self, version, namespace, rest, query, lists):
        resource = rest[0]
        if resource not in KINDS or KINDS[resource][1] != version:
            return self.refuse(404, "NotFound", "the server could not find the requested resource")
        if resource in self.server.forbidden:
            return self.refuse(403, "Forbidden", f'{resource} is forbidden: User "somebody" cannot list resource '
                                                 f'"{resource}"')
        kind = KINDS[resource][0]
        held = [item for item in self.server.objects if item["kind"] == kind and
                (namespace is None or item["metadata"].get("namespace") == namespace)]
        if query.get("watch") in ("true", "1"):
            return self.watch(version, kind, [item for item in held if matches(item, query)], query)
        if len(rest) == 1:
            return self.answer({"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "1"},
                                "items": [item for item in held if matches(item, query)]})
        named = [item for item in held if item["metadata"]["name"] == rest[1]]
        if not named:
            return self.refuse(404, "NotFound", f'{resource} "{rest[1]}" not found')
        if len(rest) == 2:
            return self.answer({"apiVersion": version, **named[0]})
        if rest[2] == "log":
            return self.answer(b"[INFO] plugin/reload: Running configuration\n", kind="text/plain")
        if rest[2] == "exec":
            return self.execute(rest[1], query, lists["command"])
        if rest[2] == "ephemeralcontainers" and self.command == "PATCH":
            return self.add_debugger(version, named[0])
        if rest[2] == "attach" and (rest[1], query.get("container")) in self.server.debugged:
            name, command = self.server.debugged[rest[1], query["container"]]
            return self.execute(name, query, command)
        return self.refuse(404, "NotFound", "the server could not find the requested resource")

    def watch(self, version, kind, items, query):
        """What there is, as it is, and that this is all where that is asked for; then nothing until the client goes."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for item in items:
            self.wfile.write(json.dumps({"type": "ADDED", "object": {"apiVersion": version, **item}}).encode() + b"\n")
        # Clients from 1.34 on list by watching: kubernetes.io/docs/reference/using-api/api-concepts, streaming lists.
        if query.get("sendInitialEvents") == "true":
            end = {"resourceVersion": "1", "annotations": {"k8s.io/initial-events-end": "true"}}
            self.wfile.write(json.dumps({"type": "BOOKMARK", "object": {
                "apiVersion": version, "kind": kind, "metadata": end}}).encode() + b"\n")
        self.wfile.flush()
        self.rfile.read(1)

    def add_debugger(self, version, held):
        """A strategic merge patch that names one ephemeral container more."""
        patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for added in patch["spec"]["ephemeralContainers"]:
            name = self.server.debug(held["metadata"]["name"], added)
            command = added.get("command", []) + added.get("args", [])
            self.server.debugged[held["metadata"]["name"], added["name"]] = name, command
            held["spec"].setdefault("ephemeralContainers", []).append(added)
            held["status"].setdefault("ephemeralContainerStatuses", []).append(
                {"name": added["name"], "ready": True, "state": {"running": {}}})
        self.answer({"apiVersion": version, **held})

    def upgrade(self):
        """Switch the protocol, as the client asks for; give the carrier."""
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        if self.headers["Upgrade"].lower() == "websocket":
            self.send_header("Upgrade", "websocket")
            self.send_header("Sec-WebSocket-Accept", streams.WebSocket.accept(self.headers["Sec-WebSocket-Key"]))
            self.send_header("Sec-WebSocket-Protocol", "v5.channel.k8s.io")
            carrier = streams.WebSocket
        else:
            self.send_header("Upgrade", "SPDY/3.1")
            self.send_header("X-Stream-Protocol-Version", "v4.channel.k8s.io")
            carrier = streams.Spdy
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        return carrier(self.rfile, self.wfile)

    def execute(self, name, query, command):
        carrier = self.upgrade()
        terminal = query.get("tty") == "true"
        wanted = [channel for word, channel in (("stdin", STDIN), ("stdout", STDOUT), ("stderr", STDERR))
                  if query.get(word) == "true" and not (terminal and channel == STDERR)]
        carrier.wait_for([*wanted, ERROR, *([RESIZE] if terminal else [])])
        with tempfile.NamedTemporaryFile(dir="/run") as log:
            entered = bytearray()
            self.server.inputs.append((name, command, entered))
            words = [*self.server.containers.command(name, [], log.name, terminal), *command]
            status = self.run_in_terminal(carrier, words) if terminal else self.run(carrier, wanted, words, entered)
            why = log.read().decode()
        if why and status == 255:
            why = "Internal error occurred: error executing command in container: failed to exec in container: " + why
            said = {"status": "Failure", "reason": "InternalError", "code": 500, "message": why}
        elif status:
            said = {"status": "Failure", "reason": "NonZeroExitCode", "message": f"command terminated with {status}",
                    "details": {"causes": [{"reason": "ExitCode", "message": str(status)}]}}
        else:
            said = {"status": "Success"}
        for channel in wanted:
            carrier.close(channel)
        carrier.send(ERROR, json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, **said}).encode())
        carrier.close(ERROR)
        carrier.end()

    @staticmethod
    def run_in_terminal(carrier, command):
        """Output and errors come as one; the client tells the terminal's size, and again when it changes."""
        ours, theirs = os.openpty()

        def feed():
            for channel, data in carrier.receive():
                try:
                    if channel == RESIZE and data:
                        size = json.loads(data)
                        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", size["Height"], size["Width"], 0, 0))
                    elif channel == STDIN:
                        os.write(ours, data)
                except OSError:
                    pass  # it has ended, and nobody reads

        threading.Thread(target=feed, daemon=True).start()
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        try:
            while data := os.read(ours, 32768):
                carrier.send(STDOUT, data)
        except OSError:
            pass  # the last one has closed it
        return process.wait()

    @staticmethod
    def run(carrier, wanted, command, entered):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.PIPE if STDIN in wanted else subprocess.DEVNULL)

        def feed():
            for channel, data in carrier.receive():
                try:
                    if channel != STDIN:
                        continue
                    if data:
                        entered.extend(data)
                        process.stdin.write(data)
                        process.stdin.flush()
                    else:
                        process.stdin.close()
                except (OSError, ValueError):
                    pass  # it has ended, and nobody reads

        def drain(pipe, channel):
            while data := pipe.read1(32768):
                carrier.send(channel, data)

        threading.Thread(target=feed, daemon=True).start()
        drains = [threading.Thread(target=drain, args=pair)
                  for pair in ((process.stdout, STDOUT), (process.stderr, STDERR))]
        for thread in drains:
            thread.start()
        for thread in drains:
            thread.join()
        process.stdout.close()
        process.stderr.close()
        return process.wait()
