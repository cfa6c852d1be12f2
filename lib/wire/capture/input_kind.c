/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <string.h>

const char *const input_kind_words[INPUT_KINDS] = {
    [INPUT_UNKNOWN] = "of no known kind",
    [INPUT_EMPTY] = "empty (the command in front of the pipe wrote nothing)",
    [INPUT_PCAP] = "a packet capture (pcap)",
    [INPUT_PCAPNG] = "a packet capture (pcapng)",
    [INPUT_GZIP] = "compressed (gzip)",
    [INPUT_COMPRESSED] = "compressed (zstd, bzip2 or xz)",
    [INPUT_UTF16] = "text in UTF-16, as PowerShell writes it",
    [INPUT_PACKET_DUMP] = "packets in hex (tcpdump -x or -X)",
    [INPUT_TCPDUMP] = "text of tcpdump",
    [INPUT_TSHARK] = "packets as tshark describes them",
    [INPUT_ZEEK] = "a dns.log of Zeek",
    [INPUT_HUBBLE] = "flows of Hubble (Cilium)",
    [INPUT_FRAME_STREAM] = "a frame stream of dnstap",
    [INPUT_DNSTAP_TEXT] = "dnstap as text",
    [INPUT_OTLP] = "spans in OTLP JSON (OpenTelemetry)",
    [INPUT_ZIPKIN] = "spans in Zipkin's JSON",
    [INPUT_TRACE_LIST] = "a list of traces (a search of Tempo)",
    [INPUT_PROMETHEUS] = "an answer of Prometheus's API",
    [INPUT_K8SDNS] = "JSON that k8sdns wrote",
    [INPUT_KUBE] = "Kubernetes objects",
    [INPUT_METRICS] = "Prometheus metrics",
    [INPUT_COREDNS_LOG] = "a log of CoreDNS",
    [INPUT_RESOLV_CONF] = "a resolv.conf",
    [INPUT_COREFILE] = "a Corefile",
    [INPUT_DESCRIBE] = "the output of kubectl describe",
    [INPUT_KUBE_TABLE] = "a table of kubectl get",
    [INPUT_DIG] = "output of dig",
    [INPUT_HTML] = "a web page (HTML)",
    [INPUT_HELM_VALUES] = "values of CoreDNS's Helm chart",
    [INPUT_GCLOUD_YAML] = "YAML of gcloud logging read",
    [INPUT_KUBECTL_ERROR] = "an error message of kubectl",
    [INPUT_COMMAND_ERROR] = "an error message of the command in front of the pipe",
};

const char *const input_kind_readers[INPUT_KINDS] = {
    [INPUT_PCAP] = "k8sdns decode FILE",
    [INPUT_PCAPNG] = "k8sdns decode FILE",
    [INPUT_GZIP] = "zcat FILE in front of the pipe",
    [INPUT_COMPRESSED] = "zstdcat, bzcat or xzcat FILE in front of the pipe",
    [INPUT_UTF16] = "iconv -f UTF-16 -t UTF-8 FILE in front of the pipe",
    [INPUT_PACKET_DUMP] = "k8sdns decode FILE",
    [INPUT_TCPDUMP] = "tcpdump -w FILE port 53 and k8sdns decode FILE",
    [INPUT_TSHARK] = "k8sdns decode FILE, of tshark -x or of the packets themselves (-w)",
    [INPUT_ZEEK] = "k8sdns decode FILE, of the packets themselves (tcpdump -w FILE port 53)",
    [INPUT_HUBBLE] = "k8sdns decode FILE, of the packets themselves (tcpdump -w FILE port 53)",
    [INPUT_FRAME_STREAM] = "k8sdns dnstap --read FILE",
    [INPUT_DNSTAP_TEXT] = "k8sdns dnstap --read FILE, of the frame stream itself",
    [INPUT_OTLP] = "k8sdns spans --read FILE",
    [INPUT_ZIPKIN] = "k8sdns spans --read FILE",
    [INPUT_TRACE_LIST] = "k8sdns spans --read FILE, of one trace",
    [INPUT_PROMETHEUS] = "k8sdns metrics FILE, of the text that CoreDNS gives at :9153/metrics",
    [INPUT_K8SDNS] = "k8sdns diagnose --from FILE, or k8sdns scope FILE...",
    [INPUT_KUBE] = "k8sdns diagnose --endpoints FILE",
    [INPUT_METRICS] = "k8sdns metrics FILE",
    [INPUT_COREDNS_LOG] = "k8sdns logs FILE",
    [INPUT_RESOLV_CONF] = "k8sdns resolv --resolv-conf FILE",
    [INPUT_COREFILE] = "k8sdns corefile FILE",
    [INPUT_DESCRIBE] = "k8sdns corefile FILE for a ConfigMap; for others use kubectl get ... -o yaml",
    [INPUT_KUBE_TABLE] = "k8sdns diagnose --endpoints FILE, of kubectl get ... -o yaml",
    [INPUT_DIG] = "k8sdns explain - <FILE",
    [INPUT_HELM_VALUES] = "k8sdns corefile FILE",
    [INPUT_GCLOUD_YAML] = "k8sdns logs FILE",
};

