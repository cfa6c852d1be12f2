#!/usr/bin/python3
"""diagnose of objects alone: what keeps the cluster DNS down, by its Service, endpoints, Pods and workload."""
import datetime
import json
import subprocess
import unittest

import binary
from twisters import resolv_conf

# Findings that the objects alone bring about.
ABOUT = {"service-endpoints", "coredns-not-started", "coredns-panic", "node-not-ready", "apiserver-disconnected"}

LABELS = {"k8s-app": "kube-dns", "pod-template-hash": "7c65d6cfc9"}
NAMES = ("coredns-7c65d6cfc9-aaaaa", "coredns-7c65d6cfc9-bbbbb")
ADDRESSES = ("10.244.0.5", "10.244.1.6")
NODES = ("node-1", "node-2")


def ago(minutes):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ports(udp=53, tcp=53, **more):
    both = [{"name": "dns", "port": 53, "protocol": "UDP", **more}] if udp else []
    return both + ([{"name": "dns-tcp", "port": 53, "protocol": "TCP", **more}] if tcp else [])


def service(**spec):
    return {"kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system"},
            "spec": {"clusterIP": "10.96.0.10", "selector": {"k8s-app": "kube-dns"}, "ports": ports(), **spec}}


def endpoints(ready=(True, True), of=None, **conditions):
    return {"kind": "EndpointSlice", "ports": ports() if of is None else of,
            "metadata": {"name": "kube-dns-x", "namespace": "kube-system",
                         "labels": {"kubernetes.io/service-name": "kube-dns"}},
            "endpoints": [{"addresses": [ADDRESSES[i]], "conditions": {"ready": is_ready, **conditions},
                           "nodeName": NODES[i], "targetRef": {"kind": "Pod", "name": NAMES[i]}}
                          for i, is_ready in enumerate(ready)]}


