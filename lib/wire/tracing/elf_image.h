/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_ELF_IMAGE_H
#define K8SDNS_WIRE_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file; `broken` is set by the first read outside of it, which gives zero, as all later ones do. */
struct elf_image {
    const uint8_t *bytes;
    size_t len;
    bool big, is_64, broken;
};

struct elf_range {
    uint64_t offset, size, address, memory_size;
    uint32_t type, flags, name, link;
};

struct elf_headers {
    uint64_t programs, program_size, program_count;
    uint64_t sections, section_size, section_count, names;
};

/* Both word sizes and byte orders. False when it is no ELF file, or its headers lead outside of it. */
bool elf_image_open(struct elf_image *image, const uint8_t *bytes, size_t len,
                    struct elf_headers *ret_headers);

bool elf_inside(const struct elf_image *image, uint64_t offset, uint64_t size);

uint64_t elf_number(struct elf_image *image, uint64_t offset, unsigned size);
/* An address or offset, as wide as the file's class. */
uint64_t elf_word(struct elf_image *image, uint64_t offset);

/* The header at an offset. */
struct elf_range elf_program_header(struct elf_image *image, uint64_t at);
struct elf_range elf_section_header(struct elf_image *image, uint64_t at);

/* The place in the file of a place in memory, with room for `size` bytes; UINT64_MAX when there is none. */
uint64_t elf_file_offset(struct elf_image *image, const struct elf_headers *headers, uint64_t address,
                         uint64_t size);

#endif
