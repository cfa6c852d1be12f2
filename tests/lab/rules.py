# SPDX-License-Identifier: GPL-2.0-or-later
"""What kube-proxy would put into the node: a ClusterIP that leads to one of the replicas, in three dialects."""

CLUSTER_IP = "10.96.0.10"
CLUSTER_IP6 = "fd00:96::a"
# What nft calls a family's packets, the type of its addresses, and the ClusterIP there.
FAMILIES = {4: ("ip", "ipv4_addr", CLUSTER_IP), 6: ("ip6", "ipv6_addr", CLUSTER_IP6)}


def with_port(address):
    return f"[{address}]:53" if ":" in address else f"{address}:53"


def nftables(replicas, family=4):
    """The rules in the manner of kube-proxy's nftables mode, for `nft -f -`: a map leads from a Service to a chain."""
    count = len(replicas)
    ip, kind, cluster_ip = FAMILIES[family]
    elements = ", ".join(f"{cluster_ip} . {transport} . 53 : goto service-kube-dns-{transport}"
                         for transport in ("udp", "tcp"))
    # Chains stand before the map that leads to them.
    lines = [f"table {ip} kube-proxy {{", "  chain mark-for-masquerade {\n    meta mark set meta mark or 0x4000;\n  }"]
    for transport in ("udp", "tcp"):
        for number, address in enumerate(replicas):
            lines.append(f"  chain endpoint-{transport}-{number} {{\n"
                         f"    {ip} saddr {address} jump mark-for-masquerade;\n"
                         f"    meta l4proto {transport} dnat to {with_port(address)};\n  }}")
        choices = ", ".join(f"{n} : goto endpoint-{transport}-{n}" for n in range(count))
        lines.append(f"  chain service-kube-dns-{transport} {{\n"
                     f"    numgen random mod {count} vmap {{ {choices} }};\n  }}")
    lines.append(f"  map service-ips {{\n    type {kind} . inet_proto . inet_service : verdict;\n"
                 f"    elements = {{ {elements} }}\n  }}")
    lines.append("  chain services {\n"
                 f"    {ip} daddr . meta l4proto . th dport vmap @service-ips;\n"
                 "  }\n"
                 "  chain prerouting {\n    type nat hook prerouting priority dstnat;\n    jump services;\n  }\n"
                 "  chain output {\n    type nat hook output priority -100;\n    jump services;\n  }\n"
                 "  chain postrouting {\n    type nat hook postrouting priority srcnat;\n"
                 "    meta mark & 0x4000 == 0x4000 masquerade fully-random;\n  }\n}")
    return "\n".join(lines) + "\n"


def iptables(replicas, family=4):
    """The rules in the manner of kube-proxy's iptables mode, for `iptables-restore` or `ip6tables-restore`."""
    count = len(replicas)
    cluster_ip, whole = FAMILIES[family][2], {4: 32, 6: 128}[family]
    heads = ["*nat", ":KUBE-SERVICES - [0:0]", ":KUBE-POSTROUTING - [0:0]", ":KUBE-MARK-MASQ - [0:0]"]
    body = ["-A PREROUTING -j KUBE-SERVICES", "-A OUTPUT -j KUBE-SERVICES", "-A POSTROUTING -j KUBE-POSTROUTING",
            "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
            "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
            "-A KUBE-POSTROUTING -j MASQUERADE --random-fully"]
    for transport in ("udp", "tcp"):
        service = f"KUBE-SVC-{transport.upper()}"
        heads.append(f":{service} - [0:0]")
        body.append(f"-A KUBE-SERVICES -d {cluster_ip}/{whole} -p {transport} -m {transport} --dport 53 -j {service}")
        for number, address in enumerate(replicas):
            endpoint = f"KUBE-SEP-{transport.upper()}{number}"
            heads.append(f":{endpoint} - [0:0]")
            left = count - number
            chance = f"-m statistic --mode random --probability {1 / left:.11f} " if left > 1 else ""
            body.append(f"-A {service} {chance}-j {endpoint}")
            body.append(f"-A {endpoint} -s {address}/{whole} -j KUBE-MARK-MASQ")
            body.append(f"-A {endpoint} -p {transport} -m {transport} -j DNAT --to-destination {with_port(address)}")
    return "\n".join(heads + body + ["COMMIT"]) + "\n"


def ipvs(replicas, family=4):
    """The virtual services of kube-proxy's IPVS mode, for `ipvsadm --restore`."""
    service, lines = with_port(FAMILIES[family][2]), []
    for letter in "ut":
        lines.append(f"-A -{letter} {service} -s rr")
        lines += [f"-a -{letter} {service} -r {with_port(address)} -m -w 1" for address in replicas]
    return "\n".join(lines) + "\n"
