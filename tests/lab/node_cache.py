# SPDX-License-Identifier: GPL-2.0-or-later
"""NodeLocal DNSCache as it is set up beside kube-proxy: an interface with its link-local address and the ClusterIP,
rules that keep queries to both from connection tracking, a cache that asks kube-dns-upstream over TCP, and what it and
its setup count on ports 9253 and 9353."""
import pathlib
import subprocess
import sys

from private import RUN
from rules import CLUSTER_IP
from servers import UNBOUND_HEAD, Server

LINK_LOCAL, UPSTREAM_IP = "169.254.20.10", "10.96.0.11"
METRICS, SETUP = 9253, 9353
TEXTS = pathlib.Path(__file__).parents[1] / "data/metrics"
COUNTED = TEXTS / "1.14.7-under-load.prom"
SETUP_TEXT = """\
# HELP coredns_nodecache_setup_errors_total The number of errors during periodic network setup for node-cache
# TYPE coredns_nodecache_setup_errors_total counter
coredns_nodecache_setup_errors_total{{errortype="configmap"}} 0
coredns_nodecache_setup_errors_total{{errortype="interface_check"}} {interface}
coredns_nodecache_setup_errors_total{{errortype="iptables"}} 0
"""

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
        self.lab, self.processes = lab, []
        self.folder = RUN / "node-cache"
        self.folder.mkdir(exist_ok=True)
        # Without any route connect(2) fails before the rules of OUTPUT are asked.
        lab.ip("node", "route replace default via 10.244.2.53")
        self.add_interface()
        lab.nft("node", RULES)
        self.start()

    def add_interface(self):
        # Not every kernel has dummy devices; a bridge without ports has local addresses as well.
        made = subprocess.run(["ip", "-n", "node", "link", "add", "nodelocaldns", "type", "dummy"], capture_output=True,
                              check=False)
        if made.returncode:
            self.lab.ip("node", "link add nodelocaldns type bridge")
        for address in (LINK_LOCAL, CLUSTER_IP):
            self.lab.ip("node", f"addr add {address}/32 dev nodelocaldns")
        self.lab.ip("node", "link set nodelocaldns up")

    def start(self, refuse=False, setup_errors=(0,)):
        """With its metrics; `setup_errors` are what it has counted of them at one scrape after another."""
        (self.folder / "unbound.conf").write_text(UNBOUND.format(
            folder=self.folder, link_local=LINK_LOCAL, cluster_ip=CLUSTER_IP, upstream=UPSTREAM_IP,
            access="refuse" if refuse else "allow"))
        self.server = Server(self.lab, "node", ["unbound", "-d", "-c", self.folder / "unbound.conf"], self.folder)
        self.server.wait_for_port()
        setups = []
        for count in setup_errors:
            setups.append(self.folder / f"setup-{count}.prom")
            setups[-1].write_text(SETUP_TEXT.format(interface=count))
        for port, files in ((METRICS, [COUNTED]), (SETUP, setups)):
            self.run("metrics_server.py", port, *files)

    def start_cut_off(self):
        """As it is when kube-dns-upstream has no backend: CoreDNS says SERVFAIL at once, where unbound would go on
        trying."""
        self.server = None
        for address in (LINK_LOCAL, CLUSTER_IP):
            self.run("twister.py", "--listen", f"{address}:53", "--print-port", "rcode:2")

    def run(self, script, *arguments):
        command = [sys.executable, pathlib.Path(__file__).with_name(script), *arguments]
        process = subprocess.Popen(self.lab.inside("node", command), stdout=subprocess.PIPE)
        self.processes.append(process)
        process.stdout.readline()

    def stop(self):
        if self.server:
            self.server.stop()
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()
        self.processes = []

    def remove_interface(self):
        self.lab.ip("node", "link del nodelocaldns")

    def remove_rules(self):
        """Those that keep queries from connection tracking; kube-proxy's stay."""
        self.lab.nft("node", "delete table ip node-cache\n")

    def put_back(self):
        """All of it, whatever is gone."""
        self.stop()
        if "nodelocaldns" not in self.lab.output("node", ["ip", "link"]):
            self.add_interface()
        self.lab.set_rules()
        self.lab.nft("node", RULES)
        self.start()

    def close(self):
        self.stop()
        self.remove_interface()
        self.lab.set_rules()
