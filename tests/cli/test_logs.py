#!/usr/bin/python3
"""logs: counts against an independent reading of real logs, every form of line, joins, filters, following, limits."""
import collections
import contextlib
import copy
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile
import textwrap
import time
import unittest

import binary

LOGS = binary.SOURCE / "tests/data/logs"
DUMP = binary.SOURCE / "tests/data/coredns/debug.log"
HEALTHY = json.loads((binary.SOURCE / "tests/data/captures/healthy.json").read_text())
QUERY = re.compile(r'\[INFO\] (\S+):(\d+) - (\d+) "(\S+) \S+ ((?:\\.|[^\\ ])+) \S+ \d+ \S+ \d+" '
                   r'(\S+) (\S+) (\d+) ([\d.]+)s')
LINE = '[INFO] {client}:{port} - {id} "{type} IN {name} udp 41 false 1232" {rcode} {flags} {size} {took}s'


def query(name="a.example.org.", **more):
    return LINE.format(**{"client": "10.244.1.5", "port": 40000, "id": 7, "type": "A", "rcode": "NOERROR",
                          "flags": "qr,rd,ra", "size": 58, "took": "0.001", "name": name, **more})


def stamp(seconds, text, pod="coredns-a"):
    whole, part = divmod(seconds, 1)
    return f"[pod/{pod}/coredns] 2026-01-31T12:{int(whole) // 60:02}:{int(whole) % 60:02}.{int(part * 1000):03}Z {text}"


def read(*lines, arguments=()):
    """The data of these lines."""
    document, status = binary.run_json("logs", *arguments, stdin="".join(f"{line}\n" for line in lines).encode())
    assert status in (0, 1, 2), status
    return document["data"]


