/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_COMMAND_H
#define K8SDNS_CMD_COMMAND_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/list.h>
#include <k8sdns/base/member.h>
#include <k8sdns/base/sandbox.h>
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/render/page/printer.h>
#include <k8sdns/source/recorder/record_reader.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A subcommand is one file that ends in a `const struct command`, and one word in cmd/meson.build.
 *
 * The descriptor says everything about it: dispatch, option parsing, --help, completion, the schema and the
 * check of the manual page follow from it. run() gets a filled, const config, fills `data`, and contains
 * neither parsing nor printing; main renders `data` as JSON by `shape` or as text by `render`.
 */
enum option_kind {
    OPTION_FLAG,      /* bool; given or not */
    OPTION_TEXT,      /* const char * */
    OPTION_WORD,      /* int, an index into words */
    OPTION_WORDS,     /* struct text_list: comma separated or repeated */
    OPTION_NUMBER,    /* uint64_t in [min, max] */
    OPTION_DURATION,  /* uint64_t microseconds in [min, max] */
    OPTION_ADDRESSES, /* struct address_list: comma separated or repeated */
};

/* By kind, the type of the config's member: a row with another kind does not compile. */
#define OPTION_TYPE_FLAG      bool
#define OPTION_TYPE_TEXT      const char *
#define OPTION_TYPE_WORD      int
#define OPTION_TYPE_WORDS     struct text_list
#define OPTION_TYPE_NUMBER    uint64_t
#define OPTION_TYPE_DURATION  uint64_t
#define OPTION_TYPE_ADDRESSES struct address_list
#define OPTION_AT(word, config, member) \
    .kind = OPTION_##word, .offset = MEMBER_OFFSET(config, member, OPTION_TYPE_##word)

/* Lists end in arena memory. More than this many items is a usage error. */
#define OPTION_ITEMS_MAX 4096

struct option_row {
    const char *name;  /* without the dashes */
    char letter;       /* short form, or 0 */
    const char *value; /* what the value is called in help; NULL for a flag */
    enum option_kind kind;
    size_t offset;            /* in the config; both of these by OPTION_AT() */
    uint64_t min, max;        /* OPTION_NUMBER, OPTION_DURATION; for addresses `min` is the default port */
    const char *const *words; /* OPTION_WORD: the choices; OPTION_WORDS: the choices, or NULL for any text */
    const char *help;         /* one line, with the default when there is one */
};

/* The rows of commands that go on until they are stopped; `member` of the config is a uint64_t, 0 for no end.
 */
#define DURATION_OPTION_ROW(config, member)                                                      \
    {                                                                                            \
        .name = "duration", .value = "DURATION", .min = 100000, .max = UINT64_C(31536000000000), \
        OPTION_AT(DURATION, config, member), .help = "stop after it (default: on Ctrl-C)"        \
    }
#define COUNT_OPTION_ROW(config, member, text)                                \
    {                                                                         \
        .name = "count", .value = "N", .min = 1, .max = UINT64_C(1000000000), \
        OPTION_AT(NUMBER, config, member), .help = (text)                     \
    }
/* The port of DNS by its two names; `member` is a uint64_t, 0 where none is given and 53 is meant. */
#define PORT_OPTION_ROW(word, config, member, text)                                              \
    {                                                                                            \
        .name = (word), .value = "N", .min = 1, .max = 65535, OPTION_AT(NUMBER, config, member), \
        .help = (text)                                                                           \
    }
#define PORT_OPTION_ROWS(config, member, text)     \
    PORT_OPTION_ROW("port", config, member, text), \
        PORT_OPTION_ROW("dns-port", config, member, "the same as --port")

/* Options that every command takes. */
enum color_choice {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER,
};

enum fail_on {
    FAIL_ON_CRITICAL,
    FAIL_ON_WARNING,
    FAIL_ON_INFO,
    FAIL_ON_NEVER,
};

/* Formats for programs. */
enum output_format {
    OUTPUT_JSON,
    OUTPUT_JSONL, /* one document a line */
    OUTPUT_YAML,
    OUTPUT_NAME, /* ids of findings, or addresses of replicas, a line each */
};

struct globals {
    bool json;  /* some format for programs, and no text */
    int output; /* enum output_format; -1: none given */
    bool help;
    bool version;
    bool verbose;
    bool quiet;
    int color;                  /* enum color_choice */
    int fail_on;                /* enum fail_on */
    const char *resolv_conf;    /* NULL: the one of the process looked at */
    uint64_t pid;               /* 0: none given */
    const char *container_root; /* of another container's image; NULL: none given */
    const char *as_pod;         /* names are completed as a Pod of this namespace does; NULL: none given */
    const char *netns;          /* NULL: none given */
    const char *from;           /* a capture or a recording instead of this machine; NULL: none given */
    const char *at;             /* of a recording: when; NULL: the newest */
};
extern const struct option_row global_options[];

