#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kubectl k8sdns as people type it: the real kubectl, an API server, Pods that are containers."""
import fcntl
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

sys.path.insert(0, os.path.join(os.environ["SOURCE"], "tests/pod"))

import pod_case  # noqa: E402
from containers import Spec  # noqa: E402
from kube_api import KINDS, KubeApi, pod  # noqa: E402
from pod_case import SINGLE, SOURCE, PodCase, private  # noqa: E402
from streams import ERROR, STDERR, STDIN, STDOUT, Client  # noqa: E402

VERSIONS = {row[0]: row[1] for row in KINDS.values()}
COREDNS = "coredns-5d78c9869d-x2x7k"


def kube_system(kind, name, **more):
    return {"kind": kind, "apiVersion": VERSIONS[kind], "metadata": {"namespace": "kube-system", "name": name}, **more}


# Objects beside those of DNS, with what must not leave the administrator's machine.
PRIVATE = [
    kube_system("ConfigMap", "cloud-config", data={"token": "PRIVATE"}),
    kube_system("Pod", "PRIVATE-scheduler", spec={"containers": [{"name": "c", "image": "i", "args": ["PRIVATE"]}]},
                status={"phase": "Running"}),
    kube_system("Event", "e1", type="Warning", reason="Failed", message="PRIVATE",
                involvedObject={"kind": "Pod", "name": "PRIVATE-scheduler"}),
    kube_system("Service", "PRIVATE-metrics", spec={"clusterIP": "10.96.0.77", "ports": []}),
]


def kubectls():
    """Other versions that stand beside the one on PATH, or in build-tests/kubectl."""
    beside = pathlib.Path(shutil.which("kubectl")).resolve().parent
    return [*sorted(beside.glob("kubectl.1.*")), *sorted((SOURCE / "build-tests/kubectl").glob("kubectl-*"))]


def flat(held):
    """The objects of a List, and of Lists in it."""
    if "items" not in held:
        return [held]
    kind = held["kind"].removesuffix("List")
    found = [flat(item if kind == "" else {"kind": kind, **item}) for item in held["items"]]
    return [item for items in found for item in items]


