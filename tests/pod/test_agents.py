#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Both variants of packaging/agent.yaml, with what they are given there and no more: each part that they do not leave
out observes, and they record."""
import json
import os
import sys
import unittest

try:
    import yaml
except ModuleNotFoundError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests/pod"))

import pod_case  # noqa: E402
from containers import Spec  # noqa: E402
from pod_case import REPLICAS, SINGLE, SOURCE, PodCase, private  # noqa: E402

PARTS = {"probes", "lookups", "drops", "conntrack", "flows", "node"}
# The network of a Pod, or of its node, in the lab.
PLACES = {False: ("pod", "10.244.0.10"), True: ("node", "10.244.0.1")}


def variants():
    """{name: the Pod's spec} of the manifest."""
    return {document["metadata"]["labels"]["variant"]: document["spec"]["template"]["spec"]
            for document in yaml.safe_load_all((SOURCE / "packaging/agent.yaml").read_text())}


class Agents(PodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab.ip("node", f"route replace {cls.lab.cluster_ip} dev cni1")
        # A node whose table has never had an entry looks like a Pod, which tracks nothing.
        cls.lab.pod("getent", "hosts", "kubernetes.default.svc.cluster.local.")
        for name, pod in variants().items():
            container, = pod["containers"]
            context, kinds = container["securityContext"], {v["name"]: v for v in pod["volumes"]}
            mounts = [(mount["mountPath"], kinds[mount["name"]]) for mount in container["volumeMounts"]]
            filtered = context["seccompProfile"]["type"] == "RuntimeDefault"
            cls.start(name, Spec(
                image="glibc", uid=context["runAsUser"], read_only=context["readOnlyRootFilesystem"],
                capabilities=tuple("CAP_" + word for word in context["capabilities"].get("add", [])),
                no_new_privileges=not context["allowPrivilegeEscalation"], host_pid=pod.get("hostPID", False),
                network=PLACES[pod.get("hostNetwork", False)][0], seccomp="by capabilities" if filtered else "",
                empty=tuple(path for path, kind in mounts if "emptyDir" in kind),
                files={path: kind["hostPath"]["path"] for path, kind in mounts if "hostPath" in kind}))

    def agent(self, name):
        """The lines of one that runs for some seconds, and the words it was given."""
        pod = variants()[name]
        address = PLACES[pod.get("hostNetwork", False)][1]
        words = [word.replace("$(POD_IP)", address) for word in pod["containers"][0]["args"]]
        done = self.containers.run(name, SINGLE, *words, "--replica", REPLICAS, "--cluster-ip", self.lab.cluster_ip,
                                   "--no-discovery", "--interval", "1s", "--duration", "14s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [json.loads(line)["data"] for line in done.stdout.splitlines()], words

    def check(self, name):
        lines, words = self.agent(name)
        left_out = set(words[words.index("--without") + 1].split(",")) if "--without" in words else set()
        down = [line["part"] for line in lines if line.get("event") == "part-down"]
        up = {line["part"]["part"] for line in lines if line.get("event") == "part-up"}
        self.assertEqual(up, PARTS - left_out, down)
        self.assertGreater(lines[-1]["queries"], 20)
        self.assertEqual(lines[-1]["query_failures"], 0)
        self.assertEqual((lines[-1]["recorded"]["intervals"], lines[-1]["recorded"]["dropped"]), (2, 0))
        history = self.document(name, SINGLE, "history", "--from", words[words.index("--record") + 1])
        self.assertEqual(history["data"]["intervals"], 2)

    def test_probes(self):
        """Nobody, without a capability, on a root that cannot be written."""
        self.check("probes")

    def test_full(self):
        """Root of the node's processes and network, with the capabilities that are listed, through the filter of system
        calls that the runtime has for these."""
        self.check("full")


if __name__ == "__main__":
    pod_case.skip_without_tools()
    private.enter()
    unittest.main(verbosity=2)
