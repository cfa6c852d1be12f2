/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_MESSAGE_FORMS_H
#define K8SDNS_DIAG_MESSAGE_FORMS_H

#include <k8sdns/diag/symptom.h>

/*
 * The tables of message forms, one of a kind of program a file, each ended by a row without a form. They are
 * read in this order, and the first form that fits decides: those of one program with their whole structure
 * come before the sentences of libraries, these before words that stand in anything.
 */
extern const struct message_pattern messages_kernel[];
extern const struct message_pattern messages_cluster[];
extern const struct message_pattern messages_coredns[];
extern const struct message_pattern messages_servers[];
extern const struct message_pattern messages_tools[];
extern const struct message_pattern messages_proxies[];
extern const struct message_pattern messages_go[];
extern const struct message_pattern messages_native[];
extern const struct message_pattern messages_jvm[];
extern const struct message_pattern messages_scripts[];
extern const struct message_pattern messages_libc[];
extern const struct message_pattern messages_plain[];
extern const struct message_pattern messages_answered[];

#endif
