/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_COREFILE_FACTS_H
#define K8SDNS_MODEL_COREFILE_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/corefile/corefile.h>

/* What a remark is about. The words are for scripts; findings go by them, too. */
enum corefile_matter {
    MATTER_SYNTAX,         /* CoreDNS cannot read it */
    MATTER_UNKNOWN_PLUGIN, /* it refuses this one */
    MATTER_UNKNOWN_OPTION,
    MATTER_REMOVED, /* versions of today refuse it */
    MATTER_REPEATED_PLUGIN,
    MATTER_DUPLICATE_ZONE,
    MATTER_FORWARD_LOOP, /* its queries come back to it */
    MATTER_FORWARD,      /* anything else about upstreams */
    MATTER_CACHE,
    MATTER_LOOP,
    MATTER_READY,
    MATTER_HEALTH,
    MATTER_ERRORS,
    MATTER_RELOAD,
    MATTER_PROMETHEUS,
    MATTER_LOADBALANCE,
    MATTER_ZONES, /* names that no block, or no plugin, serves */
    MATTER_AUTOPATH,
    MATTER_PODS,
    MATTER_DEBUG,
    MATTER_DNSTAP,
    MATTER_TRACE,
    MATTER_ORDER, /* of plugins */
    MATTER_FALLTHROUGH,
    MATTER_BIND,
    MATTER_ERRATIC,
    MATTER_VERSION,
    MATTER_UNSEEN,    /* imports and variables */
    MATTER_ARGUMENTS, /* a plugin does not take them */
    MATTER_REWRITE,   /* anything else about rewrite */
    MATTER_HOSTS,
};
extern const char *const corefile_matter_names[];

struct corefile_remark_facts {
    int matter;        /* enum corefile_matter */
    int severity;      /* enum severity */
    uint64_t line;     /* unset when it is about the whole file */
    const char *file;  /* the file or key that was imported, when it is there; NULL for the Corefile itself */
    const char *block; /* its keys; NULL when it is about the whole file */
    const char *text, *why;
    const char *write; /* the line to write; NULL when there is none */
    const char *quote; /* the line as it stands; NULL when it is about the whole file */
};
extern const struct shape corefile_remark_facts_shape;

struct corefile_plugin_facts {
    const char *name;
    uint64_t line;
    const char *arguments; /* as written, options left out */
};
extern const struct shape corefile_plugin_facts_shape;

struct corefile_block_facts {
    uint64_t line;
    const char **zones; /* its keys as written */
    size_t zones_count;
    struct corefile_plugin_facts *plugins;
    size_t plugins_count;
};
extern const struct shape corefile_block_facts_shape;

/* A line that was changed or put in. */
struct corefile_edit_facts {
    uint64_t line; /* of the new Corefile */
    bool changed;  /* it stands for another; else it is new */
    const char *text;
};
extern const struct shape corefile_edit_facts_shape;

struct corefile_step_facts {
    const char *what, *command;
};
extern const struct shape corefile_step_facts_shape;

/* A Corefile with more turned on. */
struct corefile_change_facts {
    const char *corefile;
    const char
        *into; /* the key of another ConfigMap that `corefile` is for; NULL: it is the Corefile itself */
    struct corefile_edit_facts *edits;
    size_t edits_count;
    const char **on_already;
    size_t on_already_count;
    struct corefile_step_facts *steps, *back;
    size_t steps_count, back_count;
};
extern const struct shape corefile_change_facts_shape;

enum corefile_role {
    COREFILE_COREDNS,
    COREFILE_NODE_LOCAL,
    COREFILE_KUBE_DNS, /* the configuration of kube-dns, which has no Corefile */
};
extern const char *const corefile_role_names[];

