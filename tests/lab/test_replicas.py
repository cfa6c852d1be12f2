#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""replicas in the cluster: by what the servers call themselves, and by the node's connection tracking."""
import json
import os
import subprocess
import unittest

import faults
import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = [replica_address(number) for number in (1, 2, 3)]
VICTIM = faults.VICTIM_ADDRESS


class Replicas(LabCase):
    def node(self, *arguments, without=None, stdin=None):
        command = [os.environ["K8SDNS"], "replicas", "--json", *arguments]
        if without:
            command = ["setpriv", f"--bounding-set=-{without}", *command]
        done = subprocess.run(self.lab.inside("node", command), stdout=subprocess.PIPE, input=stdin, text=True,
                              timeout=60, check=False)
        data = json.loads(done.stdout)["data"]
        return data, {way["way"]: way for way in data["ways"]}, done.returncode

    def ask_from_pod(self):
        """Enough for the ClusterIP to have led to every replica."""
        self.lab.probe("--no-search", *[f"n{n}." for n in range(30)])

    def test_identities(self):
        done = self.lab.pod(os.environ["K8SDNS"], "replicas", "--json", "--replica", ",".join(REPLICAS))
        data = json.loads(done.stdout)["data"]
        names = [r["identity"] for r in data["replicas"]]
        self.assertEqual((done.returncode, data["cluster_ip"]), (0, CLUSTER_IP))
        self.assertEqual(len(set(names)), 3)
        self.assertNotIn(None, names)
        self.assertLessEqual(set(data["cluster_identities"]), set(names))
        self.assertGreaterEqual(len(data["cluster_identities"]), 2)  # by chance one may not be met
        self.assertEqual(data["conflicts"], [])

    def test_conntrack_of_the_node(self):
        self.ask_from_pod()
        data, ways, status = self.node("--cluster-ip", CLUSTER_IP, "--no-identity")
        self.assertEqual((status, sorted(r["address"] for r in data["replicas"])), (0, REPLICAS))
        self.assertEqual({tuple(r["found_by"]) for r in data["replicas"]}, {("conntrack",)})
        self.assertEqual((ways["conntrack"]["outcome"], ways["conntrack"]["found"]), ("found", 3))

    def test_stale_connections(self):
        """Two endpoints are left, but the node still has connections to the third."""
        self.ask_from_pod()
        endpoints = {"kind": "Endpoints", "metadata": {"name": "kube-dns"}, "subsets": [
            {"addresses": [{"ip": a} for a in REPLICAS if a != VICTIM],
             "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}]}
        data, _, _ = self.node("--cluster-ip", CLUSTER_IP, "--no-identity", "--endpoints", "-",
                               stdin=json.dumps(endpoints))
        self.assertEqual([c["address"] for c in data["conflicts"]], [VICTIM])
        self.assertIn("still has connections by the node's conntrack", data["conflicts"][0]["text"])

    def test_without_privilege(self):
        _, ways, status = self.node("--cluster-ip", CLUSTER_IP, "--no-identity", without="net_admin")
        self.assertEqual((status, ways["conntrack"]["outcome"]), (3, "refused"))
        self.assertIn("CAP_NET_ADMIN", ways["conntrack"]["detail"])

    def test_probe_finds_them_too(self):
        """Where nobody is named, those that the connection tracking shows are asked as well."""
        self.ask_from_pod()
        conf = self.lab.resolv_conf
        done = subprocess.run(self.lab.inside("node", [os.environ["K8SDNS"], "probe", "--json", "--timeout", "300ms",
                                                       "--resolv-conf", str(conf), "--as", "glibc",
                                                       "kubernetes.default.svc.cluster.local."]),
                              stdout=subprocess.PIPE, timeout=60, check=False)
        targets = {t["address"]: t for t in json.loads(done.stdout)["data"]["targets"]}
        self.assertEqual({a: t["found_by"] for a, t in targets.items() if t["role"] == "replica"},
                         dict.fromkeys(REPLICAS, "conntrack"))


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
