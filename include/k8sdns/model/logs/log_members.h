/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_MEMBERS_H
#define K8SDNS_MODEL_LOG_MEMBERS_H

#include <k8sdns/wire/logs/coredns_log.h>
#include <k8sdns/wire/logs/log_export.h>

/*
 * CoreDNS's own JSON (-log-format=json): level and plugin are members, and so is what a query was. Source:
 * CoreDNS pull request 8553.
 */

/* A line of such a record as the text form has it: "[ERROR] plugin/errors: MESSAGE". Others stay as they are.
 */
struct log_word log_members_line(struct text *built, const struct log_exported *record, struct log_word line);

/* A query whose message could not be read, since it has a format of its own, by its members. */
void log_members_read(const struct log_exported *record, struct coredns_line *line);

#endif
