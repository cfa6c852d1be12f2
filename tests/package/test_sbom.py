#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/sbom: what the linker took is in the bill and among the licences, in whatever folder it is."""
import email.utils
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SOURCE"])
COMMON = pathlib.Path("/usr/share/common-licenses")
COPYRIGHT = f"The full text is in {COMMON}/LGPL-2.1.\n"
# What SPDX 2.3 asks of a document, of who made it, and of a package (chapters 6 and 7).
DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"}
CREATION = {"created", "creators"}
PACKAGE = {"name", "SPDXID", "downloadLocation"}


class Bill(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = pathlib.Path(held.name, "a folder")
        self.file = self.folder / "k8sdns-1.2.3-linux-x86_64"
        (self.folder / "usr/share/doc/libmnl-dev").mkdir(parents=True)
        (self.folder / "usr/share/doc/libmnl-dev/copyright").write_text(COPYRIGHT)
        self.file.write_text("a program")
        archive = self.folder / "usr/lib/libmnl.a"
        (self.folder / "map").write_text(f"Archive member included\n\n{archive}(socket.o)\n    who.o (mnl_open)\n")

    def make(self, source="libmnl", **more):
        (self.folder / "owners").write_text(f"libmnl-dev 1.0.5-3 {source} usr/lib/libmnl.a\n")
        environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        return subprocess.run([SOURCE / "packaging/sbom", self.file, self.folder / "map", self.folder / "owners"],
                              env={**environment, **more}, capture_output=True, text=True, check=False)

    def bill(self, **more):
        done = self.make(**more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(pathlib.Path(f"{self.file}.spdx.json").read_text())

    def test_whole(self):
        bill = self.bill()
        self.assertLessEqual(DOCUMENT, set(bill))
        self.assertLessEqual(CREATION, set(bill["creationInfo"]))
        for package in bill["packages"]:
            self.assertLessEqual(PACKAGE, set(package))
        self.assertEqual([(package["name"], package["versionInfo"], package["licenseDeclared"])
                          for package in bill["packages"]],
                         [("k8sdns", "1.2.3", "GPL-2.0-or-later"), ("libmnl-dev", "1.0.5-3", "LGPL-2.1-or-later")])

    @unittest.skipUnless(COMMON.is_dir(), "no base-files")
    def test_licenses(self):
        """A licence that is only named is there, too: who has the file has no Debian."""
        self.bill()
        text = pathlib.Path(f"{self.file}.licenses").read_text()
        self.assertIn(COPYRIGHT, text)
        self.assertIn((COMMON / "LGPL-2.1").read_text(), text)

    def test_date(self):
        """It is the release's, in a clone and out of one."""
        entry = (SOURCE / "packaging/debian/changelog").read_text()
        released = email.utils.parsedate_to_datetime(re.search("^ -- .*>  (.*)$", entry, re.M)[1])
        self.assertEqual(self.bill()["creationInfo"]["created"], released.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assertEqual(self.bill(SOURCE_DATE_EPOCH="86400")["creationInfo"]["created"], "1970-01-02T00:00:00Z")

    def test_unread(self):
        """What nobody has read the licence of is refused."""
        done = self.make(source="libunread")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libunread", done.stderr)


if __name__ == "__main__":
    unittest.main()
