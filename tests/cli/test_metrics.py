#!/usr/bin/python3
"""metrics: what real CoreDNS counts, held against another reading; rates, resets, hostile texts and servers; rules."""
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import binary
import kube_server
from exposition import Text, quantile, served

DATA = binary.SOURCE / "tests/data/metrics"
BEFORE, AFTER = (DATA / "1.14.7-before.prom").read_text(), (DATA / "1.14.7-after.prom").read_text()
LATENCY = "coredns_dns_request_duration_seconds"
QUICK = ("--interval", "100ms")


def metrics(*arguments, **options):
    return binary.run_json("metrics", *arguments, **options)


def grown(text, **more):
    """The text with these counters (name: how much more) further on."""
    for name, by in more.items():
        text = re.sub(rf"^({name}(?:\{{.*\}})?) (\S+)$", lambda m: f"{m[1]} {float(m[2]) + by:.10g}", text, flags=re.M)
    return text


def coredns(requests=1000, servfail=0, late=0, cpu=10.0, panics=0, start=1.7e9, version="1.14.7", more=""):
    """A small exposition: `servfail` of the requests failed, `late` took over eight seconds."""
    return f"""# TYPE coredns_build_info gauge
coredns_build_info{{version="{version}"}} 1
coredns_dns_requests_total{{family="1",proto="udp",server="dns://:53",type="A",zone="."}} {requests}
coredns_dns_responses_total{{plugin="",rcode="SERVFAIL",server="dns://:53",zone="."}} {servfail}
coredns_dns_responses_total{{plugin="cache",rcode="NOERROR",server="dns://:53",zone="."}} {requests - servfail}
{LATENCY}_bucket{{zone=".",le="0.001"}} {requests - late}
{LATENCY}_bucket{{zone=".",le="8.192"}} {requests - late}
{LATENCY}_bucket{{zone=".",le="+Inf"}} {requests}
{LATENCY}_count{{zone="."}} {requests}
{LATENCY}_sum{{zone="."}} {1 + 9 * late}
coredns_panics_total {panics}
process_cpu_seconds_total {cpu}
process_start_time_seconds {start!r}
{more}"""


def as_json(*arguments, **options):
    document, status = metrics(*arguments, **options)
    return document["data"]["replicas"], status


