/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a word fits a type of the grammar (a duration, an address, a zone, a pattern), and how often
 * it may stand.
 */
#include "corefile_grammar.h"
#include <k8sdns/base/number.h>
#include <k8sdns/wire/corefile/go_regex.h>
#include <k8sdns/wire/corefile/go_template.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A type with its parameter fits; the longest is a duration's range. */
#define PARAMETER_MAX 64

/* An item of a pattern: "=all|success+". */
struct item {
    const char *at;
    size_t len;      /* without the quantifier */
    char quantifier; /* '?', '*', '+' or 0 */
};

bool argument_is_placeholder(const char *text)
{
    return strstr(text, "{$") || strstr(text, "__PILLAR__") || strstr(text, "${") || strstr(text, "{%") ||
           (strstr(text, "{{") && !strchr(text, ' ')) ||
           (*text == '<' && text[strlen(text) - 1] == '>' && text[1] != '>');
}

static bool next_item(const char **at, struct item *ret)
{
    size_t len;

    *at += strspn(*at, " ");
    len = strcspn(*at, " ;");
    if (!len || **at == '/')
        return false;
    *ret = (struct item){*at, len, 0};
    *at += len;
    if (len > 1 && strchr("?*+", ret->at[len - 1])) {
        ret->quantifier = ret->at[len - 1];
        ret->len--;
    }
    return true;
}

/* "1ns", "2s", "5m", "24h": the bounds in the tables. */
static double bound(const char *text, size_t len, bool duration)
{
    char copy[PARAMETER_MAX] = {0};
    int64_t ns;

    memcpy(copy, text, len < sizeof(copy) ? len : sizeof(copy) - 1);
    if (duration)
        return go_duration(copy, &ns) ? (double)ns : 0;
    return strtod(copy, NULL);
}

/* Whether a value is in "A..B", of which either side may be empty. */
static bool in_range(const char *range, size_t len, double value, bool duration)
{
    const char *dots = memmem(range, len, "..", 2);

    if (!dots)
        return true;
    if (dots > range && value < bound(range, (size_t)(dots - range), duration))
        return false;
    dots += 2;
    return dots == range + len || value <= bound(dots, len - (size_t)(dots - range), duration);
}

static bool fits_number(const char *type, size_t type_len, const char *parameter, size_t len,
                        const char *text)
{
    int64_t whole;
    double real;
    uint64_t unsigned_whole;
    char with_unit[PARAMETER_MAX];

    switch (*type) {
    case 'w':
        return go_duration(text, &whole) && whole % INT64_C(1000000000) == 0 &&
               in_range(parameter, len, (double)whole, true);
    case 'd':
        return go_duration(text, &whole) && in_range(parameter, len, (double)whole, true);
    case 's': /* CoreDNS puts an s behind a bare number */
        if (go_int(text, &whole) && strlen(text) < sizeof(with_unit) - 1) {
            strcpy(with_unit, text);
            text = strcat(with_unit, "s");
        }
        return go_duration(text, &whole) && in_range(parameter, len, (double)whole, true);
    case 'i':
        return go_int(text, &whole) && in_range(parameter, len, (double)whole, false);
    case 'u':
        return go_uint(text, (unsigned)bound(parameter, len, false), &unsigned_whole);
    case 'f':
        return go_float(text, &real) && in_range(parameter, len, real, false);
    default:
        (void)type_len;
        return false;
    }
}

static bool fits_percent(const char *text)
{
    size_t len = strlen(text);
    int64_t value;
    char copy[8];

    if (len < 2 || len >= sizeof(copy) || text[len - 1] != '%')
        return false;
    memcpy(copy, text, len - 1);
    copy[len - 1] = '\0';
    return go_int(copy, &value) && value >= 10 && value <= 90;
}

/* DNS64 takes whole bytes, from 32 to 96 bits (RFC 6052, and plugin/dns64). */
static bool fits_ip6_prefix(const char *text)
{
    unsigned bits;
    bool v6;

    return go_cidr(text, &v6, &bits) && v6 && bits % 8 == 0 && bits >= 32 && bits <= 96;
}

/* What is no address is taken for an interface, whose name has up to 15 bytes (IFNAMSIZ) without blanks, :
 * and /. */
static bool fits_bind(const char *text)
{
    size_t len = strlen(text);

    return go_ip(text) || (len && len < 16 && !strpbrk(text, ":/ ") && strspn(text, "0123456789.") != len);
}

static bool fits_parts(const char *text, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        size_t len = i + 1 < parts ? strcspn(text, ":") : strlen(text);

        if (!len || (i + 1 < parts && text[len] != ':'))
            return false;
        text += len + (i + 1 < parts);
    }
    return true;
}

static bool is_among(const char *text, const char *const *words, size_t count, bool any_case)
{
    for (size_t i = 0; i < count; i++)
        if ((any_case ? strcasecmp(text, words[i]) : strcmp(text, words[i])) == 0)
            return true;
    return false;
}

static bool type_is(const char *type, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(type, name, len) == 0;
}

