/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redact_words.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* All sorted, in the order of strcmp(). */
static const char *const usual[] = {
    "_dns",        "_tcp",        "_udp",         "arpa",       "cluster",     "cni0",
    "com",         "conf",        "coredns",      "d",          "default",     "dns",
    "dns-tcp",     "etc",         "example",      "gc_thresh3", "in-addr",     "internal",
    "io",          "ip6",         "k8s",          "k8s-app",    "kube-dns",    "kube-node-lease",
    "kube-public", "kube-system", "kubernetes",   "local",      "localdomain", "localhost",
    "log",         "net",         "nodelocaldns", "org",        "pod",         "proc",
    "resolv",      "svc",         "tcp",          "udp",        "www",
};

/*
 * Sources: IANA's DNS parameters; core/v1 of the Kubernetes API and kubelet's event reasons; plugin.cfg of
 * CoreDNS; resolv.conf(5); the kernel's skb_drop_reason and IPVS.
 */
/* clang-format off */
static const char *const terms[] = {
    "A", "AAAA", "AFSDB", "ANY", "APL", "AXFR", "BADALG", "BADCOOKIE", "BADKEY", "BADMODE", "BADNAME",
    "BADSIG", "BADTIME", "BADTRUNC", "BADVERS", "BPF_CGROUP_EGRESS", "BackOff", "CAA", "CDNSKEY", "CDS",
    "CERT", "CH", "CHAOS", "CLOSE", "CLOSE_WAIT", "CNAME", "CPU_BACKLOG", "CSYNC", "ClusterFirst",
    "ClusterFirstWithHostNet", "Completed", "ConfigMap", "ContainerCannotRun", "ContainerCreating",
    "ContainerStatusUnknown", "CoreDNS", "CrashLoopBackOff", "CreateContainerConfigError",
    "CreateContainerError", "Created", "DEBUG", "DEV_HDR", "DEV_READY", "DHCID", "DLV", "DNAME",
    "DNSConfigForming", "DNSKEY", "DS", "DSOTYPENI", "DUP_FRAG", "DaemonSet", "DeadlineExceeded", "Default",
    "Deployment", "DoH", "DoT", "ERROR", "ESTABLISHED", "EUI48", "EUI64", "EndpointSlice", "Endpoints",
    "ErrImageNeverPull", "ErrImagePull", "Error", "Event", "Evicted", "EvictionThresholdMet",
    "ExceededGracePeriod", "FATAL", "FIN_WAIT", "FORMERR", "FORWARD", "FRAG_REASM_TIMEOUT", "FRAG_TOO_FAR",
    "FULL_RING", "Failed", "FailedAttachVolume", "FailedCreate", "FailedCreatePodSandBox", "FailedKillPod",
    "FailedMount", "FailedPostStartHook", "FailedPreStopHook", "FailedScheduling", "FailedSync",
    "FailedToUpdateEndpoint", "FailedToUpdateEndpointSlices", "HDR_TRUNC", "HINFO", "HIP", "HS", "HTTP",
    "HTTPS", "HostPortConflict", "IN", "INFO", "INPUT", "INVALID_PROTO", "IPSECKEY", "IPV6DISABLED",
    "IPV6_NDISC_FRAG", "IP_CSUM", "IP_INADDRERRORS", "IP_INHDR", "IP_INNOROUTES", "IP_LOCAL_SOURCE",
    "IP_NOPROTO", "IP_OUTNOROUTES", "IP_RPFILTER", "IPv4", "IPv6", "IQUERY", "IXFR", "ImagePullBackOff",
    "InspectFailed", "InvalidImageName", "KEY", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-MARK-DROP",
    "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES", "KX", "Killing", "LAST_ACK",
    "LOC", "Local", "MX", "Masq", "NAPTR", "NEIGH_CREATEFAIL", "NEIGH_DEAD", "NEIGH_FAILED",
    "NEIGH_QUEUEFULL", "NETFILTER_DROP", "NOERROR", "NOMEM", "NONE", "NOTAUTH", "NOTIFY", "NOTIMP",
    "NOTZONE", "NOT_SPECIFIED", "NO_SOCKET", "NS", "NSEC", "NSEC3", "NSEC3PARAM", "NULL", "NXDOMAIN",
    "NXRRSET", "NetworkNotReady", "Node", "NodeLost", "NodeNotReady", "NodeNotSchedulable", "Nodes", "None",
    "OOMKilled", "OOMKilling", "OPENPGPKEY", "OPT", "OTHERHOST", "OUTPUT", "PANIC", "PKT_TOO_BIG",
    "PKT_TOO_SMALL", "POSTROUTING", "PREROUTING", "PROTO_MEM", "PTR", "Pending", "Pod", "PodInitializing",
    "Pods", "Preempted", "Preempting", "ProbeError", "ProbeWarning", "Pulled", "Pulling", "QDISC_DROP",
    "QUERY", "REFUSED", "RP", "RRSIG", "Rebooted", "ReplicaSet", "Route", "RunContainerError", "Running",
    "SERVFAIL", "SIG", "SKB_CSUM", "SKB_GSO_SEG", "SMIMEA", "SMP", "SOA", "SOCKET_BACKLOG", "SOCKET_FILTER",
    "SOCKET_RCVBUFF", "SPF", "SRV", "SSHFP", "STATUS", "SVCB", "SYN_RECV", "SYN_SENT", "SandboxChanged",
    "Scheduled", "Service", "Services", "StartError", "Started", "Succeeded", "SystemOOM", "TA", "TCP",
    "TCP_CLOSE", "TCP_CSUM", "TCP_FLAGS", "TCP_INVALID_SEQUENCE", "TCP_INVALID_SYN", "TCP_OFOMERGE",
    "TCP_OLD_DATA", "TCP_RESET", "TCP_RFC7323_PAWS", "TCP_ZEROWINDOW", "TC_EGRESS", "TC_INGRESS",
    "TIME-WAIT", "TIME_WAIT", "TKEY", "TLS", "TLSA", "TSIG", "TXT", "TaintManagerEviction", "Terminating",
    "Tunnel", "UDP", "UDP_CSUM", "UNHANDLED_PROTO", "UNICAST_IN_L2_MULTICAST", "UPDATE", "URI", "Unhealthy",
    "Unknown", "WARNING", "WSL2", "XDP", "XFRM_POLICY", "YXDOMAIN", "YXRRSET", "ZONEMD", "aarch64", "acl",
    "am_droprate", "amd64", "amemthresh", "amzn2", "amzn2023", "any", "arm64", "arp", "attempts", "auto",
    "autopath", "aws", "azure", "backup_only", "bind", "bufsize", "busybox", "bytes", "c-ares", "cache",
    "cache_bypass", "cancel", "chaos", "cloud", "clouddns", "configmap", "conn", "conn_reuse_mode",
    "connect", "conntrack", "coredns", "cos", "cpu-pressure", "daemonset", "datagrams", "deb", "debug",
    "default", "denial", "deployment", "dh", "dns64", "dnsmasq", "dnspython", "dnssec", "dnstap", "doh",
    "doq", "dot", "drop_entry", "drop_packet", "edns0", "el10", "el7", "el8", "el9", "entries",
    "ephemeral-ports", "erlang", "erratic", "error", "errors", "etcd", "eth0", "expire_nodest_conn",
    "expire_quiescent_template", "fatal", "fc", "file", "file-descriptors", "files", "filter", "flatcar",
    "fo", "forward", "gcp", "generic", "geoip", "gke", "glibc", "go", "grpc", "grpc_server", "haproxy",
    "header", "health", "hickory", "hosts", "http", "https", "icmp", "ignore_tunneled", "import", "inet6",
    "info", "insecure1", "insecure2", "ip6-bytestring", "ip6-dotint", "ip_local_port_range", "ip_vs",
    "ipv4", "ipv6", "k8s_external", "knot", "kube-dns", "kubernetes", "lblc", "lblcr", "lc", "linuxkit",
    "lo", "loadbalance", "local", "log", "loop", "lts", "mangle", "masq", "memory-pressure", "metadata",
    "metrics", "mh", "microsoft", "minimal", "mtu", "mtu-lo", "multisocket", "musl", "nat", "nat_icmp_send",
    "ndisc", "ndots", "neighbour", "neighbour-ipv4", "neighbour-ipv6", "netty", "nginx", "no-aaaa",
    "no-check-names", "no-ip6-dotint", "no-reload", "no-tld-query", "node", "nomad", "nq", "nsid", "on",
    "oracle", "other", "ovf", "packets", "panic", "pmtu_disc", "pod", "ports", "pprof", "prometheus",
    "quic", "raw", "ready", "recovered", "reload", "resolved", "rewrite", "riscv64", "root", "rotate",
    "rounds", "route", "route53", "rr", "rt", "run_estimation", "schedule_icmp", "secondary", "secure_tcp",
    "security", "sed", "servedns", "service", "sh", "sign", "single-request", "single-request-reopen",
    "sloppy_sctp", "sloppy_tcp", "snat_reroute", "sockets", "softnet", "softnet-dropped",
    "softnet-squeezed", "standard", "static", "success", "sync_persist_mode", "sync_ports", "sync_qlen_max",
    "sync_refresh_period", "sync_retries", "sync_sock_size", "sync_threshold", "sync_version", "tcp",
    "tcp-memory", "tcp-orphans", "tcp-time-wait", "template", "timeout", "timeouts", "tls", "to", "trace",
    "transfer", "trust-ad", "tsig", "tunnel", "udp", "udp-checksum", "udp-memory", "udp-receive-buffer",
    "udp-send-buffer", "unbound", "unknown", "use-vc", "v8", "view", "warning", "whoami", "wlc", "wrr",
    "x86_64",
};

