/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fnmatch.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/line.h>
#include <k8sdns/base/text.h>
#include <k8sdns/collect/collect_corefile.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/corefile/config_map.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/* The namespace of a Corefile that came without one: kubeadm's. */
static const char no_space[] = "kube-system";

/* Keys that an import may name: those of the map itself, and of others in its namespace. */
static void add_files(struct survey *survey, const struct config_map *map, struct corefile_text *text)
{
    for (size_t i = 0; i < map->keys_count; i++)
        *ARENA_PUSH(survey->arena, text->files, text->files_count) = map->keys[i];
}

static void name_map(struct survey *survey, const struct config_map *map, const char *usual,
                     struct corefile_text *text)
{
    text->space = *map->space ? map->space : "kube-system";
    text->map = *map->name ? map->name : usual;
    text->source = arena_printf(survey->arena, "ConfigMap %s/%s", text->space, text->map);
}

static int choose_map(struct survey *survey, const struct config_maps *maps, const char *name,
                      struct corefile_text *text)
{
    const struct config_map *chosen = maps->maps_count == 1 ? &maps->maps[0] : NULL;
    const char *usual = text_or(survey->dns ? survey->dns->config_map : NULL,
                                distribution_table[DISTRIBUTION_UNKNOWN].config_map);
    struct text names = {0};

    for (size_t i = 0; i < maps->maps_count; i++) {
        text_addf(&names, "%s%s", i ? ", " : "", maps->maps[i].name);
        if (strcmp(maps->maps[i].name, name ? name : usual) == 0)
            chosen = &maps->maps[i];
    }
    if (name && chosen && strcmp(chosen->name, name) != 0)
        chosen = NULL;
    if (!chosen && name)
        err_set(&survey->err, ERR_FORMAT, EBADMSG, "it has no ConfigMap '%s' with a Corefile, but %s", name,
                text_string(&names));
    else if (!chosen)
        err_set(&survey->err, ERR_FORMAT, EBADMSG,
                "it has several ConfigMaps with a Corefile (%s); choose one with "
                "--config-map",
                text_string(&names));
    text_fini(&names);
    if (!chosen)
        return -EBADMSG;
    name_map(survey, chosen, usual, text);
    text->text = chosen->corefile;
    text->misnamed = chosen->misnamed;
    text->len = strlen(chosen->corefile);
    text->template = maps->template;
    add_files(survey, chosen, text);
    for (size_t i = 0; i < maps->parts_count; i++)
        if (!*maps->parts[i].space || !*chosen->space || strcmp(maps->parts[i].space, chosen->space) == 0)
            add_files(survey, &maps->parts[i], text);
    return 0;
}

/*
 * coredns-custom alone, which is all that users may edit on AKS and k3s: its keys stand where the Corefile of
 * these imports them.
 */
static void take_parts(struct survey *survey, const struct config_maps *maps, struct corefile_text *text)
{
    bool inside = false;

    name_map(survey, &maps->parts[0], "coredns-custom", text);
    for (size_t i = 0; i < maps->parts_count; i++)
        add_files(survey, &maps->parts[i], text);
    for (size_t i = 0; i < text->files_count; i++)
        inside = inside || fnmatch("*.override", text->files[i].name, 0) == 0;
    text->partial = true;
    text->text = inside ? ".:53 {\n    import *.override\n}\nimport *.server\n" : "import *.server\n";
    text->len = strlen(text->text);
}

/* Choose what is judged among all that was read. */
static int choose(struct survey *survey, const struct config_maps *maps, const char *name,
                  struct corefile_text *text)
{
    if (maps->maps_count)
        return choose_map(survey, maps, name, text);
    if (maps->text) {
        text->text = maps->text;
        text->len = strlen(maps->text);
        text->template = maps->template;
        for (size_t i = 0; i < maps->parts_count; i++)
            add_files(survey, &maps->parts[i], text);
        return 0;
    }
    if (maps->parts_count) {
        take_parts(survey, maps, text);
        return 0;
    }
    if (maps->kube_dns_count) {
        name_map(survey, &maps->kube_dns[0], "kube-dns", text);
        text->kube_dns = &maps->kube_dns[0];
        return 0;
    }
    return err_set(&survey->err, ERR_FORMAT, EBADMSG, "no ConfigMap in it holds a Corefile");
}

