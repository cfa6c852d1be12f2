#!/usr/bin/python3
"""A member that is described by a shape is of the struct that this shape is of."""
import re

import tree

headers = "\n".join((tree.SOURCE / path).read_text() for path in tree.files("*.h", folders=("include", "lib", "cmd")))
headers = re.sub(r"/\*.*?\*/", "", headers, flags=re.S)
members = {}
for struct, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", headers, re.M | re.S):
    for declaration in body.split(";"):
        found = re.match(r"\s*(?:const )?struct (\w+)\s+(.*)", declaration, re.S)
        for name in re.findall(r"\w+", found[2]) if found else []:
            members[struct, name] = found[1]

sources = {path: (tree.SOURCE / path).read_text() for path in tree.files("*.c", folders=("lib", "cmd"))}
shapes = {shape: struct for text in sources.values()
          for shape, struct in re.findall(r"const struct shape (\w+)_shape =\s+SHAPE\(struct (\w+),", text)}
complaints, rows = [], 0
for path, text in sources.items():
    for struct, member, shape in re.findall(
            r'SHAPE_FIELD_(?:OBJECTS?|POINTER)\(\s*struct (\w+),\s*(\w+),\s*"[^"]*",\s*&(\w+)_shape\b', text):
        rows += 1
        if (struct, member) not in members:
            complaints.append(f"{path}: no header has a struct as the member '{member}' of struct {struct}")
        elif members[struct, member] != shapes.get(shape):
            complaints.append(f"{path}: '{member}' of struct {struct} is a struct {members[struct, member]}, "
                              f"and {shape}_shape is of a struct {shapes.get(shape)}")
    if len(re.findall(r"SHAPE_FIELD_(?:OBJECTS?|POINTER)\(", text)) != len(re.findall(
            r'SHAPE_FIELD_(?:OBJECTS?|POINTER)\(\s*struct \w+,\s*\w+,\s*"[^"]*",\s*&\w+_shape\b', text)):
        complaints.append(f"{path}: a row with a shape is not of the usual form")
    for row in re.findall(r"\.offset = offsetof\(", text):
        complaints.append(f"{path}: an offset without a type: use OPTION_AT() or MEMBER_OFFSET()")
if rows < 50:
    complaints.append(f"only {rows} rows with a shape were found")
tree.end(complaints)
