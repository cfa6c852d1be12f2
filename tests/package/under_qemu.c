/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand in the place of a program for another architecture, and run it under qemu. A static program, since
 * libraries that are loaded before the other one (LD_PRELOAD) are not for this one; qemu hands the
 * environment on as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* QEMU, ROOT and PROGRAM are named when this is compiled. */
static const char *const fixed[] = {QEMU, "-L", ROOT, PROGRAM};

enum { FIXED = sizeof fixed / sizeof *fixed };

int main(int count, char **words)
{
    const char **command = calloc(FIXED + (size_t)count + 1, sizeof *command);

    if (!command)
        return 71;
    for (size_t i = 0; i < FIXED; i++)
        command[i] = fixed[i];
    for (int i = 1; i < count; i++)
        command[FIXED + i - 1] = words[i];
    execv(QEMU, (char *const *)command);
    perror(QEMU);
    return 71;
}
