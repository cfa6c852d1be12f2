/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of rewrite, each kind with its own arguments. */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/wire/corefile/go_regex.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>
#include <strings.h>

/* Source: coredns 1.14.7 plugin/rewrite/rewrite.go and the file of each kind of rule. */

/* Replacements are looked for from {0} to {100}. */
#define GROUPS_MAX 101

static const char *const matchings[] = {"exact", "prefix", "suffix", "substring", "regex", NULL};

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

/* NULL when a regular expression compiles and a replacement refers to no group that it lacks; `to` may be
 * NULL. */
static const char *regex_fault(struct arena *arena, const char *from, const char *to)
{
    size_t groups = 0, used = 0, len = strlen(from);

    if (argument_is_placeholder(from))
        return NULL;
    if (len > COREFILE_REGEX_MAX || go_regex_check(from, len, &groups) != GO_REGEX_FINE)
        return arena_printf(arena, "'%s' is not a regular expression that Go compiles", from);
    for (size_t i = 0; to && i < GROUPS_MAX; i++)
        used += strstr(to, arena_printf(arena, "{%zu}", i)) != NULL;
    /* {0}, the whole, counts as one here, too. */
    return used > groups ? arena_printf(arena, "'%s' uses more groups than '%s' has", to, from) : NULL;
}

/* "answer auto", "answer name FROM TO", "answer value FROM TO": any number of them. */
static const char *answers_fault(struct arena *arena, const char *const *args, size_t count, size_t *ret_at)
{
    bool by_itself = false, named = false;
    const char *fault;

    if (count < 2 || strcmp(args[0], "answer") != 0)
        return arena_printf(arena, "'%s' stands where only an answer rule may", args[0]);
    for (size_t i = 0; i < count;) {
        *ret_at = i;
        i += strcmp(args[i], "answer") == 0;
        if (i == count)
            return "answer needs auto, name or value behind it";
        if (strcmp(args[i], "auto") == 0) {
            by_itself = true;
            i++;
            continue;
        }
        if (strcmp(args[i], "name") != 0 && strcmp(args[i], "value") != 0)
            return arena_printf(arena, "answer does not take '%s': it must be auto, name or value", args[i]);
        named = named || strcmp(args[i], "name") == 0;
        if (count - i < 3)
            return arena_printf(arena, "answer %s needs FROM and TO", args[i]);
        fault = regex_fault(arena, args[i + 1], args[i + 2]);
        if (fault)
            return fault;
        i += 3;
    }
    return by_itself && named ? "answer auto and answer name cannot stand together" : NULL;
}

static const char *name_fault(struct arena *arena, const char *const *args, size_t count, size_t *ret_at)
{
    const char *fault = NULL;
    size_t at = 0;

    if (count < 2)
        return "a name rule needs FROM and TO";
    if (count == 2)
        return regex_fault(arena, args[1], args[0]);
    if (!is_one_of(args[0], matchings) && !argument_is_placeholder(args[0]))
        return arena_printf(
            arena, "a name rule does not take '%s': it must be exact, prefix, suffix, substring or regex",
            args[0]);
    if (strcasecmp(args[0], "regex") == 0)
        fault = regex_fault(arena, args[1], args[2]);
    else if (strcasecmp(args[0], "exact") == 0)
        fault = regex_fault(arena, args[2], args[1]);
    if (fault || count == 3)
        return fault;
    fault = answers_fault(arena, args + 3, count - 3, &at);
    *ret_at += fault ? 4 + at : 0;
    return fault;
}

/* "30", "30-", "-300", "30-300". */
static bool is_ttl(const char *text)
{
    const char *dash = strchr(text, '-');
    uint64_t low = 0, high = UINT32_MAX;
    char part[16] = {0};

    if (!dash)
        return go_uint(text, 32, &low);
    if (strchr(dash + 1, '-') || (size_t)(dash - text) >= sizeof(part) || strcmp(text, "-") == 0)
        return false;
    memcpy(part, text, (size_t)(dash - text));
    return (!*part || go_uint(part, 32, &low)) && (!dash[1] || go_uint(dash + 1, 32, &high)) && low <= high;
}

