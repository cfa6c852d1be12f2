# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of a soak: how each is started, fed, watched and ended, and what must hold then."""
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import threading
import time

import feeders
from cluster import CLUSTER_IP, replica_address
from private import RUN

REPLICAS = ",".join(replica_address(number) for number in (1, 2, 3))
SERVERS = ["--no-discovery", "--cluster-ip", CLUSTER_IP, "--replica", REPLICAS]
DB = "database.default.svc.cluster.local."
PLACES = ("node", "pod", "upstream", "dns1", "dns2", "dns3", "doomed")
WORDS = ("watch", "doomed", "top", "dnstap", "drops", "logs", "spans")
CANNOT_WRITE = 74
# Generous: to end takes them milliseconds, but a machine may be busy with other things.
END_S = 30
# Memory is compared after the first minute; what it may differ by is an eighth and half a megabyte, for pages that an
# allocator touches late, and for the tables with a stated maximum that fill.
WARM_S = 60
GROWTH_RATIO, GROWTH_KB = 1.125, 512
# Sockets of the moment: each question that watch has under way takes one, and each sender.
FDS_MORE, FDS_MOST = 128, 512


def is_sanitized():
    return b"__asan_init" in pathlib.Path(os.environ["K8SDNS"]).read_bytes()


def possible(words):
    """Without drops where programs for the kernel cannot be loaded."""
    if "drops" in words:
        done = subprocess.run([os.environ["K8SDNS"], "drops", "--duration", "100ms"], capture_output=True, text=True,
                              check=False)
        if done.returncode == 3:
            print(f"without drops: {done.stderr.strip()}")
            return [word for word in words if word != "drops"]
    return words


