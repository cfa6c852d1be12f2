#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/deb: the package holds all that it should, lintian finds nothing, and what is in it runs."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SOURCE"])
K8SDNS = os.environ["K8SDNS"]


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


class Deb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = SOURCE / "build-tests/deb"
        done = subprocess.run([SOURCE / "packaging/deb", "--no-install", folder], stdout=subprocess.PIPE, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout
        cls.deb = SOURCE / done.stdout.strip()
        cls.root = tempfile.TemporaryDirectory()
        output("dpkg-deb", "--extract", cls.deb, cls.root.name)

    @classmethod
    def tearDownClass(cls):
        cls.root.cleanup()

    def test_version(self):
        """The package's is the program's."""
        version = output("dpkg-deb", "--field", self.deb, "Version").strip()
        self.assertEqual(f"k8sdns {version}", output(K8SDNS, "--version").strip())

    def test_manual_pages(self):
        pages = {path.name for path in (SOURCE / "man").glob("*.[157]")}
        there = {path.name.removesuffix(".gz") for path in pathlib.Path(self.root.name).glob("usr/share/man/man*/*.gz")}
        self.assertEqual(there, pages)

    def test_completions(self):
        share = pathlib.Path(self.root.name, "usr/share")
        for shell, place in (("bash", "bash-completion/completions/k8sdns"), ("zsh", "zsh/vendor-completions/_k8sdns"),
                             ("fish", "fish/vendor_completions.d/k8sdns.fish")):
            self.assertEqual((share / place).read_text(), output(K8SDNS, "completion", shell))

    def test_runs(self):
        program = os.path.join(self.root.name, "usr/bin/k8sdns")
        self.assertEqual(output(program, "--version"), output(K8SDNS, "--version"))

    def test_needs(self):
        """Libraries that are loaded when needed are recommended, the others depended on."""
        needs = output("dpkg-deb", "--field", self.deb, "Depends")
        self.assertTrue(re.search(r"libc6\b", needs) and re.search(r"libmnl0\b", needs), needs)
        recommended = output("dpkg-deb", "--field", self.deb, "Recommends")
        self.assertTrue("libbpf1" in recommended and "libnetfilter-conntrack3" in recommended, recommended)
        self.assertNotIn("libnetfilter-conntrack3", needs)


for tool in ("dpkg-buildpackage", "dh", "lintian"):
    if not shutil.which(tool):
        print(f"SKIP: {tool} is not installed")
        sys.exit(77)
unittest.main()
