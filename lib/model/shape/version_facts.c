/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/version_facts.h>

static const struct shape_field library_fields[] = {
    SHAPE_FIELD_TEXT(struct library_facts, name, "name", "of the library"),
    SHAPE_FIELD_TEXT(struct library_facts, version, "version", "as it runs"),
};
const struct shape library_facts_shape = SHAPE(struct library_facts, library_fields, "library");

static const struct shape_field version_fields[] = {
    SHAPE_FIELD_TEXT(struct version_facts, version, "version", "of k8sdns"),
    SHAPE_FIELD_OBJECTS(struct version_facts, libraries, "libraries", &library_facts_shape, "in use"),
    SHAPE_FIELD_TEXTS(struct version_facts, features, "features", "optional parts that are built in"),
};
const struct shape version_facts_shape = SHAPE(struct version_facts, version_fields, "version");
