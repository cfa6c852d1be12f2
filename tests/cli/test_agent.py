#!/usr/bin/python3
"""agent: what it counts of scripted servers, its pages, its lines, and what callers may do to it."""
import contextlib
import math
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import agents
import binary
import exposition
from twisters import closed_port, twister


# Labels that a scrape sets itself.
SCRAPES = {"namespace", "pod", "node", "instance", "job", "container", "endpoint"}


def families(page):
    """{family: type} in their order, and the lines that are no sample."""
    types = {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ", 3)
            if name in types:
                raise AssertionError(f"{name} twice")
            types[name] = kind
    return types


class Pages(binary.Case):
    def check(self, page):
        """What no tool looks for: series twice, buckets that fall, no +Inf, counts that are none."""
        samples = exposition.read(page)
        keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertLessEqual(len(keys), 280)
        for name, labels, value in samples:
            self.assertFalse(math.isnan(value), name)
            self.assertFalse(SCRAPES & set(labels), name)
            if name.endswith(("_total", "_bucket", "_count")):
                self.assertGreaterEqual(value, 0)
        histograms = {}
        for name, labels, value in samples:
            if name.endswith("_bucket"):
                key = (name, tuple(sorted((k, v) for k, v in labels.items() if k != "le")))
                histograms.setdefault(key, []).append((labels["le"], value))
        for (name, labels), buckets in histograms.items():
            self.assertEqual(buckets[-1][0], "+Inf", name)
            counts = [count for _, count in buckets]
            self.assertEqual(counts, sorted(counts), name)
            total = [v for n, has, v in samples
                     if n == name.replace("_bucket", "_count") and tuple(sorted(has.items())) == labels]
            self.assertEqual(total, [counts[-1]], name)
        return exposition.Text(page)

    def test_counts(self):
        """Every result of every server from the first page on, and all that was asked is counted once."""
        with twister(answers=agents.ANSWERS) as server, agents.agent("--replica", server, "--check", "1h") as agent:
            first = self.check(agent.get()[2])
            self.assertEqual(len(first.by("result", "k8sdns_probe_queries_total")), 5)
            agent.wait_for(lambda: exposition.Text(agent.get()[2]).sum("k8sdns_node_queries_total") >= 18)
            page = self.check(agent.get()[2])
            end = agent.end()
        results = page.by("result", "k8sdns_probe_queries_total")
        self.assertEqual(sum(results.values()), page.sum("k8sdns_node_queries_total"))
        self.assertEqual((results["failed"], results["timeout"], results["error"]), (0, 0, 0))
        # Of three names two have an A record, none has AAAA.
        self.assertEqual(page.sum("k8sdns_probe_queries_total", type="AAAA", result="answer"), 0)
        self.assertAlmostEqual(results["answer"] / sum(results.values()), 1 / 3, delta=0.15)
        self.assertEqual(page.sum("k8sdns_probe_duration_seconds_count", role="replica", server=server),
                         sum(results.values()))
        parts = page.by("part", "k8sdns_agent_part_up")
        self.assertEqual((parts["probes"], parts["lookups"], parts["drops"]), (1, 0, 0))
        # What is not observed has no samples.
        names = {name for name, _, _ in page.samples}
        self.assertEqual({n for n in names if n.startswith(("k8sdns_lookup", "k8sdns_drop", "k8sdns_node_l"))},
                         {"k8sdns_node_limit_ratio"})
        self.assertGreaterEqual(end["queries"], sum(results.values()))
        self.assertEqual(end["queries"], sum(end["servers"][0]["results"].values()))
        self.assertEqual((end["query_failures"], end["lookups"]), (0, None))

    def test_failures(self):
        """Silence is a timeout, a refused port an error, NXDOMAIN for the cluster's own name a failure."""
        with twister("silent") as mute, closed_port() as closed, twister(answers=["other/A=192.0.2.1"]) as empty, \
                agents.agent("--replica", f"{mute},{closed},{empty}", "--check", "1h", "--budget", "1s") as agent:
            def seen():
                page = exposition.Text(agent.get()[2])
                return page if page.sum("k8sdns_probe_queries_total", server=mute, result="timeout") >= 6 else None
            page = agent.wait_for(seen)
        for server, result in ((mute, "timeout"), (closed, "error")):
            self.assertEqual(page.sum("k8sdns_probe_queries_total", server=server),
                             page.sum("k8sdns_probe_queries_total", server=server, result=result))
        failed = page.sum("k8sdns_probe_queries_total", server=empty, result="failed")
        negative = page.sum("k8sdns_probe_queries_total", server=empty, result="negative")
        self.assertAlmostEqual(failed / (failed + negative), 1 / 3, delta=0.2)
        self.assertEqual(page.sum("k8sdns_probe_duration_seconds_count", server=mute), 0)
        self.assertEqual(page.sum("k8sdns_node_query_failures_total"),
                         sum(page.sum("k8sdns_probe_queries_total", result=r) for r in ("failed", "timeout", "error")))

    def test_formats(self):
        """By Accept: the text that promtool finds clean, and OpenMetrics with the same samples."""
        with twister(answers=agents.ANSWERS) as server, agents.agent("--replica", server) as agent:
            agent.ready()
            status, kind, text = agent.get(accept=agents.TEXT)
            self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                     timeout=60, check=False)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))
            for accept in (agents.OPENMETRICS, f"{agents.TEXT};q=0.5,{agents.OPENMETRICS};q=0.75,*/*;q=0.1"):
                _, kind, page = agent.get(accept=accept)
                self.assertEqual(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
                self.assertTrue(page.endswith("\n# EOF\n"))
            for accept in (None, "*/*", f"{agents.TEXT},{agents.OPENMETRICS};q=0.1"):
                self.assertIn("text/plain", agent.get(accept=accept)[1])
        self.assertEqual([(n, labels) for n, labels, _ in exposition.read(text)],
                         [(n, labels) for n, labels, _ in exposition.read(page)])
        self.check(text)
        # A family has the name of its counter in one, and that without _total in the other.
        plain = {name: "gauge" if kind == "info" else kind for name, kind in families(page).items()}
        ends = {"counter": "_total", "info": "_info"}
        self.assertEqual({name + ends.get(families(page)[name], ""): kind for name, kind in plain.items()},
                         families(text))
        self.assertIn("# UNIT k8sdns_probe_duration_seconds seconds", page)
        self.assertNotIn("# UNIT", text)

    def test_paths(self):
        with agents.agent("--target", "127.0.0.9:9", "--budget", "1s") as agent:
            for path in ("/healthz", "/-/healthy", "/"):
                self.assertEqual(agent.get(path)[0], 200)
            self.assertEqual(agent.get("/nowhere")[0], 404)
            self.assertEqual(agent.get("/metrics?name[]=x")[0], 200)
            agent.ready()
            self.assertEqual(agent.get("/-/ready")[0], 200)
            status, _, body = agent.get("/metrics", method="HEAD")
            self.assertEqual((status, body), (200, ""))
            self.assertGreaterEqual(agent.get("/metrics", method="POST")[0], 400)


class Findings(binary.Case):
    def test_begin_and_end(self):
        """A replica that falls silent and comes back begins and ends, in lines, as a metric and in the recording."""
        with tempfile.TemporaryDirectory() as folder, twister(answers=agents.ANSWERS) as good, \
                twister(answers=agents.ANSWERS) as other, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
            replica = f"127.0.0.1:{port}"
            with agents.agent("--replica", f"{good},{other},{replica}", "--budget", "1s",
                              "--record", folder) as agent:
                begun = agent.wait_for(lambda: agent.events("finding-begins", finding="replica-unreachable")
                                       or agent.events("finding-begins", finding="replica-down")
                                       or [e for e in agent.events("finding-begins")
                                           if e["finding"]["severity"] == "critical"])[0]["finding"]
                page = exposition.Text(agent.get()[2])
                self.assertEqual(page.sum("k8sdns_finding", id=begun["id"], severity=begun["severity"]), 1)
                self.assertGreaterEqual(page.sum("k8sdns_findings", severity=begun["severity"]), 1)
                held.close()
                server = subprocess.Popen(["python3", binary.SOURCE / "tests/lab/twister.py", "--listen", replica,
                                           *(w for a in agents.ANSWERS for w in ("--answer", a)), "honest"])
                try:
                    ended = agent.wait_for(lambda: [e for e in agent.events("finding-ends", finding=begun["id"])
                                                    if e["finding"]["subject"] == begun["subject"]], 90)[0]
                    self.assertGreater(ended["finding"]["stood_s"], 0)
                    self.assertEqual(ended["finding"]["since"], begun["since"])
                    # On a busy machine one with the same id may still stand about another server.
                    agent.wait_for(
                        lambda: exposition.Text(agent.get()[2]).sum("k8sdns_finding", id=begun["id"]) == 0, 90)
                finally:
                    server.kill()
                    server.wait()
                agent.end()
                told = {e["finding"]["id"] for e in agent.events("finding-begins")
                        if e["finding"]["severity"] != "info"}
            episodes = binary.run_json("history", "--from", folder)[0]["data"]["episodes"]
            self.assertLessEqual(told, {e["reason"] for e in episodes if e["kind"] == "finding"})

    def test_left_out(self):
        """Without probes nobody is asked, and what is left runs."""
        with twister(answers=agents.ANSWERS) as server, \
                agents.agent("--replica", server, without="probes,lookups,drops") as agent:
            agent.ready()
            time.sleep(1.5)
            page = exposition.Text(agent.get()[2])
            end = agent.end()
        self.assertEqual([n for n, _, _ in page.samples if "probe" in n], [])
        self.assertEqual(end["queries"], 0)
        self.assertGreater(page.sum("k8sdns_agent_part_up", part="node"), 0)


class Life(binary.Case):
    def test_ends(self):
        """By a signal and by its duration; the status is of itself, not of what it found."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with closed_port() as closed, agents.agent("--replica", closed) as agent:
                agent.process.send_signal(number)
                self.assertEqual(agent.process.wait(60), 0)
                agent.reader.join(20)
                self.assertTrue(agent.lines[-1]["summary"])
        done = binary.run("agent", "--no-listen", "--duration", "600ms", "--interval", "500ms", "--without",
                          "lookups,drops", "--no-discovery", "--target", "127.0.0.9:9", "--budget", "500ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn('"listens":"', done.stdout)

    def test_full_disk(self):
        """A line that finds no room is counted, and the agent goes on."""
        port = agents.free_port()
        with closed_port() as closed, open("/dev/full", "wb") as full, subprocess.Popen(
                [binary.K8SDNS, "agent", "--listen", f"127.0.0.1:{port}", "--interval", "500ms", "--no-discovery",
                 "--target", closed, "--without", "lookups,drops", "--budget", "500ms"], stdout=full,
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT) as process:
            try:
                end, lost = time.monotonic() + 20, 0
                while lost < 3 and time.monotonic() < end:
                    lost = exposition.Text(agents.page(port)).sum("k8sdns_events_lost_total", part="lines")
                    time.sleep(0.2)
                self.assertGreaterEqual(lost, 3)
                self.assertIsNone(process.poll())
            finally:
                process.terminate()
            self.assertEqual(process.wait(60), 74)

    def test_usage(self):
        for words in (["--listen", "nowhere"], ["--without", "everything"], ["--interval", "1ms"], ["--set", "x=1"]):
            self.assertEqual(binary.run("agent", "--duration", "1s", *words).returncode, 64, words)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = binary.run("agent", "--duration", "1s", "--listen", "127.0.0.1:%d" % taken.getsockname()[1],
                              "--no-discovery", "--target", "127.0.0.9:9")
        self.assertEqual(done.returncode, 66)
        self.assertIn("cannot listen at 127.0.0.1:", done.stderr)

    def test_callers(self):
        """Those who hold lines open, say too much or read nothing keep nobody out, and cost no memory."""
        with twister(answers=agents.ANSWERS) as server, agents.agent("--replica", server) as agent, \
                contextlib.ExitStack() as stack:
            agent.ready()
            for i in range(200):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", agent.port)))
                with contextlib.suppress(OSError):
                    if i % 4 == 1:
                        line.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ")
                    elif i % 4 == 2:
                        line.sendall(b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n")
                    elif i % 4 == 3:
                        line.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
            agent.wait_for(lambda: self.answers(agent), 40)
            status = pathlib.Path(f"/proc/{agent.process.pid}/status").read_text()
            self.assertIsNone(agent.process.poll())
        memory = int(status.split("VmHWM:")[1].split()[0])
        if not os.environ.get("SANITIZERS", "none").startswith("address"):
            self.assertLess(memory, 24 * 1024)

    @staticmethod
    def answers(agent):
        with contextlib.suppress(OSError):
            return agent.get()[0] == 200
        return False

    def test_out_of_descriptors(self):
        """More connections than it may have files: it is deaf for a moment, and goes on."""
        limit = (80, 80)
        with twister(answers=agents.ANSWERS) as server, \
                agents.agent("--replica", server,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limit)) as agent:
            agent.ready()
            with contextlib.ExitStack() as stack:
                for _ in range(150):
                    stack.enter_context(socket.create_connection(("127.0.0.1", agent.port)))
                time.sleep(1)
                self.assertIsNone(agent.process.poll())
            agent.wait_for(lambda: self.answers(agent), 40)
            self.assertEqual(agent.end()["query_failures"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
