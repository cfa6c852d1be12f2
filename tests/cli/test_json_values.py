#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What k8sdns-json(5) says of all members alike, over what every command prints of the files in tests/data: null for
unknown, times with their zone, names with a final dot or without by one rule.
"""
import json
import re

import binary

DATA = binary.SOURCE / "tests/data"
TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d")
ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NAME = re.compile(r"(?=.*[a-z])[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)+\.?")
# Words and numbers that programs print for unknown, and that null is for; of these members they are values.
UNKNOWN = ("", "-", "?", "n/a", "(null)", "(none)", "nan", -1, 2 ** 32 - 1, 2 ** 64 - 1)
EMPTY_IS_A_VALUE = {".blocks[].plugins[].arguments", ".corefile.blocks[].plugins[].arguments",
                    ".messages[].edns.options[].hex", ".messages[].additionalRRs[].RDATAHEX", ".text"}
# As it was given: by a person, a program or a Pod.
GIVEN = {"findings[].subject", ".names[].name", ".lookups[].name", ".probes[].name", ".disagreements[].name",
         ".plans.names[].name", ".matrix.probes[].name", ".small.probes[].name", ".standing[].subject"}


def commands():
    captures = sorted((DATA / "captures").glob("*.json"))
    for capture in captures:
        for name in ("diagnose", "conntrack", "node", "ipvs", "metrics", "replicas", "probe", "resolv", "expand",
                     "watch", "logs", "dnstap", "spans", "corefile", "top", "capture"):
            yield [name, "--from", str(capture)]
        yield ["lookup", "--as", "everything", "--from", str(capture)]
    yield ["scope", *map(str, captures)]
    for name, folder in (("logs", "logs"), ("dnstap", "dnstap"), ("spans", "spans"), ("metrics", "metrics"),
                         ("corefile", "corefiles")):
        for path in sorted((DATA / folder).iterdir()):
            more = {"dnstap": ["--read"], "spans": ["--read"], "logs": ["--lines"]}.get(name, [])
            yield [name, *more, str(path)]
    for path in (*sorted((DATA / "coredns").glob("*.bin")), DATA / "coredns/debug.log"):
        yield ["decode", str(path)]
    yield ["logs", "--lines", str(DATA / "coredns/debug.log")]
    yield ["explain", "EAI_AGAIN"]


def documents(text):
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        yield document


def values(thing, path):
    """(member, value): members as `.lookups[].name`, keys that are data as `*`."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from values(value, f"{path}.{key if re.fullmatch('[A-Za-z][A-Za-z0-9_]*', key) else '*'}")
    elif isinstance(thing, list):
        for value in thing:
            yield from values(value, path + "[]")
    else:
        yield path, thing


class Values(binary.Case):
    @classmethod
    def setUpClass(cls):
        cls.seen = set()
        for words in commands():
            for document in documents(binary.run(*words, "--json").stdout):
                for begin, part in (("", document.get("data")), ("findings", document.get("findings"))):
                    cls.seen |= {(words[0], *member) for member in values(part, begin)}

    def test_there_are_enough(self):
        self.assertGreater(len({(command, path) for command, path, _ in self.seen}), 1000)

    def test_null_for_unknown(self):
        wrong = {(command, path, value) for command, path, value in self.seen if value is not None
                 and not isinstance(value, bool) and value in UNKNOWN and path not in EMPTY_IS_A_VALUE}
        self.assertEqual(wrong, set())

    def test_times_have_a_zone(self):
        times = {(command, path, value) for command, path, value in self.seen
                 if isinstance(value, str) and TIME.match(value)}
        self.assertGreater(len({path for _, path, _ in times}), 10)
        self.assertEqual({member for member in times if not ZONED.fullmatch(member[2])}, set())

    def test_final_dots(self):
        """No member has both forms, but those that hold what was given."""
        forms = {}
        for command, path, value in self.seen:
            if isinstance(value, str) and NAME.fullmatch(value) and path not in GIVEN:
                forms.setdefault((command, path), {}).setdefault(value.endswith("."), value)
        self.assertEqual({member: form for member, form in forms.items() if len(form) > 1}, {})
        for command, path in ("lookup", ".lookups[].queries[].name"), ("probe", ".probes[].candidate"), \
                ("resolv", ".search[]"), ("expand", ".names[].plans[].queries[].name"):
            self.assertEqual(list(forms[command, path]), [False])
        for command, path in ("logs", ".name"), ("dnstap", ".name"), ("spans", ".slowest[].name"), \
                ("metrics", ".replicas[].zones[].zone"), ("decode", ".messages[].questionRRs[].QNAME"):
            self.assertEqual(list(forms[command, path]), [True])


if __name__ == "__main__":
    binary.main()
