#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lookups with many C libraries on the node: how they are watched and let go, and how many one Pod may have."""
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import binary

OF_ONE = 16  # LIBC_FILES_OF_ONE
# Links of several uprobes are of Linux 6.6.
HAS_LINKS = tuple(map(int, re.match(r"(\d+)\.(\d+)", platform.release()).groups())) >= (6, 6)


@contextlib.contextmanager
def processes(count, together):
    """So many, each with a copy of the C library; in a mount namespace, `together` or one each."""
    library = re.search(r"\S*/libc\.so\.6", subprocess.run(["ldd", "/bin/sleep"], capture_output=True, text=True,
                                                           check=True).stdout)[0]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        words = []
        for i in range(count):
            copy = pathlib.Path(folder, str(i))
            copy.mkdir()
            shutil.copy(library, copy / "libc.so.6")
            words.append(f"LD_LIBRARY_PATH={copy} {'' if together else 'unshare -m'} /bin/sleep 600 &")
        started = stack.enter_context(subprocess.Popen(
            ["unshare", "-m", "sh", "-c", " ".join(words) + " echo; wait"], stdout=subprocess.PIPE,
            start_new_session=True))
        started.stdout.readline()
        while sum(folder in maps(pid) for pid in os.listdir("/proc") if pid.isdigit()) < count:
            pass
        try:
            yield
        finally:
            os.killpg(started.pid, signal.SIGKILL)


def maps(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return ""


@contextlib.contextmanager
def watching():
    with subprocess.Popen([binary.K8SDNS, "--json", "lookups"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=binary.ENVIRONMENT) as process:
        if b"watching" not in process.stderr.readline():
            process.wait(60)
            raise binary.unittest.SkipTest("this kernel shows no lookups")
        yield process
        process.kill()


def last_document(process):
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=100)
    return json.loads(out.decode().strip().splitlines()[-1] if out.count(b'{"schema"') > 1 else out)["data"]


class Lookups(binary.Case):
    def test_no_event_for_each_function(self):
        """The kernel takes perf events away one after the other: with as many as this that took minutes."""
        if not HAS_LINKS:
            self.skipTest("this kernel has perf events alone")
        with processes(5, together=False), watching() as process:
            held = [os.readlink(fd) for fd in pathlib.Path(f"/proc/{process.pid}/fd").iterdir()]
            # At most those of programs that are at no function of a library.
            self.assertLess(held.count("anon_inode:[perf_event]"), 5, held)
            self.assertEqual(len([row for row in last_document(process)["libraries"] if not row["error"]]) > 4, True)

    def test_one_pod_has_not_all(self):
        with processes(OF_ONE + 4, together=True), watching() as process:
            data = last_document(process)
        theirs = [row for row in data["libraries"] if tempfile.gettempdir() in row["path"]]
        # One place may be another process's, which ran with the same root meanwhile.
        self.assertIn(len(theirs), (OF_ONE - 1, OF_ONE))
        self.assertGreaterEqual(data["libraries_left_out"], 4)

    def test_twice(self):
        """The first signal ends the watch; one that comes later ends all at once. Either way it ends."""
        with processes(3, together=False), watching() as process:
            process.send_signal(signal.SIGINT)
            while not re.search(r"SigBlk:\s*0+\n", pathlib.Path(f"/proc/{process.pid}/status").read_text()):
                if process.poll() is not None or "Z (" in pathlib.Path(f"/proc/{process.pid}/status").read_text():
                    break
            process.send_signal(signal.SIGINT)
            self.assertIn(process.wait(100), (0, -signal.SIGINT))


if os.geteuid() != 0:
    print("SKIP: lookups takes root")
    sys.exit(77)
if __name__ == "__main__":
    sys.exit(binary.main())
