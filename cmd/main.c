/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_file.h"
#include "dispatch.h"
#include "options.h"
#include "report.h"
#include "usage.h"
#include "version.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/netns.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/source/host.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name that --version has in the envelope. */
static const struct command version_command = {
    .name = "version", .shape = &version_facts_shape, .run = version_run, .render = version_render};

/* Where the error goes when the command line could not even be read. */
static bool asked_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

void run_unobserved(struct run *run, const char *what, const char *why, const char *how)
{
    *ARENA_PUSH(run->arena, run->unobserved, run->unobserved_count) = (struct unobserved){what, why, how};
}

static int check_arguments(struct run *run)
{
    const struct command *command = run->command;

    if (run->args_count < command->args_min && !run->globals->from)
        return err_set(&run->err, ERR_USAGE, EINVAL, "something is missing; usage: k8sdns %s %s",
                       command->name, command->arguments);
    if (run->args_count > command->args_max)
        return err_set(&run->err, ERR_USAGE, EINVAL, "'%s' is one argument too many; usage: k8sdns %s %s",
                       run->args[command->args_max], command->name, command->arguments);
    if (command->arg_words && run->args_count) {
        const char *near;

        for (size_t i = 0; command->arg_words[i]; i++)
            if (strcmp(command->arg_words[i], run->args[0]) == 0)
                return 0;
        near = suggest_word(run->args[0], command->arg_words);
        return err_set(&run->err, ERR_USAGE, EINVAL, "'%s' is none of %s%s%s%s", run->args[0],
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
    return command->from_facts || command->part_missing;
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

/*
 * Keep what the command takes and what reads and writes the files that were named, of whatever owner, binds
 * ports under 1024 and looks into processes; whatever else root has is given up before anything is read.
 */
static void give_up_privileges(const struct command *command)
{
    (void)!capability_keep(command->capabilities | CAPABILITY(CAP_DAC_OVERRIDE) |
                           CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_NET_BIND_SERVICE) |
                           CAPABILITY(CAP_SYS_PTRACE));
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
    r = capture_file_read(run, run->globals->from);
    if (r < 0)
        return r;
    if (command->from_facts)
        return command->run(run, config, data);
    memcpy(&part, (const char *)run->captured + command->part_offset, sizeof(part));
    if (!part)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has %s", command->part_missing);
    memcpy(data, part, command->shape->size);
    return command->part_status ? command->part_status(data) : STATUS_OK;
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

int main(int argc, char **argv)
{
    struct globals globals = {.fail_on = FAIL_ON_WARNING};
    struct run run = {.globals = &globals,
                      .arena = arena_new(),
                      .started_ns = clock_realtime_ns(),
                      .began_ns = clock_monotonic_ns()};
    struct host_facts host;
    void *config = NULL, *data = NULL;
    int status;

    signal(SIGPIPE, SIG_IGN); /* a closed pipe is reported, not died of */
    setlocale(LC_CTYPE, "");
    globals.json = asked_for_json(argc, argv);

    status = parse(&run, &globals, argc, argv, &config);
    if (status == 0)
        status = enter(&run);
    if (status == 0)
        give_up_privileges(run.command);
    globals.json = globals.json || (status == 0 && run.command->json_only);
    host_observe(run.arena, &host);
    run.host = &host;
    if (status == 0) {
        data = arena_alloc(run.arena, run.command->shape->size);
        status = globals.from && run.command != &version_command ? run_captured(&run, config, data)
                                                                 : run.command->run(&run, config, data);
        if (status < 0)
            data = NULL;
    }
    if (status < 0)
        status = run.err.kind ? (int)run.err.kind : ERR_INTERNAL;

    if (run.err.kind)
        fprintf(stderr, "k8sdns: %s\n", run.err.text);
    else
        for (size_t i = 0; i < run.unobserved_count && !globals.json && !run.command->tells_gaps; i++)
            fprintf(stderr, "k8sdns: not observed: %s: %s; %s\n", run.unobserved[i].what,
                    run.unobserved[i].why, run.unobserved[i].how);
    status = status_shown(status, &globals);
    /* What ended it early may have been the output itself. */
    if (run.err.kind != ERR_OUTPUT && report_end(&run, data, status) < 0) {
        fprintf(stderr, "k8sdns: %s\n", run.err.text);
        status = ERR_OUTPUT;
    }
    arena_free(run.part);
    arena_free(run.arena);
    return status;
}
