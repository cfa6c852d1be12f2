#!/usr/bin/python3
"""Every C file is as clang-format 14 leaves it."""
import re

import tree

tool = tree.need("clang-format")
version = re.search(r"version (\d+)", tree.output(tool, "--version").stdout)
if not version or version[1] != "14":
    print("SKIP: clang-format is not version 14, whose output the tree has")
    raise SystemExit(77)
names = [str(path) for path in tree.files("*.c", "*.h")]
result = tree.output(tool, "--dry-run", "-Werror", *names, check=False)
tree.end([line for line in result.stderr.splitlines() if "error:" in line])