class Reading(binary.Case):
    """Real texts of four versions against an independent reading."""

    NAMES = {
        "requests": ("coredns_dns_requests_total", "coredns_dns_request_count_total"),
        "responses": ("coredns_dns_responses_total", "coredns_dns_response_rcode_count_total"),
        "types": ("coredns_dns_requests_total", "coredns_dns_request_type_count_total"),
        "failures": ("coredns_proxy_healthcheck_failures_total", "coredns_forward_healthcheck_failures_total",
                     "coredns_forward_healthcheck_failure_count_total"),
        "panics": ("coredns_panics_total", "coredns_panic_count_total"),
        "entries": ("coredns_cache_entries", "coredns_cache_size"),
    }

    def check(self, path):
        text = Text(path.read_text())
        (replica,), status = as_json(path)
        self.assertEqual(status, 0)
        names = self.NAMES
        self.assertEqual(replica["version"], next(has["version"] for name, has, _ in text.samples
                                                  if name == "coredns_build_info"))
        self.assertEqual(replica["requests_total"], text.sum(*names["requests"]))
        self.assertEqual(replica["rcodes"], text.by("rcode", *names["responses"]))
        counts = lambda key: {count["label"]: count["total"] for count in replica[key]}
        self.assertEqual(counts("by_type"), text.by("type", *names["types"]))
        self.assertEqual(counts("by_family"), {{"1": "ipv4", "2": "ipv6"}[key]: value for key, value in
                                               text.by("family", *names["requests"]).items()})
        self.assertEqual(replica["servfails"], text.sum(*names["responses"], rcode="SERVFAIL"))
        self.assertEqual(replica["panics_total"], text.sum(*names["panics"]))
        self.assertEqual(replica["cache"]["entries"], text.sum(*names["entries"]) if text.by("type", *names["entries"])
                         else None)
        hits, misses = text.sum("coredns_cache_hits_total"), text.sum("coredns_cache_misses_total")
        self.assertEqual((replica["cache"]["hits"], replica["cache"]["misses"]), (hits, misses))
        self.assertAlmostEqual(replica["cache_hit_ratio"], hits / (hits + misses), 6)
        self.assertEqual(replica["forward"]["healthcheck_failures"], text.sum(*names["failures"]))
        self.assertEqual(replica["api"]["requests"], text.sum("coredns_kubernetes_rest_client_requests_total"))
        self.assertEqual(replica["memory_bytes"], text.sum("process_resident_memory_bytes"))
        self.assertEqual((replica["qps"], replica["cpu_cores"], replica["window_s"]), (None, None, None))
        self.check_latency(replica["latency_ms"], text.buckets(LATENCY), text.sum(LATENCY + "_sum"))
        self.assertEqual({zone["zone"] for zone in replica["zones"]}, set(text.by("zone", LATENCY + "_count")))
        for zone in replica["zones"]:
            self.check_latency(zone["latency_ms"], text.buckets(LATENCY, zone=zone["zone"]),
                               text.sum(LATENCY + "_sum", zone=zone["zone"]))
        self.check_upstreams(replica["forward"], text)
        self.assertEqual((replica["text"]["samples"], replica["text"]["malformed"]), (len(text.samples), 0))

    def check_latency(self, latency, buckets, total):
        """The quantile of its bucket, or less where all times together leave no room for it."""
        self.assertEqual(latency["observations"], buckets[float("inf")])
        for key, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
            most = total / ((1 - q) * buckets[float("inf")])
            self.assertAlmostEqual(latency[key] / 1000, min(quantile(q, buckets), most), 6)
        self.assertFalse(latency["over"] or latency["window"])

    def check_upstreams(self, forward, text):
        proxy, old = "coredns_proxy_request_duration_seconds", "coredns_forward_request_duration_seconds"
        answers = text.by("to", proxy + "_count", old + "_count")
        for upstream in forward["upstreams"]:
            self.assertEqual(upstream["answers"], answers.get(upstream["to"], 0))
            if upstream["answers"]:
                buckets = text.buckets(proxy, to=upstream["to"]) or text.buckets(old, to=upstream["to"])
                self.check_latency(upstream["latency_ms"], buckets, text.sum(proxy + "_sum", old + "_sum",
                                                                             to=upstream["to"]))
        self.assertEqual(sum(u["answers"] for u in forward["upstreams"]), sum(answers.values()))

    def test_recordings(self):
        paths = sorted(DATA.glob("*.prom"))
        self.assertEqual(len(paths), 9)
        for path in paths:
            with self.subTest(path.name):
                self.check(path)

    def test_excerpts(self):
        """What --check judges has to be there; nothing is judged by a few answers."""
        whole, latency = coredns(), coredns(requests=99, late=50)
        for text, status, missing in ((whole, 0, []), (whole.replace("coredns_panics_total 0", ""), 3, ["panics"]),
                                      (coredns().replace(LATENCY, "other_seconds"), 3, ["latency"]),
                                      ("coredns_cache_hits_total{type=\"denial\"} 37\n", 3,
                                       ["answers", "latency", "panics"]),
                                      ("coredns_build_info{version=\"1.14.7\"} 1\ncoredns_panics_total 0\n"
                                       "process_start_time_seconds 1.7e9\n", 0, []),
                                      ("coredns_panics_total 0\n", 3, ["answers", "latency"]),
                                      ("coredns_cache_hits_total{type=\"success\"} 9\ncoredns_panics_total 0\n", 3,
                                       ["answers", "latency"]),
                                      (latency, 0, []), (coredns(requests=100, late=50), 2, [])):
            with tempfile.NamedTemporaryFile("w", suffix=".prom") as file:
                file.write(text)
                file.flush()
                (replica,), found = as_json("--check", file.name)
            self.assertEqual((found, replica["missing"]), (status, missing))

    def test_kube_dns(self):
        """It is told apart, with what it counts."""
        text = ("skydns_skydns_dns_error_count_total{cause=\"nxdomain\",system=\"auth\"} 7\n"
                "skydns_skydns_dns_request_count_total{system=\"auth\"} 20\nkubedns_dnsmasq_hits 5\n"
                "kubedns_dnsmasq_misses 3\nkubedns_dnsmasq_errors 2\n")
        with tempfile.NamedTemporaryFile("w", suffix=".prom") as file:
            file.write(text)
            file.flush()
            done = binary.run("metrics", "--check", file.name)
        self.assertEqual(done.returncode, 65)
        for words in ("kube-dns", "20 queries", "7 NXDOMAIN", "5 hits", "2 errors"):
            self.assertIn(words, done.stderr)

    def test_what_they_tell(self):
        (down, api, reload), _ = as_json(DATA / "1.14.7-upstream-down.prom", DATA / "1.14.7-api-403.prom",
                                         DATA / "1.14.7-after-reload.prom")
        self.assertEqual((down["own_servfails"], down["servfails"], down["forward"]["all_down"]), (85, 99, 76))
        self.assertEqual((api["api"]["errors"], api["api"]["codes"][0]["label"]), (20, "403"))
        self.assertEqual((reload["reload_failed_total"], len(reload["config_hash"])), (1, 128))


