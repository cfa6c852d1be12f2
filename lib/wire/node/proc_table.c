/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc_word.h"
#include <errno.h>
#include <k8sdns/wire/node/proc_table.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t add(uint64_t sum, uint64_t value)
{
    return value == PROC_UNSET ? sum : sum == PROC_UNSET ? value : sum + value;
}

/* The line that begins with `head`, behind it; NULL for none. */
static const char *line_of(const char *text, const char *head)
{
    size_t len = strlen(head);

    for (const char *line = text; *line; line = proc_next_line(line))
        if (strncmp(line, head, len) == 0 && strchr(" :\t", line[len]) && line[len])
            return line + len + (line[len] == ':');
    return NULL;
}

uint64_t proc_snmp_value(const char *text, const char *protocol, const char *name)
{
    const char *names = line_of(text, protocol),
               *values = names ? line_of(proc_next_line(names), protocol) : NULL;
    const char *word, *value;
    size_t len, value_len;

    if (!values)
        return PROC_UNSET;
    while ((word = proc_next_word(&names, &len))) {
        value = proc_next_word(&values, &value_len);
        if (proc_is_word(word, len, name))
            return proc_word_number(value, value_len, 10);
    }
    return PROC_UNSET;
}

uint64_t proc_line_value(const char *text, const char *name)
{
    const char *line = line_of(text, name), *word;
    size_t len;

    if (!line)
        return PROC_UNSET;
    word = proc_next_word(&line, &len);
    return proc_word_number(word, len, 10);
}

/* The text of a value behind "name " or "name=" in a line. */
static const char *value_of(const char *text, const char *line, const char *name, size_t *ret_len)
{
    const char *at = line_of(text, line), *word;
    size_t len = strlen(name), word_len;

    while (at && (word = proc_next_word(&at, &word_len))) {
        if (proc_is_word(word, word_len, name))
            return proc_next_word(&at, ret_len);
        if (word_len > len && strncmp(word, name, len) == 0 && word[len] == '=') {
            *ret_len = word_len - len - 1;
            return word + len + 1;
        }
    }
    return NULL;
}

uint64_t proc_word_value(const char *text, const char *line, const char *name)
{
    size_t len = 0;
    const char *value = value_of(text, line, name, &len);

    return proc_word_number(value, len, 10);
}

double proc_word_real(const char *text, const char *line, const char *name)
{
    size_t len;
    const char *value = value_of(text, line, name, &len);
    char *end;
    double real = value ? strtod(value, &end) : 0;

    return value && end == value + len ? real : (double)NAN;
}

uint64_t proc_stat_sum(const char *text, const char *name)
{
    const char *names = text, *word;
    unsigned column = 0;
    size_t len;

    while ((word = proc_next_word(&names, &len)) && !proc_is_word(word, len, name))
        column++;
    return word ? proc_hex_column_sum(proc_next_line(text), column) : PROC_UNSET;
}

uint64_t proc_stat_rows(const char *text)
{
    uint64_t rows = 0;

    for (const char *line = proc_next_line(text); *line; line = proc_next_line(line))
        rows++;
    return rows;
}

uint64_t proc_hex_column_sum(const char *text, unsigned column)
{
    uint64_t sum = PROC_UNSET;

    for (const char *line = text; *line; line = proc_next_line(line)) {
        const char *at = line, *word = NULL;
        size_t len = 0;

        for (unsigned i = 0; i <= column; i++)
            word = proc_next_word(&at, &len);
        sum = add(sum, proc_word_number(word, len, 16));
    }
    return sum;
}

uint64_t proc_number_at(const char *text, unsigned index)
{
    const char *word = NULL;
    size_t len = 0;

    for (unsigned i = 0; i <= index; i++)
        word = proc_next_word(&text, &len);
    return proc_word_number(word, len, 10);
}

/* The hexadecimal number behind the colon of a word. */
static uint64_t behind_colon(const char *word, size_t len)
{
    const char *colon = word ? memchr(word, ':', len) : NULL;

    return colon ? proc_word_number(colon + 1, (size_t)(word + len - colon) - 1, 16) : PROC_UNSET;
}

/*
 *    sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer
 * drops 123: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 17 2 0000000000000000
 * 0
 */
enum udp_word {
    UDP_LOCAL = 1,
    UDP_QUEUES = 4, /* tx_queue:rx_queue */
    UDP_DROPS = 12,
};

int proc_udp_read(const char *text, uint16_t dns_port, uint64_t port_low, uint64_t port_high,
                  struct proc_udp *udp)
{
    const char *line = proc_next_line(text);

    if (!strstr(text, "local_address"))
        return -EBADMSG;
    for (; *line; line = proc_next_line(line)) {
        const char *at = line, *words[UDP_DROPS + 1];
        size_t lens[UDP_DROPS + 1];
        uint64_t port, queued, drops;

        for (size_t i = 0; i <= UDP_DROPS; i++)
            words[i] = proc_next_word(&at, &lens[i]);
        port = behind_colon(words[UDP_LOCAL], lens[UDP_LOCAL]);
        queued = behind_colon(words[UDP_QUEUES], lens[UDP_QUEUES]);
        drops = proc_word_number(words[UDP_DROPS], lens[UDP_DROPS], 10);
        if (port == PROC_UNSET || queued == PROC_UNSET || drops == PROC_UNSET)
            return -EBADMSG;
        udp->sockets++;
        udp->in_range += port_low <= port && port <= port_high;
        if (port != dns_port)
            continue;
        udp->dns_sockets++;
        udp->dns_queued_bytes += queued;
        udp->dns_drops += drops;
    }
    return 0;
}
