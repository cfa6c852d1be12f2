/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: record_intervals INTERVAL.json FOLDER KEEP WORD|- FIRST
 *
 * A recorder without its ten seconds: it writes the interval once for each byte of standard input, numbered
 * by facts.elapsed_ms from FIRST on, and says "N ok" of each that is written and "N dropped" of each that is
 * not.
 */
#include <jansson.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/recorder/interval_facts.h>
#include <k8sdns/source/recorder/recorder.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const struct err *err)
{
    fprintf(stderr, "record_intervals: %s\n", err->text);
    return 1;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct recorder_options options = {0};
    struct interval_facts interval;
    struct recorder *recorder;
    struct err err = {0};
    uint64_t number;
    json_t *json;
    char byte;

    if (argc != 6)
        return 64;
    json = json_load_file(argv[1], 0, NULL);
    options.folder = argv[2];
    options.redact = strcmp(argv[4], "-") == 0 ? NULL : argv[4];
    if (!json || interval_from_json(arena, json, INTERVAL_WHOLE, &interval, &err) < 0 ||
        recorder_keep_parse(argv[3], &options, &err) < 0 ||
        number_parse(argv[5], 0, UINT32_MAX, &number, &err) < 0 ||
        recorder_open(&options, &recorder, &err) < 0)
        return fail(&err);
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        char line[64];
        int len;

        interval.facts->elapsed_ms = (double)number;
        len = snprintf(line, sizeof(line), "%llu %s\n", (unsigned long long)number,
                       recorder_add(recorder, &interval, &err) == 0 ? "ok" : "dropped");
        if (write(STDOUT_FILENO, line, (size_t)len) != len)
            return 1;
        number++;
    }
    recorder_close(recorder);
    json_decref(json);
    arena_free(arena);
    return 0;
}
