#!/usr/bin/python3
"""Write man/k8sdns-findings.7: `k8sdns explain --json | man/findings_page.py > man/k8sdns-findings.7`.

The page is made of what explain knows: findings, messages of applications, thresholds. A lint keeps it in step.
"""
import json
import sys

HEAD = r""".\" SPDX-License-Identifier: GPL-2.0-or-later
.\" Made by man/findings_page.py from `k8sdns explain --json`; do not edit.
.Dd November 24, 2026
.Dt K8SDNS-FINDINGS 7
.Os
.Sh NAME
.Nm k8sdns-findings
.Nd causes of DNS trouble that k8sdns knows
.Sh DESCRIPTION
.Xr k8sdns-diagnose 1
names causes by the ids below.
Each stands here with its usual severity, which the evidence may raise or lower,
with the reason, with what to do, safest first, and with what to run to know
more.
A word in capitals in a command stands for a name of your cluster: POD, NODE and
NAMESPACE as
.Ql kubectl get pods -A -o wide
shows them, NAME for the name that fails, UPSTREAM for an address of the forward
line of the Corefile.
.Nm k8sdns diagnose
fills in what it knows.
.Sh FINDINGS
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def filled(text):
    """Text on lines of its own, since the source of a page is read too."""
    line = ""
    for word in text.split():
        if len(line) + len(word) > 75 or line[-1:] in (".", "!", "?") or line[-2:] in (".)", "?)"):
            print(escaped(line))
            line = ""
        line += (" " if line else "") + word
    print(escaped(line))


def listed(title, texts):
    if not texts:
        return
    print(".Pp")
    print(title)
    print(".Bl -bullet -compact")
    for text in texts:
        print(".It")
        filled(text)
    print(".El")


def literal(lines):
    """Whole on their lines, so that they can be pasted."""
    print(".Bd -literal -offset indent -compact")
    for line in lines:
        print(escaped(line))
    print(".Ed")


def commands(title, lines):
    if lines:
        print(".Pp")
        print(title)
        literal(lines)


def steps(all_steps):
    print(".Pp")
    print("To do:")
    print(".Bl -enum -compact")
    for step in all_steps:
        print(".It")
        filled(step["text"])
        if step["command"]:
            literal([step["command"]])
        if step["undo"]:
            filled(f"undo: {step['undo']}")
    print(".El")


def main():
    data = json.load(sys.stdin)["data"]
    sys.stdout.write(HEAD)
    for finding in data["findings"]:
        print(f".Ss {escaped(finding['id'])}")
        filled(f"{finding['title'][0].upper()}{finding['title'][1:]} ({finding['severity']}).")
        filled(finding["cause"])
        steps(finding["steps"])
        commands("To know more:", finding["checks"])
    print(".Sh MESSAGES OF APPLICATIONS")
    for symptom in data["symptoms"]:
        print(f".Ss {escaped(symptom['title'])}")
        filled(symptom["meaning"])
        filled(f"Class {symptom['class']}; said by {symptom['said_by']}.")
        listed("Known by (* is any text):", symptom["patterns"])
        listed("May be behind it:", symptom["likely"])
    print(".Sh THRESHOLDS")
    print("Lines that")
    print(".Xr k8sdns-diagnose 1")
    print("draws, and that")
    print(".Fl -set")
    print("moves.")
    print('.Bl -tag -width Ds')
    for threshold in data["thresholds"]:
        print(f".It {escaped(threshold['name'])} No = {threshold['usual']:g}")
        filled(f"{threshold['doc'][0].upper()}{threshold['doc'][1:]}.")
    print(".El")
    print(".Sh SEE ALSO")
    print(".Xr k8sdns 1 ,\n.Xr k8sdns-diagnose 1 ,\n.Xr k8sdns-explain 1")


main()
