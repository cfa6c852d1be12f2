/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/logs/log_record.h>
#include <k8sdns/wire/logs/log_wrapper.h>
#include <math.h>
#include <string.h>

/* The same two lines of CoreDNS in every form that they are handed over in. */
#define QUERY "[INFO] 10.244.1.9:37488 - 61834 \"A IN www.example.com. udp 32 false 512\" - - 0 2.001392651s"
#define JSON_QUERY \
    "[INFO] 10.244.1.9:37488 - 61834 \\\"A IN www.example.com. udp 32 false 512\\\" - - 0 2.001392651s"
#define CSV_QUERY \
    "[INFO] 10.244.1.9:37488 - 61834 \"\"A IN www.example.com. udp 32 false 512\"\" - - 0 2.001392651s"
#define DEEP_QUERY \
    "[INFO] 10.244.1.9:37488 - 61834 \\\\\\\"A IN www.example.com. udp 32 false 512\\\\\\\" - - 0 2.001392651s"
#define PLAIN_ERROR \
    "[ERROR] plugin/errors: 2 www.example.com. A: read udp 10.244.1.21:40192->192.0.2.53:53: i/o timeout"
#define POD  "coredns-5d78c9869d-x2x7k"
#define TIME "2024-03-01T10:00:00.123Z"

struct form {
    const char *name, *text;
    const char *source;      /* NULL: none is told */
    bool timed;              /* at TIME */
    uint64_t other, unknown; /* other lines; those of these that are not understood */
};

