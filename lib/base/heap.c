/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/heap.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void heap_shrink(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