/* The names that CoreDNS's DNS library knows. Source: github.com/miekg/dns, types.go and msg.go. */
static bool fits_mnemonic(const char *type, size_t len, const char *text)
{
    static const char *const types[] = {
        "A",      "A6",     "NS",      "MD",         "MF",       "CNAME",    "SOA",      "MB",       "MG",
        "MR",     "NULL",   "PTR",     "HINFO",      "MINFO",    "MX",       "TXT",      "RP",       "AFSDB",
        "X25",    "ISDN",   "RT",      "NSAP",       "NSAP-PTR", "SIG",      "KEY",      "PX",       "GPOS",
        "AAAA",   "LOC",    "NXT",     "EID",        "NIMLOC",   "SRV",      "ATMA",     "NAPTR",    "KX",
        "CERT",   "DNAME",  "OPT",     "APL",        "DS",       "SSHFP",    "IPSECKEY", "RRSIG",    "NSEC",
        "DNSKEY", "DHCID",  "NSEC3",   "NSEC3PARAM", "TLSA",     "SMIMEA",   "HIP",      "NINFO",    "RKEY",
        "TALINK", "CDS",    "CDNSKEY", "OPENPGPKEY", "CSYNC",    "ZONEMD",   "SVCB",     "HTTPS",    "SPF",
        "UINFO",  "UID",    "GID",     "UNSPEC",     "NID",      "L32",      "L64",      "LP",       "EUI48",
        "EUI64",  "NXNAME", "URI",     "CAA",        "AVC",      "AMTRELAY", "RESINFO",  "TKEY",     "TSIG",
        "IXFR",   "AXFR",   "MAILB",   "MAILA",      "ANY",      "TA",       "DLV",      "Reserved", "None"};
    static const char *const classes[] = {"IN", "CS", "CH", "HS", "NONE", "ANY"};
    static const char *const rcodes[] = {"NOERROR",
                                         "FORMERR",
                                         "SERVFAIL",
                                         "NXDOMAIN",
                                         "NOTIMP",
                                         "NOTIMPL",
                                         "REFUSED",
                                         "YXDOMAIN",
                                         "YXRRSET",
                                         "NXRRSET",
                                         "NOTAUTH",
                                         "NOTZONE",
                                         "STATEFULTYPENOTIMP",
                                         "BADSIG",
                                         "BADVERS",
                                         "BADKEY",
                                         "BADTIME",
                                         "BADMODE",
                                         "BADNAME",
                                         "BADALG",
                                         "BADTRUNC",
                                         "BADCOOKIE"};
    static const char *const opcodes[] = {"QUERY", "IQUERY", "STATUS", "NOTIFY", "UPDATE", "STATEFUL"};

    if (type_is(type, len, "rtype"))
        return is_among(text, types, sizeof(types) / sizeof(types[0]), false);
    if (type_is(type, len, "class"))
        return is_among(text, classes, sizeof(classes) / sizeof(classes[0]), false);
    if (type_is(type, len, "rcode"))
        return is_among(text, rcodes, sizeof(rcodes) / sizeof(rcodes[0]), true);
    return is_among(text, opcodes, sizeof(opcodes) / sizeof(opcodes[0]), false);
}

/* Label selectors are joined by blanks before they are read; only what no selector has is refused. */
static bool fits_selector(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=!,()<> ") ==
               strlen(text);
}

/* One of "a|b@1.11.0"; the version of the one that it is goes into `*ret_since`. */
static bool fits_words(const char *words, size_t len, const char *text, bool any_case, const char **ret_since)
{
    size_t text_len = strlen(text);

    for (size_t at = 0; at < len;) {
        const char *bar = memchr(words + at, '|', len - at), *mark;
        size_t word = bar ? (size_t)(bar - words) - at : len - at, name;

        mark = memchr(words + at, '@', word);
        name = mark ? (size_t)(mark - words) - at : word;
        if (name == text_len &&
            (any_case ? strncasecmp(words + at, text, name) : strncmp(words + at, text, name)) == 0) {
            *ret_since = mark ? mark + 1 : NULL;
            return true;
        }
        at += word + 1;
    }
    return false;
}

