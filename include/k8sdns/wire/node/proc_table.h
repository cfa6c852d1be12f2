/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROC_TABLE_H
#define K8SDNS_WIRE_PROC_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers out of the kernel's text files. Each reader takes a whole text that a NUL ends, and gives
 * PROC_UNSET for what the text does not say. Source: proc(5), Linux Documentation/filesystems/proc.rst.
 */
#define PROC_UNSET UINT64_MAX

/*
 * /proc/net/snmp and netstat: two lines for each protocol, names and numbers.
 *
 *     Udp: InDatagrams NoPorts InErrors ...
 *     Udp: 1234 5 0 ...
 */
uint64_t proc_snmp_value(const char *text, const char *protocol, const char *name);

/* Lines of a name and a number: /proc/net/snmp6, cpu.stat. */
uint64_t proc_line_value(const char *text, const char *name);

/* A name and a number anywhere in the line that begins with `line`: "UDP: inuse 4 mem 2", "some avg10=1.50".
 */
uint64_t proc_word_value(const char *text, const char *line, const char *name);
double proc_word_real(const char *text, const char *line, const char *name);

/* A line of names, then a line of hexadecimal numbers a CPU (/proc/net/stat/arp_cache): one column, summed.
 */
uint64_t proc_stat_sum(const char *text, const char *name);

/* How many CPUs such a text has lines for. */
uint64_t proc_stat_rows(const char *text);

/* Lines of hexadecimal numbers without names, one a CPU (/proc/net/softnet_stat): one column, summed. */
uint64_t proc_hex_column_sum(const char *text, unsigned column);

/* The `index`th of a line of decimal numbers: /proc/sys/net/ipv4/udp_mem, /proc/sys/fs/file-nr. */
uint64_t proc_number_at(const char *text, unsigned index);

/* UDP sockets of /proc/net/udp or udp6. */
struct proc_udp {
    uint64_t sockets;
    uint64_t in_range;                    /* bound to a port from low to high */
    uint64_t dns_sockets;                 /* bound to the DNS port */
    uint64_t dns_queued_bytes, dns_drops; /* waiting in their receive queues; dropped since these were full */
};
/* Add the sockets of a text to `*udp`. Return 0, or -EBADMSG when a line is not of that file. */
int proc_udp_read(const char *text, uint16_t dns_port, uint64_t port_low, uint64_t port_high,
                  struct proc_udp *udp);

#endif
