#!/usr/bin/python3
"""Sum up meson test logs: the time of each suite, what failed, what was skipped, and one closing line.

A log is meson-logs/testlog.json, one JSON object a line. With CI=true a skip that tests/skips.allowed does
not list is a failure.
"""
import collections
import json
import os
import pathlib
import sys

ALLOWED = pathlib.Path(__file__).with_name("skips.allowed")


def allowed_skips():
    lines = ALLOWED.read_text().splitlines()
    return {line.split()[0] for line in lines if line.strip() and not line.startswith("#")}


def reason(entry):
    lines = (entry.get("stdout") or entry.get("stderr") or "").strip().splitlines()
    return next((line for line in lines if "skip" in line.lower()), lines[-1] if lines else "no reason given")


def print_times(preset, seconds):
    """How long the tests of each suite took, one after another; those that ran beside others count in full."""
    words = [f"{suite} {spent:.0f} s" for suite, spent in sorted(seconds.items(), key=lambda item: -item[1])]
    print(f"times in {preset}: {', '.join(words)}")


def main(logs):
    passed = failed = skipped = 0
    strict = os.environ.get("CI") == "true"
    allowed = allowed_skips()
    for log in logs:
        preset = pathlib.Path(log).parts[-3]
        seconds = collections.Counter()
        for line in pathlib.Path(log).read_text().splitlines():
            entry = json.loads(line)
            name, result = entry["name"].split(" / ")[-1], entry["result"]
            seconds[entry["name"].split(" / ")[0].rpartition(":")[2] or "other"] += entry["duration"]
            if result in ("OK", "EXPECTEDFAIL"):
                passed += 1
            elif result == "SKIP" and (name in allowed or not strict):
                skipped += 1
                print(f"skipped in {preset}: {name}: {reason(entry)}")
            else:
                failed += 1
                word = "skipped without leave" if result == "SKIP" else result.lower()
                print(f"{word} in {preset}: {name}: {reason(entry)}")
        print_times(preset, seconds)
    if passed + failed == 0:
        print("no test ran")
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
