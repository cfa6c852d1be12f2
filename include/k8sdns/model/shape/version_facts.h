/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_VERSION_FACTS_H
#define K8SDNS_MODEL_VERSION_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* A library as it runs, which may be newer than the one built against. */
struct library_facts {
    const char *name, *version;
};
extern const struct shape library_facts_shape;

/* `data` of --version --json. */
struct version_facts {
    const char *version;
    struct library_facts *libraries;
    size_t libraries_count;
    const char **features; /* optional parts that are built in */
    size_t features_count;
};
extern const struct shape version_facts_shape;

#endif
