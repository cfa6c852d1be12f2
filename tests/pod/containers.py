# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers of the lab's Pod, as the kubelet and containerd make them, run by runc.

Capabilities, mounts, masked paths and the environment are those that containerd gives to a Pod's container by default.
"""
import contextlib
import copy
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

import seccomp

GROUP = f"k8sdns-test-{os.urandom(4).hex()}"  # begins the names of this test's control groups
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL "
    "AUDIT_WRITE").split()]
MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
          "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
READ_ONLY = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
MOUNTS = [
    {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
]


@dataclasses.dataclass
class Spec:
    """What a Pod's author may set, and the image."""
    image: str
    args: tuple = ("/app",)
    capabilities: tuple = tuple(CAPABILITIES)
    uid: int = 0
    read_only: bool = False
    no_new_privileges: bool = False  # allowPrivilegeEscalation: false
    empty: tuple = ()  # folders that the kubelet makes for it, which it may write
    tmp: str = "image"  # image, none, noexec
    seccomp: str = ""  # "by capabilities": containers-common's profile; "as without capabilities"
    host_pid: bool = False
    joins: str = ""  # another container, whose process namespace it shares
    user_namespace: bool = False  # hostUsers: false
    limits: dict = dataclasses.field(default_factory=dict)
    environment: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)  # path in the container: a file or folder of this system
    texts: dict = dataclasses.field(default_factory=dict)  # path in the container: what it says
    resolv_conf: str = ""  # text; else the Pod's
    network: str = "pod"


def bind(source, destination, *options):
    return {"destination": destination, "type": "bind", "source": str(source), "options": ["rbind", "ro", *options]}


def configuration(spec, name, root, folder, joined_pid):
    """config.json of the OCI runtime specification."""
    mounts = copy.deepcopy(MOUNTS)
    resolv_conf = folder / "resolv.conf"
    mounts.append(bind(resolv_conf, "/etc/resolv.conf"))
    mounts += [bind(source, destination) for destination, source in spec.files.items()]
    for destination, text in spec.texts.items():
        source = folder / destination.replace("/", "_")
        source.write_text(text)
        mounts.append(bind(source, destination))
    mounts += [{"destination": path, "type": "tmpfs", "source": "tmpfs", "options": ["mode=0777", "size=16m"]}
               for path in spec.empty]
    if spec.tmp == "noexec":
        mounts.append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["noexec", "mode=1777"]})
    namespaces = [{"type": "mount"}, {"type": "ipc"}, {"type": "uts"},
                  {"type": "network", "path": f"/run/netns/{spec.network}"}]
    if spec.user_namespace:
        # A network that is of this user namespace; who starts the container wires it.
        namespaces = [held for held in namespaces if held["type"] != "network"]
        namespaces += [{"type": "user"}, {"type": "network"}]
    if joined_pid:
        namespaces.append({"type": "pid", "path": f"/proc/{joined_pid}/ns/pid"})
    elif not spec.host_pid:
        namespaces.append({"type": "pid"})
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": name,
                   "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", **spec.environment}
    capabilities = list(spec.capabilities)
    # As containerd does it, another user than root has them in the bounding set alone.
    sets = {"bounding": capabilities, "effective": [] if spec.uid else capabilities,
            "permitted": [] if spec.uid else capabilities}
    linux = {"namespaces": namespaces, "maskedPaths": MASKED, "readonlyPaths": READ_ONLY,
             "cgroupsPath": f"/{GROUP}-{name}", "resources": spec.limits}
    if spec.user_namespace:
        linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    if spec.seccomp:
        linux["seccomp"] = seccomp.profile([] if spec.seccomp == "as without capabilities" else capabilities)
    return {
        "ociVersion": "1.0.2", "hostname": name, "mounts": mounts, "linux": linux,
        "root": {"path": str(root), "readonly": spec.read_only},
        "process": {"terminal": False, "user": {"uid": spec.uid, "gid": spec.uid}, "args": list(spec.args), "cwd": "/",
                    "env": [f"{key}={value}" for key, value in environment.items()], "capabilities": sets,
                    "noNewPrivileges": spec.no_new_privileges},
    }


class Containers:
    """Those of one test: started here, and taken away with stop()."""

    def __init__(self, folder, images, resolv_conf):
        self.folder, self.images, self.resolv_conf = folder, images, resolv_conf
        self.state = folder / "runc"
        self.pids = {}
        self.users = {}

    def runc(self, *words, **options):
        return subprocess.run(["runc", "--root", self.state, *map(str, words)], text=True, check=False, **options)

    def start(self, name, spec):
        bundle = self.folder / "bundles" / name
        bundle.mkdir(parents=True)
        root = self.images.root(spec.image)
        if spec.tmp == "none":
            # An image of its own, since the others' has the folder.
            shutil.copytree(root, bundle / "root", symlinks=True)
            root = bundle / "root"
            shutil.rmtree(root / "tmp")
        (bundle / "resolv.conf").write_text(spec.resolv_conf or self.resolv_conf)
        joined = self.pids[spec.joins] if spec.joins else 0
        (bundle / "config.json").write_text(json.dumps(configuration(spec, name, root, bundle, joined)))
        with open(bundle / "log", "w", encoding="utf-8") as log:
            done = self.runc("run", "--detach", "--pid-file", bundle / "pid", "--bundle", bundle, name,
                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if done.returncode:
            raise RuntimeError(f"{name}: {(bundle / 'log').read_text()}")
        self.pids[name] = int((bundle / "pid").read_text())
        self.users[name] = spec.uid

    def command(self, name, words, log=None, terminal=False):
        """The command line that runs these words in a container, as kubectl exec does; runc's errors go to a log."""
        return ["runc", "--root", str(self.state), *(["--log", log] if log else []), "exec",
                *(["--tty"] if terminal else []), name, *map(str, words)]

    def run(self, name, *words, **options):
        return subprocess.run(self.command(name, words), text=True, capture_output=True, check=False, timeout=60,
                              **{"stdin": subprocess.DEVNULL, **options})

    def stop(self):
        for name in self.pids:
            self.runc("delete", "--force", name, capture_output=True)
        # With both versions of control groups mounted runc leaves the folders of the second.
        for folder in pathlib.Path("/sys/fs/cgroup").glob(f"*/{GROUP}-*"):
            with contextlib.suppress(OSError):
                folder.rmdir()
