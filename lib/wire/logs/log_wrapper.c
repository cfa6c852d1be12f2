/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coredns_reader.h"
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/logs/log_wrapper.h>
#include <string.h>

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

/* A name of Kubernetes's objects. */
static bool is_object(struct log_word word)
{
    for (size_t i = 0; i < word.len; i++)
        if (!is_lower(word.at[i]) && word.at[i] != '-' && word.at[i] != '.')
            return false;
    return word.len > 0 && is_lower(word.at[0]);
}

/* Of a Deployment's or a DaemonSet's Pod, with five letters and digits at its end; of a StatefulSet's, with a
 * number. */
static bool is_pod(struct log_word word)
{
    const char *dash = word.len ? memrchr(word.at, '-', word.len) : NULL;
    size_t rest = dash ? (size_t)(word.at + word.len - dash - 1) : 0;

    if (!is_object(word) || !rest || dash == word.at)
        return false;
    for (size_t i = 1; i <= rest; i++)
        if (!is_lower(dash[i]))
            return false;
    return rest == 5 || number((struct log_word){dash + 1, rest}, 99999) != COREDNS_UNSET;
}

static struct log_word rest_from(const char *at, const char *end)
{
    return (struct log_word){at, (size_t)(end - at)};
}

/* How CoreDNS alone begins a line that has no level: its banner, and its last words. */
static bool begins_bare(const char *at, const char *end)
{
    static const char *const begins[] = {"CoreDNS-",
                                         "linux/amd64, go",
                                         "linux/arm64, go",
                                         "maxprocs: ",
                                         "Listen: listen ",
                                         "ListenPacket: listen ",
                                         "loading Caddyfile via ",
                                         "starting with listener file descriptors: ",
                                         "cannot serve dns://",
                                         "exec /coredns: ",
                                         "exec /node-cache: "};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (starts(at, end, begins[i], strlen(begins[i])))
            return true;
    if (STARTS(at, end, ".:"))
        return number(rest_from(at + 2, end), 65535) != COREDNS_UNSET;
    if (!STARTS(at, end, "plugin/"))
        return false;
    for (at += 7; at < end && (is_lower(*at) || *at == '_'); at++)
        ;
    return end - at > 1 && at[0] == ':' && at[1] == ' ';
}

/* POD CONTAINER LINE; and what stern says itself: + POD › CONTAINER */
static bool stern_read(const char *at, const char *end, struct log_wrapper *ret)
{
    struct log_word first = next_word(&at, end), second = next_word(&at, end);

    if ((WORD_IS(first, "+") || WORD_IS(first, "-")) && is_object(second) &&
        memmem(second.at, (size_t)(end - second.at), "\u203a", 3)) {
        ret->payload = (struct log_word){end, 0};
        return true;
    }
    if (is_pod(first) && is_object(second) && second.at + second.len < end && !begins_bare(second.at, end)) {
        ret->pod = first;
    } else {
        struct log_word third = next_word(&at, end);

        if (!is_object(first) || !is_pod(second) || !is_object(third) || third.at + third.len == end ||
            begins_bare(third.at, end))
            return false;
        ret->pod = second;
    }
    ret->payload = rest_from(at, end);
    return true;
}

/* [POD] LINE, [POD CONTAINER] LINE */
static bool kubetail_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *close = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL, *word = at + 1;

    if (!close || close - at > 400)
        return false;
    ret->pod = next_word(&word, close);
    if (!is_pod(ret->pod))
        return false;
    close++;
    ret->payload = rest_from(close + (close < end && *close == ' '), end);
    return true;
}

/* NAMESPACE/POD[CONTAINER]: LINE */
static bool kail_read(const char *at, const char *end, struct log_wrapper *ret)
{
    struct log_word word = next_word(&at, end);
    const char *slash = memchr(word.at, '/', word.len), *open = memchr(word.at, '[', word.len);

    if (word.len < 5 || !slash || !open || open < slash || memcmp(word.at + word.len - 2, "]:", 2) != 0)
        return false;
    ret->pod = (struct log_word){slash + 1, (size_t)(open - slash - 1)};
    ret->payload = rest_from(at, end);
    return is_object(ret->pod);
}

