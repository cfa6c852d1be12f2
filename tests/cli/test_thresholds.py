#!/usr/bin/python3
"""Each line that a rule draws: a value just below it and one just above, over a capture in which all else is well.

A row is a rule, how the capture is made with a value, the last value that says nothing and the first that says
something, and the severity that this has; a second row of a rule is its next line.
"""
import unittest

from test_diagnose import CLUSTER_IP, EVERYONE, REPLICAS, Facts, diagnose



def fill(f, ratio):
    return f.put("conntrack.table.fill_ratio", ratio)


def lost_of_1000(f, lost):
    return f.sampled(lost, *EVERYONE, of=1000)


def lost_at_cluster_ip(f, lost):
    return f.sampled(0, *REPLICAS, of=1000).sampled(lost, CLUSTER_IP, of=1000)


def port_use(f, ratio):
    return f.put("conntrack.dns.port_use", [{"source": "10.244.1.1", "destination": "10.244.1.22:53",
                                             "ports": int(28232 * ratio), "range": 28232, "ratio": ratio}])


def pressure(f, percent):
    """With something that shows it: a median of the latency at the line of slow ones."""
    return f.limit("cpu-pressure", use=percent, ratio=percent / 100).sampling_of(REPLICAS[0], p50_us=10000)


def limit(name):
    return lambda f, ratio: f.limit(name, ratio=ratio)


def servfails(f, count):
    return f.replica(0, answers=10000, servfails=count, servfail_ratio=count / 10000)


def upstream_servfails(f, count):
    return f.upstream(0, rcodes=[{"label": "NOERROR", "total": 100000, "change": 10000 - count, "per_second": 1.0,
                                  "ratio": 0.5},
                                 {"label": "SERVFAIL", "total": 100000, "change": count, "per_second": 1.0,
                                  "ratio": 0.5}])


def nodes(f, count):
    return f.put("kube.nodes", count)


def pressure_alone(f, percent):
    return f.limit("cpu-pressure", use=percent, ratio=percent / 100).sampling_of(REPLICAS[0], p50_us=9999)


def changed(f, minutes):
    return f.put("kube.changes", [{"what": "ConfigMap coredns", "how": "written", "time": "2026-11-24T14:00:00Z",
                                   "age_s": minutes * 60}])


def slow_traces(f, count):
    f.data["spans"].update(traces=1000)
    return f.slow("connect", count, 0.95)


def share_of_slow(f, share):
    return f.slow("cache", 20, share)


def traces(f, count):
    f.slow("connect", 20, 0.95)
    f.data["spans"].update(traces=count)
    return f


def queries(f, count):
    """So many queries for the external name."""
    for name in f.data["plans"]["names"]:
        plan = name["plans"][0]
        if len(plan["queries"]) == 8:
            plan["queries"] = (plan["queries"] * 2)[:count]
    return f


def cores(f, used):
    return f.replica(0, cpu_cores=used)


def of_limit(f, share):
    return f.replica(0, cpu_cores=0.1 * share, cpu_limit_cores=0.1)


def slow_throughout(f, us):
    """Each of its answers takes so long, whenever it is asked."""
    return f.one_slow(us).sampling_of(REPLICAS[1], min_us=us)


def median(f, factor):
    """Replica 2 so many times slower than its peers, which take 4 ms."""
    for address in REPLICAS:
        f.takes(4000, address).sampling_of(address, p50_us=4000)
    return slow_throughout(f, int(4000 * factor))


def median_more(f, more_us):
    """The same by a difference, where the factor is met."""
    for address in REPLICAS:
        f.takes(100, address).sampling_of(address, p50_us=100)
    return slow_throughout(f, 100 + more_us)


def event(f, minutes):
    return f.put("kube.events", [{"object": "coredns-5d78c9869d-x2x7k", "reason": "Unhealthy", "time": None,
                                  "message": "probe failed", "count": 9, "age_s": minutes * 60}])


