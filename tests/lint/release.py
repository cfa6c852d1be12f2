#!/usr/bin/python3
"""The version is one: in meson.build, at the top of NEWS.md and of the Debian changelog, and in README's file names."""
import re

import tree


def find(pattern, path):
    return re.findall(pattern, (tree.SOURCE / path).read_text(), re.MULTILINE)


version = find(r"^  version: '([^']*)'", "meson.build")[0]
places = {"NEWS.md": find(r"^## (\S+)", "NEWS.md")[:1],
          "packaging/debian/changelog": find(r"^k8sdns \(([^)]*)\)", "packaging/debian/changelog")[:1],
          "README.md": find(r"k8sdns-([0-9][0-9.]*)-linux|k8sdns:([0-9][0-9.]*)", "README.md")}
places["README.md"] = ["".join(pair) for pair in places["README.md"]]
tree.end([f"{path}: has {other}, and meson.build {version}" for path, found in places.items()
          for other in found or ["no version"] if other != version])
