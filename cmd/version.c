/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "version.h"
#include <ares.h>
#include <event2/event.h>
#include <jansson.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <yaml.h>

int version_run(struct run *run, const void *config, void *data)
{
    struct version_facts *facts = data;
    const struct library_facts list[] = {
        {"c-ares", ares_version(NULL)},
        {"libevent", event_get_version()},
        {"jansson", jansson_version_str()},
        {"libyaml", yaml_get_version_string()},
    };

    (void)config;
    facts->version = VERSION;
    facts->libraries = arena_copy(run->arena, list, sizeof(list));
    facts->libraries_count = sizeof(list) / sizeof(list[0]);
    if (bpf_built_in)
        *ARENA_PUSH(run->arena, facts->features, facts->features_count) = "bpf";
    return STATUS_OK;
}

void version_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct version_facts *facts = data;

    (void)arena;
    printer_addf(printer, "k8sdns %s\n", facts->version);
    if (printer->verbosity > 0)
        for (size_t i = 0; i < facts->libraries_count; i++)
            printer_addf(printer, "%s %s\n", facts->libraries[i].name, facts->libraries[i].version);
    if (printer->verbosity > 0)
        for (size_t i = 0; i < facts->features_count; i++)
            printer_addf(printer, "with %s\n", facts->features[i]);
}