static const struct form forms[] = {
    {"plain", QUERY "\n" PLAIN_ERROR, NULL, false, 0, 0},
    {"kubectl", "[pod/" POD "/coredns] " TIME " " QUERY "\n[pod/" POD "/coredns] " TIME " " PLAIN_ERROR, POD,
     true, 0, 0},
    {"stern", POD " coredns " QUERY "\n" POD " coredns " PLAIN_ERROR, POD, false, 0, 0},
    {"stern of all namespaces, with times",
     "+ kube-system " POD " \u203a coredns\nkube-system " POD " coredns " TIME " " QUERY "\nkube-system " POD
     " coredns " TIME " " PLAIN_ERROR,
     NULL, true, 1, 0},
    {"stern in colours",
     "\033[32m" POD "\033[0m \033[32mcoredns\033[0m " QUERY "\n\033[1;32m" POD "\033[0m coredns " PLAIN_ERROR,
     POD, false, 0, 0},
    {"stern's banner",
     POD " coredns .:53\n" POD " coredns CoreDNS-1.11.1\n" POD " coredns " QUERY "\n" POD
         " coredns " PLAIN_ERROR,
     POD, false, 2, 0},
    {"kubetail", "[" POD " coredns] " QUERY "\n[" POD "] " PLAIN_ERROR, POD, false, 0, 0},
    {"kail", "kube-system/" POD "[coredns]: " QUERY "\nkube-system/" POD "[coredns]: " PLAIN_ERROR, POD,
     false, 0, 0},
    {"compose", "coredns-1  | " QUERY "\ncoredns-1  | " PLAIN_ERROR, "coredns-1", false, 0, 0},
    {"k9s",
     "\u250c\u2500\u2500 Logs \u2500\u2510\n\u2502 " QUERY "      \u2502\n\u2502 " PLAIN_ERROR
     " \u2502\n\u2502      \u2502",
     NULL, false, 2, 0},
    {"minikube",
     "* ==> Audit <==\n* |----|\n* ==> coredns [d4e2] <==\n* .:53\n* " QUERY "\n* " PLAIN_ERROR
     "\n* \n* ==> kubelet <==\n"
     "* E0322 21:22:59.665365       1 reflector.go:138] Failed to watch *v1.Service: x\n* hello",
     NULL, false, 8, 0},
    {"minikube, newer",
     "==> coredns [d4e2] <==\n" QUERY "\n" PLAIN_ERROR "\n\n==> describe nodes <==\nName: minikube", NULL,
     false, 4, 0},
    {"tail of two", "==> /var/log/containers/" POD "_kube-system_coredns-1.log <==\n" QUERY "\n" PLAIN_ERROR,
     NULL, false, 1, 0},
    {"syslog", "Mar  1 10:00:00 node1 coredns[12]: " QUERY "\nMar 11 10:00:00 node1 coredns: " PLAIN_ERROR,
     "node1", false, 0, 0},
    {"syslog with RFC 3339", TIME " node1 coredns[12]: " QUERY "\n" TIME " node1 docker[12]: " PLAIN_ERROR,
     "node1", true, 0, 0},
    {"syslog, RFC 5424",
     "<30>1 " TIME " node1 coredns 12 - - " QUERY "\n<30>1 " TIME
     " node1 coredns 12 - [a b=\"c\"] " PLAIN_ERROR,
     "node1", true, 0, 0},
    {"logcli",
     TIME " {app=\"coredns\", pod=\"" POD "\"} " QUERY "\n" TIME " {app=\"coredns\", pod=\"" POD
          "\"} " PLAIN_ERROR,
     POD, true, 0, 0},
    {"gcloud, values", TIME "\t" QUERY "\n" TIME "\t" PLAIN_ERROR, NULL, true, 0, 0},
    {"aws logs tail", TIME " kube/" POD " " QUERY "\n" TIME " kube/" POD " " PLAIN_ERROR, NULL, true, 0, 0},
    {"aws logs tail, of Container Insights",
     TIME " ip-10-0-0-1 {\"log\":\"" JSON_QUERY "\\n\",\"kubernetes\":{\"pod_name\":\"" POD "\"}}\n" TIME
          " ip-10-0-0-1 {\"log\":\"" PLAIN_ERROR "\",\"kubernetes\":{\"pod_name\":\"" POD "\"}}",
     POD, true, 0, 0},
    {"fluentd's file",
     TIME "\tkube.coredns\t{\"log\":\"" JSON_QUERY "\"}\n" TIME "\tkube.coredns\t{\"log\":\"" PLAIN_ERROR
          "\"}",
     NULL, true, 0, 0},
    {"fluent-bit's standard output",
     "[0] kube.coredns.log: [[1709287200.123000000, {}], {\"log\"=>\"" QUERY "\", \"stream\"=>\"stdout\"}]\n"
     "[1] kube.coredns.log: [1709287200.123000000, {\"log\"=>\"" PLAIN_ERROR "\", \"stream\"=>\"stdout\"}]",
     NULL, false, 0, 0},
    {"logfmt", "ts=1 msg=\"" JSON_QUERY "\" pod=x\nts=1 pod=x msg=\"" PLAIN_ERROR "\"", NULL, false, 0, 0},
    {"jq", "  \"" JSON_QUERY "\",\n\"" PLAIN_ERROR "\"", NULL, false, 0, 0},
    {"repr of Python", "'" QUERY "',\n'" PLAIN_ERROR "'", NULL, false, 0, 0},
    {"CSV without a head", "\"1\",\"" CSV_QUERY "\"\n\"2\",\"" PLAIN_ERROR "\"", NULL, false, 0, 0},
    {"quoted in a letter", "> " QUERY "\n>   " PLAIN_ERROR, NULL, false, 0, 0},
    {"a diff", "+" QUERY "\n+" PLAIN_ERROR "\n+CoreDNS-1.11.1", NULL, false, 1, 0},
    {"a block of YAML", "log: |\n  " QUERY "\n  " PLAIN_ERROR, NULL, false, 1, 1},
    {"the debug exporter of OpenTelemetry's collector",
     "Body: Str(" QUERY ")\nFlags: 0\nBody: Str(" PLAIN_ERROR ")", NULL, false, 1, 1},
    {"2018", "2018/11/21 06:48:51 " QUERY "\n2018/11/21 06:48:51 [ERROR] 2 www.example.com. A: EOF", NULL,
     false, 0, 0},
    {"Loki",
     "{\"labels\":{\"app\":\"coredns\",\"pod\":\"" POD "\"},\"line\":\"" JSON_QUERY "\",\"timestamp\":\"" TIME
     "\"}\n"
     "{\"timestamp\":\"" TIME "\",\"line\":\"" PLAIN_ERROR "\",\"labels\":{\"pod\":\"" POD "\"}}",
     POD, true, 0, 0},
    {"Loki's API",
     "{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[{\"stream\":{\"pod\":\"" POD
     "\"},\"values\":"
     "[[\"1709287200123000000\",\"" JSON_QUERY "\"],[\"1709287200123000000\",\"" PLAIN_ERROR "\"]]}]}}",
     POD, true, 0, 0},
    {"CloudWatch",
     "{\n  \"events\": [\n    {\n      \"timestamp\": 1709287200123,\n      \"message\": \"" JSON_QUERY
     "\",\n"
     "      \"ingestionTime\": 1709287201000\n    },\n    {\n      \"message\": \"" PLAIN_ERROR "\",\n"
     "      \"timestamp\": 1709287200123\n    }\n  ],\n  \"nextForwardToken\": \"f/1\"\n}",
     NULL, true, 0, 0},
    {"Container Insights",
     "{\"events\":[{\"message\":\"{\\\"log\\\":\\\"" TIME " stdout F " DEEP_QUERY "\\\",\\\"kubernetes\\\":"
     "{\\\"pod_name\\\":\\\"" POD "\\\"}}\"},\n{\"message\":\"{\\\"log\\\":\\\"" TIME " stdout F " PLAIN_ERROR
     "\\\",\\\"kubernetes\\\":{\\\"pod_name\\\":\\\"" POD "\\\"}}\"}]}",
     POD, true, 0, 0},
    {"Logs Insights",
     "{\"results\":[[{\"field\":\"@timestamp\",\"value\":\"2024-03-01 10:00:00.123\"},{\"field\":\"@message\",\"value\":\"" JSON_QUERY
     "\"}],[{\"field\":\"@message\",\"value\":\"" PLAIN_ERROR
     "\"},{\"field\":\"@timestamp\",\"value\":\"2024-03-01 10:00:00.123\"}]]}",
     NULL, true, 0, 0},
    {"Cloud Logging",
     "[\n  {\n    \"insertId\": \"a0\",\n    \"resource\": {\n      \"labels\": {\n        \"pod_name\": \"" POD
     "\"\n      }\n    },\n"
     "    \"severity\": \"INFO\",\n    \"textPayload\": \"" JSON_QUERY "\\n\",\n    \"timestamp\": \"" TIME
     "\"\n  },\n  {\n"
     "    \"jsonPayload\": {\n      \"message\": \"" PLAIN_ERROR "\"\n    },\n    \"timestamp\": \"" TIME
     "\",\n"
     "    \"resource\": {\"labels\": {\"pod_name\": \"" POD "\"}}\n  }\n]",
     POD, true, 0, 0},
    {"Cloud Logging, CSV",
     "timestamp,text_payload\n" TIME ",\"" CSV_QUERY "\n\"\n" TIME ",\"" PLAIN_ERROR "\n\n\"", NULL, true, 1,
     0},
    {"Azure, CSV",
     "\xef\xbb\xbf"
     "TimeGenerated [UTC],PodName,ContainerName,LogMessage\r\n\"3/1/2024, 10:00:00.123 AM\"," POD
     ",coredns,\"" CSV_QUERY "\"\r\n\"3/1/2024, 10:00:00.123 AM\"," POD ",coredns," PLAIN_ERROR "\r",
     POD, true, 0, 0},
    {"Azure, CSV in another order",
     "LogMessage;PodName;TimeGenerated\n\"" CSV_QUERY "\";" POD ";" TIME "\n" PLAIN_ERROR ";" POD ";" TIME,
     POD, true, 0, 0},
    {"Azure, JSON",
     "[{\"LogMessage\":\"" JSON_QUERY "\",\"PodName\":\"" POD "\",\"TimeGenerated\":\"" TIME
     "\"},\n{\"LogEntry\":\"" PLAIN_ERROR "\",\"PodName\":\"" POD "\",\"TimeGenerated\":\"" TIME "\"}]",
     POD, true, 0, 0},
    {"Azure's API",
     "{\"tables\":[{\"name\":\"PrimaryResult\",\"columns\":[{\"name\":\"LogMessage\",\"type\":\"string\"},{\"name\":\"PodName\",\"type\":"
     "\"string\"},{\"name\":\"TimeGenerated\",\"type\":\"datetime\"}],\"rows\":[[\"" JSON_QUERY "\",\"" POD
     "\",\"" TIME "\"],[\"" PLAIN_ERROR "\",\"" POD "\",\"" TIME "\"]]}]}",
     POD, true, 0, 0},
    {"fluent-bit",
     "{\"date\":1709287200.123,\"log\":\"" JSON_QUERY
     "\\n\",\"stream\":\"stdout\",\"kubernetes\":{\"pod_name\":\"" POD "\",\"labels\":"
     "{\"k8s-app\":\"kube-dns\"}}}\n{\"log\":\"" PLAIN_ERROR "\",\"stream\":\"stderr\",\"time\":\"" TIME
     "\",\"kubernetes\":{\"pod_name\":\"" POD "\"}}",
     POD, true, 0, 0},
    {"Docker, ended by nothing",
     "{\"log\":\"" JSON_QUERY "\",\"stream\":\"stdout\",\"time\":\"" TIME "\"}\n{\"log\":\"" PLAIN_ERROR
     "\",\"stream\":\"stdout\",\"time\":\"" TIME "\"}",
     NULL, true, 0, 0},
    {"Elasticsearch",
     "{\"hits\":{\"hits\":[{\"_source\":{\"@timestamp\":\"" TIME "\",\"message\":\"" JSON_QUERY
     "\",\"kubernetes\":{\"pod\":{\"name\":\"" POD "\"}}}},{\"_source\":{\"@timestamp\":\"" TIME
     "\",\"message\":\"" PLAIN_ERROR "\",\"kubernetes\":{\"pod\":{\"name\":\"" POD "\"}}}}]}}",
     POD, true, 0, 0},
    {"OpenTelemetry",
     "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"k8s.pod.name\",\"value\":{\"stringValue\":\"" POD
     "\"}}]},\"scopeLogs\":"
     "[{\"logRecords\":[{\"timeUnixNano\":\"1709287200123000000\",\"body\":{\"stringValue\":\"" JSON_QUERY
     "\"}},{\"timeUnixNano\":"
     "\"1709287200123000000\",\"body\":{\"stringValue\":\"" PLAIN_ERROR "\"}}]}]}]}",
     POD, true, 0, 0},
    {"journald",
     "{\"__REALTIME_TIMESTAMP\":\"1709287200123000\",\"MESSAGE\":\"" JSON_QUERY
     "\"}\n{\"MESSAGE\":\"" PLAIN_ERROR "\",\"__REALTIME_TIMESTAMP\":\"1709287200123000\"}",
     NULL, true, 0, 0},
    {"CoreDNS's JSON",
     "{\"time\":\"" TIME
     "\",\"level\":\"INFO\",\"msg\":\"10.244.1.9:37488 - 61834 \\\"A IN www.example.com. udp 32 false 512\\\" - - 0 "
     "2.001392651s\",\"plugin\":\"log\"}\n{\"time\":\"" TIME
     "\",\"level\":\"ERROR\",\"msg\":\"2 www.example.com. A: read udp "
     "10.244.1.21:40192->192.0.2.53:53: i/o timeout\",\"plugin\":\"errors\"}\n{\"time\":\"" TIME
     "\",\"level\":\"INFO\",\"msg\":\".:53\"}",
     NULL, true, 1, 0},
    {"CoreDNS's JSON with a format",
     "{\"time\":\"" TIME
     "\",\"level\":\"INFO\",\"msg\":\"whatever\",\"plugin\":\"log\",\"client_ip\":\"10.244.1.9\",\"qname\":"
     "\"www.example.com.\",\"qtype\":\"A\",\"rcode\":null,\"duration_seconds\":2.001392651}\n" PLAIN_ERROR,
     NULL, true, 0, 0},
    {"CoreDNS's JSON by kubectl",
     "[pod/" POD "/coredns] " TIME " {\"time\":\"" TIME
     "\",\"level\":\"INFO\",\"msg\":\"10.244.1.9:37488 - 61834 \\\"A IN "
     "www.example.com. udp 32 false 512\\\" - - 0 2.001392651s\",\"plugin\":\"log\"}\n" POD
     " coredns {\"time\":\"" TIME
     "\",\"level\":\"ERROR\",\"msg\":\"2 www.example.com. A: EOF\",\"plugin\":\"errors\"}",
     POD, true, 0, 0},
    {"JSON of others",
     "{\"a\":1}\n" QUERY "\n{\"message\":\"hello\"}\n" PLAIN_ERROR "\n[1, 2]\n{\"cut\":\"\n", NULL, false, 5,
     4},
    {"a cut object, and the next",
     "{\"line\":\"x\",\"labels\":{\n{\"line\":\"" JSON_QUERY "\"}\n{\"line\":\"" PLAIN_ERROR "\"}", NULL,
     false, 0, 0},
    {"Cloud Logging, YAML",
     "---\ninsertId: a0\nlabels:\n  k8s-pod/k8s-app: kube-dns\nresource:\n  labels:\n    pod_name: " POD
     "\n  type: k8s_container\nseverity: INFO\ntextPayload: |\n  " QUERY "\ntimestamp: '" TIME
     "'\n---\ninsertId: a1\nresource:\n  labels:\n    pod_name: " POD "\ntextPayload: " PLAIN_ERROR
     "\ntimestamp: '" TIME "'\n",
     POD, true, 0, 0},
    {"Cloud Logging, YAML in quotes, wrapped",
     "---\njsonPayload:\n  message: '[INFO] 10.244.1.9:37488 - 61834 \"A IN www.example.com. udp 32 false 512\"\n"
     "    - - 0 2.001392651s\n\n    '\ntimestamp: '" TIME
     "'\n---\ntextPayload: \"[ERROR] plugin/errors: 2 www.example.com. A: read udp\\\n  \\ "
     "10.244.1.21:40192->192.0.2.53:53: i/o timeout\\n\"\ntimestamp: '" TIME "'",
     NULL, true, 0, 0},
    {"Azure, YAML",
     "- LogMessage: '" QUERY "'\n  PodName: " POD "\n  TimeGenerated: '" TIME "'\n- LogMessage: '" PLAIN_ERROR
     "'\n  PodName: " POD "\n  TimeGenerated: '" TIME "'\n",
     POD, true, 0, 0},
    {"a mark of YAML's alone", "---\n" QUERY "\n---\n\n" PLAIN_ERROR, NULL, false, 0, 0},
    {"a list of strings", "[\"" JSON_QUERY "\", \"" PLAIN_ERROR "\"]", NULL, false, 0, 0},
    {"a list of strings on lines", "{\"logs\": [\n  \"" JSON_QUERY "\",\n  \"" PLAIN_ERROR "\"\n]}", NULL,
     false, 0, 0},
    {"all of it as one string", "\"" JSON_QUERY "\\n" PLAIN_ERROR "\\n\"", NULL, false, 0, 0},
    {"all of it as a member", "{\"stdout\": \"" JSON_QUERY "\\n" PLAIN_ERROR "\"}", NULL, false, 0, 0},
    {"a page",
     "<pre><code class=\"x\">[INFO] 10.244.1.9:37488 - 61834 &quot;A IN www.example.com. udp 32 false 512&quot; - - 0 "
     "2.001392651s<br/>\n[ERROR] plugin/errors: 2 www.example.com. A: read udp 10.244.1.21:40192-&gt;192.0.2.53:53: "
     "i/o timeout</code></pre>",
     NULL, false, 0, 0},
    {"an editor",
     "[INFO]\u00a010.244.1.9:37488 - 61834 \u201cA IN www.example.com. udp 32 false 512\u201d - - 0 2.001392651s\n"
     "\ufeff" PLAIN_ERROR,
     NULL, false, 0, 0},
    {"Markdown", "```console\n" QUERY "\n" PLAIN_ERROR "\n```", NULL, false, 2, 0},
    {"a clock of twelve hours",
     "Fri, Mar 1 2024 10:00:00 am" QUERY "\nFri, Mar 1 2024 10:00:00 pm" PLAIN_ERROR, NULL, false, 0, 0},
    {"aws as text",
     "EVENTS\t1\t1709287200123\tx\t" QUERY "\t1709287201000\nEVENTS\t2\t1709287200123\tx\t" PLAIN_ERROR
     "\t1709287201000",
     NULL, false, 0, 0},
    {"what is no header", "time, and again\n" QUERY "\n" PLAIN_ERROR, NULL, false, 1, 1},
};

