#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a command where the kernel refuses what writes code and runs it.

usage: refusing.py RULE[,RULE...] COMMAND [ARGUMENT...]

Rules: mdwe (PR_SET_MDWE, as systemd's MemoryDenyWriteExecute), wx (seccomp: no mprotect() to executable memory, no
mmap() of memory to write and run), memfd (seccomp: no memfd_create()), chmod (seccomp: no mode is changed by a path),
openat2 (seccomp: answered as by a kernel that has it not) and openat2-forbidden (as by a profile that knows it not).
Status 77 where the kernel has no such rule.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_MDWE = 38, 22, 65
SECCOMP_MODE_FILTER, ALLOW, ERRNO = 2, 0x7FFF0000, 0x00050000
LOAD, EQUAL, AND, RETURN = 0x20, 0x15, 0x54, 0x06
PROT_WRITE, PROT_EXEC = 2, 4
CALLS = {"x86_64": {"mprotect": 10, "mmap": 9, "memfd_create": 319, "pkey_mprotect": 329, "chmod": 90, "fchmodat": 268,
                    "openat2": 437},
         "aarch64": {"mprotect": 226, "mmap": 222, "memfd_create": 279, "pkey_mprotect": 288, "fchmodat": 53,
                     "openat2": 437}}
libc = ctypes.CDLL(None, use_errno=True)


def prctl(*arguments):
    if libc.prctl(*[ctypes.c_ulong(word) if isinstance(word, int) else word for word in arguments]) != 0:
        print(f"SKIP: prctl: {os.strerror(ctypes.get_errno())}")
        sys.exit(77)


def refuse(name, bits=0, error=errno.ENOSYS):
    """A filter: the call is refused when its third argument has all of the bits."""
    number = CALLS[platform.machine()][name]
    refused = ERRNO | (errno.EACCES if bits else error)
    rows = [(LOAD, 0, 0, 0), (EQUAL, 0, 4 if bits else 1, number)]
    if bits:  # seccomp_data: nr, arch, instruction pointer, six arguments of 64 bits
        rows += [(LOAD, 0, 0, 16 + 2 * 8), (AND, 0, 0, bits), (EQUAL, 0, 1, bits)]
    rows += [(RETURN, 0, 0, refused), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *row) for row in rows))
    program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(rows), ctypes.addressof(code)))
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def main():
    for rule in sys.argv[1].split(","):
        if rule == "mdwe":
            prctl(PR_SET_MDWE, 1, 0, 0, 0)
        elif rule == "memfd":
            refuse("memfd_create")
        elif rule == "openat2":
            refuse("openat2")
        elif rule == "openat2-forbidden":
            refuse("openat2", error=errno.EPERM)
        elif rule == "chmod":
            for name in CALLS[platform.machine()].keys() & {"chmod", "fchmodat"}:
                refuse(name)
        else:
            refuse("mprotect", PROT_EXEC)
            refuse("pkey_mprotect", PROT_EXEC)
            refuse("mmap", PROT_WRITE | PROT_EXEC)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
