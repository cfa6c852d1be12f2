#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kubectl-k8sdns: with a kubectl that runs what it is given here, and writes down how it was called."""
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

try:
    import yaml
except ModuleNotFoundError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SOURCE"])
K8SDNS = os.environ["K8SDNS"]
sys.path.insert(0, str(SOURCE / "tests/cli"))

from twisters import twister  # noqa: E402

# A Pod "web" has a shell, "bare" has none; the node "n1" has a Pod of node.yaml, "n2" none.
KUBECTL = r"""#!/bin/sh
echo "$*" >>"$CALLS"
case " $* " in
*" get --namespace kube-system "*) cat "$OBJECTS" ;;
*" get pods "*"spec.nodeName=n1,"*) echo pod/k8sdns-node-x ;;
*" get pods "* | *" delete pod "*) ;;
*" exec "*"bare "*) echo "no sh in this image" >&2; exit 126 ;;
*)  case " $* " in
    *" debug "*"node/"*) echo "Creating debugging pod node-debugger-n2-abc with container debugger." >&2 ;;
    esac
    while [ "$1" != -- ]; do shift; done
    shift
    [ "$1" != /k8sdns ] || { shift; set -- "$K8SDNS" "$@"; }
    exec "$@" ;;
esac
"""


class Plugin(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        fake = self.folder / "kubectl"
        fake.write_text(KUBECTL)
        fake.chmod(stat.S_IRWXU)
        self.plugin = self.folder / "kubectl-k8sdns"
        shutil.copy(SOURCE / "packaging/kubectl-k8sdns", self.plugin)
        self.file = self.folder / "k8sdns-1.2.3-linux-x86_64"
        shutil.copy(K8SDNS, self.file)
        self.calls = self.folder / "calls"
        self.calls.write_text("")

    def plug(self, *arguments, **more):
        env = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "CALLS": str(self.calls), "K8SDNS": K8SDNS,
               "OBJECTS": str(SOURCE / "tests/data/kube/coredns.json"), **more}
        return subprocess.run([self.plugin, *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)

    def places(self):
        return set(pathlib.Path("/tmp").glob("k8sdns-*"))

    def test_copied_run_and_gone(self):
        before = self.places()
        done = self.plug("web", "explain", "conntrack-full")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        here = subprocess.run([K8SDNS, "explain", "conntrack-full"], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, here.stdout)
        self.assertEqual(self.places(), before)

    def test_status_is_the_commands(self):
        asked = ("probe", "x.", "--no-search", "--no-discovery", "--as", "glibc", "--target", "127.0.0.1:1")
        self.assertEqual(self.plug("web", *asked, "--wrong").returncode, 64)
        done = self.plug("--bare", "web", *asked)
        self.assertEqual(done.returncode, 2, done.stderr)

    def test_diagnose_knows_the_cluster(self):
        """Bare, it diagnoses, with what the API says of CoreDNS."""
        with twister() as server:
            done = self.plug("-n", "shop", "-c", "app", "web", "diagnose", "--json", "--no-external", "--cluster-ip",
                             server, "--budget", "1s", "--no-discovery")
        facts = json.loads(done.stdout)
        self.assertNotIn("Kubernetes' view of CoreDNS", [gap["what"] for gap in facts["unobserved"]])
        calls = self.calls.read_text()
        self.assertIn("exec --namespace shop -i web -c app -- sh", calls)
        self.assertIn("services,endpointslices,pods,deployments,configmaps,events,nodes", calls)

    def test_report(self):
        """The Pod may stand behind the word, as in `kubectl k8sdns report web > report.html`."""
        asked = ("--no-external", "--budget", "1s", "--no-discovery")
        with twister() as server:
            for words in (("report", "web"), ("web", "report"), ("report", "web", "--format", "markdown")):
                self.calls.write_text("")
                done = self.plug(*words, *asked, "--cluster-ip", server)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.startswith("## " if "markdown" in words else "<!doctype html>"), words)
                self.assertIn("exec -i web -- sh", self.calls.read_text())
                self.assertIn("services,endpointslices,pods", self.calls.read_text())

    def test_no_shell(self):
        done = self.plug("bare", "explain", "conntrack-full")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--image", done.stderr)
        done = self.plug("--image", "k8sdns:1", "-c", "app", "bare", "explain", "conntrack-full")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("debug -i bare --quiet --image k8sdns:1 --target app -- /k8sdns explain", self.calls.read_text())

    def test_machine_that_is_none(self):
        """What a container calls its machine goes neither to the terminal as it is nor into a path."""
        liar = self.folder / "uname"
        for said in ("\\033]0;x\\007\\033[2J", "x86_64/../../../../etc/passwd", "*"):
            liar.write_text(f"#!/bin/sh\n[ \"$1\" = -s ] && echo Linux || printf '{said}\\n'\n")
            liar.chmod(stat.S_IRWXU)
            done = self.plug("web", "explain", "conntrack-full")
            self.assertEqual(done.returncode, 64, done.stderr)
            self.assertIn("web runs on unknown", done.stderr)
            self.assertNotRegex(done.stderr, "[\x00-\x09\x0b-\x1f\x7f]")

    def test_node_debugger_that_names_another_pod(self):
        """What a container writes is not taken for what kubectl says of the Pod that is deleted."""
        liar = self.folder / "kubectl"
        liar.write_text(KUBECTL.replace("with container debugger.\" >&2 ;;", "with container debugger.\" >&2\n"
                                        "        echo 'Creating debugging pod coredns-1 with container x.' >&2 ;;"))
        done = self.plug("node/n2", "node", "--json", K8SDNS_IMAGE="k8sdns:1")
        self.assertIn("limits", json.loads(done.stdout)["data"])
        deleted = [line for line in self.calls.read_text().splitlines() if "delete pod" in line]
        self.assertEqual(deleted, ["delete pod node-debugger-n2-abc --wait=false"])

    def test_node(self):
        done = self.plug("node/n1", "node", "--json")
        self.assertIn("limits", json.loads(done.stdout)["data"])
        self.assertIn("exec --namespace k8sdns -i pod/k8sdns-node-x -- /k8sdns node", self.calls.read_text())
        done = self.plug("node/n2", "node")
        self.assertEqual(done.returncode, 64)
        done = self.plug("node/n2", "node", "--json", K8SDNS_IMAGE="k8sdns:1")
        self.assertIn("limits", json.loads(done.stdout)["data"])
        self.assertIn("delete pod node-debugger-n2-abc", self.calls.read_text())

    def test_words(self):
        self.assertEqual(self.plug().returncode, 64)
        self.assertEqual(self.plug("--wrong", "web").returncode, 64)
        self.assertEqual(self.plug("--image").returncode, 64)
        self.assertIn("usage: kubectl k8sdns", self.plug("--help").stdout)
        self.file.unlink()
        done = self.plug("web")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--file", done.stderr)


