# SPDX-License-Identifier: GPL-2.0-or-later
"""A private network, mount and host name for a test: the machine's own files and addresses stay as they are."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

SKIP = 77
MARK = "K8SDNS_ORACLE_INSIDE"


def skip(reason):
    print("SKIP:", reason)
    sys.exit(SKIP)


def enter():
    """Run this very script again inside new namespaces, unless it is there already."""
    if os.environ.get(MARK):
        return
    for tool in ("unshare", "ip", "mount"):
        if not shutil.which(tool):
            skip(f"the {tool} command is not installed")
    flags = ["--net", "--mount", "--uts"]
    if os.geteuid() != 0:
        flags += ["--user", "--map-root-user"]
    if subprocess.run(["unshare", *flags, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        skip("this machine does not allow private namespaces")
    environment = dict(os.environ, **{MARK: "1"})
    for name in ("RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES", "GODEBUG"):
        environment.pop(name, None)
    os.execvpe("unshare", ["unshare", *flags, sys.executable, *sys.argv], environment)


def run(*words):
    subprocess.run(words, check=True)


class Machine:
    """The inside: addresses on the loopback, and /etc files of our own."""

    def __init__(self, addresses, hostname="oracle"):
        self.directory = tempfile.mkdtemp(prefix="k8sdns-oracle-")
        run("mount", "--make-rprivate", "/")
        run("ip", "link", "set", "lo", "up")
        for address in addresses:
            if address != "::1" and not address.startswith("127."):
                # An address of IPv6 whose uniqueness is looked into cannot be bound meanwhile.
                wide = ["/128", "nodad"] if ":" in address else ["/32"]
                run("ip", "address", "add", address + wide[0], *wide[1:], "dev", "lo")
        socket.sethostname(hostname)
        self.put("/etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n")
        self.put("/etc/nsswitch.conf", b"hosts: files dns\n")
        self.put("/etc/resolv.conf", b"")

    def _place(self, path):
        return os.path.join(self.directory, os.path.basename(path))

    def put(self, path, content):
        """Lay a file of ours over `path`; again: change what is in it."""
        place = self._place(path)
        fresh = not os.path.exists(place)
        with open(place, "wb") as f:
            f.write(content)
        if fresh:
            run("mount", "--bind", place, os.path.realpath(path))

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)
