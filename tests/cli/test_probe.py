#!/usr/bin/python3
"""probe against scripted servers on loopback: every status, and what must never be taken for an answer."""
import contextlib
import json
import socket
import tempfile
import unittest

import binary
from twisters import closed_port, resolv_conf, twister

NAME = "db.default.svc.cluster.local."


def probe(*arguments, conf=None, **options):
    """Probe with --no-discovery; (probes, data, status)."""
    with resolv_conf() if conf is None else resolv_conf(conf) as path:
        document, status = binary.run_json("probe", "--no-discovery", "--resolv-conf", path, "--as", "glibc",
                                           "--timeout", "400ms", *arguments, **options)
    return document["data"]["probes"], document["data"], status


class DigWords(binary.Case):
    """What dig's users write: the server, types and words of dig anywhere among the names."""

    def ask(self, *arguments, answers=None):
        with twister("honest", answers) as server, resolv_conf() as path:
            at = "@" + server.replace(":", "#")
            return binary.run_json("probe", "--resolv-conf", path, "--as", "glibc", "--timeout", "400ms",
                                   *(at if a == "@" else a for a in arguments))

    def test_order(self):
        for words in (["@", NAME, "A"], [NAME, "@", "A"], ["A", NAME, "@"], ["-t", "A", NAME, "@"],
                      [NAME, "IN", "A", "@", "+tries=1"], ["http://" + NAME + ":80/x?y", "@", "A"],
                      [NAME + ":8080", "A", "@"]):
            with self.subTest(words):
                document, status = self.ask(*words)
                data = document["data"]
                self.assertEqual(status, 0)
                self.assertEqual([(p["name"], p["type"], p["status"]) for p in data["probes"]],
                                 [(NAME, "A", "answer")])
                self.assertEqual([t["role"] for t in data["targets"]], ["other"])

    def test_a_word_alone_is_a_name(self):
        document, _ = self.ask("@", "mx", "+nosearch")
        self.assertEqual({p["name"] for p in document["data"]["probes"]}, {"mx"})

    def test_reverse(self):
        for address, name in (("10.96.0.1", "1.0.96.10.in-addr.arpa."),
                              ("fd00::1", "1." + 28 * "0." + "0.d.f.ip6.arpa.")):
            probes = self.ask("@", "-x", address)[0]["data"]["probes"]
            self.assertEqual([(p["name"], p["type"]) for p in probes], [(name, "PTR")])

    def test_short(self):
        with twister("honest") as server:
            done = binary.run("probe", "@" + server, NAME, "A", "--short")
            self.assertEqual(done.stdout, "10.96.7.7\n")
            done = binary.run("probe", "@" + server, "nope.example.com.", "+short")
            self.assertEqual(done.stdout, "nxdomain\n")


class AsPod(binary.Case):
    """--as-pod NAMESPACE: names are completed with the domain that the cluster's DNS has."""

    def view(self, command, *arguments, answers=()):
        with twister("honest", ["1.0.0.127.in-addr.arpa/PTR=" + name for name in answers]) as server, \
                resolv_conf("search example.net\n") as path:
            document, _ = binary.run_json(command, "--no-discovery", "--resolv-conf", path, "--replica", server,
                                          *arguments, "web.shop")
        return document["data"]["names_as"], document["data"]

    def test_domain(self):
        view, data = self.view("probe", "--as-pod", "shop", answers=["kube-dns.kube-system.svc.corp.example."])
        self.assertEqual(view, {"namespace": "shop", "domain": "corp.example", "source": "dns", "where": "127.0.0.1"})
        self.assertIn("web.shop.svc.corp.example", {probe["candidate"] for probe in data["probes"]})
        self.assertEqual(data["cluster_domain"], "corp.example")
        for answers in (["ns.example."], ["a.b.svc."], []):
            view, _ = self.view("probe", "--as-pod", "shop", answers=answers)
            self.assertEqual((view["domain"], view["source"]), ("cluster.local", "assumed"))

    def test_named(self):
        view, _ = self.view("probe", "--as-pod", "shop.svc.other.example", answers=["a.b.svc.corp.example."])
        self.assertEqual((view["domain"], view["source"]), ("other.example", "option"))

    def test_corefile(self):
        with tempfile.NamedTemporaryFile("w") as corefile:
            corefile.write(".:53 {\n  kubernetes in-addr.arpa k8s.example. {\n    pods insecure\n  }\n}\n")
            corefile.flush()
            view, _ = self.view("diagnose", "--as-pod", "shop", "--corefile", corefile.name, "--budget", "1s",
                                "--no-external")
        self.assertEqual((view["domain"], view["source"]), ("k8s.example", "corefile"))


