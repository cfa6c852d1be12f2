#!/usr/bin/python3
"""What is said of the cluster DNS of each distribution, and that every command that is printed is one."""
import json
import os
import re
import shlex
import shutil
import subprocess

import binary

FOLDER = binary.SOURCE / "tests/data/distributions"
PRINT_STEPS = os.environ["PRINT_STEPS"]

# nameserver of Pods: what the model must say, replicas "address:port", the command that changes the configuration.
OPERATOR = "dns.operator.openshift.io/default"
CHART = "helmchartconfig.helm.cattle.io/rke2-coredns"
ADDON = "aws eks update-addon --cluster-name CLUSTER --addon-name coredns --configuration-values file://coredns.json"
USUAL = {"namespace": "kube-system", "service": "kube-dns", "workload": "deployment/coredns", "kind": "deployment",
         "software": "coredns", "container": "coredns", "port": 53, "config_map": "coredns", "custom_map": None,
         "selector": "k8s-app=kube-dns", "account": "coredns", "node_cache": None}
REPLICAS = ["10.244.1.21:53", "10.244.2.22:53"]
EDIT = "kubectl -n kube-system edit configmap coredns"
TABLE = {
    "kubeadm": ("10.96.0.10", USUAL, REPLICAS, EDIT),
    "kops": ("100.64.0.10", USUAL, REPLICAS, EDIT),
    "kubespray": ("10.233.0.3", {**USUAL, "service": "coredns", "node_cache": "daemonset/nodelocaldns"}, REPLICAS,
                  EDIT),
    "kind": ("10.96.0.10", USUAL, REPLICAS, EDIT),
    "minikube": ("10.96.0.10", USUAL, REPLICAS, EDIT),
    "eks": ("172.20.0.10", USUAL, REPLICAS, ADDON),
    "eks-auto": ("172.20.0.10", {"distribution": "eks-auto-mode", "kind": "node-service", "workload": None,
                                 "config_map": None, "software": "coredns", "namespace": "kube-system"}, [], None),
    "aks": ("10.0.0.10", {**USUAL, "custom_map": "coredns-custom"}, REPLICAS,
            "kubectl -n kube-system edit configmap coredns-custom"),
    "gke": ("34.118.224.10", {**USUAL, "workload": "deployment/kube-dns", "software": "kube-dns",
                              "container": "kubedns", "config_map": "kube-dns", "account": "kube-dns"},
            ["10.8.0.3:53", "10.8.1.4:53"], "kubectl -n kube-system edit configmap kube-dns"),
    "gke-node-local": ("34.118.224.10", {**USUAL, "distribution": "gke", "workload": "deployment/kube-dns",
                                         "software": "kube-dns", "container": "kubedns", "config_map": "kube-dns",
                                         "account": "kube-dns", "node_cache": "daemonset/node-local-dns"},
                       ["10.8.0.3:53", "10.8.1.4:53"], "kubectl -n kube-system edit configmap kube-dns"),
    "gke-cloud-dns": ("169.254.169.254", {"kind": "managed", "software": "cloud", "workload": None, "config_map": None,
                                          "selector": None}, [], None),
    "openshift": ("172.30.0.10", {"namespace": "openshift-dns", "service": "dns-default", "kind": "daemonset",
                                  "workload": "daemonset/dns-default", "software": "coredns", "container": "dns",
                                  "port": 5353, "config_map": "dns-default", "account": "dns",
                                  "selector": "dns.operator.openshift.io/daemonset-dns=default"},
                  ["10.128.0.5:5353", "10.129.0.7:5353"], f"kubectl edit {OPERATOR}"),
    "rke2": ("10.43.0.10", {**USUAL, "service": "rke2-coredns-rke2-coredns",
                            "workload": "deployment/rke2-coredns-rke2-coredns",
                            "config_map": "rke2-coredns-rke2-coredns",
                            "selector": "app.kubernetes.io/instance=rke2-coredns,"
                                        "app.kubernetes.io/name=rke2-coredns,k8s-app=kube-dns"},
             ["10.42.0.8:53", "10.42.1.9:53"], f"kubectl -n kube-system edit {CHART}"),
    "k3s": ("10.43.0.10", {**USUAL, "custom_map": "coredns-custom"}, REPLICAS,
            "kubectl -n kube-system create configmap coredns-custom --from-file=my.override"),
    "talos": ("10.96.0.10", USUAL, REPLICAS, EDIT),
    "helm": ("10.96.0.53", {"distribution": "helm-chart", "namespace": "dns", "service": "corp-coredns",
                            "workload": "deployment/corp-coredns", "config_map": "corp-coredns", "kind": "deployment",
                            "selector": "app.kubernetes.io/instance=corp,app.kubernetes.io/name=coredns,k8s-app=corp"},
             ["10.1.4.20:53", "10.1.5.21:53"], "kubectl -n dns edit configmap corp-coredns"),
    # Neither names nor labels tell anything: the address does, though a Service kube-dns is there as well.
    "by-address": ("10.96.0.10", {"distribution": "unknown", "namespace": "platform", "service": "names", "port": 53,
                                  "workload": "statefulset/names", "kind": "statefulset", "config_map": "names",
                                  "selector": "role=resolver"},
                   ["10.50.1.2:53", "10.50.2.3:53"], "kubectl -n platform edit configmap names"),
    "node-local": ("10.96.0.10", {**USUAL, "distribution": "kubeadm", "node_cache": "daemonset/node-local-dns"},
                   REPLICAS, EDIT),
}
# What no command may name where the distribution overwrites it or does not have it.
FORBIDDEN = {
    "aks": ["edit configmap coredns$", "set resources", "rollout undo"],
    "k3s": ["edit configmap coredns$", "rollout undo"],
    "eks": ["edit configmap", "set resources", " scale "],
    "rke2": ["edit configmap rke2", "set resources", " scale "],
    "openshift": ["edit configmap", "set resources", " scale ", "kube-system get configmap", "k8s-app=kube-dns",
                  "coredns"],
    "gke": ["set resources", " scale ", "coredns", "rollout undo"],
    "gke-node-local": ["set resources", " scale ", "rollout undo"],
    "gke-cloud-dns": ["configmap", "-l k8s-app=kube-dns", "rollout", "coredns", "delete pod [^N]"],
    "eks-auto": ["configmap", "-l k8s-app=kube-dns", "rollout", "coredns"],
    "helm": ["kube-dns", "edge"],
    "by-address": ["kube-dns", "configmap coredns"],
}
# kubectl's own words for a command line that it does not take; a server that is not there comes later.
NO_COMMAND = re.compile(r"unknown (shorthand )?flag|unknown command|^Usage|required flag|must specify|exactly one|"
                        r"needs an argument|flag needs|invalid argument|error: .*(arguments?|required)", re.M)


