#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sample output of every command's manual page, by running it: `man/samples.py [--lab] [COMMAND...]` writes them.

Those of files and captures (tests/data) are checked by a lint. The others are of what happens in the lab while they
run, and are written with --lab; what else runs on the machine may show in them, so read them then. A sample has the
command as a person types it, then what was printed: at most 24 lines, `...` where lines were left out, lines that are
too long for a page folded.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing

SOURCE = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("K8SDNS", SOURCE / "build/cmd/k8sdns"))
WIDE, HIGH = 75, 24
DEAD = "tests/data/captures/dead-replica-named.json"
HEALTHY = "tests/data/captures/healthy.json"
REPLICAS = ",".join(f"10.244.1.2{number}" for number in (1, 2, 3))


class Sample(typing.NamedTuple):
    """What a person types, what is run for it, and which of its lines are kept (first and last, from 1)."""
    typed: str
    run: str
    keep: tuple = ((1, HIGH - 1),)
    lab: tuple = ()   # options of tests/lab/lab; none: what is run reads files alone


SAMPLES = {
    "agent": Sample("k8sdns agent | jq -c '.data | [.time, .event, .part.part // .finding.id, .part.why]'",
                    f"k8sdns agent --replica {REPLICAS} --interval 2s --duration 20s 2>/dev/null | head -8 | "
                    "jq -c '.data | [.time, .event, .part.part // .finding.id, .part.why]'",
                    ((1, 20),), ("--fault", "dead-replica")),
    "capture": Sample("k8sdns capture --redact WORD >there.json",
                      "folder=$(mktemp -d); cd $folder; k8sdns capture --redact WORD --from $OLDPWD/" + DEAD + " >there.json;"
                      "echo '$ jq -c .data.names[:2],.data.resolv.nameservers,.data.host.pod there.json';"
                      "jq -c '.data.names[:2],.data.resolv.nameservers,.data.host.pod' there.json;"
                      "echo '$ k8sdns diagnose --from there.json | head -4';"
                      "k8sdns diagnose --from there.json | head -4; rm -r $folder"),
    "completion": Sample("source <(k8sdns completion bash)\n$ k8sdns explain coredns-<Tab><Tab>",
                         "source <(k8sdns completion bash); COMP_WORDS=(k8sdns explain coredns-); COMP_CWORD=2; _k8sdns; "
                         "printf '%s\n' \"${COMPREPLY[@]}\" | sort | column -c 70 | expand"),
    "conntrack": Sample("k8sdns conntrack", f"k8sdns conntrack --from {HEALTHY}"),
    "corefile": Sample("k8sdns corefile Corefile",
                       "folder=$(mktemp -d); cp tests/data/corefiles/r4.Corefile $folder/Corefile; cd $folder;"
                       "k8sdns corefile Corefile; rm -r $folder"),
    "decode": Sample("k8sdns decode coredns.log", "k8sdns decode tests/data/coredns/debug.log"),
    "diagnose": Sample("k8sdns", f"k8sdns diagnose --from {DEAD}"),
    "diff": Sample("k8sdns diff before.json after.json",
                   f"k8sdns diff {DEAD} tests/data/captures/two-faults.json"),
    "dnstap": Sample("k8sdns dnstap --read tap.fstrm",
                     "k8sdns dnstap --read tests/data/dnstap/1.14.7-upstream-down.fstrm", ((1, 1), (99, 117))),
    "drops": Sample("k8sdns drops --duration 6s",
                    "k8sdns drops --duration 6s 2>/dev/null & sleep 3; k8sdns probe kubernetes.default.svc.cluster.local. "
                    "--replica 10.244.1.22 --tries 1 --timeout 300ms >/dev/null; wait",
                    ((1, 24),), ("--fault", "output-blocked")),
    "expand": Sample("k8sdns expand api.shop --as glibc,busybox-nslookup",
                     "k8sdns expand api.shop --as glibc,busybox-nslookup --resolv-conf tests/field/resolv.conf"),
    "explain": Sample("k8sdns explain EAI_AGAIN", "k8sdns explain EAI_AGAIN"),
    "help": Sample("k8sdns help", "k8sdns help", ((1, 12),)),
    "history": Sample("k8sdns history --from /var/tmp/k8sdns",
                      "LC_ALL=C k8sdns history --from tests/data/recordings/two-faults"),
    "ipvs": Sample("k8sdns ipvs", "k8sdns ipvs --from tests/data/captures/ipvs-removed.json", ((1, 7), (13, 30))),
    "logs": Sample("kubectl logs -n kube-system -l k8s-app=kube-dns --prefix --tail=-1 | k8sdns logs",
                   "k8sdns logs tests/data/logs/healthy.log", ((1, 20),)),
    "lookup": Sample("k8sdns lookup www.example.com", f"k8sdns lookup www.example.com --from {DEAD}"),
    "lookups": Sample("k8sdns lookups --duration 20s",
                      "{ sleep 3; exec getent ahosts database.default.svc.cluster.local.; } >/dev/null & "
                      "k8sdns lookups --pid $! --duration 20s 2>/dev/null; wait", ((1, 20),), ("--fault", "no-aaaa")),
    "metrics": Sample("k8sdns metrics", f"k8sdns metrics --from {HEALTHY}", ((1, 4), (11, 13), (19, 22))),
    "node": Sample("k8sdns node", "k8sdns node", ((1, 17), (25, 30)), ("--in", "node")),
    "objects": Sample("kubectl get services,endpointslices,pods -n kube-system -o json >all.json\n"
                      "$ k8sdns objects <all.json | jq -r '.items[].kind' | sort | uniq -c",
                      "k8sdns objects <tests/data/kube/coredns.json | jq -r '.items[].kind' | sort | uniq -c"),
    "path": Sample("k8sdns path --name shop.example.com --count 1",
                   "k8sdns path --name shop.example.com --count 1 --duration 9s 2>/dev/null & sleep 3; k8sdns probe "
                   "shop.example.com --no-search --type A --tries 1 >/dev/null 2>&1; wait",
                   ((1, 15), (19, 25)), ("--in", "pod")),
    "probe": Sample("k8sdns probe www.example.com kubernetes.default.svc.cluster.local", f"k8sdns probe --from {DEAD}"),
    "replicas": Sample("k8sdns replicas", f"k8sdns replicas --from {HEALTHY}"),
    "report": Sample("k8sdns report --format markdown", f"k8sdns report --format markdown --from {DEAD}", ((1, 11),)),
    "resolv": Sample("k8sdns resolv", f"k8sdns resolv --from {DEAD}"),
    "schema": Sample("k8sdns schema | jq -c '.\"$defs\".step.properties'",
                     "k8sdns schema | jq -c '.\"$defs\".step.properties'"),
    "scope": Sample("k8sdns scope reports.jsonl", "PYTHONPATH=tests/cli python3 -c 'import json, test_scope as t; print(*map(json.dumps, t.grid("
                    "lambda node, pod, minute: node in (2, 5) and (pod + minute) % 3)))' | k8sdns scope -"),
    "spans": Sample("k8sdns spans --read spans.json",
                    "k8sdns spans --read tests/data/spans/span-140.json,tests/data/spans/span-141.json,"
                    "tests/data/spans/span-142.json", ((1, 8), (32, 36), (48, 52))),
    "top": Sample("k8sdns top --batch", "k8sdns top --batch --from tests/data/captures/dead-replica.json", ((1, 23),)),
    "watch": Sample("k8sdns watch www.example.com --duration 1m", f"k8sdns watch --from {DEAD}"),
}


