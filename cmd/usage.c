/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "usage.h"
#include "options.h"
#include <stdio.h>
#include <string.h>

#define LEFT 26

/* "      --name VALUE   help", the help wrapped behind column LEFT and never past column 80. */
static void usage_row(struct text *out, const struct option_row *row)
{
    struct printer printer = {.out = out, .width = 79};
    char left[80], letter[8] = "    ";

    if (row->letter)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
             row->value ? row->value : "");
    if (strlen(left) >= LEFT) {
        text_addf(out, "%s\n", left);
        left[0] = '\0';
    }
    snprintf(left + strlen(left), sizeof(left) - strlen(left), "%*s", (int)(LEFT - strlen(left)), "");
    printer_paragraph(&printer, left, "%s", row->help);
}

static void usage_rows(struct text *out, const char *heading, const struct option_row *rows)
{
    if (!rows || !rows->name)
        return;
    text_addf(out, "\n%s:\n", heading);
    for (; rows->name; rows++)
        usage_row(out, rows);
}

void usage_command(struct text *out, const struct command *command)
{
    bool options = (command->options && command->options->name) || command->takes_targets;

    text_addf(out, "k8sdns %s: %s\n\nUsage: k8sdns %s%s%s%s\n", command->name, command->summary,
              command->name, options ? " [OPTIONS]" : "", command->arguments[0] ? " " : "",
              command->arguments);
    usage_rows(out, "Options", command->options);
    if (command->takes_targets)
        usage_rows(out, "Where to ask", target_option_rows);
    usage_rows(out, "Options of every command", global_options);
    text_addf(out, "\nExample:\n  %s\n\nMore: man k8sdns-%s\n", command->example, command->name);
}

void usage_overview(struct text *out)
{
    static const char *const headings[GROUP_COUNT] = {
        [GROUP_CAUSE] = "Find the cause",
        [GROUP_SERVERS] = "Ask the servers",
        [GROUP_COREDNS] = "Look at CoreDNS",
        [GROUP_NODE] = "Look at the node",
        [GROUP_CONFIGURATION] = "Read the configuration",
        [GROUP_ABOUT] = "About k8sdns",
    };

    text_add(out, "k8sdns finds out why DNS fails in a Kubernetes cluster.\n\n"
                  "Usage: k8sdns COMMAND [OPTIONS] [ARGUMENTS]\n");
    for (int group = 0; group < GROUP_COUNT; group++) {
        text_addf(out, "\n%s:\n", headings[group]);
        for (const struct command *const *at = commands; *at; at++)
            if ((*at)->group == group)
                text_addf(out, "  %-12s%s\n", (*at)->name, (*at)->summary);
    }
    text_add(out, "\nIn a Pod without k8sdns:\n"
                  "  kubectl cp k8sdns POD:/tmp/k8sdns\n"
                  "  kubectl exec POD -- /tmp/k8sdns probe NAME\n"
                  "\nk8sdns COMMAND --help tells a command's options; man k8sdns tells the rest.\n");
}
