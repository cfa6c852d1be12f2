/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of drops from the ring into events: names for reasons, functions, hooks and namespaces. */
#include "../kernel/bpf_library.h"
#include "../kernel/bpf_sum.h"
#include "drop_trace_state.h"
#include <arpa/inet.h>
#include <drops_bpf.skel.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>

#define REASON_PREFIX "SKB_DROP_REASON_"

/* Names and clients that the summary lists. */
#define LISTED 100

static bool read_name(const uint8_t name[DROP_NAME_BYTES], char text[DNS_NAME_TEXT])
{
    const char *why;
    size_t where;

    return *name && dns_name_read(name, DROP_NAME_BYTES, 0, text, &why, &where) >= 0;
}

bool drop_trace_wants(const struct drop_trace *trace, const uint8_t name[DROP_NAME_BYTES])
{
    char text[DNS_NAME_TEXT];

    if (!trace->names_count)
        return true;
    if (!read_name(name, text))
        return false;
    for (size_t i = 0; i < trace->names_count; i++)
        if (dns_name_is_within(text, strlen(text), trace->names[i]))
            return true;
    return false;
}

static const char *address_of(struct arena *arena, const uint8_t bytes[16])
{
    struct address address = {.family = AF_INET6};
    char text[ADDRESS_TEXT];

    memcpy(&address.v6, bytes, 16);
    address = address_unmapped(&address);
    return arena_text(arena, address_format(&address, text, sizeof(text)));
}

static struct drop_ends_facts ends_of(struct arena *arena, const struct drop_tuple *t)
{
    return (struct drop_ends_facts){address_of(arena, t->src), address_of(arena, t->dst), t->src_port,
                                    t->dst_port};
}

static struct drop_tuple inverse(const struct drop_tuple *t)
{
    struct drop_tuple other = {.src_port = t->dst_port, .dst_port = t->src_port};

    memcpy(other.src, t->dst, 16);
    memcpy(other.dst, t->src, 16);
    return other;
}

/* What connection tracking makes of it: from before to after, in the direction that it went. */
static void read_nat(struct arena *arena, const struct drop_event *event, struct drop_facts *ret)
{
    struct drop_tuple before = event->is_reply ? event->reply : event->original;
    struct drop_tuple after = inverse(event->is_reply ? &event->original : &event->reply);

    if (!(event->key.tracking & DROP_TRACKED) || memcmp(&before, &after, sizeof(before)) == 0)
        return;
    ret->before_nat = ARENA_NEW(arena, struct drop_ends_facts);
    ret->after_nat = ARENA_NEW(arena, struct drop_ends_facts);
    *ret->before_nat = ends_of(arena, &before);
    *ret->after_nat = ends_of(arena, &after);
}

static void read_message(struct arena *arena, const struct drop_event *event, struct drop_facts *ret)
{
    struct dns_message message;
    char word[DNS_WORD];

    ret->id = SHAPE_UNSET;
    ret->answer = -1;
    if (event->dns_len < 12)
        return;
    (void)!dns_message_parse(arena, event->dns, event->dns_len, &message);
    /* The middle of a TCP stream may look like anything. */
    if (!message.question_count && event->protocol == IPPROTO_TCP)
        return;
    ret->id = message.id;
    ret->answer = message.qr;
    if (!message.question_count)
        return;
    ret->name = message.questions[0].name;
    ret->type = arena_text(arena, dns_type_word(message.questions[0].type, word));
}

static const char *reason_word(const struct drop_trace *trace, struct arena *arena, uint32_t reason)
{
    const char *word;

    if (!trace->programs->rodata->has_reason)
        return NULL;
    word = reason < DROP_REASONS ? trace->reason_words[reason] : NULL;
    if (!word)
        return arena_printf(arena, "%u", reason); /* of a subsystem: Linux include/net/dropreason.h */
    return arena_text(arena, strncmp(word, REASON_PREFIX, strlen(REASON_PREFIX)) == 0
                                 ? word + strlen(REASON_PREFIX)
                                 : word);
}

static void read_stack(struct drop_trace *trace, struct arena *arena, uint64_t hash, const char ***ret_names,
                       size_t *ret_count)
{
    struct drop_stack stack;
    const char **names = NULL;
    size_t count = 0;

    if (hash && bpf_map_lookup_elem(bpf_map__fd(trace->programs->maps.stacks), &hash, &stack) == 0)
        for (size_t i = 0; i < DROP_FRAMES && stack.frames[i]; i++) {
            /* One less, as drops_bpf.c has it. */
            const char *name =
                trace->symbols ? kernel_symbols_find(trace->symbols, stack.frames[i] - 1) : stack.names[i];

            *ARENA_PUSH(arena, names, count) = arena_text_n(arena, name, drop_place_symbol_len(name));
        }
    *ret_names = names;
    *ret_count = count;
}

