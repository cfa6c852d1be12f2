#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""watch in the cluster: silent while it is healthy, and the right word and numbers for each way of failing."""
import json
import os
import unittest

import faults
import private
from cluster import CLUSTER_IP, replica_address
from lab_case import LabCase

REPLICAS = [replica_address(number) for number in (1, 2, 3)]
VICTIM = faults.VICTIM_ADDRESS
DB = "database.default.svc.cluster.local."


class Watch(LabCase):
    def watch(self, *arguments):
        """The data of the summary, its targets by address, the status."""
        done = self.lab.pod(os.environ["K8SDNS"], "watch", DB, "--json", "--replica", ",".join(REPLICAS),
                            "--timeout", "500ms", *arguments, timeout=120)
        data = json.loads(done.stdout.splitlines()[-1])["data"]
        return data, {target["address"]: target for target in data["targets"]}, done.returncode

    def test_healthy(self):
        for ports in ("fresh", "keep"):
            data, targets, status = self.watch("--qps", "400", "--duration", "4s", "--ports", ports)
            self.assertEqual((data["frequency"], status), ("never", 0), data["frequency_text"])
            self.assertEqual(set(targets), {CLUSTER_IP, *REPLICAS})
            for target in targets.values():
                self.assertEqual((target["lost"], target["mismatches"], target["duplicates"]), (0, 0, 0))

    def test_dead_replica(self):
        with self.lab.fault("dead-replica"):
            data, targets, status = self.watch("--qps", "200", "--duration", "2s")
        self.assertEqual(targets[VICTIM]["frequency"]["word"], "always")
        self.assertEqual((data["frequency"], status), ("intermittent", 1))
        # A third of the ClusterIP's connections lead there.
        self.assertEqual(targets[CLUSTER_IP]["frequency"]["word"], "intermittent")
        for address in (REPLICAS[0], REPLICAS[2]):
            self.assertEqual(targets[address]["frequency"]["word"], "never")
        self.assertIn(f"every query to {VICTIM}", data["frequency_text"])

    def test_lossy(self):
        with self.lab.fault("lossy"):
            data, targets, status = self.watch("--qps", "400", "--duration", "3s")
        self.assertEqual((data["frequency"], status), ("intermittent", 1), data["frequency_text"])
        for target in targets.values():
            self.assertGreater(target["lost"], 0)
            self.assertLess(target["loss_ratio"], 0.5)

    def test_clusterip_broken(self):
        with self.lab.fault("clusterip-broken"):
            _, targets, _ = self.watch("--qps", "200", "--duration", "1s")
        self.assertEqual({a: t["frequency"]["word"] for a, t in targets.items()},
                         {CLUSTER_IP: "always", **dict.fromkeys(REPLICAS, "never")})

    def test_families(self):
        with self.lab.fault("no-aaaa"):
            _, targets, _ = self.watch("--qps", "200", "--duration", "1s")
        for target in targets.values():
            self.assertEqual([row["loss_ratio"] for row in target["types"]], [0.0, 1.0])


if __name__ == "__main__":
    private.enter()
    unittest.main(verbosity=2)
