/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "dispatch.h"
#include "emit.h"
#include "options.h"
#include "output_file.h"
#include "privileges.h"
#include "usage.h"
#include "version.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/netns.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/render/page/advice_text.h>
#include <k8sdns/source/host.h>
#include <k8sdns/source/kernel/kernel_refusal.h>
#include <k8sdns/source/resolver/process_root.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name that --version has in the envelope. */
static const struct command version_command = {
    .name = "version", .shape = &version_facts_shape, .run = version_run, .render = version_render};

/* The command of that name has an -o of its own, which names a file. */
static bool names_output_file(const char *word)
{
    for (size_t i = 0; commands[i]; i++)
        if (commands[i]->has_output_file && strcmp(commands[i]->name, word) == 0)
            return true;
    return false;
}

/* Where the error goes when the command line could not even be read. */
static bool asked_for_json(int argc, char **argv)
{
    bool to_file = false;

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        to_file = to_file || names_output_file(argv[i]);
        if (strcmp(argv[i], "--json") == 0 ||
            (!to_file && (strncmp(argv[i], "-o", 2) == 0 || strncmp(argv[i], "--output", 8) == 0)))
            return true;
    }
    return false;
}

/* Standard output is a file that is named, when one is. */
static int begin_output_file(struct run *run, const void *config, const char **ret_path)
{
    const struct command *command = run->command;

    if (!config || !command->has_output_file)
        return 0;
    memcpy(ret_path, (const char *)config + command->output_file_offset, sizeof(*ret_path));
    return *ret_path ? output_file_begin(*ret_path, &run->err) : 0;
}

/* Say where it went, since nothing else is seen of it. */
static int end_output_file(struct run *run, const char *path)
{
    int r = path && !run->err.kind ? output_file_end(&run->err) : 0;

    if (path && !run->err.kind && !run->globals->quiet)
        fprintf(stderr, "k8sdns: wrote %s\n", path);
    return r;
}

/* A name begins with no '@': that is dig's word for a server, which probe alone takes. */
static int check_names(struct run *run)
{
    const char *takes = run->command->arguments;

    if (strcmp(takes, "NAME...") != 0 && strcmp(takes, "[NAME...]") != 0)
        return 0;
    for (size_t i = 0; i < run->args_count; i++) {
        const char *word = run->args[i];

        if (word[0] == '@')
            return err_set(
                &run->err, ERR_USAGE, EINVAL, "'%s' is no name; to ask that server: %sk8sdns probe %s NAME",
                word,
                run->command->takes_targets ? arena_printf(run->arena, "--target %s, or ", word + 1) : "",
                word);
    }
    return 0;
}

static bool takes_name(const struct command *command)
{
    for (const struct option_row *row = command->options; row && row->name; row++)
        if (strcmp(row->name, "name") == 0)
            return true;
    return false;
}

static int check_arguments(struct run *run)
{
    const struct command *command = run->command;

    if (run->globals->at && !run->globals->from)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--at goes with --from DIR, a recording");
    if (run->args_count < command->args_min && !run->globals->from)
        return err_set(&run->err, ERR_USAGE, EINVAL, "missing argument; usage: k8sdns %s %s", command->name,
                       command->arguments);
    if (run->args_count > command->args_max)
        return err_set(
            &run->err, ERR_USAGE, EINVAL, "'%s' is one argument too many; %s", run->args[command->args_max],
            takes_name(command) ? "a name to look for goes behind --name"
            : *command->arguments
                ? arena_printf(run->arena, "usage: k8sdns %s %s", command->name, command->arguments)
                : arena_printf(run->arena, "%s takes options only; k8sdns %s --help lists them",
                               command->name, command->name));
    if (check_names(run) < 0)
        return -EINVAL;
    if (command->arg_words && run->args_count) {
        const char *near;

        for (size_t i = 0; command->arg_words[i]; i++)
            if (strcmp(command->arg_words[i], run->args[0]) == 0)
                return 0;
        near = suggest_word(run->args[0], command->arg_words);
        return err_set(&run->err, ERR_USAGE, EINVAL, "invalid value '%s'; use one of %s%s%s%s", run->args[0],
                       command->arguments, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    }
    return 0;
}

/* Some argument is the name of a command. */
static bool names_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; commands[k]; k++)
            if (strcmp(argv[i], commands[k]->name) == 0)
                return true;
    return false;
}