def printed(sample):
    """What it prints."""
    command = ["bash", "-c", sample.run]
    if sample.lab:
        command = [SOURCE / "tests/lab/lab", *sample.lab, "--", *command]
    done = subprocess.run(command, cwd=SOURCE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=120,
                          stderr=None if sample.lab else subprocess.DEVNULL, check=False,
                          env={"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "COLUMNS": str(WIDE), "LC_ALL": "C", "SOURCE": str(SOURCE),
                               "K8SDNS": str(PROGRAM), "TZ": "UTC", "HOME": "/nonexistent"})
    return done.stdout.splitlines()


def folded(line, by):
    """A line as lines that fit, broken at blanks; a command's end in a backslash."""
    indent = re.match(" *", line)[0] + "    "
    while len(line) > WIDE:
        at = line.rfind(" ", len(indent), WIDE - len(by))
        at = WIDE - len(by) if at < 0 else at
        yield line[:at] + by
        line = indent + line[at:].lstrip()
    yield line


def lines(sample):
    everything = printed(sample)
    shown = [text for number, line in enumerate(("$ " + sample.typed).split("\n")) for text in folded(line, " \\")]
    last = 0
    for first, end in sample.keep:
        if first > len(everything):
            break
        if first > last + 1:
            shown.append("...")
        for line in everything[first - 1:end]:
            shown += folded(line, " \\" if re.match(" +(kubectl|k8sdns) ", line) else "")
        last = min(end, len(everything))
    if last < len(everything) and len(shown) >= HIGH:
        del shown[HIGH - 1:]
    if last < len(everything):
        shown.append("...")
    return shown


def source(sample):
    """The same as mdoc."""
    for line in lines(sample):
        line = line.rstrip().replace("\\", "\\e")
        yield "\\&" + line if not line or line[0] in ".'" else line


def block(page):
    """Where the sample of a page stands: first and last index of its lines."""
    text = page.read_text().split("\n")
    begin = text.index(".Sh OUTPUT") + 1 if ".Sh OUTPUT" in text else 0
    if not begin or not text[begin].startswith(".Bd -literal"):
        return text, None, None
    return text, begin + 1, text.index(".Ed", begin)


def complaints(name, sample):
    page = SOURCE / f"man/k8sdns-{name}.1"
    text, begin, end = block(page)
    if begin is None:
        yield f"{page.name}: no section OUTPUT that begins with a sample"
        return
    if end - begin > HIGH:
        yield f"{page.name}: the sample has {end - begin} lines, and {HIGH} are the most"
    if not any(line and not line.startswith(".") for line in text[end + 1:text.index(".Sh " + next(
            line[4:] for line in text[end:] if line.startswith(".Sh ")), end)]):
        yield f"{page.name}: the sample is not explained"
    if not sample.lab and (shutil.which("jq") or "jq" not in sample.run) and text[begin:end] != list(source(sample)):
        yield f"{page.name}: its sample is not what is printed: man/samples.py {name}"


def main():
    words = sys.argv[1:]
    if words == ["--check"]:
        found = [text for name, sample in SAMPLES.items() for text in complaints(name, sample)]
        found += [f"{page.name}: no sample in man/samples.py" for page in sorted((SOURCE / "man").glob("k8sdns-*.1"))
                  if page.stem.removeprefix("k8sdns-") not in SAMPLES]
        print("\n".join(found))
        sys.exit(1 if found else 0)
    with_lab = "--lab" in words
    for name in [word for word in words if word != "--lab"] or SAMPLES:
        if SAMPLES[name].lab and not with_lab:
            continue
        page = SOURCE / f"man/k8sdns-{name}.1"
        text, begin, end = block(page)
        if begin is None:
            sys.exit(f"{page.name}: no section OUTPUT")
        text[begin:end] = source(SAMPLES[name])
        page.write_text("\n".join(text))


if __name__ == "__main__":
    main()
