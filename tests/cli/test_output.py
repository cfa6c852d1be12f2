#!/usr/bin/python3
"""Where the answer goes: full disks, closed pipes, the schema, --version, help."""
import json
import os
import subprocess

import binary


class Output(binary.Case):
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


if __name__ == "__main__":
    binary.main()
