#!/usr/bin/python3
"""corefile: what it says of a Corefile, what it leaves in peace, and what it puts in."""
import base64
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import binary

COREFILES = binary.SOURCE / "tests/data/corefiles"
KUBEADM = (COREFILES / "kubeadm.Corefile").read_text()
NODE_LOCAL = (COREFILES / "node-local.Corefile").read_text()
CLUSTER_IP = "10.96.0.10"

REFUSING = binary.SOURCE / "tests/cli/refusing.py"


def corefile(text, *arguments):
    return binary.run_json("corefile", "-", *arguments, stdin=text.encode())


def remarks(document, severity=None):
    return [(r["matter"], r["line"]) for r in document["data"]["remarks"] if severity in (None, r["severity"])]


def indented(text, blanks):
    return "".join(" " * blanks + line if line.strip() else line for line in text.splitlines(True))


# kubeadm's Corefile as people hand it over.
YAML = f"apiVersion: v1\ndata:\n  Corefile: |\n{indented(KUBEADM, 4)}kind: ConfigMap\nmetadata:\n  name: coredns\n"
DESCRIBED = (f"Data\n====\nCorefile:\n----\n{KUBEADM}\nNodeHosts:\n----\n10.0.0.1 n1\n\n\n"
             "BinaryData\n====\n\nEvents:  <none>\n")
ESCAPED = json.dumps(KUBEADM)
PASTED = {
    "YAML": YAML,
    "YAML, all of it indented": indented(YAML, 5),
    "a letter's margin": "".join("> " + line for line in KUBEADM.splitlines(True)),
    "a letter's margin, YAML": "".join("> " + line for line in YAML.splitlines(True)),
    "a letter's margin without blanks": "".join(">" + line for line in YAML.splitlines(True)),
    "a diff": "".join("+" + line for line in KUBEADM.splitlines(True)),
    "numbers": "".join(f"{i:6}\t{line}" for i, line in enumerate(KUBEADM.splitlines(True), 1)),
    "numbers of grep": "".join(f"{i}:{line}" for i, line in enumerate(KUBEADM.splitlines(True), 10)),
    "a box": "".join(f"\u2502 {line.rstrip():60} \u2502\n" for line in KUBEADM.splitlines()),
    "Markdown": f"The Corefile:\n```\n{KUBEADM}```\nand no more\n",
    "Markdown with a command": f"```yaml\n$ kubectl get cm coredns -o yaml\n{YAML}```\n",
    "a prompt": f"[root@node1 ~]# kubectl get cm coredns -o yaml\n{YAML}",
    "a here document": f"cat <<EOF > Corefile\n{KUBEADM}EOF\n",
    "a here document for kubectl": f"kubectl apply -f - <<'EOF'\n{YAML}EOF\n",
    "Terraform": f"x = jsonencode({{\n  corefile = <<-EOT\n{indented(KUBEADM, 4)}  EOT\n}})\n",
    "blanks that do not break": KUBEADM.replace(" ", "\u00a0"),
    "a page": KUBEADM.replace("{", "&#123;"),
    "describe": "Name:         coredns\nNamespace:    kube-system\n\n" + DESCRIBED,
    "describe, its name alone": "Name:         coredns\n\n" + DESCRIBED,
    "describe, from its data on": DESCRIBED,
    "a key in quotes": '"Corefile": |\n' + indented(KUBEADM, 2),
    "a key and a string": f"Corefile: {ESCAPED}\n",
    "a string": ESCAPED,
    "a string without quotes": ESCAPED[1:-1],
    "a string of a shell's": f"'{ESCAPED[1:-1]}'",
    "a shell's quotes": f"'{KUBEADM}'",
    "Go's map": f"map[Corefile:{KUBEADM}]",
}


def without(*words):
    return "".join(line for line in KUBEADM.splitlines(True) if line.split()[:1] not in [[w] for w in words])


def config_map(text, name="coredns"):
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "namespace": "kube-system"},
            "data": {"Corefile": text}}


class resolv_conf(tempfile.TemporaryDirectory):
    def __init__(self, text):
        super().__init__()
        self.text = text

    def __enter__(self):
        path = super().__enter__() + "/resolv.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text)
        return path


