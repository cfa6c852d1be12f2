# SPDX-License-Identifier: GPL-2.0-or-later
"""The name servers of the miniature cluster, real ones: CoreDNS when there is one, else unbound; knotd upstream."""
import os
import shutil
import subprocess
import time

import zones
from private import RUN

UPSTREAM = "10.244.2.53"
UPSTREAMS = {4: UPSTREAM, 6: "fd00:244:2::53"}
# What unbound needs to hear IPv6, and not to.
SIX = {4: "    do-ip6: no\n", 6: "    interface: ::0\n    access-control: ::0/0 {access}\n    do-ip6: yes\n"}

# What each of them begins with.
UNBOUND_HEAD = """\
server:
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/log"
    do-daemonize: no
    num-threads: 1
"""
UNBOUND = UNBOUND_HEAD + """\
    interface: 0.0.0.0
    access-control: 0.0.0.0/0 {access}
{six}    module-config: "iterator"
    nsid: "ascii_{identity}"
    identity: "{identity}"
    version: "lab"
    edns-buffer-size: 4096
    max-udp-size: 4096
    minimal-responses: yes
    unblock-lan-zones: yes
    insecure-lan-zones: yes
    cache-max-negative-ttl: 5
    root-hints: ""
remote-control:
    control-enable: no
auth-zone:
    name: "cluster.local"
    zonefile: "{folder}/cluster.zone"
    for-upstream: no
    fallback-enabled: no
auth-zone:
    name: "in-addr.arpa"
    zonefile: "{folder}/ptr.zone"
    for-upstream: no
    fallback-enabled: no
forward-zone:
    name: "."
    forward-addr: {upstream}
"""

COREFILE = """\
.:53 {{
    errors
    log
    nsid {identity}
    ready
    file {folder}/cluster.zone cluster.local
    file {folder}/ptr.zone in-addr.arpa
    forward . {upstream}
    cache 30
    {acl}
}}
"""

KNOT = """\
server:
    rundir: "{folder}"
    listen: [ {listen} ]
    user: root:root
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}/db"
zone:
  - domain: .
    file: "{folder}/world.zone"
    semantic-checks: off
"""


def coredns():
    return os.environ.get("K8SDNS_COREDNS") or shutil.which("coredns")


def identity(number):
    """The name of the Pod that a replica stands for."""
    return "coredns-5d78c9869d-" + ("", "x2x7k", "9wq4b", "m5fzt")[number]


class Server:
    """One running server in its place."""

    def __init__(self, lab, place, command, folder):
        self.lab, self.place, self.command, self.out = lab, place, command, folder / "out"
        with open(self.out, "ab") as out:
            self.process = subprocess.Popen(lab.inside(place, command), stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def wait_for_port(self, port=53, seconds=60):
        """Return when something is bound to the UDP port in the server's place."""
        wanted = f":{port:04X} "
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            table = self.lab.output(self.place, ["cat", "/proc/net/udp"])
            if any(line.split()[1].endswith(wanted.strip()) for line in table.splitlines()[1:]):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError(f"{self.command[0]} did not come up in {self.place}: {self.out.read_text()}")


def replica(lab, number, database="10.96.7.7", refuse=False, wildcard=None, place=None):
    """Start replica `number`, or another like it in `place`; with `refuse` its access list refuses everyone."""
    place = place or f"dns{number}"
    folder = RUN / place
    folder.mkdir(exist_ok=True)
    zones.write(folder, database, wildcard)
    values = {"folder": folder, "identity": identity(number), "upstream": UPSTREAMS[lab.family]}
    access = "refuse" if refuse else "allow"
    if coredns():
        (folder / "Corefile").write_text(COREFILE.format(acl="acl {\n        block\n    }" if refuse else "", **values))
        command = [coredns(), "-conf", str(folder / "Corefile")]
    else:
        (folder / "unbound.conf").write_text(UNBOUND.format(
            access=access, six=SIX[lab.family].format(access=access), **values))
        command = ["unbound", "-d", "-c", str(folder / "unbound.conf")]
    return Server(lab, place, command, folder)


def upstream(lab):
    folder = RUN / "upstream"
    folder.mkdir(exist_ok=True)
    zones.write(folder)
    listen = "0.0.0.0@53" if lab.family == 4 else '0.0.0.0@53, "::@53"'
    (folder / "knot.conf").write_text(KNOT.format(folder=folder, listen=listen))
    return Server(lab, "upstream", ["knotd", "-c", str(folder / "knot.conf")], folder)
