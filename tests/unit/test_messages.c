/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/file.h>
#include <k8sdns/base/line.h>
#include <k8sdns/diag/explanation.h>
#include <k8sdns/diag/rule.h>
#include <k8sdns/diag/symptom.h>
#include <stdio.h>
#include <string.h>

static const char *class_of(const char *text, size_t len)
{
    const struct message_pattern *found = message_pattern_find(text, len);

    return found ? symptom_class_names[symptoms[found->symptom].class] : "unknown";
}

static bool is_one_of(const char *class, const char *classes, size_t len)
{
    size_t n = strlen(class);

    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(classes + i, class, n) == 0 && (i + n == len || classes[i + n] == '|') &&
            (i == 0 || classes[i - 1] == '|'))
            return true;
    return false;
}

/* Every message of the file is put into one of its classes. */
static void test_file(void **state)
{
    size_t len, rows = 0;
    char *bytes;
    struct line_cursor cursor;
    struct line line;

    assert_int_equal(file_read(*state, DATA "/messages/messages.tsv", 1U << 20, &bytes, &len, NULL), 0);
    cursor = (struct line_cursor){.bytes = bytes, .len = len};
    while (line_cursor_next(&cursor, &line)) {
        const char *tab = memchr(line.text, '\t', line.len), *class;
        size_t classes_len;

        assert_non_null(tab);
        classes_len = (size_t)(tab - line.text);
        class = class_of(tab + 1, line.len - classes_len - 1);
        rows++;
        if (is_one_of(class, line.text, classes_len))
            continue;
        if (strcmp(class, "unknown") == 0 &&
            (is_one_of("notdns", line.text, classes_len) || is_one_of("vague", line.text, classes_len) ||
             is_one_of("noise", line.text, classes_len)))
            continue;
        fail_msg("line %zu: %s: %.*s", line.number, class, (int)line.len, line.text);
    }
    assert_true(rows >= 300);
}

