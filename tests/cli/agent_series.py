# SPDX-License-Identifier: GPL-2.0-or-later
"""What an agent serves at the most, and which series of it a PromQL expression asks for."""
import functools
import os
import re
import subprocess

import exposition

# Labels that come with the scrape, and not from the agent.
SCRAPED = {"cluster", "node", "instance", "job"}
SELECTOR = re.compile(r"(?<![\w:])(k8sdns_\w+)(?![\w:])(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\bby\s*\(([^)]*)\)\s*\(")
JOINING = re.compile(r"\b(?:on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)")


@functools.cache
def text():
    """The fullest page, which the unit test of pages prints."""
    return subprocess.run([os.environ["AGENT_PAGE"]], env={**os.environ, "PRINT_PAGE": "1"}, capture_output=True,
                          text=True, check=True).stdout


@functools.cache
def page():
    """{metric: {label: values}} of it; None of what has no samples, whose labels nobody knows."""
    found = {line.split()[2]: None for line in text().splitlines() if line.startswith("# TYPE k8sdns_")}
    for name, labels, _ in exposition.read(text()):
        if name.startswith("k8sdns_"):
            found[name] = found.get(name) or {}
            for label, value in labels.items():
                found[name].setdefault(label, set()).add(value)
    return found


def closing(query, start):
    """Where the parenthesis that opens before `start` closes; none of its kind stands in a string."""
    depth = 1
    for at in range(start, len(query)):
        depth += {"(": 1, ")": -1}.get(query[at], 0)
        if not depth:
            return at
    raise AssertionError(f"no end: {query}")


def names(listed):
    return {name.strip() for name in listed.split(",") if name.strip()}


def uses(query):
    """[(metric, its labels, {label: values it is to have})] of all agents' series that a query names."""
    blank = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "_" * len(m[0]), query)
    groups = [(match.end(), closing(blank, match.end()), names(match[1])) for match in GROUPING.finditer(blank)]
    found = []
    for match in SELECTOR.finditer(blank):
        matchers = MATCHER.findall(query[match.start():match.end()])
        labels = {label for label, _, _ in matchers}
        for start, end, grouped in groups:
            if start <= match.start() < end:
                labels |= grouped
        values = {label: set(value.split("|")) for label, operator, value in matchers
                  if operator in ("=", "=~") and re.fullmatch(r"[\w.|()-]+", value)}
        found.append((match[1], labels, values))
    return found


def unknown(query):
    """What a query asks for that no agent serves, as sentences: metrics, labels, values of fixed labels."""
    wrong = []
    joined = set().union(*(names(match[1]) for match in JOINING.finditer(query)), set())
    asked = uses(query)
    for metric, labels, values in asked:
        if metric not in page():
            wrong.append(f"{metric} is not served")
        served = page().get(metric)
        if served is None:
            continue
        wrong += [f"{metric} has no label {label}" for label in sorted(labels - set(served) - SCRAPED)]
        wrong += [f"{metric} has no {label}={value}" for label in ("result", "part", "severity", "event")
                  for value in sorted(values.get(label, set()) - served.get(label, set())) if label in served]
    known = SCRAPED.union(*(page().get(metric) or () for metric, _, _ in asked))
    return wrong + [f"no label {label}" for label in sorted(joined - known)]
