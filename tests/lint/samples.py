#!/usr/bin/python3
"""Every command's manual page has a sample of its output, which is what is printed, and says how to read it."""
import subprocess
import sys

import tree

sys.exit(subprocess.run([tree.SOURCE / "man/samples.py", "--check"], env={**tree.os.environ, "K8SDNS": tree.K8SDNS},
                        check=False).returncode)
