/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/logs_facts.h>
#include <string.h>

struct saying {
    const char *plugin; /* NULL: any */
    const char *words;
    int kind;
};

/*
 * What the errors plugin says of a query; the first that fits counts, so what is more precise stands first.
 * Source: Go's net, syscall, crypto/tls and crypto/x509 for the words of the system; plugin/forward,
 * plugin/pkg/proxy and plugin.go for CoreDNS's own ("unreachable backend" and "no upstream host" are those of
 * versions before 1.4, which have the reason behind them); miekg/dns for "dns: ".
 */
static const struct saying errors[] = {
    {NULL, "concurrent queries exceeded maximum", LOG_RATE_LIMITED},
    {NULL, "no next plugin found", LOG_NO_PLUGIN},
    {NULL, "no forwarder defined", LOG_NO_PLUGIN},
    {NULL, "overflowing header size", LOG_UPSTREAM_OVERSIZE},
    {NULL, "overflow unpacking", LOG_UPSTREAM_OVERSIZE},
    {NULL, "dns: buffer size too small", LOG_UPSTREAM_OVERSIZE},
    {NULL, "message exceeds size limit", LOG_UPSTREAM_OVERSIZE},
    {NULL, "too many open files", LOG_LOCAL_LIMIT},
    {NULL, "cannot assign requested address", LOG_LOCAL_LIMIT},
    {NULL, "address already in use", LOG_LOCAL_LIMIT},
    {NULL, "no buffer space available", LOG_LOCAL_LIMIT},
    {NULL, "cannot allocate memory", LOG_LOCAL_LIMIT},
    {NULL, "resource temporarily unavailable", LOG_LOCAL_LIMIT},
    {NULL, "operation not permitted", LOG_LOCAL_FILTERED},
    {NULL, "permission denied", LOG_LOCAL_FILTERED},
    {NULL, "x509: ", LOG_UPSTREAM_TLS},
    {NULL, "remote error: tls", LOG_UPSTREAM_TLS},
    {NULL, "tls: ", LOG_UPSTREAM_TLS},
    {NULL, "authentication handshake failed", LOG_UPSTREAM_TLS},
    {NULL, "invalid argument", LOG_UPSTREAM_ADDRESS},
    {NULL, "invalid zone", LOG_UPSTREAM_ADDRESS},
    {NULL, "no such host", LOG_UPSTREAM_ADDRESS},
    {NULL, "missing port in address", LOG_UPSTREAM_ADDRESS},
    {NULL, "too many colons in address", LOG_UPSTREAM_ADDRESS},
    {NULL, "i/o timeout", LOG_UPSTREAM_TIMEOUT},
    {NULL, "context deadline exceeded", LOG_UPSTREAM_TIMEOUT},
    {NULL, "DeadlineExceeded", LOG_UPSTREAM_TIMEOUT},
    {NULL, "connection timed out", LOG_UPSTREAM_TIMEOUT},
    {NULL, "connection refused", LOG_UPSTREAM_REFUSED},
    {NULL, "no route to host", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "host is down", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "network is unreachable", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "network is down", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "connection reset by peer", LOG_UPSTREAM_CLOSED},
    {NULL, "broken pipe", LOG_UPSTREAM_CLOSED},
    {NULL, "closed by peer", LOG_UPSTREAM_CLOSED},
    {NULL, "use of closed network connection", LOG_UPSTREAM_CLOSED},
    {NULL, "EOF", LOG_UPSTREAM_CLOSED},
    {NULL, "no healthy", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "no upstream host", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "unreachable backend", LOG_UPSTREAM_UNREACHABLE},
    {NULL, "dns: ", LOG_UPSTREAM_MALFORMED},
};

