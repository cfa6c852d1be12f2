#!/usr/bin/python3
"""Every row of tests/mutants/list still applies: its text stands in its file, and stands there once."""
import tree

complaints = []
row = {}
for line in [*(tree.SOURCE / "tests/mutants/list").read_text().splitlines(), ""]:
    word, separator, value = line.partition(": ")
    if separator and not line.startswith("#"):
        row[word] = f"{row[word]}\n{value}" if word in row else value
    elif not line and "file" in row:
        path = tree.SOURCE / row["file"]
        count = path.read_text().count(row["old"]) if path.exists() else 0
        if count != 1:
            complaints.append(f"tests/mutants/list: {row['file']} has this {count} times: {row['old']}")
        row = {}
tree.end(complaints)