# What is done to kubeadm's own Corefile: the text, then (matter, severity, line) of what must be said, and no more
# of that severity or above.
CASES = {
    "no cache": (KUBEADM[:KUBEADM.index("    cache")] + KUBEADM[KUBEADM.index("    loop"):], "cache", "warning", 13),
    "no loop": (without("loop"), "loop", "warning", 13),
    "no ready": (without("ready"), "ready", "warning", None),
    "no errors": (without("errors"), "errors", "warning", 1),
    "no health": (KUBEADM.replace("    health {\n       lameduck 5s\n    }\n", ""), "health", "warning", None),
    "no reload": (without("reload"), "reload", "info", None),
    "no prometheus": (without("prometheus"), "prometheus", "info", None),
    "no loadbalance": (without("loadbalance"), "loadbalance", "info", None),
    "no lameduck": (without("lameduck"), "health", "info", 3),
    "no root": (KUBEADM.replace(".:53 {", "cluster.local:53 {"), "zones", "warning", None),
    "cache off": (KUBEADM.replace("disable denial cluster.local", "disable denial"), "cache", "warning", 18),
    "cache 0": (KUBEADM.replace("cache 30", "cache 0"), "cache", "critical", 16),
    "cache 2": (KUBEADM.replace("cache 30", "cache 2"), "cache", "info", 16),
    "cache for one zone": (KUBEADM.replace("cache 30", "cache 30 cluster.local"), "cache", "warning", 16),
    "debug": (KUBEADM.replace("errors\n", "errors\n    debug\n"), "debug", "warning", 3),
    "dnstap": (KUBEADM.replace("ready\n", "ready\n    dnstap tcp://10.0.0.1:6000\n"), "dnstap", "warning", 7),
    "dnstap full": (KUBEADM.replace("ready\n", "ready\n    dnstap tcp://10.0.0.1:6000 full\n"), None, None, None),
    "trace to itself": (KUBEADM.replace("ready\n", "ready\n    trace\n"), "trace", "info", 7),
    "autopath, pods insecure": (KUBEADM.replace("ready\n", "ready\n    autopath @kubernetes\n"),
                                "autopath", "warning", 7),
    "autopath, pods verified": (KUBEADM.replace("ready\n", "ready\n    autopath @kubernetes\n").replace(
        "insecure", "verified"), "autopath", "info", 7),
    "pods wrong": (KUBEADM.replace("insecure", "verify"), "pods", "critical", 8),
    "no reverse": (without("fallthrough"), "fallthrough", "info", 7),
    "hosts ends it": (KUBEADM.replace("ready\n", "ready\n    hosts {\n     192.0.2.1 a.test\n    }\n"),
                      "fallthrough", "critical", 7),
    "hosts for one zone": (KUBEADM.replace("ready\n", "ready\n    hosts /f a.test {\n     192.0.2.1 a.test\n    }\n"),
                           None, None, None),
    "hosts passes on": (KUBEADM.replace("ready\n", "ready\n    hosts {\n     192.0.2.1 a\n     fallthrough\n    }\n"),
                        None, None, None),
    "template ends it": (KUBEADM.replace("ready\n", "ready\n    template IN ANY {\n     rcode NXDOMAIN\n    }\n"),
                         "fallthrough", "critical", 7),
    "order": (KUBEADM.replace("loop\n", "loop\n    rewrite name a.test b.test\n"), "order", "info", 21),
    "twice": (KUBEADM.replace("ready\n", "ready\n    errors\n"), "repeated-plugin", "critical", 7),
    "misspelt": (KUBEADM.replace("prometheus", "prometeus"), "unknown-plugin", "critical", 12),
    "another's": (KUBEADM.replace("ready\n", "ready\n    zzyzx\n"), "unknown-plugin", "warning", 7),
    "option misspelt": (KUBEADM.replace("max_concurrent", "max_concurent"), "unknown-option", "critical", 14),
    "few at once": (KUBEADM.replace("1000", "10"), "forward", "warning", 14),
    "no health checks": (KUBEADM.replace("max_concurrent 1000", "max_fails 0"), "forward", "info", 14),
    "proxy": (KUBEADM.replace("ready\n", "ready\n    proxy . 10.0.0.1\n"), "removed", "warning", 7),
    "upstream": (KUBEADM.replace("pods insecure", "upstream"), "removed", "warning", 8),
    "same zone": (KUBEADM + ".:53 {\n    errors\n}\n", "duplicate-zone", "critical", 24),
    "same zone, other port": (KUBEADM + ".:54 {\n    errors\n}\n", None, None, None),
    "same zone, other address": (KUBEADM.replace("errors", "errors\n    bind 10.0.0.1") +
                                 ".:53 {\n    errors\n    bind 10.0.0.2\n}\n", None, None, None),
    "loopback": (KUBEADM.replace("/etc/resolv.conf", "127.0.0.53"), "forward-loop", "critical", 13),
    "loopback elsewhere": (KUBEADM.replace("/etc/resolv.conf", "127.0.0.1:5301"), "forward", "warning", 13),
    "loopback, own block": (KUBEADM.replace("/etc/resolv.conf", "127.0.0.1:5301") +
                            ".:5301 {\n    errors\n    cache\n    loop\n    forward . tls://8.8.8.8 {\n"
                            "        tls_servername dns.google\n    }\n}\n", None, None, None),
    "ClusterIP": (KUBEADM.replace("/etc/resolv.conf", CLUSTER_IP), "forward-loop", "critical", 13),
    "replica": (KUBEADM.replace("/etc/resolv.conf", "8.8.8.8 10.244.1.21"), "forward-loop", "critical", 13),
    "node-local": (KUBEADM.replace("/etc/resolv.conf", "169.254.20.10"), "forward", "warning", 13),
    "a cloud's own": (KUBEADM.replace("/etc/resolv.conf", "169.254.169.253"), None, None, None),
    "stub domain": (KUBEADM + "corp.test:53 {\n    errors\n    cache 30\n    forward . 10.150.0.1\n}\n",
                    None, None, None),
    "a name": (KUBEADM.replace("/etc/resolv.conf", "dns.google"), "forward", "warning", 13),
    "no upstream": (KUBEADM.replace(". /etc/resolv.conf", "."), "forward", "critical", 13),
    "sixteen": (KUBEADM.replace("/etc/resolv.conf", " ".join(f"192.0.2.{n}" for n in range(16))),
                "forward", "critical", 13),
    "kubernetes elsewhere": (KUBEADM.replace(".:53", "corp.test:53") + ".:53 {\n    errors\n}\n",
                             "zones", "warning", 7),
    "erratic": (KUBEADM + "x.test {\n    errors\n    erratic\n}\n", "erratic", "warning", 26),
    "unclosed": (KUBEADM[:-2], "syntax", "critical", 1),
    "a port that is none": (KUBEADM.replace(".:53", ".:x"), "syntax", "critical", 1),
    "shadowed forward": (KUBEADM.replace("loop\n", "forward corp.test 192.0.2.1\n    loop\n"),
                         "forward", "warning", 20),
    "forwards in order": (KUBEADM.replace("    forward .", "    forward corp.test 192.0.2.1\n    forward ."),
                          None, None, None),
    "forward passes on": (KUBEADM.replace("max_concurrent 1000", "except corp.test").replace(
        "loop\n", "forward corp.test 192.0.2.1\n    loop\n"), None, None, None),
    "forward elsewhere": (KUBEADM + "a.test {\n    errors\n    cache\n    loop\n    forward b.test 192.0.2.1\n}\n",
                          "zones", "warning", 28),
    "no forward": (KUBEADM[:KUBEADM.index("    forward")] + KUBEADM[KUBEADM.index("    cache"):],
                   "forward", "warning", 1),
    "no forward, a template": (KUBEADM[:KUBEADM.index("    forward")] + KUBEADM[KUBEADM.index("    cache"):].replace(
        "loop\n", "loop\n    template IN A . {\n      rcode NXDOMAIN\n    }\n", 1), None, None, None),
    "regex without answer": (KUBEADM.replace("ready\n", "ready\n    rewrite name regex (.*)a {1}b\n"),
                             "rewrite", "warning", 7),
    "suffix without answer": (KUBEADM.replace("ready\n", "ready\n    rewrite name suffix a.test b.test\n"),
                              "rewrite", "warning", 7),
    "regex with answer": (KUBEADM.replace("ready\n", "ready\n    rewrite name regex (.*)a {1}b answer auto\n"),
                          None, None, None),
    "regex with answer in braces": (KUBEADM.replace(
        "ready\n", "ready\n    rewrite stop {\n      name regex (.*)a {1}b\n      answer name (.*)b {1}a\n    }\n"),
                                    None, None, None),
    "rewrite within": (KUBEADM.replace("ready\n", "ready\n    rewrite name a.test a.default.svc.cluster.local\n"),
                       None, None, None),
    "rewrite to another block": (KUBEADM.replace("ready\n", "ready\n    rewrite name a.x a.corp.test\n") +
                                 "corp.test {\n    errors\n    cache\n    loop\n    forward . 192.0.2.1\n}\n",
                                 "rewrite", "warning", 7),
    "hosts swapped": (KUBEADM.replace("ready\n", "ready\n    hosts . /etc/h {\n     fallthrough\n    }\n"),
                      "hosts", "warning", 7),
    "cache with a unit": (KUBEADM.replace("cache 30", "cache 30s"), "cache", "warning", 16),
    "grpc": (KUBEADM.replace("/etc/resolv.conf", "grpc://192.0.2.1"), "forward", "critical", 13),
    "https path": (KUBEADM.replace("/etc/resolv.conf", "https://192.0.2.1/dns-query"), "forward", "critical", 13),
    "a name that is none": (KUBEADM.replace("/etc/resolv.conf", "not*a*name"), "forward", "critical", 13),
    "brace on its line": (KUBEADM.replace("max_concurrent 1000\n    }", "force_tcp }"), "arguments", "critical", 14),
    "variable": (KUBEADM.replace("/etc/resolv.conf", "{$UPSTREAM}"), "unseen", "info", None),
}


