/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/probe/decode_facts.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/probe/decode_text.h>
#include <string.h>

static void print_origin(const struct decoded_message *m, size_t number, size_t count,
                         struct printer *printer)
{
    printer_addf(printer, ";; ");
    if (count > 1)
        printer_addf(printer, "message %zu of %zu, ", number, count);
    printer_addf(printer, "%" PRIu64 " byte%s, from %s", m->length, m->length == 1 ? "" : "s",
                 message_form_names[m->form]);
    if (m->line != SHAPE_UNSET)
        printer_addf(printer, " at %s %" PRIu64, m->form == OCTETS_CAPTURE ? "packet" : "line", m->line);
    if (m->packet)
        printer_addf(printer, ", in %s", m->packet);
    printer_addf(printer, "%s\n", m->tcp_prefix ? ", behind its TCP length" : "");
}

static void print_header(const struct decoded_message *m, struct printer *printer)
{
    printer_addf(printer, ";; %s %s, ", m->qr ? "response" : "query", m->opcode_name);
    printer_style(printer, m->rcode ? STYLE_ODD : STYLE_PLAIN, m->rcode_name);
    printer_addf(printer, ", id %" PRIu64 ", flags%s%s%s%s%s%s%s%s\n", m->id, m->qr ? " qr" : "",
                 m->aa ? " aa" : "", m->tc ? " tc" : "", m->rd ? " rd" : "", m->ra ? " ra" : "",
                 m->ad ? " ad" : "", m->cd ? " cd" : "",
                 m->qr || m->aa || m->tc || m->rd || m->ra || m->ad || m->cd ? "" : " none");
    printer_addf(printer,
                 ";; the header counts %" PRIu64 " question, %" PRIu64 " answer, %" PRIu64
                 " authority, %" PRIu64 " additional\n",
                 m->qdcount, m->ancount, m->nscount, m->arcount);
}

static void print_edns(const struct edns_facts *edns, struct printer *printer)
{
    printer_addf(printer, ";; EDNS version %" PRIu64 ", udp %" PRIu64 "%s\n", edns->version, edns->udp_size,
                 edns->dnssec_ok ? ", do" : "");
    if (edns->nsid)
        printer_addf(printer, ";;   NSID %s\n", edns->nsid);
    if (edns->ede_code != SHAPE_UNSET)
        printer_addf(printer, ";;   extended error %" PRIu64 " %s\n", edns->ede_code,
                     edns->ede_text ? edns->ede_text : "");
    for (size_t i = 0; i < edns->options_count; i++)
        printer_addf(printer, ";;   option %" PRIu64 " %s\n", edns->options[i].code,
                     *edns->options[i].hex ? edns->options[i].hex : "(empty)");
}

static void print_rrs(const char *title, const struct rr_facts *rrs, size_t count, struct printer *printer)
{
    bool titled = false;

    for (size_t i = 0; i < count; i++) {
        const struct rr_facts *rr = &rrs[i];

        if (rr->type == 41) /* OPT, which has its own lines */
            continue;
        if (!titled)
            printer_addf(printer, "\n;; %s\n", title);
        titled = true;
        printer_addf(printer, "%s  %" PRIu64 "  %s  %s  ", rr->name, rr->ttl, rr->class_name, rr->type_name);
        if (rr->rdata.text)
            printer_addf(printer, "%s\n", rr->rdata.text);
        else
            printer_addf(printer, "\\# %" PRIu64 " %s\n", rr->rdlength, rr->rdata_hex);
    }
}

static void print_message(const struct decoded_message *m, struct printer *printer)
{
    bool headless = m->damage && m->length < 12;

    if (!headless) {
        print_header(m, printer);
        if (m->edns)
            print_edns(m->edns, printer);
        if (m->questions_count)
            printer_addf(printer, "\n;; QUESTION\n");
        for (size_t i = 0; i < m->questions_count; i++)
            printer_addf(printer, ";%s  %s  %s\n", m->questions[i].name, m->questions[i].class_name,
                         m->questions[i].type_name);
        print_rrs("ANSWER", m->answers, m->answers_count, printer);
        print_rrs("AUTHORITY", m->authorities, m->authorities_count, printer);
        print_rrs("ADDITIONAL", m->additionals, m->additionals_count, printer);
    }
    if (m->damage) {
        printer_style(printer, STYLE_BAD, ";; DAMAGED");
        printer_addf(printer, " at byte %" PRIu64 ": %s\n", m->damage->offset, m->damage->reason);
    }
    if (m->trailing)
        printer_addf(printer, ";; %" PRIu64 " byte%s behind the last record\n", m->trailing,
                     m->trailing == 1 ? "" : "s");
    if (m->remark)
        printer_addf(printer, ";; the text it came in is damaged: %s\n", m->remark);
}

/* Without -v so many exchanges are shown, those that went wrong or slowly first. */
#define EXCHANGES_SHOWN 20
/* Slower than a second is a retry or an upstream. */
#define SLOW_US 1000000

static bool went_wrong(const struct packet_exchange *e)
{
    return e->result != EXCHANGE_ANSWERED || e->tries > 1 || e->truncated ||
           (e->rcode && strcmp(e->rcode, "NOERROR") != 0 && strcmp(e->rcode, "NXDOMAIN") != 0) ||
           (e->latency_us != SHAPE_UNSET && e->latency_us >= SLOW_US);
}

