/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for an application: holds a socket, unless it is called as one that only waits ("pause"). */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int number)
{
    (void)number;
    _exit(0);
}

int main(int argc, char **argv)
{
    const char *name = argc && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : "";

    signal(SIGTERM, end); /* process 1 has no default for it */
    if (strcmp(name, "pause") != 0)
        socket(AF_INET, SOCK_DGRAM, 0);
    for (;;)
        pause();
}
