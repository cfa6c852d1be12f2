/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_OCTET_LITERAL_H
#define K8SDNS_WIRE_OCTET_LITERAL_H

#include <k8sdns/wire/dns/message_input.h>
#include <stdbool.h>

/*
 * Octets in the notation of a programming language or of a tool, of which text without such a notation is no
 * part: strings with \xHH in them (Python's repr, Go's %q, Wireshark's escaped string), arrays of 0xHH (C,
 * Go, xxd -i) and of decimal numbers (Go's %v, Python's list), the dns parameter of a DoH URL (RFC
 * 8484, 4.1), and the frames that tshark -x puts into its JSON.
 *
 * Return whether it was one of these: its blocks are in `input` then.
 */
bool octet_literal_read(struct arena *arena, const char *bytes, size_t len, struct message_input *input);

#endif
