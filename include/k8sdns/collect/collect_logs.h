/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_LOGS_LOOK_H
#define K8SDNS_CMD_LOGS_LOOK_H

#include "command.h"
#include <k8sdns/model/facts.h>
#include <k8sdns/model/log_record.h>
#include <k8sdns/source/log_files.h>

/* Reading CoreDNS's logs: what logs, diagnose and capture have in common. */
struct logs_reading {
    struct run *run;
    struct log_record_options options;
    struct log_stream stream;
    struct log_record record;
    const char **names; /* of the sources, by file; NULL for the only one */
    struct log_file_facts *files;
    size_t files_count;
    /* Lines that are not wanted are filtered out. NULL: all are. */
    bool (*wanted)(void *user, const struct log_entry *entry);
    /* Called with each line that was counted; NULL or a negative errno to end the reading. */
    int (*seen)(void *user, const struct log_entry *entry, int kind);
    int (*tick)(void *user);
    void *user;
    struct log_entry entry;
};

/* `reading` is zeroed but for its callbacks, `options` complete. */
void logs_reading_init(struct logs_reading *reading, struct run *run,
                       const struct log_record_options *options);
/* Return 0, or a negative errno with run->err filled. */
int logs_reading_read(struct logs_reading *reading, const char *const *paths, size_t count,
                      bool follow) MUST_USE;
/* What is known by now; its texts live as long as `arena` and `reading`. */
void logs_reading_facts(const struct logs_reading *reading, struct arena *arena,
                        struct logs_facts *ret_facts);
void logs_reading_fini(struct logs_reading *reading);

/*
 * Whether there was anything of CoreDNS in what was read. If not, and where not all could be read,
 * run_unobserved() has it.
 */
bool logs_look_judge(struct run *run, const struct logs_facts *facts);

/*
 * facts->logs from a file or "-"; `path` NULL: none. Nothing of CoreDNS in it leaves it unset and unobserved.
 * Return 0, or a negative errno with run->err filled when it cannot be read.
 */
int logs_look(struct run *run, const char *path, struct facts *facts) MUST_USE;

#endif