class Remarks(binary.Case):
    def test_values(self):
        """The Corefile among other values: of the EKS add-on, in YAML, in any place; and in eksctl's file."""
        text = ".:53 {\n    errors\n    health 8080\n    forward . 10.0.0.2\n}\n"
        block = "".join("  " + line + "\n" for line in text.splitlines())
        values = "replicaCount: 3\ncorefile: |\n" + block
        cluster = {"apiVersion": "eksctl.io/v1alpha5", "kind": "ClusterConfig",
                   "addons": [{"name": "vpc-cni"}, {"name": "coredns", "configurationValues": values}]}
        for given in (values, "resources: {}\nCorefile: |-\n" + block, json.dumps(cluster)):
            document, status = corefile(given)
            self.assertEqual((remarks(document, "critical"), status), ([("arguments", 3)], 2), given)

    def test_within(self):
        """A Corefile in a task of Ansible, in kustomize's literal, and in templates that are no YAML: its lines are
        those of the file where they can be, and placeholders raise nothing."""
        text = ".:53 {\n    errors\n    health 8080\n    kubernetes %s\n    forward . %s\n    cache 30\n}\n"
        sound = text % ("cluster.local", "10.0.0.2")

        def indented(text, by):
            return "".join(" " * by + line + "\n" for line in text.splitlines())

        task = ("- name: DNS\n  kubernetes.core.k8s:\n    definition:\n      kind: ConfigMap\n      metadata:\n"
                "        name: coredns\n      data:\n        Corefile: |\n" + indented(sound, 10))
        literal = ("kind: Kustomization\nconfigMapGenerator:\n- name: coredns\n  literals:\n  - |\n    Corefile="
                   + indented(sound, 4).lstrip())
        jinja = ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\ndata:\n  Corefile: |\n"
                 + indented(text % ("{{ domain }}", "{{ servers | join(\" \") }}"), 4))
        helm = ("{{- if .Values.on }}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
                "data:\n  Corefile: |-\n"
                + indented(text % ("{{ .Values.domain }}", "{{ .Values.up | default \"x\" }}"), 4) + "{{- end }}\n")
        for given, line in ((task, 3), (literal, 3), (jinja, 3), (helm, 10)):
            with self.subTest(given[:40]):
                document, status = corefile(given)
                self.assertEqual((remarks(document, "critical"), status), ([("arguments", line)], 2))
                self.assertNotIn("xxx", json.dumps(document["data"]["unseen"]))
                document, status = corefile(given.replace("health 8080", "health"))
                self.assertEqual((remarks(document, "critical"), remarks(document, "warning")), ([], [("ready", None)]))

    def test_helm(self):
        """The Corefile that CoreDNS's Helm chart makes of its values; as they are, and within a HelmChartConfig."""
        plugins = [{"name": "errors"}, {"name": "health", "configBlock": "lameduck 5s"}, {"name": "ready"},
                   {"name": "kubernetes", "parameters": "cluster.local in-addr.arpa", "configBlock": "ttl 30"},
                   {"name": "prometheus", "parameters": "PORT"}, {"name": "forward", "parameters": ". 10.0.0.2"},
                   {"name": "cache", "parameters": 30}, {"name": "reload"}, {"name": "loop"}]
        values = json.dumps({"servers": [{"zones": [{"zone": "."}], "port": 53, "plugins": plugins}]})
        for given in (values, "servers: " + json.dumps(json.loads(values)["servers"]),
                      json.dumps({"kind": "HelmChartConfig", "spec": {"valuesContent": values}})):
            document, status = corefile(given.replace("PORT", ":9153"))
            self.assertEqual((status, remarks(document, "critical"), remarks(document, "warning")), (0, [], []))
            self.assertEqual(document["data"]["blocks"][0]["zones"], [".:53"])
            document, status = corefile(given.replace("PORT", "9153"))
            self.assertEqual((status, [m for m, _ in remarks(document, "critical")]), (2, ["arguments"]))

    def test_kubeadm(self):
        """The default hurts nobody; that the resolv.conf is not seen is said."""
        document, status = corefile(KUBEADM)
        self.assertEqual((status, remarks(document)), (0, [("pods", 8)]))
        self.assertEqual(len(document["unobserved"]), 1)
        self.assertEqual(document["data"]["blocks"][0]["zones"], [".:53"])
        self.assertEqual([p["name"] for p in document["data"]["blocks"][0]["plugins"]],
                         ["errors", "health", "ready", "kubernetes", "prometheus", "forward", "cache", "loop",
                          "reload", "loadbalance"])

    def test_cases(self):
        severities = ["critical", "warning", "info"]
        for name, (text, matter, severity, line) in CASES.items():
            with self.subTest(name):
                document, status = corefile(text, "--cluster-ip", CLUSTER_IP, "--replica", "10.244.1.21")
                if not matter:
                    self.assertEqual(remarks(document, "critical") + remarks(document, "warning"), [])
                    self.assertEqual(status, 0)
                    continue
                self.assertIn((matter, line), remarks(document, severity))
                self.assertEqual(status, {"critical": 2, "warning": 1, "info": 0}[severity])
                worse = severities[:severities.index(severity)]
                self.assertEqual([r for r in worse if remarks(document, r)], [])
                for remark in document["data"]["remarks"]:
                    self.assertTrue(remark["why"])
                    if remark["line"]:
                        self.assertEqual(remark["quote"], text.splitlines()[remark["line"] - 1].strip())

    def test_node_local(self):
        """What is right for node-local-dns, and its placeholders, raise nothing."""
        for text in (NODE_LOCAL, NODE_LOCAL.replace("169.254.20.10 10.96.0.10", "__PILLAR__LOCAL__DNS__")):
            document, status = corefile(text, "--cluster-ip", CLUSTER_IP)
            self.assertEqual((status, remarks(document)), (0, []))
            self.assertEqual(document["data"]["role"], "node-local")
        # Where it is bound to the ClusterIP it must not forward there; where it is not, it should.
        loop = NODE_LOCAL.replace("10.100.7.7", CLUSTER_IP)
        self.assertEqual(remarks(corefile(loop)[0]), [("forward-loop", 10)])
        self.assertEqual(corefile(loop.replace(" 10.96.0.10\n", "\n"), "--cluster-ip", CLUSTER_IP)[1], 0)

    def test_resolv_conf(self):
        for text, matter in (("nameserver 192.0.2.1\n", None), ("nameserver 127.0.0.53\n", "forward-loop"),
                             (f"nameserver {CLUSTER_IP}\n", "forward-loop"), ("", "forward"),
                             ("nameserver 192.0.2.1\nsearch default.svc.cluster.local svc.cluster.local\n",
                              "forward-loop")):
            with resolv_conf(text) as path:
                document, status = corefile(KUBEADM, "--resolv-conf", path, "--cluster-ip", CLUSTER_IP)
            self.assertEqual(remarks(document, "critical"), [(matter, 13)] if matter else [])
            self.assertEqual((status, document["unobserved"]), (2 if matter else 0, []))
        self.assertEqual(corefile(KUBEADM, "--resolv-conf", "/nowhere")[1], 66)

    def test_quoted_resolv_conf(self):
        """What a letter, a page or a shell puts around a resolv.conf is no part of it; its letters are."""
        text = "search a.svc.example.org svc.example.org example.org\nnameserver 172.16.40.1\noptions ndots:5\n"
        shapes = ("".join("> " + line for line in text.splitlines(True)),
                  "".join(">" + line for line in text.splitlines(True)), f"```\n{text}```\n",
                  f"root@web:/# cat /etc/resolv.conf\n{text}", "".join("+" + line for line in text.splitlines(True)),
                  "".join(f"{i:6}\t{line}" for i, line in enumerate(text.splitlines(True), 1)), text)
        for shape in shapes:
            with resolv_conf(shape) as path:
                document, status = binary.run_json("resolv", "--resolv-conf", path)
                self.assertEqual((status, document["data"]["nameservers"], document["data"]["warnings"]),
                                 (0, ["172.16.40.1"], []), shape)
            with resolv_conf(shape.replace("172.16.40.1", CLUSTER_IP)) as path:
                document = corefile(KUBEADM, "--resolv-conf", path)[0]
                self.assertEqual(remarks(document, "critical"), [("forward-loop", 13)])
        for damaged in (text.replace("nameserver ", "nameserver\u00a0"), text.replace("name", "> name")):
            with resolv_conf(damaged) as path:
                self.assertNotEqual(binary.run_json("resolv", "--resolv-conf", path)[0]["data"]["warnings"], [])

    def check_inside(self, pid, status):
        """By this kernel, by one without openat2(), and under a profile that does not know it."""
        corefile = b".:53 {\n forward . /etc/resolv.conf\n errors\n cache\n loop\n reload\n ready\n}\n"
        for rule in (None, "openat2", "openat2-forbidden"):
            for words, given in ((["corefile"], corefile), (["resolv", "--json"], b"")):
                with self.subTest(rule, words=words):
                    command = [binary.K8SDNS, *words, "--pid", str(pid)]
                    done = subprocess.run([REFUSING, rule, *command] if rule else command, input=given,
                                          env=binary.ENVIRONMENT, capture_output=True, check=False)
                    if done.returncode == 77:
                        self.skipTest(done.stdout)
                    said = (done.stdout + done.stderr).decode()
                    self.assertEqual(done.returncode in (0, 1), status == 0, said)
                    self.assertNotIn("127.0.0.1", said)
                    if status:
                        self.assertEqual(done.returncode, status, said)
                        self.assertIn("/etc/resolv.conf", said)

    @unittest.skipUnless(os.geteuid() == 0, "another root takes root")
    def test_resolv_conf_of_a_process(self):
        """Its root is the root for links of its image, too: none leads to a file of this machine."""
        with tempfile.TemporaryDirectory() as folder:
            outside = pathlib.Path(folder, "outside")
            outside.write_text("nameserver 127.0.0.1\n")
            root = pathlib.Path(folder, "root")
            (root / "etc").mkdir(parents=True)
            (root / "etc/resolv.conf").symlink_to(outside)
            with binary.process_in_root(root) as pid:
                self.check_inside(pid, 66)
                # What stands below its root is read.
                (root / outside.relative_to("/")).parent.mkdir(parents=True)
                (root / outside.relative_to("/")).write_text("nameserver 10.9.8.7\n")
                self.check_inside(pid, 0)

    def test_versions(self):
        autopath = KUBEADM.replace("ready\n", "ready\n    autopath @kubernetes\n").replace("insecure", "verified")
        for version, text, matters in (("1.5.0", autopath, ["autopath"]), ("1.11.3", autopath, []),
                                       ("1.7.1", KUBEADM, ["version"]), ("1.8.1", KUBEADM, []),
                                       ("1.11.0", KUBEADM.replace("/etc/resolv.conf", "tls://9.9.9.9"), ["version"]),
                                       ("1.11.1", KUBEADM.replace("/etc/resolv.conf", "tls://9.9.9.9"), [])):
            document, _ = corefile(text, "--coredns-version", version)
            self.assertEqual([m for m, _ in remarks(document, "warning")], matters, version)
        old = ".:53 {\n    errors\n    health\n    proxy . 10.0.0.1\n    cache 30\n    loop\n}\n"
        for version, status in (("1.4.0", 0), ("1.6.0", 2)):
            self.assertEqual(corefile(old, "--coredns-version", version)[1], status)

    def test_snippets(self):
        """A remark names the line of the snippet; what a file may hold is not missed."""
        text = "(all) {\n    debug\n    errors\n}\n" + KUBEADM.replace("errors", "import all")
        document, _ = corefile(text)
        self.assertEqual(remarks(document, "warning"), [("debug", 2)])
        document, status = corefile("import custom/*.server\n"
                                    ".:53 {\n    import custom/*.override\n    forward . /f\n}\n")
        self.assertEqual(document["data"]["unseen"], ["import custom/*.server", "import custom/*.override"])
        self.assertLessEqual({"ready", "errors", "cache", "loop", "health"},
                             {m for m, _ in remarks(document, "info")})
        self.assertEqual(status, 0)

    def test_many(self):
        """A huge one is judged in no time, and says what was left out."""
        text = "".join(f"z{n}.test:53 {{\n    forward . 127.0.0.1\n    debug\n}}\n" for n in range(2000))
        document, status = corefile(text)
        self.assertEqual((status, len(document["data"]["remarks"])), (2, 200))
        self.assertGreater(document["data"]["remarks_dropped"], 2000)
        for text in ("errors\n" * 100000, "hosts\n" * 90000,
                     "log " + " ".join(f"{{$A{n}}}" for n in range(60000)) + "\n",
                     "forward . 192.0.2.1 {\n" + "".join(f"a{n}\n" for n in range(50000)) + "}\n"):
            self.assertIn(binary.run("corefile", stdin=(". {\n" + text + "}\n").encode()).returncode, (1, 2))
        keys = " ".join(f"a{n}.test" for n in range(60000)) + " {\nerrors\nwhoami\n}\n"
        self.assertEqual(binary.run("corefile", stdin=keys.encode()).returncode, 0)
        glued = "a {\n" + "hosts{\n}\n" * 40000 + "}\n"
        self.assertEqual(binary.run("corefile", stdin=glued.encode()).returncode, 2)


