# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures and files with anything in them, words of a command line, and containers that set traps."""
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ESCAPES = "\x1b]0;x\x07\x1b[2J\u009b31m\x7f\x08\r"
VALUES = (None, True, -1, 0, 2**31, 2**63, 2**64, 1e308, -0.0, "", "x", ESCAPES, "a" * 70000, "\ud800", "%s%n%x", [],
          {}, [[]] * 50, {"": None}, "127.0.0.1", "::1", "NaN", "../../../etc/shadow", "2026-13-45T99:99:99Z")


def places(value, path=()):
    """Every member and item, by its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in items:
        yield path + (key,)
        yield from places(held, path + (key,))


def mutated(document, known):
    """A copy with some members of another value, gone, doubled, or of a name that the schema knows."""
    document = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 2, 5, 30))):
        where = list(places(document))
        if not where:
            break
        *path, key = random.choice(where)
        holder = document
        for step in path:
            holder = holder[step]
        what = random.randrange(6)
        if what == 0:
            del holder[key]
        elif what == 1 and isinstance(holder, list):
            holder.extend([copy.deepcopy(holder[key])] * random.choice((1, 10, 300)))
        elif what == 2 and isinstance(holder, dict):
            holder[random.choice(known)] = copy.deepcopy(random.choice(VALUES))
        else:
            holder[key] = copy.deepcopy(random.choice(VALUES))
    text = json.dumps(document).encode()
    if random.randrange(10) == 0:
        text = text[:random.randrange(len(text))]
    return text


def members(schema):
    """The names of all members of all shapes."""
    names = set()

    def walk(value):
        if isinstance(value, dict):
            names.update(value.get("properties", {}) if isinstance(value.get("properties"), dict) else ())
            for held in value.values():
                walk(held)
        elif isinstance(value, list):
            for held in value:
                walk(held)

    walk(schema)
    return sorted(names)


def damaged(content):
    """A file as it may come: cut, with bytes changed, doubled, or of another kind in its middle."""
    content = bytearray(content)
    for _ in range(random.randrange(1, 20)):
        if not content:
            break
        at = random.randrange(len(content))
        what = random.randrange(5)
        if what == 0:
            content[at] = random.randrange(256)
        elif what == 1:
            del content[at:at + random.randrange(1, 200)]
        elif what == 2:
            content[at:at] = ESCAPES.encode("utf-8", "surrogatepass")
        elif what == 3:
            content[at:at] = content[at:at + 500] * random.choice((1, 20))
        else:
            content[at:at] = random.randbytes(random.randrange(1, 50))
    return bytes(content)


WORDS = ("", "-", "0", "1", "1s", "65535", "18446744073709551615", "127.0.0.1", "::", "/dev/null", "/", "/nonexistent",
         "%n%s", ESCAPES, "x" * 5000, "a,b,,c", "=")
MORE_WORDS = ("db", "--", "-", "--no-such", ESCAPES, "." * 300, "a" * 300, "/dev/null", "@127.0.0.1", "AAAA",
              "\udcff\udcfe", "*", "-h", "--json", "99999999999999999999")


class CommandLine:
    """Words that the program knows, in an order that it does not."""

    def __init__(self, program):
        said = subprocess.run([program, "help"], capture_output=True, check=True).stdout.decode()
        self.commands = re.findall(r"^  ([a-z]+)  ", said, re.M)
        self.options = {}
        for command in self.commands:
            text = subprocess.run([program, command, "--help"], capture_output=True, check=True).stdout.decode()
            self.options[command] = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)(?: ([A-Z|:,.\[\]-]+))?", text, re.M)

    def words(self):
        command = random.choice(self.commands)
        # What waits for what does not come, and what only a person ends.
        words = [command]
        # Before all others: behind "--" they would be names.
        if command in ("watch", "top", "node", "conntrack"):
            words += ["--count", "1"]
        elif command in ("lookups", "drops", "path", "dnstap", "spans"):
            words += ["--duration", "100ms"]
        words += ["--batch"] if command == "top" else []
        for _ in range(random.randrange(6)):
            option, value = random.choice(self.options[command] or [("--json", "")])
            if option in ("--follow", "--interval", "--listen", "--connect", "--duration", "--count", "--limit"):
                continue
            words.append(option)
            if value:
                words.append(random.choice(WORDS))
        for _ in range(random.randrange(4)):
            words.append(random.choice(MORE_WORDS))
        # An ordinary word may hold no zero byte, and is bytes for the kernel.
        return [os.fsencode(word).replace(b"\0", b"") for word in words]


def trap(kind, root):
    """Put it into a folder that will be the root of a process; what the process is to be called."""
    etc = root / "etc"
    etc.mkdir()
    conf, hosts = etc / "resolv.conf", etc / "hosts"
    conf.write_text("nameserver 127.0.0.1\n")
    if kind == "pipe":
        conf.unlink()
        os.mkfifo(conf)
    elif kind == "link out":
        conf.unlink()
        conf.symlink_to("/../../../../etc/shadow")
    elif kind == "link to itself":
        conf.unlink()
        conf.symlink_to("resolv.conf")
    elif kind == "folder":
        conf.unlink()
        conf.mkdir()
    elif kind == "device":
        conf.unlink()
        os.mknod(conf, 0o20666, os.makedev(1, 5))  # zero
    elif kind == "large":
        with conf.open("wb") as file:
            file.truncate(1 << 33)
    elif kind == "one line":
        conf.write_bytes(b"search " + b"a." * 500_000)
    elif kind == "escapes":
        conf.write_text(f"nameserver {ESCAPES}\nsearch {ESCAPES} x\noptions {ESCAPES}\n", errors="replace")
    elif kind == "hosts of 64 MB":
        with hosts.open("wb") as file:
            for _ in range(64):
                file.write(b"127.0.0.1 name\n" * (1 << 16))
    elif kind == "no root":
        conf.unlink()
        etc.rmdir()
    return ESCAPES[:15] if kind == "escapes" else "app"


TRAPS = ("pipe", "link out", "link to itself", "folder", "device", "large", "one line", "escapes", "hosts of 64 MB",
         "no root", "ends meanwhile")
WAIT = """
import os, pathlib, sys, time
root, name, life = sys.argv[1:]
pathlib.Path("/proc/self/comm").write_text(name)
os.chroot(root)
os.chdir("/")
print(flush=True)
time.sleep(float(life))
"""


def process_in(kind, folder):
    """A process whose root is that folder, with the trap in it."""
    root = pathlib.Path(tempfile.mkdtemp(dir=folder))
    name = trap(kind, root)
    process = subprocess.Popen([sys.executable, "-c", WAIT, root, name, "0.05" if kind == "ends meanwhile" else "600"],
                               stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"], "EVIL": ESCAPES})
    process.stdout.readline()
    return process
