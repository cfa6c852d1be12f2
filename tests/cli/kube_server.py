# SPDX-License-Identifier: GPL-2.0-or-later
"""An API server of Kubernetes over real TLS on loopback, as far as k8sdns asks one, with faults to choose."""
import contextlib
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

TOKEN = "a-token-for-tests"
STATUSES = {401: "Unauthorized", 403: 'endpointslices is forbidden: User "system:serviceaccount:default:default"',
            404: "the server could not find the requested resource", 410: "The provided continue parameter is too old",
            500: "etcdserver: request timed out"}


def endpoint(address, pod, node, ready=True):
    return {"addresses": [address], "conditions": {"ready": ready, "serving": ready, "terminating": False},
            "nodeName": node, "targetRef": {"kind": "Pod", "name": pod, "namespace": "kube-system"}}


def endpoint_slice(*endpoints, service="kube-dns", port=53):
    return {"metadata": {"name": f"{service}-x", "namespace": "kube-system",
                         "labels": {"k8s-app": "kube-dns", "kubernetes.io/service-name": service}},
            "addressType": "IPv4", "endpoints": list(endpoints),
            "ports": [{"name": "metrics", "port": 9153, "protocol": "TCP"},
                      {"name": "dns-tcp", "port": port, "protocol": "TCP"},
                      {"name": "dns", "port": port, "protocol": "UDP"}]}


def service(name="kube-dns", *addresses):
    return {"metadata": {"name": name, "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
            "spec": {"clusterIPs": list(addresses), "clusterIP": addresses[0],
                     "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}}


def pod(name, address, node, image="registry.k8s.io/coredns/coredns:v1.11.1", ready=True, app="kube-dns"):
    return {"metadata": {"name": name, "namespace": "kube-system", "labels": {"k8s-app": app}},
            "spec": {"nodeName": node, "containers": [{"name": "coredns", "image": image}]},
            "status": {"podIP": address, "podIPs": [{"ip": address}],
                       "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                       "containerStatuses": [{"restartCount": 2}]}}


CLUSTER = {
    "EndpointSliceList": [endpoint_slice(endpoint("10.244.1.21", "coredns-a", "node-1"),
                                         endpoint("10.244.1.22", "coredns-b", "node-2")),
                          endpoint_slice(endpoint("10.244.2.23", "coredns-c", "node-3", ready=False))],
    "EndpointsList": [{"metadata": {"name": "kube-dns", "namespace": "kube-system"},
                       "subsets": [{"addresses": [{"ip": "10.244.1.21", "nodeName": "node-1",
                                                   "targetRef": {"kind": "Pod", "name": "coredns-a"}}],
                                    "notReadyAddresses": [{"ip": "10.244.1.22"}],
                                    "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}]}],
    "ServiceList": [service("kube-dns", "10.96.0.10")],
    "PodList": [pod("coredns-a", "10.244.1.21", "node-1"), pod("coredns-b", "10.244.1.22", "node-2"),
                pod("coredns-c", "10.244.2.23", "node-3", ready=False)],
}


def selected(item, query):
    """Whether an object fits what was selected, as far as k8sdns selects: an address, or labels of one key."""
    field = query.get("fieldSelector", [""])[0]
    labels = query.get("labelSelector", [""])[0]
    if field.startswith("spec.clusterIP="):
        return item["spec"].get("clusterIP") == field.partition("=")[2]
    if " in " in labels and item["metadata"].get("namespace", "kube-system") != "kube-system":
        key, _, values = labels.partition(" in ")
        return item["metadata"].get("labels", {}).get(key) in values.strip("()").split(",")
    return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802, the name that the library looks for
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        resource = url.path.rsplit("/", 1)[-1]
        server = self.server
        server.asked.append((resource, query.get("continue", [None])[0]))
        kind = {"endpointslices": "EndpointSliceList", "endpoints": "EndpointsList", "services": "ServiceList",
                "pods": "PodList", "deployments": "DeploymentList", "daemonsets": "DaemonSetList",
                "events": "EventList"}.get(resource, "ConfigMap")
        fault = server.faults.get(resource, server.faults.get("all"))
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            fault = 401
        if isinstance(fault, list):  # one for each request
            fault = fault.pop(0) if fault else None
        if isinstance(fault, int):
            return self.answer(fault, {"kind": "Status", "status": "Failure", "message": STATUSES[fault],
                                       "code": fault})
        if fault == "slow":
            time.sleep(5)
        if fault == "drip":
            time.sleep(0.05)
        if fault == "no-http":
            return self.wfile.write(b"\0\1\2 not at all\r\n\r\n")
        if fault == "no-json":
            return self.answer(200, "<html>")
        if kind not in server.cluster:
            return self.answer(404, {"kind": "Status", "status": "Failure", "message": STATUSES[404], "code": 404})
        if kind == "ConfigMap":
            maps = server.cluster[kind]
            maps = maps if isinstance(maps, list) else [maps]
            named = [m for m in maps if m["metadata"]["name"] == resource]
            if not named:
                return self.answer(404, {"kind": "Status", "status": "Failure", "message": STATUSES[404], "code": 404})
            return self.answer(200, {"kind": kind, "apiVersion": "v1", **named[0]})
        space = url.path.split("/namespaces/")[-1].split("/")[0] if "/namespaces/" in url.path else None
        items = [i for i in server.cluster[kind]
                 if not space or i.get("metadata", {}).get("namespace", "kube-system") == space]
        items = [i for i in items if selected(i, query)]
        meta = {"resourceVersion": "1"}
        if server.page and len(items) > server.page:
            start = int(query.get("continue", ["0"])[0])
            if start + server.page < len(items):
                meta["continue"] = str(start + server.page)
            items = items[start:start + server.page]
        return self.answer(200, {"kind": kind, "apiVersion": "v1", "metadata": meta, "items": items},
                           half=fault == "half")

    def answer(self, status, document, half=False):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if half else body)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that does not trust us hangs up: that is the test."""


def certificate(folder, name, address):
    """A self-signed certificate for an address; (certificate, key)."""
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}",
                    "-keyout", paths[1], "-out", paths[0]], check=True, capture_output=True)
    return paths


@contextlib.contextmanager
def api(faults=None, cluster=None, page=0, named="127.0.0.1", trusted=True, token=TOKEN,
        address="127.0.0.1"):
    """
    A running API server at `address`; give (environment, the arguments that name its account, the requests it has
    had). Its certificate is for the address `named`; without `trusted` the account's authority is another one.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        mine = certificate(folder, "kubernetes", named)
        other = certificate(folder, "other", named)
        account = folder / "account"
        account.mkdir()
        (account / "ca.crt").write_bytes((mine if trusted else other)[0].read_bytes())
        if token:
            (account / "token").write_text(token + "\n")
        server = Server((address, 0), Handler)
        server.faults, server.cluster = faults or {}, cluster or CLUSTER
        server.page, server.asked = page, []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*mine)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {"KUBERNETES_SERVICE_HOST": address,
                       "KUBERNETES_SERVICE_PORT": str(server.server_address[1])}
        try:
            yield environment, ["--service-account", str(account)], server.asked
        finally:
            server.shutdown()
            server.server_close()


def main():
    """usage: kube_server.py ADDRESS: a cluster as a line of JSON in, where and how to ask as another out."""
    cluster = json.loads(sys.stdin.readline())
    with api(cluster=cluster, named=sys.argv[1], address=sys.argv[1]) as (environment, account, _):
        print(json.dumps([environment, account]), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
