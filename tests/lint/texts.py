#!/usr/bin/python3
"""Facts are enums and numbers: nobody who judges, shows or wires searches in texts that are meant for people.

strstr and its like find words in sentences, so each use has its reason here. strcmp may compare a text for people
with another of its kind, to show it once, and with nothing else.
"""
import re

import tree

FOLDERS = ("cmd", "lib/diag", "lib/render", "lib/collect", "lib/top")
# Members that hold words for people.
TEXTS = {"cause", "detail", "error", "evidence", "explanation", "frequency_text", "healthy", "how", "message", "note",
         "reason_text", "remark", "remedy", "sentence", "tells", "text", "title", "verdict", "what", "why"}
# What is searched there is no text of ours, or the search is what somebody asked for: file, and why.
SEARCHES = {
    "cmd/dig_words.c": "the scheme of a URL",
    "cmd/output.c": "the name of a terminal",
    "lib/diag/evidence/coredns/log_program.c": "the words of a line tell which program has it",
    "lib/diag/evidence/coredns/log_start.c": "the last words of a server are what it is about",
    "lib/diag/messages/message_answered.c": "the output of nslookup is what it is about",
    "lib/diag/messages/message_match.c": "messages of applications are what it is about",
    "lib/render/top/top_line.c": "the filter that a person types",
    "lib/render/metrics/metrics_text.c": "the scheme of a URL",
}


def arguments(text, start):
    """The arguments of the call whose parenthesis opens before `start`."""
    depth, at, found = 0, start, []
    for number in range(start, len(text)):
        c = text[number]
        if c in "([{":
            depth += 1
        elif c in ")]}" and depth:
            depth -= 1
        elif c == ")" or (c == "," and not depth):
            found.append(" ".join(text[at:number].split()))
            at = number + 1
            if c == ")":
                return found
    return found


def member(argument):
    """Of `a->b[i].text + 3` it is text; a local variable has no name that says more."""
    names = re.findall(r"(?:->|\.)(\w+)", re.sub(r"\[[^]]*\]", "", argument))
    return names[-1] if names else None


complaints = []
for path in tree.files("*.c", folders=FOLDERS):
    text = (tree.SOURCE / path).read_text()
    for call in re.finditer(r"\b(str(?:case)?str|strn?(?:case)?cmp|memmem)\(", text):
        place = f"{path}:{text.count(chr(10), 0, call.start()) + 1}"
        if call[1] in ("strstr", "strcasestr", "memmem"):
            if str(path) not in SEARCHES:
                complaints.append(f"{place}: {call[1]}() searches a text; make that a fact, or say why here")
            continue
        members = [member(argument) for argument in arguments(text, call.end())[:2]]
        found = set(members) & TEXTS
        if found and members[0] != members[1]:
            complaints.append(f"{place}: {call[1]}() with '{found.pop()}', a text for people")
for path in SEARCHES:
    if not re.search(r"\b(strstr|strcasestr|memmem)\(", (tree.SOURCE / path).read_text()):
        complaints.append(f"{path} searches nothing any more: take it off the list")
tree.end(complaints)