static bool fits(const struct item *item, const char *text, const char **ret_since)
{
    static const char *const numbers[] = {"dur", "sec", "wsec", "int", "uint", "float"};
    static const char *const mnemonics[] = {"rtype", "class", "rcode", "opcode"};
    const char *colon = memchr(item->at, ':', item->len);
    size_t len = colon ? (size_t)(colon - item->at) : item->len, ignored, bytes;
    const char *parameter = colon ? colon + 1 : "";
    size_t parameter_len = colon ? item->len - len - 1 : 0;
    unsigned bits;
    bool v6;

    *ret_since = NULL;
    if (*item->at == '=' || *item->at == '~')
        return fits_words(item->at + 1, item->len - 1, text, *item->at == '~', ret_since);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (type_is(item->at, len, numbers[i]))
            return fits_number(item->at, len, parameter, parameter_len, text);
    for (size_t i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++)
        if (type_is(item->at, len, mnemonics[i]))
            return fits_mnemonic(item->at, len, text);
    if (type_is(item->at, len, "zone"))
        return go_zone(text);
    if (type_is(item->at, len, "domain"))
        return go_domain_name(text, strlen(text));
    if (type_is(item->at, len, "hostport"))
        return go_host_port(text);
    if (type_is(item->at, len, "ip"))
        return go_ip(text);
    if (type_is(item->at, len, "iport"))
        return go_ip_maybe_port(text);
    if (type_is(item->at, len, "xfer"))
        return strcmp(text, "*") == 0 || go_ip_maybe_port(text);
    if (type_is(item->at, len, "cidr"))
        return go_cidr(text, &v6, &bits);
    if (type_is(item->at, len, "ip6prefix"))
        return fits_ip6_prefix(text);
    if (type_is(item->at, len, "bind"))
        return fits_bind(text);
    if (type_is(item->at, len, "percent"))
        return fits_percent(text);
    if (type_is(item->at, len, "bool"))
        return go_bool(text);
    if (type_is(item->at, len, "parts"))
        return fits_parts(text, (size_t)bound(parameter, parameter_len, false));
    if (type_is(item->at, len, "selector"))
        return fits_selector(text);
    bytes = strlen(text);
    if (type_is(item->at, len, "regex"))
        return bytes <= COREFILE_REGEX_MAX && go_regex_check(text, bytes, &ignored) == GO_REGEX_FINE;
    if (type_is(item->at, len, "gotmpl"))
        return go_template_check(text, bytes, &ignored, &ignored) == GO_TEMPLATE_FINE;
    return true;
}

struct matching {
    const char *const *args;
    size_t count, at;
    const char *version;
    struct argument_finding found;
    struct argument_finding passed; /* an argument that an item which may be missing did not take */
};

static bool take(struct matching *m, const struct item *item)
{
    const char *text = m->args[m->at], *since;
    char version[PARAMETER_MAX] = {0};

    /* A template of Go has the same braces as one of Helm. */
    if (item->len >= 6 && memcmp(item->at, "gotmpl", 6) == 0 ? strstr(text, "{$") != NULL
                                                             : argument_is_placeholder(text)) {
        m->at++;
        return true;
    }
    if (!fits(item, text, &since))
        return false;
    if (since && m->version) {
        memcpy(version, since, strspn(since, "0123456789."));
        if (version_compare(m->version, version) < 0)
            m->found = (struct argument_finding){ARGUMENT_TOO_NEW, m->at, item->at, item->len, since};
    }
    m->at++;
    return true;
}

/* `behind` is the rest of the pattern: what an item does not take may be a word that comes later. */
static void match_item(struct matching *m, const struct item *item, const char *behind)
{
    bool optional = item->quantifier == '?' || item->quantifier == '*';
    bool many = item->quantifier == '*' || item->quantifier == '+';

    if (m->at == m->count) {
        if (!optional)
            m->found = (struct argument_finding){ARGUMENT_MISSING, m->at, item->at, item->len, NULL};
        return;
    }
    if (!take(m, item)) {
        behind += strspn(behind, " ");
        if (!optional || (*behind && !strchr("=~/;", *behind)))
            m->found = (struct argument_finding){ARGUMENT_WRONG, m->at, item->at, item->len, NULL};
        else if (!m->passed.fault || m->passed.at != m->at)
            m->passed = (struct argument_finding){ARGUMENT_WRONG, m->at, item->at, item->len, NULL};
        return;
    }
    while (many && m->at < m->count && !m->found.fault) {
        if (take(m, item))
            continue;
        m->passed = (struct argument_finding){ARGUMENT_WRONG, m->at, item->at, item->len, NULL};
        return;
    }
}

/* One form of a pattern; `*at` goes to its end. */
static struct argument_finding match_form(const char **at, const char *const *args, size_t count,
                                          const char *version, size_t *ret_taken)
{
    struct matching m = {.args = args, .count = count, .version = version};
    struct item item;

    while (!m.found.fault && next_item(at, &item))
        match_item(&m, &item, *at);
    *ret_taken = m.at;
    /* On a line whose rest is read as options the rest is not these arguments'. */
    if (!m.found.fault && m.at < count)
        m.found = m.passed.fault && m.passed.at == m.at
                      ? m.passed
                      : (struct argument_finding){ARGUMENT_SURPLUS, m.at, NULL, 0, NULL};
    return m.found;
}

struct argument_finding arguments_match(const char *pattern, const char *const *args, size_t count,
                                        const char *version)
{
    struct argument_finding best = {0};
    size_t best_taken = 0;
    bool first = true;

    for (const char *at = pattern;; at++) {
        size_t taken;
        struct argument_finding found = match_form(&at, args, count, version, &taken);

        if (!found.fault)
            return found;
        /* Of several forms the one that went furthest is what was meant. */
        if (first || taken > best_taken || (taken == best_taken && best.fault == ARGUMENT_SURPLUS)) {
            best = found;
            best_taken = taken;
        }
        first = false;
        at += strcspn(at, "/");
        if (!*at)
            return best;
    }
}