/* Any text can be read as a Corefile to some extent; one where no line begins with a plugin is none. */
static bool is_corefile(struct arena *arena, const struct corefile_text *text)
{
    const struct corefile *corefile = &text->corefile;
    struct line_cursor cursor = {.bytes = text->text, .len = text->len};
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        const char *word = arena_text_n(arena, line.text, line.len);

        do {
            word += strspn(word, " \t\r{");
            if (corefile_plugin_is_known(arena_text_n(arena, word, strcspn(word, " \t\r{"))))
                return true;
            word += strcspn(word, " \t\r{");
            /* A server block on one line has its plugins there. */
        } while (corefile->one_line && *word);
    }
    for (size_t i = 0; i < corefile->blocks_count; i++)
        if (corefile->blocks[i].imports_count)
            return true;
    return corefile->imports_count > 0;
}

/*
 * A plugin that was copied without its server block stands in one, as a file that this imports, so that its
 * lines keep their numbers.
 */
static void take_fragment(struct survey *survey, struct corefile_text *text)
{
    const char *plugin =
        text->space == no_space && !text->files_count ? corefile_lone_plugin(&text->corefile) : NULL;

    if (!plugin)
        return;
    *ARENA_PUSH(survey->arena, text->files, text->files_count) =
        (struct corefile_file){"fragment", arena_text_n(survey->arena, text->text, text->len), text->len};
    text->source = arena_printf(survey->arena, "%s (%s alone, read as if it stood in a server block)",
                                text->source, plugin);
    text->partial = text->fragment = true;
    text->text = ".:53 {\n    import fragment\n}\n";
    text->len = strlen(text->text);
    corefile_read(survey->arena, text->text, text->len, text->files, text->files_count, &text->corefile);
}

static int take(struct survey *survey, struct corefile_text *text)
{
    if (text->len > COREFILE_MAX)
        return err_set(&survey->err, ERR_FORMAT, EFBIG, "it is over %d KB, which no ConfigMap can be",
                       COREFILE_MAX / 1024);
    corefile_read(survey->arena, text->text, text->len, text->files, text->files_count, &text->corefile);
    take_fragment(survey, text);
    if (text->partial || is_corefile(survey->arena, text))
        return 0;
    if (!text->len && strncmp(text->source, "ConfigMap ", strlen("ConfigMap ")) == 0)
        return err_set(&survey->err, ERR_FORMAT, EBADMSG, "the Corefile of %s is empty", text->source);
    if (!text->len)
        return err_set(&survey->err, ERR_FORMAT, EBADMSG, "it is empty; did kubectl fail?");
    if (text->corefile.fault)
        return err_set(&survey->err, ERR_FORMAT, EBADMSG, "it is no Corefile: line %llu: %s",
                       (unsigned long long)text->corefile.fault_line, text->corefile.fault);
    return err_set(&survey->err, ERR_FORMAT, EBADMSG, "it is no Corefile: no plugin of CoreDNS is in it");
}

/* A file that stands beside the Corefile, "x.server", is one that it may import. */
static void add_beside(struct survey *survey, const char *path, const char *bytes, size_t len,
                       struct config_maps *maps)
{
    const char *slash = strrchr(path, '/');
    struct config_map part = {.space = "", .name = ""};

    *ARENA_PUSH(survey->arena, part.keys, part.keys_count) =
        (struct corefile_file){slash ? slash + 1 : path, arena_text_n(survey->arena, bytes, len), len};
    *ARENA_PUSH(survey->arena, maps->parts, maps->parts_count) = part;
}

/* Input that is none is named for what it is, with what reads it; `r` is why it was not taken. */
static int refuse(struct survey *survey, const char *path, const char *bytes, size_t len, int r)
{
    enum input_kind kind = input_kind_tell(bytes, len);

    if (r != -EBADMSG || kind == INPUT_COREFILE || kind == INPUT_KUBE || kind == INPUT_DESCRIBE)
        return err_prefix(&survey->err, r, "%s", file_shown(path));
    if (kind == INPUT_EMPTY)
        return err_set(&survey->err, ERR_FORMAT, EBADMSG, "%s: it is empty; did kubectl fail?",
                       file_shown(path));
    return input_kind_refuse(bytes, len, INPUT_COREFILE, file_shown(path), "a Corefile", &survey->err) < 0
               ? -EBADMSG
               : err_prefix(&survey->err, r, "%s", file_shown(path));
}

static int read_one(struct survey *survey, const char *path, bool beside, struct config_maps *maps,
                    struct kube_objects *objects, struct line *ret_bytes)
{
    struct err ignored = {0};
    const char *bytes;
    char *file;
    size_t len;
    int r = file_read_text(survey->arena, path, CONFIG_MAP_BYTES_MAX, &file, &len, &survey->err);

