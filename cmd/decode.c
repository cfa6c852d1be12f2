/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <k8sdns/base/file.h>
#include <k8sdns/model/decode_facts.h>
#include <k8sdns/render/decode_text.h>
#include <stddef.h>

#define FORM_DETECTED (-1)

struct decode_config {
    int form; /* enum octet_form or FORM_DETECTED */
};

static const struct decode_config defaults = {.form = FORM_DETECTED};

static const struct option_row options[] = {
    {.name = "form",
     .value = "dump|hex|base64|raw",
     .kind = OPTION_WORD,
     .words = octet_form_words,
     .offset = offsetof(struct decode_config, form),
     .help = "how the input is written (default: told from its bytes)"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct decode_config *config = config_at;
    struct decode_facts *facts = data;
    struct octet_input input;
    size_t len;
    char *bytes;
    int r;

    r = file_read(run->arena, run->args_count ? run->args[0] : "-", OCTET_INPUT_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    r = octet_input_read(run->arena, bytes, len, config->form, &input, &run->err);
    if (r < 0)
        return r;
    decode_facts_make(run->arena, &input, facts);
    /* What could be read is shown, and the status says that it is not all. */
    for (size_t i = 0; i < facts->messages_count; i++)
        if (facts->messages[i].damage || facts->messages[i].remark)
            return ERR_FORMAT;
    return STATUS_OK;
}

const struct command command_decode = {
    .name = "decode",
    .group = "Ask the servers",
    .summary = "a DNS message from hex, base64 or raw octets, in words",
    .arguments = "[FILE]",
    .args_max = 1,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct decode_config),
    .shape = &decode_facts_shape,
    .local = true,
    .example = "k8sdns decode coredns.log",
    .run = run,
    .render = decode_text_render,
};
