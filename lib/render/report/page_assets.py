# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the style and the script of the report's page as C, with the hashes by which its policy allows them.

usage: page_assets.py page.css page.js > page_assets.c
"""
import base64
import hashlib
import pathlib
import sys


def literal(text):
    """A C string, a piece a line, since compilers need not take longer ones."""
    lines = (line.replace("\\", "\\\\").replace('"', '\\"') for line in text.splitlines())
    return "\n".join(f'    "{line}\\n"' for line in lines)


def policy(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


style, script = (pathlib.Path(path).read_text() for path in sys.argv[1:3])
print('#include "page_assets.h"\n')
for name, text in (("style", style), ("script", script)):
    print(f"const char page_{name}[] =\n{literal(text)};")
    print(f'const char page_{name}_hash[] = "{policy(text)}";')
