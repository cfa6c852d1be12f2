#!/usr/bin/python3
"""--help goes to stdout within 80 columns and starts alike for every command; mistakes go to stderr, status 64."""
import re

import tree

complaints = []
overview = tree.output(tree.K8SDNS, "help")
names = re.findall(r"^  (\w+)  +\S", overview.stdout, re.M)
if not names:
    complaints.append("help lists no commands")
headings = re.findall(r"^(\S.*):$", overview.stdout, re.M)
complaints += [f"help has '{heading}' more than once" for heading in set(headings) if headings.count(heading) > 1]
for name in [None, *names]:
    command = [tree.K8SDNS, *([name] if name else []), "--help"]
    result = tree.output(*command, check=False)
    if result.returncode or result.stderr or not result.stdout:
        complaints.append(f"{command}: status {result.returncode}, stderr {result.stderr!r}")
    complaints += [f"{name}: over 80 columns: {line}" for line in result.stdout.splitlines() if len(line) > 80]
    if name and not result.stdout.startswith(f"k8sdns {name}: "):
        complaints.append(f"{name}: its help does not start with its name")
    if name and f"man k8sdns-{name}" not in result.stdout:
        complaints.append(f"{name}: its help does not lead to its manual page")
    wrong = tree.output(*command[:-1], "--no-such-option", check=False)
    if wrong.returncode != 64 or wrong.stdout or "--no-such-option" not in wrong.stderr:
        complaints.append(f"{name}: an unknown option gives status {wrong.returncode}: {wrong.stderr!r}")
for shell in ("bash", "zsh", "fish"):
    script = tree.output(tree.K8SDNS, "completion", shell).stdout
    for name in names:
        for option in re.findall(r"^ +(?:-\w, )?--([a-z-]+)", tree.output(tree.K8SDNS, "help", name).stdout, re.M):
            if option not in script:
                complaints.append(f"completion {shell}: --{option} of {name} is missing")
tree.end(complaints)