/* NAME  | LINE */
static bool compose_read(const char *at, const char *end, struct log_wrapper *ret)
{
    struct log_word name = next_word(&at, end);

    while (at < end && *at == ' ')
        at++;
    if (end - at < 2 || at[0] != '|' || at[1] != ' ' || !is_object(name))
        return false;
    ret->pod = name;
    ret->payload = rest_from(at + 2, end);
    return true;
}

/* The margins of a box, of which a corner is drawn on a line of its own. */
static bool box_read(const char *at, const char *end, struct log_wrapper *ret)
{
    static const char box[] = "\xe2\x94"; /* U+2500 to U+253F, and U+2540 on */
    unsigned char what;

    if (end - at < 3 || memcmp(at, box, 2) != 0)
        return false;
    what = (unsigned char)at[2];
    if (what != 0x82 && what != 0x83) {
        ret->payload = (struct log_word){end, 0};
        return true;
    }
    at += 3;
    at += at < end && *at == ' ';
    while (end > at && end[-1] == ' ')
        end--;
    if (end - at >= 3 && memcmp(end - 3, box, 2) == 0)
        end -= 3;
    while (end > at && end[-1] == ' ')
        end--;
    ret->payload = rest_from(at, end);
    return true;
}

/* What marks in a page where the log begins and ends. */
static bool fence_read(const char *at, const char *end, struct log_wrapper *ret)
{
    if (!pasted_line_is_fence(at, (size_t)(end - at)))
        return false;
    ret->payload = (struct log_word){end, 0};
    return true;
}

/* * LINE */
static bool star_read(const char *at, const char *end, struct log_wrapper *ret)
{
    if (*at != '*' || (end - at > 1 && at[1] != ' '))
        return false;
    ret->payload = rest_from(at + 1 + (end - at > 1), end);
    return true;
}

/* +LINE, of a diff */
static bool added_read(const char *at, const char *end, struct log_wrapper *ret)
{
    int level;

    if (*at != '+' || end - at < 2 ||
        (coredns_level_read(at + 1, end, &level) == at + 1 && !begins_bare(at + 1, end)))
        return false;
    ret->payload = rest_from(at + 1, end);
    return true;
}

/* Body: Str(LINE), of the debug exporter of OpenTelemetry's collector */
static bool body_read(const char *at, const char *end, struct log_wrapper *ret)
{
    static const char body[] = "Body: Str(";

    while (end > at && (end[-1] == ' ' || end[-1] == '\r'))
        end--;
    while (at < end && *at == ' ')
        at++;
    if (!STARTS(at, end, body) || end[-1] != ')')
        return false;
    ret->payload = rest_from(at + sizeof(body) - 1, end - 1);
    return true;
}

/* ==> coredns [d4e2a61a1d41] <==, ==> /var/log/containers/coredns-x.log <== */
static bool section_read(const char *at, const char *end, struct log_wrapper *ret)
{
    static const char *const programs[] = {"coredns",  "node-local-dns", "nodelocaldns", "node-cache",
                                           "kube-dns", "kubedns",        "dnsmasq"};

    while (end > at && end[-1] == ' ')
        end--;
    if (end - at < 9 || memcmp(at, "==> ", 4) != 0 || memcmp(end - 4, " <==", 4) != 0)
        return false;
    at += 4;
    end -= 4;
    ret->payload = (struct log_word){end, 0};
    ret->section = SECTION_OTHER;
    if (memchr(at, '/', (size_t)(end - at)) || (end - at > 4 && memcmp(end - 4, ".log", 4) == 0)) {
        ret->section = SECTION_FILE;
        ret->pod = rest_from(at, end);
        return true;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (starts(at, end, programs[i], strlen(programs[i])))
            ret->section = SECTION_COREDNS;
    return true;
}

/* HOST TAG[PID]: LINE; what stands behind the time of syslog's and journald's lines. */
static bool tag_read(const char *at, const char *end, struct log_wrapper *ret)
{
    struct log_word host = next_word(&at, end);
    const char *from = at;
    struct log_word tag = next_word(&at, end);
    const char *open = tag.len > 2 ? memchr(tag.at, '[', tag.len) : NULL;

    if (!host.len || tag.len < 2 || tag.at[tag.len - 1] != ':' || memchr(tag.at, '/', tag.len))
        return false;
    if (open && (tag.len < 4 || tag.at[tag.len - 2] != ']' ||
                 number((struct log_word){open + 1, (size_t)(tag.at + tag.len - open - 3)}, UINT32_MAX) ==
                     COREDNS_UNSET))
        return false;
    if (!open && !memmem(tag.at, tag.len, "dns", 3))
        return false;
    /* dnsmasq's lines are told by that name. */
    ret->payload = STARTS(from, end, "dnsmasq") ? rest_from(from, end) : rest_from(at, end);
    ret->pod = host;
    return true;
}

/* Mar  1 10:00:00 */
static const char *month_read(const char *at, const char *end)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    size_t month = 0;

    if (end - at < 16 || at[3] != ' ' || at[6] != ' ' || at[9] != ':' || at[12] != ':' || at[15] != ' ' ||
        !is_digit(at[5]))
        return NULL;
    while (month < 12 && memcmp(months + 3 * month, at, 3) != 0)
        month++;
    return month < 12 ? at + 16 : NULL;
}