struct corefile_facts {
    int status;                         /* enum health; -1: not judged */
    const char *source;                 /* the file, or the ConfigMap */
    const char *namespace, *config_map; /* of that; NULL for a bare file */
    int role;                           /* enum corefile_role */
    const char *version;                /* of CoreDNS, which it is judged for; NULL when not known */
    uint64_t lines;
    struct corefile_block_facts *blocks;
    size_t blocks_count;
    struct corefile_remark_facts *remarks; /* worst first, then by line */
    size_t remarks_count;
    uint64_t remarks_dropped;
    const char **unseen; /* files and variables that it takes from elsewhere */
    size_t unseen_count;
    bool resolv_conf_unseen;              /* it forwards to a file whose content is not known here */
    struct corefile_change_facts *change; /* NULL when nothing was to be turned on */
    const char *print;                    /* what to print in place of all this; NULL. In no JSON */
};
extern const struct shape corefile_facts_shape;

/* What besides the text it is judged by; all of it may be missing. */
struct corefile_environment {
    const char *text; /* of the Corefile, for quotes; NULL */
    size_t len;
    const char *source;
    bool template;        /* placeholders of Helm or Jinja were left out */
    bool partial;         /* it is imported by another, which is not seen: what lacks may be there */
    bool fragment;        /* likewise: a plugin that was copied without its server block */
    const char *version;  /* "1.11.1" */
    const char *misnamed; /* its key in the ConfigMap where that is not Corefile; NULL */
    const struct address *cluster_ips; /* of the cluster's DNS */
    size_t cluster_ips_count;
    const struct address *own; /* the Pods' that run with this Corefile */
    size_t own_count;
    const char *resolv_conf; /* the text of the file that it forwards to */
    size_t resolv_conf_len;
};

/*
 * Whether a server block may serve plain DNS on that port: none has it where all that there is was read. A
 * key without a port stands for 53, unless CoreDNS was started with another (-dns.port).
 */
bool corefile_may_listen(const struct corefile_facts *facts, uint64_t port);

/* Judge a Corefile. Pure. */
void corefile_judge(struct arena *arena, const struct corefile *corefile,
                    const struct corefile_environment *environment, struct corefile_facts *ret_facts);

/* Judge the keys of kube-dns's ConfigMap. Pure. */
void kube_dns_config_judge(struct arena *arena, const struct corefile_file *keys, size_t count,
                           const char *source, struct corefile_facts *ret_facts);

/* The worst severity among the remarks; one more than SEVERITY_INFO when there is none. */
int corefile_worst(const struct corefile_facts *facts);

/* Whether CoreDNS has a plugin of that name, or had. */
bool corefile_plugin_is_known(const char *name);

/* The plugin that a text is, whole, without the server block that it was in; NULL for any other text. */
const char *corefile_lone_plugin(const struct corefile *corefile);

/* What can be turned on. */
enum corefile_part {
    COREFILE_LOG,
    COREFILE_ERRORS,
    COREFILE_DNSTAP,
    COREFILE_TRACE,
    COREFILE_PROMETHEUS,
    COREFILE_PARTS,
};
extern const char *const corefile_part_names[];

struct corefile_wish {
    bool parts[COREFILE_PARTS];
    const char *collector;   /* the address that dnstap and trace send to; NULL when neither is wished */
    const char *space, *map; /* of the ConfigMap: "kube-system", "coredns" */
    bool node_local;         /* the cache on each node runs with it */
    const char *workload;    /* that runs with it, as kubectl takes it: "deployment/coredns" */
    const char *selector;    /* of its Pods: "k8s-app=kube-dns" */
    const char *container;   /* " -c NAME" where its Pods have several, else "" */
    const char *custom;      /* the ConfigMap that is written in place of `map`, which is overwritten; NULL */
    bool custom_seen;        /* that one is there */
    bool operated;           /* OpenShift's operator writes the Corefile, and can turn on its log alone */
    const char *note;        /* how long a change of `map` lasts; NULL: as long as nobody changes it */
};

/*
 * Put the missing lines into each server block of `text`, which `corefile` was read from. One that is on in
 * another form (dnstap without full) is changed. With wish->custom the lines are a file of their own, which
 * the Corefile imports. Pure.
 */
void corefile_turn_on(struct arena *arena, const char *text, size_t len, const struct corefile *corefile,
                      const struct corefile_wish *wish, struct corefile_change_facts *ret_change);

#endif
