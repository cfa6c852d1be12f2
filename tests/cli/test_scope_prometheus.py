#!/usr/bin/python3
"""scope --prometheus: fleets with one truth each in a real Prometheus, and a hostile server instead of it."""
import base64
import contextlib
import gzip
import http.server
import json
import os
import pathlib
import random
import re
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import agent_series
import binary
import prometheus

UNTIL = ("--until", "2023-11-14T23:00:00Z")


def ask(url, *arguments):
    document, status = binary.run_json("scope", "--prometheus", url, *UNTIL, *arguments)
    return document, status


def is_random(seed):
    """For each node and stretch of three minutes one chance of thirty."""
    chance = random.Random(seed)
    table = {}
    return lambda node, second: table.setdefault((node, second // 180), chance.random() < 0.03)


@unittest.skipUnless(prometheus.PROMETHEUS and prometheus.PROMTOOL, "prometheus is not installed")
class Fleets(binary.Case):
    """The thresholds were set on other seeds (tests/unit/test_fleet.c)."""

    def check(self, wide, often, **fleet):
        with prometheus.fleet(seed=11, **fleet) as url:
            document, status = ask(url)
        data = document["data"]
        self.assertEqual((data["scope"], data["frequency"]), (wide, often),
                         (data["scope_text"], data["frequency_text"]))
        self.assertEqual({"ok": 0, "degraded": 1, "failing": 2, "unknown": 3}[data["status"]], status)
        self.assertLessEqual(data["fleet"]["requests"], 20)
        self.assertEqual(document["unobserved"], [] if fleet.get("lookups", True) else document["unobserved"])
        return data

    def test_healthy(self):
        data = self.check("none", "never")
        self.assertEqual((data["status"], data["confidence"], data["causes"]), ("ok", "high", []))
        self.assertEqual((data["reports"], data["pods"], data["nodes"]), (None, None, 30))

    def test_healthy_uneven(self):
        """Nodes whose own shares differ by a factor of 4.5: compared with a day before they are healthy; without one
        the worst of them may be taken for a fault, but never for sure."""
        self.assertEqual(self.check("none", "never", nodes=60, uneven=1.5)["status"], "ok")
        with prometheus.fleet(seed=11, nodes=60, uneven=1.5, history=False) as url:
            data = ask(url)[0]["data"]
        self.assertIn((data["scope"], data["confidence"]),
                      (("none", "low"), ("none", "medium"), ("some-nodes", "medium")))
        self.assertTrue(any("no day before" in text for text in data["scope_else"]), data["scope_else"])

    def test_one_node_of_three(self):
        for history in (True, False):
            data = self.check("some-nodes", "always", nodes=3, history=history,
                              fault=lambda node, *_: 0.3 * (node == 1))
            self.assertEqual(data["status"], "failing")
            self.assertIn("n1", data["scope_text"])
            self.assertEqual([p["name"] for p in data["fleet"]["places"] if p["place"] == "node" and p["fails"]],
                             ["n1"])

    def test_findings(self):
        """A node that had a finding as a warning and then as critical is one node; one of info is no cause."""
        def findings(node, second):
            found = ("conntrack-full", "warning" if second < 1800 else "critical"), ("resolv-search", "info")
            return found if node < 2 else ()
        data = self.check("whole-cluster", "always", nodes=3, fault=lambda *_: 0.3, findings=findings)
        named = {cause["id"]: cause["reports"] for cause in data["causes"] if not cause["pattern"]}
        self.assertEqual(named, {"conntrack-full": 2})

    def test_one_node_uneven(self):
        data = self.check("some-nodes", "always", nodes=60, uneven=1.5, fault=lambda node, *_: 0.05 * (node == 7))
        self.assertAlmostEqual(data["scope_ratio"], 1 / 60)

    def test_zone(self):
        data = self.check("some-nodes", "always", nodes=30, uneven=0.7, fault=lambda node, *_: 0.05 * (node % 3 == 1))
        self.assertIn("those of zone z1", data["scope_text"])

    def test_everything(self):
        data = self.check("whole-cluster", "always", nodes=3, fault=lambda *_: 0.3)
        self.assertEqual((data["status"], data["scope_ratio"]), ("failing", 1))
        self.check("whole-cluster", "always", nodes=30, history=False, fault=lambda *_: 0.02)

    def test_one_pod(self):
        """Lookups of one namespace on one node fail, while the node's own queries are answered."""
        data = self.check("fixed-pods", "always", nodes=3,
                          lookup_fault=lambda node, space, *_: 0.4 * ((node, space) == (2, "shop")))
        self.assertIn("namespace shop on n2", data["scope_text"])
        self.assertEqual(data["status"], "failing")

    def test_one_namespace(self):
        data = self.check("fixed-pods", "always", nodes=12,
                          lookup_fault=lambda node, space, *_: 0.2 * (space == "bank"))
        self.assertIn("namespace bank", data["scope_text"])
        self.assertNotIn(" on n", data["scope_text"])

    def test_one_server(self):
        """Every node queries it: the whole cluster fails a third of the time, and the server is named."""
        data = self.check("whole-cluster", "always", nodes=12,
                          server_fault=lambda server, *_: 0.2 * (server == "10.244.1.22"))
        self.assertEqual([p["name"] for p in data["fleet"]["places"] if p["place"] == "server" and p["fails"]],
                         ["10.244.1.22"])
        self.assertIn("10.244.1.22", data["scope_else"][0])

    def test_at_peak(self):
        data = self.check("whole-cluster", "at-peak", nodes=20, fault=lambda node, second, load: 0.06 * (load > 1))
        self.assertEqual((data["peak"]["follows"], data["frequency_confidence"]), (True, "high"))

    def test_from_time_to_time(self):
        data = self.check("whole-cluster", "intermittent", nodes=20,
                          fault=lambda node, second, load: 0.1 * (second > 2600))
        self.assertIn("since 22:4", data["frequency_text"])
        random_cell = is_random(5)
        self.check("random-pods", "intermittent", nodes=40,
                   fault=lambda node, second, load: 0.3 * random_cell(node, second))

    def test_without_lookups_and_names(self):
        """The variant that asks alone, found by instance: what is not known is said, and the load is CoreDNS's."""
        with prometheus.fleet(seed=11, nodes=6, lookups=False, node_label=False, history=False,
                              fault=lambda node, second, load: 0.05 * (load > 1)) as url:
            document, _ = ask(url)
        data = document["data"]
        self.assertEqual((data["scope"], data["frequency"]), ("whole-cluster", "at-peak"), data["frequency_text"])
        self.assertIn("CoreDNS's queries", data["frequency_text"])
        self.assertEqual([u["id"] for u in document["unobserved"]], ["fleet-lookups"])

    def test_no_series(self):
        """Nothing there is unknown, never healthy."""
        with tempfile.TemporaryDirectory() as folder, prometheus.serving(folder) as url:
            done = binary.run("scope", "--prometheus", url)
            self.assertEqual(done.returncode, 3)
            self.assertIn("it scrapes no k8sdns agent", done.stderr)
            done = binary.run("scope", "--prometheus", url + "/elsewhere")
            self.assertEqual(done.returncode, 3)
            self.assertIn("no such API at this path", done.stderr)
        with prometheus.fleet(nodes=3) as url:
            self.assertEqual(ask(url, "--match", 'node!="n1"')[0]["data"]["nodes"], 2)
            done = binary.run("scope", "--prometheus", url, *UNTIL, "--match", 'cluster="other"')
            self.assertEqual((done.returncode, "with these labels" in done.stderr), (3, True))
            done = binary.run("scope", "--prometheus", url, *UNTIL, "--match", 'node=~"("')
            self.assertEqual((done.returncode, "refuses a query (HTTP 400, bad_data)" in done.stderr), (3, True),
                             done.stderr)

    def test_limit(self):
        """The engine's own limit of samples, and its own limit of time."""
        with tempfile.TemporaryDirectory() as folder:
            prometheus.Fleet(nodes=10, history=False).blocks(folder)
            with prometheus.serving(folder, "--query.max-samples=50") as url:
                done = binary.run("scope", "--prometheus", url, *UNTIL)
                self.assertEqual((done.returncode, "over a limit of it" in done.stderr), (3, True), done.stderr)

    def test_silent_agents(self):
        """Agents that stopped telling do not pass for healthy ones."""
        fleet = prometheus.Fleet(nodes=10, history=False)
        text = fleet.text(prometheus.END - prometheus.HOUR, True)
        late = prometheus.END - 900
        kept = [line for line in text.splitlines()
                if not (re.search(r'node="n[0-3]"', line) and int(line.split()[-1]) > late)]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "some.om"
            path.write_text("\n".join(kept) + "\n")
            subprocess.run([prometheus.PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", "-q", path, folder],
                           check=True, capture_output=True)
            with prometheus.serving(folder) as url:
                document, status = ask(url)
        self.assertEqual((document["data"]["scope"], document["data"]["status"], status), ("none", "unknown", 3))
        self.assertEqual(document["data"]["fleet"]["silent"], 4)
        self.assertIn("4 of 10 nodes", [u["what"] for u in document["unobserved"]])

    def test_text(self):
        with prometheus.fleet(seed=11, nodes=3, fault=lambda node, *_: 0.3 * (node == 1)) as url:
            text = binary.run("scope", "--prometheus", url, *UNTIL).stdout
            self.golden("scope-prometheus", text.replace(url, "http://127.0.0.1:9090"))


VECTOR = {"status": "success", "data": {"resultType": "vector", "result": [
    {"metric": {"kind": "all"}, "value": [1, "3"]}, {"metric": {"kind": "node"}, "value": [1, "3"]}]}}
EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}


@contextlib.contextmanager
def answering(answer, tls=None, chunked=False):
    """A server; `answer(query, headers)` gives (status, type, bytes), sent as one chunk with `chunked`."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):  # pylint: disable=invalid-name
            form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, kind, body = answer(form, self.headers)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                if chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
                else:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        server.shutdown()


def refusal(status, body, kind="text/plain", **options):
    with answering(lambda *_: (status, kind, body if isinstance(body, bytes) else json.dumps(body).encode())) as url:
        done = binary.run("scope", "--prometheus", url, *UNTIL, **options)
        return done.returncode, done.stderr


class Errors(binary.Case):
    def test_words(self):
        """Each error of an API in plain words, and none passes for health."""
        for status, body, words in (
                (401, b"Unauthorized", "--token"),
                (401, b"no org id", "X-Scope-OrgID"),
                (403, b"forbidden", "not enough"),
                (302, b"", "redirects"),
                (404, b"404 page not found", "may need a prefix"),
                (422, {"status": "error", "errorType": "execution",
                       "error": "query processing would load too many samples into memory"}, "over a limit"),
                (422, {"status": "error", "errorType": "execution", "error": "err-mimir-max-series-per-query"},
                 "over a limit"),
                (503, {"status": "error", "errorType": "timeout", "error": "query timed out"}, "its own time limit"),
                (400, {"status": "error", "errorType": "bad_data", "error": "parse \x1b[31m error"},
                 "HTTP 400, bad_data"),
                (429, b"slow down", "too many queries"),
                (500, b"boom", "HTTP 500"),
                (200, b"<html>login</html>", "login"),
                (200, b"", "no JSON"),
                (200, b"{", "cut off"),
                (200, b"{]", "no JSON"),
                (200, {"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}, "no JSON"),
                (200, {"status": "success"}, "none of a query"),
                (200, {"status": "error", "errorType": "internal", "error": "store down"}, "store down"),
                (200, EMPTY, "scrapes no k8sdns agent")):
            code, stderr = refusal(status, body)
            self.assertEqual((code, words in stderr), (3, True), (status, body, stderr))
            self.assertNotIn("\x1b", stderr)

    def test_silence(self):
        over = threading.Event()
        with answering(lambda *_: (over.wait(60), (200, "application/json", b"{}"))[1]) as url:
            done = binary.run("scope", "--prometheus", url, "--timeout", "300ms")
            self.assertEqual((done.returncode, "no answer within 0.3 s" in done.stderr), (3, True), done.stderr)
            over.set()
        done = binary.run("scope", "--prometheus", f"http://127.0.0.1:{prometheus.free_port()}")
        self.assertEqual((done.returncode, "Connection refused" in done.stderr), (3, True), done.stderr)

    def answer(self, form, warnings):
        """A healthy fleet of three nodes, to every query of a range."""
        if "query=label_replace%28count" in form:
            return {**VECTOR, **warnings}
        if "increase%28k8sdns_node_queries" not in form or "offset" in form:
            return {**EMPTY, **warnings}
        end = 1_700_002_800
        points = [[end - 3420 + 180 * k, "270"] for k in range(20)]
        rows = [{"metric": {"node": f"n{i}"}, "values": points} for i in range(3)]
        return {"status": "success", "data": {"resultType": "matrix", "result": rows}, **warnings}

    def test_partial(self):
        """A warning with an answer: nodes may be missing, so nothing is called healthy."""
        for warnings, status in (({}, 0), ({"warnings": ["store gateway down"]}, 3), ({"isPartial": True}, 3)):
            with answering(lambda form, _, w=warnings: (200, "application/json",
                                                        json.dumps(self.answer(form, w)).encode())) as url:
                document, code = ask(url)
            self.assertEqual((code, document["data"]["scope"]), (status, "none"), document)
            self.assertEqual("fleet-part" in [u["id"] for u in document["unobserved"]], bool(warnings))

    def test_large_chunk(self):
        """A server in Go sends what it wrote at once as one chunk, however large."""
        def answer(form, _):
            document = self.answer(form, {})
            if document["data"]["resultType"] == "matrix":
                points = document["data"]["result"][0]["values"]
                document["data"]["result"] = [{"metric": {"node": f"node-{i:05}"}, "values": points}
                                              for i in range(2000)]
            return 200, "application/json", json.dumps(document).encode()

        with answering(answer, chunked=True) as url:
            document, code = ask(url)
        self.assertEqual((code, document["data"]["nodes"]), (0, 2000))

    def test_served(self):
        """Each series that is asked for is one that agents serve, with its labels and its words for results; so are
        those of the fleets of this file, which stand for agents."""
        queries = []

        def answer(form, _):
            query = urllib.parse.parse_qs(form)["query"][0]
            queries.append(query)
            document = self.answer(form, {})
            if "client_namespace" in query:
                document = {"status": "success", "data": {"resultType": "vector", "result": [
                    {"metric": {"node": "n1", "client_namespace": "shop", "result": "timeout"}, "value": [1, "99"]}]}}
            return 200, "application/json", json.dumps(document).encode()

        with answering(answer) as url:
            document, _ = ask(url)
        self.assertEqual(len(queries), document["data"]["fleet"]["requests"])
        asked = {metric for query in queries for metric, _, _ in agent_series.uses(query)}
        self.assertEqual(len(asked), 12, asked)
        # A zone may be the scrape's as well.
        wrong = {text for query in queries for text in agent_series.unknown(query)}
        self.assertEqual(wrong, {"k8sdns_node_queries_total has no label zone"})
        fleet = prometheus.Fleet(nodes=1, history=False, findings=lambda *_: [("conntrack-full", "critical")])
        fleet.text(prometheus.END - prometheus.HOUR, True)
        for family, series in fleet.series.items():
            for labels in series if family.startswith("k8sdns_") else ():
                self.assertEqual(agent_series.unknown(f"{fleet.metric(family)}{{{labels}}}"), [])

    def test_part_fails(self):
        """What scope can do without is told as not known."""
        with answering(lambda form, _: (503, "text/plain", b"no") if "probe_queries" in form else
                       (200, "application/json", json.dumps(self.answer(form, {})).encode())) as url:
            document, code = ask(url)
        self.assertEqual((code, [u["what"] for u in document["unobserved"] if u["id"] == "fleet-part"]),
                         (0, ["queries by server"]))

    def test_credentials(self):
        seen = []

        def answer(form, headers):
            seen.append({key.lower(): value for key, value in headers.items()})
            return 200, "application/json", json.dumps(self.answer(form, {})).encode()

        with tempfile.TemporaryDirectory() as folder, answering(answer) as url:
            secret = os.path.join(folder, "secret")
            pathlib.Path(secret).write_text("user:word\n", encoding="utf-8")
            done = binary.run("scope", "--prometheus", url + "/select/0/prometheus/", *UNTIL, "--basic-auth", secret,
                              "--header", "X-Scope-OrgID: team")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(seen[0]["authorization"], "Basic " + base64.b64encode(b"user:word").decode())
            self.assertEqual(seen[0]["x-scope-orgid"], "team")
            self.assertEqual(seen[0]["content-type"], "application/x-www-form-urlencoded")
            binary.run("scope", "--prometheus", url, *UNTIL, "--token", secret)
            self.assertEqual(seen[-1]["authorization"], "Bearer user:word")
            self.assertNotIn("word", done.stdout + done.stderr)

    def test_led_elsewhere(self):
        """A token is for the server that was named, wherever that one sends whoever asks."""
        elsewhere, asked = [], []

        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def answer(self):
                elsewhere.append(dict(self.headers))
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.2", 0), Elsewhere) as other, \
                tempfile.TemporaryDirectory() as folder:
            threading.Thread(target=other.serve_forever, daemon=True).start()
            secret = pathlib.Path(folder, "secret")
            secret.write_text("user:word\n", encoding="utf-8")

            class Leading(http.server.BaseHTTPRequestHandler):
                def lead(self):
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    asked.append(self.headers["Authorization"])
                    self.send_response(status)
                    self.send_header("Location", f"http://127.0.0.2:{other.server_port}/api/v1/query")
                    self.send_header("Refresh", f"0; url=http://127.0.0.2:{other.server_port}/")
                    self.send_header("Alt-Svc", f'h2="127.0.0.2:{other.server_port}"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()

                do_GET = do_POST = lead

                def log_message(self, *_):
                    pass

            with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Leading) as first:
                threading.Thread(target=first.serve_forever, daemon=True).start()
                url = f"http://127.0.0.1:{first.server_port}"
                for status in (300, 301, 302, 303, 305, 307, 308):
                    for words in (["scope", "--prometheus", url, *UNTIL, "--token", secret],
                                  ["scope", "--prometheus", url, *UNTIL, "--basic-auth", secret],
                                  ["metrics", f"{url}/metrics", "--count", "1", "--token", secret]):
                        done = binary.run(*words)
                        self.assertNotEqual(done.returncode, 0, done.stdout)
                        self.assertNotIn("word", done.stdout + done.stderr)
                first.shutdown()
            other.shutdown()
        self.assertGreater(len([value for value in asked if value]), 10)
        self.assertEqual(elsewhere, [])

    def test_packed(self):
        """Nothing is unpacked, so a small answer stays small."""
        bomb = gzip.compress(b" " * (64 << 20))
        with answering(lambda *_: (200, "application/json\r\nContent-Encoding: gzip", bomb)) as url:
            done = binary.run("scope", "--prometheus", url, *UNTIL)
        self.assertEqual(done.returncode, 3)
        self.assertIn("no JSON", done.stderr)

    def test_usage(self):
        for arguments, words in ((("--prometheus", "ftp://127.0.0.1"), "only http and https"),
                                 (("--prometheus", "127.0.0.1:9090"), "it is no URL"),
                                 (("--prometheus", "http://a:b@127.0.0.1"), "a password in a URL"),
                                 (("--prometheus", "http://127.0.0.1", "--until", "noon"), "is no time"),
                                 (("--prometheus", "http://127.0.0.1", "--match", "{a}"), "without braces"),
                                 (("--prometheus", "http://127.0.0.1", "report.json"), "either FILE or"),
                                 (("--prometheus", "http://127.0.0.1:1", "--header", "nothing"), "NAME: VALUE"),
                                 (("--token", "x", "report.json"), "go with --prometheus"),
                                 ((), "missing FILE")):
            done = binary.run("scope", *arguments)
            self.assertEqual((done.returncode, words in done.stderr), (64, True), (arguments, done.stderr))

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            key, cert = os.path.join(folder, "key"), os.path.join(folder, "cert")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                            "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=prometheus", "-addext",
                            "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            with answering(lambda form, _: (200, "application/json", json.dumps(self.answer(form, {})).encode()),
                           (cert, key)) as url:
                self.assertEqual(binary.run("scope", "--prometheus", url, *UNTIL, "--ca", cert).returncode, 0)
                done = binary.run("scope", "--prometheus", url, *UNTIL)
                self.assertEqual((done.returncode, "certificate is not to be trusted" in done.stderr), (3, True),
                                 done.stderr)


if __name__ == "__main__":
    binary.main()
