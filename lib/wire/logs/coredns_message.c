/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CoreDNS's lines that are no queries: level, plugin, text; and those of versions before 1.4. */
#include "coredns_reader.h"

/* The lines of CoreDNS's log that are no queries; see coredns_log.h. */

const char *coredns_level_read(const char *at, const char *end, int *ret_level)
{
    if (STARTS(at, end, "[INFO] ")) {
        *ret_level = COREDNS_LEVEL_INFO;
        return at + 7;
    }
    if (STARTS(at, end, "[ERROR] ")) {
        *ret_level = COREDNS_LEVEL_ERROR;
        return at + 8;
    }
    if (STARTS(at, end, "[WARNING] ")) {
        *ret_level = COREDNS_LEVEL_WARNING;
        return at + 10;
    }
    if (STARTS(at, end, "[DEBUG] ")) {
        *ret_level = COREDNS_LEVEL_DEBUG;
        return at + 8;
    }
    if (STARTS(at, end, "[FATAL] ")) {
        *ret_level = COREDNS_LEVEL_FATAL;
        return at + 8;
    }
    /* Of caddy alone, whose reload it is; the server goes on. */
    if (STARTS(at, end, "[PANIC] ")) {
        *ret_level = COREDNS_LEVEL_ERROR;
        return at + 8;
    }
    return at;
}

/* "plugin/errors: 2 a.example. A: text", or "plugin/errors: 12 errors like 'pattern' occurred in last 5s". */
static bool errors_read(const char *at, const char *end, struct coredns_line *line)
{
    uint64_t count = number(next_word(&at, end), UINT32_MAX);

    if (count == COREDNS_UNSET)
        return false;
    line->count = count;
    if (STARTS(at, end, "errors like '")) {
        line->text = (struct log_word){at + 13, (size_t)(end - at - 13)};
        line->kind = COREDNS_CONSOLIDATED;
        return true;
    }
    line->name = next_word(&at, end);
    line->type = next_word(&at, end);
    if (!line->type.len || line->type.at[line->type.len - 1] != ':')
        return false;
    line->type.len--;
    line->text = (struct log_word){at, (size_t)(end - at)};
    line->kind = COREDNS_ERRORS;
    return true;
}

/* A panic that client-go's runtime.HandleCrash tells of, with its trace, before it panics again. */
static bool is_observed(const char *at, const char *end)
{
    return STARTS(at, end, "Observed a panic") || STARTS(at, end, "\"Observed a panic\"");
}

/* Before 1.1.3: [ERROR 2 a.example. A] text */
static bool old_errors_read(const char *at, const char *end, struct coredns_line *line)
{
    if (!STARTS(at, end, "[ERROR "))
        return false;
    at += 7;
    line->count = number(next_word(&at, end), UINT32_MAX);
    line->name = next_word(&at, end);
    line->type = next_word(&at, end);
    if (line->count == COREDNS_UNSET || line->type.len < 2 || line->type.at[line->type.len - 1] != ']')
        return false;
    line->type.len--;
    line->level = COREDNS_LEVEL_ERROR;
    line->text = (struct log_word){at, (size_t)(end - at)};
    line->kind = COREDNS_ERRORS;
    return true;
}

void coredns_message_read(const char *at, const char *end, struct coredns_line *line)
{
    static const char recovered[] = "Recovered from panic";

    if (STARTS(at, end, "plugin/")) {
        const char *colon = memchr(at, ':', (size_t)(end - at));

        if (colon) {
            line->plugin = (struct log_word){at + 7, (size_t)(colon - at - 7)};
            at = colon + 1 + (colon + 1 < end && colon[1] == ' ');
        }
    }
    line->kind = COREDNS_MESSAGE;
    line->text = (struct log_word){at, (size_t)(end - at)};
    if (WORD_IS(line->plugin, "errors") && errors_read(at, end, line))
        return;
    /* Before 1.2.6 without the plugin's name: [ERROR] 2 a.example. A: text */
    if (!line->plugin.len && line->level == COREDNS_LEVEL_ERROR && at < end && is_digit(*at) &&
        errors_read(at, end, line))
        return;
    if (is_observed(at, end)) {
        line->kind = COREDNS_PANIC;
        line->observed = true;
        return;
    }
    if (STARTS(at, end, recovered)) {
        static const char in[] = " in server: ";

        at += sizeof(recovered) - 1;
        if (STARTS(at, end, in))
            at += sizeof(in) - 1;
        line->kind = COREDNS_PANIC;
        line->text = (struct log_word){at, (size_t)(end - at)};
    }
}

