#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every kind of container that the first use meets: the right resolver, dnsPolicy and cause, with both programs."""
import concurrent.futures
import dataclasses
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests/pod"))

import pod_case  # noqa: E402
from containers import CAPABILITIES, Spec  # noqa: E402
from pod_case import ORDINARY, REPLICAS, SINGLE, PodCase, private  # noqa: E402

NAME = "kubernetes.default.svc.cluster.local"
NOBODY = 65534
MIB = 1 << 20
# As dnsPolicy Default has it.
NODE_RESOLV_CONF = "nameserver 10.244.2.53\nsearch example.net\n"
# As the kubelet writes it for a Pod with hostNetwork.
HOST_NETWORK = "# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n"


@dataclasses.dataclass
class Container:
    name: str
    spec: Spec
    kind: str  # of the resolver
    program: str  # that it is told from; None: from the image
    follows: str  # whose rules are replayed


def container(name, kind, follows=None, program="/app", **spec):
    return Container(name, Spec(**spec), kind, program, follows or kind)


CONTAINERS = [
    container("musl-root", "musl", image="musl"),
    container("musl-read-only", "musl", image="musl", read_only=True),
    container("musl-tmp-noexec", "musl", image="musl", tmp="noexec"),
    container("musl-shell", "musl", image="musl", args=("sh", "-c", "/app & wait")),
    container("glibc-root", "glibc", image="glibc"),
    container("glibc-drop-all", "glibc", image="glibc", capabilities=()),
    container("glibc-nobody", "glibc", image="glibc", uid=NOBODY),
    container("glibc-seccomp", "glibc", image="glibc", seccomp="by capabilities"),
    container("glibc-limits", "glibc", image="glibc", limits={"cpu": {"quota": 20000, "period": 100000}}),
    # What a small Pod may have; the file itself counts where it is read.
    container("glibc-memory", "glibc", image="glibc", limits={"memory": {"limit": 32 * MIB, "swap": 32 * MIB}}),
    container("musl-memory", "musl", image="musl", uid=NOBODY,
              limits={"memory": {"limit": 24 * MIB, "swap": 24 * MIB}}),
    # hostUsers: false: root in the container is nobody outside, with all capabilities in there alone.
    container("glibc-users", "glibc", image="glibc", user_namespace=True),
    container("musl-users", "musl", image="musl", uid=NOBODY, user_namespace=True),
    container("glibc-tini", "glibc", image="glibc", args=("tini", "--", "/app")),
    container("go-root", "go", image="go"),
    container("go-nobody", "go", image="go", uid=NOBODY, read_only=True, tmp="none"),
    container("static-root", "static", "glibc", image="static"),
    container("glibc-filtered", "glibc", image="glibc", seccomp="as without capabilities",
              capabilities=tuple("CAP_" + name for name in (
                  "SYS_ADMIN NET_ADMIN BPF PERFMON SYSLOG SYS_PTRACE DAC_OVERRIDE").split())),
    # What the Pod's author hands over by the downward API.
    container("named", "static", "glibc", image="static", resolv_conf=NODE_RESOLV_CONF, environment={
        "POD_NAME": "web-7d4b9c6f5-k2j8x", "POD_NAMESPACE": "shop", "NODE_NAME": "worker-2"}),
    container("host-network", "go", image="go", network="node", resolv_conf=NODE_RESOLV_CONF,
              environment={"POD_NAMESPACE": "kube-system"},
              texts={"/etc/hosts": HOST_NETWORK}),
    # On a node, with what its kubelet gives to Pods.
    container("host-kubelet", "go", image="go", network="node", resolv_conf=NODE_RESOLV_CONF, texts={
        "/etc/hosts": HOST_NETWORK,
        "/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\nclusterDomain: cluster.local\n"
                                        "clusterDNS: [10.244.1.21]\n"}),
    # A shared process namespace: process 1 is the pause of the Pod.
    container("pause", "static", "glibc", None, image="static", args=("/pause",)),
    container("shared-app", "musl", image="musl", joins="pause"),
    container("shared-sidecar", "glibc", image="glibc", joins="pause"),
    # The node's processes are seen, another Pod's among them.
    container("node", "static", "glibc", None, image="static", args=("/pause",)),
    container("other-pod", "glibc", image="glibc", joins="node"),
    container("host-pid", "musl", image="musl", joins="node"),
    # As kubectl debug --target joins the target's process namespace, with another image.
    container("target", "musl", image="musl"),
    container("debugger", "musl", image="glibc", joins="target", args=("/pause",)),
    # Root may not look at another user's processes without CAP_SYS_PTRACE; an image that is not the target's tells
    # nothing.
    container("target-nobody", "musl", image="musl", uid=NOBODY),
    container("debugger-shut-out", "unknown", "glibc", None, image="glibc", joins="target-nobody", args=("/pause",)),
    container("debugger-ptrace", "musl", image="glibc", joins="target-nobody", args=("/pause",),
              capabilities=(*CAPABILITIES, "CAP_SYS_PTRACE")),
]
# Those that only hold a process namespace, or are for one test.
HOLDERS = ("pause", "node", "glibc-filtered", "named", "host-network", "host-kubelet")


