#!/usr/bin/python3
"""Sum up meson test logs: the time of each suite, what failed, what was skipped, and one closing line.

usage: tests/summary.py LOG... | tests/summary.py --failed LOG

A log is meson-logs/testlog.json, one JSON object a line. What failed there and passed in again.json beside it, where
the failures were run once more and alone, is counted as passed and named as unsteady. With CI=true a skip that
tests/skips.allowed does not list, with its reason, is a failure. --failed prints the names of what failed and nothing
else.
"""
import collections
import json
import os
import pathlib
import sys

ALLOWED = pathlib.Path(__file__).with_name("skips.allowed")


def allowed_skips():
    """The reason that each may give."""
    lines = ALLOWED.read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))


def is_allowed(name, entry, allowed):
    return name in allowed and allowed[name].strip() in reason(entry)


def reason(entry):
    lines = (entry.get("stdout") or entry.get("stderr") or "").strip().splitlines()
    return next((line for line in lines if "skip" in line.lower()), lines[-1] if lines else "no reason given")


def entries(log):
    """Of each test: its suite, its name, and all that the log has."""
    if not log.exists():
        return
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        suite, _, name = entry["name"].rpartition(" / ")
        yield suite.rpartition(":")[2] or "other", name, entry


def has_failed(entry):
    return entry["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")


def print_times(preset, seconds):
    """How long the tests of each suite took, one after another; those that ran beside others count in full."""
    words = [f"{suite} {spent:.0f} s" for suite, spent in sorted(seconds.items(), key=lambda item: -item[1])]
    print(f"times in {preset}: {', '.join(words)}")


def main(logs):
    passed = failed = skipped = 0
    strict = os.environ.get("CI") == "true"
    allowed = allowed_skips()
    for log in map(pathlib.Path, logs):
        preset = log.parts[-3]
        seconds = collections.Counter()
        again = entries(log.with_name("again.json"))
        passed_again = {name for _, name, entry in again if entry["result"] == "OK"}
        for suite, name, entry in entries(log):
            result = entry["result"]
            seconds[suite] += entry["duration"]
            if result == "SKIP" and (not strict or is_allowed(name, entry, allowed)):
                skipped += 1
                print(f"skipped in {preset}: {name}: {reason(entry)}")
            elif result == "SKIP":
                failed += 1
                print(f"skipped without leave in {preset}: {name}: {reason(entry)}")
            elif not has_failed(entry):
                passed += 1
            elif name in passed_again:
                passed += 1
                print(f"unsteady in {preset}: {name} passes alone, failed with: {reason(entry)}")
            else:
                failed += 1
                print(f"{result.lower()} in {preset}: {name}: {reason(entry)}")
        print_times(preset, seconds)
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def print_failed(log):
    for _, name, entry in entries(pathlib.Path(log)):
        if has_failed(entry):
            print(name)
    return 0


sys.exit(print_failed(sys.argv[2]) if sys.argv[1:2] == ["--failed"] else main(sys.argv[1:]))
