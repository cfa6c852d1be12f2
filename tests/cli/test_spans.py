#!/usr/bin/python3
"""spans: counted against an independent reading of what real CoreDNS servers sent; the receiver over real sockets."""
import collections
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import binary

SPANS = binary.SOURCE / "tests/data/spans"
POSTS = sorted(path for path in SPANS.glob("*.json") if path.name != "jaeger.json")
EVERYTHING = b"".join(path.read_bytes() for path in POSTS)


def read(stdin, *arguments):
    return binary.run_json("spans", "--read", "-", *arguments, stdin=stdin)


def otlp(spans, resources="resourceSpans", scopes="scopeSpans"):
    """Spans of Zipkin as OpenTelemetry's collector makes them: an error is a status, annotations are events."""
    made = []
    for s in spans:
        tags = {**s.get("tags", {})}
        failed = tags.pop("error", None) == "true"
        made.append({"traceId": s["traceId"].rjust(32, "0"), "spanId": s["id"], "parentSpanId": s.get("parentId", ""),
                     "name": s["name"], "startTimeUnixNano": str(s["timestamp"] * 1000),
                     "endTimeUnixNano": str((s["timestamp"] + s["duration"]) * 1000),
                     "status": {"code": 2} if failed else {},
                     "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in tags.items()],
                     "events": [{"timeUnixNano": "1", "name": a["value"]} for a in s.get("annotations", [])]})
    return json.dumps({resources: [{"resource": {}, scopes: [{"scope": {"name": "x"}, "spans": made}]}]})


def covered(span, children):
    """How much of a span its children cover."""
    begin, end = span["timestamp"], span["timestamp"] + span["duration"]
    pieces = sorted((max(c["timestamp"], begin), min(c["timestamp"] + c["duration"], end)) for c in children)
    total, until = 0, begin
    for first, last in pieces:
        total += max(0, last - max(first, until))
        until = max(until, last)
    return total


def independent(posts=POSTS):
    """What is in the posts, read in another way."""
    spans = [span for path in posts for span in json.loads(path.read_bytes())]
    by_id = {(s["traceId"], s["id"]): s for s in spans}
    children = collections.defaultdict(list)
    for s in spans:
        if "parentId" in s:
            children[s["traceId"], s["parentId"]].append(s)
    plugins = collections.defaultdict(lambda: [0, 0, 0])
    for s in spans:
        count = plugins[s["name"]]
        count[0] += 1
        count[2] += s["duration"] - covered(s, children[s["traceId"], s["id"]])
        above, inner = s, False
        while above := by_id.get((above["traceId"], above.get("parentId"))):
            inner = inner or above["name"] == s["name"]
        count[1] += 0 if inner else s["duration"]
    roots = [s for s in spans if "parentId" not in s]
    return spans, roots, {name: tuple(count) for name, count in plugins.items()}


