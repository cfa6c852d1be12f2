#!/usr/bin/python3
"""A row of a table whose word is for another type than its member has does not compile: each macro, each type."""
import os
import re
import shlex
import subprocess

import tree

compiler = shlex.split(os.environ.get("CC", "cc"))
tree.need(compiler[0])
# clang would stop after twenty.
if "clang" in subprocess.run([*compiler, "--version"], text=True, capture_output=True, check=True).stdout:
    compiler.append("-ferror-limit=0")
MEMBERS = {"bool": "bool m", "int": "int m", "unsigned": "unsigned m", "uint32_t": "uint32_t m", "int64_t": "int64_t m",
           "uint64_t": "uint64_t m", "double": "double m", "float": "float m", "char *": "char *m",
           "const char *": "const char *m", "const char **": "const char **m", "char[]": "char m[8]",
           "struct in place": "struct item m", "struct *": "struct item *m",
           "struct shape_tally *": "struct shape_tally *m", "struct shape_keyed *": "struct shape_keyed *m",
           "struct shape_keyed": "struct shape_keyed m",
           "struct text_list": "struct text_list m", "struct address_list": "struct address_list m",
           "void *": "void *m"}
STRUCTS = {"struct in place", "struct shape_keyed", "struct text_list", "struct address_list"}
POINTERS = {"struct *", "struct shape_tally *", "struct shape_keyed *"}
# By macro: the types that it takes.
SHAPES = {
    'SHAPE_FIELD_BOOL(struct x, m, "m", "")': {"bool"},
    'SHAPE_FIELD_ANSWER(struct x, m, "m", "")': {"int"},
    'SHAPE_FIELD_COUNT(struct x, m, "m", "")': {"uint64_t"},
    'SHAPE_FIELD_REAL(struct x, m, "m", "")': {"double"},
    'SHAPE_FIELD_TEXT(struct x, m, "m", "")': {"const char *"},
    'SHAPE_FIELD_NAME(struct x, m, "m", "")': {"const char *"},
    'SHAPE_FIELD_WORD(struct x, m, "m", words, "")': {"int"},
    'SHAPE_FIELD_CHOICE(struct x, m, "m", words, "")': {"int"},
    'SHAPE_FIELD_KEYED(struct x, m, "m", "")': {"struct shape_keyed"},
    'SHAPE_FIELD_TEXTS(struct x, m, "m", "")': {"const char **"},
    'SHAPE_FIELD_TALLIES(struct x, m, "m", "")': {"struct shape_tally *"},
    'SHAPE_FIELD_MAP(struct x, m, "m", "")': {"struct shape_keyed *"},
    'SHAPE_FIELD_OBJECT(struct x, m, "m", &other, "")': STRUCTS,
    'SHAPE_FIELD_POINTER(struct x, m, "m", &other, "")': POINTERS,
    'SHAPE_FIELD_OBJECTS(struct x, m, "m", &other, "")': POINTERS,
}
OPTIONS = {f'{{.name = "m", OPTION_AT({kind}, struct x, m)}}': {takes} for kind, takes in (
    ("FLAG", "bool"), ("TEXT", "const char *"), ("WORD", "int"), ("WORDS", "struct text_list"), ("NUMBER", "uint64_t"),
    ("DURATION", "uint64_t"), ("ADDRESSES", "struct address_list"))}
HEAD = """#include "command.h"
struct item { int number; };
extern const struct shape other;
extern const char *const words[];
"""


def refused(lines):
    """The numbers of those lines that the compiler refuses, each for a member's type."""
    command = [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-fms-extensions", "-fsyntax-only", "-fno-diagnostics-color",
               "-xc", "-Icmd", "-Iinclude", "-"]
    done = subprocess.run(command, input=HEAD + "\n".join(lines) + "\n", text=True, capture_output=True,
                          cwd=tree.SOURCE, check=False)
    first = HEAD.count("\n") + 1
    return {int(number) - first for number in re.findall(r"^<stdin>:(\d+):", done.stderr, re.M)}, done.stderr


lines, wanted = [], []


def add(row, member, good, count="size_t"):
    """A table of one row, whose struct has that member."""
    kind = "option_row" if "OPTION_AT" in row else "shape_field"
    lines.append(f"struct x{len(lines)} {{ {member}; {count} m_count; }}; const struct {kind} row{len(lines)}[] = "
                 f"{{ {row.replace('struct x', f'struct x{len(lines)}')} }};")
    wanted.append((row, member, good))


for row, takes in {**SHAPES, **OPTIONS}.items():
    for name, member in MEMBERS.items():
        add(row, member, name in takes)
    if any(word in row for word in ("TEXTS", "TALLIES", "MAP", "OBJECTS")):
        add(row, MEMBERS[sorted(takes)[0]], False, "uint32_t")
found, said = refused(lines)
complaints = [f"{row} {'refuses' if good else 'takes'} '{member}'"
              for number, (row, member, good) in enumerate(wanted) if good == (number in found)]
if complaints:
    complaints[20:] = [said[:2000]]
if len({row for row, _, good in wanted if good}) != len(SHAPES) + len(OPTIONS):
    complaints.append("some macro takes nothing")
tree.end(complaints)