class Rates(binary.Case):
    def scraped(self, *bodies, arguments=QUICK + ("--count", "1"), **options):
        with served(*bodies, **options) as (where, asked):
            replicas, status = as_json(*arguments, where)
        self.assertEqual((status, {path for path, _ in asked}), (0, {"/metrics"}))
        return replicas[0]

    def test_two_scrapes(self):
        before, after = Text(BEFORE), Text(AFTER)
        replica = self.scraped(BEFORE, AFTER)
        window = replica["window_s"]
        self.assertGreaterEqual(window, 0.1)
        grew = after.sum("coredns_dns_requests_total") - before.sum("coredns_dns_requests_total")
        self.assertAlmostEqual(replica["qps"] * window, grew, delta=grew * 1e-5)
        rcodes = {count["label"]: count["change"] for count in replica["by_rcode"]}
        old = before.by("rcode", "coredns_dns_responses_total")
        self.assertEqual(rcodes, {rcode: value - old.get(rcode, 0)
                                  for rcode, value in after.by("rcode", "coredns_dns_responses_total").items()})
        was, now = before.buckets(LATENCY), after.buckets(LATENCY)
        self.assertTrue(replica["latency_ms"]["window"])
        self.assertAlmostEqual(replica["latency_ms"]["p90"] / 1000,
                               quantile(0.9, {le: now[le] - was[le] for le in now}), 6)
        cpu = after.sum("process_cpu_seconds_total") - before.sum("process_cpu_seconds_total")
        self.assertAlmostEqual(replica["cpu_cores"] * window, cpu, delta=cpu * 1e-5)
        failures = "coredns_proxy_healthcheck_failures_total"
        self.assertEqual(replica["forward"]["healthcheck_failures_new"], after.sum(failures) - before.sum(failures))

    def test_chunked(self):
        self.assertEqual(self.scraped(BEFORE, AFTER, chunked=True)["requests_total"],
                         Text(AFTER).sum("coredns_dns_requests_total"))

    def test_broken_chunks_are_named(self):
        def broken(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"5\r\nhello\r\nzz no number\r\n")

        with served(broken) as (where, _):
            replicas, status = as_json(*QUICK, "--count", "1", where)
        self.assertEqual(status, 3)
        self.assertIn("broken after 5 bytes", replicas[0]["error"])
        self.assertIn("chunk", replicas[0]["error"])

    def test_a_reset_has_no_rates(self):
        for name, bodies in (("counts went back", (AFTER, BEFORE)),
                             ("another start", (coredns(), coredns(requests=2000, start=1.7e9 + 60)))):
            with self.subTest(name):
                replica = self.scraped(*bodies)
                self.assertTrue(replica["restarted"])
                self.assertEqual((replica["qps"], replica["cpu_cores"], replica["panics_new"], replica["window_s"]),
                                 (None, None, None, None))
                self.assertEqual({count["change"] for count in replica["by_rcode"]}, {None})

    def test_nothing_asked_in_the_window(self):
        replica = self.scraped(AFTER, AFTER)
        self.assertEqual((replica["qps"], replica["servfail_ratio"], replica["latency_ms"]["window"]), (0, None, False))

    def test_rounds(self):
        bodies = [coredns(requests=1000 * number) for number in range(1, 4)]
        with served(*bodies) as (where, asked):
            done = binary.run("metrics", "--json", "--interval", "100ms", "--count", "2", where)
        rounds = [json.loads(line)["data"]["replicas"][0] for line in done.stdout.splitlines()]
        self.assertEqual([r["requests_total"] for r in rounds], [2000, 3000])
        self.assertTrue(all(r["qps"] > 0 for r in rounds))
        self.assertEqual(len(asked), 3)

    def test_the_odd_one(self):
        bodies = [(coredns(), coredns(requests=2000))] * 2 + [(coredns(), coredns(requests=2000, servfail=300))]
        with contextlib.ExitStack() as stack:
            places = [stack.enter_context(served(*pair))[0] for pair in bodies]
            document, _ = metrics(*QUICK, "--count", "1", *places)
            odd = [replica["odd"] for replica in document["data"]["replicas"]]
            self.assertEqual(odd, [[], [], ["SERVFAIL"]])
            self.assertIn(f"{places[2]}: SERVFAIL 30 %, the others 0 %", document["data"]["differences"])

    def test_in_parallel(self):
        """Six that never answer take one timeout together, and are each said as not seen."""
        def silent(_):
            time.sleep(3)
        with contextlib.ExitStack() as stack:
            places = [stack.enter_context(served(silent))[0] for _ in range(6)]
            begun = time.monotonic()
            document, status = metrics("--timeout", "500ms", *QUICK, "--count", "1", *places, "127.0.0.1:1")
            took = time.monotonic() - begun
        self.assertEqual((status, len(document["unobserved"])), (3, 7))
        self.assertLess(took, 6 * 0.5)
        self.assertEqual([r["error"] for r in document["data"]["replicas"]],
                         ["no answer within 0.5 s"] * 6 + ["cannot connect: Connection refused"])


