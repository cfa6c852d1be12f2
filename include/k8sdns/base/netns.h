/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_NETNS_H
#define K8SDNS_BASE_NETNS_H

#include <k8sdns/base/err.h>

/*
 * Enter the network namespace at `path` (/proc/PID/ns/net, /run/netns/NAME) for the rest of the process.
 * Return 0, or a negative errno: -ENOENT (kind ERR_INPUT), -EPERM without CAP_SYS_ADMIN (kind
 * ERR_UNOBSERVED). Source: setns(2).
 */
int netns_enter(const char *path, struct err *err) MUST_USE;

#endif