# The clouds' own programs are in no suite of Debian: what each of these commands takes, by their references. Arguments
# without an option, and the options, all of which have a value here.
CLOUD_COMMANDS = {
    "aws eks describe-addon": (0, {"--cluster-name", "--addon-name", "--query", "--output", "--region"}),
    "aws eks update-addon": (0, {"--cluster-name", "--addon-name", "--addon-version", "--configuration-values",
                                 "--resolve-conflicts", "--region"}),
    "az aks nodepool update": (0, {"--resource-group", "--cluster-name", "--name", "--localdns-config"}),
    "gcloud container clusters describe": (1, {"--location", "--format", "--project"}),
    "gcloud logging read": (1, {"--limit", "--format", "--freshness", "--project"}),
}


def cloud_mistake(words):
    """What such a program would refuse; None where it takes the command."""
    if ">" in words:
        words = words[:words.index(">")]
    known = [path for path in CLOUD_COMMANDS if words[:len(path.split())] == path.split()]
    if not known:
        return "no such command"
    arguments, options = CLOUD_COMMANDS[known[0]]
    rest = words[len(known[0].split()):]
    while rest:
        if not rest[0].startswith("-"):
            arguments -= 1
            rest = rest[1:]
            continue
        if rest[0] not in options:
            return f"no option {rest[0]}"
        if len(rest) < 2 or rest[1].startswith("-"):
            return f"{rest[0]} has no value"
        rest = rest[2:]
    return None if arguments == 0 else "too many or too few arguments"