class Slips(binary.Case):
    """One slip is said once, at its line, with the line to write; what follows is judged as it was meant."""
    def test_glued(self):
        for old, new, line, words, write in (
                ("kubernetes cluster.local in-addr.arpa ip6.arpa {",
                 "kubernetes cluster.local in-addr.arpa ip6.arpa{", 7, "before it",
                 "kubernetes cluster.local in-addr.arpa ip6.arpa {"),
                ("forward . /etc/resolv.conf {", "forward . /etc/resolv.conf{", 13, "before it",
                 "forward . /etc/resolv.conf {"),
                ("cache 30 {", "cache 30{", 16, "before it", "cache 30 {"),
                ("health {", "health{", 3, "before it", "health {"),
                (".:53 {", ".:53{", 1, "before it", ".:53 {"),
                ("health {\n       lameduck 5s\n", "health {lameduck 5s\n", 3, "behind it",
                 "health {, then on a line of its own: lameduck 5s"),
                ("health {\n       lameduck 5s\n    }", "health {\n       lameduck 5s}", 4, "closing brace",
                 "lameduck 5s, then on a line of its own: }"),
                ("health {\n       lameduck 5s\n    }", "health{lameduck 5s}", 3, "around it",
                 "health {, then on lines of their own: lameduck 5s, }"),
                ("max_concurrent 1000\n    }\n    cache", "max_concurrent 1000\n    }cache", 15, "behind it",
                 "}, then on a line of its own: cache 30 {")):
            with self.subTest(new):
                self.assertIn(old, KUBEADM)
                document, status = corefile(KUBEADM.replace(old, new, 1))
                said = [r for r in document["data"]["remarks"] if r["severity"] != "info"]
                self.assertEqual([(r["severity"], r["line"], r["write"]) for r in said], [("critical", line, write)])
                self.assertIn(words, said[0]["text"])
                self.assertEqual(status, 2)
                done = binary.run("corefile", "--enable", "log", stdin=KUBEADM.replace(old, new, 1).encode())
                self.assertEqual(done.returncode, 65)

    def test_glued_in_part(self):
        """In a key of the part that users may edit, and in a snippet, which counts once."""
        custom = config_map("", "coredns-custom")
        custom["data"] = {"a.server": "b.test{\n  errors\n  cache 30{\n    success 100\n  }\n}\n"}
        document, _ = corefile(json.dumps(custom))
        self.assertEqual([(r["file"], r["line"], r["severity"]) for r in document["data"]["remarks"]],
                         [("a.server", 1, "critical"), ("a.server", 3, "critical")])
        snippet = "(s){\n  cache 30{\n    success 100\n  }\n}\n"
        self.assertEqual(remarks(corefile(snippet + "a.test {\n  errors\n  import s\n}\nb.test {\n  errors\n"
                                          "  import s\n}\n")[0], "critical"), [("syntax", 1), ("syntax", 2)])

    def test_legal_braces(self):
        for words in ("log . {combined}", "forward . {$UPSTREAM}", "cache {$TTL}", "import {$SNIPPET}",
                      "forward . {%UPSTREAM%} {\n  max_fails 2\n }", "rewrite name regex (a{2})b {1}c answer auto"):
            with self.subTest(words):
                text = f"{{$ZONE}}:53 {{\n errors\n {words}\n}}\n"
                self.assertEqual([r for r in corefile(text)[0]["data"]["remarks"] if r["matter"] == "syntax"], [])

    def test_joined(self):
        """Without | YAML makes one line of a value: that is said of its key, and nothing else."""
        blocks = {"stub.server": "b.test:53 {{\n errors\n cache 30\n forward . 192.0.2.1\n}}\n",
                  "a.server": "c.test {{\n errors\n hosts {{\n  192.0.2.1 a.c.test\n  fallthrough\n }}\n}}\n",
                  "x.override": "log . {{\n class error\n}}\nrewrite name a.test b.test\n", "Corefile": "{}"}
        for key, text in blocks.items():
            text = KUBEADM if key == "Corefile" else text.format()
            for mark in ("", "|", "|-"):
                with self.subTest(key, mark=mark):
                    document, status = corefile(
                        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns-custom\ndata:\n  {key}: {mark}\n"
                        + indented(text, 4))
                    said = [r for r in document["data"]["remarks"] if r["severity"] != "info"]
                    self.assertEqual((len(said), status), (0, 0) if mark else (1, 2), said)
                    if not mark:
                        self.assertIn("needs a |", said[0]["text"])
                        self.assertEqual((said[0]["write"], said[0]["file"]),
                                         (f"{key}: |", None if key == "Corefile" else key))
        # A file has no key.
        document, status = corefile(". { whoami }\n")
        self.assertEqual((status, remarks(document, "critical"), remarks(document, "warning")),
                         (2, [("syntax", 1)], []))
        self.assertNotIn("|", document["data"]["remarks"][0]["text"])

    def test_nested(self):
        for name, body in ((". {", "hosts /f"), ("example.com:53 {", "errors"), ("example.com {", "errors"),
                           (".:5353 {", "errors"), ("dns://example.com {", "errors"), ("10.in-addr.arpa {", "errors"),
                           ("[2001:db8::1]:53 {", "errors")):
            with self.subTest(name):
                text = KUBEADM.replace("    ready\n", f"    {name}\n        {body}\n    }}\n    ready\n")
                document, status = corefile(text)
                said = [r for r in document["data"]["remarks"] if r["severity"] != "info"]
                self.assertEqual([(r["severity"], r["line"]) for r in said], [("critical", 6)])
                self.assertIn("inside another", said[0]["text"])
                self.assertEqual(status, 2)
        entry = corefile(KUBEADM.replace("    ready\n", "    192.0.2.9 a.test\n    ready\n"))[0]["data"]["remarks"]
        self.assertIn("entry of hosts", entry[0]["text"])
        for name in ("zzyzx {", "zzyzx a.test:53", "{$PLUGIN}"):
            text = KUBEADM.replace("    ready\n", f"    {name}\n" + "    }\n" * name.endswith("{") + "    ready\n")
            self.assertEqual(remarks(corefile(text)[0], "critical"), [], name)

    def test_of_others(self):
        """A plugin that the stock image lacks is shown without -v; OpenShift's own in OpenShift's Corefile is not."""
        for name in ("k8s_gateway", "kubernetai", "fanout", "unbound", "multicluster", "records",
                     "ocp_dnsnameresolver"):
            text = KUBEADM.replace("    ready\n", f"    {name} example.com\n    ready\n")
            document, status = corefile(text)
            self.assertEqual((status, remarks(document, "critical"), remarks(document, "warning")),
                             (1, [], [("unknown-plugin", 6)]), name)
            self.assertIn("built with it", binary.run("corefile", stdin=text.encode()).stdout)
        openshift = (COREFILES / "stock-openshift.Corefile").read_text().replace(
            "    errors\n", "    errors\n    ocp_dnsnameresolver\n", 1)
        self.assertEqual(remarks(corefile(openshift)[0], "warning"), [])


