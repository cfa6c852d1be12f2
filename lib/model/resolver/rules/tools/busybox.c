/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nslookup of BusyBox 1.35 and 1.37, with resolver code of its own: a name with a dot is asked as it is; a
 * short one with every search domain, all at once, never as it is. The first server that answers anything is
 * the last one asked. Its exit status is 1 when any answer was an error, whatever else was found.
 */
#include "../rules.h"
#include <string.h>

#define PATIENCE_US UINT64_C(5000000)
#define AGAIN_US    (PATIENCE_US / 2)

static const struct resolv_dialect dialect = {
    .comments = COMMENT_IS_WORD,
    .needs_clean_server = true,
    .default_timeout_ms = 5000,
    .default_attempts = 2,
    .default_servers = {"127.0.0.1"},
};

struct busybox_question {
    const char *name;
    uint16_t type;
    bool answered;
};

struct busybox {
    struct busybox_question *questions;
    size_t count, replies;
    bool failed;
};

static void add_question(struct lookup_run *run, struct busybox *b, const char *name, uint16_t type)
{
    *ARENA_PUSH(run->arena, b->questions, b->count) = (struct busybox_question){.name = name, .type = type};
}

static struct busybox_question *question_of(struct busybox *b, const struct lookup_query *query)
{
    for (size_t i = 0; i < b->count; i++)
        if (!b->questions[i].answered && b->questions[i].type == query->type &&
            strcmp(b->questions[i].name, query->name) == 0)
            return &b->questions[i];
    return NULL;
}

static void take(struct lookup_run *run, struct busybox *b, struct busybox_question *question,
                 const struct lookup_reply *reply)
{
    question->answered = true;
    b->replies++;
    lookup_add_addresses(run, reply);
    b->failed = b->failed || (reply->status != PROBE_ANSWER && reply->status != PROBE_NODATA &&
                              reply->status != PROBE_TRUNCATED);
}

/* All questions to one server; SERVFAIL is asked again at once, twice a question in all. */
static void ask_server(struct lookup_run *run, struct busybox *b, size_t server)
{
    uint64_t end = lookup_now(run) + PATIENCE_US, next = lookup_now(run), socket = run->next_socket++;
    size_t again = 0, attempt = 0;

    while (b->replies < b->count && lookup_now(run) < end) {
        struct lookup_reply reply;
        struct busybox_question *question;

        if (lookup_now(run) >= next) {
            attempt++;
            for (size_t i = 0; i < b->count; i++)
                if (!b->questions[i].answered)
                    lookup_send(run, b->questions[i].name, b->questions[i].type, server, TRANSPORT_UDP,
                                socket, attempt);
            next = lookup_now(run) + AGAIN_US;
            again = 2 * b->count;
        }
        if (!lookup_wait(run, next < end ? next : end, &reply) || reply.status == PROBE_UNREACHABLE)
            continue;
        question = question_of(b, &run->result->queries[reply.query]);
        if (!question)
            continue;
        if (reply.status == PROBE_SERVFAIL && again) {
            again--;
            lookup_send(run, question->name, question->type, server, TRANSPORT_UDP, socket, attempt);
            continue;
        }
        take(run, b, question, &reply);
    }
    lookup_close(run, socket);
}

static bool make_questions(struct lookup_run *run, struct busybox *b)
{
    const char *turned = rules_reverse_name(run->arena, run->name);
    bool dotted = strchr(run->name, '.') != NULL;

    if (turned) {
        add_question(run, b, turned, DNS_TYPE_PTR);
        return true;
    }
    if (!rules_make_list(run, dotted ? LIST_AS_IS_FIRST : LIST_SEARCH))
        return false;
    for (size_t k = 0; run->candidates_count && k < run->candidates[0].types_count; k++)
        for (size_t i = 0; i < run->candidates_count; i++)
            add_question(run, b, run->candidates[i].name, run->candidates[i].types[k]);
    if (!run->candidates_count && !dotted)
        run->result->note = "a name without a dot is only searched for, and there is no search list";
    return true;
}

static void look_up(struct lookup_run *run)
{
    struct busybox b = {0};

    if (!make_questions(run, &b))
        run->result->note = "this is no valid name: nothing is asked";
    for (size_t i = 0; b.count && i < run->view->nameservers_count && !b.replies; i++)
        ask_server(run, &b, i);
    run->result->ok = b.replies && !b.failed;
    if (run->result->ok)
        return;
    run->result->error = b.replies ? run->result->addresses_count
                                         ? "exit status 1: an address was found, and another name is an error"
                                         : "** server can't find the name"
                                   : ";; connection timed out; no servers could be reached";
}

const struct resolver_rules rules_busybox = {
    .about = "nslookup of BusyBox 1.35 and 1.37",
    .dialect = &dialect,
    .look_up = look_up,
    .connects = true,
    .tool = true,
};

const struct resolver_rules rules_busybox_musl = {
    .about = "nslookup of BusyBox 1.37 as Alpine builds it",
    .dialect = &dialect,
    .look_up = look_up,
    .connects = true,
    .tool = true,
};
