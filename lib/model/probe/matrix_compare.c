/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who differs from the others in a matrix: the majority of the replicas is right, unless chance
 * explains it.
 */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/statistics/median.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A slow replica delays everything it says, so a target's fastest answer is looked at: five times its peers'
 * and ten milliseconds more. Of our choice: on one node or between nodes of a zone, a healthy replica
 * answers a name of its own within a millisecond or two.
 */
#define SLOW_FACTOR  5
#define SLOW_MORE_US 10000
/* Without names that are answered from memory, so many answers are needed before the fastest says anything.
 */
#define SLOW_ANSWERS 4
/* What happens less often than this by chance is blamed. Of our choice. */
#define CHANCE 0.01
/* Half of the backends silent, and CHANCE is reached with seven flows; most silent, with more. */
#define FLOWS_ENOUGH 64

/* The outcomes of all targets: rows of questions, the TCP retry in place of its truncated question. */
struct answer_grid {
    struct arena *arena;
    struct matrix_facts *matrix;
    struct probe_facts **at; /* [target * questions + question] */
    size_t questions;
    bool *votes; /* by target */
    size_t voters;
};

static struct probe_facts *outcome(const struct answer_grid *grid, size_t target, size_t question)
{
    return grid->at[target * grid->questions + question];
}

static bool is_retry(const struct probe_facts *p, const struct probe_facts *before)
{
    return p->transport == TRANSPORT_TCP && before->transport == TRANSPORT_UDP &&
           strcmp(p->target, before->target) == 0 && strcmp(p->type, before->type) == 0;
}

/*
 * A ClusterIP and a cache pass on, so they vote only where nobody else does. Another nameserver of
 * resolv.conf is no measure of the cluster's servers.
 */
static void give_votes(struct answer_grid *grid)
{
    const struct matrix_facts *matrix = grid->matrix;
    size_t strangers = 0;

    grid->votes = arena_array(grid->arena, matrix->targets_count, sizeof(bool));
    for (size_t t = 0; t < matrix->targets_count; t++)
        strangers += matrix->targets[t].role == TARGET_NAMESERVER;
    for (int passing = 0; passing <= 1 && !grid->voters; passing++)
        for (size_t t = 0; t < matrix->targets_count; t++) {
            int role = matrix->targets[t].role;
            bool passes_on = role == TARGET_CLUSTER_IP || role == TARGET_NODE_LOCAL;

            grid->votes[t] =
                (!passes_on || passing) && (role != TARGET_NAMESERVER || strangers == matrix->targets_count);
            grid->voters += grid->votes[t];
        }
}

static bool grid_init(struct answer_grid *grid, struct arena *arena, struct matrix_facts *matrix)
{
    size_t filled = 0;

    *grid = (struct answer_grid){.arena = arena, .matrix = matrix};
    for (size_t i = 0; i < matrix->probes_count; i++)
        grid->questions += !(i && is_retry(&matrix->probes[i], &matrix->probes[i - 1]));
    if (matrix->targets_count < 2 || grid->questions % matrix->targets_count)
        return false;
    grid->questions /= matrix->targets_count;
    grid->at = arena_array(arena, matrix->targets_count * grid->questions + 1, sizeof(struct probe_facts *));
    for (size_t i = 0; i < matrix->probes_count; i++) {
        struct probe_facts *p = &matrix->probes[i];

        if (i && is_retry(p, p - 1))
            grid->at[filled - 1] = p;
        else
            grid->at[filled++] = p;
    }
    give_votes(grid);
    return true;
}

/* Types and data of a set of records, sorted: what must be equal. */
static const char *records_key(struct arena *arena, const struct probe_facts *p)
{
    const char **lines = arena_array(arena, p->answers_count + 1, sizeof(*lines));
    struct text key = {0};
    const char *copy;

    /* Of so many only a part is kept, and another server has another part first. */
    if (p->answers_left_out)
        return arena_printf(arena, "%" PRIu64 " records", (uint64_t)p->answers_count + p->answers_left_out);
    for (size_t i = 0; i < p->answers_count; i++)
        lines[i] =
            arena_printf(arena, "%s %s", p->answers[i].type_name,
                         p->answers[i].rdata.text ? p->answers[i].rdata.text : p->answers[i].rdata_hex);
    text_sort(lines, p->answers_count);
    for (size_t i = 0; i < p->answers_count; i++)
        text_addf(&key, "%s%s", i ? ", " : "", lines[i]);
    copy = arena_text(arena, text_string(&key));
    text_fini(&key);
    return copy;
}

static bool is_silent(const struct probe_facts *p)
{
    return !probe_is_heard(p);
}

/* What two outcomes must share to agree: the kind of answer, and under the cluster's domain the records. */
static const char *outcome_key(const struct answer_grid *grid, const struct probe_facts *p)
{
    if (is_silent(p))
        return "silent";
    if (p->status == PROBE_ANSWER && matrix_is_own(grid->matrix, p->candidate))
        return records_key(grid->arena, p);
    return probe_status_names[p->status];
}

