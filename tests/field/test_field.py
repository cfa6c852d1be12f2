#!/usr/bin/python3
"""Cases made from public reports of DNS failures: the real program says what is right of each (tests/data/field).

usage: test_field.py [CASE...]

A case is a folder with `cmd`, a shell line in which $K8SDNS is the program and $LAB the folder of lab.sh; `want`, the
checks (checks.py); `expect.md`, what is right and why. tests/data/field/unmet names those that cannot be met, each with
its reason; one of them that is met after all is a failure as well.
"""
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import checks

HERE = pathlib.Path(__file__).parent
SOURCE = pathlib.Path(os.environ.get("SOURCE", HERE.parents[1]))
K8SDNS = os.environ.get("K8SDNS", str(SOURCE / "build/cmd/k8sdns"))
DATA = SOURCE / "tests/data/field"
LIMIT_S = 60
# Half of a case's time is waiting for servers that are silent.
AT_ONCE = 4


def run(folder):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KUBERNETES_") and k != "NO_COLOR"}
    environment |= {"K8SDNS": K8SDNS, "LAB": str(HERE), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(["bash", "-c", (folder / "cmd").read_text()], cwd=folder, env=environment, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as child:
        try:
            out, err = child.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            return [f"no end within {LIMIT_S} s"]
    outcome = checks.Outcome(child.returncode, out, err)
    lines = [line for line in (folder / "want").read_text().splitlines() if line and not line.startswith("#")]
    return [line for line in lines if not outcome.holds(line)]


def unmet():
    path = DATA / "unmet"
    rows = path.read_text().splitlines() if path.exists() else []
    return dict(row.split(None, 1) for row in rows if row and not row.startswith("#"))


def main():
    if os.geteuid() != 0 or not shutil.which("nft"):
        print("SKIP: the lab of these cases takes root and nftables")
        return 77
    only = sys.argv[1:]
    cases = sorted(path.parent for path in DATA.glob("*/want"))
    if only:
        cases = [folder for folder in cases if folder.name.startswith(tuple(only))]
    excused = unmet()
    failures = right = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        looks = list(pool.map(run, cases))
    for folder, missed in zip(cases, looks):
        # Latencies are those of this machine, too: what is missed beside other tests is looked at again by itself.
        for _ in range(2 if folder.name not in excused else 0):
            missed = missed and run(folder)
        right += not missed
        if bool(missed) == (folder.name in excused):
            continue
        failures += 1
        print(f"{folder.name}: {'; '.join(missed) if missed else 'is met: take it out of the list of unmet ones'}")
    print(f"{right} of {len(cases)} cases right, {len(excused)} known not to be")
    return 1 if failures or not cases else 0


sys.exit(main())