/* Plugin and words of every other line that a rule, or a state of the log, depends on. */
static const struct saying messages[] = {
    {"dnsmasq", "failed to create listening socket", LOG_START_FAILED},
    {"dnsmasq", "setting capabilities failed", LOG_START_FAILED},
    {"dnsmasq", "missing required capability", LOG_START_FAILED},
    {"dnsmasq", "bad command line options", LOG_START_FAILED},
    {"dnsmasq", "junk found in command line", LOG_START_FAILED},
    {"dnsmasq", "Maximum number of concurrent DNS queries", LOG_DNSMASQ_LIMIT},
    {"dnsmasq", "no servers found in ", LOG_DNSMASQ_UPSTREAM},
    {"dnsmasq", "refused to do a recursive query", LOG_DNSMASQ_RECURSION},
    {"dnsmasq", "possible DNS-rebind attack detected", LOG_DNSMASQ_REBIND},
    {"dnsmasq", "failed to load names from ", LOG_FILE_UNREADABLE},
    {NULL, "Load nameserver from resolv.conf failed", LOG_DNSMASQ_UPSTREAM},
    {"loop", "detected for zone", LOG_LOOP},
    {"loop", "Loop (", LOG_LOOP},
    {"loop", "oop detected", LOG_LOOP},
    {"kubernetes", "waiting for Kubernetes API", LOG_KUBERNETES_WAITING},
    {"kubernetes", "to be initialized from apiserver", LOG_KUBERNETES_WAITING},
    {"kubernetes", "unsynced Kubernetes API", LOG_KUBERNETES_UNSYNCED},
    {"kubernetes", "is forbidden", LOG_KUBERNETES_FORBIDDEN},
    {"kubernetes", "Unauthorized", LOG_KUBERNETES_UNAUTHORIZED},
    {"kubernetes", "asked for the client to provide credentials", LOG_KUBERNETES_UNAUTHORIZED},
    {"kubernetes", "ailed to watch", LOG_KUBERNETES_FAILED},
    {"kubernetes", "ailed to list", LOG_KUBERNETES_FAILED},
    {"kubernetes", "API connection failure", LOG_KUBERNETES_FAILED},
    {"kubernetes", "Unable to connect to the API", LOG_KUBERNETES_FAILED},
    {"ready", "not ready", LOG_NOT_READY},
    {"ready", "Still waiting on", LOG_NOT_READY},
    {"health", "Local health request", LOG_HEALTH_SLOW},
    {"health", "lameduck", LOG_STOP},
    {"reload", "reload failed", LOG_RELOAD_FAILED},
    {"reload", "parse failed", LOG_RELOAD_FAILED},
    {"reload", "Running configuration", LOG_START},
    {"hosts", "does not exist", LOG_FILE_UNREADABLE},
    {"hosts", "is a directory", LOG_FILE_UNREADABLE},
    {"root", "does not exist", LOG_FILE_UNREADABLE},
    {"auto", "does not exist", LOG_FILE_UNREADABLE},
    {"auto", "Opening ", LOG_FILE_UNREADABLE},
    {"auto", "error reading", LOG_FILE_UNREADABLE},
    {"auto", "Parse zone", LOG_FILE_UNREADABLE},
    {"file", "ailed to open", LOG_FILE_UNREADABLE},
    {"file", "Failed to stat", LOG_FILE_UNREADABLE},
    {"file", "Parsing zone", LOG_FILE_UNREADABLE},
    {"file", "is expired", LOG_TRANSFER_FAILED},
    {"file", "ransfer", LOG_MESSAGE},
    {"loadbalance", "Failed to open weight file", LOG_FILE_UNREADABLE},
    {"metrics", "file does not exist", LOG_FILE_UNREADABLE},
    {"secondary", "failed to transfer", LOG_TRANSFER_FAILED},
    {"secondary", "Failed to", LOG_TRANSFER_FAILED},
    {"route53", "Failed to update zones", LOG_TRANSFER_FAILED},
    {"azure", "Failed to update zones", LOG_TRANSFER_FAILED},
    {"clouddns", "Failed to update zones", LOG_TRANSFER_FAILED},
    {"dnstap", "No connection", LOG_TELEMETRY_LOST},
    {"dnstap", "Dropped dnstap messages", LOG_TELEMETRY_LOST},
    {"trace", "failed to send", LOG_TELEMETRY_LOST},
    {"trace", "backlog too long", LOG_TELEMETRY_LOST},
    {"trace", "endpoint found err", LOG_TELEMETRY_LOST},
    {NULL, "Restart failed", LOG_RELOAD_FAILED},
    {NULL, "SIGUSR1: loading updated", LOG_RELOAD_FAILED},
    {NULL, "SIGUSR1: Reloading", LOG_RELOAD},
    {NULL, "SIGUSR1: ", LOG_RELOAD_FAILED},
    {NULL, "Failed to trigger CoreDNS reload", LOG_RELOAD_FAILED},
    {NULL, "Failed to read node-cache coreFile", LOG_RELOAD_FAILED},
    {NULL, "Failed to write config file", LOG_RELOAD_FAILED},
    {NULL, "Failed to parse stubDomain", LOG_RELOAD_FAILED},
    {NULL, "Failed to create stubDomain", LOG_RELOAD_FAILED},
    {NULL, "Failed to sync ", LOG_RELOAD_FAILED},
    {NULL, "Invalid config", LOG_RELOAD_FAILED},
    {NULL, "Invalid nameserver", LOG_RELOAD_FAILED},
    {NULL, "does not resolve to any IPs", LOG_RELOAD_FAILED},
    {NULL, "Error looking up IP for name", LOG_RELOAD_FAILED},
    {NULL, "Reloading", LOG_RELOAD},
    {NULL, "Shutting down", LOG_STOP},
    {NULL, "Error Setting up networking", LOG_SETUP_FAILED},
    {NULL, "Error checking/adding ", LOG_SETUP_FAILED},
    {NULL, "Unable to lookup IP address of Upstream service", LOG_SETUP_FAILED},
    {NULL, "Failed to add non-existent interface", LOG_SETUP_FAILED},
    {NULL, "Error checking dummy device", LOG_SETUP_FAILED},
    {NULL, "Failed to setup networking", LOG_SETUP_FAILED},
    {NULL, "Error adding iptables rule", LOG_SETUP_FAILED},
    {NULL, "Error checking iptables rule", LOG_SETUP_FAILED},
    /* At its end it takes its rules away; with the next start they are there again. */
    {NULL, "Failed deleting iptables rule", LOG_STOP},
    {NULL, "Failed checking iptables rule after deletion", LOG_STOP},
    {NULL, "xtables lock", LOG_SETUP_FAILED},
    {NULL, "Failed to obtain CacheApp instance", LOG_START_FAILED},
};

