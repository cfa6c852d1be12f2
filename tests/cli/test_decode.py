#!/usr/bin/python3
"""decode: every form of input, damage with its offset and reason, several messages, RFC 8427 names."""
import base64
import subprocess
import unittest

import binary

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
                            (b"\n \n", "no octets"), (b"a\n\nb ?\n", "line 3 has '?'")):
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
