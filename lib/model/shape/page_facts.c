/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/page_facts.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_TEXT(struct page_facts, text, "text", "what is printed without --json"),
};
const struct shape page_facts_shape = SHAPE(struct page_facts, fields, "page");
