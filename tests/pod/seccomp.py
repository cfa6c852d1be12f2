# SPDX-License-Identifier: GPL-2.0-or-later
"""The default seccomp profile of containers-common, in the form that the OCI runtime takes.

The profile's entries hold for some capabilities and architectures; the runtime's hold always.
"""
import json
import pathlib

PROFILE = pathlib.Path("/usr/share/containers/seccomp.json")


def holds(entry, capabilities):
    wanted, unwanted = entry.get("includes") or {}, entry.get("excludes") or {}
    if not set(wanted.get("caps", [])) <= capabilities or set(unwanted.get("caps", [])) & capabilities:
        return False
    return "amd64" in wanted.get("arches", ["amd64"]) and "amd64" not in unwanted.get("arches", [])


def profile(capabilities):
    """The `linux.seccomp` of a container with these capabilities."""
    held = json.loads(PROFILE.read_text())
    names = ("names", "action", "args", "errnoRet")
    return {
        "defaultAction": held["defaultAction"],
        "defaultErrnoRet": held.get("defaultErrnoRet", 1),
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [{name: entry[name] for name in names if entry.get(name)} for entry in held["syscalls"]
                     if holds(entry, set(capabilities))],
    }
