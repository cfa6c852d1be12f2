/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel_types.h"
#include "bpf_library.h"
#include <errno.h>
#include <k8sdns/base/err.h>
#include <stdlib.h>
#include <string.h>

/* The parts of the kernel that are modules on most distributions; Of our choice: those that DNS meets. */
#define MODULES_MAX 16

struct kernel_types {
    struct btf *kernel;
    struct kernel_module {
        const char *name;
        struct btf *types; /* NULL: not loaded, or built in */
    } modules[MODULES_MAX];
    size_t modules_count;
};

struct kernel_types *kernel_types_new(struct err *err)
{
    struct kernel_types *types = calloc(1, sizeof(*types));

    if (!types)
        err_out_of_memory();
    types->kernel = btf__load_vmlinux_btf();
    if (!types->kernel) {
        (void)!err_set_errno(err, ERR_UNOBSERVED, errno, "read the types of this kernel");
        free(types);
        return NULL;
    }
    return types;
}

void kernel_types_free(struct kernel_types *types)
{
    if (!types)
        return;
    for (size_t i = 0; i < types->modules_count; i++)
        btf__free(types->modules[i].types);
    btf__free(types->kernel);
    free(types);
}

static const struct btf_type *find_enum(const struct kernel_types *types, const char *name)
{
    int32_t id = btf__find_by_name_kind(types->kernel, name, BTF_KIND_ENUM);

    return id < 0 ? NULL : btf__type_by_id(types->kernel, (uint32_t)id);
}

const char *kernel_types_word(const struct kernel_types *types, const char *enumeration, uint32_t value)
{
    const struct btf_type *type = find_enum(types, enumeration);

    for (unsigned i = 0; type && i < btf_vlen(type); i++)
        if ((uint32_t)btf_enum(type)[i].val == value)
            return btf__name_by_offset(types->kernel, btf_enum(type)[i].name_off);
    return NULL;
}

void kernel_types_words(const struct kernel_types *types, const char *enumeration, const char **ret_words,
                        size_t count)
{
    const struct btf_type *type = find_enum(types, enumeration);

    memset(ret_words, 0, count * sizeof(*ret_words));
    for (unsigned i = 0; type && i < btf_vlen(type); i++)
        if ((uint32_t)btf_enum(type)[i].val < count)
            ret_words[btf_enum(type)[i].val] = btf__name_by_offset(types->kernel, btf_enum(type)[i].name_off);
}

int64_t kernel_types_value(const struct kernel_types *types, const char *enumeration, const char *word)
{
    const struct btf_type *type = find_enum(types, enumeration);

    for (unsigned i = 0; type && i < btf_vlen(type); i++)
        if (strcmp(btf__name_by_offset(types->kernel, btf_enum(type)[i].name_off), word) == 0)
            return (uint32_t)btf_enum(type)[i].val;
    return -1;
}

static struct btf *module_types(struct kernel_types *types, const char *name)
{
    struct kernel_module *module;

    for (size_t i = 0; i < types->modules_count; i++)
        if (strcmp(types->modules[i].name, name) == 0)
            return types->modules[i].types;
    if (types->modules_count == MODULES_MAX)
        return NULL;
    module = &types->modules[types->modules_count++];
    module->name = name;
    module->types = btf__load_module_btf(name, types->kernel);
    return module->types;
}

/* Find a type in the kernel, else in its module; `*ret_btf` is where. */
static const struct btf_type *find_type(struct kernel_types *types, const char *module, const char *name,
                                        unsigned kind, const struct btf **ret_btf)
{
    int32_t id = btf__find_by_name_kind(types->kernel, name, kind);

    *ret_btf = types->kernel;
    if (id < 0) {
        *ret_btf = module ? module_types(types, module) : NULL;
        id = *ret_btf ? btf__find_by_name_kind(*ret_btf, name, kind) : -1;
    }
    return id < 0 ? NULL : btf__type_by_id(*ret_btf, (uint32_t)id);
}

bool kernel_types_has_function(struct kernel_types *types, const char *module, const char *name)
{
    const struct btf *btf;

    return find_type(types, module, name, BTF_KIND_FUNC, &btf) != NULL;
}

bool kernel_types_first_is_void(struct kernel_types *types, const char *module, const char *name)
{
    const struct btf *btf;
    const struct btf_type *type = find_type(types, module, name, BTF_KIND_FUNC, &btf);

    type = type ? btf__type_by_id(btf, type->type) : NULL;
    if (!type || !btf_vlen(type))
        return false;
    type = btf__type_by_id(btf, btf_params(type)[0].type);
    return btf_is_ptr(type) && !type->type;
}

unsigned kernel_types_arguments(const struct kernel_types *types, const char *function_type)
{
    int32_t id = btf__find_by_name_kind(types->kernel, function_type, BTF_KIND_TYPEDEF);
    const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(types->kernel, (uint32_t)id);

    while (type && (btf_is_typedef(type) || btf_is_ptr(type)))
        type = btf__type_by_id(types->kernel, type->type);
    return type && btf_is_func_proto(type) ? btf_vlen(type) : 0;
}

static int64_t find_member(const struct btf *btf, const struct btf_type *type, const char *member)
{
    for (unsigned i = 0; i < btf_vlen(type); i++) {
        const char *name = btf__name_by_offset(btf, btf_members(type)[i].name_off);
        int64_t offset = btf_member_bit_offset(type, i) / 8;
        const struct btf_type *inner = btf__type_by_id(btf, btf_members(type)[i].type);

        if (strcmp(name, member) == 0)
            return offset;
        if (!*name && btf_is_composite(inner)) {
            int64_t deeper = find_member(btf, inner, member);

            if (deeper >= 0)
                return offset + deeper;
        }
    }
    return -1;
}

int64_t kernel_types_member(struct kernel_types *types, const char *module, const char *name,
                            const char *member)
{
    const struct btf *btf;
    const struct btf_type *type = find_type(types, module, name, BTF_KIND_STRUCT, &btf);

    if (!type)
        return -1;
    return member ? find_member(btf, type, member) : type->size;
}
