/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/probe_facts.h>
#include <k8sdns/wire/dns_name.h>
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
struct grid {
    struct arena *arena;
    struct matrix_facts *matrix;
    struct probe_facts **at; /* [target * questions + question] */
    size_t questions;
    bool *votes; /* by target */
    size_t voters;
};

static struct probe_facts *outcome(const struct grid *grid, size_t target, size_t question)
{
    return grid->at[target * grid->questions + question];
}

static bool is_retry(const struct probe_facts *p, const struct probe_facts *before)
{
    return p->transport == TRANSPORT_TCP && before->transport == TRANSPORT_UDP &&
           strcmp(p->target, before->target) == 0 && strcmp(p->type, before->type) == 0;
}

static bool grid_init(struct grid *grid, struct arena *arena, struct matrix_facts *matrix)
{
    size_t filled = 0;

    *grid = (struct grid){.arena = arena, .matrix = matrix};
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
    grid->votes = arena_array(arena, matrix->targets_count, sizeof(bool));
    for (size_t t = 0; t < matrix->targets_count; t++) {
        int role = matrix->targets[t].role;

        grid->votes[t] = role != TARGET_CLUSTER_IP && role != TARGET_NODE_LOCAL;
        grid->voters += grid->votes[t];
    }
    for (size_t t = 0; !grid->voters && t < matrix->targets_count; t++)
        grid->votes[t] = true;
    if (!grid->voters)
        grid->voters = matrix->targets_count;
    return true;
}

static bool under(const char *name, const char *domain)
{
    size_t n = strlen(name), d = domain ? strlen(domain) : 0;

    return d && n > d && name[n - d - 1] == '.' && dns_name_equal(name + n - d, domain);
}