/* No noun among them that people call their namespaces, programs or hosts by. */
static const char *const plain[] = {
    "a", "about", "above", "accept", "accepted", "access", "ack", "acl", "action", "add", "adding",
    "address", "addresses", "administratively", "affinity", "again", "against", "age", "all", "allocate",
    "allow", "allowed", "allows", "alone", "alpine", "already",
    "always", "among", "amplification", "an", "and", "another",
    "answer", "answered", "answering", "answers", "anti-affinity",
    "any", "anything", "api", "apiserver", "apparmor",
    "application", "applied", "are", "argument", "arguments", "arp", "arpa", "array", "arrays", "arrival",
    "as", "ask", "asked", "asking", "asks", "assign", "associated", "at", "authentication", "authority",
    "auto", "autopath", "available", "awaiting", "away", "back", "back-off", "backend", "backlog", "bad",
    "balancer", "bandwidth", "be", "bearer", "been", "before", "begin", "beginning", "begins", "begun",
    "behind", "below", "between", "beyond", "big", "bind",
    "bit", "bits", "blank", "block", "blocked", "blocks",
    "bool", "both", "bound", "bpf", "bpftool", "broken", "btf", "budget", "buffer", "busybox", "but", "by",
    "byte", "bytes", "ca", "cache", "call", "calls", "came", "can", "can't", "canceled", "cancelled",
    "cannot", "capabilities", "capability", "capture", "cases", "certificate", "cfg", "chance", "change",
    "changed", "channel", "characters", "checking", "checks", "checksum", "choose", "claims", "clang",
    "class", "clear", "client", "clients", "clock", "close", "closed", "closes", "cluster", "clusterfirst",
    "clusterip", "cm", "code", "codes", "cold",
    "collect", "collector", "collision", "colon", "colons", "column",
    "columns", "come", "comes", "common", "communications", "compiles", "complete", "compressed",
    "concerned", "concurrent", "condition", "conf", "config", "configmap", "configmaps", "configuration",
    "conn", "connect", "connection", "connections", "conntrack", "contact", "contacting", "contain",
    "container", "containerenv", "containers", "contains", "content", "context", "continue", "control",
    "copy", "coredns", "coredns's", "corefile", "correlation", "costs", "could", "count", "counted",
    "counter", "counts", "cpu", "crash", "created", "d", "daemonset", "damaged", "data", "datagrams",
    "dead", "deadline", "debug", "default", "defect", "define", "defined", "delays", "deleted", "denial",
    "denied", "deployment", "deployments", "dereference", "describe", "descriptors", "destination",
    "detected", "device", "devices", "diagnose", "dial", "did", "didn't", "differ", "differs", "directive",
    "directory", "disconnected", "discovery", "disk", "distributions",
    "dmesg", "dns", "dnscache", "dnsconfig", "dnserror",
    "dnsmasq", "dnsnameresolver", "dnspolicy", "dnspython", "dnstap", "do", "docker", "dockerenv", "does",
    "domain", "domains", "double", "down", "drop", "dropped", "drops", "duration", "during", "each",
    "early", "edns", "else", "elsewhere", "empty", "enable", "enabled", "encoding", "end", "ended",
    "endpoint", "endpoints", "endpointslices", "ends", "enough", "enter", "entries", "entry", "environment",
    "eof", "ephemeral", "err", "erratic", "error", "errors", "etc", "even", "event", "events", "ever",
    "every", "everybody", "everything", "evicted", "exact", "exactly", "exceeded", "exceeds", "exist",
    "existent", "exists", "exit", "expire", "expired", "expires", "explain", "explains", "export",
    "exported", "exports", "expression", "extended", "external",
    "fail", "failed", "failing", "failover", "fails",
    "failure", "failures", "fallthrough", "false", "family", "fastest", "fatal", "fault", "fetch", "few",
    "fewer", "field", "file", "files", "fill", "filter", "filtered", "find", "finds", "first", "fixed",
    "flags", "flows", "folded", "follow", "followed", "follows", "for", "forbid", "forbidden", "forbids",
    "forgotten", "form", "format", "formerr", "forward", "forwarded", "forwarder", "forwards", "found",
    "four", "fragment", "fragmentation", "fragmented", "fragments", "frame", "frames", "from", "full",
    "function", "functions", "further", "general", "get", "getaddrinfo", "getent", "gethostbyname", "gets",
    "give", "given", "gives", "glibc", "go", "godebug", "goes", "going", "goroutine", "got", "grace",
    "groups", "grpc", "had", "half", "handshake", "has", "hash", "have", "header", "headers", "headless",
    "health", "healthy", "helpful", "here", "hijack",
    "holds", "host", "hostname", "hostnetwork", "hosts", "how",
    "http", "https", "i", "i/o", "icmp", "id", "idle", "ids", "if", "image", "images", "immediate",
    "implement", "import", "imports", "in", "inbound",
    "inconsistent", "index", "info", "init", "input", "insecure",
    "insertion", "install", "installed", "instead",
    "insufficient", "intercepted", "interface", "internet", "into",
    "invalid", "io", "ip", "iptables", "ipv", "ipvs", "is", "it", "item", "its", "itself", "judge",
    "judged", "keep", "keeps", "kept", "kernel", "kernels", "key", "killed", "killing", "kind", "know",
    "known", "knows", "kprobe", "kprobes", "kube", "kubectl", "kubelet", "kubernetes", "label", "labels",
    "lack", "lacks", "lameduck", "large", "larger", "last", "late", "lately", "latencies", "latency",
    "later", "leads", "least", "leave", "leaves", "led", "left", "legal", "length", "less", "let", "lets",
    "letters", "level", "libbpf", "libc", "library", "lifetime",
    "like", "limit", "limited", "limits", "line", "lines",
    "link", "linked", "linux", "list", "listen", "listener", "listens", "live", "liveness", "load",
    "loadbalance", "loaded", "loader", "loading", "local", "localhost", "lockdown", "locked", "log", "logs",
    "lone", "long", "longer", "look", "looked", "looking", "looks", "lookup", "lookups", "loop", "loopback",
    "lose", "loses", "loss", "lossy", "lost", "machine", "machine's", "made", "majority", "make", "makes",
    "malformed", "managed", "many", "mapped", "mark", "match", "matches", "max", "maximum", "may", "mean",
    "means", "meant", "media", "meets", "member", "memory", "message", "messages", "metadata", "methods",
    "metrics", "middle", "milliseconds", "minutes",
    "misbehaving", "misformatted", "mismatch", "misses", "missing",
    "mode", "module", "moments", "more", "most", "mount", "mounted", "moves", "ms", "mtu", "much", "multiple",
    "musl", "must", "name", "named", "names", "nameserver", "nameservers", "namespace", "namespaces", "nd",
    "ndots", "near", "need", "needed", "needs",
    "neighbour", "neither", "net", "netfilter", "netlink", "netns",
    "network", "networking", "networkpolicy", "networks", "never", "new", "next", "nftables", "nil", "no",
    "nobody", "node", "node's", "nodelocal", "nodes", "noerror", "non", "none", "nor", "not", "nothing",
    "notices", "ns", "nsid", "nslookup", "number", "nxdomain", "object", "objects", "observed", "obtain",
    "occurred", "of", "off", "offload", "often", "old", "omitted", "on", "once", "one", "ones", "onion",
    "only", "oom", "oomkilled", "open", "opened", "opening", "openmetrics", "operation", "option",
    "options", "or", "order", "original", "orphans", "other", "others", "out", "outbound", "outside",
    "over", "overflow", "overflowing", "overlay", "overloaded",
    "override", "own", "packet", "packets", "panic", "panics",
    "parse", "parsing", "part", "parts", "passes", "path", "paths", "peak", "peer", "percent", "percentage",
    "perhaps", "period", "permission", "permits", "permitted", "pid", "piece", "pieces", "pipe", "plain",
    "plugin", "plugins", "pod", "pod's", "pods", "pointer", "policy", "port", "ports", "preemption",
    "prefetch", "prefix", "prepare", "pressure", "privileged", "probe", "probes", "proc", "process",
    "processes", "program", "programs", "prohibited", "prometheus", "protocol", "pulled", "pulling",
    "qname", "queries", "query", "question", "questions", "queue", "queues", "quote", "quoted", "quotes",
    "ra", "race", "random", "range", "rate", "rates", "rcode", "re-created", "reach", "reached", "read",
    "readiness", "reading", "readonly", "ready", "reason",
    "reasons", "receive", "recent", "record", "recorded",
    "records", "recovered", "refresh", "refused", "refuses", "regex", "regular", "reject", "rejected",
    "reload", "reloading", "reloads", "remote", "removed", "repetitions", "replace", "replica", "replicas",
    "reply", "report", "reported", "request", "requested", "res", "reset", "resolution", "resolv",
    "resolve", "resolved", "resolver", "resolvers", "resource", "response", "rest", "restart", "restarting",
    "result", "retry", "return", "returned", "reuse", "reverse", "rewrite", "rewrites", "rfc", "root",
    "round", "rounds", "route", "router", "routing", "rule", "rules", "run", "running", "runs", "runtime",
    "s", "same", "samples", "sampling", "sandbox", "say", "says", "scalar", "scheduled", "scheduling",
    "scrape", "scraped", "search", "searched", "seccomp", "second", "seconds", "section", "security", "see",
    "seen", "sees", "selector", "send", "sender", "senders", "sending", "sends", "sent", "separator",
    "separators", "served", "server", "servers", "serves", "servfail", "service", "services", "set", "sets",
    "shortly", "should", "show", "shown", "shows", "shutting", "sign", "signal", "signals", "signed",
    "sigusr", "silence", "silent", "since", "single", "six", "size", "skip", "skipped", "slow", "slower",
    "small", "so", "soa", "sock", "socket", "sockets", "softnet", "some", "somebody", "someone",
    "something", "source", "sources", "space", "specified", "split", "squeezed", "squeezes", "srv", "stale",
    "stalls", "standard", "start", "started", "starting", "starts", "startup", "static", "statically",
    "status", "statuscode", "stays", "stead", "still", "stop", "stopped", "stops", "stream", "streams",
    "stuck", "subnet", "substring", "success", "such", "sum",
    "supported", "sure", "svc", "system", "systemd", "t",
    "table", "tables", "taint", "taints", "take", "target", "tcp", "tell", "tells", "temporarily",
    "temporary", "text", "texts", "th", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "though", "three", "throttling", "through", "thrown", "time", "timed",
    "timeout", "timeouts", "timer", "times", "timestamps", "tld", "tls", "tmp", "to", "told", "toleration",
    "too", "towards", "trace", "tracepoint", "tracked", "tracking", "traffic", "transfer", "tried", "tries",
    "trigger", "true", "truncated", "trust", "trusted", "try", "ttl", "two", "type", "types", "u", "udp",
    "unable", "unauthorized", "unavailable", "unbound", "unconfined", "under", "understood", "unexpected",
    "unexplained", "unfinished", "unimplemented", "unit",
    "unix", "unknown", "unreachable", "unsupported", "unsynced",
    "until", "untolerated", "unusual", "up", "update", "updated", "upstream", "upstreams", "url", "us", "use",
    "used", "user", "uses", "usual", "usually", "valid", "value", "verified", "verify", "version", "very",
    "via", "victims", "volume", "volumes", "wait", "waited", "waiting", "waits", "wants", "warning", "was",
    "watch", "watched", "way", "well", "went", "were", "what", "whatever", "when", "where", "whether",
    "which", "while", "who", "whoever", "whole", "whom", "whose", "why", "will", "windows", "with",
    "within", "without", "word", "words", "work", "would", "write", "wrong", "wrote", "x509", "yet", "z",
    "zone", "zones",
};
/* clang-format on */