class Kubectl(PodCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, spec in {"web-0": Spec("musl"), "web-1": Spec("glibc", tmp="noexec"), "web-2": Spec("glibc"),
                           "bare": Spec("go"), COREDNS: Spec("static")}.items():
            cls.containers.start(name, spec)
        objects = flat(json.loads((SOURCE / "tests/data/kube/coredns.json").read_text()))
        for held in objects:
            held.setdefault("apiVersion", VERSIONS[held["kind"]])
            held.setdefault("metadata", {}).setdefault("name", "none")
            held["metadata"].setdefault("namespace", "kube-system")
        objects = [held for held in objects if held["kind"] != "Pod"]
        web = {"app": "web"}
        objects += [pod("default", "web-0", web), pod("shop", "web-1", web), pod("shop", "web-2", web),
                    pod("default", "gone", web, phase="Succeeded"), pod("default", "bare"),
                    pod("kube-system", COREDNS, {"k8s-app": "kube-dns"}, container="coredns")]
        objects.append({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"namespace": "shop", "name": "web"},
                        "spec": {"replicas": 1, "selector": {"matchLabels": web}, "template": {}}, "status": {}})
        objects += PRIVATE
        for held in objects:  # what stands in any object, and nobody but its owner needs
            held["metadata"]["annotations"] = {"note": "PRIVATE"}
        cls.api = KubeApi(objects, cls.containers)
        cls.api.debug = cls.start_debugger
        cls.addClassCleanup(cls.api.server_close)
        cls.addClassCleanup(cls.api.shutdown)
        cls.home = pathlib.Path(tempfile.mkdtemp(dir="/run"))
        cls.plugin = cls.home / "bin"
        cls.plugin.mkdir()
        shutil.copy(SOURCE / "packaging/kubectl-k8sdns", cls.plugin)
        shutil.copy(cls.file, cls.plugin / "k8sdns-0.1.0-linux-x86_64")
        (cls.plugin / "k8sdns-0.1.0-linux-aarch64").write_text("not for this machine")
        (cls.home / "config").write_text(json.dumps(cls.api.kubeconfig()))
        shutil.copy(cls.home / "config", cls.home / "elsewhere")

    @classmethod
    def start_debugger(cls, pod_name, added):
        """As the kubelet does it: the image's own root, in the process namespace of the container that is named."""
        name = f"{pod_name}-{added['name']}"
        assert (added["image"], added["targetContainerName"]) == ("k8sdns", "app"), added
        cls.start(name, Spec("static", args=("/pause",), joins=pod_name))
        return name

    def setUp(self):
        self.api.forbidden.clear()
        self.api.requests.clear()
        self.api.inputs.clear()

    def environment(self, config):
        return {**os.environ, "HOME": str(self.home), "PATH": f"{self.plugin}:{os.environ['PATH']}",
                "KUBECONFIG": str(self.home / config)}

    def kubectl(self, *words, config="config", program="kubectl", **options):
        return subprocess.run([program, *map(str, words)], env=self.environment(config), text=True, capture_output=True,
                              check=False, timeout=120, **{"stdin": subprocess.DEVNULL, **options})

    def plug(self, *words, **options):
        return self.kubectl("k8sdns", *words, **options)

    def executed(self):
        """The Pods that were entered, in their order, each once for each row of calls."""
        found = []
        for _, path, _ in self.api.requests:
            if "/exec?" in path:
                words = path.split("?")[0].split("/")
                found.append(f"{words[4]}/{words[6]}")
        return list(dict.fromkeys(found))

    def test_kubectl_itself(self):
        """What the plugin stands on works against this server: exec with its status, standard input, cp, logs."""
        done = self.kubectl("exec", "web-0", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
        self.assertEqual((done.returncode, done.stdout), (7, "out\n"))
        self.assertIn("err\n", done.stderr)
        said = "x" * 200_000
        done = self.kubectl("exec", "-i", "web-0", "--", "cat", stdin=None, input=said)
        self.assertEqual((done.returncode, done.stdout == said), (0, True), done.stderr)
        self.assertIn("Running configuration", self.kubectl("logs", "-n", "kube-system", COREDNS).stdout)

    def test_exec_by_websocket(self):
        """v5.channel.k8s.io, frame by frame: channels, the end of standard input, the status; and its refusal."""
        path = "/api/v1/namespaces/default/pods/web-0/exec?stdin=true&stdout=true&stderr=true&"
        client = Client(self.api.server_port, path + "command=cat")
        self.assertEqual((client.status, client.accepted), (101, True))
        self.assertEqual(client.headers["sec-websocket-protocol"], "v5.channel.k8s.io")
        said = os.urandom(200_000)
        client.send(STDIN, said[:100])
        client.send(STDIN, said[100:])
        client.close(STDIN)
        found = client.receive()
        self.assertEqual(found[STDOUT], said)
        self.assertEqual(json.loads(found[ERROR])["status"], "Success")
        client = Client(self.api.server_port, path + "command=sh&command=-c&"
                        "command=echo+out%3Becho+err%3E%262%3Bexit+7")
        found = client.receive()
        self.assertEqual((found[STDOUT], found[STDERR]), (b"out\n", b"err\n"))
        said = json.loads(found[ERROR])
        self.assertEqual((said["reason"], said["details"]["causes"]), (
            "NonZeroExitCode", [{"reason": "ExitCode", "message": "7"}]))
        self.assertEqual(Client(self.api.server_port, path.replace("web-0", "nobody") + "command=cat").status, 404)

    def test_every_kubectl(self):
        """Whatever versions there are beside the one on PATH, each by its own protocol."""
        for program in kubectls():
            with self.subTest(program.name):
                self.api.requests.clear()
                done = self.kubectl("exec", "-i", "web-0", "--", "sh", "-c", "cat; exit 3", program=program, stdin=None,
                                    input="x" * 100_000)
                self.assertEqual((done.returncode, len(done.stdout)), (3, 100_000), done.stderr)
                done = self.kubectl("cp", SOURCE / "README.md", "web-0:/tmp/copied", program=program)
                self.assertEqual(done.returncode, 0, done.stderr)
                said = json.loads(self.kubectl("version", "--client", "-o", "json", program=program).stdout)
                if int(said["clientVersion"]["minor"].rstrip("+")) < 23:
                    continue  # its ephemeral containers are those before Kubernetes 1.22, which no server takes
                done = self.kubectl("debug", "bare", "--image=k8sdns", "--target=app", "-i", "--quiet", "--", SINGLE,
                                    "resolv", "--json", program=program)
                self.assertEqual(json.loads(done.stdout)["data"]["resolver"]["kind"], "go", done.stderr)

    def in_terminal(self, *words, rows=24, columns=80):
        """kubectl in a terminal of its own; what it shows, and its status."""
        ours, theirs = os.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(["kubectl", *map(str, words)], stdin=theirs, stdout=theirs, stderr=theirs,
                                   env=self.environment("config"), start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 32768):
                shown += data
        except OSError:
            pass  # all that had it have ended
        os.close(ours)
        return shown.decode(), process.wait(60)

    def test_terminal(self):
        """exec -it: the terminal is one inside, too, and as large."""
        wait = "for i in 1 2 3 4 5 6 7 8 9; do stty size 2>/dev/null | grep 20 && exit 5; sleep 1; done"
        shown, status = self.in_terminal("exec", "-it", "web-0", "--", "sh", "-c", "test -t 0 && test -t 1 && " + wait,
                                         rows=20, columns=70)
        self.assertEqual((shown.splitlines()[0], status), ("20 70", 5))

    def test_debug(self):
        """The view of a Pod without a shell, by an ephemeral container in its process namespace, in a terminal."""
        shown, status = self.in_terminal("k8sdns", "bare", "--image", "k8sdns", "-c", "app", "resolv")
        self.assertEqual(status, 0, shown)
        self.assertIn("go1", shown)
        self.assertIn("dnsPolicy  ClusterFirst", shown)
        patches = [path for method, path, _ in self.api.requests if method == "PATCH"]
        self.assertEqual([path.split("?")[0] for path in patches],
                         ["/api/v1/namespaces/default/pods/bare/ephemeralcontainers"])

    def test_copied_by_hand(self):
        """README: kubectl cp, then kubectl exec."""
        done = self.kubectl("cp", self.file, "web-0:/tmp/k8sdns")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.kubectl("exec", "web-0", "--", "/tmp/k8sdns", "resolv", "--json")
        self.assertEqual(json.loads(done.stdout)["data"]["resolver"]["kind"], "musl", done.stderr)
        done = self.kubectl("exec", "-i", "web-0", "--", "/tmp/k8sdns", "diagnose", "--json", "--endpoints", "-",
                            "--budget", "1s", stdin=None, input=(SOURCE / "tests/data/kube/coredns.json").read_text())
        self.assertNotIn("Kubernetes' view of CoreDNS", [gap["what"] for gap in json.loads(done.stdout)["unobserved"]])

    def test_spellings(self):
        """kubectl's options before the target, behind it, and in every spelling."""
        for words in (("-n", "shop", "web-1"), ("-nshop", "web-1"), ("-n=shop", "web-1"),
                      ("--namespace", "shop", "web-1"), ("--namespace=shop", "web-1"),
                      ("web-1", "-n", "shop"), ("pod/web-1", "--namespace=shop"), ("--context", "other", "web-1"),
                      ("web-1", "--context=other"), ("-capp", "web-1", "-nshop"), ("deploy/web", "-n", "shop")):
            with self.subTest(words):
                self.api.requests.clear()
                done = self.plug(*words, "resolv", "--json")
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(json.loads(done.stdout)["data"]["resolver"]["kind"], "glibc")
                self.assertIn(self.executed(), [["shop/web-1"], ["shop/web-2"]])

    def test_options_of_kubectl(self):
        done = self.plug("--kubeconfig", self.home / "elsewhere", "--as=it's me", "-v", "0", "web-0", "expand", "x",
                         config="none")
        self.assertEqual(done.returncode, 0, done.stderr)
        users = {headers.get("Impersonate-User") for _, path, headers in self.api.requests if "/exec?" in path}
        self.assertEqual(users, {"it's me"})
        done = self.plug("web-0", "--", "expand", "--as", "go", "x", "--json")
        self.assertEqual(json.loads(done.stdout)["data"]["names"][0]["plans"][0]["resolver"], "go")
        for words in (("--nonsense", "web-0"), ("web-0", "--nonsense")):
            done = self.plug(*words)
            self.assertEqual(done.returncode, 64)
            self.assertIn("--nonsense", done.stderr)

    def test_options_of_diagnose(self):
        """Behind the target, without the command."""
        done = self.plug("web-0", "--json", "--budget", "1s")
        self.assertEqual(json.loads(done.stdout)["command"], "diagnose")
        done = self.plug("web-0", "-v", "--budget", "1s")
        self.assertNotEqual(done.returncode, 64, done.stderr)

    def test_selector(self):
        done = self.plug("-l", "app=web", "-A", "expand", "x")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.executed(), ["default/web-0", "shop/web-1", "shop/web-2"])
        self.assertIn("== shop/web-2\n", done.stderr)
        self.api.requests.clear()
        done = self.plug("-lapp=web", "--max=1", "-nshop", "expand", "x")
        self.assertEqual(self.executed(), ["shop/web-1"])
        self.assertIn("2 Pods have the labels", done.stderr)
        done = self.plug("-l", "app=none", "expand", "x")
        self.assertEqual(done.returncode, 64)
        self.assertIn("app=none", done.stderr)

    def test_nothing_is_left(self):
        for name, namespace in (("web-0", "default"), ("web-1", "shop")):
            self.plug(name, "-n", namespace, "expand", "x")
            left = self.kubectl("exec", name, "-n", namespace, "--", "sh", "-c", "ls -d /tmp/k8sdns-* /run/k8sdns-*")
            self.assertEqual(left.stdout, "")

    def test_diagnose_knows_the_cluster(self):
        done = self.plug("web-0", "diagnose", "--json", "--budget", "1s")
        self.assertNotIn("Kubernetes' view of CoreDNS", [gap["what"] for gap in json.loads(done.stdout)["unobserved"]])
        self.assertNotIn("not told", done.stderr)

    def entered(self):
        """What the last command of k8sdns in a Pod had on its standard input."""
        self.assertTrue(self.api.inputs)
        _, command, data = self.api.inputs[-1]
        self.assertIn("--endpoints", command)
        return bytes(data).decode()

    def secrets(self):
        """Put what is nobody's business into a Pod of DNS, for one test."""
        held = next(item for item in self.api.objects if item["metadata"]["name"] == COREDNS)
        container = held["spec"]["containers"][0]
        container.update(env=[{"name": "TOKEN", "value": "PRIVATE"}], args=["PRIVATE"], command=["PRIVATE"])
        self.addCleanup(lambda: [container.pop(word) for word in ("env", "args", "command")])

    def test_the_pod_gets_no_more_than_is_read(self):
        """Byte for byte what k8sdns objects keeps of kube-system's objects, and nothing after it."""
        self.secrets()
        self.plug("web-0")
        kinds = "services,endpointslices,pods,deployments,configmaps,events,nodes"
        whole = self.kubectl("get", "-n", "kube-system", "-o", "json", kinds).stdout
        self.assertIn("PRIVATE", whole)
        kept = subprocess.run([self.file, "objects"], input=whole, text=True, capture_output=True, check=True).stdout
        said = self.entered()
        self.assertEqual(said, kept)
        # Before it: a look for a place, and the program itself.
        self.assertEqual([name for name, _, _ in self.api.inputs], ["web-0"] * 3)
        self.assertEqual([bytes(data) for _, _, data in self.api.inputs[:2]], [b"", self.file.read_bytes()])
        self.assertNotIn("PRIVATE", said)
        self.assertIn(COREDNS, said)

    def test_the_same_without_a_k8sdns_here(self):
        """On a machine that runs no k8sdns kubectl's own templates keep the same objects, and no more."""
        self.secrets()
        file = self.plugin / "k8sdns-0.1.0-linux-x86_64"
        aside = file.rename(self.home / "aside")
        self.addCleanup(lambda: aside.rename(file))
        done = self.plug("--file", aside, "web-0", "diagnose", "--json", "--budget", "1s")
        self.assertNotIn("not told", done.stderr)
        said = self.entered()
        self.assertNotIn("PRIVATE", said)
        facts = json.loads(done.stdout)
        self.assertNotIn("Kubernetes' view of CoreDNS", [gap["what"] for gap in facts["unobserved"]])
        read = {}
        for name, text in (("whole", json.dumps({"kind": "List", "items": [
                held for held in self.api.objects if held["metadata"]["namespace"] == "kube-system"]})),
                           ("part", said)):
            path = self.home / name
            path.write_text(text)
            done = subprocess.run([self.file, "capture", "--no-external", "--budget", "1s", "--endpoints", path],
                                  text=True, capture_output=True, check=False)
            kube = json.loads(done.stdout)["data"]["kube"]
            for change in [*kube["changes"], *kube["events"]]:
                del change["age_s"]
            # kubectl shows no managedFields, which a file may have.
            read[name] = {key: kube[key] for key in kube if key != "changes"}
        self.assertEqual(read["part"], read["whole"])

    def test_api_that_tells_little(self):
        """What the API does not give is said, and the rest is used."""
        self.api.forbidden.update({"nodes", "events"})
        done = self.plug("web-0", "diagnose", "--json", "--budget", "1s")
        self.assertIn("not told by the Kubernetes API: events nodes", done.stderr)
        said = json.loads(done.stdout)
        self.assertGreater(said["data"]["asked"], 0)
        self.assertIn("endpoints", json.dumps(self.replicas()))
        self.api.forbidden.update({"services", "endpointslices", "pods", "deployments", "configmaps"})
        done = self.plug("web-0", "diagnose", "--json", "--budget", "1s")
        self.assertIn("is forbidden", done.stderr)

    def replicas(self):
        done = self.plug("web-0", "replicas", "--json")
        return json.loads(done.stdout)["data"]["replicas"]

    def test_errors_are_kubectls(self):
        done = self.plug("missing", "expand", "x")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('"missing" not found', done.stderr)
        self.assertNotIn("shell", done.stderr)
        done = self.plug("bare", "expand", "x")
        self.assertEqual(done.returncode, 64)
        self.assertIn("no shell", done.stderr)

    def test_without_a_target(self):
        """The first CoreDNS Pod's view; it has no shell, so what to name is said."""
        done = self.plug("top")
        self.assertEqual(done.returncode, 64)
        self.assertIn(f"kube-system/{COREDNS}", done.stderr)
        self.assertIn("--image", done.stderr)

    def test_architecture(self):
        """The file for the Pod's machine, not the first one; without it that is said."""
        file = self.plugin / "k8sdns-0.1.0-linux-x86_64"
        file.rename(self.home / "aside")
        try:
            done = self.plug("web-0", "expand", "x")
        finally:
            (self.home / "aside").rename(file)
        self.assertEqual(done.returncode, 64)
        self.assertIn("linux-x86_64", done.stderr)


if __name__ == "__main__":
    pod_case.skip_without_tools()
    if not shutil.which("kubectl"):
        print("SKIP: kubectl is not installed")
        sys.exit(77)
    private.enter()
    unittest.main()
