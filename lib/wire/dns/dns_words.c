/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/number.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct dns_word {
    uint16_t number;
    const char *name;
};

/* By number, as the registry has them. */
static const struct dns_word types[] = {
    {1, "A"},        {2, "NS"},          {3, "MD"},      {4, "MF"},      {5, "CNAME"},   {6, "SOA"},
    {7, "MB"},       {8, "MG"},          {9, "MR"},      {10, "NULL"},   {11, "WKS"},    {12, "PTR"},
    {13, "HINFO"},   {14, "MINFO"},      {15, "MX"},     {16, "TXT"},    {17, "RP"},     {18, "AFSDB"},
    {24, "SIG"},     {25, "KEY"},        {28, "AAAA"},   {29, "LOC"},    {33, "SRV"},    {35, "NAPTR"},
    {36, "KX"},      {37, "CERT"},       {39, "DNAME"},  {41, "OPT"},    {42, "APL"},    {43, "DS"},
    {44, "SSHFP"},   {45, "IPSECKEY"},   {46, "RRSIG"},  {47, "NSEC"},   {48, "DNSKEY"}, {49, "DHCID"},
    {50, "NSEC3"},   {51, "NSEC3PARAM"}, {52, "TLSA"},   {53, "SMIMEA"}, {55, "HIP"},    {59, "CDS"},
    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},  {63, "ZONEMD"}, {64, "SVCB"},   {65, "HTTPS"},
    {99, "SPF"},     {108, "EUI48"},     {109, "EUI64"}, {249, "TKEY"},  {250, "TSIG"},  {251, "IXFR"},
    {252, "AXFR"},   {253, "MAILB"},     {254, "MAILA"}, {255, "ANY"},   {256, "URI"},   {257, "CAA"},
    {258, "AVC"},
};

static const struct dns_word classes[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};

static const struct dns_word rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

static const struct dns_word opcodes[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find(const struct dns_word *words, size_t count, uint16_t number, const char *prefix,
                        char buf[DNS_WORD])
{
    for (size_t i = 0; i < count; i++)
        if (words[i].number == number)
            return words[i].name;
    snprintf(buf, DNS_WORD, "%s%u", prefix, number);
    return buf;
}

const char *dns_type_word(uint16_t type, char buf[DNS_WORD])
{
    return find(types, COUNT(types), type, "TYPE", buf);
}

const char *dns_class_word(uint16_t class, char buf[DNS_WORD])
{
    return find(classes, COUNT(classes), class, "CLASS", buf);
}

const char *dns_rcode_word(uint16_t rcode, char buf[DNS_WORD])
{
    return find(rcodes, COUNT(rcodes), rcode, "RCODE", buf);
}

const char *dns_opcode_word(uint8_t opcode, char buf[DNS_WORD])
{
    return find(opcodes, COUNT(opcodes), opcode, "OPCODE", buf);
}

int dns_type_parse(const char *word, uint16_t *ret_type)
{
    uint64_t number;

    for (size_t i = 0; i < COUNT(types); i++) {
        if (strcasecmp(types[i].name, word) == 0) {
            *ret_type = types[i].number;
            return 0;
        }
    }
    if (strncasecmp(word, "TYPE", 4) != 0 || number_parse(word + 4, 0, 65535, &number, NULL) < 0)
        return -EINVAL;
    *ret_type = (uint16_t)number;
    return 0;
}
