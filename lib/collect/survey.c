/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/survey.h>
#include <k8sdns/model/cluster/gap_words.h>

void survey_unobserved(struct survey *survey, enum gap gap, const char *why)
{
    survey_unobserved_as(survey, gap, NULL, why, NULL);
}

void survey_unobserved_as(struct survey *survey, enum gap gap, const char *what, const char *why,
                          const char *how)
{
    *ARENA_PUSH(survey->arena, survey->unobserved, survey->unobserved_count) =
        (struct unobserved){(int)gap, what ? what : gap_words_what(survey->arena, survey->dns, gap), why,
                            how ? how : gap_words_how(survey->arena, survey->host, survey->dns, gap)};
}

/* So many are named. */
#define LEFT_OUT_NAMED 3

void left_out_add(struct left_out *left, const struct address *where)
{
    char text[ADDRESS_TEXT];

    if (left->count++ < LEFT_OUT_NAMED)
        text_addf(&left->names, "%s%s", left->names.len ? ", " : "",
                  address_format(where, text, sizeof(text)));
}

void left_out_tell(struct survey *survey, struct left_out *left, size_t most)
{
    if (left->count)
        survey_unobserved_as(
            survey, GAP_ALL_ANSWERS, "answers of all servers",
            arena_printf(survey->arena, "%zu more than %zu are known, the most at once: %s%s", left->count,
                         most, text_string(&left->names), left->count > LEFT_OUT_NAMED ? ", ..." : ""),
            "name those that matter with --no-discovery --replica");
    text_fini(&left->names);
    *left = (struct left_out){0};
}