static void add_exchange(struct table *table, const struct packet_exchange *e)
{
    char time[DURATION_TEXT];

    table_row(table);
    table_cell(table, STYLE_PLAIN, e->time ? e->time : "-");
    table_cell(table, STYLE_PLAIN, e->client);
    table_cell(table, STYLE_PLAIN, e->server);
    table_cellf(table, STYLE_PLAIN, "%s", e->transport);
    table_cellf(table, STYLE_PLAIN, "%s %s", e->name ? e->name : "(no query)", e->type ? e->type : "");
    table_cell(table, e->result == EXCHANGE_ANSWERED ? STYLE_PLAIN : STYLE_BAD,
               e->rcode ? e->rcode : exchange_result_names[e->result]);
    table_cellf(table, e->tries > 1 ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, e->tries);
    if (e->latency_us == SHAPE_UNSET)
        table_cell(table, STYLE_PLAIN, "-");
    else
        table_cell(table, STYLE_PLAIN, duration_format_us(time, sizeof(time), e->latency_us));
}

static void print_exchanges(const struct packet_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "TIME"},
                                                  {.heading = "CLIENT"},
                                                  {.heading = "SERVER"},
                                                  {.heading = ""},
                                                  {.heading = "QUERY"},
                                                  {.heading = "RESULT"},
                                                  {.heading = "TRIES", .right = true},
                                                  {.heading = "LATENCY", .right = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = 0, most = printer->verbosity > 0 ? facts->exchanges_count : EXCHANGES_SHOWN;

    for (int wrong = 1; wrong >= 0; wrong--)
        for (size_t i = 0; i < facts->exchanges_count && shown < most; i++)
            if (went_wrong(&facts->exchanges[i]) == wrong) {
                add_exchange(table, &facts->exchanges[i]);
                shown++;
            }
    table_print(table, printer, 0);
    if (shown < facts->queries + facts->lone)
        printer_addf(printer, "and %" PRIu64 " more; -v shows %zu\n", facts->queries + facts->lone - shown,
                     facts->exchanges_count);
}

static void print_capture(const struct packet_facts *facts, struct printer *printer, struct arena *arena)
{
    char p50[DURATION_TEXT], p99[DURATION_TEXT], max[DURATION_TEXT];

    printer_paragraph(printer, "",
                      "%" PRIu64 " packets, %" PRIu64 " DNS messages, %" PRIu64 " queries: %" PRIu64
                      " answered, %" PRIu64 " without an answer for 5 s, %" PRIu64
                      " open when the capture ended, "
                      "%" PRIu64 " sent more than once",
                      facts->packets, facts->dns_messages, facts->queries, facts->answered, facts->unanswered,
                      facts->unfinished, facts->retried);
    if (facts->p50_us != SHAPE_UNSET)
        printer_addf(printer, "latency: p50 %s, p99 %s, max %s\n",
                     duration_format_us(p50, sizeof(p50), facts->p50_us),
                     duration_format_us(p99, sizeof(p99), facts->p99_us),
                     duration_format_us(max, sizeof(max), facts->max_us));
    for (size_t i = 0; i < facts->rcodes_count; i++)
        printer_addf(printer, "%s%s %" PRIu64 "%s", i ? ", " : "answers: ", facts->rcodes[i].name,
                     facts->rcodes[i].count, i + 1 == facts->rcodes_count ? "\n" : "");
    if (facts->lone)
        printer_addf(printer, "%" PRIu64 " answers without their query\n", facts->lone);
    if (facts->fragmented || facts->fragments_lost)
        printer_addf(printer,
                     "%" PRIu64 " datagrams put together from fragments, %" PRIu64 " lack a fragment\n",
                     facts->fragmented, facts->fragments_lost);
    if (facts->stream_gaps)
        printer_addf(printer, "%" PRIu64 " gaps in TCP streams\n", facts->stream_gaps);
    if (facts->cut)
        printer_addf(printer, "%" PRIu64 " packets are cut short: capture with tcpdump -s 0\n", facts->cut);
    if (facts->damaged)
        printer_addf(printer, "%" PRIu64 " messages cannot be read\n", facts->damaged);
    if (facts->damage)
        printer_addf(printer, "the file is not whole: %s\n", facts->damage);
    if (facts->queries + facts->lone && printer->verbosity >= 0) {
        printer_addf(printer, "\n");
        print_exchanges(facts, printer, arena);
    }
}

void decode_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct decode_facts *facts = data;

    if (facts->packets)
        print_capture(facts->packets, printer, arena);
    if (facts->packets && printer->verbosity <= 0)
        return;
    if (facts->packets && facts->messages_count)
        printer_addf(printer, "\n");
    for (size_t i = 0; i < facts->messages_count; i++) {
        if (i)
            printer_addf(printer, "\n");
        print_origin(&facts->messages[i], i + 1, facts->messages_count, printer);
        print_message(&facts->messages[i], printer);
    }
    if (facts->lines_skipped && printer->verbosity >= 0)
        printer_addf(printer, "\n;; %" PRIu64 " other lines of the input were passed over\n",
                     facts->lines_skipped);
}
