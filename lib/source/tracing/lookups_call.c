/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookups_call.h"
#include "lookups_record.h"
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/tracing/lookups_tally.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

const char *const lookups_function_names[LOOKUPS_FUNCTIONS] = {
    [LOOKUPS_GETADDRINFO] = "getaddrinfo",           [LOOKUPS_GETHOSTBYNAME] = "gethostbyname",
    [LOOKUPS_GETHOSTBYNAME2] = "gethostbyname2",     [LOOKUPS_GETHOSTBYNAME_R] = "gethostbyname_r",
    [LOOKUPS_GETHOSTBYNAME2_R] = "gethostbyname2_r",
};

/* A text that the kernel's side put into a field of fixed size. */
static const char *field_text(struct arena *arena, const char *field, size_t size)
{
    return arena_text_n(arena, field, strnlen(field, size));
}

static bool read_question(struct arena *arena, const struct lookups_record *record,
                          struct lookups_call_facts *call)
{
    struct address server = {.port = 0, .family = (uint8_t)record->question.family};
    char word[DNS_WORD], text[ADDRESS_TEXT];
    struct dns_message message;
    size_t len = record->question.message_len;

    if (len > sizeof(record->question.message))
        return false;
    /* What follows the question may have been left behind, so damage is no news. */
    (void)!dns_message_parse(arena, record->question.message, len, &message);
    if (!message.question_count)
        return false;
    memcpy(&server.v6, record->question.server, sizeof(server.v6));
    call->method = LOOKUPS_BY_PACKET;
    call->name = message.questions[0].name;
    call->call = arena_text(arena, dns_type_word(message.questions[0].type, word));
    call->server = arena_text(arena, address_format(&server, text, sizeof(text)));
    if (record->end_ns) {
        call->result = arena_text(arena, dns_rcode_word(record->question.rcode, word));
        call->failed = record->question.rcode != DNS_NOERROR;
    } else {
        call->result = "no answer";
        call->failed = true;
    }
    return true;
}

static bool read_call(struct arena *arena, const struct lookups_record *record,
                      struct lookups_call_facts *call)
{
    if (record->function >= LOOKUPS_FUNCTIONS)
        return false;
    call->method = LOOKUPS_BY_CALL;
    call->call = lookups_function_names[record->function];
    call->name =
        record->call.name_known ? field_text(arena, record->call.name, sizeof(record->call.name)) : "?";
    if (record->kind == LOOKUPS_EXITED)
        call->result = "exited";
    else if (!record->end_ns)
        call->result = "running";
    else if (record->function == LOOKUPS_GETADDRINFO)
        call->result = lookups_eai_word(arena, record->result);
    else
        call->result = record->result ? lookups_h_errno_word(record->h_errno_value) : "ok";
    call->failed = record->end_ns && (record->kind == LOOKUPS_EXITED || record->result != 0);
    return call->name[0] != 0;
}

bool lookups_call_read(struct arena *arena, const struct lookups_record *record, int64_t real_offset_ns,
                       uint64_t now_ns, struct lookups_call_facts *ret_call)
{
    struct lookups_call_facts call = {.latency_us = SHAPE_UNSET, .age_us = SHAPE_UNSET};
    bool ended = record->end_ns && record->kind != LOOKUPS_EXITED;
    uint64_t end_ns = record->end_ns ? record->end_ns : now_ns;
    uint64_t us = end_ns > record->start_ns ? (end_ns - record->start_ns) / 1000 : 0;
    char text[CLOCK_TEXT];

    if (!(record->kind == LOOKUPS_QUESTION ? read_question : read_call)(arena, record, &call))
        return false;
    *(ended ? &call.latency_us : &call.age_us) = us;
    call.time = arena_text(
        arena, clock_format((uint64_t)((int64_t)record->start_ns + real_offset_ns), text, sizeof(text)));
    call.process.pid = record->pid ? record->pid : SHAPE_UNSET;
    call.process.name = record->comm[0] ? field_text(arena, record->comm, sizeof(record->comm)) : NULL;
    call.process.netns = record->netns;
    *ret_call = call;
    return true;
}