static const char *ttl_fault(struct arena *arena, const char *const *args, size_t count)
{
    if (count < 2 || count > 3)
        return "a ttl rule needs a name, perhaps how to match it, and a TTL";
    if (!is_ttl(args[count - 1]) && !argument_is_placeholder(args[count - 1]))
        return arena_printf(arena, "'%s' is not a TTL such as 30, 30- or 30-300", args[count - 1]);
    if (count == 3 && !is_one_of(args[0], matchings))
        return arena_printf(
            arena, "a ttl rule does not take '%s': it must be exact, prefix, suffix, substring or regex",
            args[0]);
    return count == 3 && strcasecmp(args[0], "regex") == 0 ? regex_fault(arena, args[1], NULL) : NULL;
}

static bool is_rcode(const char *text)
{
    uint64_t number;

    return (go_uint(text, 32, &number) && number <= 23) ||
           arguments_match("rcode", &text, 1, NULL).fault == ARGUMENT_FINE;
}

static const char *rcode_fault(struct arena *arena, const char *const *args, size_t count)
{
    if (count < 3 || count > 4)
        return "an rcode rule needs a name, perhaps how to match it, and two response codes";
    for (size_t i = count - 2; i < count; i++)
        if (!is_rcode(args[i]))
            return arena_printf(arena, "'%s' is not a response code such as NXDOMAIN", args[i]);
    if (count == 4 && !is_one_of(args[0], matchings))
        return arena_printf(
            arena, "an rcode rule does not take '%s': it must be exact, prefix, suffix, substring or regex",
            args[0]);
    return count == 4 && strcasecmp(args[0], "regex") == 0 ? regex_fault(arena, args[1], NULL) : NULL;
}

static const char *cname_fault(struct arena *arena, const char *const *args, size_t count)
{
    if (count < 2 || count > 3)
        return "a cname rule needs FROM and TO, and perhaps how to match them";
    if (count == 3 && !is_one_of(args[0], matchings))
        return arena_printf(
            arena, "a cname rule does not take '%s': it must be exact, prefix, suffix, substring or regex",
            args[0]);
    return count == 3 && strcasecmp(args[0], "regex") == 0 ? regex_fault(arena, args[1], NULL) : NULL;
}

/* Types and classes are taken in any case here. */
static const char *pair_fault(struct arena *arena, const char *kind, const char *const *args, size_t count)
{
    const char *pattern = strcmp(kind, "class") == 0 ? "class" : "rtype";

    if (count != 2)
        return arena_printf(arena, "a %s rule needs exactly two arguments", kind);
    for (size_t i = 0; i < count; i++) {
        char upper[32] = {0};
        const char *text = upper;

        for (size_t k = 0; args[i][k] && k + 1 < sizeof(upper); k++)
            upper[k] = args[i][k] >= 'a' && args[i][k] <= 'z' ? (char)(args[i][k] - 32) : args[i][k];
        if (arguments_match(pattern, &text, 1, NULL).fault)
            return arena_printf(arena, "'%s' is not a %s", args[i], kind);
    }
    return NULL;
}

static bool is_variable(const char *text)
{
    static const char *const names[] = {"{qname}",    "{qtype}",     "{client_ip}",  "{client_port}",
                                        "{protocol}", "{server_ip}", "{server_port}"};
    size_t len = strlen(text);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    /* A label of metadata: {plugin/name}. */
    return len > 4 && strchr(text, '/') > text + 1 && strchr(text, '/') < text + len - 2;
}

