#!/usr/bin/python3
"""man/k8sdns-resolvers.7 is what running the rules of the resolvers gives."""
import os
import pathlib

import tree

made = tree.output(pathlib.Path(os.environ["BUILD"]) / "man/resolvers_page").stdout
if made != (tree.SOURCE / "man/k8sdns-resolvers.7").read_text():
    tree.end(["k8sdns-resolvers.7 is out of step: BUILD/man/resolvers_page > man/k8sdns-resolvers.7"])
