#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""watch --record, history and --from DIR --at: what was written is read, whatever ended or damaged it."""
import copy
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import binary
import recordings
from schema_instance import Instance, capture_with
from twisters import twister

TWO_FAULTS = binary.SOURCE / "tests/data/recordings/two-faults"
CAPTURES = binary.SOURCE / "tests/data/captures"
RECORDER = os.environ["RECORD_INTERVALS"]
NAME = "db.default.svc.cluster.local."
WORD = "zq7"
SECOND = 10**9


class Folder(binary.Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, "recording")

    def history(self, *more, folder=None):
        document, status = binary.run_json("history", "--from", folder or self.folder, *more)
        return document["data"], status

    def interval(self, value=None):
        path = self.folder.parent / "interval.json"
        path.write_text(json.dumps(value or recordings.read(TWO_FAULTS)[0][4][1]))
        return path

    def watch(self, server, *more):
        return binary.run("watch", NAME, "--no-search", "--as", "glibc", "--no-discovery", "--target", server,
                          "--timeout", "2s", "--interval", "100ms", "--duration", "300ms", "--record", self.folder,
                          *more)


class Watch(Folder):
    def test_what_is_written(self):
        """Each run is a segment; its interval adds up to what the run told."""
        with twister("honest") as server:
            first = self.watch(server, "--json")
        with twister("rcode:2") as server:
            second = self.watch(server, "--json")
        told = [json.loads(done.stdout.splitlines()[-1])["data"] for done in (first, second)]
        intervals, torn = recordings.read(self.folder)
        self.assertEqual((torn, len(intervals)), ({}, 2))
        for (kind, value, *_), whole in zip(intervals, told):
            target, wanted = value["facts"]["sampling"]["targets"][0], whole["targets"][0]
            self.assertEqual(kind, recordings.WHOLE)
            for key in ("sent", "answered", "lost", "bad", "outcomes"):
                self.assertEqual(target[key], wanted[key], key)
        self.assertEqual(os.stat(self.folder).st_mode & 0o777, 0o700)
        data, status = self.history()
        self.assertEqual((data["intervals"], status, data["status"]), (2, 2, "failing"))
        failed = [e for e in data["episodes"] if e["kind"] == "server"]
        self.assertEqual([(e["reason"], e["bad"]) for e in failed], [("servfail", told[1]["targets"][0]["bad"])])

    def test_words(self):
        for arguments, said in ((["--keep", "1M"], "--record"), (["--redact", "w"], "--record"),
                                (["--record", self.folder, "--keep", "1X"], "--keep")):
            done = binary.run("watch", NAME, "--target", "127.0.0.1:9", "--count", "1", *arguments)
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn(said, done.stderr)

    def test_one_recorder_a_folder(self):
        with subprocess.Popen([RECORDER, self.interval(), self.folder, "1M", "-", "1"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as held:
            held.stdin.write(b".")
            held.stdin.flush()
            self.assertEqual(held.stdout.readline(), b"1 ok\n")
            with twister() as server:
                done = self.watch(server)
            held.stdin.close()
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("another k8sdns records into", done.stderr)

    def test_full_disk(self):
        """What it asks goes on, and it is said once that it is not recorded."""
        disk = self.folder.parent / "disk"
        disk.mkdir()
        script = ('mount -t tmpfs -o size=16k none "$0" && mkdir "$0/r" && head -c 64k /dev/zero >"$0/x" 2>/dev/null; '
                  'ip link set lo up; exec "$@"')
        done = subprocess.run(["unshare", "-mn" if os.geteuid() == 0 else "-rmn", "sh", "-c", script, disk,
                               binary.K8SDNS, "--json", "watch", NAME, "--no-search", "--as", "glibc", "--no-discovery",
                               "--target", "127.0.0.1:9", "--interval", "100ms", "--count", "5", "--record",
                               disk / "r"], capture_output=True, text=True, check=False, timeout=100)
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assertIn("not recorded", done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["data"]["targets"][0]["sent"], 10)  # A and AAAA

    def test_no_name_is_left(self):
        with twister("rcode:2") as server:
            done = binary.run("watch", f"{WORD}-name.shop.svc.cluster.local.", "--no-search", "--as", "glibc",
                              "--no-discovery", "--target", server, "--interval", "100ms", "--count", "2", "--record",
                              self.folder, "--redact", "word")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertNotIn(WORD, recordings.texts(self.folder).decode().lower())
        self.assertEqual(self.history()[0]["episodes"][0]["reason"], "servfail")


class Agent(Folder):
    def agent(self, server, *more):
        done = binary.run("agent", "--no-listen", "--without", "lookups,drops,conntrack,node", "--target", server,
                          "--no-discovery", "--no-external", "--budget", "500ms", "--interval", "500ms", "--record",
                          self.folder, *more)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        for line in lines:
            binary.validator().validate(line)
        return [line["data"] for line in lines], done

    def test_what_is_written(self):
        """Each query that has ended is in an interval, and once."""
        with twister("rcode:2") as server:
            lines, done = self.agent(server, "--duration", "12s")
        self.assertEqual(done.returncode, 0, done.stderr)
        recorded = lines[-1]["recorded"]
        intervals = [value for kind, value, *_ in recordings.read(self.folder)[0] if kind != recordings.CAPTURE]
        self.assertEqual((recorded["intervals"], recorded["dropped"]), (len(intervals), 0))
        self.assertGreaterEqual(len(intervals), 2)
        self.assertEqual(recorded["bytes"], sum(path.stat().st_size for path in self.folder.iterdir()))
        targets = [target for value in intervals for target in (value["facts"]["sampling"] or {}).get("targets", [])]
        self.assertEqual(sum(target["answered"] + target["lost"] for target in targets), lines[-1]["queries"])
        self.assertLessEqual(set(lines[-1]["standing"]),
                             {finding["id"] for finding in intervals[-1]["findings"]} | {"conntrack-full"})
        data, status = self.history()
        self.assertEqual((data["status"], status), ("failing", 2))
        self.assertIn(("server", "servfail"), {(e["kind"], e["reason"]) for e in data["episodes"]})

    def test_redact(self):
        with twister("rcode:2") as server:
            lines, _ = self.agent(server, "--duration", "1s", "--redact", "word", f"{WORD}.shop.svc.cluster.local.")
        self.assertEqual(lines[-1]["recorded"]["intervals"], 1)
        self.assertNotIn(WORD, recordings.texts(self.folder).decode().lower())

    def test_full_disk(self):
        """A disk that takes nothing is a line, and no reason to end."""
        disk = self.folder.parent / "disk"
        disk.mkdir()
        script = ('mount -t tmpfs -o size=16k none "$0" && mkdir "$0/r" && head -c 64k /dev/zero >"$0/x" 2>/dev/null; '
                  'ip link set lo up; exec "$@"')
        done = subprocess.run(["unshare", "-mn" if os.geteuid() == 0 else "-rmn", "sh", "-c", script, disk,
                               binary.K8SDNS, "agent", "--no-listen", "--without", "lookups,drops,conntrack,node",
                               "--target", "127.0.0.1:9", "--no-discovery", "--no-external", "--budget", "500ms",
                               "--duration", "2s", "--record", disk / "r"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line)["data"] for line in done.stdout.splitlines()]
        self.assertEqual([line["why"] for line in lines if line.get("event") == "record-fails"],
                         ["an interval could not be recorded: No space left on device"])
        self.assertEqual(lines[-1]["recorded"]["dropped"], 1)


class Recorder(Folder):
    """The recorder itself, without its ten seconds."""

    def record(self, count, keep="1M", word="-", first=1, value=None):
        done = subprocess.run([RECORDER, self.interval(value), self.folder, keep, word, str(first)],
                              input=b"." * count, capture_output=True, check=True)
        return done.stdout.decode().splitlines()

    def numbers(self):
        intervals, torn = recordings.read(self.folder)
        return [int(value["facts"]["elapsed_ms"]) for _, value, *_ in intervals], torn

    def test_no_marker_survives(self):
        """A marker in each text that the shapes of an interval know."""
        schema = json.loads(binary.run("schema").stdout)
        for form in ("zq7marker", "4711-zq7", "Pod zq7marker on node zq7.example.com failed: user zq7", "fe80::1%zq7"):
            with self.subTest(form):
                whole = capture_with(form)
                instance = Instance(schema, form)
                value = {"time": "2026-01-31T14:00:00Z", "span_ms": 10000, "capture": False, "why": form,
                         "facts": whole["data"], "findings": [instance.of(schema["$defs"]["finding"])],
                         "lookups": instance.of(schema["$defs"]["traced_lookups"])}
                self.assertEqual(self.record(1, word="word", value=value), ["1 ok"])
                text = recordings.texts(self.folder).decode()
                self.assertGreater(len(text), 10000)
                self.assertNotIn(WORD, text.lower())
                self.assertNotIn("4711", text)
                shutil.rmtree(self.folder)

    def test_folder_of_a_stranger(self):
        """Names of segments that lead elsewhere: nothing of it is written to, read or waited for."""
        self.folder.mkdir()
        outside = self.folder.parent / "outside"
        outside.write_bytes(b"before")
        (self.folder / "00000001.k8sdns").symlink_to(outside)
        os.mkfifo(self.folder / "00000002.k8sdns")
        (self.folder / "00000003.k8sdns").mkdir()
        os.link(outside, self.folder / "00000004.k8sdns")
        (self.folder / "00000006.k8sdns").symlink_to("nowhere")
        if os.geteuid() == 0:
            os.chown(self.folder, 12345, 12345)
        said = subprocess.run([RECORDER, self.interval(), self.folder, "64K", "-", "1"], input=b"." * 300,
                              capture_output=True, check=True, timeout=60).stdout.decode().splitlines()
        self.assertGreater(len([line for line in said if line.endswith(" ok")]), 290)
        self.assertEqual(outside.read_bytes(), b"before")
        self.assertFalse((self.folder / "nowhere").exists())
        written = [path for path in self.folder.iterdir() if path.is_file() and not path.is_symlink()]
        self.assertEqual({path.stat().st_mode & 0o777 for path in written if not path.samefile(outside)}, {0o600})
        self.assertGreater(self.history()[0]["intervals"], 10)

    def test_number_that_is_none(self):
        """Behind it there would be no name that a reader knows."""
        self.folder.mkdir()
        (self.folder / "9999999999.k8sdns").write_bytes(b"")
        done = binary.run("watch", NAME, "--target", "127.0.0.1:9", "--count", "1", "--record", self.folder,
                          "--no-discovery")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("a number that no recorder gives", done.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["9999999999.k8sdns"])

    def test_no_marker_is_shown(self):
        """Of a recording that was not redacted when it was written, in every form in which it is told."""
        schema = json.loads(binary.run("schema").stdout)
        at = 1769868000 * SECOND
        for form in ("zq7marker", "4711-zq7", "/srv/zq7/bin/zq7-server", "fe80::1%zq7",
                     "Pod zq7marker on node zq7.example.com failed: user zq7, image r.example.com/zq7/app:v1.zq7"):
            instance, facts = Instance(schema, form), capture_with(form)["data"]
            value = {"time": "2026-01-31T14:00:00Z", "span_ms": 10000, "capture": False, "why": form, "facts": facts,
                     "findings": [instance.of(schema["$defs"]["finding"])],
                     "lookups": instance.of(schema["$defs"]["traced_lookups"])}
            recordings.write(self.folder, [(recordings.WHOLE, value, at, 10 * SECOND),
                                           (recordings.CAPTURE, {**value, "capture": True}, at + 10 * SECOND,
                                            20 * SECOND), (recordings.WHOLE, value, at + 20 * SECOND, 30 * SECOND)])
            for words in (["history"], ["history", "-v"], ["history", "--json"], ["report"], ["report", "--json"],
                          ["report", "--format", "text"], ["report", "--format", "markdown"]):
                with self.subTest((form, words)):
                    done = binary.run(*words, "--from", self.folder, "--redact", "word")
                    self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)
                    said = (done.stdout + done.stderr).replace(str(self.folder), "").lower()
                    self.assertGreater(len(said), 100)
                    self.assertNotIn(WORD, said)
                    self.assertNotIn("4711", said)

    def test_size(self):
        """What is kept is never more than --keep, and never less than the newest half of it."""
        said = self.record(5000, keep="128K")
        self.assertEqual(said[-1], "5000 ok")
        numbers, torn = self.numbers()
        self.assertEqual(numbers, list(range(numbers[0], 5001)))
        self.assertEqual(torn, {})
        size = sum(path.stat().st_size for path in self.folder.iterdir())
        self.assertTrue(64 * 1024 < size <= 128 * 1024, size)
        self.assertEqual(self.history()[0]["intervals"], len(numbers))

    def test_age(self):
        """Segments whose successor is older than is kept go when the next recorder writes."""
        base = recordings.read(TWO_FAULTS)[0]
        now = time.time_ns()
        for number, age_s in ((1, 7300), (2, 7000), (3, 3000), (4, 100)):
            recordings.write(self.folder, [(kind, value, now - age_s * SECOND, 10**12)
                                           for kind, value, *_ in base[:2]], number)
        self.record(1, keep="1G,1h")
        self.assertEqual([path.name for path in sorted(self.folder.iterdir())],
                         ["00000002.k8sdns", "00000003.k8sdns", "00000004.k8sdns", "00000005.k8sdns"])
        self.record(1, keep="1G,1m")
        self.assertEqual([path.name for path in sorted(self.folder.iterdir())],
                         ["00000004.k8sdns", "00000005.k8sdns", "00000006.k8sdns"])

    def test_killed(self):
        """Whatever moment SIGKILL takes: all that was confirmed is there, and read."""
        chance = random.Random(7)
        first, runs, zeros = 1, 12, open("/dev/zero", "rb")
        self.addCleanup(zeros.close)
        for _ in range(runs):
            with tempfile.TemporaryFile() as said:
                with subprocess.Popen([RECORDER, self.interval(), self.folder, "64M", "-", str(first)], stdin=zeros,
                                      stdout=said) as running:
                    while os.fstat(said.fileno()).st_size < chance.randrange(60, 4000):
                        self.assertIsNone(running.poll())
                    running.send_signal(signal.SIGKILL)
                said.seek(0)
                lines = [line for line in said.read().decode().split("\n")[:-1]]
            last = int(lines[-1].split()[0])
            self.assertEqual([line.split()[1] for line in lines], ["ok"] * (last - first + 1))
            numbers, torn = self.numbers()
            # One more may be written than was said.
            self.assertIn(numbers, [list(range(1, last + 1)), list(range(1, last + 2))])
            self.assertLessEqual(len(torn), 1 if torn else 0)
            first = numbers[-1] + 1
            for path in torn:  # the next run must not be taken for the reason of it
                data = (self.folder / path).read_bytes()
                (self.folder / path).write_bytes(data[:recordings.records(data)[1]])
        data, _ = self.history()
        self.assertEqual((data["intervals"], data["damage"]), (first - 1, []))

    def test_torn(self):
        """A file cut at every byte: what is before the cut is read, and the cut is named."""
        self.record(4)
        path = self.folder / "00000001.k8sdns"
        whole = path.read_bytes()
        self.record(1, first=50)
        for size in range(0, len(whole), 23):
            path.write_bytes(whole[:size])
            good, end = recordings.records(whole[:size])
            done = binary.run("--json", "history", "--from", self.folder)
            data = json.loads(done.stdout)["data"]
            self.assertEqual(data["intervals"], max(len(good) - 1, 0) + 1, size)
            self.assertEqual([(d["file"], d["at_byte"], d["lost_bytes"]) for d in data["damage"]],
                             [(path.name, end, size - end)] if end < size or not size else [])
            self.assertEqual("00000001.k8sdns: damaged" in done.stderr, bool(data["damage"]))

    def test_full_disk(self):
        """On a disk of 512 KB the newest stays; what others take is not fought for, and the rest is left."""
        script = f"""
import pathlib, subprocess, sys
sys.path[:0] = [{str(binary.SOURCE / 'tests/cli')!r}]
import recordings
disk = pathlib.Path(sys.argv[1])
folder, filler = disk / "recording", disk / "filler"
def record(count, first):
    done = subprocess.run([{RECORDER!r}, {str(self.interval())!r}, str(folder), "512M", "-", str(first)],
                          input=b"." * count, capture_output=True, check=True)
    return [line.split()[1] for line in done.stdout.decode().splitlines()]
def numbers():
    intervals, torn = recordings.read(folder)
    return [int(value["facts"]["elapsed_ms"]) for _, value, *_ in intervals], torn
said = record(1500, 1)
assert said == ["ok"] * 1500, said.count("dropped")
kept, torn = numbers()
assert kept == list(range(kept[0], 1501)) and not torn and len(kept) > 300, (len(kept), torn)
with open(filler, "wb", buffering=0) as out:
    try:
        while True:
            out.write(bytes(4096))
    except OSError:
        pass
said = record(1500, 1501)
assert "dropped" in said, "the disk was full"
kept, torn = numbers()
assert len(kept) > 200 and not torn, (len(kept), torn)
filler.unlink()
assert record(100, 6001) == ["ok"] * 100
assert numbers()[0][-100:] == list(range(6001, 6101))
"""
        disk = self.folder.parent / "disk"
        disk.mkdir()
        done = subprocess.run(["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c",
                               'mount -t tmpfs -o size=512k none "$0" && shift && exec python3 -c "$1" "$0"', disk, "-",
                               script], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


class Reading(Folder):
    def setUp(self):
        super().setUp()
        self.base = recordings.read(TWO_FAULTS)[0]

    def write_with_captures(self):
        """The two faults, with a capture of a healthy cluster and one of a dead replica among them."""
        intervals = [(recordings.WHOLE, value, *at) for _, value, *at in self.base]
        for place, name in ((4, "dead-replica"), (1, "healthy")):
            facts = json.loads((CAPTURES / f"{name}.json").read_text())["data"]
            value = {"time": self.base[place][1]["time"], "span_ms": 5000, "capture": True, "why": f"{name} begins",
                     "facts": facts, "findings": []}
            intervals.insert(place + 1, (recordings.CAPTURE, value, *self.base[place][2:]))
        recordings.write(self.folder, intervals)

    def test_text(self):
        done = binary.run("history", "--from", TWO_FAULTS)
        self.golden("history-two-faults.txt", done.stdout.replace(str(TWO_FAULTS), "DIR"))
        self.assertEqual(done.returncode, 2)
        quiet = binary.run("-q", "history", "--from", TWO_FAULTS)
        self.assertEqual(quiet.stdout, done.stdout.splitlines()[0] + "\n")

    def test_window(self):
        data, status = self.history("--since", "14:32", folder=TWO_FAULTS)
        self.assertEqual(([e["reason"] for e in data["episodes"]], status), (["slow"], 1))
        for since, until in (("14:31", "14:31:30"), ("2026-01-31T14:31:00Z", "2026-01-31T14:31:29Z"), ("2m", "90s")):
            data, status = self.history("--since", since, "--until", until, folder=TWO_FAULTS)
            self.assertEqual((data["episodes"], status, data["status"]), ([], 0, "ok"))
            self.assertLessEqual(data["intervals"], 4)
        data, status = self.history("--since", "2026-02-01T00:00Z", folder=TWO_FAULTS)
        self.assertEqual((data["intervals"], data["status"], status), (0, "unknown", 3))
        self.assertIn("UNKNOWN: nothing was recorded",
                      binary.run("history", "--from", TWO_FAULTS, "--since", "2026-02-01T00:00Z").stdout)

    def test_at_a_capture(self):
        """diagnose judges a full capture of the minute as it judges its file."""
        self.write_with_captures()
        for name, moment in (("dead-replica", "14:31:50"), ("healthy", "14:31:20")):
            with self.subTest(name):
                wanted, wanted_status = binary.run_json("diagnose", "--from", CAPTURES / f"{name}.json")
                found, status = binary.run_json("diagnose", "--from", self.folder, "--at", moment)
                self.assertEqual([(f["id"], f["subject"]) for f in found["findings"]],
                                 [(f["id"], f["subject"]) for f in wanted["findings"]])
                self.assertEqual((status, found["data"]["status"]), (wanted_status, wanted["data"]["status"]))
        captured, _ = binary.run_json("capture", "--from", self.folder, "--at", "14:31:50")
        wanted, _ = binary.run_json("capture", "--from", CAPTURES / "dead-replica.json")
        self.assertEqual(captured["data"]["matrix"], wanted["data"]["matrix"])
        data, _ = self.history()
        self.assertEqual([c["why"] for c in data["captures"]], ["healthy begins", "dead-replica begins"])

    def test_at_an_interval(self):
        """The worst interval of the minute; without --at the newest."""
        first = binary.run_json("watch", "--from", TWO_FAULTS, "--at", "14:31")[0]["data"]
        self.assertEqual([t["bad"] for t in first["targets"]], [0, 30])
        newest = binary.run_json("watch", "--from", TWO_FAULTS)[0]["data"]
        self.assertEqual([t["bad"] for t in newest["targets"]], [0, 0])

    def test_other_commands(self):
        self.write_with_captures()
        for command in (["diagnose"], ["probe"], ["replicas"], ["report", "--json"], ["top", "--batch", "--count", "1"],
                        ["conntrack"], ["capture"]):
            with self.subTest(command):
                done = binary.run(*command, "--from", self.folder, "--at", "14:31:50")
                self.assertIn(done.returncode, (0, 1, 2, 3), done.stderr)
                self.assertTrue(done.stdout)

    def test_redacted(self):
        """Our own words stay, names and addresses do not."""
        data, _ = self.history("--redact", "word", folder=TWO_FAULTS)
        self.assertEqual({(e["kind"], e["reason"], e["text"]) for e in data["episodes"]},
                         {("server", "timeout", "timeout"),
                          ("latency", "slow", "slow; 90 % of its answers usually take 450 us")})
        self.assertEqual([s["role"] for s in data["servers"]], ["replica", "replica"])
        self.assertNotIn("10.244", json.dumps(data))
        self.assertNotIn("worker", json.dumps(data))

    def test_diff(self):
        """Two moments of a recording, and a moment and a capture."""
        self.write_with_captures()
        document, status = binary.run_json("diff", f"{self.folder}@14:31:20", f"{self.folder}@14:31:50")
        self.assertEqual((document["data"]["change"], status), ("worse", 1))
        new = {f["id"]: f["before"] for f in document["data"]["findings"] if f["change"] == "worse"}
        self.assertIsNone(new["replica-unreachable"])
        document, status = binary.run_json("diff", f"{self.folder}@14:31:50", CAPTURES / "healthy.json")
        self.assertEqual((document["data"]["change"], status), ("better", 0))
        for moment, status, said in (("16:00", 3, "nothing was recorded at"), ("noon", 64, "noon")):
            done = binary.run("diff", f"{self.folder}@{moment}", f"{self.folder}@14:31:50")
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(said, done.stderr)

    def test_scope(self):
        """Each interval is a report: of one recording how often, of several how wide."""
        data = binary.run_json("scope", "--from", TWO_FAULTS)[0]["data"]
        self.assertEqual((data["reports"], data["failing"]), (12, 2))
        folders = []
        for node in range(6):
            intervals = []
            for _, value, *at in copy.deepcopy(self.base):
                value["facts"]["host"] = {"hostname": f"w{node}", "node": f"w{node}", "pod": f"agent-{node}"}
                for index, target in enumerate(value["facts"]["sampling"]["targets"]):
                    bad = 15 if node == 2 and index else 0
                    target.update(bad=bad, lost=bad, answered=30 - bad, outcomes={"answer": 30 - bad, "timeout": bad})
                intervals.append((recordings.WHOLE, value, *at))
            folders.append(self.folder.parent / f"w{node}")
            recordings.write(folders[-1], intervals)
        data = binary.run_json("scope", "--from", *folders)[0]["data"]
        self.assertEqual((data["files"], data["reports"], data["failing"], data["nodes"], data["failing_pods"]),
                         (6, 72, 12, 6, 1))
        self.assertEqual(data["scope"], "some-nodes")
        done = binary.run("scope", "--from", TWO_FAULTS, "--at", "14:31")
        self.assertEqual(done.returncode, 64, done.stderr)

    def test_scope_of_an_agent(self):
        """What an agent said in an interval is what scope counts, not what it saw of all servers minutes ago."""
        dead = json.loads((CAPTURES / "dead-replica.json").read_text())["data"]
        findings = [{"id": name, "title": "t", "severity": severity, "state": "fires", "confidence": "certain"}
                    for name, severity in (("conntrack-full", "critical"), ("resolv-search", "info"))]
        intervals = []
        for index, (_, value, *at) in enumerate(copy.deepcopy(self.base)):
            value["facts"] = {**dead, **value["facts"], "host": dead["host"]}
            for target in value["facts"]["sampling"]["targets"]:
                target.update(bad=0, lost=0, answered=30, outcomes={"answer": 30})
            value["findings"] = findings if index == 5 else []
            intervals.append((recordings.WHOLE, value, *at))
        recordings.write(self.folder, intervals)
        data = binary.run_json("scope", "--from", self.folder)[0]["data"]
        self.assertEqual((data["reports"], data["failing"]), (12, 1))
        self.assertEqual([(c["id"], c["reports"]) for c in data["causes"] if c["reports"]], [("conntrack-full", 1)])

    def test_scope_memory(self):
        """What is known of one recording is given back before the next, however many intervals it has."""
        if os.environ.get("SANITIZERS", "none") != "none":
            self.skipTest("a sanitizer takes terabytes")
        value, real, mono = self.base[0][1], *self.base[0][2:]
        recordings.write(self.folder, [(recordings.DELTA if i else recordings.WHOLE, {} if i else value,
                                        real + 10 * SECOND * i, mono + 10 * SECOND * i) for i in range(10000)])

        def peak(count):
            with subprocess.Popen([binary.K8SDNS, "scope", "--json", "--from", *[self.folder] * count],
                                  stdout=subprocess.PIPE) as process:
                data = json.loads(process.stdout.read())["data"]
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual((data["files"], data["reports"]), (count, count * 715))
            return usage.ru_maxrss

        self.assertLess(peak(30) - peak(1), 8 * 1024)

    def test_report(self):
        """The page has the timeline of the recording, in each format, with the numbers of history."""
        self.write_with_captures()
        history, _ = self.history()
        document, _ = binary.run_json("report", "--from", self.folder, "--at", "14:31:50")
        self.assertEqual(document["data"]["timeline"]["episodes"], history["episodes"])
        page = binary.run("report", "--from", self.folder, "--at", "14:31:50").stdout
        markdown = binary.run("report", "--from", self.folder, "--at", "14:31:50", "--format", "markdown").stdout
        text = binary.run("report", "--from", self.folder, "--at", "14:31:50", "--format", "text").stdout
        for words in ("10.244.1.22: timeout, 30 of 60 queries", "30 of 360"):
            self.assertIn(words, page)
        self.assertIn("| 2026-01-31T14:31:42.000Z | 2026-01-31T14:31:59.000Z | 10.244.1.22: timeout, 30 of 60 queries "
                      "|", markdown)
        self.assertIn("10.244.1.22: timeout, 30 of 60 queries", text)
        hidden = binary.run("report", "--from", self.folder, "--at", "14:31:50", "--redact", "word").stdout
        self.assertIn(": timeout, 30 of 60 queries", hidden)
        self.assertNotIn("10.244.1.22", hidden)
        self.assertIsNone(binary.run_json("report", "--from", CAPTURES / "healthy.json")[0]["data"]["timeline"])

    def test_refused(self):
        self.write_with_captures()
        empty = self.folder.parent / "empty"
        empty.mkdir()
        for arguments, status, said in (
                (["history"], 64, "missing --from DIR"),
                (["history", "--from", self.folder, "--at", "14:31"], 64, "--since"),
                (["history", "--from", self.folder, "--since", "noon"], 64, "noon"),
                (["history", "--from", CAPTURES / "healthy.json"], 66, "cannot open"),
                (["history", "--from", empty], 65, "holds no recording"),
                (["diagnose", "--from", empty], 65, "holds no recording"),
                (["diagnose", "--from", self.folder, "--at", "16:00"], 3, "nothing was recorded at"),
                (["diagnose", "--from", self.folder, "--at", "soon"], 64, "--at"),
                (["diagnose", "--from", CAPTURES / "healthy.json", "--at", "14:31"], 64, "--at goes with"),
                (["diagnose", "--from", "/nowhere/at/all", "--at", "14:31"], 66, "cannot open /nowhere/at/all"),
                (["diagnose", "--at", "14:31"], 64, "--at goes with")):
            with self.subTest(arguments):
                done = binary.run(*arguments)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(said, done.stderr)

    def test_other_files(self):
        """Folders, links and pipes of a segment's name are no segments, and nothing waits for them."""
        shutil.copytree(TWO_FAULTS, self.folder)
        (self.folder / "00000002.k8sdns").mkdir()
        (self.folder / "00000003.k8sdns").symlink_to(CAPTURES / "healthy.json")
        os.mkfifo(self.folder / "00000004.k8sdns")
        (self.folder / "notes.txt").write_text("nothing")
        data, _ = self.history()
        self.assertEqual((data["intervals"], data["damage"]), (12, []))


class Hostile(Folder):
    """Sealed with a right checksum, and nothing that a recorder writes."""
    TEXTS = ("", "x" * 20000, "\x1b[31mred\x1b[0m", "a\r\n\tb", "\u202egnp.exe", "%s%n%d", "9999-99-99T99:99:99Z",
             "2026-01-31T14:31:42.000Z", "1970-01-01T00:00:00Z", "\ud7ff\uffff", "\x7f\x85")
    NUMBERS = (-1, 0, 1, 2**31, 2**53, 2**63 - 1, -2**63, 1e308, -1e308, 1e-308, 0.5)
    OTHERS = (None, True, [], {}, [[]], {"": None})

    def twist(self, chance, value):
        """One leaf or branch of a value made another."""
        if isinstance(value, dict) and value and chance.random() < 0.9:
            key = chance.choice(sorted(value))
            value[key] = self.twist(chance, value[key])
            return value
        if isinstance(value, list) and value and chance.random() < 0.9:
            at = chance.randrange(len(value))
            if chance.random() < 0.1:
                return value * 50
            value[at] = self.twist(chance, value[at])
            return value
        if chance.random() < 0.15:
            return chance.choice(self.OTHERS)
        if isinstance(value, str):
            return chance.choice(self.TEXTS)
        return chance.choice(self.NUMBERS)

    def runs(self, *commands):
        for command in commands:
            done = binary.run(*command)
            self.assertIn(done.returncode, (0, 1, 2, 3, 65), (command, done.stderr))
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            if "--json" in command:
                binary.validator().validate(json.loads(done.stdout))

    def all(self):
        self.runs(["--json", "history", "--from", self.folder], ["-v", "history", "--from", self.folder],
                  ["--json", "diagnose", "--from", self.folder, "--at", "2026-01-31T14:31:50Z"],
                  ["--json", "scope", self.folder],
                  ["report", "--from", self.folder], ["report", "--from", self.folder, "--format", "text"])

    def test_values(self):
        chance = random.Random(26)
        base = recordings.read(TWO_FAULTS)[0]
        for index, (_, value, *_) in enumerate(base):
            value["lookups"] = {"lookups": 40, "failed": 4 * index, "slow": 0, "by_process": [
                {"name": "app", "pod": "shop/web-1", "lookups": 40, "failed": 4 * index, "slow": 1}]}
            value["facts"]["conntrack"] = {"table": {"fill_ratio": 0.99}, "counters": {"insert_failed": index}}
            value["findings"] = [{"id": "replica-unreachable", "title": "t", "severity": "critical",
                                  "subject": "10.244.1.22"}] * (index % 2)
        for round_ in range(60):
            with self.subTest(round=round_):
                intervals = [[recordings.WHOLE, copy.deepcopy(value), *at] for _, value, *at in base]
                for _ in range(chance.randrange(1, 6)):
                    one = chance.choice(intervals)
                    one[1] = self.twist(chance, one[1])
                recordings.write(self.folder, intervals)
                self.all()

    def test_times(self):
        """Clocks that jump, stand and run out."""
        base = recordings.read(TWO_FAULTS)[0]
        times = (0, 1, 10**9, base[0][2], 2**63 - 1, 2**63, 2**64 - 1)
        chance = random.Random(27)
        for round_ in range(30):
            with self.subTest(round=round_):
                recordings.write(self.folder, [
                    (recordings.WHOLE, value, real if chance.random() < 0.6 else chance.choice(times),
                     mono if chance.random() < 0.6 else chance.choice(times)) for _, value, real, mono in base],
                    boot=chance.choice(["", "x" * 300, recordings.BOOT]))
                self.all()

    def test_structures(self):
        """Deltas without a base, of other shapes, endless lists, records in the wrong order, JSON that is none."""
        base = recordings.read(TWO_FAULTS)[0]
        real, mono = base[0][2:]
        good = (recordings.WHOLE, base[0][1], real, mono)
        deep = b"[" * 100000 + b"]" * 100000
        for later in ((recordings.DELTA, {"a": {"0": {"=": 1}}, "n": 5}, real, mono),
                      (recordings.DELTA, {"o": {"facts": {"=": []}}}, real, mono),
                      (recordings.DELTA, {"o": {"facts": {"a": {}, "n": 2**60}}}, real, mono),
                      (recordings.DELTA, {"o": {"facts": {"n": -1}}}, real, mono),
                      (recordings.DELTA, [], real, mono), (recordings.WHOLE, [], real, mono),
                      (recordings.WHOLE, deep, real, mono), (recordings.WHOLE, b"\0" * 100, real, mono),
                      (recordings.CAPTURE, {"facts": None}, real, mono),
                      (recordings.CAPTURE, {"capture": True, "facts": {}}, real, mono),
                      (recordings.BEGIN, {}, real, mono), (77, {}, real, mono)):
            with self.subTest(str(later)[:80]):
                recordings.write(self.folder, [good, later, (recordings.DELTA, {}, real, mono)])
                self.all()
                recordings.write(self.folder, [later, good])
                self.all()
        bomb = recordings.record(recordings.WHOLE, 1, b" " * (64 * 1024 * 1024), real, mono)
        data = recordings.segment([good])
        self.folder.joinpath("00000001.k8sdns").write_bytes(data[:recordings.records(data)[1]] + bomb)
        self.all()


if __name__ == "__main__":
    binary.main()
