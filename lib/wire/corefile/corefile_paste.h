/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_COREFILE_PASTE_H
#define K8SDNS_WIRE_COREFILE_PASTE_H

#include <jansson.h>
#include <k8sdns/wire/corefile/config_map.h>

/* Read the output of kubectl describe configmap; one or several. */
void described_read(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps);

/* Put a ConfigMap where it belongs. */
void config_map_add(struct arena *arena, const struct config_map *map, struct config_maps *maps);

/*
 * A Corefile as text, without what stands around it and is none: a key ("Corefile: |") in front, the
 * placeholders of templates. Lines stay where they are.
 */
const char *corefile_clean(struct arena *arena, const char *bytes, size_t len, bool *ret_template);

/* Find Corefiles, and what Helm makes one of, at any depth of an object or list that is no ConfigMap. */
void config_values_read(struct arena *arena, const json_t *value, unsigned depth, struct config_maps *maps);

/*
 * The Corefile below an indented "Corefile: |" of a text that is no YAML, such as a template of Helm or
 * Jinja; NULL where there is none. What stands around it are blanks, so that its lines are those of the text.
 */
const char *corefile_block(struct arena *arena, const char *bytes, size_t len);

#endif
