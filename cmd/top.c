/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_rows.h"
#include "top_loop.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/render/top/top_screen.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A list of objects of a large cluster. */
#define INPUT_MAX (64 * 1024 * 1024)

struct top_config {
    struct collection_options collection;
    struct text_list set;
    uint64_t interval_us, count;
    bool batch;
};

static const struct top_config defaults = {.collection = COLLECTION_DEFAULTS, .interval_us = 1000000};

#define ROW(kind, member) OPTION_AT(kind, struct top_config, member)

static const struct option_row options[] = {
    {.name = "interval",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(3600000000),
     ROW(DURATION, interval_us),
     .help = "ask and draw each (default 1s)"},
    {.name = "batch", ROW(FLAG, batch), .help = "print the screen's text each interval instead"},
    COUNT_OPTION_ROW(struct top_config, count, "with --batch or --json: stop after N (default: on Ctrl-C)"),
    COLLECTION_OPTION_ROWS(struct top_config, collection),
    {.name = "set",
     .value = "NAME=VALUE",
     ROW(WORDS, set),
     .help = "change the threshold of a rule; see k8sdns-findings(7)"},
    {0},
};

/*
 * Standard input can be read once, and the servers are looked for again and again: keep what it said in
 * memory that has a path.
 */
static int keep_input(struct run *run, const char **path)
{
    char *bytes;
    size_t len;
    int fd, r;

    if (!*path || strcmp(*path, "-") != 0)
        return 0;
    r = file_read(run->arena, "-", INPUT_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    fd = memfd_create("input", MFD_CLOEXEC);
    for (size_t at = 0; fd >= 0 && at < len;) {
        ssize_t n = write(fd, bytes + at, len - at);

        if (n < 0)
            return err_set_errno(&run->err, ERR_INTERNAL, errno, "cannot keep standard input");
        at += (size_t)n;
    }
    if (fd < 0)
        return err_set_errno(&run->err, ERR_INTERNAL, errno, "cannot keep standard input");
    *path = arena_printf(run->arena, "/proc/self/fd/%d", fd);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct top_config *config = config_at;
    struct top_options *top = ARENA_NEW(run->arena, struct top_options);
    int r;

    *top = (struct top_options){.collection = config->collection,
                                .interval_us = config->interval_us,
                                .count = config->count,
                                .batch = config->batch};
    if (config->count && !config->batch && !run->globals->json)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--count goes with --batch or --json");
    thresholds_init(&top->thresholds);
    for (size_t i = 0; i < config->set.count; i++) {
        r = threshold_set(&top->thresholds, config->set.items[i], &run->err);
        if (r < 0)
            return r;
    }
    r = keep_input(run, &top->collection.targets.endpoints);
    if (r == 0)
        r = keep_input(run, &top->collection.corefile);
    if (r == 0)
        r = keep_input(run, &top->collection.spans);
    return r < 0 ? r : top_loop_run(run, top, data);
}

const struct command command_top = {
    .name = "top",
    .group = GROUP_CAUSE,
    .summary = "the same as diagnose, live on a screen",
    .arguments = "[NAME...]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct top_config),
    .targets_offset = offsetof(struct top_config, collection.targets),
    .takes_targets = true,
    .tells_gaps = true,
    .from_facts = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN) | CAPABILITIES_BPF,
    .writes_files = true,
    .shape = &top_facts_shape,
    .example = "k8sdns top www.aliyun.com",
    .run = run,
    .render = top_text_render,
    .render_part = top_text_render_part,
    .scrolls = true,
};
