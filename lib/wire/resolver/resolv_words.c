/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that a resolver takes as they stand and that cannot be meant: what no domain is, what nobody sees. */
#include "resolv_words.h"
#include <arpa/inet.h>
#include <string.h>

const char *const resolv_keywords[] = {"nameserver", "search", "domain", "options", "sortlist", NULL};

/* What editors, browsers and chats put in place of a blank, or beside a word. */
static const struct {
    const char *bytes, *words;
} invisible[] = {
    {"\xEF\xBB\xBF", "a byte order mark (U+FEFF)"},       {"\xC2\xA0", "a no-break space (U+00A0)"},
    {"\xE2\x80\xAF", "a narrow no-break space (U+202F)"}, {"\xE2\x80\x8B", "a zero-width space (U+200B)"},
    {"\xE2\x80\x8C", "a zero-width non-joiner (U+200C)"}, {"\xE2\x80\x8D", "a zero-width joiner (U+200D)"},
    {"\xE2\x80\x8E", "a left-to-right mark (U+200E)"},    {"\xE2\x80\xA8", "a line separator (U+2028)"},
    {"\xE2\x81\xA0", "a word joiner (U+2060)"},           {"\xC2\xAD", "a soft hyphen (U+00AD)"},
    {"\xE3\x80\x80", "an ideographic space (U+3000)"},
};

/* The longest of RFC 1035, 2.3.4, in the form that is written, without the final dot. */
#define LABEL_MAX  63
#define DOMAIN_MAX 253

static int shown_len(size_t len)
{
    return (int)(len < 60 ? len : 60);
}

const char *resolv_invisible(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
        if (memmem(text, len, invisible[i].bytes, strlen(invisible[i].bytes)))
            return invisible[i].words;
    return NULL;
}

/* Such a name is never sent: an empty label within, or a part that is too long. */
static const char *why_no_name(const char *domain, size_t len)
{
    size_t label = 0, end = len > 1 && domain[len - 1] == '.' ? len - 1 : len;

    if (len == 1 && *domain == '.') /* the root */
        return NULL;
    for (size_t i = 0; i <= end; i++) {
        if (i < end && domain[i] != '.') {
            label++;
            continue;
        }
        if (!label)
            return "it has an empty label";
        if (label > LABEL_MAX)
            return "it has a label of over 63 bytes";
        label = 0;
    }
    return end > DOMAIN_MAX ? "it has over 253 bytes" : NULL;
}

static bool is_ipv4(const char *domain, size_t len)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;

    if (len >= sizeof(text))
        return false;
    memcpy(text, domain, len);
    text[len] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

/* The first of these characters, which stand in no domain; len: none. */
static size_t odd_character(const char *domain, size_t len)
{
    static const char never[] = ",;:/\\\"'`()[]{}<>=&|!?$*~%@^+#";
    size_t at = 0;

    while (at < len && !memchr(never, domain[at], sizeof(never) - 1))
        at++;
    return at;
}

bool resolv_is_keyword(const char *word, size_t len)
{
    for (const char *const *keyword = resolv_keywords; *keyword; keyword++)
        if (strlen(*keyword) == len && memcmp(*keyword, word, len) == 0)
            return true;
    return false;
}

const char *resolv_domain_fault(struct arena *arena, const char *domain, size_t len)
{
    const char *unseen = resolv_invisible(domain, len), *why = why_no_name(domain, len);
    size_t at = odd_character(domain, len);
    int shown = shown_len(len);

    if (at == 0 && (*domain == ';' || *domain == '#')) /* told as a comment that is none */
        return NULL;
    if (resolv_is_keyword(domain, len))
        return arena_printf(arena,
                            "'%.*s' is taken for a search domain: a line break may be missing before it",
                            shown, domain);
    if (unseen)
        return arena_printf(arena, "only blanks divide search domains: '%.*s' is one domain with %s in it",
                            shown, domain, unseen);
    if (at < len && (domain[at] == ',' || domain[at] == ';'))
        return arena_printf(arena, "only blanks divide search domains: '%.*s' is one domain with '%c' in it",
                            shown, domain, domain[at]);
    if (at < len)
        return arena_printf(arena, "search domain '%.*s': no domain has '%c' in it", shown, domain,
                            domain[at]);
    if (!is_ascii(domain, len))
        return arena_printf(arena,
                            "search domain '%.*s' is not ASCII: no resolver turns it into the form that DNS "
                            "has (xn--...)",
                            shown, domain);
    if (why)
        return arena_printf(arena, "search domain '%.*s': %s, so that names under it are not valid", shown,
                            domain, why);
    if (is_ipv4(domain, len))
        return arena_printf(arena, "search domain '%.*s' is an address: a nameserver line may be meant",
                            shown, domain);
    return NULL;
}
