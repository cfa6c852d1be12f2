/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/logs/log_record.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A log that is read line by line, and what is counted of it. */
struct log {
    struct arena *arena;
    struct log_stream stream;
    struct log_record record;
    struct log_entry entry;
};

static struct log *log_begin(struct arena *arena, const struct log_record_options *options)
{
    struct log *log = ARENA_NEW(arena, struct log);

    log->arena = arena;
    log_stream_init(&log->stream, arena, NULL);
    log_record_init(&log->record, arena, options);
    return log;
}

static const struct log_record_options usual = {.slow_ns = LOG_SLOW_NS, .unanswered_ns = LOG_UNANSWERED_NS};

static int log_add(struct log *log, const char *text)
{
    char *line = arena_text(log->arena, text);

    assert_true(log_stream_take(&log->stream, NULL, line, strlen(line), &log->entry));
    return log_record_add(&log->record, &log->entry);
}

static struct logs_facts *log_end(struct log *log)
{
    struct logs_facts *facts = ARENA_NEW(log->arena, struct logs_facts);

    log_record_facts(&log->record, &log->stream, log->arena, facts);
    log_stream_fini(&log->stream);
    return facts;
}

static struct logs_facts *log_of(struct arena *arena, const char *const *lines)
{
    struct log *log = log_begin(arena, &usual);

    for (; *lines; lines++)
        (void)log_add(log, *lines);
    return log_end(log);
}

/* ---- what a line says ---- */