static bool has(struct log_word text, const char *words)
{
    return memmem(text.at, text.len, words, strlen(words)) != NULL;
}

static bool is_word(struct log_word word, const char *text)
{
    return strlen(text) == word.len && memcmp(text, word.at, word.len) == 0;
}

static int find(const struct saying *sayings, size_t count, const struct coredns_line *line)
{
    for (size_t i = 0; i < count; i++) {
        if (sayings[i].plugin && !is_word(line->plugin, sayings[i].plugin))
            continue;
        if (has(line->text, sayings[i].words))
            return sayings[i].kind;
    }
    return -1;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the system says of a file, whichever plugin reads it. */
static bool is_of_a_file(const struct coredns_line *line)
{
    static const char *const words[] = {": no such file or directory", ": is a directory",
                                        ": permission denied"};

    if (!line->plugin.len || is_word(line->plugin, "kubernetes") ||
        (line->level != COREDNS_LEVEL_WARNING && line->level != COREDNS_LEVEL_ERROR))
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (has(line->text, words[i]))
            return !has(line->text, "listen ");
    return false;
}

/*
 * node-cache without the file that it makes its Corefile from: it runs on with the one that -conf names.
 * Source: kubernetes/dns, updateCorefile() of cmd/node-cache/app/configmap.go.
 */
static bool is_of_no_template(const struct coredns_line *line)
{
    return has(line->text, "Failed to read node-cache coreFile") &&
           has(line->text, "no such file or directory");
}

/*
 * kube-dns's sidecar asks the dnsmasq of its Pod for its counts every 5 s. An answer that it cannot read is
 * an answer. Source: kubernetes/dns, pkg/sidecar/server.go and pkg/dnsmasq/metrics.go.
 */
static bool is_of_silent_dnsmasq(const struct coredns_line *line)
{
    return has(line->text, "Error getting metrics from dnsmasq: ") &&
           (has(line->text, "connection refused") || has(line->text, "i/o timeout"));
}

/* Its own listener is closed for a moment of each reload. */
static bool is_of_closed_health(const struct coredns_line *line)
{
    return has(line->text, "Local health request") && has(line->text, "connection refused");
}

static int message_kind(const struct coredns_line *line)
{
    int kind = is_of_no_template(line) ? LOG_MESSAGE : find(messages, COUNT(messages), line);

    if (is_of_silent_dnsmasq(line))
        return LOG_DNSMASQ_SILENT;
    if (is_of_closed_health(line))
        return LOG_MESSAGE;
    if (kind >= 0)
        return kind;
    if (is_of_a_file(line))
        return LOG_FILE_UNREADABLE;
    /* log.Fatal ends the process. */
    if (line->level == COREDNS_LEVEL_FATAL)
        return LOG_START_FAILED;
    return line->level == COREDNS_LEVEL_DEBUG ? LOG_DEBUG : LOG_MESSAGE;
}

/*
 * An upstream that is an IPv6 address, where the Pod has none to send from: connect(2) fails before anything
 * is sent. For IPv4 the same words mean that all source ports are taken.
 */
static bool is_family_missing(const struct coredns_line *line)
{
    return (has(line->text, "dial udp [") || has(line->text, "dial tcp [")) &&
           has(line->text, "cannot assign requested address");
}

int log_event_kind(const struct coredns_line *line)
{
    int kind;

    switch (line->kind) {
    case COREDNS_ERRORS:
    case COREDNS_CONSOLIDATED:
        if (is_family_missing(line))
            return LOG_UPSTREAM_ADDRESS;
        kind = find(errors, COUNT(errors), line);
        return kind < 0 ? LOG_ERRORS_OTHER : kind;
    case COREDNS_PANIC:
        return LOG_PANIC;
    case COREDNS_START:
        return LOG_START;
    case COREDNS_FATAL:
        return LOG_START_FAILED;
    case COREDNS_MESSAGE:
        return message_kind(line);
    default:
        return LOG_UNKNOWN;
    }
}

bool log_event_starts(const struct coredns_line *line)
{
    return (line->kind == COREDNS_START && line->count) ||
           (line->kind == COREDNS_MESSAGE &&
            (has(line->text, "Initialized services and endpoints from apiserver") ||
             (is_word(line->plugin, "dnsmasq") && has(line->text, "started, version "))));
}

bool log_event_accepts(const struct coredns_line *line)
{
    return log_event_starts(line) || (line->kind == COREDNS_MESSAGE && has(line->text, "Reloading complete"));
}

/* Source: kubernetes/dns, cmd/node-cache/main.go, app/cache_app.go and app/configmap.go. */
bool log_event_is_of_cache(const struct coredns_line *line)
{
    static const char *const words[] = {
        "node-cache image", "node-cache coreFile",   "Setting up networking for node cache", "nodelocaldns",
        "CacheApp",         "Updated Corefile with "};

    if (line->kind != COREDNS_MESSAGE || line->plugin.len)
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (has(line->text, words[i]))
            return true;
    return false;
}

bool log_event_prints_corefile(const struct coredns_line *line)
{
    return line->kind == COREDNS_MESSAGE && is_word(line->text, "Using config file:");
}

bool log_event_follows(const struct coredns_line *line)
{
    return line->kind == COREDNS_MESSAGE && has(line->text, "dnsmasq exited: ");
}

/* Source: plugin/loop, setup.go: two random numbers. */
bool log_is_probe(const struct coredns_line *line)
{
    size_t dots = 0;

    if (line->type.len != 5 || memcmp(line->type.at, "HINFO", 5) != 0 || line->name.len < 4)
        return false;
    for (size_t i = 0; i < line->name.len; i++) {
        if (line->name.at[i] == '.')
            dots++;
        else if ((unsigned char)(line->name.at[i] - '0') > 9)
            return false;
    }
    return dots == 2 && line->name.at[line->name.len - 1] == '.';
}

/* Without ":53". */
static struct log_word host_of(struct log_word address)
{
    const char *colon = address.len ? memrchr(address.at, ':', address.len) : NULL;

    return colon ? (struct log_word){address.at, (size_t)(colon - address.at)} : address;
}

/* Longer is no address with its port and zone. */
#define ADDRESS_MAX 80

void log_event_route(const struct coredns_line *line, struct log_route *ret)
{
    const char *arrow = memmem(line->text.at, line->text.len, "->", 2), *end = line->text.at + line->text.len,
               *at, *stop;

    *ret = (struct log_route){0};
    if (arrow) {
        const char *from = memrchr(line->text.at, ' ', (size_t)(arrow - line->text.at));

        from = from ? from + 1 : line->text.at;
        if (arrow - from < ADDRESS_MAX)
            ret->from = (struct log_word){from, (size_t)(arrow - from)};
        at = arrow + 2;
    } else {
        at = memmem(line->text.at, line->text.len, "dial ", 5);
        at = at ? memchr(at + 5, ' ', (size_t)(end - at - 5)) : NULL;
        if (!at)
            return;
        at++;
    }
    stop = memmem(at, (size_t)(end - at), ": ", 2);
    if (!stop || stop - at >= ADDRESS_MAX)
        return;
    ret->to = (struct log_word){at, (size_t)(stop - at)};
    if (ret->from.len) {
        struct log_word from = host_of(ret->from), to = host_of(ret->to);

        ret->to_itself = from.len && from.len == to.len && memcmp(from.at, to.at, to.len) == 0;
    }
}
