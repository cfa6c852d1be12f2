#!/usr/bin/python3
"""corefile: lines that CoreDNS takes otherwise than they were meant, each with what is said of it, and sound ones."""
import json
import unittest

import binary

KUBEADM = (binary.SOURCE / "tests/data/corefiles/kubeadm.Corefile").read_text()
FORWARD = "forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }"
STUB = "corp.example.com:53 {\n    errors\n    cache 30\n    forward . 192.0.2.53\n}\n"


def changed(old, new):
    assert old in KUBEADM, old
    return KUBEADM.replace(old, new, 1)


def with_line(text):
    """The text as further lines of the root block, from line 7 on."""
    return changed("ready\n", f"ready\n{text}\n")


def body():
    """All plugins, without the server block around them."""
    return "".join(line.removeprefix("    ") for line in KUBEADM.splitlines(True)[1:-1])


# A Corefile; (severity, line, words in the text, the line to write) of the worst remark, which is the one of its
# severity, or None for a sound one.
CASES = {
    # zones
    "a wildcard as a zone": (KUBEADM + "*." + STUB, ("warning", 24, "wildcard", "corp.example.com:53")),
    "a wildcard in forward": (changed(FORWARD, "forward *.corp.test 192.0.2.1\n    " + FORWARD),
                              ("warning", 13, "wildcard", "corp.test")),
    "a wildcard in except": (changed("max_concurrent 1000", "except *.corp.test"),
                             ("warning", 14, "wildcard", "corp.test")),
    "a wildcard in template": (with_line("template IN A *.corp.test {\n rcode NOERROR\n}"),
                               ("warning", 7, "wildcard", "corp.test")),
    "commas without blanks": (KUBEADM + "a.test:53,b.test:53" + STUB[STUB.index(" {"):],
                              ("warning", 24, "comma", None)),
    "commas with blanks": (KUBEADM + "a.test:53, b.test:53" + STUB[STUB.index(" {"):], None),
    "a network as a zone": (KUBEADM + "10.0.0.0/16:53" + STUB[STUB.index(" {"):], None),
    "the cluster's parent": (KUBEADM + "local:53" + STUB[STUB.index(" {"):],
                             ("critical", 24, "takes the cluster names", None)),
    "the cluster's own": (KUBEADM + "cluster.local:53" + STUB[STUB.index(" {"):],
                          ("critical", 24, "takes the cluster names", None)),
    "the Services' own": (KUBEADM + "svc.cluster.local:53" + STUB[STUB.index(" {"):],
                          ("critical", 24, "takes the cluster names", None)),
    "beside the cluster's": (KUBEADM + "prod.local:53" + STUB[STUB.index(" {"):], None),
    "the cluster's at another port": (KUBEADM + "cluster.local:5353" + STUB[STUB.index(" {"):], None),
    "no zone of kubernetes": (changed("kubernetes cluster.local in-addr.arpa ip6.arpa", "kubernetes"),
                              ("critical", 7, "the root zone", "kubernetes cluster.local in-addr.arpa ip6.arpa")),
    "nothing answers": (KUBEADM + "a.test {\n    errors\n}\n", ("warning", 24, "nothing in this", None)),
    "kubernetes behind a rewrite": (
        KUBEADM + "a.test {\n    errors\n"
        "    rewrite name regex (.*)\\.a\\.test {1}.default.svc.cluster.local answer auto\n"
        "    kubernetes cluster.local\n}\n", None),
    "kubernetes behind a rewrite in braces": (
        KUBEADM + "a.test {\n    errors\n    rewrite stop {\n        name suffix .a.test .svc.cluster.local\n"
        "        answer auto\n    }\n    kubernetes cluster.local\n}\n", None),
    "kubernetes behind a rewrite to others": (
        KUBEADM + "a.test {\n    errors\n    rewrite name suffix .a.test .b.test answer auto\n"
        "    kubernetes cluster.local\n}\n", ("warning", 27, "which this server block does not", None)),
    "a forward behind a rewrite": (
        KUBEADM + "a.test {\n    errors\n    cache 30\n    rewrite name suffix .a.test .b.test answer auto\n"
        "    forward b.test 192.0.2.1\n}\n", None),
    "a cache behind loopback": (
        changed("cache 30 {\n       disable success cluster.local\n       disable denial cluster.local\n    }\n", "")
        .replace(FORWARD, "forward . 127.0.0.1:5301")
        + ".:5301 {\n    errors\n    cache 30\n"
        "    forward . tls://192.0.2.1 {\n        tls_servername dns.test\n    }\n}\n", None),
    # places
    "no server block": (body(), ("critical", 1, "outside of any server block", None)),
    "a zone called local": (KUBEADM + "local2 {\n    errors\n    cache 30\n    forward . 192.0.2.1\n}\n", None),
    "an option outside": (with_line("ttl 30"), ("critical", 7, "an option of kubernetes", None)),
    "an option of others": (with_line("credentials a"), ("critical", 7, "an option of another plugin", None)),
    "an option of cache": (changed("cache 30 {", "cache 30 prefetch 10 {"),
                           ("warning", 16, "'prefetch' is an option", "cache 30 {, then on lines of their own: "
                                                                        "prefetch 10, }")),
    "an option of kubernetes": (changed("ip6.arpa {", "ip6.arpa endpoint x {"), ("warning", 7, "'endpoint'", None)),
    "an option of forward": (changed(FORWARD, "forward . 192.0.2.1 policy sequential"),
                             ("critical", 13, "'policy' is an option", None)),
    "an option of log": (with_line("log class error"), ("warning", 7, "'class' is an option", None)),
    "an option of hosts": (with_line("hosts /etc/coredns/NodeHosts fallthrough"),
                           ("warning", 7, "'fallthrough' is an option of hosts",
                            "hosts /etc/coredns/NodeHosts {, then on lines of their own: fallthrough, }")),
    "an option of loadbalance": (with_line("loadbalance prefer 192.0.2.0/24"),
                                 ("critical", 7, "'prefer' is an option",
                                  "loadbalance {, then on lines of their own: prefer 192.0.2.0/24, }")),
    "an option of health": (changed("health {\n       lameduck 5s\n    }", "health lameduck 5s"),
                            ("critical", 3, "'lameduck' is an option",
                             "health {, then on lines of their own: lameduck 5s, }")),
    "an option of errors": (changed("errors", 'errors consolidate 5m "timeout of .*"'),
                            ("critical", 2, "'consolidate' is an option",
                             'errors {, then on lines of their own: consolidate 5m "timeout of .*", }')),
    "two options of kubernetes": (changed("ip6.arpa {", "ip6.arpa pods insecure ttl 30 {"),
                                  ("warning", 7, "'pods'", "kubernetes cluster.local in-addr.arpa ip6.arpa {, then on "
                                                           "lines of their own: pods insecure, ttl 30, }")),
    "no closing brace": (changed("ttl 30\n    }\n", "ttl 30\n"),
                         ("critical", 11, "plugin prometheus stands in the braces of kubernetes, which line 7",
                          "} (on a line of its own, before prometheus)")),
    "no closing brace of hosts": (with_line("hosts {\n 192.0.2.1 a.test\n fallthrough"),
                                  ("critical", 10, "plugin kubernetes stands in the braces of hosts", None)),
    "a closing brace too late": (changed("ttl 30\n    }\n", "ttl 30\n") + "}\n",
                                 ("critical", 11, "plugin prometheus stands in the braces of kubernetes", None)),
    "an option that was a plugin's later": (changed("pods insecure", "transfer to *"),
                                            ("warning", 8, "transfer of kubernetes went with", None)),
    "a port of dnsmasq": (changed(FORWARD, "forward . 192.0.2.53#5353"),
                          ("critical", 13, "CoreDNS reads 192.0.2.53 alone", "192.0.2.53:5353")),
    "the usual port of dnsmasq": (changed(FORWARD, "forward . 192.0.2.53#53"), None),
    "a comment behind an address": (changed(FORWARD, "forward . 192.0.2.53#53rd"), None),
    "a brace behind an answer": (with_line('template IN A a.test {\n answer "{{ .Name }} 60 IN A 192.0.2.1" }'),
                                 ("critical", 8, "is taken for one more record", "}, on a line of its own")),
    "a field that template lacks": (with_line('template IN A a.test {\n answer "{{ .Nme }} 60 IN A 192.0.2.1"\n}'),
                                    ("critical", 8, "template knows no field .Nme", "{{ .Name }}")),
    "fields of template": (with_line('template IN A a.test {\n match (.*)[.]a[.]test\n answer "{{ index .Match 1 }} '
                                     '60 IN A {{ .Remote }}{{ .Question.Name }}"\n}'), None),
    "a brace below": (changed("ip6.arpa {", "ip6.arpa\n    {"),
                      ("critical", 8, "on the line of kubernetes", "kubernetes cluster.local in-addr.arpa ip6.arpa {")),
    "a brace below the zone": (changed(".:53 {", ".:53\n{"), None),
    "a word of resolv.conf": (with_line("nameserver 192.0.2.1"),
                              ("critical", 7, "a word of resolv.conf", "forward . 192.0.2.1")),
    "no blank behind forward": (changed("forward . /etc", "forward. /etc"),
                                ("critical", 13, "no blank behind forward", "forward . /etc/resolv.conf")),
    "no blank at all": (with_line("forward./etc/resolv.conf"),
                        ("critical", 7, "no blank behind forward", "forward . /etc/resolv.conf")),
    "a comment of C": (with_line("// keep"), ("critical", 7, "begins no comment", "# ...")),
    "autopath without a forward": (
        KUBEADM + "shop.test {\n    errors\n    autopath @kubernetes\n    kubernetes shop.test {\n"
        "        pods verified\n    }\n}\n",
        ("warning", 26, "answers no external names", "forward . /etc/resolv.conf")),
    "autopath with a forward": (
        KUBEADM + "shop.test {\n    errors\n    cache 30\n    autopath @kubernetes\n    kubernetes shop.test {\n"
        "        pods verified\n    }\n    forward . 192.0.2.1\n}\n", None),
    # upstreams
    "a comma behind an upstream": (changed("/etc/resolv.conf", "192.0.2.1, 192.0.2.2"),
                                   ("critical", 13, "neither an address", "forward . 192.0.2.1")),
    "an upstream in single quotes": (changed("/etc/resolv.conf", "'192.0.2.1'"),
                                     ("critical", 13, "neither an address", "forward . 192.0.2.1")),
    "an upstream without a zone": (changed(". /etc/resolv.conf", "192.0.2.1"),
                                   ("critical", 13, "needs a zone", "forward . 192.0.2.1")),
    "a network as an upstream": (changed("/etc/resolv.conf", "192.0.2.0/24"), ("critical", 13, "a network", None)),
    "an upstream at a link": (changed("/etc/resolv.conf", "fe80::1%eth0"), None),
    "an upstream that is any": (changed("/etc/resolv.conf", "0.0.0.0"), ("critical", 13, "CoreDNS itself", None)),
    # hosts
    "hosts turned round": (with_line("hosts {\n a.test 192.0.2.1\n fallthrough\n}"),
                           ("warning", 8, "begins with an IP address", "192.0.2.1 a.test")),
    "hosts with a port": (with_line("hosts {\n 192.0.2.1:80 a.test\n fallthrough\n}"),
                          ("warning", 8, "begins with an IP address", "IP_ADDRESS a.test")),
    "hosts without a name": (with_line("hosts {\n 192.0.2.1\n fallthrough\n}"), ("warning", 8, "has no name", None)),
    "hosts with a comma": (with_line("hosts {\n 192.0.2.1 a.test, b.test\n fallthrough\n}"),
                           ("warning", 8, "no host name", None)),
    "hosts with a page": (with_line("hosts {\n 192.0.2.1 https://a.test\n fallthrough\n}"),
                          ("warning", 8, "no host name", None)),
    "hosts of another zone": (with_line("hosts /f a.test {\n 192.0.2.1 b.test\n fallthrough\n}"),
                              ("warning", 8, "not in the zones of hosts", None)),
    "hosts of IPv6": (with_line("hosts {\n 2001:db8::1 a.test b.test\n ttl 60\n reload 15s\n fallthrough\n}"), None),
    "fallthrough misspelt": (with_line("hosts {\n 192.0.2.1 a.test\n falthrough\n fallthrough\n}"),
                             ("warning", 9, "did you mean fallthrough", "fallthrough")),
    # rewrite, template, acl, health
    "rewrite of a wildcard": (with_line("rewrite name *.a.test b.svc.cluster.local"),
                              ("warning", 7, "'*.a.test'",
                               r"rewrite name regex (.*)\.a\.test b.svc.cluster.local answer auto")),
    "rewrite to an address": (with_line("rewrite name a.test 10.96.5.5"), ("warning", 7, "an address", None)),
    "rewrite without a domain": (with_line("rewrite name a.test web.default.svc"),
                                 ("warning", 7, "lacks the cluster's domain", "... web.default.svc.cluster.local")),
    "rewrite to a short name": (with_line("rewrite name a.test web"), ("warning", 7, "without a domain", None)),
    "rewrite as it should be": (with_line("rewrite name a.test web.default.svc.cluster.local"), None),
    "rewrite to an external name": (KUBEADM + STUB.replace(
        "cache 30", "cache 30\n    rewrite name suffix .corp.example.com .example.com answer auto"), None),
    "rewrite to a cluster name": (KUBEADM + STUB.replace(
        "cache 30", "cache 30\n    rewrite name suffix .corp.example.com .prod.svc.cluster.local answer auto"),
                                  ("warning", 27, "which the server block .:53", None)),
    "AAAA denied": (with_line("template ANY AAAA {\n rcode NXDOMAIN\n}"),
                    ("warning", 8, "answers AAAA of every name with NXDOMAIN", "rcode NOERROR")),
    "AAAA empty": (with_line("template ANY AAAA {\n rcode NOERROR\n}"), None),
    "a template in single quotes": (with_line("template IN A a.test {\n answer '{{ .Name }} 60 IN A 192.0.2.1'\n}"),
                                    ("critical", 8, "double quotes", 'answer "{{ .Name }} 60 IN A 192.0.2.1"')),
    "a template without quotes": (with_line("template IN A a.test {\n answer {{ .Name }} 60 IN A 192.0.2.1\n}"),
                                  ("critical", 8, "double quotes", 'answer "{{ .Name }} 60 IN A 192.0.2.1"')),
    "a template in quotes": (with_line('template IN A a.test {\n answer "{{ .Name }} 60 IN A 192.0.2.1"\n}'), None),
    "a value of Helm": (with_line("cancel {{ .Values.cancel }}"), None),
    "acl blocks first": (with_line("acl {\n block\n allow net 10.0.0.0/8\n}"), ("warning", 8, "every query", None)),
    "acl blocks last": (with_line("acl {\n allow net 10.0.0.0/8\n block\n}"), None),
    "acl blocks a type": (with_line("acl {\n block type ANY\n allow net 10.0.0.0/8\n}"), None),
    "health on loopback": (changed("health {", "health localhost:8080 {"), ("warning", 3, "loopback", "health :8080")),
    "ready on loopback": (changed("ready\n", "ready 127.0.0.1:8181\n"), ("warning", 6, "loopback", "ready :8181")),
    "blanks of another script": (changed("cache 30 {", "cache 30\u3000{"), None),
}

