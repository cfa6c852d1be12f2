/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look one name up as an application would and print what came of it: the subject of the oracle tests.
 * Without a name, be there to be looked at. Built once with the system's compiler (glibc) and once with
 * musl-gcc.
 */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list, *at;
    char host[128];
    int code;

    if (argc != 2)
        return puts("here") < 0 || fflush(stdout) ? 74 : pause();
    code = getaddrinfo(argv[1], NULL, &hints, &list);
    if (code) {
        printf("fail %s\n", gai_strerror(code));
        return 0;
    }
    for (at = list; at; at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof(host), NULL, 0, NI_NUMERICHOST) == 0)
            printf("ok %s\n", host);
    freeaddrinfo(list);
    return 0;
}
