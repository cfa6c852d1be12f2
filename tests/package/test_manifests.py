#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifests of packaging/ are objects that the Kubernetes API takes, and their commands exist.

The schema is that of 1.22; those of 1.29 to 1.36 (of client-go, November 2026) have all that the manifests say, too.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

try:
    import jsonschema
    import yaml
except ModuleNotFoundError as error:
    print(f"SKIP: python3-{error.name} is not installed")
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SOURCE"])
SCHEMA = json.loads((SOURCE / "tests/data/kube/schema.json").read_text())
MANIFESTS = sorted((SOURCE / "packaging").glob("*.yaml"))
# What the Pod Security standard "restricted" asks of a container (kubernetes.io, pod-security-standards).
RESTRICTED = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}

PRIVILEGED = {"k8sdns-node", "k8sdns-agent-full"}


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def errors(document):
    """What the schema has against it. A member that the API does not know is an error, as with kubectl --validate."""
    kind = SCHEMA["kinds"].get(f"{document.get('apiVersion')}/{document.get('kind')}")
    if not kind:
        return [f"no kind {document.get('apiVersion')}/{document.get('kind')}"]
    validator = jsonschema.Draft202012Validator({**kind, "$defs": SCHEMA["$defs"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def containers(path):
    for document in documents(path):
        spec = document.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        for container in template["spec"]["containers"] if template else []:
            yield document, container


class Manifests(unittest.TestCase):
    def test_valid(self):
        self.assertGreater(len(MANIFESTS), 3)
        for path in MANIFESTS:
            for document in documents(path):
                with self.subTest(path.name, kind=document["kind"]):
                    self.assertEqual(errors(document), [])

    def test_the_schema_refuses(self):
        document = documents(SOURCE / "packaging/job.yaml")[0]
        document["spec"]["template"]["spec"]["containers"][0]["imgae"] = "k8sdns"
        self.assertEqual(len(errors(document)), 1)
        document["spec"]["template"]["spec"]["restartPolicy"] = 1
        self.assertEqual(len(errors(document)), 2)

    def test_commands(self):
        """A container's arguments are a command with options that it has."""
        for path in MANIFESTS:
            for _, container in containers(path):
                command, *options = container["args"]
                text = subprocess.run([os.environ["K8SDNS"], command, "--help"], stdout=subprocess.PIPE, text=True,
                                      check=True).stdout
                for option in options:
                    if option.startswith("--"):
                        self.assertIn(option, text, path)

    def test_commands_in_comments(self):
        """In the image the program is at the root, where no PATH leads."""
        for path in MANIFESTS:
            self.assertNotRegex(path.read_text(), r"kubectl exec [^#\n]*-- k8sdns", path)

    def test_pod_security(self):
        """Where a Pod is more than the standard \"baseline\" lets in, its file says how to let it in."""
        for path in MANIFESTS:
            names = {document["metadata"]["name"] for document, _ in containers(path)}
            if names & PRIVILEGED:
                self.assertIn("pod-security.kubernetes.io/enforce=privileged", path.read_text(), path)

    def test_least_privilege(self):
        """Only Pods that see the node have any; every capability there says what for."""
        for path in MANIFESTS:
            for document, container in containers(path):
                context = container["securityContext"]
                self.assertEqual(context["capabilities"]["drop"], ["ALL"], path)
                self.assertTrue(context["readOnlyRootFilesystem"], path)
                if document["metadata"]["name"] not in PRIVILEGED:
                    self.assertEqual({key: context.get(key) for key in RESTRICTED}, RESTRICTED, path)
                    self.assertNotIn("add", context["capabilities"], path)
        for path in MANIFESTS:
            for _, container in containers(path):
                for capability in container["securityContext"]["capabilities"].get("add", []):
                    self.assertRegex(path.read_text(), rf"- {capability} # \S")

    def test_agents(self):
        """Each variant is chosen by its label, and its probes and Prometheus find its port."""
        for document, container in containers(SOURCE / "packaging/agent.yaml"):
            self.assertEqual(document["metadata"]["labels"]["variant"],
                             document["spec"]["selector"]["matchLabels"]["variant"])
            port, = container["ports"]
            self.assertEqual(port["name"], "metrics")
            self.assertIn(f"$(POD_IP):{port['containerPort']}", container["args"])
            for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
                self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "metrics"})

    def test_account(self):
        """It may read, and reads no more than the program asks for."""
        asked = (SOURCE / "lib/source/cluster/kube_api.c").read_text()
        for document in documents(SOURCE / "packaging/rbac.yaml"):
            for rule in document.get("rules", []):
                self.assertLessEqual(set(rule["verbs"]), {"get", "list"})
                for resource in rule["resources"]:
                    self.assertRegex(asked, f'["/]{resource}["/?]', resource)

    def test_another_namespace(self):
        """The way that the manifest tells for it: what is DNS's moves, and nothing else."""
        text = (SOURCE / "packaging/rbac.yaml").read_text()
        script = re.search(r"sed '(s/kube-system/.*)' packaging", text).group(1)
        moved = subprocess.run(["sed", script], input=text, capture_output=True, text=True, check=True).stdout
        for before, after in zip(yaml.safe_load_all(text), yaml.safe_load_all(moved)):
            self.assertEqual(errors(after), [])
            if before["metadata"].get("namespace") == "kube-system":
                self.assertEqual(after["metadata"].pop("namespace"), "openshift-dns")
                before["metadata"].pop("namespace")
            self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main()
