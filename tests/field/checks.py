"""The `want` file of a case: a check a line, all of which must hold of what the case's command printed.

  rc N [N...]          its exit status
  + REGEX / - REGEX    must, must not be found in its output, both streams; case counts unless it begins with (?i)
  json EXPRESSION      over these names:
    d, docs     the last JSON document of stdout, and all of them
    out, rc     all output in lower case; the exit status
    F, ids      the findings that fire, and their ids (node-overloaded left out: the machine that runs this may be busy)
    bad, badids those of them that are warning or critical
    find(ID)    the finding, or None; own(ID): it fires and is the consequence of no other
    S(x)        anything as JSON text in lower case
    said        what the program says of itself (stderr, what it could not observe, its error)
    re          the module
"""
import json
import re


def documents(text):
    """All JSON objects in a text, in order."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while start := re.compile(r"[{\[]").search(text, at):
        try:
            document, at = decoder.raw_decode(text, start.start())
        except ValueError:
            at = start.start() + 1
            continue
        if isinstance(document, dict):
            found.append(document)
    return found


class Outcome:
    """What one command printed, and the checks of it."""

    def __init__(self, status, stdout, stderr):
        self.status, self.text = status, stdout + stderr
        docs = documents(stdout)
        last = docs[-1] if docs else {}
        findings = [f for f in last.get("findings") or []
                    if f.get("state", "fires") == "fires" and f.get("id") != "node-overloaded"]
        bad = [f for f in findings if f.get("severity") in ("warning", "critical")]

        def lower(thing):
            return json.dumps(thing, ensure_ascii=False).lower()

        def find(name):
            return next((f for f in findings if f["id"] == name), None)

        def own(name):
            return any(f["id"] == name and f.get("consequence_of") in (None, "node-overloaded") for f in findings)

        self.has_document = bool(docs)
        self.names = {
            "d": last, "docs": docs, "out": self.text.lower(), "rc": status, "F": findings, "bad": bad, "S": lower,
            "ids": {f["id"] for f in findings}, "badids": {f["id"] for f in bad}, "find": find, "own": own, "re": re,
            "said": stderr.lower() + lower([last.get("unobserved"), last.get("error")])}

    def holds(self, line):
        kind, _, rest = line.partition(" ")
        if kind == "rc":
            return str(self.status) in rest.split()
        if kind in "+-":
            return bool(re.search(rest, self.text)) == (kind == "+")
        assert kind == "json", f"no such check: {line}"
        try:
            # The expressions are files of this tree.
            return self.has_document and bool(eval(rest, dict(self.names)))  # pylint: disable=eval-used
        except (KeyError, TypeError, IndexError, StopIteration, AttributeError):
            return False
