/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_JSON_SCHEMA_H
#define K8SDNS_RENDER_JSON_SCHEMA_H

#include <jansson.h>
#include <k8sdns/model/shape/shape.h>

/* A command's name, the shape of its data, and those that it has instead while it streams. */
struct schema_command {
    const char *name;
    const struct shape *data;
    const struct shape *const *parts; /* NULL-terminated, or NULL */
};

/*
 * The JSON Schema (draft 2020-12) of what the commands print: the envelope, and for each command its data.
 * Made from the shapes, so it says what the program does. Ownership: a new reference.
 */
json_t *schema_make(const struct schema_command *commands, size_t count);

#endif
