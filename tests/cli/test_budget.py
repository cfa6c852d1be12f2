#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What may take for ever is given up, and what was left out is said."""
import contextlib
import json
import os
import socket
import sys
import tempfile
import threading

import binary
import kube_server
import twisters

NAME = "db.default.svc.cluster.local"
DATA = binary.SOURCE / "tests/data"
UNOBSERVED = 3


@contextlib.contextmanager
def open_pipe(content):
    """A pipe with that in it, that nobody closes; give the end to read from."""
    reader, writer = os.pipe()
    os.write(writer, content)
    try:
        yield reader
    finally:
        os.close(writer)
        os.close(reader)


def endpoints(*addresses):
    return json.dumps({"kind": "EndpointSliceList", "apiVersion": "v1",
                       "items": [kube_server.endpoint_slice(*(kube_server.endpoint(address, f"coredns-{i}", "node-1")
                                                              for i, address in enumerate(addresses)))]}).encode()


class Budget(binary.Case):
    def with_open_pipe(self, content, *arguments, server, conf):
        with open_pipe(content) as pipe:
            done = binary.subprocess.run(
                [binary.K8SDNS, "--json", "diagnose", "--resolv-conf", conf, "--replica", server, "--external", NAME,
                 "--budget", "1s", *arguments], stdin=pipe, capture_output=True, env=binary.ENVIRONMENT, timeout=100,
                check=False)
        return json.loads(done.stdout)

    def test_pipes_that_stay_open(self):
        """Without an end to them this would not end either; what has come is taken."""
        log = (DATA / "logs/healthy.log").read_bytes()[:40000]
        spans = (DATA / "spans/span-001.json").read_bytes()[:500]
        frames = (DATA / "dnstap/1.14.7.fstrm").read_bytes()[:30000]
        cases = (
            (["--no-discovery", "--logs", "-"], log, "the rest of --logs"),
            (["--no-discovery", "--dnstap", "-"], frames, "the rest of --dnstap"),
            (["--no-discovery", "--corefile", "-"], b".:53 {\n    cache 30\n", "the rest of --corefile"),
            (["--no-discovery", "--spans", "-"], spans, "the rest of --spans"),
            (["--no-discovery", "--metrics", "-"], (DATA / "metrics/1.6.9.prom").read_bytes()[:5000],
             "the rest of --metrics"),
            (["--endpoints", "-"], endpoints("10.244.1.21"), "the rest of --endpoints"),
            (["--endpoints", "-"], endpoints("10.244.1.21")[:100], "the rest of --endpoints"),
            (["--endpoints", "-"], b"", "the rest of --endpoints"),
        )
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            for arguments, content, said in cases:
                with self.subTest(arguments):
                    document = self.with_open_pipe(content, *arguments, server=server, conf=conf)
                    self.assertNotIn("error", document)
                    self.assertIn(said, [gap["what"] for gap in document["unobserved"]])

    def test_what_came_counts(self):
        log = (DATA / "logs/healthy.log").read_bytes()[:40000]
        with open_pipe(log) as pipe, twisters.twister() as server, twisters.resolv_conf() as conf:
            done = binary.subprocess.run([binary.K8SDNS, "--json", "capture", "--resolv-conf", conf, "--no-discovery",
                                          "--replica", server, "--logs", "-", "--budget", "1s"], stdin=pipe,
                                         timeout=100, capture_output=True, env=binary.ENVIRONMENT, check=False)
            facts = json.loads(done.stdout)["data"]
        self.assertEqual(facts["logs"]["lines"]["total"], log.count(b"\n") + (not log.endswith(b"\n")))

    def test_pages_without_end(self):
        """An API server that has another page each time, and takes its time for it."""
        slices = [kube_server.endpoint_slice(kube_server.endpoint(f"127.0.1.{i}", f"coredns-{i}", "node-1"))
                  for i in range(200)]
        cluster = {**kube_server.CLUSTER, "EndpointSliceList": slices}
        with kube_server.api({"all": "drip"}, cluster, page=1) as (environment, account, asked), \
                twisters.resolv_conf() as conf:
            binary.run("--json", "diagnose", "--resolv-conf", conf, "--budget", "1s", "--no-external", *account,
                       env=environment)
            # 0.45 s for all of them, of which each takes a twentieth; 40 pages of the first list alone are more.
            self.assertLessEqual(len(asked), 12)


