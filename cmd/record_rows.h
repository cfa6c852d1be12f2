/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_RECORD_ROWS_H
#define K8SDNS_CMD_RECORD_ROWS_H

#include "command.h"
#include <k8sdns/source/recorder/recorder.h>

/* Where a command that goes on for long records to, and how much of it is kept. */
struct record_options {
    const char *folder; /* NULL: nowhere */
    const char *keep;   /* NULL: RECORDER_KEEP */
    const char *redact; /* NULL: as it is */
};

/* The rows for a struct record_options that is the `member` of a config. */
#define RECORD_OPTION_ROWS(config, member)                                                \
    {.name = "record",                                                                    \
     .value = "DIR",                                                                      \
     OPTION_AT(TEXT, config, member.folder),                                              \
     .help = "record into a folder; see k8sdns-history(1)"},                              \
        {.name = "keep",                                                                  \
         .value = "SIZE,DURATION",                                                        \
         OPTION_AT(TEXT, config, member.keep),                                            \
         .help = "of --record at most this much, this long (default " RECORDER_KEEP ")"}, \
    {                                                                                     \
        .name = "redact", .value = "WORD", OPTION_AT(TEXT, config, member.redact),        \
        .help = "of --record: hide names and addresses; alike with the same WORD"         \
    }

/*
 * What a recorder is to do by these options. Return 0, or -EINVAL with a message of kind ERR_USAGE: --keep is
 * wrong, or there is nothing that it could go with.
 */
int record_options_take(const struct record_options *options, struct recorder_options *ret_recorder,
                        struct err *err) MUST_USE;

/* What recording takes: the folder may be anybody's, and a full capture looks at what the kernel drops. */
#define CAPABILITIES_RECORD (CAPABILITIES_BPF | CAPABILITY(CAP_DAC_OVERRIDE))

#endif
