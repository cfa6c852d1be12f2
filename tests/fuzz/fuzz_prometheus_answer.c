/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/metrics/prometheus_answer.h>
#include <stdlib.h>
#include <string.h>

struct sum {
    uint64_t rows, mix;
};

static void mix(struct sum *sum, uint64_t value)
{
    sum->mix = (sum->mix ^ value) * UINT64_C(0x100000001b3);
}

static void take(void *user, const struct prometheus_row *row)
{
    struct sum *sum = user;
    uint64_t bits;

    sum->rows++;
    for (size_t i = 0; i < row->labels_count; i++) {
        for (size_t k = 0; k < row->labels[i].name_len; k++)
            mix(sum, (unsigned char)row->labels[i].name[k]);
        for (size_t k = 0; k < row->labels[i].value_len; k++)
            mix(sum, (unsigned char)row->labels[i].value[k]);
    }
    if (row->points_count > PROMETHEUS_POINTS_MAX || row->labels_count > PROMETHEUS_ROW_LABELS_MAX)
        abort();
    for (size_t i = 0; i < row->points_count; i++) {
        memcpy(&bits, &row->values[i], sizeof(bits));
        mix(sum, bits);
    }
}

static int read_pieces(const uint8_t *bytes, size_t len, size_t piece, struct prometheus_answer *answer,
                       struct sum *sum)
{
    int r = 0;

    prometheus_answer_init(answer, take, sum);
    for (size_t at = 0; at < len && r == 0; at += piece)
        r = prometheus_answer_feed(answer, (const char *)bytes + at, len - at < piece ? len - at : piece,
                                   NULL);
    r = r == 0 ? prometheus_answer_end(answer, NULL) : r;
    if (answer->rows != sum->rows)
        abort();
    return r;
}

/* The same rows and words come out in whichever pieces it is read. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct prometheus_answer *whole = malloc(sizeof(*whole)), *pieces = malloc(sizeof(*pieces));
    struct sum of_whole = {0}, of_pieces = {0};
    int r = read_pieces(bytes, len, len + 1, whole, &of_whole);

    if (read_pieces(bytes, len, 1 + len / 7, pieces, &of_pieces) != r || of_pieces.rows != of_whole.rows ||
        of_pieces.mix != of_whole.mix || strcmp(whole->error, pieces->error) != 0 ||
        strcmp(whole->status, pieces->status) != 0 || whole->warnings_count != pieces->warnings_count ||
        whole->partial != pieces->partial)
        abort();
    free(whole);
    free(pieces);
    return 0;
}
