/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DNSTAP_DAMAGE_H
#define K8SDNS_SOURCE_DNSTAP_DAMAGE_H

#include <k8sdns/source/dnstap/dnstap_stream.h>

/* One place of damage in a stream, while the next frame is looked for. */
struct dnstap_damage {
    const char *why; /* NULL: there is none */
    uint64_t behind; /* octets of the stream before it */
    uint64_t skipped;
};

/* What makes such damage, and how to go without. */
extern const char dnstap_damage_advice[];

/* As much without a frame is no damage within a stream: it is none. */
#define DNSTAP_SKIPPED_MAX (1U << 20)

/*
 * What stands at `bytes` is no frame, as `why` says. Return how many of the `len` octets are to be left out;
 * 0 when the stream is lost.
 */
size_t dnstap_damage_skip(struct dnstap_damage *damage, const struct dnstap_stream_facts *streams,
                          const char *why, const uint8_t *bytes, size_t len);

/* A frame follows: count the damage, say it once for each stream, and tell the sink that frames are lost. */
void dnstap_damage_over(struct dnstap_damage *damage, struct arena *arena,
                        struct dnstap_stream_facts *streams, const struct dnstap_sink *sink, const char *name,
                        const char *peer);

#endif
