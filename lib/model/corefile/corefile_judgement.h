/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_COREFILE_JUDGEMENT_H
#define K8SDNS_MODEL_COREFILE_JUDGEMENT_H

#include <k8sdns/base/number.h>
#include <k8sdns/model/corefile_facts.h>
#include <k8sdns/model/envelope_facts.h>

/* One Corefile as it is judged; private to corefile_*.c. */

#define COREFILE_REMARKS_MAX 200

struct judged_block {
    const struct corefile_block *block;
    const char *label; /* its keys */
    struct corefile_key *keys;
    size_t keys_count;
    bool root;             /* it serves all names */
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

/* The first directive, or option, of that name; NULL. */
const struct corefile_directive *judged_find(const struct judged_block *block, const char *plugin);
const struct corefile_option *directive_find(const struct corefile_directive *directive, const char *option);

/* Whether `zone` is `under` or below it; both with a final dot. */
bool zone_is_under(const char *zone, const char *under);

/* The place of a plugin in the order that CoreDNS runs them in; -1 for none of its own. */
int plugin_place(const char *name);
bool plugin_answers(const char *name);

/* The checks. */
void judge_plugins(struct judgement *judgement, const struct judged_block *block);
void judge_order(struct judgement *judgement, const struct judged_block *block);
void judge_forward(struct judgement *judgement, const struct judged_block *block);
void judge_block(struct judgement *judgement, const struct judged_block *block);
void judge_kubernetes(struct judgement *judgement, const struct judged_block *block);
void judge_whole(struct judgement *judgement);
void judge_versions(struct judgement *judgement, const struct judged_block *block);

#endif