/* dnsmasq[9]: text, or without the number. Source: dnsmasq's syslog() to standard error. */
static bool dnsmasq_read(const char *at, const char *end, struct coredns_line *line)
{
    const char *colon;

    if (!STARTS(at, end, "dnsmasq[") && !STARTS(at, end, "dnsmasq: "))
        return false;
    colon = memmem(at, (size_t)(end - at), ": ", 2);
    if (!colon)
        return false;
    line->kind = COREDNS_MESSAGE;
    line->plugin = (struct log_word){"dnsmasq", 7};
    line->text = (struct log_word){colon + 2, (size_t)(end - colon - 2)};
    return true;
}

/* Trace[1298498081]: ... : what client-go says of a list that took long; its further lines have no header. */
static bool slow_list_read(const char *at, const char *end, struct coredns_line *line)
{
    if (!STARTS(at, end, "Trace["))
        return false;
    line->kind = COREDNS_MESSAGE;
    line->level = COREDNS_LEVEL_INFO;
    line->plugin = (struct log_word){"kubernetes", 10};
    line->text = (struct log_word){at, (size_t)(end - at)};
    return true;
}

/* Source files of the kubelet and other parts of Kubernetes that no DNS server has, by their beginnings. */
static bool is_of_kubernetes(const char *at, const char *end)
{
    static const char *const files[] = {"kubelet",
                                        "kuberuntime_",
                                        "pod_workers.go",
                                        "pod_startup_",
                                        "proxier",
                                        "reconciler",
                                        "operation_generator.go",
                                        "prober",
                                        "status_manager.go",
                                        "server_others.go",
                                        "server_linux.go",
                                        "service_health.go",
                                        "servicechangetracker.go",
                                        "endpointschangetracker.go",
                                        "scheduler.go",
                                        "schedule_one.go",
                                        "eviction_manager.go",
                                        "topology_manager.go",
                                        "cpu_manager.go",
                                        "scope.go",
                                        "volume_manager.go",
                                        "desired_state_of_",
                                        "csi_",
                                        "container_manager",
                                        "generic.go",
                                        "garbagecollector",
                                        "deployment_controller.go",
                                        "endpointslice_controller.go",
                                        "apf_controller.go"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (starts(at, end, files[i], strlen(files[i])))
            return true;
    return false;
}

/*
 * Such names as kube-dns has, too, with a text in quotes and values behind it, which kube-dns is too old for:
 * kube-proxy's (cmd/kube-proxy/app/server.go, pkg/proxy/config/config.go, pkg/proxy/node.go).
 */
static bool is_of_kube_proxy(const char *at, const char *end, const char *text, const char *text_end)
{
    return text < text_end && *text == '"' &&
           (STARTS(at, end, "server.go:") || STARTS(at, end, "config.go:") || STARTS(at, end, "node.go:"));
}

/* E0322 21:22:59.665365       1 reflector.go:138] text. Source: klog's header. */
static bool klog_read(const char *at, const char *end, struct coredns_line *line)
{
    static const char letters[] = "IWEF";
    static const int levels[] = {COREDNS_LEVEL_INFO, COREDNS_LEVEL_WARNING, COREDNS_LEVEL_ERROR,
                                 COREDNS_LEVEL_FATAL};
    const char *letter = *at ? strchr(letters, *at) : NULL, *close, *file;

    if (!letter || end - at < 22 || at[5] != ' ' || at[8] != ':' || at[11] != ':' || at[14] != '.')
        return false;
    for (int i = 1; i < 5; i++)
        if (!is_digit(at[i]))
            return false;
    close = memmem(at, (size_t)(end - at), "] ", 2);
    if (!close)
        return false;
    file = memrchr(at, ' ', (size_t)(close - at));
    if (file && (is_of_kubernetes(file + 1, close) || is_of_kube_proxy(file + 1, close, close + 2, end)))
        return false;
    line->kind = COREDNS_MESSAGE;
    line->level = levels[letter - letters];
    line->plugin = (struct log_word){"kubernetes", 10};
    line->text = (struct log_word){close + 2, (size_t)(end - close - 2)};
    if (is_observed(close + 2, end)) {
        line->kind = COREDNS_PANIC;
        line->level = COREDNS_LEVEL_ERROR;
        line->observed = true;
    } else {
        /* kube-dns's nanny passes on what dnsmasq says. */
        (void)dnsmasq_read(close + 2, end, line);
    }
    return true;
}

/* ".:53", "example.org.:53 on 10.244.0.6", "tls://.:853" */
static bool is_listener(const char *at, const char *end)
{
    struct log_word zone = next_word(&at, end);
    size_t digits = 0;

    while (digits < zone.len && is_digit(zone.at[zone.len - 1 - digits]))
        digits++;
    if (!digits || digits > 5 || digits + 1 >= zone.len || zone.at[zone.len - 1 - digits] != ':')
        return false;
    if (at == end)
        return true;
    return STARTS(at, end, "on ") && !memchr(at + 3, ' ', (size_t)(end - at - 3));
}

static bool start_read(const char *at, const char *end, struct coredns_line *line)
{
    line->count = STARTS(at, end, "CoreDNS-");
    line->text = line->count ? (struct log_word){at + 8, (size_t)(end - at - 8)}
                             : (struct log_word){at, (size_t)(end - at)};
    if (!line->count && !STARTS(at, end, "maxprocs: ") && !STARTS(at, end, "linux/") && !is_listener(at, end))
        return false;
    line->kind = COREDNS_START;
    return true;
}

/*
 * The last words of a server that does not start; they have no level. Source: coremain/run.go; caddy's
 * caddy.go and plugins.go; Go's flag; what container runtimes say of a program that they cannot run.
 */
static bool fatal_read(const char *at, const char *end, struct coredns_line *line)
{
    static const char *const begins[] = {"Listen: ",
                                         "ListenPacket: ",
                                         "cannot serve ",
                                         "plugin/",
                                         "listen tcp ",
                                         "listen udp ",
                                         "skydns: listen ",
                                         "loading Caddyfile via ",
                                         "starting with listener file descriptors: ",
                                         "Caddyfile loaded multiple times",
                                         "no action found for directive ",
                                         "error inspecting server blocks: ",
                                         "open /etc/coredns/",
                                         "flag provided but not defined: ",
                                         "flag needs an argument: ",
                                         "invalid value \"",
                                         "extra command line arguments: ",
                                         "exec /coredns: ",
                                         "exec /node-cache: ",
                                         "exec format error",
                                         "log: exiting because of error: ",
                                         "standard_init_linux.go:"};
    static const char *const parts[] = {" - Error during parsing: ", " - Syntax error: "};
    bool found = false;

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]) && !found; i++)
        found = starts(at, end, begins[i], strlen(begins[i]));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !found; i++)
        found = memmem(at, (size_t)(end - at), parts[i], strlen(parts[i])) != NULL;
    if (!found)
        return false;
    coredns_message_read(at, end, line);
    line->kind = COREDNS_FATAL;
    line->level = COREDNS_LEVEL_FATAL;
    return true;
}

