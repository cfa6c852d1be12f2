# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case with a lab and containers in its Pod, which live as long as its class."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/lab"))

import containers  # noqa: E402
import images  # noqa: E402
import private  # noqa: E402
import seccomp  # noqa: E402
from cluster import Lab, RESOLV_CONF, replica_address  # noqa: E402

REPLICAS = ",".join(replica_address(number) for number in (1, 2, 3))
PROGRAM = os.environ["K8SDNS"]
SINGLE = "/k8sdns"  # in every container
ORDINARY = "/usr/bin/k8sdns"  # in those with glibc, beside its libraries


def skip_without_tools():
    """End as skipped where containers cannot be made."""
    missing = images.missing_tools()
    if not seccomp.PROFILE.exists():
        missing.append(str(seccomp.PROFILE))
    if missing:
        print(f"SKIP: {', '.join(missing)}: not installed")
        sys.exit(77)
    if os.geteuid() != 0:
        print("SKIP: runc with cgroups takes root")
        sys.exit(77)


def single_file():
    """Where the file is; made again when something has changed."""
    folder = SOURCE / "build-tests/single"
    done = subprocess.run([SOURCE / "packaging/single-file", "--no-install", folder], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"packaging/single-file failed:\n{done.stdout}")
    return SOURCE / done.stdout.strip()


class PodCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab().__enter__()
        cls.addClassCleanup(cls.lab.__exit__)
        folder = private.RUN / cls.__name__
        cls.images = images.Images(folder / "images")
        cls.images.add_program("glibc", PROGRAM, ORDINARY)
        cls.containers = containers.Containers(folder, cls.images, RESOLV_CONF)
        cls.addClassCleanup(cls.containers.stop)
        cls.file = single_file()

    @classmethod
    def start(cls, name, spec):
        spec.files[SINGLE] = cls.file
        cls.containers.start(name, spec)
        if spec.user_namespace:
            place = f"users{len(cls.containers.pids)}"
            subprocess.run(["ip", "netns", "attach", place, str(cls.containers.pids[name])], check=True)
            cls.lab.ip(place, "link set lo up")
            cls.lab.wire(place, 0, 100 + len(cls.containers.pids))

    def document(self, name, program, command, *arguments, statuses=(0, 1, 2)):
        """A command's JSON in a container; its status is one of these."""
        done = self.containers.run(name, program, command, "--json", *arguments)
        self.assertIn(done.returncode, statuses, f"{name}: {command}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)
