"""The binary under test: run it, check its JSON against its own schema, compare its text with goldens."""
import contextlib
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

try:
    import jsonschema
except ModuleNotFoundError:
    print("SKIP: python3-jsonschema is not installed")
    sys.exit(77)

SOURCE = pathlib.Path(os.environ.get("SOURCE", pathlib.Path(__file__).parents[2]))
K8SDNS = os.environ.get("K8SDNS", str(SOURCE / "build/cmd/k8sdns"))
GOLDENS = SOURCE / "tests/cli/goldens"
# What every test starts from: no colour, a fixed width, no surprises from the caller's environment.
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "80",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""), "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}


# Limits of memory hold for what runs the program as well: sanitizers, or an emulator.
BESIDE = bool(os.environ.get("ASAN_OPTIONS") or os.environ.get("K8SDNS_EMULATED"))


def run(*arguments, stdin=b"", env=None, timeout=300, **options):
    """Run k8sdns; stdout and stderr are text (bytes that are no UTF-8 are kept as surrogates)."""
    done = subprocess.run([K8SDNS, *map(str, arguments)], input=stdin, env={**ENVIRONMENT, **(env or {})},
                          capture_output=True, timeout=timeout, check=False, **options)
    done.stdout = done.stdout.decode(errors="surrogateescape")
    done.stderr = done.stderr.decode(errors="surrogateescape")
    return done


@contextlib.contextmanager
def process_in_root(folder):
    """The pid of a process whose root that folder is, and which waits."""
    ready, held = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.chroot(folder)
        os.write(ready[1], b".")
        os.close(held[1])
        os.read(held[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    try:
        yield pid
    finally:
        os.close(held[1])
        os.waitpid(pid, 0)
        for fd in (*ready, held[0]):
            os.close(fd)


@functools.cache
def validator():
    schema = json.loads(run("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def run_json(*arguments, **options):
    """Run with --json; the document must satisfy the schema. Return (document, status)."""
    done = run("--json", *arguments, **options)
    document = json.loads(done.stdout)
    validator().validate(document)
    return document, done.returncode


class Case(unittest.TestCase):
    """A test case that knows goldens."""

    maxDiff = None

    def golden(self, name, text):
        """Compare with tests/cli/goldens/NAME; UPDATE_GOLDENS=1 writes it instead."""
        path = GOLDENS / name
        if os.environ.get("UPDATE_GOLDENS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(path.read_text(), text, f"{name} differs; UPDATE_GOLDENS=1 renews it")


def times_masked(text):
    """Replace what differs from run to run: durations."""
    return re.sub(r"\d+(?:\.\d+)? (?:us|ms|s)\b", "TIME", text)


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[1:], verbosity=2)
