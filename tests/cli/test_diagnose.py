#!/usr/bin/python3
"""diagnose over captures: each rule fires on its fault, is quiet on health, and unknown without what it needs.

A case changes the healthy capture (tests/data/captures) in the one respect that the rule looks at.
"""
import copy
import json
import os
import re
import subprocess
import tempfile
import unittest

import binary
import kube_server
from twisters import resolv_conf, twister

HEALTHY = json.loads((binary.SOURCE / "tests/data/captures/healthy.json").read_text())
CLUSTER_IP, REPLICAS = "10.96.0.10", ["10.244.1.21", "10.244.1.22", "10.244.1.23"]
EVERYONE = [CLUSTER_IP, *REPLICAS]


class Facts:
    """A capture to change."""

    def __init__(self):
        self.envelope = copy.deepcopy(HEALTHY)
        self.data = self.envelope["data"]

    def probes(self, targets=EVERYONE, **wanted):
        return [p for p in self.data["matrix"]["probes"]
                if p["target"] in targets and all(p[key] in values for key, values in wanted.items())]

    def answers(self, status, *targets, detail=None, **wanted):
        """Let these questions end so."""
        silent = status in ("timeout", "unreachable", "error")
        for p in self.probes(targets or EVERYONE, **wanted):
            p.update(status=status, detail=detail, answers=[])
            p["rcode"] = None if silent else status.upper()
            if silent:
                p["rtt_us"] = None
        return self

    def takes(self, us, *targets, **wanted):
        """Let these answers take so long."""
        for p in self.probes(targets or EVERYONE, **wanted):
            p["rtt_us"] = us
        return self

    def all_take(self, us):
        """Let every server take so long for the query that is asked again and again."""
        for t in self.data["sampling"]["targets"]:
            t["p50_us"] = us
        return self

    def records(self, kind, status, *targets, **values):
        """Let SRV or PTR end so."""
        for p in self.data["records"]["probes"]:
            if p["type"] == kind and p["target"] in (targets or EVERYONE):
                silent = status == "timeout"
                p.update(status=status, rcode=None if silent else status.upper(), answers=[])
                p.update({"rtt_us": None} if silent else {}, **values)
        return self

    def asked_small(self, status, **wanted):
        """What was lost, asked again for a small answer."""
        self.data["small"] = copy.deepcopy(self.data["matrix"])
        for p in self.data["small"]["probes"]:
            if all(p[key] in values for key, values in wanted.items()):
                p.update(status=status)
        return self

    def sampled(self, lost, *targets, of=50):
        """Let the sampling lose so many."""
        for t in self.data["sampling"]["targets"]:
            if t["id"] in (targets or EVERYONE):
                t.update(sent=of, answered=of - lost, lost=lost, bad=lost, loss_ratio=lost / of)
                if lost == of:
                    t.update(p50_us=None, rcodes={})
        return self

    def dead(self, *targets, detail=None, status="timeout"):
        self.answers(status, *targets, detail=detail).sampled(50, *targets)
        return self.no_tcp(*targets)

    def no_tcp(self, *targets):
        for p in self.data["tcp"]["probes"]:
            if p["target"] in (targets or EVERYONE):
                p.update(status="timeout", rcode=None, answers=[])
        return self

    def limit(self, name, **values):
        next(limit for limit in self.data["node"]["limits"] if limit["id"] == name).update(values)
        return self

    def counted(self, name, per_second):
        """A limit that this machine's driver counts."""
        limits = self.data["node"]["limits"]
        limits.append(dict(limits[0], id=name, label=name, use=None, limit=None, ratio=None, events=9,
                           events_per_second=per_second))
        return self

    def replica(self, number, *parts, **values):
        """Let what replica `number` counts be so; a float with a unit or a count stays of its kind."""
        at = self.data["metrics"]["replicas"][number]
        for part in parts:
            at = at[part]
        at.update(values)
        return self

    def upstream(self, number, **values):
        self.data["metrics"]["replicas"][number]["forward"]["upstreams"][0].update(values)
        return self

    def sampling_of(self, target, **values):
        next(t for t in self.data["sampling"]["targets"] if t["id"] == target).update(values)
        return self

    def one_slow(self, us):
        """Let a replica take so long, whenever it is asked."""
        return self.takes(us, REPLICAS[1]).sampling_of(REPLICAS[1], p50_us=us)

    def renamed(self, address, other):
        """Let this address be another one, wherever it stands."""
        self.envelope = json.loads(json.dumps(self.envelope).replace(f'"{address}"', f'"{other}"'))
        self.data = self.envelope["data"]
        return self

    def of_resolv_conf(self, address):
        """Let resolv.conf name this address, and not the ClusterIP."""
        self.put("matrix.targets.0.role", "nameserver").put("matrix.targets.0.found_by", "resolv.conf")
        return self.renamed(CLUSTER_IP, address)

    def unsent(self, kind, *targets):
        """Let this machine not send what is for these."""
        self.dead(*targets, detail="cannot send", status="unreachable")
        for p in self.probes(targets or EVERYONE):
            p.update(unreachable=kind, own_kernel=True)
        return self

    def refused_port(self, *targets):
        """Let nothing listen at these: port unreachable."""
        self.dead(*targets, detail="ICMP port unreachable from it", status="unreachable")
        for p in self.probes(targets):
            p.update(unreachable="port")
        return self

    def lost_flows(self, count, client="10.244.0.12", server=REPLICAS[1], answered=0, **values):
        """Let so many flows of a client on this node, to a server, get no reply."""
        flows = self.data["conntrack"]["flows"]
        flow = dict(STALE, orig_src=f"{client}:41000", reply_src=f"{server}:53", reply_dst=f"{client}:41000",
                    replied=False, **values)
        flows["unanswered"] = count
        event = {"time": "2026-11-24T14:22:39.000Z", "event": "unanswered", "flow": flow, "other": None, "known": True,
                 "age_ms": 1004.5, "pod": None, "backend_pod": None}
        flows["unanswered_flows"] = [event] * count
        for peers, address in (("by_client", client), ("by_backend", server)):
            next(p for p in flows[peers] if p["address"] == address).update(unanswered=count, answered=answered)
        return self

    def redirected(self, query, control="expired", targets=EVERYONE, documentation=True):
        """Let queries that may not pass a router end so."""
        probes = [{"target": t, "query": query, "control": control, "documentation": False} for t in targets]
        if documentation:
            probes.append({"target": "203.0.113.53", "query": query, "control": control, "documentation": True})
        return self.put("interception.probes", probes)

    def udp_lost(self, *targets):
        return self.answers("timeout", *targets).sampled(50, *targets)

    def guessed(self, address):
        """Let nobody know the Service, and the usual address of its range answer."""
        own = self.probes([REPLICAS[0]], name=names("own"))
        target = dict(self.data["matrix"]["targets"][1], id=address, address=address, role="other")
        self.data["service_guess"] = dict(self.data["matrix"], targets=[target], differences=[],
                                          probes=[dict(p, target=address) for p in own])
        return self.put("replicas.service_ips", [])

    def nameservers(self, *addresses, resolver="glibc", options=()):
        for view in self.data["resolv"]["views"]:
            view.update(nameservers=list(addresses), options=list(options))
        self.data["resolv"]["nameservers"] = list(addresses)
        return self.put("matrix.resolver", resolver)

    def without(self, *parts):
        for part in parts:
            self.data[part] = None
        return self

    def remark(self, matter, severity, line, text):
        self.data["corefile"]["remarks"].insert(0, {"matter": matter, "severity": severity, "line": line, "text": text,
                                                    "why": "x", "block": None, "write": None, "quote": None})
        return self

    def slow(self, plugin, traces, share):
        """Let so many traces be slow, and a plugin have that share of their time."""
        spans = self.data["spans"]
        spans.update(slow=traces, slow_us=traces * 1000000)
        for p in spans["plugins"]:
            p["slow_ratio"] = share if p["name"] == plugin else (1 - share) / (len(spans["plugins"]) - 1)
        return self

    def put(self, path, value):
        *way, last = path.split(".")
        at = self.data
        for key in way:
            at = at[int(key)] if key.isdigit() else at[key]
        at[int(last) if last.isdigit() else last] = value
        return self


def names(kind):
    return [n["name"] for n in HEALTHY["data"]["names"] if n["kind"] == kind]


STALE = {"protocol": "udp", "orig_src": "10.244.0.10:41000", "orig_dst": "10.96.0.10:53", "reply_src": "10.244.1.29:53",
         "reply_dst": "10.244.0.10:41000", "replied": False, "assured": False, "timeout_s": 29}
SOCKET = {"local": "10.244.0.10:41001", "remote": "10.244.1.29:53", "address": "10.244.1.29", "process": "java[4711]",
          "uid": 1000, "known": False, "answers": False}
IPVS = {"how": "netlink", "services_total": 2, "services": [], "connections_total": 5, "stale_total": 1,
        "stale_connections": [{"protocol": "UDP", "client": "10.244.0.10:42001", "service": "10.96.0.10:53",
                               "destination": "10.244.1.29:53", "connection_state": "UDP", "why": "removed",
                               "expires_s": 299}],
        "sysctls": {"expire_nodest_conn": 0}, "timeouts": {"tcp_s": 900, "tcp_fin_s": 120, "udp_s": 300},
        "behaviour": [], "replicas": []}
OWN = {"candidate": [names("own")[0].rstrip(".")]}

# id: how it is made to fire, and which parts it cannot do without
def service(**more):
    """A Service of DNS whose only endpoint is not ready."""
    return {"name": "kube-dns", "namespace": "kube-system", "selector": "k8s-app=kube-dns", "endpoints_seen": True,
            "ready": 0, "not_ready": 1, "not_ready_names": ["10.244.1.21 (Pod coredns-a)"], "pods": 2, "pods_ready": 0,
            "pods_selected": 2, "outside_pod": None, "outside_labels": None, **more}


CASES = {
    "resolv-policy": (lambda f: f.put("resolv.dns_policy", "Default"), ["resolv"]),
    "sending-fails": (lambda f: f.unsent("no-route", *EVERYONE), ["matrix"]),
    "dns-intercepted": (lambda f: f.redirected("answered"), ["interception"]),
    "nameserver-loopback": (lambda f: f.dead(CLUSTER_IP).of_resolv_conf("127.0.0.53"), ["matrix"]),
    "cluster-dns-wrong": (lambda f: f.dead(CLUSTER_IP).guessed("10.96.0.12"), ["resolv"]),
    "nameservers-differ": (lambda f: f.nameservers(CLUSTER_IP, REPLICAS[0]).answers("nxdomain", REPLICAS[0]),
                           ["matrix"]),
    "nameserver-unreachable": (lambda f: f.nameservers(CLUSTER_IP, REPLICAS[0]).put(
        "matrix.targets.1.role", "nameserver").put("sampling.targets.1.role", "nameserver").dead(REPLICAS[0]),
                               ["matrix"]),
    "cloud-limit": (lambda f: f.counted("cloud-linklocal-limit", 3.0), ["node"]),
    "udp-checksum": (lambda f: f.limit("udp-checksum", events=9, events_per_second=4.5), ["node"]),
    "resolv-invalid": (lambda f: f.put("resolv.warnings", [
        {"line": 4, "text": "a fourth nameserver", "resolvers": ["glibc"], "loses": True}]), ["resolv"]),
    "resolv-amplification": (lambda f: f, ["resolv"]),
    "search-hijack": (lambda f: f.answers("answer", name=names("missing")), ["matrix"]),
    "conntrack-full": (lambda f: f.put("conntrack.table.fill_ratio", 1.0), ["conntrack"]),
    "conntrack-near-full": (lambda f: f.put("conntrack.table.fill_ratio", 0.8), ["conntrack"]),
    "conntrack-race": (lambda f: f.put("conntrack.rates.insert_failed", 3.0).put("conntrack.rates.drop", 3.0),
                       ["conntrack"]),
    "conntrack-stale": (lambda f: f.put("conntrack.stale", [STALE]).put("conntrack.stale_total", 1), ["conntrack"]),
    "socket-stale": (lambda f: f.put("sockets.sockets", [SOCKET]), ["sockets"]),
    "port-collision": (lambda f: f.put("conntrack.dns.port_use", [
        {"source": "10.244.1.1", "destination": "10.244.1.22:53", "ports": 28000, "range": 28232, "ratio": 0.99}]),
        ["conntrack"]),
    "flows-unanswered": (lambda f: f.lost_flows(3), ["conntrack"]),
    "ipvs-port-reuse": (lambda f: f.put("ipvs", IPVS), ["ipvs"]),
    "neighbour-full": (lambda f: f.limit("neighbour-ipv4", ratio=1.0), ["node"]),
    "socket-limits": (lambda f: f.limit("udp-receive-buffer", events=9, events_per_second=4.5), ["node"]),
    "node-overloaded": (lambda f: f.limit("cpu-pressure", use=92.0, ratio=0.92), ["node"]),
    "coredns-cpu": (lambda f: f.put("kube.nodes", 90), ["kube", "metrics"]),
    "server-rate-limited": (lambda f: f.replica(1, "forward", rejected_new=7), ["sampling", "metrics", "logs"]),
    "coredns-not-started": (lambda f: f.put("kube.pods.0.phase", "Pending").put("kube.pods.0.ready", False).put(
        "kube.pods.0.unscheduled", "0/3 nodes are available"), ["kube"]),
    "service-endpoints": (lambda f: f.dead(CLUSTER_IP).put("replicas.services", [service()]), ["replicas"]),
    "coredns-panic": (lambda f: f.put("kube.pods.0.restarts", 4).put("kube.pods.0.last_end", "OOMKilled").put(
        "kube.changes", [{"what": "Pod coredns-5d78c9869d-x2x7k", "how": "ended", "time": "2026-11-24T14:00:00Z",
                          "age_s": 600}]), ["kube", "metrics", "logs"]),
    "coredns-config": (lambda f: f.remark("debug", "warning", 3, "debug is on"), ["corefile"]),
    "forward-loop": (lambda f: f.remark("forward-loop", "critical", 13, "forwards to 127.0.0.53, which is itself"),
                     ["corefile", "logs"]),
    "coredns-version": (lambda f: f.put("kube.pods.0.version", "1.6.7"), ["kube", "metrics"]),
    "apiserver-disconnected": (lambda f: f.put("kube.events", [
        {"object": "coredns-5d78c9869d-x2x7k", "reason": "Unhealthy", "message": "Readiness probe failed", "time": None,
         "count": 9, "age_s": 60}]), ["kube", "metrics", "logs"]),
    "recent-change": (lambda f: f.put("kube.changes", [{"what": "ConfigMap coredns", "how": "written",
                                                       "time": "2026-11-24T14:00:00Z", "age_s": 600}]), ["kube"]),
    "path-filtered": (lambda f: f.answers("unreachable", REPLICAS[1],
                                          detail="ICMP administratively prohibited from X"), ["matrix"]),
    "all-unreachable": (lambda f: f.dead(*EVERYONE), ["matrix"]),
    "nodelocal-down": (lambda f: f.put("matrix.targets.0.role", "node-local").dead(CLUSTER_IP), ["matrix"]),
    "clusterip-unreachable": (lambda f: f.dead(CLUSTER_IP), ["matrix"]),
    "clusterip-lossy": (lambda f: f.sampled(12, CLUSTER_IP), ["sampling"]),
    "replica-refused": (lambda f: f.answers("refused", REPLICAS[1]), ["matrix"]),
    "replica-unreachable": (lambda f: f.dead(REPLICAS[1]), ["matrix"]),
    "replica-slow": (lambda f: f.one_slow(80000), ["sampling", "metrics"]),
    "replica-inconsistent": (lambda f: f.put("matrix.differences", [
        {"target": REPLICAS[1], "questions": 1, "kind": "records",
         "text": "10.244.1.22 differs from the others in 1 of 18 questions"}]), ["matrix"]),
    "family-failing": (lambda f: f.answers("timeout", type=["AAAA"]), ["matrix"]),
    "path-lossy": (lambda f: f.sampled(9, *REPLICAS), ["sampling"]),
    "large-answer-lost": (lambda f: f.asked_small("truncated", **OWN).answers("timeout", **OWN), ["matrix"]),
    "replica-malformed": (lambda f: f.answers("malformed", REPLICAS[1], detail="damaged at byte 12"), ["matrix"]),
    "answer-mismatch": (lambda f: f.answers("mismatch", CLUSTER_IP, detail="answer came from 10.244.0.24"), ["matrix"]),
    "node-not-ready": (lambda f: f.put("kube.nodes_not_ready", ["node-2"]).put("kube.pods.0.node", "node-2"), ["kube"]),
    "tcp-blocked": (lambda f: f.no_tcp(), ["tcp"]),
    "upstream-failing": (lambda f: f.answers("servfail", name=names("external"), candidate=names("external")),
                         ["matrix", "metrics", "logs", "dnstap"]),
    "coredns-errors": (lambda f: f.answers("servfail", REPLICAS[0]), ["matrix", "metrics", "logs", "dnstap"]),
    "coredns-stuck": (lambda f: f.put("logs.dump.unanswered", 7), ["logs", "dnstap"]),
    "coredns-slow-plugin": (lambda f: f.slow("connect", 20, 0.95), ["spans"]),
    "resolver-differs": (lambda f: f.answers("servfail", name=names("external"),
                                             candidate=["www.example.com.default.svc.cluster.local"]), ["matrix"]),
    "clusterip-slow": (lambda f: f.takes(90000, CLUSTER_IP).sampling_of(CLUSTER_IP, p50_us=90000), ["sampling"]),
    "family-slow": (lambda f: f.takes(200000, type=["AAAA"]), ["matrix"]),
    "upstream-slow": (lambda f: f.takes(1500000, candidate=names("external")), ["matrix"]),
    "answers-slow": (lambda f: f.all_take(150000), ["sampling"]),
    "srv-failing": (lambda f: f.records("SRV", "servfail"), ["records"]),
    "reverse-failing": (lambda f: f.records("PTR", "timeout"), ["records"]),
    "lookup-slow": (lambda f: f.takes(400000, name=names("external")), ["resolv", "matrix"]),
    "failures-unexplained": (lambda f: f.sampling_of(REPLICAS[0], lost=1, answered=49, bad=1), ["matrix"]),
    "name-not-found": (lambda f: f.answers("nxdomain", name=names("external")), ["matrix"]),
    "name-no-address": (lambda f: f.answers("nodata", name=names("external")), ["matrix"]),
    "cluster-domain-wrong": (lambda f: f.answers("nxdomain", name=names("own")), ["matrix"]),
}
# What a healthy Pod is told all the same.
REMARKS = {"resolv-amplification"}


