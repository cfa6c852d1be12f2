/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_CONNTRACK_FOLLOW_H
#define K8SDNS_CMD_CONNTRACK_FOLLOW_H

#include "command.h"
#include <k8sdns/collect/known_replicas.h>

/* Flows as they come, for conntrack --follow. */
struct follow_options {
    bool follow, unreplied;
    uint64_t wait_us, duration_us, rate;
    struct address_list clients, backends;
};

#define FOLLOW_RATE_DEFAULT 1000

/* The rows for a struct follow_options that is the `member` of a config. */
#define FOLLOW_OPTION_ROWS(config, member)                                                            \
    {.name = "follow", OPTION_AT(FLAG, config, member.follow), .help = "tell of flows as they come"}, \
        {.name = "wait",                                                                              \
         .value = "DURATION",                                                                         \
         .min = 100000,                                                                               \
         .max = UINT64_C(60000000),                                                                   \
         OPTION_AT(DURATION, config, member.wait_us),                                                 \
         .help = "with --follow: no reply for so long is none (default 2s)"},                         \
        {.name = "unreplied",                                                                         \
         OPTION_AT(FLAG, config, member.unreplied),                                                   \
         .help = "with --follow: show only flows without a reply"},                                   \
        {.name = "client",                                                                            \
         .value = "IP",                                                                               \
         OPTION_AT(ADDRESSES, config, member.clients),                                                \
         .help = "with --follow: only flows of this client"},                                         \
        {.name = "backend",                                                                           \
         .value = "IP",                                                                               \
         OPTION_AT(ADDRESSES, config, member.backends),                                               \
         .help = "with --follow: only flows to this backend"},                                        \
        {.name = "rate",                                                                              \
         .value = "N",                                                                                \
         .min = 0,                                                                                    \
         .max = 1000000,                                                                              \
         OPTION_AT(NUMBER, config, member.rate),                                                      \
         .help = "with --follow: show N a second, count the rest (default 1000; 0: all)"},            \
        DURATION_OPTION_ROW(config, member.duration_us)

/* What only goes with --follow, or not with it. Return 0 or a usage error. */
int follow_check(struct run *run, const struct follow_options *options, bool rounds) MUST_USE;

/* Follow flows of `port` until the time is over, `count` events were shown (0: no end), or a signal. Return
 * an exit status, or a negative errno with a message in run->err. */
int follow_run(struct run *run, const struct follow_options *options, uint64_t count, uint16_t port,
               const struct known_replicas *known, struct conntrack_facts *ret_facts) MUST_USE;

#endif
