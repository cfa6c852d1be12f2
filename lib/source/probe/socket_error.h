/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_SOCKET_ERROR_H
#define K8SDNS_SOURCE_SOCKET_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * What the kernel tells of a UDP socket besides its datagrams: when each came, and the ICMP errors. Sources:
 * ip(7), socket(7), Linux include/uapi/linux/errqueue.h.
 */

/* Have it told. Each part is a refinement: without it the report is coarser, not wrong. */
void socket_watch(int fd, int family);

/* When the kernel received it (CLOCK_REALTIME); now, if it did not say. */
uint64_t socket_stamp_ns(struct msghdr *msg);

struct socket_error {
    int status;     /* enum probe_status: unreachable or error */
    int kind;       /* enum unreachable */
    bool own;       /* the own kernel said it, and sent nothing */
    char from[80];  /* who sent the ICMP error; "" for none */
    char text[160]; /* "ICMP port unreachable from 10.244.1.22" */
    uint8_t returned[64];
    size_t
        returned_len; /* the beginning of the datagram that brought it about, 0 when it was not given back */
};

/* Take the next one from the error queue. Return false when there is none. */
bool socket_error_next(int fd, struct socket_error *ret_error);

/* What an errno of send(2) means. */
void socket_error_of_send(int errno_code, struct socket_error *ret_error);

#endif