class Statuses(binary.Case):
    def statuses(self, behaviour, *arguments, answers=None):
        with twister(behaviour, answers) as server:
            probes, data, status = probe(NAME, "--target", server, *arguments)
        return probes, data, status

    def test_answer(self):
        probes, data, status = self.statuses("honest")
        self.assertEqual(status, 0)
        self.assertEqual([(p["type"], p["status"], p["rcode"]) for p in probes],
                         [("A", "answer", "NOERROR"), ("AAAA", "answer", "NOERROR")])
        self.assertEqual(probes[0]["answers"][0]["rdataA"], "10.96.7.7")
        self.assertEqual(probes[1]["answers"][0]["rdataAAAA"], "fd00:96::7")
        self.assertEqual(len({p["source_port"] for p in probes}), 1)
        self.assertEqual(data["sent"], 2)

    def test_nodata_and_nxdomain(self):
        probes, _, status = self.statuses("honest", answers=["db.default.svc.cluster.local/A=10.96.7.7"])
        self.assertEqual(([p["status"] for p in probes], status), (["answer", "nodata"], 0))
        probes, _, status = self.statuses("honest", answers=[])
        self.assertEqual(([p["status"] for p in probes], status), (["nxdomain", "nxdomain"], 1))  # it does not exist

    def test_rcodes(self):
        for number, word in ((1, "formerr"), (2, "servfail"), (4, "notimp"), (5, "refused"), (9, "error")):
            with self.subTest(word):
                probes, _, status = self.statuses(f"rcode:{number}")
                self.assertEqual(([p["status"] for p in probes], status), ([word, word], 2))

    def test_never_taken_for_the_answer(self):
        for behaviour in ("wrong-id", "wrong-question", "wrong-source"):
            with self.subTest(behaviour):
                probes, _, status = self.statuses(behaviour)
                self.assertEqual(([p["status"] for p in probes], status), (["mismatch", "mismatch"], 2))
                self.assertEqual([p["mismatches"] for p in probes], [1, 1])
                self.assertEqual([p["rtt_us"] for p in probes], [None, None])

    def test_malformed(self):
        for behaviour in ("garbage", "half"):
            with self.subTest(behaviour):
                probes, _, status = self.statuses(behaviour)
                self.assertEqual({p["status"] for p in probes}, {"malformed"})
                self.assertEqual(status, 2)
                self.assertTrue(all(p["detail"] for p in probes))

    def test_duplicates_are_counted(self):
        probes, _, status = self.statuses("duplicate", "--type", "A", "--nsid")
        self.assertEqual(([p["status"] for p in probes], status), (["answer"], 0))

    def test_late_answers_are_counted(self):
        with twister("late:500") as late, twister("silent") as silent:  # which keeps the run waiting
            probes, data, status = probe(NAME, "--target", f"{late},{silent}", "--tries", "3")
        self.assertEqual([(p["status"], p["tries"], p["late"]) for p in probes],
                         [("answer", 2, 1)] * 2 + [("timeout", 3, 0)] * 2)
        self.assertEqual((data["sent"], status), (10, 1))

    def test_silence(self):
        probes, _, status = self.statuses("silent")
        self.assertEqual(([p["status"] for p in probes], status), (["timeout", "timeout"], 2))
        self.assertEqual([p["rcode"] for p in probes], [None, None])

    def test_one_family(self):
        probes, _, status = self.statuses("no-aaaa")
        self.assertEqual(([p["status"] for p in probes], status), (["answer", "timeout"], 1))

    def test_closed_port(self):
        with closed_port() as server:
            probes, _, status = probe(NAME, "--target", server)
        self.assertEqual(([p["status"] for p in probes], status), (["unreachable", "unreachable"], 2))
        self.assertIn("ICMP port unreachable from 127.0.0.1", probes[0]["detail"])

    def test_truncation(self):
        probes, _, status = self.statuses("tc")
        self.assertEqual([(p["status"], p["transport"]) for p in probes],
                         [("truncated", "udp"), ("answer", "tcp")] * 2)
        self.assertEqual(status, 0)
        probes, _, status = self.statuses("tc,tcp-close")
        self.assertEqual([p["transport"] for p in probes], ["udp", "tcp"] * 2)
        self.assertNotIn("answer", [p["status"] for p in probes])
        self.assertEqual(status, 2)

    def test_tcp(self):
        probes, _, status = self.statuses("honest", "--tcp")
        self.assertEqual([(p["status"], p["transport"]) for p in probes], [("answer", "tcp")] * 2)
        self.assertEqual(status, 0)

    def test_empty_nsid_is_an_echo(self):
        probes, _, _ = self.statuses("echo-nsid", "--nsid")
        self.assertEqual([p["nsid"] for p in probes], [None, None])


