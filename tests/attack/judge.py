# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the program once, and say what of it may not be."""
import collections
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile

TOKEN = "a-token-that-nobody-may-see"
STATUSES = {0, 1, 2, 3, 64, 65, 66, 70, 74}
MEMORY_MAX_KB = 64 << 10
# A run that is still there after this has no end; nothing here takes more than seconds.
HANGS_AFTER_S = 90
# What does something to a terminal: C0 but tab and newline, DEL, C1 as bytes and as characters.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|UndefinedBehavior|runtime error:|Assertion .* failed)")
# Without it memory is not looked at.
TIME = shutil.which("time")
FAULTS = ("runs", "crashed", "hung", "sanitizer", "status", "terminal", "json", "token", "memory")


class Counts:
    """By kind of attack, how many runs there were and what was wrong with them."""

    def __init__(self):
        self.rows = collections.OrderedDict()
        self.kinds = collections.defaultdict(set)
        self.most_kb = collections.defaultdict(int)
        self.told = []

    def add(self, area, kind, faults, memory_kb, words):
        row = self.rows.setdefault(area, collections.Counter())
        row["runs"] += 1
        self.kinds[area].add(kind)
        self.most_kb[area] = max(self.most_kb[area], memory_kb)
        for fault, detail in faults:
            row[fault] += 1
            if len(self.told) < 200:
                self.told.append(f"{area}: {kind}: {fault}: {detail}: {' '.join(words)}"[:700])

    def failed(self):
        return sum(sum(row.values()) - row["runs"] for row in self.rows.values())

    def table(self):
        lines = ["| attack | kinds | " + " | ".join(FAULTS) + " | most MB |", "|---" * (len(FAULTS) + 3) + "|"]
        for area, row in self.rows.items():
            cells = [area, len(self.kinds[area]), *(row[fault] for fault in FAULTS), f"{self.most_kb[area] / 1024:.1f}"]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
        return "\n".join(lines)


def faults_of(status, out, err, memory_kb, is_json, sanitized):
    if status is None:
        yield "hung", f"no end after {HANGS_AFTER_S} s"
        return
    if status < 0:
        yield "crashed", signal.Signals(-status).name
    elif status not in STATUSES:
        yield "status", status
    text = out.decode(errors="replace")
    said = err.decode(errors="replace")
    if SANITIZER.search(said):
        yield "sanitizer", SANITIZER.search(said)[0] + said[-300:]
    # Progress on a terminal has escapes of our own; there is none here.
    for name, stream in (("stdout", out), ("stderr", err)):
        harmful = HARMFUL.search(stream.decode(errors="replace"))
        if harmful:
            yield "terminal", f"{name} has {harmful[0]!r}"
    if is_json and text.strip() and status >= 0:
        try:
            json.loads(text.strip().splitlines()[-1] if text.count("\n{") else text)
        except ValueError as error:
            yield "json", error
    if TOKEN in text or TOKEN in said:
        yield "token", ""
    if memory_kb > MEMORY_MAX_KB and not sanitized:
        yield "memory", f"{memory_kb >> 10} MB"


class Judge:
    def __init__(self, program, counts):
        self.program, self.counts = program, counts
        self.sanitized = b"__asan_init" in open(program, "rb").read()
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "80",
                            "ASAN_OPTIONS": "detect_stack_use_after_return=1",
                            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}

    def run(self, area, kind, *words, stdin=b"", env=None, before=None, judged=True):
        """`before` runs in the child; with `judged` false only crashes, hangs and reports count."""
        words = [str(word) for word in words]
        with tempfile.NamedTemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            timed = bool(TIME and not before)
            measured = pathlib.Path(given.name + ".memory")
            process = subprocess.Popen([*([TIME, "-f", "%M", "-o", measured] if timed else []), self.program, *words],
                                       stdin=given, stdout=out, stderr=err, preexec_fn=before, start_new_session=True,
                                       env={**self.environment, **(env or {})})
            status, used = self.wait(process)
            if timed:
                status, used = self.measured(measured, status)
            out.seek(0)
            err.seek(0)
            out, err = out.read(16 << 20), err.read(1 << 20)
        faults = list(faults_of(status, out, err, used, "--json" in words, self.sanitized))
        if not judged:
            faults = [fault for fault in faults if fault[0] in ("crashed", "hung", "sanitizer", "terminal", "token")]
        self.counts.add(area, kind, faults, used, words)
        return status, out, err

    @staticmethod
    def wait(process):
        """Its status, None where it had to be ended, and its most memory in kB."""
        def end(*_):
            os.killpg(process.pid, signal.SIGKILL)

        killed = []
        signal.signal(signal.SIGALRM, lambda *_: (killed.append(1), end()))
        signal.alarm(HANGS_AFTER_S)
        _, status, usage = os.wait4(process.pid, 0)
        signal.alarm(0)
        process.returncode = os.waitstatus_to_exitcode(status)
        # That of a child begins with what its parent had, which is more than any of this may have.
        return None if killed else process.returncode, usage.ru_maxrss if process.args[0] == TIME else 0

    @staticmethod
    def measured(path, status):
        """What time(1) says of the program: its signal, where one ended it, and its memory."""
        said = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        by_signal = re.search(r"terminated by signal (\d+)", said)
        memory = re.findall(r"^(\d+)$", said, re.M)
        if status is not None and by_signal:
            status = -int(by_signal[1])
        return status, int(memory[-1]) if memory else 0


def limit(what, number):
    return lambda: resource.setrlimit(what, (number, number))
