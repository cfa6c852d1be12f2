/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TESTS_FUZZ_H
#define K8SDNS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The entry that libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
