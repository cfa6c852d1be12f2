#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report: one HTML file whose numbers are those of the JSON, whatever stands in a capture."""
import html.parser
import json
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import time

import binary
from schema_instance import capture_with

CAPTURES = sorted((binary.SOURCE / "tests/data/captures").glob("*.json"))
# Texts that would be something else than text, were they not escaped.
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=\"alert(1)\" x='",
    "image": "<img src=x onerror=alert(1)>",
    "closing": "</title></style></script></svg></table></code>--><svg onload=alert(1)>",
    "entities": "&lt;script&gt;&#60;b&#62;&amp;",
    "bidi": "pod-\u202egnp.exe\u2066\u200b\ufeff",
    "controls": "a\u0001b\u001b[31mc\u007fd\u0085\r\n\te",
    "long": "x" * 30000,
    "shell": "$(reboot); `reboot` && 'reboot'",
    "markdown": "[a](javascript:alert(1)) | **b** `c` <!-- # d\n\n# e",
    "template": "{{constructor}} ${x} %s %n {pod}",
}
# All elements that the page is made of.
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "script", "header", "main", "nav", "footer", "section",
            "article", "div", "p", "span", "b", "i", "h1", "h2", "h3", "h4", "ul", "ol", "li", "a", "table", "caption",
            "thead", "tbody", "tr", "th", "td", "small", "code", "button", "details", "summary", "bdi", "wbr", "svg",
            "desc", "rect", "line", "circle", "text", "path"}
VOID = {"meta", "wbr", "rect", "line", "circle", "path"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "role", "aria-label", "hidden",
              "aria-labelledby", "aria-describedby", "aria-hidden", "focusable", "type", "tabindex", "scope", "colspan",
              "data-head", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "d", "viewbox",
              "text-anchor", "overflow"}


