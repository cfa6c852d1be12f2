/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_GUESS_H
#define K8SDNS_WIRE_LOG_GUESS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/wire/logs/container_line.h>

/*
 * The template of a log whose queries have a format of their own, from some of its lines: words that are a
 * response code, a duration, a name with its dot, an address, a type, a class, a protocol or flags are told
 * by their look; others are fixed text where all lines have the same, and {any} where not.
 */
#define LOG_GUESS_LINES 16
#define LOG_GUESS_TEXT  512
/* So many lines that agree are no chance. */
#define LOG_GUESS_SURE 5

struct log_guess {
    char lines[LOG_GUESS_LINES][LOG_GUESS_TEXT];
    size_t lens[LOG_GUESS_LINES];
    size_t count;
};

/* Keep a line, without its level, that is of no known form; as long as there is room, and when it may be a
 * query at all. */
void log_guess_add(struct log_guess *guess, struct log_word line);

/*
 * The template that fits all of the lines, as --format takes it; NULL when there is none with a name, a
 * response code and a duration, each once. `ret_sure`: so many lines agree that it needs no second look.
 */
const char *log_guess_template(const struct log_guess *guess, struct arena *arena, bool *ret_sure);

#endif
