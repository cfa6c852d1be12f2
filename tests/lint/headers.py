#!/usr/bin/python3
"""Every header compiles alone; those of programs for the kernel do as such."""
import platform
import shutil
import subprocess

import tree

BPF_COMPILER = shutil.which("clang")
TRIPLET = tree.output("cc", "-print-multiarch", check=False).stdout.strip() or f"{platform.machine()}-linux-gnu"

complaints = []
for path in tree.files("*.h", folders=("include", "cmd", "lib")):
    compiler = ["cc"]
    if path.parts[:2] == ("lib", "bpf"):
        if not BPF_COMPILER:
            continue
        compiler = [BPF_COMPILER, "-target", "bpf", "-idirafter", f"/usr/include/{TRIPLET}"]
    command = [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-fms-extensions", "-Wall", "-Wextra", "-Werror", "-Iinclude",
               f"-I{path.parent}", "-fsyntax-only", "-x", "c", "-"]
    result = subprocess.run(command, cwd=tree.SOURCE, text=True, capture_output=True,
                            input=f'#include "{tree.SOURCE / path}"\n')
    if result.returncode:
        complaints.append(f"{path}: does not compile alone\n{result.stderr}")
tree.end(complaints)
