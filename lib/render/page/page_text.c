/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/page_facts.h>
#include <k8sdns/render/page/page_text.h>

void page_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct page_facts *facts = data;

    (void)arena;
    text_add(printer->out, facts->text);
}