/* A line of a Go trace, wherever it stands. Source: Go's runtime/traceback.go. */
static bool trace_read(const char *at, const char *end, struct coredns_line *line)
{
    bool number = end - at > 10 && is_digit(at[10]);

    if (!(STARTS(at, end, "goroutine ") && number && end[-1] == ':') && !STARTS(at, end, "[signal SIG") &&
        !(STARTS(at, end, "created by ") && memchr(at, '.', (size_t)(end - at))) &&
        !(*at == '\t' && memmem(at, (size_t)(end - at), ".go:", 4)))
        return false;
    line->kind = COREDNS_TRACE;
    return true;
}

static bool crash_read(const char *at, const char *end, struct coredns_line *line)
{
    size_t skip = STARTS(at, end, "panic: ") ? 7 : STARTS(at, end, "fatal error: ") ? 13 : 0;

    if (!skip)
        return false;
    line->kind = COREDNS_PANIC;
    line->level = COREDNS_LEVEL_FATAL;
    line->text = (struct log_word){at + skip, (size_t)(end - at) - skip};
    return true;
}

/* What glog puts before a line of a program that has not read its flags yet; kube-dns's sidecar never does.
 */
static const char unparsed[] = "ERROR: logging before flag.Parse: ";

void coredns_bare_read(const char *at, const char *end, struct coredns_line *line)
{
    if (starts(at, end, unparsed, sizeof(unparsed) - 1))
        at += sizeof(unparsed) - 1;
    if (!(crash_read(at, end, line) || old_errors_read(at, end, line) || klog_read(at, end, line) ||
          dnsmasq_read(at, end, line) || slow_list_read(at, end, line) || start_read(at, end, line) ||
          trace_read(at, end, line) || fatal_read(at, end, line)))
        line->kind = COREDNS_UNKNOWN;
}
