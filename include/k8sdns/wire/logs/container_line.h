/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_CONTAINER_LINE_H
#define K8SDNS_WIRE_CONTAINER_LINE_H

#include <k8sdns/wire/logs/log_time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of a line; no NUL behind it. */
struct log_word {
    const char *at;
    size_t len;
};

/*
 * What kubectl, the kubelet and Docker put around a line that a container wrote:
 *
 *     kubectl --prefix --timestamps   [pod/coredns-x/coredns] 2026-01-31T12:00:00.1Z LINE
 *     CRI, /var/log/pods/.../0.log    2026-01-31T12:00:00.123456789+08:00 stdout F LINE
 *     Docker's json-file              {"log":"LINE\n","stream":"stdout","time":"2026-01-31T12:00:00.1Z"}
 *
 * Each part may be missing, and a line without any is its own payload. Long lines come in pieces: CRI marks
 * all but the last with P, Docker ends only the last with a newline.
 */
struct container_line {
    struct log_word pod;     /* of kubectl's prefix; empty without */
    struct log_word payload; /* what the container wrote */
    uint64_t time_ns;        /* since 1970; 0 when the line has no time */
    bool stderr_stream;      /* of CRI and Docker */
    bool partial;            /* more of this line follows in the next */
    bool unsure; /* partial by Docker's rule, but shorter than its pieces are: another may have written it so
                  */
};

/*
 * Take `len` bytes (without their newline) apart. Docker's payload is unescaped in place, which is why they
 * are not const. Whatever the bytes, there is a payload; it may be empty. Source: kubectl's logs --prefix;
 * CRI "Kubelet Container Logging"; moby's jsonfilelog.
 */
void container_line_read(char *text, size_t len, struct container_line *ret_line);

/* Whether a line is of Docker's json-file. */
bool container_line_is_docker(const char *text, size_t len);

/*
 * The Pod that a log of the kubelet's is of: /var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log, or
 * /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log. Empty for any other path.
 */
struct log_word container_path_pod(const char *path);

/* The first line of several, which are then what is behind its end. */
struct log_word log_word_line(struct log_word *rest);

#endif
