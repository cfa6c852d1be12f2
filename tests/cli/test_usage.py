#!/usr/bin/python3
"""Mistakes on the command line: the message says what, why and what next; the status is 64, in JSON too."""
import binary

MISTAKES = [
    (["prob"], "did you mean probe?"),
    (["porbe", "x"], "did you mean probe?"),
    (["frobnicate"], "k8sdns help lists them"),
    (["probe"], "usage: k8sdns probe [@SERVER] NAME..."),
    (["probe", "@10.96.0.10"], "missing NAME"),
    (["probe", "@kube-dns", "x"], "write the server as an address"),
    (["probe", "10.0.0.1"], "-x 10.0.0.1 asks for its name"),
    (["probe", "x", "+trace"], "+trace has no meaning here"),
    (["probe", "-x", "x"], "'x' is no address"),
    (["probe", "https://"], "has no host name"),
    (["dig", "x"], "k8sdns probe"),
    (["ping", "x"], "k8sdns lookup"),
    (["kubernetes.default"], "k8sdns diagnose kubernetes.default"),
    (["@10.96.0.10", "x"], "k8sdns probe @10.96.0.10 NAME"),
    (["probe", "x", "--nsd"], "did you mean --nsid?"),
    (["probe", "x", "--sour", "1"], "unknown option --sour"),
    (["probe", "x", "-Z"], "unknown option -Z"),
    (["probe", "x", "--tcp=yes"], "--tcp takes no value"),
    (["probe", "x", "--timeout"], "--timeout needs a value: --timeout DURATION"),
    (["probe", "x", "--timeout", "5"], "has no unit"),
    (["probe", "x", "--timeout", "5y"], "no known unit"),
    (["probe", "x", "--timeout", "0"], "out of range"),
    (["probe", "x", "--tries", "0"], "from 1 to"),
    (["probe", "x", "--tries", "many"], "is no number"),
    (["probe", "x", "--source-port", "70000"], "from 1 to 65535"),
    (["probe", "x", "--bufsize", "100"], "from 512 to 65535"),
    (["probe", "x", "--socket", "share"], "did you mean shared?"),
    (["probe", "x", "--type", "AAAAA"], "AAAAA"),
    (["probe", "x", "--target", "localhost"], "is no IP address; write it like"),
    (["probe", "x", "--target", "10.1"], "is no IP address"),
    (["probe", "x", "--target", "10.0.0.1:0"], "from 1 to 65535"),
    (["probe", "x", "--target", "fe80::1%nosuchif"], "no interface 'nosuchif'"),
    (["probe", "x", "--no-discovery"], "there is no server to ask"),
    (["probe", "x", "--color", "alway"], "did you mean always?"),
    (["lookups", "--netns", "/run/netns/x"], "choose one with --pid"),
    (["lookups", "--slow", "5"], "has no unit"),
    (["path", "--client", "10.0.0.1,10.0.0.2"], "--client takes one address"),
    (["path", "--name", "a..b"], "--name"),
    (["path", "--from", "x"], "path reads no capture"),
    (["completion", "tcsh"], "use one of bash|zsh|fish"),
    (["completion", "bash", "zsh"], "'zsh' is one argument too many"),
    (["path", "www.example.com"], "one argument too many; a name to look for goes behind --name"),
    (["history", "--from", "a", "--from", "b"], "--from is given twice, as 'a' and as 'b'; it takes one"),
    (["node", "worker-3"], "node takes options only; k8sdns node --help lists them"),
    (["help", "reslv"], "did you mean resolv?"),
]


class Mistakes(binary.Case):
    def test_text(self):
        for arguments, words in MISTAKES:
            with self.subTest(arguments):
                done = binary.run(*arguments)
                self.assertEqual(done.returncode, 64, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
                self.assertTrue(done.stderr.startswith("k8sdns: "))

    def test_json(self):
        for arguments, words in MISTAKES:
            with self.subTest(arguments):
                document, status = binary.run_json(*arguments)
                self.assertEqual(status, 64)
                self.assertEqual(document["error"]["status"], 64)
                self.assertIn(words, document["error"]["message"])
                self.assertNotIn("data", document)

    def test_hostile_words_are_escaped(self):
        done = binary.run("probe", "x", "--target", "\x1b[31mred\n")
        self.assertNotIn("\x1b", done.stderr)
        self.assertIn("\\027[31mred\\010", done.stderr)


class Places(binary.Case):
    """--pid and --netns that lead nowhere."""

    def test_no_such_namespace(self):
        done = binary.run("probe", "x", "--netns", "/run/netns/nosuch")
        self.assertEqual(done.returncode, 66)
        self.assertIn("cannot open the network namespace /run/netns/nosuch", done.stderr)

    def test_not_a_namespace(self):
        done = binary.run("probe", "x", "--netns", "/etc/passwd")
        self.assertIn(done.returncode, (3, 66))
        self.assertIn("/etc/passwd", done.stderr)

    def test_no_such_process(self):
        done = binary.run("probe", "x", "--pid", "4194304")
        self.assertEqual(done.returncode, 66)


if __name__ == "__main__":
    binary.main()
