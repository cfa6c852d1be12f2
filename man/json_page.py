#!/usr/bin/python3
"""Write man/k8sdns-json.5 from the schema: `k8sdns schema | man/json_page.py > man/k8sdns-json.5`.

The page lists the members of every command's data with their types and meanings. A lint keeps it in step.
"""
import json
import sys

HEAD = r"""." SPDX-License-Identifier: GPL-2.0-or-later
." Made by man/json_page.py from `k8sdns schema`; do not edit.
.Dd November 23, 2026
.Dt K8SDNS-JSON 5
.Os
.Sh NAME
.Nm k8sdns-json
.Nd what k8sdns prints with --json
.Sh DESCRIPTION
Every command of
.Xr k8sdns 1
prints one JSON document with
.Fl -json :
an envelope, and in it the command's own
.Li data .
On an error the envelope has
.Li error
instead of
.Li data .
Members are added over time, but none is taken away or changes its meaning
while
.Li schema
is the same.
Every member is always there; what is not known is null.
Numbers carry their unit in their name
.Pq Li rtt_us , timeout_ms ,
and ratios are from 0 to 1.
Resource records have the member names of RFC 8427.
.Pp
A name that a person or a program gave stands as it was given, with the final
dot or without.
What a resolver makes of it
.Pq candidates, search domains, names of queries
has no final dot.
Names from messages, packets and what CoreDNS writes
.Pq logs, dnstap, traces, metrics
have it.
To compare two names, cut it off:
.Li rtrimstr(\[dq].\[dq])
in
.Xr jq 1 .
.Pp
Times are those of RFC 3339 in UTC, with
.Li Z
at the end; a time in seconds since 1970 is told as such.
.Pp
.Xr k8sdns-schema 1
prints the same as a JSON Schema.
""".replace('."', '.\\"')

TAIL = r""".Sh SEE ALSO
.Xr k8sdns 1 ,
.Xr k8sdns-schema 1
.Sh STANDARDS
.Rs
.%R RFC 8427
.%T Representing DNS Messages in JSON
.Re
"""


def escaped(text):
    text = text.replace("\\", "\\e")
    return "\\&" + text if text[:1] in (".", "'") else text


def kind(member):
    """The type of a member in words, and the definition it leads to."""
    for group in ("allOf", "anyOf"):
        if group in member:
            name = member[group][0]["$ref"].rsplit("/", 1)[1]
            return ("object" if group == "allOf" else "object or null"), name
    if "$ref" in member:
        return "object", member["$ref"].rsplit("/", 1)[1]
    if "enum" in member:
        return "one of " + ", ".join(str(word) for word in member["enum"] if word is not None), None
    words = member["type"] if isinstance(member["type"], list) else [member["type"]]
    if words[0] == "array":
        inner, name = kind(member["items"])
        return f"array of {inner}s" if not name else "array of objects", name
    if words[0] == "object" and "additionalProperties" in member:
        return f"object of {member['additionalProperties']['type']}s by name", None
    return " or ".join(words), None


def print_members(definitions, name, seen):
    print('.Bl -tag -width "answers"')
    inner = []
    definition = definitions[name]
    members = list(definition["properties"].items())
    members += [(pattern.strip("^$").replace("[A-Z0-9-]+", "TYPE"), member)
                for pattern, member in definition.get("patternProperties", {}).items()]
    for key, member in members:
        words, leads = kind(member)
        print(f".It Li {key}")
        print(escaped(member.get("description", "").rstrip(".")) + f" ({words}" + (
            f", see {leads})." if leads else ")."))
        if leads and leads not in seen:
            inner.append(leads)
            seen.add(leads)
    print(".El")
    for leads in inner:
        print(f".Ss {leads}")
        print_members(definitions, leads, seen)


def main():
    schema = json.load(sys.stdin)
    definitions = schema["$defs"]
    sys.stdout.write(HEAD)
    print(".Sh ENVELOPE")
    seen = {"envelope"}
    print_members(definitions, "envelope", seen)
    for case in schema["allOf"]:
        command = case["if"]["properties"]["command"]["const"]
        data = case["then"]["properties"]["data"]
        print(f".Sh DATA OF {command.upper()}")
        for choice in data.get("anyOf", [data]):
            name = choice["$ref"].rsplit("/", 1)[1]
            if choice != data:
                print(f".Ss {name}")
            if name in seen:
                print(f"As {name} above.")
                continue
            seen.add(name)
            print_members(definitions, name, seen)
    sys.stdout.write(TAIL)


main()
