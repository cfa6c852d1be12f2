/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/suggest.h>
#include <k8sdns/model/probe/name_suggestions.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <stdlib.h>
#include <string.h>

/* A name in more parts is none of a Service. */
#define LABELS_MAX 8

/* What was typed, taken apart. */
struct typed {
    const char *labels[LABELS_MAX]; /* before the cluster's domain, without "svc" */
    size_t count;
    const char *space; /* the Pod's */
};

struct near_list {
    struct arena *arena;
    const char *name, *domain;
    const char **names;
    size_t count, max;
};

static void add(struct near_list *list, const char *service, const char *space)
{
    const char *full = arena_printf(list->arena, "%s.%s.svc.%s", service, space, list->domain);

    if (list->count >= list->max || strcasecmp(full, list->name) == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->names[i], full) == 0)
            return;
    *ARENA_PUSH(list->arena, list->names, list->count) = full;
}

/* The labels up to the first "svc" that others stand before, or all of them without the cluster's domain. */
static void take_apart(struct arena *arena, const char *name, const char *domain, struct typed *typed)
{
    size_t n = strlen(name), d = strlen(domain);

    if (n && name[n - 1] == '.')
        n--;
    if (n > d && dns_name_is_within(name, n, domain))
        n -= d + 1;
    for (size_t at = 0; at < n && typed->count < LABELS_MAX;) {
        size_t len = strcspn(name + at, ".");
        const char *label;

        len = len < n - at ? len : n - at;
        label = arena_text_n(arena, name + at, len);
        at += len + 1;
        if (strcasecmp(label, "svc") != 0)
            typed->labels[typed->count++] = label;
        else if (typed->count >= 2)
            return;
    }
}

struct near_service {
    const struct kube_name *service;
    size_t distance;
};

static int by_distance(const void *a, const void *b)
{
    const struct near_service *x = a, *y = b;
    int r;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    r = strcmp(x->service->space, y->service->space);
    return r ? r : strcmp(x->service->name, y->service->name);
}

/* Another namespace counts as one letter, one that is far from what was typed as two. */
static size_t space_distance(const char *typed, const char *space)
{
    if (typed && strcmp(typed, space) == 0)
        return 0;
    return !typed || suggest_distance(typed, space) <= strlen(typed) / 3 + 1 ? 1 : 2;
}

/* How far a Service is from what was typed; SIZE_MAX for no likeness. */
static size_t distance_to(const struct typed *typed, const struct kube_name *service)
{
    const char *name = typed->labels[0], *space = typed->count > 1 ? typed->labels[1] : typed->space;
    size_t to_name = suggest_distance(name, service->name), best = SIZE_MAX;
    size_t limit = strlen(name) / 3 + 1;

    if (to_name <= limit)
        best = to_name + space_distance(space, service->space);
    if (typed->count > 1) {
        size_t swapped =
            suggest_distance(typed->labels[1], service->name) + suggest_distance(name, service->space);

        if (swapped <= 1 && swapped + 1 < best)
            best = swapped + 1;
    }
    return best;
}

static void from_services(struct near_list *list, const struct typed *typed, const struct kube_name *services,
                          size_t count)
{
    struct near_service *near = NULL;
    size_t near_count = 0;

    for (size_t i = 0; i < count; i++) {
        size_t distance = distance_to(typed, &services[i]);

        if (distance != SIZE_MAX)
            *ARENA_PUSH(list->arena, near, near_count) = (struct near_service){&services[i], distance};
    }
    if (near_count)
        qsort(near, near_count, sizeof(*near), by_distance);
    for (size_t i = 0; i < near_count; i++)
        add(list, near[i].service->name, near[i].service->space);
}

static void from_mistakes(struct near_list *list, const struct typed *typed)
{
    const char *spaces[] = {typed->space, "default", "kube-system"};

    if (typed->count > 1)
        add(list, typed->labels[0], typed->labels[1]);
    /* A Pod of a StatefulSet goes by its headless Service. */
    if (typed->count > 2)
        add(list, typed->labels[1], typed->labels[2]);
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (spaces[i])
            add(list, typed->labels[0], spaces[i]);
    if (typed->count > 1)
        add(list, typed->labels[1], typed->labels[0]);
}

static bool is_vowel(char letter)
{
    return letter && strchr("aeiouyAEIOUY", letter);
}

static bool is_consonant(char letter)
{
    return letter && letter != '-' && (letter < '0' || letter > '9') && !is_vowel(letter);
}

/* `len` letters of the label as typed, what was meant in place of the next `skip`, and the rest. */
static void add_edit(struct near_list *list, const char *label, const char *space, size_t len,
                     const char *meant, size_t skip)
{
    add(list, arena_printf(list->arena, "%.*s%s%s", (int)len, label, meant, label + len + skip), space);
}

/* What fingers do to one label: two letters swapped, one too many, one of two left out, a vowel left out. */
static void from_letters(struct near_list *list, const char *label, const char *space)
{
    static const char *const vowels[] = {"a", "e", "i", "o", "u"};
    size_t len = strlen(label);

    for (size_t i = 0; i + 1 < len; i++)
        if (label[i] != label[i + 1])
            add_edit(list, label, space, i, (char[]){label[i + 1], label[i], 0}, 2);
    for (size_t i = 0; len > 2 && i < len; i++)
        add_edit(list, label, space, i, "", 1);
    for (size_t i = 0; i + 1 < len; i++)
        for (size_t k = 0; is_consonant(label[i]) && is_consonant(label[i + 1]) && k < 5; k++)
            add_edit(list, label, space, i + 1, vowels[k], 0);
    for (size_t i = 0; i < len; i++)
        add_edit(list, label, space, i, (char[]){label[i], 0}, 0);
}

size_t name_suggestions(struct arena *arena, const char *name, const char *domain, const char *space,
                        const struct kube_name *services, size_t services_count, size_t max,
                        const char ***ret_names)
{
    struct near_list list = {.arena = arena, .name = name, .domain = domain, .max = max};
    struct typed typed = {.space = space};

    take_apart(arena, name, domain, &typed);
    *ret_names = NULL;
    if (!typed.count)
        return 0;
    from_services(&list, &typed, services, services_count);
    from_mistakes(&list, &typed);
    if (!services_count && typed.count <= 2 && (typed.count > 1 || space))
        from_letters(&list, typed.labels[0], typed.count > 1 ? typed.labels[1] : space);
    *ret_names = list.names;
    return list.count;
}