class WithoutKubernetes(binary.Case):
    def test_stub(self):
        """Nobody waits for an API server, and zones that are not served are others' on purpose."""
        for zone in ("example.com:53", ".:53", ".", "example.com example.org", "dns://example.com:5353"):
            text = f"{zone} {{\n    errors\n    loop\n    forward . 192.0.2.1\n    cache 30\n}}\n"
            document, status = corefile(text)
            self.assertEqual((status, remarks(document, "warning"), remarks(document, "critical")), (0, [], []), zone)
            self.assertNotIn("API server", json.dumps(document))
            # With it both hurt, and the zones of others, too.
            text = text.replace("    cache", "    kubernetes cluster.local\n    cache")
            self.assertLessEqual({"ready", "health"}, {m for m, _ in remarks(corefile(text)[0], "warning")})

    def test_node_local(self):
        """Placeholders, or a cache in front of the ClusterIP, at whatever address."""
        block = ("ZONE:53 {\n    errors\n    cache 30\n    bind BIND\n    forward . TO {\n        force_tcp\n    }\n"
                 "    prometheus :9253\n    health BIND:8080\n    reload\n}\n")
        for zone, bind, to, role in (("cluster.local", "192.0.2.10", "10.96.0.10", "node-local"),
                                     ("cluster.local", "192.0.2.10", "2001:db8::a", "node-local"),
                                     ("example.org", "192.0.2.10", "__PILLAR__CLUSTER__DNS__", "node-local"),
                                     ("__PILLAR__DNS__DOMAIN__", "192.0.2.10", "192.0.2.3", "node-local"),
                                     ("example.org", "192.0.2.10", "192.0.2.3", "coredns"),
                                     ("cluster.local", "127.0.0.1", "192.0.2.3", "coredns"),
                                     ("cluster.local", "192.0.2.10", "/etc/resolv.conf", "coredns")):
            text = block.replace("ZONE", zone).replace("BIND", bind).replace("TO", to)
            with self.subTest(text):
                self.assertEqual(corefile(text)[0]["data"]["role"], role)
                self.assertEqual(corefile(text.replace("        force_tcp\n", ""))[0]["data"]["role"],
                                 role if "PILLAR" in text else "coredns")
        self.assertEqual(corefile(block.replace("ZONE", "example.org").replace("BIND", "192.0.2.10").replace(
            "TO", CLUSTER_IP), "--cluster-ip", CLUSTER_IP)[0]["data"]["role"], "node-local")

    def test_lines(self):
        custom = {"kind": "ConfigMap", "metadata": {"name": "coredns-custom"}, "data": {}}
        for files, words in (({"a.server": "b.test {\n  whoami\n}\n"}, ": 3 lines, 1 server block (b.test)"),
                             ({"a.override": "log"}, ": 1 line, 1 server block (.:53)"),
                             ({"a.override": "log\n", "b.server": "b.test {\n}\n"}, ": 3 lines, 2 server blocks")):
            custom["data"] = files
            self.assertIn(words, binary.run("corefile", stdin=json.dumps(custom).encode()).stdout.replace("\n", " "))


