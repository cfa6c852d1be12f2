/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LOG_FILES_H
#define K8SDNS_SOURCE_LOG_FILES_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/logs/logs_facts.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Lines of files and pipes, one after another; with `follow` all of them at once, and on and on: a file that
 * grows is read further, one whose name leads to another file by now (rotation) is read to its end and the
 * other from its beginning, one that became shorter is begun anew, one that vanished is waited for.
 */

/* More files than this are refused. */
#define LOG_FILES_MAX 512

struct log_files_options {
    const char *const *paths; /* "-" is standard input */
    size_t paths_count;
    bool follow;
    /*
     * Take a line of file `file` without its newline; the bytes may be written over. `cut`: it is longer than
     * LOG_LINE_MAX, and its end is left out. A negative errno ends the reading with it.
     */
    int (*line)(void *user, size_t file, char *text, size_t len, bool cut);
    /* Called every 64 kB at least, and five times a second while there is nothing to read; like `line`. May
     * be NULL. */
    int (*tick)(void *user);
    void *user;
};

/*
 * Read until the end, or with `follow` until SIGINT, SIGTERM or SIGHUP; these end the reading of a pipe, too.
 * `ret_files` has a row for each path even on failure.
 * Return 0; what `line` or `tick` returned; -ENOENT or the like when a file cannot be opened (kind
 * ERR_INPUT); -EBADMSG when one is compressed (ERR_FORMAT). When reading breaks off later, its row says so.
 */
int log_files_read(struct arena *arena, const struct log_files_options *options,
                   struct log_file_facts **ret_files, struct err *err) MUST_USE;

#endif
