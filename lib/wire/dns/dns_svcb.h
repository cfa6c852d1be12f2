/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_SVCB_H
#define K8SDNS_WIRE_DNS_SVCB_H

#include "dns_cursor.h"
#include <k8sdns/base/text.h>

/* Add the service parameters from the cursor to its end: `alpn="h2" port=443`. Source: RFC 9460 section 2.1.
 */
void dns_svcb_params(struct text *out, struct dns_cursor *c);

#endif