def recorded_part(printed, recorded):
    """What is printed, without members that are newer than the recording."""
    if isinstance(recorded, dict):
        return {key: recorded_part(printed.get(key), value) for key, value in recorded.items()}
    if isinstance(recorded, list) and len(printed) == len(recorded):
        return [recorded_part(*pair) for pair in zip(printed, recorded)]
    return printed


def diagnose(facts, *arguments):
    return binary.run_json("diagnose", "--from", "-", *arguments, stdin=json.dumps(facts.envelope).encode())


def states(document):
    return {check["id"]: check["state"] for check in document["data"]["checks"]}


class Rules(binary.Case):
    def test_healthy(self):
        """Nothing at warning or above, and nothing unknown where everything was seen."""
        document, status = diagnose(Facts())
        self.assertEqual(status, 0)
        self.assertEqual({f["id"] for f in document["findings"]}, REMARKS)
        self.assertEqual({f["severity"] for f in document["findings"]}, {"info"})
        self.assertEqual([name for name, state in states(document).items() if state == "unknown"], [])

    def test_every_rule_has_its_case(self):
        self.assertEqual(set(states(diagnose(Facts())[0])), set(CASES))

    def test_pinned_ids(self):
        """Every id that runbooks depend on has a rule, and words (and so, by the test above, its cases)."""
        text = (binary.SOURCE / "tests/data/finding_ids").read_text()
        pinned = {line for line in text.splitlines() if not line.startswith("#")}
        self.assertEqual(pinned - set(CASES), set())
        explained = {f["id"]: f for f in binary.run_json("explain")[0]["data"]["findings"]}
        for name in CASES:
            self.assertTrue(all(explained[name][member] for member in ("title", "cause", "remedies", "checks")), name)

    def test_fires(self):
        for name, (change, _) in CASES.items():
            with self.subTest(name):
                document, _ = diagnose(change(Facts()))
                finding = next((f for f in document["findings"] if f["id"] == name), None)
                self.assertIsNotNone(finding, states(document)[name])
                self.assertTrue(finding["evidence"] and finding["remedy"] and finding["cause"])

    def test_quiet(self):
        for name in CASES.keys() - REMARKS:
            with self.subTest(name):
                self.assertEqual(states(diagnose(Facts())[0])[name], "quiet")
        document, _ = diagnose(Facts().put("plans.names", []))
        self.assertEqual(states(document)["resolv-amplification"], "quiet")
        facts = Facts()  # ndots:1: what is under the search domains comes last, and is not asked for
        for name in facts.data["plans"]["names"]:
            name["plans"][0]["queries"].sort(key=lambda query: query["suffix"] is not None)
        self.assertEqual(states(diagnose(facts)[0])["resolv-amplification"], "quiet")

    def test_unknown(self):
        """Without a part nothing is claimed, and it is said what is missing."""
        for name, (change, parts) in CASES.items():
            with self.subTest(name):
                facts = change(Facts()).without(*parts)
                if name == "ipvs-port-reuse":
                    facts.put("ipvs_absent", False)
                document, _ = diagnose(facts)
                self.assertEqual(states(document)[name], "unknown")
                detail = next(c["detail"] for c in document["data"]["checks"] if c["id"] == name)
                self.assertRegex(detail, ";")

    def test_a_kernel_without_ipvs_is_quiet(self):
        document, _ = diagnose(Facts().without("ipvs").put("ipvs_absent", True))
        self.assertEqual(states(document)["ipvs-port-reuse"], "quiet")

    def test_a_pods_own_table_tells_nothing(self):
        document, _ = diagnose(Facts().put("conntrack.table.hooks", False).put("conntrack.table.fill_ratio", 1.0))
        self.assertEqual(states(document)["conntrack-full"], "unknown")


def share(label, change, total=100000):
    return {"label": label, "total": total, "change": change, "per_second": float(change), "ratio": 0.5}


# What the replicas count, without anything else: a name, the rule, how it fires, its severity, its evidence.
COUNTS = {
    "two of a hundred": ("coredns-errors", lambda f: f.replica(0, answers=100, servfails=2, servfail_ratio=0.02),
                         "warning", "2 SERVFAIL in 100 answers in 1.0 s"),
    "four of a hundred": ("coredns-errors", lambda f: f.replica(0, answers=100, servfails=4, servfail_ratio=0.04,
                                                                own_servfails=3),
                          "critical", "3 of them are its own"),
    "late": ("coredns-errors", lambda f: f.replica(2, "latency_ms", p99=8192.0, over=True), "critical", "over 8.2 s"),
    "over a core": ("coredns-cpu", lambda f: f.replica(0, cpu_cores=1.42), "warning",
                    "1.42 cores at 569 requests/s in 1.0 s"),
    "at its limit": ("coredns-cpu", lambda f: f.replica(0, cpu_cores=0.097, cpu_limit_cores=0.1), "warning",
                     "its limit is 0.1"),
    "on all its CPUs": ("coredns-cpu", lambda f: f.replica(0, cpu_cores=0.95, cpus=1), "warning", "runs on 1"),
    "panics": ("coredns-panic", lambda f: f.replica(0, panics_total=3, panics_new=2), "warning", "2 of them in 1.0 s"),
    "panics of the past": ("coredns-panic", lambda f: f.replica(0, panics_total=3), "info", "3 panics since it began"),
    "another process": ("coredns-panic", lambda f: f.replica(0, restarted=True, window_s=None), "warning",
                        "restarted"),
    "an upstream's SERVFAIL": ("upstream-failing", lambda f: f.upstream(
        0, rcodes=[share("NOERROR", 960), share("SERVFAIL", 40)]), "critical", "40 SERVFAIL in 1000 answers"),
    "an upstream's silence": ("upstream-failing", lambda f: f.upstream(0, healthcheck_failures_new=4), "warning",
                              "4 health checks"),
    "a late upstream": ("upstream-failing", lambda f: f.upstream(1, latency_ms={
        "p50": 1.0, "p90": 2.0, "p99": 5000.0, "over": False, "observations": 300, "window": True}), "warning",
        "about 5.0 s"),
    "no upstream": ("upstream-failing", lambda f: f.replica(0, "forward", all_down_new=9), "critical",
                    "down for 9 queries"),
    "API errors": ("apiserver-disconnected", lambda f: f.replica(0, "api", requests=30, errors=2, errors_new=2),
                   "warning", "2 requests to the API server failed in 1.0 s"),
    "API never": ("apiserver-disconnected", lambda f: f.replica(0, "api", requests=20, errors=20, errors_new=0,
                                                                codes=[share("403", 0, 20)]),
                  "warning", "20 of its 20 requests"),
    "API errors of the past, seen for a moment": ("apiserver-disconnected", lambda f: f.replica(
        0, "api", requests=29, errors=21, errors_new=0, codes=[share("200", 0, 8), share("<error>", 0, 21)]), "info",
        "metrics --interval 30s"),
    "an old version": ("coredns-version", lambda f: f.replica(0, version="1.6.9"), "warning", "1.6.9"),
    "a slow one": ("replica-slow", lambda f: f.put("metrics.differences", [
        f"{REPLICAS[1]}:9153: p99 1.2 s, the others 7.5 ms"]), "warning", "p99 1.2 s"),
    "another Corefile": ("replica-inconsistent", lambda f: f.replica(1, odd=["Corefile"]), "info", "another Corefile"),
    "a refused Corefile": ("coredns-config", lambda f: f.replica(2, reload_failed_total=1), "warning",
                           "refused a new Corefile once"),
    "node-local setup": ("nodelocal-down", lambda f: f.replica(0, role="node-local", setup_errors_total=3), "warning",
                         "3 times since it began"),
    "node-local setup, now": ("nodelocal-down", lambda f: f.replica(
        0, role="node-local", setup_errors_total=3, setup_errors_new=1), "warning", "its rules once in"),
    "rejects": ("server-rate-limited", lambda f: f.replica(1, "forward", rejected_new=7), "warning", "refused 7"),
    "rejects, of one scrape": ("server-rate-limited", lambda f: f.replica(1, window_s=None, answers=1000).replica(
        1, "forward", rejected=40), "warning", "refused 40 queries since it began"),
    "few rejects, of one scrape": ("server-rate-limited", lambda f: f.replica(1, window_s=None, answers=1000).replica(
        1, "forward", rejected=9), "info", "refused 9 queries since it began"),
    "no upstream, of one scrape": ("upstream-failing", lambda f: f.replica(1, window_s=None, answers=1000).replica(
        1, "forward", all_down=40), "warning", "down for 40 queries"),
}
QUIET_COUNTS = {
    "one accident": lambda f: f.replica(0, answers=20, servfails=1, servfail_ratio=0.05),
    "one in a hundred": lambda f: f.replica(0, answers=1000, servfails=10, servfail_ratio=0.01),
    "nothing in the window": lambda f: f.replica(0, "latency_ms", p99=8192.0, window=False),
    "a core": lambda f: f.replica(0, cpu_cores=1.0),
    "health checks of the past": lambda f: f.upstream(0, healthcheck_failures=9),
    "an API outage that is over": lambda f: f.replica(0, "api", requests=30, errors=21, errors_new=0,
                                                      codes=[share("200", 2), share("<error>", 0)]),
    "an API outage before a long look": lambda f: f.replica(0, "api", requests=30, errors=21, errors_new=0).replica(
        0, window_s=15.0),
    "few API errors of the past": lambda f: f.replica(0, "api", requests=30, errors=2, errors_new=0),
    "node-local setup of the past": lambda f: f.replica(0, role="node-local", setup_errors_total=3, setup_errors_new=0,
                                                        window_s=90.0),
    "rejects of the past": lambda f: f.replica(0, "forward", rejected=7),
    "one reject, of one scrape": lambda f: f.replica(0, window_s=None).replica(0, "forward", rejected=1),
    "the first version without the defect": lambda f: f.replica(0, version="1.7.0"),
    "the first without another": lambda f: f.replica(0, version="1.11.0"),
    "not seen": lambda f: f.replica(0, error="no answer within 2.0 s", servfails=90, answers=100),
}
# Counts may show what is wrong with these, but not that all is well.
NOT_BY_COUNTS = {"coredns-config", "nodelocal-down", "replica-inconsistent"}
OTHERS = ["corefile", "resolv", "plans", "matrix", "small", "tcp", "sampling", "replicas", "kube", "conntrack", "node",
          "ipvs", "logs", "dnstap"]


