/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* An interval's part of the mean: half of it is of the last minute and a half. */
#define MEAN_OF 16

/* FNV-1a. Source: Fowler, Noll, Vo; its offset and its prime of 64 bits. */
static uint64_t hash(uint64_t seed, const char *text)
{
    uint64_t value = seed ^ UINT64_C(14695981039346656037);

    for (const char *at = text ? text : ""; *at; at++)
        value = (value ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return value;
}

bool record_trigger_fails(uint64_t bad, uint64_t decided)
{
    return bad >= TRIGGER_LEAST_BAD && (double)bad >= TRIGGER_BAD_RATIO * (double)decided;
}

static bool stood(const struct record_trigger *trigger, uint64_t id)
{
    for (size_t i = 0; i < trigger->findings_count; i++)
        if (trigger->findings[i] == id)
            return true;
    return false;
}

static const char *look_at_findings(struct record_trigger *trigger, const struct interval_facts *interval,
                                    struct arena *arena)
{
    uint64_t now[TRIGGER_FINDINGS];
    size_t count = 0;
    const char *why = NULL;

    for (size_t i = 0; i < interval->findings_count && count < TRIGGER_FINDINGS; i++) {
        const struct finding *f = &interval->findings[i];
        uint64_t id = hash(hash(0, f->id), f->subject);

        if (f->severity > SEVERITY_WARNING)
            continue;
        now[count++] = id;
        if (!why && !f->consequence && (trigger->owed || !stood(trigger, id)))
            why = arena_printf(arena, "%s %s: %s%s%s", f->id, stood(trigger, id) ? "stands" : "begins",
                               f->title, f->subject ? ", " : "", f->subject ? f->subject : "");
    }
    memcpy(trigger->findings, now, count * sizeof(now[0]));
    trigger->findings_count = count;
    return why;
}

static struct trigger_server *server_of(struct record_trigger *trigger, const char *id)
{
    uint64_t wanted = hash(0, id);

    for (size_t i = 0; i < trigger->servers_count; i++)
        if (trigger->servers[i].id == wanted)
            return &trigger->servers[i];
    if (trigger->servers_count == TRIGGER_SERVERS)
        return NULL;
    trigger->servers[trigger->servers_count] = (struct trigger_server){.id = wanted};
    return &trigger->servers[trigger->servers_count++];
}

/* What of several is told: the first that begins, and the first that ends. */
struct turns {
    const char *begins, *ends;
};

static void look_at_server(struct trigger_server *server, const struct watch_target_facts *target, bool owed,
                           struct arena *arena, struct turns *turns)
{
    uint64_t decided = target->answered + target->lost;
    bool fails = record_trigger_fails(target->bad, decided), slow = false;
    const char *begins = NULL, *ends = NULL;

    if (target->p90_us != SHAPE_UNSET) {
        slow = server->usual_us && target->p90_us >= TRIGGER_SLOW_TIMES * server->usual_us &&
               target->p90_us >= server->usual_us + TRIGGER_SLOW_US;
        /* What is slow for good becomes the usual, slowly. */
        server->usual_us =
            server->usual_us ? (server->usual_us * (MEAN_OF - 1) + target->p90_us) / MEAN_OF : target->p90_us;
    }
    if (fails && (owed || !server->fails)) {
        begins = arena_printf(arena, "%s fails: %" PRIu64 " of %" PRIu64 " queries", target->id, target->bad,
                              decided);
    } else if (slow && (owed || !server->slow)) {
        char text[DURATION_TEXT];

        begins = arena_printf(arena, "%s is slow: 90 %% of its answers take up to %s", target->id,
                              duration_format_us(text, sizeof(text), target->p90_us));
    }
    if (server->fails && !fails)
        ends = arena_printf(arena, "%s answers again", target->id);
    else if (server->slow && !slow)
        ends = arena_printf(arena, "%s is fast again", target->id);
    server->fails = fails;
    server->slow = slow;
    server->seen = true;
    turns->begins = turns->begins ? turns->begins : begins;
    turns->ends = turns->ends ? turns->ends : ends;
}

static void look_at_servers(struct record_trigger *trigger, const struct interval_facts *interval,
                            struct arena *arena, struct turns *turns)
{
    const struct watch_facts *sampling = interval->facts->sampling;

    for (size_t i = 0; i < trigger->servers_count; i++)
        trigger->servers[i].seen = false;
    for (size_t i = 0; sampling && i < sampling->targets_count; i++) {
        struct trigger_server *server = server_of(trigger, sampling->targets[i].id);

        if (server)
            look_at_server(server, &sampling->targets[i], trigger->owed, arena, turns);
    }
    /* Replicas come and go, and the table has a size. */
    for (size_t i = trigger->servers_count; i-- > 0;)
        if (sampling && !trigger->servers[i].seen)
            trigger->servers[i] = trigger->servers[--trigger->servers_count];
}

static const char *look_at_lookups(struct record_trigger *trigger, const struct interval_facts *interval,
                                   struct arena *arena)
{
    const struct traced_lookups_facts *lookups = interval->lookups;
    bool fail = lookups && record_trigger_fails(lookups->failed, lookups->lookups),
         slow = lookups && record_trigger_fails(lookups->slow, lookups->lookups);
    const char *why = NULL;

    if (fail && (trigger->lookups_owed || !trigger->lookups_fail))
        why = arena_printf(arena, "lookups of programs fail: %" PRIu64 " of %" PRIu64, lookups->failed,
                           lookups->lookups);
    else if (slow && (trigger->lookups_owed || !trigger->lookups_slow))
        why = arena_printf(arena, "lookups of programs are slow: %" PRIu64 " of %" PRIu64, lookups->slow,
                           lookups->lookups);
    trigger->lookups_fail = fail;
    trigger->lookups_slow = slow;
    return why;
}

/* Whether another fits among those of this hour, which then has it. */
static bool take_place(uint64_t fired_ns[TRIGGER_AN_HOUR], uint64_t least_ns, uint64_t now_ns)
{
    uint64_t last = fired_ns[TRIGGER_AN_HOUR - 1], first = fired_ns[0];

    if ((last && now_ns - last < least_ns) || (first && now_ns - first < 3600 * SECOND_NS))
        return false;
    memmove(fired_ns, fired_ns + 1, (TRIGGER_AN_HOUR - 1) * sizeof(fired_ns[0]));
    fired_ns[TRIGGER_AN_HOUR - 1] = now_ns;
    return true;
}

/* Whether what stands has its turn; if not, it is owed one as long as it stands. */
static bool take_turn(uint64_t fired_ns[TRIGGER_AN_HOUR], const char *why, uint64_t now_ns, bool *owed)
{
    bool taken = why && take_place(fired_ns, 60 * SECOND_NS, now_ns);

    *owed = why && !taken;
    return taken;
}

const char *record_trigger_look(struct record_trigger *trigger, const struct interval_facts *interval,
                                uint64_t now_ns, struct arena *arena)
{
    const char *begins = look_at_findings(trigger, interval, arena),
               *lookups = look_at_lookups(trigger, interval, arena);
    struct turns turns = {0};

    look_at_servers(trigger, interval, arena, &turns);
    begins = begins ? begins : turns.begins;
    if (take_turn(trigger->begun_ns, begins, now_ns, &trigger->owed)) {
        trigger->lookups_owed = false; /* the same capture shows them */
        return begins;
    }
    if (take_turn(trigger->lookups_ns, lookups, now_ns, &trigger->lookups_owed))
        return lookups;
    return turns.ends && take_place(trigger->ended_ns, 0, now_ns) ? turns.ends : NULL;
}
