# SPDX-License-Identifier: GPL-2.0-or-later
"""Enter private namespaces: all that the lab makes lives inside them, and the kernel takes it away with them.

Mounts, networks and processes of a lab are in namespaces of their own; when its first process ends, however it
ends, every other one is killed and the namespaces go. A plain user gets a user namespace around them.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys

INSIDE = "K8SDNS_LAB_INSIDE"
RUN = pathlib.Path("/run/k8sdns-lab")


def unshare_command():
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--net", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"]


def why_not():
    """Why no lab can be had here, or None."""
    for tool in ("unshare", "nsenter", "ip", "nft", "knotd"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    done = subprocess.run([*unshare_command(), "sh", "-c", "mount -t tmpfs none /run && ip link set lo up"],
                          capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else "namespaces are not permitted: " + done.stderr.strip()


def of_a_plain_user():
    """Whether these namespaces are of a plain user, where nobody else is mapped."""
    return int(pathlib.Path("/proc/self/uid_map").read_text().split()[2]) < 0xffffffff


def enter(watches=False):
    """Run this program again inside the namespaces; return there, and only there.

    What `watches` puts programs into the kernel, which takes root of the machine.
    """
    if os.environ.pop(INSIDE, None):
        prepare()
        return
    if watches and (os.geteuid() != 0 or of_a_plain_user()):
        print("SKIP: programs in the kernel take root")
        sys.exit(77)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    reason = why_not()
    if reason:
        print(f"SKIP: {reason}")
        sys.exit(77)
    inside = subprocess.Popen([*unshare_command(), sys.executable, *sys.argv], env={**os.environ, INSIDE: "1"},
                              preexec_fn=die_with_parent)
    # Ctrl-C reaches those inside as well, and they clean up; to be told to end is the end for all of them.
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: inside.kill())
    status = inside.wait()
    sys.exit(status if status >= 0 else 128 - status)


def die_with_parent():
    """In the child: be killed when the parent ends, however it ends (prctl(2), PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def prepare():
    """A /run of our own, which is where network namespaces and the servers' files are."""
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    RUN.mkdir()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
