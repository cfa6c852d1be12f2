/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_FORKED_LOOK_H
#define K8SDNS_CMD_FORKED_LOOK_H

#include "command.h"
#include <event2/event.h>
#include <k8sdns/model/facts.h>
#include <sys/types.h>

/*
 * A look in a process of its own, which ends with it. A netlink dump of a million entries, a silent API
 * server or a parser that goes wrong then holds up nobody, and what is stuck is killed. What it saw comes
 * back as the JSON of struct facts. One that does not even die of that, being stuck in the kernel, is left
 * alone, and there is no other of its kind until it has.
 */
#define LOOK_BYTES_MAX (64 * 1024 * 1024) /* what is longer is no look of ours */

struct forked_look {
    /* Set by the owner. What to do, in the child: fill the facts, or return a negative errno with run->err.
     */
    const char *name; /* for people */
    int (*look)(struct run *run, void *user, struct facts *facts);
    /*
     * What came of it, in the parent: facts in the arena, which is the callee's to free, or NULL with `err`.
     */
    void (*done)(void *user, struct forked_look *look, struct arena *arena, struct facts *facts,
                 const struct err *err);
    void *user;
    uint64_t patience_ns; /* then it is killed */

    pid_t pid;   /* 0: none runs */
    pid_t dying; /* one that has told what it saw, or was killed, and has not gone yet; 0: none */
    int fd;
    struct event *readable;
    struct text received;
    uint64_t began_ns, took_ns; /* monotonic; of the last that ended */
};

/* Begin one; nothing when one runs, or the last has not gone. Return 0 or a negative errno. */
int forked_look_begin(struct forked_look *look, const struct run *run, struct event_base *base);

/* Kill one that has lost its patience: done() is called with an error. */
void forked_look_check(struct forked_look *look, uint64_t now_ns);

/* Kill one that runs, without a word. */
void forked_look_stop(struct forked_look *look);

#endif