class Input(binary.Case):
    def test_pasted(self):
        """What pages, mailers, editors and shells leave around it changes nothing of what is said."""
        def said(document):
            return [(r["matter"], r["severity"], r["text"]) for r in document["data"]["remarks"]]

        plain = said(corefile(KUBEADM)[0])
        for name, text in PASTED.items():
            with self.subTest(name):
                document, _ = corefile(text)
                self.assertEqual([block["zones"] for block in document["data"]["blocks"]], [[".:53"]])
                self.assertEqual(said(document), plain)

    def test_described_service(self):
        done = binary.run("corefile", "-", stdin=b"Name:              kube-dns\nNamespace:         kube-system\n")
        self.assertEqual(done.returncode, 65)
        self.assertIn("no ConfigMap in it holds a Corefile", done.stderr)

    def test_forms(self):
        """The same from a file, from JSON and from YAML, alone or in a list."""
        one = config_map(CASES["debug"][0])
        lists = {"kind": "List", "apiVersion": "v1", "items": [config_map(NODE_LOCAL, "node-local-dns"), one, {}]}
        forms = [json.dumps(one), json.dumps(lists)]
        yaml = "apiVersion: v1\ndata:\n  Corefile: |\n" + "".join(
            "    " + line for line in CASES["debug"][0].splitlines(True)) + "kind: X\nmetadata: {name: coredns}\n"
        quoted = "data: {Corefile: " + json.dumps(CASES["debug"][0]) + "}\nmetadata: {name: coredns}\nkind: ConfigMap\n"
        binary_data = {key: value for key, value in one.items() if key != "data"}
        binary_data["binaryData"] = {"Corefile": base64.b64encode(
            CASES["debug"][0].encode() + b"# caf\xe9\n").decode()}
        for form in [*forms, yaml, quoted, json.dumps(binary_data)]:
            document, status = corefile(form)
            self.assertEqual((status, remarks(document, "warning")), (1, [("debug", 3)]))
            self.assertEqual(document["data"]["source"], "ConfigMap kube-system/coredns")
        document, _ = corefile(forms[1], "--config-map", "node-local-dns")
        self.assertEqual(document["data"]["role"], "node-local")

    def test_errors(self):
        two = {"items": [config_map(KUBEADM, "a"), config_map(KUBEADM, "b")]}
        for text, arguments, words in (("", (), "empty"), ("hello\n", (), "no Corefile"),
                                       ("\0\1\2" * 99, (), "no Corefile"),
                                       ("kind: Pod\n", (), "no ConfigMap"), ("{\"kind\": ", (), "no JSON: line 1"),
                                       ("kind: a\n b: c\n", (), "no YAML: line 2"), (json.dumps(two), (), "several"),
                                       (json.dumps(two), ("--config-map", "c"), "no ConfigMap 'c'"),
                                       ("# x\n" * 300000 + KUBEADM, (), "over 1024 KB")):
            done = binary.run("corefile", "-", *arguments, stdin=text.encode())
            self.assertEqual((done.returncode, done.stdout), (65, ""), text[:40])
            self.assertIn(words, done.stderr)
        self.assertEqual(binary.run("corefile", "/nowhere").returncode, 66)
        for arguments in (("--coredns-version", "x"), ("--enable", "trace"), ("--enable", "lgo"),
                          ("--enable", "trace", "--collector", "x"),
                          ("--enable", "trace", "--collector", "10.0.0.1:53")):
            self.assertEqual(binary.run("corefile", *arguments, stdin=KUBEADM.encode()).returncode, 64, arguments)

    def test_hostile(self):
        """Escapes of a terminal do not reach it."""
        text = KUBEADM.replace("errors", "errors \x1b[31m")
        for arguments in ((), ("-v",), ("--enable", "log")):
            self.assertNotIn("\x1b", binary.run("corefile", *arguments, stdin=text.encode()).stdout)
        done = binary.run("corefile", "--print", "corefile", stdin=text.encode())
        self.assertEqual(done.returncode, 65)
        self.assertIn("\\u001B", binary.run("corefile", "--print", "patch", stdin=text.encode()).stdout)

    def test_text(self):
        for name, text, arguments in (("kubeadm", KUBEADM, ("-v",)), ("debug", CASES["debug"][0], ()),
                                      ("enable", KUBEADM, ("--enable", "log,errors,trace", "--collector", "10.0.0.9"))):
            done = binary.run("corefile", *arguments, stdin=text.encode())
            self.golden(f"corefile-{name}", done.stdout)


