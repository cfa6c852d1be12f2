/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cold_code.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

/* packaging/single-file.ld: where the code belongs, and where it lies folded behind two sizes. */
extern unsigned char cold_start[], cold_end[];
extern const unsigned char cold_folded[];

/* packaging/fold looks for it and makes the last character a 1. It must not be known when this is compiled.
 */
static volatile char mark[] = "k8sdns: cold code is folded: 0";

static int unfold(struct err *err)
{
    const size_t size = (size_t)(cold_end - cold_start);
    uint64_t sizes[2];
    uLongf len = size;
    void *at = mmap(cold_start, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (at != cold_start) {
        int error = at == MAP_FAILED ? errno : EEXIST;

        if (at != MAP_FAILED)
            munmap(at, size);
        return err_set_errno(err, ERR_UNOBSERVED, error, "no room for the code of TLS");
    }
    memcpy(sizes, cold_folded, sizeof(sizes));
    if (sizes[0] != size ||
        uncompress(cold_start, &len, cold_folded + sizeof(sizes), (uLong)sizes[1]) != Z_OK || len != size)
        return err_set(err, ERR_INTERNAL, EBADMSG, "the code of TLS in this file is damaged");
    if (mprotect(cold_start, size, PROT_READ | PROT_EXEC) < 0)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "this place forbids to run the code of TLS");
    __builtin___clear_cache((char *)cold_start, (char *)cold_end);
    return 0;
}

int cold_code_unfold(struct err *err)
{
    int r = 0;

    if (mark[sizeof(mark) - 2] == '1')
        r = unfold(err);
    if (r == 0)
        mark[sizeof(mark) - 2] = '0';
    return r;
}