/* What programs in the kernel take: to load them, to attach them, to name functions, and memory for them. */
#define CAPABILITIES_BPF \
    (CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_SYSLOG) | CAPABILITY(CAP_SYS_RESOURCE))

/* The headings of `k8sdns help` and of k8sdns(1), in their order. */
enum command_group {
    GROUP_CAUSE,
    GROUP_SERVERS,
    GROUP_COREDNS,
    GROUP_NODE,
    GROUP_CONFIGURATION,
    GROUP_ABOUT,
    GROUP_COUNT,
};

/* One run of one command: a survey, whose members are its own, and what a command line adds. */
struct run {
    union {
        struct survey survey;
        struct survey; /* so that run->arena is run->survey.arena */
    };
    const struct command *command;
    const struct globals *globals;
    struct arena *part; /* of a command that streams: what its data points to in the end; or NULL */
    bool told;          /* what is known was printed as a part: as JSON it is not printed again */
    size_t live_lines;  /* of live text on the screen, which the next one replaces */
    char **args;        /* what is left when the options are taken out; also the survey's names */
    size_t args_count;
    struct finding *findings;
    size_t findings_count;
    const struct recording *recording; /* of --from, when that is a folder; else NULL */
    size_t captured_gaps;      /* of `unobserved`: so many are of the capture that was read, the first ones */
    char *process_resolv_conf; /* of --pid, when the command reads_process; else NULL */
    size_t process_resolv_conf_len;
    const char *redact; /* the word that names and addresses are made unreadable by; else NULL */
};

/* Exit statuses of an observation (CONTRACT: Monitoring Plugins). */
enum {
    STATUS_OK = 0,
    STATUS_WARNING = 1,
    STATUS_CRITICAL = 2,
    STATUS_UNKNOWN = 3,
};

struct command {
    const char *name;
    int group;             /* enum command_group */
    const char *summary;   /* one phrase, lower case, no full stop */
    const char *arguments; /* as in a synopsis: "NAME..." */
    size_t args_min, args_max;
    const char *const *arg_words;     /* the choices of the first argument, or NULL */
    const struct option_row *options; /* ends with a row without a name; NULL for none */
    const void *defaults;             /* the config to start from */
    size_t config_size;
    size_t targets_offset; /* of a struct target_options in the config, used when takes_targets is set */
    bool takes_targets;
    bool json_only;           /* it has no text form */
    bool tells_gaps;          /* its text says what could not be observed */
    bool reads_process;       /* with --pid it reads the resolv.conf of that process, and no more of it */
    bool observes_process;    /* it asks what that process, or this Pod's application, would */
    bool from_facts;          /* run() judges run->captured when there is one */
    bool reads_from;          /* run() reads globals->from itself */
    bool reads_folders;       /* arguments may be recordings, or moments of one (DIR@TIME) */
    size_t part_offset;       /* of a pointer in struct facts: with --from its data is that part */
    const char *part_missing; /* what to say when the capture has it not; NULL when it is no such command */
    int (*part_status)(const void *data); /* the exit status of such a part; NULL: always STATUS_OK */
    /*
     * Its data has an int status (enum health), which main fills with the exit status of run(), whose
     * numbers are the same; so the two cannot differ. Parts of a stream fill their own, or leave it unset
     * (-1).
     */
    bool judges;
    size_t status_offset;
    uint64_t capabilities; /* what it takes besides those of the table in privileges.c: CAPABILITY() */
    uint64_t (*capabilities_for)(const void *config); /* and by its options; NULL: no more */
    enum sandbox sandbox;      /* what of the kernel it leaves to itself; with --from always SANDBOX_FILES */
    bool chooses_ports;        /* it may bind to a port that is named */
    bool writes_files;         /* it may write a file that is named */
    bool has_output_file;      /* its own -o FILE takes the place of the formats' -o */
    size_t output_file_offset; /* of that const char * in the config */
    bool local;                /* --pid and --netns choose files, or what is shown: no namespace is entered */
    bool scrolls;              /* its parts follow each other on the screen, rather than replace each other */
    const struct shape *shape; /* of data */
    const struct shape *const *part_shapes; /* of what emit_piece() hands over; NULL-terminated, or NULL */
    const char *example;                    /* one line: "k8sdns probe www.aliyun.com" */
    /*
     * Fill `data`, zeroed memory of shape->size. Return an exit status (STATUS_*), or a negative errno with
     * run->err filled, whose kind then is the status.
     */
    int (*run)(struct run *run, const void *config, void *data);
    void (*render)(const void *data, struct printer *printer, struct arena *arena);
    /*
     * For a command that streams (see emit.h), else NULL: what it prints as it goes along, at most
     * page->height rows on a screen, and one line where there is none.
     */
    void (*render_part)(const void *data, struct printer *printer, struct arena *arena);
};

/* The generated table, in the order of cmd/meson.build, as help has them within a group; ends with NULL. */
extern const struct command *const commands[];

#endif
