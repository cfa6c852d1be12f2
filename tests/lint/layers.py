#!/usr/bin/python3
"""A layer includes only the layers that DESIGN.md lets it include."""
import re

import tree

MAY = {
    "base": {"base"},
    "wire": {"base", "wire"},
    "model": {"base", "wire", "model"},
    "source": {"base", "wire", "model", "source"},
    "diag": {"base", "model", "diag"},
    "render": {"base", "model", "render"},
}
# Facts carry wire types, so a layer that sees the model sees them through it, but not directly.
complaints = []
for path in tree.files("*.c", "*.h", folders=("lib", "include")):
    layer = path.parts[1] if path.parts[0] == "lib" else path.parts[2]
    text = (tree.SOURCE / path).read_text()
    for used in re.findall(r'#include <k8sdns/(\w+)/', text):
        if used not in MAY[layer]:
            complaints.append(f"{path}: {layer} may not include {used}")
    for word in re.findall(r"\b(exit|printf|puts|perror)\(", text):
        if path.parts[0] == "lib":
            complaints.append(f"{path}: a library calls {word}()")
tree.end(complaints)
