/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_LOGS_LOOK_H
#define K8SDNS_COLLECT_LOGS_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/logs/log_record.h>
#include <k8sdns/source/logs/log_files.h>

/* Reading CoreDNS's logs: what logs, diagnose and capture have in common. */
struct logs_reading {
    struct survey *survey;
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
    /* The format that followed from the lines, when they were read again with it. */
    const char *format;
    struct log_template guessed;
};

/* `reading` is zeroed but for its callbacks, `options` complete. */
void logs_reading_init(struct logs_reading *reading, struct survey *survey,
                       const struct log_record_options *options);
/*
 * Files whose queries are in a format of their own are read again when it is certain which; a pipe cannot be.
 * Return 0, or a negative errno with survey->err filled.
 */
int logs_reading_read(struct logs_reading *reading, const char *const *paths, size_t count,
                      bool follow) MUST_USE;
/* What is known by now; its texts live as long as `arena` and `reading`. */
void logs_reading_facts(const struct logs_reading *reading, struct arena *arena,
                        struct logs_facts *ret_facts);
void logs_reading_fini(struct logs_reading *reading);

/*
 * Whether there was anything of CoreDNS in what was read: 1, or 0 if not. Then, and where not all could be
 * read, survey_unobserved() has it. -EBADMSG with survey->err filled when there was nothing of CoreDNS, and
 * the input is of another kind that is known, such as a packet capture or an error message of kubectl.
 */
int collect_logs_judge(struct survey *survey, const struct logs_facts *facts) MUST_USE;

/*
 * facts->logs from a file or "-"; `path` NULL: none. Nothing of CoreDNS in it leaves it unset and unobserved.
 * Return 0, or a negative errno with survey->err filled when it cannot be read.
 */
int collect_logs(struct survey *survey, const char *path, struct facts *facts) MUST_USE;

#endif
