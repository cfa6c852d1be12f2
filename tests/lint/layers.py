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
    "collect": {"base", "wire", "model", "source", "collect"},
    "top": {"base", "wire", "model", "source", "collect", "diag", "top"},
    "agent": {"base", "wire", "model", "source", "collect", "diag", "top", "render", "agent"},
    "terminal": {"base", "render", "terminal"},
}
# The subjects of the model from below to above, a level a line: each sees those below it and itself.
MODEL_LEVELS = (
    {"shape"},
    {"statistics"},
    {"probe", "corefile", "metrics", "node"},
    {"resolver", "logs", "dnstap", "spans", "watch", "cluster"},
    {"tracing", "diagnosis"},
    {"scope"},
    {"facts.h"},
    {"facts_read.h"},
    {"recorder", "top"},
    {"report"},
    {"agent"},
)
LEVEL = {subject: number for number, level in enumerate(MODEL_LEVELS) for subject in level}
# Facts carry wire types, so a layer that sees the model sees them through it, but not directly.
complaints = []
for path in tree.files("*.c", "*.h", folders=("lib", "include")):
    layer = path.parts[1] if path.parts[0] == "lib" else path.parts[2]
    text = (tree.SOURCE / path).read_text()
    for used in re.findall(r'#include <k8sdns/(\w+)/', text):
        if used not in MAY[layer]:
            complaints.append(f"{path}: {layer} may not include {used}")
    if layer == "model":
        below = path.parts[path.parts.index("model") + 1:]
        mine = below[0] if len(below) > 1 else path.stem + ".h"
        # From a folder within a subject ".." is the subject itself.
        up = r"k8sdns/model|\.\." if len(below) < 3 else "k8sdns/model"
        for used in re.findall(r'#include [<"](?:%s)/(\w+(?:\.h)?)' % up, text):
            if used != mine and LEVEL[used] >= LEVEL[mine]:
                complaints.append(f"{path}: of the model, {mine} may not include {used}")
    for word in re.findall(r"\b(exit|printf|puts|perror)\(", text):
        if path.parts[0] == "lib":
            complaints.append(f"{path}: a library calls {word}()")
tree.end(complaints)