static const struct {
    const char *shape; /* NULL: any */
    const char *key;
    enum redact_manner manner;
} manners[] = {
    /* Before the reason of other things, which is a word of theirs. */
    {"episode", "reason", REDACT_ID},
    {"episode", "text", REDACT_ID},
    {"timeline_reason", "reason", REDACT_ID},
    {NULL, "type", REDACT_WORD},
    {NULL, "TYPEname", REDACT_WORD},
    {NULL, "QTYPEname", REDACT_WORD},
    {NULL, "CLASSname", REDACT_WORD},
    {NULL, "QCLASSname", REDACT_WORD},
    {NULL, "RCODEname", REDACT_WORD},
    {NULL, "Opcodename", REDACT_WORD},
    {NULL, "rcode", REDACT_WORD},
    {NULL, "rcodes", REDACT_WORD},
    {NULL, "types", REDACT_WORD},
    {NULL, "other_types", REDACT_WORD},
    {NULL, "outcomes", REDACT_WORD},
    {NULL, "unreachables", REDACT_WORD},
    {NULL, "event_kinds", REDACT_WORD},
    {NULL, "hooks", REDACT_WORD},
    {NULL, "reasons", REDACT_WORD},
    {NULL, "protocol", REDACT_WORD},
    {NULL, "transport", REDACT_WORD},
    {NULL, "level", REDACT_WORD},
    {NULL, "plugin", REDACT_WORD},
    {NULL, "slowest_plugin", REDACT_WORD},
    {NULL, "scheduler", REDACT_WORD},
    {NULL, "method", REDACT_WORD},
    {NULL, "state", REDACT_WORD},
    {NULL, "sysctls", REDACT_WORD},
    {NULL, "reason", REDACT_WORD},
    {NULL, "table", REDACT_WORD},
    {NULL, "chain", REDACT_WORD},
    {NULL, "hook", REDACT_WORD},
    {NULL, "phase", REDACT_WORD},
    {NULL, "waiting", REDACT_WORD},
    {NULL, "last_end", REDACT_WORD},
    {NULL, "unit", REDACT_WORD},
    {NULL, "label", REDACT_WORD},
    {NULL, "dns_policy", REDACT_WORD},
    {NULL, "options", REDACT_WORD},
    {NULL, "version", REDACT_WORD},
    {NULL, "kernel", REDACT_WORD},
    {NULL, "machine", REDACT_WORD},
    {NULL, "libc", REDACT_WORD},
    {NULL, "resolver", REDACT_WORD},
    {NULL, "resolvers", REDACT_WORD},
    {NULL, "found_by", REDACT_WORD},
    {NULL, "coredns", REDACT_WORD},
    {NULL, "identity_version", REDACT_WORD},
    {"node_limit", "id", REDACT_WORD},
    {"finding", "id", REDACT_ID},
    {"finding", "consequence_of", REDACT_ID},
    {"span_plugin", "name", REDACT_WORD},
    {"kube", "workload", REDACT_WORD},
    {"dns_names", "workload", REDACT_WORD},
    {"kube_change", "what", REDACT_WORD},
    /* A Corefile, and what of it stands elsewhere. What was remarked of it stays. */
    {"kube", "corefile", REDACT_DROP},
    {"corefile", "blocks", REDACT_DROP},
    {"corefile", "unseen", REDACT_DROP},
    {"corefile_remark", "block", REDACT_DROP},
    {"corefile_remark", "quote", REDACT_DROP},
    {"corefile_remark", "write", REDACT_DROP},
    {"corefile", "change", REDACT_DROP},
    /* The tree of a trace; its sums are there already. */
    {"trace", "spans", REDACT_DROP},
    /* Where a panic was, in Go's form. */
    {"log_panic", "trace", REDACT_DROP},
};