/* Parse the command line into run->command, run->args, the globals and the config. */
static int parse(struct run *run, struct globals *globals, int argc, char **argv, void **ret_config)
{
    struct option_set sets[OPTION_SETS_MAX] = {{global_options, globals}};
    size_t sets_count = 0;
    bool bare = false;
    int first, r;

    r = options_parse(run->arena, argc, argv, true, sets, 1, &first, &run->err);
    if (r < 0) {
        /* Without a command all are options of the one that is meant then. */
        bare = !names_command(argc, argv);
        if (!bare)
            return r;
        run->err = (struct err){0};
        first = argc;
    }
    if (globals->version) {
        run->command = &version_command;
        return 0;
    }
    if (first >= argc && globals->help && !bare) {
        run->command = dispatch_find("help", &run->err);
        return 0;
    }
    /* A person under stress types the name and nothing else. */
    run->command = dispatch_find(first < argc ? argv[first] : "diagnose", &run->err);
    if (!run->command)
        return -EINVAL;

    *ret_config = arena_alloc(run->arena, run->command->config_size + 1);
    if (run->command->defaults)
        memcpy(*ret_config, run->command->defaults, run->command->config_size);
    if (run->command->options)
        sets[sets_count++] = (struct option_set){run->command->options, *ret_config};
    if (run->command->takes_targets)
        sets[sets_count++] =
            (struct option_set){target_option_rows, (char *)*ret_config + run->command->targets_offset};
    sets[sets_count++] = (struct option_set){global_options, globals};
    if (first < argc) {
        argc -= first;
        argv += first;
    } else if (!bare) {
        argc = 1;
    }
    r = options_parse(run->arena, argc, argv, false, sets, sets_count, &first, &run->err);
    if (r < 0)
        return err_prefix(&run->err, r, "%s", run->command->name);
    run->args = argv + first;
    run->args_count = (size_t)(argc - first);
    if (globals->help) {
        char **name = arena_array(run->arena, 1, sizeof(*name));

        name[0] = arena_text(run->arena, run->command->name);
        run->args = name;
        run->args_count = 1;
        run->command = dispatch_find("help", &run->err);
        return 0;
    }
    r = check_arguments(run);
    return r < 0 ? err_prefix(&run->err, r, "%s", run->command->name) : 0;
}

/* Go where --pid or --netns say, so that all traffic and all counters are from there. */
static int enter(struct run *run)
{
    char path[64];

    if (run->command->local || run->globals->from)
        return 0;
    if (run->globals->netns)
        return netns_enter(run->globals->netns, &run->err);
    if (!run->globals->pid)
        return 0;
    snprintf(path, sizeof(path), "/proc/%llu/ns/net", (unsigned long long)run->globals->pid);
    return netns_enter(path, &run->err);
}

static bool reads_captures(const struct command *command)
{
    return command->from_facts || command->part_missing || command->reads_from;
}

static const char *capture_readers(struct arena *arena)
{
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; commands[i]; i++)
        if (reads_captures(commands[i]))
            *ARENA_PUSH(arena, names, count) = commands[i]->name;
    return arena_join(arena, names, count, ", ");
}

/* Files, sockets and a loop, as most commands have at once; one that only reads takes fewer. */
#define DESCRIPTORS_ONLINE 48
#define DESCRIPTORS_LOCAL  4

/* Said before anything is asked: what then failed for want of one would pass for a fact. */
static int check_limits(struct run *run)
{
    bool local = run->command->local || run->globals->from || run->globals->help;

    return own_limits_take(local ? DESCRIPTORS_LOCAL : DESCRIPTORS_ONLINE, run->command->name, &run->err);
}

