#!/usr/bin/python3
"""A short list of clang-tidy checks, each of which has found real bugs, over the program's own files.

A file that was fine is not looked at again while it, what it includes, its command line and the checks are the same:
that is kept in CACHE, by hashes of all of these.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib

import tree

CHECKS = ",".join([
    "-*", "bugprone-*", "-bugprone-easily-swappable-parameters", "-bugprone-branch-clone",
    "-bugprone-reserved-identifier", "-bugprone-narrowing-conversions", "-bugprone-implicit-widening-*",
    "-bugprone-assignment-in-if-condition", "-bugprone-multi-level-implicit-pointer-conversion",
    # && and || have an order in C; a cast through void * is how an alignment that is known is said.
    "-bugprone-inc-dec-in-conditions", "-bugprone-casting-through-void",
    "clang-analyzer-core.*", "clang-analyzer-unix.*", "cert-err34-c",
    "misc-redundant-expression",
])
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "k8sdns-tidy"
TOOL = tree.need("clang-tidy")
TOGETHER = 2


def dependencies():
    """What each object is made from, as ninja noted it when it was made: names from the build's folder."""
    found, names = {}, []
    for line in tree.output("ninja", "-C", str(tree.BUILD), "-t", "deps", check=False).stdout.splitlines():
        if line.startswith("    "):
            names.append(line.strip())
        elif ": #deps" in line:
            names = found.setdefault(line.partition(": #deps")[0], [])
    return found


class Hashes:
    """Of files, by name; of a file of the system its size and time stand for it."""

    def __init__(self):
        self.known = {}

    def of(self, name):
        if name not in self.known:
            path = tree.BUILD / name
            if name.startswith("/usr/"):
                state = path.stat()
                self.known[name] = f"{state.st_size} {state.st_mtime_ns}"
            else:
                self.known[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.known[name]


def key(entry, needed, hashes, version):
    """What a good result holds for; None when it is not known what the file includes."""
    if not needed:
        return None
    words = [version, CHECKS, entry["command"], *(f"{name} {hashes.of(name)}" for name in sorted(needed))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def look(name):
    """Complaints about a file, and whether it was looked at and there are none.

    Options of another compiler that it does not know are errors that stand at no place in a file.
    """
    result = tree.output(TOOL, "--quiet", f"--checks={CHECKS}", "--warnings-as-errors=*", "-p", str(tree.BUILD),
                         str((tree.BUILD / name).resolve()), check=False)
    said = [line for line in result.stdout.splitlines() if ": error:" in line or ": warning:" in line]
    return said, result.returncode in (0, 1) and not said


def main():
    version = tree.output(TOOL, "--version").stdout
    needed, hashes, wanted = dependencies(), Hashes(), {}
    for entry in json.loads((tree.BUILD / "compile_commands.json").read_text()):
        if "/tests/" not in entry["file"] and "meson-generated" not in entry["output"]:
            wanted.setdefault(entry["file"], key(entry, needed.get(entry["output"]), hashes, version))
    left = [name for name, value in sorted(wanted.items()) if not value or not (CACHE / value).exists()]
    CACHE.mkdir(parents=True, exist_ok=True)
    complaints = []
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        for name, (said, fine) in zip(left, pool.map(look, left)):
            complaints += said
            if fine and wanted[name]:
                (CACHE / wanted[name]).touch()
    tree.end(complaints)


main()