class Merged(binary.Case):
    """The Corefile and what it imports, from one list, from several files, or the part alone."""
    MAIN = KUBEADM.replace("    loop\n", "    loop\n    import custom/*.override\n") + "import custom/*.server\n"

    def merged(self, *arguments, main=MAIN, **keys):
        custom = {"kind": "ConfigMap", "metadata": {"name": "coredns-custom", "namespace": "kube-system"},
                  "data": {name.replace("_", "."): text for name, text in keys.items()}}
        return corefile(json.dumps({"kind": "List", "items": [config_map(main), custom]}), *arguments)

    def test_keys(self):
        for keys, arguments, matter, severity, file in (
                ({"a_override": "hosts {\n  192.0.2.1 a.test\n  fallthrough\n}\n"}, (), None, None, None),
                ({"a_override": "errors\n"}, (), "repeated-plugin", "critical", "a.override"),
                ({"a_override": "forward . 192.0.2.1\n"}, (), "forward", "warning", "a.override"),
                ({"a_override": "forward . 192.0.2.1\n"}, ("--coredns-version", "1.9.3"), "repeated-plugin", "critical",
                 "a.override"),
                ({"a_server": ".:53 {\n  errors\n  forward . 192.0.2.1\n  cache\n  loop\n}\n"}, (), "duplicate-zone",
                 "critical", "a.server"),
                ({"a_server": "b.test {\n  errors\n  forward . 192.0.2.1\n  cache 0\n  loop\n}\n"}, (), "cache",
                 "critical", "a.server"),
                ({"a_server": "b.test {\n", "b_server": "x"}, (), "syntax", "critical", "a.server")):
            with self.subTest(keys):
                document, _ = self.merged(*arguments, **keys)
                found = [(r["matter"], r["severity"], r["file"]) for r in document["data"]["remarks"]
                         if r["severity"] != "info" and r["file"]]
                self.assertEqual(found[:1], [(matter, severity, file)] if matter else [])
                self.assertEqual(document["data"]["unseen"], [])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("Corefile", self.MAIN), ("x.override", "errors\n")):
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text)
            document, status = binary.run_json("corefile", f"{folder}/Corefile", f"{folder}/x.override")
        self.assertEqual((status, remarks(document, "critical")), (2, [("repeated-plugin", 1)]))

    def test_alone(self):
        custom = {"kind": "ConfigMap", "metadata": {"name": "coredns-custom"}, "data": {
            "a.override": "hosts {\n  192.0.2.1 a.test\n  fallthrough\n}\n", "b.server": "b.test {\n  whoami\n}\n"}}
        document, status = corefile(json.dumps(custom))
        self.assertEqual((status, len(document["data"]["blocks"])), (0, 2))
        custom["data"]["a.override"] = "cache 30\n"
        document, status = corefile(json.dumps(custom))
        self.assertEqual((status, remarks(document, "warning")), (1, [("repeated-plugin", 1)]))

    def test_kube_dns(self):
        for key, text, status in (("stubDomains", '{"a.test": ["192.0.2.1"]}', 0),
                                  ("stubDomains", '{"a.test": ["dns.a.test"]}', 1),
                                  ("stubDomains", '{"a.test": ["192.0.2.1/24"]}', 2), ("stubDomains", "[", 2),
                                  ("upstreamNameservers", '["192.0.2.1:53"]', 0),
                                  ("upstreamNameservers", '["dns.a.test"]', 2),
                                  ("upstreamNameservers", '["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]', 2)):
            with self.subTest(text):
                document, found = corefile(json.dumps({"kind": "ConfigMap", "metadata": {"name": "kube-dns"},
                                                       "data": {key: text}}))
                self.assertEqual((found, document["data"]["role"]), (status, "kube-dns"))