class Faults(binary.Case):
    """What is no text, and servers that are not well."""

    def one(self, text):
        with tempfile.NamedTemporaryFile() as file:
            file.write(text if isinstance(text, bytes) else text.encode())
            file.flush()
            (replica,), _ = as_json(file.name)
        return replica

    def test_openmetrics(self):
        replica = self.one('# TYPE coredns_dns_requests counter\n'
                           'coredns_dns_requests_total{type="A"} 12.0 1.7e9 # {trace_id="x"} 1.0 1.7e9\n'
                           'coredns_dns_requests_created{type="A"} 1.7e9\n# EOF\ncoredns_panics_total 7\n')
        self.assertEqual((replica["requests_total"], replica["panics_total"]), (12, 0))
        self.assertEqual((replica["text"]["malformed"], replica["text"]["cut"]), (1, False))

    def test_odd_text(self):
        replica = self.one(b' coredns_dns_requests_total { type = "A" , } 3 1700000000000 \r\n'
                           b'coredns_dns_requests_total{type="a\\"b\\\\c\\nd"} 2\n'
                           b'coredns_dns_requests_total{type="N"} NaN\ncoredns_dns_requests_total{type="I"} +Inf\n'
                           b'coredns_dns_requests_total{type="M"} -5\ncoredns_dns_requests_total{type="X} 5\n'
                           b'coredns_dns_requests_total{type="H"} 0x10\n{"coredns_dns_requests_total",type="Q"} 1\n'
                           b'coredns_panics_total 4')
        self.assertEqual({count["label"]: count["total"] for count in replica["by_type"]},
                         {"A": 3, 'a"b\\c\nd': 2, "Q": 1})
        self.assertEqual((replica["requests_total"], replica["panics_total"]), (6, 4))
        self.assertEqual((replica["text"]["malformed"], replica["text"]["cut"]), (2, True))

    def test_bounds(self):
        """Lines and lists have a maximum, and what is over it is counted."""
        many = "".join(f'coredns_dns_requests_total{{type="T{n}"}} 1\n' for n in range(500))
        replica = self.one(many + 'coredns_panics_total{x="' + "y" * 20000 + '"} 9\n')
        self.assertEqual((replica["requests_total"], replica["panics_total"]), (500, 0))
        self.assertEqual((len(replica["by_type"]), replica["by_type"][0]["label"], replica["by_type"][0]["total"]),
                         (65, "(others)", 436))
        self.assertEqual((replica["text"]["dropped"], replica["text"]["too_long"]), (436, 1))

    def test_over_the_last_bound(self):
        replica = self.one(coredns(requests=1000, late=50))
        self.assertEqual((replica["latency_ms"]["p99"], replica["latency_ms"]["over"]), (8192, True))
        self.assertEqual(replica["latency_ms"]["p50"] < 1, True)

    def test_hostile_labels_on_a_terminal(self):
        text = coredns(version="\x1b]0;x").replace('zone="."', 'zone="\x1b[31m\\n\u202e"')
        done = binary.run("metrics", "-", "-v", stdin=text.encode())
        self.assertEqual(done.returncode, 0)
        self.assertNotRegex(done.stdout, "[\x00-\x09\x0b-\x1f\u202e]")
        self.assertIn("\\027[31m\\010", done.stdout)

    def test_no_metrics(self):
        for text, status in (("<html>", 65), ("", 65), ("go_goroutines 5\n", 65)):
            done = binary.run("metrics", "-", stdin=text.encode())
            self.assertEqual((done.returncode, done.stdout), (status, ""), text)
        self.assertEqual(binary.run("metrics", "/nowhere.prom").returncode, 66)
        self.assertEqual(binary.run("metrics", "/").returncode, 66)

    def test_servers(self):
        def half(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            handler.wfile.write(BEFORE.encode()[:5000])
            handler.close_connection = True

        def no_http(handler):
            handler.wfile.write(b"\0\1\2 not at all\r\n\r\n")

        def endless(handler):
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            for _ in range(400):
                handler.wfile.write(b"# padding\n" * 10000)
        for body, options, why in ((half, {}, "in the middle"), (no_http, {}, "no HTTP"), (endless, {}, "over 16 MB"),
                                   ("x", {"status": 404}, "HTTP 404"), ("x", {"status": 403}, "token"),
                                   ("<html>", {}, "no text of Prometheus"),
                                   ("go_goroutines 5\n", {}, "none of CoreDNS")):
            with self.subTest(why), served(body, **options) as (where, _):
                document, status = metrics(*QUICK, "--count", "1", "--timeout", "60s", where)
                self.assertEqual(status, 3)
                self.assertIn(why, document["data"]["replicas"][0]["error"])
                self.assertIn(why, document["unobserved"][0]["why"])

    def test_arguments(self):
        for arguments, why in ((["ftp://10.0.0.1/"], "only http"), (["http://coredns/metrics"], "must be an address"),
                               (["http://u:p@10.0.0.1/"], "password"), (["http://10.0.0.1:0/"], "port"),
                               (["--set", "coredns.latency_p99=1"], "did you mean coredns.latency_p99_s"),
                               (["--token", "/etc/hostname", "http://127.0.0.1/"], "https alone"),
                               (["-", "http://127.0.0.1:1/"], "read once")):
            done = binary.run("metrics", *arguments)
            self.assertEqual(done.returncode, 64, arguments)
            self.assertIn(why, done.stderr)

    def test_https(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            mine, other = (kube_server.certificate(folder, which, "127.0.0.1") for which in ("mine", "other"))
            (folder / "token").write_text("secret\n")
            with served(coredns(), certificate=mine) as (where, asked):
                arguments = [*QUICK, "--count", "1", f"https://{where}/proxy/metrics?x=1", "--token", folder / "token"]
                document, status = metrics("--ca", mine[0], *arguments)
                self.assertEqual((status, asked[0]), (0, ("/proxy/metrics?x=1", "Bearer secret")))
                self.assertNotIn("secret", json.dumps(document))
                (replica,), status = as_json("--ca", other[0], *arguments)
                self.assertEqual((status, "certificate" in replica["error"]), (3, True))
                (replica,), status = as_json(*arguments)
                self.assertEqual((status, "--ca" in replica["error"]), (3, True))


class Finding(binary.Case):
    """Whom it asks without being told an address of theirs."""

    def test_replicas(self):
        with served(coredns()) as (where, asked):
            port = where.split(":")[1]
            document, status = metrics(*QUICK, "--count", "1", "--replica", "127.0.0.1:5353,127.0.0.2",
                                       "--port", port, "--path", "/m")
        self.assertEqual((status, asked[0][0]), (0, "/m"))
        self.assertEqual([(r["source"], r["role"], r["error"] is None) for r in document["data"]["replicas"]],
                         [(where, "replica", True), (f"127.0.0.2:{port}", "replica", False)])
        self.assertEqual([u["what"] for u in document["unobserved"]], [f"metrics of 127.0.0.2:{port}"])

    def test_from_the_api(self):
        """Names, nodes, and the CPU limit, which it is held against."""
        pod = kube_server.pod("coredns-a", "127.0.0.1", "node-1")
        pod["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "200m"}}
        cache = kube_server.pod("node-local-dns-x", "127.0.0.1", "node-1", app="node-local-dns")
        cluster = {"EndpointSliceList": [kube_server.endpoint_slice(
            kube_server.endpoint("127.0.0.1", "coredns-a", "node-1"))],
            "ServiceList": [kube_server.service("kube-dns", "127.0.0.8")], "PodList": [pod, cache]}
        begin, end = coredns(cpu=10.0), coredns(requests=2000, cpu=10.4)
        setup = 'coredns_nodecache_setup_errors_total{errortype="iptables"} 3\n'
        with served(begin, end) as (where, _), served(coredns(more=setup)) as (local, _), \
                kube_server.api(cluster=cluster) as (environment, account, _):
            document, status = metrics("--check", "--interval", "500ms", "--port", where.split(":")[1], *account,
                                       env=environment)
            self.assertEqual((status, [f["id"] for f in document["findings"]]), (1, ["coredns-cpu"]))
            (replica,) = document["data"]["replicas"]
            self.assertEqual((replica["pod"], replica["node"], replica["cpu_limit_cores"]),
                             ("coredns-a", "node-1", 0.2))
            (replica,), status = as_json(*QUICK, "--count", "1", "--node-local", "--port", local.split(":")[1],
                                         *account, env=environment)
            self.assertEqual((status, replica["role"], replica["pod"], replica["setup_errors_total"]),
                             (0, "node-local", "node-local-dns-x", 3))

    def test_cluster_ip(self):
        """Without replicas the ClusterIP is asked; another replica the second time is told by its start alone."""
        for start, restarted in ((1.7e9, False), (1.7e9 + 0.25, True)):
            with served(coredns(), coredns(requests=2000, start=start)) as (where, _):
                document, _ = metrics(*QUICK, "--count", "1", "--no-discovery", "--cluster-ip", "127.0.0.1", "--port",
                                      where.split(":")[1])
            (replica,) = document["data"]["replicas"]
            self.assertEqual((replica["role"], replica["restarted"]), ("cluster-ip", restarted))

    def test_nobody(self):
        document, status = metrics("--no-discovery")
        self.assertEqual((status, document["unobserved"][0]["what"]), (3, "the CoreDNS replicas"))

    def test_captured(self):
        """diagnose and capture scrape what they are told, twice; the capture has it."""
        with served(coredns(), coredns(requests=2000, servfail=400)) as (where, asked):
            arguments = ["--metrics", where, "--no-discovery", "--target", "127.0.0.9:1", "--budget", "3s",
                         "--no-external"]
            capture = binary.run("capture", *arguments)
            self.assertEqual((capture.returncode, len(asked)), (0, 2))
            binary.run("capture", *arguments, "--no-metrics")
            self.assertEqual(len(asked), 2)
        stdin = capture.stdout.encode()
        (replica,), status = as_json("--from", "-", stdin=stdin)
        self.assertEqual((status, replica["servfails"], replica["answers"]), (0, 400, 1000))
        document, status = metrics("--check", "--from", "-", stdin=stdin)
        self.assertEqual((status, [f["id"] for f in document["findings"]]), (2, ["coredns-errors"]))
        gone = json.loads(capture.stdout)
        gone["data"]["metrics"] = None
        self.assertEqual(binary.run("metrics", "--from", "-", stdin=json.dumps(gone).encode()).returncode, 3)

    def test_unclear(self):
        """Failures of the past do not tell whether they go on: a later scrape does, where the budget allows one."""
        def api(failed):
            return coredns(more=f'coredns_kubernetes_rest_client_requests_total{{code="200"}} 8\n'
                                f'coredns_kubernetes_rest_client_requests_total{{code="<error>"}} {failed}\n')

        for budget, scrapes, severity in (("1s", 2, "info"), ("14s", 3, "warning")):
            with self.subTest(budget), served(api(21), api(21), api(23)) as (where, asked):
                document = json.loads(binary.run("diagnose", "--json", "--metrics", where, "--no-discovery", "--target",
                                                 "127.0.0.9:1", "--budget", budget, "--no-external").stdout)
                (finding,) = [f for f in document["findings"] if f["id"] == "apiserver-disconnected"]
                self.assertEqual((len(asked), finding["severity"]), (scrapes, severity), finding)


class Check(binary.Case):
    def check(self, status, finding, before, after, *arguments):
        with served(before, after) as (where, _):
            document, got = metrics("--check", *QUICK, where, *arguments)
        self.assertEqual((got, [f["id"] for f in document["findings"]]), (status, [finding] if finding else []))
        return document

    def test_lines(self):
        start = coredns()
        for status, finding, after in (
                (0, None, coredns(requests=2000)),
                (0, None, coredns(requests=2000, servfail=10)),
                (1, "coredns-errors", coredns(requests=2000, servfail=11)),
                (1, "coredns-errors", coredns(requests=2000, servfail=30)),
                (2, "coredns-errors", coredns(requests=2000, servfail=31)),
                (2, "coredns-errors", coredns(requests=2000, late=11)),
                (1, "coredns-cpu", coredns(requests=2000, cpu=11.0)),
                (1, "coredns-panic", coredns(requests=2000, panics=1)),
                (1, "coredns-panic", coredns(requests=2000, start=1.7e9 + 9)),
                (1, "upstream-failing", coredns(
                    requests=2000, more='coredns_proxy_healthcheck_failures_total{to="10.0.0.2:53"} 4\n')),
                (1, "server-rate-limited", coredns(
                    requests=2000, more="coredns_forward_max_concurrent_rejects_total 40\n")),
                (1, "apiserver-disconnected", coredns(
                    requests=2000, more='coredns_kubernetes_rest_client_requests_total{code="<error>"} 4\n'))):
            with self.subTest(f"{finding} {after.splitlines()[3:5]}"):
                self.check(status, finding, start, after)

    def test_set(self):
        after = coredns(requests=2000, servfail=40)
        self.check(0, None, coredns(), after, "--set", "coredns.servfail_warning_ratio=0.05")
        self.check(1, "coredns-errors", coredns(), after, "--set", "coredns.servfail_critical_ratio=0.05")

    def test_not_all_seen(self):
        with served(coredns(), coredns(requests=2000)) as (where, _):
            document, status = metrics("--check", *QUICK, where, "127.0.0.1:1")
        self.assertEqual((status, document["findings"]), (3, []))

    def test_text(self):
        with served(coredns(), coredns(requests=2000, servfail=100)) as (where, _):
            done = binary.run("metrics", "--check", "-q", *QUICK, where)
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stdout.startswith(f"critical: CoreDNS answers with SERVFAIL: {where}\n"), done.stdout)


class Page(binary.Case):
    def test_golden(self):
        done = binary.run("metrics", "1.14.7-upstream-down.prom", "1.6.9.prom", "1.14.7-under-load.prom", cwd=DATA)
        self.golden("metrics", done.stdout)


class Rules(binary.Case):
    """--rules: the numbers are those of --check, and the file is one that Prometheus takes."""

    def rules(self, *arguments):
        document, status = metrics("--rules", *arguments)
        self.assertEqual(status, 0)
        return {rule["alert"]: rule for rule in document["data"]["alert_rules"]}

    def test_lines(self):
        rules = self.rules()
        self.assertTrue(rules["CoreDNSErrorsHigh"]["expr"].endswith("> 0.01"))
        self.assertTrue(rules["CoreDNSErrorsCritical"]["expr"].endswith("> 0.03"))
        self.assertTrue(rules["CoreDNSLatencyHigh"]["expr"].endswith("> 4"))
        changed = self.rules("--set", "coredns.latency_p99_s=0.5")
        self.assertTrue(changed["CoreDNSLatencyHigh"]["expr"].endswith("> 0.5"))
        known = {f["id"] for f in binary.run_json("explain")[0]["data"]["findings"]}
        self.assertLessEqual({rule["finding"] for rule in rules.values()}, known | {"coredns-config"})

    def test_yaml(self):
        """Read back by hand: the file says what the JSON says."""
        text, rules = binary.run("metrics", "--rules").stdout, self.rules()
        blocks = re.split(r"^      - alert: (\w+)\n", text, flags=re.M)
        self.assertEqual(blocks[0].splitlines()[1:], ["groups:", "  - name: k8sdns", "    rules:"])
        self.assertEqual(blocks[1::2], list(rules))
        for name, block in zip(blocks[1::2], blocks[2::2]):
            expr = re.match(r"        expr: \|-\n((?:          .*\n)+)        for: (\w+)\n", block)
            self.assertEqual("\n".join(line[10:] for line in expr[1].splitlines()), rules[name]["expr"])
            self.assertEqual(expr[2], rules[name]["for"])
            self.assertNotRegex(expr[1], r"\t|^ {11}")  # a block's first line says how far it is indented
            summary = re.search(r"^          summary: '([^']+)'$", block, re.M)
            self.assertEqual(summary[1], rules[name]["summary"])
            for pair in ("()", "{}", "[]"):
                self.assertEqual(rules[name]["expr"].count(pair[0]), rules[name]["expr"].count(pair[1]))

    @unittest.skipUnless(shutil.which("promtool"), "promtool (Debian: prometheus) is not installed")
    def test_promtool(self):
        with tempfile.NamedTemporaryFile(suffix=".yml") as file:
            file.write(binary.run("metrics", "--rules").stdout.encode())
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("14 rules found", done.stdout)


if __name__ == "__main__":
    binary.main()
