/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_WRAPPER_H
#define K8SDNS_WIRE_LOG_WRAPPER_H

#include <k8sdns/wire/logs/container_line.h>

/*
 * What tools other than kubectl and the kubelet put around a line, when it is shown or copied:
 *
 *     stern, --all-namespaces      POD CONTAINER LINE        NAMESPACE POD CONTAINER LINE
 *     kubetail                     [POD] LINE                [POD CONTAINER] LINE
 *     kail                         NAMESPACE/POD[CONTAINER]: LINE
 *     docker compose               NAME  | LINE
 *     k9s                          │ LINE      │
 *     minikube logs                * LINE, below a head like "* ==> coredns [ID] <=="; newer without "* "
 *     tail of several files        LINE, below "==> FILE <=="
 *     syslog, journalctl           Mar  1 10:00:00 HOST TAG[PID]: LINE; with RFC 3339 times; RFC 5424
 *     logcli                       TIME {app="coredns", pod="POD"} LINE
 *     gcloud --format 'value(...)' TIME<tab>LINE
 *     aws logs tail, fluentd       TIME STREAM {"log": "LINE", ...}
 *     logfmt, fluent-bit, jq       msg="LINE"    {"log"=>"LINE", ...}    "LINE"
 *
 * Where the form is of none of these, what stands before a "[INFO] " or another level of CoreDNS's is taken
 * off.
 */
enum log_section {
    SECTION_NONE,    /* the line is no head */
    SECTION_FILE,    /* tail's; `pod` is the Pod or the file */
    SECTION_COREDNS, /* minikube's, of CoreDNS */
    SECTION_OTHER,   /* of another program, or of no log */
};

struct log_wrapper {
    struct log_word pod; /* or the host; empty without */
    struct log_word payload;
    uint64_t time_ns; /* 0 without */
    int section;      /* enum log_section */
    char quote;       /* what the payload stood in, and log_wrapper_unquote() takes out of it; 0: nothing */
};

/*
 * Whether something stands around a line, which then is in `ret_wrapper`; to be called again with its
 * payload, since tools are put one behind another. Lines that begin as CoreDNS's are left as they are.
 */
bool log_wrapper_read(const char *text, size_t len, struct log_wrapper *ret_wrapper);

/*
 * Undo in place what a payload in quotes has of them: escapes with a backslash, and quotes that are doubled.
 * Return its length then.
 */
size_t log_wrapper_unquote(char *text, size_t len, char quote);

/* Take a terminal's colours out of a line, in place. Return its length then. */
size_t log_wrapper_plain(char *text, size_t len);

#endif