static void test_what_errors_lines_say(void **state)
{
    static const struct {
        const char *text;
        int kind;
    } rows[] = {
        {"read udp 10.0.0.2:1->10.0.0.1:53: i/o timeout", LOG_UPSTREAM_TIMEOUT},
        {"unreachable backend: read udp 10.0.0.2:1->10.0.0.1:53: i/o timeout", LOG_UPSTREAM_TIMEOUT},
        {"rpc error: code = DeadlineExceeded desc = x", LOG_UPSTREAM_TIMEOUT},
        {"context deadline exceeded", LOG_UPSTREAM_TIMEOUT},
        {"dial tcp 10.0.0.1:53: connect: connection refused", LOG_UPSTREAM_REFUSED},
        {"dial tcp 10.0.0.1:53: connect: no route to host", LOG_UPSTREAM_UNREACHABLE},
        {"dial udp [2001:db8::1]:53: connect: network is unreachable", LOG_UPSTREAM_UNREACHABLE},
        {"unreachable backend: no upstream host", LOG_UPSTREAM_UNREACHABLE},
        {"no healthy proxies", LOG_UPSTREAM_UNREACHABLE},
        {"read tcp 10.0.0.2:1->10.0.0.1:53: read: connection reset by peer", LOG_UPSTREAM_CLOSED},
        {"EOF", LOG_UPSTREAM_CLOSED},
        {"tls: failed to verify certificate: x509: certificate is valid for a.example, not b.example",
         LOG_UPSTREAM_TLS},
        {"tls: first record does not look like a TLS handshake", LOG_UPSTREAM_TLS},
        {"dns: overflowing header size", LOG_UPSTREAM_OVERSIZE},
        {"dns: overflow unpacking uint16", LOG_UPSTREAM_OVERSIZE},
        {"dns: bad rdata", LOG_UPSTREAM_MALFORMED},
        {"dial udp [fe80::1%eth0]:53: connect: invalid argument", LOG_UPSTREAM_ADDRESS},
        {"dial udp [2001:db8::53]:53: connect: cannot assign requested address", LOG_UPSTREAM_ADDRESS},
        {"dial udp: lookup dns.example on 10.0.0.1:53: no such host", LOG_UPSTREAM_ADDRESS},
        {"dial udp 10.0.0.1:53: socket: too many open files", LOG_LOCAL_LIMIT},
        {"dial tcp 10.0.0.1:53: connect: cannot assign requested address", LOG_LOCAL_LIMIT},
        {"write udp 10.0.0.2:1->10.0.0.1:53: write: operation not permitted", LOG_LOCAL_FILTERED},
        {"plugin/forward: no next plugin found", LOG_NO_PLUGIN},
        {"concurrent queries exceeded maximum 2", LOG_RATE_LIMITED},
        {"something else", LOG_ERRORS_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const forms[] = {
            "[ERROR] plugin/errors: 2 a.example. A: ", "[ERROR] 2 a.example. A: ",
            "2018/11/21 06:48:51 [ERROR] 2 a.example. A: ", "[ERROR 2 a.example. A] "};

        for (size_t k = 0; k < COUNT(forms); k++) {
            const char *lines[] = {arena_printf(*state, "%s%s", forms[k], rows[i].text), NULL};
            struct logs_facts *facts = log_of(*state, lines);

            if (facts->events_count != 1 || facts->events[0].kind != rows[i].kind)
                fail_msg("%s is not %s", lines[0], log_event_kind_names[rows[i].kind]);
            assert_int_equal(facts->lines.error, 1);
        }
    }
}

static void test_routes(void **state)
{
    static const struct {
        const char *text, *from, *to;
        bool to_itself;
    } rows[] = {
        {"read udp 10.0.0.2:40->10.0.0.1:53: i/o timeout", "10.0.0.2:40", "10.0.0.1:53", false},
        {"read udp 10.0.0.2:40->10.0.0.2:53: i/o timeout", "10.0.0.2:40", "10.0.0.2:53", true},
        {"read udp 10.0.0.2:40->10.0.0.21:53: i/o timeout", "10.0.0.2:40", "10.0.0.21:53", false},
        {"read udp [fd00::1]:40->[fd00::1]:53: i/o timeout", "[fd00::1]:40", "[fd00::1]:53", true},
        {"dial tcp 10.0.0.1:53: i/o timeout", NULL, "10.0.0.1:53", false},
        {"EOF", NULL, NULL, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *lines[] = {arena_printf(*state, "[ERROR] plugin/errors: 2 a. A: %s", rows[i].text), NULL};
        const struct log_event_facts *event = &log_of(*state, lines)->events[0];

        assert_int_equal(event->to_itself, rows[i].to_itself);
        if (rows[i].from)
            assert_string_equal(event->local, rows[i].from);
        else
            assert_null(event->local);
        if (rows[i].to)
            assert_string_equal(event->subject, rows[i].to);
        else
            assert_null(event->subject);
    }
}

static void test_whose_names_fail(void **state)
{
    static const char *const lines[] = {
        "[ERROR] plugin/errors: 2 1234.5678. HINFO: read udp 10.0.0.2:40->10.0.0.1:53: i/o timeout",
        "[ERROR] plugin/errors: 2 a.svc.cluster.local. A: read udp 10.0.0.2:40->10.0.0.1:53: i/o timeout",
        "[ERROR] plugin/errors: 2 a.example. A: read udp 10.0.0.2:40->10.0.0.1:53: i/o timeout",
        "[ERROR] plugin/errors: 2 a.example. A: read udp 10.0.0.2:40->10.0.0.3:53: i/o timeout", NULL};
    struct logs_facts *facts = log_of(*state, lines);

    assert_int_equal(facts->events_count, 2);
    assert_int_equal(facts->events[0].count, 3);
    assert_int_equal(facts->events[0].probes, 1);
    assert_int_equal(facts->events[0].cluster_names, 1);
}

static void test_consolidated_errors_count_many(void **state)
{
    static const char *const lines[] = {"[ERROR] plugin/errors: 2 a. A: EOF",
                                        "[ERROR] plugin/errors: 5 errors like 'EOF' occurred in last 5s",
                                        "[ERROR] plugin/errors: 7 errors like 'EOF' occurred in last 5s",
                                        NULL};

    /* The first of the five stands alone before them. */
    assert_int_equal(logs_facts_events(log_of(*state, lines), LOG_UPSTREAM_CLOSED), 12);
}

/* ---- what holds at the end ---- */

#define AT(clock, text) "2026-01-31T12:" clock "Z " text
#define WAITS           "[INFO] plugin/ready: Still waiting on: \"kubernetes\""
#define REFUSES         "[ERROR] plugin/reload: Corefile changed but reload failed: x"
#define FAILS           "Corefile:3 - Error during parsing: x"
#define ANSWERS         "[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 0.1s"
#define PROBES          "[INFO] 10.0.0.1:53 - 7 \"HINFO IN 12.34. udp 1 false 512\" NXDOMAIN qr 12 0.1s"
#define ERRS            "[ERROR] plugin/errors: 2 a. A: EOF"
#define PROBE_ERRS      "[ERROR] plugin/errors: 2 12.34. HINFO: EOF"
#define CANNOT_SET_UP   "[ERROR] Error checking/adding iptables rule x"

static void test_states(void **state)
{
    static const struct {
        const char *lines[5];
        int kind; /* -1: none holds */
        uint64_t count;
    } rows[] = {
        {{WAITS, WAITS}, LOG_NOT_READY, 2},
        {{WAITS, "[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server"},
         LOG_NOT_READY,
         2},
        {{WAITS, ANSWERS}, -1, 0},
        {{ANSWERS, WAITS}, LOG_NOT_READY, 1},
        {{WAITS, PROBES}, LOG_NOT_READY, 1},
        {{WAITS, ERRS}, -1, 0},
        {{WAITS, PROBE_ERRS}, LOG_NOT_READY, 1},
        {{WAITS, "CoreDNS-1.14.7"}, -1, 0},
        {{WAITS, ".:53"}, LOG_NOT_READY, 1},
        {{REFUSES, REFUSES}, LOG_RELOAD_FAILED, 2},
        {{REFUSES, ANSWERS}, LOG_RELOAD_FAILED, 1},
        {{REFUSES, "[INFO] Reloading complete"}, -1, 0},
        {{"[INFO] Reloading complete", REFUSES}, LOG_RELOAD_FAILED, 1},
        {{REFUSES, "CoreDNS-1.14.7"}, -1, 0},
        {{FAILS, FAILS}, LOG_START_FAILED, 2},
        {{FAILS, "CoreDNS-1.14.7"}, -1, 0},
        {{FAILS, ANSWERS}, -1, 0},
        {{CANNOT_SET_UP, ANSWERS}, LOG_SETUP_FAILED, 1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct logs_facts *facts = log_of(*state, rows[i].lines);

        assert_int_equal(facts->states_count, rows[i].kind >= 0);
        if (rows[i].kind < 0)
            continue;
        assert_int_equal(facts->states[0].kind, rows[i].kind);
        assert_int_equal(facts->states[0].count, rows[i].count);
    }
}

static void test_how_long_a_state_lasts(void **state)
{
    static const char *const timed[] = {AT("00:00", WAITS), AT("00:10", WAITS),
                                        AT("00:25", "[INFO] Reloading"), NULL};
    static const char *const untimed[] = {WAITS, NULL};
    const struct log_state_facts *s = &log_of(*state, timed)->states[0];

    assert_true(s->lasts_s == 25 && s->quiet_s == 15);
    assert_string_equal(s->first_time, "2026-01-31T12:00:00.000Z");
    assert_string_equal(s->last_time, "2026-01-31T12:00:10.000Z");
    assert_string_equal(s->text, WAITS);
    s = &log_of(*state, untimed)->states[0];
    assert_true(isnan(s->lasts_s) && isnan(s->quiet_s));
}

/* ---- panics ---- */

#define OBSERVED "E0625 06:27:00.891513       1 runtime.go:79] Observed a panic: \"x\" (x)"

static void test_panics_and_traces(void **state)
{
    static const struct {
        const char *lines[8];
        uint64_t panics, traces, unknown;
        const char *where;
        bool recovered;
    } rows[] = {
        {{OBSERVED, "goroutine 90 [running]:", "k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1, 0x2})",
          "\t/go/runtime.go:75 +0x99", "a.example/b.f()", "panic: x [recovered]", "\tpanic: x"},
         1,
         6,
         0,
         "a.example/b.f()",
         false},
        {{OBSERVED, "goroutine 90 [running]:", "a.example/b.f()"}, 1, 2, 0, "a.example/b.f()", true},
        {{"[ERROR] plugin/kubernetes: Observed a panic: x", "goroutine 9 [running]:", "panic: x"},
         1,
         2,
         0,
         NULL,
         false},
        {{"panic: x", "", "goroutine 9 [running]:", "main.main()", "exit status 2"},
         1,
         4,
         0,
         "main.main()",
         false},
        {{"panic: x", "panic: y"}, 2, 0, 0, NULL, false},
        {{"[ERROR] Recovered from panic in server: \"dns://:53\" x", "panic: x"}, 2, 0, 0, NULL, true},
        /* The log begins within a trace. */
        {{"goroutine 9 [running]:", "main.main()", "\t/a/b.go:12 +0x1"}, 0, 3, 0, NULL, false},
        {{"created by a.example/b.g in goroutine 1"}, 0, 1, 0, NULL, false},
        {{"main.main()"}, 0, 0, 1, NULL, false},
        {{"panic: x", "[INFO] Reloading", "main.main()"}, 1, 0, 1, NULL, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct logs_facts *facts = log_of(*state, rows[i].lines);

        assert_int_equal(facts->lines.panic, rows[i].panics);
        assert_int_equal(facts->panics_count, rows[i].panics);
        assert_int_equal(facts->lines.trace, rows[i].traces);
        assert_int_equal(facts->lines.unknown, rows[i].unknown);
        if (rows[i].panics)
            assert_int_equal(facts->panics[0].recovered, rows[i].recovered);
        if (rows[i].where)
            assert_string_equal(facts->panics[0].where, rows[i].where);
    }
}

/* ---- queries ---- */

static void test_slow_from_its_threshold_on(void **state)
{
    static const struct {
        const char *took;
        uint64_t slow;
        double ms;
    } rows[] = {{"0.099999999s", 0, 99.999999},
                {"0.1s", 1, 100},
                {"0.100000001s", 1, 100.000001},
                {"99.9ms", 0, 99.9},
                {"100ms", 1, 100},
                {"1m", 1, 60000},
                {"1h0m0.5s", 1, 3600500},
                {"100000us", 1, 100},
                {"99999\u00b5s", 0, 99.999},
                {"999ns", 0, 0.000999},
                {"1000000s", 1, 1e9}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *lines[] = {
            arena_printf(*state, "[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 %s",
                         rows[i].took),
            NULL};
        struct logs_facts *facts = log_of(*state, lines);

        assert_int_equal(facts->slow_total, rows[i].slow);
        assert_int_equal(facts->timed_queries, 1);
        assert_true(fabs(facts->latency_ms.max - rows[i].ms) < 1e-9);
    }
}

static void test_what_fails(void **state)
{
    static const struct {
        const char *answer;
        const char *rcode;
        uint64_t failed, made, wasted;
    } rows[] = {{"NOERROR qr 12", "NOERROR", 0, 0, 0},   {"NXDOMAIN qr 12", "NXDOMAIN", 0, 0, 1},
                {"SERVFAIL qr 12", "SERVFAIL", 1, 0, 0}, {"REFUSED qr 12", "REFUSED", 1, 0, 0},
                {"- - 0", "SERVFAIL", 1, 1, 0},          {"NOERROR - 0", "SERVFAIL", 1, 1, 0},
                {"NOERROR qr 0", "SERVFAIL", 1, 1, 0}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *lines[] = {
            arena_printf(*state,
                         "[INFO] 10.0.0.1:53 - 7 \"AAAA IN a.b.svc.cluster.local. udp 1 false "
                         "512\" %s 0.1s",
                         rows[i].answer),
            NULL};
        struct logs_facts *facts = log_of(*state, lines);

        assert_int_equal(logs_facts_rcode(facts, rows[i].rcode), 1);
        assert_int_equal(facts->sources[0].failed, rows[i].failed);
        assert_int_equal(facts->server_made, rows[i].made);
        assert_int_equal(facts->search_waste_total, rows[i].wasted);
        assert_int_equal(facts->cluster_queries, 1);
    }
}

/* Only A and AAAA under the cluster's domain are what a search list costs. */
static void test_what_is_wasted(void **state)
{
    static const struct {
        const char *question;
        uint64_t wasted, own;
    } rows[] = {{"A IN a.svc.cluster.local.", 1, 1},     {"AAAA IN a.cluster.local.", 1, 1},
                {"SRV IN a.svc.cluster.local.", 0, 1},   {"A IN a.example.", 0, 0},
                {"A IN a.xcluster.local.", 0, 0},        {"A IN cluster.local.", 0, 0},
                {"A IN a.cluster.local.example.", 0, 0}, {"PTR IN 1.0.0.10.in-addr.arpa.", 0, 0}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *lines[] = {
            arena_printf(*state, "[INFO] 10.0.0.1:53 - 7 \"%s udp 1 false 512\" NXDOMAIN qr 12 0.1s",
                         rows[i].question),
            NULL};
        struct logs_facts *facts = log_of(*state, lines);

        assert_int_equal(facts->search_waste_total, rows[i].wasted);
        assert_int_equal(facts->cluster_queries, rows[i].own);
    }
}

/* ---- received and not answered ---- */

#define DUMPED(clock) AT(clock, "10.0.0.1 - 7 A IN a. udp 53")
#define ANSWERED(clock, id) \
    AT(clock, "[INFO] 10.0.0.1:53 - " id " \"A IN a. udp 1 false 512\" NOERROR qr 12 0.1s")

static void test_unanswered_from_its_age_on(void **state)
{
    static const struct {
        const char *lines[4];
        uint64_t answered, unanswered, in_flight, ended;
    } rows[] = {
        {{DUMPED("00:00"), ANSWERED("00:00.1", "7")}, 1, 0, 0, 0},
        {{DUMPED("00:00"), ANSWERED("00:09.999", "8")}, 0, 0, 1, 0},
        {{DUMPED("00:00"), ANSWERED("00:10", "8")}, 0, 1, 0, 0},
        {{DUMPED("00:00"), ANSWERED("00:10.001", "8")}, 0, 1, 0, 0},
        {{DUMPED("00:00"), AT("00:01", "panic: x")}, 0, 0, 0, 1},
        {{DUMPED("00:00"), AT("00:01", "[FATAL] plugin/loop: x")}, 0, 0, 0, 1},
        {{DUMPED("00:00"), AT("00:01", "CoreDNS-1.14.7")}, 0, 0, 0, 1},
        {{DUMPED("00:00"), AT("00:01", "[ERROR] x")}, 0, 0, 1, 0},
        /* Without times an answer that took 10 s says that so much has passed. */
        {{"10.0.0.1 - 7 A IN a. udp 53", "10.0.0.1 - 8 A IN b. udp 53",
          "[INFO] 10.0.0.1:53 - 8 \"A IN b. udp 1 false 512\" NOERROR qr 12 9.9s"},
         1,
         0,
         1,
         0},
        {{"10.0.0.1 - 7 A IN a. udp 53", "10.0.0.1 - 8 A IN b. udp 53",
          "[INFO] 10.0.0.1:53 - 8 \"A IN b. udp 1 false 512\" NOERROR qr 12 10s"},
         1,
         1,
         0,
         0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct log_dump_facts *dump = log_of(*state, rows[i].lines)->dump;

        assert_int_equal(dump->received,
                         rows[i].answered + rows[i].unanswered + rows[i].in_flight + rows[i].ended);
        if (dump->answered != rows[i].answered || dump->unanswered != rows[i].unanswered ||
            dump->in_flight != rows[i].in_flight || dump->ended != rows[i].ended)
            fail_msg("row %zu: %d answered, %d unanswered, %d in flight, %d ended", i, (int)dump->answered,
                     (int)dump->unanswered, (int)dump->in_flight, (int)dump->ended);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_what_errors_lines_say),
        ARENA_TEST(test_routes),
        ARENA_TEST(test_whose_names_fail),
        ARENA_TEST(test_consolidated_errors_count_many),
        ARENA_TEST(test_states),
        ARENA_TEST(test_how_long_a_state_lasts),
        ARENA_TEST(test_panics_and_traces),
        ARENA_TEST(test_slow_from_its_threshold_on),
        ARENA_TEST(test_what_fails),
        ARENA_TEST(test_what_is_wasted),
        ARENA_TEST(test_unanswered_from_its_age_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
