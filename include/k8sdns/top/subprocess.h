/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TOP_SUBPROCESS_H
#define K8SDNS_TOP_SUBPROCESS_H

#include <event2/event.h>
#include <k8sdns/base/text.h>
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/facts.h>
#include <sys/types.h>

/*
 * A look in a process of its own, which ends with it. A netlink dump of a million entries, a silent API
 * server or a parser that goes wrong then holds up nobody, and what is stuck is killed. What it saw comes
 * back as the JSON of struct facts. One that does not even die of that, being stuck in the kernel, is left
 * alone, and there is no other of its kind until it has.
 */
#define SUBPROCESS_BYTES_MAX (64 * 1024 * 1024) /* what is longer is no look of ours */

struct subprocess {
    /* Set by the owner. What to do, in the child: fill the facts, or return a negative errno with
     * survey->err.
     */
    const char *name; /* for people */
    int (*look)(struct survey *survey, void *user, struct facts *facts);
    /*
     * What came of it, in the parent: facts in the arena, which is the callee's to free, or NULL with `err`.
     */
    void (*done)(void *user, struct subprocess *look, struct arena *arena, struct facts *facts,
                 const struct err *err);
    void *user;
    uint64_t timeout_ns; /* then it is killed */
    /* In the child, first of all: close what is the parent's alone, such as sockets that listen; NULL. */
    void (*forked)(void *forked_user);
    void *forked_user;

    pid_t pid;   /* 0: none runs */
    pid_t dying; /* one that has told what it saw, or was killed, and has not gone yet; 0: none */
    int fd;
    struct event *readable;
    struct text received;
    uint64_t began_ns, took_ns; /* monotonic; of the last that ended */
};

/* Begin one; nothing when one runs, or the last has not gone. Return 0 or a negative errno. */
int subprocess_begin(struct subprocess *look, const struct survey *survey, struct event_base *base);

/* Kill one that has lost its patience: done() is called with an error. */
void subprocess_check(struct subprocess *look, uint64_t now_ns);

/* Kill one that runs, without a word. */
void subprocess_stop(struct subprocess *look);

#endif
