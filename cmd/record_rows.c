/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record_rows.h"
#include <errno.h>

int record_options_take(const struct record_options *options, struct recorder_options *recorder,
                        struct err *err)
{
    struct recorder_options taken = {.folder = options->folder, .redact = options->redact};

    if (!options->folder && (options->keep || options->redact))
        return err_set(err, ERR_USAGE, EINVAL, "--%s goes with --record", options->keep ? "keep" : "redact");
    if (options->keep && recorder_keep_parse(options->keep, &taken, err) < 0)
        return err_prefix(err, -EINVAL, "--keep");
    *recorder = taken;
    return 0;
}