class Places(binary.Case):
    """Where the query went decides whose fault it is."""

    def found(self, facts):
        document, _ = diagnose(facts)
        return {f["id"]: f for f in document["findings"]}, [f["id"] for f in document["findings"]
                                                            if f["severity"] != "info" and not f["consequence_of"]]

    def test_flows_of_others(self):
        """A client that nobody answers stands out; not few flows, one that is answered, a server that fails us too."""
        finding = self.found(Facts().lost_flows(3))[0]["flows-unanswered"]
        self.assertEqual((finding["subject"], finding["severity"], finding["confidence"]),
                         ("10.244.0.12", "warning", "likely"))
        self.assertIn("3 of them to servers that answer our queries", finding["evidence"][0])
        for facts in (Facts().lost_flows(2), Facts().lost_flows(9, answered=1), Facts().lost_flows(9, protocol="tcp"),
                      Facts().lost_flows(9).answers("timeout", REPLICAS[1], name=names("external"))):
            self.assertNotIn("flows-unanswered", self.found(facts)[0])
        for facts, state in ((Facts().lost_flows(2), "quiet"),
                             (Facts().put("conntrack.flows.created", 0).put("conntrack.flows.older", 0), "unknown"),
                             (Facts().put("conntrack.flows", None), "unknown")):
            self.assertEqual(states(diagnose(facts)[0])["flows-unanswered"], state)

    def test_flows_as_evidence(self):
        """What others' flows show stands with the findings that it goes with, and makes none."""
        facts = Facts().lost_flows(5, answered=4).dead(REPLICAS[1])
        evidence = self.found(facts)[0]["replica-unreachable"]["evidence"]
        self.assertIn("5 of 9 DNS flows of other clients to 10.244.1.22 got no reply within 1 s", evidence)
        odd = {"time": "2026-11-24T14:22:39.000Z", "event": "stale", "flow": STALE, "other": None, "age_ms": 0.0,
               "known": False, "pod": "web-1", "backend_pod": None}
        flows = {"stale": 1, "rewritten": 1, "clash": 2, "reused": 1,
                 "odd_flows": [dict(odd, event=event) for event in ("stale", "rewritten", "clash", "reused")]}

        def with_odd(name):
            facts = Facts() if not name else CASES[name][0](Facts())
            for member, value in flows.items():
                facts.put(f"conntrack.flows.{member}", value)
            return self.found(facts)[0]

        self.assertEqual(set(with_odd(None)), REMARKS)
        for name, words in (("conntrack-stale", "1 new DNS flow of other clients led there: the rules"),
                            ("conntrack-race", "2 new DNS flows of other clients had the reply")):
            evidence = " ".join(with_odd(name)[name]["evidence"])
            self.assertIn("while it was watched, " + words, evidence)
            self.assertIn("(Pod web-1)", evidence)

    def test_cache_and_cluster_ip_refuse(self):
        """The process of the cache is dead, and in iptables mode the ClusterIP is its address as well."""
        facts = Facts().refused_port(CLUSTER_IP).put("matrix.targets.0.role", "node-local")
        facts = facts.renamed(CLUSTER_IP, "169.254.20.10")
        found, leading = self.found(facts)
        self.assertEqual(leading, ["nodelocal-down"])
        facts.refused_port(REPLICAS[0]).put("matrix.targets.1.role", "cluster-ip")
        found, leading = self.found(facts)
        self.assertEqual(leading, ["nodelocal-down"])
        self.assertEqual(found["clusterip-unreachable"]["consequence_of"], "nodelocal-down")

    def test_all_silent_blames_no_cache(self):
        """A cache whose CoreDNS is dead is silent, too."""
        facts = Facts().dead(*EVERYONE).put("matrix.targets.0.role", "node-local")
        for target in ("10.244.1.21", "10.244.1.22", "10.244.1.23"):
            facts.dead(target)
        _, leading = self.found(facts.renamed(CLUSTER_IP, "169.254.20.10"))
        self.assertEqual(leading, ["all-unreachable"])

    def test_owned_cluster_ip(self):
        for interface, leads in (("nodelocaldns", "nodelocal-down"), ("kube-ipvs0", "clusterip-unreachable"),
                                 (None, "clusterip-unreachable")):
            with self.subTest(interface):
                _, leading = self.found(Facts().dead(CLUSTER_IP).put("matrix.targets.0.interface", interface))
                self.assertEqual(leading, [leads])

    def test_cloud_is_no_cache(self):
        found, _ = self.found(Facts().put("matrix.targets.0.role", "nameserver").dead(CLUSTER_IP).renamed(
            CLUSTER_IP, "169.254.169.254"))
        self.assertNotIn("nodelocal-down", found)

    def test_loopback(self):
        found, leading = self.found(Facts().unsent("port", CLUSTER_IP).of_resolv_conf("127.0.0.1"))
        self.assertEqual(leading, ["nameserver-loopback"])
        found, leading = self.found(Facts().unsent("port", CLUSTER_IP).of_resolv_conf("127.0.0.1").put(
            "matrix.targets.1.found_by", "resolv.conf"))
        self.assertEqual(found["nameserver-loopback"]["severity"], "warning")  # another nameserver answers
        found, leading = self.found(Facts().of_resolv_conf("127.0.0.1"))
        self.assertEqual(leading, [])  # a DNS server in the Pod answers

    def test_wrong_cluster_ip(self):
        """Silent, or of another cluster: the Service's own address answers."""
        facts = Facts().nameservers("10.100.0.10").put("matrix.targets.1.role", "nameserver")
        facts.dead(REPLICAS[0]).renamed(REPLICAS[0], "10.100.0.10")
        _, leading = self.found(facts)
        self.assertEqual(leading, ["cluster-dns-wrong"])
        facts = Facts().nameservers("10.100.0.10").put("matrix.targets.1.role", "nameserver")
        facts.answers("nxdomain", REPLICAS[0]).renamed(REPLICAS[0], "10.100.0.10")
        self.assertIn("cluster-dns-wrong", self.found(facts)[1])
        facts = Facts().nameservers("10.100.0.10").renamed(REPLICAS[0], "10.100.0.10")
        self.assertEqual(self.found(facts)[1], [])  # another address that knows the cluster

    def test_nobody_knows_the_right_one(self):
        found, leading = self.found(Facts().dead(CLUSTER_IP).put("replicas.service_ips", []))
        self.assertEqual(leading, ["clusterip-unreachable"])

    def test_nameservers(self):
        """An NXDOMAIN ends the search; other failures do not."""
        for resolver, options, status, severity in (
                ("musl", (), "nxdomain", "critical"), ("glibc", (), "nxdomain", "warning"),
                ("glibc", ("rotate",), "nxdomain", "critical"), ("go", (), "nxdomain", "warning"),
                ("musl", (), "refused", None), ("musl", (), "timeout", None)):
            with self.subTest(resolver=resolver, status=status):
                facts = Facts().nameservers(CLUSTER_IP, REPLICAS[0], resolver=resolver, options=options)
                facts.answers(status, REPLICAS[0]).put("matrix.targets.1.role", "nameserver")
                finding = self.found(facts)[0].get("nameservers-differ")
                self.assertEqual(finding and finding["severity"], severity)

    def test_programs_and_the_first_nameserver(self):
        """Which programs ask the second after an error of the first, by their rules."""
        for status, rule, words in (
                ("timeout", "nameserver-unreachable", r"musl,.* find it; glibc \(5.00 s\),.* find it late"),
                ("refused", "nameserver-unreachable", r"glibc, .* find it.*node-resolve, .*nginx.* fail"),
                ("servfail", "coredns-errors", r"glibc, .* find it.*node-resolve, .*nginx.* fail"),
                ("nxdomain", "nameservers-differ", r"netty.* find.*glibc, .* fail")):
            with self.subTest(status):
                facts = Facts().nameservers(REPLICAS[0], CLUSTER_IP).put("matrix.targets.1.role", "nameserver")
                if status == "timeout":
                    facts.put("sampling.targets.1.role", "nameserver").dead(REPLICAS[0])
                else:
                    facts.answers(status, REPLICAS[0])
                evidence = " ".join(self.found(facts)[0][rule]["evidence"])
                self.assertRegex(evidence, words)

    def test_programs_and_the_root_in_the_search_list(self):
        facts = Facts().put("resolv.search", ["shop.svc.cluster.local", ""]).put("resolv.warnings", [
            {"line": 2, "text": "the search domain '.' is skipped", "resolvers": ["glibc"], "loses": True}])
        evidence = " ".join(self.found(facts)[0]["resolv-invalid"]["evidence"])
        self.assertRegex(evidence, r"an external name: glibc, .*c-ares, .* find it; musl-1.2.3, c-ares-1.18 fail")

    def test_a_name_that_needs_tcp(self):
        """Where its answer does not fit into UDP and TCP is dead, no program finds it: that is more than a warning."""
        for over_tcp, status, words in (("timeout", 2, "FAILS"), ("answer", 1, "found")):
            facts = Facts().no_tcp()
            for p in facts.probes(type=["A"], candidate=names("external")):
                facts.data["matrix"]["probes"].append(copy.deepcopy(p) | {"transport": "tcp", "status": over_tcp})
                p.update(status="truncated", answers=[])
            document, code = diagnose(facts)
            self.assertEqual((document["findings"][0]["id"], code), ("tcp-blocked", status))
            self.assertEqual("too large for UDP, and no server" in " ".join(document["findings"][0]["evidence"]),
                             over_tcp == "timeout")
            self.assertIn(words, " ".join(binary.run("diagnose", "--from", "-", stdin=json.dumps(
                facts.envelope).encode()).stdout.split("www.example.com: ")[1:2]))

    def test_programs_without_tcp(self):
        evidence = " ".join(self.found(Facts().no_tcp())[0]["tcp-blocked"]["evidence"])
        self.assertRegex(evidence, r"too large for UDP: .*glibc.* fail")
        self.assertRegex(evidence, r"where TCP works: glibc, musl, go, .* find it; .*musl-1.2.3.*haproxy.* fail")

    def test_names_of_addresses(self):
        """NXDOMAIN is ordinary; what fails or is late is not."""
        for status, us, severity in (("nxdomain", 400, None), ("answer", 400, None), ("nodata", 400, None),
                                     ("servfail", 400, "warning"), ("refused", 400, "warning"),
                                     ("notimp", 400, "warning"), ("timeout", None, "warning"),
                                     ("nxdomain", 99000, None), ("nxdomain", 100000, "info"),
                                     ("nxdomain", 999000, "info"), ("nxdomain", 1000000, "warning")):
            with self.subTest(status=status, us=us):
                finding = self.found(Facts().records("PTR", status, rtt_us=us))[0].get("reverse-failing")
                self.assertEqual(finding and finding["severity"], severity)
                self.assertEqual(finding and finding["subject"], finding and "10.244.0.24")

    def test_names_of_addresses_by_other_faults(self):
        """A server that loses anything lost this by chance; an upstream that fails fails for them, too."""
        facts = Facts().records("PTR", "timeout", REPLICAS[1]).sampled(2, REPLICAS[1])
        self.assertNotIn("reverse-failing", self.found(facts)[0])
        facts = Facts().answers("timeout", name=names("external")).records("PTR", "timeout")
        self.assertEqual(self.found(facts)[0]["reverse-failing"]["consequence_of"], "upstream-failing")
        facts = Facts().answers("timeout", name=names("external")).records("PTR", "refused")
        self.assertIsNone(self.found(facts)[0]["reverse-failing"]["consequence_of"])

    def test_names_of_addresses_and_the_corefile(self):
        """A kubernetes line without the zone sends such names to the upstream."""
        for zones, told in (("cluster.local in-addr.arpa ip6.arpa", False), ("cluster.local", True),
                            ("cluster.local 244.10.in-addr.arpa", False), ("cluster.local ip6.arpa", True),
                            ("cluster.local 10.244.0.0/16", False)):
            with self.subTest(zones):
                facts = Facts().records("PTR", "servfail")
                for block in facts.data["corefile"]["blocks"]:
                    for plugin in block["plugins"]:
                        if plugin["name"] == "kubernetes":
                            plugin["arguments"] = zones
                evidence = " ".join(self.found(facts)[0]["reverse-failing"]["evidence"])
                self.assertEqual("no kubernetes line of the Corefile lists in-addr.arpa" in evidence, told)

    def test_named_ports(self):
        """No record is a remark where nobody says that a cluster is behind the servers."""
        schema = {"type": "TXT", "candidate": "dns-version.cluster.local", "status": "answer", "rcode": "NOERROR"}
        for what, targets, extra, severity in (
                ("answer", (), {}, None), ("nxdomain", (), {}, "info"), ("nodata", (), {}, "info"),
                ("nxdomain", (), schema, "warning"), ("nxdomain", REPLICAS[1:2], {}, "warning"),
                ("servfail", (), {}, "warning"), ("refused", REPLICAS[:1], {}, "warning"),
                ("timeout", (), {}, "warning")):
            with self.subTest(what=what, targets=targets, extra=bool(extra)):
                facts = Facts().records("SRV", what, *targets)
                probes = facts.data["records"]["probes"]
                if extra:
                    probes.append(dict(probes[0], answers=[], **extra))
                finding = self.found(facts)[0].get("srv-failing")
                self.assertEqual(finding and finding["severity"], severity)
                if targets:
                    self.assertIn(targets[0], " ".join(finding["evidence"]))

    def test_named_ports_by_other_faults(self):
        """Not where the address is not answered either, nor where the server loses others."""
        facts = Facts().records("SRV", "servfail").answers("servfail", name=names("own"))
        self.assertNotIn("srv-failing", self.found(facts)[0])
        facts = Facts().records("SRV", "timeout", REPLICAS[0]).sampled(3, REPLICAS[0])
        self.assertNotIn("srv-failing", self.found(facts)[0])
        for status, fault in (("timeout", lambda f: f.dead(REPLICAS[1])),
                              ("servfail", lambda f: f.sampled(3, REPLICAS[1]))):
            with self.subTest(status=status):
                facts = fault(Facts().records("SRV", status, CLUSTER_IP))
                self.assertNotIn("srv-failing", self.found(facts)[0])

    def test_first_nameserver_knows_no_cluster(self):
        """Then cluster names are never found, whatever the second knows."""
        facts = Facts().nameservers(REPLICAS[0], CLUSTER_IP).put("matrix.targets.1.role", "nameserver")
        finding = self.found(facts.answers("nxdomain", REPLICAS[0]))[0]["nameservers-differ"]
        self.assertEqual(finding["severity"], "critical")

    def test_flows_are_no_replicas(self):
        """An address that flows alone show is gone when it is silent, unless the ClusterIP loses what goes there."""
        facts = Facts().dead(REPLICAS[1]).put("matrix.targets.2.found_by", "conntrack")
        self.assertEqual(self.found(facts)[1], [])
        facts.sampled(12, CLUSTER_IP)
        self.assertEqual(self.found(facts)[1], ["replica-unreachable"])

    def test_api_away(self):
        """What a short look leaves open is more than a remark where the API server does not answer this process."""
        for outcome, severity in (("failed", "warning"), ("refused", "info")):
            facts = Facts().put("replicas.ways", [{"way": "api", "outcome": outcome, "found": 0}]).replica(
                0, "api", requests=29, errors=21, errors_new=0, codes=[share("200", 0, 8), share("<error>", 0, 21)])
            self.assertEqual(self.found(facts)[0]["apiserver-disconnected"]["severity"], severity)

    def test_stale_entries(self):
        """Those of yesterday are a remark; one that is renewed has a client that still sends there."""
        for change, severity in (({}, "warning"), ({"replied": True}, "info"),
                                 ({"replied": True, "renewed": True, "process": "java[4711]"}, "warning")):
            with self.subTest(change):
                facts = Facts().put("conntrack.stale", [dict(STALE, **change)]).put("conntrack.stale_total", 1)
                finding = self.found(facts)[0]["conntrack-stale"]
                self.assertEqual(finding["severity"], severity)
                self.assertEqual("java[4711]" in " ".join(finding["evidence"]), "process" in change)

    def test_sockets(self):
        """Connected to a server that is known, or that answers, is no fault."""
        for change in ({"known": True}, {"answers": True}, {"answers": None}):
            with self.subTest(change):
                found, _ = self.found(Facts().put("sockets.sockets", [dict(SOCKET, **change)]))
                self.assertNotIn("socket-stale", found)
        found, _ = self.found(Facts().put("sockets.sockets", [SOCKET]).put("replicas.service_ips", []))
        self.assertEqual(found["socket-stale"]["confidence"], "likely")

    def test_intercepted(self):
        """A proxy that answers is a remark, one that fails the fault; what is said of replicas is the proxy's."""
        stale = dict(STALE, reply_src="10.96.0.10:53", renewed=True)
        facts = Facts().redirected("answered").put("conntrack.stale", [stale]).put("conntrack.stale_total", 1)
        found, leading = self.found(facts.answers("servfail", REPLICAS[1]))
        self.assertEqual((leading, found["dns-intercepted"]["severity"]), ([], "info"))
        self.assertNotIn("conntrack-stale", found)
        found, leading = self.found(Facts().redirected("refused").refused_port(*EVERYONE))
        self.assertEqual((leading, found["dns-intercepted"]["severity"]), (["dns-intercepted"], "critical"))

    def test_not_intercepted(self):
        """Servers on the own link, behind routers, or silent; a bridge that translates for the ClusterIP."""
        for query, control, targets in (("answered", "refused", EVERYONE), ("expired", "expired", EVERYONE),
                                        ("answered", "silent", EVERYONE), ("silent", "silent", EVERYONE),
                                        ("answered", "expired", [CLUSTER_IP])):
            with self.subTest(query=query, control=control):
                facts = Facts().redirected(query, control, targets, False).put("conntrack.table.hooks", False)
                self.assertNotIn("dns-intercepted", self.found(facts)[0])
        facts = Facts().redirected("answered", "expired", [CLUSTER_IP], False)
        self.assertIn("dns-intercepted", self.found(facts)[0])  # this Pod has NAT of its own

    def test_a_nameserver_of_several_refuses(self):
        """It is told as a nameserver, a warning where another one answers; alone it is a server that refuses."""
        steps = {"timeout": "let it answer", "refused": "access list", "unreachable": "port of one of them is closed"}
        for status, words in steps.items():
            for addresses, rule in (((REPLICAS[0], CLUSTER_IP), "nameserver-unreachable"),
                                    ((REPLICAS[0],), "replica-refused")):
                with self.subTest(status=status, addresses=addresses):
                    facts = Facts().nameservers(*addresses).put("matrix.targets.1.role", "nameserver").put(
                        "sampling.targets.1.role", "nameserver")
                    if status == "refused":
                        facts.answers(status, REPLICAS[0])
                    elif status == "timeout":
                        facts.dead(REPLICAS[0])
                    else:
                        facts.refused_port(REPLICAS[0])
                    found = self.found(facts)[0]
                    if rule == "replica-refused" and status == "timeout":
                        self.assertNotIn("nameserver-unreachable", found)
                        continue
                    self.assertEqual(found[rule]["severity"],
                                     "critical" if rule == "replica-refused" else "warning")
                    if rule == "nameserver-unreachable":
                        self.assertIn(words, " ".join([found[rule]["cause"], *found[rule]["remedy"]]))
                        self.assertIn(f"nameserver {REPLICAS[0]}", found[rule]["subject"])
                        self.assertNotIn("replica-refused", found)

    def test_a_server_that_rejects_the_form(self):
        """FORMERR to every query, and whether that is because of EDNS."""
        for status in ("formerr", "notimp"):
            for without, title, severity in (("answer", "to queries with EDNS", "warning"),
                                             (status, "to every query", "critical"),
                                             (None, "to every query", "critical")):
                with self.subTest(status=status, without=without):
                    facts = Facts()
                    if without:
                        facts.asked_small(without)
                    found, leading = self.found(facts.answers(status))
                    self.assertEqual(leading, ["replica-refused"])
                    self.assertIn(f"{status.upper()} {title}", found["replica-refused"]["title"])
                    self.assertEqual(found["replica-refused"]["severity"], severity)
                    self.assertNotIn("describe pod", " ".join(found["replica-refused"]["remedy"]))
        self.assertNotIn("replica-refused", self.found(Facts().answers("formerr", type=["AAAA"]))[0])
        self.assertNotIn("replica-refused", self.found(Facts().answers("formerr", name=names("external")))[0])

    def test_what_does_not_match(self):
        """NAT is looked at where the address is wrong, who answers where the id or the question is."""
        for kind, title, nat, content in (
                ("source", "replies come from the wrong address", True, False),
                ("id", "replies do not match the query", False, True),
                ("question", "replies do not match the query", False, True),
                (None, "replies come from the wrong address, or do not match the query", True, True)):
            with self.subTest(kind):
                facts = Facts().answers("mismatch", CLUSTER_IP, detail="an answer came")
                for p in facts.probes([CLUSTER_IP]):
                    p.update(mismatch=kind)
                finding = self.found(facts)[0]["answer-mismatch"]
                self.assertEqual(finding["title"], title)
                remedy = " ".join(finding["remedy"])
                self.assertEqual(("br_netfilter" in remedy, "proxy" in remedy), (nat, content))

    def test_who_refuses(self):
        """A port unreachable of the server itself: nothing listens. Of another host: a rule on the way."""
        for by, leads, title in ((REPLICAS[1], "replica-refused", "nothing listens on port 53 of a server"),
                                 (None, "replica-refused", "nothing listens on port 53 of a server"),
                                 ("10.244.0.1", "path-filtered", "a firewall rule rejects DNS packets")):
            for sampled in (False, True):
                with self.subTest(by=by, sampled=sampled):
                    facts = Facts().refused_port(REPLICAS[1])
                    for p in facts.probes([REPLICAS[1]]):
                        p.update(reported_by=None if sampled else by)
                    for t in facts.data["sampling"]["targets"]:
                        if t["address"] == REPLICAS[1] and sampled:
                            t["rejected_by"] = by
                    found, leading = self.found(facts)
                    self.assertEqual(leading, [leads])
                    self.assertEqual(found[leads]["title"], title)
                    self.assertNotIn("replica-unreachable", found)
                    if leads == "path-filtered":
                        self.assertIn("were rejected by 10.244.0.1", " ".join(found[leads]["evidence"]))
        # What comes back for a ClusterIP has the address that NAT gives it.
        facts = Facts().refused_port(CLUSTER_IP)
        for p in facts.probes([CLUSTER_IP]):
            p.update(reported_by="10.244.0.1")
        self.assertNotIn("path-filtered", self.found(facts)[0])

    def test_unsent(self):
        """Each error of the own kernel has its own words, and nobody waits who is told at once."""
        words = {"no-route": "network is unreachable", "host": "host is unreachable", "no-buffer": "no buffer space",
                 "other": "cannot be sent"}
        for kind, title in words.items():
            with self.subTest(kind):
                found, leading = self.found(Facts().unsent(kind, *EVERYONE))
                self.assertEqual(leading, ["sending-fails"])
                self.assertIn(title, found["sending-fails"]["title"])
                self.assertNotIn("waits", " ".join(found["all-unreachable"]["evidence"]))
        found, leading = self.found(Facts().unsent("local-rule", *EVERYONE))
        self.assertEqual(leading, ["path-filtered"])

    def test_udp_alone(self):
        found, leading = self.found(Facts().udp_lost(*EVERYONE))
        self.assertEqual(leading, ["all-unreachable"])
        self.assertIn("TCP queries do", found["all-unreachable"]["title"])
        self.assertNotIn("restart", " ".join(found["all-unreachable"]["remedy"]))
        found, leading = self.found(Facts().udp_lost(REPLICAS[1]))
        self.assertEqual(leading, ["replica-unreachable"])
        self.assertIn("over TCP", " ".join(found["replica-unreachable"]["evidence"]))
        found, leading = self.found(Facts().dead(*EVERYONE))
        self.assertNotIn("TCP", json.dumps(found["all-unreachable"]))


