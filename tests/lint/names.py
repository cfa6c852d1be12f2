#!/usr/bin/python3
"""File names: lower_snake, unique, one noun, told by a header or its head; folders are small; tests are registered."""
import collections
import re

import tree

GRAB_BAGS = {"util", "utils", "common", "helpers", "misc"}
LONGEST = 500
LARGEST = 22

complaints = []
paths = tree.files("*.c", "*.h")
seen = collections.defaultdict(list)
for path in paths:
    seen[path.name].append(path)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        complaints.append(f"{path}: not in lower_snake")
    if path.stem in GRAB_BAGS:
        complaints.append(f"{path}: name it after its one noun")
    lines = len((tree.SOURCE / path).read_text().splitlines())
    if lines > LONGEST:
        complaints.append(f"{path}: {lines} lines; split it where its seam is")
    if "SPDX-License-Identifier: GPL-2.0-or-later" not in (tree.SOURCE / path).read_text()[:120]:
        complaints.append(f"{path}: no SPDX line at its head")
for name, where in seen.items():
    if len(where) > 1 and name.endswith(".c") and not name.startswith("test_"):
        complaints.append(f"{name} stands more than once: {', '.join(map(str, where))}")


definitions = collections.defaultdict(set)
for path in tree.files("*.c", "*.h", folders=("cmd", "lib", "include")):
    for name in re.findall(r"^(?:static )?(?:struct|enum|union) (\w+) \{", (tree.SOURCE / path).read_text(), re.M):
        definitions[name].add(path)
for name, where in definitions.items():
    if len(where) > 1:
        complaints.append(f"struct {name} is in {', '.join(map(str, sorted(where)))}: each needs a name of its own")

for folder, count in collections.Counter(path.parent for path in paths if path.parts[0] == "lib").items():
    if count > LARGEST:
        complaints.append(f"{folder}: {count} files; divide it by subject")
headers = {path.name for path in tree.files("*.h")}
for path in tree.files("*.c", folders=("lib",)):
    if path.stem + ".h" in headers or "rules" in path.parts:
        continue
    if not (tree.SOURCE / path).read_text().split("\n", 2)[1].startswith("/*"):
        complaints.append(f"{path}: no header tells what it is; say it at its head")


def registered(folder, pattern, strip):
    """The words of folder's meson.build against its files."""
    build = (tree.SOURCE / folder / "meson.build").read_text()
    for path in tree.files(pattern, folders=(folder,)):
        word = path.stem.removeprefix(strip)
        if not re.search(rf"\b(?:{strip})?{re.escape(word)}\b", build):
            complaints.append(f"{path}: not in {folder}/meson.build, so it never runs")


registered("tests/unit", "test_*.c", "test_")
registered("tests/fuzz", "fuzz_*.c", "fuzz_")
for suite in ("cli", "lab", "oracle", "vm"):
    registered(f"tests/{suite}", "test_*.py", "test_")
commands = (tree.SOURCE / "cmd/meson.build").read_text()
for path in tree.files("*.c", folders=("cmd",)):
    if re.search(rf"struct command command_{path.stem}\b", (tree.SOURCE / path).read_text()):
        if f"'{path.stem}'" not in commands:
            complaints.append(f"{path}: its word is not in cmd/meson.build")
tree.end(complaints)
