/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/shape/page_facts.h>
#include <k8sdns/render/page/page_text.h>
#include <k8sdns/wire/cluster/kube_keep.h>
#include <k8sdns/wire/cluster/kube_objects.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <string.h>
#include <unistd.h>

static int run(struct run *run, const void *config, void *data)
{
    const char *path = run->args_count ? run->args[0] : "-";
    struct page_facts *facts = data;
    struct kube_kept count;
    struct text out = {0};
    char *bytes;
    size_t len;
    int r;

    (void)config;
    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "standard input is a terminal; pipe into it: kubectl get services,endpointslices,pods -A "
            "-o json | k8sdns objects");
    r = file_take_text(path, KUBE_JSON_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    len = kube_shrink(bytes, len);
    bytes = file_fit(bytes, len);
    arena_own(run->arena, bytes);
    r = kube_keep(run->arena, bytes, len, &out, &count, &run->err);
    if (r < 0)
        return err_prefix(&run->err, r, "%s", file_shown(path));
    facts->text = arena_text(run->arena, text_string(&out));
    text_fini(&out);
    if (!count.kept)
        survey_unobserved_as(
            &run->survey, GAP_KUBE, NULL,
            arena_printf(run->arena, "none of the %zu objects is of the cluster DNS", count.left_out),
            "kubectl get services,endpointslices,pods,deployments,configmaps,events,nodes -A -o json | "
            "k8sdns objects");
    return count.kept ? STATUS_OK : STATUS_UNKNOWN;
}

const struct command command_objects = {
    .name = "objects",
    .group = GROUP_SERVERS,
    .summary = "kubectl's objects cut down to what --endpoints reads",
    .arguments = "[FILE|-]",
    .args_max = 1,
    .sandbox = SANDBOX_FILES,
    .shape = &page_facts_shape,
    .local = true,
    .example = "kubectl get svc,endpointslices,pods -A -o json | k8sdns objects > all.json",
    .run = run,
    .render = page_text_render,
};
