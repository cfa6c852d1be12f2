#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What root has and a command does not take is given up before it reads anything."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import binary

# linux/capability.h
DAC_OVERRIDE, DAC_READ_SEARCH, NET_BIND_SERVICE, NET_ADMIN, SYS_PTRACE, SYS_ADMIN = 1, 2, 10, 12, 19, 21
PERFMON, BPF, SYS_RESOURCE, SYSLOG = 38, 39, 24, 34
OTHERS = {DAC_READ_SEARCH, SYS_PTRACE}  # files and links of processes of other owners
KERNEL = {BPF, PERFMON, SYSLOG, SYS_RESOURCE}
RECORDING = binary.SOURCE / "tests/data/recordings/two-faults"
# By command, in a form that waits: a pipe that says nothing, an interval of an hour, or a pipe that nobody reads.
NEEDED = (
    (["decode", "-"], set()),
    (["logs"], set()),
    (["corefile", "-"], set()),
    (["explain", "-"], set()),
    (["objects"], set()),
    (["scope", "-"], set()),
    (["dnstap", "--read", "-"], set()),
    (["spans", "--read", "-"], set()),
    (["diagnose", "--from", "-"], set()),
    (["expand", "--from", "-", "db"], set()),
    (["diff", "-", "-"], set()),
    (["report", "--from", "-"], set()),
    (["history", "--from", RECORDING], set()),
    (["conntrack", "--interval", "1h"], OTHERS | {NET_ADMIN}),
    (["node", "--interval", "1h"], OTHERS | {NET_ADMIN}),
    (["ipvs", "--endpoints", "-"], OTHERS | {NET_ADMIN}),
    (["probe", "db", "--endpoints", "-"], OTHERS | {NET_ADMIN, NET_BIND_SERVICE}),
    (["replicas", "--endpoints", "-"], OTHERS | {NET_ADMIN}),
    (["diagnose", "--endpoints", "-"], OTHERS | {NET_ADMIN} | KERNEL),
    (["report", "--endpoints", "-"], OTHERS | {NET_ADMIN} | KERNEL),
    (["agent", "--no-listen", "--resolv-conf", "/dev/null", "--target", "127.0.0.1:1", "--no-discovery"],
     OTHERS | {NET_ADMIN, NET_BIND_SERVICE, SYS_ADMIN} | KERNEL),
    (["agent", "--no-listen", "--resolv-conf", "/dev/null", "--target", "127.0.0.1:1", "--no-discovery", "--without",
      "lookups,drops"], OTHERS | {NET_ADMIN, NET_BIND_SERVICE} | KERNEL),
    (["watch", "db", "--resolv-conf", "/dev/null", "--target", "127.0.0.1:1", "--no-discovery"],
     OTHERS | {NET_ADMIN, NET_BIND_SERVICE}),
    (["capture", "--endpoints", "-"], OTHERS | {NET_ADMIN} | KERNEL),
)


def full_pipe():
    """The end that nobody can write to any more, and the one that nobody reads: what prints stays."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    os.set_blocking(writer, True)
    return reader, writer


def capabilities(pid):
    mask = int(re.search(r"CapEff:\s*(\w+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1], 16)
    return {bit for bit in range(64) if mask >> bit & 1}


class Privileges(binary.Case):
    def while_it_runs(self, needed, *arguments):
        """The capabilities of a command once it has come to `needed`, or those that it stays with."""
        reader, writer = full_pipe()
        process = subprocess.Popen([binary.K8SDNS, *arguments], stdout=writer, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.PIPE, env=binary.ENVIRONMENT)
        os.close(writer)
        try:
            deadline = time.monotonic() + 20
            status = ""
            while "NoNewPrivs:\t1" not in status and time.monotonic() < deadline and process.poll() is None:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            while capabilities(process.pid) != needed and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.01)
            self.assertIn("NoNewPrivs:\t1", status)
            return capabilities(process.pid)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            os.close(reader)

    def test_only_what_it_takes(self):
        mine = capabilities("self")
        for arguments, needed in NEEDED:
            with self.subTest(arguments):
                self.assertEqual(self.while_it_runs(needed & mine, *arguments), needed & mine)

    def test_listeners_keep_none(self):
        """Once they listen, at a port that takes a capability."""
        for command, place in (("spans", "127.0.0.1:411"), ("dnstap", "tcp:127.0.0.1:412")):
            with subprocess.Popen([binary.K8SDNS, command, "--listen", place], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT) as process:
                port = int(place.rpartition(":")[2])
                while f" 0100007F:{port:04X} 00000000:0000 0A" not in pathlib.Path("/proc/net/tcp").read_text():
                    self.assertIsNone(process.poll())
                # It may not have come to that yet.
                deadline = time.monotonic() + 20
                while (kept := capabilities(process.pid)) and time.monotonic() < deadline:
                    self.assertIsNone(process.poll())
                process.kill()
            self.assertEqual(kept, set())

    def test_file_that_only_root_reads(self):
        """`sudo k8sdns logs` in a folder of somebody else, who shows it to nobody."""
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "coredns.log")
            log.write_bytes((binary.SOURCE / "tests/data/logs/healthy.log").read_bytes())
            log.chmod(0o400)
            for path in (log, pathlib.Path(folder)):
                os.chown(path, 12345, 12345)
            for arguments in (["logs", log], ["diagnose", "--from", log]):
                done = binary.run(*arguments)
                self.assertNotIn("ermission", done.stderr)
            self.assertEqual(binary.run("logs", log).returncode, 0)


if os.geteuid() != 0 or SYS_ADMIN not in capabilities("self"):
    print("SKIP: only root has what could be given up")
    sys.exit(77)
unittest.main()