FILES = {"/data/" + name.split("/")[-1]: pod_case.SOURCE / "tests/data" / name for name in (
    "captures/dead-replica.json", "dnstap/1.14.7.fstrm", "spans/span-001.json", "metrics/1.14.7-before.prom",
    "kube/coredns.json", "recordings/two-faults/00000001.k8sdns")}
TEXTS = {"/data/coredns.log": "[INFO] 10.244.0.10:40000 - 1 \"A IN web.default.svc.cluster.local. udp 60 false 512\" "
                              "NOERROR qr,aa,rd 118 0.0001s\n",
         "/data/Corefile": ".:53 {\n    errors\n    kubernetes cluster.local\n    forward . 10.244.2.53\n}\n",
         "/data/answer.txt": "AAGBgAABAAAAAAAAA3dlYgAAAQAB\n"}
PROCESS = "the application's executable, its root, its environment"
CAPABLE = "what the capabilities that it keeps show"
# Of each command: words that make it look and end, what it reads while it has all privileges, and what after it has
# given them up.
READS = {
    "diagnose": (["--budget", "1s", "--no-external"], PROCESS,
                 "resolv.conf, sockets, /proc, the account's files; " + CAPABLE),
    "top": (["--batch", "--count", "1"], PROCESS, "the same"),
    "capture": (["--budget", "1s", "--no-external"], PROCESS, "the same"),
    "agent": (["--no-listen", "--duration", "1s", "--no-external"], PROCESS, "the same"),
    "report": (["--budget", "1s", "--no-external"], PROCESS, "the same"),
    "history": (["--from", "/data"], None, "the folder that is named"),
    "diff": (["/data/dead-replica.json", "/data/dead-replica.json"], None, "the files that are named"),
    "scope": (["/data/dead-replica.json"], None, "the files that are named"),
    "probe": ([NAME], PROCESS, "resolv.conf, the account's files; " + CAPABLE),
    "watch": (["--count", "1", NAME], PROCESS, "the same"),
    "lookup": ([NAME], PROCESS, "resolv.conf, hosts, nsswitch.conf"),
    "replicas": ([], PROCESS, "resolv.conf, the account's files; " + CAPABLE),
    "objects": (["/data/coredns.json"], None, "the file that is named"),
    "decode": (["/data/answer.txt"], None, "the file that is named"),
    "metrics": (["/data/1.14.7-before.prom"], PROCESS, "the files that are named"),
    "logs": (["/data/coredns.log"], None, "the files that are named"),
    "dnstap": (["--read", "/data/1.14.7.fstrm"], None, "the file that is named"),
    "spans": (["--read", "/data/span-001.json"], None, "the files that are named"),
    "node": ([], PROCESS, "/proc, sysfs; " + CAPABLE),
    "conntrack": ([], PROCESS, "/proc/sys; " + CAPABLE),
    "ipvs": ([], PROCESS, CAPABLE),
    "drops": (["--duration", "1s"], None, CAPABLE),
    "lookups": (["--duration", "1s"], None, CAPABLE),
    "path": (["--duration", "1s"], None, CAPABLE),
    "resolv": ([], PROCESS, "resolv.conf"),
    "expand": (["web"], PROCESS, "resolv.conf"),
    "corefile": (["/data/Corefile"], None, "the file that is named, and what it imports"),
}


def programs(case):
    return (SINGLE, ORDINARY) if case.spec.image == "glibc" else (SINGLE,)


