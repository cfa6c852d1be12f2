#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""agent --record: faults of 20 s each, some minutes of them, are found afterwards, with when each began and ended."""
import datetime
import json
import os
import subprocess
import time
import unittest

import private

private.enter()

from agent_fleet import Agent  # noqa: E402, it takes the namespaces
from lab_case import LabCase  # noqa: E402

RECORDING = private.RUN / "recording"
INTERVAL_S = 10
CLUSTER_IP, VICTIM = "10.96.0.10", "10.244.1.22"
# The fault, what it is called in the recording, and at whom it shows at least.
FAULTS = (("dead-replica", ("server", "timeout"), {VICTIM, CLUSTER_IP}),
          ("refused", ("server", "refused"), {VICTIM}),
          ("output-blocked", ("server", "error"), {VICTIM}),
          ("clusterip-broken", ("server", "timeout"), {CLUSTER_IP}),
          ("slow-replica", ("latency", "slow"), {VICTIM}))


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def read(*arguments):
    done = subprocess.run([os.environ["K8SDNS"], "--json", *arguments, "--from", RECORDING], capture_output=True,
                          text=True, check=False)
    return json.loads(done.stdout)


class Recorded(LabCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        agent = Agent(cls.lab, "pod", ["--interval", "1s", "--record", str(RECORDING)])
        cls.on = {}
        time.sleep(25)
        for name, *_ in FAULTS:
            began = time.time()
            with cls.lab.fault(name):
                time.sleep(20)
                cls.on[name] = (began, time.time())
            time.sleep(25)
        # No farewell: what was written is there.
        agent.process.kill()
        agent.process.wait()
        agent.reader.join()
        agent.process.stdout.close()
        cls.lines = agent.lines
        cls.history = read("history")["data"]

    def episodes(self, kind, reason, subject):
        return [(seconds(e["began"]), seconds(e["ended"])) for e in self.history["episodes"]
                if (e["kind"], e["reason"], e["subject"]) == (kind, reason, subject) and e["ended"]]

    def test_begin_and_end(self):
        for name, (kind, reason), subjects in FAULTS:
            for subject in subjects:
                with self.subTest(name, subject=subject):
                    on, off = self.on[name]
                    found = self.episodes(kind, reason, subject)
                    self.assertTrue(any(abs(began - on) <= INTERVAL_S and abs(ended - off) <= INTERVAL_S
                                        for began, ended in found), (self.on, found))

    def test_nothing_else(self):
        """Queries fail while there is a fault, and where it is."""
        for e in self.history["episodes"]:
            if e["kind"] != "server" or e["severity"] == "info":
                continue
            with self.subTest(e):
                self.assertIn(e["subject"], {CLUSTER_IP, VICTIM})
                self.assertTrue(any(on - INTERVAL_S <= seconds(e["began"]) <= off + INTERVAL_S
                                    for on, off in self.on.values()))

    def test_captures(self):
        """The first fault has a full capture, with what the kernel dropped where that can be seen."""
        on, off = self.on["dead-replica"]
        captures = [c for c in self.history["captures"] if on <= seconds(c["time"]) <= off + INTERVAL_S]
        self.assertTrue(captures, self.history["captures"])
        judged = read("diagnose", "--at", captures[0]["time"])
        self.assertIn("replica-unreachable", {f["id"] for f in judged["findings"]}, captures)
        up = {line["part"]["part"] for line in self.lines if line.get("event") == "part-up"}
        if "drops" in up:
            self.assertIsNotNone(read("capture", "--at", captures[0]["time"])["data"]["drops"])

    def test_findings(self):
        """What the agent told while it ran is in the recording."""
        told = {(line["finding"]["id"], line["finding"]["subject"]) for line in self.lines
                if line.get("event") == "finding-begins" and line["finding"]["id"] == "replica-unreachable"}
        recorded = {(e["reason"], e["subject"]) for e in self.history["episodes"] if e["kind"] == "finding"}
        self.assertTrue(told)
        self.assertLessEqual(told, recorded)

    def test_findings_end(self):
        """Nor does a finding stand longer than what it is about."""
        for name, identity, subject in (("dead-replica", "replica-unreachable", VICTIM),
                                        ("refused", "replica-refused", VICTIM),
                                        ("output-blocked", "path-filtered", VICTIM),
                                        ("clusterip-broken", "clusterip-unreachable", CLUSTER_IP)):
            on, off = self.on[name]
            with self.subTest(name):
                found = [(seconds(e["began"]), e["ended"] and seconds(e["ended"])) for e in self.history["episodes"]
                         if e["reason"] == identity and subject in (e["subject"] or "")]
                found = [(began, ended) for began, ended in found if on - INTERVAL_S <= began <= off + INTERVAL_S]
                self.assertTrue(found, self.history["episodes"])
                for _, ended in found:
                    self.assertTrue(ended and ended <= off + 2 * INTERVAL_S, (on, off, found))

    def test_whole(self):
        self.assertEqual((self.history["unread"], [d for d in self.history["damage"] if d["at_byte"] == 0]), (0, []))
        self.assertEqual([e for e in self.history["episodes"] if e["kind"] in ("gap", "clock")], [])
        self.assertEqual({s["server"] for s in self.history["servers"]} >= {CLUSTER_IP, VICTIM}, True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
