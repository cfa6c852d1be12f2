/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/symptom.h>

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE       ((const char *const[]){NULL})

#define DIAGNOSE "k8sdns diagnose NAME"
#define PROBE    "k8sdns probe NAME"
#define LOOKUP   "k8sdns lookup NAME"
#define WATCH    "k8sdns watch NAME --duration 1m"

/* What no answer in time can come from, the likeliest first. */
#define SILENCE                                                                                 \
    TEXTS("all-unreachable", "clusterip-unreachable", "replica-unreachable", "clusterip-lossy", \
          "path-lossy", "conntrack-full", "family-failing", "upstream-failing")

const struct symptom symptoms[SYMPTOMS_COUNT] = {
    [SYMPTOM_NX] =
        {SYMPTOM_IS_NX, "the name does not exist (EAI_NONAME, NXDOMAIN)",
         "A server answered, and every name of the search list is NXDOMAIN. DNS works; the name or "
         "the search list is wrong. A tool may ask for less than the program does: nslookup of BusyBox "
         "asks for a name with a dot as it is, and so fails for kubernetes.default in a healthy cluster, "
         "and dig does not search; k8sdns lookup does what the program does.",
         TEXTS("name-not-found", "resolv-policy", "resolv-invalid", "search-hijack", "replica-inconsistent",
               "resolver-differs"),
         TEXTS("k8sdns expand NAME", PROBE, "k8sdns resolv")},
    [SYMPTOM_NX_GO] =
        {SYMPTOM_IS_NX, "no such host (Go)",
         "NXDOMAIN, or no record of the address families asked for, for every name of the search "
         "list. The address after 'on' is the server that was asked.",
         TEXTS("name-not-found", "resolv-policy", "replica-inconsistent", "search-hijack",
               "resolver-differs"),
         TEXTS("k8sdns expand --as go NAME", PROBE)},
    [SYMPTOM_NX_OR_NODATA] =
        {SYMPTOM_IS_NX, "no address of the name: it does not exist, or has none (NXDOMAIN or NODATA)",
         "A server answered, and no address is in its answers. The message is the same for a name that does "
         "not exist and for one without addresses, such as a headless Service without ready endpoints.",
         TEXTS("name-not-found", "replica-inconsistent", "resolver-differs", "resolv-policy"),
         TEXTS(PROBE, "kubectl get endpointslices --all-namespaces")},
    [SYMPTOM_NODATA] = {SYMPTOM_IS_NODATA, "the name exists without an address (NODATA)",
                        "The name exists and has no record of the type asked for: a headless Service without "
                        "ready endpoints, or a name that has records of other types alone.",
                        TEXTS("resolver-differs", "replica-inconsistent", "name-not-found"),
                        TEXTS(PROBE, "kubectl get endpointslices --all-namespaces")},
    [SYMPTOM_NODATA_FAMILY] =
        {SYMPTOM_IS_NODATA, "the name has no address of the family asked for (EAI_ADDRFAMILY)",
         "The program asked for IPv4 or IPv6 alone, and the name, or this machine, has no "
         "address of that family.",
         TEXTS("family-failing", "resolver-differs"), TEXTS(PROBE)},
    [SYMPTOM_NODATA_ZONE] =
        {SYMPTOM_IS_NODATA, "the name, and all above it, is without the record of a zone (SOA, NS)",
         "The program looks for the zone of a name to ask that zone's own servers. The server that it asked "
         "answered NXDOMAIN, or without such a record: it serves another view of the domain (a private zone, "
         "the cluster's own DNS), or leaves these records out.",
         TEXTS("resolver-differs", "replica-inconsistent", "name-not-found"), TEXTS(PROBE, "k8sdns resolv")},
    [SYMPTOM_TIMEOUT] = {SYMPTOM_IS_TIMEOUT, "the DNS server gave no answer in time",
                         "The query was sent, and no answer came before the program's timeout.", SILENCE,
                         TEXTS(DIAGNOSE, WATCH)},
    [SYMPTOM_TIMEOUT_GO] = {SYMPTOM_IS_TIMEOUT, "i/o timeout of a DNS query (Go)",
                            "Go sent its query and got no answer for 5 s, twice at each server. In 'read udp "
                            "A->B:53' B is the server that gave no answer.",
                            SILENCE, TEXTS(DIAGNOSE, WATCH)},
    [SYMPTOM_TIMEOUT_CURL] = {SYMPTOM_IS_TIMEOUT, "the lookup timed out in the program (curl 28)",
                              "The lookup took longer than the program's own timeout; the resolver was still "
                              "waiting for an answer.",
                              TEXTS("path-lossy", "clusterip-lossy", "conntrack-race", "replica-unreachable",
                                    "family-failing", "replica-slow"),
                              TEXTS(LOOKUP, WATCH)},
    [SYMPTOM_TIMEOUT_DIG] = {SYMPTOM_IS_TIMEOUT, "no answer from the DNS server (dig, nslookup, host)",
                             "The server gave no answer through all attempts.",
                             TEXTS("all-unreachable", "clusterip-unreachable", "conntrack-full",
                                   "path-filtered", "nodelocal-down"),
                             TEXTS("k8sdns diagnose", "k8sdns probe kubernetes.default")},
    [SYMPTOM_TIMEOUT_CARES] = {SYMPTOM_IS_TIMEOUT, "timeout of c-ares: no answer from the DNS servers",
                               "c-ares asked each server several times and got no answer.", SILENCE,
                               TEXTS(DIAGNOSE)},
    [SYMPTOM_AGAIN] = {SYMPTOM_IS_AGAIN, "temporary failure (EAI_AGAIN)",
                       "No server gave a usable answer in time: no answer, SERVFAIL or REFUSED. The name may "
                       "well exist.",
                       TEXTS("all-unreachable", "clusterip-unreachable", "replica-unreachable",
                             "clusterip-lossy", "path-lossy", "conntrack-full", "upstream-failing",
                             "coredns-errors"),
                       TEXTS(DIAGNOSE, LOOKUP)},
    [SYMPTOM_AGAIN_HTTP] = {SYMPTOM_IS_AGAIN, "a package manager's temporary error",
                            "Alpine's apk says this when musl's lookup ends with EAI_AGAIN: no usable answer "
                            "from a DNS server in time. The name may well exist.",
                            TEXTS("all-unreachable", "clusterip-unreachable", "path-lossy",
                                  "upstream-failing"),
                            TEXTS("k8sdns lookup --as musl NAME", DIAGNOSE)},
    [SYMPTOM_SERVFAIL] =
        {SYMPTOM_IS_SERVFAIL, "SERVFAIL",
         "The server could not find the answer: for a cluster name CoreDNS has no API server "
         "or is not ready; for an external name its upstream gave no answer or failed.",
         TEXTS("upstream-failing", "coredns-errors", "apiserver-disconnected"),
         TEXTS(PROBE, "k8sdns diagnose")},
    [SYMPTOM_MISBEHAVING] =
        {SYMPTOM_IS_SERVFAIL, "server misbehaving (Go)",
         "A server answered with an error that is neither success nor NXDOMAIN: SERVFAIL or "
         "REFUSED.",
         TEXTS("coredns-errors", "upstream-failing", "replica-refused", "replica-inconsistent"),
         TEXTS(PROBE)},
    [SYMPTOM_REFUSED] =
        {SYMPTOM_IS_REFUSED, "REFUSED",
         "The server does not serve this name or this client: the acl plugin, or a zone that no "
         "server block of the Corefile has.",
         TEXTS("replica-refused", "server-rate-limited"), TEXTS(PROBE)},
    [SYMPTOM_REFUSED_RECURSION] = {SYMPTOM_IS_REFUSED,
                                   "the server answers REFUSED: no recursion for this client",
                                   "The upstream serves its own zones alone, or does not recurse for the "
                                   "address that asks.",
                                   TEXTS("replica-refused", "upstream-failing"), TEXTS(PROBE)},
    [SYMPTOM_UNREACHABLE_PORT] =
        {SYMPTOM_IS_UNREACHABLE, "connection refused: nothing listens on the DNS server's port",
         "An ICMP port unreachable came back: no process listens on port 53 of that "
         "address, the Service has no endpoints, or a firewall rule rejects. It fails "
         "at once.",
         TEXTS("replica-refused", "nodelocal-down", "clusterip-unreachable", "path-filtered"),
         TEXTS("k8sdns diagnose", "kubectl -n {ns} get endpointslices -l "
                                  "{sel} -o wide")},
    [SYMPTOM_UNREACHABLE_ROUTE] = {SYMPTOM_IS_UNREACHABLE, "no route to the DNS server (unreachable)",
                                   "The kernel has no route to the server, or a router answered ICMP "
                                   "unreachable. It fails at once.",
                                   TEXTS("replica-refused", "path-filtered", "neighbour-full"),
                                   TEXTS("k8sdns diagnose", "ip route get SERVER")},
    [SYMPTOM_LOCAL_FILES] =
        {SYMPTOM_IS_LOCAL, "this process has too many open files",
         "The process cannot open a socket for its query: its limit of file descriptors is "
         "reached. Nothing was sent.",
         TEXTS("socket-limits"), TEXTS("k8sdns node --pid PID")},
    [SYMPTOM_LOCAL_FILTER] = {SYMPTOM_IS_LOCAL, "this machine does not let the query out (EPERM)",
                              "A local firewall rule, an eBPF program, a full conntrack table or a seccomp "
                              "profile stopped the packet on this machine. Nothing was sent.",
                              TEXTS("path-filtered", "conntrack-full"),
                              TEXTS("k8sdns diagnose", "k8sdns drops --duration 1m")},
    [SYMPTOM_LOCAL_BIND] =
        {SYMPTOM_IS_LOCAL, "the address is already in use on this machine",
         "Another process on this machine has port 53 (systemd-resolved, dnsmasq, a second "
         "DNS server), or all source ports to this server are in use.",
         TEXTS("port-collision", "nodelocal-down"), TEXTS("ss -lnup sport = :53")},
    [SYMPTOM_LOCAL_BIND_PERMISSION] =
        {SYMPTOM_IS_LOCAL, "no permission to listen on port 53 of this machine",
         "A port below 1024 needs the capability NET_BIND_SERVICE, or the sysctl "
         "net.ipv4.ip_unprivileged_port_start.",
         TEXTS("coredns-panic"), TEXTS("kubectl -n {ns} get {deploy} -o yaml")},
    [SYMPTOM_LOCAL_ADDRESS] =
        {SYMPTOM_IS_LOCAL, "this machine has no free local address or port",
         "No source port is free for a socket to this server, or the address to listen on "
         "is not on this machine.",
         TEXTS("port-collision", "socket-limits", "nodelocal-down"), TEXTS("k8sdns node", "ss -s")},
    [SYMPTOM_LOCAL_RESOURCES] =
        {SYMPTOM_IS_LOCAL, "this process is out of memory or threads",
         "The resolver could not start: a limit of this process or container (memory, "
         "threads, pids) is reached. Nothing was sent.",
         TEXTS("socket-limits"), TEXTS("k8sdns node --pid PID")},
    [SYMPTOM_LOCAL_SYSTEM] =
        {SYMPTOM_IS_LOCAL, "a local system error (EAI_SYSTEM, EBUSY)",
         "A system call on this machine failed during the lookup, such as one for a socket "
         "or for /etc/resolv.conf. The DNS server may not have been asked.",
         TEXTS("socket-limits"), TEXTS("strace -f -e trace=network,openat PROGRAM", LOOKUP)},
    [SYMPTOM_LOCAL_INTERFACE] = {SYMPTOM_IS_LOCAL,
                                 "the node-local cache has no permission to set up its interface",
                                 "NodeLocal DNSCache needs NET_ADMIN on this machine to make the dummy "
                                 "interface for its address.",
                                 TEXTS("nodelocal-down"), TEXTS("kubectl -n {cns} get {cset} -o yaml")},
    [SYMPTOM_LOCAL_XTABLES] = {SYMPTOM_IS_LOCAL, "another program on this machine holds the iptables lock",
                               "iptables rules were not written, since another process (kube-proxy, the CNI) "
                               "holds the xtables lock on this node.",
                               TEXTS("nodelocal-down", "clusterip-unreachable"), TEXTS("k8sdns node")},
    [SYMPTOM_MALFORMED] = {SYMPTOM_IS_MALFORMED, "an answer that cannot be read",
                           "The answer is not a valid DNS message: cut off or corrupt.",
                           TEXTS("replica-malformed", "large-answer-lost"), TEXTS(PROBE, "k8sdns decode")},
    [SYMPTOM_FAIL] =
        {SYMPTOM_IS_MALFORMED, "a failure that no retry fixes (EAI_FAIL)",
         "A server answered FORMERR, NOTIMP or REFUSED, or with a message that cannot be read, to "
         "every try.",
         TEXTS("replica-malformed", "replica-refused", "coredns-errors"), TEXTS(PROBE, LOOKUP)},
    [SYMPTOM_MISMATCH] = {SYMPTOM_IS_MISMATCH, "an answer from an unexpected address, or to another query",
                          "An answer came from another address than the one asked, or has another id or "
                          "question. Resolvers drop such an answer silently and wait.",
                          TEXTS("answer-mismatch", "conntrack-stale", "port-collision"),
                          TEXTS("k8sdns diagnose", "k8sdns probe kubernetes.default",
                                "sysctl net.bridge.bridge-nf-call-iptables")},
    [SYMPTOM_MARTIAN] = {SYMPTOM_IS_MISMATCH,
                         "packets with an unexpected source (martian, reverse path filter)",
                         "A packet came in by an interface that has no route back to its source; the kernel "
                         "drops it (rp_filter). The reply bypasses NAT, or routes are asymmetric.",
                         TEXTS("answer-mismatch", "path-lossy"),
                         TEXTS("k8sdns drops --duration 1m", "sysctl -a -r rp_filter")},
    [SYMPTOM_TRUNCATED] =
        {SYMPTOM_IS_TCP, "the answer is truncated, the query goes to TCP",
         "The answer does not fit into a datagram. It is no fault as long as TCP port 53 works.",
         TEXTS("tcp-blocked", "large-answer-lost"), TEXTS("k8sdns probe --tcp NAME")},
    [SYMPTOM_TCP_SILENT] = {SYMPTOM_IS_TCP, "TCP port 53 of the DNS server gives no answer",
                            "The query over TCP (a truncated answer, or use-vc) timed out.",
                            TEXTS("tcp-blocked", "all-unreachable"), TEXTS("k8sdns probe --tcp NAME")},
    [SYMPTOM_TCP_REFUSED] =
        {SYMPTOM_IS_TCP, "TCP port 53 of the DNS server closes or rejects the connection",
         "Nothing listens on TCP port 53 (unreachable), the server closed the connection, or "
         "a firewall rule rejects it.",
         TEXTS("tcp-blocked", "replica-refused"), TEXTS("k8sdns probe --tcp NAME")},
    [SYMPTOM_CONFIG_NO_SERVER] = {SYMPTOM_IS_CONFIG, "no usable nameserver is configured",
                                  "The resolver found no nameserver in resolv.conf or in the program's own "
                                  "configuration.",
                                  TEXTS("resolv-invalid", "resolv-policy"), TEXTS("k8sdns resolv")},
    [SYMPTOM_CONFIG_RESOLV] = {SYMPTOM_IS_CONFIG, "the resolver cannot read resolv.conf",
                               "A line or an option of resolv.conf is none that this resolver knows, and it "
                               "takes nothing of the file then: no query is sent. glibc and musl pass over "
                               "such a line.",
                               TEXTS("resolv-invalid", "resolver-differs"), TEXTS("k8sdns resolv")},
    [SYMPTOM_CONFIG_LIMITS] =
        {SYMPTOM_IS_CONFIG, "the kubelet cut resolv.conf to its limits",
         "A Pod's resolv.conf has at most 3 nameservers, 32 search domains and 2048 "
         "characters of them (3 nameservers, 6 domains, 256 characters before 1.28). The "
         "kubelet left the rest out.",
         TEXTS("resolv-invalid", "resolv-amplification"), TEXTS("k8sdns resolv")},
    [SYMPTOM_CONFIG_KUBELET] = {SYMPTOM_IS_CONFIG, "the kubelet's DNS configuration is incomplete",
                                "The kubelet has no clusterDNS, or cannot read the file that its resolvConf "
                                "names: Pods get the node's nameservers, or do not start.",
                                TEXTS("resolv-policy", "resolv-invalid"), TEXTS("k8sdns resolv")},
    [SYMPTOM_CONFIG_COREFILE] =
        {SYMPTOM_IS_CONFIG, "CoreDNS does not accept its Corefile",
         "A directive, an argument or a file of the Corefile is wrong. CoreDNS does not "
         "start, or goes on with the Corefile before.",
         TEXTS("coredns-config", "coredns-panic"),
         TEXTS("kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -")},
    [SYMPTOM_CONFIG_NO_PLUGIN] =
        {SYMPTOM_IS_CONFIG, "no plugin of the server block answers this name",
         "The last plugin of the chain passed the query on, and none follows (there is "
         "no forward for this zone): the client gets SERVFAIL.",
         TEXTS("coredns-config", "coredns-errors"),
         TEXTS("kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -")},
    [SYMPTOM_CONFIG_VOLUME] =
        {SYMPTOM_IS_CONFIG, "the ConfigMap of CoreDNS, or a key of it, is missing",
         "The Pod's volume names a ConfigMap or a key that does not stand in the cluster, "
         "so the Pod does not start.",
         TEXTS("coredns-config", "recent-change"), TEXTS("kubectl -n {ns} get configmap {cm} -o yaml")},
    [SYMPTOM_CONFIG_PROXY] = {SYMPTOM_IS_CONFIG, "the proxy has no resolver configured",
                              "The proxy looks names up with servers of its own configuration (resolver of "
                              "nginx, resolvers of HAProxy), not with resolv.conf, and there are none.",
                              TEXTS("resolver-differs"), TEXTS("k8sdns resolv")},
    [SYMPTOM_LIMIT_QUERIES] =
        {SYMPTOM_IS_LIMITS, "the DNS server reached its maximum of concurrent queries",
         "Queries wait at the server for its upstream until a limit is reached; further "
         "ones are refused or dropped. The upstream is slow, or the load too high.",
         TEXTS("server-rate-limited", "upstream-failing", "coredns-cpu"),
         TEXTS("k8sdns metrics", "k8sdns diagnose")},
    [SYMPTOM_LIMIT_CONNTRACK] =
        {SYMPTOM_IS_LIMITS, "the conntrack table is full",
         "The kernel of this node has no entry left for a new flow and drops its first "
         "packet.",
         TEXTS("conntrack-full", "conntrack-near-full"), TEXTS("k8sdns conntrack --interval 1s")},
    [SYMPTOM_LIMIT_NEIGHBOUR] =
        {SYMPTOM_IS_LIMITS, "the neighbour table is full",
         "The kernel of this node has no room for another neighbour and drops packets "
         "to those it does not know.",
         TEXTS("neighbour-full"), TEXTS("k8sdns node --interval 1s")},
    [SYMPTOM_LIMIT_MEMORY] = {SYMPTOM_IS_LIMITS, "a memory limit is reached",
                              "The kernel killed a process, or dropped packets, for want of memory.",
                              TEXTS("socket-limits", "coredns-panic", "node-overloaded"),
                              TEXTS("k8sdns node", "kubectl -n {ns} describe pods -l {sel}")},
    [SYMPTOM_LIMIT_SYN] =
        {SYMPTOM_IS_LIMITS, "the listen backlog of a TCP port overflows (SYN flood warning)",
         "More connections come in than the program accepts. On port 53: many clients use DNS "
         "over TCP, or the server is slow.",
         TEXTS("coredns-cpu", "tcp-blocked", "socket-limits"), TEXTS("k8sdns probe --tcp NAME")},
    [SYMPTOM_UPSTREAM] =
        {SYMPTOM_IS_UPSTREAM, "the DNS server does not reach its upstream",
         "The server forwarded a query, and its upstream gave no answer within its timeout, or "
         "could not be reached. The client gets SERVFAIL.",
         TEXTS("upstream-failing", "path-filtered"),
         TEXTS("k8sdns probe www.example.com --no-search --target UPSTREAM")},
    [SYMPTOM_LOOP] = {SYMPTOM_IS_LOOP, "CoreDNS forwards to itself",
                      "The server got its own query back: its upstream is itself, most often because the "
                      "node's resolv.conf names 127.0.0.53. CoreDNS then ends itself and is restarted.",
                      TEXTS("forward-loop", "coredns-panic", "upstream-failing"),
                      TEXTS("kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -")},
    [SYMPTOM_API] = {SYMPTOM_IS_APISERVER, "CoreDNS does not reach the API server, or is not ready",
                     "CoreDNS has no list of Services and endpoints yet, or no longer gets changes: cluster "
                     "names fail or are out of date.",
                     TEXTS("apiserver-disconnected", "coredns-config"),
                     TEXTS("k8sdns diagnose", "kubectl -n {ns} logs -l {sel} --prefix")},
    [SYMPTOM_API_FORBIDDEN] = {SYMPTOM_IS_APISERVER,
                               "the API server does not allow CoreDNS to read its objects",
                               "The ClusterRole of CoreDNS lacks a right (list and watch of services, "
                               "endpointslices, namespaces, pods), or its token is not accepted.",
                               TEXTS("apiserver-disconnected", "recent-change"),
                               TEXTS("kubectl auth can-i list endpointslices.discovery.k8s.io --as "
                                     "system:serviceaccount:{ns}:{account}")},
    [SYMPTOM_DNSSEC] =
        {SYMPTOM_IS_DNSSEC, "DNSSEC validation failed",
         "The answer came, and its signatures do not fit: the zone is signed wrongly, the clock "
         "is off, or a server on the way drops the signatures. For cluster names: validation is "
         "on where it cannot work.",
         TEXTS("upstream-failing", "resolver-differs"), TEXTS(PROBE)},
    [SYMPTOM_FILTERED] =
        {SYMPTOM_IS_FILTERED, "a network policy or firewall rule drops or rejects the packet",
         "The packet was dropped or rejected by a rule: a NetworkPolicy without egress to port "
         "53 of kube-dns, or a rule of the node or cloud.",
         TEXTS("path-filtered", "clusterip-unreachable"),
         TEXTS("kubectl get networkpolicies --all-namespaces", "k8sdns drops --duration 1m")},
    [SYMPTOM_REBIND] =
        {SYMPTOM_IS_FILTERED,
         "the DNS server filters answers with private addresses (rebind "
         "protection)",
         "dnsmasq and others drop answers from upstream that have private addresses, unless the "
         "domain is excepted.",
         TEXTS("resolver-differs", "name-not-found"), TEXTS(PROBE)},
    [SYMPTOM_CHECKSUM] =
        {SYMPTOM_IS_CHECKSUM, "packets with a wrong checksum",
         "A device or its offload writes or reads checksums wrongly, such as VXLAN with some "
         "network cards; the kernel drops what does not fit. In a capture on the sending host "
         "a wrong checksum is usual with offload.",
         TEXTS("path-lossy", "clusterip-unreachable"),
         TEXTS("k8sdns node", "ethtool -K DEVICE tx-checksum-ip-generic off")},
    [SYMPTOM_IPVS] =
        {SYMPTOM_IS_IPVS, "the Service has no destination (IPVS, no endpoint)",
         "The ClusterIP has no backend: no Pod behind the Service is ready, or the proxy of this "
         "node does not know it.",
         TEXTS("replica-refused", "clusterip-unreachable", "all-unreachable"),
         TEXTS("k8sdns ipvs", "kubectl -n {ns} get endpointslices -l {sel}")},
    [SYMPTOM_BADNAME] =
        {SYMPTOM_IS_BADNAME, "not a valid name",
         "The name has an empty or too long label, a character that is not allowed, or a URL or "
         "port in it. No query was sent.",
         TEXTS("name-not-found"), TEXTS("k8sdns expand NAME")},
    [SYMPTOM_FAILED] = {SYMPTOM_IS_FAILED,
                        "the host name could not be resolved; the program does not say why",
                        "The lookup failed: the name does not exist, or no server gave a usable answer. The "
                        "message does not say which of the two.",
                        TEXTS("name-not-found", "all-unreachable", "replica-unreachable", "resolver-differs",
                              "resolv-policy", "path-lossy"),
                        TEXTS(LOOKUP, DIAGNOSE)},
    [SYMPTOM_FAILED_SENTINEL] =
        {SYMPTOM_IS_FAILED, "the host name could not be resolved: Redis Sentinel takes addresses alone",
         "From version 6.2 on Sentinel looks no name up unless `sentinel resolve-hostnames yes` stands in its "
         "configuration; the default is no. Where that stands, and in versions before, the lookup failed; the "
         "message does not say why.",
         TEXTS("name-not-found", "all-unreachable", "resolver-differs"), TEXTS(LOOKUP, DIAGNOSE)},
    [SYMPTOM_NOTDNS_CONNECT] =
        {SYMPTOM_IS_NOTDNS, "the connection failed after the lookup: not a DNS failure",
         "The name was resolved, or an address was given; the connection to it failed. "
         "Nothing listens there, or a firewall rule rejects it.",
         NONE, TEXTS(LOOKUP, "kubectl get endpointslices --all-namespaces")},
    [SYMPTOM_NOTDNS_TIMEOUT] =
        {SYMPTOM_IS_NOTDNS,
         "a timeout of the whole call; the message does not say that it "
         "was the lookup",
         "A connection or call took too long. The time may have gone into the lookup, the "
         "connection or the server; most often the name was resolved.",
         NONE, TEXTS(LOOKUP, WATCH)},
    [SYMPTOM_NOTDNS_PROXY] = {SYMPTOM_IS_NOTDNS,
                              "the proxy has no healthy server to send to: it does not say why",
                              "No server of the pool is up. The proxy may not have resolved its name; the "
                              "message does not tell.",
                              NONE, TEXTS(LOOKUP, "kubectl get endpointslices --all-namespaces")},
    [SYMPTOM_NOTDNS_RECORD] =
        {SYMPTOM_IS_NOTDNS, "a record is not yet on all servers of its zone: the lookup itself works",
         "The zone's servers answered, without the record that the program made, or with an old one. The "
         "provider needs time, or the record went into another zone; the message does not say which.",
         NONE, TEXTS(PROBE)},
    [SYMPTOM_VAGUE] =
        {SYMPTOM_IS_VAGUE, "no connection was made: the message does not say whether the lookup failed",
         "The program says the same where a name is not resolved and where an address does not answer. A "
         "line before it, or the cause that is named below it, may tell which.",
         NONE, TEXTS(LOOKUP, "kubectl get endpointslices --all-namespaces")},
    [SYMPTOM_NOISE] =
        {SYMPTOM_IS_NOISE, "a harmless notice",
         "It tells of normal work, such as a retry with other features, and is no fault by itself.", NONE,
         NONE},
    [SYMPTOM_NOISE_FOUND] =
        {SYMPTOM_IS_NOISE, "nslookup found the name; the rest is about other names or types",
         "nslookup tells of A and AAAA, and of each name of the search list, by itself. It prints NXDOMAIN or 'No "
         "answer' for some, and an address for another. Programs take the address. No AAAA record is usual where "
         "there is no IPv6.",
         NONE, TEXTS(LOOKUP)},
};