def pod(i, ready=True, labels=None, started=600, deleted=None, **status):
    metadata = {"name": NAMES[i], "namespace": "kube-system", "labels": labels or LABELS}
    if deleted:
        metadata["deletionTimestamp"] = deleted
    return {"kind": "Pod", "metadata": metadata,
            "spec": {"nodeName": NODES[i], "containers": [
                {"name": "coredns", "image": "registry.k8s.io/coredns/coredns:v1.11.3",
                 "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]}]},
            "status": {"phase": "Running", "podIP": ADDRESSES[i], "startTime": ago(started),
                       "conditions": [{"type": "Ready", "status": str(ready)}],
                       "containerStatuses": [{"name": "coredns", "restartCount": 0, "state": {"running": {}}}],
                       **status}}


def waiting(reason, **more):
    return {"phase": "Pending", "containerStatuses": [
        {"name": "coredns", "restartCount": 0, "state": {"waiting": {"reason": reason}}}], **more}


def workload(wanted=2, available=2):
    return {"kind": "Deployment", "metadata": {"name": "coredns", "namespace": "kube-system"},
            "spec": {"replicas": wanted, "selector": {}, "template": {"metadata": {"labels": LABELS}, "spec": {
                "containers": [{"name": "coredns", "image": "registry.k8s.io/coredns/coredns:v1.11.3"}]}}},
            "status": {"availableReplicas": available} if available else {}}


def renamed(it, name):
    return {**it, "metadata": {**it["metadata"], "name": name}}


def event(reason, message, kind="Pod", name=NAMES[0], minutes=1):
    return {"kind": "Event", "type": "Warning", "reason": reason, "message": message, "lastTimestamp": ago(minutes),
            "involvedObject": {"kind": kind, "name": name}, "count": 3}


def nodes(count, down=0):
    return [{"kind": "Node", "metadata": {"name": f"node-{i + 1}"},
             "status": {"conditions": [{"type": "Ready", "status": str(i < count - down)}]}} for i in range(count)]


def corefile(keys):
    return {"kind": "ConfigMap", "metadata": {"name": "coredns", "namespace": "kube-system"},
            "data": {"Corefile": keys + " {\n    errors\n    health\n    ready\n    kubernetes cluster.local\n"
                                        "    forward . 192.0.2.53\n    cache 30\n}\n"}}


OTHER_PORT = [{"name": "dns", "port": 5353, "protocol": "UDP"}]
BOTH = [endpoints(), pod(0), pod(1), workload()]
SANDBOX = "plugin type=\"flannel\" failed (add): open /run/flannel/subnet.env: no such file or directory"

# Objects; (id of the finding, its severity, what its title, evidence and steps have), or None for sound ones.
CASES = {
    "sound": ([service(), *BOTH], None),
    "scaled to zero": ([service(), endpoints(()), workload(0, 0)],
                       ("service-endpoints", "critical", "scaled to zero", "asks for 0 replicas",
                        "scale deployment/coredns --replicas=2")),
    "no Pod of a Deployment": ([service(), endpoints(()), workload(2, 0)],
                               ("service-endpoints", "critical", "no ready endpoint", "wants 2 Pods, and has none",
                                "describe deployment/coredns")),
    "Pods that are refused": ([service(), endpoints(()), workload(2, 0),
                               event("FailedCreate", "violates PodSecurity", "ReplicaSet", "coredns-7c65d6cfc9")],
                              ("coredns-not-started", "critical", "no Pod of CoreDNS can be created",
                               "violates PodSecurity", "describe replicaset/coredns-7c65d6cfc9")),
    "no UDP port": ([service(ports=ports(udp=None)), *BOTH],
                    ("service-endpoints", "critical", "ports of the DNS Service", "no UDP port 53", "edit service")),
    "a port that is not declared": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:]],
                                    ("service-endpoints", "warning", "a port that its Pods do not declare",
                                     "leads to UDP port 5353, and the container", "edit service")),
    "a port that the Corefile has": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:], corefile(".:5353")],
                                     ("service-endpoints", "warning", "a port that its Pods do not declare")),
    "a port that may be imported": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:],
                                     corefile("import custom/*.server\n.:53")],
                                    ("service-endpoints", "warning", "a port that its Pods do not declare")),
    "a port for TLS alone": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:], corefile(".:53 tls://.:5353")],
                             ("service-endpoints", "critical", "lead nowhere", "no server block")),
    "a port by a flag": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:], corefile(".")],
                         ("service-endpoints", "warning", "a port that its Pods do not declare")),
    "another port": ([service(), endpoints(of=OTHER_PORT), *BOTH[1:], corefile(".:53")],
                     ("service-endpoints", "critical", "ports of the DNS Service lead nowhere",
                      "UDP port 5353, and no server block", "the container of Pod", "edit service")),
    "a name that no port has": ([service(ports=ports(targetPort="udp-53")), endpoints(of=[]), *BOTH[1:]],
                                ("service-endpoints", "critical", "ports of the DNS Service", "no port",
                                 "edit service")),
    "of the same node alone": ([service(internalTrafficPolicy="Local"), *BOTH, *nodes(3)],
                               ("service-endpoints", "critical", "on the same node alone", "2 of 3 nodes",
                                '{"spec":{"internalTrafficPolicy":"Cluster"}}')),
    "of each node": ([service(internalTrafficPolicy="Local"), *BOTH, *nodes(2)], None),
    "of all nodes": ([service(internalTrafficPolicy="Cluster"), *BOTH, *nodes(3)], None),
    "one of two not ready": ([service(), endpoints((True, False)), pod(0), pod(1, False), workload(2, 1),
                              event("Unhealthy", "Readiness probe failed: 503", name=NAMES[1])],
                             ("coredns-not-started", "warning", "is not ready", "probe failed: 503",
                              f"logs {NAMES[1]}")),
    "one that has just begun": ([service(), endpoints((True, False)), pod(0), pod(1, False, started=1),
                                 workload(2, 1)], None),
    "one that is being made": ([service(), *BOTH[:3], workload(3, 2),
                                renamed(pod(0, False, started=1, **waiting("ContainerCreating")), "coredns-x-ccccc")],
                               None),
    "one that is not made for long": ([service(), *BOTH[:3], workload(3, 2),
                                       renamed(pod(0, False, started=9, **waiting("ContainerCreating")),
                                               "coredns-x-ccccc")],
                                      ("coredns-not-started", "warning", "has not started", "coredns-x-ccccc",
                                       "describe pod coredns-x-ccccc")),
    "probes that failed at its start": ([service(), endpoints(), pod(0, started=10), pod(1), workload(),
                                         event("Unhealthy", "Readiness probe failed: 503", minutes=9)], None),
    "probes of one that is gone": ([service(), *BOTH, event("Unhealthy", "Readiness probe failed: refused",
                                                            name="coredns-x-ccccc")], None),
    "probes that fail later": ([service(), *BOTH, event("Unhealthy", "Readiness probe failed: 503", minutes=9)],
                               ("apiserver-disconnected", "warning", "does not reach", "Readiness probe failed", "")),
    "of the same node alone, and one is down": ([service(internalTrafficPolicy="Local"), *BOTH, *nodes(3, down=1)],
                                                None),
    "a node that was restarted": ([service(), *BOTH[:1], pod(1), workload(), pod(0, containerStatuses=[
        {"name": "coredns", "restartCount": 1, "state": {"running": {}}, "lastState": {"terminated": {
            "reason": "Unknown", "exitCode": 255, "finishedAt": ago(20)}}}])], None),
    "a Pod that was killed": ([service(), *BOTH[:1], pod(1), workload(), pod(0, containerStatuses=[
        {"name": "coredns", "restartCount": 1, "state": {"running": {}}, "lastState": {"terminated": {
            "reason": "Error", "exitCode": 137, "finishedAt": ago(20)}}}])],
                              ("coredns-panic", "warning", "restarts", "exit code 137", f"logs {NAMES[0]}")),
    "one that is being deleted": ([service(), endpoints((True, False), terminating=True), pod(0),
                                   pod(1, False, deleted=ago(1)), workload(2, 1)], None),
    "evicted, and made anew": ([service(), *BOTH, {**pod(0, False, phase="Failed", reason="Evicted",
                                                         containerStatuses=[]),
                                                   "metadata": {"name": "coredns-7c65d6cfc9-ccccc",
                                                                "namespace": "kube-system", "labels": LABELS}}], None),
    "no network": ([service(), endpoints(()), pod(0, False, **waiting("ContainerCreating")), workload(1, 0),
                    event("FailedCreatePodSandBox", SANDBOX)],
                   ("coredns-not-started", "critical", "has not started", "/run/flannel/subnet.env",
                    f"describe pod {NAMES[0]}")),
    "an init container": ([service(), endpoints(()), workload(1, 0), pod(0, False, **waiting(
        "PodInitializing", initContainerStatuses=[{"name": "setup", "state": {"waiting": {
            "reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}}]))],
                          ("coredns-not-started", "critical", "has not started", "Init:CrashLoopBackOff: back-off",
                           f"describe pod {NAMES[0]}")),
    "headless": ([service(clusterIP="None", clusterIPs=["None"]), *BOTH],
                 ("service-endpoints", "warning", "has no ClusterIP", "clusterIP: None",
                  "replace --force -f service.yaml")),
    "a name elsewhere": ([service(type="ExternalName", externalName="dns.example.com", clusterIP=None, selector=None),
                          pod(0), pod(1), workload()],
                         ("service-endpoints", "warning", "has no ClusterIP", "type: ExternalName")),
    "a headless one beside it": ([service(), {**service(clusterIP="None"),
                                              "metadata": {"name": "coredns", "namespace": "kube-system"}},
                                   *BOTH], None),
    "other labels": ([service(), endpoints(()), pod(0, labels={"app": "coredns"})],
                     ("service-endpoints", "critical", "selector of the DNS Service", "has the labels app=coredns",
                      "set selector service kube-dns app=coredns")),
}


def kubectl(items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)


class Objects(binary.Case):
    @classmethod
    def setUpClass(cls):
        if subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
            raise unittest.SkipTest("no private network namespace here")

    def judge(self, text, expected):
        """Nobody is reached from there, which is no matter of the objects."""
        with resolv_conf("nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local\n") as path:
            done = subprocess.run(["unshare", "-rn", binary.K8SDNS, "diagnose", "--json", "--no-discovery", "--budget",
                                   "1s", "--resolv-conf", path, "--endpoints", "-"], input=text.encode(),
                                  capture_output=True, check=False, env=binary.ENVIRONMENT, timeout=60)
        found = [f for f in json.loads(done.stdout)["findings"] if f["severity"] != "info" and f["id"] in ABOUT]
        if not expected:
            self.assertEqual([(f["id"], f["title"]) for f in found], [])
            return
        name, severity, *words = expected
        finding = next((f for f in found if f["id"] == name), None)
        self.assertIsNotNone(finding, [f["id"] for f in found])
        self.assertEqual(finding["severity"], severity)
        said = " ".join([finding["title"], *finding["evidence"], *[s["command"] or "" for s in finding["steps"]]])
        for piece in words:
            self.assertIn(piece, said)

    def test_cases(self):
        for name, (items, expected) in CASES.items():
            with self.subTest(name):
                self.judge(kubectl(items), expected)

    def test_cut_down(self):
        """What k8sdns objects leaves tells the same."""
        for name, (items, expected) in CASES.items():
            with self.subTest(name):
                kept = binary.run("objects", "-", stdin=kubectl(items).encode())
                self.judge(kept.stdout, expected)

    def test_around(self):
        """What kubectl writes beside its output, and a shell behind it, was copied, too."""
        text = kubectl([service(), *BOTH])
        for whole in (f"Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n{text}",
                      f"W1130 17:00:00.000000   12345 warnings.go:70] x\n{text}",
                      f"$ kubectl get svc,endpointslices,pods -o json\n{text}\n$\n", f"{text}\nuser@host:~$ \n"):
            with self.subTest(whole[:20]):
                document, _ = binary.run_json("replicas", "--no-discovery", "--no-identity", "--cluster-ip",
                                              "10.96.0.10", "--endpoints", "-", stdin=whole.encode())
                self.assertEqual([r["address"] for r in document["data"]["replicas"]], list(ADDRESSES))

    def test_refused(self):
        """An error of the API server in place of objects is told."""
        text = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure",
                           "message": "pods is forbidden: User \"dev\" cannot list resource"})
        document, _ = binary.run_json("replicas", "--no-discovery", "--no-identity", "--cluster-ip", "10.96.0.10",
                                      "--endpoints", "-", stdin=text.encode())
        way = next(w for w in document["data"]["ways"] if w["way"] == "endpoints")
        self.assertEqual(way["outcome"], "refused")
        self.assertIn("pods is forbidden", way["detail"])


if __name__ == "__main__":
    unittest.main()