static void test_forms(void **state)
{
    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct form *form = &forms[i];
        struct log_record_options options = {.slow_ns = LOG_SLOW_NS, .unanswered_ns = LOG_UNANSWERED_NS};
        struct log_stream *stream = ARENA_NEW(*state, struct log_stream);
        struct log_record *record = ARENA_NEW(*state, struct log_record);
        struct log_entry *entry = ARENA_NEW(*state, struct log_entry);
        char *text = arena_text(*state, form->text), *at = text;
        struct logs_facts facts;

        log_stream_init(stream, *state, NULL);
        log_record_init(record, *state, &options);
        while (at) {
            char *newline = strchr(at, '\n');
            bool found =
                log_stream_take(stream, NULL, at, newline ? (size_t)(newline - at) : strlen(at), entry);

            for (; found; found = log_stream_more(stream, entry))
                (void)log_record_add(record, entry);
            at = newline ? newline + 1 : NULL;
        }
        for (bool found = log_stream_end(stream, entry); found;
             found = log_stream_more(stream, entry) || log_stream_end(stream, entry))
            (void)log_record_add(record, entry);
        log_record_facts(record, stream, *state, &facts);
        if (facts.lines.query != 1 || facts.lines.error != 1 || facts.lines.other != form->other ||
            facts.lines.unknown != form->unknown)
            fail_msg("%s: %d queries, %d errors, %d other, %d unknown", form->name, (int)facts.lines.query,
                     (int)facts.lines.error, (int)facts.lines.other, (int)facts.lines.unknown);
        assert_string_equal(facts.names[0].name, "www.example.com.");
        assert_string_equal(facts.clients[0].name, "10.244.1.9");
        assert_true(fabs(facts.latency_ms.max - 2001.392651) < 1e-9);
        assert_int_equal(logs_facts_rcode(&facts, "SERVFAIL"), 1);
        if (form->source && (facts.sources_count != 1 || !facts.sources[0].name ||
                             strcmp(facts.sources[0].name, form->source) != 0))
            fail_msg("%s: %s of %d", form->name, facts.sources[0].name ?: "nobody", (int)facts.sources_count);
        if (form->timed && (!facts.first_time || strcmp(facts.first_time, TIME) != 0))
            fail_msg("%s: %s", form->name, facts.first_time ? facts.first_time : "no time");
        log_stream_fini(stream);
    }
}

