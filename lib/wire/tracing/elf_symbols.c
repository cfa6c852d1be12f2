/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in a shared library its exported functions begin.
 *
 *     section headers -> SHT_DYNSYM: symbols, each a name (offset into the linked string section), a type, an
 *                        address, which PT_LOAD takes to an offset in the file
 *
 * Left out: versions (the libraries looked at have one of each function), symbols for debuggers, and hash
 * tables, since a C library's few thousand symbols are read once.
 */
#include "elf_image.h"
#include <elf.h>
#include <errno.h>
#include <k8sdns/wire/tracing/elf.h>
#include <string.h>

enum {
    SYMBOLS_MAX = 1 << 20,
};

struct symbol {
    uint32_t name;
    unsigned type;
    uint64_t address, section;
};

static struct symbol read_symbol(struct elf_image *image, uint64_t at)
{
    bool wide = image->is_64;

    return (struct symbol){
        .name = (uint32_t)elf_number(image, at, 4),
        .type = (unsigned)elf_number(image, at + (wide ? 4 : 12), 1) & 0xf,
        .section = elf_number(image, at + (wide ? 6 : 14), 2),
        .address = elf_word(image, at + (wide ? 8 : 4)),
    };
}

static bool is_named(const struct elf_image *image, const struct elf_range *names, uint32_t at,
                     const char *wanted)
{
    size_t size = strlen(wanted) + 1;

    return at < names->size && names->size - at >= size && elf_inside(image, names->offset, names->size) &&
           memcmp(image->bytes + names->offset + at, wanted, size) == 0;
}

static bool find_section(struct elf_image *image, const struct elf_headers *headers, uint32_t type,
                         struct elf_range *ret_section)
{
    for (uint64_t i = 0; i < headers->section_count && !image->broken; i++) {
        *ret_section = elf_section_header(image, headers->sections + i * headers->section_size);
        if (ret_section->type == type)
            return !image->broken;
    }
    return false;
}

int elf_function_offsets(const uint8_t *bytes, size_t len, const char *const *names, size_t count,
                         uint64_t *ret_offsets)
{
    struct elf_range symbols, texts;
    struct elf_headers headers;
    struct elf_image image;
    uint64_t size;
    int found = 0;

    if (!elf_image_open(&image, bytes, len, &headers) ||
        !find_section(&image, &headers, SHT_DYNSYM, &symbols) || symbols.link >= headers.section_count)
        return -EBADMSG;
    texts = elf_section_header(&image, headers.sections + symbols.link * headers.section_size);
    size = image.is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    if (image.broken || !elf_inside(&image, symbols.offset, symbols.size) ||
        symbols.size / size > SYMBOLS_MAX)
        return -EBADMSG;
    for (size_t k = 0; k < count; k++)
        ret_offsets[k] = 0;
    for (uint64_t i = 0; i < symbols.size / size; i++) {
        struct symbol symbol = read_symbol(&image, symbols.offset + i * size);

        if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF)
            continue;
        for (size_t k = 0; k < count; k++) {
            uint64_t offset;

            if (ret_offsets[k] || !is_named(&image, &texts, symbol.name, names[k]))
                continue;
            offset = elf_file_offset(&image, &headers, symbol.address, 1);
            if (image.broken || offset == UINT64_MAX || !elf_inside(&image, offset, 1))
                return -EBADMSG;
            ret_offsets[k] = offset;
            found += offset != 0;
        }
    }
    return found;
}
