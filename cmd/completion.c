/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "options.h"
#include <k8sdns/diag/rule.h>
#include <k8sdns/model/shape/page_facts.h>
#include <k8sdns/render/page/page_text.h>
#include <string.h>

/* More ids, or commands, than there are. */
#define WORDS_MAX 200

extern const struct command command_explain, command_help;

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

/* Types that people ask for; any other may be typed. */
static const char *const types[] = {"A",   "AAAA", "CNAME", "MX",  "NS",  "PTR", "SOA",
                                    "SRV", "TXT",  "HTTPS", "ANY", "CAA", NULL};

/* What the first argument may be: the words that the command takes, ids of findings, or commands; or NULL. */
static const char *const *words_of_argument(const struct command *command)
{
    static const char *ids[WORDS_MAX + 1], *names[WORDS_MAX + 1];

    for (size_t i = 0; i < WORDS_MAX && rules[i]; i++)
        ids[i] = rules[i]->id;
    for (size_t i = 0; i < WORDS_MAX && commands[i]; i++)
        names[i] = commands[i]->name;
    if (!command)
        return NULL;
    if (command->run == command_explain.run)
        return ids;
    if (command->run == command_help.run)
        return names;
    return command->arg_words;
}

/* What the value of an option may be. */
static const char *const *words_of_value(const struct option_row *row)
{
    return strcmp(row->name, "type") == 0 ? types : row->words;
}

/* Call `add` for every option that `command` takes. */
static void each_option(struct text *out, const struct command *command,
                        void (*add)(struct text *out, const struct command *command,
                                    const struct option_row *row))
{
    const struct option_row *sets[] = {
        command->options,
        command->takes_targets ? target_option_rows : NULL,
        global_options,
    };

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
        for (const struct option_row *row = sets[i]; row && row->name; row++)
            add(out, command, row);
}

static void words_joined(struct text *out, const char *const *words, char between)
{
    for (size_t i = 0; words[i]; i++) {
        if (i)
            text_add_char(out, between, 1);
        text_add(out, words[i]);
    }
}

static void bash_option(struct text *out, const struct command *command, const struct option_row *row)
{
    (void)command;
    text_addf(out, "--%s ", row->name);
}

static void bash_value(struct text *out, const struct command *command, const struct option_row *row)
{
    if (row->kind == OPTION_FLAG)
        return;
    text_addf(out, "        %s:--%s", command->name, row->name);
    if (row->letter)
        text_addf(out, "|%s:-%c", command->name, row->letter);
    text_add(out, ") ");
    if (words_of_value(row)) {
        text_add(out, "COMPREPLY=($(compgen -W '");
        words_joined(out, words_of_value(row), ' ');
        text_add(out, "' -- \"$current\")) ;;\n");
    } else if (row->kind == OPTION_TEXT) {
        text_add(out, "COMPREPLY=($(compgen -f -- \"$current\")) ;;\n");
    } else {
        text_add(out, "COMPREPLY=() ;;\n");
    }
}

static void bash(struct text *out)
{
    text_add(out,
             "# bash completion of k8sdns: source <(k8sdns completion bash)\n"
             "_k8sdns() {\n"
             "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
             "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
             "        case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac\n"
             "    done\n"
             "    if [[ -z $command ]]; then\n"
             "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; commands[i]; i++)
        text_addf(out, "%s ", commands[i]->name);
    text_add(out, "' -- \"$current\"))\n        return\n    fi\n    case $command:$previous in\n");
    for (size_t i = 0; commands[i]; i++)
        each_option(out, commands[i], bash_value);
    text_add(out, "        *)\n            case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        text_addf(out, "                %s) COMPREPLY=($(compgen -W '", commands[i]->name);
        each_option(out, commands[i], bash_option);
        if (words_of_argument(commands[i]))
            words_joined(out, words_of_argument(commands[i]), ' ');
        text_add(out, "' -- \"$current\")) ;;\n");
    }
    text_add(out, "            esac ;;\n    esac\n}\ncomplete -o default -F _k8sdns k8sdns\n");
}

/* Inside single quotes and brackets of _arguments these characters need care. */
static void zsh_help(struct text *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\'')
            text_add(out, "'\\''");
        else if (strchr("[]:", *help))
            text_addf(out, "\\%c", *help);
        else
            text_add_char(out, *help, 1);
    }
}

