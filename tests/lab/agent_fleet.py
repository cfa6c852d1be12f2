# SPDX-License-Identifier: GPL-2.0-or-later
"""Agents in the lab, one in each of three places, and a real Prometheus that scrapes them."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

from private import RUN

PORT = 9953
REPLICAS = "10.244.1.21,10.244.1.22,10.244.1.23"
# Each place stands for a node of its own: its address there.
PLACES = {"node": "10.244.0.1", "pod": "10.244.0.10", "pod2": "10.244.0.11"}


class Agent:
    """One agent: its process, and the lines that it wrote."""

    def __init__(self, lab, place, arguments):
        self.place, self.lines = place, []
        command = [os.environ["K8SDNS"], "agent", "--listen", f"{PLACES[place]}:{PORT}", "--resolv-conf",
                   lab.resolv_conf, "--replica", REPLICAS, "--cluster-ip", lab.cluster_ip, "--no-discovery", *arguments]
        self.process = subprocess.Popen(lab.inside(place, command), env={**lab.pod_environment(), "NODE_NAME": place},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line).get("data", {}))

    def findings(self, event):
        return [line["finding"] for line in list(self.lines) if line.get("event") == event]

    def end(self):
        """Its last line."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.reader.join(30)
        self.process.stdout.close()
        return self.lines[-1]


class Fleet:
    """Three agents and a Prometheus, which runs on the node; all end with the block. `more` is what the agents of some
    places have beside the arguments of all: {place: [word, ...]}."""

    def __init__(self, lab, *arguments, interval="1s", scrape="1s", more=None):
        self.lab, self.arguments, self.scrape = lab, ["--interval", interval, *arguments], scrape
        self.more = more or {}
        self.agents, self.prometheus = {}, None

    def __enter__(self):
        if not os.path.exists("/run/netns/pod2"):
            self.lab.add_pod("pod2", 0, 11)
        # The lab's node has no route out; a real one has, and translates on its way what its own programs ask.
        self.lab.ip("node", f"route replace {self.lab.cluster_ip} dev cni1")
        for place in PLACES:
            self.agents[place] = Agent(self.lab, place, [*self.arguments, *self.more.get(place, [])])
        self.start_prometheus()
        return self

    def __exit__(self, *_):
        for agent in self.agents.values():
            if agent.process.poll() is None:
                agent.end()
        self.prometheus.terminate()
        self.prometheus.wait(30)
        self.log.close()
        shutil.rmtree(RUN / "prometheus")
        self.lab.ip("node", f"route del {self.lab.cluster_ip} dev cni1")

    def start_prometheus(self):
        folder = RUN / "prometheus"
        folder.mkdir()
        targets = [{"targets": [f"{address}:{PORT}"], "labels": {"node": place}}
                   for place, address in PLACES.items()]
        (folder / "config.yml").write_text(json.dumps({
            "global": {"scrape_interval": self.scrape, "scrape_timeout": self.scrape},
            "scrape_configs": [{"job_name": "k8sdns-agent", "static_configs": targets}]}))
        self.log = (folder / "log").open("w")
        self.prometheus = subprocess.Popen(
            self.lab.inside("node", ["prometheus", f"--config.file={folder}/config.yml",
                                     f"--storage.tsdb.path={folder}/data", "--web.listen-address=10.244.0.1:9090"]),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.wait_for(lambda: self.fetch("/-/ready") is not None, "Prometheus")

    def fetch(self, path):
        """What Prometheus answers; None: it does not yet, or says no."""
        command = ["curl", "-sf", "--max-time", "10", f"http://10.244.0.1:9090{path}"]
        done = subprocess.run(self.lab.inside("node", command), capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def page(self, place, accept="text/plain"):
        """An agent's own page."""
        return subprocess.run(self.lab.inside("node", ["curl", "-sf", "-H", f"Accept: {accept}",
                                                       f"http://{PLACES[place]}:{PORT}/metrics"]),
                              capture_output=True, text=True, check=True).stdout

    def query(self, text):
        """[(labels, value)] of an instant query, in the order of its labels."""
        answer = json.loads(self.fetch("/api/v1/query?query=" + urllib.parse.quote(text)))
        found = [({k: v for k, v in row["metric"].items() if k not in ("instance", "job")}, float(row["value"][1]))
                 for row in answer["data"]["result"]]
        return sorted(found, key=lambda row: sorted(row[0].items()))

    def scope(self, *words):
        """What k8sdns scope says of the last ten minutes."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        command = [os.environ["K8SDNS"], "scope", "--prometheus", "http://10.244.0.1:9090", "--since", "10m", "--until",
                   now, *words]
        return subprocess.run(self.lab.inside("node", command), capture_output=True, text=True, check=False).stdout

    def by_node(self, text):
        return {labels.get("node"): value for labels, value in self.query(text)}

    def wait_for(self, what, name, seconds=60):
        """What a function gives, as soon as that is something."""
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                states = {place: (agent.process.poll(), agent.lines[-3:]) for place, agent in self.agents.items()}
                raise AssertionError(f"not seen: {name}; agents: {states}")
            time.sleep(0.5)
        return found

    @contextlib.contextmanager
    def only_at(self, place, server):
        """One place alone cannot reach one server."""
        self.lab.nft(place, f"table ip one {{\n chain out {{\n  type filter hook output priority 0;\n"
                            f"  ip daddr {server} udp dport 53 drop;\n }}\n}}\n")
        try:
            yield
        finally:
            self.lab.nft(place, "delete table ip one")
