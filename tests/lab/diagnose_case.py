# SPDX-License-Identifier: GPL-2.0-or-later
"""A test case that runs diagnose in the Pod or in the node, and asks which findings lead."""
import json
import os
import subprocess

import private
from cluster import replica_address
from lab_case import LabCase

NOBODY = "65534"
# A plain user without any capability; where nobody else is mapped, root without any.
PLAIN = (("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if private.of_a_plain_user() else
         ("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--bounding-set", "-all"))

REPLICAS = ",".join(replica_address(number) for number in (1, 2, 3))


def leading(document):
    """The ids that lead: no other finding explains them, and they are more than a remark."""
    return [f["id"] for f in document["findings"] if not f["consequence_of"] and f["severity"] != "info"]


def said(document):
    return [(f["id"], f["subject"], f["consequence_of"], f["evidence"]) for f in document["findings"]]


class DiagnoseCase(LabCase):
    # A fault has many timeouts, which go with the budget.
    budget = "2s"
    # As a Pod's process is: the kernel cannot be watched.
    rights = ("setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin")

    # How busy the machine is that the lab runs on is no part of the lab.
    settings = ("--set", "node.pressure_percent=100,replica.slow_more_ms=40")

    def diagnose(self, *arguments, place="pod", stdin=None, env=None):
        """Give (the document, what leads)."""
        words = [os.environ["K8SDNS"], "diagnose", "--json", "--budget", self.budget, *self.settings, *arguments]
        if place == "pod":
            named = ",".join(self.lab.address(number) for number in (1, 2, 3))
            words = self.lab.pod_command([*self.rights, *words, "--replica", named])
            env = {**self.lab.pod_environment(), **(env or {})}
        else:
            words = self.lab.inside(place, [*words, "--no-discovery"])
        done = subprocess.run(words, input=stdin, env=env, text=True, stdout=subprocess.PIPE, timeout=60, check=False)
        document = json.loads(done.stdout)
        return document, leading(document)

    def recovers(self):
        """Nothing leads any more: what a fault left in caches and backlogs is gone after a few looks."""
        for _ in range(5):
            if not self.diagnose()[1]:
                return
        self.leads([])

    def leads(self, wanted, *arguments, **options):
        """These findings lead, in whatever order, and no other; give the document."""
        document, found = self.diagnose(*arguments, **options)
        self.assertEqual(sorted(found), sorted(wanted), said(document))
        return document