/* Types and data of a set of records, sorted: what must be equal. */
static const char *records_key(struct arena *arena, const struct probe_facts *p)
{
    const char **lines = arena_array(arena, p->answers_count + 1, sizeof(*lines));
    struct text key = {0};
    const char *copy;

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
static const char *outcome_key(const struct grid *grid, const struct probe_facts *p)
{
    if (is_silent(p))
        return "silent";
    if (p->status == PROBE_ANSWER && under(p->candidate, grid->matrix->cluster_domain))
        return records_key(grid->arena, p);
    return probe_status_words[p->status];
}

struct verdict {
    size_t silent, failed, other; /* questions in which a target is odd */
    const struct probe_facts *example;
    const struct probe_facts *right; /* a peer's outcome of the example */
};

/* An outcome that speaks for itself: silence, or an error of the server. */
static bool is_fault(const struct probe_facts *p)
{
    return !probe_status_is_good(p->status);
}

static void accuse(const struct grid *grid, struct verdict *verdicts, size_t target, size_t question,
                   const struct probe_facts *right)
{
    struct probe_facts *p = outcome(grid, target, question);
    struct verdict *v = &verdicts[target];

    p->odd = true;
    if (is_silent(p))
        v->silent++;
    else if (is_fault(p))
        v->failed++;
    else
        v->other++;
    if (!v->example || (is_fault(p) && !is_fault(v->example))) {
        v->example = p;
        v->right = right;
    }
}

/*
 * The outcome that the others are held against: the answer that most voters give, or when no voter gives one,
 * that of whoever does. Return its target, or targets_count when nobody answers well; `*ret_other` then or
 * without a tie is targets_count too, else it is a target with another answer and as many votes.
 */
static size_t right_outcome(const struct grid *grid, const char *const *keys, size_t question,
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
static bool heard(const struct grid *grid, size_t target)
{
    for (size_t q = 0; q < grid->questions; q++)
        if (!is_silent(outcome(grid, target, q)))
            return true;
    return false;
}

/* The source ports from which a target was asked: the choices that a ClusterIP made among its backends. */
static size_t flows(const struct grid *grid, size_t target)
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
static bool passes_on(const struct grid *grid, const char *const *keys, size_t target, size_t question)
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
static void compare_question(const struct grid *grid, size_t question, struct verdict *verdicts,
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

static void add(struct grid *grid, const char *target, int kind, size_t questions, const char *text)
{
    struct matrix_facts *m = grid->matrix;

    *ARENA_PUSH(grid->arena, m->differences, m->differences_count) =
        (struct difference_facts){.target = target, .kind = kind, .questions = questions, .text = text};
}

static void report(struct grid *grid, size_t target, const struct verdict *v)
{
    const char *id = grid->matrix->targets[target].id;
    const struct probe_facts *p = v->example;

    if (v->silent)
        add(grid, id, DIFFERS_STATUS, v->silent,
            arena_printf(grid->arena, "%s does not answer %zu of %zu questions that others answer", id,
                         v->silent, grid->questions));
    if (v->failed)
        add(grid, id, DIFFERS_STATUS, v->failed,
            arena_printf(grid->arena, "%s fails %zu of %zu questions that others answer (%s)", id, v->failed,
                         grid->questions, p->rcode ? p->rcode : probe_status_words[p->status]));
    if (v->other)
        add(grid, id, p->status == v->right->status ? DIFFERS_RECORDS : DIFFERS_STATUS, v->other,
            arena_printf(grid->arena,
                         "%s differs from the others in %zu of %zu questions: for %s %s it gives %s, they %s",
                         id, v->other, grid->questions, p->candidate, p->type, outcome_key(grid, p),
                         outcome_key(grid, v->right)));
}

/* The fastest answer of a target, of the names that are answered from memory where there are any. */
static uint64_t fastest(const struct grid *grid, size_t target)
{
    uint64_t local = SHAPE_UNSET, any = SHAPE_UNSET, again;
    size_t answers = 0;

    for (size_t q = 0; q < grid->questions; q++) {
        const struct probe_facts *p = outcome(grid, target, q);

        if (p->rtt_us == SHAPE_UNSET || p->transport == TRANSPORT_TCP)
            continue;
        answers++;
        any = p->rtt_us < any ? p->rtt_us : any;
        if (under(p->candidate, grid->matrix->cluster_domain))
            local = p->rtt_us < local ? p->rtt_us : local;
    }
    if (local == SHAPE_UNSET && answers >= SLOW_ANSWERS)
        local = any;
    /* The second asking can only clear it. */
    again = grid->matrix->targets[target].again_us;
    return again < local ? again : local;
}

static int by_count(const void *a, const void *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x > y) - (x < y);
}

/* Whether a target without a vote may be slow only since all its flows went to voters that are as slow. */
static bool slow_by_chance(const struct grid *grid, size_t target, uint64_t own)
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

static void compare_latency(struct grid *grid)
{
    size_t count = grid->matrix->targets_count;
    uint64_t *peers = arena_array(grid->arena, count, sizeof(*peers));

    for (size_t t = 0; t < count; t++) {
        uint64_t own = fastest(grid, t), middle;
        char own_text[DURATION_TEXT], middle_text[DURATION_TEXT];
        size_t n = 0;

        for (size_t k = 0; k < count; k++)
            if (k != t && fastest(grid, k) != SHAPE_UNSET)
                peers[n++] = fastest(grid, k);
        if (own == SHAPE_UNSET || !n)
            continue;
        qsort(peers, n, sizeof(*peers), by_count);
        middle = peers[(n - 1) / 2];
        if (own < middle * SLOW_FACTOR || own < middle + SLOW_MORE_US || slow_by_chance(grid, t, own))
            continue;
        add(grid, grid->matrix->targets[t].id, DIFFERS_LATENCY, grid->questions,
            arena_printf(grid->arena, "%s is slow: its fastest answer took %s, that of the others %s",
                         grid->matrix->targets[t].id, duration_format_us(own_text, sizeof(own_text), own),
                         duration_format_us(middle_text, sizeof(middle_text), middle)));
        for (size_t q = 0; q < grid->questions; q++)
            if (outcome(grid, t, q)->rtt_us != SHAPE_UNSET)
                outcome(grid, t, q)->odd = true;
    }
}

void matrix_compare(struct arena *arena, struct matrix_facts *matrix)
{
    struct difference_facts split = {.kind = DIFFERS_RECORDS};
    struct verdict *verdicts;
    struct grid grid;

    matrix->differences = NULL;
    matrix->differences_count = 0;
    for (size_t i = 0; i < matrix->probes_count; i++)
        matrix->probes[i].odd = false;
    if (!grid_init(&grid, arena, matrix))
        return;
    verdicts = arena_array(arena, matrix->targets_count, sizeof(*verdicts));
    for (size_t q = 0; q < grid.questions; q++)
        compare_question(&grid, q, verdicts, &split);
    for (size_t t = 0; t < matrix->targets_count; t++)
        report(&grid, t, &verdicts[t]);
    if (split.questions)
        add(&grid, NULL, split.kind, split.questions, split.text);
    compare_latency(&grid);
}
