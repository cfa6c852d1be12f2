#!/usr/bin/python3
"""expand and resolv: what is printed, and files that are no good."""
import os
import re
import unittest

import binary
from twisters import resolv_conf

K8S = "nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"


class Expand(binary.Case):
    def test_golden(self):
        with resolv_conf(K8S) as conf:
            done = binary.run("expand", "--as", "all", "--resolv-conf", conf, "www.aliyun.com", "10.0.0.1", "db.")
        self.assertEqual(done.returncode, 0)
        self.golden("expand-all", done.stdout)

    def test_contract(self):
        with resolv_conf(K8S) as conf:
            document, _ = binary.run_json("expand", "--as", "glibc", "--resolv-conf", conf, "www.aliyun.com")
        queries = document["data"]["names"][0]["plans"][0]["queries"]
        self.assertEqual([(q["stage"], q["suffix"]) for q in queries[::2]],
                         [("search", "default.svc.cluster.local"), ("search", "svc.cluster.local"),
                          ("search", "cluster.local"), ("as-is", None)])
        self.assertEqual(len(queries), 8)

    def test_ten_thousand_domains(self):
        with resolv_conf("search " + " ".join(f"d{n}.example" for n in range(10000)) + "\n") as conf:
            document, status = binary.run_json("expand", "--as", "glibc", "--resolv-conf", conf, "x")
        self.assertEqual(status, 0)
        self.assertGreater(len(document["data"]["names"][0]["plans"][0]["queries"]), 1000)

    def test_bad_names(self):
        with resolv_conf(K8S) as conf:
            for name in ("x" * 64, ".".join(["abcdefghi"] * 30), "a..b", ""):
                document, status = binary.run_json("expand", "--as", "all", "--resolv-conf", conf, "--", name)
                self.assertEqual(status, 0)
                for plan in document["data"]["names"][0]["plans"]:
                    if not plan["queries"]:
                        self.assertTrue(plan["note"], name)


class Resolv(binary.Case):
    def test_golden(self):
        odd = ("nameserver 10.96.0.10\r\nnameserver ten\nnameserver fe80::1%lo\nsearch a.example .\n"
               "options ndots:16 rotate")
        for title, text in (("kubernetes", K8S), ("odd", odd)):
            with resolv_conf(text) as conf, self.subTest(title):
                done = binary.run("resolv", "--resolv-conf", conf, "--pid", os.getpid())
                # How the resolver was told differs from machine to machine.
                text = re.sub(r"  resolver   glibc .*?\n\n", "  resolver   glibc ...\n\n", done.stdout, flags=re.S)
                self.golden(f"resolv-{title}", text.replace(conf, "FILE"))

    def test_views(self):
        with resolv_conf(K8S) as conf:
            document, status = binary.run_json("resolv", "--resolv-conf", conf, "--pid", os.getpid())
        data = document["data"]
        self.assertEqual(status, 0)
        self.assertEqual([view["resolver"] for view in data["views"]], ["glibc", "musl", "go"])
        self.assertEqual(data["options"], {"ndots": "5"})
        self.assertEqual(data["dns_policy"], "ClusterFirst")
        self.assertEqual(data["resolver"]["kind"], "glibc")  # Debian's python3
        self.assertEqual(document["host"]["libc"], "glibc")

    def test_bad_files(self):
        for path, status in (("/nonexistent/resolv.conf", 66), ("/", 66)):
            document, got = binary.run_json("resolv", "--resolv-conf", path)
            self.assertEqual((got, document["error"]["status"]), (status, status))
            self.assertIn(path, document["error"]["message"])
        for text in ("", "\n\n", "# nothing\n", "\0\1\2\xff", "nameserver\n" * 50000):
            with resolv_conf(text) as conf:
                document, status = binary.run_json("resolv", "--resolv-conf", conf)
                self.assertIn(status, (0, 1))
                self.assertEqual(len(document["data"]["views"]), 3)
        with resolv_conf("#" * (9 << 20)) as conf:
            self.assertEqual(binary.run("resolv", "--resolv-conf", conf).returncode, 65)

    def test_no_such_process(self):
        self.assertEqual(binary.run("resolv", "--pid", "4194304").returncode, 66)

    def test_hostile_file(self):
        with resolv_conf("search \x1b[31mred\nnameserver \x1b]0;title\x07\n") as conf:
            done = binary.run("resolv", "--resolv-conf", conf)
        self.assertNotIn("\x1b", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
