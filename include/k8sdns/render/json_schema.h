/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_JSON_SCHEMA_H
#define K8SDNS_RENDER_JSON_SCHEMA_H

#include <jansson.h>
#include <k8sdns/model/shape.h>

/* A command's name and the shape of its data. */
struct schema_command {
    const char *name;
    const struct shape *data;
};

/*
 * The JSON Schema (draft 2020-12) of what the commands print: the envelope, and for each command its data.
 * Made from the shapes, so it says what the program does. Ownership: a new reference.
 */
json_t *schema_make(const struct schema_command *commands, size_t count);

#endif
