/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_local.h"
#include "bpf_library.h"
#include <stdbool.h>
#include <stdint.h>

static bool takes_pointer(const struct btf *types, const struct btf_type *function)
{
    const struct btf_type *proto = btf__type_by_id(types, function->type);
    const struct btf_param *params = btf_params(proto);

    for (unsigned i = 0; i < btf_vlen(proto); i++) {
        const struct btf_type *type = btf__type_by_id(types, params[i].type);

        if (type && btf_is_ptr(type))
            return true;
    }
    return false;
}

/* The entry functions, which the kernel calls, are not concerned: they have no callers. */
void bpf_local_make(struct bpf_object *object)
{
    const struct btf *types = bpf_object__btf(object);
    unsigned count = types ? btf__type_cnt(types) : 0;

    /* Whether a function is global stands in its type alone, and the object's types are ours until it is
     * loaded. */
    for (unsigned id = 1; id < count; id++) {
        struct btf_type *type = (struct btf_type *)(uintptr_t)btf__type_by_id(types, id);

        if (btf_is_func(type) && btf_vlen(type) == BTF_FUNC_GLOBAL && takes_pointer(types, type))
            type->info = (uint32_t)BTF_KIND_FUNC << 24 | BTF_FUNC_STATIC;
    }
}
