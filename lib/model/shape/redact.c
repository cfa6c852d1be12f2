/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <inttypes.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/redact.h>
#include <stdio.h>
#include <string.h>

/* What may be inside a name or an address. */
#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:%"

/* A keyed hash by two rounds of SplitMix64 a word: enough to hide names from eyes, and no more is promised.
 */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + UINT64_C(0x9E3779B97F4A7C15) + (hash << 6) + (hash >> 2);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94D049BB133111EB);
    return hash ^ (hash >> 31);
}

static uint64_t hash_text(const char *word, const char *text, size_t len)
{
    uint64_t hash = mix(0, strlen(word));

    for (const char *at = word; *at; at++)
        hash = mix(hash, (unsigned char)*at);
    for (size_t i = 0; i < len; i++)
        hash = mix(hash, (unsigned char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]));
    return hash;
}

/* Labels that say nothing of whose cluster it is. */
static bool is_usual(const char *label, size_t len)
{
    static const char *const usual[] = {
        "svc",     "cluster", "local", "kubernetes", "default", "kube-system", "kube-dns",
        "coredns", "www",     "com",   "net",        "org",     "example",     "arpa",
        "in-addr", "ip6",     "io",    "internal",   "dns",     "conf",        "resolv",
        "etc",     "proc",    "k8s",   "gc_thresh3", "d",       "log",
    };

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strlen(usual[i]) == len && strncasecmp(usual[i], label, len) == 0)
            return true;
    return false;
}

static void add_address(struct text *out, const struct address *address, const char *word)
{
    char plain[ADDRESS_TEXT];
    uint64_t hash;

    address_format(address, plain, sizeof(plain));
    hash = hash_text(word, plain, strlen(plain));
    if (address_is_loopback(address) || address_is_link_local(address))
        text_add(out, plain);
    else if (address->family == AF_INET)
        text_addf(out, "%u.%u.%u.%u", 240 + (unsigned)(hash >> 24 & 15), (unsigned)(hash >> 16 & 255),
                  (unsigned)(hash >> 8 & 255), (unsigned)(hash & 255));
    else
        text_addf(out, "2001:db8::%x:%x:%x:%x", (unsigned)(hash >> 48), (unsigned)(hash >> 32 & 0xffff),
                  (unsigned)(hash >> 16 & 0xffff), (unsigned)(hash & 0xffff));
}

static bool unspecified(const struct address *address)
{
    static const struct in6_addr none;

    return address->family == AF_INET ? address->v4.s_addr == 0
                                      : memcmp(&address->v6, &none, sizeof(none)) == 0;
}

/* "10.96.0.10", or with ":53" behind it. */
static bool add_if_address(struct text *out, const char *token, size_t len, const char *word)
{
    char copy[ADDRESS_TEXT];
    struct address address;
    const char *port = NULL;

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, token, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, &address.v6) != 1) {
        char *colon = strchr(copy, ':');

        if (colon) {
            *colon = '\0';
            port = token + (colon - copy);
        }
    }
    if (address_parse(copy, 0, &address, NULL) < 0)
        return false;
    if (unspecified(&address))
        text_add(out, copy);
    else
        add_address(out, &address, word);
    if (port)
        text_addf(out, "%.*s", (int)(token + len - port), port);
    return true;
}

/* Whether a token with a dot in it is a domain name: each label begins with a letter, or holds one. */
static bool is_domain(const char *token, size_t len)
{
    size_t label = 0, labels = 0;
    bool letters = false;

    for (size_t i = 0; i <= len; i++) {
        if (i == len || token[i] == '.') {
            if (!label && i != len)
                return false;
            labels += label > 0;
            label = 0;
            continue;
        }
        if (token[i] == ':' || token[i] == '%')
            return false;
        letters = letters || (unsigned)((token[i] | 32) - 'a') < 26;
        label++;
    }
    return labels > 1 && letters && !(token[0] >= '0' && token[0] <= '9');
}

static void add_label(struct text *out, const char *label, size_t len, const char *word)
{
    if (is_usual(label, len))
        text_addf(out, "%.*s", (int)len, label);
    else
        text_addf(out, "x%08" PRIx32, (uint32_t)hash_text(word, label, len));
}

static void add_domain(struct text *out, const char *token, size_t len, const char *word)
{
    for (size_t at = 0; at < len;) {
        size_t label = 0;

        while (at + label < len && token[at + label] != '.')
            label++;
        if (label)
            add_label(out, token + at, label, word);
        if (at + label < len)
            text_add(out, ".");
        at += label + 1;
    }
}

