#!/usr/bin/python3
"""dnstap: captures of real CoreDNS servers against an independent count, and what files may hold."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import binary
import taps
from taps import CQ, CR, FQ, FR, message

CAPTURES = binary.SOURCE / "tests/data/dnstap"
RCODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
OWN = ("10.244.0.2", 50000)


def lines(*arguments, **options):
    """Every object that is printed, each valid by the schema; the last is the summary."""
    done = binary.run("--json", "dnstap", *arguments, **options)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    for document in documents:
        binary.validator().validate(document)
    return [d["data"] for d in documents], done.returncode


class Reads(binary.Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, content, name="frames"):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(content)
        return path

    def read(self, payloads, *arguments, stop=True):
        """(told sessions, summary, status) of these frames."""
        told, status = lines("--read", self.file(taps.stream(payloads, stop)), *arguments)
        return told[:-1], told[-1], status


class Captures(Reads):
    def test_counts_are_those_of_an_independent_reader(self):
        for name in ("1.14.7", "1.14.7-upstream-down", "1.11.3", "1.6.9"):
            with self.subTest(name):
                path = CAPTURES / f"{name}.fstrm"
                told, _ = lines("--read", path)
                data, own = told[-1], taps.count(path)
                self.assertEqual({k: v for k, v in data["messages"].items() if v}, own.messages)
                self.assertEqual(data["rcodes"], {RCODES[k]: v for k, v in own.rcodes.items()})
                self.assertEqual({k: v for k, v in data["scenarios"].items() if v}, own.scenarios)
                self.assertEqual(data["dropped"] + data["lone_responses"] + data["lone_forwards"], 0)
                self.assertEqual(sum(r["queries"] for r in data["replicas"]), own.messages["client_query"])
                self.assertEqual(sum(u["queries"] for u in data["upstreams"]), own.messages["forwarder_query"])

    def test_exceptions_come_before_the_summary(self):
        told, status = lines("--read", CAPTURES / "1.14.7.fstrm")
        self.assertEqual(status, 2)
        self.assertEqual(["messages" in d for d in told], [False] * (len(told) - 1) + [True])
        scenarios = [d["scenario"] for d in told[:-1]]
        self.assertEqual(scenarios.count("upstream_silent"), 8)
        self.assertEqual(scenarios.count("server_made"), 5)
        made = {d["name"] for d in told[:-1] if d["scenario"] == "server_made"}
        self.assertEqual(made, {"x.panic.lab.", "nil.panic.lab.", "index.panic.lab."})

    def test_all(self):
        told, _ = lines("--all", "--read", CAPTURES / "1.11.3.fstrm")
        self.assertEqual(len(told), 26)
        self.assertEqual(sum(d["scenario"] == "forwarded" for d in told[:-1]), 12)

    def test_without_full(self):
        told, _ = lines("--read", CAPTURES / "1.14.7-without-full.fstrm")
        data = told[-1]
        self.assertEqual(data["nameless"], 453)
        self.assertEqual(data["rcodes"], {})
        self.assertEqual(data["scenarios"]["upstream_silent"], 5)
        self.assertEqual(data["scenarios"]["local"] + data["scenarios"]["forwarded"],
                         data["messages"]["client_response"])
        self.assertTrue(all(d["name"] is None for d in told[:-1]))
        done = binary.run("dnstap", "--read", CAPTURES / "1.14.7-without-full.fstrm")
        self.assertIn("write full in the Corefile", done.stdout.replace("\n  ", " "))

    def test_old_versions_do_not_tell_latency(self):
        data = lines("--read", CAPTURES / "1.6.9.fstrm")[0][-1]
        self.assertEqual(data["client_latency"]["count"], 0)
        self.assertIsNone(data["client_latency"]["p99_us"])
        data = lines("--read", CAPTURES / "1.11.3.fstrm")[0][-1]
        self.assertEqual(data["client_latency"]["count"], 25)

    def test_text(self):
        done = binary.run("dnstap", "--read", CAPTURES / "1.14.7.fstrm")
        self.golden("dnstap-1.14.7", done.stdout)
        self.assertEqual(binary.run("dnstap", "-q", "--read", CAPTURES / "1.14.7.fstrm").stdout,
                         "13 of 238 client queries failed (5.5 %) in 3 m 43 s\n")

    def test_standard_input_and_several_files(self):
        octets = (CAPTURES / "1.11.3.fstrm").read_bytes()
        data = lines("--read", "-", stdin=octets)[0][-1]
        self.assertEqual(data["messages"]["client_query"], 25)
        data = lines("--read", f"{CAPTURES}/1.11.3.fstrm,{CAPTURES}/1.6.9.fstrm")[0][-1]
        self.assertEqual(data["messages"]["client_query"], 50)
        self.assertEqual(len(data["replicas"]), 2)


class Scenarios(Reads):
    def quiet(self, begin, seconds):
        return [frame for n in range(begin, begin + seconds) for frame in taps.answered(n)]

    def test_server_made_is_not_stuck(self):
        """A lone query whose client does not ask again had its answer."""
        told, data, _ = self.read([message(CQ, ident=9, port=999), *self.quiet(1, 20)])
        self.assertEqual([s["scenario"] for s in told], ["server_made"])
        self.assertEqual((data["scenarios"]["stuck"], data["unsure"], data["expired"]), (0, 0, 1))

    def test_stuck_when_the_client_asks_again(self):
        again = [message(CQ, ident=9, port=999, at=at) for at in (0, 5, 10)]
        told, data, _ = self.read([again[0], *self.quiet(1, 4), again[1], *self.quiet(6, 4), again[2],
                                   *self.quiet(11, 20)])
        self.assertEqual([s["scenario"] for s in told], ["stuck"] * 3)
        self.assertEqual(data["scenarios"]["stuck"], 3)

    def test_a_client_that_is_quicker_than_the_upstream_is_not_stuck(self):
        """A repetition may come before the first forwarder frame does: each query has its own all the same."""
        for own, version in ((None, b"CoreDNS-1.11.3"), (OWN, b"CoreDNS-1.14.7")):
            for full in (True, False):
                with self.subTest(version=version, full=full):
                    plain = {"version": version, "full": full, "ident": 9, "port": 999}
                    way = {**plain, "own": own, "upstream": "192.0.2.1"}
                    first, second = message(FQ, at=0.0001, **way), message(FQ, at=5.0001, **way)
                    _, data, _ = self.read([message(CQ, at=0, **plain), message(CQ, at=5, **plain), first, first,
                                            second, second, *self.quiet(12, 15)])
                    self.assertEqual((data["scenarios"]["upstream_silent"], data["scenarios"]["stuck"]), (2, 0))

    def test_servers_without_an_order_are_not_stuck_by_times(self):
        """Before 1.8.2 a query is told when it is over, and its time says nothing."""
        plain = {"version": None, "identity": None, "ident": 9, "port": 999}
        way = {**plain, "client": "0.0.0.0", "upstream": "192.0.2.1"}
        _, data, _ = self.read([message(FQ, at=0, **way), message(CQ, at=4, **plain), message(FQ, at=5, **way),
                                message(CQ, at=9, **plain), *self.quiet(12, 15)])
        self.assertEqual(data["scenarios"]["stuck"], 0)

    def test_an_answered_repetition_is_none(self):
        told, _, status = self.read([message(CQ, at=0), message(CQ, at=0.1), message(CR, at=0.1, until=0.2),
                                     message(CR, at=0, until=0.3)])
        self.assertEqual((told, status), ([], 0))

    def test_stuck_when_the_server_is_mute(self):
        told, data, _ = self.read([*self.quiet(0, 3), *(message(CQ, ident=n, port=n, at=n) for n in range(4, 40))])
        self.assertGreater(data["scenarios"]["stuck"], 20)
        self.assertIn("answers nobody", told[0]["remark"])

    def test_tcp_is_unsure(self):
        _, data, _ = self.read([message(CQ, ident=9, port=999, protocol=2), *self.quiet(1, 20)])
        self.assertEqual((data["scenarios"]["server_made"], data["unsure"]), (1, 1))

    def test_a_stream_that_breaks_off_is_unfinished(self):
        _, data, status = self.read([*self.quiet(0, 3), message(CQ, ident=9, port=999, at=3)], stop=False)
        self.assertEqual((data["scenarios"]["unfinished"], data["scenarios"]["server_made"], status), (1, 0, 0))

    def test_perspectives(self):
        """FORWARDER frames by the client's address, by CoreDNS's own, and by none."""
        for own, version in ((None, b"CoreDNS-1.11.3"), (OWN, b"CoreDNS-1.14.7")):
            for full in (True, False):
                with self.subTest(version=version, full=full):
                    more = {"upstream": "192.0.2.1", "own": own, "version": version, "full": full}
                    plain = {"version": version, "full": full}
                    told, data, _ = self.read(
                        [message(CQ, **plain), message(FQ, at=0.001, **more),
                         message(FR, at=0.001, until=0.003, **more), message(CR, at=0, until=0.004, **plain)],
                        "--all")
                    self.assertEqual([s["scenario"] for s in told], ["forwarded"])
                    self.assertEqual((told[0]["client_us"], told[0]["upstream_us"]), (4000, 2000))
                    self.assertEqual(data["upstreams"][0]["answered"], 1)

    def test_rewritten_name(self):
        """A query that goes to the upstream by another name is the same query."""
        told, _, _ = self.read([message(CQ), message(FQ, name="b.example.net", own=OWN, upstream="192.0.2.1"),
                                message(FR, name="b.example.net", own=OWN, upstream="192.0.2.1", until=0.1),
                                message(CR, until=0.2)], "--all")
        self.assertEqual([(s["scenario"], s["name"]) for s in told], [("forwarded", "a.example.org.")])

    def test_replicas_do_not_mix(self):
        """The same id, question and client at two servers are two queries."""
        told, data, _ = self.read([message(CQ), message(CQ, identity=b"coredns-b"),
                                   message(CR, identity=b"coredns-b", until=0.1), message(CR, until=0.2)], "--all")
        self.assertEqual([s["identity"] for s in told], ["coredns-b", "coredns-a"])
        self.assertEqual({r["identity"]: r["queries"] for r in data["replicas"]}, {"coredns-a": 1, "coredns-b": 1})

    def test_case_of_the_name(self):
        told, _, _ = self.read([message(CQ, name="A.eXample.org"), message(CR, until=0.1)], "--all")
        self.assertEqual([s["scenario"] for s in told], ["local"])

    def test_slow_and_errors(self):
        frames = [message(CQ), message(CR, until=0.3), message(CQ, ident=2, at=1),
                  message(CR, ident=2, at=1, until=1.001, rcode=2)]
        told, data, status = self.read(frames, "--slow", "300ms")
        self.assertEqual([s["rcode"] for s in told], ["NOERROR", "SERVFAIL"])
        self.assertEqual((data["slow"], data["failed"], status), (1, 1, 2))
        self.assertEqual(len(self.read(frames, "--slow", "0")[0]), 1)

    def test_zones(self):
        names = ["www.aliyun.com", "www.aliyun.com.default.svc.cluster.local", "kubernetes.cluster.local", "single",
                 "x.svc.a.b.default.svc.cluster.local", "123.456", "8.8.8.8.in-addr.arpa"]
        frames = [f for n, name in enumerate(names) for f in taps.answered(n, name=name)]
        _, data, _ = self.read(frames)
        self.assertEqual({z["zone"]: z["queries"] for z in data["zones"]},
                         {"aliyun.com.": 1, "cluster.local.": 3, ".": 2, "in-addr.arpa.": 1})

    def test_lone_frames_are_counted(self):
        _, data, status = self.read([message(CR, until=0.1), message(FQ, ident=7, own=OWN, upstream="192.0.2.1")])
        self.assertEqual((data["lone_responses"], data["lone_forwards"], status), (1, 1, 3))

    def test_full_table(self):
        frames = [message(CQ, ident=n, port=1000 + n, at=n / 1000) for n in range(100)]
        _, data, _ = self.read(frames, "--table", "16")
        self.assertEqual(data["dropped"], 84)
        self.assertEqual(sum(data["scenarios"].values()), 16)

    def test_a_leap_in_time(self):
        """One frame from the future ends nothing; a stream that goes on there does."""
        far = 10**7
        _, data, _ = self.read([message(CQ), *taps.answered(far), message(CR, until=0.1)])
        self.assertEqual(data["scenarios"]["server_made"], 1)
        _, data, _ = self.read([message(CQ), message(CQ, ident=7, at=far), message(CR, until=0.1)])
        self.assertEqual((data["scenarios"]["local"], data["lone_responses"]), (1, 0))


class BadInput(Reads):
    def fails(self, status, *arguments, text, stdin=b""):
        done = binary.run("dnstap", *arguments, stdin=stdin)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, text)
        self.assertEqual(done.stdout, "")

    def test_no_frame_stream(self):
        for content, text in ((b"", "is empty"), (b"\0\0", "half a frame"), (b"GET / HTTP/1.1\r\n", "too large"),
                              (b"\0\0\0\x02ab", "data"), (taps.control(taps.READY), "another control frame"),
                              (taps.control(taps.START, b"text/\x1b[31m"), r"text/\\027\[31m.*not of")):
            with self.subTest(content):
                self.fails(65, "--read", self.file(content), text=text)
        self.fails(66, "--read", "/nonexistent", text="cannot open /nonexistent")

    def test_half_a_frame_at_the_end(self):
        """What stands before it is shown, and the status says that it is not all."""
        whole = taps.stream([f for n in range(5) for f in taps.answered(n)], stop=False)
        told, status = lines("--read", self.file(whole[:-3]))
        self.assertEqual((status, told[-1]["messages"]["client_response"], told[-1]["streams"]["broken"]), (65, 4, 1))
        self.assertIn("half a frame", told[-1]["streams"]["remarks"][0])
        damaged = whole + b"\xff\xff\xff\xff" + taps.data(message(CQ))
        told, status = lines("--read", self.file(damaged))
        self.assertEqual((status, told[-1]["messages"]["client_query"]), (65, 6))
        self.assertEqual((told[-1]["streams"]["damages"], told[-1]["streams"]["skipped"]), (1, 4))

    def test_frames_within_each_other(self):
        """As CoreDNS's own listener writes them under load: what is whole behind the damage is read."""
        first, torn, inner, last = ([taps.data(f) for f in taps.answered(n)] for n in range(1, 5))
        stuck = taps.data(message(CQ, name="open.example.org", ident=9))
        forwarded = [taps.data(message(CQ, name="fwd.example.org", ident=10)),
                     taps.data(message(FQ, name="fwd.example.org", ident=10, upstream="10.0.0.53"))]
        before = taps.control(taps.START) + b"".join([*first, stuck, *forwarded])
        behind = b"".join([inner[1], *last]) + taps.control(taps.STOP, b"")
        for damage in (torn[0][:30] + inner[0] + torn[0][30:], torn[0][:4] + inner[0] + torn[0][4:],
                       torn[0][:20] + inner[0], torn[0][:3] + inner[0], b"\xff" * 5000 + inner[0],
                       b"\0\0\x10\0" + inner[0]):
            with self.subTest(damage[:8]):
                content = before + damage + behind
                told, status = lines("--read", self.file(content))
                data = told[-1]
                self.assertEqual((data["scenarios"]["local"], data["scenarios"]["unfinished"]), (3, 2))
                self.assertEqual([data["scenarios"][s] for s in ("upstream_silent", "server_made", "stuck")], [0, 0, 0])
                self.assertGreaterEqual(data["streams"]["damages"], 1)
                self.assertEqual((data["streams"]["broken"], data["streams"]["ended"], status), (0, 1, 65))
                self.assertIn("dnstap tcp://", data["streams"]["remarks"][0])

    def test_the_text_form_is_named(self):
        for text in (b'17:20:48.145657 CQ 127.0.0.1 UDP 39b "example.com." IN A\n', b"type: MESSAGE\nidentity: x\n",
                     b'{"type":"MESSAGE"}\n'):
            self.fails(65, "--read", self.file(text), text="dnstap as text")

    def test_frames_that_are_no_dnstap(self):
        others = [taps.field(14, taps.field(1, kind)) + taps.field(15, 1) for kind in (1, 2, 3, 14, 99)]
        _, data, _ = self.read([b"\xff", b"junk", b"\x78\x01", *others, *taps.answered(1)])
        self.assertEqual((data["messages"]["malformed"], data["messages"]["other"]), (3, 5))
        self.assertEqual(data["other_types"], {"AUTH_QUERY": 1, "AUTH_RESPONSE": 1, "RESOLVER_QUERY": 1,
                                               "UPDATE_RESPONSE": 1, "none": 1})
        self.assertEqual(data["scenarios"]["local"], 1)

    def test_messages_that_cannot_be_read(self):
        broken = taps.field(14, taps.field(1, CQ) + taps.field(10, b"\0\1\0")) + taps.field(15, 1)
        _, data, _ = self.read([broken, *taps.answered(1)])
        self.assertEqual((data["damaged"], data["messages"]["client_query"]), (1, 2))

    def test_hostile_text_is_escaped(self):
        frames = [message(CQ, name="\x1b]0;x\x07.lab", identity=b"\x1b[2J\xff", version=b"\r\n"),
                  message(CR, name="\x1b]0;x\x07.lab", identity=b"\x1b[2J\xff", version=b"\r\n", rcode=2, until=2)]
        done = binary.run("dnstap", "--read", self.file(taps.stream(frames)))
        self.assertIn("\\027]0\\;x\\007.lab.", done.stdout)
        self.assertIn("\\027[2J", done.stdout)
        self.assertNotRegex(done.stdout, "[\x1b\x07\r]")

    def test_a_frame_of_the_largest_size_and_one_more(self):
        largest = taps.field(3, b"x" * (256 * 1024 - 6)) + taps.field(15, 1)
        self.assertLessEqual(len(largest), 256 * 1024)
        _, data, _ = self.read([largest, *taps.answered(1)])
        self.assertEqual((data["messages"]["malformed"], data["scenarios"]["local"]), (1, 1))
        told, status = lines("--read", self.file(taps.stream([*taps.answered(1), b"x" * (256 * 1024 + 1)])))
        self.assertEqual((status, told[-1]["scenarios"]["local"], told[-1]["streams"]["broken"]), (65, 1, 1))

    def test_usage(self):
        self.fails(64, text="--listen")
        self.fails(64, "--read", "-", "--listen", "tcp:6000", text="not both")
        self.fails(64, "--listen", "udp:53", text="neither unix:PATH nor tcp")
        self.fails(64, "--listen", "tcp:127.0.0.1", text="no port")
        self.fails(64, "--listen", "unix:" + "x" * 200, text="1 to 107")
        self.fails(64, "--listen", "tcp:6000", "--socket-mode", "0999", text="octal")
        self.fails(64, "--read", "-", "--table", "1", text="16")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([binary.K8SDNS, "dnstap", "--read", CAPTURES / "1.14.7.fstrm"], stdout=full,
                                  stderr=subprocess.PIPE, env=binary.ENVIRONMENT, check=False, text=True)
        self.assertEqual(done.returncode, 74)
        self.assertIn("cannot write the output", done.stderr)
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run([binary.K8SDNS, "dnstap", "--all", "--read", CAPTURES / "1.14.7.fstrm"], stdout=writing,
                              stderr=subprocess.PIPE, env=binary.ENVIRONMENT, check=False, text=True)
        os.close(writing)
        self.assertEqual(done.returncode, 74)


if __name__ == "__main__":
    unittest.main(verbosity=2)