static void zsh_option(struct text *out, const struct command *command, const struct option_row *row)
{
    (void)command;
    text_addf(out, " \\\n                '%s--%s%s[",
              row->kind == OPTION_ADDRESSES || row->kind == OPTION_WORDS ? "*" : "", row->name,
              row->kind == OPTION_FLAG ? "" : "=");
    zsh_help(out, row->help);
    text_add(out, "]");
    if (row->kind != OPTION_FLAG) {
        text_addf(out, ":%s:", row->value);
        if (words_of_value(row)) {
            text_add(out, "(");
            words_joined(out, words_of_value(row), ' ');
            text_add(out, ")");
        } else if (row->kind == OPTION_TEXT) {
            text_add(out, "_files");
        }
    }
    text_add(out, "'");
}

static void zsh(struct text *out)
{
    text_add(out, "#compdef k8sdns\n_k8sdns() {\n    local line state\n"
                  "    _arguments -C '1:command:->command' '*::argument:->argument'\n"
                  "    case $state in\n    command)\n        local -a list\n        list=(\n");
    for (size_t i = 0; commands[i]; i++) {
        text_addf(out, "            '%s:", commands[i]->name);
        zsh_help(out, commands[i]->summary);
        text_add(out, "'\n");
    }
    text_add(out, "        )\n        _describe command list ;;\n    argument)\n        case $line[1] in\n");
    for (size_t i = 0; commands[i]; i++) {
        text_addf(out, "            %s)\n                _arguments", commands[i]->name);
        each_option(out, commands[i], zsh_option);
        if (words_of_argument(commands[i])) {
            text_add(out, " \\\n                '1:what:(");
            words_joined(out, words_of_argument(commands[i]), ' ');
            text_add(out, ")'");
        }
        text_add(out, " ;;\n");
    }
    text_add(out,
             "        esac ;;\n    esac\n}\n"
             "if [[ $funcstack[1] == _k8sdns ]]; then _k8sdns \"$@\"; else compdef _k8sdns k8sdns; fi\n");
}

static void fish_text(struct text *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            text_add_char(out, '\\', 1);
        text_add_char(out, *text, 1);
    }
}

static void fish_option(struct text *out, const struct command *command, const struct option_row *row)
{
    text_addf(out, "complete -c k8sdns -n '__fish_seen_subcommand_from %s' -l %s", command->name, row->name);
    if (row->letter)
        text_addf(out, " -s %c", row->letter);
    if (row->kind != OPTION_FLAG)
        text_add(out, row->kind == OPTION_TEXT ? " -rF" : " -x");
    if (words_of_value(row)) {
        text_add(out, " -a '");
        words_joined(out, words_of_value(row), ' ');
        text_add(out, "'");
    }
    text_add(out, " -d '");
    fish_text(out, row->help);
    text_add(out, "'\n");
}

static void fish(struct text *out)
{
    text_add(out, "# fish completion of k8sdns: k8sdns completion fish | source\n");
    for (size_t i = 0; commands[i]; i++) {
        text_addf(out, "complete -c k8sdns -n __fish_use_subcommand -xa %s -d '", commands[i]->name);
        fish_text(out, commands[i]->summary);
        text_add(out, "'\n");
        each_option(out, commands[i], fish_option);
        if (words_of_argument(commands[i])) {
            text_addf(out, "complete -c k8sdns -n '__fish_seen_subcommand_from %s' -xa '", commands[i]->name);
            words_joined(out, words_of_argument(commands[i]), ' ');
            text_add(out, "'\n");
        }
    }
}

static int run(struct run *run, const void *config, void *data)
{
    struct page_facts *facts = data;
    struct text text = {0};

    (void)config;
    if (strcmp(run->args[0], "bash") == 0)
        bash(&text);
    else if (strcmp(run->args[0], "zsh") == 0)
        zsh(&text);
    else
        fish(&text);
    facts->text = arena_text(run->arena, text_string(&text));
    text_fini(&text);
    return STATUS_OK;
}

const struct command command_completion = {
    .name = "completion",
    .group = GROUP_ABOUT,
    .summary = "a completion script for your shell",
    .arguments = "bash|zsh|fish",
    .args_min = 1,
    .args_max = 1,
    .arg_words = shells,
    .sandbox = SANDBOX_FILES,
    .shape = &page_facts_shape,
    .example = "source <(k8sdns completion bash)",
    .run = run,
    .render = page_text_render,
};