def not_ready(f, quiet_s):
    """The last that its log says, so many seconds before the end."""
    return f.put("logs.states", [{"source": "coredns-5d78c9869d-x2x7k", "kind": "not-ready", "count": 3,
                                  "last_time": None, "quiet_s": quiet_s, "text": "plugin/ready: not ready"}])


def api_window(f, negative_s):
    """Most requests to the API server failed, and none in a window of this length, which tells the less the shorter."""
    return f.replica(0, window_s=-negative_s).replica(0, "api", requests=90, errors=80, codes=[])


def api_errors(f, errors):
    return f.replica(0, window_s=1.0).replica(0, "api", requests=90, errors=errors, codes=[])


def logged(f, queries, servfails, **more):
    f.data["logs"].update(queries=queries, rcodes={"NOERROR": queries - servfails, "SERVFAIL": servfails}, **more)
    return f


def logged_few(f, count):
    return logged(f, 100, count)


def logged_share(f, count):
    return logged(f, 1000, count)


def logged_answers(f, count):
    """So many answers, one of a hundred of which took too long."""
    return logged(f, 1000, 0, timed_queries=count, latency_ms={"p50": 1.0, "p90": 9.0, "p99": 4001.0, "max": 5000.0})


def logged_p99(f, ms):
    return logged(f, 1000, 0, timed_queries=1000, latency_ms={"p50": 1.0, "p90": 9.0, "p99": ms, "max": 5000.0})


def upstream_errors(f, count):
    """In a log with a hundred queries for names that are not the cluster's."""
    error = dict(f.data["logs"]["events"][0], kind="upstream-timeout", count=count, text="read udp: i/o timeout")
    return logged(f, 1100, 0, cluster_queries=1000, events=[error], event_kinds={"upstream-timeout": count})


def servfail_answers(f, count):
    """Of a thousand answers for cluster names, all of them of the sampling."""
    for target in f.data["sampling"]["targets"]:
        target.update(rcodes={})
    f.data["matrix"]["probes"] = [p for p in f.data["matrix"]["probes"] if p["status"] != "answer"]
    names = sum(p["candidate"].endswith("cluster.local") for p in f.data["matrix"]["probes"])
    return f.sampling_of(REPLICAS[0], rcodes={"NOERROR": 1000 - names - count, "SERVFAIL": count})


def all_medians(f, us):
    return f.all_take(us)


def outcomes(f, **counts):
    """Of replica 2: what became of its 50 sampled queries, beside 18 answers of the matrix."""
    return f.sampling_of(REPLICAS[1], outcomes={"answer": 50 - sum(counts.values()), **counts})


def damaged(f, count):
    return outcomes(f, malformed=count)


def mismatched(f, count):
    return outcomes(f, mismatch=count)


def unexplained(f, count):
    """Failures of 4,000 queries, a thousand to each, that are no losses."""
    f.sampled(0, *EVERYONE, of=982)
    return f.sampling_of(REPLICAS[1], bad=count)


def restarted(f, minutes):
    """A Pod that ended, so long ago."""
    return f.put("kube.pods.0.restarts", 4).put("kube.pods.0.last_end", "OOMKilled").put("kube.changes", [
        {"what": "Pod coredns-5d78c9869d-x2x7k", "how": "ended", "time": "2026-11-24T14:00:00Z",
         "age_s": minutes * 60}])


