# SPDX-License-Identifier: GPL-2.0-or-later
"""Enter a small virtual machine: a test runs on a kernel that has what this machine's may lack.

The machine is emulated by qemu, without network or disk. Its root file system is an initramfs of this system's own
programs, or of those of another architecture (tests/vm/root, K8SDNS_VM_ROOT), this tree's tests and k8sdns; its kernel
is Debian's (tests/vm/kernel, K8SDNS_VM_KERNEL). The test is its first process but one: what it prints goes over the
serial console, its exit status last.
"""
import collections
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/lab"))
import private

KERNEL = pathlib.Path(os.environ.get("K8SDNS_VM_KERNEL", SOURCE / "build-tests/kernel"))
# What another architecture's programs are taken from; this system's are where it is not named.
ROOT = pathlib.Path(os.environ["K8SDNS_VM_ROOT"]) if "K8SDNS_VM_ROOT" in os.environ else None
Emulator = collections.namedtuple("Emulator", "program words console")
# The CPU of arm64 is one that is quick to emulate: "max" signs its pointers, and takes five times as long.
EMULATORS = {"x86_64": Emulator("qemu-system-x86_64", ["-cpu", "max", "-machine", "q35"], "ttyS0"),
             "aarch64": Emulator("qemu-system-aarch64", ["-cpu", "cortex-a57", "-machine", "virt"], "ttyAMA0")}
INSIDE = "K8SDNS_VM_INSIDE"  # as init.py sets it
STATUS = "=== status "  # as init.py prints it
MEMORY_MB = "1024"
MACHINES = 2
SECONDS = int(os.environ.get("K8SDNS_VM_SECONDS", "2400"))
PROGRAMS = ("bash", "cat", "conntrack", "dirname", "env", "head", "ip", "iptables-legacy", "ipvsadm", "knotd", "mkdir",
            "modprobe", "mount", "nft", "nsenter", "prlimit", "python3", "setpriv", "sh", "ss", "sysctl", "tc",
            "timeout", "umount", "unbound", "unshare")
# With what they are compressed by, if they are.
MODULES = ("kernel/net", "kernel/lib", "kernel/crypto", "kernel/arch/*/crypto", "kernel/drivers/net/veth.ko*",
           "kernel/drivers/net/dummy.ko*", "kernel/drivers/net/net_failover.ko*")
# Of a root, what nothing in the machine reads.
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/perl", "usr/share/i18n",
          "usr/lib/systemd", "usr/include", "boot")


def emulator():
    """For the architecture whose programs run in the machine."""
    of_root = [name for name in EMULATORS if ROOT and (ROOT / f"usr/lib/{name}-linux-gnu").exists()]
    return EMULATORS[of_root[0] if of_root else os.uname().machine]


def why_not():
    """Why there can be no virtual machine here, or None."""
    if not shutil.which(emulator().program):
        return f"{emulator().program} is not installed"
    if not (KERNEL / "unpacked").exists():
        return f"no kernel in {KERNEL}: run tests/vm/kernel {KERNEL}"
    if ROOT:
        return None if (ROOT / "unpacked").exists() else f"no programs in {ROOT}: run tests/vm/root {ROOT}"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else None


@contextlib.contextmanager
def a_turn():
    """So many machines at a time, whatever their kernels: each takes a GB of memory and both cores."""
    with contextlib.ExitStack() as opened:
        locks = [opened.enter_context(open(KERNEL.parent / f"machine.{number}.lock", "ab"))
                 for number in range(MACHINES)]
        while not any(is_locked(lock) for lock in locks):
            time.sleep(1)
        yield


def is_locked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def enter():
    """Run this program again inside the machine; return there, and only there."""
    if os.environ.pop(INSIDE, None):
        private.prepare()
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    reason = why_not()
    if reason:
        print(f"SKIP: {reason}")
        sys.exit(77)
    with a_turn(), tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder) / "initramfs"
        with open(image, "wb") as file:
            fill(Archive(file))
        sys.exit(boot(image, [str(pathlib.Path(sys.argv[0]).resolve().relative_to(SOURCE)), *sys.argv[1:]]))


# Outside: the root file system