class Page(html.parser.HTMLParser):
    """The elements of a page, and what is wrong with their nesting, names and attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.seen, self.texts, self.values = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for key, value in attrs:
            self.values.append(value or "")
            if key not in ATTRIBUTES:
                self.wrong.append(f"<{tag} {key}={value!r}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes another")

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.wrong.append(f"comment {data!r}")

    def text(self):
        return " ".join("".join(self.texts).replace("\u00a0", " ").split())


def made(document, *arguments):
    done = binary.run("report", *arguments, "--from", "-", stdin=json.dumps(document).encode())
    return done.returncode, done.stdout, done.stderr


class Report(binary.Case):
    def page(self, document, *arguments):
        status, said, errors = made(document, *arguments)
        self.assertEqual(status, 0, errors)
        page = Page(said)
        self.assertEqual(page.wrong, [])
        return page, said

    def has(self, text, page):
        """Not by assertIn(), which would print the page."""
        self.assertTrue(text in page, f"{text!r} is not on the page")

    def test_captures(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                page, said = self.page(json.loads(path.read_text()))
                self.assertLess(len(said), 300000)
                ids = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
                self.assertEqual(len(ids), len(set(ids)))
                # Everything that it points to is on it.
                for _, attributes in page.seen:
                    for key in ("href", "aria-labelledby", "aria-describedby"):
                        if key in attributes:
                            self.assertIn(attributes[key].removeprefix("#"), ids)
                self.assertEqual([tag for tag, _ in page.seen].count("h1"), 1)

    def test_nothing_is_loaded(self):
        said = self.page(json.loads(CAPTURES[0].read_text()))[1]
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', said)[1]
        self.assertTrue(policy.startswith("default-src 'none'; style-src 'sha256-"))
        loads = r"(?i)<[^>]*\b(src|srcset|action|data|poster|background|style|on\w+)=|url\(|@import"
        self.assertIsNone(re.search(loads, said))

    def test_the_numbers_of_the_json(self):
        """Who answered how much, and every cell of the matrix."""
        for path in CAPTURES:
            with self.subTest(path.name):
                page = self.page(json.loads(path.read_text()))[0].text()
                report = binary.run_json("report", "--from", path)[0]
                data = report["data"]
                failed, asked = data["diagnosis"]["failed"], data["diagnosis"]["asked"]
                if failed:
                    self.has(f"{failed} of {asked} test queries failed", page)
                for server in data["diagnosis"]["servers"]:
                    self.has(f"{server['asked'] - server['failed']} of {server['asked']}", page)
                self.assertEqual(sum(server["failed"] for server in data["diagnosis"]["servers"]),
                                 data["diagnosis"]["failed"])
                for finding in report["findings"]:
                    for evidence in finding["evidence"]:
                        self.has(evidence[1:], page)
                    for step in finding["steps"] if not finding["consequence_of"] else ():
                        self.has(" ".join((step["command"] or "").split()), page)

    def test_hostile_texts(self):
        """In every text that the facts have, of every kind: it stays text, and the page stays small."""
        for name, text in HOSTILE.items():
            with self.subTest(name):
                page, said = self.page(capture_with(text))
                self.assertLess(len(said.encode()), 300000)
                scripts = [tag for tag, _ in page.seen if tag == "script"]
                self.assertEqual(len(scripts), 1)
                # It was there, in texts and in attributes alike.
                plain = page.text()
                if name == "script":
                    self.assertIn(text, plain)
                    self.assertTrue(any(text in value for value in page.values))
                for bad in "\u202e\u2066\u200b\ufeff\u001b\u0001\u007f\u0085\r":
                    self.assertNotIn(bad, said)

    def test_hostile_names_in_a_real_capture(self):
        """Where the facts fit each other, so that figures and tables are drawn with them."""
        for name, text in HOSTILE.items():
            with self.subTest(name):
                document = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())
                replacements = {"coredns-5d78c9869d-x2x7k": text, "worker-1": text, "database.default": text,
                                "web-7d4b9c6f5-k2j8x": text}

                def put(value):
                    if isinstance(value, dict):
                        return {key: put(item) for key, item in value.items()}
                    if isinstance(value, list):
                        return [put(item) for item in value]
                    return replacements.get(value, value) if isinstance(value, str) else value

                page, said = self.page(put(document))
                self.assertLess(len(said.encode()), 300000)
                self.assertIn("FAILING", page.text())

    def test_commands_run_nothing_else(self):
        """A name of a Pod or node that a shell would run stands in quotes, or is left out of the command."""
        text = HOSTILE["shell"]
        document = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())
        whole = json.dumps(document)
        for name in ("coredns-5d78c9869d-m5fzt", "worker-3", "kube-system", "web-7d4b9c6f5-k2j8x"):
            whole = whole.replace(json.dumps(name), json.dumps(text))
        report, _ = binary.run_json("report", "--from", "-", stdin=whole.encode())
        commands = [step["command"] for finding in report["findings"] for step in finding["steps"] if step["command"]]
        self.assertTrue(any("reboot" in command for command in commands))
        for command in commands:
            # What is left when quoted pieces are gone: '...' and \'.
            self.assertNotIn("reboot", re.sub(r"'[^']*'|\\'", "", command))

    def test_many(self):
        """Thirty servers and three hundred names stay a page."""
        document = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())
        matrix = document["data"]["matrix"]
        replica = next(t for t in matrix["targets"] if t["role"] == "replica")
        probes = [p for p in matrix["probes"] if p["target"] == replica["id"]]
        good = next(p for p in probes if p["status"] == "answer") if any(
            p["status"] == "answer" for p in probes) else dict(probes[0], status="answer", rcode="NOERROR", rtt_us=90)
        matrix["targets"] = [dict(replica, id=f"10.244.7.{n}", address=f"10.244.7.{n}") for n in range(1, 31)]
        lost = {"status": "timeout", "rcode": None, "rtt_us": None}
        matrix["probes"] = [dict(good, target=f"10.244.7.{n}", name=f"name-{i}.example.com.",
                                 candidate=f"name-{i}.example.com", type=kind,
                                 **(lost if n == 7 and i % 50 == 0 else {}))
                            for n in range(1, 31) for i in range(300) for kind in ("A", "AAAA")]
        document["data"]["sampling"] = None
        page, said = self.page(document)
        self.assertLess(len(said), 300000)
        self.assertIn("29 replicas", page.text())
        self.assertIn("10.244.7.7", page.text())
        self.assertIn("25 other servers", page.text())

    def test_nothing_known(self):
        """Facts of files alone: every section says what was not checked."""
        document = json.loads(CAPTURES[0].read_text())
        for key, value in document["data"].items():
            if key not in ("time", "elapsed_ms", "host") and not isinstance(value, bool):
                document["data"][key] = [] if isinstance(value, list) else None
        page = self.page(document)[0].text()
        self.assertIn("UNKNOWN", page)
        self.assertIn("Not enough seen to judge", page)
        self.assertGreater(page.count("Not checked:"), 8)

    def test_redacted(self):
        document = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())
        page = self.page(document)[1]
        hidden = self.page(document, "--redact", "word")[1]
        for name in ("10.244.1.22", "coredns-5d78c9869d-m5fzt", "web-7d4b9c6f5-k2j8x", "worker-3"):
            self.assertIn(name.replace("-", "-<wbr>").replace(".", ".<wbr>"), page)
            for form in (name, name.replace("-", "-<wbr>").replace(".", ".<wbr>")):
                self.assertNotIn(form, hidden)
        self.assertIn("FAILING", hidden)


class OtherForms(binary.Case):
    def test_markdown_of_hostile_texts(self):
        """Outside of code nothing is markup but the report's own, and a table has its cells."""
        for name, text in HOSTILE.items():
            with self.subTest(name):
                document = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())
                whole = json.dumps(document).replace('"database.default"', json.dumps(text)).replace(
                    '"coredns-5d78c9869d-m5fzt"', json.dumps(text)).replace('"worker-3"', json.dumps(text))
                for facts in (json.loads(whole), capture_with(text)):
                    status, said, errors = made(facts, "--format", "markdown")
                    self.assertEqual(status, 0, errors)
                    self.assertIsNone(re.search("[\u202e\u2066\u200b\ufeff\u001b\u0001\u0085\r]", said))
                    plain = re.sub(r"(?ms)^   ```sh$.*?^   ```$", "", said)
                    self.assertNotIn("```", plain)
                    plain = re.sub(r"`[^`\n]*`", "", plain)
                    self.assertIsNone(re.search(r"(?<!\\)[<\[@$]", plain))
                    columns = None
                    for line in plain.splitlines():
                        bars = len(re.findall(r"(?<!\\)\|", line))
                        columns = None if not bars else bars if columns is None else columns
                        self.assertEqual(bars, columns or 0, line[:200])

    def test_markdown_says_what_the_page_says(self):
        said = made(json.loads(CAPTURES[0].read_text()), "--format", "markdown")[1]
        report = binary.run_json("report", "--from", CAPTURES[0])[0]
        self.assertTrue(said.startswith("## FAILING: "))
        for finding in report["findings"]:
            self.assertIn(finding["title"], said)
        for probe in report["data"]["facts"]["matrix"]["probes"]:
            self.assertIn(f"`{probe['candidate']}`", said)

    def test_text(self):
        done = binary.run("report", "--format", "text", "--from", CAPTURES[0])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("DNS FAILING", done.stdout)
        for heading in ("Names and servers", "Lookups", "CoreDNS replicas"):
            self.assertIn(f"\n{heading}\n", done.stdout)


