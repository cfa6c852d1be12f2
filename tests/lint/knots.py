#!/usr/bin/python3
"""No files need each other in a circle: what several share stands below those who share it.

Who needs whom is read from the object files: a symbol that one leaves undefined and another defines.
"""
import collections
import sys

import tree

tool = tree.need("nm")
# The generated tables name every command and every rule, each of which is above them.
TABLES = {"command_table", "rule_table"}
defined, wanted = {}, collections.defaultdict(set)
objects = [path for folder in ("lib", "cmd") for path in (tree.BUILD / folder).rglob("*.c.o")]
for line in tree.output(tool, "-A", "-g", *map(str, objects)).stdout.splitlines():
    path, rest = line.rsplit(":", 1)
    # "meson-generated_.._rule_table.c.o" of "libdiag.a.p" is diag/rule_table.
    folder, name = path.split("/")[-2:]
    name = f"{folder.removesuffix('.p').removesuffix('.a').removeprefix('lib')}/{name.removesuffix('.c.o')}"
    kind, symbol = rest.split()[-2:]
    if kind == "U":
        wanted[name].add(symbol)
    else:
        defined[symbol] = name
needs = {name: {defined[symbol]: symbol for symbol in sorted(symbols) if defined.get(symbol, name) != name}
         for name, symbols in wanted.items() if not any(name.endswith(table) for table in TABLES)}

# Tarjan's way: each circle once, whole.
order, low, stack, circles = {}, {}, [], []


def visit(name):
    order[name] = low[name] = len(order)
    stack.append(name)
    for other in needs.get(name, ()):
        if other not in order:
            visit(other)
            low[name] = min(low[name], low[other])
        elif other in stack:
            low[name] = min(low[name], order[other])
    if low[name] == order[name]:
        circle = []
        while not circle or circle[-1] != name:
            circle.append(stack.pop())
        if len(circle) > 1:
            circles.append(circle)


sys.setrecursionlimit(10000)
for name in list(needs):
    if name not in order:
        visit(name)
complaints = []
for circle in circles:
    complaints.append(f"these need each other: {', '.join(sorted(circle))}")
    complaints += [f"    {name} takes {symbol}() and perhaps more of {other}"
                   for name in sorted(circle) for other, symbol in sorted(needs[name].items()) if other in circle]
if len(needs) < 200:
    complaints.append(f"only {len(needs)} object files were found")
tree.end(complaints)