class Pods(PodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for case in CONTAINERS:
            if case.spec.image == "glibc":
                case.spec.files.update(FILES)
                case.spec.texts.update(TEXTS)
            cls.start(case.name, case.spec)

    def cases(self, few=False):
        """Every container with each program; few: the ordinary program in one alone."""
        for case in CONTAINERS:
            if case.name in HOLDERS:
                continue
            for program in programs(case):
                if few and program == ORDINARY and case.name != "glibc-root":
                    continue
                yield case, program

    def test_resolver(self):
        for case, program in self.cases():
            with self.subTest(case.name, program=program):
                self.resolver_of(case, program)

    def resolver_of(self, case, program):
        said = self.document(case.name, program, "resolv", statuses=(0, 1))
        resolver = said["data"]["resolver"]
        self.assertEqual((resolver["kind"], resolver["program"]), (case.kind, case.program), resolver)
        self.assertEqual(said["host"]["libc"], case.kind)
        self.assertTrue(said["host"]["in_pod"])
        self.assertEqual(said["data"]["dns_policy"], "ClusterFirst")
        if case.kind in ("musl", "glibc"):
            self.assertRegex(resolver["version"], r"^\d+\.\d+")

    def test_versions(self):
        """musl's own number, as its loader carries it."""
        said = self.document("musl-root", SINGLE, "resolv", statuses=(0, 1))
        loader = self.containers.run("musl-root", "/lib/ld-musl-x86_64.so.1")
        self.assertIn(f"Version {said['data']['resolver']['version']}\n", loader.stderr)

    def test_names(self):
        """expand and lookup follow that resolver; probe reaches every server."""
        for case, program in self.cases():
            with self.subTest(case.name, program=program):
                self.names_of(case, program)

    def names_of(self, case, program):
        said = self.document(case.name, program, "expand", "www.example.com", statuses=(0,))
        plan, = said["data"]["names"][0]["plans"]
        self.assertEqual(plan["resolver"], case.follows)
        self.assertEqual(len({query["name"] for query in plan["queries"]}), 4)
        said = self.document(case.name, program, "lookup", NAME, statuses=(0,))
        lookup, = said["data"]["lookups"]
        self.assertEqual((lookup["resolver"], lookup["result"]), (case.follows, "ok"))
        said = self.document(case.name, program, "probe", "--replica", REPLICAS, NAME, statuses=(0,))
        self.assertEqual({target["address"] for target in said["data"]["targets"]},
                         {"10.96.0.10", *REPLICAS.split(",")})

    def test_table_is_whole(self):
        """Each command that reads anything has its row."""
        listed = self.containers.run("glibc-root", ORDINARY, "help").stdout
        words = set(re.findall(r"^  ([a-z]+) {2,}\S", listed, re.M))
        self.assertEqual(words - {"help", "schema", "completion", "explain"}, set(READS))

    def sees(self, name, command):
        """What a command could not see in a container, and whether it failed for that."""
        done = self.containers.run(name, ORDINARY, command, *READS[command][0], "--json")
        lines = done.stdout.splitlines()
        said = json.loads(lines[-1] if lines and lines[-1].startswith('{"schema"') else done.stdout)
        return {gap["what"] for gap in said["unobserved"]}, said.get("error", {}).get("message")

    def test_root_sees_no_less(self):
        """Each command, as root with the default capabilities and without any, sees what another user sees, or more."""
        names = ("glibc-nobody", "glibc-drop-all", "glibc-root", "glibc-users")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            seen = {command: [pool.submit(self.sees, name, command) for name in names] for command in READS}
            for command, (_, before, after) in READS.items():
                (gaps, error), *others = (future.result() for future in seen[command])
                for name, (root_gaps, root_error) in zip(names[1:], others):
                    with self.subTest(command, root=name, before=before, after=after):
                        self.assertEqual(root_gaps - gaps, set())
                        self.assertLessEqual(bool(root_error), bool(error), root_error)

    def test_own_names(self):
        """Commands name this Pod, by its host name and its search list, or as the Pod's author says."""
        said = self.document("static-root", SINGLE, "resolv")["host"]
        self.assertEqual((said["pod"], said["namespace"], said["host_network"]), ("static-root", "default", False))
        said = self.document("named", SINGLE, "diagnose", "--no-external", "--budget", "1s", "--replica", REPLICAS)
        self.assertEqual({key: said["host"][key] for key in ("pod", "namespace", "node")},
                         {"pod": "web-7d4b9c6f5-k2j8x", "namespace": "shop", "node": "worker-2"})
        policy, = (finding for finding in said["findings"] if finding["id"] == "resolv-policy")
        self.assertIn("web-7d4b9c6f5-k2j8x -n shop", policy["steps"][0]["command"])
        details = [check["detail"] or "" for check in said["data"]["checks"] if check["state"] == "unknown"]
        wanted = " | kubectl exec -i web-7d4b9c6f5-k2j8x -n shop -- /tmp/k8sdns diagnose --endpoints -"
        self.assertTrue(any(wanted in detail for detail in details), details)

    def test_host_network(self):
        """In the node's network names are completed as a Pod's, and that is said; the Pod's policy is still found."""
        words = ("--replica", REPLICAS, "--cluster-ip", "10.96.0.10", "kubernetes.default")
        said = self.document("host-network", SINGLE, "probe", *words[:-1], "kubernetes.default")
        self.assertEqual(said["data"]["as_pod"], "kube-system")
        self.assertEqual({key: said["data"]["names_as"][key] for key in ("namespace", "domain", "source")},
                         {"namespace": "kube-system", "domain": "cluster.local", "source": "dns"})
        self.assertNotIn("nameserver", {target["role"] for target in said["data"]["targets"]})
        self.assertIn("answer", {probe["status"] for probe in said["data"]["probes"]})
        self.assertIn("kubernetes.default.svc.cluster.local", {probe["candidate"] for probe in said["data"]["probes"]})
        said = self.document("host-network", SINGLE, "diagnose", "--no-external", "--budget", "2s", *words)
        self.assertEqual((said["host"]["pod"], said["host"]["node"]), (None, "host-network"))
        self.assertEqual(said["data"]["as_pod"], "kube-system")
        found = [finding["id"] for finding in said["findings"]]
        self.assertNotIn("name-not-found", found)
        self.assertIn("resolv-policy", found)
        done = self.containers.run("host-network", SINGLE, "diagnose", "--no-external", "--budget", "1s", *words)
        self.assertIn("as in a Pod of namespace kube-system", " ".join(done.stdout.split()))
        done = self.containers.run("host-network", SINGLE, "lookup", "kubernetes.default")
        self.assertIn("this node's resolv.conf, not a Pod's", " ".join(done.stdout.split()))
        said = self.document("host-network", SINGLE, "expand", "web")
        self.assertEqual(said["data"]["names_as"]["source"], "assumed")
        said = self.document("host-network", SINGLE, "expand", "--as-pod", "shop.svc.example", "web")
        names = [query["name"] for query in said["data"]["names"][0]["plans"][0]["queries"]]
        self.assertEqual(names[0], "web.shop.svc.example")
        done = self.containers.run("host-network", SINGLE, "expand", "--as-pod", "shop.cluster.local", "web")
        self.assertEqual(done.returncode, 64)

    def test_kubelet(self):
        """Where the kubelet's configuration can be read, every command completes names and asks servers by it."""
        where = {"namespace": "default", "domain": "cluster.local", "source": "kubelet",
                 "where": "/var/lib/kubelet/config.yaml"}
        for words in (["probe"], ["watch", "--count", "1"], ["lookup"], ["expand"], ["lookup", "--as", "c-ares"]):
            with self.subTest(words):
                done = self.containers.run("host-kubelet", SINGLE, *words, "--json", "kubernetes.default")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                said = json.loads(done.stdout.splitlines()[-1] if words[0] == "watch" else done.stdout)
                self.assertEqual(said["data"]["names_as"], where)
                self.assertNotIn("10.244.2.53", done.stdout)
                done = self.containers.run("host-kubelet", SINGLE, *words, "kubernetes.default")
                self.assertIn("cluster.local (kubelet: /var/lib/kubelet/config.yaml)", " ".join(done.stdout.split()))
        said = self.document("host-kubelet", SINGLE, "diagnose", "--no-external", "--budget", "2s")
        self.assertEqual(said["data"]["names_as"], where)
        self.assertEqual([server["server"] for server in said["data"]["latency"]], ["10.244.1.21"])

    def test_filter_is_named(self):
        """With all capabilities, what refuses is the container's seccomp filter."""
        for command in ("drops", "lookups", "path"):
            with self.subTest(command):
                done = self.containers.run("glibc-filtered", SINGLE, command, "--duration", "1s")
                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
                self.assertIn("seccomp", done.stderr)
                self.assertNotIn("Linux 5", done.stderr)

    def judge(self, case, program):
        """What three commands say of a replica that does not answer."""
        options = ("--replica", REPLICAS, "--budget", "2s")
        said = self.document(case.name, program, "diagnose", *options, statuses=(2,))
        live = self.containers.run(case.name, program, "top", "--batch", "--count", "2", *options)
        facts = self.document(case.name, program, "capture", *options)
        return said, live, facts

    def test_cause(self):
        with self.lab.fault("dead-replica"), concurrent.futures.ThreadPoolExecutor(6) as pool:
            waiting = [(case, program, pool.submit(self.judge, case, program))
                       for case, program in self.cases(few=True)]
            for case, program, judged in waiting:
                with self.subTest(case.name, program=program):
                    said, live, facts = judged.result()
                    critical = [f["id"] for f in said["findings"]
                                if f["severity"] == "critical" and not f["consequence_of"]]
                    self.assertEqual(critical, ["replica-unreachable"])
                    self.assertEqual((live.returncode, live.stderr), (2, ""), live.stdout)
                    self.assertIn("10.244.1.22", live.stdout)
                    self.assertEqual(facts["data"]["resolv"]["resolver"]["kind"], case.kind)
                    again = self.containers.run(case.name, program, "diagnose", "--json", "--from", "-", stdin=None,
                                                input=json.dumps(facts))
                    self.assertEqual([f["id"] for f in json.loads(again.stdout)["findings"]
                                      if f["severity"] == "critical"][:1], ["replica-unreachable"])


if __name__ == "__main__":
    pod_case.skip_without_tools()
    private.enter()
    unittest.main()
