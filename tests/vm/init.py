#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of the virtual machine: mount, load modules, run the test, say how it ended, switch off."""
import ctypes
import os
import pathlib
import subprocess
import traceback

# What the kernel loads by itself when it is asked for is not listed.
MODULES = ("veth", "bridge", "br_netfilter", "dummy", "nf_conntrack", "nf_conntrack_netlink", "ip_vs", "ip_vs_rr")
MOUNTS = (("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("tmpfs", "/run"),
          ("bpf", "/sys/fs/bpf"), ("tracefs", "/sys/kernel/tracing"))
POWER_OFF = 0x4321FEDC  # reboot(2)

libc = ctypes.CDLL(None, use_errno=True)
for kind, where in MOUNTS:
    libc.mount(kind.encode(), where.encode(), kind.encode(), 0, None)
status = 1
try:
    os.environ.update({"PATH": "/usr/bin:/usr/sbin", "HOME": "/root", "SOURCE": "/source", "K8SDNS": "/usr/bin/k8sdns",
                       "WITHOUT_FENTRY": "/usr/lib/without_fentry.so", "K8SDNS_VM_INSIDE": "1"})
    for name in MODULES:
        subprocess.run(["modprobe", name], check=True)
    words = dict(word.split("=", 1) for word in pathlib.Path("/proc/cmdline").read_text().split() if "=" in word)
    test = words["K8SDNS_TEST"].split(",")
    status = subprocess.run(["python3", f"/source/{test[0]}", *test[1:]], check=False).returncode
except Exception:
    traceback.print_exc()
print(f"\n=== status {status}", flush=True)
libc.reboot(POWER_OFF)
