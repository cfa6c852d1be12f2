/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/scope/scope_crowding.h>
#include <k8sdns/model/statistics/shuffle.h>

#define SHUFFLES 2000

/* How much failures crowd: the sum over groups of failing squared by size. It is largest when groups are all
 * or nothing. */
static double crowding(const struct report_group *groups, size_t count, const bool *fails)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        double failing = 0;

        for (size_t k = 0; k < groups[i].count; k++)
            failing += fails[groups[i].first + k] ? 1 : 0;
        sum += failing * failing / (double)groups[i].count;
    }
    return sum;
}

double scope_crowding(struct arena *arena, const struct report_group *groups, size_t groups_count,
                      const bool *fails, size_t count)
{
    bool *shuffled = arena_copy(arena, fails, count ? count : 1);
    double seen = crowding(groups, groups_count, fails);
    uint64_t state = SHUFFLE_SEED;
    size_t as_much = 1, shuffles = count > 20000 ? SHUFFLES / 10 : SHUFFLES;

    for (size_t n = 0; n < shuffles; n++) {
        for (size_t i = count; i > 1; i--) {
            size_t k = shuffle_next(&state) % i;
            bool kept = shuffled[i - 1];

            shuffled[i - 1] = shuffled[k];
            shuffled[k] = kept;
        }
        as_much += crowding(groups, groups_count, shuffled) >= seen - 1e-9;
    }
    return (double)as_much / (double)(shuffles + 1);
}
