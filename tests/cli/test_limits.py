#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What this program may have of its machine is a fact about it, and never one about a server."""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import binary
import twisters

NAME = "db.default.svc.cluster.local"
UNOBSERVED, INTERNAL, OUTPUT = 3, 70, 74
CLONE_NEWNET = 0x40000000  # linux/sched.h
PORT_RANGE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")


def run_limited(number, *arguments, what=resource.RLIMIT_NOFILE, **options):
    return binary.run(*arguments, preexec_fn=lambda: resource.setrlimit(what, (number, number)), **options)


def asking(server, conf):
    """The commands that ask, each as it would be well within its limits."""
    servers = ["--resolv-conf", conf, "--no-discovery", "--replica", server]
    return [["probe", NAME, *servers],
            ["watch", NAME, *servers, "--count", "2", "--interval", "100ms"],
            ["diagnose", *servers, "--external", NAME, "--budget", "1s"],
            ["lookup", "--as", "glibc", "db", "--resolv-conf", conf],
            ["replicas", *servers],
            ["top", "--batch", "--count", "1", *servers]]


class Descriptors(binary.Case):
    def test_too_few_is_no_verdict(self):
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            for arguments in asking(server, conf):
                for number in (6, 7, 8, 12, 20, 40):
                    done = run_limited(number, *arguments)
                    self.assertEqual(done.returncode, UNOBSERVED, (number, arguments, done.stdout, done.stderr))
                    self.assertIn("file descriptors", done.stderr)
                    self.assertEqual(done.stdout, "")

    def test_few_are_used_in_turns(self):
        """600 sockets' worth of questions with room for about a dozen at once."""
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            names = [f"name{i}.default.svc.cluster.local." for i in range(300)]
            done = run_limited(64, "--json", "probe", *names, NAME + ".", "--qps", "0", "--socket", "separate",
                               "--no-search", "--resolv-conf", conf, "--no-discovery", "--replica", server)
            probes = json.loads(done.stdout)["data"]["probes"]
            self.assertEqual(len(probes), 602, done.stderr)
            self.assertEqual({probe["status"] for probe in probes} & {"error", "timeout", "unreachable"}, set())

    def test_soft_limit_is_raised(self):
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            done = binary.run("probe", NAME + ".", "--no-discovery", "--replica", server, "--resolv-conf", conf,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 256)))
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_files_are_not_blamed(self):
        """No descriptor for a file says nothing of the file."""
        done = run_limited(6, "logs", *["/dev/null"] * 8)
        self.assertEqual(done.returncode, UNOBSERVED, done.stderr)


class Standard(binary.Case):
    def test_closed_descriptors_are_not_reused(self):
        """A socket that becomes descriptor 1 would get the answer that is meant for a person."""
        with tempfile.NamedTemporaryFile() as log:
            words = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', binary.K8SDNS, "logs", "--follow", log.name]
            with subprocess.Popen(words, env=binary.ENVIRONMENT) as process:
                folder = pathlib.Path(f"/proc/{process.pid}/fd")
                opened = {}
                while log.name not in opened.values():
                    self.assertIsNone(process.poll())
                    with contextlib.suppress(FileNotFoundError):  # closed between the two looks
                        opened = {fd.name: os.readlink(fd) for fd in folder.iterdir()}
                process.kill()
        self.assertEqual([opened.get(fd) for fd in "012"], ["/dev/null"] * 3)
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            words = ["sh", "-c", 'exec "$0" "$@" >&-', binary.K8SDNS, *asking(server, conf)[0]]
            done = subprocess.run(words, timeout=60, env=binary.ENVIRONMENT, check=False, stderr=subprocess.DEVNULL)
            self.assertEqual(done.returncode, OUTPUT)

    def test_slow_reader_of_a_pipe_that_does_not_block(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
        full = os.write(writer, b" " * (1 << 20))
        with subprocess.Popen([binary.K8SDNS, "schema"], stdout=writer, stderr=subprocess.PIPE,
                              env=binary.ENVIRONMENT) as process:
            os.close(writer)
            # Until it has found the pipe full; one that gives up then has ended by now.
            time.sleep(0.5)
            got = b""
            while piece := os.read(reader, 1000):
                got += piece
            os.close(reader)
            said = process.stderr.read()
        self.assertEqual((process.returncode, said), (0, b""))
        json.loads(got[full:])


class Memory(binary.Case):
    def test_too_little_is_no_verdict(self):
        """With less and less room it ends as it should: a verdict on the servers, or one on itself."""
        if "address" in os.environ.get("SANITIZERS", ""):
            self.skipTest("a sanitizer takes terabytes of addresses")
        own = 0
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            for megabytes in range(8, 40, 2):
                done = run_limited(megabytes << 20, "probe", NAME + ".", "--no-discovery", "--replica", server,
                                   "--resolv-conf", conf, what=resource.RLIMIT_AS)
                # 127: the loader has no room for the libraries.
                self.assertIn(done.returncode, (0, UNOBSERVED, INTERNAL, 127), done.stderr + done.stdout)
                own += done.returncode in (UNOBSERVED, INTERNAL)
        self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless(os.geteuid() == 0, "only root makes a network namespace")
class Ports(binary.Case):
    """In a namespace of its own, since the range of ports is the machine's."""

    def in_namespace(self):
        self.assertEqual(ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET), 0)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with twisters.twister() as server, twisters.resolv_conf() as conf:
            PORT_RANGE.write_text("40000 40000")
            self.one_is_enough(server, conf)
            # Two servers are never asked from one port, so the second cannot be asked.
            for command in ("probe", "diagnose"):
                done = binary.run("--json", command, *([NAME + "."] if command == "probe" else []),
                                  "--resolv-conf", conf, "--no-discovery", "--replica", server,
                                  "--replica", "127.0.0.2")
                document = json.loads(done.stdout)
                self.assertIn("no source port is free", done.stdout)
                if command == "probe":
                    self.assertEqual(done.returncode, UNOBSERVED, document)
                # What resolv.conf and the node say of themselves still counts.
                found = {finding["id"] for finding in document["findings"]}
                self.assertEqual({word for word in found if not re.match("resolv-|node-", word)}, set())
            # One that everybody else has is none.
            taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            taken.bind(("0.0.0.0", 40000))
            for arguments in asking(server, conf)[:2] + [asking(server, conf)[3]]:
                done = binary.run(*arguments)
                self.assertEqual(done.returncode, UNOBSERVED, (arguments, done.stdout, done.stderr))
            taken.close()

    def one_is_enough(self, server, conf):
        done = binary.run(*asking(server, conf)[0])
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_no_port(self):
        failed = []

        def body():
            try:
                self.in_namespace()
            except BaseException as error:  # for the thread that waits
                failed.append(error)

        # Namespaces are a thread's: the rest of the tests stays where it is.
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        for error in failed:
            raise error


if __name__ == "__main__":
    sys.exit(binary.main())
