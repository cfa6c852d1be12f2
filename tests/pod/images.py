# SPDX-License-Identifier: GPL-2.0-or-later
"""Root folders of container images, made of what Debian's packages have installed.

| image  | is | like |
|--------|----|------|
| musl   | BusyBox, musl's loader, a dynamic program | Alpine |
| glibc  | BusyBox, glibc, a dynamic program, tini | Debian, slim |
| go     | one static Go program | distroless static, scratch |
| static | one static C program that is no Go program | scratch |
"""
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
APPLETS = ("sh", "cat", "chmod", "rm", "ls", "sleep", "tar", "uname", "mkdir", "id", "nslookup", "readlink",
            "stty", "grep")
TOOLS = ("runc", "musl-gcc", "gcc", "go", "busybox", "tini", "ldd")


def missing_tools():
    return [tool for tool in TOOLS if not shutil.which(tool)]


def libraries(program):
    """The loader and the libraries of a program of this system, as absolute paths."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


class Images:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.built = self.folder / "built"
        self.built.mkdir(parents=True)
        source = HERE / "app.c"
        for compiler, name in ((["musl-gcc"], "musl"), (["gcc"], "glibc"), (["gcc", "-static"], "static")):
            subprocess.run([*compiler, "-O1", "-o", self.built / name, source], check=True)
        subprocess.run(["go", "build", "-o", self.built / "go", HERE / "app.go"], check=True,
                       env={**os.environ, "CGO_ENABLED": "0", "GOCACHE": str(self.built / "cache"),
                            "GO111MODULE": "off"})

    def root(self, image):
        """The folder of an image, made when it is first wanted."""
        root = self.folder / image
        if root.exists():
            return root
        for name in ("proc", "sys", "dev", "etc", "tmp", "var/run", "run", "bin", "usr/bin", "lib"):
            (root / name).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        # What is mounted on; root of a user namespace of its own could not make them.
        for name in ("etc/resolv.conf", "k8sdns"):
            (root / name).touch()
        shutil.copy(self.built / image, root / "app")
        # A pause is static, whatever the image of the application is.
        shutil.copy(self.built / "static", root / "pause")
        if image in ("musl", "glibc"):
            self.add(root, shutil.which("busybox"), "/bin/busybox")
            for applet in APPLETS:
                (root / "bin" / applet).symlink_to("busybox")
        if image == "musl":
            loader = pathlib.Path("/lib/ld-musl-x86_64.so.1").resolve()
            self.add(root, loader, "/lib/ld-musl-x86_64.so.1")
            (root / "etc/alpine-release").write_text("3.18.4\n")
        if image == "glibc":
            self.add(root, shutil.which("tini"), "/usr/bin/tini")
            for library in {*libraries(self.built / "glibc"), *libraries(shutil.which("tini"))}:
                self.add(root, library, library)
        return root

    def add_program(self, image, program, path):
        """A program of this system with its libraries, in an image that has its loader."""
        root = self.root(image)
        self.add(root, program, path)
        for library in libraries(program):
            if not (root / library.lstrip("/")).exists():
                self.add(root, library, library)

    @staticmethod
    def add(root, file, path):
        place = root / str(path).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
