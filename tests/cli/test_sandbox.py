#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What parses the bytes of strangers leaves itself no system calls but those that it takes."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import binary
import exposition
import kube_server

DATA = binary.SOURCE / "tests/data"
REFUSED = os.environ["REFUSED_CALLS"]
NOT_PERMITTED = "Operation not permitted"
RECORDING = DATA / "recordings/two-faults"
ALWAYS = {"fork", "exec", "trace", "type into the terminal", "load a program", "packets"}
# Without a peer to talk to there is no connection, and without a library to load no more code.
FILES_ONLY = ALWAYS | {"connection", "code"}
READERS = (["decode", "-"], ["logs"], ["corefile", "-"], ["objects"], ["explain", "-"],
           ["scope", str(DATA / "captures/healthy.json")],
           ["dnstap", "--read", str(DATA / "dnstap/1.14.7.fstrm")],
           ["spans", "--read", str(DATA / "spans/jaeger.json")],
           ["diagnose", "--from", str(DATA / "captures/healthy.json")],
           ["history", "--from", str(RECORDING)],
           ["diff", str(DATA / "captures/healthy.json"), str(DATA / "captures/two-faults.json")],
           ["diff", f"{RECORDING}@2026-01-31T14:31:50Z", str(DATA / "captures/two-faults.json")],
           ["report", "--from", str(DATA / "captures/healthy.json")], ["report", "--from", str(RECORDING)],
           ["conntrack", "--from", str(DATA / "captures/healthy.json")],
           ["scope", str(RECORDING)],
           ["expand", "--from", str(DATA / "captures/healthy.json"), "db"],
           ["lookup", "--from", str(DATA / "captures/healthy.json"), "db"])


def has_landlock():
    """By the kernel's list of modules, where it can be seen; else it is not known, and not tested."""
    try:
        return "landlock" in pathlib.Path("/sys/kernel/security/lsm").read_text()
    except OSError:
        return False


class Sandbox(binary.Case):
    def refused(self, *arguments, folder):
        """By call, what became of it; and whether the file could be made."""
        file = pathlib.Path(folder, "made")
        done = binary.run(*arguments, env={"LD_PRELOAD": REFUSED, "REFUSED_FILE": str(file)})
        said = dict(re.findall("^refused_calls: (.*?): (.*)$", done.stderr, re.M))
        self.assertTrue(said, (arguments, done.stderr))
        return said, file.exists()

    def test_readers(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments in READERS:
                said, made = self.refused(*arguments, folder=folder)
                self.assertEqual({name for name, what in said.items() if what == NOT_PERMITTED} & FILES_ONLY,
                                 FILES_ONLY, (arguments, said))
                if has_landlock():
                    self.assertFalse(made, arguments)
                pathlib.Path(folder, "made").unlink(missing_ok=True)

    def test_with_peers(self):
        with tempfile.TemporaryDirectory() as folder:
            said, _ = self.refused("metrics", str(DATA / "metrics/1.6.9.prom"), folder=folder)
            self.assertEqual({name for name, what in said.items() if what == NOT_PERMITTED} & FILES_ONLY, ALWAYS, said)

    def test_screen(self):
        """Its library is loaded when the screen is opened, and a key writes a file."""
        with tempfile.TemporaryDirectory() as folder:
            said, _ = self.refused("top", "--batch", "--count", "1", "--from", str(DATA / "captures/healthy.json"),
                                   folder=folder)
            wanted = FILES_ONLY - {"code"}
            self.assertEqual({name for name, what in said.items() if what == NOT_PERMITTED} & wanted, wanted, said)

    def test_prometheus(self):
        """Whoever asks a server keeps connections, and no more."""
        with tempfile.TemporaryDirectory() as folder:
            token = pathlib.Path(folder, "token")
            token.write_text("t")
            said, _ = self.refused("scope", "--prometheus", "http://127.0.0.1:1", "--timeout", "2s", "--token", token,
                                   folder=folder)
            self.assertEqual({name for name, what in said.items() if what == NOT_PERMITTED} & ALWAYS, ALWAYS, said)

    def test_no_rights_are_left(self):
        with subprocess.Popen([binary.K8SDNS, "logs"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT) as process:
            status, deadline = "", time.monotonic() + 60
            while "Seccomp:\t2" not in status:
                self.assertIsNone(process.poll())
                self.assertLess(time.monotonic(), deadline, status)
                time.sleep(0.01)
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            process.stdin.close()
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertRegex(status, r"CapPrm:\s*0+\n")


class Tls(binary.Case):
    def test_no_code_by_configuration(self):
        """What OPENSSL_CONF names is not even read: here it is damaged, and says that this is to be told."""
        with tempfile.TemporaryDirectory() as folder:
            configuration = pathlib.Path(folder, "openssl.cnf")
            configuration.write_text("config_diagnostics = 1\nopenssl_conf = init\n[init]\nproviders = list\n"
                                     "[list]\nstranger = its\n[its]\nactivate = 1\nmodule = /nonexistent.so\n")
            pair = kube_server.certificate(pathlib.Path(folder), "server", "127.0.0.1")
            with exposition.served((DATA / "metrics/1.6.9.prom").read_text(), certificate=pair) as (address, _):
                done = binary.run("metrics", f"https://{address}/metrics", "--ca", pair[0], "--count", "1",
                                  env={"OPENSSL_CONF": str(configuration)})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(binary.main())
