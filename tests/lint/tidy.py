#!/usr/bin/python3
"""A short list of clang-tidy checks, each of which has found real bugs, over the program's own files."""
import json

import tree

CHECKS = ",".join([
    "-*", "bugprone-*", "-bugprone-easily-swappable-parameters", "-bugprone-branch-clone",
    "-bugprone-reserved-identifier", "-bugprone-narrowing-conversions", "-bugprone-implicit-widening-*",
    "-bugprone-assignment-in-if-condition", "-bugprone-multi-level-implicit-pointer-conversion",
    "clang-analyzer-core.*", "clang-analyzer-unix.*", "cert-err34-c",
    "misc-redundant-expression",
])

tool = tree.need("clang-tidy")
database = tree.BUILD / "compile_commands.json"
names = sorted({entry["file"] for entry in json.loads(database.read_text())
                if "/tests/" not in entry["file"] and "meson-generated" not in entry["output"]})
result = tree.output(tool, "--quiet", f"--checks={CHECKS}", "--warnings-as-errors=*", "-p", str(tree.BUILD),
                     *[str((tree.BUILD / name).resolve()) for name in names], check=False)
tree.end([line for line in result.stdout.splitlines() if ": error:" in line or ": warning:" in line])
