/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/probe/decode_facts.h>
#include <k8sdns/render/probe/decode_text.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <stddef.h>

#define FORM_DETECTED (-1)

struct decode_config {
    int form; /* enum message_form or FORM_DETECTED */
};

static const struct decode_config defaults = {.form = FORM_DETECTED};

static const struct option_row options[] = {
    {.name = "form",
     .value = "dump|hex|base64|raw|capture",
     .words = message_form_names,
     OPTION_AT(WORD, struct decode_config, form),
     .help = "how the input is written (default: told from its bytes)"},
    {0},
};

static int run(struct run *run, const void *config_at, void *data)
{
    const struct decode_config *config = config_at;
    struct decode_facts *facts = data;
    struct packet_capture inner; /* a file that came through a terminal: tcpdump -w - | base64 */
    struct message_input input;
    size_t len;
    char *bytes;
    int r;

    r = file_read_text(run->arena, run->args_count ? run->args[0] : "-", OCTET_INPUT_MAX, &bytes, &len,
                       &run->err);
    if (r < 0)
        return r;
    if (config->form == FORM_DETECTED || config->form == OCTETS_CAPTURE) {
        struct packet_capture capture;

        if (packet_capture_open((const uint8_t *)bytes, len, &capture) == 0) {
            decode_facts_capture(run->arena, &capture, facts);
            return STATUS_OK;
        }
        if (config->form == OCTETS_CAPTURE)
            return err_set(&run->err, ERR_FORMAT, EBADMSG, "the input is no packet capture (pcap, pcapng)");
    }
    /* What other commands read is named; packets in hex are read here, and a log may hold a dump. */
    if (config->form == FORM_DETECTED) {
        enum input_kind kind = input_kind_tell(bytes, len);

        if (kind != INPUT_PACKET_DUMP && kind != INPUT_COREDNS_LOG && kind != INPUT_EMPTY &&
            kind != INPUT_TCPDUMP && kind != INPUT_TSHARK &&
            input_kind_refuse(bytes, len, INPUT_PACKET_DUMP, "the input", "a DNS message", &run->err) < 0)
            return -EBADMSG;
    }
    r = message_input_read(run->arena, bytes, len, config->form, &input, &run->err);
    if (r < 0) {
        input_kind_refuse(bytes, len, INPUT_EMPTY, "the input", "a DNS message", &run->err);
        return r;
    }
    if (input.blocks_count == 1 &&
        packet_capture_open(input.blocks[0].bytes, input.blocks[0].len, &inner) == 0) {
        decode_facts_capture(run->arena, &inner, facts);
        return STATUS_OK;
    }
    decode_facts_make(run->arena, &input, facts);
    /* What could be read is shown, and the status says that it is not all. */
    for (size_t i = 0; i < facts->messages_count; i++)
        if (facts->messages[i].damage || facts->messages[i].remark)
            return ERR_FORMAT;
    return STATUS_OK;
}

const struct command command_decode = {
    .name = "decode",
    .group = GROUP_SERVERS,
    .summary = "DNS messages from hex, base64 or a packet capture, in words",
    .arguments = "[FILE]",
    .args_max = 1,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct decode_config),
    .sandbox = SANDBOX_FILES,
    .shape = &decode_facts_shape,
    .local = true,
    .example = "k8sdns decode coredns.log",
    .run = run,
    .render = decode_text_render,
};
