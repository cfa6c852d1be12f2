/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elf_image.h"
#include <elf.h>
#include <string.h>

enum {
    HEADERS_MAX = 4096, /* program or section headers; linkers write dozens */
};

bool elf_inside(const struct elf_image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->len && size <= image->len - offset;
}

uint64_t elf_number(struct elf_image *image, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    if (image->broken || !elf_inside(image, offset, size)) {
        image->broken = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)image->bytes[offset + i] << 8 * (image->big ? size - 1 - i : i);
    return value;
}

uint64_t elf_word(struct elf_image *image, uint64_t offset)
{
    return elf_number(image, offset, image->is_64 ? 8 : 4);
}

struct elf_range elf_program_header(struct elf_image *image, uint64_t at)
{
    bool wide = image->is_64;

    return (struct elf_range){
        .type = (uint32_t)elf_number(image, at, 4),
        .flags = (uint32_t)elf_number(image, at + (wide ? 4 : 24), 4),
        .offset = elf_word(image, at + (wide ? 8 : 4)),
        .address = elf_word(image, at + (wide ? 16 : 8)),
        .size = elf_word(image, at + (wide ? 32 : 16)),
        .memory_size = elf_word(image, at + (wide ? 40 : 20)),
    };
}

struct elf_range elf_section_header(struct elf_image *image, uint64_t at)
{
    bool wide = image->is_64;

    return (struct elf_range){
        .name = (uint32_t)elf_number(image, at, 4),
        .type = (uint32_t)elf_number(image, at + 4, 4),
        .address = elf_word(image, at + (wide ? 16 : 12)),
        .offset = elf_word(image, at + (wide ? 24 : 16)),
        .size = elf_word(image, at + (wide ? 32 : 20)),
        .link = (uint32_t)elf_number(image, at + (wide ? 40 : 24), 4),
    };
}

static struct elf_headers elf_headers_read(struct elf_image *image)
{
    bool wide = image->is_64;
    uint64_t tail = wide ? 54 : 42; /* e_phentsize and what follows it, two bytes each */
    struct elf_headers headers = {
        .programs = elf_word(image, wide ? 32 : 28),
        .sections = elf_word(image, wide ? 40 : 32),
        .program_size = elf_number(image, tail, 2),
        .program_count = elf_number(image, tail + 2, 2),
        .section_size = elf_number(image, tail + 4, 2),
        .section_count = elf_number(image, tail + 6, 2),
        .names = elf_number(image, tail + 8, 2),
    };

    if (headers.program_count > HEADERS_MAX)
        headers.program_count = HEADERS_MAX;
    if (headers.section_count > HEADERS_MAX)
        headers.section_count = HEADERS_MAX;
    /* An entry smaller than what is read of it would make headers overlap: nothing sane does that. */
    if (headers.program_count && headers.program_size < (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        image->broken = true;
    if (headers.section_size < (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)))
        headers.section_count = 0;
    return headers;
}

uint64_t elf_file_offset(struct elf_image *image, const struct elf_headers *headers, uint64_t address,
                         uint64_t size)
{
    for (uint64_t i = 0; i < headers->program_count; i++) {
        struct elf_range range = elf_program_header(image, headers->programs + i * headers->program_size);

        if (range.type == PT_LOAD && address >= range.address && address - range.address < range.size &&
            size <= range.size - (address - range.address))
            return range.offset + (address - range.address);
    }
    return UINT64_MAX;
}

bool elf_image_open(struct elf_image *image, const uint8_t *bytes, size_t len,
                    struct elf_headers *ret_headers)
{
    *image = (struct elf_image){.bytes = bytes, .len = len};
    if (len < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0 ||
        (bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) ||
        (bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB))
        return false;
    image->is_64 = bytes[EI_CLASS] == ELFCLASS64;
    image->big = bytes[EI_DATA] == ELFDATA2MSB;
    *ret_headers = elf_headers_read(image);
    return !image->broken;
}
