#!/usr/bin/python3
"""Every command has a manual page that mandoc accepts and that names every option the command takes."""
import re

import tree

tool = tree.need("mandoc")
# Pages whose commands are made by the program, and stand whole on their lines, however long: they can be pasted.
PASTED = {"k8sdns-findings"}
COMMAND = re.compile(r" {8,}[a-z][\w-]* [^.]")
complaints = []
for path in tree.files("*.1", "*.5", "*.7", folders=("man",)):
    result = tree.output(tool, "-Tlint", "-Wwarning", str(path), check=False)
    complaints += [line for line in result.stdout.splitlines() if "referenced manual not found" not in line]
    wide = [line for line in tree.output(tool, "-Tascii", "-Owidth=80", str(path)).stdout.splitlines()
            if len(re.sub(r".\x08", "", line)) > 80 and not (path.stem in PASTED and COMMAND.match(line))]
    complaints += [f"{path}: over 80 columns: {line}" for line in wide]

overview = (tree.SOURCE / "man/k8sdns.1").read_text()
names = re.findall(r"^  (\w+)  +\S", tree.output(tree.K8SDNS, "help").stdout, re.M)
# The groups and their commands stand in k8sdns(1) as help has them.
GROUPS = r"^(?:{}|{})"
shown = [heading or name for heading, name in
         re.findall(GROUPS.format(r"(\S.*):$", r"  (\w+)  +\S"), tree.output(tree.K8SDNS, "help").stdout, re.M)]
shown = shown[:shown.index("In a Pod without k8sdns")]
listed = overview[overview.index(".Sh COMMANDS"):overview.index(".Sh OPTIONS")]
listed = [heading or name for heading, name in
          re.findall(GROUPS.format(r"\.Ss (.*)$", r"\.It Xr k8sdns-(\w+) 1$"), listed, re.M)]
if shown != listed:
    complaints.append(f"k8sdns.1 lists {' '.join(listed)}, and help {' '.join(shown)}")
general = set(re.findall(r"--([a-z-]+)", tree.output(tree.K8SDNS, "help", "help").stdout))
for name in names:
    page = tree.SOURCE / f"man/k8sdns-{name}.1"
    if not page.exists():
        complaints.append(f"man/k8sdns-{name}.1 is missing")
        continue
    text = page.read_text()
    for option in sorted(set(re.findall(r"--([a-z][a-z-]+)", tree.output(tree.K8SDNS, "help", name).stdout))):
        where = overview if option in general else text + overview
        if f"Fl -{option}" not in where:
            complaints.append(f"{page.name}: --{option} is not described")
    for option in re.findall(r"Fl -([a-z][a-z-]+)", text):
        if f"--{option}" not in tree.output(tree.K8SDNS, "help", name).stdout and f"Fl -{option}" not in overview:
            complaints.append(f"{page.name}: describes --{option}, which the command does not take")
    if f"k8sdns-{name}" not in overview and f"Xr k8sdns-{name} 1" not in overview:
        complaints.append(f"k8sdns.1 does not name k8sdns-{name}")
for name in general:
    if f"Fl -{name}" not in overview:
        complaints.append(f"k8sdns.1: --{name} is not described")
tree.end(complaints)
