#!/usr/bin/python3
"""Where the answer goes: full disks, closed pipes, the schema, --version, help."""
import json
import os
import subprocess

import binary


class Output(binary.Case):
    def test_no_control_in_json(self):
        """What a terminal may obey is escaped: DEL and the controls above it, too."""
        name = "a\x7fb\x85c\x9bd\x1b[31m.é.example.com"
        for words in (("--json", "expand", name), ("--json", "lookup", "--nonsense", name), ("--json", f"x{name}")):
            done = binary.run(*words)
            self.assertEqual([c for c in done.stdout if c != "\n" and (c < " " or "\x7f" <= c < "\xa0")], [], words)
            document = json.loads(done.stdout)
        for output in ("jsonl", "yaml"):
            done = binary.run("--output", output, "expand", name)
            self.assertEqual([c for c in done.stdout if c != "\n" and (c < " " or "\x7f" <= c < "\xa0")], [], output)
        document, _ = binary.run_json("expand", name)
        self.assertEqual(document["data"]["names"][0]["name"], name)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([binary.K8SDNS, "help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"cannot write the output: No space left on device", done.stderr)

    def test_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([binary.K8SDNS, "schema"], stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"Broken pipe", done.stderr)

    def test_closed_stdout(self):
        done = subprocess.run(f"{binary.K8SDNS} help >&-", shell=True, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 74)

    def test_envelope(self):
        document, status = binary.run_json("help")
        self.assertEqual(status, 0)
        self.assertEqual(document["schema"], "k8sdns/1")
        self.assertEqual(document["command"], "help")
        self.assertEqual(document["host"]["hostname"], os.uname().nodename)
        self.assertRegex(document["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_version(self):
        document, _ = binary.run_json("--version")
        names = [library["name"] for library in document["data"]["libraries"]]
        self.assertIn("c-ares", names)
        self.assertEqual(binary.run("--version").stdout, f"k8sdns {document['version']}\n")

    def test_schema_refuses(self):
        """The schema is no blank cheque: a document with a wrong member does not pass."""
        document = json.loads(binary.run("help", "--json").stdout)
        document["data"]["text"] = 7
        self.assertFalse(binary.validator().is_valid(document))
        document = json.loads(binary.run("help", "--json").stdout)
        document["extra"] = 1
        self.assertFalse(binary.validator().is_valid(document))

    def test_help_of_everything(self):
        overview = binary.run("help").stdout
        for name in ("probe", "resolv", "expand", "decode", "schema", "completion", "help"):
            self.assertIn(f"  {name} ", overview)
            self.assertEqual(binary.run("help", name).stdout, binary.run(name, "--help").stdout)

    def test_completions_load(self):
        script = binary.run("completion", "bash").stdout
        done = subprocess.run(["bash", "-c", script + "\nCOMP_WORDS=(k8sdns probe --so); COMP_CWORD=2; _k8sdns; "
                               'echo "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(), ["--socket", "--source-port"])


class Formats(binary.Case):
    CAPTURE = str(binary.SOURCE / "tests/data/captures/healthy.json")

    def formatted(self, word, *arguments):
        done = binary.run("-o", word, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_forms_of_one_document(self):
        plain = json.loads(binary.run("--json", "probe", "--from", self.CAPTURE).stdout)
        line = self.formatted("jsonl", "probe", "--from", self.CAPTURE)
        self.assertEqual((line.count("\n"), json.loads(line)["data"]), (1, plain["data"]))
        self.assertEqual(json.loads(self.formatted("json", "probe", "--from", self.CAPTURE))["data"], plain["data"])

    def test_yaml(self):
        """Every kind of value comes back from YAML as it was."""
        try:
            import yaml
        except ModuleNotFoundError:
            self.skipTest("python3-yaml is not installed")
        for command in (("diagnose", "--from", self.CAPTURE), ("probe", "--from", self.CAPTURE), ("explain",),
                        ("node", "--from", self.CAPTURE)):
            plain = json.loads(binary.run("--json", *command).stdout)
            read = yaml.safe_load(self.formatted("yaml", *command))
            self.assertEqual((read["data"], read["findings"]), (plain["data"], plain["findings"]))

    def test_name(self):
        self.assertEqual(self.formatted("name", "diagnose", "--from", self.CAPTURE), "resolv-amplification\n")
        self.assertEqual(self.formatted("name", "replicas", "--from", self.CAPTURE).splitlines(),
                         ["10.244.1.21", "10.244.1.22", "10.244.1.23"])
        self.assertIn("conntrack-full", self.formatted("name", "explain").splitlines())

    def test_wrong_format(self):
        done = binary.run("diagnose", "-o", "xml")
        self.assertEqual((done.returncode, json.loads(done.stdout)["error"]["status"]), (64, 64))
        self.assertIn("json, jsonl, yaml, name", done.stderr)


if __name__ == "__main__":
    binary.main()
