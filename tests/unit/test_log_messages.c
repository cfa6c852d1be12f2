/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/logs/log_record.h>
#include <string.h>

/* What the first event of a log of one line is of; -1: it has none. */
static int kind_of(struct arena *arena, const char *text)
{
    static const struct log_record_options usual = {.slow_ns = LOG_SLOW_NS,
                                                    .unanswered_ns = LOG_UNANSWERED_NS};
    struct log_stream *stream = ARENA_NEW(arena, struct log_stream);
    struct log_record *record = ARENA_NEW(arena, struct log_record);
    struct log_entry *entry = ARENA_NEW(arena, struct log_entry);
    char *line = arena_text(arena, text);
    struct logs_facts facts;

    log_stream_init(stream, arena, NULL);
    log_record_init(record, arena, &usual);
    assert_true(log_stream_take(stream, NULL, line, strlen(line), entry));
    (void)log_record_add(record, entry);
    log_record_facts(record, stream, arena, &facts);
    log_stream_fini(stream);
    return facts.events_count == 1 ? (int)facts.events[0].kind : -1;
}

static void test_what_messages_say(void **state)
{
    static const struct {
        const char *text;
        int kind;
    } rows[] = {
        {"[ERROR] plugin/reload: Corefile changed but reload failed: x", LOG_RELOAD_FAILED},
        {"[WARNING] plugin/reload: Corefile parse failed: x", LOG_RELOAD_FAILED},
        {"[ERROR] Restart failed: Corefile:3 - Error during parsing: x", LOG_RELOAD_FAILED},
        {"[ERROR] SIGUSR1: starting with listener file descriptors: x", LOG_RELOAD_FAILED},
        {"[INFO] SIGUSR1: Reloading", LOG_RELOAD},
        {"[INFO] Reloading complete", LOG_RELOAD},
        {"[INFO] plugin/reload: Running configuration SHA512 = 00", LOG_START},
        {"loading Caddyfile via flag: open /etc/coredns/Corefile: permission denied", LOG_START_FAILED},
        {"no action found for directive 'trace' with server type 'dns' (missing a plugin?)",
         LOG_START_FAILED},
        {"plugin/forward: Corefile:10 - Error during parsing: x", LOG_START_FAILED},
        {"Listen: listen tcp :53: bind: permission denied", LOG_START_FAILED},
        {"[FATAL] plugin/metrics: Cannot register metrics collector: x", LOG_START_FAILED},
        {"[FATAL] plugin/loop: Loop (10.0.0.1:1 -> :53) detected for zone \".\", see x", LOG_LOOP},
        {"[FATAL] plugin/loop: Seen \"HINFO IN 1.2.\" more than twice, loop detected", LOG_LOOP},
        {"[FATAL] plugin/loop: Forwarding loop detected in \".\" zone. Exiting.", LOG_LOOP},
        {"[INFO] plugin/ready: Still waiting on: \"kubernetes\"", LOG_NOT_READY},
        {"[INFO] plugin/ready: Plugins not ready: \"kubernetes\"", LOG_NOT_READY},
        {"[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server",
         LOG_KUBERNETES_WAITING},
        {"[WARNING] plugin/health: Local health request to \"http://:8080/health\" took more than 1s: 2s",
         LOG_HEALTH_SLOW},
        {"[WARNING] plugin/health: Local health request to \"http://:8080/health\" failed: x",
         LOG_HEALTH_SLOW},
        {"[INFO] plugin/health: Going into lameduck mode for 5s", LOG_STOP},
        {"[WARNING] plugin/hosts: File does not exist: /etc/x", LOG_FILE_UNREADABLE},
        {"[WARNING] plugin/hosts: Hosts file \".\" is a directory", LOG_FILE_UNREADABLE},
        {"[ERROR] plugin/file: Failed to open zone \"a.\" in \"b\": x", LOG_FILE_UNREADABLE},
        {"[WARNING] plugin/auto: Directory does not exist: /zones", LOG_FILE_UNREADABLE},
        {"[ERROR] plugin/file: Zone a. is expired", LOG_TRANSFER_FAILED},
        {"[ERROR] plugin/secondary: Failed to transfer `a.' from \"10.0.0.1\": x", LOG_TRANSFER_FAILED},
        {"[ERROR] Error checking/adding iptables rule {raw OUTPUT []}, error - x", LOG_SETUP_FAILED},
        {"[ERROR] Error checking/adding interface x: operation not permitted", LOG_SETUP_FAILED},
        {"[WARNING] Unable to lookup IP address of Upstream service kube-dns-upstream, env X ``",
         LOG_SETUP_FAILED},
        {"[ERROR] Failed to create stubDomain template, err : x", LOG_RELOAD_FAILED},
        {"[ERROR] Failed to sync x config directory /y, err: z", LOG_RELOAD_FAILED},
        {"[WARNING] plugin/hosts: open /h: no such file or directory", LOG_FILE_UNREADABLE},
        {"[ERROR] plugin/sign: open /k: permission denied", LOG_FILE_UNREADABLE},
        {"[INFO] plugin/x: open /h: no such file or directory", LOG_MESSAGE},
        {"[ERROR] plugin/x: listen tcp :80: bind: permission denied", LOG_MESSAGE},
        {"flag provided but not defined: -confg", LOG_START_FAILED},
        {"invalid value \"x\" for flag -dns.port: parse error", LOG_START_FAILED},
        {"2024/03/01 10:00:01 [ERROR] Error Setting up networking. x", LOG_SETUP_FAILED},
        {"[ERROR] Failed to add non-existent interface nodelocaldns: x", LOG_SETUP_FAILED},
        {"[ERROR] plugin/dnstap: No connection to dnstap endpoint: x", LOG_TELEMETRY_LOST},
        {"[WARNING] plugin/trace: backlog too long, disposing 1 spans", LOG_TELEMETRY_LOST},
        {"dnsmasq[9]: Maximum number of concurrent DNS queries reached (max: 150)", LOG_DNSMASQ_LIMIT},
        {"I0206 18:42:06.508701       1 nanny.go:108] dnsmasq[9]: Maximum number of concurrent DNS queries to "
         "10.0.0.1 reached (max: 150)",
         LOG_DNSMASQ_LIMIT},
        {"I0206 18:42:06.508701       1 nanny.go:108] dnsmasq[9]: started", LOG_MESSAGE},
        {"I0206 18:42:06.508701       1 nanny.go:108] dnsmasq[9]: no servers found in /etc/resolv.conf, will retry",
         LOG_DNSMASQ_UPSTREAM},
        {"dnsmasq[9]: nameserver 192.0.2.53 refused to do a recursive query", LOG_DNSMASQ_RECURSION},
        {"dnsmasq[9]: possible DNS-rebind attack detected: files.example.com", LOG_DNSMASQ_REBIND},
        {"dnsmasq[9]: failed to load names from /etc/more-hosts: No such file or directory",
         LOG_FILE_UNREADABLE},
        {"E0206 18:42:06.508701       1 dns.go:260] Load nameserver from resolv.conf failed: x",
         LOG_DNSMASQ_UPSTREAM},
        {"dnsmasq: failed to create listening socket for 192.0.2.10: Address already in use",
         LOG_START_FAILED},
        {"I0206 18:42:06.508701       1 nanny.go:116] dnsmasq: setting capabilities failed: Operation not permitted",
         LOG_START_FAILED},
        {"I0206 18:42:06.508701       1 nanny.go:116] dnsmasq: junk found in command line", LOG_START_FAILED},
        {"dnsmasq[9]: failed to send packet: x", LOG_MESSAGE},
        {"skydns: listen udp 0.0.0.0:10053: bind: address already in use", LOG_START_FAILED},
        {"skydns: ready for queries on cluster.local. for udp://0.0.0.0:10053 [rcache 0]", LOG_UNKNOWN},
        /* Of node-cache: without a template it runs on; one that it cannot read is another matter. */
        {"[ERROR] Failed to read node-cache coreFile /etc/coredns/Corefile.base - open "
         "/etc/coredns/Corefile.base: no such file or directory",
         LOG_MESSAGE},
        {"[ERROR] Failed to read node-cache coreFile /x - open /x: permission denied", LOG_RELOAD_FAILED},
        {"[ERROR] Failed to write config file /etc/Corefile - err open /etc/Corefile: read-only file system",
         LOG_RELOAD_FAILED},
        {"[ERROR] Failed deleting iptables rule {raw}, error - x holding the xtables lock", LOG_STOP},
        {"[ERROR] Failed checking iptables rule after deletion, rule - {raw}, error - x", LOG_STOP},
        /* Of glog, before the program has read its flags. */
        {"ERROR: logging before flag.Parse: W0111 05:03:01.123456       1 server.go:64] Error getting metrics "
         "from dnsmasq: x",
         LOG_MESSAGE},
        {"ERROR: logging before flag.Parse: E0111 05:03:01.123456       1 reflector.go:201] "
         "k8s.io/dns/pkg/dns/dns.go:147: Failed to list *v1.Service: x",
         LOG_KUBERNETES_FAILED},
        {"ERROR: logging before flag.Parse: F0111 05:03:01.123456       1 dns.go:168] x", LOG_START_FAILED},
        {"ERROR: logging before flag.Parse: x", LOG_UNKNOWN},
        {"E0322 21:22:59.665365       1 reflector.go:138] Failed to list *v1.Service: the server has asked for the "
         "client to provide credentials (get services)",
         LOG_KUBERNETES_UNAUTHORIZED},
        {"[ERROR] plugin/kubernetes: Failed to watch: failed to list *v1.Service: services is forbidden: x",
         LOG_KUBERNETES_FORBIDDEN},
        {"E0322 21:22:59.665365       1 reflector.go:138] Failed to watch *v1.Service: x",
         LOG_KUBERNETES_FAILED},
        {"Trace[12]: ---\"Objects listed\" error:x 30001ms (10:00:00.000)", LOG_MESSAGE},
        {"[INFO] SIGTERM: Shutting down servers then terminating", LOG_STOP},
        {"hello", LOG_UNKNOWN},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int kind = kind_of(*state, rows[i].text);

        if (kind != rows[i].kind)
            fail_msg("%s is %s", rows[i].text, kind < 0 ? "nothing" : log_event_kind_names[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_what_messages_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