/* What a key says of the place. */
static struct drop_place place_of(struct drop_trace *trace, struct arena *arena, const struct drop_key *key,
                                  const char ***ret_names, size_t *ret_count)
{
    static const int causes[] = {[JUDGE_UNKNOWN] = -1,
                                 [JUDGE_NFT] = CAUSE_RULE,
                                 [JUDGE_IPTABLES] = CAUSE_IPTABLES,
                                 [JUDGE_CONNTRACK_IN] = CAUSE_CONNTRACK_FULL,
                                 [JUDGE_CONNTRACK_CONFIRM] = CAUSE_CONNTRACK_INSERT,
                                 [JUDGE_IPVS] = CAUSE_IPVS};
    struct drop_evidence evidence = {.reason = reason_word(trace, arena, key->reason),
                                     .judge = causes[key->judge % (sizeof(causes) / sizeof(causes[0]))],
                                     .tracked = key->tracking & DROP_TRACKED,
                                     .confirmed = key->tracking & DROP_CONFIRMED};
    struct drop_place place;

    read_stack(trace, arena, key->stack, ret_names, ret_count);
    evidence.names = *ret_names;
    evidence.names_count = *ret_count;
    drop_place_find(&evidence, &place);
    return place;
}

static const char *label(struct arena *arena, const char *text)
{
    return *text ? arena_text_n(arena, text, strnlen(text, DROP_LABEL)) : NULL;
}

/* What is told may outlive the trace. */
static const char *copied(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text) : NULL;
}

void drop_trace_read(struct drop_trace *trace, struct arena *arena, const struct drop_event *event,
                     struct drop_facts *ret)
{
    const struct netns_owner *owner = netns_owners_find(trace->owners, event->key.netns);
    const char **names;
    size_t count;
    struct drop_place place = place_of(trace, arena, &event->key, &names, &count);
    char time[CLOCK_TEXT];

    *ret = (struct drop_facts){
        .time = arena_text(arena, clock_format(event->time_ns + trace->offset_ns, time, sizeof(time))),
        .reason = reason_word(trace, arena, event->key.reason),
        .function = place.function,
        .cause = place.cause,
        .sure = place.sure,
        .hook = place.hook,
        .table = label(arena, event->table),
        .chain = label(arena, event->chain),
        .ends = ends_of(arena, &event->packet),
        .transport = event->protocol == IPPROTO_TCP ? "tcp" : "udp",
        .netns = event->key.netns ? arena_printf(arena, "%u", event->key.netns) : NULL,
        .pod = copied(arena, owner->pod),
        .pod_uid = copied(arena, owner->pod_uid),
        .container = copied(arena, owner->container),
    };
    if (count) {
        ret->stack = names + place.depth;
        ret->stack_count = count - place.depth;
    }
    read_nat(arena, event, ret);
    read_message(arena, event, ret);
    if (place.sender)
        ret->process = arena_printf(arena, "%.*s[%u]", (int)strnlen(event->process, sizeof(event->process)),
                                    event->process, event->pid);
    else
        ret->process = copied(arena, netns_owners_process(trace->owners, event->socket_inode));
}

