# SPDX-License-Identifier: GPL-2.0-or-later
"""What the miniature cluster's names are: the cluster's zones, and the world behind the upstream."""

CLUSTER_DOMAIN = "cluster.local"

CLUSTER = """\
$ORIGIN cluster.local.
$TTL 5
@ SOA ns.dns hostmaster 1700000000 7200 1800 86400 5
@ NS ns.dns
ns.dns A 10.96.0.10
dns-version TXT "1.1.0"
kubernetes.default.svc A 10.96.0.1
_https._tcp.kubernetes.default.svc SRV 0 100 443 kubernetes.default.svc
kube-dns.kube-system.svc A 10.96.0.10
_dns._udp.kube-dns.kube-system.svc SRV 0 100 53 kube-dns.kube-system.svc
_dns-tcp._tcp.kube-dns.kube-system.svc SRV 0 100 53 kube-dns.kube-system.svc
database.default.svc A {database}
_mysql._tcp.database.default.svc SRV 0 100 3306 database.default.svc
web.default.svc A 10.96.5.5
web.default.svc AAAA fd00:96::5
; a headless service and its Pods
cache.default.svc A 10.244.0.31
cache.default.svc A 10.244.0.32
cache.default.svc A 10.244.1.33
cache-0.cache.default.svc A 10.244.0.31
cache-1.cache.default.svc A 10.244.0.32
cache-2.cache.default.svc A 10.244.1.33
_redis._tcp.cache.default.svc SRV 0 33 6379 cache-0.cache.default.svc
_redis._tcp.cache.default.svc SRV 0 33 6379 cache-1.cache.default.svc
_redis._tcp.cache.default.svc SRV 0 33 6379 cache-2.cache.default.svc
; answers that do not fit: 512 bytes without EDNS, 1232 with, and one that travels in fragments
"""

PTR = """\
$ORIGIN in-addr.arpa.
$TTL 5
@ SOA ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 5
@ NS ns.dns.cluster.local.
1.0.96.10 PTR kubernetes.default.svc.cluster.local.
10.0.96.10 PTR kube-dns.kube-system.svc.cluster.local.
5.5.96.10 PTR web.default.svc.cluster.local.
31.0.244.10 PTR cache-0.cache.default.svc.cluster.local.
"""

WORLD = """\
$ORIGIN .
$TTL 60
@ SOA a.root-servers.example. hostmaster.example. 1700000000 7200 1800 86400 60
@ NS a.root-servers.example.
a.root-servers.example. A 10.244.2.53
www.aliyun.com. CNAME www.aliyun.com.queniurc.com.
www.aliyun.com.queniurc.com. A 106.11.253.83
www.aliyun.com.queniurc.com. A 140.205.60.46
www.aliyun.com.queniurc.com. AAAA 2401:b180:1:60::6
www.example.com. A 192.0.2.80
www.example.com. AAAA 2001:db8::80
ipv4only.example.com. A 192.0.2.4
mail.example.com. A 192.0.2.25
example.com. MX 10 mail.example.com.
example.com. TXT "v=spf1 -all"
svc.example.com. HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80
odd.example.com. TYPE65280 \\# 4 0A0B0C0D
"""


def cluster(database="10.96.7.7", wildcard=None):
    big = "".join(f"big.default.svc A 10.200.{n // 250}.{n % 250 + 1}\n" for n in range(60))
    huge = "".join(f"huge.default.svc A 10.201.{n // 250}.{n % 250 + 1}\n" for n in range(500))
    wide = "".join(f"wide.default.svc A 10.202.0.{n + 1}\n" for n in range(150))
    return CLUSTER.format(database=database) + big + huge + wide + (f"*.default.svc {wildcard}\n" if wildcard else "")


def write(folder, database="10.96.7.7", wildcard=None):
    """Write the zone files of one server into `folder`; `wildcard` is a record that any name of default has."""
    (folder / "cluster.zone").write_text(cluster(database, wildcard))
    (folder / "ptr.zone").write_text(PTR)
    (folder / "world.zone").write_text(WORLD)