struct head {
    const char *bytes;
    size_t len;
};

static bool has(const struct head *head, const char *piece)
{
    return memmem(head->bytes, head->len, piece, strlen(piece)) != NULL;
}

static bool begins(const struct line *line, const char *with)
{
    return line->len >= strlen(with) && memcmp(line->text, with, strlen(with)) == 0;
}

/* A mark of the order of bytes, and three letters of two bytes each; a DNS message has flags there. */
static bool is_utf16(const struct head *head)
{
    const unsigned char *b = (const unsigned char *)head->bytes;
    int low = head->len >= 8 && b[0] == 0xff && b[1] == 0xfe ? 0 : 1;

    if (head->len < 8 || (low && (b[0] != 0xfe || b[1] != 0xff)))
        return false;
    for (int i = 2; i < 8; i += 2)
        if (b[i + !low] || (!isprint(b[i + low]) && !isspace(b[i + low])))
            return false;
    return true;
}

static enum input_kind tell_binary(const struct head *head)
{
    static const struct {
        char magic[12];
        unsigned char len;
        enum input_kind kind;
    } magics[] = {
        {"\xa1\xb2\xc3\xd4", 4, INPUT_PCAP},       {"\xd4\xc3\xb2\xa1", 4, INPUT_PCAP},
        {"\xa1\xb2\x3c\x4d", 4, INPUT_PCAP},       {"\x4d\x3c\xb2\xa1", 4, INPUT_PCAP},
        {"\x0a\x0d\x0d\x0a", 4, INPUT_PCAPNG},     {"\x1f\x8b\x08", 3, INPUT_GZIP},
        {"\x28\xb5\x2f\xfd", 4, INPUT_COMPRESSED}, {"\3757zXZ", 5, INPUT_COMPRESSED},
        {"\0\0\0\0\0\0\0", 7, INPUT_FRAME_STREAM}, /* an escape, and a control frame of less than 256 bytes */
    };

    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
        if (head->len >= magics[i].len && memcmp(head->bytes, magics[i].magic, magics[i].len) == 0)
            return magics[i].kind;
    if (is_utf16(head))
        return INPUT_UTF16;
    /* "BZh" alone may begin base64; the mark of the first block may not. */
    return head->len >= 10 && memcmp(head->bytes, "BZh", 3) == 0 && memcmp(head->bytes + 4, "1AY&SY", 6) == 0
               ? INPUT_COMPRESSED
               : INPUT_UNKNOWN;
}

static enum input_kind tell_json(const struct head *head)
{
    /* "batches" is what Tempo's API has in place of "resourceSpans". */
    if (has(head, "\"resourceSpans\"") || has(head, "\"resource_spans\"") || has(head, "\"scopeSpans\"") ||
        has(head, "\"instrumentationLibrarySpans\"") || has(head, "\"startTimeUnixNano\""))
        return has(head, "\"rootServiceName\"") ? INPUT_TRACE_LIST : INPUT_OTLP;
    if (has(head, "\"resultType\"") && has(head, "\"metric\""))
        return INPUT_PROMETHEUS;
    if (has(head, "\"_source\"") && has(head, "\"layers\""))
        return INPUT_TSHARK;
    if (has(head, "\"id.orig_h\""))
        return INPUT_ZEEK;
    if (has(head, "\"flow\"") && has(head, "\"verdict\""))
        return INPUT_HUBBLE;
    if (has(head, "\"k8sdns/1\""))
        return INPUT_K8SDNS;
    if (has(head, "\"apiVersion\""))
        return INPUT_KUBE;
    if (has(head, "\"traceId\"") || has(head, "\"traceID\""))
        return INPUT_ZIPKIN;
    return INPUT_UNKNOWN;
}

