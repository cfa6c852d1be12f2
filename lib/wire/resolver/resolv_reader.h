/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_LIB_WIRE_RESOLV_READER_H
#define K8SDNS_LIB_WIRE_RESOLV_READER_H

#include <k8sdns/wire/resolver/resolv_conf.h>

/* What the three readers share: lists with a maximum, and remarks in the same words. */
struct resolv_reader {
    struct arena *arena;
    struct resolv_reading *reading;
    size_t line;           /* that is being read; 0 outside */
    size_t search_line;    /* that set the search list; 0: none yet */
    const char **replaced; /* the search list that this line replaced, and its own line */
    size_t replaced_count, replaced_line;
    size_t left_out; /* remarks beyond the maximum */
    size_t items_left_out;
    bool drops_first_dot; /* of a search domain: glibc alone (__res_context_search() in resolv/res_query.c) */
};

/* A word of a file, in remarks: cut so that one hostile word cannot fill the page. */
#define WORD_FORMAT "'%.60s'"

enum resolv_remark_kind {
    REMARK_NOTE,    /* worth knowing */
    REMARK_ALTERED, /* taken, but not as it was meant */
    REMARK_IGNORED, /* dropped, without harm */
    REMARK_LOST,    /* dropped, and lookups differ for it */
};

void resolv_reader_init(struct resolv_reader *reader, struct arena *arena, struct resolv_reading *reading);
void resolv_reader_remark(struct resolv_reader *reader, enum resolv_remark_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* A copy of the line that ends at its first NUL; `newline` keeps its end, as fgets() does. */
char *resolv_reader_line(struct resolv_reader *reader, const struct line *line, bool newline);

/* Use this server, or remark that there are three already. */
void resolv_reader_server(struct resolv_reader *reader, const char *text, const struct address *address);
/* What stands behind the address in its line. */
void resolv_reader_server_rest(struct resolv_reader *reader, const char *rest);
/* Say that this is no address. */
void resolv_reader_bad_server(struct resolv_reader *reader, const char *text);
/* Fill in the default when no server was usable. */
void resolv_reader_default_server(struct resolv_reader *reader, const char *text);

/* A search or domain line begins: the one before is forgotten. */
void resolv_reader_search_reset(struct resolv_reader *reader);
void resolv_reader_search(struct resolv_reader *reader, const char *domain, size_t len);
/* The host name's domain, when there is one and nothing else is searched. */
void resolv_reader_search_hostname(struct resolv_reader *reader,
                                   const struct resolv_environment *environment);

void resolv_reader_option(struct resolv_reader *reader, const char *name);
/* What stands glued behind the number of the option `word`, where reading the number stopped. */
void resolv_reader_number_rest(struct resolv_reader *reader, const char *word, const char *rest);
/* An option that this resolver does not know. */
void resolv_reader_unknown_option(struct resolv_reader *reader, const char *word);

/* A line that no rule of this resolver matched: say why, if it is neither blank nor a comment. */
void resolv_reader_unknown_line(struct resolv_reader *reader, const char *text);

/* Whether dotted numbers such as "1.2.5" are `wanted` or more; what cannot be read is less. */
bool resolv_version_is_at_least(const char *version, const unsigned long wanted[3]);

/* The last remarks. */
void resolv_reader_fini(struct resolv_reader *reader);

#endif
