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
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <k8sdns/wire/elf.h>
#include <string.h>

enum {
    HEADERS_MAX = 4096,     /* program or section headers; linkers write dozens */
    INTERPRETER_MAX = 4096, /* PATH_MAX */
    GO_VERSION_MAX = 256,
    GO_SEARCH_MAX = 1 << 20, /* Go puts the block at the start of its data; its own reader looks at 1 MiB */
};

static const char go_magic[14] = "\xff Go buildinf:";

/* A file; `broken` is set by the first read outside of it, which gives zero, as all later ones do. */
struct image {
    const uint8_t *bytes;
    size_t len;
    bool big, is_64, broken;
};

struct range {
    uint64_t offset, size, address, memory_size;
    uint32_t type, flags, name;
};

static bool inside(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->len && size <= image->len - offset;
}

static uint64_t read_number(struct image *image, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    if (image->broken || !inside(image, offset, size)) {
        image->broken = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)image->bytes[offset + i] << 8 * (image->big ? size - 1 - i : i);
    return value;
}

/* An address or offset, as wide as the file's class. */
static uint64_t read_word(struct image *image, uint64_t offset)
{
    return read_number(image, offset, image->is_64 ? 8 : 4);
}

static struct range read_program_header(struct image *image, uint64_t at)
{
    bool wide = image->is_64;

    return (struct range){
        .type = (uint32_t)read_number(image, at, 4),
        .flags = (uint32_t)read_number(image, at + (wide ? 4 : 24), 4),
        .offset = read_word(image, at + (wide ? 8 : 4)),
        .address = read_word(image, at + (wide ? 16 : 8)),
        .size = read_word(image, at + (wide ? 32 : 16)),
        .memory_size = read_word(image, at + (wide ? 40 : 20)),
    };
}

static struct range read_section_header(struct image *image, uint64_t at)
{
    bool wide = image->is_64;

    return (struct range){
        .name = (uint32_t)read_number(image, at, 4),
        .type = (uint32_t)read_number(image, at + 4, 4),
        .address = read_word(image, at + (wide ? 16 : 12)),
        .offset = read_word(image, at + (wide ? 24 : 16)),
        .size = read_word(image, at + (wide ? 32 : 20)),
    };
}

struct headers {
    uint64_t programs, program_size, program_count;
    uint64_t sections, section_size, section_count, names;
};

static struct headers read_headers(struct image *image)
{
    bool wide = image->is_64;
    uint64_t tail = wide ? 54 : 42; /* e_phentsize and what follows it, two bytes each */
    struct headers headers = {
        .programs = read_word(image, wide ? 32 : 28),
        .sections = read_word(image, wide ? 40 : 32),
        .program_size = read_number(image, tail, 2),
        .program_count = read_number(image, tail + 2, 2),
        .section_size = read_number(image, tail + 4, 2),
        .section_count = read_number(image, tail + 6, 2),
        .names = read_number(image, tail + 8, 2),
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

/* A text in the file, without NUL bytes; NULL when it is not all inside or is too long. */
static const char *copy_text(struct arena *arena, const struct image *image, uint64_t offset, uint64_t size,
                             uint64_t max)
{
    if (size > max || !inside(image, offset, size))
        return NULL;
    return arena_text_n(arena, (const char *)image->bytes + offset,
                        strnlen((const char *)image->bytes + offset, size));
}

/* The place in the file of a place in memory, with room for `size` bytes; UINT64_MAX when there is none. */
static uint64_t file_offset(struct image *image, const struct headers *headers, uint64_t address,
                            uint64_t size)
{
    for (uint64_t i = 0; i < headers->program_count; i++) {
        struct range range = read_program_header(image, headers->programs + i * headers->program_size);

        if (range.type == PT_LOAD && address >= range.address && address - range.address < range.size &&
            size <= range.size - (address - range.address))
            return range.offset + (address - range.address);
    }
    return UINT64_MAX;
}

static const char *go_version_inline(struct arena *arena, struct image *image, uint64_t at)
{
    uint64_t size = 0;

    for (unsigned shift = 0; shift < 21; shift += 7) {
        uint64_t byte = read_number(image, at++, 1);

        size |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return image->broken ? NULL : copy_text(arena, image, at, size, GO_VERSION_MAX);
    }
    return NULL;
}

static const char *go_version_pointed(struct arena *arena, struct image *image, const struct headers *headers,
                                      uint64_t at)
{
    unsigned width = (unsigned)read_number(image, at + 14, 1);
    uint64_t header, text, size;

    if (width != 4 && width != 8)
        return NULL;
    header = file_offset(image, headers, read_number(image, at + 16, width), 2 * width);
    if (header == UINT64_MAX)
        return NULL;
    text = read_number(image, header, width);
    size = read_number(image, header + width, width);
    text = size > GO_VERSION_MAX ? UINT64_MAX : file_offset(image, headers, text, size);
    return image->broken || text == UINT64_MAX ? NULL : copy_text(arena, image, text, size, GO_VERSION_MAX);
}

/* Look for the block in a part of the file; its alignment is 16. */
static bool read_go_part(struct arena *arena, struct image *image, const struct headers *headers,
                         uint64_t offset, uint64_t size, struct elf_facts *facts)
{
    if (size > GO_SEARCH_MAX)
        size = GO_SEARCH_MAX;
    if (!inside(image, offset, size) || size < 32)
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

static bool read_go_section(struct arena *arena, struct image *image, const struct headers *headers,
                            struct elf_facts *facts)
{
    static const char wanted[] = ".go.buildinfo";
    struct range names;

    if (headers->names >= headers->section_count)
        return false;
    names = read_section_header(image, headers->sections + headers->names * headers->section_size);
    for (uint64_t i = 0; i < headers->section_count && !image->broken; i++) {
        struct range section = read_section_header(image, headers->sections + i * headers->section_size);

        if (section.name < names.size && inside(image, names.offset, names.size) &&
            names.size - section.name >= sizeof(wanted) &&
            memcmp(image->bytes + names.offset + section.name, wanted, sizeof(wanted)) == 0)
            return read_go_part(arena, image, headers, section.offset, section.size, facts);
    }
    return false;
}

static void read_go(struct arena *arena, struct image *image, const struct headers *headers,
                    struct elf_facts *facts)
{
    if (read_go_section(arena, image, headers, facts))
        return;
    /* A stripped program has no sections, and a damaged section table must not hide the segments. */
    image->broken = false;
    for (uint64_t i = 0; i < headers->program_count; i++) {
        struct range segment = read_program_header(image, headers->programs + i * headers->program_size);

        if (segment.type == PT_LOAD && (segment.flags & (PF_X | PF_W)) == PF_W) {
            read_go_part(arena, image, headers, segment.offset, segment.size, facts);
            return;
        }
    }
}

int elf_read(struct arena *arena, const uint8_t *bytes, size_t len, struct elf_facts *ret_facts)
{
    struct image image = {.bytes = bytes, .len = len};
    struct elf_facts facts = {0};
    struct headers headers;

    if (len < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0 ||
        (bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) ||
        (bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB))
        return -EBADMSG;
    facts.is_64 = image.is_64 = bytes[EI_CLASS] == ELFCLASS64;
    image.big = bytes[EI_DATA] == ELFDATA2MSB;
    headers = read_headers(&image);
    if (image.broken)
        return -EBADMSG;
    for (uint64_t i = 0; i < headers.program_count; i++) {
        struct range range = read_program_header(&image, headers.programs + i * headers.program_size);

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
