/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_HEAP_H
#define K8SDNS_BASE_HEAP_H

/*
 * Give memory that was freed back to the machine, after something that took much for a moment: for processes
 * that stay. Source: malloc_trim(3); other C libraries do it by themselves.
 */
void heap_shrink(void);

#endif