class Krew(unittest.TestCase):
    """The manifest names an archive that holds what it says, and the plugin in it finds its program."""

    def pack(self, **more):
        done = subprocess.run([SOURCE / "packaging/krew", "--no-install", SOURCE / "build-tests/single"],
                              stdout=subprocess.PIPE, text=True, check=True, **more)
        return yaml.safe_load((SOURCE / done.stdout.strip()).read_text())

    def test_same_bytes(self):
        """Who packs it, when, and what others may read of his files make no difference."""
        first = self.pack(umask=0o022)
        time.sleep(1)
        self.assertEqual(self.pack(umask=0o077), first)

    def test_archive(self):
        folder = SOURCE / "build-tests/single"
        manifest = self.pack()
        platform, = manifest["spec"]["platforms"]
        archive = folder / platform["uri"].rsplit("/", 1)[1]
        self.assertEqual(hashlib.sha256(archive.read_bytes()).hexdigest(), platform["sha256"])
        self.assertIn(manifest["spec"]["version"].removeprefix("v"), archive.name)
        with tarfile.open(archive) as held:
            names = held.getnames()
        self.assertIn(platform["bin"], names)
        program, licenses = sorted(name for name in names if name.startswith("k8sdns-"))
        self.assertEqual(licenses, f"{program}.licenses")


if __name__ == "__main__":
    unittest.main()
