#!/usr/bin/python3
"""diagnose over captures: each rule fires on its fault, is quiet on health, and unknown without what it needs.

A case changes the healthy capture (tests/data/captures) in the one respect that the rule looks at.
"""
import copy
import json
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
                t.update(sent=of, answered=of - lost, lost=lost, loss_ratio=lost / of)
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
IPVS = {"how": "netlink", "services_total": 2, "services": [], "connections_total": 5, "stale_total": 1,
        "stale_connections": [{"protocol": "UDP", "client": "10.244.0.10:42001", "service": "10.96.0.10:53",
                               "destination": "10.244.1.29:53", "connection_state": "UDP", "why": "removed",
                               "expires_s": 299}],
        "sysctls": {"expire_nodest_conn": 0}, "timeouts": {"tcp_s": 900, "tcp_fin_s": 120, "udp_s": 300},
        "behaviour": [], "replicas": []}
OWN = {"candidate": [names("own")[0].rstrip(".")]}

# id: how it is made to fire, and which parts it cannot do without
CASES = {
    "resolv-policy": (lambda f: f.put("resolv.dns_policy", "Default"), ["resolv"]),
    "resolv-invalid": (lambda f: f.put("resolv.warnings", [
        {"line": 4, "text": "a fourth nameserver", "resolvers": ["glibc"], "loses": True}]), ["resolv"]),
    "resolv-amplification": (lambda f: f, ["resolv"]),
    "search-hijack": (lambda f: f.answers("answer", name=names("missing")), ["matrix"]),
    "conntrack-full": (lambda f: f.put("conntrack.table.fill_ratio", 1.0), ["conntrack"]),
    "conntrack-near-full": (lambda f: f.put("conntrack.table.fill_ratio", 0.8), ["conntrack"]),
    "conntrack-race": (lambda f: f.put("conntrack.rates.insert_failed", 3.0).put("conntrack.rates.drop", 3.0),
                       ["conntrack"]),
    "conntrack-stale": (lambda f: f.put("conntrack.stale", [STALE]).put("conntrack.stale_total", 1), ["conntrack"]),
    "port-collision": (lambda f: f.put("conntrack.dns.port_use", [
        {"source": "10.244.1.1", "destination": "10.244.1.22:53", "ports": 28000, "range": 28232, "ratio": 0.99}]),
        ["conntrack"]),
    "ipvs-port-reuse": (lambda f: f.put("ipvs", IPVS), ["ipvs"]),
    "neighbour-full": (lambda f: f.limit("neighbour-ipv4", ratio=1.0), ["node"]),
    "socket-limits": (lambda f: f.limit("udp-receive-buffer", events=9, events_per_second=4.5), ["node"]),
    "node-overloaded": (lambda f: f.limit("cpu-pressure", use=92.0, ratio=0.92), ["node"]),
    "coredns-cpu": (lambda f: f.put("kube.nodes", 90), ["kube", "metrics"]),
    "server-rate-limited": (lambda f: f.replica(1, "forward", rejected_new=7), ["sampling", "metrics", "logs"]),
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
    "replica-slow": (lambda f: f.put("sampling.targets.2.p50_us", 80000), ["sampling", "metrics"]),
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
    "name-not-found": (lambda f: f.answers("nxdomain", name=names("own")), ["matrix"]),
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
                        "began anew"),
    "an upstream's SERVFAIL": ("upstream-failing", lambda f: f.upstream(
        0, rcodes=[share("NOERROR", 960), share("SERVFAIL", 40)]), "critical", "40 SERVFAIL in 1000 answers"),
    "an upstream's silence": ("upstream-failing", lambda f: f.upstream(0, healthcheck_failures_new=4), "warning",
                              "4 health checks"),
    "a late upstream": ("upstream-failing", lambda f: f.upstream(1, latency_ms={
        "p50": 1.0, "p90": 2.0, "p99": 5000.0, "over": False, "observations": 300, "window": True}), "warning",
        "more than 5.0 s"),
    "no upstream": ("upstream-failing", lambda f: f.replica(0, "forward", all_down_new=9), "critical",
                    "down for 9 questions"),
    "API errors": ("apiserver-disconnected", lambda f: f.replica(0, "api", requests=30, errors=2, errors_new=2),
                   "warning", "2 requests to the API server failed in 1.0 s"),
    "API never": ("apiserver-disconnected", lambda f: f.replica(0, "api", requests=20, errors=20, errors_new=0,
                                                                codes=[share("403", 0, 20)]),
                  "warning", "20 of its 20 requests"),
    "an old version": ("coredns-version", lambda f: f.replica(0, version="1.6.9"), "warning", "1.6.9"),
    "a slow one": ("replica-slow", lambda f: f.put("metrics.differences", [
        f"{REPLICAS[1]}:9153: p99 1.2 s, the others 7.5 ms"]), "warning", "p99 1.2 s"),
    "another Corefile": ("replica-inconsistent", lambda f: f.replica(1, odd=["Corefile"]), "info", "another Corefile"),
    "a refused Corefile": ("coredns-config", lambda f: f.replica(2, reload_failed_total=1), "warning",
                           "refused a new Corefile 1 times"),
    "node-local setup": ("nodelocal-down", lambda f: f.replica(0, role="node-local", setup_errors_total=3), "warning",
                         "3 times since it began"),
    "rejects": ("server-rate-limited", lambda f: f.replica(1, "forward", rejected_new=7), "warning", "refused 7"),
}
QUIET_COUNTS = {
    "one accident": lambda f: f.replica(0, answers=20, servfails=1, servfail_ratio=0.05),
    "one in a hundred": lambda f: f.replica(0, answers=1000, servfails=10, servfail_ratio=0.01),
    "nothing in the window": lambda f: f.replica(0, "latency_ms", p99=8192.0, window=False),
    "a core": lambda f: f.replica(0, cpu_cores=1.0),
    "health checks of the past": lambda f: f.upstream(0, healthcheck_failures=9),
    "few API errors of the past": lambda f: f.replica(0, "api", requests=30, errors=2, errors_new=0),
    "rejects of the past": lambda f: f.replica(0, "forward", rejected=7),
    "not seen": lambda f: f.replica(0, error="no answer within 2.0 s", servfails=90, answers=100),
}
# Counts may show what is wrong with these, but not that all is well.
NOT_BY_COUNTS = {"coredns-config", "nodelocal-down", "replica-inconsistent"}
OTHERS = ["corefile", "resolv", "plans", "matrix", "small", "tcp", "sampling", "replicas", "kube", "conntrack", "node",
          "ipvs", "logs", "dnstap"]


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
        document, _ = diagnose(Facts().sampled(1, REPLICAS[0]))
        self.assertIn("no rule knows why", document["data"]["verdict"])


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
        for text, words in ((b"", "no JSON"), (b"[]", "nothing that k8sdns wrote"), (b'{"a": 1', "no JSON"),
                            (b'{"schema": "k8sdns/9", "command": "capture", "data": {}}', "version k8sdns/9"),
                            (b'{"schema": "k8sdns/1", "command": "probe", "data": {}}', "k8sdns capture"),
                            (b'{"schema": "k8sdns/1", "command": "capture", "data": {}}', "'time' of facts")):
            done = binary.run("diagnose", "--from", "-", stdin=text)
            self.assertEqual(done.returncode, 65, text)
            self.assertIn(words, done.stderr)
        self.assertEqual(binary.run("diagnose", "--from", "/nowhere").returncode, 66)
        done = binary.run("scope", "x", "--from", "-")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--from goes with diagnose, ", done.stderr)
        self.assertNotIn("scope,", done.stderr)

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

    def test_expand(self):
        """The plans of the capture, and those of other resolvers and of other names by its resolv.conf."""
        document, status = self.from_capture(Facts(), "expand")
        self.assertEqual((status, document["data"]["names"]), (0, HEALTHY["data"]["plans"]["names"]))
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
                    self.assertIn("dropped 7 of the packets", finding["evidence"][0])
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
                document, status = binary.run_json("capture", "--resolv-conf", conf, "--budget", "1s", "--no-external",
                                                   *account, env=environment)
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

    def test_names_of_services(self):
        """A typo is mended by the Services that the API tells of, when the name turns out not to exist."""
        services = [kube_server.service("kube-dns", "127.0.0.8"),
                    {"metadata": {"name": "db", "namespace": "default"}, "spec": {}},
                    {"metadata": {"name": "other", "namespace": "default"}, "spec": {}}]
        with twister() as server, resolv_conf() as conf:
            cluster = {"EndpointSliceList": [kube_server.endpoint_slice(
                           kube_server.endpoint("127.0.0.1", "coredns-a", "node-1"), port=int(server.split(":")[1]))],
                       "ServiceList": services, "PodList": []}
            for faults, wanted in (({}, ["db.default.svc.cluster.local does exist"]), ({"services": 403}, [])):
                with kube_server.api(cluster=cluster, faults=faults) as (environment, account, asked):
                    document, _ = binary.run_json("diagnose", "--resolv-conf", conf, "--no-metrics", *account,
                                                  "bd.default", env=environment)
                finding = next(f for f in document["findings"] if f["subject"] == "bd.default")
                self.assertEqual([e for e in finding["evidence"] if "does exist" in e], wanted)
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

    def test_nothing_known(self):
        done = binary.run("explain", "conntrack-ful")
        self.assertEqual(done.returncode, 3)
        self.assertIn("did you mean conntrack-full?", done.stderr)


if __name__ == "__main__":
    binary.main()
