/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_COMMAND_H
#define K8SDNS_CMD_COMMAND_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/envelope_facts.h>
#include <k8sdns/model/shape.h>
#include <k8sdns/render/page.h>
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
    OPTION_WORDS,     /* struct option_words: comma separated or repeated */
    OPTION_NUMBER,    /* uint64_t in [min, max] */
    OPTION_DURATION,  /* uint64_t microseconds in [min, max] */
    OPTION_ADDRESSES, /* struct option_addresses: comma separated or repeated */
};

/* Lists end in arena memory. More than this many items is a usage error. */
#define OPTION_ITEMS_MAX 4096

struct option_words {
    const char **items;
    size_t count;
};

struct option_addresses {
    struct address *items;
    size_t count;
};

struct option_row {
    const char *name;  /* without the dashes */
    char letter;       /* short form, or 0 */
    const char *value; /* what the value is called in help; NULL for a flag */
    enum option_kind kind;
    size_t offset;            /* in the config */
    uint64_t min, max;        /* OPTION_NUMBER, OPTION_DURATION; for addresses `min` is the default port */
    const char *const *words; /* OPTION_WORD: the choices; OPTION_WORDS: the choices, or NULL for any text */
    const char *help;         /* one line, with the default when there is one */
};

/* The rows of commands that go on until they are stopped; `member` of the config is a uint64_t, 0 for no end.
 */
#define DURATION_OPTION_ROW(config, member)                                              \
    {                                                                                    \
        .name = "duration", .value = "DURATION", .kind = OPTION_DURATION, .min = 100000, \
        .max = UINT64_C(31536000000000), .offset = offsetof(config, member),             \
        .help = "stop after it (default: on Ctrl-C)"                                     \
    }
#define COUNT_OPTION_ROW(config, member, text)                                                       \
    {                                                                                                \
        .name = "count", .value = "N", .kind = OPTION_NUMBER, .min = 1, .max = UINT64_C(1000000000), \
        .offset = offsetof(config, member), .help = (text)                                           \
    }

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

struct globals {
    bool json;
    bool help;
    bool version;
    bool verbose;
    bool quiet;
    int color;               /* enum color_choice */
    int fail_on;             /* enum fail_on */
    const char *resolv_conf; /* NULL: the one of the process looked at */
    uint64_t pid;            /* 0: none given */
    const char *netns;       /* NULL: none given */
    const char *from;        /* a capture instead of this machine; NULL: none given */
};
extern const struct option_row global_options[];

/* Options of every command that asks or compares targets. */
struct target_options {
    struct option_addresses cluster_ip, replica, target;
    const char *endpoints;       /* a file of kubectl's JSON, or "-" */
    const char *service_account; /* a folder; NULL: the kubelet's */
    bool no_discovery;           /* only those named */
};

/* What programs in the kernel take: to load them, to attach them, to name functions, and memory for them. */
#define CAPABILITIES_BPF \
    (CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_SYSLOG) | CAPABILITY(CAP_SYS_RESOURCE))

/* One run of one command. */
struct run {
    const struct command *command;
    const struct globals *globals;
    struct arena *arena;
    struct arena *part; /* of a command that streams: what its data points to in the end; or NULL */
    struct err err;
    uint64_t started_ns, began_ns; /* realtime, monotonic */
    bool told;                     /* what is known was printed as a part: as JSON it is not printed again */
    size_t live_lines;             /* of live text on the screen, which the next one replaces */
    char **args;                   /* what is left when the options are taken out */
    size_t args_count;
    struct host_facts *host; /* a command that learns the libc puts it here */
    struct unobserved *unobserved;
    size_t unobserved_count;
    struct finding *findings;
    size_t findings_count;
    const struct facts *captured; /* of --from; else NULL */
    const char *redact;           /* the word that names and addresses are made unreadable by; else NULL */
};

/* Say that something could not be seen: what it is, why, and how to get it. The texts must outlive the run.
 */
void run_unobserved(struct run *run, const char *what, const char *why, const char *how);

/* Exit statuses of an observation (CONTRACT: Monitoring Plugins). */
enum {
    STATUS_OK = 0,
    STATUS_WARNING = 1,
    STATUS_CRITICAL = 2,
    STATUS_UNKNOWN = 3,
};

struct command {
    const char *name;
    const char *group;     /* the heading it stands under in `k8sdns help` */
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
    bool from_facts;          /* run() judges run->captured when there is one */
    size_t part_offset;       /* of a pointer in struct facts: with --from its data is that part */
    const char *part_missing; /* what to say when the capture has it not; NULL when it is no such command */
    int (*part_status)(const void *data); /* the exit status of such a part; NULL: always STATUS_OK */
    uint64_t capabilities;     /* what it takes besides those for files, ports and processes: CAPABILITY() */
    bool local;                /* --pid and --netns choose files, or what is shown: no namespace is entered */
    bool scrolls;              /* its parts follow each other on the screen, rather than replace each other */
    const struct shape *shape; /* of data */
    const struct shape *const *part_shapes; /* of what report_piece() hands over; NULL-terminated, or NULL */
    const char *example;                    /* one line: "k8sdns probe www.aliyun.com" */
    /*
     * Fill `data`, zeroed memory of shape->size. Return an exit status (STATUS_*), or a negative errno with
     * run->err filled, whose kind then is the status.
     */
    int (*run)(struct run *run, const void *config, void *data);
    void (*render)(const void *data, struct page *page, struct arena *arena);
    /*
     * For a command that streams (see report.h), else NULL: what it prints as it goes along, at most
     * page->height rows on a screen, and one line where there is none.
     */
    void (*render_part)(const void *data, struct page *page, struct arena *arena);
};

/* The generated table, in the order of cmd/meson.build; ends with NULL. */
extern const struct command *const commands[];

#endif
