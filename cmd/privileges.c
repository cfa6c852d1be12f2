/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "privileges.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/sandbox.h>
#include <k8sdns/source/kernel/socket_programs.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool looks_into_processes(const struct command *command)
{
    return command->observes_process || command->takes_targets || command->capabilities & CAPABILITY(CAP_BPF);
}

static bool asks_from_ports(const struct command *command)
{
    return command->chooses_ports;
}

static bool writes_files(const struct command *command)
{
    return command->writes_files;
}

/* What is needed after the start, besides what a command names itself; of a run on a capture nothing. */
static const struct {
    uint64_t capabilities;
    bool (*needed)(const struct command *command);
    const char *why;
} rows[] = {
    {CAPABILITY(CAP_SYS_PTRACE), looks_into_processes,
     "the root, the namespaces and the descriptors of a process are shown to whoever may trace it"},
    {CAPABILITY(CAP_DAC_READ_SEARCH), looks_into_processes,
     "files below that root have the owners of a container"},
    {CAPABILITY(CAP_NET_BIND_SERVICE), asks_from_ports, "a port under 1024 may be named"},
    {CAPABILITY(CAP_DAC_OVERRIDE), writes_files, "the file named is in a folder of whatever owner"},
};

static bool is_folder(const char *path)
{
    struct stat there;

    return path && stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

/* A recording, unlike a file, is opened piece by piece as it is read. */
static bool reads_folder(const struct run *run)
{
    bool reads = is_folder(run->globals->from);

    for (size_t i = 0; run->command->reads_folders && i < run->args_count; i++) {
        const char *at = strrchr(run->args[i], '@');

        reads = reads || is_folder(run->args[i]) ||
                (at && is_folder(arena_text_n(run->arena, run->args[i], (size_t)(at - run->args[i]))));
    }
    return reads;
}

static uint64_t needed(const struct run *run, const void *config)
{
    const struct command *command = run->command;
    uint64_t set = 0;

    if (run->globals->from)
        return (command->writes_files ? CAPABILITY(CAP_DAC_OVERRIDE) : 0) |
               (reads_folder(run) ? CAPABILITY(CAP_DAC_READ_SEARCH) : 0);
    set = command->capabilities | (reads_folder(run) ? CAPABILITY(CAP_DAC_READ_SEARCH) : 0);
    if (command->capabilities_for && config)
        set |= command->capabilities_for(config);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].needed(command))
            set |= rows[i].capabilities;
    return set;
}

/* Open what `kept` would not open; what is no file, or no business of a capability, is left alone. */
static void open_early(const char *path, uint64_t kept)
{
    struct stat there;
    int r;

    if (stat(path, &there) < 0 || !S_ISREG(there.st_mode) || capability_lower(kept) < 0)
        return;
    r = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 ? -errno : 0;
    (void)!capability_lower(UINT64_MAX);
    if (r == -EACCES)
        file_open_early(path);
}

/* A word, what follows its "=", and the parts of a list in it may name files. */
static void open_early_all(struct arena *arena, const char *word, uint64_t kept)
{
    const char *equals = *word == '-' ? strchr(word, '=') : NULL;
    const char *list = equals ? equals + 1 : word;

    open_early(list, kept);
    for (const char *at = list; strchr(list, ',') && *at;) {
        size_t len = strcspn(at, ",");

        open_early(arena_text_n(arena, at, len), kept);
        at += len + (at[len] == ',');
    }
}

void privileges_give_up(const struct run *run, const void *config, int argc, char **argv)
{
    uint64_t kept = needed(run, config);
    bool terminal = strcmp(run->command->name, "top") == 0;

    for (int i = 1; i < argc && capability_has(CAP_DAC_READ_SEARCH); i++)
        open_early_all(run->arena, argv[i], kept);
    if (!run->globals->from && run->command->takes_targets && kept & CAPABILITY(CAP_BPF) &&
        capability_has(CAP_SYS_ADMIN))
        socket_programs_learn_names();
    (void)!capability_keep(kept);
    sandbox_enter(!run->globals->from ? run->command->sandbox : terminal ? SANDBOX_TERMINAL : SANDBOX_FILES);
}
