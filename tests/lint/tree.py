"""What the lints share: the tree's files and how a lint ends."""
import os
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build"))
K8SDNS = os.environ.get("K8SDNS", str(BUILD / "cmd/k8sdns"))
CODE = ("cmd", "lib", "include", "tests")


def files(*patterns, folders=CODE):
    """The files of the tree that match, sorted, as paths from its root."""
    found = set()
    for folder in folders:
        for pattern in patterns:
            found.update((SOURCE / folder).rglob(pattern))
    return sorted(path.relative_to(SOURCE) for path in found)


def need(tool):
    """The path of a tool, or end as skipped."""
    path = shutil.which(tool)
    if not path:
        print(f"SKIP: {tool} is not installed")
        sys.exit(77)
    return path


def output(*command, check=True):
    return subprocess.run(command, cwd=SOURCE, check=check, text=True, capture_output=True)


def end(complaints):
    """Print the complaints and exit as they say."""
    for line in complaints:
        print(line)
    sys.exit(1 if complaints else 0)