/* "12:00:00.000000 CQ 10.0.0.1:41234 UDP 39b ..." or dnstap-read's "... CQ 10.0.0.1:1 -> 10.0.0.2:53 UDP" */
static bool is_dnstap_line(const struct line *line)
{
    static const char *const types[] = {" CQ ", " CR ", " FQ ", " FR ", " RQ ", " RR ", " AQ ", " AR "};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (line->len && isdigit((unsigned char)line->text[0]) &&
            memmem(line->text, line->len, types[i], 4) &&
            (memmem(line->text, line->len, " UDP ", 5) || memmem(line->text, line->len, " TCP ", 5)))
            return true;
    return begins(line, "type: MESSAGE");
}

/* "1 0.000 10.0.0.1 → 10.0.0.2 DNS 86 Standard query ...", and the tree that -V prints. */
static bool is_tshark_line(const struct line *line)
{
    return (memmem(line->text, line->len, " DNS ", 5) &&
            memmem(line->text, line->len, " Standard query", 15)) ||
           begins(line, "Domain Name System (");
}

static bool is_hex_row(const struct line *line)
{
    const char *at = line->text, *end = at + line->len;

    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return end - at > 8 && memcmp(at, "0x0000:", 7) == 0;
}

/* What a command wrote in place of its output, which is all that a pipe with 2>&1 or a saved file then has.
 */
static enum input_kind tell_error(const struct line *line)
{
    static const struct {
        const char *begin, *piece;
        enum input_kind kind;
    } errors[] = {
        {"error: ", "", INPUT_KUBECTL_ERROR},
        {"Error from server", "", INPUT_KUBECTL_ERROR},
        {"Unable to connect to the server", "", INPUT_KUBECTL_ERROR},
        {"The connection to the server", "", INPUT_KUBECTL_ERROR},
        {"No resources found", "", INPUT_KUBECTL_ERROR},
        {"Error in configuration", "", INPUT_KUBECTL_ERROR},
        {"Please enter Username", "", INPUT_KUBECTL_ERROR},
        {"OCI runtime exec failed", "", INPUT_KUBECTL_ERROR},
        {"command terminated with", "", INPUT_KUBECTL_ERROR},
        {"E", "memcache.go:", INPUT_KUBECTL_ERROR},
        {"", "kubectl: command not found", INPUT_COMMAND_ERROR},
        {"", "kubectl: not found", INPUT_COMMAND_ERROR},
        {"", "oc: command not found", INPUT_COMMAND_ERROR},
        {"cat: ", ": No such file or directory", INPUT_COMMAND_ERROR},
        {"cat: can't open", "", INPUT_COMMAND_ERROR},
        {"An error occurred (", "", INPUT_COMMAND_ERROR}, /* aws */
        {"ERROR: (gcloud.", "", INPUT_COMMAND_ERROR},
        {"curl: (", "", INPUT_COMMAND_ERROR},
        {"wget: ", "", INPUT_COMMAND_ERROR},
        {"jq: error", "", INPUT_COMMAND_ERROR},
        {"parse error: ", "", INPUT_COMMAND_ERROR}, /* jq */
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (begins(line, errors[i].begin) &&
            (!*errors[i].piece || memmem(line->text, line->len, errors[i].piece, strlen(errors[i].piece))))
            return errors[i].kind;
    return INPUT_UNKNOWN;
}

/* The head of what kubectl get prints: columns in capitals. */
static bool is_table_head(const struct line *line)
{
    return begins(line, "NAME ")
               ? memmem(line->text, line->len, " AGE", 4) || memmem(line->text, line->len, " READY", 6) ||
                     memmem(line->text, line->len, " ADDRESSTYPE", 12)
               : begins(line, "NAMESPACE ") && memmem(line->text, line->len, " NAME ", 6);
}

static enum input_kind tell_first_line(const struct line *line)
{
    enum input_kind kind = tell_error(line);

