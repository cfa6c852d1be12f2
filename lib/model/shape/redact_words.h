/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REDACT_WORDS_H
#define K8SDNS_MODEL_REDACT_WORDS_H

#include <k8sdns/model/shape/shape.h>

/*
 * The tables that say which words may stand in a redacted capture: none of them says whose cluster it is. All
 * others are hidden, so that a new text is hidden until somebody puts its words here.
 */

/* What a text is, by its member: that says which words of it may stand. */
enum redact_manner {
    REDACT_NAME, /* of somebody's: the usual labels alone ("svc", "cluster", "www") */
    REDACT_WORD, /* of a protocol, of Kubernetes, of CoreDNS: those of its own, too */
    REDACT_ID,   /* words of this program with hyphens between them, as a finding has */
    REDACT_DROP, /* a syntax of its own, whose names cannot be told: all of it goes */
};
enum redact_manner redact_manner_of(const char *shape, const char *key);

/* Labels that say nothing of whose cluster it is; letters of either case. */
bool redact_is_usual(const char *text, size_t len);
/* Words of protocols, Kubernetes, CoreDNS and Linux, as they are written. */
bool redact_is_term(const char *text, size_t len);
/* Words of sentences, of either case: of this program's, CoreDNS's and Kubernetes' messages. */
bool redact_is_plain(const char *text, size_t len);

#endif
