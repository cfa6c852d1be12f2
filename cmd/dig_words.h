/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_DIG_WORDS_H
#define K8SDNS_CMD_DIG_WORDS_H

#include "command.h"
#include <k8sdns/collect/targets.h>

/* What words of dig on the command line ask for beside names. */
struct dig_words {
    bool tls, https;
    uint16_t class;      /* 0: not said */
    bool is_short, tcp;  /* +short, +tcp */
    bool no_search;      /* +nosearch, or a reverse name */
    bool nsid;           /* +nsid */
    uint64_t timeout_us; /* 0: not said */
    uint64_t tries;      /* 0: not said */
    uint64_t bufsize;    /* 0: not said */
};

/*
 * Take what dig's users write out of run->args, wherever it stands: "@SERVER" becomes a target, which alone
 * is then asked, "+short" and its like go to `ret_words`, types and classes among several words to `types`.
 * `reverse` (NULL for none) is an address whose name in in-addr.arpa or ip6.arpa is asked for; `port` (0: 53)
 * is for servers without one. What is left are names: of a URL or a host:port the host. Return 0, or -EINVAL
 * (kind ERR_USAGE) for what cannot be asked: an address as a name, a server that is no address, a word of dig
 * that has no meaning here, no name at all.
 */
int dig_words_take(struct run *run, const char *reverse, uint64_t port, struct target_options *targets,
                   struct text_list *types, struct dig_words *ret_words) MUST_USE;

#endif
