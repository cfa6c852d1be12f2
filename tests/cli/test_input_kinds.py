#!/usr/bin/python3
"""Each reader names input that is of another kind, and the command that reads it; what kubectl says is repeated."""
import tempfile
import unittest
from pathlib import Path

import binary

# What it is, and words that every other reader must have.
KINDS = {
    "tcpdump": (b"12:00:00.000000 IP 10.244.1.5.41234 > 10.96.0.10.53: 1+ A? web.shop. (26)\n", "tcpdump"),
    "pcap": (b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0", "k8sdns decode"),
    "pcapng": (b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", "k8sdns decode"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00\x41\x00", "compressed"),
    "bzip2": (b"BZh91AY&SY\x8e\x1c\x02", "compressed"),
    "gcloud": (b"---\ninsertId: 5qyk\nlogName: x\ntextPayload: |-\n  .:53\n", "k8sdns logs"),
    "helm": (b"replicaCount: 2\nservers:\n- zones:\n  - zone: .\n  plugins:\n  - name: errors\n", "k8sdns corefile"),
    "otlp": (b'{"resourceSpans":[{"scopeSpans":[]}]}', "OTLP"),
    "tempo": (b'{"batches":[{"instrumentationLibrarySpans":[{"spans":[]}]}]}', "OTLP"),
    "Tempo's search": (b'{"traces":[{"traceID":"1","rootServiceName":"coredns","startTimeUnixNano":"1"}]}', "Tempo"),
    "Prometheus": (b'{"data":{"resultType":"vector","result":[{"metric":{"__name__":"x"},"value":[1,"2"]}]}}',
                   "Prometheus's API"),
    "zipkin": (b'[{"traceId":"1","id":"2","name":"servedns"}]', "k8sdns spans"),
    "dnstap text": (b'12:00:00.000000 CQ 10.0.0.1:41234 UDP 39b "web.shop." IN A\n', "k8sdns dnstap"),
    "dig": (b"\n; <<>> DiG 9.18.33 <<>> web.shop\n;; global options: +cmd\n", "dig"),
    "tshark": (b"    1 0.000000 10.0.0.9 \xe2\x86\x92 10.96.0.10 DNS 86 Standard query 0x1234 A web.shop\n", "tshark"),
    "tshark -V": (b"Frame 1: 86 bytes on wire\nDomain Name System (query)\n    Transaction ID: 0x1234\n", "tshark"),
    "tshark JSON": (b'[{"_source": {"layers": {"dns": {"dns.id": "0x1234"}}}}]\n', "tshark"),
    "Zeek": (b"#separator \\x09\n#path\tdns\n#fields\tts\tuid\n1.1\tC1\n", "Zeek"),
    "Zeek JSON": (b'{"ts":1.1,"id.orig_h":"10.0.0.9","query":"web.shop"}\n', "Zeek"),
    "Hubble": (b"Nov 30 10:00:00.123: shop/web:9 (ID:1) -> dns/coredns:53 (ID:2) dns-request proxy FORWARDED\n",
               "Hubble"),
    "Hubble JSON": (b'{"flow":{"verdict":"FORWARDED","l7":{"dns":{"query":"web.shop."}}}}\n', "Hubble"),
    "page": (b"<!DOCTYPE html>\n<html><head><title>403</title></head></html>\n", "HTML"),
    "table": (b"NAME           READY   STATUS    AGE\ncoredns-b4k2   1/1     Running   3d\n", "kubectl get"),
    "metrics": (b"# HELP coredns_build_info x\ncoredns_build_info{version=\"1.11.1\"} 1\n", "k8sdns metrics"),
    "log": (b'[INFO] 10.244.0.5:41234 - 1 "A IN web.shop. udp 40 false 512" NOERROR qr,aa,rd 78 0.0001s\n',
            "k8sdns logs"),
    "resolv.conf": (b"# of a Pod\nsearch shop.svc.cluster.local\nnameserver 10.96.0.10\n", "k8sdns resolv"),
    "Corefile": (b".:53 {\n    errors\n    forward . /etc/resolv.conf\n}\n", "k8sdns corefile"),
    "not found": (b'Error from server (NotFound): pods "coredns" not found\n', '"coredns" not found'),
    "no server": (b"The connection to the server localhost:8080 was refused - did you specify the right host?\n",
                  "localhost:8080"),
    "discovery": (b"E1128 10:00:00.000000    4711 memcache.go:265] couldn't get current server API group list\n",
                  "API group list"),
    "no kubectl": (b"sh: 1: kubectl: not found\n", "kubectl: not found"),
    "aws": (b"\nAn error occurred (ResourceNotFoundException) when calling the GetLogEvents operation\n",
            "ResourceNotFoundException"),
}
# The reader, and the kinds that it reads itself.
READERS = {
    ("logs",): {"log", "gcloud"},
    ("corefile",): {"Corefile", "helm"},
    ("metrics",): {"metrics"},
    ("decode",): {"pcap", "pcapng"},
    ("replicas", "--no-discovery", "--endpoints"): set(),
    ("resolv", "--resolv-conf"): {"resolv.conf"},
    ("diagnose", "--no-discovery", "--logs"): {"log", "gcloud"},
    ("diagnose", "--no-discovery", "--corefile"): {"Corefile", "helm"},
}


class Test(unittest.TestCase):
    def test_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "given")
            for reader, own in READERS.items():
                for kind, (text, word) in KINDS.items():
                    path.write_bytes(text)
                    with self.subTest(reader=reader[0], kind=kind):
                        result = binary.run(*reader, str(path))
                        if kind in own:
                            self.assertNotEqual(result.returncode, 65, result.stderr)
                        else:
                            self.assertEqual(result.returncode, 65, result.stdout)
                            self.assertIn(word, result.stderr)

    def test_utf16(self):
        """What PowerShell's > wrote is read as if it were UTF-8, with and without the mark of its order."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "given")
            for reader, kind in ((("logs",), "log"), (("corefile",), "Corefile"), (("metrics",), "metrics"),
                                 (("diagnose", "--no-discovery", "--logs"), "log")):
                text = KINDS[kind][0].decode()
                path.write_text(text)
                said = binary.run(*reader, str(path))
                for encoding in ("utf-16", "utf-16-le"):
                    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
                    with self.subTest(reader=reader[0], encoding=encoding):
                        result = binary.run(*reader, str(path))
                        self.assertEqual((result.returncode, result.stdout.splitlines()[0]),
                                         (said.returncode, said.stdout.splitlines()[0]), result.stderr)
            message = "Temporary failure in name resolution"
            said, wide = (binary.run("explain", "-", stdin=message.encode(encoding))
                          for encoding in ("utf-8", "utf-16"))
            self.assertEqual(wide.stdout, said.stdout)

    def test_empty(self):
        """Nothing, or blanks alone: said so, and never health."""
        for text in (b"", b"\n", b" \n\n"):
            for reader in READERS:
                result = binary.run(*reader, "-", stdin=text)
                with self.subTest(reader=reader, text=text):
                    self.assertNotEqual(result.returncode, 0, result.stdout)
                    if reader[0] not in ("resolv", "diagnose"):
                        self.assertRegex(result.stdout + result.stderr, "empty")


if __name__ == "__main__":
    unittest.main()