class Ports(binary.Case):
    def test_sockets(self):
        with twister() as server:
            separate, _, _ = probe(NAME, "--target", server, "--socket", "separate")
            chosen, _, _ = probe("x", "--target", server, "--source-port", "41000")
        self.assertEqual(len({p["source_port"] for p in separate}), 2)
        self.assertEqual([p["source_port"] for p in chosen], [41000, 41000, 41001, 41001, 41002, 41002, 41003, 41003])

    def test_port_in_use(self):
        with twister() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
            held.bind(("0.0.0.0", 0))
            port = held.getsockname()[1]
            done = binary.run("probe", "--no-discovery", "--target", server, "--source-port", str(port), "x.")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"port {port}", done.stderr)

    def test_no_port_goes_to_two_targets(self):
        with twister() as one, twister() as two, twister("slow:90") as slow:
            probes, _, _ = probe("a", "b.", "--target", f"{one},{two},{slow}")
        by_port = {}
        for row in probes:
            by_port.setdefault(row["source_port"], set()).add(row["target"])
        self.assertTrue(all(len(targets) == 1 for targets in by_port.values()))


class Matrix(binary.Case):
    def test_the_odd_one_out(self):
        other = ["db.default.svc.cluster.local/A=10.96.9.9"]
        with twister() as one, twister() as two, twister(answers=other) as odd:
            probes, data, _ = probe(NAME, "--type", "A", "--target", f"{one},{two},{odd}")
        self.assertEqual([(d["target"], d["kind"]) for d in data["differences"]], [(odd, "records")])
        self.assertEqual([p["odd"] for p in probes], [False, False, True])
        self.assertIn("10.96.9.9", data["differences"][0]["text"])

    def test_search_order(self):
        with twister() as server:
            probes, data, status = probe("db", "--target", server)
        self.assertEqual([p["candidate"] for p in probes[::2]],
                         ["db.default.svc.cluster.local", "db.svc.cluster.local", "db.cluster.local", "db"])
        self.assertEqual((data["resolver"], status), ("glibc", 0))

    def test_types_and_buffer(self):
        with twister(answers=["db.default.svc.cluster.local/TXT=hello"]) as server:
            probes, _, _ = probe(NAME, "--target", server, "--type", "txt,TYPE65280,MX", "--bufsize", "4096")
        self.assertEqual([(p["type"], p["status"]) for p in probes],
                         [("TXT", "answer"), ("TYPE65280", "nodata"), ("MX", "nodata")])

    def test_ipv6(self):
        probes, data, status = probe(NAME, "--target", "[::1]:9")
        self.assertEqual(({p["status"] for p in probes}, status), ({"unreachable"}, 2))
        self.assertEqual((data["targets"][0]["address"], data["targets"][0]["id"]), ("::1", "[::1]:9"))

    def test_many_targets(self):
        """256 targets and 32 candidates, all but one target closed."""
        search = "search " + " ".join(f"s{n}.example" for n in range(31)) + "\noptions ndots:5\n"
        with twister() as server, resolv_conf(search) as conf:
            named = ",".join([server] + [f"127.0.{n // 200}.{n % 200 + 2}:9" for n in range(255)])
            done = binary.run("--json", "probe", "db", "--no-discovery", "--resolv-conf", conf, "--as", "glibc",
                              "--timeout", "2s", "--target", named, "--qps", "0")
        probes = json.loads(done.stdout)["data"]["probes"]
        self.assertEqual((len(probes), done.returncode), (256 * 32 * 2, 1))
        self.assertEqual({p["status"] for p in probes if p["target"] != server}, {"unreachable"})
        self.assertEqual({p["status"] for p in probes if p["target"] == server}, {"nxdomain"})

    def test_first_screen(self):
        """However much was asked: status, names, servers, in 24 lines; the rest with -v."""
        names = ["db.default", "nosuch.default", "other.default"]
        with contextlib.ExitStack() as stack:
            good = ",".join(stack.enter_context(twister(answers=["db.default/A=10.96.7.7"])) for _ in range(12))
            bad = stack.enter_context(twister("rcode:2"))
            conf = stack.enter_context(resolv_conf("search a.example b.example\noptions ndots:5\n"))
            words = ["probe", "--no-discovery", "--resolv-conf", conf, "--as", "glibc", *names,
                     "--target", f"{good},{bad}"]
            done, whole = binary.run(*words), binary.run(*words, "-v")
            document, status = binary.run_json(*words)
        lines = done.stdout.splitlines()
        self.assertLessEqual((len(lines), max(map(len, lines))), (24, 80), done.stdout)
        self.assertRegex(lines[0], r"^DEGRADED: 2 names do not exist; 216 of 234 queries answered, 13 of 13 servers")
        self.assertIn("  db.default: 10.96.7.7", lines)
        self.assertIn("  nosuch.default does not exist (NXDOMAIN for every candidate)", done.stdout)
        self.assertGreater(len(whole.stdout.splitlines()), 100)
        self.assertEqual((status, document["data"]["status"], document["summary"]), (1, "degraded", True))

    def test_no_such_record(self):
        with twister(answers=["db.default.svc.cluster.local/A=10.96.7.7"]) as server, resolv_conf() as conf:
            done = binary.run("probe", "--resolv-conf", conf, "--no-discovery", "--no-search", "--target", server, NAME,
                              "--type", "AAAA")
        self.assertIn("exists, without a record of this type", done.stdout)

    def test_text(self):
        with twister() as one, twister("rcode:2") as bad, resolv_conf() as conf:
            done = binary.run("probe", "--no-discovery", "--resolv-conf", conf, "--as", "glibc", NAME, "--target",
                              f"{one},{bad}")
        self.assertEqual(done.returncode, 1)
        text = binary.times_masked(done.stdout).replace(one, "127.0.0.1:11111").replace(bad, "127.0.0.1:22222")
        self.assertIn("SERVFAIL", text)
        self.assertIn("* 127.0.0.1:22222 fails 2 of 2 queries that others answer (SERVFAIL)", text)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_names_of_a_capture(self):
        """Only what is asked for, and its differences; a name that the capture does not have is an error."""
        capture = binary.SOURCE / "tests/data/captures/dead-replica.json"
        whole = binary.run_json("probe", "--from", capture)[0]["data"]
        part = binary.run_json("probe", "WWW.example.com.", "--from", capture)[0]["data"]
        self.assertEqual(part["probes"], [probe for probe in whole["probes"] if probe["name"] == "www.example.com"])
        self.assertLess(len(part["probes"]), len(whole["probes"]))
        self.assertEqual([difference["target"] for difference in part["differences"]], ["10.244.1.22"])
        done = binary.run("probe", "nothing.example", "--from", capture)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("no answers for nothing.example", done.stderr)


class BadInput(binary.Case):
    def test_names(self):
        for name, words in (("x" * 64, "63"), (".".join(["abcdefghi"] * 30), "255"), ("a..b", "empty label")):
            with resolv_conf() as conf:
                document, status = binary.run_json("probe", "--no-discovery", "--target", "127.0.0.1:9",
                                                   "--resolv-conf", conf, "--", name)
            self.assertEqual(status, 64, document)
            self.assertIn(words, document["error"]["message"])

    def test_resolv_conf(self):
        document, status = binary.run_json("probe", "x", "--resolv-conf", "/nonexistent")
        self.assertEqual(status, 66)
        self.assertIn("/nonexistent", document["error"]["message"])
        with resolv_conf("") as conf:
            done = binary.run("probe", "x.", "--resolv-conf", conf, "--timeout", "200ms")
            self.assertNotIn(done.returncode, (70, 74))
            self.assertIn("127.0.0.1", done.stdout)  # the default that every resolver then has


if __name__ == "__main__":
    unittest.main(verbosity=2)
