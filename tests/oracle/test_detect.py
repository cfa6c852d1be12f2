#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which resolver a running program uses, for programs of every kind, built here and looked at while they run."""
import pathlib
import subprocess
import tempfile
import unittest

import binary

WAITS_C = "#include <unistd.h>\nint main(void) { return write(1, \"x\", 1) == 1 ? pause() : 1; }\n"
WAITS_GO = "package main\nimport \"os\"\nfunc main() { os.Stdout.WriteString(\"x\"); os.Stdin.Read(make([]byte, 1)) }\n"
# How each is built, what it is, and what its version looks like.
PROGRAMS = {
    "glibc": (["gcc", "waits.c"], "glibc", r"^2\.\d+$"),
    "static-glibc": (["gcc", "-static", "waits.c"], "static", None),
    "musl": (["musl-gcc", "waits.c"], "musl", r"^1\.\d+\.\d+$"),
    "static-musl": (["musl-gcc", "-static", "waits.c"], "static", None),
    "go": (["go", "build", "waits.go"], "go", r"^go1\."),
}


class Detect(unittest.TestCase):
    def test_all(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "waits.c").write_text(WAITS_C)
            (folder / "waits.go").write_text(WAITS_GO)
            for title, (command, kind, version) in PROGRAMS.items():
                with self.subTest(title):
                    program = folder / title
                    subprocess.run([*command[:-1], "-o", program, command[-1]], cwd=folder, check=True,
                                   env={"PATH": "/usr/bin:/bin", "HOME": name, "CGO_ENABLED": "0"})
                    self.check(program, kind, version)

    def test_choices(self):
        """Programs with a resolver of their own, by their names, and Netty by its open jar."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "waits.c").write_text(WAITS_C)
            jar = folder / "netty-resolver-dns-4.1.100.Final.jar"
            jar.write_bytes(b"")
            for title, opened, choices in (("nginx", None, ["nginx"]), ("node", None, ["node-resolve"]),
                                           ("java", None, None), ("java", jar, ["netty"]), ("cat", jar, None)):
                with self.subTest(title, opened=opened):
                    subprocess.run(["gcc", "-o", folder / title, "waits.c"], cwd=folder, check=True)
                    with open(opened or "/dev/null", "rb") as held, subprocess.Popen(
                            [folder / title], stdin=held, stdout=subprocess.PIPE) as running:
                        running.stdout.read(1)
                        document, _ = binary.run_json("resolv", "--pid", str(running.pid))
                        running.kill()
                    self.assertEqual(document["data"]["resolver"].get("choices") or None, choices)

    def check(self, program, kind, version):
        with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
            try:
                running.stdout.read(1)
                document, _ = binary.run_json("resolv", "--pid", str(running.pid))
            finally:
                running.kill()
        resolver = document["data"]["resolver"]
        self.assertEqual((resolver["kind"], document["host"]["libc"]), (kind, kind), resolver)
        self.assertIn(f"/proc/{running.pid}/", resolver["how"])
        if version:
            self.assertRegex(resolver["version"], version)


if __name__ == "__main__":
    binary.main()