class Reading(binary.Case):
    def test_counts(self):
        spans, roots, plugins = independent()
        document, status = read(EVERYTHING)
        data = document["data"]
        traces = {s["traceId"] for s in spans}
        self.assertEqual((data["traces"], data["spans"]), (len(roots), len(spans)))
        self.assertEqual(data["incomplete"], len(traces) - len(roots))
        self.assertEqual({p["name"]: (p["count"], p["total_us"], p["self_us"]) for p in data["plugins"]}, plugins)
        rcodes = collections.Counter(r.get("tags", {}).get("coredns.io/rcode") for r in roots)
        self.assertEqual({r["name"]: r["count"] for r in data["rcodes"]}, rcodes)
        names = collections.Counter(r["tags"]["coredns.io/name"] for r in roots if "tags" in r)
        for group in data["names"]:
            self.assertEqual(group["count"], names[group["name"]])
        self.assertEqual(data["panics"], sum("tags" not in r for r in roots))
        self.assertEqual(data["errors"], sum(r.get("tags", {}).get("error") == "true" for r in roots))
        self.assertEqual(data["slow"], sum(r["duration"] >= 100000 for r in roots))
        longest = sorted((r["duration"] for r in roots), reverse=True)
        self.assertEqual([t["duration_us"] for t in data["slowest"]], longest[:10])
        self.assertEqual((data["max_us"], data["dropped"], data["malformed"]), (longest[0], 0, 0))
        self.assertAlmostEqual(data["p50_us"] / longest[len(longest) // 2], 1, delta=0.02)
        self.assertEqual(status, 2)

    def test_order_does_not_matter(self):
        """Parents before children, and traces split over posts in any order, are joined all the same."""
        spans, _, _ = independent()
        expected = read(EVERYTHING)[0]["data"]
        for order in (list(reversed(spans)), sorted(spans, key=lambda s: s["id"])):
            data = read(json.dumps(order).encode())[0]["data"]
            self.assertEqual({k: v for k, v in data.items() if k != "source"},
                             {k: v for k, v in expected.items() if k != "source"})

    def test_tree(self):
        """Each span stands below its caller, and the times add up."""
        for trace in read(EVERYTHING)[0]["data"]["slowest"]:
            self.assertEqual(trace["spans"][0]["depth"], 0)
            for before, span in zip(trace["spans"], trace["spans"][1:]):
                self.assertLessEqual(span["depth"], before["depth"] + 1)
            # CoreDNS reads the clock for each, so a child may end a microsecond after its caller.
            self.assertAlmostEqual(sum(s["self_us"] for s in trace["spans"]), trace["duration_us"], delta=20)

    def test_forms(self):
        """Lists, lists of traces, a span a line, Jaeger's export and OTLP say the same."""
        posts = [SPANS / "span-141.json", SPANS / "span-142.json"]
        spans, roots, plugins = independent(posts)
        by_trace = collections.defaultdict(list)
        for span in spans:
            by_trace[span["traceId"]].append(span)
        forms = {"list": json.dumps(spans), "indented": json.dumps(spans, indent=4),
                 "traces": json.dumps(list(by_trace.values())), "lines": "\n".join(map(json.dumps, spans)),
                 "jaeger": (SPANS / "jaeger.json").read_text(),
                 "jaeger's traces alone": json.dumps(json.loads((SPANS / "jaeger.json").read_text())["data"]),
                 "otlp": otlp(spans), "otlp, a trace a line": "\n".join(map(otlp, by_trace.values())),
                 "tempo": otlp(spans, "batches", "instrumentationLibrarySpans"),
                 "tempo's trace": f'{{"trace":{otlp(spans)}}}'}
        for name, text in forms.items():
            with self.subTest(name):
                data = read(text.encode())[0]["data"]
                self.assertEqual((data["traces"], data["errors"]), (len(roots), 2))
                self.assertEqual({p["name"]: (p["count"], p["total_us"], p["self_us"]) for p in data["plugins"]},
                                 plugins)
                slowest = data["slowest"][0]
                self.assertEqual((slowest["name"], slowest["type"], slowest["rcode"], slowest["client"]),
                                 ("fresh1.example.org.", "A", "SERVFAIL", "10.244.1.5"))
                self.assertIn("i/o timeout", slowest["error"])
                self.assertEqual(slowest["slowest_plugin"], "connect")
                self.assertEqual(data["upstreams"][0]["name"], "100.100.2.136:53")

    def test_names(self):
        """Escapes of JSON and of DNS, and the root's name in old versions."""
        spans = [{"traceId": "1", "id": "1", "name": "servedns", "timestamp": 5, "duration": 7,
                  "tags": {"coredns.io/name": "sp\\ ace.\u00e4.example.org.", "coredns.io/rcode": "NOERROR"}},
                 {"traceId": "2", "id": "2", "name": "servedns:dns://:53 www.example.org.", "duration": 9},
                 {"traceId": "3", "id": "3", "name": "GET /", "kind": "SERVER", "duration": 99}]
        data = read(json.dumps(spans).encode())[0]["data"]
        self.assertEqual([n["name"] for n in data["names"]], ["www.example.org.", "sp\\ ace.\u00e4.example.org."])
        self.assertEqual((data["panics"], data["foreign"], data["traces"]), (0, 1, 2))

    def test_files(self):
        words = [word for path in POSTS for word in ("--read", path)]
        data = binary.run_json("spans", *words)[0]["data"]
        self.assertEqual(data["plugins"], read(EVERYTHING)[0]["data"]["plugins"])

    def test_errors(self):
        for text, words in ((b"", "empty"), (b"[", "ends in the middle of a list"), (b"[{}", "middle of a list"),
                            (b"hello", "byte 0: a span should be here"), (b"[1]", "a span should be here"),
                            (b"[{\"a\":1}{}]", "byte 9: a comma"), (b"[" * 99, "nested too deep"),
                            (b"{\"a\":" * 99, "nested too deep"), (b"[{\"a\" 1}]", "colon"), (b"[{\"a\":x}]", "value"),
                            (b"[{\"name\":\"" + b"x" * 5000000 + b"\"}]", "a span of over 1024 KB"),
                            (b"[{\"a\":\"\n\"}]", "control character"), (EVERYTHING[:-5], "in the middle")):
            done = binary.run("spans", "--read", "-", stdin=text)
            self.assertEqual(done.returncode, 65, text[:40])
            self.assertIn(words, done.stderr)
        self.assertEqual(binary.run("spans", "--read", "/nowhere").returncode, 66)
        self.assertEqual(binary.run("spans", "--read", "/").returncode, 66)
        self.assertEqual(binary.run("spans", "--read", "-", "--duration", "1s").returncode, 64)
        document, status = read(b"[]")
        self.assertEqual((status, document["unobserved"][0]["what"]), (3, "spans"))
        nameless = b'[{"id":"1"},{"traceId":"x","id":"1"},{"traceId":"1","id":"0"}]'
        self.assertEqual(read(nameless)[0]["data"]["malformed"], 3)

    def test_hostile(self):
        """Ids that lead in a circle, a thousand spans in a trace, two thousand plugins, escapes for a terminal."""
        circle = [{"traceId": "1", "id": "1", "parentId": "2", "name": "a", "duration": 5},
                  {"traceId": "1", "id": "2", "parentId": "1", "name": "b", "duration": 5},
                  {"traceId": "2", "id": "9", "parentId": "9", "name": "c", "duration": 5}]
        many = [{"traceId": "3", "id": f"{n:x}", "name": f"p{n}", "parentId": "1", "duration": 1}
                for n in range(2, 2002)]
        hostile = [{"traceId": "4", "id": "4", "name": "servedns", "duration": 200000,
                    "tags": {"coredns.io/name": "\x1b[31mred", "coredns.io/rcode": "\x1b[2J"}},
                   {"traceId": "4", "id": "5", "parentId": "4", "name": "\x1b]0;x\x07", "timestamp": 2 ** 64 - 1,
                    "duration": 2 ** 64 - 1}]
        text = json.dumps(circle + many + hostile).encode()
        data = read(text)[0]["data"]
        self.assertEqual((data["traces"], data["incomplete"], data["dropped"]), (1, 3, 2000 - 512))
        self.assertLessEqual(len(data["plugins"]), 256)
        self.assertIn("(others)", [p["name"] for p in data["plugins"]])
        for arguments in ((), ("-v",)):
            self.assertNotIn("\x1b", binary.run("spans", "--read", "-", *arguments, stdin=text).stdout)

    def test_text(self):
        done = binary.run("spans", "--read", "-", stdin=b"".join(
            (SPANS / f"{name}.json").read_bytes() for name in ("span-001", "span-140", "span-141", "span-142")))
        self.golden("spans-slow", done.stdout)


@contextlib.contextmanager
def receiver(*arguments):
    """A receiver that runs while the block does: its process and its port. Its output is for wait()."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([binary.K8SDNS, "spans", "--listen", f"127.0.0.1:{port}", *arguments],
                               env=binary.ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def post(port, body, path="/api/v2/spans", method="POST", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    words = answer.read().decode()
    connection.close()
    return answer.status, words


class Receiving(binary.Case):
    def test_posts(self):
        """Everything posted is counted as if it had been read; slow ones and failures are told as they come."""
        with receiver("--json") as (process, port):
            for path in POSTS:
                self.assertEqual(post(port, path.read_bytes())[0], 202)
            process.send_signal(signal.SIGTERM)
            out, errors = process.communicate(timeout=60)
        documents = [json.loads(line) for line in out.splitlines()]
        for document in documents:
            binary.validator().validate(document)
        end, expected = documents[-1]["data"], read(EVERYTHING)[0]["data"]
        for key in expected.keys() - {"source", "senders"}:
            self.assertEqual(end[key], expected[key], key)
        self.assertEqual(end["senders"], [{"address": "127.0.0.1", "posts": len(POSTS), "octets": len(EVERYTHING)}])
        events = [event for document in documents[:-1] for event in document["data"]["events"]]
        self.assertEqual(collections.Counter(e["outcome"] for e in events),
                         {"error": expected["errors"], "panic": expected["panics"]})
        self.assertEqual((process.returncode, errors), (2, ""))

    def test_connections_in_a_row(self):
        """One that follows another at once has the other's descriptor, maybe, but not its fate."""
        body = POSTS[0].read_bytes()
        with receiver() as (_, port):
            answers = [post(port, body, Connection="close")[0] for _ in range(8)]
        self.assertEqual(answers, [202] * 8)

    def test_refusals(self):
        good = POSTS[0].read_bytes()
        with receiver() as (process, port):
            for status, body, options in (
                    (415, good, {"Content-Encoding": "gzip"}), (415, good, {"Content-Type": "application/x-thrift"}),
                    (415, good, {"Content-Type": "application/json-x"}),
                    (202, good, {"Content-Type": "application/json; a=b"}),
                    (400, b"[{", {}), (404, good, {"path": "/api/v3/spans"}), (415, good, {"path": "/api/v1/spans"}),
                    (405, b"", {"method": "GET"}), (200, b"", {"method": "GET", "path": "/health"}),
                    (202, b"[]", {"Content-Encoding": "identity"})):
                got, words = post(port, body, **options)
                self.assertEqual(got, status, (options, words))
                self.assertEqual(bool(words), status != 202)
            with contextlib.suppress(ConnectionError):
                self.assertEqual(post(port, b" " * (3 << 20))[0], 413)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        self.assertIn("6 posts were refused", out)

    def test_slow_and_many_senders(self):
        """Those who hold a line open keep nobody out."""
        good = POSTS[0].read_bytes()
        with receiver("--count", "1") as (process, port), contextlib.ExitStack() as stack:
            for _ in range(100):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                line.sendall(b"POST /api/v2/spans HTTP/1.1\r\nContent-Length: 100\r\n\r\n[")
            threads = [threading.Thread(target=post, args=(port, good)) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(process.wait(60), 0)
            out = process.stdout.read()
        self.assertIn("1 trace, 240 spans", out)
        self.assertIn("228 spans were there already", out)

    def test_end(self):
        with receiver("--duration", "1s") as (process, port):
            with receiver("--duration", "1s") as (_, other):
                self.assertNotEqual(port, other)
            done = binary.run("spans", "--listen", f"127.0.0.1:{port}")
            self.assertEqual(process.wait(60), 3)
        self.assertEqual(done.returncode, 66)
        self.assertIn("cannot listen at", done.stderr)
        self.assertEqual(binary.run("spans", "--listen", "127.0.0.1,127.0.0.2").returncode, 64)

    def test_closed_pipe(self):
        """Nobody reads what is told: it ends, and says so."""
        with receiver("--json") as (process, port):
            process.stdout.close()
            for path in POSTS:
                with contextlib.suppress(ConnectionError):
                    post(port, path.read_bytes())
            self.assertEqual(process.wait(60), 74)
            process.stdout = open(os.devnull, encoding="utf-8")


class Diagnose(binary.Case):
    def test_capture(self):
        """The facts go into a capture, hidden where that is wished."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(EVERYTHING)
            file.flush()
            for redact in ([], ["--redact", "word"]):
                document, status = binary.run_json("capture", "--budget", "500ms", "--no-discovery", "--no-external",
                                                   "--target", "127.0.0.9:9", "--spans", file.name, *redact)
                self.assertEqual(status, 0)
                spans = document["data"]["spans"]
                # Which plugins of CoreDNS's there are is no secret; one of somebody's own is.
                plugins = {p["name"] for p in spans["plugins"]}
                self.assertEqual(set(independent()[2]) - plugins, {"labpanic"} if redact else set())
                self.assertEqual(len(plugins), len(independent()[2]))
                self.assertEqual("fresh1" in json.dumps(spans), not redact)
                again, status = binary.run_json("spans", "--from", "-", stdin=json.dumps(document).encode())
                self.assertEqual((again["data"], status), ({**spans, "status": "ok"}, 0))


if __name__ == "__main__":
    binary.main()