struct verdict {
    size_t silent, failed, other;      /* questions in which a target is odd */
    const struct probe_facts *failure; /* an example of `failed` */
    const struct probe_facts *example; /* of `other` */
    const struct probe_facts *right;   /* a peer's outcome of that */
};

/* An outcome that speaks for itself: silence, or an error of the server. */
static bool is_fault(const struct probe_facts *p)
{
    return !probe_status_is_good(p->status);
}

static void accuse(const struct answer_grid *grid, struct verdict *verdicts, size_t target, size_t question,
                   const struct probe_facts *right)
{
    struct probe_facts *p = outcome(grid, target, question);
    struct verdict *v = &verdicts[target];

    p->outlier = true;
    if (is_silent(p)) {
        v->silent++;
    } else if (is_fault(p)) {
        v->failed++;
        v->failure = v->failure ? v->failure : p;
    } else if (v->other++ == 0) {
        v->example = p;
        v->right = right;
    }
}

/*
 * The outcome that the others are held against: the answer that most voters give, or when no voter gives one,
 * that of whoever does. Return its target, or targets_count when nobody answers well; `*ret_other` then or
 * without a tie is targets_count too, else it is a target with another answer and as many votes.
 */
static size_t right_outcome(const struct answer_grid *grid, const char *const *keys, size_t question,
                            size_t *ret_other)
{
    size_t count = grid->matrix->targets_count, best = count, most = 0;

    *ret_other = count;
    for (size_t t = 0; t < count; t++) {
        size_t votes = 0;

        if (is_fault(outcome(grid, t, question)))
            continue;
        for (size_t k = 0; k < count && grid->votes[t]; k++)
            votes += grid->votes[k] && strcmp(keys[t], keys[k]) == 0;
        if (best == count || votes > most) {
            best = t;
            most = votes;
            *ret_other = count;
        } else if (votes && votes == most && strcmp(keys[t], keys[best]) != 0) {
            *ret_other = t;
        }
    }
    return best;
}

/* Whether `target` was ever heard. */
static bool heard(const struct answer_grid *grid, size_t target)
{
    for (size_t q = 0; q < grid->questions; q++)
        if (!is_silent(outcome(grid, target, q)))
            return true;
    return false;
}

/* The source ports from which a target was asked: the choices that a ClusterIP made among its backends. */
static size_t flows(const struct answer_grid *grid, size_t target)
{
    size_t count = 0;

    for (size_t q = 0; q < grid->questions; q++) {
        bool seen = false;

        for (size_t k = 0; k < q && !seen; k++)
            seen = outcome(grid, target, k)->source_port == outcome(grid, target, q)->source_port;
        count += !seen && count < FLOWS_ENOUGH;
    }
    return count;
}

/*
 * Whether a target without a vote may only be passing on what some with a vote give. Silence in everything
 * may be that too, when so few flows were made that all of them may have gone to the silent ones.
 */
static bool passes_on(const struct answer_grid *grid, const char *const *keys, size_t target, size_t question)
{
    double same = 0, chance = 1;

    if (grid->votes[target])
        return false;
    for (size_t k = 0; k < grid->matrix->targets_count; k++)
        same += grid->votes[k] && strcmp(keys[k], keys[target]) == 0;
    if (same == 0 || !is_silent(outcome(grid, target, question)) || heard(grid, target))
        return same > 0;
    for (size_t n = flows(grid, target); n > 0; n--)
        chance *= same / (double)grid->voters;
    return chance > CHANCE;
}

/* Compare one question over all targets; note in `split` that two differ and neither can be blamed. */
static void compare_question(const struct answer_grid *grid, size_t question, struct verdict *verdicts,
                             struct difference_facts *split)
{
    size_t count = grid->matrix->targets_count, best, other;
    const char **keys = arena_array(grid->arena, count, sizeof(*keys));
    const struct probe_facts *right;

    for (size_t t = 0; t < count; t++)
        keys[t] = outcome_key(grid, outcome(grid, t, question));
    best = right_outcome(grid, keys, question, &other);
    if (best == count)
        return;
    right = outcome(grid, best, question);
    for (size_t t = 0; t < count; t++) {
        bool blameless = other < count && !is_fault(outcome(grid, t, question));

        if (strcmp(keys[t], keys[best]) != 0 && !blameless && !passes_on(grid, keys, t, question))
            accuse(grid, verdicts, t, question, right);
    }
    if (other < count && split->questions++ == 0)
        split->text =
            arena_printf(grid->arena,
                         "%s and %s differ on %s %s: %s against %s; with no majority, neither can be "
                         "blamed",
                         right->target, outcome(grid, other, question)->target, right->candidate, right->type,
                         keys[best], keys[other]);
}

static int fault_of(const struct probe_facts *p)
{
    return p->status == PROBE_SERVFAIL  ? FAULT_SERVFAIL
           : p->status == PROBE_REFUSED ? FAULT_REFUSED
                                        : FAULT_OTHER;
}

static void add(struct answer_grid *grid, const char *target, int kind, int fault, size_t questions,
                const char *text)
{
    struct matrix_facts *m = grid->matrix;

    *ARENA_PUSH(grid->arena, m->differences, m->differences_count) = (struct difference_facts){
        .target = target, .kind = kind, .fault = fault, .questions = questions, .text = text};
}

