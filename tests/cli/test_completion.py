#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Completions as shells make them of a line: commands, options, ids of findings, types; Pods by the plugin's own."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import binary

# (the line up to the cursor, what is among the completions, what is not)
LINES = (
    (["pro"], {"probe"}, {"explain"}),
    (["explain", "conntrack-"], {"conntrack-full", "conntrack-race", "conntrack-stale"}, {"replica-unreachable"}),
    (["help", "loo"], {"lookup", "lookups"}, {"probe"}),
    (["probe", "--type", "A"], {"A", "AAAA"}, {"MX"}),
    (["probe", "--cla"], {"--class"}, {"--tcp"}),
    (["diagnose", "--fail-on", ""], {"critical", "warning", "info", "never"}, {"json"}),
    (["diagnose", "--output", "j"], {"json", "jsonl"}, {"yaml"}),
    (["completion", ""], {"bash", "zsh", "fish"}, set()),
    (["his"], {"history"}, {"help"}),
    (["history", "--u"], {"--until"}, {"--since"}),
    (["watch", "--re"], {"--record", "--redact"}, {"--keep"}),
    (["diagnose", "--a"], {"--at"}, {"--json"}),
)
KUBECTL = """#!/bin/sh
echo "$*" >>"$LOG"
case $* in
*" get pods "* | "get pods "*) printf 'web-0\\nweb-1\\ndb-0\\n' ;;
*"get nodes"*) printf 'node/worker-1\\n' ;;
*"get deployments"*) printf 'deploy/web\\n' ;;
*"get namespaces"*) printf 'shop\\nkube-system\\n' ;;
esac
"""


def script(shell):
    return binary.run("completion", shell).stdout


class Completion(binary.Case):
    def check(self, complete):
        for words, among, absent in LINES:
            with self.subTest(words):
                found = set(complete(words))
                self.assertLessEqual(among, found)
                self.assertFalse(absent & found, found)

    def test_bash(self):
        def complete(words):
            line = ["k8sdns", *words]
            program = (f"{script('bash')}\nCOMP_WORDS=(\"$@\"); COMP_CWORD={len(line) - 1}; _k8sdns\n"
                       "printf '%s\\n' \"${COMPREPLY[@]}\"")
            return subprocess.run(["bash", "--norc", "-c", program, "bash", *line], capture_output=True, text=True,
                                  check=True).stdout.split()
        self.check(complete)

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        with tempfile.TemporaryDirectory() as home:
            pathlib.Path(home, "k8sdns.fish").write_text(script("fish"))

            def complete(words):
                line = " ".join(["k8sdns", *words])
                done = subprocess.run(["fish", "--no-config", "-c", f"source {home}/k8sdns.fish; complete -C '{line}'"],
                                      capture_output=True, text=True, check=True, env={**os.environ, "HOME": home})
                return [found.split("\t")[0] for found in done.stdout.splitlines()]
            self.check(complete)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        """It is read, and has the words; what zsh's own functions make of them takes a terminal."""
        text = script("zsh")
        subprocess.run(["zsh", "-f", "-n", "-c", text], check=True)
        for words in ("conntrack-full", "'probe:", "AAAA", "--fail-on", "'history:", "--record", "--at"):
            self.assertIn(words, text)


class Plugin(binary.Case):
    def complete(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            kubectl, log = pathlib.Path(folder, "kubectl"), pathlib.Path(folder, "log")
            kubectl.write_text(KUBECTL)
            kubectl.chmod(0o755)
            log.touch()
            done = subprocess.run([str(binary.SOURCE / "packaging/kubectl_complete-k8sdns"), *words], text=True,
                                  capture_output=True, check=True,
                                  env={"PATH": f"{folder}:{os.environ['PATH']}", "LOG": str(log)})
            lines = done.stdout.splitlines()
            self.assertEqual(lines[-1], ":4")
            return lines[:-1], log.read_text()

    def test_pods(self):
        self.assertEqual(self.complete("we")[0], ["web-0", "web-1"])
        self.assertEqual(self.complete("")[0], ["web-0", "web-1", "db-0", "node/worker-1", "deploy/web"])
        self.assertEqual(self.complete("node/")[0], ["node/worker-1"])
        found, log = self.complete("-n", "shop", "web-1")
        self.assertEqual(found, ["web-1"])
        self.assertIn("-n shop get pods", log)

    def test_others(self):
        self.assertEqual(self.complete("-n", "sh")[0], ["shop"])
        self.assertEqual(self.complete("web-0", "pro")[0], ["probe"])
        self.assertIn("--namespace", self.complete("--na")[0])
        self.assertEqual(self.complete("web-0", "probe", "x")[0], [])


if __name__ == "__main__":
    binary.main()
