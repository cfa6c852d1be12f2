/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/resolver/resolver_probe.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <string.h>

static const char RESOLV_CONF[] = "/etc/resolv.conf";

/*
 * A file that somebody named may be a copy with the margin of a letter; one that is of another kind is no
 * resolv.conf without servers.
 */
static int read_named(struct arena *arena, const char *path, const char **ret_bytes, size_t *ret_len,
                      struct err *err)
{
    char *bytes;
    int r = file_read(arena, path, RESOLV_CONF_MAX, &bytes, ret_len, err);
    enum input_kind kind = r < 0 ? INPUT_UNKNOWN : input_kind_tell(bytes, *ret_len);

    if (r < 0)
        return r;
    if (kind == INPUT_UNKNOWN || kind == INPUT_EMPTY || kind == INPUT_RESOLV_CONF) {
        *ret_bytes = pasted_frame_read(arena, bytes, *ret_len, ret_len);
        return 0;
    }
    return input_kind_refuse(bytes, *ret_len, INPUT_RESOLV_CONF, file_shown(path), "a resolv.conf", err);
}

static int read_file(struct arena *arena, const struct resolver_probe_options *options, const char **ret_file,
                     const char **ret_bytes, size_t *ret_len, struct err *err)
{
    uint64_t pid = options->process->pid;
    char *bytes;
    int r;

    if (options->resolv_conf) {
        *ret_file = options->resolv_conf;
        return read_named(arena, *ret_file, ret_bytes, ret_len, err);
    }
    *ret_file = pid ? arena_printf(arena, "/proc/%" PRIu64 "/root%s", pid, RESOLV_CONF) : RESOLV_CONF;
    r = observed_file_read(arena, options->process, RESOLV_CONF, RESOLV_CONF_MAX, &bytes, ret_len, err);
    if (r == 0)
        *ret_bytes = bytes;
    return r;
}

int resolver_probe_run(struct arena *arena, const struct resolver_probe_options *options,
                       struct resolv_facts *ret_facts, struct err *err)
{
    const struct observed_process *process = options->process;
    struct resolv_environment environment = {
        .res_options = observed_variable(process, "RES_OPTIONS"),
        .localdomain = observed_variable(process, "LOCALDOMAIN"),
        .in_pod = options->in_pod,
    };
    struct resolv_facts facts = {.resolver = process->identity};
    const char *bytes = NULL;
    size_t len;
    int r = read_file(arena, options, &facts.file, &bytes, &len, err);

    if (r < 0)
        return r;
    if (process->pid || !options->resolv_conf)
        environment.hostname = process->hostname;
    if (facts.resolver.kind == KIND_MUSL)
        environment.musl_version = facts.resolver.version;
    /* A file that is named may be for other images than this process has. */
    if (facts.resolver.kind == KIND_GLIBC && (process->pid || !options->resolv_conf))
        environment.glibc_version = facts.resolver.version;
    resolv_facts_read(arena, bytes, len, &environment, &facts);
    *ret_facts = facts;
    return 0;
}
