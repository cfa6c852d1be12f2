/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PAGE_FACTS_H
#define K8SDNS_MODEL_PAGE_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* `data` of the commands that print a page of text and observe nothing: help, completion, schema. */
struct page_facts {
    const char *text;
};
extern const struct shape page_facts_shape;

#endif