    if (kind)
        return kind;
    if (begins(line, "<!DOCTYPE") || begins(line, "<!doctype") || begins(line, "<html") ||
        begins(line, "<HTML"))
        return INPUT_HTML;
    if (is_table_head(line))
        return INPUT_KUBE_TABLE;
    if (begins(line, "Name: ") && line->len > 6)
        return INPUT_DESCRIBE;
    return INPUT_UNKNOWN;
}

static enum input_kind tell_line(const struct line *line)
{
    if (is_dnstap_line(line))
        return INPUT_DNSTAP_TEXT;
    if (is_hex_row(line))
        return INPUT_PACKET_DUMP;
    if (is_tshark_line(line))
        return INPUT_TSHARK;
    if (begins(line, "#path\tdns"))
        return INPUT_ZEEK;
    if (memmem(line->text, line->len, " dns-request proxy ", 19) ||
        memmem(line->text, line->len, " dns-response proxy ", 20))
        return INPUT_HUBBLE;
    if (begins(line, "apiVersion:"))
        return INPUT_KUBE;
    if (begins(line, "servers:") && line->len == 8)
        return INPUT_HELM_VALUES;
    if (begins(line, "insertId: "))
        return INPUT_GCLOUD_YAML;
    if (begins(line, "; <<>> DiG ") || begins(line, ";; ->>HEADER<<-"))
        return INPUT_DIG;
    if (begins(line, "# HELP ") || begins(line, "# TYPE ") || begins(line, "coredns_"))
        return INPUT_METRICS;
    if (memmem(line->text, line->len, "[INFO] ", 7) || memmem(line->text, line->len, "[ERROR] plugin/", 15) ||
        memmem(line->text, line->len, "CoreDNS-", 8))
        return INPUT_COREDNS_LOG;
    if (begins(line, "nameserver ") || begins(line, "search "))
        return INPUT_RESOLV_CONF;
    if (begins(line, ".:53 {") || (line->len > 2 && memmem(line->text, line->len, ":53 {", 5)))
        return INPUT_COREFILE;
    if (memmem(line->text, line->len, " IP ", 4) && memmem(line->text, line->len, " > ", 3))
        return INPUT_TCPDUMP;
    return INPUT_UNKNOWN;
}

enum input_kind input_kind_tell(const char *bytes, size_t len)
{
    struct head head = {bytes, len < INPUT_KIND_HEAD ? len : INPUT_KIND_HEAD};
    struct line_cursor cursor = {.bytes = head.bytes, .len = head.len};
    enum input_kind kind = tell_binary(&head), seen = INPUT_UNKNOWN;
    struct line line;
    bool first_seen = false;
    size_t at = 0;

    if (kind)
        return kind;
    while (at < len && isspace((unsigned char)bytes[at]))
        at++;
    if (at == len)
        return INPUT_EMPTY;
    if (at < head.len && (bytes[at] == '{' || bytes[at] == '['))
        kind = tell_json(&head);
    while (!kind && line_cursor_next(&cursor, &line)) {
        if (line.len && !first_seen)
            kind = tell_first_line(&line);
        first_seen = first_seen || line.len;
        kind = kind ? kind : tell_line(&line);
        /* Bytes may follow tcpdump's line. */
        if (kind == INPUT_TCPDUMP) {
            seen = kind;
            kind = INPUT_UNKNOWN;
        }
    }
    return kind ? kind : seen;
}

int input_kind_refuse(const char *bytes, size_t len, enum input_kind own, const char *name,
                      const char *wanted, struct err *err)
{
    enum input_kind kind = input_kind_tell(bytes, len);

    if (kind == INPUT_UNKNOWN || kind == own)
        return 0;
    if (kind == INPUT_KUBECTL_ERROR || kind == INPUT_COMMAND_ERROR) {
        size_t at = 0, end;

        while (at < len && isspace((unsigned char)bytes[at]))
            at++;
        for (end = at; end < len && end - at < 120 && bytes[end] != '\n';)
            end++;
        return err_set(err, ERR_FORMAT, EBADMSG, "%s is %s, not %s: %.*s", name, input_kind_words[kind],
                       wanted, (int)(end - at), bytes + at);
    }
    return err_set(err, ERR_FORMAT, EBADMSG, "%s is %s, not %s%s%s", name, input_kind_words[kind], wanted,
                   input_kind_readers[kind] ? "; what reads it: " : "",
                   input_kind_readers[kind] ? input_kind_readers[kind] : "");
}
