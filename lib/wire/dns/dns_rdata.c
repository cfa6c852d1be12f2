/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rdata in text, driven by a table: a type's rdata is a row of fields, each with its own presentation. What
 * is left out: types that no CoreDNS answers in practice (LOC, WKS, HIP, ...), which appear in the generic
 * form of RFC 3597. A new type is one row.
 */
#include "dns_rdata.h"
#include "dns_cursor.h"
#include "dns_svcb.h"
#include <arpa/inet.h>
#include <k8sdns/base/text.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 *  n name        1 2 4 numbers      a A addresses       s a character string     S as many as there are
 *  q a character string to the end of the rdata, without a length (CAA)
 *  h hex to the end                 b base64 to the end x hex after its length ("-" when empty)
 *  y base32hex after its length     t a type's mnemonic d a date of RRSIG
 *  m a bitmap of types              v service parameters
 */
static const struct form {
    uint16_t type;
    const char *fields;
} forms[] = {
    {1, "a"},          {2, "n"},     {3, "n"},     {4, "n"},     {5, "n"},       {6, "nn44444"},
    {7, "n"},          {8, "n"},     {9, "n"},     {12, "n"},    {13, "ss"},     {14, "nn"},
    {15, "2n"},        {16, "S"},    {17, "nn"},   {18, "2n"},   {28, "A"},      {33, "222n"},
    {35, "22sssn"},    {36, "2n"},   {37, "221b"}, {39, "n"},    {43, "211h"},   {44, "11h"},
    {46, "t114dd2nb"}, {47, "nm"},   {48, "211b"}, {49, "b"},    {50, "112xym"}, {51, "112x"},
    {52, "111h"},      {53, "111h"}, {59, "211h"}, {60, "211b"}, {61, "b"},      {62, "42m"},
    {63, "411h"},      {64, "2nv"},  {65, "2nv"},  {99, "S"},    {256, "22q"},   {257, "1sq"},
};

static void add_hex(struct text *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_addf(out, "%02X", bytes[i]);
}

static void add_base64(struct text *out, const uint8_t *p, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t v = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=',
                        n > 2 ? digits[v & 63] : '='};

        text_add_n(out, four, sizeof(four));
    }
}

/* Without padding, as NSEC3 has it. Source: RFC 4648 section 7, RFC 5155 section 3.3. */
static void add_base32hex(struct text *out, const uint8_t *p, size_t len)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    uint32_t value = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < len; i++) {
        value = value << 8 | p[i];
        for (bits += 8; bits >= 5; bits -= 5)
            text_add_char(out, digits[value >> (bits - 5) & 31], 1);
    }
    if (bits)
        text_add_char(out, digits[value << (5 - bits) & 31], 1);
}

/* Quoted; quotes and backslashes escaped, what is not printable as \DDD. Source: RFC 1035 section 5.1. */
static void add_quoted(struct text *out, const uint8_t *bytes, size_t len)
{
    text_add(out, "\"");
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            text_addf(out, "\\%c", bytes[i]);
        else if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
            text_addf(out, "\\%03u", bytes[i]);
        else
            text_add_char(out, (char)bytes[i], 1);
    }
    text_add(out, "\"");
}

static void add_strings(struct text *out, struct dns_cursor *c, bool all)
{
    do {
        size_t len = dns_cursor_u8(c);
        const uint8_t *bytes = dns_cursor_take(c, len);

        if (!bytes)
            return;
        add_quoted(out, bytes, len);
        if (all && c->at < c->end)
            text_add(out, " ");
    } while (all && c->at < c->end);
}

/* Source: RFC 4034 section 4.1.2. */
static void add_bitmap(struct text *out, struct dns_cursor *c)
{
    bool first = true;

    while (c->at < c->end && !c->why) {
        unsigned window = dns_cursor_u8(c), len = dns_cursor_u8(c);
        const uint8_t *bits = dns_cursor_take(c, len);

        if (!len || len > 32)
            dns_cursor_fail(c, "a type bitmap of a wrong length", c->at);
        for (unsigned i = 0; bits && i < len * 8; i++) {
            char word[DNS_WORD];

            if (!(bits[i / 8] & 0x80 >> i % 8))
                continue;
            text_addf(out, "%s%s", first ? "" : " ", dns_type_word((uint16_t)(window << 8 | i), word));
            first = false;
        }
    }
}

