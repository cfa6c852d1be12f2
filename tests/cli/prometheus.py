"""A Prometheus with what a fleet of agents would have told it: nodes made by chance, in blocks of its own."""
import contextlib
import math
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
# The end of what is looked at; a whole number of hours, so that one block holds the hour.
END = 1_700_002_800
HOUR, DAY, SCRAPE = 3600, 86400, 30
SERVERS = (("clusterip", "10.96.0.10"), ("replica", "10.244.1.21"), ("replica", "10.244.1.22"))
SPACES = ("shop", "bank", "kube-system")


def poisson(chance, mean):
    """A count by chance."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def busy(second):
    """The load of a moment, 1 or 4: three peaks an hour."""
    return 4 if second // 180 in (3, 4, 10, 11, 17) else 1


class Fleet:
    """Counts of nodes; fault(node, second, load) and lookup_fault(node, space, second, load) give shares, and
    findings(node, second) what stands: pairs of id and severity."""

    def __init__(self, nodes=30, seed=1, uneven=0.0, fault=None, lookup_fault=None, history=True, lookups=True,
                 server_fault=None, node_label=True, coredns=True, findings=None):
        self.__dict__.update(nodes=nodes, fault=fault or (lambda *_: 0), lookup_fault=lookup_fault or (lambda *_: 0),
                             history=history, lookups=lookups, server_fault=server_fault or (lambda *_: 0),
                             node_label=node_label, coredns=coredns, findings=findings or (lambda node, second: ()))
        self.chance = random.Random(seed)
        self.own = [0.0002 * math.exp(uneven * self.chance.gauss(0, 1)) for _ in range(nodes)]
        self.load = [math.exp(0.5 * self.chance.gauss(0, 1)) for _ in range(nodes)]
        self.series = {}

    def labels(self, node, **more):
        name = {"instance": f"10.0.{node // 250}.{node % 250}:9953", "job": "k8sdns-agent"}
        if self.node_label:
            name["node"] = f"n{node}"
        return ",".join(f'{key}="{value}"' for key, value in {**name, **more}.items())

    def put(self, family, labels, at, value):
        self.series.setdefault(family, {}).setdefault(labels, []).append((at, value))

    def node(self, node, begin, faulty):
        """One node for an hour from `begin`."""
        totals = dict.fromkeys(("q", "qf", "l", "lf"), 0)
        servers = {(server, result): 0 for server in SERVERS
                   for result in ("answer", "negative", "failed", "timeout", "error")}
        spaces = {(space, result): 0 for space in SPACES for result in ("ok", "not-found", "timeout", "failed")}
        for second in range(-SCRAPE, HOUR + 1, SCRAPE):
            load = busy(second)
            for server in SERVERS:
                asked = 15
                share = self.own[node] + faulty * (self.fault(node, second, load)
                                                   + self.server_fault(server[1], second))
                failed = min(asked, poisson(self.chance, asked * min(1, share)))
                totals["q"] += asked
                totals["qf"] += failed
                servers[server, "answer"] += asked - failed
                servers[server, "timeout"] += failed
            for space in SPACES if self.lookups else ():
                asked = poisson(self.chance, 20 * self.load[node] * load)
                share = self.own[node] + faulty * (self.fault(node, second, load)
                                                   + self.lookup_fault(node, space, second, load))
                failed = min(asked, poisson(self.chance, asked * min(1, share)))
                totals["l"] += asked
                totals["lf"] += failed
                spaces[space, "ok"] += asked - failed
                spaces[space, "timeout"] += failed
            at, plain = begin + second, self.labels(node)
            for family, key in (("k8sdns_node_queries", "q"), ("k8sdns_node_query_failures", "qf"),
                                ("k8sdns_node_lookups", "l"), ("k8sdns_node_lookup_failures", "lf")):
                if self.lookups or not key.startswith("l"):
                    self.put(family, plain, at, totals[key])
            if not faulty:
                continue
            for (server, result), value in servers.items():
                self.put("k8sdns_probe_queries",
                         self.labels(node, role=server[0], server=server[1], type="A", result=result), at, value)
            for (space, result), value in spaces.items() if self.lookups else ():
                self.put("k8sdns_lookups", self.labels(node, client_namespace=space, result=result), at, value)
            for finding, severity in self.findings(node, second):
                self.put("k8sdns_finding", self.labels(node, id=finding, severity=severity), at, 1)
            self.put("k8sdns_node_info", self.labels(node, zone=f"z{node % 3}", node_name=f"n{node}"), at, 1)

    @staticmethod
    def metric(family):
        """What a family's samples are called."""
        return family if family.endswith("_info") or family == "k8sdns_finding" else family + "_total"

    def text(self, begin, faulty):
        self.series = {}
        for node in range(self.nodes):
            self.node(node, begin, faulty)
        if faulty and self.coredns:
            total = 0
            for second in range(-SCRAPE, HOUR + 1, SCRAPE):
                total += 30000 * busy(second)
                self.put("coredns_dns_requests", 'instance="10.244.1.21:9153"', begin + second, total)
        lines = []
        for family, series in self.series.items():
            kind = "info" if family.endswith("_info") else "gauge" if family == "k8sdns_finding" else "counter"
            lines.append(f"# TYPE {family.removesuffix('_info')} {kind}")
            metric = self.metric(family)
            for labels, points in series.items():
                lines += [f"{metric}{{{labels}}} {value} {at}" for at, value in points]
        return "\n".join([*lines, "# EOF\n"])

    def blocks(self, folder):
        """Write the hour before END, and with history the same hour of the day before, into a Prometheus's folder."""
        for begin, faulty in ((END - HOUR, True),) + (((END - HOUR - DAY, False),) if self.history else ()):
            path = pathlib.Path(folder) / "fleet.om"
            path.write_text(self.text(begin, faulty))
            subprocess.run([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", "-q", path, folder], check=True,
                           capture_output=True)
            path.unlink()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def serving(folder, *options, config="global: {}\n"):
    """Prometheus over the blocks of a folder; yields its URL."""
    path, port = pathlib.Path(folder) / "prometheus.yml", free_port()
    path.write_text(config)
    with open(pathlib.Path(folder) / "log", "wb") as log, subprocess.Popen(
            [PROMETHEUS, f"--config.file={path}", f"--storage.tsdb.path={folder}", "--storage.tsdb.retention.time=10y",
             f"--web.listen-address=127.0.0.1:{port}", *options],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5):
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextlib.contextmanager
def fleet(**options):
    with tempfile.TemporaryDirectory() as folder:
        Fleet(**options).blocks(folder)
        with serving(folder) as url:
            yield url
