#!/usr/bin/python3
"""man/k8sdns-findings.7 is what man/findings_page.py makes of what explain knows."""
import subprocess

import tree

known = tree.output(tree.K8SDNS, "explain", "--json").stdout
made = subprocess.run([tree.SOURCE / "man/findings_page.py"], input=known, text=True, capture_output=True, check=True)
if made.stdout != (tree.SOURCE / "man/k8sdns-findings.7").read_text():
    tree.end(["k8sdns-findings.7 is out of step: k8sdns explain --json | man/findings_page.py > man/k8sdns-findings.7"])