/* <30>, <30>1 TIME HOST APP PID ID - LINE, Mar  1 10:00:00 HOST TAG: LINE, HOST TAG[PID]: LINE */
static bool syslog_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *behind;
    size_t taken;

    if (*at == '<') {
        const char *close = memchr(at, '>', (size_t)(end - at));

        if (!close || close - at > 4 || number(rest_from(at + 1, close), 191) == COREDNS_UNSET)
            return false;
        at = close + 1;
        if (STARTS(at, end, "1 ")) {
            at += 2;
            taken = log_time_read(at, (size_t)(end - at), &ret->time_ns);
            (void)next_word(&at, end);
            ret->pod = next_word(&at, end);
            for (int i = 0; i < 3; i++)
                (void)next_word(&at, end);
            /* Structured data, or a dash for none. */
            if (at < end && *at == '[')
                at = memmem(at, (size_t)(end - at), "] ", 2) ?: end - 1;
            at += end - at > 1 ? 2 : end - at;
            ret->payload = rest_from(at, end);
            return taken > 0;
        }
    }
    behind = month_read(at, end);
    return tag_read(behind ? behind : at, end, ret);
}

/* {app="coredns", pod="POD"} LINE */
static bool labels_read(const char *at, const char *end, struct log_wrapper *ret)
{
    static const char pod[] = "pod=\"";
    const char *close, *name;

    if (*at != '{' || end - at < 4 || !((at[1] >= 'a' && at[1] <= 'z') || at[1] == '_'))
        return false;
    close = memmem(at, (size_t)(end - at), "\"} ", 3);
    if (!close)
        return false;
    name = memmem(at, (size_t)(close - at), pod, sizeof(pod) - 1);
    if (name) {
        const char *quote;

        name += sizeof(pod) - 1;
        quote = memchr(name, '"', (size_t)(close + 1 - name));
        ret->pod = rest_from(name, quote ? quote : close);
    }
    ret->payload = rest_from(close + 3, end);
    return true;
}

/* TIME<tab>LINE */
static bool tab_read(const char *at, const char *end, struct log_wrapper *ret)
{
    size_t taken = is_digit(*at) ? log_time_read_any(at, (size_t)(end - at), &ret->time_ns) : 0;

    if (!taken || at + taken == end || at[taken] != '\t')
        return false;
    ret->payload = rest_from(at + taken + 1, end);
    return true;
}

/* TIME STREAM {"log": "LINE", ...}: an object of JSON that ends with the line. */
static bool object_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *open = at;

    while (end > at && (end[-1] == ' ' || end[-1] == '\r'))
        end--;
    if (end == at || *at == '{' || *at == '[' || end[-1] != '}')
        return false;
    while ((open = memmem(open, (size_t)(end - open), "{\"", 2)) && open[-1] != ' ' && open[-1] != '\t')
        open++;
    if (!open)
        return false;
    ret->payload = rest_from(open, end);
    return true;
}

/* What is behind a quote that ends belongs to a list, an object or the next member of logfmt, or is nothing.
 */
static bool ends_behind(const char *at, const char *end)
{
    const char *name = at + 1;

    if (at == end || strchr(",}])\t\r", *at))
        return true;
    while (*at == ' ' && name < end && (is_lower(*name) || *name == '_'))
        name++;
    return name > at + 1 && name < end && *name == '=';
}

/* The quote that ends what stands in quotes. Those of a query's own have a backslash, are doubled, or are
 * followed by more of it. */
