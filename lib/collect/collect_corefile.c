/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corefile_look.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/line.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/wire/config_map.h>
#include <string.h>

static const char *shown_path(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int choose_map(struct run *run, const struct config_map *maps, size_t count, const char *name,
                      struct corefile_text *text)
{
    const struct config_map *chosen = count == 1 ? &maps[0] : NULL;
    struct text names = {0};

    for (size_t i = 0; i < count; i++) {
        text_addf(&names, "%s%s", i ? ", " : "", maps[i].name);
        if (strcmp(maps[i].name, name ? name : "coredns") == 0)
            chosen = &maps[i];
    }
    if (name && chosen && strcmp(chosen->name, name) != 0)
        chosen = NULL;
    if (!chosen && !count)
        err_set(&run->err, ERR_FORMAT, EBADMSG, "no ConfigMap in it holds a Corefile");
    else if (!chosen && name)
        err_set(&run->err, ERR_FORMAT, EBADMSG, "it has no ConfigMap '%s' with a Corefile, but %s", name,
                text_string(&names));
    else if (!chosen)
        err_set(&run->err, ERR_FORMAT, EBADMSG,
                "it has several ConfigMaps with a Corefile (%s); choose one with "
                "--config-map",
                text_string(&names));
    text_fini(&names);
    if (!chosen)
        return -EBADMSG;
    text->space = *chosen->space ? chosen->space : "kube-system";
    text->map = *chosen->name ? chosen->name : "coredns";
    text->source = arena_printf(run->arena, "ConfigMap %s/%s", text->space, text->map);
    text->text = chosen->corefile;
    text->len = strlen(chosen->corefile);
    return 0;
}

/* Any text can be read as a Corefile to some extent; one where no line begins with a plugin is none. */
static bool is_corefile(struct arena *arena, const struct corefile_text *text)
{
    const struct corefile *corefile = &text->corefile;
    struct line_cursor cursor = {.bytes = text->text, .len = text->len};
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        const char *word = arena_text_n(arena, line.text, line.len);

        word += strspn(word, " \t");
        if (corefile_plugin_is_known(arena_text_n(arena, word, strcspn(word, " \t\r{"))))
            return true;
    }
    for (size_t i = 0; i < corefile->blocks_count; i++)
        if (corefile->blocks[i].imports_count)
            return true;
    return corefile->imports_count > 0;
}

static int take(struct run *run, struct corefile_text *text)
{
    if (text->len > COREFILE_MAX)
        return err_set(&run->err, ERR_FORMAT, EFBIG, "it is over %d KB, which no ConfigMap can be",
                       COREFILE_MAX / 1024);
    corefile_read(run->arena, text->text, text->len, &text->corefile);
    if (is_corefile(run->arena, text))
        return 0;
    if (!text->len)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is empty");
    if (text->corefile.fault)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is no Corefile: line %llu: %s",
                       (unsigned long long)text->corefile.fault_line, text->corefile.fault);
    return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is no Corefile: no plugin of CoreDNS is in it");
}

int corefile_text_read(struct run *run, const char *path, const char *map, struct corefile_text *ret)
{
    struct config_map *maps;
    size_t count;
    char *bytes;
    int r = file_read(run->arena, path, CONFIG_MAP_BYTES_MAX, &bytes, &ret->len, &run->err);

    if (r < 0)
        return r;
    ret->source = shown_path(path);
    ret->space = "kube-system";
    ret->map = "coredns";
    ret->text = bytes;
    if (config_map_is_one(bytes, ret->len)) {
        r = config_map_read(run->arena, bytes, ret->len, &maps, &count, &run->err);
        if (r == 0)
            r = choose_map(run, maps, count, map, ret);
    }
    if (r == 0)
        r = take(run, ret);
    return r < 0 ? err_prefix(&run->err, r, "%s", shown_path(path)) : 0;
}

/* What diagnose knows of the cluster, for the judgement. */
static void judge(struct run *run, struct corefile_text *text, struct facts *facts)
{
    struct corefile_environment environment = {.source = text->source, .text = text->text, .len = text->len};
    struct address *cluster_ips = NULL, *own = NULL, address;
    const struct replicas_facts *replicas = facts->replicas;

    if (replicas && replicas->cluster_ip && address_parse(replicas->cluster_ip, 53, &address, NULL) == 0)
        *ARENA_PUSH(run->arena, cluster_ips, environment.cluster_ips_count) = address;
    for (size_t i = 0; replicas && i < replicas->replicas_count; i++)
        if (address_parse(replicas->replicas[i].address, 53, &address, NULL) == 0)
            *ARENA_PUSH(run->arena, own, environment.own_count) = address;
    environment.cluster_ips = cluster_ips;
    environment.own = own;
    for (size_t i = 0; facts->kube && i < facts->kube->pods_count && !environment.version; i++)
        environment.version = facts->kube->pods[i].version;
    facts->corefile = ARENA_NEW(run->arena, struct corefile_facts);
    corefile_judge(run->arena, &text->corefile, &environment, facts->corefile);
}

int corefile_look(struct run *run, const char *path, struct facts *facts)
{
    struct corefile_text text = {
        .source = "ConfigMap kube-system/coredns", .space = "kube-system", .map = "coredns"};
    int r;

    if (path) {
        r = corefile_text_read(run, path, NULL, &text);
        if (r < 0)
            return r;
    } else if (facts->kube && facts->kube->corefile) {
        text.text = facts->kube->corefile;
        text.len = strlen(text.text);
        r = take(run, &text);
        if (r < 0) {
            run_unobserved(run, "the Corefile", arena_text(run->arena, run->err.text), "see it with kubectl");
            run->err = (struct err){0};
            return 0;
        }
    } else {
        return 0;
    }
    judge(run, &text, facts);
    return 0;
}
