/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cold_code.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* linux/memfd.h, since 6.3 */
#endif

/* packaging/single-file.ld: where code and constants belong, each from a page's begin. */
extern unsigned char cold_text_start[], cold_text_end[], cold_rodata_start[], cold_rodata_end[];
/* Where they lie folded behind two sizes; packaging/fold makes it as long as it must be. */
__attribute__((section(".folded"), used)) static const volatile unsigned char folded[16] = {0};

/* packaging/fold looks for it and makes the last character a 1. It must not be known when this is compiled.
 */
static volatile char mark[] = "k8sdns: cold code is folded: 0";

/* An address that the compiler does not know what lies behind. */
static const unsigned char *folded_bytes(void)
{
    const unsigned char *at = (const unsigned char *)(uintptr_t)folded;

    __asm__("" : "+r"(at));
    return at;
}

static int put(unsigned char *at, size_t size, struct err *err)
{
    uint64_t sizes[2];
    uLongf len = size;

    memcpy(sizes, folded_bytes(), sizeof(sizes));
    if (sizes[0] != size || uncompress(at, &len, folded_bytes() + sizeof(sizes), (uLong)sizes[1]) != Z_OK ||
        len != size)
        return err_set(err, ERR_INTERNAL, EBADMSG, "the code of TLS in this file is damaged");
    return 0;
}

/*
 * Into memory that is a file, and from there to its place: nothing that can be written is ever run, so this
 * holds where a rule forbids that (PR_SET_MDWE, SELinux's execmem, seccomp). Return 0, -EBADMSG with a
 * message, or what the kernel answered.
 */
static int unfold_by_file(struct err *err)
{
    const size_t text = (size_t)(cold_text_end - cold_text_start);
    const size_t size = (size_t)(cold_rodata_end - cold_text_start);
    const size_t rodata_at = (size_t)(cold_rodata_start - cold_text_start);
    int fd = (int)syscall(SYS_memfd_create, "k8sdns-tls", MFD_CLOEXEC | MFD_EXEC), r = 0;
    void *at = MAP_FAILED;

    if (fd < 0 && errno == EINVAL)
        fd = (int)syscall(SYS_memfd_create, "k8sdns-tls", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)size) == 0)
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        r = -errno;
    } else {
        r = put(at, size, err);
        munmap(at, size);
    }
    if (r == 0 &&
        (mmap(cold_rodata_start, size - rodata_at, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd,
              (off_t)rodata_at) == MAP_FAILED ||
         mmap(cold_text_start, text, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED))
        r = -errno;
    close(fd);
    return r;
}

/* Where there are no such files: into memory that is made executable when it is full. */
static int unfold_in_place(struct err *err)
{
    const size_t size = (size_t)(cold_rodata_end - cold_text_start);
    void *at =
        mmap(cold_text_start, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    int r;

    if (at == MAP_FAILED)
        return -errno;
    r = put(at, size, err);
    if (r < 0)
        return r;
    if (mprotect(cold_rodata_start, (size_t)(cold_rodata_end - cold_rodata_start), PROT_READ) < 0 ||
        mprotect(cold_text_start, (size_t)(cold_text_end - cold_text_start), PROT_READ | PROT_EXEC) < 0)
        return -errno;
    return 0;
}

static int unfold(struct err *err)
{
    int by_file = unfold_by_file(err), in_place = by_file;

    if (by_file < 0 && by_file != -EBADMSG)
        in_place = unfold_in_place(err);
    if (in_place == -EBADMSG)
        return in_place;
    if (in_place < 0)
        return err_set(err, ERR_UNOBSERVED, -in_place,
                       "this place lets no program add code to itself, which this single file must do for "
                       "TLS (by a file in memory: %s; by mprotect: %s); use the installed program, or a "
                       "file made by packaging/single-file --whole",
                       strerror(-by_file), strerror(-in_place));
    __builtin___clear_cache((char *)cold_text_start, (char *)cold_text_end);
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