/* Members whose whole text is a name, without a dot to tell it by. */
static bool is_name_key(const char *key)
{
    static const char *const keys[] = {"hostname", "node",   "pod",  "nsid", "identity",
                                       "subject",  "source", "name", "NAME", "suffix"};

    for (size_t i = 0; key && i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* The length of "example.org.:53" without its port. */
static size_t without_port(const char *token, size_t len)
{
    size_t at = len;

    while (at && token[at - 1] >= '0' && token[at - 1] <= '9')
        at--;
    return at > 1 && at < len && token[at - 1] == ':' ? at - 1 : len;
}

static json_t *redacted(const char *text, bool whole, const char *word)
{
    struct text out = {0};
    json_t *json;

    for (const char *at = text; *at;) {
        size_t len = strspn(at, TOKEN), kept = len;
        bool address;

        if (!len) {
            text_addf(&out, "%c", *at++);
            continue;
        }
        /* A full stop or a colon that ends a sentence is none of the name. */
        while (!whole && kept && strchr(".:%", at[kept - 1]))
            kept--;
        address = add_if_address(&out, at, kept, word);
        kept = address ? kept : without_port(at, kept);
        if (address)
            ;
        else if (is_domain(at, kept))
            add_domain(&out, at, kept, word);
        else if (whole && kept == strlen(text))
            add_label(&out, at, kept, word);
        else
            text_addf(&out, "%.*s", (int)kept, at);
        text_addf(&out, "%.*s", (int)(len - kept), at + kept);
        at += len;
    }
    json = json_string(text_string(&out));
    text_fini(&out);
    return json;
}

/* Counts by name or by client: there the keys are what is to be hidden. */
static void redact_keys(json_t *counts, const char *word)
{
    json_t *hidden = json_object(), *value;
    const char *key;

    json_object_foreach(counts, key, value)
    {
        json_t *other = redacted(key, true, word);

        json_object_set(hidden, json_string_value(other), value);
        json_decref(other);
    }
    json_object_clear(counts);
    json_object_update(counts, hidden);
    json_decref(hidden);
}

static void redact(json_t *json, const char *word);

static json_t *redacted_value(json_t *value, const char *key, const char *word)
{
    if (json_is_string(value))
        return redacted(json_string_value(value), is_name_key(key), word);
    redact(value, word);
    if (json_is_object(value) && key && (strcmp(key, "names") == 0 || strcmp(key, "clients") == 0))
        redact_keys(value, word);
    return NULL;
}

static void redact(json_t *json, const char *word)
{
    const char *key;
    json_t *value, *other;
    void *next;
    size_t i;

    json_object_foreach_safe(json, next, key, value)
    {
        /* What this program says of itself. */
        if (strcmp(key, "schema") == 0 || strcmp(key, "command") == 0 || strcmp(key, "version") == 0 ||
            strcmp(key, "kernel") == 0 || strcmp(key, "time") == 0)
            continue;
        /* Plugins and response codes by name, which are everybody's. */
        if (strcmp(key, "plugins") == 0 || strcmp(key, "rcodes") == 0)
            continue;
        other = redacted_value(value, key, word);
        if (other)
            json_object_set_new(json, key, other);
    }
    json_array_foreach(json, i, value)
    {
        other = redacted_value(value, NULL, word);
        if (other)
            json_array_set_new(json, i, other);
    }
}

static void redact_corefile(json_t *corefile)
{
    json_t *remark;
    size_t i;

    if (!json_is_object(corefile))
        return;
    json_object_set_new(corefile, "blocks", json_array());
    json_object_set_new(corefile, "unseen", json_array());
    json_array_foreach(json_object_get(corefile, "remarks"), i, remark)
    {
        json_object_set_new(remark, "block", json_null());
        json_object_set_new(remark, "quote", json_null());
        json_object_set_new(remark, "write", json_null());
    }
}

/* The tree of a trace names plugins, too, beside addresses; its sums are there already. */
static void redact_spans(json_t *spans)
{
    json_t *trace;
    size_t i;

    json_array_foreach(json_object_get(spans, "slowest"), i, trace)
        json_object_set_new(trace, "spans", json_array());
}

void json_redact(json_t *json, const char *word)
{
    json_t *data = json_object_get(json, "data");

    /* A Corefile holds names in a syntax of its own; it goes whole. What was remarked of it stays. */
    if (json_object_get(json_object_get(data, "kube"), "corefile"))
        json_object_set_new(json_object_get(data, "kube"), "corefile", json_null());
    redact_corefile(json_object_get(data, "corefile"));
    redact_spans(json_object_get(data, "spans"));
    redact(json, word);
}