class Counts(unittest.TestCase):
    """What a script makes of the same files."""

    def reading(self, path):
        lines = path.read_text(errors="surrogateescape").removesuffix("\n").split("\n")
        queries, probes = [], 0
        for line in lines:
            found = QUERY.match(line)
            if found and found[4] == "HINFO" and re.fullmatch(r"\d+\.\d+\.", found[5]):
                probes += 1
            elif found:
                queries.append(found)
        rcodes = collections.Counter()
        for found in queries:
            failed = found[6] == "-" or (found[6] == "NOERROR" and found[7] == "-")
            rcodes["SERVFAIL" if failed else found[6]] += 1
        return lines, queries, probes, rcodes

    def test_every_file(self):
        for path in [*sorted(LOGS.glob("*-1.*.log")), DUMP]:
            with self.subTest(path.name):
                lines, queries, probes, rcodes = self.reading(path)
                data = binary.run_json("logs", path)[0]["data"]
                count = lambda pattern: sum(1 for line in lines if re.match(pattern, line))
                panics = count(r"\[ERROR\] Recovered from panic|panic: ")
                self.assertEqual(data["lines"]["total"], len(lines))
                self.assertEqual(data["lines"]["query"], len(queries) + probes)
                self.assertEqual(data["lines"]["panic"], panics)
                self.assertEqual(data["lines"]["dump"], count(r"[\d.]+ - \d+ \S+ \S+ .* (udp|tcp) \d+$"))
                self.assertEqual(data["lines"]["debug"], count(r"\[DEBUG\]|debug: "))
                self.assertEqual(data["lines"]["error"] - data["event_kinds"].get("start-failed", 0),
                                 count(r"\[ERROR\]|\[FATAL\]|\[WARNING\] plugin/errors") -
                                 count(r"\[ERROR\] Recovered from panic"))
                parts = ("query", "dump", "error", "panic", "debug", "other")
                self.assertEqual(sum(data["lines"][part] for part in parts), data["lines"]["total"])
                self.assertEqual(data["lines"]["unknown"], 0)
                self.assertEqual(data["rcodes"], dict(rcodes))
                self.assertEqual(data["loop"]["probes"], probes)
                self.assertEqual({n["name"]: n["count"] for n in data["names"]}.items() -
                                 collections.Counter(q[5] for q in queries).items(), set())
                self.assertEqual({c["client"]: c["count"] for c in data["clients"]},
                                 dict(collections.Counter(q[1] for q in queries)))
                wasted = [q for q in queries if q[6] == "NXDOMAIN" and q[4] in ("A", "AAAA")
                          and q[5].endswith(".cluster.local.")]
                self.assertEqual(data["search_waste_total"], len(wasted))
                took = sorted(float(q[9]) * 1000 for q in queries)
                if took:
                    self.assertAlmostEqual(data["latency_ms"]["max"], took[-1], delta=1e-3)
                    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
                        exact = took[max(0, -(-len(took) * int(share * 100) // 100) - 1)]
                        self.assertAlmostEqual(data["latency_ms"][name], exact, delta=exact * 0.01 + 1e-4)
                    self.assertEqual(data["slow_total"], sum(t >= 100 for t in took))
                    self.assertEqual([s["latency_ms"] for s in data["slow"]],
                                     sorted((s["latency_ms"] for s in data["slow"]), reverse=True))

    def test_old_versions_call_a_failure_noerror(self):
        for version in ("1.6.9", "1.10.1", "1.11.3"):
            data = binary.run_json("logs", LOGS / f"r4-{version}-common-debug.log")[0]["data"]
            self.assertEqual((data["rcodes"]["SERVFAIL"], data["server_made"]), (2, 2), version)
            self.assertEqual(data["sources"][0]["coredns"], version)

    def test_the_error_behind_it_knows_the_code(self):
        refused = "[ERROR] plugin/errors: 5 a.example.org. A: concurrent queries exceeded maximum 2"
        data = read(query(rcode="-", flags="-", size=0), refused, query("b.example.org.", rcode="-", flags="-", size=0))
        self.assertEqual(data["rcodes"], {"SERVFAIL": 1, "REFUSED": 1})
        self.assertEqual(data["event_kinds"], {"rate-limited": 1})


class Forms(unittest.TestCase):
    def test_what_stands_around(self):
        line = query("sp\\ ace.example.org.")
        docker = json.dumps({"log": line + "\n", "stream": "stdout", "time": "2026-01-31T12:00:00.1Z"},
                            separators=(",", ":"))
        for text in (line, "2026-01-31T12:00:00.1Z " + line, stamp(0, line), docker, line + "\r",
                     "2026-01-31T20:00:00.1+08:00 stdout F " + line):
            with self.subTest(text):
                data = read(text)
                self.assertEqual((data["lines"]["query"], data["names"][0]["name"]), (1, "sp\\ ace.example.org."))
                if "2026" in text:
                    self.assertTrue(data["first_time"].startswith("2026-01-31T12:00:00."))

    def test_pieces(self):
        line = query()
        cri = "2026-01-31T12:00:00Z stdout "
        data = read(cri + "P " + line[:40], cri + "P " + line[40:60], cri + "F " + line[60:])
        self.assertEqual((data["lines"]["total"], data["lines"]["query"]), (1, 1))
        pieces = [json.dumps({"log": part, "stream": "stdout", "time": "2026-01-31T12:00:00Z"}, separators=(",", ":"))
                  for part in (line[:30], line[30:] + "\n")]
        self.assertEqual(read(*pieces)["lines"]["query"], 1)

    def test_versions(self):
        for line, took in (
                ('10.1.2.3 - [12/Mar/2018:09:41:34 +0000] "A IN a.org. udp 41 no 512" NOERROR qr,rd 58 1.25ms', 1.25),
                ('10.1.2.3 - [12/Mar/2018:09:41:34 +0000] 7 "A IN a.org. udp 41 no 512" NOERROR qr 58 250\u00b5s', .25),
                ('10.1.2.3:53 - [12/Mar/2018:09:41:34 +0000] 7 "A IN a.org. udp 41 no 512" NOERROR qr 58 0.002s', 2),
                ('2019-03-12T09:41:34.123Z [INFO] 10.1.2.3:53 - 7 "A IN a.org. udp 41 no 512" NOERROR qr 58 1m0.5s',
                 60500),
                ('[INFO] [::1]:53 - 7 "A IN a.org. udp 41 no 512" NOERROR qr 58 0.002s "0"', 2)):
            with self.subTest(line):
                data = read(line)
                self.assertEqual(data["rcodes"], {"NOERROR": 1})
                self.assertAlmostEqual(data["latency_ms"]["max"], took)
                self.assertIn(data["clients"][0]["client"], ("10.1.2.3", "::1"))

    def test_format(self):
        log = '[INFO] NOERROR a.org. 10.1.2.3 0.5s 10.0.0.1:53'
        template = "{rcode} {name} {remote} {duration} {/forward/upstream}"
        data = read(log, log, query(), arguments=("--format", template))
        self.assertEqual(data["rcodes"], {"NOERROR": 3})
        self.assertEqual([(u["server"], u["count"]) for u in data["upstreams"]], [("10.0.0.1:53", 2)])
        self.assertEqual(read(query() + " 10.0.0.9:53", arguments=("--format", "{common} {/forward/upstream}"))
                         ["upstreams"][0]["server"], "10.0.0.9:53")
        for wrong, words in (("{remote}", "has none of"), ("{name}{rcode}", "nothing between")):
            done = binary.run("logs", "--format", wrong, stdin=b"x\n")
            self.assertEqual(done.returncode, 64)
            self.assertIn(words, done.stderr)

    def test_a_format_of_its_own_is_found(self):
        lines = [f"[INFO] type=A name=h{i}.org. rcode=NXDOMAIN took=0.{i}s from=10.0.0.{i}:400{i}" for i in range(9)]
        template = "type={type} name={name} rcode={rcode} took={duration} from={remote}:{port}"
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("\n".join(lines))
            file.flush()
            data = binary.run_json("logs", file.name)[0]["data"]
            self.assertEqual((data["queries"], data["rcodes"], data["format"]), (9, {"NXDOMAIN": 9}, template))
            self.assertEqual(data["lines"]["other"], 0)
        # A pipe cannot be read again: it is said what to write.
        document, status = binary.run_json("logs", stdin="\n".join(lines).encode())
        self.assertEqual((status, document["data"]["queries"], document["data"]["format"]), (0, 0, template))
        self.assertIn(f"--format '{template}'", json.dumps(document["unobserved"]))
        self.assertEqual(read(*lines, arguments=("--format", template))["queries"], 9)

    def test_cut_lines_are_put_together(self):
        """A terminal cuts anywhere, a mail between words; what does not fit together stays what it is."""
        error = "[ERROR] plugin/errors: 2 api.example.com. A: read udp 10.244.0.3:41022->192.0.2.53:53: i/o timeout"
        whole = [query(), query("b.example.org.", rcode="NXDOMAIN"), error, query("c.example.org.")]
        plain = read(*whole)
        for width in (30, 60, 80, 98):
            cut = [line[at:at + width] for line in whole for at in range(0, len(line), width)]
            with self.subTest(width=width):
                data = read(*cut)
                self.assertEqual(data["queries"], 3)
                self.assertEqual((data["rcodes"], data["event_kinds"], data["lines"]["unknown"]),
                                 (plain["rcodes"], plain["event_kinds"], 0))
        words = [part for line in whole for part in textwrap.wrap(line, 60, break_on_hyphens=False)]
        self.assertEqual(read(*words)["rcodes"], plain["rcodes"])
        odd = ["[INFO] something else", "that is no line", query(), "[INFO] another thing", "[INFO] the last"]
        data = read(*odd)
        self.assertEqual((data["queries"], data["lines"]["total"], data["lines"]["unknown"], data["lines"]["notice"]),
                         (1, 5, 1, 3))

    def test_a_line_out_of_a_text_of_json(self):
        self.assertEqual(read(query().replace('"', '\\"'))["queries"], 1)

    def test_replicas_mixed(self):
        data = read(*(stamp(i / 10, query(f"n{i % 3}.org."), pod=f"coredns-{i % 2}") for i in range(40)))
        self.assertEqual([(s["source"], s["queries"]) for s in data["sources"]], [("coredns-0", 20), ("coredns-1", 20)])

    def test_what_is_not_understood_is_shown(self):
        done = binary.run("logs", stdin=(query() + "\n\x1b[2J what?\n").encode())
        self.assertIn("\\027[2J what?", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(binary.run("logs", stdin=b"hello\n").returncode, 3)
        self.assertEqual(binary.run("logs", stdin=b"").returncode, 3)

    def test_hostile_name_and_text(self):
        for arguments in ([], ["--lines"], ["-v"]):
            done = binary.run("logs", *arguments, stdin=(query("\x1b]0;x\x07\u202e.org.") + "\n").encode())
            self.assertNotRegex(done.stdout, "[\x1b\x07\u202e]")

    def test_panic_with_its_trace(self):
        panic = binary.run_json("logs", LOGS / "stacktrace-maxconc-1.14.7.log")[0]["data"]["panics"][0]
        self.assertTrue(panic["recovered"])
        self.assertTrue(panic["where"].startswith("lab.local/labpanic.lp.ServeDNS("))
        self.assertGreater(len(panic["trace"]), 20)

    def test_hex_is_decoded_in_place(self):
        done = binary.run("logs", "--lines", DUMP)
        self.assertRegex(done.stdout, r"debug: 000044\n;; 68 bytes.*\n;; response QUERY, NOERROR, id 49403")
        lines = [json.loads(line)["data"] for line in binary.run("--json", "logs", "--lines", DUMP).stdout.splitlines()]
        self.assertEqual([d["message"]["ID"] for d in lines if d.get("message")], [49403])
        self.assertTrue(lines[-1]["summary"])
        self.assertEqual(len(lines) - 1, lines[-1]["lines"]["total"])

    def test_json_of_a_line(self):
        text = (query("a.org.", rcode="-", flags="-", size=0) + "\n").encode()
        document = json.loads(binary.run("--json", "logs", "--lines", stdin=text).stdout.splitlines()[0])
        binary.validator().validate(document)
        line = document["data"]
        self.assertEqual((line["kind"], line["rcode"], line["server_made"], line["client"], line["latency_ms"]),
                         ("query", "SERVFAIL", True, "10.244.1.5", 1.0))


class Joins(unittest.TestCase):
    DUMP = "10.244.1.5 - {} A IN a.example.org. udp 40000"

    def test_age_decides(self):
        data = read(stamp(0, self.DUMP.format(1)), stamp(1, self.DUMP.format(2)), stamp(1.1, query(id=2)),
                    stamp(5, self.DUMP.format(3)), stamp(12, query(id=9)))
        self.assertEqual({**data["dump"], "threshold_ms": 0}, {
            "received": 3, "answered": 1, "unanswered": 1, "ended": 0, "in_flight": 1, "forgotten": 0,
            "threshold_ms": 0})
        self.assertEqual([(u["id"], u["age_ms"]) for u in data["unanswered"]], [(1, 12000.0)])

    def test_without_times_the_answers_since_count(self):
        after = [text for i in range(2, 6)
                 for text in (self.DUMP.format(i), query(id=i, took="3.0"))]
        data = read(self.DUMP.format(1), *after)
        self.assertEqual([(u["id"], u["age_ms"], u["at_least"]) for u in data["unanswered"]], [(1, 12000.0, True)])
        self.assertEqual(read(self.DUMP.format(1), *after[:4])["dump"]["in_flight"], 1)

    def test_asked_again_with_the_same_port_and_id(self):
        data = read(stamp(0, self.DUMP.format(1)), stamp(5, self.DUMP.format(1)), stamp(5.01, query(id=1)),
                    stamp(30, query(id=4)))
        self.assertEqual((data["dump"]["answered"], data["dump"]["unanswered"]), (1, 1))
        self.assertEqual(data["unanswered"][0]["age_ms"], 30000.0)

    def test_a_server_that_ends(self):
        data = binary.run_json("logs", DUMP)[0]["data"]
        self.assertEqual((data["dump"]["answered"], data["dump"]["ended"]), (159, 1))
        self.assertEqual([(u["name"], u["ended"]) for u in data["unanswered"]], [("nil.panic.lab.", True)])

    def test_too_many_wait(self):
        lines = [stamp(i / 1e5, f"10.244.1.5 - {i % 65536} A IN n{i}.org. udp 40000") for i in range(70000)]
        dump = read(*lines)["dump"]
        self.assertEqual((dump["received"], dump["forgotten"]), (70000, 70000 - 65536))

    def test_retries(self):
        data = read(stamp(0, query(id=1)), stamp(5.01, query(id=1)), stamp(20, query("b.org.", id=2)),
                    stamp(22.5, query("b.org.", id=3)), stamp(30, query("c.org.")), stamp(34, query("c.org.")))
        retries = data["retries"]
        self.assertEqual((retries["after_5s"], retries["after_2_5s"], retries["same_id"]), (1, 1, 1))
        self.assertIsNone(read(query())["retries"])

    def test_search_list(self):
        lines = [query(f"www.aliyun.com.{suffix}cluster.local.", rcode="NXDOMAIN", type=kind)
                 for suffix in ("team-a.svc.", "svc.", "") for kind in ("A", "AAAA")] * 3
        data = read(*lines, query("www.aliyun.com."), query("www.aliyun.com.", type="AAAA"))
        self.assertAlmostEqual(data["search_waste_ratio"], 18 / 20)
        self.assertEqual(data["search_waste"][0]["name"], "www.aliyun.com")
        self.assertGreaterEqual(data["search_waste"][0]["count"], 16)

    def test_many_names_are_counted_within_their_error(self):
        lines = [query(f"n{i}.org.") for i in range(9000)] + [query("hot.org.")] * 500
        data = read(*lines)
        self.assertEqual(data["names"][0]["name"], "hot.org.")
        self.assertLessEqual(data["names"][0]["count"] - data["names"][0]["error"], 500)
        self.assertGreaterEqual(data["names"][0]["count"], 500)
        self.assertGreater(data["names_floor"], 0)


class Filters(unittest.TestCase):
    def test_times_and_words(self):
        lines = [stamp(i, query(f"n{i}.org.")) for i in range(10)]
        data = read(*lines, arguments=("--since", "2026-01-31T12:00:03Z", "--until", "2026-01-31T12:00:06Z"))
        self.assertEqual((data["queries"], data["lines"]["filtered"]), (4, 6))
        self.assertEqual(read(*lines, arguments=("--grep", r"n[12]\.org"))["queries"], 2)
        self.assertEqual(read(*lines, arguments=("--since", "10m"))["queries"], 0)
        done = binary.run("logs", "--lines", "--slow", "1s", stdin=(query() + "\n" + query(took="2.5") + "\n").encode())
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_without_times(self):
        done = binary.run("logs", "--since", "10m", stdin=(query() + "\n").encode())
        self.assertIn("they have no time", done.stderr)

    def test_wrongly(self):
        for arguments, words in ((["--grep", "("], "--grep"), (["--since", "yesterday"], "neither a time"),
                                 (["--since", "1m", "--until", "2m"], "later than"), (["-", "-"], "but once")):
            done = binary.run("logs", *arguments, stdin=b"")
            self.assertEqual(done.returncode, 64)
            self.assertIn(words, done.stderr)
        self.assertEqual(binary.run("logs", "/nonexistent").returncode, 66)
        self.assertEqual(binary.run("logs", "/tmp").returncode, 66)
        done = binary.run("logs", stdin=b"\x1f\x8b\x08 and more")
        self.assertEqual((done.returncode, "zcat" in done.stderr), (65, True))


class Limits(unittest.TestCase):
    def test_long_lines(self):
        data = read(query(), "x" * (11 << 20), query())
        self.assertEqual((data["queries"], data["lines"]["cut"], data["lines"]["unknown"]), (2, 1, 1))
        self.assertEqual(read(query(), "\0" * 9000000, query())["queries"], 2)

    def test_memory_does_not_grow(self):
        lines = "".join(query(f"n{i}.example.org.", client=f"10.{i % 7}.{i % 251}.{i % 241}") + "\n"
                        for i in range(40000)).encode()

        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (160 << 20,) * 2)
        if binary.BESIDE:
            self.skipTest("a sanitizer takes memory of its own, and so does an emulator")
        done = subprocess.run([binary.K8SDNS, "logs", "-q"], input=lines * 10, capture_output=True, check=False,
                              preexec_fn=limited)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"400000 queries", done.stdout)

    def test_where_the_answer_goes(self):
        for arguments in ([], ["--lines"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([binary.K8SDNS, "logs", *arguments, LOGS / "r1-1.14.7-common.log"], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, b"cannot write" in done.stderr), (74, True))
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([binary.K8SDNS, "logs", *arguments, LOGS / "r1-1.14.7-common.log"], stdout=writer,
                                  stderr=subprocess.PIPE, check=False)
            os.close(writer)
            self.assertEqual(done.returncode, 74)


@contextlib.contextmanager
def following(*arguments):
    command = [binary.K8SDNS, "--json", "logs", "--follow", *map(str, arguments)]
    with subprocess.Popen(command, env=binary.ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def await_line(process, name):
    """Wait for the line about a name; give all data up to it."""
    while True:
        data = json.loads(process.stdout.readline())["data"]
        if data.get("name") == name:
            return data


class Follow(unittest.TestCase):
    def test_growth_rotation_truncation_and_absence(self):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "0.log"
            path.write_text(query("first.org.") + "\n")
            with following("--lines", path) as process:
                await_line(process, "first.org.")
                with path.open("a") as log:
                    log.write(query("second.org.") + "\n" + query("half.org.")[:30])
                    log.flush()
                    await_line(process, "second.org.")
                    log.write(query("half.org.")[30:] + "\n")
                await_line(process, "half.org.")
                path.rename(path.with_suffix(".1"))
                with path.with_suffix(".1").open("a") as log:
                    log.write(query("late.org.") + "\n")
                path.write_text(query("third.org.") + "\n" + query("pad.org.") * 40 + "\n")
                await_line(process, "late.org.")
                await_line(process, "third.org.")
                os.truncate(path, 0)
                with path.open("a") as log:
                    log.write(query("fourth.org.") + "\n")
                await_line(process, "fourth.org.")
                path.unlink()
                time.sleep(0.5)
                path.write_text(query("fifth.org.") + "\n")
                await_line(process, "fifth.org.")
                process.send_signal(signal.SIGINT)
                last = json.loads(process.stdout.read().splitlines()[-1])
            binary.validator().validate(last)
            [file] = last["data"]["files"]
            self.assertEqual((file["state"], file["rotated"], file["truncated"]), ("read", 2, 1))
            self.assertEqual(last["data"]["queries"], 7)

    def test_reports_and_the_end_of_a_pipe(self):
        with following("--interval", "100ms", "-") as process:
            process.stdin.write(query() + "\n")
            process.stdin.flush()
            while True:
                part = json.loads(process.stdout.readline())
                binary.validator().validate(part)
                if part["data"]["queries"]:
                    break
            process.stdin.close()
            last = json.loads(process.stdout.read().splitlines()[-1])["data"]
            self.assertEqual((last["summary"], last["queries"], process.wait()), (True, 1, 0))


def diagnosed(*lines, path=None):
    """The findings over a healthy capture with these logs in it."""
    capture = copy.deepcopy(HEALTHY)
    text = path.read_bytes() if path else "".join(f"{line}\n" for line in lines).encode()
    capture["data"]["logs"] = binary.run_json("logs", stdin=text)[0]["data"]
    document = json.loads(binary.run("--json", "diagnose", "--from", "-", stdin=json.dumps(capture).encode()).stdout)
    return ({f["id"]: f for f in document["findings"] if f["severity"] != "info"},
            {c["id"]: c["state"] for c in document["data"]["checks"]})


class Diagnosis(unittest.TestCase):
    def test_health_raises_nothing(self):
        self.assertEqual(diagnosed(path=LOGS / "healthy.log")[0], {})
        probe = query("4407329981067586630.488849418457690360.", type="HINFO", rcode="NXDOMAIN")
        usual = [query(f"n{i}.org.") for i in range(2000)]
        one = [query("b.org.", rcode="SERVFAIL"),
               "[ERROR] plugin/errors: 2 b.org. A: read udp 10.244.0.2:1->10.0.0.1:53: i/o timeout",
               "[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server"]
        self.assertEqual(diagnosed(probe, *usual, *one)[0], {})

    def test_real_faults(self):
        for name, wanted in (("k8s-api-403-1.14.7", "apiserver-disconnected"), ("loop-1.14.7", "forward-loop"),
                             ("k8s-api-401-1.14.7", "apiserver-disconnected"),
                             ("k8s-api-unreachable-1.14.7", "apiserver-disconnected"),
                             ("stacktrace-maxconc-1.14.7", "server-rate-limited"),
                             ("stacktrace-maxconc-1.14.7", "coredns-panic"),
                             ("r1-1.14.7-common-upstream-down-and-k8s-unsynced", "upstream-failing"),
                             ("r1-1.14.7-common", "coredns-errors")):
            with self.subTest(name):
                self.assertIn(wanted, diagnosed(path=LOGS / f"{name}.log")[0])

    def test_stuck(self):
        dumps = [stamp(i / 10, f"10.244.1.5 - {i} A IN a.org. udp 40000") for i in range(100)]
        answers = [stamp(20 + i / 10, query("a.org.", id=i)) for i in range(50)]
        findings, _ = diagnosed(*dumps, *answers)
        self.assertEqual(findings["coredns-stuck"]["severity"], "critical")
        # A log that leaves out what works says nothing of what has no line.
        _, states = diagnosed(*dumps, *[line.replace("NOERROR", "SERVFAIL") for line in answers])
        self.assertEqual(states["coredns-stuck"], "unknown")

    def test_a_log_of_failures_alone_gives_no_share(self):
        findings, _ = diagnosed(*[query(f"n{i}.org.", rcode="SERVFAIL") for i in range(50)])
        self.assertEqual((findings["coredns-errors"]["severity"], findings["coredns-errors"]["confidence"]),
                         ("warning", "possible"))

    def test_a_probe_that_comes_back(self):
        def probe(client, rcode):
            return query("44073299810675866.48884941845769.", type="HINFO", rcode=rcode, client=client)
        again = [probe("10.0.0.1", "SERVFAIL"), probe("10.0.0.1", "NXDOMAIN")]
        self.assertNotIn("forward-loop", diagnosed(query(), *again)[0])
        self.assertIn("forward-loop", diagnosed(query(), *again, probe("10.0.0.2", "NXDOMAIN"))[0])

    def test_diagnose_reads_it(self):
        arguments = ("--no-discovery", "--target", "127.0.0.1:1", "--budget", "500ms", "--no-external")
        done = binary.run("--json", "capture", *arguments, "--logs", LOGS / "loop-1.14.7.log")
        self.assertEqual(json.loads(done.stdout)["data"]["logs"]["loop"]["detected"], 1)
        again, status = binary.run_json("logs", "--from", "-", stdin=done.stdout.encode())
        self.assertEqual((status, again["data"]["loop"]["detected"]), (0, 1))
        self.assertEqual(binary.run("capture", *arguments, "--logs", "-", "--endpoints", "-").returncode, 64)
        hidden = binary.run("capture", *arguments, "--redact", "word", "--logs", LOGS / "r1-1.14.7-common.log").stdout
        for name in ("10.244.1.5", "aliyun", "nosuch", "upservfail", "100.100.2"):
            self.assertNotIn(name, json.dumps(json.loads(hidden)["data"]["logs"]))

    def test_each_line_that_tells_of_a_fault(self):
        reload = "[ERROR] plugin/reload: Corefile changed but reload failed: Corefile:3 - Error during parsing: x"
        start = "loading Caddyfile via flag: open /etc/coredns/Corefile: permission denied"
        slow = '[WARNING] plugin/health: Local health request to "http://:8080/health" took more than 1s: 2s'
        waits = '[INFO] plugin/ready: Still waiting on: "kubernetes"'
        setup = "2024/03/01 10:00:01 [ERROR] Error checking/adding iptables rule x, error - the xtables lock"
        limit = "dnsmasq[9]: Maximum number of concurrent DNS queries reached (max: 150)"
        answered = [query(f"n{i}.org.") for i in range(3)]
        for wanted, lines in (
                (("coredns-config", "warning", "Corefile:3"), [reload]),
                (None, [reload, "[INFO] Reloading complete"]),
                (("coredns-config", "critical", "permission denied"), [start]),
                (("coredns-errors", "warning", "will retry"),
                 ["dnsmasq[9]: no servers found in /etc/resolv.conf, will retry"]),
                (("coredns-errors", "warning", "192.0.2.53 refused"),
                 ["I0206 18:42:06.508701       1 nanny.go:108] dnsmasq[9]: nameserver 192.0.2.53 refused to do a "
                  "recursive query"]),
                (("coredns-errors", "warning", "files.example.com"),
                 ["dnsmasq[9]: possible DNS-rebind attack detected: files.example.com"]),
                (("coredns-config", "warning", "/etc/more-hosts"),
                 ["dnsmasq[9]: failed to load names from /etc/more-hosts: No such file or directory"]),
                (("coredns-errors", "warning", "resolv.conf failed"),
                 ["E0206 18:42:06.508701       1 dns.go:260] Load nameserver from resolv.conf failed: open "
                  "/etc/resolv.conf: no such file or directory"]),
                (None, [start, "CoreDNS-1.14.7"]),
                (("coredns-cpu", "warning", "3 times"), [slow] * 3),
                (None, [slow] * 2),
                (("apiserver-disconnected", "warning", "3 lines"), [waits] * 3),
                (None, [waits] * 2),
                (None, [waits] * 3 + answered),
                (None, [f"2026-01-31T12:00:{10 * i:02}Z {waits}" for i in range(3)] +
                       ["2026-01-31T12:01:21Z [INFO] Reloading"]),
                (("apiserver-disconnected", "warning", "3 lines"),
                 [f"2026-01-31T12:00:{10 * i:02}Z {waits}" for i in range(3)] +
                 ["2026-01-31T12:01:20Z [INFO] Reloading"]),
                (("nodelocal-down", "warning", "xtables"), [setup]),
                (None, [setup, "2024/03/01 10:03:02 [INFO] Reloading"]),
                (("nodelocal-down", "warning", "xtables"), [setup, "2024/03/01 10:03:01 [INFO] Reloading"]),
                (("server-rate-limited", "warning", "150"), [limit]),
                (("coredns-config", "warning", "is a directory"),
                 ['[WARNING] plugin/hosts: Hosts file "." is a directory'])):
            with self.subTest(lines[-1]):
                findings, _ = diagnosed(*lines)
                if not wanted:
                    self.assertEqual(findings, {})
                    continue
                finding = findings[wanted[0]]
                self.assertEqual((finding["severity"], wanted[2] in json.dumps(finding["evidence"])),
                                 (wanted[1], True), finding)

    def test_each_kind_of_error_has_its_cause(self):
        for text, least, title in (
                ("tls: failed to verify certificate: x509: certificate signed by unknown authority", 1, "TLS"),
                ("dns: overflowing header size", 1, "too large"),
                ("dial udp [fe80::1%eth0]:53: connect: invalid argument", 1, "address"),
                ("plugin/forward: no next plugin found", 1, "no plugin"),
                ("dial udp 10.0.0.1:53: socket: too many open files", 1, "ports, files"),
                ("write udp 10.0.0.2:1->10.0.0.1:53: write: operation not permitted", 1, "let CoreDNS send"),
                ("EOF", 3, "closes"), ("dns: bad rdata", 3, "cannot be read"), ("something else", 3, "queries fail")):
            with self.subTest(text):
                lines = [f"[ERROR] plugin/errors: 2 n{i}.org. A: {text}" for i in range(least)]
                finding = diagnosed(*lines)[0]["coredns-errors"]
                self.assertIn(title, finding["title"])
                self.assertIn(f"such errors in CoreDNS's log: {least};", finding["evidence"][0])
                self.assertEqual(diagnosed(*lines[1:])[0], {})
                # Of all answers one in a hundred or more is a warning.
                answers = [query(f"a{i}.org.") for i in range(least * 100)]
                self.assertIn("coredns-errors", diagnosed(*lines, *answers)[0])
                self.assertNotIn("coredns-errors", diagnosed(*lines, *answers, query("b.org."))[0])

    def test_one_failure_is_told_once(self):
        answers = [query(f"a{i}.org.", rcode="SERVFAIL") for i in range(4)]
        errors = [f"[ERROR] plugin/errors: 2 a{i}.org. A: dns: overflowing header size" for i in range(4)]
        document = binary.run_json("logs", stdin="".join(f"{line}\n" for line in answers + errors).encode())[0]
        self.assertEqual([f["id"] for f in document["findings"]], ["coredns-errors"])

    def test_who_forwards_to_itself(self):
        def timeouts(route, name="a.org.", count=3):
            return [f"[ERROR] plugin/errors: 2 {name} A: read udp {route}: i/o timeout"] * count
        for wanted, lines in (
                ("forward-loop", timeouts("169.254.20.10:4->169.254.20.10:53", count=1)),
                ("forward-loop", timeouts("10.244.1.9:4->10.96.0.10:53")),          # the ClusterIP of the capture
                ("forward-loop", timeouts("10.244.1.9:4->10.244.1.21:53")),         # a replica of it
                ("upstream-failing", timeouts("10.244.1.9:4->10.96.0.11:53")),
                ("upstream-failing", timeouts("10.244.1.9:4->10.96.0.10:5353")),
                # A cache in front of CoreDNS is to forward there: it sends the cluster's names, or has its address.
                ("upstream-failing", timeouts("10.244.1.9:4->10.96.0.10:53", "a.svc.cluster.local.")),
                ("upstream-failing", timeouts("169.254.20.10:4->10.96.0.10:53")),
                ("upstream-failing", timeouts("10.244.1.9:4->10.244.1.9:53".replace(":53", ":54")))):
            with self.subTest(lines[0]):
                self.assertIn(wanted, diagnosed(*lines)[0])

    def test_usual_addresses_of_a_cluster_that_is_not_known(self):
        line = "[ERROR] plugin/errors: 2 12.34. {}: read udp 10.244.1.9:4->10.96.0.{}:53: i/o timeout\n"
        for type_, last, wanted in (("HINFO", 10, "forward-loop"), ("A", 10, "upstream-failing"),
                                    ("HINFO", 11, "upstream-failing")):
            document = binary.run_json("logs", stdin=line.format(type_, last).encode() * 3)[0]
            self.assertEqual([f["id"] for f in document["findings"]], [wanted])

    def test_a_log_alone(self):
        alone = ("diagnose", "--no-discovery", "--logs", "-")
        bad, status = binary.run_json(*alone, stdin=b"Corefile:3 - Error during parsing: x\n")
        self.assertEqual(([f["id"] for f in bad["findings"]], status), (["coredns-config"], 2))
        good, status = binary.run_json(*alone, stdin=query().encode())
        self.assertEqual(([f["id"] for f in good["findings"]], status), ([], 0))
        self.assertIn("no server was queried", good["data"]["verdict"])
        self.assertIn("answers of the servers", [u["what"] for u in good["unobserved"]])
        self.assertEqual(binary.run("diagnose", "--no-discovery").returncode, 64)

    def test_a_watch_that_fails_says_why(self):
        """The reason that a line of the kubernetes plugin names decides what is to be done."""
        watch = "[ERROR] plugin/kubernetes: pkg/mod/reflector.go:9: Failed to watch *v1.{}: "
        get = 'failed to list *v1.Service: Get "https://192.0.2.1:443/api/v1/services?limit=500": '
        bare = "[ERROR] plugin/kubernetes: Failed to watch"
        for lines, steps, no_step in (
                ([watch.format("Service") + get + "dial tcp 192.0.2.1:443: connect: no route to host"] * 3,
                 ["/readyz"], "can-i"),
                ([watch.format("Service") + get + "tls: failed to verify certificate: x509: certificate has expired"]
                 * 3, ["openssl"], "can-i"),
                ([bare] * 3 + ["[INFO] plugin/kubernetes: pkg/mod/reflector.go:9: " + get +
                               "x509: certificate is valid for 192.0.2.9, not 192.0.2.1"], ["openssl"], "can-i"),
                ([bare] * 3, ["can-i watch"], "openssl"),
                ([watch.format("EndpointSlice") + "failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io "
                  'is forbidden: User "system:serviceaccount:dns:my-dns" cannot list resource "endpointslices" in API '
                  'group "discovery.k8s.io" at the cluster scope'],
                 ["can-i list endpointslices.discovery.k8s.io --all-namespaces "
                  "--as=system:serviceaccount:dns:my-dns"], "serviceaccount:kube-system"),
                ([watch.format("Service") + 'services is forbidden: User "system:serviceaccount:dns:my-dns" cannot '
                  'watch resource "services" in API group "" at the cluster scope'],
                 ["can-i watch services --all-namespaces --as=system:serviceaccount:dns:my-dns"], "services.")):
            with self.subTest(lines=lines[-1]):
                told, _ = binary.run_json("diagnose", "--no-discovery", "--logs", "-",
                                          stdin=("\n".join(lines) + "\n").encode())
                said = str(next(f for f in told["findings"] if f["id"] == "apiserver-disconnected")["steps"])
                self.assertEqual(([s for s in steps if s not in said], no_step in said), ([], False), said)

    def test_last_words_name_the_cause(self):
        """What a server says last decides the finding, the program in its title, and what is to be done."""
        get = 'plugin/kubernetes: Get "https://{}/version?timeout=32s": '
        api, port, corefile = "apiserver-disconnected", "coredns-not-started", "coredns-config"
        network = ("CoreDNS does not start: it does not reach the API server", "kube-proxy")
        for text, wanted, title, step in (
                (get.format("192.0.2.1:443") + "dial tcp 192.0.2.1:443: i/o timeout", api, *network),
                (get.format("192.0.2.9:6443") + "dial tcp 192.0.2.9:6443: connect: connection refused", api, *network),
                (get.format("[2001:db8::1]:443") + "dial tcp [2001:db8::1]:443: connect: no route to host", api,
                 *network),
                (get.format("192.0.2.1:443") + "read tcp 192.0.2.7:4->192.0.2.1:443: read: connection reset by peer",
                 api, *network),
                (get.format("192.0.2.1:443") + "net/http: TLS handshake timeout", api, *network),
                (get.format("192.0.2.1:443") + "context deadline exceeded", api, *network),
                (get.format("192.0.2.1:443") + "EOF", api, *network),
                (get.format("192.0.2.1:443") + "tls: failed to verify certificate: x509: certificate has expired",
                 api, "certificate", "openssl"),
                (get.format("192.0.2.1:443") + "x509: certificate signed by unknown authority", api, "certificate",
                 "kube-root-ca.crt"),
                (get.format("api.example.com:6443") + "dial tcp: lookup api.example.com on 192.0.2.53:53: no such host",
                 api, "does not resolve", "dnsPolicy"),
                (get.format("api.example.com:6443") + "dial tcp: lookup api.example.com on 192.0.2.53:53: read udp "
                 "192.0.2.7:4->192.0.2.53:53: i/o timeout", api, "does not resolve", "dnsPolicy"),
                ("plugin/kubernetes: Unauthorized", api, "refuses", "serviceaccount:kube-system:coredns"),
                ('plugin/kubernetes: services is forbidden: User "x" cannot list resource', api, "refuses", "can-i"),
                ("plugin/kubernetes: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or "
                 "directory", api, "no token", "automountServiceAccountToken"),
                ("plugin/kubernetes: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and "
                 "KUBERNETES_SERVICE_PORT must be defined", api, "where the API server is", "kubeconfig"),
                ("F0309 00:25:13.051972       1 server.go:50] Failed to create a kubernetes client: open "
                 "/var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory", api,
                 "kube-dns does not start", "deployment/kube-dns"),
                ("Listen: listen tcp :53: bind: address already in use", port, "CoreDNS does not start: another",
                 "sport = :53'"),
                ("ListenPacket: listen udp 192.0.2.4:1053: bind: address already in use", port, "another", "= :1053'"),
                ("Listen: listen tcp 169.254.20.10:8080: bind: address already in use", port,
                 "node-local-dns does not start: another", "= :8080'"),
                ("skydns: listen tcp 0.0.0.0:10053: bind: address already in use", port, "kube-dns does", "= :10053'"),
                ("F0309 00:25:13.1       1 server.go:140] listen tcp :8081: bind: address already in use", port,
                 "kube-dns does", "= :8081'"),
                ("F0309 00:25:13.1       1 metrics.go:105] Error starting metrics server: listen tcp :10054: bind: "
                 "address already in use", port, "the sidecar of kube-dns", "= :10054'"),
                ("Listen: listen tcp :53: bind: permission denied", port, "may not listen", "NET_BIND_SERVICE"),
                ("exec /coredns: operation not permitted", port, "may not listen", "NET_BIND_SERVICE"),
                ("Listen: listen tcp 169.254.20.10:53: bind: cannot assign requested address", port,
                 "node-local-dns does not start: its address", "ip -brief address"),
                ("log: exiting because of error: log: cannot create log: open /tmp/x: no such file or directory",
                 port, "CoreDNS ends: it cannot write a log file", "1.4.0"),
                ("exec /coredns: exec format error", port, "cannot run", "kubernetes.io/arch"),
                ("flag provided but not defined: -confg", port, "command line", "edit deployment/coredns"),
                ('[FATAL] Error parsing flags - invalid localip specified - "", Exiting', port,
                 "node-local-dns does not start: its command line", "edit daemonset/node-local-dns"),
                ("F1021 19:10:30.4       1 nanny.go:190] dnsmasq exited: exit status 2", port, "dnsmasq of kube-dns",
                 "= :53'"),
                ("F1021 19:10:30.4       1 nanny.go:190] dnsmasq exited: signal: killed", port, "was killed",
                 "describe"),
                ("F1021 19:10:30.4       1 dns.go:90] something else", port, "kube-dns ends by itself", "--previous"),
                # What the Corefile is to blame for stays so.
                ("plugin/kubernetes: /etc/coredns/Corefile:5 - Error during parsing: unknown property 'x'", corefile,
                 "CoreDNS does not start", "edit configmap coredns"),
                ("/etc/coredns/Corefile:9 - Error during parsing: listen tcp: address already in use", corefile,
                 "CoreDNS does not start", "edit configmap coredns"),
                ("plugin/forward: no nameservers found", corefile, "names no nameserver", "resolvConf"),
                ("/etc/Corefile:12 - Error during parsing: Unknown directive 'kubernetes'", corefile,
                 "node-local-dns does not start: its Corefile names a plugin that it does not have",
                 "edit configmap node-local-dns"),
                ("cannot serve dns://.:53 - it is already defined", corefile, "two server blocks of its Corefile",
                 "k8sdns corefile -"),
                ("plugin/health: this plugin can only be used once per Server Block", corefile,
                 "a plugin stands twice", "edit configmap coredns"),
                ("no action found for directive 'x' with server type 'dns' (missing a plugin?)", corefile,
                 "names a plugin that it does not have", "edit configmap coredns"),
                ("/etc/coredns/Corefile:9 - Error during parsing: Wrong argument count", corefile,
                 "does not accept its Corefile", "edit configmap coredns"),
                ('plugin/forward: not an IP address or file: "__PILLAR__UPSTREAM__SERVERS__"', corefile,
                 "node-local-dns does not start: a placeholder", "Corefile.base"),
                ("plugin/tls: open /etc/tls/tls.key: permission denied", corefile, "cannot read a",
                 "describe pods"),
                ("plugin/etcd: context deadline exceeded", corefile, "CoreDNS does not start", "edit configmap"),
                ("loading Caddyfile via flag: open /etc/coredns/Corefile: no such file or directory", corefile,
                 "cannot read its Corefile", "describe pods")):
            with self.subTest(text):
                findings, _ = diagnosed(text)
                self.assertEqual(list(findings), [wanted])
                finding = findings[wanted]
                told = json.dumps(finding["steps"])
                self.assertEqual((finding["severity"], title in finding["title"], step in told),
                                 ("critical", True, True), finding)
                if wanted != corefile:
                    self.assertNotIn("edit configmap", told)
                if "kube-dns" in finding["title"]:
                    self.assertNotIn("coredns", told.lower() + finding["cause"].lower())

    def test_kube_dns_that_waits_for_the_api_server(self):
        """The reason stands in the lines before the last."""
        begin = "E0309 00:24:43.051972       1 reflector.go:201] k8s.io/dns/pkg/dns/dns.go:147: Failed to list *v1.{}: "
        last = "F0309 00:25:13.051972       1 dns.go:168] Timeout waiting for initialization"
        get = "Get https://192.0.2.1:443/api/v1/services?resourceVersion=0: "
        for before, title in (
                ([begin.format("Endpoints") + get + "dial tcp 192.0.2.1:443: i/o timeout"], "does not reach"),
                ([begin.format("Service") + get + "x509: certificate signed by unknown authority"], "certificate"),
                ([begin.format("Service") + 'services is forbidden: User "x" cannot list services'], "refuses"),
                ([], "does not reach")):
            with self.subTest(title):
                findings, _ = diagnosed(*before, last)
                self.assertEqual(list(findings), ["apiserver-disconnected"])
                finding = findings["apiserver-disconnected"]
                self.assertTrue(finding["title"].startswith("kube-dns does not start: "), finding)
                self.assertIn(title, finding["title"])
                self.assertEqual(len(finding["evidence"]), 1 + len(before))
                self.assertNotIn("CoreDNS", json.dumps(finding))
        self.assertEqual(diagnosed(last, last.replace("F0309", "I0310").replace(
            "Timeout waiting for initialization", "Initialized services and endpoints from apiserver"))[0], {})
        # One that fails for a while goes on; three that fail are told, with the program's name.
        line = begin.format("Service") + get + "dial tcp 192.0.2.1:443: connect: connection refused"
        self.assertEqual(diagnosed(line)[0], {})
        self.assertTrue(diagnosed(*[line] * 3)[0]["apiserver-disconnected"]["title"].startswith("kube-dns does not"))

    def test_dnsmasq_says_why_it_ends(self):
        """The nanny's last line has the exit status alone; it is the same failure, told once."""
        why = "I1021 19:10:30.467000       1 nanny.go:116] dnsmasq: failed to create listening socket for port {}: {}"
        last = "F1021 19:10:30.468000       1 nanny.go:190] dnsmasq exited: exit status 2"
        for port, reason, title in ((53, "Address already in use", "another process"),
                                    (5353, "Address already in use", "another process"),
                                    (53, "Permission denied", "may not listen")):
            with self.subTest(reason):
                finding = diagnosed(why.format(port, reason), last)[0]["coredns-not-started"]
                self.assertTrue(finding["title"].startswith("dnsmasq of kube-dns does not start: "), finding)
                self.assertIn(title, finding["title"])
                self.assertEqual((len(finding["evidence"]), reason in finding["evidence"][0]), (1, True))
        self.assertIn("= :5353'", json.dumps(diagnosed(why.format(5353, "Address already in use"))[0]))
        started = "I1021 19:11:30.4       1 nanny.go:116] dnsmasq[9]: started, version 2.76 cachesize 1000"
        self.assertEqual(diagnosed(why.format(53, "Address already in use"), last, started)[0], {})

    def test_what_node_cache_says_at_its_start(self):
        missing = ("2024/03/01 10:00:01 [ERROR] Failed to read node-cache coreFile {0} - open {0}: {1}")
        begin, banner = "2024/03/01 10:00:00 [INFO] Starting node-cache image: 1.23.1", "CoreDNS-1.11.1"
        for path in ("/etc/coredns/Corefile.base", "/etc/x/Corefile"):
            line = missing.format(path, "no such file or directory")
            self.assertEqual(diagnosed(line)[0], {})
            self.assertEqual(diagnosed(begin, line, banner)[0], {})
        self.assertEqual(list(diagnosed(missing.format("/x", "permission denied"))[0]), ["coredns-config"])
        self.assertEqual(diagnosed("[ERROR] Failed deleting iptables rule {raw}, error - the xtables lock")[0], {})

    def test_another_line_tells_that_it_is_node_cache(self):
        """CoreDNS's own words are the same in both programs; the ConfigMap is another."""
        begin = "2024/03/01 10:00:00 [INFO] Starting node-cache image: 1.23.1"
        for text, title in (
                ("plugin/forward: no nameservers found", "node-local-dns does not start"),
                ("/etc/coredns/Corefile:7 - Error during parsing: Unknown directive 'x'", "node-local-dns does not"),
                ('[ERROR] Restart failed: plugin/forward: not an IP address or file: "x"', "node-local-dns refuses")):
            with self.subTest(text):
                finding = diagnosed(begin, text)[0]["coredns-config"]
                told = json.dumps(finding["steps"])
                self.assertEqual((finding["title"].startswith(title), finding["subject"], "coredns" in told,
                                  "edit configmap node-local-dns" in told), (True, "node-local-dns's log", False, True))
                self.assertIn("edit configmap coredns", json.dumps(diagnosed(text)[0]["coredns-config"]["steps"]))

    def test_a_cache_that_gets_no_answer_from_coredns(self):
        """It forwards the cluster's names by design; that its upstream is CoreDNS is told, and no loop."""
        begin, line = "[INFO] Starting node-cache image: 1.23.1", "[ERROR] plugin/errors: 2 {}. A: {}"
        dead = "dial tcp 10.96.0.10:53: i/o timeout"
        for before, name, reason, title in (
                ([begin], "a.default.svc.cluster.local", dead, "node-local-dns gets no answer from CoreDNS"),
                ([], "a.default.svc.cluster.local", "read udp 169.254.20.10:9->10.96.0.10:53: i/o timeout",
                 "node-local-dns gets no answer from CoreDNS"),
                ([begin], "a.example.com", "dial tcp 192.0.2.53:53: i/o timeout", "an upstream of node-local-dns"),
                ([], "a.example.com", "dial tcp 192.0.2.53:53: i/o timeout", "an upstream of CoreDNS")):
            with self.subTest(title, reason=reason):
                finding = diagnosed(*before, *[line.format(name, reason)] * 3)[0]["upstream-failing"]
                self.assertEqual((title in finding["title"], "--target 10.96.0.10:53" in json.dumps(finding["steps"])),
                                 (True, "gets no answer" in title))
                self.assertEqual("configmap node-local-dns" in json.dumps(finding["steps"]),
                                 title == "an upstream of node-local-dns")

    def test_a_health_that_is_closed_is_not_slow(self):
        said = '[WARNING] plugin/health: Local health request to "http://:8080/health" '
        refused = said + 'failed: Get "http://:8080/health": dial tcp :8080: connect: connection refused'
        self.assertEqual(diagnosed(*[refused] * 3)[0], {})
        self.assertIn("coredns-cpu", diagnosed(*[said + "took more than 1s: 2.1s"] * 3)[0])

    def test_answers_that_say_no(self):
        """Many of them are told with the name that fails most; a few are what an access list is for."""
        for rcode in ("REFUSED", "FORMERR", "NOTIMP"):
            lines = [query("a.example.com.", rcode=rcode)] * 4 + [query("b.example.com.", rcode=rcode)]
            finding = diagnosed(*lines, query("b.org."))[0]["coredns-errors"]
            self.assertEqual((finding["severity"], rcode in finding["title"], finding["evidence"]),
                             ("warning", True, [f"5 of 6 answers in CoreDNS's log are {rcode}",
                                                "the name that fails most: a.example.com."]))
            self.assertEqual(diagnosed(*lines, *[query("b.org.")] * 60)[0], {})
            self.assertEqual(diagnosed(*lines[:2], query("b.org."))[0], {})

    def test_types_that_a_server_may_decline(self):
        """A refused ANY or zone transfer is no failure (RFC 8482); neither hides those that are."""
        for kind in ("ANY", "AXFR", "IXFR"):
            for rcode in ("REFUSED", "NOTIMP"):
                lines = [query("a.example.com.", type=kind, rcode=rcode)] * 9
                findings, data = diagnosed(*lines, query("b.org."))
                self.assertEqual(findings, {})
        failing = [query("c.example.com.", rcode="REFUSED")] * 6
        finding = diagnosed(*[query("a.example.com.", type="ANY", rcode="REFUSED")] * 9, *failing, query("b.org."))[0]
        self.assertEqual(finding["coredns-errors"]["evidence"],
                         ["6 of 16 answers in CoreDNS's log are REFUSED",
                          "9 more are to queries of type ANY or for a zone transfer, which a server may decline",
                          "the name that fails most: c.example.com."])
        data = read(*[query("a.example.com.", type="ANY", rcode="REFUSED")] * 9)
        self.assertEqual((data["declined"], data["names"][0]["failed"]), ({"REFUSED": 9}, 0))
        self.assertIn("coredns-errors", diagnosed(*[query("a.", type="ANY", rcode="SERVFAIL")] * 9, query("b.org."))[0])

    def test_failures_alone(self):
        """A log of class error has no answer that went well, and a name fails by another rcode as well."""
        lines = [query(f"{i}.example.com.", rcode="REFUSED") for i in range(20)]
        self.assertIn("the share is not known", diagnosed(*lines)[0]["coredns-errors"]["evidence"][0])
        failing = [query("a.example.com.", rcode="SERVFAIL")] * 15 + [query("b.org.")]
        self.assertEqual(diagnosed(*lines, *failing)[0]["coredns-errors"]["evidence"],
                         ["20 of 36 answers in CoreDNS's log are REFUSED"])

    def test_the_corefile_that_node_cache_prints(self):
        printed = ["cluster.local:53 {", "    errors", "    bind 169.254.20.10", "}", "", ".:53 {", "}"]
        lines = read("2024/03/01 10:00:00 [INFO] Using config file:", *printed, "CoreDNS-1.11.3")["lines"]
        self.assertEqual((lines["trace"], lines["unknown"], lines["notice"]), (7, 0, 2))
        self.assertEqual(read("[INFO] Using x", *printed, "CoreDNS-1.11.3")["lines"]["trace"], 0)

    def test_kube_dns_and_its_sidecar(self):
        silent = ("ERROR: logging before flag.Parse: W0111 06:18:{:02}.945230       1 server.go:64] Error getting "
                  "metrics from dnsmasq: read udp 127.0.0.1:45653->127.0.0.1:53: {}")
        for reason in ("read: connection refused", "i/o timeout"):
            finding = diagnosed(*[silent.format(i * 5, reason) for i in range(3)])[0]["coredns-stuck"]
            self.assertEqual((finding["subject"], "dnsmasq" in finding["title"], reason in finding["evidence"][1],
                              "-c dnsmasq" in json.dumps(finding["steps"])), ("kube-dns's log", True, True, True))
            self.assertEqual(diagnosed(silent.format(5, reason))[0], {})
        answered = silent.format(5, "x").replace("read udp", "missing TXT record")
        self.assertEqual(diagnosed(*[answered] * 9)[0], {})
        # It waits for seconds at each start.
        waits = ["I0111 06:18:{:02}.445230       1 dns.go:219] Waiting for [endpoints services] to be initialized from "
                 "apiserver...".format(i) for i in range(20)]
        finding = diagnosed(*waits)[0]["apiserver-disconnected"]
        self.assertEqual((finding["title"], "CoreDNS" in json.dumps(finding)),
                         ("a kube-dns replica does not become ready", False))
        self.assertEqual(diagnosed(*waits[:9])[0], {})
        self.assertEqual(diagnosed(*waits, waits[0].replace("Waiting for [endpoints services] to be initialized",
                                                            "Initialized services and endpoints"))[0], {})

    def test_a_config_map_of_kube_dns(self):
        for text in ('E0309 00:24:43.1       1 nanny.go:92] Name "dns.example.com" does not resolve to any IPs',
                     'E0309 00:24:43.1       1 dns.go:170] Invalid nameserver "x": bad IP address',
                     "E0309 00:24:43.1       1 sync.go:133] Invalid configuration for stubDomains, ignoring update: x"):
            finding = diagnosed(text)[0]["coredns-config"]
            self.assertEqual((finding["title"], "edit configmap kube-dns" in json.dumps(finding["steps"]),
                              "CoreDNS" in json.dumps(finding)),
                             ("the ConfigMap of kube-dns is not taken as it is", True, False))

    def test_what_glog_puts_before_a_line(self):
        text = "ERROR: logging before flag.Parse: {}0111 05:03:{:02}.123456       1 server.go:64] Error getting x"
        lines = read(*[text.format("W", i) for i in range(3)], text.format("E", 9), "ERROR: logging before x")["lines"]
        self.assertEqual((lines["unknown"], lines["notice"], lines["error"]), (1, 3, 1))

    def test_xtables(self):
        """node-local-dns cannot set its rules, by whatever name of the check."""
        for line in ("[ERROR] Error checking iptables rule {{raw}}: exit status 4: {}",
                     "[ERROR] Error adding iptables rule {{raw}} - {}"):
            text = line.format("Another app is currently holding the xtables lock; still 5s")
            document, _ = binary.run_json("logs", stdin=text.encode() + b"\n")
            self.assertEqual([f["id"] for f in document["findings"]], ["nodelocal-down"])

    def test_log_of_another_program(self):
        """The kubelet's log has klog's form, and says nothing of CoreDNS: not known, not sound."""
        own = 'E0314 09:01:00.1  812 dns.go:153] "Nameserver limits exceeded"\n'
        proxy = ('I0314 09:00:00.1       1 server.go:487] "Version info" version="v1.30.1"\n'
                 'I0314 09:00:00.2       1 config.go:192] "Starting service config controller"\n')
        kube_dns = "I0314 09:00:00.1       1 server.go:73] Using configuration read from directory: /kube-dns-config\n"
        other = 'I0314 09:00:00.1  812 kubelet.go:2421] "SyncLoop UPDATE" source="api"\n'
        for text, status in ((own + other * 10, 3), (own * 10 + other, 0), (other * 10 + "[INFO] Reloading\n", 0),
                             (other * 10 + query(), 0), (proxy, 3), (kube_dns, 0)):
            self.assertEqual(binary.run("logs", stdin=text.encode()).returncode, status, text)

    def test_logs_says_it_too(self):
        document, status = binary.run_json("logs", stdin=b"Corefile:3 - Error during parsing: x\n")
        self.assertEqual(([f["severity"] for f in document["findings"]], status), (["critical"], 2))
        self.assertTrue(binary.run("logs", stdin=b"panic: x\n").stdout.startswith("warning: CoreDNS panics"))
        self.assertEqual(binary.run("logs", "--fail-on", "never", stdin=b"panic: x\n").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