class Builds(binary.Case):
    def test_stock(self):
        """What distributions ship hurts nobody."""
        paths = sorted(COREFILES.glob("stock-*.Corefile"))
        self.assertEqual(len(paths), 8)
        for path in paths:
            with self.subTest(path.name):
                document, status = binary.run_json("corefile", path)
                self.assertEqual((status, remarks(document, "warning"), remarks(document, "critical")), (0, [], []))

    def test_node_cache(self):
        for plugin, status in (("rewrite name a.cluster.local b.cluster.local", 0),
                               ("hosts {\n fallthrough\n }", 0), ("ready", 2),
                               ("file /f", 2)):
            text = NODE_LOCAL.replace("    errors\n", f"    errors\n    {plugin}\n", 1)
            self.assertEqual(corefile(text)[1], status, plugin)


class Changes(binary.Case):
    ALL = ("--enable", "log,errors,dnstap,trace,prometheus", "--collector", "10.0.0.9")

    def test_enable(self):
        """What is put in is on, stands in each server block, and leaves all else as it was."""
        for name in ("kubeadm", "node-local", "r3", "upstream"):
            with self.subTest(name):
                text = (COREFILES / f"{name}.Corefile").read_text()
                document, _ = corefile(text, *self.ALL)
                change = document["data"]["change"]
                after, _ = corefile(change["corefile"], *self.ALL)
                self.assertEqual(sorted(after["data"]["change"]["on_already"]),
                                 ["dnstap", "errors", "log", "prometheus", "trace"])
                self.assertEqual(after["data"]["change"]["edits"], [])
                for block in after["data"]["blocks"]:
                    plugins = {p["name"]: p["arguments"] for p in block["plugins"]}
                    self.assertLessEqual({"log", "errors", "dnstap", "trace", "prometheus"}, plugins.keys())
                    self.assertIn("full", plugins["dnstap"].split())
                lines = change["corefile"].splitlines()
                for edit in change["edits"]:
                    self.assertEqual(lines[edit["line"] - 1], edit["text"])
                added = {edit["line"] for edit in change["edits"] if not edit["changed"]}
                kept = [line for number, line in enumerate(lines, 1) if number not in added]
                changed = sum(edit["changed"] for edit in change["edits"])
                self.assertEqual(sum(a != b for a, b in zip(kept, text.splitlines())), changed)
                self.assertEqual(len(kept), len(text.splitlines()))

    def test_collector_of_ipv6(self):
        said = binary.run("corefile", COREFILES / "kubeadm.Corefile", "--enable", "dnstap,trace", "--collector",
                          "fd00::9").stdout
        for words in ("dnstap tcp://[fd00::9]:6000 full", "trace zipkin [fd00::9]:9411",
                      "--listen 'tcp:[fd00::9]:6000'", "--listen '[fd00::9]:9411'"):
            self.assertIn(words, said)

    def test_patch(self):
        """kubectl's patch: the Corefile as it is, or with more on."""
        patch = json.loads(binary.run("corefile", "--print", "patch", stdin=KUBEADM.encode()).stdout)
        self.assertEqual(patch, {"data": {"Corefile": KUBEADM}})
        done = binary.run("corefile", "--print", "corefile", "--enable", "log", stdin=KUBEADM.encode())
        self.assertEqual((done.returncode, done.stdout), (0, KUBEADM.replace("{\n", "{\n    log\n", 1)))
        done = binary.run("corefile", "--print", "patch", *self.ALL, stdin=KUBEADM.encode())
        self.assertIn("dnstap tcp://10.0.0.9:6000 full\n    trace zipkin 10.0.0.9:9411 {\n        every 10\n    }\n",
                      json.loads(done.stdout)["data"]["Corefile"])

    def test_steps(self):
        """The commands are for a shell, and the way back is there."""
        document, _ = corefile(json.dumps(config_map(NODE_LOCAL, "node-local-dns")), *self.ALL)
        change = document["data"]["change"]
        commands = [s["command"] for s in change["steps"] + change["back"]]
        self.assertTrue(all("node-local-dns" in c for c in commands if c.startswith("kubectl")))
        self.assertEqual(change["back"][-1]["command"].split(" --type")[0],
                         "kubectl patch -n kube-system configmap node-local-dns")
        for command in commands:
            self.assertEqual(subprocess.run(["sh", "-nc", command], check=False).returncode, 0)
        document, _ = corefile(without("reload"), "--enable", "log")
        self.assertIn("rollout restart", document["data"]["change"]["steps"][-1]["command"])

    def test_what_cannot_be_read(self):
        done = binary.run("corefile", "--enable", "log", stdin=KUBEADM[:-2].encode())
        self.assertEqual(done.returncode, 65)
        self.assertIn("fix that", done.stderr)


if __name__ == "__main__":
    binary.main()
