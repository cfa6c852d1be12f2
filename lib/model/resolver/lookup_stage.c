/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/resolver/lookup_stage.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_words.h>

/* An answer takes so long. */
#define REPLY_US 200

struct staged_reply {
    uint64_t at_us, socket;
    struct lookup_reply reply;
};

struct stage {
    struct arena *arena;
    const struct lookup_stage *said;
    bool connects; /* an error of ICMP is heard */
    uint64_t now_us;
    struct staged_reply *coming;
    size_t count;
};

static uint64_t stage_now(void *user)
{
    return ((struct stage *)user)->now_us;
}

static void stage_send(void *user, size_t number, const struct lookup_query *query)
{
    struct stage *s = user;
    int status = s->said->answer(s->said->user, query->server, query->name, query->type, query->transport);
    struct staged_reply *coming;

    if (status == PROBE_TIMEOUT ||
        (status == PROBE_UNREACHABLE && query->transport == TRANSPORT_UDP && !s->connects))
        return;
    if (status == PROBE_ANSWER && query->type != DNS_TYPE_A && query->type != DNS_TYPE_AAAA)
        status = PROBE_NODATA;
    coming = ARENA_PUSH(s->arena, s->coming, s->count);
    *coming = (struct staged_reply){
        .at_us = s->now_us + REPLY_US, .socket = query->socket, .reply = {.query = number, .status = status}};
    if (status == PROBE_ANSWER)
        *ARENA_PUSH(s->arena, coming->reply.addresses, coming->reply.addresses_count) =
            query->type == DNS_TYPE_A ? "10.0.0.1" : "fd00::1";
}

static bool stage_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct stage *s = user;
    struct staged_reply *first = NULL;

    for (size_t i = 0; i < s->count; i++)
        if (s->coming[i].at_us && (!first || s->coming[i].at_us < first->at_us))
            first = &s->coming[i];
    if (!first || first->at_us > until_us) {
        s->now_us = until_us > s->now_us ? until_us : s->now_us;
        return false;
    }
    s->now_us = first->at_us > s->now_us ? first->at_us : s->now_us;
    *ret_reply = first->reply;
    first->at_us = 0;
    return true;
}

static void stage_close(void *user, uint64_t socket)
{
    struct stage *s = user;

    for (size_t i = 0; i < s->count; i++)
        if (s->coming[i].socket == socket)
            s->coming[i].at_us = 0;
}

void lookup_staged(struct arena *arena, const struct resolver_view *view, const char *name,
                   const struct lookup_stage *said, struct plan *ret_plan, struct lookup_result *ret_result)
{
    struct stage stage = {.arena = arena, .said = said, .connects = resolver_entry(view->resolver)->connects};
    const struct lookup_wire wire = {&stage, stage_now, stage_send, stage_wait, stage_close};
    const struct lookup_chance chance = {0};

    plan_make(arena, view, name, ret_plan);
    lookup_replay(arena, view, ret_plan, &chance, &wire, ret_result);
}