static void add_date(struct text *out, uint32_t seconds)
{
    time_t when = seconds;
    char date[16];
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(date, sizeof(date), "%Y%m%d%H%M%S", &tm);
    text_add(out, date);
}

static void add_address(struct text *out, struct dns_cursor *c, int family, size_t len)
{
    const uint8_t *bytes = dns_cursor_take(c, len);
    char host[INET6_ADDRSTRLEN];

    if (bytes && inet_ntop(family, bytes, host, sizeof(host)))
        text_add(out, host);
}

/* Bytes after a length octet, in hex or base32hex. */
static void add_counted(struct text *out, struct dns_cursor *c, char field)
{
    size_t len = dns_cursor_u8(c);
    const uint8_t *bytes = dns_cursor_take(c, len);

    if (!bytes)
        return;
    if (field == 'y')
        add_base32hex(out, bytes, len);
    else if (len)
        add_hex(out, bytes, len);
    else
        text_add(out, "-");
}

static void add_rest(struct text *out, struct dns_cursor *c, char field)
{
    size_t len = c->end - c->at;
    const uint8_t *bytes = dns_cursor_take(c, len);

    if (!bytes)
        return;
    if (field == 'h')
        add_hex(out, bytes, len);
    else if (field == 'b')
        add_base64(out, bytes, len);
    else
        add_quoted(out, bytes, len);
}

static void add_field(struct text *out, struct dns_cursor *c, char field)
{
    char name[DNS_NAME_TEXT], word[DNS_WORD];

    switch (field) {
    case 'n':
        dns_cursor_name(c, name);
        text_add(out, name);
        break;
    case '1':
        text_addf(out, "%u", dns_cursor_u8(c));
        break;
    case '2':
        text_addf(out, "%u", dns_cursor_u16(c));
        break;
    case '4':
        text_addf(out, "%u", dns_cursor_u32(c));
        break;
    case 'a':
        add_address(out, c, AF_INET, 4);
        break;
    case 'A':
        add_address(out, c, AF_INET6, 16);
        break;
    case 's':
    case 'S':
        add_strings(out, c, field == 'S');
        break;
    case 'x':
    case 'y':
        add_counted(out, c, field);
        break;
    case 't':
        text_add(out, dns_type_word(dns_cursor_u16(c), word));
        break;
    case 'd':
        add_date(out, dns_cursor_u32(c));
        break;
    case 'm':
        add_bitmap(out, c);
        break;
    case 'v':
        dns_svcb_params(out, c);
        break;
    default:
        add_rest(out, c, field);
        break;
    }
}

/* The tag of a CAA record stands bare; it is a counted string like the quoted ones. RFC 8659 section 4.1.1.
 */
static void unquote_caa_tag(struct text *out)
{
    char *open = strchr(out->at, '"'), *close = open ? strchr(open + 1, '"') : NULL;

    if (!close)
        return;
    memmove(close, close + 1, strlen(close + 1) + 1);
    memmove(open, open + 1, strlen(open + 1) + 1);
    out->len -= 2;
}

const char *dns_rdata_text(struct arena *arena, const uint8_t *message, size_t len, uint16_t type,
                           uint16_t class, size_t offset, uint16_t rdlength, bool *ret_outliers)
{
    struct dns_cursor c = {.bytes = message, .at = offset, .end = offset + rdlength, .len = len};
    struct text out = {0};
    const char *fields = NULL, *result;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (forms[i].type == type)
            fields = forms[i].fields;
    /* An address of class CH is none (RFC 1035 section 3.4.1 is about IN). */
    if (class != DNS_CLASS_IN && (type == DNS_TYPE_A || type == DNS_TYPE_AAAA))
        fields = NULL;
    for (const char *field = fields; field && *field && !c.why; field++) {
        size_t before = out.len;

        if (field != fields)
            text_add(&out, " ");
        add_field(&out, &c, *field);
        /* A field that printed nothing (an empty bitmap, no parameters) takes no space. */
        if (field != fields && out.len == before + 1)
            out.at[out.len = before] = '\0';
    }
    *ret_outliers = !fields || c.why || c.at != c.end;
    if (*ret_outliers) {
        text_clear(&out);
        text_addf(&out, "\\# %u%s", rdlength, rdlength ? " " : "");
        add_hex(&out, message + offset, rdlength);
    } else if (type == 257) {
        unquote_caa_tag(&out);
    }
    result = arena_text(arena, text_string(&out));
    text_fini(&out);
    return result;
}
