/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/symptom.h>
#include <string.h>

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Source: the messages of glibc (gai_strerror), musl, Go (net), Python, Node.js, Java, PHP, curl, BIND and
 * CoreDNS. */
const struct symptom symptoms[] = {
    {
        TEXTS("Temporary failure in name resolution", "EAI_AGAIN", "Try again", "gaierror(-3", "[Errno -3]",
              "getaddrinfo EAI_AGAIN", "php_network_getaddresses: getaddrinfo failed: Temporary"),
        "temporary failure (EAI_AGAIN)",
        "No server gave a usable answer in time: silence, SERVFAIL or REFUSED. The name may well exist.",
        "glibc after all its attempts at all servers (5 s each); musl after 5 s, or at once when a search "
        "domain brings SERVFAIL; Python (socket.gaierror -3), Node.js (EAI_AGAIN) and PHP pass it on",
        TEXTS("all-unreachable", "clusterip-unreachable", "replica-unreachable", "clusterip-lossy",
              "path-lossy", "conntrack-full", "upstream-failing", "coredns-errors"),
        TEXTS("k8sdns diagnose NAME", "k8sdns lookup NAME"),
    },
    {
        TEXTS("Name or service not known", "EAI_NONAME", "ENOTFOUND", "NXDOMAIN", "Non-existent domain",
              "getaddrinfo failed: Name", "[Errno -2]", "UnknownHostException", "Name does not resolve",
              "gaierror(-2", "server can't find"),
        "the name does not exist (EAI_NONAME, NXDOMAIN)",
        "A server was heard, and every name of the search list is NXDOMAIN. DNS works; the name, or the "
        "search list, is wrong. Java says UnknownHostException for a timeout as well.",
        "glibc (Name or service not known), musl (Name does not resolve), Node.js (ENOTFOUND), Java "
        "(UnknownHostException), Python (gaierror -2), nslookup (NXDOMAIN)",
        TEXTS("name-not-found", "resolv-policy", "resolv-invalid", "search-hijack", "replica-inconsistent",
              "resolver-differs", "conntrack-race", "path-lossy"),
        TEXTS("k8sdns expand NAME", "k8sdns probe NAME", "k8sdns resolv"),
    },
    {
        TEXTS("no such host"),
        "no such host (Go)",
        "Go's own resolver, or the C library through cgo, got NXDOMAIN, or no record of the families "
        "asked for, for every name of the search list.",
        "Go: net.DNSError with IsNotFound; the words 'on 10.96.0.10:53' before it name the server that "
        "was asked",
        TEXTS("name-not-found", "resolv-policy", "replica-inconsistent", "search-hijack", "resolver-differs"),
        TEXTS("k8sdns expand --as go NAME", "k8sdns probe NAME"),
    },
    {
        TEXTS("i/o timeout", "read udp", "Client.Timeout exceeded while awaiting"),
        "i/o timeout (Go)",
        "Go sent its question and heard nothing for 5 s, twice at each server. 'read udp A->B:53' names "
        "both ends: B is the server that was silent.",
        "Go: net.DNSError with IsTimeout; CoreDNS too, in its errors plugin, about its upstream",
        TEXTS("all-unreachable", "clusterip-unreachable", "replica-unreachable", "clusterip-lossy",
              "path-lossy", "conntrack-full", "family-failing", "upstream-failing"),
        TEXTS("k8sdns diagnose NAME", "k8sdns watch NAME --duration 1m"),
    },
    {
        TEXTS("server misbehaving"),
        "server misbehaving (Go)",
        "A server answered with an error that is neither success nor NXDOMAIN: SERVFAIL, REFUSED or "
        "something that cannot be read.",
        "Go: net.DNSError with IsTemporary",
        TEXTS("coredns-errors", "upstream-failing", "replica-refused", "replica-inconsistent"),
        TEXTS("k8sdns probe NAME"),
    },
    {
        TEXTS("SERVFAIL", "rcode 2", "Server failure"),
        "SERVFAIL",
        "The server could not find out: for names of the cluster CoreDNS has no API server or is not "
        "ready; for names of the world its upstream was silent or failed.",
        "dig and nslookup say it; glibc and musl make EAI_AGAIN of it, Go 'server misbehaving'",
        TEXTS("upstream-failing", "coredns-errors", "apiserver-disconnected"),
        TEXTS("k8sdns probe NAME", "k8sdns diagnose"),
    },
    {
        TEXTS("REFUSED"),
        "REFUSED",
        "The server does not serve this name, or not this client: the acl plugin, or a zone that no "
        "server block of the Corefile has.",
        "dig and nslookup say it; musl waits out its timeout on it",
        TEXTS("replica-refused"),
        TEXTS("k8sdns probe NAME"),
    },
    {
        TEXTS("Could not resolve host", "curl: (6)", "curl (6)", "CURLE_COULDNT_RESOLVE_HOST",
              "wget: bad address", "bad address"),
        "the host could not be resolved (curl 6)",
        "The C library below gave an error; curl and wget do not say which. In an image of Alpine it is "
        "musl that was asked, with rules of its own.",
        "curl (status 6), wget; BusyBox says 'bad address'",
        TEXTS("name-not-found", "all-unreachable", "replica-unreachable", "resolver-differs", "resolv-policy",
              "path-lossy"),
        TEXTS("k8sdns lookup NAME", "k8sdns diagnose NAME"),
    },
    {
        TEXTS("Resolving timed out", "curl: (28)", "Operation timed out"),
        "resolving took too long (curl 28)",
        "The lookup took longer than the program's own patience; the C library was still waiting for a "
        "lost packet.",
        "curl (status 28) with --connect-timeout below the resolver's 5 s",
        TEXTS("path-lossy", "clusterip-lossy", "conntrack-race", "replica-unreachable", "family-failing",
              "replica-slow"),
        TEXTS("k8sdns lookup NAME", "k8sdns watch NAME --duration 1m"),
    },
    {
        TEXTS("connection timed out; no servers could be reached", "no servers could be reached",
              "communications error to", "timed out; no servers"),
        "no servers could be reached (dig, nslookup)",
        "Every server of resolv.conf was silent through all attempts.",
        "dig and nslookup of BIND after 3 tries of 5 s",
        TEXTS("all-unreachable", "clusterip-unreachable", "conntrack-full", "path-filtered",
              "nodelocal-down"),
        TEXTS("k8sdns diagnose", "k8sdns probe kubernetes.default"),
    },
    {
        TEXTS("reply from unexpected source", "from unexpected source", "ID mismatch: expected",
              "Question section mismatch"),
        "an answer came from elsewhere, or to another question (dig)",
        "Something answered, but not from the address that was asked, or with another id or question. dig "
        "says so; resolvers throw such an answer away without a word, and wait.",
        "dig and nslookup: 'reply from unexpected source: 10.244.1.21#53, expected 10.96.0.10#53'",
        TEXTS("answer-mismatch", "conntrack-stale", "port-collision"),
        TEXTS("k8sdns diagnose", "k8sdns probe kubernetes.default",
              "sysctl net.bridge.bridge-nf-call-iptables"),
    },
    {
        TEXTS("Got bad packet", "bad label type", "Message parser reports malformed",
              "cannot unmarshal DNS message", "unpacking header", "dns: overflow", "dns: bad rdata",
              "malformed message packet"),
        "an answer that cannot be read",
        "What came back is no whole DNS message: cut off, or with octets that lead nowhere.",
        "dig (Got bad packet), Go (cannot unmarshal DNS message), CoreDNS of its upstream (dns: overflow "
        "unpacking)",
        TEXTS("replica-malformed", "large-answer-lost"),
        TEXTS("k8sdns probe NAME", "k8sdns decode"),
    },
    {
        TEXTS("No address associated with hostname", "EAI_NODATA", "[Errno -5]", "ENODATA", "queryA ENODATA"),
        "the name exists without an address (NODATA)",
        "The name is there, but has no A or AAAA record: a Service without endpoints (headless), or a "
        "name with other records alone.",
        "glibc and musl since 1.2.4; Node.js (ENODATA)",
        TEXTS("resolver-differs", "replica-inconsistent", "name-not-found"),
        TEXTS("k8sdns probe NAME", "kubectl get endpointslices --all-namespaces"),
    },
    {
        TEXTS("Non-recoverable failure", "EAI_FAIL", "[Errno -4]"),
        "a failure that no retry mends (EAI_FAIL)",
        "A server answered FORMERR or NOTIMP, or something that cannot be read, to every try.",
        "glibc and musl",
        TEXTS("replica-malformed", "replica-refused", "coredns-errors"),
        TEXTS("k8sdns probe NAME", "k8sdns lookup NAME"),
    },
    {
        TEXTS("queryA ETIMEOUT", "ETIMEOUT", "DNS server returned", "ARES_ETIMEOUT",
              "Timeout while contacting DNS servers"),
        "timeout of c-ares (Node.js dns.resolve, Envoy, curl with c-ares)",
        "c-ares asked each server several times and heard nothing.",
        "Node.js dns.resolve(), gRPC, Envoy",
        TEXTS("all-unreachable", "replica-unreachable", "clusterip-lossy", "path-lossy"),
        TEXTS("k8sdns diagnose NAME"),
    },
    {
        TEXTS("HINFO: read udp", "plugin/errors: 2", "unreachable backend", "plugin/forward"),
        "CoreDNS does not reach its upstream",
        "CoreDNS forwarded a question and its upstream was silent for its patience of 2 s, or could not "
        "be reached.",
        "CoreDNS's errors plugin; a HINFO question with a random name is its loop plugin's own",
        TEXTS("upstream-failing", "path-filtered"),
        TEXTS("k8sdns probe www.example.com --no-search --target UPSTREAM"),
    },
    {
        TEXTS("plugin/loop: Loop", "Loop ("),
        "CoreDNS forwards to itself",
        "The loop plugin got its own question back: the upstream of CoreDNS is CoreDNS, most often since "
        "the node's resolv.conf names 127.0.0.53. It ends itself, and is restarted again and again.",
        "CoreDNS's loop plugin, as it starts",
        TEXTS("forward-loop", "coredns-panic", "upstream-failing"),
        TEXTS("kubectl -n kube-system get configmap coredns -o yaml"),
    },
    {
        TEXTS("nf_conntrack: table full", "table full, dropping packet"),
        "the connection tracking table is full",
        "The kernel of this node has no entry left for a new flow, and drops its first packet.",
        "the kernel's log (dmesg)",
        TEXTS("conntrack-full", "conntrack-near-full"),
        TEXTS("k8sdns conntrack --interval 1s"),
    },
    {
        TEXTS("neighbour: arp_cache: neighbor table overflow", "neighbor table overflow",
              "neighbour table overflow"),
        "the neighbour table is full",
        "The kernel of this node has no room for a further neighbour, and drops packets to those it does "
        "not know.",
        "the kernel's log (dmesg)",
        TEXTS("neighbour-full"),
        TEXTS("k8sdns node --interval 1s"),
    },
    {0},
};

const struct symptom *symptom_find(const char *text)
{
    const struct symptom *best = NULL;
    size_t longest = 0;

    for (const struct symptom *symptom = symptoms; symptom->patterns; symptom++)
        for (size_t i = 0; symptom->patterns[i]; i++)
            if (strlen(symptom->patterns[i]) > longest && strcasestr(text, symptom->patterns[i])) {
                longest = strlen(symptom->patterns[i]);
                best = symptom;
            }
    return best;
}
