#!/usr/bin/python3
"""Every k8sdns that manual pages, README, manifests and remedies tell people to run exists, with its options.

README's screen is what is printed, and what its links and commands name is in the tree.
"""
import functools
import json
import re

import tree

NAMES = set(re.findall(r"^  (\w+)  +\S", tree.output(tree.K8SDNS, "help").stdout, re.M)) | {"help"}
# k8sdns, /tmp/k8sdns, kubectl k8sdns POD: then a command and what it is given, to the end of the line or the pipe.
CALL = re.compile(r"(?<![\w-])(?:/\w+/)?k8sdns(?: --bare)?(?: (?:POD|web-0|node/[\w-]+))? "
                  r"(?P<name>[a-z]+)(?P<rest>(?: [^|;'\"`>]*)?)")


@functools.cache
def options(name):
    return set(re.findall(r"--[a-z][a-z-]+|(?<=  )-\w\b", tree.output(tree.K8SDNS, "help", name).stdout)) | {"--help"}


def check(where, text):
    for call in CALL.finditer(text):
        name, rest = call["name"], call["rest"].split(". ")[0]
        if name not in NAMES:
            continue
        for option in re.findall(r"(?<= )--[a-z][a-z-]+", rest):
            if option not in options(name):
                yield f"{where}: k8sdns {name} takes no {option}"


def lines(text):
    """Continued lines as one, mdoc's signs as what they stand for."""
    text = re.sub(r"\s*\\e?\n\s*", " ", text)
    return text.replace("\\-", "-").splitlines()


def readme(text):
    command, screen = re.search(r"^    \$ k8sdns (.*)\n((?:    .*\n|\n)+)", text, re.M).groups()
    printed = tree.output(tree.K8SDNS, *command.split(), check=False).stdout
    if re.sub(r"^    ", "", screen, flags=re.M).rstrip() != printed.rstrip():
        yield f"README.md: its screen is not what k8sdns {command} prints"
    for path in re.findall(r"\]\(([^):#]+)\)|((?:packaging|tests|man)/[\w./-]*\w)|([A-Z]+\.md)", text):
        if not (tree.SOURCE / "".join(path)).exists():
            yield f"README.md: there is no {''.join(path)}"


complaints, seen = [], 0
for path in [*tree.files("*.1", "*.7", "*.5", folders=("man",)), tree.SOURCE / "README.md",
             *(tree.SOURCE / "packaging").glob("*.yaml")]:
    for line in lines((tree.SOURCE / path).read_text()):
        seen += bool(CALL.search(line))
        complaints += check(path.name, line)
for finding in json.loads(tree.output(tree.K8SDNS, "explain", "--json").stdout)["data"]["findings"]:
    for text in finding["remedies"] + finding["checks"]:
        complaints += check(finding["id"], text)
complaints += readme((tree.SOURCE / "README.md").read_text())
if seen < 50:
    complaints.append(f"only {seen} examples were found: is this check still looking at the right thing?")
tree.end(complaints)