class Counts(binary.Case):
    """Metrics as the only evidence."""

    def test_fires(self):
        for name, (rule, change, severity, evidence) in COUNTS.items():
            with self.subTest(name):
                document, _ = diagnose(change(Facts()).without(*OTHERS))
                found = [f for f in document["findings"] if f["id"] == rule]
                self.assertEqual([f["severity"] for f in found], [severity], states(document)[rule])
                self.assertIn(evidence, " ".join(found[0]["evidence"]))

    def test_quiet(self):
        for name, change in {"healthy": lambda f: f, **QUIET_COUNTS}.items():
            with self.subTest(name):
                document, _ = diagnose(change(Facts()).without(*OTHERS))
                self.assertEqual(document["findings"], [])
                for rule, *_ in COUNTS.values():
                    wanted = "unknown" if rule in NOT_BY_COUNTS else "quiet"
                    self.assertEqual(states(document)[rule], wanted, rule)

    def test_all_unseen_is_unknown(self):
        facts = Facts().without(*OTHERS)
        for number in range(3):
            facts.replica(number, error="cannot connect: Connection refused")
        document, _ = diagnose(facts)
        self.assertEqual({states(document)[rule] for rule, *_ in COUNTS.values()}, {"unknown"})

    def test_upstream_leads_to_errors(self):
        facts = COUNTS["four of a hundred"][1](COUNTS["no upstream"][1](Facts()))
        document, status = diagnose(facts)
        self.assertEqual((status, document["findings"][0]["id"]), (2, "upstream-failing"))
        self.assertEqual([f["consequence_of"] for f in document["findings"] if f["id"] == "coredns-errors"],
                         ["upstream-failing"])

    def test_rates_of_our_own_questions(self):
        """A limit shows in the sampling as well: now refused, now answered; or lost by our own rate."""
        facts = Facts().without("metrics").sampling_of(REPLICAS[1], rcodes={"NOERROR": 30, "REFUSED": 20})
        self.assertEqual(states(diagnose(facts)[0])["server-rate-limited"], "fires")
        facts = Facts().without("metrics").sampling_of(CLUSTER_IP, rcodes={"NOERROR": 30, "REFUSED": 20})
        self.assertEqual(states(diagnose(facts)[0])["server-rate-limited"], "quiet")
        facts = Facts().without("metrics")
        frequency = next(t for t in facts.data["sampling"]["targets"] if t["id"] == REPLICAS[0])["frequency"]
        frequency.update(word="at-peak", load="rate", correlation=0.9, calm_load=50.0, busy_load=200.0,
                         calm_bad_ratio=0.0, busy_bad_ratio=0.3)
        self.assertEqual(states(diagnose(facts)[0])["server-rate-limited"], "fires")
        frequency.update(load="latency", calm_load=500.0, busy_load=90000.0)
        document, _ = diagnose(facts)
        self.assertEqual(states(document)["server-rate-limited"], "quiet")
        self.assertIn("fails when it is slow", str([f for f in document["findings"] if f["id"] == "coredns-cpu"]))


class Relations(binary.Case):
    """One fault, one leading finding, first; what follows from it says so."""

    def leads(self, facts, name, *consequences):
        document, status = diagnose(facts)
        first = document["findings"][0]
        self.assertEqual((first["id"], first["consequence_of"]), (name, None))
        following = {f["id"] for f in document["findings"] if f["consequence_of"]}
        self.assertLessEqual(set(consequences), following)
        leading = [f["id"] for f in document["findings"] if not f["consequence_of"] and f["severity"] != "info"]
        self.assertEqual(leading, [name])
        return status

    def test_dead_replica(self):
        status = self.leads(Facts().dead(REPLICAS[1]).sampled(16, CLUSTER_IP), "replica-unreachable", "clusterip-lossy")
        self.assertEqual(status, 2)

    def test_full_table(self):
        facts = Facts().put("conntrack.table.fill_ratio", 1.0).put("conntrack.rates.drop", 40.0).dead(CLUSTER_IP)
        self.leads(facts.sampled(20, *REPLICAS), "conntrack-full", "clusterip-unreachable", "path-lossy")

    def test_two_faults(self):
        """Both lead, the worse one first."""
        document, _ = diagnose(CASES["upstream-failing"][0](CASES["neighbour-full"][0](Facts())))
        leading = [f["id"] for f in document["findings"] if not f["consequence_of"] and f["severity"] != "info"]
        self.assertEqual(leading, ["upstream-failing", "neighbour-full"])

    def test_nothing_is_lost_in_silence(self):
        """Questions that fail without a rule that knows why are no health."""
        document, status = diagnose(Facts().sampled(1, REPLICAS[0]))
        self.assertEqual((status, document["data"]["status"]), (1, "degraded"))
        self.assertIn("cause not identified", document["data"]["verdict"])