class Lists(binary.Case):
    def test_long_list(self):
        addresses = [f"127.0.{i // 250}.{i % 250 + 2}" for i in range(300)]
        with tempfile.NamedTemporaryFile() as file, twisters.resolv_conf() as conf:
            file.write(endpoints(*addresses))
            file.flush()
            document, _ = binary.run_json("probe", NAME + ".", "--endpoints", file.name, "--no-discovery", "--timeout",
                                          "200ms", "--resolv-conf", conf)
        self.assertNotIn("error", document)
        self.assertEqual(len(document["data"]["targets"]), 256)
        gap, = [gap for gap in document["unobserved"] if gap["what"] == "answers of all servers"]
        self.assertIn("44 more than 256", gap["why"])
        self.assertIn(addresses[256], gap["why"])

    def test_out_of_the_cluster(self):
        """In a namespace without a way out, and said all the same."""
        with tempfile.NamedTemporaryFile() as file, twisters.resolv_conf() as conf:
            for addresses, foreign in ((["127.0.0.9", "8.8.8.8"], "8.8.8.8"), (["127.0.0.9", "10.1.2.3"], None)):
                file.seek(0)
                file.truncate()
                file.write(endpoints(*addresses))
                file.flush()
                done = binary.subprocess.run(["unshare", "-rn", binary.K8SDNS, "--json", "probe", NAME + ".",
                                              "--no-discovery", "--timeout", "100ms", "--resolv-conf", conf,
                                              "--endpoints", file.name], capture_output=True, timeout=60, check=False,
                                             env=binary.ENVIRONMENT)
                said = [gap["what"] for gap in json.loads(done.stdout)["unobserved"]]
                self.assertEqual([what for what in said if "of this cluster" in what],
                                 [f"whether {foreign} is of this cluster"] if foreign else [], said)


class Lookup(binary.Case):
    def test_limit(self):
        """A server that never answers, asked again and again; and one that does in time."""
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        try:
            silent.bind(("127.53.53.53", 53))
        except PermissionError:
            self.skipTest("a server at port 53 takes root")
        conf = "nameserver 127.53.53.53\nsearch a.example b.example\noptions timeout:30 attempts:5\n"
        with twisters.resolv_conf(conf) as path:
            for resolver in ("glibc", "musl", "go", "everything"):
                document, status = binary.run_json("lookup", "--as", resolver, "--limit", "300ms", "db",
                                                   "--resolv-conf", path)
                self.assertEqual(status, UNOBSERVED, document)
                lookups = document["data"]["lookups"]
                cut = [lookup for lookup in lookups if "--limit" in (lookup["note"] or "")]
                self.assertTrue(cut)
                for lookup in cut:
                    self.assertLessEqual(lookup["total_ms"], 300)
                    self.assertTrue(all(query["at_ms"] <= 300 for query in lookup["queries"]))

    def test_connections_that_end(self):
        """A server that truncates, and over TCP ends each connection within a message, is not heard again and again."""
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(datagrams.close)
        try:
            datagrams.bind(("127.53.53.54", 53))
        except PermissionError:
            self.skipTest("a server at port 53 takes root")
        streams = socket.create_server(("127.53.53.54", 53), backlog=128)
        self.addCleanup(streams.close)

        def truncate():
            while True:
                query, sender = datagrams.recvfrom(4096)
                datagrams.sendto(query[:2] + b"\x83\x80" + query[4:6] + bytes(6) + query[12:], sender)

        def end():
            while True:
                connection = streams.accept()[0]
                with connection:
                    query = connection.recv(4096)
                    connection.sendall(query[:2] + query[2:9])
        for body in (truncate, end):
            threading.Thread(target=body, daemon=True).start()
        with twisters.resolv_conf("nameserver 127.53.53.54\nsearch a.example b.example\noptions timeout:1\n") as path:
            for _ in range(3):
                done = binary.run("lookup", "--as", "everything", "--limit", "2s", "db", "--resolv-conf", path,
                                  timeout=30)
                self.assertIn(done.returncode, (0, 1, 2, UNOBSERVED), done.stderr)

    def test_no_limit_is_met(self):
        with twisters.resolv_conf("nameserver 127.0.0.1\nsearch example\n") as path:
            _, status = binary.run_json("lookup", "--as", "glibc", "--limit", "1h", "--resolv-conf", path, "localhost")
            self.assertEqual(status, 0)


if __name__ == "__main__":
    sys.exit(binary.main())
