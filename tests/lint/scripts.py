#!/usr/bin/python3
"""Shell scripts pass shellcheck; Python files compile and keep to 120 columns."""
import tree

tool = tree.need("shellcheck")
complaints = []
shell, python = [], []
for path in tree.files("*", folders=("tests", "packaging", ".ci")):
    full = tree.SOURCE / path
    if not full.is_file() or "corpus" in path.parts or "data" in path.parts:
        continue
    first = full.read_bytes()[:80].split(b"\n")[0]
    if first.startswith(b"#!") and first.endswith((b"sh", b"bash")):
        shell.append(str(path))
    elif path.suffix == ".py" or (first.startswith(b"#!") and b"python" in first):
        python.append(path)
result = tree.output(tool, *shell, check=False)
complaints += result.stdout.splitlines()
for path in python:
    text = (tree.SOURCE / path).read_text()
    try:
        compile(text, str(path), "exec")
    except SyntaxError as error:
        complaints.append(f"{path}: {error}")
    complaints += [f"{path}:{n}: over 120 columns" for n, line in enumerate(text.splitlines(), 1) if len(line) > 120]
tree.end(complaints)
