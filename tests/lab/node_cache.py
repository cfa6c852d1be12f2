# SPDX-License-Identifier: GPL-2.0-or-later
"""NodeLocal DNSCache as it is set up beside kube-proxy: an interface with its link-local address and the ClusterIP,
rules that keep queries to both from connection tracking, and a cache that asks kube-dns-upstream over TCP."""
import subprocess

from private import RUN
from rules import CLUSTER_IP
from servers import UNBOUND_HEAD, Server

LINK_LOCAL, UPSTREAM_IP = "169.254.20.10", "10.96.0.11"

UNBOUND = UNBOUND_HEAD + """\
    interface: {link_local}
    interface: {cluster_ip}
    access-control: 0.0.0.0/0 {access}
    module-config: "iterator"
    nsid: "ascii_node-local-dns-6nq8d"
    tcp-upstream: yes
    do-not-query-localhost: no
    unblock-lan-zones: yes
    insecure-lan-zones: yes
    domain-insecure: "cluster.local."
    root-hints: ""
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: {upstream}
"""

BOTH = f"{{ {LINK_LOCAL}, {CLUSTER_IP} }}"
RULES = f"""\
add element ip kube-proxy service-ips {{ {UPSTREAM_IP} . udp . 53 : goto service-kube-dns-udp }}
add element ip kube-proxy service-ips {{ {UPSTREAM_IP} . tcp . 53 : goto service-kube-dns-tcp }}
table ip node-cache {{
 chain pre {{
  type filter hook prerouting priority raw;
  ip daddr {BOTH} meta l4proto {{ udp, tcp }} th dport 53 notrack;
 }}
 chain out {{
  type filter hook output priority raw;
  ip daddr {BOTH} meta l4proto {{ udp, tcp }} th dport 53 notrack;
  ip saddr {BOTH} meta l4proto {{ udp, tcp }} th sport 53 notrack;
 }}
}}
"""


class NodeCache:
    """It, in the node of a lab."""

    def __init__(self, lab):
        self.lab = lab
        # Not every kernel has dummy devices; a bridge without ports has local addresses as well.
        made = subprocess.run(["ip", "-n", "node", "link", "add", "nodelocaldns", "type", "dummy"], capture_output=True,
                              check=False)
        if made.returncode:
            lab.ip("node", "link add nodelocaldns type bridge")
        for address in (LINK_LOCAL, CLUSTER_IP):
            lab.ip("node", f"addr add {address}/32 dev nodelocaldns")
        lab.ip("node", "link set nodelocaldns up")
        # Without any route connect(2) fails before the rules of OUTPUT are asked.
        lab.ip("node", "route replace default via 10.244.2.53")
        lab.nft("node", RULES)
        self.start()

    def start(self, refuse=False):
        folder = RUN / "node-cache"
        folder.mkdir(exist_ok=True)
        (folder / "unbound.conf").write_text(UNBOUND.format(
            folder=folder, link_local=LINK_LOCAL, cluster_ip=CLUSTER_IP, upstream=UPSTREAM_IP,
            access="refuse" if refuse else "allow"))
        self.server = Server(self.lab, "node", ["unbound", "-d", "-c", folder / "unbound.conf"], folder)
        self.server.wait_for_port()

    def stop(self):
        self.server.stop()

    def close(self):
        self.stop()
        self.lab.ip("node", "link del nodelocaldns")
        self.lab.set_rules()
