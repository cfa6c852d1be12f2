#!/usr/bin/python3
"""Every header compiles alone."""
import subprocess

import tree

complaints = []
for path in tree.files("*.h", folders=("include", "cmd", "lib")):
    command = ["cc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Iinclude",
               f"-I{path.parent}", "-fsyntax-only", "-x", "c", "-"]
    result = subprocess.run(command, cwd=tree.SOURCE, text=True, capture_output=True,
                            input=f'#include "{tree.SOURCE / path}"\n')
    if result.returncode:
        complaints.append(f"{path}: does not compile alone\n{result.stderr}")
tree.end(complaints)
