/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_json.h"
#include <errno.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <k8sdns/wire/cluster/kubelet_config.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

static void take_domain(struct arena *arena, const char *text, struct kubelet_config *config)
{
    size_t len = strlen(text);
    uint8_t wire[DNS_NAME_WIRE_MAX];

    len -= len && text[len - 1] == '.';
    if (len && dns_name_from_text(text, wire, NULL) > 0)
        config->domain = arena_text_n(arena, text, len);
}

/* One address, or several with commas between them. */
static void take_servers(struct arena *arena, const char *text, struct kubelet_config *config)
{
    while (*text) {
        size_t len = strcspn(text, ",");
        struct address address;

        if (address_parse(arena_text_n(arena, text, len), DNS_PORT, &address, NULL) == 0)
            *ARENA_PUSH(arena, config->servers, config->servers_count) = address;
        text += len + (text[len] == ',');
    }
}

static void take(struct arena *arena, const json_t *object, const char *domain, const char *servers,
                 struct kubelet_config *config)
{
    const json_t *found = json_object_get(object, domain), *item;
    size_t i;

    if (json_is_string(found))
        take_domain(arena, json_string_value(found), config);
    found = json_object_get(object, servers);
    if (json_is_string(found))
        take_servers(arena, json_string_value(found), config);
    json_array_foreach(found, i, item) if (json_is_string(item))
        take_servers(arena, json_string_value(item), config);
}

int kubelet_config_read(struct arena *arena, const char *bytes, size_t len, struct kubelet_config *config,
                        struct err *err)
{
    size_t first = 0;
    json_t *documents;
    int r = 0;

    while (first < len && bytes[first] != 0 && strchr(" \t\r\n", bytes[first]))
        first++;
    if (first < len && bytes[first] == '{') {
        json_error_t where;
        json_t *one = json_tree_read(bytes, len, 0, JSON_TREE_PEER, &where);

        if (!one)
            return err_set(err, ERR_FORMAT, EBADMSG, "it is no JSON: line %d: %s", where.line, where.text);
        documents = json_pack("[o]", one);
    } else {
        r = yaml_json_read(bytes, len, false, &documents, err);
    }
    if (r < 0)
        return r;
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *object = json_array_get(documents, i);

        take(arena, object, "clusterDomain", "clusterDNS", config);
        take(arena, object, "cluster-domain", "cluster-dns", config);
    }
    json_decref(documents);
    return 0;
}

/* The value of an option: behind its =, or the next word. */
static const char *value_of(const char *word, const char *option, const char *next)
{
    size_t len = strlen(option);

    if (strncmp(word, option, len) != 0)
        return NULL;
    return word[len] == '=' ? word + len + 1 : word[len] ? NULL : next;
}

void kubelet_arguments_read(struct arena *arena, const char *bytes, size_t len, struct kubelet_config *config)
{
    char *copy = arena_alloc(arena, len + 1);

    memcpy(copy, bytes, len);
    copy[len] = '\0';
    for (const char *text = copy, *end = copy + len; text < end; text += strlen(text) + 1) {
        const char *next = text + strlen(text) + 1;
        const char *after = next < end ? next : NULL, *value;

        if ((value = value_of(text, "--cluster-domain", after)))
            take_domain(arena, value, config);
        else if ((value = value_of(text, "--cluster-dns", after)))
            take_servers(arena, value, config);
        else if ((value = value_of(text, "--config", after)) && *value)
            config->file = value;
    }
}
