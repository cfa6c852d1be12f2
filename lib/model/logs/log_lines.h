/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_LINES_H
#define K8SDNS_MODEL_LOG_LINES_H

#include <k8sdns/model/logs/log_stream.h>

/* log_stream_take(), log_stream_more() and log_stream_end() for lines that are whole; see log_wrapped.c. */
bool log_lines_take(struct log_stream *stream, const char *name, char *text, size_t len,
                    struct log_entry *ret_entry);
bool log_lines_more(struct log_stream *stream, struct log_entry *ret_entry);
bool log_lines_end(struct log_stream *stream, struct log_entry *ret_entry);

#endif
