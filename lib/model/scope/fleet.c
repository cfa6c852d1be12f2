/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/scope/fleet.h>
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <math.h>
#include <string.h>

const char *const fleet_signal_names[] = {"queries", "lookups", NULL};

#define PLACES_FIRST 256

void fleet_init(struct fleet *f, struct arena *arena, size_t windows, double start_s, double step_s)
{
    *f = (struct fleet){.arena = arena, .windows = windows, .start_s = start_s, .step_s = step_s};
    for (size_t t = 0; t < FLEET_WINDOWS_MAX; t++)
        f->lookups_rate[t] = f->coredns_rate[t] = (double)NAN;
}

static size_t *place_of(const struct fleet *f, const char *name, size_t len)
{
    size_t at = (size_t)top_hash(name, len) & (f->places_count - 1);

    while (f->places[at] != SIZE_MAX) {
        const char *there = f->nodes[f->places[at]].name;

        if (strncmp(there, name, len) == 0 && !there[len])
            break;
        at = (at + 1) & (f->places_count - 1);
    }
    return &f->places[at];
}

/* Twice the room, when half of the places are taken. */
static void grow(struct fleet *f)
{
    f->places_count = f->places_count ? 2 * f->places_count : PLACES_FIRST;
    f->places = arena_array(f->arena, f->places_count, sizeof(*f->places));
    for (size_t i = 0; i < f->places_count; i++)
        f->places[i] = SIZE_MAX;
    for (size_t i = 0; i < f->count; i++)
        *place_of(f, f->nodes[i].name, strlen(f->nodes[i].name)) = i;
}

struct fleet_node *fleet_node_at(struct fleet *f, const char *name, size_t len)
{
    struct fleet_node *node;
    size_t *place;

    if (2 * f->count >= f->places_count)
        grow(f);
    place = place_of(f, name, len);
    if (*place != SIZE_MAX)
        return &f->nodes[*place];
    if (f->count == FLEET_NODES_MAX) {
        f->nodes_left_out++;
        return NULL;
    }
    *place = f->count;
    node = ARENA_PUSH(f->arena, f->nodes, f->count);
    node->name = arena_text_n(f->arena, name, len);
    for (size_t s = 0; s < FLEET_SIGNALS; s++)
        node->cells[s].before_asked = node->cells[s].before_failed = (float)NAN;
    return node;
}

struct fleet_node *fleet_node_find(const struct fleet *f, const char *name, size_t len)
{
    size_t place = f->places_count ? *place_of(f, name, len) : SIZE_MAX;

    return place == SIZE_MAX ? NULL : &f->nodes[place];
}

void fleet_node_sum(const struct fleet *f, const struct fleet_node *node, enum fleet_signal signal,
                    const bool *windows, double *ret_asked, double *ret_failed)
{
    const struct fleet_cells *cells = &node->cells[signal];

    *ret_asked = *ret_failed = 0;
    for (size_t t = 0; t < f->windows; t++)
        if (!windows || windows[t]) {
            *ret_asked += (double)cells->asked[t];
            *ret_failed += (double)cells->failed[t];
        }
}
