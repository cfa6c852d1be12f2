#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Three people's tasks (tests/cli/people) in four situations, as they see them on small and on large screens, and
every command that is printed: a shell and kubectl take it.
"""
import json
import math
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest

import binary

PEOPLE = binary.SOURCE / "tests/cli/people"
CAPTURES = binary.SOURCE / "tests/data/captures"
SITUATIONS = {"healthy": "healthy", "dead-replica": "dead-replica-named", "two-faults": "two-faults",
              "no-privilege": "dead-replica-unprivileged"}
SCREENS = {"80x24": (80, 24), "120x40": (120, 40)}
# What stands alone on its line behind some spaces and begins so is a command.
PROGRAMS = "kubectl|k8sdns|ip|nft|sysctl|conntrack|iptables|ipvsadm|ethtool|systemctl|uname|tc|ss"
COMMAND = re.compile(rf"^ {{4,}}((?:{PROGRAMS}) .*)$")
# kubectl's words for a command line that it does not take; it has no server here, so what it takes ends in the others.
NOT_TAKEN = re.compile(r"unknown (shorthand )?flag|unknown command|flag needs an argument|invalid argument|"
                       r"must specify|required flag|see '.* --help'|you must|exactly|accepts \d", re.I)


def tasks(person):
    lines = (PEOPLE / f"{person}.sh").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def shell(line, capture, width):
    """A line of a script, in which k8sdns sees what the capture saw."""
    program = f'k8sdns() {{ "$K8SDNS" "$@" --from "{capture}"; }}\n'
    # The options of `k8sdns` alone are diagnose's; --from goes behind the command.
    done = subprocess.run(["bash", "-c", program + line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False,
                          env={**binary.ENVIRONMENT, "COLUMNS": str(width), "K8SDNS": binary.K8SDNS})
    return done.stdout, done.returncode


class People(binary.Case):
    def see(self, person):
        for situation, name in SITUATIONS.items():
            for screen, (width, height) in SCREENS.items():
                with self.subTest(situation=situation, screen=screen):
                    page = ""
                    for line in tasks(person):
                        said, status = shell(line, CAPTURES / f"{name}.json", width)
                        page += f"$ {line}\n{said}[exit {status}]\n\n"
                        lines = said.splitlines()
                        # A command is never cut or wrapped by k8sdns; the terminal shows it on several rows.
                        rows = sum(max(1, math.ceil(len(text) / width)) for text in lines)
                        self.assertLessEqual(rows, height, f"{line}\n{said}")
                        wide = [text for text in lines if len(text) > width and not COMMAND.match(text)
                                and "jq" not in line]
                        self.assertEqual(wide, [])
                    self.golden(f"people/{person}-{situation}-{screen}", page)

    def test_developer(self):
        self.see("developer")

    def test_sre(self):
        self.see("sre")

    @unittest.skipUnless(shutil.which("jq"), "jq is not installed")
    def test_runbook(self):
        self.see("runbook")


def one_liners():
    """Of k8sdns-runbooks(7): its section of them."""
    page = (binary.SOURCE / "man/k8sdns-runbooks.7").read_text()
    page = page[page.index(".Sh JSON IN SCRIPTS"):page.index(".Sh SEE ALSO")]
    return [text.strip().replace("\\e", "\\") for text in re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", page, re.M | re.S)]


@unittest.skipUnless(shutil.which("jq"), "jq is not installed")
class Runbooks(binary.Case):
    def test_one_liners(self):
        """Each says something of a dead replica, and what it says is right."""
        page = ""
        lines = one_liners()
        self.assertGreaterEqual(len(lines), 10)
        for line in lines:
            said, status = shell("set -o pipefail; " + re.sub(r" NAME\b", " www.example.com", line),
                                 CAPTURES / "dead-replica-named.json", 80)
            self.assertTrue(said, line)
            self.assertNotIn("jq: error", said, line)
            self.assertIn(status, (0, 1, 2), line)
            page += f"$ {line}\n{said}\n"
        self.golden("people/one-liners", page)


class Explained(binary.Case):
    def test_after_a_run(self):
        """What the first screen leads to: the finding in words, with the numbers and names of that run."""
        capture = str(CAPTURES / "dead-replica-named.json")
        done = binary.run("explain", "replica-unreachable", "--from", capture)
        for words in ("here: a replica does not answer: 10.244.1.22 [certain]", "60 queries to 10.244.1.22",
                      "kubectl -n kube-system describe pod coredns-5d78c9869d-m5fzt"):
            self.assertIn(words, done.stdout)
        document, _ = binary.run_json("explain", "replica-unreachable", "--from", capture)
        self.assertEqual([f["subject"] for f in document["findings"]], ["replica 10.244.1.22"])
        self.assertIn("not found in this capture", binary.run("explain", "conntrack-full", "--from", capture).stdout)
        done = binary.run("explain", "EAI_AGAIN", "--from", capture)
        self.assertEqual(done.returncode, 64)
        self.assertIn("the id of a finding", done.stderr)


# Words in capitals of commands that are no names to be filled in: types, codes and targets of rules.
NO_BLANKS = {"A", "AAAA", "CNAME", "PTR", "SRV", "SERVFAIL", "REJECT", "DROP", "DROPPED", "MASQUERADE", "NXDOMAIN",
             "TCP", "UDP"}


class Blanks(binary.Case):
    def test_each_is_told(self):
        """Of every finding: each word in capitals of its commands stands in the line that says what to put in."""
        seen = set()
        for finding in json.loads(binary.run("explain", "--json").stdout)["data"]["findings"]:
            commands = [step["command"] or "" for step in finding["steps"]] + finding["checks"]
            bare = " ".join(re.sub(r"'[^']*'", "", command) for command in commands)
            words = set(re.findall(r"(?<![\w.=/-])[A-Z][A-Z-]+(?![\w=])|(?<=/)[A-Z][A-Z-]+(?![\w=])", bare)) - NO_BLANKS
            told = binary.run("explain", finding["id"]).stdout.partition("  fill in: ")[2]
            for word in words:
                self.assertRegex(told, rf"\b{word}\b", finding["id"])
            seen |= words
        self.assertGreaterEqual(seen, {"POD", "NODE", "UPSTREAM", "NAME"})

    def test_scope(self):
        """What scope knows of a node or a Pod that fails is filled in; the rest is told."""
        capture = json.loads((CAPTURES / "dead-replica-named.json").read_text())
        bad = json.loads(binary.run("diagnose", "--json", "--from", "-", stdin=json.dumps(capture).encode()).stdout)
        good = json.loads(binary.run("diagnose", "--json", "--from", str(CAPTURES / "healthy.json")).stdout)
        reports = []
        for pod in range(8):
            for minute in range(6):
                report = json.loads(json.dumps(bad if pod == 3 else good))
                report["data"].update(pod=f"web-{pod}", node=f"node-{pod // 2}",
                                      time=f"2026-11-24T10:{minute:02}:00.000Z")
                reports.append(json.dumps(report))
        said = binary.run("scope", "-", stdin="\n".join(reports).encode()).stdout
        self.assertIn("fixed Pods fail", said)
        self.assertIn("kubectl k8sdns web-3 -n NAMESPACE resolv", said)
        self.assertRegex(said, r"(?m)^Do now +\(NAMESPACE: kubectl get pods -A -o wide")


def printed_commands():
    """Of the goldens, of every finding, and of its checks."""
    commands = {match[1] for path in binary.GOLDENS.rglob("*") if path.is_file()
                for line in path.read_text(errors="replace").splitlines() for match in [COMMAND.match(line)] if match}
    for name in SITUATIONS.values():
        document = json.loads(binary.run("diagnose", "--json", "--from", str(CAPTURES / f"{name}.json")).stdout)
        commands |= {step["command"] for finding in document["findings"] for step in finding["steps"]
                     if step["command"]}
        commands |= set(document["data"]["next"])
    for finding in json.loads(binary.run("explain", "--json").stdout)["data"]["findings"]:
        commands |= set(finding["checks"])
        for remedy in finding["remedies"]:
            # "what for: command; undo: how"
            command = remedy.split("; undo: ")[0].partition(": ")[2]
            if COMMAND.match("    " + command):
                commands.add(command)
    return sorted(commands)


def words_of(command):
    """Each command of a line as words; what stands between operators of the shell."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words, all_words = [], []
    for word in lexer:
        if set(word) <= set("|&;<>()"):
            all_words.append(words)
            words = []
        else:
            words.append(word)
    return [words for words in [*all_words, words] if words]


class Commands(binary.Case):
    def test_there_are_some(self):
        commands = printed_commands()
        self.assertGreater(len([c for c in commands if c.startswith("kubectl ")]), 15, commands)

    def test_shell(self):
        for command in printed_commands():
            done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertFalse(command.endswith("."), command)
            self.assertNotIn("{", re.sub(r"'[^']*'|\"[^\"]*\"", "", command), f"a name is not filled in: {command}")

    @unittest.skipUnless(shutil.which("kubectl"), "kubectl is not installed")
    def test_kubectl(self):
        """Without a server, kubectl fails only where it would ask one."""
        seen = 0
        for command in printed_commands():
            for words in words_of(command):
                # The plugin has a parser of its own.
                if words[0] != "kubectl" or words[1] == "k8sdns":
                    continue
                seen += 1
                # A number that the facts do not tell is a letter, which the reader fills in.
                words = [word.replace("=N", "=3") for word in words]
                done = subprocess.run([words[0], "--server=http://127.0.0.1:1", "--request-timeout=1s", *words[1:]],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
                                      env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
                self.assertNotRegex(done.stderr, NOT_TAKEN, command)
        self.assertGreater(seen, 15)


if __name__ == "__main__":
    binary.main()
