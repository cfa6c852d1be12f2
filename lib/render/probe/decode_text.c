/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/model/decode_facts.h>
#include <k8sdns/render/decode_text.h>

static void print_origin(const struct decoded_message *m, size_t number, size_t count, struct page *page)
{
    page_addf(page, ";; ");
    if (count > 1)
        page_addf(page, "message %zu of %zu, ", number, count);
    page_addf(page, "%" PRIu64 " bytes, from %s", m->length, octet_form_words[m->form]);
    if (m->line != SHAPE_UNSET)
        page_addf(page, " at line %" PRIu64, m->line);
    page_addf(page, "%s\n", m->tcp_prefix ? ", behind its TCP length" : "");
}

static void print_header(const struct decoded_message *m, struct page *page)
{
    page_addf(page, ";; %s %s, ", m->qr ? "response" : "query", m->opcode_name);
    page_paint(page, m->rcode ? PAINT_ODD : PAINT_PLAIN, m->rcode_name);
    page_addf(page, ", id %" PRIu64 ", flags%s%s%s%s%s%s%s%s\n", m->id, m->qr ? " qr" : "",
              m->aa ? " aa" : "", m->tc ? " tc" : "", m->rd ? " rd" : "", m->ra ? " ra" : "",
              m->ad ? " ad" : "", m->cd ? " cd" : "",
              m->qr || m->aa || m->tc || m->rd || m->ra || m->ad || m->cd ? "" : " none");
    page_addf(page,
              ";; the header counts %" PRIu64 " question, %" PRIu64 " answer, %" PRIu64 " authority, %" PRIu64
              " additional\n",
              m->qdcount, m->ancount, m->nscount, m->arcount);
}

static void print_edns(const struct edns_facts *edns, struct page *page)
{
    page_addf(page, ";; EDNS version %" PRIu64 ", udp %" PRIu64 "%s\n", edns->version, edns->udp_size,
              edns->dnssec_ok ? ", do" : "");
    if (edns->nsid)
        page_addf(page, ";;   NSID %s\n", edns->nsid);
    if (edns->ede_code != SHAPE_UNSET)
        page_addf(page, ";;   extended error %" PRIu64 " %s\n", edns->ede_code,
                  edns->ede_text ? edns->ede_text : "");
    for (size_t i = 0; i < edns->options_count; i++)
        page_addf(page, ";;   option %" PRIu64 " %s\n", edns->options[i].code,
                  *edns->options[i].hex ? edns->options[i].hex : "(empty)");
}

static void print_rrs(const char *title, const struct rr_facts *rrs, size_t count, struct page *page)
{
    bool titled = false;

    for (size_t i = 0; i < count; i++) {
        const struct rr_facts *rr = &rrs[i];

        if (rr->type == 41) /* OPT, which has its own lines */
            continue;
        if (!titled)
            page_addf(page, "\n;; %s\n", title);
        titled = true;
        page_addf(page, "%s  %" PRIu64 "  %s  %s  ", rr->name, rr->ttl, rr->class_name, rr->type_name);
        if (rr->rdata.text)
            page_addf(page, "%s\n", rr->rdata.text);
        else
            page_addf(page, "\\# %" PRIu64 " %s\n", rr->rdlength, rr->rdata_hex);
    }
}

static void print_message(const struct decoded_message *m, struct page *page)
{
    bool headless = m->damage && m->length < 12;

    if (!headless) {
        print_header(m, page);
        if (m->edns)
            print_edns(m->edns, page);
        if (m->questions_count)
            page_addf(page, "\n;; QUESTION\n");
        for (size_t i = 0; i < m->questions_count; i++)
            page_addf(page, ";%s  %s  %s\n", m->questions[i].name, m->questions[i].class_name,
                      m->questions[i].type_name);
        print_rrs("ANSWER", m->answers, m->answers_count, page);
        print_rrs("AUTHORITY", m->authorities, m->authorities_count, page);
        print_rrs("ADDITIONAL", m->additionals, m->additionals_count, page);
    }
    if (m->damage) {
        page_paint(page, PAINT_BAD, ";; DAMAGED");
        page_addf(page, " at byte %" PRIu64 ": %s\n", m->damage->offset, m->damage->reason);
    }
    if (m->trailing)
        page_addf(page, ";; %" PRIu64 " bytes follow the last record\n", m->trailing);
    if (m->remark)
        page_addf(page, ";; the text it came in is damaged: %s\n", m->remark);
}

void decode_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct decode_facts *facts = data;

    (void)arena;
    for (size_t i = 0; i < facts->messages_count; i++) {
        if (i)
            page_addf(page, "\n");
        print_origin(&facts->messages[i], i + 1, facts->messages_count, page);
        print_message(&facts->messages[i], page);
    }
    if (facts->lines_skipped && page->verbosity >= 0)
        page_addf(page, "\n;; %" PRIu64 " other lines of the input were passed over\n", facts->lines_skipped);
}
