/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_RDATA_H
#define K8SDNS_WIRE_DNS_RDATA_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The presentation form of the rdata at [offset, offset + rdlength) of a message, which lies inside it.
 * `*ret_outliers` is set when it does not fit its type or the type has no known form; the result then is the
 * generic form of RFC 3597 section 5.
 */
const char *dns_rdata_text(struct arena *arena, const uint8_t *message, size_t len, uint16_t type,
                           uint16_t class, size_t offset, uint16_t rdlength, bool *ret_outliers);

#endif