/* ---- the count ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct shape_tally *tally_of(struct arena *arena, struct shape_tally **list, size_t *count,
                                    const char *name)
{
    struct shape_tally *tally;

    for (size_t i = 0; i < *count; i++)
        if (strcmp((*list)[i].name, name) == 0)
            return &(*list)[i];
    tally = arena_push(arena, list, count, sizeof(**list));
    tally->name = name;
    return tally;
}

static struct drop_kind_facts *kind_of(struct arena *arena, struct drops_facts *ret,
                                       const struct drop_kind_facts *like)
{
    struct drop_kind_facts *kind;

    for (size_t i = 0; i < ret->kinds_count; i++) {
        kind = &ret->kinds[i];
        if (kind->cause == like->cause && kind->hook == like->hook && kind->sure == like->sure &&
            same_text(kind->reason, like->reason) && same_text(kind->function, like->function) &&
            same_text(kind->table, like->table) && same_text(kind->chain, like->chain))
            return kind;
    }
    kind = ARENA_PUSH(arena, ret->kinds, ret->kinds_count);
    *kind = *like;
    return kind;
}

static void add_once(struct arena *arena, const char ***list, size_t *count, const char *text)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*list)[i], text) == 0)
            return;
    *ARENA_PUSH(arena, *list, *count) = text;
}

static void add_servers(struct arena *arena, struct drop_kind_facts *kind, const struct drop_example *example)
{
    kind->has_more_servers = kind->has_more_servers == 1 || example->has_more;
    for (size_t i = 0; i < example->servers_count; i++)
        add_once(arena, &kind->servers, &kind->servers_count, address_of(arena, example->servers[i]));
}

static void find_example(struct drop_trace *trace, struct arena *arena, const struct drop_key *key,
                         struct drop_kind_facts *kind)
{
    for (size_t i = 0; i < trace->examples_count; i++) {
        const struct drop_example *example = &trace->examples[i];

        if (!drop_key_is_like(&example->event.key, key))
            continue;
        add_once(arena, &kind->transports, &kind->transports_count,
                 example->event.protocol == IPPROTO_TCP ? "tcp" : "udp");
        add_servers(arena, kind, example);
        if (kind->example)
            continue;
        kind->example = ARENA_NEW(arena, struct drop_facts);
        drop_trace_read(trace, arena, &example->event, kind->example);
    }
}

static void add_row(struct drop_trace *trace, struct arena *arena, const struct drop_key *key,
                    const struct drop_tally *row, struct drops_facts *ret)
{
    char name[DNS_NAME_TEXT];
    const char **names;
    size_t count;
    struct drop_place place = place_of(trace, arena, key, &names, &count);
    const struct drop_kind_facts like = {.reason = reason_word(trace, arena, key->reason),
                                         .function = place.function,
                                         .cause = place.cause,
                                         .sure = place.sure,
                                         .hook = place.hook,
                                         .table = label(arena, row->table),
                                         .chain = label(arena, row->chain),
                                         .has_more_servers = -1};
    struct drop_kind_facts *kind = kind_of(arena, ret, &like);

    kind->count += row->count;
    find_example(trace, arena, key, kind);
    ret->drops += row->count;
    tally_of(arena, &ret->reasons, &ret->reasons_count, like.reason ? like.reason : "unknown")->count +=
        row->count;
    if (place.hook >= 0)
        tally_of(arena, &ret->hooks, &ret->hooks_count, drop_hook_names[place.hook])->count += row->count;
    if (read_name(row->name, name))
        tally_of(arena, &ret->names, &ret->names_count, arena_text(arena, name))->count += row->count;
    if (memcmp(key->client, (const uint8_t[16]){0}, 16) != 0)
        tally_of(arena, &ret->clients, &ret->clients_count, address_of(arena, key->client))->count +=
            row->count;
}

static void add_rows(struct drop_trace *trace, struct arena *arena, int map, struct drops_facts *ret)
{
    struct drop_key key, next, *at = NULL;
    struct drop_tally row;

    /* No more than there can be: a map that changes could be walked for ever. */
    for (size_t i = 0; i < 65536 && bpf_map_get_next_key(map, at, &next) == 0; i++) {
        if (bpf_map_lookup_elem(map, &next, &row) == 0 && drop_trace_wants(trace, row.name))
            add_row(trace, arena, &next, &row, ret);
        key = next;
        at = &key;
    }
}

static uint64_t total(const struct drop_trace *trace, uint32_t which)
{
    return bpf_sum_of_cpus(bpf_map__fd(trace->programs->maps.totals), which);
}

static int by_count(const void *a, const void *b)
{
    const struct shape_tally *x = a, *y = b;

    return x->count != y->count ? (x->count < y->count) - (x->count > y->count) : strcmp(x->name, y->name);
}

static int by_kind_count(const void *a, const void *b)
{
    const struct drop_kind_facts *x = a, *y = b;

    return (x->count < y->count) - (x->count > y->count);
}

static void sort(struct shape_tally *list, size_t *count, size_t max)
{
    if (*count)
        qsort(list, *count, sizeof(*list), by_count);
    *count = *count < max ? *count : max;
}

void drop_trace_summary(struct drop_trace *trace, struct arena *arena, struct drops_facts *ret)
{
    *ret = (struct drops_facts){
        .seconds = (double)(clock_monotonic_ns() - trace->began_ns) / 1e9,
        .fragments = total(trace, TOTAL_FRAGMENTS),
        .lost = total(trace, TOTAL_LOST) + total(trace, TOTAL_NESTED),
        .unshown = total(trace, TOTAL_UNSHOWN),
        .uncounted = total(trace, TOTAL_UNTALLIED),
        .probes = arena_copy(arena, trace->probes, trace->probes_count * sizeof(*ret->probes)),
        .probes_count = trace->probes_count};
    for (size_t i = 0; i < ret->probes_count; i++)
        if (ret->probes[i].why)
            ret->probes[i].why = arena_text(arena, ret->probes[i].why);
    add_rows(trace, arena, bpf_map__fd(trace->programs->maps.tallies), ret);
    add_rows(trace, arena, bpf_map__fd(trace->programs->maps.coarse), ret);
    if (!trace->names_count)
        ret->drops += total(trace, TOTAL_NESTED);
    sort(ret->reasons, &ret->reasons_count, SIZE_MAX);
    sort(ret->hooks, &ret->hooks_count, SIZE_MAX);
    sort(ret->names, &ret->names_count, LISTED);
    sort(ret->clients, &ret->clients_count, LISTED);
    if (ret->kinds_count)
        qsort(ret->kinds, ret->kinds_count, sizeof(*ret->kinds), by_kind_count);
}

void drop_trace_note(struct drop_trace *trace, const char *where, const char *tells, const char *why)
{
    *ARENA_PUSH(trace->arena, trace->probes, trace->probes_count) =
        (struct drop_probe_facts){where, tells, why ? arena_text(trace->arena, why) : NULL};
}
