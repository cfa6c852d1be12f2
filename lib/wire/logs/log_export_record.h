/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_EXPORT_RECORD_H
#define K8SDNS_WIRE_LOG_EXPORT_RECORD_H

#include <k8sdns/wire/logs/log_export.h>

/* What JSON and CSV have in common, and what one file offers the other; private to log_export*.c. */

#define EXPORT_KEY sizeof(((struct log_export_frame *)0)->key)

/* A name without case, marks and what is in brackets: "TimeGenerated [UTC]" is "timegenerated". */
void export_normal_key(char key[EXPORT_KEY], const char *name, size_t len);

/* Lists of {"key": NAME, "value": VALUE} within a record. */
bool export_is_list_of_pairs(const char *key);

/* Lists of strings that are lines of a log; "" is one that stands in nothing. */
bool export_is_list_of_lines(const char *key);

void export_record_begin(struct log_export *log_export);
/* End the innermost record. Return whether it has a line; what it lacks those around it may have. */
bool export_record_end(struct log_export *log_export, struct log_exported *ret_exported);

/* A value of the innermost record, by the normal name of its member, and of that which the member's object
 * is. */
void export_take_member(struct log_export *log_export, const char *key, const char *parent, const char *value,
                        size_t len);

/* The next column's name; false when it is that of no field. */
bool export_add_column(struct log_export *log_export, const char *name, size_t len);
/* A value by its place in a row; without columns a row is a time and a line. */
void export_take_column(struct log_export *log_export, size_t column, const char *value, size_t len);

/* CSV: whether a line is a header, and the rows after it; as log_export_begins() and log_export_next(). */
bool export_csv_begins(struct log_export *log_export, const char *text, size_t len);
bool export_csv_next(struct log_export *log_export, const char **at, const char *end,
                     struct log_exported *ret_exported);

/* YAML: the same, and the record that the end of the input ends. */
bool export_yaml_begins(struct log_export *log_export, const char *text, size_t len);
bool export_yaml_next(struct log_export *log_export, const char **at, const char *end,
                      struct log_exported *ret_exported);
bool export_yaml_end(struct log_export *log_export, struct log_exported *ret_exported);

#endif