static void report(struct answer_grid *grid, size_t target, const struct verdict *v)
{
    const char *id = grid->matrix->targets[target].id;
    const struct probe_facts *p = v->failure;

    if (v->silent)
        add(grid, id, DIFFERS_STATUS, FAULT_SILENCE, v->silent,
            arena_printf(grid->arena, "%s does not answer %zu of %zu queries that others answer", id,
                         v->silent, grid->questions));
    if (v->failed)
        add(grid, id, DIFFERS_STATUS, fault_of(p), v->failed,
            arena_printf(grid->arena, "%s fails %zu of %zu queries that others answer (%s)", id, v->failed,
                         grid->questions, p->rcode ? p->rcode : probe_status_names[p->status]));
    p = v->example;
    if (v->other)
        add(grid, id, p->status == v->right->status ? DIFFERS_RECORDS : DIFFERS_STATUS, -1, v->other,
            arena_printf(grid->arena,
                         "%s differs from the others in %zu of %zu queries: for %s %s it gives %s, they %s",
                         id, v->other, grid->questions, p->candidate, p->type, outcome_key(grid, p),
                         outcome_key(grid, v->right)));
}

/* The fastest answer of a target, of the names that are answered from memory where there are any. */
static uint64_t fastest(const struct answer_grid *grid, size_t target)
{
    uint64_t local = SHAPE_UNSET, any = SHAPE_UNSET, again;
    size_t answers = 0;

    for (size_t q = 0; q < grid->questions; q++) {
        const struct probe_facts *p = outcome(grid, target, q);

        if (p->rtt_us == SHAPE_UNSET || p->transport == TRANSPORT_TCP)
            continue;
        answers++;
        any = p->rtt_us < any ? p->rtt_us : any;
        if (matrix_is_own(grid->matrix, p->candidate))
            local = p->rtt_us < local ? p->rtt_us : local;
    }
    if (local == SHAPE_UNSET && answers >= SLOW_ANSWERS)
        local = any;
    /* The second asking can only clear it. */
    again = grid->matrix->targets[target].again_us;
    return again < local ? again : local;
}

/* Whether a target without a vote may be slow only since all its flows went to voters that are as slow. */
static bool slow_by_chance(const struct answer_grid *grid, size_t target, uint64_t own)
{
    double slow = 0, chance = 1;

    if (grid->votes[target])
        return false;
    for (size_t k = 0; k < grid->matrix->targets_count; k++)
        slow += grid->votes[k] && fastest(grid, k) != SHAPE_UNSET && fastest(grid, k) * 2 > own;
    for (size_t n = flows(grid, target); n > 0; n--)
        chance *= slow / (double)grid->voters;
    return chance > CHANCE;
}

static void compare_latency(struct answer_grid *grid)
{
    size_t count = grid->matrix->targets_count;
    double *peers = arena_array(grid->arena, count, sizeof(*peers));

    for (size_t t = 0; t < count; t++) {
        uint64_t own = fastest(grid, t), middle;
        char own_text[DURATION_TEXT], middle_text[DURATION_TEXT];
        size_t n = 0;

        for (size_t k = 0; k < count; k++)
            if (k != t && fastest(grid, k) != SHAPE_UNSET)
                peers[n++] = (double)fastest(grid, k);
        if (own == SHAPE_UNSET || !n)
            continue;
        middle = (uint64_t)median(peers, n);
        if (own < middle * SLOW_FACTOR || own < middle + SLOW_MORE_US || slow_by_chance(grid, t, own))
            continue;
        add(grid, grid->matrix->targets[t].id, DIFFERS_LATENCY, -1, grid->questions,
            arena_printf(grid->arena, "%s is slow: its fastest answer took %s, that of the others %s",
                         grid->matrix->targets[t].id, duration_format_us(own_text, sizeof(own_text), own),
                         duration_format_us(middle_text, sizeof(middle_text), middle)));
        for (size_t q = 0; q < grid->questions; q++)
            if (outcome(grid, t, q)->rtt_us != SHAPE_UNSET)
                outcome(grid, t, q)->outlier = true;
    }
}

void matrix_compare(struct arena *arena, struct matrix_facts *matrix)
{
    struct difference_facts split = {.kind = DIFFERS_RECORDS};
    struct verdict *verdicts;
    struct answer_grid grid;

    matrix->differences = NULL;
    matrix->differences_count = 0;
    for (size_t i = 0; i < matrix->probes_count; i++)
        matrix->probes[i].outlier = false;
    if (!grid_init(&grid, arena, matrix))
        return;
    verdicts = arena_array(arena, matrix->targets_count, sizeof(*verdicts));
    for (size_t q = 0; q < grid.questions; q++)
        compare_question(&grid, q, verdicts, &split);
    for (size_t t = 0; t < matrix->targets_count; t++)
        report(&grid, t, &verdicts[t]);
    if (split.questions)
        add(&grid, NULL, split.kind, -1, split.questions, split.text);
    compare_latency(&grid);
}