/* What a command that reads_process is given, before privileges go. */
static int read_process(struct run *run)
{
    uint64_t pid = run->globals->pid;
    /* Below its root, which no link of its image leads out of. */
    int r = process_file_read(run->arena, pid, "/etc/resolv.conf", RESOLV_CONF_MAX, &run->process_resolv_conf,
                              &run->process_resolv_conf_len);

    return r < 0 ? err_set_errno(&run->err, ERR_INPUT, -r, "cannot read /etc/resolv.conf of process %llu",
                                 (unsigned long long)pid)
                 : 0;
}

/* Look at the process before privileges go: a container's root may look at no process that has more than it.
 */
static int observe_process(struct run *run, struct observed_process *process)
{
    const struct command *command = run->command;

    *process = (struct observed_process){.root = -1, .proc_fd = -1};
    run->process = process;
    if (command->reads_process && run->globals->pid && !run->globals->resolv_conf && !run->globals->from)
        return read_process(run);
    if (run->globals->from || !(command->observes_process || command->takes_targets))
        return 0;
    return observed_process_open(run->arena, run->globals->pid, run->globals->container_root, process,
                                 &run->err);
}

/* With --from the facts are those of a capture: read them, and take the command's part. */
static int run_captured(struct run *run, const void *config, void *data)
{
    const struct command *command = run->command;
    const char *part;
    int r;

    if (!reads_captures(command))
        return err_set(&run->err, ERR_USAGE, EINVAL, "%s reads no capture; --from goes with %s",
                       command->name, capture_readers(run->arena));
    if (command->reads_from)
        return command->run(run, config, data);
    r = capture_file_read(run, run->globals->from);
    if (r < 0)
        return r;
    run->captured_gaps = run->unobserved_count;
    if (command->from_facts)
        return command->run(run, config, data);
    memcpy(&part, (const char *)run->captured + command->part_offset, sizeof(part));
    if (!part)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has %s", command->part_missing);
    memcpy(data, part, command->shape->size);
    return command->part_status ? command->part_status(data) : STATUS_OK;
}

_Static_assert((int)STATUS_OK == (int)HEALTH_OK && (int)STATUS_WARNING == (int)HEALTH_DEGRADED &&
                   (int)STATUS_CRITICAL == (int)HEALTH_FAILING && (int)STATUS_UNKNOWN == (int)HEALTH_UNKNOWN,
               "an exit status is a health");

/* What the exit status says stands in the data, too. */
static void note_status(const struct command *command, void *data, int status)
{
    /* One of sysexits, as of what could be read in part alone, is no health. */
    int health = status <= STATUS_UNKNOWN ? status : -1;

    if (command->judges && status >= 0)
        memcpy((char *)data + command->status_offset, &health, sizeof(health));
}

/* A worst finding below --fail-on is no failure; "could not be observed" always is. */
static int status_shown(int status, const struct globals *globals)
{
    if (status == STATUS_WARNING && globals->fail_on != FAIL_ON_WARNING && globals->fail_on != FAIL_ON_INFO)
        return STATUS_OK;
    if (status == STATUS_CRITICAL && globals->fail_on == FAIL_ON_NEVER)
        return STATUS_OK;
    return status;
}

/* A line on the terminal while people wait; gone when the answer comes. */
static void show_progress(const char *what)
{
    fprintf(stderr, *what ? "\r\033[K%s ..." : "\r\033[K%s", what);
}

/* What collects facts is told of the command line. */
static void prepare_survey(struct run *run)
{
    run->pid = run->globals->pid;
    run->resolv_conf = run->globals->resolv_conf;
    run->as_pod = run->globals->as_pod;
    run->names = run->args;
    run->names_count = run->args_count;
    if (!run->globals->quiet && isatty(STDERR_FILENO))
        run->progress = show_progress;
}

