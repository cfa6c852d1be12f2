#!/usr/bin/python3
"""Texts for people use the project's terms: CONTRIBUTING.md, "Words for people"."""
import re

import tree

# What is not said, and what is said instead.
FORBIDDEN = {
    r"names? of the world": "external name",
    r"outside names?": "external name",
    r"\bhence\b|\bthus\b": "so, or a new sentence",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"; back: ": "undo: ",
    r"\bgreedy\b": "that use most",
    r"whose line it is": "say whose it is",
    r"\boctets?\b": "byte",
    r"\banew\b": "again, or restarted",
    r"connection tracking leads": "conntrack entry",
    r"waited for nothing": "timed out",
    r"is none of its words": "invalid value",
    r"something is missing": "name what is missing",
    r"address translation|node.s translation": "NAT",
    r"\bnames? of the cluster\b": "cluster name",
    r"look just so|was lost so\b": "look the same",
    r"was asked apart|were asked apart": "were not tested one by one",
    r"draw a rule's line": "change the threshold",
    r"not to be seen here": "not checked here",
    r"the begin or end of": "start or end with",
    r"rule's line elsewhere|draw a line of": "change the threshold",
    r"nobody says|whoever is silent|scrape nobody|ask for no such name|nobody is asked":
        "say what is not known or done",
    r"how (many|much|long) lives?\b|replicas that live\b": "running replicas",
    r"\b(is|was|be) given up as soon\b": "dropped",
    r"parted with": "disconnected",
    r"\bconnection tracking (table|entry|entries)\b": "conntrack table, conntrack entry",
}
# Octet is what the standards call it in texts about their own fields.
ALLOWED = {"lib/wire/dns/dns_name.c"}
# Made from the strings of the code, which are looked at themselves.
GENERATED = {"k8sdns-json", "k8sdns-findings", "k8sdns-resolvers"}
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')

# Of packaging, all that is text; of the root, what people read first.
FOREIGN = {"LICENSE", "copyright"}


def is_text(path):
    return path.is_file() and path.name not in FOREIGN and b"\0" not in path.read_bytes()


complaints = []
texts = []
for path in [*tree.files("*.c", "*.c.in", "*.py", folders=("cmd", "lib")),
             *tree.files("*.h", folders=("include", "lib"))]:
    if str(path) in ALLOWED or path.parts[:2] == ("lib", "bpf"):
        continue
    for number, line in enumerate((tree.SOURCE / path).read_text().splitlines(), 1):
        if line.lstrip().startswith(("/*", "*", "#include")):
            continue
        texts += [(path, number, match) for match in STRING.findall(line) if " " in match]
pages = [page for page in tree.files("*.[1-9]", "*.py", folders=("man",)) if page.stem not in GENERATED]
pages += tree.files("*", folders=("packaging", "tests/cli/people"))
pages += [path.relative_to(tree.SOURCE) for path in sorted(tree.SOURCE.iterdir())]
for path in pages:
    if is_text(tree.SOURCE / path):
        texts += [(path, number, line)
                  for number, line in enumerate((tree.SOURCE / path).read_text().splitlines(), 1)]
for path, number, text in texts:
    for pattern, instead in FORBIDDEN.items():
        found = re.search(pattern, text, re.I)
        if found:
            complaints.append(f"{path}:{number}: '{found[0]}': say {instead}")
tree.end(complaints)
