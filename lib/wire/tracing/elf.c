/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executables, as far as they tell which resolver they use.
 *
 *     ELF header -> program headers -> PT_INTERP: path of the loader
 *                                   -> PT_DYNAMIC: linked against something
 *                -> section headers -> .go.buildinfo, or else the start of the writable PT_LOAD:
 *                     0  "\xff Go buildinf:"  14  pointer size  15  flags
 *                    16  pointer to the version's string header (flags & 2 clear; & 1: big endian)
 *                    32  the version itself behind its length as a varint (flags & 2 set, Go 1.18 on)
 *
 * Left out: symbols, versions, notes, and everything that only a linker needs.
 */
#include "elf_image.h"
#include <elf.h>
#include <errno.h>
#include <k8sdns/wire/tracing/elf.h>
#include <string.h>

enum {
    INTERPRETER_MAX = 4096, /* PATH_MAX */
    GO_VERSION_MAX = 256,
    GO_SEARCH_MAX = 1 << 20, /* Go puts the block at the start of its data; its own reader looks at 1 MiB */
};

static const char go_magic[14] = "\xff Go buildinf:";

/* A text in the file, without NUL bytes; NULL when it is not all inside or is too long. */
static const char *copy_text(struct arena *arena, const struct elf_image *image, uint64_t offset,
                             uint64_t size, uint64_t max)
{
    if (size > max || !elf_inside(image, offset, size))
        return NULL;
    return arena_text_n(arena, (const char *)image->bytes + offset,
                        strnlen((const char *)image->bytes + offset, size));
}

static const char *go_version_inline(struct arena *arena, struct elf_image *image, uint64_t at)
{
    uint64_t size = 0;

    for (unsigned shift = 0; shift < 21; shift += 7) {
        uint64_t byte = elf_number(image, at++, 1);

        size |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return image->broken ? NULL : copy_text(arena, image, at, size, GO_VERSION_MAX);
    }
    return NULL;
}

static const char *go_version_pointed(struct arena *arena, struct elf_image *image,
                                      const struct elf_headers *headers, uint64_t at)
{
    unsigned width = (unsigned)elf_number(image, at + 14, 1);
    uint64_t header, text, size;

    if (width != 4 && width != 8)
        return NULL;
    header = elf_file_offset(image, headers, elf_number(image, at + 16, width), 2 * width);
    if (header == UINT64_MAX)
        return NULL;
    text = elf_number(image, header, width);
    size = elf_number(image, header + width, width);
    text = size > GO_VERSION_MAX ? UINT64_MAX : elf_file_offset(image, headers, text, size);
    return image->broken || text == UINT64_MAX ? NULL : copy_text(arena, image, text, size, GO_VERSION_MAX);
}

/* Look for the block in a part of the file; its alignment is 16. */
static bool read_go_part(struct arena *arena, struct elf_image *image, const struct elf_headers *headers,
                         uint64_t offset, uint64_t size, struct elf_facts *facts)
{
    if (size > GO_SEARCH_MAX)
        size = GO_SEARCH_MAX;
    if (!elf_inside(image, offset, size) || size < 32)
        return false;
    for (uint64_t at = offset; at - offset <= size - 32; at += 16) {
        uint8_t flags;

        if (memcmp(image->bytes + at, go_magic, sizeof(go_magic)) != 0)
            continue;
        flags = image->bytes[at + 15];
        facts->is_go = true;
        if (flags & 2) {
            facts->go_version = go_version_inline(arena, image, at + 32);
        } else {
            bool big = image->big;

            image->big = flags & 1;
            facts->go_version = go_version_pointed(arena, image, headers, at);
            image->big = big;
        }
        if (facts->go_version && strncmp(facts->go_version, "go", 2) != 0 &&
            strncmp(facts->go_version, "devel", 5) != 0)
            facts->go_version = NULL;
        return true;
    }
    return false;
}

static bool read_go_section(struct arena *arena, struct elf_image *image, const struct elf_headers *headers,
                            struct elf_facts *facts)
{
    static const char wanted[] = ".go.buildinfo";
    struct elf_range names;

