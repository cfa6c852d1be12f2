#!/usr/bin/python3
"""man/k8sdns-json.5 is what man/json_page.py makes of the schema."""
import subprocess

import tree

schema = tree.output(tree.K8SDNS, "schema").stdout
made = subprocess.run([tree.SOURCE / "man/json_page.py"], input=schema, text=True, capture_output=True, check=True)
if made.stdout != (tree.SOURCE / "man/k8sdns-json.5").read_text():
    tree.end(["k8sdns-json.5 is out of step: k8sdns schema | man/json_page.py > man/k8sdns-json.5"])