class Answers(binary.Case):
    """What was answered, by type, by search domain and by kind of name."""

    EXTERNAL = names("external")[0]
    CODES = ("servfail", "refused", "formerr", "notimp")

    def look(self, facts, *arguments):
        document, status = diagnose(facts, *arguments)
        return {f["id"]: f for f in document["findings"]}, document, status

    def by_type(self, facts, target, types):
        """Let the sampling of a target be so: {type: {rcode: count}}."""
        t = next(t for t in facts.data["sampling"]["targets"] if t["id"] == target)
        for one in t["types"]:
            one["rcodes"] = types[one["type"]]
            one["bad"] = sum(n for word, n in types[one["type"]].items() if word not in ("NOERROR", "NXDOMAIN"))
        return facts

    def test_one_type(self):
        """Every way in which one type can fail, at all servers, or at one, or for external names."""
        for kind, other in (("AAAA", "A"), ("A", "AAAA")):
            for status in ("nxdomain", *self.CODES, "timeout"):
                facts = Facts()
                for p in facts.probes(type=[kind]):
                    if p["status"] in ("answer", "nodata"):
                        facts.answers(status, p["target"], type=[kind], candidate=[p["candidate"]])
                found, document, code = self.look(facts)
                with self.subTest(kind=kind, status=status):
                    self.assertIn("family-failing", found)
                    self.assertEqual((found["family-failing"]["subject"], found["family-failing"]["consequence_of"]),
                                     (kind, None))
                    self.assertIn(f"and are for {other}", " ".join(found["family-failing"]["evidence"]))
                    self.assertEqual([i for i, f in found.items() if f["severity"] != "info" and
                                      not f["consequence_of"]], ["family-failing"])
                    self.assertIn(code, (1, 2))
                    self.assertNotIn("works", document["data"]["verdict"])
                    self.assertNotIn("A and AAAA are answered alike", document["data"]["healthy"])

    def test_one_type_at_one_server(self):
        facts = Facts().answers("nxdomain", REPLICAS[1], type=["AAAA"])
        found, _, _ = self.look(facts)
        self.assertEqual(found["family-failing"]["subject"], f"AAAA at {REPLICAS[1]}")
        facts = Facts().answers("servfail", type=["AAAA"], candidate=[self.EXTERNAL])
        found, _, _ = self.look(facts)
        self.assertIsNone(found.get("family-failing"), "one error of one name may be chance")

    def test_one_error_at_the_only_server(self):
        """One of several upstreams that fails hits one type by chance, and a cache repeats it: not certain."""
        for kind, confidence in (("A", "possible"), ("AAAA", "likely")):
            facts = Facts().answers("servfail", type=[kind], candidate=[self.EXTERNAL])
            for part, name, member in (("matrix", "targets", "id"), ("matrix", "probes", "target"),
                                       ("sampling", "targets", "id")):
                facts.data[part][name] = [x for x in facts.data[part][name] if x[member] == CLUSTER_IP]
            facts.data["small"] = copy.deepcopy(facts.data["matrix"])
            found, document, status = self.look(facts)
            self.assertEqual((found["family-failing"]["severity"], found["family-failing"]["confidence"], status),
                             ("warning", confidence, 1))
            self.assertIn("by chance", " ".join(found["family-failing"]["evidence"]))
            self.assertEqual(document["findings"][0]["id"] == "family-failing", kind == "AAAA")

    def test_one_type_of_external_names(self):
        facts = Facts().answers("nxdomain", type=["AAAA"], candidate=[self.EXTERNAL])
        found, _, _ = self.look(facts)
        self.assertEqual(found["family-failing"]["subject"], "AAAA of external names")

    def test_musl_is_worse_off(self):
        """A name that this Pod's resolver does not find is critical, and one that it finds all the same is not."""
        for resolver, severity in (("glibc", "warning"), ("musl", "critical")):
            facts = Facts().answers("nxdomain", type=["AAAA"], candidate=[names("own")[0].rstrip(".")])
            facts.put("matrix.resolver", resolver)
            found, document, status = self.look(facts)
            self.assertEqual((found["family-failing"]["severity"], status),
                             (severity, 2 if severity == "critical" else 1))
            self.assertIn("musl fails", " ".join(found["family-failing"]["evidence"]))

    def test_loss_is_no_type(self):
        """Losses that the sampling does not show to be of one type are losses."""
        facts = Facts().answers("timeout", REPLICAS[0], type=["AAAA"]).sampled(20, REPLICAS[0])
        found, _, _ = self.look(facts)
        self.assertNotIn("family-failing", found)

    def test_types_are_no_rate_limit(self):
        facts = Facts().without("metrics").sampling_of(REPLICAS[1], rcodes={"NOERROR": 30, "REFUSED": 30})
        self.by_type(facts, REPLICAS[1], {"A": {"NOERROR": 30}, "AAAA": {"REFUSED": 30}})
        self.assertNotIn("server-rate-limited", self.look(facts)[0])
        self.by_type(facts, REPLICAS[1], {"A": {"NOERROR": 15, "REFUSED": 15}, "AAAA": {"NOERROR": 15, "REFUSED": 15}})
        self.assertIn("server-rate-limited", self.look(facts)[0])

    def test_external_codes(self):
        """An upstream's error is the upstream's, whatever its code, and no access list of CoreDNS."""
        for status in (*self.CODES, "timeout"):
            with self.subTest(status):
                facts = Facts().answers(status, candidate=[self.EXTERNAL])
                found, _, code = self.look(facts)
                self.assertEqual((found["upstream-failing"]["severity"], code), ("critical", 2))
                self.assertNotIn("replica-refused", found)
                # A node has no search list, so that no domain of a cluster is known.
                found, _, _ = self.look(facts.put("matrix.cluster_domain", None))
                self.assertIn("upstream-failing", found)
                self.assertNotIn("replica-refused", found)

    def test_a_cached_name_hides_nothing(self):
        """The name that is asked for is still in a cache, and one that cannot be is not answered."""
        facts = Facts()
        name = f"k8sdns-1.{self.EXTERNAL}."
        facts.data["names"].append({"name": name, "kind": "uncached"})
        for target in EVERYONE:
            probe = copy.deepcopy(facts.probes([target], candidate=[self.EXTERNAL], type=["A"])[0])
            for kind in ("A", "AAAA"):
                facts.data["matrix"]["probes"].append({**probe, "name": name, "candidate": name.rstrip("."),
                                                       "type": kind, "status": "nxdomain", "answers": []})
        self.assertNotIn("upstream-failing", self.look(facts)[0])
        found, _, _ = self.look(facts.answers("servfail", name=[name]))
        self.assertIn("from a cache", " ".join(found["upstream-failing"]["evidence"]))
        self.assertEqual(found["upstream-failing"]["severity"], "critical")

    def test_one_replicas_upstream(self):
        facts = Facts().answers("servfail", REPLICAS[2], candidate=[self.EXTERNAL])
        found, _, _ = self.look(facts)
        self.assertEqual(found["upstream-failing"]["subject"], f"replica {REPLICAS[2]}")

    def test_search_domain(self):
        """Everything under one search domain fails: it is named, with what it does to each resolver."""
        for status in (*self.CODES, "timeout"):
            for resolver in ("glibc", "musl", "go"):
                facts = Facts().put("matrix.resolver", resolver)
                self.move_suffix(facts, "corp.example").answers(status, candidate=[f"{self.EXTERNAL}.corp.example"])
                if status == "timeout":
                    facts.data["small"] = copy.deepcopy(facts.data["matrix"])
                found, document, code = self.look(facts)
                with self.subTest(status=status, resolver=resolver):
                    self.assertEqual(found["resolver-differs"]["subject"], "corp.example")
                    self.assertEqual(found["resolver-differs"]["severity"] == "critical", resolver == "musl")
                    self.assertEqual(code, {"critical": 2, "warning": 1, "info": 0}[
                        found["resolver-differs"]["severity"]])
                    self.assertNotIn("failures-unexplained", found)

    def test_silence_under_a_domain_of_the_clusters(self):
        """What does not exist there gets no answer, and all else does; with other losses it is for other rules."""
        def silent(*candidates):
            facts = Facts().answers("timeout", candidate=[f"{name}.{domain}" for domain in candidates
                                                          for name in (self.EXTERNAL, *names("missing"))])
            facts.data["small"] = copy.deepcopy(facts.data["matrix"])
            return facts

        found, _, _ = self.look(silent("svc.cluster.local"))
        self.assertEqual(found["resolver-differs"]["subject"], "svc.cluster.local")
        evidence = " ".join(found["resolver-differs"]["evidence"])
        self.assertIn("for what does not exist under svc.cluster.local", evidence)
        self.assertIn("glibc finds it in 10.0 s", evidence)
        self.assertNotIn("failures-unexplained", found)
        half = silent("svc.cluster.local")
        for p in half.probes(EVERYONE, candidate=[f"{self.EXTERNAL}.svc.cluster.local"], type=["AAAA"]):
            p.update(status="nxdomain")
        once = silent("svc.cluster.local")
        once.data["small"] = Facts().data["matrix"]
        more = silent("svc.cluster.local").answers("timeout", candidate=[self.EXTERNAL], type=["AAAA"])
        # What goes to a silent replica is lost, whatever it asks for: that all of it was under one domain is chance.
        chance = Facts().dead(REPLICAS[1])
        for p in chance.probes(CLUSTER_IP, candidate=[f"{name}.svc.cluster.local" for name in (self.EXTERNAL,
                                                                                              *names("missing"))]):
            p.update(status="timeout", answers=[])
        chance.data["small"] = copy.deepcopy(chance.data["matrix"])
        for facts in (half, once, more, chance):
            self.assertNotIn("svc.cluster.local", str(self.look(facts)[0].get("resolver-differs", {}).get("subject")))

    def test_a_short_name_that_was_asked_about(self):
        """Programs without a search list do not find it: worth knowing, and no fault."""
        facts = Facts()
        external = facts.probes(EVERYONE, name=names("external"))
        address = facts.probes(EVERYONE, name=names("own"), type=["A"])[0]["answers"]
        for p in copy.deepcopy(external):
            candidate = p["candidate"].replace(self.EXTERNAL, "web")
            found = candidate == "web.default.svc.cluster.local" and p["type"] == "A"
            p.update(name="web", candidate=candidate, status="answer" if found else
                     "nodata" if candidate == "web.default.svc.cluster.local" else "nxdomain",
                     answers=[{**a, "NAME": f"{candidate}."} for a in address] if found else [])
            facts.data["matrix"]["probes"].append(p)
        facts.data["names"].append({"name": "web", "kind": "given"})
        found, _, code = self.look(facts)
        self.assertEqual((code, found["resolver-differs"]["severity"]), (0, "info"))
        self.assertIn("node-resolve, nginx, haproxy do not have", " ".join(found["resolver-differs"]["evidence"]))
        self.assertNotIn("resolver-differs", self.look(Facts())[0])

    def move_suffix(self, facts, domain):
        """The last search domain is another one, which is not the cluster's."""
        old = f"{self.EXTERNAL}.cluster.local"
        for p in facts.data["matrix"]["probes"]:
            if p["candidate"] == old:
                p["candidate"] = f"{self.EXTERNAL}.{domain}"
        for view in facts.data["resolv"]["views"]:
            view["search"][-1] = domain
        for name in facts.data["plans"]["names"]:
            for q in name["plans"][0]["queries"]:
                if q["suffix"] == "cluster.local":
                    q.update(suffix=domain, name=f"{q['name'].removesuffix('.cluster.local')}.{domain}")
        return facts

    def test_hijack_of_the_name_itself(self):
        """A search domain has another address for a name that exists as it stands."""
        facts = self.move_suffix(Facts(), "corp.example")
        answer = copy.deepcopy(facts.probes([CLUSTER_IP], candidate=[self.EXTERNAL], type=["A"])[0]["answers"])
        for p in facts.probes(candidate=[f"{self.EXTERNAL}.corp.example"], type=["A"]):
            p.update(status="answer", rcode="NOERROR", answers=copy.deepcopy(answer))
        self.assertNotIn("search-hijack", self.look(facts)[0], "the same address is no hijack")
        for p in facts.probes(candidate=[f"{self.EXTERNAL}.corp.example"], type=["A"]):
            p["answers"][0]["rdataA"] = "203.0.113.9"
        found, _, _ = self.look(facts)
        self.assertIn("203.0.113.9", " ".join(found["search-hijack"]["evidence"]))
        self.assertIn(answer[0]["rdataA"], " ".join(found["search-hijack"]["evidence"]))

    def test_what_comes_back_differs(self):
        """A silent upstream becomes a SERVFAIL in time, but not a refusal; clean differences are another fault."""
        for world, under, consequence in (
                (["timeout"], "timeout", "upstream-failing"), (["servfail"], "servfail", "upstream-failing"),
                (["timeout", "servfail"], "timeout", "upstream-failing"),
                (["timeout", "servfail"], "servfail", "upstream-failing"), (["timeout"], "servfail", None),
                (["servfail"], "timeout", None), (["servfail"], "refused", None), (["refused"], "timeout", None)):
            with self.subTest(world=world, under=under):
                facts = self.move_suffix(Facts(), "corp.example")
                facts.answers(under, candidate=[f"{self.EXTERNAL}.corp.example"])
                for number, target in enumerate(EVERYONE):
                    facts.answers(world[number % len(world)], target, candidate=[self.EXTERNAL])
                facts.data["small"] = copy.deepcopy(facts.data["matrix"])
                finding = self.look(facts)[0]["resolver-differs"]
                self.assertEqual((finding["subject"], finding["consequence_of"]), ("corp.example", consequence))

    def test_a_type_that_fails_everywhere_hides_no_domain(self):
        """AAAA is lost whatever is asked; A is refused under one domain alone."""
        facts = self.move_suffix(Facts(), "corp.example")
        facts.answers("refused", candidate=[f"{self.EXTERNAL}.corp.example"]).answers("timeout", type=["AAAA"])
        facts.data["small"] = copy.deepcopy(facts.data["matrix"])
        found, _, _ = self.look(facts)
        self.assertIsNone(found["family-failing"]["consequence_of"])
        self.assertEqual((found["resolver-differs"]["subject"], found["resolver-differs"]["consequence_of"]),
                         ("corp.example", None))

    def test_another_domain(self):
        facts = Facts().answers("nxdomain", name=names("own"))
        facts.data["near_names"] = copy.deepcopy(facts.data["matrix"])
        facts.data["near_names"]["probes"] = [
            {**p, "status": "answer", "candidate": "kubernetes.default.svc.k8s.local"}
            for p in facts.probes([CLUSTER_IP], name=names("own"))]
        found, document, _ = self.look(facts)
        self.assertEqual(document["findings"][0]["id"], "cluster-domain-wrong")
        self.assertEqual(found["cluster-domain-wrong"]["confidence"], "certain")
        self.assertIn("kubernetes.default.svc.k8s.local does exist",
                      " ".join(found["cluster-domain-wrong"]["evidence"]))


class Collisions(binary.Case):
    """Ports that collide, but not those of probing."""

    def entry(self, dst, reply):
        return {"protocol": "udp", "orig_src": "10.244.1.1:40000", "orig_dst": dst, "reply_src": reply,
                "reply_dst": "10.244.1.1:40000", "replied": True, "assured": False, "timeout_s": 20}

    def test_own_probes(self):
        for second, state in ((f"{REPLICAS[0]}:53", "quiet"), (f"{CLUSTER_IP}:53", "fires")):
            facts = Facts().put("conntrack.collisions_total", 1).put("conntrack.collisions", [
                {"kind": "shared", "client": "10.244.1.1:40000",
                 "entries": [self.entry(f"{CLUSTER_IP}:53", f"{REPLICAS[1]}:53"),
                             self.entry(second, f"{REPLICAS[0]}:53")]}])
            self.assertEqual(states(diagnose(facts)[0])["port-collision"], state, second)