    if (headers->names >= headers->section_count)
        return false;
    names = elf_section_header(image, headers->sections + headers->names * headers->section_size);
    for (uint64_t i = 0; i < headers->section_count && !image->broken; i++) {
        struct elf_range section = elf_section_header(image, headers->sections + i * headers->section_size);

        if (section.name < names.size && elf_inside(image, names.offset, names.size) &&
            names.size - section.name >= sizeof(wanted) &&
            memcmp(image->bytes + names.offset + section.name, wanted, sizeof(wanted)) == 0)
            return read_go_part(arena, image, headers, section.offset, section.size, facts);
    }
    return false;
}

static void read_go(struct arena *arena, struct elf_image *image, const struct elf_headers *headers,
                    struct elf_facts *facts)
{
    if (read_go_section(arena, image, headers, facts))
        return;
    /* A stripped program has no sections, and a damaged section table must not hide the segments. */
    image->broken = false;
    for (uint64_t i = 0; i < headers->program_count; i++) {
        struct elf_range segment = elf_program_header(image, headers->programs + i * headers->program_size);

        if (segment.type == PT_LOAD && (segment.flags & (PF_X | PF_W)) == PF_W) {
            read_go_part(arena, image, headers, segment.offset, segment.size, facts);
            return;
        }
    }
}

int elf_read(struct arena *arena, const uint8_t *bytes, size_t len, struct elf_facts *ret_facts)
{
    struct elf_facts facts = {0};
    struct elf_headers headers;
    struct elf_image image;

    if (!elf_image_open(&image, bytes, len, &headers))
        return -EBADMSG;
    facts.is_64 = image.is_64;
    for (uint64_t i = 0; i < headers.program_count; i++) {
        struct elf_range range = elf_program_header(&image, headers.programs + i * headers.program_size);

        if (image.broken)
            return -EBADMSG;
        if (range.type == PT_DYNAMIC)
            facts.is_dynamic = true;
        if (range.type == PT_INTERP && !facts.interpreter) {
            facts.interpreter = copy_text(arena, &image, range.offset, range.size, INTERPRETER_MAX);
            if (!facts.interpreter)
                return -EBADMSG;
        }
    }
    read_go(arena, &image, &headers, &facts);
    *ret_facts = facts;
    return 0;
}

/* "2.36" or "1.2.3" at `at`: its length, 0 when there are not `dots` dots with numbers around them. */
static size_t version_len(const uint8_t *at, size_t room, unsigned dots)
{
    size_t i = 0, digits = 0;

    for (; i < room; i++) {
        if (at[i] >= '0' && at[i] <= '9') {
            if (++digits > 4)
                return 0;
        } else if (at[i] == '.' && digits && dots && i + 1 < room && at[i + 1] >= '0' && at[i + 1] <= '9') {
            dots--;
            digits = 0;
        } else {
            break;
        }
    }
    return dots == 0 && digits ? i : 0;
}

const char *elf_glibc_version(struct arena *arena, const uint8_t *bytes, size_t len)
{
    static const char words[] = "release version ";
    const uint8_t *at = memmem(bytes, len, words, sizeof(words) - 1);
    size_t size, room;

    if (!at)
        return NULL;
    at += sizeof(words) - 1;
    room = len - (size_t)(at - bytes);
    size = version_len(at, room, 1);
    return size ? arena_text_n(arena, (const char *)at, size) : NULL;
}

const char *elf_musl_version(struct arena *arena, const uint8_t *bytes, size_t len)
{
    const uint8_t *found = NULL;
    size_t found_size = 0;

    for (size_t i = 0; i + 2 < len; i++) {
        size_t size;

        if (bytes[i] != 0 || bytes[i + 1] < '0' || bytes[i + 1] > '9')
            continue;
        size = version_len(bytes + i + 1, len - i - 1, 2);
        if (!size || i + 1 + size >= len || bytes[i + 1 + size] != 0)
            continue;
        /* Two different ones: neither can be trusted. */
        if (found && (found_size != size || memcmp(found, bytes + i + 1, size) != 0))
            return NULL;
        found = bytes + i + 1;
        found_size = size;
    }
    return found ? arena_text_n(arena, (const char *)found, found_size) : NULL;
}
