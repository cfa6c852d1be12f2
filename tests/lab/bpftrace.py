# SPDX-License-Identifier: GPL-2.0-or-later
"""bpftrace beside a test: what it counted meanwhile, and no wait for it that does not end."""
import contextlib
import pathlib
import re
import signal
import subprocess
import tempfile
import time

READY_S, ENDED_S = 120, 120


def rested(pid):
    """It waits, and took no time of a core for half a second: its probes are attached."""
    def now():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return fields[0], fields[11:13]
    state, before = now()
    time.sleep(0.5)
    return state == "S" and now() == ("S", before)


class Counting:
    """What a script with `@ = count()` has counted, once the context is left."""
    count = None


def end(process):
    """Interrupt it until it heeds that: one signal may come while it is about to wait for the next event."""
    until = time.monotonic() + ENDED_S
    while process.poll() is None and time.monotonic() < until:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    if process.poll() is None:
        where = pathlib.Path(f"/proc/{process.pid}/stack").read_text(encoding="ascii")
        raise AssertionError(f"bpftrace does not end; it is in\n{where}")


@contextlib.contextmanager
def counting(script):
    subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=False,
                   stderr=subprocess.DEVNULL)
    counted = Counting()
    # A file rather than a pipe: nobody has to read while the test asks.
    with tempfile.TemporaryFile("w+") as said:
        def words():
            said.seek(0)
            return said.read()
        with subprocess.Popen(["bpftrace", "-e", script], stdout=said, stderr=subprocess.STDOUT) as process:
            try:
                until = time.monotonic() + READY_S
                while "Attaching" not in words() or not rested(process.pid):
                    if process.poll() is not None or time.monotonic() > until:
                        raise AssertionError(f"bpftrace does not begin: {words()}")
                    time.sleep(0.1)
                yield counted
                end(process)
            finally:
                process.kill()
        found = re.search(r"^@: (\d+)", words(), re.MULTILINE)
        if not found:
            raise AssertionError(f"bpftrace has counted nothing: {words()}")
        counted.count = int(found[1])
