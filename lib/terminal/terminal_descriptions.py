#!/usr/bin/python3
"""Write the descriptions of the commonest terminals as C, for images without a terminfo database.

usage: cmd/terminal_descriptions.py INFOCMP > terminal_descriptions.c

ncurses takes a compiled description from the variable TERMINFO ("b64:...", see ncurses(3)); infocmp writes that form.
"""
import subprocess
import sys

# The first that fits a prefix of TERM stands in for names that are not in this list.
NAMES = ["xterm", "xterm-256color", "screen", "screen-256color", "tmux", "tmux-256color", "linux", "vt100"]

print("""/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Written by cmd/terminal_descriptions.py from the terminfo database of the machine that built it. */
#include "terminal_description.h"

const struct terminal_description terminal_descriptions[] = {""")
for name in NAMES:
    told = subprocess.run([sys.argv[1], "-q", "-Q2", name], capture_output=True, text=True, check=False)
    value = "".join(line for line in told.stdout.splitlines() if not line.startswith("#"))
    if told.returncode or not value.startswith("b64:"):
        sys.exit(f"{sys.argv[1]} has no description of {name}: {told.stderr.strip()}")
    print(f'    {{"{name}",')
    for start in range(0, len(value), 100):
        print(f'     "{value[start:start + 100]}"')
    print("    },")
print("    {0},\n};")
