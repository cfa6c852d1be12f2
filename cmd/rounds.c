/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"
#include "emit.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <string.h>

/* A part that was told is not the end's to tell again. */
static int tell(struct run *run, const void *data)
{
    int r = emit_part(run, data);

    run->told = r >= 0;
    return r;
}

int rounds_run(struct run *run, const struct round_options *options, round_collect *look, const void *config,
               bool first_counts, void *data)
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
    if (first_counts && options->count != 1)
        r = tell(run, data);
    for (uint64_t i = first_counts; r == 0 && (!options->count || i < options->count) && pause_wait(&pause);
         i++) {
        uint64_t now_ns = clock_monotonic_ns();
        struct arena *next = arena_new();

        memcpy(before, data, size);
        memset(data, 0, size);
        run->arena = next; /* what is told goes with the telling */
        run->told = false;
        run->started_ns = clock_realtime_ns();
        run->began_ns = now_ns;
        r = look(run, config, false, before, (double)(now_ns - looked_ns) / 1e9, data);
        looked_ns = now_ns;
        if (r == 0 && (!options->count || i + 1 < options->count))
            r = tell(run, data);
        arena_free(last);
        last = next;
    }
    run->arena = kept;
    run->part = last; /* the last is still to be printed */
    return r < 0 ? r : STATUS_OK;
}