    if (r < 0)
        return r;
    *ret_bytes = (struct line){.text = file, .len = len};
    bytes = pasted_text_read(survey->arena, file, len, &len);
    if (beside && !config_map_is_one(bytes, len) && maps->text) {
        add_beside(survey, path, bytes, len, maps);
        return 0;
    }
    r = config_map_read(survey->arena, bytes, len, maps, &survey->err);
    /* Whose Corefile it is: what cannot be read as objects tells nothing of that. */
    if (r == 0 && config_map_is_one(bytes, len))
        (void)!kube_objects_read(survey->arena, bytes, len, objects, &ignored);
    return r < 0 ? refuse(survey, path, ret_bytes->text, ret_bytes->len, r) : 0;
}

int corefile_text_read(struct survey *survey, const char *const *paths, size_t paths_count, const char *map,
                       struct corefile_text *ret)
{
    struct config_maps maps = {0};
    struct kube_objects objects = {0};
    const struct distribution_signs signs = {.objects = &objects};
    struct line first = {0}, bytes;
    int r = 0;

    *ret = (struct corefile_text){.source = file_shown(paths[0]), .space = no_space, .map = "coredns"};
    for (size_t i = 0; r == 0 && i < paths_count; i++) {
        r = read_one(survey, paths[i], i > 0, &maps, &objects, &bytes);
        first = i ? first : bytes;
    }
    if (r < 0)
        return r;
    /* diagnose has seen more. */
    if (!survey->dns)
        survey->dns = cluster_dns_from(survey->arena, &signs, NULL, NULL, NULL);
    r = choose(survey, &maps, map, ret);
    if (r == 0 && !ret->kube_dns)
        r = take(survey, ret);
    return r < 0 ? refuse(survey, paths[0], first.text, first.len, r) : 0;
}

/* What diagnose knows of the cluster, for the judgement. */
static void judge(struct survey *survey, struct corefile_text *text, struct facts *facts)
{
    struct corefile_environment environment = {.source = text->source,
                                               .text = text->text,
                                               .len = text->len,
                                               .partial = text->partial,
                                               .fragment = text->fragment,
                                               .template = text->template,
                                               .misnamed = text->misnamed};
    struct address *cluster_ips = NULL, *own = NULL, address;
    const struct replicas_facts *replicas = facts->replicas;

    for (size_t i = 0; replicas && i < replicas->cluster_ips_count; i++)
        if (address_parse(replicas->cluster_ips[i], DNS_PORT, &address, NULL) == 0)
            *ARENA_PUSH(survey->arena, cluster_ips, environment.cluster_ips_count) = address;
    for (size_t i = 0; replicas && i < replicas->replicas_count; i++)
        if (address_parse(replicas->replicas[i].address, DNS_PORT, &address, NULL) == 0)
            *ARENA_PUSH(survey->arena, own, environment.own_count) = address;
    environment.cluster_ips = cluster_ips;
    environment.own = own;
    for (size_t i = 0; facts->kube && i < facts->kube->pods_count && !environment.version; i++)
        environment.version = facts->kube->pods[i].version;
    facts->corefile = ARENA_NEW(survey->arena, struct corefile_facts);
    if (text->kube_dns)
        kube_dns_config_judge(survey->arena, text->kube_dns->keys, text->kube_dns->keys_count, text->source,
                              facts->corefile);
    else
        corefile_judge(survey->arena, &text->corefile, &environment, facts->corefile);
    /* A bare file has no ConfigMap that is known. */
    if (text->space != no_space) {
        facts->corefile->namespace = text->space;
        facts->corefile->config_map = text->map;
    }
}

int collect_corefile(struct survey *survey, const char *path, struct facts *facts)
{
    struct corefile_text text = {
        .source = "ConfigMap kube-system/coredns", .space = no_space, .map = "coredns"};
    int r;

    if (path) {
        r = corefile_text_read(survey, &path, 1, NULL, &text);
        if (r < 0)
            return r;
    } else if (facts->kube && facts->kube->corefile) {
        text.text = facts->kube->corefile;
        text.len = strlen(text.text);
        text.space = facts->kube->config_namespace ? facts->kube->config_namespace : text.space;
        text.map = facts->kube->config_name ? facts->kube->config_name : text.map;
        text.source = arena_printf(survey->arena, "ConfigMap %s/%s", text.space, text.map);
        for (size_t i = 0; i < facts->kube->corefile_files_count; i++)
            *ARENA_PUSH(survey->arena, text.files, text.files_count) = facts->kube->corefile_files[i];
        r = take(survey, &text);
        if (r < 0) {
            survey_unobserved_as(survey, GAP_COREFILE, NULL, arena_text(survey->arena, survey->err.text),
                                 "see it with kubectl");
            survey->err = (struct err){0};
            return 0;
        }
    } else {
        return 0;
    }
    judge(survey, &text, facts);
    return 0;
}