# rule, how, quiet at, fires at, the severity there
ROWS = [
    ("conntrack-near-full", fill, 0.75, 0.7501, "warning"),
    ("conntrack-full", fill, 0.9899, 0.99, "critical"),
    ("path-lossy", lost_of_1000, 9, 10, "warning"),
    ("clusterip-lossy", lost_at_cluster_ip, 9, 10, "warning"),
    ("port-collision", port_use, 0.79, 0.8, "warning"),
    ("node-overloaded", pressure, 59.9, 60.0, "warning"),
    ("node-overloaded", pressure_alone, 59.9, 60.0, "info"),
    ("neighbour-full", limit("neighbour-ipv4"), 0.89, 0.9, "warning"),
    ("socket-limits", limit("file-descriptors"), 0.89, 0.9, "warning"),
    ("coredns-errors", servfails, 99, 101, "warning"),
    ("upstream-failing", upstream_servfails, 99, 101, "warning"),
    ("coredns-cpu", nodes, 48, 49, "info"),
    ("coredns-cpu", cores, 1.0, 1.01, "warning"),
    ("coredns-cpu", of_limit, 0.89, 0.91, "warning"),
    ("recent-change", changed, 60.1, 60, "info"),
    ("coredns-slow-plugin", slow_traces, 9, 10, "warning"),
    ("coredns-slow-plugin", share_of_slow, 0.59, 0.61, "warning"),
    ("coredns-slow-plugin", traces, 49, 50, "warning"),
    ("resolv-amplification", queries, 7, 8, "info"),
    ("replica-slow", median, 4.99, 5, "warning"),
    ("replica-slow", median_more, 9999, 10000, "warning"),
    ("apiserver-disconnected", event, 60.1, 60, "warning"),
    ("apiserver-disconnected", not_ready, 60.1, 60, "warning"),
    ("apiserver-disconnected", api_window, -10, -9.9, "info"),
    ("apiserver-disconnected", api_errors, 45, 46, "info"),
    ("coredns-errors", logged_few, 2, 3, "critical"),
    ("coredns-errors", logged_share, 9, 10, "warning"),
    ("coredns-errors", logged_answers, 99, 100, "warning"),
    ("coredns-errors", logged_p99, 4000, 4000.1, "warning"),
    ("coredns-errors", servfail_answers, 9, 10, "warning"),
    ("upstream-failing", upstream_errors, 2, 3, "warning"),
    ("answers-slow", all_medians, 99999, 100000, "info"),
    ("replica-malformed", damaged, 0, 1, "warning"),
    ("answer-mismatch", mismatched, 0, 1, "warning"),
    ("coredns-panic", restarted, 60.1, 60, "warning"),
]
# rule, how, the last value of the lower severity, the first of the higher one
STEPS = [
    ("path-lossy", lost_of_1000, 49, 50, "warning", "critical"),
    ("clusterip-lossy", lost_at_cluster_ip, 49, 50, "warning", "critical"),
    ("coredns-errors", servfails, 299, 301, "warning", "critical"),
    ("upstream-failing", upstream_servfails, 299, 301, "warning", "critical"),
    ("upstream-failing", upstream_errors, 49, 50, "warning", "critical"),
    ("coredns-errors", logged_share, 29, 30, "warning", "critical"),
    ("coredns-errors", servfail_answers, 29, 30, "warning", "critical"),
    ("answers-slow", all_medians, 999999, 1000000, "info", "warning"),
    ("replica-malformed", damaged, 34, 35, "warning", "critical"),
    ("answer-mismatch", mismatched, 34, 35, "warning", "critical"),
    ("failures-unexplained", unexplained, 199, 200, "warning", "critical"),
]


def severity(rule, facts):
    document, _ = diagnose(facts)
    return next((f["severity"] for f in document["findings"] if f["id"] == rule), None)


class Lines(unittest.TestCase):
    def test_below_and_above(self):
        for rule, how, below, above, expected in ROWS:
            with self.subTest(rule, how=how.__name__):
                self.assertIsNone(severity(rule, how(Facts(), below)))
                self.assertEqual(severity(rule, how(Facts(), above)), expected)

    def test_warning_and_critical(self):
        for rule, how, below, above, lower, higher in STEPS:
            with self.subTest(rule, how=how.__name__):
                self.assertEqual(severity(rule, how(Facts(), below)), lower)
                self.assertEqual(severity(rule, how(Facts(), above)), higher)

    def test_two_losses_are_an_accident(self):
        self.assertIsNone(severity("path-lossy", Facts().sampled(2, REPLICAS[0], of=100)))
        self.assertIsNotNone(severity("path-lossy", Facts().sampled(3, REPLICAS[0], of=100)))


if __name__ == "__main__":
    unittest.main()