class Slow(binary.Case):
    """Slow is unhealthy: where the time goes, and how much it matters."""

    def found(self, facts, *arguments):
        document, status = diagnose(facts, *arguments)
        return {f["id"]: f for f in document["findings"] if f["id"] not in REMARKS}, status

    def test_lines(self):
        """Over 100 ms a remark, over 1 s a warning; the lines can be moved."""
        for us, severity, status in ((99000, None, 0), (101000, "info", 0), (999000, "info", 0),
                                     (1001000, "warning", 1)):
            facts = Facts().takes(us // 4, name=names("external"))
            facts.takes(us - us // 4 * 3, candidate=names("external"))
            found, code = self.found(facts)
            self.assertEqual((found.get("lookup-slow", {}).get("severity"), code), (severity, status), us)
        facts = Facts().takes(30000, name=names("external"))
        self.assertNotIn("lookup-slow", self.found(facts, "--set", "lookup.slow_ms=200")[0])
        self.assertEqual(self.found(facts, "--set", "lookup.very_slow_ms=110")[1], 1)

    def test_where(self):
        """What is slow is named, and slow lookups follow from it."""
        for name, facts in (("upstream-slow", Facts().takes(1500000, candidate=names("external"))),
                            ("family-slow", Facts().takes(1500000, type=["AAAA"])),
                            ("answers-slow", Facts().all_take(1500000).takes(1500000)),
                            ("answers-slow", Facts().takes(1500000))):
            found, status = self.found(facts)
            self.assertEqual((found[name]["severity"], status), ("warning", 1))
            self.assertEqual(found.get("lookup-slow", {}).get("consequence_of", name), name)
            self.assertEqual([i for i, f in found.items() if f["severity"] != "info" and not f["consequence_of"]],
                             [name])

    def test_one_replica(self):
        """Its own finding, with the ClusterIP as fast as the others; and no upstream explains it."""
        facts = CASES["upstream-failing"][0](Facts().one_slow(173000))
        found, _ = self.found(facts)
        self.assertEqual((found["replica-slow"]["consequence_of"], found["upstream-failing"]["consequence_of"]),
                         (None, None))
        self.assertNotIn("answers-slow", found)

    def test_one_moment(self):
        """Slow while it was sampled, and as fast as the others a moment before: that was a busy moment."""
        self.assertNotIn("replica-slow", self.found(Facts().sampling_of(REPLICAS[1], p50_us=30000))[0])
        for least, slow in ((200, False), (25000, True)):
            found, _ = self.found(Facts().one_slow(30000).sampling_of(REPLICAS[1], min_us=least))
            self.assertEqual("replica-slow" in found, slow, least)

    def test_a_busy_node_never_leads(self):
        facts = Facts().one_slow(173000).limit("cpu-pressure", use=95.0, ratio=0.95)
        document, _ = diagnose(facts)
        self.assertEqual([(f["id"], f["consequence_of"]) for f in document["findings"] if f["severity"] != "info"],
                         [("replica-slow", None), ("node-overloaded", None)])


class Agreement(binary.Case):
    """Status, exit status, headline, numbers and what is called fine say one thing, whatever is wrong."""

    STATUS = {"ok": 0, "degraded": 1, "failing": 2, "unknown": 3}
    FALSE_WHEN = {  # what is never fine while this is so
        "no question was lost in the sampling": lambda d: any(t["lost"] for t in d["sampling"]["targets"]),
        "every replica answers": lambda d: any(t["answered"] == 0 for t in d["sampling"]["targets"]
                                               if t["role"] == "replica"),
        "external names resolve": lambda d: any(p["status"] in ("servfail", "timeout", "refused")
                                                for p in d["matrix"]["probes"] if p["name"] in names("external") and
                                                p["candidate"] == p["name"]),
        "CoreDNS answers in time and without SERVFAIL": lambda d: any(
            p["status"] == "servfail" for p in d["matrix"]["probes"] if p["candidate"].endswith("cluster.local")),
    }

    def test_every_case(self):
        for name, (change, _) in CASES.items():
            with self.subTest(name):
                facts = change(Facts())
                document, status = diagnose(facts)
                data = document["data"]
                worst = min((("critical", "warning", "info").index(f["severity"]) for f in document["findings"]),
                            default=2)
                self.assertEqual(self.STATUS[data["status"]], status)
                self.assertEqual(data["status"], ("failing", "degraded", "ok")[worst])
                self.assertTrue(data["verdict"].startswith(data["status"].upper() + ": "))
                missed = [lookup for lookup in data["lookups"] if lookup["exists"] and not lookup["found"]]
                self.assertTrue(not missed or status == 2, missed)
                if data["failed"]:
                    self.assertNotEqual(status, 0)
                    self.assertNotIn("works", data["verdict"])
                for line, is_false in self.FALSE_WHEN.items():
                    self.assertFalse(line in data["healthy"] and is_false(facts.data), line)

    def test_nothing_asked(self):
        facts = Facts().without("matrix", "sampling", "small", "tcp", "logs", "metrics", "kube", "corefile", "dnstap",
                                "spans")
        document, status = diagnose(facts)
        self.assertEqual((document["data"]["status"], status), ("unknown", 3))


class Settings(binary.Case):
    def test_set(self):
        facts = Facts().put("conntrack.table.fill_ratio", 0.78)
        self.assertEqual(states(diagnose(facts)[0])["conntrack-near-full"], "fires")
        document, _ = diagnose(facts, "--set", "conntrack.near_full_ratio=0.8")
        self.assertEqual(states(document)["conntrack-near-full"], "quiet")

    def test_without_its_name(self):
        """Without a command all options are diagnose's; with one, they stand behind it."""
        facts = Facts().put("conntrack.table.fill_ratio", 0.78)
        capture = json.dumps(facts.envelope).encode()
        document, status = binary.run_json("--set", "conntrack.near_full_ratio=0.8", "--from", "-", stdin=capture)
        self.assertEqual((document["command"], states(document)["conntrack-near-full"], status),
                         ("diagnose", "quiet", 0))
        done = binary.run("--seet", "x", "--from", "-", stdin=capture)
        self.assertEqual((done.returncode, "did you mean --set" in done.stderr), (64, True))
        self.assertEqual(binary.run("--replica", "10.0.0.1", "probe", "x").returncode, 64)

    def test_set_wrongly(self):
        for text, words in (("conntrack.near_full=0.8", "near_full_ratio"),
                            ("conntrack.near_full_ratio=2", "from 0.01 to 1"),
                            ("conntrack.near_full_ratio", "NAME=VALUE"), ("conntrack.near_full_ratio=x", "no number")):
            done = binary.run("diagnose", "--from", "-", "--set", text, stdin=json.dumps(HEALTHY).encode())
            self.assertEqual(done.returncode, 64, text)
            self.assertIn(words, done.stderr)

    def test_fail_on(self):
        facts = CASES["conntrack-near-full"][0](Facts())
        for word, status in (("critical", 0), ("warning", 1), ("info", 1), ("never", 0)):
            self.assertEqual(diagnose(facts, "--fail-on", word)[1], status)
        self.assertEqual(diagnose(Facts(), "--fail-on", "info")[1], 1)


class Blanks(binary.Case):
    """Words in capitals, which stand for names that nobody told, are explained once."""

    def test_explained(self):
        facts = Facts().dead("10.244.1.22")
        for replica in facts.data["replicas"]["replicas"]:
            replica.update(pod=None, node=None)
        capture = json.dumps(facts.envelope).encode()
        for words in ([], ["-v"]):
            done = binary.run("diagnose", "--from", "-", *words, stdin=capture)
            self.assertIn("describe pod POD", done.stdout)
            self.assertEqual(done.stdout.count("kubectl get pods -A -o wide"), 1, done.stdout)
            self.assertRegex(done.stdout, r"POD\b.*: kubectl get pods -A -o wide")


class ForAdmin(binary.Case):
    """What a Pod's people cannot see is one command for who runs the cluster, and only that."""

    def asked(self, facts, **host):
        facts.data["host"].update({"in_pod": True, "pod": "web-0", "namespace": None, "host_network": False, **host})
        return diagnose(facts)[0]["data"]["for_admin"]

    def test_command(self):
        step = self.asked(Facts().dead("10.244.1.22").without("kube"))
        # The namespace is that of the search list.
        self.assertEqual(step["command"], "kubectl k8sdns web-0 -n default")
        self.assertIn("admin", step["text"])
        # Another search list than a kubelet's tells of none.
        facts = Facts().dead("10.244.1.22").without("kube")
        facts = facts.put("resolv.search", ["shop.svc.cluster.local", "corp.test"])
        self.assertEqual(self.asked(facts)["command"], "kubectl k8sdns web-0 -n NAMESPACE")

    def test_not_without_need(self):
        self.assertIsNone(self.asked(Facts().without("kube")), "all is well")
        self.assertIsNone(self.asked(Facts().dead("10.244.1.22")), "Kubernetes' view is there")
        self.assertIsNone(self.asked(Facts().dead("10.244.1.22").without("kube"), in_pod=False, pod=None), "a node")

    def test_not_for_the_pods_own(self):
        """A name that does not exist is a matter of the program."""
        self.assertIsNone(self.asked(Facts().answers("nxdomain", name=names("external")).without("kube")))


class HostileNames(binary.Case):
    """A capture is anybody's: no name in it makes a printed command do another thing than it says."""
    # Unquoted, in quotes of its own, or with words in braces a shell would write a file; and an option of kubectl's.
    NAMES = ["{ns}{pod}x' ; >pwned ; '$(>pwned)`>pwned`\n>pwned\n", 'x" ; >pwned ; "', "--all"]

    def hostile(self, case, name):
        facts = case(Facts())
        text = json.dumps(facts.envelope)
        shown = json.dumps(name)
        known = {"web-7d4b9c6f5-k2j8x", "kube-system", "kube-dns", "k8s-app=kube-dns", "worker-1", "worker-2", "node-2"}
        known |= {pod["name"] for pod in facts.data["kube"]["pods"]} if facts.data["kube"] else set()
        for word in known:
            text = text.replace(json.dumps(word), shown)
        facts.envelope = json.loads(text)
        facts.data = facts.envelope["data"]
        facts.data["host"].update(in_pod=True, pod=name, namespace=name, host_network=False)
        facts.data["dns"] = {
            "distribution": None, "certain": False, "recognised_by": [], "software": "coredns", "kind": "deployment",
            "namespace": "x;>pwned", "many_containers": True, "port": 53, "custom_seen": False, "reconciled": False,
            "domain": "cluster.local", "service_ranges": [],
            **{key: name for key in ("service", "workload", "container", "config_map", "custom_map", "selector",
                                     "account", "autoscaler_map")},
            "node_cache": {"namespace": name, "workload": name, "config_map": name, "selector": name, "addresses": []}}
        return facts

    def commands(self, document):
        data = document["data"]
        yield from data["next"]
        steps = [step for finding in document["findings"] for step in finding["steps"]] + [data.get("for_admin") or {}]
        for step in steps:
            yield from [text for text in (step.get("command"), step.get("undo")) if text]
        yield from [gap["how"] for gap in document["unobserved"]]
        yield from [check["detail"].partition("; ")[2] for check in data["checks"] if check["state"] == "unknown"]

    def test_commands(self):
        seen = set()
        for number, name in enumerate(self.NAMES):
            for place, (rule, (case, _)) in enumerate(CASES.items()):
                # Those of other rules, too, and how to have what is missing.
                missing = ("kube", "logs", "corefile") if (number + place) % 2 else ()
                document, status = diagnose(self.hostile(case, name).without(*missing))
                self.assertIn(status, (0, 1, 2), (rule, name))
                seen |= set(self.commands(document))
        self.assertGreater(len([text for text in seen if text.startswith("kubectl ")]), 100)
        with tempfile.TemporaryDirectory() as folder:
            for text in sorted(seen):
                self.assertNotRegex(text, r"(?<![\w-])--all\b(?!-)", text)
                # Nothing of it is found, so that it does no more than the shell itself does.
                subprocess.run(["/bin/sh", "-c", text], cwd=folder, env={"PATH": "/nonexistent"}, check=False,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                self.assertFalse([path for path in os.listdir(folder) if "pwned" in path], text)


class Pasted(binary.Case):
    """With -v, too, what closes a gap stands whole on a line of its own when it is a command."""

    def test_whole(self):
        seen = 0
        for name in ("dead-replica-unprivileged", "dead-replica-named", "healthy", "two-faults"):
            arguments = ("diagnose", "--from", binary.SOURCE / f"tests/data/captures/{name}.json")
            lines = binary.run(*arguments, "-v", env={"COLUMNS": "80"}).stdout.splitlines()
            document, _ = binary.run_json(*arguments)
            texts = [gap["how"] for gap in document["unobserved"]]
            texts += [check["detail"] for check in document["data"]["checks"] if check["state"] == "unknown"]
            for text in texts:
                command = re.search(r"(?:^|[;:] )((?:kubectl|k8sdns|sudo k8sdns) .*)$", text)
                if command:
                    self.assertIn("       " + command[1], lines)
                    seen += 1
        self.assertGreater(seen, 10)


class Captures(binary.Case):
    def test_parts(self):
        """Other commands show their part of a capture."""
        capture = json.dumps(HEALTHY).encode()
        for command, member in (("resolv", "resolv"), ("probe", "matrix"), ("replicas", "replicas"),
                                ("conntrack", "conntrack"), ("node", "node"), ("watch", "sampling"),
                                ("corefile", "corefile"), ("spans", "spans")):
            document, status = binary.run_json(command, "--from", "-", stdin=capture)
            self.assertEqual((status, recorded_part(document["data"], HEALTHY["data"][member])),
                             (0, HEALTHY["data"][member]))
            self.assertEqual(document["host"]["hostname"], HEALTHY["data"]["host"]["hostname"])
            self.assertTrue(binary.run(command, "--from", "-", stdin=capture).stdout)

    def test_a_part_that_is_missing(self):
        document, status = binary.run_json("ipvs", "--from", "-", stdin=json.dumps(HEALTHY).encode())
        self.assertEqual((status, document["error"]["message"]), (3, "the capture has no IPVS"))

    def test_no_capture(self):
        for text, words in ((b"", "is empty"), (b"[]", "nothing that k8sdns wrote"), (b'{"a": 1', "no JSON"),
                            (b'{"schema": "k8sdns/9", "command": "capture", "data": {}}', "version k8sdns/9"),
                            (b'{"schema": "k8sdns/1", "command": "probe", "data": {}}', "k8sdns capture"),
                            (b'{"schema": "k8sdns/1", "command": "capture", "data": {}}', "'time' of facts")):
            done = binary.run("diagnose", "--from", "-", stdin=text)
            self.assertEqual(done.returncode, 65, text)
            self.assertIn(words, done.stderr)
        self.assertEqual(binary.run("diagnose", "--from", "/nowhere").returncode, 66)
        done = binary.run("objects", "x", "--from", "-")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--from goes with diagnose, ", done.stderr)
        self.assertNotIn("objects,", done.stderr)

    def test_hostile_captures(self):
        """A capture from anywhere: members gone, null or of other types end in an error, never in a crash."""
        def damaged(value, way=()):
            if isinstance(value, dict):
                for key in value:
                    yield way + (key,)
                    yield from damaged(value[key], way + (key,))
            elif isinstance(value, list) and value:
                yield from damaged(value[0], way + (0,))
        places = list(damaged(HEALTHY["data"]))
        self.assertGreater(len(places), 200)
        # Whoever else looks at that part.
        readers = {"matrix": ("probe", "lookup"), "resolv": ("expand", "lookup"), "plans": ("expand",),
                   "metrics": ("metrics",)}
        facts = Facts()
        for number, place in enumerate(places):
            at = facts.data
            for key in place[:-1]:
                at = at[key]
            whole, at[place[-1]] = at[place[-1]], (None, "x", 7, [], {})[number % 5]
            capture = json.dumps(facts.envelope).encode()
            at[place[-1]] = whole
            for command in ("diagnose", *readers.get(place[0], ())):
                done = subprocess.run([binary.K8SDNS, command, "--from", "-"], env=binary.ENVIRONMENT, input=capture,
                                      capture_output=True, check=False)
                self.assertIn(done.returncode, (0, 1, 2, 3, 65), (place, done.stderr[-500:]))

    def from_capture(self, facts, *arguments):
        return binary.run_json(*arguments, "--from", "-", stdin=json.dumps(facts.envelope).encode())

    def test_probe_status(self):
        """1: the name does not exist; 2: DNS does not work for it, though its other candidates were denied."""
        external = names("external")
        for facts, expected in ((Facts(), (0, "ok")),
                                (Facts().answers("nxdomain", name=external), (1, "degraded")),
                                (Facts().answers("servfail", name=external, candidate=external), (2, "failing")),
                                (Facts().answers("timeout", name=external, candidate=external), (2, "failing")),
                                # Another replica has it.
                                (Facts().answers("servfail", REPLICAS[1], name=external), (1, "degraded"))):
            facts.put("matrix.probes", facts.probes(name=external))
            document, status = self.from_capture(facts, "probe")
            self.assertEqual((status, document["data"]["status"]), expected)

    def test_expand(self):
        """The plans of the capture, and those of other resolvers and of other names by its resolv.conf."""
        document, status = self.from_capture(Facts(), "expand")
        recorded = HEALTHY["data"]["plans"]["names"]
        self.assertEqual((status, recorded_part(document["data"]["names"], recorded)), (0, recorded))
        document, _ = self.from_capture(Facts(), "expand", "--as", "all", "db.prod")
        plans = document["data"]["names"][0]["plans"]
        self.assertEqual([p["resolver"] for p in plans], ["glibc", "musl", "go"])
        self.assertEqual(plans[1]["queries"][0]["name"], "db.prod.default.svc.cluster.local")
        document, status = self.from_capture(Facts().without("resolv"), "expand")
        self.assertEqual((status, document["error"]["message"]), (3, "the capture has no resolv.conf"))

    def test_lookup(self):
        """A lookup on the recorded answers takes the time that they took."""
        document, status = self.from_capture(Facts(), "lookup", "--as", "all", "www.example.com")
        probes = {(p["candidate"], p["type"]): p for p in Facts().probes([CLUSTER_IP], name=["www.example.com"])}
        self.assertEqual(status, 0)
        for lookup in document["data"]["lookups"]:
            self.assertEqual((lookup["result"], lookup["error"], len(lookup["queries"])), ("ok", None, 8))
            self.assertEqual(set(lookup["addresses"]), {"192.0.2.80", "2001:db8::80"})
            for q in lookup["queries"]:
                self.assertAlmostEqual(q["rtt_ms"], probes[q["name"], q["type"]]["rtt_us"] / 1000)
            # Two questions at once, one name after the other.
            steps = [max(probes[q["name"], kind]["rtt_us"] for kind in ("A", "AAAA")) for q in lookup["queries"][::2]]
            self.assertAlmostEqual(lookup["total_ms"], sum(steps) / 1000)

    def test_lookup_of_faults(self):
        for change, resolver, error, total_ms in (
                (lambda f: f.dead(CLUSTER_IP), "glibc", "Temporary failure in name resolution", 20000),
                (lambda f: f.dead(CLUSTER_IP), "musl", "Try again", 5000),
                (lambda f: f.answers("servfail"), "go", "server misbehaving", None)):
            document, _ = self.from_capture(change(Facts()), "lookup", "--as", resolver, "www.example.com")
            lookup = document["data"]["lookups"][0]
            self.assertEqual((lookup["result"], lookup["error"]), ("fail", error))
            if total_ms:
                self.assertAlmostEqual(lookup["total_ms"], total_ms)
        # diagnose says the same of the resolver that was followed.
        document, _ = diagnose(Facts().dead(CLUSTER_IP))
        seen = {lookup["name"]: lookup for lookup in document["data"]["lookups"]}["www.example.com"]
        self.assertEqual((seen["found"], seen["resolver"], seen["total_ms"]), (False, "glibc", 20000.0))

    def test_lookup_without_the_answer(self):
        """What the capture cannot tell is said, and is no failure of the name."""
        document, status = self.from_capture(Facts(), "lookup", "www.example.com", "other.example.com")
        self.assertEqual([lookup["name"] for lookup in document["data"]["lookups"]], ["www.example.com"])
        self.assertEqual((status, [u["what"] for u in document["unobserved"]]),
                         (0, ["the lookup of other.example.com by glibc"]))
        self.assertEqual(self.from_capture(Facts(), "lookup", "other.example.com")[1], 3)
        self.assertEqual(self.from_capture(Facts().without("matrix"), "lookup")[1], 3)

    def test_statuses(self):
        """A part of a capture ends as the command itself would have."""
        facts = Facts().dead(REPLICAS[1])
        for t in facts.data["sampling"]["targets"]:
            t["bad"] = t["lost"]
        for command in ("probe", "watch"):
            self.assertEqual(self.from_capture(facts, command)[1], 1)

    def test_text(self):
        for name, facts in (("healthy", Facts()), ("conntrack-full", CASES["conntrack-full"][0](Facts()))):
            # Without a command it is diagnose.
            done = binary.run("--from", "-", stdin=json.dumps(facts.envelope).encode())
            self.golden(f"diagnose-{name}", done.stdout)
            self.assertEqual(done.stderr, "")


class Spans(binary.Case):
    """Which plugin holds queries up."""

    def test_whom(self):
        for plugin, subject in (("connect", "forward"), ("forward", "forward"), ("kubernetes", "kubernetes")):
            document, _ = diagnose(Facts().slow(plugin, 20, 0.9))
            finding = next(f for f in document["findings"] if f["id"] == "coredns-slow-plugin")
            self.assertEqual((finding["subject"], finding["severity"]), (subject, "warning"))
            self.assertEqual("upstream 100." in "".join(finding["evidence"]), subject == "forward")

    def test_quiet(self):
        """A cold cache, a few slow ones, or time that no one plugin has, blame nobody."""
        for change in (lambda f: f.slow("connect", 4, 0.99), lambda f: f.slow("connect", 20, 0.3),
                       lambda f: f.slow("connect", 20, 0.99).put("spans.traces", 3000)):
            self.assertEqual(states(diagnose(change(Facts()))[0])["coredns-slow-plugin"], "quiet")
        few = Facts().slow("connect", 20, 0.99).put("spans.traces", 30)
        self.assertEqual(states(diagnose(few)[0])["coredns-slow-plugin"], "unknown")
        self.assertEqual(states(diagnose(few, "--set", "trace.fewest=30")[0])["coredns-slow-plugin"], "fires")


class Corefile(binary.Case):
    """The Corefile by an option, and from what Kubernetes says."""

    KUBEADM = (binary.SOURCE / "tests/data/corefiles/kubeadm.Corefile").read_text()

    def capture(self, *arguments):
        with twister() as server, resolv_conf("nameserver 127.0.0.9\n") as conf:
            return binary.run_json("capture", "--resolv-conf", conf, "--budget", "1s", "--no-external",
                                   "--no-discovery", "--replica", server, *arguments)

    def test_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.KUBEADM.replace("/etc/resolv.conf", "127.0.0.1"))
            file.flush()
            document, status = self.capture("--corefile", file.name)
            self.assertEqual(status, 0)
            self.assertEqual([r["matter"] for r in document["data"]["corefile"]["remarks"]], ["forward-loop", "pods"])
            found, status = binary.run_json("diagnose", "--from", "-", stdin=json.dumps(document).encode())
            self.assertEqual(status, 2)
            self.assertIn("forward-loop", [f["id"] for f in found["findings"]])
            document, _ = self.capture("--corefile", file.name, "--redact", "word")
            self.assertNotIn("lameduck", json.dumps(document))
            self.assertEqual(document["data"]["corefile"]["blocks"], [])
        self.assertEqual(self.capture("--corefile", "/nowhere")[1], 66)

    def test_kubernetes(self):
        objects = {"kind": "ConfigMap", "metadata": {"name": "coredns"},
                   "data": {"Corefile": self.KUBEADM.replace("errors", "debug")}}
        with tempfile.NamedTemporaryFile("w") as file:
            json.dump(objects, file)
            file.flush()
            document, _ = self.capture("--endpoints", file.name)
        self.assertEqual([r["matter"] for r in document["data"]["corefile"]["remarks"] if r["severity"] == "warning"],
                         ["errors", "debug"])

    def test_what_hides(self):
        """Without loop, only the file that it forwards to can tell; with it CoreDNS would not answer."""
        facts = Facts().put("corefile.resolv_conf_unseen", True)
        self.assertEqual(states(diagnose(facts)[0])["forward-loop"], "quiet")
        facts.remark("loop", "info", 13, "forwards without loop")
        self.assertEqual(states(diagnose(facts)[0])["forward-loop"], "unknown")
        self.assertEqual(states(diagnose(Facts().put("corefile.resolv_conf_unseen", True).dead(*EVERYONE))[0])
                         ["forward-loop"], "unknown")


class Objects(binary.Case):
    """What Kubernetes says of the Service and of its Pods."""

    def finding(self, facts, name):
        document, _ = diagnose(facts)
        return next((f for f in document["findings"] if f["id"] == name), None), document

    def test_endpoints(self):
        selector = service(selector="k8s-app=dns", not_ready=0, not_ready_names=[], pods_ready=2, pods_selected=0,
                           outside_pod="coredns-a", outside_labels="k8s-app=kube-dns,pod-template-hash=x")
        facts = Facts().dead(CLUSTER_IP).put("replicas.services", [selector])
        found, document = self.finding(facts, "service-endpoints")
        self.assertIn("selector", found["title"])
        self.assertIn("k8s-app=kube-dns", " ".join(found["remedy"]))
        self.assertEqual([f["consequence_of"] for f in document["findings"] if f["id"] == "clusterip-unreachable"],
                         ["service-endpoints"])
        found, _ = self.finding(Facts().dead(*EVERYONE).put("replicas.services", [service(
            name="dns-default", namespace="openshift-dns")]), "service-endpoints")
        self.assertIn("10.244.1.21 (Pod coredns-a)", " ".join(found["evidence"]))
        self.assertTrue(all("kube-system" not in step for step in found["remedy"]))
        selector["endpoints_seen"] = False
        self.assertIsNotNone(self.finding(Facts().dead(CLUSTER_IP).put("replicas.services", [selector]),
                                          "service-endpoints")[0])
        # Endpoints that were not seen, that are ready, or a ClusterIP that answers: no finding.
        for facts in (Facts().dead(CLUSTER_IP).put("replicas.services", [service(endpoints_seen=False)]),
                      Facts().dead(CLUSTER_IP).put("replicas.services", [service(ready=1)]),
                      Facts().put("replicas.services", [service()])):
            self.assertIsNone(self.finding(facts, "service-endpoints")[0])

    def test_socket_programs(self):
        """Who chooses a backend at the socket is named where its programs may be listed, and its own tool is told."""
        facts = Facts().dead(CLUSTER_IP).put("sockets.cluster_ip_refused", True)
        found, _ = self.finding(facts, "service-endpoints")
        self.assertIn("cilium-dbg", " ".join(found["remedy"]))
        for name, words, tool in (("calico_connect_", "program 41 (calico_connect_) at connect4", "calico-node -bpf"),
                                  ("cil_sock4_conne", "program 41 (cil_sock4_conne) at connect4", "cilium-dbg"),
                                  (None, "program 41 at connect4", "cilium-dbg")):
            programs = [{"hook": hook, "id": 41, "name": name} for hook in ("connect4", "sendmsg4")]
            found, _ = self.finding(facts.put("sockets.programs", programs), "service-endpoints")
            self.assertEqual([words in line for line in found["evidence"]].count(True), 1, found["evidence"])
            self.assertIn(tool, " ".join(found["remedy"]))

    def test_ends(self):
        """What the exit code tells, and that a defect which panics is not blamed for another end."""
        for code, words, version in ((1, "Corefile", False), (2, "panic", True), (137, "SIGKILL", False),
                                     (None, "Error", True)):
            facts = Facts()
            for i in range(len(facts.data["kube"]["pods"])):
                pod = f"kube.pods.{i}."
                facts.put(pod + "ready", False).put(pod + "restarts", 9).put(pod + "waiting", "CrashLoopBackOff")
                facts.put(pod + "exit_code", code).put(pod + "last_end", "Error").put(pod + "version", "1.6.5")
            found, document = self.finding(facts.dead(*EVERYONE), "coredns-panic")
            self.assertIn(words, " ".join(found["evidence"]))
            self.assertEqual(found["severity"], "critical")
            self.assertEqual([f["consequence_of"] for f in document["findings"] if f["id"] == "all-unreachable"],
                             ["coredns-panic"])
            self.assertEqual("coredns-version" in [f["id"] for f in document["findings"]], version, code)


def dropped(cause, sure=True, **more):
    """What a short trace would have seen: seven packets, all for one cause."""
    example = {"time": "2026-01-31T12:00:00.000Z", "reason": "NETFILTER_DROP", "function": "nf_hook_slow",
               "cause": cause, "sure": sure, "hook": "forward", "src": "10.244.0.10", "src_port": 41000,
               "dst": REPLICAS[1], "dst_port": 53, "transport": "udp", "answer": False, "id": 7, "name": "web.default.",
               "type": "A", "netns": "4026532180", "stack": []}
    kind = {"reason": "NETFILTER_DROP", "function": "nf_hook_slow", "cause": cause, "sure": sure, "hook": "forward",
            "count": 7, "example": example, **more}
    return {"seconds": 2.0, "drops": 7, "fragments": 0, "lost": 0, "unshown": 0, "uncounted": 0, "kinds": [kind],
            "reasons": {"NETFILTER_DROP": 7}, "hooks": {"forward": 7}, "names": {"web.default.": 7},
            "clients": {"10.244.0.10": 7}, "probes": []}


class Drops(binary.Case):
    """What the kernel dropped of the questions is evidence, with or without the counters beside it."""

    CAUSES = {"rule": "path-filtered", "iptables-rule": "path-filtered", "conntrack-insert": "conntrack-race",
              "conntrack-full": "conntrack-full", "ipvs": "ipvs-port-reuse", "socket-buffer": "socket-limits"}

    def finding(self, facts, name):
        document, _ = diagnose(facts)
        return next((f for f in document["findings"] if f["id"] == name), None), document

    def test_fires(self):
        for cause, name in self.CAUSES.items():
            for gone in ((), ("conntrack", "ipvs", "node")):
                with self.subTest(cause, gone=gone):
                    facts = Facts().put("drops", dropped(cause)).without(*gone)
                    if gone:
                        facts.put("ipvs_absent", False)
                    finding, document = self.finding(facts, name)
                    self.assertIsNotNone(finding, states(document)[name])
                    self.assertIn("dropped 7 DNS packets", finding["evidence"][0])
                    self.assertIn("hook forward; such as A web.default. from 10.244.0.10 to 10.244.1.22 port 53",
                                  finding["evidence"][0])
                    self.assertEqual({f["id"] for f in document["findings"]} - REMARKS, {name})

    def test_what_is_concluded_is_only_likely(self):
        finding, _ = self.finding(Facts().put("drops", dropped("conntrack-insert", sure=False)), "conntrack-race")
        self.assertEqual(finding["confidence"], "likely")

    def test_the_rule_by_name(self):
        finding, _ = self.finding(Facts().put("drops", dropped("rule", table="filter", chain="FORWARD")),
                                  "path-filtered")
        self.assertIn("table filter, chain FORWARD", finding["evidence"][0])

    def test_a_rule_explains_the_silence(self):
        _, document = self.finding(Facts().dead(REPLICAS[1]).put("drops", dropped("rule")), "path-filtered")
        self.assertEqual([f["id"] for f in document["findings"]
                          if not f["consequence_of"] and f["severity"] == "critical"], ["path-filtered"])

    def test_a_rule_for_tcp_explains_no_dead_link(self):
        """Only what was dropped by the same transport explains a silence; one rule may drop both."""
        for transports, leading in ((["tcp"], {"path-filtered", "replica-unreachable"}), (["udp"], {"path-filtered"}),
                                    (["udp", "tcp"], {"path-filtered"})):
            with self.subTest(transports=transports):
                drops = dropped("rule", transports=transports)
                drops["kinds"][0]["example"]["transport"] = transports[-1]
                _, document = self.finding(Facts().dead(REPLICAS[1]).put("drops", drops), "path-filtered")
                self.assertEqual({f["id"] for f in document["findings"]
                                  if not f["consequence_of"] and f["severity"] != "info"}, leading)

    def test_a_rule_for_the_clusterip_explains_no_dead_link(self):
        """Where all servers are known whose packets a rule took, it explains the silence of no other."""
        both = {"path-filtered", "replica-unreachable"}
        for servers, more, leading in (([CLUSTER_IP], {}, both), ([CLUSTER_IP, REPLICAS[1]], {}, {"path-filtered"}),
                                       ([CLUSTER_IP], {"lost": 3}, {"path-filtered"}),
                                       ([CLUSTER_IP], {"unshown": 3}, {"path-filtered"})):
            with self.subTest(servers=servers, more=more):
                facts = Facts().dead(CLUSTER_IP).dead(REPLICAS[1])
                facts.put("drops", {**dropped("rule", servers=servers, has_more_servers=False), **more})
                found, document = self.finding(facts, "path-filtered")
                self.assertEqual({f["id"] for f in document["findings"]
                                  if not f["consequence_of"] and f["severity"] != "info"}, leading)
                named = ", ".join([f"ClusterIP {CLUSTER_IP}", *servers[1:]])
                self.assertEqual(found["subject"], None if more else named)
        facts = Facts().dead(REPLICAS[1]).put("drops", dropped("rule", servers=[CLUSTER_IP], has_more_servers=True))
        _, document = self.finding(facts, "path-filtered")
        self.assertIn("path-filtered", [f["consequence_of"] for f in document["findings"]])

    def test_other_causes_are_none_of_these(self):
        _, document = self.finding(Facts().put("drops", dropped("other")), "path-filtered")
        self.assertEqual({f["id"] for f in document["findings"]}, REMARKS)

    def test_a_watched_kernel_is_no_counter(self):
        """Nothing was dropped, but of the node's table and sockets that says nothing."""
        nothing = {**dropped("rule"), "drops": 0, "kinds": []}
        document, _ = diagnose(Facts().put("drops", nothing).without("conntrack", "ipvs", "node")
                               .put("ipvs_absent", False))
        for name in ("conntrack-race", "conntrack-full", "ipvs-port-reuse", "socket-limits"):
            self.assertEqual(states(document)[name], "unknown")

    def test_the_part_by_itself(self):
        document, status = binary.run_json("drops", "--from", "-", stdin=json.dumps(
            Facts().put("drops", dropped("rule")).envelope).encode())
        self.assertEqual((status, document["data"]["drops"]), (0, 7))
        text = binary.run("drops", "--from", "-", stdin=json.dumps(
            Facts().put("drops", dropped("rule")).envelope).encode()).stdout
        self.assertIn("7  NETFILTER_DROP  nf_hook_slow  forward  a rule dropped or rejected it", text)
        self.assertEqual(binary.run("drops", "--from", "-", stdin=json.dumps(HEALTHY).encode()).returncode, 3)


class Kubernetes(binary.Case):
    """What the API says of CoreDNS; all that is asked for over DNS stays on loopback."""

    STATE = {
        "DeploymentList": [{"metadata": {"name": "coredns", "labels": {"k8s-app": "kube-dns"}}, "spec": {"replicas": 2},
                            "status": {"availableReplicas": 1}}],
        "EventList": [{"type": "Warning", "involvedObject": {"name": "coredns-a"}, "reason": "Unhealthy",
                       "message": "Readiness probe failed", "count": 3, "lastTimestamp": "2026-01-31T12:00:00Z"}],
        "ConfigMap": {"metadata": {"name": "coredns", "creationTimestamp": "2026-01-31T12:00:00Z"},
                      "data": {"Corefile": ".:53 {\n    loop\n}\n"}},
    }

    def capture(self, state, **options):
        with twister() as server, resolv_conf("nameserver 127.0.0.9\n") as conf:
            cluster = {"EndpointSliceList": [kube_server.endpoint_slice(
                           kube_server.endpoint("127.0.0.1", "coredns-a", "node-1"), port=int(server.split(":")[1]))],
                       "ServiceList": [kube_server.service("kube-dns", "127.0.0.8")],
                       "PodList": [kube_server.pod("coredns-a", "127.0.0.1", "node-1")], **state}
            with kube_server.api(cluster=cluster, **options) as (environment, account, asked):
                document, status = binary.run_json("capture", "--resolv-conf", conf, "--budget",
                                                   "5s" if binary.BESIDE else "1s", "--no-external", *account,
                                                   env=environment)
        self.assertEqual(status, 0)
        self.assertTrue(all(t["address"].startswith("127.") for t in document["data"]["matrix"]["targets"]))
        return document["data"]["kube"], [resource for resource, _ in asked]

    def test_state(self):
        kube, asked = self.capture(self.STATE)
        self.assertEqual((kube["wanted"], kube["available"], kube["nodes"]), (2, 1, None))
        self.assertEqual([(p["name"], p["restarts"], p["version"]) for p in kube["pods"]], [("coredns-a", 2, "1.11.1")])
        self.assertIn("loop", kube["corefile"])
        self.assertEqual([(e["reason"], e["count"]) for e in kube["events"]], [("Unhealthy", 3)])
        self.assertEqual([c["what"] for c in kube["changes"]], ["ConfigMap coredns"])
        self.assertEqual(asked.count("pods"), 1)

    def test_events_alone(self):
        """What `kubectl get events` printed, and nothing else: the rules that know Pods say what they tell of."""
        pod, at = "coredns-5d78c9869d-x2x7k", "2026-01-31T12:00:00Z"
        cases = {("FailedScheduling", "0/3 nodes are available: 3 Insufficient memory."): "coredns-not-started",
                 ("BackOff", "Back-off pulling image \"coredns:1.11.1\""): "coredns-not-started",
                 ("Failed", "Failed to pull image"): "coredns-not-started",
                 ("FailedCreatePodSandBox", "no podCIDR"): "coredns-not-started",
                 ("BackOff", "Back-off restarting failed container coredns in pod x"): "coredns-panic",
                 ("Evicted", "The node was low on resource: memory."): "coredns-panic",
                 ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"):
                     "apiserver-disconnected",
                 ("NodeNotReady", "Node is not ready"): "node-not-ready",
                 ("TaintManagerEviction", "Marking for deletion"): None}

        def look(*events):
            items = [{"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": reason, "message": message,
                      "involvedObject": {"kind": "Pod", "name": pod}, "count": 12, "lastTimestamp": time}
                     for reason, message, time in events]
            document, status = binary.run_json("diagnose", "--no-discovery", "--endpoints", "-", stdin=json.dumps(
                {"apiVersion": "v1", "kind": "List", "items": items}).encode())
            return {f["id"]: f for f in document["findings"]}, status

        for (reason, message), wanted in cases.items():
            with self.subTest(reason, message=message):
                found, status = look((reason, message, at))
                self.assertEqual((set(found), status), ({wanted} if wanted else set(), 1 if wanted else 0))
                if wanted:
                    self.assertIn(f"{message} (12 times, last at {at})", found[wanted]["evidence"][0])
                    self.assertNotEqual(found[wanted]["confidence"], "certain")
        # Long before the newest of them: over by then.
        found, _ = look(("BackOff", "Back-off restarting failed container", "2026-01-30T12:00:00Z"),
                        ("Unhealthy", "Readiness probe failed", at))
        self.assertEqual(set(found), {"apiserver-disconnected"})

    def test_names_of_services(self):
        """A typo is found by the Services that the API tells of, and where it may not, by what fingers do."""
        services = [kube_server.service("kube-dns", "127.0.0.8"),
                    {"metadata": {"name": "db", "namespace": "default"}, "spec": {}},
                    {"metadata": {"name": "other", "namespace": "default"}, "spec": {}}]
        with twister() as server, resolv_conf() as conf:
            cluster = {"EndpointSliceList": [kube_server.endpoint_slice(
                           kube_server.endpoint("127.0.0.1", "coredns-a", "node-1"), port=int(server.split(":")[1]))],
                       "ServiceList": services, "PodList": []}
            wanted = ["db.default.svc.cluster.local does exist"]
            for faults in ({}, {"services": 403}):
                with kube_server.api(cluster=cluster, faults=faults) as (environment, account, asked):
                    document, _ = binary.run_json("diagnose", "--budget", "5s", "--resolv-conf", conf, "--no-metrics",
                                                  *account, "bd.default", env=environment)
                told = [e for f in document["findings"] if f["subject"] == "bd.default" for e in f["evidence"]]
                self.assertEqual([e for e in told if "does exist" in e], wanted, document["findings"])
                self.assertIn("services", [resource for resource, _ in asked])

    def test_state_that_is_forbidden(self):
        """The rights to see the replicas, and no more: what is left is taken."""
        kube, _ = self.capture(self.STATE, faults={"deployments": 403, "events": 403, "coredns": 403})
        self.assertEqual((len(kube["pods"]), kube["wanted"], kube["corefile"], kube["events"]), (1, None, None, []))


class Explain(binary.Case):
    def test_ids(self):
        for name in CASES:
            document, status = binary.run_json("explain", name)
            self.assertEqual((status, [f["id"] for f in document["data"]["findings"]]), (0, [name]))
            self.assertTrue(binary.run("explain", name).stdout.startswith(f"{name}: "))

    def test_messages(self):
        for text, first in (("Temporary failure in name resolution", "all-unreachable"),
                            ("curl: (6) Could not resolve host: db", "name-not-found"),
                            ("dial tcp: lookup db on 10.96.0.10:53: no such host", "name-not-found"),
                            ("dial tcp: lookup db: i/o timeout", "all-unreachable"),
                            ("java.net.UnknownHostException: db", "name-not-found"),
                            ("Error: getaddrinfo ENOTFOUND db", "name-not-found"),
                            ("getaddrinfo EAI_AGAIN db", "all-unreachable"),
                            ("socket.gaierror: [Errno -2] Name or service not known", "name-not-found"),
                            ("php_network_getaddresses: getaddrinfo failed: Name or service not known",
                             "name-not-found"),
                            (";; reply from unexpected source: 10.244.1.21#53, expected 10.96.0.10#53",
                             "answer-mismatch"),
                            (";; Got bad packet: bad label type", "replica-malformed"),
                            ("SERVFAIL", "upstream-failing"), ("NXDOMAIN", "name-not-found"),
                            ("nf_conntrack: nf_conntrack: table full, dropping packet", "conntrack-full")):
            document, status = binary.run_json("explain", text)
            self.assertEqual(status, 0, text)
            self.assertEqual(document["data"]["findings"][0]["id"], first, text)
            self.assertEqual(len(document["data"]["symptoms"]), 1)

    def test_messages_by_pipe(self):
        trace = b"""Error: cannot start
    at Object.<anonymous> (/app/index.js:1:1)
  [cause]: Error: getaddrinfo EAI_AGAIN web.shop
      at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:109:26)
"""
        for arguments in (["explain"], ["explain", "-"]):
            document, status = binary.run_json(*arguments, stdin=trace)
            self.assertEqual((status, [s["class"] for s in document["data"]["symptoms"]]), (0, ["again"]))
            self.assertEqual(document["data"]["symptoms"][0]["line"], 3)
        document, status = binary.run_json("explain", "-", stdin=b"")
        self.assertEqual(status, 65)
        self.assertIn("empty", document["error"]["message"])
        self.assertGreater(len(binary.run_json("explain", stdin=b"")[0]["data"]["findings"]), 40)

    def test_nothing_known(self):
        done = binary.run("explain", "the printer is out of paper")
        self.assertEqual(done.returncode, 3)
        self.assertIn("not known", done.stderr)
        done = binary.run("explain", "conntrack-ful")
        self.assertEqual(done.returncode, 3)
        self.assertIn("did you mean conntrack-full?", done.stderr)


@unittest.skipIf(os.geteuid(), "another root takes root")
class Processes(binary.Case):
    def test_a_process_without_resolv_conf(self):
        """Whoever names a process is told that its resolv.conf cannot be read, with servers or without."""
        with tempfile.TemporaryDirectory() as folder:
            with binary.process_in_root(folder) as pid:
                done = binary.run("diagnose", "--pid", pid, "--no-external", "--budget", "500ms")
                self.assertEqual(done.returncode, 66, done.stderr)
                self.assertIn("/etc/resolv.conf below the root of that process: No such file", done.stderr)
                document, _ = binary.run_json("diagnose", "--pid", pid, "--no-external", "--budget", "500ms",
                                              "--no-discovery", "--target", "127.0.0.1:9")
                gap, = [gap for gap in document["unobserved"] if gap["id"] == "resolv-conf"]
                self.assertIn("No such file", gap["why"])


if __name__ == "__main__":
    binary.main()
