/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"
#include "report.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <string.h>

int rounds_run(struct run *run, const struct round_options *options, round_look *look, const void *config,
               void *data)
{
    size_t size = run->command->shape->size;
    void *before = arena_alloc(run->arena, size);
    struct arena *kept = run->arena, *last = NULL;
    uint64_t looked_ns = clock_monotonic_ns();
    struct pause pause;
    int r;

    if (options->count && !options->interval_us)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--count goes with --interval");
    r = look(run, config, true, NULL, 0, data);
    if (r < 0 || !options->interval_us)
        return r < 0 ? r : STATUS_OK;
    pause_begin(&pause, options->interval_us);
    for (uint64_t i = 0; r == 0 && (!options->count || i < options->count) && pause_wait(&pause); i++) {
        uint64_t now_ns = clock_monotonic_ns();
        struct arena *next = arena_new();

        memcpy(before, data, size);
        memset(data, 0, size);
        run->arena = next; /* what is told goes with the telling */
        r = look(run, config, false, before, (double)(now_ns - looked_ns) / 1e9, data);
        looked_ns = now_ns;
        if (r == 0 && (!options->count || i + 1 < options->count))
            r = report_part(run, data);
        arena_free(last);
        last = next;
    }
    run->arena = kept;
    run->part = last; /* the last is still to be printed */
    return r < 0 ? r : STATUS_OK;
}