enum redact_manner redact_manner_of(const char *shape, const char *key)
{
    for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++)
        if (strcmp(manners[i].key, key) == 0 && (!manners[i].shape || strcmp(manners[i].shape, shape) == 0))
            return manners[i].manner;
    return REDACT_NAME;
}

struct sought {
    const char *text;
    size_t len;
    bool fold; /* case does not matter; the tables are in lower case then */
};

static int compare(const void *key, const void *item)
{
    const struct sought *sought = key;
    const char *word = *(const char *const *)item;
    int order = sought->fold ? strncasecmp(sought->text, word, sought->len)
                             : strncmp(sought->text, word, sought->len);

    return order ? order : word[sought->len] ? -1 : 0;
}

static bool is_in(const char *const *table, size_t count, const char *text, size_t len, bool fold)
{
    struct sought sought = {text, len, fold};

    return bsearch(&sought, table, count, sizeof(*table), compare) != NULL;
}

bool redact_is_usual(const char *text, size_t len)
{
    return is_in(usual, sizeof(usual) / sizeof(usual[0]), text, len, true);
}

bool redact_is_term(const char *text, size_t len)
{
    return is_in(terms, sizeof(terms) / sizeof(terms[0]), text, len, false);
}

bool redact_is_plain(const char *text, size_t len)
{
    return is_in(plain, sizeof(plain) / sizeof(plain[0]), text, len, true);
}