class Diff(binary.Case):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.dead = json.loads((binary.SOURCE / "tests/data/captures/dead-replica-named.json").read_text())

    def put(self, name, document):
        path = self.folder / name
        path.write_text(json.dumps(document))
        return path

    def healed(self):
        """The same cluster with every query answered."""
        document = json.loads(json.dumps(self.dead))
        data = document["data"]
        for part in ("matrix", "small", "tcp"):
            probes = data[part]["probes"]
            good = {(p["candidate"], p["type"]): p for p in probes if p["target"] == "10.244.1.21"}
            data[part]["probes"] = [dict(good.get((p["candidate"], p["type"]), p), target=p["target"]) for p in probes]
            data[part]["differences"] = []
        healthy = next(t for t in data["sampling"]["targets"] if t["id"] == "10.244.1.21")
        data["sampling"]["targets"] = [dict(healthy, id=t["id"], address=t["address"], role=t["role"])
                                       for t in data["sampling"]["targets"]]
        data["sampling"].update(frequency="never", frequency_text=None)
        return document

    def test_a_fix_that_helped_and_its_undoing(self):
        before, after = self.put("before", self.dead), self.put("after", self.healed())
        report, status = binary.run_json("diff", before, after)
        self.assertEqual((status, report["data"]["change"]), (0, "better"))
        gone = {f["id"]: (f["before"], f["after"]) for f in report["data"]["findings"] if f["change"] == "better"}
        self.assertEqual(gone["replica-unreachable"], ("critical", None))
        dead = next(s for s in report["data"]["servers"] if s["server"] == "10.244.1.22")
        self.assertEqual((dead["failed_change"], dead["failed_before"], dead["failed_after"]), ("better", 60, 0))
        self.assertLess(dead["failed_chance"], 1e-6)
        report, status = binary.run_json("diff", after, before)
        self.assertEqual((status, report["data"]["change"]), (1, "worse"))
        self.assertFalse(report["data"]["reversed"])
        self.assertTrue(binary.run("diff", after, before).stdout.startswith("WORSE: "))

    def test_the_later_one_first(self):
        later = json.loads(json.dumps(self.dead))
        later["data"]["time"] = later["data"]["time"].replace("20", "21", 1)
        later, earlier = self.put("later", later), self.put("earlier", self.dead)
        self.assertTrue(binary.run_json("diff", later, earlier)[0]["data"]["reversed"])
        self.assertIn("The first is the later one", binary.run("diff", later, earlier).stdout)
        self.assertNotIn("The first is the later one", binary.run("diff", earlier, later).stdout)

    def test_the_same(self):
        path = self.put("one", self.dead)
        report, status = binary.run_json("diff", path, path)
        self.assertEqual((status, report["data"]["change"], report["data"]["settings"]), (0, "same", []))
        self.assertEqual({f["change"] for f in report["data"]["findings"]}, {"same"})
        self.assertEqual({s["failed_chance"] for s in report["data"]["servers"]}, {1})

    def test_chance_is_no_change(self):
        """One loss more of 42 may be anything."""
        after = json.loads(json.dumps(self.dead))
        target = after["data"]["sampling"]["targets"][0]
        target.update(lost=target["lost"] + 1, bad=target["bad"] + 1, answered=target["answered"] - 1)
        report, status = binary.run_json("diff", self.put("a", self.dead), self.put("b", after))
        server = next(s for s in report["data"]["servers"] if s["server"] == target["id"])
        self.assertEqual((server["failed_after"], server["failed_change"]), (server["failed_before"] + 1, "same"))
        self.assertGreater(server["failed_chance"], 0.5)
        self.assertEqual(status, 0)

    def test_slower_beyond_chance(self):
        after = json.loads(json.dumps(self.dead))
        for target in after["data"]["sampling"]["targets"]:
            if target["id"] == "10.244.1.21":
                target.update({key: target[key] * 4 for key in ("p50_us", "p90_us", "p99_us", "max_us")})
                for octave in target["latency"]:
                    octave["below_us"] *= 4
        report, status = binary.run_json("diff", self.put("a", self.dead), self.put("b", after))
        slow = {s["server"]: s["latency_change"] for s in report["data"]["servers"]}
        self.assertEqual((slow["10.244.1.21"], slow["10.244.1.23"], status), ("worse", "same", 1))
        self.assertEqual(binary.run_json("diff", self.folder / "b", self.folder / "a")[1], 0)

    def test_settings(self):
        after = json.loads(json.dumps(self.dead))
        after["data"]["resolv"]["options"] = {"ndots": "2"}
        after["data"]["replicas"]["replicas"][0].update(version="1.12.0")
        after["data"]["conntrack"]["table"]["max"] = 524288
        self.dead["data"]["kube"]["corefile"] = ".:53 {\n    forward . 10.0.0.1\n    cache 30\n}\n"
        after["data"]["kube"]["corefile"] = ".:53 {\n    forward . 10.0.0.2\n    cache 30\n}\n"
        report = binary.run_json("diff", self.put("a", self.dead), self.put("b", after))[0]["data"]
        changed = [(s["what"], s["before"], s["after"]) for s in report["settings"]]
        self.assertEqual(changed, [("resolv.conf: options", "ndots:5", "ndots:2"),
                                   ("CoreDNS version", "1.11.1", "1.11.1, 1.12.0"),
                                   ("Corefile", "forward . 10.0.0.1", None), ("Corefile", None, "forward . 10.0.0.2"),
                                   ("nf_conntrack_max", "262144", "524288")])

    def test_reports(self):
        """What report --json printed is as good as a capture."""
        path = self.put("one", self.dead)
        report = self.put("report", json.loads(binary.run("report", "--json", "--from", path).stdout))
        self.assertEqual(binary.run("diff", path, report).stdout, binary.run("diff", path, path).stdout)
        self.assertEqual(binary.run("report", "--from", report).stdout, binary.run("report", "--from", path).stdout)

    def test_wrong_files(self):
        path = self.put("one", self.dead)
        self.assertEqual(binary.run("diff", path).returncode, 64)
        self.assertEqual(binary.run("diff", path, self.folder / "none").returncode, 66)
        done = binary.run("diff", self.put("two", {"schema": "k8sdns/1", "command": "probe", "data": {}}), path)
        self.assertEqual(done.returncode, 65, done.stderr)