static void test_fits(void **state)
{
    static const struct {
        const char *form, *line;
        bool fits;
    } cases[] = {
        {"no such host", "lookup web: no such host", true},
        {"no such host", "no such hostname", false},
        {"no such host*", "no such hostname", true},
        {"lookup *no such host", "no such host, lookup", false},
        {"^try again$", "try again", true},
        {"^try again$", "please try again", false},
        {": try again$", "getaddrinfo: try again", true},
        {": try again$", "getaddrinfo: try again later", false},
        {"status 1", "c-ares status 12", false},
        {"ENODATA", "enodata", true},
        {"a*b*c", "a c b", false},
        {"^a*b$", "ab", true},
        {"^a*a$", "a", false},
        {"", "anything", true},
        {"x", "", false},
        {"foo", "foobar foo", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (message_pattern_fits(cases[i].form, cases[i].line, strlen(cases[i].line)) != cases[i].fits)
            fail_msg("'%s' in '%s'", cases[i].form, cases[i].line);
}

/* No form is hidden wholly by one that is tried before it, or has no words. */
static void test_tables(void **state)
{
    const struct message_pattern *rows[4096];
    size_t count = 0;

    (void)state;
    for (size_t t = 0; message_tables[t]; t++) {
        for (const struct message_pattern *row = message_tables[t]; row->form; row++) {
            assert_true(count < COUNT(rows) && strlen(row->form) > 3 && row->program);
            for (size_t i = 0; i < count; i++)
                if (strcasecmp(rows[i]->form, row->form) == 0)
                    fail_msg("'%s' stands twice", row->form);
            rows[count++] = row;
        }
    }
    for (int i = 0; i < SYMPTOMS_COUNT; i++) {
        bool used = false;

        for (size_t k = 0; k < count; k++)
            used = used || rows[k]->symptom == (enum symptom_id)i;
        if (!used || !symptoms[i].title)
            fail_msg("symptom %d", i);
        for (size_t k = 0; symptoms[i].likely[k]; k++)
            assert_non_null(rule_find(symptoms[i].likely[k]));
    }
}

static const char *explained(struct arena *arena, const char *text)
{
    struct explain_facts facts = {0};
    struct err err = {0};

    return explanation_write(arena, text, &facts, &err) < 0 || !facts.symptoms_count
               ? "unknown"
               : symptom_class_names[facts.symptoms[0].class];
}

/* The classes of all that is told, in order. */
static const char *all_explained(struct arena *arena, const char *text)
{
    struct explain_facts facts = {0};
    struct err err = {0};
    const char *all = "";

    if (explanation_write(arena, text, &facts, &err) < 0)
        return "unknown";
    for (size_t i = 0; i < facts.symptoms_count; i++)
        all = arena_printf(arena, "%s%s%s", all, i ? " " : "", symptom_class_names[facts.symptoms[i].class]);
    return all;
}

/* A message that a terminal cut anywhere, and a mail between words; lines of a log stay lines. */
static void test_cut(void **state)
{
    static const struct {
        const char *text, *class;
    } cases[] = {
        {"dial tcp: lookup registry.example.com on 10.96.0.10:53: read u\n"
         "dp 10.244.1.7:41234->10.96.0.10:53: i/o timeout",
         "timeout"},
        {"Failed to pull image: failed to do request: Head https://registry.example.com: dial tcp: lookup\r\n"
         "  registry.example.com on 10.96.0.10:53: read udp 10.244.1.7:41234->10.96.0.10:53: i/o\r\n"
         "  timeout\r\n",
         "timeout"},
        {"psycopg2.OperationalError: could not translate host name \"db\" to address: Temporary fai\n"
         "lure in name resolution\n",
         "again"},
        {"ERROR lookup redis on 10.96.0.10:53: no such host\nERROR dial tcp 10.96.5.5:6379: i/o timeout\n",
         "nx"},
        {"level=info started, asks 10.96.0.10:53 for lookup\nlevel=warn nothing came: i/o timeout of disk",
         "notdns"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (strcmp(explained(*state, cases[i].text), cases[i].class) != 0)
            print_error("%s: %s\n", cases[i].text, explained(*state, cases[i].text));
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(explained(*state, cases[i].text), cases[i].class);
}

/* A stack trace: the innermost cause leads, what only says that it failed follows. */
static void test_trace(void **state)
{
    static const char trace[] =
        "org.springframework.web.client.ResourceAccessException: I/O error on GET request: Connection refused\n"
        "\tat org.springframework.web.client.RestTemplate.doExecute(RestTemplate.java:785)\n"
        "Caused by: java.net.UnknownHostException: web.shop\n"
        "\tat java.base/java.net.InetAddress.getAllByName0(InetAddress.java:1529)\n"
        "Caused by: io.netty.resolver.dns.DnsNameResolverTimeoutException: [/10.96.0.10:53] query via UDP timed "
        "out after 5000 milliseconds\n"
        "\t... 12 more\n";
    struct known_message *messages;
    size_t count;

    messages_find(*state, trace, &messages, &count);
    assert_int_equal(count, 3);
    assert_int_equal(messages[0].form->symptom, SYMPTOM_TIMEOUT);
    assert_int_equal(messages[0].line, 5);
    assert_int_equal(messages[1].form->symptom, SYMPTOM_FAILED);
    assert_int_equal(messages[2].form->symptom, SYMPTOM_NOTDNS_CONNECT);
    messages_find(*state, "curl: (6) Could not resolve host: a\ncurl: (6) Could not resolve host: b\n",
                  &messages, &count);
    assert_int_equal(count, 1);
    assert_int_equal(messages[0].count, 2);
    assert_int_equal(messages[0].line, 1);
    messages_find(*state, "\n \n", &messages, &count);
    assert_int_equal(count, 0);
}

/* nslookup prints a line for each name of the search list and each type; one of them is enough. */
static void test_one_is_found(void **state)
{
#define SERVER "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n"
#define FOUND  "Name:\tweb.shop.svc.cluster.local\nAddress: 10.96.5.5\n\n"
    static const struct {
        const char *text;
        enum symptom_id symptom; /* the first */
    } cases[] = {
        {SERVER FOUND "*** Can't find web.shop.svc.cluster.local: No answer\n", SYMPTOM_NOISE_FOUND},
        {SERVER "*** Can't find web.shop.svc.cluster.local: No answer\n\n" FOUND, SYMPTOM_NOISE_FOUND},
        {SERVER "** server can't find web.svc.cluster.local: NXDOMAIN\n\n" FOUND, SYMPTOM_NOISE_FOUND},
        {SERVER "*** Can't find web.shop.svc.cluster.local: No answer\n", SYMPTOM_NODATA},
        {SERVER "** server can't find web.svc.cluster.local: NXDOMAIN\n", SYMPTOM_NX},
        /* A says that the name exists, and AAAA that it does not. */
        {SERVER FOUND "** server can't find web.shop.svc.cluster.local: NXDOMAIN\n", SYMPTOM_NX},
        {SERVER FOUND "** server can't find web.shop.svc.cluster.local: SERVFAIL\n", SYMPTOM_SERVFAIL},
        /* Another call found another name. */
        {SERVER FOUND SERVER "** server can't find db.shop: NXDOMAIN\n", SYMPTOM_NX},
        {SERVER "** server can't find db.shop: NXDOMAIN\n" SERVER FOUND, SYMPTOM_NX},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct known_message *messages;
        size_t count;

        messages_find(*state, cases[i].text, &messages, &count);
        assert_true(count > 0);
        if (messages[0].form->symptom != cases[i].symptom)
            fail_msg("%zu: %s", i, messages[0].form->form);
    }
}

/* What a program says around any failure is told by itself, and left out where a line tells more. */
static void test_wrappers(void **state)
{
    static const struct {
        const char *text, *classes;
    } cases[] = {
        {"com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\n"
         "The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received "
         "any packets from the server.\n",
         "vague"},
        {"com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\n"
         "The last packet sent successfully to the server was 0 milliseconds ago.\n"
         "Caused by: java.net.UnknownHostException: db.shop\n",
         "failed"},
        {"com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n"
         "Caused by: java.net.ConnectException: Connection refused\n",
         "notdns"},
        {"ssh: Could not resolve hostname git.example.com: -65563\n"
         "fatal: Could not read from remote repository.\n\n"
         "Please make sure you have the correct access rights\nand the repository exists.\n",
         "failed"},
        {"ssh: Could not resolve hostname hg.example.com: Temporary failure in name resolution\n"
         "abort: no suitable response from remote hg!\n",
         "again"},
        {"git@git.example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
         "notdns"},
        {"java.net.ConnectException\n\tat java.net.http/jdk.internal.net.http.HttpClientImpl.send\n"
         "Caused by: java.nio.channels.UnresolvedAddressException\n",
         "failed"},
        {"RedisConnectionException: Unable to connect to redis.shop/<unresolved>:6379\n"
         "Caused by: AnnotatedConnectException: Connection refused: redis.shop/192.0.2.9:6379\n",
         "notdns"},
        /* Two events of one log stay two. */
        {"dial tcp 192.0.2.5:5432: connect: connection refused\n"
         "10:01 fatal: Could not read from remote repository.\n"
         "10:02 dial tcp: lookup db.shop on 192.0.2.10:53: no such host\n",
         "nx notdns"},
        {"[lua] dns.lua:152: dns_lookup(): failed to query the DNS server for web.shop.svc.cluster.local:\n"
         "server returned error code: 3: name error\n",
         "nx failed"},
        {";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 9648\n"
         ";; WARNING: recursion requested but not available\n",
         "nx noise"},
        {";; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 9648\n"
         ";; WARNING: recursion requested but not available\n",
         "refused noise"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(all_explained(*state, cases[i].text), cases[i].classes);
}

/* The titles of messages that share a class with others of another meaning. */
static void test_titles(void **state)
{
    static const struct {
        const char *text;
        enum symptom_id id;
    } cases[] = {
        {"\"Could not open resolv conf file.\" err=\"open /etc/resolv.conf: no such file\"",
         SYMPTOM_CONFIG_KUBELET},
        {"Resolv.conf file '/etc/resolv.conf' contains search line consisting of more than 3 domains!",
         SYMPTOM_CONFIG_LIMITS},
        {"Can't resolve instance hostname.", SYMPTOM_FAILED_SENTINEL},
        {"Can't resolve master instance hostname.", SYMPTOM_FAILED_SENTINEL},
        {"Can't resolve hostname db.shop", SYMPTOM_FAILED},
        {"DNS record for \"example.com\" not yet propagated", SYMPTOM_NOTDNS_RECORD},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(message_pattern_find(cases[i].text, strlen(cases[i].text))->symptom, cases[i].id);
}

static void test_unknown(void **state)
{
    struct explain_facts facts = {0};
    struct err err = {0};

    assert_true(explanation_write(*state, "the printer is out of paper", &facts, &err) < 0);
    assert_int_equal(err.kind, ERR_UNOBSERVED);
    assert_non_null(strstr(err.text, "not known"));
    err = (struct err){0};
    facts = (struct explain_facts){0};
    assert_true(explanation_write(*state, "validating resolver says: no signature that is valid was found",
                                  &facts, &err) < 0);
    assert_int_equal(facts.symptoms_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_file),    ARENA_TEST(test_fits),         ARENA_TEST(test_tables),
        ARENA_TEST(test_trace),   ARENA_TEST(test_one_is_found), ARENA_TEST(test_cut),
        ARENA_TEST(test_unknown), ARENA_TEST(test_wrappers),     ARENA_TEST(test_titles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
