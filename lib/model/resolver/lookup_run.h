/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_RUN_H
#define K8SDNS_MODEL_LOOKUP_RUN_H

#include <k8sdns/model/resolver/lookup.h>
#include <k8sdns/wire/resolver/resolv_conf.h>

#define FAMILIES_MAX 2

/* A name that is asked for in its types. */
struct lookup_candidate {
    const char *name;
    uint16_t types[FAMILIES_MAX];
    size_t types_count;
    bool as_is;
};

/* One replay, shared by the three resolvers' files. */
struct lookup_run {
    struct arena *arena;
    const struct resolver_view *view;
    const struct plan *plan;
    const struct lookup_chance *chance;
    const struct lookup_wire *wire;
    struct lookup_result *result;
    const char *name; /* as given */
    int families;     /* enum lookup_families */
    uint16_t udp_size;
    struct lookup_candidate *candidates;
    size_t candidates_count;
    uint64_t began_us, next_socket;
    size_t rotation; /* of res_search(), from one call to the next */
};

/* The view of one reading. */
void resolver_view_make(struct arena *arena, int resolver, const struct resolv_reading *reading,
                        struct resolver_view *ret_view);

uint64_t lookup_now(const struct lookup_run *run);
/* Send a question and give its number. */
size_t lookup_send(struct lookup_run *run, const char *name, uint16_t type, size_t server, int transport,
                   uint64_t socket, uint64_t attempt);
/* Wait for a reply until `until_us` of lookup_now(); it is noted in its query. */
bool lookup_wait(struct lookup_run *run, uint64_t until_us, struct lookup_reply *ret_reply);
void lookup_close(struct lookup_run *run, uint64_t socket);
/* Let time pass; what comes meanwhile is lost. */
void lookup_pause(struct lookup_run *run, uint64_t time_us);
void lookup_add_addresses(struct lookup_run *run, const struct lookup_reply *reply);

void lookup_glibc(struct lookup_run *run);
void lookup_musl(struct lookup_run *run);
void lookup_go(struct lookup_run *run);

#endif