static const char *quote_end(const char *at, const char *end, char quote)
{
    bool escaped = false;

    for (const char *p = at; p < end; p++) {
        if (*p == '\\' && p + 1 < end) {
            escaped = escaped || p[1] == quote;
            p++;
        } else if (*p == quote && (escaped || ends_behind(p + 1, end))) {
            return p;
        }
    }
    return end;
}

/* An object of JSON is read by its members. */
static bool is_json(const char *at, const char *end)
{
    return *at == '{' && memmem(at, (size_t)(end - at), "\":", 2);
}

/* "[INFO] LINE", msg="[INFO] LINE" ..., {"log"=>"[INFO] LINE", "stream"=>"stdout"} */
static bool quoted_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *p = at;
    int level;

    if (is_json(at, end))
        return false;
    while ((p = memchr(p, '[', (size_t)(end - p)))) {
        if (p > at && (p[-1] == '"' || p[-1] == '\'') && coredns_level_read(p, end, &level) != p)
            break;
        p++;
    }
    if (!p)
        return false;
    ret->quote = p[-1];
    ret->payload = rest_from(p, quote_end(p, end, ret->quote));
    return true;
}

/* More than that stands before no line. */
#define PREFIX_MAX 200

/* A clock of twelve hours stands before a line without a blank between them. */
static bool ends_with_half_day(const char *at, const char *end)
{
    return end - at > 3 && (end[-1] | 32) == 'm' && ((end[-2] | 32) == 'a' || (end[-2] | 32) == 'p') &&
           end[-3] == ' ';
}

/* The line from `p` on. The Pod is a word of what stands before it, where one looks so. */
static void take_from(const char *at, const char *p, const char *end, struct log_wrapper *ret)
{
    const char *word = at;

    while (word < p && !ret->pod.len) {
        struct log_word one = next_word(&word, p);

        if (is_pod(one))
            ret->pod = one;
    }
    /* Columns with tabs between them may stand behind it, too. */
    if (memchr(at, '\t', (size_t)(p - at)))
        end = memchr(p, '\t', (size_t)(end - p)) ?: end;
    ret->payload = rest_from(p, end);
}

static bool ends_a_prefix(char c)
{
    return c == ' ' || c == '\t' || c == ':' || c == '>';
}

/* Whatever it is that stands before a level. */
static bool level_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *p = at, *most = end - at > PREFIX_MAX ? at + PREFIX_MAX : end;
    int level;

    while ((p = memchr(p, '[', (size_t)(most - p)))) {
        if (p > at && (ends_a_prefix(p[-1]) || ends_with_half_day(at, p)) &&
            coredns_level_read(p, end, &level) != p)
            break;
        p++;
    }
    if (!p)
        return false;
    take_from(at, p, end, ret);
    return true;
}

/* Whatever it is that stands before one of these. Behind a level it would be another line. */
static bool bare_read(const char *at, const char *end, struct log_wrapper *ret)
{
    const char *most = end - at > PREFIX_MAX ? at + PREFIX_MAX : end, *p = at;
    int level;

    if (is_json(at, end))
        return false;
    for (; p < most && !begins_bare(p, end); p++)
        if (*p == '[' && coredns_level_read(p, end, &level) != p)
            return false;
    /* One that begins with it has nothing before it. */
    if (p == most || p == at)
        return false;
    if (p[-1] == '"' || p[-1] == '\'') {
        ret->quote = p[-1];
        ret->payload = rest_from(p, quote_end(p, end, ret->quote));
        return true;
    }
    if (!ends_a_prefix(p[-1]))
        return false;
    take_from(at, p, end, ret);
    return true;
}

bool log_wrapper_read(const char *text, size_t len, struct log_wrapper *ret)
{
    static bool (*const forms[])(const char *at, const char *end, struct log_wrapper *ret) = {
        box_read,      fence_read,  star_read,  added_read,   body_read,   section_read,
        kubetail_read, stern_read,  kail_read,  compose_read, labels_read, syslog_read,
        tab_read,      object_read, level_read, quoted_read,  bare_read};
    int level;

    if (!len || coredns_level_read(text, text + len, &level) != text)
        return false;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        *ret = (struct log_wrapper){.payload = {text, len}};
        if (forms[i](text, text + len, ret))
            return true;
    }
    return false;
}