class Archive:
    """A cpio archive of the kind that the kernel unpacks (Linux Documentation/driver-api/early-userspace)."""

    def __init__(self, file):
        self.file, self.names = file, set()

    def entry(self, name, mode, content=b"", mtime=0):
        if name in self.names or name == ".":
            return
        parent = os.path.dirname(name)
        if parent:
            self.entry(parent, 0o40755)
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, mtime, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.file.write(head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4))

    def copy(self, path, name=None):
        path = pathlib.Path(path)
        found = path.stat()
        # Python compares its time with the one in what it has compiled.
        self.entry((name or str(path.resolve())).lstrip("/"), 0o100000 | found.st_mode & 0o777, path.read_bytes(),
                   int(found.st_mtime))

    def link(self, name, target):
        self.entry(name.lstrip("/"), 0o120777, target.encode())

    def tree(self, folder, name=None, leave_out=()):
        folder = pathlib.Path(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not set(path.relative_to(folder).parts) & set(leave_out):
                self.copy(path, f"{name or folder.resolve()}/{path.relative_to(folder)}")

    def root(self, folder):
        """All of another system, its links as links; /bin, /lib and /sbin are those of /usr."""
        for path in sorted(folder.rglob("*")):
            name = re.sub("^(bin|sbin|lib)/", r"usr/\1/", str(path.relative_to(folder)))
            if name.startswith(UNREAD) or name in ("bin", "sbin", "lib"):
                continue
            if path.is_symlink():
                if name not in self.names:
                    self.link(name, os.readlink(path))
            elif path.is_file():
                self.copy(path, name)
            elif path.is_dir():
                self.entry(name, 0o40755)

    def program(self, path, name=None):
        """A program with all its libraries, where the loader looks for them."""
        self.copy(path, name)
        for library in re.findall(r"/\S+\.so\S*", subprocess.run(["ldd", path], text=True, stdout=subprocess.PIPE,
                                                                 stderr=subprocess.DEVNULL, check=False).stdout):
            self.copy(library)
            place = os.path.join(os.path.realpath(os.path.dirname(library)), os.path.basename(library))
            if place != os.path.realpath(library):
                self.link(place, os.path.realpath(library))

    def end(self):
        self.entry("TRAILER!!!", 0)


def fill(archive):
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            archive.link(name, f"usr/{name}")
    for name in ("proc", "sys", "dev", "run", "tmp", "etc", "root", "var/lib"):
        archive.entry(name, 0o40755)
    if ROOT:
        archive.root(ROOT)
        archive.copy(os.environ["K8SDNS"], "/usr/bin/k8sdns")
    else:
        fill_from_here(archive)
    archive.entry("etc/passwd", 0o100644, b"root:x:0:0:root:/root:/bin/sh\n")
    archive.entry("etc/group", 0o100644, b"root:x:0:\n")
    archive.entry("etc/resolv.conf", 0o100644, b"")
    release = next((KERNEL / "lib/modules").iterdir())
    for path in (path for part in (*MODULES, "modules.*") for path in release.glob(part)):
        name = f"/usr/lib/modules/{release.name}/{path.relative_to(release)}"
        if path.is_dir():
            archive.tree(path, name)
        else:
            archive.copy(path, name)
    archive.tree(SOURCE / "tests", "/source/tests", leave_out=("corpus", "oracle", "__pycache__"))
    archive.copy(pathlib.Path(__file__).with_name("init.py"), "/init")
    archive.end()


def fill_from_here(archive):
    """This system's programs, with their libraries."""
    for name in PROGRAMS:
        path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
        archive.program(os.path.realpath(path))
        archive.link(f"/usr/bin/{name}", os.path.realpath(path))
    archive.link("/usr/sbin/modprobe", os.path.realpath(shutil.which("modprobe")))
    stdlib = subprocess.run(["/usr/bin/python3", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"],
                            text=True, stdout=subprocess.PIPE, check=True).stdout.strip()
    build_files = [path.name for path in pathlib.Path(stdlib).glob("config-*")]
    archive.tree(stdlib, leave_out=("test", "idlelib", "lib2to3", "ensurepip", "tkinter", "pydoc_data", *build_files))
    for path in pathlib.Path(stdlib, "lib-dynload").glob("_ctypes*.so"):
        archive.program(path)
    archive.tree("/usr/lib/x86_64-linux-gnu/xtables")
    for path in ("/etc/protocols", "/etc/services", "/etc/iproute2/rt_protos"):
        if os.path.exists(path):
            archive.copy(path)
    archive.program(os.environ["K8SDNS"], "/usr/bin/k8sdns")
    archive.program(os.environ["WITHOUT_FENTRY"], "/usr/lib/without_fentry.so")
    for library in pathlib.Path("/usr/lib/x86_64-linux-gnu").glob("libbpf.so.1"):  # loaded when it is needed
        archive.program(library)


def boot(image, test):
    """Run the machine; print what it prints; return the status that it names last."""
    (kernel,) = (KERNEL / "boot").glob("vmlinuz-*")
    by = emulator()
    words = [f"console={by.console}", "panic=-1", "quiet", "mitigations=off", "K8SDNS_TEST=" + ",".join(test)]
    command = [by.program, "-accel", "tcg,thread=multi", *by.words, "-smp", "2", "-m", MEMORY_MB, "-nographic",
               "-no-reboot", "-nic", "none", "-kernel", str(kernel), "-initrd", str(image), "-append",
               " ".join(words)]
    status = None
    with subprocess.Popen(["timeout", "-k", "2", str(SECONDS), *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, preexec_fn=private.die_with_parent) as machine:
        for line in machine.stdout:
            text = line.decode(errors="replace").rstrip()
            if text.startswith(STATUS):
                status = int(text.removeprefix(STATUS))
            else:
                print(text, flush=True)
    if status is None:
        print(f"the machine ended without a word, qemu with status {machine.returncode}")
        return 1
    return status