class Soaker:
    """One command that runs on. `out` is where its output goes instead of to us."""

    def __init__(self, lab, word, environment, out=None, folder="soak"):
        self.lab, self.word, self.out = lab, word, out
        self.folder = RUN / folder
        self.folder.mkdir(exist_ok=True)
        self.environment = environment
        self.process = self.feeder = self.status = None
        self.samples, self.complaints = [], []
        self.lines = self.bad_outputs = 0
        self.last = b""
        self.told = {}

    # ---- what to run ----

    def command(self):
        """Where it runs and its arguments; the feeder is made beside it."""
        quick = ["--interval", "500ms"]
        if self.word == "watch":
            return "pod", ["--json", "watch", DB, "kubernetes.default", "--qps", "100", "--replica", REPLICAS, *quick]
        if self.word == "doomed":
            return "doomed", ["--json", "watch", DB, *SERVERS, *quick]
        if self.word == "top":
            return "node", ["top", "--batch", *SERVERS, *quick]
        if self.word == "drops":
            places = [place for place in PLACES if pathlib.Path(f"/run/netns/{place}").exists()]
            return None, ["--json", "drops", "--rate", "50", "--netns", ",".join(f"/run/netns/{p}" for p in places)]
        name = f"{self.word}-{id(self)}"
        if self.word == "dnstap":
            path = self.folder / name
            self.feeder = feeders.Taps(path, silence=5)
            return None, ["--json", "dnstap", "--listen", f"unix:{path}"]
        if self.word == "logs":
            path = self.folder / name
            self.feeder = feeders.Lines(path)
            return None, ["--json", "logs", "--follow", str(path), *quick]
        port = free_port()
        self.feeder = feeders.Spans(("127.0.0.1", port))
        return None, ["--json", "spans", "--slow", "1ms", "--listen", f"127.0.0.1:{port}"]

    def begin(self):
        place, arguments = self.command()
        command = [os.environ["K8SDNS"], *arguments]
        if place == "pod":
            command = self.lab.pod_command(command)
        elif place:
            command = self.lab.inside(place, command)
        self.err = open(self.folder / f"{self.word}-{id(self)}.err", "w+b")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.out or subprocess.PIPE,
                                        stderr=self.err, env=self.environment)
        if not self.out:
            self.reader = threading.Thread(target=self.read, daemon=True)
            self.reader.start()
        if self.feeder:
            self.feeder.start()

    def read(self):
        screen = b""
        for line in self.process.stdout:
            self.lines += 1
            # Of top the last screen counts, of the others the last line.
            screen = line if self.word != "top" or line == b"\n" else screen + line
            if screen.strip():
                self.last = screen

    # ---- what is seen ----

    def sample(self, at):
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            fds = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except (FileNotFoundError, ProcessLookupError):
            return
        found = re.search(r"VmRSS:\s*(\d+)", status)
        if found:
            self.samples.append((at, int(found[1]), fds))

    def medians(self, which):
        """Of the second quarter and of the last."""
        length = self.samples[-1][0]
        between = [[s[which] for s in self.samples if low <= s[0] / length <= high]
                   for low, high in ((0.25, 0.5), (0.75, 1))]
        return [statistics.median(part) if part else 0 for part in between]

    def settle(self):
        """Stop what feeds it, and let it take what is under way."""
        if self.feeder:
            self.feeder.stop()
            feeders.settle()

    # ---- its end ----

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def has_begun(self):
        """It is ready for SIGTERM, or has ended."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", status)
        return self.process.poll() is not None or int(caught[1], 16) >> (signal.SIGTERM - 1) & 1

    def end(self, is_output_bad=False):
        """SIGTERM, and what must hold then."""
        if is_output_bad and self.feeder:
            self.feeder.over.set()
        if not is_output_bad and self.process.poll() is not None:
            self.complaints.append("it had ended before it was told to")
        begun = time.monotonic()
        self.process.terminate()
        try:
            self.status = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.complaints.append(f"it still runs {END_S} s after SIGTERM")
            self.kill()
        self.ended_s = time.monotonic() - begun
        self.err.seek(0)
        said = self.err.read().decode(errors="replace")
        if re.search("Sanitizer|runtime error", said):
            self.complaints.append(said[:4000])
        if is_output_bad:
            if self.status != CANNOT_WRITE:
                self.complaints.append(f"with nowhere to write ({self.out.name}) its status is {self.status}: "
                                       f"{said[-300:]}")
            return
        self.reader.join(END_S)
        if self.status not in (0, 1, 2):
            self.complaints.append(f"its status is {self.status}: {said[-300:]}")
        self.judge_summary()
        self.judge_samples()

    def judge_summary(self):
        if self.word == "top":
            self.told = {"lines": self.lines}
            if b"Servers" not in self.last:
                self.complaints.append(f"its last screen is not whole: {self.last[-200:]!r}")
            return
        try:
            data = json.loads(self.last)["data"]
        except (ValueError, KeyError):
            self.complaints.append(f"there is no summary: {self.last[-200:]!r}")
            return
        judges = {"watch": self.judge_watch, "doomed": self.judge_watch, "dnstap": self.judge_dnstap,
                  "drops": self.judge_drops, "logs": self.judge_logs, "spans": self.judge_spans}
        judges[self.word](data)

    def expect(self, what, got, wanted):
        self.told[what] = got
        if got != wanted:
            self.complaints.append(f"{got} {what}, where {wanted} were given")

    def judge_watch(self, data):
        for key in ("sent", "answered", "lost"):
            self.told[key] = sum(target[key] for target in data["targets"])
        if not data["summary"] or not self.told["answered"] or self.told["answered"] > self.told["sent"]:
            self.complaints.append(f"its sums are not right: {self.told}")

    def judge_dnstap(self, data):
        self.expect("frames", sum(data["messages"].values()), self.feeder.given)

    def judge_drops(self, data):
        self.told = {key: data[key] for key in ("drops", "unshown", "lost")}
        if not data["drops"]:
            self.complaints.append("it saw no drop, while a fault dropped questions")

    def judge_logs(self, data):
        self.expect("lines", data["lines"]["total"], self.feeder.given)

    def judge_spans(self, data):
        self.expect("traces", data["traces"], self.feeder.given)

    def judge_samples(self):
        if not self.samples:
            self.complaints.append("it was never seen")
            return
        early, late = self.medians(1)
        if self.samples[-1][0] / 4 < WARM_S:
            return
        # The allocator of a sanitizer keeps what was freed, for a while.
        if not is_sanitized() and late > early * GROWTH_RATIO + GROWTH_KB:
            self.complaints.append(f"its memory grew: {early} kB in the second quarter, {late} kB in the last")
        early, late = self.medians(2)
        if late > early + FDS_MORE or late > FDS_MOST:
            self.complaints.append(f"its descriptors grew: {early}, then {late}")

    def line(self):
        rss, fds = self.medians(1), self.medians(2)
        told = ", ".join(f"{value} {key}" for key, value in self.told.items())
        return (f"{self.word:7} RSS {self.samples[0][1]} kB at first, {rss[0]:.0f} then {rss[1]:.0f}; descriptors "
                f"{fds[0]:.0f} then {fds[1]:.0f}; ended in {self.ended_s:.2f} s, status {self.status}; {told}; "
                f"{self.bad_outputs} bad outputs")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
