/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_INPUT_KIND_H
#define K8SDNS_WIRE_INPUT_KIND_H

#include <k8sdns/base/err.h>
#include <stddef.h>

/* What a file that somebody handed over is, told from its first bytes. */
enum input_kind {
    INPUT_UNKNOWN,
    INPUT_EMPTY,         /* nothing, or blanks alone */
    INPUT_PCAP,          /* a packet capture, classic */
    INPUT_PCAPNG,        /* a packet capture, pcapng */
    INPUT_GZIP,          /* compressed */
    INPUT_COMPRESSED,    /* compressed by another program */
    INPUT_UTF16,         /* text that is not UTF-8 */
    INPUT_PACKET_DUMP,   /* tcpdump -x or -X */
    INPUT_TCPDUMP,       /* tcpdump's lines without the bytes */
    INPUT_TSHARK,        /* tshark's or Wireshark's, as text or JSON; the bytes may be in it */
    INPUT_ZEEK,          /* Zeek's dns.log, as columns or JSON */
    INPUT_HUBBLE,        /* flows that Cilium's hubble observe prints */
    INPUT_FRAME_STREAM,  /* dnstap, as it travels */
    INPUT_DNSTAP_TEXT,   /* dnstap in text or YAML */
    INPUT_OTLP,          /* spans in OpenTelemetry's JSON */
    INPUT_ZIPKIN,        /* spans in Zipkin's JSON */
    INPUT_TRACE_LIST,    /* Tempo's search: of each trace its root alone */
    INPUT_PROMETHEUS,    /* samples as Prometheus's API gives them */
    INPUT_K8SDNS,        /* what k8sdns --json or capture wrote */
    INPUT_KUBE,          /* Kubernetes objects, JSON or YAML */
    INPUT_METRICS,       /* Prometheus's text */
    INPUT_COREDNS_LOG,   /* lines of CoreDNS's log */
    INPUT_RESOLV_CONF,   /* nameserver and search lines */
    INPUT_COREFILE,      /* server blocks */
    INPUT_DESCRIBE,      /* kubectl describe */
    INPUT_KUBE_TABLE,    /* kubectl get without -o */
    INPUT_DIG,           /* an answer as dig prints it */
    INPUT_HELM_VALUES,   /* servers: and their plugins */
    INPUT_GCLOUD_YAML,   /* gcloud logging read without --format json */
    INPUT_HTML,          /* a web page, such as a proxy's error */
    INPUT_KUBECTL_ERROR, /* kubectl's own message instead of its output */
    INPUT_COMMAND_ERROR, /* that of another command */
    INPUT_KINDS,
};
extern const char *const input_kind_words[INPUT_KINDS];   /* "a packet capture (pcap)" */
extern const char *const input_kind_readers[INPUT_KINDS]; /* the command that reads it; NULL for none */

/* So many bytes from the start tell; who reads piece by piece keeps no more for it. */
#define INPUT_KIND_HEAD 8192

enum input_kind input_kind_tell(const char *bytes, size_t len);

/*
 * Say in `err` (kind ERR_FORMAT) what `name` is, that `wanted` was expected, and which command reads it.
 * Return -EBADMSG; 0 and nothing said where the kind is unknown, or `own`.
 */
int input_kind_refuse(const char *bytes, size_t len, enum input_kind own, const char *name,
                      const char *wanted, struct err *err);

#endif