static const char *local_fault(struct arena *arena, const char *const *args)
{
    size_t len = strlen(args[1]);
    uint64_t code;

    if (!go_uint_based(args[0], 16, &code))
        return arena_printf(arena, "'%s' is not the code of an EDNS0 option", args[0]);
    if (args[1][0] == '{' && args[1][len - 1] == '}')
        return is_variable(args[1]) ? NULL
                                    : arena_printf(arena, "'%s' is not a variable of rewrite", args[1]);
    if (strncmp(args[1], "0x", 2) == 0 &&
        (len % 2 || strspn(args[1] + 2, "0123456789abcdefABCDEF") != len - 2))
        return arena_printf(arena, "'%s' is not whole bytes in hex", args[1]);
    return NULL;
}

static const char *edns0_fault(struct arena *arena, const char *const *args, size_t count)
{
    static const char *const kinds[] = {"local", "nsid", "subnet", NULL}, *const actions[] = {
                                                                              "append", "replace", "set",
                                                                              "unset", NULL};
    size_t wanted;
    uint64_t bits;

    if (count < 2)
        return "an edns0 rule needs local, nsid or subnet, and an action";
    if (!is_one_of(args[1], actions))
        return arena_printf(
            arena, "an edns0 rule does not take '%s': it must be append, replace, set or unset", args[1]);
    if (!is_one_of(args[0], kinds))
        return arena_printf(arena, "an edns0 rule does not take '%s': it must be local, nsid or subnet",
                            args[0]);
    if (strcasecmp(args[1], "unset") == 0) {
        wanted = strcasecmp(args[0], "local") == 0 ? 3 : 2;
        if (count == wanted && wanted == 3 && !go_uint_based(args[2], 16, &bits))
            return arena_printf(arena, "'%s' is not the code of an EDNS0 option", args[2]);
    } else {
        count -= strcmp(args[count - 1], "revert") == 0;
        wanted = strcasecmp(args[0], "nsid") == 0 ? 2 : 4;
    }
    if (count != wanted)
        return arena_printf(arena, "edns0 %s %s takes %zu arguments and has %zu", args[0], args[1],
                            wanted - 2, count - 2);
    if (wanted == 4 && strcasecmp(args[0], "local") == 0)
        return local_fault(arena, args + 2);
    for (size_t i = 2; wanted == 4 && i < 4; i++)
        if (!go_uint_based(args[i], 16, &bits) || bits > (i == 2 ? 32 : 128))
            return arena_printf(arena, "'%s' is not the length of a prefix", args[i]);
    return NULL;
}

const char *rewrite_fault(struct arena *arena, const char *const *args, size_t count, size_t *ret_at)
{
    *ret_at = 0;
    if (!count)
        return "rewrite needs a rule";
    if (strcasecmp(args[0], "continue") == 0 || strcasecmp(args[0], "stop") == 0) {
        if (count < 2)
            return arena_printf(arena, "rewrite %s needs a rule behind it", args[0]);
        args++;
        count--;
        *ret_at = 1;
    }
    if (strcasecmp(args[0], "name") == 0)
        return name_fault(arena, args + 1, count - 1, ret_at);
    if (strcasecmp(args[0], "class") == 0 || strcasecmp(args[0], "type") == 0)
        return pair_fault(arena, strcasecmp(args[0], "class") == 0 ? "class" : "type", args + 1, count - 1);
    if (strcasecmp(args[0], "edns0") == 0)
        return edns0_fault(arena, args + 1, count - 1);
    if (strcasecmp(args[0], "ttl") == 0)
        return ttl_fault(arena, args + 1, count - 1);
    if (strcasecmp(args[0], "cname") == 0)
        return cname_fault(arena, args + 1, count - 1);
    if (strcasecmp(args[0], "rcode") == 0)
        return rcode_fault(arena, args + 1, count - 1);
    if (strcasecmp(args[0], "answer") == 0)
        return "an answer rule must stand behind a name rule";
    return argument_is_placeholder(args[0])
               ? NULL
               : arena_printf(
                     arena,
                     "rewrite has no rule '%s': it must be name, class, type, edns0, ttl, cname or rcode",
                     args[0]);
}