/* What the kernel said of a program that it refused. */
static void print_refusal(void)
{
    const char *lines[REFUSAL_LINES];
    size_t count = kernel_refusal_lines(lines);

    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "k8sdns: kernel: %s\n", lines[i]);
}

static void print_escaped(const struct run *run, const char *text)
{
    size_t size = strlen(text) * 4 + 1; /* each byte as \DDD */
    char *shown = arena_alloc(run->arena, size);

    escape_line(shown, size, text, strlen(text));
    fprintf(stderr, "%s\n", shown);
}

/* Its texts may quote what was read from strangers. A command stands alone on its line, so that it can be
 * pasted. */
static void print_unobserved(const struct run *run, const struct unobserved *gap)
{
    const char *command = advice_command(gap->how);
    /* Without the sign and the space between the two. */
    int len = (int)(!command ? strlen(gap->how) : command == gap->how ? 0 : (size_t)(command - gap->how) - 2);

    print_escaped(run, arena_printf(run->arena, "k8sdns: not checked: %s: %s%s%.*s", gap->what, gap->why,
                                    len ? "; " : "", len, gap->how));
    if (command)
        print_escaped(run, arena_printf(run->arena, "       %s", command));
}

int main(int argc, char **argv)
{
    struct globals globals = {.output = -1, .fail_on = FAIL_ON_WARNING};
    struct run run = {.globals = &globals,
                      .arena = arena_new(),
                      .started_ns = clock_realtime_ns(),
                      .began_ns = clock_monotonic_ns()};
    struct observed_process process;
    struct host_facts host;
    void *config = NULL, *data = NULL;
    const char *output = NULL;
    int status;

    own_limits_begin();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is reported, not died of */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may be no larger */
    setlocale(LC_CTYPE, "");
    globals.json = asked_for_json(argc, argv);

    status = parse(&run, &globals, argc, argv, &config);
    if (status == 0)
        status = check_limits(&run);
    if (status == 0)
        status = begin_output_file(&run, config, &output);
    if (status == 0)
        status = observe_process(&run, &process);
    if (status == 0)
        status = enter(&run);
    /* The namespace, too, is that of the process that was looked at. */
    if (status == 0)
        status = observed_process_check(&process, &run.err);
    if (status == 0)
        privileges_give_up(&run, config, argc, argv);
    globals.json = globals.json || (status == 0 && run.command->json_only);
    prepare_survey(&run);
    host_observe(run.arena, &host);
    run.host = &host;
    if (status == 0) {
        data = arena_alloc(run.arena, run.command->shape->size);
        status = globals.from && run.command != &version_command ? run_captured(&run, config, data)
                                                                 : run.command->run(&run, config, data);
        note_status(run.command, data, status);
        if (status < 0)
            data = NULL;
    }
    if (status < 0)
        status = run.err.kind ? (int)run.err.kind : ERR_INTERNAL;

    if (run.err.kind)
        fprintf(stderr, "k8sdns: %s\n", run.err.text);
    if (globals.verbose)
        print_refusal();
    else if (run.err.kind != ERR_USAGE)
        /* What a capture has not seen is diagnose's to tell: most of it is no matter of one part. */
        for (size_t i = run.captured_gaps;
             i < run.unobserved_count && !globals.json && !run.command->tells_gaps; i++)
            print_unobserved(&run, &run.unobserved[i]);
    status = status_shown(status, &globals);
    /* What ended it early may have been the output itself. */
    if (run.err.kind != ERR_OUTPUT && emit_end(&run, data, status) < 0) {
        fprintf(stderr, "k8sdns: %s\n", run.err.text);
        status = ERR_OUTPUT;
    }
    if (end_output_file(&run, output) < 0) {
        fprintf(stderr, "k8sdns: %s\n", run.err.text);
        status = (int)run.err.kind;
    }
    arena_free(run.part);
    arena_free(run.arena);
    return status;
}
