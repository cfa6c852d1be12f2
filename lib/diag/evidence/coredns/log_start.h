/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LOG_START_H
#define K8SDNS_DIAG_LOG_START_H

#include "log_program.h"
#include <k8sdns/diag/rule.h>

/* Which rule tells of a start that failed. */
enum log_start_matter {
    LOG_START_OF_COREFILE,   /* coredns-config */
    LOG_START_OF_API_SERVER, /* apiserver-disconnected */
    LOG_START_OF_PROCESS,    /* coredns-not-started: its port, its image, its command line */
};

/* A cause that the last words of a server name. */
struct log_start {
    int matter;        /* enum log_start_matter */
    const char *title; /* behind the name of the program */
    const char *cause;
    struct step steps[5]; /* ends with one without a text; without any, those of the rule hold */
};

/*
 * What the last words of a start-failed state name as its cause; never NULL. kube-dns says no more than that
 * it has waited for the API server: then the lines about that tell more.
 */
const struct log_start *log_start_of(const struct diagnosis *diagnosis, const struct log_state_facts *state);

/* The cause that a line about the API server names, at the start or later; NULL when it names none. */
const struct log_start *log_start_of_api_server(const char *text);

/* The steps of a finding (those of its rule, where it has none of its own) as they are for that program. */
void log_steps_reword(struct diagnosis *diagnosis, const struct rule *rule, struct finding *finding,
                      const char *program);

/* A finding of `rule` with the title, the cause and the steps of `start`, and the last words as evidence. */
struct finding *log_start_tell(struct diagnosis *diagnosis, const struct rule *rule,
                               const struct log_state_facts *state, const struct log_start *start);

#endif