# The part that users may edit: its keys; then as above, with the key.
PARTS = {
    "a key of no kind": ({"a": STUB}, ("warning", 1, "imports a key called 'a'", "a.server: |")),
    "hosts without fallthrough": ({"a.override": "hosts {\n 192.0.2.1 a.test\n}\n"},
                                  ("critical", 1, "kubernetes is never asked", "fallthrough")),
    "a plugin as a server": ({"a.server": "hosts {\n 192.0.2.1 a.test\n fallthrough\n}\n"},
                             ("critical", 1, "outside of any server block", "a.override as the name of the key")),
    "a second root": ({"a.server": STUB.replace("corp.example.com", ".")},
                      ("warning", 1, "the root zone", "ZONE:53 {")),
    "a second forward": ({"a.override": "forward . 192.0.2.1\n"}, ("warning", 1, "takes every query first", None)),
    "the cluster's zone": ({"a.server": STUB.replace("corp.example.com", "cluster.local")},
                           ("warning", 1, "away from kubernetes", None)),
    "sound": ({"a.server": STUB, "b.override": "log\nhosts {\n 192.0.2.1 a.test\n fallthrough\n}\n"}, None),
}


class Meant(binary.Case):
    def judge(self, text, expected, *arguments):
        document, status = binary.run_json("corefile", "-", *arguments, stdin=text.encode())
        said = [r for r in document["data"]["remarks"] if r["severity"] != "info"]
        if not expected:
            self.assertEqual((said, status), ([], 0))
            return
        severity, line, words, write = expected
        worst = [r for r in said if r["severity"] == severity]
        self.assertEqual([(r["severity"], r["line"]) for r in said][:1], [(severity, line)], said)
        self.assertEqual(len(worst), 1, worst)
        self.assertIn(words, worst[0]["text"])
        if write:
            self.assertEqual(worst[0]["write"], write)

    def test_cases(self):
        for name, (text, expected) in CASES.items():
            with self.subTest(name):
                self.judge(text, expected)

    def test_parts(self):
        for name, (data, expected) in PARTS.items():
            with self.subTest(name):
                self.judge(json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "data": data,
                                       "metadata": {"name": "coredns-custom", "namespace": "kube-system"}}), expected)

    def test_lone_plugin(self):
        """A plugin that was copied alone is read as if it stood in a server block; its lines keep their numbers."""
        for text, plugin, worst in (
                ("forward . 192.0.2.1 {\n  max_concurrent 1000\n}\n", "forward", None),
                ("kubernetes cluster.local in-addr.arpa ip6.arpa {\n  pods insecure\n}\n", "kubernetes", None),
                ("cache 30\n", "cache", None),
                ("forward . 192.0.2.1 {\n  max_concurent 1000\n}\n", "forward", (2, "max_concurent"))):
            with self.subTest(text):
                data = binary.run_json("corefile", "-", stdin=text.encode())[0]["data"]
                self.assertIn(f"{plugin} alone, read as if it stood in a server block", data["source"])
                self.assertEqual(data["lines"], text.count("\n"))
                bad = [r for r in data["remarks"] if r["severity"] != "info"]
                self.assertEqual([(r["line"], worst[1] in r["text"]) for r in bad], [(worst[0], True)] if worst else [],
                                 bad)
        for text in (body(), "local {\n  errors\n  forward . 192.0.2.1\n}\n"):
            with self.subTest(text):
                data = binary.run_json("corefile", "-", stdin=text.encode())[0]["data"]
                self.assertNotIn("alone", data["source"])

    def test_beside(self):
        """A key that the Corefile does not import, beside it; one that a plugin reads is none."""
        importing = KUBEADM[:-2] + "    import custom/*.override\n}\nimport custom/*.server\n"
        for key, expected in (("a", ("warning", 1, "imports a key called 'a'", "a.server: |")), ("a.server", None)):
            maps = [{"kind": "ConfigMap", "data": data, "metadata": {"name": name, "namespace": "kube-system"}}
                    for name, data in (("coredns", {"Corefile": importing, "NodeHosts": "192.0.2.1 node"}),
                                       ("coredns-custom", {key: STUB}))]
            self.judge(json.dumps({"kind": "List", "items": maps}), expected)

    def test_described(self):
        text = ("Name:         coredns-custom\nNamespace:    kube-system\n\nData\n====\na:\n----\n"
                f"{STUB}\n\nEvents:  <none>\n")
        self.judge(text, ("warning", 8, "imports a key called 'a'", "a.server: |"))

    def test_namespace(self):
        text = json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "data": {"a.server": STUB},
                           "metadata": {"name": "coredns-custom", "namespace": "default"}})
        self.judge(text, ("warning", None, "in namespace default", "namespace: kube-system"))

    def test_key(self):
        def judge(key, expected):
            self.judge(json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "data": {key: KUBEADM},
                                   "metadata": {"name": "coredns", "namespace": "kube-system"}}), expected)

        judge("Corefile", None)
        for key in ("corefile", "Corefile.txt"):
            judge(key, ("warning", None, f"under the key '{key}'", "Corefile: |"))
        done = binary.run("corefile", stdin=json.dumps({"kind": "ConfigMap", "data": {"Corefile": ""},
                                                        "metadata": {"name": "coredns"}}).encode())
        self.assertEqual(done.returncode, 65)
        self.assertIn("the Corefile of ConfigMap kube-system/coredns is empty", done.stderr)

    def test_unclosed_alone(self):
        """What the braces of another hide is not missed as well."""
        document, _ = binary.run_json("corefile", "-", stdin=changed("ttl 30\n    }\n", "ttl 30\n").encode())
        self.assertEqual([r["line"] for r in document["data"]["remarks"] if r["severity"] != "info"], [11])

    def test_version_of_an_image(self):
        for version in ("1.11.3", "v1.11.3", "v1.11.3-eksbuild.4"):
            self.judge(changed("max_concurrent 1000", "next NXDOMAIN"), ("critical", 14, "not in 1.11.3", None),
                       "--coredns-version", version)
        self.assertEqual(binary.run("corefile", "--coredns-version", "latest", stdin=KUBEADM.encode()).returncode, 64)

    def test_kube_dns(self):
        def judge(key, value, expected):
            self.judge(json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "data": {key: value},
                                   "metadata": {"name": "kube-dns", "namespace": "kube-system"}}), expected)

        judge("stubDomains", '{"corp.test": ["192.0.2.1"]}', None)
        judge("stubDomains", '{"corp.test": "192.0.2.1"}',
              ("critical", None, "an array of addresses", '{"corp.test": ["192.0.2.1"]}'))
        judge("stubDomains", '{"*.corp.test": ["192.0.2.1"]}', ("critical", None, "is no domain", None))
        judge("stubDomain", '{"corp.test": ["192.0.2.1"]}', ("warning", None, "did you mean stubDomains", None))
        for text in ('{"kind": "ConfigMap", "metadata": {"name": "kube-dns"}}',
                     "kind: ConfigMap\nmetadata:\n  name: kube-dns\n"):  # as GKE has it
            self.judge(text, None)


if __name__ == "__main__":
    unittest.main()
