/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_SPAN_ID_H
#define K8SDNS_WIRE_SPAN_ID_H

#include "json_cursor.h"

/*
 * The id of a span or a trace: up to 32 hexadecimal digits, of which Jaeger may leave leading zeros out, or
 * up to 16 bytes in base64, as JSON of protobuf has them (Tempo).
 */
bool span_id_read(const struct json_text *text, uint64_t *ret_high, uint64_t *ret_low);

#endif
