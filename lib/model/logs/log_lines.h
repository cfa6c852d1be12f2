/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_LINES_H
#define K8SDNS_MODEL_LOG_LINES_H

#include <k8sdns/model/logs/log_stream.h>

/* log_stream_take(), log_stream_more() and log_stream_end() for lines that are whole; see log_wrapped.c. */
bool log_lines_take(struct log_stream *stream, const char *name, char *text, size_t len,
                    struct log_entry *ret_entry);
bool log_lines_more(struct log_stream *stream, struct log_entry *ret_entry);
bool log_lines_end(struct log_stream *stream, struct log_entry *ret_entry);

/* Put a piece behind those before it. Return whether the line is whole now, which then is in its payload. */
bool log_held_join(struct log_stream *s, struct log_source *source, struct container_line *line);
/* Keep a line of hex. Return whether it ends a block, which is in source->hex until the next line. */
bool log_held_hex(struct log_stream *s, struct log_source *source, struct log_word text);
/* With the next line. */
void log_held_give_back(struct log_stream *s);

#endif
