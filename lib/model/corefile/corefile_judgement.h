/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_COREFILE_JUDGEMENT_H
#define K8SDNS_MODEL_COREFILE_JUDGEMENT_H

#include <k8sdns/base/number.h>
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>

/* One Corefile as it is judged; private to corefile_*.c. */

#define COREFILE_REMARKS_MAX 200

struct judged_block {
    const struct corefile_block *block;
    const char *label; /* its keys */
    struct corefile_key *keys;
    size_t keys_count;
    bool root;             /* it serves all names */
    bool outside;          /* it is a plugin that stands outside of any server block */
    struct address *binds; /* none: every address */
    size_t binds_count;
};

struct judgement {
    struct arena *arena;
    const struct corefile *corefile;
    const struct corefile_environment *environment;
    struct corefile_facts *facts;
    struct judged_block *blocks;
    size_t blocks_count;
    bool node_local;
};

/* Add a remark about a line; `block` may be NULL, `line` SHAPE_UNSET. Return it, for its `write`. */
struct corefile_remark_facts *judgement_remark(struct judgement *judgement, int matter, int severity,
                                               const struct judged_block *block, uint64_t line,
                                               const char *why, const char *fmt, ...) PRINTF_LIKE(7, 8);

/* "line 5", "line 2 of test.override". */
const char *judgement_line(const struct judgement *judgement, uint64_t line);

/* The first directive, or option, of that name; NULL. */
const struct corefile_directive *judged_find(const struct judged_block *block, const char *plugin);
const struct corefile_option *directive_find(const struct corefile_directive *directive, const char *option);

/* Whether `zone` is `under` or below it; both with a final dot. */
bool zone_is_under(const char *zone, const char *under);

/* The order that CoreDNS runs its own plugins in, ending with NULL; the place of one in it, or among others;
 * -1: none. */
extern const char *const plugin_order[];
int plugin_place(const char *name);
int plugin_index(const char *const *names, const char *name);
bool plugin_answers(const char *name);

/* What CoreDNS does with a Corefile that it refuses. */
extern const char corefile_refused[];

/*
 * How many of a directive's arguments, or options, are its own: what begins behind them is an option on the
 * line of the plugin, or a plugin in its braces.
 */
size_t directive_args_own(const struct corefile_directive *directive);
size_t directive_options_own(const struct corefile_directive *directive);

/* The checks. */
/* What stands in the wrong place. The first two return whether there is something. */
bool judge_outside(struct judgement *judgement, const struct judged_block *block);
bool judge_stray(struct judgement *judgement, const struct judged_block *block,
                 const struct corefile_directive *directive);
void judge_on_its_line(struct judgement *judgement, const struct judged_block *block,
                       const struct corefile_directive *directive);
void judge_unclosed(struct judgement *judgement, const struct judged_block *block,
                    const struct corefile_directive *directive);
/* autopath in a server block that answers no name but those of its zones. */
void judge_path_end(struct judgement *judgement, const struct judged_block *block);
void judge_arguments(struct judgement *judgement, const struct judged_block *block);
/* A rule of rewrite, braces put in: NULL when CoreDNS takes it, else what is wrong; `*ret_at` is then near
 * where. */
const char *rewrite_fault(struct arena *arena, const char *const *args, size_t count, size_t *ret_at);
/* Texts in a language of their own, as far as they are read here. */
bool label_selector_fits(const char *text);
bool expression_fits(const char *text);
/* What is between arguments and options of one plugin. */
void judge_special(struct judgement *judgement, const struct judged_block *block,
                   const struct corefile_directive *directive);
void judge_plugins(struct judgement *judgement, const struct judged_block *block);
void judge_order(struct judgement *judgement, const struct judged_block *block);
void judge_forward(struct judgement *judgement, const struct judged_block *block);
void judge_block(struct judgement *judgement, const struct judged_block *block);
void judge_kubernetes(struct judgement *judgement, const struct judged_block *block);
void judge_whole(struct judgement *judgement);
/* What holds for a part that another Corefile imports. */
void judge_part(struct judgement *judgement);
/* The keys beside a Corefile that it should import, and does not. */
void judge_keys_beside(struct judgement *judgement);
void judge_routes(struct judgement *judgement, const struct judged_block *block);
/* Zones as they are written, and which server block has the cluster's. */
void judge_zone_words(struct judgement *judgement, const struct judged_block *block);
void judge_cluster_zone(struct judgement *judgement, const struct judged_block *block);
/* Whether all upstreams of a forward are server blocks of this very Corefile that have a cache. */
bool judged_forwards_within(const struct judgement *judgement, const struct corefile_directive *forward);
/* Whether a rewrite of a server block leads to names of `zone`, or may: they then come to its plugins. */
bool judged_rewrites_to(struct judgement *judgement, const struct judged_block *block, const char *zone);
/* The entries of hosts. */
void judge_hosts_entries(struct judgement *judgement, const struct judged_block *block);
void judge_build(struct judgement *judgement, const struct judged_block *block);
bool judged_is_node_cache(const struct judgement *judgement);
/* Whether it listens at addresses of its own, and asks the cluster's DNS over TCP: a cache in front of that.
 */
bool judged_is_cache_for(const struct judgement *judgement);
/* The first of that plugin in any server block; NULL. */
const struct corefile_directive *judged_anywhere(const struct judgement *judgement, const char *plugin);
bool judged_is_openshift(const struct judgement *judgement);
void judge_versions(struct judgement *judgement, const struct judged_block *block);

#endif