/* Lines of CoreDNS's own that look a little like those of a tool. */
static void test_what_is_left_alone(void **state)
{
    static const char *const lines[] = {
        "[INFO] plugin/x: a [ERROR] b",
        "[signal SIGSEGV: segmentation violation]",
        "goroutine 90 [running]:",
        "main.main()",
        "created by a.b in goroutine 1",
        "exec /coredns: operation not permitted",
        "linux/amd64, go1.26.10, 427fc80ed",
        "10.244.1.5 - 12055 AAAA IN kubernetes. udp 59952",
        "it says hello",
        "it says \"[INFO]\"",
        "plugin/kubernetes: Get \"https://192.0.2.1:443/version\": EOF",
        "starting with listener file descriptors: plugin/forward: not an IP address or file: \"x\"",
        "([INFO] plugin/reload: Running configuration SHA512 = 00)",
        "{\"x\":\"plugin/forward: no nameservers found\"}",
        "see plugin/forward for more",
        "a.:53",
        "",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct log_wrapper wrapper;

        if (log_wrapper_read(lines[i], strlen(lines[i]), &wrapper))
            fail_msg("%s is %.*s", lines[i], (int)wrapper.payload.len, wrapper.payload.at);
    }
}

/* What CoreDNS writes without a level, behind what stands before the lines of tools that are not known. */
static void test_bare_lines(void **state)
{
    static const char *const prefixes[] = {"192.0.2.20: ",
                                           "7:",
                                           "    ",
                                           "> ",
                                           "[2024-03-01T10:00:00Z] ",
                                           "coredns-1.log:12:",
                                           POD " ",
                                           "9\t",
                                           POD ": ",
                                           POD "/coredns: ",
                                           "stdout ",
                                           "kube-system 10:00 ",
                                           "a=\"b\" msg=\"",
                                           "INFO ",
                                           "ns " POD " ",
                                           "x.1.y@node    | "};
    static const char *const lines[] = {
        "plugin/forward: no nameservers found",
        "Listen: listen tcp :53: bind: permission denied",
        "loading Caddyfile via flag: open /etc/coredns/Corefile: permission denied",
        "CoreDNS-1.11.1",
        "linux/amd64, go1.20.7, ae2bbc2",
        ".:53"};

    for (size_t i = 0; i < COUNT(prefixes); i++)
        for (size_t k = 0; k < COUNT(lines); k++) {
            char *text = arena_printf(*state, "%s%s", prefixes[i], lines[k]);
            struct log_wrapper wrapper;

            if (!log_wrapper_read(text, strlen(text), &wrapper) || wrapper.payload.len != strlen(lines[k]) ||
                memcmp(wrapper.payload.at, lines[k], wrapper.payload.len) != 0)
                fail_msg("%s", text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_forms),
        ARENA_TEST(test_what_is_left_alone),
        ARENA_TEST(test_bare_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
