/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_SANDBOX_H
#define K8SDNS_BASE_SANDBOX_H

/* What of the kernel is left to a command that parses what strangers wrote. */
enum sandbox {
    SANDBOX_NONE,     /* all: it looks into the kernel */
    SANDBOX_TERMINAL, /* files, which may be written, a screen and its library; no socket */
    SANDBOX_NETWORK,  /* files, and sockets of IP, of the machine and of netlink */
    SANDBOX_FILES,    /* what is open, files to read, and memory that is never run */
};

/*
 * Give up for good all system calls that are on no list of `kind`: another answers EPERM. Files can be
 * neither written (but with SANDBOX_TERMINAL) nor run, and with SANDBOX_FILES no TCP port can be reached. It
 * can be entered again, and only be narrowed. On kernels without seccomp filters or Landlock (5.13, ports
 * from 6.7 on), and in a build with AddressSanitizer, what is missing is left out. Sources: seccomp(2),
 * landlock(7).
 */
void sandbox_enter(enum sandbox kind);

#endif