def steps(name, nameserver=None):
    nameserver = nameserver or TABLE[name][0]
    done = subprocess.run([PRINT_STEPS, FOLDER / f"{name}.json", nameserver], capture_output=True, text=True,
                          check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_command(text):
    """An undo may be words ("the value before"); a command begins with a program."""
    return text.split()[0] in ("kubectl", "k8sdns", "aws", "az", "gcloud", "ip", "ss", "sysctl", "conntrack", "nft",
                               "iptables", "ethtool", "ipvsadm", "journalctl", "systemctl")


def simple_commands(line):
    """The words of each command of a pipe."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    words, all_words = [], []
    for word in lexer:
        if set(word) <= set("|;&"):
            all_words.append(words)
            words = []
        else:
            words.append(word)
    return [*all_words, words]


class Distributions(binary.Case):
    def test_table_is_whole(self):
        self.assertEqual(sorted(TABLE), sorted(p.stem for p in FOLDER.glob("*.json")))

    def test_model(self):
        """What each calls the parts of its DNS, with how it was recognised."""
        for name, (nameserver, expected, replicas, _) in TABLE.items():
            with self.subTest(name):
                document, _ = binary.run_json("replicas", "--no-discovery", "--no-identity", "--cluster-ip", nameserver,
                                              "--endpoints", FOLDER / f"{name}.json")
                data = document["data"]
                self.assertEqual([f"{r['address']}:{r['port']}" for r in data["replicas"]], replicas)
                if nameserver == "169.254.169.254":  # only a Pod's resolv.conf tells that
                    continue
                dns = data["dns"]
                cache = dns["node_cache"] and dns["node_cache"]["workload"]
                self.assertEqual({k: cache if k == "node_cache" else dns[k] for k in expected}, expected)
                self.assertEqual(dns["distribution"], expected.get("distribution", name))
                self.assertTrue(dns["recognised_by"] or dns["distribution"] == "unknown")
                # By the Service's address the label of none is needed.
                self.assertEqual(data["cluster_ip"], nameserver)

    def test_cut_down(self):
        """What the plugin hands to a Pod tells the same."""
        for name, (nameserver, *_) in TABLE.items():
            with self.subTest(name):
                kept = binary.run("objects", FOLDER / f"{name}.json")
                self.assertEqual(kept.returncode, 0, kept.stderr)
                seen = [binary.run_json("replicas", "--no-discovery", "--no-identity", "--cluster-ip", nameserver,
                                        "--endpoints", "-", stdin=text)[0]["data"]
                        for text in ((FOLDER / f"{name}.json").read_bytes(), kept.stdout.encode())]
                for data in seen:
                    data["ways"] = data["dns"] and (data["dns"].pop("recognised_by"), data["dns"].pop("account"))
                self.assertEqual({**seen[0], "ways": None}, {**seen[1], "ways": None})

    def test_diagnose(self):
        """Objects that are well raise no finding of a Service without endpoints or a Corefile that does not start."""
        about = {"service-endpoints", "coredns-config", "coredns-not-started", "coredns-panic", "coredns-version",
                 "node-not-ready", "apiserver-disconnected"}
        if subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
            self.skipTest("no private network namespace here")
        for name in TABLE:
            with self.subTest(name):
                # Nobody is reached from there, which is no matter of the objects.
                done = subprocess.run(["unshare", "-rn", binary.K8SDNS, "diagnose", "--json", "--no-discovery",
                                       "--budget", "1s", "--endpoints", FOLDER / f"{name}.json",
                                       *(["--dns-namespace", "dns"] if name == "helm" else [])],
                                      capture_output=True, check=False, env=binary.ENVIRONMENT, timeout=60)
                document = json.loads(done.stdout)
                found = [f["id"] for f in document["findings"] if f["severity"] != "info"]
                self.assertEqual(about & set(found), set())
                commands = [s[k] for f in document["findings"] for s in f["steps"] for k in ("command", "undo")
                            if s[k] and is_command(s[k])]
                self.check_all(commands)

    def test_corefile(self):
        """Its Corefile is found in its objects, and what turns on the log goes where the distribution reads it."""
        writes = {"aks": "configmap coredns-custom", "k3s": "configmap coredns-custom", "openshift": OPERATOR}
        for name, (_, expected, _, _) in TABLE.items():
            if name in ("gke", "gke-node-local", "gke-cloud-dns", "eks-auto", "kubespray", "node-local", "helm",
                        "by-address"):
                continue
            with self.subTest(name):
                document, _ = binary.run_json("corefile", FOLDER / f"{name}.json", "--enable", "log")
                data = document["data"]
                self.assertEqual(data["source"], f"ConfigMap {expected['namespace']}/{expected['config_map']}")
                commands = [s["command"] for s in data["change"]["steps"] + data["change"]["back"]]
                patches = [c for c in commands if c.startswith("kubectl patch")]
                self.assertEqual(len(patches), 2, commands)
                for patch in patches:
                    self.assertIn(writes.get(name, f"configmap {expected['config_map']} "), patch)
                for restart in (c for c in commands if "rollout restart" in c):
                    self.assertIn(expected["workload"], restart)
                self.check_all(commands)
        document, _ = binary.run_json("corefile", FOLDER / "gke.json")
        self.assertEqual(document["data"]["role"], "kube-dns")
        for name, chosen in (("kubespray", "coredns"), ("node-local", "coredns"), ("helm", "corp-coredns")):
            done = binary.run("corefile", FOLDER / f"{name}.json", "--config-map", chosen, "--enable", "log")
            self.assertIn(f"configmap {chosen}", done.stdout)

    def test_patch_of_what_is_imported(self):
        """Where the Corefile is overwritten, the patch is for the ConfigMap that it imports."""
        done = binary.run("corefile", FOLDER / "aks.json", "--enable", "log", "--print", "patch")
        self.assertEqual(json.loads(done.stdout), {"data": {"k8sdns.override": "log\n"}})
        done = binary.run("corefile", FOLDER / "openshift.json", "--enable", "dnstap", "--collector", "10.0.0.9")
        self.assertEqual(done.returncode, 64)
        self.assertIn("operator", done.stderr)

    def check_all(self, commands):
        """For sh, and those of kubectl for kubectl."""
        for command in commands:
            if command in CHECKED:
                continue
            CHECKED.add(command)
            done = subprocess.run(["sh", "-nc", command], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertNotRegex(command, r"\{(ns|svc|deploy|cm|sel|c|dns|account|custom|autoscaler|cns|csel|cset)\}|"
                                         r"\{(edit|keep|putback|restart|scale|pod|node|more)\}")
            for words in simple_commands(command):
                if words[:1] == ["kubectl"] and KUBECTL:
                    self.check_kubectl(words, command)
                elif words and words[0] in ("aws", "az", "gcloud"):
                    self.assertIsNone(cloud_mistake(words), command)
                    CLOUD_SEEN.add(words[0])

    def check_kubectl(self, words, command):
        """It gets as far as asking a server, which is not there."""
        words = [w for w in words[1:] if w not in ("-it", "-i")]
        while words and (">" in words or "<" in words):
            at = words.index(">") if ">" in words else words.index("<")
            del words[at:at + 2]
        before = words.index("--") if "--" in words else len(words)
        words[before:before] = ["--server=http://127.0.0.1:1"]
        done = subprocess.run([KUBECTL, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              cwd="/", env={**binary.ENVIRONMENT, "HOME": "/nonexistent", "EDITOR": "true"}, timeout=60)
        self.assertNotRegex(done.stderr, NO_COMMAND, command)
        self.assertTrue("refused" in done.stderr or "no such file" in done.stderr or "does not exist" in done.stderr,
                        (command, done.stderr))

    def test_steps(self):
        """Every command of every rule, in every distribution."""
        for name, (_, _, _, edit) in TABLE.items():
            with self.subTest(name):
                all_steps = steps(name)
                commands = [text for s in all_steps for text in (s["command"], s["undo"]) if text and is_command(text)]
                for pattern in FORBIDDEN.get(name, []):
                    self.assertEqual([c for c in commands if re.search(pattern, c)], [], pattern)
                changes = {s["command"] for s in all_steps if s["rule"] == "upstream-failing"}
                if edit:
                    self.assertIn(edit, changes)
                for rule in {s["rule"] for s in all_steps}:
                    self.assertNotIn("{", next(s["title"] for s in all_steps if s["rule"] == rule))
                self.check_all(commands)

        self.assertEqual(CLOUD_SEEN, {"aws", "az", "gcloud"})

    def test_cache_of_the_node(self):
        """Who asks a cache on its node: AKS's LocalDNS is a service there, others' are Pods, GKE's beside kube-dns."""
        for name, nameserver, wanted, never in (
                ("aks", "169.254.10.11", "systemctl restart localdns", "node-local"),
                ("gke-node-local", "169.254.20.10", "logs -l k8s-app=node-local-dns", "localdns -"),
                ("node-local", "169.254.20.10", "logs -l k8s-app=node-local-dns", "localdns -")):
            with self.subTest(name):
                all_steps = steps(name, nameserver)
                commands = [s["command"] for s in all_steps if s["rule"] == "nodelocal-down" and s["command"]]
                self.assertTrue(any(wanted in c for c in commands), commands)
                self.assertFalse(any(never in c for c in commands), commands)
                self.check_all([c for c in commands if is_command(c)])

    def test_cloud_commands_are_judged(self):
        for command in ("aws eks update-addon --cluster-name X --addon coredns", "az aks nodepool upgrade --name x",
                        "aws eks describe-addon --cluster-name --addon-name coredns", "gcloud logging read --limit 20"):
            self.assertIsNotNone(cloud_mistake(shlex.split(command)), command)

    def test_every_rule_has_a_step(self):
        """What cannot be done is left out, but nobody is left without anything to do."""
        rules = {s["rule"] for s in steps("kubeadm")}
        for name in TABLE:
            self.assertEqual(rules - {s["rule"] for s in steps(name)}, set(), name)

    def test_words(self):
        """kube-dns is not called CoreDNS."""
        about = ("coredns-cpu", "coredns-errors", "all-unreachable", "service-endpoints")
        said = [s for s in steps("gke") if s["rule"] in about]
        for step in said:
            self.assertNotIn("CoreDNS", step["title"] + step["text"])

    def test_flags(self):
        """A namespace or a Service that is named wins over all else."""
        document, _ = binary.run_json("replicas", "--no-discovery", "--no-identity", "--dns-namespace", "edge",
                                      "--endpoints", FOLDER / "helm.json")
        self.assertEqual([r["address"] for r in document["data"]["replicas"]], ["10.1.6.30"])
        document, _ = binary.run_json("replicas", "--no-discovery", "--no-identity", "--dns-service", "names",
                                      "--endpoints", FOLDER / "by-address.json")
        self.assertEqual((document["data"]["dns"]["namespace"], len(document["data"]["replicas"])), ("platform", 2))


KUBECTL = shutil.which("kubectl")
CHECKED = set()
CLOUD_SEEN = set()  # the clouds of which a command was checked

if __name__ == "__main__":
    binary.main()
