#!/usr/bin/python3
"""decode: every form of input, damage with its offset and reason, several messages, RFC 8427 names."""
import base64
import json
import subprocess
import unittest

import binary
import capture_files

COREDNS = binary.SOURCE / "tests/data/coredns"
WHOLE = COREDNS / "a-0x20-cluster.resp.bin"


class Decode(binary.Case):
    def test_golden(self):
        for name in ("a-0x20-cluster.resp", "malformed-an-count-lie.query", "malformed-opt-version-1.query"):
            with self.subTest(name):
                self.golden(f"decode-{name}", binary.run("decode", COREDNS / f"{name}.bin").stdout)

    def test_forms_agree(self):
        raw = WHOLE.read_bytes()
        want = binary.run_json("decode", WHOLE)[0]["data"]["messages"][0]
        dump = "".join(f"debug: {i:06x} {raw[i:i + 16].hex(' ')}\n" for i in range(0, len(raw), 16))
        inputs = {"raw": raw, "dump": ("[INFO] other\n" + dump + f"debug: {len(raw):06x}\n").encode(),
                  "hex": raw.hex().encode(), "base64": base64.b64encode(raw)}
        for form, text in inputs.items():
            for arguments in (["decode"], ["decode", "-"], ["decode", "--form", form]):
                with self.subTest(form=form, arguments=arguments):
                    document, status = binary.run_json(*arguments, stdin=text)
                    got = document["data"]["messages"][0]
                    self.assertEqual((status, got["form"]), (0, form))
                    self.assertEqual({**got, "form": 0, "line": 0}, {**want, "form": 0, "line": 0})

    def test_xxd(self):
        for arguments in ([], ["-g1"], ["-c", "8"], ["-p"]):
            text = subprocess.run(["xxd", *arguments, WHOLE], capture_output=True, check=True).stdout
            self.assertEqual(binary.run_json("decode", stdin=text)[0]["data"]["messages"][0]["ID"], 51750)

    def test_od_and_hexdump(self):
        """Offsets in octal, numbers of 16 bits, and an odd number of bytes."""
        query = capture_files.message(77, "web.shops")
        for size in (len(query), len(query) - 1):
            for program in (["od"], ["od", "-t", "x1"], ["od", "-t", "x1z"], ["od", "-A", "x", "-t", "x1"],
                            ["od", "-x"], ["od", "-A", "x", "-x"], ["hexdump"], ["hexdump", "-C"]):
                text = subprocess.run(program, input=query[:size], capture_output=True, check=True).stdout
                with self.subTest(program=program, size=size):
                    document, status = binary.run_json("decode", stdin=text)
                    message = document["data"]["messages"][0]
                    self.assertEqual((status, message["ID"], message["length"], message["remark"]),
                                     (65 if size < len(query) else 0, 77, size, None))

    def test_notations(self):
        """As programming languages, Wireshark, xxd -i, a DoH URL and tshark's JSON write bytes."""
        raw = WHOLE.read_bytes()
        escaped, listed = "".join(f"\\x{b:02x}" for b in raw), ", ".join(f"0x{b:02x}" for b in raw)
        url = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        frame = capture_files.ethernet(capture_files.ip("10.0.0.9", "10.96.0.10", 17, capture_files.udp(53, 9, raw)))
        for text in (repr(raw), f'"{escaped[:64]}" \\\n"{escaped[64:]}"', f"char packet_bytes[] = {{\n  {listed}\n}};",
                     f"unsigned char a_bin[] = {{\n  {listed}\n}};\nunsigned int a_bin_len = {len(raw)};\n",
                     f"[]byte{{{listed}}}", str(list(raw)), str(list(raw)).replace(",", ""),
                     f"GET /dns-query?dns={url} HTTP/2", f"https://dns.example.com/dns-query?ct&dns={url}",
                     json.dumps([{"_source": {"layers": {"frame_raw": [frame.hex(), 0, len(frame), 0, 1]}}}], indent=2),
                     json.dumps([{"_source": {"layers": {"frame_raw": frame.hex(), "frame": {}}}}])):
            with self.subTest(text[:40]):
                document, status = binary.run_json("decode", stdin=text.encode())
                self.assertEqual((status, len(document["data"]["messages"])), (0, 1))
                self.assertEqual((document["data"]["messages"][0]["ID"], document["data"]["messages"][0]["length"]),
                                 (51750, len(raw)))
        for text in ("[1, 2, 3]", "[18, 52, 300, 1, 2, 3, 4, 5, 6, 7, 8, 9]", "{0x12}", '"\\x12"', "?dns=AAAA", "{"):
            self.assertEqual(binary.run_json("decode", stdin=text.encode())[1], 65, text)

    def test_a_capture_through_a_terminal(self):
        whole = capture_files.pcap(capture_files.exchange_packets())
        wanted = self.capture(whole)["packets"]
        for text in (base64.encodebytes(whole), whole.hex().encode(),
                     subprocess.run(["xxd"], input=whole, capture_output=True, check=True).stdout):
            self.assertEqual(self.capture(text)["packets"], wanted)

    def test_packets_in_hex(self):
        """tcpdump -x and -X, Wireshark's copy, text2pcap's input; from IP or from Ethernet on, or the message alone."""
        query = capture_files.message(77, "web.shop")
        packet = capture_files.ip("10.0.0.9", "10.96.0.10", 17, capture_files.udp(41000, 53, query))

        def rows(data, offset, gap, text, pairs=1):
            out = ""
            for at in range(0, len(data), 16):
                row = data[at:at + 16]
                out += offset % at + row.hex(" ", pairs).ljust(47 if text else 0)
                out += gap + "".join(chr(c) if 32 <= c < 127 else "." for c in row) + "\n" if text else "\n"
            return out.encode()

        for data, inner in ((packet, "a UDP packet"), (capture_files.ethernet(packet), "a UDP packet"),
                            (capture_files.ethernet(packet, vlan=True), "a UDP packet"), (query, None)):
            for offset, gap, text, pairs in (("\t0x%04x:  ", "  ", True, 2), ("\t0x%04x:  ", "", False, 2),
                                             ("%04x   ", "   ", True, 1), ("%04x ", "", False, 1),
                                             ("%06x ", "", False, 1)):
                with self.subTest(offset=offset, text=text, inner=inner, length=len(data)):
                    document, status = binary.run_json("decode", stdin=rows(data, offset, gap, text, pairs))
                    message = document["data"]["messages"][0]
                    self.assertEqual((status, message["ID"], message["packet"], len(document["data"]["messages"])),
                                     (0, 77, inner, 1))
                    self.assertEqual(message["questionRRs"][0]["QNAME"], "web.shop.")

    def capture(self, data):
        document, status = binary.run_json("decode", stdin=data)
        self.assertEqual(status, 0)
        return document["data"]

    def test_captures(self):
        packets = capture_files.exchange_packets()
        raw = [(at, data[14:]) for at, data in packets]
        cooked = [(at, bytes(14) + b"\x08\0" + data) for at, data in raw]
        for data in (capture_files.pcap(packets), capture_files.pcap(packets, order=">"),
                     capture_files.pcap(raw, link=101, nano=True), capture_files.pcap(cooked, link=113),
                     capture_files.pcapng(packets), capture_files.pcapng(packets, order=">"),
                     capture_files.pcap([(at, capture_files.vxlan(data)) for at, data in raw])):
            facts = self.capture(data)
            got = facts["packets"]
            self.assertEqual((got["packets"], got["queries"], got["answered"], got["unanswered"], got["unfinished"],
                              got["retried"], got["repeated"], got["fragmented"], got["damage"]),
                             (13, 5, 3, 1, 1, 1, 1, 1, None))
            self.assertEqual([(e["name"], e["transport"], e["result"], e["rcode"], e["tries"], e["latency_us"],
                               e["last_try_us"]) for e in got["exchanges"]],
                             [("web.shop.svc.cluster.local.", "udp", "answered", "NOERROR", 2, 5002000, 2000),
                              ("lost.example.com.", "udp", "unanswered", None, 1, None, None),
                              ("nope.example.com.", "tcp", "answered", "NXDOMAIN", 1, 200000, 200000),
                              ("large.example.com.", "udp", "answered", "NOERROR", 1, 10000, 10000),
                              ("late.example.com.", "udp", "unfinished", None, 1, None, None)])
            self.assertEqual(got["exchanges"][3]["fragments"], 2)
            self.assertEqual({m["questionRRs"][0]["QNAME"] for m in facts["messages"]},
                             {e["name"] for e in got["exchanges"]})

    def test_capture_with_pieces_out_of_order_and_lost(self):
        packets = capture_files.exchange_packets()
        swapped = packets[:-3] + [packets[-2], packets[-3], packets[-1]]
        self.assertEqual(self.capture(capture_files.pcap(swapped))["packets"]["fragmented"], 1)
        lost = packets[:-2] + packets[-1:]
        facts = self.capture(capture_files.pcap(lost))["packets"]
        self.assertEqual((facts["fragmented"], facts["fragments_lost"], facts["unanswered"]), (0, 1, 2))

    def test_capture_that_ends_early(self):
        whole = capture_files.pcap(capture_files.exchange_packets())
        facts = self.capture(whole[:-7])["packets"]
        self.assertEqual(facts["packets"], 12)
        self.assertIn("middle of a packet", facts["damage"])
        self.assertEqual(self.capture(whole[:24])["packets"]["queries"], 0)

    def test_what_others_read(self):
        for text, words in ((b'{"resourceSpans": []}', "OTLP"), (b"# HELP coredns_x y\n", "k8sdns metrics"),
                            (b"17:20:48.1 CQ 127.0.0.1 UDP 39b a. IN A\n", "dnstap as text"),
                            (b"Error from server (NotFound): x\n", "kubectl"),
                            (b"nameserver 10.96.0.10\n", "k8sdns resolv")):
            document, status = binary.run_json("decode", stdin=text)
            self.assertEqual(status, 65)
            self.assertIn(words, document["error"]["message"])
        capture = capture_files.pcap(capture_files.exchange_packets())
        for arguments in (["dnstap", "--read", "-"], ["spans", "--read", "-"], ["diagnose", "--from", "-"]):
            document, status = binary.run_json(*arguments, stdin=capture)
            self.assertEqual(status, 65)
            self.assertIn("k8sdns decode", document["error"]["message"])

    def test_rfc8427_names(self):
        message = binary.run_json("decode", WHOLE)[0]["data"]["messages"][0]
        self.assertEqual(message["questionRRs"][0]["QTYPEname"], "A")
        answer = message["answerRRs"][0]
        self.assertEqual((answer["NAME"], answer["TYPE"], answer["TTL"], answer["rdataA"], answer["RDATAHEX"]),
                         ("kubernetes.default.svc.cluster.local.", 1, 30, "10.96.0.1", "0a600001"))

    def test_log_of_a_server(self):
        document, status = binary.run_json("decode", COREDNS / "debug.log")
        self.assertEqual(status, 0)
        self.assertEqual([m["ID"] for m in document["data"]["messages"]], [49403])
        self.assertGreater(document["data"]["lines_skipped"], 300)

    def test_tcp_stream(self):
        raw = WHOLE.read_bytes()
        framed = len(raw).to_bytes(2, "big") + raw
        messages = binary.run_json("decode", stdin=framed * 3)[0]["data"]["messages"]
        self.assertEqual([(m["tcp_prefix"], m["ID"]) for m in messages], [(True, 51750)] * 3)

    def test_damage(self):
        raw = WHOLE.read_bytes()
        for cut in range(1, len(raw), 9):
            document, status = binary.run_json("decode", "--form", "raw", stdin=raw[:cut])
            self.assertEqual(status, 65)
            damage = document["data"]["messages"][0]["damage"]
            self.assertLessEqual(damage["offset"], cut)
            self.assertTrue(damage["reason"])

    def test_not_of_its_format(self):
        for text, words in ((b"", "the input is empty"), (b"hello, world!", "line 1 has ','"),
                            (b"\n \n", "no bytes"), (b"a\n\nb ?\n", "line 3 has '?'")):
            with self.subTest(text):
                document, status = binary.run_json("decode", stdin=text)
                self.assertEqual((status, document["error"]["status"]), (65, 65))
                self.assertIn(words, document["error"]["message"])
        self.assertEqual(binary.run("decode", "/nonexistent").returncode, 66)

    def test_ten_megabyte_line(self):
        done = binary.run("decode", stdin=b"00" * 5_000_000)
        self.assertEqual(done.returncode, 0)
        done = binary.run("decode", stdin=b"x " * 5_000_000)
        self.assertEqual(done.returncode, 65)

    def test_hostile_name(self):
        message = b"\0\1\x80\0\0\1\0\0\0\0\0\0\x04\x1b[2J\0\0\1\0\1"
        done = binary.run("decode", stdin=message)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("\\027[2J", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
