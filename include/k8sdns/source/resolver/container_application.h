/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CONTAINER_APPLICATION_H
#define K8SDNS_SOURCE_CONTAINER_APPLICATION_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The words that show that this process runs in a container ("the pid namespace is not the first one"), or
 * NULL when nothing does.
 */
const char *application_container_evidence(void);

/*
 * The process that is the application of this container: process 1, unless it is a pause, an init or a shell,
 * or belongs to the machine or to another container; then, among the processes of this container's root,
 * those with sockets before those without, and of these the oldest. This process and those that it descends
 * from do not count.
 *
 * Return its pid and in `*ret_how` why it is that one, or 0 when there is none that may be looked at.
 */
uint64_t application_find(struct arena *arena, const char **ret_how);

/*
 * Whether this process's image may be taken for the application's: process 1, or another process that may be
 * an application, is in the control group of this one, as in a container that kubectl exec entered. In a
 * debug container that joined the processes of its target only the target's are there, and its image is
 * another one.
 */
bool application_shares_image(void);

/* The file that process 1 was started as, by its command line, which everybody may read; NULL. */
const char *application_entry_point(struct arena *arena, int root);

#endif