class Output(binary.Case):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = self.folder / "report.html"

    def test_to_a_file(self):
        done = binary.run("report", "--from", CAPTURES[0], "-o", self.file)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn(f"wrote {self.file}", done.stderr)
        self.assertEqual(self.file.read_text(), binary.run("report", "--from", CAPTURES[0]).stdout)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["report.html"])
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o666 & ~umask())

    def test_whole_or_as_before(self):
        """An error leaves what was there, and nothing beside it."""
        self.file.write_text("before")
        broken = self.folder / "broken.json"
        broken.write_text("{")
        done = binary.run("report", "--from", broken, "-o", self.file)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.file.read_text(), "before")
        end = time.monotonic() + 5
        while len(list(self.folder.iterdir())) > 2 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["broken.json", "report.html"])

    def test_killed(self):
        """Nothing is left by a run that ends in the middle."""
        self.file.write_text("before")
        with subprocess.Popen([binary.K8SDNS, "report", "--from", "-", "-o", self.file], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=binary.ENVIRONMENT) as process:
            end = time.monotonic() + 10
            while len(list(self.folder.iterdir())) < 2 and time.monotonic() < end:
                time.sleep(0.02)
            process.kill()
        end = time.monotonic() + 60
        while len(list(self.folder.iterdir())) > 1 and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["report.html"])
        self.assertEqual(self.file.read_text(), "before")

    def test_link(self):
        """What a link leads to is not written to: the file takes the place of the link."""
        target = self.folder / "target"
        target.write_text("before")
        self.file.symlink_to(target)
        done = binary.run("report", "--from", CAPTURES[0], "-o", self.file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(target.read_text(), "before")
        self.assertFalse(self.file.is_symlink())

    def test_rights(self):
        """Those of a file of ours are kept; one that a stranger has put there decides nothing."""
        self.file.write_text("before")
        self.file.chmod(0o600)
        binary.run("report", "--from", CAPTURES[0], "-o", self.file)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        if os.geteuid() != 0:
            self.skipTest("only root has files of others")
        self.file.chmod(0o666)
        os.chown(self.file, 12345, 12345)
        done = binary.run("report", "--from", CAPTURES[0], "-o", self.file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.file.stat().st_mode & 0o777, self.file.stat().st_uid), (0o666 & ~umask(), 0))

    def test_no_place(self):
        done = binary.run("report", "--from", CAPTURES[0], "-o", self.folder / "no/where.html")
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn("cannot write", done.stderr)
        done = binary.run("report", "--from", CAPTURES[0], "-o", self.folder)
        self.assertIn("Is a directory", done.stderr)

    def test_to_a_device(self):
        done = binary.run("report", "--from", CAPTURES[0], "-o", "/dev/null")
        self.assertEqual(done.returncode, 0, done.stderr)
        full = binary.run("report", "--from", CAPTURES[0], "-o", "/dev/full")
        self.assertEqual(full.returncode, 74, full.stderr)

    def test_a_terminal_is_told_what_to_type(self):
        reads, end = pty.openpty()
        done = subprocess.run([binary.K8SDNS, "report", "--from", CAPTURES[0]], stdin=subprocess.DEVNULL, stdout=end,
                              stderr=subprocess.PIPE, env=binary.ENVIRONMENT, timeout=60, check=False)
        os.close(end)
        os.close(reads)
        self.assertEqual(done.returncode, 64)
        self.assertIn("k8sdns report -o report.html", done.stderr.decode())

    def test_json_to_a_file(self):
        done = binary.run("report", "--json", "--from", CAPTURES[0], "-o", self.file)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(self.file.read_text())
        binary.validator().validate(document)
        self.assertEqual(document["command"], "report")


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


if __name__ == "__main__":
    binary.main()
